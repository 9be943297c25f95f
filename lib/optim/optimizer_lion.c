/* optimizer_lion.c - Lion: steps of one size, by the sign of an average of momentum and
 * gradient. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "optim/optimizer_internal.h"

#include <math.h>

enum { LR, BETA1, BETA2, WEIGHT_DECAY, N_SETTINGS };

static int has_moment(const gan_optimizer *opt, size_t i)
{
    (void)opt;
    return i == 0;
}

static void update(const gan_optimizer *opt, uint64_t step, gan__update *out)
{
    const double *s = opt->now;

    (void)step;
    *out = (gan__update){
        .lr = (float)opt->now[LR],
        .decay1 = (float)s[BETA1],
        .gain1 = (float)(1 - s[BETA1]),
        .decay2 = (float)s[BETA2],
        .gain2 = (float)(1 - s[BETA2]),
        .shrink = (float)(1 - opt->now[LR] * s[WEIGHT_DECAY]),
    };
}

static double bound(const gan_optimizer *opt, double g)
{
    (void)g;
    return opt->now[LR] * opt->now[WEIGHT_DECAY] > 1 ? (double)INFINITY : opt->now[LR];
}

static double moment_bound(const gan_optimizer *opt, size_t i, double g)
{
    (void)opt;
    (void)i;
    return g;
}

static gan__update_fn *loop(const gan__simd *simd)
{
    return simd->lion;
}

static const gan__optimizer_class lion_class = {
    .name = "lion",
    .n_settings = N_SETTINGS,
    .setting_names = {"lr", "beta1", "beta2", "weight_decay"},
    .most = {0, 1, 1, 0},
    .moment_names = {"exp_avg"},
    .has_moment = has_moment,
    .update = update,
    .bound = bound,
    .moment_bound = moment_bound,
    .squares = GAN__OPTIMIZER_NO_SQUARES,
    .loop = loop,
};

gan_status gan_optimizer_create_lion(gan_optimizer **out, const gan_lion_desc *desc)
{
    gan_status status = GAN_OK;
    gan_lion_desc d = {GAN_LION_DESC_INIT};

    if (!out) return gan__fail(GAN_ERR_INVALID, "lion: out is NULL");
    *out = NULL;
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "lion"));
    GAN_TRY(gan__optimizer_check("lion", "lr", d.lr, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check("lion", "beta1", d.beta1, 1, 0));
    GAN_TRY(gan__optimizer_check("lion", "beta2", d.beta2, 1, 0));
    GAN_TRY(gan__optimizer_check("lion", "weight_decay", d.weight_decay, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_create(
        out, &lion_class, (const double[]){d.lr, d.beta1, d.beta2, d.weight_decay}, d.allocator));

cleanup:
    return gan__lost(GAN__OPTIMIZER, status);
}

GAN__DEFINE_INIT(gan_lion_desc_init, gan_lion_desc, GAN_LION_DESC_INIT)
