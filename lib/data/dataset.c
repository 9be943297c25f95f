/* dataset.c - samples from the host's memory and from the host's functions; what all sources have
 * in common. */
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

static gan_status read_bytes(const gan_dataset *data, size_t index, float *out, uint16_t *label)
{
    const uint8_t *bytes = bytes_of(data, index);

    for (size_t i = 0; i < data->size; i++) out[i] = (float)bytes[i] / 255.0f;
    if (label) *label = data->labels ? data->labels[index] : 0;
    return GAN_OK;
}

static gan_status read_floats(const gan_dataset *data, size_t index, float *out, uint16_t *label)
{
    memcpy(out, data->floats + index * data->size, data->size * sizeof *out);
    if (label) *label = data->labels ? data->labels[index] : 0;
    return GAN_OK;
}

/* The host's function, of either kind. */
static int call_host(const gan_dataset *data, size_t index, float *out, uint16_t *label)
{
    uint8_t byte = 0;
    int code;

    if (data->read_labels16) return data->read_labels16(data->user, index, out, label);
    code = data->read(data->user, index, out, data->has_labels ? &byte : NULL);
    *label = byte;
    return code;
}

static gan_status read_callback(const gan_dataset *data, size_t index, float *out, uint16_t *label)
{
    uint16_t own_label = 0;
    int code = call_host(data, index, out, &own_label);
    size_t bad;

    if (code)
        return gan__fail(GAN_ERR_IO, "dataset: the host's read function returned %d for sample %zu",
                         code, index);
    bad = gan__dataset_find_nonfinite(out, data->size);
    if (bad < data->size)
        return gan__fail(
            GAN_ERR_NONFINITE,
            "dataset: the host's read function delivered %g as value %zu of sample %zu",
            (double)out[bad], bad, index);
    if (label) *label = own_label;
    return GAN_OK;
}

/* The bytes are decoded into the end of the floats' memory; each float then overwrites only bytes
 * that were converted already. */
gan_status gan__dataset_read_decoded(const gan_dataset *data, size_t index, float *out,
                                     uint16_t *label)
{
    uint8_t *bytes = (uint8_t *)out + data->size * (sizeof *out - 1);
    gan_status status = data->kind->decode(data, index, bytes);

    if (status != GAN_OK) return status;
    for (size_t i = 0; i < data->size; i++) out[i] = (float)bytes[i] / 255.0f;
    if (label) *label = data->labels ? data->labels[index] : 0;
    return GAN_OK;
}

const gan__dataset_class gan__dataset_bytes_class = {read_bytes, bytes_of, NULL};
const gan__dataset_class gan__dataset_floats_class = {read_floats, NULL, NULL};
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
    (*out)->self = *out;
    atomic_init(&(*out)->n_references, 1);
    (*out)->count = count;
    (*out)->shape = shape;
    (*out)->size = gan_shape_size(shape);
    return GAN_OK;
}

gan_status gan__dataset_take_labels(gan_dataset *data)
{
    data->has_labels = 1;
    return gan__alloc(&data->labels, &data->allocator, data->count, sizeof *data->labels);
}

static gan_status copy_labels(gan_dataset *data, gan__label_list from)
{
    gan_status status;

    if (!gan__labels_given(from)) return GAN_OK;
    status = gan__dataset_take_labels(data);
    if (status != GAN_OK) return status;
    gan__labels_copy(data->labels, from, data->count);
    return GAN_OK;
}

void gan__dataset_measure_labels(gan_dataset *data)
{
    data->has_wide_labels |= gan_dataset_class_count(data) > GAN__BYTE_CLASSES;
    for (size_t i = 0; data->labels && i < data->count; i++)
        data->has_wide_labels |= data->labels[i] >= GAN__BYTE_CLASSES;
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
    gan__dataset_measure_labels(data);
    return gan__labels_copy_names(&data->class_names, &data->allocator, desc->class_names, n,
                                  "dataset");
}

/* Check the arguments that all sources in memory have. */
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
    if (has_labels) GAN_TRY(gan__dataset_take_labels(data));
    *out = data;
    data = NULL;

cleanup:
    gan_dataset_destroy(data);
    return status;
}

static gan_status create_bytes(gan_dataset **out, const uint8_t *data, gan__label_list labels,
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

gan_status gan_dataset_create_bytes(gan_dataset **out, const uint8_t *data, const uint8_t *labels,
                                    size_t count, gan_shape shape, const gan_dataset_desc *desc)
{
    return create_bytes(out, data, gan__label_bytes(labels), count, shape, desc);
}

gan_status gan_dataset_create_bytes_labels16(gan_dataset **out, const uint8_t *data,
                                             const uint16_t *labels, size_t count, gan_shape shape,
                                             const gan_dataset_desc *desc)
{
    return create_bytes(out, data, gan__label_words(labels), count, shape, desc);
}

static gan_status create_floats(gan_dataset **out, const float *data, gan__label_list labels,
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
    GAN_TRY(
        gan__dataset_create_empty(&made, &gan__dataset_floats_class, count, shape, d.allocator));
    if (count > SIZE_MAX / made->size)
        GAN_FAIL(GAN_ERR_NOMEM, "dataset: %zu samples of %zu numbers are too many", count,
                 made->size);
    n = count * made->size;
    bad = gan__dataset_find_nonfinite(data, n);
    if (bad < n)
        GAN_FAIL(GAN_ERR_NONFINITE, "dataset: value %zu of sample %zu is %g", bad % made->size,
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

gan_status gan_dataset_create_floats(gan_dataset **out, const float *data, const uint8_t *labels,
                                     size_t count, gan_shape shape, const gan_dataset_desc *desc)
{
    return create_floats(out, data, gan__label_bytes(labels), count, shape, desc);
}

gan_status gan_dataset_create_floats_labels16(gan_dataset **out, const float *data,
                                              const uint16_t *labels, size_t count, gan_shape shape,
                                              const gan_dataset_desc *desc)
{
    return create_floats(out, data, gan__label_words(labels), count, shape, desc);
}

/* Either function is the host's, the other is NULL. */
static gan_status create_callbacks(gan_dataset **out, gan_dataset_read_fn read,
                                   gan_dataset_read_labels16_fn read_labels16, void *user,
                                   size_t count, gan_shape shape, int has_labels,
                                   const gan_dataset_desc *desc)
{
    gan_status status = GAN_OK;
    gan_dataset_desc d = {GAN_DATASET_DESC_INIT};
    gan_dataset *made = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (!read && !read_labels16) GAN_FAIL(GAN_ERR_INVALID, "dataset: read is NULL");
    GAN_TRY(check_arguments(out, "out", count, shape));
    GAN_TRY(gan__dataset_read_desc(&d, desc, &count));
    GAN_TRY(gan__dataset_create_empty(&made, &callback_class, count, shape, d.allocator));
    made->access = d.concurrent ? GAN__ACCESS_AHEAD : GAN__ACCESS_CALLER;
    made->read = read;
    made->read_labels16 = read_labels16;
    made->user = user;
    made->has_labels = has_labels != 0;
    made->has_wide_labels = read_labels16 != NULL;
    GAN_TRY(gan__dataset_name_classes(made, &d));
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
    return create_callbacks(out, read, NULL, user, count, shape, has_labels, desc);
}

gan_status gan_dataset_create_callbacks_labels16(gan_dataset **out,
                                                 gan_dataset_read_labels16_fn read, void *user,
                                                 size_t count, gan_shape shape,
                                                 const gan_dataset_desc *desc)
{
    return create_callbacks(out, NULL, read, user, count, shape, 1, desc);
}

gan_dataset *gan__dataset_retain(const gan_dataset *data)
{
    atomic_fetch_add_explicit(&data->self->n_references, 1, memory_order_relaxed);
    return data->self;
}

void gan_dataset_destroy(gan_dataset *data)
{
    gan_allocator allocator;

    if (!data || atomic_fetch_sub_explicit(&data->n_references, 1, memory_order_acq_rel) > 1)
        return;
    allocator = data->allocator;
    gan__free(&allocator, data->class_names);
    gan__free(&allocator, data->column_names);
    gan__free(&allocator, data->column_text);
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

int gan_dataset_label_bits(const gan_dataset *data)
{
    if (!data || !data->has_labels) return 0;
    return data->has_wide_labels ? 16 : 8;
}

int gan__dataset_is_bytes(const gan_dataset *data)
{
    return data->kind->bytes || data->kind->decode;
}

/* Only the label is needed, but a host's function delivers it with the sample: read that into a
 * buffer of its own. */
static gan_status read_label(const gan_dataset *data, size_t index, uint16_t *label)
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

gan_status gan_dataset_read_labels16(const gan_dataset *data, size_t index, float *out,
                                     uint16_t *label)
{
    if (!data) return gan__fail_null(GAN__DATASET, 1, "dataset: data is NULL");
    if (index >= data->count)
        return gan__fail(GAN_ERR_INVALID, "dataset: no sample %zu, there are %zu", index,
                         data->count);
    if (out) return data->kind->read(data, index, out, label);
    return label ? read_label(data, index, label) : GAN_OK;
}

gan_status gan_dataset_read(const gan_dataset *data, size_t index, float *out, uint8_t *label)
{
    uint16_t wide = 0;
    gan_status status;

    if (data && label && data->has_wide_labels)
        return gan__fail(GAN_ERR_INVALID,
                         "dataset: labels have 16 bits, gan_dataset_read() has room for 8: use "
                         "gan_dataset_read_labels16()");
    status = gan_dataset_read_labels16(data, index, out, label ? &wide : NULL);
    if (status == GAN_OK && label) *label = (uint8_t)wide;
    return status;
}

/* ---- Classes ---- */

gan_status gan__dataset_read_all_labels(const gan_dataset *data, uint16_t *labels)
{
    float *aside = NULL;
    gan_status status = GAN_OK;

    if (!data->labels) GAN_TRY(gan__alloc(&aside, &data->allocator, data->size, sizeof *aside));
    for (size_t i = 0; i < data->count; i++)
        if (data->labels)
            labels[i] = data->labels[i];
        else
            GAN_TRY(data->kind->read(data, i, aside, &labels[i]));

cleanup:
    gan__free(&data->allocator, aside);
    return status;
}

/* Check the arguments of gan_dataset_class_sizes(). */
static gan_status check_sizes(const gan_dataset *data, const double *sizes, size_t n_classes)
{
    if (!data) return gan__fail_null(GAN__DATASET, 1, "dataset: data is NULL");
    if (!sizes) return gan__fail(GAN_ERR_INVALID, "dataset: sizes is NULL");
    if (n_classes == 0 || n_classes > GAN__MOST_CLASSES)
        return gan__fail(GAN_ERR_INVALID, "dataset: 1 to %d classes expected, got %zu",
                         GAN__MOST_CLASSES, n_classes);
    if (!data->has_labels)
        return gan__fail(GAN_ERR_INVALID, "dataset: no labels, so no sizes of classes");
    return GAN_OK;
}

gan_status gan_dataset_class_sizes(const gan_dataset *data, double *sizes, size_t n_classes)
{
    gan_status status = check_sizes(data, sizes, n_classes);
    const uint16_t *labels = data ? data->labels : NULL;
    uint16_t *own = NULL;

    if (status != GAN_OK) return status;
    if (!labels) {
        GAN_TRY(gan__alloc(&own, &data->allocator, data->count, sizeof *own));
        GAN_TRY(gan__dataset_read_all_labels(data, own));
        labels = own;
    }
    for (size_t i = 0; i < data->count; i++)
        if (labels[i] >= n_classes)
            GAN_FAIL(GAN_ERR_INVALID, "dataset: label %d of sample %zu, of 0 to %zu", labels[i], i,
                     n_classes - 1);
    memset(sizes, 0, n_classes * sizeof *sizes);
    for (size_t i = 0; i < data->count; i++) sizes[labels[i]]++;

cleanup:
    gan__free(&data->allocator, own);
    return status;
}

/* ---- Names ---- */

static int has_origin_names(const gan_dataset *data)
{
    return data && data->origin_class && data->origin_class->count;
}

/* Unless the dataset has some itself, as one with other labels than its source. */
static int has_origin_classes(const gan_dataset *data)
{
    return has_origin_names(data) && data->n_class_names == 0;
}

static size_t origin_count(const gan_dataset *data, gan__origin_list list)
{
    return has_origin_names(data) ? data->origin_class->count(data->origin, list) : 0;
}

static const char *origin_name(const gan_dataset *data, gan__origin_list list, size_t i)
{
    return i < origin_count(data, list) ? data->origin_class->name(data->origin, list, i) : NULL;
}

size_t gan_dataset_class_count(const gan_dataset *data)
{
    if (!data) return 0;
    return has_origin_classes(data) ? origin_count(data, GAN__ORIGIN_CLASSES) : data->n_class_names;
}

const char *gan_dataset_class_name(const gan_dataset *data, size_t label)
{
    if (has_origin_classes(data)) return origin_name(data, GAN__ORIGIN_CLASSES, label);
    return data && label < data->n_class_names ? data->class_names + label * GAN__CLASS_NAME_BYTES
                                               : NULL;
}

size_t gan_dataset_class_index(const gan_dataset *data, const char *name)
{
    const size_t n = name ? gan_dataset_class_count(data) : 0;

    for (size_t i = 0; i < n; i++)
        if (strcmp(gan_dataset_class_name(data, i), name) == 0) return i;
    return SIZE_MAX;
}

size_t gan_dataset_column_count(const gan_dataset *data)
{
    if (!data) return 0;
    return has_origin_names(data) ? origin_count(data, GAN__ORIGIN_COLUMNS) : data->n_column_names;
}

const char *gan_dataset_column_name(const gan_dataset *data, size_t column)
{
    if (has_origin_names(data)) return origin_name(data, GAN__ORIGIN_COLUMNS, column);
    return data && column < data->n_column_names ? data->column_names[column] : NULL;
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
