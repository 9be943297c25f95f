/* dataset_view.c - datasets of other datasets' samples: ranges, subsets, several in a row, and one
 * with other labels.
 *
 * A view holds references on its sources and reads through them, so that samples stay where they
 * are (bytes in memory, a file, a host's function):
 *
 *     sample of the view          0   1   2   3   4   5   6
 *     indices, of a subset        9   0   2   ...                 (a range: first + i)
 *     sample of all sources       |-- source 0 --|-- source 1 --|
 *     first_of[]                  0              4              7
 *
 * Labels in memory are copied, as batches read labels from the dataset itself. */
#include "data/dataset_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"

#include <string.h>

/* The origin of a view. */
typedef struct view {
    gan_allocator allocator;
    gan_dataset **sources;
    size_t n_sources;
    size_t *first_of; /* the index of each source's first sample, and the end of all */
    size_t *indices;  /* NULL: all from `first` on */
    size_t first;
    size_t count;   /* of the view's samples */
    int relabelled; /* 1: labels and classes are not those of the source */
} view;

/* ---- Reading ---- */

/* The source of a sample, and the sample's index there. */
static const gan_dataset *source_of(const view *v, size_t *index)
{
    const size_t i = v->indices ? v->indices[*index] : v->first + *index;
    size_t low = 0, high = v->n_sources;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (v->first_of[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    *index = i - v->first_of[low];
    return v->sources[low];
}

static gan_status read_sample(const gan_dataset *data, size_t index, float *out, uint16_t *label)
{
    size_t there = index;
    const gan_dataset *source = source_of(data->origin, &there);
    const gan_status status = source->kind->read(source, there, out, label);

    if (label && data->labels) *label = data->labels[index];
    return status;
}

static const uint8_t *bytes_of(const gan_dataset *data, size_t index)
{
    const gan_dataset *source = source_of(data->origin, &index);

    return source->kind->bytes(source, index);
}

/* Some sources may have their bytes in memory, while others decode. */
static gan_status decode(const gan_dataset *data, size_t index, uint8_t *out)
{
    const gan_dataset *source = source_of(data->origin, &index);

    if (source->kind->decode) return source->kind->decode(source, index, out);
    memcpy(out, source->kind->bytes(source, index), source->size);
    return GAN_OK;
}

static const gan__dataset_class floats_class = {read_sample, NULL, NULL};
static const gan__dataset_class bytes_class = {read_sample, bytes_of, NULL};
static const gan__dataset_class decoded_class = {read_sample, NULL, decode};

/* ---- Names ---- */

static size_t count_skipped(const view *v)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n_sources; i++) n += gan_dataset_skipped_count(v->sources[i]);
    return n;
}

static const char *skipped_at(const view *v, size_t i)
{
    size_t k = 0;

    while (i >= gan_dataset_skipped_count(v->sources[k]))
        i -= gan_dataset_skipped_count(v->sources[k++]);
    return gan_dataset_skipped(v->sources[k], i);
}

static size_t count_names(const void *origin, gan__origin_list list)
{
    const view *v = origin;

    if (list == GAN__ORIGIN_CLASSES)
        return v->relabelled ? 0 : gan_dataset_class_count(v->sources[0]);
    if (list == GAN__ORIGIN_COLUMNS) return gan_dataset_column_count(v->sources[0]);
    return list == GAN__ORIGIN_FILES ? v->count : count_skipped(v);
}

static const char *name_at(const void *origin, gan__origin_list list, size_t i)
{
    const view *v = origin;
    const gan_dataset *source;

    if (list == GAN__ORIGIN_CLASSES) return gan_dataset_class_name(v->sources[0], i);
    if (list == GAN__ORIGIN_COLUMNS) return gan_dataset_column_name(v->sources[0], i);
    if (list == GAN__ORIGIN_SKIPPED) return skipped_at(v, i);
    source = source_of(v, &i);
    return gan_dataset_file_name(source, i);
}

static void destroy_view(void *origin)
{
    view *v = origin;
    gan_allocator allocator;

    if (!v) return;
    allocator = v->allocator;
    for (size_t i = 0; v->sources && i < v->n_sources; i++) gan_dataset_destroy(v->sources[i]);
    gan__free(&allocator, v->sources);
    gan__free(&allocator, v->first_of);
    gan__free(&allocator, v->indices);
    gan__free(&allocator, v);
}

static const gan__origin_class view_origin = {count_names, name_at, destroy_view};

/* ---- Making ---- */

static int differ(const char *a, const char *b)
{
    return a != b && (!a || !b || strcmp(a, b) != 0);
}

/* Check that source `i` can be concatenated with the first. */
static gan_status check_alike(const gan_dataset *first, const gan_dataset *other, size_t i)
{
    const size_t n = gan_dataset_class_count(first);

    if (!gan_shape_equal(first->shape, other->shape))
        return gan__fail(GAN_ERR_SHAPE, "dataset: samples of source %zu are %s, of source 0 %s", i,
                         gan__shape_text_of(other->shape).text,
                         gan__shape_text_of(first->shape).text);
    if (first->has_labels != other->has_labels)
        return gan__fail(GAN_ERR_INVALID, "dataset: source %zu has %s labels, source 0 has %s", i,
                         other->has_labels ? "" : "no", first->has_labels ? "some" : "none");
    if (gan__dataset_is_bytes(first) != gan__dataset_is_bytes(other))
        return gan__fail(GAN_ERR_INVALID,
                         "dataset: source %zu is of %s, source 0 of %s; they are not normalised "
                         "alike",
                         i, gan__dataset_is_bytes(other) ? "bytes" : "floats",
                         gan__dataset_is_bytes(first) ? "bytes" : "floats");
    if (gan_dataset_class_count(other) != n)
        return gan__fail(GAN_ERR_INVALID, "dataset: source %zu names %zu classes, source 0 %zu", i,
                         gan_dataset_class_count(other), n);
    for (size_t c = 0; c < n; c++)
        if (differ(gan_dataset_class_name(first, c), gan_dataset_class_name(other, c)))
            return gan__fail(GAN_ERR_INVALID,
                             "dataset: class %zu is %s in source %zu, %s in source 0", c,
                             gan_dataset_class_name(other, c), i, gan_dataset_class_name(first, c));
    return GAN_OK;
}

/* Take references on all sources, once they are known to fit. */
static gan_status hold_sources(view *v, const gan_dataset *const *sources, size_t n)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__alloc(&v->sources, &v->allocator, n, sizeof(gan_dataset *)));
    GAN_TRY(gan__alloc(&v->first_of, &v->allocator, gan__size_add(n, 1), sizeof *v->first_of));
    for (size_t i = 0; i < n; i++) {
        if (!sources[i]) GAN_TRY(gan__fail_null(GAN__DATASET, 1, "dataset: a source is NULL"));
        GAN_TRY(check_alike(sources[0], sources[i], i));
        if (sources[i]->count > SIZE_MAX - v->first_of[i])
            GAN_FAIL(GAN_ERR_NOMEM, "dataset: source %zu makes more samples than can be counted",
                     i);
        v->first_of[i + 1] = v->first_of[i] + sources[i]->count;
        v->sources[v->n_sources++] = gan__dataset_retain(sources[i]);
    }

cleanup:
    return status;
}

/* Copy the labels of the view's samples, if all of them lie in memory. */
static gan_status copy_labels(gan_dataset *data, const view *v)
{
    gan_status status;

    if (v->relabelled) return GAN_OK;
    for (size_t i = 0; i < v->n_sources; i++)
        if (!v->sources[i]->labels) return GAN_OK;
    status = gan__dataset_take_labels(data);
    for (size_t i = 0; status == GAN_OK && i < data->count; i++) {
        size_t index = i;
        const gan_dataset *source = source_of(v, &index);

        data->labels[i] = source->labels[index];
    }
    return status;
}

/* The type and names that the sources share, and the strictest access of any of them. */
static const gan__dataset_class *settle_kind(gan_dataset *data, const view *v)
{
    for (size_t i = 0; i < v->n_sources; i++) {
        const gan_dataset *source = v->sources[i];

        if (source->access > data->access) data->access = source->access;
        if (v->relabelled) continue;
        data->has_labels |= source->has_labels;
        data->has_wide_labels |= source->has_wide_labels;
    }
    if (!gan__dataset_is_bytes(v->sources[0])) return &floats_class;
    return data->access == GAN__ACCESS_MEMORY ? &bytes_class : &decoded_class;
}

/* Make a dataset of a complete view, and take ownership of the view, also on failure. */
static gan_status create_view(gan_dataset **out, view *v, size_t count)
{
    gan_status status = GAN_OK;
    gan_dataset *data = NULL;

    GAN_TRY(gan__dataset_create_empty(&data, &floats_class, count, v->sources[0]->shape,
                                      &v->allocator));
    data->kind = settle_kind(data, v);
    GAN_TRY(copy_labels(data, v));
    v->count = count;
    data->origin_class = &view_origin;
    data->origin = v;
    *out = data;
    return GAN_OK;

cleanup:
    gan_dataset_destroy(data);
    destroy_view(v);
    return status;
}

/* Begin a view of `n` sources. */
static gan_status begin_view(view **out, const gan_dataset *const *sources, size_t n,
                             const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_allocator from;
    view *v = NULL;

    GAN_TRY(gan__alloc_init(&from, allocator));
    GAN_TRY(gan__alloc(&v, &from, 1, sizeof *v));
    v->allocator = from;
    GAN_TRY(hold_sources(v, sources, n));
    *out = v;
    v = NULL;

cleanup:
    destroy_view(v);
    return status;
}

gan_status gan_dataset_create_range(gan_dataset **out, const gan_dataset *source, size_t first,
                                    size_t count, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    view *v = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (!source) GAN_TRY(gan__fail_null(GAN__DATASET, 1, "dataset: source is NULL"));
    if (count == 0 || first >= source->count || count > source->count - first)
        GAN_FAIL(GAN_ERR_INVALID,
                 "dataset: %zu samples from index %zu on, of a source that has %zu", count, first,
                 source->count);
    GAN_TRY(begin_view(&v, &source, 1, allocator));
    v->first = first;
    GAN_TRY(create_view(out, v, count));

cleanup:
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_create_subset(gan_dataset **out, const gan_dataset *source,
                                     const size_t *indices, size_t count,
                                     const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    view *v = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (!source) GAN_TRY(gan__fail_null(GAN__DATASET, 1, "dataset: source is NULL"));
    if (!indices || count == 0)
        GAN_FAIL(GAN_ERR_INVALID, "dataset: %zu indices, which %s NULL; at least 1 expected", count,
                 indices ? "are not" : "are");
    for (size_t i = 0; i < count; i++)
        if (indices[i] >= source->count)
            GAN_FAIL(GAN_ERR_INVALID, "dataset: indices[%zu] is %zu, the source has %zu samples", i,
                     indices[i], source->count);
    GAN_TRY(begin_view(&v, &source, 1, allocator));
    status = gan__alloc(&v->indices, &v->allocator, count, sizeof *v->indices);
    if (status == GAN_OK) {
        memcpy(v->indices, indices, count * sizeof *indices);
        status = create_view(out, v, count);
    } else {
        destroy_view(v);
    }

cleanup:
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_create_labelled(gan_dataset **out, const gan_dataset *source,
                                       const uint16_t *labels, const gan_dataset_desc *desc)
{
    gan_status status = GAN_OK;
    gan_dataset_desc d = {GAN_DATASET_DESC_INIT};
    gan_dataset *made = NULL;
    size_t count = source ? source->count : 0;
    view *v = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (!source) GAN_TRY(gan__fail_null(GAN__DATASET, 1, "dataset: source is NULL"));
    if (!labels) GAN_FAIL(GAN_ERR_INVALID, "dataset: labels is NULL");
    GAN_TRY(gan__dataset_read_desc(&d, desc, &count));
    GAN_TRY(begin_view(&v, &source, 1, d.allocator));
    v->relabelled = 1;
    GAN_TRY(create_view(&made, v, count));
    GAN_TRY(gan__dataset_take_labels(made));
    memcpy(made->labels, labels, count * sizeof *labels);
    GAN_TRY(gan__dataset_name_classes(made, &d));
    *out = made;
    made = NULL;

cleanup:
    gan_dataset_destroy(made);
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_create_concat(gan_dataset **out, const gan_dataset *const *sources, size_t n,
                                     const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    view *v = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (!sources || n == 0)
        GAN_FAIL(GAN_ERR_INVALID, "dataset: %zu sources, which %s NULL; at least 1 expected", n,
                 sources ? "are not" : "are");
    GAN_TRY(begin_view(&v, sources, n, allocator));
    GAN_TRY(create_view(out, v, v->first_of[n]));

cleanup:
    return gan__lost(GAN__DATASET, status);
}
