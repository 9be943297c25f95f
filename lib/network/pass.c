/* pass.c - activations and gradients of a batch.
 *
 * The layers of a network in stages, each of which begins with a layer that writes into memory of
 * its own; the following ones work in place.  Boundary i is the input of layer i:
 *
 *     boundary   0          1          2          3          4          5
 *     layer      | 0 linear | 1 dropout| 2 relu   | 3 linear | 4 tanh   |
 *     stage      `---------- stage 0 ----------'`------ stage 1 ------'
 *     memory     A          B          B          B          C          C
 *
 * Forward, a job for the pool computes one stage.  Its tasks are tiles of the stage's output, some
 * rows and columns, and each goes through all layers of the stage while it is in cache:
 *
 *         A  ==== job of stage 0, tile by tile ====>  B  ==== job of stage 1 ====>  C
 *
 *                 columns of B                tile 1: columns of w for linear, then the same
 *             +-------+-------+-------+              values of B through dropout, relu
 *       rows  | tile0 | tile1 | tile2 |       Mostly columns are cut: the weights are the large
 *             +-------+-------+-------+       matrix, and each tile reads only its part of them.
 *
 * Backward, tiles are of the gradient with respect to a stage's *input*.  Such a tile is the
 * gradient with respect to the output of the stage before, so it continues at once through that
 * one's in-place layers:
 *
 *         dA <== linear 0 === dB <== relu 2, dropout 1 ======== dB <== linear 3 === dC <== tanh 4
 *                \_ job 0 _/  \____________________ job 1 ______________________/  \_ first _/
 *
 * dB then holds the gradient with respect to the output of linear 0, which both dA and that layer's
 * weight gradient are computed from.  The weight gradients of all stages are one job at the end: a
 * task is one part of one layer's gradient, and `squares` takes its share of the gradient's norm.
 *
 * There is a barrier after each job and none within one.  How a job is cut depends on shapes alone
 * and no sum crosses tasks, so any number of threads gives the same bits.
 *
 * Where a pass has a source (discriminator after generator), boundary 0 is the last boundary of the
 * source: its in-place layers are then the stage before stage 0. */
#include "network/pass_layout_internal.h"

#include "base/status_internal.h"
#include "math/kernels_internal.h"
#include "math/pool_internal.h"

#include <math.h>
#include <string.h>

gan_status gan__pass_enter(gan__pass *pass)
{
    return gan__busy_enter(&pass->busy, "network");
}

void gan__pass_leave(gan__pass *pass)
{
    gan__busy_leave(&pass->busy);
}

const gan__pass_desc *gan__pass_desc_of(const gan__pass *pass)
{
    return &pass->desc;
}

int gan__pass_has_gradients(const gan__pass_desc *desc)
{
    return desc->training || desc->gradients;
}

/* ---- tiles ---- */

static float *row_of(const gan__pass *pass, float *block, const gan__boundary *b, size_t row)
{
    const size_t moved_up = b->moving && pass->desc.tangents ? pass->desc.rows - pass->rows : 0;
    const size_t place = (b->latest ? row - pass->first : row) + moved_up;

    return block ? block + place * b->size : NULL;
}

/* The tail of layer i's output, or else of its input: see pass_layout.c. */
static gan__tail tail_of(const gan__pass *pass, size_t i, size_t row)
{
    const gan_network *net = pass->desc.net;
    const size_t by = pass->at[i + 1].tail > 0 ? i : i - 1; /* who appended it */
    const gan__boundary *b = &pass->at[by + 1];

    if (b->tail == 0) return (gan__tail){.width = 0};
    return (gan__tail){b->tail, b->tail_value + row * b->tail, net->params + net->offsets[by],
                       pass->grads ? pass->grads + net->offsets[by] : NULL,
                       gan__pass_layer(pass, by)->n_classes};
}

float *gan__pass_input(gan__pass *pass, size_t first)
{
    return row_of(pass, pass->at[0].value, &pass->at[0], first);
}

float *gan__pass_output(gan__pass *pass, size_t first)
{
    const gan__boundary *b = &pass->at[pass->desc.n_layers];

    return row_of(pass, b->value, b, first);
}

float *gan__pass_output_grad(gan__pass *pass, size_t first)
{
    const gan__boundary *b = &pass->at[pass->desc.n_layers];

    return row_of(pass, b->grad, b, first);
}

float *gan__pass_input_grad(gan__pass *pass, size_t first)
{
    return row_of(pass, pass->at[0].grad, &pass->at[0], first);
}

uint16_t *gan__pass_labels(gan__pass *pass, size_t first)
{
    return pass->labels ? pass->labels + first : NULL;
}

/* Some rows and columns of a boundary. */
typedef struct tile {
    size_t first, rows;
    size_t begin, end;
    gan__labels labels; /* of these rows, when the pass has none */
} tile;

/* Where the i-th of n tiles begins: by default with whole vectors of the product's loops, as far as
 * possible. */
static size_t column_of(size_t columns, gan__cut cut, size_t i)
{
    const size_t unit = cut.unit > 0 ? cut.unit : 16;

    return i == cut.columns ? columns : columns * i / cut.columns / unit * unit;
}

static tile tile_of(gan__cut cut, size_t index, size_t first, size_t rows, size_t columns)
{
    const size_t r = index / cut.columns;
    const size_t c = index % cut.columns;

    return (tile){.first = first + rows * r / cut.rows,
                  .rows = rows * (r + 1) / cut.rows - rows * r / cut.rows,
                  .begin = column_of(columns, cut, c),
                  .end = column_of(columns, cut, c + 1)};
}

/* Add what second derivatives need: a pass with tangents has twice the rows, the second half behind
 * those of the latest forward run (see pass_layout.c). */
static void add_tangents(const gan__pass *pass, size_t i, gan__layer_run *run)
{
    const gan_layer *layer = gan__pass_layer(pass, i);
    const size_t in = pass->rows * pass->at[i].size;
    const size_t out = pass->rows * pass->at[i + 1].size;

    run->tx = run->x + in;
    run->ty = run->y + out;
    run->ux = run->dx + in;
    run->uy = run->dy + out;
    if (run->other) run->tother = run->other + pass->rows * pass->at[layer->value_from].size;
    if (run->dother) run->uother = run->dother + pass->rows * pass->at[layer->grad_from].size;
}

/* ---- a layer's work ---- */

/* Layer i's work on a tile, with the addresses of everything that it reads and writes. */
static gan__layer_run run_of(const gan__pass *pass, size_t i, const tile *t, size_t worker)
{
    const gan_network *net = pass->desc.net;
    const gan_layer *layer = gan__pass_layer(pass, i);
    const gan__boundary *in = &pass->at[i];
    const gan__boundary *out = &pass->at[i + 1];
    const gan__boundary *value_from = &pass->at[layer->value_from];
    const gan__boundary *grad_from = &pass->at[layer->grad_from];
    const int by_rows = pass->desc.by_rows;
    gan__layer_run run = {
        .layer = layer,
        .first = t->first,
        .rows = t->rows,
        .group = pass->group,
        .begin = t->begin,
        .end = t->end,
        .labels = pass->labels ? (gan__labels){.of = gan__label_words(pass->labels + t->first)}
                               : t->labels,
        .params = gan__pass_params(pass, i),
        .buffers = (by_rows ? pass->weights.buffers : net->buffers) + net->buffer_offsets[i],
        .packed = by_rows && gan__pass_weights_packed(layer) ? gan__pass_params(pass, i) : NULL,
        .transformed = gan__pass_transformed(pass, i),
        .by = gan__pass_by(&pass->desc),
        .saved = pass->saved + pass->saved_at[i],
        .scratch = pass->scratch + worker * pass->n_scratch,
        .x = row_of(pass, in->value, in, t->first),
        .y = row_of(pass, out->value, out, t->first),
        .dx = row_of(pass, in->grad, in, t->first),
        .dy = row_of(pass, out->grad, out, t->first),
        .tail = tail_of(pass, i, t->first),
        .shards = pass->shards,
        .other = layer->value_from ? row_of(pass, value_from->value, value_from, t->first) : NULL,
        .dother = layer->grad_from ? row_of(pass, grad_from->grad, grad_from, t->first) : NULL,
        .training = pass->desc.training,
        .gradients = gan__pass_has_gradients(&pass->desc),
        .seed = pass->desc.seed,
        .stream = pass->desc.stream,
        .position = pass->position + pass->random[i] + t->first * out->size,
    };

    if (run.by == GAN__BY_BFLOAT16) run.pairs = run.scratch + pass->n_scratch - GAN__GEMM_PAIRS;
    if (pass->desc.tangents) add_tangents(pass, i, &run);
    return run;
}

/* ---- the cut ---- */

/* What is done with a layer, and what with a part of its weights. */
typedef void work_fn(const gan__layer_run *run);
typedef double grad_fn(const gan__layer_run *run, size_t part, size_t parts, float *grads);

/* A stage's work, for each tile of its cut. */
typedef struct job {
    gan__pass *pass;
    const gan__stage *stage;
    work_fn *work;
    gan__cut cut;
    size_t first, rows;
} job;

typedef gan__cut cut_fn(const gan_layer *layer, size_t rows);

static gan__cut cut_of(const gan_layer *layer, cut_fn *own, size_t rows, size_t columns)
{
    return own ? own(layer, rows) : gan__layer_cut(rows, columns);
}

/* ---- forward ---- */

static void forward_layer(const gan__layer_run *run)
{
    run->layer->class->forward(run);
}

static void forward_tile(const gan__pass *pass, const gan__stage *s, work_fn *work, const tile *t,
                         size_t worker)
{
    for (size_t i = s->begin; i < s->end; i++) {
        const gan__layer_run run = run_of(pass, i, t, worker);

        work(&run);
    }
}

static void forward_task(void *context, size_t task, size_t worker)
{
    const job *j = context;
    const tile t = tile_of(j->cut, task, j->first, j->rows, j->pass->at[j->stage->end].size);

    forward_tile(j->pass, j->stage, j->work, &t, worker);
    if (worker == 0 && j->pass->meanwhile) j->pass->meanwhile(j->pass->meanwhile_context);
}

/* How many numbers of a row a layer has to compute. */
static size_t made_by(const gan__boundary *out)
{
    return out->tail > 0 ? out->tail : out->size;
}

static void forward_stage(gan__pass *pass, gan_pool *pool, const gan__stage *s, work_fn *work)
{
    const gan_layer *layer = gan__pass_layer(pass, s->begin);
    job j = {pass, s, work, {1, 1, 0}, pass->first, pass->rows};

    j.cut = cut_of(layer, layer->class->forward_cut, j.rows, made_by(&pass->at[s->end]));
    gan__pool_run(pool, forward_task, &j, j.cut.rows * j.cut.columns);
}

void gan__pass_forward_alone(gan__pass *pass, size_t first, size_t rows, size_t worker,
                             gan__labels labels)
{
    for (size_t i = 0; i < pass->n_stages; i++) {
        const gan__stage *s = &pass->stages[i];
        const tile t = {first, rows, 0, pass->at[s->end].size, labels};

        forward_tile(pass, s, forward_layer, &t, worker);
    }
}

void gan__pass_forward(gan__pass *pass, gan_pool *pool, size_t first, size_t rows, size_t group)
{
    pass->first = first;
    pass->rows = rows;
    pass->group = group;
    gan__pass_prepare(pass, pool, rows);
    for (size_t i = 0; i < pass->n_stages; i++)
        forward_stage(pass, pool, &pass->stages[i], forward_layer);
}

/* ---- backward ---- */

static void backward_layer(const gan__layer_run *run)
{
    run->layer->class->backward(run);
}

/* The gradient with respect to the output of a stage's in-place layers becomes that w.r.t. the
 * output of its first. */
static void backward_in_place(const gan__pass *pass, const gan__stage *s, work_fn *work,
                              const tile *t, size_t worker)
{
    for (size_t i = s->end; i-- > s->begin + 1;) {
        const gan__layer_run run = run_of(pass, i, t, worker);

        work(&run);
    }
}

static void backward_tile(const gan__pass *pass, const gan__stage *s, work_fn *work, const tile *t,
                          size_t worker)
{
    const gan__pass *source = pass->desc.source;
    const gan__layer_run run = run_of(pass, s->begin, t, worker);

    work(&run);
    if (pass->at[s->begin].tail > 0) s--; /* which has nothing to do */
    if (s > pass->stages)
        backward_in_place(pass, s - 1, work, t, worker);
    else if (source)
        backward_in_place(source, &source->stages[source->n_stages - 1], work, t, worker);
}

static void backward_task(void *context, size_t task, size_t worker)
{
    const job *j = context;
    const tile t = tile_of(j->cut, task, j->first, j->rows, j->pass->at[j->stage->begin].size);

    backward_tile(j->pass, j->stage, j->work, &t, worker);
}

/* From the gradient with respect to the output of a stage's first layer to that of the stage before
 * it. */
static job backward_job(gan__pass *pass, const gan__stage *s, work_fn *work)
{
    const gan_layer *layer = gan__pass_layer(pass, s->begin);
    job j = {pass, s, work, {1, 1, 0}, pass->first, pass->rows};

    j.cut = cut_of(layer, layer->class->backward_cut, pass->rows, pass->at[s->begin].size);
    return j;
}

static void backward_stage(gan__pass *pass, gan_pool *pool, const gan__stage *s, work_fn *work)
{
    job j = backward_job(pass, s, work);

    gan__pool_run(pool, backward_task, &j, j.cut.rows * j.cut.columns);
}

/* The first backward step; there is none where the last layer doesn't work in place. */
static void backward_last(gan__pass *pass, work_fn *work)
{
    const tile all = {
        .first = pass->first, .rows = pass->rows, .end = pass->at[pass->desc.n_layers].size};

    backward_in_place(pass, &pass->stages[pass->n_stages - 1], work, &all, 0);
}

/* The first stage behind one whose weights are trained. */
static size_t lowest_of(const gan__pass *pass)
{
    const gan_network *net = pass->desc.net;
    size_t stage = 0;

    if (!net->rates) return pass->lowest;
    for (size_t i = 0; i < pass->desc.n_layers; i++) {
        while (pass->stages[stage].end <= i) stage++;
        if (gan__network_trains(net, i)) return stage + 1 + (pass->at[i + 1].tail > 0);
    }
    return pass->n_stages;
}

typedef struct weights_job {
    gan__pass *pass;
    gan__stage *first;
    grad_fn *grad;
} weights_job;

static double layer_grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    return run->layer->class->grad(run, part, parts, grads);
}

static void weights_task(void *context, size_t task, size_t worker)
{
    const weights_job *j = context;
    const tile all = {.first = j->pass->first, .rows = j->pass->rows};
    const gan_network *net = j->pass->desc.net;
    size_t part = task;
    gan__stage *s = gan__stage_of(j->first, &part);
    const gan__layer_run run = run_of(j->pass, s->begin, &all, worker);
    float *grads = j->pass->grads + net->offsets[s->begin];

    if (run.tail.width > 0 && run.layer->class->appends) { /* the following layer computes its
                                                              gradient */
        const gan__layer_run next = run_of(j->pass, s->end, &all, worker);

        next.layer->class->tail_grad(&next);
    }
    s->squares[part] = j->grad(&run, part, s->n_parts, grads);
    if (gan__network_frozen(net, s->begin) > 0) { /* some of its parameters: there is one part */
        gan__network_clear_frozen(net, s->begin, grads);
        s->squares[0] = gan__simd_best()->sum_squares(gan__layer_param_count(run.layer), grads);
    }
}

/* The number of parts of a stage's weight gradient. */
static size_t parts_of(const gan__pass *pass, const gan__stage *s)
{
    const gan_layer *layer = gan__pass_layer(pass, s->begin);
    const size_t n = layer->class->grad_parts ? layer->class->grad_parts(layer, pass->rows) : 0;

    if (!gan__network_trains(pass->desc.net, s->begin)) return 0;
    if (gan__network_frozen(pass->desc.net, s->begin) > 0) return 1;
    return n < GAN__PASS_MAX_PARTS ? n : GAN__PASS_MAX_PARTS;
}

/* Set these for all stages; frozen ones have none. */
static void set_parts(gan__pass *pass)
{
    for (size_t i = 0; i < pass->n_stages; i++) {
        gan__stage *s = &pass->stages[i];

        s->n_parts = parts_of(pass, s);
        if (s->n_parts == 0)
            gan__network_clear_frozen(pass->desc.net, s->begin,
                                      pass->grads + pass->desc.net->offsets[s->begin]);
    }
}

static size_t count_parts(const gan__pass *pass, const gan__op *op)
{
    size_t n = 0;

    for (size_t i = op->stage; i < op->end; i++) n += pass->stages[i].n_parts;
    return n;
}

static void backward_weights(gan__pass *pass, gan_pool *pool, const gan__op *op, grad_fn *grad)
{
    weights_job j = {pass, &pass->stages[op->stage], grad};
    const size_t n = count_parts(pass, op);

    if (n > 0) gan__pool_run(pool, weights_task, &j, n);
}

/* A stage's gradients with respect to its input and to its weights, which read the same values and
 * don't depend on each other: as one job they keep more cores busy. */
typedef struct both_job {
    job back;
    weights_job weights;
    size_t n_parts;
} both_job;

static void both_task(void *context, size_t task, size_t worker)
{
    both_job *j = context;

    if (task < j->n_parts)
        weights_task(&j->weights, task, worker);
    else
        backward_task(&j->back, task - j->n_parts, worker);
}

static void backward_both(gan__pass *pass, gan_pool *pool, const gan__op *op, work_fn *work,
                          grad_fn *grad)
{
    gan__stage *s = &pass->stages[op->stage];
    both_job j = {backward_job(pass, s, work), {pass, s, grad}, s->n_parts};

    gan__pool_run(pool, both_task, &j, j.n_parts + j.back.cut.rows * j.back.cut.columns);
}

/* ---- the steps of the plan ---- */

static void run_backward(gan__pass *pass, gan_pool *pool, const gan__op *op, work_fn *work)
{
    if (op->stage == pass->n_stages)
        backward_last(pass, work);
    else
        backward_stage(pass, pool, &pass->stages[op->stage], work);
}

static void run_op(gan__pass *pass, gan_pool *pool, const gan__op *op)
{
    const gan__stage *s = &pass->stages[op->stage];

    switch (op->work) {
    case GAN__FORWARD: forward_stage(pass, pool, s, forward_layer); break;
    case GAN__BACKWARD: run_backward(pass, pool, op, backward_layer); break;
    case GAN__WEIGHTS: backward_weights(pass, pool, op, layer_grad); break;
    case GAN__SLOPE: run_backward(pass, pool, op, gan__layer_slope); break;
    case GAN__TANGENT: forward_stage(pass, pool, s, gan__layer_tangent); break;
    case GAN__CURVE: run_backward(pass, pool, op, gan__layer_tangent_backward); break;
    case GAN__CURVE_WEIGHTS: backward_weights(pass, pool, op, gan__layer_tangent_grad); break;
    }
}

/* The same for two steps that are one job. */
static void run_pair(gan__pass *pass, gan_pool *pool, const gan__op *op)
{
    if (op->work == GAN__BACKWARD)
        backward_both(pass, pool, op, backward_layer, layer_grad);
    else
        backward_both(pass, pool, op, gan__layer_tangent_backward, gan__layer_tangent_grad);
}

/* Whether a step and the next are such a pair: the input gradient of a stage that begins with a
 * matrix product, and its weight gradient.  Others, such as normalisations, save in the backward
 * pass what their weights' gradient is made of. */
static int is_pair(const gan__pass *pass, const gan__op *op)
{
    const gan__work second = op->work == GAN__BACKWARD ? GAN__WEIGHTS : GAN__CURVE_WEIGHTS;
    const gan__layer_class *class;

    if ((op->work != GAN__BACKWARD && op->work != GAN__CURVE) || op->stage == pass->n_stages)
        return 0;
    class = gan__pass_layer(pass, pass->stages[op->stage].begin)->class;
    return class->product && !class->saved && op[1].work == second && op[1].stage == op->stage &&
           op[1].end == op->stage + 1;
}

/* Whether a step is needed: a backward one may be done already, or compute a gradient that is not
 * used. */
static int wants(const gan__pass *pass, const gan__op *op, unsigned what, size_t lowest)
{
    if (op->work == GAN__WEIGHTS) return (what & GAN__PASS_WEIGHTS) != 0;
    if (op->work != GAN__BACKWARD && op->work != GAN__CURVE) return 1;
    if (op->stage == pass->n_stages) return !(what & GAN__PASS_GO_ON);
    return what & GAN__PASS_INPUT || op->stage >= lowest;
}

static void run_phase(gan__pass *pass, gan_pool *pool, size_t phase, unsigned what)
{
    const gan__plan *plan = &pass->plan;
    const size_t lowest = lowest_of(pass);

    for (size_t i = plan->ends[phase - 1]; i < plan->ends[phase]; i++) {
        const gan__op *op = &plan->ops[i];
        const int wanted = wants(pass, op, what, lowest);

        if (wanted && i + 1 < plan->ends[phase] && is_pair(pass, op) &&
            wants(pass, op + 1, what, lowest)) {
            run_pair(pass, pool, op);
            i++;
        } else if (wanted) {
            run_op(pass, pool, op);
        }
    }
}

void gan__pass_cut(gan__pass *pass, const gan__shard_rows *shards)
{
    pass->shards = shards;
}

int gan__pass_rows_apart(const gan_network *net)
{
    int apart = gan__kernels_has_trees() && net->n_classes == 0;

    for (size_t i = 0; i < net->n_layers; i++)
        apart &= net->layers[i].class->apart && !net->layers[i].spectral;
    return apart;
}

void gan__pass_backward(gan__pass *pass, gan_pool *pool, unsigned what)
{
    if (what & GAN__PASS_WEIGHTS) set_parts(pass);
    if (gan__pass_loses_transformed(pass)) gan__pass_transform(pass, pool);
    run_phase(pass, pool, GAN__PHASE_BACKWARD, what);
    if (what & GAN__PASS_WEIGHTS) gan__pass_chain_grads(pass, pool);
}

/* ---- second derivatives ---- */

gan_status gan__pass_check_tangents(const gan_network *net, size_t n_layers)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < n_layers; i++) GAN_TRY(gan__layer_check_tangent(&net->layers[i]));

cleanup:
    return status;
}

float *gan__pass_slope(gan__pass *pass, gan_pool *pool)
{
    const gan__boundary *in = &pass->at[0];
    const gan__boundary *out = &pass->at[pass->desc.n_layers];
    float *weights = row_of(pass, out->grad, out, pass->rows);

    for (size_t i = 0; i < pass->rows * out->size; i++) weights[i] = i % out->size == 0;
    run_phase(pass, pool, GAN__PHASE_SLOPE, 0);
    return row_of(pass, in->grad, in, pass->rows);
}

float *gan__pass_direction(gan__pass *pass)
{
    return row_of(pass, pass->at[0].value, &pass->at[0], pass->rows);
}

void gan__pass_curve(gan__pass *pass, gan_pool *pool)
{
    const gan__boundary *out = &pass->at[pass->desc.n_layers];

    set_parts(pass);
    run_phase(pass, pool, GAN__PHASE_TANGENT, 0);
    memset(out->grad, 0, pass->rows * out->size * sizeof *out->grad);
    run_phase(pass, pool, GAN__PHASE_CURVE, 0);
    gan__pass_chain_grads(pass, pool);
}

/* ---- looking at it ---- */

static int is_finite(const gan__pass *pass, size_t boundary)
{
    const gan__boundary *b = &pass->at[boundary];
    const float *value = row_of(pass, b->value, b, pass->first);

    for (size_t i = 0; i < pass->rows * b->size; i++)
        if (!isfinite(value[i])) return 0;
    return 1;
}

/* Of layers that work in place together the last one is returned. */
const gan_layer *gan__pass_first_bad(gan__pass *pass)
{
    if (gan__pass_loses_transformed(pass)) gan__pass_transform(pass, NULL);
    for (size_t i = 0; i < pass->n_stages; i++) {
        const gan__stage *s = &pass->stages[i];

        if (pass->desc.activations != GAN_ACTIVATIONS_KEEP)
            forward_stage(pass, NULL, s, forward_layer);
        if (pass->at[s->end].tail == 0 && !is_finite(pass, s->end))
            return gan__pass_layer(pass, s->end - 1);
    }
    return NULL;
}

void gan__pass_meanwhile(gan__pass *pass, gan__meanwhile_fn *fn, void *context)
{
    pass->meanwhile = fn;
    pass->meanwhile_context = context;
}

void gan__pass_advance(gan__pass *pass)
{
    pass->position += pass->n_random;
}

uint64_t *gan__pass_position(gan__pass *pass)
{
    return &pass->position;
}

void gan__pass_turn_to(gan__pass *pass, gan_network *net)
{
    pass->desc.net = net;
}

void gan__pass_settle(gan__pass *pass, double momentum)
{
    gan_network *net = pass->desc.net;

    net->buffer_changes++;
    for (size_t i = 0; i < pass->desc.n_layers; i++) {
        const tile all = {.first = pass->first, .rows = pass->rows, .end = pass->at[i + 1].size};
        const gan__layer_run run = run_of(pass, i, &all, 0);

        if (gan__network_keeps_buffers(net, i)) continue;
        if (run.layer->class->settle)
            run.layer->class->settle(&run, momentum, net->buffers + net->buffer_offsets[i]);
        if (run.layer->spectral)
            gan__spectral_settle(run.layer, pass->prepared + pass->prepared_at[i],
                                 net->buffers + net->buffer_offsets[i]);
    }
}
