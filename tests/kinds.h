/* kinds.h - networks that together have every kind of layer, and each setting that changes the
 * output: for tests of exports. */
#ifndef KINDS_H
#define KINDS_H

#include <gan/network.h>
#include <stddef.h>
#include <stdint.h>

/* Their number, and their names, which are valid file names and C identifiers. */
size_t kinds_count(void);
const char *kinds_name(size_t i);

/* Build network i, or the one of a name; weights, tables and statistics are as after training, so that all of them
 * matter: no bias is 0, no scale or variance 1. */
gan_network *kinds_network(size_t i);
gan_network *kinds_named(const char *name);

/* Whether network i's output for a sample depends on others of its batch. */
int kinds_couple_samples(size_t i);

/* Inputs and labels for n samples of a network, reproducible by seed, with each class among them; free() them.  Labels
 * are NULL if the network uses none. */
float *kinds_inputs(const gan_network *net, size_t n, unsigned seed);
uint16_t *kinds_labels(const gan_network *net, size_t n);

/* The library's outputs for n samples in batches of `batch`, which divides n; free() them. */
float *kinds_outputs(gan_network *net, const float *in, const uint16_t *labels, size_t n,
                     size_t batch);

#endif
