/* kernels_conv_internal.h - products of images, maps and small kernels.
 *
 * A convolution computes a feature map from an image; a transposed convolution computes an image
 * from a map, with the same matrix transposed.  So there are three products, which are the forward
 * pass, input gradient and weight gradient of both.  Weights are [groups * out, in, kernel] for
 * either, as PyTorch's are.
 *
 * Every value of a result is a sum whose order depends on shapes alone. */
#ifndef GAN_KERNELS_CONV_INTERNAL_H
#define GAN_KERNELS_CONV_INTERNAL_H

#include "math/kernels_internal.h"

#include <stddef.h>

/* Pairs are height and width. */
typedef struct gan__conv {
    size_t groups;
    size_t in, out;  /* channels of a group, of the image and of the map */
    size_t image[2]; /* height and width */
    size_t map[2];
    size_t kernel[2], stride[2], padding[2], dilation[2];
    gan__by by;   /* for its products */
    float *pairs; /* GAN__GEMM_PAIRS floats for those in bfloat16; NULL with others */
} gan__conv;

enum { GAN__CONV_DEPTH = 256 }; /* rows of a panel, at most, where sums can be split */

/* The scratch, in floats, that the functions need. */
size_t gan__conv_scratch(const gan__conv *c);

/* Sizes, in values, of one sample's image and map, and of one channel of the kernel. */
size_t gan__conv_image_size(const gan__conv *c);
size_t gan__conv_map_size(const gan__conv *c);
size_t gan__conv_kernel_size(const gan__conv *c);

/* map = w * image + bias, of `rows` samples; bias[groups * out] may be NULL. */
void gan__conv_map(const gan__conv *c, size_t rows, const float *image, const float *w,
                   const float *bias, float *map, float *scratch);

/* image = w^T * map + bias; bias[groups * in] may be NULL. */
void gan__conv_image(const gan__conv *c, size_t rows, const float *map, const float *w,
                     const float *bias, float *image, float *scratch);

/* A part of the weights: these channels of each group. */
typedef struct gan__conv_part {
    size_t in_begin, in_end;
    size_t out_begin, out_end;
} gan__conv_part;

/* That part of dw = map * image, summed over the samples. */
void gan__conv_weights(const gan__conv *c, size_t rows, gan__conv_part part, const float *image,
                       const float *map, float *dw, float *scratch);

#endif
