/* test_safetensors_hostile.c - files with false sizes, or made to exhaust memory, are refused. */
#include "expect.h"
#include "file/safetensors_internal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *path;

static void make_path(void)
{
    path = scratch_path("a.safetensors");
}

TEST_FIXTURE(make_path, NULL)

/* A file with this header and this number of bytes of data. */
static void write_header(const char *header, size_t n_data)
{
    const size_t n = strlen(header);
    uint8_t *bytes = calloc(1, 8 + n + n_data);

    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)n >> (8 * i));
    memcpy(bytes + 8, header, n);
    scratch_write(path, bytes, 8 + n + n_data);
    free(bytes);
}

/* A valid file. */
static void write_sample(void)
{
    static float numbers[35] = {2.385f, -0.1f, 3e-39f, -1e38f, 0.75f, -0.0f};
    const gan_tensor tensors[] = {{"0.weight", {2, {2, 3}}, 6, numbers, 1},
                                  {"0.bias", {1, {5}}, 5, numbers + 6, 1},
                                  {"conv \"\\\x02", {4, {2, 3, 2, 2}}, 24, numbers + 11, 1}};
    const char *const metadata[] = {"made by", "libgan \"0\"\n\t\\", "gr\xc3\xbc\xc3\x9f",
                                    "\x01\x1f"};

    expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, 3, metadata, 2, NULL));
}

static void expect_refused(const char *message)
{
    gan__safetensors *file = (gan__safetensors *)&file;

    expect_fails(gan__safetensors_open(&file, (gan__source){.path = path}, NULL), GAN_ERR_FORMAT,
                 message);
    expect_error_says(path);
    expect_error_says(": byte ");
    ck_assert_ptr_null(file);
}

TEST(what_cannot_be_opened_is_an_io_error)
{
    gan__safetensors *file = (gan__safetensors *)&file;

    remove(path);
    expect_fails(gan__safetensors_open(&file, (gan__source){.path = path}, NULL), GAN_ERR_IO,
                 "No such file or directory");
    expect_error_says(path);
    ck_assert_ptr_null(file);
    expect_fails(gan__safetensors_open(&file, (gan__source){.path = "/"}, NULL), GAN_ERR_IO,
                 "directory");
}

TEST(no_beginning_and_no_continuation_of_a_file_is_a_file)
{
    uint8_t whole[1024];
    size_t n;

    write_sample();
    n = scratch_read(path, whole, sizeof whole - 1);
    ck_assert_uint_lt(n, sizeof whole - 1);
    for (size_t length = 0; length < n; length++) {
        scratch_write(path, whole, length);
        expect_refused(length < 8 ? "8 bytes of header length expected" : "byte");
    }
    whole[n] = 0;
    scratch_write(path, whole, n + 1);
    expect_refused("the last tensor must end with the file");
}

TEST(a_file_that_shrinks_while_it_is_open_is_an_io_error)
{
    gan__safetensors *file;
    float out[24];
    uint8_t whole[1024];
    size_t n;

    write_sample();
    n = scratch_read(path, whole, sizeof whole);
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    scratch_write(path, whole, n - 4);
    expect_fails(gan__safetensors_read(file, gan__safetensors_tensor(file, 2), out), GAN_ERR_IO,
                 "96 bytes expected, 92 could be read");
    gan__safetensors_close(file);
}

/* Read everything in a file. */
static void use_all(gan__safetensors *file, size_t n_bytes)
{
    float out[256];

    for (size_t i = 0; i < gan__safetensors_count(file); i++) {
        const gan__safetensor *t = gan__safetensors_tensor(file, i);

        ck_assert_uint_le(t->offset + t->bytes, n_bytes);
        ck_assert_ptr_eq(gan__safetensors_find(file, t->name), t);
        if (t->dtype == GAN__DTYPE_F32) ck_assert_uint_eq(gan_shape_size(t->shape) * 4, t->bytes);
        if (t->dtype == GAN__DTYPE_F32 && t->bytes <= sizeof out)
            (void)gan__safetensors_read(file, t, out);
    }
}

TEST(flipped_bytes_are_an_error_or_another_valid_file)
{
    uint8_t whole[1024];
    size_t n, n_refused = 0, n_valid = 0;

    write_sample();
    n = scratch_read(path, whole, sizeof whole);
    for (size_t i = 0; i < n - 140; i++)
        for (unsigned flip = 1; flip < 256; flip = flip < 128 ? flip * 2 : flip + 127) {
            gan__safetensors *file;
            gan_status status;

            whole[i] ^= (uint8_t)flip;
            scratch_write(path, whole, n);
            whole[i] ^= (uint8_t)flip;
            status = gan__safetensors_open(&file, (gan__source){.path = path}, NULL);
            if (status == GAN_OK) {
                use_all(file, n);
                gan__safetensors_close(file);
                n_valid++;
            } else {
                expect_status(status, GAN_ERR_FORMAT);
                expect_error_says(path);
                ck_assert_ptr_null(file);
                n_refused++;
            }
        }
    ck_assert_uint_gt(n_refused, 1000);
    ck_assert_uint_gt(n_valid, 10);
}

TEST(lengths_out_of_proportion_are_refused)
{
    const uint8_t lengths[][8] = {
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0, 0, 0, 0, 0x80}, {9}};
    uint8_t bytes[] = "........{}      ";
    const size_t n_bytes = sizeof bytes - 1; /* without the null terminator */

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(bytes, lengths[i], 8);
        scratch_write(path, bytes, n_bytes);
        expect_refused("byte 0: a header of");
    }
    for (uint8_t n = 0; n < 2; n++) {
        memset(bytes, 0, 8);
        bytes[0] = n;
        scratch_write(path, bytes, n_bytes);
        expect_refused("2 to 4194304 expected");
    }
    scratch_write(path, "\1\0\x40\0\0\0\0\0{}", 10); /* 4 MiB + 1, which the file has */
    ck_assert_int_eq(truncate(path, 9 + (4 << 20)), 0);
    expect_refused("a header of 4194305 bytes announced, 2 to 4194304 expected");
}

TEST(other_files_are_told_by_their_name)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *says;
    } cases[] = {
        {"PK\3\4\0\0\x08\x08\0\0\0\0\0\0", 14,
         ": it is a zip archive, such as the .pt files of torch.save()"},
        {"\x80\2\x8a\nl\xfc\x9c"
         "F\xf9 j\xa8P\x19.",
         15, ": it is a Python pickle, such as torch.save() once wrote"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", 70,
         ": it is a Git LFS pointer, not the file itself"},
        {"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\x4c", 12, ": it is gzip data"},
        {"no json at all", 14, ": it is text"},
    };
    static uint8_t packed[600000] = {0x1f, 0x8b, 8}; /* as a length: 559903 */

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_write(path, cases[i].bytes, cases[i].n);
        expect_refused(cases[i].says);
    }
    scratch_write(path, packed, sizeof packed);
    expect_refused(": it is gzip data");
}

/* With a header of 640 bytes a file begins like a Python pickle. */
TEST(a_length_is_not_taken_for_another_file)
{
    char header[641];
    gan__safetensors *file;

    memset(header, ' ', 640);
    header[640] = 0;
    memcpy(header, "{}", 2);
    write_header(header, 0);
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    gan__safetensors_close(file);
}

/* Tensors that no network has are no reason to refuse the others. */
TEST(tensors_of_any_shape_may_be_there)
{
    gan__safetensors *file;
    const gan__safetensor *t;
    float number = 7;

    write_header("{\"empty\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[4,4]},"
                 "\"first\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
                 "\"five\":{\"dtype\":\"I16\",\"shape\":[1,2,1,1,1],\"data_offsets\":[4,8]},"
                 "\"none\":{\"dtype\":\"F64\",\"shape\":[9,0,9,9,9,9],\"data_offsets\":[8,8]}}",
                 8);
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    ck_assert_uint_eq(gan__safetensors_count(file), 4);
    t = gan__safetensors_find(file, "five");
    ck_assert(t && t->n_numbers == 2 && gan_shape_size(t->shape) == 0);
    t = gan__safetensors_find(file, "empty");
    ck_assert(t && t->n_numbers == 0 && gan_shape_size(t->shape) == 0);
    expect_ok(gan__safetensors_read(file, gan__safetensors_find(file, "first"), &number));
    ck_assert(number == 0);
    gan__safetensors_close(file);
}

TEST(headers_that_are_no_json_object_are_refused)
{
    static const char *const cases[][2] = {
        {" {}", "header must begin with 0x7b '{', 0x20 found"},
        {"[]", "header must begin with"},
        {"{]", "not the JSON expected"},
        {"{}{}", "not the JSON expected"},
        {"{}x", "not the JSON expected"},
        {"{\"a\":}", "not the JSON expected"},
        {"{\"a\":1e999}", "\"a\": must be an object"},
        {"{\"a\":99999999999999999999}", "\"a\": must be an object"},
        {"{\"a\\u0000b\":{}}", "not the JSON expected"},
        {"{\"\xff\":{}}", "not the JSON expected"},
        {"{\"a", "not the JSON expected"},
        {"{\"__metadata__\":[]}", "must be an object of strings"},
        {"{\"__metadata__\":{\"a\":1}}", "\"a\" must be a string"},
        {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "is there twice"},
        {"{\"__metadata__\":{\"a\":{\"b\":\"2\"}}}", "\"a\" must be a string"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_header(cases[i][0], 0);
        expect_refused(cases[i][1]);
    }
    write_header("{}     ", 0);
    {
        gan__safetensors *file;

        expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
        gan__safetensors_close(file);
    }
}

/* The message for a dimension of 2^32, which may not fit in a size_t. */
#if SIZE_MAX > UINT32_MAX
#define OF_2_TO_THE_32(where_it_fits) where_it_fits
#else
#define OF_2_TO_THE_32(where_it_fits) "dimension 0 must be a whole number"
#endif

TEST(entries_that_describe_no_tensor_are_refused)
{
    static const char *const cases[][2] = {
        {"1", "must be an object"},
        {"{}", "has no dtype"},
        {"{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}", "has no dtype"},
        {"{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}", "unknown dtype \"F33\""},
        {"{\"dtype\":\"F32\",\"data_offsets\":[0,4]}", "no list as shape"},
        {"{\"dtype\":\"F32\",\"shape\":{},\"data_offsets\":[0,4]}", "no list as shape"},
        {"{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}",
         "dimension 0 must be a whole number"},
        {"{\"dtype\":\"F32\",\"shape\":[1,-1],\"data_offsets\":[0,4]}",
         "dimension 1 must be a whole number"},
        {"{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,4]}",
         "0 numbers of type F32 and shape [0] do not take 4 bytes"},
        {"{\"dtype\":\"F32\",\"shape\":[\"1\"],\"data_offsets\":[0,4]}", "dimension 0 must be"},
        {"{\"dtype\":\"F32\",\"shape\":[18446744073709551616],\"data_offsets\":[0,4]}",
         "dimension 0 must be"},
        {"{\"dtype\":\"F32\",\"shape\":[65536,65536],\"data_offsets\":[0,4]}",
         "4294967296 numbers of type F32 and shape [65536, 65536] do not take 4 bytes"},
        {"{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,2,1,1],\"data_offsets\":[0,4]}",
         OF_2_TO_THE_32("[4294967296, 4294967296, 2, 1, ...] do not take 4 bytes")},
        {"{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,0],\"data_offsets\":[0,4]}",
         OF_2_TO_THE_32("0 numbers of type F32")},
        {"{\"dtype\":\"F32\",\"shape\":[1]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":4}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4.0]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[null,4]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}",
         "shape [2] do not take 4 bytes"},
        {"{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]}",
         "1 numbers of type F16 and shape [1] do not take 4 bytes"},
        {"{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,4]}",
         "1 numbers of type F64 and shape [1] do not take 4 bytes"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9223372036854775803,"
         "9223372036854775807]}",
         "its data end 9223372036854775807 bytes behind the header, where the file has 4"},
        {"{\"dtype\":\"F32\",\"shape\":[536870912],\"data_offsets\":[0,2147483648]}",
         "its data end 2147483648 bytes behind the header"},
    };
    char header[256];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(header, sizeof header, "{\"some name\":%s}", cases[i][0]);
        write_header(header, 4);
        expect_refused(cases[i][1]);
        expect_error_says("\"some name\"");
    }
}

#define ENTRY(name, begin, end)                                                                    \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[" #begin "," #end "]}"

TEST(tensors_must_cover_the_data_once)
{
    write_header("{" ENTRY("a", 0, 4) "," ENTRY("b", 2, 6) "}", 8);
    expect_refused("\"b\" begins here, ");
    write_header("{" ENTRY("a", 0, 4) "," ENTRY("b", 0, 4) "}", 8);
    expect_refused("must leave no gap and not overlap");
    write_header("{" ENTRY("a", 0, 4) "," ENTRY("b", 5, 9) "}", 9);
    expect_refused("\"b\" begins here, ");
    write_header("{" ENTRY("a", 4, 8) "}", 8);
    expect_refused("\"a\" begins here, ");
    write_header("{" ENTRY("a", 0, 4) "}", 5);
    expect_refused("the last tensor must end with the file");
    write_header("{" ENTRY("a", 0, 4) "}", 3);
    expect_refused("\"a\": its data end 4 bytes behind the header, where the file has 3");
    write_header("{}", 1);
    expect_refused("the last tensor must end with the file");
    write_header("{" ENTRY("a", 0, 4) "," ENTRY("a", 4, 8) "}", 8);
    expect_refused("is there twice");
}

TEST(tensors_are_told_in_the_order_of_their_data)
{
    gan__safetensors *file;

    write_header("{" ENTRY("a", 8, 12) "," ENTRY("b", 0, 4) "," ENTRY("c", 4, 8) "}", 12);
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    ck_assert_str_eq(gan__safetensors_tensor(file, 0)->name, "b");
    ck_assert_str_eq(gan__safetensors_tensor(file, 1)->name, "c");
    ck_assert_str_eq(gan__safetensors_tensor(file, 2)->name, "a");
    gan__safetensors_close(file);
}

/* `n` copies of a text in place of a tensor. */
static void write_repeated(const char *piece, size_t n)
{
    char *header = malloc(strlen(piece) * n + 64), *end = header + sprintf(header, "{\"a\":");

    for (size_t i = 0; i < n; i++) end += sprintf(end, "%s", piece);
    write_header(header, 0);
    free(header);
}

/* The parser neither recurses nor takes memory out of proportion: the errors are those of wrong
 * tensors or JSON. */
TEST(nesting_and_crowds_are_refused)
{
    write_repeated("[", 1000000);
    expect_refused("byte 1000005 of it: a value expected, it ends");
    write_repeated("{\"a\":", 700000);
    expect_refused("a value expected, it ends");
    write_repeated("[],", 1000000);
    expect_refused("a name in quotation marks expected, found '['");
    write_repeated("1],", 1); /* a bracket that closes nothing */
    expect_refused("a comma or } expected, found ']'");
    write_header("{\"a\":{\"b\":{\"c\":{}}}}", 0);
    expect_refused("has no dtype");
    write_header("{\"a\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}", 0);
    expect_refused("must be an object");
    write_repeated("\"[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\",", 10); /* in a string they are letters */
    expect_refused("a colon expected");
}

static int limit_memory(size_t more)
{
    const char *preloaded = getenv("LD_PRELOAD");
    struct rlimit limit;
    char line[128] = "";
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    if (f && fgets(line, sizeof line, f)) pages = strtoul(line, NULL, 10);
    if (f) fclose(f);
    /* A sanitizer and valgrind need more themselves. */
    if (pages == 0 || under_sanitizer() || (preloaded && strstr(preloaded, "vgpreload"))) return 0;
    limit.rlim_cur = limit.rlim_max = pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;
    return setrlimit(RLIMIT_AS, &limit) == 0;
}

/* The most expensive contents of a header of 4 MiB.  Out of memory would be GAN_ERR_NOMEM. */
TEST(the_largest_headers_take_no_more_than_a_hundred_megabytes)
{
    static const char *const values[] = {"\"\"", "[]", "1"};
    enum { ROOM = 4 << 20 };
    char *header = malloc(ROOM + 64);

    if (!limit_memory((size_t)100 << 20)) {
        free(header);
        return;
    }
    for (size_t kind = 0; kind < 3; kind++) {
        char *end = header + sprintf(header, "{\"__metadata__\":{");

        for (size_t i = 0; end < header + ROOM - 40; i++)
            end += sprintf(end, "\"%06zu\":%s,", i, values[kind]);
        strcpy(end - 1, "}}");
        write_header(header, 0);
        if (kind == 0) {
            gan__safetensors *file;

            expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
            gan__safetensors_close(file);
        } else
            expect_refused("must be a string");
    }
    free(header);
}
