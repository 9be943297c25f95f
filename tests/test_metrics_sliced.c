/* test_metrics_sliced.c - sliced Wasserstein distances against their definition, and which
 * differences they detect. */
#include "budget.h"
#include "expect.h"

#include "math/rng_internal.h"

#include <gan/metrics.h>
#include <gan/rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Pictures of smooth spots, and noise of their own. */
static float *spots(size_t n, size_t c, size_t h, size_t w, uint64_t seed, float noise)
{
    float *x = malloc(n * c * h * w * sizeof *x), places[2];
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    gan_rng_normal(rng, n * c * h * w, x);
    for (size_t i = 0; i < n * c; i++) {
        gan_rng_uniform(rng, 2, places);
        for (size_t y = 0; y < h; y++)
            for (size_t k = 0; k < w; k++) {
                const float u = ((float)k / (float)w - places[0]) * 4,
                            v = ((float)y / (float)h - places[1]) * 4;
                float *at = &x[(i * h + y) * w + k];

                *at = noise * *at + expf(-u * u - v * v);
            }
    }
    gan_rng_destroy(rng);
    return x;
}

/* ---- the definition, in doubles, with full 5x5 kernels ---- */

static size_t mirror(long i, size_t n)
{
    if (i < 0) i = -i;
    if (i >= (long)n) i = 2 * ((long)n - 1) - i;
    return (size_t)i;
}

static void smooth(const double *x, size_t h, size_t w, double gain, double *out)
{
    static const double g[5] = {1, 4, 6, 4, 1};

    for (size_t y = 0; y < h; y++)
        for (size_t k = 0; k < w; k++) {
            double sum = 0;

            for (long v = -2; v <= 2; v++)
                for (long u = -2; u <= 2; u++)
                    sum += g[v + 2] * g[u + 2] / 256 *
                           x[mirror((long)y + v, h) * w + mirror((long)k + u, w)];
            out[y * w + k] = gain * sum;
        }
}

enum { LARGEST = 64 * 48 };

/* One pyramid level of a plane. */
static void level_of(const float *plane, size_t h, size_t w, size_t level, size_t n_levels,
                     double *out)
{
    static double x[LARGEST], low[LARGEST], wide[LARGEST];

    for (size_t i = 0; i < h * w; i++) x[i] = (double)plane[i];
    for (size_t l = 0;; l++, h /= 2, w /= 2) {
        if (l == level && l + 1 == n_levels) {
            memcpy(out, x, h * w * sizeof *out);
            return;
        }
        smooth(x, h, w, 1, low);
        memset(wide, 0, sizeof wide);
        for (size_t y = 0; y < h; y += 2)
            for (size_t k = 0; k < w; k += 2) wide[y * w + k] = low[y * w + k];
        if (l == level) {
            smooth(wide, h, w, 4, low);
            for (size_t i = 0; i < h * w; i++) out[i] = x[i] - low[i];
            return;
        }
        for (size_t y = 0; y < h / 2; y++)
            for (size_t k = 0; k < w / 2; k++) x[y * (w / 2) + k] = wide[2 * y * w + 2 * k];
    }
}

enum { N = 6, C = 2, H = 64, W = 48, PATCHES = 9, SLICES = 37, LENGTH = 49 * C };

/* All patches of a set, normalised. */
static void patches_of(const float *x, size_t level, size_t n_levels, uint64_t seed,
                       double out[N * PATCHES][LENGTH])
{
    static double plane[LARGEST];
    const size_t h = H >> level, w = W >> level;

    for (size_t c = 0; c < C; c++) {
        double sum = 0, squares = 0, mean, deviation;

        for (size_t i = 0; i < N; i++) {
            level_of(x + (i * C + c) * H * W, H, W, level, n_levels, plane);
            for (size_t p = 0; p < PATCHES; p++) {
                const uint64_t at = 2 * (i * PATCHES + p) + ((uint64_t)level << 48);
                const size_t y = gan__rng_below(seed, GAN__STREAM_PATCHES, at, (uint32_t)(h - 6));
                const size_t k =
                    gan__rng_below(seed, GAN__STREAM_PATCHES, at + 1, (uint32_t)(w - 6));

                for (size_t m = 0; m < 49; m++) {
                    const double v = plane[(y + m / 7) * w + k + m % 7];

                    out[i * PATCHES + p][c * 49 + m] = v;
                    sum += v;
                    squares += v * v;
                }
            }
        }
        mean = sum / (N * PATCHES * 49);
        deviation = sqrt(squares / (N * PATCHES * 49) - mean * mean);
        for (size_t i = 0; i < N * PATCHES; i++)
            for (size_t m = c * 49; m < (c + 1) * 49; m++)
                out[i][m] = (out[i][m] - mean) / deviation;
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double distance(const float *a, const float *b, size_t level, size_t n_levels, uint64_t seed)
{
    static double patches[2][N * PATCHES][LENGTH];
    double sum = 0;

    patches_of(a, level, n_levels, seed, patches[0]);
    patches_of(b, level, n_levels, seed, patches[1]);
    for (size_t s = 0; s < SLICES; s++) {
        float direction[LENGTH];
        double seen[2][N * PATCHES], length = 0;

        gan__rng_normal(seed, GAN__STREAM_SLICES, s * LENGTH, LENGTH, direction);
        for (size_t m = 0; m < LENGTH; m++) length += (double)direction[m] * (double)direction[m];
        for (size_t set = 0; set < 2; set++) {
            for (size_t i = 0; i < N * PATCHES; i++) {
                seen[set][i] = 0;
                for (size_t m = 0; m < LENGTH; m++)
                    seen[set][i] += patches[set][i][m] * (double)direction[m] / sqrt(length);
            }
            qsort(seen[set], N * PATCHES, sizeof(double), ascending);
        }
        for (size_t i = 0; i < N * PATCHES; i++) sum += fabs(seen[0][i] - seen[1][i]);
    }
    return sum / (SLICES * N * PATCHES);
}

TEST_EACH(distances_are_the_definition, 0, 3)
{
    const gan_shape shape = gan_shape_3d(C, H, W);
    const gan_sliced_desc desc = {GAN_SLICED_DESC_INIT, .patches = PATCHES, .projections = SLICES,
                                  .seed = (uint64_t)_i, .n_threads = (size_t)_i + 1};
    float *a = spots(N, C, H, W, 1, 0.05f), *b = spots(N, C, H, W, 2, 0.1f);
    double found[2];

    ck_assert_uint_eq(gan_metrics_pyramid_levels(shape), 2);
    expect_ok(gan_metrics_sliced_wasserstein(found, 2, a, b, N, shape, &desc));
    for (size_t l = 0; l < 2; l++)
        expect_near(found[l], distance(a, b, l, 2, (uint64_t)_i), 1e-5, 0);
    free(a);
    free(b);
}

/* ---- properties ---- */

TEST(levels_end_with_16_pixels_and_odd_sides)
{
    static const struct {
        gan_shape shape;
        size_t levels;
    } cases[] = {{{3, {3, 32, 32, 0}}, 2}, {{3, {1, 64, 64, 0}}, 3},   {{2, {128, 128, 0, 0}}, 4},
                 {{3, {1, 28, 28, 0}}, 0}, {{3, {1, 64, 32, 0}}, 2},   {{2, {36, 36, 0, 0}}, 2},
                 {{2, {33, 64, 0, 0}}, 0}, {{3, {1, 100, 100, 0}}, 3}, {{1, {1024, 0, 0, 0}}, 0},
                 {{4, {1, 1, 64, 64}}, 0}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_uint_eq(gan_metrics_pyramid_levels(cases[i].shape), cases[i].levels);
}

TEST(a_set_is_at_no_distance_from_itself_and_both_ways_are_as_long)
{
    const gan_shape shape = gan_shape_2d(32, 32);
    float *a = spots(20, 1, 32, 32, 1, 0.1f), *b = spots(20, 1, 32, 32, 2, 0.1f);
    double there[2], back[2], none[2];

    expect_ok(gan_metrics_sliced_wasserstein(none, 2, a, a, 20, shape, NULL));
    expect_ok(gan_metrics_sliced_wasserstein(there, 2, a, b, 20, shape, NULL));
    expect_ok(gan_metrics_sliced_wasserstein(back, 2, b, a, 20, shape, NULL));
    ck_assert(none[0] == 0 && none[1] == 0);
    expect_same_bits(there, back, sizeof there);
    ck_assert(there[0] > 0 && there[1] > 0);
    free(a);
    free(b);
}

/* A channel without contrast yields finite distances. */
TEST(a_flat_picture_gives_numbers)
{
    static float flat[3 * 32 * 32];
    float *b = spots(3, 1, 32, 32, 2, 0.1f);
    double found[2];

    expect_ok(gan_metrics_sliced_wasserstein(found, 2, flat, b, 3, gan_shape_2d(32, 32), NULL));
    ck_assert(found[0] > 0.1 && found[0] < 10 && found[1] > 0.1 && found[1] < 10);
    free(b);
}

/* Only the finest level detects noise of single pixels; two sets of one distribution are the floor
 * of both. */
TEST(fine_noise_is_seen_on_the_finest_level)
{
    enum { MANY = 200 };
    const gan_shape shape = gan_shape_2d(32, 32);
    float *real = spots(MANY, 1, 32, 32, 1, 0.02f), *more = spots(MANY, 1, 32, 32, 2, 0.02f),
          *noisy = spots(MANY, 1, 32, 32, 3, 0.02f);
    double floor[2], found[2];

    /* Every second pixel brighter, every other darker: the level below has their mean. */
    for (size_t i = 0; i < MANY * 1024; i++) noisy[i] += (i + i / 32) % 2 ? 0.05f : -0.05f;
    expect_ok(gan_metrics_sliced_wasserstein(floor, 2, real, more, MANY, shape, NULL));
    expect_ok(gan_metrics_sliced_wasserstein(found, 2, real, noisy, MANY, shape, NULL));
    ck_assert_double_gt(found[0], 5 * floor[0]);
    ck_assert_double_lt(found[1], 3 * floor[1]);
    free(real);
    free(more);
    free(noisy);
}

/* ---- failures ---- */

TEST(bad_arguments_are_refused)
{
    const gan_shape shape = gan_shape_2d(32, 32);
    const gan_allocator half = {0};
    const gan_sliced_desc many = {GAN_SLICED_DESC_INIT, .patches = 4097};
    const gan_sliced_desc bad = {GAN_SLICED_DESC_INIT, .allocator = &half};
    float *x = spots(2, 1, 32, 32, 1, 0.1f);
    double d[2] = {2.385, 2.385};

    expect_fails(gan_metrics_sliced_wasserstein(NULL, 2, x, x, 2, shape, NULL), GAN_ERR_INVALID,
                 "is NULL");
    expect_fails(gan_metrics_sliced_wasserstein(d, 2, NULL, x, 2, shape, NULL), GAN_ERR_INVALID,
                 "is NULL");
    expect_fails(gan_metrics_sliced_wasserstein(d, 2, x, NULL, 2, shape, NULL), GAN_ERR_INVALID,
                 "is NULL");
    expect_fails(gan_metrics_sliced_wasserstein(d, 2, x, x, 0, shape, NULL), GAN_ERR_INVALID,
                 "got 0");
    expect_fails(gan_metrics_sliced_wasserstein(d, 2, x, x, 32769, shape, NULL), GAN_ERR_INVALID,
                 "1 to 32768 pictures expected");
    expect_fails(gan_metrics_sliced_wasserstein(d, 2, x, x, 2, shape, &many), GAN_ERR_INVALID,
                 "4097");
    expect_fails(gan_metrics_sliced_wasserstein(d, 2, x, x, 2, shape, &bad), GAN_ERR_INVALID,
                 "allocator");
    expect_fails(gan_metrics_sliced_wasserstein(d, 3, x, x, 2, shape, NULL), GAN_ERR_SHAPE,
                 "room for 2 distances expected, got 3");
    expect_fails(gan_metrics_sliced_wasserstein(d, 2, x, x, 1, gan_shape_2d(28, 28), NULL),
                 GAN_ERR_SHAPE, "sides of at least 32");
    x[1024 + 5] = NAN;
    expect_fails(gan_metrics_sliced_wasserstein(d, 2, x, x, 2, shape, NULL), GAN_ERR_NONFINITE,
                 "value 5 of picture 1");
    ck_assert(d[0] == 2.385 && d[1] == 2.385);
    free(x);
}

TEST(a_forked_child_has_no_threads)
{
    float *x = spots(2, 1, 32, 32, 1, 0.1f);
    gan_sliced_desc desc = {GAN_SLICED_DESC_INIT, .patches = 2, .projections = 2};
    double d[2];
    gan_pool *pool;
    pid_t child;
    int status = 0;

    expect_ok(gan_pool_create(&pool, 2, NULL));
    desc.pool = pool;
    child = fork();
    if (child == 0)
        _exit(gan_metrics_sliced_wasserstein(d, 2, x, x, 2, gan_shape_2d(32, 32), &desc) ==
                      GAN_ERR_INVALID
                  ? 0
                  : 1);
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    gan_pool_destroy(pool);
    free(x);
}

TEST(a_lack_of_memory_is_survived)
{
    float *x = spots(2, 1, 32, 32, 1, 0.1f);
    budget b;
    gan_sliced_desc desc = {GAN_SLICED_DESC_INIT, .patches = 2, .projections = 2, .n_threads = 1};
    double d[2] = {2.385, 2.385};
    size_t allowed = 0;

    for (gan_status status = GAN_ERR_NOMEM; status != GAN_OK; allowed++) {
        budget_init(&b, allowed);
        desc.allocator = &b.allocator;
        status = gan_metrics_sliced_wasserstein(d, 2, x, x, 2, gan_shape_2d(32, 32), &desc);
        ck_assert_uint_eq(budget_live(&b), 0);
        if (status == GAN_OK) break;
        expect_status(status, GAN_ERR_NOMEM);
        ck_assert(d[0] == 2.385);
    }
    ck_assert_uint_gt(allowed, 10);
    free(x);
}
