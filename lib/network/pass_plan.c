/* pass_plan.c - the order of a pass's steps, and the lifetimes of values.
 *
 * The steps of a pass are listed when it is created.  Of a network of three stages, with
 * activations that are kept, these are
 *
 *     forward    F0 F1 F2
 *     backward   B3 B2 B1 B0 W0..2        B: gradient w.r.t. a stage's input, W: w.r.t. its weights
 *
 * Where memory is reused (GAN_ACTIVATIONS_REUSE) each W follows its B, so that the gradients that
 * both read are not needed afterwards.  The list determines each value's lifetime, from the step
 * that writes it to the last one that reads it, and values whose lifetimes don't overlap may have
 * the same addresses:
 *
 *     step       F0 F1 F2 | B3 B2 W2 B1 W1 B0 W0          memory
 *     x of 1     ##########################                |  x1  |    |   |
 *     x of 2        #################                      | x2 | dx 1 |
 *     dx of 2                   ########                   |dx 2|
 *     dx of 1                         ###########
 *
 * Addresses are assigned to the largest values first, each to the lowest address that no value of
 * an overlapping lifetime has.
 *
 * With GAN_ACTIVATIONS_RECOMPUTE values that are cheap to compute don't live from forward to
 * backward: the steps that compute it again are inserted before a step that reads it.  A value is
 * cheap if it takes no matrix product, and if its inputs are kept anyway, or are smaller and are
 * kept instead.
 *
 * Passes with second derivatives have four phases and four numbers for each value of a boundary
 * (see pass_layout.c): x, tx, dx, ux.  Each has its own lifetime. */
#include "network/pass_layout_internal.h"

#include "base/alloc_internal.h"
#include "base/sort_internal.h"
#include "base/status_internal.h"

#include <string.h>

/* The kinds of numbers of a boundary. */
typedef enum number { X, TX, DX, UX, NUMBERS } number;

/* A value of the plan: the numbers of one kind at one boundary. */
static size_t value_of(const gan__pass *pass, number kind, size_t boundary)
{
    return pass->at[boundary].own * NUMBERS + kind;
}

/* ---- what a step reads and writes ---- */

typedef struct access {
    size_t value;
    int written;
} access;

typedef struct maker maker;
typedef void see_fn(maker *m, access a);

struct maker {
    gan__pass *pass;
    gan__plan plan;  /* as far as it is made */
    gan__plan first; /* the plan in which nothing is recomputed, once it is made */
    see_fn *see;     /* who receives the accesses */
    size_t n_values;
    size_t *producer;     /* the step of the first plan that writes a value first */
    unsigned char *later; /* it is read in a later phase than that */
    unsigned char *again; /* how many steps recompute it; 0: it is kept */
    unsigned char *alive;
    size_t step; /* where a plan is looked through */
    unsigned phase;
    size_t read, wanted; /* the sizes of what the step reads, and of what is read later of it */
    unsigned char depth; /* how many steps recompute all that it reads; or NEVER */
    struct life *lives;
    size_t n_lives;
    size_t *latest; /* the last life so far of each value, counted from 1; 0: none */
};

static void see(maker *m, number kind, size_t boundary, int written)
{
    if (m->pass->at[m->pass->at[boundary].own].moving)
        m->see(m, (access){value_of(m->pass, kind, boundary), written});
}

static void see_forward(maker *m, const gan__stage *s, number kind)
{
    const gan__pass *pass = m->pass;

    if (pass->at[s->end].tail > 0) return; /* nothing but the tail, which is always there */
    see(m, kind, s->begin, 0);
    for (size_t i = s->begin; i < s->end; i++) {
        const gan_layer *layer = gan__pass_layer(pass, i);

        if (layer->value_from > 0) see(m, kind, layer->value_from, 0);
        if (kind == TX && layer->class->tangent) see(m, X, layer->class->in_place ? i + 1 : i, 0);
        see(m, kind, i + 1, 1);
    }
}

/* Layer i from the gradient with respect to its output to that with respect to its input. */
static void see_backward_layer(maker *m, size_t i, gan__work work)
{
    const gan_layer *layer = gan__pass_layer(m->pass, i);
    const number kind = work == GAN__SLOPE ? UX : DX;

    if (layer->grad_from > 0) see(m, kind, layer->grad_from, 0);
    if (!layer->class->linear) see(m, X, layer->class->in_place ? i + 1 : i, 0);
    if (work == GAN__CURVE && layer->class->tangent_backward) {
        see(m, TX, i, 0);
        see(m, UX, i + 1, 0);
    }
    see(m, kind, i, 1);
}

static void see_backward(maker *m, size_t stage, gan__work work)
{
    const gan__pass *pass = m->pass;
    const gan__stage *s = &pass->stages[stage];

    if (stage < pass->n_stages) {
        see(m, work == GAN__SLOPE ? UX : DX, s->begin + 1, 0);
        see_backward_layer(m, s->begin, work);
        if (pass->at[s->begin].tail > 0) s--;
    }
    if (s == pass->stages) return;
    for (size_t i = s[-1].end; i-- > s[-1].begin + 1;) see_backward_layer(m, i, work);
}

/* The gradient with respect to a tail's table is made of what its reader has. */
static void see_weights(maker *m, const gan__stage *s, int tangents)
{
    const size_t x = m->pass->at[s->end].tail > 0 ? s->end : s->begin;

    if (!gan__pass_layer(m->pass, s->begin)->class->grad_parts) return;
    see(m, X, x, 0);
    see(m, DX, x + 1, 0);
    if (!tangents) return;
    see(m, TX, x, 0);
    see(m, UX, x + 1, 0);
}

static void see_op(maker *m, const gan__op *op, see_fn *fn)
{
    const gan__stage *s = m->pass->stages;

    m->see = fn;
    switch (op->work) {
    case GAN__FORWARD: see_forward(m, s + op->stage, X); break;
    case GAN__TANGENT: see_forward(m, s + op->stage, TX); break;
    case GAN__BACKWARD:
    case GAN__SLOPE:
    case GAN__CURVE: see_backward(m, op->stage, op->work); break;
    case GAN__WEIGHTS:
    case GAN__CURVE_WEIGHTS:
        for (size_t i = op->stage; i < op->end; i++)
            see_weights(m, s + i, op->work == GAN__CURVE_WEIGHTS);
    }
}

/* ---- the list of steps ---- */

static void emit(maker *m, gan__op op);

/* A value that is read must exist: else it is recomputed. */
static void fetch(maker *m, access a)
{
    if (!a.written && !m->alive[a.value] && m->again[a.value] > 0)
        emit(m, m->first.ops[m->producer[a.value]]);
}

static void revive(maker *m, access a)
{
    if (a.written) m->alive[a.value] = 1;
}

static void emit(maker *m, gan__op op)
{
    see_op(m, &op, fetch);
    m->plan.ops[m->plan.n_ops++] = op;
    see_op(m, &op, revive);
}

static void emit_stages(maker *m, gan__work work)
{
    for (size_t i = 0; i < m->pass->n_stages; i++) emit(m, (gan__op){work, i, i + 1});
}

static void emit_backward(maker *m, gan__work work, gan__work weights)
{
    const gan__pass *pass = m->pass;
    const int with_weights = work != GAN__SLOPE && !pass->desc.no_weight_gradients;
    const int at_once = pass->desc.activations == GAN_ACTIVATIONS_KEEP;

    emit(m, (gan__op){work, pass->n_stages, pass->n_stages});
    for (size_t i = pass->n_stages; i-- > 0;) {
        if (pass->at[pass->stages[i].end].tail == 0) /* else done with the stage behind it */
            emit(m, (gan__op){work, i, i + 1});
        if (with_weights && !at_once) emit(m, (gan__op){weights, i, i + 1});
    }
    if (with_weights && at_once) emit(m, (gan__op){weights, 0, pass->n_stages});
}

static void end_phase(maker *m)
{
    m->plan.ends[m->phase++] = m->plan.n_ops;
    for (size_t i = 0; i < m->n_values; i++)
        if (m->again[i] > 0) m->alive[i] = 0;
}

static void emit_all(maker *m)
{
    m->phase = 0;
    emit_stages(m, GAN__FORWARD);
    end_phase(m);
    if (!m->pass->desc.tangents) {
        emit_backward(m, GAN__BACKWARD, GAN__WEIGHTS);
        end_phase(m);
        return;
    }
    emit_backward(m, GAN__SLOPE, GAN__SLOPE);
    end_phase(m);
    emit_stages(m, GAN__TANGENT);
    end_phase(m);
    emit_backward(m, GAN__CURVE, GAN__CURVE_WEIGHTS);
    end_phase(m);
}

/* Go through the steps of a plan with all that they read and write. */
static void walk(maker *m, const gan__plan *plan, void (*before)(maker *m, const gan__op *op),
                 see_fn *fn)
{
    m->phase = 0;
    for (m->step = 0; m->step < plan->n_ops; m->step++) {
        while (m->step == plan->ends[m->phase]) m->phase++;
        if (before) before(m, &plan->ops[m->step]);
        if (fn) see_op(m, &plan->ops[m->step], fn);
    }
}

/* ---- what is recomputed ---- */

enum { MOST_STEPS = 16, NEVER = 255 };

static unsigned phase_of(const gan__plan *plan, size_t step)
{
    unsigned phase = 0;

    while (step >= plan->ends[phase]) phase++;
    return phase;
}

static void note_later(maker *m, access a)
{
    size_t *by = &m->producer[a.value];

    if (a.written && *by == SIZE_MAX) *by = m->step;
    if (!a.written && *by != SIZE_MAX && phase_of(&m->first, *by) < m->phase) m->later[a.value] = 1;
}

static size_t size_of(const maker *m, size_t value)
{
    return m->pass->at[value / NUMBERS].size;
}

/* Layers that save something in a forward run save it again, which would overwrite gradients in
 * between. */
static int is_cheap_layer(const gan__pass *pass, size_t i)
{
    const gan__layer_class *class = gan__pass_layer(pass, i)->class;

    return !class->product && !(class->saved && pass->desc.tangents);
}

static int is_cheap(const maker *m, const gan__op *op)
{
    const gan__pass *pass = m->pass;
    const gan__stage *s = &pass->stages[op->stage];
    size_t begin, end;

    if (op->work == GAN__FORWARD || op->work == GAN__TANGENT) {
        begin = s->begin;
        end = s->end;
    } else {
        begin = op->stage > 0 ? s[-1].begin + 1 : 0;
        end = op->stage < pass->n_stages ? s->begin + 1 : pass->desc.n_layers;
    }
    for (size_t i = begin; i < end; i++)
        if (!is_cheap_layer(pass, i)) return 0;
    return op->work == GAN__FORWARD || op->work == GAN__TANGENT || op->work == GAN__SLOPE;
}

static void compare_sizes(maker *m, access a)
{
    if (!a.written) m->read += size_of(m, a.value);
    if (a.written && m->later[a.value]) m->wanted += size_of(m, a.value);
}

static void keep_read(maker *m, access a)
{
    if (!a.written) m->later[a.value] = 1;
}

/* Where a step makes much that is read later from little, the little is kept. */
static void keep_the_smaller(maker *m)
{
    for (size_t i = m->first.n_ops; i-- > 0;) {
        const gan__op *op = &m->first.ops[i];

        if (!is_cheap(m, op)) continue;
        m->read = m->wanted = 0;
        see_op(m, op, compare_sizes);
        if (m->read < m->wanted) see_op(m, op, keep_read);
    }
}

static void add_depth(maker *m, access a)
{
    const int there = m->later[a.value] || m->again[a.value] > 0;

    if (a.written) return;
    if (!there)
        m->depth = NEVER;
    else if (m->depth != NEVER && m->again[a.value] >= m->depth)
        m->depth = (unsigned char)(m->again[a.value] + 1);
}

static void set_again(maker *m, access a)
{
    if (a.written) m->again[a.value] = m->depth;
}

static void choose(maker *m, const gan__op *op)
{
    if (!is_cheap(m, op)) return;
    m->depth = 1;
    see_op(m, op, add_depth);
    if (m->depth <= MOST_STEPS) see_op(m, op, set_again);
}

static void choose_again(maker *m)
{
    const gan__plan first = m->plan;

    m->first = first;
    walk(m, &first, NULL, note_later);
    if (m->pass->desc.activations != GAN_ACTIVATIONS_RECOMPUTE) return;
    keep_the_smaller(m);
    walk(m, &first, choose, NULL);
}

/* ---- when values live ---- */

/* A value between the step that writes it and the last one that reads it.  Time advances by 1 from
 * step to step and once more between phases. */
typedef struct life {
    size_t before; /* that before it of the same value, counted from 1; 0: none */
    size_t begin, end;
} life;

static void live(maker *m, access a)
{
    const size_t now = m->step + m->phase;
    size_t *latest = &m->latest[a.value];

    if (a.written || *latest == 0) {
        m->lives[m->n_lives++] = (life){*latest, now, now};
        *latest = m->n_lives;
    } else {
        m->lives[*latest - 1].end = now;
    }
}

static void count_life(maker *m, access a)
{
    (void)a;
    m->n_lives++;
}

static int live_at_once(const maker *m, size_t a, size_t b)
{
    for (size_t i = m->latest[a]; i > 0; i = m->lives[i - 1].before)
        for (size_t j = m->latest[b]; j > 0; j = m->lives[j - 1].before)
            if (m->lives[i - 1].begin <= m->lives[j - 1].end &&
                m->lives[j - 1].begin <= m->lives[i - 1].end)
                return 1;
    return 0;
}

/* Whether a value is there between two phases. */
static int stays(const maker *m, size_t value)
{
    for (unsigned p = 0; p + 1 < (m->pass->desc.tangents ? GAN__PHASES : 2); p++) {
        const size_t between = m->plan.ends[p] + p;

        for (size_t i = m->latest[value]; i > 0; i = m->lives[i - 1].before)
            if (m->lives[i - 1].begin <= between && between <= m->lives[i - 1].end) return 1;
    }
    return 0;
}

/* ---- places ---- */

/* The values or the gradients of a boundary, with tangents in two halves. */
typedef struct block {
    size_t value; /* the first half */
    size_t half;  /* numbers of it */
    size_t halves;
    gan__room room;
    double weight; /* the heaviest is placed first */
    size_t at;
} block;

/* For how long a value lives. */
static size_t age_of(const maker *m, size_t value)
{
    size_t age = 0;

    for (size_t i = m->latest[value]; i > 0; i = m->lives[i - 1].before)
        age += m->lives[i - 1].end - m->lives[i - 1].begin + 1;
    return age;
}

/* The greatest first, of equal ones about that which lives longest.  On networks of residual blocks
 * this power of the size left the fewest gaps. */
static double weight_of(const maker *m, const block *b)
{
    const double squared = (double)b->half * (double)b->half;
    size_t age = 0;

    for (size_t i = 0; i < b->halves; i++) age += age_of(m, b->value + i);
    return squared * squared * (double)age;
}

static block block_of(const maker *m, size_t boundary, number kind)
{
    const gan__pass *pass = m->pass;
    const gan__boundary *b = &pass->at[boundary];
    const size_t rows = b->latest ? pass->desc.run_rows : pass->desc.rows;
    block out = {.value = boundary * NUMBERS + kind,
                 .half = gan__size_mul(rows, b->size),
                 .halves = pass->desc.tangents ? 2 : 1};

    for (size_t i = 0; i < out.halves; i++)
        if (pass->desc.interrupted && stays(m, out.value + i)) out.room = GAN__ROOM_STAYING;
    out.weight = weight_of(m, &out);
    return out;
}

static int compare_blocks(const void *x, const void *y)
{
    const block *a = x, *b = y;

    if (a->weight < b->weight || a->weight > b->weight) return a->weight < b->weight ? 1 : -1;
    return a->value < b->value ? -1 : 1;
}

/* Where a block that lies at `at` has to go because of another that has its place; the same when
 * they get along. */
static size_t get_out_of_the_way(const maker *m, const block *b, size_t at, const block *other)
{
    if (b->room != other->room) return at;
    for (size_t i = 0; i < b->halves; i++)
        for (size_t j = 0; j < other->halves; j++) {
            const size_t mine = at + i * b->half;
            const size_t its = other->at + j * other->half;
            const int meet = mine < its + other->half && its < mine + b->half;

            if (meet && live_at_once(m, b->value + i, other->value + j))
                at = gan__size_round_up(its + other->half - i * b->half, 16);
        }
    return at;
}

/* The lowest place among the first n blocks, which lie in this order, none of them longer than
 * `longest`: upwards, and after each step back to those that may reach that far. */
static size_t find_place(const maker *m, const block *b, const block *blocks, size_t n,
                         size_t longest)
{
    const size_t size = b->halves * b->half;
    size_t at = 0;
    size_t i = 0;

    while (i < n && blocks[i].at < at + size) {
        const size_t next = get_out_of_the_way(m, b, at, &blocks[i++]);

        if (next == at) continue;
        at = next;
        while (i > 0 && blocks[i - 1].at + longest > at) i--;
    }
    return at;
}

/* Move the last of n blocks to where it belongs by its place. */
static void insert_last(block *blocks, size_t n)
{
    const block last = blocks[n - 1];
    size_t i = n - 1;

    for (; i > 0 && blocks[i - 1].at > last.at; i--) blocks[i] = blocks[i - 1];
    blocks[i] = last;
}

static void take_places(maker *m, block *blocks, size_t n)
{
    gan__pass *pass = m->pass;
    size_t all = 0;
    size_t longest = 0;

    for (size_t i = 0; i < n; i++) {
        const size_t size = gan__size_round_up(gan__size_mul(2, blocks[i].half), 16);

        all = gan__size_add(all, size);
        if (size > longest) longest = size;
    }
    if (all == SIZE_MAX) { /* which no allocator can provide */
        pass->room[GAN__ROOM_PASSING] = SIZE_MAX;
        return;
    }
    gan__sort(blocks, n, sizeof *blocks, compare_blocks);
    for (size_t i = 0; i < n; i++) {
        block *b = &blocks[i];
        gan__boundary *at = &pass->at[b->value / NUMBERS];
        size_t end;

        b->at = find_place(m, b, blocks, i, longest);
        end = b->at + gan__size_round_up(b->halves * b->half, 16);
        *(b->value % NUMBERS == X ? &at->value_place : &at->grad_place) =
            (gan__place){b->room, b->at};
        if (pass->room[b->room] < end) pass->room[b->room] = end;
        insert_last(blocks, i + 1);
    }
}

static gan_status find_places(maker *m)
{
    gan_status status = GAN_OK;
    gan__pass *pass = m->pass;
    const gan_allocator *a = &pass->allocator;
    block *blocks = NULL;
    size_t n = 0;

    walk(m, &m->plan, NULL, count_life);
    GAN_TRY(gan__alloc(&m->lives, a, m->n_lives, sizeof *m->lives));
    m->n_lives = 0;
    walk(m, &m->plan, NULL, live);
    GAN_TRY(gan__alloc(&blocks, a, gan__size_mul(2, pass->desc.n_layers), sizeof *blocks));
    for (size_t i = 1; i < pass->desc.n_layers; i++) {
        if (!pass->at[i].moving) continue;
        blocks[n++] = block_of(m, i, X);
        blocks[n++] = block_of(m, i, DX);
    }
    take_places(m, blocks, n);

cleanup:
    gan__free(a, blocks);
    return status;
}

/* ---- all of it ---- */

/* More steps than there can be: in each phase a stage's step is made once more at the most. */
static size_t most_steps(const gan__pass *pass)
{
    const size_t stages = pass->n_stages;

    if (pass->desc.activations != GAN_ACTIVATIONS_RECOMPUTE)
        return (pass->desc.tangents ? 5 : 3) * stages + 2;
    return (pass->desc.tangents ? GAN__PHASES : 2) * (5 * stages + 2);
}

static gan_status begin(maker *m)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &m->pass->allocator;

    m->n_values = (m->pass->desc.n_layers + 1) * NUMBERS;
    GAN_TRY(gan__alloc(&m->plan.ops, a, most_steps(m->pass), sizeof *m->plan.ops));
    GAN_TRY(gan__alloc(&m->producer, a, m->n_values, sizeof *m->producer));
    GAN_TRY(gan__alloc(&m->latest, a, m->n_values, sizeof *m->latest));
    GAN_TRY(gan__alloc(&m->later, a, m->n_values, 1));
    GAN_TRY(gan__alloc(&m->again, a, m->n_values, 1));
    GAN_TRY(gan__alloc(&m->alive, a, m->n_values, 1));
    for (size_t i = 0; i < m->n_values; i++) m->producer[i] = SIZE_MAX;

cleanup:
    return status;
}

/* The steps, first without recomputation, then with it where that is wanted. */
static gan_status make(maker *m)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &m->pass->allocator;

    emit_all(m);
    if (m->pass->desc.activations == GAN_ACTIVATIONS_KEEP) return GAN_OK;
    choose_again(m);
    m->plan.ops = NULL;
    GAN_TRY(gan__alloc(&m->plan.ops, a, most_steps(m->pass), sizeof *m->plan.ops));
    m->plan.n_ops = 0;
    emit_all(m);
    GAN_TRY(find_places(m));

cleanup:
    return status;
}

gan_status gan__pass_make_plan(gan__pass *pass)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &pass->allocator;
    maker m = {.pass = pass};

    GAN_TRY(begin(&m));
    GAN_TRY(make(&m));
    pass->plan = m.plan;
    m.plan.ops = NULL;

cleanup:
    gan__free(a, m.lives);
    gan__free(a, m.alive);
    gan__free(a, m.again);
    gan__free(a, m.later);
    gan__free(a, m.latest);
    gan__free(a, m.producer);
    gan__free(a, m.first.ops);
    gan__free(a, m.plan.ops);
    return status;
}

static void move_to(float **to, const gan__place *place, float *const rooms[GAN__ROOMS])
{
    *to = rooms[place->room] + place->at;
}

void gan__pass_take_places(gan__pass *pass, float *const rooms[GAN__ROOMS])
{
    for (size_t i = 1; i <= pass->desc.n_layers; i++) {
        gan__boundary *b = &pass->at[i];

        if (b->own < i) {
            b->value = pass->at[b->own].value;
            b->grad = pass->at[b->own].grad;
        } else if (b->moving) {
            move_to(&b->value, &b->value_place, rooms);
            move_to(&b->grad, &b->grad_place, rooms);
        }
    }
}
