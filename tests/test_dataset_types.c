/* test_dataset_types.c - IDX files of every type, labels of 16 bits, and callbacks that are called
 * ahead. */
#include "budget.h"
#include "expect.h"

#include <gan/dataset.h>
#include <gan/iterator.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum { MAX_FILE = 1 << 16 };

/* ---- IDX ---- */

typedef struct idx {
    uint8_t bytes[MAX_FILE];
    size_t n;
} idx;

static void put_bits(idx *f, uint64_t bits, size_t n_bytes)
{
    while (n_bytes-- > 0) f->bytes[f->n++] = (uint8_t)(bits >> 8 * n_bytes);
}

static void put_value(idx *f, int type, double value)
{
    const float narrow = (float)value;
    uint64_t wide_bits;
    uint32_t bits;

    memcpy(&wide_bits, &value, sizeof value);
    memcpy(&bits, &narrow, sizeof narrow);
    switch (type) {
    case 0x0D: put_bits(f, bits, 4); break;
    case 0x0E: put_bits(f, wide_bits, 8); break;
    case 0x0C: put_bits(f, (uint64_t)(int64_t)value, 4); break;
    case 0x0B: put_bits(f, (uint64_t)(int64_t)value, 2); break;
    default: put_bits(f, (uint64_t)(int64_t)value, 1); break;
    }
}

/* A file of `n` samples of `size` numbers, or of n labels with a size of 0. */
static idx *make_idx(int type, const double *values, uint32_t n, uint32_t size)
{
    idx *f = calloc(1, sizeof *f);

    ck_assert_ptr_nonnull(f);
    put_bits(f, (uint64_t)type << 8 | (size > 0 ? 2 : 1), 4);
    put_bits(f, n, 4);
    if (size > 0) put_bits(f, size, 4);
    for (size_t i = 0; i < n * (size_t)(size > 0 ? size : 1); i++) put_value(f, type, values[i]);
    return f;
}

static const char *save(const char *name, const idx *f, int is_packed)
{
    const char *path = scratch_path(name);
    gzFile packed;

    if (!is_packed) {
        scratch_write(path, f->bytes, f->n);
        return path;
    }
    packed = gzopen(path, "wb");
    ck_assert_ptr_nonnull(packed);
    ck_assert_int_eq(gzwrite(packed, f->bytes, (unsigned)f->n), (int)f->n);
    ck_assert_int_eq(gzclose(packed), Z_OK);
    return path;
}

static gan_status open_values(gan_dataset **out, int type, const double *values, uint32_t n,
                              uint32_t size, int is_packed)
{
    idx *f = make_idx(type, values, n, size);
    gan_status status = gan_dataset_open_idx(out, save("types.idx", f, is_packed), NULL, NULL);

    free(f);
    return status;
}

static const struct {
    int type;
    double values[6]; /* the limits of the type, and values between */
    float wanted[6];
} types[] = {
    {0x09, {-128, -1, 0, 1, 127, 5}, {-128, -1, 0, 1, 127, 5}},
    {0x0B, {-32768, -1, 0, 256, 32767, 5}, {-32768, -1, 0, 256, 32767, 5}},
    {0x0C,
     {-2147483648.0, -1, 0, 16777217, 2147483647, 65536},
     {-2147483648.0f, -1, 0, 16777216, 2147483648.0f, 65536}},
    {0x0D,
     {-2.385f, 3.4028234e38f, 0, 1e-45f, -0.0, 5},
     {-2.385f, 3.4028234e38f, 0, 1e-45f, -0.0f, 5}},
    {0x0E,
     {-2.385, 3.4028234e38, 0.1, 1e-320, -0.0, 5},
     {-2.385f, 3.4028234e38f, 0.1f, 0, -0.0f, 5}},
};
enum { N_TYPES = sizeof types / sizeof *types };

TEST_EACH(numbers_of_every_type_read_as_the_nearest_float, 0, N_TYPES)
{
    for (int is_packed = 0; is_packed < 2; is_packed++) {
        float out[3];
        gan_dataset *data;

        expect_ok(open_values(&data, types[_i].type, types[_i].values, 2, 3, is_packed));
        ck_assert_uint_eq(gan_dataset_count(data), 2);
        ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_1d(3)));
        for (size_t i = 0; i < 2; i++) {
            expect_ok(gan_dataset_read(data, i, out, NULL));
            expect_same_bits(out, types[_i].wanted + 3 * i, sizeof out);
        }
        gan_dataset_destroy(data);
    }
}

/* Larger than the pieces of conversion, and than a gzip-compressed file's initial buffer. */
TEST(large_files_are_read_piece_by_piece)
{
    enum { N = 1500, SIZE = 400 };
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_count = 1400};
    const char *path = scratch_path("large.idx.gz");
    gzFile packed = gzopen(path, "wb1");
    const uint8_t head[] = {0, 0, 0x0B, 2, 0, 0, N >> 8, N & 255, 0, 0, SIZE >> 8, SIZE & 255};
    float out[SIZE];
    size_t unwritten = 0, wrong = 0;
    gan_dataset *data;

    ck_assert_int_eq(gzwrite(packed, head, sizeof head), (int)sizeof head);
    for (size_t i = 0; i < (size_t)N * SIZE; i++) {
        const uint8_t number[] = {(uint8_t)(i >> 8), (uint8_t)i};

        unwritten += gzwrite(packed, number, 2) != 2;
    }
    ck_assert_uint_eq(unwritten, 0);
    ck_assert_int_eq(gzclose(packed), Z_OK);
    for (int all = 0; all < 2; all++) {
        expect_ok(gan_dataset_open_idx(&data, path, NULL, all ? NULL : &desc));
        for (size_t i = 0; i < gan_dataset_count(data); i++) {
            expect_ok(gan_dataset_read(data, i, out, NULL));
            for (size_t k = 0; k < SIZE; k++)
                wrong += out[k] != (float)(int16_t)(uint16_t)(i * SIZE + k);
        }
        ck_assert_uint_eq(wrong, 0);
        gan_dataset_destroy(data);
    }
    desc = (gan_dataset_desc){GAN_DATASET_DESC_INIT, .max_bytes = (size_t)N * SIZE * 4 - 1};
    expect_fails(gan_dataset_open_idx(&data, path, NULL, &desc), GAN_ERR_FORMAT,
                 "1500 samples of 1600 bytes");
    desc.max_bytes++;
    expect_ok(gan_dataset_open_idx(&data, path, NULL, &desc));
    gan_dataset_destroy(data);
}

TEST(numbers_that_no_float_holds_are_errors)
{
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e39, -1e300};

    for (size_t i = 0; i < 5; i++)
        for (int type = i < 3 ? 0x0D : 0x0E; type <= 0x0E; type++) {
            const double values[] = {1, 2, 3, 4, bad[i], 6};
            gan_dataset *data = (gan_dataset *)(uintptr_t)1;

            expect_fails(open_values(&data, type, values, 2, 3, 0), GAN_ERR_NONFINITE,
                         type == 0x0D ? "types.idx: byte 28: a number that a float can hold"
                                      : "types.idx: byte 44: a number that a float can hold");
            ck_assert_ptr_null(data);
        }
}

/* Every truncation of a file, and a byte more; and headers that announce more than 2^64 bytes. */
TEST_EACH(damaged_files_of_every_type_are_errors, 0, N_TYPES)
{
    idx *f = make_idx(types[_i].type, types[_i].values, 2, 3);
    const size_t n = f->n;
    gan_dataset *data = NULL;

    for (f->n = 0; f->n <= n + 1; f->n++) {
        if (f->n == n) continue;
        expect_status(gan_dataset_open_idx(&data, save("cut.idx", f, 0), NULL, NULL),
                      GAN_ERR_FORMAT);
        ck_assert_ptr_null(data);
        if (f->n == 0) continue;
        expect_status(gan_dataset_open_idx(&data, save("cut.gz", f, 1), NULL, NULL),
                      GAN_ERR_FORMAT);
        ck_assert_ptr_null(data);
    }
    f->n = 4;
    put_bits(f, 0xffffffff, 4);
    put_bits(f, 0x7fffffff, 4);
    for (int is_packed = 0; is_packed < 2; is_packed++) {
        expect_fails(gan_dataset_open_idx(&data, save("huge.idx", f, is_packed), NULL, NULL),
                     GAN_ERR_FORMAT, "bytes of data expected");
        ck_assert_ptr_null(data);
    }
    free(f);
}

static gan_status open_labels(gan_dataset **out, int type, const double *labels, uint32_t n)
{
    static const double pixels[64] = {0};
    idx *p = make_idx(0x08, pixels, n, 1), *l = make_idx(type, labels, n, 0);
    gan_status status =
        gan_dataset_open_idx(out, save("pixels.idx", p, 0), save("labels.idx", l, 0), NULL);

    free(p);
    free(l);
    return status;
}

TEST(labels_are_whole_numbers_of_any_type)
{
    static const struct {
        int type;
        double values[3];
        int bits;
    } good[] = {{0x08, {0, 255, 3}, 8},      {0x09, {0, 127, 3}, 8},    {0x0B, {0, 255, 3}, 8},
                {0x0B, {0, 32767, 256}, 16}, {0x0C, {65535, 0, 3}, 16}, {0x0C, {9, 0, 3}, 8}};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        gan_dataset *data;

        expect_ok(open_labels(&data, good[i].type, good[i].values, 3));
        ck_assert_int_eq(gan_dataset_label_bits(data), good[i].bits);
        for (size_t k = 0; k < 3; k++) {
            uint16_t label = 7;

            expect_ok(gan_dataset_read_labels16(data, k, NULL, &label));
            ck_assert_uint_eq(label, (unsigned)good[i].values[k]);
        }
        gan_dataset_destroy(data);
    }
}

TEST(other_labels_are_errors_that_name_their_place)
{
    static const struct {
        int type;
        double values[3];
        const char *part;
    } bad[] = {
        {0x09, {0, -1, 3}, "labels.idx: byte 9: a label of 0 to 65535 expected, found -1"},
        {0x0B, {0, 3, -32768}, "labels.idx: byte 12: a label of 0 to 65535"},
        {0x0C, {65536, 0, 3}, "labels.idx: byte 8: a label of 0 to 65535 expected, found 65536"},
        {0x0D, {0, 1, 2}, "labels.idx: byte 2: labels of whole numbers expected, found floats"},
        {0x0E, {0, 1, 2}, "labels.idx: byte 2: labels of whole numbers expected, found doubles"}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gan_dataset *data = (gan_dataset *)(uintptr_t)1;

        expect_fails(open_labels(&data, bad[i].type, bad[i].values, 3), GAN_ERR_FORMAT,
                     bad[i].part);
        ck_assert_ptr_null(data);
    }
}

static gan_status attempt_idx(void **out, const gan_allocator *allocator, void *user)
{
    const gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .allocator = allocator};
    const char *const *paths = user;
    gan_dataset *data;
    gan_status status = gan_dataset_open_idx(&data, paths[0], paths[1], &desc);

    *out = data;
    return status;
}

static void destroy(void *made)
{
    gan_dataset_destroy(made);
}

TEST(opening_survives_each_lack_of_memory)
{
    const double labels[] = {0, 300};
    idx *p = make_idx(0x0E, types[4].values, 2, 3), *l = make_idx(0x0C, labels, 2, 0);
    const char *paths[] = {save("memory.idx", p, 0), save("memory-labels.idx", l, 0)};

    ck_assert_uint_eq(budget_sweep(attempt_idx, destroy, paths), 5);
    free(p);
    free(l);
}

/* ---- Labels of 16 bits ---- */

enum { COUNT = 37, SIZE = 5 };

static uint16_t label_of(size_t i)
{
    return (uint16_t)(i * 1771 % 65536);
}

static void fill_sample(size_t index, float *out)
{
    for (size_t k = 0; k < SIZE; k++) out[k] = (float)(index + 1) * 0.37f - (float)k;
}

static int read_wide(void *user, size_t index, float *out, uint16_t *label)
{
    (void)user;
    fill_sample(index, out);
    *label = label_of(index);
    return 0;
}

static gan_dataset *make_wide(int maker, const gan_dataset_desc *desc)
{
    const gan_shape shape = gan_shape_1d(SIZE);
    uint8_t bytes[COUNT * SIZE] = {1, 2, 3};
    uint16_t labels[COUNT];
    float floats[COUNT * SIZE];
    gan_dataset *data;

    for (size_t i = 0; i < COUNT; i++) labels[i] = label_of(i);
    for (size_t i = 0; i < COUNT; i++) fill_sample(i, floats + i * SIZE);
    if (maker == 0)
        expect_ok(gan_dataset_create_bytes_labels16(&data, bytes, labels, COUNT, shape, desc));
    else if (maker == 1)
        expect_ok(gan_dataset_create_floats_labels16(&data, floats, labels, COUNT, shape, desc));
    else
        expect_ok(
            gan_dataset_create_callbacks_labels16(&data, read_wide, NULL, COUNT, shape, desc));
    return data;
}

TEST_EACH(labels_of_16_bits_are_read_and_counted, 0, 3)
{
    const gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = 10};
    gan_dataset *data = make_wide(_i, NULL), *first, *second;
    const gan_split_desc lot = {GAN_SPLIT_DESC_INIT, .stratify = 1};
    static double sizes[65536];
    const gan_batch *batch;
    gan_iterator *it;
    float out[SIZE];
    uint16_t wide;
    uint8_t narrow = 9;

    ck_assert_int_eq(gan_dataset_label_bits(data), 16);
    for (size_t i = 0; i < COUNT; i++) {
        expect_ok(gan_dataset_read_labels16(data, i, i % 2 ? out : NULL, &wide));
        ck_assert_uint_eq(wide, label_of(i));
    }
    expect_fails(gan_dataset_read(data, 0, out, &narrow), GAN_ERR_INVALID,
                 "labels have 16 bits, gan_dataset_read() has room for 8: use "
                 "gan_dataset_read_labels16()");
    ck_assert_uint_eq(narrow, 9);
    expect_ok(gan_dataset_read(data, 0, out, NULL));
    expect_ok(gan_dataset_class_sizes(data, sizes, 65536));
    for (size_t i = 0; i < COUNT; i++) ck_assert(sizes[label_of(i)] == 1);
    expect_fails(gan_dataset_class_sizes(data, sizes, 1771), GAN_ERR_INVALID,
                 "label 1771 of sample 1, of 0 to 1770");
    expect_ok(gan_iterator_create(&it, data, &walk));
    expect_ok(gan_iterator_next(it, &batch));
    expect_ok(gan_iterator_next(it, &batch));
    ck_assert_ptr_null(batch->labels);
    for (size_t i = 0; i < 10; i++) ck_assert_uint_eq(batch->labels16[i], label_of(10 + i));
    gan_iterator_destroy(it);
    expect_ok(gan_dataset_split(&first, &second, data, &lot)); /* 37 classes of one sample */
    ck_assert_uint_eq(gan_dataset_count(first), 30);
    ck_assert_int_eq(gan_dataset_label_bits(second), 16);
    gan_dataset_destroy(first);
    gan_dataset_destroy(second);
    gan_dataset_destroy(data);
}

TEST(small_labels_fit_in_bytes_whatever_they_came_in)
{
    const uint16_t labels[] = {255, 3};
    const float numbers[] = {1, 2};
    const gan_batch *batch;
    gan_dataset *data;
    gan_iterator *it;
    uint8_t label;

    expect_ok(gan_dataset_create_floats_labels16(&data, numbers, labels, 2, gan_shape_1d(1), NULL));
    ck_assert_int_eq(gan_dataset_label_bits(data), 8);
    expect_ok(gan_dataset_read(data, 0, NULL, &label));
    ck_assert_uint_eq(label, 255);
    expect_ok(gan_iterator_create(&it, data, NULL));
    expect_ok(gan_iterator_next(it, &batch));
    ck_assert_uint_eq(batch->labels[1], 3);
    ck_assert_uint_eq(batch->labels16[0], 255);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    ck_assert_int_eq(gan_dataset_label_bits(NULL), 0);
}

/* 65,536 distinct names; checking that must not take n * n comparisons. */
TEST(there_may_be_65536_names)
{
    static char text[65536][8];
    static const char *names[65536];
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .class_names = names, .n_class_names = 65536};
    gan_dataset *data;
    uint8_t label = 3, bytes[SIZE] = {0};

    for (size_t i = 0; i < 65536; i++) {
        snprintf(text[i], sizeof text[i], "n%zu", i * 48271 % 65536);
        names[i] = text[i];
    }
    data = make_wide(1, &desc);
    ck_assert_str_eq(gan_dataset_class_name(data, 65535), text[65535]);
    ck_assert_uint_eq(gan_dataset_class_index(data, text[40000]), 40000);
    gan_dataset_destroy(data);
    /* More than 256 names make labels 16 bits wide, even if no sample needs it. */
    expect_ok(gan_dataset_create_bytes(&data, bytes, &label, 1, gan_shape_1d(SIZE), &desc));
    expect_fails(gan_dataset_read(data, 0, NULL, &label), GAN_ERR_INVALID, "16 bits");
    gan_dataset_destroy(data);
    names[65535] = text[5];
    expect_fails(gan_dataset_create_bytes(&data, bytes, &label, 1, gan_shape_1d(SIZE), &desc),
                 GAN_ERR_INVALID, "classes 5 and 65535 are both called");
}

TEST(wrong_arguments_are_refused)
{
    const gan_shape shape = gan_shape_1d(1);
    const uint16_t labels[] = {1};
    const float numbers[] = {NAN};
    const uint8_t bytes[] = {1};
    gan_dataset *data;
    uint16_t label;

    expect_fails(gan_dataset_create_bytes_labels16(NULL, bytes, labels, 1, shape, NULL),
                 GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_dataset_create_bytes_labels16(&data, NULL, labels, 1, shape, NULL),
                 GAN_ERR_INVALID, "data is NULL");
    expect_fails(gan_dataset_create_floats_labels16(&data, numbers, labels, 0, shape, NULL),
                 GAN_ERR_INVALID, "count is 0");
    expect_fails(gan_dataset_create_floats_labels16(&data, numbers, labels, 1, shape, NULL),
                 GAN_ERR_NONFINITE, "value 0 of sample 0");
    expect_fails(gan_dataset_create_callbacks_labels16(&data, NULL, NULL, 1, shape, NULL),
                 GAN_ERR_INVALID, "read is NULL");
    ck_assert_ptr_null(data);
    expect_fails(gan_dataset_read_labels16(NULL, 0, NULL, &label), GAN_ERR_INVALID, "data is NULL");
    expect_ok(gan_dataset_create_bytes_labels16(&data, bytes, NULL, 1, shape, NULL));
    ck_assert_int_eq(gan_dataset_has_labels(data), 0);
    expect_fails(gan_dataset_read_labels16(data, 1, NULL, &label), GAN_ERR_INVALID, "no sample 1");
    expect_ok(gan_dataset_read_labels16(data, 0, NULL, &label));
    ck_assert_uint_eq(label, 0);
    gan_dataset_destroy(data);
}

/* ---- Host's functions called ahead ---- */

typedef struct host {
    atomic_size_t inside, most; /* calls at once */
    atomic_size_t calls;
    atomic_size_t fails_at; /* a sample */
    atomic_int foreign;     /* called by a thread other than the test's */
    pthread_t owner;
    int waits;
} host;

static int read_slowly(void *user, size_t index, float *out, uint8_t *label)
{
    host *h = user;
    const size_t now = atomic_fetch_add(&h->inside, 1) + 1;
    size_t most = atomic_load(&h->most);

    while (now > most && !atomic_compare_exchange_weak(&h->most, &most, now)) continue;
    h->calls++;
    if (!pthread_equal(pthread_self(), h->owner)) h->foreign = 1;
    if (h->waits) nanosleep(&(struct timespec){0, 2000000}, NULL);
    fill_sample(index, out);
    if (label) *label = (uint8_t)index;
    h->inside--;
    if (index == h->fails_at && index % 2) return 17;
    if (index == h->fails_at) out[2] = INFINITY;
    return 0;
}

static void begin_host(host *h)
{
    memset(h, 0, sizeof *h);
    h->fails_at = SIZE_MAX;
    h->owner = pthread_self();
}

static gan_dataset *make_host(host *h, int concurrent)
{
    const gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .concurrent = concurrent};
    gan_dataset *data;

    expect_ok(
        gan_dataset_create_callbacks(&data, read_slowly, h, COUNT, gan_shape_1d(SIZE), 1, &desc));
    return data;
}

static gan_iterator *walk_through(const gan_dataset *data, size_t n_threads)
{
    const gan_iterator_desc desc = {
        GAN_ITERATOR_DESC_INIT, .batch_size = 6, .shuffle = 1,
        .mean = {0.5f},         .std = {2},      .n_threads = n_threads};
    gan_iterator *it;

    expect_ok(gan_iterator_create(&it, data, &desc));
    return it;
}

static void expect_same_next(gan_iterator *it, gan_iterator *wanted)
{
    const gan_batch *a, *b;
    gan_status status = gan_iterator_next(wanted, &b);

    expect_status(gan_iterator_next(it, &a), status);
    if (status != GAN_OK) return;
    ck_assert_uint_eq(a->count, b->count);
    expect_same_bits(a->samples, b->samples, b->count * SIZE * sizeof(float));
    expect_same_bits(a->labels, b->labels, b->count);
}

TEST(batches_that_are_read_ahead_have_the_same_bits)
{
    host h, same;

    begin_host(&h);
    begin_host(&same);
    for (size_t n_threads = 1; n_threads <= 8; n_threads++) {
        gan_dataset *ahead = make_host(&h, 1), *plain = make_host(&same, 0), *part;
        gan_iterator *a = walk_through(ahead, n_threads), *b = walk_through(plain, 4), *c;

        expect_ok(gan_dataset_create_range(&part, ahead, 0, COUNT, NULL)); /* a view, too */
        c = walk_through(part, n_threads);
        gan_dataset_destroy(ahead);
        while (gan_iterator_epoch(b) < 3) {
            const uint64_t epoch = gan_iterator_epoch(b);
            const size_t position = gan_iterator_position(b);

            expect_same_next(a, b);
            expect_ok(gan_iterator_seek(b, epoch, position));
            expect_same_next(c, b);
        }
        gan_iterator_destroy(a); /* while a batch is read ahead */
        gan_iterator_destroy(b);
        gan_iterator_destroy(c);
        gan_dataset_destroy(part);
        gan_dataset_destroy(plain);
    }
    ck_assert_int_eq(h.foreign, 1);
    ck_assert_int_eq(same.foreign, 0);
    ck_assert_uint_eq(same.most, 1);
}

TEST(several_threads_call_at_once_where_that_is_allowed)
{
    host h;
    gan_dataset *data;
    gan_iterator *it;
    const gan_batch *batch;

    begin_host(&h);
    h.waits = 1;
    data = make_host(&h, 1);
    it = walk_through(data, 4);
    for (int i = 0; i < 12; i++) ck_assert_int_ge(gan_iterator_next(it, &batch), GAN_OK);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    ck_assert_uint_ge(h.most, 2);
    ck_assert_uint_le(h.most, 4);
}

/* A failing function: the error for the batch's sample, and the same batch again once it works. */
TEST_EACH(a_function_that_fails_ahead_leaves_the_iterator_where_it_stood, 0, 2)
{
    const gan_status wanted = _i ? GAN_ERR_IO : GAN_ERR_NONFINITE;
    const char *part = _i ? "the host's read function returned 17 for sample 11"
                          : "delivered inf as value 2 of sample 12";
    host h, good;
    gan_dataset *data, *plain;
    gan_iterator *it, *same;
    const gan_batch *batch;
    gan_status status;
    size_t position;

    begin_host(&h);
    begin_host(&good);
    data = make_host(&h, 1);
    plain = make_host(&good, 0);
    h.fails_at = _i ? 11 : 12;
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        it = walk_through(data, n_threads);
        h.fails_at = _i ? 11 : 12;
        while ((status = gan_iterator_next(it, &batch)) == GAN_OK) continue;
        expect_status(status, wanted);
        expect_error_says(part);
        ck_assert_ptr_null(batch);
        position = gan_iterator_position(it);
        expect_fails(gan_iterator_next(it, &batch), wanted, part);
        ck_assert_uint_eq(gan_iterator_position(it), position);
        h.fails_at = SIZE_MAX;
        same = walk_through(plain, 1);
        expect_ok(gan_iterator_seek(same, 0, position));
        while (gan_iterator_epoch(same) < 2) expect_same_next(it, same);
        gan_iterator_destroy(it);
        gan_iterator_destroy(same);
    }
    gan_dataset_destroy(data);
    gan_dataset_destroy(plain);
}

static gan_status attempt_walk(void **out, const gan_allocator *allocator, void *user)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = 6, .n_threads = 2,
                                    .allocator = allocator};
    const gan_batch *batch;
    gan_iterator *it;
    gan_status status = gan_iterator_create(&it, user, &desc);

    for (int i = 0; status == GAN_OK && i < 4; i++) expect_ok(gan_iterator_next(it, &batch));
    *out = it;
    return status;
}

static void destroy_walk(void *made)
{
    gan_iterator_destroy(made);
}

TEST(reading_ahead_survives_each_lack_of_memory)
{
    host h;
    gan_dataset *data;

    begin_host(&h);
    data = make_host(&h, 1);
    ck_assert_uint_eq(budget_sweep(attempt_walk, destroy_walk, data), 9);
    gan_dataset_destroy(data);
}
