/* sampler.h - generating samples on any number of threads at once. */
#ifndef GAN_SAMPLER_H
#define GAN_SAMPLER_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/network.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A network for inference: its layers, and a copy of its weights, taken when it was created or last
 * published, in the order in which the layers read them.
 *
 * A network runs on one thread at a time.  A sampler is shared: it holds the weights, and each
 * thread has a gan_sampler_workspace for the activations.  It is independent of the network it was
 * created from, which may be trained or destroyed.
 *
 * Created by gan_sampler_create(), destroyed by gan_sampler_destroy() after its workspaces.
 *
 * Threads:       any number at once, each with its own workspace; gan_sampler_publish() by one at a
 *                time, concurrently with them.
 * Determinism:   an input has the same output, bit for bit, alone and in any batch, at any position
 *                in it, on any thread and in a workspace of any size.  (Outputs of
 *                gan_network_forward() may differ in the last bits with the number of samples: it
 *                chooses the fastest matrix product for each.) All matrix products are the
 *                library's own, and no BLAS is called.
 * Memory:        the weights gan_sampler_desc.versions times, those of linear layers padded with up
 *                to 31 rows of zeros.
 */
typedef struct gan_sampler gan_sampler;

/** Settings of a sampler; start from GAN_SAMPLER_DESC_INIT. */
typedef struct gan_sampler_desc {
    size_t struct_size; /**< set by GAN_SAMPLER_DESC_INIT */
    /**
     * How many versions of the weights it can hold, 2 to 64: the latest, one to be written by
     * gan_sampler_publish(), and those that threads are still sampling with.  0: 3.
     */
    size_t versions;
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_sampler_desc;
#define GAN_SAMPLER_DESC_INIT GAN_SIZED_INIT(gan_sampler_desc, 0, 0)

/** GAN_SAMPLER_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_sampler_desc_init(gan_sampler_desc *desc, size_t struct_size);

/**
 * Create a sampler from a network, whose weights are copied.
 *
 * A trained generator comes from gan_network_open(), the average of its weights from
 * gan_checkpoint_average(), that of a running trainer from gan_trainer_average().
 *
 * @param[out]    out   Receives the sampler, yours to destroy; NULL on failure.
 * @param[in,out] net   The network; completed when it is not.  Its weights do not change.
 * @param[in]     desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the sampler, at version 1.
 * @retval GAN_ERR_INVALID  `out` or `net` is NULL, `desc` is invalid, or a layer couples samples,
 *                          so that an output depends on other samples; the message names it.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval other            As gan_network_build().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_sampler_create(gan_sampler **out, gan_network *net,
                                                     const gan_sampler_desc *desc);

/**
 * Compute how much memory gan_sampler_create() would take, exactly: the sum of the requests to its
 * allocator.
 *
 * @param[out]    bytes  Receives the sum.
 * @param[in,out] net    As for gan_sampler_create(); completed when it is not.
 * @param[in]     desc   The same; its allocator is not called.
 *
 * @retval GAN_OK           `*bytes` is filled.
 * @retval GAN_ERR_INVALID  `bytes` is NULL, or as gan_sampler_create().
 * @retval other            As gan_sampler_create(); `*bytes` is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_sampler_memory(size_t *bytes, gan_network *net,
                                                     const gan_sampler_desc *desc);

/** Destroy a sampler; all its workspaces must have been destroyed.  NULL is allowed.  @since 0.1 */
GAN_API void gan_sampler_destroy(gan_sampler *sampler);

/**
 * Publish a network's current weights to a sampler.
 *
 * Running calls finish with the weights they started with; later calls use the new ones.  No call
 * ever sees a mixture, and none waits.
 *
 * @param[in,out] sampler  The sampler.
 * @param[in,out] net      A network with the same layers: the one it was created from, a clone, the
 *                         average of a trainer.  Its weights do not change.
 *
 * @retval GAN_OK           Published; gan_sampler_version() grew by one.
 * @retval GAN_ERR_INVALID  `sampler` or `net` is NULL.
 * @retval GAN_ERR_SHAPE    The network has other layers; the message names the first.
 * @retval GAN_ERR_BUSY     Threads are still sampling with each of the older versions, or another
 *                          thread is publishing: try again later, such as after the next training
 *                          step.  With two more versions than threads only the latter happens.
 * @retval other            As gan_network_build().
 *
 * After an error the sampler is as it was.
 *
 * Memory:  allocates nothing.
 * Threads: the caller's; `net` is used as by gan_network_clone().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_sampler_publish(gan_sampler *sampler, gan_network *net);

/** Return the latest version: 1, plus one for each publication; 0 for NULL.  Threads: any.  @since
 * 0.1 */
GAN_API uint64_t gan_sampler_version(const gan_sampler *sampler);

/** Return the shape of an input sample, a latent vector; rank 0 for NULL.  Threads: any.  @since
 * 0.1 */
GAN_API gan_shape gan_sampler_input_shape(const gan_sampler *sampler);

/** Return the shape of an output sample; rank 0 for NULL.  Threads: any.  @since 0.1 */
GAN_API gan_shape gan_sampler_output_shape(const gan_sampler *sampler);

/** Return the number of classes of a conditional sampler; 0 without labels and for NULL.  Threads:
 * any.  @since 0.1 */
GAN_API size_t gan_sampler_class_count(const gan_sampler *sampler);

/**
 * The work space of one thread: memory for activations.
 *
 * Created by gan_sampler_workspace_create(), destroyed by gan_sampler_workspace_destroy() before
 * the sampler.  Threads: one at a time; different workspaces are independent.
 */
typedef struct gan_sampler_workspace gan_sampler_workspace;

/** Settings of a workspace; start from GAN_SAMPLER_WORKSPACE_DESC_INIT. */
typedef struct gan_sampler_workspace_desc {
    size_t struct_size; /**< set by GAN_SAMPLER_WORKSPACE_DESC_INIT */
    /**
     * Batch size inside the layers, 1 to 1024; calls with more samples are split.  Larger ones are
     * faster and take more memory; results are the same.  0: up to 14, as many as fit in 64 KiB, at
     * least 1.
     */
    size_t rows;
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_sampler_workspace_desc;
#define GAN_SAMPLER_WORKSPACE_DESC_INIT GAN_SIZED_INIT(gan_sampler_workspace_desc, 0, 0)

/** GAN_SAMPLER_WORKSPACE_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_sampler_workspace_desc_init(gan_sampler_workspace_desc *desc, size_t struct_size);

/**
 * Create a workspace.
 *
 * @param[out] out      Receives the workspace, yours to destroy; NULL on failure.
 * @param[in]  sampler  Borrowed; must outlive the workspace.
 * @param[in]  desc     Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is the workspace.
 * @retval GAN_ERR_INVALID  `out` or `sampler` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Threads: any, concurrently with others that sample or publish.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status
gan_sampler_workspace_create(gan_sampler_workspace **out, gan_sampler *sampler,
                             const gan_sampler_workspace_desc *desc);

/**
 * Compute how much memory gan_sampler_workspace_create() would take, exactly.
 *
 * @retval GAN_OK           `*bytes` is the sum of the requests to its allocator.
 * @retval GAN_ERR_INVALID  `bytes` is NULL, or as gan_sampler_workspace_create().
 * @retval other            As gan_sampler_workspace_create(); `*bytes` is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_sampler_workspace_memory(
    size_t *bytes, const gan_sampler *sampler, const gan_sampler_workspace_desc *desc);

/** Destroy a workspace.  NULL is allowed.  @since 0.1 */
GAN_API void gan_sampler_workspace_destroy(gan_sampler_workspace *workspace);

/**
 * Draw samples, in evaluation mode, on the calling thread.
 *
 * @param[in,out] workspace  The calling thread's workspace.
 * @param[in]     in         `n` input samples, one after the other.
 * @param[in]     labels     Their `n` labels, each below gan_sampler_class_count(); NULL for a
 *                           sampler that uses none.
 * @param[in]     n          How many; 0 does nothing.
 * @param[out]    out        Room for `n` output samples; must not overlap `in`.
 *
 * @retval GAN_OK           `out` is filled, all of it with one version of the weights: see
 *                          gan_sampler_workspace_version().
 * @retval GAN_ERR_INVALID  `workspace` is NULL, `in` or `out` is NULL while n > 0, or labels are
 *                          missing, given though the network uses none, or out of range; `out` is
 *                          as it was.
 * @retval GAN_ERR_BUSY     Another thread is using the workspace; `out` is as it was.
 *
 * Memory:  allocates nothing.  Threads: lock-free; no thread waits for another.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_sampler_draw(gan_sampler_workspace *workspace, const float *in,
                                                   const uint8_t *labels, size_t n, float *out);

/**
 * Draw samples as gan_sampler_draw() does, with labels of 16 bits: for more than 256 classes.
 *
 * Arguments, results, threads and memory are those of gan_sampler_draw().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_sampler_draw_labels16(gan_sampler_workspace *workspace,
                                                            const float *in,
                                                            const uint16_t *labels, size_t n,
                                                            float *out);

/**
 * Draw samples interpolated between two classes, as gan_network_forward_between(): (1 - way) of the
 * embedding of the one and way of the other.
 *
 * @param[in,out] workspace  The calling thread's workspace, of a conditional sampler.
 * @param[in]     in         `n` input samples.
 * @param[in]     from       `n` labels.
 * @param[in]     to         `n` labels.
 * @param[in]     way        `n` finite values, 0: the class of `from`, 1: that of `to`.
 * @param[in]     n          How many; 0 does nothing.
 * @param[out]    out        Room for `n` output samples; must not overlap `in`.
 *
 * @retval GAN_OK           `out` is filled.
 * @retval GAN_ERR_INVALID  As for gan_sampler_draw(); or a value of `way` is not finite, or the
 *                          sampler uses no labels; `out` is as it was.
 * @retval GAN_ERR_BUSY     Another thread is using the workspace; `out` is as it was.
 *
 * Memory and threads: as for gan_sampler_draw().
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_sampler_draw_between(gan_sampler_workspace *workspace,
                                                           const float *in, const uint8_t *from,
                                                           const uint8_t *to, const float *way,
                                                           size_t n, float *out);

/**
 * Generate samples between two classes as gan_sampler_draw_between() does, with labels of 16 bits.
 *
 * Arguments, results, threads and memory are those of gan_sampler_draw_between().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_sampler_draw_between_labels16(
    gan_sampler_workspace *workspace, const float *in, const uint16_t *from, const uint16_t *to,
    const float *way, size_t n, float *out);

/** Return the version of the weights that the workspace's latest call used; 0 before the first one
 * and for NULL.  Threads: as of the workspace.  @since 0.1 */
GAN_API uint64_t gan_sampler_workspace_version(const gan_sampler_workspace *workspace);

GAN_END_DECLS

#endif
