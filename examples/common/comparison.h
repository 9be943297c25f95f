/* comparison.h - several methods of training, each on every mixture and with several seeds:
 * parallel runs, a table of how well they cover the modes, and pictures. */
#ifndef COMPARISON_H
#define COMPARISON_H

#include "cli.h"
#include "mixture.h"

/* Samples that each run draws at its end, two numbers each. */
enum { COMPARISON_SAMPLES = 10000 };

/* One run. */
typedef struct comparison_run {
    const mixture *mixture;
    size_t way; /* which method of training */
    uint64_t seed;
    mixture_score score;
    int done;
    float samples[2 * COMPARISON_SAMPLES];
} comparison_run;

/* What is compared. */
typedef struct comparison {
    const char *const *names; /* of the methods of training */
    size_t n_ways;
    size_t seeds;        /* runs of each on each mixture, with the seeds 1, 2 ... */
    size_t n_threads;    /* runs at once; 0: one per CPU */
    const char *out;     /* directory of the pictures, NAME-OF-THE-MIXTURE.png */
    int overwrite;       /* 1: replace them */
    const void *context; /* for train() */

    /* Train and fill in r->samples, on one thread, concurrently with other calls.  Return 0 after
     * saying what went wrong. */
    int (*train)(const void *context, comparison_run *r);
} comparison;

/* Do all runs, print a row of the table as soon as its runs are done, and draw what the first seed
 * of each way has learnt.  The result is the same on any number of threads.  Return 0 after saying
 * what went wrong, or that a picture is there already. */
int comparison_do(const comparison *what);

#endif
