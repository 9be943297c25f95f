/* test_example_collection.c - pictures from directories and from files of every kind are the same samples. */
#include "common/collection.h"
#include "expect.h"

#include <gan/npy.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT = 6, SIDE = 8, AREA = SIDE * SIDE, MOST = COUNT * 4 * AREA };

/* A colour of picture k, or of its background: channel 3 is alpha, transparent on the left. */
static uint8_t value(size_t k, size_t channel, size_t pixel)
{
    if (channel == 3) return pixel % SIDE < SIDE / 2 ? 0 : 255;
    return (uint8_t)((31 * k + 59 * channel + 7 * pixel) % 251);
}

/* All pictures, one after the other: plane after plane, or pixel after pixel. */
static void fill(uint8_t *out, size_t channels, int is_last)
{
    for (size_t k = 0; k < COUNT; k++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < AREA; p++)
                out[k * channels * AREA + (is_last ? p * channels + c : c * AREA + p)] =
                    value(k, c, p);
}

static const char *write_npy(const char *name, size_t channels, int is_last)
{
    const size_t first[] = {COUNT, channels, SIDE, SIDE}, last[] = {COUNT, SIDE, SIDE, channels};
    uint8_t bytes[MOST];

    fill(bytes, channels, is_last);
    expect_ok(gan_npy_write(scratch_path(name), bytes, GAN_NPY_UINT8, is_last ? last : first, 4));
    return scratch_path(name);
}

/* A collection that is ready: opened as the options say, and fitted to its own size. */
static collection open_all(const collection_options *o, size_t height, size_t width)
{
    collection c;

    ck_assert_msg(collection_open(&c, o, 1), "%s: cannot be opened", o->data);
    ck_assert_msg(collection_fit(&c, height, width), "%s: cannot be fitted", o->data);
    return c;
}

/* Its samples are the pictures with `channels` channels. */
static void expect_pictures(const collection *c, size_t channels)
{
    float sample[4 * AREA];

    ck_assert_uint_eq(gan_dataset_count(c->data), COUNT);
    ck_assert_uint_eq(gan_dataset_shape(c->data).dim[0], channels);
    for (size_t k = 0; k < COUNT; k++) {
        expect_ok(gan_dataset_read(c->data, k, sample, NULL));
        for (size_t i = 0; i < channels * AREA; i++)
            ck_assert_float_eq_tol(sample[i] * 255, value(k, i / AREA, i % AREA), 1e-3f);
    }
}

static void expect_labels(const collection *c, const char *const *names)
{
    ck_assert(gan_dataset_has_labels(c->data));
    for (size_t k = 0; k < COUNT; k++) {
        uint8_t label;

        expect_ok(gan_dataset_read(c->data, k, NULL, &label));
        ck_assert_uint_eq(label, k % 3);
        if (names) ck_assert_str_eq(gan_dataset_class_name(c->data, label), names[label]);
    }
}

static void expect_refused(const char *name)
{
    const collection_options o = {.data = scratch_path(name)};
    collection c;

    ck_assert_msg(!collection_open(&c, &o, 1), "%s: should be refused", name);
    collection_close(&c);
}

/* ---- Arrays ---- */

TEST(arrays_of_any_layout_are_the_same_pictures)
{
    for (size_t channels = 1; channels <= 3; channels += 2)
        for (int is_last = 0; is_last < 2; is_last++) {
            const collection_options o = {.data = write_npy("a.npy", channels, is_last)};
            collection c = open_all(&o, SIDE, SIDE);

            ck_assert_str_eq(collection_kind_name(&c), "NumPy array");
            ck_assert_uint_eq(c.side.middle, SIDE);
            expect_pictures(&c, channels);
            collection_close(&c);
        }
}

TEST(numbers_of_any_of_three_ranges_are_the_same_pictures)
{
    static const float ranges[][2] = {{0, 1}, {-1, 1}, {0, 255}};
    const size_t dims[] = {COUNT, SIDE, SIDE};
    const collection_options o = {.data = scratch_path("floats.npy")};
    float numbers[COUNT * AREA];

    for (size_t r = 0; r < 3; r++) {
        collection c;

        for (size_t i = 0; i < COUNT * AREA; i++)
            numbers[i] = ranges[r][0] +
                         (ranges[r][1] - ranges[r][0]) / 255 * (float)value(i / AREA, 0, i % AREA);
        expect_ok(gan_npy_write(o.data, numbers, GAN_NPY_FLOAT32, dims, 3));
        c = open_all(&o, SIDE, SIDE);
        expect_pictures(&c, 1);
        collection_close(&c);
    }
    numbers[0] = 300;
    expect_ok(gan_npy_write(o.data, numbers, GAN_NPY_FLOAT32, dims, 3));
    expect_refused("floats.npy");
}

TEST(alpha_is_dropped_or_blended)
{
    for (int last = 0; last < 2; last++)
        for (int alpha = COLLECTION_DROP; alpha <= COLLECTION_WHITE; alpha++) {
            const collection_options o = {.data = write_npy("rgba.npy", 4, last), .alpha = alpha};
            collection c = open_all(&o, SIDE, SIDE);
            float sample[4 * AREA];

            if (alpha == COLLECTION_DROP) expect_pictures(&c, 3);
            ck_assert_uint_eq(gan_dataset_shape(c.data).dim[0], 3);
            expect_ok(gan_dataset_read(c.data, 1, sample, NULL));
            for (size_t i = 0; i < 3 * AREA && alpha != COLLECTION_DROP; i++) {
                int seen = value(1, 3, i % AREA) > 0;
                float behind = alpha == COLLECTION_WHITE ? 255 : 0;

                ck_assert_float_eq_tol(sample[i] * 255,
                                       seen ? (float)value(1, i / AREA, i % AREA) : behind, 1e-3f);
            }
            collection_close(&c);
        }
}

TEST(an_archive_has_pictures_and_labels_by_name)
{
    const char *path = golden_path("../corpus/npz/stored.npz");
    const collection_options o = {.data = path, .array = "x", .labels_array = "y"};
    gan_npy_desc desc = {GAN_NPY_DESC_INIT, .samples_name = "x"};
    gan_dataset *data;
    collection c;

    if (gan_dataset_open_npy(&data, path, NULL, &desc) < 0) {
        expect_error_says("install libzip");
        return;
    }
    gan_dataset_destroy(data);
    c = open_all(&o, 16, 12);
    ck_assert_uint_eq(gan_dataset_count(c.data), 5);
    ck_assert(gan_dataset_has_labels(c.data));
    ck_assert_uint_eq(gan_dataset_shape(c.data).dim[1], 16);
    ck_assert_uint_eq(gan_dataset_shape(c.data).dim[2], 12);
    collection_close(&c);
}

TEST(idx_and_cifar_are_told_by_their_content)
{
    static const uint8_t head[] = {0, 0, 8, 3, 0, 0, 0, COUNT, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
    static uint8_t bytes[2 * 3073];
    const collection_options idx = {.data = scratch_path("a")}, cifar = {.data = scratch_path("b")};
    collection c;

    memcpy(bytes, head, sizeof head);
    fill(bytes + sizeof head, 1, 0);
    scratch_write(idx.data, bytes, sizeof head + COUNT * AREA);
    c = open_all(&idx, SIDE, SIDE);
    ck_assert_str_eq(collection_kind_name(&c), "IDX file");
    expect_pictures(&c, 1);
    collection_close(&c);

    memset(bytes, 7, sizeof bytes);
    scratch_write(cifar.data, bytes, sizeof bytes);
    c = open_all(&cifar, 32, 32);
    ck_assert_str_eq(collection_kind_name(&c), "CIFAR");
    ck_assert_uint_eq(gan_dataset_count(c.data), 2);
    collection_close(&c);
}

/* ---- Tables ---- */

/* A picture's row begins with its class. */
static const char *write_csv(const char *name, const char *label, size_t channels,
                             const char *const *classes)
{
    FILE *file = fopen(scratch_path(name), "w");

    ck_assert(file != NULL);
    if (label) fprintf(file, "%s", label);
    for (size_t i = 0; label && i < channels * AREA; i++) fprintf(file, ",\"pixel%zu\"", i);
    if (label) fprintf(file, "\r\n");
    for (size_t k = 0; k < COUNT; k++) {
        if (classes)
            fprintf(file, "%s", classes[k % 3]);
        else
            fprintf(file, "%zu", k % 3);
        for (size_t i = 0; i < channels * AREA; i++)
            fprintf(file, ",%d", value(k, i / AREA, i % AREA));
        fprintf(file, "\r\n");
    }
    ck_assert_int_eq(fclose(file), 0);
    return scratch_path(name);
}

TEST(rows_of_a_table_are_square_pictures_with_their_classes)
{
    static const char *const names[] = {"bag", "boot", "coat"};
    const struct {
        const char *header, *column; /* of the class, and what --labels-array says */
        size_t channels;
        const char *const *names;
    } cases[] = {{"label", NULL, 1, NULL},
                 {"\"label\"", NULL, 3, names},
                 {"garment", "garment", 1, names},
                 {NULL, NULL, 1, NULL},
                 {NULL, "0", 3, NULL}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = write_csv("a.csv", cases[i].header, cases[i].channels, cases[i].names);
        const collection_options o = {.data = path, .labels_array = cases[i].column};
        collection c = open_all(&o, SIDE, SIDE);

        ck_assert_str_eq(collection_kind_name(&c), "CSV table");
        expect_pictures(&c, cases[i].channels);
        expect_labels(&c, cases[i].names);
        collection_close(&c);
    }
}

TEST(what_has_no_pictures_is_refused)
{
    static const char rows[] = "x,y\n1,2\n3,4\n", text[] = "no pictures\n";

    scratch_write(scratch_path("rows.csv"), rows, sizeof rows - 1);
    expect_refused("rows.csv"); /* of 2 numbers */
    scratch_write(scratch_path("text"), text, sizeof text - 1);
    expect_refused("text");
    scratch_write(scratch_path("empty"), text, 0);
    expect_refused("empty");
    expect_refused("nowhere");
}

/* ---- Directories ---- */

static void copy(const char *from, const char *to)
{
    static uint8_t bytes[1 << 16];

    scratch_write(to, bytes, scratch_read(golden_path(from), bytes, sizeof bytes));
}

/* Whether this libgan reads such a file. */
static int can_read(const char *path)
{
    const gan_image_desc desc = {GAN_IMAGE_DESC_INIT, .any_format = 1};
    gan_image *image = NULL;
    int found = gan_image_read(&image, path, &desc) == GAN_OK;

    gan_image_destroy(image);
    return found;
}

TEST(directories_are_classes_of_pictures_in_every_format)
{
    static const char *const from[] = {"../corpus/png/kind_rgb_8.png",
                                       "../corpus/jpeg/kind_baseline_420.jpg",
                                       "../corpus/webp/kind_exif_1.webp"};
    static const char *const names[] = {"first/a", "second/b.png", "second/c"};
    const collection_options o = {.data = scratch_path("classes")};
    size_t n = 0;
    collection c;

    ck_assert_int_eq(mkdir(o.data, 0700), 0);
    for (size_t i = 0; i < 3; i++) {
        char path[64];

        (void)snprintf(path, sizeof path, "classes/%s", names[i]);
        if (i < 2) {
            char directory[64];

            (void)snprintf(directory, sizeof directory, "classes/%s", i ? "second" : "first");
            ck_assert_int_eq(mkdir(scratch_path(directory), 0700), 0);
        }
        copy(from[i], scratch_path(path));
        n += can_read(scratch_path(path)) != 0;
    }
    ck_assert_uint_ge(n, 1);
    c = open_all(&o, 24, 16);
    ck_assert_uint_eq(gan_dataset_count(c.data), n);
    ck_assert_uint_eq(gan_dataset_skipped_count(c.data), 3 - n);
    ck_assert_uint_eq(gan_dataset_shape(c.data).dim[1], 24);
    ck_assert(gan_dataset_has_labels(c.data));
    ck_assert_str_eq(gan_dataset_class_name(c.data, 0), "first");
    collection_close(&c);
}
