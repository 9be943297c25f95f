/* metrics.h - how close generated samples come to real ones. */
#ifndef GAN_METRICS_H
#define GAN_METRICS_H

#include <gan/alloc.h>
#include <gan/export.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * Mean and covariance of a set of vectors, collected part by part in double precision.
 *
 * Made by gan_moments_create(), filled by gan_moments_add(), ended by gan_moments_destroy().
 *
 * Threads: one at a time; different ones are independent.
 */
typedef struct gan_moments gan_moments;

/**
 * Make an empty collection.
 *
 * @param[out] out        Receives it, yours to destroy; NULL on failure.
 * @param[in]  dimension  Numbers in a vector, 1 to 65535.
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

/** End a collection.  NULL is allowed.  @since 0.1 */
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
 * @retval GAN_ERR_NONFINITE  A number is NaN or infinite; it is named, and no vector was added.
 *
 * Memory: none is taken.
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
 * Copy out all that a collection consists of, so that it can be kept: those of real samples are
 * collected once, and a program that comes later compares generated ones with them.
 *
 * @param[in]  moments  The collection.
 * @param[out] state    Room for gan_moments_state_size() numbers: dimension, count, and the sums.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `moments` or `state` is NULL.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_moments_save(const gan_moments *moments, double *state);

/**
 * Make a collection what another was when gan_moments_save() wrote it, to the last bit; what it
 * held is gone.
 *
 * @param[in,out] moments  A collection of the same dimension.
 * @param[in]     state    What was written.
 * @param[in]     n        How many numbers there are.
 *
 * @retval GAN_OK             Vectors may be added, as if nothing had happened in between.
 * @retval GAN_ERR_INVALID    `moments` or `state` is NULL, or the count is none.
 * @retval GAN_ERR_SHAPE      `n` or the state's dimension is another than the collection's.
 * @retval GAN_ERR_NONFINITE  A number is NaN or infinite, or a sum of squares negative.
 *
 * After an error the collection is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_moments_restore(gan_moments *moments, const double *state,
                                                      size_t n);

/**
 * Copy out the mean and the covariance (numpy.cov: sums of products divided by count - 1).
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
 * Compute the Fréchet distance of two sets of vectors, each taken for a normal distribution with
 * its mean and covariance: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)).
 *
 * With the features of a classifier it says how far generated samples are from real ones in what
 * they show (Heusel et al., 2017, with the Inception network's); see gan_classifier_features().
 * Distances compare only when their features come from one network.  0 means the same mean and
 * covariance, no more; and two samples of the same kind are never at 0: their distance, the floor,
 * falls as 1 / count, so use as many vectors on both sides whenever distances are compared.
 * Covariances may be singular, as those of fewer vectors than dimensions are.
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
 * After an error `*distance` is as it was.  The time grows as the cube of the dimension: that of
 * 128 features is a hundredth of a second, that of 1024 some seconds.
 *
 * Determinism: a function of the vectors and their order alone; no BLAS takes part.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_metrics_frechet(double *distance, const gan_moments *a,
                                                      const gan_moments *b);

GAN_END_DECLS

#endif
