/* onelayer.c - one layer by itself. */
#include "expect.h"
#include "onelayer.h"

#include "math/kernels_internal.h"
#include "math/rng_internal.h"
#include "network/pass_internal.h"

#include <gan/pass.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_X = 1, STREAM_DY, STREAM_WEIGHTS, STREAM_DIRECTION }; /* of random numbers here */
enum { MAX_ROWS = 512 };

/* ---- a training step on one layer ---- */

typedef struct trial {
    gan_network *net;
    size_t rows, group;
    const float *x, *dy;
    uint8_t labels[MAX_ROWS]; /* if the network uses labels */
} trial;

/* How it is computed; the results must not differ. */
typedef struct manner {
    const char *name;
    size_t threads;
    int later; /* starting at a later row of the pass */
    int apart; /* gradients w.r.t. weights and w.r.t. input in separate runs */
} manner;

typedef struct outcome {
    float *numbers; /* all of them */
    size_t n;
    float *y, *dx, *grads, *buffers, *eval;
    double squares;
} outcome;

static size_t input_size(const gan_network *net)
{
    return gan_shape_size(gan_network_input_shape(net));
}

static size_t output_size(const gan_network *net)
{
    return gan_shape_size(gan_network_output_shape(net));
}

/* A network of the layer alone, or after a layer that only copies. */
static gan_network *net_of(gan_shape in, gan_layer *layer, int behind)
{
    gan_network *net =
        gan_network_create(in, &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 5});

    ck_assert_ptr_nonnull(net);
    ck_assert_msg(layer != NULL, "%s", gan_last_error());
    if (behind) expect_ok(gan_network_add(net, gan_layer_reshape(in)));
    expect_ok(gan_network_add(net, layer));
    expect_ok(gan_network_build(net));
    return net;
}

/* The same after another layer, if the settings suffice to copy the layer; else NULL. */
static gan_network *net_behind(gan_shape in, const gan_layer *layer)
{
    gan_layer *twin;

    if (!layer || layer->class->destroy) return NULL;
    twin = gan__layer_create(layer->class, layer->settings);
    return net_of(in, layer->spectral ? gan_layer_spectral_norm(twin) : twin, 1);
}

/* The layer under test. */
static const gan_layer *last_of(const gan_network *net)
{
    return &net->layers[net->n_layers - 1];
}

static int is_random(const gan_network *net)
{
    for (size_t i = 0; i < net->n_layers; i++)
        if (net->layers[i].class->random) return 1;
    return 0;
}

/* Twice the rows, for runs that begin later; they also determine each layer's offset in the random
 * stream. */
static gan__pass *training_pass(const trial *t, size_t threads)
{
    gan__pass *pass = NULL;

    expect_ok(gan__pass_create(&pass,
                               &(gan__pass_desc){.net = t->net,
                                                 .n_layers = t->net->n_layers,
                                                 .rows = 2 * t->rows,
                                                 .batches = t->rows / t->group,
                                                 .threads = threads,
                                                 .training = 1,
                                                 .seed = 3,
                                                 .stream = GAN__STREAM_DROPOUT},
                               &t->net->allocator));
    return pass;
}

static void forward(const trial *t, gan__pass *pass, gan_pool *pool, size_t first)
{
    const size_t n = t->rows * input_size(t->net);

    memcpy(gan__pass_input(pass, first), t->x, n * sizeof *t->x);
    if (t->net->n_classes > 0)
        gan__labels_copy(gan__pass_labels(pass, first), gan__label_bytes(t->labels), t->rows);
    gan__pass_forward(pass, pool, first, t->rows, t->group);
}

static void backward(const trial *t, gan__pass *pass, gan_pool *pool, size_t first, unsigned what)
{
    const size_t n = t->rows * output_size(t->net);

    memcpy(gan__pass_output_grad(pass, first), t->dy, n * sizeof *t->dy);
    gan__pass_backward(pass, pool, what);
}

/* The layer's outputs in evaluation mode, sample by sample. */
static void evaluate(const trial *t, gan_pool *pool, float *y)
{
    gan__pass *pass = NULL;

    expect_ok(gan__pass_create(&pass,
                               &(gan__pass_desc){.net = t->net,
                                                 .n_layers = t->net->n_layers,
                                                 .rows = gan__pass_eval_rows(t->net, pool),
                                                 .threads = gan_pool_thread_count(pool)},
                               &t->net->allocator));
    gan__pass_evaluate(pass, pool, t->x, (gan__labels){.of = gan__label_bytes(t->labels)}, t->rows,
                       y);
    gan__pass_destroy(pass);
}

static outcome make_outcome(const trial *t)
{
    const size_t n_in = t->rows * input_size(t->net), n_out = t->rows * output_size(t->net);
    outcome o = {.n = 2 * n_out + n_in + t->net->n_params + t->net->n_buffers};

    o.numbers = calloc(o.n + 1, sizeof *o.numbers);
    ck_assert_ptr_nonnull(o.numbers);
    o.y = o.numbers;
    o.eval = o.y + n_out;
    o.dx = o.eval + n_out;
    o.grads = o.dx + n_in;
    o.buffers = o.grads + t->net->n_params;
    return o;
}

static void step(const trial *t, const manner *m, gan__pass *pass, gan_pool *pool, outcome *o)
{
    const size_t first = m->later ? t->rows : 0;

    forward(t, pass, pool, first);
    memcpy(o->y, gan__pass_output(pass, first), (size_t)(o->eval - o->y) * sizeof *o->y);
    if (m->apart) {
        backward(t, pass, pool, first, GAN__PASS_INPUT);
        forward(t, pass, pool, first);
        /* What the other run left must not be used. */
        memset(gan__pass_input_grad(pass, first), 0xff, (size_t)(o->grads - o->dx) * sizeof *o->dx);
        backward(t, pass, pool, first, GAN__PASS_WEIGHTS);
        memcpy(o->grads, gan__pass_grads(pass), t->net->n_params * sizeof *o->grads);
        o->squares = gan__pass_grad_squares(pass);
        forward(t, pass, pool, first);
        backward(t, pass, pool, first, GAN__PASS_INPUT);
    } else {
        backward(t, pass, pool, first, GAN__PASS_INPUT | GAN__PASS_WEIGHTS);
        memcpy(o->grads, gan__pass_grads(pass), t->net->n_params * sizeof *o->grads);
        o->squares = gan__pass_grad_squares(pass);
    }
    memcpy(o->dx, gan__pass_input_grad(pass, first), (size_t)(o->grads - o->dx) * sizeof *o->dx);
    gan__pass_settle(pass, 0);
}

/* The network's buffers are restored. */
static outcome try(const trial *t, const manner *m)
{
    outcome o = make_outcome(t);
    const size_t n_buffers = t->net->n_buffers;
    float *before = malloc((n_buffers + 1) * sizeof *before);
    gan__pass *pass = training_pass(t, m->threads);
    gan_pool *pool = NULL;
    int blas;

    ck_assert_ptr_nonnull(before);
    expect_ok(gan_pool_create(&pool, m->threads, NULL));
    memcpy(before, t->net->buffers, n_buffers * sizeof *before);
    blas = gan__blas_enter();
    step(t, m, pass, pool, &o);
    gan__blas_leave(blas);
    memcpy(o.buffers, t->net->buffers, n_buffers * sizeof *before);
    evaluate(t, pool, o.eval);
    memcpy(t->net->buffers, before, n_buffers * sizeof *before);
    gan_pool_destroy(pool);
    gan__pass_destroy(pass);
    free(before);
    return o;
}

/* ---- a host's pass ---- */

/* The same step by public calls.  A backward run from the reversed gradients comes first, which
 * must leave no trace. */
static void run_host_pass(const trial *t, gan_pass *pass, outcome *o)
{
    const size_t n_out = t->rows * output_size(t->net);
    const uint8_t *labels = t->net->n_classes > 0 ? t->labels : NULL;
    float *reversed = malloc(n_out * sizeof *reversed);

    ck_assert_ptr_nonnull(reversed);
    for (size_t i = 0; i < n_out; i++) reversed[i] = t->dy[n_out - 1 - i];
    expect_ok(gan_pass_forward_labels(pass, t->x, labels, t->rows, o->y));
    expect_ok(gan_pass_backward(pass, reversed, GAN_PASS_REPLACE, NULL));
    expect_ok(gan_pass_backward(pass, t->dy, GAN_PASS_REPLACE, o->dx));
    memcpy(o->grads, gan_pass_gradients(pass), t->net->n_params * sizeof *o->grads);
    free(reversed);
}

static outcome host_outcome(const trial *t, gan_pass_mode mode, size_t threads)
{
    const size_t n_buffers = t->net->n_buffers;
    float *before = malloc((n_buffers + 1) * sizeof *before);
    outcome o = make_outcome(t);
    gan_pool *pool = NULL;
    gan_pass *pass = NULL;

    ck_assert_ptr_nonnull(before);
    memcpy(before, t->net->buffers, n_buffers * sizeof *before);
    expect_ok(gan_pool_create(&pool, threads, NULL));
    expect_ok(gan_pass_create(
        &pass, t->net,
        &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = t->rows, .mode = mode, .pool = pool}));
    run_host_pass(t, pass, &o);
    if (mode == GAN_PASS_TRAINING) expect_ok(gan_pass_update_buffers(pass));
    memcpy(o.buffers, t->net->buffers, n_buffers * sizeof *before);
    memcpy(t->net->buffers, before, n_buffers * sizeof *before);
    gan_pass_destroy(pass);
    gan_pool_destroy(pool);
    free(before);
    return o;
}

/* ---- the same bits ---- */

static void expect_same_outcome(const outcome *a, const outcome *b, const char *what)
{
    const char *parts[] = {"y", "eval", "dx", "grads", "buffers"};
    const float *const begins[] = {a->y, a->eval, a->dx, a->grads, a->buffers, a->numbers + a->n};

    for (size_t i = 0; i < 5; i++) {
        const size_t at = (size_t)(begins[i] - a->numbers), n = (size_t)(begins[i + 1] - begins[i]);

        for (size_t j = at; j < at + n; j++)
            if (memcmp(&a->numbers[j], &b->numbers[j], sizeof *a->numbers) != 0)
                ck_abort_msg("%s: value %zu of %s is %.9g, on one thread %.9g",
                             what, j - at, parts[i], (double)b->numbers[j], (double)a->numbers[j]);
    }
    ck_assert_msg(memcmp(&a->squares, &b->squares, sizeof a->squares) == 0,
                  "%s: the squares of the gradient are %.17g and %.17g", what, b->squares,
                  a->squares);
}

/* A quarter of an in-place layer's work, cut at arbitrary rows and columns. */
static void run_quarter(const trial *t, int index, int back, const float *params, float *value,
                        float *grad)
{
    const gan_layer *layer = last_of(t->net);
    const size_t width = gan_shape_size(layer->out);
    const size_t row = t->rows / 2, column = width / 3;
    const size_t first = index & 1 ? row : 0, rows = index & 1 ? t->rows - row : row;
    const gan__layer_run run = {.layer = layer,
                                .first = first,
                                .rows = rows,
                                .group = t->group,
                                .begin = index & 2 ? column : 0,
                                .end = index & 2 ? width : column,
                                .params = params,
                                .x = value + first * width,
                                .y = value + first * width,
                                .dy = grad + first * width,
                                .dx = grad + first * width,
                                .training = 1,
                                .seed = 3,
                                .stream = GAN__STREAM_DROPOUT,
                                .position = first * width};

    if (rows > 0 && run.begin < run.end)
        (back ? layer->class->backward : layer->class->forward)(&run);
}

static void expect_same_in_quarters(const trial *t, const outcome *o)
{
    const size_t n = t->rows * output_size(t->net);
    float *value = malloc(n * sizeof *value), *grad = malloc(n * sizeof *grad);
    const float *params = t->net->params + t->net->offsets[t->net->n_layers - 1];

    ck_assert(value != NULL && grad != NULL);
    memcpy(value, t->x, n * sizeof *value);
    memcpy(grad, t->dy, n * sizeof *grad);
    for (int i = 0; i < 4; i++) run_quarter(t, i, 0, params, value, grad);
    expect_same_bits(value, o->y, n * sizeof *value);
    for (int i = 0; i < 4; i++) run_quarter(t, i, 1, params, value, grad);
    expect_same_bits(grad, o->dx, n * sizeof *grad);
    free(value);
    free(grad);
}

/* A host's pass has no groups, and draws random numbers of its own. */
static void expect_same_by_host(const trial *t, const outcome *o)
{
    if (t->group != t->rows || is_random(t->net)) return;
    for (size_t threads = 1; threads <= 3; threads++) {
        outcome found = host_outcome(t, GAN_PASS_TRAINING, threads);

        memcpy(found.eval, o->eval, (size_t)(o->dx - o->eval) * sizeof *o->eval);
        found.squares = o->squares;
        expect_same_outcome(o, &found, "a host's pass");
        free(found.numbers);
    }
}

/* `behind`, with the layer after another, is NULL if there can't be such a network. */
static void expect_same_in_all_manners(const trial *t, gan_network *behind, const outcome *o)
{
    static const manner manners[] = {{"two threads", 2, 0, 0},
                                     {"three threads", 3, 0, 0},
                                     {"eight threads", 8, 0, 0},
                                     {"gradients apart", 2, 0, 1},
                                     {"from a later row", 2, 1, 0}};
    const int random = is_random(t->net);
    trial other = *t;
    outcome found;

    for (size_t i = 0; i < sizeof manners / sizeof manners[0]; i++) {
        if (manners[i].later && random) continue;
        found = try(t, &manners[i]);
        expect_same_outcome(o, &found, manners[i].name);
        free(found.numbers);
    }
    expect_same_by_host(t, o);
    if (t->net->n_layers == 1 && last_of(t->net)->class->in_place) expect_same_in_quarters(t, o);
    if (!behind) return;
    memcpy(behind->params, t->net->params, t->net->n_params * sizeof *t->net->params);
    memcpy(behind->buffers, t->net->buffers, t->net->n_buffers * sizeof *t->net->buffers);
    other.net = behind;
    found = try(&other, &(manner){"", 2, 0, 0});
    expect_same_outcome(o, &found, "behind another layer");
    free(found.numbers);
}

/* ---- numbers ---- */

static float *drawn(uint64_t stream, size_t n)
{
    float *out = malloc((n + 1) * sizeof *out);

    ck_assert_ptr_nonnull(out);
    gan__rng_normal(7, stream, 0, n, out);
    return out;
}

/* A step on random samples, with labels of every class. */
static trial trial_of(gan_network *net, size_t rows, size_t group, const float *x, const float *dy)
{
    trial t = {.net = net, .rows = rows, .group = group, .x = x, .dy = dy};

    ck_assert_uint_le(rows, MAX_ROWS);
    for (size_t i = 0; i < rows && net->n_classes > 0; i++)
        t.labels[i] = (uint8_t)((7 * i + i / 3) % net->n_classes);
    return t;
}

/* Perturb the weights, away from ones and zeros. */
static void stir(gan_network *net)
{
    float *noise = drawn(STREAM_WEIGHTS, net->n_params);

    for (size_t i = 0; i < net->n_params; i++) net->params[i] += 0.3f * noise[i];
    free(noise);
}

/* ---- against PyTorch ---- */

/* Each value to 1e-5 of the largest. */
static void expect_like(const golden *g, const char *name, const char *part, const float *found,
                        size_t n)
{
    const float *wanted;
    char full[64];
    double largest = 0;

    snprintf(full, sizeof full, "%s.%s", name, part);
    wanted = golden_get(g, full, n);
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)wanted[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)found[i] - (double)wanted[i]) <= 1e-5 * largest))
            ck_abort_msg("%s: value %zu of %zu is %.9g, expected %.9g; the largest is %.9g", full,
                         i, n, (double)found[i], (double)wanted[i], largest);
}

static void read_tensors(const golden *g, const char *name, gan_network *net)
{
    char full[64];

    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];

        snprintf(full, sizeof full, "%s.%s", name, t->name);
        memcpy(t->data, golden_get(g, full, t->size), t->size * sizeof *t->data);
    }
}

static void expect_tensors(const golden *g, const char *name, const gan_network *net,
                           const outcome *o)
{
    char part[64];
    double squares = 0;

    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];

        snprintf(part, sizeof part, "%s.%s", t->trainable ? "grad" : "buffer", t->name);
        expect_like(g, name, part,
                    t->trainable ? o->grads + (t->data - net->params)
                                 : o->buffers + (t->data - net->buffers),
                    t->size);
    }
    for (size_t i = 0; i < net->n_params; i++) squares += (double)o->grads[i] * (double)o->grads[i];
    expect_near(o->squares, squares, 1e-6, 0);
}

/* Gradients in evaluation mode, with the buffers that a training step has left. */
static void expect_evaluation(const golden *g, const char *name, const trial *t, const outcome *o)
{
    const size_t n_in = t->rows * input_size(t->net), n_out = t->rows * output_size(t->net);
    char part[64];
    outcome found;
    int own;

    snprintf(part, sizeof part, "%s.eval", name);
    own = golden_find(g, part, n_out) != NULL;
    if (!own && t->group != t->rows) return; /* PyTorch's depend on the group, too */
    memcpy(t->net->buffers, o->buffers, t->net->n_buffers * sizeof *o->buffers);
    found = host_outcome(t, GAN_PASS_EVALUATION, 2);
    expect_like(g, name, own ? "eval" : "y", found.y, n_out);
    expect_like(g, name, own ? "eval_dx" : "dx", found.dx, n_in);
    for (size_t i = 0; i < t->net->n_tensors; i++) {
        const gan_tensor *p = &t->net->tensors[i];

        if (!p->trainable) continue;
        snprintf(part, sizeof part, "%s.%s", own ? "eval_grad" : "grad", p->name);
        expect_like(g, name, part, found.grads + (p->data - t->net->params), p->size);
    }
    free(found.numbers);
}

/* Destroys the networks. */
static void expect_golden(const golden *g, const char *name, gan_network *net, gan_network *behind,
                          size_t rows, size_t group)
{
    const size_t n_in = rows * input_size(net), n_out = rows * output_size(net);
    char part[64];
    trial t = trial_of(net, rows, group, NULL, NULL);
    outcome o;

    snprintf(part, sizeof part, "%s.x", name);
    t.x = golden_get(g, part, n_in);
    snprintf(part, sizeof part, "%s.dy", name);
    t.dy = golden_get(g, part, n_out);
    snprintf(part, sizeof part, "%s.labels", name);
    for (size_t i = 0; i < rows && net->n_classes > 0; i++)
        t.labels[i] = (uint8_t)golden_get(g, part, rows)[i];
    read_tensors(g, name, net);
    o = try(&t, &(manner){"", 1, 0, 0});
    expect_like(g, name, "y", o.y, n_out);
    expect_like(g, name, "dx", o.dx, n_in);
    snprintf(part, sizeof part, "%s.eval", name);
    expect_like(g, name, golden_find(g, part, n_out) ? "eval" : "y", o.eval, n_out);
    expect_tensors(g, name, net, &o);
    expect_same_in_all_manners(&t, behind, &o);
    expect_evaluation(g, name, &t, &o);
    free(o.numbers);
    gan_network_destroy(behind);
    gan_network_destroy(net);
}

void expect_layer_golden(const golden *g, const char *name, gan_shape in, gan_layer *layer,
                         size_t rows, size_t group)
{
    gan_network *behind = net_behind(in, layer);

    expect_golden(g, name, net_of(in, layer, 0), behind, rows, group);
}

void expect_network_golden(const golden *g, const char *name, gan_network *net, size_t rows,
                           size_t group)
{
    expect_ok(gan_network_build(net));
    expect_golden(g, name, net, NULL, rows, group);
}

/* ---- as a linear map ---- */

static double inner(size_t n, const float *a, const float *b, double *scale)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
        *scale += fabs((double)a[i] * (double)b[i]);
    }
    return sum;
}

void expect_layer_adjoint(gan_shape in, gan_layer *layer, size_t rows)
{
    gan_network *net = net_of(in, layer, 0);
    const size_t n_in = rows * input_size(net), n_out = rows * output_size(net);
    float *x = drawn(STREAM_X, n_in);
    float *dy = drawn(STREAM_DY, n_out);
    const trial t = trial_of(net, rows, rows, x, dy);
    outcome o = try(&t, &(manner){"", 2, 0, 0});
    double scale = 0;
    const double by_output = inner(n_out, o.y, dy, &scale);

    ck_assert(fabs(by_output) > 1e-5 * scale);
    expect_near(inner(n_in, x, o.dx, &scale), by_output, 0, 1e-6 * scale);
    free(o.numbers);
    free(x);
    free(dy);
    gan_network_destroy(net);
}

/* ---- against finite differences ---- */

/* The sum of y times dy after a training forward. */
static double loss(const trial *t, gan__pass *pass)
{
    const size_t n = t->rows * output_size(t->net);
    const float *y = gan__pass_output(pass, 0);
    double sum = 0;

    forward(t, pass, NULL, 0);
    for (size_t i = 0; i < n; i++) sum += (double)y[i] * (double)t->dy[i];
    return sum;
}

/* Central differences of fourth order, from four values at -2 to 2 steps: the step may be large,
 * which keeps rounding errors small. */
static double derivative_of(const double values[4], double step)
{
    return (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * step);
}

static const float places[4] = {-2, -1, 1, 2};

static double derivative(const trial *t, gan__pass *pass, float *at)
{
    const float step = 0x1p-5f, before = *at;
    double values[4];

    for (size_t i = 0; i < 4; i++) {
        *at = before + places[i] * step;
        values[i] = loss(t, pass);
    }
    *at = before;
    return derivative_of(values, (double)step);
}

static void expect_derivatives(const trial *t, gan__pass *pass, const char *what, float *numbers,
                               const float *grad, size_t n)
{
    double largest = 0;

    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)grad[i]));
    ck_assert_msg(n == 0 || largest > 0, "the gradient w.r.t. the %s is zero", what);
    for (size_t i = 0; i < n; i++) {
        const double wanted = derivative(t, pass, numbers + i);

        if (!(fabs((double)grad[i] - wanted) <= 1e-3 * largest))
            ck_abort_msg("the gradient w.r.t. %s %zu of %zu is %.9g, by differences %.9g; the "
                         "largest gradient is %.9g",
                         what, i, n, (double)grad[i], wanted, largest);
    }
}

/* Destroys the network. */
static void expect_gradients(gan_network *net, size_t rows, size_t group, const float *x)
{
    const size_t n = rows * input_size(net);
    float *copy = drawn(STREAM_X, n);
    float *dy = drawn(STREAM_DY, rows * output_size(net));
    const trial t = trial_of(net, rows, group, copy, dy);
    gan__pass *pass = training_pass(&t, 1);
    outcome o;

    if (x) memcpy(copy, x, n * sizeof *copy);
    stir(net);
    o = try(&t, &(manner){"", 1, 0, 0});
    expect_derivatives(&t, pass, "input", copy, o.dx, n);
    expect_derivatives(&t, pass, "weight", net->params, o.grads, net->n_params);
    free(o.numbers);
    gan__pass_destroy(pass);
    free(copy);
    free(dy);
    gan_network_destroy(net);
}

void expect_layer_gradients(gan_shape in, gan_layer *layer, size_t rows, size_t group,
                            const float *x)
{
    expect_gradients(net_of(in, layer, 0), rows, group, x);
}

void expect_network_gradients(gan_network *net, size_t rows, size_t group)
{
    expect_ok(gan_network_build(net));
    expect_gradients(net, rows, group, NULL);
}

/* ---- large shapes ---- */

/* Move by `by` from `from` along a direction. */
static void move(size_t n, float *numbers, const float *from, double by, const float *direction)
{
    for (size_t i = 0; i < n; i++) numbers[i] = from[i] + (float)by * direction[i];
}

/* x may be written to. */
static void expect_derivative_along(const trial *t, float *x, const outcome *o)
{
    const double step = 0x1p-12; /* few values cross a kink */
    const size_t n_x = t->rows * input_size(t->net), n = n_x + t->net->n_params;
    float *direction = drawn(STREAM_DIRECTION, n);
    float *from = drawn(STREAM_X, n); /* overwritten below */
    gan__pass *pass = training_pass(t, 1);
    double values[4], along = 0, squares = 0, found;

    move(n_x, from, x, 0, direction);
    move(n - n_x, from + n_x, t->net->params, 0, direction);
    for (size_t i = 0; i < 4; i++) {
        move(n_x, x, from, places[i] * step, direction);
        move(n - n_x, t->net->params, from + n_x, places[i] * step, direction + n_x);
        values[i] = loss(t, pass);
    }
    for (size_t i = 0; i < n; i++) { /* dx and the weights' gradients are contiguous */
        along += (double)o->dx[i] * (double)direction[i];
        squares += (double)o->dx[i] * (double)o->dx[i];
    }
    found = derivative_of(values, step);
    ck_assert_msg(squares > 0 && fabs(found - along) <= 3e-2 * sqrt(squares),
                  "along a direction the gradient is %.9g, the difference %.9g; its norm is %.9g",
                  along, found, sqrt(squares));
    gan__pass_destroy(pass);
    free(direction);
    free(from);
}

/* Destroys the networks. */
static void expect_bits(gan_network *net, gan_network *behind, size_t rows, size_t group)
{
    float *x = drawn(STREAM_X, rows * input_size(net));
    float *dy = drawn(STREAM_DY, rows * output_size(net));
    const trial t = trial_of(net, rows, group, x, dy);
    outcome o;

    stir(net);
    o = try(&t, &(manner){"", 1, 0, 0});
    expect_same_in_all_manners(&t, behind, &o);
    expect_derivative_along(&t, x, &o);
    free(o.numbers);
    free(x);
    free(dy);
    gan_network_destroy(behind);
    gan_network_destroy(net);
}

void expect_layer_same_bits(gan_shape in, gan_layer *layer, size_t rows, size_t group)
{
    gan_network *behind = net_behind(in, layer);

    expect_bits(net_of(in, layer, 0), behind, rows, group);
}

void expect_network_same_bits(gan_network *net, size_t rows, size_t group)
{
    expect_ok(gan_network_build(net));
    expect_bits(net, NULL, rows, group);
}
