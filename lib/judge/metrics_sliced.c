/* metrics_sliced.c - sliced Wasserstein distances on a Laplacian pyramid.
 *
 *     picture --blur, every second pixel--> half the size --> ... --> 16 to 31 pixels
 *        |                                      |                        |
 *        - enlarged again                       - enlarged again         |
 *        v                                      v                        v
 *     level 0: the finest detail             level 1                  the rest
 *
 * Of each level, patches of 7x7 pixels are compared as sets of vectors, channel by channel with
 * mean 0 and deviation 1: their projections on random directions are sorted, and their distance in
 * one dimension is the mean difference of the sorted values (Karras et al., 2018).  Patches are
 * extracted again for every few directions, which costs less than storing all of them. */
#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/kernels_internal.h"
#include "math/pool_internal.h"
#include "math/rng_internal.h"

#include <gan/metrics.h>
#include <math.h>
#include <string.h>

enum {
    SIDE = 7, /* of a patch */
    AREA = SIDE * SIDE,
    LEAST_SIDE = 16, /* of the last level */
    SLICES = 32,     /* directions at a time */
    USUAL_PATCHES = 128,
    USUAL_PROJECTIONS = 512,
    MOST = 4096,
    MOST_CHANNELS = 64,
    DIGIT_BITS = 11, /* of the sort */
    DIGITS = 3,
};

GAN__DEFINE_INIT(gan_sliced_desc_init, gan_sliced_desc, GAN_SLICED_DESC_INIT)

/* The buffers of a thread. */
typedef struct desk {
    float *image, *half, *detail, *line; /* planes of a picture */
    float *patches, *products;
    uint32_t *keys[3];
} desk;

typedef struct job {
    gan_allocator allocator;
    gan_sliced_desc desc;
    gan_pool *pool, *own_pool;
    const float *x[2]; /* both sets */
    size_t n, channels, height, width;
    size_t level, n_levels;
    size_t length; /* numbers of a patch */
    desk *desks;
    size_t n_desks;
    double *sums; /* of each picture: channel by channel x and x^2 */
    float mean[2][MOST_CHANNELS], scale[2][MOST_CHANNELS];
    float *directions, *packed; /* SLICES of them */
    float *projections[2];      /* for each direction the projections of all patches */
    double slice[SLICES];
} job;

/* ---- the pyramid ---- */

size_t gan_metrics_pyramid_levels(gan_shape shape)
{
    size_t h, w, levels = 0;

    if (shape.rank < 2 || shape.rank > 3) return 0;
    h = shape.dim[shape.rank - 2];
    w = shape.dim[shape.rank - 1];
    for (; h >= LEAST_SIDE && w >= LEAST_SIDE; h /= 2, w /= 2) {
        levels++;
        if (h % 2 || w % 2) break;
    }
    return levels > 1 ? levels : 0;
}

/* An index, reflected at the first and the last pixel. */
static size_t mirrored(size_t i, size_t shift, size_t n)
{
    const size_t at = i + shift; /* the index plus 2 */

    if (at < 2) return 2 - at;
    return at - 2 < n ? at - 2 : 2 * n - 2 - (at - 2);
}

/* Blur a plane in place with the kernel 1 4 6 4 1, in both directions, scaled to the sum `gain`. */
static void blur(float *x, size_t h, size_t w, float gain, float *line)
{
    static const float weights[5] = {1.0f / 16, 4.0f / 16, 6.0f / 16, 4.0f / 16, 1.0f / 16};

    for (int along = 0; along < 2; along++) {
        const size_t n = along ? h : w, step = along ? w : 1;

        for (size_t l = 0; l < (along ? w : h); l++) {
            float *first = x + (along ? l : l * w);

            for (size_t i = 0; i < n; i++) {
                line[i] = 0;
                for (size_t k = 0; k < 5; k++)
                    line[i] += weights[k] * first[mirrored(i, k, n) * step];
            }
            for (size_t i = 0; i < n; i++) first[i * step] = along ? gain * line[i] : line[i];
        }
    }
}

/* Halve a plane, and enlarge it again. */
static void halve(const float *x, size_t h, size_t w, float *half, float *room, float *line)
{
    memcpy(room, x, h * w * sizeof *x);
    blur(room, h, w, 1, line);
    for (size_t y = 0; y < h / 2; y++)
        for (size_t i = 0; i < w / 2; i++) half[y * (w / 2) + i] = room[2 * y * w + 2 * i];
}

static void enlarge(const float *half, size_t h, size_t w, float *x, float *line)
{
    memset(x, 0, h * w * sizeof *x);
    for (size_t y = 0; y < h / 2; y++)
        for (size_t i = 0; i < w / 2; i++) x[2 * y * w + 2 * i] = half[y * (w / 2) + i];
    blur(x, h, w, 4, line);
}

/* Compute the plane of the job's channel and level, into d->detail. */
static void find_level(const job *j, const float *plane, const desk *d)
{
    size_t h = j->height, w = j->width;

    memcpy(d->image, plane, h * w * sizeof *plane);
    for (size_t l = 0;; l++, h /= 2, w /= 2) {
        if (l + 1 == j->n_levels) {
            memcpy(d->detail, d->image, h * w * sizeof *plane);
            return;
        }
        halve(d->image, h, w, d->half, d->detail, d->line);
        if (l == j->level) break;
        memcpy(d->image, d->half, h / 2 * (w / 2) * sizeof *plane);
    }
    enlarge(d->half, h, w, d->detail, d->line);
    for (size_t i = 0; i < h * w; i++) d->detail[i] = d->image[i] - d->detail[i];
}

/* ---- patches ---- */

/* Extract all patches of a picture; both sets have theirs at the same positions. */
static void cut(const job *j, size_t set, size_t picture, const desk *d)
{
    const size_t h = j->height >> j->level, w = j->width >> j->level;
    const float *x = j->x[set] + picture * j->channels * j->height * j->width;

    for (size_t c = 0; c < j->channels; c++) {
        find_level(j, x + c * j->height * j->width, d);
        for (size_t p = 0; p < j->desc.patches; p++) {
            const uint64_t draw =
                2 * ((uint64_t)picture * j->desc.patches + p) + ((uint64_t)j->level << 48);
            const uint32_t y =
                gan__rng_below(j->desc.seed, GAN__STREAM_PATCHES, draw, (uint32_t)(h - SIDE + 1));
            const uint32_t left = gan__rng_below(j->desc.seed, GAN__STREAM_PATCHES, draw + 1,
                                                 (uint32_t)(w - SIDE + 1));
            float *out = d->patches + p * j->length + c * AREA;

            for (size_t v = 0; v < SIDE; v++)
                memcpy(out + v * SIDE, d->detail + (y + v) * w + left, SIDE * sizeof *out);
        }
    }
}

static void sum_patches(void *context, size_t task, size_t worker)
{
    job *j = context;
    const desk *d = &j->desks[worker];
    double *sums = j->sums + task * 2 * j->channels;

    cut(j, task / j->n, task % j->n, d);
    memset(sums, 0, 2 * j->channels * sizeof *sums);
    for (size_t p = 0; p < j->desc.patches; p++)
        for (size_t i = 0; i < j->length; i++) {
            const double x = (double)d->patches[p * j->length + i];

            sums[i / AREA * 2] += x;
            sums[i / AREA * 2 + 1] += x * x;
        }
}

static void project(void *context, size_t task, size_t worker)
{
    job *j = context;
    const desk *d = &j->desks[worker];
    const size_t set = task / j->n, patches = j->desc.patches, all = j->n * patches;

    cut(j, set, task % j->n, d);
    for (size_t p = 0; p < patches; p++)
        for (size_t i = 0; i < j->length; i++) {
            float *x = &d->patches[p * j->length + i];

            *x = (*x - j->mean[set][i / AREA]) * j->scale[set][i / AREA];
        }
    gan__kernels_linear_packed(patches, j->length, SLICES, d->patches, j->packed, NULL,
                               d->products);
    for (size_t s = 0; s < SLICES; s++)
        for (size_t p = 0; p < patches; p++)
            j->projections[set][s * all + task % j->n * patches + p] = d->products[p * SLICES + s];
}

/* ---- sorted projections ---- */

/* Sort floats by radix, mapped to integers of the same order. */
static const uint32_t *sort(const float *x, size_t n, uint32_t *keys, uint32_t *room)
{
    uint32_t counts[1 << DIGIT_BITS];

    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, &x[i], sizeof bits);
        keys[i] = bits >> 31 ? ~bits : bits | 0x80000000u;
    }
    for (int digit = 0; digit < DIGITS; digit++) {
        const int shift = digit * DIGIT_BITS;
        uint32_t *other = keys, sum = 0;

        memset(counts, 0, sizeof counts);
        for (size_t i = 0; i < n; i++) counts[keys[i] >> shift & ((1 << DIGIT_BITS) - 1)]++;
        for (size_t k = 0; k < 1 << DIGIT_BITS; k++) {
            const uint32_t count = counts[k];

            counts[k] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            room[counts[keys[i] >> shift & ((1 << DIGIT_BITS) - 1)]++] = keys[i];
        keys = room;
        room = other;
    }
    return keys;
}

static double number_of(uint32_t key)
{
    const uint32_t bits = key >> 31 ? key & 0x7fffffffu : ~key;
    float x;

    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

/* Three passes leave the result in the other block, so two sorts need three blocks. */
static void measure_slice(void *context, size_t task, size_t worker)
{
    job *j = context;
    const desk *d = &j->desks[worker];
    const size_t n = j->n * j->desc.patches;
    const uint32_t *a = sort(j->projections[0] + task * n, n, d->keys[0], d->keys[1]);
    const uint32_t *b = sort(j->projections[1] + task * n, n, d->keys[0], d->keys[2]);
    double sum = 0;

    for (size_t i = 0; i < n; i++) sum += fabs(number_of(a[i]) - number_of(b[i]));
    j->slice[task] = sum / (double)n;
}

/* ---- all of it ---- */

/* Directions first .. first + SLICES - 1, of length 1. */
static void draw_directions(job *j, size_t first)
{
    for (size_t s = 0; s < SLICES; s++) {
        float *x = j->directions + s * j->length;
        double sum = 0;

        gan__rng_normal(j->desc.seed, GAN__STREAM_SLICES, (first + s) * j->length, j->length, x);
        for (size_t i = 0; i < j->length; i++) sum += (double)x[i] * (double)x[i];
        for (size_t i = 0; i < j->length; i++) x[i] = (float)((double)x[i] / sqrt(sum));
    }
    gan__kernels_pack(j->length, SLICES, j->directions, j->packed);
}

static void normalise(job *j)
{
    const double count = (double)(j->n * j->desc.patches * AREA);

    for (size_t set = 0; set < 2; set++)
        for (size_t c = 0; c < j->channels; c++) {
            double sum = 0, squares = 0, mean;

            for (size_t i = 0; i < j->n; i++) {
                sum += j->sums[(set * j->n + i) * 2 * j->channels + 2 * c];
                squares += j->sums[(set * j->n + i) * 2 * j->channels + 2 * c + 1];
            }
            mean = sum / count;
            squares = squares / count - mean * mean;
            j->mean[set][c] = (float)mean;
            j->scale[set][c] = squares > 0 ? (float)(1 / sqrt(squares)) : 0;
        }
}

static double measure_level(job *j)
{
    double sum = 0;

    gan__pool_run(j->pool, sum_patches, j, 2 * j->n);
    normalise(j);
    for (size_t first = 0; first < j->desc.projections; first += SLICES) {
        const size_t left = j->desc.projections - first, n = left < SLICES ? left : SLICES;

        draw_directions(j, first);
        gan__pool_run(j->pool, project, j, 2 * j->n);
        gan__pool_run(j->pool, measure_slice, j, n);
        for (size_t s = 0; s < n; s++) sum += j->slice[s];
    }
    return sum / (double)j->desc.projections;
}

static gan_status take_desk(job *j, desk *d)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &j->allocator;
    const size_t plane = j->height * j->width;
    const size_t line = j->height > j->width ? j->height : j->width;

    GAN_TRY(gan__alloc(&d->image, a, plane, sizeof *d->image));
    GAN_TRY(gan__alloc(&d->half, a, plane, sizeof *d->half));
    GAN_TRY(gan__alloc(&d->detail, a, plane, sizeof *d->detail));
    GAN_TRY(gan__alloc(&d->line, a, line, sizeof *d->line));
    GAN_TRY(
        gan__alloc(&d->patches, a, gan__size_mul(j->desc.patches, j->length), sizeof *d->patches));
    GAN_TRY(gan__alloc(&d->products, a, j->desc.patches, SLICES * sizeof *d->products));
    for (int i = 0; i < 3; i++)
        GAN_TRY(
            gan__alloc(&d->keys[i], a, gan__size_mul(j->n, j->desc.patches), sizeof *d->keys[i]));

cleanup:
    return status;
}

static gan_status take_memory(job *j)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &j->allocator;
    const size_t all = gan__size_mul(j->n, j->desc.patches);

    if (!j->desc.pool) GAN_TRY(gan_pool_create(&j->own_pool, j->desc.n_threads, a));
    j->pool = j->desc.pool ? j->desc.pool : j->own_pool;
    GAN_TRY(gan__alloc(&j->sums, a, gan__size_mul(4 * j->channels, j->n), sizeof *j->sums));
    GAN_TRY(gan__alloc(&j->directions, a, j->length, SLICES * sizeof *j->directions));
    GAN_TRY(
        gan__alloc(&j->packed, a, gan__kernels_packed_size(j->length, SLICES), sizeof *j->packed));
    for (int set = 0; set < 2; set++)
        GAN_TRY(gan__alloc(&j->projections[set], a, all, SLICES * sizeof *j->projections[set]));
    GAN_TRY(gan__alloc(&j->desks, a, gan_pool_thread_count(j->pool), sizeof *j->desks));
    j->n_desks = gan_pool_thread_count(j->pool);
    for (size_t i = 0; i < j->n_desks; i++) GAN_TRY(take_desk(j, &j->desks[i]));

cleanup:
    return status;
}

static void end_job(job *j)
{
    const gan_allocator *a = &j->allocator;

    for (size_t i = 0; i < j->n_desks; i++) {
        desk *d = &j->desks[i];

        gan__free(a, d->image);
        gan__free(a, d->half);
        gan__free(a, d->detail);
        gan__free(a, d->line);
        gan__free(a, d->patches);
        gan__free(a, d->products);
        for (int k = 0; k < 3; k++) gan__free(a, d->keys[k]);
    }
    gan__free(a, j->desks);
    gan__free(a, j->projections[0]);
    gan__free(a, j->projections[1]);
    gan__free(a, j->packed);
    gan__free(a, j->directions);
    gan__free(a, j->sums);
    gan_pool_destroy(j->own_pool);
}

static gan_status read_desc(gan_sliced_desc *d, gan_allocator *a, const gan_sliced_desc *desc)
{
    gan_status status = GAN_OK;

    gan_sliced_desc_init(d, sizeof *d);
    GAN_TRY(gan__desc_read(d, sizeof *d, sizeof *d, desc, "sliced desc"));
    GAN_TRY(gan__alloc_init(a, d->allocator));
    if (d->patches == 0) d->patches = USUAL_PATCHES;
    if (d->projections == 0) d->projections = USUAL_PROJECTIONS;
    if (d->patches > MOST || d->projections > MOST)
        GAN_FAIL(GAN_ERR_INVALID,
                 "metrics: at most %d patches and projections expected, got %zu "
                 "and %zu",
                 MOST, d->patches, d->projections);

cleanup:
    return status;
}

static gan_status check(const double *distances, size_t n_levels, const float *a, const float *b,
                        size_t n, gan_shape shape)
{
    const size_t levels = gan_metrics_pyramid_levels(shape), size = gan_shape_size(shape);
    const float *x[2] = {a, b};

    if (!distances || !a || !b)
        return gan__fail(GAN_ERR_INVALID, "metrics: distances, a or b is NULL");
    if (levels == 0 || (shape.rank == 3 && shape.dim[0] > MOST_CHANNELS))
        return gan__fail(GAN_ERR_SHAPE,
                         "metrics: pictures with even sides of at least 32, and at most %d "
                         "channels, expected, got %s",
                         MOST_CHANNELS, gan__shape_text_of(shape).text);
    if (n_levels != levels)
        return gan__fail(GAN_ERR_SHAPE, "metrics: room for %zu distances expected, got %zu", levels,
                         n_levels);
    if (n == 0 || n > GAN__POOL_MAX_TASKS / 2)
        return gan__fail(GAN_ERR_INVALID, "metrics: 1 to %d pictures expected, got %zu",
                         GAN__POOL_MAX_TASKS / 2, n);
    for (int set = 0; set < 2; set++)
        for (size_t i = 0; i < n * size; i++)
            if (!isfinite(x[set][i]))
                return gan__fail(GAN_ERR_NONFINITE, "metrics: value %zu of picture %zu is %g",
                                 i % size, i / size, (double)x[set][i]);
    return GAN_OK;
}

gan_status gan_metrics_sliced_wasserstein(double *distances, size_t n_levels, const float *a,
                                          const float *b, size_t n, gan_shape shape,
                                          const gan_sliced_desc *desc)
{
    gan_status status = check(distances, n_levels, a, b, n, shape);
    job j = {.x = {a, b}, .n = n, .n_levels = n_levels};
    gan__visit visit;

    if (status == GAN_OK) status = read_desc(&j.desc, &j.allocator, desc);
    if (status != GAN_OK) return status;
    j.channels = shape.rank == 3 ? shape.dim[0] : 1;
    j.height = shape.dim[shape.rank - 2];
    j.width = shape.dim[shape.rank - 1];
    j.length = j.channels * AREA;
    GAN_TRY(take_memory(&j));
    GAN_TRY(gan__pool_enter(j.pool, &visit));
    for (; j.level < n_levels; j.level++) distances[j.level] = measure_level(&j);
    gan__pool_leave(&visit);

cleanup:
    end_job(&j);
    return status;
}
