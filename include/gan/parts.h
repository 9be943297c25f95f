/* parts.h - a checkpoint of what a host trains by itself: its networks, optimizers and counters. */
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
 * A list of named parts of a host's training loop, which are saved to one file and loaded from it
 * all at once: networks, optimizers, and numbers such as steps, places of random streams
 * (gan_rng_position()) and of data (gan_iterator_epoch(), gan_iterator_position()), and
 * gan_pass_forward_count().
 *
 * gan_checkpoint_save() is this for a gan_trainer, which knows its parts.  The file is of the same
 * kind: safetensors with a checksum, replaced atomically; see docs/formats.md.
 *
 * Made by gan_parts_create(), ended by gan_parts_destroy().  What is added is borrowed, and must
 * outlive the list or not be saved or loaded any more.
 *
 * Threads: one at a time; a call uses the parts as a training step does.
 */
typedef struct gan_parts gan_parts;

/**
 * Make an empty list.
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

/** End a list; its parts stay.  NULL is allowed.  @since 0.1 */
GAN_API void gan_parts_destroy(gan_parts *parts);

/**
 * Add a network: its layers, which have to be the same when it is loaded, weights and buffers.
 *
 * @param[in,out] parts  The list.
 * @param[in]     name   1 to 20 letters, digits or '_', which no other part has; copied.
 * @param[in,out] net    Completed when it is not.  Borrowed.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, the name is not as above or taken, or the network's
 *                          weights are only read (see gan_network_open_in_place()).
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
 * Add an optimizer: its rule and settings, which have to be the same, its moments, steps and current
 * learning rate.
 *
 * @param[in,out] parts  The list.
 * @param[in]     name   As for gan_parts_add_network().
 * @param[in,out] opt    The optimizer; bound to the network when it is not.  Borrowed.
 * @param[in,out] net    The network that it updates, by gan_pass_step() or gan_optimizer_step();
 *                       completed when it is not.  Its tensors name the moments.  Borrowed.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, the name is not as above or taken, or the network
 *                          has nothing to train.
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
 * Add a whole number of the host's, such as a count of steps or a place in a random stream.
 *
 * @param[in,out] parts  The list.
 * @param[in]     name   As for gan_parts_add_network().
 * @param[in]     place  Read by each save, written to by each load.  Borrowed.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, or the name is not as above or taken.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_add_whole(gan_parts *parts, const char *name,
                                                      uint64_t *place);

/** Add a real number of the host's, which has to be finite when it is saved, as
 * gan_parts_add_whole() adds a whole one.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, or the name is not as above or taken.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_add_real(gan_parts *parts, const char *name,
                                                     double *place);

/**
 * Save all parts in one file.
 *
 * The file is replaced as by gan_checkpoint_save(): at every moment `path` leads to the old one or
 * to the new one, whole.
 *
 * @param[in] parts  The list.
 * @param[in] path   The file's name; the directory must exist.
 *
 * @retval GAN_OK             The file is on the disk.
 * @retval GAN_ERR_INVALID    `parts` or `path` is NULL.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be written.
 * @retval GAN_ERR_NONFINITE  A weight, or a real number of the host's, is NaN or infinite; it is
 *                            named.
 *
 * After an error what stood at `path` still does.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_save(gan_parts *parts, const char *path);

/**
 * Save all parts to memory or by a function of the host.
 *
 * @retval GAN_OK           All of the file was written.
 * @retval GAN_ERR_INVALID  `parts` or `to` is NULL, or the writer has neither memory nor function.
 * @retval GAN_ERR_IO       The function failed, or the memory is too small; `to->n_bytes` then tells
 *                          how many bytes it takes.
 * @retval other            As gan_parts_save().
 *
 * After an error discard the bytes that were written.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_save_to(gan_parts *parts, gan_writer *to);

/**
 * Put all parts back to where they were saved.
 *
 * The list has to have the parts that it had then, by name and kind, and those the same settings.
 * Then the training goes on with the same bits, on the same kind of machine.  A host that gives the
 * numbers of its list to gan_rng_seek(), gan_iterator_seek() and gan_pass_desc.n_forwards goes on
 * where it was.  gan_network_load() reads one network of the file by the prefix "NAME.".
 *
 * @param[in,out] parts  The list.
 * @param[in]     path   The file's name.
 *
 * @retval GAN_OK             All parts are the file's.
 * @retval GAN_ERR_INVALID    `parts` or `path` is NULL; or something differs: the first is named
 *                            with both values.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is no such file, of a newer format, or damaged.
 * @retval GAN_ERR_NONFINITE  A number in the file is NaN or infinite; it is named.
 *
 * After an error all parts are as they were, with gan_checkpoint_load()'s exception.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_load(gan_parts *parts, const char *path);

/**
 * Put all parts back from memory or by a function of the host.
 *
 * @retval GAN_OK           All parts are the file's.
 * @retval GAN_ERR_INVALID  `parts` or `from` is NULL, the reader has neither memory nor function, or
 *                          something differs.
 * @retval GAN_ERR_IO       The reader's function failed.
 * @retval other            As gan_parts_load(); GAN_ERR_FORMAT also for more bytes than the reader
 *                          allows.
 *
 * After an error all parts are as they were.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_load_from(gan_parts *parts, const gan_reader *from);

/**
 * Put parts back as gan_parts_load() does, and let the training go on with other settings, on
 * purpose: gan_checkpoint_resume() for a host's own parts.
 *
 * What is not named in `adopt` has to be the same, and refuses the file.  Names are those of the
 * parts, for an optimizer called "adam":
 *
 *     "adam.lr"     another learning rate; the one that gan_optimizer_set_lr() had set is dropped
 *     "adam.kind"   the optimizer begins anew: moments, steps and settings are those it has here
 *     "cleaner"     other settings of the network's layers, such as the probability of dropout; the
 *                   tensors have to be the same
 *     "steps"       a number that is not in the file keeps its value; one that is only in the file
 *                   is left there.  In both it is the file's
 *     "cleaner", "cleaner.*", "cleaner_layer_count"
 *                   together a network that one of them has not: it stays as it is
 *
 * @param[in,out] parts  The list.
 * @param[in]     path   The file's name.
 * @param[in]     desc   What may differ, and where to tell what did; or NULL: nothing.
 *
 * @retval GAN_OK           The parts are the file's, with the settings that they have here.
 * @retval GAN_ERR_INVALID  As gan_parts_load() for what is not named in `adopt`; or `adopt` has a
 *                          NULL or empty name, or one that is neither in the file nor here, which
 *                          is told; or `desc` or its report has no valid struct_size.
 * @retval other            As gan_parts_load().
 *
 * After an error parts and report are as they were, with gan_checkpoint_load()'s exception.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_parts_resume(gan_parts *parts, const char *path,
                                                   const gan_checkpoint_resume_desc *desc);

/**
 * Put parts back as gan_parts_resume() does, from memory or by a function of the host.
 *
 * @retval GAN_OK           The parts are the file's, with the settings that they have here.
 * @retval GAN_ERR_INVALID  As gan_parts_resume(), or the reader is NULL or has neither memory nor
 *                          function.
 * @retval GAN_ERR_IO       The reader's function failed.
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
