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

/** Samples ready for a network.  Belongs to the iterator and lives until its next call. */
typedef struct gan_batch {
    size_t struct_size;    /**< sizeof(gan_batch) */
    size_t count;          /**< how many samples */
    gan_shape shape;       /**< of one sample */
    const float *samples;  /**< count samples, one after the other, normalised */
    const uint8_t *labels; /**< count labels; NULL without any, and where they have 16 bits */
    /**
     * Count labels of 16 bits; NULL when the dataset has none.  An iterator sets it beside
     * `labels`, too; whoever reads a batch takes `labels` where both are set, so that a host may
     * put its own there.  It is not looked at in a batch whose `struct_size` ends before it.
     */
    const uint16_t *labels16;
} gan_batch;
#define GAN_BATCH_INIT GAN_SIZED_INIT(gan_batch, 0, {0, {0, 0, 0, 0}}, 0, 0, 0)

/** GAN_BATCH_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_batch_init(gan_batch *batch, size_t struct_size);

/**
 * A walk through a dataset in batches.
 *
 * Made by gan_iterator_create(), ended by gan_iterator_destroy().  One thread at a time.
 */
typedef struct gan_iterator gan_iterator;

/** Settings of an iterator; start from GAN_ITERATOR_DESC_INIT. */
typedef struct gan_iterator_desc {
    size_t struct_size; /**< set by GAN_ITERATOR_DESC_INIT */
    /**
     * Samples in a batch; 0: 100.  Over the dataset's count: all of them.  The last batch of an
     * epoch has what remains; where that is a single sample, from which no layer can normalise a
     * batch, one of the batch before joins it: 100 samples by 33 are batches of 33, 33, 32 and 2.
     * With a batch_size of 2 and an odd count that can't be: use drop_last when such a layer is
     * trained.
     */
    size_t batch_size;
    int shuffle;   /**< 1: each epoch in its own random order.  0 */
    int drop_last; /**< 1: leave out a last batch that is not full; one must be full */
    uint64_t seed; /**< of the shuffle and of what is mirrored.  0 */
    /**
     * Each number x of channel c becomes (x - mean[c]) / std[c] (torchvision's Normalize); x is b /
     * 255 for bytes.  Samples of rank 3 have dim[0] channels, others one.  A std of 0 stands for
     * the default of its channel: mean 0.5 and std 0.5 for bytes, so that they reach from -1 to 1
     * as tanh does; mean 0 and std 1 for floats, which stay as they are.  A mean without a std is
     * refused.  Samples of more than 4 channels have the default in all of them.
     */
    float mean[4];
    float std[4];                   /**< finite, not negative; see mean */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    /**
     * 1: half of the samples, drawn anew in each epoch, are mirrored left to right (torchvision's
     * RandomHorizontalFlip).  Wants samples of rank 2 or more; the last dimension is the width.  0
     */
    int horizontal_flip;
    /**
     * Threads that decode the next batch while the host uses this one, with the calling thread, as
     * in gan_pool_create(); 1: all is decoded by gan_iterator_next().  They also call a host's
     * function that allows it (gan_dataset_desc, `concurrent`), and change samples as the settings
     * below say.  For samples in memory that stay as they are no thread is started.  0
     */
    size_t n_threads;
    /**
     * Random changes of each sample, drawn anew in each epoch, of shape [height, width] or
     * [channels, height, width]; all 0: none.  The first three are one bilinear mapping (as
     * torchvision's RandomAffine); beyond its edges a picture goes on as its outermost pixels are.
     *
     * crop: a part of 1 - crop to 1 of width and height is cut out, anywhere in the picture, and
     * scaled to its size; below 1.  0
     */
    float crop;
    float shift;    /**< moved by up to this part of width and height, each way, at most 1.  0 */
    float rotation; /**< turned by up to so many degrees, each way, at most 180.  0 */
    /**
     * torchvision's ColorJitter, in this order, for samples of bytes with 1 or 3 channels: each
     * factor is drawn from 1 - x to 1 + x; at most 1.  Saturation wants 3 channels.  0, 0, 0
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
 * Begin a walk.
 *
 * @param[out] out   Receives the iterator, yours to destroy; NULL on failure.
 * @param[in]  data  Lives on until the iterator ends, even if it is destroyed before.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` stands before the first batch of epoch 0.
 * @retval GAN_ERR_INVALID  `out` or `data` is NULL, a setting is out of range (it is named), or
 *                          more than 2^32 - 1 samples are to be shuffled.
 * @retval GAN_ERR_SHAPE    The samples have more than 4 channels and a mean or std is set, or are
 *                          vectors to be mirrored, or none of which settings of random changes are
 *                          for.
 * @retval GAN_ERR_NOMEM    No memory, or the system gave no thread.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_iterator_create(gan_iterator **out, const gan_dataset *data,
                                                      const gan_iterator_desc *desc);

/** End an iterator.  NULL is allowed.  @since 0.1 */
GAN_API void gan_iterator_destroy(gan_iterator *it);

/**
 * Get the next batch.
 *
 * @param[in,out] it     The iterator.
 * @param[out]    batch  Receives the batch, which lives until the iterator's next call; NULL unless
 *                       the result is GAN_OK.
 *
 * @retval GAN_OK             `*batch` is the next batch.
 * @retval GAN_END            The epoch is over; the next call gives the next epoch's first batch.
 * @retval GAN_ERR_INVALID    `it` or `batch` is NULL; or this is a child of the process that made
 *                            its threads, see gan_pool.
 * @retval GAN_ERR_IO         A host's source failed, or a file cannot be read any more.
 * @retval GAN_ERR_FORMAT     A file has changed since it was opened, and is damaged now.
 * @retval GAN_ERR_SHAPE      It has another size now, and none was asked for.
 * @retval GAN_ERR_NOMEM      No memory to decode a file.
 * @retval GAN_ERR_NONFINITE  A host's source delivered NaN or infinity, or a number became infinite
 *                            when it was divided by std.
 *
 * After an error the iterator stands where it stood: the next call tries the same batch again.
 *
 * Memory: none is taken, except to decode files (from malloc, by each thread that does).
 * Determinism: order, mirroring and random changes are functions of seed and epoch alone, whatever the
 * number of threads.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_iterator_next(gan_iterator *it, const gan_batch **batch);

/**
 * Return the number of the epoch that the walk is in, from 0; 0 for NULL.  It changes when
 * gan_iterator_next() has returned GAN_END.
 *
 * @since 0.1
 */
GAN_API uint64_t gan_iterator_epoch(const gan_iterator *it);

/** Return how many samples of the epoch have been given out; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_iterator_position(const gan_iterator *it);

/** Return how many batches an epoch has; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_iterator_batch_count(const gan_iterator *it);

/**
 * Go to a place in the walk, as if all batches before it had been given out.
 *
 * @param[in,out] it        The iterator.
 * @param[in]     epoch     From 0.
 * @param[in]     position  Samples of that epoch already given out: as many as there are before a
 *                          batch, or all of them, where GAN_END comes next.
 *
 * @retval GAN_OK           The next batch is the one there.
 * @retval GAN_ERR_INVALID  `it` is NULL, or no batch begins at `position`.  Nothing changed.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_iterator_seek(gan_iterator *it, uint64_t epoch,
                                                    size_t position);

GAN_END_DECLS

#endif
