/* layer_image_internal.h - the settings of convolutions and pools of images, which those of lines
 * have, too: with a height of 1. */
#ifndef GAN_LAYER_IMAGE_INTERNAL_H
#define GAN_LAYER_IMAGE_INTERNAL_H

#include "layer/layer_internal.h"

/* Pairs are height and width. */
typedef struct gan__conv_settings {
    size_t in, out; /* channels */
    size_t kernel[2], stride[2], padding[2], dilation[2], output_padding[2];
    size_t groups;
    int bias;
} gan__conv_settings;
GAN__LAYER_SETTINGS_OF(gan__conv_settings)

typedef struct gan__pool_settings {
    size_t kernel[2], stride[2], padding[2];
    int count_include_pad; /* of avg_pool */
} gan__pool_settings;
GAN__LAYER_SETTINGS_OF(gan__pool_settings)

/* Whether a layer is a nearest upsample by 2 of an image.  Where it is and a convolution of 3x3 reads
 * its output, fill `out` with a layer that computes both from the small image, with the
 * convolution's parameters: see layer_conv.c.  Else return 0. */
int gan__layer_repeats_twice(const gan_layer *layer);
int gan__layer_fold_upsample(gan_layer *out, const gan_layer *upsample, const gan_layer *conv);

#endif
