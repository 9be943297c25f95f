/* penalty.c - gradient penalties.
 *
 * With D(x) the logit of a sample, g = dD/dx its gradient with respect to the sample and r the
 * length of g, a penalty is the mean over the batch of
 *
 *     P = scale (r - center)^2          center 1: WGAN-GP, DRAGAN;  center 0: R1, R2
 *
 * The discriminator learns from dP/dw, a derivative of a derivative.  By the chain rule
 *
 *     dP/dw = v . dg/dw,     v = dP/dg = 2 scale (r - center) g / r
 *
 * and v, once computed, is a constant: what has to be found is the gradient with respect to the
 * weights of the number v . g.  Now v . g is the rate at which D changes when x moves along v. That
 * rate is computed by a forward pass (a tangent runs through the network beside the numbers), and
 * its gradient with respect to the weights by an ordinary backward pass over both: forward over
 * reverse.
 *
 *     1  forward        x ------------------> D       samples of the kind: real, generated, mixed
 *     2  backward       g <------------------ 1       gan__pass_slope: gradient w.r.t. the input
 *     3  here           v from g, row by row          gan__pass_direction, r and P on the way
 *     4  tangent        (x, v) -------------> (D, v . g)         \  gan__pass_curve
 *     5  backward       gradients w.r.t. weights <-- v . g    /
 *
 * Where samples are augmented, D above is D(L x + c), for R1 and R2: between 2 and 3 g goes back by
 * L', and between 3 and 4 v goes on by L (see augment.c).
 *
 * The other order, reverse over reverse, would need a backward pass of each layer's backward pass.
 * This one needs a layer's tangent, which for layers linear in their input is the layer itself
 * without its bias, and the backward pass of that.  Steps 1 and 2 keep what 4 and 5 read again, so
 * nothing works in place.  A step with WGAN-GP's penalty takes about one and a half times as long
 * as one without (docs/performance.md). */
#include "train/penalty_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "math/kernels_internal.h"
#include "math/pool_internal.h"
#include "math/rng_internal.h"
#include "optim/schedule_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TILES = 8 };

/* The direction of a shorter gradient is rounding. */
static const double SHORTEST = 0x1p-100;

struct gan__penalty {
    gan_allocator allocator;
    gan_penalty_desc desc;
    gan_schedule_desc schedule; /* of the weight */
    double scale, center;       /* in the present step */
    uint64_t seed;
    uint64_t position; /* of the random numbers by which samples are mixed */
    size_t size;       /* numbers in a sample */
    int turn;          /* of the latest step: whether it is the penalty's ... */
    uint64_t used;     /* ... random numbers so far ... */
    uint64_t layers;   /* ... where those of the layers stood before it ... */
    size_t parts;      /* ... micro-batches so far ... */
    double value;      /* ... and what they came to: the penalty ... */
    double norm;       /* ... and the mean norm of the gradients */
    gan__pass *pass;
    int borrowed;  /* the pass is another penalty's */
    double *norms; /* of each row's gradient */
};

/* ---- making one ---- */

/* Whether it looks at samples that are mixed at random. */
static int is_mixed(const gan_penalty_desc *desc)
{
    return desc->kind == GAN_PENALTY_WGAN_GP || desc->kind == GAN_PENALTY_DRAGAN;
}

static int is_one_centered(const gan_penalty_desc *desc)
{
    return is_mixed(desc) && !desc->zero_centered;
}

/* Bytes of the first descriptor that hosts were built with. */
enum { FIRST = offsetof(gan_penalty_desc, schedule) };

static gan_status read_desc(gan_penalty_desc *out, const gan_penalty_desc *desc)
{
    gan_status status = GAN_OK;

    *out = (gan_penalty_desc){GAN_PENALTY_DESC_INIT};
    GAN_TRY(gan__desc_read(out, sizeof *out, FIRST, desc, "penalty desc"));
    if ((unsigned)out->kind > GAN_PENALTY_DRAGAN)
        GAN_FAIL(GAN_ERR_INVALID, "penalty: unknown kind %d", (int)out->kind);
    if (out->kind == GAN_PENALTY_NONE &&
        (out->weight != 0 || out->interval > 1 || out->zero_centered))
        GAN_FAIL(GAN_ERR_INVALID,
                 "penalty: weight %g, interval %zu and zero_centered %d without a "
                 "kind",
                 out->weight, out->interval, out->zero_centered);
    if (out->kind == GAN_PENALTY_NONE && out->schedule)
        GAN_FAIL(GAN_ERR_INVALID, "penalty: a schedule without a kind");
    if (out->weight == 0) out->weight = 10;
    if (out->interval == 0) out->interval = 1;
    if (!(out->weight > 0 && isfinite(out->weight)))
        GAN_FAIL(GAN_ERR_INVALID, "penalty: a finite weight above 0 expected, got %g", out->weight);

cleanup:
    return status;
}

static gan_status make_pass(gan__penalty *p, const gan__pass_desc *desc)
{
    gan_status status = GAN_OK;
    gan__pass_desc d = *desc;

    status = gan__pass_check_tangents(d.net, d.n_layers);
    if (status != GAN_OK)
        GAN_FAIL(status, "discriminator: %s: penalties can't be computed", gan_last_error());
    d.training = 1;
    d.tangents = 1;
    d.stream = GAN__STREAM_DROPOUT_P;
    d.source = NULL;
    GAN_TRY(gan__pass_create(&p->pass, &d, &p->allocator));

cleanup:
    return status;
}

/* By the weight of step `step`. */
static void set_scale(gan__penalty *p, uint64_t step)
{
    const double weight = p->desc.weight * gan__schedule_factor(&p->schedule, step);
    const int halved = p->desc.kind == GAN_PENALTY_R1 || p->desc.kind == GAN_PENALTY_R2;

    p->scale = halved ? weight / 2 : weight;
}

gan_status gan__penalty_create(gan__penalty **out, const gan_penalty_desc *desc,
                               const gan__pass_desc *pass, gan__penalty *first,
                               const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan__penalty *p = NULL;
    gan_penalty_desc d;

    *out = NULL;
    GAN_TRY(read_desc(&d, desc));
    if (d.kind == GAN_PENALTY_NONE) return GAN_OK;
    GAN_TRY(gan__alloc(&p, allocator, 1, sizeof *p));
    p->allocator = *allocator;
    p->desc = d;
    p->center = is_one_centered(&d) ? 1 : 0;
    GAN_TRY(gan__schedule_read(&p->schedule, d.schedule, "penalty weight"));
    p->desc.schedule = NULL; /* it is the host's */
    set_scale(p, 0);
    p->seed = first ? ~pass->seed : pass->seed;
    p->size = gan_shape_size(pass->net->input);
    GAN_TRY(gan__alloc(&p->norms, allocator, pass->rows, sizeof *p->norms));
    p->borrowed = first != NULL;
    if (first)
        p->pass = first->pass;
    else
        GAN_TRY(make_pass(p, pass));
    *out = p;
    p = NULL;

cleanup:
    gan__penalty_destroy(p);
    return status;
}

void gan__penalty_destroy(gan__penalty *p)
{
    if (!p) return;
    const gan_allocator a = p->allocator;

    if (!p->borrowed) gan__pass_destroy(p->pass);
    gan__free(&a, p->norms);
    gan__free(&a, p);
}

/* ---- the samples ---- */

/* Work on the samples of a micro-batch, some rows per task. */
typedef struct job {
    gan__penalty *penalty;
    size_t n_rows;
    double share;      /* of the batch's loss that is this micro-batch's */
    uint64_t position; /* of the random numbers */
    const float *real, *fake;
    float *slope;                /* the gradients */
    const gan__augment *augment; /* of the samples `index` and following.  NULL: none */
    uint64_t index;
    double sums[TILES][2]; /* of values and of squares */
    double deviation;
} job;

static size_t row_of(const job *j, size_t task)
{
    return j->n_rows * task / TILES;
}

static void measure(void *context, size_t task, size_t worker)
{
    job *j = context;
    const float *x = j->real + row_of(j, task) * j->penalty->size;
    const float *end = j->real + row_of(j, task + 1) * j->penalty->size;
    double sum = 0;

    (void)worker;
    j->sums[task][1] = gan__simd_best()->sum_squares((size_t)(end - x), x);
    while (x < end) sum += (double)*x++;
    j->sums[task][0] = sum;
}

/* The standard deviation of all values of the real samples. */
static double deviation_of(job *j, gan_pool *pool)
{
    const double numbers = (double)j->n_rows * (double)j->penalty->size;
    double mean = 0;
    double squares = 0;

    gan__pool_run(pool, measure, j, TILES);
    for (size_t i = 0; i < TILES; i++) {
        mean += j->sums[i][0] / numbers;
        squares += j->sums[i][1] / numbers;
    }
    return sqrt(fmax(squares - mean * mean, 0));
}

/* Row r of what the real samples are mixed with; it may be written to `out`. */
static const float *other_row(const job *j, size_t r, float *out)
{
    const gan__penalty *p = j->penalty;
    const gan__simd *simd = gan__simd_best();

    if (p->desc.kind == GAN_PENALTY_WGAN_GP) return j->fake + r * p->size;
    gan__rng_uniform(p->seed, GAN__STREAM_PENALTY, j->position + j->n_rows + r * p->size, p->size,
                     out);
    simd->scale(p->size, (float)(0.5 * j->deviation), out, out);
    simd->axpy(p->size, 1, j->real + r * p->size, out);
    return out;
}

static void mix(void *context, size_t task, size_t worker)
{
    const job *j = context;
    const gan__penalty *p = j->penalty;

    (void)worker;
    for (size_t r = row_of(j, task); r < row_of(j, task + 1); r++) {
        float *out = gan__pass_input(p->pass, r);
        const float *other = other_row(j, r, out);
        float share;

        gan__rng_uniform(p->seed, GAN__STREAM_PENALTY, j->position + r, 1, &share);
        gan__simd_best()->scale(p->size, 1 - share, other, out);
        gan__simd_best()->axpy(p->size, share, j->real + r * p->size, out);
    }
}

static void copy(void *context, size_t task, size_t worker)
{
    const job *j = context;
    const float *from = j->penalty->desc.kind == GAN_PENALTY_R1 ? j->real : j->fake;
    const size_t begin = row_of(j, task);
    const size_t end = row_of(j, task + 1);

    (void)worker;
    memcpy(gan__pass_input(j->penalty->pass, begin), from + begin * j->penalty->size,
           (end - begin) * j->penalty->size * sizeof *from);
}

/* Mixed samples have the labels of the real ones. */
static void lay_labels(gan__pass *to, gan__pass *from, size_t n, gan_penalty_kind kind)
{
    const uint16_t *labels = gan__pass_labels(from, kind == GAN_PENALTY_R2 ? n : 0);

    if (labels) memcpy(gan__pass_labels(to, 0), labels, n * sizeof *labels);
}

/* How many random numbers n rows are mixed by. */
static uint64_t numbers_of(const gan__penalty *p, size_t n)
{
    return !is_mixed(&p->desc) ? 0 : p->desc.kind == GAN_PENALTY_DRAGAN ? n + n * p->size : n;
}

static void lay_samples(job *j, gan_pool *pool)
{
    if (j->penalty->desc.kind == GAN_PENALTY_DRAGAN) j->deviation = deviation_of(j, pool);
    gan__pool_run(pool, is_mixed(&j->penalty->desc) ? mix : copy, j, TILES);
    j->penalty->used += numbers_of(j->penalty, j->n_rows);
}

/* ---- the penalty ---- */

/* What a row's gradient is to be multiplied by to become the derivative by it. */
static double factor_of(const gan__penalty *p, double norm)
{
    const double scale = 2 * p->scale * (double)p->desc.interval;

    if (p->center == 0) return scale;
    return norm < SHORTEST ? 0 : scale * (norm - p->center) / norm;
}

static void derive(void *context, size_t task, size_t worker)
{
    const job *j = context;
    gan__penalty *p = j->penalty;
    const gan__simd *simd = gan__simd_best();

    (void)worker;
    for (size_t r = row_of(j, task); r < row_of(j, task + 1); r++) {
        float *g = j->slope + r * p->size;
        float *v = gan__pass_direction(p->pass) + r * p->size;

        if (j->augment) gan__augment_adjoint(j->augment, j->index + r, g);
        p->norms[r] = sqrt(simd->sum_squares(p->size, g));
        simd->scale(p->size, (float)(factor_of(p, p->norms[r]) * j->share / (double)j->n_rows), g,
                    v);
        if (j->augment) gan__augment_tangent(j->augment, j->index + r, v);
    }
}

static void add_figures(gan__penalty *p, size_t n, double share)
{
    for (size_t r = 0; r < n; r++) {
        const double off = p->norms[r] - p->center;

        p->value += p->scale * off * off * share / (double)n;
        p->norm += p->norms[r] * share / (double)n;
    }
}

float *gan__penalty_samples(gan__penalty *p)
{
    return gan__pass_input(p->pass, 0);
}

uint16_t *gan__penalty_labels(gan__penalty *p)
{
    return gan__pass_labels(p->pass, 0);
}

static void run(job *j, gan_pool *pool)
{
    gan__penalty *p = j->penalty;

    gan__pass_forward(p->pass, pool, 0, j->n_rows, j->n_rows);
    j->slope = gan__pass_slope(p->pass, pool);
    gan__pool_run(pool, derive, j, TILES);
    add_figures(p, j->n_rows, j->share);
    gan__pass_curve(p->pass, pool);
}

void gan__penalty_run(gan__penalty *p, gan_pool *pool, size_t n, double share)
{
    run(&(job){.penalty = p, .n_rows = n, .share = share}, pool);
}

const float *gan__penalty_grads(const gan__penalty *p)
{
    return gan__pass_grads(p->pass);
}

/* ---- in steps ---- */

void gan__penalty_begin(gan__penalty *p, uint64_t steps)
{
    if (!p) return;
    set_scale(p, steps);
    p->turn = steps % p->desc.interval == 0;
    p->used = p->parts = 0;
    p->layers = *gan__pass_position(p->pass);
    if (p->turn) p->value = p->norm = 0;
}

gan__pass *gan__penalty_pass(const gan__penalty *p)
{
    return p ? p->pass : NULL;
}

void gan__penalty_add(gan__penalty *p, gan_pool *pool, const gan__penalty_rows *rows)
{
    if (!p || !p->turn) return;
    const int of_one = p->desc.kind == GAN_PENALTY_R1 || p->desc.kind == GAN_PENALTY_R2;
    job j = {.penalty = p,
             .n_rows = rows->n,
             .share = rows->share,
             .position = p->position + p->used,
             .real = gan__pass_input(rows->pass, 0),
             .fake = gan__pass_input(rows->pass, rows->n),
             .augment = of_one && gan__augment_is_on(rows->augment) ? rows->augment : NULL,
             .index = p->desc.kind == GAN_PENALTY_R2 ? rows->fake : rows->real};

    if (p->parts++ > 0) gan__pass_advance(p->pass);
    lay_samples(&j, pool);
    lay_labels(p->pass, rows->pass, rows->n, p->desc.kind);
    run(&j, pool);
    gan__pass_add_grads(rows->pass, pool, gan__penalty_grads(p));
}

void gan__penalty_pass_over(gan__penalty *p, size_t n)
{
    if (!p || !p->turn) return;
    if (p->parts++ > 0) gan__pass_advance(p->pass);
    p->used += numbers_of(p, n);
}

size_t gan__penalty_figures(gan__penalty *p, double **out)
{
    if (!p || !p->turn) return 0;
    out[0] = &p->value;
    out[1] = &p->norm;
    return GAN__PENALTY_FIGURES;
}

void gan__penalty_advance(gan__penalty *p)
{
    if (!p || !p->turn) return;
    p->position += p->used;
    gan__pass_advance(p->pass);
}

void gan__penalty_put_back(gan__penalty *p)
{
    if (p) *gan__pass_position(p->pass) = p->layers;
}

void gan__penalty_tell(const gan__penalty *p, double *value, double *norm)
{
    if (!p || !p->turn) return;
    *value = p->value;
    *norm = p->norm;
}

/* ---- in a checkpoint ---- */

static const char *named(char *out, size_t capacity, const char *name, const char *what)
{
    snprintf(out, capacity, "%s_%s", name, what);
    return out;
}

/* The places of the layers in a pass that two share are told by the first. */
void gan__penalty_state(gan__penalty *p, gan__state *s, const char *name)
{
    static const char *const kinds[] = {"none", "wgan_gp", "r1", "r2", "dragan"}; /* by kind */
    char text[64];

    if (!p) return;
    gan__state_text(s, name, "%s", kinds[p->desc.kind]);
    gan__state_text(s, named(text, sizeof text, name, "interval"), "%zu", p->desc.interval);
    gan__state_text(s, named(text, sizeof text, name, "center"), "%.0f", p->center);
    gan__state_setting(s, named(text, sizeof text, name, "weight"), p->desc.weight);
    gan__schedule_state(&p->schedule, s, named(text, sizeof text, name, "schedule"));
    gan__state_whole(s, named(text, sizeof text, name, "position"), &p->position);
    if (p->borrowed) return;
    gan__state_whole(s, named(text, sizeof text, name, "random_position"),
                     gan__pass_position(p->pass));
}

GAN__DEFINE_INIT(gan_penalty_desc_init, gan_penalty_desc, GAN_PENALTY_DESC_INIT)
