/* watch.h - what goes wrong in a run, while it runs: the library's verdicts, looks at samples after
 * each epoch, and which epoch was the best. */
#ifndef WATCH_H
#define WATCH_H

#include "cli.h"

typedef struct watch {
    gan_health *health;
    gan_trainer *trainer;
    gan_features *features; /* NULL: no looks are taken, but steps are watched */
    gan_reference *reference;
    size_t n;               /* samples of a look, and real ones that they are compared with */
    size_t n_classes;       /* of a conditional generator */
    float *noise, *samples, *seen; /* of a look, the same latent vectors in each */
    uint8_t *labels;
    uint16_t *classes; /* the same */
    void *state;       /* of the health, for checkpoints */
} watch;

/* Watch over a run that has not begun, or, when its checkpoint has kept one, go on from its state.
 * `looks` is 1 when samples are looked at.  Return 0 after saying why that can't be done;
 * watch_end() in any case. */
int watch_begin(watch *w, gan_trainer *trainer, const gan_dataset *data, uint64_t seed, int looks);
void watch_end(watch *w);

/* Take in a step: what it returned, and its figures. */
void watch_step(watch *w, gan_status status, const gan_train_stats *stats);

/* Look at samples.  Return 0 after saying why that can't be done; without looks 1. */
int watch_look(watch *w);

/* Give the run's checkpoints what was seen so far; without looks nothing.  Return 0 after saying
 * why that can't be done. */
int watch_keep(watch *w);

/* The verdict's name, "D_WINS", or NULL when there is none. */
const char *watch_verdict(const watch *w);

/* Say a verdict with its numbers and what may help, unless it is the one that was said last. */
void watch_say(const watch *w, gan_verdict *said);

#endif
