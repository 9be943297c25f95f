/* bench_precision.c - how much faster training steps are with products in bfloat16.
 *
 * Two trainers of the same networks, one in floats and one in bfloat16, run their steps in turns; a figure is the
 * median of the rounds' ratios. */
#include "works.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Per round: seconds of a step in floats and in bfloat16, and the speedup. */
typedef struct times {
    double floats[ROUNDS], bfloat16[ROUNDS], ratio[ROUNDS];
} times;

static void measure(const work *w, size_t threads, times *t)
{
    run a = begin_work(w, GAN_PRECISION_FLOAT32, threads);
    run b = begin_work(w, GAN_PRECISION_BFLOAT16, threads);

    for (size_t i = 0; i < rounds; i++) {
        t->floats[i] = time_steps(&a, w->steps);
        t->bfloat16[i] = time_steps(&b, w->steps);
        t->ratio[i] = t->floats[i] / t->bfloat16[i];
    }
    end_run(&a);
    end_run(&b);
}

static void print(const work *w, times *t, figures *report)
{
    const double ratio = median(t->ratio, rounds);
    figures *out = figures_begin();

    printf("%-8s %9.2f ms %9.2f ms   %.2f (%.2f to %.2f)\n", w->name,
           1e3 * median(t->floats, rounds), 1e3 * median(t->bfloat16, rounds), ratio, t->ratio[0],
           t->ratio[rounds - 1]);
    fflush(stdout);
    put(out, "float32_ms", 1e3 * median(t->floats, rounds));
    put(out, "bfloat16_ms", 1e3 * median(t->bfloat16, rounds));
    put(out, "ratio", ratio);
    figures_add(report, w->name, out);
}

static const char usage[] =
    "usage: bench_precision [--json FILE] [--threads N] [--quick] [STEP ...]\n"
    "\n"
    "Times training steps with products in floats and in bfloat16, in turns.\n"
    BENCH_OPTIONS
    "  --quick       one round\n"
    "  STEP          only these of linear, dcgan, dcgan64, conv3x3 and wide\n";

static int is_asked_for(const work *w, char **names, int n)
{
    int is = n == 0;

    for (int i = 0; i < n; i++) is |= strcmp(names[i], w->name) == 0;
    return is;
}

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(options.threads);
    times t;

    printf("step        float32    bfloat16   times as fast\n");
    for (size_t i = 0; i < N_WORKS; i++)
        if (is_asked_for(&works[i], argv + optind, argc - optind)) {
            measure(&works[i], options.threads, &t);
            print(&works[i], &t, report);
        }
    end_report(report, &options);
    return 0;
}
