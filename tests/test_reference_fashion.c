/* test_reference_fashion.c - which metric detects which change, on Fashion-MNIST: skipped without
 * its files (GAN_DATA_DIR). */
#include "expect.h"

#include <gan/dataset.h>
#include <gan/reference.h>
#include <gan/rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, HALF = SIDE / 2, D = HALF * HALF, N = 2000, ALL = 1023 };

/* All training images, once per process. */
static float *images;
static uint8_t *classes;
static size_t n_images;

static void load(void)
{
    const char *folder = getenv("GAN_DATA_DIR");
    char files[2][1024];
    gan_dataset *data;

    if (!folder) return;
    snprintf(files[0], sizeof files[0], "%s/train-images-idx3-ubyte.gz", folder);
    snprintf(files[1], sizeof files[1], "%s/train-labels-idx1-ubyte.gz", folder);
    expect_ok(gan_dataset_open_idx(&data, files[0], files[1], NULL));
    n_images = gan_dataset_count(data);
    images = malloc(n_images * PIXELS * sizeof *images);
    classes = malloc(n_images);
    for (size_t i = 0; i < n_images; i++)
        expect_ok(gan_dataset_read(data, i, images + i * PIXELS, &classes[i]));
    gan_dataset_destroy(data);
}

static void unload(void)
{
    free(images);
    free(classes);
}

TEST_FIXTURE(load, unload)

/* ---- pictures that are altered ---- */

/* N pictures and their classes. */
typedef struct pictures {
    float x[N * PIXELS];
    uint16_t labels[N];
} pictures;

/* A random order of the data. */
static uint32_t *shuffled(uint64_t seed)
{
    uint32_t *order = malloc(n_images * sizeof *order);
    gan_rng *rng;

    for (size_t i = 0; i < n_images; i++) order[i] = (uint32_t)i;
    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    for (size_t i = n_images; i > 1; i--) {
        const size_t j = gan_rng_below(rng, (uint32_t)i);
        const uint32_t other = order[j];

        order[j] = order[i - 1];
        order[i - 1] = other;
    }
    gan_rng_destroy(rng);
    return order;
}

/* The next N pictures in an order whose class is in a bit set; only `different` distinct ones,
 * repeated. */
static void take(pictures *p, const uint32_t *order, size_t *at, unsigned wanted, size_t different)
{
    for (size_t n = 0; n < N; n++) {
        if (n >= different) {
            memcpy(p->x + n * PIXELS, p->x + n % different * PIXELS, PIXELS * sizeof *p->x);
            p->labels[n] = p->labels[n % different];
            continue;
        }
        while (!(wanted >> classes[order[*at]] & 1)) ++*at;
        memcpy(p->x + n * PIXELS, images + order[*at] * (size_t)PIXELS, PIXELS * sizeof *p->x);
        p->labels[n] = classes[order[(*at)++]];
    }
}

static void add_noise(pictures *p, float deviation, uint64_t seed)
{
    float *noise = malloc(N * PIXELS * sizeof *noise);
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, seed, 1, NULL));
    gan_rng_normal(rng, N * PIXELS, noise);
    for (size_t i = 0; i < N * PIXELS; i++) p->x[i] = p->x[i] + deviation * noise[i];
    gan_rng_destroy(rng);
    free(noise);
}

/* The mean of 3x3 pixels. */
static void blur(pictures *p)
{
    for (float *image = p->x; image < p->x + N * PIXELS; image += PIXELS) {
        float out[PIXELS];

        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                float sum = 0;
                int count = 0;

                for (int v = y - 1; v <= y + 1; v++)
                    for (int u = x - 1; u <= x + 1; u++)
                        if (u >= 0 && v >= 0 && u < SIDE && v < SIDE) {
                            sum += image[v * SIDE + u];
                            count++;
                        }
                out[y * SIDE + x] = sum / (float)count;
            }
        memcpy(image, out, sizeof out);
    }
}

static void scale(pictures *p, float factor)
{
    for (size_t i = 0; i < N * PIXELS; i++) p->x[i] *= factor;
}

/* Features: the means of 2x2 pixels, as numbers from -1 to 1. */
static void pool(const pictures *p, float *out)
{
    for (size_t n = 0; n < N; n++)
        for (size_t y = 0; y < HALF; y++)
            for (size_t x = 0; x < HALF; x++) {
                const float *at = p->x + n * PIXELS + 2 * y * SIDE + 2 * x;

                out[n * D + y * HALF + x] = (at[0] + at[1] + at[SIDE] + at[SIDE + 1]) / 2 - 1;
            }
}

/* ---- real pictures, and as many held-out ones ---- */

typedef struct bench {
    gan_reference *ref;
    pictures *real, *p; /* those of the reference, and room for others */
    float *features;
    uint32_t *order;
    size_t at;
} bench;

static bench begin(uint64_t seed)
{
    bench b = {.order = shuffled(seed)};
    float *features = malloc(2 * N * D * sizeof *features);
    gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .n_held_out = N, .n_classes = 10,
                               .skip_frechet = 1};

    b.real = malloc(sizeof *b.real);
    b.p = malloc(sizeof *b.p);
    b.features = malloc(N * D * sizeof *b.features);
    take(b.real, b.order, &b.at, ALL, N);
    take(b.p, b.order, &b.at, ALL, N);
    pool(b.real, features);
    pool(b.p, features + N * D);
    desc.held_out = features + N * D;
    desc.labels = b.real->labels;
    expect_ok(gan_reference_create(&b.ref, features, N, D, &desc));
    free(features);
    return b;
}

static gan_comparison compare(bench *b)
{
    gan_comparison c = {GAN_COMPARISON_INIT};

    pool(b->p, b->features);
    expect_ok(gan_reference_compare(b->ref, b->features, NULL, N, &c));
    return c;
}

static void end(bench *b)
{
    gan_reference_destroy(b->ref);
    free(b->real);
    free(b->p);
    free(b->features);
    free(b->order);
}

/* ---- the table ---- */

/* Reference values of other programs for 2,000 pictures altered like this, from other draws, and
 * standard deviations over six draws of real pictures. */
enum { PRECISION, RECALL, DENSITY, COVERAGE, KID, NEAREST, RATIO, COLUMNS };
static const char *const columns[COLUMNS] = {"precision", "recall", "density", "coverage",
                                             "kid",       "1-NN",   "nn_ratio"};
static const double deviation[COLUMNS] = {.008, .004, .014, .003, .7e-3, .010, .009};
static const struct {
    const char *name;
    double wanted[COLUMNS];
    size_t different; /* pictures */
} table[] = {
    {"fresh", {.889, .900, .997, .970, -1.1e-3, .497, 1.000}, N},
    {"20 repeated", {.900, .000, .800, .045, 78e-3, .994, 1.017}, 20},
    {"200 repeated", {.925, .000, 1.082, .437, 10e-3, .945, 1.003}, 200},
    {"copies", {1.00, 1.00, 1.017, 1.000, -3.8e-3, .000, .114}, N},
    {"noise", {.505, .969, .204, .467, -.3e-3, .506, 1.203}, N},
    {"blurred", {.990, .171, 2.44, .902, 5e-3, .729, .950}, N},
    {"contrast", {.962, .505, 1.66, .835, 85e-3, .664, .922}, N},
};
enum { FRESH, REPEATED20, REPEATED200, COPIES, NOISE, BLURRED, CONTRAST, ROWS };

static void draw(bench *b, int row)
{
    if (row == COPIES)
        memcpy(b->p, b->real, sizeof *b->p);
    else
        take(b->p, b->order, &b->at, ALL, table[row].different);
    if (row == REPEATED20 || row == REPEATED200 || row == COPIES) add_noise(b->p, .025f, 3);
    if (row == NOISE) add_noise(b->p, .15f, 4);
    for (int i = 0; row == BLURRED && i < 2; i++) blur(b->p);
    if (row == CONTRAST) scale(b->p, .8f);
}

/* Both sides are single draws, hence the factor sqrt(2); repeated pictures have no more information
 * than the distinct ones among them. */
static void expect_row(int row, const gan_comparison *c)
{
    const gan_estimate nearest = {.value = (c->nn_real.value + c->nn_generated.value) / 2};
    const gan_estimate *of[COLUMNS] = {&c->precision, &c->recall, &c->density, &c->coverage,
                                       &c->kid,       &nearest,   &c->nn_ratio};
    const double alike = sqrt((double)N / (double)table[row].different);

    for (int i = 0; i < COLUMNS; i++) {
        const double off = of[i]->value - table[row].wanted[i];
        const double one = fmax(deviation[i], of[i]->error) * alike;

        if (!(fabs(off) <= 4 * sqrt(2) * one))
            ck_abort_msg("%s: %s is %.4f, the table has %.4f, %.1f standard deviations away",
                         table[row].name, columns[i], of[i]->value, table[row].wanted[i],
                         fabs(off) / (sqrt(2) * one));
    }
}

TEST(numbers_of_altered_pictures_are_those_of_the_table)
{
    bench b;

    if (!images) return;
    b = begin(1);
    for (int row = 0; row < ROWS; row++) {
        gan_comparison c;

        draw(&b, row);
        c = compare(&b);
        expect_row(row, &c);
        /* What the table detects with certainty. */
        ck_assert((row == REPEATED20 || row == REPEATED200) == (c.duplicates.value > 0.5));
        ck_assert((row == COPIES) == (c.copying.value < -20));
        ck_assert((row == NOISE) == (c.nn_real.value > 0.9 && c.nn_generated.value < 0.1));
    }
    end(&b);
}

/* ---- classes that are missing ---- */

/* Each class left out twice, in draws of 2,000: detected and named in 20 of 20; none left out: in 0
 * of 20.  Five of each unless GAN_TEST_THOROUGH is set. */
TEST_EACH(a_class_that_is_left_out_is_named_and_no_other_is, 0, 4)
{
    bench b;

    if (!images || (_i > 0 && !getenv("GAN_TEST_THOROUGH"))) return;
    b = begin(10 + (uint64_t)_i);
    for (int i = 0; i < 10; i++) {
        const int left_out = 5 * (_i % 2) + i / 2, fresh = i % 2;
        const gan_reference_share *shares;
        gan_comparison c;
        size_t least = 0;

        take(b.p, b.order, &b.at, fresh ? ALL : ALL & ~(1u << left_out), N);
        c = compare(&b);
        if (c.classes_missing.value != !fresh)
            ck_abort_msg("without class %d: %g classes missing", fresh ? -1 : left_out,
                         c.classes_missing.value);
        if (fresh) continue;
        shares = gan_reference_classes(b.ref, NULL);
        for (size_t k = 1; k < 10; k++)
            if (shares[k].z < shares[least].z) least = k;
        ck_assert_uint_eq(least, (size_t)left_out);
    }
    end(&b);
}

/* Shirts, coats and pullovers share their bins: only labels show which of them is missing. */
TEST(bins_see_most_classes_that_are_left_out_without_labels)
{
    bench b;
    int seen = 0;

    if (!images || !getenv("GAN_TEST_THOROUGH")) return;
    b = begin(20);
    for (int left_out = 0; left_out < 10; left_out++) {
        gan_comparison c;

        take(b.p, b.order, &b.at, ALL & ~(1u << left_out), N);
        c = compare(&b);
        ck_assert(c.bins_missing.floor == 0);
        seen += c.bins_missing.value > 0;
    }
    ck_assert_int_ge(seen, 7);
    end(&b);
}
