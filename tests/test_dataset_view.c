/* test_dataset_view.c - subsets and concatenations of datasets read as their sources do. */
#include "budget.h"
#include "expect.h"
#include "pictures.h"

#include <gan/dataset.h>
#include <gan/iterator.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { COUNT = 40, NUMBERS = 6, CLASSES = 4 };

static const char *const class_names[CLASSES] = {"ant", "bee", "cat", "dog"};

/* Sample i is made of bytes i, i + 1 ..., of class i * i % 4. */
static void fill(uint8_t *bytes, float *floats, uint8_t *labels)
{
    for (size_t i = 0; i < COUNT; i++) {
        labels[i] = (uint8_t)(i % 3 == 0 ? 0 : i % CLASSES);
        for (size_t k = 0; k < NUMBERS; k++) {
            bytes[i * NUMBERS + k] = (uint8_t)(3 * i + k);
            floats[i * NUMBERS + k] = (float)i - 0.25f * (float)k;
        }
    }
}

static int read_host(void *user, size_t index, float *out, uint8_t *label)
{
    (void)user;
    for (size_t k = 0; k < NUMBERS; k++) out[k] = (float)index - 0.25f * (float)k;
    if (label) *label = (uint8_t)(index % 3 == 0 ? 0 : index % CLASSES);
    return 0;
}

typedef enum source_kind { BYTES, FLOATS, HOST, N_KINDS } source_kind;

static gan_dataset *make(source_kind kind)
{
    const gan_shape shape = gan_shape_3d(2, 1, 3);
    const gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .class_names = class_names,
                                   .n_class_names = CLASSES};
    uint8_t bytes[COUNT * NUMBERS], labels[COUNT];
    float floats[COUNT * NUMBERS];
    gan_dataset *data;

    fill(bytes, floats, labels);
    if (kind == BYTES)
        expect_ok(gan_dataset_create_bytes(&data, bytes, labels, COUNT, shape, &desc));
    else if (kind == FLOATS)
        expect_ok(gan_dataset_create_floats(&data, floats, labels, COUNT, shape, &desc));
    else
        expect_ok(gan_dataset_create_callbacks(&data, read_host, NULL, COUNT, shape, 1, &desc));
    return data;
}

/* Sample `i` of a dataset is sample `k` of another, alone and in a batch. */
static void expect_sample(const gan_dataset *data, size_t i, const gan_dataset *other, size_t k)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = 1};
    const gan_batch *a, *b;
    gan_iterator *x, *y;
    float out[NUMBERS], wanted[NUMBERS];
    uint8_t label, wanted_label;

    expect_ok(gan_dataset_read(data, i, out, &label));
    expect_ok(gan_dataset_read(other, k, wanted, &wanted_label));
    expect_same_bits(out, wanted, sizeof wanted);
    ck_assert_uint_eq(label, wanted_label);
    expect_ok(gan_dataset_read(data, i, NULL, &label));
    ck_assert_uint_eq(label, wanted_label);
    expect_ok(gan_iterator_create(&x, data, &desc));
    expect_ok(gan_iterator_create(&y, other, &desc));
    expect_ok(gan_iterator_seek(x, 0, i));
    expect_ok(gan_iterator_seek(y, 0, k));
    expect_ok(gan_iterator_next(x, &a));
    expect_ok(gan_iterator_next(y, &b));
    expect_same_bits(a->samples, b->samples, sizeof wanted);
    ck_assert_uint_eq(a->labels[0], b->labels[0]);
    ck_assert_uint_eq(a->labels16[0], b->labels[0]);
    gan_iterator_destroy(x);
    gan_iterator_destroy(y);
}

/* ---- Parts ---- */

TEST_EACH(a_range_reads_as_its_source, 0, N_KINDS)
{
    gan_dataset *source = make((source_kind)_i), *data;

    expect_ok(gan_dataset_create_range(&data, source, 7, 30, NULL));
    ck_assert_uint_eq(gan_dataset_count(data), 30);
    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(2, 1, 3)));
    ck_assert_int_eq(gan_dataset_label_bits(data), 8);
    for (size_t i = 0; i < 30; i++) expect_sample(data, i, source, i + 7);
    ck_assert_uint_eq(gan_dataset_class_count(data), CLASSES);
    ck_assert_str_eq(gan_dataset_class_name(data, 2), "cat");
    ck_assert_uint_eq(gan_dataset_class_index(data, "dog"), 3);
    ck_assert_uint_eq(gan_dataset_class_index(data, "eel"), SIZE_MAX);
    ck_assert_uint_eq(gan_dataset_class_index(data, NULL), SIZE_MAX);
    ck_assert_uint_eq(gan_dataset_class_index(NULL, "dog"), SIZE_MAX);
    ck_assert_ptr_null(gan_dataset_file_name(data, 0));
    ck_assert_uint_eq(gan_dataset_skipped_count(data), 0);
    gan_dataset_destroy(data);
    gan_dataset_destroy(source);
}

TEST_EACH(a_subset_has_the_order_of_its_indices, 0, N_KINDS)
{
    const size_t indices[] = {39, 0, 5, 5, 17};
    gan_dataset *source = make((source_kind)_i), *data, *again;

    expect_ok(gan_dataset_create_subset(&data, source, indices, 5, NULL));
    for (size_t i = 0; i < 5; i++) expect_sample(data, i, source, indices[i]);
    expect_ok(gan_dataset_create_range(&again, data, 1, 3, NULL)); /* a part of a part */
    for (size_t i = 0; i < 3; i++) expect_sample(again, i, source, indices[i + 1]);
    gan_dataset_destroy(again);
    gan_dataset_destroy(data);
    gan_dataset_destroy(source);
}

/* ---- Other labels ---- */

TEST_EACH(other_labels_hide_those_of_the_source, 0, N_KINDS)
{
    static const char *const names[] = {"odd", "even"};
    const gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .class_names = names, .n_class_names = 2};
    gan_dataset *source = make((source_kind)_i), *data, *part;
    float out[NUMBERS], wanted[NUMBERS];
    uint16_t labels[COUNT];
    double sizes[2];
    uint8_t label;

    for (size_t i = 0; i < COUNT; i++) labels[i] = i % 4 == 0;
    expect_ok(gan_dataset_create_labelled(&data, source, labels, &desc));
    memset(labels, 7, sizeof labels); /* they were copied */
    ck_assert_uint_eq(gan_dataset_count(data), COUNT);
    ck_assert_uint_eq(gan_dataset_class_count(data), 2);
    ck_assert_str_eq(gan_dataset_class_name(data, 1), "even");
    ck_assert_ptr_null(gan_dataset_class_name(data, 2));
    expect_ok(gan_dataset_class_sizes(data, sizes, 2));
    ck_assert_double_eq(sizes[0], 30);
    for (size_t i = 0; i < COUNT; i++) {
        expect_ok(gan_dataset_read(data, i, out, &label));
        expect_ok(gan_dataset_read(source, i, wanted, NULL));
        expect_same_bits(out, wanted, sizeof wanted);
        ck_assert_uint_eq(label, i % 4 == 0);
    }
    expect_ok(gan_dataset_create_range(&part, data, 4, 2, NULL)); /* its parts have them, too */
    expect_sample(part, 0, data, 4);
    expect_sample(part, 1, data, 5);
    ck_assert_str_eq(gan_dataset_class_name(part, 1), "even");
    gan_dataset_destroy(part);
    gan_dataset_destroy(data);
    gan_dataset_destroy(source);
}

TEST(other_labels_may_need_16_bits_or_be_the_first)
{
    const gan_dataset_desc few = {GAN_DATASET_DESC_INIT, .max_count = 3};
    uint16_t labels[COUNT] = {0, 300, 65535}, label;
    const float numbers[2] = {1, 2};
    gan_dataset *source = make(BYTES), *bare, *data;

    expect_ok(gan_dataset_create_labelled(&data, source, labels, &few));
    ck_assert_uint_eq(gan_dataset_count(data), 3);
    ck_assert_int_eq(gan_dataset_label_bits(data), 16);
    ck_assert_uint_eq(gan_dataset_class_count(data), 0); /* no names, not the source's */
    expect_ok(gan_dataset_read_labels16(data, 2, NULL, &label));
    ck_assert_uint_eq(label, 65535);
    gan_dataset_destroy(data);
    expect_ok(gan_dataset_create_floats(&bare, numbers, NULL, 2, gan_shape_1d(1), NULL));
    expect_ok(gan_dataset_create_labelled(&data, bare, labels, NULL));
    ck_assert_int_eq(gan_dataset_has_labels(bare), 0);
    expect_ok(gan_dataset_read_labels16(data, 1, NULL, &label));
    ck_assert_uint_eq(label, 300);
    gan_dataset_destroy(data);
    gan_dataset_destroy(bare);
    gan_dataset_destroy(source);
}

TEST(impossible_labels_are_refused)
{
    const gan_dataset_desc unnamed = {GAN_DATASET_DESC_INIT, .n_class_names = 2};
    const gan_allocator half = {0};
    const uint16_t labels[COUNT] = {0};
    gan_dataset *source = make(BYTES), *data = source;
    budget b;
    gan_dataset_desc poor = {GAN_DATASET_DESC_INIT, .allocator = &b.allocator};

    expect_fails(gan_dataset_create_labelled(NULL, source, labels, NULL), GAN_ERR_INVALID, "out");
    expect_fails(gan_dataset_create_labelled(&data, NULL, labels, NULL), GAN_ERR_INVALID, "source");
    ck_assert_ptr_null(data);
    data = source;
    expect_fails(gan_dataset_create_labelled(&data, source, NULL, NULL), GAN_ERR_INVALID,
                 "labels is NULL");
    ck_assert_ptr_null(data);
    expect_fails(gan_dataset_create_labelled(&data, source, labels, &unnamed), GAN_ERR_INVALID,
                 "2 class_names, which are NULL");
    for (int allowed = 0; allowed < 5; allowed++) {
        budget_init(&b, allowed);
        expect_fails(gan_dataset_create_labelled(&data, source, labels, &poor), GAN_ERR_NOMEM, "");
        ck_assert_uint_eq(budget_live(&b), 0);
    }
    budget_init(&b, 5);
    expect_ok(gan_dataset_create_labelled(&data, source, labels, &poor));
    gan_dataset_destroy(data);
    ck_assert_uint_eq(budget_live(&b), 0);
    poor.allocator = &half;
    expect_fails(gan_dataset_create_labelled(&data, source, labels, &poor), GAN_ERR_INVALID,
                 "allocator");
    gan_dataset_destroy(source);
}

/* Whichever is destroyed first: memory is freed with the last. */
TEST(sources_live_as_long_as_they_are_needed)
{
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    float numbers[NUMBERS] = {2.385f, 1, 2, 3, 4, 5}, out[NUMBERS];
    gan_dataset *source, *data, *both;
    const gan_dataset *sources[2];
    const gan_batch *batch;
    gan_iterator *it;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    expect_ok(gan_dataset_create_floats(&source, numbers, NULL, 1, gan_shape_1d(NUMBERS), &desc));
    expect_ok(gan_dataset_create_range(&data, source, 0, 1, &b.allocator));
    sources[0] = source;
    sources[1] = data;
    expect_ok(gan_dataset_create_concat(&both, sources, 2, &b.allocator));
    gan_dataset_destroy(source);
    gan_dataset_destroy(data);
    expect_ok(gan_dataset_read(both, 1, out, NULL));
    expect_same_bits(out, numbers, sizeof out);
    expect_ok(gan_iterator_create(&it, both, NULL));
    gan_dataset_destroy(both);
    expect_ok(gan_iterator_next(it, &batch));
    ck_assert_uint_eq(batch->count, 2);
    expect_same_bits(batch->samples + NUMBERS, numbers, sizeof numbers);
    ck_assert_ptr_null(batch->labels16);
    ck_assert(budget_live(&b) > 0);
    gan_iterator_destroy(it);
    ck_assert_uint_eq(budget_live(&b), 0);
}

TEST(impossible_parts_are_refused)
{
    gan_dataset *source = make(BYTES), *data = (gan_dataset *)(uintptr_t)1;
    const size_t good[] = {0, 1}, bad[] = {0, COUNT};
    const gan_allocator half = {0};

#define REFUSED(call, part)                                                                        \
    do {                                                                                           \
        data = (gan_dataset *)(uintptr_t)1;                                                        \
        expect_fails(call, GAN_ERR_INVALID, part);                                                 \
        ck_assert_ptr_null(data);                                                                  \
    } while (0)
    expect_fails(gan_dataset_create_range(NULL, source, 0, 1, NULL), GAN_ERR_INVALID, "out");
    REFUSED(gan_dataset_create_range(&data, NULL, 0, 1, NULL), "source is NULL");
    REFUSED(gan_dataset_create_range(&data, source, 0, 0, NULL), "0 samples from index 0");
    REFUSED(gan_dataset_create_range(&data, source, COUNT, 1, NULL), "a source that has 40");
    REFUSED(gan_dataset_create_range(&data, source, 1, SIZE_MAX, NULL), "a source that has 40");
    REFUSED(gan_dataset_create_range(&data, source, 0, 1, &half), "allocator");
    expect_fails(gan_dataset_create_subset(NULL, source, good, 2, NULL), GAN_ERR_INVALID, "out");
    REFUSED(gan_dataset_create_subset(&data, NULL, good, 2, NULL), "source is NULL");
    REFUSED(gan_dataset_create_subset(&data, source, NULL, 2, NULL), "2 indices, which are NULL");
    REFUSED(gan_dataset_create_subset(&data, source, good, 0, NULL), "0 indices");
    REFUSED(gan_dataset_create_subset(&data, source, bad, 2, NULL),
            "indices[1] is 40, the source has 40 samples");
    REFUSED(gan_dataset_create_subset(&data, source, good, 2, &half), "allocator");
#undef REFUSED
    gan_dataset_destroy(source);
}

/* ---- Random splits ---- */

static void split(gan_dataset **first, gan_dataset **second, const gan_dataset *source,
                  double fraction, uint64_t seed, int stratify)
{
    const gan_split_desc desc = {GAN_SPLIT_DESC_INIT, .fraction = fraction, .seed = seed,
                                 .stratify = stratify};

    expect_ok(gan_dataset_split(first, second, source, &desc));
}

/* Each sample's first value identifies it. */
static size_t index_of(const gan_dataset *data, size_t i)
{
    float out[NUMBERS];

    expect_ok(gan_dataset_read(data, i, out, NULL));
    return (size_t)out[0];
}

TEST(four_fifths_are_in_the_first_part_unless_it_is_said)
{
    gan_dataset *source = make(BYTES), *first, *second;

    expect_ok(gan_dataset_split(&first, &second, source, NULL));
    ck_assert_uint_eq(gan_dataset_count(first), 32);
    ck_assert_uint_eq(gan_dataset_count(second), 8);
    gan_dataset_destroy(first);
    gan_dataset_destroy(second);
    gan_dataset_destroy(source);
}

TEST(each_sample_is_in_one_of_both_parts)
{
    gan_dataset *source = make(FLOATS), *parts[2];

    for (int stratify = 0; stratify < 2; stratify++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            int seen[COUNT] = {0};

            split(&parts[0], &parts[1], source, 0.7, seed, stratify);
            ck_assert_uint_eq(gan_dataset_count(parts[0]), 28);
            ck_assert_uint_eq(gan_dataset_count(parts[1]), 12);
            for (size_t p = 0; p < 2; p++)
                for (size_t i = 0; i < gan_dataset_count(parts[p]); i++) {
                    seen[index_of(parts[p], i)]++;
                    if (i > 0) ck_assert(index_of(parts[p], i) > index_of(parts[p], i - 1));
                }
            for (size_t i = 0; i < COUNT; i++) ck_assert_int_eq(seen[i], 1);
            gan_dataset_destroy(parts[0]);
            gan_dataset_destroy(parts[1]);
        }
    gan_dataset_destroy(source);
}

TEST_EACH(each_class_is_divided_in_the_same_proportion, FLOATS, N_KINDS)
{
    gan_dataset *source = make((source_kind)_i), *first, *second;
    double all[CLASSES], some[CLASSES];

    expect_ok(gan_dataset_class_sizes(source, all, CLASSES));
    for (uint64_t seed = 0; seed < 20; seed++)
        for (int tenth = 1; tenth < 10; tenth++) {
            split(&first, &second, source, tenth / 10.0, seed, 1);
            ck_assert_uint_eq(gan_dataset_count(first), (size_t)(4 * tenth));
            expect_ok(gan_dataset_class_sizes(first, some, CLASSES));
            for (size_t c = 0; c < CLASSES; c++) {
                const double wanted = all[c] * tenth / 10.0;

                ck_assert_msg(some[c] > wanted - 1 && some[c] < wanted + 1,
                              "%g of %g samples of class %zu", some[c], all[c], c);
            }
            gan_dataset_destroy(first);
            gan_dataset_destroy(second);
        }
    gan_dataset_destroy(source);
}

/* Each sample is equally likely to be in the first part: over 2000 seeds about 500 times; more than
 * 5 standard deviations (of 19) from that have a probability of one in a million.  With `stratify`
 * a class of 9 always has 2 samples there. */
TEST(the_lot_is_fair_and_depends_on_the_seed_alone)
{
    gan_dataset *source = make(FLOATS), *parts[2], *same[2];
    size_t times[COUNT] = {0};

    for (uint64_t seed = 0; seed < 2000; seed++) {
        split(&parts[0], &parts[1], source, 0.25, seed, 0);
        for (size_t i = 0; i < gan_dataset_count(parts[0]); i++) times[index_of(parts[0], i)]++;
        if (seed < 10) {
            split(&same[0], &same[1], source, 0.25, seed, 0);
            for (size_t i = 0; i < 10; i++)
                ck_assert_uint_eq(index_of(parts[0], i), index_of(same[0], i));
            gan_dataset_destroy(same[0]);
            gan_dataset_destroy(same[1]);
        }
        gan_dataset_destroy(parts[0]);
        gan_dataset_destroy(parts[1]);
    }
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_msg(times[i] > 403 && times[i] < 597, "sample %zu: %zu times", i, times[i]);
    gan_dataset_destroy(source);
}

static int read_failing(void *user, size_t index, float *out, uint8_t *label)
{
    const int code = *(const int *)user;

    if (index == 3 && code > 0) return code;
    read_host(NULL, index, out, label);
    if (index == 3) out[1] /= 0.0f;
    return 0;
}

TEST(impossible_lots_are_refused)
{
    gan_dataset *source = make(BYTES), *first, *second, *bare;
    gan_split_desc desc = {GAN_SPLIT_DESC_INIT};
    float numbers[NUMBERS] = {0};
    int code = 7;

#define REFUSED(data, status, part)                                                                \
    do {                                                                                           \
        first = second = (gan_dataset *)numbers;                                                   \
        expect_fails(gan_dataset_split(&first, &second, data, &desc), status, part);               \
        ck_assert(!first && !second);                                                              \
    } while (0)
    expect_fails(gan_dataset_split(NULL, &second, source, NULL), GAN_ERR_INVALID, "first");
    expect_fails(gan_dataset_split(&first, NULL, source, NULL), GAN_ERR_INVALID, "second");
    expect_fails(gan_dataset_split(&first, &first, source, NULL), GAN_ERR_INVALID, "two places");
    REFUSED(NULL, GAN_ERR_INVALID, "source is NULL");
    desc.fraction = 1;
    REFUSED(source, GAN_ERR_INVALID, "fraction is 1");
    desc.fraction = -0.5;
    REFUSED(source, GAN_ERR_INVALID, "fraction is -0.5");
    desc.fraction = 0.0 / 0.0;
    REFUSED(source, GAN_ERR_INVALID, "fraction is");
    desc.fraction = 0.01;
    REFUSED(source, GAN_ERR_INVALID, "0.01 leaves one part of 40 samples without any");
    desc.fraction = 0.5;
    desc.struct_size = 1;
    REFUSED(source, GAN_ERR_INVALID, "struct_size is 1");
    desc.struct_size = sizeof desc;
    desc.stratify = 1;
    expect_ok(gan_dataset_create_floats(&bare, numbers, NULL, 1, gan_shape_1d(NUMBERS), NULL));
    REFUSED(bare, GAN_ERR_INVALID, "stratify needs labels");
    gan_dataset_destroy(bare);
    expect_ok(gan_dataset_create_callbacks(&bare, read_failing, &code, COUNT, gan_shape_1d(NUMBERS),
                                           1, NULL));
    REFUSED(bare, GAN_ERR_IO, "returned 7 for sample 3");
    code = 0;
    REFUSED(bare, GAN_ERR_NONFINITE, "of sample 3");
    gan_dataset_destroy(bare);
#undef REFUSED
    gan_dataset_destroy(source);
}

/* ---- Concatenation ---- */

TEST_EACH(several_are_read_one_after_the_other, 0, N_KINDS)
{
    gan_dataset *source = make((source_kind)_i), *part, *data;
    const gan_dataset *sources[3];

    expect_ok(gan_dataset_create_range(&part, source, 10, 2, NULL));
    sources[0] = part;
    sources[1] = source;
    sources[2] = part;
    expect_ok(gan_dataset_create_concat(&data, sources, 3, NULL));
    ck_assert_uint_eq(gan_dataset_count(data), COUNT + 4);
    for (size_t i = 0; i < 2; i++) expect_sample(data, i, source, 10 + i);
    for (size_t i = 0; i < COUNT; i++) expect_sample(data, 2 + i, source, i);
    for (size_t i = 0; i < 2; i++) expect_sample(data, 2 + COUNT + i, source, 10 + i);
    ck_assert_str_eq(gan_dataset_class_name(data, 3), "dog");
    gan_dataset_destroy(data);
    gan_dataset_destroy(part);
    gan_dataset_destroy(source);
}

TEST(memory_and_a_hosts_function_go_together)
{
    const gan_dataset *sources[2];
    gan_dataset *floats = make(FLOATS), *host = make(HOST), *data;
    double sizes[CLASSES], twice[CLASSES];

    sources[0] = floats;
    sources[1] = host;
    expect_ok(gan_dataset_create_concat(&data, sources, 2, NULL));
    for (size_t i = 0; i < 2 * COUNT; i++) expect_sample(data, i, floats, i % COUNT);
    expect_ok(gan_dataset_class_sizes(floats, sizes, CLASSES));
    expect_ok(gan_dataset_class_sizes(data, twice, CLASSES));
    for (size_t c = 0; c < CLASSES; c++) ck_assert(2 * sizes[c] == twice[c]);
    gan_dataset_destroy(data);
    gan_dataset_destroy(floats);
    gan_dataset_destroy(host);
}

TEST(what_does_not_go_together_is_refused)
{
    static const char *const other_names[CLASSES] = {"ant", "bee", "cow", "dog"};
    gan_dataset *bytes = make(BYTES), *floats = make(FLOATS), *other = NULL, *data;
    const gan_shape shape = gan_shape_3d(2, 1, 3);
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    uint8_t numbers[NUMBERS] = {1}, label[1] = {0};
    const gan_dataset *sources[2] = {bytes, floats};
    const gan_allocator half = {0};

#define REFUSED(status, part)                                                                      \
    do {                                                                                           \
        data = (gan_dataset *)(uintptr_t)1;                                                        \
        expect_fails(gan_dataset_create_concat(&data, sources, 2, NULL), status, part);            \
        ck_assert_ptr_null(data);                                                                  \
        gan_dataset_destroy(other);                                                                \
        other = NULL;                                                                              \
    } while (0)
    REFUSED(GAN_ERR_INVALID, "source 1 is of floats, source 0 of bytes");
    expect_ok(gan_dataset_create_bytes(&other, numbers, label, 1, gan_shape_1d(NUMBERS), NULL));
    sources[1] = other;
    REFUSED(GAN_ERR_SHAPE, "samples of source 1 are [6], of source 0 [2, 1, 3]");
    expect_ok(gan_dataset_create_bytes(&other, numbers, NULL, 1, shape, NULL));
    sources[1] = other;
    REFUSED(GAN_ERR_INVALID, "source 1 has no labels");
    expect_ok(gan_dataset_create_bytes(&other, numbers, label, 1, shape, NULL));
    sources[1] = other;
    REFUSED(GAN_ERR_INVALID, "source 1 names 0 classes, source 0 4");
    desc.class_names = other_names;
    desc.n_class_names = CLASSES;
    expect_ok(gan_dataset_create_bytes(&other, numbers, label, 1, shape, &desc));
    sources[1] = other;
    REFUSED(GAN_ERR_INVALID, "class 2 is cow in source 1, cat in source 0");
    sources[1] = NULL;
    REFUSED(GAN_ERR_INVALID, "a source is NULL");
#undef REFUSED
    expect_fails(gan_dataset_create_concat(NULL, sources, 1, NULL), GAN_ERR_INVALID, "out");
    expect_fails(gan_dataset_create_concat(&data, NULL, 1, NULL), GAN_ERR_INVALID, "1 sources");
    expect_fails(gan_dataset_create_concat(&data, sources, 0, NULL), GAN_ERR_INVALID, "0 sources");
    expect_fails(gan_dataset_create_concat(&data, sources, 1, &half), GAN_ERR_INVALID, "allocator");
    gan_dataset_destroy(bytes);
    gan_dataset_destroy(floats);
}

TEST(more_samples_than_can_be_counted_are_refused)
{
    gan_dataset *large, *data, *part = NULL;
    const gan_dataset *sources[2];

    expect_ok(gan_dataset_create_callbacks(&large, read_host, NULL, SIZE_MAX / 2 + 1,
                                           gan_shape_1d(NUMBERS), 0, NULL));
    sources[0] = sources[1] = large;
    expect_fails(gan_dataset_create_concat(&data, sources, 2, NULL), GAN_ERR_NOMEM, "source 1");
    ck_assert_ptr_null(data);
#if SIZE_MAX > UINT32_MAX
    expect_fails(gan_dataset_split(&data, &part, large, NULL), GAN_ERR_INVALID,
                 "at most 4294967295 samples");
    ck_assert(!data && !part);
#endif
    gan_dataset_destroy(large);
}

/* ---- Pictures on the disk ---- */

static gan_iterator *walk(const gan_dataset *data)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = 3, .shuffle = 1,
                                    .n_threads = 2};
    gan_iterator *it;

    expect_ok(gan_iterator_create(&it, data, &desc));
    return it;
}

/* Pictures decoded ahead concatenated with pictures in memory: the same bits as all in memory. */
TEST(files_keep_their_names_and_are_decoded_ahead)
{
    const size_t indices[] = {7, 2, 2, 0};
    const gan_dataset *sources[2];
    gan_dataset *decoded, *kept, *part, *wanted_part, *data, *wanted;
    gan_iterator *a, *b;

    write_numbered(9);
    write_text("bad.png", "no picture");
    decoded = open_png(
        &(gan_png_desc){GAN_PNG_DESC_INIT, .memory_limit = 1, .n_threads = 1, .skip_bad = 1});
    kept = open_png(&(gan_png_desc){GAN_PNG_DESC_INIT, .skip_bad = 1});
    expect_ok(gan_dataset_create_subset(&part, decoded, indices, 4, NULL));
    expect_ok(gan_dataset_create_subset(&wanted_part, kept, indices, 4, NULL));
    sources[0] = kept;
    sources[1] = part;
    expect_ok(gan_dataset_create_concat(&data, sources, 2, NULL));
    sources[1] = wanted_part;
    expect_ok(gan_dataset_create_concat(&wanted, sources, 2, NULL));
    ck_assert_str_eq(gan_dataset_file_name(data, 9), gan_dataset_file_name(kept, 7));
    ck_assert_ptr_null(gan_dataset_file_name(data, 13));
    ck_assert_uint_eq(gan_dataset_skipped_count(data), 2);
    ck_assert_str_eq(gan_dataset_skipped(data, 1), gan_dataset_skipped(kept, 0));
    a = walk(data);
    b = walk(wanted);
    while (gan_iterator_epoch(b) < 3) {
        const gan_batch *x, *y;
        gan_status status = gan_iterator_next(b, &y);

        expect_status(gan_iterator_next(a, &x), status);
        if (status == GAN_OK)
            expect_same_bits(x->samples, y->samples, y->count * SIZE * sizeof(float));
    }
    gan_iterator_destroy(a);
    gan_iterator_destroy(b);
    gan_dataset_destroy(decoded);
    gan_dataset_destroy(part);
    gan_dataset_destroy(wanted_part);
    gan_dataset_destroy(kept);
    gan_dataset_destroy(data);
    gan_dataset_destroy(wanted);
}

/* ---- Out of memory ---- */

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    static const size_t indices[] = {3, 1};
    const gan_split_desc desc = {GAN_SPLIT_DESC_INIT, .stratify = 1, .allocator = allocator};
    const gan_dataset *sources[2] = {user, user};
    gan_dataset *parts[3] = {NULL, NULL, NULL}, *all = NULL;
    gan_status status = gan_dataset_create_subset(&parts[0], user, indices, 2, allocator);

    if (status == GAN_OK) status = gan_dataset_split(&parts[1], &parts[2], user, &desc);
    if (status == GAN_OK) {
        sources[0] = parts[1];
        sources[1] = parts[0];
        status = gan_dataset_create_concat(&all, sources, 2, allocator);
    }
    for (size_t i = 0; i < 3; i++) gan_dataset_destroy(parts[i]);
    *out = all;
    return status;
}

static void destroy(void *made)
{
    gan_dataset_destroy(made);
}

TEST(making_survives_each_lack_of_memory)
{
    gan_dataset *source = make(BYTES);

    ck_assert_uint_eq(budget_sweep(attempt, destroy, source), 3 * 6 + 4 + 5);
    gan_dataset_destroy(source);
}
