/* features.c - feature vectors, by which samples are compared. */
#include "judge/features_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/digest_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/pool_internal.h"

#include <math.h>
#include <string.h>

enum { ROWS = 8 }; /* samples that one task processes */

GAN__DEFINE_INIT(gan_features_desc_init, gan_features_desc, GAN_FEATURES_DESC_INIT)

/* ---- hashes ---- */

uint64_t gan__features_hash_text(const char *text)
{
    uint64_t hash = GAN__DIGEST_EMPTY;

    for (; *text; text++) hash = gan__digest_add(hash, (unsigned char)*text);
    return hash;
}

uint64_t gan__features_hash_numbers(uint64_t hash, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, &x[i], sizeof bits);
        for (int byte = 0; byte < 4; byte++) hash = gan__digest_add(hash, bits >> (8 * byte) & 255);
    }
    return hash;
}

/* ---- making and ending ---- */

void gan__features_sides(gan_shape shape, size_t sides[3])
{
    for (size_t i = 0; i < 3; i++) {
        const size_t missing = 3 - shape.rank;

        sides[i] = i < missing ? 1 : shape.dim[i - missing];
    }
}

gan_status gan__features_begin(gan_features **out, const gan__features_kind *kind, gan_shape sample,
                               size_t bytes, const gan_features_desc *desc)
{
    gan_status status = GAN_OK;
    gan_features *f = NULL;
    gan_features_desc d;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "features: out is NULL");
    *out = NULL;
    gan_features_desc_init(&d, sizeof d);
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "features desc"));
    GAN_TRY(gan__alloc_init(&a, d.allocator));
    if (sample.rank < 1 || sample.rank > 3 || gan_shape_size(sample) == 0)
        GAN_FAIL(GAN_ERR_SHAPE, "features: samples [n], [h, w] or [c, h, w] expected, got %s",
                 gan__shape_text_of(sample).text);
    GAN_TRY(gan__alloc(&f, &a, 1, sizeof *f));
    f->allocator = a;
    f->kind = kind;
    f->sample = sample;
    f->size = gan_shape_size(sample);
    if (kind->compute && !d.pool) GAN_TRY(gan_pool_create(&f->own_pool, d.n_threads, &a));
    f->pool = d.pool ? d.pool : f->own_pool;
    GAN_TRY(gan__alloc(&f->state, &a, 1, bytes));
    *out = f;
    f = NULL;

cleanup:
    gan_features_destroy(f);
    return status;
}

void gan_features_destroy(gan_features *f)
{
    if (!f) return;
    const gan_allocator a = f->allocator;

    if (f->state) f->kind->end(f);
    gan__free(&a, f->state);
    gan_pool_destroy(f->own_pool);
    gan__free(&a, f);
}

size_t gan_features_count(const gan_features *f)
{
    return f ? f->count : 0;
}

const char *gan_features_name(const gan_features *f)
{
    return f ? f->name : "";
}

uint64_t gan_features_hash(const gan_features *f)
{
    return f ? f->hash : 0;
}

/* ---- computing ---- */

typedef struct job {
    const gan_features *f;
    const float *samples;
    size_t n;
    float *out;
} job;

static void compute_rows(void *context, size_t task, size_t worker)
{
    const job *j = context;
    const size_t first = task * ROWS, left = j->n - first, n = left < ROWS ? left : ROWS;

    /* The arguments are valid; nothing is allocated yet. */
    (void)j->f->kind->compute(j->f, j->samples + first * j->f->size, n,
                              j->out + first * j->f->count, worker);
}

static void compute_parts(const gan_features *f, const float *samples, size_t n, float *out)
{
    const size_t most = (size_t)ROWS * GAN__POOL_MAX_TASKS;

    for (size_t done = 0; done < n; done += most) {
        job j = {.f = f, .samples = samples + done * f->size, .out = out + done * f->count};

        j.n = n - done < most ? n - done : most;
        gan__pool_run(f->pool, compute_rows, &j, (j.n + ROWS - 1) / ROWS);
    }
}

static gan_status check_samples(const gan_features *f, const float *samples, size_t n,
                                const float *out)
{
    if (!f) return gan__fail(GAN_ERR_INVALID, "features: is NULL");
    if (n > 0 && (!samples || !out))
        return gan__fail(GAN_ERR_INVALID, "features: %s is NULL for %zu samples",
                         samples ? "out" : "samples", n);
    for (size_t i = 0; i < n * f->size; i++)
        if (!isfinite(samples[i]))
            return gan__fail(GAN_ERR_NONFINITE, "features: value %zu of sample %zu is %g",
                             i % f->size, i / f->size, (double)samples[i]);
    return GAN_OK;
}

gan_status gan_features_compute(gan_features *f, const float *samples, size_t n, float *out)
{
    gan_status status = check_samples(f, samples, n, out);
    gan__visit visit;

    if (status == GAN_OK) status = gan__busy_enter(&f->busy, "features");
    if (status != GAN_OK) return status;
    if (f->kind->compute_all) { /* in a visit of its own */
        status = f->kind->compute_all(f, samples, n, out);
    } else {
        status = gan__pool_enter(f->pool, &visit);
        if (status == GAN_OK) {
            compute_parts(f, samples, n, out);
            gan__pool_leave(&visit);
        }
    }
    gan__busy_leave(&f->busy);
    return status;
}
