/* learner_internal.h - a network that learns: what trainers of every kind do with gradients. */
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
    float *room;    /* for other ranks' */
    gan__sum joining; /* the sum over the ranks, between gan__learner_begin_join() and its end */
    double squares[GAN__LEARNER_SLICES]; /* of slices of the sum */
} gan__learner;

/* Take the memory of steps, of one or `several` micro-batches, or of `shards` of a rank, and end
 * it. */
gan_status gan__learner_take_memory(gan__learner *learner, int several,
                                    const gan_allocator *allocator);
gan_status gan__learner_take_shards(gan__learner *learner, size_t shards,
                                    const gan_communicator *ranks, const gan_allocator *allocator);
void gan__learner_free_memory(gan__learner *learner, const gan_allocator *allocator);

/* Buffers follow each micro-batch, with gan__pass_settle(), before it is known whether the step
 * counts: put the old ones aside before the first, and back when it doesn't. */
void gan__learner_keep(gan__learner *learner);
void gan__learner_put_back(gan__learner *learner);
/* Before the i-th micro-batch, or shard of this rank: its gradients get their place. */
void gan__learner_begin_part(gan__learner *learner, size_t i);
/* After it, whose gradients are those of its share of the
 * loss, and which the buffers have followed: gradients are added up.  The buffers of shards are, too,
 * and each shard begins with the old ones. */
void gan__learner_gather(gan__learner *learner, gan_pool *pool, size_t i);

/* After the last one, two calls: with shards, gradients are the sum over these ranks, times `factor`,
 * and the new buffers the mean over all shards of theirs.  Between the two the sum may be under way,
 * and neither is touched; the second comes in any case. */
void gan__learner_begin_join(gan__learner *learner, const gan_communicator *ranks);
gan_status gan__learner_join(gan__learner *learner, gan_pool *pool, double factor);

/* All gradients, laid out as the weights; and their Euclidean norm, which is measured anew when
 * somebody has written to them. */
float *gan__learner_grads(const gan__learner *learner);
double gan__learner_norm(const gan__learner *learner);
double gan__learner_measure(gan__learner *learner, gan_pool *pool);

/* Samples of the host's that a step looked at. */
typedef struct gan__learner_data {
    const char *what; /* "real sample" */
    const float *samples;
    size_t n_samples, size; /* values per sample */
    size_t first;           /* of the samples that were looked at; those before are not here */
} gan__learner_data;

/* Let the optimizer have the gradients, `norm` being their Euclidean norm.  GAN_ERR_NONFINITE,
 * nothing changed, when that would put NaN or infinity anywhere or the new buffers hold some. */
gan_status gan__learner_update(const gan__learner *learner, gan_pool *pool, double norm);

/* After a loss or a gradient that isn't finite: return GAN_ERR_NONFINITE, naming the first number
 * to go wrong of samples, loss and gradients, and for a loss the layer.  That came through the
 * learners of `chain`, which ends with NULL.  The caller has looked at the weights. */
gan_status gan__learner_not_finite(const gan__learner *learner, const gan__learner *const *chain,
                                   const gan__learner_data *data, double loss);

#endif
