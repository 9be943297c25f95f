/* test_dataset_npy.c - NumPy arrays: as samples, of any type and order, and writing them. */
#include "budget.h"
#include "expect.h"
#include "failing.h"

#include <gan/dataset.h>
#include <gan/iterator.h>
#include <gan/npy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 5, ROOM = 1 << 13 };

/* A file of tests/corpus/npy or, with that extension, npz; see make_npy.py for its values. */
static const char *corpus(const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "../corpus/%s/%s", strstr(name, ".npz") ? "npz" : "npy", name);
    return golden_path(path);
}

static size_t read_corpus(const char *name, uint8_t *bytes)
{
    const size_t n = scratch_read(corpus(name), bytes, ROOM);

    ck_assert_uint_lt(n, ROOM);
    return n;
}

/* Value i of sample k, in the order of the array's dimensions. */
static float value(size_t k, size_t i)
{
    return (float)((7 * i + 13 * k) % 100);
}

/* A library may be missing. */
static int has_zip(void)
{
    gan_dataset *data;
    const int found = gan_dataset_open_npy(&data, corpus("single.npz"), NULL, NULL) == GAN_OK;

    if (!found) expect_error_says("install libzip");
    gan_dataset_destroy(data);
    return found;
}

static void expect_values(const gan_dataset *data, gan_shape shape, int divided)
{
    const size_t size = gan_shape_size(shape);
    float out[64];

    ck_assert(gan_shape_equal(gan_dataset_shape(data), shape));
    ck_assert_uint_eq(gan_dataset_count(data), COUNT);
    for (size_t k = 0; k < COUNT; k++) {
        expect_ok(gan_dataset_read(data, k, out, NULL));
        for (size_t i = 0; i < size; i++)
            ck_assert_msg(out[i] == (divided ? value(k, i) / 255.0f : value(k, i)),
                          "value %zu of sample %zu is %g", i, k, (double)out[i]);
    }
}

/* ---- Reading ---- */

TEST(every_type_is_read_from_memory_and_from_the_disk)
{
    const char *const types[] = {"i1",    "u1",    "le_i2", "be_i2", "le_u2", "le_i4",
                                 "be_i4", "le_u4", "le_i8", "be_i8", "le_u8", "le_f2",
                                 "be_f2", "le_f4", "be_f4", "le_f8", "be_f8"};
    char name[64];

    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t limit = 0; limit < 2; limit++) {
            const gan_npy_desc desc = {GAN_NPY_DESC_INIT, .memory_limit = limit};
            gan_dataset *data;

            snprintf(name, sizeof name, "c_%s.npy", types[t]);
            expect_ok(gan_dataset_open_npy(&data, corpus(name), NULL, &desc));
            expect_values(data, gan_shape_2d(3, 4), strcmp(types[t], "u1") == 0);
            gan_dataset_destroy(data);
        }
}

TEST(bools_are_0_and_1_and_negative_numbers_stay_so)
{
    gan_dataset *data;
    float out[12];

    expect_ok(gan_dataset_open_npy(&data, corpus("c_bool.npy"), NULL, NULL));
    expect_ok(gan_dataset_read(data, 2, out, NULL));
    for (size_t i = 0; i < 12; i++) ck_assert(out[i] == (value(2, i) > 50 ? 1.0f : 0.0f));
    gan_dataset_destroy(data);
    expect_ok(gan_dataset_open_npy(&data, corpus("negative.npy"), NULL, NULL));
    expect_ok(gan_dataset_read(data, 2, out, NULL));
    for (size_t i = 0; i < 12; i++) ck_assert(out[i] == -value(2, i));
    gan_dataset_destroy(data);
}

TEST(numbers_of_16_bits_have_their_values)
{
    const float wanted[2][4] = {{0, -0.0f, 1, -2.5f}, {65504, 0x1p-24f, 0x1p-14f, 0.333251953125f}};
    gan_dataset *data;
    float out[4];

    expect_ok(gan_dataset_open_npy(&data, corpus("half.npy"), NULL, NULL));
    for (size_t k = 0; k < 2; k++) {
        expect_ok(gan_dataset_read(data, k, out, NULL));
        expect_same_bits(out, wanted[k], sizeof out);
    }
    gan_dataset_destroy(data);
}

TEST(dimensions_may_be_in_both_orders)
{
    const struct {
        const char *name;
        gan_shape shape;
    } shapes[] = {{"one", {1, {1, 0, 0, 0}}},
                  {"3", {1, {3, 0, 0, 0}}},
                  {"2x3", {2, {2, 3, 0, 0}}},
                  {"3x4x2", {3, {3, 4, 2, 0}}},
                  {"2x3x2x2", {4, {2, 3, 2, 2}}}};
    const char *const orders[] = {"shape", "fortran"}, *const types[] = {"u1", "f4"};
    char name[64];

    for (size_t s = 0; s < 5; s++)
        for (size_t o = 0; o < 2; o++)
            for (size_t t = 0; t < 2; t++) {
                gan_dataset *data;

                snprintf(name, sizeof name, "%s_%s_%s.npy", orders[o], shapes[s].name, types[t]);
                expect_ok(gan_dataset_open_npy(&data, corpus(name), NULL, NULL));
                expect_values(data, shapes[s].shape, t == 0);
                gan_dataset_destroy(data);
            }
}

/* An array of 5 x 3 x 4 x 2 is five pictures of two channels, 3 high and 4 wide. */
TEST(channels_may_come_last)
{
    const char *const names[] = {"shape_3x4x2_u1.npy", "shape_3x4x2_f4.npy", "fortran_3x4x2_u1.npy",
                                 "fortran_3x4x2_f4.npy"};
    float out[24];

    for (size_t f = 0; f < 4; f++)
        for (size_t limit = 0; limit < (f < 2 ? 2 : 1); limit++) {
            const gan_npy_desc desc = {GAN_NPY_DESC_INIT, .channels_last = 1,
                                       .memory_limit = limit};
            const float unit = f % 2 ? 1.0f : 255.0f;
            gan_dataset *data;

            expect_ok(gan_dataset_open_npy(&data, corpus(names[f]), NULL, &desc));
            ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(2, 3, 4)));
            for (size_t k = 0; k < COUNT; k++) {
                expect_ok(gan_dataset_read(data, k, out, NULL));
                for (size_t c = 0; c < 2; c++)
                    for (size_t i = 0; i < 12; i++)
                        ck_assert(out[12 * c + i] == value(k, 2 * i + c) / unit);
            }
            gan_dataset_destroy(data);
        }
}

TEST(labels_are_whole_numbers_of_any_type)
{
    const char *const files[] = {"labels_u1.npy", "labels_u2.npy", "labels_i8.npy",
                                 "labels_i4.npy"};
    const char *const names[] = {"a", "b", "c", "d", "e"};

    for (size_t f = 0; f < 4; f++)
        for (size_t limit = 0; limit < 2; limit++) {
            const gan_npy_desc desc = {GAN_NPY_DESC_INIT, .memory_limit = limit,
                                       .class_names = names, .n_class_names = 5, .max_count = 4};
            gan_dataset *data;
            uint8_t label;

            expect_ok(gan_dataset_open_npy(&data, corpus("c_u1.npy"), corpus(files[f]), &desc));
            ck_assert_uint_eq(gan_dataset_count(data), 4);
            ck_assert_str_eq(gan_dataset_class_name(data, 4), "e");
            for (size_t k = 0; k < 4; k++) {
                expect_ok(gan_dataset_read(data, k, NULL, &label));
                ck_assert_uint_eq(label, k % 7);
            }
            gan_dataset_destroy(data);
        }
}

/* The same batches, whether the samples are in memory or are read ahead. */
TEST(batches_of_a_file_that_stays_on_the_disk_are_the_same)
{
    const char *const files[] = {"c_u1.npy", "c_le_f4.npy"};

    for (size_t f = 0; f < 2; f++) {
        const gan_npy_desc read = {GAN_NPY_DESC_INIT, .memory_limit = 1};
        const gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = 2, .shuffle = 1,
                                        .n_threads = 2};
        gan_dataset *data[2];
        gan_iterator *it[2];
        const gan_batch *batch[2];

        for (size_t i = 0; i < 2; i++) {
            expect_ok(gan_dataset_open_npy(&data[i], corpus(files[f]), corpus("labels_i8.npy"),
                                           i ? &read : NULL));
            expect_ok(gan_iterator_create(&it[i], data[i], &walk));
            gan_dataset_destroy(data[i]);
        }
        for (size_t step = 0; step < 9; step++) {
            const gan_status status = gan_iterator_next(it[0], &batch[0]);

            expect_status(gan_iterator_next(it[1], &batch[1]), status);
            if (status == GAN_END) continue;
            ck_assert_uint_eq(batch[0]->count, batch[1]->count);
            expect_same_bits(batch[0]->samples, batch[1]->samples,
                             batch[0]->count * 12 * sizeof(float));
            expect_same_bits(batch[0]->labels, batch[1]->labels, batch[0]->count);
        }
        for (size_t i = 0; i < 2; i++) gan_iterator_destroy(it[i]);
    }
}

/* ---- Archives ---- */

TEST(arrays_of_an_archive_are_read_by_name)
{
    const char *const files[] = {"stored.npz", "deflated.npz"};
    uint8_t bytes[ROOM];

    if (!has_zip()) return;
    for (size_t f = 0; f < 2; f++)
        for (int memory = 0; memory < 2; memory++) {
            const gan_npy_desc desc = {GAN_NPY_DESC_INIT, .samples_name = "x", .labels_name = "y"};
            const gan_reader from = gan_reader_memory(bytes, read_corpus(files[f], bytes));
            gan_dataset *data;
            uint8_t label;

            if (memory)
                expect_ok(gan_dataset_open_npy_from(&data, &from, NULL, &desc));
            else
                expect_ok(gan_dataset_open_npy(&data, corpus(files[f]), NULL, &desc));
            expect_values(data, gan_shape_2d(3, 4), 1);
            expect_ok(gan_dataset_read(data, 3, NULL, &label));
            ck_assert_uint_eq(label, 3);
            gan_dataset_destroy(data);
        }
}

TEST(what_an_archive_lacks_or_hides_is_refused)
{
    gan_npy_desc desc = {GAN_NPY_DESC_INIT};
    gan_dataset *data;
    budget b;

    if (!has_zip()) return;
    expect_fails(gan_dataset_open_npy(&data, corpus("stored.npz"), NULL, &desc), GAN_ERR_FORMAT,
                 "stored.npz: 2 arrays, one expected; name one of them, the first is x.npy");
    desc.samples_name = "z";
    expect_fails(gan_dataset_open_npy(&data, corpus("stored.npz"), NULL, &desc), GAN_ERR_FORMAT,
                 "2 arrays, none is z.npy");
    desc.samples_name = NULL;
    expect_fails(gan_dataset_open_npy(&data, corpus("empty.npz"), NULL, &desc), GAN_ERR_FORMAT,
                 "0 arrays");
    expect_fails(gan_dataset_open_npy(&data, corpus("truncated.npz"), NULL, &desc), GAN_ERR_FORMAT,
                 "truncated.npz: damaged zip archive: ");
    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    desc.memory_limit = 100000;
    expect_fails(gan_dataset_open_npy(&data, corpus("bomb.npz"), NULL, &desc), GAN_ERR_FORMAT,
                 "an array of more than 100000 bytes");
    ck_assert_uint_lt(b.peak_bytes, 300000);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* A member of another length, checksum or compression method than its bytes have. */
TEST(a_damaged_member_of_an_archive_is_refused)
{
    static const char *const names[] = {"stored.npz", "deflated.npz"};
    const gan_npy_desc desc = {GAN_NPY_DESC_INIT, .samples_name = "x", .labels_name = "y"};
    uint8_t bytes[ROOM];

    if (!has_zip()) return;
    for (size_t f = 0; f < 2; f++) {
        const size_t n = read_corpus(names[f], bytes);
        size_t refused = 0;

        for (size_t i = 0; i < n; i++) {
            const gan_reader from = gan_reader_memory(bytes, n);
            gan_dataset *data;
            gan_status status;

            bytes[i] ^= 0x55;
            status = gan_dataset_open_npy_from(&data, &from, NULL, &desc);
            if (status == GAN_ERR_FORMAT && strstr(gan_last_error(), ": damaged zip archive: "))
                refused++;
            gan_dataset_destroy(data);
            bytes[i] ^= 0x55;
        }
        printf("%s: %zu of %zu damages are the archive's\n", names[f], refused, n);
        ck_assert_uint_gt(refused, n / 8);
    }
}

TEST(a_name_of_an_array_has_a_limit)
{
    char name[400];
    const gan_npy_desc desc = {GAN_NPY_DESC_INIT, .samples_name = name};
    gan_dataset *data;

    if (!has_zip()) return;
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = 0;
    expect_fails(gan_dataset_open_npy(&data, corpus("stored.npz"), NULL, &desc), GAN_ERR_INVALID,
                 "names of arrays have at most");
}

/* ---- What is refused ---- */

TEST(bad_files_are_refused_with_what_is_wrong)
{
    const struct {
        const char *file, *labels;
        gan_status status;
        const char *message;
    } cases[] = {
        {"objects.npy", NULL, GAN_ERR_FORMAT,
         "an array of objects is a Python program, which is not run"},
        {"complex.npy", NULL, GAN_ERR_FORMAT, "as descr plain numbers such as"},
        {"text.npy", NULL, GAN_ERR_FORMAT, "as descr plain numbers"},
        {"structured.npy", NULL, GAN_ERR_FORMAT, "as descr plain numbers"},
        {"truncated.npy", NULL, GAN_ERR_FORMAT, "60 values of 4 bytes expected, found 239 bytes"},
        {"longer.npy", NULL, GAN_ERR_FORMAT, "60 values of 4 bytes expected, found 241 bytes"},
        {"huge.npy", NULL, GAN_ERR_FORMAT, "9223372036854775807 values of 4 bytes expected"},
        {"version_9.npy", NULL, GAN_ERR_FORMAT, "version 1 to 3 of the format expected, found 9"},
        {"long_header.npy", NULL, GAN_ERR_FORMAT, "a header of at most 2048 bytes expected"},
        {"no_shape.npy", NULL, GAN_ERR_FORMAT, "'shape': ...} expected"},
        {"unquoted.npy", NULL, GAN_ERR_FORMAT, "'shape': ...} expected"},
        {"scalar.npy", NULL, GAN_ERR_SHAPE, "an array of 1 to 5 dimensions expected, found 0"},
        {"no_samples.npy", NULL, GAN_ERR_FORMAT, "at least 1 sample expected, found 0"},
        {"no_values.npy", NULL, GAN_ERR_FORMAT, "1 to 2147483647 values per sample expected"},
        {"nan.npy", NULL, GAN_ERR_NONFINITE, "value 2 of sample 2 is nan"},
        {"beyond_float.npy", NULL, GAN_ERR_NONFINITE, "value 0 of sample 0 is 1e+300"},
        {"c_u1.npy", "labels_float.npy", GAN_ERR_FORMAT, "whole numbers expected, found float32"},
        {"c_u1.npy", "labels_negative.npy", GAN_ERR_FORMAT, "0 to 65535 expected, number 0 is -1"},
        {"c_u1.npy", "labels_large.npy", GAN_ERR_FORMAT, "0 to 65535 expected, number 4 is 65536"},
        {"c_u1.npy", "labels_2d.npy", GAN_ERR_SHAPE, "labels in 1 dimension expected, found 2"},
        {"c_u1.npy", "labels_few.npy", GAN_ERR_SHAPE, "has 4 labels, there are 5 samples"},
        {"../png/valid_rgb.png", NULL, GAN_ERR_FORMAT, "not a NumPy array: it is a PNG picture"},
        {"nowhere.npy", NULL, GAN_ERR_IO, "nowhere.npy: cannot be opened"},
        {"", NULL, GAN_ERR_IO, "it is a directory"},
    };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        gan_dataset *data = (gan_dataset *)&data;

        expect_fails(gan_dataset_open_npy(&data, corpus(cases[c].file),
                                          cases[c].labels ? corpus(cases[c].labels) : NULL, NULL),
                     cases[c].status, cases[c].message);
        ck_assert_ptr_null(data);
    }
}

TEST(files_of_other_versions_of_python_and_numpy_are_read)
{
    const char *const files[] = {"version_2.npy", "python_2.npy"};

    for (size_t f = 0; f < 2; f++) {
        gan_dataset *data;

        expect_ok(gan_dataset_open_npy(&data, corpus(files[f]), NULL, NULL));
        expect_values(data, gan_shape_2d(3, 4), 0);
        gan_dataset_destroy(data);
    }
}

TEST(wrong_settings_are_refused_and_named)
{
    const gan_npy_desc last = {GAN_NPY_DESC_INIT, .channels_last = 1};
    const gan_npy_desc limit = {GAN_NPY_DESC_INIT, .memory_limit = 1};
    const char *const names[] = {"a"};
    const gan_npy_desc named = {GAN_NPY_DESC_INIT, .class_names = names, .n_class_names = 1};
    const gan_npy_desc small = {.struct_size = 8};
    uint8_t bytes[ROOM];
    const gan_reader from = gan_reader_memory(bytes, read_corpus("c_u1.npy", bytes));
    const gan_reader nothing = {.n_bytes = 1};
    gan_dataset *data = (gan_dataset *)&data;

    expect_fails(gan_dataset_open_npy(NULL, "a", NULL, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_dataset_open_npy(&data, NULL, NULL, NULL), GAN_ERR_INVALID, "samples");
    ck_assert_ptr_null(data);
    expect_fails(gan_dataset_open_npy_from(&data, &nothing, NULL, NULL), GAN_ERR_INVALID, "reader");
    expect_fails(gan_dataset_open_npy(&data, corpus("c_u1.npy"), NULL, &last), GAN_ERR_SHAPE,
                 "4 (count, height, width, channels) dimensions expected, found 3");
    expect_fails(gan_dataset_open_npy(&data, corpus("c_u1.npy"), NULL, &named), GAN_ERR_INVALID,
                 "1 class_names, but no labels");
    expect_fails(gan_dataset_open_npy(&data, corpus("c_u1.npy"), NULL, &small), GAN_ERR_INVALID,
                 "struct_size is 8");
    expect_fails(gan_dataset_open_npy(&data, corpus("fortran_2x3_u1.npy"), NULL, &limit),
                 GAN_ERR_FORMAT, "more than memory_limit in Fortran order");
    expect_fails(gan_dataset_open_npy_from(&data, &from, NULL, &limit), GAN_ERR_FORMAT,
                 "more than memory_limit in an archive or in memory");
}

/* ---- Files that are truncated or change, and memory ---- */

TEST(every_truncation_is_an_error)
{
    const char *const files[] = {"c_le_f4.npy", "fortran_2x3_u1.npy", "deflated.npz"};
    const gan_npy_desc desc = {GAN_NPY_DESC_INIT, .samples_name = "x", .labels_name = NULL};
    uint8_t bytes[ROOM];

    for (size_t f = 0; f < 3; f++) {
        const size_t n = read_corpus(files[f], bytes);

        for (size_t cut = 0; cut < n; cut++) {
            const gan_reader from = gan_reader_memory(bytes, cut);
            gan_dataset *data;

            expect_status(gan_dataset_open_npy_from(&data, &from, NULL, &desc), GAN_ERR_FORMAT);
            ck_assert_ptr_null(data);
        }
    }
}

TEST(a_reader_that_fails_is_an_error)
{
    uint8_t bytes[ROOM];
    const size_t n = read_corpus("c_le_f4.npy", bytes);

    for (size_t at = 0; at < n; at += 7) {
        failing_stream stream;
        const gan_reader from = failing_reader(&stream, bytes, n, at);
        gan_dataset *data;

        expect_status(gan_dataset_open_npy_from(&data, &from, NULL, NULL), GAN_ERR_IO);
    }
}

TEST(a_file_that_is_cut_while_it_is_used_is_an_error_and_no_more)
{
    const gan_npy_desc desc = {GAN_NPY_DESC_INIT, .memory_limit = 1};
    const char *path = scratch_path("a.npy");
    uint8_t bytes[ROOM];
    const size_t n = read_corpus("c_le_f4.npy", bytes);
    gan_dataset *data;
    float out[12];

    scratch_write(path, bytes, n);
    expect_ok(gan_dataset_open_npy(&data, path, NULL, &desc));
    ck_assert_int_eq(truncate(path, (off_t)n - 50), 0);
    expect_ok(gan_dataset_read(data, 0, out, NULL));
    expect_fails(gan_dataset_read(data, 4, out, NULL), GAN_ERR_FORMAT, path);
    expect_error_says("sample 4 expected, the file ends");
    gan_dataset_destroy(data);
}

typedef struct attempt_on {
    const char *file;
    gan_npy_desc desc;
} attempt_on;

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    const attempt_on *on = user;
    gan_npy_desc desc = on->desc;
    gan_dataset *data;
    gan_status status;

    desc.allocator = allocator;
    status = gan_dataset_open_npy(&data, corpus(on->file), corpus("labels_i8.npy"), &desc);
    *out = data;
    return status;
}

static void destroy(void *made)
{
    gan_dataset_destroy(made);
}

TEST(opening_survives_each_lack_of_memory)
{
    const char *const names[] = {"a", "b"};
    attempt_on cases[] = {{"c_u1.npy", {GAN_NPY_DESC_INIT}},
                          {"fortran_2x3_f4.npy", {GAN_NPY_DESC_INIT}},
                          {"c_le_f4.npy", {GAN_NPY_DESC_INIT, .memory_limit = 1}},
                          {"single.npz", {GAN_NPY_DESC_INIT, .n_class_names = 2}}};

    cases[3].desc.class_names = names;
    for (size_t c = 0; c < (has_zip() ? 4 : 3); c++) budget_sweep(attempt, destroy, &cases[c]);
}

/* ---- Writing ---- */

TEST(arrays_that_were_written_are_read_again)
{
    const size_t dims[] = {2, 3, 2};
    const char *path = scratch_path("out.npy");
    const float floats[12] = {0, 1.5f, -2, 1e30f, 5, 6, 7, 8, 9, 10, 11, 12};
    double doubles[12];
    uint8_t bytes[12];
    uint16_t words[12];
    int64_t wholes[12];
    const void *const values[] = {floats, doubles, bytes, words, wholes};

    for (int i = 0; i < 12; i++) {
        doubles[i] = i / 3.0;
        bytes[i] = (uint8_t)(i * 20);
        words[i] = (uint16_t)(i * 5000);
        wholes[i] = i - 100;
    }
    for (int t = 0; t < 5; t++) {
        gan_dataset *data;
        float out[6];

        expect_ok(gan_npy_write(path, values[t], (gan_npy_type)t, dims, 3));
        expect_ok(gan_dataset_open_npy(&data, path, NULL, NULL));
        ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_2d(3, 2)));
        for (size_t k = 0; k < 2; k++) {
            expect_ok(gan_dataset_read(data, k, out, NULL));
            for (size_t i = 0; i < 6; i++) {
                const size_t n = 6 * k + i;

                ck_assert(out[i] == (t == 0   ? floats[n]
                                     : t == 1 ? (float)doubles[n]
                                     : t == 2 ? (float)bytes[n] / 255.0f
                                     : t == 3 ? (float)words[n]
                                              : (float)wholes[n]));
            }
        }
        gan_dataset_destroy(data);
    }
    ck_assert_uint_eq(scratch_count(), 1);
}

/* Byte for byte what numpy.save() wrote. */
TEST(a_file_is_that_of_numpy)
{
    const size_t dims[] = {COUNT, 3, 4}, seven[] = {COUNT};
    uint8_t wanted[ROOM], found[ROOM];
    float floats[COUNT * 12];
    int64_t labels[COUNT];
    gan_writer to = gan_writer_memory(found, sizeof found);
    size_t n = read_corpus("c_le_f4.npy", wanted);

    for (size_t k = 0; k < COUNT; k++) {
        labels[k] = (int64_t)k;
        for (size_t i = 0; i < 12; i++) floats[12 * k + i] = value(k, i);
    }
    expect_ok(gan_npy_write_to(&to, floats, GAN_NPY_FLOAT32, dims, 3));
    ck_assert_uint_eq(to.n_bytes, n);
    expect_same_bits(found, wanted, n);
    n = read_corpus("labels_i8.npy", wanted);
    to = gan_writer_memory(found, sizeof found);
    expect_ok(gan_npy_write_to(&to, labels, GAN_NPY_INT64, seven, 1));
    ck_assert_uint_eq(to.n_bytes, n);
    expect_same_bits(found, wanted, n);
    to = gan_writer_memory(found, 100);
    expect_status(gan_npy_write_to(&to, labels, GAN_NPY_INT64, seven, 1), GAN_ERR_IO);
    ck_assert_uint_eq(to.n_bytes, n);
}

TEST(what_cannot_be_written_is_refused)
{
    const size_t dims[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, huge[] = {SIZE_MAX / 2, 8}, none[] = {0};
    const char *path = scratch_path("a.npy");
    const float one = 1;

    expect_fails(gan_npy_write(NULL, &one, GAN_NPY_FLOAT32, dims, 1), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_npy_write_to(NULL, &one, GAN_NPY_FLOAT32, dims, 1), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_npy_write(path, NULL, GAN_NPY_FLOAT32, dims, 1), GAN_ERR_INVALID, "values");
    expect_fails(gan_npy_write(path, &one, GAN_NPY_FLOAT32, NULL, 1), GAN_ERR_INVALID, "dims");
    expect_fails(gan_npy_write(path, &one, (gan_npy_type)5, dims, 1), GAN_ERR_INVALID,
                 "unknown gan_npy_type 5");
    expect_fails(gan_npy_write(path, &one, GAN_NPY_FLOAT32, dims, 9), GAN_ERR_INVALID,
                 "9 dimensions, at most 8");
    expect_fails(gan_npy_write(path, &one, GAN_NPY_FLOAT32, huge, 2), GAN_ERR_INVALID,
                 "more values than memory can hold");
    ck_assert_int_ne(access(path, F_OK), 0);
    expect_fails(gan_npy_write(scratch_path("no/a.npy"), &one, GAN_NPY_FLOAT32, dims, 1),
                 GAN_ERR_IO, "no/a.npy");
    expect_ok(gan_npy_write(path, NULL, GAN_NPY_FLOAT32, none, 1));
    expect_ok(gan_npy_write(path, &one, GAN_NPY_FLOAT32, NULL, 0));
}
