/* bench.h - what the benchmarks have in common: a clock, figures of many rounds, the BLAS's peak,
 * trainings of one step's worth of data, and a report in JSON.
 *
 * A benchmark that can't go on ends the program. */
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

/* n normal numbers, to be freed. */
float *numbers(size_t n);

/* The most memory that the process had so far. */
double peak_megabytes(void);

/* ---- figures ---- */

/* Times are taken in rounds, each of which times every row of a table once, so that what else the
 * machine does hits all rows alike.  There are ROUNDS of them, or one with --quick. */
enum { ROUNDS = 11 };
extern size_t rounds;

/* The value below which `share` of the values lie; it sorts them. */
double quantile(double *values, size_t n, double share);
double median(double *values, size_t n);

/* ---- the BLAS ---- */

/* Only OpenBLAS has threads of its own to set and count; another BLAS is taken as it is. */
void blas_threads(size_t n);
size_t blas_thread_count(void);

/* OpenBLAS's own threads go on spinning for a while after their last product, on CPUs that are
 * wanted for other work by then. */
void settle(void);

/* The peak is the rate of one large product: seconds of it, and GFLOP/s from such seconds. */
enum { PEAK = 2000 };
double time_peak(size_t threads);
double peak_rate(double seconds);

/* The median of rounds, in GFLOP/s. */
double measure_peak(size_t threads);

/* ---- trainings ---- */

/* Networks, optimizers, a trainer and a batch of made-up samples. */
typedef struct run {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *t;
    gan_batch batch;
} run;

/* Take two networks, and both an Adam like this. */
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

/* Seconds a step, after one that isn't counted. */
double time_steps(run *r, size_t repeats);

/* Print where a step's time goes, and add it to a report. */
void print_stages(run *r, size_t steps, figures *report);

/* ---- the report ---- */

/* Lines of a usage text: the options of all benchmarks, and --quick where it is one round. */
#define BENCH_OPTIONS                                                                              \
    "  --json FILE   write the figures there, too\n"                                              \
    "  --threads N   instead of all the BLAS uses\n"
#define BENCH_QUICK "  --quick       one round instead of many: only to see that it runs\n"

/* What the command line says; `more` is for the benchmark's own option, which may be NULL.  Reads
 * --quick, too, which sets `rounds`.  The program is started anew with the BLAS's fastest kernels
 * before, see fastest.h: so this comes first in main(). */
typedef struct bench_options {
    size_t threads;
    const char *json; /* NULL: no report wanted */
    int more;
} bench_options;
bench_options read_options(int argc, char **argv, const char *more, const char *usage);

/* Say what runs here, and begin a report with it. */
figures *begin_report(size_t threads);

/* Write it where the options say; it is gone afterwards. */
void end_report(figures *report, const bench_options *options);

#endif
