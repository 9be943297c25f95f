/* metrics_internal.h - moments that are added and subtracted; distances without an allocator. */
#ifndef GAN_METRICS_INTERNAL_H
#define GAN_METRICS_INTERNAL_H

#include <gan/metrics.h>
#include <stddef.h>

/* Have an empty collection sum differences from `origin`, dimension numbers, instead of from its
 * first vector.  Collections with one origin can be added up. */
void gan__moments_begin(gan_moments *moments, const float *origin);

/* Make `out` what the vectors of `a` with those of `b`, or without them (sign -1), have.  All three
 * have one dimension, a and b one origin. */
void gan__moments_combine(gan_moments *out, const gan_moments *a, const gan_moments *b, int sign);

/* gan_metrics_frechet() of two collections of one dimension and of at least two vectors, for any
 * thread: `memory` has 3 * dimension * dimension numbers. */
double gan__metrics_frechet(const gan_moments *a, const gan_moments *b, double *memory);

#endif
