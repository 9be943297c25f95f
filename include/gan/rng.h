/* rng.h - seeded streams of random numbers. */
#ifndef GAN_RNG_H
#define GAN_RNG_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A stream of random numbers that is a pure function of (seed, stream, position).
 *
 * The generator is Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * 2011): position n can be computed without the n before it, so a stream is saved by saving its
 * position, and streams with other numbers are independent.  Each value that is drawn advances the
 * position by one, whatever its kind.
 *
 * Created by gan_rng_create(), destroyed by gan_rng_destroy().  One thread at a time; different
 * streams are independent.
 *
 * Draws fail only for invalid arguments, so a host that knows its arguments may ignore their
 * statuses.  After an error the stream and the output are as they were.
 */
typedef struct gan_rng gan_rng;

/**
 * Create a stream at position 0.
 *
 * @param[out] out        Receives the stream, yours to destroy; NULL on failure.
 * @param[in]  seed       Any number.  The same seed and stream give the same values always.
 * @param[in]  stream     Stream number: distinguishes streams of one seed.  The library itself uses
 *                        numbers from 2^63 on; those below are the host's.
 * @param[in]  allocator  Memory functions, or NULL for malloc's.
 *
 * @retval GAN_OK           `*out` is a stream.
 * @retval GAN_ERR_INVALID  `out` is NULL, or `allocator` lacks a function.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_rng_create(gan_rng **out, uint64_t seed, uint64_t stream,
                                                 const gan_allocator *allocator);

/** Destroy a stream.  NULL is allowed.  @since 0.1 */
GAN_API void gan_rng_destroy(gan_rng *rng);

/**
 * Draw `n` values uniformly from [0, 1): multiples of 2^-24, never 1.
 *
 * @param[in,out] rng  The stream; moves by `n`.
 * @param[in]     n    How many; 0 does nothing.
 * @param[out]    out  Room for `n`.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  `rng` is NULL, or `out` while n > 0.
 *
 * @since 0.1
 */
GAN_API gan_status gan_rng_uniform(gan_rng *rng, size_t n, float *out);

/**
 * Draw `n` standard normal values (mean 0, variance 1; Box-Muller, so that |x| < 5.8).
 *
 * @param[in,out] rng  The stream; moves by `n`.
 * @param[in]     n    How many; 0 does nothing.
 * @param[out]    out  Room for `n`.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  `rng` is NULL, or `out` while n > 0.
 *
 * @since 0.1
 */
GAN_API gan_status gan_rng_normal(gan_rng *rng, size_t n, float *out);

/**
 * Draw `n` values of the standard normal distribution truncated at -bound and bound, by the inverse
 * of its distribution function: the truncation trick (Brock et al., 2018), latent vectors for
 * better but less varied samples.
 *
 * @param[in,out] rng    The stream; moves by `n`.
 * @param[in]     bound  Above 0; infinity is no bound.
 * @param[in]     n      How many; 0 does nothing.
 * @param[out]    out    Room for `n`.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  `bound` is out of range, `rng` is NULL, or `out` while n > 0.
 *
 * @since 0.1
 */
GAN_API gan_status gan_rng_truncated_normal(gan_rng *rng, double bound, size_t n, float *out);

/**
 * Draw one integer uniformly from 0 .. bound-1, without modulo bias.
 *
 * @param[in,out] rng    The stream; moves by one.  With NULL the result is 0.
 * @param[in]     bound  Upper bound, exclusive; 0 gives 0.
 *
 * @since 0.1
 */
GAN_API uint32_t gan_rng_below(gan_rng *rng, uint32_t bound);

/**
 * Draw `n` labels.
 *
 * @param[in,out] rng        The stream; moves by `n`.
 * @param[in]     n_classes  1 to 256.
 * @param[in]     weights    Relative probability of each class, in any unit, such as counts: finite
 *                           values, not negative and not all 0.  NULL: all the same.
 * @param[in]     n          How many; 0 does nothing.
 * @param[out]    labels     Room for `n`.
 *
 * @retval GAN_OK           `labels` is filled.
 * @retval GAN_ERR_INVALID  `n_classes` or `weights` are out of range, `rng` is NULL, or `labels`
 *                          while n > 0.
 *
 * @since 0.1
 */
GAN_API gan_status gan_rng_labels(gan_rng *rng, size_t n_classes, const double *weights, size_t n,
                                  uint8_t *labels);

/**
 * Draw `n` labels of 16 bits: gan_rng_labels() for 1 to 65536 classes.
 *
 * Arguments and results are those of gan_rng_labels(), and for up to 256 classes so are the labels.
 *
 * @since 0.1
 */
GAN_API gan_status gan_rng_labels16(gan_rng *rng, size_t n_classes, const double *weights, size_t n,
                                    uint16_t *labels);

/** Return how many values have been drawn; 0 for NULL.  @since 0.1 */
GAN_API uint64_t gan_rng_position(const gan_rng *rng);

/**
 * Set the position; the values from there on are always the same.
 *
 * @retval GAN_OK           The next value is the one there.
 * @retval GAN_ERR_INVALID  `rng` is NULL.
 *
 * @since 0.1
 */
GAN_API gan_status gan_rng_seek(gan_rng *rng, uint64_t position);

GAN_END_DECLS

#endif
