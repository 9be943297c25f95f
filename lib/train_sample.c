/* train_sample.c - samples of a trainer's generator, and the average of its weights over time. */
#include "train_internal.h"

#include "kernels_simd_internal.h"
#include "network_internal.h"
#include "pass_internal.h"
#include "pool_internal.h"
#include "status_internal.h"

#include <string.h>

enum { SLICES = 64 };

gan_status gan__trainer_make_sampler(gan_trainer *t)
{
    gan_status status = GAN_OK;
    gan_network *net = t->g.net;

    if (t->desc.average_decay > 0) {
        GAN_TRY(gan_network_clone(&t->average, t->g.net));
        net = t->average;
    }
    GAN_TRY(gan__pass_create(&t->eval,
                             &(gan__pass_desc){.net = net,
                                               .n_layers = net->n_layers,
                                               .rows = gan__pass_eval_rows(net, t->pool),
                                               .threads = gan_pool_thread_count(t->pool)},
                             &t->allocator));

cleanup:
    return status;
}

/* ---- the average ---- */

typedef struct following {
    gan_trainer *trainer;
    float decay;
} following;

static void follow_slice(void *context, size_t task, size_t worker)
{
    const following *f = context;
    const gan_network *from = f->trainer->g.net;
    const size_t begin = from->n_params * task / SLICES;
    const size_t n = from->n_params * (task + 1) / SLICES - begin;
    float *to = f->trainer->average->params + begin;

    (void)worker;
    gan__simd_best()->scale(n, f->decay, to, to);
    gan__simd_best()->axpy(n, 1 - f->decay, from->params + begin, to);
}

/* The first step's weights are taken as they are; buffers always are, as in PyTorch's
 * AveragedModel: a mean of what some of them hold would be none of those. */
void gan__trainer_follow(gan_trainer *t)
{
    const double steps = (double)(t->stats.g_steps - 1);
    const double most = steps > 0 ? steps / (steps + (double)t->desc.average_warmup) : 0;
    const double decay = t->desc.average_decay < most ? t->desc.average_decay : most;
    following f = {t, (float)decay};

    if (!t->average) return;
    gan__pool_run(t->pool, follow_slice, &f, SLICES);
    memcpy(t->average->buffers, t->g.net->buffers,
           t->average->n_buffers * sizeof *t->average->buffers);
}

gan_network *gan_trainer_average(const gan_trainer *t)
{
    return t ? t->average : NULL;
}

void gan__trainer_average_state(const gan_trainer *t, gan__state *s)
{
    if (!t->average) return;
    gan__state_prefix(s, "average.");
    for (size_t i = 0; i < t->average->n_tensors; i++)
        gan__state_tensor(s, &t->average->tensors[i]);
    gan__state_prefix(s, "");
}

/* ---- samples ---- */

gan_status gan_trainer_sample_labels(gan_trainer *t, const float *z, const uint8_t *labels,
                                     size_t n, float *out)
{
    gan_status status = GAN_OK;
    const gan__labels all = {.of = labels};

    if (!t) return gan__fail(GAN_ERR_INVALID, "trainer: is NULL");
    if (n > 0 && (!z || !out))
        return gan__fail(GAN_ERR_INVALID, "trainer: %s is NULL for %zu samples", z ? "out" : "z",
                         n);
    GAN_TRY(gan__network_check_labels(t->g.net, labels, n, "trainer"));
    if (n > 0) GAN_TRY(gan__pass_evaluate(t->eval, t->pool, z, all, n, out));

cleanup:
    return status;
}

gan_status gan_trainer_sample(gan_trainer *t, const float *z, size_t n, float *out)
{
    return gan_trainer_sample_labels(t, z, NULL, n, out);
}
