/* dataset_cifar.c - CIFAR-10 and CIFAR-100 in their binary versions. */
#include "data/dataset_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { SIDE = 32, IMAGE = 3 * SIDE * SIDE, PATH_BYTES = 4096, NAMES_BYTES = 8192, MOST_FILES = 5 };

/* A version of the dataset: CIFAR-10 or CIFAR-100. */
typedef struct version {
    const char *name;
    size_t n_label_bytes;
    const char *train[MOST_FILES], *test;
    struct {
        size_t at; /* which of the bytes */
        size_t n_classes;
        const char *names;
    } fine, coarse;
} version;

static const version versions[] = {
    {"CIFAR-10",
     1,
     {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
      "data_batch_5.bin"},
     "test_batch.bin",
     {0, 10, "batches.meta.txt"},
     {0, 10, "batches.meta.txt"}},
    {"CIFAR-100",
     2,
     {"train.bin"},
     "test.bin",
     {1, 100, "fine_label_names.txt"},
     {0, 20, "coarse_label_names.txt"}},
};

enum { N_VERSIONS = sizeof versions / sizeof *versions };

/* Files of one version, on their way into a dataset. */
typedef struct cifar {
    const version *version;
    const char *directory; /* NULL: there is none */
    gan__input files[MOST_FILES];
    char paths[MOST_FILES][PATH_BYTES];
    size_t n_files;
    int is_coarse;
} cifar;

static gan_status join(char path[PATH_BYTES], const char *directory, const char *name)
{
    const int n = snprintf(path, PATH_BYTES, "%s/%s", directory, name);

    if (n >= 0 && n < PATH_BYTES) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%.200s...: a path of at most %d bytes expected, it has %d",
                     directory, PATH_BYTES - 1, n);
}

/* ---- Files ---- */

static gan_status open_files(cifar *c, int test, const gan_allocator *allocator)
{
    for (size_t i = 0; i < (test ? 1 : MOST_FILES) && (test || c->version->train[i]); i++) {
        gan_status status =
            join(c->paths[i], c->directory, test ? c->version->test : c->version->train[i]);

        if (status == GAN_OK)
            status = gan__input_open(&c->files[i], (gan__source){.path = c->paths[i]}, allocator);
        if (status != GAN_OK) return status;
        c->n_files++;
    }
    return GAN_OK;
}

/* The version whose files are in a directory. */
static gan_status open_directory(cifar *c, int test, const gan_allocator *allocator)
{
    struct stat info;

    for (size_t v = 0; v < N_VERSIONS; v++) {
        gan_status status =
            join(c->paths[0], c->directory, test ? versions[v].test : versions[v].train[0]);

        if (status != GAN_OK) return status;
        if (stat(c->paths[0], &info) != 0) continue;
        c->version = &versions[v];
        return open_files(c, test, allocator);
    }
    return gan__fail(GAN_ERR_FORMAT, "%s: neither %s nor %s is in it", c->directory,
                     test ? versions[0].test : versions[0].train[0],
                     test ? versions[1].test : versions[1].train[0]);
}

/* The version that a file's size fits. */
static gan_status open_file(cifar *c, gan__source from, const gan_allocator *allocator)
{
    gan_status status = gan__input_open(&c->files[0], from, allocator);

    if (status != GAN_OK) return status;
    c->n_files = 1;
    for (size_t v = 0; v < N_VERSIONS && !c->version; v++)
        if (c->files[0].n_bytes % (versions[v].n_label_bytes + IMAGE) == 0)
            c->version = &versions[v];
    if (c->version && c->files[0].n_bytes > 0) return GAN_OK;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: a multiple of %d bytes (CIFAR-10) or %d (CIFAR-100) expected, found %llu",
                     c->files[0].name, IMAGE + 1, IMAGE + 2,
                     (unsigned long long)c->files[0].n_bytes);
}

/* The number of images in all files. */
static gan_status count_images(const cifar *c, size_t *count)
{
    const size_t each = c->version->n_label_bytes + IMAGE;
    uint64_t n = 0;

    for (size_t i = 0; i < c->n_files; i++) {
        if (c->files[i].n_bytes == 0 || c->files[i].n_bytes % each > 0)
            return gan__fail(
                GAN_ERR_FORMAT, "%s: a multiple of %zu bytes (%s) expected, found %llu",
                c->files[i].name, each, c->version->name, (unsigned long long)c->files[i].n_bytes);
        n += c->files[i].n_bytes / each;
    }
    *count = n < SIZE_MAX ? (size_t)n : SIZE_MAX;
    return GAN_OK;
}

/* ---- Images ---- */

static gan_status read_image(const cifar *c, gan__input *from, gan_dataset *data, size_t index)
{
    const size_t n_labels = c->version->n_label_bytes;
    const size_t at = c->is_coarse ? c->version->coarse.at : c->version->fine.at;
    const size_t n = c->is_coarse ? c->version->coarse.n_classes : c->version->fine.n_classes;
    uint8_t labels[2];

    if (gan__input_read(from, labels, n_labels) < n_labels ||
        gan__input_read(from, data->bytes + index * IMAGE, IMAGE) < IMAGE)
        return gan__fail(from->error ? gan__errno_status(from->error) : GAN_ERR_IO,
                         "%s: cannot be read: %s", from->name,
                         from->error ? gan__errno_text_of(from->error).text : "the file ends");
    if (labels[at] >= n)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: a label of 0 to %zu expected, that of image %zu is %d", from->name,
                         n - 1, index, labels[at]);
    data->labels[index] = labels[at];
    return GAN_OK;
}

static gan_status read_images(cifar *c, gan_dataset *data)
{
    const size_t each = c->version->n_label_bytes + IMAGE;
    size_t done = 0;

    for (size_t i = 0; i < c->n_files; i++)
        for (uint64_t k = c->files[i].n_bytes / each; k > 0 && done < data->count; k--) {
            gan_status status = read_image(c, &c->files[i], data, done++);

            if (status != GAN_OK) return status;
        }
    return GAN_OK;
}

/* ---- Names ---- */

/* Cut a text of lines into names, without the empty ones; returns how many. */
static size_t cut_names(char *text, const char **names, size_t most)
{
    size_t n = 0;

    for (char *line = text, *end; *line && n <= most; line = end) {
        size_t length = strcspn(line, "\r\n");

        end = line + length + (line[length] != '\0');
        line[length] = '\0';
        if (length > 0 && n < most) names[n] = line;
        n += length > 0;
    }
    return n;
}

/* Name the classes after the file of names in the directory, if it has one. */
static gan_status read_names(const cifar *c, gan_dataset *data)
{
    const size_t n = c->is_coarse ? c->version->coarse.n_classes : c->version->fine.n_classes;
    const char *file = c->is_coarse ? c->version->coarse.names : c->version->fine.names;
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    gan_status status = GAN_OK;
    const char **names = NULL;
    gan__input input = {0};
    char *text = NULL, path[PATH_BYTES];
    struct stat info;
    size_t found;

    GAN_TRY(join(path, c->directory, file));
    if (stat(path, &info) != 0) return GAN_OK;
    GAN_TRY(gan__input_open(&input, (gan__source){.path = path}, &data->allocator));
    GAN_TRY(gan__alloc(&text, &data->allocator, NAMES_BYTES, 1));
    GAN_TRY(gan__alloc(&names, &data->allocator, n, sizeof *names));
    (void)gan__input_read(&input, text, NAMES_BYTES - 1);
    found = cut_names(text, names, n);
    if (found != n)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: %zu names of classes expected, found %s%zu", path, n,
                 found > n ? "at least " : "", found);
    desc.class_names = names;
    desc.n_class_names = n;
    GAN_TRY(gan__dataset_name_classes(data, &desc));

cleanup:
    gan__free(&data->allocator, names);
    gan__free(&data->allocator, text);
    gan__input_close(&input);
    return status == GAN_ERR_INVALID ? GAN_ERR_FORMAT : status;
}

/* ---- Opening ---- */

static int is_directory(gan__source from)
{
    struct stat info;

    return from.path && stat(from.path, &info) == 0 && S_ISDIR(info.st_mode);
}

static gan_status open_cifar(gan_dataset **out, gan__source from, const gan_cifar_desc *desc)
{
    gan_status status = GAN_OK;
    gan_cifar_desc d = {GAN_CIFAR_DESC_INIT};
    gan_allocator allocator = {0};
    gan_dataset *data = NULL;
    cifar *c = NULL;
    size_t count = 0;

    if (!out) return gan__fail(GAN_ERR_INVALID, "dataset: out is NULL");
    *out = NULL;
    GAN_TRY(gan__source_check(from, "dataset, CIFAR"));
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "gan_cifar_desc"));
    GAN_TRY(gan__alloc_init(&allocator, d.allocator));
    GAN_TRY(gan__alloc(&c, &allocator, 1, sizeof *c));
    c->is_coarse = d.coarse != 0;
    if (is_directory(from)) c->directory = from.path;
    GAN_TRY(c->directory ? open_directory(c, d.test, &allocator) : open_file(c, from, &allocator));
    GAN_TRY(count_images(c, &count));
    if (d.max_count > 0 && d.max_count < count) count = d.max_count;
    GAN_TRY(gan__dataset_create_zeros(&data, count, gan_shape_3d(3, SIDE, SIDE), 1, &allocator));
    GAN_TRY(read_images(c, data));
    if (c->directory) GAN_TRY(read_names(c, data));
    *out = data;
    data = NULL;

cleanup:
    for (size_t i = 0; c && i < c->n_files; i++) gan__input_close(&c->files[i]);
    gan__free(&allocator, c);
    gan_dataset_destroy(data);
    return gan__lost(GAN__DATASET, status);
}

gan_status gan_dataset_open_cifar(gan_dataset **out, const char *path, const gan_cifar_desc *desc)
{
    return open_cifar(out, (gan__source){.path = path}, desc);
}

gan_status gan_dataset_open_cifar_from(gan_dataset **out, const gan_reader *from,
                                       const gan_cifar_desc *desc)
{
    return open_cifar(out, (gan__source){.reader = from}, desc);
}

GAN__DEFINE_INIT(gan_cifar_desc_init, gan_cifar_desc, GAN_CIFAR_DESC_INIT)
