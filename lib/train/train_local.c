/* train_local.c - local steps: each rank trains on its own shards, and every `local_steps` steps all
 * continue from the mean over ranks (local SGD: Stich, 2019; FedGAN: Rasouli et al., 2020).
 *
 *     rank 0   step step step step \        / step ...
 *     rank 1   step step step step --> mean --> step ...
 *     rank 2   step step step step /        \ step ...
 *
 * The mean is of all that steps change: weights and buffers, their average over time, the optimizers'
 * moments, and the figures that are shown.  Counters are the same on all ranks anyway. */
#include "train/train_local_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "math/kernels_simd_internal.h"
#include "network/network_internal.h"
#include "optim/optimizer_internal.h"
#include "train/train_internal.h"

#include <string.h>

/* ---- what the mean is of ---- */

enum { MOST_BLOCKS = 4 + 2 * (2 + GAN__OPTIMIZER_MAX_MOMENTS) };

typedef struct block {
    float *numbers;
    size_t n;
} block;

static size_t blocks_of_network(const gan_network *net, block *out)
{
    out[0] = (block){net->params, net->n_params};
    out[1] = (block){net->buffers, net->n_buffers};
    return 2;
}

static size_t blocks_of(const gan_trainer *t, block *out)
{
    const gan__learner *const players[] = {&t->generator, &t->discriminator};
    size_t n = 0;

    for (size_t i = 0; i < 2; i++) {
        const gan_optimizer *opt = players[i]->opt;

        n += blocks_of_network(players[i]->net, out + n);
        for (size_t j = 0; j < GAN__OPTIMIZER_MAX_MOMENTS; j++)
            if (opt->moments[j]) out[n++] = (block){opt->moments[j], opt->n_params};
    }
    if (t->average) n += blocks_of_network(t->average, out + n);
    return n;
}

static size_t count(const block *blocks, size_t n_blocks)
{
    size_t n = 0;

    for (size_t i = 0; i < n_blocks; i++) n = gan__size_add(n, blocks[i].n);
    return n;
}

/* The figures of a step; and the largest norms, which bound moments, so that the mean's is the largest
 * of all. */
enum { FIGURES = 16, NORMS = 2, PACKET = FIGURES + NORMS };

static void list_figures(gan_trainer *t, double **out)
{
    gan_train_stats *x = &t->stats;
    double *const all[PACKET] = {&x->d_loss,
                                 &x->g_loss,
                                 &x->d_real,
                                 &x->d_fake,
                                 &x->d_real_accuracy,
                                 &x->d_fake_accuracy,
                                 &x->d_grad_norm,
                                 &x->g_grad_norm,
                                 &x->penalty,
                                 &x->penalty_norm,
                                 &x->second_penalty,
                                 &x->second_penalty_norm,
                                 &x->d_class_loss,
                                 &x->g_class_loss,
                                 &x->d_real_class_accuracy,
                                 &x->d_fake_class_accuracy,
                                 &t->generator.opt->largest_norm,
                                 &t->discriminator.opt->largest_norm};

    memcpy(out, all, sizeof all);
}

/* ---- the meeting ---- */

static gan_status meet_numbers(gan_trainer *t)
{
    gan_status status = GAN_OK;
    block blocks[MOST_BLOCKS];
    const size_t n_blocks = blocks_of(t, blocks);
    float *at = t->local->numbers;

    for (size_t i = 0; i < n_blocks; at += blocks[i++].n)
        memcpy(at, blocks[i].numbers, blocks[i].n * sizeof *at);
    GAN_TRY(gan__communicator_sum(&t->ranks, count(blocks, n_blocks), t->local->numbers,
                                  t->local->room));
    at = t->local->numbers;
    for (size_t i = 0; i < n_blocks; at += blocks[i++].n)
        gan__simd_best()->scale(blocks[i].n, 1 / (float)t->ranks.size, at, blocks[i].numbers);

cleanup:
    return status;
}

static gan_status meet_figures(gan_trainer *t)
{
    gan_status status = GAN_OK;
    double *places[PACKET], own[PACKET], *all = t->local->figures;

    list_figures(t, places);
    for (size_t i = 0; i < PACKET; i++) own[i] = *places[i];
    GAN_TRY(gan__communicator_all_gather(&t->ranks, own, all, sizeof own));
    for (size_t i = 0; i < NORMS; i++)
        for (size_t r = 0; r < t->ranks.size; r++)
            if (all[r * PACKET + FIGURES + i] > *places[FIGURES + i])
                *places[FIGURES + i] = all[r * PACKET + FIGURES + i];
    gan__communicator_tree(t->ranks.size, PACKET, all);
    for (size_t i = 0; i < FIGURES; i++) *places[i] = all[i] / (double)t->ranks.size;

cleanup:
    return status;
}

gan_status gan__local_meet(gan_trainer *t)
{
    gan_status status = GAN_OK;

    if (!t->local) return GAN_OK;
    GAN_TRY(meet_figures(t));
    GAN_TRY(meet_numbers(t));
    t->generator.net->weight_changes++;
    t->discriminator.net->weight_changes++;
    if (t->average) t->average->weight_changes++;

cleanup:
    return status;
}

gan_status gan__local_follow(gan_trainer *t)
{
    if (!t->local || t->stats.g_steps % t->local->steps > 0) return GAN_OK;
    return gan__local_meet(t);
}

/* ---- its room ---- */

gan_status gan__local_create(gan__local **out, const gan_trainer *t)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &t->allocator;
    gan__local *local = NULL;
    block blocks[MOST_BLOCKS];
    const size_t n = gan__communicator_padded(&t->ranks, count(blocks, blocks_of(t, blocks)));

    GAN_TRY(gan__alloc(&local, a, 1, sizeof *local));
    local->steps = t->desc.local_steps;
    GAN_TRY(gan__alloc(&local->numbers, a, n, sizeof *local->numbers));
    GAN_TRY(gan__alloc(&local->room, a, n, sizeof *local->room));
    GAN_TRY(gan__alloc(&local->figures, a, PACKET * t->ranks.size, sizeof *local->figures));
    *out = local;
    local = NULL;

cleanup:
    gan__local_destroy(local, a);
    return status;
}

void gan__local_destroy(gan__local *local, const gan_allocator *allocator)
{
    if (!local) return;
    gan__free(allocator, local->figures);
    gan__free(allocator, local->room);
    gan__free(allocator, local->numbers);
    gan__free(allocator, local);
}
