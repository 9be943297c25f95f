/* onelayer.h - one layer by itself: against PyTorch, against finite differences, and against itself
 * on other numbers of threads. */
#ifndef ONELAYER_H
#define ONELAYER_H

#include "golden.h"

#include <gan/network.h>
#include <stddef.h>

/* Layers and networks that use labels get the file's, or some that are made here. */

/* The layer, which is destroyed, agrees with what make_layers.py's case() wrote for a training
 * step: output, gradients and buffers after it, and output in evaluation mode after that; each
 * number to 1e-5 of the largest in its tensor.
 *
 * A host's pass yields the same values, and gradients in evaluation mode.
 *
 * It gives the same bits on 1, 2, 3 and 8 threads, after another layer, starting at a later row of
 * the pass (unless it draws random numbers), and when the gradients w.r.t. weights and w.r.t. input
 * are computed in separate runs; an in-place layer also when its work is cut anywhere. */
void expect_layer_golden(const golden *g, const char *name, gan_shape in, gan_layer *layer,
                         size_t rows, size_t group);

/* The same bits as above, on random inputs: for shapes too large for a golden file.  The gradients
 * are right along one direction in the space of all inputs and weights, to 3 % of their norm. */
void expect_layer_same_bits(gan_shape in, gan_layer *layer, size_t rows, size_t group);

/* A layer without weights is linear, and its gradient with respect to the input the adjoint: <y,
 * dy> = <x, dx>, to 1e-6 of the sum of the products' sizes. */
void expect_layer_adjoint(gan_shape in, gan_layer *layer, size_t rows);

/* The layer's gradients with respect to each input and each weight are its finite differences, to
 * 1e-3 of the largest gradient.  Weights are moved away from their initial values.  `x` is the
 * input, away from kinks by 0.1; NULL: random. */
void expect_layer_gradients(gan_shape in, gan_layer *layer, size_t rows, size_t group,
                            const float *x);

/* The same for whole networks, which are destroyed; they are not put after another layer or cut. */
void expect_network_golden(const golden *g, const char *name, gan_network *net, size_t rows,
                           size_t group);
void expect_network_same_bits(gan_network *net, size_t rows, size_t group);
void expect_network_gradients(gan_network *net, size_t rows, size_t group);

#endif
