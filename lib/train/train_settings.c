/* train_settings.c - the settings of a trainer: read, checked, and written to checkpoints. */
#include "train/train_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <stdio.h>

enum { USUAL_BATCH = 100, MOST_BATCH = 1 << 24, USUAL_SHARDS = 8 };

/* Defaults of fields that are 0. */
static void fill_in(gan_trainer_desc *d)
{
    if (d->batch_size == 0) d->batch_size = USUAL_BATCH;
    if (d->real_target == 0) d->real_target = 1;
    if (d->d_steps_per_g == 0) d->d_steps_per_g = 1;
    if (d->top_k == 0) d->top_k = 1;
    if (d->communicator && d->shards == 0) d->shards = USUAL_SHARDS;
    if (d->micro_batch == 0 || d->micro_batch > d->batch_size) d->micro_batch = d->batch_size;
}

static gan_status check_targets(const gan_trainer *t)
{
    gan_status status = GAN_OK;
    const gan_trainer_desc *d = &t->desc;
    const gan_objective *loss = &t->objective;

    if (!(loss->least_target < loss->most_target) && (d->real_target != 1 || d->fake_target != 0))
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: targets of %g and %g, but the loss %s has no targets",
                         d->real_target, d->fake_target, loss->name);
    if (loss->least_target < loss->most_target) {
        GAN_TRY(gan__desc_check_range("trainer", "real_target", d->real_target, loss->least_target,
                                      loss->most_target));
        GAN_TRY(gan__desc_check_range("trainer", "fake_target", d->fake_target, loss->least_target,
                                      loss->most_target));
    }
    GAN_TRY(gan__desc_check_range("trainer", "label_flip", d->label_flip, 0, 1));
    if (!(d->real_target < d->fake_target || d->real_target > d->fake_target))
        GAN_FAIL(GAN_ERR_INVALID, "trainer: real_target and fake_target are both %g",
                 d->real_target);

cleanup:
    return status;
}

static gan_status read_objective(gan_trainer *t)
{
    gan_status status = GAN_OK;
    gan_objective *o = &t->objective;
    size_t n = 0;

    *o = (gan_objective){GAN_OBJECTIVE_INIT};
    GAN_TRY(gan__desc_read(o, sizeof *o, GAN__OBJECTIVE_FIRST, t->desc.objective, "objective"));
    if (!o->discriminator || !o->generator)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: the objective has no function for the %s",
                 o->discriminator ? "generator" : "discriminator");
    if ((unsigned)o->boundary > GAN_BOUNDARY_NONE)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: the objective has the boundary %d", (int)o->boundary);
    if (t->desc.loss != GAN_LOSS_BCE)
        GAN_FAIL(GAN_ERR_INVALID,
                 "trainer: an objective with the loss %d; one or the other expected",
                 (int)t->desc.loss);
    while (o->name && n < sizeof t->objective_name && o->name[n] > ' ' && o->name[n] <= '~') n++;
    if (n == 0 || n == sizeof t->objective_name || o->name[n])
        GAN_FAIL(
            GAN_ERR_INVALID,
            "trainer: an objective's name is 1 to %zu bytes of printable ASCII without spaces, "
            "got %.80s",
            sizeof t->objective_name - 1, o->name ? o->name : "NULL");

cleanup:
    return status;
}

/* The host's, or one of the library's. */
static gan_status choose_objective(gan_trainer *t)
{
    gan_status status = GAN_OK;
    const gan_objective *own = gan__loss_find(t->desc.loss);

    if (t->desc.objective) {
        GAN_TRY(read_objective(t));
        snprintf(t->objective_name, sizeof t->objective_name, "%s", t->objective.name);
    } else {
        if (!own) GAN_FAIL(GAN_ERR_INVALID, "trainer: unknown loss %d", (int)t->desc.loss);
        t->objective = *own;
    }
    t->stats.boundary = t->objective.boundary;
    t->desc.objective = NULL; /* what remains in it belongs to the host */

cleanup:
    return status;
}

static gan_status check_rhythm(const gan_trainer_desc *d)
{
    gan_status status = GAN_OK;

    if ((size_t)d->latent > GAN_LATENT_UNIFORM)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: unknown latent distribution %d", (int)d->latent);
    if ((size_t)d->on_divergence > GAN_DIVERGENCE_REDUCE)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: unknown on_divergence %d", (int)d->on_divergence);
    if ((size_t)d->activations > GAN_ACTIVATIONS_RECOMPUTE)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: unknown kind of activations %d",
                 (int)d->activations);
    if ((size_t)d->precision > GAN_PRECISION_BFLOAT16)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: there is no precision %d", (int)d->precision);
    GAN_TRY(gan__desc_check_range("trainer", "instance_noise", d->instance_noise, 0, 1e6));
    if (!(d->top_k > 0 && d->top_k <= 1))
        GAN_FAIL(GAN_ERR_INVALID, "trainer: top_k above 0, to 1, expected, got %g", d->top_k);

cleanup:
    return status;
}

static gan_status check_classes(const gan_trainer_desc *d)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__desc_check_range("trainer", "auxiliary_weight", d->auxiliary_weight, 0, 1e6));
    if (d->auxiliary_real_only != 0 && d->auxiliary_real_only != 1)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: auxiliary_real_only of 0 or 1 expected, got %d",
                 d->auxiliary_real_only);
    if (!d->class_weights && d->n_class_weights > 0)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: class_weights is NULL for %zu classes",
                 d->n_class_weights);
    if (d->class_weights && !gan__rng_check_weights(d->n_class_weights, d->class_weights))
        GAN_FAIL(
            GAN_ERR_INVALID,
            "trainer: class_weights of 1 to 256 classes expected, finite, not negative and not "
            "all 0; got %zu",
            d->n_class_weights);

cleanup:
    return status;
}

/* Read them; what remains in the descriptor belongs to the host. */
static gan_status read_schedules(gan_trainer *t)
{
    gan_status status = GAN_OK;
    gan_trainer_desc *d = &t->desc;

    GAN_TRY(gan__schedule_read(&t->schedules.top_k, d->top_k_schedule, "top_k"));
    GAN_TRY(gan__schedule_read(&t->schedules.instance_noise, d->instance_noise_schedule,
                               "instance noise"));
    GAN_TRY(gan__schedule_read(&t->schedules.augment, d->augment_schedule,
                               "probability of augmentation"));
    GAN_TRY(gan__schedule_read(&t->schedules.average, d->average_schedule, "half-life"));
    if (d->instance_noise_schedule && (d->instance_noise_steps > 0 || !(d->instance_noise > 0)))
        GAN_FAIL(GAN_ERR_INVALID,
                 "trainer: instance_noise_schedule with instance_noise %g and instance_noise_steps "
                 "%llu; noise and no steps expected",
                 d->instance_noise, (unsigned long long)d->instance_noise_steps);
    if (d->average_schedule && !(d->average_half_life > 0))
        GAN_FAIL(GAN_ERR_INVALID, "trainer: average_schedule without an average_half_life");
    d->top_k_schedule = d->instance_noise_schedule = NULL;
    d->augment_schedule = d->average_schedule = NULL;

cleanup:
    return status;
}

/* A batch in shards is worked on by one of these at a time. */
static gan_status read_shards(gan_trainer *t)
{
    gan_status status = GAN_OK;
    gan_trainer_desc *d = &t->desc;
    const gan_communicator alone = {GAN_COMMUNICATOR_INIT, .size = 1};

    GAN_TRY(gan__communicator_read(&t->ranks, d->communicator));
    d->communicator = NULL; /* it is the host's */
    t->step_ranks = d->local_steps > 1 ? alone : t->ranks;
    if (d->shards == 0) return GAN_OK;
    if (d->shards > GAN__MOST_SHARDS || (d->shards & (d->shards - 1)) != 0)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: 1, 2, 4, ... %d shards expected, got %zu",
                 GAN__MOST_SHARDS, d->shards);
    if (d->shards < t->ranks.size)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: %zu shards for %zu ranks; at least one each expected",
                 d->shards, t->ranks.size);
    if (d->micro_batch < d->batch_size)
        GAN_FAIL(GAN_ERR_INVALID,
                 "trainer: %zu shards with a micro_batch of %zu; one or the other expected",
                 d->shards, d->micro_batch);
    d->micro_batch = (d->batch_size + d->shards - 1) / d->shards;

cleanup:
    return status;
}

/* What follows the whole batch in each step, or may let a rank take fewer steps, doesn't go with local
 * steps. */
static gan_status check_local(const gan_trainer *t)
{
    const gan_trainer_desc *d = &t->desc;
    const char *what = NULL;

    if (t->ranks.size == t->step_ranks.size) return GAN_OK;
    if (d->lecam) what = "lecam";
    if (d->augment && d->augment->target > 0) what = "an augmentation with a target";
    if (d->consistency) what = "consistency";
    if (d->on_divergence != GAN_DIVERGENCE_STOP) what = "on_divergence";
    if (!what) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID, "trainer: local_steps of %zu with %s; one or the other expected",
                     d->local_steps, what);
}

static gan_status check_average(const gan_trainer_desc *d)
{
    if (!(d->average_decay >= 0 && d->average_decay < 1))
        return gan__fail(GAN_ERR_INVALID, "trainer: average_decay of 0 to below 1 expected, got %g",
                         d->average_decay);
    if (!(d->average_half_life >= 0 && isfinite(d->average_half_life)))
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: a finite average_half_life of at least 0 expected, got %g",
                         d->average_half_life);
    if (d->average_half_life > 0 && (d->average_decay > 0 || d->average_warmup > 0))
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: average_half_life %g with average_decay %g and average_warmup "
                         "%llu; one or the other expected",
                         d->average_half_life, d->average_decay,
                         (unsigned long long)d->average_warmup);
    return GAN_OK;
}

gan_status gan__trainer_read_desc(gan_trainer *t, const gan_trainer_desc *desc)
{
    gan_status status = GAN_OK;
    gan_trainer_desc *d = &t->desc;

    *d = (gan_trainer_desc){GAN_TRAINER_DESC_INIT};
    GAN_TRY(gan__desc_read(d, sizeof *d, GAN__TRAINER_DESC_FIRST, desc, "trainer desc"));
    GAN_TRY(gan__alloc_init(&t->allocator, d->allocator));
    fill_in(d);
    if (d->batch_size > MOST_BATCH)
        GAN_FAIL(GAN_ERR_INVALID, "trainer: batch_size is %zu, at most %d", d->batch_size,
                 MOST_BATCH);
    GAN_TRY(read_shards(t));
    GAN_TRY(choose_objective(t));
    GAN_TRY(check_targets(t));
    GAN_TRY(check_rhythm(d));
    GAN_TRY(check_average(d));
    GAN_TRY(read_schedules(t));
    GAN_TRY(check_classes(d));
    GAN_TRY(check_local(t));

cleanup:
    return status;
}

void gan__trainer_follow_schedule(gan_trainer *t)
{
    const gan_schedule_desc *s = &t->schedules.augment;

    if (gan__schedule_is_on(s))
        t->augment.probability =
            fmin(t->augment.desc.probability * gan__schedule_factor(s, t->stats.d_steps), 1);
}

/* Only where it isn't the default: older files, which lack it, fit then. */
static void add_unless(gan__state *s, const char *name, double value, double usual)
{
    if (value < usual || value > usual) gan__state_setting(s, name, value);
}

/* A name for each: they may differ in one. */
static void add_class_weights(const gan_trainer *t, gan__state *s)
{
    for (size_t i = 0; t->class_weights && i < t->n_classes; i++) {
        char name[40];

        snprintf(name, sizeof name, "class_weights.%zu", i);
        gan__state_setting(s, name, t->class_weights[i]);
    }
}

/* A name for each tensor that doesn't move at the optimizer's rate. */
static void add_rates(const gan__learner *player, gan__state *s)
{
    for (size_t i = 0; i < player->net->n_tensors; i++) {
        char name[GAN__STATE_NAME_BYTES];

        snprintf(name, sizeof name, "%s_rate.%s", player->name, player->net->tensors[i].name);
        add_unless(s, name, gan_network_rate(player->net, i), 1);
    }
}

/* Entries that depend on a setting: a run that continues with another value of it may have or lack
 * them. */
static void add_rules(gan__state *s)
{
    static const char of_rows[] = "real_samples* real_labels";

    gan__state_rule(s, "batch_size", of_rows, 1);
    gan__state_rule(s, "micro_batch", of_rows, 1);
    gan__state_rule(s, "shards", of_rows, 1);
    gan__state_rule(s, "shards", "micro_batch", 1);
    gan__state_rule(s, "loss", of_rows, 1);
    gan__state_rule(s, "loss",
                    "objective d_loss g_loss d_real d_fake d_real_accuracy d_fake_accuracy", 1);
    gan__state_rule(s, "objective", "d_loss g_loss d_real d_fake d_real_accuracy d_fake_accuracy",
                    1);
    gan__state_rule(s, "objective", of_rows, 0);
    gan__state_rule(s, "label_flip", "flip_position", 0);
    gan__state_rule(s, "instance_noise", "instance_noise_* instance_position", 0);
    gan__state_rule(s, "on_divergence", "d_skipped g_skipped", 0);
    gan__state_rule(s, "average_decay", "average_warmup average.*", 0);
    gan__state_rule(s, "average_half_life", "average_schedule* average.*", 0);
    gan__state_rule(s, "penalty", "penalty_*", 0);
    gan__state_rule(s, "second_penalty", "second_penalty_*", 0);
    gan__state_rule(s, "lecam", "lecam_*", 0);
    gan__state_rule(s, "consistency", "consistency_*", 0);
    gan__state_rule(s, "top_k", "top_k_schedule*", 0);
    gan__state_rule(s, "augment", "augment_*", 1);
    gan__state_rule(s, "auxiliary_weight",
                    "auxiliary_real_only d_class_loss g_class_loss d_real_class_accuracy "
                    "d_fake_class_accuracy",
                    0);
}

void gan__trainer_settings_state(const gan_trainer *t, gan__state *s)
{
    const gan_trainer_desc *d = &t->desc;

    add_rules(s);
    gan__state_text(s, "loss", "%s", *t->objective_name ? "host" : t->objective.name);
    if (*t->objective_name) gan__state_text(s, "objective", "%s", t->objective_name);
    gan__state_text(s, "batch_size", "%zu", d->batch_size);
    gan__state_text(s, "seed", "%llu", (unsigned long long)d->seed);
    add_unless(s, "real_target", d->real_target, 1);
    add_unless(s, "fake_target", d->fake_target, 0);
    add_unless(s, "label_flip", d->label_flip, 0);
    add_unless(s, "d_steps_per_g", (double)d->d_steps_per_g, 1);
    add_unless(s, "shards", (double)d->shards, 0);
    if (t->local) gan__state_text(s, "local_steps", "%zu", d->local_steps);
    if (t->local) gan__state_text(s, "ranks", "%zu", t->ranks.size);
    if (d->shards == 0) add_unless(s, "micro_batch", (double)d->micro_batch, (double)d->batch_size);
    add_unless(s, "latent", (double)d->latent, GAN_LATENT_NORMAL);
    add_unless(s, "on_divergence", (double)d->on_divergence, GAN_DIVERGENCE_STOP);
    add_unless(s, "precision", (double)d->precision, GAN_PRECISION_FLOAT32);
    add_unless(s, "instance_noise", d->instance_noise, 0);
    add_unless(s, "instance_noise_steps", (double)d->instance_noise_steps, 0);
    add_unless(s, "average_decay", d->average_decay, 0);
    add_unless(s, "average_warmup", (double)d->average_warmup, 0);
    add_unless(s, "average_half_life", d->average_half_life, 0);
    add_unless(s, "top_k", d->top_k, 1);
    gan__schedule_state(&t->schedules.top_k, s, "top_k_schedule");
    gan__schedule_state(&t->schedules.instance_noise, s, "instance_noise_schedule");
    gan__schedule_state(&t->schedules.augment, s, "augment_schedule");
    gan__schedule_state(&t->schedules.average, s, "average_schedule");
    add_unless(s, "auxiliary_weight", d->auxiliary_weight, 0);
    add_unless(s, "auxiliary_real_only", (double)d->auxiliary_real_only, 0);
    add_class_weights(t, s);
    add_rates(&t->generator, s);
    add_rates(&t->discriminator, s);
}
