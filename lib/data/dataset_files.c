/* dataset_files.c - the files below a directory, their classes, and what is left out. */
#include "data/dataset_files_internal.h"

#include "base/alloc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FIRST_ROOM = GAN__PATH_BYTES };

/* ---- Names ---- */

static gan_status join(char path[GAN__PATH_BYTES], const char *directory, const char *name)
{
    const int n =
        snprintf(path, GAN__PATH_BYTES, "%s%s%s", directory, *directory && *name ? "/" : "", name);

    if (n >= 0 && n < GAN__PATH_BYTES) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%.200s...: a path of at most %d bytes expected, it has %d",
                     directory, GAN__PATH_BYTES - 1, n);
}

static gan_status add_name(gan__names *list, const gan_allocator *allocator, const char *name)
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

static void free_names(gan__names *list, const gan_allocator *allocator)
{
    gan__free(allocator, list->at);
    gan__free(allocator, list->text);
}

/* The end of a name sorts before any letter, so that paths are compared name by name. */
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

static gan_status index_names(gan__names *list, const gan_allocator *allocator)
{
    const char *name = list->text;
    gan_status status = gan__alloc(&list->at, allocator, list->count, sizeof *list->at);

    if (status != GAN_OK) return status;
    for (size_t i = 0; i < list->count; i++, name += strlen(name) + 1) list->at[i] = name;
    return GAN_OK;
}

static gan_status sort_names(gan__names *list, const gan_allocator *allocator)
{
    gan_status status = index_names(list, allocator);

    if (status == GAN_OK) qsort(list->at, list->count, sizeof *list->at, compare_paths);
    return status;
}

/* ---- Listing ---- */

static int links_to_directory(int directory, const char *name, const struct stat *info)
{
    struct stat target;

    return S_ISLNK(info->st_mode) && fstatat(directory, name, &target, 0) == 0 &&
           S_ISDIR(target.st_mode);
}

gan_status gan__files_leave_out(gan__files *f, gan_status status)
{
    if (status == GAN_OK || status == GAN_ERR_NOMEM || !f->skips) return status;
    return gan__files_name_skipped(f, gan_last_error());
}

gan_status gan__files_name_skipped(gan__files *f, const char *sentence)
{
    return add_name(&f->skipped, &f->allocator, sentence);
}

/* Add one entry of an open directory, whose path below the first is `path`, to the files or the
 * directories, if it is either. */
static gan_status add_entry(gan__files *f, gan__names *directories, int directory, const char *path,
                            const char *name)
{
    char entry[GAN__PATH_BYTES];
    struct stat info;
    gan_status status = join(entry, path, name);

    if (status != GAN_OK) return status;
    if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return gan__fail(gan__errno_status(errno), "%s/%s: cannot be examined: %s", f->path, entry,
                         gan__errno_text_of(errno).text);
    if (S_ISDIR(info.st_mode)) return add_name(directories, &f->allocator, entry);
    if ((f->is_wanted && !f->is_wanted(name)) || links_to_directory(directory, name, &info))
        return GAN_OK;
    return add_name(&f->files, &f->allocator, entry);
}

static gan_status list_directory(gan__files *f, gan__names *directories, const char *name)
{
    gan_status status = GAN_OK;
    char below[GAN__PATH_BYTES], path[GAN__PATH_BYTES];
    DIR *directory = NULL;
    const struct dirent *entry;

    GAN_TRY(join(below, "", name)); /* `name` moves when directories are added */
    GAN_TRY(join(path, f->path, below));
    directory = opendir(path);
    if (!directory) return gan__file_fail(path, "cannot be opened as a directory", errno);
    while (errno = 0, (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            GAN_TRY(gan__files_leave_out(
                f, add_entry(f, directories, dirfd(directory), below, entry->d_name)));
    if (errno) status = gan__file_fail(path, "cannot be listed", errno);

cleanup:
    if (directory) closedir(directory);
    return status;
}

/* Collect the files of the first directory and of all below it, and the directories that lie in the
 * first, which may become classes; both sorted. */
static gan_status list_files(gan__files *f)
{
    gan_status status = GAN_OK;
    gan__names directories = {0};

    GAN_TRY(list_directory(f, &directories, ""));
    for (size_t i = 0; i < directories.used; i += strlen(directories.text + i) + 1) {
        if (!strchr(directories.text + i, '/'))
            GAN_TRY(add_name(&f->classes, &f->allocator, directories.text + i));
        GAN_TRY(gan__files_leave_out(f, list_directory(f, &directories, directories.text + i)));
    }
    if (f->files.count == 0)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: %s%s%s", f->path, f->if_empty,
                 f->skipped.count > 0 ? "; left out is " : "",
                 f->skipped.count > 0 ? f->skipped.text : "");
    GAN_TRY(sort_names(&f->files, &f->allocator));
    GAN_TRY(sort_names(&f->classes, &f->allocator));

cleanup:
    free_names(&directories, &f->allocator);
    return status;
}

void gan__files_move(gan__files *f, size_t to, size_t from)
{
    f->files.at[to] = f->files.at[from];
    if (f->marks) f->marks[to] = f->marks[from];
    if (f->labels) f->labels[to] = f->labels[from];
}

/* ---- Classes ---- */

static int is_inside(const char *file, const char *directory)
{
    const size_t n = strlen(directory);

    return strncmp(file, directory, n) == 0 && file[n] == '/';
}

/* Leave out the files that lie in no directory, where others do. */
static gan_status leave_out_outside(gan__files *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->files.count; i++) {
        gan_status status = GAN_OK;

        if (strchr(f->files.at[i], '/')) {
            gan__files_move(f, n++, i);
            continue;
        }
        status = gan__fail(GAN_ERR_FORMAT,
                           "%s/%s: lies outside of the %zu class directories; no_labels reads all "
                           "pictures without labels",
                           f->path, f->files.at[i], f->classes.count);
        status = gan__files_leave_out(f, status);
        if (status != GAN_OK) return status;
    }
    f->files.count = n;
    return GAN_OK;
}

/* Write the class of each directory by the host's class_names; SIZE_MAX for directories that aren't
 * in them. */
static gan_status number_classes(gan__files *f, size_t *numbers, const char *wanted, size_t n)
{
    for (size_t c = 0; c < f->classes.count; c++) {
        size_t i = 0;
        gan_status status = GAN_OK;

        while (i < n && strcmp(wanted + i * GAN__CLASS_NAME_BYTES, f->classes.at[c]) != 0) i++;
        numbers[c] = i < n ? i : SIZE_MAX;
        if (i < n) continue;
        status = gan__fail(GAN_ERR_FORMAT,
                           "%s/%s: a class directory that is not one of the %zu class_names",
                           f->path, f->classes.at[c], n);
        status = gan__files_leave_out(f, status);
        if (status != GAN_OK) return status;
    }
    return GAN_OK;
}

/* Keep the classes that the host names; drop files of others. */
static gan_status rename_classes(gan__files *f, const char *const *names, size_t n_names)
{
    gan_status status = GAN_OK;
    char *wanted = NULL;
    size_t *numbers = NULL, n = 0;
    gan__names renamed = {0};

    GAN_TRY(gan__labels_copy_names(&wanted, &f->allocator, names, n_names, "dataset"));
    GAN_TRY(gan__alloc(&numbers, &f->allocator, f->classes.count, sizeof *numbers));
    GAN_TRY(number_classes(f, numbers, wanted, n_names));
    for (size_t i = 0; i < f->files.count; i++) {
        const size_t number = numbers[f->labels[i]];

        if (number == SIZE_MAX) continue;
        gan__files_move(f, n, i);
        f->labels[n++] = (uint16_t)number;
    }
    f->files.count = n;
    for (size_t i = 0; i < n_names; i++)
        GAN_TRY(add_name(&renamed, &f->allocator, wanted + i * GAN__CLASS_NAME_BYTES));
    GAN_TRY(index_names(&renamed, &f->allocator));
    free_names(&f->classes, &f->allocator);
    f->classes = renamed;
    renamed = (gan__names){0};
    if (n == 0) status = gan__files_fail_none(f);

cleanup:
    free_names(&renamed, &f->allocator);
    gan__free(&f->allocator, numbers);
    gan__free(&f->allocator, wanted);
    return status;
}

/* Make a class of each directory in the first, also of empty ones, so that a class's number does
 * not depend on the contents of the others. */
static gan_status label_files(gan__files *f)
{
    gan_status status;
    size_t class = 0;

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

gan_status gan__files_find_classes(gan__files *f, const gan__class_rule *rule)
{
    size_t n_inside = 0;
    gan_status status = GAN_OK;

    for (size_t i = 0; i < f->files.count; i++) n_inside += strchr(f->files.at[i], '/') != NULL;
    if (!rule->wanted || (n_inside == 0 && rule->n_names == 0) ||
        (n_inside < f->files.count && !rule->is_strict)) {
        f->classes.count = 0;
        return GAN_OK;
    }
    GAN_TRY(leave_out_outside(f));
    if (f->files.count == 0) GAN_TRY(gan__files_fail_none(f));
    GAN_TRY(label_files(f));
    if (rule->n_names > 0) GAN_TRY(rename_classes(f, rule->names, rule->n_names));

cleanup:
    return status;
}

static size_t label_of(const gan__files *f, size_t i)
{
    return f->labels ? f->labels[i] : 0;
}

/* For each class, the number of its files, and how many are kept so that `wanted` are in all. */
static void share_out(size_t *size, size_t *kept, const gan__files *f, size_t n_classes,
                      size_t wanted)
{
    for (size_t i = 0; i < f->files.count; i++) size[label_of(f, i)]++;
    for (size_t left = wanted, c = 0; left > 0; c = (c + 1) % n_classes)
        if (kept[c] < size[c]) kept[c]++, left--;
}

/* Keep `wanted` files: the first of each class, the same number of each as far as it has that
 * many. */
gan_status gan__files_keep_some(gan__files *f, size_t wanted)
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
        gan__files_move(f, n++, i);
    }
    f->files.count = n;
    gan__free(&f->allocator, size);
    return GAN_OK;
}

/* ---- What is known by name ---- */

/* NULL for what a directory doesn't have. */
static const gan__names *list_of(const gan__files *f, gan__origin_list list)
{
    if (list == GAN__ORIGIN_COLUMNS) return NULL;
    return list == GAN__ORIGIN_CLASSES ? &f->classes
           : list == GAN__ORIGIN_FILES ? &f->files
                                       : &f->skipped;
}

size_t gan__files_count(const gan__files *f, gan__origin_list list)
{
    const gan__names *names = list_of(f, list);

    return names ? names->count : 0;
}

const char *gan__files_name(const gan__files *f, gan__origin_list list, size_t i)
{
    return list_of(f, list)->at[i];
}

gan_status gan__files_index_skipped(gan__files *f)
{
    return index_names(&f->skipped, &f->allocator);
}

gan_status gan__files_path(char path[GAN__PATH_BYTES], const gan__files *f, size_t i)
{
    return join(path, f->path, f->files.at[i]);
}

void gan__files_cut(gan__files *f, size_t count)
{
    f->files.count = count;
}

gan_status gan__files_fail_none(const gan__files *f)
{
    const char *first = f->skipped.count > 0 ? f->skipped.text : "";

    return gan__fail(GAN_ERR_FORMAT, "%s: no file in it can be used, out of %zu; the first is %s",
                     f->path, f->n_listed, first);
}

/* ---- Making ---- */

gan_status gan__files_create(gan__files **out, const char *path, int (*is_wanted)(const char *name),
                             const char *if_empty, int skips, const gan_allocator *host)
{
    gan_status status = GAN_OK;
    gan_allocator allocator;
    gan__files *f;

    *out = NULL;
    GAN_TRY(gan__alloc_init(&allocator, host));
    GAN_TRY(gan__alloc(out, &allocator, 1, sizeof **out));
    f = *out;
    f->allocator = allocator;
    f->is_wanted = is_wanted;
    f->if_empty = if_empty;
    f->skips = skips;
    GAN_TRY(gan__alloc(&f->path, &allocator, strlen(path) + 1, 1));
    memcpy(f->path, path, strlen(path));
    GAN_TRY(list_files(f));
    f->n_listed = f->files.count;

cleanup:
    return status;
}

void gan__files_destroy(gan__files *f)
{
    gan_allocator allocator;

    if (!f) return;
    allocator = f->allocator;
    free_names(&f->files, &allocator);
    free_names(&f->classes, &allocator);
    free_names(&f->skipped, &allocator);
    gan__free(&allocator, f->labels);
    gan__free(&allocator, f->marks);
    gan__free(&allocator, f->path);
    gan__free(&allocator, f);
}
