/* test_dataset_image_folder.c - directories of pictures of any format: which are read, which
 * classes there are, and which files errors name. */
#include "budget.h"
#include "data/image_internal.h"
#include "expect.h"
#include "pictures.h"

#include <gan/dataset.h>
#include <gan/iterator.h>
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static gan_status try_folder(gan_dataset **out, const gan_image_folder_desc *desc)
{
    return gan_dataset_open_image_folder(out, scratch_directory(), desc);
}

static gan_dataset *open_folder(const gan_image_folder_desc *desc)
{
    gan_dataset *data;

    expect_ok(try_folder(&data, desc));
    return data;
}

/* Put a file of tests/corpus into the directory, under a name that need not be that of its
 * format. */
static void put_file(const char *name, const char *from)
{
    char path[128];
    uint8_t bytes[8192];

    snprintf(path, sizeof path, "../corpus/%s", from);
    scratch_write(scratch_path(name), bytes, scratch_read(golden_path(path), bytes, sizeof bytes));
}

static int has_jpeg(void)
{
    return !gan__image_jpeg.missing;
}

static void expect_skipped(const gan_dataset *data, const char *const *wanted, size_t n)
{
    ck_assert_uint_eq(gan_dataset_skipped_count(data), n);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(strstr(gan_dataset_skipped(data, i), wanted[i]) != NULL, "%zu: %s", i,
                      gan_dataset_skipped(data, i));
}

/* ---- Formats ---- */

/* Sample `index` equals the file read by gan_image_read() and fitted. */
static void expect_file(const gan_dataset *data, size_t index, const char *name,
                        const gan__image_frame *frame)
{
    const gan_image_desc any = {GAN_IMAGE_DESC_INIT, .any_format = 1};
    const size_t n = frame->width * frame->height * frame->channels;
    uint8_t planes[4 * 21 * 21];
    float out[4 * 21 * 21];
    gan_image *image;

    ck_assert_uint_le(n, sizeof planes);
    ck_assert_str_eq(gan_dataset_file_name(data, index), name);
    expect_ok(gan_image_read(&image, scratch_path(name), &any));
    expect_ok(gan__image_fit(image, frame, planes));
    expect_ok(gan_dataset_read(data, index, out, NULL));
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(out[i] == (float)planes[i] / 255.0f, "%s: value %zu is %g, expected %d", name,
                      i, (double)out[i] * 255, planes[i]);
    gan_image_destroy(image);
}

TEST(a_format_is_told_by_the_content_and_not_by_the_name)
{
    const gan__image_frame frames[] = {
        {16, 16, 3, 0, {0}}, {16, 16, 3, 1, {0}}, {12, 20, 1, 0, {0}}};
    const char *const names[] = {"a.png", "b", "c.gif", "d.JPEG"};

    if (!has_jpeg() || gan__image_webp.missing) return;
    put_file(names[0], "jpeg/kind_progressive_420.jpg");
    put_file(names[1], "webp/kind_lossy_90.webp");
    put_file(names[2], "png/kind_rgb_8.png");
    put_file(names[3], "jpeg/kind_exif_6.jpg");
    for (size_t f = 0; f < 3; f++)
        for (size_t limit = 0; limit < 2; limit++) {
            gan_image_folder_desc desc = {
                GAN_IMAGE_FOLDER_DESC_INIT, .width = frames[f].width,
                .height = frames[f].height, .channels = frames[f].channels,
                .pad = frames[f].pads,      .memory_limit = limit};
            gan_dataset *data = open_folder(&desc);

            ck_assert_uint_eq(gan_dataset_count(data), 4);
            ck_assert(gan_shape_equal(
                gan_dataset_shape(data),
                gan_shape_3d(frames[f].channels, frames[f].height, frames[f].width)));
            for (size_t i = 0; i < 4; i++) expect_file(data, i, names[i], &frames[f]);
            ck_assert_uint_eq(gan_dataset_skipped_count(data), 0);
            gan_dataset_destroy(data);
        }
}

TEST(files_that_are_no_pictures_are_named)
{
    const char *const wanted[] = {
        "a.png: not an image in a supported format (PNG, JPEG, WebP): it is a GIF picture",
        "b.jpg: not an image in a supported format (PNG, JPEG, WebP): it is empty",
        "deep/notes.txt: not an image in a supported format (PNG, JPEG, WebP): it is text"};
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .no_labels = 1};

    make_folder("deep");
    write_text("a.png", "GIF89a");
    write_text("b.jpg", "");
    write_text("deep/notes.txt", "not a picture");
    write_text(".hidden", "not a picture");
    write_rgb("c", 0);
    write_rgb("deep/d.png", 1);
    for (desc.n_threads = 1; desc.n_threads <= 3; desc.n_threads++) {
        gan_dataset *data = open_folder(&desc);

        ck_assert_uint_eq(gan_dataset_count(data), 2);
        for (size_t i = 0; i < 2; i++) expect_picture(data, i, i);
        expect_skipped(data, wanted, 3);
        gan_dataset_destroy(data);
    }
}

/* Undecodable pictures are errors, unless they are to be skipped. */
TEST(damaged_pictures_are_errors_or_left_out)
{
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT};
    gan_dataset *data;

    write_rgb("0.png", 0);
    write_rgb("2.png", 1);
    write_rgb("1.png", 2);
    ck_assert_int_eq(truncate(scratch_path("1.png"), 60), 0);
    write_rgb("3.png", 3);
    ck_assert_int_eq(truncate(scratch_path("3.png"), 20), 0);
    ck_assert_int_eq(symlink("nowhere", scratch_path("4.png")), 0);
    expect_fails(try_folder(&data, &desc), GAN_ERR_FORMAT, scratch_path("3.png: byte 20"));
    remove(scratch_path("3.png"));
    expect_fails(try_folder(&data, &desc), GAN_ERR_IO, scratch_path("4.png: cannot be opened"));
    remove(scratch_path("4.png"));
    expect_fails(try_folder(&data, &desc), GAN_ERR_FORMAT, scratch_path("1.png: byte 60"));
    ck_assert_ptr_null(data);
    desc.skip_bad = 1;
    data = open_folder(&desc);
    ck_assert_uint_eq(gan_dataset_count(data), 2);
    for (size_t i = 0; i < 2; i++) expect_picture(data, i, i);
    expect_skipped(data, (const char *[]){"1.png: byte 60"}, 1);
    gan_dataset_destroy(data);
}

TEST(a_format_without_its_library_is_named_with_what_to_install)
{
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .skip_bad = 1, .no_labels = 1};
    gan_dataset *data;

    put_file("a.jpg", "jpeg/kind_baseline_444.jpg");
    write_png("b.png", 0, 21, 13, PNG_COLOR_TYPE_RGB, 8);
    data = open_folder(&desc);
    if (has_jpeg()) {
        ck_assert_uint_eq(gan_dataset_count(data), 2);
    } else {
        expect_skipped(data,
                       (const char *[]){"a.jpg: a JPEG picture, which this libgan was built "
                                        "without; install libjpeg-turbo"},
                       1);
        desc.skip_bad = 0;
        gan_dataset_destroy(data);
        expect_fails(try_folder(&data, &desc), GAN_ERR_FORMAT, "a.jpg: a JPEG picture, which");
    }
    gan_dataset_destroy(data);
}

TEST(a_directory_without_a_picture_is_an_error)
{
    gan_dataset *data = (gan_dataset *)&data;

    expect_fails(try_folder(&data, NULL), GAN_ERR_FORMAT, "no file in it: at least one picture");
    ck_assert_ptr_null(data);
    write_text("a.txt", "text");
    write_text("b.txt", "text");
    expect_fails(try_folder(&data, NULL), GAN_ERR_FORMAT,
                 "no file in it can be used, out of 2; the first is ");
    expect_error_says("a.txt: not an image");
    expect_fails(gan_dataset_open_image_folder(&data, scratch_path("nowhere"), NULL), GAN_ERR_IO,
                 "nowhere: cannot be opened as a directory");
}

/* ---- Channels ---- */

TEST(grey_stays_grey_when_all_are)
{
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT};
    gan_dataset *data;
    float out[SIZE];

    write_png("a.png", 3, WIDTH, HEIGHT, PNG_COLOR_TYPE_GRAY, 8);
    write_png("b.png", 4, WIDTH, HEIGHT, PNG_COLOR_TYPE_GRAY_ALPHA, 8);
    data = open_folder(NULL);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(1, HEIGHT, WIDTH)));
    for (size_t i = 0; i < 2; i++) expect_picture(data, i, 3 + i);
    gan_dataset_destroy(data);
    write_rgb("c.png", 5); /* one in colour, and not the first */
    data = open_folder(NULL);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(3, HEIGHT, WIDTH)));
    expect_picture(data, 2, 5);
    expect_ok(gan_dataset_read(data, 0, out, NULL));
    for (size_t i = 0; i < SIZE; i++)
        ck_assert(out[i] == (float)pixel(3, 3 * (i % (WIDTH * HEIGHT))) / 255.0f);
    gan_dataset_destroy(data);
    desc.channels = 1;
    data = open_folder(&desc);
    ck_assert_uint_eq(gan_dataset_shape(data).dim[0], 1);
    gan_dataset_destroy(data);
}

/* write_png() gives pixel i the alpha 11 i. */
TEST(alpha_is_dropped_blended_or_a_channel)
{
    const size_t n = WIDTH * HEIGHT;
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .background = {10, 100, 250}};
    gan_dataset *data;
    float out[4 * WIDTH * HEIGHT];

    write_png("a.png", 3, WIDTH, HEIGHT, PNG_COLOR_TYPE_RGBA, 8);
    write_png("b.png", 4, WIDTH, HEIGHT, PNG_COLOR_TYPE_GRAY_ALPHA, 8);
    write_png("c.png", 5, WIDTH, HEIGHT, PNG_COLOR_TYPE_RGB, 8);
    data = open_folder(&desc);
    expect_picture(data, 0, 3);
    gan_dataset_destroy(data);

    desc.alpha = GAN_ALPHA_BLEND;
    data = open_folder(&desc);
    for (size_t k = 0; k < 2; k++) {
        expect_ok(gan_dataset_read(data, k, out, NULL));
        for (size_t c = 0; c < 3; c++)
            for (size_t i = 0; i < n; i++) {
                const double alpha = (double)(uint8_t)(i * 11) / 255;
                const double own = pixel(3 + k, 3 * i + (k == 0 ? c : 0));

                expect_near((double)out[c * n + i] * 255,
                            own * alpha + desc.background[c] * (1 - alpha), 0, 0.501);
            }
    }
    expect_picture(data, 2, 5);
    gan_dataset_destroy(data);

    desc.channels = 4;
    data = open_folder(&desc);
    ck_assert_uint_eq(gan_dataset_shape(data).dim[0], 4);
    for (size_t k = 0; k < 3; k++) {
        expect_ok(gan_dataset_read(data, k, out, NULL));
        for (size_t i = 0; i < n; i++) {
            for (size_t c = 0; c < 3; c++)
                ck_assert(out[c * n + i] == (float)pixel(3 + k, 3 * i + (k == 1 ? 0 : c)) / 255.0f);
            ck_assert(out[3 * n + i] == (k == 2 ? 1.0f : (float)(uint8_t)(i * 11) / 255.0f));
        }
    }
    gan_dataset_destroy(data);
}

/* A picture of 6 x 4 in a frame of 8 x 8 is 8 x 5, with 1 row above and 2 below. */
TEST(pictures_are_padded_on_request)
{
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .width = 8, .height = 8, .pad = 1,
                                  .background = {10, 100, 250}};
    gan_dataset *data;
    float out[4 * 64];

    write_png("a.png", 3, WIDTH, HEIGHT, PNG_COLOR_TYPE_RGB, 8);
    for (desc.channels = 3; desc.channels < 5; desc.channels++) {
        data = open_folder(&desc);
        expect_ok(gan_dataset_read(data, 0, out, NULL));
        for (size_t c = 0; c < desc.channels; c++)
            for (size_t i = 0; i < 64; i++) {
                const int inside = i / 8 >= 1 && i / 8 < 6;
                const float around = c < 3 ? (float)desc.background[c] / 255.0f : 0.0f;

                if (!inside) ck_assert(out[c * 64 + i] == around);
                if (inside && c == 3) ck_assert(out[c * 64 + i] == 1.0f);
            }
        gan_dataset_destroy(data);
    }
}

TEST(exif_orientation_is_applied_unless_it_is_ignored)
{
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT};
    gan_dataset *data;

    put_file("a.png", "png/kind_exif_6.png");
    data = open_folder(&desc);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(3, 21, 13)));
    gan_dataset_destroy(data);
    desc.ignore_orientation = 1;
    data = open_folder(&desc);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(3, 13, 21)));
    gan_dataset_destroy(data);
}

/* ---- Classes ---- */

static void write_classes(void)
{
    const char *const folders[] = {"cat", "dog", "empty", "owl"};

    for (size_t i = 0; i < 4; i++) make_folder(folders[i]);
    write_rgb("cat/0.png", 0);
    write_rgb("dog/1.png", 1);
    write_rgb("dog/2.png", 2);
    write_rgb("owl/3.png", 3);
    write_text("owl/readme", "owls");
}

static void expect_labels(const gan_dataset *data, const uint8_t *labels, size_t n)
{
    ck_assert_uint_eq(gan_dataset_count(data), n);
    for (size_t i = 0; i < n; i++) {
        uint8_t label;

        expect_ok(gan_dataset_read(data, i, NULL, &label));
        ck_assert_uint_eq(label, labels[i]);
    }
}

TEST(directories_are_classes)
{
    const char *const names[] = {"cat", "dog", "empty", "owl"};
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .max_count = 3};
    gan_dataset *data;

    write_classes();
    data = open_folder(NULL);
    ck_assert_uint_eq(gan_dataset_class_count(data), 4);
    for (size_t i = 0; i < 4; i++) ck_assert_str_eq(gan_dataset_class_name(data, i), names[i]);
    expect_labels(data, (const uint8_t[]){0, 1, 1, 3}, 4);
    for (size_t i = 0; i < 4; i++) expect_picture(data, i, i);
    expect_skipped(data, (const char *[]){"owl/readme: not an image"}, 1);
    gan_dataset_destroy(data);
    data = open_folder(&desc);
    expect_labels(data, (const uint8_t[]){0, 1, 3}, 3);
    gan_dataset_destroy(data);
}

TEST(a_picture_beside_the_classes_is_never_silently_dropped)
{
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT};
    gan_dataset *data;

    write_classes();
    write_rgb("dot.png", 9);
    expect_fails(try_folder(&data, &desc), GAN_ERR_FORMAT,
                 scratch_path("dot.png: lies outside of the 4 class directories; no_labels reads"));
    ck_assert_ptr_null(data);
    desc.skip_bad = 1;
    data = open_folder(&desc);
    expect_labels(data, (const uint8_t[]){0, 1, 1, 3}, 4);
    expect_skipped(data, (const char *[]){"owl/readme: ", "dot.png: lies outside"}, 2);
    gan_dataset_destroy(data);
    desc.no_labels = 1;
    data = open_folder(&desc);
    ck_assert_int_eq(gan_dataset_has_labels(data), 0);
    ck_assert_uint_eq(gan_dataset_count(data), 5);
    gan_dataset_destroy(data);
}

TEST(the_host_can_give_the_classes_and_their_order)
{
    const char *const names[] = {"owl", "yak", "cat", "dog", "empty"};
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .class_names = names,
                                  .n_class_names = 5};
    gan_dataset *data;

    write_classes();
    data = open_folder(&desc);
    ck_assert_uint_eq(gan_dataset_class_count(data), 5);
    for (size_t i = 0; i < 5; i++) ck_assert_str_eq(gan_dataset_class_name(data, i), names[i]);
    expect_labels(data, (const uint8_t[]){2, 3, 3, 0}, 4);
    gan_dataset_destroy(data);

    desc.n_class_names = 3;
    expect_fails(try_folder(&data, &desc), GAN_ERR_FORMAT,
                 scratch_path("dog: a class directory that is not one of the 3 class_names"));
    desc.skip_bad = 1;
    data = open_folder(&desc);
    expect_labels(data, (const uint8_t[]){2, 0}, 2);
    expect_picture(data, 1, 3);
    expect_skipped(data, (const char *[]){"owl/readme: ", "dog: a class", "empty: a class"}, 3);
    gan_dataset_destroy(data);

    desc.class_names = (const char *const[]){"yak"};
    desc.n_class_names = 1;
    expect_fails(try_folder(&data, &desc), GAN_ERR_FORMAT, "no file in it can be used, out of 5");
}

/* ---- Memory ---- */

TEST(without_a_check_damage_is_found_when_it_is_read)
{
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .memory_limit = 1, .no_check = 1};
    gan_dataset *data;
    gan_iterator *it;
    const gan_batch *batch;

    write_numbered(5);
    ck_assert_int_eq(truncate(scratch_path("003.png"), 60), 0);
    expect_fails(try_folder(&data, &(gan_image_folder_desc){GAN_IMAGE_FOLDER_DESC_INIT}),
                 GAN_ERR_FORMAT, "003.png");
    data = open_folder(&desc);
    ck_assert_uint_eq(gan_dataset_count(data), 5);
    expect_ok(gan_iterator_create(&it, data, NULL));
    expect_fails(gan_iterator_next(it, &batch), GAN_ERR_FORMAT, scratch_path("003.png: byte 60"));
    write_rgb("003.png", 3);
    expect_ok(gan_iterator_next(it, &batch));
    ck_assert_uint_eq(batch->count, 5);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    gan_image_folder_desc desc = *(const gan_image_folder_desc *)user;
    gan_dataset *data;
    gan_status status;

    desc.allocator = allocator;
    status = try_folder(&data, &desc);
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
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .skip_bad = 1,
                                  .class_names = (const char *const[]){"owl", "dog"},
                                  .n_class_names = 2};

    write_classes();
    write_rgb("dot.png", 9);
    for (size_t i = 0; i < 6; i++) {
        desc.n_threads = 1 + i / 2;
        desc.memory_limit = i % 2;
        budget_sweep(attempt, destroy, &desc);
    }
}

TEST(wrong_settings_are_refused_and_named)
{
    const gan_image_folder_desc good = {GAN_IMAGE_FOLDER_DESC_INIT};
    const char *const twice[] = {"a", "a"};
    gan_allocator half = {NULL, NULL, NULL};
    gan_image_folder_desc desc;
    gan_dataset *data;

    make_folder("a");
    write_rgb("a/a.png", 0);
#define REFUSED(part, setting)                                                                     \
    do {                                                                                           \
        desc = good;                                                                               \
        setting;                                                                                   \
        data = (gan_dataset *)&desc;                                                               \
        expect_fails(try_folder(&data, &desc), GAN_ERR_INVALID, part);                             \
        ck_assert_ptr_null(data);                                                                  \
    } while (0)
    REFUSED("width 5 and height 0", desc.width = 5);
    REFUSED("channels is 2, 0, 1, 3 or 4 expected", desc.channels = 2);
    REFUSED("channels is 5, 0, 1, 3 or 4 expected", desc.channels = 5);
    REFUSED("unknown gan_alpha 2", desc.alpha = (gan_alpha)2);
    REFUSED("0 class_names, which are not NULL", desc.class_names = twice);
    REFUSED("2 class_names, which are NULL", desc.n_class_names = 2);
    REFUSED("no_labels 1", (desc.class_names = twice, desc.n_class_names = 1, desc.no_labels = 1));
    REFUSED("a", (desc.class_names = twice, desc.n_class_names = 2));
    REFUSED("at most 1024", desc.n_threads = 1025);
    REFUSED("struct_size is 8", desc.struct_size = 8);
    REFUSED("allocator", desc.allocator = &half);
#undef REFUSED
    expect_fails(gan_dataset_open_image_folder(NULL, scratch_directory(), NULL), GAN_ERR_INVALID,
                 "out is NULL");
    expect_fails(gan_dataset_open_image_folder(&data, NULL, NULL), GAN_ERR_INVALID,
                 "directory is NULL");
    ck_assert_ptr_null(data);
    write_png("a/b.png", 0, WIDTH + 1, HEIGHT, PNG_COLOR_TYPE_RGB, 8);
    expect_fails(try_folder(&data, NULL), GAN_ERR_SHAPE, "b.png: 7 x 4 pixels, the first picture");
}
