/* watch.h - monitoring a run: the library's verdicts, comparisons of samples after each epoch, and
 * the best epoch. */
#ifndef WATCH_H
#define WATCH_H

#include "evaluation.h"

typedef struct watch {
    gan_health *health;
    gan_trainer *trainer;
    evaluation *looks; /* comparisons of samples; NULL: only steps are monitored */
    void *state;             /* of the health, for checkpoints */
    int began;               /* the run's first batch was checked */
} watch;

/* Begin to monitor a run, or continue from the state in its checkpoint, if it has one.  `looks` is
 * NULL when samples are not compared.  Return 0 after saying why that can't be done; watch_end() in
 * any case. */
int watch_begin(watch *w, gan_trainer *trainer, evaluation *looks);
void watch_end(watch *w);

/* Before the run's first step, check its settings and its first batch, and print warnings; do
 * nothing for later batches. */
void watch_first_batch(watch *w, const gan_batch *batch, size_t n_images);

/* Record a step: its status and statistics. */
void watch_step(watch *w, gan_status status, const gan_train_stats *stats);

/* Record the latest comparison.  Return 0 after saying why that can't be done; without looks 1. */
int watch_look(watch *w);

/* Store the monitor's state in the run's checkpoints; without comparisons do nothing.  Return 0
 * after saying why that can't be done. */
int watch_keep(watch *w);

/* Write the verdict to a log, from which a report reads it.  Return 0 after saying why that can't
 * be done. */
int watch_note(const watch *w, gan_log *log);

/* The verdict's name, "D_WINS", or NULL when there is none. */
const char *watch_verdict(const watch *w);

/* Print a verdict with its numbers and advice, unless it was printed last. */
void watch_say(const watch *w, gan_verdict *said);

#endif
