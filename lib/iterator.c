/* iterator.c - batches from a dataset, epoch after epoch. */
#include <gan/iterator.h>

#include "alloc_internal.h"
#include "dataset_internal.h"
#include "desc_internal.h"
#include "rng_internal.h"
#include "status_internal.h"

#include <math.h>
#include <string.h>

enum { DEFAULT_BATCH = 100, MAX_CHANNELS = 4, BYTE_VALUES = 256, AHEAD = 2, AHEAD_BYTES = 4096 };

/* How the numbers of one channel are normalised. */
typedef struct channel {
    float mean;
    float std;
    float of_byte[BYTE_VALUES]; /* what each byte becomes */
} channel;

struct gan_iterator {
    gan_allocator allocator;
    const gan_dataset *data;
    gan_batch batch;
    float *samples;
    uint8_t *labels;
    size_t batch_size; /* at most the number of samples */
    size_t end;        /* position at which an epoch is over */
    uint64_t epoch;
    size_t position;
    uint64_t seed;
    uint32_t *order; /* NULL when nothing is shuffled */
    uint64_t order_epoch;
    int order_known; /* `order` is that of `order_epoch` */
    size_t n_channels;
    size_t channel_size; /* numbers of one channel in a sample */
    int normalises;      /* numbers that are no bytes change at all */
    channel channels[MAX_CHANNELS];
};

/* ---- Making ---- */

/* Settle mean and std of channel `c`, and what they make of each byte. */
static gan_status set_channel(gan_iterator *it, const gan_iterator_desc *d, size_t c)
{
    const int is_bytes = it->data->kind->bytes != NULL;
    const float default_value = is_bytes ? 0.5f : 0.0f;
    channel *ch = &it->channels[c];

    if (!isfinite(d->mean[c]))
        return gan__fail(GAN_ERR_INVALID, "iterator: mean[%zu] is %g", c, (double)d->mean[c]);
    if (!isfinite(d->std[c]) || d->std[c] < 0.0f)
        return gan__fail(GAN_ERR_INVALID,
                         "iterator: std[%zu] must be finite and not negative, is %g", c,
                         (double)d->std[c]);
    if (!(d->std[c] > 0.0f) && fabsf(d->mean[c]) > 0.0f)
        return gan__fail(
            GAN_ERR_INVALID,
            "iterator: mean[%zu] is %g but std[%zu] is 0, which asks for the default of both", c,
            (double)d->mean[c], c);
    ch->mean = d->std[c] > 0.0f ? d->mean[c] : default_value;
    ch->std = d->std[c] > 0.0f ? d->std[c] : is_bytes ? 0.5f : 1.0f;
    it->normalises |= fabsf(ch->mean) > 0.0f || fabsf(ch->std - 1.0f) > 0.0f;
    if (!is_bytes) return GAN_OK;
    for (size_t b = 0; b < BYTE_VALUES; b++)
        ch->of_byte[b] = ((float)b / 255.0f - ch->mean) / ch->std;
    if (!isfinite(ch->of_byte[0]) || !isfinite(ch->of_byte[BYTE_VALUES - 1]))
        return gan__fail(GAN_ERR_INVALID,
                         "iterator: mean[%zu] %g and std[%zu] %g make infinity of a byte", c,
                         (double)ch->mean, c, (double)ch->std);
    return GAN_OK;
}

static gan_status set_channels(gan_iterator *it, const gan_iterator_desc *d)
{
    const gan_shape shape = it->data->shape;

    it->n_channels = shape.rank == 3 ? shape.dim[0] : 1;
    if (it->n_channels > MAX_CHANNELS)
        return gan__fail(GAN_ERR_SHAPE, "iterator: samples must have at most %d channels, have %zu",
                         MAX_CHANNELS, it->n_channels);
    it->channel_size = it->data->size / it->n_channels;
    for (size_t c = 0; c < it->n_channels; c++) {
        gan_status status = set_channel(it, d, c);
        if (status != GAN_OK) return status;
    }
    return GAN_OK;
}

/* Settle how an epoch is cut into batches. */
static gan_status set_batches(gan_iterator *it, const gan_iterator_desc *d)
{
    const size_t count = it->data->count;
    const size_t wanted = d->batch_size ? d->batch_size : DEFAULT_BATCH;

    if (d->drop_last && wanted > count)
        return gan__fail(GAN_ERR_INVALID,
                         "iterator: drop_last leaves nothing: batch_size is %zu, samples are %zu",
                         wanted, count);
    if (d->shuffle && count > UINT32_MAX)
        return gan__fail(GAN_ERR_INVALID,
                         "iterator: shuffle wants at most 4294967295 samples, there are %zu",
                         count);
    it->batch_size = wanted < count ? wanted : count;
    it->end = d->drop_last ? count - count % it->batch_size : count;
    it->seed = d->seed;
    return GAN_OK;
}

static gan_status take_memory(gan_iterator *it, int shuffle)
{
    const size_t size = it->data->size;
    gan_status status = GAN_OK;

    if (it->batch_size > SIZE_MAX / size)
        return gan__fail(GAN_ERR_NOMEM,
                         "iterator: a batch of %zu samples of %zu numbers is too large",
                         it->batch_size, size);
    GAN_TRY(gan__alloc(&it->samples, &it->allocator, it->batch_size * size, sizeof *it->samples));
    if (it->data->has_labels) GAN_TRY(gan__alloc(&it->labels, &it->allocator, it->batch_size, 1));
    if (shuffle)
        GAN_TRY(gan__alloc(&it->order, &it->allocator, it->data->count, sizeof *it->order));

cleanup:
    return status;
}

gan_status gan_iterator_create(gan_iterator **out, const gan_dataset *data,
                               const gan_iterator_desc *desc)
{
    const size_t first_size = offsetof(gan_iterator_desc, allocator) + sizeof desc->allocator;
    gan_status status = GAN_OK;
    gan_iterator_desc d = {GAN_ITERATOR_DESC_INIT};
    gan_allocator allocator;
    gan_iterator *it = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "iterator: out is NULL");
    *out = NULL;
    if (!data) return gan__fail(GAN_ERR_INVALID, "iterator: data is NULL");
    GAN_TRY(gan__desc_read(&d, sizeof d, first_size, desc, "gan_iterator_desc"));
    GAN_TRY(gan__alloc_init(&allocator, d.allocator));
    GAN_TRY(gan__alloc(&it, &allocator, 1, sizeof *it));
    it->allocator = allocator;
    it->data = data;
    GAN_TRY(set_channels(it, &d));
    GAN_TRY(set_batches(it, &d));
    GAN_TRY(take_memory(it, d.shuffle));
    it->batch = (gan_batch){sizeof it->batch, 0, data->shape, it->samples, it->labels};
    *out = it;
    it = NULL;

cleanup:
    gan_iterator_destroy(it);
    return status;
}

void gan_iterator_destroy(gan_iterator *it)
{
    gan_allocator allocator;

    if (!it) return;
    allocator = it->allocator;
    gan__free(&allocator, it->samples);
    gan__free(&allocator, it->labels);
    gan__free(&allocator, it->order);
    gan__free(&allocator, it);
}

/* ---- Walking ---- */

/* Write the order of the current epoch (Fisher and Yates), unless it stands there. */
static void shuffle(gan_iterator *it)
{
    const uint32_t count = (uint32_t)it->data->count;
    const uint64_t first = it->epoch * count;

    if (it->order_known && it->order_epoch == it->epoch) return;
    for (uint32_t i = 0; i < count; i++) it->order[i] = i;
    for (uint32_t i = count - 1; i > 0; i--) {
        uint32_t j = gan__rng_below(it->seed, GAN__STREAM_SHUFFLE, first + i, i + 1);
        uint32_t swapped = it->order[i];
        it->order[i] = it->order[j];
        it->order[j] = swapped;
    }
    it->order_epoch = it->epoch;
    it->order_known = 1;
}

/* Normalise a sample of bytes. */
static void fill_from_bytes(const gan_iterator *it, const uint8_t *bytes, float *out)
{
    for (size_t c = 0; c < it->n_channels; c++) {
        const float *of_byte = it->channels[c].of_byte;
        const size_t end = (c + 1) * it->channel_size;

        for (size_t i = c * it->channel_size; i < end; i++) out[i] = of_byte[bytes[i]];
    }
}

/* Normalise a sample of finite floats in place; with an extreme std that may overflow. */
static gan_status normalise(const gan_iterator *it, size_t index, float *sample)
{
    size_t bad;

    if (!it->normalises) return GAN_OK;
    for (size_t c = 0; c < it->n_channels; c++) {
        const channel *ch = &it->channels[c];
        const size_t end = (c + 1) * it->channel_size;

        for (size_t i = c * it->channel_size; i < end; i++)
            sample[i] = (sample[i] - ch->mean) / ch->std;
    }
    bad = gan__dataset_find_nonfinite(sample, it->data->size);
    if (bad == it->data->size) return GAN_OK;
    return gan__fail(GAN_ERR_NONFINITE,
                     "iterator: number %zu of sample %zu is %g once mean and std are applied", bad,
                     index, (double)sample[bad]);
}

/* The sample that stands at `position` of the current epoch. */
static size_t index_at(const gan_iterator *it, size_t position)
{
    return it->order ? it->order[position] : position;
}

/* Ask for the bytes of the sample at `position` ahead of their use: in a shuffled epoch no
 * processor guesses them, and waiting for memory takes longer than normalising. */
static void fetch_ahead(const gan_iterator *it, size_t position)
{
#if defined(__GNUC__)
    const gan_dataset *data = it->data;
    const size_t n = data->size < AHEAD_BYTES ? data->size : AHEAD_BYTES;

    if (!it->order || !data->kind->bytes || position >= it->end) return;
    for (size_t i = 0; i < n; i += GAN__ALIGNMENT)
        __builtin_prefetch(data->kind->bytes(data, index_at(it, position)) + i);
#else
    (void)it;
    (void)position;
#endif
}

/* Put one sample into its place in the batch. */
static gan_status fill(gan_iterator *it, size_t index, size_t place)
{
    const gan_dataset *data = it->data;
    float *sample = it->samples + place * data->size;
    uint8_t *label = it->labels ? it->labels + place : NULL;
    gan_status status;

    if (data->kind->bytes) {
        fill_from_bytes(it, data->kind->bytes(data, index), sample);
        if (label) *label = data->labels[index];
        return GAN_OK;
    }
    status = data->kind->read(data, index, sample, label);
    return status == GAN_OK ? normalise(it, index, sample) : status;
}

gan_status gan_iterator_next(gan_iterator *it, const gan_batch **batch)
{
    size_t n;

    if (!batch) return gan__fail(GAN_ERR_INVALID, "iterator: batch is NULL");
    *batch = NULL;
    if (!it) return gan__fail(GAN_ERR_INVALID, "iterator: it is NULL");
    if (it->position == it->end) {
        it->epoch++;
        it->position = 0;
        return GAN_END;
    }
    if (it->order) shuffle(it);
    n = it->end - it->position < it->batch_size ? it->end - it->position : it->batch_size;
    for (size_t i = 0; i < n; i++) {
        gan_status status;

        fetch_ahead(it, it->position + i + AHEAD);
        status = fill(it, index_at(it, it->position + i), i);
        if (status != GAN_OK) return status;
    }
    it->batch.count = n;
    it->position += n;
    *batch = &it->batch;
    return GAN_OK;
}

uint64_t gan_iterator_epoch(const gan_iterator *it)
{
    return it ? it->epoch : 0;
}

size_t gan_iterator_position(const gan_iterator *it)
{
    return it ? it->position : 0;
}

size_t gan_iterator_batch_count(const gan_iterator *it)
{
    return it ? (it->end - 1) / it->batch_size + 1 : 0;
}

/* The end of an epoch is a place too: a walk stands there between its last batch and GAN_END. */
gan_status gan_iterator_seek(gan_iterator *it, uint64_t epoch, size_t position)
{
    if (!it) return gan__fail(GAN_ERR_INVALID, "iterator: it is NULL");
    if (position != it->end && (position > it->end || position % it->batch_size != 0))
        return gan__fail(
            GAN_ERR_INVALID,
            "iterator: no batch begins at position %zu: wanted a multiple of %zu or the end, %zu",
            position, it->batch_size, it->end);
    it->epoch = epoch;
    it->position = position;
    return GAN_OK;
}
