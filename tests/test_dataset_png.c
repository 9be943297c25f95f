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

/* Whatever the files' size and kind, samples equal the output of gan__image_fit(). */
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
            expect_ok(gan__image_fit(image, &(gan__image_frame){8, 7, 3, 0, {0}}, planes));
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

/* ---- Bad files ---- */

/* Ten pictures, and bad files among them; picture k is sample k. */
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
                     scratch_path("000a.png: byte 0: not a PNG file"));
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
    const char *const bad[] = {"000a.png: byte 0: not a PNG file",
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

/* The shape comes from the first usable file, and labels don't shift when files fail. */
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

/* As an unprivileged user: root may read everything. */
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
    static const mode_t modes[] = {0, 0444}; /* not listed; listed, but its files inaccessible */
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

/* Use up most of the address space, so that there is no room for a large picture. */
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
