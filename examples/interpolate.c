/* interpolate.c - walk through a generator's latent space and draw what lies on the way. */
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct options {
    const char *model, *out;
    long points, steps, seed;
    int linear;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors",
                   .out = "interpolation.png",
                   .points = 5,
                   .steps = 10,
                   .seed = 1};
    /* clang-format off */
    const cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights, or a checkpoint"},
        {"points", "K", .whole = &o->points, .min = 2, .max = 200,
         .help = "latent points to visit; each way from one to the next is a row"},
        {"steps", "N", .whole = &o->steps, .min = 2, .max = 200,
         .help = "pictures a row, with both its ends"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "of the points; same seed, same walk"},
        {.name = "linear", .on = &o->linear, .help = "go straight, not along a great circle"},
        {"out", "FILE", .text = &o->out, .help = "the PNG"},
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "interpolate",
        .options = table,
        .summary =
            "Draws what a generator makes of the latent vectors between some random points.\n"
            "With --points 2 that is one strip; with more, each row goes on where the one above\n"
            "it ends.  The way follows a great circle (spherical interpolation), so that every\n"
            "vector on it is as long as those the generator was trained with; with --linear it\n"
            "passes nearer to the origin.\n",
        .examples = "  interpolate --points 2 --steps 12 --out strip.png\n"
                    "  interpolate --model out/generator.safetensors --points 8 --seed 3\n",
    };
    cli_parse(&program, argc, argv);
}

/* The angle between two vectors, 0 to pi. */
static double angle_between(const float *a, const float *b, size_t n)
{
    double aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < n; i++) {
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
        ab += (double)a[i] * (double)b[i];
    }
    return acos(fmin(fmax(ab / sqrt(aa * bb), -1), 1));
}

/* Write the vector that lies the share `t` of the way from a to b. */
static void mix(float *out, const float *a, const float *b, size_t n, double t, int linear)
{
    double angle = angle_between(a, b, n), share_a = 1 - t, share_b = t;
    if (!linear && sin(angle) > 1e-4) { /* else there is no one great circle; straight is as good */
        share_a = sin((1 - t) * angle) / sin(angle);
        share_b = sin(t * angle) / sin(angle);
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(share_a * (double)a[i] + share_b * (double)b[i]);
}

/* Fill `z` with one row of vectors for each two neighbours in `points`. */
static void walk(const options *o, const float *points, size_t latent, float *z)
{
    for (long row = 0; row < o->points - 1; row++)
        for (long step = 0; step < o->steps; step++) {
            const float *from = points + (size_t)row * latent;
            double t = (double)step / (double)(o->steps - 1);
            mix(z, from, from + latent, latent, t, o->linear);
            z += latent;
        }
}

static int draw_walk(const options *o, gan_network *g, gan_shape picture, gan_rng *rng)
{
    size_t latent = gan_shape_size(gan_network_input_shape(g));
    size_t n = (size_t)(o->points - 1) * (size_t)o->steps;
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = (size_t)o->steps, .padding = 2};
    float *points = malloc((size_t)o->points * latent * sizeof *points);
    float *z = malloc(n * latent * sizeof *z);
    float *samples = malloc(n * gan_shape_size(picture) * sizeof *samples);

    int good = cli_have(points) && cli_have(z) && cli_have(samples);
    if (good) {
        gan_rng_normal(rng, (size_t)o->points * latent, points);
        walk(o, points, latent, z);
        good = cli_ok(gan_network_forward(g, z, n, samples)) &&
               cli_ok(gan_image_write_grid(o->out, samples, n, picture, &grid));
    }
    free(samples);
    free(z);
    free(points);
    return good;
}

int main(int argc, char **argv)
{
    options o;
    gan_network *g = NULL;
    gan_rng *rng = NULL;
    gan_shape picture;

    read_options(&o, argc, argv);
    int good = cli_open_generator(&g, &picture, o.model) &&
               cli_ok(gan_rng_create(&rng, (uint64_t)o.seed, 0, NULL)) &&
               draw_walk(&o, g, picture, rng);
    if (good) printf("a walk over %ld points in %s\n", o.points, o.out);
    gan_rng_destroy(rng);
    gan_network_destroy(g);
    return good ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
