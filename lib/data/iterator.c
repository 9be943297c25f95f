/* iterator.c - batches from a dataset, epoch after epoch. */
#include "data/iterator_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/digest_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "data/dataset_internal.h"
#include "math/pool_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    DEFAULT_BATCH = 100,
    MAX_CHANNELS = 4,
    BYTE_VALUES = 256,
    AHEAD = 2,
    AHEAD_BYTES = 4096,
    MAX_RANKS = 1024,
    DIGESTED = 8 /* samples of a dataset */
};

/* The normalisation of one channel. */
typedef struct channel {
    float mean;
    float std;
    float of_byte[BYTE_VALUES]; /* what each byte becomes */
} channel;

/* The next batch of a source that is read ahead: files that have to be decoded, or a host's
 * function that allows it.  A team of threads reads it while the host uses the previous one. */
typedef struct next_batch {
    gan_pool *pool;   /* NULL: nothing is read ahead */
    uint8_t *bytes;   /* of its samples, where these are bytes; */
    float *numbers;   /* else their numbers */
    uint16_t *labels; /* and labels */
    uint8_t *missing; /* for each of them: it could not be read */
    uint64_t epoch;
    size_t position;
    size_t count; /* 0: no batch is read ahead */
    size_t n_tasks;
    int running; /* the team is running: `order` must not change */
} next_batch;

struct gan_iterator {
    gan_allocator allocator;
    gan_dataset *data; /* a reference */
    gan_batch batch;
    float *samples;
    uint16_t *labels;
    uint8_t *byte_labels; /* the same, where all have room */
    size_t batch_size;    /* at most the number of samples */
    size_t end;           /* position at which an epoch is over */
    size_t rank, n_ranks; /* the rank whose samples of each batch are read */
    uint64_t epoch;
    size_t position;
    uint64_t seed;
    uint32_t *order; /* NULL when nothing is shuffled */
    uint64_t order_epoch;
    int order_known;     /* `order` is that of `order_epoch` */
    size_t n_channels;   /* of channels with separate normalisations */
    size_t channel_size; /* numbers of one channel in a sample */
    int normalises;      /* a channel has a mean other than 0 or a deviation other than 1 */
    int flips;
    gan__jitter jitter;
    float *aside; /* a sample for each thread, for random changes; NULL: there are none */
    next_batch next;
    channel channels[MAX_CHANNELS];
};

/* ---- Making ---- */

/* Determine mean and std of channel `c`, and the normalised value of each byte. */
static gan_status set_channel(gan_iterator *it, const gan_iterator_desc *d, size_t c)
{
    const int of_bytes = gan__dataset_is_bytes(it->data);
    const float default_value = of_bytes ? 0.5f : 0.0f;
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
    ch->std = d->std[c] > 0.0f ? d->std[c] : of_bytes ? 0.5f : 1.0f;
    it->normalises |= fabsf(ch->mean) > 0.0f || fabsf(ch->std - 1.0f) > 0.0f;
    if (!of_bytes) return GAN_OK;
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
    int is_set = 0;

    it->n_channels = shape.rank == 3 ? shape.dim[0] : 1;
    for (size_t c = 0; c < MAX_CHANNELS; c++)
        is_set |= !(fabsf(d->mean[c]) <= 0 && fabsf(d->std[c]) <= 0);
    if (it->n_channels > MAX_CHANNELS && is_set)
        return gan__fail(GAN_ERR_SHAPE,
                         "iterator: mean and std are for at most %d channels, samples have %zu; "
                         "without them all channels have the default",
                         MAX_CHANNELS, it->n_channels);
    if (it->n_channels > MAX_CHANNELS) it->n_channels = 1; /* one default for all numbers */
    it->channel_size = it->data->size / it->n_channels;
    it->flips = d->horizontal_flip != 0;
    if (it->flips && shape.rank < 2)
        return gan__fail(GAN_ERR_SHAPE,
                         "iterator: horizontal_flip needs samples of rank 2 or more, they are %s",
                         gan__shape_text_of(shape).text);
    for (size_t c = 0; c < it->n_channels; c++) {
        gan_status status = set_channel(it, d, c);
        if (status != GAN_OK) return status;
    }
    return GAN_OK;
}

/* Read the settings of random changes, once the channels are known. */
static gan_status set_jitter(gan_iterator *it, const gan_iterator_desc *d)
{
    const gan_shape shape = it->data->shape;
    gan__jitter *j = &it->jitter;

    *j = (gan__jitter){.crop = d->crop,
                       .shift = d->shift,
                       .rotation = d->rotation,
                       .brightness = d->brightness,
                       .contrast = d->contrast,
                       .saturation = d->saturation,
                       .channels = shape.rank == 3 ? shape.dim[0] : 1,
                       .height = shape.rank > 1 ? shape.dim[shape.rank - 2] : 1,
                       .width = shape.dim[shape.rank - 1]};
    for (size_t c = 0; c < it->n_channels; c++) {
        j->mean[c] = it->channels[c].mean;
        j->std[c] = it->channels[c].std;
    }
    return gan__jitter_check(j, shape, gan__dataset_is_bytes(it->data));
}

/* Determine how an epoch is cut into batches. */
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
                         "iterator: shuffle supports at most 4294967295 samples, there are %zu",
                         count);
    it->n_ranks = d->n_ranks > 0 ? d->n_ranks : 1;
    it->rank = d->rank;
    if (it->rank >= it->n_ranks || it->n_ranks > MAX_RANKS)
        return gan__fail(GAN_ERR_INVALID,
                         "iterator: rank %zu of %zu; 1 to %d ranks expected, counted from 0",
                         it->rank, it->n_ranks, MAX_RANKS);
    it->batch_size = wanted < count ? wanted : count;
    it->end = d->drop_last ? count - count % it->batch_size : count;
    it->seed = d->seed;
    return GAN_OK;
}

/* Allocate what a batch that is read ahead needs. */
static gan_status take_next(gan_iterator *it, size_t n_threads)
{
    next_batch *next = &it->next;
    const gan_allocator *allocator = &it->allocator;
    const size_t size = it->data->size;
    gan_status status = GAN_OK;

    if (gan__dataset_is_bytes(it->data) && !gan__jitter_is_on(&it->jitter)) {
        GAN_TRY(gan__alloc(&next->bytes, allocator, it->batch_size, size));
    } else {
        GAN_TRY(gan__alloc(&next->numbers, allocator, it->batch_size * size, sizeof(float)));
        GAN_TRY(gan__alloc(&next->labels, allocator, it->batch_size, sizeof *next->labels));
    }
    GAN_TRY(gan__alloc(&next->missing, allocator, it->batch_size, 1));
    GAN_TRY(gan_pool_create(&next->pool, n_threads, allocator));

cleanup:
    return status;
}

static gan_status take_memory(gan_iterator *it, const gan_iterator_desc *d)
{
    const size_t size = it->data->size;
    gan_status status = GAN_OK;

    if (it->batch_size > SIZE_MAX / size)
        return gan__fail(GAN_ERR_NOMEM,
                         "iterator: a batch of %zu samples of %zu numbers is too large",
                         it->batch_size, size);
    GAN_TRY(gan__alloc(&it->samples, &it->allocator, it->batch_size * size, sizeof *it->samples));
    if (it->data->has_labels)
        GAN_TRY(gan__alloc(&it->labels, &it->allocator, it->batch_size, sizeof *it->labels));
    if (gan_dataset_label_bits(it->data) == 8)
        GAN_TRY(gan__alloc(&it->byte_labels, &it->allocator, it->batch_size, 1));
    if (d->shuffle)
        GAN_TRY(gan__alloc(&it->order, &it->allocator, it->data->count, sizeof *it->order));
    if (it->data->access == GAN__ACCESS_AHEAD ||
        (it->data->access == GAN__ACCESS_MEMORY && gan__jitter_is_on(&it->jitter)))
        GAN_TRY(take_next(it, d->n_threads));
    if (gan__jitter_is_on(&it->jitter))
        GAN_TRY(gan__alloc(
            &it->aside, &it->allocator,
            gan__size_mul(size, it->next.pool ? gan_pool_thread_count(it->next.pool) : 1),
            sizeof *it->aside));

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
    gan__numeric numeric;

    if (!out) return gan__fail(GAN_ERR_INVALID, "iterator: out is NULL");
    *out = NULL;
    if (!data) GAN_TRY(gan__fail_null(GAN__DATASET, 1, "iterator: data is NULL"));
    GAN_TRY(gan__desc_read(&d, sizeof d, first_size, desc, "gan_iterator_desc"));
    GAN_TRY(gan__alloc_init(&allocator, d.allocator));
    GAN_TRY(gan__alloc(&it, &allocator, 1, sizeof *it));
    it->allocator = allocator;
    it->data = gan__dataset_retain(data);
    gan__numeric_enter(&numeric);
    status = set_channels(it, &d);
    if (status == GAN_OK) status = set_jitter(it, &d);
    gan__numeric_leave(&numeric);
    if (status != GAN_OK) goto cleanup;
    GAN_TRY(set_batches(it, &d));
    GAN_TRY(take_memory(it, &d));
    it->batch = (gan_batch){.struct_size = sizeof it->batch,
                            .shape = data->shape,
                            .samples = it->samples,
                            .labels = it->byte_labels,
                            .labels16 = it->labels};
    *out = it;
    it = NULL;

cleanup:
    gan_iterator_destroy(it);
    return gan__lost(GAN__ITERATOR, status);
}

void gan_iterator_destroy(gan_iterator *it)
{
    gan_allocator allocator;

    if (!it) return;
    allocator = it->allocator;
    if (it->next.running) gan__pool_end(it->next.pool);
    gan_pool_destroy(it->next.pool);
    gan__free(&allocator, it->next.missing);
    gan__free(&allocator, it->next.labels);
    gan__free(&allocator, it->next.numbers);
    gan__free(&allocator, it->next.bytes);
    gan__free(&allocator, it->aside);
    gan__free(&allocator, it->samples);
    gan__free(&allocator, it->labels);
    gan__free(&allocator, it->byte_labels);
    gan__free(&allocator, it->order);
    gan_dataset_destroy(it->data);
    gan__free(&allocator, it);
}

/* ---- Walking ---- */

/* Write the order of an epoch (Fisher and Yates), unless `order` is that already. */
static void shuffle(gan_iterator *it, uint64_t epoch)
{
    const uint32_t count = (uint32_t)it->data->count;
    const uint64_t first = epoch * count;

    if (!it->order || (it->order_known && it->order_epoch == epoch)) return;
    for (uint32_t i = 0; i < count; i++) it->order[i] = i;
    for (uint32_t i = count - 1; i > 0; i--) {
        uint32_t j = gan__rng_below(it->seed, GAN__STREAM_SHUFFLE, first + i, i + 1);
        uint32_t swapped = it->order[i];
        it->order[i] = it->order[j];
        it->order[j] = swapped;
    }
    it->order_epoch = epoch;
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
                     "iterator: value %zu of sample %zu is %g once mean and std are applied", bad,
                     index, (double)sample[bad]);
}

/* The index of the sample at `position` of the epoch in `order`. */
static size_t index_at(const gan_iterator *it, size_t position)
{
    return it->order ? it->order[position] : position;
}

/* Where the last batch begins.  If a single sample is left, which batch normalisation can't work
 * with, the last batch takes one of the batch before. */
static size_t last_batch(const gan_iterator *it)
{
    const size_t begin = (it->end - 1) / it->batch_size * it->batch_size;

    return it->end - begin == 1 && begin > 0 && it->batch_size > 2 ? begin - 1 : begin;
}

/* The number of samples in the batch that begins at `position`. */
static size_t count_at(const gan_iterator *it, size_t position)
{
    const size_t end = position < last_batch(it) ? last_batch(it) : it->end;

    return end - position < it->batch_size ? end - position : it->batch_size;
}

/* The samples of a batch of n that are this rank's. */
static size_t first_own(const gan_iterator *it, size_t n)
{
    return n * it->rank / it->n_ranks;
}

static size_t end_own(const gan_iterator *it, size_t n)
{
    return n * (it->rank + 1) / it->n_ranks;
}

/* Prefetch the bytes of the sample at `position`: in a shuffled epoch the processor can't predict
 * their addresses, and waiting for memory takes longer than normalising. */
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

/* Mirror a sample left to right, when the epoch's draw says so. */
static void flip(const gan_iterator *it, uint64_t epoch, size_t index, float *sample)
{
    const gan_shape shape = it->data->shape;
    const uint64_t place = epoch * it->data->count + index;
    const size_t width = it->flips ? shape.dim[shape.rank - 1] : 0;

    if (!it->flips || !(gan__rng_bits(it->seed, GAN__STREAM_FLIP, place) >> 31)) return;
    for (float *row = sample; row < sample + it->data->size; row += width)
        for (size_t left = 0, right = width - 1; left < right; left++, right--) {
            const float swapped = row[left];

            row[left] = row[right];
            row[right] = swapped;
        }
}

/* Apply the epoch's random changes to a sample; any thread may do it, each with a buffer of its
 * own. */
static void jitter(const gan_iterator *it, uint64_t epoch, size_t index, size_t thread,
                   float *sample)
{
    const uint64_t place = epoch * it->data->count + index;
    float drawn[GAN__JITTER_DRAWS];

    if (!it->aside) return;
    gan__rng_uniform(it->seed, GAN__STREAM_JITTER, 16 * place, GAN__JITTER_DRAWS, drawn);
    gan__jitter_apply(&it->jitter, drawn, sample, it->aside + thread * it->data->size);
}

/* Write a sample of floats and its label: one that was read ahead, or one that is read now. */
static gan_status fill_from_floats(gan_iterator *it, size_t index, size_t place, float *sample,
                                   uint16_t *label)
{
    const size_t size = it->data->size;
    gan_status status = GAN_OK;

    if (it->next.pool) {
        memcpy(sample, it->next.numbers + place * size, size * sizeof *sample);
        if (label) *label = it->next.labels[place];
        if (it->aside) return GAN_OK; /* the team has done all of it */
    } else {
        status = it->data->kind->read(it->data, index, sample, label);
    }
    if (status == GAN_OK) status = normalise(it, index, sample);
    if (status != GAN_OK) return status;
    flip(it, it->epoch, index, sample);
    jitter(it, it->epoch, index, 0, sample);
    return GAN_OK;
}

/* Write one sample to its place in the batch. */
static gan_status fill(gan_iterator *it, size_t index, size_t place)
{
    const gan_dataset *data = it->data;
    float *sample = it->samples + place * data->size;
    uint16_t *label = it->labels ? it->labels + place : NULL;
    gan_status status = GAN_OK;

    if (gan__dataset_is_bytes(data) && !it->aside) {
        fill_from_bytes(it,
                        data->kind->bytes ? data->kind->bytes(data, index)
                                          : it->next.bytes + place * data->size,
                        sample);
        if (label) *label = data->labels[index];
        flip(it, it->epoch, index, sample);
    } else {
        status = fill_from_floats(it, index, place, sample, label);
    }
    if (status != GAN_OK) return status;
    if (it->byte_labels) it->byte_labels[place] = (uint8_t)*label;
    return GAN_OK;
}

/* ---- Reading ahead ---- */

/* Read sample `i` of the next batch; where samples are changed at random, change and normalise it
 * too. */
static gan_status read_ahead(const gan_iterator *it, size_t i, size_t thread)
{
    const next_batch *next = &it->next;
    const gan_dataset *data = it->data;
    const size_t index = index_at(it, next->position + i);
    float *numbers;
    gan_status status;

    if (next->bytes) return data->kind->decode(data, index, next->bytes + i * data->size);
    numbers = next->numbers + i * data->size;
    status = data->kind->read(data, index, numbers, next->labels + i);
    if (status != GAN_OK || !it->aside) return status;
    status = normalise(it, index, numbers);
    if (status != GAN_OK) return status;
    flip(it, next->epoch, index, numbers);
    jitter(it, next->epoch, index, thread, numbers);
    return GAN_OK;
}

/* One thread's part of the next batch. */
static void read_part(void *context, size_t task, size_t worker)
{
    gan_iterator *it = context;
    next_batch *next = &it->next;

    for (size_t i = first_own(it, next->count) + task; i < end_own(it, next->count);
         i += next->n_tasks)
        next->missing[i] = read_ahead(it, i, worker) != GAN_OK;
}

/* Start the team on the batch at a position; at the end of an epoch, on the first of the next. */
static void begin_reading(gan_iterator *it, uint64_t epoch, size_t position)
{
    next_batch *next = &it->next;

    next->epoch = position < it->end ? epoch : epoch + 1;
    next->position = position < it->end ? position : 0;
    next->count = count_at(it, next->position);
    next->n_tasks = next->count < GAN__POOL_MAX_TASKS ? next->count : GAN__POOL_MAX_TASKS;
    next->running = 1;
    shuffle(it, next->epoch);
    gan__pool_begin(next->pool, read_part, it, next->n_tasks);
}

static void end_reading(gan_iterator *it)
{
    if (it->next.running) gan__pool_end(it->next.pool);
    it->next.running = 0;
}

/* Wait until the samples of the current batch are read.  Samples that the team could not read are
 * tried again, so that this thread has the message. */
static gan_status wait_for_batch(gan_iterator *it)
{
    next_batch *next = &it->next;

    end_reading(it);
    if (next->count == 0 || next->epoch != it->epoch || next->position != it->position) {
        begin_reading(it, it->epoch, it->position);
        end_reading(it);
    }
    for (size_t i = first_own(it, next->count); i < end_own(it, next->count); i++) {
        gan_status status = GAN_OK;

        if (next->missing[i]) status = read_ahead(it, i, 0);
        if (status != GAN_OK) return status;
        next->missing[i] = 0;
    }
    return GAN_OK;
}

static gan_status make_batch(gan_iterator *it)
{
    gan_status status = GAN_OK;
    size_t n;

    if (it->next.pool) GAN_TRY(wait_for_batch(it));
    shuffle(it, it->epoch);
    n = count_at(it, it->position);
    for (size_t i = first_own(it, n); i < end_own(it, n); i++) {
        fetch_ahead(it, it->position + i + AHEAD);
        GAN_TRY(fill(it, index_at(it, it->position + i), i));
    }
    it->batch.count = n;
    it->position += n;
    if (it->next.pool) begin_reading(it, it->epoch, it->position);

cleanup:
    return status;
}

gan_status gan_iterator_next(gan_iterator *it, const gan_batch **batch)
{
    gan_status status = GAN_OK;
    gan__numeric numeric;

    if (!batch) return gan__fail(GAN_ERR_INVALID, "iterator: batch is NULL");
    *batch = NULL;
    if (!it) return gan__fail_null(GAN__ITERATOR, 1, "iterator: it is NULL");
    GAN_TRY(gan__pool_check(it->next.pool));
    if (it->position == it->end) {
        it->epoch++;
        it->position = 0;
        return GAN_END;
    }
    gan__numeric_enter(&numeric);
    status = make_batch(it);
    gan__numeric_leave(&numeric);
    if (status == GAN_OK) *batch = &it->batch;

cleanup:
    return status;
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

/* The end of an epoch is a position too: that between its last batch and GAN_END. */
gan_status gan__iterator_check_place(const gan_iterator *it, uint64_t position)
{
    const size_t last = last_batch(it);

    if (position == it->end || position == last ||
        (position < last && position % it->batch_size == 0))
        return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "iterator: no batch begins at position %llu: they begin at multiples of %zu, "
                     "the last at %zu, and end at %zu",
                     (unsigned long long)position, it->batch_size, last, it->end);
}

uint64_t gan__iterator_place_before(const gan_iterator *it, uint64_t position)
{
    const size_t last = last_batch(it);

    if (position >= it->end) return it->end;
    return position >= last ? last : position - position % it->batch_size;
}

gan_status gan_iterator_seek(gan_iterator *it, uint64_t epoch, size_t position)
{
    gan_status status;

    if (!it) return gan__fail_null(GAN__ITERATOR, 1, "iterator: it is NULL");
    status = gan__iterator_check_place(it, position);
    if (status != GAN_OK) return status;
    it->epoch = epoch;
    it->position = position;
    return GAN_OK;
}

void gan__iterator_state(const gan_iterator *it, gan__state *s)
{
    char name[32];

    gan__state_text(s, "dataset_count", "%zu", it->data->count);
    gan__state_text(s, "dataset_shape", "%s", gan__shape_text_of(it->data->shape).text);
    gan__state_text(s, "batch_size", "%zu", it->batch_size);
    gan__state_text(s, "shuffle", "%d", it->order != NULL);
    gan__state_text(s, "drop_last", "%d", it->end < it->data->count);
    gan__state_text(s, "horizontal_flip", "%d", it->flips);
    gan__state_text(s, "seed", "%llu", (unsigned long long)it->seed);
    gan__jitter_state(&it->jitter, s);
    for (size_t c = 0; c < it->n_channels; c++) {
        snprintf(name, sizeof name, "mean.%zu", c);
        gan__state_float(s, name, it->channels[c].mean);
        snprintf(name, sizeof name, "std.%zu", c);
        gan__state_float(s, name, it->channels[c].std);
    }
}

/* The first sample, the last and some between, with their labels. */
gan_status gan__iterator_digest(const gan_iterator *it, uint64_t *digest)
{
    gan_status status = GAN_OK;
    const gan_dataset *data = it->data;
    float *sample = NULL;

    *digest = GAN__DIGEST_EMPTY;
    GAN_TRY(gan__alloc(&sample, &it->allocator, data->size, sizeof *sample));
    for (size_t i = 0; i < DIGESTED; i++) {
        const size_t index = (data->count - 1) * i / (DIGESTED - 1);
        uint16_t label = 0;

        GAN_TRY(data->kind->read(data, index, sample, data->has_labels ? &label : NULL));
        *digest = gan__digest_add(gan__digest_add_floats(*digest, sample, data->size), label);
    }

cleanup:
    gan__free(&it->allocator, sample);
    return status;
}

GAN__DEFINE_INIT(gan_batch_init, gan_batch, GAN_BATCH_INIT)
GAN__DEFINE_INIT(gan_iterator_desc_init, gan_iterator_desc, GAN_ITERATOR_DESC_INIT)
