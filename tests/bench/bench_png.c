/* bench_png.c - how long a directory of PNG pictures takes to open, and whether a training step
 * waits for pictures that are decoded ahead.
 *
 * The pictures are made first, in a new directory in TMPDIR, which is removed at the end. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "bench.h"

#include <ftw.h>
#include <math.h>
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES = 10000, LARGE_FILES = 1000, PNG_BATCH = 64, STEPS = 100 };

static char folder[512];
static figures *report;

/* ---- pictures ---- */

/* Soft shapes with some noise, which compress about as well as photographs. */
static void draw(uint8_t *pixels, size_t width, size_t height, size_t k)
{
    uint32_t noise = (uint32_t)k * 2654435761u + 1;

    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            for (size_t c = 0; c < 3; c++) {
                const double wave = sin((double)(x * (k % 5 + 2)) / (double)width * 3 + (double)c) *
                                    cos((double)(y * (k % 7 + 2)) / (double)height * 2);

                noise = noise * 1664525u + 1013904223u;
                *pixels++ = (uint8_t)(127 + 100 * wave + (double)(noise >> 28));
            }
}

static void write_pictures(const char *name, size_t count, size_t width, size_t height)
{
    uint8_t *pixels = malloc(3 * width * height);
    png_image image = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB};
    char path[1024];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!pixels || mkdir(path, 0777) != 0) die(path);
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    for (size_t k = 0; k < count; k++) {
        snprintf(path, sizeof path, "%s/%s/%06zu.png", folder, name, k);
        draw(pixels, width, height, k);
        if (!png_image_write_to_file(&image, path, 0, pixels, 0, NULL)) die(path);
    }
    free(pixels);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

/* ---- opening ---- */

static gan_dataset *open_pictures(const char *name, const gan_png_desc *desc, double *seconds)
{
    const double begin = now();
    gan_dataset *data;
    char path[1024];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    MUST(gan_dataset_open_png(&data, path, desc));
    *seconds = now() - begin;
    return data;
}

static void time_opening(const char *name, size_t count, size_t size, size_t n_threads)
{
    char key[64];
    gan_png_desc desc = {GAN_PNG_DESC_INIT, .width = size, .height = size, .n_threads = n_threads};
    double seconds;
    gan_dataset *data = open_pictures(name, &desc, &seconds);

    if (gan_dataset_count(data) != count) die("another number of pictures");
    printf("open %5zu files %-7s to %zux%zu, %s: %.2f s, %.0f us a file\n", count, name, size, size,
           n_threads ? "1 thread   " : "all threads", seconds, 1e6 * seconds / (double)count);
    snprintf(key, sizeof key, "open_%s_%s_s", name, n_threads ? "1_thread" : "all_threads");
    put(report, key, seconds);
    gan_dataset_destroy(data);
}

/* ---- training ---- */

static gan_network *make_network(size_t in, size_t hidden, size_t out, int is_generator)
{
    gan_network *net = gan_network_create(gan_shape_1d(in), NULL);

    gan_network_add(net, gan_layer_linear(in, hidden));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_linear(hidden, out));
    gan_network_add(net, is_generator ? gan_layer_tanh() : gan_layer_sigmoid());
    return net;
}

/* Train for some steps, and print how long each half takes: the median, and the longest wait. */
static void time_training(const char *name, const char *what, const gan_dataset *data,
                          size_t n_threads)
{
    figures *out = figures_begin();
    char key[64];

    const size_t size = gan_shape_size(gan_dataset_shape(data));
    gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = PNG_BATCH, .shuffle = 1};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = PNG_BATCH};
    gan_network *g = make_network(LATENT, 256, size, 1), *d = make_network(size, 256, 1, 0);
    gan_optimizer *g_adam, *d_adam;
    gan_trainer *trainer;
    gan_iterator *it;
    double in_next[STEPS], in_step[STEPS];

    walk.n_threads = n_threads;
    MUST(gan_optimizer_create_adam(&g_adam, NULL));
    MUST(gan_optimizer_create_adam(&d_adam, NULL));
    MUST(gan_trainer_create(&trainer, g, d, g_adam, d_adam, &desc));
    MUST(gan_iterator_create(&it, data, &walk));
    for (int i = -10; i < STEPS; i++) { /* the first ten are a warm-up */
        const double begin = now();
        const gan_batch *batch;
        double middle;

        while (gan_iterator_next(it, &batch) == GAN_END) continue;
        if (!batch) die("gan_iterator_next");
        middle = now();
        MUST(gan_train_step(trainer, batch, NULL));
        if (i < 0) continue;
        in_step[i] = now() - middle;
        in_next[i] = middle - begin;
    }
    printf("train, %-28s step %6.2f ms, gan_iterator_next %6.3f ms (longest %6.2f)\n", what,
           1e3 * median(in_step, STEPS), 1e3 * median(in_next, STEPS),
           1e3 * quantile(in_next, STEPS, 1));
    put(out, "step_s", median(in_step, STEPS));
    put(out, "wait_s", median(in_next, STEPS));
    put(out, "longest_wait_s", quantile(in_next, STEPS, 1));
    snprintf(key, sizeof key, "%s, %s", name, what);
    figures_add(report, key, out);
    gan_iterator_destroy(it);
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(g_adam);
    gan_optimizer_destroy(d_adam);
    gan_network_destroy(g);
    gan_network_destroy(d);
}

static void time_waiting(const char *name, size_t size)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT, .width = size, .height = size};
    double seconds;
    gan_dataset *kept = open_pictures(name, &desc, &seconds), *decoded;

    desc.memory_limit = 1;
    decoded = open_pictures(name, &desc, &seconds);
    printf("%s to %zux%zu, batches of %d:\n", name, size, size, PNG_BATCH);
    time_training(name, "samples in memory", kept, 0);
    time_training(name, "decoded ahead, all threads", decoded, 0);
    time_training(name, "decoded ahead, 2 threads", decoded, 2);
    time_training(name, "decoded when wanted", decoded, 1);
    gan_dataset_destroy(kept);
    gan_dataset_destroy(decoded);
}

static const char usage[] = "usage: bench_png [--json FILE]\n"
                            "\n"
                            "Times opening directories of PNG pictures, and training from them.\n"
                            "  --json FILE   also write the figures there\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    const char *temporary = getenv("TMPDIR");
    int failed;

    report = begin_report(options.threads);

    snprintf(folder, sizeof folder, "%s/bench_png-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder)) die(folder);
    setvbuf(stdout, NULL, _IOLBF, 0);
    write_pictures("32x32", FILES, 32, 32);
    write_pictures("178x218", LARGE_FILES, 178, 218);
    time_opening("32x32", FILES, 32, 1);
    time_opening("32x32", FILES, 32, 0);
    time_opening("178x218", LARGE_FILES, 64, 1);
    time_opening("178x218", LARGE_FILES, 64, 0);
    time_waiting("32x32", 32);
    time_waiting("178x218", 64);
    failed = nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0;
    end_report(report, &options);
    return failed;
}
