/* augment.c - differentiable augmentation.
 *
 * Augmenting an image is a sequence of operations, each of which is affine: y = L x + c.  Where the
 * discriminator D gets y in place of x, training needs three maps of each:
 *
 *     the sample itself             x  --> L x + c        the input of D
 *     a gradient, backward          L' dy <-- dy          to the generator; for R1 and R2 the
 *                                                         gradient of D(L x + c) w.r.t. x
 *     a tangent, forward            v  --> L v            for second derivatives: see penalty.c
 *
 * L of brightness is 1; saturation, contrast, mirroring and cutout are symmetric, L' = L; and that
 * of translation moves in the other direction.  So an operation is one function with two arguments:
 * whether c is added, and the direction of a translation.  All work in place, on one image. */
#include "data/augment_internal.h"

#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/kernels_simd_internal.h"
#include "math/numeric_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    DRAWN = 4,      /* random numbers of an operation for a sample */
    OPERATIONS = 8, /* the operations that have random numbers reserved */
    IMAGES = 500000,
    INTERVAL = 4
};

static const double MOST = 0.8;

typedef enum mapping { SAMPLE, TANGENT, ADJOINT } mapping;

/* An image, and the random numbers drawn for it. */
typedef struct image {
    size_t channels, height, width;
    float *x;
    const float *u; /* two numbers in [0, 1) */
    float fill;     /* 0 where c is not added */
    mapping what;
} image;

static size_t size_of(const image *im)
{
    return im->channels * im->height * im->width;
}

/* ---- the operations ---- */

static void flip(const image *im)
{
    if (im->u[0] >= 0.5f) return;
    for (size_t r = 0; r < im->channels * im->height; r++) {
        float *row = im->x + r * im->width;

        for (size_t i = 0, j = im->width - 1; i < j; i++, j--) {
            const float other = row[i];

            row[i] = row[j];
            row[j] = other;
        }
    }
}

static void add(size_t n, float constant, float *x)
{
    for (size_t i = 0; i < n; i++) x[i] += constant;
}

static void brightness(const image *im)
{
    if (im->what == SAMPLE) add(size_of(im), im->u[0] - 0.5f, im->x);
}

static void saturation(const image *im)
{
    const size_t pixels = im->height * im->width;
    const float keep = 2 * im->u[0];
    const float share = (1 - keep) / (float)im->channels; /* of each channel in all others */

    if (im->channels == 1) return;
    for (size_t i = 0; i < pixels; i++) {
        float sum = 0;

        for (size_t c = 0; c < im->channels; c++) sum += im->x[c * pixels + i];
        for (size_t c = 0; c < im->channels; c++)
            im->x[c * pixels + i] = keep * im->x[c * pixels + i] + share * sum;
    }
}

static void contrast(const image *im)
{
    const size_t n = size_of(im);
    const float keep = 0.5f + im->u[0];
    double sum = 0;

    for (size_t i = 0; i < n; i++) sum += (double)im->x[i];
    gan__simd_best()->scale(n, keep, im->x, im->x);
    add(n, (float)((1 - (double)keep) * sum / (double)n), im->x);
}

/* A whole number from 0 to n - 1. */
static size_t below(float u, size_t n)
{
    const size_t i = (size_t)((double)u * (double)n);

    return i < n ? i : n - 1;
}

/* A share of a number of pixels, rounded. */
static size_t share_of(size_t pixels, size_t divisor)
{
    return (2 * pixels + divisor) / (2 * divisor);
}

static void fill_in(float *begin, const float *end, float value)
{
    while (begin < end) *begin++ = value;
}

/* Make one row of another one of the same image, which may be itself, from column `by` on. */
static void move_row(const image *im, float *to, const float *from, ptrdiff_t by)
{
    const ptrdiff_t width = (ptrdiff_t)im->width;
    const ptrdiff_t first = by < 0 ? -by : 0, end = by > 0 ? width - by : width;

    if (!from || end <= first) {
        fill_in(to, to + width, im->fill);
        return;
    }
    memmove(to + first, from + first + by, (size_t)(end - first) * sizeof *to);
    fill_in(to, to + first, im->fill);
    fill_in(to + end, to + width, im->fill);
}

/* y[row][column] = x[row + down][column + right], row after row in the order in which none is needed
 * after it was written to. */
static void move_channel(const image *im, float *x, ptrdiff_t down, ptrdiff_t right)
{
    const ptrdiff_t height = (ptrdiff_t)im->height, width = (ptrdiff_t)im->width;

    for (ptrdiff_t i = 0; i < height; i++) {
        const ptrdiff_t row = down < 0 ? height - 1 - i : i;
        const ptrdiff_t from = row + down;

        move_row(im, x + row * width, from < 0 || from >= height ? NULL : x + from * width, right);
    }
}

static void translation(const image *im)
{
    const size_t high = share_of(im->height, 8), wide = share_of(im->width, 8);
    const ptrdiff_t way = im->what == ADJOINT ? -1 : 1;
    const ptrdiff_t down = (ptrdiff_t)below(im->u[0], 2 * high + 1) - (ptrdiff_t)high;
    const ptrdiff_t right = (ptrdiff_t)below(im->u[1], 2 * wide + 1) - (ptrdiff_t)wide;

    for (size_t c = 0; c < im->channels; c++)
        move_channel(im, im->x + c * im->height * im->width, way * down, way * right);
}

/* The range of n / 2 out of n pixels, cut off at the edges, whose middle is drawn. */
static void cut(size_t n, float u, size_t *begin, size_t *end)
{
    const size_t size = share_of(n, 2);
    const size_t middle = below(u, n + 1 - size % 2);

    *begin = middle > size / 2 ? middle - size / 2 : 0;
    *end = middle + size - size / 2;
    if (*end > n) *end = n;
}

static void cutout(const image *im)
{
    size_t top, bottom, left, right;

    cut(im->height, im->u[0], &top, &bottom);
    cut(im->width, im->u[1], &left, &right);
    for (size_t c = 0; c < im->channels; c++)
        for (size_t row = top; row < bottom; row++) {
            float *x = im->x + (c * im->height + row) * im->width;

            fill_in(x + left, x + right, im->fill);
        }
}

/* In the order in which they are applied; bit i of gan_augment_desc.operations is the i-th. */
static const struct {
    const char *name;
    void (*work)(const image *im);
} operations[] = {{"flip", flip},         {"brightness", brightness},   {"saturation", saturation},
                  {"contrast", contrast}, {"translation", translation}, {"cutout", cutout}};
enum { N_OPERATIONS = sizeof operations / sizeof *operations };

/* ---- all of them ---- */

static void apply(const gan__augment *a, uint64_t index, mapping what, float *x)
{
    float u[DRAWN];
    const image im = {.channels = a->shape.dim[0],
                      .height = a->shape.dim[1],
                      .width = a->shape.dim[2],
                      .x = x,
                      .u = u + 1,
                      .fill = what == SAMPLE ? (float)a->desc.fill : 0,
                      .what = what};

    for (size_t i = 0; i < N_OPERATIONS; i++) {
        const size_t which = what == ADJOINT ? N_OPERATIONS - 1 - i : i;

        if (!(a->desc.operations >> which & 1)) continue;
        gan__rng_uniform(a->seed, a->stream, ((a->position + index) * OPERATIONS + which) * DRAWN,
                         DRAWN, u);
        if ((double)u[0] < a->probability) operations[which].work(&im);
    }
}

void gan__augment_sample(const gan__augment *a, uint64_t index, float *x)
{
    apply(a, index, SAMPLE, x);
}

void gan__augment_tangent(const gan__augment *a, uint64_t index, float *x)
{
    apply(a, index, TANGENT, x);
}

void gan__augment_adjoint(const gan__augment *a, uint64_t index, float *x)
{
    apply(a, index, ADJOINT, x);
}

void gan__augment_advance(gan__augment *a, size_t n)
{
    if (gan__augment_is_on(a)) a->position += n;
}

int gan__augment_is_on(const gan__augment *a)
{
    return a->desc.operations != 0;
}

/* ---- settings ---- */

static gan_status check_adaptive(const gan_augment_desc *d)
{
    gan_status status = GAN_OK;

    if (!(d->target >= 0 && d->target < 1))
        GAN_FAIL(GAN_ERR_INVALID, "augment: target of 0 to below 1 expected, got %g", d->target);
    if (!(d->target > 0) && (d->images > 0 || d->interval > 0 || d->most != 0))
        GAN_FAIL(GAN_ERR_INVALID, "augment: images %llu, interval %zu and most %g without a target",
                 (unsigned long long)d->images, d->interval, d->most);
    GAN_TRY(gan__desc_check_range("augment", "most", d->most, 0, 1));
    if (d->target > 0 && d->probability > (d->most > 0 ? d->most : MOST))
        GAN_FAIL(GAN_ERR_INVALID, "augment: it begins with probability %g, above most, %g",
                 d->probability, d->most > 0 ? d->most : MOST);

cleanup:
    return status;
}

static gan_status check_desc(const gan_augment_desc *d)
{
    gan_status status = GAN_OK;

    if (d->operations >> N_OPERATIONS)
        GAN_FAIL(GAN_ERR_INVALID, "augment: operations %#x; there are none beyond %#x",
                 d->operations, (1u << N_OPERATIONS) - 1);
    GAN_TRY(gan__desc_check_range("augment", "probability", d->probability, 0, 1));
    if (!isfinite(d->fill) || !isfinite((float)d->fill))
        GAN_FAIL(GAN_ERR_INVALID, "augment: a finite fill expected, got %g", d->fill);
    GAN_TRY(check_adaptive(d));
    if (d->operations == 0 && (d->probability != 0 || d->fill != 0 || d->target != 0))
        GAN_FAIL(GAN_ERR_INVALID,
                 "augment: probability %g, fill %g and target %g without operations",
                 d->probability, d->fill, d->target);

cleanup:
    return status;
}

/* Defaults of fields that are 0. */
static void fill_defaults(gan_augment_desc *d)
{
    if (!(d->target > 0) && d->probability == 0) d->probability = 1;
    if (d->images == 0) d->images = IMAGES;
    if (d->interval == 0) d->interval = INTERVAL;
    if (d->most == 0) d->most = MOST;
}

gan_status gan__augment_init(gan__augment *a, const gan_augment_desc *desc, gan_shape shape,
                             uint64_t seed, uint64_t stream)
{
    gan_status status = GAN_OK;
    gan_augment_desc d = {GAN_AUGMENT_DESC_INIT};

    *a = (gan__augment){.shape = shape, .seed = seed, .stream = stream};
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "augment desc"));
    GAN_TRY(check_desc(&d));
    if (d.operations == 0) return GAN_OK;
    if (shape.rank != 3)
        GAN_FAIL(GAN_ERR_SHAPE,
                 "augment: images, [channels, height, width], expected; the samples are %s",
                 gan__shape_text_of(shape).text);
    fill_defaults(&d);
    a->desc = d;
    a->probability = d.probability;

cleanup:
    return status;
}

/* ---- adaptive probability ---- */

void gan__augment_adapt(gan__augment *a, uint64_t steps, size_t n, double sign)
{
    const gan_augment_desc *d = &a->desc;
    double way;

    if (!(d->target > 0)) return;
    a->sum += sign * (double)n;
    a->n += n;
    if (steps % d->interval > 0) return;
    a->sign = a->sum / (double)a->n;
    way = (double)a->n / (double)d->images;
    if (a->sign > d->target) a->probability = fmin(a->probability + way, d->most);
    if (a->sign < d->target) a->probability = fmax(a->probability - way, 0);
    a->sum = 0;
    a->n = 0;
}

/* ---- in a checkpoint ---- */

/* The names of the operations, with a comma between two. */
static void list_operations(char *out, size_t capacity, uint32_t chosen)
{
    size_t used = 0;

    for (size_t i = 0; i < N_OPERATIONS; i++)
        if (chosen >> i & 1)
            used += (size_t)snprintf(out + used, capacity - used, "%s%s", used > 0 ? "," : "",
                                     operations[i].name);
}

static const char *named(char *out, size_t capacity, const char *name, const char *what)
{
    snprintf(out, capacity, "%s_%s", name, what);
    return out;
}

void gan__augment_state(gan__augment *a, gan__state *s, const char *name)
{
    const gan_augment_desc *d = &a->desc;
    char text[128];

    if (!gan__augment_is_on(a)) return;
    list_operations(text, sizeof text, d->operations);
    gan__state_text(s, name, "%s", text);
    gan__state_setting(s, named(text, sizeof text, name, "probability"), d->probability);
    gan__state_setting(s, named(text, sizeof text, name, "fill"), d->fill);
    gan__state_whole(s, named(text, sizeof text, name, "position"), &a->position);
    if (!(d->target > 0)) return;
    gan__state_setting(s, named(text, sizeof text, name, "target"), d->target);
    gan__state_setting(s, named(text, sizeof text, name, "images"), (double)d->images);
    gan__state_setting(s, named(text, sizeof text, name, "interval"), (double)d->interval);
    gan__state_setting(s, named(text, sizeof text, name, "most"), d->most);
    gan__state_real(s, named(text, sizeof text, name, "now"), &a->probability, 0);
    gan__state_real(s, named(text, sizeof text, name, "sign"), &a->sign, -1);
    gan__state_real(s, named(text, sizeof text, name, "sign_sum"), &a->sum, -HUGE_VAL);
    gan__state_whole(s, named(text, sizeof text, name, "sign_count"), &a->n);
}

/* ---- for hosts ---- */

static gan_status of_host(const gan_augment_desc *desc, gan_shape shape, uint64_t seed,
                          uint64_t first, size_t n, mapping what, float *x)
{
    gan_status status = GAN_OK;
    const size_t size = gan_shape_size(shape);
    gan__augment a;
    gan__numeric numeric;

    if (!desc || (!x && n > 0))
        return gan__fail(GAN_ERR_INVALID, "augment: %s is NULL",
                         !desc            ? "desc"
                         : what == SAMPLE ? "samples"
                                          : "gradients");
    GAN_TRY(gan__augment_init(&a, desc, shape, seed, GAN__STREAM_AUGMENT));
    if (!gan__augment_is_on(&a)) return GAN_OK;
    a.position = first;
    gan__numeric_enter(&numeric);
    for (size_t i = 0; i < n; i++) apply(&a, i, what, x + i * size);
    gan__numeric_leave(&numeric);

cleanup:
    return status;
}

gan_status gan_augment_samples(const gan_augment_desc *desc, gan_shape shape, uint64_t seed,
                               uint64_t first, size_t n, float *samples)
{
    return of_host(desc, shape, seed, first, n, SAMPLE, samples);
}

gan_status gan_augment_gradients(const gan_augment_desc *desc, gan_shape shape, uint64_t seed,
                                 uint64_t first, size_t n, float *gradients)
{
    return of_host(desc, shape, seed, first, n, ADJOINT, gradients);
}

GAN__DEFINE_INIT(gan_augment_desc_init, gan_augment_desc, GAN_AUGMENT_DESC_INIT)
