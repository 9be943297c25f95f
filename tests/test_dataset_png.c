/* test_dataset_png.c - directories of PNG pictures: which files, which classes, and bad ones. */
#include "budget.h"
#include "data/image_internal.h"
#include "expect.h"
#include "pictures.h"

#include <gan/dataset.h>
#include <gan/iterator.h>
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- What is read ---- */

TEST(every_kind_of_png_is_read)
{
    const struct {
        const char *name;
        int color, depth;
    } kinds[] = {{"rgb8.png", PNG_COLOR_TYPE_RGB, 8},
                 {"rgb16.png", PNG_COLOR_TYPE_RGB, 16},
                 {"palette.png", PNG_COLOR_TYPE_PALETTE, 8},
                 {"rgba8.png", PNG_COLOR_TYPE_RGBA, 8},
                 {"rgba16.png", PNG_COLOR_TYPE_RGBA, 16}};
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;

    for (size_t i = 0; i < 5; i++)
        write_png(kinds[i].name, 3, WIDTH, HEIGHT, kinds[i].color, kinds[i].depth);
    data = open_png(NULL);
    ck_assert_uint_eq(gan_dataset_count(data), 5);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(3, HEIGHT, WIDTH)));
    ck_assert_int_eq(gan_dataset_has_labels(data), 0);
    for (size_t i = 0; i < 5; i++) expect_picture(data, i, 3);
    gan_dataset_destroy(data);

    desc.channels = 1;
    data = open_png(&desc);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(1, HEIGHT, WIDTH)));
    for (size_t k = 0; k < 5; k++) {
        float out[WIDTH * HEIGHT];

        expect_ok(gan_dataset_read(data, k, out, NULL));
        for (size_t i = 0; i < WIDTH * HEIGHT; i++)
            expect_near((double)out[i] * 255,
                        0.299 * pixel(3, 3 * i) + 0.587 * pixel(3, 3 * i + 1) +
                            0.114 * pixel(3, 3 * i + 2),
                        0, 0.51);
    }
    gan_dataset_destroy(data);
}

TEST(grey_files_are_grey_or_rgb_of_three_equal_planes)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;

    write_png("a.png", 9, WIDTH, HEIGHT, PNG_COLOR_TYPE_GRAY, 8);
    write_png("b.png", 9, WIDTH, HEIGHT, PNG_COLOR_TYPE_GRAY, 16);
    write_png("c.png", 9, WIDTH, HEIGHT, PNG_COLOR_TYPE_GRAY_ALPHA, 8);
    data = open_png(NULL);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(1, HEIGHT, WIDTH)));
    for (size_t i = 0; i < 3; i++) expect_picture(data, i, 9);
    gan_dataset_destroy(data);
    desc.channels = 3;
    data = open_png(&desc);
    for (size_t k = 0; k < 3; k++) {
        float out[SIZE];

        expect_ok(gan_dataset_read(data, k, out, NULL));
        for (size_t i = 0; i < SIZE; i++)
            ck_assert(out[i] == (float)pixel(9, 3 * (i % (WIDTH * HEIGHT))) / 255.0f);
    }
    gan_dataset_destroy(data);
}

/* Of whatever size and kind the files are, samples are what gan__image_fit() makes of them. */
TEST(pictures_are_scaled_and_cut_on_request)
{
    const size_t sizes[][2] = {{40, 30}, {9, 17}, {8, 8}, {3, 5}, {178, 218}};
    gan_png_desc desc = {GAN_PNG_DESC_INIT};

    for (size_t i = 0; i < 5; i++) {
        char name[] = {(char)('a' + i), '.', 'p', 'n', 'g', 0};

        write_png(name, i, sizes[i][0], sizes[i][1],
                  i % 2 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGBA, 8);
    }
    desc.width = 8;
    desc.height = 7;
    for (desc.memory_limit = 0; desc.memory_limit < 2; desc.memory_limit++) {
        gan_dataset *data = open_png(&desc);

        ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(3, 7, 8)));
        for (size_t i = 0; i < 5; i++) {
            gan_image *image;
            uint8_t planes[3 * 8 * 7];
            float out[3 * 8 * 7];

            expect_ok(gan_image_read(&image, scratch_path(gan_dataset_file_name(data, i)), NULL));
            ck_assert_uint_eq(gan_image_width(image), sizes[i][0]);
            expect_ok(gan__image_fit(image, 8, 7, 3, planes));
            expect_ok(gan_dataset_read(data, i, out, NULL));
            for (size_t k = 0; k < 3 * 8 * 7; k++) ck_assert(out[k] == (float)planes[k] / 255.0f);
            gan_image_destroy(image);
        }
        gan_dataset_destroy(data);
    }
}

TEST(the_corpus_of_good_files_is_read)
{
    const char *const good[] = {"grey_16bit_interlaced", "grey_1bit", "palette_transparent", "rgb",
                                "rgba"};
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;

    for (size_t i = 0; i < 5; i++) {
        char from[256], bytes[4096], to[64];
        size_t n;

        snprintf(from, sizeof from, "../corpus/png/valid_%s.png", good[i]);
        n = scratch_read(golden_path(from), bytes, sizeof bytes);
        snprintf(to, sizeof to, "%s.png", good[i]);
        scratch_write(scratch_path(to), bytes, n);
    }
    desc.width = desc.height = 8;
    data = open_png(&desc);
    ck_assert_uint_eq(gan_dataset_count(data), 5);
    ck_assert_uint_eq(gan_dataset_shape(data).dim[0], 1);
    gan_dataset_destroy(data);
}

/* ---- Which files, in which order ---- */

static void expect_files(const gan_dataset *data, const char *const *wanted)
{
    size_t n = 0;

    for (; wanted[n]; n++) {
        const char *found = gan_dataset_file_name(data, n);

        ck_assert_msg(found && strcmp(found, wanted[n]) == 0, "file %zu is %s, wanted %s", n,
                      found ? found : "missing", wanted[n]);
        expect_picture(data, n, n);
    }
    ck_assert_uint_eq(gan_dataset_count(data), n);
    ck_assert_ptr_null(gan_dataset_file_name(data, n));
}

/* They are written in another order than they are wanted in, which a folder may or may not keep. */
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

/* How many samples of each class max_count leaves. */
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

TEST(there_may_be_256_classes)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;
    uint8_t label;

    write_rgb("picture", 0);
    for (size_t i = 0; i <= 256; i++) {
        char name[32];

        if (i == 256) {
            data = open_png(NULL);
            ck_assert_uint_eq(gan_dataset_class_count(data), 256);
            expect_ok(gan_dataset_read(data, 255, NULL, &label));
            ck_assert_uint_eq(label, 255);
            gan_dataset_destroy(data);
        }
        snprintf(name, sizeof name, "c%03zu", i);
        make_folder(name);
        snprintf(name, sizeof name, "c%03zu/1.png", i);
        ck_assert_int_eq(link(scratch_path("picture"), scratch_path(name)), 0);
    }
    expect_fails(try_png(&data, NULL), GAN_ERR_SHAPE,
                 "at most 256 class directories expected, found 257");
    ck_assert_ptr_null(data);
    desc.no_labels = 1;
    data = open_png(&desc);
    ck_assert_uint_eq(gan_dataset_count(data), 257);
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

/* ---- Bad files ---- */

/* Ten pictures, and between them some that are none; picture k is sample k. */
static void write_with_bad(void)
{
    write_numbered(10);
    write_text("000a.png", "not a picture");
    write_text("004a.png", "");
    write_png("007a.png", 0, WIDTH + 1, HEIGHT, PNG_COLOR_TYPE_RGB, 8);
    ck_assert_int_eq(symlink("nowhere", scratch_path("007b.png")), 0);
    ck_assert_int_eq(truncate(scratch_path("009.png"), 60), 0);
}

TEST(a_bad_file_is_an_error_that_names_it)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;

    write_with_bad();
    for (desc.n_threads = 1; desc.n_threads <= 3; desc.n_threads++) {
        data = (gan_dataset *)&desc;
        expect_fails(try_png(&data, &desc), GAN_ERR_FORMAT,
                     scratch_path("000a.png: byte 0: no PNG file"));
        ck_assert_ptr_null(data);
    }
    remove(scratch_path("000a.png"));
    expect_fails(try_png(&data, NULL), GAN_ERR_FORMAT, scratch_path("004a.png: "));
    remove(scratch_path("004a.png"));
    expect_fails(try_png(&data, NULL), GAN_ERR_SHAPE,
                 scratch_path("007a.png: 7 x 4 pixels, the first picture has 6 x 4"));
    remove(scratch_path("007a.png"));
    expect_fails(try_png(&data, NULL), GAN_ERR_IO, scratch_path("007b.png: "));
    remove(scratch_path("007b.png"));
    expect_fails(try_png(&data, NULL), GAN_ERR_FORMAT, scratch_path("009.png: "));
    ck_assert_ptr_null(data);
}

TEST(bad_files_are_left_out_on_request)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    const char *const bad[] = {"000a.png: byte 0: no PNG file",
                               "004a.png: byte 0: ", "007a.png: 7 x 4 pixels",
                               "007b.png: cannot be opened", "009.png: byte "};

    write_with_bad();
    desc.skip_bad = 1;
    for (size_t i = 0; i < 6; i++) {
        gan_dataset *data;

        desc.n_threads = 1 + i / 2;
        desc.memory_limit = i % 2;
        data = open_png(&desc);
        ck_assert_uint_eq(gan_dataset_count(data), 9);
        for (size_t k = 0; k < 9; k++) expect_picture(data, k, k);
        ck_assert_ptr_null(gan_dataset_file_name(data, 9));
        ck_assert_uint_eq(gan_dataset_skipped_count(data), 5);
        for (size_t k = 0; k < 5; k++)
            ck_assert_ptr_nonnull(strstr(gan_dataset_skipped(data, k), scratch_path(bad[k])));
        ck_assert_ptr_null(gan_dataset_skipped(data, 5));
        gan_dataset_destroy(data);
    }
}

/* The shape comes from the first that can be used, and labels do not move when files fail. */
TEST(a_class_keeps_its_label_when_its_files_are_bad)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;
    uint8_t label;

    make_folder("a");
    make_folder("b");
    write_text("a/1.png", "not a picture");
    write_rgb("b/1.png", 0);
    desc.skip_bad = 1;
    data = open_png(&desc);
    ck_assert_uint_eq(gan_dataset_count(data), 1);
    expect_ok(gan_dataset_read(data, 0, NULL, &label));
    ck_assert_uint_eq(label, 1);
    ck_assert_uint_eq(gan_dataset_class_count(data), 2);
    expect_picture(data, 0, 0);
    gan_dataset_destroy(data);
}

/* As somebody who may not read everything: root may. */
static gan_status open_as_nobody(gan_dataset **out, const gan_png_desc *desc)
{
    const uid_t me = geteuid();
    gan_status status;

    if (me == 0) ck_assert_int_eq(seteuid(65534), 0);
    status = gan_dataset_open_png(out, scratch_directory(), desc);
    if (me == 0) ck_assert_int_eq(seteuid(me), 0);
    return status;
}

TEST(directories_that_cannot_be_read_are_left_out_on_request)
{
    static const mode_t modes[] = {0, 0444}; /* not listed; listed, but its files out of reach */
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;
    uint8_t label;

    for (char c = 'a'; c <= 'c'; c++) {
        make_folder((char[]){c, 0});
        write_rgb((char[]){c, '/', '1', '.', 'p', 'n', 'g', 0}, (size_t)(c - 'a'));
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(chmod(scratch_path("b"), modes[i]), 0);
        desc.skip_bad = 0;
        expect_fails(open_as_nobody(&data, &desc), GAN_ERR_IO, "Permission denied");
        expect_error_says(scratch_path("b"));
        ck_assert_ptr_null(data);
        desc.skip_bad = 1;
        expect_ok(open_as_nobody(&data, &desc));
        ck_assert_uint_eq(gan_dataset_count(data), 2);
        ck_assert_uint_eq(gan_dataset_class_count(data), 3);
        expect_ok(gan_dataset_read(data, 1, NULL, &label));
        ck_assert_uint_eq(label, 2);
        ck_assert_uint_eq(gan_dataset_skipped_count(data), 1);
        ck_assert_ptr_nonnull(
            strstr(gan_dataset_skipped(data, 0), scratch_path(i ? "b/1.png" : "b")));
        ck_assert_ptr_nonnull(strstr(gan_dataset_skipped(data, 0), "Permission denied"));
        gan_dataset_destroy(data);
    }
    ck_assert_int_eq(chmod(scratch_path("a"), 0), 0);
    ck_assert_int_eq(chmod(scratch_path("c"), 0), 0);
    expect_fails(open_as_nobody(&data, &desc), GAN_ERR_FORMAT, "no PNG file in it");
    expect_error_says("left out is ");
    for (char c = 'a'; c <= 'c'; c++)
        ck_assert_int_eq(chmod(scratch_path((char[]){c, 0}), 0755), 0);
}

TEST(other_formats_and_what_is_no_file_are_named)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT, .skip_bad = 1};
    gan_dataset *data;

    write_rgb("a.png", 0);
    write_text("b.png", "\xff\xd8\xff\xe0 JFIF");
    write_text("c.png", "GIF89a");
    ck_assert_int_eq(mkfifo(scratch_path("d.png"), 0600), 0);
    data = open_png(&desc);
    ck_assert_uint_eq(gan_dataset_skipped_count(data), 3);
    ck_assert_ptr_nonnull(strstr(gan_dataset_skipped(data, 0), "it is a JPEG picture"));
    ck_assert_ptr_nonnull(strstr(gan_dataset_skipped(data, 1), "it is a GIF picture"));
    ck_assert_ptr_nonnull(strstr(gan_dataset_skipped(data, 2), "it is a pipe"));
    gan_dataset_destroy(data);
}

TEST(a_directory_without_a_usable_picture_is_an_error)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data = (gan_dataset *)&desc;

    expect_fails(try_png(&data, NULL), GAN_ERR_FORMAT, "no PNG file in it");
    ck_assert_ptr_null(data);
    write_text("a.png", "not a picture");
    write_text("b.png", "nor this");
    desc.skip_bad = 1;
    expect_fails(try_png(&data, &desc), GAN_ERR_FORMAT, scratch_path("a.png: byte 0"));
    desc.width = desc.height = 4;
    expect_fails(try_png(&data, &desc), GAN_ERR_FORMAT, scratch_path("a.png: byte 0"));
    expect_error_says("no file in it can be used, out of 2");
    desc.channels = 1;
    expect_fails(try_png(&data, &desc), GAN_ERR_FORMAT, "out of 2");
    ck_assert_ptr_null(data);
}

/* 300 megabytes of pixels in some kilobytes. */
TEST(a_picture_of_more_than_2_to_28_bytes_is_bad)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_dataset *data;

    if (under_sanitizer()) return;
    write_rgb("a.png", 0);
    write_png("b.png", 0, 10, 10, PNG_COLOR_TYPE_RGB, 8);
    desc.width = desc.height = 4;
    data = open_png(&desc);
    gan_dataset_destroy(data);
    write_png("b.png", 0, 9460, 9460, PNG_COLOR_TYPE_RGB, 8);
    expect_fails(try_png(&data, &desc), GAN_ERR_FORMAT,
                 "9460 x 9460 pixels (268474800 bytes), at most 268435456 bytes are read; raise "
                 "max_picture_bytes of gan_png_desc");
    desc.max_picture_bytes = 9460 * 9460 * 3;
    data = open_png(&desc);
    gan_dataset_destroy(data);
}

TEST(directories_that_cannot_be_opened_are_errors)
{
    gan_dataset *data = (gan_dataset *)&data;

    expect_fails(gan_dataset_open_png(&data, scratch_path("nowhere"), NULL), GAN_ERR_IO,
                 "nowhere: cannot be opened as a directory: ");
    ck_assert_ptr_null(data);
    write_rgb("a.png", 0);
    expect_fails(gan_dataset_open_png(&data, scratch_path("a.png"), NULL), GAN_ERR_IO,
                 "a.png: cannot be opened as a directory: ");
    expect_fails(gan_dataset_open_png(&data, "", NULL), GAN_ERR_IO, "directory");
}

TEST(paths_that_are_too_long_are_errors)
{
    char path[5000];
    gan_dataset *data;

    memset(path, '/', sizeof path);
    path[sizeof path - 1] = 0;
    write_rgb("a.png", 0);
    expect_status(gan_dataset_open_png(&data, path, NULL), GAN_ERR_IO);
    ck_assert_ptr_null(data);
}

TEST(wrong_settings_are_refused_and_named)
{
    const gan_png_desc good = {GAN_PNG_DESC_INIT};
    gan_allocator half = {NULL, NULL, NULL};
    gan_png_desc desc;
    gan_dataset *data;

    write_rgb("a.png", 0);
#define REFUSED(part, setting)                                                                     \
    do {                                                                                           \
        desc = good;                                                                               \
        setting;                                                                                   \
        data = (gan_dataset *)&desc;                                                               \
        expect_fails(try_png(&data, &desc), GAN_ERR_INVALID, part);                                \
        ck_assert_ptr_null(data);                                                                  \
    } while (0)
    REFUSED("width 5 and height 0", desc.width = 5);
    REFUSED("width 0 and height 5", desc.height = 5);
    REFUSED("width 32769 and height 1", (desc.width = 32769, desc.height = 1));
    REFUSED("channels is 2, 0, 1 or 3 expected", desc.channels = 2);
    REFUSED("32768 x 32768 pixels of 3 channels",
            (desc.width = 32768, desc.height = 32768, desc.channels = 3));
    REFUSED("at most 1024", desc.n_threads = 1025);
    REFUSED("struct_size is 8", desc.struct_size = 8);
    REFUSED("allocator", desc.allocator = &half);
#undef REFUSED
    expect_fails(gan_dataset_open_png(NULL, scratch_directory(), NULL), GAN_ERR_INVALID,
                 "out is NULL");
    expect_fails(gan_dataset_open_png(&data, NULL, NULL), GAN_ERR_INVALID, "directory is NULL");
    ck_assert_ptr_null(data);
}

TEST(other_datasets_have_no_names)
{
    gan_dataset *data;

    expect_ok(gan_dataset_create_shapes(&data, 1, 1, NULL));
    for (int i = 0; i < 2; i++) {
        const gan_dataset *asked = i == 0 ? data : NULL;

        ck_assert_uint_eq(gan_dataset_class_count(asked), 0);
        ck_assert_ptr_null(gan_dataset_class_name(asked, 0));
        ck_assert_ptr_null(gan_dataset_file_name(asked, 0));
        ck_assert_uint_eq(gan_dataset_skipped_count(asked), 0);
        ck_assert_ptr_null(gan_dataset_skipped(asked, 0));
    }
    gan_dataset_destroy(data);
}

/* ---- Memory ---- */

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    gan_png_desc desc = *(const gan_png_desc *)user;
    gan_dataset *data;
    gan_status status;

    desc.allocator = allocator;
    status = try_png(&data, &desc);
    *out = data;
    return status;
}

static void destroy(void *made)
{
    gan_dataset_destroy(made);
}

/* The budget is for one thread: it fails when a worker calls it. */
TEST(opening_survives_each_lack_of_memory)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};

    make_folder("a");
    make_folder("b");
    write_rgb("a/1.png", 0);
    write_rgb("b/2.png", 1);
    write_text("b/3.png", "not a picture");
    desc.skip_bad = 1;
    for (size_t i = 0; i < 6; i++) {
        desc.n_threads = 1 + i / 2;
        desc.memory_limit = i % 2;
        budget_sweep(attempt, destroy, &desc);
    }
}

TEST(samples_stay_in_memory_up_to_the_limit)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};

    write_numbered(10);
    for (int fits = 0; fits < 2; fits++) {
        gan_dataset *data;
        budget b;

        budget_init(&b, BUDGET_UNLIMITED);
        desc.allocator = &b.allocator;
        desc.memory_limit = 10 * SIZE - 1 + (size_t)fits;
        data = open_png(&desc);
        write_text("004.png", "gone");
        if (fits)
            expect_picture(data, 4, 4);
        else
            expect_status(gan_dataset_read(data, 4, (float[SIZE]){0}, NULL), GAN_ERR_FORMAT);
        write_rgb("004.png", 4);
        expect_picture(data, 4, 4);
        gan_dataset_destroy(data);
        ck_assert_uint_eq(budget_live(&b), 0);
    }
}

/* Take all but a little of the address space, so that a large picture finds no room. */
static void limit_memory(struct rlimit *old)
{
    struct rlimit limit;
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fscanf(f, "%ld", &pages), 1);
    fclose(f);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, old), 0);
    limit = *old;
    limit.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (1 << 23);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

TEST(a_lack_of_memory_while_decoding_is_no_fault_of_the_file)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT};
    gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT};
    gan_status opening, reading, walking;
    gan_dataset *data, *again;
    const gan_batch *batch;
    gan_iterator *it;
    struct rlimit old;
    float out[3 * 16];

    if (under_sanitizer() || under_emulator() || access("/proc/self/statm", R_OK) != 0) return;
    write_rgb("a.png", 0);
    write_png("b.png", 0, 4000, 4000, PNG_COLOR_TYPE_RGB, 8);
    desc.width = desc.height = 4;
    desc.n_threads = walk.n_threads = 1;
    desc.skip_bad = 1;
    desc.memory_limit = 1;
    data = open_png(&desc);
    expect_ok(gan_iterator_create(&it, data, &walk));
    limit_memory(&old);
    opening = try_png(&again, &desc);
    reading = gan_dataset_read(data, 1, out, NULL);
    walking = gan_iterator_next(it, &batch);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &old), 0);
    expect_status(opening, GAN_ERR_NOMEM);
    ck_assert_ptr_null(again);
    expect_status(reading, GAN_ERR_NOMEM);
    expect_status(walking, GAN_ERR_NOMEM);
    ck_assert_uint_eq(gan_iterator_position(it), 0);
    expect_ok(gan_iterator_next(it, &batch));
    ck_assert_uint_eq(batch->count, 2);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}
