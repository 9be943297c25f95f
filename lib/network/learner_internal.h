/* learner_internal.h - a network that is trained: accumulating gradients and applying them, for all
 * kinds of trainer. */
#ifndef GAN_LEARNER_INTERNAL_H
#define GAN_LEARNER_INTERNAL_H

#include "math/communicator_internal.h"
#include "network/pass_internal.h"

#include <gan/network.h>
#include <gan/optimizer.h>
#include <gan/pool.h>
#include <stddef.h>

enum { GAN__LEARNER_SLICES = 64 };

typedef struct gan__learner {
    const char *name;
    gan_network *net;
    gan_optimizer *opt;
    gan__pass *pass;
    float *buffers; /* the network's, as they were before the step */
    float *sum;     /* of the gradients of several micro-batches.  NULL: there is only one */
    size_t shards;  /* of how many, being shards, the sum is a tree.  0: they are added in turn */
    size_t stride;  /* then it is the first of blocks of `stride` floats, gradients and buffers */
    float *room;    /* buffer for other ranks' sums */
    gan__rank_sum joining; /* the sum over the ranks, from gan__learner_begin_join() to its end */
    double squares[GAN__LEARNER_SLICES]; /* of slices of the sum */
} gan__learner;

/* Allocate the memory of steps with one or `several` micro-batches, or with `shards` of a rank; and
 * free it. */
gan_status gan__learner_take_memory(gan__learner *learner, int several,
                                    const gan_allocator *allocator);
gan_status gan__learner_take_shards(gan__learner *learner, size_t shards,
                                    const gan_communicator *ranks, const gan_allocator *allocator);
void gan__learner_free_memory(gan__learner *learner, const gan_allocator *allocator);

/* Buffers are updated after each micro-batch, by gan__pass_settle(), before it is known whether the
 * step is complete: save the old ones before the first, and restore them when the step is
 * dropped. */
void gan__learner_keep(gan__learner *learner);
void gan__learner_put_back(gan__learner *learner);
/* Before the i-th micro-batch, or shard of this rank: set the address of its gradients. */
void gan__learner_begin_part(gan__learner *learner, size_t i);
/* After it, with the gradients of its share of the loss, and updated buffers: add up the gradients.
 * Of shards buffers are added up, too, and each shard begins with the old ones. */
void gan__learner_gather(gan__learner *learner, gan_pool *pool, size_t i);

/* After the last one, two calls: with shards, the gradients become the sum over these ranks, times
 * `factor`, and the new buffers the mean over all shards.  Between the two the sum may be in
 * progress, and neither is touched; the second is called in any case. */
void gan__learner_begin_join(gan__learner *learner, const gan_communicator *ranks);
gan_status gan__learner_join(gan__learner *learner, gan_pool *pool, double factor);

/* All gradients, in the layout of the weights; and their Euclidean norm, which is recomputed after
 * they were written to. */
float *gan__learner_grads(const gan__learner *learner);
double gan__learner_norm(const gan__learner *learner);
double gan__learner_measure(gan__learner *learner, gan_pool *pool);

/* The host's samples in a step. */
typedef struct gan__learner_data {
    const char *what; /* "real sample" */
    const float *samples;
    size_t n_samples, size; /* values per sample */
    size_t first;           /* index of the first of them, if others are on other ranks */
} gan__learner_data;

/* Apply the gradients with the optimizer; `norm` is their Euclidean norm.  GAN_ERR_NONFINITE, with
 * nothing changed, when a weight or moment would become NaN or infinite, or a new buffer is. */
gan_status gan__learner_update(const gan__learner *learner, gan_pool *pool, double norm);

/* After a loss or a gradient that isn't finite: return GAN_ERR_NONFINITE, naming the first bad
 * number of samples, loss and gradients, and for a loss the layer.  The loss was computed through
 * the learners of `chain`, which ends with NULL.  The caller has checked the weights. */
gan_status gan__learner_not_finite(const gan__learner *learner, const gan__learner *const *chain,
                                   const gan__learner_data *data, double loss);

#endif
