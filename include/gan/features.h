/* features.h - feature vectors of samples, without a network to download. */
#ifndef GAN_FEATURES_H
#define GAN_FEATURES_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/classifier.h>
#include <gan/pool.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A feature extractor: maps samples to vectors whose distances are meaningful, which gan_reference
 * compares.
 *
 * Each kind is blind to something, so use two: a classifier detects wrong classes; random
 * convolutions detect noise and artefacts, but hardly a missing class (Lee et al., 2022, find them
 * nearly as good as trained ones); means of pixels detect classes and contrast, but no fine noise.
 *
 * Made by a gan_features_create_...(), destroyed by gan_features_destroy().
 *
 * Threads: one at a time; different ones are independent.
 */
typedef struct gan_features gan_features;

/** Settings of all kinds; start from GAN_FEATURES_DESC_INIT. */
typedef struct gan_features_desc {
    size_t struct_size; /**< set by GAN_FEATURES_DESC_INIT */
    size_t n_threads;   /**< of its own pool, as for gan_pool_create(); not read with `pool`.  0 */
    gan_pool *pool;     /**< borrowed, shared with other handles.  NULL: it creates one */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_features_desc;
#define GAN_FEATURES_DESC_INIT GAN_SIZED_INIT(gan_features_desc, 0, 0, 0)

/** GAN_FEATURES_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_features_desc_init(gan_features_desc *desc, size_t struct_size);

/**
 * Use means of pixels as features: over the smallest square blocks that leave at most 256 values
 * per image.  28x28 pixels become 14x14, 32x32 of three channels 8x8.  Vectors are used as they
 * are.
 *
 * @param[out] out     Receives the features, yours to destroy; NULL on failure.
 * @param[in]  sample  Shape of a sample: [n], [h, w] or [c, h, w].
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` computes features.
 * @retval GAN_ERR_INVALID  `out` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_SHAPE    `sample` is another kind of shape.
 * @retval GAN_ERR_NOMEM    No memory, or a thread could not be started.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_features_create_pixels(gan_features **out, gan_shape sample,
                                                             const gan_features_desc *desc);

/**
 * Use the activations of two convolutions with random weights: mean and maximum of each of 32
 * channels after both, 128 features.  Kernels have 4x4 weights, stride 2, padding 1, drawn as by
 * GAN_INIT_KAIMING_NORMAL; leaky ReLUs of slope 0.2 follow.
 *
 * @param[out] out     Receives the features, yours to destroy; NULL on failure.
 * @param[in]  sample  Shape of a sample: [h, w] or [c, h, w] with sides of at least 8.
 * @param[in]  seed    Of the weights.
 * @param[in]  desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` computes features.
 * @retval GAN_ERR_INVALID  `out` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_SHAPE    `sample` is another kind of shape, or smaller.
 * @retval GAN_ERR_NOMEM    No memory, or a thread could not be started.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_features_create_random(gan_features **out, gan_shape sample,
                                                             uint64_t seed,
                                                             const gan_features_desc *desc);

/**
 * Use the features of a classifier: gan_classifier_features().
 *
 * @param[out]    out         Receives the features, yours to destroy; NULL on failure.
 * @param[in,out] classifier  Borrowed; it runs on its own pool, and must not be trained further, as
 *                            its hash is that of its weights now.
 * @param[in]     desc        Settings, of which the threads are not read, or NULL.
 *
 * @retval GAN_OK           `*out` computes features.
 * @retval GAN_ERR_INVALID  `out` or `classifier` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_features_create_classifier(gan_features **out,
                                                                 gan_classifier *classifier,
                                                                 const gan_features_desc *desc);

/** End features; borrowed objects are not destroyed.  NULL is allowed.  @since 0.1 */
GAN_API void gan_features_destroy(gan_features *features);

/** Return the dimension of a feature vector; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_features_count(const gan_features *features);

/** Return a description, such as "pixels 1x28x28 by 2", to report with results; it lives as long as
 * the features.  "" for NULL.  @since 0.1 */
GAN_API const char *gan_features_name(const gan_features *features);

/**
 * Return a hash of everything that a vector depends on except the sample: kind, shape, seed, and
 * the bits of weights.  Results are comparable only where it is the same.  0 for NULL.
 *
 * It is FNV-1a of 64 bits: it distinguishes different features, and is not cryptographic.
 *
 * @since 0.1
 */
GAN_API uint64_t gan_features_hash(const gan_features *features);

/**
 * Compute the features of samples.
 *
 * @param[in,out] features  The features.
 * @param[in]     samples   `n` samples, one after the other.
 * @param[in]     n         How many; 0 does nothing.
 * @param[out]    out       Room for `n` times gan_features_count() values.
 *
 * @retval GAN_OK             `out` is filled.
 * @retval GAN_ERR_INVALID    `features` is NULL, or `samples` or `out` is NULL while n > 0; or this
 *                            process was forked from the one that created its threads (see
 *                            gan_pool).
 * @retval GAN_ERR_NONFINITE  A value is NaN or infinite; the message names it, and `out` is as it
 *                            was.
 * @retval GAN_ERR_BUSY       Another call is computing, or the classifier is in use.
 *
 * Memory:       allocates nothing.
 * Determinism:  a sample has the same bits on any number of threads, and, but for a classifier's,
 *               whatever other samples are computed with it.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_features_compute(gan_features *features, const float *samples,
                                                       size_t n, float *out);

GAN_END_DECLS

#endif
