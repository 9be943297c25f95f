/* pass.h - forward and backward passes, for custom training loops. */
#ifndef GAN_PASS_H
#define GAN_PASS_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/network.h>
#include <gan/optimizer.h>
#include <gan/pool.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A forward and a backward pass over a network: the activations between the layers for the rows of
 * a batch, and the gradients.
 *
 * The calls correspond to PyTorch's net(x), loss.backward() and optimizer.step():
 *
 *     gan_pass_forward(pass, x, n, y);                        y = net(x)
 *     ...                                                     the host's loss: dy, its gradient
 *     gan_pass_backward(pass, dy, GAN_PASS_REPLACE, dx);      gradients w.r.t. weights and x
 *     gan_pass_step(pass, optimizer, NULL);                   new weights
 *
 * The loss is computed by the host.  To back-propagate through several networks, such as a
 * generator's loss through a discriminator, chain passes: the `dx` of one is the `dy` of the one
 * before.
 *
 * Created by gan_pass_create(), destroyed by gan_pass_destroy().
 *
 * Sharing a network:  a pass borrows its network and reads its current weights in each call.  Any
 * number of passes, a trainer and gan_network_forward() may use one network in turn; at the same
 * time only calls that do not change it are allowed, which are gan_pass_forward(),
 * gan_pass_forward_labels() and gan_pass_backward(), on different passes.  A backward run needs the
 * weights of its forward run: when a trainer, another pass, gan_network_load(),
 * gan_network_initialize() or the like has changed them in between it is GAN_ERR_INVALID.  A change
 * through gan_tensor.data or by gan_optimizer_step() is not detected.
 *
 * Threads: one at a time; different passes are independent, see above.
 */
typedef struct gan_pass gan_pass;

/**
 * Run forward as gan_pass_forward_labels() does, with labels of 16 bits: for more than 256 classes.
 *
 * Arguments, results, threads and memory are those of gan_pass_forward_labels().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pass_forward_labels16(gan_pass *pass, const float *in,
                                                            const uint16_t *labels, size_t n,
                                                            float *out);

/**
 * How activations, the outputs of the layers, and their gradients are stored, which take nearly all
 * memory of deep networks on large samples.  Results are the same to the last bit.
 */
typedef enum gan_activations {
    GAN_ACTIVATIONS_KEEP = 0, /**< each has its own memory, and all weight gradients are computed at
                                   once: fastest for small networks.  A trainer whose activations
                                   would take more than 64 MB reuses them all the same */
    GAN_ACTIVATIONS_REUSE,    /**< memory is reused as soon as nothing reads it any more, forward
                                   and backward: costs hardly any time where layers are large */
    GAN_ACTIVATIONS_RECOMPUTE /**< gradient checkpointing (torch.utils.checkpoint): in addition,
                                   cheap layers, such as normalisations, activation functions and
                                   resizing, are recomputed in the backward pass from the outputs of
                                   convolutions and linear layers, which are kept (section 4.2 of
                                   Chen et al., 2016, arXiv:1604.06174) */
} gan_activations;

/** Training or evaluation mode, for layers that differ, such as dropout and batch_norm. */
typedef enum gan_pass_mode {
    GAN_PASS_TRAINING =
        0,              /**< dropout drops, batch_norm normalises by the batch (Module.train()) */
    GAN_PASS_EVALUATION /**< dropout does nothing, batch_norm normalises by the running statistics
                             (Module.eval()); backward runs differentiate that function */
} gan_pass_mode;

/** Settings of a pass; start from GAN_PASS_DESC_INIT. */
typedef struct gan_pass_desc {
    size_t struct_size;  /**< set by GAN_PASS_DESC_INIT */
    size_t rows;         /**< the largest batch, at most 2^24; 0: 100 */
    gan_pass_mode mode;  /**< GAN_PASS_TRAINING */
    uint64_t seed;       /**< of dropout.  0 */
    uint64_t n_forwards; /**< number of earlier forward runs, in a program that resumes another: see
                              gan_pass_forward_count().  0 */
    /**
     * Run up to this layer, such as "3": its index in the order of gan_network_add(), where a
     * residual block is one layer.  Its output is that of the pass, for example the features of a
     * discriminator.  The weights of later layers have gradient 0.  NULL: the last
     */
    const char *last_layer;
    int no_weight_gradients; /**< 1: only gradients with respect to the input are needed; allocates
                                  none for weights.  0 */
    gan_pool *pool;          /**< borrowed; the threads to use.  NULL: that of the network, if
                                  any */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    gan_activations activations;    /**< memory for activations, with the same results to the last
                                         bit.  Other than GAN_ACTIVATIONS_KEEP: only one backward
                                         run per forward run.  GAN_ACTIVATIONS_KEEP */
} gan_pass_desc;
#define GAN_PASS_DESC_INIT                                                                         \
    GAN_SIZED_INIT(gan_pass_desc, 0, GAN_PASS_TRAINING, 0, 0, 0, 0, 0, 0, GAN_ACTIVATIONS_KEEP)

/** GAN_PASS_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_pass_desc_init(gan_pass_desc *desc, size_t struct_size);

/**
 * Create a pass.
 *
 * @param[out]    out   Receives the pass, yours to destroy; NULL on failure.
 * @param[in,out] net   The network; completed when it is not.  Borrowed: it must outlive the pass.
 * @param[in]     desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is a pass.
 * @retval GAN_ERR_INVALID  `out` or `net` is NULL, a setting is out of range, or there is no layer
 *                          `last_layer`; the message names it.  Or the network's weights are
 *                          read-only (see gan_network_open_in_place()) and no_weight_gradients is
 *                          0.
 * @retval GAN_ERR_NOMEM    No memory, or none for the BLAS's buffers.
 * @retval other            As gan_network_build().
 *
 * Memory:  all of it is allocated here: twice the activations of `rows` rows, unless `activations`
 *          asks for less, and two values per weight, or none of these with no_weight_gradients.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pass_create(gan_pass **out, gan_network *net,
                                                  const gan_pass_desc *desc);

/**
 * Compute how much memory gan_pass_create() would take, exactly.
 *
 * @retval GAN_OK           `*bytes` is the sum of the requests to its allocator.
 * @retval GAN_ERR_INVALID  `bytes` is NULL, or as gan_pass_create().
 * @retval other            As gan_pass_create(); `*bytes` is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pass_memory(size_t *bytes, gan_network *net,
                                                  const gan_pass_desc *desc);

/** Destroy a pass; its network is not destroyed.  NULL is allowed.  @since 0.1 */
GAN_API void gan_pass_destroy(gan_pass *pass);

/**
 * Run the network forward and keep the activations that backward runs need.
 *
 * Weights and buffers do not change; see gan_pass_update_buffers().  Each run in training mode
 * draws fresh random numbers, a function of `seed`, `rows` and gan_pass_forward_count().
 *
 * @param[in,out] pass  The pass.
 * @param[in]     in    `n` input samples, one after the other; copied.
 * @param[in]     n     How many: 1 to `rows`.  In training mode they are one batch for layers that
 *                      couple samples.
 * @param[out]    out   Room for `n` outputs; may overlap `in`.  NULL: not needed; gan_pass_output()
 *                      returns them.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `pass` or `in` is NULL, `n` is 0, or the network is conditional; or this
 *                          process was forked from the one that created the pool's threads (see
 *                          gan_pool).
 * @retval GAN_ERR_SHAPE    `n` is larger than `rows`, or a single sample that a layer up to
 *                          `last_layer`, which the message names, can't normalise in training mode
 *                          (see gan_layer_batch_norm()).
 * @retval GAN_ERR_BUSY     Another call is using the pass.
 *
 * After an error the results of the latest forward run are kept.
 *
 * Memory:       allocates nothing.
 * Determinism:  same weights, samples, seed and BLAS on the same kind of machine, same bits, on any
 *               number of threads.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pass_forward(gan_pass *pass, const float *in, size_t n,
                                                   float *out);

/**
 * Run a conditional network forward, with a label for each sample.
 *
 * @param[in,out] pass    The pass.
 * @param[in]     in      `n` input samples, one after the other; copied.
 * @param[in]     labels  Their `n` labels, each below gan_network_class_count(); NULL for a network
 *                        that uses none.  Copied.
 * @param[in]     n       How many: 1 to `rows`.
 * @param[out]    out     Room for `n` outputs, or NULL.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  As for gan_pass_forward(); or labels are missing, given to a network
 *                          that uses none, or one is out of range; the message names it.
 * @retval GAN_ERR_SHAPE    As for gan_pass_forward().
 * @retval GAN_ERR_BUSY     Another call is using the pass.
 *
 * Errors, memory and determinism: as of gan_pass_forward().
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pass_forward_labels(gan_pass *pass, const float *in,
                                                          const uint8_t *labels, size_t n,
                                                          float *out);

/** What a backward run does with the weight gradients. */
typedef enum gan_pass_gradients_kind {
    GAN_PASS_REPLACE = 0, /**< replace them by those of this run (optimizer.zero_grad(),
                               loss.backward()) */
    GAN_PASS_ACCUMULATE,  /**< add to those of the backward runs since the latest gan_pass_step();
                               the first one after it replaces them (gradient accumulation) */
    GAN_PASS_KEEP         /**< keep them: only the gradient with respect to the input is computed */
} gan_pass_gradients_kind;

/**
 * Back-propagate: from the gradient of a loss with respect to the output to those with respect to
 * weights and input.
 *
 * It differentiates the latest forward run, several times if activations are kept (see
 * gan_activations).
 *
 * @param[in,out] pass      The pass.
 * @param[in]     out_grad  The gradients with respect to the outputs of the latest forward run, of
 *                          the same size; copied.
 * @param[in]     weights   What to do with the weight gradients.
 * @param[out]    in_grad   Receives the gradients with respect to the inputs, of the same size; may
 *                          be `out_grad`.  NULL: not computed.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `pass` or `out_grad` is NULL, there is no such `weights`, or one other
 *                          than GAN_PASS_KEEP in a pass with no_weight_gradients; no forward run
 *                          came before, or another backward run has used its activations, which
 *                          aren't kept, or the network's weights were changed since, or, in
 *                          evaluation mode, its buffers; or this process was forked from the one
 *                          that created the pool's threads (see gan_pool).
 * @retval GAN_ERR_BUSY     Another call is using the pass.
 *
 * After an error the gradients are unchanged.  Whether they are finite is checked only in
 * gan_pass_step().
 *
 * Memory and determinism: as for gan_pass_forward().
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pass_backward(gan_pass *pass, const float *out_grad,
                                                    gan_pass_gradients_kind weights,
                                                    float *in_grad);

/**
 * Update the network's buffers from the latest forward run, as in a trainer's step: the running
 * statistics of batch_norm by its momentum, the vectors of spectral_norm by the run's step of the
 * power iteration.  PyTorch does this in each run in training mode; here it is a separate call, so
 * that a run for a gradient alone does not change the network.
 *
 * @param[in,out] pass  A pass in training mode.
 *
 * @retval GAN_OK             The buffers were updated.
 * @retval GAN_ERR_INVALID    `pass` is NULL or in evaluation mode, no forward run came before, or
 *                            the buffers were already updated from the latest one; or the network
 *                            is one of gan_network_open_in_place().
 * @retval GAN_ERR_NONFINITE  A buffer would become NaN or infinite; the message names it.
 * @retval GAN_ERR_BUSY       Another call is using the pass, or gan_network_forward() the network.
 *
 * After an error the buffers are unchanged.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pass_update_buffers(gan_pass *pass);

/**
 * Update the network's weights with an optimizer, using the gradients of the pass.
 *
 * Gradient clipping (gan_optimizer_set_limits()), schedules and refusals are those of a trainer's
 * step.  The gradients can still be read, but are used up: another step needs another backward run.
 *
 * @param[in,out] pass       The pass; its gradients may have been written to, see
 *                           gan_pass_gradient().
 * @param[in,out] optimizer  Bound to gan_network_param_count() parameters: see
 *                           gan_optimizer_bind(), which allocates the memory, as a step must not.
 * @param[out]    norm       Receives the Euclidean norm of the gradients, before any limit.  NULL:
 *                           not wanted.
 *
 * @retval GAN_OK             The weights were updated.
 * @retval GAN_ERR_INVALID    `pass` or `optimizer` is NULL, the optimizer is not bound, the pass
 *                            has no gradients, no backward run has left some since the latest step;
 *                            or this process was forked from the one that created the pool's
 *                            threads (see gan_pool).
 * @retval GAN_ERR_SHAPE      The optimizer is bound to another number of parameters.
 * @retval GAN_ERR_NONFINITE  A gradient is NaN or infinite, or a weight or moment would become so;
 *                            the message names it.
 * @retval GAN_ERR_BUSY       Another call is using the pass, or gan_network_forward() the network.
 *
 * After an error network, optimizer and gradients are as they were.
 *
 * Memory and determinism: as for gan_pass_forward().
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pass_step(gan_pass *pass, gan_optimizer *optimizer,
                                                double *norm);

/**
 * Get a view of the gradient with respect to one of the network's tensors.
 *
 * @param[out]    out   Receives the view: name and shape of the tensor, `data` its gradient.  It
 *                      lives as long as the pass.  Changes written to it are used by the next
 *                      gan_pass_step().
 * @param[in,out] pass  The pass.
 * @param[in]     name  The tensor's name, such as "0.weight".
 *
 * @retval GAN_OK           `*out` is filled.
 * @retval GAN_ERR_INVALID  An argument is NULL, the pass has no weight gradients, or there is no
 *                          trainable tensor of that name.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pass_gradient(gan_tensor *out, gan_pass *pass,
                                                    const char *name);

/**
 * Return all weight gradients, gan_network_param_count() values: those of the trainable tensors one
 * after the other, in the order of gan_network_tensor().  They belong to the pass and may be
 * written to.  NULL for NULL and with no_weight_gradients.
 *
 * @since 0.1
 */
GAN_API float *gan_pass_gradients(gan_pass *pass);

/** Return the outputs of the latest forward run, which belong to the pass; NULL for NULL and when
 * there was none.  @since 0.1 */
GAN_API const float *gan_pass_output(const gan_pass *pass);

/** Return the shape of an output sample of the pass: that of the network or of `last_layer`; rank 0
 * for NULL.  @since 0.1 */
GAN_API gan_shape gan_pass_output_shape(const gan_pass *pass);

/** Return how many forward runs there were, those of the descriptor's `n_forwards` included; 0 for
 * NULL.  @since 0.1 */
GAN_API uint64_t gan_pass_forward_count(const gan_pass *pass);

GAN_END_DECLS

#endif
