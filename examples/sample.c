/* sample.c - draw samples from a generator that was trained before. */
#include "files.h"
#include "generator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CHUNK samples are made at a time; a picture shows at most MOST_SHOWN. */
enum { CHUNK = 500, MOST_SHOWN = 10000 };

typedef struct options {
    const char *model, *out, *raw, *wanted;
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
         .help = "of the noise; same seed, same samples"},
        GENERATOR_TRUNCATION_OPTION(&o->truncation),
        {"out", "FILE", .text = &o->out,
         .help = "a PNG grid; samples.png when neither --out nor --raw is given"},
        {"columns", "N", .whole = &o->columns, .min = 0, .max = 1000,
         .help = "samples per row of the grid; 0: one of each class, or as square as can be"},
        {"raw", "FILE", .text = &o->raw,
         .help = "the bytes in the IDX format of MNIST: count x height x width"},
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
            "whether latent vectors are normal or uniform.  Where it tells no shape, n * n "
            "numbers\n"
            "are a grey picture of n x n pixels.  Numbers from -1 to 1 become bytes.\n"
            "\n"
            "A conditional generator, such as fashion_cgan's, draws its classes in turn: sample i\n"
            "is of class i modulo their number.\n",
        .examples =
            "  sample --count 100 --seed 7 --out hundred.png\n"
            "  sample --model out/generator.safetensors --count 60000 --raw fake-images.idx\n"
            "  sample --class boot                              or --class 9\n",
    };
    cli_parse(&program, argc, argv);
    if (!o->out && !o->raw) o->out = "samples.png";
    if (o->out && o->count > MOST_SHOWN)
        cli_usage_error("--out shows at most %d samples, --count is %ld; use --raw alone for more",
                        MOST_SHOWN, o->count);
}

/* ---- The IDX file ---- */

static void write_number(FILE *file, size_t number)
{
    const unsigned char big_endian[4] = {(unsigned char)(number >> 24),
                                         (unsigned char)(number >> 16),
                                         (unsigned char)(number >> 8), (unsigned char)number};
    fwrite(big_endian, 1, 4, file);
}

/* Type 8 (unsigned bytes), rank, then each dimension; rank 4 when there are colours. */
static void write_header(FILE *file, size_t count, gan_shape picture)
{
    size_t skip = picture.dim[0] == 1 ? 1 : 0;
    write_number(file, 0x0800 + 4 - skip);
    write_number(file, count);
    for (size_t i = skip; i < 3; i++) write_number(file, picture.dim[i]);
}

/* The byte that a picture of the library has for a number from -1 to 1. */
static int to_byte(float x)
{
    return (int)(fminf(fmaxf(0.5f * x + 0.5f, 0), 1) * 255 + 0.5f);
}

/* Whether that worked is asked by files_commit(). */
static void write_samples(FILE *file, const float *samples, size_t n)
{
    for (size_t i = 0; i < n; i++) putc(to_byte(samples[i]), file);
}

/* ---- Sampling ---- */

/* Everything that the work needs, made by main(). */
typedef struct sampler {
    options opt;
    gan_network *g;
    gan_rng *rng;
    gan_shape picture;
    size_t n_classes;      /* of a conditional generator, else 0 */
    uint8_t label;         /* with --class */
    uint8_t labels[CHUNK]; /* of a chunk */
    float *z;              /* its latent vectors */
    float *samples;        /* all samples when a picture is wanted, else a chunk of them */
} sampler;

/* What to ask the generator for: the chunk's labels, or NULL when it looks at none. */
static const uint8_t *choose_labels(sampler *s, size_t done)
{
    if (s->n_classes == 0) return NULL;
    for (size_t i = 0; i < CHUNK; i++)
        s->labels[i] = s->opt.wanted ? s->label : (uint8_t)((done + i) % s->n_classes);
    return s->labels;
}

/* Make all samples, a chunk at a time, and write them to `raw` unless it is NULL. */
static int draw_samples(sampler *s, FILE *raw)
{
    size_t count = (size_t)s->opt.count, size = gan_shape_size(s->picture), n;
    size_t latent = gan_shape_size(gan_network_input_shape(s->g));
    for (size_t done = 0; done < count; done += n) {
        float *chunk = s->samples + (s->opt.out ? done * size : 0);
        n = count - done < CHUNK ? count - done : CHUNK;
        generator_draw_latent(s->g, s->rng, s->opt.truncation, n * latent, s->z);
        if (!cli_ok(gan_network_forward_labels(s->g, s->z, choose_labels(s, done), n, chunk)))
            return 0;
        if (raw) write_samples(raw, chunk, n * size);
        if (raw && ferror(raw)) return 1; /* the disk is full: files_commit() says it */
    }
    return 1;
}

/* The same with a raw file from its beginning to its end. */
static int draw_to_raw(sampler *s)
{
    files_output out;
    size_t count = (size_t)s->opt.count;
    if (!files_create_or_open(&out, s->opt.raw)) return 0;
    int is_file = out.part[0] != '\0'; /* else it may be where this program prints */
    write_header(out.stream, count, s->picture);
    if (!draw_samples(s, out.stream)) {
        files_abandon(&out);
        return 0;
    }
    if (!files_commit(&out)) return 0;
    if (is_file)
        cli_print("%zu sample%s of %zu x %zu in %s", count, cli_plural(count), s->picture.dim[1],
                  s->picture.dim[2], s->opt.raw);
    return 1;
}

static int write_picture(const sampler *s)
{
    size_t count = (size_t)s->opt.count;
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = (size_t)s->opt.columns, .padding = 2};
    if (grid.columns == 0 && !s->opt.wanted) grid.columns = s->n_classes;
    if (!cli_ok(gan_image_write_grid(s->opt.out, s->samples, count, s->picture, &grid))) return 0;
    cli_print("%zu sample%s in %s", count, cli_plural(count), s->opt.out);
    return 1;
}

static int prepare(sampler *s)
{
    size_t kept = s->opt.out ? (size_t)s->opt.count : CHUNK;
    if (!generator_open(&s->g, &s->picture, s->opt.model)) return 0;
    s->n_classes = gan_network_class_count(s->g);
    if (s->opt.wanted && !generator_find_class(&s->label, s->g, "class", s->opt.wanted)) return 0;
    if ((s->opt.out && !files_may_write(s->opt.out, s->opt.overwrite)) ||
        (s->opt.raw && !files_may_write(s->opt.raw, s->opt.overwrite)) ||
        !cli_ok(gan_rng_create(&s->rng, (uint64_t)s->opt.seed, 0, NULL)))
        return 0;
    s->z = malloc(CHUNK * gan_shape_size(gan_network_input_shape(s->g)) * sizeof *s->z);
    s->samples = malloc(kept * gan_shape_size(s->picture) * sizeof *s->samples);
    return cli_have(s->z) && cli_have(s->samples);
}

int main(int argc, char **argv)
{
    sampler s = {0};
    read_options(&s.opt, argc, argv);
    int good = prepare(&s) && (s.opt.raw ? draw_to_raw(&s) : draw_samples(&s, NULL));
    good = good && (!s.opt.out || write_picture(&s));
    free(s.samples);
    free(s.z);
    gan_rng_destroy(s.rng);
    gan_network_destroy(s.g);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
