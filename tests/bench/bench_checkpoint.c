/* bench_checkpoint.c - saving and loading 500 MB, compared with cp and fsync of the same file.
 *
 *     bench_checkpoint [DIRECTORY [MEGABYTES]]
 *
 * The file is written to DIRECTORY, or to the working directory.  Each is timed five times, in
 * turns, and the median is reported: a disk's speed varies with other load. */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURNS = 5 };

static char path[1000], copy[1010];

/* As cp does it, with large pieces. */
static void copy_file(void)
{
    enum { PIECE = 1 << 20 };
    char *piece = malloc(PIECE);
    int from = open(path, O_RDONLY), to = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ssize_t n;

    if (!piece || from < 0 || to < 0) exit(EXIT_FAILURE);
    while ((n = read(from, piece, PIECE)) > 0)
        if (write(to, piece, (size_t)n) != n) exit(EXIT_FAILURE);
    if (n < 0 || fsync(to) != 0) exit(EXIT_FAILURE);
    close(from);
    close(to);
    free(piece);
}

/* Two networks of a layer that is mostly weights: with Adam's moments three numbers per weight. */
static gan_trainer *make_run(size_t megabytes, gan_network *nets[2], gan_optimizer *opts[2])
{
    const size_t wide = megabytes * 1000000 / (3 * 4 * 2 * (LATENT + IMAGE + IMAGE + 1) / 2);
    gan_trainer *t;

    nets[0] = gan_network_create(gan_shape_1d(LATENT), NULL);
    gan_network_add(nets[0], gan_layer_linear(LATENT, wide));
    gan_network_add(nets[0], gan_layer_tanh());
    gan_network_add(nets[0], gan_layer_linear(wide, IMAGE));
    nets[1] = gan_network_create(gan_shape_1d(IMAGE), NULL);
    gan_network_add(nets[1], gan_layer_linear(IMAGE, wide));
    gan_network_add(nets[1], gan_layer_tanh());
    gan_network_add(nets[1], gan_layer_linear(wide, 1));
    for (size_t i = 0; i < 2; i++) MUST(gan_optimizer_create_adam(&opts[i], NULL));
    MUST(gan_trainer_create(&t, nets[0], nets[1], opts[0], opts[1],
                            &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = 1}));
    return t;
}

static void print(const char *what, double seconds, double megabytes, double copying)
{
    printf("%-12s %6.2f s  %6.0f MB/s  %5.2f of cp + fsync\n", what, seconds, megabytes / seconds,
           copying / seconds);
}

int main(int argc, char **argv)
{
    const size_t wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 500;
    double saving[TURNS], loading[TURNS], copying[TURNS], before, since, megabytes;
    gan_network *nets[2];
    gan_optimizer *opts[2];
    gan_trainer *t = make_run(wanted, nets, opts);
    FILE *f;

    snprintf(path, sizeof path, "%s/bench_checkpoint.gan", argc > 1 ? argv[1] : ".");
    snprintf(copy, sizeof copy, "%s.copy", path);
    before = peak_megabytes();
    for (size_t i = 0; i < TURNS; i++) {
        since = now();
        MUST(gan_checkpoint_save(t, NULL, path));
        saving[i] = now() - since;
        since = now();
        copy_file();
        copying[i] = now() - since;
        since = now();
        MUST(gan_checkpoint_load(t, NULL, path));
        loading[i] = now() - since;
        remove(copy);
    }
    f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0) return EXIT_FAILURE;
    megabytes = (double)ftell(f) / 1e6;
    fclose(f);
    remove(path);
    printf("checkpoint of %.0f MB; medians of %d\n", megabytes, TURNS);
    print("cp + fsync", median(copying, TURNS), megabytes, median(copying, TURNS));
    print("save", median(saving, TURNS), megabytes, median(copying, TURNS));
    print("load", median(loading, TURNS), megabytes, median(copying, TURNS));
    printf("memory       %.0f MB before, %.0f MB more while saving and loading\n", before,
           peak_megabytes() - before);
    gan_trainer_destroy(t);
    for (size_t i = 0; i < 2; i++) {
        gan_optimizer_destroy(opts[i]);
        gan_network_destroy(nets[i]);
    }
    return EXIT_SUCCESS;
}
