/* bench_shards.c - the overhead of shards in one process: a training step with 1, 2, 4, 8 shards against one without,
 * for linear networks and a DCGAN. */
#include "bench.h"
#include "garments.h"

#include <stdio.h>

enum { CUTS = 5, BASE = 64, DCGAN_BATCH = 64 };

static const size_t shards[CUTS] = {0, 1, 2, 4, 8}; /* 0: none */

/* ---- runs ---- */

static run with_shards(run r, size_t n, size_t threads)
{
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT};

    desc.batch_size = r.batch.count;
    desc.n_threads = threads;
    desc.shards = n;
    gan_trainer_destroy(r.t);
    MUST(gan_trainer_create(&r.t, r.g, r.d, r.g_opt, r.d_opt, &desc));
    return r;
}

static run begin_linear(size_t n, size_t threads)
{
    return with_shards(begin_linear_run(HIDDEN, BATCH, threads), n, threads);
}

static run begin_dcgan(size_t n, size_t threads)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};

    adam.lr = 2e-4;
    adam.beta1 = 0.5;
    return with_shards(begin_run(garments_generator(1, BASE, 1), garments_discriminator(1, BASE, 2),
                                 &adam, DCGAN_BATCH, threads),
                       n, threads);
}

static const struct {
    const char *name;
    size_t batch, steps; /* steps per round */
    run (*begin)(size_t n, size_t threads);
} kinds[] = {{"linear", BATCH, 10, begin_linear}, {"dcgan", DCGAN_BATCH, 2, begin_dcgan}};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- tables ---- */

/* Seconds per step, in rounds of all numbers of shards. */
static void measure(size_t kind, size_t threads, double *seconds)
{
    run runs[CUTS];
    double times[CUTS][ROUNDS];

    for (size_t i = 0; i < CUTS; i++) runs[i] = kinds[kind].begin(shards[i], threads);
    for (size_t j = 0; j < rounds; j++)
        for (size_t i = 0; i < CUTS; i++) times[i][j] = time_steps(&runs[i], kinds[kind].steps);
    for (size_t i = 0; i < CUTS; i++) {
        seconds[i] = median(times[i], rounds);
        end_run(&runs[i]);
    }
}

static void print_kind(size_t kind, size_t threads, figures *report)
{
    double seconds[CUTS];
    figures *out = figures_begin();
    char name[32];

    measure(kind, threads, seconds);
    printf("%s, batch %zu, %zu threads:\n", kinds[kind].name, kinds[kind].batch, threads);
    for (size_t i = 0; i < CUTS; i++) {
        printf("  %zu shards  %8.3f ms a step  %+6.1f %%\n", shards[i], 1e3 * seconds[i],
               100 * (seconds[i] / seconds[0] - 1));
        snprintf(name, sizeof name, "%zu_shards_s", shards[i]);
        put(out, name, seconds[i]);
    }
    fflush(stdout);
    snprintf(name, sizeof name, "%s_%zu_threads", kinds[kind].name, threads);
    figures_add(report, name, out);
}

static const char usage[] = "usage: bench_shards [--json FILE] [--threads N] [--quick]\n"
                            "\n"
                            "Times training steps whose batches are cut into shards.\n"
                            BENCH_OPTIONS BENCH_QUICK;

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(options.threads);

    for (size_t i = 0; i < KINDS; i++) {
        print_kind(i, 1, report);
        if (options.threads > 1) print_kind(i, options.threads, report);
    }
    end_report(report, &options);
    return 0;
}
