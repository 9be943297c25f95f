/* test_penalty.c - gradient penalties and their gradients with respect to the weights, at given
 * samples. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "golden.h"
#include "math/kernels_internal.h"
#include "math/rng_internal.h"
#include "penalty_cases.h"
#include "sequence.h"
#include "train/penalty_internal.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one penalty ---- */

typedef struct outcome {
    double value, norm;
    float *grads;
} outcome;

/* At n samples, as for a kind of penalty.  Rows are of class 0, 1, ..., cyclically. */
static outcome penalty_of(gan_network *net, gan_penalty_kind kind, const float *x, size_t n,
                          size_t threads)
{
    const gan__pass_desc pass = {
        .net = net, .n_layers = net->n_layers, .rows = n + 3, .threads = threads, .seed = 6};
    const gan_penalty_desc desc = {GAN_PENALTY_DESC_INIT, .kind = kind};
    outcome o = {.grads = malloc(net->n_params * sizeof *o.grads)};
    gan__penalty *p = NULL;
    gan_pool *pool = NULL;
    int blas;

    ck_assert_ptr_nonnull(o.grads);
    expect_ok(gan_pool_create(&pool, threads, NULL));
    expect_ok(gan__penalty_create(&p, &desc, &pass, NULL, &net->allocator));
    memcpy(gan__penalty_samples(p), x, n * gan_shape_size(net->input) * sizeof *x);
    for (size_t i = 0; i < n && net->n_classes > 0; i++)
        gan__penalty_labels(p)[i] = (uint16_t)(i % net->n_classes);
    blas = gan__blas_enter();
    gan__penalty_begin(p, 0);
    gan__penalty_run(p, pool, n, 1);
    gan__blas_leave(blas);
    gan__penalty_tell(p, &o.value, &o.norm);
    memcpy(o.grads, gan__penalty_grads(p), net->n_params * sizeof *o.grads);
    gan__penalty_destroy(p);
    gan_pool_destroy(pool);
    return o;
}

/* ---- against PyTorch ---- */

static const float *vector_of(const golden *g, const char *name, const char *part, size_t n)
{
    char full[128];

    snprintf(full, sizeof full, "%s.%s", name, part);
    return golden_get(g, full, n);
}

static void read_weights(const golden *g, const char *name, gan_network *net)
{
    for (size_t i = 0; i < net->n_tensors; i++)
        memcpy(net->tensors[i].data, vector_of(g, name, net->tensors[i].name, net->tensors[i].size),
               net->tensors[i].size * sizeof(float));
}

static double largest_of(const float *x, size_t n)
{
    double largest = 0;

    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)x[i]));
    return largest;
}

/* Each value to 1e-5 of the largest of its tensor, or, where all are 0 but for rounding, to 1e-7 of
 * the largest of all tensors. */
static void expect_golden(const golden *g, const char *name, const char *kind,
                          const gan_network *net, const outcome *o)
{
    const double most = largest_of(o->grads, net->n_params);

    expect_near(o->value, (double)*vector_of(g, name, kind, 1), 1e-5, 0);
    ck_assert(most > 1e-3);
    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];
        const float *found = o->grads + (t->data - net->params), *wanted;
        char part[64];
        double largest;

        if (!t->trainable) continue;
        snprintf(part, sizeof part, "%s.%s", kind, t->name);
        wanted = vector_of(g, name, part, t->size);
        largest = largest_of(wanted, t->size);
        for (size_t j = 0; j < t->size; j++)
            if (!(fabs((double)found[j] - (double)wanted[j]) <= 1e-5 * largest + 1e-7 * most))
                ck_abort_msg("%s, %s: value %zu of %zu is %.9g, expected %.9g; the largest is %.9g",
                             name, part, j, t->size, (double)found[j], (double)wanted[j], largest);
    }
}

TEST_EACH(gradients_are_pytorchs_double_backward, 0, N_CASES)
{
    const penalty_case *c = &penalty_cases[_i];
    golden *g = golden_open(c->file);
    gan_network *net = make_case(c);
    const float *x = vector_of(g, c->name, "x", ROWS * gan_shape_size(net->input));
    outcome o;

    read_weights(g, c->name, net);
    o = penalty_of(net, GAN_PENALTY_WGAN_GP, x, ROWS, 1);
    expect_golden(g, c->name, "gp", net, &o);
    free(o.grads);
    o = penalty_of(net, GAN_PENALTY_R1, x, ROWS, 1);
    expect_golden(g, c->name, "r1", net, &o);
    free(o.grads);
    gan_network_destroy(net);
    golden_close(g);
}

/* ---- against finite differences in double ---- */

static const net_layer differentiated[][9] = {
    {LINEAR(6, 8), LEAKY, LINEAR(8, 5), LEAKY, LINEAR(5, 1), END},
    {LINEAR(6, 8), TANH, LINEAR(8, 5), TANH, LINEAR(5, 1), END},
    {LINEAR(6, 8), SIGMOID, LINEAR(8, 7), TANH, LINEAR(7, 1), TANH, END},
    {TANH, FLATTEN, LINEAR(6, 8), RELU, SIGMOID, LINEAR(8, 1), END},
    {LINEAR(6, 1), END},
};
enum { N_DIFFERENTIATED = sizeof differentiated / sizeof differentiated[0] };

/* Of the samples a->real. */
static double reference_penalty(const adversaries *a, double scale, double center)
{
    double *x = malloc(a->n * a->d->in * sizeof *x), *norms = malloc(a->n * sizeof *norms);
    double sum = 0;

    for (size_t i = 0; i < a->n * a->d->in; i++) x[i] = (double)a->real[i];
    reference_slopes(a->d, x, a->n, norms);
    for (size_t i = 0; i < a->n; i++) sum += scale * pow(norms[i] - center, 2);
    free(x);
    free(norms);
    return sum / (double)a->n;
}

static double wgan_gp(const adversaries *a)
{
    return reference_penalty(a, 10, 1);
}

static double r1(const adversaries *a)
{
    return reference_penalty(a, 5, 0);
}

static void expect_differences(const net_layer *layers, gan_penalty_kind kind, size_t n)
{
    gan_network *net = net_seeded(6, layers, 12);
    float *x = normals(n * 6, 3);
    double largest = 0, *wanted;
    adversaries a = {.n = n, .real = x};
    outcome o;

    for (size_t i = 0; i < net->n_params; i++) net->params[i] *= 2;
    o = penalty_of(net, kind, x, n, 2);
    a.d = reference_of(net, layers);
    expect_near(o.value, (kind == GAN_PENALTY_R1 ? r1 : wgan_gp)(&a), 1e-6, 0);
    wanted = malloc(a.d->n_weights * sizeof *wanted);
    for (size_t i = 0; i < a.d->n_weights; i++) {
        wanted[i] = gradcheck_weight(kind == GAN_PENALTY_R1 ? r1 : wgan_gp, &a, a.d->weights, i);
        largest = fmax(largest, fabs(wanted[i]));
    }
    ck_assert(largest > 1e-2);
    for (size_t i = 0; i < a.d->n_weights; i++)
        expect_near((double)o.grads[i], wanted[i], 0, 1e-5 * largest);
    reference_free(a.d);
    gan_network_destroy(net);
    free(o.grads);
    free(wanted);
    free(x);
}

TEST_EACH(gradients_are_finite_differences, 0, N_DIFFERENTIATED)
{
    expect_differences(differentiated[_i], GAN_PENALTY_WGAN_GP, 5);
    expect_differences(differentiated[_i], GAN_PENALTY_WGAN_GP, 17);
    expect_differences(differentiated[_i], GAN_PENALTY_R1, 8);
}

/* ---- random layers, against differences of the penalty itself ---- */

static gan_network *dropping(void)
{
    return BUILT(gan_shape_3d(2, 8, 8), conv(2, 6, 4, 2, 1), gan_layer_dropout2d(0.3f),
                 gan_layer_softplus(1, 20), gan_layer_flatten(), linear(96, 40),
                 gan_layer_dropout(0.5f), gan_layer_tanh(), linear(40, 1));
}

static double value_at(gan_network *net, const float *x, size_t n, const float *from,
                       const float *direction, double step)
{
    outcome o;

    for (size_t i = 0; i < net->n_params; i++)
        net->params[i] = from[i] + (float)step * direction[i];
    o = penalty_of(net, GAN_PENALTY_WGAN_GP, x, n, 2);
    free(o.grads);
    memcpy(net->params, from, net->n_params * sizeof *from);
    return o.value;
}

/* Along the normalised gradient the derivative is the gradient's norm. */
TEST(masks_are_the_same_in_all_directions)
{
    gan_network *net = dropping();
    float *x = normals(30 * 128, 3), *from = malloc(net->n_params * sizeof *from);
    outcome o = penalty_of(net, GAN_PENALTY_WGAN_GP, x, 30, 2);
    double length = 0, slope;

    memcpy(from, net->params, net->n_params * sizeof *from);
    for (size_t i = 0; i < net->n_params; i++) length += pow((double)o.grads[i], 2);
    length = sqrt(length);
    for (size_t i = 0; i < net->n_params; i++) o.grads[i] /= (float)length;
    slope =
        (value_at(net, x, 30, from, o.grads, 1e-2) - value_at(net, x, 30, from, o.grads, -1e-2)) /
        2e-2;
    expect_near(slope, length, 2e-3, 0);
    gan_network_destroy(net);
    free(o.grads);
    free(from);
    free(x);
}

/* ---- the same bits ---- */

static gan_network *wide_linear(void)
{
    return BUILT(gan_shape_1d(300), linear(300, 256), leaky(), gan_layer_batch_norm(256, NULL),
                 linear(256, 256), gan_layer_dropout(0.2f), gan_layer_gelu(0), linear(256, 1));
}

static gan_network *wide_conv(void)
{
    return BUILT(gan_shape_3d(3, 32, 32), conv(3, 32, 4, 2, 1), gan_layer_silu(),
                 conv(32, 48, 4, 2, 1), gan_layer_batch_norm(48, NULL), leaky(),
                 conv(48, 64, 3, 1, 1), gan_layer_group_norm(4, 64, NULL),
                 gan_layer_prelu(64, 0.1f), gan_layer_max_pool2d(2, NULL), conv(64, 1, 4, 1, 0));
}

static gan_network *wide_labels(void)
{
    gan_network *net =
        NETWORK(gan_shape_3d(3, 32, 32), gan_layer_label_map(10, 1), conv(4, 32, 4, 2, 1));

    expect_ok(gan_network_add_conditional_batch_norm(net, 32, 10, NULL));
    expect_ok(gan_network_add(net, gan_layer_silu()));
    expect_ok(gan_network_add(net, gan_layer_one_hot(10)));
    expect_ok(gan_network_add(net, conv(42, 48, 4, 2, 1)));
    expect_ok(gan_network_add(net, leaky()));
    expect_ok(gan_network_add(net, gan_layer_projection(48 * 64, 10)));
    return built(net);
}

TEST_EACH(bits_dont_depend_on_threads, 0, 3)
{
    static const size_t threads[] = {2, 3, 8};
    gan_network *net = _i == 0 ? wide_linear() : _i == 1 ? wide_conv() : wide_labels();
    const size_t n = _i == 0 ? 120 : 20;
    float *x = normals(n * gan_shape_size(net->input), 3);
    outcome alone = penalty_of(net, GAN_PENALTY_WGAN_GP, x, n, 1);

    for (size_t i = 0; i < 3; i++) {
        outcome o = penalty_of(net, GAN_PENALTY_WGAN_GP, x, n, threads[i]);

        ck_assert(alone.value == o.value && alone.norm == o.norm);
        expect_same_bits(alone.grads, o.grads, net->n_params * sizeof *o.grads);
        free(o.grads);
    }
    free(alone.grads);
    gan_network_destroy(net);
    free(x);
}

/* ---- the contract ---- */

/* A zero gradient has no direction, but a penalty. */
TEST(a_flat_discriminator_has_no_gradient_to_follow)
{
    gan_network *net = BUILT(gan_shape_1d(5), linear(5, 9), gan_layer_tanh(), linear(9, 1));
    float *x = normals(ROWS * 5, 3);
    outcome o;

    memset(net->params, 0, net->n_params * sizeof *net->params);
    o = penalty_of(net, GAN_PENALTY_WGAN_GP, x, ROWS, 1);
    ck_assert(o.value == 10 && o.norm == 0);
    for (size_t i = 0; i < net->n_params; i++) ck_assert(o.grads[i] == 0);
    free(o.grads);
    gan_network_destroy(net);
    free(x);
}

TEST(what_is_not_finite_shows)
{
    gan_network *net = BUILT(gan_shape_1d(5), linear(5, 9), gan_layer_tanh(), linear(9, 1));
    float *x = normals(ROWS * 5, 3);
    outcome o;

    x[7] = NAN;
    o = penalty_of(net, GAN_PENALTY_WGAN_GP, x, ROWS, 1);
    ck_assert(isnan(o.value) && isnan(o.grads[0]));
    free(o.grads);
    gan_network_destroy(net);
    free(x);
}

static void keep(const gan__layer_run *run)
{
    memcpy(run->y, run->x, run->rows * gan_shape_size(run->layer->in) * sizeof *run->y);
}

/* As a kind of layer with first derivatives only. */
static const gan__layer_class stubborn = {
    .name = "stubborn", .shape = gan__layer_keep_shape, .forward = keep, .backward = keep};

static gan_status create(const gan_penalty_desc *desc, gan_network *net)
{
    const gan__pass_desc pass = {.net = net, .n_layers = net->n_layers, .rows = 4, .threads = 1};
    gan__penalty *p = (gan__penalty *)&p;
    const gan_status status = gan__penalty_create(&p, desc, &pass, NULL, &net->allocator);

    ck_assert(status != GAN_OK || desc->kind == GAN_PENALTY_NONE || p != NULL);
    if (status != GAN_OK || desc->kind == GAN_PENALTY_NONE) ck_assert_ptr_null(p);
    gan__penalty_destroy(p);
    return status;
}

TEST(a_layer_without_second_derivatives_is_named)
{
    const gan_penalty_desc desc = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1};
    gan_network *net = BUILT(gan_shape_1d(5), linear(5, 9), gan_layer_tanh(),
                             gan__layer_create(&stubborn, NULL), linear(9, 1));

    expect_fails(create(&desc, net), GAN_ERR_INVALID,
                 "layer 2 (stubborn) has no second derivative: penalties can't be computed");
    gan_network_destroy(net);
}

TEST(settings_out_of_range_are_named)
{
    gan_network *net = BUILT(gan_shape_1d(5), linear(5, 1));
    const double bad[] = {-1, NAN, INFINITY};
    gan_penalty_desc desc = {GAN_PENALTY_DESC_INIT};

    expect_ok(create(&desc, net));
    desc.weight = 3;
    expect_fails(create(&desc, net), GAN_ERR_INVALID,
                 "penalty: weight 3, interval 0 and zero_centered 0 without a kind");
    desc.weight = 0;
    desc.interval = 16;
    expect_fails(create(&desc, net), GAN_ERR_INVALID, "interval 16");
    desc.interval = 0;
    desc.zero_centered = 1;
    expect_fails(create(&desc, net), GAN_ERR_INVALID, "zero_centered 1");
    desc.zero_centered = 0;
    for (int kind = GAN_PENALTY_WGAN_GP; kind <= GAN_PENALTY_DRAGAN; kind++) {
        desc.kind = (gan_penalty_kind)kind;
        desc.weight = 0.5;
        desc.interval = SIZE_MAX;
        expect_ok(create(&desc, net));
        for (size_t i = 0; i < 3; i++) {
            desc.weight = bad[i];
            expect_fails(create(&desc, net), GAN_ERR_INVALID, "a finite weight above 0");
        }
    }
    desc.kind = (gan_penalty_kind)5;
    expect_fails(create(&desc, net), GAN_ERR_INVALID, "unknown kind 5");
    desc.kind = (gan_penalty_kind)-1;
    expect_fails(create(&desc, net), GAN_ERR_INVALID, "unknown kind -1");
    desc.struct_size = 4;
    expect_fails(create(&desc, net), GAN_ERR_INVALID, "penalty desc");
    gan_network_destroy(net);
}

/* In two parts, the penalty and its gradient are those of the whole. */
TEST(micro_batches_add_up)
{
    gan_network *net = dcgan();
    const gan__pass_desc pass = {.net = net, .n_layers = net->n_layers, .rows = 5, .threads = 1};
    const gan_penalty_desc desc = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_WGAN_GP};
    const size_t n = 8, size = 128, first = 5;
    float *x = normals(n * size, 3), *sum = calloc(net->n_params, sizeof *sum);
    const outcome whole = penalty_of(net, desc.kind, x, n, 1);
    double value = 0, norm = 0;
    gan__penalty *p;
    int blas;

    expect_ok(gan__penalty_create(&p, &desc, &pass, NULL, &net->allocator));
    blas = gan__blas_enter();
    gan__penalty_begin(p, 0);
    for (size_t begin = 0; begin < n; begin += first) {
        const size_t rows = begin == 0 ? first : n - first;

        memcpy(gan__penalty_samples(p), x + begin * size, rows * size * sizeof *x);
        gan__penalty_run(p, NULL, rows, (double)rows / (double)n);
        for (size_t i = 0; i < net->n_params; i++) sum[i] += gan__penalty_grads(p)[i];
    }
    gan__blas_leave(blas);
    gan__penalty_tell(p, &value, &norm);
    expect_near(value, whole.value, 1e-6, 0);
    expect_near(norm, whole.norm, 1e-6, 0);
    expect_norm_close(sum, whole.grads, net->n_params, 1e-6);
    gan__penalty_destroy(p);
    gan_network_destroy(net);
    free(whole.grads);
    free(sum);
    free(x);
}

static gan_status make_penalty(void **out, const gan_allocator *allocator, void *user)
{
    const gan_penalty_desc desc = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_DRAGAN};
    gan_network *net = user;
    const gan__pass_desc pass = {.net = net, .n_layers = net->n_layers, .rows = 4, .threads = 2};

    return gan__penalty_create((gan__penalty **)out, &desc, &pass, NULL, allocator);
}

static void end_penalty(void *p)
{
    gan__penalty_destroy(p);
}

TEST(creation_survives_a_lack_of_memory)
{
    gan_network *net = dcgan();

    budget_sweep(make_penalty, end_penalty, net);
    gan__penalty_destroy(NULL);
    gan_network_destroy(net);
}
