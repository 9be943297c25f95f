/* reference.h - real samples that generated ones are compared with. */
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
 * The features of real samples, with what is computed of them once, so that any number of sets of
 * generated samples can be compared with them.
 *
 * Features are vectors that say what a sample shows, such as gan_classifier_features(): distances
 * between samples are Euclidean distances between these.  Numbers compare only when their features
 * are of one kind, and as many samples are on both sides.
 *
 *     gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = more, .n_held_out = n};
 *     gan_comparison c = {GAN_COMPARISON_INIT};
 *
 *     gan_reference_create(&real, features, n, 128, &desc);
 *     gan_reference_compare(real, of_generated, NULL, n, &c);
 *     printf("recall %.3f, of real samples %.3f\n", c.recall.value, c.recall.floor);
 *
 * Made by gan_reference_create(), ended by gan_reference_destroy().
 *
 * Threads: one at a time; different ones are independent.
 */
typedef struct gan_reference gan_reference;

/**
 * Called now and then, by the thread that called the library, while a reference is made or
 * compared with.
 *
 * @param[in] user  What the descriptor has as `progress_user`.
 * @param[in] done  How much of the call is done, 0 to 1.
 *
 * @return 0 to go on; anything else ends the call with GAN_ERR_CANCELLED.
 */
typedef int (*gan_reference_progress_fn)(void *user, double done);

/** Settings of a reference; start from GAN_REFERENCE_DESC_INIT. */
typedef struct gan_reference_desc {
    size_t struct_size; /**< set by GAN_REFERENCE_DESC_INIT */
    /**
     * Features of further real samples, copied.  They stand in for generated ones, which gives each
     * number its floor.  Best of samples that nothing was trained on, and as many as will be
     * generated.  NULL: there are none, and what needs them is NaN.
     */
    const float *held_out;
    size_t n_held_out; /**< how many; not read without `held_out`.  0 */
    /** Classes of the real samples, copied, below `n_classes`.  NULL: not known. */
    const uint16_t *labels;
    size_t n_classes;                /**< 1 to 65536 with labels */
    const uint16_t *held_out_labels; /**< those of the held-out ones, copied.  NULL: not known */
    size_t neighbors;  /**< k: a ball reaches to its k-th nearest neighbour; 1 to 64.  0: 5 */
    int inclusive;     /**< balls have their surface: `<=` instead of `<`.  0 */
    double confidence; /**< of the intervals, above 0 and below 1.  0: 0.95 */
    gan_reference_progress_fn progress; /**< NULL: none */
    void *progress_user;                /**< handed to it */
    size_t n_threads; /**< of its own pool, as for gan_pool_create(); not read with `pool`.  0 */
    gan_pool *pool;   /**< borrowed, shared with other handles.  NULL: the reference makes one */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    size_t n_bins; /**< cells of k-means, 2 to 1024 and at most n.  0: n / 10, but 2 to 50 */
    uint64_t seed; /**< of the cells' first centres; part of what numbers of bins mean.  0 */
    /** Leave out the Fréchet distance, whose time and memory grow with the cube and the square of
     * the dimension: of 128 numbers it is a tenth of a second, of 1024 a minute.  0 */
    int skip_frechet;
} gan_reference_desc;
#define GAN_REFERENCE_DESC_INIT                                                                    \
    GAN_SIZED_INIT(gan_reference_desc, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_REFERENCE_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_reference_desc_init(gan_reference_desc *desc, size_t struct_size);

/**
 * A number about generated samples, how sure it is, and what it is for real ones.  What is not
 * known is NaN.
 *
 * Intervals say what other samples of the same generator would give, the real ones staying the
 * same; so do standard errors.
 */
typedef struct gan_estimate {
    double value;       /**< of the generated samples */
    double error;       /**< its standard error */
    double low;         /**< lower end of its interval, with the descriptor's confidence */
    double high;        /**< upper end */
    double floor;       /**< the same number, of held-out real samples instead of generated ones */
    double floor_error; /**< its standard error */
} gan_estimate;

/**
 * How generated samples compare with real ones; start from GAN_COMPARISON_INIT.
 *
 * The ball of a sample reaches to its k-th nearest neighbour in its own set, itself not counted.
 * Libraries differ in k, and in whether its surface belongs to it: prdc takes `<` and StudioGAN k =
 * 5 with it; torch-fidelity takes `<=` and k = 3, as Kynkäänniemi et al. did.
 *
 * No number says everything.  Precision and density prefer washed-out samples and don't see missing
 * ones; recall sees few samples repeated, coverage a missing class.
 */
typedef struct gan_comparison {
    size_t struct_size; /**< set by GAN_COMPARISON_INIT */
    size_t n_reference; /**< real samples */
    size_t n_generated; /**< generated samples */
    size_t n_floor;     /**< held-out samples behind the floors: as many as generated, or all */
    size_t dimension;   /**< numbers in a vector */
    size_t neighbors;   /**< k */
    /** Share of generated samples inside a real sample's ball (Kynkäänniemi et al., 2019). */
    gan_estimate precision;
    /** Share of real samples inside a generated sample's ball (ibid.). */
    gan_estimate recall;
    /** In how many real balls a generated sample is on average, divided by k (Naeem et al., 2020);
     * about 1 for real samples, and more is not better. */
    gan_estimate density;
    /** Share of real balls with a generated sample inside (ibid.). */
    gan_estimate coverage;
    /** Share of generated samples whose nearest real sample has the label they were asked for, the
     * first of equally near ones.  NaN without both labels. */
    gan_estimate agreement;
    /** Kernel distance: the unbiased squared maximum mean discrepancy with the kernel
     * (x.y / d + 1)^3 over all pairs (KID, Binkowski et al., 2018); about 0 for real samples, so it
     * may be negative.  Its error is the jackknife's over 20 blocks, not that of subsets.  It
     * is rounded by about 1e-8 of the mean of the kernel, which is large where the features' mean
     * is large beside their deviation. */
    gan_estimate kid;
    /** Median distance of a generated sample from its nearest real one, divided by that of a
     * held-out sample; far below 1 for copies of the real ones.  Of its floor, and of that of
     * `copying`, one half of the held-out samples stands in for generated ones, the other stays.
     * NaN without held-out samples, or when half of these are among the real ones. */
    gan_estimate nn_ratio;
    /** z of the Mann-Whitney test that these distances are drawn like those of held-out samples:
     * a standard normal number when they are, far below 0 when samples are copied (C_T in one cell,
     * Meehan et al., 2020). */
    gan_estimate copying;
    /** Share of real samples whose nearest neighbour of all, itself not counted, is real; and that
     * of generated ones whose nearest is generated (Lopez-Paz and Oquab, 2017; Xu et al., 2018).
     * Equally near ones count half.  Both are 1/2 for equally many samples of one distribution;
     * noise takes the first to 1 and the second to 0, and their mean stays. */
    gan_estimate nn_real;
    gan_estimate nn_generated; /**< see `nn_real` */
    /** Share of generated samples that have another one nearer than half the median distance of a
     * real sample from its nearest (Arora and Zhang, 2017, asked people). */
    gan_estimate duplicates;
    /** Bins that have another share of the generated samples than of the real ones, by a
     * two-proportion test at 0.05 (NDB, Richardson and Weiss, 2018): 1 in 20 or fewer by chance.
     * Bins are cells of k-means on the real samples.  Errors and intervals of this and the next two
     * take bins for independent. */
    gan_estimate bins_different;
    /** Bins of which generated samples are missing, all or a good part: fewer than in 1 of 1000
     * comparisons any of all bins would have by chance. */
    gan_estimate bins_missing;
    /** The same for classes, a sample's being that of the nearest real one other than itself.  NaN
     * without labels of the real samples. */
    gan_estimate classes_missing;
    /** Fréchet distance: see gan_metrics_frechet().  Its error is the jackknife's of 10 groups. */
    gan_estimate frechet;
    /** What the Fréchet distance goes to with ever more generated samples, on a line over 1 / n
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
 * Make a reference of real samples.
 *
 * @param[out] out        Receives it, yours to destroy; NULL on failure.
 * @param[in]  vectors    The features of `n` real samples, one after the other; copied.
 * @param[in]  n          neighbors + 3 to 4194304.
 * @param[in]  dimension  Numbers in a vector, 1 to 65535.
 * @param[in]  desc       Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             `*out` is a reference.
 * @retval GAN_ERR_INVALID    `out` or `vectors` is NULL, a count or setting is out of range, or a
 *                            label is no class; it is named.  Or `pool` was made by the process
 *                            that forked this one.
 * @retval GAN_ERR_NONFINITE  A number is NaN or infinite, or a vector longer than 6e18.
 * @retval GAN_ERR_NOMEM      No memory, or the system gave no thread.
 * @retval GAN_ERR_CANCELLED  `progress` said so.
 *
 * Time:    that of a product of n * dimension and dimension * n numbers.
 * Memory:  that of the vectors, 8 * k + 44 bytes for each, and 3 KiB for each number of a vector.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_reference_create(gan_reference **out, const float *vectors,
                                                       size_t n, size_t dimension,
                                                       const gan_reference_desc *desc);

/** End a reference.  NULL is allowed.  @since 0.1 */
GAN_API void gan_reference_destroy(gan_reference *reference);

/**
 * Compare generated samples with the real ones.
 *
 * @param[in,out] reference   The reference.
 * @param[in]     vectors     The features of `n` generated samples, one after the other.
 * @param[in]     labels      The classes that they were asked for.  NULL: none.
 * @param[in]     n           neighbors + 3 to 4194304.
 * @param[in,out] comparison  Receives the numbers, as many as its struct_size has room for.
 *
 * @retval GAN_OK             Done.
 * @retval GAN_ERR_INVALID    `reference`, `vectors` or `comparison` is NULL, `n` is out of range, a
 *                            label is no class, there are labels here and none in the reference, or
 *                            `comparison` has no valid struct_size; or this is a child of the
 *                            process that made its threads, see gan_pool.
 * @retval GAN_ERR_NONFINITE  A number is NaN or infinite, or a vector longer than 6e18.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_BUSY       Another call is comparing.
 * @retval GAN_ERR_CANCELLED  `progress` said so.
 *
 * After an error `*comparison` is as it was.
 *
 * Time:         that of three products of that size; of twice as many when the number of held-out
 *               samples that stand in for generated ones is another than last time.
 * Memory:       8 * k + 200 bytes for each generated and 12 for each real sample, as long as the
 *               call takes; never one for each pair.
 *               The Fréchet distance takes another 4 * dimension^2 doubles, and 4 * dimension^2
 *               for each thread.
 * Determinism:  all distances that count are computed in double from the differences, products
 *               only rule out pairs.  So numbers are those of the definitions, the same bits on any
 *               number of threads and with any BLAS.  The kernel distance is of products of floats,
 *               by the library's own loops: the same bits on machines with the same instruction
 *               set.
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
