/* bench.h - what the benchmarks share: a clock, medians over rounds, the BLAS's peak, training runs
 * on one batch, and a report in JSON.
 *
 * Errors end the program. */
#ifndef BENCH_H
#define BENCH_H

#include "figures.h"

#include <gan/gan.h>
#include <stddef.h>

/* End the program, saying what failed. */
_Noreturn void die(const char *what);

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != GAN_OK) die(#call);                                                          \
    } while (0)

double now(void); /* seconds */

/* n standard normal numbers, to be freed. */
float *numbers(size_t n);

/* The process's peak memory so far. */
double peak_megabytes(void);

/* ---- statistics ---- */

/* Times are taken in rounds, each of which times every row of a table once, so that other load on
 * the machine affects all rows alike.  There are ROUNDS of them, or one with --quick. */
enum { ROUNDS = 11 };
extern size_t rounds;

/* The quantile of `share`, from 0 to 1; sorts the values. */
double quantile(double *values, size_t n, double share);
double median(double *values, size_t n);

/* ---- the BLAS ---- */

/* Only OpenBLAS has threads of its own to set and count; another BLAS is left as it is. */
void blas_threads(size_t n);
size_t blas_thread_count(void);

/* OpenBLAS's threads keep spinning for a while after their last product, on CPUs that are needed
 * for other work by then. */
void settle(void);

/* The peak is the rate of one large product: seconds of it, and GFLOP/s from such seconds. */
enum { PEAK = 2000 };
double time_peak(size_t threads);
double peak_rate(double seconds);

/* The median of rounds, in GFLOP/s. */
double measure_peak(size_t threads);

/* ---- training runs ---- */

/* Networks, optimizers, a trainer and a batch of synthetic samples. */
typedef struct run {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *t;
    gan_batch batch;
} run;

/* Takes over two networks; each gets an Adam with these settings. */
run begin_run(gan_network *g, gan_network *d, const gan_adam_desc *adam, size_t batch,
              size_t threads);
/* The same with a trainer's settings, batch_size among them. */
run begin_run_as(gan_network *g, gan_network *d, const gan_adam_desc *adam,
                 const gan_trainer_desc *desc);
void end_run(run *r);

/* The experiment of design.md with other widths and batches. */
enum { LATENT = 64, HIDDEN = 256, IMAGE = 784, BATCH = 100 };
gan_network *linear_generator(size_t hidden);
run begin_linear_run(size_t hidden, size_t batch, size_t threads);

/* Seconds per step, after a warm-up step. */
double time_steps(run *r, size_t repeats);

/* Print where a step's time goes, and add it to a report. */
void print_stages(run *r, size_t steps, figures *report);

/* ---- the report ---- */

/* Lines of a usage text: the options of all benchmarks, and --quick where it is one round. */
#define BENCH_OPTIONS                                                                              \
    "  --json FILE   also write the figures there\n"                                              \
    "  --threads N   instead of as many as the BLAS uses\n"
#define BENCH_QUICK "  --quick       one round instead of many, as a smoke test\n"

/* Parse the command line; `more` is the benchmark's own option, or NULL.  --quick sets `rounds`. To
 * be called first in main(): it restarts the program with the BLAS's fastest kernels, see
 * fastest.h. */
typedef struct bench_options {
    size_t threads;
    const char *json; /* NULL: no report */
    int more;
} bench_options;
bench_options read_options(int argc, char **argv, const char *more, const char *usage);

/* Print the machine and the BLAS, and begin a report with them. */
figures *begin_report(size_t threads);

/* Write the report where the options say, and free it. */
void end_report(figures *report, const bench_options *options);

#endif
