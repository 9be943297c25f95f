/* penalty.c - gradient penalties (WGAN-GP, DRAGAN, R1, R2), which need second derivatives.
 *
 * Let D(x) be the discriminator's logit for a sample x, and w its weights.
 *
 *     g = dD/dx                    gradient with respect to the input, a vector for each sample
 *     r = |g|                      its norm
 *     P = scale (r - center)^2     center 1: WGAN-GP, DRAGAN;  center 0: R1, R2
 *
 * The penalty is the mean of P over the batch, and the optimizer needs dP/dw.  So D is
 * differentiated twice: D with respect to the input, which is g, and g with respect to the weights.
 * By the chain rule
 *
 *     dP/dw = v . dg/dw,     v = dP/dg = 2 scale (r - center) g / r
 *
 * dg/dw is a matrix of all inputs by all weights, far too large to compute; but only its product
 * with one vector v is needed.  With v held constant, v . dg/dw is the gradient with respect to w
 * of the number v . g, and v . g is a directional derivative: the rate at which D changes as x
 * moves along v.  A forward pass computes that (forward-mode differentiation: each value h has a
 * tangent t, its rate of change), and a backward pass differentiates the result with respect to w.
 *
 *                      input          a layer          logit
 *     1  forward         x -----------> h -------------> D        x: real, generated or mixed
 *     2  backward        g <----------- u <------------- 1        u = dD/dh; gan__pass_slope()
 *     3  here            v = dP/dg                                derive(), sample by sample
 *     4  tangent         v -----------> t -------------> v . g    \  both are gan__pass_curve();
 *     5  backward                       d <------------- 0        /  d = d(v . g)/dh
 *
 * What makes step 5 cheap: v . g depends on h and on t, and it is linear in t with v . g = u . t at
 * every layer.  So its gradient with respect to t is u, which step 2 has left in memory, and only d
 * is new.  Two layers show all there is, dy and uy being d and u of the layer's output:
 *
 *     y = W x + b     ty = W tx           dW = dy x' + uy tx'      one product of twice the rows
 *                                         db = dy                  b has no part in ty
 *                                         dx = W' dy
 *     y = f(x)        ty = f'(x) tx       dx = f'(x) dy + f''(x) tx uy
 *
 * A layer that is linear in its input therefore runs as it is, without its bias, and for a
 * piecewise linear activation f'' is 0; the others have functions for this (class->tangent,
 * class->tangent_backward).
 *
 * Read the other way, d is the tangent of u, and steps 4 and 5 are the tangents of steps 1 and 2;
 * so this is called forward over reverse.  Reverse over reverse ("double backward", as in PyTorch)
 * would need a backward pass of each layer's backward pass.
 *
 * Where samples are augmented (R1, R2), D(x) above is D(L x + c) with L x + c the augmentation:
 * after step 2 g is multiplied by the transpose of L, before step 4 v by L (see augment.c).
 *
 * Steps 4 and 5 read what 1 and 2 computed, so no layer works in place.  A step with WGAN-GP's
 * penalty takes about one and a half times as long as one without (docs/performance.md). */
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

/* Below this norm a gradient's direction is rounding error. */
static const double SHORTEST = 0x1p-100;

struct gan__penalty {
    gan_allocator allocator;
    gan_penalty_desc desc;
    gan_schedule_desc schedule; /* of the weight */
    double scale, center;       /* in the present step */
    uint64_t seed;
    uint64_t position; /* in the stream of random numbers that mix samples */
    size_t size;       /* numbers in a sample */
    int turn;          /* of the latest step: whether the penalty is computed in it ... */
    uint64_t used;     /* ... random numbers used so far ... */
    uint64_t layers;   /* ... position of the layers' random numbers before it ... */
    size_t parts;      /* ... micro-batches so far ... */
    double value;      /* ... and their results: the penalty ... */
    double norm;       /* ... and the mean norm of the gradients */
    gan__pass *pass;
    int borrowed;  /* the pass is another penalty's */
    double *norms; /* norm of each row's gradient */
};

/* ---- making one ---- */

/* Whether it is computed at randomly mixed samples. */
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

/* Set the scale from the weight in step `step`. */
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
    p->desc.schedule = NULL; /* it belongs to the host */
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
    double sums[TILES][2]; /* of the values and of their squares */
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

/* How many random numbers mixing n rows takes. */
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

/* The factor from g, a row's gradient, to v, the derivative of the penalty with respect to g; of
 * lazy regularisation it has the interval. */
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

/* Of two penalties that share a pass, the first writes the positions of its layers' random
 * numbers. */
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
