/* test_reference.c - comparisons against numpy, on any number of threads. */
#include "cloud.h"
#include "expect.h"
#include "golden.h"

#include <gan/pool.h>
#include <gan/reference.h>
#include <gan/rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numpy ---- */

enum { REAL, HELD, FAKE, PARTS };

/* A case of reference.bin. */
typedef struct golden_case {
    golden *g;
    const char *name;
    size_t n[PARTS], d, k;
    int inclusive;
    const float *x[PARTS];
    uint16_t labels[PARTS][64];
} golden_case;

static const float *get(const golden_case *c, const char *what, size_t n)
{
    char name[64];

    snprintf(name, sizeof name, "%s_%s", c->name, what);
    return golden_get(c->g, name, n);
}

static golden_case open_case(const char *name)
{
    static const char *const parts[PARTS] = {"real", "held", "fake"};
    golden_case c = {.g = golden_open("reference.bin"), .name = name};
    const float *sizes = get(&c, "sizes", 6);

    c.d = (size_t)sizes[3];
    c.k = (size_t)sizes[4];
    c.inclusive = (int)sizes[5];
    for (int p = 0; p < PARTS; p++) {
        char what[32];
        const float *labels;

        c.n[p] = (size_t)sizes[p];
        ck_assert_uint_le(c.n[p], 64);
        c.x[p] = get(&c, parts[p], c.n[p] * c.d);
        snprintf(what, sizeof what, "%s_labels", parts[p]);
        labels = get(&c, what, c.n[p]);
        for (size_t i = 0; i < c.n[p]; i++) c.labels[p][i] = (uint16_t)labels[i];
    }
    return c;
}

static void expect_classes(const golden_case *c, const gan_reference *ref)
{
    const float *wanted = get(c, "classes", 12);
    const gan_reference_share *classes;
    size_t n;

    classes = gan_reference_classes(ref, &n);
    ck_assert_uint_eq(n, 4);
    for (size_t i = 0; i < n; i++) {
        ck_assert(classes[i].reference == (size_t)wanted[i]);
        ck_assert(classes[i].generated == (size_t)wanted[4 + i]);
        expect_near(classes[i].z, (double)wanted[8 + i], 1e-6, 1e-7);
    }
}

/* Compare the generated samples of a case with its real ones. */
static gan_comparison compare_case(const golden_case *c, gan_reference_desc desc)
{
    gan_comparison found = {GAN_COMPARISON_INIT};
    gan_reference *ref;

    desc.held_out = c->x[HELD];
    desc.n_held_out = c->n[HELD];
    desc.labels = c->labels[REAL];
    desc.held_out_labels = c->labels[HELD];
    desc.n_classes = 4;
    desc.neighbors = c->k;
    desc.inclusive = c->inclusive;
    expect_ok(gan_reference_create(&ref, c->x[REAL], c->n[REAL], c->d, &desc));
    expect_ok(gan_reference_compare(ref, c->x[FAKE], c->labels[FAKE], c->n[FAKE], &found));
    expect_classes(c, ref);
    gan_reference_destroy(ref);
    return found;
}

#define NUMBERS(X)                                                                                 \
    X(precision)                                                                                   \
    X(recall)                                                                                      \
    X(density)                                                                                     \
    X(coverage)                                                                                    \
    X(agreement)                                                                                   \
    X(kid)                                                                                         \
    X(nn_ratio)                                                                                    \
    X(copying)                                                                                     \
    X(nn_real)                                                                                     \
    X(nn_generated)                                                                                \
    X(duplicates)                                                                                  \
    X(frechet)                                                                                     \
    X(frechet_limit)                                                                               \
    X(classes_missing)

static const struct {
    const char *name;
    size_t offset;
} numbers[] = {
#define NUMBER(name) {#name, offsetof(gan_comparison, name)},
    NUMBERS(NUMBER)};

static const gan_estimate *number_of(const gan_comparison *c, size_t i)
{
    return (const gan_estimate *)((const char *)c + numbers[i].offset);
}

/* NaN stands where numpy has no number to compare with. */
static void expect_estimate(const char *what, const gan_estimate *found, const float *wanted)
{
    const double all[] = {found->value, found->error, found->floor, found->floor_error};

    for (int i = 0; i < 4; i++)
        if (!isnan(wanted[i]) &&
            !(fabs(all[i] - (double)wanted[i]) <= 1e-6 + 1e-6 * fabs((double)wanted[i])))
            ck_abort_msg("%s, number %d: %.9g, numpy has %.9g", what, i, all[i], (double)wanted[i]);
}

static const char *const cases[] = {"plain", "three", "lost", "repeated", "copies", "far", "least"};

TEST_EACH(numbers_are_numpys, 0, sizeof cases / sizeof *cases)
{
    const golden_case c = open_case(cases[_i]);
    const gan_comparison found =
        compare_case(&c, (gan_reference_desc){GAN_REFERENCE_DESC_INIT, .n_threads = 1});

    ck_assert_uint_eq(found.n_reference, c.n[REAL]);
    ck_assert_uint_eq(found.n_generated, c.n[FAKE]);
    ck_assert_uint_eq(found.n_floor, c.n[HELD] < c.n[FAKE] ? c.n[HELD] : c.n[FAKE]);
    ck_assert_uint_eq(found.dimension, c.d);
    ck_assert_uint_eq(found.neighbors, c.k);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        expect_estimate(numbers[i].name, number_of(&found, i), get(&c, numbers[i].name, 4));
    golden_close(c.g);
}

/* Exchanging the sets exchanges precision and recall: a collapse to few samples distinguishes
 * them. */
TEST(a_collapse_costs_recall_and_not_precision)
{
    enum { N = 500, D = 10, KEPT = 20 };
    float *real = cloud(N, D, 1), *other = cloud(N, D, 2), *noise = cloud(N, D, 3);
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_reference *ref;

    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            noise[i * D + j] = other[i % KEPT * D + j] + 0.01f * noise[i * D + j];
    expect_ok(gan_reference_create(&ref, real, N, D, NULL));
    expect_ok(gan_reference_compare(ref, noise, NULL, N, &c));
    ck_assert_double_gt(c.precision.value, 0.5);
    ck_assert_double_lt(c.recall.value, 0.01);
    ck_assert_double_lt(c.recall.high, 0.02);
    ck_assert_double_gt(c.recall.high, c.recall.value); /* also for a share of 0 */
    gan_reference_destroy(ref);
    free(real);
    free(other);
    free(noise);
}

/* For the same distribution it is 0 on average, for a copy of the real samples below. */
TEST(the_kernel_distance_has_no_bias)
{
    enum { N = 300, D = 8, DRAWS = 40 };
    double sum = 0, squares = 0, mean, deviation;

    for (size_t i = 0; i < DRAWS; i++) {
        float *real = cloud(N, D, 2 * i), *fake = cloud(N, D, 2 * i + 1);
        gan_comparison c = {GAN_COMPARISON_INIT};
        gan_reference *ref;

        expect_ok(gan_reference_create(&ref, real, N, D, NULL));
        expect_ok(gan_reference_compare(ref, fake, NULL, N, &c));
        sum += c.kid.value;
        squares += c.kid.value * c.kid.value;
        expect_ok(gan_reference_compare(ref, real, NULL, N, &c));
        ck_assert_double_lt(c.kid.high, 0);
        gan_reference_destroy(ref);
        free(real);
        free(fake);
    }
    mean = sum / DRAWS;
    deviation = sqrt(squares / DRAWS - mean * mean);
    expect_near(mean, 0, 0, 3 * deviation / sqrt(DRAWS));
}

/* The mean of both halves doesn't detect noise. */
TEST(noise_parts_the_halves_of_the_nearest_neighbour)
{
    enum { N = 400, D = 30 };
    float *real = cloud(N, D, 1), *noisy = cloud(N, D, 2);
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_reference *ref;

    for (size_t i = 0; i < N * D; i++) noisy[i] *= 1.5f;
    expect_ok(gan_reference_create(&ref, real, N, D, NULL));
    expect_ok(gan_reference_compare(ref, noisy, NULL, N, &c));
    ck_assert_double_gt(c.nn_real.low, 0.7);
    ck_assert_double_lt(c.nn_generated.high, 0.3);
    expect_near((c.nn_real.value + c.nn_generated.value) / 2, 0.5, 0, 0.1);
    gan_reference_destroy(ref);
    free(real);
    free(noisy);
}

/* For 1 .. 99, with equal distances from the held-out samples, the median's interval has the values
 * around rank (99 -+ 1.96 sqrt 99) / 2. */
TEST(the_interval_of_a_median_is_that_of_its_places)
{
    enum { N = 99 };
    float real[N], held[N], fake[N];
    gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = held, .n_held_out = N};
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_reference *ref;

    for (int i = 0; i < N; i++) {
        real[i] = (float)i * 1000;
        held[i] = real[i] + 10;
        fake[i] = real[i] + (float)(i * 37 % N + 1);
    }
    expect_ok(gan_reference_create(&ref, real, N, 1, &desc));
    expect_ok(gan_reference_compare(ref, fake, NULL, N, &c));
    expect_near(c.nn_ratio.value, 5, 1e-12, 0);
    expect_near(c.nn_ratio.low, 4.0, 1e-12, 0); /* index 39 has 40 */
    expect_near(c.nn_ratio.high, 6.0, 1e-12, 0);
    expect_near(c.nn_ratio.error, 1 / 1.959963984540054, 1e-12, 0);
    gan_reference_destroy(ref);
    for (int i = 0; i < N; i++) held[i] = real[i]; /* no distance to compare with */
    expect_ok(gan_reference_create(&ref, real, N, 1, &desc));
    expect_ok(gan_reference_compare(ref, fake, NULL, N, &c));
    ck_assert(isnan(c.nn_ratio.value) && c.copying.value > 5);
    gan_reference_destroy(ref);
}

/* ---- the Fréchet distance ---- */

/* For 100 samples it is far above that for 3200; the limits of both are close. */
TEST(the_limit_of_the_frechet_distance_has_less_bias)
{
    enum { N = 3200, FEW = 100, D = 20, DRAWS = 10 };
    float *real = cloud(N, D, 1);
    double distance[2] = {0, 0}, limit[2] = {0, 0};
    gan_reference *ref;

    expect_ok(gan_reference_create(&ref, real, N, D, NULL));
    for (size_t i = 0; i < DRAWS; i++) {
        float *fake = cloud(N, D, 10 + i);

        for (size_t k = 0; k < N * D; k++) fake[k] *= 1.1f;
        for (int many = 0; many < 2; many++) {
            gan_comparison c = {GAN_COMPARISON_INIT};

            expect_ok(gan_reference_compare(ref, fake, NULL, many ? N : FEW, &c));
            distance[many] += c.frechet.value / DRAWS;
            limit[many] += c.frechet_limit.value / DRAWS;
        }
        free(fake);
    }
    ck_assert_double_gt(distance[0] - distance[1], 0.8);
    ck_assert_double_lt(fabs(limit[0] - limit[1]), 0.2);
    /* The distributions' distance is 20 * 0.1^2; the rest is due to the real samples. */
    expect_near(limit[1], 0.2, 0, 0.07);
    gan_reference_destroy(ref);
    free(real);
}

TEST(the_frechet_distance_may_be_left_out)
{
    const golden_case c = open_case("plain");
    const gan_comparison found = compare_case(
        &c, (gan_reference_desc){GAN_REFERENCE_DESC_INIT, .skip_frechet = 1, .n_threads = 1});

    ck_assert(isnan(found.frechet.value) && isnan(found.frechet_limit.floor));
    ck_assert(!isnan(found.kid.value));
    golden_close(c.g);
}

/* ---- bins and classes ---- */

/* Six clusters, which the bins separate for any seed, one of them left out. */
TEST_EACH(a_cluster_that_is_left_out_is_a_missing_bin, 0, 5)
{
    enum { CLUSTERS = 6, N = 40 * CLUSTERS, D = 8 };
    float *real = cloud(N, D, 1), *held = cloud(N, D, 2), *fake = cloud(N, D, 3);
    const gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = held, .n_held_out = N,
                                     .n_bins = CLUSTERS, .seed = (uint64_t)_i};
    gan_comparison c = {GAN_COMPARISON_INIT};
    const gan_reference_share *bins;
    gan_reference *ref;
    size_t n, empty = 0, generated = 0;

    for (size_t i = 0; i < N; i++) {
        real[i * D + i % CLUSTERS] += 300;
        held[i * D + i % CLUSTERS] += 300;
        fake[i * D + i % (CLUSTERS - 1)] += 300;
    }
    expect_ok(gan_reference_create(&ref, real, N, D, &desc));
    bins = gan_reference_bins(ref, &n);
    ck_assert_uint_eq(n, CLUSTERS);
    for (size_t i = 0; i < n; i++)
        ck_assert(bins[i].reference == 40 && bins[i].generated == 0 && bins[i].z == 0);
    expect_ok(gan_reference_compare(ref, fake, NULL, N, &c));
    bins = gan_reference_bins(ref, NULL);
    for (size_t i = 0; i < n; i++) {
        const double g = (double)bins[i].generated / N, p = (g + 40.0 / N) / 2;

        empty += bins[i].generated == 0;
        generated += bins[i].generated;
        ck_assert(bins[i].generated == 0 || bins[i].generated == 48);
        expect_near(bins[i].z, (g - 40.0 / N) / sqrt(p * (1 - p) * 2 / N), 1e-12, 0);
    }
    ck_assert(empty == 1 && generated == N);
    ck_assert(c.bins_missing.value == 1 && c.bins_missing.floor == 0);
    ck_assert(c.bins_different.value == 1 && c.bins_different.floor == 0);
    ck_assert(c.bins_missing.high > 1 && c.bins_missing.low > 0);
    ck_assert(isnan(c.classes_missing.value));
    ck_assert_ptr_null(gan_reference_classes(ref, &n));
    ck_assert_uint_eq(n, 0);
    ck_assert_ptr_null(gan_reference_bins(NULL, &n));
    ck_assert_uint_eq(n, 0);
    gan_reference_destroy(ref);
    free(real);
    free(held);
    free(fake);
}

/* By chance one bin in twenty is different, and none missing. */
TEST(bins_of_the_same_distribution_are_alike)
{
    enum { N = 1000, D = 6, DRAWS = 20 };
    float *real = cloud(N, D, 1);
    gan_reference *ref;
    double different = 0, missing = 0;

    expect_ok(gan_reference_create(&ref, real, N, D, NULL));
    for (size_t i = 0; i < DRAWS; i++) {
        float *fake = cloud(N, D, 10 + i);
        gan_comparison c = {GAN_COMPARISON_INIT};

        expect_ok(gan_reference_compare(ref, fake, NULL, N, &c));
        different += c.bins_different.value;
        missing += c.bins_missing.value;
        free(fake);
    }
    /* At most 2.5 of 50 bins: cells that were clustered on the real samples hold these more evenly
     * than other cells would. */
    ck_assert(different / DRAWS > 0.5 && different / DRAWS < 2.5);
    ck_assert(missing == 0);
    gan_reference_destroy(ref);
    free(real);
}

/* The counts belong to the latest completed comparison. */
TEST(a_stopped_comparison_leaves_the_bins)
{
    enum { N = 100, D = 3 };
    float *real = cloud(N, D, 1), *fake = cloud(N, D, 2);
    watcher w = {0};
    const gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = fake, .n_held_out = N,
                                     .progress = watch, .progress_user = &w};
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_reference_share before[10];
    gan_reference *ref;

    expect_ok(gan_reference_create(&ref, real, N, D, &desc));
    expect_ok(gan_reference_compare(ref, real, NULL, N, &c));
    memcpy(before, gan_reference_bins(ref, NULL), sizeof before);
    for (int at = 1; at <= 3; at++) {
        w = (watcher){.stop_at = at};
        expect_status(gan_reference_compare(ref, fake, NULL, 60, &c), GAN_ERR_CANCELLED);
        expect_same_bits(gan_reference_bins(ref, NULL), before, sizeof before);
    }
    gan_reference_destroy(ref);
    free(real);
    free(fake);
}

/* ---- bits ---- */

/* More vectors than a task and a chunk of columns take. */
TEST(bits_are_the_same_on_any_number_of_threads)
{
    enum { N = 700, M = 555, D = 33 };
    float *real = cloud(N, D, 1), *held = cloud(M, D, 2), *fake = cloud(M, D, 3);
    gan_comparison first;

    for (size_t threads = 1; threads <= 3; threads++) {
        const gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = held, .n_held_out = M,
                                         .n_threads = threads};
        gan_comparison c = {GAN_COMPARISON_INIT}, again = {GAN_COMPARISON_INIT};
        gan_reference *ref;

        expect_ok(gan_reference_create(&ref, real, N, D, &desc));
        expect_ok(gan_reference_compare(ref, fake, NULL, M, &c));
        expect_ok(gan_reference_compare(ref, real, NULL, M - 1, &again)); /* another floor */
        expect_ok(gan_reference_compare(ref, fake, NULL, M, &again));
        expect_same_bits(&again, &c, sizeof c);
        if (threads == 1) first = c;
        expect_same_bits(&c, &first, sizeof c);
        gan_reference_destroy(ref);
    }
    free(real);
    free(held);
    free(fake);
}

/* Far from the origin distances are lost in products of floats: they are multiples of 1/8 at norms
 * of 8e5, whose squares a float rounds to 65536. */
TEST(distances_are_right_where_products_say_nothing)
{
    enum { N = 300, D = 16 };
    float *real = cloud(N, D, 1), *fake = cloud(N, D, 2);
    gan_comparison near = {GAN_COMPARISON_INIT}, far = {GAN_COMPARISON_INIT};
    gan_reference *ref;

    for (size_t i = 0; i < N * D; i++) {
        real[i] = roundf(real[i] * 8) / 8;
        fake[i] = roundf(fake[i] * 8) / 8;
    }
    expect_ok(gan_reference_create(&ref, real, N, D, NULL));
    expect_ok(gan_reference_compare(ref, fake, NULL, N, &near));
    gan_reference_destroy(ref);
    for (size_t i = 0; i < N * D; i++) {
        real[i] += 200000;
        fake[i] += 200000;
    }
    expect_ok(gan_reference_create(&ref, real, N, D, NULL));
    expect_ok(gan_reference_compare(ref, fake, NULL, N, &far));
    gan_reference_destroy(ref);
    expect_same_bits(&far.precision, &near.precision, sizeof far.precision);
    expect_same_bits(&far.recall, &near.recall, sizeof far.recall);
    expect_same_bits(&far.density, &near.density, sizeof far.density);
    expect_same_bits(&far.coverage, &near.coverage, sizeof far.coverage);
    free(real);
    free(fake);
}

/* ---- intervals ---- */

/* For 100 sets of generated samples about 95 intervals contain the mean of all. */
TEST(intervals_hold_what_they_say)
{
    enum { N = 200, D = 5, DRAWS = 100 };
    float *real = cloud(N, D, 1), *held = cloud(N, D, 2);
    const gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = held, .n_held_out = N};
    gan_comparison c[DRAWS];
    gan_reference *ref;

    expect_ok(gan_reference_create(&ref, real, N, D, &desc));
    for (size_t i = 0; i < DRAWS; i++) {
        float *fake = cloud(N, D, 10 + i);

        gan_comparison_init(&c[i], sizeof c[i]);
        expect_ok(gan_reference_compare(ref, fake, NULL, N, &c[i]));
        free(fake);
    }
    for (size_t m = 0; m < sizeof numbers / sizeof *numbers; m++) {
        double mean = 0;
        int hold = 0;

        if (isnan(number_of(&c[0], m)->value)) continue; /* without labels */
        for (size_t i = 0; i < DRAWS; i++) mean += number_of(&c[i], m)->value / DRAWS;
        for (size_t i = 0; i < DRAWS; i++)
            hold += number_of(&c[i], m)->low <= mean && mean <= number_of(&c[i], m)->high;
        if (hold < 90) ck_abort_msg("%s: %d of 100 intervals have the mean", numbers[m].name, hold);
    }
    gan_reference_destroy(ref);
    free(real);
    free(held);
}

TEST(a_higher_confidence_widens_the_interval)
{
    const golden_case c = open_case("plain");
    const gan_comparison at95 =
        compare_case(&c, (gan_reference_desc){GAN_REFERENCE_DESC_INIT, .n_threads = 1});
    const gan_comparison at99 = compare_case(
        &c, (gan_reference_desc){GAN_REFERENCE_DESC_INIT, .confidence = 0.99, .n_threads = 1});

    /* Quantiles of the normal distribution. */
    expect_near((at95.density.high - at95.density.low) / (2 * at95.density.error),
                1.959963984540054, 1e-12, 0);
    expect_near((at99.density.high - at99.density.low) / (2 * at99.density.error),
                2.575829303548901, 1e-12, 0);
    ck_assert_double_lt(at99.coverage.low, at95.coverage.low);
    ck_assert_double_gt(at99.coverage.high, at95.coverage.high);
    golden_close(c.g);
}

/* Wilson's interval of 40 of 50: (0.8 + z^2/100 -+ z sqrt(0.16/50 + z^2/10000)) / (1 + z^2/50). */
TEST(intervals_of_shares_are_wilsons)
{
    enum { N = 50 };
    float real[N], fake[N];
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_reference *ref;

    for (size_t i = 0; i < N; i++) {
        real[i] = (float)i;
        fake[i] = i < 40 ? (float)i + 0.25f : 1000 + (float)i;
    }
    expect_ok(gan_reference_create(&ref, real, N, 1, NULL));
    expect_ok(gan_reference_compare(ref, fake, NULL, N, &c));
    expect_near(c.precision.value, 0.8, 1e-12, 0);
    expect_near(c.precision.low, 0.669632, 1e-5, 0);
    expect_near(c.precision.high, 0.887562, 1e-5, 0);
    gan_reference_destroy(ref);
}

/* ---- what may be missing ---- */

TEST(without_held_out_samples_floors_are_not_numbers)
{
    const golden_case c = open_case("plain");
    gan_comparison found = {GAN_COMPARISON_INIT};
    gan_reference *ref;

    expect_ok(gan_reference_create(&ref, c.x[REAL], c.n[REAL], c.d, NULL));
    expect_ok(gan_reference_compare(ref, c.x[FAKE], NULL, c.n[FAKE], &found));
    ck_assert_uint_eq(found.n_floor, 0);
    ck_assert(isnan(found.precision.floor) && isnan(found.coverage.floor_error));
    ck_assert(isnan(found.agreement.value) && !isnan(found.precision.value));
    expect_near(found.recall.value, (double)get(&c, "recall", 4)[0], 1e-6, 0);
    gan_reference_destroy(ref);
    golden_close(c.g);
}

TEST(a_record_of_an_older_release_is_filled_as_far_as_it_goes)
{
    const golden_case c = open_case("plain");
    gan_comparison found = {GAN_COMPARISON_INIT};
    gan_reference *ref;

    expect_ok(gan_reference_create(&ref, c.x[REAL], c.n[REAL], c.d, NULL));
    found.struct_size = offsetof(gan_comparison, recall);
    found.recall.value = 2.385;
    expect_ok(gan_reference_compare(ref, c.x[FAKE], NULL, c.n[FAKE], &found));
    expect_near(found.precision.value, (double)get(&c, "precision", 4)[0], 1e-6, 0);
    ck_assert(found.recall.value == 2.385);
    gan_reference_destroy(ref);
    golden_close(c.g);
}
