/* evaluation.h - a run's samples compared with real images while it trains. */
#ifndef EVALUATION_H
#define EVALUATION_H

#include "classes.h"

#include <gan/gan.h>

/* Features are the means of small blocks of pixels, which need no other network: they detect
 * repeated samples, but hardly any noise.  A classifier, if there is one, detects missing
 * classes. */
typedef struct evaluation {
    const gan_dataset *data, *held_out; /* the latter may be NULL: then half of `data` is held
                                           out */
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
    size_t *chosen;      /* indices into the data: n images, and n held-out ones */
    float *noise;        /* the same latent vectors each time */
    uint16_t *labels;    /* the requested classes; NULL: none */
    int clustered;       /* 1: they are clusters, of which the classifier knows nothing */
    float *samples, *features;
    gan_comparison latest;
    int known;                /* 0: no comparison, as the latest samples were not finite */
    int classes;              /* 1: classes are known, of the data or by the classifier */
    gan_report_count *counts; /* of classes or bins, with their names */
    char (*names)[32];
    size_t n_counts;
    /* With a classifier and labels of held-out images: its predictions for these and the samples,
     * and the estimated number in each class. */
    classes seen;
    gan_reference_share *modes;
    /* The discriminator's outputs for training, held-out and generated images, see gan_look,
     * n_asked of each; 0: they were not computed. */
    float *outputs[3];
    size_t n_asked;
} evaluation;

/* The settings of an evaluation. */
typedef struct evaluation_desc {
    const gan_dataset *held_out;    /* images that are not trained on; NULL: none */
    const char *classifier;         /* its file; NULL: none */
    const char *const *class_names; /* of the data's classes; NULL: numbers are used */
    size_t n_names;
    size_t seed, n_threads;
} evaluation_desc;

/* Read images of the data and measure them against each other.  Return 0 after saying what is
 * wrong; evaluation_close() in any case. */
int evaluation_open(evaluation *e, const gan_dataset *data, const gan_trainer *trainer,
                    const evaluation_desc *desc);
void evaluation_close(evaluation *e);

/* Draw samples and compare them with the real images, by all metrics or, for a verdict, without the
 * Fréchet distance.  Return 0 after saying what is wrong. */
int evaluation_measure(evaluation *e, gan_trainer *trainer, int whole);

/* Return how many samples and real images of the latest comparison there are of each class; NULL and
 * 0 where classes are not known. */
const gan_reference_share *evaluation_classes(const evaluation *e, size_t *n);

/* Compute the discriminator's outputs for images that it is trained on, and for others, if there
 * are held-out ones.  Return 0 after saying what is wrong. */
int evaluation_ask(evaluation *e, gan_trainer *trainer);

/* Write the metrics to the log, and the number of samples in each class or bin to the report.
 * Return
 * 0 after saying what is wrong. */
int evaluation_show(evaluation *e, gan_log *log, gan_report *report);

/* Find for each of n samples, from -1 to 1, the training image with the nearest pixels, and append
 * these to the samples.  Return 0 after saying what is wrong. */
int evaluation_find_nearest(evaluation *e, float *samples, size_t n);

#endif
