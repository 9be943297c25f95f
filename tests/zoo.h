/* zoo.h - networks that have every kind of layer between them, for whoever writes networks in another
 * language. */
#ifndef ZOO_H
#define ZOO_H

#include <gan/network.h>
#include <stddef.h>

/* How many there are, what one is called (a name of C), and one of them, complete, the caller's: its
 * weights, tables and statistics are numbers as those after a training. */
size_t zoo_count(void);
const char *zoo_name(size_t i);
gan_network *zoo_make(size_t i);

/* Inputs and labels for n samples of it, the same for the same seed; free() them.  `labels` become
 * NULL where the network looks at none. */
float *zoo_inputs(const gan_network *net, size_t n, unsigned seed);
uint16_t *zoo_labels(const gan_network *net, size_t n);

/* Samples one at a time by the library, evaluation mode; free() them. */
float *zoo_outputs(gan_network *net, const float *in, const uint16_t *labels, size_t n);

#endif
