/* health_rules_steps.c - rules about the figures of steps, a record each. */
#include "judge/health_internal.h"

#include <math.h>

static const gan__health_window *series(const gan_health *h, gan__health_series which)
{
    return &h->state.series[which];
}

/* ---- DIVERGED ---- */

enum { RECOVERY = 4 }; /* windows after which a run that jumps no more has recovered */

static gan_finding_level judge_diverged(const gan_health *h, const gan__health_start *start,
                                        double *evidence)
{
    const gan__health_state *s = &h->state;

    (void)start;
    if (s->divergence == 0 || s->n_steps - s->diverged_at > RECOVERY * h->desc.window)
        return GAN_FINDING_NONE;
    evidence[0] = (double)s->divergence;
    evidence[1] = s->diverged_value;
    evidence[2] = s->diverged_usual;
    evidence[3] = (double)s->diverged_at;
    return GAN_FINDING_VERDICT;
}

const gan__health_rule gan__health_diverged = {
    .verdict = GAN_VERDICT_DIVERGED,
    .moment = GAN__HEALTH_AT_STEPS,
    .stops = 1,
    .sentence =
        "the run diverges: {0:|a step was not finite|the discriminator's loss jumped to $1, "
        "usual is $2|the discriminator's gradient has a norm of $1, usual is $2|the "
        "generator's gradient has a norm of $1, usual is $2|the generator's loss jumped to $1, "
        "usual is $2}, after $3 steps",
    .advice =
        "resume from the last good checkpoint; a lower learning rate, a gradient penalty (R1) "
        "or gradient clipping by norm",
    .judge = judge_diverged,
};

/* ---- D_DEAD ---- */

/* The discriminator gets no gradient, has the same output for all samples, or prefers generated
 * samples, as no discriminator does that learns.  Accuracies alone don't show it: at the end of a
 * good run they are 1/2, too.  Outputs count as the same when they vary by a small part of their
 * difference in the first step. */
static gan_finding_level judge_d_dead(const gan_health *h, const gan__health_start *start,
                                      double *evidence)
{
    const gan__health_window *real = series(h, GAN__SERIES_D_REAL);
    const gan__health_window *fake = series(h, GAN__SERIES_D_FAKE);
    const double accuracy =
        (series(h, GAN__SERIES_REAL_ACCURACY)->mean + series(h, GAN__SERIES_FAKE_ACCURACY)->mean) /
        2;
    const double preferred = (double)h->state.preferred_fake / (double)h->desc.window;
    const int still = series(h, GAN__SERIES_D_GRADIENT)->mean <= 0;
    const double hardly = h->desc.dead_spread * fabs(real->first - fake->first);
    const int flat = fmax(real->deviation, fake->deviation) <= hardly &&
                     fabs(real->mean - fake->mean) <= hardly &&
                     fabs(accuracy - 0.5) <= h->desc.dead_margin;

    (void)start;
    if (!gan__health_window_full(h)) return GAN_FINDING_NONE;
    if (!still && !flat && preferred < h->desc.dead_share) return GAN_FINDING_NONE;
    evidence[0] = still ? 0 : flat ? 1 : 2;
    evidence[1] = real->mean;
    evidence[2] = fake->mean;
    evidence[3] = preferred;
    evidence[4] = (double)h->desc.window;
    return GAN_FINDING_VERDICT;
}

const gan__health_rule gan__health_d_dead = {
    .verdict = GAN_VERDICT_D_DEAD,
    .moment = GAN__HEALTH_AT_STEPS,
    .stops = 1,
    .sentence = "the discriminator doesn't learn: in $4 steps {0:its gradient was 0|its output "
                "hardly varied|it preferred generated samples in %3 of them}; it gives real "
                "samples $1 and generated ones $2",
    .advice =
        "check whether its layers are frozen or its learning rate is 0; a higher rate for the "
        "discriminator, or more of its steps for each of the generator's",
    .judge = judge_d_dead,
};

/* ---- D_WINS ---- */

/* Whether the generator learns nothing from a discriminator that is always right: its gradient
 * vanished, or doesn't lead to better samples. */
static int is_helpless(const gan_health *h)
{
    const gan__health_window *g = series(h, GAN__SERIES_G_GRADIENT);

    return g->median < h->desc.win_gradient * g->early_median ||
           h->state.poor_looks >= h->desc.confirm_looks ||
           h->state.stale_looks >= h->desc.win_looks;
}

/* Good runs have discriminators that are right nearly always (BigGAN: 98 %), so that alone is a
 * note. */
static gan_finding_level judge_d_wins(const gan_health *h, const gan__health_start *start,
                                      double *evidence)
{
    const double real = series(h, GAN__SERIES_REAL_ACCURACY)->mean;
    const double fake = series(h, GAN__SERIES_FAKE_ACCURACY)->mean;
    const gan__health_window *g = series(h, GAN__SERIES_G_GRADIENT);
    const gan_estimate *poor = gan__health_poor_number(h);

    (void)start;
    if (!gan__health_window_full(h) || !(real >= h->desc.win_accuracy) ||
        !(fake >= h->desc.win_accuracy))
        return GAN_FINDING_NONE;
    evidence[0] = real;
    evidence[1] = fake;
    evidence[2] = (double)h->desc.window;
    evidence[3] = g->median;
    evidence[4] = g->early_median;
    if (h->state.poor_looks > 0 && poor) {
        evidence[5] = poor == &h->state.sight.recall ? 2 : 1;
        evidence[6] = poor->value;
        evidence[7] = poor->floor;
    }
    return is_helpless(h) ? GAN_FINDING_VERDICT : GAN_FINDING_NOTE;
}

const gan__health_rule gan__health_d_wins = {
    .verdict = GAN_VERDICT_D_WINS,
    .moment = GAN__HEALTH_AT_STEPS,
    .stops = 1,
    .sentence =
        "the discriminator wins: over $2 steps it classifies %0 of real and %1 of generated "
        "samples correctly; the generator's gradient has a norm of $3, $4 at first{5:|, and "
        "coverage is $6 (real $7)|, and recall is $6 (real $7)}",
    .advice = "a gradient penalty (R1), a lower learning rate for the discriminator, instance "
              "noise, or the non-saturating loss in place of minimax",
    .judge = judge_d_wins,
};
