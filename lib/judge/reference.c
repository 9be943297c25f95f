/* reference.c - real samples that generated ones are compared with. */
#include "judge/reference_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "math/kernels_internal.h"
#include "math/pool_internal.h"

#include <string.h>

enum {
    USUAL_NEIGHBORS = 5,
    MOST_NEIGHBORS = 64,
    MORE = 3, /* vectors that a set must have beyond the neighbours */
    USUAL_BINS = 50,
    BIN_SAMPLES = 10, /* real samples that a bin has at least on average, by default */
    MOST_BINS = 1024,
    MOST_DIMENSIONS = 65535,
    MOST_VECTORS = GAN__SCAN_ROWS * GAN__POOL_MAX_TASKS,
};

GAN__DEFINE_INIT(gan_reference_desc_init, gan_reference_desc, GAN_REFERENCE_DESC_INIT)
GAN__DEFINE_INIT(gan_comparison_init, gan_comparison, GAN_COMPARISON_INIT)

/* ---- making one ---- */

static gan_status read_desc(gan_reference_desc *d, gan_allocator *a, const gan_reference_desc *desc)
{
    gan_status status = GAN_OK;

    gan_reference_desc_init(d, sizeof *d);
    GAN_TRY(gan__desc_read(d, sizeof *d, sizeof *d, desc, "reference desc"));
    GAN_TRY(gan__alloc_init(a, d->allocator));
    if (d->neighbors == 0) d->neighbors = USUAL_NEIGHBORS;
    if (d->neighbors > MOST_NEIGHBORS)
        GAN_FAIL(GAN_ERR_INVALID, "reference: neighbors of 1 to %d expected, got %zu",
                 MOST_NEIGHBORS, d->neighbors);
    if (d->confidence == 0) d->confidence = 0.95;
    if (!(d->confidence > 0 && d->confidence < 1))
        GAN_FAIL(GAN_ERR_INVALID, "reference: a confidence above 0 and below 1 expected, got %g",
                 d->confidence);
    if (!d->held_out) d->n_held_out = 0;
    if (!d->labels) d->n_classes = 0;
    if (d->labels && (d->n_classes == 0 || d->n_classes > GAN__MOST_CLASSES))
        GAN_FAIL(GAN_ERR_INVALID, "reference: n_classes of 1 to %d expected with labels, got %zu",
                 GAN__MOST_CLASSES, d->n_classes);
    if (d->held_out_labels && !(d->labels && d->held_out))
        GAN_FAIL(GAN_ERR_INVALID, "reference: held_out_labels expects labels and held_out");

cleanup:
    return status;
}

static gan_status set_bins(gan_reference_desc *d, size_t n)
{
    if (d->n_bins == 0) {
        d->n_bins = n / BIN_SAMPLES < USUAL_BINS ? n / BIN_SAMPLES : USUAL_BINS;
        if (d->n_bins < 2) d->n_bins = 2;
    }
    if (d->n_bins < 2 || d->n_bins > MOST_BINS || d->n_bins > n)
        return gan__fail(GAN_ERR_INVALID,
                         "reference: 2 to %d bins, and no more than %zu vectors, expected, got %zu",
                         MOST_BINS, n, d->n_bins);
    return GAN_OK;
}

/* Check that a set has enough vectors for the neighbours of each. */
static gan_status check_count(const gan_reference_desc *d, const float *vectors, size_t n,
                              const char *name)
{
    if (!vectors) return gan__fail(GAN_ERR_INVALID, "reference: %s vectors are NULL", name);
    if (n < d->neighbors + MORE || n > MOST_VECTORS)
        return gan__fail(GAN_ERR_INVALID,
                         "reference: %zu to %d %s vectors expected for %zu neighbors, got %zu",
                         d->neighbors + MORE, MOST_VECTORS, name, d->neighbors, n);
    return GAN_OK;
}

static gan_status check_labels(const gan_reference_desc *d, const uint16_t *labels, size_t n,
                               const char *name)
{
    for (size_t i = 0; labels && i < n; i++)
        if (labels[i] >= d->n_classes)
            return gan__fail(GAN_ERR_INVALID,
                             "reference: label %zu of the %s samples is %u, there are %zu classes",
                             i, name, labels[i], d->n_classes);
    return GAN_OK;
}

static void end_sight(const gan_allocator *a, gan__sight *s)
{
    gan__free(a, s->near);
    gan__free(a, s->nearest);
    gan__free(a, s->inside);
    gan__free(a, s->kernel);
}

static gan_status take_sight(const gan_allocator *a, gan__sight *s, size_t n)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__alloc(&s->near, a, n, sizeof *s->near));
    GAN_TRY(gan__alloc(&s->nearest, a, n, sizeof *s->nearest));
    GAN_TRY(gan__alloc(&s->inside, a, n, sizeof *s->inside));
    GAN_TRY(gan__alloc(&s->kernel, a, n, sizeof *s->kernel));

cleanup:
    return status;
}

static size_t share_count(const gan_reference *ref)
{
    return ref->desc.n_bins + ref->desc.n_classes;
}

/* The working memory of comparisons. */
static gan_status take_memory(gan_reference *ref)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &ref->allocator;
    const size_t d = ref->dimension, n = ref->real.n + ref->held_out.n;

    if (!ref->desc.pool) GAN_TRY(gan_pool_create(&ref->own_pool, ref->desc.n_threads, a));
    ref->pool = ref->desc.pool ? ref->desc.pool : ref->own_pool;
    GAN_TRY(gan__alloc(&ref->packed, a, gan__kernels_packed_size(d, GAN__SCAN_COLUMNS),
                       sizeof *ref->packed));
    GAN_TRY(gan__alloc(&ref->tiles, a, gan_pool_thread_count(ref->pool),
                       GAN__SCAN_ROWS * GAN__SCAN_COLUMNS * sizeof *ref->tiles));
    GAN_TRY(gan__alloc(&ref->limits, a, GAN__SCAN_COLUMNS, sizeof *ref->limits));
    GAN_TRY(gan__alloc(&ref->vectors, a, gan__size_mul(n, d), sizeof *ref->vectors));
    GAN_TRY(gan__alloc(&ref->lengths, a, n, sizeof *ref->lengths));
    if (ref->desc.labels) GAN_TRY(gan__alloc(&ref->labels, a, n, sizeof *ref->labels));
    GAN_TRY(gan__alloc(&ref->shares, a, share_count(ref), sizeof *ref->shares));
    GAN_TRY(gan__alloc(&ref->own, a, gan__size_mul(ref->real.n, ref->desc.neighbors),
                       sizeof *ref->own));
    if (ref->held_out.n > 0) GAN_TRY(take_sight(a, &ref->held_sight, ref->held_out.n));

cleanup:
    return status;
}

/* Copy a host's samples to index `first` of the reference's. */
static void copy_set(gan_reference *ref, gan__set *set, size_t first, const float *vectors,
                     const uint16_t *labels)
{
    const size_t d = ref->dimension;

    memcpy(ref->vectors + first * d, vectors, set->n * d * sizeof *vectors);
    if (labels) memcpy(ref->labels + first, labels, set->n * sizeof *labels);
    set->x = ref->vectors + first * d;
    set->dimension = d;
    set->length2 = ref->lengths + first;
    set->labels = labels ? ref->labels + first : NULL;
}

static gan_status copy_samples(gan_reference *ref, const float *vectors)
{
    gan_status status = GAN_OK;
    gan_reference_desc *d = &ref->desc;

    copy_set(ref, &ref->real, 0, vectors, d->labels);
    GAN_TRY(gan__reference_measure_lengths(&ref->real, "real"));
    if (d->held_out) {
        copy_set(ref, &ref->held_out, ref->real.n, d->held_out, d->held_out_labels);
        GAN_TRY(gan__reference_measure_lengths(&ref->held_out, "held-out"));
    }

cleanup:
    d->held_out = NULL; /* the host's */
    d->labels = d->held_out_labels = NULL;
    return status;
}

/* What is computed from the real samples once. */
static gan_status look_at_real(gan_reference *ref)
{
    gan__visit visit;
    gan_status status = gan__pool_enter(ref->pool, &visit);

    if (status != GAN_OK) return status;
    ref->work = gan__reference_bins_work(ref) +
                (double)(ref->real.n + ref->held_out.n) * (double)ref->real.n;
    ref->work_done = 0;
    status = gan__reference_make_bins(ref);
    ref->work_done = gan__reference_bins_work(ref); /* some of which was not needed */
    if (status == GAN_OK) status = gan__reference_look_real(ref);
    if (status == GAN_OK && ref->held_out.n > 0)
        status = gan__reference_look_at_real(ref, &ref->held_out, &ref->held_sight);
    gan__pool_leave(&visit);
    return status;
}

gan_status gan_reference_create(gan_reference **out, const float *vectors, size_t n,
                                size_t dimension, const gan_reference_desc *desc)
{
    gan_status status = GAN_OK;
    gan_reference *ref = NULL;
    gan_reference_desc settings;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "reference: out is NULL");
    *out = NULL;
    GAN_TRY(read_desc(&settings, &a, desc));
    if (dimension == 0 || dimension > MOST_DIMENSIONS)
        GAN_FAIL(GAN_ERR_INVALID, "reference: a dimension of 1 to %d expected, got %zu",
                 MOST_DIMENSIONS, dimension);
    GAN_TRY(check_count(&settings, vectors, n, "real"));
    if (settings.held_out)
        GAN_TRY(check_count(&settings, settings.held_out, settings.n_held_out, "held-out"));
    GAN_TRY(set_bins(&settings, n));
    GAN_TRY(check_labels(&settings, settings.labels, n, "real"));
    GAN_TRY(check_labels(&settings, settings.held_out_labels, settings.n_held_out, "held-out"));
    GAN_TRY(gan__alloc(&ref, &a, 1, sizeof *ref));
    ref->allocator = a;
    ref->desc = settings;
    ref->desc.allocator = &ref->allocator;
    ref->dimension = dimension;
    ref->real.n = n;
    ref->held_out.n = settings.n_held_out;
    for (size_t i = 0; i < GAN__N_METRICS; i++) ref->floor[i] = gan__estimate_unknown();
    ref->quantile = gan__estimate_quantile(settings.confidence);
    GAN_TRY(take_memory(ref));
    GAN_TRY(copy_samples(ref, vectors));
    GAN_TRY(look_at_real(ref));
    GAN_TRY(gan__reference_sort_real(ref));
    if (!ref->desc.skip_frechet) GAN_TRY(gan__reference_measure_moments(ref));
    *out = ref;
    ref = NULL;

cleanup:
    gan_reference_destroy(ref);
    return status;
}

void gan_reference_destroy(gan_reference *ref)
{
    if (!ref) return;
    const gan_allocator a = ref->allocator;

    end_sight(&a, &ref->held_sight);
    gan_moments_destroy(ref->moments);
    gan__free(&a, ref->held_near);
    gan__free(&a, ref->shares);
    gan__free(&a, ref->centres.length2);
    gan__free(&a, ref->centre_vectors);
    gan__free(&a, ref->own);
    gan__free(&a, ref->lengths);
    gan__free(&a, ref->labels);
    gan__free(&a, ref->vectors);
    gan__free(&a, ref->limits);
    gan__free(&a, ref->tiles);
    gan__free(&a, ref->packed);
    gan_pool_destroy(ref->own_pool);
    gan__free(&a, ref);
}

/* ---- comparing ---- */

static void end_view(const gan_reference *ref, gan__view *v)
{
    const gan_allocator *a = &ref->allocator;

    gan__free(a, v->own);
    gan__free(a, v->kernel);
    gan__free(a, v->real_near);
    gan__free(a, v->real_inside);
}

static gan_status take_view(const gan_reference *ref, gan__view *v)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &ref->allocator;
    const size_t n = v->set.n, n_real = ref->real.n;

    v->blocks = n < GAN__KID_BLOCKS ? n : GAN__KID_BLOCKS;
    GAN_TRY(gan__alloc(&v->own, a, gan__size_mul(n, ref->desc.neighbors), sizeof *v->own));
    GAN_TRY(gan__alloc(&v->kernel, a, gan__size_mul(n, v->blocks), sizeof *v->kernel));
    GAN_TRY(gan__alloc(&v->real_near, a, n_real, sizeof *v->real_near));
    GAN_TRY(gan__alloc(&v->real_inside, a, n_real, sizeof *v->real_inside));

cleanup:
    return status;
}

/* All metrics of a set that was compared with the real samples, without floors. */
static gan_status judge(gan_reference *ref, const gan__set *set, const gan__sight *sight,
                        gan_reference_share *shares, gan_estimate *of)
{
    gan_status status = GAN_OK;
    gan__view view = {.set = *set, .sight = *sight, .held_out = sight == &ref->held_sight};

    for (size_t i = 0; i < GAN__N_METRICS; i++) of[i] = gan__estimate_unknown();
    GAN_TRY(take_view(ref, &view));
    GAN_TRY(gan__reference_look_back(ref, &view));
    gan__reference_judge_neighbors(ref, &view, of);
    gan__reference_judge_kid(ref, &view, of);
    GAN_TRY(gan__reference_judge_copies(ref, &view, of));
    GAN_TRY(gan__reference_judge_shares(ref, &view, shares, of));
    if (ref->moments) GAN_TRY(gan__reference_judge_frechet(ref, &view, of));

cleanup:
    end_view(ref, &view);
    return status;
}

static gan_status judge_generated(gan_reference *ref, const gan__set *generated,
                                  gan_reference_share *shares, gan_estimate *of)
{
    gan_status status = GAN_OK;
    gan__set set = *generated;
    gan__sight sight = {0};

    GAN_TRY(gan__alloc(&set.length2, &ref->allocator, set.n, sizeof *set.length2));
    GAN_TRY(take_sight(&ref->allocator, &sight, set.n));
    GAN_TRY(gan__reference_measure_lengths(&set, "generated"));
    GAN_TRY(gan__reference_look_at_real(ref, &set, &sight));
    GAN_TRY(judge(ref, &set, &sight, shares, of));

cleanup:
    end_sight(&ref->allocator, &sight);
    gan__free(&ref->allocator, set.length2);
    return status;
}

/* Compute the floors from as many held-out vectors as are generated, unless they are those of the
 * previous comparison. */
static gan_status judge_floor(gan_reference *ref, size_t n)
{
    gan_status status = GAN_OK;
    gan_estimate of[GAN__N_METRICS];
    gan_reference_share *shares = NULL;
    gan__set first = ref->held_out;

    if (n == ref->n_floor) return GAN_OK;
    first.n = n;
    GAN_TRY(gan__alloc(&shares, &ref->allocator, share_count(ref), sizeof *shares));
    GAN_TRY(judge(ref, &first, &ref->held_sight, shares, of));
    memcpy(ref->floor, of, sizeof of);
    ref->n_floor = n;

cleanup:
    gan__free(&ref->allocator, shares);
    return status;
}

static size_t floor_count(const gan_reference *ref, size_t n)
{
    return n < ref->held_out.n ? n : ref->held_out.n;
}

static void fill_record(gan_comparison *c, const gan_reference *ref, size_t n,
                        const gan_estimate *of)
{
    c->n_reference = ref->real.n;
    c->n_generated = n;
    c->n_floor = ref->n_floor;
    c->dimension = ref->dimension;
    c->neighbors = ref->desc.neighbors;
#define FILL(name)                                                                                 \
    c->name = of[GAN__METRIC_##name];                                                              \
    c->name.floor = ref->floor[GAN__METRIC_##name].value;                                          \
    c->name.floor_error = ref->floor[GAN__METRIC_##name].error;
    GAN__METRICS(FILL)
#undef FILL
}

static gan_status compare(gan_reference *ref, const gan__set *set, gan_estimate *of)
{
    gan_status status = GAN_OK;
    gan_reference_share *shares = NULL;
    const size_t n_floor = floor_count(ref, set->n);

    GAN_TRY(gan__alloc(&shares, &ref->allocator, share_count(ref), sizeof *shares));
    ref->work = gan__reference_look_work(ref, set->n) + (double)set->n * (double)ref->real.n;
    ref->work_done = 0;
    if (n_floor && n_floor != ref->n_floor) ref->work += gan__reference_look_work(ref, n_floor);
    GAN_TRY(judge_generated(ref, set, shares, of));
    if (n_floor) GAN_TRY(judge_floor(ref, n_floor));
    memcpy(ref->shares, shares, share_count(ref) * sizeof *shares);

cleanup:
    gan__free(&ref->allocator, shares);
    return status;
}

static gan_status check_call(const gan_reference *ref, const float *vectors, const uint16_t *labels,
                             size_t n, const gan_comparison *comparison)
{
    gan_status status = GAN_OK;

    if (!ref || !comparison)
        return gan__fail(GAN_ERR_INVALID, "reference: %s is NULL", ref ? "comparison" : "it");
    GAN_TRY(gan__record_check(comparison, "comparison"));
    GAN_TRY(check_count(&ref->desc, vectors, n, "generated"));
    if (labels && !ref->real.labels)
        GAN_FAIL(GAN_ERR_INVALID, "reference: generated samples have labels, real ones have none");
    GAN_TRY(check_labels(&ref->desc, labels, n, "generated"));

cleanup:
    return status;
}

gan_status gan_reference_compare(gan_reference *ref, const float *vectors, const uint16_t *labels,
                                 size_t n, gan_comparison *comparison)
{
    gan_status status = check_call(ref, vectors, labels, n, comparison);
    gan__set set = {.x = vectors, .n = n, .labels = labels};
    gan_estimate of[GAN__N_METRICS];
    gan_comparison c;
    gan__visit visit;

    if (status == GAN_OK) status = gan__busy_enter(&ref->busy, "reference");
    if (status != GAN_OK) return status;
    set.dimension = ref->dimension;
    status = gan__pool_enter(ref->pool, &visit);
    if (status == GAN_OK) {
        status = compare(ref, &set, of);
        gan__pool_leave(&visit);
    }
    if (status == GAN_OK) {
        gan_comparison_init(&c, sizeof c);
        fill_record(&c, ref, n, of);
        gan__record_write(comparison, &c, sizeof c);
    }
    gan__busy_leave(&ref->busy);
    return status;
}

const gan_reference_share *gan_reference_bins(const gan_reference *ref, size_t *n)
{
    if (n) *n = ref ? ref->desc.n_bins : 0;
    return ref ? ref->shares : NULL;
}

const gan_reference_share *gan_reference_classes(const gan_reference *ref, size_t *n)
{
    if (n) *n = ref ? ref->desc.n_classes : 0;
    return ref && ref->desc.n_classes ? ref->shares + ref->desc.n_bins : NULL;
}
