/* bench_cores.c - how a DCGAN's step would scale to more cores than this machine has, by simulation.
 *
 * A step is a sequence of jobs, each of which is cut into tasks by shapes alone; a barrier follows.
 * With one thread each task is timed.  A simulated team takes tasks as the pool's does, in their order, each core
 * the next one as soon as it is free:
 *
 *     job      tasks 0 .. 6                      3 cores
 *              |0--|1--|2-----|3--|4--|5--|6-|   | 0   3   5 |        a job ends with its
 *                                                | 1   4   6 |        longest core: the rest
 *                                                | 2       . |        wait
 *
 * Work outside of tasks runs on one core.  The overhead between cores isn't simulated: signals, shared caches and
 * memory.  Its size shows in the model's error for the cores that exist.
 *
 * The linker has the library call this file's gan__pool_run() in place of its own: see the Makefile. */
#include "works.h"
#include "math/pool_internal.h"

#include <math.h>
#include <stdio.h>

enum { MOST_JOBS = 1024, MOST_TASKS = 1 << 14 };
enum { MOST_CORES = 64, STEPS = 2 /* per round */, DCGAN64 = 2 /* index in works[] */ };

/* ---- the times of tasks ---- */

/* Each task's shortest time in all rounds; and the sum over all tasks in the latest step. */
static struct {
    int on;
    double all;
    size_t n_jobs, n_tasks;
    size_t end[MOST_JOBS]; /* of each job's tasks */
    double seconds[MOST_TASKS];
} taken;

void __real_gan__pool_run(gan_pool *pool, gan__pool_fn *fn, void *context, size_t n_tasks);
void __wrap_gan__pool_run(gan_pool *pool, gan__pool_fn *fn, void *context, size_t n_tasks);

void __wrap_gan__pool_run(gan_pool *pool, gan__pool_fn *fn, void *context, size_t n_tasks)
{
    if (!taken.on) {
        __real_gan__pool_run(pool, fn, context, n_tasks);
        return;
    }
    if (taken.n_jobs == MOST_JOBS || n_tasks > MOST_TASKS - taken.n_tasks) die("too many tasks");
    for (size_t i = 0; i < n_tasks; i++) {
        const double start = now();
        double *best = &taken.seconds[taken.n_tasks++];
        double seconds;

        fn(context, i, 0);
        seconds = now() - start;
        taken.all += seconds;
        if (*best == 0 || seconds < *best) *best = seconds;
    }
    taken.end[taken.n_jobs++] = taken.n_tasks;
}

/* Minima so far of the seconds of a step on one thread, whose tasks are timed, and of its part
 * outside of tasks. */
static void take_times(run *r, double *step, double *alone)
{
    const double start = now();
    double seconds;

    taken.on = 1;
    taken.all = 0;
    taken.n_jobs = taken.n_tasks = 0;
    MUST(gan_train_step(r->t, &r->batch, NULL));
    taken.on = 0;
    seconds = now() - start;
    *step = fmin(*step, seconds);
    *alone = fmin(*alone, seconds - taken.all);
}

/* ---- the model ---- */

/* Seconds of a job. */
static double job_on(size_t cores, size_t begin, size_t end)
{
    double busy[MOST_CORES] = {0};
    double longest = 0;

    for (size_t i = begin; i < end; i++) {
        size_t first = 0;

        for (size_t c = 1; c < cores; c++)
            if (busy[c] < busy[first]) first = c;
        busy[first] += taken.seconds[i];
        if (busy[first] > longest) longest = busy[first];
    }
    return longest;
}

/* Seconds of a step, of which `alone` are outside of tasks. */
static double step_on(size_t cores, double alone)
{
    double sum = alone;

    for (size_t i = 0; i < taken.n_jobs; i++)
        sum += job_on(cores, i > 0 ? taken.end[i - 1] : 0, taken.end[i]);
    return sum;
}

/* ---- the tables ---- */

static void print_cores(size_t cores, double alone, double measured, figures *report)
{
    const double one = step_on(1, alone), step = step_on(cores, alone);
    figures *out = figures_begin();
    char name[32];

    printf("%5zu cores %8.1f ms %6.2f times %4.0f %%", cores, 1e3 * step, one / step,
           100 * one / step / (double)cores);
    put(out, "step_ms", 1e3 * step);
    put(out, "efficiency", one / step / (double)cores);
    if (measured > 0) {
        printf("   measured %8.1f ms, the model is off by %+.0f %%", 1e3 * measured,
               100 * (step / measured - 1));
        put(out, "measured_ms", 1e3 * measured);
    }
    printf("\n");
    snprintf(name, sizeof name, "%zu", cores);
    figures_add(report, name, out);
}

/* The jobs that lose most on `cores` cores: by how much they exceed their share. */
static void print_losses(size_t cores)
{
    enum { SHOWN = 10 };
    int shown[MOST_JOBS] = {0};

    printf("\nwith %zu cores most is lost in\n", cores);
    for (size_t k = 0; k < SHOWN; k++) {
        size_t worst = MOST_JOBS;
        double lost = 0, all = 0;

        for (size_t i = 0; i < taken.n_jobs; i++) {
            const size_t begin = i > 0 ? taken.end[i - 1] : 0;
            const double sum = job_on(1, begin, taken.end[i]);
            const double more = job_on(cores, begin, taken.end[i]) - sum / (double)cores;

            if (shown[i] || more <= lost) continue;
            lost = more;
            all = sum;
            worst = i;
        }
        if (worst == MOST_JOBS) break;
        shown[worst] = 1;
        printf("  job %3zu of %zu, %3zu tasks, %7.2f ms of one core: %6.2f ms\n", worst, taken.n_jobs,
               taken.end[worst] - (worst > 0 ? taken.end[worst - 1] : 0), 1e3 * all, 1e3 * lost);
    }
}

static const char usage[] =
    "usage: bench_cores [--json FILE] [--threads N] [--quick]\n"
    "\n"
    "Simulates a DCGAN's step (64x64 pixels, batches of 64) on up to 64 cores from its tasks' times.\n"
    "  --json FILE   also write the figures there\n"
    "  --threads N   measured beside the model, instead of as many as the BLAS uses\n"
    "  --quick       one round\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(options.threads);
    run one = begin_work(&works[DCGAN64], GAN_PRECISION_FLOAT32, 1);
    run all = begin_work(&works[DCGAN64], GAN_PRECISION_FLOAT32, options.threads);
    double alone = HUGE_VAL, on_one = HUGE_VAL, on_all = HUGE_VAL;

    for (size_t i = 0; i < rounds; i++) {
        for (size_t k = 0; k < STEPS; k++) take_times(&one, &on_one, &alone);
        on_all = fmin(on_all, time_steps(&all, 1));
    }
    for (size_t cores = 1; cores <= MOST_CORES; cores *= 2)
        print_cores(cores, alone, cores == 1 ? on_one : cores == options.threads ? on_all : 0,
                    report);
    printf("outside of tasks: %.1f ms\n", 1e3 * alone);
    print_losses(16);
    end_run(&all);
    end_run(&one);
    end_report(report, &options);
    return 0;
}
