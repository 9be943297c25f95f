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
 * thread: `memory` has as many numbers as gan__metrics_frechet_numbers() says, SIZE_MAX where a size
 * can't. */
size_t gan__metrics_frechet_numbers(size_t dimension);
double gan__metrics_frechet(const gan_moments *a, const gan_moments *b, double *memory);

/* The sum of the products of two rows' numbers. */
double gan__metrics_dot(const double *a, const double *b, size_t n);

/* The sum of the singular values of a matrix with at most as many rows as columns, which is
 * overwritten.  `memory` has 4 * rows + columns numbers. */
double gan__metrics_singular_sum(double *matrix, size_t rows, size_t columns, double *memory);

#endif
