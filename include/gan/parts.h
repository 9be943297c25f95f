/* parts.h - checkpoints of custom training loops: networks, optimizers and counters. */
#ifndef GAN_PARTS_H
#define GAN_PARTS_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/checkpoint.h>
#include <gan/network.h>
#include <gan/optimizer.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A list of named parts of the host's training loop, saved to and loaded from one file together:
 * networks, optimizers, and numbers such as step counts, positions of random streams
 * (gan_rng_position()) and of data (gan_iterator_epoch(), gan_iterator_position()), and
 * gan_pass_forward_count().
 *
 * gan_checkpoint_save() does this for a gan_trainer.  The file is of the same kind: safetensors
 * with a checksum, replaced atomically; see docs/formats.md.
 *
 * Created by gan_parts_create(), destroyed by gan_parts_destroy().  Added parts are borrowed, and
 * must live as long as the list is saved or loaded.
 *
 * Threads: one at a time; a call uses the parts as a training step does.
 */
typedef struct gan_parts gan_parts;

/**
 * Create an empty list.
 *
 * @param[out] out        Receives the list, yours to destroy; NULL on failure.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the list.
 * @retval GAN_ERR_INVALID  `out` is NULL, or `allocator` has only one function.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_create(gan_parts **out, const gan_allocator *allocator);

/** Destroy a list; its parts are not destroyed.  NULL is allowed.  @since 0.1 */
GAN_API void gan_parts_destroy(gan_parts *parts);

/**
 * Add a network: its layers, which must be the same when it is loaded, weights and buffers.
 *
 * @param[in,out] parts  The list.
 * @param[in]     name   1 to 20 letters, digits or '_', which no other part has; copied.
 * @param[in,out] net    Completed when it is not.  Borrowed.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, the name is invalid or taken, or the network's
 *                          weights are read-only (see gan_network_open_in_place()).
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval other            As gan_network_build().
 *
 * After an error the list is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_add_network(gan_parts *parts, const char *name,
                                                        gan_network *net);

/**
 * Add an optimizer: its rule and settings, which must be the same, its moments, step count and
 * current learning rate.
 *
 * @param[in,out] parts  The list.
 * @param[in]     name   As for gan_parts_add_network().
 * @param[in,out] opt    The optimizer; bound to the network when it is not.  Borrowed.
 * @param[in,out] net    The network that it updates, by gan_pass_step() or gan_optimizer_step();
 *                       completed when it is not.  Its tensors name the moments.  Borrowed.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, the name is invalid or taken, or the network has no
 *                          trainable parameters.
 * @retval GAN_ERR_SHAPE    The optimizer is bound to another number of parameters.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval other            As gan_network_build().
 *
 * After an error the list is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_add_optimizer(gan_parts *parts, const char *name,
                                                          gan_optimizer *opt, gan_network *net);

/**
 * Add an integer of the host, such as a step count or a position in a random stream.
 *
 * @param[in,out] parts  The list.
 * @param[in]     name   As for gan_parts_add_network().
 * @param[in]     place  Read by each save, written to by each load.  Borrowed.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, or the name is invalid or taken.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_add_whole(gan_parts *parts, const char *name,
                                                      uint64_t *place);

/**
 * Add a double of the host, which must be finite when it is saved, as gan_parts_add_whole() adds an
 * integer.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, or the name is invalid or taken.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_add_real(gan_parts *parts, const char *name,
                                                     double *place);

/**
 * Save all parts in one file.
 *
 * The file is replaced atomically as by gan_checkpoint_save(): at every moment `path` is the
 * complete old or the complete new file.
 *
 * @param[in] parts  The list.
 * @param[in] path   The file's name; the directory must exist.
 *
 * @retval GAN_OK             The file is on the disk.
 * @retval GAN_ERR_INVALID    `parts` or `path` is NULL.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be written.
 * @retval GAN_ERR_NONFINITE  A weight, or a double of the host, is NaN or infinite; the message
 *                            names it.
 *
 * After an error the previous file at `path` is kept.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_save(gan_parts *parts, const char *path);

/**
 * Save all parts to memory or through a callback.
 *
 * @retval GAN_OK           All of the file was written.
 * @retval GAN_ERR_INVALID  `parts` or `to` is NULL, or the writer has neither memory nor a
 *                          callback.
 * @retval GAN_ERR_IO       The callback failed, or the memory is too small; `to->n_bytes` is then
 *                          the size needed.
 * @retval other            As gan_parts_save().
 *
 * After an error discard the bytes that were written.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_save_to(gan_parts *parts, gan_writer *to);

/**
 * Restore all parts from a file.
 *
 * The list must have the same parts as when it was saved, by name and kind, with the same settings.
 * Training then continues with the same bits, on the same kind of machine, when the host passes its
 * saved numbers to gan_rng_seek(), gan_iterator_seek() and gan_pass_desc.n_forwards.
 * gan_network_load() reads one network of the file by the prefix "NAME.".
 *
 * @param[in,out] parts  The list.
 * @param[in]     path   The file's name.
 *
 * @retval GAN_OK             All parts were loaded.
 * @retval GAN_ERR_INVALID    `parts` or `path` is NULL; or something differs: the message names the
 *                            first with both values.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is not such a file, has a newer format, or is damaged.
 * @retval GAN_ERR_NONFINITE  A value in the file is NaN or infinite; the message names it.
 *
 * After an error all parts are as they were, with gan_checkpoint_load()'s exception.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_load(gan_parts *parts, const char *path);

/**
 * Restore all parts from memory or through a callback.
 *
 * @retval GAN_OK           All parts were loaded.
 * @retval GAN_ERR_INVALID  `parts` or `from` is NULL, the reader has neither memory nor a callback,
 *                          or something differs.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval other            As gan_parts_load(); GAN_ERR_FORMAT also for more bytes than the reader
 *                          allows.
 *
 * After an error all parts are as they were.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_load_from(gan_parts *parts, const gan_reader *from);

/**
 * Restore parts as gan_parts_load() does, and continue with other settings, on purpose:
 * gan_checkpoint_resume() for custom training loops.
 *
 * Settings that are not named in `adopt` must be the same, else the file is refused.  Names are
 * those of the parts; for an optimizer called "adam":
 *
 *     "adam.lr"     another learning rate; one set by gan_optimizer_set_lr() is dropped
 *     "adam.kind"   the optimizer starts afresh: moments, steps and settings are those it has here
 *     "cleaner"     other settings of the network's layers, such as the probability of dropout; the
 *                   tensors have to be the same
 *     "steps"       a number that is not in the file keeps its value; one that is only in the file
 *                   is left there.  In both it is the file's
 *     "cleaner", "cleaner.*", "cleaner_layer_count"
 *                   together a network that the file or the list lacks: it stays as it is
 *
 * @param[in,out] parts  The list.
 * @param[in]     path   The file's name.
 * @param[in]     desc   What may differ, and the report of what did; NULL: nothing.
 *
 * @retval GAN_OK           The parts were loaded, with the settings that they have here.
 * @retval GAN_ERR_INVALID  As gan_parts_load() for what is not named in `adopt`; or `adopt` has a
 *                          NULL or empty name, or one that is neither in the file nor here, which
 *                          the message says; or `desc` or its report has no valid struct_size.
 * @retval other            As gan_parts_load().
 *
 * After an error parts and report are as they were, with gan_checkpoint_load()'s exception.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_resume(gan_parts *parts, const char *path,
                                                   const gan_checkpoint_resume_desc *desc);

/**
 * Restore parts as gan_parts_resume() does, from memory or through a callback.
 *
 * @retval GAN_OK           The parts were loaded, with the settings that they have here.
 * @retval GAN_ERR_INVALID  As gan_parts_resume(), or the reader is NULL or has neither memory nor a
 *                          callback.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval other            As gan_parts_load_from().
 *
 * After an error parts and report are as they were.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_resume_from(gan_parts *parts, const gan_reader *from,
                                                        const gan_checkpoint_resume_desc *desc);

GAN_END_DECLS

#endif
