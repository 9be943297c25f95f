/* reference_scan.c - which vectors are near which, by matrix products.
 *
 * The squared distances |x|^2 + |y|^2 - 2 x.y of all pairs are a matrix product, and as fast as
 * one.  They are inaccurate where x and y are near each other: the rounding error is as large as
 * for any other pair, and may exceed the distance.  So products only rule pairs out.  The rounding
 * error is bounded, and
 *
 *     |x|^2 + |y|^2 - 2 x.y - bound  >  the largest distance of interest
 *
 * excludes nearly all pairs; for those that are left, the distance is computed in double from the
 * differences.  Only these are counted and returned, so results don't depend on the products'
 * loops, nor on how the work is divided.
 *
 *                       to: columns, CHUNK at a time, packed once for all rows
 *                       +---------------+---------------+----
 *     from: ROWS a task | products -> a few distances   |
 *                       +---------------+---------------+----
 *                       |               |               |
 *
 * A row belongs to one task, which processes the columns in order. */
#include "judge/reference_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "math/kernels_internal.h"
#include "math/pool_internal.h"

#include <float.h>
#include <math.h>

enum {
    ROWS = GAN__SCAN_ROWS,
    CHUNK = GAN__SCAN_COLUMNS,
    GROUP = 16, /* columns that are tested together */
};

/* ---- distances ---- */

/* Four sums side by side, which a CPU adds in parallel. */
static double distance2(const float *x, const float *y, size_t n)
{
    double sums[4] = {0, 0, 0, 0};
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++) {
            const double way = (double)x[i + k] - (double)y[i + k];

            sums[k] += way * way;
        }
    for (; i < n; i++) sums[0] += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

gan_status gan__reference_measure_lengths(const gan__set *set, const char *name)
{
    const size_t d = set->dimension;

    for (size_t i = 0; i < set->n; i++) {
        double sum = 0;

        for (size_t j = 0; j < d; j++) sum += (double)set->x[i * d + j] * (double)set->x[i * d + j];
        /* Four squared lengths are added up in floats; NaN fails, too. */
        if (!(sum < (double)FLT_MAX / 8))
            return gan__fail(GAN_ERR_NONFINITE,
                             "reference: %s vector %zu has the length %g, below %g expected", name,
                             i, sqrt(sum), sqrt((double)FLT_MAX / 8));
        set->length2[i] = (float)sum;
    }
    return GAN_OK;
}

/* ---- what products rule out ---- */

/* The number as a float, rounded up. */
static float at_least(double x)
{
    const float f = (float)x;

    return (double)f < x ? nextafterf(f, INFINITY) : f;
}

/* The bound of the rounding error relative to |x|^2 + |y|^2: that of 2 x.y, summed in d steps, of
 * these lengths and of the sum.  For underflow, where relative bounds fail, see `low` in
 * scan_row(). */
static float bound_of(size_t d)
{
    return (float)(d + 16) * FLT_EPSILON / 2;
}

typedef struct row {
    const gan__scan *scan;
    size_t i;
    double *nearest; /* the k nearest so far */
    float limit;     /* the k-th, rounded up */
} row;

static void insert(row *r, size_t j, double d2)
{
    size_t at = r->scan->k - 1;

    if (r->scan->first && d2 < r->nearest[0]) r->scan->first[r->i] = (uint32_t)j;
    for (; at > 0 && r->nearest[at - 1] > d2; at--) r->nearest[at] = r->nearest[at - 1];
    r->nearest[at] = d2;
    r->limit = at_least(r->nearest[r->scan->k - 1]);
}

/* Process a pair that the products have not ruled out. */
static void look(row *r, size_t j, int inclusive)
{
    const gan__scan *s = r->scan;
    const size_t d = s->from->dimension;
    double d2;

    if (s->from == s->to && r->i == j) return;
    d2 = distance2(s->from->x + r->i * d, s->to->x + j * d, d);
    if (d2 < r->nearest[s->k - 1]) insert(r, j, d2);
    if (s->radius2) {
        const double radius2 = s->radius2[j * s->stride];

        s->inside[r->i] += inclusive ? d2 <= radius2 : d2 < radius2;
    }
}

/* ---- the kernel ---- */

/* The sum of (x.y / d + 1)^3 over columns, two sums side by side. */
static double kernel_sum(const float *products, size_t n, double scale)
{
    double sums[2] = {0, 0};
    size_t i = 0;

    for (; i + 2 <= n; i += 2)
        for (size_t k = 0; k < 2; k++) {
            const double t = (double)products[i + k] * scale + 1;

            sums[k] += t * t * t;
        }
    for (; i < n; i++) {
        const double t = (double)products[i] * scale + 1;

        sums[0] += t * t * t;
    }
    return sums[0] + sums[1];
}

/* Add the columns of one chunk to the sums of their blocks, but not a vector with itself. */
static void add_kernel(const gan__scan *s, size_t i, size_t begin, size_t n, const float *products)
{
    const double scale = 1 / (double)s->from->dimension;
    double *sums = s->kernel + i * s->blocks;

    for (size_t b = 0; b < s->blocks; b++) {
        size_t first = b * s->to->n / s->blocks, end = (b + 1) * s->to->n / s->blocks;

        if (first < begin) first = begin;
        if (end > begin + n) end = begin + n;
        if (first < end) sums[b] += kernel_sum(products + (first - begin), end - first, scale);
        if (s->from == s->to && first <= i && i < end)
            sums[b] -= kernel_sum(products + (i - begin), 1, scale);
    }
}

/* ---- the work ---- */

typedef struct job {
    const gan_reference *ref;
    const gan__scan *scan;
    size_t begin, n; /* columns */
} job;

static void scan_row(const job *j, size_t i, const float *products)
{
    const gan__scan *s = j->scan;
    const float shrink = 1 - bound_of(s->from->dimension);
    /* What underflow can lose of the products is far below FLT_MIN. */
    const float low = s->from->length2[i] * shrink - FLT_MIN;
    const float *length2 = s->to->length2 + j->begin, *limits = j->ref->limits;
    row r = {.scan = s, .i = i, .nearest = s->nearest + i * s->k};

    r.limit = at_least(r.nearest[s->k - 1]);
    for (size_t at = 0; at < j->n; at += GROUP) {
        const size_t end = at + GROUP < j->n ? at + GROUP : j->n;
        int any = 0;

        for (size_t c = at; c < end; c++) {
            const float d2 = low + length2[c] * shrink - 2 * products[c];

            any |= (d2 <= r.limit) | (d2 <= limits[c]);
        }
        for (size_t c = at; any && c < end; c++) {
            const float d2 = low + length2[c] * shrink - 2 * products[c];

            if (d2 <= r.limit || d2 <= limits[c]) look(&r, j->begin + c, j->ref->desc.inclusive);
        }
    }
}

static void scan_rows(void *context, size_t task, size_t worker)
{
    const job *j = context;
    const gan__set *from = j->scan->from;
    const size_t first = task * ROWS, left = from->n - first, n = left < ROWS ? left : ROWS;
    float *products = j->ref->tiles + worker * ROWS * CHUNK;

    gan__kernels_linear_packed(n, from->dimension, j->n, from->x + first * from->dimension,
                               j->ref->packed, NULL, products);
    for (size_t i = 0; i < n; i++) {
        scan_row(j, first + i, products + i * j->n);
        if (j->scan->kernel) add_kernel(j->scan, first + i, j->begin, j->n, products + i * j->n);
    }
}

static gan_status go_on(gan_reference *ref, double work)
{
    const gan_reference_desc *desc = &ref->desc;
    double done;

    ref->work_done += work;
    done = ref->work > 0 ? fmin(1, ref->work_done / ref->work) : 1;
    if (desc->progress && desc->progress(desc->progress_user, done) != 0)
        return gan__fail(GAN_ERR_CANCELLED, "reference: stopped by the host at %.0f %%",
                         100 * done);
    return GAN_OK;
}

gan_status gan__reference_scan(gan_reference *ref, const gan__scan *s)
{
    const size_t tasks = (s->from->n + ROWS - 1) / ROWS;
    job j = {.ref = ref, .scan = s};
    gan_status status = GAN_OK;

    for (size_t i = 0; i < s->from->n * s->k; i++) s->nearest[i] = (double)INFINITY;
    for (size_t i = 0; s->radius2 && i < s->from->n; i++) s->inside[i] = 0;
    for (size_t i = 0; s->kernel && i < s->from->n * s->blocks; i++) s->kernel[i] = 0;
    for (; status == GAN_OK && j.begin < s->to->n; j.begin += CHUNK) {
        j.n = s->to->n - j.begin < CHUNK ? s->to->n - j.begin : CHUNK;
        for (size_t c = 0; c < j.n; c++)
            ref->limits[c] =
                s->radius2 ? at_least(s->radius2[(j.begin + c) * s->stride]) : -FLT_MAX;
        gan__kernels_pack(s->to->dimension, j.n, s->to->x + j.begin * s->to->dimension,
                          ref->packed);
        gan__pool_run(ref->pool, scan_rows, &j, tasks);
        status = go_on(ref, (double)s->from->n * (double)j.n);
    }
    return status;
}
