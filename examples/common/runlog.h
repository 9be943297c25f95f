/* runlog.h - the log of a run, and the page that shows it. */
#ifndef RUNLOG_H
#define RUNLOG_H

#include "rundir.h"

#include <gan/gan.h>

/* The files in a run's directory; the last one with --tensorboard. */
#define RUNLOG_JSON "log.jsonl"
#define RUNLOG_CSV "log.csv"
#define RUNLOG_PAGE "report.html"
#define RUNLOG_EVENTS "events.out.tfevents.libgan"

typedef struct runlog {
    const rundir *dir;
    gan_log *log;
    gan_report *report;
    size_t columns, rows; /* samples of a picture that a frame of the page has */
    size_t tile_width, tile_height, padding;
    double paged; /* when the page was last written */
} runlog;

/* The layout of a run's pictures. */
typedef struct runlog_layout {
    gan_shape shape; /* of a sample */
    size_t columns, rows, padding;
    int by_class; /* 1: each row is a class */
} runlog_layout;

/* Begin the log of a run, or with `steps` above 0 continue it; a log that can't be continued is
 * renamed.  The pictures of epochs up to `epochs` are read again.  Return 0 after saying what is
 * wrong; runlog_close() in any case. */
int runlog_open(runlog *r, const rundir *dir, const runlog_layout *layout, size_t steps,
                size_t epochs, int events);
void runlog_close(runlog *r);

/* Record the settings of the run, one in each line of `settings`, and the command that repeats it.
 * Return 0 after saying what is wrong. */
int runlog_note_settings(runlog *r, const char *settings);

/* Record a step, with its learning rates.  Return 0 after saying what is wrong. */
int runlog_step(runlog *r, const gan_train_stats *stats, double g_lr, double d_lr);

/* Record an epoch, or a part of one; `picture` shows its samples.  Return 0 after saying what is
 * wrong. */
int runlog_epoch(runlog *r, size_t epoch, gan_image *picture);
int runlog_pause(runlog *r);

/* Write the page, unless it was written a moment ago and this isn't the last time.  Return 0 after
 * saying why it could not be written. */
int runlog_page(runlog *r, int last);

/* Cut out of a picture of a run what a frame shows, or a row of samples.  NULL after saying that
 * there is no memory. */
gan_image *runlog_crop(const runlog *r, gan_image *picture, size_t columns, size_t rows);

#endif
