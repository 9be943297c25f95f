/* battery.h - generated pictures compared with real ones by all the library's metrics, in several
 * kinds of features, as text, JSON and CSV. */
#ifndef BATTERY_H
#define BATTERY_H

#include "collection.h"
#include "generator.h"

typedef struct battery_options {
    collection_options real; /* pictures of any kind */
    const char *held_out;    /* others, for the floor, read with the same options; NULL: half of the
                             real ones */
    const char *held_out_labels; /* instead of the label file of `real`; NULL: none */
    const char
        *generated;    /* pictures, too, fitted like the real ones; NULL: a generator's samples */
    const char *model; /* that generator's file */
    const char *classifier; /* the file of fashion_classifier; used if it exists */
    const char *json, *csv; /* files to write; NULL: none */
    const char *features;   /* a directory to write all features into; NULL: none */
    int overwrite;
    double truncation;
    long count, seed, threads;
} battery_options;

/* Compare, print and write.  Return 0 after saying what is wrong. */
int battery_run(const battery_options *o);

#endif
