/* test_iterator_values.c - values from an iterator: mirroring and normalisation. */
#include "expect.h"
#include "numbered.h"

#include <gan/iterator.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- Mirroring ---- */

enum { ROWS = 3, WIDE = 5, PICTURE = 2 * ROWS * WIDE };

/* Value `k` of picture `i`: two channels of 3 rows of 5, no two the same. */
static float number(size_t i, size_t k)
{
    return (float)(i * PICTURE + k);
}

static gan_dataset *pictures(size_t count)
{
    static float numbers[1000 * PICTURE];
    gan_dataset *data;

    ck_assert_uint_le(count, 1000);
    for (size_t i = 0; i < count * PICTURE; i++) numbers[i] = number(0, i);
    expect_ok(
        gan_dataset_create_floats(&data, numbers, NULL, count, gan_shape_3d(2, ROWS, WIDE), NULL));
    return data;
}

static gan_iterator *flip_through(const gan_dataset *data, size_t batch_size, int shuffle,
                                  uint64_t seed)
{
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = batch_size, .shuffle = shuffle,
                              .seed = seed, .horizontal_flip = 1};
    gan_iterator *it;

    expect_ok(gan_iterator_create(&it, data, &desc));
    return it;
}

/* Whether a sample is mirrored; it must be entirely, or not at all. */
static int is_flipped(const float *sample, size_t *which)
{
    const size_t i = (size_t)sample[0] / PICTURE;
    const int flipped = sample[0] != number(i, 0);

    for (size_t k = 0; k < PICTURE; k++) {
        const size_t x = k % WIDE;

        ck_assert(sample[k] == number(i, flipped ? k - x + WIDE - 1 - x : k));
    }
    *which = i;
    return flipped;
}

/* Iterate over an epoch and write, for each picture, whether it was mirrored.  Returns how many
 * were. */
static size_t flips_of_epoch(gan_iterator *it, uint8_t *flips)
{
    const gan_batch *batch;
    gan_status status;
    size_t n = 0;

    while ((status = gan_iterator_next(it, &batch)) == GAN_OK)
        for (size_t i = 0; i < batch->count; i++) {
            size_t which;
            const int flipped = is_flipped(batch->samples + i * PICTURE, &which);

            flips[which] = (uint8_t)flipped;
            n += (size_t)flipped;
        }
    expect_status(status, GAN_END);
    return n;
}

/* 1000 fair draws have mean 500 and standard deviation 15.8; all bounds are at four of these. */
TEST(half_of_the_samples_are_mirrored_and_others_in_each_epoch)
{
    enum { EPOCHS = 10, N = 1000 };
    static uint8_t flips[EPOCHS][N];
    gan_dataset *data = pictures(N);
    gan_iterator *it = flip_through(data, 64, 1, 2385);
    size_t total = 0;

    for (size_t e = 0; e < EPOCHS; e++) {
        size_t n = flips_of_epoch(it, flips[e]), neighbours = 0;

        total += n;
        ck_assert_msg(n > 437 && n < 563, "%zu of 1000 in epoch %zu", n, e);
        for (size_t i = 1; i < N; i++) neighbours += flips[e][i] == flips[e][i - 1];
        ck_assert_msg(neighbours > 436 && neighbours < 563, "%zu equal neighbours", neighbours);
        for (size_t f = 0; f < e; f++) {
            size_t same = 0;

            for (size_t i = 0; i < N; i++) same += flips[e][i] == flips[f][i];
            ck_assert_msg(same > 437 && same < 563, "epochs %zu and %zu share %zu", e, f, same);
        }
    }
    ck_assert_msg(total > 4800 && total < 5200, "%zu of 10000", total);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

TEST(what_is_mirrored_depends_on_seed_and_epoch_alone)
{
    enum { N = 90 };
    gan_dataset *data = pictures(N);
    gan_iterator *a = flip_through(data, 7, 1, 9), *b = flip_through(data, 64, 0, 9),
                 *c = flip_through(data, 7, 1, 10), *walker = flip_through(data, 7, 1, 9);
    uint8_t of_a[N], of_b[N], of_c[N];

    for (int epoch = 0; epoch < 3; epoch++) {
        flips_of_epoch(a, of_a);
        flips_of_epoch(b, of_b);
        flips_of_epoch(c, of_c);
        expect_same_bits(of_a, of_b, N);
        expect_other_bits(of_a, of_c, N);
    }
    while (gan_iterator_epoch(walker) < 3) {
        const gan_batch *walked, *sought;

        expect_ok(gan_iterator_seek(a, gan_iterator_epoch(walker), gan_iterator_position(walker)));
        if (gan_iterator_next(walker, &walked) == GAN_END) continue;
        expect_ok(gan_iterator_next(a, &sought));
        expect_same_bits(sought->samples, walked->samples, walked->count * PICTURE * sizeof(float));
    }
    gan_iterator_destroy(walker);
    gan_iterator_destroy(c);
    gan_iterator_destroy(b);
    gan_iterator_destroy(a);
    gan_dataset_destroy(data);
}

/* Orders, and the values before mirroring, are those of an iterator without. */
TEST(bytes_and_matrices_are_mirrored_alike)
{
    enum { N = 40 };
    const gan_shape shapes[] = {
        {2, {2 * ROWS, WIDE}}, {3, {2, ROWS, WIDE}}, {4, {1, 2, ROWS, WIDE}}};
    uint8_t bytes[N * PICTURE];
    size_t n_flipped = 0;

    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7 % 256);
    for (size_t s = 0; s < 3; s++) {
        const gan_batch *plain, *flipped;
        gan_dataset *data;
        gan_iterator *a, *b;

        expect_ok(gan_dataset_create_bytes(&data, bytes, NULL, N, shapes[s], NULL));
        expect_ok(gan_iterator_create(&a, data, NULL));
        b = flip_through(data, 0, 0, 4);
        expect_ok(gan_iterator_next(a, &plain));
        expect_ok(gan_iterator_next(b, &flipped));
        for (size_t i = 0; i < N; i++) {
            const float *from = plain->samples + i * PICTURE, *to = flipped->samples + i * PICTURE;
            const int is_mirrored = memcmp(from, to, PICTURE * sizeof *from) != 0;

            n_flipped += (size_t)is_mirrored;
            for (size_t k = 0; k < PICTURE; k++)
                ck_assert(to[k] == from[is_mirrored ? k + WIDE - 1 - 2 * (k % WIDE) : k]);
        }
        gan_iterator_destroy(a);
        gan_iterator_destroy(b);
        gan_dataset_destroy(data);
    }
    ck_assert(n_flipped > 0 && n_flipped < 3 * N);
}

TEST(vectors_cannot_be_mirrored)
{
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .horizontal_flip = 1};
    gan_dataset *data = numbered(COUNT);
    gan_iterator *it = (gan_iterator *)&desc;

    expect_fails(gan_iterator_create(&it, data, &desc), GAN_ERR_SHAPE,
                 "horizontal_flip needs samples of rank 2 or more");
    ck_assert_ptr_null(it);
    gan_dataset_destroy(data);
}

/* ---- Normalisation ---- */

/* PyTorch divides a byte by 255, subtracts the mean and divides by std, each rounded to float. */
TEST(each_channel_of_bytes_has_its_mean_and_std)
{
    const float mean[3] = {0.4914f, 0.4822f, -2.385f}, std[3] = {0.2470f, 0.2435f, 17.5f};
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT};
    uint8_t bytes[3 * 256];
    float wanted[3 * 256];
    const gan_batch *batch;
    gan_dataset *data;
    gan_iterator *it;

    for (size_t c = 0; c < 3; c++)
        for (size_t b = 0; b < 256; b++) {
            volatile float x = (float)b / 255.0f;

            x = x - mean[c];
            bytes[c * 256 + b] = (uint8_t)b;
            wanted[c * 256 + b] = x / std[c];
        }
    memcpy(desc.mean, mean, sizeof mean);
    memcpy(desc.std, std, sizeof std);
    expect_ok(gan_dataset_create_bytes(&data, bytes, NULL, 1, gan_shape_3d(3, 16, 16), NULL));
    expect_ok(gan_iterator_create(&it, data, &desc));
    expect_ok(gan_iterator_next(it, &batch));
    expect_same_bits(batch->samples, wanted, sizeof wanted);
    gan_iterator_destroy(it);

    desc.std[1] = 0; /* selects this channel's default */
    desc.mean[1] = 0;
    for (size_t b = 0; b < 256; b++) wanted[256 + b] = ((float)b / 255.0f - 0.5f) / 0.5f;
    expect_ok(gan_iterator_create(&it, data, &desc));
    expect_ok(gan_iterator_next(it, &batch));
    expect_same_bits(batch->samples, wanted, sizeof wanted);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

TEST(samples_of_other_ranks_have_one_channel)
{
    const uint8_t bytes[8] = {0, 31, 63, 95, 127, 159, 191, 255};
    const gan_shape shapes[] = {{1, {8}}, {2, {8, 1}}, {4, {8, 1, 1, 1}}};
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .mean[0] = 0.25f, .std[0] = 2.385f};
    float wanted[8];

    desc.mean[1] = NAN; /* beyond the channels */
    for (size_t k = 0; k < 8; k++) wanted[k] = ((float)bytes[k] / 255.0f - 0.25f) / 2.385f;
    for (size_t i = 0; i < 3; i++) {
        const gan_batch *batch;
        gan_dataset *data;
        gan_iterator *it;

        expect_ok(gan_dataset_create_bytes(&data, bytes, NULL, 1, shapes[i], NULL));
        expect_ok(gan_iterator_create(&it, data, &desc));
        expect_ok(gan_iterator_next(it, &batch));
        expect_same_bits(batch->samples, wanted, sizeof wanted);
        ck_assert(gan_shape_equal(batch->shape, shapes[i]));
        gan_iterator_destroy(it);
        gan_dataset_destroy(data);
    }
}

TEST(floats_stay_as_they_are_unless_asked)
{
    const float numbers[8] = {2.385f, -0.0f, 1e-40f, -17.5f, 3e38f, 0.1f, 7.0f, -1e-3f};
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT};
    float wanted[8];
    const gan_batch *batch;
    gan_dataset *data;
    gan_iterator *it;

    expect_ok(gan_dataset_create_floats(&data, numbers, NULL, 2, gan_shape_3d(2, 1, 2), NULL));
    expect_ok(gan_iterator_create(&it, data, NULL));
    expect_ok(gan_iterator_next(it, &batch));
    ck_assert_uint_eq(batch->count, 2);
    expect_same_bits(batch->samples, numbers, sizeof numbers);
    gan_iterator_destroy(it);

    desc.mean[1] = 0.3f; /* the other channel keeps its default */
    desc.std[1] = 1.7f;
    for (size_t i = 0; i < 8; i++) wanted[i] = i % 4 < 2 ? numbers[i] : (numbers[i] - 0.3f) / 1.7f;
    expect_ok(gan_iterator_create(&it, data, &desc));
    expect_ok(gan_iterator_next(it, &batch));
    expect_close(batch->samples, wanted, 8, 0, 0);
    gan_iterator_destroy(it);

    desc.std[1] = 1e-3f;
    desc.std[0] = 1e-3f;
    expect_ok(gan_iterator_create(&it, data, &desc));
    expect_fails(gan_iterator_next(it, &batch), GAN_ERR_NONFINITE, "value 0 of sample 1 is inf");
    ck_assert_ptr_null(batch);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}
