/* scaler.c - columns of tables, brought to one scale and back. */
#include "data/scaler_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "data/dataset_internal.h"
#include "file/json_internal.h"

#include <math.h>
#include <string.h>

struct gan_scaler {
    gan_allocator allocator;
    size_t n;
    double *shift, *scale;
};

/* ---- making one ---- */

static gan_status make(gan_scaler **out, size_t n, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_scaler *s = NULL;
    gan_allocator a;

    GAN_TRY(gan__alloc_init(&a, allocator));
    GAN_TRY(gan__alloc(&s, &a, 1, sizeof *s));
    s->allocator = a;
    s->n = n;
    GAN_TRY(gan__alloc(&s->shift, &a, n, sizeof *s->shift));
    GAN_TRY(gan__alloc(&s->scale, &a, n, sizeof *s->scale));
    *out = s;
    s = NULL;

cleanup:
    gan_scaler_destroy(s);
    return status;
}

static gan_status check_numbers(size_t n, const double *shift, const double *scale)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(shift[i]) || !isfinite(scale[i]) || scale[i] <= 0)
            return gan__fail(GAN_ERR_INVALID,
                             "scaler: column %zu has the shift %g and the scale %g; finite numbers "
                             "expected, the scale above 0",
                             i, shift[i], scale[i]);
    return GAN_OK;
}

gan_status gan_scaler_create(gan_scaler **out, size_t n, const double *shift, const double *scale,
                             const gan_allocator *allocator)
{
    gan_status status = GAN_OK;

    if (!out) return gan__fail(GAN_ERR_INVALID, "scaler: out is NULL");
    *out = NULL;
    if (!shift || !scale)
        return gan__fail(GAN_ERR_INVALID, "scaler: %s is NULL", shift ? "scale" : "shift");
    if (n == 0 || n > INT32_MAX)
        return gan__fail(GAN_ERR_INVALID, "scaler: 1 to %d columns expected, got %zu", INT32_MAX,
                         n);
    GAN_TRY(check_numbers(n, shift, scale));
    GAN_TRY(make(out, n, allocator));
    memcpy((*out)->shift, shift, n * sizeof *shift);
    memcpy((*out)->scale, scale, n * sizeof *scale);

cleanup:
    return status;
}

void gan_scaler_destroy(gan_scaler *s)
{
    if (!s) return;
    const gan_allocator a = s->allocator;

    gan__free(&a, s->shift);
    gan__free(&a, s->scale);
    gan__free(&a, s);
}

size_t gan_scaler_column_count(const gan_scaler *s)
{
    return s ? s->n : 0;
}

const double *gan_scaler_shift(const gan_scaler *s)
{
    return s ? s->shift : NULL;
}

const double *gan_scaler_scale(const gan_scaler *s)
{
    return s ? s->scale : NULL;
}

/* ---- fitting ---- */

/* Mean and sum of squared distances from it after one more sample, the k-th (Welford). */
static void add_standard(gan_scaler *s, const float *x, double k)
{
    for (size_t i = 0; i < s->n; i++) {
        const double d = (double)x[i] - s->shift[i];

        s->shift[i] += d / k;
        s->scale[i] += d * ((double)x[i] - s->shift[i]);
    }
}

/* Smallest and largest value. */
static void add_min_max(gan_scaler *s, const float *x, double k)
{
    for (size_t i = 0; i < s->n; i++) {
        s->shift[i] = k > 1 ? fmin(s->shift[i], (double)x[i]) : (double)x[i];
        s->scale[i] = k > 1 ? fmax(s->scale[i], (double)x[i]) : (double)x[i];
    }
}

/* Compute shift and scale from the sums. */
static void settle(gan_scaler *s, const gan_scaler_desc *d, double count)
{
    for (size_t i = 0; i < s->n; i++) {
        const double least = s->shift[i];

        if (d->kind == GAN_SCALER_STANDARD) {
            s->scale[i] = s->scale[i] > 0 ? sqrt(s->scale[i] / count) : 1;
            continue;
        }
        s->scale[i] = (s->scale[i] > least ? s->scale[i] - least : 1) / (d->high - d->low);
        s->shift[i] = least - d->low * s->scale[i];
    }
}

static gan_status read_desc(gan_scaler_desc *d, const gan_scaler_desc *desc)
{
    const gan_status status = gan__desc_read(d, sizeof *d, sizeof *d, desc, "scaler desc");

    if (status != GAN_OK) return status;
    if (d->low == 0 && d->high == 0) {
        d->low = -1;
        d->high = 1;
    }
    if (d->kind != GAN_SCALER_STANDARD && d->kind != GAN_SCALER_MIN_MAX)
        return gan__fail(GAN_ERR_INVALID, "scaler: unknown kind %d", (int)d->kind);
    if (!isfinite(d->high - d->low) || !(d->low < d->high))
        return gan__fail(GAN_ERR_INVALID,
                         "scaler: low is %g and high %g; finite numbers expected, low below high",
                         d->low, d->high);
    return GAN_OK;
}

gan_status gan_scaler_fit(gan_scaler **out, const gan_dataset *data, const gan_scaler_desc *desc)
{
    gan_status status = GAN_OK;
    gan_scaler_desc d = {GAN_SCALER_DESC_INIT};
    gan_scaler *s = NULL;
    float *sample = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "scaler: out is NULL");
    *out = NULL;
    if (!data) return gan__fail_null(GAN__DATASET, 1, "scaler: data is NULL");
    GAN_TRY(read_desc(&d, desc));
    GAN_TRY(make(&s, data->size, d.allocator));
    GAN_TRY(gan__alloc(&sample, &s->allocator, data->size, sizeof *sample));
    for (size_t i = 0; i < data->count; i++) {
        GAN_TRY(data->kind->read(data, i, sample, NULL));
        (d.kind == GAN_SCALER_STANDARD ? add_standard : add_min_max)(s, sample, (double)i + 1);
    }
    settle(s, &d, (double)data->count);
    GAN_TRY(check_numbers(s->n, s->shift, s->scale));
    *out = s;

cleanup:
    if (s) gan__free(&s->allocator, sample);
    if (status != GAN_OK) gan_scaler_destroy(s);
    return status;
}

/* ---- there and back ---- */

static gan_status check_call(const gan_scaler *s, const float *samples, size_t n, const float *out)
{
    if (!s) return gan__fail(GAN_ERR_INVALID, "scaler: is NULL");
    if (n > 0 && (!samples || !out))
        return gan__fail(GAN_ERR_INVALID, "scaler: %s is NULL for %zu samples",
                         samples ? "out" : "samples", n);
    return GAN_OK;
}

static gan_status convert(const gan_scaler *s, const float *samples, size_t n, float *out, int back)
{
    for (size_t row = 0; row < n; row++, samples += s->n, out += s->n)
        for (size_t i = 0; i < s->n; i++) {
            const double x = (double)samples[i];
            const double y = back ? x * s->scale[i] + s->shift[i] : (x - s->shift[i]) / s->scale[i];

            if (!isfinite((float)y))
                return gan__fail(GAN_ERR_NONFINITE,
                                 "scaler: value %zu of sample %zu is %g, which makes %g", i, row,
                                 x, y);
            out[i] = (float)y;
        }
    return GAN_OK;
}

gan_status gan_scaler_apply(const gan_scaler *s, const float *samples, size_t n, float *out)
{
    gan_status status = check_call(s, samples, n, out);

    return status == GAN_OK ? convert(s, samples, n, out, 0) : status;
}

gan_status gan_scaler_invert(const gan_scaler *s, const float *samples, size_t n, float *out)
{
    gan_status status = check_call(s, samples, n, out);

    return status == GAN_OK ? convert(s, samples, n, out, 1) : status;
}

/* ---- a dataset through it ---- */

/* The origin of such a dataset. */
typedef struct scaled {
    gan_allocator allocator;
    gan_dataset *source;
    gan_scaler *scaler;
} scaled;

static size_t count_names(const void *origin, gan__origin_list list)
{
    const gan_dataset *source = ((const scaled *)origin)->source;

    if (list == GAN__ORIGIN_CLASSES) return gan_dataset_class_count(source);
    if (list == GAN__ORIGIN_COLUMNS) return gan_dataset_column_count(source);
    return list == GAN__ORIGIN_FILES ? source->count : gan_dataset_skipped_count(source);
}

static const char *name_at(const void *origin, gan__origin_list list, size_t i)
{
    const gan_dataset *source = ((const scaled *)origin)->source;

    if (list == GAN__ORIGIN_CLASSES) return gan_dataset_class_name(source, i);
    if (list == GAN__ORIGIN_COLUMNS) return gan_dataset_column_name(source, i);
    return list == GAN__ORIGIN_FILES ? gan_dataset_file_name(source, i)
                                     : gan_dataset_skipped(source, i);
}

static void end_scaled(void *origin)
{
    scaled *o = origin;
    gan_allocator a;

    if (!o) return;
    a = o->allocator;
    gan_dataset_destroy(o->source);
    gan_scaler_destroy(o->scaler);
    gan__free(&a, o);
}

static const gan__origin_class scaled_origin = {count_names, name_at, end_scaled};

static gan_status read_scaled(const gan_dataset *data, size_t index, float *out, uint16_t *label)
{
    const scaled *o = data->origin;
    gan_status status = GAN_OK;

    GAN_TRY(o->source->kind->read(o->source, index, out, label));
    status = convert(o->scaler, out, 1, out, 0);
    if (status == GAN_ERR_NONFINITE)
        GAN_FAIL(status, "dataset: sample %zu: %s", index, gan_last_error());

cleanup:
    return status;
}

static const gan__dataset_class scaled_class = {read_scaled, NULL, NULL};

static gan_status make_origin(scaled **out, const gan_dataset *source, const gan_scaler *scaler,
                              const gan_allocator *a)
{
    gan_status status = GAN_OK;
    scaled *o = NULL;

    GAN_TRY(gan__alloc(&o, a, 1, sizeof *o));
    o->allocator = *a;
    GAN_TRY(gan_scaler_create(&o->scaler, scaler->n, scaler->shift, scaler->scale, a));
    o->source = gan__dataset_retain(source);
    *out = o;
    o = NULL;

cleanup:
    end_scaled(o);
    return status;
}

gan_status gan_dataset_create_scaled(gan_dataset **out, const gan_dataset *source,
                                     const gan_scaler *scaler, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_dataset *data = NULL;
    scaled *origin = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (!source) return gan__fail_null(GAN__DATASET, 1, "dataset: the source is NULL");
    if (!scaler) return gan__fail(GAN_ERR_INVALID, "dataset: the scaler is NULL");
    if (scaler->n != source->size)
        return gan__fail(GAN_ERR_SHAPE, "dataset: samples are %s, the scaler has %zu columns",
                         gan__shape_text_of(source->shape).text, scaler->n);
    GAN_TRY(
        gan__dataset_create_empty(&data, &scaled_class, source->count, source->shape, allocator));
    GAN_TRY(make_origin(&origin, source, scaler, &data->allocator));
    data->origin_class = &scaled_origin;
    data->origin = origin;
    data->access = source->access;
    data->has_labels = source->has_labels;
    data->has_wide_labels = source->has_wide_labels;
    if (source->labels) {
        GAN_TRY(gan__dataset_take_labels(data));
        gan__labels_copy(data->labels, gan__label_words(source->labels), source->count);
    }
    *out = data;
    data = NULL;

cleanup:
    gan_dataset_destroy(data);
    return status;
}

/* ---- in files ---- */

static void put_numbers(gan__text *out, const char *name, const double *x, size_t n)
{
    gan__text_put(out, "\"%s\":", name);
    for (size_t i = 0; i < n; i++) {
        gan__text_put(out, i ? "," : "[");
        gan__json_put_number(out, x[i]);
    }
    gan__text_put(out, "]");
}

void gan__scaler_describe(gan__text *out, const gan_scaler *s)
{
    gan__text_put(out, "{");
    put_numbers(out, "shift", s->shift, s->n);
    gan__text_put(out, ",");
    put_numbers(out, "scale", s->scale, s->n);
    gan__text_put(out, "}");
}

static int read_numbers(double *out, size_t n, const gan__json *list)
{
    const gan__json *x = gan__json_first(list);

    if (!gan__json_is(list, GAN__JSON_LIST) || gan__json_count(list) != n) return 0;
    for (size_t i = 0; i < n; i++, x = x->next)
        if (!gan__json_number(&out[i], x)) return 0;
    return 1;
}

gan_status gan__scaler_parse(gan_scaler **out, const char *text, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    const gan__json *json = NULL;
    gan_scaler *s = NULL;
    size_t n;

    GAN_TRY(gan__json_parse(&json, text, strlen(text), allocator));
    n = gan__json_count(gan__json_find(json, "shift"));
    if (n == 0) GAN_FAIL(GAN_ERR_FORMAT, "a list of shifts expected");
    GAN_TRY(make(&s, n, allocator));
    if (!read_numbers(s->shift, n, gan__json_find(json, "shift")) ||
        !read_numbers(s->scale, n, gan__json_find(json, "scale")))
        GAN_FAIL(GAN_ERR_FORMAT, "two lists of %zu numbers expected, \"shift\" and \"scale\"", n);
    if (check_numbers(n, s->shift, s->scale) != GAN_OK)
        GAN_FAIL(GAN_ERR_FORMAT, "%s", gan_last_error());
    *out = s;
    s = NULL;

cleanup:
    gan_scaler_destroy(s);
    gan__json_free(json, allocator);
    return status;
}

GAN__DEFINE_INIT(gan_scaler_desc_init, gan_scaler_desc, GAN_SCALER_DESC_INIT)
