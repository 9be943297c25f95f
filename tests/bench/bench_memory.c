/* bench_memory.c - what a trainer of residual networks at 128x128 takes, by gan_trainer_memory(),
 * and with
 * --time what its steps cost.
 *
 * Generator and discriminator are those of spectrally normalised GANs (Miyato et al., 2018) at this
 * size, batches of 64, with and without R1. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { NOISE = 128, SIDE = 128, ROWS = 64, LEVELS = 5 /* 4x4 to 128x128 */ };

/* ---- the networks ---- */

static gan_layer *conv(size_t in, size_t out, size_t kernel)
{
    return gan_layer_conv2d(
        in, out, kernel,
        &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .padding = {kernel / 2, kernel / 2}});
}

static gan_layer *spectral(size_t in, size_t out, size_t kernel)
{
    return gan_layer_spectral_norm(conv(in, out, kernel));
}

static gan_layer *up(size_t in, size_t out, size_t side)
{
    gan_network *body = gan_network_create(gan_shape_3d(in, side, side), NULL);
    gan_network *shortcut = gan_network_create(gan_shape_3d(in, side, side), NULL);

    gan_network_add(body, gan_layer_batch_norm(in, NULL));
    gan_network_add(body, gan_layer_relu());
    gan_network_add(body, gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0));
    gan_network_add(body, conv(in, out, 3));
    gan_network_add(body, gan_layer_batch_norm(out, NULL));
    gan_network_add(body, gan_layer_relu());
    gan_network_add(body, conv(out, out, 3));
    gan_network_add(shortcut, gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0));
    gan_network_add(shortcut, conv(in, out, 1));
    return gan_layer_residual(body, shortcut);
}

static gan_layer *down(size_t in, size_t out, size_t side)
{
    gan_network *body = gan_network_create(gan_shape_3d(in, side, side), NULL);
    gan_network *shortcut = gan_network_create(gan_shape_3d(in, side, side), NULL);

    gan_network_add(body, gan_layer_leaky_relu(0.2f));
    gan_network_add(body, spectral(in, out, 3));
    gan_network_add(body, gan_layer_leaky_relu(0.2f));
    gan_network_add(body, spectral(out, out, 3));
    gan_network_add(body, gan_layer_avg_pool2d(2, NULL));
    gan_network_add(shortcut, spectral(in, out, 1));
    gan_network_add(shortcut, gan_layer_avg_pool2d(2, NULL));
    return gan_layer_residual(body, shortcut);
}

static gan_network *generator(size_t base)
{
    gan_network *net = gan_network_create(gan_shape_1d(NOISE), NULL);
    size_t channels = base << (LEVELS - 1), side = SIDE >> LEVELS;

    gan_network_add(net, gan_layer_linear(NOISE, channels * side * side));
    gan_network_add(net, gan_layer_reshape(gan_shape_3d(channels, side, side)));
    for (; side < SIDE; side *= 2) {
        const size_t out = channels > base ? channels / 2 : base;

        gan_network_add(net, up(channels, out, side));
        channels = out;
    }
    gan_network_add(net, gan_layer_batch_norm(channels, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, conv(channels, 3, 3));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *discriminator(size_t base)
{
    gan_network *net = gan_network_create(gan_shape_3d(3, SIDE, SIDE), NULL);
    size_t channels = 3, out = base;

    for (size_t side = SIDE; side > 4; side /= 2, out *= side >= 8 ? 2 : 1) {
        gan_network_add(net, down(channels, out, side));
        channels = out;
    }
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_flatten());
    gan_network_add(net, gan_layer_linear(channels * 16, 1));
    return net;
}

/* ---- a row of the table ---- */

typedef struct row {
    const char *name;
    int penalty;
    size_t micro_batch;
} row;

static const row rows[] = {
    {"without a penalty", 0, 0},    {"R1", 1, 0},
    {"R1, micro_batch 32", 1, 32},  {"R1, micro_batch 16", 1, 16},
    {"R1, micro_batch 8", 1, 8},
};

typedef struct players {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
} players;

static gan_optimizer *adam(void)
{
    gan_optimizer *opt = NULL;

    MUST(gan_optimizer_create_adam(&opt, NULL));
    return opt;
}

static players begin_players(size_t base)
{
    return (players){generator(base), discriminator(base), adam(), adam()};
}

static void end_players(players *p)
{
    gan_optimizer_destroy(p->g_opt);
    gan_optimizer_destroy(p->d_opt);
    gan_network_destroy(p->g);
    gan_network_destroy(p->d);
}

static double seconds_of(const players *p, const gan_trainer_desc *desc)
{
    gan_trainer *t = NULL;
    float *samples = numbers(ROWS * 3 * SIDE * SIDE);
    const gan_batch batch = {GAN_BATCH_INIT, .count = ROWS, .shape = gan_shape_3d(3, SIDE, SIDE),
                             .samples = samples};
    double start;

    MUST(gan_trainer_create(&t, p->g, p->d, p->g_opt, p->d_opt, desc));
    MUST(gan_train_step(t, &batch, NULL));
    start = now();
    MUST(gan_train_step(t, &batch, NULL));
    start = now() - start;
    gan_trainer_destroy(t);
    free(samples);
    return start;
}

static void print_row(const row *r, size_t base, size_t threads, int timed, figures *report)
{
    const gan_penalty_desc r1 = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 1};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = ROWS,
                                   .micro_batch = r->micro_batch,
                                   .penalty = r->penalty ? &r1 : NULL, .n_threads = threads,
                                   .loss = GAN_LOSS_HINGE};
    players p = begin_players(base);
    figures *out = figures_begin();
    size_t bytes = 0;

    MUST(gan_trainer_memory(&bytes, p.g, p.d, p.g_opt, p.d_opt, &desc));
    printf("%-22s %8.2f GB", r->name, 1e-9 * (double)bytes);
    put(out, "bytes", (double)bytes);
    if (timed) {
        const double seconds = seconds_of(&p, &desc);

        printf("  %8.2f s a step", seconds);
        put(out, "step_s", seconds);
    }
    printf("\n");
    figures_add(report, r->name, out);
    end_players(&p);
}

static const char usage[] =
    "usage: bench_memory [--time] [--json FILE] [--threads N] [--quick]\n"
    "\n"
    "Says what trainers of residual networks at 128x128, batches of 64, take.\n"
    "  --time        and times a step of each, after one that isn't counted: an hour, 20 GB\n"
    "  --json FILE   write the figures there, too\n"
    "  --threads N   instead of all the BLAS uses\n"
    "  --quick       of networks with fewer channels\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, "time", usage);
    const size_t base = rounds == 1 ? 8 : 64;
    figures *report = figures_begin();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        print_row(&rows[i], base, options.threads, options.more, report);
    end_report(report, &options);
    return 0;
}
