/* dataset_png.c - directories of PNG pictures.
 *
 * What lies below the directory is listed and sorted first; then all files are decoded, shared by a
 * team of threads, each picture to its own place.  Files that fail are tried once more by the
 * calling thread alone, in order, so that messages and the first error are always the same. */
#include "data/dataset_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "data/image_internal.h"
#include "file/file_internal.h"
#include "math/pool_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_BYTES = 4096, FIRST_ROOM = 4096, MEMORY_LIMIT = 1 << 30 };

/* Names that are collected one by one. */
typedef struct names {
    char *text; /* one after the other, each with its end */
    size_t used;
    size_t room;
    size_t count;
    const char **at; /* each of them, once index_names() was called */
} names;

/* Files below a directory, the origin of a dataset. */
typedef struct directory_files {
    gan_allocator allocator;
    char *path;
    names files; /* below `path` */
    names classes;
    names skipped;    /* sentences */
    uint16_t *labels; /* of the files, on their way into the dataset */
    gan__image_limit limit;
    int scales; /* pictures of any size are taken */
    int skips;  /* what cannot be used is left out */
} directory_files;

/* ---- Names ---- */

static gan_status join(char path[PATH_BYTES], const char *directory, const char *name)
{
    const int n =
        snprintf(path, PATH_BYTES, "%s%s%s", directory, *directory && *name ? "/" : "", name);

    if (n >= 0 && n < PATH_BYTES) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%.200s...: a path of at most %d bytes expected, it has %d",
                     directory, PATH_BYTES - 1, n);
}

static gan_status add_name(names *list, const gan_allocator *allocator, const char *name)
{
    const size_t n = strlen(name) + 1; /* at most FIRST_ROOM */
    gan_status status = GAN_OK;

    if (n > list->room - list->used)
        status =
            gan__alloc_grow(&list->text, &list->room, list->used, FIRST_ROOM, SIZE_MAX, allocator);
    if (status != GAN_OK) return status;
    memcpy(list->text + list->used, name, n);
    list->used += n;
    list->count++;
    return GAN_OK;
}

static void free_names(names *list, const gan_allocator *allocator)
{
    gan__free(allocator, list->at);
    gan__free(allocator, list->text);
}

/* So that paths are compared name by name: the end of a name comes before any letter. */
static int rank_of(char c)
{
    return c == '\0' ? 0 : c == '/' ? 1 : 1 + (unsigned char)c;
}

static int compare_paths(const void *left, const void *right)
{
    const char *a = *(const char *const *)left, *b = *(const char *const *)right;

    while (*a && *a == *b) a++, b++;
    return rank_of(*a) - rank_of(*b);
}

static gan_status index_names(names *list, const gan_allocator *allocator)
{
    const char *name = list->text;
    gan_status status = gan__alloc(&list->at, allocator, list->count, sizeof *list->at);

    if (status != GAN_OK) return status;
    for (size_t i = 0; i < list->count; i++, name += strlen(name) + 1) list->at[i] = name;
    return GAN_OK;
}

static gan_status sort_names(names *list, const gan_allocator *allocator)
{
    gan_status status = index_names(list, allocator);

    if (status == GAN_OK) qsort(list->at, list->count, sizeof *list->at, compare_paths);
    return status;
}

/* ---- Listing ---- */

static int ends_in_png(const char *name)
{
    const char *suffix = ".png";
    const size_t n = strlen(name);

    for (size_t i = 0; n > 4 && i < 4; i++)
        if (name[n - 4 + i] != suffix[i] && name[n - 4 + i] != suffix[i] - ('a' - 'A')) return 0;
    return n > 4;
}

static int links_to_directory(int directory, const char *name, const struct stat *info)
{
    struct stat target;

    return S_ISLNK(info->st_mode) && fstatat(directory, name, &target, 0) == 0 &&
           S_ISDIR(target.st_mode);
}

/* Leave out what cannot be used, if the host wants that.  A lack of memory is not its fault. */
static gan_status leave_out(directory_files *f, gan_status status)
{
    if (status == GAN_OK || status == GAN_ERR_NOMEM || !f->skips) return status;
    return add_name(&f->skipped, &f->allocator, gan_last_error());
}

/* Add one entry of an open directory, `path` below the first, to the files or the directories, if
 * it belongs to either. */
static gan_status add_entry(directory_files *f, names *directories, int directory, const char *path,
                            const char *name)
{
    char entry[PATH_BYTES];
    struct stat info;
    gan_status status = join(entry, path, name);

    if (status != GAN_OK) return status;
    if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return gan__fail(gan__errno_status(errno), "%s/%s: cannot be examined: %s", f->path, entry,
                         gan__errno_text_of(errno).text);
    if (S_ISDIR(info.st_mode)) return add_name(directories, &f->allocator, entry);
    if (!ends_in_png(name) || links_to_directory(directory, name, &info)) return GAN_OK;
    return add_name(&f->files, &f->allocator, entry);
}

static gan_status list_directory(directory_files *f, names *directories, const char *name)
{
    gan_status status = GAN_OK;
    char below[PATH_BYTES], path[PATH_BYTES];
    DIR *directory = NULL;
    const struct dirent *entry;

    GAN_TRY(join(below, "", name)); /* `name` moves when directories are added */
    GAN_TRY(join(path, f->path, below));
    directory = opendir(path);
    if (!directory) return gan__file_fail(path, "cannot be opened as a directory", errno);
    while (errno = 0, (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            GAN_TRY(
                leave_out(f, add_entry(f, directories, dirfd(directory), below, entry->d_name)));
    if (errno) status = gan__file_fail(path, "cannot be listed", errno);

cleanup:
    if (directory) closedir(directory);
    return status;
}

/* Collect the files of the first directory and of all below it, and the directories that lie in the
 * first, which may become classes, sorted. */
static gan_status list_files(directory_files *f)
{
    gan_status status = GAN_OK;
    names directories = {0};

    GAN_TRY(list_directory(f, &directories, ""));
    for (size_t i = 0; i < directories.used; i += strlen(directories.text + i) + 1) {
        if (!strchr(directories.text + i, '/'))
            GAN_TRY(add_name(&f->classes, &f->allocator, directories.text + i));
        GAN_TRY(leave_out(f, list_directory(f, &directories, directories.text + i)));
    }
    if (f->files.count == 0)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: no PNG file in it: at least one name that ends in .png expected%s%s", f->path,
                 f->skipped.count > 0 ? "; left out is " : "",
                 f->skipped.count > 0 ? f->skipped.text : "");
    GAN_TRY(sort_names(&f->files, &f->allocator));
    GAN_TRY(sort_names(&f->classes, &f->allocator));

cleanup:
    free_names(&directories, &f->allocator);
    return status;
}

/* ---- Classes ---- */

static int is_inside(const char *file, const char *directory)
{
    const size_t n = strlen(directory);

    return strncmp(file, directory, n) == 0 && file[n] == '/';
}

/* Make the first directories on the paths into classes, those without a file too, so that a number
 * does not depend on what is in the others.  There are none when a file lies outside of them. */
static gan_status find_classes(directory_files *f, int wanted)
{
    gan_status status;
    size_t class = 0;

    for (size_t i = 0; i < f->files.count; i++) wanted = wanted && strchr(f->files.at[i], '/');
    if (!wanted) {
        f->classes.count = 0;
        return GAN_OK;
    }
    if (f->classes.count > GAN__MOST_CLASSES)
        return gan__fail(GAN_ERR_SHAPE,
                         "%s: at most %d class directories expected, found %zu; no_labels reads "
                         "them all",
                         f->path, GAN__MOST_CLASSES, f->classes.count);
    status = gan__alloc(&f->labels, &f->allocator, f->files.count, sizeof *f->labels);
    if (status != GAN_OK) return status;
    for (size_t i = 0; i < f->files.count; i++) { /* both are sorted alike */
        while (!is_inside(f->files.at[i], f->classes.at[class])) class ++;
        f->labels[i] = (uint16_t) class;
    }
    return GAN_OK;
}

static size_t label_of(const directory_files *f, size_t i)
{
    return f->labels ? f->labels[i] : 0;
}

/* Of each class, how many files there are and how many are kept, until there are `wanted`. */
static void share_out(size_t *size, size_t *kept, const directory_files *f, size_t n_classes,
                      size_t wanted)
{
    for (size_t i = 0; i < f->files.count; i++) size[label_of(f, i)]++;
    for (size_t left = wanted, c = 0; left > 0; c = (c + 1) % n_classes)
        if (kept[c] < size[c]) kept[c]++, left--;
}

/* Keep the first files of each class, as many of each as there are, until there are `wanted`. */
static gan_status keep_some(directory_files *f, size_t wanted)
{
    const size_t n_classes = f->labels ? f->classes.count : 1;
    size_t *size = NULL, *kept, n = 0;
    gan_status status = GAN_OK;

    if (wanted == 0 || wanted >= f->files.count) return GAN_OK;
    status = gan__alloc(&size, &f->allocator, n_classes, 2 * sizeof *size);
    if (status != GAN_OK) return status;
    kept = size + n_classes;
    share_out(size, kept, f, n_classes, wanted);
    for (size_t i = 0; i < f->files.count; i++) {
        const size_t label = label_of(f, i);

        if (kept[label] == 0) continue;
        kept[label]--;
        f->files.at[n] = f->files.at[i];
        if (f->labels) f->labels[n] = (uint16_t)label;
        n++;
    }
    f->files.count = n;
    gan__free(&f->allocator, size);
    return GAN_OK;
}

static const names *list_of(const void *origin, gan__origin_list list)
{
    const directory_files *f = origin;

    return list == GAN__ORIGIN_CLASSES ? &f->classes
           : list == GAN__ORIGIN_FILES ? &f->files
                                       : &f->skipped;
}

static size_t count_names(const void *origin, gan__origin_list list)
{
    return list_of(origin, list)->count;
}

static const char *name_at(const void *origin, gan__origin_list list, size_t i)
{
    return list_of(origin, list)->at[i];
}

static void destroy_directory(void *origin)
{
    directory_files *directory = origin;
    gan_allocator allocator;

    if (!directory) return;
    allocator = directory->allocator;
    free_names(&directory->files, &allocator);
    free_names(&directory->classes, &allocator);
    free_names(&directory->skipped, &allocator);
    gan__free(&allocator, directory->labels);
    gan__free(&allocator, directory->path);
    gan__free(&allocator, directory);
}

static const gan__origin_class directory_class = {count_names, name_at, destroy_directory};

static gan_status open_directory(directory_files **out, const char *path, const gan_png_desc *d)
{
    gan_status status = GAN_OK;
    gan_allocator allocator;

    GAN_TRY(gan__alloc_init(&allocator, d->allocator));
    GAN_TRY(gan__alloc(out, &allocator, 1, sizeof **out));
    (*out)->allocator = allocator;
    (*out)->scales = d->width > 0;
    (*out)->skips = d->skip_bad != 0;
    (*out)->limit.max_bytes = d->max_picture_bytes;
    (*out)->limit.setting = "max_picture_bytes of gan_png_desc";
    GAN_TRY(gan__alloc(&(*out)->path, &allocator, strlen(path) + 1, 1));
    memcpy((*out)->path, path, strlen(path));
    GAN_TRY(list_files(*out));
    GAN_TRY(find_classes(*out, !d->no_labels));
    GAN_TRY(keep_some(*out, d->max_count));

cleanup:
    return status;
}

/* ---- Decoding ---- */

static gan_status read_file(gan_image **out, const directory_files *f, size_t index)
{
    char path[PATH_BYTES];
    gan_status status = join(path, f->path, f->files.at[index]);

    *out = NULL;
    return status == GAN_OK ? gan__image_read(out, (gan__source){.path = path}, &f->limit, NULL)
                            : status;
}

static gan_status decode(const gan_dataset *data, size_t index, uint8_t *out)
{
    const directory_files *f = data->origin;
    const size_t *dim = data->shape.dim; /* channels, height, width */
    gan_status status = GAN_OK;
    gan_image *image = NULL;

    GAN_TRY(read_file(&image, f, index));
    if (!f->scales && (image->width != dim[2] || image->height != dim[1]))
        GAN_FAIL(GAN_ERR_SHAPE,
                 "%s/%s: %zu x %zu pixels, the first picture has %zu x %zu; give width and height "
                 "to have all scaled",
                 f->path, f->files.at[index], image->width, image->height, dim[2], dim[1]);
    GAN_TRY(gan__image_fit(image, dim[2], dim[1], dim[0], out));

cleanup:
    gan_image_destroy(image);
    return status;
}

/* The bytes are decoded into the end of the room for the floats; each float is then written where
 * all bytes have been read. */
static gan_status read_decoded(const gan_dataset *data, size_t index, float *out, uint16_t *label)
{
    uint8_t *bytes = (uint8_t *)out + data->size * (sizeof *out - 1);
    gan_status status = decode(data, index, bytes);

    if (status != GAN_OK) return status;
    for (size_t i = 0; i < data->size; i++) out[i] = (float)bytes[i] / 255.0f;
    if (label) *label = data->labels ? data->labels[index] : 0;
    return GAN_OK;
}

static const gan__dataset_class png_class = {read_decoded, NULL, decode};

/* ---- Opening ---- */

static gan_status check_settings(const gan_png_desc *d)
{
    if ((d->width == 0) != (d->height == 0) || d->width > GAN_IMAGE_MAX_SIDE ||
        d->height > GAN_IMAGE_MAX_SIDE)
        return gan__fail(GAN_ERR_INVALID,
                         "dataset: width %zu and height %zu: both 0 or both 1 to %d expected",
                         d->width, d->height, GAN_IMAGE_MAX_SIDE);
    if (d->channels != 0 && d->channels != 1 && d->channels != 3)
        return gan__fail(GAN_ERR_INVALID, "dataset: channels is %zu, 0, 1 or 3 expected",
                         d->channels);
    return GAN_OK;
}

static gan_status fail_unusable(const directory_files *f, const char *first)
{
    return gan__fail(GAN_ERR_FORMAT, "%s: no file in it can be used, out of %zu; the first is %s",
                     f->path, f->files.count, first);
}

/* Read the first file that can be used. */
static gan_status read_first(gan_image **out, const directory_files *f)
{
    gan_status status;

    for (size_t i = 0; i < f->files.count; i++) {
        status = read_file(out, f, i);
        if (status == GAN_OK || status == GAN_ERR_NOMEM || !f->skips) return status;
    }
    status = read_file(out, f, 0);
    return status == GAN_OK ? status : fail_unusable(f, gan_last_error());
}

/* Settle the shape of a sample, by the first picture where the settings leave it open. */
static gan_status settle_shape(gan_shape *shape, const directory_files *f, const gan_png_desc *d)
{
    gan_image *first = NULL;

    if (!f->scales || d->channels == 0) {
        gan_status status = read_first(&first, f);
        if (status != GAN_OK) return status;
    }
    *shape = gan_shape_3d(d->channels ? d->channels : gan_image_channels(first),
                          f->scales ? d->height : gan_image_height(first),
                          f->scales ? d->width : gan_image_width(first));
    gan_image_destroy(first);
    if (gan_shape_size(*shape) > 0) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "dataset: %zu x %zu pixels of %zu channels are too many values per sample",
                     shape->dim[2], shape->dim[1], shape->dim[0]);
}

/* What the threads share while all files are decoded. */
typedef struct opening {
    const gan_dataset *data;
    uint8_t *bad;   /* for each file: it could not be decoded */
    uint8_t *aside; /* a place a thread, where samples are not kept */
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

/* Take sample `from` to place `to`. */
static void move_sample(gan_dataset *data, size_t to, size_t from)
{
    directory_files *f = data->origin;

    f->files.at[to] = f->files.at[from];
    if (data->labels) data->labels[to] = data->labels[from];
    if (data->bytes)
        memmove(data->bytes + to * data->size, data->bytes + from * data->size, data->size);
}

/* Try bad files again, and close the gaps that they leave. */
static gan_status leave_out_bad(gan_dataset *data, const opening *o)
{
    directory_files *f = data->origin;
    size_t n = 0;

    for (size_t i = 0; i < data->count; i++) {
        gan_status status = o->bad[i] ? decode(data, i, place_of(o, i, 0)) : GAN_OK;

        if (status == GAN_OK) {
            if (n < i) move_sample(data, n, i);
            n++;
            continue;
        }
        status = leave_out(f, status);
        if (status != GAN_OK) return status;
    }
    if (n == 0) return fail_unusable(f, f->skipped.text);
    data->count = f->files.count = n;
    return index_names(&f->skipped, &f->allocator);
}

static gan_status decode_all(gan_dataset *data, const gan_png_desc *d)
{
    const gan_allocator *allocator = &data->allocator;
    gan_status status = GAN_OK;
    gan_pool *pool = NULL;
    opening o = {.data = data};
    gan__numeric numeric;

    o.n_tasks = data->count < GAN__POOL_MAX_TASKS ? data->count : GAN__POOL_MAX_TASKS;
    GAN_TRY(gan_pool_create(&pool, d->n_threads, allocator));
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
    gan_pool_destroy(pool);
    return status;
}

gan_status gan_dataset_open_png(gan_dataset **out, const char *directory, const gan_png_desc *desc)
{
    const size_t first_size = offsetof(gan_png_desc, allocator) + sizeof desc->allocator;
    gan_status status = GAN_OK;
    gan_png_desc d = {GAN_PNG_DESC_INIT};
    gan_dataset *data = NULL;
    directory_files *f = NULL;
    gan_shape shape;
    size_t limit;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (!directory) GAN_FAIL(GAN_ERR_INVALID, "dataset: directory is NULL");
    GAN_TRY(gan__desc_read(&d, sizeof d, first_size, desc, "gan_png_desc"));
    GAN_TRY(check_settings(&d));
    GAN_TRY(open_directory(&f, directory, &d));
    GAN_TRY(settle_shape(&shape, f, &d));
    limit = d.memory_limit ? d.memory_limit : MEMORY_LIMIT;
    if (f->files.count <= limit / gan_shape_size(shape))
        GAN_TRY(gan__dataset_create_zeros(&data, f->files.count, shape, 0, &f->allocator));
    else
        GAN_TRY(gan__dataset_create_empty(&data, &png_class, f->files.count, shape, &f->allocator));
    data->access = data->bytes ? GAN__ACCESS_MEMORY : GAN__ACCESS_AHEAD;
    data->origin_class = &directory_class;
    data->origin = f;
    data->labels = f->labels;
    f->labels = NULL;
    f = NULL;
    data->has_labels = data->labels != NULL;
    GAN_TRY(decode_all(data, &d));
    gan__dataset_measure_labels(data);
    *out = data;
    data = NULL;

cleanup:
    destroy_directory(f);
    gan_dataset_destroy(data);
    return gan__lost(GAN__DATASET, status);
}

GAN__DEFINE_INIT(gan_png_desc_init, gan_png_desc, GAN_PNG_DESC_INIT)
