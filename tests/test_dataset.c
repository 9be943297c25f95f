/* test_dataset.c - samples from memory and from callbacks, and the synthetic set. */
#include "budget.h"
#include "expect.h"

#include <gan/dataset.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { COUNT = 5, SIZE = 6 };

static const uint8_t bytes[COUNT * SIZE] = {0,  1,  2,  127, 128, 255, 3,  77, 200, 254,
                                            9,  31, 64, 65,  66,  67,  68, 69, 100, 90,
                                            80, 70, 60, 50,  11,  22,  33, 44, 55,  66};
static const uint8_t labels[COUNT] = {4, 0, 255, 7, 9};

static void fill_floats(float *out)
{
    for (size_t i = 0; i < COUNT * SIZE; i++) out[i] = 2.385f * (float)i - 17.5f;
}

/* A host's source with configurable behaviour. */
typedef struct source {
    size_t fails_at; /* sample; SIZE_MAX: none */
    int code;
    float number; /* replaces value 1 when it is not 0 */
    size_t calls;
    int saw_label;
} source;

static int read_source(void *user, size_t index, float *out, uint8_t *label)
{
    source *s = user;

    s->calls++;
    s->saw_label = label != NULL;
    if (index == s->fails_at && s->code) return s->code;
    for (size_t i = 0; i < SIZE; i++) out[i] = (float)index + 0.125f * (float)i;
    if (index == s->fails_at) out[1] = s->number;
    if (label) *label = (uint8_t)(index + 3);
    return 0;
}

/* ---- Memory ---- */

TEST(bytes_are_copied_and_read_as_b_over_255)
{
    uint8_t source_bytes[COUNT * SIZE], source_labels[COUNT], label;
    float out[SIZE];
    gan_dataset *data;

    memcpy(source_bytes, bytes, sizeof bytes);
    memcpy(source_labels, labels, sizeof labels);
    expect_ok(gan_dataset_create_bytes(&data, source_bytes, source_labels, COUNT,
                                       gan_shape_3d(1, 2, 3), NULL));
    memset(source_bytes, 0, sizeof source_bytes);
    memset(source_labels, 0, sizeof source_labels);
    ck_assert_uint_eq(gan_dataset_count(data), COUNT);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(1, 2, 3)));
    ck_assert_int_eq(gan_dataset_has_labels(data), 1);
    for (size_t i = 0; i < COUNT; i++) {
        float wanted[SIZE];

        for (size_t k = 0; k < SIZE; k++) wanted[k] = (float)bytes[i * SIZE + k] / 255.0f;
        expect_ok(gan_dataset_read(data, i, out, &label));
        expect_same_bits(out, wanted, sizeof wanted);
        ck_assert_uint_eq(label, labels[i]);
    }
    gan_dataset_destroy(data);
}

TEST(floats_are_copied_and_stay_as_they_are)
{
    float source_floats[COUNT * SIZE], wanted[COUNT * SIZE], out[SIZE];
    uint8_t label;
    gan_dataset *data;

    fill_floats(source_floats);
    fill_floats(wanted);
    expect_ok(
        gan_dataset_create_floats(&data, source_floats, labels, COUNT, gan_shape_1d(SIZE), NULL));
    memset(source_floats, 0, sizeof source_floats);
    for (size_t i = 0; i < COUNT; i++) {
        expect_ok(gan_dataset_read(data, i, out, &label));
        expect_same_bits(out, wanted + i * SIZE, sizeof out);
        ck_assert_uint_eq(label, labels[i]);
    }
    gan_dataset_destroy(data);
}

TEST(without_labels_the_label_is_0)
{
    float numbers[COUNT * SIZE];
    uint8_t label = 77;
    gan_dataset *data;

    expect_ok(gan_dataset_create_bytes(&data, bytes, NULL, COUNT, gan_shape_1d(SIZE), NULL));
    ck_assert_int_eq(gan_dataset_has_labels(data), 0);
    expect_ok(gan_dataset_read(data, 2, NULL, &label));
    ck_assert_uint_eq(label, 0);
    gan_dataset_destroy(data);

    fill_floats(numbers);
    label = 77;
    expect_ok(gan_dataset_create_floats(&data, numbers, NULL, COUNT, gan_shape_1d(SIZE), NULL));
    expect_ok(gan_dataset_read(data, 2, numbers, &label));
    ck_assert_uint_eq(label, 0);
    expect_ok(gan_dataset_read(data, 2, NULL, NULL));
    gan_dataset_destroy(data);
}

TEST(floats_that_are_not_finite_are_named)
{
    const struct {
        float number;
        const char *text;
    } cases[] = {{NAN, "nan"}, {INFINITY, "inf"}, {-INFINITY, "-inf"}};
    gan_dataset *data;
    float numbers[COUNT * SIZE];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fill_floats(numbers);
        numbers[2 * SIZE + 3] = cases[i].number;
        numbers[4 * SIZE + 1] = NAN;
        data = (gan_dataset *)numbers;
        expect_fails(
            gan_dataset_create_floats(&data, numbers, NULL, COUNT, gan_shape_1d(SIZE), NULL),
            GAN_ERR_NONFINITE, "value 3 of sample 2");
        expect_error_says(cases[i].text);
        ck_assert_ptr_null(data);
    }
}

TEST(max_count_takes_the_first_samples_only)
{
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    float numbers[COUNT * SIZE], out[SIZE];
    source s = {SIZE_MAX, 0, 0, 0, 0};
    uint8_t label;
    gan_dataset *data[4];

    fill_floats(numbers);
    numbers[3 * SIZE] = NAN; /* not used */
    desc.max_count = 3;
    expect_ok(gan_dataset_create_bytes(&data[0], bytes, labels, COUNT, gan_shape_1d(SIZE), &desc));
    expect_ok(
        gan_dataset_create_floats(&data[1], numbers, labels, COUNT, gan_shape_1d(SIZE), &desc));
    expect_ok(gan_dataset_create_callbacks(&data[2], read_source, &s, COUNT, gan_shape_1d(SIZE), 1,
                                           &desc));
    expect_ok(gan_dataset_create_shapes(&data[3], COUNT, 1, &desc));
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(gan_dataset_count(data[i]), 3);
        expect_fails(gan_dataset_read(data[i], 3, out, &label), GAN_ERR_INVALID,
                     "no sample 3, there are 3");
        gan_dataset_destroy(data[i]);
    }
    desc.max_count = COUNT + 1;
    expect_ok(gan_dataset_create_bytes(&data[0], bytes, labels, COUNT, gan_shape_1d(SIZE), &desc));
    ck_assert_uint_eq(gan_dataset_count(data[0]), COUNT);
    gan_dataset_destroy(data[0]);
}

/* ---- Callbacks ---- */

TEST(callbacks_deliver_samples_and_labels)
{
    source s = {SIZE_MAX, 0, 0, 0, 0};
    float out[SIZE];
    uint8_t label;
    gan_dataset *data;

    expect_ok(
        gan_dataset_create_callbacks(&data, read_source, &s, COUNT, gan_shape_2d(2, 3), 1, NULL));
    ck_assert_uint_eq(s.calls, 0);
    ck_assert_uint_eq(gan_dataset_count(data), COUNT);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_2d(2, 3)));
    ck_assert_int_eq(gan_dataset_has_labels(data), 1);
    expect_ok(gan_dataset_read(data, 4, out, &label));
    ck_assert(out[0] == 4.0f && out[5] == 4.625f && label == 7);
    expect_ok(gan_dataset_read(data, 2, NULL, &label));
    ck_assert_uint_eq(label, 5);
    expect_ok(gan_dataset_read(data, 1, out, NULL));
    ck_assert(out[0] == 1.0f);
    ck_assert_uint_eq(s.calls, 3);
    expect_ok(gan_dataset_read(data, 1, NULL, NULL));
    ck_assert_uint_eq(s.calls, 3);
    gan_dataset_destroy(data);
}

TEST(callbacks_without_labels_are_not_asked_for_them)
{
    source s = {SIZE_MAX, 0, 0, 0, 1};
    float out[SIZE];
    uint8_t label = 9;
    gan_dataset *data;

    expect_ok(
        gan_dataset_create_callbacks(&data, read_source, &s, COUNT, gan_shape_1d(SIZE), 0, NULL));
    ck_assert_int_eq(gan_dataset_has_labels(data), 0);
    expect_ok(gan_dataset_read(data, 1, out, &label));
    ck_assert_int_eq(s.saw_label, 0);
    ck_assert_uint_eq(label, 0);
    label = 9;
    expect_ok(gan_dataset_read(data, 1, NULL, &label));
    ck_assert_uint_eq(label, 0);
    gan_dataset_destroy(data);
}

TEST(failing_callbacks_are_errors)
{
    source s = {3, 17, 0, 0, 0};
    float out[SIZE];
    uint8_t label;
    gan_dataset *data;

    expect_ok(
        gan_dataset_create_callbacks(&data, read_source, &s, COUNT, gan_shape_1d(SIZE), 1, NULL));
    expect_fails(gan_dataset_read(data, 3, out, &label), GAN_ERR_IO, "17 for sample 3");
    expect_fails(gan_dataset_read(data, 3, NULL, &label), GAN_ERR_IO, "17 for sample 3");
    s.code = -4;
    expect_fails(gan_dataset_read(data, 3, out, &label), GAN_ERR_IO, "-4 for sample 3");
    s.code = 0;
    s.number = NAN;
    expect_fails(gan_dataset_read(data, 3, out, &label), GAN_ERR_NONFINITE,
                 "nan as value 1 of sample 3");
    s.number = -INFINITY;
    expect_fails(gan_dataset_read(data, 3, out, NULL), GAN_ERR_NONFINITE,
                 "-inf as value 1 of sample 3");
    s.number = 2.385f;
    expect_ok(gan_dataset_read(data, 3, out, &label));
    gan_dataset_destroy(data);
}

TEST(a_label_alone_needs_memory_with_callbacks)
{
    source s = {SIZE_MAX, 0, 0, 0, 0};
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    uint8_t label;
    gan_dataset *data;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_ok(
        gan_dataset_create_callbacks(&data, read_source, &s, COUNT, gan_shape_1d(SIZE), 1, &desc));
    b.left = 0;
    expect_status(gan_dataset_read(data, 1, NULL, &label), GAN_ERR_NOMEM);
    b.left = 1;
    expect_ok(gan_dataset_read(data, 1, NULL, &label));
    ck_assert_uint_eq(label, 4);
    gan_dataset_destroy(data);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* ---- The synthetic set ---- */

enum { PIXELS = 28 * 28, KINDS = GAN_DATASET_SHAPES_CLASSES };

TEST(shapes_are_labelled_in_turn)
{
    gan_dataset *data;
    uint8_t label;

    expect_ok(gan_dataset_create_shapes(&data, 25, 3, NULL));
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(1, 28, 28)));
    ck_assert_uint_eq(gan_dataset_count(data), 25);
    ck_assert_int_eq(gan_dataset_has_labels(data), 1);
    for (size_t i = 0; i < 25; i++) {
        expect_ok(gan_dataset_read(data, i, NULL, &label));
        ck_assert_uint_eq(label, i % KINDS);
    }
    gan_dataset_destroy(data);
}

TEST(shapes_depend_on_seed_and_index_alone)
{
    gan_dataset *few, *many, *other;
    float a[PIXELS], b[PIXELS], c[PIXELS], next[PIXELS];

    expect_ok(gan_dataset_create_shapes(&few, 12, 2385, NULL));
    expect_ok(gan_dataset_create_shapes(&many, 40, 2385, NULL));
    expect_ok(gan_dataset_create_shapes(&other, 12, 2386, NULL));
    for (size_t i = 0; i < 12; i++) {
        expect_ok(gan_dataset_read(few, i, a, NULL));
        expect_ok(gan_dataset_read(many, i, b, NULL));
        expect_ok(gan_dataset_read(other, i, c, NULL));
        expect_ok(gan_dataset_read(many, i + KINDS, next, NULL));
        expect_same_bits(a, b, sizeof a);
        expect_other_bits(a, c, sizeof a);
        expect_other_bits(a, next, sizeof a);
    }
    gan_dataset_destroy(few);
    gan_dataset_destroy(many);
    gan_dataset_destroy(other);
}

/* A part of the picture is covered, the upper corners are black, and edges are antialiased. */
TEST(shapes_are_silhouettes_on_black)
{
    gan_dataset *data;
    float a[PIXELS];

    expect_ok(gan_dataset_create_shapes(&data, 500, 8, NULL));
    for (size_t i = 0; i < 500; i++) {
        size_t covered = 0, corners = 0, dim = 0;
        float most = 0;

        expect_ok(gan_dataset_read(data, i, a, NULL));
        for (size_t k = 0; k < PIXELS; k++) {
            covered += a[k] > 0.05f;
            most = a[k] > most ? a[k] : most;
        }
        for (size_t k = 0; k < PIXELS; k++) dim += a[k] > 0 && a[k] < 0.5f * most;
        corners = (a[0] > 0) + (a[27] > 0);
        ck_assert_msg(covered > PIXELS / 12 && covered < PIXELS * 4 / 5,
                      "sample %zu covers %zu pixels", i, covered);
        ck_assert_msg(most > 0.25f, "sample %zu is at most %g bright", i, (double)most);
        ck_assert_msg(dim > 5, "sample %zu has hard edges", i);
        ck_assert_msg(corners == 0, "sample %zu reaches into an upper corner", i);
    }
    gan_dataset_destroy(data);
}

/* A nearest-mean classifier recognises most samples: the kinds look different. */
TEST(kinds_of_shape_can_be_told_apart)
{
    enum { LEARN = 1000, ASK = 500 };
    static double mean[KINDS][PIXELS];
    gan_dataset *data;
    float a[PIXELS];
    size_t right = 0;

    expect_ok(gan_dataset_create_shapes(&data, LEARN + ASK, 11, NULL));
    for (size_t i = 0; i < LEARN; i++) {
        expect_ok(gan_dataset_read(data, i, a, NULL));
        for (size_t k = 0; k < PIXELS; k++) mean[i % KINDS][k] += (double)a[k] / (LEARN / KINDS);
    }
    for (size_t i = LEARN; i < LEARN + ASK; i++) {
        size_t best = 0;
        double best_cosine = -1;

        expect_ok(gan_dataset_read(data, i, a, NULL));
        for (size_t c = 0; c < KINDS; c++) {
            double dot = 0, norm = 0;

            for (size_t k = 0; k < PIXELS; k++) {
                dot += (double)a[k] * mean[c][k];
                norm += mean[c][k] * mean[c][k];
            }
            if (dot / sqrt(norm) > best_cosine) {
                best_cosine = dot / sqrt(norm);
                best = c;
            }
        }
        right += best == i % KINDS;
    }
    ck_assert_msg(right > ASK * 7 / 10, "only %zu of %d were classified correctly", right, ASK);
    gan_dataset_destroy(data);
}

/* ---- Common to all ---- */

/* Call each maker with the same arguments. */
static gan_status make(int maker, gan_dataset **out, const void *data, size_t count,
                       gan_shape shape, const gan_dataset_desc *desc)
{
    static source s = {SIZE_MAX, 0, 0, 0, 0};

    switch (maker) {
    case 0: return gan_dataset_create_bytes(out, data, labels, count, shape, desc);
    case 1: return gan_dataset_create_floats(out, data, labels, count, shape, desc);
    case 2:
        return gan_dataset_create_callbacks(out, data ? read_source : NULL, &s, count, shape, 1,
                                            desc);
    default: return gan_dataset_create_shapes(out, count, 5, desc);
    }
}

TEST(wrong_arguments_are_refused)
{
    const gan_shape good = gan_shape_1d(SIZE), none = {0, {1, 1, 1, 1}}, five = {5, {1, 1, 1, 1}};
    gan_allocator half = {NULL, NULL, NULL};
    gan_dataset_desc no_size = {GAN_DATASET_DESC_INIT}, bad_allocator = {GAN_DATASET_DESC_INIT};
    float numbers[COUNT * SIZE];
    gan_dataset *data;

    fill_floats(numbers);
    no_size.struct_size = 8;
    bad_allocator.allocator = &half;
    for (int maker = 0; maker < 4; maker++) {
#define REFUSED(part, ...)                                                                         \
    do {                                                                                           \
        data = (gan_dataset *)numbers;                                                             \
        expect_fails(make(maker, &data, __VA_ARGS__), GAN_ERR_INVALID, part);                      \
        ck_assert_ptr_null(data);                                                                  \
    } while (0)
        expect_fails(make(maker, NULL, numbers, COUNT, good, NULL), GAN_ERR_INVALID, "out is NULL");
        REFUSED("count is 0", numbers, 0, good, NULL);
        REFUSED("struct_size is 8", numbers, COUNT, good, &no_size);
        REFUSED("allocator", numbers, COUNT, good, &bad_allocator);
        if (maker == 3) continue;
        REFUSED("NULL", NULL, COUNT, good, NULL);
        REFUSED("shape", numbers, COUNT, none, NULL);
        REFUSED("[1, 1, 1, 1, ...] of rank 5", numbers, COUNT, five, NULL);
        REFUSED("[2, 0]", numbers, COUNT, gan_shape_2d(2, 0), NULL);
        REFUSED("[65536, 32768]", numbers, COUNT, gan_shape_2d(65536, 32768), NULL);
#undef REFUSED
    }
}

TEST(sizes_beyond_all_memory_are_refused)
{
    const gan_shape large = gan_shape_1d(INT32_MAX);
    float numbers[1] = {2.385f};
    gan_dataset *data;

    for (int maker = 0; maker < 2; maker++) {
        data = (gan_dataset *)numbers;
        expect_status(make(maker, &data, numbers, SIZE_MAX / 2, large, NULL), GAN_ERR_NOMEM);
        ck_assert_ptr_null(data);
    }
    expect_status(gan_dataset_create_shapes(&data, SIZE_MAX / 2, 5, NULL), GAN_ERR_NOMEM);
}

TEST(null_datasets_are_empty)
{
    float out[SIZE];

    ck_assert_uint_eq(gan_dataset_count(NULL), 0);
    ck_assert_uint_eq(gan_dataset_shape(NULL).rank, 0);
    ck_assert_int_eq(gan_dataset_has_labels(NULL), 0);
    expect_fails(gan_dataset_read(NULL, 0, out, NULL), GAN_ERR_INVALID, "NULL");
    gan_dataset_destroy(NULL);
}

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    float numbers[COUNT * SIZE];
    gan_dataset *data;
    gan_status status;

    fill_floats(numbers);
    desc.allocator = allocator;
    desc.class_names = (const char *const[]){"a", "b"};
    desc.n_class_names = 2;
    status = make(*(int *)user, &data, numbers, COUNT, gan_shape_1d(SIZE), &desc);
    *out = data;
    return status;
}

static void destroy(void *made)
{
    gan_dataset_destroy(made);
}

TEST(making_survives_each_lack_of_memory)
{
    const size_t wanted[] = {5, 5, 3, 5};

    for (int maker = 0; maker < 4; maker++)
        ck_assert_uint_eq(budget_sweep(attempt, destroy, &maker), wanted[maker]);
}

/* ---- Classes ---- */

TEST(sources_may_name_their_classes)
{
    static const char *const names[] = {"a", "b", "c"}, *const twice[] = {"a", "b", "a"};
    const gan_shape shape = gan_shape_1d(SIZE);
    float numbers[COUNT * SIZE];
    gan_dataset *data;

    fill_floats(numbers);
    for (int maker = 0; maker < 4; maker++) {
        gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .class_names = names, .n_class_names = 3};

        expect_ok(make(maker, &data, numbers, COUNT, shape, &desc));
        ck_assert_uint_eq(gan_dataset_class_count(data), 3);
        for (size_t i = 0; i < 3; i++) ck_assert_str_eq(gan_dataset_class_name(data, i), names[i]);
        ck_assert_ptr_null(gan_dataset_class_name(data, 3));
        gan_dataset_destroy(data);
        desc.class_names = twice;
        expect_fails(make(maker, &data, numbers, COUNT, shape, &desc), GAN_ERR_INVALID,
                     "dataset: classes 0 and 2 are both called a");
        desc.class_names = NULL;
        expect_fails(make(maker, &data, numbers, COUNT, shape, &desc), GAN_ERR_INVALID,
                     "3 class_names, which are NULL");
        desc = (gan_dataset_desc){GAN_DATASET_DESC_INIT, .class_names = names};
        expect_fails(make(maker, &data, numbers, COUNT, shape, &desc), GAN_ERR_INVALID,
                     "0 class_names, which are not NULL");
        desc.n_class_names = 65537;
        expect_fails(make(maker, &data, numbers, COUNT, shape, &desc), GAN_ERR_INVALID,
                     "65537 class_names");
        ck_assert_ptr_null(data);
    }
    expect_fails(
        gan_dataset_create_bytes(
            &data, bytes, NULL, COUNT, shape,
            &(gan_dataset_desc){GAN_DATASET_DESC_INIT, .class_names = names, .n_class_names = 3}),
        GAN_ERR_INVALID, "3 class_names, but no labels");
}

TEST(samples_of_each_class_are_counted)
{
    double sizes[256];
    gan_dataset *data;

    for (size_t i = 0; i < 256; i++) sizes[i] = -1;
    expect_ok(gan_dataset_create_shapes(&data, 23, 1, NULL));
    expect_ok(gan_dataset_class_sizes(data, sizes, 12));
    for (size_t i = 0; i < 12; i++) ck_assert(sizes[i] == (i < 3 ? 3 : i < 10 ? 2 : 0));
    ck_assert(sizes[12] == -1);
    sizes[0] = -1;
    expect_fails(gan_dataset_class_sizes(data, sizes, 9), GAN_ERR_INVALID,
                 "label 9 of sample 9, of 0 to 8");
    expect_fails(gan_dataset_class_sizes(data, sizes, 0), GAN_ERR_INVALID, "1 to 65536 classes");
    expect_fails(gan_dataset_class_sizes(data, sizes, 65537), GAN_ERR_INVALID, "got 65537");
    expect_fails(gan_dataset_class_sizes(data, NULL, 10), GAN_ERR_INVALID, "sizes is NULL");
    expect_fails(gan_dataset_class_sizes(NULL, sizes, 10), GAN_ERR_INVALID, "data is NULL");
    ck_assert(sizes[0] == -1);
    gan_dataset_destroy(data);
    expect_ok(gan_dataset_create_bytes(&data, bytes, labels, COUNT, gan_shape_1d(SIZE), NULL));
    expect_ok(gan_dataset_class_sizes(data, sizes, 256));
    for (size_t i = 0; i < 256; i++)
        ck_assert(sizes[i] == (memchr(labels, (int)i, sizeof labels) ? 1 : 0));
    gan_dataset_destroy(data);
    expect_ok(gan_dataset_create_bytes(&data, bytes, NULL, COUNT, gan_shape_1d(SIZE), NULL));
    expect_fails(gan_dataset_class_sizes(data, sizes, 256), GAN_ERR_INVALID, "no labels");
    gan_dataset_destroy(data);
}

TEST(samples_of_callbacks_are_counted_too)
{
    source s = {SIZE_MAX, 17, 0, 0, 0};
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    double sizes[8];
    gan_dataset *data;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_ok(
        gan_dataset_create_callbacks(&data, read_source, &s, COUNT, gan_shape_1d(SIZE), 1, &desc));
    b.left = 2; /* for the labels, and for a sample */
    expect_ok(gan_dataset_class_sizes(data, sizes, 8));
    for (size_t i = 0; i < 8; i++) ck_assert(sizes[i] == (i < 3 ? 0 : 1));
    sizes[3] = -1;
    expect_fails(gan_dataset_class_sizes(data, sizes, 8), GAN_ERR_NOMEM, "memory");
    b.left = BUDGET_UNLIMITED;
    s.fails_at = 3;
    expect_fails(gan_dataset_class_sizes(data, sizes, 8), GAN_ERR_IO, "17 for sample 3");
    s.code = 0;
    s.number = NAN;
    expect_fails(gan_dataset_class_sizes(data, sizes, 8), GAN_ERR_NONFINITE, "of sample 3");
    ck_assert(sizes[3] == -1);
    gan_dataset_destroy(data);
    ck_assert_uint_eq(budget_live(&b), 0);
}
