/* pass_layout_internal.h - where the values and gradients of a pass lie. */
#ifndef GAN_PASS_LAYOUT_INTERNAL_H
#define GAN_PASS_LAYOUT_INTERNAL_H

#include "base/busy_internal.h"
#include "network/pass_internal.h"

enum { GAN__PASS_MAX_PARTS = 64 }; /* of a layer's weight gradient */

/* Boundary i lies between layer i-1 and layer i: boundary 0 is the input, boundary n_layers the
 * output. */
typedef struct gan__boundary {
    size_t size;  /* values per row, without the tail */
    int shared;   /* the layer before it works in place: its memory is that of the one before */
    int latest;   /* it has the rows of the latest forward run only, from row 0 on */
    int needed;   /* its values are read later on: nothing may change them */
    float *value; /* row 0; rows follow one another */
    float *grad;
    size_t tail;  /* values per row of a tail, for which value and grad are those of the boundary */
    float *tail_value; /* before */
} gan__boundary;

typedef struct gan__stage {
    size_t begin, end; /* its layers; all but the first work in place */
    size_t n_parts;    /* of the weight gradient, in the latest backward run */
    double squares[GAN__PASS_MAX_PARTS];
} gan__stage;

struct gan__pass {
    gan_allocator allocator;
    gan__busy busy; /* evaluating */
    gan__pass_desc desc;
    gan__boundary *at; /* n_layers + 1 */
    gan__stage *stages;
    size_t n_stages;
    size_t lowest; /* the first stage behind one with weights */
    float *memory;
    size_t n_memory; /* values of it */
    int borrows;     /* it is another pass's */
    float *grads;
    uint8_t *labels; /* of the rows; NULL: no layer looks at them, or the caller has them */
    float *saved;
    size_t *saved_at; /* where each layer's part of `saved` begins */
    float *scratch;
    size_t n_scratch; /* floats per thread */
    float *prepared;  /* what layers with spectral norm have in place of their parameters */
    size_t *prepared_at;
    size_t *spectral; /* those layers */
    size_t n_spectral;
    uint64_t position;
    uint64_t *random; /* where each layer's random numbers begin, after `position` */
    uint64_t n_random;
    size_t first, rows, group; /* of the latest forward run */
    gan__pass_weights weights; /* by rows */
};

static inline const gan_layer *gan__pass_layer(const gan__pass *pass, size_t i)
{
    return &pass->desc.net->layers[i];
}

#endif
