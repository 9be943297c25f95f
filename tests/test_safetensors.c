/* test_safetensors.c - files of named numbers: ours, other programs', and hostile ones. */
#include "budget.h"
#include "expect.h"
#include "safetensors_internal.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Copied, because scratch_path() forgets. */
static char path[1024];

static void make_path(void)
{
    char name[64];

    snprintf(name, sizeof name, "test_safetensors-%ld.safetensors", (long)getpid());
    snprintf(path, sizeof path, "%s", scratch_path(name));
}

static void end_path(void)
{
    remove(path);
}

/* A file with this header and so many bytes of data. */
static void write_header(const char *header, size_t n_data)
{
    const size_t n = strlen(header);
    uint8_t *bytes = calloc(1, 8 + n + n_data);

    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)n >> (8 * i));
    memcpy(bytes + 8, header, n);
    scratch_write(path, bytes, 8 + n + n_data);
    free(bytes);
}

/* ---- Our own files ---- */

static float first[6] = {2.385f, -0.1f, 3e-39f, -1e38f, 0.75f, -0.0f};
static float second[5] = {1.7f, 2.9f, -3.1f, 4.3f, 5.9f};
static float third[2 * 3 * 2 * 2];

static const char *const metadata[] = {"made by", "libgan \"0\"\n\t\\", "gr\xc3\xbc\xc3\x9f",
                                       "\x01\x1f"};

static gan_status write_sample(const gan_allocator *allocator)
{
    const gan_tensor tensors[] = {{"0.weight", {2, {2, 3}}, 6, first},
                                  {"0.bias", {1, {5}}, 5, second},
                                  {"conv \"\\\x02", {4, {2, 3, 2, 2}}, 24, third}};

    for (size_t i = 0; i < 24; i++) third[i] = (float)i * 0.37f - 2;
    return gan__safetensors_write(path, tensors, 3, metadata, 2, allocator);
}

static void expect_tensor(gan__safetensors *file, const char *name, gan_shape shape,
                          const float *wanted)
{
    const gan__safetensor *t = gan__safetensors_find(file, name);
    float found[64];
    const size_t n = gan_shape_size(shape);

    ck_assert_msg(t != NULL, "no tensor %s", name);
    ck_assert_str_eq(t->name, name);
    ck_assert_str_eq(t->dtype_name, "F32");
    ck_assert_int_eq(t->dtype, GAN__DTYPE_F32);
    ck_assert(gan_shape_equal(t->shape, shape));
    ck_assert_uint_eq(t->bytes, n * sizeof(float));
    expect_ok(gan__safetensors_read(file, t, found));
    expect_same_bits(found, wanted, n * sizeof(float));
}

START_TEST(what_is_written_is_read)
{
    gan__safetensors *file;

    expect_ok(write_sample(NULL));
    expect_ok(gan__safetensors_open(&file, path, NULL));
    ck_assert_str_eq(gan__safetensors_path(file), path);
    ck_assert_uint_eq(gan__safetensors_count(file), 3);
    ck_assert_str_eq(gan__safetensors_tensor(file, 0)->name, "0.weight");
    ck_assert_str_eq(gan__safetensors_tensor(file, 1)->name, "0.bias");
    ck_assert_ptr_null(gan__safetensors_tensor(file, 3));
    ck_assert_ptr_null(gan__safetensors_find(file, "0"));
    ck_assert_ptr_null(gan__safetensors_find(file, "__metadata__"));
    expect_tensor(file, "conv \"\\\x02", (gan_shape){4, {2, 3, 2, 2}}, third);
    expect_tensor(file, "0.weight", gan_shape_2d(2, 3), first);
    expect_tensor(file, "0.bias", gan_shape_1d(5), second);
    ck_assert_uint_eq(gan__safetensors_tensor(file, 0)->offset % 64, 0);
    ck_assert_str_eq(gan__safetensors_metadata(file, metadata[0]), metadata[1]);
    ck_assert_str_eq(gan__safetensors_metadata(file, metadata[2]), metadata[3]);
    ck_assert_ptr_null(gan__safetensors_metadata(file, "made"));
    gan__safetensors_close(file);
    gan__safetensors_close(NULL);
}
END_TEST

START_TEST(a_file_without_tensors_or_metadata_is_a_file)
{
    const gan_tensor one = {"x", {1, {5}}, 5, second};
    gan__safetensors *file;

    expect_ok(gan__safetensors_write(path, NULL, 0, NULL, 0, NULL));
    expect_ok(gan__safetensors_open(&file, path, NULL));
    ck_assert_uint_eq(gan__safetensors_count(file), 0);
    ck_assert_ptr_null(gan__safetensors_metadata(file, "x"));
    gan__safetensors_close(file);
    expect_ok(gan__safetensors_write(path, NULL, 0, metadata, 2, NULL));
    expect_ok(gan__safetensors_open(&file, path, NULL));
    ck_assert_uint_eq(gan__safetensors_count(file), 0);
    ck_assert_str_eq(gan__safetensors_metadata(file, metadata[2]), metadata[3]);
    gan__safetensors_close(file);
    expect_ok(gan__safetensors_write(path, &one, 1, NULL, 0, NULL));
    expect_ok(gan__safetensors_open(&file, path, NULL));
    expect_tensor(file, "x", gan_shape_1d(5), second);
    gan__safetensors_close(file);
}
END_TEST

START_TEST(many_and_large_tensors_are_read_back)
{
    enum { N = 1000, LARGE = 200001 };
    static gan_tensor tensors[N + 1];
    static char names[N][16];
    static float large[LARGE], found[LARGE];
    gan__safetensors *file;

    for (size_t i = 0; i < LARGE; i++) large[i] = sinf((float)i * 1.7f);
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "%zu.weight", i * 7 % N);
        tensors[i] = (gan_tensor){names[i], gan_shape_1d(i % 5 + 1), i % 5 + 1, large + i};
    }
    tensors[N] = (gan_tensor){"large", gan_shape_1d(LARGE), LARGE, large};
    expect_ok(gan__safetensors_write(path, tensors, N + 1, NULL, 0, NULL));
    expect_ok(gan__safetensors_open(&file, path, NULL));
    ck_assert_uint_eq(gan__safetensors_count(file), N + 1);
    for (size_t i = 0; i < N; i++) expect_tensor(file, names[i], tensors[i].shape, tensors[i].data);
    expect_ok(gan__safetensors_read(file, gan__safetensors_find(file, "large"), found));
    expect_same_bits(found, large, sizeof large);
    gan__safetensors_close(file);
}
END_TEST

/* Knows the format by itself; prints what it finds. */
static const char python_reader[] =
    "import json,struct,sys;"
    "b=open(sys.argv[1],'rb').read();"
    "n=struct.unpack('<Q',b[:8])[0];"
    "h=json.loads(b[8:8+n].decode('utf-8'));"
    "m=h.pop('__metadata__');"
    "assert (8+n)%64==0,n;"
    "assert sorted(m.items())==[('gr\\u00fc\\u00df','\\x01\\x1f'),('made by','libgan "
    "\"0\"\\n\\t\\\\')],m;"
    "print(list(h));"
    "[print(t['dtype'],t['shape'],*('%08x'%v for v in "
    "struct.unpack('<%dI'%((t['data_offsets'][1]-t['data_offsets'][0])//4),"
    "b[8+n+t['data_offsets'][0]:8+n+t['data_offsets'][1]]))) for t in h.values()];"
    "print(len(b)-8-n)";

static const char *bits_of(const float *numbers, size_t n)
{
    static char text[64 * 9 + 1];

    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, numbers + i, 4);
        snprintf(text + 9 * i, 10, " %08x", (unsigned)bits);
    }
    return text;
}

START_TEST(python_reads_what_is_written_here)
{
    char command[4096], line[512], wanted[1024];
    FILE *pipe;

    if (system("python3 -c 'import json,struct' >/dev/null 2>&1") != 0) return;
    expect_ok(write_sample(NULL));
    setenv("GAN_TEST_SCRIPT", python_reader, 1);
    snprintf(command, sizeof command, "python3 -c \"$GAN_TEST_SCRIPT\" '%s'", path);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
    ck_assert_str_eq(line, "['0.weight', '0.bias', 'conv \"\\\\\\x02']\n");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
    snprintf(wanted, sizeof wanted, "F32 [2, 3]%s\n", bits_of(first, 6));
    ck_assert_str_eq(line, wanted);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
    snprintf(wanted, sizeof wanted, "F32 [5]%s\n", bits_of(second, 5));
    ck_assert_str_eq(line, wanted);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
    snprintf(wanted, sizeof wanted, "F32 [2, 3, 2, 2]%s\n", bits_of(third, 24));
    ck_assert_str_eq(line, wanted);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
    ck_assert_str_eq(line, "140\n");
    ck_assert_int_eq(pclose(pipe), 0);
}
END_TEST

START_TEST(what_python_wrote_is_read_here)
{
    const float weight_2[] = {2.385f, -0.125f, 1e-30f},
                weight_0[] = {0.1f, -0.2f, 0.3f, -0.4f, 0.5f, -0.6f};
    const float scale = 7.25f, odd = -3.5f;
    const gan__safetensor *t;
    gan__safetensors *file;
    float out[4] = {0};

    expect_ok(gan__safetensors_open(&file, golden_path("from_python.safetensors"), NULL));
    ck_assert_uint_eq(gan__safetensors_count(file), 6);
    expect_tensor(file, "2.weight", gan_shape_2d(1, 3), weight_2);
    expect_tensor(file, "0.weight", gan_shape_2d(3, 2), weight_0);
    expect_tensor(file, "scale", gan_shape_1d(1), &scale);
    expect_tensor(file,
                  "gr\xc3\xbc\xc3\x9f"
                  "e \"\\\n",
                  gan_shape_1d(1), &odd);
    t = gan__safetensors_find(file, "half");
    ck_assert(gan_shape_equal(t->shape, (gan_shape){4, {2, 1, 1, 2}}));
    ck_assert_str_eq(t->dtype_name, "F16");
    ck_assert_int_eq(t->dtype, GAN__DTYPE_OTHER);
    ck_assert_uint_eq(t->bytes, 8);
    expect_fails(gan__safetensors_read(file, t, out), GAN_ERR_FORMAT,
                 "\"half\" has numbers of type F16, F32 expected");
    t = gan__safetensors_find(file, "1.num_batches_tracked");
    ck_assert_str_eq(t->dtype_name, "I64");
    ck_assert_uint_eq(t->bytes, 8);
    ck_assert(gan_shape_equal(t->shape, gan_shape_1d(1)));
    ck_assert_str_eq(gan__safetensors_metadata(file, "format"), "pt");
    ck_assert_str_eq(gan__safetensors_metadata(file, "note"), "two\nlines, \"quoted\"");
    gan__safetensors_close(file);
}
END_TEST

START_TEST(what_could_not_be_read_again_is_not_written)
{
    const gan_tensor twice[] = {{"a", {1, {1}}, 1, first}, {"a", {1, {1}}, 1, first}};
    const gan_tensor not_utf8 = {"a\xff", {1, {1}}, 1, first},
                     reserved = {"__metadata__", {1, {1}}, 1, first};
    const gan_tensor other_size = {"b", {2, {2, 3}}, 5, first}, empty = {"c", {1, {0}}, 0, first};
    const char *const same_key[] = {"k", "1", "k", "2"}, *const bad_text[] = {"k", "\xc3"};

    remove(path);
    expect_fails(gan__safetensors_write(path, twice, 2, NULL, 0, NULL), GAN_ERR_INVALID,
                 "duplicate");
    expect_fails(gan__safetensors_write(path, &not_utf8, 1, NULL, 0, NULL), GAN_ERR_INVALID,
                 "cannot be written");
    expect_fails(gan__safetensors_write(path, &reserved, 1, NULL, 0, NULL), GAN_ERR_INVALID,
                 "__metadata__");
    expect_fails(gan__safetensors_write(path, &other_size, 1, NULL, 0, NULL), GAN_ERR_INVALID,
                 "has 5 numbers");
    expect_fails(gan__safetensors_write(path, &empty, 1, NULL, 0, NULL), GAN_ERR_INVALID, "\"c\"");
    expect_fails(gan__safetensors_write(path, NULL, 0, same_key, 2, NULL), GAN_ERR_INVALID,
                 "duplicate");
    expect_fails(gan__safetensors_write(path, NULL, 0, bad_text, 1, NULL), GAN_ERR_INVALID,
                 "cannot be written");
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file)
{
    static float much[50000];
    const gan_tensor large = {"x", {1, {50000}}, 50000, much};
    struct rlimit limit, old;
    gan__safetensors *file;
    gan_status status;

    expect_ok(write_sample(NULL));
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 5000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    status = gan__safetensors_write(path, &large, 1, NULL, 0, NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    expect_fails(status, GAN_ERR_IO, "File too large");
    expect_error_says(path);
    expect_ok(gan__safetensors_open(&file, path, NULL));
    expect_tensor(file, "0.weight", gan_shape_2d(2, 3), first);
    gan__safetensors_close(file);
    expect_fails(gan__safetensors_write("/none/x", &large, 1, NULL, 0, NULL), GAN_ERR_IO,
                 "/none/x");
}
END_TEST

static gan_status try_open(void **out, const gan_allocator *allocator, void *user)
{
    (void)user;
    return gan__safetensors_open((gan__safetensors **)out, path, allocator);
}

static void close_file(void *file)
{
    gan__safetensors_close(file);
}

START_TEST(without_memory_nothing_is_opened_or_written)
{
    gan_status status = GAN_ERR_NOMEM;
    budget b;
    size_t n = 0;

    remove(path);
    for (; status == GAN_ERR_NOMEM; n++) {
        budget_init(&b, n);
        status = write_sample(&b.allocator);
        ck_assert_uint_eq(budget_live(&b), 0);
        ck_assert_int_eq(access(path, F_OK), status == GAN_OK ? 0 : -1);
    }
    expect_ok(status);
    ck_assert_uint_gt(n, 1);
    ck_assert_uint_eq(budget_sweep(try_open, close_file, NULL), 4);
}
END_TEST

/* ---- Hostile files ---- */

static void expect_refused(const char *message)
{
    gan__safetensors *file = (gan__safetensors *)path;

    expect_fails(gan__safetensors_open(&file, path, NULL), GAN_ERR_FORMAT, message);
    expect_error_says(path);
    expect_error_says(": byte ");
    ck_assert_ptr_null(file);
}

START_TEST(what_cannot_be_opened_is_an_io_error)
{
    gan__safetensors *file = (gan__safetensors *)path;

    remove(path);
    expect_fails(gan__safetensors_open(&file, path, NULL), GAN_ERR_IO, "No such file or directory");
    expect_error_says(path);
    ck_assert_ptr_null(file);
    expect_fails(gan__safetensors_open(&file, "/", NULL), GAN_ERR_IO, "folder");
}
END_TEST

START_TEST(no_beginning_and_no_continuation_of_a_file_is_a_file)
{
    uint8_t whole[1024];
    size_t n;

    expect_ok(write_sample(NULL));
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
END_TEST

START_TEST(a_file_that_shrinks_while_it_is_open_is_an_io_error)
{
    gan__safetensors *file;
    float out[24];
    uint8_t whole[1024];
    size_t n;

    expect_ok(write_sample(NULL));
    n = scratch_read(path, whole, sizeof whole);
    expect_ok(gan__safetensors_open(&file, path, NULL));
    scratch_write(path, whole, n - 4);
    expect_fails(gan__safetensors_read(file, gan__safetensors_tensor(file, 2), out), GAN_ERR_IO,
                 "96 bytes expected, 92 could be read");
    gan__safetensors_close(file);
}
END_TEST

/* Read everything that a file offers. */
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

START_TEST(flipped_bytes_are_an_error_or_another_valid_file)
{
    uint8_t whole[1024];
    size_t n, n_refused = 0, n_valid = 0;

    expect_ok(write_sample(NULL));
    n = scratch_read(path, whole, sizeof whole);
    for (size_t i = 0; i < n - 140; i++)
        for (unsigned flip = 1; flip < 256; flip = flip < 128 ? flip * 2 : flip + 127) {
            gan__safetensors *file;
            gan_status status;

            whole[i] ^= (uint8_t)flip;
            scratch_write(path, whole, n);
            whole[i] ^= (uint8_t)flip;
            status = gan__safetensors_open(&file, path, NULL);
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
END_TEST

START_TEST(lengths_out_of_proportion_are_refused)
{
    const uint8_t lengths[][8] = {
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0, 0, 0, 0, 0x80}, {9}};
    uint8_t bytes[16] = "........{}      ";

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(bytes, lengths[i], 8);
        scratch_write(path, bytes, sizeof bytes);
        expect_refused("byte 0: a header of");
    }
    for (uint8_t n = 0; n < 2; n++) {
        memset(bytes, 0, 8);
        bytes[0] = n;
        scratch_write(path, bytes, sizeof bytes);
        expect_refused("2 to 67108864 expected");
    }
    scratch_write(path, "\1\0\0\4\0\0\0\0{}", 10); /* 64 MiB and one, and the file has them */
    ck_assert_int_eq(truncate(path, 9 + (64 << 20)), 0);
    expect_refused("a header of 67108865 bytes announced, 2 to 67108864 expected");
}
END_TEST

START_TEST(headers_that_are_no_json_object_are_refused)
{
    static const char *const cases[][2] = {
        {" {}", "header must begin with 0x7b '{', 0x20 found"},
        {"[]", "header must begin with"},
        {"{]", "not the JSON expected"},
        {"{}{}", "not the JSON expected"},
        {"{}x", "not the JSON expected"},
        {"{\"a\":}", "not the JSON expected"},
        {"{\"a\":1e999}", "not the JSON expected"},
        {"{\"a\":99999999999999999999}", "not the JSON expected"},
        {"{\"a\\u0000b\":{}}", "not the JSON expected"},
        {"{\"\xff\":{}}", "not the JSON expected"},
        {"{\"a", "not the JSON expected"},
        {"{\"__metadata__\":[]}", "must be an object of strings"},
        {"{\"__metadata__\":{\"a\":1}}", "\"a\" must be a string"},
        {"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "duplicate"},
        {"{\"__metadata__\":{\"a\":{\"b\":\"2\"}}}", "\"a\" must be a string"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_header(cases[i][0], 0);
        expect_refused(cases[i][1]);
    }
    write_header("{}     ", 0);
    {
        gan__safetensors *file;

        expect_ok(gan__safetensors_open(&file, path, NULL));
        gan__safetensors_close(file);
    }
}
END_TEST

START_TEST(entries_that_describe_no_tensor_are_refused)
{
    static const char *const cases[][2] = {
        {"1", "must be an object"},
        {"{}", "has no dtype"},
        {"{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}", "has no dtype"},
        {"{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}", "unknown dtype \"F33\""},
        {"{\"dtype\":\"F32\",\"data_offsets\":[0,4]}", "no list as shape"},
        {"{\"dtype\":\"F32\",\"shape\":{},\"data_offsets\":[0,4]}", "no list as shape"},
        {"{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]}",
         "5 dimensions, at most 4"},
        {"{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}",
         "dimension 0 must be a whole number"},
        {"{\"dtype\":\"F32\",\"shape\":[1,-1],\"data_offsets\":[0,4]}",
         "dimension 1 must be a whole number"},
        {"{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}", "dimension 0 must be"},
        {"{\"dtype\":\"F32\",\"shape\":[\"1\"],\"data_offsets\":[0,4]}", "dimension 0 must be"},
        {"{\"dtype\":\"F32\",\"shape\":[2147483648],\"data_offsets\":[0,4]}",
         "dimension 0 must be"},
        {"{\"dtype\":\"F32\",\"shape\":[65536,65536],\"data_offsets\":[0,4]}",
         "more than 2147483647 numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,4,1],\"data_offsets\":[0,4]}",
         "more than 2147483647"},
        {"{\"dtype\":\"F32\",\"shape\":[1]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":4}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4.0]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[null,4]}", "two rising whole numbers"},
        {"{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}",
         "shape [2] take 8 bytes, data_offsets have 4"},
        {"{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]}",
         "F16 numbers of shape [1] take 2 bytes"},
        {"{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,4]}",
         "F64 numbers of shape [1] take 8 bytes"},
        {"{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9223372036854775803,"
         "9223372036854775807]}",
         "begins here, "},
        {"{\"dtype\":\"F32\",\"shape\":[536870912],\"data_offsets\":[0,2147483648]}",
         "the last tensor must end"},
    };
    char header[256];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(header, sizeof header, "{\"some name\":%s}", cases[i][0]);
        write_header(header, 4);
        expect_refused(cases[i][1]);
        if (!strstr(cases[i][1], "last")) expect_error_says("\"some name\"");
    }
}
END_TEST

#define ENTRY(name, begin, end)                                                                    \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[" #begin "," #end "]}"

START_TEST(tensors_must_cover_the_data_once)
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
    expect_refused("the last tensor must end with the file");
    write_header("{}", 1);
    expect_refused("the last tensor must end with the file");
    write_header("{" ENTRY("a", 0, 4) "," ENTRY("a", 4, 8) "}", 8);
    expect_refused("duplicate");
}
END_TEST

START_TEST(tensors_are_told_in_the_order_of_their_data)
{
    gan__safetensors *file;

    write_header("{" ENTRY("a", 8, 12) "," ENTRY("b", 0, 4) "," ENTRY("c", 4, 8) "}", 12);
    expect_ok(gan__safetensors_open(&file, path, NULL));
    ck_assert_str_eq(gan__safetensors_tensor(file, 0)->name, "b");
    ck_assert_str_eq(gan__safetensors_tensor(file, 1)->name, "c");
    ck_assert_str_eq(gan__safetensors_tensor(file, 2)->name, "a");
    gan__safetensors_close(file);
}
END_TEST

/* `n` times a piece of text in place of a tensor. */
static void write_repeated(const char *piece, size_t n)
{
    char *header = malloc(strlen(piece) * n + 64), *end = header + sprintf(header, "{\"a\":");

    for (size_t i = 0; i < n; i++) end += sprintf(end, "%s", piece);
    write_header(header, 0);
    free(header);
}

START_TEST(nesting_and_crowds_are_refused_before_they_take_memory)
{
    write_repeated("[", 1000000);
    expect_refused("brackets");
    write_repeated("{\"a\":", 1000000);
    expect_refused("brackets");
    write_repeated("[],", 1000000);
    expect_refused("brackets");
    write_repeated("\"[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\",", 10); /* in a string they are letters */
    expect_refused("not the JSON expected");
}
END_TEST

START_TEST(numbers_that_are_none_are_named)
{
    float numbers[5] = {1.5f, 2.5f, 3.5f, 4.5f, 5.5f}, out[5];
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const gan_tensor tensors[] = {{"fine", {1, {5}}, 5, second}, {"0.bias", {1, {5}}, 5, numbers}};
    gan__safetensors *file;

    for (size_t i = 0; i < 3; i++) {
        numbers[3] = bad[i];
        expect_ok(gan__safetensors_write(path, tensors, 2, NULL, 0, NULL));
        expect_ok(gan__safetensors_open(&file, path, NULL));
        expect_ok(gan__safetensors_read(file, gan__safetensors_tensor(file, 0), out));
        expect_fails(gan__safetensors_read(file, gan__safetensors_tensor(file, 1), out),
                     GAN_ERR_NONFINITE, "number 3 of tensor \"0.bias\" is ");
        expect_error_says(path);
        gan__safetensors_close(file);
    }
}
END_TEST

Suite *suite(void)
{
    const TTest *const tests[] = {what_is_written_is_read,
                                  a_file_without_tensors_or_metadata_is_a_file,
                                  many_and_large_tensors_are_read_back,
                                  python_reads_what_is_written_here,
                                  what_python_wrote_is_read_here,
                                  what_could_not_be_read_again_is_not_written,
                                  a_full_disk_leaves_the_old_file,
                                  without_memory_nothing_is_opened_or_written,
                                  what_cannot_be_opened_is_an_io_error,
                                  no_beginning_and_no_continuation_of_a_file_is_a_file,
                                  a_file_that_shrinks_while_it_is_open_is_an_io_error,
                                  flipped_bytes_are_an_error_or_another_valid_file,
                                  lengths_out_of_proportion_are_refused,
                                  headers_that_are_no_json_object_are_refused,
                                  entries_that_describe_no_tensor_are_refused,
                                  tensors_must_cover_the_data_once,
                                  tensors_are_told_in_the_order_of_their_data,
                                  nesting_and_crowds_are_refused_before_they_take_memory,
                                  numbers_that_are_none_are_named};
    Suite *s = suite_create("safetensors");
    TCase *tc = tcase_create("safetensors");

    tcase_add_checked_fixture(tc, make_path, end_path);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return s;
}
