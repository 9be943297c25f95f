/* reference_copies.c - distances of nearest neighbours: copies of real samples, and near duplicates
 * among generated ones. */
#include "judge/reference_internal.h"

#include "base/alloc_internal.h"
#include "base/sort_internal.h"
#include "base/status_internal.h"

#include <math.h>

/* ---- sorted distances ---- */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Take every `step`-th of n squared distances, as distances, and sort them; return how many they
 * are. */
static size_t sort_distances(double *out, const double *squares, size_t n, size_t step)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i += step) out[count++] = sqrt(squares[i]);
    gan__sort(out, count, sizeof *out, ascending);
    return count;
}

static double median_of(const double *sorted, size_t n)
{
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

gan_status gan__reference_sort_real(gan_reference *ref)
{
    gan_status status = GAN_OK;
    const size_t n = ref->real.n, n_held = ref->held_out.n;
    double *sorted = NULL;

    GAN_TRY(gan__alloc(&sorted, &ref->allocator, n, sizeof *sorted));
    sort_distances(sorted, ref->own, n * ref->desc.neighbors, ref->desc.neighbors);
    ref->own_median = median_of(sorted, n);
    if (n_held == 0) goto cleanup;
    GAN_TRY(gan__alloc(&ref->held_near, &ref->allocator, gan__size_mul(n_held, 2),
                       sizeof *ref->held_near));
    sort_distances(ref->held_near, ref->held_sight.near, n_held, 1);
    /* The half at even indices, then the other. */
    sort_distances(ref->held_near + n_held, ref->held_sight.near, n_held, 2);
    sort_distances(ref->held_near + n_held + (n_held + 1) / 2, ref->held_sight.near + 1, n_held - 1,
                   2);

cleanup:
    gan__free(&ref->allocator, sorted);
    return status;
}

/* ---- copies of real samples ---- */

/* The median of some distances, divided by that of others.  Its interval is that of the sorted
 * values between which the median of what they were drawn from lies, whatever its distribution. */
static gan_estimate median_ratio(const double *near, size_t n, double unit, double quantile)
{
    const double spread = (double)n - quantile * sqrt((double)n);
    const size_t first = spread > 0 ? (size_t)(spread / 2) : 0, last = n - 1 - first;
    gan_estimate e = gan__estimate_unknown();

    if (!(unit > 0)) return e;
    e.value = median_of(near, n) / unit;
    e.low = near[first] / unit;
    e.high = near[last] / unit;
    e.error = (e.high - e.low) / (2 * quantile);
    return e;
}

/* z of the Mann-Whitney test that distances have the same distribution as others; below 0 when they
 * are smaller.  Both are sorted; ties count half. */
static double mann_whitney(const double *near, size_t n, const double *others, size_t m)
{
    const double pairs = (double)n * (double)m, all = (double)(n + m);
    double above = 0, ties = 0;

    for (size_t i = 0, j = 0; i < n || j < m;) {
        const double x = j == m || (i < n && near[i] <= others[j]) ? near[i] : others[j];
        size_t a = 0, b = 0;

        for (; i < n && near[i] == x; i++) a++;
        for (; j < m && others[j] == x; j++) b++;
        above += (double)a * ((double)(j - b) + (double)b / 2);
        ties += pow((double)(a + b), 3) - (double)(a + b);
    }
    return (above - pairs / 2) / sqrt(pairs / 12 * (all + 1 - ties / (all * (all - 1))));
}

static void judge_copying(const gan_reference *ref, const double *near, size_t n,
                          const double *held, size_t n_held, gan_estimate *of)
{
    of[GAN__METRIC_nn_ratio] = median_ratio(near, n, median_of(held, n_held), ref->quantile);
    of[GAN__METRIC_copying] =
        gan__estimate_mean(mann_whitney(near, n, held, n_held), 1, ref->quantile);
}

/* ---- whose neighbours they are ---- */

/* The share of a set's vectors that are nearer to another of the set than to any of another set;
 * ties count half.  `own` has `stride` numbers for each. */
static gan_estimate share_of_own(const double *own, size_t stride, const double *other, size_t n,
                                 double quantile)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += own[i * stride] < other[i] ? 1 : own[i * stride] == other[i] ? 0.5 : 0;
    return gan__estimate_share(sum, (double)n, quantile);
}

/* Copies come in pairs, so only half as many samples are independent. */
static gan_estimate duplicates(const gan_reference *ref, const gan__view *view)
{
    size_t count = 0;

    for (size_t i = 0; i < view->set.n; i++)
        count += sqrt(view->own[i * ref->desc.neighbors]) < ref->own_median / 2;
    return gan__estimate_share((double)count / 2, (double)view->set.n / 2, ref->quantile);
}

gan_status gan__reference_judge_copies(const gan_reference *ref, const gan__view *view,
                                       gan_estimate *of)
{
    gan_status status = GAN_OK;
    const size_t n = view->set.n, n_held = ref->held_out.n, k = ref->desc.neighbors;
    const size_t half = (n_held + 1) / 2;
    double *near = NULL;

    of[GAN__METRIC_nn_real] =
        share_of_own(ref->own, k, view->real_near, ref->real.n, ref->quantile);
    of[GAN__METRIC_nn_generated] = share_of_own(view->own, k, view->sight.near, n, ref->quantile);
    of[GAN__METRIC_duplicates] = duplicates(ref, view);
    if (n_held == 0) return GAN_OK;
    if (view->held_out) {
        const double *first = ref->held_near + n_held;

        judge_copying(ref, first, half, first + half, n_held - half, of);
        return GAN_OK;
    }
    GAN_TRY(gan__alloc(&near, &ref->allocator, n, sizeof *near));
    sort_distances(near, view->sight.near, n, 1);
    judge_copying(ref, near, n, ref->held_near, n_held, of);

cleanup:
    gan__free(&ref->allocator, near);
    return status;
}
