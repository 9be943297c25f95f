/* bound.c - a measured bound on the speed of two cores in a step of the experiment.
 *
 * Whatever the cut, two cores have to do the work of two trainers that share nothing, and wait for
 * data that only the other has computed, and read it.  The bound is the time of such trainers plus
 * the least number of exchanged cache lines and of jobs, each times its measured cost: a line amid
 * products, an empty job.  It holds for these loops and ways of exchanging; docs/performance.md has
 * what was tried to hide it. */
#include "bench.h"
#include "bound.h"

#include "math/kernels_internal.h"
#include "math/pool_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { CORES = 2, LINE = 16 /* numbers */ };

/* A product's scratch, to be freed. */
static float *panel(void)
{
    float *scratch = aligned_alloc(64, GAN__GEMM_SCRATCH * sizeof *scratch);

    if (!scratch) die("aligned_alloc");
    return scratch;
}

/* ---- nothing shared ---- */

typedef struct neighbour {
    run run;
    pthread_t thread;
} neighbour;

enum { STEPS = 20 };

static void *step_alone(void *argument)
{
    neighbour *n = argument;

    time_steps(&n->run, STEPS);
    return NULL;
}

static double time_side_by_side(neighbour *n)
{
    const double start = now();

    for (size_t i = 0; i < CORES; i++)
        if (pthread_create(&n[i].thread, NULL, step_alone, &n[i]) != 0) die("pthread_create");
    for (size_t i = 0; i < CORES; i++) pthread_join(n[i].thread, NULL);
    return (now() - start) / ((STEPS + 1) * CORES);
}

/* A trainer of one thread per core, at once: seconds per step, as if they had worked on one. */
static double measure_side_by_side(void)
{
    neighbour n[CORES];
    double seconds[ROUNDS];

    for (size_t i = 0; i < CORES; i++) n[i].run = begin_linear_run(HIDDEN, BATCH, 1);
    settle();
    for (size_t i = 0; i < rounds; i++) seconds[i] = time_side_by_side(n);
    for (size_t i = 0; i < CORES; i++) end_run(&n[i].run);
    return median(seconds, rounds);
}

/* ---- exchanging a line ---- */

/* Layers of a hidden one's size on a batch, one after the other; each core computes half of the
 * outputs.  A layer's input is the previous output, half of which is the other core's; or else
 * constant data of the core's own.  The difference in time is the cost, amid products, of reading
 * the other's lines and later writing them again.  The input is read through before a product,
 * which is the fastest of the ways that were tried. */
enum { LAYERS = 8, CHAINS = 5, TURNS = 301 };

typedef struct chain {
    float *x[LAYERS + 1], *w[LAYERS], *own[CORES], *scratch[CORES];
    atomic_size_t met[CORES];
    double seconds[2][TURNS]; /* per layer: of its own, and exchanging */
    float sum[CORES];
} chain;

typedef struct link {
    chain *c;
    size_t me;
    pthread_t thread;
} link;

static void meet(atomic_size_t *counts, size_t me)
{
    const size_t count = atomic_fetch_add(&counts[me], 1) + 1;

    while (atomic_load(&counts[1 - me]) < count) continue;
}

static float read_through(const float *x)
{
    float sum = 0;

    for (size_t i = 0; i < BATCH * HIDDEN; i += LINE) sum += x[i];
    return sum;
}

static void go_through(link *k, int exchanging)
{
    const size_t half = HIDDEN / CORES;
    chain *c = k->c;

    for (size_t l = 0; l < LAYERS; l++) {
        const float *x = exchanging ? c->x[l] : c->own[k->me];

        c->sum[k->me] += read_through(x);
        gan__kernels_linear(GAN__BY_SPEED, BATCH, HIDDEN, HIDDEN, half * k->me, half * (k->me + 1), x, c->w[l],
                            HIDDEN, NULL, c->x[l + 1], c->scratch[k->me]);
        meet(c->met, k->me);
    }
}

static void *exchange_lines(void *argument)
{
    link *k = argument;

    for (size_t i = 0; i < 2 * TURNS; i++) {
        const int exchanging = (int)(i % 2);
        double start;

        go_through(k, exchanging);
        start = now();
        for (size_t j = 0; j < CHAINS; j++) go_through(k, exchanging);
        if (k->me == 0)
            k->c->seconds[exchanging][i / 2] = (now() - start) / (double)(CHAINS * LAYERS);
    }
    return NULL;
}

/* Seconds per layer either way, and the cost per line from that. */
typedef struct line_cost {
    double apart, exchanging, line;
} line_cost;

static line_cost measure_lines(void)
{
    chain *c = calloc(1, sizeof *c);
    link links[CORES];
    line_cost cost = {0, 0, 0};

    if (!c) die("calloc");
    for (size_t i = 0; i <= LAYERS; i++) c->x[i] = numbers(BATCH * HIDDEN);
    for (size_t i = 0; i < LAYERS; i++) c->w[i] = numbers(HIDDEN * HIDDEN);
    for (size_t i = 0; i < CORES; i++) {
        c->own[i] = numbers(BATCH * HIDDEN);
        c->scratch[i] = panel();
        links[i] = (link){.c = c, .me = i};
    }
    settle();
    for (size_t i = 0; i < CORES; i++)
        if (pthread_create(&links[i].thread, NULL, exchange_lines, &links[i]) != 0)
            die("pthread_create");
    for (size_t i = 0; i < CORES; i++) pthread_join(links[i].thread, NULL);
    cost.apart = median(c->seconds[0], TURNS);
    cost.exchanging = median(c->seconds[1], TURNS);
    cost.line = (cost.exchanging - cost.apart) / (BATCH * HIDDEN / CORES / LINE);
    for (size_t i = 0; i <= LAYERS; i++) free(c->x[i]);
    for (size_t i = 0; i < LAYERS; i++) free(c->w[i]);
    for (size_t i = 0; i < CORES; i++) free(c->own[i]), free(c->scratch[i]);
    free(c);
    return cost;
}

/* ---- waiting for each other ---- */

/* A product with the work of half a job of the step, a separate one for each core. */
enum { ROWS = 200, IN = 256, OUT = 128, JOBS = 24 };

typedef struct share {
    size_t repeats;
    atomic_size_t begun; /* tasks, of all jobs */
    float *x[CORES], *w[CORES], *y[CORES], *scratch[CORES];
} share;

/* A barrier alone: neither continues before both have arrived. */
static void do_meet(void *context, size_t task, size_t worker)
{
    share *s = context;
    const size_t last = (s->begun + CORES) / CORES * CORES;

    (void)task;
    (void)worker;
    for (atomic_fetch_add(&s->begun, 1); s->begun < last;) continue;
}

static void do_share(void *context, size_t task, size_t worker)
{
    const share *s = context;

    (void)task;
    for (size_t i = 0; i < s->repeats; i++)
        gan__kernels_linear(GAN__BY_SPEED, ROWS, IN, OUT, 0, OUT, s->x[worker], s->w[worker], IN, NULL,
                            s->y[worker], s->scratch[worker]);
}

static double time_jobs(gan_pool *pool, gan__pool_fn *fn, share *s, size_t jobs, size_t repeats)
{
    const double start = now();

    s->repeats = repeats;
    for (size_t i = 0; i < jobs; i++) gan__pool_run(pool, fn, s, CORES);
    return now() - start;
}

/* The overhead of a job in seconds: empty, and with equal, independent shares of work. */
typedef struct job_cost {
    double empty, waiting;
} job_cost;

static job_cost measure_jobs(void)
{
    enum { EMPTY = 1000 };
    gan_pool *pool = NULL;
    share s = {.repeats = 0};
    double empty[ROUNDS], apart[TURNS], together[TURNS];

    MUST(gan_pool_create(&pool, CORES, NULL));
    for (size_t i = 0; i < CORES; i++) {
        s.x[i] = numbers(ROWS * IN);
        s.w[i] = numbers(OUT * IN);
        s.y[i] = numbers(ROWS * OUT);
        s.scratch[i] = panel();
    }
    blas_threads(1);
    settle();
    for (size_t i = 0; i < rounds; i++) empty[i] = time_jobs(pool, do_meet, &s, EMPTY, 0);
    for (size_t i = 0; i < TURNS; i++) {
        apart[i] = time_jobs(pool, do_share, &s, 1, JOBS);
        together[i] = time_jobs(pool, do_share, &s, JOBS, 1);
    }
    for (size_t i = 0; i < CORES; i++) free(s.x[i]), free(s.w[i]), free(s.y[i]), free(s.scratch[i]);
    gan_pool_destroy(pool);
    return (job_cost){median(empty, rounds) / EMPTY,
                      (median(together, TURNS) - median(apart, TURNS)) / JOBS};
}

/* ---- what has to be exchanged ---- */

/* What each core has to read of the other's in a step, and the number of barriers. */
typedef struct cut {
    const char *name;
    double numbers;
    size_t jobs;
} cut;

/* Each core owns half of every layer's weights, which never travel, nor do their gradients and
 * moments.  It has half of the inputs' columns or of the outputs', whichever costs less: of outputs
 * in the generator and in the discriminator's second layer, of inputs in its first and its last.
 * In units of half of a hidden layer's numbers for one batch, each with a job of its own:
 *
 *                                                 D's step, 2 batches   G's step
 *   generator, both hidden outputs, joined              2 (one batch)      2
 *   discriminator, first outputs, sums of halves        2                  1
 *     joined                                            2                  1
 *   its outputs, sums of halves                        1 number a row
 *   the first outputs' gradient, sums of halves         2                  1
 *     joined                                            2                  1
 *   generator, both hidden gradients, sums of halves                       2
 *   the norm, before anything is changed                1 number
 *   jobs                                                8                  10
 *
 * Both draw the same noise; real samples come from the host; pixels stay where they are made. */
static cut by_weights(void)
{
    const double half = BATCH * HIDDEN / 2.0;

    return (cut){"each core owns half of the weights", (10 + 8) * half + 3 * BATCH, 8 + 10};
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* The other's share of a layer's weight gradient: as sums over its rows for half of the weights; or
 * its rows of the input and of the output's gradient, one of them halved. */
static double share_of_grad(double in, double out, double in_rows, double rows)
{
    const double from_rows =
        least(in / 2 * in_rows / 2 + out * rows / 2, in * in_rows / 2 + out / 2 * rows / 2);

    return least(in * out / 2, from_rows);
}

/* Each core takes half of the rows through all layers and back, then sums half of the weights'
 * gradients, and updates those weights: three jobs for either step.  The shares of gradients are
 * exchanged, and half of the weights after each update. */
static cut by_rows(void)
{
    const double g = LATENT * HIDDEN + HIDDEN * HIDDEN + HIDDEN * IMAGE;
    const double d = IMAGE * HIDDEN + HIDDEN * HIDDEN + HIDDEN;
    const double grads = share_of_grad(IMAGE, HIDDEN, BATCH, 2 * BATCH) + /* only fake samples */
                         share_of_grad(HIDDEN, HIDDEN, 2 * BATCH, 2 * BATCH) +
                         share_of_grad(HIDDEN, 1, 2 * BATCH, 2 * BATCH) +
                         share_of_grad(LATENT, HIDDEN, BATCH, BATCH) +
                         share_of_grad(HIDDEN, HIDDEN, BATCH, BATCH) +
                         share_of_grad(HIDDEN, IMAGE, BATCH, BATCH);

    return (cut){"each core takes half of the rows", grads + (g + d) / 2, 6};
}

/* ---- the sum ---- */

/* The overhead of a cut over independent work. */
static double seconds_of(const cut *c, double line, double job)
{
    return c->numbers / LINE * line + (double)c->jobs * job;
}

void print_bound(double seconds_1_thread, double gflop, double peak, figures *report)
{
    const cut cuts[] = {by_weights(), by_rows()};
    const double apart = measure_side_by_side();
    const line_cost line = measure_lines();
    const job_cost job = measure_jobs();
    figures *out = figures_begin();
    double bound = 0;

    printf("\nwhat two cores could reach with these loops:\n");
    printf("  two trainers that share nothing        %8.3f ms  %6.1f GFLOP/s   %.0f %% of peak, "
           "%.2f times one thread\n",
           1e3 * apart, gflop / apart, 100 * gflop / apart / peak, seconds_1_thread / apart);
    printf(
        "  a layer of %d by %d: %.1f us, with exchange %.1f: %.1f ns a line of the other core's\n",
        HIDDEN, HIDDEN, 1e6 * line.apart, 1e6 * line.exchanging, 1e9 * line.line);
    printf("  a job without work: %.2f us; waiting in one of equal shares: %.2f us\n",
           1e6 * job.empty, 1e6 * job.waiting);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        const double seconds = apart + seconds_of(&cuts[i], line.line, job.waiting);

        printf("  %-36s   %8.3f ms: %.0f lines, %.3f ms; %zu jobs, %.3f ms (empty: %.3f)\n",
               cuts[i].name, 1e3 * seconds, cuts[i].numbers / LINE,
               1e3 * cuts[i].numbers / LINE * line.line, cuts[i].jobs,
               1e3 * (double)cuts[i].jobs * job.waiting, 1e3 * (double)cuts[i].jobs * job.empty);
        put(out, i == 0 ? "by_weights_s" : "by_rows_s", seconds);
        if (i == 0 || seconds < bound) bound = seconds;
    }
    printf("  neither cut on two cores can take less than %.3f ms: %.0f %% of peak, %.2f times one "
           "thread\n",
           1e3 * bound, 100 * gflop / bound / peak, seconds_1_thread / bound);
    put(out, "side_by_side_s", apart);
    put(out, "layer_apart_s", line.apart);
    put(out, "layer_exchanging_s", line.exchanging);
    put(out, "line_s", line.line);
    put(out, "empty_job_s", job.empty);
    put(out, "waiting_job_s", job.waiting);
    put(out, "bound_s", bound);
    figures_add(report, "bound", out);
}
