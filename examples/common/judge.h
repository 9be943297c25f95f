/* judge.h - distances between generated and real images in a classifier's features. */
#ifndef JUDGE_H
#define JUDGE_H

#include "generator.h"

/* Images that are compared: generated ones, and two sets of real ones. */
typedef enum judge_set { JUDGE_GENERATED, JUDGE_REAL, JUDGE_OTHER, JUDGE_SETS } judge_set;

/* The statistics of all images, or of one class. */
typedef struct judge_figures {
    gan_moments *set[JUDGE_SETS]; /* mean and covariance of the features */
    /* Of generated and real ones, how many images were classified, and how many of them as they
     * were requested or labelled. */
    size_t classified[JUDGE_SETS], agreed[JUDGE_SETS];
} judge_figures;

typedef struct judge {
    const generator *g;
    gan_network *net;
    gan_classifier *classifier;
    size_t n_classes;  /* of the generator, if they are those of the images; else 0 */
    size_t image_size; /* values of an image */
    size_t n_features; /* features of an image */
    judge_figures all;
    judge_figures *of; /* each class */
    float *features;
    uint8_t *seen;
} judge;

/* Open a classifier's file to judge a generator, which outlives it.  Return 0 after saying what is
 * wrong.  judge_close() in any case. */
int judge_open(judge *j, const char *path, const generator *g, size_t n_threads);
void judge_close(judge *j);

/* Add `n` images, at most GENERATOR_CHUNK.  `labels` are the classes of real ones, and the
 * requested classes of generated ones; NULL for an unconditional generator.  Return 0 after saying
 * what is wrong. */
int judge_add(judge *j, judge_set set, const float *images, const uint8_t *labels, size_t n);

/* Print the distances of generated and of other real images from the real ones, how often the classes
 * of generated and of real images agree with the classifier, and a row for each class.  Return 0
 * after saying what is wrong. */
int judge_report(const judge *j);

#endif
