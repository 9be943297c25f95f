/* supervised.h - training a classifier, as the programs do it. */
#ifndef SUPERVISED_H
#define SUPERVISED_H

#include "cli.h"

typedef struct supervised_options {
    long epochs, batch, seed, threads;
    double lr; /* learning rate of Adam at the start; it falls linearly to 0 */
    int quiet;
} supervised_options;

/* Its parts; the program creates and destroys them. */
typedef struct supervised_parts {
    const supervised_options *opt;
    const gan_dataset *train, *test; /* with labels */
    int flip;                        /* 1: half of the training images are mirrored left to right */
    gan_network *net;                /* errors in its creation are reported here */
    const char *const *class_names;
    size_t n_classes;
} supervised_parts;

/* Train the network, printing the loss and accuracy on training and test images after each epoch,
 * and at the end for each class.  `*accuracy` receives the test accuracy.  Return 0 after saying
 * what went wrong. */
int supervised_train(const supervised_parts *parts, double *accuracy);

#endif
