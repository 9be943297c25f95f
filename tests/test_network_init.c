/* test_network_init.c - weight initialisation by other rules than the layers' defaults. */
#include "budget.h"
#include "expect.h"
#include "gradcheck.h"

#include <gan/network.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Layers of each family; the fans of its weights are in `weights` below. */
static gan_network *network(const gan_allocator *allocator)
{
    gan_network *net = gan_network_create(
        gan_shape_1d(96), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});

    ck_assert_ptr_nonnull(net);
    gan_network_add(net, gan_layer_linear(96, 8 * 5 * 5));
    gan_network_add(net, gan_layer_reshape(gan_shape_3d(8, 5, 5)));
    gan_network_add(net, gan_layer_conv_transpose2d(8, 24, 4, NULL));
    gan_network_add(net, gan_layer_batch_norm(24, NULL));
    gan_network_add(net, gan_layer_conv2d(24, 48, 3, NULL));
    gan_network_add(net, gan_layer_group_norm(4, 48, NULL));
    gan_network_add(net, gan_layer_flatten());
    gan_network_add(net, gan_layer_linear(48 * 6 * 6, 40));
    gan_network_add(net, gan_layer_projection(40, 200));
    return net;
}

static const struct {
    const char *name, *bias;
    double fan_in, fan_out; /* as torch.nn.init._calculate_fan_in_and_fan_out() has them */
} weights[] = {{"0.weight", "0.bias", 96, 200},
               {"2.weight", "2.bias", 24 * 16, 8 * 16},
               {"4.weight", "4.bias", 24 * 9, 48 * 9},
               {"7.weight", "7.bias", 1728, 40},
               {"8.embedding.weight", "8.bias", 40, 200}};

enum { N_WEIGHTS = sizeof weights / sizeof weights[0] };

/* Mean and standard deviation are those of the distribution, within their standard errors. */
static void expect_moments(const float *x, size_t n, double mean, double std)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i] - mean;
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    }
    expect_near(sum / (double)n, 0, 0, 4 * std / sqrt((double)n));
    expect_near(sqrt(squares / (double)n), std, 4 / sqrt(2.0 * (double)n), 0);
}

/* None exceeds the bound, and the variance is that of the uniform distribution. */
static void expect_uniform(const gan_tensor *t, double bound)
{
    double largest = 0;

    expect_moments(t->data, t->size, 0, bound / sqrt(3));
    for (size_t i = 0; i < t->size; i++) largest = fmax(largest, fabs((double)t->data[i]));
    ck_assert_msg(largest <= bound * (1 + 1e-6) && largest > bound * 0.99,
                  "%s: the largest is %g, the bound %g", t->name, largest, bound);
}

/* Some values are beyond the range of a uniform distribution. */
static void expect_normal(const gan_tensor *t, double std)
{
    double largest = 0;

    expect_moments(t->data, t->size, 0, std);
    for (size_t i = 0; i < t->size; i++) largest = fmax(largest, fabs((double)t->data[i]));
    ck_assert_msg(largest > 2.5 * std, "%s: the largest is %g, the standard deviation %g",
                  t->name, largest, std);
}

static void expect_all(const gan_tensor *t, float value)
{
    for (size_t i = 0; i < t->size; i++)
        ck_assert_msg(t->data[i] == value, "%s: value %zu is %g", t->name, i, (double)t->data[i]);
}

/* What every rule does: biases are 0, other layers as by default, buffers as initially. */
static void expect_the_rest(gan_network *net, int norm_by_default)
{
    const char *const zeros[] = {"3.bias", "3.running_mean", "5.bias"};
    gan_tensor t;

    for (size_t i = 0; i < N_WEIGHTS; i++) {
        t = tensor_of(net, weights[i].bias);
        expect_all(&t, 0);
    }
    for (size_t i = 0; i < 3; i++) {
        t = tensor_of(net, zeros[i]);
        expect_all(&t, 0);
    }
    t = tensor_of(net, "3.running_var");
    expect_all(&t, 1);
    t = tensor_of(net, "5.weight");
    expect_all(&t, 1);
    t = tensor_of(net, "3.weight");
    if (norm_by_default) expect_all(&t, 1);
}

/* Overwrite everything that the rules must initialise. */
static void spoil(gan_network *net)
{
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, net, i));
        for (size_t j = 0; j < t.size; j++) t.data[j] = 77;
    }
}

static void initialize(gan_network *net, gan_init_desc d)
{
    spoil(net);
    expect_ok(gan_network_initialize_as(net, 4, &d));
    expect_the_rest(net, d.init != GAN_INIT_NORMAL);
}

TEST(normal_is_that_of_dcgan)
{
    gan_network *net = network(NULL);

    for (int i = 0; i < 2; i++) {
        const double std = i ? 0.5 : 0.02;

        initialize(net, (gan_init_desc){GAN_INIT_DESC_INIT, .std = i ? std : 0});
        for (size_t w = 0; w < N_WEIGHTS; w++) {
            const gan_tensor t = tensor_of(net, weights[w].name);

            expect_normal(&t, std);
        }
        expect_moments(tensor_of(net, "3.weight").data, 24, 1, std);
        ck_assert(tensor_of(net, "3.weight").data[0] != tensor_of(net, "3.weight").data[1]);
    }
    expect_ok(gan_network_initialize_as(net, 4, NULL));
    expect_moments(tensor_of(net, "0.weight").data, 96 * 200, 0, 0.02);
    gan_network_destroy(net);
}

TEST(xavier_and_kaiming_have_pytorchs_deviations)
{
    gan_network *net = network(NULL);

    for (size_t w = 0; w < N_WEIGHTS; w++) {
        const double in = weights[w].fan_in, out = weights[w].fan_out;
        const gan_tensor t = tensor_of(net, weights[w].name);

        initialize(net, (gan_init_desc){GAN_INIT_DESC_INIT, .init = GAN_INIT_XAVIER_UNIFORM});
        expect_uniform(&t, sqrt(6 / (in + out)));
        initialize(
            net, (gan_init_desc){GAN_INIT_DESC_INIT, .init = GAN_INIT_XAVIER_NORMAL, .gain = 1.7});
        expect_normal(&t, 1.7 * sqrt(2 / (in + out)));
        initialize(net, (gan_init_desc){GAN_INIT_DESC_INIT, .init = GAN_INIT_KAIMING_UNIFORM,
                                        .slope = 0.2});
        expect_uniform(&t, sqrt(6 / (1.04 * in)));
        initialize(net, (gan_init_desc){GAN_INIT_DESC_INIT, .init = GAN_INIT_KAIMING_NORMAL});
        expect_normal(&t, sqrt(2 / in));
        initialize(net, (gan_init_desc){GAN_INIT_DESC_INIT, .init = GAN_INIT_KAIMING_NORMAL,
                                        .slope = -1, .fan_out = 1});
        expect_normal(&t, sqrt(1 / out));
    }
    gan_network_destroy(net);
}

/* The shorter side's vectors are orthogonal and of length `gain`. */
static void expect_orthogonal(const gan_tensor *t, double gain)
{
    const size_t rows = t->shape.dim[0], columns = t->size / rows;
    const size_t n = rows < columns ? rows : columns, length = t->size / n;
    const size_t step = rows <= columns ? 1 : columns, next = rows <= columns ? columns : 1;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double product = 0;

            for (size_t k = 0; k < length; k++)
                product +=
                    (double)t->data[i * next + k * step] * (double)t->data[j * next + k * step];
            expect_near(product, i == j ? gain * gain : 0, 1e-6, gain * gain * 1e-7);
        }
}

TEST(orthogonal_is_orthogonal)
{
    gan_network *net = network(NULL);

    for (int i = 0; i < 2; i++) {
        initialize(net, (gan_init_desc){GAN_INIT_DESC_INIT, .init = GAN_INIT_ORTHOGONAL,
                                        .gain = i ? 1.4142 : 0});
        for (size_t w = 0; w < N_WEIGHTS; w++) {
            const gan_tensor t = tensor_of(net, weights[w].name);

            expect_orthogonal(&t, i ? 1.4142 : 1);
        }
    }
    gan_network_destroy(net);
}

/* A 1x1 matrix is 1 or -1, equally often: the sign from a QR decomposition with positive
 * diagonal. */
TEST(orthogonal_has_both_signs)
{
    gan_network *net = gan_network_create(gan_shape_1d(1), NULL);
    const gan_init_desc d = {GAN_INIT_DESC_INIT, .init = GAN_INIT_ORTHOGONAL};
    int positive = 0;

    gan_network_add(net, gan_layer_linear(1, 1));
    for (uint64_t seed = 0; seed < 100; seed++) {
        expect_ok(gan_network_initialize_as(net, seed, &d));
        ck_assert(fabsf(tensor_of(net, "0.weight").data[0]) == 1);
        positive += tensor_of(net, "0.weight").data[0] > 0;
    }
    ck_assert(positive > 30 && positive < 70);
    gan_network_destroy(net);
}

/* ---- residual blocks ---- */

/* A body of `n` linear layers, as wide as its input; the last with spectral normalisation. */
static gan_network *body_of(size_t n, int spectral)
{
    gan_network *net = gan_network_create(gan_shape_1d(64), NULL);

    for (size_t i = 0; i + 1 < n; i++) gan_network_add(net, gan_layer_linear(64, 64));
    gan_network_add(net, spectral ? gan_layer_spectral_norm(gan_layer_linear(64, 64))
                                  : gan_layer_linear(64, 64));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    return net;
}

/* Three blocks: of three weights, of one with a weight on the shortcut, and of two around a block of two; names give
 * the positions. */
static gan_network *blocks(void)
{
    gan_network *net = gan_network_create(gan_shape_1d(64), NULL), *outer = body_of(1, 0);
    gan_network *shortcut = body_of(1, 0);

    gan_network_add(net, gan_layer_linear(64, 64));
    gan_network_add(net, gan_layer_residual(body_of(3, 0), NULL));
    gan_network_add(net, gan_layer_residual(body_of(1, 0), shortcut));
    gan_network_add(outer, gan_layer_residual(body_of(2, 0), NULL));
    gan_network_add(outer, gan_layer_linear(64, 64));
    gan_network_add(net, gan_layer_residual(outer, NULL));
    gan_network_add(net, gan_layer_linear(64, 64));
    return net;
}

static const struct {
    const char *name;
    double gain; /* of four blocks: 4^(-1/4) for three weights, 4^(-1/2) for two */
    int last;
} places[] = {{"0.weight", 1, 0},
              {"1.body.0.weight", 0.70710678, 0},
              {"1.body.1.weight", 0.70710678, 0},
              {"1.body.2.weight", 0.70710678, 1},
              {"2.body.0.weight", 1, 1},
              {"2.shortcut.0.weight", 1, 0},
              {"3.body.0.weight", 0.5, 0},
              {"3.body.2.body.0.weight", 0.5, 0},
              {"3.body.2.body.1.weight", 0.5, 1},
              {"3.body.3.weight", 0.5, 1},
              {"4.weight", 1, 0}};

/* Each weight is that of a plain initialisation, times the gain of its position. */
TEST(a_weights_place_in_a_block_scales_it)
{
    enum { N = 64 * 64 };
    gan_network *net = blocks(), *plain = blocks();

    for (int i = 0; i < 4; i++) {
        gan_init_desc d = {GAN_INIT_DESC_INIT, .init = GAN_INIT_KAIMING_NORMAL, .slope = 0.2};

        expect_ok(gan_network_initialize_as(plain, 3, &d));
        d.zero_last = i & 1;
        d.depth_gain = i >> 1;
        expect_ok(gan_network_initialize_as(net, 3, &d));
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            const gan_tensor t = tensor_of(net, places[p].name);
            const gan_tensor u = tensor_of(plain, places[p].name);
            float want[N];

            ck_assert_uint_eq(t.size, N);
            for (size_t k = 0; k < N; k++)
                want[k] = d.zero_last && places[p].last ? 0
                          : d.depth_gain ? (float)(places[p].gain * (double)u.data[k])
                                         : u.data[k];
            expect_close(t.data, want, N, 1e-6, 0);
        }
    }
    gan_network_destroy(net);
    gan_network_destroy(plain);
}

/* A block's initial output is its input. */
TEST(a_block_begins_as_its_shortcut)
{
    gan_network *net = gan_network_create(gan_shape_1d(64), NULL);
    float x[64], y[64];

    for (size_t i = 0; i < 64; i++) x[i] = sinf(1.7f * (float)i);
    gan_network_add(net, gan_layer_residual(body_of(3, 0), NULL));
    expect_ok(
        gan_network_initialize_as(net, 1, &(gan_init_desc){GAN_INIT_DESC_INIT, .zero_last = 1}));
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_same_bits(x, y, sizeof x);
    gan_network_destroy(net);
}

/* As from hosts built with 0.1's first headers; the fields after it are not theirs. */
TEST(a_record_of_the_first_release_is_taken)
{
    gan_network *net = network(NULL), *same = network(NULL);
    gan_init_desc d = {GAN_INIT_DESC_INIT, .std = 0.5, .zero_last = 1, .depth_gain = 1};

    d.struct_size = offsetof(gan_init_desc, zero_last);
    expect_ok(gan_network_initialize_as(net, 4, &d));
    expect_ok(gan_network_initialize_as(same, 4, &(gan_init_desc){GAN_INIT_DESC_INIT, .std = 0.5}));
    expect_same_weights(net, same);
    gan_network_destroy(same);
    gan_network_destroy(net);
}

TEST(a_norm_of_zero_is_refused)
{
    gan_network *net = gan_network_create(gan_shape_1d(64), NULL), *twin;
    const gan_init_desc d = {GAN_INIT_DESC_INIT, .zero_last = 1};

    gan_network_add(net, gan_layer_residual(body_of(2, 1), NULL));
    expect_ok(gan_network_clone(&twin, net));
    expect_fails(gan_network_initialize_as(net, 1, &d), GAN_ERR_INVALID,
                 "layer 0.body.1 (linear): zero_last makes its weights 0");
    expect_same_weights(net, twin);
    expect_ok(
        gan_network_initialize_as(net, 1, &(gan_init_desc){GAN_INIT_DESC_INIT, .depth_gain = 1}));
    gan_network_destroy(net);
    gan_network_destroy(twin);
}

TEST(a_seed_gives_its_weights)
{
    gan_network *a = network(NULL), *b = network(NULL);

    for (int init = GAN_INIT_NORMAL; init <= GAN_INIT_ORTHOGONAL; init++) {
        const gan_init_desc d = {GAN_INIT_DESC_INIT, .init = (gan_init)init};

        expect_ok(gan_network_initialize_as(a, 9, &d));
        expect_ok(gan_network_initialize_as(b, 10, &d));
        for (size_t w = 0; w < N_WEIGHTS; w++) {
            const gan_tensor t = tensor_of(a, weights[w].name), u = tensor_of(b, weights[w].name);

            expect_other_bits(t.data, u.data, t.size * sizeof *t.data);
        }
        expect_ok(gan_network_initialize_as(b, 9, &d));
        expect_same_weights(a, b);
    }
    gan_network_destroy(a);
    gan_network_destroy(b);
}

TEST(settings_out_of_range_change_nothing)
{
    const gan_init_desc bad[] = {
        {GAN_INIT_DESC_INIT, .init = (gan_init)6}, {GAN_INIT_DESC_INIT, .init = (gan_init)-1},
        {GAN_INIT_DESC_INIT, .std = -0.02},        {GAN_INIT_DESC_INIT, .std = INFINITY},
        {GAN_INIT_DESC_INIT, .gain = -1},          {GAN_INIT_DESC_INIT, .gain = NAN},
        {GAN_INIT_DESC_INIT, .slope = NAN},        {GAN_INIT_DESC_INIT, .zero_last = 2},
        {GAN_INIT_DESC_INIT, .depth_gain = -1},    {.struct_size = 4}};
    const char *const says[] = {"init 6", "init -1", "std",       "inf",        "gain",
                                "nan",    "slope",   "zero_last", "depth_gain", "desc"};
    gan_network *net = network(NULL), *twin = network(NULL);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_fails(gan_network_initialize_as(net, 1, &bad[i]), GAN_ERR_INVALID, says[i]);
        expect_same_weights(net, twin);
    }
    expect_status(gan_network_initialize_as(NULL, 1, NULL), GAN_ERR_INVALID);
    gan_network_destroy(net);
    gan_network_destroy(twin);
    net = gan_network_create(gan_shape_1d(3), NULL);
    expect_fails(gan_network_initialize_as(net, 1, NULL), GAN_ERR_INVALID, "no layer");
    gan_network_destroy(net);
}

TEST(orthogonal_survives_a_lack_of_memory)
{
    const gan_init_desc d = {GAN_INIT_DESC_INIT, .init = GAN_INIT_ORTHOGONAL};
    gan_network *twin = network(NULL), *net;
    budget b;
    size_t live;

    budget_init(&b, BUDGET_UNLIMITED);
    net = network(&b.allocator);
    expect_ok(gan_network_build(net));
    live = budget_live(&b);
    b.left = 0;
    expect_status(gan_network_initialize_as(net, 1, &d), GAN_ERR_NOMEM);
    expect_same_weights(net, twin);
    expect_ok(gan_network_initialize_as(net, 1, NULL)); /* others allocate nothing */
    b.left = 1;
    expect_ok(gan_network_initialize_as(net, 1, &d));
    ck_assert_uint_eq(budget_live(&b), live);
    gan_network_destroy(net);
    ck_assert_uint_eq(budget_live(&b), 0);
    gan_network_destroy(twin);
}
