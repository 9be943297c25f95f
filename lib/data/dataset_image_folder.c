/* dataset_image_folder.c - directories of pictures.
 *
 * The files below the directory are listed and sorted first.  Then a team of threads reads the
 * beginning of each file, for its format and whether it is in colour, and decodes all files, each
 * picture into its own part of one block.  Files that fail are tried once more by the calling
 * thread alone, in order, so that messages and the first error are always the same. */
#include "data/dataset_files_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "data/image_internal.h"
#include "math/pool_internal.h"

#include <string.h>

enum { MEMORY_LIMIT = 1 << 30 };

/* What differs between the functions that open directories. */
typedef struct face {
    const gan__image_format *only; /* NULL: all, recognised by their content */
    int (*is_wanted)(const char *name);
    const char *if_empty; /* error message when the directory has no such file */
    const char *setting;  /* the setting that allows larger pictures */
    int is_strict;        /* a picture outside of the classes is an error */
} face;

/* The origin of a dataset. */
typedef struct image_folder {
    gan_allocator allocator;
    gan__files *files;
    gan__image_request request;
    gan__image_frame frame;
    gan_alpha alpha;
    int scales; /* pictures of any size are taken */
} image_folder;

static size_t count_names(const void *origin, gan__origin_list list)
{
    return gan__files_count(((const image_folder *)origin)->files, list);
}

static const char *name_at(const void *origin, gan__origin_list list, size_t i)
{
    return gan__files_name(((const image_folder *)origin)->files, list, i);
}

static void destroy_folder(void *origin)
{
    image_folder *folder = origin;
    gan_allocator allocator;

    if (!folder) return;
    allocator = folder->allocator;
    gan__files_destroy(folder->files);
    gan__free(&allocator, folder);
}

static const gan__origin_class folder_class = {count_names, name_at, destroy_folder};

/* ---- Decoding ---- */

static gan_status read_file(gan_image **out, const image_folder *folder, size_t index)
{
    char path[GAN__PATH_BYTES];
    gan_status status = gan__files_path(path, folder->files, index);

    *out = NULL;
    if (status != GAN_OK) return status;
    return gan__image_read(out, (gan__source){.path = path}, &folder->request, NULL);
}

static gan_status decode(const gan_dataset *data, size_t index, uint8_t *out)
{
    const image_folder *folder = data->origin;
    const gan__image_frame *frame = &folder->frame;
    gan_status status = GAN_OK;
    gan_image *image = NULL;

    GAN_TRY(read_file(&image, folder, index));
    if (!folder->scales && (image->width != frame->width || image->height != frame->height))
        GAN_FAIL(GAN_ERR_SHAPE,
                 "%s/%s: %zu x %zu pixels, the first picture has %zu x %zu; give width and height "
                 "to have all scaled",
                 folder->files->path, gan__files_name(folder->files, GAN__ORIGIN_FILES, index),
                 image->width, image->height, frame->width, frame->height);
    if (frame->channels < 4) GAN_TRY(gan__image_blend(image, frame->background));
    GAN_TRY(gan__image_fit(image, frame, out));

cleanup:
    gan_image_destroy(image);
    return status;
}

static const gan__dataset_class decoded_class = {gan__dataset_read_decoded, NULL, decode};

/* ---- Looking at all files ---- */

/* What the beginning of a file shows. */
enum { BAD, STRAY, GREY, COLOUR };

typedef struct survey {
    const image_folder *folder;
    uint8_t *found; /* the files' marks */
    size_t n_tasks;
} survey;

/* Read the beginning of a file; `what` receives why it is not an image that can be used. */
static gan_status look_at(const image_folder *folder, size_t index, uint8_t *found, char what[128])
{
    const gan__image_format *format;
    gan__image_head head;
    char path[GAN__PATH_BYTES];
    gan_status status = gan__files_path(path, folder->files, index);

    if (status == GAN_OK)
        status =
            gan__image_examine(&format, &head, what, (gan__source){.path = path}, &folder->request);
    *found = BAD;
    if (status == GAN_OK) *found = !format ? STRAY : head.channels == 1 ? GREY : COLOUR;
    return status;
}

static void look_at_part(void *context, size_t task, size_t worker)
{
    const survey *s = context;
    char what[128];

    (void)worker;
    for (size_t i = task; i < gan__files_count(s->folder->files, GAN__ORIGIN_FILES);
         i += s->n_tasks)
        (void)look_at(s->folder, i, &s->found[i], what);
}

static gan_status name_stray(gan__files *f, size_t index, const char *what)
{
    char sentence[GAN__PATH_BYTES];

    (void)snprintf(sentence, sizeof sentence, "%s/%s: not an image in a supported format (%s)%s",
                   f->path, gan__files_name(f, GAN__ORIGIN_FILES, index), gan__image_format_names(),
                   what);
    return gan__files_name_skipped(f, sentence);
}

/* Name the files that are not images or cannot be read, and take them out of the list. */
static gan_status take_out_strays(const survey *s)
{
    gan__files *f = s->folder->files;
    const size_t count = gan__files_count(f, GAN__ORIGIN_FILES);
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        gan_status status = GAN_OK;
        char what[128];

        if (s->found[i] == BAD || s->found[i] == STRAY)
            status = look_at(s->folder, i, &s->found[i], what);
        if (s->found[i] == STRAY) status = name_stray(f, i, what);
        if (status != GAN_OK) status = gan__files_leave_out(f, status);
        if (status != GAN_OK) return status;
        if (s->found[i] == BAD || s->found[i] == STRAY) continue;
        gan__files_move(f, n++, i);
    }
    gan__files_cut(f, n);
    return n > 0 ? GAN_OK : gan__files_fail_none(f);
}

/* Keep the files that are pictures, and mark whether each is in colour. */
static gan_status survey_files(const image_folder *folder, gan_pool *pool)
{
    gan__files *f = folder->files;
    const size_t count = gan__files_count(f, GAN__ORIGIN_FILES);
    survey s = {.folder = folder,
                .n_tasks = count < GAN__POOL_MAX_TASKS ? count : GAN__POOL_MAX_TASKS};
    gan_status status = gan__alloc(&f->marks, &folder->allocator, count, 1);

    if (status != GAN_OK) return status;
    s.found = f->marks;
    gan__pool_run(pool, look_at_part, &s, s.n_tasks);
    return take_out_strays(&s);
}

/* 3 when one of the pictures is in colour, by their marks, else 1. */
static size_t count_channels(const gan__files *f)
{
    const size_t count = gan__files_count(f, GAN__ORIGIN_FILES);
    int has_colour = 0;

    for (size_t i = 0; i < count; i++) has_colour |= f->marks[i] == COLOUR;
    return has_colour ? 3 : 1;
}

/* ---- The shape of a sample ---- */

/* Read the first file that can be used. */
static gan_status read_first(gan_image **out, const image_folder *folder)
{
    const gan__files *f = folder->files;
    const size_t count = gan__files_count(f, GAN__ORIGIN_FILES);
    gan_status status;

    for (size_t i = 0; i < count; i++) {
        status = read_file(out, folder, i);
        if (status == GAN_OK || status == GAN_ERR_NOMEM || !f->skips) return status;
    }
    status = read_file(out, folder, 0);
    if (status == GAN_OK) return status;
    return gan__fail(GAN_ERR_FORMAT, "%s: no file in it can be used, out of %zu; the first is %s",
                     f->path, count, gan_last_error());
}

/* Determine the shape of a sample; where the settings leave it open, it is that of the first
 * picture. */
static gan_status settle_shape(gan_shape *shape, image_folder *folder)
{
    gan__image_frame *frame = &folder->frame;
    gan_image *first = NULL;

    if (!folder->scales || frame->channels == 0) {
        gan_status status = read_first(&first, folder);
        if (status != GAN_OK) return status;
    }
    if (!folder->scales) frame->width = first->width;
    if (!folder->scales) frame->height = first->height;
    if (frame->channels == 0) frame->channels = first->channels;
    gan_image_destroy(first);
    *shape = gan_shape_3d(frame->channels, frame->height, frame->width);
    if (gan_shape_size(*shape) > 0) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "dataset: %zu x %zu pixels of %zu channels are too many values per sample",
                     frame->width, frame->height, frame->channels);
}

/* ---- Decoding all files ---- */

/* What the threads share while all files are decoded. */
typedef struct opening {
    const gan_dataset *data;
    uint8_t *bad;   /* for each file: it could not be decoded */
    uint8_t *aside; /* a buffer for each thread, where samples are not kept */
    size_t n_tasks;
} opening;

static uint8_t *place_of(const opening *o, size_t index, size_t worker)
{
    const gan_dataset *data = o->data;

    return data->bytes ? data->bytes + index * data->size : o->aside + worker * data->size;
}

static void decode_part(void *context, size_t task, size_t worker)
{
    const opening *o = context;

    for (size_t i = task; i < o->data->count; i += o->n_tasks)
        o->bad[i] = decode(o->data, i, place_of(o, i, worker)) != GAN_OK;
}

/* Move sample `from` to `to`. */
static void move_sample(gan_dataset *data, size_t to, size_t from)
{
    const image_folder *folder = data->origin;

    gan__files_move(folder->files, to, from);
    if (data->labels) data->labels[to] = data->labels[from];
    if (data->bytes)
        memmove(data->bytes + to * data->size, data->bytes + from * data->size, data->size);
}

/* Try bad files again, and close the gaps that they leave. */
static gan_status leave_out_bad(gan_dataset *data, const opening *o)
{
    const image_folder *folder = data->origin;
    size_t n = 0;

    for (size_t i = 0; i < data->count; i++) {
        gan_status status = o->bad[i] ? decode(data, i, place_of(o, i, 0)) : GAN_OK;

        if (status == GAN_OK) {
            if (n < i) move_sample(data, n, i);
            n++;
            continue;
        }
        status = gan__files_leave_out(folder->files, status);
        if (status != GAN_OK) return status;
    }
    if (n == 0) return gan__files_fail_none(folder->files);
    data->count = n;
    gan__files_cut(folder->files, n);
    return GAN_OK;
}

static gan_status decode_all(gan_dataset *data, gan_pool *pool)
{
    const gan_allocator *allocator = &data->allocator;
    gan_status status = GAN_OK;
    opening o = {.data = data};
    gan__numeric numeric;

    o.n_tasks = data->count < GAN__POOL_MAX_TASKS ? data->count : GAN__POOL_MAX_TASKS;
    GAN_TRY(gan__alloc(&o.bad, allocator, data->count, 1));
    if (!data->bytes)
        GAN_TRY(gan__alloc(&o.aside, allocator, gan_pool_thread_count(pool), data->size));
    gan__numeric_enter(&numeric);
    gan__pool_run(pool, decode_part, &o, o.n_tasks);
    gan__numeric_leave(&numeric);
    GAN_TRY(leave_out_bad(data, &o));

cleanup:
    gan__free(allocator, o.aside);
    gan__free(allocator, o.bad);
    return status;
}

/* ---- Opening ---- */

static gan_status check_settings(const gan_image_folder_desc *d, int with_alpha)
{
    if ((d->width == 0) != (d->height == 0) || d->width > GAN_IMAGE_MAX_SIDE ||
        d->height > GAN_IMAGE_MAX_SIDE)
        return gan__fail(GAN_ERR_INVALID,
                         "dataset: width %zu and height %zu: both 0 or both 1 to %d expected",
                         d->width, d->height, GAN_IMAGE_MAX_SIDE);
    if (d->channels == 2 || d->channels > (with_alpha ? 4 : 3))
        return gan__fail(GAN_ERR_INVALID, "dataset: channels is %zu, 0, 1%s expected", d->channels,
                         with_alpha ? ", 3 or 4" : " or 3");
    if (d->alpha != GAN_ALPHA_DROP && d->alpha != GAN_ALPHA_BLEND)
        return gan__fail(GAN_ERR_INVALID, "dataset: unknown gan_alpha %d", (int)d->alpha);
    if ((d->n_class_names > 0) != (d->class_names != NULL) ||
        d->n_class_names > GAN__MOST_CLASSES || (d->class_names && d->no_labels))
        return gan__fail(GAN_ERR_INVALID,
                         "dataset: %zu class_names, which %s NULL, and no_labels %d; 1 to %d of "
                         "them with labels expected, or 0 and NULL",
                         d->n_class_names, d->class_names ? "are not" : "are", d->no_labels,
                         GAN__MOST_CLASSES);
    return GAN_OK;
}

static gan_status open_folder(image_folder **out, const char *path, const gan_image_folder_desc *d,
                              const face *as)
{
    gan_status status = GAN_OK;
    image_folder *folder;
    gan_allocator allocator;

    GAN_TRY(gan__alloc_init(&allocator, d->allocator));
    GAN_TRY(gan__alloc(out, &allocator, 1, sizeof **out));
    folder = *out;
    folder->allocator = allocator;
    folder->scales = d->width > 0;
    folder->request =
        (gan__image_request){.max_bytes = d->max_picture_bytes,
                             .setting = as->setting,
                             .only = as->only,
                             .keeps_alpha = d->channels == 4 || d->alpha == GAN_ALPHA_BLEND,
                             .is_oriented = !d->ignore_orientation,
                             .width = d->width,
                             .height = d->height,
                             .pads = d->pad != 0};
    folder->frame = (gan__image_frame){d->width, d->height, d->channels, d->pad != 0, {0, 0, 0}};
    memcpy(folder->frame.background, d->background, sizeof d->background);
    GAN_TRY(gan__files_create(&folder->files, path, as->is_wanted, as->if_empty, d->skip_bad != 0,
                              &allocator));

cleanup:
    return status;
}

/* Choose the files, and determine their labels and the shape of a sample. */
static gan_status choose_files(image_folder *folder, gan_shape *shape, gan_pool *pool,
                               const gan_image_folder_desc *d, const face *as)
{
    const gan__class_rule rule = {!d->no_labels, as->is_strict, d->class_names, d->n_class_names};
    gan_status status = GAN_OK;

    if (!as->only) GAN_TRY(survey_files(folder, pool));
    GAN_TRY(gan__files_find_classes(folder->files, &rule));
    GAN_TRY(gan__files_keep_some(folder->files, d->max_count));
    if (!as->only && d->channels == 0) folder->frame.channels = count_channels(folder->files);
    GAN_TRY(settle_shape(shape, folder));

cleanup:
    return status;
}

/* Make the dataset of an opened directory, of which it takes ownership. */
static gan_status create(gan_dataset **out, image_folder **folder, gan_shape shape, size_t limit)
{
    gan__files *f = (*folder)->files;
    const size_t count = gan__files_count(f, GAN__ORIGIN_FILES);
    const gan_allocator *allocator = &(*folder)->allocator;
    const int fits = count <= limit / gan_shape_size(shape);
    gan_status status =
        fits ? gan__dataset_create_zeros(out, count, shape, 0, allocator)
             : gan__dataset_create_empty(out, &decoded_class, count, shape, allocator);

    if (status != GAN_OK) return status;
    (*out)->access = fits ? GAN__ACCESS_MEMORY : GAN__ACCESS_AHEAD;
    (*out)->origin_class = &folder_class;
    (*out)->origin = *folder;
    *folder = NULL;
    (*out)->labels = f->labels;
    f->labels = NULL;
    (*out)->has_labels = (*out)->labels != NULL;
    return GAN_OK;
}

static gan_status open_as(gan_dataset **out, const char *directory, const gan_image_folder_desc *d,
                          const face *as)
{
    gan_status status = GAN_OK;
    gan_dataset *data = NULL;
    image_folder *folder = NULL;
    gan_pool *pool = NULL;
    gan_shape shape;

    if (!directory) GAN_FAIL(GAN_ERR_INVALID, "dataset: directory is NULL");
    GAN_TRY(check_settings(d, !as->only));
    GAN_TRY(open_folder(&folder, directory, d, as));
    GAN_TRY(gan_pool_create(&pool, d->n_threads, &folder->allocator));
    GAN_TRY(choose_files(folder, &shape, pool, d, as));
    GAN_TRY(create(&data, &folder, shape, d->memory_limit ? d->memory_limit : MEMORY_LIMIT));
    if (data->bytes || !d->no_check) GAN_TRY(decode_all(data, pool));
    GAN_TRY(gan__files_index_skipped(((image_folder *)data->origin)->files));
    gan__dataset_measure_labels(data);
    *out = data;
    data = NULL;

cleanup:
    gan_pool_destroy(pool);
    destroy_folder(folder);
    gan_dataset_destroy(data);
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_open_image_folder(gan_dataset **out, const char *directory,
                                         const gan_image_folder_desc *desc)
{
    static const face all = {.if_empty = "no file in it: at least one picture expected",
                             .setting = "max_picture_bytes of gan_image_folder_desc",
                             .is_strict = 1};
    gan_image_folder_desc d = {GAN_IMAGE_FOLDER_DESC_INIT};
    gan_status status;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    status = gan__desc_read(&d, sizeof d, sizeof d, desc, "gan_image_folder_desc");
    if (status != GAN_OK) return gan__lost(GAN__DATASET, status);
    return open_as(out, directory, &d, &all);
}

static int ends_in_png(const char *name)
{
    const char *suffix = ".png";
    const size_t n = strlen(name);

    for (size_t i = 0; n > 4 && i < 4; i++)
        if (name[n - 4 + i] != suffix[i] && name[n - 4 + i] != suffix[i] - ('a' - 'A')) return 0;
    return n > 4;
}

gan_status gan_dataset_open_png(gan_dataset **out, const char *directory, const gan_png_desc *desc)
{
    static const face png = {.only = &gan__image_png,
                             .is_wanted = ends_in_png,
                             .if_empty =
                                 "no PNG file in it: at least one name that ends in .png expected",
                             .setting = "max_picture_bytes of gan_png_desc"};
    const size_t first_size = offsetof(gan_png_desc, allocator) + sizeof desc->allocator;
    gan_png_desc d = {GAN_PNG_DESC_INIT};
    gan_image_folder_desc all = {GAN_IMAGE_FOLDER_DESC_INIT, .ignore_orientation = 1};
    gan_status status;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    status = gan__desc_read(&d, sizeof d, first_size, desc, "gan_png_desc");
    if (status != GAN_OK) return gan__lost(GAN__DATASET, status);
    all.width = d.width;
    all.height = d.height;
    all.channels = d.channels;
    all.max_count = d.max_count;
    all.no_labels = d.no_labels;
    all.skip_bad = d.skip_bad;
    all.memory_limit = d.memory_limit;
    all.n_threads = d.n_threads;
    all.allocator = d.allocator;
    all.max_picture_bytes = d.max_picture_bytes;
    return open_as(out, directory, &all, &png);
}

GAN__DEFINE_INIT(gan_png_desc_init, gan_png_desc, GAN_PNG_DESC_INIT)
GAN__DEFINE_INIT(gan_image_folder_desc_init, gan_image_folder_desc, GAN_IMAGE_FOLDER_DESC_INIT)
