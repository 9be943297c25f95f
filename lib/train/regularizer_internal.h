/* regularizer_internal.h - regularisation of a discriminator's outputs, added to its loss. */
#ifndef GAN_REGULARIZER_INTERNAL_H
#define GAN_REGULARIZER_INTERNAL_H

#include "data/augment_internal.h"
#include "file/state_internal.h"

#include <gan/loss.h>
#include <gan/regularizer.h>

/* ---- LeCam ---- */

typedef struct gan__lecam {
    gan_lecam_desc desc; /* weight 0: there is none */
    double real, fake;   /* the averages of outputs */
    double sums[2];      /* the means over the step in progress */
    double value;        /* and its regularisation loss */
} gan__lecam;

gan_status gan__lecam_init(gan__lecam *l, const gan_lecam_desc *desc);

/* In discriminator step `step`, counted from 0: begin; add the gradients of a micro-batch, which is
 * `share` of the batch; and once the step is complete, update the averages. */
void gan__lecam_begin(gan__lecam *l);
void gan__lecam_add(gan__lecam *l, uint64_t step, double share, gan_objective_rows *real,
                    gan_objective_rows *fake);
void gan__lecam_update(gan__lecam *l, uint64_t step);

void gan__lecam_state(gan__lecam *l, gan__state *s);

/* ---- consistency ---- */

typedef struct gan__consistency {
    gan_consistency_desc desc; /* real_weight 0: there is none */
    gan__augment augment;
    double value; /* of the step in progress */
} gan__consistency;

gan_status gan__consistency_init(gan__consistency *c, const gan_consistency_desc *desc,
                                 gan_shape shape, uint64_t seed);

/* How many rows it adds to the real and the generated ones, for each real one: 0 to 2. */
size_t gan__consistency_rows(const gan__consistency *c);

/* Add the gradients of some rows and of the same rows augmented; the weight is times `share` of the
 * batch. */
void gan__consistency_add(gan__consistency *c, double weight, double share,
                          gan_objective_rows *rows, gan_objective_rows *augmented);

void gan__consistency_state(gan__consistency *c, gan__state *s);

#endif
