/* test_layer_minibatch_stddev.c - how much the samples of a group differ. */
#include "expect.h"
#include "golden.h"
#include "onelayer.h"

#include <gan/gan.h>
#include <math.h>
#include <stdlib.h>

static gan_network *alone(gan_shape in, size_t group_size)
{
    gan_network *net = gan_network_create(in, NULL);

    ck_assert_ptr_nonnull(net);
    expect_ok(gan_network_add(net, gan_layer_minibatch_stddev(group_size)));
    return net;
}

START_TEST(it_is_pytorchs)
{
    golden *g = golden_open("layers_misc.bin");

    expect_layer_golden(g, "stddev", gan_shape_3d(3, 4, 4), gan_layer_minibatch_stddev(4), 8, 8);
    expect_layer_golden(g, "stddev_rest", gan_shape_3d(2, 3, 5), gan_layer_minibatch_stddev(4), 10,
                        5);
    expect_layer_golden(g, "stddev_vector", gan_shape_1d(300), gan_layer_minibatch_stddev(2), 2, 2);
    golden_close(g);
}
END_TEST

START_TEST(gradients_are_finite_differences)
{
    expect_layer_gradients(gan_shape_3d(2, 3, 2), gan_layer_minibatch_stddev(4), 8, 8, NULL);
    expect_layer_gradients(gan_shape_2d(2, 3), gan_layer_minibatch_stddev(3), 10, 5, NULL);
}
END_TEST

START_TEST(bits_dont_depend_on_the_cut)
{
    expect_layer_same_bits(gan_shape_3d(5, 9, 8), gan_layer_minibatch_stddev(4), 66, 33);
    expect_layer_same_bits(gan_shape_3d(600, 1, 1), gan_layer_minibatch_stddev(100), 120, 120);
}
END_TEST

START_TEST(equal_samples_differ_by_nothing)
{
    const float x[6] = {1, 2, 3, 1, 2, 3}, small = 1e-4f; /* sqrt(1e-8) */
    gan_network *net = alone(gan_shape_1d(3), 2);
    float y[8];

    expect_ok(gan_network_forward(net, x, 2, y));
    expect_close(&y[3], &small, 1, 1e-6, 0);
    expect_close(&y[7], &small, 1, 1e-6, 0);
    gan_network_destroy(net);
}
END_TEST

/* However a call is cut into tiles, each group stays whole, and the last is what is left. */
START_TEST(a_call_is_one_batch_in_evaluation)
{
    enum { N = 1001, SIZE = 3 };
    gan_pool *pool = NULL;
    gan_network *net, *few;
    float *x = malloc(N * SIZE * sizeof *x), *y = malloc(N * (SIZE + 1) * sizeof *y);
    float part[7 * (SIZE + 1)];

    expect_ok(gan_pool_create(&pool, 3, NULL));
    net = gan_network_create(gan_shape_1d(SIZE),
                             &(gan_network_desc){GAN_NETWORK_DESC_INIT, .pool = pool});
    expect_ok(gan_network_add(net, gan_layer_minibatch_stddev(7)));
    few = alone(gan_shape_1d(SIZE), 7);
    for (size_t i = 0; i < N * SIZE; i++) x[i] = sinf(1.7f * (float)i);
    expect_ok(gan_network_forward(net, x, N - 1, y));
    for (size_t r = 0; r < N - 1; r += 7) {
        const size_t n = N - 1 - r < 7 ? N - 1 - r : 7;

        expect_ok(gan_network_forward(few, x + r * SIZE, n, part));
        expect_same_bits(y + r * (SIZE + 1), part, n * (SIZE + 1) * sizeof *part);
    }
    gan_network_destroy(few);
    gan_network_destroy(net);
    gan_pool_destroy(pool);
    free(x);
    free(y);
}
END_TEST

START_TEST(it_adds_a_channel)
{
    gan_network *net = alone(gan_shape_3d(3, 4, 5), 4);

    ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), gan_shape_3d(4, 4, 5)), 1);
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_1d(INT32_MAX), NULL);
    expect_fails(gan_network_add(net, gan_layer_minibatch_stddev(4)), GAN_ERR_SHAPE,
                 "makes more than 2147483647 numbers");
    gan_network_destroy(net);
}
END_TEST

START_TEST(wrong_settings_are_refused)
{
    const size_t wrong[] = {0, 1025, SIZE_MAX}, right[] = {1, 1024};

    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(gan_layer_minibatch_stddev(wrong[i]));
        expect_error_says("minibatch_stddev: a group_size of 1 to 1024 wanted, got ");
    }
    for (size_t i = 0; i < 2; i++) {
        gan_layer *layer = gan_layer_minibatch_stddev(right[i]);

        ck_assert_ptr_nonnull(layer);
        gan_layer_destroy(layer);
    }
}
END_TEST

Suite *suite(void)
{
    const TTest *const values[] = {it_is_pytorchs,
                                   gradients_are_finite_differences,
                                   bits_dont_depend_on_the_cut,
                                   equal_samples_differ_by_nothing,
                                   a_call_is_one_batch_in_evaluation,
                                   NULL};
    const TTest *const contract[] = {it_adds_a_channel, wrong_settings_are_refused, NULL};
    Suite *s = suite_create("layer_minibatch_stddev");

    add_tests(s, "values", values);
    add_tests(s, "contract", contract);
    return s;
}
