/* report.h - a training run as a single HTML page. */
#ifndef GAN_REPORT_H
#define GAN_REPORT_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/image.h>
#include <gan/log.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * A report: the pictures and counts that a page shows beside the data of a log.
 *
 *     gan_report_create(&report, NULL);
 *     for each epoch:
 *         ...
 *         gan_report_add_frame(report, epoch, samples_of_the_same_latent_vectors);
 *         gan_report_write(report, log, "run/report.html");
 *
 * The page is a single self-contained file without scripts or external references, so that it can
 * be sent by mail and opened years later.  It shows, from its top:
 *
 * - the notes `verdict`, `verdict.text` and `advice` of the log, with the run, its progress, and
 *   its latest values;
 * - the frames as an animated PNG and, with their epochs, as a film strip;
 * - curves of all values of the log: losses, the discriminator's outputs, accuracies, gradient
 *   norms, learning rates, then all others; NAME.low and NAME.high are drawn as a band around NAME,
 *   NAME.floor as a dashed line;
 * - counts, such as those of classes among samples, and pictures, such as the nearest training
 *   images;
 * - a table of values per epoch, the notes `settings.NAME`, the release of the library, and the
 *   note `command`.
 *
 * It follows the reader's choice of a light or dark display, fits phones, and describes each curve
 * and picture in words.  It is smaller than `max_bytes` however long the run is: curves have at
 * most 240 points, tables at most 50 rows, and pictures are dropped as needed, frames evenly.
 *
 * Texts of the host may contain anything; they are escaped, never interpreted as HTML.
 *
 * Created by gan_report_create(), destroyed by gan_report_destroy().
 *
 * Threads: one at a time; different reports are independent.
 */
typedef struct gan_report gan_report;

/** Settings of a report; start from GAN_REPORT_DESC_INIT.  Zero is each one's default. */
typedef struct gan_report_desc {
    size_t struct_size;             /**< set by GAN_REPORT_DESC_INIT */
    size_t max_bytes;               /**< of the page, at least 200,000; 0: 2,000,000 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_report_desc;
#define GAN_REPORT_DESC_INIT GAN_SIZED_INIT(gan_report_desc, 0, 0)

/** GAN_REPORT_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_report_desc_init(gan_report_desc *desc, size_t struct_size);

/**
 * Create a report without pictures and counts.
 *
 * @param[out] out   Receives the report, yours to destroy; NULL on failure.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is a report.
 * @retval GAN_ERR_INVALID  `out` is NULL, or `desc` is invalid.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_report_create(gan_report **out, const gan_report_desc *desc);

/** Destroy a report.  NULL is allowed.  @since 0.1 */
GAN_API void gan_report_destroy(gan_report *report);

/**
 * Add the picture of an epoch: samples of the same latent vectors each time.
 *
 * The picture is compressed and copied.  Beyond 24 frames every second one is dropped, but never
 * the latest.
 *
 * @param[in,out] report  The report.
 * @param[in]     epoch   Above that of the latest frame.
 * @param[in]     image   As large as the other frames.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  `report` or `image` is NULL, or `epoch` is not above the latest one's.
 * @retval GAN_ERR_SHAPE    Its size or channels differ from those of the other frames.
 * @retval GAN_ERR_NOMEM    No memory; the report is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_report_add_frame(gan_report *report, uint64_t epoch,
                                                       const gan_image *image);

/**
 * Show a picture below the curves, such as real images, or samples beside the training images
 * nearest to them.
 *
 * @param[in,out] report   The report.
 * @param[in]     title    What it is; a picture of the same title is replaced.  1 to 120 bytes.
 * @param[in]     caption  A sentence about it, also the alternative text.
 * @param[in]     image    Compressed and copied.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, or `title` is empty or too long.
 * @retval GAN_ERR_NOMEM    No memory; the report is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_report_set_picture(gan_report *report, const char *title,
                                                         const char *caption,
                                                         const gan_image *image);

/** A count of a bar chart. */
typedef struct gan_report_count {
    const char *name; /**< such as a class's */
    double found;     /**< how often, at least 0 */
    double expected;  /**< the expected count; 0: unknown */
} gan_report_count;

/**
 * Show counts as bars, such as the classes that a classifier sees in samples.
 *
 * @param[in,out] report   The report.
 * @param[in]     title    What is counted; it replaces all earlier counts.  1 to 120 bytes.
 * @param[in]     counts   `n` of them, copied.
 * @param[in]     n        At most 1000 are shown; 0 removes the counts.
 *
 * @retval GAN_OK           Added.
 * @retval GAN_ERR_INVALID  An argument is NULL, `title` is empty or too long, a name is NULL, or a
 *                          count is negative or not finite.
 * @retval GAN_ERR_NOMEM    No memory; the report is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_report_set_counts(gan_report *report, const char *title,
                                                        const gan_report_count *counts, size_t n);

/**
 * Write the page.
 *
 * The file is replaced whole, and symbolic links are followed, as by gan_network_save().
 *
 * @param[in] report  The report.
 * @param[in] log     The source of the curves: the log being written, or one opened by
 *                    gan_log_open().
 * @param[in] path    The HTML file.
 *
 * @retval GAN_OK           The file was written.
 * @retval GAN_ERR_INVALID  An argument is NULL.
 * @retval GAN_ERR_IO       The file could not be written; the previous file at `path` is kept.
 * @retval GAN_ERR_NOMEM    No memory: about twice the size of the page is taken during the call.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_report_write(const gan_report *report, const gan_log *log,
                                                   const char *path);

/** Bytes of a title with its terminating zero. */
#define GAN_REPORT_TITLE_BYTES (GAN_LOG_NAME_BYTES + 32)

/**
 * Write the title that pages have in place of a log's name for a number: "Coverage" for `coverage`,
 * "Losses: generator" for `g_loss`; a name without a title is written as it is.
 *
 * @param[in]  name   A name; NULL is an empty one.
 * @param[out] title  Receives it in UTF-8, truncated where it has no room.
 *
 * @since 0.1
 */
GAN_API void gan_report_title(const char *name, char title[GAN_REPORT_TITLE_BYTES]);

/** A run of a comparison. */
typedef struct gan_report_run {
    const char *name;         /**< such as its directory's; NULL: its number */
    const gan_log *log;       /**< its log */
    const gan_image *picture; /**< its latest samples.  NULL: none */
} gan_report_run;

/**
 * Write a page that compares runs: a table of their latest and best numbers, the settings in which
 * they differ, each value's curves in one chart, and samples.
 *
 * @param[in] runs  `n` of them.
 * @param[in] n     2 to 64; curves are drawn of the first 8.
 * @param[in] path  The HTML file, written as by gan_report_write().
 * @param[in] desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           The file was written.
 * @retval GAN_ERR_INVALID  `runs`, a log or `path` is NULL, `n` is out of range, or `desc` is
 *                          invalid.
 * @retval GAN_ERR_IO       The file could not be written; the previous file at `path` is kept.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_report_compare(const gan_report_run *runs, size_t n,
                                                     const char *path, const gan_report_desc *desc);

GAN_END_DECLS

#endif
