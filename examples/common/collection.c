/* collection.c - see collection.h.
 *
 * A directory's pictures are scaled by the library while it decodes them, first to LOOK pixels for
 * a survey, and, if another size is chosen, a second time.  An array's are turned into bytes and
 * scaled here; one that is larger than memory stays in its file, and is read sample by sample.
 *
 *     directory --------------> open at LOOK -> first     data = first, or open at the chosen size
 *     .npy, IDX, CIFAR, CSV --> source -> bytes -> first  data = first, or bytes of that size */
#include "collection.h"

#include "files.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOOK = 32, MEASURED = 40, MOST_FIRST = 1 << 30, LEAST_SIDE = 8, COLOURS = 3, ALPHA = 4 };
enum { HEAD_BYTES = 1 << 20, MOST_NAMED = 10 };

const char *const collection_fits[] = {[COLLECTION_CROP] = "crop", [COLLECTION_PAD] = "pad", NULL};
const char *const collection_alphas[] = {
    [COLLECTION_DROP] = "drop", [COLLECTION_BLACK] = "black", [COLLECTION_WHITE] = "white", NULL};

/* A kind of data: how it is recognised and opened.  A directory has no `begin`. */
struct collection_kind {
    const char *name;
    int (*is)(const char *path, const unsigned char begin[4], size_t n_bytes);
    gan_status (*open)(gan_dataset **out, const collection_options *o);
    int takes_labels; /* --labels names a file */
};

/* ---- Kinds ---- */

static int has_file(const char *directory, const char *name)
{
    char path[PATH_MAX];
    return (size_t)snprintf(path, sizeof path, "%s/%s", directory, name) < sizeof path &&
           files_exists(path);
}

static int is_npy(const char *path, const unsigned char begin[4], size_t n_bytes)
{
    (void)path, (void)n_bytes;
    return memcmp(begin, "\x93NUM", 4) == 0 || memcmp(begin, "PK\3\4", 4) == 0;
}

/* IDX begins with two zeros, the type and the rank; or it is compressed by gzip. */
static int is_idx(const char *path, const unsigned char begin[4], size_t n_bytes)
{
    (void)path, (void)n_bytes;
    return (begin[0] == 0 && begin[1] == 0 && begin[2] >= 8 && begin[2] <= 14 && begin[3] > 0) ||
           (begin[0] == 0x1f && begin[1] == 0x8b);
}

/* CIFAR's files have no mark but their size: images of 3 x 32 x 32 bytes behind 1 or 2 labels. */
static int is_cifar(const char *path, const unsigned char begin[4], size_t n_bytes)
{
    (void)begin;
    return has_file(path, "data_batch_1.bin") || has_file(path, "train.bin") ||
           (n_bytes > 0 && (n_bytes % 3073 == 0 || n_bytes % 3074 == 0));
}

/* A table has lines of text with commas. */
static int is_csv(const char *path, const unsigned char begin[4], size_t n_bytes)
{
    char head[1024];
    FILE *file = n_bytes > 0 && begin[0] != 0xff ? fopen(path, "rb") : NULL;
    size_t n = file ? fread(head, 1, sizeof head, file) : 0;
    if (file) fclose(file);
    return n > 0 && !memchr(head, '\0', n) && memchr(head, ',', n);
}

/* Whether pictures can have this number of channels. */
static int is_channels(size_t n)
{
    return n == 1 || n == COLOURS || n == ALPHA;
}

/* Arrays [count, height, width, channels] are distinguished from [count, channels, height, width]
 * by the position of the number of channels. */
static gan_status open_npy(gan_dataset **out, const collection_options *o)
{
    gan_npy_desc desc = {GAN_NPY_DESC_INIT, .samples_name = o->array};
    desc.labels_name = o->labels_array;
    desc.max_count = (size_t)o->limit;
    gan_status status = gan_dataset_open_npy(out, o->data, o->labels, &desc);
    if (status < 0) return status;
    gan_shape shape = gan_dataset_shape(*out);
    if (shape.rank != 3 || is_channels(shape.dim[0]) || !is_channels(shape.dim[2])) return status;
    gan_dataset_destroy(*out);
    desc.channels_last = 1;
    return gan_dataset_open_npy(out, o->data, o->labels, &desc);
}

static gan_status open_idx(gan_dataset **out, const collection_options *o)
{
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    desc.max_count = (size_t)o->limit;
    return gan_dataset_open_idx(out, o->data, o->labels, &desc);
}

static gan_status open_cifar(gan_dataset **out, const collection_options *o)
{
    gan_cifar_desc desc = {GAN_CIFAR_DESC_INIT, .max_count = (size_t)o->limit};
    return gan_dataset_open_cifar(out, o->data, &desc);
}

/* The shape of square pictures whose pixels are in one row, plane after plane; rank 0: the length
 * doesn't fit. */
static gan_shape square_shape(size_t n)
{
    static const size_t channels[] = {1, COLOURS};
    for (size_t i = 0; i < 2; i++) {
        size_t area = n / channels[i], side = (size_t)lround(sqrt((double)area));
        if (side >= LEAST_SIDE && channels[i] * side * side == n)
            return gan_shape_3d(channels[i], side, side);
    }
    return (gan_shape){.rank = 0};
}

/* The first line of a table: names of columns, or numbers where it has no header. */
typedef struct table_head {
    char text[HEAD_BYTES];
    size_t n_columns;
    int has_names;
    int has_label; /* a column of the name that was looked for */
} table_head;

static int is_number(const char *text)
{
    char *end;
    (void)strtod(text, &end);
    return end != text && *end == '\0';
}

static int read_head(table_head *head, const char *path, const char *label)
{
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(head->text, 1, sizeof head->text - 1, file) : 0;
    if (file) fclose(file);
    head->text[n] = '\0';
    head->text[strcspn(head->text, "\r\n")] = '\0';
    char *field = head->text, *end;
    if (memcmp(field, "\xef\xbb\xbf", 3) == 0) field += 3; /* a byte order mark */
    for (int more = 1; more; field = end + 1) {
        end = field + strcspn(field, ",");
        more = *end == ',';
        *end = '\0';
        if (*field == '"' && end - field > 1 && end[-1] == '"') field++, end[-1] = '\0';
        head->n_columns++;
        head->has_names |= !is_number(field);
        head->has_label |= strcmp(field, label) == 0;
    }
    return n > 0;
}

/* A row is a picture, with its class in a column: the one that is named, "label" where the header
 * has it, or, without a header, the first one if the others are a square picture. */
static gan_status open_csv(gan_dataset **out, const collection_options *o)
{
    const char *label = o->labels_array ? o->labels_array : "label";
    gan_csv_desc desc = {GAN_CSV_DESC_INIT, .max_count = (size_t)o->limit};
    table_head *head = cli_memory(1, sizeof *head);
    if (read_head(head, o->data, label)) {
        desc.no_header = !head->has_names;
        if (head->has_label || o->labels_array)
            desc.label_column = label;
        else if (desc.no_header && square_shape(head->n_columns).rank == 0 &&
                 square_shape(head->n_columns - 1).rank > 0)
            desc.label_column = "0";
    }
    free(head);
    return gan_dataset_open_csv(out, o->data, &desc);
}

static const collection_kind folder = {.name = "directory of pictures"};
static const collection_kind files[] = {{"NumPy array", is_npy, open_npy, 1},
                                        {"IDX file", is_idx, open_idx, 1},
                                        {"CIFAR", is_cifar, open_cifar, 0},
                                        {"CSV table", is_csv, open_csv, 0}};
enum { KINDS = sizeof files / sizeof *files };

const char *collection_kind_name(const collection *c)
{
    return c->kind->name;
}

/* Recognise the data at a path.  NULL after printing an error. */
static const collection_kind *find_kind(const char *path)
{
    unsigned char begin[4] = {0xff, 0xff, 0xff, 0xff};
    struct stat info;
    if (stat(path, &info) != 0) {
        cli_say("%s: there is no such directory or file", path);
        return NULL;
    }
    int is_directory = S_ISDIR(info.st_mode);
    FILE *file = S_ISREG(info.st_mode) ? fopen(path, "rb") : NULL;
    if (file) {
        if (fread(begin, 1, sizeof begin, file) < sizeof begin) begin[0] = 0xff;
        fclose(file);
    }
    for (size_t i = 0; i < KINDS; i++)
        if (files[i].is(path, begin, file ? (size_t)info.st_size : 0)) return &files[i];
    if (is_directory) return &folder;
    cli_say("%s: a directory of pictures, or an .npy, .npz, IDX, CIFAR or CSV file expected", path);
    return NULL;
}

void collection_check(const collection_options *o)
{
    if (!o->data) cli_usage_error("--data: a directory of pictures, or a file of them, expected");
    if (o->channels == 2) cli_usage_error("--channels: 1 (grey) or 3 (colour) expected, got 2");
}

/* ---- Directories ---- */

static int is_picture(const char *path)
{
    unsigned char begin[4] = {0};
    struct stat info;
    FILE *file = stat(path, &info) == 0 && S_ISREG(info.st_mode) ? fopen(path, "rb") : NULL;
    if (!file) return 0;
    size_t n = fread(begin, 1, sizeof begin, file);
    fclose(file);
    return n == sizeof begin &&
           (memcmp(begin, "\x89PNG", 4) == 0 || memcmp(begin, "\xff\xd8\xff", 3) == 0 ||
            memcmp(begin, "RIFF", 4) == 0);
}

/* Whether there are pictures beside the subdirectories: then these are not classes. */
static int has_pictures(const char *directory)
{
    char path[PATH_MAX];
    DIR *list = opendir(directory);
    int found = 0;
    for (struct dirent *e; list && !found && (e = readdir(list)) != NULL;)
        if (e->d_name[0] != '.' &&
            (size_t)snprintf(path, sizeof path, "%s/%s", directory, e->d_name) < sizeof path)
            found = is_picture(path);
    if (list) closedir(list);
    return found;
}

static int open_folder(gan_dataset **out, const collection *c, size_t height, size_t width)
{
    const collection_options *o = c->opt;
    gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT, .skip_bad = 1};
    desc.height = height;
    desc.width = width;
    desc.channels = (size_t)o->channels;
    desc.max_count = (size_t)o->limit;
    desc.pad = o->fit == COLLECTION_PAD;
    desc.alpha = o->alpha == COLLECTION_DROP ? GAN_ALPHA_DROP : GAN_ALPHA_BLEND;
    memset(desc.background, o->alpha == COLLECTION_WHITE ? 255 : 0, sizeof desc.background);
    desc.n_threads = c->n_threads;
    desc.no_labels = has_pictures(o->data);
    desc.class_names = c->class_names;
    desc.n_class_names = c->n_class_names;
    return cli_ok(gan_dataset_open_image_folder(out, o->data, &desc));
}

static int compare_sizes(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static collection_range find_range(size_t *sizes, size_t n)
{
    if (n == 0) return (collection_range){0, 0, 0};
    qsort(sizes, n, sizeof *sizes, compare_sizes);
    return (collection_range){sizes[0], sizes[n / 2], sizes[n - 1]};
}

/* Decode some of the files at full size: the dataset has scaled ones. */
static void measure_files(collection *c)
{
    enum { WIDTH, HEIGHT, SIDE, NUMBERS };
    size_t sizes[NUMBERS][MEASURED], n = 0, count = gan_dataset_count(c->first);
    size_t wanted = count < MEASURED ? count : MEASURED;
    for (size_t i = 0; i < wanted; i++) {
        const char *name = gan_dataset_file_name(c->first, i * count / wanted);
        char path[PATH_MAX];
        gan_image *image = NULL;
        const gan_image_desc desc = {GAN_IMAGE_DESC_INIT, .any_format = 1};
        if (!name || !files_join(path, sizeof path, c->opt->data, name) ||
            gan_image_read(&image, path, &desc) < 0)
            continue;
        size_t w = gan_image_width(image), h = gan_image_height(image);
        sizes[WIDTH][n] = w, sizes[HEIGHT][n] = h;
        sizes[SIDE][n++] = (w < h) == (c->opt->fit == COLLECTION_CROP) ? w : h;
        gan_image_destroy(image);
    }
    c->n_measured = n;
    c->width = find_range(sizes[WIDTH], n);
    c->height = find_range(sizes[HEIGHT], n);
    c->side = find_range(sizes[SIDE], n);
}

/* ---- Arrays: bytes ---- */

/* Find the range of the stored values. */
static int find_numbers(collection *c)
{
    static const float known[][2] = {{0, 1}, {-1, 1}, {0, 255}};
    size_t size = gan_shape_size(gan_dataset_shape(c->source));
    float *sample = cli_memory(size, sizeof *sample), least = INFINITY, most = -INFINITY;
    int good = 1;
    for (size_t i = 0; good && i < gan_dataset_count(c->source); i++) {
        good = cli_ok(gan_dataset_read_labels16(c->source, i, sample, NULL));
        for (size_t k = 0; good && k < size; k++) {
            least = fminf(least, sample[k]);
            most = fmaxf(most, sample[k]);
        }
    }
    free(sample);
    for (size_t i = 0; good && i < sizeof known / sizeof *known; i++)
        if (least >= known[i][0] && most <= known[i][1]) {
            c->least = known[i][0];
            c->most = known[i][1];
            return 1;
        }
    if (good)
        cli_say("pixels from 0 to 1, -1 to 1 or 0 to 255 expected, found %g to %g", (double)least,
                (double)most);
    return 0;
}

/* The shape of pictures as [channels, height, width]; rank 0 when it is not an image's. */
static gan_shape picture_shape(gan_shape found)
{
    if (found.rank == 1) return square_shape(found.dim[0]);
    if (found.rank == 2) return gan_shape_3d(1, found.dim[0], found.dim[1]);
    if (found.rank == 3 && is_channels(found.dim[0])) return found;
    return (gan_shape){.rank = 0};
}

/* From a sample of `from` channels to another number of them, from 0 to 1: grey is copied to each
 * colour, and made of colours as 0.299 R + 0.587 G + 0.114 B. */
static void make_planes(float *out, size_t channels, const float *in, size_t from, size_t area,
                        const collection *c)
{
    const float scale = 1 / (c->most - c->least);
    const float *red = in, *green = in + area, *blue = in + 2 * area, *alpha = in + COLOURS * area;
    for (size_t i = 0; i < channels * area; i++) {
        size_t pixel = i % area;
        float x = in[from == 1 ? pixel : i];
        if (from > 1 && channels == 1)
            x = 0.299f * red[pixel] + 0.587f * green[pixel] + 0.114f * blue[pixel];
        out[i] = (x - c->least) * scale;
        if (from == ALPHA && c->opt->alpha != COLLECTION_DROP) {
            float seen = (alpha[pixel] - c->least) * scale;
            out[i] = seen * out[i] + (c->opt->alpha == COLLECTION_WHITE ? 1 - seen : 0);
        }
    }
}

/* Make a dataset of bytes like the file's, with its labels and their names. */
static int make_like(gan_dataset **out, const collection *c, const uint8_t *bytes, gan_shape shape)
{
    const gan_dataset *data = c->source;
    size_t count = gan_dataset_count(data), n_names = gan_dataset_class_count(data);
    uint16_t *labels = gan_dataset_has_labels(data) ? cli_memory(count, sizeof *labels) : NULL;
    const char **names = cli_memory(n_names, sizeof *names);
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT};
    int good = 1;
    for (size_t i = 0; i < n_names; i++) names[i] = gan_dataset_class_name(data, i);
    desc.class_names = c->class_names ? c->class_names : n_names > 0 ? names : NULL;
    desc.n_class_names = c->class_names ? c->n_class_names : n_names;
    for (size_t i = 0; good && labels && i < count; i++)
        good = cli_ok(gan_dataset_read_labels16(data, i, NULL, &labels[i]));
    uint8_t *narrow = labels && gan_dataset_label_bits(data) == 8 ? cli_memory(count, 1) : NULL;
    for (size_t i = 0; narrow && i < count; i++) narrow[i] = (uint8_t)labels[i];
    if (labels && !narrow)
        good = good &&
               cli_ok(gan_dataset_create_bytes_labels16(out, bytes, labels, count, shape, &desc));
    else
        good = good && cli_ok(gan_dataset_create_bytes(out, bytes, narrow, count, shape, &desc));
    free(narrow);
    free(names);
    free(labels);
    return good;
}

/* ---- Arrays: scaling ---- */

/* The scaling of one dimension: from `from` pixels to `scaled`, of which the middle `to` are kept
 * (or which are centred in `to`). */
typedef struct line {
    size_t from, scaled, to;
} line;

/* Whether a dimension is unchanged. */
static int is_whole(const line *l)
{
    return l->from == l->scaled && l->scaled == l->to;
}

/* One value of a scaled line: a mean weighted by a triangle, whose half width is a source pixel or,
 * when the line becomes shorter, a scaled one (bilinear with antialiasing). */
static float scale_place(const line *l, const float *in, size_t stride, size_t place)
{
    float ratio = (float)l->from / (float)l->scaled, width = fmaxf(ratio, 1);
    long at = (long)place + ((long)l->scaled - (long)l->to) / 2;
    float center = ((float)at + 0.5f) * ratio, sum = 0, weights = 0;
    if (at < 0 || at >= (long)l->scaled) return 0;
    long begin = (long)fmaxf(center - width, 0), end = lrintf(ceilf(center + width));
    for (long i = begin; i < end && i < (long)l->from; i++) {
        float weight = fmaxf(1 - fabsf((float)i + 0.5f - center) / width, 0);
        sum += weight * in[(size_t)i * stride];
        weights += weight;
    }
    return weights > 0 ? sum / weights : 0;
}

/* Scale a plane; `rows` has room for its rows after horizontal scaling. */
static void scale_plane(float *out, const float *in, float *rows, const line *down,
                        const line *across)
{
    size_t width = across->to;
    if (is_whole(down) && is_whole(across)) {
        memcpy(out, in, down->to * width * sizeof *out);
        return;
    }
    for (size_t y = 0; y < down->from; y++)
        for (size_t x = 0; x < width; x++)
            rows[y * width + x] = scale_place(across, in + y * across->from, 1, x);
    for (size_t y = 0; y < down->to; y++)
        for (size_t x = 0; x < width; x++)
            out[y * width + x] = scale_place(down, rows + x, width, y);
}

/* Scale both dimensions by one factor: the larger one of height / h and width / w covers the whole
 * size, the smaller one fits inside it. */
static void fit_lines(line *down, line *across, int covers)
{
    size_t h = down->from, w = across->from;
    int by_height = down->to * w >= across->to * h;
    const line *by = by_height == covers ? down : across;
    down->scaled = (h * by->to + by->from / 2) / by->from;
    across->scaled = (w * by->to + by->from / 2) / by->from;
    if (down->scaled == 0) down->scaled = 1;
    if (across->scaled == 0) across->scaled = 1;
}

/* ---- Arrays: opening ---- */

/* Make a dataset of bytes of the file's pictures, scaled to this size. */
static int render(const collection *c, gan_dataset **out, size_t height, size_t width)
{
    gan_shape from = picture_shape(gan_dataset_shape(c->source));
    size_t found = from.dim[0] < COLOURS ? from.dim[0] : COLOURS;
    size_t channels = c->opt->channels > 0 ? (size_t)c->opt->channels : found;
    gan_shape to = gan_shape_3d(channels, height, width);
    size_t count = gan_dataset_count(c->source), size = gan_shape_size(to), area = height * width;
    size_t from_area = from.dim[1] * from.dim[2];
    line down = {.from = from.dim[1], .to = height}, across = {.from = from.dim[2], .to = width};
    fit_lines(&down, &across, c->opt->fit == COLLECTION_CROP);
    float *sample = cli_memory(gan_shape_size(from), sizeof *sample);
    float *planes = cli_memory(channels * from_area, sizeof *planes);
    float *rows = cli_memory(down.from * width, sizeof *rows);
    float *scaled = cli_memory(size, sizeof *scaled);
    uint8_t *bytes = cli_memory(count, size);
    int good = 1;
    for (size_t i = 0; good && i < count; i++) {
        good = cli_ok(gan_dataset_read_labels16(c->source, i, sample, NULL));
        make_planes(planes, channels, sample, from.dim[0], from_area, c);
        for (size_t k = 0; k < channels; k++)
            scale_plane(scaled + k * area, planes + k * from_area, rows, &down, &across);
        for (size_t k = 0; k < size; k++) bytes[i * size + k] = (uint8_t)lrintf(scaled[k] * 255);
    }
    good = good && make_like(out, c, bytes, to);
    free(bytes);
    free(scaled);
    free(rows);
    free(planes);
    free(sample);
    return good;
}

/* All pictures for a survey: as they are, or small where they would take much memory. */
static int make_first(collection *c, gan_shape picture)
{
    size_t each = picture.dim[1] * picture.dim[2] * 3;
    int small = gan_dataset_count(c->source) > MOST_FIRST / each;
    return small ? render(c, &c->first, LOOK, LOOK)
                 : render(c, &c->first, picture.dim[1], picture.dim[2]);
}

static int open_file(collection *c)
{
    const collection_options *o = c->opt;
    if (o->labels && !c->kind->takes_labels) {
        cli_say("--labels: the class labels of %s are in the data itself", c->kind->name);
        return 0;
    }
    if (!cli_ok(c->kind->open(&c->source, o))) return 0;
    gan_shape picture = picture_shape(gan_dataset_shape(c->source));
    if (picture.rank == 0) {
        cli_say("%s: grey or RGB pictures expected, such as count x height x width or count x 3 x "
                "height x width, or square ones of at least 8 x 8 pixels in a row each",
                o->data);
        return 0;
    }
    size_t h = picture.dim[1], w = picture.dim[2];
    size_t side = (w < h) == (o->fit == COLLECTION_CROP) ? w : h;
    c->width = (collection_range){w, w, w};
    c->height = (collection_range){h, h, h};
    c->side = (collection_range){side, side, side};
    c->n_measured = gan_dataset_count(c->source);
    return find_numbers(c) && make_first(c, picture);
}

/* ---- The whole ---- */

/* Split the list of names: pointers to them, followed by the text that they point to. */
static void split_class_names(collection *c)
{
    const char *list = c->opt->class_names;
    size_t n = 1, length = list ? strlen(list) : 0;
    if (!list) return;
    for (const char *at = list; (at = strchr(at, ',')) != NULL; at++) n++;
    c->class_names = cli_memory(n * sizeof *c->class_names + length + 1, 1);
    c->n_class_names = n;
    char *text = memcpy((char *)(c->class_names + n), list, length + 1);
    for (size_t i = 0; i < n; i++) {
        c->class_names[i] = text;
        text += strcspn(text, ",");
        *text++ = '\0';
    }
}

static void name_skipped(const gan_dataset *data)
{
    size_t n = gan_dataset_skipped_count(data);
    for (size_t i = 0; i < n && i < MOST_NAMED; i++)
        cli_say("left out: %s", gan_dataset_skipped(data, i));
    if (n > MOST_NAMED) cli_say("left out: %zu more", n - MOST_NAMED);
}

int collection_open(collection *c, const collection_options *o, size_t n_threads)
{
    *c = (collection){.opt = o, .kind = find_kind(o->data), .n_threads = n_threads};
    if (!c->kind) return 0;
    split_class_names(c);
    if (c->kind != &folder) return open_file(c);
    if (!open_folder(&c->first, c, LOOK, LOOK)) return 0;
    name_skipped(c->first);
    measure_files(c);
    return 1;
}

int collection_fit(collection *c, size_t height, size_t width)
{
    gan_shape shape = gan_dataset_shape(c->first);
    if (shape.dim[1] == height && shape.dim[2] == width)
        return cli_ok(
            gan_dataset_create_range(&c->data, c->first, 0, gan_dataset_count(c->first), NULL));
    return c->kind == &folder ? open_folder(&c->data, c, height, width)
                              : render(c, &c->data, height, width);
}

int collection_open_as(collection *c, collection_options *o, size_t n_threads, gan_shape shape)
{
    if (shape.rank == 3) o->channels = (long)shape.dim[0];
    if (!collection_open(c, o, n_threads)) return 0;
    return shape.rank == 3 ? collection_fit(c, shape.dim[1], shape.dim[2])
                           : collection_fit(c, c->height.middle, c->width.middle);
}

void collection_close(collection *c)
{
    gan_dataset_destroy(c->data);
    gan_dataset_destroy(c->first);
    gan_dataset_destroy(c->source);
    free(c->class_names);
}
