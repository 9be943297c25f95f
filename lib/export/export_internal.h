/* export_internal.h - a network as the list of its steps in evaluation, from which it is written in
 * another language.
 *
 * Value 0 is the network's input; each step reads one or two values and computes a new one.  Layers
 * that evaluation skips have no step: dropout, and the forks of residual blocks, whose two branches
 * read the same value.
 *
 *     layers   0 linear   1 dropout   2 residual   2.body.0 linear   2.add       3 reshape
 *     steps    1 = linear(0)                       2 = linear(1)     3 = 2 + 1   4 = reshape(3)
 *
 * A target has a table with a row for each kind of layer that it knows, found by the kind's name
 * (gan_network_layer_kind()); the row says how the target writes that kind.  Settings are read by
 * their names, as gan_network_layer_info() returns them. */
#ifndef GAN_EXPORT_INTERNAL_H
#define GAN_EXPORT_INTERNAL_H

#include "math/numeric_internal.h"
#include "network/network_internal.h"

#include <gan/export.h>
#include <stddef.h>

enum { GAN__EXPORT_NONE = -1 };

typedef struct gan__export_step {
    const gan_layer *layer; /* its kind, settings, and shapes of input and output */
    size_t x;               /* the value that it reads */
    size_t other;           /* that it adds to that: for "add"; else x */
    size_t y;               /* that it computes: the steps are numbered by it, from 1 on */
    const float *params[GAN__LAYER_MAX_PARAMS]; /* as layer->params; spectral norm is folded in */
    const float *buffers[GAN__LAYER_MAX_BUFFERS];
} gan__export_step;

typedef struct gan__export {
    gan_network *net;
    gan_allocator allocator;
    gan__export_step *steps;
    size_t n_steps;
    size_t output; /* the network's output; 0: its input, unchanged */
    float *folded; /* weights over their singular values */
    gan__numeric numeric;
} gan__export;

/* Begin to export a complete network, which must not change until the end; the rounding mode is to
 * the nearest.  Messages of failures begin with `who`.  GAN_ERR_INVALID, GAN_ERR_NONFINITE,
 * GAN_ERR_NOMEM, GAN_ERR_BUSY. */
gan_status gan__export_begin(gan__export *out, gan_network *net, const gan_allocator *allocator,
                             const char *who);
void gan__export_end(gan__export *export_);

/* The shape of a value. */
gan_shape gan__export_shape(const gan__export *export_, size_t value);

/* Setting `name` of the layer, number i of it; the kind has it. */
double gan__export_setting(const gan__export_step *step, const char *name, size_t i);
size_t gan__export_size(const gan__export_step *step, const char *name, size_t i);

/* Whether it only gives its input another shape: flatten, reshape. */
int gan__export_reshapes(const gan__export_step *step);

/* GAN_ERR_INVALID: "layer 3 (dropout): ... can't be ..."; what can't be, and why. */
gan_status gan__export_refuse(const gan__export_step *step, const char *why);

#endif
