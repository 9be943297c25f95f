/* bench_health.c - what monitoring a run costs, and which verdicts runs get.
 *
 * Seeded failures have to get theirs within two looks and healthy runs none: on Fashion-MNIST in GAN_DATA_DIR, else on
 * silhouettes, and on a ring of eight Gaussians; every run of the tables with several seeds.  Rules were tuned on seeds
 * 1 and 2; GAN_FIRST_SEED is the first of other seeds, and GAN_RUNS selects the runs whose names contain it. */
#include "bench.h"
#include "ward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 6000, STEPS = 200, SEEDS = 2, HEALTHY_LOOKS = 4, BATCH_OF_STEP = 64 };

static gan_dataset *open_data(const char *directory)
{
    char images[4096], labels[4096];
    gan_dataset *data;

    if (!directory) {
        MUST(gan_dataset_create_shapes(&data, N + WARD_SEEN, 1, NULL));
        return data;
    }
    snprintf(images, sizeof images, "%s/train-images-idx3-ubyte.gz", directory);
    snprintf(labels, sizeof labels, "%s/train-labels-idx1-ubyte.gz", directory);
    MUST(gan_dataset_open_idx(&data, images, labels, NULL));
    return data;
}

/* ---- cost ---- */

/* Seconds of STEPS calls with statistics that vary as a run's do. */
static double time_health(gan_health *h)
{
    gan_train_stats s = {GAN_TRAIN_STATS_INIT};
    const double began = now();

    for (size_t i = 0; i < STEPS; i++) {
        const double wave = (double)(i * 7919 % 101) / 101;

        s.d_steps++;
        s.d_loss = 1 + wave;
        s.d_real = 0.7 + 0.1 * wave;
        s.d_fake = 0.3 - 0.1 * wave;
        s.d_real_accuracy = s.d_fake_accuracy = 0.8 + 0.1 * wave;
        s.d_grad_norm = 2 + wave;
        s.g_grad_norm = 1 + wave;
        MUST(gan_health_step(h, GAN_OK, &s));
    }
    return now() - began;
}

static void measure_cost(figures *report, const bench_options *options)
{
    static double steps[ROUNDS], watching[ROUNDS];
    run r = begin_linear_run(256, BATCH, options->threads);
    gan_health *h;

    MUST(gan_health_create(&h, NULL));
    time_health(h); /* its windows fill */
    time_health(h);
    for (size_t i = 0; i < rounds; i++) {
        steps[i] = time_steps(&r, 20);
        watching[i] = time_health(h) / STEPS;
    }
    const double step = median(steps, rounds), watch = median(watching, rounds);

    printf("a step of the experiment %.3f ms, its health %.2f us: %.3f %%\n", 1e3 * step,
           1e6 * watch, 100 * watch / step);
    put(report, "step_s", step);
    put(report, "health_s", watch);
    gan_health_destroy(h);
    end_run(&r);
}

/* ---- verdicts ---- */

static uint64_t first_seed(void)
{
    const char *text = getenv("GAN_FIRST_SEED");

    return text ? strtoull(text, NULL, 10) : 1;
}

/* How many runs got the expected verdict, and of how many. */
typedef struct tally {
    size_t right, n;
} tally;

static void watch_all(tally *t, const ward_data *p, const ward_run *runs, size_t n, size_t looks,
                      int talk)
{
    const char *chosen = getenv("GAN_RUNS");

    for (size_t i = 0; i < n; i++) {
        if (chosen && !strstr(runs[i].name, chosen)) continue;
        for (uint64_t seed = first_seed(); seed < first_seed() + SEEDS; seed++) {
            ward_run r = runs[i];

            if (looks > 0) r.looks = looks;
            const ward_end end = ward_watch(p, &r, seed, talk);
            const int good = end.verdict == r.wanted;

            printf("%-28s seed %d  %-15s look %zu  %s\n", r.name, (int)seed,
                   gan_verdict_name(end.verdict), end.look, good ? "" : "WRONG");
            if (!good || r.wanted != GAN_VERDICT_HEALTHY) printf("    %s\n", end.finding.sentence);
            fflush(stdout);
            t->right += (size_t)good;
            t->n++;
        }
    }
}

static const char usage[] =
    "usage: bench_health [--json FILE] [--threads N] [--quick] [--talk]\n"
    "\n"
    "Times gan_health_step(), then monitors seeded failures and healthy runs; on "
    "Fashion-MNIST\n"
    "when GAN_DATA_DIR names its directory, else on silhouettes.  GAN_FIRST_SEED is the first of "
    "two\n"
    "seeds, GAN_RUNS a part of the names of the selected runs.\n"
    BENCH_OPTIONS
    "  --quick       only the cost, in one round, as a smoke test\n"
    "  --talk        print what each look finds\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, "talk", usage);
    figures *report = begin_report(options.threads);

    measure_cost(report, &options);
    if (rounds > 1) {
        gan_dataset *data = open_data(getenv("GAN_DATA_DIR"));
        ward_data pictures = ward_open(data, N), ring = ward_draw_ring(N);
        tally failures = {0}, healthy = {0};

        watch_all(&failures, &pictures, ward_failures, ward_n_failures, 0, options.more);
        watch_all(&healthy, &pictures, ward_healthy, ward_n_healthy, HEALTHY_LOOKS, options.more);
        watch_all(&healthy, &ring, ward_on_ring, ward_n_on_ring, HEALTHY_LOOKS, options.more);
        printf("%zu of %zu failures got their verdict, %zu of %zu healthy runs none\n",
               failures.right, failures.n, healthy.right, healthy.n);
        put(report, "failures_found", (double)failures.right);
        put(report, "healthy_passed", (double)healthy.right);
        ward_close(&ring);
        ward_close(&pictures);
        gan_dataset_destroy(data);
    }
    end_report(report, &options);
    return 0;
}
