/* trial.c - three small runs whose weights are the same bits on any number of ranks: what
 * tests/check_mpi.sh runs under each MPI.
 *
 *     trial RUN STEPS THREADS SHARDS WEIGHTS [CHECKPOINT]      alone
 *     mpirun -n 4 trial RUN ...                                together
 *
 * RUN is linear, dcgan or conditional.  It writes the generator to WEIGHTS after STEPS steps, and a checkpoint after
 * each 10; an existing checkpoint is resumed.  Prints the time of a step. */
#include "games.h"

#include <gan/mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { CLASSES = 10, SAMPLES = 4096, SIDE = 28, PIXELS = SIDE * SIDE, SAVE_EVERY = 10 };

static gan_communicator ranks = {GAN_COMMUNICATOR_INIT, .size = 1};
static int under_mpi;

static void must(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "trial, rank %zu: %s\n", ranks.rank, gan_last_error());
    if (under_mpi) MPI_Abort(MPI_COMM_WORLD, 1);
    exit(1);
}

static uint8_t pixels[SAMPLES * PIXELS], labels[SAMPLES];

static uint8_t pixel(size_t sample, size_t at)
{
    const long x = (long)(at % SIDE) - (long)(6 + sample * 7 % 16);
    const long y = (long)(at / SIDE) - (long)(6 + sample * 11 % 16);
    const long radius = 2 + (long)(sample % CLASSES);

    return x * x + y * y < radius * radius ? (uint8_t)(255 - sample * 13 % 100) : 0;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Steps from the current one up to `steps`. */
static void train(gan_trainer *t, gan_iterator *it, uint64_t steps, const char *checkpoint)
{
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    const gan_batch *batch;
    double began = seconds();
    uint64_t first;

    must(gan_trainer_stats(t, &stats));
    first = stats.d_steps;
    while (stats.d_steps < steps) {
        const gan_status status = gan_iterator_next(it, &batch);

        if (status == GAN_END) continue;
        must(status);
        must(gan_train_step(t, batch, &stats));
        if (checkpoint && stats.d_steps % SAVE_EVERY == 0)
            must(gan_checkpoint_save(t, it, checkpoint));
    }
    if (ranks.rank == 0)
        printf("%.3f ms a step, D loss %.17g\n",
               1e3 * (seconds() - began) / (double)(steps > first ? steps - first : 1),
               stats.d_loss);
}

/* Write the process id for check_mpi.sh, which kills it. */
static void tell_process(void)
{
    char name[32];
    FILE *file;

    snprintf(name, sizeof name, "process-%zu", ranks.rank);
    file = fopen(name, "w");
    if (!file) return;
    fprintf(file, "%ld\n", (long)getpid());
    fclose(file);
}

static void run(game *t, uint64_t steps, const char *weights, const char *checkpoint)
{
    const gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = t->desc.batch_size,
                                    .shuffle = 1,           .drop_last = 1,
                                    .rank = ranks.rank,     .n_ranks = ranks.size};
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *trainer;
    gan_iterator *it;
    gan_dataset *data;
    FILE *there = checkpoint ? fopen(checkpoint, "rb") : NULL;

    for (size_t i = 0; i < SAMPLES * PIXELS; i++) /* discs of varied positions, sizes and shades */
        pixels[i] = pixel(i / PIXELS, i % PIXELS);
    for (size_t i = 0; i < SAMPLES; i++) labels[i] = (uint8_t)(i % CLASSES);
    must(gan_dataset_create_bytes(&data, pixels, labels, SAMPLES, t->sample, NULL));
    must(gan_iterator_create(&it, data, &walk));
    game_optimizers(&g_opt, &d_opt, must);
    must(gan_trainer_create(&trainer, t->g, t->d, g_opt, d_opt, &t->desc));
    if (checkpoint) tell_process();
    if (there) {
        fclose(there);
        must(gan_checkpoint_load(trainer, it, checkpoint));
    }
    train(trainer, it, steps, checkpoint);
    if (ranks.rank == 0) must(gan_network_save(t->g, weights));
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

/* A record with struct_size 0 is refused; a shorter one, of a host compiled with fewer functions, is filled up to its
 * size. */
static int respects_sizes(void)
{
    gan_communicator none = {0}, shorter = {GAN_COMMUNICATOR_INIT};
    gan_exchange_fn *behind = &shorter.begin_all_to_all;
    int good = gan_mpi_communicator(&none, MPI_COMM_WORLD) == GAN_ERR_INVALID;

    shorter.struct_size = (size_t)((char *)behind - (char *)&shorter);
    good &= gan_mpi_communicator(&shorter, MPI_COMM_WORLD) == GAN_OK;
    good &= shorter.all_gather && !*behind && !shorter.proceed;
    gan_mpi_communicator_end(&shorter);
    return good && !shorter.all_gather;
}

int main(int argc, char **argv)
{
    game t;

    if (argc < 6 || !game_make(&t, argv[1])) return 2;
    under_mpi = getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE");
    if (under_mpi) {
        MPI_Init(&argc, &argv);
        if (!respects_sizes() || gan_mpi_communicator(&ranks, MPI_COMM_WORLD) != GAN_OK)
            MPI_Abort(MPI_COMM_WORLD, 1);
    }
    t.desc.n_threads = strtoul(argv[3], NULL, 10);
    t.desc.shards = strtoul(argv[4], NULL, 10);
    if (under_mpi) t.desc.communicator = &ranks;
    run(&t, strtoull(argv[2], NULL, 10), argv[5], argc > 6 ? argv[6] : NULL);
    gan_network_destroy(t.g);
    gan_network_destroy(t.d);
    gan_mpi_communicator_end(&ranks);
    if (under_mpi) MPI_Finalize();
    return 0;
}
