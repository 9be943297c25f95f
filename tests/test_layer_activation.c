/* test_layer_activation.c - activation functions, and prelu. */
#include "expect.h"
#include "golden.h"
#include "math/kernels_internal.h"
#include "onelayer.h"

#include <float.h>
#include <gan/gan.h>
#include <math.h>
#include <string.h>

/* A network of one layer. */
static gan_network *alone(gan_shape input, gan_layer *layer)
{
    gan_network *net = gan_network_create(input, NULL);

    ck_assert_ptr_nonnull(net);
    expect_ok(gan_network_add(net, layer));
    expect_ok(gan_network_build(net));
    return net;
}

static gan_layer *elu(void)
{
    return gan_layer_elu(1);
}

static gan_layer *gelu(void)
{
    return gan_layer_gelu(0);
}

static gan_layer *gelu_tanh(void)
{
    return gan_layer_gelu(1);
}

static gan_layer *softplus(void)
{
    return gan_layer_softplus(1, 20);
}

static gan_layer *prelu(void)
{
    return gan_layer_prelu(1, 0.25f);
}

/* Each with its values at the limits of a float. */
static const struct {
    const char *name;
    gan_layer *(*make)(void);
    float at_infinity, at_minus_infinity;
    float at_most, at_least; /* of 3e38 and -3e38 */
} kinds[] = {{"elu", elu, INFINITY, -1, 3e38f, -1},
             {"selu", gan_layer_selu, INFINITY, -1.7580993f, INFINITY, -1.7580993f},
             {"gelu", gelu, INFINITY, 0, 3e38f, 0},
             {"gelu_tanh", gelu_tanh, INFINITY, 0, 3e38f, 0},
             {"silu", gan_layer_silu, INFINITY, 0, 3e38f, 0},
             {"softplus", softplus, INFINITY, 0, 3e38f, 0},
             {"prelu", prelu, INFINITY, -INFINITY, 3e38f, -0.75e38f}};

enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- values ---- */

TEST(they_are_pytorchs)
{
    golden *g = golden_open("layers_misc.bin");
    const gan_shape v = gan_shape_1d(15);

    for (size_t i = 0; i < N_KINDS; i++)
        expect_layer_golden(g, kinds[i].name, v, kinds[i].make(), 8, 8);
    expect_layer_golden(g, "elu_half", v, gan_layer_elu(0.5f), 8, 8);
    expect_layer_golden(g, "softplus_low", v, gan_layer_softplus(2, 3), 8, 8);
    expect_layer_golden(g, "prelu_vector", v, gan_layer_prelu(15, 0), 8, 8);
    expect_layer_golden(g, "prelu_channels", gan_shape_3d(3, 3, 5), gan_layer_prelu(3, 1), 4, 4);
    golden_close(g);
}

TEST(gradients_are_finite_differences)
{
    float x[40];

    for (size_t i = 0; i < 40; i++) x[i] = (float)i * 0.25f - 4.875f; /* not 0 */
    for (size_t i = 0; i < N_KINDS; i++)
        expect_layer_gradients(gan_shape_1d(10), kinds[i].make(), 4, 4, x);
    expect_layer_gradients(gan_shape_1d(10), gan_layer_elu(2.5f), 4, 4, x);
    expect_layer_gradients(gan_shape_1d(10), gan_layer_softplus(0.5f, 100), 4, 4, x);
    expect_layer_gradients(gan_shape_3d(5, 2, 1), gan_layer_prelu(5, 0.25f), 4, 4, x);
}

TEST(bits_dont_depend_on_the_cut)
{
    for (size_t i = 0; i < N_KINDS; i++)
        expect_layer_same_bits(gan_shape_1d(601), kinds[i].make(), 120, 120);
    expect_layer_same_bits(gan_shape_3d(7, 12, 13), gan_layer_prelu(7, 0.25f), 60, 60);
}

TEST(they_hold_at_the_ends_of_the_numbers)
{
    const float x[5] = {INFINITY, -INFINITY, 3e38f, -3e38f, NAN};

    for (size_t i = 0; i < N_KINDS; i++) {
        gan_network *net = alone(gan_shape_1d(5), kinds[i].make());
        const float wanted[4] = {kinds[i].at_infinity, kinds[i].at_minus_infinity, kinds[i].at_most,
                                 kinds[i].at_least};
        float y[5];

        expect_ok(gan_network_forward(net, x, 1, y));
        expect_close(y, wanted, 4, 1e-6, 0);
        ck_assert_msg(isnan(y[4]), "%s maps NaN to %g", kinds[i].name, (double)y[4]);
        gan_network_destroy(net);
    }
}

/* The derivatives are 1 and 0 there, and not 0 times infinity. */
TEST(slopes_hold_at_the_ends_of_the_numbers)
{
    static const gan__function from_x[] = {GAN__FUNCTION_softplus, GAN__FUNCTION_gelu,
                                           GAN__FUNCTION_gelu_tanh, GAN__FUNCTION_silu};
    const float x[5] = {INFINITY, -INFINITY, 3e38f, -3e38f, NAN}, ones[5] = {1, 1, 1, 1, 1};
    const float wanted[4] = {1, 0, 1, 0}, settings[2] = {1, 20};

    for (size_t i = 0; i < 4; i++) {
        float dx[5];

        gan__simd_best()->functions[from_x[i]].slope_times(5, settings, x, ones, dx);
        expect_close(dx, wanted, 4, 1e-6, 4e-36);
        ck_assert(isnan(dx[4]));
    }
}

/* exp() is subnormal below -87.3; the result there is 0, not the smallest normal float. */
TEST(they_are_zero_far_below_zero)
{
    static const gan__function functions[] = {GAN__FUNCTION_sigmoid, GAN__FUNCTION_softplus,
                                              GAN__FUNCTION_gelu, GAN__FUNCTION_gelu_tanh,
                                              GAN__FUNCTION_silu};
    const float x[5] = {-88.5f, -95, -1000, -FLT_MAX, -INFINITY}, ones[5] = {1, 1, 1, 1, 1};
    const float edge[3] = {-87, -87.5f, -88}, settings[2] = {1, 20};
    const double pytorch[3] = {1.64581e-38, 9.98235e-39, 6.0546e-39}; /* torch.sigmoid(edge) */
    float y[5], dx[5];

    for (size_t v = 0; gan__simd_variant(v); v++) {
        const gan__function_loops *loops = gan__simd_variant(v)->functions;

        for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
            loops[functions[i]].value(5, settings, x, y);
            for (size_t j = 0; j < 5; j++) ck_assert(y[j] == 0);
        }
        loops[GAN__FUNCTION_softplus].slope_times(5, settings, x, ones, dx);
        for (size_t j = 0; j < 5; j++) ck_assert(dx[j] == 0);
        loops[GAN__FUNCTION_sigmoid].value(3, settings, edge, y);
        for (size_t j = 0; j < 3; j++) expect_near((double)y[j], pytorch[j], 1e-4, 0);
    }
}

TEST(softplus_is_linear_above_its_threshold)
{
    const float x[4] = {0.99f, 1.01f, -2, 100};
    const double beta = 3;
    gan_network *net = alone(gan_shape_1d(4), gan_layer_softplus((float)beta, 3));
    float y[4];

    expect_ok(gan_network_forward(net, x, 1, y));
    expect_near((double)y[0], log1p(exp(beta * (double)x[0])) / beta, 1e-6, 0);
    ck_assert(y[1] == x[1]);
    expect_near((double)y[2], log1p(exp(beta * (double)x[2])) / beta, 1e-6, 0);
    ck_assert(y[3] == x[3]);
    gan_network_destroy(net);
}

/* ---- settings and shapes ---- */

TEST(they_keep_the_shape_and_have_no_weights)
{
    const gan_shape image = gan_shape_3d(3, 4, 5);

    for (size_t i = 0; i < N_KINDS; i++) {
        gan_network *net = alone(image, kinds[i].make());

        ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), image), 1);
        ck_assert_uint_eq(gan_network_param_count(net), kinds[i].make == prelu);
        gan_network_destroy(net);
    }
}

TEST(prelu_begins_as_pytorchs_does)
{
    gan_network *net = alone(gan_shape_3d(6, 2, 2), gan_layer_prelu(6, -0.5f));
    gan_tensor t;

    expect_ok(gan_network_find(&t, net, "0.weight"));
    ck_assert_int_eq(gan_shape_equal(t.shape, gan_shape_1d(6)), 1);
    for (size_t i = 0; i < 6; i++) ck_assert(t.data[i] == -0.5f);
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_3d(5, 2, 6), NULL);
    expect_fails(gan_network_add(net, gan_layer_prelu(6, 0)), GAN_ERR_SHAPE,
                 "needs 6 channels, gets [5, 2, 6]");
    gan_network_destroy(net);
}

static void expect_no_layer(gan_layer *layer, const char *part)
{
    ck_assert_ptr_null(layer);
    expect_error_says(part);
}

TEST(settings_out_of_range_give_null_and_a_sentence)
{
    const float no_factors[] = {-0.5f, NAN, INFINITY}, no_betas[] = {0, -1, NAN, INFINITY, 1e-31f};
    const float infinite[] = {NAN, INFINITY, -INFINITY};

    for (size_t i = 0; i < 3; i++) expect_no_layer(gan_layer_elu(no_factors[i]), "elu: alpha is ");
    for (size_t i = 0; i < 5; i++)
        expect_no_layer(gan_layer_softplus(no_betas[i], 20), "softplus: beta is ");
    for (size_t i = 0; i < 3; i++) {
        expect_no_layer(gan_layer_softplus(1, infinite[i]), "softplus: threshold is ");
        expect_no_layer(gan_layer_prelu(1, infinite[i]), "prelu: init is ");
    }
    expect_no_layer(gan_layer_prelu(0, 0.25f), "prelu: num_parameters is ");
    expect_no_layer(gan_layer_prelu((size_t)1 << 31, 0.25f), "prelu: num_parameters is ");
}

TEST(settings_at_the_edge_are_good)
{
    gan_layer *layers[] = {gan_layer_elu(0), gan_layer_elu(FLT_MAX),
                           gan_layer_softplus(1.1e-30f, 0), gan_layer_softplus(0.9e30f, -FLT_MAX),
                           gan_layer_prelu(INT32_MAX, -FLT_MAX)};

    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        ck_assert_msg(layers[i] != NULL, "layer %zu: %s", i, gan_last_error());
        gan_layer_destroy(layers[i]);
    }
}
