/* bench_conditional.c - what labels add to a training step: conditional networks against the same
 * ones without labels, in turns.
 *
 * Linear ones are those of the experiment with an embedding of dimension 10 at both inputs.  The
 * convolutional ones are like bench_dcgan.c's, with conditional batch norm and a projection. */
#include "bench.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLASSES = 10, WIDTH = 10, BASE = 64, SIDE = 28, DCGAN_BATCH = 64 };

/* ---- the networks ---- */

static gan_network *linear(const size_t *widths, gan_layer *last, size_t classes)
{
    gan_network *net = gan_network_create(gan_shape_1d(widths[0]), NULL);

    if (classes > 0) gan_network_add(net, gan_layer_label_embedding(classes, WIDTH));
    for (size_t i = 0; i < 3; i++) {
        gan_network_add(
            net, gan_layer_linear(widths[i] + (i == 0 && classes > 0 ? WIDTH : 0), widths[i + 1]));
        gan_network_add(net, i < 2 ? gan_layer_leaky_relu(0.2f) : last);
    }
    return net;
}

static gan_network *linear_g(size_t classes)
{
    return linear((const size_t[]){LATENT, HIDDEN, HIDDEN, IMAGE}, gan_layer_tanh(), classes);
}

static gan_network *linear_d(size_t classes)
{
    return linear((const size_t[]){IMAGE, HIDDEN, HIDDEN, 1}, gan_layer_sigmoid(), classes);
}

static const gan_conv2d_desc bare = {GAN_CONV2D_DESC_INIT, .no_bias = 1};
static const gan_conv2d_desc bare_half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1},
                                          .no_bias = 1};
static const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};

static void add_batch_norm(gan_network *net, size_t channels, size_t classes)
{
    if (classes > 0)
        (void)gan_network_add_conditional_batch_norm(net, channels, classes, NULL);
    else
        gan_network_add(net, gan_layer_batch_norm(channels, NULL));
    gan_network_add(net, gan_layer_relu());
}

static gan_network *dcgan_g(size_t classes)
{
    gan_network *net = gan_network_create(gan_shape_3d(LATENT, 1, 1), NULL);

    gan_network_add(net, gan_layer_conv_transpose2d(LATENT, 2 * BASE, SIDE / 4, &bare));
    add_batch_norm(net, 2 * BASE, classes);
    gan_network_add(net, gan_layer_conv_transpose2d(2 * BASE, BASE, 4, &bare_half));
    add_batch_norm(net, BASE, classes);
    gan_network_add(net, gan_layer_conv_transpose2d(BASE, 1, 4, &half));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *dcgan_d(size_t classes)
{
    const size_t features = 2 * BASE * (SIDE / 4) * (SIDE / 4);
    gan_network *net = gan_network_create(gan_shape_3d(1, SIDE, SIDE), NULL);

    gan_network_add(net, gan_layer_conv2d(1, BASE, 4, &half));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(BASE, 2 * BASE, 4, &bare_half));
    gan_network_add(net, gan_layer_batch_norm(2 * BASE, NULL));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, classes > 0 ? gan_layer_projection(features, classes)
                                     : gan_layer_linear(features, 1));
    return net;
}

/* ---- the table ---- */

typedef gan_network *network_fn(size_t classes);

static uint8_t *labels_of(size_t n)
{
    uint8_t *labels = malloc(n);
    gan_rng *rng = NULL;

    if (!labels) die("malloc");
    MUST(gan_rng_create(&rng, 1, 2, NULL));
    gan_rng_labels(rng, CLASSES, NULL, n, labels);
    gan_rng_destroy(rng);
    return labels;
}

enum { TURNS = 3 * ROUNDS };

/* Steps of both in turns; the first of each turn is a warm-up. */
static void compare(const char *name, network_fn *g, network_fn *d, size_t batch, size_t threads,
                    size_t steps, figures *report)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    run plain = begin_run(g(0), d(0), &adam, batch, threads);
    run labelled = begin_run(g(CLASSES), d(CLASSES), &adam, batch, threads);
    uint8_t *labels = labels_of(batch);
    const size_t turns = 3 * rounds;
    double seconds[2][TURNS], ratios[TURNS], ratio;
    char key[64];

    labelled.batch.labels = labels;
    for (size_t i = 0; i < turns; i++) {
        seconds[0][i] = time_steps(&plain, steps);
        seconds[1][i] = time_steps(&labelled, steps);
        ratios[i] = seconds[1][i] / seconds[0][i];
    }
    ratio = median(ratios, turns);
    printf("%-8s %5zu %8zu %9.3f %9.3f %7.3f\n", name, batch, threads,
           1e3 * median(seconds[0], turns), 1e3 * median(seconds[1], turns), ratio);
    snprintf(key, sizeof key, "%s_%zu_threads_ratio", name, threads);
    put(report, key, ratio);
    free(labels);
    end_run(&plain);
    end_run(&labelled);
}

static const char usage[] = "usage: bench_conditional [--json FILE] [--threads N] [--quick]\n"
                            "\n"
                            "Times training steps of conditional networks and of the same without "
                            "labels.\n"
                            BENCH_OPTIONS BENCH_QUICK;

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(options.threads);

    printf(
        "A whole step in ms, without labels and with them, and the ratio; medians of %zu turns.\n"
        "networks batch  threads     plain    labels   ratio\n",
        3 * rounds);
    for (size_t threads = 1; threads <= options.threads; threads += options.threads - 1) {
        compare("linear", linear_g, linear_d, BATCH, threads, 20, report);
        compare("dcgan", dcgan_g, dcgan_d, DCGAN_BATCH, threads, 2, report);
        if (options.threads == 1) break;
    }
    end_report(report, &options);
    return 0;
}
