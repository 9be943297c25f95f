/* test_dataset_idx.c - IDX files: valid, damaged and forged ones. */
#include "budget.h"
#include "expect.h"

#include <gan/dataset.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { COUNT = 5, HEIGHT = 3, WIDTH = 4, SIZE = HEIGHT * WIDTH, HEADER = 16, MAX_FILE = 4096 };

/* The content of a file under construction. */
typedef struct content {
    uint8_t bytes[MAX_FILE];
    size_t n;
} content;

static void put(content *c, const void *bytes, size_t n)
{
    ck_assert_uint_le(c->n + n, sizeof c->bytes);
    memcpy(c->bytes + c->n, bytes, n);
    c->n += n;
}

static void put_byte(content *c, int byte)
{
    uint8_t b = (uint8_t)byte;

    put(c, &b, 1);
}

static void put_header(content *c, int type, size_t rank, const uint32_t *dims)
{
    put(c, "\0", 2);
    put_byte(c, type);
    put_byte(c, (int)rank);
    for (size_t i = 0; i < rank; i++)
        for (int shift = 24; shift >= 0; shift -= 8) put_byte(c, (int)(dims[i] >> shift & 255));
}

static int pixel(size_t i)
{
    return (int)(i * 37 % 251);
}

static content pictures(void)
{
    content c = {.n = 0};

    put_header(&c, 8, 3, (const uint32_t[]){COUNT, HEIGHT, WIDTH});
    for (size_t i = 0; i < COUNT * SIZE; i++) put_byte(&c, pixel(i));
    return c;
}

static content classes(void)
{
    content c = {.n = 0};

    put_header(&c, 8, 1, (const uint32_t[]){COUNT});
    for (size_t i = 0; i < COUNT; i++) put_byte(&c, (int)(250 + i));
    return c;
}

static content gzip(const content *from)
{
    content out = {.n = 0};
    z_stream z = {0};

    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)from->bytes;
    z.avail_in = (uInt)from->n;
    z.next_out = out.bytes;
    z.avail_out = sizeof out.bytes;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.n = z.total_out;
    deflateEnd(&z);
    return out;
}

static const char *save(const char *name, const content *c)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(c->bytes, 1, c->n, file), c->n);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

static void expect_pictures(const gan_dataset *data, size_t count, int has_labels)
{
    ck_assert_uint_eq(gan_dataset_count(data), count);
    ck_assert_int_eq(gan_dataset_has_labels(data), has_labels);
    for (size_t i = 0; i < count; i++) {
        float out[SIZE], wanted[SIZE];
        uint8_t label;

        for (size_t k = 0; k < SIZE; k++) wanted[k] = (float)pixel(i * SIZE + k) / 255.0f;
        expect_ok(gan_dataset_read(data, i, out, &label));
        expect_same_bits(out, wanted, sizeof wanted);
        ck_assert_uint_eq(label, has_labels ? 250 + i : 0);
    }
}

static void expect_refused(const content *c, gan_status wanted, const char *part)
{
    const char *path = save("refused.idx", c);
    gan_dataset *data = (gan_dataset *)(uintptr_t)1;

    expect_fails(gan_dataset_open_idx(&data, path, NULL, NULL), wanted, part);
    expect_error_says("refused.idx: ");
    ck_assert_ptr_null(data);
}

/* ---- Valid files ---- */

TEST(plain_and_gzip_files_read_the_same)
{
    const content p = pictures(), l = classes(), pz = gzip(&p), lz = gzip(&l);
    const char *images[] = {save("pictures", &p), save("pictures.gz", &pz)};
    const char *labels[] = {save("labels", &l), save("labels.gz", &lz), NULL};
    gan_dataset *data;

    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) {
            expect_ok(gan_dataset_open_idx(&data, images[i], labels[k], NULL));
            ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(1, HEIGHT, WIDTH)));
            expect_pictures(data, COUNT, labels[k] != NULL);
            gan_dataset_destroy(data);
        }
}

TEST(other_ranks_have_other_shapes)
{
    const struct {
        size_t rank;
        uint32_t dims[4];
        gan_shape shape;
    } cases[] = {
        {2, {4, 15}, {1, {15}}}, {3, {2, 5, 6}, {3, {1, 5, 6}}}, {4, {2, 3, 5, 2}, {3, {3, 5, 2}}}};

    for (size_t i = 0; i < 3; i++) {
        content c = {.n = 0};
        gan_dataset *data;

        put_header(&c, 8, cases[i].rank, cases[i].dims);
        for (size_t k = 0; k < 60; k++) put_byte(&c, pixel(k));
        expect_ok(gan_dataset_open_idx(&data, save("rank.idx", &c), NULL, NULL));
        ck_assert_uint_eq(gan_dataset_count(data), cases[i].dims[0]);
        ck_assert(gan_shape_equal(gan_dataset_shape(data), cases[i].shape));
        gan_dataset_destroy(data);
    }
}

/* gzip files may be concatenated: the content is that of all members. */
TEST(gzip_files_of_several_members_are_read)
{
    const content p = pictures();
    content joined = {.n = 0};
    gan_dataset *data;

    for (size_t i = 0; i < p.n; i += 19) {
        content part = {.n = 0}, packed;

        put(&part, p.bytes + i, p.n - i < 19 ? p.n - i : 19);
        packed = gzip(&part);
        put(&joined, packed.bytes, packed.n);
    }
    expect_ok(gan_dataset_open_idx(&data, save("joined.gz", &joined), NULL, NULL));
    expect_pictures(data, COUNT, 0);
    gan_dataset_destroy(data);
}

/* Bytes after the requested samples are not read: damage there goes unnoticed. */
TEST(max_count_reads_the_first_samples_only)
{
    const content p = pictures(), l = classes();
    content pz = gzip(&p);
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_count = 2};
    gan_dataset *data;

    expect_ok(gan_dataset_open_idx(&data, save("p", &p), save("l", &l), &desc));
    expect_pictures(data, 2, 1);
    gan_dataset_destroy(data);
    pz.n -= 8;
    expect_ok(gan_dataset_open_idx(&data, save("p.gz", &pz), save("l", &l), &desc));
    expect_pictures(data, 2, 1);
    gan_dataset_destroy(data);
    desc.max_count = COUNT + 1;
    expect_ok(gan_dataset_open_idx(&data, save("p", &p), save("l", &l), &desc));
    expect_pictures(data, COUNT, 1);
    gan_dataset_destroy(data);
}

/* Larger than the reader's buffer, compressed and not, and than the initial allocation, so that the
 * memory grows several times. */
TEST(a_large_file_survives_packing)
{
    enum { N = 4500, BYTES = N * 1000 };
    const char *path = scratch_path("large.gz");
    static uint8_t bytes[BYTES], out_bytes[1000];
    static float out[1000];
    content header = {.n = 0};
    uint32_t x = 2385;
    gan_dataset *data;
    gzFile file;

    put_header(&header, 8, 2, (const uint32_t[]){N, 1000});
    for (size_t i = 0; i < BYTES; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(x >> 24);
    }
    file = gzopen(path, "wb");
    ck_assert_int_eq(gzwrite(file, header.bytes, (unsigned)header.n), (int)header.n);
    ck_assert_int_eq(gzwrite(file, bytes, BYTES), BYTES);
    ck_assert_int_eq(gzclose(file), Z_OK);
    expect_ok(gan_dataset_open_idx(&data, path, NULL, NULL));
    for (size_t i = 0; i < N; i++) {
        expect_ok(gan_dataset_read(data, i, out, NULL));
        for (size_t k = 0; k < 1000; k++) out_bytes[k] = (uint8_t)(255.0f * out[k] + 0.5f);
        expect_same_bits(out_bytes, bytes + i * 1000, 1000);
    }
    gan_dataset_destroy(data);
}

/* ---- Damaged files ---- */

TEST(every_truncation_is_an_error)
{
    const content p = pictures(), l = classes(), pz = gzip(&p), lz = gzip(&l);
    const content *whole[] = {&p, &pz, &l, &lz};
    const char *good_pictures = save("good_pictures", &p);

    for (int i = 0; i < 4; i++)
        for (size_t n = 0; n < whole[i]->n; n++) {
            content cut = *whole[i];
            gan_dataset *data = (gan_dataset *)&cut;
            const char *path;

            cut.n = n;
            path = save("cut", &cut);
            if (i < 2)
                expect_fails(gan_dataset_open_idx(&data, path, NULL, NULL), GAN_ERR_FORMAT,
                             "cut: byte ");
            else
                expect_fails(gan_dataset_open_idx(&data, good_pictures, path, NULL), GAN_ERR_FORMAT,
                             "cut: byte ");
            ck_assert_ptr_null(data);
        }
}

TEST(truncations_say_where_and_how_much)
{
    content c = pictures();

    c.n = 3;
    expect_refused(&c, GAN_ERR_FORMAT, "byte 0: 4 bytes of IDX header expected, file ends after 3");
    c.n = 13;
    expect_refused(&c, GAN_ERR_FORMAT,
                   "byte 4: 12 bytes of dimensions expected, file ends after 9");
    c.n = HEADER + 7;
    expect_refused(&c, GAN_ERR_FORMAT, "byte 16: 60 bytes of data expected, file ends after 7");
    c = gzip(&c);
    expect_refused(&c, GAN_ERR_FORMAT, "byte 16: 60 bytes of pictures expected, file ends after 7");
    c.n -= 3;
    expect_refused(&c, GAN_ERR_FORMAT, "more gzip data expected, file ends there");
}

TEST(longer_files_are_errors)
{
    content c = pictures(), z;

    put_byte(&c, 0);
    expect_refused(&c, GAN_ERR_FORMAT, "byte 76: end of file expected, found 1 more bytes");
    z = gzip(&c);
    expect_refused(&z, GAN_ERR_FORMAT, "byte 76: end of file expected, found more");
    c.n--;
    z = gzip(&c);
    put(&z, "tail", 4);
    expect_refused(&z, GAN_ERR_FORMAT, "damaged gzip data");
}

TEST(every_flipped_bit_of_a_header_is_an_error)
{
    const content p = pictures();

    for (size_t i = 0; i < HEADER; i++)
        for (int bit = 0; bit < 8; bit++) {
            content c = p;

            c.bytes[i] ^= (uint8_t)(1 << bit);
            if (i == 2 && c.bytes[i] == 9) continue; /* signed bytes have the same size */
            expect_refused(&c, GAN_ERR_FORMAT, "byte ");
        }
}

/* gzip has a few bits without meaning here, such as the date; no other bit flip goes unnoticed. */
TEST(flipped_bits_of_gzip_never_change_the_content)
{
    const content p = pictures(), pz = gzip(&p);
    size_t unnoticed = 0;

    for (size_t i = 0; i < pz.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            content c = pz;
            gan_dataset *data;
            gan_status status;

            c.bytes[i] ^= (uint8_t)(1 << bit);
            status = gan_dataset_open_idx(&data, save("flipped.gz", &c), NULL, NULL);
            if (status == GAN_OK) {
                expect_pictures(data, COUNT, 0);
                gan_dataset_destroy(data);
                unnoticed++;
            } else {
                expect_status(status, GAN_ERR_FORMAT);
                ck_assert_ptr_null(data);
            }
        }
    ck_assert_uint_le(unnoticed, 8 * 7); /* flags, date, extra flags, system */
}

/* ---- Forged and foreign files ---- */

/* A header that announces more than the file can hold is detected before memory for it is
 * allocated. */
TEST(huge_counts_take_no_memory)
{
    const uint32_t dims[][4] = {{0xffffffff, 28, 28},        {60000, 28, 28},
                                {1, 0x7fffffff, 1},          {1, 1, 0x7fffffff},
                                {0xffffffff, 1, 0x7fffffff}, {3000, 28, 28}};

    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
        for (int packed = 0; packed < 2; packed++) {
            content c = {.n = 0};
            gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
            gan_dataset *data;
            budget b;

            put_header(&c, 8, 3, dims[i]);
            for (size_t k = 0; k < 900; k++) put_byte(&c, pixel(k * k));
            if (packed) c = gzip(&c);
            budget_init(&b, 1); /* for the reader; the samples would be the second and third */
            desc.allocator = &b.allocator;
            expect_fails(gan_dataset_open_idx(&data, save("huge", &c), NULL, &desc), GAN_ERR_FORMAT,
                         "bytes of data expected");
            ck_assert_uint_eq(b.refused, 0);
            ck_assert_uint_eq(budget_live(&b), 0);
        }
}

/* At the limit of gzip compression, so that only reading shows that data is missing. */
TEST(memory_follows_the_bytes_that_are_there)
{
    static const uint32_t dims[] = {1100, 1000, 1000};
    static char nothing[1100 << 10];
    const char *path = scratch_path("claim.gz");
    content header = {.n = 0}, packed;
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_bytes = SIZE_MAX};
    gan_dataset *data;
    FILE *file = fopen(path, "wb");
    budget b;

    put_header(&header, 8, 3, dims);
    packed = gzip(&header);
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(packed.bytes, 1, packed.n, file), packed.n);
    ck_assert_uint_eq(fwrite(nothing, 1, sizeof nothing, file), sizeof nothing);
    ck_assert_int_eq(fclose(file), 0);
    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_fails(gan_dataset_open_idx(&data, path, NULL, &desc), GAN_ERR_FORMAT,
                 "damaged gzip data");
    ck_assert_uint_lt(b.peak_bytes, 2 << 20);
    ck_assert_uint_eq(budget_live(&b), 0);
}

TEST(more_bytes_than_the_host_allows_are_refused)
{
    const content p = pictures();
    const char *path = save("p", &p);
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_bytes = COUNT * SIZE - 1};
    gan_dataset *data;

    expect_fails(gan_dataset_open_idx(&data, path, NULL, &desc), GAN_ERR_FORMAT,
                 "5 samples of 12 bytes, at most 59 bytes are read; raise max_bytes");
    desc.max_count = COUNT - 1;
    expect_ok(gan_dataset_open_idx(&data, path, NULL, &desc));
    gan_dataset_destroy(data);
    desc.max_count = 0;
    desc.max_bytes = COUNT * SIZE;
    expect_ok(gan_dataset_open_idx(&data, path, NULL, &desc));
    gan_dataset_destroy(data);
}

/* A sparse file can have any size without using disk space. */
TEST(without_a_setting_2_to_the_30_bytes_are_read)
{
    static const uint32_t dims[] = {1025, 1024, 1024};
    const char *path = scratch_path("sparse");
    content header = {.n = 0};
    gan_dataset *data;

    put_header(&header, 8, 3, dims);
    save("sparse", &header);
    ck_assert_int_eq(truncate(path, HEADER + (off_t)1025 * 1024 * 1024), 0);
    expect_fails(gan_dataset_open_idx(&data, path, NULL, NULL), GAN_ERR_FORMAT,
                 "at most 1073741824 bytes are read");
}

TEST(files_of_another_format_are_named)
{
    static const struct {
        const char *bytes, *what;
    } cases[] = {{"\x89PNG\r\n\x1a\n", "not an IDX file: it is a PNG picture"},
                 {"PK\3\4 ", "not an IDX file: it is a zip archive"},
                 {"<!DOCTYPE html><title>", "not an IDX file: it is an HTML page"},
                 {"version https://git-lfs.github.com/spec/v1\n", "git lfs pull fetches"}};

    for (size_t i = 0; i < 8; i++) {
        content c = {.n = 0};

        put(&c, cases[i / 2].bytes, strlen(cases[i / 2].bytes));
        if (i % 2) c = gzip(&c); /* and gzip-compressed, too */
        expect_refused(&c, GAN_ERR_FORMAT, cases[i / 2].what);
    }
}

TEST(impossible_dimensions_are_errors)
{
    const struct {
        uint32_t dims[3];
        const char *part;
    } cases[] = {{{0, 3, 4}, "byte 4: at least 1 sample expected, found 0"},
                 {{5, 0, 4}, "byte 8: 1 to 2147483647 values per sample expected, found [1, 0, 4]"},
                 {{5, 3, 0}, "found [1, 3, 0]"},
                 {{1, 65536, 32768}, "found [1, 65536, 32768]"},
                 {{1, 0xffffffff, 0xffffffff}, "found [1, 4294967295, 4294967295]"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        content c = {.n = 0}, z;

        put_header(&c, 8, 3, cases[i].dims);
        z = gzip(&c);
        expect_refused(&c, GAN_ERR_FORMAT, cases[i].part);
        expect_refused(&z, GAN_ERR_FORMAT, cases[i].part);
    }
}

TEST(foreign_files_are_errors)
{
    const struct {
        const char *bytes;
        size_t n;
        const char *part;
    } cases[] = {{"\x89PNG\r\n\x1a\n", 8, "byte 0: two zero bytes expected, found 0x89 0x50"},
                 {"label,pixel1\n", 13, "two zero bytes expected"},
                 {"\0\0\x0a\3\0\0\0\1", 8,
                  "byte 2: type 0x08 (unsigned byte), 0x09, 0x0b, 0x0c, 0x0d or "
                  "0x0e expected, found 0x0a"},
                 {"\0\0\x08\1\0\0\0\1\7", 9, "byte 3: 2 to 4 dimensions expected, found 1"},
                 {"\0\0\x08\5\0\0\0\1", 8, "byte 3: 2 to 4 dimensions expected, found 5"},
                 {"\0\0\x08\0", 4, "byte 3: 2 to 4 dimensions expected, found 0"},
                 {"", 0, "byte 0: 4 bytes of IDX header expected, file ends after 0"},
                 {"\x1f\x8b", 2, "gzip"},
                 {"\x1f\x8bxxxxxxxxxxxxxxxxxxxxxxxx", 26, "damaged gzip data"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        content c = {.n = 0};

        put(&c, cases[i].bytes, cases[i].n);
        expect_refused(&c, GAN_ERR_FORMAT, cases[i].part);
    }
}

TEST(pictures_are_no_labels)
{
    const content p = pictures();
    gan_dataset *data;

    expect_fails(gan_dataset_open_idx(&data, save("p", &p), save("l", &p), NULL), GAN_ERR_FORMAT,
                 "l: byte 3: 1 to 1 dimensions expected, found 3");
    ck_assert_ptr_null(data);
}

TEST(labels_and_pictures_must_be_as_many)
{
    const content p = pictures();
    content l = {.n = 0};
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    gan_dataset *data;

    put_header(&l, 8, 1, (const uint32_t[]){4});
    put(&l, "\1\2\3\4", 4);
    expect_fails(gan_dataset_open_idx(&data, save("p", &p), save("l", &l), NULL), GAN_ERR_SHAPE,
                 "has 4 labels");
    expect_error_says("has 5 pictures");
    ck_assert_ptr_null(data);
    desc.max_count = 2; /* the files don't match, whatever part of them is requested */
    expect_status(gan_dataset_open_idx(&data, save("p", &p), save("l", &l), &desc), GAN_ERR_SHAPE);
}

TEST(classes_get_the_names_that_are_given)
{
    const content p = pictures(), l = classes();
    const gan_dataset_desc desc = {
        GAN_DATASET_DESC_INIT, .class_names = (const char *const[]){"a", "b"}, .n_class_names = 2};
    const char *images = save("named-p", &p);
    gan_dataset *data;

    expect_ok(gan_dataset_open_idx(&data, images, save("named-l", &l), &desc));
    ck_assert_uint_eq(gan_dataset_class_count(data), 2);
    ck_assert_str_eq(gan_dataset_class_name(data, 1), "b");
    gan_dataset_destroy(data);
    expect_fails(gan_dataset_open_idx(&data, images, NULL, &desc), GAN_ERR_INVALID,
                 "2 class_names, but no labels");
    ck_assert_ptr_null(data);
}

TEST(files_that_cannot_be_read_are_errors)
{
    const content p = pictures();
    const char *good = save("p", &p), *missing = scratch_path("there/is/no/such.idx"),
               *folder = scratch_path(".");
    gan_dataset *data = (gan_dataset *)(uintptr_t)1;

    expect_fails(gan_dataset_open_idx(&data, missing, NULL, NULL), GAN_ERR_IO,
                 "such.idx: cannot be opened: ");
    ck_assert_ptr_null(data);
    expect_fails(gan_dataset_open_idx(&data, good, missing, NULL), GAN_ERR_IO,
                 "such.idx: cannot be opened: ");
    expect_fails(gan_dataset_open_idx(&data, folder, NULL, NULL), GAN_ERR_IO, folder);
}

TEST(wrong_arguments_are_refused)
{
    const content p = pictures();
    const char *good = save("p", &p);
    gan_allocator half = {NULL, NULL, NULL};
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    gan_dataset *data = (gan_dataset *)(uintptr_t)1;

    expect_fails(gan_dataset_open_idx(NULL, good, NULL, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_dataset_open_idx(&data, NULL, good, NULL), GAN_ERR_INVALID,
                 "images: the reader or the path");
    ck_assert_ptr_null(data);
    desc.allocator = &half;
    expect_fails(gan_dataset_open_idx(&data, good, NULL, &desc), GAN_ERR_INVALID, "allocator");
    desc.allocator = NULL;
    desc.struct_size = 3;
    expect_fails(gan_dataset_open_idx(&data, good, NULL, &desc), GAN_ERR_INVALID,
                 "struct_size is 3");
}

/* ---- Memory, and Fashion-MNIST ---- */

typedef struct paths {
    const char *images;
    const char *labels;
} paths;

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    const paths *p = user;
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .allocator = allocator};
    gan_dataset *data;
    gan_status status;

    status = gan_dataset_open_idx(&data, p->images, p->labels, &desc);
    *out = data;
    return status;
}

static void destroy(void *made)
{
    gan_dataset_destroy(made);
}

TEST(opening_survives_each_lack_of_memory)
{
    const content p = pictures(), l = classes(), pz = gzip(&p), lz = gzip(&l);
    paths plain = {save("p", &p), save("l", &l)}, packed = {save("p.gz", &pz), save("l.gz", &lz)};
    paths pictures_only = {plain.images, NULL};

    ck_assert_uint_eq(budget_sweep(attempt, destroy, &plain), 5);
    ck_assert_uint_eq(budget_sweep(attempt, destroy, &packed), 5);
    ck_assert_uint_eq(budget_sweep(attempt, destroy, &pictures_only), 3);
}

/* Once it is open, only the bytes, the labels and the handle are allocated. */
TEST(an_open_dataset_is_little_more_than_its_bytes)
{
    const content p = pictures(), l = classes();
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    gan_dataset *data;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_ok(gan_dataset_open_idx(&data, save("p", &p), save("l", &l), &desc));
    ck_assert_uint_eq(budget_live(&b), 3);
    ck_assert_uint_le(b.live_bytes, COUNT * SIZE + COUNT + 1024);
    gan_dataset_destroy(data);
    ck_assert_uint_eq(budget_live(&b), 0);
}

static void check_real(const char *set, size_t count, int first, int last, double mean)
{
    static float out[28 * 28];
    const char *folder = getenv("GAN_DATA_DIR");
    char images[1024], names[1024];
    gan_dataset *data;
    uint8_t label;
    double sum = 0;

    if (!folder) return;
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, set);
    snprintf(names, sizeof names, "%s/%s-labels-idx1-ubyte.gz", folder, set);
    expect_ok(gan_dataset_open_idx(&data, images, names, NULL));
    ck_assert_uint_eq(gan_dataset_count(data), count);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(1, 28, 28)));
    for (size_t i = 0; i < count; i++) {
        expect_ok(gan_dataset_read(data, i, out, &label));
        if (i == 0) ck_assert_int_eq(label, first);
        if (i == count - 1) ck_assert_int_eq(label, last);
        for (size_t k = 0; k < 28 * 28; k++) sum += (double)out[k];
    }
    if (mean > 0) expect_near(sum / (double)count / (28 * 28) * 255, mean, 0, 0.005);
    gan_dataset_destroy(data);
}

TEST(fashion_mnist_is_read_when_it_is_there)
{
    check_real("train", 60000, 9, 5, 72.94);
    check_real("t10k", 10000, 9, 5, 0);
}
