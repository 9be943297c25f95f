/* test_rng.c - Philox streams: known answers, statistics, and values as a function of position. */
#include "budget.h"
#include "expect.h"
#include "math/kernels_simd_internal.h"
#include "math/rng_internal.h"

#include <gan/rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Philox 4x32-10 by its paper, one block, independent of the library's. */
static void philox_plain(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];

    memcpy(out, counter, 4 * sizeof *out);
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        uint64_t p0 = (uint64_t)out[0] * 0xD2511F53u, p1 = (uint64_t)out[2] * 0xCD9E8D57u;
        uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ out[1] ^ k0, (uint32_t)p1,
                            (uint32_t)(p0 >> 32) ^ out[3] ^ k1, (uint32_t)p0};

        memcpy(out, next, sizeof next);
    }
}

static void words_of(uint64_t x, uint32_t *out)
{
    out[0] = (uint32_t)x;
    out[1] = (uint32_t)(x >> 32);
}

/* The known-answer vectors of the authors' code: counter, key, result. */
static const struct {
    uint64_t block, stream, seed;
    uint32_t out[4];
} known[] = {
    {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {0x85a308d3243f6a88,
     0x0370734413198a2e,
     0x299f31d0a4093822,
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

TEST(known_answers_on_every_instruction_set)
{
    const gan__simd *simd;

    ck_assert_ptr_nonnull(gan__simd_variant(0));
    for (size_t v = 0; (simd = gan__simd_variant(v)); v++)
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            uint32_t out[4], plain[4], counter[4], key[2];

            simd->philox(known[i].seed, known[i].stream, known[i].block, 1, out);
            expect_same_bits(out, known[i].out, sizeof out);
            words_of(known[i].block, counter);
            words_of(known[i].stream, counter + 2);
            words_of(known[i].seed, key);
            philox_plain(counter, key, plain);
            expect_same_bits(plain, known[i].out, sizeof plain);
        }
}

TEST(many_blocks_are_the_blocks_one_by_one)
{
    const uint64_t seed = 0x123456789abcdef0, stream = 0xfedcba9876543210, first = 0xfffffff0;
    const gan__simd *simd;
    uint32_t out[4 * 100];

    for (size_t v = 0; (simd = gan__simd_variant(v)); v++)
        for (size_t n = 0; n <= 100; n += n < 20 ? 1 : 16) {
            memset(out, 0, sizeof out);
            simd->philox(seed, stream, first, n, out);
            for (size_t b = 0; b < 100; b++) {
                uint32_t counter[4], key[2], plain[4] = {0};

                words_of(first + b, counter);
                words_of(stream, counter + 2);
                words_of(seed, key);
                if (b < n) philox_plain(counter, key, plain);
                expect_same_bits(out + 4 * b, plain, sizeof plain);
            }
        }
}

static gan_rng *stream_at(uint64_t seed, uint64_t stream, uint64_t position)
{
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, seed, stream, NULL));
    gan_rng_seek(rng, position);
    return rng;
}

TEST(value_p_is_word_p_mod_4_of_block_p_div_4)
{
    const uint64_t positions[] = {0, 1, 2, 3, 4, 1021, ((uint64_t)5 << 34) + 2, UINT64_MAX};

    for (size_t i = 0; i < sizeof positions / sizeof positions[0]; i++) {
        const uint64_t p = positions[i];
        gan_rng *rng = stream_at(0x0badcafe2385, 7, p);
        uint32_t counter[4], key[2], plain[4];
        float x, wanted;

        words_of(p / 4, counter);
        words_of(7, counter + 2);
        words_of(0x0badcafe2385, key);
        philox_plain(counter, key, plain);
        ck_assert_uint_eq(gan__rng_bits(0x0badcafe2385, 7, p), plain[p % 4]);
        gan_rng_uniform(rng, 1, &x);
        wanted = (float)(plain[p % 4] >> 8) * 0x1p-24f;
        expect_same_bits(&x, &wanted, sizeof x);
        gan_rng_destroy(rng);
    }
}

TEST(normals_are_box_muller_on_pairs_of_words)
{
    enum { N = 1000 };
    float x[N];

    gan__rng_normal(99, 3, 0, N, x);
    for (size_t i = 0; i < N; i += 2) {
        const double u = ((gan__rng_bits(99, 3, i) >> 8) + 1) * 0x1p-24;
        const double angle = 2 * acos(-1) * ((gan__rng_bits(99, 3, i + 1) >> 8) * 0x1p-24);
        const double radius = sqrt(-2 * log(u));

        expect_near(x[i], radius * cos(angle), 1e-6, 1e-6);
        expect_near(x[i + 1], radius * sin(angle), 1e-6, 1e-6);
    }
}

TEST(every_instruction_set_gives_the_same_numbers)
{
    enum { N = 4000 };
    static uint32_t bits[N];
    static float u[N], z[N], other[N];
    const gan__simd *base = gan__simd_variant(0), *simd;

    base->philox(5, 6, 7, N / 4, bits);
    /* The corners of the normal's domain, too. */
    bits[0] = 0, bits[1] = 0, bits[2] = UINT32_MAX, bits[3] = UINT32_MAX;
    base->uniform(N, bits, u);
    base->normal(N, bits, z);
    for (size_t i = 0; i < N; i++) ck_assert(u[i] >= 0 && u[i] < 1 && fabsf(z[i]) < 5.8f);
    for (size_t v = 1; (simd = gan__simd_variant(v)); v++) {
        simd->uniform(N, bits, other);
        expect_same_bits(other, u, sizeof u);
        simd->normal(N, bits, other);
        expect_same_bits(other, z, sizeof z);
    }
}

TEST(the_same_seed_and_stream_give_the_same_values)
{
    gan_rng *a = stream_at(1, 2, 0), *b = stream_at(1, 2, 0);
    float x[100], y[100];

    gan_rng_normal(a, 100, x);
    gan_rng_normal(b, 100, y);
    expect_same_bits(x, y, sizeof x);
    gan_rng_destroy(a);
    gan_rng_destroy(b);
}

TEST(pieces_of_any_length_are_the_whole)
{
    enum { N = 1500 };
    static float whole[N], pieces[N];

    for (int normal = 0; normal < 2; normal++) {
        gan_status (*draw)(gan_rng *, size_t, float *) = normal ? gan_rng_normal : gan_rng_uniform;
        gan_rng *a = stream_at(77, 1, 0), *b = stream_at(77, 1, 0);
        size_t done = 0;

        draw(a, N, whole);
        for (size_t length = 0; done < N; length = (length + 3) % 301) {
            const size_t n = length < N - done ? length : N - done;

            ck_assert_uint_eq(gan_rng_position(b), done);
            draw(b, n, pieces + done);
            done += n;
        }
        expect_same_bits(pieces, whole, sizeof whole);
        gan_rng_destroy(a);
        gan_rng_destroy(b);
    }
}

TEST(drawing_writes_no_more_than_asked_for)
{
    for (size_t n = 0; n < 20; n++) {
        gan_rng *rng = stream_at(1, 1, 3);
        float x[21];

        for (size_t i = 0; i < 21; i++) x[i] = 2.385f;
        gan_rng_uniform(rng, n, x);
        for (size_t i = 0; i < 21; i++) ck_assert_int_eq(x[i] == 2.385f, i >= n);
        gan_rng_normal(rng, n, x);
        ck_assert(x[n] == 2.385f);
        ck_assert_uint_eq(gan_rng_position(rng), 3 + 2 * n);
        gan_rng_destroy(rng);
    }
}

TEST(seeking_finds_the_values_that_stand_there)
{
    gan_rng *rng = stream_at(4, 5, 0);
    float first[40], again[30];

    gan_rng_uniform(rng, 40, first);
    gan_rng_seek(rng, 10);
    ck_assert_uint_eq(gan_rng_position(rng), 10);
    gan_rng_uniform(rng, 30, again);
    expect_same_bits(again, first + 10, sizeof again);
    gan_rng_seek(rng, UINT64_MAX - 1);
    ck_assert_uint_eq(gan_rng_position(rng), UINT64_MAX - 1);
    gan_rng_destroy(rng);
}

static double mean_power(const float *x, size_t n, double center, int power)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) sum += pow((double)x[i] - center, power);
    return sum / (double)n;
}

TEST(uniforms_are_even)
{
    enum { N = 200000, BINS = 64 };
    float *x = malloc(N * sizeof *x);
    double chi2 = 0;
    size_t count[BINS] = {0}, outside = 0;

    gan__rng_uniform(2024, 9, 0, N, x);
    for (size_t i = 0; i < N; i++) {
        const int inside = x[i] >= 0 && x[i] < 1;
        outside += !inside || x[i] * 0x1p24f != floorf(x[i] * 0x1p24f);
        if (inside) count[(size_t)(x[i] * BINS)]++;
    }
    ck_assert_uint_eq(outside, 0);
    for (size_t b = 0; b < BINS; b++)
        chi2 += pow((double)count[b] - (double)N / BINS, 2) / ((double)N / BINS);
    /* 63 degrees of freedom: mean 63, standard deviation 11. */
    ck_assert_msg(chi2 > 25 && chi2 < 125, "chi squared is %g", chi2);
    expect_near(mean_power(x, N, 0, 1), 0.5, 0, 4 * 0.2887 / sqrt(N));
    expect_near(mean_power(x, N, 0.5, 2), 1.0 / 12, 0, 4 * 0.0745 / sqrt(N));
    free(x);
}

TEST(normals_have_the_moments_and_tails_of_a_normal)
{
    enum { N = 400000 };
    float *x = malloc(N * sizeof *x);
    size_t beyond1 = 0, beyond2 = 0, beyond3 = 0, beyond4 = 0, too_far = 0;

    gan__rng_normal(2025, 9, 0, N, x);
    for (size_t i = 0; i < N; i++) {
        too_far += !(fabsf(x[i]) < 5.8f);
        beyond1 += fabsf(x[i]) > 1;
        beyond2 += fabsf(x[i]) > 2;
        beyond3 += fabsf(x[i]) > 3;
        beyond4 += fabsf(x[i]) > 4;
    }
    ck_assert_uint_eq(too_far, 0);
    expect_near(mean_power(x, N, 0, 1), 0, 0, 4 / sqrt(N));
    expect_near(mean_power(x, N, 0, 2), 1, 0, 4 * sqrt(2.0 / N));
    expect_near(mean_power(x, N, 0, 3), 0, 0, 4 * sqrt(15.0 / N));
    expect_near(mean_power(x, N, 0, 4), 3, 0, 4 * sqrt(96.0 / N));
    expect_near((double)beyond1 / N, 0.317311, 0, 4 * sqrt(0.2166 / N));
    expect_near((double)beyond2 / N, 0.045500, 0, 4 * sqrt(0.0434 / N));
    expect_near((double)beyond3 / N, 0.002700, 0, 4 * sqrt(0.0027 / N));
    ck_assert(beyond4 > 5 && beyond4 < 55); /* 25 expected */
    free(x);
}

static double correlation(const float *x, const float *y, size_t n)
{
    double xy = 0, xx = 0, yy = 0;

    for (size_t i = 0; i < n; i++) {
        xy += (double)x[i] * (double)y[i];
        xx += (double)x[i] * (double)x[i];
        yy += (double)y[i] * (double)y[i];
    }
    return xy / sqrt(xx * yy);
}

TEST(streams_seeds_and_neighbours_are_uncorrelated)
{
    enum { N = 100000 };
    const double bound = 4 / sqrt(N);
    float *x = malloc((N + 1) * sizeof *x), *y = malloc(N * sizeof *y);
    const struct {
        uint64_t seed, stream, position;
    } others[] = {
        {1, 1, 0}, {2, 0, 0}, {1, (uint64_t)1 << 32, 0}, {(uint64_t)1 << 32 | 1, 0, 0}, {1, 0, N}};

    gan__rng_normal(1, 0, 0, N + 1, x);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        gan__rng_normal(others[i].seed, others[i].stream, others[i].position, N, y);
        expect_near(correlation(x, y, N), 0, 0, bound);
    }
    expect_near(correlation(x, x + 1, N), 0, 0, bound);
    for (size_t i = 0; i < N; i++) y[i] = x[i + 1] * x[i + 1] - 1;
    for (size_t i = 0; i < N; i++) x[i] = x[i] * x[i] - 1;
    expect_near(correlation(x, y, N), 0, 0, bound);
    free(x);
    free(y);
}

TEST(below_stays_below_and_is_even)
{
    const uint32_t bounds[] = {2, 3, 7, 10, 64};

    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++) {
        enum { N = 50000 };
        gan_rng *rng = stream_at(31, b, 0);
        size_t count[64] = {0}, beyond = 0;
        double chi2 = 0, each = (double)N / bounds[b], freedom = bounds[b] - 1;

        for (size_t i = 0; i < N; i++) {
            const uint32_t x = gan_rng_below(rng, bounds[b]);

            if (x < bounds[b])
                count[x]++;
            else
                beyond++;
        }
        ck_assert_uint_eq(beyond, 0);
        ck_assert_uint_eq(gan_rng_position(rng), N);
        for (size_t i = 0; i < bounds[b]; i++) chi2 += pow((double)count[i] - each, 2) / each;
        ck_assert_msg(chi2 < freedom + 4 * sqrt(2 * freedom) + 4, "bound %u: chi squared is %g",
                      bounds[b], chi2);
        gan_rng_destroy(rng);
    }
}

TEST(below_has_no_bias_where_a_remainder_would)
{
    /* For 3 * 2^30 values 32 bits modulo the bound hit the first third twice as often. */
    enum { N = 60000 };
    const uint32_t bound = 3221225472u;
    gan_rng *rng = stream_at(8, 8, 0);
    size_t thirds[3] = {0};

    for (size_t i = 0; i < N; i++) thirds[gan_rng_below(rng, bound) / 1073741824u]++;
    ck_assert_uint_eq(gan_rng_position(rng), N);
    for (size_t i = 0; i < 3; i++)
        expect_near((double)thirds[i] / N, 1.0 / 3, 0, 4 * sqrt(2.0 / 9 / N));
    gan_rng_destroy(rng);
}

TEST(below_is_a_function_of_position)
{
    const uint32_t bound = 3221225473u;
    gan_rng *rng = stream_at(8, 8, 0);
    uint32_t x[50];

    for (size_t i = 0; i < 50; i++) x[i] = gan_rng_below(rng, bound);
    for (size_t i = 50; i-- > 0;) {
        gan_rng_seek(rng, i);
        ck_assert_uint_eq(gan_rng_below(rng, bound), x[i]);
    }
    gan_rng_destroy(rng);
}

TEST(below_knows_its_smallest_bounds)
{
    gan_rng *rng = stream_at(1, 1, 0);

    ck_assert_uint_eq(gan_rng_below(rng, 0), 0);
    ck_assert_uint_eq(gan_rng_below(rng, 1), 0);
    ck_assert_uint_eq(gan_rng_below(NULL, 10), 0);
    gan_rng_destroy(rng);
}

/* The standard normal probability between two numbers. */
static double share_between(double a, double b)
{
    return (erf(b / sqrt(2)) - erf(a / sqrt(2))) / 2;
}

TEST(truncated_normals_are_what_is_left_of_a_normal)
{
    enum { N = 200000, BINS = 8 };
    const double bounds[] = {0.5, 1, 2, (double)INFINITY};
    static float x[N];

    for (size_t i = 0; i < 4; i++) {
        const double wide = bounds[i] < 3 ? bounds[i] : 3;
        double counts[BINS] = {0};
        size_t beyond = 0;
        gan_rng *rng;

        expect_ok(gan_rng_create(&rng, 3, i, NULL));
        gan_rng_truncated_normal(rng, bounds[i], N, x);
        ck_assert_uint_eq(gan_rng_position(rng), N);
        for (size_t j = 0; j < N; j++) {
            const double at = floor(((double)x[j] + wide) / (2 * wide) * BINS);

            beyond += !(fabs((double)x[j]) <= bounds[i] && fabs((double)x[j]) < 5.8);
            if (at >= 0 && at < BINS) counts[(size_t)at] += 1;
        }
        ck_assert_uint_eq(beyond, 0);
        for (size_t k = 0; k < BINS; k++) {
            const double a = -wide + 2 * wide * (double)k / BINS;
            const double p = share_between(a, a + 2 * wide / BINS) /
                             (isinf(bounds[i]) ? 1 : share_between(-wide, wide));

            expect_near(counts[k] / N, p, 0, 5 * sqrt(p / N)); /* 5 standard deviations */
        }
        gan_rng_destroy(rng);
    }
}

/* Each is the quantile of the uniform number at its position, but for rounding. */
TEST(truncated_normals_invert_the_distribution)
{
    enum { N = 5000 };
    static float u[N], x[N], again[N];
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, 4, 4, NULL));
    gan_rng_uniform(rng, N, u);
    for (int i = 0; i < 3; i++) {
        const double bound = i == 0 ? 1e-3 : i == 1 ? 1.5 : (double)INFINITY;
        const double all = isinf(bound) ? 1 : 2 * share_between(0, bound);

        gan_rng_seek(rng, 0);
        gan_rng_truncated_normal(rng, bound, N, x);
        for (size_t j = 0; j < N; j++)
            expect_near(0.5 + share_between(0, (double)x[j]) / all, (double)u[j] + 1.0 / (1 << 25),
                        0, 4e-8);
        gan_rng_seek(rng, 100);
        gan_rng_truncated_normal(rng, bound, 7, again);
        expect_same_bits(again, x + 100, 7 * sizeof *x);
        expect_ok(gan_rng_truncated_normal(rng, bound, 0, NULL));
        expect_fails(gan_rng_truncated_normal(NULL, bound, 1, again), GAN_ERR_INVALID,
                     "rng: is NULL");
        expect_fails(gan_rng_truncated_normal(rng, bound, 1, NULL), GAN_ERR_INVALID,
                     "rng: out is NULL for 1 values");
        expect_fails(gan_rng_truncated_normal(rng, 0, 1, again), GAN_ERR_INVALID,
                     "rng: a bound above 0 expected, got 0");
        expect_fails(gan_rng_truncated_normal(rng, NAN, 1, again), GAN_ERR_INVALID, "nan");
        ck_assert_uint_eq(gan_rng_position(rng), 107);
        expect_same_bits(again, x + 100, 7 * sizeof *x);
    }
    gan_rng_destroy(rng);
}

/* The chi-squared statistic of labels against their weights. */
static double label_chi2(const uint8_t *labels, size_t n, const double *weights, size_t n_classes)
{
    double chi2 = 0, largest = 1, all = 0;

    for (size_t k = 0; weights && k < n_classes; k++)
        if (k == 0 || weights[k] > largest) largest = weights[k];
    for (size_t k = 0; k < n_classes; k++) all += (weights ? weights[k] : 1) / largest;
    for (size_t k = 0; k < n_classes; k++) {
        const double wanted = (double)n * ((weights ? weights[k] : 1) / largest) / all;
        size_t found = 0;

        for (size_t i = 0; i < n; i++) found += labels[i] == k;
        ck_assert(wanted > 0 || found == 0);
        if (wanted > 0) chi2 += pow((double)found - wanted, 2) / wanted;
    }
    return chi2;
}

TEST(labels_are_as_likely_as_their_weights)
{
    enum { N = 50000 };
    static const double counts[] = {6000, 0, 1000, 3000, 0}, huge[] = {1e308, 1e308, 5e307},
                        tiny[] = {0, 5e-324, 0, 5e-324}, one[] = {0, 0, 7};
    const struct {
        const double *weights;
        size_t n;
    } cases[] = {{NULL, 10}, {NULL, 256}, {NULL, 1}, {counts, 5}, {huge, 3}, {tiny, 4}, {one, 3}};
    uint8_t *labels = malloc(N);

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        gan_rng *rng = stream_at(17, c, 3);
        const double freedom = (double)cases[c].n;
        double chi2;

        memset(labels, 255, N);
        gan_rng_labels(rng, cases[c].n, cases[c].weights, N, labels);
        ck_assert_uint_eq(gan_rng_position(rng), N + 3);
        chi2 = label_chi2(labels, N, cases[c].weights, cases[c].n);
        ck_assert_msg(chi2 < freedom + 4 * sqrt(2 * freedom) + 4, "case %zu: chi squared is %g", c,
                      chi2);
        gan_rng_destroy(rng);
    }
    free(labels);
}

/* Each from the 32 bits at its position, in any batch. */
TEST(labels_are_a_function_of_position)
{
    static const double weights[] = {1, 0, 2, 0.5};
    uint8_t all[50], one;
    gan_rng *rng = stream_at(17, 1, 0);

    gan_rng_labels(rng, 4, weights, 50, all);
    for (size_t i = 50; i-- > 0;) {
        const double u = ldexp((double)gan__rng_bits(17, 1, i), -32) * 3.5;

        gan_rng_seek(rng, i);
        gan_rng_labels(rng, 4, weights, 1, &one);
        ck_assert_int_eq(one, all[i]);
        ck_assert_int_eq(one, u < 1 ? 0 : u < 3 ? 2 : 3);
    }
    gan_rng_destroy(rng);
}

TEST(labels_that_cannot_be_drawn_are_not)
{
    static const double bad[][2] = {{0, 0}, {1, -1}, {1, NAN}, {(double)INFINITY, 1}};
    uint8_t label = 77;
    gan_rng *rng = stream_at(1, 1, 5);

    for (size_t i = 0; i < 4; i++)
        expect_fails(gan_rng_labels(rng, 2, bad[i], 1, &label), GAN_ERR_INVALID,
                     "rng: weights of 1 to 256 classes expected");
    expect_fails(gan_rng_labels(rng, 0, NULL, 1, &label), GAN_ERR_INVALID, "got 0 classes");
    expect_fails(gan_rng_labels(rng, 257, NULL, 1, &label), GAN_ERR_INVALID, "got 257 classes");
    expect_fails(gan_rng_labels(rng, 10, NULL, 1, NULL), GAN_ERR_INVALID, "labels is NULL");
    expect_fails(gan_rng_labels(NULL, 10, NULL, 1, &label), GAN_ERR_INVALID, "rng: is NULL");
    expect_ok(gan_rng_labels(rng, 10, NULL, 0, NULL));
    ck_assert_int_eq(label, 77);
    ck_assert_uint_eq(gan_rng_position(rng), 5);
    gan_rng_destroy(rng);
}

TEST(draws_without_a_stream_or_room_are_refused)
{
    float x = 2.385f;
    gan_rng *rng = stream_at(1, 1, 5);

    expect_fails(gan_rng_uniform(NULL, 1, &x), GAN_ERR_INVALID, "rng: is NULL");
    expect_fails(gan_rng_normal(NULL, 1, &x), GAN_ERR_INVALID, "rng: is NULL");
    expect_fails(gan_rng_uniform(rng, 3, NULL), GAN_ERR_INVALID, "rng: out is NULL for 3 values");
    expect_fails(gan_rng_normal(rng, 3, NULL), GAN_ERR_INVALID, "rng: out is NULL for 3 values");
    expect_fails(gan_rng_seek(NULL, 5), GAN_ERR_INVALID, "rng: is NULL");
    expect_ok(gan_rng_uniform(rng, 0, NULL));
    expect_ok(gan_rng_normal(rng, 0, NULL));
    ck_assert_uint_eq(gan_rng_position(rng), 5);
    gan_rng_destroy(rng);
    gan_rng_destroy(NULL);
    ck_assert(x == 2.385f);
    ck_assert_uint_eq(gan_rng_position(NULL), 0);
}

static gan_status make_rng(void **out, const gan_allocator *allocator, void *user)
{
    gan_rng *rng = user;
    gan_status status = gan_rng_create(&rng, 1, 2, allocator);

    *out = rng;
    return status;
}

static void end_rng(void *made)
{
    gan_rng_destroy(made);
}

TEST(creation_needs_memory_and_a_place)
{
    budget b;
    gan_allocator half;
    gan_rng *rng = (gan_rng *)&b;

    budget_sweep(make_rng, end_rng, &b);
    expect_fails(gan_rng_create(NULL, 1, 2, NULL), GAN_ERR_INVALID, "out is NULL");
    budget_init(&b, BUDGET_UNLIMITED);
    half = b.allocator;
    half.free = NULL;
    expect_fails(gan_rng_create(&rng, 1, 2, &half), GAN_ERR_INVALID, "allocator");
    ck_assert_ptr_null(rng);
}
