/* test_augment.c - augmentation against PyTorch, as adjoint maps, and what it refuses. */
#include "data/augment_internal.h"
#include "expect.h"
#include "golden.h"
#include "math/rng_internal.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALL = 63, ROWS = 10, FIRST = 5, SEED = 77 };

static float *normals(size_t n, uint64_t which)
{
    float *x = malloc(n * sizeof *x);

    gan__rng_normal(1, which, 0, n, x);
    return x;
}

/* ---- PyTorch ---- */

/* The cases of make_augment.py. */
static const struct {
    const char *name;
    gan_shape shape;
    gan_augment_desc desc;
} cases[] = {
    {"flip", {3, {3, 6, 9}}, {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_FLIP, 1, -1}},
    {"brightness", {3, {3, 6, 9}}, {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_BRIGHTNESS, 1, -1}},
    {"saturation", {3, {3, 6, 9}}, {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_SATURATION, 1, -1}},
    {"contrast", {3, {3, 6, 9}}, {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_CONTRAST, 1, -1}},
    {"translation", {3, {3, 6, 9}}, {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_TRANSLATION, 1, -1}},
    {"cutout", {3, {3, 6, 9}}, {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_CUTOUT, 1, -1}},
    {"grey", {3, {1, 9, 7}}, {GAN_AUGMENT_DESC_INIT, ALL, 1, 0.25}},
    {"all", {3, {3, 8, 8}}, {GAN_AUGMENT_DESC_INIT, ALL, 0, 0}},
    {"some", {3, {2, 5, 12}}, {GAN_AUGMENT_DESC_INIT, ALL, 0.5, -0.75}},
};
enum { N_CASES = sizeof cases / sizeof *cases };

static const float *vector_of(const golden *g, int i, const char *what, size_t n)
{
    char name[64];

    snprintf(name, sizeof name, "%s.%s", cases[i].name, what);
    return golden_get(g, name, n);
}

static void expect_close_to(const float *found, const float *wanted, size_t n)
{
    for (size_t k = 0; k < n; k++) expect_near((double)found[k], (double)wanted[k], 1e-5, 1e-6);
}

TEST_EACH(samples_and_gradients_are_those_of_pytorch, 0, N_CASES)
{
    golden *g = golden_open("augment.bin");
    const size_t n = ROWS * gan_shape_size(cases[_i].shape), bytes = n * sizeof(float);
    float *x = malloc(bytes);

    memcpy(x, vector_of(g, _i, "x", n), bytes);
    expect_ok(gan_augment_samples(&cases[_i].desc, cases[_i].shape, SEED, FIRST, ROWS, x));
    ck_assert(memcmp(x, vector_of(g, _i, "x", n), bytes) != 0);
    expect_close_to(x, vector_of(g, _i, "y", n), n);
    memcpy(x, vector_of(g, _i, "w", n), bytes);
    expect_ok(gan_augment_gradients(&cases[_i].desc, cases[_i].shape, SEED, FIRST, ROWS, x));
    expect_close_to(x, vector_of(g, _i, "dx", n), n);
    free(x);
    golden_close(g);
}

/* ---- properties ---- */

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* <L x, y> = <x, L' y>, and L x is the change of the augmented sample by x. */
TEST_EACH(the_way_back_is_the_adjoint_of_the_way_there, 0, N_CASES)
{
    const size_t n = gan_shape_size(cases[_i].shape);
    float *x = normals(n, 1), *y = normals(n, 2), *z = normals(n, 3), *there = normals(n, 1);
    float *back = normals(n, 2), *moved = normals(n, 3);
    gan__augment a;
    double apart = 0;

    expect_ok(gan__augment_init(&a, &cases[_i].desc, cases[_i].shape, 4, GAN__STREAM_AUGMENT));
    for (size_t k = 0; k < 200; k++) {
        memcpy(there, x, n * sizeof *x);
        memcpy(back, y, n * sizeof *y);
        gan__augment_tangent(&a, k, there);
        gan__augment_adjoint(&a, k, back);
        expect_near(dot(there, y, n), dot(x, back, n), 0, 1e-5 * (double)n);
        apart += fabs(dot(there, y, n) - dot(x, y, n));
        for (size_t i = 0; i < n; i++) moved[i] = z[i] + x[i];
        memcpy(back, z, n * sizeof *z);
        gan__augment_sample(&a, k, moved);
        gan__augment_sample(&a, k, back);
        for (size_t i = 0; i < n; i++)
            expect_near((double)moved[i] - (double)back[i], (double)there[i], 1e-5, 1e-5);
    }
    ck_assert(apart > 1 || strcmp(cases[_i].name, "brightness") == 0);
    free(x), free(y), free(z), free(there), free(back), free(moved);
}

/* A white square on the fill value: translation and cutout add no other value. */
TEST(filling_in_leaves_the_background_alone)
{
    const gan_augment_desc desc = {GAN_AUGMENT_DESC_INIT,
                                   GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT | GAN_AUGMENT_FLIP,
                                   1, -1};
    const gan_shape shape = gan_shape_3d(1, 28, 28);
    size_t moved = 0;

    for (uint64_t k = 0; k < 100; k++) {
        float x[784];
        size_t white = 0;

        for (size_t i = 0; i < 784; i++)
            x[i] = i / 28 > 8 && i / 28 < 19 && i % 28 > 8 && i % 28 < 19 ? 1 : -1;
        expect_ok(gan_augment_samples(&desc, shape, 1, k, 1, x));
        for (size_t i = 0; i < 784; i++) {
            ck_assert(x[i] == 1 || x[i] == -1);
            white += x[i] == 1;
            moved += x[i] == 1 && !(i / 28 > 8 && i / 28 < 19 && i % 28 > 8 && i % 28 < 19);
        }
        ck_assert_uint_le(white, 100);
    }
    ck_assert_uint_gt(moved, 100);
}

/* The share of samples that an operation is applied to; operations are drawn independently. */
TEST(each_operation_is_applied_with_the_probability)
{
    const gan_shape shape = gan_shape_3d(1, 1, 1);
    const double p = 0.3;
    size_t both = 0, one[2] = {0, 0};
    enum { N = 20000 };

    for (uint64_t k = 0; k < N; k++) {
        float x[2] = {1, 0};
        const unsigned op[2] = {GAN_AUGMENT_CUTOUT, GAN_AUGMENT_BRIGHTNESS};
        int done[2];

        for (size_t i = 0; i < 2; i++) {
            const float before = x[i];
            const gan_augment_desc desc = {GAN_AUGMENT_DESC_INIT, op[i], p, 0};

            expect_ok(gan_augment_samples(&desc, shape, 9, k, 1, &x[i]));
            done[i] = x[i] != before;
            one[i] += (size_t)done[i];
        }
        both += done[0] && done[1];
    }
    for (size_t i = 0; i < 2; i++) expect_near((double)one[i] / N, p, 0, 4 * sqrt(p * (1 - p) / N));
    expect_near((double)both / N, p * p, 0, 4 * sqrt(p * p / N));
}

TEST(a_sample_is_augmented_the_same_alone_and_in_any_batch)
{
    const gan_augment_desc desc = {GAN_AUGMENT_DESC_INIT, ALL, 0.7, 0};
    const gan_shape shape = gan_shape_3d(3, 7, 10);
    const size_t size = gan_shape_size(shape);
    float *all = normals(9 * size, 1), *alone = normals(9 * size, 1);

    expect_ok(gan_augment_samples(&desc, shape, 6, 40, 9, all));
    for (size_t i = 9; i-- > 0;)
        expect_ok(gan_augment_samples(&desc, shape, 6, 40 + i, 1, alone + i * size));
    expect_same_bits(all, alone, 9 * size * sizeof *all);
    free(all), free(alone);
}

/* ---- adaptive probability ---- */

static gan__augment adaptive(const gan_augment_desc *desc)
{
    gan__augment a;

    expect_ok(gan__augment_init(&a, desc, gan_shape_3d(1, 4, 4), 1, GAN__STREAM_AUGMENT));
    return a;
}

/* p += sign(r_t - target) batch interval / images. */
TEST(the_probability_follows_the_sign)
{
    const gan_augment_desc desc = {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_COLOR, .target = 0.6,
                                   .images = 1000, .interval = 2};
    static const struct {
        size_t n;
        double sign, probability;
    } steps[] = {{40, 1, 0},      {40, 0.5, 0.08}, /* mean 0.75 */
                 {60, 0.9, 0.08}, {20, -0.9, 0},   /* 0.45 */
                 {10, 0.4, 0},    {10, 0.5, 0},    /* not below 0 */
                 {10, 1, 0},      {90, 1, 0.1}};
    gan__augment a = adaptive(&desc);

    ck_assert(a.probability == 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        gan__augment_adapt(&a, i + 1, steps[i].n, steps[i].sign);
        expect_near(a.probability, steps[i].probability, 0, 1e-12);
    }
    expect_near(a.sign, 1, 0, 1e-12);
}

TEST(the_probability_is_capped)
{
    gan_augment_desc desc = {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_COLOR, .target = 0.6, .images = 100,
                             .interval = 1};
    gan__augment a = adaptive(&desc);

    for (uint64_t i = 1; i < 30; i++) gan__augment_adapt(&a, i, 7, 0.9);
    ck_assert(a.probability == 0.8);
    desc.most = 0.35;
    desc.probability = 0.25;
    a = adaptive(&desc);
    ck_assert(a.probability == 0.25);
    for (uint64_t i = 1; i < 30; i++) gan__augment_adapt(&a, i, 7, 0.9);
    ck_assert(a.probability == 0.35);
}

/* As in the paper: batches of 64, interval 4, 500,000 images. */
TEST(the_defaults_are_the_papers)
{
    const gan_augment_desc desc = {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_COLOR, .target = 0.6};
    gan__augment a = adaptive(&desc);

    for (uint64_t i = 1; i < 4; i++) gan__augment_adapt(&a, i, 64, 1);
    ck_assert(a.probability == 0);
    gan__augment_adapt(&a, 4, 64, 1);
    expect_near(a.probability, 256.0 / 500000, 0, 1e-15);
}

/* ---- refusals ---- */

TEST(what_makes_no_sense_is_refused)
{
    static const struct {
        gan_augment_desc desc;
        const char *says;
    } bad[] = {
        {{GAN_AUGMENT_DESC_INIT, .operations = 64}, "there are none beyond 0x3f"},
        {{GAN_AUGMENT_DESC_INIT, .operations = 1, .probability = 1.5},
         "probability of 0 to 1 expected, got 1.5"},
        {{GAN_AUGMENT_DESC_INIT, .operations = 1, .probability = -0.1}, "got -0.1"},
        {{GAN_AUGMENT_DESC_INIT, .operations = 1, .fill = INFINITY}, "finite fill expected"},
        {{GAN_AUGMENT_DESC_INIT, .operations = 1, .fill = 1e300}, "finite fill expected"},
        {{GAN_AUGMENT_DESC_INIT, .operations = 1, .target = 1}, "target of 0 to below 1 expected"},
        {{GAN_AUGMENT_DESC_INIT, .operations = 1, .target = (double)NAN}, "target of 0 to below 1"},
        {{GAN_AUGMENT_DESC_INIT, .operations = 1, .interval = 2}, "interval 2 and most 0 without"},
        {{GAN_AUGMENT_DESC_INIT, .operations = 1, .target = 0.5, .most = 1.25},
         "most of 0 to 1 expected, got 1.25"},
        {{GAN_AUGMENT_DESC_INIT, .operations = 1, .target = 0.5, .probability = 0.9},
         "begins with probability 0.9, above most, 0.8"},
        {{GAN_AUGMENT_DESC_INIT, .fill = -1}, "fill -1 and target 0 without operations"},
        {{.struct_size = 8, .operations = 1}, "struct_size is 8"},
    };
    float x[16] = {0};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_fails(gan_augment_samples(&bad[i].desc, gan_shape_3d(1, 4, 4), 0, 0, 1, x),
                     GAN_ERR_INVALID, bad[i].says);
        expect_fails(gan_augment_gradients(&bad[i].desc, gan_shape_3d(1, 4, 4), 0, 0, 1, x),
                     GAN_ERR_INVALID, bad[i].says);
    }
}

TEST(arguments_are_checked)
{
    const gan_augment_desc desc = {GAN_AUGMENT_DESC_INIT, ALL};
    const gan_augment_desc none = {GAN_AUGMENT_DESC_INIT};
    float x[16] = {1}, same[16] = {1};

    expect_fails(gan_augment_samples(NULL, gan_shape_3d(1, 4, 4), 0, 0, 1, x), GAN_ERR_INVALID,
                 "desc is NULL");
    expect_fails(gan_augment_samples(&desc, gan_shape_3d(1, 4, 4), 0, 0, 1, NULL), GAN_ERR_INVALID,
                 "samples is NULL");
    expect_fails(gan_augment_gradients(&desc, gan_shape_3d(1, 4, 4), 0, 0, 1, NULL),
                 GAN_ERR_INVALID, "gradients is NULL");
    expect_fails(gan_augment_samples(&desc, gan_shape_1d(16), 0, 0, 1, x), GAN_ERR_SHAPE,
                 "[channels, height, width], expected; the samples are [16]");
    expect_fails(gan_augment_gradients(&desc, gan_shape_2d(4, 4), 0, 0, 1, x), GAN_ERR_SHAPE,
                 "the samples are [4, 4]");
    expect_ok(gan_augment_samples(&desc, gan_shape_3d(1, 4, 4), 0, 0, 0, NULL));
    expect_ok(gan_augment_samples(&none, gan_shape_1d(16), 0, 0, 1, x));
    expect_same_bits(x, same, sizeof x);
}
