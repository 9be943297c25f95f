/* classes.h - the share of each class in some images, from a classifier's predictions. */
#ifndef CLASSES_H
#define CLASSES_H

#include <stddef.h>
#include <stdint.h>

/* A classifier errs: without a single shirt among the images, T-shirts and coats that are
 * classified as shirts make up a fifth of a class's share.  So its errors on labelled images are
 * counted, and the maximum-likelihood estimate of the shares is reported. */
typedef struct classes {
    size_t n;        /* classes */
    double *mistake; /* labelled images of class j that are classified as i: [j * n + i] */
    double *taken;   /* images in question that are classified as each class */
} classes;

/* classes_end() in any case. */
void classes_begin(classes *c, size_t n);
void classes_end(classes *c);

/* Forget the labelled images; forget the images in question. */
void classes_forget_labelled(classes *c);
void classes_forget(classes *c);

/* Count a labelled image; count one in question; labels are below n. */
void classes_learn(classes *c, uint16_t label, uint16_t taken_for);
void classes_count(classes *c, uint16_t taken_for);

/* Return how many labelled images there are of a class. */
double classes_labelled(const classes *c, size_t label);

/* Estimate which share of the images in question is of each class: expectation-maximisation for the
 * proportions of a mixture (Saerens et al., 2002).  A class without labelled images has none. */
void classes_estimate(const classes *c, double *shares);

#endif
