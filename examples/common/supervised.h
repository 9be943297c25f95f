/* supervised.h - training a classifier, epoch by epoch, as the programs do it. */
#ifndef SUPERVISED_H
#define SUPERVISED_H

#include "cli.h"

typedef struct supervised_options {
    long epochs, batch, seed, threads;
    double lr; /* learning rate of Adam at the start; it falls linearly to 0 */
    int quiet;
} supervised_options;

/* What it is made of; the program makes it, and ends it afterwards. */
typedef struct supervised_parts {
    const supervised_options *opt;
    const gan_dataset *train, *test; /* with labels */
    int flip;                        /* 1: half of the training images are mirrored left to right */
    gan_network *net;                /* what went wrong while it was made is said here */
    const char *const *class_names;
    size_t n_classes;
} supervised_parts;

/* Train the network, printing how well it does on the training and on the test images after each
 * epoch, and at last class by class.  `*accuracy` receives the share of test images that are
 * classified right.  Return 0 after saying what went wrong. */
int supervised_train(const supervised_parts *parts, double *accuracy);

#endif
