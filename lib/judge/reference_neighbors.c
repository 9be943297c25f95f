/* reference_neighbors.c - metrics of nearest neighbours. */
#include "judge/reference_internal.h"

#include <math.h>

/* ---- precision and recall, density and coverage ---- */

static size_t count_inside(const uint32_t *inside, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) count += inside[i] > 0;
    return count;
}

/* A ball contains a sample of the set if it contains the nearest one. */
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
        const double of_this = (double)view->sight.inside[i] / k;

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
        count += view->set.labels[i] == ref->real.labels[view->sight.nearest[i]];
    return gan__estimate_share((double)count, (double)view->set.n, ref->quantile);
}

void gan__reference_judge_neighbors(const gan_reference *ref, const gan__view *view,
                                    gan_estimate *of)
{
    const size_t n = view->set.n, n_real = ref->real.n;
    const double q = ref->quantile;

    of[GAN__METRIC_precision] =
        gan__estimate_share((double)count_inside(view->sight.inside, n), (double)n, q);
    of[GAN__METRIC_recall] =
        gan__estimate_share((double)count_inside(view->real_inside, n_real), (double)n_real, q);
    of[GAN__METRIC_density] = density(ref, view);
    of[GAN__METRIC_coverage] =
        gan__estimate_share((double)count_covered(ref, view), (double)n_real, q);
    of[GAN__METRIC_agreement] = agreement(ref, view);
}
