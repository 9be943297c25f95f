/* numbered.c - a dataset whose samples contain their index. */
#include "numbered.h"

#include "expect.h"

/* `count` samples of one number, sample i being the byte i, labelled 200 - i. */
gan_dataset *numbered(size_t count)
{
    uint8_t bytes[256], labels[256];
    gan_dataset *data;

    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)i;
        labels[i] = (uint8_t)(200 - i);
    }
    expect_ok(gan_dataset_create_bytes(&data, bytes, labels, count, gan_shape_1d(1), NULL));
    return data;
}

gan_iterator *walk(const gan_dataset *data, size_t batch_size, int shuffle, int drop_last,
                   uint64_t seed)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .batch_size = batch_size,
                                    .shuffle = shuffle, .drop_last = drop_last, .seed = seed,
                                    .std[0] = 1.0f / 255.0f}; /* byte i is read as about i */
    gan_iterator *it;

    expect_ok(gan_iterator_create(&it, data, &desc));
    return it;
}

/* The index of the sample of numbered() with this value. */
size_t index_of(float number)
{
    return (size_t)(number + 0.5f);
}

/* Iterate to the end of the epoch and write the samples' indices.  Returns their number. */
size_t rest_of_epoch(gan_iterator *it, size_t *order)
{
    const gan_batch *batch;
    gan_status status;
    size_t n = 0;

    while ((status = gan_iterator_next(it, &batch)) == GAN_OK)
        for (size_t i = 0; i < batch->count; i++) order[n++] = index_of(batch->samples[i]);
    expect_status(status, GAN_END);
    ck_assert_ptr_null(batch);
    return n;
}
