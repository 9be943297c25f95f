/* schedule.c - settings that change with the steps. */
#include "optim/schedule_internal.h"

#include "base/desc_internal.h"
#include "base/status_internal.h"

#include <math.h>
#include <stdio.h>

/* A kind: the factor of a setting after some periods; `way`, the position in the last one, is at
 * most 1. */
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

/* A rising schedule is the falling one in reverse order. */
double gan__schedule_factor(const gan_schedule_desc *s, uint64_t step)
{
    const uint64_t after = step > s->warmup ? step - s->warmup : 0;
    const double periods = s->period > 0 ? (double)after / (double)s->period : 0;
    const double way = periods < 1 ? periods : 1;

    if (step < s->warmup) return ((double)step + 1) / (double)s->warmup;
    if (!kinds[s->kind].factor) return 1;
    return kinds[s->kind].factor(s, periods, s->rising ? 1 - way : way);
}

static int falls(const gan_schedule_desc *d)
{
    return d->kind == GAN_SCHEDULE_STEP || d->kind == GAN_SCHEDULE_EXPONENTIAL;
}

double gan__schedule_most(const gan_schedule_desc *d)
{
    if (!(d->factor > 1)) return 1;
    return falls(d) ? (double)INFINITY : d->factor;
}

int gan__schedule_is_on(const gan_schedule_desc *d)
{
    return d->kind != GAN_SCHEDULE_CONSTANT || d->warmup > 0;
}

/* Settings that contradict each other: numbers of a schedule without its kind, a kind without its
 * numbers. */
static gan_status check(const gan_schedule_desc *d, const char *setting)
{
    if ((size_t)d->kind >= sizeof kinds / sizeof *kinds)
        return gan__fail(GAN_ERR_INVALID, "schedule: unknown kind %d", (int)d->kind);
    if (d->kind == GAN_SCHEDULE_CONSTANT && (d->period > 0 || d->factor != 0))
        return gan__fail(GAN_ERR_INVALID,
                         "schedule: period %llu and factor %g without a kind; a constant schedule "
                         "has none",
                         (unsigned long long)d->period, d->factor);
    if (d->kind != GAN_SCHEDULE_CONSTANT && d->kind != GAN_SCHEDULE_EXPONENTIAL && d->period == 0)
        return gan__fail(GAN_ERR_INVALID, "schedule: %s without a period, in steps",
                         kinds[d->kind].name);
    if (falls(d) && d->factor == 0)
        return gan__fail(GAN_ERR_INVALID,
                         "schedule: %s without a factor, which would be a %s of 0 from the first "
                         "period on",
                         kinds[d->kind].name, setting);
    if (!(d->factor >= 0 && isfinite(d->factor)))
        return gan__fail(GAN_ERR_INVALID, "schedule: factor must be finite and at least 0, is %g",
                         d->factor);
    if (d->rising != 0 &&
        (d->rising != 1 || d->kind == GAN_SCHEDULE_CONSTANT || falls(d) || d->warmup > 0))
        return gan__fail(GAN_ERR_INVALID,
                         "schedule: rising %d, kind %s and warmup %llu; only linear and cosine "
                         "schedules without a warm-up rise",
                         d->rising, kinds[d->kind].name, (unsigned long long)d->warmup);
    return GAN_OK;
}

/* Bytes of the first descriptor that hosts were built with. */
enum { FIRST = offsetof(gan_schedule_desc, rising) };

gan_status gan__schedule_read(gan_schedule_desc *out, const gan_schedule_desc *desc,
                              const char *setting)
{
    gan_status status = GAN_OK;
    gan_schedule_desc d = {GAN_SCHEDULE_DESC_INIT};

    GAN_TRY(gan__desc_read(&d, sizeof d, FIRST, desc, "schedule desc"));
    GAN_TRY(check(&d, setting));
    if (d.period == 0) d.period = 1;
    *out = d;

cleanup:
    return status;
}

void gan__schedule_state(const gan_schedule_desc *d, gan__state *s, const char *name)
{
    char text[GAN__STATE_NAME_BYTES];

    snprintf(text, sizeof text, "%s_warmup", name);
    if (d->warmup > 0) gan__state_text(s, text, "%llu", (unsigned long long)d->warmup);
    if (d->kind == GAN_SCHEDULE_CONSTANT) return;
    gan__state_text(s, name, "%s%s", d->rising ? "rising_" : "", kinds[d->kind].name);
    snprintf(text, sizeof text, "%s_period", name);
    gan__state_text(s, text, "%llu", (unsigned long long)d->period);
    snprintf(text, sizeof text, "%s_factor", name);
    gan__state_setting(s, text, d->factor);
}

GAN__DEFINE_INIT(gan_schedule_desc_init, gan_schedule_desc, GAN_SCHEDULE_DESC_INIT)
