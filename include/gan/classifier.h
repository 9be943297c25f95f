/* classifier.h - supervised training of a classifier. */
#ifndef GAN_CLASSIFIER_H
#define GAN_CLASSIFIER_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/iterator.h>
#include <gan/network.h>
#include <gan/optimizer.h>
#include <gan/pool.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A network with one logit per class, and what is needed to train and evaluate it and to extract
 * features.
 *
 * The features of a sample are the activations before the last layer with weights;
 * gan_metrics_frechet() compares sets of them.
 *
 * Created by gan_classifier_create(), destroyed by gan_classifier_destroy().
 *
 * Threads: one at a time; separate classifiers may run on separate host threads at once when they
 * share no network or optimizer.  While a call runs, OpenBLAS is set to one thread for the whole
 * process, and restored when the last such call returns.
 */
typedef struct gan_classifier gan_classifier;

/** Settings of a classifier; start from GAN_CLASSIFIER_DESC_INIT. */
typedef struct gan_classifier_desc {
    size_t struct_size;     /**< set by GAN_CLASSIFIER_DESC_INIT */
    size_t batch_size;      /**< the largest batch a step can take; 0: 100 */
    uint64_t seed;          /**< of dropout.  0 */
    double label_smoothing; /**< 0 to 1; see gan_loss_cross_entropy().  0 */
    /**
     * Features are the output of the first this many layers, counted as in gan_network_summary();
     * 0: of those before the last layer that has weights.
     */
    size_t feature_layers;
    size_t n_threads; /**< of its own pool, as for gan_pool_create(); not read with `pool`.  0 */
    gan_pool *pool;   /**< borrowed, shared with other handles.  NULL: the classifier creates one */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_classifier_desc;
#define GAN_CLASSIFIER_DESC_INIT GAN_SIZED_INIT(gan_classifier_desc, 0, 0, 0, 0, 0, 0, 0)

/** GAN_CLASSIFIER_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_classifier_desc_init(gan_classifier_desc *desc, size_t struct_size);

/** The statistics of a step or of an evaluation; start from GAN_CLASSIFIER_STATS_INIT. */
typedef struct gan_classifier_stats {
    size_t struct_size; /**< set by GAN_CLASSIFIER_STATS_INIT */
    uint64_t steps;     /**< updates so far, this one included */
    size_t count;       /**< samples that the following are means over */
    double loss;        /**< mean cross-entropy; an evaluation's is without label smoothing */
    double accuracy;    /**< fraction of samples whose largest logit is that of the label */
    double grad_norm;   /**< Euclidean norm of the step's whole gradient; an evaluation's is 0 */
} gan_classifier_stats;
#define GAN_CLASSIFIER_STATS_INIT GAN_SIZED_INIT(gan_classifier_stats, 0, 0, 0, 0, 0)

/** GAN_CLASSIFIER_STATS_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_classifier_stats_init(gan_classifier_stats *stats, size_t struct_size);

/**
 * Create a classifier, completing the network and binding the optimizer.
 *
 * Any error made while building the network is reported here.
 *
 * @param[out]    out   Receives the classifier, yours to destroy; NULL on failure.
 * @param[in,out] net   A sample in, one logit for each of 2 to 65536 classes out, without a
 *                      softmax.  Borrowed.
 * @param[in,out] opt   Its optimizer.  Borrowed.  NULL: the classifier cannot be trained, and takes
 *                      no memory for that.
 * @param[in]     desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is a classifier.
 * @retval GAN_ERR_INVALID  `out` or `net` is NULL, the network has no weights or uses labels (see
 *                          gan_network_class_count()), or a setting is out of range; the message
 *                          names it.
 * @retval GAN_ERR_SHAPE    The network has fewer than 2 or more than 65536 outputs, the optimizer
 *                          is bound to another number of parameters, or it is to be trained with a
 *                          `batch_size` of 1, which a layer, which the message names, can't
 *                          normalise (see gan_layer_batch_norm()).
 * @retval GAN_ERR_NOMEM    No memory, none for the BLAS's buffers, or a thread could not be
 *                          started.
 * @retval other            The first failure of gan_network_add().
 *
 * The borrowed objects must outlive the classifier.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_classifier_create(gan_classifier **out, gan_network *net,
                                                        gan_optimizer *opt,
                                                        const gan_classifier_desc *desc);

/**
 * Compute exactly how much memory gan_classifier_create() would take: the sum of the requests to
 * its allocator and to that of the optimizer, which it binds.  No step or evaluation takes more.
 *
 * @param[out]    bytes  Receives the sum.
 * @param[in,out] net    As for gan_classifier_create(); completed when it is not.
 * @param[in]     opt    Bound or not, it stays so; or NULL.
 * @param[in]     desc   As for gan_classifier_create(); its allocator is not called.
 *
 * @retval GAN_OK           `*bytes` is filled.
 * @retval GAN_ERR_INVALID  `bytes` is NULL, or as gan_classifier_create().
 * @retval GAN_ERR_NOMEM    The sum does not fit in a size_t.
 * @retval other            As gan_classifier_create(); `*bytes` is as it was.
 *
 * Threads: no other call may use `net` or `opt` meanwhile.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_classifier_memory(size_t *bytes, gan_network *net,
                                                        const gan_optimizer *opt,
                                                        const gan_classifier_desc *desc);

/** Destroy a classifier; borrowed objects are not destroyed.  NULL is allowed.  @since 0.1 */
GAN_API void gan_classifier_destroy(gan_classifier *classifier);

/** Return how many classes there are; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_classifier_class_count(const gan_classifier *classifier);

/** Return how many features a sample has; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_classifier_feature_count(const gan_classifier *classifier);

/**
 * Train the network once on a batch with labels.
 *
 * @param[in,out] classifier  The classifier.
 * @param[in]     batch       1 to `batch_size` samples with labels.
 * @param[in,out] stats       Receives the step's statistics, as far as its struct_size has room;
 *                            computed before the update, in training mode.  NULL if not wanted.
 *
 * @retval GAN_OK             The network was updated.
 * @retval GAN_ERR_INVALID    `classifier`, `batch`, its samples or its labels is NULL, the batch is
 *                            empty, a label is not a valid class (the message names it), the
 *                            classifier was made without an optimizer, or `stats` has no valid
 *                            struct_size; or this process was forked from the one that created its
 *                            threads (see gan_pool).
 * @retval GAN_ERR_SHAPE      The batch is larger than `batch_size`, its samples do not have as many
 *                            values as the network's input, or it is a single sample that a layer,
 *                            which the message names, can't normalise (see gan_layer_batch_norm()).
 * @retval GAN_ERR_NONFINITE  The loss, a gradient, a new weight or a new buffer was NaN or
 *                            infinite.
 * @retval GAN_ERR_BUSY       A step, an evaluation or a prediction is running, or
 *                            gan_network_forward() of the network.
 *
 * After an error the network and its optimizer are as they were.
 *
 * Memory:       allocates nothing.
 * Determinism:  same seeds, data and BLAS on the same kind of machine give the same bits, on any
 *               number of threads.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_classifier_step(gan_classifier *classifier,
                                                      const gan_batch *batch,
                                                      gan_classifier_stats *stats);

/**
 * Evaluate the network, in evaluation mode, on the rest of an iterator's epoch.
 *
 * @param[in,out] classifier  The classifier.
 * @param[in,out] it          Batches of any size with labels; afterwards it is positioned before
 *                            its next epoch.
 * @param[in,out] stats       Receives the statistics, as far as its struct_size has room.  NULL if
 *                            not wanted.
 * @param[out]    confusion   Receives classes * classes counts: in row y, column p, how many
 *                            samples with label y were classified as p.  NULL if not wanted.
 *
 * @retval GAN_OK             Done.
 * @retval GAN_ERR_INVALID    `classifier` or `it` is NULL, the epoch has no batch left, the batches
 *                            have no labels, a label is not a valid class, or `stats` has no valid
 *                            struct_size; or this process was forked from the one that created its
 *                            threads (see gan_pool).
 * @retval GAN_ERR_SHAPE      The samples do not have as many values as the network's input.
 * @retval GAN_ERR_NONFINITE  A logit is NaN or infinite.
 * @retval GAN_ERR_BUSY       A step, an evaluation or a prediction is running.
 * @retval other              As gan_iterator_next().
 *
 * After an error `stats` is as it was and `confusion` is unspecified; the iterator is positioned
 * after the batch that failed.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_classifier_evaluate(gan_classifier *classifier,
                                                          gan_iterator *it,
                                                          gan_classifier_stats *stats,
                                                          size_t *confusion);

/**
 * Classify samples, in evaluation mode.
 *
 * @param[in,out] classifier  The classifier.
 * @param[in]     samples     `n` samples, one after the other.
 * @param[in]     n           How many; 0 does nothing.
 * @param[out]    labels      Receives for each sample the class with the largest logit, the first
 *                            of equal ones.
 *
 * @retval GAN_OK           `labels` is filled.
 * @retval GAN_ERR_INVALID  `classifier` is NULL, or `samples` or `labels` is NULL while n > 0; or
 *                          there are more than 256 classes: use gan_classifier_predict_labels16();
 *                          or this process was forked from the one that created its threads (see
 *                          gan_pool).
 * @retval GAN_ERR_BUSY     A step, an evaluation or a prediction is running.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_classifier_predict(gan_classifier *classifier,
                                                         const float *samples, size_t n,
                                                         uint8_t *labels);

/**
 * Classify samples as gan_classifier_predict() does, into labels of 16 bits, for any number of
 * classes.
 *
 * Arguments, results, threads and memory are those of gan_classifier_predict().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_classifier_predict_labels16(gan_classifier *classifier,
                                                                  const float *samples, size_t n,
                                                                  uint16_t *labels);

/**
 * Compute the features of samples, in evaluation mode.
 *
 * @param[in,out] classifier  The classifier.
 * @param[in]     samples     `n` samples, one after the other.
 * @param[in]     n           How many; 0 does nothing.
 * @param[out]    features    Room for `n` times gan_classifier_feature_count() values.
 *
 * @retval GAN_OK           `features` is filled.
 * @retval GAN_ERR_INVALID  `classifier` is NULL, or `samples` or `features` is NULL while n > 0; or
 *                          this process was forked from the one that created its threads (see
 *                          gan_pool).
 * @retval GAN_ERR_BUSY     A step, an evaluation or a prediction is running.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_classifier_features(gan_classifier *classifier,
                                                          const float *samples, size_t n,
                                                          float *features);

GAN_END_DECLS

#endif
