/* optimizer_sgd.c - gradient descent with momentum. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "optim/optimizer_internal.h"

#include <math.h>

enum { LR, MOMENTUM, DAMPENING, WEIGHT_DECAY, NESTEROV, N_SETTINGS };

static int has_moment(const gan_optimizer *opt, size_t i)
{
    return i == 0 && opt->settings[MOMENTUM] > 0;
}

static void update(const gan_optimizer *opt, uint64_t step, gan__update *out)
{
    const double *s = opt->now;

    *out = (gan__update){
        .lr = (float)opt->now[LR],
        .decay1 = (float)s[MOMENTUM],
        .gain1 = step == 1 ? 1 : (float)(1 - s[DAMPENING]), /* the first gradient isn't dampened */
        .weight_decay = (float)s[WEIGHT_DECAY],
        .nesterov = s[NESTEROV] != 0,
    };
}

/* The velocity is at most g / (1 - momentum), and Nesterov's step less than the gradient more. */
static double bound(const gan_optimizer *opt, double g)
{
    return opt->now[LR] * 2 * g / (1 - opt->now[MOMENTUM]);
}

static double moment_bound(const gan_optimizer *opt, size_t i, double g)
{
    (void)i;
    return g / (1 - opt->now[MOMENTUM]);
}

static gan__update_fn *loop(const gan__simd *simd)
{
    return simd->sgd;
}

static const gan__optimizer_class sgd_class = {
    .name = "sgd",
    .n_settings = N_SETTINGS,
    .setting_names = {"lr", "momentum", "dampening", "weight_decay", "nesterov"},
    .most = {0, 1, 1, 0, -1},
    .moment_names = {"momentum_buffer"},
    .has_moment = has_moment,
    .update = update,
    .bound = bound,
    .moment_bound = moment_bound,
    .squares = GAN__OPTIMIZER_NO_SQUARES,
    .loop = loop,
};

gan_status gan_optimizer_create_sgd(gan_optimizer **out, const gan_sgd_desc *desc)
{
    gan_status status = GAN_OK;
    gan_sgd_desc d = {GAN_SGD_DESC_INIT};

    if (!out) return gan__fail(GAN_ERR_INVALID, "sgd: out is NULL");
    *out = NULL;
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "sgd"));
    GAN_TRY(gan__optimizer_check("sgd", "lr", d.lr, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check("sgd", "momentum", d.momentum, 1, 0));
    GAN_TRY(gan__optimizer_check("sgd", "dampening", d.dampening, 1, 1));
    GAN_TRY(gan__optimizer_check("sgd", "weight_decay", d.weight_decay, (double)INFINITY, 0));
    if (d.nesterov && (d.momentum <= 0 || d.dampening > 0))
        GAN_FAIL(GAN_ERR_INVALID,
                 "sgd: nesterov needs momentum above 0 and dampening 0, they are %g and %g",
                 d.momentum, d.dampening);
    GAN_TRY(gan__optimizer_create(
        out, &sgd_class,
        (const double[]){d.lr, d.momentum, d.dampening, d.weight_decay, d.nesterov != 0},
        d.allocator));

cleanup:
    return gan__lost(GAN__OPTIMIZER, status);
}

GAN__DEFINE_INIT(gan_sgd_desc_init, gan_sgd_desc, GAN_SGD_DESC_INIT)
