/* reference_frechet.c - the Fréchet distance, its standard error, and its limit for infinitely many
 * samples.
 *
 * The distance of n samples is biased upwards by about c / n, where c depends on the generator, so
 * that equal n do not make two generators comparable (Chong and Forsyth, 2020).  The jackknife
 * corrects both: with each of g groups left out in turn, the spread of the distances gives the
 * standard error.  Their mean, the distance at (g - 1) / g as many samples, and that of all samples
 * give a line over 1 / n, whose value at 0 is the limit. */
#include "judge/metrics_internal.h"
#include "judge/reference_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "math/pool_internal.h"

#include <math.h>

enum { GROUPS = 10 };

typedef struct jackknife {
    const gan_reference *ref;
    const gan__set *set;
    size_t n_groups;
    gan_moments *group[GROUPS];
    gan_moments *all;
    gan_moments **without; /* of each thread */
    double *memory;        /* of each thread */
    double distance[GROUPS + 1];
    gan_status status[GROUPS];
} jackknife;

static gan_status make_moments(gan_moments **out, const gan_reference *ref)
{
    gan_status status = gan_moments_create(out, ref->dimension, &ref->allocator);

    if (status == GAN_OK) gan__moments_begin(*out, ref->real.x);
    return status;
}

gan_status gan__reference_measure_moments(gan_reference *ref)
{
    gan_status status = GAN_OK;

    GAN_TRY(make_moments(&ref->moments, ref));
    GAN_TRY(gan_moments_add(ref->moments, ref->real.x, ref->real.n));

cleanup:
    return status;
}

static void add_group(void *context, size_t task, size_t worker)
{
    jackknife *j = context;
    const gan__set *set = j->set;
    const size_t first = task * set->n / j->n_groups, end = (task + 1) * set->n / j->n_groups;

    (void)worker;
    j->status[task] = gan_moments_add(j->group[task], set->x + first * set->dimension, end - first);
}

/* The distance without one group, and in the last task that of all. */
static void measure(void *context, size_t task, size_t worker)
{
    jackknife *j = context;
    const size_t numbers = gan__metrics_frechet_numbers(j->set->dimension);
    gan_moments *m = task < j->n_groups ? j->without[worker] : j->all;

    if (task < j->n_groups) gan__moments_combine(m, j->all, j->group[task], -1);
    j->distance[task] = gan__metrics_frechet(j->ref->moments, m, j->memory + worker * numbers);
}

static gan_status take_memory(jackknife *j, size_t n_threads)
{
    gan_status status = GAN_OK;
    const gan_reference *ref = j->ref;
    const size_t numbers = gan__metrics_frechet_numbers(ref->dimension);

    GAN_TRY(make_moments(&j->all, ref));
    for (size_t i = 0; i < j->n_groups; i++) GAN_TRY(make_moments(&j->group[i], ref));
    GAN_TRY(gan__alloc(&j->without, &ref->allocator, n_threads, sizeof *j->without));
    for (size_t i = 0; i < n_threads; i++) GAN_TRY(make_moments(&j->without[i], ref));
    GAN_TRY(gan__alloc(&j->memory, &ref->allocator, gan__size_mul(n_threads, numbers),
                       sizeof *j->memory));

cleanup:
    return status;
}

static void end_memory(jackknife *j, size_t n_threads)
{
    const gan_allocator *a = &j->ref->allocator;

    gan__free(a, j->memory);
    for (size_t i = 0; j->without && i < n_threads; i++) gan_moments_destroy(j->without[i]);
    gan__free(a, j->without);
    for (size_t i = 0; i < j->n_groups; i++) gan_moments_destroy(j->group[i]);
    gan_moments_destroy(j->all);
}

static void estimate(const jackknife *j, gan_estimate *of)
{
    const double g = (double)j->n_groups, all = j->distance[j->n_groups];
    double mean = 0, squares = 0, error;

    for (size_t i = 0; i < j->n_groups; i++) mean += j->distance[i] / g;
    for (size_t i = 0; i < j->n_groups; i++)
        squares += (j->distance[i] - mean) * (j->distance[i] - mean);
    error = sqrt(squares * (g - 1) / g);
    of[GAN__METRIC_frechet] = gan__estimate_mean(all, error, j->ref->quantile);
    of[GAN__METRIC_frechet_limit] =
        gan__estimate_mean(g * all - (g - 1) * mean, error, j->ref->quantile);
}

gan_status gan__reference_judge_frechet(const gan_reference *ref, const gan__view *view,
                                        gan_estimate *of)
{
    gan_status status = GAN_OK;
    const size_t n_threads = gan_pool_thread_count(ref->pool);
    jackknife j = {.ref = ref, .set = &view->set};

    j.n_groups = view->set.n < GROUPS ? view->set.n : GROUPS;
    GAN_TRY(take_memory(&j, n_threads));
    gan__pool_run(ref->pool, add_group, &j, j.n_groups);
    for (size_t i = 0; i < j.n_groups; i++) {
        GAN_TRY(j.status[i]);
        gan__moments_combine(j.all, j.all, j.group[i], 1);
    }
    gan__pool_run(ref->pool, measure, &j, j.n_groups + 1);
    estimate(&j, of);

cleanup:
    end_memory(&j, n_threads);
    return status;
}
