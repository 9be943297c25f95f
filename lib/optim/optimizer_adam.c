/* optimizer_adam.c - Adam and AdamW, both with and without AMSGrad. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "optim/optimizer_internal.h"

#include <math.h>

enum { LR, BETA1, BETA2, EPS, WEIGHT_DECAY, N_SETTINGS };
enum { MEAN, SQUARES, MOST_SQUARES };

static int has_moment(const gan_optimizer *opt, size_t i)
{
    (void)opt;
    return i < MOST_SQUARES;
}

static int amsgrad_has_moment(const gan_optimizer *opt, size_t i)
{
    (void)opt;
    return i <= MOST_SQUARES;
}

static void adam_update(const gan_optimizer *opt, uint64_t step, gan__update *out)
{
    const double *s = opt->now;
    const double correction1 = 1 - pow(s[BETA1], (double)step);
    const double correction2 = 1 - pow(s[BETA2], (double)step);

    *out = (gan__update){
        .lr = (float)(opt->now[LR] / correction1),
        .decay1 = (float)s[BETA1],
        .gain1 = (float)(1 - s[BETA1]),
        .decay2 = (float)s[BETA2],
        .gain2 = (float)(1 - s[BETA2]),
        .root_scale = (float)(1 / sqrt(correction2)),
        .eps = (float)s[EPS],
        .weight_decay = (float)s[WEIGHT_DECAY],
        .shrink = 1,
    };
}

static void adamw_update(const gan_optimizer *opt, uint64_t step, gan__update *out)
{
    adam_update(opt, step, out);
    out->weight_decay = 0;
    out->shrink = (float)(1 - opt->now[LR] * opt->now[WEIGHT_DECAY]);
}

/* The mean is at most g and the root at least eps. */
static double bound(const gan_optimizer *opt, double g)
{
    const double *s = opt->now;

    if (opt->now[LR] * s[WEIGHT_DECAY] > 1 || (float)s[EPS] <= 0) return (double)INFINITY;
    return opt->now[LR] / (1 - s[BETA1]) * g / s[EPS];
}

static double moment_bound(const gan_optimizer *opt, size_t i, double g)
{
    (void)opt;
    return i == MEAN ? g : g * g;
}

static gan__update_fn *loop(const gan__simd *simd)
{
    return simd->adam;
}

static gan__update_fn *amsgrad_loop(const gan__simd *simd)
{
    return simd->amsgrad;
}

/* The part that the four have in common. */
#define OF_ADAM                                                                                    \
    .n_settings = N_SETTINGS, .setting_names = {"lr", "beta1", "beta2", "eps", "weight_decay"},    \
    .most = {0, 1, 1, 0, 0},                                                                       \
    .moment_names = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, .bound = bound,                   \
    .moment_bound = moment_bound, .squares = SQUARES

/* Indexed by amsgrad. */
static const gan__optimizer_class adam_classes[2] = {
    {OF_ADAM, .name = "adam", .has_moment = has_moment, .update = adam_update, .loop = loop},
    {OF_ADAM, .name = "adam_amsgrad", .has_moment = amsgrad_has_moment, .update = adam_update,
     .loop = amsgrad_loop},
};
static const gan__optimizer_class adamw_classes[2] = {
    {OF_ADAM, .name = "adamw", .has_moment = has_moment, .update = adamw_update, .loop = loop},
    {OF_ADAM, .name = "adamw_amsgrad", .has_moment = amsgrad_has_moment, .update = adamw_update,
     .loop = amsgrad_loop},
};

static gan_status create(gan_optimizer **out, const gan__optimizer_class classes[2],
                         gan_adam_desc defaults, const gan_adam_desc *desc)
{
    gan_status status = GAN_OK;
    gan_adam_desc d = defaults;
    const gan__optimizer_class *class = classes;

    if (!out) return gan__fail(GAN_ERR_INVALID, "%s: out is NULL", class->name);
    *out = NULL;
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, class->name));
    class += d.amsgrad != 0;
    GAN_TRY(gan__optimizer_check(class->name, "lr", d.lr, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check(class->name, "beta1", d.beta1, 1, 0));
    GAN_TRY(gan__optimizer_check(class->name, "beta2", d.beta2, 1, 0));
    GAN_TRY(gan__optimizer_check(class->name, "eps", d.eps, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check(class->name, "weight_decay", d.weight_decay, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_create(
        out, class, (const double[]){d.lr, d.beta1, d.beta2, d.eps, d.weight_decay}, d.allocator));

cleanup:
    return gan__lost(GAN__OPTIMIZER, status);
}

gan_status gan_optimizer_create_adam(gan_optimizer **out, const gan_adam_desc *desc)
{
    return create(out, adam_classes, (gan_adam_desc){GAN_ADAM_DESC_INIT}, desc);
}

gan_status gan_optimizer_create_adamw(gan_optimizer **out, const gan_adam_desc *desc)
{
    return create(out, adamw_classes, (gan_adam_desc){GAN_ADAMW_DESC_INIT}, desc);
}

GAN__DEFINE_INIT(gan_adam_desc_init, gan_adam_desc, GAN_ADAM_DESC_INIT)
GAN__DEFINE_INIT(gan_adamw_desc_init, gan_adam_desc, GAN_ADAMW_DESC_INIT)
