/* recipe.h - optimizers and trainer of a run, from its options. */
#ifndef RECIPE_H
#define RECIPE_H

#include "run.h"

typedef struct recipe {
    gan_optimizer *g_adam, *d_adam;
    gan_trainer *trainer;
    size_t memory; /* memory of the trainer and the optimizers, in bytes */
} recipe;

/* Make them for a run on `count` images per epoch.  Return 0 after printing an error; the caller
 * must destroy them in any case. */
int recipe_make(recipe *out, const run_options *o, gan_network *g, gan_network *d, size_t count);

#endif
