/* train_top_internal.h - a generator that learns from the best of its samples alone. */
#ifndef GAN_TRAIN_TOP_INTERNAL_H
#define GAN_TRAIN_TOP_INTERNAL_H

#include <gan/alloc.h>
#include <gan/loss.h>
#include <stddef.h>

/* Room for the outputs of the chosen rows, side by side. */
typedef struct gan__top gan__top;

/* For up to n rows of `n_outputs` outputs each. */
gan_status gan__top_create(gan__top **out, size_t n, size_t n_outputs,
                           const gan_allocator *allocator);
void gan__top_destroy(gan__top *top, const gan_allocator *allocator);

/* Ask the objective for the generator's loss on the k generated rows that the discriminator puts out
 * most for (top-k training: Sinha et al., 2020), of equal ones the first; the others have gradients
 * of 0.  `top` may be NULL when k is all rows. */
gan_status gan__top_run(gan__top *top, const gan_objective *objective,
                        const gan_objective_step *step, size_t k, gan_objective_rows *real,
                        gan_objective_rows *fake);

#endif
