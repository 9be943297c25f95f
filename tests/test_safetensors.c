/* test_safetensors.c - safetensors files: libgan's and other programs', other types, checksums. */
#include "budget.h"
#include "expect.h"
#include "file/file_internal.h"
#include "file/safetensors_internal.h"

#include <math.h>
#include <signal.h>
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

/* ---- libgan's own files ---- */

static float first[6] = {2.385f, -0.1f, 3e-39f, -1e38f, 0.75f, -0.0f};
static float second[5] = {1.7f, 2.9f, -3.1f, 4.3f, 5.9f};
static float third[2 * 3 * 2 * 2];

static const char *const metadata[] = {"made by", "libgan \"0\"\n\t\\", "gr\xc3\xbc\xc3\x9f",
                                       "\x01\x1f"};

static gan_status write_sample(const gan_allocator *allocator)
{
    const gan_tensor tensors[] = {{"0.weight", {2, {2, 3}}, 6, first, 1},
                                  {"0.bias", {1, {5}}, 5, second, 1},
                                  {"conv \"\\\x02", {4, {2, 3, 2, 2}}, 24, third, 1}};

    for (size_t i = 0; i < 24; i++) third[i] = (float)i * 0.37f - 2;
    return gan__safetensors_write((gan__target){.path = path}, tensors, 3, metadata, 2, allocator);
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

TEST(what_is_written_is_read)
{
    gan__safetensors *file;

    expect_ok(write_sample(NULL));
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
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

TEST(a_file_without_tensors_or_metadata_is_a_file)
{
    const gan_tensor one = {"x", {1, {5}}, 5, second, 1};
    gan__safetensors *file;

    expect_ok(gan__safetensors_write((gan__target){.path = path}, NULL, 0, NULL, 0, NULL));
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    ck_assert_uint_eq(gan__safetensors_count(file), 0);
    ck_assert_ptr_null(gan__safetensors_metadata(file, "x"));
    gan__safetensors_close(file);
    expect_ok(gan__safetensors_write((gan__target){.path = path}, NULL, 0, metadata, 2, NULL));
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    ck_assert_uint_eq(gan__safetensors_count(file), 0);
    ck_assert_str_eq(gan__safetensors_metadata(file, metadata[2]), metadata[3]);
    gan__safetensors_close(file);
    expect_ok(gan__safetensors_write((gan__target){.path = path}, &one, 1, NULL, 0, NULL));
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    expect_tensor(file, "x", gan_shape_1d(5), second);
    gan__safetensors_close(file);
}

TEST(many_and_large_tensors_are_read_back)
{
    enum { N = 1000, LARGE = 200001 };
    static gan_tensor tensors[N + 1];
    static char names[N][16];
    static float large[LARGE], found[LARGE];
    gan__safetensors *file;

    for (size_t i = 0; i < LARGE; i++) large[i] = sinf((float)i * 1.7f);
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "%zu.weight", i * 7 % N);
        tensors[i] = (gan_tensor){names[i], gan_shape_1d(i % 5 + 1), i % 5 + 1, large + i, 1};
    }
    tensors[N] = (gan_tensor){"large", gan_shape_1d(LARGE), LARGE, large, 1};
    expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, N + 1, NULL, 0, NULL));
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    ck_assert_uint_eq(gan__safetensors_count(file), N + 1);
    for (size_t i = 0; i < N; i++) expect_tensor(file, names[i], tensors[i].shape, tensors[i].data);
    expect_ok(gan__safetensors_read(file, gan__safetensors_find(file, "large"), found));
    expect_same_bits(found, large, sizeof large);
    gan__safetensors_close(file);
}

/* An independent reader of the format; prints what it finds. */
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

TEST(python_reads_what_is_written_here)
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

TEST(what_python_wrote_is_read_here)
{
    const float weight_2[] = {2.385f, -0.125f, 1e-30f},
                weight_0[] = {0.1f, -0.2f, 0.3f, -0.4f, 0.5f, -0.6f};
    const float scale = 7.25f, odd = -3.5f;
    const gan__safetensor *t;
    gan__safetensors *file;
    float out[4] = {0};

    expect_ok(gan__safetensors_open(
        &file, (gan__source){.path = golden_path("from_python.safetensors")}, NULL));
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
    ck_assert_int_eq(t->dtype, GAN__DTYPE_F16);
    ck_assert_uint_eq(t->bytes, 8);
    expect_ok(gan__safetensors_read(file, t, out));
    expect_same_bits(out, ((float[]){0.5f, 1.5f, -2.0f, 0.0f}), sizeof out);
    t = gan__safetensors_find(file, "1.num_batches_tracked");
    ck_assert_str_eq(t->dtype_name, "I64");
    ck_assert_int_eq(t->dtype, GAN__DTYPE_OTHER);
    expect_fails(gan__safetensors_read(file, t, out), GAN_ERR_FORMAT,
                 "\"1.num_batches_tracked\" has numbers of type I64; F32, F16, BF16 or F64");
    ck_assert_uint_eq(t->bytes, 8);
    ck_assert(gan_shape_equal(t->shape, gan_shape_1d(1)));
    ck_assert_str_eq(gan__safetensors_metadata(file, "format"), "pt");
    ck_assert_str_eq(gan__safetensors_metadata(file, "note"), "two\nlines, \"quoted\"");
    gan__safetensors_close(file);
}

TEST(what_could_not_be_read_again_is_not_written)
{
    const gan_tensor twice[] = {{"a", {1, {1}}, 1, first, 1}, {"a", {1, {1}}, 1, first, 1}};
    const gan_tensor not_utf8 = {"a\xff", {1, {1}}, 1, first, 1},
                     reserved = {"__metadata__", {1, {1}}, 1, first, 1};
    const gan_tensor other_size = {"b", {2, {2, 3}}, 5, first, 1},
                     empty = {"c", {1, {0}}, 0, first, 1};
    const char *const same_key[] = {"k", "1", "k", "2"}, *const bad_text[] = {"k", "\xc3"};

    remove(path);
    expect_fails(gan__safetensors_write((gan__target){.path = path}, twice, 2, NULL, 0, NULL),
                 GAN_ERR_INVALID, "is there twice");
    expect_fails(gan__safetensors_write((gan__target){.path = path}, &not_utf8, 1, NULL, 0, NULL),
                 GAN_ERR_INVALID, "cannot be written");
    expect_fails(gan__safetensors_write((gan__target){.path = path}, &reserved, 1, NULL, 0, NULL),
                 GAN_ERR_INVALID, "__metadata__");
    expect_fails(gan__safetensors_write((gan__target){.path = path}, &other_size, 1, NULL, 0, NULL),
                 GAN_ERR_INVALID, "has 5 numbers");
    expect_fails(gan__safetensors_write((gan__target){.path = path}, &empty, 1, NULL, 0, NULL),
                 GAN_ERR_INVALID, "\"c\"");
    expect_fails(gan__safetensors_write((gan__target){.path = path}, NULL, 0, same_key, 2, NULL),
                 GAN_ERR_INVALID, "is there twice");
    expect_fails(gan__safetensors_write((gan__target){.path = path}, NULL, 0, bad_text, 1, NULL),
                 GAN_ERR_INVALID, "cannot be written");
    ck_assert_int_eq(access(path, F_OK), -1);
}

TEST(a_full_disk_leaves_the_old_file)
{
    static float much[50000];
    const gan_tensor large = {"x", {1, {50000}}, 50000, much, 1};
    struct rlimit limit, old;
    gan__safetensors *file;
    gan_status status;

    expect_ok(write_sample(NULL));
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 5000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    status = gan__safetensors_write((gan__target){.path = path}, &large, 1, NULL, 0, NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    expect_fails(status, GAN_ERR_IO, "File too large");
    expect_error_says(path);
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    expect_tensor(file, "0.weight", gan_shape_2d(2, 3), first);
    gan__safetensors_close(file);
    expect_fails(gan__safetensors_write((gan__target){.path = "/none/x"}, &large, 1, NULL, 0, NULL),
                 GAN_ERR_IO, "/none/x");
}

static gan_status try_open(void **out, const gan_allocator *allocator, void *user)
{
    (void)user;
    return gan__safetensors_open((gan__safetensors **)out, (gan__source){.path = path}, allocator);
}

static void close_file(void *file)
{
    gan__safetensors_close(file);
}

TEST(without_memory_nothing_is_opened_or_written)
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
    ck_assert_uint_eq(budget_sweep(try_open, close_file, NULL), 8);
}

/* ---- Other types ---- */

/* Write numbers of a type as a file of one tensor "x", and read them. */
static gan_status read_as(const char *dtype, const void *bytes, size_t n_bytes, size_t n,
                          float *out)
{
    char header[256];
    uint8_t *whole = calloc(1, 8 + sizeof header + n_bytes);
    gan__safetensors *file;
    gan_status status;
    int length = snprintf(header, sizeof header,
                          "{\"x\":{\"dtype\":\"%s\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}",
                          dtype, n, n_bytes);

    whole[0] = (uint8_t)length;
    memcpy(whole + 8, header, (size_t)length);
    memcpy(whole + 8 + length, bytes, n_bytes);
    little_endian(whole + 8 + length, n_bytes / n, n);
    scratch_write(path, whole, 8 + (size_t)length + n_bytes);
    free(whole);
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    status = gan__safetensors_read(file, gan__safetensors_tensor(file, 0), out);
    gan__safetensors_close(file);
    return status;
}

TEST(every_half_precision_number_is_read)
{
    enum { N = 63488 }; /* all but NaN and infinity */
    static uint16_t halves[N];
    static float out[N];
    size_t n = 0;

    for (uint32_t bits = 0; bits < 65536; bits++)
        if ((bits >> 10 & 31) != 31) halves[n++] = (uint16_t)bits;
    ck_assert_uint_eq(n, N);
    expect_ok(read_as("F16", halves, sizeof halves, N, out));
    for (size_t i = 0; i < N; i++) {
        const int exponent = halves[i] >> 10 & 31, mantissa = halves[i] & 1023;
        const double wanted =
            exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);

        ck_assert(fabs((double)out[i]) == wanted);
        ck_assert_int_eq(!!signbit(out[i]), halves[i] >> 15);
    }
    expect_fails(read_as("F16", &(uint16_t){0x7c00}, 2, 1, out), GAN_ERR_NONFINITE, "is inf");
    expect_fails(read_as("F16", &(uint16_t){0xfc00}, 2, 1, out), GAN_ERR_NONFINITE, "is -inf");
    expect_fails(read_as("F16", &(uint16_t){0x7c01}, 2, 1, out), GAN_ERR_NONFINITE, "nan");
}

TEST(bfloat_numbers_are_the_upper_half_of_floats)
{
    static uint16_t numbers[65536];
    static float out[65536];
    size_t n = 0;

    for (uint32_t bits = 0; bits < 65536; bits++)
        if ((bits >> 7 & 255) != 255) numbers[n++] = (uint16_t)bits;
    expect_ok(read_as("BF16", numbers, 2 * n, n, out));
    for (size_t i = 0; i < n; i++) {
        const uint32_t wanted = (uint32_t)numbers[i] << 16;

        expect_same_bits(out + i, &wanted, 4);
    }
    expect_fails(read_as("BF16", &(uint16_t){0x7f80}, 2, 1, out), GAN_ERR_NONFINITE, "inf");
}

TEST(doubles_are_read_as_the_nearest_floats)
{
    static double numbers[5000];
    static float out[5000];

    for (size_t i = 0; i < 5000; i++) numbers[i] = sin((double)i) * pow(10, (double)(i % 70) - 35);
    numbers[17] = 1 + 0x1p-24; /* a tie: to the even one */
    numbers[18] = 1 + 3 * 0x1p-24;
    numbers[19] = 1e-60;
    expect_ok(read_as("F64", numbers, sizeof numbers, 5000, out));
    for (size_t i = 0; i < 5000; i++)
        expect_same_bits(out + i, &(float){(float)numbers[i]}, sizeof *out);
    ck_assert(out[17] == 1 && out[18] == 1 + 0x1p-22f && out[19] == 0);
    numbers[4321] = 1e39;
    expect_fails(read_as("F64", numbers, sizeof numbers, 5000, out), GAN_ERR_NONFINITE,
                 "value 4321 of tensor \"x\" is inf");
    expect_fails(read_as("U8", numbers, 4, 4, out), GAN_ERR_FORMAT, "of type U8; F32, F16, BF16");
}

/* ---- Files with a checksum ---- */

static gan_status verify(void)
{
    gan__safetensors *file;
    gan_status status;

    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    status = gan__safetensors_verify(file);
    gan__safetensors_close(file);
    return status;
}

TEST(a_sealed_file_knows_each_of_its_bytes)
{
    static float much[300001];
    const gan_tensor tensors[] = {{"0.weight", {2, {2, 3}}, 6, first, 1},
                                  {"much", {1, {300001}}, 300001, much, 1}};
    static uint8_t whole[1300000];
    const gan__json *entry;
    gan__safetensors *file;
    size_t n;

    for (size_t i = 0; i < 300001; i++) much[i] = (float)i;
    expect_ok(gan__safetensors_write_sealed((gan__target){.path = path}, tensors, 2, NULL, metadata,
                                            2, NULL));
    expect_ok(verify());
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    ck_assert_uint_eq(gan__safetensors_count(file), 3);
    ck_assert_str_eq(gan__safetensors_tensor(file, 2)->name, "libgan.checksum");
    expect_ok(gan__safetensors_verify(file)); /* reading still works */
    expect_tensor(file, "0.weight", gan_shape_2d(2, 3), first);
    entry = gan__safetensors_first_metadata(file);
    ck_assert_str_eq(entry->key, metadata[0]);
    ck_assert_str_eq(entry->next->key, metadata[2]);
    ck_assert_ptr_null(entry->next->next);
    gan__safetensors_close(file);
    n = scratch_read(path, whole, sizeof whole);
    for (size_t at = n - 4; at > 400; at = at * 7 / 8) {
        whole[at] ^= 0x40;
        scratch_write(path, whole, n);
        whole[at] ^= 0x40;
        expect_fails(verify(), GAN_ERR_FORMAT, "the file is damaged: its checksum is ");
    }
    expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, 2, metadata, 2, NULL));
    expect_fails(verify(), GAN_ERR_FORMAT, "has to end with a tensor \"libgan.checksum\"");
    expect_ok(
        gan__safetensors_write_sealed((gan__target){.path = path}, NULL, 0, NULL, NULL, 0, NULL));
    expect_ok(verify());
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    ck_assert_ptr_null(gan__safetensors_first_metadata(file));
    gan__safetensors_close(file);
}

TEST(a_sealed_file_is_of_numbers)
{
    static float much[100000];
    const gan_tensor tensors[] = {{"first", {1, {5}}, 5, second, 1},
                                  {"much", {1, {100000}}, 100000, much, 1}},
                     taken = {"libgan.checksum", {1, {5}}, 5, second, 1};
    static uint8_t whole[500000];
    gan__safetensors *file;
    uint32_t sum;
    size_t n;

    much[99999] = NAN;
    remove(path);
    expect_fails(
        gan__safetensors_write_sealed((gan__target){.path = path}, tensors, 2, NULL, NULL, 0, NULL),
        GAN_ERR_NONFINITE, "value 99999 of tensor \"much\" is nan");
    ck_assert_int_eq(access(path, F_OK), -1);
    expect_fails(
        gan__safetensors_write_sealed((gan__target){.path = path}, &taken, 1, NULL, NULL, 0, NULL),
        GAN_ERR_INVALID, "is there twice");
    much[99999] = 0;
    expect_ok(gan__safetensors_write_sealed((gan__target){.path = path}, tensors, 2, NULL, NULL, 0,
                                            NULL));
    n = scratch_read(path, whole, sizeof whole);
    memcpy(whole + n - 4 - 4 * 30000, (const uint8_t[]){0, 0, 0x80, 0x7f}, 4); /* infinity */
    sum = gan__file_sum(0, whole, n - 4);
    for (size_t i = 0; i < 4; i++) whole[n - 4 + i] = (uint8_t)(sum >> (8 * i));
    scratch_write(path, whole, n);
    expect_fails(verify(), GAN_ERR_NONFINITE, "value 70000 of tensor \"much\" is inf");
    whole[n - 9]++; /* the checksum error takes precedence */
    scratch_write(path, whole, n);
    expect_fails(verify(), GAN_ERR_FORMAT, "damaged");
    whole[n - 9]--;
    scratch_write(path, whole, n);
    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    scratch_write(path, whole, n - 20);
    expect_fails(gan__safetensors_verify(file), GAN_ERR_IO, "could be read: the file ends");
    gan__safetensors_close(file);
}

static uint32_t word_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

TEST(numbers_that_are_none_are_named)
{
    float numbers[5] = {1.5f, 2.5f, 3.5f, 4.5f, 5.5f}, out[5];
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const gan_tensor tensors[] = {{"fine", {1, {5}}, 5, second, 1},
                                  {"0.bias", {1, {5}}, 5, numbers, 1}};
    static uint8_t whole[1000], again[1000];
    gan__safetensors *file;
    size_t n;

    for (size_t i = 0; i < 3; i++) {
        expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, 2, NULL, 0, NULL));
        n = scratch_read(path, whole, sizeof whole);
        numbers[3] = bad[i];
        expect_fails(gan__safetensors_write((gan__target){.path = path}, tensors, 2, NULL, 0, NULL),
                     GAN_ERR_NONFINITE, "value 3 of tensor \"0.bias\" is ");
        numbers[3] = 4.5f;
        ck_assert_uint_eq(scratch_read(path, again, sizeof again), n);
        expect_same_bits(again, whole, n);
        for (size_t j = 0; j < 4; j++) whole[n - 8 + j] = (uint8_t)(word_of(bad[i]) >> (8 * j));
        scratch_write(path, whole, n);
        expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
        expect_ok(gan__safetensors_read(file, gan__safetensors_tensor(file, 0), out));
        expect_fails(gan__safetensors_read(file, gan__safetensors_tensor(file, 1), out),
                     GAN_ERR_NONFINITE, "value 3 of tensor \"0.bias\" is ");
        expect_error_says(path);
        gan__safetensors_close(file);
    }
}
