/* reference_look.c - the scans that a comparison needs. */
#include "judge/reference_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

double gan__reference_look_work(const gan_reference *ref, size_t n)
{
    return (double)n * (double)(n + ref->real.n + ref->desc.n_bins);
}

gan_status gan__reference_look_real(gan_reference *ref)
{
    gan_status status = GAN_OK;
    const double n = (double)ref->real.n;
    gan__scan within = {.from = &ref->real,
                        .to = &ref->real,
                        .k = ref->desc.neighbors,
                        .nearest = ref->own,
                        .blocks = 1};

    GAN_TRY(gan__alloc(&within.kernel, &ref->allocator, ref->real.n, sizeof *within.kernel));
    GAN_TRY(gan__alloc(&within.first, &ref->allocator, ref->real.n, sizeof *within.first));
    GAN_TRY(gan__reference_scan(ref, &within));
    ref->kernel = 0;
    for (size_t i = 0; i < ref->real.n; i++) ref->kernel += within.kernel[i];
    ref->kernel /= n * (n - 1);
    /* Here, too, a sample's class is its nearest neighbour's, not its label: its errors are biased,
     * and the bias is then the same on both sides. */
    for (size_t i = 0; ref->real.labels && i < ref->real.n; i++)
        ref->shares[ref->desc.n_bins + ref->real.labels[within.first[i]]].reference++;

cleanup:
    gan__free(&ref->allocator, within.first);
    gan__free(&ref->allocator, within.kernel);
    return status;
}

gan_status gan__reference_look_at_real(gan_reference *ref, const gan__set *set, gan__sight *sight)
{
    const size_t k = ref->desc.neighbors;
    const gan__scan at_real = {.from = set,
                               .to = &ref->real,
                               .k = 1,
                               .nearest = sight->near,
                               .first = sight->nearest,
                               .radius2 = ref->own + k - 1,
                               .stride = k,
                               .inside = sight->inside,
                               .kernel = sight->kernel,
                               .blocks = 1};

    return gan__reference_scan(ref, &at_real);
}

gan_status gan__reference_look_back(gan_reference *ref, gan__view *view)
{
    const size_t k = ref->desc.neighbors;
    const gan__scan within = {.from = &view->set,
                              .to = &view->set,
                              .k = k,
                              .nearest = view->own,
                              .kernel = view->kernel,
                              .blocks = view->blocks};
    const gan__scan from_real = {.from = &ref->real,
                                 .to = &view->set,
                                 .k = 1,
                                 .nearest = view->real_near,
                                 .radius2 = view->own + k - 1,
                                 .stride = k,
                                 .inside = view->real_inside};
    gan_status status = GAN_OK;

    GAN_TRY(gan__reference_scan(ref, &within));
    GAN_TRY(gan__reference_scan(ref, &from_real));

cleanup:
    return status;
}
