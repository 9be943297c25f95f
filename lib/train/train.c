/* train.c - the adversarial step.
 *
 *     gan_train_step
 *       gan_train_discriminator_step         real and generated samples, the discriminator learns
 *         step_discriminator
 *           gan__half_gradients                train_gradients.c: for each micro-batch,
 *             gan__half_forward                  train_input.c
 *               write_input                        latent vectors, labels, real samples -> passes,
 *                                                  samples augmented: augment.c
 *               gan__pass_forward                  generator: latent vectors -> samples
 *               gan__pass_forward                  discriminator: real and generated rows at once
 *             gan__half_rows, gan__half_loss     train_loss.c: outputs -> loss and its gradient, by
 *                                                the objective: loss_adversarial.c, or the host;
 *                                                one for each shard, where several run at once
 *             gan__half_regularize               regularizer.c: LeCam, consistency
 *             gan__half_class_loss               of an auxiliary classifier, if there is one
 *             gan__pass_backward                 discriminator: weight gradients
 *             gan__penalty_add                   penalty.c: that of the gradient penalty is added
 *             gan__learner_gather                learner.c: gradients of micro-batches are added up
 *           and then, if these are shards,
 *             gan__shards_join                   train_shards.c: figures ...
 *             gan__learner_begin_join            ... and gradients are added up over all ranks,
 *             gan__half_generate_ahead           train_ahead.c: the generator running meanwhile,
 *             gan__learner_join                  up to here
 *           update                             on_gradients; clip, optimizer, unless something
 *                                              isn't finite
 *       gan_train_generator_step             generated samples, the generator learns
 *         step_generator
 *           gan__half_gradients                the same, perhaps for the best samples alone (see
 *                                              train_top.c), but back through the discriminator by
 *                                              its input alone, and on into the generator
 *           update
 *           gan__trainer_follow                train_sample.c: the average of the weights
 *           gan__local_follow                  train_local.c: every local_steps steps, the mean
 *                                              over ranks
 *
 * Each of these is a job for the pool or a sequence of jobs.  The sums of a job's tasks are added
 * in the order of the tasks, so results don't depend on the number of threads. */
#include "train/train_half_internal.h"

#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "data/iterator_internal.h"
#include "math/pool_internal.h"
#include "network/network_internal.h"
#include "network/pass_internal.h"

#include <math.h>
#include <string.h>

/* ---- the update ---- */

static gan_status check_weights(const gan_trainer *t)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__network_check_finite(t->generator.net, t->generator.net->params,
                                      "weights of the generator"));
    GAN_TRY(gan__network_check_finite(t->discriminator.net, t->discriminator.net->params,
                                      "weights of the discriminator"));

cleanup:
    return status;
}

static gan_status not_finite(const gan__half_step *half)
{
    gan_status status = GAN_OK;
    const gan_trainer *t = half->trainer;
    const gan__rank_rows own = gan__shards_rows(t->shards, half->count);
    const gan__learner_data real = {.what = "real sample",
                                    .samples =
                                        half->real ? half->real + own.begin * t->sample : NULL,
                                    .n_samples = half->real ? own.end - own.begin : 0,
                                    .size = t->sample,
                                    .first = own.begin};
    const gan__learner *const chain[] = {&t->generator, &t->discriminator, NULL};

    GAN_TRY(check_weights(t));
    status = gan__learner_not_finite(half->player, chain, &real, half->loss);

cleanup:
    return status;
}

static void advance_penalties(gan_trainer *t, size_t n)
{
    for (size_t i = 0; i < GAN__PENALTIES; i++) gan__penalty_advance(t->penalties[i]);
    gan__augment_advance(&t->consistency.augment, 2 * n);
}

/* Advance to new random numbers: no two steps share any. */
static void advance(const gan__half_step *half)
{
    gan_trainer *t = half->trainer;
    const size_t seen = half->real ? 2 * half->count : half->count;

    gan__half_advance_generated(half);
    if (gan__half_is_d(half) && t->desc.label_flip > 0) t->flip_position += seen;
    if (t->desc.instance_noise > 0) t->instance_position += seen * t->sample;
    gan__augment_advance(&t->augment, seen);
    if (gan__half_is_d(half)) advance_penalties(t, half->count);
    gan__pass_advance(t->discriminator.pass);
}

/* Call the host's on_gradients(). */
static gan_status tell_host(gan__half_step *half, double *norm)
{
    gan_trainer *t = half->trainer;
    gan_train_gradients g = {.struct_size = sizeof g,
                             .half = half->which,
                             .step = gan__half_is_d(half) ? t->stats.d_steps : t->stats.g_steps,
                             .loss = half->loss,
                             .norm = *norm,
                             .gradients = gan__learner_grads(half->player),
                             .count = half->player->net->n_params};
    gan_status status = GAN_OK;

    if (!t->desc.on_gradients) return GAN_OK;
    status = t->desc.on_gradients(t->desc.on_gradients_user, &g);
    if (status != GAN_OK)
        status =
            gan__fail(status, "%s, step %llu: on_gradients returned %s (%d)", half->player->name,
                      (unsigned long long)g.step + 1, gan_status_name(status), (int)status);
    status = gan__communicator_agree(&t->step_ranks, status);
    if (status != GAN_OK) return status;
    if (!g.changed) return GAN_OK;
    *norm = gan__learner_measure(half->player, t->pool);
    return isfinite(*norm) ? GAN_OK : not_finite(half);
}

/* Clip and apply the gradients, unless one isn't finite; only a step that applies them is
 * counted. */
static gan_status update(gan__half_step *half, double *norm)
{
    gan_status status = GAN_OK;

    *norm = gan__learner_norm(half->player);
    if (!isfinite(half->loss) || !isfinite(*norm)) GAN_TRY(not_finite(half));
    GAN_TRY(tell_host(half, norm));
    GAN_TRY(gan__learner_update(half->player, half->trainer->pool, *norm));
    advance(half);
    gan__half_book(half, GAN__STEP_UPDATE);

cleanup:
    return status;
}

/* ---- the steps ---- */

static gan_status check_call(const gan_trainer *t, const gan_train_stats *stats)
{
    if (!t) return gan__fail_null(GAN__TRAINER, 1, "trainer: is NULL");
    return gan__record_check(stats, "train stats");
}

/* Pass the mean sign of the real samples' logits to an adaptive augmentation. */
static void follow_overfitting(const gan__half_step *half)
{
    gan_trainer *t = half->trainer;

    gan__augment_adapt(&t->augment, t->stats.d_steps, half->count, 2 * half->real_right - 1);
    gan__trainer_follow_schedule(t);
    t->stats.augment_probability = t->augment.probability;
    t->stats.augment_sign = t->augment.sign;
}

static void begin_discriminator(gan_trainer *t)
{
    t->n_real = 0; /* what was there is overwritten */
    for (size_t i = 0; i < GAN__PENALTIES; i++)
        gan__penalty_begin(t->penalties[i], t->stats.d_steps);
    gan__lecam_begin(&t->lecam);
    t->consistency.value = 0;
}

static gan_status step_discriminator(gan__half_step *half)
{
    gan_status status = GAN_OK;
    gan_train_stats *x = &half->trainer->stats;
    double norm;

    begin_discriminator(half->trainer);
    GAN_TRY(gan__half_gradients(half));
    GAN_TRY(update(half, &norm));
    if (!half->trainer->shards) half->trainer->n_real = half->rows;
    gan__lecam_update(&half->trainer->lecam, x->d_steps);
    x->d_steps++;
    x->d_loss = half->loss;
    x->d_real = half->d_real;
    x->d_fake = half->d_fake;
    x->d_real_accuracy = half->real_right;
    x->d_fake_accuracy = half->fake_right;
    x->d_grad_norm = norm;
    x->d_class_loss = half->class_loss;
    x->d_real_class_accuracy = half->real_class_right;
    x->d_fake_class_accuracy = half->fake_class_right;
    gan__penalty_tell(half->trainer->penalties[0], &x->penalty, &x->penalty_norm);
    gan__penalty_tell(half->trainer->penalties[1], &x->second_penalty, &x->second_penalty_norm);
    x->lecam = half->trainer->lecam.value;
    x->consistency = half->trainer->consistency.value;
    follow_overfitting(half);

cleanup:
    return status;
}

static gan_status step_generator(gan__half_step *half)
{
    gan_status status = GAN_OK;
    gan_train_stats *x = &half->trainer->stats;
    double norm;

    if (half->real) half->trainer->n_real = 0; /* what was there is overwritten */
    GAN_TRY(gan__half_gradients(half));
    GAN_TRY(update(half, &norm));
    if (half->real && !half->trainer->shards) half->trainer->n_real = half->rows;
    x->g_steps++;
    x->g_loss = half->loss;
    x->g_grad_norm = norm;
    x->g_class_loss = half->class_loss;
    gan__trainer_follow(half->trainer, half->count);
    GAN_TRY(gan__local_follow(half->trainer));

cleanup:
    return status;
}

/* Continue after a step that diverged, if on_divergence says so and the weights from before it are
 * finite. */
static gan_status skip(const gan__half_step *half, gan_status status)
{
    gan_trainer *t = half->trainer;
    gan_optimizer *opt = half->player->opt;

    if (t->desc.on_divergence == GAN_DIVERGENCE_STOP || check_weights(t) != GAN_OK) return status;
    advance(half);
    ++*(gan__half_is_d(half) ? &t->stats.d_skipped : &t->stats.g_skipped);
    if (t->desc.on_divergence == GAN_DIVERGENCE_REDUCE)
        status = gan_optimizer_set_lr(opt, 0.5 * gan_optimizer_lr(opt));
    else
        status = GAN_OK;
    return status;
}

/* A half of a step can't begin on this rank: tell the others, which are waiting. */
static gan_status refuse(gan_trainer *t, gan_status status)
{
    gan__shards_begin(t->shards, NULL, 0);
    return gan__shards_join(t->shards, status, 0);
}

/* `status` is that of the checks. */
static gan_status run_half(gan__half_step *half, gan_status status,
                           gan_status (*step)(gan__half_step *), gan_train_stats *stats)
{
    gan_trainer *t = half->trainer;
    const uint64_t g_position = *gan__pass_position(t->generator.pass);
    const uint64_t d_position = *gan__pass_position(t->discriminator.pass);
    gan__visit visit;

    if (status == GAN_OK) status = gan__pool_enter(t->pool, &visit);
    if (status != GAN_OK) return refuse(t, status);
    status = step(half);
    if (status != GAN_OK) {
        gan__learner_put_back(half->player);
        *gan__pass_position(t->generator.pass) = g_position;
        *gan__pass_position(t->discriminator.pass) = d_position;
        for (size_t i = 0; i < GAN__PENALTIES && gan__half_is_d(half); i++)
            gan__penalty_put_back(t->penalties[i]);
    }
    if (status == GAN_ERR_NONFINITE) status = skip(half, status);
    gan__pool_leave(&visit);
    if (status == GAN_OK) gan__record_write(stats, &t->stats, sizeof t->stats);
    return status;
}

/* Beside real samples of the batch, or those of the latest discriminator's step for NULL. */
static gan__half_step generator_half(gan_trainer *t, size_t n, const gan_batch *batch,
                                     const float *z, gan__label_list labels)
{
    gan__half_step half = {.trainer = t,
                           .which = GAN_HALF_GENERATOR,
                           .latent = z,
                           .labels = labels,
                           .count = n,
                           .player = &t->generator};

    if (batch && t->objective.relative) {
        half.real = batch->samples;
        half.real_labels = gan__batch_labels(batch);
    }
    return half;
}

static gan_status run_generator(gan__half_step *half, const gan_batch *batch,
                                gan_train_stats *stats)
{
    const gan_status status =
        gan__trainer_check_generator(half->trainer, half->count, batch, half->labels);

    return run_half(half, status, step_generator, stats);
}

static gan_status generator_step(gan_trainer *t, size_t n, const gan_batch *batch, const float *z,
                                 gan__label_list labels, gan_train_stats *stats)
{
    gan__half_step half = generator_half(t, n, batch, z, labels);

    return run_generator(&half, batch, stats);
}

/* The real samples of shards are not kept for the generator's half: it gets the batch again. */
static const gan_batch *batch_for_generator(const gan_trainer *t, const gan_batch *batch)
{
    return t->shards ? batch : NULL;
}

/* Not NULL, `next` becomes the generator's half that follows. */
static gan_status discriminator_step(gan_trainer *t, const gan_batch *batch, const float *z,
                                     gan__label_list labels, gan__half_step *next,
                                     gan_train_stats *stats)
{
    const gan_status status = gan__trainer_check_discriminator(t, batch, labels);
    gan__half_step half = {
        .trainer = t, .latent = z, .labels = labels, .player = &t->discriminator, .next = next};

    if (status == GAN_OK) {
        half.real = batch->samples;
        half.real_labels = gan__batch_labels(batch);
        half.count = batch->count;
        if (next) *next = generator_half(t, batch->count, batch_for_generator(t, batch), z, labels);
    }
    return run_half(&half, status, step_discriminator, stats);
}

static gan_status both_steps(gan_trainer *t, const gan_batch *batch, gan_train_stats *stats)
{
    gan_status status = GAN_OK;
    const uint64_t before = t->stats.d_steps;
    const int g_follows = (before + 1) % t->desc.d_steps_per_g == 0;
    const gan__label_list drawn = {0};
    gan__half_step g;

    gan__pass_hold(t->generator.pass, 0);
    GAN_TRY(discriminator_step(t, batch, NULL, drawn, g_follows ? &g : NULL, stats));
    if (t->stats.d_steps == before || !g_follows) return GAN_OK;
    if (!g.is_generated)
        gan__pass_hold(t->generator.pass, !t->desc.on_gradients); /* else the host was there */
    status = run_generator(&g, batch_for_generator(t, batch), stats);
    gan__pass_hold(t->generator.pass, 0);

cleanup:
    return status;
}

/* ---- one call at a time ---- */

enum { NETWORKS = 3 };

static gan_network *network_of(const gan_trainer *t, size_t i)
{
    gan_network *const all[NETWORKS] = {t->generator.net, t->discriminator.net, t->average};

    return all[i];
}

/* Of the trainer and the first n networks, in the other order. */
static void leave(gan_trainer *t, size_t n)
{
    while (n-- > 0)
        if (network_of(t, n)) gan__network_leave(network_of(t, n));
    gan__busy_leave(&t->busy);
}

gan_status gan__trainer_enter(gan_trainer *t, const char *who)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__busy_enter(&t->busy, who));
    for (size_t i = 0; i < NETWORKS; i++) {
        if (network_of(t, i)) status = gan__network_enter(network_of(t, i));
        if (status == GAN_OK) continue;
        leave(t, i);
        return status;
    }

cleanup:
    return status;
}

void gan__trainer_leave(gan_trainer *t)
{
    leave(t, NETWORKS);
}

/* Begin a step that the host called; gan__trainer_leave() ends it. */
static gan_status enter(gan_trainer *t, const gan_train_stats *stats)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_call(t, stats));
    GAN_TRY(gan__trainer_enter(t, "trainer"));

cleanup:
    return status;
}

static gan_status discriminator_call(gan_trainer *t, const gan_batch *batch, const float *z,
                                     gan__label_list labels, gan_train_stats *stats)
{
    gan_status status = GAN_OK;

    GAN_TRY(enter(t, stats));
    status = discriminator_step(t, batch, z, labels, NULL, stats);
    gan__trainer_leave(t);

cleanup:
    return status;
}

gan_status gan_train_discriminator_step(gan_trainer *t, const gan_batch *batch, const float *z,
                                        const uint8_t *labels, gan_train_stats *stats)
{
    return discriminator_call(t, batch, z, gan__label_bytes(labels), stats);
}

gan_status gan_train_discriminator_step_labels16(gan_trainer *t, const gan_batch *batch,
                                                 const float *z, const uint16_t *labels,
                                                 gan_train_stats *stats)
{
    return discriminator_call(t, batch, z, gan__label_words(labels), stats);
}

static gan_status generator_call(gan_trainer *t, size_t n, const float *z, gan__label_list labels,
                                 gan_train_stats *stats)
{
    gan_status status = GAN_OK;

    GAN_TRY(enter(t, stats));
    status = generator_step(t, n, NULL, z, labels, stats);
    gan__trainer_leave(t);

cleanup:
    return status;
}

gan_status gan_train_generator_step(gan_trainer *t, size_t n, const float *z, const uint8_t *labels,
                                    gan_train_stats *stats)
{
    return generator_call(t, n, z, gan__label_bytes(labels), stats);
}

gan_status gan_train_generator_step_labels16(gan_trainer *t, size_t n, const float *z,
                                             const uint16_t *labels, gan_train_stats *stats)
{
    return generator_call(t, n, z, gan__label_words(labels), stats);
}

static gan_status generator_call_beside(gan_trainer *t, const gan_batch *batch, const float *z,
                                        const uint16_t *labels, gan_train_stats *stats)
{
    gan_status status = GAN_OK;

    status = gan__trainer_check_batch(t, batch);
    if (status != GAN_OK) return refuse(t, status);
    return generator_step(t, batch->count, batch, z, gan__label_words(labels), stats);
}

gan_status gan_train_generator_step_beside(gan_trainer *t, const gan_batch *batch, const float *z,
                                           const uint16_t *labels, gan_train_stats *stats)
{
    gan_status status = GAN_OK;

    GAN_TRY(enter(t, stats));
    status = generator_call_beside(t, batch, z, labels, stats);
    gan__trainer_leave(t);

cleanup:
    return status;
}

gan_status gan_train_step(gan_trainer *t, const gan_batch *batch, gan_train_stats *stats)
{
    gan_status status = GAN_OK;

    GAN_TRY(enter(t, stats));
    status = both_steps(t, batch, stats);
    gan__trainer_leave(t);

cleanup:
    return status;
}

/* ---- what a run is ---- */

gan_network *gan_trainer_generator(const gan_trainer *t)
{
    return t ? t->generator.net : NULL;
}

gan_network *gan_trainer_discriminator(const gan_trainer *t)
{
    return t ? t->discriminator.net : NULL;
}

gan_optimizer *gan_trainer_generator_optimizer(const gan_trainer *t)
{
    return t ? t->generator.opt : NULL;
}

gan_optimizer *gan_trainer_discriminator_optimizer(const gan_trainer *t)
{
    return t ? t->discriminator.opt : NULL;
}

size_t gan_trainer_batch_size(const gan_trainer *t)
{
    return t ? t->desc.batch_size : 0;
}

gan_status gan_trainer_stats(const gan_trainer *t, gan_train_stats *stats)
{
    gan_status status = GAN_OK;

    if (!stats) return gan__fail(GAN_ERR_INVALID, "trainer: stats is NULL");
    GAN_TRY(check_call(t, stats));
    gan__record_write(stats, &t->stats, sizeof t->stats);

cleanup:
    return status;
}

GAN__DEFINE_INIT(gan_trainer_desc_init, gan_trainer_desc, GAN_TRAINER_DESC_INIT)
GAN__DEFINE_INIT(gan_train_stats_init, gan_train_stats, GAN_TRAIN_STATS_INIT)
