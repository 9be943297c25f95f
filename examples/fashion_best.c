/* fashion_best.c - good pictures of Fashion-MNIST in a quarter of an hour on two cores.
 *
 * A fixed set of defaults, each of which is still an option.  scripts/search looks for a better
 * one, and `make figures-best` measures the effect of each.  The networks are in common/networks.c,
 * training in common/run.c. */
#include "common/clusters.h"
#include "common/program.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 10, ROWS = 10 };

typedef struct options {
    run_data data;
    int unconditional;
    long clusters; /* in place of classes, of an unconditional run; 0: none */
    networks_options networks;
    run_options run;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.data = {.labels = 1}, .clusters = 10};
    o->networks =
        (networks_options){.network = NETWORKS_DEEP, .latent = 100, .base = 32, .embedding = 10};
    o->run = (run_options){RUN_DEFAULTS,
                           .epochs = 30,
                           .batch = 32,
                           .lr = 0.0012,
                           .beta1 = 0.5,
                           .ema = 0.999,
                           .loss = GAN_LOSS_HINGE,
                           .schedule = GAN_SCHEDULE_LINEAR};
    o->run.d_lr = 0.0006;
    o->run.beta2 = 0.99;
    /* clang-format off */
    cli_option table[] = {
        RUN_DATA_OPTIONS(&o->data),
        {.name = "unconditional", .on = &o->unconditional,
         .help = "ignore the labels"},
        {"clusters", "N", .whole = &o->clusters, .min = 0, .max = CLUSTERS_MOST,
         .help = "with --unconditional: clusters of similar images, found in the images alone, "
                 "which take the place of classes; 0: none"},
        NETWORKS_OPTIONS(&o->networks),
        NETWORKS_EMBEDDING_OPTION(&o->networks),
        RUN_OPTIONS(&o->run),
        {.name = NULL},
    };
    const cli_program program = {
        .name = "fashion_best",
        .options = table,
        .summary =
            "Trains a GAN with settings for a quarter of an hour on two cores, conditional unless\n"
            "--unconditional is given, and ends with a picture of its samples,\n"
            RUNDIR_SAMPLES " in --out, a column for each garment or cluster.\n"
            "\n"
            FASHION_SUMMARY
            "\n"
            RUN_SUMMARY,
        .examples = "  fashion_best                                 30 epochs\n"
                    "  fashion_best --dry-run                       how long they take here\n"
                    "  fashion_best --epochs 10                     not as good, much sooner\n"
                    "  fashion_best --classifier FILE --evaluate-every 5    numbers in the report\n",
    };
    /* clang-format on */
    run_parse(&program, &o->run, &o->data.source, argc, argv);
    o->data.labels = !o->unconditional;
    if (o->clusters == 1) cli_usage_error("--clusters 1: 0 or at least 2 expected");
    if (!o->unconditional) o->clusters = 0;
}

/* Open the images; unconditional ones get clusters for labels. */
static int open_data(gan_dataset **out, const options *o)
{
    gan_dataset *images = NULL;
    int good = run_open_data(&images, &o->data, &o->run);
    if (o->clusters == 0) {
        *out = images;
        return good;
    }
    good = good &&
           clusters_open(out, images, (size_t)o->clusters, (uint64_t)o->run.seed, o->run.quiet);
    gan_dataset_destroy(images);
    return good;
}

/* Draw the classes in turn, so that each has a column. */
static int draw_grid(generator *g, const char *path)
{
    gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = COLUMNS, .padding = 2};
    float *samples = cli_memory(COLUMNS * ROWS * g->size, sizeof *samples);
    int good = generator_draw(g, 0, COLUMNS * ROWS, samples) &&
               cli_ok(gan_image_write_grid(path, samples, COLUMNS * ROWS, g->picture, &grid));
    free(samples);
    return good;
}

static int write_grid(const options *o)
{
    generator g;
    char model[PATH_MAX], path[PATH_MAX];
    if (!rundir_file(&o->run.dir, model, RUNDIR_GENERATOR) ||
        !rundir_file(&o->run.dir, path, RUNDIR_SAMPLES))
        return 0;
    int good = generator_open(&g, model, (uint64_t)o->run.seed) && draw_grid(&g, path);
    generator_close(&g);
    if (good && !o->run.quiet) cli_print("%d samples in %s", COLUMNS * ROWS, path);
    return good;
}

int main(int argc, char **argv)
{
    options o;
    gan_dataset *data = NULL;
    int code = CLI_EXIT_FAILURE;

    read_options(&o, argc, argv);
    if (open_data(&data, &o)) {
        run_parts parts = {.opt = &o.run,
                           .data = data,
                           .class_names = fashion_garments,
                           .n_names = FASHION_GARMENTS,
                           .n_classes = o.unconditional ? (size_t)o.clusters : FASHION_GARMENTS};
        if (o.clusters > 0) {
            parts.class_names = clusters_names(parts.n_classes);
            parts.n_names = parts.n_classes;
        }
        code = networks_train(&o.networks, &parts);
        if (code == CLI_EXIT_OK && !o.run.dry_run && !write_grid(&o)) code = CLI_EXIT_FAILURE;
    }
    gan_dataset_destroy(data);
    return run_end(&o.run, &o.data.source, code);
}
