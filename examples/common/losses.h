/* losses.h - the statistics of a run per epoch: losses.csv, and their curves, losses.png. */
#ifndef LOSSES_H
#define LOSSES_H

#include <stddef.h>

/* The files in a run's directory.  The last one exists while a run is stopped in the middle of an
 * epoch: the means so far, with all digits. */
#define LOSSES_CSV "losses.csv"
#define LOSSES_PNG "losses.png"
#define LOSSES_BEGUN "begun_epoch.csv"

/* The statistics of one epoch, means over its steps: a row of losses.csv. */
typedef struct losses_row {
    double d_loss, g_loss, d_real, d_fake, seconds;
    size_t steps; /* 0: the epoch's statistics are not known */
} losses_row;

/* Turn sums over the steps into means, by 1 / steps, or back, by steps. */
void losses_scale(losses_row *row, double factor);

/* Round to the digits that losses.csv has, so that a run that reads them has the same numbers as
 * the one that wrote them. */
void losses_round(losses_row *row);

/* Write losses.csv, the rows of epochs 1 to `n`, in place of the one that is there.  Return 0 after
 * saying why it could not be done. */
int losses_write(const char *directory, const losses_row *rows, size_t n);

/* Read the rows of epochs 1 to `n`.  Missing rows are reported, and left at 0 steps: the run
 * continues without them.  A file of another program is renamed. */
void losses_read(const char *directory, losses_row *rows, size_t n);

/* Store the means of an incomplete epoch, and read them: 0 when there are none for `steps` steps of
 * `epoch`. */
int losses_write_begun(const char *directory, size_t epoch, const losses_row *row);
int losses_read_begun(const char *directory, size_t epoch, size_t steps, losses_row *row);

/* Remove them when the epoch is complete. */
void losses_forget_begun(const char *directory);

/* Draw losses.png; `bounded` when the discriminator's outputs are from 0 to 1.  Return NULL, or why
 * it could not be done. */
const char *losses_draw(const char *directory, const losses_row *rows, size_t n, int bounded);

#endif
