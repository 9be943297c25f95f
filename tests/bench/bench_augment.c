/* bench_augment.c - what augmentation, regularisation and other penalties add to a DCGAN's training step.
 *
 * The networks are those of bench_dcgan.c, of 64 channels on 28x28 pixels, without batch norm in the discriminator, as
 * penalties require. */
#include "bench.h"

#include <stdio.h>

enum { NOISE = 100, BASE = 64, SIDE = 28, STEPS = 2 /* per round */ };

static const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                     .padding = GAN_BOTH(1)};

static gan_network *generator(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(NOISE, 1, 1), NULL);

    gan_network_add(net, gan_layer_conv_transpose2d(NOISE, 2 * BASE, SIDE / 4, NULL));
    gan_network_add(net, gan_layer_batch_norm(2 * BASE, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(2 * BASE, BASE, 4, &half));
    gan_network_add(net, gan_layer_batch_norm(BASE, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(BASE, 1, 4, &half));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *discriminator(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(1, SIDE, SIDE), NULL);

    gan_network_add(net, gan_layer_conv2d(1, BASE, 4, &half));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(BASE, 2 * BASE, 4, &half));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(2 * BASE, 1, SIDE / 4, NULL));
    return net;
}

/* ---- the rows of the table ---- */

static const gan_augment_desc augment = {
    GAN_AUGMENT_DESC_INIT,
    GAN_AUGMENT_FLIP | GAN_AUGMENT_COLOR | GAN_AUGMENT_TRANSLATION | GAN_AUGMENT_CUTOUT, 1, -1};
static const gan_lecam_desc lecam = {GAN_LECAM_DESC_INIT};
static const gan_consistency_desc cr = {GAN_CONSISTENCY_DESC_INIT};
static const gan_consistency_desc bcr = {GAN_CONSISTENCY_DESC_INIT, .fake_weight = 10};
static const gan_penalty_desc r1 = {GAN_PENALTY_DESC_INIT, GAN_PENALTY_R1, 1};
static const gan_penalty_desc r2 = {GAN_PENALTY_DESC_INIT, GAN_PENALTY_R2, 1};

static const struct {
    const char *name;
    gan_trainer_desc desc;
} rows[] = {
    {"plain", {GAN_TRAINER_DESC_INIT}},
    {"augment", {GAN_TRAINER_DESC_INIT, .augment = &augment}},
    {"lecam", {GAN_TRAINER_DESC_INIT, .lecam = &lecam}},
    {"top_k", {GAN_TRAINER_DESC_INIT, .top_k = 0.5}},
    {"cr", {GAN_TRAINER_DESC_INIT, .consistency = &cr}},
    {"bcr", {GAN_TRAINER_DESC_INIT, .consistency = &bcr}},
    {"r1", {GAN_TRAINER_DESC_INIT, .penalty = &r1}},
    {"r1_r2", {GAN_TRAINER_DESC_INIT, .penalty = &r1, .second_penalty = &r2}},
    {"r1_r2_augment",
     {GAN_TRAINER_DESC_INIT, .penalty = &r1, .second_penalty = &r2, .augment = &augment}},
};
enum { ROWS = sizeof rows / sizeof *rows };

static run begin_row(size_t i, size_t batch, size_t threads)
{
    const gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    run r = begin_run(generator(), discriminator(), &adam, batch, threads);
    gan_trainer_desc desc = rows[i].desc;

    gan_trainer_destroy(r.t);
    desc.batch_size = batch;
    desc.n_threads = threads;
    MUST(gan_trainer_create(&r.t, r.g, r.d, r.g_opt, r.d_opt, &desc));
    return r;
}

static void compare(size_t batch, size_t threads, figures *report)
{
    run runs[ROWS];
    double seconds[ROWS][ROUNDS];

    for (size_t i = 0; i < ROWS; i++) runs[i] = begin_row(i, batch, threads);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < ROWS; i++) seconds[i][round] = time_steps(&runs[i], STEPS);
    printf("batch %zu, %zu threads\n", batch, threads);
    for (size_t i = 0; i < ROWS; i++) {
        char key[64];
        const double ratio = median(seconds[i], rounds) / median(seconds[0], rounds);

        printf("  %-14s %8.2f ms  %6.3f\n", rows[i].name, 1e3 * median(seconds[i], rounds), ratio);
        snprintf(key, sizeof key, "%s_%zu_ratio", rows[i].name, batch);
        put(report, key, ratio);
        end_run(&runs[i]);
    }
}

static const char usage[] =
    "usage: bench_augment [--json FILE] [--threads N] [--quick]\n"
    "\n"
    "Times training steps of a DCGAN with augmentation, regularisation and\n"
    "penalties, and without.\n"
    BENCH_OPTIONS BENCH_QUICK;

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(options.threads);

    printf("A whole step, and as a multiple of the plain one:\n\n");
    compare(64, options.threads, report);
    end_report(report, &options);
    return 0;
}
