/* test_iterator.c - batches, orders, positions and failures. */
#include "budget.h"
#include "expect.h"
#include "numbered.h"

#include <gan/iterator.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- Batches ---- */

TEST(defaults_are_batches_of_100_in_order_from_minus_1_to_1)
{
    gan_dataset *data = numbered(256);
    const gan_batch *batch;
    gan_iterator *it;

    expect_ok(gan_iterator_create(&it, data, NULL));
    ck_assert_uint_eq(gan_iterator_batch_count(it), 3);
    for (size_t b = 0; b < 3; b++) {
        float wanted[100];

        ck_assert_uint_eq(gan_iterator_position(it), 100 * b);
        expect_ok(gan_iterator_next(it, &batch));
        ck_assert_uint_eq(batch->struct_size, sizeof *batch);
        ck_assert_uint_eq(batch->count, b < 2 ? 100 : 56);
        ck_assert(gan_shape_equal(batch->shape, gan_shape_1d(1)));
        for (size_t i = 0; i < batch->count; i++) {
            float x = (float)(100 * b + i) / 255.0f;

            wanted[i] = (x - 0.5f) / 0.5f;
            ck_assert_uint_eq(batch->labels[i], (uint8_t)(200 - (100 * b + i)));
        }
        expect_same_bits(batch->samples, wanted, batch->count * sizeof *wanted);
        if (b == 0) ck_assert(batch->samples[0] == -1.0f);
    }
    ck_assert(batch->samples[55] == 1.0f);
    expect_status(gan_iterator_next(it, &batch), GAN_END);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

TEST(a_dataset_without_labels_gives_batches_without)
{
    const uint8_t bytes[] = {3, 1, 4};
    const gan_batch *batch;
    gan_dataset *data;
    gan_iterator *it;

    expect_ok(gan_dataset_create_bytes(&data, bytes, NULL, 3, gan_shape_1d(1), NULL));
    expect_ok(gan_iterator_create(&it, data, NULL));
    expect_ok(gan_iterator_next(it, &batch));
    ck_assert_ptr_null(batch->labels);
    ck_assert_uint_eq(batch->count, 3);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

TEST(the_last_batch_is_what_remains)
{
    const struct {
        size_t batch_size;
        int drop_last;
        size_t batches, last, given;
    } cases[] = {{5, 0, 5, 3, 23},  {5, 1, 4, 5, 20},   {23, 0, 1, 23, 23}, {23, 1, 1, 23, 23},
                 {1, 0, 23, 1, 23}, {40, 0, 1, 23, 23}, {22, 0, 2, 2, 23},  {22, 1, 1, 22, 22},
                 {11, 0, 3, 2, 23}, {2, 0, 12, 1, 23},  {2, 1, 11, 2, 22}};
    gan_dataset *data = numbered(COUNT);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gan_iterator *it = walk(data, cases[i].batch_size, 1, cases[i].drop_last, 7);
        const gan_batch *batch;
        size_t given = 0, last = 0, batches = 0;

        ck_assert_uint_eq(gan_iterator_batch_count(it), cases[i].batches);
        while (gan_iterator_next(it, &batch) == GAN_OK) {
            batches++;
            last = batch->count;
            given += last;
            ck_assert_uint_eq(gan_iterator_position(it), given);
            ck_assert_uint_eq(gan_iterator_epoch(it), 0);
        }
        ck_assert_uint_eq(batches, cases[i].batches);
        ck_assert_uint_eq(last, cases[i].last);
        ck_assert_uint_eq(given, cases[i].given);
        ck_assert_uint_eq(gan_iterator_epoch(it), 1);
        ck_assert_uint_eq(gan_iterator_position(it), 0);
        expect_ok(gan_iterator_next(it, &batch));
        gan_iterator_destroy(it);
    }
    gan_dataset_destroy(data);
}

TEST(a_batch_lives_until_the_next_call)
{
    gan_dataset *data = numbered(COUNT);
    gan_iterator *a = walk(data, 5, 1, 0, 1), *b = walk(data, 5, 1, 0, 2);
    const gan_batch *of_a, *of_b;
    float samples[5];
    uint8_t labels[5];

    expect_ok(gan_iterator_next(a, &of_a));
    memcpy(samples, of_a->samples, sizeof samples);
    memcpy(labels, of_a->labels, sizeof labels);
    expect_ok(gan_iterator_next(b, &of_b));
    ck_assert_uint_eq(gan_iterator_epoch(a), 0);
    ck_assert_uint_eq(gan_iterator_position(a), 5);
    ck_assert_uint_eq(gan_iterator_batch_count(a), 5);
    ck_assert_uint_eq(of_a->count, 5);
    expect_same_bits(of_a->samples, samples, sizeof samples);
    expect_same_bits(of_a->labels, labels, sizeof labels);
    gan_iterator_destroy(b);
    gan_iterator_destroy(a);
    gan_dataset_destroy(data);
}

TEST(next_takes_no_memory)
{
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT};
    gan_dataset *data = numbered(COUNT);
    gan_iterator *it;
    size_t order[COUNT];
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.batch_size = 4;
    desc.shuffle = 1;
    desc.allocator = &b.allocator;
    expect_ok(gan_iterator_create(&it, data, &desc));
    b.left = 0;
    for (int epoch = 0; epoch < 3; epoch++) rest_of_epoch(it, order);
    expect_ok(gan_iterator_seek(it, 17, 8));
    rest_of_epoch(it, order);
    ck_assert_uint_eq(b.refused, 0);
    gan_iterator_destroy(it);
    ck_assert_uint_eq(budget_live(&b), 0);
    gan_dataset_destroy(data);
}

/* ---- Orders ---- */

TEST(unshuffled_epochs_are_in_order)
{
    gan_dataset *data = numbered(COUNT);
    gan_iterator *it = walk(data, 4, 0, 0, 9);
    size_t order[COUNT];

    for (int epoch = 0; epoch < 2; epoch++) {
        ck_assert_uint_eq(rest_of_epoch(it, order), COUNT);
        for (size_t i = 0; i < COUNT; i++) ck_assert_uint_eq(order[i], i);
    }
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

TEST(shuffled_epochs_are_different_permutations)
{
    enum { EPOCHS = 20 };
    gan_dataset *data = numbered(COUNT);
    gan_iterator *it = walk(data, 4, 1, 0, 9);
    size_t order[EPOCHS][COUNT];

    for (size_t e = 0; e < EPOCHS; e++) {
        int seen[COUNT] = {0};

        ck_assert_uint_eq(gan_iterator_epoch(it), e);
        ck_assert_uint_eq(rest_of_epoch(it, order[e]), COUNT);
        for (size_t i = 0; i < COUNT; i++) ck_assert_int_eq(seen[order[e][i]]++, 0);
        for (size_t f = 0; f < e; f++) expect_other_bits(order[e], order[f], sizeof order[e]);
    }
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

TEST(the_order_depends_on_the_seed_alone)
{
    gan_dataset *data = numbered(COUNT);
    gan_iterator *a = walk(data, 4, 1, 0, 9), *b = walk(data, 7, 1, 0, 9),
                 *c = walk(data, 4, 1, 0, 10);
    size_t of_a[COUNT], of_b[COUNT], of_c[COUNT];

    for (int epoch = 0; epoch < 3; epoch++) {
        rest_of_epoch(a, of_a);
        rest_of_epoch(b, of_b);
        rest_of_epoch(c, of_c);
        expect_same_bits(of_a, of_b, sizeof of_a);
        expect_other_bits(of_a, of_c, sizeof of_a);
    }
    gan_iterator_destroy(a);
    gan_iterator_destroy(b);
    gan_iterator_destroy(c);
    gan_dataset_destroy(data);
}

TEST(labels_follow_their_samples)
{
    gan_dataset *data = numbered(COUNT);
    gan_iterator *it = walk(data, 4, 1, 0, 5);
    const gan_batch *batch;

    while (gan_iterator_next(it, &batch) == GAN_OK)
        for (size_t i = 0; i < batch->count; i++)
            ck_assert_uint_eq(batch->labels[i], 200 - index_of(batch->samples[i]));
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

/* All 24 orders of 4 samples come equally often: chi-squared with 23 degrees of freedom is below
 * 49.7 with probability 0.999. */
TEST(all_orders_are_equally_likely)
{
    enum { EPOCHS = 4800 };
    gan_dataset *data = numbered(4);
    gan_iterator *it = walk(data, 4, 1, 0, 2385);
    size_t times[256] = {0}, kinds = 0;
    double chi2 = 0;

    for (size_t e = 0; e < EPOCHS; e++) {
        size_t order[4];

        rest_of_epoch(it, order);
        times[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    for (size_t i = 0; i < 256; i++) {
        if (times[i] == 0) continue;
        kinds++;
        chi2 += ((double)times[i] - 200) * ((double)times[i] - 200) / 200;
    }
    ck_assert_uint_eq(kinds, 24);
    ck_assert_msg(chi2 > 7.5 && chi2 < 49.7, "chi-squared is %g", chi2);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

/* ---- Positions ---- */

/* Whatever position an iterator has reached, another one that seeks there continues with the same
 * samples. */
TEST(seeking_equals_walking)
{
    const struct {
        size_t batch_size;
        int shuffle, drop_last;
    } cases[] = {{4, 1, 0}, {4, 1, 1}, {5, 0, 0}, {23, 1, 0}, {1, 1, 0}};
    gan_dataset *data = numbered(COUNT);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gan_iterator *walker =
            walk(data, cases[i].batch_size, cases[i].shuffle, cases[i].drop_last, 3);
        gan_iterator *seeker =
            walk(data, cases[i].batch_size, cases[i].shuffle, cases[i].drop_last, 3);

        while (gan_iterator_epoch(walker) < 3) {
            const gan_batch *walked, *sought;
            gan_status status;

            expect_ok(gan_iterator_seek(seeker, 5, 0)); /* sets another order */
            expect_ok(gan_iterator_next(seeker, &sought));
            expect_ok(gan_iterator_seek(seeker, gan_iterator_epoch(walker),
                                        gan_iterator_position(walker)));
            ck_assert_uint_eq(gan_iterator_position(seeker), gan_iterator_position(walker));
            status = gan_iterator_next(walker, &walked);
            expect_status(gan_iterator_next(seeker, &sought), status);
            ck_assert_uint_eq(gan_iterator_epoch(seeker), gan_iterator_epoch(walker));
            if (status == GAN_END) continue;
            ck_assert_uint_eq(sought->count, walked->count);
            expect_same_bits(sought->samples, walked->samples, walked->count * sizeof(float));
            expect_same_bits(sought->labels, walked->labels, walked->count);
        }
        gan_iterator_destroy(walker);
        gan_iterator_destroy(seeker);
    }
    gan_dataset_destroy(data);
}

TEST(far_epochs_have_orders_of_their_own)
{
    gan_dataset *data = numbered(COUNT);
    gan_iterator *it = walk(data, 4, 1, 0, 3);
    size_t near_order[COUNT], far_order[COUNT];

    rest_of_epoch(it, near_order);
    expect_ok(gan_iterator_seek(it, (uint64_t)1 << 40, 0));
    ck_assert_uint_eq(rest_of_epoch(it, far_order), COUNT);
    expect_other_bits(near_order, far_order, sizeof near_order);
    ck_assert_uint_eq(gan_iterator_epoch(it), ((uint64_t)1 << 40) + 1);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

TEST(places_where_no_batch_begins_are_refused)
{
    gan_dataset *data = numbered(COUNT);
    gan_iterator *whole = walk(data, 5, 1, 0, 3), *full = walk(data, 5, 1, 1, 3);
    const gan_batch *batch;

    expect_ok(gan_iterator_next(whole, &batch));
    expect_fails(gan_iterator_seek(whole, 2, 3), GAN_ERR_INVALID,
                 "position 3: they begin at multiples of 5, the last at 20, and end at 23");
    expect_status(gan_iterator_seek(whole, 2, 25), GAN_ERR_INVALID);
    expect_status(gan_iterator_seek(whole, 2, SIZE_MAX), GAN_ERR_INVALID);
    ck_assert_uint_eq(gan_iterator_epoch(whole), 0);
    ck_assert_uint_eq(gan_iterator_position(whole), 5);
    expect_ok(gan_iterator_seek(whole, 2, 20));
    expect_ok(gan_iterator_seek(whole, 2, 23));
    expect_status(gan_iterator_seek(full, 2, 23), GAN_ERR_INVALID);
    expect_ok(gan_iterator_seek(full, 2, 20));
    expect_status(gan_iterator_next(full, &batch), GAN_END);
    ck_assert_uint_eq(gan_iterator_epoch(full), 3);
    expect_fails(gan_iterator_seek(NULL, 0, 0), GAN_ERR_INVALID, "NULL");
    gan_iterator_destroy(whole);
    gan_iterator_destroy(full);
    gan_dataset_destroy(data);
}

/* A batch of one can't be normalised: see gan_layer_batch_norm(). */
TEST(a_last_sample_is_not_left_alone)
{
    gan_dataset *data = numbered(COUNT);
    gan_iterator *it = walk(data, 11, 1, 0, 3), *again = walk(data, 11, 1, 0, 3);
    const size_t counts[] = {11, 10, 2}, begins[] = {0, 11, 21};
    size_t order[COUNT], times[COUNT] = {0};

    ck_assert_uint_eq(gan_iterator_batch_count(it), 3);
    for (size_t i = 0; i < 3; i++) {
        const gan_batch *batch, *same;

        expect_ok(gan_iterator_next(it, &batch));
        ck_assert_uint_eq(batch->count, counts[i]);
        expect_ok(gan_iterator_seek(again, 0, begins[i]));
        expect_ok(gan_iterator_next(again, &same));
        ck_assert_uint_eq(same->count, counts[i]);
        expect_same_bits(same->samples, batch->samples, counts[i] * sizeof *batch->samples);
    }
    expect_status(gan_iterator_seek(again, 0, 22), GAN_ERR_INVALID);
    expect_ok(gan_iterator_seek(it, 0, 0));
    ck_assert_uint_eq(rest_of_epoch(it, order), COUNT);
    for (size_t i = 0; i < COUNT; i++) times[order[i]]++;
    for (size_t i = 0; i < COUNT; i++) ck_assert_uint_eq(times[i], 1);
    gan_iterator_destroy(again);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

/* ---- Failures ---- */

typedef struct source {
    size_t fails_at;
    int code;
    float number;
} source;

static int read_source(void *user, size_t index, float *out, uint8_t *label)
{
    source *s = user;

    if (index == s->fails_at && s->code) return s->code;
    out[0] = index == s->fails_at ? s->number : (float)index;
    *label = (uint8_t)(200 - index);
    return 0;
}

/* The iterator keeps its position, and continues there once the host's source works again. */
TEST(a_failing_source_leaves_the_iterator_where_it_stood)
{
    source s = {SIZE_MAX, 0, 0};
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = 5};
    const gan_batch *batch;
    gan_dataset *data;
    gan_iterator *it;

    expect_ok(
        gan_dataset_create_callbacks(&data, read_source, &s, COUNT, gan_shape_1d(1), 1, NULL));
    expect_ok(gan_iterator_create(&it, data, &desc));
    expect_ok(gan_iterator_next(it, &batch));
    s = (source){7, 23, 0};
    expect_fails(gan_iterator_next(it, &batch), GAN_ERR_IO, "23 for sample 7");
    ck_assert_ptr_null(batch);
    ck_assert_uint_eq(gan_iterator_position(it), 5);
    s = (source){7, 0, NAN};
    expect_fails(gan_iterator_next(it, &batch), GAN_ERR_NONFINITE, "nan as value 0 of sample 7");
    ck_assert_ptr_null(batch);
    s = (source){7, 0, INFINITY};
    expect_fails(gan_iterator_next(it, &batch), GAN_ERR_NONFINITE, "inf as value 0 of sample 7");
    ck_assert_uint_eq(gan_iterator_position(it), 5);
    ck_assert_uint_eq(gan_iterator_epoch(it), 0);
    s = (source){SIZE_MAX, 0, 0};
    expect_ok(gan_iterator_next(it, &batch));
    ck_assert_uint_eq(batch->count, 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(index_of(batch->samples[i]), 5 + i);
        ck_assert_uint_eq(batch->labels[i], 195 - i);
    }
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

static int count_reading(void *user, size_t index, float *out, uint8_t *label)
{
    size_t *times = user;

    times[index]++;
    out[0] = (float)index;
    *label = (uint8_t)index;
    return 0;
}

/* Three ranks; the last batch has 3 samples.  On two threads they are read ahead. */
TEST_EACH(ranks_read_their_own_samples_of_each_batch, 1, 3)
{
    enum { RANKS = 3, COUNTED = 23, EACH = 10 };
    gan_dataset_desc concurrent = {GAN_DATASET_DESC_INIT, .concurrent = _i == 2};
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT,  .batch_size = EACH, .shuffle = 1, .seed = 3,
                              .n_threads = (size_t)_i, .n_ranks = RANKS};
    size_t times[COUNTED] = {0}, whole_times[COUNTED] = {0};
    gan_dataset *data, *whole_data;
    gan_iterator *whole;

    expect_ok(gan_dataset_create_callbacks(&data, count_reading, times, COUNTED, gan_shape_1d(1), 1,
                                           &concurrent));
    expect_ok(gan_dataset_create_callbacks(&whole_data, count_reading, whole_times, COUNTED,
                                           gan_shape_1d(1), 1, NULL));
    for (desc.rank = 0; desc.rank < RANKS; desc.rank++) {
        gan_iterator_desc single = desc;
        const gan_batch *batch, *all;
        gan_iterator *it;

        single.rank = single.n_ranks = 0;
        expect_ok(gan_iterator_create(&whole, whole_data, &single));
        expect_ok(gan_iterator_create(&it, data, &desc));
        while (gan_iterator_next(whole, &all) == GAN_OK) {
            const size_t n = all->count, begin = n * desc.rank / RANKS;
            const size_t own = n * (desc.rank + 1) / RANKS - begin;

            expect_ok(gan_iterator_next(it, &batch));
            ck_assert_uint_eq(batch->count, n);
            expect_same_bits(batch->samples + begin, all->samples + begin, own * sizeof(float));
            expect_same_bits(batch->labels + begin, all->labels + begin, own);
        }
        gan_iterator_destroy(it);
        gan_iterator_destroy(whole);
    }
    for (size_t i = 0; i < COUNTED; i++) /* the next epoch's first batch may have been read ahead */
        ck_assert_msg(times[i] == 1 || (_i == 2 && times[i] <= 2), "sample %zu was read %zu times",
                      i, times[i]);
    gan_dataset_destroy(data);
    gan_dataset_destroy(whole_data);
}

TEST(wrong_settings_are_refused_and_named)
{
    const gan_iterator_desc good = {GAN_ITERATOR_DESC_INIT};
    gan_dataset *data = numbered(COUNT);
    gan_allocator half = {NULL, NULL, NULL};
    gan_iterator_desc desc;
    gan_iterator *it;

#define REFUSED(part, setting)                                                                     \
    do {                                                                                           \
        desc = good;                                                                               \
        setting;                                                                                   \
        it = (gan_iterator *)&desc;                                                                \
        expect_fails(gan_iterator_create(&it, data, &desc), GAN_ERR_INVALID, part);                \
        ck_assert_ptr_null(it);                                                                    \
    } while (0)
    REFUSED("std[0] must be finite and not negative, is -1", desc.std[0] = -1);
    REFUSED("std[0] must be finite and not negative, is nan", desc.std[0] = NAN);
    REFUSED("std[0] must be finite and not negative, is inf", desc.std[0] = INFINITY);
    REFUSED("mean[0] is nan", desc.mean[0] = NAN);
    REFUSED("mean[0] is -inf", (desc.mean[0] = -INFINITY, desc.std[0] = 1));
    REFUSED("mean[0] is 0.25 but std[0] is 0", desc.mean[0] = 0.25f);
    REFUSED("infinity of a byte", desc.std[0] = 1e-42f);
    REFUSED("batch_size is 24, samples are 23", (desc.drop_last = 1, desc.batch_size = 24));
    REFUSED("batch_size is 100, samples are 23", desc.drop_last = 1);
    REFUSED("rank 2 of 2", (desc.rank = 2, desc.n_ranks = 2));
    REFUSED("rank 1 of 1", desc.rank = 1);
    REFUSED("rank 0 of 2000; 1 to 1024 ranks expected", desc.n_ranks = 2000);
    REFUSED("struct_size is 16", desc.struct_size = 16);
    REFUSED("allocator", desc.allocator = &half);
#undef REFUSED
    expect_fails(gan_iterator_create(NULL, data, NULL), GAN_ERR_INVALID, "out is NULL");
    it = (gan_iterator *)&desc;
    expect_fails(gan_iterator_create(&it, NULL, NULL), GAN_ERR_INVALID, "data is NULL");
    ck_assert_ptr_null(it);
    gan_dataset_destroy(data);
}

/* As in a latent image or a stack of frames; without mean and std there is one default. */
TEST(more_than_four_channels_have_the_default)
{
    enum { CHANNELS = 7, PIXELS = 6, SAMPLES = 3, N = CHANNELS * PIXELS };
    float floats[SAMPLES * N];
    uint8_t bytes[SAMPLES * N];
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT};
    gan_dataset *data[2];

    for (size_t i = 0; i < SAMPLES * N; i++) {
        floats[i] = 2.385f * (float)i - 50.0f;
        bytes[i] = (uint8_t)(i * 37);
    }
    expect_ok(gan_dataset_create_floats(&data[0], floats, NULL, SAMPLES,
                                        gan_shape_3d(CHANNELS, 2, 3), NULL));
    expect_ok(gan_dataset_create_bytes(&data[1], bytes, NULL, SAMPLES, gan_shape_3d(CHANNELS, 2, 3),
                                       NULL));
    for (size_t k = 0; k < 2; k++) {
        const gan_batch *batch;
        gan_iterator *it;

        expect_ok(gan_iterator_create(&it, data[k], &desc));
        expect_ok(gan_iterator_next(it, &batch));
        for (size_t i = 0; i < SAMPLES * N; i++) {
            const float wanted = k == 0 ? floats[i] : ((float)bytes[i] / 255.0f - 0.5f) / 0.5f;

            ck_assert_msg(batch->samples[i] == wanted, "value %zu is %g", i,
                          (double)batch->samples[i]);
        }
        gan_iterator_destroy(it);
        for (size_t c = 0; c < 4; c++) {
            gan_iterator_desc set = {GAN_ITERATOR_DESC_INIT};

            set.std[c] = c % 2 ? 0.5f : NAN;
            expect_fails(gan_iterator_create(&it, data[k], &set), GAN_ERR_SHAPE,
                         "for at most 4 channels, samples have 7");
            ck_assert_ptr_null(it);
        }
        gan_dataset_destroy(data[k]);
    }
}

/* Sizes that only a callback source can have. */
TEST(sets_too_large_to_shuffle_or_to_hold_are_refused)
{
    source s = {SIZE_MAX, 0, 0};
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT};
    const gan_batch *batch;
    gan_dataset *data;
    gan_iterator *it;

    expect_ok(gan_dataset_create_callbacks(&data, read_source, &s, SIZE_MAX / 2, gan_shape_1d(1), 1,
                                           NULL));
    expect_ok(gan_iterator_create(&it, data, NULL));
    expect_ok(gan_iterator_next(it, &batch));
    ck_assert_uint_eq(batch->count, 100);
    gan_iterator_destroy(it);
    desc.shuffle = 1;
    expect_fails(gan_iterator_create(&it, data, &desc), GAN_ERR_INVALID,
                 "at most 4294967295 samples");
    gan_dataset_destroy(data);

    desc.shuffle = 0;
    desc.batch_size = SIZE_MAX / 2;
    expect_ok(gan_dataset_create_callbacks(&data, read_source, &s, SIZE_MAX / 2, gan_shape_1d(1000),
                                           1, NULL));
    expect_fails(gan_iterator_create(&it, data, &desc), GAN_ERR_NOMEM, "too large");
    ck_assert_ptr_null(it);
    gan_dataset_destroy(data);
}

TEST(null_iterators_are_nowhere)
{
    gan_dataset *data = numbered(COUNT);
    gan_iterator *it = walk(data, 5, 0, 0, 0);
    const gan_batch *batch = (const gan_batch *)data;

    expect_fails(gan_iterator_next(NULL, &batch), GAN_ERR_INVALID, "NULL");
    ck_assert_ptr_null(batch);
    expect_fails(gan_iterator_next(it, NULL), GAN_ERR_INVALID, "batch is NULL");
    ck_assert_uint_eq(gan_iterator_position(it), 0);
    ck_assert_uint_eq(gan_iterator_epoch(NULL), 0);
    ck_assert_uint_eq(gan_iterator_position(NULL), 0);
    ck_assert_uint_eq(gan_iterator_batch_count(NULL), 0);
    gan_iterator_destroy(NULL);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .shuffle = 1, .allocator = allocator};
    gan_iterator *it;
    gan_status status;

    status = gan_iterator_create(&it, user, &desc);
    *out = it;
    return status;
}

static void destroy(void *made)
{
    gan_iterator_destroy(made);
}

TEST(making_survives_each_lack_of_memory)
{
    gan_dataset *data = numbered(COUNT);

    ck_assert_uint_eq(budget_sweep(attempt, destroy, data), 5);
    gan_dataset_destroy(data);
}
