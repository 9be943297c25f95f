/* battery.c - see battery.h. */
#include "battery.h"

#include "clusters.h"
#include "files.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST = 10, KINDS = 3, LEVELS = 8 };

/* Pictures of one shape, as numbers from -1 to 1, and their classes. */
typedef struct pictures {
    float *x;
    uint16_t *labels; /* for generated ones the requested classes; NULL: not known */
    size_t n;
} pictures;

typedef struct battery {
    const battery_options *o;
    gan_shape shape;
    size_t size, n; /* of a picture; pictures of each of the three sets */
    pictures real, held_out, generated;
    size_t n_classes; /* of the labels of real ones; 0: they have none */
    char (*class_names)[64];
    gan_network *net;
    gan_classifier *classifier;
    gan_features *features[KINDS];
    gan_comparison found[KINDS];
    gan_reference_share *classes[KINDS]; /* n_classes of them */
    size_t n_kinds;
    size_t n_levels; /* of the pictures' pyramid, the finest first: sliced Wasserstein distances */
    double sliced[LEVELS], sliced_floor[LEVELS];
} battery;

/* ---- Pictures ---- */

/* Read samples first .. first + n - 1 of an order drawn by the seed. */
static int read_pictures(pictures *out, const gan_dataset *data, size_t first, size_t n,
                         size_t seed)
{
    size_t count = gan_dataset_count(data), size = gan_shape_size(gan_dataset_shape(data));
    uint32_t *order = cli_memory(count, sizeof *order);
    gan_rng *rng;
    int good = 1;
    cli_must(gan_rng_create(&rng, seed, 0, NULL));
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        size_t j = gan_rng_below(rng, (uint32_t)i);
        uint32_t other = order[j];
        order[j] = order[i - 1];
        order[i - 1] = other;
    }
    gan_rng_destroy(rng);
    *out = (pictures){.x = cli_memory(n * size, sizeof *out->x), .n = n};
    if (gan_dataset_has_labels(data)) out->labels = cli_memory(n, sizeof *out->labels);
    for (size_t i = 0; good && i < n; i++)
        good = cli_ok(gan_dataset_read_labels16(data, order[first + i], out->x + i * size,
                                                out->labels ? &out->labels[i] : NULL));
    for (size_t i = 0; i < n * size; i++) out->x[i] = 2 * out->x[i] - 1;
    free(order);
    return good;
}

static int draw_pictures(pictures *out, generator *g, size_t n)
{
    *out = (pictures){.x = cli_memory(n * g->size, sizeof *out->x), .n = n};
    if (g->n_classes > 0) out->labels = cli_memory(n, sizeof *out->labels);
    for (size_t done = 0, now; done < n; done += now) {
        now = n - done < GENERATOR_CHUNK ? n - done : GENERATOR_CHUNK;
        if (!generator_draw(g, done, now, out->x + done * g->size)) return 0;
        for (size_t i = 0; out->labels && i < now; i++) out->labels[done + i] = g->labels[i];
    }
    return 1;
}

/* The real pictures, and those for the floor: others, or the second half of the same. */
typedef struct truth {
    collection real, other;
    const gan_dataset *data, *held_out;
} truth;

/* Others are read with the same options. */
static int open_truth(truth *t, const battery_options *o, gan_shape shape)
{
    collection_options real = o->real, other = o->real;
    size_t n_threads = (size_t)o->threads;
    other.data = o->held_out;
    other.labels = o->held_out_labels;
    *t = (truth){.real = {.opt = NULL}};
    if (!collection_open_as(&t->real, &real, n_threads, shape)) return 0;
    t->data = t->held_out = t->real.data;
    if (!o->held_out) return 1;
    if (!collection_open_as(&t->other, &other, n_threads, gan_dataset_shape(t->data))) return 0;
    t->held_out = t->other.data;
    return 1;
}

static void close_truth(truth *t)
{
    collection_close(&t->other);
    collection_close(&t->real);
}

static int choose_count(battery *b, const truth *t, size_t n_generated)
{
    int halves = t->held_out == t->data;
    size_t n_real = gan_dataset_count(t->data), n_held_out = gan_dataset_count(t->held_out);
    size_t most = halves ? n_real / 2 : n_real < n_held_out ? n_real : n_held_out;
    char floor[64] = "half of which are held out", generated[64] = "";
    if (!halves) snprintf(floor, sizeof floor, "%zu others", n_held_out);
    if (n_generated < SIZE_MAX)
        snprintf(generated, sizeof generated, ", and %zu generated ones", n_generated);
    b->n = (size_t)b->o->count;
    if (most < b->n) b->n = most;
    if (n_generated < b->n) b->n = n_generated;
    if (b->n < LEAST)
        cli_say("%d pictures of each kind are needed; there are %zu real ones, %s for the floor%s",
                LEAST, n_real, floor, generated);
    else if (b->n < (size_t)b->o->count)
        cli_say("%zu pictures of each kind are compared, not %ld: there are %zu real ones, %s for "
                "the floor%s",
                b->n, b->o->count, n_real, floor, generated);
    return b->n >= LEAST;
}

static int same_name(const gan_dataset *a, const gan_dataset *b, size_t label)
{
    const char *name = gan_dataset_class_name(a, label);
    const char *other = gan_dataset_class_name(b, label);
    return (!name && !other) || (name && other && strcmp(name, other) == 0);
}

static int same_classes(const gan_dataset *a, const gan_dataset *b)
{
    size_t n = gan_dataset_class_count(a);
    int same = gan_dataset_class_count(b) == n;
    for (size_t i = 0; same && i < n; i++) same = same_name(a, b, i);
    return same;
}

/* Labels of other classes than the real pictures' are forgotten. */
static int read_truth(battery *b, const truth *t)
{
    size_t seed = (size_t)b->o->seed, first = t->held_out == t->data ? b->n : 0;
    if (!read_pictures(&b->real, t->data, 0, b->n, seed) ||
        !read_pictures(&b->held_out, t->held_out, first, b->n, seed))
        return 0;
    if (same_classes(t->data, t->held_out)) return 1;
    free(b->held_out.labels);
    b->held_out.labels = NULL;
    return 1;
}

/* The classes of the real pictures, if all have one.  Labels of generated ones are the requested
 * classes, if these are the same: for a directory by name, for a generator by number. */
static void find_classes(battery *b, const gan_dataset *real, const gan_dataset *generated,
                         size_t n_drawn)
{
    if (!b->real.labels || !b->held_out.labels) return;
    b->n_classes = gan_dataset_class_count(real);
    for (size_t i = 0; i < b->n; i++) {
        if (b->real.labels[i] >= b->n_classes) b->n_classes = b->real.labels[i] + (size_t)1;
        if (b->held_out.labels[i] >= b->n_classes) b->n_classes = b->held_out.labels[i] + (size_t)1;
    }
    b->class_names = cli_memory(b->n_classes, sizeof *b->class_names);
    int same = generated ? same_classes(real, generated) : n_drawn == b->n_classes;
    for (size_t i = 0; i < b->n_classes; i++) {
        const char *name = gan_dataset_class_name(real, i);
        if (name)
            snprintf(b->class_names[i], sizeof *b->class_names, "%s", name);
        else
            snprintf(b->class_names[i], sizeof *b->class_names, "class %zu", i);
    }
    for (size_t i = 0; b->generated.labels && i < b->n; i++)
        same &= b->generated.labels[i] < b->n_classes;
    if (same) return;
    free(b->generated.labels);
    b->generated.labels = NULL;
}

/* The pictures of a directory or file against those of another, */
static int read_both(battery *b)
{
    collection_options of_generated = {
        .data = b->o->generated, .fit = b->o->real.fit, .alpha = b->o->real.alpha};
    collection generated = {.opt = NULL};
    truth real;
    int good = open_truth(&real, b->o, (gan_shape){.rank = 0});
    if (good) {
        b->shape = gan_dataset_shape(real.data);
        good = collection_open_as(&generated, &of_generated, (size_t)b->o->threads, b->shape);
    }
    if (good) {
        const gan_dataset *made = generated.data;
        b->size = gan_shape_size(b->shape);
        good = choose_count(b, &real, gan_dataset_count(made)) && read_truth(b, &real) &&
               read_pictures(&b->generated, made, 0, b->n, (size_t)b->o->seed);
        if (good) find_classes(b, real.data, made, 0);
    }
    close_truth(&real);
    collection_close(&generated);
    return good;
}

/* or samples of a generator, to whose size real pictures are scaled. */
static int draw_and_read(battery *b)
{
    truth real = {.real = {.opt = NULL}};
    generator g = {0};
    int good = generator_open(&g, b->o->model, (uint64_t)b->o->seed);
    g.truncation = b->o->truncation;
    good = good && open_truth(&real, b->o, g.picture);
    if (good) {
        b->shape = g.picture;
        b->size = g.size;
        good = choose_count(b, &real, SIZE_MAX) && read_truth(b, &real) &&
               draw_pictures(&b->generated, &g, b->n);
        if (good)
            find_classes(b, real.data, NULL, clusters_are_classes_of(g.net) ? 0 : g.n_classes);
    }
    close_truth(&real);
    generator_close(&g);
    return good;
}

/* ---- Features ---- */

/* A classifier that exists and fits is a third kind of features. */
static int add_classifier(battery *b, const gan_features_desc *desc)
{
    const char *path = b->o->classifier;
    if (!files_exists(path)) {
        cli_say("without a classifier's features, as there is no %s; fashion_classifier trains one "
                "for Fashion-MNIST",
                path);
        return 1;
    }
    gan_classifier_desc settings = {GAN_CLASSIFIER_DESC_INIT, .n_threads = (size_t)b->o->threads};
    if (!cli_ok(gan_network_open(&b->net, path, NULL)) ||
        !cli_ok(gan_classifier_create(&b->classifier, b->net, NULL, &settings)))
        return 0;
    if (gan_shape_size(gan_network_input_shape(b->net)) != b->size) {
        cli_say("without the features of %s, which expects pictures of %zu numbers, not of %zu",
                path, gan_shape_size(gan_network_input_shape(b->net)), b->size);
        return 1;
    }
    return cli_ok(gan_features_create_classifier(&b->features[b->n_kinds++], b->classifier, desc));
}

static int make_features(battery *b)
{
    gan_features_desc desc = {GAN_FEATURES_DESC_INIT, .n_threads = (size_t)b->o->threads};
    size_t rank = b->shape.rank;
    if (!cli_ok(gan_features_create_pixels(&b->features[b->n_kinds++], b->shape, &desc))) return 0;
    if (rank >= 2 && b->shape.dim[rank - 1] >= 8 && b->shape.dim[rank - 2] >= 8 &&
        !cli_ok(gan_features_create_random(&b->features[b->n_kinds++], b->shape, 0, &desc)))
        return 0;
    return add_classifier(b, &desc);
}

static float *look(gan_features *f, const pictures *p)
{
    float *out = cli_memory(p->n * gan_features_count(f), sizeof *out);
    if (cli_ok(gan_features_compute(f, p->x, p->n, out))) return out;
    free(out);
    return NULL;
}

/* ---- Features as arrays ---- */

static const char *const sets[] = {"real", "held-out", "generated"};
enum { SETS = sizeof sets / sizeof *sets };

/* A file is called after the first word of the features' name and the set, pixels-real.npy. */
static int name_array(char path[PATH_MAX], const battery *b, size_t kind, size_t set)
{
    const char *name = gan_features_name(b->features[kind]);
    char file[128];
    snprintf(file, sizeof file, "%.*s-%s.npy", (int)strcspn(name, " "), name, sets[set]);
    return files_join(path, PATH_MAX, b->o->features, file);
}

/* Check before the work that all files can be written. */
static int may_write_arrays(const battery *b)
{
    char path[PATH_MAX];
    if (!b->o->features) return 1;
    if (!files_make_directory(b->o->features)) return 0;
    for (size_t i = 0; i < b->n_kinds * SETS; i++)
        if (!name_array(path, b, i / SETS, i % SETS) || !files_may_write(path, b->o->overwrite))
            return 0;
    return 1;
}

static int write_array(const battery *b, size_t kind, size_t set, const float *features)
{
    const size_t dims[] = {b->n, gan_features_count(b->features[kind])};
    char path[PATH_MAX];
    return !b->o->features || (name_array(path, b, kind, set) &&
                               cli_ok(gan_npy_write(path, features, GAN_NPY_FLOAT32, dims, 2)));
}

/* ---- Comparing ---- */

static int compare(battery *b, size_t kind)
{
    gan_features *f = b->features[kind];
    float *real = look(f, &b->real), *held_out = look(f, &b->held_out),
          *generated = look(f, &b->generated);
    gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = held_out, .n_held_out = b->n,
                               .seed = (uint64_t)b->o->seed, .n_threads = (size_t)b->o->threads};
    gan_reference *reference = NULL;
    if (b->n_classes > 0) {
        desc.labels = b->real.labels;
        desc.held_out_labels = b->held_out.labels;
        desc.n_classes = b->n_classes;
        b->classes[kind] = cli_memory(b->n_classes, sizeof *b->classes[kind]);
    }
    uint16_t *asked = b->n_classes > 0 ? b->generated.labels : NULL;
    gan_comparison_init(&b->found[kind], sizeof b->found[kind]);
    int good = real && held_out && generated && write_array(b, kind, 0, real) &&
               write_array(b, kind, 1, held_out) && write_array(b, kind, 2, generated) &&
               cli_ok(gan_reference_create(&reference, real, b->n, gan_features_count(f), &desc)) &&
               cli_ok(gan_reference_compare(reference, generated, asked, b->n, &b->found[kind]));
    if (good && b->n_classes > 0)
        memcpy(b->classes[kind], gan_reference_classes(reference, NULL),
               b->n_classes * sizeof *b->classes[kind]);
    gan_reference_destroy(reference);
    free(real);
    free(held_out);
    free(generated);
    return good;
}

/* Patches need no features; pictures below 32 x 32 have no levels. */
static int compare_patches(battery *b)
{
    const gan_sliced_desc desc = {GAN_SLICED_DESC_INIT, .seed = (uint64_t)b->o->seed,
                                  .n_threads = (size_t)b->o->threads};
    size_t levels = gan_metrics_pyramid_levels(b->shape);
    if (levels == 0 || levels > LEVELS) return 1;
    b->n_levels = levels;
    return cli_ok(gan_metrics_sliced_wasserstein(b->sliced, levels, b->generated.x, b->real.x, b->n,
                                                 b->shape, &desc)) &&
           cli_ok(gan_metrics_sliced_wasserstein(b->sliced_floor, levels, b->held_out.x, b->real.x,
                                                 b->n, b->shape, &desc));
}

/* ---- Results ---- */

static const struct {
    const char *name, *title; /* in files, and for people */
    size_t offset;
} rows[] = {
#define ROW(name, title)                                                                           \
    {                                                                                              \
#name, title, offsetof(gan_comparison, name)                                               \
    }
    ROW(frechet, "Frechet distance"),
    ROW(frechet_limit, "the same with n to infinity"),
    ROW(kid, "kernel distance (KID)"),
    ROW(precision, "precision"),
    ROW(recall, "recall"),
    ROW(density, "density"),
    ROW(coverage, "coverage"),
    ROW(nn_ratio, "nearest-neighbour ratio"),
    ROW(copying, "copying, z"),
    ROW(nn_real, "1-NN accuracy, real"),
    ROW(nn_generated, "1-NN accuracy, generated"),
    ROW(duplicates, "near duplicates"),
    ROW(bins_different, "different bins"),
    ROW(bins_missing, "missing bins"),
    ROW(agreement, "agreement with classes"),
    ROW(classes_missing, "missing classes"),
#undef ROW
};
enum { ROWS = sizeof rows / sizeof *rows, OF_LABELS = 2 }; /* the last ones need labels */

static const gan_estimate *number(const battery *b, size_t kind, size_t row)
{
    return (const gan_estimate *)((const char *)&b->found[kind] + rows[row].offset);
}

static int is_known(const battery *b, size_t kind, size_t row)
{
    return row < ROWS - OF_LABELS || !isnan(number(b, kind, row)->value);
}

/* The number of pictures in each class; a generated picture's class is that of the nearest real
 * one. */
static void print_classes(const battery *b, size_t kind)
{
    if (b->n_classes == 0) return;
    cli_print("%-27s %10s   %10s", "class", "generated", "real");
    for (size_t i = 0; i < b->n_classes; i++)
        cli_print("%-27s %10zu   %10zu", b->class_names[i], b->classes[kind][i].generated,
                  b->classes[kind][i].reference);
}

static void print_patches(const battery *b)
{
    if (b->n_levels == 0) return;
    putchar('\n');
    cli_print("patches of 7x7 pixels (no features)");
    cli_print("%-27s %10s   %-22s %10s", "number", "value", "", "real ones");
    for (size_t i = 0; i < b->n_levels; i++) {
        char title[64];
        snprintf(title, sizeof title, "sliced Wasserstein, %zux%zu", b->shape.dim[1] >> i,
                 b->shape.dim[2] >> i);
        cli_print("%-27s %10.4f   %-22s %10.4f", title, b->sliced[i], "", b->sliced_floor[i]);
    }
}

static void print(const battery *b)
{
    cli_print(
        "%zu generated, %zu real and %zu held-out real pictures, k = %zu, seed %ld, libgan %s",
        b->n, b->n, b->n, b->found[0].neighbors, b->o->seed, gan_version_string());
    for (size_t k = 0; k < b->n_kinds; k++) {
        putchar('\n');
        cli_print("%s (%zu features, hash %016" PRIx64 ")", gan_features_name(b->features[k]),
                  gan_features_count(b->features[k]), gan_features_hash(b->features[k]));
        cli_print("%-27s %10s   %-22s %10s", "number", "value", "95 % interval", "real ones");
        for (size_t i = 0; i < ROWS; i++) {
            const gan_estimate *e = number(b, k, i);
            if (!is_known(b, k, i)) continue;
            cli_print("%-27s %10.4f   %9.4f to %9.4f %10.4f", rows[i].title, e->value, e->low,
                      e->high, e->floor);
        }
        print_classes(b, k);
    }
    print_patches(b);
}

/* The fields of an estimate. */
static const struct {
    const char *name;
    size_t offset;
} parts[] = {
    {"value", offsetof(gan_estimate, value)}, {"error", offsetof(gan_estimate, error)},
    {"low", offsetof(gan_estimate, low)},     {"high", offsetof(gan_estimate, high)},
    {"floor", offsetof(gan_estimate, floor)}, {"floor_error", offsetof(gan_estimate, floor_error)}};
enum { PARTS = sizeof parts / sizeof *parts };

/* JSON has no NaN, and in a table the field is empty. */
static const char *part(cli_number *number, const gan_estimate *e, size_t i, const char *none)
{
    double value = *(const double *)((const char *)e + parts[i].offset);
    if (!isfinite(value)) return none;
    *number = cli_shortest(value);
    return number->text;
}

static void write_csv(FILE *out, const battery *b)
{
    cli_number text;
    fprintf(out, "features,hash,count,number");
    for (size_t p = 0; p < PARTS; p++) fprintf(out, ",%s", parts[p].name);
    for (size_t k = 0; k < b->n_kinds; k++)
        for (size_t i = 0; i < ROWS; i++) {
            if (!is_known(b, k, i)) continue;
            fprintf(out, "\n\"%s\",%016" PRIx64 ",%zu,%s", gan_features_name(b->features[k]),
                    gan_features_hash(b->features[k]), b->n, rows[i].name);
            for (size_t p = 0; p < PARTS; p++)
                fprintf(out, ",%s", part(&text, number(b, k, i), p, ""));
        }
    for (size_t i = 0; i < b->n_levels; i++) {
        fprintf(out, "\n\"patches\",,%zu,sliced_%zu,%s", b->n, i, cli_shortest(b->sliced[i]).text);
        fprintf(out, ",,,,%s,", cli_shortest(b->sliced_floor[i]).text);
    }
    fprintf(out, "\n");
}

static void write_json_numbers(FILE *out, const battery *b, size_t kind)
{
    cli_number text;
    for (size_t i = 0; i < ROWS; i++) {
        if (!is_known(b, kind, i)) continue;
        fprintf(out, "%s\n        \"%s\": {", i ? "," : "", rows[i].name);
        for (size_t p = 0; p < PARTS; p++)
            fprintf(out, "%s\"%s\": %s", p ? ", " : "", parts[p].name,
                    part(&text, number(b, kind, i), p, "null"));
        fprintf(out, "}");
    }
}

/* Names are those of directories: characters that JSON would have to escape are dropped. */
static void write_json_name(FILE *out, const char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name >= ' ' && *name != '"' && *name != '\\') fputc(*name, out);
}

static void write_json_classes(FILE *out, const battery *b, size_t kind)
{
    if (b->n_classes == 0) return;
    fprintf(out, ",\n      \"classes\": [");
    for (size_t i = 0; i < b->n_classes; i++) {
        fprintf(out, "%s\n        {\"name\": \"", i ? "," : "");
        write_json_name(out, b->class_names[i]);
        fprintf(out, "\", \"generated\": %zu, \"real\": %zu}", b->classes[kind][i].generated,
                b->classes[kind][i].reference);
    }
    fprintf(out, "\n      ]");
}

static void write_json(FILE *out, const battery *b)
{
    fprintf(out, "{\n  \"libgan\": \"%s\",\n  \"count\": %zu,\n  \"neighbors\": %zu,\n",
            gan_version_string(), b->n, b->found[0].neighbors);
    fprintf(out, "  \"seed\": %ld,\n  \"features\": [", b->o->seed);
    for (size_t k = 0; k < b->n_kinds; k++) {
        fprintf(out, "%s\n    {\n      \"name\": \"%s\",\n", k ? "," : "",
                gan_features_name(b->features[k]));
        fprintf(out, "      \"hash\": \"%016" PRIx64 "\",\n      \"numbers\": {",
                gan_features_hash(b->features[k]));
        write_json_numbers(out, b, k);
        fprintf(out, "\n      }");
        write_json_classes(out, b, k);
        fprintf(out, "\n    }");
    }
    fprintf(out, "\n  ]");
    for (size_t i = 0; i < b->n_levels; i++) {
        fprintf(out, "%s\n    {\"value\": %s", i ? "," : ",\n  \"sliced\": [",
                cli_shortest(b->sliced[i]).text);
        fprintf(out, ", \"floor\": %s}", cli_shortest(b->sliced_floor[i]).text);
    }
    fprintf(out, "%s\n}\n", b->n_levels > 0 ? "\n  ]" : "");
}

static int write_file(const battery *b, const char *path, void (*write)(FILE *, const battery *))
{
    files_output out;
    if (!path) return 1;
    if (!files_may_write(path, b->o->overwrite) || !files_create_or_open(&out, path)) return 0;
    write(out.stream, b);
    return files_commit(&out);
}

/* ---- All of it ---- */

static void end(battery *b)
{
    for (size_t k = 0; k < KINDS; k++) gan_features_destroy(b->features[k]);
    gan_classifier_destroy(b->classifier);
    gan_network_destroy(b->net);
    for (size_t k = 0; k < KINDS; k++) free(b->classes[k]);
    free(b->class_names);
    free(b->real.labels);
    free(b->held_out.labels);
    free(b->generated.labels);
    free(b->real.x);
    free(b->held_out.x);
    free(b->generated.x);
}

int battery_run(const battery_options *o)
{
    battery b = {.o = o};
    int good = (o->generated ? read_both(&b) : draw_and_read(&b)) && make_features(&b) &&
               may_write_arrays(&b);
    for (size_t k = 0; good && k < b.n_kinds; k++) good = compare(&b, k);
    good = good && compare_patches(&b);
    if (good) print(&b);
    good = good && write_file(&b, o->json, write_json) && write_file(&b, o->csv, write_csv);
    end(&b);
    return good;
}
