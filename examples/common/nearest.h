/* nearest.h - the picture in a dataset that is nearest to a sample, by pixels. */
#ifndef NEAREST_H
#define NEAREST_H

#include <gan/gan.h>

/* Find for each of n samples of `size` numbers, from -1 to 1, the picture of `data` at the smallest
 * Euclidean distance, the first in ties.  `pictures` receives them, `which` their indices unless it
 * is NULL.  Return 0 after saying what is wrong. */
int nearest_find(const gan_dataset *data, const float *samples, size_t n, size_t size,
                 float *pictures, size_t *which);

#endif
