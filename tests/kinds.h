/* kinds.h - networks that have every kind of layer between them, and each setting that changes what
 * is computed: for what writes networks in another form. */
#ifndef KINDS_H
#define KINDS_H

#include <gan/network.h>
#include <stddef.h>

/* How many there are, and their names, which are good for files. */
size_t kinds_count(void);
const char *kinds_name(size_t i);

/* Make network i.  All of its numbers matter: no bias is 0, no scale and no variance 1. */
gan_network *kinds_network(size_t i);

/* Fill n inputs of a network, and as many labels, from a seed: each class comes up. */
void kinds_fill(const gan_network *net, size_t n, float *in, uint8_t *labels);

#endif
