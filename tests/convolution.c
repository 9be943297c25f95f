/* convolution.c - see convolution.h. */
#include "convolution.h"

#include <stdlib.h>

size_t conv_weight_count(const gan__conv *c)
{
    return c->groups * c->out * c->in * gan__conv_kernel_size(c);
}

float *conv_numbers(size_t n, unsigned seed)
{
    float *x = malloc(n * sizeof *x);

    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / (1 << 23) - 1;
    }
    return x;
}
