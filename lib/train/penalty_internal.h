/* penalty_internal.h - the gradient of a penalty by the discriminator's weights. */
#ifndef GAN_PENALTY_INTERNAL_H
#define GAN_PENALTY_INTERNAL_H

#include "data/augment_internal.h"
#include "file/state_internal.h"
#include "network/pass_internal.h"

#include <gan/penalty.h>

/* A penalty with all the memory that it takes. */
typedef struct gan__penalty gan__penalty;

/* `pass` says which network it is about, from a sample to its logit, for how many rows at most, on
 * how many threads, with what seed.  A second penalty works in the pass of the `first` one, which may
 * be NULL.  `*out` is NULL for GAN_PENALTY_NONE.  GAN_ERR_INVALID when a
 * setting is out of range, or a layer has no second derivative; GAN_ERR_NOMEM. */
gan_status gan__penalty_create(gan__penalty **out, const gan_penalty_desc *desc,
                               const gan__pass_desc *pass, gan__penalty *first,
                               const gan_allocator *allocator);
void gan__penalty_destroy(gan__penalty *p);

/* ---- in the discriminator's steps; all of these do nothing for NULL ---- */

/* Begin a step that `steps` came before: it may not be the penalty's turn. */
void gan__penalty_begin(gan__penalty *p, uint64_t steps);

/* Its pass; NULL without a penalty. */
gan__pass *gan__penalty_pass(const gan__penalty *p);

/* A micro-batch. */
typedef struct gan__penalty_rows {
    gan__pass *pass;             /* its input, with labels where it wants some, is ... */
    size_t n;                    /* as many real samples, and behind them as many fake ones */
    double share;                /* of the batch's loss that is this micro-batch's */
    const gan__augment *augment; /* by which they were augmented ... */
    uint64_t real, fake;         /* ... being these samples of the step's, and following */
} gan__penalty_rows;

/* Add the penalty's gradient to that of the pass. */
void gan__penalty_add(gan__penalty *p, gan_pool *pool, const gan__penalty_rows *rows);

/* Leave out a micro-batch of n rows, which another rank works on: random numbers move on as if it had
 * been here. */
void gan__penalty_pass_over(gan__penalty *p, size_t n);

/* Where a penalty whose turn it is adds up its figures; return how many these are. */
enum { GAN__PENALTY_FIGURES = 2 };
size_t gan__penalty_figures(gan__penalty *p, double **out);

/* Move on to fresh random numbers: those of a step belong to it alone. */
void gan__penalty_advance(gan__penalty *p);

/* Or go back to those of a step that doesn't count. */
void gan__penalty_put_back(gan__penalty *p);

/* If it was the penalty's turn: the penalty, weighted, but not times the interval, and the mean
 * norm of the gradient with respect to a sample. */
void gan__penalty_tell(const gan__penalty *p, double *value, double *norm);

/* Add settings and places to those of a run, under names that begin with `name`. */
void gan__penalty_state(gan__penalty *p, gan__state *s, const char *name);

/* ---- for tests: at given samples ---- */

/* Where the samples lie, and their labels or NULL; work on n of them that do. */
float *gan__penalty_samples(gan__penalty *p);
uint16_t *gan__penalty_labels(gan__penalty *p);
void gan__penalty_run(gan__penalty *p, gan_pool *pool, size_t n, double share);
const float *gan__penalty_grads(const gan__penalty *p);

#endif
