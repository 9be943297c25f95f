/* scaling.c - what a step on several processes takes, and what a model says that it takes: scripts/scaling
 * runs it.
 *
 *     mpirun -n 2 scaling RUN SECONDS      RUN: see games.h; about so many seconds
 *
 * The model is  compute + exchanges:
 *
 *     compute      a step on one process, with the samples and shards of a rank and nobody else
 *     exchanges    of the gradients of both networks, each a line through the times of exchanges of few and
 *                  of many bytes, and two more of figures
 *
 * Rank 0 prints one line of name=value; times in milliseconds. */
#include "games.h"

#include <gan/mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FEW = 1 << 14, MANY = 1 << 22, PARTS = 4 };

static gan_communicator ranks;

static void must(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "scaling, rank %zu: %s\n", ranks.rank, gan_last_error());
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Something to be timed, and how often to do it in a row. */
typedef struct timed {
    void (*once)(void *what);
    void *what;
    size_t times;
} timed;

/* Seconds of one of them, in the slowest rank; all begin together. */
static double time_of(const timed *t)
{
    double mine, all[1024], slowest = 0;

    must(ranks.all_gather(ranks.user, &(double){0}, all, sizeof mine));
    mine = seconds();
    for (size_t i = 0; i < t->times; i++) t->once(t->what);
    mine = (seconds() - mine) / (double)t->times;
    must(ranks.all_gather(ranks.user, &mine, all, sizeof mine));
    for (size_t i = 0; i < ranks.size; i++)
        if (all[i] > slowest) slowest = all[i];
    return slowest;
}

/* So often that it takes about so long. */
static void choose_times(timed *t, double seconds_wanted)
{
    t->times = 3;
    t->times = (size_t)(seconds_wanted / time_of(t)) + 3;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median of several turns. */
static double measure(timed *t, double seconds_wanted)
{
    enum { TURNS = 5 };
    double all[TURNS];

    choose_times(t, seconds_wanted / TURNS);
    for (size_t i = 0; i < TURNS; i++) all[i] = time_of(t);
    qsort(all, TURNS, sizeof *all, by_size);
    return all[TURNS / 2];
}

/* ---- steps ---- */

typedef struct run {
    gan_trainer *trainer;
    gan_batch batch;
} run;

static void step(void *what)
{
    run *r = what;

    must(gan_train_step(r->trainer, &r->batch, NULL));
}

/* A step of all ranks together, with a batch for each, or else of this one by itself. */
static double time_step(const char *name, int together, double seconds_wanted)
{
    game x;
    run r = {.batch = {GAN_BATCH_INIT}};
    gan_optimizer *g, *d;
    float *samples;
    size_t n;
    double found;

    if (!game_make(&x, name)) exit(2);
    x.desc.shards = 8;
    x.desc.n_threads = 1;
    if (together) {
        x.desc.communicator = &ranks;
        x.desc.batch_size *= ranks.size;
    } else {
        x.desc.shards /= ranks.size;
    }
    game_optimizers(&g, &d, must);
    must(gan_trainer_create(&r.trainer, x.g, x.d, g, d, &x.desc));
    n = x.desc.batch_size * gan_shape_size(x.sample);
    samples = calloc(n, sizeof *samples);
    if (!samples) MPI_Abort(MPI_COMM_WORLD, 1);
    for (size_t i = 0; i < n; i++) samples[i] = (float)((i * 7919 + 1) % 1000) / 500 - 1;
    r.batch.samples = samples;
    r.batch.count = x.desc.batch_size;
    r.batch.shape = x.sample;
    found = measure(&(timed){step, &r, 0}, seconds_wanted);
    gan_trainer_destroy(r.trainer);
    gan_optimizer_destroy(g);
    gan_optimizer_destroy(d);
    gan_network_destroy(x.g);
    gan_network_destroy(x.d);
    free(samples);
    return found;
}

/* ---- exchanges ---- */

static char sent[MANY], received[MANY];

/* As a sum does. */
static void exchange(void *what)
{
    const size_t piece = *(const size_t *)what / ranks.size;

    must(ranks.all_to_all(ranks.user, sent, received, piece));
    must(ranks.all_gather(ranks.user, received, sent, piece));
}

static double time_exchange(size_t bytes, double seconds_wanted)
{
    return measure(&(timed){exchange, &bytes, 0}, seconds_wanted);
}

static double bytes_of(const gan_network *net)
{
    return (double)sizeof(float) * (double)gan_network_param_count(net);
}

int main(int argc, char **argv)
{
    game x;
    double few, many, slope, base, compute, exchanges, found, part;

    if (argc < 3 || !game_make(&x, argv[1])) return 2;
    if (gan_mpi_world(&ranks) != GAN_OK || ranks.size == 1) return 1;
    part = strtod(argv[2], NULL) / PARTS;
    few = time_exchange(FEW, part);
    many = time_exchange(MANY, part);
    slope = (many - few) / (MANY - FEW);
    base = few - slope * FEW;
    compute = time_step(argv[1], 0, part);
    found = time_step(argv[1], 1, part);
    exchanges =
        3 * base + slope * (bytes_of(x.g) + bytes_of(x.d)); /* figures take half of `base` */
    if (ranks.rank == 0)
        printf("run=%s ranks=%zu compute=%.4f latency=%.4f per_megabyte=%.4f exchanges=%.4f "
               "model=%.4f found=%.4f off=%+.3f g_bytes=%.0f d_bytes=%.0f batch=%zu\n",
               argv[1], ranks.size, 1e3 * compute, 1e3 * base, 1e9 * slope, 1e3 * exchanges,
               1e3 * (compute + exchanges), 1e3 * found, (compute + exchanges) / found - 1,
               bytes_of(x.g), bytes_of(x.d), x.desc.batch_size);
    gan_network_destroy(x.g);
    gan_network_destroy(x.d);
    gan_mpi_communicator_end(&ranks);
    return 0;
}
