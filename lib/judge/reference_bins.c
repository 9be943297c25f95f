/* reference_bins.c - the shares of generated samples in bins and in classes.
 *
 * Bins are the cells of k-means on the real samples: each sample is in that of the nearest centre.
 * A generator that drops modes leaves bins empty, whether there are labels or not (Richardson and
 * Weiss, 2018).  Each step of k-means is a scan of all real samples against the centres. */
#include "judge/reference_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 30 };

/* A bin's share differs at the 5 % level of the test; a bin is missing at the 0.1 % level,
 * corrected for the number of bins. */
#define DIFFERENT 0.05
#define MISSING 0.001

/* ---- k-means ---- */

typedef struct search {
    gan_reference *ref;
    double *sums, *near;
    double *least; /* for each real sample the squared distance from the nearest centre so far */
    uint32_t *of, *before;
    uint64_t drawn;
} search;

static double draw(search *s)
{
    const uint64_t position = s->drawn++;

    return gan__rng_bits(s->ref->desc.seed, GAN__STREAM_BINS, position) / 4294967296.0;
}

static gan_status look_at(search *s, const gan__set *centres, uint32_t *of)
{
    const gan__scan look = {
        .from = &s->ref->real, .to = centres, .k = 1, .nearest = s->near, .first = of};
    gan_status status = gan__reference_measure_lengths(centres, "centre");

    return status == GAN_OK ? gan__reference_scan(s->ref, &look) : status;
}

/* The first sample at which the running sum of the squared distances exceeds a share of the
 * total. */
static size_t pick(const search *s, double share)
{
    double all = 0, sum = 0;
    size_t i = 0;

    for (size_t k = 0; k < s->ref->real.n; k++) all += s->least[k];
    while (i + 1 < s->ref->real.n && !((sum += s->least[i]) > share * all)) i++;
    return i;
}

/* k-means++: each further centre is a sample, likelier the farther it is from those so far (Arthur
 * and Vassilvitskii, 2007). */
static gan_status choose(search *s)
{
    gan_status status = GAN_OK;
    const size_t d = s->ref->dimension, n = s->ref->real.n;
    gan__set newest = s->ref->centres;

    for (size_t i = 0; i < n; i++) s->least[i] = 1;
    newest.n = 1;
    for (size_t b = 0; b < s->ref->centres.n; b++) {
        float *x = s->ref->centre_vectors + b * d;

        memcpy(x, s->ref->real.x + pick(s, draw(s)) * d, d * sizeof *x);
        newest.x = x;
        GAN_TRY(look_at(s, &newest, s->of));
        for (size_t i = 0; i < n; i++)
            if (b == 0 || s->near[i] < s->least[i]) s->least[i] = s->near[i];
    }

cleanup:
    return status;
}

/* Move each centre to the mean of its samples; one without samples stays. */
static void move(search *s)
{
    const gan__set *real = &s->ref->real;
    const size_t d = real->dimension;
    gan_reference_share *bins = s->ref->shares;

    memset(s->sums, 0, s->ref->centres.n * d * sizeof *s->sums);
    for (size_t b = 0; b < s->ref->centres.n; b++) bins[b].reference = 0;
    for (size_t i = 0; i < real->n; i++) {
        double *sum = s->sums + s->of[i] * d;

        bins[s->of[i]].reference++;
        for (size_t j = 0; j < d; j++) sum[j] += (double)real->x[i * d + j];
    }
    for (size_t b = 0; b < s->ref->centres.n; b++)
        for (size_t j = 0; bins[b].reference > 0 && j < d; j++)
            s->ref->centre_vectors[b * d + j] =
                (float)(s->sums[b * d + j] / (double)bins[b].reference);
}

static gan_status take_search(search *s)
{
    gan_status status = GAN_OK;
    gan_reference *ref = s->ref;
    const gan_allocator *a = &ref->allocator;
    const size_t n = ref->real.n, bins = ref->desc.n_bins, d = ref->dimension;

    GAN_TRY(
        gan__alloc(&ref->centre_vectors, a, gan__size_mul(bins, d), sizeof *ref->centre_vectors));
    ref->centres = (gan__set){.x = ref->centre_vectors, .n = bins, .dimension = d};
    GAN_TRY(gan__alloc(&ref->centres.length2, a, bins, sizeof *ref->centres.length2));
    GAN_TRY(gan__alloc(&s->sums, a, gan__size_mul(bins, d), sizeof *s->sums));
    GAN_TRY(gan__alloc(&s->near, a, n, sizeof *s->near));
    GAN_TRY(gan__alloc(&s->least, a, n, sizeof *s->least));
    GAN_TRY(gan__alloc(&s->of, a, n, sizeof *s->of));
    GAN_TRY(gan__alloc(&s->before, a, n, sizeof *s->before));

cleanup:
    return status;
}

double gan__reference_bins_work(const gan_reference *ref)
{
    return (double)ref->real.n * (double)ref->desc.n_bins * (ROUNDS + 2);
}

gan_status gan__reference_make_bins(gan_reference *ref)
{
    gan_status status = GAN_OK;
    search s = {.ref = ref};
    const gan_allocator *a = &ref->allocator;
    const size_t bytes = ref->real.n * sizeof *s.of;

    GAN_TRY(take_search(&s));
    GAN_TRY(choose(&s));
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(s.before, s.of, bytes);
        GAN_TRY(look_at(&s, &ref->centres, s.of));
        if (round > 0 && memcmp(s.before, s.of, bytes) == 0) break;
        move(&s);
    }
    /* The counts belong to the current centres. */
    GAN_TRY(look_at(&s, &ref->centres, s.of));
    for (size_t b = 0; b < ref->centres.n; b++) ref->shares[b].reference = 0;
    for (size_t i = 0; i < ref->real.n; i++) ref->shares[s.of[i]].reference++;

cleanup:
    gan__free(a, s.sums);
    gan__free(a, s.near);
    gan__free(a, s.least);
    gan__free(a, s.of);
    gan__free(a, s.before);
    return status;
}

/* ---- shares ---- */

/* z of the test that two shares are equal. */
static double two_proportions(size_t a, size_t n_a, size_t b, size_t n_b)
{
    const double n = (double)n_a, m = (double)n_b;
    const double p = ((double)a + (double)b) / (n + m);

    if (a + b == 0 || a + b == n_a + n_b) return 0;
    return ((double)a / n - (double)b / m) / sqrt(p * (1 - p) * (1 / n + 1 / m));
}

/* Test all shares: the number that differ, and the number that are missing.  Their standard errors
 * treat the shares as independent. */
static void test_shares(gan_reference_share *shares, size_t n_shares, size_t n_real, size_t n,
                        double quantile, gan_estimate *different, gan_estimate *missing)
{
    const double far = gan__estimate_quantile(1 - DIFFERENT);
    const double very_far = gan__estimate_quantile(1 - 2 * MISSING / (double)n_shares);
    gan_estimate *of[2] = {different, missing};
    double count[2] = {0, 0};

    for (size_t i = 0; i < n_shares; i++) {
        shares[i].z = two_proportions(shares[i].generated, n, shares[i].reference, n_real);
        count[0] += fabs(shares[i].z) > far;
        count[1] += shares[i].z < -very_far;
    }
    for (int i = 0; i < 2; i++) {
        const double all = (double)n_shares;
        gan_estimate e = gan__estimate_share(count[i], all, quantile);

        e.value = count[i]; /* exactly */
        e.error *= all;
        e.low *= all;
        e.high *= all;
        if (of[i]) *of[i] = e;
    }
}

static gan_status judge_bins(gan_reference *ref, const gan__view *view, gan_reference_share *bins,
                             gan_estimate *of)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &ref->allocator;
    gan__scan look = {.from = &view->set, .to = &ref->centres, .k = 1};

    GAN_TRY(gan__alloc(&look.nearest, a, view->set.n, sizeof *look.nearest));
    GAN_TRY(gan__alloc(&look.first, a, view->set.n, sizeof *look.first));
    GAN_TRY(gan__reference_scan(ref, &look));
    for (size_t b = 0; b < ref->centres.n; b++)
        bins[b] = (gan_reference_share){.reference = ref->shares[b].reference};
    for (size_t i = 0; i < view->set.n; i++) bins[look.first[i]].generated++;
    test_shares(bins, ref->centres.n, ref->real.n, view->set.n, ref->quantile,
                &of[GAN__METRIC_bins_different], &of[GAN__METRIC_bins_missing]);

cleanup:
    gan__free(a, look.nearest);
    gan__free(a, look.first);
    return status;
}

static void judge_classes(const gan_reference *ref, const gan__view *view,
                          gan_reference_share *classes, gan_estimate *of)
{
    const size_t n_classes = ref->desc.n_classes;

    for (size_t c = 0; c < n_classes; c++)
        classes[c] =
            (gan_reference_share){.reference = ref->shares[ref->desc.n_bins + c].reference};
    for (size_t i = 0; i < view->set.n; i++)
        classes[ref->real.labels[view->sight.nearest[i]]].generated++;
    test_shares(classes, n_classes, ref->real.n, view->set.n, ref->quantile, NULL,
                &of[GAN__METRIC_classes_missing]);
}

gan_status gan__reference_judge_shares(gan_reference *ref, const gan__view *view,
                                       gan_reference_share *shares, gan_estimate *of)
{
    if (ref->real.labels) judge_classes(ref, view, shares + ref->desc.n_bins, of);
    return judge_bins(ref, view, shares, of);
}
