/* bench_reference.c - what a comparison of generated with real samples costs: seconds, seconds of
 * all CPUs, and memory. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const struct {
    size_t n, d;
} sizes[] = {{2000, 128}, {2000, 196}, {10000, 128}};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* A reference with its floor and a comparison; then a second comparison, whose floor is known. */
typedef struct cost {
    double first, again, cpu, memory;
} cost;

static cost measure(size_t n, size_t d, size_t threads)
{
    const double begin = now(), begin_cpu = cpu_seconds();
    float *real = numbers(3 * n * d);
    const gan_reference_desc desc = {GAN_REFERENCE_DESC_INIT, .held_out = real + n * d,
                                     .n_held_out = n, .n_threads = threads};
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_reference *ref;
    cost found;

    MUST(gan_reference_create(&ref, real, n, d, &desc));
    MUST(gan_reference_compare(ref, real + 2 * n * d, NULL, n, &c));
    found.first = now() - begin;
    found.cpu = cpu_seconds() - begin_cpu;
    MUST(gan_reference_compare(ref, real + 2 * n * d, NULL, n, &c));
    found.again = now() - begin - found.first;
    found.memory = peak_megabytes();
    gan_reference_destroy(ref);
    free(real);
    return found;
}

static const char usage[] =
    "usage: bench_reference [--json FILE] [--threads N] [--quick]\n"
    "\n"
    "Times a comparison of as many generated as real samples, with as many held out.\n"
    BENCH_OPTIONS
    "  --quick       the small sizes only\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(options.threads);

    for (size_t i = 0; i < SIZES; i++) {
        char name[32];
        figures *out;
        cost c;

        if (rounds == 1 && sizes[i].n > 2000) continue;
        c = measure(sizes[i].n, sizes[i].d, options.threads);
        snprintf(name, sizeof name, "%zu of %zu", sizes[i].n, sizes[i].d);
        printf("%-14s with the floor %6.2f s (%6.2f s of CPU), again %6.2f s; %4.0f MB so far\n",
               name, c.first, c.cpu, c.again, c.memory);
        out = figures_begin();
        put(out, "first_s", c.first);
        put(out, "cpu_s", c.cpu);
        put(out, "again_s", c.again);
        put(out, "memory_mb", c.memory);
        figures_add(report, name, out);
    }
    end_report(report, &options);
    return 0;
}
