/* evaluation.h - how a run's samples compare with real images, measured while it trains. */
#ifndef EVALUATION_H
#define EVALUATION_H

#include "classes.h"

#include <gan/gan.h>

/* Images become features by the means of small squares of pixels, for which no other network is
 * needed: they see repeated samples, and hardly any noise.  A classifier, where there is one, sees
 * which classes are missing. */
typedef struct evaluation {
    const gan_dataset *data, *held_out; /* the latter may be NULL: half of `data` takes its place */
    gan_network *net;                   /* of the classifier; NULL: none */
    gan_classifier *classifier;
    gan_features *kind;
    /* With the Fréchet distance, which takes most of the time; and without.  `real` is the one of
     * the latest comparison. */
    gan_reference *whole, *brief, *real;
    size_t n; /* real images, as many held-out ones, and as many samples */
    size_t n_classes, n_threads;
    size_t dimension;    /* numbers of a feature vector */
    size_t latent, size; /* of a latent vector and an image */
    size_t *chosen;      /* which of the data: n images, and n held-out ones */
    float *noise;        /* the same latent vectors each time */
    uint16_t *labels;    /* the classes that they are asked for; NULL: none */
    float *samples, *features;
    gan_comparison latest;
    int known;                /* 0: there is none, as the latest samples were not finite */
    int classes;              /* 1: classes are known, of the data or by the classifier */
    gan_report_count *counts; /* of classes or bins, with their names */
    char (*names)[32];
    size_t n_counts;
    /* With a classifier and labels of held-out images: what it takes these and the samples for, and
     * how many there are of each class by that. */
    classes seen;
    gan_reference_share *modes;
    /* What the discriminator says of training, held-out and generated images, see gan_look, as many
     * of each as n_asked; 0: it was not asked. */
    float *outputs[3];
    size_t n_asked;
} evaluation;

/* What an evaluation is told. */
typedef struct evaluation_desc {
    const gan_dataset *held_out;    /* images that are not trained on; NULL: there are none */
    const char *classifier;         /* its file; NULL: none */
    const char *const *class_names; /* of the data's classes; NULL: they have numbers */
    size_t n_names;
    size_t seed, n_threads;
} evaluation_desc;

/* Read images of the data and measure them against each other.  Return 0 after saying what is
 * wrong; evaluation_close() in any case. */
int evaluation_open(evaluation *e, const gan_dataset *data, const gan_trainer *trainer,
                    const evaluation_desc *desc);
void evaluation_close(evaluation *e);

/* Draw samples and compare them with the real images, by all numbers or, for a verdict, without the
 * Fréchet distance.  Return 0 after saying what is wrong. */
int evaluation_measure(evaluation *e, gan_trainer *trainer, int whole);

/* Return how many samples and real images of the latest comparison there are of each class; NULL and
 * 0 where classes are not known. */
const gan_reference_share *evaluation_classes(const evaluation *e, size_t *n);

/* Ask the discriminator about images that it is trained on, and about others: where there are
 * held-out ones.  Return 0 after saying what is wrong. */
int evaluation_ask(evaluation *e, gan_trainer *trainer);

/* Put the numbers into the log, and into the report how many samples each class or bin has.  Return
 * 0 after saying what is wrong. */
int evaluation_show(evaluation *e, gan_log *log, gan_report *report);

/* Find for each of n samples, from -1 to 1, the training image with the nearest pixels, and write
 * these behind them.  Return 0 after saying what is wrong. */
int evaluation_find_nearest(evaluation *e, float *samples, size_t n);

#endif
