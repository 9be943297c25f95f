/* scaling.c - the time of a step on several processes, measured and predicted by a model; run by scripts/scaling.
 *
 *     mpirun -n 2 scaling RUN SECONDS      RUN: see games.h; SECONDS is approximate
 *
 * The model is  compute + exchanges:
 *
 *     compute      a step on one process, with the samples and shards of a rank, and waiting for the
 *                  slowest
 *     exchanges    of the gradients of both networks, each by linear interpolation between exchanges of few
 *                  and of many bytes
 *
 * It is compared with steps that wait for each exchange; those that overlap computation are measured, too.
 *
 * Rank 0 prints one line of name=value; times in milliseconds. */
#include "games.h"

#include <gan/mpi.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FEW = 1 << 17, MANY = 1 << 20, KINDS = 5, TURNS = 7 };

static gan_communicator ranks = {GAN_COMMUNICATOR_INIT};

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

/* A function to time, and the number of repetitions. */
typedef struct timed {
    double (*once)(void *what); /* returns the seconds it took */
    void *what;
    size_t times;
} timed;

static void wait_for_all(void)
{
    double all[1024];

    must(ranks.all_gather(ranks.user, &(double){0}, all, sizeof *all));
}

/* The largest of all ranks' numbers. */
static double largest(double mine)
{
    double all[1024], most = mine;

    must(ranks.all_gather(ranks.user, &mine, all, sizeof mine));
    for (size_t i = 0; i < ranks.size; i++)
        if (all[i] > most) most = all[i];
    return most;
}

/* Seconds per repetition on the slowest rank; all begin together. */
static double time_of(const timed *t)
{
    double mine = 0;

    wait_for_all();
    for (size_t i = 0; i < t->times; i++) mine += t->once(t->what) / (double)t->times;
    return largest(mine);
}

/* Choose repetitions for about `seconds_wanted`, pauses included. */
static void choose_times(timed *t, double seconds_wanted)
{
    const double began = seconds();

    t->times = 3;
    (void)time_of(t);
    t->times = (size_t)(seconds_wanted * (double)t->times / largest(seconds() - began)) + 1;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Medians of TURNS turns, each of which times every kind once, so that other load affects all alike. */
static void measure(timed *t, double seconds_wanted, double *out)
{
    double all[KINDS][TURNS];

    for (size_t k = 0; k < KINDS; k++) choose_times(&t[k], seconds_wanted / (KINDS * (TURNS + 1)));
    for (size_t i = 0; i < TURNS; i++)
        for (size_t k = 0; k < KINDS; k++) all[k][i] = time_of(&t[k]);
    for (size_t k = 0; k < KINDS; k++) {
        qsort(all[k], TURNS, sizeof *all[k], by_size);
        out[k] = all[k][TURNS / 2];
    }
}

/* ---- steps ---- */

typedef struct run {
    game x;
    gan_optimizer *g, *d;
    gan_trainer *trainer;
    gan_batch batch;
    float *samples;
} run;

static double step(void *what)
{
    const double began = seconds();
    run *r = what;

    must(gan_train_step(r->trainer, &r->batch, NULL));
    return seconds() - began;
}

/* Then ranks wait for the slowest, as in a joint step. */
static double step_and_wait(void *what)
{
    const double began = seconds();

    step(what);
    wait_for_all();
    return seconds() - began;
}

/* Of all ranks together, with a batch for each; for NULL of this rank alone. */
static run begin_run(const char *name, const gan_communicator *together)
{
    run r = {.batch = {GAN_BATCH_INIT}};
    size_t n;

    if (!game_make(&r.x, name)) exit(2);
    r.x.desc.shards = 8;
    r.x.desc.n_threads = 1;
    if (together) {
        r.x.desc.communicator = together;
        r.x.desc.batch_size *= together->size;
    } else {
        r.x.desc.shards /= ranks.size;
    }
    game_optimizers(&r.g, &r.d, must);
    must(gan_trainer_create(&r.trainer, r.x.g, r.x.d, r.g, r.d, &r.x.desc));
    n = r.x.desc.batch_size * gan_shape_size(r.x.sample);
    r.samples = calloc(n, sizeof *r.samples);
    if (!r.samples) MPI_Abort(MPI_COMM_WORLD, 1);
    for (size_t i = 0; i < n; i++) r.samples[i] = (float)((i * 7919 + 1) % 1000) / 500 - 1;
    r.batch.samples = r.samples;
    r.batch.count = r.x.desc.batch_size;
    r.batch.shape = r.x.sample;
    return r;
}

static void end_run(run *r)
{
    gan_trainer_destroy(r->trainer);
    gan_optimizer_destroy(r->g);
    gan_optimizer_destroy(r->d);
    gan_network_destroy(r->x.g);
    gan_network_destroy(r->x.d);
    free(r->samples);
}

/* ---- exchanges ---- */

static char sent[MANY], received[MANY];

/* As for summing gradients, on a link that has been idle for a while, as in a step. */
static double exchange(void *what)
{
    const struct timespec while_computing = {0, 5000000};
    const size_t piece = *(const size_t *)what / ranks.size;
    double began;

    nanosleep(&while_computing, NULL);
    wait_for_all();
    began = seconds();
    must(ranks.all_to_all(ranks.user, sent, received, piece));
    must(ranks.all_gather(ranks.user, received, sent, piece));
    return seconds() - began;
}

static double bytes_of(const gan_network *net)
{
    return (double)sizeof(float) * (double)gan_network_param_count(net);
}

static void print(const char *name, const run *r, const double *t)
{
    const double g = bytes_of(r->x.g), d = bytes_of(r->x.d);
    const double line = (t[1] - t[0]) / (MANY - FEW), base = fmax(t[0] - line * FEW, 0);
    const double slope = base > 0 ? line : (t[0] + t[1]) / (FEW + MANY);
    const double exchanges = 2 * base + slope * (g + d), model = t[2] + exchanges;

    printf("run=%s ranks=%zu compute=%.4f latency=%.4f per_megabyte=%.4f exchanges=%.4f model=%.4f "
           "found=%.4f off=%+.3f meanwhile=%.4f g_bytes=%.0f d_bytes=%.0f batch=%zu\n",
           name, ranks.size, 1e3 * t[2], 1e3 * base, 1e9 * slope, 1e3 * exchanges, 1e3 * model,
           1e3 * t[3], model / t[3] - 1, 1e3 * t[4], g, d, r->batch.count);
}

int main(int argc, char **argv)
{
    size_t few = FEW, many = MANY;
    double found[KINDS];
    gan_communicator waiting;
    run alone, together, meanwhile;

    if (argc < 3) return 2;
    if (gan_mpi_world(&ranks) != GAN_OK || ranks.size == 1) return 1;
    waiting = ranks;
    waiting.begin_all_to_all = waiting.begin_all_gather = NULL;
    waiting.proceed = NULL;
    alone = begin_run(argv[1], NULL);
    together = begin_run(argv[1], &waiting);
    meanwhile = begin_run(argv[1], &ranks);
    measure((timed[KINDS]){{exchange, &few, 0},
                           {exchange, &many, 0},
                           {step_and_wait, &alone, 0},
                           {step, &together, 0},
                           {step, &meanwhile, 0}},
            strtod(argv[2], NULL), found);
    if (ranks.rank == 0) print(argv[1], &alone, found);
    end_run(&alone);
    end_run(&together);
    end_run(&meanwhile);
    gan_mpi_communicator_end(&ranks);
    return 0;
}
