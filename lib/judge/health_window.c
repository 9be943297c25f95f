/* health_window.c - the latest steps of a run, their usual values, and outliers.
 *
 *      each step                          every 16th step
 *      ring[i % window] = figure    -->   mean, deviation, median, spread of the ring
 *           |                                  |
 *           +---- is it far from the median? --+
 *
 * The usual value is a median, because a single jump does not move it; computing the median of a
 * window costs many times the other work of a step here, so it is updated every 16 steps. */
#include "judge/health_internal.h"

#include <math.h>
#include <string.h>

enum {
    STRIDE = 16,  /* steps from one summary to the next */
    IN_A_ROW = 3, /* consecutive outliers that make a divergence */
};
#define MAD_TO_DEVIATION 1.4826 /* of a normal distribution */

/* The median, by quickselect, which reorders the numbers.  Of an even count the upper one. */
static double median_of(double *x, size_t n)
{
    const size_t k = n / 2;
    size_t low = 0, high = n - 1;

    while (low < high) {
        const double pivot = x[(low + high) / 2];
        size_t i = low, j = high;

        while (i <= j) {
            while (x[i] < pivot) i++;
            while (x[j] > pivot) j--;
            if (i > j) break;
            const double t = x[i];
            x[i++] = x[j];
            x[j] = t;
            if (j == 0) break;
            j--;
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return x[k];
}

static size_t filled(const gan_health *h)
{
    return (size_t)(h->state.n_steps < h->desc.window ? h->state.n_steps : h->desc.window);
}

int gan__health_window_full(const gan_health *h)
{
    return h->state.n_steps >= h->desc.window;
}

/* ---- what is usual ---- */

static void find_mean(const gan_health *h, gan__health_window *w)
{
    const size_t n = filled(h);
    double sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++) sum += w->of[i];
    w->mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) squares += (w->of[i] - w->mean) * (w->of[i] - w->mean);
    w->deviation = sqrt(squares / (double)n);
}

static void find_median(gan_health *h, gan__health_window *w)
{
    memcpy(h->numbers, w->of, filled(h) * sizeof *w->of);
    w->median = median_of(h->numbers, filled(h));
    if (h->state.n_steps <= GAN__HEALTH_EARLY) w->early_median = w->median;
}

static void find_spread(gan_health *h, gan__health_window *w)
{
    for (size_t i = 0; i < filled(h); i++) h->numbers[i] = fabs(w->of[i] - w->median);
    w->spread = MAD_TO_DEVIATION * median_of(h->numbers, filled(h));
}

static void summarise_all(gan_health *h)
{
    gan__health_state *s = &h->state;
    const double *real = s->series[GAN__SERIES_D_REAL].of, *fake = s->series[GAN__SERIES_D_FAKE].of;

    for (size_t i = 0; i < GAN__N_SERIES; i++) find_mean(h, &s->series[i]);
    find_median(h, &s->series[GAN__SERIES_D_LOSS]);
    find_median(h, &s->series[GAN__SERIES_D_GRADIENT]);
    find_median(h, &s->series[GAN__SERIES_G_GRADIENT]);
    find_spread(h, &s->series[GAN__SERIES_D_LOSS]);
    find_median(h, &s->g_loss);
    find_spread(h, &s->g_loss);
    s->preferred_fake = 0;
    for (size_t i = 0; i < filled(h); i++) s->preferred_fake += fake[i] > real[i];
}

/* ---- what is far out ---- */

void gan__health_diverge(gan_health *h, gan__health_divergence how, double value, double usual)
{
    h->state.diverged_at = h->state.n_steps;
    h->state.divergence = how;
    h->state.diverged_value = value;
    h->state.diverged_usual = usual;
}

/* How far above its median a loss may be.  Where the window is nearly constant, and before it is
 * full, the scale is the loss of the first step, which is that of guessing; for a Wasserstein loss,
 * which begins near 0, the scale of the outputs. */
static double loss_scale(const gan__health_state *s, const gan__health_window *loss)
{
    const double guessing = fabs(s->series[GAN__SERIES_D_LOSS].first);
    const double outputs =
        fmax(fabs(s->series[GAN__SERIES_D_REAL].first), fabs(s->series[GAN__SERIES_D_FAKE].first));

    return fmax(loss->spread, fmax(guessing, outputs));
}

static void look_for_jump(gan_health *h, const gan__health_window *loss, double value,
                          uint64_t *streak, gan__health_divergence how)
{
    const int far = value - loss->median > h->desc.jump * loss_scale(&h->state, loss);

    *streak = far ? *streak + 1 : 0;
    if (*streak >= IN_A_ROW) gan__health_diverge(h, how, value, loss->median);
}

/* The discriminator's loss jumps when it is suddenly wrong.  When it is suddenly right, the
 * generator's loss jumps, and both may be saturated from then on, with small losses and no
 * gradients.  A critic's outputs have an arbitrary scale, and so has a generator's loss that is
 * computed from them. */
static void look_for_jumps(gan_health *h, const gan_train_stats *stats)
{
    gan__health_state *s = &h->state;

    look_for_jump(h, &s->series[GAN__SERIES_D_LOSS], stats->d_loss, &s->loss_streak,
                  GAN__DIVERGED_LOSS);
    if (stats->boundary != GAN_BOUNDARY_NONE)
        look_for_jump(h, &s->g_loss, stats->g_loss, &s->g_loss_streak, GAN__DIVERGED_G_LOSS);
}

/* A gradient is normal near the median of its window or near its first values: one that had nearly
 * vanished may come back. */
static double usual_gradient(const gan__health_window *w)
{
    return fmax(w->median, fmax(w->first, w->early_median));
}

static void look_for_explosion(gan_health *h, double d_norm, double g_norm)
{
    const double d_usual = usual_gradient(&h->state.series[GAN__SERIES_D_GRADIENT]);
    const double g_usual = usual_gradient(&h->state.series[GAN__SERIES_G_GRADIENT]);
    const int d_far = d_usual > 0 && d_norm > h->desc.gradient_factor * d_usual;
    const int g_far = g_usual > 0 && g_norm > h->desc.gradient_factor * g_usual;

    if (!d_far && !g_far) {
        h->state.gradient_streak = 0;
        return;
    }
    if (++h->state.gradient_streak >= IN_A_ROW)
        gan__health_diverge(h, d_far ? GAN__DIVERGED_D_GRADIENT : GAN__DIVERGED_G_GRADIENT,
                            d_far ? d_norm : g_norm, d_far ? d_usual : g_usual);
}

/* ---- taking in ---- */

static void put(const gan_health *h, gan__health_window *w, double value)
{
    if (h->state.n_steps == 0) w->first = w->median = value;
    w->of[h->state.n_steps % h->desc.window] = value;
}

int gan__health_take_step(gan_health *h, const gan_train_stats *stats)
{
    double of[GAN__N_SERIES] = {
        [GAN__SERIES_D_LOSS] = stats->d_loss,
        [GAN__SERIES_D_REAL] = stats->d_real,
        [GAN__SERIES_D_FAKE] = stats->d_fake,
        [GAN__SERIES_REAL_ACCURACY] = stats->d_real_accuracy,
        [GAN__SERIES_FAKE_ACCURACY] = stats->d_fake_accuracy,
        [GAN__SERIES_D_GRADIENT] = stats->d_grad_norm,
        [GAN__SERIES_G_GRADIENT] = stats->g_grad_norm,
    };
    const uint64_t skipped = stats->d_skipped + stats->g_skipped;
    gan__health_state *s = &h->state;

    if (skipped > s->skipped) gan__health_diverge(h, GAN__DIVERGED_NONFINITE, (double)skipped, 0);
    s->skipped = skipped;
    for (size_t i = 0; i < GAN__N_SERIES; i++)
        if (!isfinite(of[i])) return 1; /* windows stay finite, except for unknown values: */
    if (!isfinite(stats->g_loss)) return 1;
    if (stats->boundary == GAN_BOUNDARY_NONE)
        of[GAN__SERIES_REAL_ACCURACY] = of[GAN__SERIES_FAKE_ACCURACY] = (double)NAN;
    if (s->n_steps > 0) look_for_jumps(h, stats);
    if (s->n_steps >= STRIDE) look_for_explosion(h, stats->d_grad_norm, stats->g_grad_norm);
    for (size_t i = 0; i < GAN__N_SERIES; i++) put(h, &s->series[i], of[i]);
    put(h, &s->g_loss, stats->g_loss);
    s->n_steps++;
    s->d_steps = stats->d_steps;
    if (s->n_steps % STRIDE == 0) summarise_all(h);
    return s->n_steps % STRIDE == 0 || s->diverged_at + 1 == s->n_steps;
}
