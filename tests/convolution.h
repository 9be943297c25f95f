/* convolution.h - operands for convolutions that are called without a layer. */
#ifndef CONVOLUTION_H
#define CONVOLUTION_H

#include "math/kernels_conv_internal.h"

size_t conv_weight_count(const gan__conv *c);

/* n numbers from -1 to 1, to be freed; reproducible by `seed`. */
float *conv_numbers(size_t n, unsigned seed);

#endif
