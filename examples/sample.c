/* sample.c - draw samples from a generator that was trained before. */
#include "common/program.h"

#include <stdlib.h>

enum { MOST_SHOWN = 10000 }; /* in a picture */

typedef struct options {
    const char *model, *out, *raw, *npy, *wanted;
    long count, seed, columns;
    double truncation;
    int overwrite;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors", .count = 64, .seed = 1};
    /* clang-format off */
    cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights, or a checkpoint"},
        {"class", "NAME|N", .text = &o->wanted,
         .help = "of a conditional generator: draw this class only; else all of them in turn"},
        {"count", "N", .whole = &o->count, .min = 1, .max = 10000000, .help = "number of samples"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "seed of the noise; same seed, same samples"},
        GENERATOR_TRUNCATION_OPTION(&o->truncation),
        {"out", "FILE", .text = &o->out,
         .help = "a PNG grid; samples.png when neither --out nor --raw is given"},
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
            "  sample --class boot                              or --class 9\n",
    };
    cli_parse(&program, argc, argv);
    if (!o->out && !o->raw && !o->npy) o->out = "samples.png";
    if (o->out && o->count > MOST_SHOWN)
        cli_usage_error("--out shows at most %d samples, --count is %ld; use --raw alone for more",
                        MOST_SHOWN, o->count);
}

/* Open the generator, and see before the work that its samples can be written. */
static int prepare(generator *g, const options *o)
{
    uint8_t label;
    if (!generator_open(g, o->model, (uint64_t)o->seed)) return 0;
    g->truncation = o->truncation;
    if (o->wanted && !generator_find_class(&label, g, "class", o->wanted)) return 0;
    if (o->wanted) g->only = label;
    return (!o->out || files_may_write(o->out, o->overwrite)) &&
           (!o->raw || files_may_write(o->raw, o->overwrite)) &&
           (!o->npy || files_may_write(o->npy, o->overwrite));
}

/* Whether all samples are held at once. */
static int keeps_all(const options *o)
{
    return o->out || o->npy;
}

/* Draw all samples, a chunk at a time, and write them to `raw` unless it is NULL.  `samples` has
 * room for all of them where these are kept, else for a chunk. */
static int draw_samples(generator *g, const options *o, float *samples, FILE *raw)
{
    size_t count = (size_t)o->count;
    for (size_t done = 0, n; done < count; done += n) {
        float *chunk = samples + (keeps_all(o) ? done * g->size : 0);
        n = count - done < GENERATOR_CHUNK ? count - done : GENERATOR_CHUNK;
        if (!generator_draw(g, done, n, chunk)) return 0;
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

static int write_picture(const generator *g, const options *o, const float *samples)
{
    size_t count = (size_t)o->count;
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = (size_t)o->columns, .padding = 2};
    if (grid.columns == 0 && !o->wanted) grid.columns = g->n_classes;
    if (!cli_ok(gan_image_write_grid(o->out, samples, count, g->picture, &grid))) return 0;
    cli_print("%zu sample%s in %s", count, cli_plural(count), o->out);
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
           (!o.out || write_picture(&g, &o, samples)) && (!o.npy || write_array(&g, &o, samples));
    free(samples);
    generator_close(&g);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
