/* reference.h - comparing generated samples with real ones. */
#ifndef GAN_REFERENCE_H
#define GAN_REFERENCE_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/pool.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * The features of real samples, with precomputed neighbourhoods, to compare any number of sets of
 * generated samples with them.
 *
 * Features are vectors that describe a sample, such as those of gan_classifier_features():
 * distances between samples are Euclidean distances between their features.  Results are comparable
 * only for the same features and the same numbers of samples.
 *
 *     gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = more, .n_held_out = n};
 *     gan_comparison c = {GAN_COMPARISON_INIT};
 *
 *     gan_reference_create(&real, features, n, 128, &desc);
 *     gan_reference_compare(real, of_generated, NULL, n, &c);
 *     printf("recall %.3f, of real samples %.3f\n", c.recall.value, c.recall.floor);
 *
 * Created by gan_reference_create(), destroyed by gan_reference_destroy().
 *
 * Threads: one at a time; different ones are independent.
 */
typedef struct gan_reference gan_reference;

/**
 * Progress callback, called by the calling thread while a reference is created or compared with.
 *
 * @param[in] user  The descriptor's `progress_user`.
 * @param[in] done  The fraction of the call that is done, 0 to 1.
 *
 * @return 0 to continue; any other value ends the call with GAN_ERR_CANCELLED.
 */
typedef int (*gan_reference_progress_fn)(void *user, double done);

/** Settings of a reference; start from GAN_REFERENCE_DESC_INIT. */
typedef struct gan_reference_desc {
    size_t struct_size; /**< set by GAN_REFERENCE_DESC_INIT */
    /**
     * Features of further real samples, copied.  They are compared in place of generated ones,
     * which gives each metric its floor.  Use samples that nothing was trained on, as many as will
     * be generated.  NULL: none, and the results that need them are NaN.
     */
    const float *held_out;
    size_t n_held_out; /**< how many; not read without `held_out`.  0 */
    /** Classes of the real samples, copied, below `n_classes`.  NULL: unknown. */
    const uint16_t *labels;
    size_t n_classes;                /**< 1 to 65536 with labels */
    const uint16_t *held_out_labels; /**< those of the held-out ones, copied.  NULL: unknown */
    size_t neighbors;  /**< k of the k-nearest-neighbour balls; 1 to 64.  0: 5 */
    int inclusive;     /**< 1: balls are closed: `<=` instead of `<`.  0 */
    double confidence; /**< of the intervals, above 0 and below 1.  0: 0.95 */
    gan_reference_progress_fn progress; /**< NULL: none */
    void *progress_user;                /**< passed to it */
    size_t n_threads; /**< of its own pool, as for gan_pool_create(); not read with `pool`.  0 */
    gan_pool *pool;   /**< borrowed, shared with other handles.  NULL: the reference creates one */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    size_t n_bins; /**< number of k-means cells, 2 to 1024 and at most n.  0: n / 10, but 2 to 50 */
    uint64_t seed; /**< of the initial k-means centres; results by bins are comparable only with the
                        same one.  0 */
    /** 1: skip the Fréchet distance, whose time and memory grow with the cube and the square of the
     * dimension: a tenth of a second for 128 features, a minute for 1024.  0 */
    int skip_frechet;
} gan_reference_desc;
#define GAN_REFERENCE_DESC_INIT                                                                    \
    GAN_SIZED_INIT(gan_reference_desc, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_REFERENCE_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_reference_desc_init(gan_reference_desc *desc, size_t struct_size);

/**
 * A metric of generated samples with its uncertainty, and its floor: the value for real samples.
 * Unknown fields are NaN.
 *
 * Intervals and standard errors are those over other samples of the same generator, for the same
 * real samples.
 */
typedef struct gan_estimate {
    double value;       /**< of the generated samples */
    double error;       /**< its standard error */
    double low;         /**< lower end of its interval, with the descriptor's confidence */
    double high;        /**< upper end */
    double floor;       /**< the same metric of held-out real samples instead of generated ones */
    double floor_error; /**< its standard error */
} gan_estimate;

/**
 * The metrics of a comparison; start from GAN_COMPARISON_INIT.
 *
 * The ball of a sample reaches to its k-th nearest neighbour in its own set, itself not counted.
 * Libraries differ in k, and in whether its surface belongs to it: prdc takes `<` and StudioGAN k =
 * 5 with it; torch-fidelity takes `<=` and k = 3, as Kynkäänniemi et al. did.
 *
 * No single metric is sufficient.  Precision and density favour washed-out samples and do not
 * detect missing ones; recall detects repeated samples, coverage a missing class.
 */
typedef struct gan_comparison {
    size_t struct_size; /**< set by GAN_COMPARISON_INIT */
    size_t n_reference; /**< real samples */
    size_t n_generated; /**< generated samples */
    size_t n_floor;     /**< held-out samples used for the floors: as many as generated, or all */
    size_t dimension;   /**< elements of a vector */
    size_t neighbors;   /**< k */
    /** Fraction of generated samples inside a real sample's ball (Kynkäänniemi et al., 2019). */
    gan_estimate precision;
    /** Fraction of real samples inside a generated sample's ball (ibid.). */
    gan_estimate recall;
    /** Mean number of real balls that a generated sample is in, divided by k (Naeem et al., 2020);
     * about 1 for real samples, and more is not better. */
    gan_estimate density;
    /** Fraction of real balls with a generated sample inside (ibid.). */
    gan_estimate coverage;
    /** Fraction of generated samples whose nearest real sample has the requested label, the first
     * of equally near ones.  NaN without both labels. */
    gan_estimate agreement;
    /** Kernel distance (KID): the unbiased squared maximum mean discrepancy with the kernel (x.y /
     * d + 1)^3 over all pairs (Binkowski et al., 2018); about 0 for real samples, so it may be
     * negative.  Its error is a jackknife estimate over 20 blocks, not over random subsets.  Its
     * rounding error is about 1e-8 of the kernel's mean, which is large where the features' mean is
     * large compared with their deviation. */
    gan_estimate kid;
    /** Median distance of a generated sample from its nearest real one, divided by that of a
     * held-out sample; far below 1 for copies of the real ones.  For its floor, and that of
     * `copying`, one half of the held-out samples takes the place of generated ones, the other half
     * remains.  NaN without held-out samples, or when half of these are among the real ones. */
    gan_estimate nn_ratio;
    /** z of the Mann-Whitney test that these distances have the same distribution as those of
     * held-out samples: standard normal when they have, far below 0 when samples are copied (C_T in
     * one cell, Meehan et al., 2020). */
    gan_estimate copying;
    /** Leave-one-out nearest-neighbour accuracy: the fraction of real samples whose nearest
     * neighbour in the union of both sets is real, and of generated ones whose nearest is generated
     * (Lopez-Paz and Oquab, 2017; Xu et al., 2018). Equally near ones count half.  Both are 1/2 for
     * equally many samples of one distribution; noise takes the first to 1 and the second to 0,
     * without changing their mean. */
    gan_estimate nn_real;
    gan_estimate nn_generated; /**< see `nn_real` */
    /** Fraction of generated samples that have another one nearer than half the median distance of
     * a real sample from its nearest (a birthday-paradox test as of Arora and Zhang, 2017, who
     * asked people). */
    gan_estimate duplicates;
    /** Fraction of bins whose share of the generated samples differs from that of the real ones, by
     * a two-proportion test at 0.05 (NDB, Richardson and Weiss, 2018): 1 in 20 or fewer by chance.
     * Bins are cells of k-means on the real samples.  Errors and intervals of this and the next two
     * assume independent bins. */
    gan_estimate bins_different;
    /** Bins in which generated samples are missing, all or many of them: fewer than any bin would
     * have by chance in 1 of 1000 comparisons. */
    gan_estimate bins_missing;
    /** The same for classes, where a sample's class is that of the nearest real one other than
     * itself.  NaN without labels of the real samples. */
    gan_estimate classes_missing;
    /** Fréchet distance: see gan_metrics_frechet().  Its error is a jackknife estimate over 10
     * groups. */
    gan_estimate frechet;
    /** The Fréchet distance extrapolated to infinitely many generated samples, on a line over 1 / n
     * through all and through nine tenths of them (Chong and Forsyth, 2020); may be negative. */
    gan_estimate frechet_limit;
} gan_comparison;
#define GAN_COMPARISON_INIT                                                                        \
    GAN_SIZED_INIT(gan_comparison, 0, 0, 0, 0, 0, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0},          \
                   {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, \
                   {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, \
                   {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}, \
                   {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0})

/** GAN_COMPARISON_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_comparison_init(gan_comparison *comparison, size_t struct_size);

/** A bin or a class: see gan_reference_bins(). */
typedef struct gan_reference_share {
    size_t reference; /**< real samples in it */
    size_t generated; /**< generated samples in it */
    double z;         /**< of the two-proportion test; below 0 when generated ones are missing */
} gan_reference_share;

/**
 * Create a reference of real samples.
 *
 * @param[out] out        Receives it, yours to destroy; NULL on failure.
 * @param[in]  vectors    The features of `n` real samples, one after the other; copied.
 * @param[in]  n          neighbors + 3 to 4194304.
 * @param[in]  dimension  Elements of a vector, 1 to 65535.
 * @param[in]  desc       Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             `*out` is a reference.
 * @retval GAN_ERR_INVALID    `out` or `vectors` is NULL, a count or setting is out of range, or a
 *                            label is not a valid class; the message names it.  Or `pool` was
 *                            created by the process that forked this one.
 * @retval GAN_ERR_NONFINITE  A value is NaN or infinite, or a vector longer than 6e18.
 * @retval GAN_ERR_NOMEM      No memory, or a thread could not be started.
 * @retval GAN_ERR_CANCELLED  `progress` cancelled the call.
 *
 * Time:    that of a matrix product of n x dimension by dimension x n.
 * Memory:  that of the vectors, 8 * k + 44 bytes for each, and 3 KiB for each element of a vector.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_reference_create(gan_reference **out, const float *vectors,
                                                       size_t n, size_t dimension,
                                                       const gan_reference_desc *desc);

/** Destroy a reference.  NULL is allowed.  @since 0.1 */
GAN_API void gan_reference_destroy(gan_reference *reference);

/**
 * Compare generated samples with the real ones.
 *
 * @param[in,out] reference   The reference.
 * @param[in]     vectors     The features of `n` generated samples, one after the other.
 * @param[in]     labels      The requested classes.  NULL: none.
 * @param[in]     n           neighbors + 3 to 4194304.
 * @param[in,out] comparison  Receives the results, as far as its struct_size has room.
 *
 * @retval GAN_OK             Done.
 * @retval GAN_ERR_INVALID    `reference`, `vectors` or `comparison` is NULL, `n` is out of range, a
 *                            label is not a valid class, there are labels here but none in the
 *                            reference, or `comparison` has no valid struct_size; or this process
 *                            was forked from the one that created its threads (see gan_pool).
 * @retval GAN_ERR_NONFINITE  A value is NaN or infinite, or a vector longer than 6e18.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_BUSY       Another call is comparing.
 * @retval GAN_ERR_CANCELLED  `progress` cancelled the call.
 *
 * After an error `*comparison` is as it was.
 *
 * Time:         that of three products of that size; of six when the floors have to be computed
 *               again, because the number of generated samples has changed.
 * Memory:       8 * k + 200 bytes for each generated and 12 for each real sample, as long as the
 *               call takes; never one for each pair.
 *               The Fréchet distance takes another 4 * dimension^2 doubles, and 4 * dimension^2
 *               for each thread.
 * Determinism:  all distances that affect a result are computed in double from the differences;
 *               products only rule pairs out.  So results are exactly those of the definitions,
 *               with the same bits on any number of threads and with any BLAS.  The kernel distance
 *               is computed from products of floats, by the library's own loops: the same bits on
 *               machines with the same instruction set.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_reference_compare(gan_reference *reference,
                                                        const float *vectors,
                                                        const uint16_t *labels, size_t n,
                                                        gan_comparison *comparison);

/**
 * Return the bins as of the latest comparison; before the first, with no generated samples.
 *
 * @param[in]  reference  NULL gives NULL and 0.
 * @param[out] n          How many there are.  NULL if not wanted.
 *
 * They belong to the reference, and change with its next comparison.
 *
 * @since 0.1
 */
GAN_API const gan_reference_share *gan_reference_bins(const gan_reference *reference, size_t *n);

/**
 * Return the classes as of the latest comparison, in the order of labels; NULL and 0 when the real
 * samples have no labels.  All else is as for gan_reference_bins().
 *
 * @since 0.1
 */
GAN_API const gan_reference_share *gan_reference_classes(const gan_reference *reference, size_t *n);

GAN_END_DECLS

#endif
