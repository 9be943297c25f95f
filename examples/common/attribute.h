/* attribute.h - latent vector arithmetic: the direction from one class to another in the latent
 * space of an unconditional generator. */
#ifndef ATTRIBUTE_H
#define ATTRIBUTE_H

#include "generator.h"

/* The difference of the mean latent vectors of samples that a classifier assigns to two classes is
 * the direction that turns one class into the other (Radford et al., 2015). */
typedef struct attribute {
    gan_network *net; /* of the classifier */
    gan_classifier *classifier;
    uint8_t end[2];        /* the classes: from, and to */
    const char *name[2];   /* and their names; NULL: numbers are used */
    size_t seen, found[2]; /* samples that were classified, and those of the two classes */
    float *direction;      /* the direction, to be added to a latent vector */
    size_t *starts;        /* indices of samples of the first class */
} attribute;

/* Find the direction between two classes, "A,B", by names or numbers, and the first `points` samples
 * of the generator's seed that are of the first one.  Return 0 after saying what is wrong.
 * attribute_close() in any case. */
int attribute_open(attribute *a, generator *g, const char *classifier, const char *classes,
                   size_t points);
void attribute_close(attribute *a);

/* Write the latent vector that is `share` of the way from z, 0 to 1, with `strength` times the
 * direction at its end.  Where latent vectors are normal the result has the norm of z: adding alone
 * would leave the shell in which nearly all of them lie. */
void attribute_go(const attribute *a, const generator *g, const float *z, double share,
                  double strength, float *out);

/* Count how many of n samples the classifier assigns to the second class.  Return 0 after saying
 * what is wrong. */
int attribute_count(const attribute *a, const float *samples, size_t n, size_t *reached);

#endif
