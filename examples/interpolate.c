/* interpolate.c - walk through a generator's latent space and draw what lies on the way. */
#include "files.h"
#include "generator.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    const char *model, *out, *classes;
    long points, steps, seed;
    int linear, overwrite;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors",
                   .out = "interpolation.png",
                   .points = 5,
                   .steps = 10,
                   .seed = 1};
    /* clang-format off */
    cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights, or a checkpoint"},
        {"points", "K", .whole = &o->points, .min = 2, .max = 200,
         .help = "latent points to visit; each way from one to the next is a row"},
        {"classes", "A,B", .text = &o->classes,
         .help = "of a conditional generator, names or numbers: go from one class to another "
                 "instead, with a row for each point; one alone: stay in it"},
        {"steps", "N", .whole = &o->steps, .min = 2, .max = 200,
         .help = "pictures per row, with both its ends"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "of the points; same seed, same walk"},
        {.name = "linear", .on = &o->linear,
         .help = "go straight, not along a great circle; uniform latents always do"},
        {"out", "FILE", .text = &o->out, .help = "the PNG"},
        {.name = "overwrite", .on = &o->overwrite, .help = "replace --out if it exists already"},
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
            "passes nearer to the origin.\n"
            "\n"
            "A conditional generator, such as fashion_cgan's, can stay at a point and go from one\n"
            "class to another, straight through what it has learnt about both.\n",
        .examples = "  interpolate --points 2 --steps 12 --out strip.png\n"
                    "  interpolate --model out/generator.safetensors --points 8 --seed 3\n"
                    "  interpolate --classes sneaker,boot          or --classes 7,9\n"
                    "  interpolate --classes dress                 from one dress to another\n",
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

/* Everything that the work needs. */
typedef struct walker {
    options opt;
    gan_network *g;
    gan_rng *rng;
    gan_shape picture;
    size_t latent;
    int conditional;
    int between;    /* 1: each row goes from one class to another */
    uint8_t end[2]; /* these; the same one twice where it stays in it */
    size_t n;       /* pictures; for each of them: */
    float *z;       /* its latent vector, */
    float *way;     /* how far it is from one class to the other, */
    uint8_t *from;  /* the one */
    uint8_t *to;    /* and the other */
    float *points;  /* latent vectors to visit */
    float *samples; /* the pictures */
} walker;

/* Read --classes. */
static int choose_classes(walker *w)
{
    char first[128];
    const char *text = w->opt.classes ? w->opt.classes : "", *comma = strchr(text, ',');
    w->conditional = gan_network_class_count(w->g) > 0;
    if (!w->conditional && !w->opt.classes) return 1;
    w->between = comma != NULL;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(text, ","), text);
    return generator_find_class(&w->end[0], w->g, "classes", first) &&
           generator_find_class(&w->end[1], w->g, "classes", comma ? comma + 1 : first);
}

static int prepare(walker *w)
{
    const options *o = &w->opt;
    if (!generator_open(&w->g, &w->picture, o->model) || !choose_classes(w) ||
        !files_may_write(o->out, o->overwrite) ||
        !cli_ok(gan_rng_create(&w->rng, (uint64_t)o->seed, 0, NULL)))
        return 0;
    w->latent = gan_shape_size(gan_network_input_shape(w->g));
    w->n = (size_t)(o->points - !w->between) * (size_t)o->steps;
    w->points = malloc((size_t)o->points * w->latent * sizeof *w->points);
    w->z = malloc(w->n * w->latent * sizeof *w->z);
    w->way = calloc(w->n, sizeof *w->way);
    w->from = malloc(w->n);
    w->to = malloc(w->n);
    w->samples = malloc(w->n * gan_shape_size(w->picture) * sizeof *w->samples);
    return cli_have(w->points) && cli_have(w->z) && cli_have(w->way) && cli_have(w->from) &&
           cli_have(w->to) && cli_have(w->samples);
}

/* Fill in what each picture is made from. */
static void walk(walker *w)
{
    const options *o = &w->opt;
    /* A great circle would leave the cube that uniform latent vectors are drawn from. */
    int linear = o->linear || gan_network_latent(w->g) == GAN_LATENT_UNIFORM;
    generator_draw_latent(w->g, w->rng, 0, (size_t)o->points * w->latent, w->points);
    memset(w->from, w->end[0], w->n);
    memset(w->to, w->end[1], w->n);
    for (size_t i = 0; i < w->n; i++) {
        size_t row = i / (size_t)o->steps, step = i % (size_t)o->steps;
        const float *here = w->points + row * w->latent;
        float *z = w->z + i * w->latent;
        double t = (double)step / (double)(o->steps - 1);
        if (w->between) {
            memcpy(z, here, w->latent * sizeof *z);
            w->way[i] = (float)t;
        } else
            mix(z, here, here + w->latent, w->latent, t, linear);
    }
}

static int draw_walk(walker *w)
{
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = (size_t)w->opt.steps, .padding = 2};
    walk(w);
    gan_status status = w->conditional ? gan_network_forward_between(w->g, w->z, w->from, w->to,
                                                                     w->way, w->n, w->samples)
                                       : gan_network_forward(w->g, w->z, w->n, w->samples);
    return cli_ok(status) &&
           cli_ok(gan_image_write_grid(w->opt.out, w->samples, w->n, w->picture, &grid));
}

int main(int argc, char **argv)
{
    walker w = {0};
    read_options(&w.opt, argc, argv);
    int good = prepare(&w) && draw_walk(&w);
    if (good && w.between)
        cli_print("a walk from %s to %s at %ld points in %s",
                  generator_class_name(w.g, w.end[0]).text,
                  generator_class_name(w.g, w.end[1]).text, w.opt.points, w.opt.out);
    else if (good)
        cli_print("a walk over %ld points in %s", w.opt.points, w.opt.out);
    free(w.samples);
    free(w.to);
    free(w.from);
    free(w.way);
    free(w.z);
    free(w.points);
    gan_rng_destroy(w.rng);
    gan_network_destroy(w.g);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
