/* bench_rates.c - the time of a step when some layers are frozen.
 *
 * The experiment's networks with 1024 hidden units; steps are timed in rounds of all rows. */
#include "bench.h"

#include <stdio.h>

enum { WIDTH = 1024, STEPS = 5 };

static const struct {
    const char *name, *g, *d; /* prefixes of the frozen layers; NULL: none */
} rows[] = {
    {"nothing frozen", NULL, NULL},        {"the discriminator's layer 0", NULL, "0."},
    {"the discriminator's layer 2", NULL, "2."}, {"all of the discriminator", NULL, ""},
    {"the generator's layer 0", "0.", NULL}, {"all of both", "", ""},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static void freeze(gan_network *net, const char *prefix)
{
    if (prefix) MUST(gan_network_set_rate(net, prefix, 0));
}

static const char usage[] = "usage: bench_rates [--json FILE] [--threads N] [--quick]\n"
                            "\n"
                            "Times a training step of linear networks of which some layers are frozen.\n"
                            BENCH_OPTIONS BENCH_QUICK;

int main(int argc, char **argv)
{
    static run runs[N_ROWS];
    static double times[N_ROWS][ROUNDS];
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(options.threads);

    for (size_t i = 0; i < N_ROWS; i++) {
        runs[i] = begin_linear_run(WIDTH, BATCH, options.threads);
        freeze(runs[i].g, rows[i].g);
        freeze(runs[i].d, rows[i].d);
    }
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < N_ROWS; i++) times[i][r] = time_steps(&runs[i], STEPS);
    for (size_t i = 0; i < N_ROWS; i++) {
        figures *out = figures_begin();
        const double step = median(times[i], rounds);

        printf("%-28s %7.2f ms a step, %.2f of one where nothing is frozen\n", rows[i].name,
               1e3 * step, step / median(times[0], rounds));
        put(out, "step_s", step);
        figures_add(report, rows[i].name, out);
        end_run(&runs[i]);
    }
    end_report(report, &options);
    return 0;
}
