/* loss_adversarial.c - the loss functions of discriminator and generator. */
#include "optim/loss_internal.h"

#include "base/desc_internal.h"

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

/* How far x is on the side of the target, 1 or 0. */
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

/* ---- rows ---- */

/* How the terms of the loss are computed. */
typedef struct rule {
    gan__loss_term_fn *term;
    int relative;    /* the mean of the other side's outputs is subtracted */
    double boundary; /* the output above which a sample counts as real */
} rule;

double gan__loss_boundary(gan_boundary boundary, double real_target, double fake_target)
{
    if (boundary == GAN_BOUNDARY_NONE) return (double)NAN;
    return boundary == GAN_BOUNDARY_TARGETS ? 0.5 * (real_target + fake_target) : 0;
}

static double mean_of(const gan_objective_rows *r)
{
    double sum = 0;

    for (size_t i = 0; i < r->n_rows; i++) sum += (double)r->outputs[i * r->stride];
    return sum / (double)r->n_rows;
}

/* Compute one side, with `origin` subtracted from its outputs; an output is correct on `side` of
 * the boundary, 1 (above) or -1.  Return the side's part of the mean derivative. */
static double judge_rows(const rule *how, double share, gan_objective_rows *r, double origin,
                         double side)
{
    const double n = (double)r->n_rows;
    const double weight = share / n;
    double loss = 0, shown = 0, right = 0, slopes = 0;

    if (r->n_rows == 0) return 0;
    for (size_t i = 0; i < r->n_rows; i++) {
        const double x = (double)r->outputs[i * r->stride] - origin;
        const gan__loss_term t = how->term(x, r->targets[i]);

        loss += isfinite(x) ? t.loss : (double)NAN;
        shown += t.shown;
        right += side * x > side * how->boundary;
        slopes += t.slope;
        r->grads[i * r->stride] = (float)(t.slope * weight);
    }
    r->loss = loss / n;
    r->shown = shown / n;
    r->accuracy = right / n;
    return slopes * weight;
}

/* The other side's losses depend on this side's mean, with the negative of their derivative. */
static void follow_mean(gan_objective_rows *r, double others_slope)
{
    const float share = (float)(others_slope / (double)r->n_rows);

    for (size_t i = 0; i < r->n_rows; i++) r->grads[i * r->stride] -= share;
}

static gan_status judge(const rule *how, const gan_objective_step *step, gan_objective_rows *real,
                        gan_objective_rows *fake)
{
    const double real_origin = how->relative ? mean_of(fake) : 0;
    const double fake_origin = how->relative ? mean_of(real) : 0;
    const double real_slope = judge_rows(how, step->share, real, real_origin, 1);
    const double fake_slope = judge_rows(how, step->share, fake, fake_origin, -1);

    if (!how->relative) return GAN_OK;
    follow_mean(real, fake_slope);
    follow_mean(fake, real_slope);
    return GAN_OK;
}

/* ---- pairs ---- */

/* Each generated row with a real one, or each real one with a generated one where these are fewer;
 * the shorter side is repeated from its first row.  The loss is that of the differences. */
static gan_status judge_pairs(void *user, const gan_objective_step *step, gan_objective_rows *real,
                              gan_objective_rows *fake)
{
    const size_t n = step->half == GAN_HALF_GENERATOR ? fake->n_rows : real->n_rows;
    const double weight = step->share / (double)n;
    double loss = 0, shown = 0, right = 0;

    (void)user;
    for (size_t i = 0; i < real->n_rows; i++) real->grads[i * real->stride] = 0;
    for (size_t i = 0; i < fake->n_rows; i++) fake->grads[i * fake->stride] = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t r = i % real->n_rows, f = i % fake->n_rows;
        const double x =
            (double)real->outputs[r * real->stride] - (double)fake->outputs[f * fake->stride];
        const gan__loss_term t = gan__loss_bce(x, real->targets[r]);

        loss += isfinite(x) ? t.loss : (double)NAN;
        shown += t.shown;
        right += x > 0;
        real->grads[r * real->stride] += (float)(t.slope * weight);
        fake->grads[f * fake->stride] -= (float)(t.slope * weight);
    }
    real->loss = fake->loss = 0.5 * loss / (double)n;
    real->shown = shown / (double)n;
    fake->shown = 1 - shown / (double)n;
    real->accuracy = fake->accuracy = right / (double)n;
    return GAN_OK;
}

/* ---- the objectives ---- */

/* A function of gan_objective for a rule. */
#define OBJECTIVE(name, ...)                                                                       \
    static gan_status name(void *user, const gan_objective_step *step, gan_objective_rows *real,   \
                           gan_objective_rows *fake)                                               \
    {                                                                                              \
        (void)user;                                                                                \
        return judge(&(rule){__VA_ARGS__}, step, real, fake);                                      \
    }
OBJECTIVE(judge_bce, gan__loss_bce, 0, 0)
OBJECTIVE(judge_minimax, minimax, 0, 0)
OBJECTIVE(judge_relativistic, gan__loss_bce, 1, 0)
/* An output is best at its target, not beyond it: an output nearer to the other target is wrong. */
OBJECTIVE(judge_least_squares, least_squares, 0,
          gan__loss_boundary(GAN_BOUNDARY_TARGETS, step->real_target, step->fake_target))
OBJECTIVE(judge_hinge, hinge, 0, 0)
OBJECTIVE(judge_linear, linear, 0, 0)

static const gan_objective objectives[] = {
    [GAN_LOSS_BCE] = {.name = "bce",
                      .discriminator = judge_bce,
                      .generator = judge_bce,
                      .most_target = 1},
    [GAN_LOSS_MINIMAX] = {.name = "minimax",
                          .discriminator = judge_bce,
                          .generator = judge_minimax,
                          .most_target = 1},
    [GAN_LOSS_RELATIVISTIC] = {.name = "relativistic",
                               .discriminator = judge_relativistic,
                               .generator = judge_relativistic,
                               .relative = 1,
                               .most_target = 1},
    [GAN_LOSS_LEAST_SQUARES] = {.name = "least_squares",
                                .discriminator = judge_least_squares,
                                .generator = judge_least_squares,
                                .raw_outputs = 1,
                                .least_target = -DBL_MAX,
                                .most_target = DBL_MAX,
                                .boundary = GAN_BOUNDARY_TARGETS},
    [GAN_LOSS_HINGE] = {.name = "hinge",
                        .discriminator = judge_hinge,
                        .generator = judge_linear,
                        .raw_outputs = 1},
    [GAN_LOSS_WASSERSTEIN] = {.name = "wasserstein",
                              .discriminator = judge_linear,
                              .generator = judge_linear,
                              .raw_outputs = 1,
                              .boundary = GAN_BOUNDARY_NONE},
    [GAN_LOSS_RELATIVISTIC_PAIRED] = {.name = "relativistic_paired",
                                      .discriminator = judge_pairs,
                                      .generator = judge_pairs,
                                      .relative = 1,
                                      .most_target = 1},
};

const gan_objective *gan__loss_find(gan_loss loss)
{
    const size_t i = (size_t)loss;

    return i < sizeof objectives / sizeof *objectives ? &objectives[i] : NULL;
}

GAN__DEFINE_INIT(gan_objective_init, gan_objective, GAN_OBJECTIVE_INIT)
