/* test_layer_minibatch_stddev.c - the standard deviation over a group of samples. */
#include "base/alloc_internal.h"
#include "expect.h"
#include "golden.h"
#include "network/pass_internal.h"
#include "onelayer.h"
#include "sequence.h"

#include <gan/gan.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static gan_network *alone(gan_shape in, size_t group_size)
{
    gan_network *net = gan_network_create(in, NULL);

    ck_assert_ptr_nonnull(net);
    expect_ok(gan_network_add(net, gan_layer_minibatch_stddev(group_size)));
    return net;
}

TEST(it_is_pytorchs)
{
    golden *g = golden_open("layers_misc.bin");

    expect_layer_golden(g, "stddev", gan_shape_3d(3, 4, 4), gan_layer_minibatch_stddev(4), 8, 8);
    expect_layer_golden(g, "stddev_rest", gan_shape_3d(2, 3, 5), gan_layer_minibatch_stddev(4), 10,
                        5);
    expect_layer_golden(g, "stddev_vector", gan_shape_1d(300), gan_layer_minibatch_stddev(2), 2, 2);
    golden_close(g);
}

TEST(gradients_are_finite_differences)
{
    expect_layer_gradients(gan_shape_3d(2, 3, 2), gan_layer_minibatch_stddev(4), 8, 8, NULL);
    expect_layer_gradients(gan_shape_2d(2, 3), gan_layer_minibatch_stddev(3), 10, 5, NULL);
}

TEST(bits_dont_depend_on_the_cut)
{
    expect_layer_same_bits(gan_shape_3d(5, 9, 8), gan_layer_minibatch_stddev(4), 66, 33);
    expect_layer_same_bits(gan_shape_3d(600, 1, 1), gan_layer_minibatch_stddev(100), 120, 120);
}

TEST(equal_samples_differ_by_nothing)
{
    const float x[6] = {1, 2, 3, 1, 2, 3}, small = 1e-4f; /* sqrt(1e-8) */
    gan_network *net = alone(gan_shape_1d(3), 2);
    float y[8];

    expect_ok(gan_network_forward(net, x, 2, y));
    expect_close(&y[3], &small, 1, 1e-6, 0);
    expect_close(&y[7], &small, 1, 1e-6, 0);
    gan_network_destroy(net);
}

/* However a call is cut into tiles, groups stay whole, and the last one is the remainder. */
TEST(a_call_is_one_batch_in_evaluation)
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

TEST(it_adds_a_channel)
{
    gan_network *net = alone(gan_shape_3d(3, 4, 5), 4);

    ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), gan_shape_3d(4, 4, 5)), 1);
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_1d(INT32_MAX), NULL);
    expect_fails(gan_network_add(net, gan_layer_minibatch_stddev(4)), GAN_ERR_SHAPE,
                 "makes more than 2147483647 numbers");
    gan_network_destroy(net);
}

TEST(wrong_settings_are_refused)
{
    const size_t wrong[] = {0, 1025, SIZE_MAX}, right[] = {1, 1024};

    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(gan_layer_minibatch_stddev(wrong[i]));
        expect_error_says("minibatch_stddev: group_size is ");
    }
    for (size_t i = 0; i < 2; i++) {
        gan_layer *layer = gan_layer_minibatch_stddev(right[i]);

        ck_assert_ptr_nonnull(layer);
        gan_layer_destroy(layer);
    }
}

/* A mean that is off by one ulp would be divided by 1e-4. */
TEST(what_is_the_same_in_a_group_has_no_gradient)
{
    enum { SIZE = 5, OUT = SIZE + 1 };
    gan_allocator a;

    expect_ok(gan__alloc_init(&a, NULL));
    for (size_t n = 2; n <= 40; n++) {
        gan_network *net = alone(gan_shape_1d(SIZE), n);
        gan__pass *pass = NULL;
        const float *dx;

        expect_ok(gan_network_build(net));
        expect_ok(gan__pass_create(
            &pass,
            &(gan__pass_desc){.net = net, .n_layers = 1, .rows = n, .threads = 1, .training = 1},
            &a));
        for (size_t i = 0; i < n * SIZE; i++)
            gan__pass_input(pass, 0)[i] = 0.1f * (float)(1 + i % SIZE);
        gan__pass_forward(pass, NULL, 0, n, n);
        for (size_t i = 0; i < n * OUT; i++)
            gan__pass_output_grad(pass, 0)[i] = i % OUT == SIZE ? 1.0f : 0;
        gan__pass_backward(pass, NULL, GAN__PASS_INPUT);
        dx = gan__pass_input_grad(pass, 0);
        for (size_t i = 0; i < n * SIZE; i++)
            ck_assert_msg(fabsf(dx[i]) <= 0, "%zu samples: %g", n, (double)dx[i]);
        gan__pass_destroy(pass);
        gan_network_destroy(net);
    }
}

/* No tile may be empty or larger than its memory: with batch_norm, whose loops need at least one
 * row. */
TEST(any_number_of_samples_is_evaluated)
{
    enum { MOST = 70, SIZE = 2, OUT = SIZE + 1 };
    enum { ALL_UP_TO = 40 };
    static const size_t large[] = {63, 64, 65, 127, 128, 129, 130, 255, 256, 257, 1000, 1024};
    static float x[2100 * SIZE], y[2100 * OUT], part[1024 * OUT];

    for (size_t i = 0; i < 2100 * SIZE; i++) x[i] = sinf(1.7f * (float)i);
    for (size_t g = 0; g < ALL_UP_TO + sizeof large / sizeof *large; g++) {
        const size_t group = g < ALL_UP_TO ? g + 1 : large[g - ALL_UP_TO];
        gan_network *net = NETWORK(gan_shape_1d(SIZE), gan_layer_batch_norm(SIZE, NULL),
                                   gan_layer_minibatch_stddev(group));

        for (size_t k = 0; k < MOST + 60; k++) {
            const size_t n = k < MOST       ? k
                             : k < MOST + 9 ? group + k - MOST - (group > 4 ? 4 : group)
                                            : (k * k * 7) % 2100;

            if (n > 2100) continue;
            memset(y, 0xff, sizeof y);
            expect_ok(gan_network_forward(net, x, n, y));
            for (size_t first = 0; first < n; first += group) {
                const size_t rows = n - first < group ? n - first : group;

                expect_ok(gan_network_forward(net, x + first * SIZE, rows, part));
                expect_close(y + first * OUT, part, rows * OUT, 1e-6, 1e-6);
            }
            if (n < 2100) ck_assert(isnan(y[n * OUT]));
        }
        gan_network_destroy(net);
    }
}

static gan_network *two_groups(size_t a, size_t b)
{
    gan_network *net = gan_network_create(gan_shape_1d(2), NULL);

    expect_ok(gan_network_add(net, gan_layer_minibatch_stddev(a)));
    (void)gan_network_add(net, gan_layer_minibatch_stddev(b));
    return net;
}

TEST(groups_have_a_common_multiple_of_at_most_1024)
{
    gan_network *net = two_groups(31, 33), *body, *clone = NULL;
    float x[40 * 2] = {0}, y[40 * 4];

    expect_ok(gan_network_forward(net, x, 40, y));
    expect_ok(gan_network_clone(&clone, net));
    expect_ok(gan_network_forward(clone, x, 40, y));
    gan_network_destroy(clone);
    gan_network_destroy(net);
    net = two_groups(32, 33);
    expect_fails(
        gan_network_build(net), GAN_ERR_SHAPE,
        "layer 1 (minibatch_stddev): groups of 33 samples, those of the layers before have "
        "32: the least common multiple may be at most 1024");
    gan_network_destroy(net);
    net = two_groups(1024, 1023);
    expect_fails(gan_network_build(net), GAN_ERR_SHAPE, "at most 1024");
    gan_network_destroy(net);
    net = two_groups(3, 4);
    body = gan_network_create(gan_shape_1d(4), NULL);
    expect_ok(gan_network_add(body, gan_layer_minibatch_stddev(91)));
    expect_ok(gan_network_add(body, gan_layer_linear(5, 4)));
    expect_fails(gan_network_add(net, gan_layer_residual(body, NULL)), GAN_ERR_SHAPE,
                 "groups of 91 samples, those of the layers before have 12");
    gan_network_destroy(net);
}
