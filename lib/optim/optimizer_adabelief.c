/* optimizer_adabelief.c - AdaBelief: Adam with the variance of gradients about their moving
 * average. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "optim/optimizer_internal.h"

#include <math.h>

enum { LR, BETA1, BETA2, EPS, WEIGHT_DECAY, N_SETTINGS };
enum { MEAN, VARIANCE, N_MOMENTS };

static int has_moment(const gan_optimizer *opt, size_t i)
{
    (void)opt;
    return i < N_MOMENTS;
}

static void update(const gan_optimizer *opt, uint64_t step, gan__update *out)
{
    const double *s = opt->now;

    *out = (gan__update){
        .lr = (float)(opt->now[LR] / (1 - pow(s[BETA1], (double)step))),
        .decay1 = (float)s[BETA1],
        .gain1 = (float)(1 - s[BETA1]),
        .decay2 = (float)s[BETA2],
        .gain2 = (float)(1 - s[BETA2]),
        .root_scale = (float)(1 / sqrt(1 - pow(s[BETA2], (double)step))),
        .eps = (float)s[EPS],
        .shrink = (float)(1 - opt->now[LR] * s[WEIGHT_DECAY]),
    };
}

/* The mean is at most g and the root at least that of eps. */
static double bound(const gan_optimizer *opt, double g)
{
    const double *s = opt->now;

    if (opt->now[LR] * s[WEIGHT_DECAY] > 1 || (float)s[EPS] <= 0) return (double)INFINITY;
    return opt->now[LR] / (1 - s[BETA1]) * g / sqrt(s[EPS]);
}

/* A gradient is at most 2 g from the mean. */
static double moment_bound(const gan_optimizer *opt, size_t i, double g)
{
    const double *s = opt->now;

    return i == VARIANCE ? 4 * g * g + s[EPS] / (1 - s[BETA2]) : g;
}

static gan__update_fn *loop(const gan__simd *simd)
{
    return simd->adabelief;
}

static const gan__optimizer_class adabelief_class = {
    .name = "adabelief",
    .n_settings = N_SETTINGS,
    .setting_names = {"lr", "beta1", "beta2", "eps", "weight_decay"},
    .most = {0, 1, 1, 0, 0},
    .moment_names = {"exp_avg", "exp_avg_var"},
    .has_moment = has_moment,
    .update = update,
    .bound = bound,
    .moment_bound = moment_bound,
    .squares = VARIANCE,
    .loop = loop,
};

gan_status gan_optimizer_create_adabelief(gan_optimizer **out, const gan_adabelief_desc *desc)
{
    gan_status status = GAN_OK;
    gan_adabelief_desc d = {GAN_ADABELIEF_DESC_INIT};
    const char *name = adabelief_class.name;

    if (!out) return gan__fail(GAN_ERR_INVALID, "adabelief: out is NULL");
    *out = NULL;
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, name));
    GAN_TRY(gan__optimizer_check(name, "lr", d.lr, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check(name, "beta1", d.beta1, 1, 0));
    GAN_TRY(gan__optimizer_check(name, "beta2", d.beta2, 1, 0));
    GAN_TRY(gan__optimizer_check(name, "eps", d.eps, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check(name, "weight_decay", d.weight_decay, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_create(out, &adabelief_class,
                                  (const double[]){d.lr, d.beta1, d.beta2, d.eps, d.weight_decay},
                                  d.allocator));

cleanup:
    return gan__lost(GAN__OPTIMIZER, status);
}

GAN__DEFINE_INIT(gan_adabelief_desc_init, gan_adabelief_desc, GAN_ADABELIEF_DESC_INIT)
