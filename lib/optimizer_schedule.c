/* optimizer_schedule.c - learning rates that change with the steps. */
#include "desc_internal.h"
#include "optimizer_internal.h"
#include "status_internal.h"

#include <math.h>

static const char *const names[] = {
    [GAN_SCHEDULE_CONSTANT] = "constant",       [GAN_SCHEDULE_LINEAR] = "linear",
    [GAN_SCHEDULE_COSINE] = "cosine",           [GAN_SCHEDULE_STEP] = "step",
    [GAN_SCHEDULE_EXPONENTIAL] = "exponential",
};

double gan__schedule_factor(const gan_schedule_desc *s, uint64_t step)
{
    const double pi = 3.14159265358979323846;
    const uint64_t u = step > s->warmup ? step - s->warmup : 0;
    const double periods = s->period > 0 ? (double)u / (double)s->period : 0;
    const double way = periods < 1 ? periods : 1;

    if (step < s->warmup) return ((double)step + 1) / (double)s->warmup;
    switch (s->kind) {
    case GAN_SCHEDULE_LINEAR: return 1 + (s->factor - 1) * way;
    case GAN_SCHEDULE_COSINE: return s->factor + (1 - s->factor) * 0.5 * (1 + cos(pi * way));
    case GAN_SCHEDULE_STEP: return pow(s->factor, floor(periods));
    case GAN_SCHEDULE_EXPONENTIAL: return pow(s->factor, periods);
    case GAN_SCHEDULE_CONSTANT: break;
    }
    return 1;
}

/* What can't be meant: numbers of a schedule without its kind, a kind without its numbers. */
static gan_status check_settings(const gan_schedule_desc *d)
{
    const int falls = d->kind == GAN_SCHEDULE_STEP || d->kind == GAN_SCHEDULE_EXPONENTIAL;

    if ((size_t)d->kind >= sizeof names / sizeof *names)
        return gan__fail(GAN_ERR_INVALID, "schedule: there is no kind %d", (int)d->kind);
    if (d->kind == GAN_SCHEDULE_CONSTANT && (d->period > 0 || d->factor != 0))
        return gan__fail(GAN_ERR_INVALID,
                         "schedule: period %llu and factor %g without a kind; a constant schedule "
                         "has none",
                         (unsigned long long)d->period, d->factor);
    if (d->kind != GAN_SCHEDULE_CONSTANT && d->kind != GAN_SCHEDULE_EXPONENTIAL && d->period == 0)
        return gan__fail(GAN_ERR_INVALID, "schedule: %s without a period, in steps",
                         names[d->kind]);
    if (falls && d->factor == 0)
        return gan__fail(GAN_ERR_INVALID,
                         "schedule: %s without a factor, which would be a learning rate of 0 from "
                         "the first period on",
                         names[d->kind]);
    return gan__optimizer_check("schedule", "factor", d->factor, (double)INFINITY, 0);
}

gan_status gan_optimizer_set_schedule(gan_optimizer *opt, const gan_schedule_desc *desc)
{
    gan_status status = GAN_OK;
    gan_schedule_desc d = {GAN_SCHEDULE_DESC_INIT};

    if (!opt) return gan__fail_null(GAN__OPTIMIZER, 1, "optimizer: is NULL");
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "schedule desc"));
    GAN_TRY(check_settings(&d));
    if (d.period == 0) d.period = 1;
    opt->schedule = d;

cleanup:
    return status;
}

double gan_optimizer_next_lr(const gan_optimizer *opt)
{
    return gan_optimizer_lr(opt) * (opt ? gan__schedule_factor(&opt->schedule, opt->steps) : 0);
}

void gan__schedule_state(const gan_schedule_desc *d, gan__state *s)
{
    if (d->warmup > 0) gan__state_text(s, "schedule_warmup", "%llu", (unsigned long long)d->warmup);
    if (d->kind == GAN_SCHEDULE_CONSTANT) return;
    gan__state_text(s, "schedule", "%s", names[d->kind]);
    gan__state_text(s, "schedule_period", "%llu", (unsigned long long)d->period);
    gan__state_setting(s, "schedule_factor", d->factor);
}
