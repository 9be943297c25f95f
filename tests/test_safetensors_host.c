/* test_safetensors_host.c - safetensors files for hosts: names, shapes, types, single
 * tensors. */
#include "budget.h"
#include "expect.h"
#include "scratch.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Two F32 values, an F16, three I64, one NaN, an empty tensor, and five dimensions. */
static const char header[] =
    "{\"__metadata__\":{\"made by\":\"hand\"},"
    "\"pair\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
    "\"half\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[8,10]},"
    "\"count\":{\"dtype\":\"I64\",\"shape\":[3],\"data_offsets\":[10,34]},"
    "\"broken\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[34,38]},"
    "\"none\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[38,38]},"
    "\"deep\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],\"data_offsets\":[38,42]}}";
enum { DATA = 42, FILE_BYTES = 8 + sizeof header - 1 + DATA };

static unsigned char bytes[FILE_BYTES];

static void make_file(void)
{
    static const unsigned char data[DATA] = {
        [2] = 0x80,  [3] = 0x3f,  [6] = 0x20, [7] = 0xc1, /* 1, -10 */
        [9] = 0x38,                                       /* 0.5 */
        [36] = 0xc0, [37] = 0x7f,                         /* NaN */
        [40] = 0x40, [41] = 0x40};                        /* 3 */

    memset(bytes, 0, 8);
    bytes[0] = (sizeof header - 1) & 0xff;
    bytes[1] = (sizeof header - 1) >> 8;
    memcpy(bytes + 8, header, sizeof header - 1);
    memcpy(bytes + 8 + sizeof header - 1, data, DATA);
}

TEST_FIXTURE(make_file, NULL)

static gan_safetensors *opened(void)
{
    const gan_reader from = gan_reader_memory(bytes, sizeof bytes);
    gan_safetensors *file;

    expect_ok(gan_safetensors_open_from(&file, &from, NULL));
    return file;
}

TEST(tensors_tell_name_type_shape_and_size)
{
    static const struct {
        const char *name, *dtype;
        gan_shape shape;
        uint64_t size;
    } cases[] = {{"pair", "F32", {2, {2, 1}}, 2}, {"half", "F16", {1, {1}}, 1},
                 {"count", "I64", {1, {3}}, 3},   {"broken", "F32", {1, {1}}, 1},
                 {"none", "F32", {0, {0}}, 0},    {"deep", "F32", {0, {0}}, 1}};
    gan_safetensors *file = opened();
    size_t found = 0;

    ck_assert_uint_eq(gan_safetensors_count(file), sizeof cases / sizeof *cases);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gan_safetensors_entry e = {GAN_SAFETENSORS_ENTRY_INIT}, at;

        expect_ok(gan_safetensors_find(&e, file, cases[i].name));
        ck_assert_str_eq(e.name, cases[i].name);
        ck_assert_str_eq(e.dtype, cases[i].dtype);
        ck_assert_msg(gan_shape_equal(e.shape, cases[i].shape) && e.size == cases[i].size, "%s",
                      e.name);
        for (size_t k = 0; k < gan_safetensors_count(file); k++) {
            at = (gan_safetensors_entry){GAN_SAFETENSORS_ENTRY_INIT};
            expect_ok(gan_safetensors_tensor(&at, file, k));
            found += at.name == e.name;
        }
    }
    ck_assert_uint_eq(found, sizeof cases / sizeof *cases);
    ck_assert_str_eq(gan_safetensors_metadata(file, "made by"), "hand");
    ck_assert_ptr_null(gan_safetensors_metadata(file, "made"));
    gan_safetensors_destroy(file);
}

TEST(tensors_are_read_as_floats)
{
    gan_safetensors *file = opened();
    float pair[2], half, deep;

    expect_ok(gan_safetensors_read(file, "pair", pair, 2));
    ck_assert(pair[0] == 1 && pair[1] == -10);
    expect_ok(gan_safetensors_read(file, "half", &half, 1));
    ck_assert(half == 0.5f);
    expect_ok(gan_safetensors_read(file, "deep", &deep, 1));
    ck_assert(deep == 3);
    expect_ok(gan_safetensors_read(file, "none", pair, 0));
    gan_safetensors_destroy(file);
}

TEST(what_cannot_be_read_is_named)
{
    gan_safetensors *file = opened();
    float out[3];

    expect_fails(gan_safetensors_read(file, "pairs", out, 2), GAN_ERR_INVALID,
                 "none of its 6 tensors is named pairs");
    expect_fails(gan_safetensors_read(file, "pair", out, 3), GAN_ERR_SHAPE,
                 "pair has 2 elements, there is room for 3");
    expect_fails(gan_safetensors_read(file, "count", out, 3), GAN_ERR_FORMAT, "I64");
    expect_fails(gan_safetensors_read(file, "broken", out, 1), GAN_ERR_NONFINITE, "broken");
    gan_safetensors_destroy(file);
}

TEST(arguments_are_checked)
{
    gan_safetensors *file = opened(), *other;
    gan_safetensors_entry e = {GAN_SAFETENSORS_ENTRY_INIT}, small = {.struct_size = 4};
    const gan_reader none = gan_reader_memory(NULL, 9), cut = gan_reader_memory(bytes, 20);
    gan_allocator half;
    budget b;
    float out[2];

    budget_init(&b, 0);
    half = (gan_allocator){.alloc = b.allocator.alloc};
    expect_fails(gan_safetensors_open(NULL, "a", NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_safetensors_open(&other, NULL, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_safetensors_open(&other, "a", &half), GAN_ERR_INVALID, "allocator");
    expect_fails(gan_safetensors_open(&other, scratch_path("nowhere"), NULL), GAN_ERR_IO,
                 "nowhere");
    expect_fails(gan_safetensors_open_from(&other, NULL, NULL), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_safetensors_open_from(&other, &none, NULL), GAN_ERR_INVALID, "no bytes");
    expect_fails(gan_safetensors_open_from(&other, &cut, NULL), GAN_ERR_FORMAT, "memory");
    ck_assert_ptr_null(other);
    expect_fails(gan_safetensors_tensor(NULL, file, 0), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_safetensors_tensor(&e, NULL, 0), GAN_ERR_INVALID, "file is NULL");
    expect_fails(gan_safetensors_tensor(&e, file, 6), GAN_ERR_INVALID,
                 "tensor 6 requested, there are 6");
    expect_fails(gan_safetensors_tensor(&small, file, 0), GAN_ERR_INVALID, "struct_size is 4");
    expect_fails(gan_safetensors_find(NULL, file, "pair"), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_safetensors_find(&e, NULL, "pair"), GAN_ERR_INVALID, "file is NULL");
    expect_fails(gan_safetensors_find(&e, file, NULL), GAN_ERR_INVALID, "name is NULL");
    expect_fails(gan_safetensors_find(&small, file, "pair"), GAN_ERR_INVALID, "struct_size is 4");
    expect_fails(gan_safetensors_find(&e, file, ""), GAN_ERR_INVALID, "is named");
    expect_fails(gan_safetensors_read(NULL, "pair", out, 2), GAN_ERR_INVALID, "file is NULL");
    expect_fails(gan_safetensors_read(file, NULL, out, 2), GAN_ERR_INVALID, "name is NULL");
    expect_fails(gan_safetensors_read(file, "pair", NULL, 2), GAN_ERR_INVALID, "out is NULL");
    ck_assert_uint_eq(gan_safetensors_count(NULL), 0);
    ck_assert_ptr_null(gan_safetensors_metadata(NULL, "made by"));
    ck_assert_ptr_null(gan_safetensors_metadata(file, NULL));
    gan_safetensors_destroy(NULL);
    gan_safetensors_destroy(file);
}

/* A file that is truncated after it was opened. */
TEST(a_file_that_shrinks_is_an_error)
{
    const char *path = scratch_path("a.safetensors");
    gan_safetensors *file;
    float out[2];

    scratch_write(path, bytes, sizeof bytes);
    expect_ok(gan_safetensors_open(&file, path, NULL));
    scratch_write(path, bytes, 20);
    expect_status(gan_safetensors_read(file, "pair", out, 2), GAN_ERR_IO);
    gan_safetensors_destroy(file);
    ck_assert_int_eq(remove(path), 0);
}

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    const gan_reader from = gan_reader_memory(bytes, sizeof bytes);

    (void)user;
    return gan_safetensors_open_from((gan_safetensors **)out, &from, allocator);
}

static void destroy(void *file)
{
    gan_safetensors_destroy(file);
}

TEST(each_allocation_may_fail)
{
    ck_assert_uint_ge(budget_sweep(attempt, destroy, NULL), 2);
}
