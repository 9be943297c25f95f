/* test_image_kinds.c - PNG, JPEG and WebP files of every kind have the pixels that Pillow decodes,
 * or the original ones. */
#include "budget.h"
#include "data/image_internal.h"
#include "expect.h"
#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One entry of pictures.dat. */
typedef struct kind {
    char file[64];
    size_t width, height, channels;
    int keeps_alpha;
    const uint8_t *pixels;
} kind;

enum { MOST = 400 };

static kind kinds[MOST];
static size_t n_kinds;

/* Lines "file width height channels keeps_alpha", an empty one, and the pixels in that order. */
static void read_kinds(void)
{
    static char bytes[1 << 19];
    const size_t n = scratch_read(golden_path("pictures.dat"), bytes, sizeof bytes);
    const uint8_t *pixels;
    const char *line = bytes;

    ck_assert_uint_lt(n, sizeof bytes);
    pixels = (const uint8_t *)strstr(bytes, "\n\n") + 2;
    for (n_kinds = 0; *line != '\n'; line = strchr(line, '\n') + 1, n_kinds++) {
        kind *k = &kinds[n_kinds];

        ck_assert_uint_lt(n_kinds, MOST);
        ck_assert_int_eq(sscanf(line, "%63s %zu %zu %zu %d", k->file, &k->width, &k->height,
                                &k->channels, &k->keeps_alpha),
                         5);
        k->pixels = pixels;
        pixels += k->width * k->height * k->channels;
    }
    ck_assert(pixels == (const uint8_t *)bytes + n);
}

TEST_FIXTURE(read_kinds, NULL)

static int begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Builds without one of the libraries refuse its files. */
static int is_there(const char *file)
{
    const gan__image_format *format = begins(file, "jpeg/")   ? &gan__image_jpeg
                                      : begins(file, "webp/") ? &gan__image_webp
                                                              : &gan__image_png;

    return !format->missing;
}

TEST(a_format_whose_library_was_left_out_is_an_error_that_says_what_to_install)
{
    static const struct {
        const char *file, *name, *library;
    } cases[] = {
        {"../corpus/jpeg/kind_baseline_420.jpg", "JPEG", "install libjpeg-turbo (Debian: "},
        {"../corpus/webp/kind_lossy_90.webp", "WebP", "install libwebp (Debian: "}};
    const gan_image_desc any = {GAN_IMAGE_DESC_INIT, .any_format = 1};

    for (size_t i = 0; i < 2; i++) {
        const char *path = golden_path(cases[i].file);
        const int there = is_there(cases[i].file + strlen("../corpus/"));
        gan_status status;
        gan_image *image;

        status = gan_image_read(&image, path, &any);
        ck_assert_int_eq(status, there ? GAN_OK : GAN_ERR_FORMAT);
        ck_assert_int_eq(image != NULL, there);
        gan_image_destroy(image);
        if (there) continue;
        expect_error_says(path);
        expect_error_says(cases[i].name);
        expect_error_says("this libgan was built without");
        expect_error_says(cases[i].library);
    }
}

static size_t read_corpus(const char *file, uint8_t *bytes, size_t room)
{
    char path[128];
    size_t n;

    snprintf(path, sizeof path, "../corpus/%.60s", file);
    n = scratch_read(golden_path(path), bytes, room);
    ck_assert_uint_lt(n, room);
    return n;
}

/* The picture of one kind has its pixels. */
static void expect_kind(const kind *k)
{
    const gan__image_request request = {
        .setting = "limit", .keeps_alpha = k->keeps_alpha, .is_oriented = 1};
    uint8_t bytes[8192];
    const size_t n = read_corpus(k->file, bytes, sizeof bytes);
    const gan_reader from = gan_reader_memory(bytes, n);
    gan_image *image;

    expect_ok(gan__image_read(&image, (gan__source){.reader = &from}, &request, NULL));
    ck_assert_msg(image->width == k->width && image->height == k->height &&
                      image->channels == k->channels,
                  "%s: %zu x %zu x %zu, expected %zu x %zu x %zu", k->file, image->width,
                  image->height, image->channels, k->width, k->height, k->channels);
    for (size_t i = 0; i < k->width * k->height * k->channels; i++)
        ck_assert_msg(image->pixels[i] == k->pixels[i], "%s: value %zu is %d, expected %d", k->file,
                      i, image->pixels[i], k->pixels[i]);
    gan_image_destroy(image);
}

static size_t expect_kinds_of(const char *folder)
{
    size_t n = 0;

    for (size_t i = 0; i < n_kinds; i++) {
        if (!begins(kinds[i].file, folder) || begins(kinds[i].file, "jpeg/scaled")) continue;
        if (is_there(kinds[i].file)) expect_kind(&kinds[i]);
        n += !kinds[i].keeps_alpha;
    }
    return n;
}

TEST(every_kind_of_png_has_its_pixels)
{
    ck_assert_uint_ge(expect_kinds_of("png/"), 40);
}

TEST(every_kind_of_jpeg_has_the_pixels_of_pillow)
{
    ck_assert_uint_ge(expect_kinds_of("jpeg/"), 40);
}

TEST(every_kind_of_webp_has_the_pixels_of_pillow)
{
    ck_assert_uint_ge(expect_kinds_of("webp/"), 40);
}

/* A JPEG is decoded at the smallest scale that is at least twice the requested size. */
TEST(a_jpeg_is_decoded_at_a_part_of_its_size)
{
    const struct {
        size_t width, height; /* requested, of 83 x 61 */
        int pads;
        int part;
    } cases[] = {{64, 64, 0, 1}, {21, 15, 0, 1}, {20, 16, 0, 1}, {20, 15, 0, 2},
                 {10, 8, 0, 2},  {10, 7, 0, 4},  {5, 3, 0, 8},   {1, 1, 0, 8},
                 {10, 99, 1, 4}, {99, 15, 1, 2}, {99, 31, 1, 1}};
    uint8_t bytes[8192];
    const size_t n = read_corpus("jpeg/scaled.jpg", bytes, sizeof bytes);
    const gan_reader from = gan_reader_memory(bytes, n);

    if (gan__image_jpeg.missing) return;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        gan__image_request request = {.setting = "limit",
                                      .width = cases[c].width,
                                      .height = cases[c].height,
                                      .pads = cases[c].pads};
        gan_image *image;
        char name[64];
        size_t i = 0;

        snprintf(name, sizeof name, "jpeg/scaled.jpg/%d", cases[c].part);
        while (strcmp(kinds[i].file, name) != 0) ck_assert_uint_lt(++i, n_kinds);
        expect_ok(gan__image_read(&image, (gan__source){.reader = &from}, &request, NULL));
        ck_assert_msg(image->width == kinds[i].width, "case %zu", c);
        expect_picture_is(image, kinds[i].width, kinds[i].height, 3, kinds[i].pixels);
        gan_image_destroy(image);
    }
}

/* ---- Truncated and changed files ---- */

static gan_status try_bytes(const uint8_t *bytes, size_t n, const gan_allocator *allocator)
{
    const gan__image_request request = {
        .max_bytes = 1 << 20, .setting = "limit", .keeps_alpha = 1, .is_oriented = 1};
    const gan_reader from = gan_reader_memory(bytes, n);
    gan_image *image;
    gan_status status =
        gan__image_read(&image, (gan__source){.reader = &from}, &request, allocator);

    ck_assert_int_eq(status == GAN_OK, image != NULL);
    gan_image_destroy(image);
    return status;
}

/* The number of trailing bytes of a file that aren't needed. */
static size_t spare_bytes(const char *file)
{
    return strstr(file, "bytes_behind") ? strlen("trailing") : 0;
}

TEST(every_truncation_is_an_error)
{
    for (size_t i = 0; i < n_kinds; i++) {
        uint8_t bytes[8192];
        size_t n;

        if (!is_there(kinds[i].file) || strstr(kinds[i].file, "scaled")) continue;
        n = read_corpus(kinds[i].file, bytes, sizeof bytes) - spare_bytes(kinds[i].file);
        for (size_t cut = 0; cut < n; cut++)
            ck_assert_msg(try_bytes(bytes, cut, NULL) == GAN_ERR_FORMAT, "%s: its first %zu bytes",
                          kinds[i].file, cut);
    }
}

/* One file of each kind of decoder, each byte of it changed. */
TEST(changed_bytes_are_an_error_or_other_pixels)
{
    const char *const files[] = {"jpeg/kind_baseline_420.jpg", "jpeg/kind_progressive_444.jpg",
                                 "jpeg/kind_arithmetic.jpg",   "jpeg/kind_cmyk.jpg",
                                 "jpeg/kind_exif_6.jpg",       "webp/kind_lossy_alpha_50.webp",
                                 "webp/kind_lossless_4.webp",  "webp/kind_exif_lossless_6.webp"};

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        uint8_t bytes[8192];
        const size_t n = is_there(files[i]) ? read_corpus(files[i], bytes, sizeof bytes) : 0;

        for (size_t at = 0; at < n; at++)
            for (int bit = 0; bit < 8; bit++) {
                gan_status status;

                bytes[at] ^= (uint8_t)(1 << bit);
                status = try_bytes(bytes, n, NULL);
                ck_assert_msg(status == GAN_OK || status == GAN_ERR_FORMAT,
                              "%s: bit %d of byte %zu: status %d, %s", files[i], bit, at, status,
                              gan_last_error());
                bytes[at] ^= (uint8_t)(1 << bit);
            }
    }
}

/* ---- Memory ---- */

typedef struct attempt_on {
    uint8_t bytes[8192];
    size_t n;
} attempt_on;

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    const attempt_on *on = user;
    const gan__image_request request = {.setting = "limit", .keeps_alpha = 1, .is_oriented = 1};
    const gan_reader from = gan_reader_memory(on->bytes, on->n);
    gan_image *image;
    gan_status status =
        gan__image_read(&image, (gan__source){.reader = &from}, &request, allocator);

    *out = image;
    return status;
}

static void destroy(void *made)
{
    gan_image_destroy(made);
}

TEST(reading_survives_each_lack_of_memory)
{
    const char *const files[] = {"png/kind_rgba_8_interlaced.png", "jpeg/kind_progressive_420.jpg",
                                 "jpeg/kind_exif_6.jpg",           "jpeg/kind_cmyk.jpg",
                                 "webp/kind_exif_6.webp",          "webp/kind_lossless_exact.webp"};

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        attempt_on on;

        if (!is_there(files[i])) continue;
        on.n = read_corpus(files[i], on.bytes, sizeof on.bytes);
        budget_sweep(attempt, destroy, &on);
    }
}

/* ---- Hostile files ---- */

static void expect_refused(const uint8_t *bytes, size_t n, const char *message)
{
    const gan__image_request request = {.setting = "max"};
    const gan_reader from = gan_reader_memory(bytes, n);
    gan_image *image;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    expect_fails(gan__image_read(&image, (gan__source){.reader = &from}, &request, &b.allocator),
                 GAN_ERR_FORMAT, message);
    ck_assert_uint_lt(b.peak_bytes, 1 << 16);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* The offset of a JPEG's frame header: marker, length, precision, height, width. */
static uint8_t *frame_of(uint8_t *bytes, size_t n)
{
    for (size_t i = 2; i + 9 < n; i += 2u + bytes[i + 2] * 256u + bytes[i + 3])
        if (bytes[i + 1] == 0xc0 || bytes[i + 1] == 0xc2) return bytes + i;
    ck_abort_msg("no frame header");
    return NULL;
}

TEST(a_jpeg_cannot_claim_what_its_bytes_cannot_hold)
{
    const char *const files[] = {"jpeg/kind_baseline_444.jpg", "jpeg/kind_progressive_444.jpg"};
    uint8_t bytes[8192];

    if (gan__image_jpeg.missing) return;
    for (size_t i = 0; i < 2; i++) {
        const size_t n = read_corpus(files[i], bytes, sizeof bytes);
        uint8_t *frame = frame_of(bytes, n);

        memcpy(frame + 5, "\x7f\xff\x7f\xff", 4);
        expect_refused(bytes, n, "32767 x 32767 pixels");
        memcpy(frame + 5, "\0\x08\x80\1", 4);
        expect_refused(bytes, n, "a JPEG of 32769 x 8 pixels, a side may be 1 to 32768");
        memcpy(frame + 5, "\0\x08\0\x08", 4);
        frame[4] = 12;
        expect_refused(bytes, n, "damaged JPEG: Unsupported JPEG data precision 12");
    }
}

TEST(a_jpeg_whose_pixels_are_damaged_is_no_picture)
{
    uint8_t bytes[8192];
    size_t n;

    if (gan__image_jpeg.missing) return;
    n = read_corpus("jpeg/kind_restart_1B.jpg", bytes, sizeof bytes);
    bytes[n - 2] = 0xff;
    bytes[n - 1] = 0xd3;
    expect_refused(bytes, n, "the file ends");
    n = read_corpus("jpeg/kind_baseline_444.jpg", bytes, sizeof bytes);
    memcpy(bytes + n - 60, "\xff\xd9", 2);
    expect_refused(bytes, n, "damaged JPEG: Corrupt JPEG data: premature end of data segment");
}

/* libpng allocates this chunk's announced length, without a limit of its own. */
TEST(an_exif_chunk_cannot_claim_memory)
{
    const gan_image_desc desc = {GAN_IMAGE_DESC_INIT, .any_format = 1};
    gan_image *image;

    expect_fails(
        gan_image_read(&image, golden_path("../corpus/png/exif_of_600_megabytes.png"), &desc),
        GAN_ERR_FORMAT, "the file ends");
    ck_assert_ptr_null(image);
}

TEST(an_animation_is_no_picture)
{
    uint8_t bytes[8192];
    size_t n;

    if (gan__image_webp.missing) return;
    n = read_corpus("webp/animation.webp", bytes, sizeof bytes);
    expect_refused(bytes, n, "one WebP picture expected, found an animation");
}

/* ---- The public function ---- */

TEST(gan_image_read_reads_all_formats_on_request)
{
    const char *const files[] = {"png/kind_exif_6.png", "jpeg/kind_exif_6.jpg",
                                 "webp/kind_exif_6.webp"};

    for (size_t i = 0; i < 3; i++) {
        gan_image_desc desc = {GAN_IMAGE_DESC_INIT, .any_format = 1};
        gan_image *image;
        char path[128];

        snprintf(path, sizeof path, "../corpus/%s", files[i]);
        if (!is_there(files[i])) {
            expect_fails(gan_image_read(&image, golden_path(path), &desc), GAN_ERR_FORMAT,
                         "picture, which this libgan was built without; install lib");
            ck_assert_ptr_null(image);
            continue;
        }
        expect_ok(gan_image_read(&image, golden_path(path), &desc));
        ck_assert_uint_eq(gan_image_width(image), 13); /* turned */
        ck_assert_uint_eq(gan_image_height(image), 21);
        gan_image_destroy(image);
        desc.any_format = 0;
        if (i > 0)
            expect_fails(gan_image_read(&image, golden_path(path), &desc), GAN_ERR_FORMAT,
                         "not a PNG file");
    }
}

TEST(what_is_no_picture_is_named)
{
    const gan_reader from = gan_reader_memory("GIF89a", 6), empty = gan_reader_memory("", 0);
    const gan_image_desc desc = {GAN_IMAGE_DESC_INIT, .any_format = 1};
    gan_image *image;

    expect_fails(gan_image_read_from(&image, &from, &desc), GAN_ERR_FORMAT,
                 "not an image in a supported format (PNG, JPEG, WebP): it is a GIF picture");
    expect_fails(gan_image_read_from(&image, &empty, &desc), GAN_ERR_FORMAT, ": it is empty");
}
