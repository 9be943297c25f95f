/* layer_norm_internal.h - what layers that normalise have in common. */
#ifndef GAN_LAYER_NORM_INTERNAL_H
#define GAN_LAYER_NORM_INTERNAL_H

#include "layer/layer_internal.h"

/* Their settings; a kind's own ones follow. */
enum { GAN__NORM_EPS, GAN__NORM_MOMENTUM, GAN__NORM_AFFINE, GAN__NORM_OWN };

/* Make a layer by a host's descriptor and as many own settings as its class has; NULL with a
 * message on failure. */
gan_layer *gan__norm_create(const gan__layer_class *class, const gan_norm_desc *desc, int affine,
                            const double *own);

/* Check the common settings. */
gan_status gan__norm_check(const gan_layer *layer);

/* Fill a layer's output shape, and its parameters, of the shape `each`. */
void gan__norm_shape(gan_layer *layer, gan_shape each);

/* The same for as many numbers as the input has channels, which is to be what a setting says. */
gan_status gan__norm_shape_channels(gan_layer *layer, size_t setting);

/* Weights 1, biases 0. */
void gan__norm_init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                    uint64_t position);

#endif
