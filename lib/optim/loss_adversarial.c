/* loss_adversarial.c - the loss functions of discriminator and generator. */
#include "optim/loss_internal.h"

#include <float.h>
#include <math.h>

/* ---- the terms ---- */

/* The discriminator's cross-entropy against 0, which the generator maximises. */
static gan__loss_term minimax(double x, double target)
{
    const gan__loss_term t = gan__loss_bce(x, 1 - target);

    return (gan__loss_term){-t.loss, -t.slope, t.shown};
}

static gan__loss_term least_squares(double x, double target)
{
    return (gan__loss_term){0.5 * (x - target) * (x - target), x - target, x};
}

/* How far x is on the side that the target, 1 or 0, asks for. */
static double margin(double x, double target)
{
    return target > 0 ? x : -x;
}

static gan__loss_term hinge(double x, double target)
{
    const double missing = 1 - margin(x, target);

    return missing > 0 ? (gan__loss_term){missing, margin(-1, target), x}
                       : (gan__loss_term){0, 0, x};
}

static gan__loss_term linear(double x, double target)
{
    return (gan__loss_term){-margin(x, target), margin(-1, target), x};
}

static const gan__loss_class classes[] = {
    [GAN_LOSS_BCE] = {.name = "bce",
                      .discriminator = gan__loss_bce,
                      .generator = gan__loss_bce,
                      .most_target = 1},
    [GAN_LOSS_MINIMAX] = {.name = "minimax",
                          .discriminator = gan__loss_bce,
                          .generator = minimax,
                          .most_target = 1},
    [GAN_LOSS_RELATIVISTIC] = {.name = "relativistic",
                               .discriminator = gan__loss_bce,
                               .generator = gan__loss_bce,
                               .relative = 1,
                               .most_target = 1},
    [GAN_LOSS_LEAST_SQUARES] = {.name = "least_squares",
                                .discriminator = least_squares,
                                .generator = least_squares,
                                .raw = 1,
                                .at_target = 1,
                                .least_target = -DBL_MAX,
                                .most_target = DBL_MAX},
    [GAN_LOSS_HINGE] = {.name = "hinge", .discriminator = hinge, .generator = linear, .raw = 1},
    [GAN_LOSS_WASSERSTEIN] = {.name = "wasserstein",
                              .discriminator = linear,
                              .generator = linear,
                              .raw = 1},
};

const gan__loss_class *gan__loss_find(gan_loss loss)
{
    const size_t i = (size_t)loss;

    return i < sizeof classes / sizeof *classes ? &classes[i] : NULL;
}

/* ---- batches ---- */

static double mean_of(const gan__loss_side *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->n_logits; i++) sum += (double)s->logits[i * s->stride];
    return sum / (double)s->n_logits;
}

/* Fill one side, its logits taken relative to `origin`; return the mean slope's share. */
static double judge_side(gan__loss_term_fn *term, gan__loss_side *s, double origin)
{
    const double weight = s->share / (double)s->n_logits;
    double slopes = 0;

    s->loss = s->shown = s->above = s->below = 0;
    for (size_t i = 0; i < s->n_logits; i++) {
        const double x = (double)s->logits[i * s->stride] - origin;
        const gan__loss_term t = term(x, s->targets[i]);

        s->loss += isfinite(x) ? t.loss : (double)NAN;
        s->shown += t.shown;
        s->above += x > s->boundary;
        s->below += x < s->boundary;
        slopes += t.slope;
        s->grad[i * s->stride] = (float)(t.slope * weight);
    }
    return slopes * weight;
}

/* The other side's losses depend on this one's mean, with a slope that is minus their own. */
static void follow_mean(gan__loss_side *s, double others_slope)
{
    const float share = (float)(others_slope / (double)s->n_logits);

    for (size_t i = 0; i < s->n_logits; i++) s->grad[i * s->stride] -= share;
}

void gan__loss_judge(const gan__loss_class *class, gan__loss_term_fn *term, gan__loss_side *real,
                     gan__loss_side *fake)
{
    const double real_origin = class->relative ? mean_of(fake) : 0;
    const double fake_origin = class->relative ? mean_of(real) : 0;
    const double real_slope = judge_side(term, real, real_origin);
    const double fake_slope = judge_side(term, fake, fake_origin);

    if (!class->relative) return;
    follow_mean(real, fake_slope);
    follow_mean(fake, real_slope);
}
