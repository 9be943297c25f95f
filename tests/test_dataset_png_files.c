/* test_dataset_png_files.c - which files of a directory are read, in which order. */
#include "expect.h"
#include "pictures.h"

#include <gan/dataset.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void expect_files(const gan_dataset *data, const char *const *wanted)
{
    size_t n = 0;

    for (; wanted[n]; n++) {
        const char *found = gan_dataset_file_name(data, n);

        ck_assert_msg(found && strcmp(found, wanted[n]) == 0, "file %zu is %s, expected %s", n,
                      found ? found : "missing", wanted[n]);
        expect_picture(data, n, n);
    }
    ck_assert_uint_eq(gan_dataset_count(data), n);
    ck_assert_ptr_null(gan_dataset_file_name(data, n));
}

/* Written in another order than the expected one, which a directory may or may not keep. */
TEST(files_are_sorted_by_their_paths)
{
    const char *const wanted[] = {
        "10.png",    "9.PNG", "B.png", "a/b/z.png",   "a/x.png",      "a/y.PnG", "a b/1.png",
        "a-b/1.png", "a.png", "b.png", "x.png/1.png", "\xc3\xa4.png", NULL};
    const size_t order[] = {7, 2, 11, 0, 9, 5, 3, 10, 1, 8, 6, 4};
    const char *const folders[] = {"a", "a/b", "a b", "a-b", "x.png", "empty"};
    gan_dataset *data;

    for (size_t i = 0; i < 6; i++) make_folder(folders[i]);
    for (size_t i = 0; i < 12; i++) write_rgb(wanted[order[i]], order[i]);
    data = open_png(NULL);
    expect_files(data, wanted);
    gan_dataset_destroy(data);
}

TEST(other_files_and_links_to_folders_are_left_out)
{
    const char *const wanted[] = {"a.png", "deep/b.png", "link.png", NULL};
    gan_dataset *data;

    make_folder("deep");
    make_folder(".hidden");
    write_rgb("a.png", 0);
    write_rgb("deep/b.png", 1);
    write_rgb("target.picture", 2);
    write_text("notes.txt", "not a picture");
    write_text("png", "not a picture");
    write_text(".png", "not a picture");
    write_text("a.png.bak", "not a picture");
    write_text("._a.png", "not a picture");
    write_text(".hidden/c.png", "not a picture");
    ck_assert_int_eq(symlink("target.picture", scratch_path("link.png")), 0);
    ck_assert_int_eq(symlink("..", scratch_path("deep/loop")), 0);
    ck_assert_int_eq(symlink(".", scratch_path("loop.png")), 0);
    data = open_png(NULL);
    expect_files(data, wanted);
    gan_dataset_destroy(data);
}

TEST(subfolders_are_classes)
{
    const char *const names[] = {"a", "a-b", "b", "nothing"};
    const char *const files[] = {"a/1.png", "a/more/2.png", "a-b/1.png", "b/0.png", "b/9.png"};
    const uint8_t wanted[] = {0, 0, 1, 2, 2};
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;
    uint8_t label;

    for (size_t i = 0; i < 3; i++) make_folder(names[i]);
    make_folder("a/more");
    make_folder("nothing");
    for (size_t i = 0; i < 5; i++) write_rgb(files[i], i);
    for (desc.memory_limit = 0; desc.memory_limit < 2; desc.memory_limit++) {
        data = open_png(&desc);
        ck_assert_int_eq(gan_dataset_has_labels(data), 1);
        ck_assert_uint_eq(gan_dataset_class_count(data), 4);
        for (size_t i = 0; i < 4; i++) ck_assert_str_eq(gan_dataset_class_name(data, i), names[i]);
        ck_assert_ptr_null(gan_dataset_class_name(data, 4));
        for (size_t i = 0; i < 5; i++) {
            float out[SIZE];

            expect_ok(gan_dataset_read(data, i, NULL, &label));
            ck_assert_uint_eq(label, wanted[i]);
            expect_ok(gan_dataset_read(data, i, out, &label));
            ck_assert_uint_eq(label, wanted[i]);
            expect_picture(data, i, i);
        }
        gan_dataset_destroy(data);
    }

    desc.no_labels = 1;
    data = open_png(&desc);
    ck_assert_int_eq(gan_dataset_has_labels(data), 0);
    ck_assert_uint_eq(gan_dataset_class_count(data), 0);
    ck_assert_ptr_null(gan_dataset_class_name(data, 0));
    gan_dataset_destroy(data);

    write_rgb("outside.png", 5);
    data = open_png(NULL);
    ck_assert_int_eq(gan_dataset_has_labels(data), 0);
    ck_assert_uint_eq(gan_dataset_class_count(data), 0);
    gan_dataset_destroy(data);
}

/* A class is a directory, whatever is in it or is not. */
TEST(an_empty_class_keeps_its_number)
{
    const char *const names[] = {"0", "1", "2", "3"};
    double sizes[4] = {0};
    gan_dataset *data;

    for (size_t i = 0; i < 4; i++) make_folder(names[i]);
    make_folder("2/deep");
    write_rgb("1/a.png", 0);
    write_rgb("3/a.png", 1);
    write_rgb("3/b.png", 2);
    data = open_png(NULL);
    ck_assert_uint_eq(gan_dataset_class_count(data), 4);
    for (size_t i = 0; i < 4; i++) ck_assert_str_eq(gan_dataset_class_name(data, i), names[i]);
    expect_ok(gan_dataset_class_sizes(data, sizes, 4));
    ck_assert(sizes[0] == 0 && sizes[1] == 1 && sizes[2] == 0 && sizes[3] == 2);
    gan_dataset_destroy(data);
}

/* The number of samples per class that max_count leaves. */
static void expect_spread(size_t max_count, size_t a, size_t b, size_t c)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT, .max_count = max_count};
    gan_dataset *data = open_png(&desc);
    double sizes[4];

    expect_ok(gan_dataset_class_sizes(data, sizes, 4));
    ck_assert_msg(
        (size_t)sizes[0] == a && sizes[1] == 0 && (size_t)sizes[2] == b && (size_t)sizes[3] == c,
        "max_count %zu: %g, %g, %g, %g", max_count, sizes[0], sizes[1], sizes[2], sizes[3]);
    gan_dataset_destroy(data);
}

TEST(max_count_is_spread_evenly_over_the_classes)
{
    static const size_t counts[] = {5, 0, 2, 4};
    gan_png_desc desc = {GAN_PNG_DESC_INIT, .max_count = 4};
    gan_dataset *data;
    char name[32];

    for (size_t c = 0; c < 4; c++) {
        snprintf(name, sizeof name, "%zu", c);
        make_folder(name);
        for (size_t i = 0; i < counts[c]; i++) {
            snprintf(name, sizeof name, "%zu/%zu.png", c, i);
            write_rgb(name, 10 * c + i);
        }
    }
    expect_spread(1, 1, 0, 0);
    expect_spread(3, 1, 1, 1);
    expect_spread(4, 2, 1, 1);
    expect_spread(8, 3, 2, 3);
    expect_spread(10, 4, 2, 4);
    expect_spread(11, 5, 2, 4);
    expect_spread(12, 5, 2, 4);
    data = open_png(&desc);
    expect_picture(data, 1, 1); /* the first of each, in the order of all */
    expect_picture(data, 2, 20);
    expect_picture(data, 3, 30);
    gan_dataset_destroy(data);
    desc.no_labels = 1;
    data = open_png(&desc);
    ck_assert_uint_eq(gan_dataset_count(data), 4);
    for (size_t i = 0; i < 4; i++) expect_picture(data, i, i);
    gan_dataset_destroy(data);
}

TEST(more_than_256_classes_have_labels_of_16_bits)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;
    uint16_t wide;
    uint8_t label;

    write_rgb("picture", 0);
    for (size_t i = 0; i <= 256; i++) {
        char name[32];

        if (i == 256) {
            data = open_png(NULL);
            ck_assert_uint_eq(gan_dataset_class_count(data), 256);
            ck_assert_int_eq(gan_dataset_label_bits(data), 8);
            expect_ok(gan_dataset_read(data, 255, NULL, &label));
            ck_assert_uint_eq(label, 255);
            gan_dataset_destroy(data);
        }
        snprintf(name, sizeof name, "c%03zu", i);
        make_folder(name);
        snprintf(name, sizeof name, "c%03zu/1.png", i);
        ck_assert_int_eq(link(scratch_path("picture"), scratch_path(name)), 0);
    }
    desc.max_count = 200; /* the first of each class, and classes keep their indices */
    data = open_png(&desc);
    ck_assert_uint_eq(gan_dataset_count(data), 200);
    ck_assert_int_eq(gan_dataset_label_bits(data), 16);
    gan_dataset_destroy(data);
    data = open_png(NULL);
    ck_assert_uint_eq(gan_dataset_class_index(data, "c256"), 256);
    expect_ok(gan_dataset_read_labels16(data, 256, NULL, &wide));
    ck_assert_uint_eq(wide, 256);
    expect_fails(gan_dataset_read(data, 0, NULL, &label), GAN_ERR_INVALID,
                 "gan_dataset_read_labels16()");
    gan_dataset_destroy(data);
}

TEST(max_count_looks_at_the_first_files_only)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;

    write_numbered(5);
    write_text("003.png", "not a picture");
    desc.max_count = 3;
    data = open_png(&desc);
    ck_assert_uint_eq(gan_dataset_count(data), 3);
    for (size_t i = 0; i < 3; i++) expect_picture(data, i, i);
    gan_dataset_destroy(data);
    desc.max_count = 4;
    desc.skip_bad = 1;
    data = open_png(&desc);
    ck_assert_uint_eq(gan_dataset_count(data), 3);
    gan_dataset_destroy(data);
}
