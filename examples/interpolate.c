/* interpolate.c - walk through a generator's latent space and draw what lies on the way. */
#include "common/program.h"

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
         .help = "latent vectors to visit; each way from one to the next is a row"},
        {"classes", "A,B", .text = &o->classes,
         .help = "of a conditional generator, names or numbers: go from one class to another "
                 "instead, with a row for each point; one alone: stay in it"},
        {"steps", "N", .whole = &o->steps, .min = 2, .max = 200,
         .help = "pictures per row, with both its ends"},
        {"seed", "N", .whole = &o->seed, .min = 0, .max = 2147483647,
         .help = "seed of the points; same seed, same walk"},
        {.name = "linear", .on = &o->linear,
         .help = "linear interpolation, not spherical; uniform latents always have it"},
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

/* The way, picture by picture. */
typedef struct walk {
    size_t n;
    int between;    /* 1: each row goes from one class to another */
    uint8_t end[2]; /* these classes; the same one twice where it stays in it */
    float *z;       /* the latent vector of each picture */
    float *share;   /* how far it is from one class to the other, 0 to 1, */
    uint8_t *from;  /* the one */
    uint8_t *to;    /* and the other */
} walk;

/* Read --classes, "A,B" or "A". */
static int choose_classes(walk *w, const generator *g, const char *classes)
{
    char first[128];
    const char *text = classes ? classes : "", *comma = strchr(text, ',');
    if (g->n_classes == 0 && !classes) return 1;
    w->between = comma != NULL;
    snprintf(first, sizeof first, "%.*s", (int)strcspn(text, ","), text);
    return generator_find_class(&w->end[0], g, "classes", first) &&
           generator_find_class(&w->end[1], g, "classes", comma ? comma + 1 : first);
}

/* Fill in what each picture is made from: along a row either the latent vector changes or the
 * class. */
static void plan(walk *w, generator *g, const options *o)
{
    size_t points = (size_t)o->points, steps = (size_t)o->steps, latent = g->latent;
    float *visited = cli_memory(points * latent, sizeof *visited);
    w->n = (points - !w->between) * steps;
    w->z = cli_memory(w->n * latent, sizeof *w->z);
    w->share = cli_memory(w->n, sizeof *w->share);
    w->from = cli_memory(w->n, 1);
    w->to = cli_memory(w->n, 1);
    generator_draw_latent(g, points, visited);
    memset(w->from, w->end[0], w->n);
    memset(w->to, w->end[1], w->n);
    for (size_t i = 0; i < w->n; i++) {
        const float *here = visited + i / steps * latent;
        float *z = w->z + i * latent;
        double t = (double)(i % steps) / (double)(steps - 1);
        if (w->between) {
            memcpy(z, here, latent * sizeof *z);
            w->share[i] = (float)t;
        } else
            generator_mix_latent(g, here, here + latent, t, o->linear, z);
    }
    free(visited);
}

static int draw(const walk *w, const generator *g, const options *o)
{
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = (size_t)o->steps, .padding = 2};
    float *samples = cli_memory(w->n * g->size, sizeof *samples);
    gan_status status = g->n_classes > 0 ? gan_network_forward_between(g->net, w->z, w->from, w->to,
                                                                       w->share, w->n, samples)
                                         : gan_network_forward(g->net, w->z, w->n, samples);
    int good =
        cli_ok(status) && cli_ok(gan_image_write_grid(o->out, samples, w->n, g->picture, &grid));
    free(samples);
    if (good && w->between)
        cli_print("a walk from %s to %s at %ld points in %s",
                  generator_class_name(g, w->end[0]).text, generator_class_name(g, w->end[1]).text,
                  o->points, o->out);
    else if (good)
        cli_print("a walk over %ld points in %s", o->points, o->out);
    return good;
}

int main(int argc, char **argv)
{
    options o;
    generator g;
    walk w = {0};

    read_options(&o, argc, argv);
    int good = generator_open(&g, o.model, (uint64_t)o.seed) && choose_classes(&w, &g, o.classes) &&
               files_may_write(o.out, o.overwrite);
    if (good) plan(&w, &g, &o);
    good = good && draw(&w, &g, &o);
    free(w.to);
    free(w.from);
    free(w.share);
    free(w.z);
    generator_close(&g);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
