/* fashion_best.c - good pictures of Fashion-MNIST in a quarter of an hour on two cores.
 *
 * A fixed set of defaults, each of which is still an option.  scripts/search looks for a better
 * one, and `make figures-best` measures the effect of each.  The networks are in common/networks.c,
 * training in common/run.c. */
#include "common/program.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 10, ROWS = 10 };

typedef struct options {
    run_data data;
    int unconditional;
    networks_options networks;
    run_options run;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.data = {.labels = 1}};
    o->networks = (networks_options){.latent = 100, .base = 32, .embedding = 10};
    o->run = (run_options){RUN_DEFAULTS,
                           .epochs = 34,
                           .batch = 32,
                           .lr = 0.0008,
                           .beta1 = 0.5,
                           .ema = 0.999,
                           .loss = GAN_LOSS_HINGE,
                           .schedule = GAN_SCHEDULE_LINEAR};
    o->run.beta2 = 0.99;
    /* clang-format off */
    cli_option table[] = {
        RUN_DATA_OPTIONS(&o->data),
        {.name = "unconditional", .on = &o->unconditional,
         .help = "ignore the labels and train an unconditional GAN"},
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
            RUNDIR_SAMPLES " in --out, a column for each garment.\n"
            "\n"
            FASHION_SUMMARY
            "\n"
            RUN_SUMMARY,
        .examples = "  fashion_best                                 34 epochs\n"
                    "  fashion_best --dry-run                       how long they take here\n"
                    "  fashion_best --epochs 10                     not as good, much sooner\n"
                    "  fashion_best --classifier FILE --evaluate-every 5    numbers in the report\n",
    };
    /* clang-format on */
    run_parse(&program, &o->run, &o->data.source, argc, argv);
    o->data.labels = !o->unconditional;
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
    if (run_open_data(&data, &o.data, &o.run)) {
        run_parts parts = {.opt = &o.run,
                           .data = data,
                           .class_names = fashion_garments,
                           .n_names = FASHION_GARMENTS,
                           .n_classes = o.unconditional ? 0 : FASHION_GARMENTS};
        code = networks_train(&o.networks, &parts);
        if (code == CLI_EXIT_OK && !o.run.dry_run && !write_grid(&o)) code = CLI_EXIT_FAILURE;
    }
    gan_dataset_destroy(data);
    return run_end(&o.run, &o.data.source, code);
}
