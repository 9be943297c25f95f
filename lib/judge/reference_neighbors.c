/* reference_neighbors.c - what nearest neighbours tell. */
#include "judge/reference_internal.h"

#include "base/status_internal.h"

#include <math.h>

double gan__reference_view_work(const gan_reference *ref, size_t n)
{
    return (double)n * ((double)n + 2 * (double)ref->real.n);
}

gan_status gan__reference_look(gan_reference *ref, gan__view *view)
{
    const size_t k = ref->desc.neighbors;
    const gan__scan within = {.from = &view->set, .to = &view->set, .k = k, .nearest = view->own};
    const gan__scan at_real = {.from = &view->set,
                               .to = &ref->real,
                               .k = 1,
                               .nearest = view->near,
                               .radius2 = ref->own + k - 1,
                               .stride = k,
                               .inside = view->inside,
                               .first = view->nearest};
    const gan__scan from_real = {.from = &ref->real,
                                 .to = &view->set,
                                 .k = 1,
                                 .nearest = view->real_near,
                                 .radius2 = view->own + k - 1,
                                 .stride = k,
                                 .inside = view->real_inside};
    gan_status status = GAN_OK;

    GAN_TRY(gan__reference_scan(ref, &within));
    GAN_TRY(gan__reference_scan(ref, &at_real));
    GAN_TRY(gan__reference_scan(ref, &from_real));

cleanup:
    return status;
}

/* ---- precision and recall, density and coverage ---- */

static size_t count_inside(const uint32_t *inside, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) count += inside[i] > 0;
    return count;
}

/* A ball has a sample of the set inside when the nearest is. */
static size_t count_covered(const gan_reference *ref, const gan__view *view)
{
    const size_t k = ref->desc.neighbors;
    size_t count = 0;

    for (size_t i = 0; i < ref->real.n; i++) {
        const double radius2 = ref->own[i * k + k - 1];

        count += ref->desc.inclusive ? view->real_near[i] <= radius2 : view->real_near[i] < radius2;
    }
    return count;
}

static gan_estimate density(const gan_reference *ref, const gan__view *view)
{
    const double n = (double)view->set.n, k = (double)ref->desc.neighbors;
    double sum = 0, squares = 0, mean;

    for (size_t i = 0; i < view->set.n; i++) {
        const double of_this = (double)view->inside[i] / k;

        sum += of_this;
        squares += of_this * of_this;
    }
    mean = sum / n;
    return gan__estimate_mean(mean, sqrt(fmax(0, squares / n - mean * mean) / (n - 1)),
                              ref->quantile);
}

/* ---- labels ---- */

static gan_estimate agreement(const gan_reference *ref, const gan__view *view)
{
    size_t count = 0;

    if (!ref->real.labels || !view->set.labels) return gan__estimate_unknown();
    for (size_t i = 0; i < view->set.n; i++)
        count += view->set.labels[i] == ref->real.labels[view->nearest[i]];
    return gan__estimate_share((double)count, view->set.n, ref->quantile);
}

void gan__reference_judge_neighbors(const gan_reference *ref, const gan__view *view,
                                    gan_estimate *of)
{
    const size_t n = view->set.n, n_real = ref->real.n;
    const double q = ref->quantile;

    of[GAN__METRIC_precision] = gan__estimate_share((double)count_inside(view->inside, n), n, q);
    of[GAN__METRIC_recall] =
        gan__estimate_share((double)count_inside(view->real_inside, n_real), n_real, q);
    of[GAN__METRIC_density] = density(ref, view);
    of[GAN__METRIC_coverage] = gan__estimate_share((double)count_covered(ref, view), n_real, q);
    of[GAN__METRIC_agreement] = agreement(ref, view);
}
