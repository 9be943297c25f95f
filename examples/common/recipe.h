/* recipe.h - optimizers and trainer of a run, as its options say. */
#ifndef RECIPE_H
#define RECIPE_H

#include "run.h"

typedef struct recipe {
    gan_optimizer *g_adam, *d_adam;
    gan_trainer *trainer;
    size_t memory; /* bytes that the trainer and the optimizers take */
} recipe;

/* Make them for a run on `count` images an epoch.  Return 0 after saying what is wrong; what there is then is
 * the caller's to destroy all the same. */
int recipe_make(recipe *out, const run_options *o, gan_network *g, gan_network *d, size_t count);

#endif
