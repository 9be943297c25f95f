/* sample.c - draw samples from a generator that was trained before. */
#include "common/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SHOWN = 10000 }; /* in a picture */

typedef struct options {
    const char *model, *out, *pngs, *raw, *npy, *wanted;
    long count, first, seed, columns, scale;
    double truncation;
    int overwrite;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors", .count = 64, .seed = 1, .scale = 1};
    /* clang-format off */
    cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights, or a checkpoint"},
        {"class", "NAME|N", .text = &o->wanted,
         .help = "of a conditional generator: draw this class only; else all of them in turn"},
        {"count", "N", .whole = &o->count, .min = 1, .max = 10000000, .help = "number of samples"},
        {"first", "I", .whole = &o->first, .min = 0, .max = 10000000,
         .help = "begin with sample I of the seed, from 0: each keeps its number"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "seed of the noise; same seed, same samples"},
        GENERATOR_TRUNCATION_OPTION(&o->truncation),
        {"out", "FILE", .text = &o->out,
         .help = "a PNG grid; samples.png when no other file is asked for"},
        {"pngs", "DIR", .text = &o->pngs,
         .help = "a PNG file for each sample, sample-00000.png by its number"},
        {"scale", "N", .whole = &o->scale, .min = 1, .max = 64,
         .help = "scale factor of --out and --pngs: each pixel becomes N x N"},
        {"columns", "N", .whole = &o->columns, .min = 0, .max = 1000,
         .help = "samples per row of the grid; 0: one of each class, or as square as can be"},
        {"raw", "FILE", .text = &o->raw,
         .help = "the bytes in the IDX format of MNIST: count x height x width"},
        {"npy", "FILE", .text = &o->npy,
         .help = "the numbers as an array of NumPy: count x channels x height x width"},
        {.name = "overwrite", .on = &o->overwrite, .help = "replace files that exist already"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "sample",
        .options = table,
        .summary =
            "Draws samples from a generator: a file that fashion_gan, gan_network_save() or\n"
            "gan_checkpoint_save() wrote.  It tells the layers, the shape of the pictures, and\n"
            "whether latent vectors are normal or uniform.  Where it tells no shape, n * n\n"
            "numbers are a grey picture of n x n pixels.  Numbers from -1 to 1 become bytes.\n"
            "\n"
            "A conditional generator, such as fashion_cgan's, draws its classes in turn: sample i\n"
            "is of class i modulo their number.\n",
        .examples =
            "  sample --count 100 --seed 7 --out hundred.png\n"
            "  sample --model out/generator.safetensors --count 60000 --raw fake-images.idx\n"
            "  sample --class boot                              or --class 9\n"
            "  sample --first 17 --count 1 --pngs . --scale 8    the 18th alone, large\n",
    };
    cli_parse(&program, argc, argv);
    if (!o->out && !o->pngs && !o->raw && !o->npy) o->out = "samples.png";
    if (o->out && o->count > MOST_SHOWN)
        cli_usage_error("--out shows at most %d samples, --count is %ld; use --raw alone for more",
                        MOST_SHOWN, o->count);
    if (o->pngs && o->count > MOST_SHOWN)
        cli_usage_error("--pngs writes at most %d files, --count is %ld", MOST_SHOWN, o->count);
}

/* Whether all samples are held at once. */
static int keeps_all(const options *o)
{
    return o->out || o->pngs || o->npy;
}

/* Latent vectors follow one another: those of the samples before --first are drawn for nothing. */
static void skip_samples(generator *g, size_t first)
{
    for (size_t done = 0, n; done < first; done += n) {
        n = first - done < GENERATOR_CHUNK ? first - done : GENERATOR_CHUNK;
        generator_draw_latent(g, n, g->z);
    }
}

/* Draw all samples, a chunk at a time, and write them to `raw` unless it is NULL.  `samples` has
 * room for all of them where these are kept, else for a chunk. */
static int draw_samples(generator *g, const options *o, float *samples, FILE *raw)
{
    size_t count = (size_t)o->count, first = (size_t)o->first;
    skip_samples(g, first);
    for (size_t done = 0, n; done < count; done += n) {
        float *chunk = samples + (keeps_all(o) ? done * g->size : 0);
        n = count - done < GENERATOR_CHUNK ? count - done : GENERATOR_CHUNK;
        if (!generator_draw(g, first + done, n, chunk)) return 0;
        if (raw) idx_write_numbers(raw, chunk, n * g->size);
        if (raw && ferror(raw)) return 1; /* the disk is full: files_commit() says it */
    }
    return 1;
}

/* The same with a raw file from its beginning to its end. */
static int draw_to_raw(generator *g, const options *o, float *samples)
{
    files_output out;
    size_t count = (size_t)o->count;
    if (!files_create_or_open(&out, o->raw)) return 0;
    int is_file = out.part[0] != '\0'; /* else it may be where this program prints */
    idx_write_header(out.stream, count, g->picture);
    if (!draw_samples(g, o, samples, out.stream)) {
        files_abandon(&out);
        return 0;
    }
    if (!files_commit(&out)) return 0;
    if (is_file)
        cli_print("%zu sample%s of %zu x %zu in %s", count, cli_plural(count), g->picture.dim[1],
                  g->picture.dim[2], o->raw);
    return 1;
}

/* Each pixel as scale x scale of them.  NULL after saying what is wrong. */
static gan_image *enlarge(gan_image *small, size_t scale)
{
    size_t width = gan_image_width(small) * scale, height = gan_image_height(small) * scale;
    size_t channels = gan_image_channels(small);
    const unsigned char *from = gan_image_pixels(small);
    gan_image *large;
    if (!cli_ok(gan_image_create(&large, width, height, channels, NULL))) return NULL;
    unsigned char *to = gan_image_pixels(large);
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++, to += channels)
            memcpy(to, from + (y / scale * (width / scale) + x / scale) * channels, channels);
    return large;
}

/* Write n samples as a grid, enlarged. */
static int write_grid(const generator *g, const options *o, const float *samples, size_t n,
                      const gan_grid_desc *grid, const char *path)
{
    gan_image *small, *large = NULL;
    int good = cli_ok(gan_image_create_grid(&small, samples, n, g->picture, grid));
    if (good) large = enlarge(small, (size_t)o->scale);
    good = large && cli_ok(gan_image_write(large, path));
    gan_image_destroy(large);
    gan_image_destroy(small);
    return good;
}

static int write_picture(const generator *g, const options *o, const float *samples)
{
    size_t count = (size_t)o->count;
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = (size_t)o->columns, .padding = 2};
    if (grid.columns == 0 && !o->wanted) grid.columns = g->n_classes;
    if (!write_grid(g, o, samples, count, &grid, o->out)) return 0;
    cli_print("%zu sample%s in %s", count, cli_plural(count), o->out);
    return 1;
}

/* The file of a sample. */
static int name_file(char path[PATH_MAX], const options *o, size_t i)
{
    char name[64];
    snprintf(name, sizeof name, "sample-%05zu.png", (size_t)o->first + i);
    return files_join(path, PATH_MAX, o->pngs, name);
}

/* See before the work that a file for each sample can be written. */
static int may_write_files(const options *o)
{
    char path[PATH_MAX];
    if (!files_make_directory(o->pngs)) return 0;
    for (size_t i = 0; i < (size_t)o->count; i++)
        if (!name_file(path, o, i) || !files_may_write(path, o->overwrite)) return 0;
    return 1;
}

static int write_files(const generator *g, const options *o, const float *samples)
{
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = 1};
    size_t count = (size_t)o->count;
    char path[PATH_MAX];
    for (size_t i = 0; i < count; i++)
        if (!name_file(path, o, i) || !write_grid(g, o, samples + i * g->size, 1, &grid, path))
            return 0;
    cli_print("%zu file%s in %s", count, cli_plural(count), o->pngs);
    return 1;
}

static int write_array(const generator *g, const options *o, const float *samples)
{
    const size_t *picture = g->picture.dim;
    const size_t dims[] = {(size_t)o->count, picture[0], picture[1], picture[2]};
    if (!cli_ok(gan_npy_write(o->npy, samples, GAN_NPY_FLOAT32, dims, 4))) return 0;
    cli_print("%zu sample%s as an array in %s", dims[0], cli_plural(dims[0]), o->npy);
    return 1;
}

/* Open the generator, and see before the work that its samples can be written. */
static int prepare(generator *g, const options *o)
{
    uint8_t label;
    if (!generator_open(g, o->model, (uint64_t)o->seed)) return 0;
    g->truncation = o->truncation;
    if (o->wanted && !generator_find_class(&label, g, "class", o->wanted)) return 0;
    if (o->wanted) g->only = label;
    return (!o->out || files_may_write(o->out, o->overwrite)) && (!o->pngs || may_write_files(o)) &&
           (!o->raw || files_may_write(o->raw, o->overwrite)) &&
           (!o->npy || files_may_write(o->npy, o->overwrite));
}

int main(int argc, char **argv)
{
    options o;
    generator g;
    float *samples = NULL;

    read_options(&o, argc, argv);
    int good = prepare(&g, &o);
    if (good)
        samples = cli_memory((keeps_all(&o) ? (size_t)o.count : GENERATOR_CHUNK) * g.size,
                             sizeof *samples);
    good = good && (o.raw ? draw_to_raw(&g, &o, samples) : draw_samples(&g, &o, samples, NULL)) &&
           (!o.out || write_picture(&g, &o, samples)) &&
           (!o.pngs || write_files(&g, &o, samples)) && (!o.npy || write_array(&g, &o, samples));
    free(samples);
    generator_close(&g);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
