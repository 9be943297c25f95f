/* train_state.c - what a run consists of, for its checkpoints. */
#include "train/train_half_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "network/pass_internal.h"

#include <math.h>
#include <string.h>

/* What a relative loss looks at again in the generator's step.  Rows behind them are of no use. */
static void real_samples_state(gan_trainer *t, gan__state *s)
{
    const size_t rows = t->desc.micro_batch;
    float *samples = gan__pass_input(t->discriminator.pass, 0);
    const size_t used = (size_t)t->n_real * t->sample;

    memset(samples + used, 0, (rows * t->sample - used) * sizeof *samples);
    gan__state_count(s, "real_samples_count", &t->n_real, rows);
    if (t->n_classes > 0) {
        memset(t->labels + t->n_real, 0, (rows - (size_t)t->n_real) * sizeof *t->labels);
        gan__state_labels(s, "real_labels", t->labels, rows, (uint16_t)(t->n_classes - 1));
    }
    gan__state_tensor(s, &(gan_tensor){"real_samples", gan_shape_2d(rows, t->sample),
                                       rows * t->sample, samples, 0});
}

static void regularizers_state(gan_trainer *t, gan__state *s)
{
    gan__lecam_state(&t->lecam, s);
    gan__consistency_state(&t->consistency, s);
    if (t->lecam.desc.weight > 0) gan__state_real(s, "lecam_value", &t->stats.lecam, 0);
    if (gan__consistency_rows(&t->consistency) > 0)
        gan__state_real(s, "consistency_value", &t->stats.consistency, 0);
}

void gan__trainer_state(gan_trainer *t, gan__state *s)
{
    gan_train_stats *x = &t->stats;
    const int raw = t->objective.raw_outputs || *t->objective_name;
    const double least = raw ? -HUGE_VAL : 0; /* of D(x): a probability, or not */

    gan__state_bytes(s, GAN__TRAINER_EXTRA, &t->extra, GAN_EXTRA_STATE_MAX);
    gan__trainer_settings_state(t, s);
    gan__state_whole(s, "noise_position", &t->noise_position);
    gan__state_whole(s, "generator_random_position", gan__pass_position(t->generator.pass));
    gan__state_whole(s, "discriminator_random_position", gan__pass_position(t->discriminator.pass));
    if (t->desc.label_flip > 0) gan__state_whole(s, "flip_position", &t->flip_position);
    if (t->desc.instance_noise > 0) gan__state_whole(s, "instance_position", &t->instance_position);
    if (t->n_classes > 0) gan__state_whole(s, "class_position", &t->class_position);
    gan__state_whole(s, "d_steps", &x->d_steps);
    gan__state_whole(s, "g_steps", &x->g_steps);
    gan__state_real(s, "d_loss", &x->d_loss, -HUGE_VAL);
    gan__state_real(s, "g_loss", &x->g_loss, -HUGE_VAL);
    gan__state_real(s, "d_real", &x->d_real, least);
    gan__state_real(s, "d_fake", &x->d_fake, least);
    gan__state_real(s, "d_real_accuracy", &x->d_real_accuracy, 0);
    gan__state_real(s, "d_fake_accuracy", &x->d_fake_accuracy, 0);
    gan__state_real(s, "d_grad_norm", &x->d_grad_norm, 0);
    gan__state_real(s, "g_grad_norm", &x->g_grad_norm, 0);
    if (t->desc.on_divergence != GAN_DIVERGENCE_STOP) {
        gan__state_whole(s, "d_skipped", &x->d_skipped);
        gan__state_whole(s, "g_skipped", &x->g_skipped);
    }
    if (t->objective.relative && !t->shards) real_samples_state(t, s);
    gan__trainer_average_state(t, s);
    gan__penalty_state(t->penalties[0], s, "penalty");
    gan__penalty_state(t->penalties[1], s, "second_penalty");
    regularizers_state(t, s);
    gan__augment_state(&t->augment, s, "augment");
    if (t->penalties[0]) gan__state_real(s, "penalty_value", &x->penalty, 0);
    if (t->penalties[0]) gan__state_real(s, "penalty_norm", &x->penalty_norm, 0);
    if (t->penalties[1]) gan__state_real(s, "second_penalty_value", &x->second_penalty, 0);
    if (t->penalties[1]) gan__state_real(s, "second_penalty_norm", &x->second_penalty_norm, 0);
    if (t->desc.auxiliary_weight > 0) {
        gan__state_real(s, "d_class_loss", &x->d_class_loss, 0);
        gan__state_real(s, "g_class_loss", &x->g_class_loss, 0);
        gan__state_real(s, "d_real_class_accuracy", &x->d_real_class_accuracy, 0);
        gan__state_real(s, "d_fake_class_accuracy", &x->d_fake_class_accuracy, 0);
    }
}

gan__trainer_player gan__trainer_player_of(const gan_trainer *t, size_t which)
{
    const gan__learner *p = which == 0 ? &t->generator : &t->discriminator;

    return (gan__trainer_player){p->name, p->net, p->opt};
}

const gan_allocator *gan__trainer_allocator(const gan_trainer *t)
{
    return &t->allocator;
}

/* ---- the host's bytes ---- */

static gan_status set_extra(gan_trainer *t, const void *bytes, size_t n)
{
    gan_status status = GAN_OK;
    gan__bytes new = {NULL, n};

    if (n > 0) {
        GAN_TRY(gan__alloc(&new.at, &t->allocator, n, 1));
        memcpy(new.at, bytes, n);
    }
    gan__free(&t->allocator, t->extra.at);
    t->extra = new;

cleanup:
    return status;
}

gan_status gan_trainer_set_extra_state(gan_trainer *t, const void *bytes, size_t n)
{
    gan_status status = GAN_OK;

    if (!t) return gan__fail_null(GAN__TRAINER, 1, "trainer: is NULL");
    if (n > 0 && !bytes)
        return gan__fail(GAN_ERR_INVALID, "trainer: extra state is NULL, %zu bytes announced", n);
    if (n > GAN_EXTRA_STATE_MAX)
        return gan__fail(GAN_ERR_INVALID, "trainer: extra state has %zu bytes, at most %d", n,
                         GAN_EXTRA_STATE_MAX);
    GAN_TRY(gan__busy_enter(&t->busy, "trainer"));
    status = set_extra(t, bytes, n);
    gan__busy_leave(&t->busy);

cleanup:
    return status;
}

const void *gan_trainer_extra_state(const gan_trainer *t, size_t *n)
{
    if (n) *n = t ? t->extra.n : 0;
    return t ? t->extra.at : NULL;
}
