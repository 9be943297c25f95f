/* log.h - the record of a training run, as JSON Lines, CSV and TensorBoard event files. */
#ifndef GAN_LOG_H
#define GAN_LOG_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/status.h>
#include <gan/train.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * The log of a training run.
 *
 *     gan_log_create(&log, "run/log.jsonl", &desc);
 *     for each epoch:
 *         for each batch:
 *             gan_train_step(trainer, batch, &stats);
 *             gan_log_step(log, &stats);
 *         gan_log_metric(log, "frechet", distance);
 *         gan_log_epoch(log, epoch);
 *         gan_checkpoint_save(...);
 *
 * The file has a JSON object in each line (JSON Lines), named by its `record`:
 *
 *     {"record":"run","format":1,"libgan":"0.1.0","time":1764331200.5}
 *     {"record":"note","epoch":0,"step":0,"name":"settings.lr","text":"0.0002"}
 *     {"record":"steps","epoch":1,"step":100,"steps":100,"seconds":1.5,"time":...,"d_loss":0.52,...}
 *     {"record":"epoch","epoch":1,"step":600,"steps":600,"seconds":9.1,"time":...,"d_loss":0.49,...}
 *
 * `step` counts the steps of the whole run and `steps` those of the record; values are means over
 * the latter.  `seconds` is time spent training since the run began, `time` the time of day in
 * seconds since 1970.  As JSON cannot represent them, non-finite values are the strings "NaN",
 * "Infinity" and "-Infinity", which Python's float() and JavaScript's Number() read.  Means are
 * rounded to 12 digits; other values have enough digits to read the same bits back.
 *
 * Each line is appended in one write: when a process is killed, at most the last line of the file
 * is incomplete, and it is removed when the log is resumed.  When a line cannot be written, because
 * the disk is full, the file ends with the previous line, the call returns GAN_ERR_IO, and the line
 * is kept for the next call that writes.
 *
 * Created by gan_log_create(), or read-only by gan_log_open(); destroyed by gan_log_destroy().
 * Training does not depend on a log: its bits are the same with and without one.
 *
 * Threads: one at a time; different logs are independent.
 * Memory: records are kept for gan_report_write(): about 16 bytes for each value in the file, for
 *         at most 4,096 records of steps, beyond which every second one is dropped.  Memory is
 *         allocated when a record is written, and for each new name.
 */
typedef struct gan_log gan_log;

/** The most bytes in the name of a value or note, the terminating zero included. */
#define GAN_LOG_NAME_BYTES 64

/** Settings of a log; start from GAN_LOG_DESC_INIT.  Zero is each one's default. */
typedef struct gan_log_desc {
    size_t struct_size; /**< set by GAN_LOG_DESC_INIT */
    uint64_t steps;     /**< steps done so far, when a run is resumed from a checkpoint: records up
                             to this step are kept, later ones removed.  0: start a new log,
                             replacing an existing one */
    uint64_t interval;  /**< steps per record of steps; 0: 100 */
    const char *csv;    /**< path of a CSV file with one row per epoch, updated by gan_log_epoch().
                             NULL: none */
    const char *events; /**< path of a TensorBoard event file; its name must contain "tfevents".
                             NULL: none */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_log_desc;
#define GAN_LOG_DESC_INIT GAN_SIZED_INIT(gan_log_desc, 0, 0, 0, 0, 0)

/** GAN_LOG_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_log_desc_init(gan_log_desc *desc, size_t struct_size);

/**
 * Create a log, or resume one.
 *
 * With `desc->steps` above 0 the log is resumed there: at the end the files have the same records
 * as those of an uninterrupted run, except for times.  If the checkpoint is in the middle of an
 * interval or epoch, its means need what gan_log_save() wrote; without it they are means over the
 * steps since.  A missing file is started anew.
 *
 * Files are replaced atomically, and symbolic links followed, as by gan_network_save().
 *
 * @param[out] out   Receives the log, yours to destroy; NULL on failure.
 * @param[in]  path  The JSON Lines file.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is a log.
 * @retval GAN_ERR_INVALID  `out` or `path` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_IO       A file could not be read or written.
 * @retval GAN_ERR_FORMAT   The file to be resumed is not a log, is one of a later release, or is
 *                          damaged; the message names the line, and no file was changed.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_log_create(gan_log **out, const char *path,
                                                 const gan_log_desc *desc);

/**
 * Open a log read-only, even while its run continues, for gan_report_write() and the getters below.
 *
 * @param[out] out        Receives the log, yours to destroy; NULL on failure.
 * @param[in]  path       The JSON Lines file.  An incomplete last line is left out.
 * @param[in]  allocator  Copied.  NULL: malloc.
 *
 * @retval GAN_OK           `*out` is the log, as it was when the file was read.
 * @retval GAN_ERR_INVALID  `out` or `path` is NULL, or `allocator` lacks a function.
 * @retval GAN_ERR_IO       The file could not be read.
 * @retval GAN_ERR_FORMAT   It is not a log, is one of a later release, or is damaged; the message
 *                          names the line.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_log_open(gan_log **out, const char *path,
                                               const gan_allocator *allocator);

/** Destroy a log.  NULL is allowed.  Steps since the latest record are lost: see gan_log_save().
 * @since 0.1 */
GAN_API void gan_log_destroy(gan_log *log);

/**
 * Record a text: a setting, the command line, a verdict.
 *
 * The latest text of a name replaces earlier ones, and writing the same text again does nothing.
 * Reports show `command`, `verdict`, `verdict.text` (a sentence with numbers), `advice`, `title`,
 * and below their last curve all names of the form `settings.NAME`.
 *
 * @param[in,out] log   The log.
 * @param[in]     name  1 to GAN_LOG_NAME_BYTES - 1 bytes.
 * @param[in]     text  Any text; bytes that are not UTF-8 become '?'.
 *
 * @retval GAN_OK           It is in the file.
 * @retval GAN_ERR_INVALID  An argument is NULL, `name` is empty, too long or not UTF-8, or the log
 *                          was opened read-only.
 * @retval GAN_ERR_IO       It could not be written yet: see gan_log.
 * @retval GAN_ERR_NOMEM    No memory; nothing was written.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_log_note(gan_log *log, const char *name, const char *text);

/**
 * Add a value to the step that gan_log_step() ends: one of the host's own training loop, or one
 * that gan_train_stats lacks, such as the learning rate.
 *
 * @param[in,out] log    The log.
 * @param[in]     name   1 to GAN_LOG_NAME_BYTES - 1 bytes of UTF-8.
 * @param[in]     value  Any number, NaN too.
 *
 * @retval GAN_OK           It is included in the means.
 * @retval GAN_ERR_INVALID  `log` or `name` is NULL, `name` is empty, too long, not UTF-8 or one of
 *                          "record", "epoch", "step", "steps", "seconds" and "time", or the log was
 *                          opened read-only.
 * @retval GAN_ERR_NOMEM    No memory for a new name; nothing has changed.
 *
 * Memory: allocates nothing for a name that was seen before.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_log_value(gan_log *log, const char *name, double value);

/**
 * End a step.  A record is written every `interval` steps.
 *
 * @param[in,out] log    The log.
 * @param[in]     stats  The step's statistics, included in the means by the names of their fields:
 *                       d_loss, g_loss, d_real, d_fake, d_real_accuracy, d_fake_accuracy,
 *                       d_grad_norm, g_grad_norm; penalty, penalty_norm, d_class_loss,
 *                       g_class_loss, d_real_class_accuracy, d_fake_class_accuracy, augment_sign,
 *                       second_penalty, second_penalty_norm, lecam and consistency when they aren't
 *                       0, and augment_probability when it isn't 1 either.  NULL: only the values
 *                       of gan_log_value().
 *
 * @retval GAN_OK           The step is counted.
 * @retval GAN_ERR_INVALID  `log` is NULL or was opened read-only, or the struct_size of `stats` is
 *                          too small.
 * @retval GAN_ERR_IO       The step is counted, but a record could not be written yet: see gan_log.
 * @retval GAN_ERR_NOMEM    The step is counted, but there was no memory for the record, which is
 *                          lost.
 *
 * Memory: allocated only by a step that writes a record; such a step is slower, too: it opens the
 *         file and appends to it.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_log_step(gan_log *log, const gan_train_stats *stats);

/**
 * Add a value to the epoch that gan_log_epoch() ends, such as a distance measured after it.
 *
 * A report shows NAME.low and NAME.high as the interval of NAME, and NAME.floor as its value for
 * real samples.
 *
 * @param[in,out] log    The log.
 * @param[in]     name   As for gan_log_value().
 * @param[in]     value  Any number, NaN too.
 *
 * @retval GAN_OK           It is part of the epoch's record, in place of a mean of that name.
 * @retval GAN_ERR_INVALID  As for gan_log_value().
 * @retval GAN_ERR_NOMEM    No memory for a new name; nothing has changed.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_log_metric(gan_log *log, const char *name, double value);

/**
 * End an epoch: write a record of the remaining steps, one of the epoch, and the CSV file anew.
 * Call it before writing the epoch's checkpoint, so that a log resumed from that checkpoint has it.
 *
 * The CSV file has the columns epoch, step, steps and seconds, then one for each name that any
 * epoch has had so far; non-finite values are nan, inf and -inf, missing ones are empty.
 *
 * @param[in,out] log    The log.
 * @param[in]     epoch  Its number, above that of the latest epoch; the first is 1.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `log` is NULL or was opened read-only, or `epoch` is not above the
 *                          latest one's.
 * @retval GAN_ERR_IO       The epoch is ended, but a file could not be written yet: see gan_log.
 * @retval GAN_ERR_NOMEM    The epoch is ended, but there was no memory to write all of it.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_log_epoch(gan_log *log, uint64_t epoch);

/**
 * Save the running sums of steps without a record yet, so that the log can be resumed from a
 * checkpoint saved now, in the middle of an epoch; call it before saving the checkpoint.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `log` is NULL or was opened read-only.
 * @retval GAN_ERR_IO       It could not be written yet: see gan_log.
 * @retval GAN_ERR_NOMEM    No memory; nothing was written.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_log_save(gan_log *log);

/** Return how many steps the run has done; 0 for NULL.  @since 0.1 */
GAN_API uint64_t gan_log_step_count(const gan_log *log);

/** Return the number of the latest epoch; 0 for none or NULL.  @since 0.1 */
GAN_API uint64_t gan_log_epoch_count(const gan_log *log);

/** Return a value of the latest epoch that has it; NaN when none has, or for NULL.  @since 0.1 */
GAN_API double gan_log_number(const gan_log *log, const char *name);

/** Return the text of a note, which lives until the next note or until the log is destroyed; NULL
 * when there is none, and for NULL.  @since 0.1 */
GAN_API const char *gan_log_text(const gan_log *log, const char *name);

GAN_END_DECLS

#endif
