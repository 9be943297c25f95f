/* classes.h - how many of some images are of each class, from what a classifier takes them for. */
#ifndef CLASSES_H
#define CLASSES_H

#include <stddef.h>
#include <stdint.h>

/* A classifier errs: without a single shirt among them, T-shirts and coats that are taken for shirts
 * are a fifth of those that there should be.  So its errors on labelled images are counted, and the
 * shares that make what is seen the most likely are what is reported. */
typedef struct classes {
    size_t n;        /* classes */
    double *mistake; /* of labelled images of class j how many are taken for class i: [j * n + i] */
    double *taken;   /* of the images in question how many are taken for each class */
} classes;

/* classes_end() in any case. */
void classes_begin(classes *c, size_t n);
void classes_end(classes *c);

/* Forget the labelled images; forget the images in question. */
void classes_forget_labelled(classes *c);
void classes_forget(classes *c);

/* Take in a labelled image, and one in question; labels are below n. */
void classes_learn(classes *c, uint16_t label, uint16_t taken_for);
void classes_count(classes *c, uint16_t taken_for);

/* Return how many labelled images there are of a class. */
double classes_labelled(const classes *c, size_t label);

/* Estimate which share of the images in question is of each class: expectation-maximisation for the
 * proportions of a mixture (Saerens et al., 2002).  A class without labelled images has none. */
void classes_estimate(const classes *c, double *shares);

#endif
