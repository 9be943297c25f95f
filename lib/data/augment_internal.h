/* augment_internal.h - augmentation in a trainer's steps. */
#ifndef GAN_AUGMENT_INTERNAL_H
#define GAN_AUGMENT_INTERNAL_H

#include "file/state_internal.h"

#include <gan/augment.h>

/* An augmentation and its state; it allocates nothing.  All zeros: none. */
typedef struct gan__augment {
    gan_augment_desc desc; /* zeros replaced by the defaults that they stand for */
    gan_shape shape;
    uint64_t seed, stream;
    uint64_t position;  /* the number of the next sample */
    double probability; /* of an operation in the next step */
    double sign; /* the mean sign at its latest update; and the sums for the next: */
    double sum;  /* signs */
    uint64_t n;  /* samples */
} gan__augment;

/* GAN_ERR_INVALID when a setting is out of range, GAN_ERR_SHAPE when the samples are not images. */
gan_status gan__augment_init(gan__augment *a, const gan_augment_desc *desc, gan_shape shape,
                             uint64_t seed, uint64_t stream);
int gan__augment_is_on(const gan__augment *a);

/* The function y = L x + c that sample number a->position + index is augmented by, in place: x to y;
 * L x alone, for directions; and for gradients the adjoint, from dL/dy to dL/dx. */
void gan__augment_sample(const gan__augment *a, uint64_t index, float *x);
void gan__augment_tangent(const gan__augment *a, uint64_t index, float *x);
void gan__augment_adjoint(const gan__augment *a, uint64_t index, float *x);

/* Advance the random numbers by those of n samples. */
void gan__augment_advance(gan__augment *a, size_t n);

/* After discriminator step number `steps`, counted from 1, on n real samples whose logits have this
 * mean sign: update the probability, if it is adaptive and due. */
void gan__augment_adapt(gan__augment *a, uint64_t steps, size_t n, double sign);

/* Add its settings and positions to the entries of a run, under names that begin with `name`. */
void gan__augment_state(gan__augment *a, gan__state *s, const char *name);

#endif
