/* dataset_png.c - folders of PNG pictures.
 *
 * What lies below the folder is listed and sorted first; then all files are decoded, shared by a
 * team of threads, each picture to its own place.  Files that fail are tried once more by the
 * calling thread alone, in order, so that messages and the first error are always the same. */
#include "dataset_internal.h"

#include "alloc_internal.h"
#include "desc_internal.h"
#include "file_internal.h"
#include "image_internal.h"
#include "labels_internal.h"
#include "pool_internal.h"
#include "status_internal.h"

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

struct gan__folder {
    gan_allocator allocator;
    char *path;
    names files; /* below `path` */
    names classes;
    names skipped;   /* sentences */
    uint8_t *labels; /* of the files, on their way into the dataset */
    gan__image_limit limit;
    int scales; /* pictures of any size are taken */
};

/* ---- Names ---- */

static gan_status join(char path[PATH_BYTES], const char *folder, const char *name)
{
    const int n = snprintf(path, PATH_BYTES, "%s%s%s", folder, *folder && *name ? "/" : "", name);

    if (n >= 0 && n < PATH_BYTES) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%.200s...: a path of at most %d bytes expected, it has %d",
                     folder, PATH_BYTES - 1, n);
}

static gan_status add_name(names *list, const gan_allocator *allocator, const char *name)
{
    const size_t n = strlen(name) + 1;

    if (n > list->room - list->used) {
        const size_t room = 2 * (list->room + n) < FIRST_ROOM ? FIRST_ROOM : 2 * (list->room + n);
        char *text;
        gan_status status = gan__alloc(&text, allocator, room, 1);

        if (status != GAN_OK) return status;
        if (list->used > 0) memcpy(text, list->text, list->used);
        gan__free(allocator, list->text);
        list->text = text;
        list->room = room;
    }
    memcpy(list->text + list->used, name, n);
    list->used += n;
    list->count++;
    return GAN_OK;
}

static gan_status index_names(names *list, const gan_allocator *allocator)
{
    const char *name = list->text;
    gan_status status = gan__alloc(&list->at, allocator, list->count, sizeof *list->at);

    if (status != GAN_OK) return status;
    for (size_t i = 0; i < list->count; i++, name += strlen(name) + 1) list->at[i] = name;
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

/* ---- Listing ---- */

static gan_status fail_io(const char *path, const char *what, int error)
{
    return gan__fail(GAN_ERR_IO, "%s: %s: %s", path, what, gan__errno_text_of(error).text);
}

static int ends_in_png(const char *name)
{
    const char *suffix = ".png";
    const size_t n = strlen(name);

    for (size_t i = 0; n > 4 && i < 4; i++)
        if (name[n - 4 + i] != suffix[i] && name[n - 4 + i] != suffix[i] - ('a' - 'A')) return 0;
    return n > 4;
}

static int links_to_folder(int folder, const char *name, const struct stat *info)
{
    struct stat target;

    return S_ISLNK(info->st_mode) && fstatat(folder, name, &target, 0) == 0 &&
           S_ISDIR(target.st_mode);
}

/* Add one entry of an open folder, which is `path` and lies `below` the first, to the files or the
 * folders, if it belongs to either. */
static gan_status add_entry(gan__folder *f, names *folders, int folder, const char *path,
                            const char *below, const char *name)
{
    char entry[PATH_BYTES];
    struct stat info;
    gan_status status;

    if (name[0] == '.') return GAN_OK;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_io(path, "an entry cannot be examined", errno);
    if (!S_ISDIR(info.st_mode) && (!ends_in_png(name) || links_to_folder(folder, name, &info)))
        return GAN_OK;
    status = join(entry, below, name);
    if (status != GAN_OK) return status;
    return add_name(S_ISDIR(info.st_mode) ? folders : &f->files, &f->allocator, entry);
}

static gan_status list_folder(gan__folder *f, names *folders, const char *name)
{
    gan_status status = GAN_OK;
    char below[PATH_BYTES], path[PATH_BYTES];
    DIR *folder = NULL;
    const struct dirent *entry;

    GAN_TRY(join(below, "", name)); /* `name` moves when folders are added */
    GAN_TRY(join(path, f->path, below));
    folder = opendir(path);
    if (!folder) return fail_io(path, "cannot be opened as a folder", errno);
    while (errno = 0, (entry = readdir(folder)) != NULL)
        GAN_TRY(add_entry(f, folders, dirfd(folder), path, below, entry->d_name));
    if (errno) status = fail_io(path, "cannot be listed", errno);

cleanup:
    if (folder) closedir(folder);
    return status;
}

/* Collect the files of the folder and of all below it, sorted. */
static gan_status list_files(gan__folder *f)
{
    gan_status status = GAN_OK;
    names folders = {0};

    GAN_TRY(add_name(&folders, &f->allocator, ""));
    for (size_t i = 0; i < folders.used; i += strlen(folders.text + i) + 1)
        GAN_TRY(list_folder(f, &folders, folders.text + i));
    if (f->files.count == 0)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: no PNG file in it: at least one name that ends in .png wanted", f->path);
    GAN_TRY(index_names(&f->files, &f->allocator));
    qsort(f->files.at, f->files.count, sizeof *f->files.at, compare_paths);

cleanup:
    free_names(&folders, &f->allocator);
    return status;
}

/* Make the first folders on the paths into classes, unless a file lies outside of them. */
static gan_status find_classes(gan__folder *f)
{
    gan_status status = GAN_OK;
    size_t length = 0;
    const char *last = "";

    for (size_t i = 0; i < f->files.count; i++)
        if (!strchr(f->files.at[i], '/')) return GAN_OK;
    GAN_TRY(gan__alloc(&f->labels, &f->allocator, f->files.count, 1));
    for (size_t i = 0; i < f->files.count; i++) {
        const char *file = f->files.at[i];

        if (length == 0 || strncmp(file, last, length) != 0) {
            char name[PATH_BYTES] = "";

            length = (size_t)(strchr(file, '/') - file) + 1;
            last = file;
            memcpy(name, file, length - 1);
            GAN_TRY(add_name(&f->classes, &f->allocator, name));
        }
        if (f->classes.count > GAN__MOST_CLASSES)
            GAN_FAIL(GAN_ERR_SHAPE, "%s: more than %d class folders; no_labels reads them all",
                     f->path, GAN__MOST_CLASSES);
        f->labels[i] = (uint8_t)(f->classes.count - 1);
    }
    GAN_TRY(index_names(&f->classes, &f->allocator));

cleanup:
    return status;
}

void gan__folder_destroy(gan__folder *folder)
{
    gan_allocator allocator;

    if (!folder) return;
    allocator = folder->allocator;
    free_names(&folder->files, &allocator);
    free_names(&folder->classes, &allocator);
    free_names(&folder->skipped, &allocator);
    gan__free(&allocator, folder->labels);
    gan__free(&allocator, folder->path);
    gan__free(&allocator, folder);
}

static gan_status open_folder(gan__folder **out, const char *path, const gan_png_desc *d)
{
    gan_status status = GAN_OK;
    gan_allocator allocator;

    GAN_TRY(gan__alloc_init(&allocator, d->allocator));
    GAN_TRY(gan__alloc(out, &allocator, 1, sizeof **out));
    (*out)->allocator = allocator;
    (*out)->scales = d->width > 0;
    (*out)->limit.max_bytes = d->max_picture_bytes;
    (*out)->limit.setting = "max_picture_bytes of gan_png_desc";
    GAN_TRY(gan__alloc(&(*out)->path, &allocator, strlen(path) + 1, 1));
    memcpy((*out)->path, path, strlen(path));
    GAN_TRY(list_files(*out));
    if (!d->no_labels) GAN_TRY(find_classes(*out));
    if (d->max_count > 0 && d->max_count < (*out)->files.count) (*out)->files.count = d->max_count;

cleanup:
    return status;
}

/* ---- Decoding ---- */

static gan_status read_file(gan_image **out, const gan__folder *f, size_t index)
{
    char path[PATH_BYTES];
    gan_status status = join(path, f->path, f->files.at[index]);

    *out = NULL;
    return status == GAN_OK ? gan__image_read(out, path, &f->limit, NULL) : status;
}

static gan_status decode(const gan_dataset *data, size_t index, uint8_t *out)
{
    const gan__folder *f = data->folder;
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
static gan_status read_decoded(const gan_dataset *data, size_t index, float *out, uint8_t *label)
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

/* Whether a file that cannot be used is to be left out.  A lack of memory is not its fault. */
static int is_skipped(const gan_png_desc *d, gan_status status)
{
    return d->skip_bad && status != GAN_ERR_NOMEM;
}

static gan_status fail_unusable(const gan__folder *f, const char *first)
{
    return gan__fail(GAN_ERR_FORMAT, "%s: no file in it can be used, out of %zu; the first is %s",
                     f->path, f->files.count, first);
}

/* Read the first file that can be used. */
static gan_status read_first(gan_image **out, const gan__folder *f, const gan_png_desc *d)
{
    gan_status status;

    for (size_t i = 0; i < f->files.count; i++) {
        status = read_file(out, f, i);
        if (status == GAN_OK || !is_skipped(d, status)) return status;
    }
    status = read_file(out, f, 0);
    return status == GAN_OK ? status : fail_unusable(f, gan_last_error());
}

/* Settle the shape of a sample, by the first picture where the settings leave it open. */
static gan_status settle_shape(gan_shape *shape, const gan__folder *f, const gan_png_desc *d)
{
    gan_image *first = NULL;

    if (!f->scales || d->channels == 0) {
        gan_status status = read_first(&first, f, d);
        if (status != GAN_OK) return status;
    }
    *shape = gan_shape_3d(d->channels ? d->channels : gan_image_channels(first),
                          f->scales ? d->height : gan_image_height(first),
                          f->scales ? d->width : gan_image_width(first));
    gan_image_destroy(first);
    if (gan_shape_size(*shape) > 0) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "dataset: %zu x %zu pixels of %zu channels are too many numbers a sample",
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
    data->folder->files.at[to] = data->folder->files.at[from];
    if (data->labels) data->labels[to] = data->labels[from];
    if (data->bytes)
        memmove(data->bytes + to * data->size, data->bytes + from * data->size, data->size);
}

/* Try bad files again, and close the gaps that they leave. */
static gan_status leave_out_bad(gan_dataset *data, const opening *o, const gan_png_desc *d)
{
    gan__folder *f = data->folder;
    size_t n = 0;

    for (size_t i = 0; i < data->count; i++) {
        gan_status status = o->bad[i] ? decode(data, i, place_of(o, i, 0)) : GAN_OK;

        if (status == GAN_OK) {
            if (n < i) move_sample(data, n, i);
            n++;
            continue;
        }
        if (!is_skipped(d, status)) return status;
        status = add_name(&f->skipped, &f->allocator, gan_last_error());
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
    GAN_TRY(leave_out_bad(data, &o, d));

cleanup:
    gan__free(allocator, o.aside);
    gan__free(allocator, o.bad);
    gan_pool_destroy(pool);
    return status;
}

gan_status gan_dataset_open_png(gan_dataset **out, const char *folder, const gan_png_desc *desc)
{
    const size_t first_size = offsetof(gan_png_desc, allocator) + sizeof desc->allocator;
    gan_status status = GAN_OK;
    gan_png_desc d = {GAN_PNG_DESC_INIT};
    gan_dataset *data = NULL;
    gan__folder *f = NULL;
    gan_shape shape;
    size_t limit;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    if (!folder) return gan__fail(GAN_ERR_INVALID, "dataset: folder is NULL");
    GAN_TRY(gan__desc_read(&d, sizeof d, first_size, desc, "gan_png_desc"));
    GAN_TRY(check_settings(&d));
    GAN_TRY(open_folder(&f, folder, &d));
    GAN_TRY(settle_shape(&shape, f, &d));
    limit = d.memory_limit ? d.memory_limit : MEMORY_LIMIT;
    if (f->files.count <= limit / gan_shape_size(shape))
        GAN_TRY(gan__dataset_create_zeros(&data, f->files.count, shape, 0, &f->allocator));
    else
        GAN_TRY(gan__dataset_create_empty(&data, &png_class, f->files.count, shape, &f->allocator));
    data->folder = f;
    f = NULL;
    data->labels = data->folder->labels;
    data->folder->labels = NULL;
    data->has_labels = data->labels != NULL;
    GAN_TRY(decode_all(data, &d));
    *out = data;
    data = NULL;

cleanup:
    gan__folder_destroy(f);
    gan_dataset_destroy(data);
    return status;
}

/* ---- Names of an open dataset ---- */

static const char *name_at(const names *list, size_t i)
{
    return list && i < list->count ? list->at[i] : NULL;
}

size_t gan_dataset_class_count(const gan_dataset *data)
{
    if (!data) return 0;
    return data->folder ? data->folder->classes.count : data->n_class_names;
}

const char *gan_dataset_class_name(const gan_dataset *data, size_t label)
{
    if (data && data->folder) return name_at(&data->folder->classes, label);
    return data && label < data->n_class_names ? data->class_names + label * GAN__CLASS_NAME_BYTES
                                               : NULL;
}

const char *gan_dataset_file_name(const gan_dataset *data, size_t index)
{
    return data && data->folder ? name_at(&data->folder->files, index) : NULL;
}

size_t gan_dataset_skipped_count(const gan_dataset *data)
{
    return data && data->folder ? data->folder->skipped.count : 0;
}

const char *gan_dataset_skipped(const gan_dataset *data, size_t i)
{
    return data && data->folder ? name_at(&data->folder->skipped, i) : NULL;
}
