/* test_metrics.c - moments of sets of vectors, and the Fréchet distance of two. */
#include "budget.h"
#include "cloud.h"
#include "expect.h"
#include "golden.h"

#include <gan/metrics.h>
#include <gan/rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gan_moments *moments_of(const float *x, size_t n, size_t d)
{
    gan_moments *m;

    expect_ok(gan_moments_create(&m, d, NULL));
    expect_ok(gan_moments_add(m, x, n));
    return m;
}

static double distance_of(const float *a, size_t n_a, const float *b, size_t n_b, size_t d)
{
    gan_moments *x = moments_of(a, n_a, d), *y = moments_of(b, n_b, d);
    double distance;

    expect_ok(gan_metrics_frechet(&distance, x, y));
    gan_moments_destroy(x);
    gan_moments_destroy(y);
    return distance;
}

/* ---- moments ---- */

TEST(mean_and_covariance_are_numpys)
{
    enum { D = 6, N = 31 };
    golden *g = golden_open("metrics.bin");
    gan_moments *m = moments_of(golden_get(g, "plain_b", N * D), N, D);
    const float *wanted_mean = golden_get(g, "mean", D),
                *wanted_covariance = golden_get(g, "covariance", D * D);
    double mean[D], covariance[D * D];

    ck_assert(gan_moments_count(m) == N && gan_moments_dimension(m) == D);
    expect_ok(gan_moments_read(m, mean, covariance));
    for (size_t i = 0; i < D; i++) expect_near(mean[i], (double)wanted_mean[i], 1e-7, 0);
    for (size_t i = 0; i < D * D; i++)
        expect_near(covariance[i], (double)wanted_covariance[i], 1e-7, 1e-9);
    mean[0] = covariance[0] = -1;
    expect_ok(gan_moments_read(m, NULL, covariance));
    expect_ok(gan_moments_read(m, mean, NULL));
    expect_near(mean[0], (double)wanted_mean[0], 1e-7, 0);
    expect_near(covariance[0], (double)wanted_covariance[0], 1e-7, 0);
    gan_moments_destroy(m);
    golden_close(g);
}

TEST(the_calls_that_vectors_come_in_do_not_show)
{
    enum { D = 5, N = 131 };
    float *x = cloud(N, D, 1);
    gan_moments *whole = moments_of(x, N, D), *parts;
    double mean[2][D], covariance[2][D * D];

    expect_ok(gan_moments_create(&parts, D, NULL));
    for (size_t done = 0, n = 1; done < N; done += n) {
        n = 2 * n < N - done ? 2 * n : N - done;
        expect_ok(gan_moments_add(parts, x + done * D, n));
        expect_ok(gan_moments_add(parts, NULL, 0));
    }
    ck_assert_uint_eq(gan_moments_count(parts), N);
    expect_ok(gan_moments_read(whole, mean[0], covariance[0]));
    expect_ok(gan_moments_read(parts, mean[1], covariance[1]));
    expect_same_bits(mean[0], mean[1], sizeof mean[0]);
    expect_same_bits(covariance[0], covariance[1], sizeof covariance[0]);
    gan_moments_destroy(whole);
    gan_moments_destroy(parts);
    free(x);
}

/* At a mean of a million a float has 4 fractional bits, and these are exact. */
TEST(a_large_mean_does_not_hide_the_covariance)
{
    enum { N = 1000 };
    float x[N];
    gan_moments *m;
    double mean, variance;

    for (size_t i = 0; i < N; i++) x[i] = 1e6f + (i % 2 ? 0.5f : -0.5f);
    m = moments_of(x, N, 1);
    expect_ok(gan_moments_read(m, &mean, &variance));
    ck_assert(mean == 1e6);
    expect_near(variance, 0.25 * N / (N - 1), 1e-14, 0);
    gan_moments_destroy(m);
}

TEST(vectors_that_are_no_numbers_are_refused_whole)
{
    const float bad[3] = {NAN, INFINITY, -INFINITY};
    float x[6] = {1, 2, 3, 4, 5, 6};
    gan_moments *m = moments_of(x, 3, 2);
    double before[6], after[6];

    expect_ok(gan_moments_read(m, before, before + 2));
    for (size_t i = 0; i < 3; i++) {
        x[5] = bad[i];
        expect_fails(gan_moments_add(m, x, 3), GAN_ERR_NONFINITE, "value 1 of vector 2");
    }
    ck_assert_uint_eq(gan_moments_count(m), 3);
    expect_ok(gan_moments_read(m, after, after + 2));
    expect_same_bits(after, before, sizeof before);
    gan_moments_destroy(m);
}

/* ---- the distance ---- */

static const struct {
    const char *name;
    size_t a, b; /* vectors in each set */
} pairs[] = {{"plain", 40, 31}, {"near", 40, 40},    {"far", 40, 25},      {"scales", 40, 40},
             {"few", 4, 3},     {"few_many", 3, 40}, {"constant", 40, 20}, {"apart", 40, 40}};

/* Relative to the sum of the traces, about 10, a double's rounding error is 1e-15. */
TEST_EACH(distances_are_the_definitions, 0, sizeof pairs / sizeof *pairs)
{
    enum { D = 6 };
    golden *g = golden_open("metrics.bin");
    const float *a, *b, *wanted;
    char name[32];

    snprintf(name, sizeof name, "%s_a", pairs[_i].name);
    a = golden_get(g, name, pairs[_i].a * D);
    snprintf(name, sizeof name, "%s_b", pairs[_i].name);
    b = golden_get(g, name, pairs[_i].b * D);
    wanted = golden_get(g, pairs[_i].name, 2);
    expect_near(distance_of(a, pairs[_i].a, b, pairs[_i].b, D),
                (double)wanted[0] + (double)wanted[1], 1e-13, 1e-13);
    expect_near(distance_of(b, pairs[_i].b, a, pairs[_i].a, D),
                (double)wanted[0] + (double)wanted[1], 1e-13, 1e-13);
    golden_close(g);
}

/* The sum of the traces is about 2 * d; some sets have fewer vectors than dimensions. */
TEST(a_set_is_at_no_distance_from_itself)
{
    const size_t sizes[][2] = {{50, 1}, {500, 20}, {10, 64}, {2, 30}, {150, 128}};

    for (size_t i = 0; i < 5; i++) {
        const size_t n = sizes[i][0], d = sizes[i][1];
        float *x = cloud(n, d, i), *backwards = malloc(n * d * sizeof *x);
        gan_moments *m = moments_of(x, n, d);
        double distance;

        for (size_t k = 0; k < n; k++)
            memcpy(backwards + k * d, x + (n - 1 - k) * d, d * sizeof *x);
        expect_ok(gan_metrics_frechet(&distance, m, m));
        ck_assert(distance >= 0);
        expect_near(distance, 0, 0, 1e-14 * (double)d);
        expect_near(distance_of(x, n, backwards, n, d), 0, 0, 1e-14 * (double)d);
        gan_moments_destroy(m);
        free(x);
        free(backwards);
    }
}

TEST(moving_and_stretching_cost_what_they_should)
{
    enum { D = 40, N = 200 };
    float *x = cloud(N, D, 1), *moved = malloc(N * D * sizeof *x),
          *stretched = malloc(N * D * sizeof *x);
    double mean[D], covariance[D * D], cost = 0;
    gan_moments *m = moments_of(x, N, D);

    for (size_t i = 0; i < N * D; i++) {
        x[i] = roundf(x[i] * 1024) / 1024; /* so that what follows is exact */
        moved[i] = x[i] + (float)(i % D) * 0.25f;
        stretched[i] = x[i] * 4;
    }
    gan_moments_destroy(m);
    m = moments_of(x, N, D);
    for (size_t j = 0; j < D; j++) cost += 0.0625 * (double)(j * j);
    expect_near(distance_of(x, N, moved, N, D), cost, 1e-13, 0);
    /* Between S and k^2 S, with means m and k m, it is (k - 1)^2 (|m|^2 + tr S). */
    expect_ok(gan_moments_read(m, mean, covariance));
    cost = 0;
    for (size_t j = 0; j < D; j++) cost += mean[j] * mean[j] + covariance[j * D + j];
    expect_near(distance_of(x, N, stretched, N, D), 9 * cost, 1e-12, 0);
    gan_moments_destroy(m);
    free(x);
    free(moved);
    free(stretched);
}

/* Element i, j of a Hadamard matrix: its rows are orthogonal, with squared norm D. */
static float hadamard(size_t i, size_t j)
{
    float sign = 1;

    for (size_t bits = i & j; bits; bits &= bits - 1) sign = -sign;
    return sign;
}

TEST(turning_both_sets_changes_nothing)
{
    enum { D = 8, N = 50 };
    float *a = cloud(N, D, 1), *b = cloud(N, D, 2), *turned[2];
    double plain;

    for (size_t i = 0; i < N * D; i++) {
        a[i] = roundf(a[i] * 1024) / 1024;
        b[i] = roundf(b[i] * (float)(1 + i % D) * 1024) / 1024;
    }
    plain = distance_of(a, N, b, N, D);
    for (int s = 0; s < 2; s++) {
        const float *from = s ? b : a;

        turned[s] = calloc(N * D, sizeof *a);
        for (size_t r = 0; r < N; r++)
            for (size_t i = 0; i < D; i++)
                for (size_t j = 0; j < D; j++)
                    turned[s][r * D + i] += hadamard(i, j) * from[r * D + j];
    }
    expect_near(distance_of(turned[0], N, turned[1], N, D), D * plain, 1e-13, 0);
    free(a);
    free(b);
    free(turned[0]);
    free(turned[1]);
}

TEST(dimensions_in_which_nothing_varies_count_only_by_their_mean)
{
    enum { D = 12, WIDE = 90, N = 30 };
    float *a = cloud(N, D, 1), *b = cloud(N, D, 2), *wide[2];

    for (int s = 0; s < 2; s++) {
        wide[s] = calloc(N * WIDE, sizeof *a);
        for (size_t r = 0; r < N; r++) {
            memcpy(wide[s] + r * WIDE, (s ? b : a) + r * D, D * sizeof *a);
            for (size_t j = D; j < WIDE; j++) wide[s][r * WIDE + j] = (float)s * 0.5f;
        }
    }
    expect_near(distance_of(wide[0], N, wide[1], N, WIDE),
                distance_of(a, N, b, N, D) + 0.25 * (WIDE - D), 1e-13, 0);
    expect_near(distance_of(wide[0], N, wide[0], N, WIDE), 0, 0, 1e-12);
    free(a);
    free(b);
    free(wide[0]);
    free(wide[1]);
}

/* The distance between two samples of one distribution falls as 1 / n. */
TEST(the_floor_falls_with_the_number_of_vectors)
{
    enum { D = 30 };
    double floor[3];

    for (size_t i = 0; i < 3; i++) {
        const size_t n = (size_t)500 << (2 * i);
        float *a = cloud(n, D, 1), *b = cloud(n, D, 2);

        floor[i] = distance_of(a, n, b, n, D);
        free(a);
        free(b);
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert(floor[i + 1] > 0);
        expect_near(floor[i] / floor[i + 1], 4, 0.2, 0);
    }
}

/* ---- failures ---- */

TEST(bad_arguments_are_refused)
{
    const gan_allocator half = {0};
    const float x[4] = {1, 2, 3, 4};
    gan_moments *m = (gan_moments *)&m, *two = moments_of(x, 2, 2), *three, *one;
    double distance = 2.385;

    expect_fails(gan_moments_create(NULL, 3, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_moments_create(&m, 0, NULL), GAN_ERR_INVALID, "got 0");
    ck_assert_ptr_null(m);
    expect_fails(gan_moments_create(&m, 65536, NULL), GAN_ERR_INVALID, "65536");
    expect_fails(gan_moments_create(&m, 3, &half), GAN_ERR_INVALID, "allocator");
    expect_fails(gan_moments_add(NULL, x, 1), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_moments_add(two, NULL, 1), GAN_ERR_INVALID, "vectors is NULL");
    expect_fails(gan_moments_read(NULL, NULL, NULL), GAN_ERR_INVALID, "NULL");
    one = moments_of(x, 1, 2);
    three = moments_of(x, 0, 3);
    expect_fails(gan_moments_read(one, NULL, NULL), GAN_ERR_INVALID, "found 1");
    expect_fails(gan_metrics_frechet(NULL, two, two), GAN_ERR_INVALID, "distance is NULL");
    expect_fails(gan_metrics_frechet(&distance, NULL, two), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_metrics_frechet(&distance, two, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_metrics_frechet(&distance, two, one), GAN_ERR_INVALID, "found 1");
    expect_fails(gan_metrics_frechet(&distance, three, two), GAN_ERR_INVALID, "found 0");
    gan_moments_destroy(three);
    three = moments_of((const float[]){1, 2, 3, 4, 5, 6}, 2, 3);
    expect_fails(gan_metrics_frechet(&distance, two, three), GAN_ERR_SHAPE, "of 2 and of 3");
    ck_assert(distance == 2.385);
    ck_assert(gan_moments_count(NULL) == 0 && gan_moments_dimension(NULL) == 0);
    gan_moments_destroy(NULL);
    gan_moments_destroy(one);
    gan_moments_destroy(two);
    gan_moments_destroy(three);
}

static gan_status make_moments(void **out, const gan_allocator *allocator, void *user)
{
    gan_moments *m = user;
    gan_status status = gan_moments_create(&m, 4, allocator);

    *out = m;
    return status;
}

static void end_moments(void *made)
{
    gan_moments_destroy(made);
}

TEST(a_lack_of_memory_is_survived)
{
    const float x[4] = {1, 2, 3, 5};
    budget b;
    gan_moments *m;
    double distance = 2.385;

    ck_assert_uint_gt(budget_sweep(make_moments, end_moments, &b), 0);
    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan_moments_create(&m, 2, &b.allocator));
    b.left = 0;
    expect_ok(gan_moments_add(m, x, 2)); /* adding takes none */
    expect_status(gan_metrics_frechet(&distance, m, m), GAN_ERR_NOMEM);
    ck_assert(distance == 2.385);
    b.left = 1;
    expect_ok(gan_metrics_frechet(&distance, m, m));
    gan_moments_destroy(m);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* ---- saving and loading ---- */

TEST(moments_are_kept_to_the_last_bit)
{
    enum { D = 3, N = 50 };
    float x[N * D];
    double state[2 + 2 * D + D * (D + 1) / 2], again[2 + 2 * D + D * (D + 1) / 2];
    const size_t n = sizeof state / sizeof *state;
    gan_moments *whole, *first, *second;

    for (size_t i = 0; i < N * D; i++) x[i] = 2.385f * (float)(i * i % 37) - 11;
    expect_ok(gan_moments_create(&whole, D, NULL));
    expect_ok(gan_moments_create(&first, D, NULL));
    expect_ok(gan_moments_create(&second, D, NULL));
    ck_assert_uint_eq(gan_moments_state_size(whole), n);
    ck_assert_uint_eq(gan_moments_state_size(NULL), 0);
    expect_ok(gan_moments_add(whole, x, N));
    expect_ok(gan_moments_add(first, x, 21));
    expect_ok(gan_moments_add(second, x, 4)); /* to be overwritten */
    expect_ok(gan_moments_save(first, state));
    expect_ok(gan_moments_restore(second, state, n));
    ck_assert_uint_eq(gan_moments_count(second), 21);
    expect_ok(gan_moments_add(second, x + 21 * D, N - 21));
    expect_ok(gan_moments_save(whole, state));
    expect_ok(gan_moments_save(second, again));
    expect_same_bits(again, state, sizeof state);
    gan_moments_destroy(whole);
    gan_moments_destroy(first);
    gan_moments_destroy(second);
}

TEST(states_that_are_none_are_refused)
{
    double state[] = {1, 2, 5, 3, 4}, same[5], changed[5];
    static const struct {
        size_t at;
        double value;
        gan_status status;
        const char *part;
    } cases[] = {{0, 2, GAN_ERR_SHAPE, "a state of dimension 2, of 1 expected"},
                 {1, -1, GAN_ERR_INVALID, "the state has -1"},
                 {1, 0.5, GAN_ERR_INVALID, "the state has 0.5"},
                 {1, NAN, GAN_ERR_INVALID, "the state has"},
                 {3, INFINITY, GAN_ERR_NONFINITE, "value 3 of the state is inf"},
                 {4, -4, GAN_ERR_NONFINITE, "the squares of dimension 0 have the sum -4"}};
    gan_moments *m;

    expect_ok(gan_moments_create(&m, 1, NULL));
    expect_ok(gan_moments_restore(m, state, 5));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(changed, state, sizeof state);
        changed[cases[i].at] = cases[i].value;
        expect_fails(gan_moments_restore(m, changed, 5), cases[i].status, cases[i].part);
    }
    expect_fails(gan_moments_restore(m, state, 4), GAN_ERR_SHAPE, "5 numbers expected, got 4");
    expect_fails(gan_moments_restore(NULL, state, 5), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_moments_restore(m, NULL, 5), GAN_ERR_INVALID, "state is NULL");
    expect_fails(gan_moments_save(NULL, state), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_moments_save(m, NULL), GAN_ERR_INVALID, "state is NULL");
    expect_ok(gan_moments_save(m, same));
    expect_same_bits(same, state, sizeof state);
    gan_moments_destroy(m);
}
