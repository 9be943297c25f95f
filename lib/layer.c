/* layer.c - what all kinds of layer share. */
#include "layer_internal.h"

#include "status_internal.h"

#include <stdlib.h>
#include <string.h>

/* Every kind of layer there is: a new one is a file and a line here. */
static const gan__layer_class *const classes[] = {
    &gan__layer_linear,  &gan__layer_leaky_relu, &gan__layer_relu,    &gan__layer_tanh,
    &gan__layer_sigmoid, &gan__layer_dropout,    &gan__layer_flatten, &gan__layer_reshape,
};

const gan__layer_class *gan__layer_class_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(classes[i]->name, name) == 0) return classes[i];
    return NULL;
}

gan_layer *gan__layer_create(const gan__layer_class *class, const double *settings)
{
    gan_layer layer = {.class = class};
    gan_layer *out;

    if (class->n_settings > 0)
        memcpy(layer.settings, settings, class->n_settings * sizeof *settings);
    if (class->check && class->check(&layer) != GAN_OK) return NULL;
    out = malloc(sizeof *out);
    if (!out) {
        gan__fail(GAN_ERR_NOMEM, "%s: out of memory: %zu bytes wanted", class->name, sizeof *out);
        return NULL;
    }
    *out = layer;
    return out;
}

void gan_layer_destroy(gan_layer *layer)
{
    free(layer);
}

size_t gan__layer_param_count(const gan_layer *layer)
{
    size_t n = 0;

    for (size_t i = 0; i < layer->n_params; i++) n += gan_shape_size(layer->params[i].shape);
    return n;
}

gan__cut gan__layer_cut(size_t rows, size_t columns)
{
    const size_t worth_a_tile = 1 << 14; /* numbers */

    return (gan__cut){rows * columns < 2 * worth_a_tile || rows < 2 ? 1 : 2, 1};
}

void gan__layer_for_stretches(const gan__layer_run *run,
                              void (*each)(const gan__layer_run *run, size_t at, size_t n))
{
    const size_t width = gan_shape_size(run->layer->out);

    if (run->end - run->begin == width) {
        each(run, 0, run->rows * width);
        return;
    }
    for (size_t r = 0; r < run->rows; r++) each(run, r * width + run->begin, run->end - run->begin);
}
