/* test_layer.c - each layer alone: its settings, its shapes, its values. */
#include "expect.h"
#include "golden.h"
#include "sequence.h"

#include <gan/layer.h>
#include <gan/network.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A network of one layer. */
static gan_network *alone(gan_shape input, gan_layer *layer)
{
    gan_network *net = gan_network_create(input, NULL);

    ck_assert_ptr_nonnull(net);
    ck_assert_msg(layer != NULL, "%s", gan_last_error());
    expect_ok(gan_network_add(net, layer));
    expect_ok(gan_network_build(net));
    return net;
}

static gan_layer *leaky_relu(void)
{
    return gan_layer_leaky_relu(0.2f);
}

TEST(linear_gives_pytorchs_values)
{
    golden *g = golden_open("layers.bin");
    gan_network *net = alone(gan_shape_1d(5), gan_layer_linear(5, 3));
    gan_tensor w, b;
    float y[21];

    expect_ok(gan_network_find(&w, net, "0.weight"));
    expect_ok(gan_network_find(&b, net, "0.bias"));
    memcpy(w.data, golden_get(g, "weight", 15), sizeof(float) * 15);
    memcpy(b.data, golden_get(g, "bias", 3), sizeof(float) * 3);
    expect_ok(gan_network_forward(net, golden_get(g, "x", 35), 7, y));
    /* Inputs are up to 100, so sums may suffer cancellation. */
    expect_close(y, golden_get(g, "linear", 21), 21, 1e-6, 1e-5);
    gan_network_destroy(net);
    golden_close(g);
}

TEST(activations_give_pytorchs_values)
{
    static const struct {
        const char *name;
        gan_layer *(*make)(void);
        double rtol, atol;
    } all[] = {{"leaky_relu", leaky_relu, 2e-7, 0},
               {"relu", gan_layer_relu, 0, 0},
               {"tanh", gan_layer_tanh, 1e-6, 0},
               {"sigmoid", gan_layer_sigmoid, 1e-6, 1e-37}};
    golden *g = golden_open("layers.bin");
    const float *x = golden_get(g, "x", 35);

    for (size_t i = 0; i < 4; i++) {
        gan_network *net = alone(gan_shape_1d(5), all[i].make());
        float y[35];

        expect_ok(gan_network_forward(net, x, 7, y));
        expect_close(y, golden_get(g, all[i].name, 35), 35, all[i].rtol, all[i].atol);
        gan_network_destroy(net);
    }
    golden_close(g);
}

TEST(tanh_and_sigmoid_are_right_everywhere)
{
    enum { N = 40001 };
    float *x = malloc(N * sizeof *x), *y = malloc(N * sizeof *y);
    gan_network *tanh_net = alone(gan_shape_1d(1), gan_layer_tanh());
    gan_network *sigmoid_net = alone(gan_shape_1d(1), gan_layer_sigmoid());

    for (size_t i = 0; i < N; i++) x[i] = (float)(((double)i - 20000) / 1000);
    /* The smallest numbers too. */
    for (size_t i = 0; i < 100; i++) x[i] = ldexpf(i % 2 ? 1.3f : -1.3f, -(int)i);
    expect_ok(gan_network_forward(tanh_net, x, N, y));
    for (size_t i = 0; i < N; i++) {
        expect_near(y[i], tanh((double)x[i]), 4e-7, 1e-44);
        ck_assert(fabsf(y[i]) <= 1);
    }
    expect_ok(gan_network_forward(sigmoid_net, x, N, y));
    for (size_t i = 0; i < N; i++) {
        expect_near(y[i], 1 / (1 + exp(-(double)x[i])), 4e-7, 0);
        ck_assert(y[i] > 0 && y[i] <= 1);
    }
    gan_network_destroy(tanh_net);
    gan_network_destroy(sigmoid_net);
    free(x);
    free(y);
}

TEST(activations_hold_at_the_ends_of_the_numbers)
{
    const float x[5] = {INFINITY, -INFINITY, 3e38f, -3e38f, -0.0f};
    gan_layer *(*const make[4])(void) = {leaky_relu, gan_layer_relu, gan_layer_tanh,
                                         gan_layer_sigmoid};
    const float wanted[4][5] = {{INFINITY, -INFINITY, 3e38f, -6e37f, 0},
                                {INFINITY, 0, 3e38f, 0, 0},
                                {1, -1, 1, -1, 0},
                                {1, 0, 1, 0, 0.5f}};

    for (size_t i = 0; i < 4; i++) {
        gan_network *net = alone(gan_shape_1d(5), make[i]());
        float y[5];

        expect_ok(gan_network_forward(net, x, 1, y));
        expect_close(y, wanted[i], 5, 1e-6, 1e-37);
        gan_network_destroy(net);
    }
}

TEST(nan_stays_visible)
{
    const float x = NAN;
    gan_layer *(*const make[4])(void) = {leaky_relu, gan_layer_relu, gan_layer_tanh,
                                         gan_layer_sigmoid};

    for (size_t i = 0; i < 4; i++) {
        gan_network *net = alone(gan_shape_1d(1), make[i]());
        float y = 0;

        expect_ok(gan_network_forward(net, &x, 1, &y));
        ck_assert_msg(isnan(y), "layer %zu maps NaN to %g", i, (double)y);
        gan_network_destroy(net);
    }
}

TEST(dropout_flatten_and_reshape_keep_the_values_in_evaluation)
{
    const gan_shape input = gan_shape_3d(2, 3, 4);
    const gan_shape other = {4, {2, 2, 2, 3}};
    gan_layer *layers[3] = {gan_layer_dropout(0.5f), gan_layer_flatten(), gan_layer_reshape(other)};
    const gan_shape wanted[3] = {input, gan_shape_1d(24), other};
    float x[48], y[48];

    for (size_t i = 0; i < 48; i++) x[i] = sinf(1.7f * (float)i);
    for (size_t i = 0; i < 3; i++) {
        gan_network *net = alone(input, layers[i]);

        ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), wanted[i]), 1);
        ck_assert_uint_eq(gan_network_param_count(net), 0);
        expect_ok(gan_network_forward(net, x, 2, y));
        expect_same_bits(y, x, sizeof x);
        gan_network_destroy(net);
    }
}

TEST(activations_keep_the_shape_and_linear_takes_any)
{
    const gan_shape image = gan_shape_3d(3, 4, 5);
    gan_network *net = NETWORK(image, gan_layer_leaky_relu(0.2f), gan_layer_relu(),
                               gan_layer_tanh(), gan_layer_sigmoid());

    expect_ok(gan_network_build(net));
    ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), image), 1);
    gan_network_destroy(net);
    net = alone(image, gan_layer_linear(60, 7));
    ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), gan_shape_1d(7)), 1);
    ck_assert_uint_eq(gan_network_param_count(net), 60 * 7 + 7);
    gan_network_destroy(net);
}

TEST(settings_out_of_range_give_null_and_a_sentence)
{
    const gan_shape none = {0, {0}}, five = {5, {1, 1, 1, 1}};
    const float bad_slopes[] = {-0.5f, NAN, INFINITY}, bad_p[] = {-0.25f, 1, 1.5f, NAN, INFINITY};

    ck_assert_ptr_null(gan_layer_linear(0, 3));
    expect_error_says("linear");
    ck_assert_ptr_null(gan_layer_linear(3, 0));
    expect_error_says("linear");
    ck_assert_ptr_null(gan_layer_linear(65536, 32768));
    expect_error_says("65536");
    expect_error_says("32768");
    ck_assert_ptr_null(gan_layer_linear(SIZE_MAX, SIZE_MAX));
    ck_assert_ptr_null(gan_layer_linear(SIZE_MAX / 2 + 1, 2));
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(gan_layer_leaky_relu(bad_slopes[i]));
        expect_error_says("leaky_relu");
    }
    for (size_t i = 0; i < 5; i++) {
        ck_assert_ptr_null(gan_layer_dropout(bad_p[i]));
        expect_error_says("dropout");
    }
    ck_assert_ptr_null(gan_layer_reshape(none));
    expect_error_says("reshape");
    ck_assert_ptr_null(gan_layer_reshape(five));
    ck_assert_ptr_null(gan_layer_reshape(gan_shape_2d(3, 0)));
}

TEST(settings_at_the_edge_are_good)
{
    gan_layer *layers[] = {
        gan_layer_linear(1, 1),       gan_layer_linear(65536, 32767),
        gan_layer_leaky_relu(0),      gan_layer_leaky_relu(1),
        gan_layer_leaky_relu(2.385f), gan_layer_dropout(0),
        gan_layer_dropout(0.999999f), gan_layer_reshape(gan_shape_1d(INT32_MAX))};

    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        ck_assert_msg(layers[i] != NULL, "layer %zu: %s", i, gan_last_error());
        gan_layer_destroy(layers[i]);
    }
    gan_layer_destroy(NULL);
}

TEST(a_slope_above_one_still_works)
{
    const float x[4] = {-2, -0.5f, 0.5f, 2}, wanted[4] = {-4.77f, -1.1925f, 0.5f, 2};
    gan_network *net = alone(gan_shape_1d(4), gan_layer_leaky_relu(2.385f));
    float y[4];

    expect_ok(gan_network_forward(net, x, 1, y));
    expect_close(y, wanted, 4, 1e-6, 0);
    gan_network_destroy(net);
}

/* U(-1/sqrt(in), 1/sqrt(in)) for weights and biases: bounds reached, mean 0, variance bound^2 / 3,
 * uniform. */
static void expect_uniform(const gan_tensor *t, double bound)
{
    double sum = 0, squares = 0, largest = 0;
    size_t quarter[4] = {0};

    for (size_t i = 0; i < t->size; i++) {
        const double x = t->data[i];

        ck_assert_msg(fabs(x) <= bound * (1 + 1e-6), "%s: %g is over %g", t->name, x, bound);
        sum += x;
        squares += x * x;
        if (fabs(x) > largest) largest = fabs(x);
        quarter[x < -bound / 2 ? 0 : x < 0 ? 1 : x < bound / 2 ? 2 : 3]++;
    }
    expect_near(sum / (double)t->size, 0, 0, 4 * bound / sqrt(3.0 * (double)t->size));
    expect_near(squares / (double)t->size, bound * bound / 3, 4 * sqrt(0.8 / (double)t->size), 0);
    ck_assert(largest > bound * (1 - 20.0 / (double)t->size));
    for (size_t q = 0; q < 4; q++)
        expect_near((double)quarter[q] / (double)t->size, 0.25, 0,
                    4 * sqrt(0.1875 / (double)t->size));
}

TEST(linear_begins_as_pytorchs_does)
{
    gan_network *net = alone(gan_shape_1d(300), gan_layer_linear(300, 500));
    gan_tensor t;

    expect_ok(gan_network_find(&t, net, "0.weight"));
    ck_assert_int_eq(gan_shape_equal(t.shape, gan_shape_2d(500, 300)), 1);
    expect_uniform(&t, 1 / sqrt(300));
    expect_ok(gan_network_find(&t, net, "0.bias"));
    ck_assert_int_eq(gan_shape_equal(t.shape, gan_shape_1d(500)), 1);
    expect_uniform(&t, 1 / sqrt(300));
    gan_network_destroy(net);
}
