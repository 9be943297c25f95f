/* survey.h - a survey of the pictures before a run: problems that a user should know of. */
#ifndef SURVEY_H
#define SURVEY_H

#include <gan/gan.h>

typedef struct survey {
    size_t count, looked_at;  /* samples, and those of them that were read */
    size_t duplicates;        /* samples that have the same pixels as an earlier one */
    size_t pair[2];           /* the first two that are the same */
    size_t constant;          /* samples whose pixels are within 3 % of the range of each other */
    size_t n_classes;         /* labels from 0 to the largest; 0: no labels */
    size_t n_empty;           /* classes without a sample */
    size_t smallest, largest; /* samples in a class that has any */
    double border;            /* mean of the pixels at the edges: 0 is black, 1 white */
} survey;

/* Read the samples [channels, height, width], at most some 20,000 of them, evenly spaced.
 * Return 0 after saying what is wrong. */
int survey_take(survey *s, const gan_dataset *data);

#endif
