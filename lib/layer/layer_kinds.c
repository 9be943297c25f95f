/* layer_kinds.c - the table of all kinds of layer. */
#include "layer/layer_internal.h"

#include <string.h>

/* Every kind of layer there is: a new one is a file and a line here. */
static const gan__layer_class *const classes[] = {
    &gan__layer_label_embedding,
    &gan__layer_one_hot,
    &gan__layer_label_map,
    &gan__layer_class_affine,
    &gan__layer_projection,
    &gan__layer_linear,
    &gan__layer_leaky_relu,
    &gan__layer_relu,
    &gan__layer_tanh,
    &gan__layer_sigmoid,
    &gan__layer_dropout,
    &gan__layer_flatten,
    &gan__layer_reshape,
    &gan__layer_conv2d,
    &gan__layer_conv_transpose2d,
    &gan__layer_batch_norm,
    &gan__layer_layer_norm,
    &gan__layer_group_norm,
    &gan__layer_instance_norm,
    &gan__layer_elu,
    &gan__layer_selu,
    &gan__layer_softplus,
    &gan__layer_gelu,
    &gan__layer_gelu_tanh,
    &gan__layer_silu,
    &gan__layer_prelu,
    &gan__layer_dropout2d,
    &gan__layer_max_pool2d,
    &gan__layer_avg_pool2d,
    &gan__layer_conv1d,
    &gan__layer_conv_transpose1d,
    &gan__layer_max_pool1d,
    &gan__layer_avg_pool1d,
    &gan__layer_upsample,
    &gan__layer_pixel_shuffle,
    &gan__layer_minibatch_stddev,
    &gan__layer_blur_pool2d,
    &gan__layer_blur_upsample2d,
    &gan__layer_attention,
};

const gan__layer_class *gan__layer_class_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(classes[i]->name, name) == 0) return classes[i];
    return NULL;
}
