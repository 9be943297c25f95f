/* optimizer_schedule.c - learning rates that change with the steps. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "optim/optimizer_internal.h"

#include <math.h>

/* A kind: what is left of the rate after some periods, the last of which `way` is cut off at 1. */
typedef struct kind {
    const char *name;
    double (*factor)(const gan_schedule_desc *s, double periods, double way);
} kind;

static double linear(const gan_schedule_desc *s, double periods, double way)
{
    (void)periods;
    return 1 + (s->factor - 1) * way;
}

static double cosine(const gan_schedule_desc *s, double periods, double way)
{
    const double pi = 3.14159265358979323846;

    (void)periods;
    return s->factor + (1 - s->factor) * 0.5 * (1 + cos(pi * way));
}

static double by_steps(const gan_schedule_desc *s, double periods, double way)
{
    (void)way;
    return pow(s->factor, floor(periods));
}

static double exponential(const gan_schedule_desc *s, double periods, double way)
{
    (void)way;
    return pow(s->factor, periods);
}

static const kind kinds[] = {
    [GAN_SCHEDULE_CONSTANT] = {"constant", NULL},
    [GAN_SCHEDULE_LINEAR] = {"linear", linear},
    [GAN_SCHEDULE_COSINE] = {"cosine", cosine},
    [GAN_SCHEDULE_STEP] = {"step", by_steps},
    [GAN_SCHEDULE_EXPONENTIAL] = {"exponential", exponential},
};

double gan__schedule_factor(const gan_schedule_desc *s, uint64_t step)
{
    const uint64_t after = step > s->warmup ? step - s->warmup : 0;
    const double periods = s->period > 0 ? (double)after / (double)s->period : 0;

    if (step < s->warmup) return ((double)step + 1) / (double)s->warmup;
    if (!kinds[s->kind].factor) return 1;
    return kinds[s->kind].factor(s, periods, periods < 1 ? periods : 1);
}

/* What can't be meant: numbers of a schedule without its kind, a kind without its numbers. */
gan_status gan__schedule_check(const gan_schedule_desc *d)
{
    const int falls = d->kind == GAN_SCHEDULE_STEP || d->kind == GAN_SCHEDULE_EXPONENTIAL;

    if ((size_t)d->kind >= sizeof kinds / sizeof *kinds)
        return gan__fail(GAN_ERR_INVALID, "schedule: there is no kind %d", (int)d->kind);
    if (d->kind == GAN_SCHEDULE_CONSTANT && (d->period > 0 || d->factor != 0))
        return gan__fail(GAN_ERR_INVALID,
                         "schedule: period %llu and factor %g without a kind; a constant schedule "
                         "has none",
                         (unsigned long long)d->period, d->factor);
    if (d->kind != GAN_SCHEDULE_CONSTANT && d->kind != GAN_SCHEDULE_EXPONENTIAL && d->period == 0)
        return gan__fail(GAN_ERR_INVALID, "schedule: %s without a period, in steps",
                         kinds[d->kind].name);
    if (falls && d->factor == 0)
        return gan__fail(GAN_ERR_INVALID,
                         "schedule: %s without a factor, which would be a learning rate of 0 from "
                         "the first period on",
                         kinds[d->kind].name);
    return GAN_OK;
}

void gan__schedule_state(const gan_schedule_desc *d, gan__state *s)
{
    if (d->warmup > 0) gan__state_text(s, "schedule_warmup", "%llu", (unsigned long long)d->warmup);
    if (d->kind == GAN_SCHEDULE_CONSTANT) return;
    gan__state_text(s, "schedule", "%s", kinds[d->kind].name);
    gan__state_text(s, "schedule_period", "%llu", (unsigned long long)d->period);
    gan__state_setting(s, "schedule_factor", d->factor);
}

GAN__DEFINE_INIT(gan_schedule_desc_init, gan_schedule_desc, GAN_SCHEDULE_DESC_INIT)
