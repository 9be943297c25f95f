/* fastest.c - the kernels of OpenBLAS that are the fastest on this processor.
 *
 * OpenBLAS selects its kernels by a table of processors; newer ones are treated as an older type, or as one without
 * AVX-512.  OPENBLAS_CORETYPE overrides the choice, but is read when the library is loaded.  So this program starts
 * itself once for each type, only to measure its peak, and then replaces itself (exec) with the fastest. */
#include "fastest.h"
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char *openblas_get_corename(void) __attribute__((weak));

static const char TRIAL[] = "GAN_BENCH_TRIAL"; /* set in a process that only measures its peak */
static const char DONE[] = "GAN_BENCH_DONE";   /* set once the fastest is chosen */

const char *blas_kernels(void)
{
    return openblas_get_corename ? openblas_get_corename() : "of another BLAS";
}

const char *processor(void)
{
    static char name[128] = "an unknown processor";
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "model name : %127[^\n]", name) == 1) break;
    if (file) fclose(file);
    return name;
}

/* GFLOP/s under a core type, "" being OpenBLAS's own choice; 0 where this CPU can't run it. */
static double peak_under(const char *program, const char *type)
{
    char command[512];
    double rate = 0;
    FILE *child;

    snprintf(command, sizeof command, "%s=1 OPENBLAS_CORETYPE=%s exec '%s' 2>/dev/null", TRIAL,
             type, program);
    child = popen(command, "r");
    if (!child) return 0;
    if (fscanf(child, "%lf", &rate) != 1) rate = 0;
    pclose(child);
    return rate;
}

void choose_fastest_blas(char **argv)
{
    static const char *const types[] = {"", "Haswell", "SkylakeX", "Cooperlake", "SapphireRapids", "Zen"};
    const char *best = "";
    double highest = 0;

    if (getenv(TRIAL)) {
        rounds = 3;
        printf("%.1f\n", measure_peak(blas_thread_count()));
        exit(0);
    }
    if (getenv(DONE) || !openblas_get_corename) return;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const double rate = peak_under(argv[0], types[i]);

        if (rate > 1.02 * highest) highest = rate, best = types[i]; /* prefer the one before */
    }
    setenv(DONE, "1", 1);
    setenv("OPENBLAS_CORETYPE", best, 1);
    execv(argv[0], argv); /* returns only on failure, which leaves everything as it is */
}
