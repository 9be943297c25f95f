/* checkpoint.h - a training run in one file, to be resumed as if it had never stopped. */
#ifndef GAN_CHECKPOINT_H
#define GAN_CHECKPOINT_H

#include <gan/api.h>
#include <gan/iterator.h>
#include <gan/network.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <gan/train.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A checkpoint is a safetensors file with everything that the next step depends on: weights and
 * buffers of both networks, the optimizers' moments and step counts, the positions of all random
 * streams, the iterator's position in the data, and the settings of the run.  Train 2n steps, or
 * train n, save, load in another process, train n: the bits are the same, on the same kind of
 * machine and on any number of threads.  docs/formats.md describes the file byte by byte.
 *
 * The host's own streams (gan_rng_position()) and data are saved by the host: in a file of its own
 * or as bytes in the checkpoint, see gan_trainer_set_extra_state().
 *
 * The last bytes of the file are a checksum of all others.  Every function here that reads a
 * checkpoint verifies it, so a file that was truncated or changed in any byte is an error.
 *
 * Threads: a call uses its objects as a training step does.  Several processes and threads may save
 *          to one path at once: the file is one of theirs, complete.
 */

/** The format number of the checkpoints that this release writes.  It reads all formats from 1 to
 * this. */
#define GAN_CHECKPOINT_FORMAT 1

/**
 * Save a run.
 *
 * The file is written to a temporary file beside `path`, flushed to disk and renamed: at every
 * moment, even when the process is killed, `path` is either the old checkpoint or the new one,
 * complete.  Temporary files that killed processes left beside `path` are removed.  A symbolic link
 * is followed, and its target is replaced or created; anything else (a directory, a pipe, a device)
 * is GAN_ERR_IO.
 *
 * @param[in] trainer  The run.
 * @param[in] it       The iterator that feeds it; NULL when the host brings its own data.  Save
 *                     after the step that used its last batch.
 * @param[in] path     The file's name; the directory must exist.
 *
 * @retval GAN_OK             The checkpoint is on disk.
 * @retval GAN_ERR_INVALID    `trainer` or `path` is NULL.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be written: disk full, no permission ...
 * @retval GAN_ERR_NONFINITE  A weight, which the host must have written, is NaN or infinite; the
 *                            message names it.
 * @retval GAN_ERR_BUSY       Another call is using the trainer.
 *
 * After an error the previous file is still at `path`, and no temporary file is left.  The run is
 * never changed.
 *
 * Memory: a few kilobytes for names and settings; the tensors are written from where they are.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_save(gan_trainer *trainer, const gan_iterator *it,
                                                      const char *path);

/**
 * Check that all ranks (see gan_trainer_desc, `communicator`) train the same run: settings,
 * positions, weights, moments, and of the data its size and some samples.  The first difference is
 * named, on all ranks.  All ranks call it, for example before the first step; functions such as
 * gan_checkpoint_save() and gan_checkpoint_load() include it.  In a single process it does nothing.
 *
 * With several ranks all must call those, too: the first rank's file or writer is written, those of
 * the others are ignored, and a failure is reported on all.  Each rank reads a checkpoint itself,
 * and nothing changes on any rank unless all have found it valid.  A checkpoint does not depend on
 * the number of ranks, and a run can continue with any that divides its shards.
 *
 * @param[in] trainer  The run.
 * @param[in] it       The iterator that feeds it; NULL when the host brings its own data.
 *
 * @retval GAN_OK           All ranks have the same.
 * @retval GAN_ERR_INVALID  They differ, or `trainer` is NULL.
 * @retval GAN_ERR_NOMEM    No memory.
 * @retval GAN_ERR_BUSY     Another call is using the trainer.
 * @retval other            The failure of an exchange, or of reading a sample.
 *
 * Memory: some kilobytes for names and settings, and a sample.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_compare(gan_trainer *trainer,
                                                         const gan_iterator *it);

/**
 * Save a run and keep previous checkpoints (rotation).
 *
 * The one that is replaced becomes `path`.1, the one before it `path`.2, and so on up to
 * `path`.`n_keep`; an older one is removed.  With a symbolic link they are beside its target.
 * Otherwise as gan_checkpoint_save(), which is this with 0.
 *
 * @param[in] trainer  The run.
 * @param[in] it       Its iterator, or NULL.
 * @param[in] path     The file's name.
 * @param[in] n_keep   How many previous checkpoints to keep, 0 to 1000.
 *
 * @retval GAN_OK             The checkpoint is on disk.
 * @retval GAN_ERR_INVALID    `trainer` or `path` is NULL, or `n_keep` is out of range.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be written, the file system has no hard links, or
 *                            the name is too long for the number.
 * @retval GAN_ERR_NONFINITE  A weight is NaN or infinite; the message names it.
 *
 * After an error the previous file at `path` is kept.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_save_keep(gan_trainer *trainer,
                                                           const gan_iterator *it, const char *path,
                                                           size_t n_keep);

/**
 * Restore a run from a checkpoint.
 *
 * Create the networks, optimizers, trainer and iterator with the same settings as the saved run,
 * then call this; the next step is the one that would have followed the save.  The number of
 * threads may differ.  A learning rate set by gan_optimizer_set_lr() comes from the file; the one
 * the optimizer was created with must be the same.
 *
 * @param[in,out] trainer  A trainer with the settings of the saved run.
 * @param[in,out] it       Its iterator, with the same settings and the same number and shape of
 *                         samples; NULL when the run was saved without one.
 * @param[in]     path     The file's name.
 *
 * @retval GAN_OK             The run is in its saved state.
 * @retval GAN_ERR_INVALID    `trainer` or `path` is NULL; or a setting differs: the message names
 *                            the first with both values ("batch_size is 64 in the file, 100 here").
 *                            To continue with another value on purpose, use
 *                            gan_checkpoint_resume().
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is not a checkpoint, has a newer format, or is damaged.
 * @retval GAN_ERR_NONFINITE  A value in the file is NaN or infinite; the message names it.
 * @retval GAN_ERR_BUSY       Another call is using the trainer or running one of its networks.
 *
 * After an error trainer and iterator are as they were.  There is one exception, so that no second
 * copy of the run has to fit in memory: the file is read and checked completely before anything is
 * changed, and then read again; if the second read fails (GAN_ERR_IO: the disk failed, or another
 * program wrote to the file in between), the run must be loaded again before it is used.
 *
 * Memory: proportional to the file's header; tensors are read in place.
 * Determinism: gan_checkpoint_read_info() says whether the bits will be those of the saved run.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_load(gan_trainer *trainer, gan_iterator *it,
                                                      const char *path);

/** What gan_checkpoint_resume() changed; start from GAN_CHECKPOINT_RESUME_REPORT_INIT. */
typedef struct gan_checkpoint_resume_report {
    size_t struct_size; /**< set by GAN_CHECKPOINT_RESUME_REPORT_INIT */
    size_t n_changes;   /**< names of `adopt` that differed */
    /** What differed, with both values: "batch_size is 64 in the file, 100 here; ..."; ends in
     * "..." when truncated. */
    char changes[1000];
} gan_checkpoint_resume_report;
#define GAN_CHECKPOINT_RESUME_REPORT_INIT GAN_SIZED_INIT(gan_checkpoint_resume_report, 0, "")

/** GAN_CHECKPOINT_RESUME_REPORT_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_checkpoint_resume_report_init(gan_checkpoint_resume_report *report,
                                               size_t struct_size);

/** Which settings of a run may differ; start from GAN_CHECKPOINT_RESUME_DESC_INIT. */
typedef struct gan_checkpoint_resume_desc {
    size_t struct_size; /**< set by GAN_CHECKPOINT_RESUME_DESC_INIT */
    /**
     * Names of settings that may differ from the file's; the run continues with those it was
     * created with.  They are the names used by messages and docs/formats.md, such as "batch_size"
     * or "generator_optimizer.lr"; one that ends in '*' matches every name with that prefix.
     */
    const char *const *adopt;
    size_t n_adopt;                       /**< how many; 0 with NULL */
    gan_checkpoint_resume_report *report; /**< filled on success.  NULL: not wanted */
} gan_checkpoint_resume_desc;
#define GAN_CHECKPOINT_RESUME_DESC_INIT GAN_SIZED_INIT(gan_checkpoint_resume_desc, 0, 0, 0)

/** GAN_CHECKPOINT_RESUME_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_checkpoint_resume_desc_init(gan_checkpoint_resume_desc *desc, size_t struct_size);

/**
 * Restore a run as gan_checkpoint_load() does, and continue with other settings, on purpose.
 *
 * Settings that are not named in `adopt` must be the same, else the file is refused as there.
 * State that belongs to a named setting changes with it:
 *
 *     "generator_optimizer.lr"    a learning rate set by gan_optimizer_set_lr() is dropped
 *     "generator_optimizer.kind"  the optimizer starts afresh: moments, steps and settings are
 *                                 those that it has here
 *     "loss", "objective"         statistics of the latest step, and a relativistic loss's real
 *                                 samples, stay as they are here until the next step
 *     "batch_size"                of the trainer; the iterator has its own, "iterator.batch_size"
 *     "average_decay"             an average that the file lacks starts from its generator's
 *                                 weights; one that is only in the file is dropped
 *     "penalty"                   with everything that begins with "penalty_"
 *     "iterator.*"                other batches or other data: the epoch continues at the beginning
 *                                 of a batch, at the saved position or before it
 *     "generator"                 other settings of layers, such as the probability of dropout;
 *                                 the tensors have to be the same
 *
 * Positions of random streams are the file's.
 *
 * @param[in,out] trainer  A trainer with the settings that the run continues with.
 * @param[in,out] it       Its iterator, or NULL when the run was saved without one.
 * @param[in]     path     The file's name.
 * @param[in]     desc     What may differ; NULL: nothing.
 *
 * @retval GAN_OK             The run is in its saved state, with the settings it was created with
 *                            here.
 * @retval GAN_ERR_INVALID    As gan_checkpoint_load() for settings that are not named in `adopt`;
 *                            or `adopt` has a NULL or empty name, or one that is neither in the
 *                            file nor here, which the message says; or `desc` or its report has no
 *                            valid struct_size.
 * @retval other              As gan_checkpoint_load().
 *
 * After an error trainer, iterator and report are as they were, with gan_checkpoint_load()'s
 * exception.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_resume(gan_trainer *trainer, gan_iterator *it,
                                                        const char *path,
                                                        const gan_checkpoint_resume_desc *desc);

/**
 * Create the networks of a checkpoint, layers and weights, without a trainer: to draw samples, or
 * to start another run from them.
 *
 * @param[out] g     Receives the generator, yours to destroy; NULL: not wanted.
 * @param[out] d     Receives the discriminator, likewise.  NULL for both is an error.
 * @param[in]  path  The file's name.
 * @param[in]  desc  Settings of both networks, or NULL for the defaults; the seed has no effect.
 *
 * @retval GAN_OK             The networks were created.
 * @retval GAN_ERR_INVALID    `path` or both of `g` and `d` are NULL, or `desc` is invalid.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is not a checkpoint, has a newer format, or is damaged.
 * @retval GAN_ERR_SHAPE      Its tensors do not match its layers.
 * @retval GAN_ERR_NONFINITE  A value in the file is NaN or infinite; the message names it.
 *
 * After an error `*g` and `*d` are NULL.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_networks(gan_network **g, gan_network **d,
                                                          const char *path,
                                                          const gan_network_desc *desc);

/**
 * Create the network that holds the exponential moving average (EMA) of the generator's weights,
 * gan_trainer_average().
 *
 * @param[out] out   Receives the network, yours to destroy; NULL on failure.
 * @param[in]  path  The file's name.
 * @param[in]  desc  Settings of the network, or NULL for the defaults; the seed has no effect.
 *
 * @retval GAN_OK           `*out` is the network.
 * @retval GAN_ERR_INVALID  `out` or `path` is NULL, `desc` is invalid, or the run has no average.
 * @retval other            As for gan_checkpoint_networks().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_average(gan_network **out, const char *path,
                                                         const gan_network_desc *desc);

/** The description of a checkpoint; start from GAN_CHECKPOINT_INFO_INIT. */
typedef struct gan_checkpoint_info {
    size_t struct_size;  /**< set by GAN_CHECKPOINT_INFO_INIT */
    uint64_t format;     /**< the file's format number */
    uint64_t d_steps;    /**< discriminator updates done */
    uint64_t g_steps;    /**< generator updates done */
    uint64_t batch_size; /**< of the trainer */
    uint64_t seed;       /**< of the trainer */
    int has_iterator;  /**< 1: saved with an iterator, and the next three are its; 0: they are 0 */
    uint64_t epoch;    /**< its epoch, from 0 */
    uint64_t position; /**< samples of that epoch already delivered */
    uint64_t dataset_count; /**< samples in its dataset */
    /**
     * 1: saved by this release with the same BLAS and on the same kind of processor, so that
     * training continues with the same bits.  0: it continues, but the last bits may differ.
     */
    int same_bits;
    char version[32];   /**< of the libgan that saved it, "0.1.0" */
    char blas[160];     /**< its BLAS with version and processor, as far as the BLAS reports them */
    char processor[32]; /**< which of libgan's own loops ran: "base", "v3", "v4" */
} gan_checkpoint_info;
#define GAN_CHECKPOINT_INFO_INIT                                                                   \
    GAN_SIZED_INIT(gan_checkpoint_info, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "", "", "")

/** GAN_CHECKPOINT_INFO_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_checkpoint_info_init(gan_checkpoint_info *info, size_t struct_size);

/**
 * Read the description of a checkpoint.
 *
 * @param[in,out] info  Filled, as far as its struct_size has room.
 * @param[in]     path  The file's name.
 *
 * @retval GAN_OK             `info` is filled, and the whole file matches its checksum.
 * @retval GAN_ERR_INVALID    `info` or `path` is NULL, or `info` has no valid struct_size.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is not a checkpoint, has a newer format, or is damaged.
 * @retval GAN_ERR_NONFINITE  A value in the file is NaN or infinite; the message names it.
 *
 * After an error `info` is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_read_info(gan_checkpoint_info *info,
                                                           const char *path);

/**
 * Read the host's bytes of a checkpoint, see gan_trainer_set_extra_state(), without a run: they may
 * be needed to create one.
 *
 * @param[out] bytes     Room for them; NULL when `capacity` is 0.
 * @param[in]  capacity  Size of `bytes`; 0 only queries the number.
 * @param[out] n         Receives how many there are; 0 when the checkpoint has none.
 * @param[in]  path      The file's name.
 *
 * @retval GAN_OK             `*n` is filled, and `bytes` unless `capacity` is 0.
 * @retval GAN_ERR_INVALID    `n` or `path` is NULL, or `bytes` while `capacity` is not 0.
 * @retval GAN_ERR_SHAPE      There are more than `capacity`; `*n` is their number.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The file could not be opened or read.
 * @retval GAN_ERR_FORMAT     It is not a checkpoint, has a newer format, or is damaged.
 * @retval GAN_ERR_NONFINITE  A value in the file is NaN or infinite; the message names it.
 *
 * After an error `bytes` is as it was, and but for GAN_ERR_SHAPE so is `*n`.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_read_extra_state(void *bytes, size_t capacity,
                                                                  size_t *n, const char *path);

/**
 * Save a run as gan_checkpoint_save() does, to memory or through a callback.
 *
 * @param[in]     trainer  The run.
 * @param[in]     it       Its iterator, or NULL.
 * @param[in,out] to       The writer; its n_bytes is set to the size of the checkpoint.
 *
 * @retval GAN_OK             All of the checkpoint was written.
 * @retval GAN_ERR_INVALID    `trainer` or `to` is NULL, or the writer has neither memory nor a
 *                            callback.
 * @retval GAN_ERR_BUSY       Another call is using the trainer or running one of its networks.
 * @retval GAN_ERR_NOMEM      No memory.
 * @retval GAN_ERR_IO         The callback failed, or the memory is too small; `to->n_bytes` is then
 *                            the size needed.
 * @retval GAN_ERR_NONFINITE  A weight is NaN or infinite; the message names it.
 *
 * After an error discard the bytes that were written: they are the beginning of a checkpoint, whose
 * checksum, which comes last, is missing.
 * The run is never changed.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_save_to(gan_trainer *trainer,
                                                         const gan_iterator *it, gan_writer *to);

/**
 * Restore a run as gan_checkpoint_load() does, from memory or through a callback.
 *
 * @param[in,out] trainer  A trainer with the settings of the saved run.
 * @param[in,out] it       Its iterator, or NULL when the run was saved without one.
 * @param[in]     from     The reader.
 *
 * @retval GAN_OK           The run is in its saved state.
 * @retval GAN_ERR_INVALID  `trainer` or `from` is NULL, the reader has neither memory nor a
 *                          callback, or a setting differs.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval other            As gan_checkpoint_load(); GAN_ERR_FORMAT also for more bytes than the
 *                          reader allows.
 *
 * After an error trainer and iterator are as they were, without exception: the bytes of a callback
 * are kept in memory and read from there.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_load_from(gan_trainer *trainer, gan_iterator *it,
                                                           const gan_reader *from);

/**
 * Restore a run as gan_checkpoint_resume() does, from memory or through a callback.
 *
 * @retval GAN_OK           The run is in its saved state, with the settings it was created with
 *                          here.
 * @retval GAN_ERR_INVALID  As gan_checkpoint_resume(), or the reader is NULL or has neither memory
 *                          nor a callback.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval other            As gan_checkpoint_load_from().
 *
 * After an error trainer, iterator and report are as they were, without exception.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status
gan_checkpoint_resume_from(gan_trainer *trainer, gan_iterator *it, const gan_reader *from,
                           const gan_checkpoint_resume_desc *desc);

/**
 * Create networks as gan_checkpoint_networks() does, from memory or through a callback.
 *
 * @retval GAN_OK           The requested networks were created.
 * @retval GAN_ERR_INVALID  Both `g` and `d` are NULL, or `from` is, the reader has neither memory
 *                          nor a callback, or `desc` is invalid.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval other            As gan_checkpoint_networks(); GAN_ERR_FORMAT also for more bytes than
 *                          the reader allows.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_networks_from(gan_network **g, gan_network **d,
                                                               const gan_reader *from,
                                                               const gan_network_desc *desc);

/**
 * Create a network as gan_checkpoint_average() does, from memory or through a callback.
 *
 * @retval GAN_OK           `*out` is the network.
 * @retval GAN_ERR_INVALID  `out` or `from` is NULL, the reader has neither memory nor a callback,
 *                          `desc` is invalid, or the run has no average.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval other            As gan_checkpoint_average(); GAN_ERR_FORMAT also for more bytes than the
 *                          reader allows.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_average_from(gan_network **out,
                                                              const gan_reader *from,
                                                              const gan_network_desc *desc);

/**
 * Fill a record as gan_checkpoint_read_info() does, from memory or through a callback.
 *
 * @retval GAN_OK           `info` is filled.
 * @retval GAN_ERR_INVALID  `info` or `from` is NULL, the reader has neither memory nor a callback,
 *                          or `info` has no valid struct_size.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval other            As gan_checkpoint_read_info(); GAN_ERR_FORMAT also for more bytes than
 *                          the reader allows.
 *
 * After an error `info` is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_read_info_from(gan_checkpoint_info *info,
                                                                const gan_reader *from);

/**
 * Read a host's bytes as gan_checkpoint_read_extra_state() does, from memory or through a callback.
 *
 * @retval GAN_OK           `*n` is filled, and `bytes` unless `capacity` is 0.
 * @retval GAN_ERR_INVALID  `n` or `from` is NULL, `bytes` is while `capacity` is not 0, or the
 *                          reader has neither memory nor a callback.
 * @retval GAN_ERR_SHAPE    There are more than `capacity`; `*n` is their number.
 * @retval GAN_ERR_IO       The reader's callback failed.
 * @retval other            As gan_checkpoint_read_extra_state(); GAN_ERR_FORMAT also for more bytes
 *                          than the reader allows.
 *
 * After an error `bytes` is as it was, and but for GAN_ERR_SHAPE so is `*n`.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_checkpoint_read_extra_state_from(void *bytes, size_t capacity,
                                                                       size_t *n,
                                                                       const gan_reader *from);

GAN_END_DECLS

#endif
