/* watch.h - what goes wrong in a run, while it runs: the library's verdicts, looks at samples after
 * each epoch, and which epoch was the best. */
#ifndef WATCH_H
#define WATCH_H

#include "evaluation.h"

typedef struct watch {
    gan_health *health;
    gan_trainer *trainer;
    evaluation *looks; /* where samples are looked at; NULL: steps are watched alone */
    void *state;             /* of the health, for checkpoints */
    int began;               /* the run's first batch was looked at */
} watch;

/* Watch over a run that has not begun, or, when its checkpoint has kept one, go on from its state.
 * `looks` is NULL when samples are not looked at.  Return 0 after saying why that can't be done;
 * watch_end() in any case. */
int watch_begin(watch *w, gan_trainer *trainer, evaluation *looks);
void watch_end(watch *w);

/* Before the run's first step, look at its settings and its first batch, and warn of what is unlikely
 * to go well; with later batches nothing. */
void watch_first_batch(watch *w, const gan_batch *batch, size_t n_images);

/* Take in a step: what it returned, and its figures. */
void watch_step(watch *w, gan_status status, const gan_train_stats *stats);

/* Take in the latest comparison.  Return 0 after saying why that can't be done; without looks 1. */
int watch_look(watch *w);

/* Give the run's checkpoints what was seen so far; without looks nothing.  Return 0 after saying
 * why that can't be done. */
int watch_keep(watch *w);

/* Put the verdict into a log, from where a report takes it.  Return 0 after saying why that can't be
 * done. */
int watch_note(const watch *w, gan_log *log);

/* The verdict's name, "D_WINS", or NULL when there is none. */
const char *watch_verdict(const watch *w);

/* Say a verdict with its numbers and what may help, unless it is the one that was said last. */
void watch_say(const watch *w, gan_verdict *said);

#endif
