/* tensor.c - shapes. */
#include "base/tensor_internal.h"

#include <stdint.h>
#include <stdio.h>

gan_shape gan_shape_1d(size_t n)
{
    return (gan_shape){1, {n, 0, 0, 0}};
}

gan_shape gan_shape_2d(size_t rows, size_t columns)
{
    return (gan_shape){2, {rows, columns, 0, 0}};
}

gan_shape gan_shape_3d(size_t channels, size_t height, size_t width)
{
    return (gan_shape){3, {channels, height, width, 0}};
}

gan_shape gan_shape_4d(size_t d0, size_t d1, size_t d2, size_t d3)
{
    return (gan_shape){4, {d0, d1, d2, d3}};
}

size_t gan_shape_size(gan_shape shape)
{
    size_t size = 1;

    if (shape.rank == 0 || shape.rank > GAN_SHAPE_MAX_RANK) return 0;
    for (size_t i = 0; i < shape.rank; i++) {
        if (shape.dim[i] == 0 || shape.dim[i] > INT32_MAX / size) return 0;
        size *= shape.dim[i];
    }
    return size;
}

int gan_shape_equal(gan_shape a, gan_shape b)
{
    if (a.rank != b.rank || a.rank > GAN_SHAPE_MAX_RANK) return 0;
    for (size_t i = 0; i < a.rank; i++)
        if (a.dim[i] != b.dim[i]) return 0;
    return 1;
}

gan__shape_text gan__shape_text_of(gan_shape shape)
{
    gan__shape_text out = {"["};
    size_t used = 1;

    for (size_t i = 0; i < shape.rank && i < GAN_SHAPE_MAX_RANK; i++)
        used += (size_t)snprintf(out.text + used, sizeof out.text - used, i ? ", %zu" : "%zu",
                                 shape.dim[i]);
    snprintf(out.text + used, sizeof out.text - used, "%s]",
             shape.rank > GAN_SHAPE_MAX_RANK ? ", ..." : "");
    return out;
}
