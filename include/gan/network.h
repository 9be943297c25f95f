/* network.h - layers in a row, with their weights. */
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
 * Made by gan_network_create(), filled by gan_network_add(), completed by gan_network_build() or by
 * the first call that needs its weights, ended by gan_network_destroy().
 *
 * A network remembers the first thing that went wrong while it was being made and every later call
 * returns it, so a host adds its layers without looking and checks once.
 *
 * Threads: one at a time, and gan_network_forward() is GAN_ERR_BUSY for a second one and while a
 * step of a trainer, a classifier or a pass changes the network; different networks are
 * independent.  A gan_sampler runs a network for any number of threads.
 */
typedef struct gan_network gan_network;

/** Settings of a network; start from GAN_NETWORK_DESC_INIT. */
typedef struct gan_network_desc {
    size_t struct_size; /**< set by GAN_NETWORK_DESC_INIT */
    uint64_t seed;      /**< the first weights come from it; give each network its own.  0 */
    gan_pool *pool;     /**< borrowed; shares the work of gan_network_forward().  NULL: none */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_network_desc;
#define GAN_NETWORK_DESC_INIT GAN_SIZED_INIT(gan_network_desc, 0, 0, 0)

/** GAN_NETWORK_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_network_desc_init(gan_network_desc *desc, size_t struct_size);

/**
 * Begin a network.
 *
 * @param[in] input  The shape of one input sample, without the batch.
 * @param[in] desc   Settings, or NULL for the defaults.
 * @return The network, yours to destroy; NULL when `input` or `desc` is invalid or memory is
 *         short.  The functions below, and gan_trainer_create(), take NULL and report it, with the
 *         reason when it was on the same thread.
 *
 * @since 0.1
 */
GAN_API gan_network *gan_network_create(gan_shape input, const gan_network_desc *desc);

/** End a network and its layers.  NULL is allowed.  @since 0.1 */
GAN_API void gan_network_destroy(gan_network *net);

/**
 * Add a layer at the end.
 *
 * Takes ownership of `layer` always, also when it fails.  The status may be ignored: the network
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
 * Make a residual block: a layer that runs a network and adds its input to what comes out, y =
 * body(x) + x, or y = body(x) + shortcut(x).  PyTorch writes it as a module of its own, with an
 * nn.Sequential called `body` and one called `shortcut`.
 *
 * Takes ownership of both networks always, also when it fails.  They give their layers, which get
 * their weights with the network that the block is added to: neither may be complete.  Their seeds
 * and pools have no effect.  As layer 3 of that network, a block's tensors have names such as
 * "3.body.0.weight" and "3.shortcut.0.weight".
 *
 * What is wrong with the two is found when the block is added.  gan_network_add() then returns
 *
 * - what they remember as their first failure;
 * - GAN_ERR_INVALID when one has no layer or is complete already, or when more than 6 blocks are in
 *   each other;
 * - GAN_ERR_SHAPE when the input of one is not the output of the layer before, or when the outputs
 *   that are to be added differ.
 *
 * @param[in] body      The network; its output has the shape of what it is added to.
 * @param[in] shortcut  Projects the input to another shape; NULL: the input itself is added.
 *                      One that gan_network_create() failed to make is NULL, too: look at it where
 *                      input and output have the same shape, else the block does not fit.
 * @return The layer; NULL when `body` is NULL or the same as `shortcut`, or memory is short.
 *
 * Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2016.
 *
 * @since 0.1
 */
GAN_API gan_layer *gan_layer_residual(gan_network *body, gan_network *shortcut);

/**
 * Add a conditional batch normalisation: gan_layer_batch_norm() without weights of its own, and
 * behind it gan_layer_class_affine(); two layers.
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
 * Complete a network: take its memory and draw its first weights from the seed.
 *
 * No layer can be added afterwards.  Calls that need the weights do this by themselves; a complete
 * network is left as it is.
 *
 * @retval GAN_OK           The network is complete.
 * @retval GAN_ERR_INVALID  `net` is NULL or has no layer.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval other            What gan_network_add() met first.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_build(gan_network *net);

/**
 * Say how much memory gan_network_build() takes for a network, exactly: the sum of what its
 * allocator is asked for, weights and what gan_network_forward() works in.
 *
 * @param[out] bytes  Receives the sum.
 * @param[in]  net    The network, complete or not; nothing changes.
 *
 * @retval GAN_OK           `*bytes` is filled.
 * @retval GAN_ERR_INVALID  `bytes` or `net` is NULL, or it has no layer.
 * @retval GAN_ERR_NOMEM    More than there are addresses.
 * @retval other            What gan_network_add() met first.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_memory(size_t *bytes, const gan_network *net);

/**
 * Draw all weights anew, as the layers' defaults say, and reset buffers.
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

/** How gan_network_initialize_as() draws a weight; torch.nn.init has the same names. */
typedef enum gan_init {
    GAN_INIT_NORMAL = 0,      /**< N(0, std^2); batch_norm's from N(1, std^2): that of the DCGAN
                                   paper */
    GAN_INIT_XAVIER_UNIFORM,  /**< U(-b, b) with b = gain * sqrt(6 / (fan_in + fan_out)) */
    GAN_INIT_XAVIER_NORMAL,   /**< N(0, s^2) with s = gain * sqrt(2 / (fan_in + fan_out)) */
    GAN_INIT_KAIMING_UNIFORM, /**< U(-b, b) with b = sqrt(6 / ((1 + slope^2) * fan)) */
    GAN_INIT_KAIMING_NORMAL,  /**< N(0, s^2) with s = sqrt(2 / ((1 + slope^2) * fan)) */
    GAN_INIT_ORTHOGONAL       /**< the rows of [a, b * ...], or its columns when they are fewer, are
                                   at right angles and `gain` long */
} gan_init;

/** Settings of gan_network_initialize_as(); start from GAN_INIT_DESC_INIT. */
typedef struct gan_init_desc {
    size_t struct_size; /**< set by GAN_INIT_DESC_INIT */
    gan_init init;      /**< GAN_INIT_NORMAL */
    double std;         /**< of GAN_INIT_NORMAL; above 0.  0: 0.02 */
    double gain;        /**< of Xavier and orthogonal; above 0.  0: 1 */
    double slope;       /**< of Kaiming: that of the leaky ReLUs behind; 0: ReLUs */
    int fan_out;        /**< of Kaiming: 1: keep the size of gradients on the way back, fan is
                             fan_out; 0: that of values on the way forward, it is fan_in */
    /**
     * 1: the last weight in the body of each residual block is 0, so that a block begins as its
     * shortcut alone (Goyal et al., 2017).  0
     */
    int zero_last;
    /**
     * 1: the weights in the body of a residual block are multiplied by L^(-1 / (2 m - 2)), L being
     * the number of blocks in the network and m, above 1, that of weights in the body, those of blocks in it
     * not counted (Fixup: Zhang et al., 2019; R3GAN: Huang et al., 2024, with `zero_last`).  0
     */
    int depth_gain;
} gan_init_desc;
#define GAN_INIT_DESC_INIT GAN_SIZED_INIT(gan_init_desc, GAN_INIT_NORMAL, 0, 0, 0, 0, 0, 0)

/** GAN_INIT_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_init_desc_init(gan_init_desc *desc, size_t struct_size);

/**
 * Draw all weights anew by another rule than the layers' defaults, and reset buffers.
 *
 * The rule is for the weights of linear and convolution layers and of projections, embedding
 * included, whose biases become 0; all others begin as by default, with the exception at
 * GAN_INIT_NORMAL.  A weight of shape [a, b, ...] has fan_in = b * ... and fan_out = a * ..., as in
 * PyTorch.
 *
 * @param[in,out] net   The network; completed when it is not.
 * @param[in]     seed  The same seed gives the same weights.
 * @param[in]     desc  Settings, or NULL for those of DCGAN.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  A setting of `desc` is out of range, or with `zero_last` a layer, which is
 *                          named, has spectral normalisation, which can't divide by 0; nothing
 *                          changed.
 * @retval GAN_ERR_NOMEM    No memory; nothing changed.
 * @retval other            As gan_network_build(); nothing changed.
 *
 * Memory:  GAN_INIT_ORTHOGONAL takes 8 bytes a number of the largest weight, until it returns.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_initialize_as(gan_network *net, uint64_t seed,
                                                            const gan_init_desc *desc);

/** Settings of gan_network_estimate_statistics(); start from GAN_STATISTICS_DESC_INIT. */
typedef struct gan_statistics_desc {
    size_t struct_size; /**< set by GAN_STATISTICS_DESC_INIT */
    size_t batch_size;  /**< how many inputs are normalised together, at most 2^24.  0: 100 */
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
 * Estimate the buffers anew for the weights that the network has
 * (torch.optim.swa_utils.update_bn()): after these have been averaged, mixed or edited, running
 * statistics still are those of other weights.
 *
 * The network runs in training mode on the inputs, cut into batches of almost the same size.
 * Running statistics of batch_norm become the plain mean of those of the batches, whatever their
 * momentum.  The vectors of spectral_norm take a step of the power iteration per batch, from where
 * they are; 16 batches are enough for weights that are near the former ones.
 *
 * @param[in,out] net     The network; completed when it is not.  Its weights do not change.
 * @param[in]     in      `n` input samples, one after the other: of a generator, latent vectors.
 * @param[in]     labels  Their `n` labels, each below gan_network_class_count(); NULL for a network
 *                        that looks at none.
 * @param[in]     n       How many, at least 1; a thousand give means good to a few hundredths of a
 *                        deviation.
 * @param[in]     desc    Settings, or NULL for the defaults.
 *
 * @retval GAN_OK             The buffers are those of the weights.
 * @retval GAN_ERR_INVALID    `net` or `in` is NULL, `n` is 0, labels are missing, not wanted or out
 *                            of range, or `batch_size` is; or this is a child of the process that
 *                            made the pool's threads, see gan_pool.
 * @retval GAN_ERR_SHAPE      `n` and `batch_size` make batches of a single sample, which a layer,
 *                            which is named, can't normalise (see gan_layer_batch_norm()).
 * @retval GAN_ERR_NONFINITE  A buffer would become NaN or infinite; it is named.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_BUSY       Another call is running or estimating it.
 * @retval other              As gan_network_build().
 *
 * After an error the buffers are as they were.
 *
 * Memory:       what a training step takes for a batch, until the call returns.
 * Determinism:  the same weights, inputs and settings give the same bits, whatever the pool.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_estimate_statistics(gan_network *net, const float *in,
                                                                  const uint8_t *labels, size_t n,
                                                                  const gan_statistics_desc *desc);

/**
 * Make a network of the same layers and weights that shares nothing with the first but its pool.
 *
 * @param[out]    out  Receives the copy, yours to destroy; NULL on failure.
 * @param[in,out] net  The network to copy; completed when it is not.
 *
 * @retval GAN_OK           `*out` is the copy.
 * @retval GAN_ERR_INVALID  `out` or `net` is NULL, or the network has no layer.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval other            What gan_network_add() met first.
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
 * Return how many classes the labels of the network's samples have; 0: it looks at none.
 *
 * Layers such as gan_layer_label_embedding() make a network conditional.
 *
 * @since 0.1
 */
GAN_API size_t gan_network_class_count(const gan_network *net);

/**
 * Name the classes, so that whoever opens the network's file knows what to ask for.
 *
 * @param[in,out] net    A conditional network, complete or not.
 * @param[in]     names  A name for each class: 1 to 255 bytes of UTF-8, copied.  NULL: no names.
 * @param[in]     n      How many: gan_network_class_count(); 0 with NULL.
 *
 * @retval GAN_OK           Done.  Clones have the names, and files and checkpoints that the network
 *                          is written to; gan_network_load() leaves a network's names alone.
 * @retval GAN_ERR_INVALID  `net` is NULL, `n` is another number, or a name is NULL, empty, too
 *                          long, there twice or not UTF-8.
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

/** Return the label whose class has this name; SIZE_MAX when none has, and for NULL.  @since 0.1 */
GAN_API size_t gan_network_class_index(const gan_network *net, const char *name);

/**
 * Say how an output sample is to be read as a picture.
 *
 * A network whose output has the shape of a picture knows it; one that ends in a vector, such as
 * linear layers make, has to be told, so that whoever opens its file can show its samples.
 *
 * @param[in,out] net    The network, complete or not.
 * @param[in]     shape  Channels, height and width, as many values as an output sample; of rank 0:
 *                       take back what was said.  A layer that is added later and changes the size
 *                       of an output does that, too.
 *
 * @retval GAN_OK           Done.  Clones have it, and files and checkpoints that the network is
 *                          written to; gan_network_load() leaves it alone.  A trainer's average is
 *                          a clone: call this before the trainer is made.
 * @retval GAN_ERR_INVALID  `net` is NULL.
 * @retval GAN_ERR_SHAPE    `shape` has another rank than 3 or another size than the output; what
 *                          was said before holds.
 * @retval other            An earlier failure of this network.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_set_picture_shape(gan_network *net, gan_shape shape);

/**
 * Return how an output sample is to be read as a picture: what gan_network_set_picture_shape()
 * said, or else the output's shape where that has rank 3; rank 0 when nothing is known, and for
 * NULL.
 *
 * @since 0.1
 */
GAN_API gan_shape gan_network_picture_shape(const gan_network *net);

/** What latent vectors, the inputs of a generator, are drawn from. */
typedef enum gan_latent {
    GAN_LATENT_NORMAL = 0, /**< the standard normal distribution, as gan_rng_normal() */
    GAN_LATENT_UNIFORM     /**< evenly from -1 to 1 */
} gan_latent;

/**
 * Say what brings a generator's samples back to the units of a table, so that whoever opens its
 * file can: see gan_scaler_invert().
 *
 * The samples of the network stay as they are; the scaler is only kept.  A trainer's average and a
 * checkpoint have that of the generator, when it is set before the trainer is made.
 *
 * @param[in,out] net     The network.
 * @param[in]     scaler  Copied.  NULL: none, as in the beginning.
 *
 * @retval GAN_OK           It is kept, and is part of the network's files.
 * @retval GAN_ERR_INVALID  `net` is NULL.
 * @retval GAN_ERR_SHAPE    An output has another number of columns.
 * @retval GAN_ERR_NOMEM    No memory; the scaler before is kept.
 * @retval other            What gan_network_add() met first.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_set_scaler(gan_network *net,
                                                         const gan_scaler *scaler);

/** Return the scaler of the network's samples, which belongs to the network and lives until it is
 * set anew; NULL when there is none, and for NULL.  @since 0.1 */
GAN_API const gan_scaler *gan_network_scaler(const gan_network *net);

/**
 * Say what the inputs of a generator are drawn from.  gan_trainer_create() says what the generator
 * is trained with, so only a network that was trained elsewhere needs to be told.
 *
 * @retval GAN_OK           Done.  Clones have it, and files and checkpoints that the network is
 *                          written to; gan_network_load() leaves it alone.
 * @retval GAN_ERR_INVALID  `net` is NULL, or there is no such distribution; nothing changed.
 * @retval other            An earlier failure of this network.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_set_latent(gan_network *net, gan_latent latent);

/**
 * Return what the inputs of a generator are drawn from; GAN_LATENT_NORMAL when nobody has said it,
 * for NULL and for networks of older files, which don't have it.
 *
 * @since 0.1
 */
GAN_API gan_latent gan_network_latent(const gan_network *net);

/**
 * Train some tensors at another learning rate than the optimizer's, or not at all (param_groups and
 * requires_grad in PyTorch): for networks that were trained before and are trained further.
 *
 * From the next training step on, by any trainer or classifier, the tensors whose names begin with
 * `prefix` move at `scale` times the rate, weight decay included.  With 0 they are frozen: no
 * gradient by them is computed, so a step is faster, and less where all layers before are frozen,
 * too; no moment of the optimizer's and no average of the weights moves, no norm and no limit
 * counts them.  Buffers whose names begin so, such as running statistics, stay as they are with 0;
 * else they follow each step as ever.  (PyTorch's follow even where requires_grad is false.)
 *
 * The latest call that names a tensor holds for it.  A checkpoint has the scales, and is loaded
 * where they are the same; files of networks and clones have none.
 *
 * @param[in,out] net     The network; completed when it is not.
 * @param[in]     prefix  "0." are the tensors of layer 0, "2.body." those of a block's body; ""
 * all.
 * @param[in]     scale   At least 0; 1 is the optimizer's rate.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `net` or `prefix` is NULL, `scale` is below 0 or not finite, or no
 *                          tensor's name begins so; the scales are as they were.
 * @retval GAN_ERR_NOMEM    No memory, which the first call takes; the scales are as they were.
 * @retval other            As gan_network_build().
 *
 * Source of freezing a discriminator's first layers: Mo, Cho and Shin, Freeze the Discriminator,
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
 * Return the kind of a layer, as files call it: "linear", "conv2d", "residual" ...; NULL for NULL
 * and beyond the last one.
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

/** The most numbers that the settings of a layer have. */
#define GAN_LAYER_MAX_SETTINGS 24

/** What gan_network_layer_info() tells; start from GAN_LAYER_INFO_INIT. */
typedef struct gan_layer_info {
    size_t struct_size; /**< set by GAN_LAYER_INFO_INIT */
    const char *name;   /**< "3", inside a block "3.body.0", as in its tensors' names; lives until a
                             layer is added, or as long as the network */
    const char *kind;   /**< as files call it; constant, lives as long as the program */
    gan_shape input;    /**< of a sample */
    gan_shape output;   /**< of a sample */
    size_t n_params;    /**< trainable parameters */
    int spectral_norm;  /**< 1: made with gan_layer_spectral_norm() */
    size_t n_settings;  /**< numbers in `settings` */
    /** In the order of files: a pair of sizes twice, height and width; a shape as GAN_SHAPE_MAX_RANK
     * dimensions, the last ones 0. */
    gan_layer_setting settings[GAN_LAYER_MAX_SETTINGS];
} gan_layer_info;
#define GAN_LAYER_INFO_INIT                                                                        \
    GAN_SIZED_INIT(gan_layer_info, 0, 0, {0, {0}}, {0, {0}}, 0, 0, 0, {{0, 0}})

/** GAN_LAYER_INFO_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_layer_info_init(gan_layer_info *info, size_t struct_size);

/**
 * Read what a layer is, those inside residual blocks too, in the order of gan_network_summary().
 *
 *     gan_layer_info info = {GAN_LAYER_INFO_INIT};
 *     for (size_t i = 0; gan_network_layer_info(&info, net, i) == GAN_OK; i++)
 *         printf("%s: %s\n", info.name, info.kind);
 *
 * A block called "3" is the lines "3", of kind "residual", which passes its input on; "3.body.0",
 * "3.body.1" ...; with a shortcut "3.shortcut", which begins again with the block's input, and
 * "3.shortcut.0" ...; and "3.add", which adds the two branches.  A block's own lines have no
 * settings.
 *
 * @param[out] out  Receives it, as much as its struct_size has room for.
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
 * Read a setting of a layer by their names.
 *
 *     double stride[2];
 *     status = gan_network_find_setting(stride, 2, net, "0", "stride");
 *
 * @param[out] values   Receives the setting's numbers.
 * @param[in]  n        How many it has: 2 for a pair, height and width; GAN_SHAPE_MAX_RANK for a
 *                      shape, whose last dimensions are 0; else 1.
 * @param[in]  net      The network, complete or not.
 * @param[in]  layer    "3", or inside a block "3.body.0".
 * @param[in]  setting  Its name, as gan_network_layer_info() tells it.
 *
 * @retval GAN_OK           `values` is filled.
 * @retval GAN_ERR_INVALID  An argument is NULL, or there is no such layer, or it has no such setting,
 *                          in which case those that it has are named; `values` is as it was.
 * @retval GAN_ERR_SHAPE    The setting has more or fewer numbers than `n`; `values` is as it was.
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
 * Show one of the named tensors, in the order of the layers.
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
 * Show the tensor of a given name, such as "0.weight".
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
 * @param[out] text      Room for the table, cut to fit and ended by a zero byte; NULL when
 *                       `capacity` is 0.
 * @param[in]  capacity  Bytes in `text`.
 * @return How many bytes the whole table has, without the zero byte, as snprintf does.
 *
 * @since 0.1
 */
GAN_API size_t gan_network_summary(const gan_network *net, char *text, size_t capacity);

/**
 * Run the network on the host's memory, in evaluation mode.
 *
 * @param[in,out] net  The network; completed when it is not.  Its weights do not change.
 * @param[in]     in   `n` input samples, one after the other.
 * @param[in]     n    How many; 0 does nothing.
 * @param[out]    out  Room for `n` output samples; must not overlap `in`.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  `net` is NULL or conditional, or `in` or `out` is NULL while n > 0; or
 *                          this is a child of the process that made its threads, see gan_pool.
 * @retval GAN_ERR_BUSY     Another call is running, estimating or training it, or loading its run.
 * @retval other            As gan_network_build(); `out` is as it was.
 *
 * Memory:       fixed when the network is completed; none is taken here.
 * Determinism:  same weights and samples, same bits, whatever the pool; a sample's output may
 *               differ in the last bits with `n` and its place in the call.
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
 *                        that looks at none.
 * @param[in]     n       How many; 0 does nothing.
 * @param[out]    out     Room for `n` output samples; must not overlap `in`.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  `net` is NULL, `in` or `out` is NULL while n > 0, labels are missing or
 *                          not wanted, or one is out of range; it is named; or this is a child of
 *                          the process that made its threads, see gan_pool.
 * @retval GAN_ERR_BUSY     Another call is running, estimating or training it, or loading its run.
 * @retval other            As gan_network_build(); `out` is as it was.
 *
 * Memory and determinism: as of gan_network_forward().
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
 * The same for samples between two classes: what layers know of them is mixed, (1 - way) of the
 * one and way of the other.
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
 * @retval GAN_ERR_INVALID  As for gan_network_forward_labels(); or a number of `way` is not finite,
 *                          or the network looks at no labels; or this is a child of the process
 *                          that made its threads, see gan_pool.
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
 * Write the weights, and the layers they belong to, as a safetensors file.
 *
 * Tensor names are those of PyTorch's nn.Sequential, the type is F32.  The file is written beside
 * `path`, flushed to the disk and renamed, so that `path` holds either the old file or the new one.
 *
 * @param[in,out] net   The network; completed when it is not.
 * @param[in]     path  The file's name; the directory must exist.
 *
 * @retval GAN_OK             The file is there.
 * @retval GAN_ERR_INVALID    `net` or `path` is NULL.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be written.
 * @retval GAN_ERR_NONFINITE  A weight or buffer is NaN or infinite, which no file may have; it is
 *                            named.
 * @retval other              As gan_network_build().
 *
 * After an error what stood at `path` still does.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_save(gan_network *net, const char *path);

/**
 * Write what gan_network_save() writes to memory or by a function of the host.
 *
 * @param[in,out] net  The network; completed when it is not.
 * @param[in,out] to   The writer; its n_bytes tells how many bytes the file has.
 *
 * @retval GAN_OK             All of the file was written.
 * @retval GAN_ERR_INVALID    `net` or `to` is NULL, or the writer has neither memory nor function.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The function failed, or the memory is too small; `to->n_bytes` then
 *                            tells how many bytes it takes.
 * @retval GAN_ERR_NONFINITE  A weight or buffer is NaN or infinite; it is named.
 * @retval other              As gan_network_build().
 *
 * After an error discard the bytes that were written: they are the beginning of a file.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_save_to(gan_network *net, gan_writer *to);

/**
 * What gan_network_load() found; start from GAN_NETWORK_LOAD_REPORT_INIT.
 *
 * The lists are names with shapes, such as "2.weight [256, 256], 2.bias [256]"; one that is too
 * long ends in "...", the counts are always whole.
 */
typedef struct gan_network_load_report {
    size_t struct_size;    /**< set by GAN_NETWORK_LOAD_REPORT_INIT */
    size_t n_loaded;       /**< tensors that are in both with the same shape */
    size_t n_missing;      /**< tensors of the network that the file has not */
    size_t n_misshaped;    /**< tensors that are in both with different shapes */
    size_t n_unexpected;   /**< tensors of the file that the network has not */
    char missing[1000];    /**< the network's names and shapes */
    char misshaped[1000];  /**< the same, with the file's shape first: "0.bias [3] for [4]" */
    char unexpected[1000]; /**< the file's names, without the prefix, and shapes */
    size_t n_kept;         /**< tensors of the network that renaming leaves out: they stay */
} gan_network_load_report;
#define GAN_NETWORK_LOAD_REPORT_INIT                                                               \
    GAN_SIZED_INIT(gan_network_load_report, 0, 0, 0, 0, "", "", "", 0)

/** GAN_NETWORK_LOAD_REPORT_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_network_load_report_init(gan_network_load_report *report, size_t struct_size);

/** The beginning of names in a file, and of the same tensors' names in a network: {"0.", "2."} for
 * a layer that has moved. */
typedef struct gan_rename {
    const char *from; /**< in the file, behind the prefix; "1." is layer 1, "1" would be 10, too */
    const char *to;   /**< in the network */
} gan_rename;

/**
 * Tell how a tensor of the network is named in the file.
 *
 * @param[in]  user      That of the descriptor.
 * @param[in]  name      Its name in the network, "2.weight".
 * @param[out] in_file   Room for its name in the file, behind the prefix, and a zero byte.
 * @param[in]  capacity  Bytes in `in_file`, at least 512.
 * @return 1: `in_file` is the name; 0: the tensor is not read, and stays as it is.
 */
typedef int (*gan_rename_fn)(void *user, const char *name, char *in_file, size_t capacity);

/** What gan_network_load() is to read; start from GAN_NETWORK_LOAD_DESC_INIT. */
typedef struct gan_network_load_desc {
    size_t struct_size; /**< set by GAN_NETWORK_LOAD_DESC_INIT */
    /**
     * 1: read the tensors that fit and leave the others of the network as they are, where PyTorch's
     * load_state_dict(strict=False) still refuses another shape.  At least one must fit.  0: all
     * tensors must fit.
     */
    int lenient;
    /** Read only the names that begin with it, and take it off, as "generator.".  NULL: all
     * names. */
    const char *prefix;
    gan_network_load_report *report; /**< filled when the file could be opened.  NULL: not wanted */
    /**
     * Read the tensors whose names in the network begin with a `to`, from those of the file that
     * begin with its `from`; the first one that fits counts.  What begins with no `to` stays as it
     * is, what begins with no `from` is passed over, and the rest has to fit as without renaming.
     * NULL: the names are the same
     */
    const gan_rename *renames;
    size_t n_renames; /**< how many; 0 with NULL */
    gan_rename_fn
        rename;        /**< in place of `renames`: a name that it gives has to be in the file, one
                               that it does not give is passed over.  NULL: none */
    void *rename_user; /**< handed to it */
} gan_network_load_desc;
#define GAN_NETWORK_LOAD_DESC_INIT GAN_SIZED_INIT(gan_network_load_desc, 0, 0, 0, 0, 0, 0, 0)

/** GAN_NETWORK_LOAD_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_network_load_desc_init(gan_network_load_desc *desc, size_t struct_size);

/**
 * Read weights from a safetensors file into a network that has the same tensors.
 *
 * The file may come from PyTorch (see docs/pytorch.md).  Its tensors may be of type F32, which is
 * read bit by bit, or of type F16, BF16 or F64, which are converted.  Tensors named
 * num_batches_tracked are passed over.  Where there is no weight_orig, weight_u or weight_v, the
 * names are taken that torch.nn.utils.parametrizations.spectral_norm() gives them.
 *
 * @param[in,out] net   The network; completed when it is not.
 * @param[in]     path  The file's name.
 * @param[in]     desc  Settings, or NULL: every tensor of the network must be in the file with its
 *                      shape, and nothing else.
 *
 * @retval GAN_OK             The weights are the file's.
 * @retval GAN_ERR_INVALID    `net` or `path` is NULL, `desc` or its report has no valid
 *                            struct_size, `renames` or one of its names is NULL, there are both
 *                            `renames` and `rename`, or that one wrote no zero byte.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is no safetensors file, a damaged one, or has tensors of another
 *                            type.
 * @retval GAN_ERR_SHAPE      Tensors are missing, unexpected or of another shape, or none fits with
 *                            `lenient` or renaming; the message counts and names them.
 * @retval GAN_ERR_NONFINITE  A weight in the file is NaN or infinite; it is named.
 * @retval other              As gan_network_build().
 *
 * After an error the weights are as they were.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_load(gan_network *net, const char *path,
                                                   const gan_network_load_desc *desc);

/**
 * Read weights as gan_network_load() does, from memory or by a function of the host.
 *
 * @param[in,out] net   The network; completed when it is not.
 * @param[in]     from  The reader.
 * @param[in]     desc  Settings, or NULL, as of gan_network_load().
 *
 * @retval GAN_OK             The weights are the file's.
 * @retval GAN_ERR_INVALID    `net` or `from` is NULL, the reader has neither memory nor function,
 *                            or `desc` is invalid as for gan_network_load().
 * @retval GAN_ERR_IO         The reader's function failed.
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
 * Make a network from a file that gan_network_save() wrote: layers and weights.
 *
 * @param[out] out   Receives the network, yours to destroy; NULL on failure.
 * @param[in]  path  The file's name.
 * @param[in]  desc  Settings, or NULL for the defaults; the seed has no effect.
 *
 * @retval GAN_OK             `*out` is the network.
 * @retval GAN_ERR_INVALID    `out` or `path` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is no safetensors file, a damaged one, or has no layers in it.
 * @retval GAN_ERR_SHAPE      Its tensors are not those of its layers.
 * @retval GAN_ERR_NONFINITE  A weight in the file is NaN or infinite.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_open(gan_network **out, const char *path,
                                                   const gan_network_desc *desc);

/**
 * Make a network as gan_network_open() does, from memory or by a function of the host.
 *
 * @param[out] out   Receives the network, yours to destroy; NULL on failure.  Its weights are its
 *                   own: the reader's memory may be given back.
 * @param[in]  from  The reader.
 * @param[in]  desc  Settings, or NULL for the defaults; the seed has no effect.
 *
 * @retval GAN_OK           `*out` is the network.
 * @retval GAN_ERR_INVALID  `out` or `from` is NULL, the reader has neither memory nor function, or
 *                          `desc` is invalid.
 * @retval GAN_ERR_IO       The reader's function failed.
 * @retval other            As gan_network_open(); GAN_ERR_FORMAT also for more bytes than the
 *                          reader allows.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_open_from(gan_network **out, const gan_reader *from,
                                                        const gan_network_desc *desc);

/**
 * Make a network whose weights stay where they lie, in memory of the host's that may be constant:
 * a file that was linked into the program, or mapped by mmap().  It is for running: samples, in
 * evaluation mode.
 *
 * What would change its weights is refused with GAN_ERR_INVALID: gan_trainer_create(),
 * gan_classifier_create(), gan_network_load(), gan_network_initialize(),
 * gan_network_initialize_as(), gan_network_set_rate(), gan_network_estimate_statistics() and
 * gan_pass_create() unless it is with no_weight_gradients: gradients by samples need none by weights.
 * gan_network_clone() makes a copy of its own, which can be trained.  The weights that
 * gan_network_tensor() shows must not be written to; buffers, such as running statistics, are copies.
 *
 * @param[out] out    Receives the network, yours to destroy; NULL on failure.
 * @param[in]  bytes  A file of gan_network_save(), byte for byte: it must live, unchanged, as long as
 *                    the network and the clones that are being made.  Numbers have to lie at
 *                    multiples of 4; such a file's do when its first byte does.  64 is best.
 * @param[in]  n      How many bytes it has.
 * @param[in]  desc   Settings, or NULL for the defaults; the seed has no effect.
 *
 * @retval GAN_OK             `*out` is the network.
 * @retval GAN_ERR_INVALID    `out` or `bytes` is NULL, `desc` is invalid, or the numbers are not
 *                            aligned; it is told by how many bytes.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_FORMAT     It is no such file, damaged, has weights of another type than F32, or
 *                            a layer's tensors don't follow one another as gan_network_save() writes
 *                            them.
 * @retval GAN_ERR_SHAPE      Its tensors are not those of its layers.
 * @retval GAN_ERR_NONFINITE  A weight in the file is NaN or infinite; it is named.
 *
 * Memory:  all but the weights; on machines whose numbers have the other order of bytes (big-endian)
 *          they are copied, and everything else is the same.
 * Threads: as any network's; several networks may lie on the same bytes.  A gan_sampler that is made
 *          from one has a copy, in the order in which it reads them.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_network_open_in_place(gan_network **out, const void *bytes,
                                                            size_t n, const gan_network_desc *desc);

GAN_END_DECLS

#endif
