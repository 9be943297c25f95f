/* pass_internal.h - running a network forward and backward over the rows of a batch.
 *
 * Every function works on a range of rows with no regard for the others, so a caller cuts a batch
 * into ranges and gives them to a pool.  A range goes through all layers while it is in cache. */
#ifndef GAN_PASS_INTERNAL_H
#define GAN_PASS_INTERNAL_H

#include "network_internal.h"

#include <gan/alloc.h>
#include <gan/pool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers and gradients between the layers of one network, for so many rows. */
typedef struct gan__pass gan__pass;

typedef struct gan__pass_desc {
    gan_network *net; /* borrowed, complete */
    size_t n_layers;  /* how many of its layers to run */
    size_t rows;      /* the most rows */
    int training;     /* training mode, with gradients; else evaluation mode, without */
    uint64_t seed;    /* of the layers' random numbers */
    uint64_t stream;
    gan__pass *source; /* its output is this pass's input: the memory is shared.  NULL: none */
} gan__pass_desc;

gan_status gan__pass_create(gan__pass **out, const gan__pass_desc *desc, const gan_allocator *allocator);
void gan__pass_destroy(gan__pass *pass);

/* Where the rows from `first` on begin. */
float *gan__pass_input(gan__pass *pass, size_t first);
float *gan__pass_output(gan__pass *pass, size_t first);
float *gan__pass_output_grad(gan__pass *pass, size_t first);

/* Output from input. */
void gan__pass_forward(gan__pass *pass, size_t first, size_t rows);

/* Gradients by all layers' outputs from the gradient by the last one's, and, when the caller wants it, the
 * one by the input (which is the source's output gradient). */
void gan__pass_backward(gan__pass *pass, size_t first, size_t rows, int want_input);

/* Gradients by the weights, over rows 0 .. rows-1, in parts that may be computed in any order. */
size_t gan__pass_grad_parts(const gan__pass *pass);
void gan__pass_grad_part(gan__pass *pass, size_t rows, size_t part);
const float *gan__pass_grads(const gan__pass *pass); /* laid out as the network's weights */
double gan__pass_grad_squares(const gan__pass *pass); /* their sum of squares, added in a fixed order */

/* Move on to fresh random numbers, or back to those of a step that is not to count. */
uint64_t gan__pass_position(const gan__pass *pass);
void gan__pass_seek(gan__pass *pass, uint64_t position);
void gan__pass_advance(gan__pass *pass);

/* Into how many ranges a batch is cut: a matter of its size alone. */
size_t gan__pass_tiles(size_t rows);

/* Run n samples of the host's through a pass in evaluation mode that has gan__pass_eval_rows() rows. */
void gan__pass_evaluate(gan__pass *pass, gan_pool *pool, const float *in, size_t n, float *out);
size_t gan__pass_eval_rows(const gan_network *net, const gan_pool *pool);

#endif
