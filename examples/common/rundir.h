/* rundir.h - a run's directory: the files of a single run, and a single process that writes
 * them. */
#ifndef RUNDIR_H
#define RUNDIR_H

#include <limits.h>

/* Its files, beside the pictures of each epoch and those of losses.h. */
#define RUNDIR_SETTINGS "settings.txt"
enum { RUNDIR_MOST_SETTINGS = 1 << 20 }; /* its largest size, in bytes */
#define RUNDIR_CHECKPOINT "checkpoint.safetensors"
#define RUNDIR_BEST "best_checkpoint.safetensors"
#define RUNDIR_GENERATOR "generator.safetensors"
#define RUNDIR_DISCRIMINATOR "discriminator.safetensors"
#define RUNDIR_REAL "real_images.png"
#define RUNDIR_SAMPLES "samples.png" /* of programs that draw some at the end */

typedef struct rundir {
    char path[PATH_MAX];
    int resume, overwrite;
    int occupied;       /* it had files of a run when it was opened */
    int has_checkpoint; /* with `resume`: and among them a checkpoint */
    char *settings;     /* with `resume` the text of settings.txt; NULL where there is none */
    int lock;           /* an open file, locked while the run lasts; -1 */
} rundir;

/* Check the directory, and change nothing in it except the lock.  Return 0 after saying why not:
 * with `resume` there is no run in it, without `overwrite` or `resume` there is one, or another
 * process is writing to it. */
int rundir_open(rundir *dir, const char *path, int resume, int overwrite);

/* Prepare the directory: create and lock it, remove the files of an earlier run that is not
 * resumed, and write the settings.  Return 0 after saying why that could not be done. */
int rundir_begin(rundir *dir, const char *settings);

/* Write the path of a file in it.  Return 0 after saying so when it does not fit. */
int rundir_file(const rundir *dir, char path[PATH_MAX], const char *name);

/* Release the lock. */
void rundir_close(rundir *dir);

#endif
