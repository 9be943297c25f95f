/* health_sight.c - a look at generated samples as the numbers that rules are about. */
#include "judge/health_internal.h"
#include "judge/reference_internal.h"

#include <math.h>

enum { GROWTH_ERRORS = 2 }; /* standard errors that a share grows by beyond chance */

static void take_comparison(gan__health_sight *sight, const gan_comparison *c)
{
    const gan_estimate unknown = gan__estimate_unknown();

    sight->precision = c ? c->precision : unknown;
    sight->recall = c ? c->recall : unknown;
    sight->density = c ? c->density : unknown;
    sight->coverage = c ? c->coverage : unknown;
    sight->agreement = c ? c->agreement : unknown;
    sight->nn_ratio = c ? c->nn_ratio : unknown;
    sight->copying = c ? c->copying : unknown;
    sight->duplicates = c ? c->duplicates : unknown;
    sight->n_generated = c ? (double)c->n_generated : (double)NAN;
    sight->n_real = c ? (double)c->n_reference : (double)NAN;
}

/* The standard error of a share of n, at least that of one more. */
static double share_error(double share, double n)
{
    return sqrt(fmax(share * (1 - share), 1 / n) / n);
}

/* Follow the best of a share, where more is better for sign 1 and less for -1.  Return whether it
 * is better than in all earlier looks by more than chance. */
static int follow(double *best, double *best_error, double share, double n, double sign)
{
    const double error = share_error(share, n);
    const double gain = sign * (share - *best);
    const int first = !(*best_error > 0);
    const int better = !first && gain > GROWTH_ERRORS * hypot(error, *best_error);

    if (isnan(share)) return 0;
    if (first || gain > 0) {
        *best = share;
        *best_error = error;
    }
    return better;
}

/* Whether samples spread: these two numbers move first. */
static void follow_spread(gan__health_state *s)
{
    gan__health_sight *sight = &s->sight;
    const int grew =
        follow(&s->most_coverage, &s->most_coverage_error, sight->coverage.value, sight->n_real, 1);
    const int fell = follow(&s->least_duplicates, &s->least_duplicates_error,
                            sight->duplicates.value, sight->n_generated, -1);

    sight->spreads = grew || fell;
}

/* ---- classes and bins ---- */

/* One-sided two-proportion z-test that a bin's share of the generated samples is below its share of
 * the real ones. */
static double deficit_z(double generated, double n_generated, double real, double n_real)
{
    const double pooled = (generated + real) / (n_generated + n_real);
    const double error = sqrt(pooled * (1 - pooled) * (1 / n_generated + 1 / n_real));

    return error > 0 ? (real / n_real - generated / n_generated) / error : 0;
}

static double sum_of(const uint64_t *counts, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) sum += (double)counts[i];
    return sum;
}

/* The z that a standard normal number is above with probability `alpha`. */
static double upper_z(double alpha)
{
    return gan__estimate_quantile(1 - 2 * alpha);
}

static void take_bins(gan_health *h, const gan_look *look)
{
    gan__health_sight *sight = &h->state.sight;
    const double n_generated = sum_of(look->generated_counts, look->n_bins);
    const double n_real = sum_of(look->real_counts, look->n_bins);
    const double limit = upper_z(h->desc.missing_alpha / (double)look->n_bins);
    size_t n = 0;

    sight->n_bins = (double)look->n_bins;
    if (!(n_generated > 0 && n_real > 0)) return;
    for (size_t i = 0; i < look->n_bins; i++) {
        const double generated = (double)look->generated_counts[i];
        const double real = (double)look->real_counts[i];

        if (generated / n_generated >= h->desc.missing_share * real / n_real) continue;
        if (deficit_z(generated, n_generated, real, n_real) <= limit) continue;
        if (n < GAN__HEALTH_EVIDENCE - 2) sight->missing[n] = (double)i;
        n++;
    }
    sight->n_missing = (double)n;
}

/* ---- the score ---- */

static void take_score(gan__health_state *s, const gan_look *look)
{
    const gan_estimate *kid = look->comparison ? &look->comparison->kid : NULL;
    const int own = fabs(look->score) > 0;
    const double score = own ? look->score : kid ? kid->value : (double)NAN;
    const double error = own ? look->score_error : kid ? kid->error : 0;

    if (isnan(score)) return;
    s->scored++;
    if (s->scored == 1 || score < s->best_score) {
        s->best_score = score;
        s->best_look = s->n_looks;
        s->best_step = s->d_steps;
    }
    if (s->scored == 1 || score + error < s->progress_score || s->sight.spreads > 0) {
        s->progress_score = s->best_score;
        s->stale_looks = 0;
    } else {
        s->stale_looks++;
    }
}

void gan__health_take_look(gan_health *h, const gan_look *look)
{
    gan__health_state *s = &h->state;
    gan__health_sight *sight = &s->sight;

    s->n_looks++;
    take_comparison(sight, look->comparison);
    follow_spread(s);
    const int poor = sight->coverage.value < h->desc.win_coverage * sight->coverage.floor;
    s->poor_looks = poor ? s->poor_looks + 1 : 0;
    sight->n_bins = sight->n_missing = 0;
    for (size_t i = 0; i < GAN__HEALTH_EVIDENCE; i++) sight->missing[i] = (double)NAN;
    if (look->n_bins > 0) take_bins(h, look);
    sight->chance = look->chance > 0   ? look->chance
                    : look->n_bins > 0 ? 1 / (double)look->n_bins
                                       : (double)NAN;
    sight->held_out = (double)look->held_out;
    sight->held_out_accuracy = (double)look->held_out_accepted / (double)look->held_out;
    if (look->held_out == 0) sight->held_out_accuracy = (double)NAN;
    take_score(s, look);
}
