/* bench_memory.c - the memory of a trainer of residual networks at 128x128, by
 * gan_trainer_memory(), and with --time the time of its steps.
 *
 * Generator and discriminator are those of spectrally normalised GANs (Miyato et al., 2018) at this
 * size, batches of 64, with and without R1.  Times are of a quarter of the samples, which most
 * machines have memory for, relative to the trainer that recomputes nothing. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

enum { NOISE = 128, SIDE = 128, ROWS = 64, LEVELS = 5 /* 4x4 to 128x128 */ };
enum { TIMED_ROWS = ROWS / 4, TIMED_ROUNDS = 3 };

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

/* ---- the table ---- */

typedef struct row {
    const char *name;
    int penalty;
    size_t micro_batch;
    int timed;
    gan_activations activations;
} row;

/* Trainers of this size reuse memory by default. */
#define KINDS(name, ...)                                                                           \
    {name, __VA_ARGS__, GAN_ACTIVATIONS_REUSE},                                                    \
    {                                                                                              \
        name ", recompute", __VA_ARGS__, GAN_ACTIVATIONS_RECOMPUTE                                 \
    }
static const row rows[] = {
    KINDS("without a penalty", 0, 0, 1),   KINDS("R1", 1, 0, 1),
    KINDS("R1, micro_batch 32", 1, 32, 0), KINDS("R1, micro_batch 16", 1, 16, 1),
    KINDS("R1, micro_batch 8", 1, 8, 0),
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

enum { N_ROWS = sizeof rows / sizeof *rows };

static const gan_penalty_desc r1 = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 1};

/* Of a row, for a batch of this size. */
static gan_trainer_desc desc_of(const row *r, size_t batch, size_t threads)
{
    return (gan_trainer_desc){GAN_TRAINER_DESC_INIT,
                              .batch_size = batch,
                              .micro_batch = r->micro_batch * batch / ROWS,
                              .penalty = r->penalty ? &r1 : NULL,
                              .n_threads = threads,
                              .loss = GAN_LOSS_HINGE,
                              .activations = r->activations};
}

static double seconds_of(const row *r, const players *p, size_t threads)
{
    gan_trainer *t = NULL;
    const gan_trainer_desc desc = desc_of(r, TIMED_ROWS, threads);
    float *samples = numbers(TIMED_ROWS * 3 * SIDE * SIDE);
    const gan_batch batch = {GAN_BATCH_INIT, .count = TIMED_ROWS,
                             .shape = gan_shape_3d(3, SIDE, SIDE), .samples = samples};
    double start;

    MUST(gan_trainer_create(&t, p->g, p->d, p->g_opt, p->d_opt, &desc));
    MUST(gan_train_step(t, &batch, NULL));
    start = now();
    MUST(gan_train_step(t, &batch, NULL));
    start = now() - start;
    gan_trainer_destroy(t);
    free(samples);
    return start;
}

/* In rounds, so that other load on the machine affects all rows alike. */
static void time_rows(double seconds[N_ROWS], size_t base, size_t threads)
{
    const size_t n = rounds == 1 ? 1 : TIMED_ROUNDS;
    double all[N_ROWS][TIMED_ROUNDS];

    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < N_ROWS; i++) {
            players p = begin_players(base);

            all[i][k] = 0;
            if (rows[i].timed) all[i][k] = seconds_of(&rows[i], &p, threads);
            end_players(&p);
        }
    for (size_t i = 0; i < N_ROWS; i++) seconds[i] = median(all[i], n);
}

/* The row whose time another is compared with: the first with the same penalty. */
static size_t kept_beside(size_t i)
{
    size_t first = 0;

    while (rows[first].penalty != rows[i].penalty) first++;
    return first;
}

static void print_row(size_t i, size_t base, const bench_options *options, const double *seconds,
                      figures *report)
{
    const gan_trainer_desc desc = desc_of(&rows[i], ROWS, options->threads);
    players p = begin_players(base);
    figures *out = figures_begin();
    size_t bytes = 0;

    MUST(gan_trainer_memory(&bytes, p.g, p.d, p.g_opt, p.d_opt, &desc));
    printf("%-30s %8.2f GB", rows[i].name, 1e-9 * (double)bytes);
    put(out, "bytes", (double)bytes);
    if (options->more && rows[i].timed) {
        printf("  %8.2f s a step, times %.2f", seconds[i], seconds[i] / seconds[kept_beside(i)]);
        put(out, "step_s", seconds[i]);
    }
    printf("\n");
    figures_add(report, rows[i].name, out);
    end_players(&p);
}

static const char usage[] =
    "usage: bench_memory [--time] [--json FILE] [--threads N] [--quick]\n"
    "\n"
    "Says what trainers of residual networks at 128x128, batches of 64, take.\n"
    "  --time        and times steps of a quarter of the batch: half an hour, 5 GB\n"
    BENCH_OPTIONS
    "  --quick       of networks with fewer channels\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, "time", usage);
    const size_t base = rounds == 1 ? 8 : 64;
    figures *report = begin_report(options.threads);
    double seconds[N_ROWS] = {0};

    if (options.more) time_rows(seconds, base, options.threads);
    for (size_t i = 0; i < N_ROWS; i++) print_row(i, base, &options, seconds, report);
    end_report(report, &options);
    return 0;
}
