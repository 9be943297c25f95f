/* bench_step.c - the time of a training step, compared with the matrix products in it.
 *
 * All figures of a table come from one run, in rounds: each round times every row once, and a row's
 * figure is the median of its rounds, so that other load on the machine affects all rows alike. */
#include "bench.h"
#include "bound.h"
#include "math/kernels_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 1000, EPOCH = 60000 };

/* ---- the products of a step ---- */

typedef struct product {
    int a_transposed, b_transposed;
    int m, n, k;
} product;

typedef struct product_list {
    product p[64];
    size_t n;
    double flops;
    size_t largest;
    float *a, *b, *c, *scratch;
} product_list;

static void add_product(product_list *l, int a_transposed, int b_transposed, size_t m, size_t n, size_t k)
{
    const size_t sizes[] = {m * k, k * n, m * n};

    l->p[l->n++] = (product){a_transposed, b_transposed, (int)m, (int)n, (int)k};
    l->flops += 2.0 * (double)m * (double)n * (double)k;
    for (size_t i = 0; i < 3; i++)
        if (sizes[i] > l->largest) l->largest = sizes[i];
}

/* Forward; gradients with respect to layers' inputs, the first layer's only on request; gradients
 * with respect to weights, on request. */
static void add_network(product_list *l, const size_t *widths, size_t n_layers, size_t rows,
                        int input_grads, int first_input_grad, int weight_grads)
{
    for (size_t i = 0; i < n_layers; i++) add_product(l, 0, 1, rows, widths[i + 1], widths[i]);
    for (size_t i = n_layers; i-- > 0 && input_grads;)
        if (i > 0 || first_input_grad) add_product(l, 0, 0, rows, widths[i], widths[i + 1]);
    for (size_t i = 0; i < n_layers && weight_grads; i++)
        add_product(l, 1, 0, widths[i + 1], widths[i], rows);
}

static void list_products(product_list *l, size_t hidden, size_t batch)
{
    const size_t g[] = {LATENT, hidden, hidden, IMAGE};
    const size_t d[] = {IMAGE, hidden, hidden, 1};

    memset(l, 0, sizeof *l);
    add_network(l, g, 3, batch, 0, 0, 0);     /* fakes for the discriminator */
    add_network(l, d, 3, 2 * batch, 1, 0, 1); /* its step, real and fake at once */
    add_network(l, g, 3, batch, 1, 0, 1);     /* the generator's step */
    add_network(l, d, 3, batch, 1, 1, 0);     /* through the discriminator */
    l->a = numbers(l->largest);
    l->b = numbers(l->largest);
    l->c = numbers(l->largest);
    l->scratch = numbers(GAN__GEMM_SCRATCH);
}

static void run_products(const product_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const product *p = &l->p[i];

        gan__kernels_gemm_blas(&(gan__gemm_args){.m = (size_t)p->m,
                                                 .n = (size_t)p->n,
                                                 .k = (size_t)p->k,
                                                 .a = l->a,
                                                 .a_row = p->a_transposed ? 1 : (size_t)p->k,
                                                 .a_column = p->a_transposed ? (size_t)p->m : 1,
                                                 .b = l->b,
                                                 .b_transposed = p->b_transposed,
                                                 .b_stride = (size_t)(p->b_transposed ? p->k : p->n),
                                                 .c = l->c,
                                                 .c_stride = (size_t)p->n,
                                                 .scratch = l->scratch});
    }
}

/* ---- timing in rounds ---- */

static double time_products(const product_list *l, size_t threads, size_t repeats)
{
    double start;

    blas_threads(threads);
    start = now();
    for (size_t i = 0; i < repeats; i++) run_products(l);
    return (now() - start) / (double)repeats;
}

static double time_samples(run *r, size_t n, size_t repeats, const float *z, float *out)
{
    const double start = now();

    for (size_t i = 0; i < repeats; i++) MUST(gan_trainer_sample(r->t, z, n, out));
    return (now() - start) / (double)repeats;
}

/* ---- the tables ---- */

static figures *report; /* everything that is printed, for --json */

/* One size of networks and batch: its products by the BLAS's own threads against steps. */
typedef struct experiment {
    double gflop;
    double products1, products; /* seconds, on one thread and on all */
    double step1, step;
} experiment;

static experiment measure(size_t hidden, size_t batch, size_t threads)
{
    product_list l;
    run one = begin_linear_run(hidden, batch, 1);
    run all = begin_linear_run(hidden, batch, threads);
    double products1[ROUNDS], products[ROUNDS], step1[ROUNDS], step[ROUNDS];
    size_t repeats;
    experiment e;

    list_products(&l, hidden, batch);
    repeats = rounds == 1 ? 1 : (size_t)(1e10 / l.flops) + 1; /* tens of milliseconds */
    time_steps(&one, repeats);
    time_steps(&all, repeats);
    for (size_t i = 0; i < rounds; i++) {
        products1[i] = time_products(&l, 1, repeats);
        products[i] = time_products(&l, threads, repeats);
        settle();
        step1[i] = time_steps(&one, repeats);
        step[i] = time_steps(&all, repeats);
    }
    e = (experiment){1e-9 * l.flops, median(products1, rounds), median(products, rounds),
                     median(step1, rounds), median(step, rounds)};
    free(l.a), free(l.b), free(l.c);
    end_run(&one);
    end_run(&all);
    return e;
}

/* The experiment's own size, which the grid has, too. */
static experiment print_experiment(size_t threads)
{
    const experiment e = measure(HIDDEN, BATCH, threads);
    const double peak = measure_peak(threads);
    figures *out = figures_begin();

    printf("sgemm peak, %d-cube, %zu threads        %8.1f GFLOP/s\n", PEAK, threads, peak);
    printf("Fashion-MNIST step (64-256-256-784, 784-256-256-1, batch %d), %.3f GFLOP:\n", BATCH,
           e.gflop);
    printf("  its products alone, 1 thread         %8.3f ms  %6.1f GFLOP/s\n", 1e3 * e.products1,
           e.gflop / e.products1);
    printf("  its products alone, %zu BLAS threads   %8.3f ms  %6.1f GFLOP/s   (the floor)\n",
           threads, 1e3 * e.products, e.gflop / e.products);
    printf(
        "  gan_train_step, 1 thread             %8.3f ms  %6.1f GFLOP/s   %.2f of its products\n",
        1e3 * e.step1, e.gflop / e.step1, e.step1 / e.products1);
    printf("  gan_train_step, %zu threads            %8.3f ms  %6.1f GFLOP/s   %.2f of the floor, "
           "%.0f %% of peak\n",
           threads, 1e3 * e.step, e.gflop / e.step, e.step / e.products,
           100 * e.gflop / e.step / peak);
    printf("  1 thread / %zu threads                 %8.2f\n", threads, e.step1 / e.step);
    printf("  epochs of %d images a minute      %8.1f\n", EPOCH, 60.0 / (e.step * EPOCH / BATCH));
    put(out, "peak_gflops", peak);
    put(out, "gflop", e.gflop);
    put(out, "products_1_thread_s", e.products1);
    put(out, "products_s", e.products);
    put(out, "step_1_thread_s", e.step1);
    put(out, "step_s", e.step);
    figures_add(report, "experiment", out);
    if (threads == 2) print_bound(e.step1, e.gflop, peak, report);
    return e;
}

static void print_step_stages(size_t threads)
{
    run r = begin_linear_run(HIDDEN, BATCH, threads);

    printf("\nwhere a step's time goes, %zu threads:\n", threads);
    print_stages(&r, 200, report);
    end_run(&r);
}

static void print_sampling(size_t threads)
{
    enum { CALLS = 2000, BATCHES = 50 };
    static double one[CALLS], many[BATCHES];
    run r = begin_linear_run(HIDDEN, BATCH, threads);
    float *z = numbers(SAMPLES * LATENT);
    float *out = numbers(SAMPLES * IMAGE);
    const double gflop =
        2e-9 * SAMPLES * ((double)LATENT * HIDDEN + HIDDEN * HIDDEN + HIDDEN * IMAGE);
    const double peak = measure_peak(threads);
    figures *json = figures_begin();

    time_samples(&r, 1, 200, z, out);
    for (size_t i = 0; i < CALLS; i++) one[i] = time_samples(&r, 1, 1, z, out);
    for (size_t i = 0; i < BATCHES; i++) many[i] = time_samples(&r, SAMPLES, 1, z, out);
    put(json, "one_p50_s", quantile(one, CALLS, 0.5));
    put(json, "one_p99_s", quantile(one, CALLS, 0.99));
    put(json, "samples_a_second", SAMPLES / quantile(many, BATCHES, 0.5));
    printf("\nsampling: one in %.1f us (p50), %.1f us (p99); %d at once: %.0f samples/s, %.0f %% "
           "of peak\n",
           1e6 * quantile(one, CALLS, 0.5), 1e6 * quantile(one, CALLS, 0.99), SAMPLES,
           SAMPLES / quantile(many, BATCHES, 0.5),
           100 * gflop / quantile(many, BATCHES, 0.5) / peak);
    figures_add(report, "sampling", json);
    free(z), free(out);
    end_run(&r);
}

/* One size isn't measured again: the table must agree with the figures above it. */
static void print_grid(size_t threads, const experiment *done)
{
    static const size_t widths[] = {64, 256, 1024};
    static const size_t batches[] = {16, 64, 100, 512};
    figures *out = figures_begin();

    printf("\n%6s %6s %9s   %-27s   %-27s\n", "", "", "", "1 thread, ms", "all threads, ms");
    printf("%6s %6s %9s   %9s %9s %7s   %9s %9s %7s %9s\n", "hidden", "batch", "GFLOP", "products",
           "step", "ratio", "products", "step", "ratio", "GFLOP/s");
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 4; j++) {
            const int is_done = widths[i] == HIDDEN && batches[j] == BATCH;
            const experiment e = is_done ? *done : measure(widths[i], batches[j], threads);
            figures *line = figures_begin();

            printf("%6zu %6zu %9.3f   %9.3f %9.3f %7.2f   %9.3f %9.3f %7.2f %9.1f\n", widths[i],
                   batches[j], e.gflop, 1e3 * e.products1, 1e3 * e.step1, e.step1 / e.products1,
                   1e3 * e.products, 1e3 * e.step, e.step / e.products, e.gflop / e.step);
            fflush(stdout);
            put(line, "hidden", (double)widths[i]);
            put(line, "batch", (double)batches[j]);
            put(line, "gflop", e.gflop);
            put(line, "products_1_thread_s", e.products1);
            put(line, "step_1_thread_s", e.step1);
            put(line, "products_s", e.products);
            put(line, "step_s", e.step);
            figures_add(out, NULL, line);
        }
    figures_add(report, "grid", out);
}

static const char usage[] =
    "usage: bench_step [--grid] [--json FILE] [--threads N] [--quick]\n"
    "\n"
    "Times a training step of the Fashion-MNIST experiment against the matrix products in it.\n"
    "  --grid        also other widths and batch sizes: a minute more\n"
    BENCH_OPTIONS BENCH_QUICK;

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, "grid", usage);
    const size_t threads = options.threads;
    experiment e;

    report = begin_report(threads);
    e = print_experiment(threads);
    print_step_stages(threads);
    print_sampling(threads);
    if (options.more) print_grid(threads, &e);
    printf("\npeak memory of this benchmark: %.0f MB\n", peak_megabytes());
    end_report(report, &options);
    return 0;
}
