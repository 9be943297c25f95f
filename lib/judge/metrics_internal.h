/* metrics_internal.h - moments that are added and subtracted; distances without an allocator. */
#ifndef GAN_METRICS_INTERNAL_H
#define GAN_METRICS_INTERNAL_H

#include <gan/metrics.h>
#include <stddef.h>

/* Let an empty collection sum differences from `origin`, a vector, instead of from its first
 * vector.  Collections with the same origin can be added. */
void gan__moments_begin(gan_moments *moments, const float *origin);

/* Set `out` to the moments of the vectors of `a` together with those of `b`, or without them (sign
 * -1).  All three have the same dimension, a and b the same origin. */
void gan__moments_combine(gan_moments *out, const gan_moments *a, const gan_moments *b, int sign);

/* gan_metrics_frechet() of two collections of the same dimension and of at least two vectors, on
 * any thread: `memory` has gan__metrics_frechet_numbers() doubles, which is SIZE_MAX when a size_t
 * can't hold it. */
size_t gan__metrics_frechet_numbers(size_t dimension);
double gan__metrics_frechet(const gan_moments *a, const gan_moments *b, double *memory);

/* The dot product of two rows. */
double gan__metrics_dot(const double *a, const double *b, size_t n);

/* The sum of the singular values of a matrix with at most as many rows as columns, which is
 * overwritten.  `memory` has 4 * rows + columns numbers. */
double gan__metrics_singular_sum(double *matrix, size_t rows, size_t columns, double *memory);

#endif
