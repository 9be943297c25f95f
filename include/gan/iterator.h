/* iterator.h - batches from a dataset, epoch after epoch. */
#ifndef GAN_ITERATOR_H
#define GAN_ITERATOR_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/dataset.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/** A batch of normalised samples.  It belongs to the iterator and is valid until its next call. */
typedef struct gan_batch {
    size_t struct_size;    /**< sizeof(gan_batch) */
    size_t count;          /**< number of samples */
    gan_shape shape;       /**< of one sample */
    const float *samples;  /**< count samples, one after the other, normalised */
    const uint8_t *labels; /**< count labels; NULL without labels, and where they have 16 bits */
    /**
     * Count labels of 16 bits; NULL when the dataset has none.  An iterator sets it beside
     * `labels`, too; readers of a batch use `labels` where both are set, so that a host may put its
     * own there.  It is ignored in a batch whose `struct_size` ends before it.
     */
    const uint16_t *labels16;
} gan_batch;
#define GAN_BATCH_INIT GAN_SIZED_INIT(gan_batch, 0, {0, {0, 0, 0, 0}}, 0, 0, 0)

/** GAN_BATCH_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_batch_init(gan_batch *batch, size_t struct_size);

/**
 * An iterator over a dataset in batches, epoch after epoch (PyTorch's DataLoader).
 *
 * Created by gan_iterator_create(), destroyed by gan_iterator_destroy().  One thread at a time.
 */
typedef struct gan_iterator gan_iterator;

/** Settings of an iterator; start from GAN_ITERATOR_DESC_INIT. */
typedef struct gan_iterator_desc {
    size_t struct_size; /**< set by GAN_ITERATOR_DESC_INIT */
    /**
     * Samples in a batch; 0: 100.  Larger than the dataset: all of it.  The last batch of an epoch
     * has the remaining samples; if that is a single one, which batch normalisation cannot work
     * with, one sample of the previous batch joins it: 100 samples by 33 are batches of 33, 33, 32
     * and 2. With a batch_size of 2 and an odd count that is impossible: use drop_last when
     * training such a layer.
     */
    size_t batch_size;
    int shuffle;   /**< 1: shuffle each epoch anew.  0 */
    int drop_last; /**< 1: drop a last batch that is not full; at least one must be full */
    uint64_t seed; /**< of shuffling and random changes.  0 */
    /**
     * Each value x of channel c becomes (x - mean[c]) / std[c] (torchvision's Normalize); x is b /
     * 255 for bytes.  Samples of rank 3 have dim[0] channels, others one.  A std of 0 means the
     * default of its channel: mean 0.5 and std 0.5 for bytes, giving the range -1 to 1 of tanh;
     * mean 0 and std 1 for floats, which are unchanged.  A mean without a std is refused.  Samples
     * of more than 4 channels use the default in all of them.
     */
    float mean[4];
    float std[4];                   /**< finite, not negative; see mean */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    /**
     * 1: half of the samples, drawn anew in each epoch, are mirrored left to right (torchvision's
     * RandomHorizontalFlip).  Needs samples of rank 2 or more; the last dimension is the width.  0
     */
    int horizontal_flip;
    /**
     * Threads, including the calling one, that prefetch: they decode the next batch while the host
     * uses this one; as for gan_pool_create(); 1: gan_iterator_next() decodes everything.  They
     * also call the host's callback if it allows that (gan_dataset_desc, `concurrent`), and apply
     * the random changes below.  For samples in memory without random changes no thread is started.
     * 0
     */
    size_t n_threads;
    /**
     * Random augmentation of each sample, drawn anew in each epoch, for the shapes [height, width]
     * and [channels, height, width]; all 0: none.  The first three are one bilinear mapping (as
     * torchvision's RandomAffine); beyond its edges an image repeats its outermost pixels.
     *
     * crop: a random crop of 1 - crop to 1 times width and height is resized to the full size;
     * below 1.  0
     */
    float crop;
    float shift;    /**< random shift by up to this fraction of width and height, each way, at most
                         1.  0 */
    float rotation; /**< random rotation by up to this many degrees, each way, at most 180.  0 */
    /**
     * torchvision's ColorJitter, in this order, for samples of bytes with 1 or 3 channels: each
     * factor is drawn from 1 - x to 1 + x; at most 1.  Saturation needs 3 channels.  0, 0, 0
     */
    float brightness;
    float contrast;   /**< see brightness */
    float saturation; /**< see brightness */
    /**
     * In one of several processes that train together (see gan_trainer_desc, `communicator`): read
     * the samples of this rank's shards alone, those from count rank / n_ranks on to count (rank +
     * 1) / n_ranks of each batch; the others are not filled in.  Batches are those of a single
     * process, whatever the number of ranks: a checkpoint knows nothing of it.  0
     */
    size_t rank;
    size_t n_ranks; /**< 0: 1 */
} gan_iterator_desc;
#define GAN_ITERATOR_DESC_INIT                                                                     \
    GAN_SIZED_INIT(gan_iterator_desc, 0, 0, 0, 0, {0, 0, 0, 0}, {0, 0, 0, 0}, 0, 0, 0, 0, 0, 0, 0, \
                   0, 0, 0, 0)

/** GAN_ITERATOR_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_iterator_desc_init(gan_iterator_desc *desc, size_t struct_size);

/**
 * Create an iterator.
 *
 * @param[out] out   Receives the iterator, yours to destroy; NULL on failure.
 * @param[in]  data  Reference-counted: may be destroyed before the iterator.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is positioned before the first batch of epoch 0.
 * @retval GAN_ERR_INVALID  `out` or `data` is NULL, a setting is out of range (the message names
 *                          it), or more than 2^32 - 1 samples are to be shuffled.
 * @retval GAN_ERR_SHAPE    The samples have more than 4 channels and a mean or std is set, are
 *                          vectors to be mirrored, or have a shape that the random augmentation
 *                          does not support.
 * @retval GAN_ERR_NOMEM    No memory, or a thread could not be started.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_iterator_create(gan_iterator **out, const gan_dataset *data,
                                                      const gan_iterator_desc *desc);

/** Destroy an iterator.  NULL is allowed.  @since 0.1 */
GAN_API void gan_iterator_destroy(gan_iterator *it);

/**
 * Get the next batch.
 *
 * @param[in,out] it     The iterator.
 * @param[out]    batch  Receives the batch, valid until the iterator's next call; NULL unless the
 *                       result is GAN_OK.
 *
 * @retval GAN_OK             `*batch` is the next batch.
 * @retval GAN_END            The epoch is over; the next call gives the next epoch's first batch.
 * @retval GAN_ERR_INVALID    `it` or `batch` is NULL; or this process was forked from the one that
 *                            created its threads (see gan_pool).
 * @retval GAN_ERR_IO         A callback source failed, or a file can no longer be read.
 * @retval GAN_ERR_FORMAT     A file has changed since it was opened, and is damaged now.
 * @retval GAN_ERR_SHAPE      It has another size now, and no size was requested.
 * @retval GAN_ERR_NOMEM      No memory to decode a file.
 * @retval GAN_ERR_NONFINITE  A callback source delivered NaN or infinity, or a value became
 *                            infinite when divided by std.
 *
 * After an error the position is unchanged: the next call tries the same batch again.
 *
 * Memory: allocates nothing, except to decode files (from malloc, in each decoding thread).
 * Determinism: order, mirroring and random changes are functions of seed and epoch alone, whatever the
 * number of threads.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_iterator_next(gan_iterator *it, const gan_batch **batch);

/**
 * Return the index of the current epoch, from 0; 0 for NULL.  It changes when gan_iterator_next()
 * returns GAN_END.
 *
 * @since 0.1
 */
GAN_API uint64_t gan_iterator_epoch(const gan_iterator *it);

/** Return how many samples of the epoch have been delivered; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_iterator_position(const gan_iterator *it);

/** Return how many batches an epoch has; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_iterator_batch_count(const gan_iterator *it);

/**
 * Set the position, as if all batches before it had been delivered.
 *
 * @param[in,out] it        The iterator.
 * @param[in]     epoch     From 0.
 * @param[in]     position  Samples of that epoch already delivered: the start of a batch, or all of
 *                          them, after which GAN_END comes next.
 *
 * @retval GAN_OK           The next batch is the one at that position.
 * @retval GAN_ERR_INVALID  `it` is NULL, or no batch begins at `position`.  Nothing changed.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_iterator_seek(gan_iterator *it, uint64_t epoch,
                                                    size_t position);

GAN_END_DECLS

#endif
