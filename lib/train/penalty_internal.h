/* penalty_internal.h - a penalty and its gradient with respect to the discriminator's weights. */
#ifndef GAN_PENALTY_INTERNAL_H
#define GAN_PENALTY_INTERNAL_H

#include "data/augment_internal.h"
#include "file/state_internal.h"
#include "network/pass_internal.h"

#include <gan/penalty.h>

/* A penalty with all the memory that it takes. */
typedef struct gan__penalty gan__penalty;

/* `pass` has the network, from a sample to its logit, the largest number of rows, the number of
 * threads and the seed.  A second penalty uses the pass of the `first` one, which may be NULL.
 * `*out` is NULL for GAN_PENALTY_NONE.  GAN_ERR_INVALID when a setting is out of range, or a layer
 * has no second derivative; GAN_ERR_NOMEM. */
gan_status gan__penalty_create(gan__penalty **out, const gan_penalty_desc *desc,
                               const gan__pass_desc *pass, gan__penalty *first,
                               const gan_allocator *allocator);
void gan__penalty_destroy(gan__penalty *p);

/* ---- in the discriminator's steps; all of these do nothing for NULL ---- */

/* Begin the step after `steps` others; the penalty is computed only in every `interval`-th. */
void gan__penalty_begin(gan__penalty *p, uint64_t steps);

/* Its pass; NULL without a penalty. */
gan__pass *gan__penalty_pass(const gan__penalty *p);

/* A micro-batch. */
typedef struct gan__penalty_rows {
    gan__pass *pass;             /* its input, with labels if it uses any, is ... */
    size_t n;                    /* n real samples, followed by n generated ones */
    double share;                /* of the batch's loss that is this micro-batch's */
    const gan__augment *augment; /* by which they were augmented ... */
    uint64_t real, fake;         /* ... as the step's samples from these indices on */
} gan__penalty_rows;

/* Add the penalty's gradient to that of the pass. */
void gan__penalty_add(gan__penalty *p, gan_pool *pool, const gan__penalty_rows *rows);

/* Skip a micro-batch of n rows that another rank computes: random numbers advance as if it had been
 * computed here. */
void gan__penalty_pass_over(gan__penalty *p, size_t n);

/* The addresses of its sums, in a step in which it is computed; return how many these are. */
enum { GAN__PENALTY_FIGURES = 2 };
size_t gan__penalty_figures(gan__penalty *p, double **out);

/* Advance to new random numbers: no two steps share any. */
void gan__penalty_advance(gan__penalty *p);

/* Or go back to those of before the step, when that is dropped. */
void gan__penalty_put_back(gan__penalty *p);

/* In a step in which it was computed: the penalty, with its weight but without the factor
 * `interval`, and the mean norm of the gradient with respect to a sample. */
void gan__penalty_tell(const gan__penalty *p, double *value, double *norm);

/* Add its settings and positions to the entries of a run, under names that begin with `name`. */
void gan__penalty_state(gan__penalty *p, gan__state *s, const char *name);

/* ---- for tests: at given samples ---- */

/* The addresses of the samples and of their labels, which may be NULL; compute the penalty of the n
 * samples written there. */
float *gan__penalty_samples(gan__penalty *p);
uint16_t *gan__penalty_labels(gan__penalty *p);
void gan__penalty_run(gan__penalty *p, gan_pool *pool, size_t n, double share);
const float *gan__penalty_grads(const gan__penalty *p);

#endif
