/* bench_pictures.c - how much time and memory opening a directory of pictures takes, and whether
 * the steps of a DCGAN wait for pictures that are decoded ahead.
 *
 * tests/bench/make_jpegs.py makes a directory of any number of files. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 64, LATENT_SIZE = 100, BASE = 16, PICTURES_BATCH = 64, STEPS = 40, WARM_UP = 4 };

/* ---- The networks ---- */

/* 4x4, 8x8, 16x16, 32x32, 64x64. */
static gan_network *make_generator(void)
{
    const gan_conv2d_desc twice = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1},
                                   .no_bias = 1};
    gan_network *net = gan_network_create(gan_shape_3d(LATENT_SIZE, 1, 1), NULL);
    size_t width = 8 * BASE;

    gan_network_add(net, gan_layer_conv_transpose2d(LATENT_SIZE, width, 4, NULL));
    for (; width >= BASE; width /= 2) {
        gan_network_add(net, gan_layer_batch_norm(width, NULL));
        gan_network_add(net, gan_layer_relu());
        gan_network_add(net,
                        gan_layer_conv_transpose2d(width, width > BASE ? width / 2 : 3, 4, &twice));
    }
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *make_discriminator(void)
{
    const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1},
                                  .no_bias = 1};
    gan_network *net = gan_network_create(gan_shape_3d(3, SIDE, SIDE), NULL);
    size_t width = BASE;

    gan_network_add(net, gan_layer_conv2d(3, width, 4, &half));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    for (; width < 8 * BASE; width *= 2) {
        gan_network_add(net, gan_layer_conv2d(width, 2 * width, 4, &half));
        gan_network_add(net, gan_layer_batch_norm(2 * width, NULL));
        gan_network_add(net, gan_layer_leaky_relu(0.2f));
    }
    gan_network_add(net, gan_layer_conv2d(width, 1, 4, NULL));
    gan_network_add(net, gan_layer_flatten());
    gan_network_add(net, gan_layer_sigmoid());
    return net;
}

/* ---- Measuring ---- */

static gan_dataset *open_folder(const char *path, size_t memory_limit, int no_check,
                                const char *what, figures *report)
{
    const gan_image_folder_desc desc = {GAN_IMAGE_FOLDER_DESC_INIT,
                                        .width = SIDE,
                                        .height = SIDE,
                                        .channels = 3,
                                        .no_labels = 1,
                                        .memory_limit = memory_limit,
                                        .no_check = no_check};
    const double begin = now();
    gan_dataset *data;
    double seconds;
    size_t count;
    char key[64];

    MUST(gan_dataset_open_image_folder(&data, path, &desc));
    seconds = now() - begin;
    count = gan_dataset_count(data);
    printf("open %zu pictures, %s: %.2f s, %.0f us each, %.0f MB at most so far\n", count, what,
           seconds, 1e6 * seconds / (double)count, peak_megabytes());
    snprintf(key, sizeof key, "open, %s", what);
    put(report, key, seconds);
    return data;
}

static void time_waits(gan_dataset *data, size_t threads, size_t n_readers, const char *what,
                       figures *report)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    const gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = PICTURES_BATCH,
                                    .shuffle = 1, .drop_last = 1, .n_threads = n_readers};
    run r;
    double in_next[STEPS], in_step[STEPS];
    gan_iterator *it;
    char key[64];

    adam.lr = 0.0002;
    adam.beta1 = 0.5;
    r = begin_run(make_generator(), make_discriminator(), &adam, PICTURES_BATCH, threads);
    MUST(gan_iterator_create(&it, data, &walk));
    for (int i = -WARM_UP; i < STEPS; i++) {
        const double begin = now();
        const gan_batch *batch;
        double middle;

        while (gan_iterator_next(it, &batch) == GAN_END) continue;
        if (!batch) die("gan_iterator_next");
        middle = now();
        MUST(gan_train_step(r.t, batch, NULL));
        if (i < 0) continue;
        in_step[i] = now() - middle;
        in_next[i] = middle - begin;
    }
    printf("train, %-34s step %7.2f ms, gan_iterator_next %6.3f ms (9 of 10: %6.3f)\n", what,
           1e3 * median(in_step, STEPS), 1e3 * median(in_next, STEPS),
           1e3 * quantile(in_next, STEPS, 0.9));
    snprintf(key, sizeof key, "wait, %s", what);
    put(report, key, median(in_next, STEPS));
    gan_iterator_destroy(it);
    end_run(&r);
}

static const char usage[] =
    "usage: PICTURES=DIRECTORY bench_pictures [--json FILE] [--threads N] [--large]\n"
    "\n"
    "Times opening a directory of pictures, and training a DCGAN of 64x64 from it.\n"
    "  --json FILE   also write the figures there\n"
    "  --large       open it without decoding, and do nothing else: for memory\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, "large", usage);
    const char *path = getenv("PICTURES");
    figures *report = begin_report(options.threads);

    if (!path) die("PICTURES names no directory");
    if (options.more) {
        gan_dataset_destroy(open_folder(path, 1, 1, "heads alone", report));
    } else {
        gan_dataset *data = open_folder(path, 1, 0, "checked, on the disk", report);

        time_waits(data, options.threads, 0, "decoded ahead, all threads", report);
        time_waits(data, options.threads, 1, "decoded when wanted", report);
        gan_dataset_destroy(data);
        data = open_folder(path, 0, 0, "kept in memory", report);
        time_waits(data, options.threads, 0, "in memory", report);
        gan_dataset_destroy(data);
    }
    end_report(report, &options);
    return 0;
}
