/* dataset_npy.c - NumPy arrays as samples.
 *
 * The values of a sample are found by strides, one for each of its dimensions and one from sample
 * to sample, counted in values:
 *
 *     array [count, 28, 28] in C order         1, 28  and 784 from sample to sample
 *     the same in Fortran order                count * 28, count  and 1
 *     [count, h, w, 3], channels last          for [3, h, w]: 1, 3 * w, 3  and 3 * w * h
 *
 * A file up to memory_limit is read into memory; from a larger one each sample is read when it is
 * needed, which any thread may do. */
#include "data/dataset_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "file/file_internal.h"
#include "file/npy_internal.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { MEMORY_LIMIT = 1 << 30 };

/* An array as samples; the origin of a dataset that reads its file when a sample is needed. */
typedef struct array {
    gan_allocator allocator;
    gan__input input;
    char *name; /* a copy of the path, as the host's may be freed */
    gan__npy head;
    size_t count;
    gan_shape shape; /* of a sample */
    size_t size;
    size_t strides[4]; /* between the values of a sample, one for each dimension */
    size_t step;       /* between samples */
    int is_bytes;
} array;

static void close_array(void *origin)
{
    array *a = origin;
    gan_allocator allocator;

    if (!a) return;
    allocator = a->allocator;
    gan__input_close(&a->input);
    gan__free(&allocator, a->name);
    gan__free(&allocator, a);
}

/* ---- One sample ---- */

/* Write the values of a sample in its order, as bytes or floats; `raw` is its first value. */
static gan_status gather(const array *a, size_t index, const unsigned char *raw, void *out)
{
    const size_t rank = a->shape.rank, item = a->head.item_bytes;
    size_t at[4] = {0}, offset = 0;
    float *floats = out;
    uint8_t *bytes = out;

    for (size_t i = 0; i < a->size; i++) {
        if (a->is_bytes) {
            bytes[i] = raw[offset];
        } else {
            const double value = gan__npy_value(&a->head, raw + offset * item);

            floats[i] = (float)value;
            if (!isfinite(floats[i]))
                return gan__fail(GAN_ERR_NONFINITE, "%s: value %zu of sample %zu is %g",
                                 a->head.name, i, index, value);
        }
        for (size_t d = rank; d-- > 0;) {
            offset += a->strides[d];
            if (++at[d] < a->shape.dim[d]) break;
            offset -= a->strides[d] * a->shape.dim[d];
            at[d] = 0;
        }
    }
    return GAN_OK;
}

/* Read n bytes of the numbers, from `offset` on; a message calls them `what` of number `index`. */
static gan_status read_at(const array *a, uint64_t offset, void *raw, size_t n, const char *what,
                          size_t index)
{
    const uint64_t begin = a->head.offset + offset;
    int error;
    const size_t got = gan__input_read_at(&a->input, begin, raw, n, &error);

    if (got == n) return GAN_OK;
    if (error)
        return gan__fail(gan__errno_status(error), "%s: byte %llu: cannot be read: %s",
                         a->head.name, (unsigned long long)(begin + got),
                         gan__errno_text_of(error).text);
    return gan__fail(GAN_ERR_FORMAT, "%s: byte %llu: %s %zu expected, the file ends", a->head.name,
                     (unsigned long long)(begin + got), what, index);
}

/* Read the bytes of a sample that is contiguous in the file. */
static gan_status read_raw(const array *a, size_t index, unsigned char *raw)
{
    const size_t n = a->size * a->head.item_bytes;

    return read_at(a, (uint64_t)index * n, raw, n, "sample", index);
}

/* It uses malloc(), as it may run on any thread. */
static gan_status read_piece(const array *a, size_t index, void *out)
{
    gan_allocator memory;
    unsigned char *raw = NULL;
    gan_status status = GAN_OK;

    GAN_TRY(gan__alloc_init(&memory, NULL));
    GAN_TRY(gan__alloc(&raw, &memory, a->size, a->head.item_bytes));
    GAN_TRY(read_raw(a, index, raw));
    GAN_TRY(gather(a, index, raw, out));

cleanup:
    gan__free(&memory, raw);
    return status;
}

/* ---- A dataset that reads its file when a sample is needed ---- */

static gan_status decode(const gan_dataset *data, size_t index, uint8_t *out)
{
    return read_piece(data->origin, index, out);
}

static gan_status read_floats(const gan_dataset *data, size_t index, float *out, uint16_t *label)
{
    if (label) *label = data->labels ? data->labels[index] : 0;
    return read_piece(data->origin, index, out);
}

static const gan__dataset_class bytes_class = {gan__dataset_read_decoded, NULL, decode};
static const gan__dataset_class floats_class = {read_floats, NULL, NULL};
static const gan__origin_class array_class = {NULL, NULL, close_array};

/* ---- Opening ---- */

/* Determine the shape of a sample and its strides. */
static gan_status set_shape(array *a, int channels_last)
{
    const gan__npy *h = &a->head;
    size_t stride = 1;

    if (h->rank < 1 || h->rank > 5 || (channels_last && h->rank != 4))
        return gan__fail(GAN_ERR_SHAPE, "%s: an array of %s dimensions expected, found %zu",
                         h->name, channels_last ? "4 (count, height, width, channels)" : "1 to 5",
                         h->rank);
    a->shape = (gan_shape){h->rank > 1 ? h->rank - 1 : 1, {1, 0, 0, 0}};
    for (size_t d = 1; d < h->rank; d++)
        a->shape.dim[d - 1] = h->dims[d] <= INT32_MAX ? (size_t)h->dims[d] : 0;
    a->size = gan_shape_size(a->shape);
    if (a->size == 0)
        return gan__fail(GAN_ERR_FORMAT, "%s: 1 to 2147483647 values per sample expected, found %s",
                         h->name, gan__shape_text_of(a->shape).text);
    if (h->dims[0] == 0 || h->dims[0] > SIZE_MAX)
        return gan__fail(GAN_ERR_FORMAT, "%s: at least 1 sample expected, found %llu", h->name,
                         (unsigned long long)h->dims[0]);
    a->count = (size_t)h->dims[0];
    a->step = h->is_fortran ? 1 : a->size;
    if (h->is_fortran) stride = a->count;
    for (size_t k = 0; k < a->shape.rank; k++) {
        const size_t d = h->is_fortran ? k : a->shape.rank - 1 - k;

        a->strides[d] = stride;
        stride *= a->shape.dim[d];
    }
    return GAN_OK;
}

/* From [height, width, channels] to [channels, height, width]. */
static void put_channels_first(array *a)
{
    const size_t channels = a->shape.dim[2], stride = a->strides[2];

    for (size_t d = 2; d > 0; d--) {
        a->shape.dim[d] = a->shape.dim[d - 1];
        a->strides[d] = a->strides[d - 1];
    }
    a->shape.dim[0] = channels;
    a->strides[0] = stride;
}

/* Open a file, or the array of a name in an archive. */
static gan_status open_array(array **out, gan__source from, const char *name, size_t limit,
                             const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    unsigned char head[4];
    array *a;
    size_t n;

    GAN_TRY(gan__alloc(out, allocator, 1, sizeof **out));
    a = *out;
    a->allocator = *allocator;
    GAN_TRY(gan__alloc(&a->name, allocator, strlen(gan__source_name(from)) + 1, 1));
    memcpy(a->name, gan__source_name(from), strlen(gan__source_name(from)));
    GAN_TRY(gan__input_open(&a->input, from, allocator));
    a->input.name = a->name;
    n = gan__input_read(&a->input, head, sizeof head);
    if (!gan__input_seek(&a->input, 0))
        GAN_FAIL(GAN_ERR_IO, "%s: cannot seek to the beginning: %s", a->input.name,
                 gan__errno_text_of(errno).text);
    if (gan__npy_is_archive(head, n)) GAN_TRY(gan__npy_open_member(&a->input, name, limit));
    GAN_TRY(gan__npy_read_header(&a->head, &a->input));

cleanup:
    return status;
}

/* ---- Reading all of it ---- */

/* Read the samples of an array into a block of `count`. */
static gan_status read_all(const array *a, size_t count, void *out)
{
    const size_t item = a->head.item_bytes, to = a->is_bytes ? 1 : sizeof(float);
    const size_t all = a->head.n_items < SIZE_MAX ? (size_t)a->head.n_items : SIZE_MAX;
    const size_t whole = a->head.is_fortran ? all : a->size;
    unsigned char *raw = NULL;
    gan_status status = GAN_OK;

    GAN_TRY(gan__alloc(&raw, &a->allocator, whole, item));
    if (a->head.is_fortran)
        GAN_TRY(read_at(a, 0, raw, whole * item, "a part of each sample, up to", a->count - 1));
    for (size_t i = 0; i < count; i++) {
        if (!a->head.is_fortran) GAN_TRY(read_raw(a, i, raw));
        GAN_TRY(gather(a, i, raw + (a->head.is_fortran ? i * a->step * item : 0),
                       (char *)out + i * a->size * to));
    }

cleanup:
    gan__free(&a->allocator, raw);
    return status;
}

/* Read labels: a whole number for each sample. */
static gan_status read_labels(gan_dataset *data, const array *a, uint64_t n_samples)
{
    const gan__npy *h = &a->head;
    gan_status status = GAN_OK;
    unsigned char value[8];

    if (h->kind == 'f')
        return gan__fail(GAN_ERR_FORMAT, "%s: labels of whole numbers expected, found %s%zu",
                         h->name, "float", h->item_bytes * 8);
    if (h->rank != 1)
        return gan__fail(GAN_ERR_SHAPE, "%s: labels in 1 dimension expected, found %zu", h->name,
                         h->rank);
    if (h->dims[0] != n_samples)
        return gan__fail(GAN_ERR_SHAPE, "%s has %llu labels, there are %llu samples", h->name,
                         (unsigned long long)h->dims[0], (unsigned long long)n_samples);
    status = gan__dataset_take_labels(data);
    for (size_t i = 0; i < data->count && status == GAN_OK; i++) {
        double label;

        status = read_at(a, i * h->item_bytes, value, h->item_bytes, "label", i);
        if (status != GAN_OK) return status;
        label = gan__npy_value(h, value);
        if (!(label >= 0 && label < GAN__MOST_CLASSES))
            return gan__fail(GAN_ERR_FORMAT, "%s: a label of 0 to %d expected, number %zu is %g",
                             h->name, GAN__MOST_CLASSES - 1, i, label);
        data->labels[i] = (uint16_t)label;
    }
    return status;
}

/* Make a dataset with the samples in memory. */
static gan_status create_kept(gan_dataset **out, const array *a, size_t count)
{
    gan_status status = gan__dataset_create_empty(
        out, a->is_bytes ? &gan__dataset_bytes_class : &gan__dataset_floats_class, count, a->shape,
        &a->allocator);
    gan_dataset *data = *out;
    void *block = NULL;

    if (status != GAN_OK) return status;
    status = gan__alloc(&block, &a->allocator, gan__size_mul(count, a->size),
                        a->is_bytes ? 1 : sizeof(float));
    if (a->is_bytes)
        data->bytes = block;
    else
        data->floats = block;
    return status == GAN_OK ? read_all(a, count, block) : status;
}

/* Make a dataset that reads the file when a sample is needed, and takes ownership of the array. */
static gan_status create_read(gan_dataset **out, array **a, size_t count)
{
    gan_status status;

    if ((*a)->head.is_fortran || !(*a)->input.stream)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: samples of more than memory_limit in %s; save them as .npy with "
                         "numpy.ascontiguousarray(), or raise memory_limit",
                         (*a)->head.name,
                         (*a)->head.is_fortran ? "Fortran order" : "an archive or in memory");
    status = gan__dataset_create_empty(out, (*a)->is_bytes ? &bytes_class : &floats_class, count,
                                       (*a)->shape, &(*a)->allocator);
    if (status != GAN_OK) return status;
    (*out)->access = GAN__ACCESS_AHEAD;
    (*out)->origin_class = &array_class;
    (*out)->origin = *a;
    *a = NULL;
    return GAN_OK;
}

static gan_status create(gan_dataset **out, array **samples, const gan_npy_desc *d, size_t limit)
{
    array *a = *samples;
    size_t count, each;
    gan_status status = set_shape(a, d->channels_last);

    if (status != GAN_OK) return status;
    if (d->channels_last) put_channels_first(a);
    a->is_bytes = a->head.kind == 'u' && a->head.item_bytes == 1;
    each = gan__size_mul(a->size, a->is_bytes ? 1 : sizeof(float));
    count = d->max_count > 0 && d->max_count < a->count ? d->max_count : a->count;
    return count <= limit / each ? create_kept(out, a, count) : create_read(out, samples, count);
}

static gan_status open_npy(gan_dataset **out, gan__source samples, const gan__source *labels,
                           const gan_npy_desc *desc)
{
    gan_status status = GAN_OK;
    gan_npy_desc d = {GAN_NPY_DESC_INIT};
    gan_dataset_desc names = {GAN_DATASET_DESC_INIT};
    gan_allocator allocator;
    gan_dataset *data = NULL;
    array *of_samples = NULL, *of_labels = NULL;
    uint64_t n_samples;
    size_t limit;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    GAN_TRY(gan__source_check(samples, "dataset, samples"));
    if (labels) GAN_TRY(gan__source_check(*labels, "dataset, labels"));
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "gan_npy_desc"));
    GAN_TRY(gan__alloc_init(&allocator, d.allocator));
    limit = d.memory_limit ? d.memory_limit : MEMORY_LIMIT;
    GAN_TRY(open_array(&of_samples, samples, d.samples_name, limit, &allocator));
    if (labels || d.labels_name)
        GAN_TRY(
            open_array(&of_labels, labels ? *labels : samples, d.labels_name, limit, &allocator));
    n_samples = of_samples->head.rank > 0 ? of_samples->head.dims[0] : 0;
    GAN_TRY(create(&data, &of_samples, &d, limit));
    if (of_labels) GAN_TRY(read_labels(data, of_labels, n_samples));
    names.class_names = d.class_names;
    names.n_class_names = d.n_class_names;
    GAN_TRY(gan__dataset_name_classes(data, &names));
    *out = data;
    data = NULL;

cleanup:
    close_array(of_samples);
    close_array(of_labels);
    gan_dataset_destroy(data);
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_open_npy(gan_dataset **out, const char *samples, const char *labels,
                                const gan_npy_desc *desc)
{
    const gan__source of_labels = {.path = labels};

    return open_npy(out, (gan__source){.path = samples}, labels ? &of_labels : NULL, desc);
}

gan_status gan_dataset_open_npy_from(gan_dataset **out, const gan_reader *samples,
                                     const gan_reader *labels, const gan_npy_desc *desc)
{
    const gan__source of_labels = {.reader = labels};

    return open_npy(out, (gan__source){.reader = samples}, labels ? &of_labels : NULL, desc);
}

GAN__DEFINE_INIT(gan_npy_desc_init, gan_npy_desc, GAN_NPY_DESC_INIT)
