/* train_sample.c - samples of a trainer's generator, and the average of its weights over time. */
#include "train/train_internal.h"

#include "base/status_internal.h"
#include "math/kernels_simd_internal.h"
#include "math/pool_internal.h"
#include "math/rng_internal.h"
#include "network/network_internal.h"
#include "network/pass_internal.h"

#include <math.h>
#include <string.h>

enum { SLICES = 64 };

static gan_status refresh(void *trainer)
{
    gan_trainer *t = trainer;
    gan_status status = GAN_OK;

    GAN_TRY(gan__busy_enter(&t->busy, "trainer"));
    status = gan__trainer_estimate(t);
    gan__busy_leave(&t->busy);

cleanup:
    return status;
}

gan_status gan__trainer_make_sampler(gan_trainer *t)
{
    gan_status status = GAN_OK;
    gan_network *net = t->generator.net;

    if (t->desc.average_decay > 0 || t->desc.average_half_life > 0) {
        GAN_TRY(gan_network_clone(&t->average, t->generator.net));
        t->average->refresh = refresh;
        t->average->owner = t;
        net = t->average;
    }
    GAN_TRY(gan__pass_create(&t->eval,
                             &(gan__pass_desc){.net = net,
                                               .n_layers = net->n_layers,
                                               .rows = gan__pass_eval_rows(net, t->pool),
                                               .threads = gan_pool_thread_count(t->pool),
                                               .lodger = 1},
                             &t->allocator));

cleanup:
    return status;
}

/* ---- latent vectors ---- */

void gan__trainer_draw(const gan_trainer *t, uint64_t stream, uint64_t position, size_t n, float *z)
{
    if (t->desc.latent == GAN_LATENT_NORMAL) {
        gan__rng_normal(t->desc.seed, stream, position, n, z);
    } else {
        gan__rng_uniform(t->desc.seed, stream, position, n, z);
        for (size_t i = 0; i < n; i++) z[i] = 2 * z[i] - 1;
    }
}

/* ---- the average ---- */

/* What the average's buffers are estimated from. */
enum { LEAST_SAMPLES = 1024, LEAST_BATCHES = 16 };

typedef struct following {
    gan_trainer *trainer;
    float decay;
} following;

static void follow_numbers(const following *f, size_t begin, size_t end)
{
    float *to = f->trainer->average->params + begin;

    gan__simd_best()->scale(end - begin, f->decay, to, to);
    gan__simd_best()->axpy(end - begin, 1 - f->decay, f->trainer->generator.net->params + begin,
                           to);
}

/* Weights that are frozen are left as they are: a mean of the same numbers is rounded. */
static void follow_slice(void *context, size_t task, size_t worker)
{
    const following *f = context;
    const gan_network *from = f->trainer->generator.net;
    const size_t end = from->n_params * (task + 1) / SLICES;
    size_t begin = from->n_params * task / SLICES;

    (void)worker;
    for (size_t i = 0; i < from->n_stretches && begin < end; i++) {
        const gan__stretch *s = &from->stretches[i];
        const size_t until = s->end < end ? s->end : end;

        if (until <= begin) continue;
        if (s->scale > 0) follow_numbers(f, begin, until);
        begin = until;
    }
    if (begin < end) follow_numbers(f, begin, end);
}

static int buffers_finite(const gan_network *net)
{
    for (size_t i = 0; i < net->n_buffers; i++)
        if (!isfinite(net->buffers[i])) return 0;
    return 1;
}

static void take_buffers(gan_trainer *t)
{
    t->average->buffer_changes++;
    memcpy(t->average->buffers, t->generator.net->buffers,
           t->average->n_buffers * sizeof *t->average->buffers);
}

/* The decay of a step on n samples, from the half-life; a schedule may begin it at 0. */
static double decay_of_half_life(const gan_trainer *t, size_t n)
{
    const double half_life = t->desc.average_half_life *
                             gan__schedule_factor(&t->schedules.average, t->stats.g_steps - 1);

    return half_life > 0 ? pow(0.5, (double)n / half_life) : 0;
}

/* The first step's weights are copied.  Buffers are the generator's until they are needed: see
 * gan__trainer_estimate(). */
void gan__trainer_follow(gan_trainer *t, size_t n)
{
    const double steps = (double)(t->stats.g_steps - 1);
    const double most = steps > 0 ? steps / (steps + (double)t->desc.average_warmup) : 0;
    const double wanted =
        t->desc.average_half_life > 0 ? decay_of_half_life(t, n) : t->desc.average_decay;
    following f = {t, (float)(wanted < most ? wanted : most)};

    if (!t->average) return;
    gan__pool_run(t->pool, follow_slice, &f, SLICES);
    t->average->weight_changes++;
    take_buffers(t);
    t->estimated = 0;
}

/* A batch of generated samples, drawn as in training, in rows that training doesn't read again: a
 * relative loss needs the others. */
static void run_average(gan_trainer *t, size_t batch)
{
    gan__pass *pass = t->generator.pass;
    const size_t rows = t->desc.micro_batch, first = rows;
    uint16_t *labels = gan__pass_labels(pass, first);

    gan__trainer_draw(t, GAN__STREAM_AVERAGE, batch * rows * t->latent, rows * t->latent,
                      gan__pass_input(pass, first));
    if (labels)
        gan__rng_labels(t->desc.seed, GAN__STREAM_AVERAGE_CLASS, batch * rows, t->n_classes,
                        t->class_weights, rows, labels);
    gan__pass_forward(pass, t->pool, first, rows, rows);
    gan__pass_settle(pass, 1 / ((double)batch + 1));
    gan__pass_advance(pass);
}

/* The generator's running statistics fit its current weights, not their average, and a mean of
 * these statistics doesn't fit either (PyTorch has torch.optim.swa_utils.update_bn() for that).  So
 * they are estimated anew, beginning with the generator's buffers, as a function of the two
 * networks alone: it makes no difference to the run whether and when the average is used. */
gan_status gan__trainer_estimate(gan_trainer *t)
{
    gan_status status = GAN_OK;
    const size_t batches = (LEAST_SAMPLES - 1) / t->desc.micro_batch + 1;
    uint64_t *position = gan__pass_position(t->generator.pass);
    const uint64_t before = *position;
    gan__visit visit;

    if (!t->average || t->average->n_buffers == 0 || t->estimated || t->stats.g_steps == 0)
        return GAN_OK;
    GAN_TRY(gan__pool_enter(t->pool, &visit));
    take_buffers(t);
    gan__pass_turn_to(t->generator.pass, t->average);
    for (size_t i = 0; i < batches || i < LEAST_BATCHES; i++) run_average(t, i);
    gan__pass_turn_to(t->generator.pass, t->generator.net);
    gan__pool_leave(&visit);
    *position = before;
    if (!buffers_finite(t->average)) take_buffers(t);
    t->estimated = 1;

cleanup:
    return status;
}

void gan__trainer_begin_average(gan_trainer *t)
{
    if (!t->average) return;
    memcpy(t->average->params, t->generator.net->params,
           t->average->n_params * sizeof *t->average->params);
    take_buffers(t);
}

void gan__trainer_restored(gan_trainer *t)
{
    gan_network *const networks[] = {t->generator.net, t->discriminator.net, t->average};

    gan__trainer_follow_schedule(t);
    t->stats.augment_probability = t->augment.probability;
    t->stats.augment_sign = t->augment.sign;
    for (size_t i = 0; i < 3; i++) {
        if (!networks[i]) continue;
        networks[i]->weight_changes++;
        networks[i]->buffer_changes++;
    }
    t->estimated = 0;
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

static gan_status sample(gan_trainer *t, const float *z, gan__labels labels, size_t n, float *out)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__trainer_estimate(t));
    if (n > 0) GAN_TRY(gan__pass_evaluate(t->eval, t->pool, z, labels, n, out));

cleanup:
    return status;
}

static gan_status sample_labels(gan_trainer *t, const float *z, gan__label_list labels, size_t n,
                                float *out)
{
    gan_status status = GAN_OK;

    if (!t) return gan__fail_null(GAN__TRAINER, 1, "trainer: is NULL");
    if (n > 0 && (!z || !out))
        return gan__fail(GAN_ERR_INVALID, "trainer: %s is NULL for %zu samples", z ? "out" : "z",
                         n);
    GAN_TRY(gan__network_check_labels(t->generator.net, labels, n, "trainer"));
    GAN_TRY(gan__busy_enter(&t->busy, "trainer"));
    status = sample(t, z, (gan__labels){.of = labels}, n, out);
    gan__busy_leave(&t->busy);

cleanup:
    return status;
}

gan_status gan_trainer_sample(gan_trainer *t, const float *z, size_t n, float *out)
{
    return sample_labels(t, z, (gan__label_list){0}, n, out);
}

gan_status gan_trainer_sample_labels(gan_trainer *t, const float *z, const uint8_t *labels,
                                     size_t n, float *out)
{
    return sample_labels(t, z, gan__label_bytes(labels), n, out);
}

gan_status gan_trainer_sample_labels16(gan_trainer *t, const float *z, const uint16_t *labels,
                                       size_t n, float *out)
{
    return sample_labels(t, z, gan__label_words(labels), n, out);
}
