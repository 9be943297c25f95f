/* sample.c - draw samples from a generator that was trained before. */
#include "common/program.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SHOWN = 10000, MOST_ROWS = 32 }; /* in a picture */

typedef struct options {
    const char *model, *wanted, *numbers, *grid, *from, *nearest; /* samples to draw */
    const char *out, *pngs, *raw, *npy, *latents;                 /* what is written */
    long count, first, seed, columns, scale;
    double truncation;
    int titles, overwrite;
} options;

static void check_options(options *o, const cli_option *table)
{
    int counted = 0;
    for (const cli_option *c = table; c->name; c++)
        if (strcmp(c->name, "count") == 0 || strcmp(c->name, "first") == 0) counted |= c->given;
    if (!o->out && !o->pngs && !o->raw && !o->npy && !o->latents) o->out = "samples.png";
    if (o->out && o->count > MOST_SHOWN)
        cli_usage_error("--out shows at most %d samples, --count is %ld; use --raw alone for more",
                        MOST_SHOWN, o->count);
    if (o->pngs && o->count > MOST_SHOWN)
        cli_usage_error("--pngs writes at most %d files, --count is %ld", MOST_SHOWN, o->count);
    if (o->numbers && counted) cli_usage_error("--numbers takes the place of --count and --first");
    if (o->grid && (o->pngs || o->nearest || o->columns || o->truncation > 0))
        cli_usage_error(
            "--grid has rows of its own: no --pngs, --nearest, --columns, --truncation");
    if (o->nearest && !o->out) cli_usage_error("--nearest is shown by --out");
    if (o->from && (o->truncation > 0 || o->grid))
        cli_usage_error("--from: latent vectors that are given are not truncated");
    if (o->titles && !plot_available())
        cli_say("titles are left out, as this program was built without Cairo");
}

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors", .count = 64, .seed = 1};
    /* clang-format off */
    cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights, or a checkpoint"},
        {"class", "NAME|N", .text = &o->wanted,
         .help = "of a conditional generator: draw only this class; else all of them in turn"},
        {"count", "N", .whole = &o->count, .min = 1, .max = 10000000, .help = "number of samples"},
        {"first", "I", .whole = &o->first, .min = 0, .max = 10000000,
         .help = "begin with sample I of the seed, from 0: a sample depends on its index alone"},
        {"numbers", "LIST", .text = &o->numbers,
         .help = "draw the samples with these indices: 3,17,40-44"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "seed of the noise; same seed, same samples"},
        {"from", "FILE", .text = &o->from, .is_path = 1,
         .help = "draw samples of these latent vectors, a NumPy array, count x latent dimension; "
                 "the index of a sample is that of its row"},
        GENERATOR_TRUNCATION_OPTION(&o->truncation),
        {"grid", "LIST", .text = &o->grid,
         .help = "truncations, such as 0.5,1,0: draw the samples once with each, a row for each"},
        {"out", "FILE", .text = &o->out,
         .help = "a PNG grid; samples.png when no other output is requested"},
        {.name = "titles", .on = &o->titles,
         .help = "write the number and the class of each sample into the grid"},
        {"nearest", "PATH", .text = &o->nearest, .is_path = 1,
         .help = "below each row of the grid, the real pictures that are nearest to its samples by "
                 "pixels: of a directory or a file of any kind that picture_gan reads"},
        {"pngs", "DIR", .text = &o->pngs,
         .help = "a PNG file for each sample, sample-00000.png by its index"},
        {"scale", "N", .whole = &o->scale, .min = 0, .max = 64,
         .help = "scale factor of --out and --pngs: each pixel becomes N x N; 0: 1, or what titles "
                 "need"},
        {"columns", "N", .whole = &o->columns, .min = 0, .max = 1000,
         .help = "samples per row of the grid; 0: one of each class, or a nearly square grid"},
        {"raw", "FILE", .text = &o->raw,
         .help = "the bytes in the IDX format of MNIST: count x height x width"},
        {"npy", "FILE", .text = &o->npy,
         .help = "the numbers as a NumPy array: count x channels x height x width"},
        {"latents", "FILE", .text = &o->latents, .is_path = 1,
         .help = "the latent vectors as a NumPy array: count x latent dimension"},
        {.name = "overwrite", .on = &o->overwrite, .help = "replace files that exist already"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "sample",
        .options = table,
        .summary =
            "Draws samples from a generator: a file that fashion_gan, gan_network_save() or\n"
            "gan_checkpoint_save() wrote.  It has the layers, the shape of the pictures, and\n"
            "whether latent vectors are normal or uniform.  If it has no picture shape, n * n\n"
            "values are a grey picture of n x n pixels.  Numbers from -1 to 1 become bytes.\n"
            "\n"
            "A conditional generator, such as fashion_cgan's, draws its classes in turn: sample i\n"
            "is of class i modulo their number.\n",
        .examples =
            "  sample --count 100 --seed 7 --titles --out hundred.png\n"
            "  sample --seed 7 --numbers 17,42 --pngs . --scale 8    two of them, large\n"
            "  sample --model out/generator.safetensors --count 60000 --raw fake-images.idx\n"
            "  sample --class boot                                  or --class 9\n"
            "  sample --count 10 --grid 0.25,0.5,1,0 --titles       a row for each truncation\n"
            "  sample --count 10 --columns 10 --nearest pictures    are they copies?\n",
    };
    cli_parse(&program, argc, argv);
    check_options(o, table);
}

/* ---- Which samples ---- */

/* Rows of the same samples, one for each truncation; usually a single row. */
typedef struct plan {
    size_t count;    /* samples of a row */
    size_t *numbers; /* NULL: they follow one another from --first on */
    size_t first;
    size_t n_rows;
    double truncation[MOST_ROWS];
} plan;

static size_t total(const plan *p)
{
    return p->count * p->n_rows;
}

static size_t number_of(const plan *p, size_t i)
{
    return p->numbers ? p->numbers[i % p->count] : p->first + i % p->count;
}

/* Parse "3,17,40-44": once to count, and once into `numbers`.  Return how many, 0 for an invalid
 * list. */
static size_t read_numbers(const char *text, size_t *numbers)
{
    size_t n = 0;
    for (const char *at = text;; at++) {
        char *end;
        if (!isdigit((unsigned char)*at)) return 0;
        unsigned long low = strtoul(at, &end, 10), high = low;
        if (*end == '-' && isdigit((unsigned char)end[1])) high = strtoul(end + 1, &end, 10);
        if (high > 10000000 || high < low || n + (high - low) >= MOST_SHOWN) return 0;
        for (; low <= high; low++, n++)
            if (numbers) numbers[n] = low;
        if (!*end) return n;
        if (*end != ',') return 0;
        at = end;
    }
}

/* Parse "0.5,1,0".  A row without a limit has the same samples, drawn as with one. */
static int read_truncations(plan *p, const char *text)
{
    for (p->n_rows = 0; p->n_rows < MOST_ROWS; text++) {
        char *end;
        double value = strtod(text, &end);
        if (end == text || !(value >= 0 && value <= 100) || (*end && *end != ',')) return 0;
        p->truncation[p->n_rows++] = value > 0 ? value : INFINITY;
        if (!*end) return 1;
        text = end;
    }
    return 0;
}

/* Return 0 after saying what is wrong with the options. */
static int make_plan(plan *p, const options *o, const generator *g)
{
    *p = (plan){.count = (size_t)o->count, .first = (size_t)o->first, .n_rows = 1};
    p->truncation[0] = o->truncation;
    if (o->numbers) {
        p->count = read_numbers(o->numbers, NULL);
        if (p->count == 0) {
            cli_say("--numbers: numbers such as 3,17,40-44 expected, at most %d and none above "
                    "10000000, got \"%s\"",
                    MOST_SHOWN, o->numbers);
            return 0;
        }
        p->numbers = cli_memory(p->count, sizeof *p->numbers);
        read_numbers(o->numbers, p->numbers);
    }
    if (o->grid && !read_truncations(p, o->grid)) {
        cli_say("--grid: 1 to %d numbers from 0 to 100, such as 0.5,1,0, expected, got \"%s\"",
                MOST_ROWS, o->grid);
        return 0;
    }
    if (o->grid && total(p) > MOST_SHOWN) {
        cli_say("--grid shows at most %d samples, these are %zu", MOST_SHOWN, total(p));
        return 0;
    }
    for (size_t i = 0; g->given && i < p->count; i++)
        if (number_of(p, i) >= g->n_given) {
            cli_say("%s has %zu latent vectors; number %zu, from 0, was requested", o->from,
                    g->n_given, number_of(p, i));
            return 0;
        }
    return 1;
}

/* ---- Drawing ---- */

/* The samples that were drawn; if they aren't kept, the latest chunk. */
typedef struct drawn {
    float *samples, *latents;
    int keeps_samples, keeps_latents;
} drawn;

static void take_memory(drawn *d, const generator *g, const options *o, size_t n)
{
    d->keeps_samples = o->out || o->pngs || o->npy;
    d->keeps_latents = o->latents != NULL;
    d->samples = cli_memory((d->keeps_samples ? n : GENERATOR_CHUNK) * g->size, sizeof *d->samples);
    d->latents = d->keeps_latents ? cli_memory(n * g->latent, sizeof *d->latents) : NULL;
}

/* Draw samples i to i + n - 1 of all, which are in one row. */
static int draw_chunk(generator *g, const plan *p, drawn *d, size_t i, size_t n, FILE *raw)
{
    size_t numbers[GENERATOR_CHUNK];
    float *samples = d->samples + (d->keeps_samples ? i * g->size : 0);
    for (size_t k = 0; k < n; k++) numbers[k] = number_of(p, i + k);
    g->truncation = p->truncation[i / p->count];
    if (!generator_draw_numbered(g, numbers, n, samples)) return 0;
    if (d->keeps_latents) memcpy(d->latents + i * g->latent, g->z, n * g->latent * sizeof *g->z);
    if (raw) idx_write_numbers(raw, samples, n * g->size);
    return 1;
}

static int draw_samples(generator *g, const plan *p, drawn *d, FILE *raw)
{
    for (size_t i = 0, n; i < total(p); i += n) {
        n = p->count - i % p->count;
        if (n > GENERATOR_CHUNK) n = GENERATOR_CHUNK;
        if (!draw_chunk(g, p, d, i, n, raw)) return 0;
        if (raw && ferror(raw)) return 1; /* the disk is full: files_commit() reports it */
    }
    return 1;
}

/* The same with a raw file from its beginning to its end. */
static int draw_to_raw(generator *g, const plan *p, drawn *d, const char *path)
{
    files_output out;
    size_t n = total(p);
    if (!files_create_or_open(&out, path)) return 0;
    int is_file = out.part[0] != '\0'; /* else it may be this program's standard output */
    idx_write_header(out.stream, n, g->picture);
    if (!draw_samples(g, p, d, out.stream)) {
        files_abandon(&out);
        return 0;
    }
    if (!files_commit(&out)) return 0;
    if (is_file)
        cli_print("%zu sample%s of %zu x %zu in %s", n, cli_plural(n), g->picture.dim[1],
                  g->picture.dim[2], path);
    return 1;
}

/* ---- The picture ---- */

/* The class of a sample, or "". */
static generator_class class_of(const generator *g, size_t number)
{
    if (g->n_classes == 0) return (generator_class){""};
    return generator_class_name(g, g->only >= 0 ? (size_t)g->only : number % g->n_classes);
}

static sheet_text title_of(const generator *g, size_t number, int with_class)
{
    sheet_text out;
    snprintf(out.text, sizeof out.text, "%zu%s%s", number, with_class && g->n_classes ? " " : "",
             with_class ? class_of(g, number).text : "");
    return out;
}

/* Truncations are rows with names, and samples the columns. */
static int write_truncations(const generator *g, const options *o, const plan *p, const drawn *d)
{
    sheet s = {.picture = g->picture, .columns = p->count, .scale = (size_t)o->scale};
    sheet_text *heads = cli_memory(p->count, sizeof *heads), rows[MOST_ROWS];
    for (size_t i = 0; i < p->count; i++) heads[i] = title_of(g, number_of(p, i), 1);
    for (size_t i = 0; i < p->n_rows; i++)
        if (isinf(p->truncation[i]))
            snprintf(rows[i].text, sizeof rows[i].text, "no limit");
        else
            snprintf(rows[i].text, sizeof rows[i].text, "%g", p->truncation[i]);
    if (o->titles) s.heads = heads, s.rows = rows;
    int good = sheet_write(&s, d->samples, total(p), o->out);
    free(heads);
    if (good)
        cli_print("%zu sample%s at %zu truncation%s in %s", p->count, cli_plural(p->count),
                  p->n_rows, cli_plural(p->n_rows), o->out);
    return good;
}

/* Whether each column of the picture has one class. */
static int has_class_columns(const generator *g, const plan *p, size_t columns)
{
    return g->n_classes > 0 && g->only < 0 && !p->numbers && columns == g->n_classes &&
           p->first % g->n_classes == 0;
}

/* Real pictures below samples: rows alternate. */
typedef struct beside {
    float *samples;
    sheet_text *captions;
    size_t n;
} beside;

static int find_beside(beside *b, const generator *g, const options *o, const plan *p,
                       const drawn *d, const sheet *s)
{
    collection_options what = {.data = o->nearest};
    collection real = {.opt = NULL};
    size_t *which = cli_memory(p->count, sizeof *which), row = s->columns;
    float *found = cli_memory(p->count * g->size, sizeof *found);
    int good = collection_open_as(&real, &what, 0, g->picture) &&
               nearest_find(real.data, d->samples, p->count, g->size, found, which);
    b->n = 2 * ((p->count + row - 1) / row) * row;
    b->samples = cli_memory(b->n * g->size, sizeof *b->samples);
    b->captions = cli_memory(b->n, sizeof *b->captions);
    for (size_t i = 0; i < b->n * g->size; i++) b->samples[i] = -1; /* black */
    for (size_t i = 0; good && i < p->count; i++) {
        size_t above = i / row * 2 * row + i % row, below = above + row;
        const char *file = gan_dataset_file_name(real.data, which[i]);
        memcpy(b->samples + above * g->size, d->samples + i * g->size, g->size * sizeof *found);
        memcpy(b->samples + below * g->size, found + i * g->size, g->size * sizeof *found);
        b->captions[above] = title_of(g, number_of(p, i), s->heads == NULL);
        snprintf(b->captions[below].text, sizeof b->captions[below].text, "real %zu", which[i]);
        if (file)
            cli_print("sample %zu: the nearest real picture is %s", number_of(p, i), file);
        else
            cli_print("sample %zu: the nearest real picture is number %zu, from 0", number_of(p, i),
                      which[i]);
    }
    free(found);
    free(which);
    collection_close(&real);
    return good;
}

static int write_picture(const generator *g, const options *o, const plan *p, const drawn *d)
{
    size_t columns = (size_t)o->columns;
    if (columns == 0 && g->only < 0 && g->n_classes > 0) columns = g->n_classes;
    if (columns == 0) columns = (size_t)ceil(sqrt((double)p->count));
    if (columns > p->count) columns = p->count;
    sheet s = {.picture = g->picture, .columns = columns, .scale = (size_t)o->scale};
    sheet_text *heads = cli_memory(columns, sizeof *heads);
    sheet_text *captions = cli_memory(p->count, sizeof *captions);
    beside real = {0};
    if (o->titles && has_class_columns(g, p, columns)) s.heads = heads;
    for (size_t i = 0; s.heads && i < columns; i++)
        snprintf(heads[i].text, sizeof heads[i].text, "%s", class_of(g, i).text);
    for (size_t i = 0; i < p->count; i++)
        captions[i] = title_of(g, number_of(p, i), s.heads == NULL);
    int good = !o->nearest || find_beside(&real, g, o, p, d, &s);
    if (o->titles) s.captions = o->nearest ? real.captions : captions;
    good = good && (o->nearest ? sheet_write(&s, real.samples, real.n, o->out)
                               : sheet_write(&s, d->samples, p->count, o->out));
    if (good) cli_print("%zu sample%s in %s", p->count, cli_plural(p->count), o->out);
    free(real.samples);
    free(real.captions);
    free(captions);
    free(heads);
    return good;
}

/* ---- Files of samples, arrays ---- */

static int name_file(char path[PATH_MAX], const options *o, const plan *p, size_t i)
{
    char name[64];
    snprintf(name, sizeof name, "sample-%05zu.png", number_of(p, i));
    return files_join(path, PATH_MAX, o->pngs, name);
}

/* Check before the work that a file for each sample can be written. */
static int may_write_files(const options *o, const plan *p)
{
    char path[PATH_MAX];
    if (!files_make_directory(o->pngs)) return 0;
    for (size_t i = 0; i < p->count; i++)
        if (!name_file(path, o, p, i) || !files_may_write(path, o->overwrite)) return 0;
    return 1;
}

static int write_files(const generator *g, const options *o, const plan *p, const drawn *d)
{
    const gan_grid_desc one = {GAN_GRID_DESC_INIT, .columns = 1};
    char path[PATH_MAX];
    for (size_t i = 0; i < p->count; i++) {
        gan_image *small = NULL, *large = NULL;
        int good =
            name_file(path, o, p, i) &&
            cli_ok(gan_image_create_grid(&small, d->samples + i * g->size, 1, g->picture, &one)) &&
            sheet_enlarge(&large, small, o->scale > 0 ? (size_t)o->scale : 1) &&
            cli_ok(gan_image_write(large, path));
        gan_image_destroy(large);
        gan_image_destroy(small);
        if (!good) return 0;
    }
    cli_print("%zu file%s in %s", p->count, cli_plural(p->count), o->pngs);
    return 1;
}

static int write_array(const generator *g, const char *path, size_t n, const drawn *d)
{
    const size_t *picture = g->picture.dim;
    const size_t dims[] = {n, picture[0], picture[1], picture[2]};
    if (!cli_ok(gan_npy_write(path, d->samples, GAN_NPY_FLOAT32, dims, 4))) return 0;
    cli_print("%zu sample%s as an array in %s", n, cli_plural(n), path);
    return 1;
}

static int write_latents(const generator *g, const char *path, size_t n, const drawn *d)
{
    const size_t dims[] = {n, g->latent};
    if (!cli_ok(gan_npy_write(path, d->latents, GAN_NPY_FLOAT32, dims, 2))) return 0;
    cli_print("%zu latent vector%s of %zu numbers in %s", n, cli_plural(n), g->latent, path);
    return 1;
}

/* ---- All of it ---- */

/* Open the generator, and check before the work that its samples can be written. */
static int prepare(generator *g, plan *p, const options *o)
{
    const char *const paths[] = {o->out, o->raw, o->npy, o->latents};
    uint8_t label;
    if (!generator_open(g, o->model, (uint64_t)o->seed) ||
        (o->from && !generator_read_latent(g, o->from)))
        return 0;
    if (o->wanted && !generator_find_class(&label, g, "class", o->wanted)) return 0;
    if (o->wanted) g->only = label;
    if (!make_plan(p, o, g)) return 0;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (paths[i] && !files_may_write(paths[i], o->overwrite)) return 0;
    return !o->pngs || may_write_files(o, p);
}

int main(int argc, char **argv)
{
    options o;
    generator g;
    plan p = {0};
    drawn d = {0};

    read_options(&o, argc, argv);
    int good = prepare(&g, &p, &o);
    if (good) take_memory(&d, &g, &o, total(&p));
    good = good && (o.raw ? draw_to_raw(&g, &p, &d, o.raw) : draw_samples(&g, &p, &d, NULL)) &&
           (!o.out || (o.grid ? write_truncations : write_picture)(&g, &o, &p, &d)) &&
           (!o.pngs || write_files(&g, &o, &p, &d)) &&
           (!o.npy || write_array(&g, o.npy, total(&p), &d)) &&
           (!o.latents || write_latents(&g, o.latents, total(&p), &d));
    free(d.latents);
    free(d.samples);
    free(p.numbers);
    generator_close(&g);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
