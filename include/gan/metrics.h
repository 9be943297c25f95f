/* metrics.h - how close generated samples come to real ones. */
#ifndef GAN_METRICS_H
#define GAN_METRICS_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/pool.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * Mean and covariance of a set of vectors, collected part by part in double precision.
 *
 * Created by gan_moments_create(), filled by gan_moments_add(), destroyed by gan_moments_destroy().
 *
 * Threads: one at a time; different ones are independent.
 */
typedef struct gan_moments gan_moments;

/**
 * Create an empty collection.
 *
 * @param[out] out        Receives it, yours to destroy; NULL on failure.
 * @param[in]  dimension  Elements of a vector, 1 to 65535.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` holds no vector yet.
 * @retval GAN_ERR_INVALID  `out` is NULL, or `dimension` or `allocator` is invalid.
 * @retval GAN_ERR_NOMEM    No memory: about dimension * dimension / 2 doubles are taken.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_moments_create(gan_moments **out, size_t dimension,
                                                     const gan_allocator *allocator);

/** Destroy a collection.  NULL is allowed.  @since 0.1 */
GAN_API void gan_moments_destroy(gan_moments *moments);

/**
 * Add vectors.  Only their order matters, not the number of calls they come in: the bits are the
 * same.
 *
 * @param[in,out] moments  The collection.
 * @param[in]     vectors  `n` vectors, one after the other.
 * @param[in]     n        How many; 0 does nothing.
 *
 * @retval GAN_OK             They are in.
 * @retval GAN_ERR_INVALID    `moments` is NULL, or `vectors` is NULL while n > 0.
 * @retval GAN_ERR_NONFINITE  A value is NaN or infinite; the message names it, and no vector was
 *                            added.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_moments_add(gan_moments *moments, const float *vectors,
                                                  size_t n);

/** Return how many vectors were added; 0 for NULL.  @since 0.1 */
GAN_API uint64_t gan_moments_count(const gan_moments *moments);

/** Return the dimension of a vector; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_moments_dimension(const gan_moments *moments);

/** Return how many doubles gan_moments_save() writes; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_moments_state_size(const gan_moments *moments);

/**
 * Save the state of a collection: the moments of real samples are collected once, and later
 * programs compare generated samples with them.
 *
 * @param[in]  moments  The collection.
 * @param[out] state    Room for gan_moments_state_size() doubles: dimension, count, and the sums.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `moments` or `state` is NULL.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_moments_save(const gan_moments *moments, double *state);

/**
 * Restore the state that gan_moments_save() wrote, bit for bit; what the collection held before is
 * lost.
 *
 * @param[in,out] moments  A collection of the same dimension.
 * @param[in]     state    What was written.
 * @param[in]     n        How many doubles there are.
 *
 * @retval GAN_OK             Vectors may be added, as if nothing had happened in between.
 * @retval GAN_ERR_INVALID    `moments` or `state` is NULL, or the saved count is not a valid one.
 * @retval GAN_ERR_SHAPE      `n` or the state's dimension is another than the collection's.
 * @retval GAN_ERR_NONFINITE  A value is NaN or infinite, or a sum of squares negative.
 *
 * After an error the collection is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_moments_restore(gan_moments *moments, const double *state,
                                                      size_t n);

/**
 * Read the mean and the covariance (numpy.cov: sums of products divided by count - 1).
 *
 * @param[in]  moments     At least 2 vectors.
 * @param[out] mean        Room for `dimension` values.  NULL if not wanted.
 * @param[out] covariance  Room for dimension * dimension values, row by row.  NULL if not wanted.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `moments` is NULL or holds fewer than 2 vectors.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_moments_read(const gan_moments *moments, double *mean,
                                                   double *covariance);

/**
 * Compute the Fréchet distance of two sets of vectors, each modelled as a normal distribution with
 * its mean and covariance: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)).
 *
 * With the features of a classifier it measures how far generated samples are from real ones (FID:
 * Heusel et al., 2017, with the Inception network's features); see gan_classifier_features().
 * Distances are comparable only when their features come from one network.  0 means the same mean
 * and covariance, no more.  Two finite samples of one distribution are never at 0: their distance,
 * the floor, falls as 1 / count, so compare distances only for the same number of vectors.
 * Covariances may be singular, as with fewer vectors than dimensions.
 *
 * @param[out] distance  Receives it, at least 0.
 * @param[in]  a         At least 2 vectors.
 * @param[in]  b         At least 2 vectors of the same dimension; may be `a`.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `distance`, `a` or `b` is NULL, or one holds fewer than 2 vectors.
 * @retval GAN_ERR_SHAPE    The dimensions differ.
 * @retval GAN_ERR_NOMEM    No memory: 3 * dimension * dimension doubles are taken from `a`'s
 *                          allocator for as long as the call takes.
 *
 * After an error `*distance` is as it was.  The time grows with the cube of the dimension: a
 * hundredth of a second for 128 features, some seconds for 1024.
 *
 * Determinism: a function of the vectors and their order alone; no BLAS is called.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_metrics_frechet(double *distance, const gan_moments *a,
                                                      const gan_moments *b);

/** Settings of gan_metrics_sliced_wasserstein(); start from GAN_SLICED_DESC_INIT. */
typedef struct gan_sliced_desc {
    size_t struct_size; /**< set by GAN_SLICED_DESC_INIT */
    size_t patches;     /**< per image, at most 4096.  0: 128 */
    size_t projections; /**< random projection directions, at most 4096.  0: 512 */
    uint64_t seed;      /**< of patches and directions; distances are comparable only with the same
                             one.  0 */
    size_t n_threads;   /**< of its own pool, as for gan_pool_create(); not read with `pool`.  0 */
    gan_pool *pool;     /**< borrowed.  NULL: the call creates one */
    const gan_allocator *allocator; /**< NULL: malloc */
} gan_sliced_desc;
#define GAN_SLICED_DESC_INIT GAN_SIZED_INIT(gan_sliced_desc, 0, 0, 0, 0, 0, 0)

/** GAN_SLICED_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_sliced_desc_init(gan_sliced_desc *desc, size_t struct_size);

/**
 * Return how many pyramid levels images of a shape have: their size is halved as long as both sides
 * are even and 16 pixels remain.  0 for images with a side below 32, for others that can't be
 * halved, and for shapes that are not an image.
 *
 * @since 0.1
 */
GAN_API size_t gan_metrics_pyramid_levels(gan_shape shape);

/**
 * Compute the sliced Wasserstein distance of two sets of images on each level of a Laplacian
 * pyramid: whether patches of 7x7 pixels are distributed alike, from the finest detail (level 0) to
 * the coarsest shapes (SWD, Karras et al., 2018, who print it times 1000).
 *
 * It needs no feature extractor, and detects differences in sharpness and texture that features may
 * miss.  The distance of two sets of real images is its floor.
 *
 * @param[out] distances  Receives the distance on each level, the finest first.
 * @param[in]  n_levels   gan_metrics_pyramid_levels().
 * @param[in]  a          `n` images, one after the other.
 * @param[in]  b          `n` others.
 * @param[in]  n          1 to 32768.
 * @param[in]  shape      [h, w] or [c, h, w], of at most 64 channels.
 * @param[in]  desc       Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             Done.
 * @retval GAN_ERR_INVALID    `distances`, `a` or `b` is NULL, a count or a setting is out of range,
 *                            or `pool` was created by the process that forked this one.
 * @retval GAN_ERR_SHAPE      Such images have no levels, or `n_levels` is not their number of
 *                            levels.
 * @retval GAN_ERR_NONFINITE  A value is NaN or infinite; the message names it.
 * @retval GAN_ERR_NOMEM      No memory, or a thread could not be started.
 *
 * After an error `distances` is as it was.
 *
 * Memory:       256 bytes for each patch of an image, and 12 for each thread.
 * Determinism:  a function of the images, their order and the seed alone: the same bits on any
 *               number of threads, and with any BLAS, where the instruction set is the same.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_metrics_sliced_wasserstein(double *distances, size_t n_levels,
                                                                 const float *a, const float *b,
                                                                 size_t n, gan_shape shape,
                                                                 const gan_sliced_desc *desc);

GAN_END_DECLS

#endif
