/* test_features.c - features of samples: values, bits, hashes, and what is refused. */
#include "budget.h"
#include "expect.h"

#include <gan/features.h>
#include <gan/layer.h>
#include <gan/network.h>
#include <gan/reference.h>
#include <gan/rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static float *noise(size_t n, uint64_t seed)
{
    float *x = malloc(n * sizeof *x);
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    gan_rng_normal(rng, n, x);
    gan_rng_destroy(rng);
    return x;
}

/* ---- values ---- */

TEST(pixels_are_the_means_of_squares)
{
    static const struct {
        gan_shape shape;
        size_t count;
        const char *name;
    } cases[] = {{{3, {1, 28, 28, 0}}, 196, "pixels 1x28x28 by 2"},
                 {{2, {28, 28, 0, 0}}, 196, "pixels 1x28x28 by 2"},
                 {{3, {3, 32, 32, 0}}, 192, "pixels 3x32x32 by 4"},
                 {{3, {1, 16, 16, 0}}, 256, "pixels 1x16x16 by 1"},
                 {{1, {784, 0, 0, 0}}, 784, "pixels 1x1x784 by 1"},
                 {{2, {33, 17, 0, 0}}, 17 * 9, "pixels 1x33x17 by 2"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gan_features *f;

        expect_ok(gan_features_create_pixels(&f, cases[i].shape, NULL));
        ck_assert_uint_eq(gan_features_count(f), cases[i].count);
        ck_assert_str_eq(gan_features_name(f), cases[i].name);
        gan_features_destroy(f);
    }
}

/* The last square of a row or column may be smaller. */
TEST(squares_at_the_border_are_smaller)
{
    enum { H = 33, W = 17 };
    float x[H * W], out[17 * 9];
    gan_features *f;

    for (size_t i = 0; i < H * W; i++) x[i] = (float)(i * i % 101);
    expect_ok(gan_features_create_pixels(&f, gan_shape_2d(H, W), NULL));
    expect_ok(gan_features_compute(f, x, 1, out));
    ck_assert(out[0] == (x[0] + x[1] + x[W] + x[W + 1]) / 4);
    ck_assert(out[8] == (x[16] + x[W + 16]) / 2);
    ck_assert(out[16 * 9] == (x[32 * W] + x[32 * W + 1]) / 2);
    ck_assert(out[17 * 9 - 1] == x[H * W - 1]);
    gan_features_destroy(f);
}

/* Mean and maximum of the first layer, by the network of that layer alone. */
TEST(random_features_are_those_of_the_convolutions)
{
    enum { SIDE = 12, C = 2, OUT = 32 * 6 * 6 };
    float *x = noise(C * SIDE * SIDE, 1), features[128], out[OUT];
    const gan_conv2d_desc conv = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};
    const gan_init_desc init = {GAN_INIT_DESC_INIT, .init = GAN_INIT_KAIMING_NORMAL, .slope = 0.2};
    gan_network *net = gan_network_create(gan_shape_3d(C, SIDE, SIDE), NULL);
    gan_features *f;

    expect_ok(gan_network_add(net, gan_layer_conv2d(C, 32, 4, &conv)));
    expect_ok(gan_network_add(net, gan_layer_leaky_relu(0.2f)));
    expect_ok(gan_network_initialize_as(net, 7, &init));
    expect_ok(gan_network_forward(net, x, 1, out));
    expect_ok(gan_features_create_random(&f, gan_shape_3d(C, SIDE, SIDE), 7, NULL));
    ck_assert_uint_eq(gan_features_count(f), 128);
    ck_assert_str_eq(gan_features_name(f), "random convolutions 2x12x12 seed 7");
    expect_ok(gan_features_compute(f, x, 1, features));
    for (size_t c = 0; c < 32; c++) {
        double sum = 0;
        float most = -INFINITY;

        for (size_t i = 0; i < 36; i++) {
            sum += (double)out[c * 36 + i];
            most = fmaxf(most, out[c * 36 + i]);
        }
        expect_near((double)features[c], sum / 36, 1e-5, 1e-6);
        expect_near((double)features[32 + c], (double)most, 1e-5, 1e-6);
    }
    gan_features_destroy(f);
    gan_network_destroy(net);
    free(x);
}

/* ---- bits and hashes ---- */

static gan_status make(gan_features **out, int random, uint64_t seed, const gan_features_desc *desc)
{
    return random ? gan_features_create_random(out, gan_shape_3d(1, 16, 20), seed, desc)
                  : gan_features_create_pixels(out, gan_shape_3d(1, 16, 20), desc);
}

TEST_EACH(bits_are_the_same_in_any_batch_and_on_any_number_of_threads, 0, 2)
{
    enum { N = 61, SIZE = 16 * 20 };
    float *x = noise(N * SIZE, 1);
    float *first = NULL;

    for (size_t threads = 1; threads <= 3; threads++) {
        const gan_features_desc desc = {GAN_FEATURES_DESC_INIT, .n_threads = threads};
        gan_features *f;
        float *out, *apart;
        size_t bytes;

        expect_ok(make(&f, _i, 3, &desc));
        bytes = N * gan_features_count(f) * sizeof *out;
        out = malloc(bytes);
        apart = malloc(bytes);
        expect_ok(gan_features_compute(f, x, N, out));
        for (size_t at = 0, n = 1; at < N; at += n, n = n * 2 < N - at ? n * 2 : N - at)
            expect_ok(
                gan_features_compute(f, x + at * SIZE, n, apart + at * gan_features_count(f)));
        expect_same_bits(apart, out, bytes);
        if (first) expect_same_bits(out, first, bytes);
        if (!first) first = out;
        if (first != out) free(out);
        free(apart);
        gan_features_destroy(f);
    }
    free(first);
    free(x);
}

TEST(hashes_tell_features_apart)
{
    gan_features *f[6];

    expect_ok(make(&f[0], 0, 0, NULL));
    expect_ok(make(&f[1], 1, 0, NULL));
    expect_ok(make(&f[2], 1, 1, NULL));
    expect_ok(gan_features_create_random(&f[3], gan_shape_3d(1, 20, 16), 0, NULL));
    expect_ok(gan_features_create_pixels(&f[4], gan_shape_3d(1, 20, 16), NULL));
    expect_ok(make(&f[5], 1, 1, NULL));
    ck_assert(gan_features_hash(f[5]) == gan_features_hash(f[2]));
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++) ck_assert(gan_features_hash(f[i]) != gan_features_hash(f[k]));
    /* FNV-1a of the name. */
    ck_assert_uint_eq(gan_features_hash(f[0]), 0x8dc69e7699c65cdfu);
    for (int i = 0; i < 6; i++) gan_features_destroy(f[i]);
    ck_assert(gan_features_hash(NULL) == 0 && gan_features_count(NULL) == 0);
    ck_assert_str_eq(gan_features_name(NULL), "");
    gan_features_destroy(NULL);
}

/* ---- what they detect ---- */

/* Noise that pooling averages out: the kernel distance in units of its standard error. */
TEST(random_convolutions_see_noise_that_pixels_do_not)
{
    enum { N = 300, SIDE = 28, SIZE = SIDE * SIDE };
    float *x = malloc(2 * N * SIZE * sizeof *x), *specks = noise(N * SIZE, 5),
          *places = noise(4 * N, 6), *out = malloc((size_t)2 * N * 196 * sizeof *out);
    double sigmas[2];

    for (size_t i = 0; i < 2 * N; i++) /* blobs */
        for (size_t y = 0; y < SIDE; y++)
            for (size_t k = 0; k < SIDE; k++) {
                const float u = ((float)k - 14 - 3 * places[2 * i]) / 6,
                            v = ((float)y - 14 - 3 * places[2 * i + 1]) / 6;

                x[i * SIZE + y * SIDE + k] = expf(-u * u - v * v);
            }
    for (size_t i = 0; i < N * SIZE; i++) x[N * SIZE + i] += 0.1f * specks[i];
    for (int random = 0; random < 2; random++) {
        gan_features *f;
        gan_reference *ref;
        gan_comparison c = {GAN_COMPARISON_INIT};

        if (random)
            expect_ok(gan_features_create_random(&f, gan_shape_2d(SIDE, SIDE), 1, NULL));
        else
            expect_ok(gan_features_create_pixels(&f, gan_shape_2d(SIDE, SIDE), NULL));
        expect_ok(gan_features_compute(f, x, 2 * N, out));
        expect_ok(gan_reference_create(&ref, out, N, gan_features_count(f), NULL));
        expect_ok(gan_reference_compare(ref, out + N * gan_features_count(f), NULL, N, &c));
        sigmas[random] = c.kid.value / c.kid.error;
        gan_reference_destroy(ref);
        gan_features_destroy(f);
    }
    ck_assert_double_lt(sigmas[0], 3);
    ck_assert_double_gt(sigmas[1], 30);
    free(x);
    free(specks);
    free(places);
    free(out);
}

/* ---- a classifier's ---- */

TEST(features_of_a_classifier_are_its_own)
{
    enum { N = 20 };
    gan_network *net = gan_network_create(gan_shape_1d(6), NULL);
    float *x = noise(N * 6, 1), wanted[N * 5], found[N * 5];
    gan_classifier *c;
    gan_features *f, *again;
    gan_tensor weight;

    expect_ok(gan_network_add(net, gan_layer_linear(6, 5)));
    expect_ok(gan_network_add(net, gan_layer_tanh()));
    expect_ok(gan_network_add(net, gan_layer_linear(5, 3)));
    expect_ok(gan_classifier_create(&c, net, NULL, NULL));
    expect_ok(gan_features_create_classifier(&f, c, NULL));
    ck_assert_uint_eq(gan_features_count(f), 5);
    ck_assert_str_eq(gan_features_name(f), "classifier of 5 features");
    expect_ok(gan_classifier_features(c, x, N, wanted));
    expect_ok(gan_features_compute(f, x, N, found));
    expect_same_bits(found, wanted, sizeof wanted);
    expect_ok(gan_network_tensor(&weight, net, 0));
    weight.data[3] += 1e-6f;
    expect_ok(gan_features_create_classifier(&again, c, NULL));
    ck_assert(gan_features_hash(f) != gan_features_hash(again));
    gan_features_destroy(again);
    expect_fails(gan_features_create_classifier(NULL, c, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_features_create_classifier(&again, NULL, NULL), GAN_ERR_INVALID,
                 "classifier is NULL");
    ck_assert_ptr_null(again);
    gan_features_destroy(f);
    gan_classifier_destroy(c);
    gan_network_destroy(net);
    free(x);
}

/* ---- failures ---- */

TEST(bad_arguments_are_refused)
{
    const gan_allocator half = {0};
    const gan_features_desc bad = {GAN_FEATURES_DESC_INIT, .allocator = &half};
    const gan_features_desc many = {GAN_FEATURES_DESC_INIT, .n_threads = 1025};
    const gan_shape four = gan_shape_4d(1, 2, 16, 16), flat = gan_shape_1d(784);
    gan_features *f = (gan_features *)&f;
    float *x = noise(16 * 20 * 2, 1), out[256 * 2], same[256 * 2];

    for (int random = 0; random < 2; random++) {
        expect_fails(make(NULL, random, 0, NULL), GAN_ERR_INVALID, "out is NULL");
        expect_fails(make(&f, random, 0, &bad), GAN_ERR_INVALID, "allocator");
        ck_assert_ptr_null(f);
        expect_fails(make(&f, random, 0, &many), GAN_ERR_INVALID, "1024");
    }
    expect_fails(gan_features_create_pixels(&f, four, NULL), GAN_ERR_SHAPE, "[c, h, w] expected");
    expect_fails(gan_features_create_random(&f, four, 0, NULL), GAN_ERR_SHAPE, "[c, h, w]");
    expect_fails(gan_features_create_random(&f, flat, 0, NULL), GAN_ERR_SHAPE, "got 1x784");
    expect_fails(gan_features_create_random(&f, gan_shape_2d(7, 9), 0, NULL), GAN_ERR_SHAPE,
                 "8x8 pixels or more expected, got 7x9");
    expect_ok(make(&f, 1, 0, NULL));
    expect_fails(gan_features_compute(NULL, x, 1, out), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_features_compute(f, NULL, 1, out), GAN_ERR_INVALID, "samples is NULL");
    expect_fails(gan_features_compute(f, x, 1, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_ok(gan_features_compute(f, NULL, 0, NULL));
    x[16 * 20 + 7] = NAN;
    memset(out, 1, sizeof out);
    memset(same, 1, sizeof same);
    expect_fails(gan_features_compute(f, x, 2, out), GAN_ERR_NONFINITE, "value 7 of sample 1");
    expect_same_bits(out, same, sizeof out);
    gan_features_destroy(f);
    free(x);
}

TEST(a_forked_child_has_no_threads)
{
    float *x = noise(16 * 20, 1), out[256];
    const gan_features_desc desc = {GAN_FEATURES_DESC_INIT, .n_threads = 2};
    gan_features *f;
    pid_t child;
    int status = 0;

    expect_ok(make(&f, 1, 0, &desc));
    child = fork();
    if (child == 0) _exit(gan_features_compute(f, x, 1, out) == GAN_ERR_INVALID ? 0 : 1);
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    expect_ok(gan_features_compute(f, x, 1, out));
    gan_features_destroy(f);
    free(x);
}

static gan_status make_budgeted(void **out, const gan_allocator *allocator, void *user)
{
    const gan_features_desc desc = {GAN_FEATURES_DESC_INIT, .n_threads = 1, .allocator = allocator};
    gan_features *f;
    gan_status status = make(&f, *(int *)user, 0, &desc);

    *out = f;
    return status;
}

static void end(void *made)
{
    gan_features_destroy(made);
}

TEST_EACH(a_lack_of_memory_is_survived, 0, 2)
{
    ck_assert_uint_gt(budget_sweep(make_budgeted, end, &_i), 1);
}
