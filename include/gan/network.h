/* network.h - sequential networks: layers and their weights. */
#ifndef GAN_NETWORK_H
#define GAN_NETWORK_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/layer.h>
#include <gan/pool.h>
#include <gan/scaler.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * Layers applied one after the other (torch.nn.Sequential), with their weights.
 *
 * Created by gan_network_create(), filled by gan_network_add(), completed by gan_network_build() or
 * the first call that needs its weights, destroyed by gan_network_destroy().
 *
 * A network remembers the first error while it is built, and every later call returns it, so a host
 * adds its layers without checking each call and checks once.
 *
 * Threads: one at a time, and gan_network_forward() returns GAN_ERR_BUSY to a second one and while
 * a step of a trainer, a classifier or a pass updates the network; different networks are
 * independent.  A gan_sampler runs a network for any number of threads.
 */
typedef struct gan_network gan_network;

/** Settings of a network; start from GAN_NETWORK_DESC_INIT. */
typedef struct gan_network_desc {
    size_t struct_size; /**< set by GAN_NETWORK_DESC_INIT */
    uint64_t seed;      /**< seed of the initial weights; give each network its own.  0 */
    gan_pool *pool;     /**< borrowed; the threads of gan_network_forward().  NULL: none */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_network_desc;
#define GAN_NETWORK_DESC_INIT GAN_SIZED_INIT(gan_network_desc, 0, 0, 0)

/** GAN_NETWORK_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_network_desc_init(gan_network_desc *desc, size_t struct_size);

/**
 * Create a network without layers.
 *
 * @param[in] input  The shape of one input sample, without the batch.
 * @param[in] desc   Settings, or NULL for the defaults.
 * @return The network, yours to destroy; NULL when `input` or `desc` is invalid or memory is short.
 *         The functions below, and gan_trainer_create(), accept NULL and report it, with the
 *         original reason when it failed on the same thread.
 *
 * @since 0.1
 */
GAN_API gan_network *gan_network_create(gan_shape input, const gan_network_desc *desc);

/** Destroy a network and its layers.  NULL is allowed.  @since 0.1 */
GAN_API void gan_network_destroy(gan_network *net);

/**
 * Append a layer.
 *
 * Always takes ownership of `layer`, even on failure.  The status may be ignored: the network
 * remembers the first failure.
 *
 * @param[in,out] net    The network.
 * @param[in]     layer  From a gan_layer_*() function; NULL counts as that function's failure.
 *
 * @retval GAN_OK           The layer is the network's last.
 * @retval GAN_ERR_INVALID  `net` or `layer` is NULL, or the network is already complete.  A NULL
 *                          layer that came from another status keeps its message.
 * @retval GAN_ERR_SHAPE    The layer does not fit the output of the one before it.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval other            An earlier failure of this network.
 *
 * @since 0.1
 */
GAN_API gan_status gan_network_add(gan_network *net, gan_layer *layer);

/**
 * Create a residual block: a layer that runs a network and adds its input to the output, y =
 * body(x) + x, or y = body(x) + shortcut(x).  In PyTorch this is a module of its own, with an
 * nn.Sequential called `body` and one called `shortcut`.
 *
 * Always takes ownership of both networks, even on failure.  Only their layers are used, which get
 * their weights with the network that the block is added to: neither may be complete.  Their seeds
 * and pools have no effect.  As layer 3 of that network, a block's tensors have names such as
 * "3.body.0.weight" and "3.shortcut.0.weight".
 *
 * Errors in the two are found when the block is added.  gan_network_add() then returns
 *
 * - the first failure that one of them remembers;
 * - GAN_ERR_INVALID when one has no layer or is already complete, or when more than 6 blocks are
 *   nested;
 * - GAN_ERR_SHAPE when the input of one is not the output of the previous layer, or when the
 *   outputs to be added have different shapes.
 *
 * @param[in] body      The network; its output has the shape of what it is added to.
 * @param[in] shortcut  Projects the input to another shape; NULL: the input itself is added.  A
 *                      failed gan_network_create() is NULL, too: check it when input and output
 *                      have the same shape; otherwise the block does not fit and the error is
 *                      found.
 * @return The layer; NULL when `body` is NULL or the same as `shortcut`, or memory is short.
 *
 * Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2016.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_residual(gan_network *body, gan_network *shortcut);

/**
 * Append a conditional batch normalisation: gan_layer_batch_norm() without affine parameters,
 * followed by gan_layer_class_affine(); two layers.
 *
 * @param[in,out] net           The network.
 * @param[in]     num_features  The number of channels.
 * @param[in]     num_classes   1 to 65536.
 * @param[in]     desc          Settings of the batch_norm, or NULL for the defaults.
 *
 * @retval GAN_OK  Both were added.
 * @retval other   As gan_network_add().
 *
 * Source: de Vries et al., Modulating early visual processing by language, 2017.
 *
 * @since 0.1
 */
GAN_API gan_status gan_network_add_conditional_batch_norm(gan_network *net, size_t num_features,
                                                          size_t num_classes,
                                                          const gan_norm_desc *desc);

/**
 * Complete a network: allocate its memory and draw its initial weights from the seed.
 *
 * No layer can be added afterwards.  Calls that need the weights do this automatically; a complete
 * network is unchanged.
 *
 * @retval GAN_OK           The network is complete.
 * @retval GAN_ERR_INVALID  `net` is NULL or has no layer.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval other            The first failure of gan_network_add().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_build(gan_network *net);

/**
 * Compute exactly how much memory gan_network_build() takes: the sum of the requests to its
 * allocator, for weights and for the work space of gan_network_forward().
 *
 * @param[out] bytes  Receives the sum.
 * @param[in]  net    The network, complete or not; nothing changes.
 *
 * @retval GAN_OK           `*bytes` is filled.
 * @retval GAN_ERR_INVALID  `bytes` or `net` is NULL, or it has no layer.
 * @retval GAN_ERR_NOMEM    The sum does not fit in a size_t.
 * @retval other            The first failure of gan_network_add().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_memory(size_t *bytes, const gan_network *net);

/**
 * Re-initialise all weights by the layers' defaults, and reset buffers.
 *
 * @param[in,out] net   The network.
 * @param[in]     seed  The same seed gives the same weights.
 *
 * @retval GAN_OK  Done.
 * @retval other   As gan_network_build(); nothing changed.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_initialize(gan_network *net, uint64_t seed);

/** Weight initialisation of gan_network_initialize_as(), with the names of torch.nn.init. */
typedef enum gan_init {
    GAN_INIT_NORMAL = 0,      /**< N(0, std^2); batch_norm's from N(1, std^2): as in the DCGAN
                                   paper */
    GAN_INIT_XAVIER_UNIFORM,  /**< U(-b, b) with b = gain * sqrt(6 / (fan_in + fan_out)) */
    GAN_INIT_XAVIER_NORMAL,   /**< N(0, s^2) with s = gain * sqrt(2 / (fan_in + fan_out)) */
    GAN_INIT_KAIMING_UNIFORM, /**< U(-b, b) with b = sqrt(6 / ((1 + slope^2) * fan)) */
    GAN_INIT_KAIMING_NORMAL,  /**< N(0, s^2) with s = sqrt(2 / ((1 + slope^2) * fan)) */
    GAN_INIT_ORTHOGONAL       /**< the rows of [a, b * ...], or its columns when they are fewer, are
                                   orthogonal with norm `gain` */
} gan_init;

/** Settings of gan_network_initialize_as(); start from GAN_INIT_DESC_INIT. */
typedef struct gan_init_desc {
    size_t struct_size; /**< set by GAN_INIT_DESC_INIT */
    gan_init init;      /**< GAN_INIT_NORMAL */
    double std;         /**< of GAN_INIT_NORMAL; above 0.  0: 0.02 */
    double gain;        /**< of Xavier and orthogonal; above 0.  0: 1 */
    double slope;       /**< of Kaiming: negative slope of the leaky ReLU that follows; 0: ReLU */
    int fan_out;        /**< of Kaiming: 1: mode fan_out, which preserves the variance of gradients
                             in the backward pass; 0: fan_in, of activations in the forward pass */
    /**
     * 1: the last weight in the body of each residual block is 0, so that a block begins as its
     * shortcut alone (Goyal et al., 2017).  0
     */
    int zero_last;
    /**
     * 1: the weights in the body of a residual block are multiplied by L^(-1 / (2 m - 2)), where L
     * is the number of blocks in the network and m, above 1, the number of weights in the body, not
     * counting nested blocks (Fixup: Zhang et al., 2019; R3GAN: Huang et al., 2024, with
     * `zero_last`).  0
     */
    int depth_gain;
} gan_init_desc;
#define GAN_INIT_DESC_INIT GAN_SIZED_INIT(gan_init_desc, GAN_INIT_NORMAL, 0, 0, 0, 0, 0, 0)

/** GAN_INIT_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_init_desc_init(gan_init_desc *desc, size_t struct_size);

/**
 * Re-initialise all weights by another rule than the layers' defaults, and reset buffers.
 *
 * The rule applies to the weights of linear and convolution layers and of projections, embedding
 * included, whose biases become 0; all others get their defaults, with the exception at
 * GAN_INIT_NORMAL.  A weight of shape [a, b, ...] has fan_in = b * ... and fan_out = a * ..., as in
 * PyTorch.
 *
 * @param[in,out] net   The network; completed when it is not.
 * @param[in]     seed  The same seed gives the same weights.
 * @param[in]     desc  Settings, or NULL for those of DCGAN.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  A setting of `desc` is out of range, or with `zero_last` a layer, which
 *                          the message names, has spectral normalisation, which can't divide by 0;
 *                          nothing changed.
 * @retval GAN_ERR_NOMEM    No memory; nothing changed.
 * @retval other            As gan_network_build(); nothing changed.
 *
 * Memory:  GAN_INIT_ORTHOGONAL takes 8 bytes per element of the largest weight, until it returns.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_initialize_as(gan_network *net, uint64_t seed,
                                                            const gan_init_desc *desc);

/** Settings of gan_network_estimate_statistics(); start from GAN_STATISTICS_DESC_INIT. */
typedef struct gan_statistics_desc {
    size_t struct_size; /**< set by GAN_STATISTICS_DESC_INIT */
    size_t batch_size;  /**< batch size of the normalisation, at most 2^24.  0: 100 */
    uint64_t seed;      /**< of dropout.  0 */
} gan_statistics_desc;

/**
 * Estimate running statistics as gan_network_estimate_statistics() does, with labels of 16 bits.
 *
 * Arguments, results, threads and memory are those of gan_network_estimate_statistics().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status
gan_network_estimate_statistics_labels16(gan_network *net, const float *in, const uint16_t *labels,
                                         size_t n, const gan_statistics_desc *desc);
#define GAN_STATISTICS_DESC_INIT GAN_SIZED_INIT(gan_statistics_desc, 0, 0)

/** GAN_STATISTICS_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_statistics_desc_init(gan_statistics_desc *desc, size_t struct_size);

/**
 * Re-estimate running statistics and other buffers for the current weights
 * (torch.optim.swa_utils.update_bn()): after weights have been averaged, mixed or edited, the
 * buffers still belong to the old ones.
 *
 * The network runs in training mode on the inputs, cut into batches of almost the same size.
 * Running statistics of batch_norm become the plain mean over the batches, whatever their momentum.
 * The vectors of spectral_norm take one step of the power iteration per batch; 16 batches are
 * enough for weights close to the former ones.
 *
 * @param[in,out] net     The network; completed when it is not.  Its weights do not change.
 * @param[in]     in      `n` input samples, one after the other: of a generator, latent vectors.
 * @param[in]     labels  Their `n` labels, each below gan_network_class_count(); NULL for a network
 *                        that uses none.
 * @param[in]     n       Number of inputs, at least 1; a thousand give means accurate to a few
 *                        hundredths of a standard deviation.
 * @param[in]     desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             The buffers match the weights.
 * @retval GAN_ERR_INVALID    `net` or `in` is NULL, `n` is 0, labels are missing, given though the
 *                            network uses none, or out of range, or `batch_size` is; or this
 *                            process was forked from the one that created the pool's threads (see
 *                            gan_pool).
 * @retval GAN_ERR_SHAPE      `n` and `batch_size` make batches of a single sample, which a layer,
 *                            which the message names, can't normalise (see gan_layer_batch_norm()).
 * @retval GAN_ERR_NONFINITE  A buffer would become NaN or infinite; the message names it.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_BUSY       Another call is running or estimating it.
 * @retval other              As gan_network_build().
 *
 * After an error the buffers are as they were.
 *
 * Memory:       as for a training step on one batch, until the call returns.
 * Determinism:  the same weights, inputs and settings give the same bits, whatever the pool.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_estimate_statistics(gan_network *net, const float *in,
                                                                  const uint8_t *labels, size_t n,
                                                                  const gan_statistics_desc *desc);

/**
 * Create a copy of a network, layers and weights, that shares nothing with it except its pool.
 *
 * @param[out]    out  Receives the copy, yours to destroy; NULL on failure.
 * @param[in,out] net  The network to copy; completed when it is not.
 *
 * @retval GAN_OK           `*out` is the copy.
 * @retval GAN_ERR_INVALID  `out` or `net` is NULL, or the network has no layer.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval other            The first failure of gan_network_add().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_clone(gan_network **out, gan_network *net);

/** Return the shape of an input sample; rank 0 for NULL.  @since 0.1 */
GAN_API gan_shape gan_network_input_shape(const gan_network *net);

/** Return the shape of an output sample, the input's when there is no layer; rank 0 for NULL.
 * @since 0.1 */
GAN_API gan_shape gan_network_output_shape(const gan_network *net);

/**
 * Return the number of classes of a conditional network; 0: it uses no labels.
 *
 * Layers such as gan_layer_label_embedding() make a network conditional.
 *
 * @since 0.1
 */
GAN_API size_t gan_network_class_count(const gan_network *net);

/**
 * Set the class names, which the network's files store.
 *
 * @param[in,out] net    A conditional network, complete or not.
 * @param[in]     names  A name for each class: 1 to 255 bytes of UTF-8, copied.  NULL: no names.
 * @param[in]     n      How many: gan_network_class_count(); 0 with NULL.
 *
 * @retval GAN_OK           Done.  Clones, files and checkpoints include the names;
 *                          gan_network_load() does not change them.
 * @retval GAN_ERR_INVALID  `net` is NULL, `n` is not the number of classes, or a name is NULL,
 *                          empty, too long, duplicated or not UTF-8.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval other            An earlier failure of this network.
 *
 * After an error the names are as they were.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_set_class_names(gan_network *net,
                                                              const char *const *names, size_t n);

/** Return the name of a class, which belongs to the network; NULL when it has none.  @since 0.1 */
GAN_API const char *gan_network_class_name(const gan_network *net, size_t label);

/** Return the label of the class with this name; SIZE_MAX when there is none, and for NULL.  @since
 * 0.1 */
GAN_API size_t gan_network_class_index(const gan_network *net, const char *name);

/**
 * Set the image shape of an output sample.
 *
 * Known already when the output has the shape of an image; for an output vector, as of linear
 * layers, set it, so that programs which open the file can show its samples.
 *
 * @param[in,out] net    The network, complete or not.
 * @param[in]     shape  Channels, height and width, with as many values as an output sample; rank
 *                       0: unset.  Adding a layer that changes the output's size also unsets it.
 *
 * @retval GAN_OK           Done.  Clones, files and checkpoints include it; gan_network_load() does
 *                          not change it.  A trainer's average is a clone: call this before
 *                          creating the trainer.
 * @retval GAN_ERR_INVALID  `net` is NULL.
 * @retval GAN_ERR_SHAPE    `shape` is not of rank 3 or does not have the output's size; the
 *                          previous setting is kept.
 * @retval other            An earlier failure of this network.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_set_picture_shape(gan_network *net, gan_shape shape);

/**
 * Return the image shape of an output sample: that of gan_network_set_picture_shape(), or else the
 * output's shape if it has rank 3; rank 0 when unknown, and for NULL.
 *
 * @since 0.1
 */
GAN_API gan_shape gan_network_picture_shape(const gan_network *net);

/** The distribution of latent vectors, the inputs of a generator. */
typedef enum gan_latent {
    GAN_LATENT_NORMAL = 0, /**< the standard normal distribution, as gan_rng_normal() */
    GAN_LATENT_UNIFORM     /**< uniform from -1 to 1 */
} gan_latent;

/**
 * Set the scaler that converts a generator's samples back to the units of a table, which its files
 * store: see gan_scaler_invert().
 *
 * The network's outputs do not change; the scaler is only stored.  A trainer's average and its
 * checkpoints include it when it is set before the trainer is created.
 *
 * @param[in,out] net     The network.
 * @param[in]     scaler  Copied.  NULL: none, as initially.
 *
 * @retval GAN_OK           The network's files include it.
 * @retval GAN_ERR_INVALID  `net` is NULL.
 * @retval GAN_ERR_SHAPE    The number of columns is not that of an output.
 * @retval GAN_ERR_NOMEM    No memory; the previous scaler is kept.
 * @retval other            The first failure of gan_network_add().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_set_scaler(gan_network *net,
                                                         const gan_scaler *scaler);

/** Return the scaler of the network's samples, which belongs to the network and lives until the
 * next one is set; NULL when there is none, and for NULL.  @since 0.1 */
GAN_API const gan_scaler *gan_network_scaler(const gan_network *net);

/**
 * Set the latent distribution of a generator.  gan_trainer_create() sets the one that the generator
 * is trained with, so this is only needed for a network that was trained elsewhere.
 *
 * @retval GAN_OK           Done.  Clones, files and checkpoints include it; gan_network_load() does
 *                          not change it.
 * @retval GAN_ERR_INVALID  `net` is NULL, or there is no such distribution; nothing changed.
 * @retval other            An earlier failure of this network.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_set_latent(gan_network *net, gan_latent latent);

/**
 * Return the latent distribution of a generator; GAN_LATENT_NORMAL when it was never set, for NULL
 * and for older files, which lack it.
 *
 * @since 0.1
 */
GAN_API gan_latent gan_network_latent(const gan_network *net);

/**
 * Scale the learning rate of some tensors, or freeze them (param_groups and requires_grad in
 * PyTorch), for fine-tuning.
 *
 * From the next training step on, by any trainer or classifier, the tensors whose names begin with
 * `prefix` use `scale` times the learning rate, weight decay included.  With 0 they are frozen:
 * their gradients are not computed, which makes a step faster, all the more when all earlier layers
 * are frozen, too; their optimizer moments and averaged weights do not change, and gradient norms
 * and limits exclude them.  Buffers with that prefix, such as running statistics, are frozen, too,
 * with 0; otherwise they are updated as usual.  (PyTorch updates them even where requires_grad is
 * false.)
 *
 * The latest call that matches a tensor applies.  A checkpoint includes the scales, and requires
 * the same ones when loaded; network files and clones do not include them.
 *
 * @param[in,out] net     The network; completed when it is not.
 * @param[in]     prefix  "0." matches the tensors of layer 0, "2.body." those of a block's body; ""
 *                        all.
 * @param[in]     scale   At least 0; 1 is the optimizer's rate.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `net` or `prefix` is NULL, `scale` is below 0 or not finite, or no
 *                          tensor's name has that prefix; the scales are unchanged.
 * @retval GAN_ERR_NOMEM    No memory, which the first call allocates; the scales are unchanged.
 * @retval other            As gan_network_build().
 *
 * Source (freezing a discriminator's first layers): Mo, Cho and Shin, Freeze the Discriminator,
 * 2020.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_set_rate(gan_network *net, const char *prefix,
                                                       double scale);

/** Return the scale of the learning rate of a tensor, by its index as of gan_network_tensor(); 1
 * where none was set, and for NULL.  @since 0.1 */
GAN_API double gan_network_rate(const gan_network *net, size_t index);

/** Return how many layers were added; 0 for NULL.  A residual block is one.  @since 0.1 */
GAN_API size_t gan_network_layer_count(const gan_network *net);

/**
 * Return the kind of a layer, as in files: "linear", "conv2d", "residual" ...; NULL for NULL and
 * beyond the last one.
 *
 * @param[in] net    The network, complete or not.
 * @param[in] index  0 .. gan_network_layer_count() - 1, in the order in which they were added.
 *
 * The text is constant and lives as long as the program.
 * @since 0.1
 */
GAN_API const char *gan_network_layer_kind(const gan_network *net, size_t index);

/** A setting of a layer. */
typedef struct gan_layer_setting {
    const char *name; /**< as in docs/formats.md: "kernel_size"; lives as long as the program */
    double value;     /**< flags are 0 or 1; gan_upsample_mode as its number */
} gan_layer_setting;

/** The most values in the settings of a layer. */
#define GAN_LAYER_MAX_SETTINGS 24

/** The description of a layer, see gan_network_layer_info(); start from GAN_LAYER_INFO_INIT. */
typedef struct gan_layer_info {
    size_t struct_size; /**< set by GAN_LAYER_INFO_INIT */
    const char *name;   /**< "3", inside a block "3.body.0", as in its tensors' names; lives until a
                             layer is added, or as long as the network */
    const char *kind;   /**< as in files; constant, lives as long as the program */
    gan_shape input;    /**< of a sample */
    gan_shape output;   /**< of a sample */
    size_t n_params;    /**< trainable parameters */
    int spectral_norm;  /**< 1: from gan_layer_spectral_norm() */
    size_t n_settings;  /**< values in `settings` */
    /** In the order of files: a pair of sizes twice, height and width; a shape as GAN_SHAPE_MAX_RANK
     * dimensions, the last ones 0. */
    gan_layer_setting settings[GAN_LAYER_MAX_SETTINGS];
} gan_layer_info;
#define GAN_LAYER_INFO_INIT                                                                        \
    GAN_SIZED_INIT(gan_layer_info, 0, 0, {0, {0}}, {0, {0}}, 0, 0, 0, {{0, 0}})

/** GAN_LAYER_INFO_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_layer_info_init(gan_layer_info *info, size_t struct_size);

/**
 * Describe a layer, including those inside residual blocks, in the order of gan_network_summary().
 *
 *     gan_layer_info info = {GAN_LAYER_INFO_INIT};
 *     for (size_t i = 0; gan_network_layer_info(&info, net, i) == GAN_OK; i++)
 *         printf("%s: %s\n", info.name, info.kind);
 *
 * A block called "3" has the lines "3", of kind "residual", which passes its input on; "3.body.0",
 * "3.body.1" ...; with a shortcut "3.shortcut", which starts again from the block's input, and
 * "3.shortcut.0" ...; and "3.add", which adds the two branches.  A block's own lines have no
 * settings.
 *
 * @param[out] out  Receives it, as far as its struct_size has room.
 * @param[in]  net  The network, complete or not.
 * @param[in]  i    0, 1 ...: a line of the summary.
 *
 * @retval GAN_OK           `*out` is filled.
 * @retval GAN_END          There are no more layers; `*out` is as it was.
 * @retval GAN_ERR_INVALID  `out` or `net` is NULL, or `out` has a struct_size that is too small;
 *                          `*out` is as it was.
 *
 * Threads: beside other readers of the network.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_layer_info(gan_layer_info *out,
                                                         const gan_network *net, size_t i);

/**
 * Read a setting of a layer by name.
 *
 *     double stride[2];
 *     status = gan_network_find_setting(stride, 2, net, "0", "stride");
 *
 * @param[out] values   Receives the setting's values.
 * @param[in]  n        How many values it has: 2 for a pair, height and width; GAN_SHAPE_MAX_RANK
 *                      for a shape, whose last dimensions are 0; else 1.
 * @param[in]  net      The network, complete or not.
 * @param[in]  layer    "3", or inside a block "3.body.0".
 * @param[in]  setting  Its name, as in gan_network_layer_info().
 *
 * @retval GAN_OK           `values` is filled.
 * @retval GAN_ERR_INVALID  An argument is NULL, or there is no such layer, or it has no such
 *                          setting, and the message lists those it has; `values` is as it was.
 * @retval GAN_ERR_SHAPE    The setting does not have `n` values; `values` is as it was.
 *
 * Threads: beside other readers of the network.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_find_setting(double *values, size_t n,
                                                           const gan_network *net,
                                                           const char *layer, const char *setting);

/** Return the number of trainable parameters of all layers; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_network_param_count(const gan_network *net);

/** Return how many named tensors there are; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_network_tensor_count(const gan_network *net);

/**
 * Get a view of a named tensor by index, in the order of the layers.
 *
 * @param[out]    out    Receives the view; its name and data live as long as the network.
 * @param[in,out] net    The network; completed when it is not.
 * @param[in]     index  0 .. gan_network_tensor_count() - 1.
 *
 * @retval GAN_OK           `*out` is filled.
 * @retval GAN_ERR_INVALID  `out` or `net` is NULL, or there is no such index.
 * @retval other            As gan_network_build().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_tensor(gan_tensor *out, gan_network *net,
                                                     size_t index);

/**
 * Get a view of the tensor with a given name, such as "0.weight".
 *
 * @retval GAN_OK           `*out` is filled, as by gan_network_tensor().
 * @retval GAN_ERR_INVALID  An argument is NULL, or there is no such name.
 * @retval other            As gan_network_build().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_find(gan_tensor *out, gan_network *net,
                                                   const char *name);

/**
 * Write a table of the layers, their output shapes and parameter counts as text.
 *
 * @param[in]  net       The network, complete or not.  NULL gives an empty text.
 * @param[out] text      Room for the table, truncated to fit and zero-terminated; NULL when
 *                       `capacity` is 0.
 * @param[in]  capacity  Bytes in `text`.
 * @return How many bytes the whole table has, without the zero byte, as snprintf does.
 *
 * @since 0.1
 */
GAN_API size_t gan_network_summary(const gan_network *net, char *text, size_t capacity);

/**
 * Run the network forward, in evaluation mode (inference).
 *
 * @param[in,out] net  The network; completed when it is not.  Its weights do not change.
 * @param[in]     in   `n` input samples, one after the other.
 * @param[in]     n    How many; 0 does nothing.
 * @param[out]    out  Room for `n` output samples; must not overlap `in`.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  `net` is NULL or conditional, or `in` or `out` is NULL while n > 0; or
 *                          this process was forked from the one that created its threads (see
 *                          gan_pool).
 * @retval GAN_ERR_BUSY     Another call is running, estimating or training it, or loading its run.
 * @retval other            As gan_network_build(); `out` is as it was.
 *
 * Memory:       fixed when the network is completed; none is taken here.
 * Determinism:  same weights and samples, same bits, whatever the pool; a sample's output may
 *               differ in the last bits with `n` and its position in the call.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_forward(gan_network *net, const float *in, size_t n,
                                                      float *out);

/**
 * Run a conditional network: gan_network_forward() with a label for each sample.
 *
 * @param[in,out] net     The network; completed when it is not.  Its weights do not change.
 * @param[in]     in      `n` input samples, one after the other.
 * @param[in]     labels  Their `n` labels, each below gan_network_class_count(); NULL for a network
 *                        that uses none.
 * @param[in]     n       How many; 0 does nothing.
 * @param[out]    out     Room for `n` output samples; must not overlap `in`.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  `net` is NULL, `in` or `out` is NULL while n > 0, labels are missing,
 *                          given to a network that uses none, or one is out of range; the message
 *                          names it; or this process was forked from the one that created its
 *                          threads (see gan_pool).
 * @retval GAN_ERR_BUSY     Another call is running, estimating or training it, or loading its run.
 * @retval other            As gan_network_build(); `out` is as it was.
 *
 * Memory and determinism: as for gan_network_forward().
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_forward_labels(gan_network *net, const float *in,
                                                             const uint8_t *labels, size_t n,
                                                             float *out);

/**
 * Run a conditional network as gan_network_forward_labels() does, with labels of 16 bits: for more
 * than 256 classes.
 *
 * Arguments, results, threads and memory are those of gan_network_forward_labels().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_forward_labels16(gan_network *net, const float *in,
                                                               const uint16_t *labels, size_t n,
                                                               float *out);

/**
 * Run a conditional network on samples interpolated between two classes: their embeddings are
 * mixed, (1 - way) of the one and way of the other.
 *
 * @param[in,out] net   A conditional network.
 * @param[in]     in    `n` input samples.
 * @param[in]     from  `n` labels.
 * @param[in]     to    `n` labels.
 * @param[in]     way   `n` finite values, 0: the class of `from`, 1: that of `to`.
 * @param[in]     n     How many; 0 does nothing.
 * @param[out]    out   Room for `n` output samples; must not overlap `in`.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  As for gan_network_forward_labels(); or a value of `way` is not finite,
 *                          or the network uses no labels; or this process was forked from the one
 *                          that created its threads (see gan_pool).
 * @retval GAN_ERR_BUSY     Another call is running, estimating or training it, or loading its run.
 * @retval other            As gan_network_build(); `out` is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_forward_between(gan_network *net, const float *in,
                                                              const uint8_t *from,
                                                              const uint8_t *to, const float *way,
                                                              size_t n, float *out);

/**
 * Run a network as gan_network_forward_between() does, with labels of 16 bits.
 *
 * Arguments, results, threads and memory are those of gan_network_forward_between().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status
gan_network_forward_between_labels16(gan_network *net, const float *in, const uint16_t *from,
                                     const uint16_t *to, const float *way, size_t n, float *out);

/**
 * Save layers and weights as a safetensors file.
 *
 * Tensor names are those of PyTorch's nn.Sequential, the type is F32.  The file is written to a
 * temporary file beside `path`, flushed to disk and renamed, so that `path` is either the old file
 * or the new one.
 *
 * @param[in,out] net   The network; completed when it is not.
 * @param[in]     path  The file's name; the directory must exist.
 *
 * @retval GAN_OK             The file was written.
 * @retval GAN_ERR_INVALID    `net` or `path` is NULL.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be written.
 * @retval GAN_ERR_NONFINITE  A weight or buffer is NaN or infinite, which is not saved; the message
 *                            names it.
 * @retval other              As gan_network_build().
 *
 * After an error the previous file at `path` is kept.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_save(gan_network *net, const char *path);

/**
 * Save a network as gan_network_save() does, to memory or through a callback.
 *
 * @param[in,out] net  The network; completed when it is not.
 * @param[in,out] to   The writer; its n_bytes is set to the size of the file.
 *
 * @retval GAN_OK             All of the file was written.
 * @retval GAN_ERR_INVALID    `net` or `to` is NULL, or the writer has neither memory nor a
 *                            callback.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The callback failed, or the memory is too small; `to->n_bytes` is then
 *                            the size needed.
 * @retval GAN_ERR_NONFINITE  A weight or buffer is NaN or infinite; the message names it.
 * @retval other              As gan_network_build().
 *
 * After an error discard the bytes that were written: they are the beginning of a file.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_save_to(gan_network *net, gan_writer *to);

/**
 * The result of gan_network_load(); start from GAN_NETWORK_LOAD_REPORT_INIT.
 *
 * The lists have names with shapes, such as "2.weight [256, 256], 2.bias [256]"; one that is too
 * long ends in "...", the counts are always complete.
 */
typedef struct gan_network_load_report {
    size_t struct_size;    /**< set by GAN_NETWORK_LOAD_REPORT_INIT */
    size_t n_loaded;       /**< tensors that are in both with the same shape */
    size_t n_missing;      /**< tensors of the network that the file lacks */
    size_t n_misshaped;    /**< tensors that are in both with different shapes */
    size_t n_unexpected;   /**< tensors of the file that the network lacks */
    char missing[1000];    /**< the network's names and shapes */
    char misshaped[1000];  /**< the same, with the file's shape first: "0.bias [3] for [4]" */
    char unexpected[1000]; /**< the file's names, without the prefix, and shapes */
    size_t n_kept;         /**< tensors of the network that renaming leaves out: unchanged */
} gan_network_load_report;
#define GAN_NETWORK_LOAD_REPORT_INIT                                                               \
    GAN_SIZED_INIT(gan_network_load_report, 0, 0, 0, 0, "", "", "", 0)

/** GAN_NETWORK_LOAD_REPORT_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_network_load_report_init(gan_network_load_report *report, size_t struct_size);

/** A renaming of tensors by prefix, from the file's names to the network's: {"0.", "2."} for a
 * layer that has moved. */
typedef struct gan_rename {
    const char *from; /**< in the file, after the prefix; "1." is layer 1, "1" would match 10,
                           too */
    const char *to;   /**< in the network */
} gan_rename;

/**
 * Map a tensor's name in the network to its name in the file.
 *
 * @param[in]  user      That of the descriptor.
 * @param[in]  name      Its name in the network, "2.weight".
 * @param[out] in_file   Room for its name in the file, after the prefix, and a zero byte.
 * @param[in]  capacity  Bytes in `in_file`, at least 512.
 * @return 1: `in_file` is the name; 0: the tensor is not read, and is unchanged.
 */
typedef int (*gan_rename_fn)(void *user, const char *name, char *in_file, size_t capacity);

/** Settings of gan_network_load(); start from GAN_NETWORK_LOAD_DESC_INIT. */
typedef struct gan_network_load_desc {
    size_t struct_size; /**< set by GAN_NETWORK_LOAD_DESC_INIT */
    /**
     * 1: load the tensors that match and leave the network's others unchanged (PyTorch's
     * load_state_dict(strict=False), which still refuses another shape).  At least one must match.
     * 0: all tensors must match.
     */
    int lenient;
    /** Read only the names with this prefix, and strip it, such as "generator.".  NULL: all
     * names. */
    const char *prefix;
    gan_network_load_report *report; /**< filled when the file could be opened.  NULL: not wanted */
    /**
     * Read the network's tensors whose names begin with a `to` from the file's that begin with its
     * `from`; the first match applies.  Tensors without a matching `to` are unchanged, those
     * without a matching `from` are ignored, and the rest must match as without renaming.  NULL:
     * the names are the same
     */
    const gan_rename *renames;
    size_t n_renames; /**< how many; 0 with NULL */
    gan_rename_fn
        rename;        /**< in place of `renames`: names that it returns must be in the file, others
                            are ignored.  NULL: none */
    void *rename_user; /**< passed to it */
} gan_network_load_desc;
#define GAN_NETWORK_LOAD_DESC_INIT GAN_SIZED_INIT(gan_network_load_desc, 0, 0, 0, 0, 0, 0, 0)

/** GAN_NETWORK_LOAD_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_network_load_desc_init(gan_network_load_desc *desc, size_t struct_size);

/**
 * Load weights from a safetensors file into a network that has the same tensors.
 *
 * The file may come from PyTorch (see docs/pytorch.md).  Its tensors may be of type F32, which is
 * read bit by bit, or of type F16, BF16 or F64, which are converted.  Tensors named
 * num_batches_tracked are ignored.  Where there is no weight_orig, weight_u or weight_v, the names
 * of torch.nn.utils.parametrizations.spectral_norm() are used.
 *
 * @param[in,out] net   The network; completed when it is not.
 * @param[in]     path  The file's name.
 * @param[in]     desc  Settings, or NULL: the file must have exactly the tensors of the network,
 *                      with their shapes.
 *
 * @retval GAN_OK             The weights were loaded.
 * @retval GAN_ERR_INVALID    `net` or `path` is NULL, `desc` or its report has no valid
 *                            struct_size, `renames` or one of its names is NULL, there are both
 *                            `renames` and `rename`, or the latter wrote no zero byte.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is not a safetensors file, is damaged, or has tensors of another
 *                            type.
 * @retval GAN_ERR_SHAPE      Tensors are missing, unexpected or of another shape, or none matches
 *                            with `lenient` or renaming; the message counts and names them.
 * @retval GAN_ERR_NONFINITE  A weight in the file is NaN or infinite; the message names it.
 * @retval other              As gan_network_build().
 *
 * After an error the weights are as they were.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_load(gan_network *net, const char *path,
                                                   const gan_network_load_desc *desc);

/**
 * Load weights as gan_network_load() does, from memory or through a callback.
 *
 * @param[in,out] net   The network; completed when it is not.
 * @param[in]     from  The reader.
 * @param[in]     desc  Settings, or NULL, as of gan_network_load().
 *
 * @retval GAN_OK             The weights were loaded.
 * @retval GAN_ERR_INVALID    `net` or `from` is NULL, the reader has neither memory nor a callback,
 *                            or `desc` is invalid as for gan_network_load().
 * @retval GAN_ERR_IO         The reader's callback failed.
 * @retval other              As gan_network_load(); GAN_ERR_FORMAT also for more bytes than the
 *                            reader allows.
 *
 * After an error the weights are as they were.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_load_from(gan_network *net, const gan_reader *from,
                                                        const gan_network_load_desc *desc);

/**
 * Create a network from a file of gan_network_save(): layers and weights.
 *
 * @param[out] out   Receives the network, yours to destroy; NULL on failure.
 * @param[in]  path  The file's name.
 * @param[in]  desc  Settings, or NULL for the defaults; the seed has no effect.
 *
 * @retval GAN_OK             `*out` is the network.
 * @retval GAN_ERR_INVALID    `out` or `path` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is not a safetensors file, is damaged, or does not describe layers.
 * @retval GAN_ERR_SHAPE      Its tensors do not match its layers.
 * @retval GAN_ERR_NONFINITE  A weight in the file is NaN or infinite.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_open(gan_network **out, const char *path,
                                                   const gan_network_desc *desc);

/**
 * Create a network as gan_network_open() does, from memory or through a callback.
 *
 * @param[out] out   Receives the network, yours to destroy; NULL on failure.  Its weights are a
 *                   copy: the reader's memory may be freed.
 * @param[in]  from  The reader.
 * @param[in]  desc  Settings, or NULL for the defaults; the seed has no effect.
 *
 * @retval GAN_OK           `*out` is the network.
 * @retval GAN_ERR_INVALID  `out` or `from` is NULL, the reader has neither memory nor a callback,
 *                          or `desc` is invalid.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval other            As gan_network_open(); GAN_ERR_FORMAT also for more bytes than the
 *                          reader allows.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_open_from(gan_network **out, const gan_reader *from,
                                                        const gan_network_desc *desc);

/**
 * Create a network for inference whose weights are read in place, from memory of the host that may
 * be constant: a file linked into the program, or mapped by mmap().
 *
 * Calls that would change its weights are refused with GAN_ERR_INVALID: gan_trainer_create(),
 * gan_classifier_create(), gan_network_load(), gan_network_initialize(),
 * gan_network_initialize_as(), gan_network_set_rate(), gan_network_estimate_statistics() and
 * gan_pass_create() unless it has no_weight_gradients: gradients with respect to samples do not
 * change weights. gan_network_clone() makes an independent copy, which can be trained.  The weights
 * returned by gan_network_tensor() must not be written to; buffers, such as running statistics, are
 * copies.
 *
 * @param[out] out    Receives the network, yours to destroy; NULL on failure.
 * @param[in]  bytes  A file of gan_network_save(), byte for byte: it must live, unchanged, as long
 *                    as the network, and while clones are made.  Its address must be a multiple of
 *                    4, so that the values are aligned; 64 is best.
 * @param[in]  n      How many bytes it has.
 * @param[in]  desc   Settings, or NULL for the defaults; the seed has no effect.
 *
 * @retval GAN_OK             `*out` is the network.
 * @retval GAN_ERR_INVALID    `out` or `bytes` is NULL, `desc` is invalid, or the values are not
 *                            aligned; the message says by how many bytes.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_FORMAT     It is not such a file, is damaged, has weights of another type than
 *                            F32, or a layer's tensors don't follow one another as
 *                            gan_network_save() writes them.
 * @retval GAN_ERR_SHAPE      Its tensors do not match its layers.
 * @retval GAN_ERR_NONFINITE  A weight in the file is NaN or infinite; the message names it.
 *
 * Memory:  all except the weights; on big-endian machines they are copied, and everything else is
 *          the same.
 * Threads: as for any network; several networks may share the same bytes.  A gan_sampler created
 *          from one has a copy of the weights, in the order in which it reads them.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_open_in_place(gan_network **out, const void *bytes,
                                                            size_t n, const gan_network_desc *desc);

GAN_END_DECLS

#endif
