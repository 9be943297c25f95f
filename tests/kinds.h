/* kinds.h - networks that have every kind of layer between them, and each setting that changes what
 * is computed: for what writes networks in another form. */
#ifndef KINDS_H
#define KINDS_H

#include <gan/network.h>
#include <stddef.h>
#include <stdint.h>

/* How many there are, and their names, which are good for files and for C. */
size_t kinds_count(void);
const char *kinds_name(size_t i);

/* Make network i, or that of a name, complete: weights, tables and statistics are as after a training,
 * so all of them matter: no bias is 0, no scale and no variance 1. */
gan_network *kinds_network(size_t i);
gan_network *kinds_named(const char *name);

/* Whether what network i makes of a sample depends on others of its batch. */
int kinds_couple_samples(size_t i);

/* Inputs and labels for n samples of a network, the same for the same seed, with each class among them;
 * free() them.  Labels are NULL where the network looks at none. */
float *kinds_inputs(const gan_network *net, size_t n, unsigned seed);
uint16_t *kinds_labels(const gan_network *net, size_t n);

/* What the library makes of n samples, `batch` of them at a time, which divides n; free() it. */
float *kinds_outputs(gan_network *net, const float *in, const uint16_t *labels, size_t n,
                     size_t batch);

#endif
