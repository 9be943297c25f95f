/* optimizer.c - the part of optimizers that all update rules share. */
#include "optim/optimizer_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "math/kernels_internal.h"
#include "math/numeric_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LR, TRIAL = 256 };

/* Below these, no weight or moment can overflow: see has_room(). */
#define SAFE_NORM 1e15
#define SAFE_MOVE 1e30

/* ---- making one ---- */

gan_status gan__optimizer_check(const char *name, const char *setting, double value, double high,
                                int closed)
{
    if (value >= 0 && (value < high || (closed && value <= high)) && isfinite(value)) return GAN_OK;
    if (isinf(high))
        return gan__fail(GAN_ERR_INVALID, "%s: %s must be finite and at least 0, is %g", name,
                         setting, value);
    return gan__fail(GAN_ERR_INVALID, "%s: %s must be at least 0 and %s %g, is %g", name, setting,
                     closed ? "at most" : "below", high, value);
}

gan_status gan__optimizer_create(gan_optimizer **out, const gan__optimizer_class *class,
                                 const double *settings, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_optimizer *opt = NULL;
    gan_allocator a;

    GAN_TRY(gan__alloc_init(&a, allocator));
    GAN_TRY(gan__alloc(&opt, &a, 1, sizeof *opt));
    opt->class = class;
    opt->allocator = a;
    memcpy(opt->settings, settings, class->n_settings * sizeof *settings);
    opt->first_lr = settings[LR];
    *out = opt;

cleanup:
    return status;
}

void gan_optimizer_destroy(gan_optimizer *opt)
{
    if (!opt) return;
    const gan_allocator a = opt->allocator;

    gan__free(&a, opt->memory);
    gan__free(&a, opt);
}

gan_status gan_optimizer_bind(gan_optimizer *opt, size_t n_params)
{
    gan_status status = GAN_OK;
    size_t n_moments = 0;
    size_t stride;
    float *at;

    if (!opt) return gan__fail_null(GAN__OPTIMIZER, 1, "optimizer: is NULL");
    if (n_params == 0)
        return gan__fail(GAN_ERR_INVALID, "%s: bound to 0 parameters", opt->class->name);
    if (n_params >
        PTRDIFF_MAX / sizeof(float)) /* also without moments, which need memory */
        return gan__fail(GAN_ERR_NOMEM,
                         "%s: bound to %zu parameters, at most %zu have room in memory",
                         opt->class->name, n_params, PTRDIFF_MAX / sizeof(float));
    if (opt->n_params == n_params) return GAN_OK;
    if (opt->n_params > 0)
        return gan__fail(GAN_ERR_SHAPE, "%s: is bound to %zu parameters, not to %zu",
                         opt->class->name, opt->n_params, n_params);
    stride = gan__size_round_up(n_params, 16); /* each block on a cache line of its own */
    for (size_t i = 0; i < GAN__OPTIMIZER_MAX_MOMENTS; i++)
        n_moments += opt->class->has_moment(opt, i) != 0;
    GAN_TRY(gan__alloc(&opt->memory, &opt->allocator, gan__size_mul(n_moments, stride),
                       sizeof *opt->memory));
    at = opt->memory;
    for (size_t i = 0; i < GAN__OPTIMIZER_MAX_MOMENTS; i++) {
        if (!opt->class->has_moment(opt, i)) continue;
        opt->moments[i] = at;
        at += stride;
    }
    opt->n_params = n_params;

cleanup:
    return status;
}

/* ---- a step ---- */

void gan__optimizer_set_stretches(gan_optimizer *opt, const gan__stretch *stretches, size_t n)
{
    opt->stretches = n > 0 ? stretches : NULL;
    opt->n_stretches = n;
}

/* Some parameters with the same learning rate; if that is not the optimizer's, they are updated by
 * a copy of it with that rate. */
typedef struct piece {
    size_t begin, end;
    const gan_optimizer *opt;
    gan_optimizer copy;
} piece;

static void slow_down(piece *p, const gan_optimizer *opt, double scale)
{
    p->copy = *opt;
    p->copy.now[LR] *= scale;
    p->copy.class->update(&p->copy, opt->steps + 1, &p->copy.next);
    p->opt = &p->copy;
}

/* Go to the piece after p->end that begins before `end`, skipping frozen parameters.  0: there is
 * none. */
static int next_piece(piece *p, const gan_optimizer *opt, size_t end)
{
    size_t i = 0;

    p->begin = p->end;
    p->end = end;
    p->opt = opt;
    if (!opt->stretches) return p->begin < end;
    while (i < opt->n_stretches &&
           (opt->stretches[i].end <= p->begin || opt->stretches[i].scale <= 0)) {
        if (opt->stretches[i].end > p->begin) p->begin = opt->stretches[i].end;
        i++;
    }
    if (i == opt->n_stretches || p->begin >= end) return 0;
    if (opt->stretches[i].end < end) p->end = opt->stretches[i].end;
    if (opt->stretches[i].scale < 1 || opt->stretches[i].scale > 1)
        slow_down(p, opt, opt->stretches[i].scale);
    return 1;
}

/* The largest of all scales, but at least 1. */
static double largest_scale(const gan_optimizer *opt)
{
    double most = 1;

    for (size_t i = 0; i < opt->n_stretches; i++)
        if (opt->stretches[i].scale > most) most = opt->stretches[i].scale;
    return most;
}

/* The bounds of moments hold as long as the settings that they depend on stay the same, or moments
 * are averages. */
static int bounds_hold(const gan_optimizer *opt)
{
    static const char *const good[] = {"lr", "beta1", "beta2"};

    for (size_t i = 0; i < opt->class->n_settings; i++) {
        int holds = !gan__schedule_is_on(&opt->schedules[i]);

        for (size_t k = 0; k < 3; k++) holds |= strcmp(opt->class->setting_names[i], good[k]) == 0;
        if (!holds) return 0;
    }
    return 1;
}

/* Whether every weight and moment is certain to stay finite.  With all gradients so far below
 * SAFE_NORM their squares and moments are far from overflow, and a weight that changes by less than
 * SAFE_MOVE, which is under half the spacing of the largest floats, stays finite. */
static int has_room(const gan_optimizer *opt, double norm)
{
    const double largest = norm > opt->largest_norm ? norm : opt->largest_norm;

    return largest < SAFE_NORM && opt->next.weight_decay == 0 && bounds_hold(opt) &&
           opt->class->bound(opt, largest) * largest_scale(opt) < SAFE_MOVE;
}

static int all_finite(size_t n, const float *x)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return 0;
    return 1;
}

static int limited(const gan_optimizer *opt)
{
    const gan_limits_desc *l = &opt->limits;

    return l->grad_norm > 0 || l->grad_value > 0 || l->weight > 0;
}

static void limit(size_t n, float most, float *x)
{
    for (size_t i = 0; i < n; i++) x[i] = x[i] < -most ? -most : x[i] > most ? most : x[i];
}

/* The step for at most TRIAL numbers, within the limits. */
static void step_within_limits(const gan_optimizer *opt, size_t n, float *p, const float *g,
                               float *const *moments)
{
    const gan_limits_desc *l = &opt->limits;
    float grads[TRIAL];

    gan__simd_best()->scale(n, opt->grad_scale, g, grads);
    if (l->grad_value > 0) limit(n, (float)l->grad_value, grads);
    opt->class->loop(gan__simd_best())(&opt->next, n, p, grads, moments);
    if (l->weight > 0) limit(n, (float)l->weight, p);
}

/* Do the step for some parameters on copies; return whether all results are finite. */
static int try_step(const gan_optimizer *opt, const float *params, const float *grads, size_t begin,
                    size_t n)
{
    float p[TRIAL];
    float m[GAN__OPTIMIZER_MAX_MOMENTS][TRIAL];
    float *moments[GAN__OPTIMIZER_MAX_MOMENTS] = {NULL};
    int finite;

    memcpy(p, params + begin, n * sizeof *p);
    for (size_t i = 0; i < GAN__OPTIMIZER_MAX_MOMENTS; i++) {
        if (!opt->moments[i]) continue;
        moments[i] = m[i];
        memcpy(m[i], opt->moments[i] + begin, n * sizeof *p);
    }
    step_within_limits(opt, n, p, grads + begin, moments);
    finite = all_finite(n, p);
    for (size_t i = 0; i < GAN__OPTIMIZER_MAX_MOMENTS; i++)
        if (moments[i]) finite = finite && all_finite(n, m[i]);
    return finite;
}

/* Compute the learning rate and other settings of a step, counted from 1. */
static void prepare(gan_optimizer *opt, uint64_t step)
{
    for (size_t i = 0; i < opt->class->n_settings; i++)
        opt->now[i] = opt->settings[i] * gan__schedule_factor(&opt->schedules[i], step - 1);
    opt->class->update(opt, step, &opt->next);
}

/* PyTorch's clip_grad_norm_: the factor for a gradient of this norm. */
static double scale_of(const gan_limits_desc *l, double norm)
{
    const double scale = l->grad_norm / (norm + 1e-6);

    return l->grad_norm > 0 && scale < 1 ? scale : 1;
}

/* Try the step on copies; return the index of the first weight that wouldn't stay finite, or
 * n_params. */
static size_t find_refused(const gan_optimizer *opt, const float *params, const float *grads)
{
    piece p = {.end = 0};

    while (next_piece(&p, opt, opt->n_params))
        for (size_t i = p.begin; i < p.end; i += TRIAL) {
            const size_t n = p.end - i < TRIAL ? p.end - i : TRIAL;

            if (try_step(p.opt, params, grads, i, n)) continue;
            for (size_t j = i; j < i + n; j++)
                if (!try_step(p.opt, params, grads, j, 1)) return j;
        }
    return opt->n_params;
}

gan_status gan__optimizer_begin(gan_optimizer *opt, const float *params, const float *grads,
                                double norm)
{
    const unsigned long long step = opt->steps + 1;
    double scale;

    opt->refused = 0;
    if (!isfinite(norm))
        return gan__fail(GAN_ERR_NONFINITE, "%s: step %llu: a gradient is not finite",
                         opt->class->name, step);
    prepare(opt, step);
    scale = scale_of(&opt->limits, norm);
    opt->grad_scale = (float)scale;
    norm *= scale;
    opt->refused = has_room(opt, norm) ? opt->n_params : find_refused(opt, params, grads);
    if (opt->refused < opt->n_params)
        return gan__fail(GAN_ERR_NONFINITE,
                         "%s: step %llu: with learning rate %g and gradient norm %g weight %zu of "
                         "%zu would not stay finite",
                         opt->class->name, step, opt->now[LR], norm, opt->refused, opt->n_params);
    if (norm > opt->largest_norm) opt->largest_norm = norm;
    return GAN_OK;
}

static void apply(const gan_optimizer *opt, float *params, const float *grads, size_t begin,
                  size_t end)
{
    const size_t most = limited(opt) ? TRIAL : end - begin;

    for (size_t at = begin; at < end; at += most) {
        const size_t n = end - at < most ? end - at : most;
        float *moments[GAN__OPTIMIZER_MAX_MOMENTS];

        for (size_t i = 0; i < GAN__OPTIMIZER_MAX_MOMENTS; i++)
            moments[i] = opt->moments[i] ? opt->moments[i] + at : NULL;
        if (limited(opt))
            step_within_limits(opt, n, params + at, grads + at, moments);
        else
            opt->class->loop(gan__simd_best())(&opt->next, n, params + at, grads + at, moments);
    }
}

void gan__optimizer_apply(gan_optimizer *opt, float *params, const float *grads, size_t begin,
                          size_t end)
{
    piece p = {.end = begin};

    while (next_piece(&p, opt, end)) apply(p.opt, params, grads, p.begin, p.end);
}

void gan__optimizer_end(gan_optimizer *opt)
{
    opt->steps++;
}

gan_status gan__optimizer_check_bound(const gan_optimizer *opt, size_t n)
{
    if (opt->n_params == 0)
        return gan__fail(GAN_ERR_INVALID,
                         "%s: is not bound; call gan_optimizer_bind() with %zu parameters first",
                         opt->class->name, n);
    if (opt->n_params != n)
        return gan__fail(GAN_ERR_SHAPE, "%s: is bound to %zu parameters, gets %zu",
                         opt->class->name, opt->n_params, n);
    return GAN_OK;
}

gan_status gan_optimizer_step(gan_optimizer *opt, float *params, const float *grads, size_t n)
{
    gan_status status = GAN_OK;
    gan__numeric numeric;

    if (!opt) return gan__fail_null(GAN__OPTIMIZER, 1, "optimizer: is NULL");
    if (!params || !grads)
        return gan__fail(GAN_ERR_INVALID, "optimizer: %s is NULL", params ? "grads" : "params");
    GAN_TRY(gan__optimizer_check_bound(opt, n));
    gan__numeric_enter(&numeric);
    gan__optimizer_set_stretches(opt, NULL, 0);
    status =
        gan__optimizer_begin(opt, params, grads, sqrt(gan__simd_best()->sum_squares(n, grads)));
    if (status == GAN_OK) {
        gan__optimizer_apply(opt, params, grads, 0, n);
        gan__optimizer_end(opt);
    }
    gan__numeric_leave(&numeric);

cleanup:
    return status;
}

/* ---- settings ---- */

double gan_optimizer_lr(const gan_optimizer *opt)
{
    return opt ? opt->settings[LR] : 0;
}

gan_status gan_optimizer_set_lr(gan_optimizer *opt, double lr)
{
    gan_status status = GAN_OK;

    if (!opt) return gan__fail_null(GAN__OPTIMIZER, 1, "optimizer: is NULL");
    GAN_TRY(gan__optimizer_check(opt->class->name, "lr", lr, (double)INFINITY, 0));
    opt->settings[LR] = lr;

cleanup:
    return status;
}

/* The index of a setting of the rule; n_settings when it has none with this name. */
static size_t find_setting(const gan_optimizer *opt, const char *name)
{
    size_t i = 0;

    while (i < opt->class->n_settings && strcmp(opt->class->setting_names[i], name) != 0) i++;
    return i;
}

static gan_status set_schedule(gan_optimizer *opt, size_t i, const gan_schedule_desc *desc)
{
    gan_status status = GAN_OK;
    gan_schedule_desc d;
    double most;

    GAN_TRY(gan__schedule_read(&d, desc, i == LR ? "learning rate" : opt->class->setting_names[i]));
    most = opt->settings[i] * gan__schedule_most(&d);
    if (opt->class->most[i] > 0 && gan__schedule_is_on(&d) && !(most < opt->class->most[i]))
        GAN_FAIL(GAN_ERR_INVALID, "%s: %s must stay below %g, its schedule leads to %g",
                 opt->class->name, opt->class->setting_names[i], opt->class->most[i], most);
    opt->schedules[i] = d;

cleanup:
    return status;
}

gan_status gan_optimizer_set_schedule(gan_optimizer *opt, const gan_schedule_desc *desc)
{
    if (!opt) return gan__fail_null(GAN__OPTIMIZER, 1, "optimizer: is NULL");
    return set_schedule(opt, LR, desc);
}

gan_status gan_optimizer_schedule_setting(gan_optimizer *opt, const char *setting,
                                          const gan_schedule_desc *desc)
{
    if (!opt) return gan__fail_null(GAN__OPTIMIZER, 1, "optimizer: is NULL");
    if (!setting) return gan__fail(GAN_ERR_INVALID, "optimizer: setting is NULL");
    const size_t i = find_setting(opt, setting);

    if (i == opt->class->n_settings || opt->class->most[i] < 0)
        return gan__fail(GAN_ERR_INVALID,
                         "%s: unknown setting \"%.40s\", or one without a schedule",
                         opt->class->name, setting);
    return set_schedule(opt, i, desc);
}

double gan_optimizer_next_lr(const gan_optimizer *opt)
{
    return gan_optimizer_lr(opt) *
           (opt ? gan__schedule_factor(&opt->schedules[LR], opt->steps) : 0);
}

gan_status gan_optimizer_set_limits(gan_optimizer *opt, const gan_limits_desc *desc)
{
    gan_status status = GAN_OK;
    gan_limits_desc d = {GAN_LIMITS_DESC_INIT};

    if (!opt) return gan__fail_null(GAN__OPTIMIZER, 1, "optimizer: is NULL");
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "limits desc"));
    GAN_TRY(gan__optimizer_check("limits", "grad_norm", d.grad_norm, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check("limits", "grad_value", d.grad_value, (double)INFINITY, 0));
    GAN_TRY(gan__optimizer_check("limits", "weight", d.weight, (double)INFINITY, 0));
    opt->limits = d;

cleanup:
    return status;
}

uint64_t gan_optimizer_steps(const gan_optimizer *opt)
{
    return opt ? opt->steps : 0;
}

/* ---- in a checkpoint ---- */

/* With another rule settings start afresh, as moments do. */
static void add_rules(gan__state *s)
{
    gan__state_rule(s, "kind", "*", 1);
    gan__state_rule(s, "lr", "current_lr", 1);
    gan__state_rule(s, "momentum", "momentum_buffer.*", 0);
    gan__state_rule(s, "centered", "grad_avg.*", 0);
    gan__state_rule(s, "schedule", "schedule_*", 0);
    gan__state_rule(s, "beta2_schedule", "beta2_schedule_*", 0);
}

/* The learning rate's schedule keeps its names from before other settings had schedules. */
static void schedules_state(const gan_optimizer *opt, gan__state *s)
{
    for (size_t i = 0; i < opt->class->n_settings; i++) {
        char name[40] = "schedule";

        if (i != LR) snprintf(name, sizeof name, "%s_schedule", opt->class->setting_names[i]);
        gan__schedule_state(&opt->schedules[i], s, name);
    }
}

void gan__optimizer_state(gan_optimizer *opt, gan__state *s)
{
    add_rules(s);
    gan__state_text(s, "kind", "%s", opt->class->name);
    gan__state_setting(s, opt->class->setting_names[LR], opt->first_lr);
    for (size_t i = LR + 1; i < opt->class->n_settings; i++)
        gan__state_setting(s, opt->class->setting_names[i], opt->settings[i]);
    schedules_state(opt, s);
    if (opt->limits.grad_norm > 0) gan__state_setting(s, "limit_grad_norm", opt->limits.grad_norm);
    if (opt->limits.grad_value > 0)
        gan__state_setting(s, "limit_grad_value", opt->limits.grad_value);
    if (opt->limits.weight > 0) gan__state_setting(s, "limit_weight", opt->limits.weight);
    gan__state_real(s, "current_lr", &opt->settings[LR], 0);
    gan__state_whole(s, "steps", &opt->steps);
    gan__state_real(s, "largest_norm", &opt->largest_norm, 0);
}

void gan__optimizer_moments_state(const gan_optimizer *opt, gan__state *s, const gan_tensor *param,
                                  size_t offset)
{
    char name[GAN__STATE_NAME_BYTES];

    for (size_t i = 0; i < GAN__OPTIMIZER_MAX_MOMENTS; i++) {
        gan_tensor moment = *param;

        if (!opt->moments[i]) continue;
        snprintf(name, sizeof name, "%s.%s", opt->class->moment_names[i], param->name);
        moment.name = name;
        moment.data = opt->moments[i] + offset;
        gan__state_tensor(s, &moment);
    }
}

static int all_within(size_t n, const float *x, double least, double most)
{
    int within = 1;

    for (size_t i = 0; i < n; i++) within &= !((double)x[i] < least || (double)x[i] > most);
    return within;
}

/* Moments beyond their bounds can't come from training.  Then has_room() can't decide, and every
 * step is tried on copies. */
void gan__optimizer_restored(gan_optimizer *opt)
{
    const double slack = 1.001; /* the moments are rounded */
    int plausible = opt->steps < UINT64_MAX / 2;

    prepare(opt, 1);
    if (opt->next.weight_decay != 0) return; /* steps are tried anyway */
    for (size_t i = 0; i < GAN__OPTIMIZER_MAX_MOMENTS; i++) {
        const double most = slack * opt->class->moment_bound(opt, i, opt->largest_norm);

        if (!opt->moments[i]) continue;
        plausible = plausible && all_within(opt->n_params, opt->moments[i],
                                            i == opt->class->squares ? 0 : -most, most);
    }
    if (!plausible) opt->largest_norm = DBL_MAX;
}

GAN__DEFINE_INIT(gan_limits_desc_init, gan_limits_desc, GAN_LIMITS_DESC_INIT)
