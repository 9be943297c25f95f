/* layer_norm_internal.h - what layers that normalise have in common. */
#ifndef GAN_LAYER_NORM_INTERNAL_H
#define GAN_LAYER_NORM_INTERNAL_H

#include "layer/layer_internal.h"

#include <float.h>

typedef struct gan__norm_settings {
    double eps;
    double momentum; /* of batch_norm */
    int affine;
    size_t channels; /* of all but layer_norm, which has `shape` */
    size_t groups;   /* of group_norm */
    gan_shape shape;
} gan__norm_settings;
GAN__LAYER_SETTINGS_OF(gan__norm_settings)

/* The first rows of their tables.  Files have a momentum for all. */
#define GAN__NORM_SETTINGS(momentum_row)                                                           \
    GAN__REAL_ABOVE("eps", gan__norm_settings, eps, 0, DBL_MAX), momentum_row,                     \
        GAN__INT("affine", gan__norm_settings, affine, 0, 1)

/* Make a layer with the other settings of a host's descriptor; NULL with a message on failure. */
gan_layer *gan__norm_create(const gan__layer_class *class, const gan_norm_desc *desc,
                            gan__norm_settings own);

/* Fill a layer's output shape, and its parameters, of the shape `each`. */
void gan__norm_shape(gan_layer *layer, gan_shape each);

/* The same for a number of each channel.  GAN_ERR_SHAPE where the input has another number of
 * channels than the setting. */
gan_status gan__norm_shape_channels(gan_layer *layer);

/* Weights 1, biases 0. */
void gan__norm_init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                    uint64_t position);

#endif
