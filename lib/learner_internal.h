/* learner_internal.h - a network that learns: what trainers of every kind do with gradients. */
#ifndef GAN_LEARNER_INTERNAL_H
#define GAN_LEARNER_INTERNAL_H

#include "pass_internal.h"

#include <gan/network.h>
#include <gan/optimizer.h>
#include <gan/pool.h>
#include <stddef.h>

typedef struct gan__learner {
    const char *name;
    gan_network *net;
    gan_optimizer *opt;
    gan__pass *pass;
} gan__learner;

/* Samples of the host's that a step looked at. */
typedef struct gan__learner_data {
    const char *what; /* "real sample" */
    const float *samples;
    size_t n, size; /* how many, of so many numbers each */
} gan__learner_data;

/* Let the optimizer have the gradients, `norm` being their Euclidean norm, and the buffers follow.
 * GAN_ERR_NONFINITE, nothing changed, when that would put NaN or infinity anywhere. */
gan_status gan__learner_update(const gan__learner *learner, gan_pool *pool, double norm);

/* After a loss or a gradient that isn't finite: return GAN_ERR_NONFINITE, naming the first number
 * to go wrong of samples, loss and gradients.  The caller has looked at the weights. */
gan_status gan__learner_not_finite(const gan__learner *learner, const gan__learner_data *data,
                                   double loss);

#endif
