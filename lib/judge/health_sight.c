/* health_sight.c - a look at generated samples as the numbers that rules use. */
#include "judge/health_internal.h"
#include "judge/reference_internal.h"

#include <math.h>
#include <string.h>

enum { GROWTH_ERRORS = 2 }; /* standard errors by which growth is significant */

/* Fields that an earlier release's record lacks are not known. */
static gan_comparison known_of(const gan_comparison *comparison)
{
    const gan_estimate unknown = gan__estimate_unknown();
    gan_comparison c = {GAN_COMPARISON_INIT,  .precision = unknown, .recall = unknown,
                        .density = unknown,   .coverage = unknown,  .agreement = unknown,
                        .kid = unknown,       .nn_ratio = unknown,  .copying = unknown,
                        .duplicates = unknown};
    const size_t given = comparison ? comparison->struct_size : 0;

    memcpy(&c, comparison ? comparison : &c, given < sizeof c ? given : sizeof c);
    return c;
}

static void take_comparison(gan__health_sight *sight, const gan_comparison *c)
{
    sight->precision = c->precision;
    sight->recall = c->recall;
    sight->density = c->density;
    sight->coverage = c->coverage;
    sight->agreement = c->agreement;
    sight->nn_ratio = c->nn_ratio;
    sight->copying = c->copying;
    sight->duplicates = c->duplicates;
    sight->n_generated = (double)c->n_generated;
    sight->n_real = (double)c->n_reference;
}

/* The standard error of a share of n, at least that of one more. */
static double share_error(double share, double n)
{
    return sqrt(fmax(share * (1 - share), 1 / n) / n);
}

/* The gain of a share, in standard errors, over that of an earlier look, which is replaced as soon
 * as a look is significantly better; so slow growth is seen, too.  More is better for sign 1, less
 * for -1. */
static double follow(double *last, double *last_error, double share, double n, double sign)
{
    const double error = share_error(share, n);
    const int first = !(*last_error > 0);
    const double gain = first ? 0 : sign * (share - *last) / hypot(error, *last_error);

    if (isnan(share)) return 0;
    if (first || gain > GROWTH_ERRORS) {
        *last = share;
        *last_error = error;
    }
    return gain;
}

/* Whether samples spread: coverage and duplicates change first.  At the beginning of a run that
 * happens in jumps, so spreading is taken to continue for some looks, unless coverage falls
 * again. */
static void follow_spread(gan__health_state *s, double lasts)
{
    gan__health_sight *sight = &s->sight;
    const double grew =
        follow(&s->most_coverage, &s->most_coverage_error, sight->coverage.value, sight->n_real, 1);
    const double fell = follow(&s->least_duplicates, &s->least_duplicates_error,
                               sight->duplicates.value, sight->n_generated, -1);

    if (fmax(grew, fell) > GROWTH_ERRORS)
        sight->spreads = lasts;
    else
        sight->spreads = grew < -GROWTH_ERRORS ? 0 : fmax(sight->spreads - 1, 0);
}

static double spread_lasts(const gan_health *h)
{
    return 2 * (double)h->desc.confirm_looks;
}

/* ---- modes ---- */

/* One-sided two-proportion z-test that a mode's share of the generated samples is below its share
 * of the real ones. */
static double deficit_z(const gan_reference_share *mode, double n_generated, double n_real)
{
    const double generated = (double)mode->generated, real = (double)mode->reference;
    const double pooled = (generated + real) / (n_generated + n_real);
    const double error = sqrt(pooled * (1 - pooled) * (1 / n_generated + 1 / n_real));

    return error > 0 ? (real / n_real - generated / n_generated) / error : 0;
}

static int is_one_of(double mode, const double *modes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (modes[i] >= mode && modes[i] <= mode) return 1;
    return 0;
}

static void take_modes(gan_health *h, const gan_reference_share *modes, size_t n)
{
    enum { KEPT = GAN__HEALTH_EVIDENCE - 2 };
    gan__health_sight *sight = &h->state.sight;
    double n_generated = 0, n_real = 0, before[KEPT];
    size_t n_missing = 0, n_again = 0;

    const double n_before = sight->n_missing;

    memcpy(before, sight->missing, sizeof before);
    for (size_t i = 0; i < KEPT; i++) sight->missing[i] = (double)NAN;
    for (size_t i = 0; i < n; i++) {
        n_generated += (double)modes[i].generated;
        n_real += (double)modes[i].reference;
    }
    const double alpha = h->desc.missing_alpha / (double)(n > 0 ? n : 1);
    const double limit = gan__estimate_quantile(1 - 2 * alpha); /* one-sided */

    for (size_t i = 0; i < n && n_generated > 0 && n_real > 0; i++) {
        const double wanted = h->desc.missing_share * (double)modes[i].reference / n_real;

        if ((double)modes[i].generated / n_generated >= wanted) continue;
        if (deficit_z(&modes[i], n_generated, n_real) <= limit) continue;
        if (n_missing < KEPT) sight->missing[n_missing] = (double)i;
        n_missing++;
        n_again += is_one_of((double)i, before, KEPT);
    }
    sight->n_modes = (double)n;
    sight->n_missing = (double)n_missing;
    sight->in_flux = n_before > 0 && (n_again == 0 || 2 * (double)n_missing <= n_before);
}

/* ---- the discriminator's outputs ---- */

/* The share of pairs in which one of `a` is above one of `b`; ties count half. */
static double share_above(const float *a, size_t n_a, const float *b, size_t n_b)
{
    double above = 0;

    for (size_t i = 0; i < n_a; i++) {
        size_t twice = 0;

        for (size_t k = 0; k < n_b; k++) twice += (size_t)(a[i] > b[k]) + (size_t)(a[i] >= b[k]);
        above += 0.5 * (double)twice;
    }
    return above / (double)n_a / (double)n_b;
}

/* Ranks are compared, not outputs, because the scale of outputs depends on the objective: a
 * critic's have an arbitrary offset, and a discriminator that oscillates classifies everything as
 * real in one step and nothing in the next. */
static void take_outputs(gan__health_outputs *out, const gan_look *l)
{
    const double n = (double)l->n_d_trained, m = (double)l->n_d_held_out;

    out->known = out->known_z = out->of_way = out->n_held_out = (double)NAN;
    if (!l->d_trained) return;
    const double trained =
        share_above(l->d_trained, l->n_d_trained, l->d_generated, l->n_d_generated);
    const double held_out =
        share_above(l->d_held_out, l->n_d_held_out, l->d_generated, l->n_d_generated);

    out->known = share_above(l->d_trained, l->n_d_trained, l->d_held_out, l->n_d_held_out);
    out->known_z = (out->known - 0.5) / sqrt((n + m + 1) / (12 * n * m));
    /* Where training samples don't rank above generated ones, no position between them is
     * defined. */
    out->of_way = trained > 0.5 ? (trained - held_out) / (trained - 0.5) : 1;
    out->n_held_out = m;
}

/* ---- the score ---- */

static void take_score(gan_health *h, const gan_look *look, const gan_estimate *kid)
{
    gan__health_state *s = &h->state;
    const int spread = s->sight.spreads >= spread_lasts(h); /* in this look */
    const int own = fabs(look->score) > 0;
    const double score = own ? look->score : kid->value;
    const double error = own ? look->score_error : kid->error;

    if (isnan(score)) return;
    s->scored++;
    if (s->scored == 1 || score < s->best_score) {
        s->best_score = score;
        s->best_look = s->n_looks;
        s->best_step = s->d_steps;
    }
    if (s->scored == 1 || score + error < s->progress_score || spread) {
        s->progress_score = s->best_score;
        s->stale_looks = 0;
    } else {
        s->stale_looks++;
    }
}

/* A few samples that are repeated cover some real ones, but none of their balls contains a real
 * one. */
const gan_estimate *gan__health_poor_number(const gan_health *h)
{
    const gan__health_sight *s = &h->state.sight;

    if (s->coverage.value < h->desc.win_coverage * s->coverage.floor) return &s->coverage;
    if (s->recall.value < h->desc.win_coverage * s->recall.floor) return &s->recall;
    return NULL;
}

void gan__health_take_look(gan_health *h, const gan_look *look)
{
    gan__health_state *s = &h->state;
    gan__health_sight *sight = &s->sight;
    const gan_comparison c = known_of(look->comparison);

    s->n_looks++;
    take_comparison(sight, &c);
    follow_spread(s, spread_lasts(h));
    /* At the beginning all generators are far from real samples. */
    const int poor = gan__health_poor_number(h) && s->d_steps >= h->desc.warmup;
    s->poor_looks = poor ? s->poor_looks + 1 : 0;
    take_modes(h, look->modes, look->n_modes);
    sight->chance = look->chance > 0        ? look->chance
                    : h->desc.n_classes > 0 ? 1 / (double)h->desc.n_classes
                                            : (double)NAN;
    sight->held_out = (double)look->held_out;
    sight->held_out_accuracy = (double)look->held_out_accepted / (double)look->held_out;
    if (look->held_out == 0) sight->held_out_accuracy = (double)NAN;
    take_outputs(&h->outputs, look);
    take_score(h, look, &c.kid);
}
