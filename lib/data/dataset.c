/* dataset.c - samples from the host's memory and from the host's functions; what all sources
 * share. */
#include "data/dataset_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"

#include <math.h>
#include <string.h>

/* ---- The three kinds ---- */

static const uint8_t *bytes_of(const gan_dataset *data, size_t index)
{
    return data->bytes + index * data->size;
}

static gan_status read_bytes(const gan_dataset *data, size_t index, float *out, uint8_t *label)
{
    const uint8_t *bytes = bytes_of(data, index);

    for (size_t i = 0; i < data->size; i++) out[i] = (float)bytes[i] / 255.0f;
    if (label) *label = data->labels ? data->labels[index] : 0;
    return GAN_OK;
}

static gan_status read_floats(const gan_dataset *data, size_t index, float *out, uint8_t *label)
{
    memcpy(out, data->floats + index * data->size, data->size * sizeof *out);
    if (label) *label = data->labels ? data->labels[index] : 0;
    return GAN_OK;
}

static gan_status read_callback(const gan_dataset *data, size_t index, float *out, uint8_t *label)
{
    uint8_t own_label = 0;
    int code = data->read(data->user, index, out, data->has_labels ? &own_label : NULL);
    size_t bad;

    if (code)
        return gan__fail(GAN_ERR_IO, "dataset: the host's read function returned %d for sample %zu",
                         code, index);
    bad = gan__dataset_find_nonfinite(out, data->size);
    if (bad < data->size)
        return gan__fail(
            GAN_ERR_NONFINITE,
            "dataset: the host's read function delivered %g as number %zu of sample %zu",
            (double)out[bad], bad, index);
    if (label) *label = own_label;
    return GAN_OK;
}

const gan__dataset_class gan__dataset_bytes_class = {read_bytes, bytes_of, NULL};
static const gan__dataset_class floats_class = {read_floats, NULL, NULL};
static const gan__dataset_class callback_class = {read_callback, NULL, NULL};

/* ---- Making ---- */

size_t gan__dataset_find_nonfinite(const float *numbers, size_t n)
{
    size_t i = 0;

    while (i < n && isfinite(numbers[i])) i++;
    return i;
}

gan_status gan__dataset_read_desc(gan_dataset_desc *out, const gan_dataset_desc *desc,
                                  size_t *count)
{
    const size_t first_size = offsetof(gan_dataset_desc, allocator) + sizeof desc->allocator;
    gan_status status = gan__desc_read(out, sizeof *out, first_size, desc, "gan_dataset_desc");

    if (status == GAN_OK && out->max_count > 0 && out->max_count < *count) *count = out->max_count;
    return status;
}

gan_status gan__dataset_create_empty(gan_dataset **out, const gan__dataset_class *kind,
                                     size_t count, gan_shape shape, const gan_allocator *allocator)
{
    gan_allocator from;
    gan_status status = gan__alloc_init(&from, allocator);

    if (status == GAN_OK) status = gan__alloc(out, &from, 1, sizeof **out);
    if (status != GAN_OK) return status;
    (*out)->kind = kind;
    (*out)->allocator = from;
    (*out)->count = count;
    (*out)->shape = shape;
    (*out)->size = gan_shape_size(shape);
    return GAN_OK;
}

/* Take room for `count` labels and copy them; none for NULL. */
static gan_status copy_labels(gan_dataset *data, const uint8_t *labels)
{
    gan_status status;

    if (!labels) return GAN_OK;
    status = gan__alloc(&data->labels, &data->allocator, data->count, 1);
    if (status != GAN_OK) return status;
    memcpy(data->labels, labels, data->count);
    data->has_labels = 1;
    return GAN_OK;
}

gan_status gan__dataset_name_classes(gan_dataset *data, const gan_dataset_desc *desc)
{
    const size_t n = desc->n_class_names;

    if ((n > 0) != (desc->class_names != NULL) || n > GAN__MOST_CLASSES)
        return gan__fail(GAN_ERR_INVALID,
                         "dataset: %zu class_names, which %s NULL; 1 to %d expected, or 0 and NULL",
                         n, desc->class_names ? "are not" : "are", GAN__MOST_CLASSES);
    if (n > 0 && !data->has_labels)
        return gan__fail(GAN_ERR_INVALID, "dataset: %zu class_names, but no labels", n);
    data->n_class_names = n;
    return gan__labels_copy_names(&data->class_names, &data->allocator, desc->class_names, n,
                                  "dataset");
}

/* Check what every source in memory is given. */
static gan_status check_arguments(const void *source, const char *source_name, size_t count,
                                  gan_shape shape)
{
    if (!source) return gan__fail(GAN_ERR_INVALID, "dataset: %s is NULL", source_name);
    if (count == 0)
        return gan__fail(GAN_ERR_INVALID, "dataset: count is 0, at least 1 sample is needed");
    if (gan_shape_size(shape) == 0)
        return gan__fail(
            GAN_ERR_INVALID,
            "dataset: a sample's shape must have 1 to 4 dimensions and 1 to 2147483647 numbers, "
            "is %s of rank %zu",
            gan__shape_text_of(shape).text, shape.rank);
    return GAN_OK;
}

gan_status gan__dataset_create_zeros(gan_dataset **out, size_t count, gan_shape shape,
                                     int has_labels, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_dataset *data = NULL;

    GAN_TRY(gan__dataset_create_empty(&data, &gan__dataset_bytes_class, count, shape, allocator));
    GAN_TRY(gan__alloc(&data->bytes, &data->allocator, count, data->size));
    if (has_labels) GAN_TRY(gan__alloc(&data->labels, &data->allocator, count, 1));
    data->has_labels = has_labels;
    *out = data;
    data = NULL;

cleanup:
    gan_dataset_destroy(data);
    return status;
}

gan_status gan_dataset_create_bytes(gan_dataset **out, const uint8_t *data, const uint8_t *labels,
                                    size_t count, gan_shape shape, const gan_dataset_desc *desc)
{
    gan_status status = GAN_OK;
    gan_dataset_desc d = {GAN_DATASET_DESC_INIT};
    gan_dataset *made = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    GAN_TRY(check_arguments(data, "data", count, shape));
    GAN_TRY(gan__dataset_read_desc(&d, desc, &count));
    GAN_TRY(gan__dataset_create_zeros(&made, count, shape, 0, d.allocator));
    GAN_TRY(copy_labels(made, labels));
    GAN_TRY(gan__dataset_name_classes(made, &d));
    memcpy(made->bytes, data, count * made->size);
    *out = made;
    made = NULL;

cleanup:
    gan_dataset_destroy(made);
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_create_floats(gan_dataset **out, const float *data, const uint8_t *labels,
                                     size_t count, gan_shape shape, const gan_dataset_desc *desc)
{
    gan_status status = GAN_OK;
    gan_dataset_desc d = {GAN_DATASET_DESC_INIT};
    gan_dataset *made = NULL;
    size_t n;
    size_t bad;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    GAN_TRY(check_arguments(data, "data", count, shape));
    GAN_TRY(gan__dataset_read_desc(&d, desc, &count));
    GAN_TRY(gan__dataset_create_empty(&made, &floats_class, count, shape, d.allocator));
    if (count > SIZE_MAX / made->size)
        GAN_FAIL(GAN_ERR_NOMEM, "dataset: %zu samples of %zu numbers are too many", count,
                 made->size);
    n = count * made->size;
    bad = gan__dataset_find_nonfinite(data, n);
    if (bad < n)
        GAN_FAIL(GAN_ERR_NONFINITE, "dataset: number %zu of sample %zu is %g", bad % made->size,
                 bad / made->size, (double)data[bad]);
    GAN_TRY(gan__alloc(&made->floats, &made->allocator, n, sizeof *made->floats));
    GAN_TRY(copy_labels(made, labels));
    GAN_TRY(gan__dataset_name_classes(made, &d));
    memcpy(made->floats, data, n * sizeof *made->floats);
    *out = made;
    made = NULL;

cleanup:
    gan_dataset_destroy(made);
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_create_callbacks(gan_dataset **out, gan_dataset_read_fn read, void *user,
                                        size_t count, gan_shape shape, int has_labels,
                                        const gan_dataset_desc *desc)
{
    gan_status status = GAN_OK;
    gan_dataset_desc d = {GAN_DATASET_DESC_INIT};
    gan_dataset *made = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (!read) GAN_FAIL(GAN_ERR_INVALID, "dataset: read is NULL");
    GAN_TRY(check_arguments(out, "out", count, shape));
    GAN_TRY(gan__dataset_read_desc(&d, desc, &count));
    GAN_TRY(gan__dataset_create_empty(&made, &callback_class, count, shape, d.allocator));
    made->read = read;
    made->user = user;
    made->has_labels = has_labels != 0;
    GAN_TRY(gan__dataset_name_classes(made, &d));
    *out = made;
    made = NULL;

cleanup:
    gan_dataset_destroy(made);
    return gan__lost(GAN__DATASET, status);
}

void gan_dataset_destroy(gan_dataset *data)
{
    gan_allocator allocator;

    if (!data) return;
    allocator = data->allocator;
    gan__free(&allocator, data->class_names);
    gan__free(&allocator, data->labels);
    gan__free(&allocator, data->bytes);
    gan__free(&allocator, data->floats);
    if (data->origin_class) data->origin_class->destroy(data->origin);
    gan__free(&allocator, data);
}

/* ---- Reading ---- */

size_t gan_dataset_count(const gan_dataset *data)
{
    return data ? data->count : 0;
}

gan_shape gan_dataset_shape(const gan_dataset *data)
{
    return data ? data->shape : (gan_shape){0, {0, 0, 0, 0}};
}

int gan_dataset_has_labels(const gan_dataset *data)
{
    return data ? data->has_labels : 0;
}

/* Only the label is wanted, which a host's function delivers together with a sample: read that
 * aside. */
static gan_status read_label(const gan_dataset *data, size_t index, uint8_t *label)
{
    float *aside = NULL;
    gan_status status = GAN_OK;

    *label = 0;
    if (!data->has_labels) return GAN_OK;
    if (data->labels) {
        *label = data->labels[index];
        return GAN_OK;
    }
    status = gan__alloc(&aside, &data->allocator, data->size, sizeof *aside);
    if (status == GAN_OK) status = data->kind->read(data, index, aside, label);
    gan__free(&data->allocator, aside);
    return status;
}

gan_status gan_dataset_read(const gan_dataset *data, size_t index, float *out, uint8_t *label)
{
    if (!data) return gan__fail_null(GAN__DATASET, 1, "dataset: data is NULL");
    if (index >= data->count)
        return gan__fail(GAN_ERR_INVALID, "dataset: no sample %zu, there are %zu", index,
                         data->count);
    if (out) return data->kind->read(data, index, out, label);
    return label ? read_label(data, index, label) : GAN_OK;
}

/* ---- Classes ---- */

/* A host's labels come with samples, for which there is room `aside`. */
static gan_status count_labels(const gan_dataset *data, double *counts, size_t n_classes,
                               float *aside)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < data->count; i++) {
        uint8_t label;

        if (data->labels)
            label = data->labels[i];
        else
            GAN_TRY(data->kind->read(data, i, aside, &label));
        if (label >= n_classes)
            GAN_FAIL(GAN_ERR_INVALID, "dataset: label %d of sample %zu, of 0 to %zu", label, i,
                     n_classes - 1);
        counts[label]++;
    }

cleanup:
    return status;
}

gan_status gan_dataset_class_sizes(const gan_dataset *data, double *sizes, size_t n_classes)
{
    gan_status status = GAN_OK;
    double counts[GAN__MOST_CLASSES] = {0};
    float *aside = NULL;

    if (!data) return gan__fail_null(GAN__DATASET, 1, "dataset: data is NULL");
    if (!sizes) return gan__fail(GAN_ERR_INVALID, "dataset: sizes is NULL");
    if (n_classes == 0 || n_classes > GAN__MOST_CLASSES)
        return gan__fail(GAN_ERR_INVALID, "dataset: 1 to %d classes expected, got %zu",
                         GAN__MOST_CLASSES, n_classes);
    if (!data->has_labels)
        return gan__fail(GAN_ERR_INVALID, "dataset: no labels, so no sizes of classes");
    if (!data->labels) GAN_TRY(gan__alloc(&aside, &data->allocator, data->size, sizeof *aside));
    GAN_TRY(count_labels(data, counts, n_classes, aside));
    memcpy(sizes, counts, n_classes * sizeof *sizes);

cleanup:
    gan__free(&data->allocator, aside);
    return status;
}

/* ---- Names ---- */

static size_t origin_count(const gan_dataset *data, gan__origin_list list)
{
    return data && data->origin_class ? data->origin_class->count(data->origin, list) : 0;
}

static const char *origin_name(const gan_dataset *data, gan__origin_list list, size_t i)
{
    return i < origin_count(data, list) ? data->origin_class->name(data->origin, list, i) : NULL;
}

size_t gan_dataset_class_count(const gan_dataset *data)
{
    if (!data) return 0;
    return data->origin_class ? origin_count(data, GAN__ORIGIN_CLASSES) : data->n_class_names;
}

const char *gan_dataset_class_name(const gan_dataset *data, size_t label)
{
    if (data && data->origin_class) return origin_name(data, GAN__ORIGIN_CLASSES, label);
    return data && label < data->n_class_names ? data->class_names + label * GAN__CLASS_NAME_BYTES
                                               : NULL;
}

const char *gan_dataset_file_name(const gan_dataset *data, size_t index)
{
    return origin_name(data, GAN__ORIGIN_FILES, index);
}

size_t gan_dataset_skipped_count(const gan_dataset *data)
{
    return origin_count(data, GAN__ORIGIN_SKIPPED);
}

const char *gan_dataset_skipped(const gan_dataset *data, size_t i)
{
    return origin_name(data, GAN__ORIGIN_SKIPPED, i);
}

GAN__DEFINE_INIT(gan_dataset_desc_init, gan_dataset_desc, GAN_DATASET_DESC_INIT)
