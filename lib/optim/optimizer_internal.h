/* optimizer_internal.h - the record of an update rule, and steps over slices. */
#ifndef GAN_OPTIMIZER_INTERNAL_H
#define GAN_OPTIMIZER_INTERNAL_H

#include "file/state_internal.h"
#include "math/kernels_simd_internal.h"
#include "optim/schedule_internal.h"

#include <gan/alloc.h>
#include <gan/optimizer.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GAN__OPTIMIZER_MAX_SETTINGS = 6,
    GAN__OPTIMIZER_MAX_MOMENTS = 3,
    GAN__OPTIMIZER_NO_SQUARES = GAN__OPTIMIZER_MAX_MOMENTS
};

typedef struct gan__optimizer_class {
    const char *name;
    size_t n_settings;
    /* In the order of gan_optimizer.settings; the first is "lr". */
    const char *setting_names[GAN__OPTIMIZER_MAX_SETTINGS];
    double most[GAN__OPTIMIZER_MAX_SETTINGS]; /* their upper bounds, exclusive; 0: any finite value,
                                                 -1: a flag */
    const char *moment_names[GAN__OPTIMIZER_MAX_MOMENTS]; /* PyTorch's defaults */

    /* Whether block i of the moments is in use under these settings. */
    int (*has_moment)(const gan_optimizer *opt, size_t i);
    /* The factors of step `step`, counted from 1, from the settings opt->now. */
    void (*update)(const gan_optimizer *opt, uint64_t step, gan__update *out);
    /* The most that a weight can change in a step when no gradient so far was larger than g;
     * infinity when that isn't known.  It need only hold for g below 1e15. */
    double (*bound)(const gan_optimizer *opt, double g);
    /* The same for the numbers of block i of the moments; block `squares` is not negative. */
    double (*moment_bound)(const gan_optimizer *opt, size_t i, double g);
    size_t squares;
    gan__update_fn *(*loop)(const gan__simd *simd);
} gan__optimizer_class;

/* Parameters of the flat block up to `end`, which have `scale` times the learning rate; with 0 they
 * are frozen. */
typedef struct gan__stretch {
    size_t end;
    double scale;
} gan__stretch;

struct gan_optimizer {
    const gan__optimizer_class *class;
    gan_allocator allocator;
    double settings[GAN__OPTIMIZER_MAX_SETTINGS];
    double first_lr; /* that it was created with */
    gan_schedule_desc schedules[GAN__OPTIMIZER_MAX_SETTINGS]; /* of the settings */
    gan_limits_desc limits;
    size_t n_params; /* 0: not bound */
    uint64_t steps;
    float *memory;                              /* the blocks of moments, one after the other */
    float *moments[GAN__OPTIMIZER_MAX_MOMENTS]; /* NULL: not in use */
    double largest_norm;                        /* of all gradients so far: bounds the moments */
    gan__update next;                           /* of the step in progress, and */
    double now[GAN__OPTIMIZER_MAX_SETTINGS];    /* its settings by their schedules, */
    float grad_scale;                           /* the factor from clipping the gradient */
    const gan__stretch *stretches;              /* borrowed, one after the other; NULL: none */
    size_t n_stretches;
    size_t refused; /* a weight that was the reason for GAN_ERR_NONFINITE */
};

/* Make an unbound optimizer after `settings` were checked. */
gan_status gan__optimizer_create(gan_optimizer **out, const gan__optimizer_class *class,
                                 const double *settings, const gan_allocator *allocator);

/* Fail unless low <= value and value < high (or <= high when `closed`); the message names class and
 * setting. */
gan_status gan__optimizer_check(const char *name, const char *setting, double value, double high,
                                int closed);

/* GAN_ERR_INVALID unless it is bound, GAN_ERR_SHAPE unless to n parameters. */
gan_status gan__optimizer_check_bound(const gan_optimizer *opt, size_t n);

/* For the next step: factors of the learning rate.  Without any, all are 1. */
void gan__optimizer_set_stretches(gan_optimizer *opt, const gan__stretch *stretches, size_t n);

/* A step in three parts, the middle one on any thread and in any order.  begin() refuses a step
 * that would make a number infinite or NaN (GAN_ERR_NONFINITE, nothing changed); `norm` is the
 * Euclidean norm of all gradients. */
gan_status gan__optimizer_begin(gan_optimizer *opt, const float *params, const float *grads,
                                double norm);
void gan__optimizer_apply(gan_optimizer *opt, float *params, const float *grads, size_t begin,
                          size_t end);
void gan__optimizer_end(gan_optimizer *opt);

/* Add rule, settings and counters of a bound optimizer, and the moments of a parameter that lies at
 * `offset` of the flat block. */
void gan__optimizer_state(gan_optimizer *opt, gan__state *s);
void gan__optimizer_moments_state(const gan_optimizer *opt, gan__state *s, const gan_tensor *param,
                                  size_t offset);
/* To be called after they were loaded from a file, which may be forged. */
void gan__optimizer_restored(gan_optimizer *opt);

#endif
