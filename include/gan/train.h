/* train.h - the adversarial training step. */
#ifndef GAN_TRAIN_H
#define GAN_TRAIN_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/augment.h>
#include <gan/communicator.h>
#include <gan/iterator.h>
#include <gan/loss.h>
#include <gan/network.h>
#include <gan/optimizer.h>
#include <gan/pass.h>
#include <gan/penalty.h>
#include <gan/pool.h>
#include <gan/regularizer.h>
#include <gan/schedule.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A training run: a generator, a discriminator, their optimizers, and all the memory that a
 * training step needs.
 *
 * Created by gan_trainer_create(), destroyed by gan_trainer_destroy().
 *
 * Threads: one at a time; separate trainers may run on separate host threads at once when they
 * share no network or optimizer.  While a step or sampling runs, OpenBLAS is set to one thread for
 * the whole process, and restored when the last such call returns.
 */
typedef struct gan_trainer gan_trainer;

/*
 * Conditional training.  When layers of the generator or the discriminator use labels (see
 * gan_network_class_count()), or there is an auxiliary classifier, batches must have labels, and
 * generated samples get some: the caller's, or random ones, drawn anew for each half of a step.  A
 * network without such layers is not given labels; if nothing uses labels, those of batches are not
 * read.
 */

/**
 * What a half of a step does when a loss, a gradient, a new weight or a new buffer, such as a
 * running variance, is not finite.  Weights, moments and buffers are left unchanged in any case.
 * When the old weights themselves are not finite, every policy stops.
 */
typedef enum gan_divergence {
    GAN_DIVERGENCE_STOP = 0, /**< return GAN_ERR_NONFINITE; random streams do not advance */
    GAN_DIVERGENCE_SKIP,     /**< skip the update, count it in d_skipped or g_skipped and return
                                  GAN_OK; the next step draws other random numbers */
    GAN_DIVERGENCE_REDUCE    /**< the same, and halve that network's learning rate */
} gan_divergence;

/**
 * The numbers that products of convolutions and linear layers are computed from, in training.
 * PyTorch's torch.autocast is similar, with other layers.
 *
 * GAN_PRECISION_BFLOAT16 rounds both factors of every product in a step to bfloat16, which has the
 * exponents of a float and 8 bits of precision, and adds the products in floats: forward, of
 * gradients with respect to inputs and to weights, and of gradient penalties.  Where a convolution is
 * computed by minimal filtering (see docs/performance.md), its transformed tiles and weights are
 * rounded.  Everything else stays in floats: weights, sums, what layers put out, products of layers
 * with a single output, batch norm, losses, optimizers, averages; and networks outside steps, as in
 * gan_trainer_sample() and gan_trainer_outputs().
 *
 * The arithmetic is that of the instruction VDPBF16PS (AVX512-BF16).  Processors without it emulate
 * it with the same bits: those with AVX2 or AVX-512 in about the time that floats take, others far
 * slower.  As with floats, the bits don't depend on the number of threads.
 *
 * @since 0.1
 */
typedef enum gan_precision {
    GAN_PRECISION_FLOAT32 = 0, /**< of floats */
    GAN_PRECISION_BFLOAT16     /**< of bfloat16 */
} gan_precision;

/** One half of a step between its gradients and the update; see gan_train_gradients_fn. */
typedef struct gan_train_gradients {
    size_t struct_size; /**< of the library's record */
    gan_half half;      /**< whose update it is */
    uint64_t step;      /**< of this half, counted from 0 */
    double loss;        /**< the network's loss, as in gan_train_stats */
    double norm;        /**< Euclidean norm of the gradients, before any limit */
    float *gradients;   /**< with respect to all weights of the network: those of the trainable
                             tensors one after the other, in the order of gan_network_tensor();
                             penalties included */
    size_t count;       /**< how many: gan_network_param_count() */
    int changed; /**< set it to 1 after writing to `gradients`: their norm is then recomputed, and
                      the update uses them.  0 before */
} gan_train_gradients;

/**
 * Inspect or change the gradients of one half of a step, or stop it: for example to average them
 * with other processes', or to log them by layer.
 *
 * It is called once in each half, by the thread that trains.  It must not call the library with a
 * handle that the trainer uses or with its pool, except to read its networks.  It is not part of a
 * checkpoint.
 *
 * @param[in]     user       That of the trainer's descriptor.
 * @param[in,out] gradients  The half and its gradients; valid until the call returns.
 * @return GAN_OK; any other value, including the host's own, stops the step, which then changes
 *         nothing and returns that value.  GAN_ERR_NONFINITE is treated as gan_divergence says.
 */
typedef gan_status (*gan_train_gradients_fn)(void *user, gan_train_gradients *gradients);

/** Settings of a trainer; start from GAN_TRAINER_DESC_INIT.  Zero is each one's default. */
typedef struct gan_trainer_desc {
    size_t struct_size; /**< set by GAN_TRAINER_DESC_INIT */
    size_t batch_size;  /**< the largest batch a step can take; 0: 100 */
    uint64_t seed;      /**< of all random numbers of training.  0 */
    gan_loss loss;      /**< GAN_LOSS_BCE */
    size_t n_threads;   /**< of its own pool, as for gan_pool_create(); not read with `pool`.  0 */
    gan_pool *pool;     /**< borrowed, shared with other handles.  NULL: the trainer creates one */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    double real_target;   /**< target of real samples in the discriminator's step: 0.9 is one-sided
                             label smoothing (Salimans et al., 2016).  0 to 1, any number with least
                             squares; 0: 1 */
    double fake_target;   /**< target of generated samples; must differ from real_target.  0 */
    double label_flip;    /**< label noise: probability that a row's target in the discriminator's
                               step is flipped to the other one.  0 */
    size_t d_steps_per_g; /**< discriminator steps for each generator step in gan_train_step().  0:
                               1 */
    size_t micro_batch;   /**< micro-batch size for gradient accumulation: a larger batch is cut
                               into even parts whose gradients are summed, which takes less memory.
                               Layers that couple samples, such as batch_norm, see one part at a
                               time, and a relativistic generator's step compares with the latest
                               one.  0: batch_size */
    gan_latent latent;    /**< recorded in the generator, whose files have it.  GAN_LATENT_NORMAL */
    gan_divergence on_divergence;  /**< GAN_DIVERGENCE_STOP */
    double instance_noise;         /**< standard deviation of Gaussian noise added to all samples
                                        that the discriminator sees (Sonderby et al., 2016), 0 to
                                        1e6.  0 */
    uint64_t instance_noise_steps; /**< decays linearly to 0 over this many discriminator steps; 0:
                                        constant */
    double average_decay;          /**< decay of an exponential moving average (EMA) of the
                                        generator's weights, see gan_trainer_average(); below 1.  0:
                                        none */
    uint64_t average_warmup;       /**< after t steps the decay is at most t / (t + average_warmup),
                                       which discounts the first weights sooner: 1 is a plain mean
                                       at first.  0 */
    const gan_penalty_desc *penalty; /**< gradient penalty of the discriminator, copied; for
                                          batch_norm layers its samples are a batch of their own,
                                          which does not update running statistics.  NULL:
                                          nothing */
    /**
     * Above 0, to 1e6: an auxiliary classifier (AC-GAN: Odena et al., 2017).  The discriminator
     * then has 1 + n_classes outputs, without a last sigmoid: a logit for real, and one for each
     * class.  Both networks add this weight times the mean cross-entropy of the class logits
     * against the labels: the discriminator half of that of the real samples and half of that of
     * the generated ones; the generator, which must be conditional, that of its samples.  0: none
     */
    double auxiliary_weight;
    int auxiliary_real_only;     /**< 1: the discriminator's class loss is that of the real samples
                                      alone, so generated samples of a wrong class do not mislead it.
                                      0: as in the paper; must be 0 without auxiliary_weight */
    const double *class_weights; /**< relative probability of each class where labels are drawn, in
                                      any unit, such as counts: see gan_rng_labels(); copied.  NULL:
                                      all the same */
    size_t n_class_weights;      /**< how many; 0 with NULL */
    /**
     * A custom objective (loss functions of both networks), copied, in place of `loss`, which then
     * is GAN_LOSS_BCE.  With one and without an auxiliary classifier the discriminator may have any
     * number of outputs, such as one for each patch of an image (PatchGAN); a penalty requires one.
     * NULL: `loss`
     */
    const gan_objective *objective;
    gan_train_gradients_fn on_gradients; /**< called before each update.  NULL: nothing */
    void *on_gradients_user;             /**< passed to it */
    gan_activations
        activations; /**< how much memory a step takes, with the same results to the last bit; not
                                      part of a checkpoint.  GAN_ACTIVATIONS_KEEP, which above 64 MB
                                      is GAN_ACTIVATIONS_REUSE */
    /**
     * Differentiable augmentation, copied, of all images that the discriminator sees, real and
     * generated, in both halves of a step; each is augmented anew in each half, before instance
     * noise is added.  Gradients flow back through it to the generator.  GAN_PENALTY_R1 and
     * GAN_PENALTY_R2 take the gradient with respect to the image before augmentation, as the
     * authors' programs do; GAN_PENALTY_WGAN_GP and GAN_PENALTY_DRAGAN mix the augmented samples,
     * and take it with respect to the mixture.  Samples have to be [channels, height, width] at the
     * discriminator's input.  NULL: nothing
     */
    const gan_augment_desc *augment;
    const gan_lecam_desc *lecam; /**< LeCam regularisation, copied.  NULL: none */
    const gan_consistency_desc
        *consistency; /**< consistency regularisation, copied; for samples that are images as for
                                                  `augment`.  NULL: none */
    const gan_penalty_desc
        *second_penalty; /**< a second gradient penalty beside `penalty`, copied, such as R2 beside
                              R1 (R3GAN: Huang et al., 2024).  NULL: none */
    /**
     * Top-k training: the fraction of its samples that the generator learns from, those with the
     * largest discriminator outputs (Sinha et al., 2020): at least one of each micro-batch, so 0.5
     * is the better half.  Its loss is the mean over these; an auxiliary classifier's part is over
     * all.  The paper decays it from 1 to 0.5: see `top_k_schedule`.  Above 0, to 1; 0: 1
     */
    double top_k;
    const gan_schedule_desc
        *top_k_schedule; /**< of top_k, by the generator's steps; copied.  NULL: constant */
    const gan_schedule_desc
        *instance_noise_schedule; /**< of `instance_noise` by the discriminator's
                                                           steps, in place of its linear fall over
                                                           instance_noise_steps; copied.  NULL:
                                                           that */
    const gan_schedule_desc
        *augment_schedule; /**< of the probability of `augment`, without a target, by the
                                                    discriminator's steps; copied.  NULL:
                                                    constant */
    /**
     * An exponential moving average as with `average_decay`, but given by its half-life, in
     * generated samples: the decay of a step on n of them is 0.5^(n / half_life).  Above 0, finite;
     * without average_decay and average_warmup.  0: `average_decay`
     */
    double average_half_life;
    const gan_schedule_desc
        *average_schedule; /**< of the half-life, by the generator's steps; copied: one that rises
                                from 0 leaves the first weights out.  NULL: constant */
    /**
     * Cut each batch into this many parts of almost the same size: 1, 2, 4, 8 ... 1024, without
     * micro_batch.  A shard is processed by itself, as a micro-batch is, and the results are added
     * up as a binary tree, so that any number of `communicator` ranks that divides the shards gives
     * the same bits, as does one process without a communicator.  With n samples, shard i has those
     * from n i / shards on; n is at least `shards`.  What is defined over what:
     *
     * - over a shard: batch norm and other layers that couple samples, relativistic losses, top-k,
     *   the deviation that DRAGAN draws by; a host's objective is called once for each;
     * - over the whole batch, as sums weighted by samples: losses, penalties, regularisation and
     *   their figures; limits of the gradient; an augmentation's target; the average of the weights;
     * - buffers: each shard begins with the old ones, and the new ones are the mean over the
     * shards.  Running statistics are updated once a step, and so are the vectors of spectral
     * norm's power iteration, as without shards; - random numbers of samples depend on their
     *   position in the whole batch, as without shards; dropout's are each shard's own.
     *
     * A relativistic generator's half takes real samples from the batch of gan_train_step() or
     * gan_train_generator_step_beside(), augmented anew; gan_train_generator_step() refuses such a
     * loss.  0: 8 with a communicator, else batches are not cut
     */
    size_t shards;
    /**
     * Copied, its `user` borrowed: train together with other processes, whose number divides
     * `shards`.  Each has the same networks, settings and data, makes the same calls in the same
     * order with batches of the same count, and ends each step with the same weights; of samples,
     * latent vectors and labels it reads those of its own shards alone, from count rank / size on:
     * see gan_iterator_desc.  When a rank can't continue, or trains another run, the step fails on
     * all of them, with that rank's message.  Creating and sampling don't communicate.  NULL: a
     * single process
     */
    const gan_communicator *communicator;
    gan_precision precision; /**< of products; part of a checkpoint.  GAN_PRECISION_FLOAT32 */
    /**
     * With a communicator of several ranks: local steps (local SGD; FedGAN: Rasouli et al., 2020).  Each
     * rank makes this many steps of the generator, and those of the discriminator between them, with its
     * own shards alone, as a batch of batch_size / size samples; then weights, buffers, moments of the
     * optimizers, averaged weights and figures become their means over all ranks.  So ranks exchange
     * less: for networks that are small against their link.  gan_checkpoint_save() and
     * gan_checkpoint_compare() average first.
     *
     * It is another run than that of a single process, and depends on the number of ranks, which is a
     * setting then.  A step that fails on one rank fails there alone, and the others wait for it until
     * its process ends.  Not with on_divergence, lecam, consistency, or an augmentation with a target,
     * whose figures are of the whole batch.  0 and 1: gradients are added up in each step
     */
    size_t local_steps;
} gan_trainer_desc;
#define GAN_TRAINER_DESC_INIT                                                                      \
    GAN_SIZED_INIT(gan_trainer_desc, 0, 0, GAN_LOSS_BCE, 0, 0, 0, 0.0, 0.0, 0.0, 0, 0,             \
                   GAN_LATENT_NORMAL, GAN_DIVERGENCE_STOP, 0.0, 0, 0.0, 0, 0, 0.0, 0, 0, 0, 0, 0,  \
                   0, GAN_ACTIVATIONS_KEEP, 0, 0, 0, 0, 0.0, 0, 0, 0, 0.0, 0, 0, 0,                \
                   GAN_PRECISION_FLOAT32, 0)

/** GAN_TRAINER_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_trainer_desc_init(gan_trainer_desc *desc, size_t struct_size);

/** The statistics of one step; start from GAN_TRAIN_STATS_INIT.  A half that did not run keeps its
 * previous values. */
typedef struct gan_train_stats {
    size_t struct_size;     /**< set by GAN_TRAIN_STATS_INIT */
    uint64_t d_steps;       /**< discriminator updates so far, this one included */
    uint64_t g_steps;       /**< generator updates so far */
    double d_loss;          /**< discriminator's loss, real plus fake */
    double g_loss;          /**< generator's loss */
    double d_real;          /**< mean D(x) over the real batch: a probability, or the raw output
                                 with losses on raw outputs (see gan_loss) */
    double d_fake;          /**< mean D(G(z)) in the discriminator's step */
    double d_real_accuracy; /**< fraction of real samples with a logit above 0, which is D(x) > 0.5;
                                 with least squares above the mean of both targets; with a
                                 relativistic loss, of the difference */
    double d_fake_accuracy; /**< fraction of generated samples below */
    double d_grad_norm;     /**< Euclidean norm of the discriminator's whole gradient, before any
                                 limit */
    double g_grad_norm;     /**< the same for the generator */
    uint64_t d_skipped;     /**< discriminator's steps skipped so far: see gan_divergence */
    uint64_t g_skipped;     /**< the generator's */
    double penalty;         /**< the gradient penalty when it was last computed, weight included;
                                 not part of d_loss, although its gradient is added to the
                                 discriminator's */
    double penalty_norm;    /**< mean norm of the logit's gradient with respect to a sample, then */
    double d_class_loss;    /**< the auxiliary classifier's part of d_loss, weight included */
    double g_class_loss;    /**< and its part of g_loss */
    double d_real_class_accuracy; /**< fraction of real samples whose largest class logit is that of
                                       their label */
    double d_fake_class_accuracy; /**< the same of generated ones, in the discriminator's step */
    double augment_probability;   /**< probability of an augmentation's operations in the next step:
                                       see gan_augment_desc.target */
    double
        augment_sign; /**< the latest mean sign of the real samples' logits, r_t of Karras et al.,
                           2020, which the probability follows: 1 means that the discriminator is
                           never wrong about them */
    gan_boundary boundary; /**< that of the objective: with GAN_BOUNDARY_NONE d_real_accuracy and
                                d_fake_accuracy are meaningless */
    double second_penalty; /**< as `penalty`, of the second one */
    double second_penalty_norm; /**< as `penalty_norm`, of the second one */
    double lecam; /**< LeCam regularisation, weight included; like a penalty not part of d_loss */
    double consistency; /**< the same of consistency regularisation */
} gan_train_stats;
#define GAN_TRAIN_STATS_INIT                                                                       \
    GAN_SIZED_INIT(gan_train_stats, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    \
                   GAN_BOUNDARY_ZERO, 0, 0, 0, 0)

/** GAN_TRAIN_STATS_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_train_stats_init(gan_train_stats *stats, size_t struct_size);

/**
 * Create a trainer, completing the networks and binding the optimizers.
 *
 * Any error made while building the networks is reported here, even when a network could not be
 * created and `g` or `d` is NULL.
 *
 * @param[out]    out    Receives the trainer, yours to destroy; NULL on failure.
 * @param[in,out] g      Generator: latent vector in, a sample out.  Borrowed.
 * @param[in,out] d      Discriminator: a sample in, one value out.  If the last layer is a sigmoid,
 *                       its input is the logit; else the output is.  With an auxiliary classifier,
 *                       one more output for each class.  Borrowed.
 * @param[in,out] g_opt  The generator's optimizer.  Borrowed.
 * @param[in,out] d_opt  The discriminator's, another one.  Borrowed.
 * @param[in]     desc   Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is a trainer.
 * @retval GAN_ERR_INVALID  An argument is NULL, networks or optimizers are the same one twice, a
 *                          setting is out of range, which the message names, the objective lacks a
 *                          function or a name or comes with a `loss`, the loss is one on raw
 *                          outputs, or there is an auxiliary classifier, and the discriminator ends
 *                          in a sigmoid, or a layer of the discriminator, which the message names,
 *                          has no second derivative, as a penalty needs.
 * @retval GAN_ERR_SHAPE    The generator's output does not have as many values as the
 *                          discriminator's input, there is an augmentation and that input is not an
 *                          image, the discriminator has the wrong number of outputs, an optimizer
 *                          is bound to another number of parameters, networks, auxiliary classifier
 *                          and class_weights disagree on the number of classes, or `batch_size` and
 *                          `micro_batch` make batches of one sample that a layer, which the message
 *                          names, can't normalise (see gan_layer_batch_norm()).
 * @retval GAN_ERR_NOMEM    No memory, none for the BLAS's buffers, or a thread could not be
 *                          started.
 * @retval other            The first failure of gan_network_add() in `g` or `d`.
 *
 * The borrowed objects must outlive the trainer.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_trainer_create(gan_trainer **out, gan_network *g,
                                                     gan_network *d, gan_optimizer *g_opt,
                                                     gan_optimizer *d_opt,
                                                     const gan_trainer_desc *desc);

/**
 * Compute how much memory gan_trainer_create() would take, exactly: the sum of what its allocator,
 * those of the networks (for an average of the weights) and those of the optimizers (which are
 * bound) would be asked for.  No step takes more.
 *
 * Memory that malloc gives is not touched before it is used; a host's own allocator is asked for
 * memory that the trainer fills with zeros.
 *
 * @param[out]    bytes  Receives the sum.
 * @param[in,out] g      As for gan_trainer_create(); completed when it is not.
 * @param[in,out] d      The same.
 * @param[in]     g_opt  Bound or not; it stays so.
 * @param[in]     d_opt  The same.
 * @param[in]     desc   As for gan_trainer_create(); its allocator is not called.
 *
 * @retval GAN_OK           `*bytes` is filled.
 * @retval GAN_ERR_INVALID  `bytes` is NULL, or as gan_trainer_create().
 * @retval GAN_ERR_NOMEM    The sum does not fit in a size_t.
 * @retval other            As gan_trainer_create(); `*bytes` is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_trainer_memory(size_t *bytes, gan_network *g, gan_network *d,
                                                     const gan_optimizer *g_opt,
                                                     const gan_optimizer *d_opt,
                                                     const gan_trainer_desc *desc);

/** Destroy a trainer; borrowed objects are not destroyed.  NULL is allowed.  @since 0.1 */
GAN_API void gan_trainer_destroy(gan_trainer *trainer);

/** Return the generator being trained, as given to gan_trainer_create(); NULL for NULL. @since
 * 0.1 */
GAN_API gan_network *gan_trainer_generator(const gan_trainer *trainer);

/** Return the discriminator being trained; NULL for NULL.  @since 0.1 */
GAN_API gan_network *gan_trainer_discriminator(const gan_trainer *trainer);

/** Return the generator's optimizer; NULL for NULL.  @since 0.1 */
GAN_API gan_optimizer *gan_trainer_generator_optimizer(const gan_trainer *trainer);

/** Return the discriminator's optimizer; NULL for NULL.  @since 0.1 */
GAN_API gan_optimizer *gan_trainer_discriminator_optimizer(const gan_trainer *trainer);

/** Return the largest batch that a step can take; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_trainer_batch_size(const gan_trainer *trainer);

/**
 * Read the statistics of the latest step and the step counts; after gan_checkpoint_load() they are
 * those of the saved run.
 *
 * @param[in]     trainer  The run.
 * @param[in,out] stats    Receives the statistics, as far as its struct_size has room.
 *
 * @retval GAN_OK           `stats` is filled; before the first step with zeros, but for
 *                          `augment_probability`.
 * @retval GAN_ERR_INVALID  `trainer` or `stats` is NULL, or `stats` has no valid struct_size.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_trainer_stats(const gan_trainer *trainer,
                                                    gan_train_stats *stats);

/**
 * Run the discriminator on samples without training it: in evaluation mode, without a last sigmoid.
 * Its outputs for training, held-out and generated samples show whether it overfits: see gan_look.
 * The run is left unchanged.
 *
 * @param[in,out] trainer  The run.
 * @param[in]     samples  Any number, normalised as for training, with labels where the
 *                         discriminator uses them.
 * @param[out]    outputs  Receives the output for each sample: the logit, or the raw output of
 *                         losses without one; without an auxiliary classifier's.
 *
 * @retval GAN_OK           `outputs` is filled.
 * @retval GAN_ERR_INVALID  `trainer`, `samples`, its samples or `outputs` is NULL; there are none;
 *                          labels are missing or out of range; or this process was forked from the
 *                          one that created its threads (see gan_pool).
 * @retval GAN_ERR_SHAPE    The samples' size isn't the discriminator's.
 * @retval GAN_ERR_BUSY     Another call uses the trainer or one of its networks.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: the discriminator's activations for some hundred samples and its outputs, until the call
 *         returns.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_trainer_outputs(gan_trainer *trainer,
                                                      const gan_batch *samples, float *outputs);

/** The most bytes of a trainer's extra state. */
#define GAN_EXTRA_STATE_MAX 16777216

/**
 * Attach bytes of the host to a run; its checkpoints store them from now on: running sums of an
 * epoch, the position of the host's own random stream, its settings as text.  The library does not
 * interpret them.  gan_checkpoint_load() replaces them by those of its file.
 *
 * @param[in,out] trainer  The run.
 * @param[in]     bytes    Copied.
 * @param[in]     n        How many, up to GAN_EXTRA_STATE_MAX; 0: none.
 *
 * @retval GAN_OK           Set.
 * @retval GAN_ERR_INVALID  `trainer` is NULL, `bytes` is NULL while n > 0, or n is too large.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval GAN_ERR_BUSY     Another call is using the trainer.
 *
 * After an error they are as they were.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_trainer_set_extra_state(gan_trainer *trainer,
                                                              const void *bytes, size_t n);

/**
 * Return the bytes of gan_trainer_set_extra_state() or of the checkpoint that was loaded since, and
 * how many in `*n`, which may be NULL; NULL and 0 when there are none, and for NULL.  They belong to
 * the trainer and live until they are set or a checkpoint is loaded.
 *
 * @since 0.1
 */
GAN_API const void *gan_trainer_extra_state(const gan_trainer *trainer, size_t *n);

/**
 * Train the discriminator, then the generator, once each.
 *
 * The same as gan_train_discriminator_step() and gan_train_generator_step() with latent vectors
 * drawn by the library: as many generated samples as the batch has real ones, fresh latent vectors
 * for each half.  The generator's half runs only when the discriminator was updated and its step
 * count, `d_steps`, is a multiple of `d_steps_per_g`.
 *
 * @param[in,out] trainer  The run to advance.
 * @param[in]     batch    Real samples: 1 to `batch_size` of them.
 * @param[in,out] stats    Receives the step's statistics, as far as its struct_size has room.  NULL
 *                         if not wanted.
 *
 * @retval GAN_OK             Both networks were updated, except where `d_steps_per_g` or
 *                            `on_divergence` skipped one; the counts in `stats` tell.
 * @retval GAN_ERR_INVALID    `trainer`, `batch` or its samples is NULL, the batch is empty, `stats`
 *                            has no valid struct_size, or training is conditional and the batch's
 *                            labels are missing or one is out of range; or this process was forked
 *                            from the one that created its threads (see gan_pool).  Nothing
 *                            changed.
 * @retval GAN_ERR_SHAPE      The batch is larger than `batch_size`, its samples do not have as many
 *                            values as the discriminator's input, or it or one of its micro-batches
 *                            is a single sample that a layer, which the message names, can't
 *                            normalise (see gan_layer_batch_norm()).  Nothing changed.
 * @retval GAN_ERR_NONFINITE  A loss, a gradient, a new weight or a new buffer was NaN or infinite.
 *                            That network and its optimizer are as they were; when it is the
 *                            generator, the discriminator has already been updated, as
 *                            `stats->d_steps` tells.
 * @retval GAN_ERR_BUSY       Another call is using the trainer or running one of its networks.
 * @retval other              What the host's objective or on_gradients returned; the same holds.
 *
 * Memory:       allocates nothing.
 * Determinism:  same seeds, data and BLAS on the same kind of machine give the same bits, on any
 *               number of threads.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_train_step(gan_trainer *trainer, const gan_batch *batch,
                                                 gan_train_stats *stats);

/**
 * Train the generator as gan_train_generator_step() does, with labels of 16 bits.
 *
 * Arguments, results, threads and memory are those of gan_train_generator_step().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_train_generator_step_labels16(gan_trainer *trainer, size_t n,
                                                                    const float *z,
                                                                    const uint16_t *labels,
                                                                    gan_train_stats *stats);

/**
 * Train the discriminator as gan_train_discriminator_step() does, with labels of 16 bits for the
 * generated samples.
 *
 * Arguments, results, threads and memory are those of gan_train_discriminator_step().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_train_discriminator_step_labels16(gan_trainer *trainer,
                                                                        const gan_batch *batch,
                                                                        const float *z,
                                                                        const uint16_t *labels,
                                                                        gan_train_stats *stats);

/**
 * Train the discriminator once, on a batch of real samples and as many generated ones: see
 * gan_loss.
 *
 * The generator stays bit-identical.
 *
 * @param[in,out] trainer  The run to advance.
 * @param[in]     batch    Real samples, as for gan_train_step().
 * @param[in]     z        batch->count latent vectors, one after the other; NULL: drawn by the
 *                         library.
 * @param[in]     labels   batch->count labels of the generated samples; NULL: drawn by the library
 *                         where labels are used.
 * @param[in,out] stats    Receives the statistics that begin with d_.  NULL if not wanted.
 *
 * @retval GAN_OK             The discriminator was updated; or skipped, see gan_divergence.
 * @retval GAN_ERR_INVALID    As for gan_train_step(); or `labels` are given where nothing uses
 *                            them, or one is out of range; or this process was forked from the one
 *                            that created its threads (see gan_pool).
 * @retval GAN_ERR_SHAPE      As for gan_train_step().
 * @retval GAN_ERR_NONFINITE  A loss, gradient, new weight or new buffer was NaN or infinite.
 *                            Networks and optimizers are as they were.
 * @retval GAN_ERR_BUSY       Another call is using the trainer or running one of its networks.
 * @retval other              What the host's objective or on_gradients returned; the same holds.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_train_discriminator_step(gan_trainer *trainer,
                                                               const gan_batch *batch,
                                                               const float *z,
                                                               const uint8_t *labels,
                                                               gan_train_stats *stats);

/**
 * Train the generator once: it learns to make the discriminator classify its samples as real.
 *
 * The discriminator stays bit-identical.
 *
 * @param[in,out] trainer  The run to advance.
 * @param[in]     n        How many samples to generate, 1 to `batch_size`.
 * @param[in]     z        `n` latent vectors, one after the other; NULL: drawn by the library.
 * @param[in]     labels   `n` labels; NULL: drawn by the library where labels are used.
 * @param[in,out] stats    Receives the statistics that begin with g_.  NULL if not wanted.
 *
 * @retval GAN_OK             The generator was updated; or skipped, see gan_divergence.
 * @retval GAN_ERR_INVALID    `trainer` is NULL, `n` is 0, `stats` has no valid struct_size,
 *                            `labels` are given where nothing uses them, one is out of range, or
 *                            the loss is relativistic and the latest discriminator's step failed or
 *                            there was none; or this process was forked from the one that created
 *                            its threads (see gan_pool).
 * @retval GAN_ERR_SHAPE      `n` is larger than `batch_size`, or too small, as for
 *                            gan_train_step().
 * @retval GAN_ERR_NONFINITE  A loss, gradient, new weight or new buffer was NaN or infinite.
 *                            Networks and optimizers are as they were.
 * @retval GAN_ERR_BUSY       Another call is using the trainer or running one of its networks.
 * @retval other              What the host's objective or on_gradients returned; the same holds.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_train_generator_step(gan_trainer *trainer, size_t n,
                                                           const float *z, const uint8_t *labels,
                                                           gan_train_stats *stats);

/**
 * Train the generator once against fresh real samples: as gan_train_generator_step() does, but a
 * relativistic loss compares with the given batch instead of the one that the discriminator has
 * just been trained on (R3GAN: Huang et al., 2024).
 *
 * @param[in,out] trainer  The run to advance.
 * @param[in]     batch    Real samples, as for gan_train_step(); as many are generated.  Without a
 *                         relativistic loss only their count is used.
 * @param[in]     z        batch->count latent vectors; NULL: drawn by the library.
 * @param[in]     labels   batch->count labels of the generated samples; NULL: drawn by the library
 *                         where labels are used.
 * @param[in,out] stats    Receives the statistics that begin with g_.  NULL if not wanted.
 *
 * @retval GAN_OK             The generator was updated; or skipped, see gan_divergence.
 * @retval GAN_ERR_INVALID    As for gan_train_discriminator_step().
 * @retval GAN_ERR_SHAPE      As for gan_train_step().
 * @retval GAN_ERR_NONFINITE  As for gan_train_generator_step().
 * @retval GAN_ERR_BUSY       Another call is using the trainer or running one of its networks.
 * @retval other              What the host's objective or on_gradients returned; the same holds.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_train_generator_step_beside(gan_trainer *trainer,
                                                                  const gan_batch *batch,
                                                                  const float *z,
                                                                  const uint16_t *labels,
                                                                  gan_train_stats *stats);

/**
 * Return the network that holds the exponential moving average (EMA) of the generator's weights;
 * NULL when none is kept.
 *
 * After each generator update it becomes decay * average + (1 - decay) * weights; the first update
 * copies the weights.  It can be run, saved and cloned.  It belongs to the trainer and lives as
 * long; checkpoints include it.
 *
 * Its buffers, such as batch_norm's running statistics, are re-estimated for its weights when it is
 * first run, saved or cloned after a step, or sampled from or saved with its trainer: as by
 * gan_network_estimate_statistics(), from 16 batches of `micro_batch` generated samples or as many
 * as make 1024, drawn as in training.  If that gives non-finite values, the generator's buffers are
 * used.  Training is not affected.  Until then its single tensors show the generator's buffers.
 *
 * @since 0.1
 */
GAN_API gan_network *gan_trainer_average(const gan_trainer *trainer);

/**
 * Generate samples in evaluation mode, with the averaged weights where they are kept.
 *
 * Training is not affected.
 *
 * @param[in,out] trainer  The run.
 * @param[in]     z        `n` latent vectors, one after the other; see gan_rng_normal().
 * @param[in]     n        How many; 0 does nothing.
 * @param[out]    out      Room for `n` samples.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  `trainer` is NULL, the generator is conditional, or `z` or `out` is NULL
 *                          while n > 0; or this process was forked from the one that created its
 *                          threads (see gan_pool).
 * @retval GAN_ERR_BUSY     Another call is using the trainer.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_trainer_sample(gan_trainer *trainer, const float *z, size_t n,
                                                     float *out);

/**
 * Generate samples of given classes: gan_trainer_sample() for a conditional generator.
 *
 * @param[in,out] trainer  The run.
 * @param[in]     z        `n` latent vectors, one after the other.
 * @param[in]     labels   `n` labels, see gan_rng_labels() for drawing some; NULL for a generator
 *                         that uses none.
 * @param[in]     n        How many; 0 does nothing.
 * @param[out]    out      Room for `n` samples.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  `trainer` is NULL, `z` or `out` is NULL while n > 0, or labels are
 *                          missing, given though the network uses none, or one is out of range; the
 *                          message names it; or this process was forked from the one that created
 *                          its threads (see gan_pool).
 * @retval GAN_ERR_BUSY     Another call is using the trainer.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_trainer_sample_labels(gan_trainer *trainer, const float *z,
                                                            const uint8_t *labels, size_t n,
                                                            float *out);

/**
 * Generate samples of given classes as gan_trainer_sample_labels() does, with labels of 16 bits.
 *
 * Arguments, results, threads and memory are those of gan_trainer_sample_labels().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_trainer_sample_labels16(gan_trainer *trainer, const float *z,
                                                              const uint16_t *labels, size_t n,
                                                              float *out);

GAN_END_DECLS

#endif
