/* optimizer_rmsprop.c - steps divided by a running root mean square. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "optim/optimizer_internal.h"

#include <math.h>

enum { LR, ALPHA, EPS, MOMENTUM, WEIGHT_DECAY, CENTERED, N_SETTINGS };
enum { SQUARES, VELOCITY, MEAN };

static int has_moment(const gan_optimizer *opt, size_t i)
{
    return i == SQUARES || (i == VELOCITY && opt->settings[MOMENTUM] > 0) ||
           (i == MEAN && opt->settings[CENTERED] != 0);
}

static void update(const gan_optimizer *opt, uint64_t step, gan__update *out)
{
    const double *s = opt->now;

    (void)step;
    *out = (gan__update){
        .lr = (float)opt->now[LR],
        .decay1 = (float)s[MOMENTUM],
        .decay2 = (float)s[ALPHA],
        .gain2 = (float)(1 - s[ALPHA]),
        .eps = (float)s[EPS],
        .weight_decay = (float)s[WEIGHT_DECAY],
    };
}

/* The root is at least eps. */
static double bound(const gan_optimizer *opt, double g)
{
    const double *s = opt->now;

    if ((float)s[EPS] <= 0) return (double)INFINITY;
    return opt->now[LR] * g / s[EPS] / (1 - s[MOMENTUM]);
}

static double moment_bound(const gan_optimizer *opt, size_t i, double g)
{
    const double *s = opt->now;

    return i == SQUARES ? g * g : i == MEAN ? g : g / s[EPS] / (1 - s[MOMENTUM]);
}

static gan__update_fn *loop(const gan__simd *simd)
{
    return simd->rmsprop;
}

static const gan__optimizer_class rmsprop_class = {
    .name = "rmsprop",
    .n_settings = N_SETTINGS,
    .setting_names = {"lr", "alpha", "eps", "momentum", "weight_decay", "centered"},
    .most = {0, 1, 0, 1, 0, -1},
    .moment_names = {"square_avg", "momentum_buffer", "grad_avg"},
    .has_moment = has_moment,
    .update = update,
    .bound = bound,
    .moment_bound = moment_bound,
    .squares = SQUARES,
    .loop = loop,
};

gan_status gan_optimizer_create_rmsprop(gan_optimizer **out, const gan_rmsprop_desc *desc)
{
    gan_status status = GAN_OK;
    gan_rmsprop_desc d = {GAN_RMSPROP_DESC_INIT};

    if (!out) return gan__fail(GAN_ERR_INVALID, "rmsprop: out is NULL");
    *out = NULL;
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "rmsprop"));
    GAN_TRY(gan__optimizer_check("rmsprop", "lr", d.lr, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check("rmsprop", "alpha", d.alpha, 1, 0));
    GAN_TRY(gan__optimizer_check("rmsprop", "eps", d.eps, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check("rmsprop", "momentum", d.momentum, 1, 0));
    GAN_TRY(gan__optimizer_check("rmsprop", "weight_decay", d.weight_decay, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_create(
        out, &rmsprop_class,
        (const double[]){d.lr, d.alpha, d.eps, d.momentum, d.weight_decay, d.centered != 0},
        d.allocator));

cleanup:
    return gan__lost(GAN__OPTIMIZER, status);
}

GAN__DEFINE_INIT(gan_rmsprop_desc_init, gan_rmsprop_desc, GAN_RMSPROP_DESC_INIT)
