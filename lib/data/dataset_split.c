/* dataset_split.c - a dataset split in two at random.
 *
 * Samples are put in an order: all of class 0, then all of class 1 ..., those of a class shuffled
 * (without `stratify` there is one class).  In that order, the first part gets a sample wherever
 * fraction * position passes the middle between two whole numbers, so that it has round(fraction *
 * n) of the first n samples, for every n.  So its size is exact, and its share of any consecutive
 * samples, such as a class, is off by less than one. */
#include "data/dataset_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "math/rng_internal.h"

#include <math.h>

#define DEFAULT_FRACTION 0.8

/* The working memory of a call. */
typedef struct lot {
    size_t count;
    gan_allocator allocator;
    uint32_t *order;
    size_t *indices;  /* of the first part, then those of the second */
    uint16_t *labels; /* NULL: all are of one class */
} lot;

static void shuffle(uint32_t *order, uint32_t count, uint64_t seed)
{
    for (uint32_t i = 0; i < count; i++) order[i] = i;
    for (uint32_t i = count; i-- > 1;) {
        const uint32_t j = gan__rng_below(seed, GAN__STREAM_SPLIT, i, i + 1);
        const uint32_t swapped = order[i];

        order[i] = order[j];
        order[j] = swapped;
    }
}

/* Sort the samples of the order by class, stably (a counting sort), into `sorted`. */
static gan_status sort_by_class(lot *l, size_t *sorted)
{
    size_t *next = NULL, at = 0;
    gan_status status = gan__alloc(&next, &l->allocator, GAN__MOST_CLASSES, sizeof *next);

    if (status != GAN_OK) return status;
    for (size_t i = 0; i < l->count; i++) next[l->labels[i]]++;
    for (size_t c = 0; c < GAN__MOST_CLASSES; c++) {
        const size_t n = next[c];

        next[c] = at;
        at += n;
    }
    for (size_t i = 0; i < l->count; i++) sorted[next[l->labels[l->order[i]]]++] = l->order[i];
    for (size_t i = 0; i < l->count; i++) l->order[i] = (uint32_t)sorted[i];
    gan__free(&l->allocator, next);
    return GAN_OK;
}

/* Write the indices of both parts, each in the order of the source, and return how many are in the
 * first.  The order is overwritten: its memory holds a mark for each sample. */
static size_t divide(lot *l, double fraction)
{
    size_t n_first = 0, first = 0, second;

    for (size_t i = 0; i < l->count; i++) {
        const size_t end = (size_t)floor(fraction * (double)(i + 1) + 0.5);

        l->indices[l->order[i]] = end > n_first;
        n_first = end;
    }
    for (size_t i = 0; i < l->count; i++) l->order[i] = (uint32_t)l->indices[i];
    second = n_first;
    for (size_t i = 0; i < l->count; i++) l->indices[l->order[i] ? first++ : second++] = i;
    return n_first;
}

static gan_status check_desc(const gan_split_desc *d, const gan_dataset *source)
{
    if (!(d->fraction >= 0 && d->fraction < 1))
        return gan__fail(GAN_ERR_INVALID, "dataset: fraction is %g, 0 or more and below 1 expected",
                         d->fraction);
    if (d->stratify && !source->has_labels)
        return gan__fail(GAN_ERR_INVALID, "dataset: stratify needs labels, the dataset has none");
    if (source->count > UINT32_MAX)
        return gan__fail(GAN_ERR_INVALID,
                         "dataset: at most 4294967295 samples can be divided, there are %zu",
                         source->count);
    return GAN_OK;
}

/* Draw which samples are in the first part. */
static gan_status draw(lot *l, size_t *n_first, const gan_dataset *source, const gan_split_desc *d)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__alloc(&l->order, &l->allocator, l->count, sizeof *l->order));
    GAN_TRY(gan__alloc(&l->indices, &l->allocator, l->count, sizeof *l->indices));
    shuffle(l->order, (uint32_t)l->count, d->seed);
    if (d->stratify) {
        GAN_TRY(gan__alloc(&l->labels, &l->allocator, l->count, sizeof *l->labels));
        GAN_TRY(gan__dataset_read_all_labels(source, l->labels));
        GAN_TRY(sort_by_class(l, l->indices));
    }
    *n_first = divide(l, d->fraction);
    if (*n_first == 0 || *n_first == l->count)
        GAN_FAIL(GAN_ERR_INVALID,
                 "dataset: a fraction of %g leaves one part of %zu samples without any",
                 d->fraction, l->count);

cleanup:
    return status;
}

gan_status gan_dataset_split(gan_dataset **first, gan_dataset **second, const gan_dataset *source,
                             const gan_split_desc *desc)
{
    const size_t first_size = sizeof(gan_split_desc);
    gan_split_desc d = {GAN_SPLIT_DESC_INIT};
    gan_status status = GAN_OK;
    gan_dataset *made = NULL;
    lot l = {0};
    size_t n;

    if (first) *first = NULL;
    if (second) *second = NULL;
    if (!first || !second || first == second)
        GAN_FAIL(GAN_ERR_INVALID, "dataset: first and second of a split must be two places");
    if (!source) GAN_TRY(gan__fail_null(GAN__DATASET, 1, "dataset: source is NULL"));
    GAN_TRY(gan__desc_read(&d, sizeof d, first_size, desc, "gan_split_desc"));
    GAN_TRY(check_desc(&d, source));
    if (!(d.fraction > 0)) d.fraction = DEFAULT_FRACTION;
    GAN_TRY(gan__alloc_init(&l.allocator, d.allocator));
    l.count = source->count;
    GAN_TRY(draw(&l, &n, source, &d));
    GAN_TRY(gan_dataset_create_subset(&made, source, l.indices, n, d.allocator));
    GAN_TRY(gan_dataset_create_subset(second, source, l.indices + n, l.count - n, d.allocator));
    *first = made;
    made = NULL;

cleanup:
    gan_dataset_destroy(made);
    gan__free(&l.allocator, l.order);
    gan__free(&l.allocator, l.indices);
    gan__free(&l.allocator, l.labels);
    return gan__lost(GAN__DATASET, status);
}

GAN__DEFINE_INIT(gan_split_desc_init, gan_split_desc, GAN_SPLIT_DESC_INIT)
