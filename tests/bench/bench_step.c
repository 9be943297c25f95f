/* bench_step.c - what a training step costs, against the matrix products in it.
 *
 * All figures of a table come from one run, in rounds: each round times every row once, and a row's
 * figure is the median of its rounds, so that what else the machine does hits all rows alike. */
#include "train_internal.h"

#include <gan/gan.h>

#include <cblas.h>
#include <getopt.h>
#include <jansson.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* Only OpenBLAS has threads of its own to set; another BLAS is timed as it is. */
extern void openblas_set_num_threads(int n) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));

enum {
    ROUNDS = 11,
    SAMPLES = 1000,
    LATENT = 64,
    IMAGE = 784,
    BATCH = 100,
    EPOCH = 60000,
    PEAK = 2000
};

static void die(const char *what)
{
    fprintf(stderr, "bench_step: %s: %s\n", what, gan_last_error());
    exit(1);
}

#define MUST(call)                                                                                 \
    do {                                                                                           \
        if ((call) != GAN_OK) die(#call);                                                          \
    } while (0)

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void blas_threads(size_t n)
{
    if (openblas_set_num_threads) openblas_set_num_threads((int)n);
}

static float *numbers(size_t n)
{
    float *x = malloc(n * sizeof *x);
    gan_rng *rng = NULL;

    if (!x) die("malloc");
    MUST(gan_rng_create(&rng, 1, n, NULL));
    gan_rng_normal(rng, n, x);
    gan_rng_destroy(rng);
    return x;
}

/* ---- the products of a step ---- */

typedef struct product {
    int a_turned, b_turned;
    int m, n, k;
} product;

typedef struct product_list {
    product p[64];
    size_t n;
    double flops;
    size_t largest;
    float *a, *b, *c;
} product_list;

static void add_product(product_list *l, int a_turned, int b_turned, size_t m, size_t n, size_t k)
{
    const size_t sizes[] = {m * k, k * n, m * n};

    l->p[l->n++] = (product){a_turned, b_turned, (int)m, (int)n, (int)k};
    l->flops += 2.0 * (double)m * (double)n * (double)k;
    for (size_t i = 0; i < 3; i++)
        if (sizes[i] > l->largest) l->largest = sizes[i];
}

/* Forward; gradients by layers' inputs, the first layer's only on request; gradients by weights, on
 * request. */
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
}

static void run_products(const product_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const product *p = &l->p[i];

        cblas_sgemm(CblasRowMajor, p->a_turned ? CblasTrans : CblasNoTrans,
                    p->b_turned ? CblasTrans : CblasNoTrans, p->m, p->n, p->k, 1.0f, l->a,
                    p->a_turned ? p->m : p->k, l->b, p->b_turned ? p->k : p->n, 0.0f, l->c, p->n);
    }
}

/* ---- libgan's own work ---- */

typedef struct run {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *t;
    gan_batch batch;
} run;

static gan_network *network(const size_t *widths, int generator)
{
    gan_network *net = gan_network_create(gan_shape_1d(widths[0]), NULL);

    for (size_t i = 0; i < 3; i++) {
        gan_network_add(net, gan_layer_linear(widths[i], widths[i + 1]));
        if (i < 2) gan_network_add(net, gan_layer_leaky_relu(0.2f));
    }
    gan_network_add(net, generator ? gan_layer_tanh() : gan_layer_sigmoid());
    return net;
}

static run begin_run(size_t hidden, size_t batch, size_t threads)
{
    run r = {.batch = {GAN_BATCH_INIT}};
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT};

    adam.lr = 0.0001;
    desc.batch_size = batch;
    desc.n_threads = threads;
    r.g = network((const size_t[]){LATENT, hidden, hidden, IMAGE}, 1);
    r.d = network((const size_t[]){IMAGE, hidden, hidden, 1}, 0);
    MUST(gan_optimizer_create_adam(&r.g_opt, &adam));
    MUST(gan_optimizer_create_adam(&r.d_opt, &adam));
    MUST(gan_trainer_create(&r.t, r.g, r.d, r.g_opt, r.d_opt, &desc));
    r.batch.count = batch;
    r.batch.shape = gan_shape_1d(IMAGE);
    r.batch.samples = numbers(batch * IMAGE);
    return r;
}

static void end_run(run *r)
{
    gan_trainer_destroy(r->t);
    gan_optimizer_destroy(r->g_opt);
    gan_optimizer_destroy(r->d_opt);
    gan_network_destroy(r->g);
    gan_network_destroy(r->d);
    free((void *)(uintptr_t)r->batch.samples);
}

/* ---- timing in rounds ---- */

typedef struct row {
    double seconds[ROUNDS];
} row;

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The seconds below which `share` of the values lie. */
static double quantile(double *seconds, size_t n, double share)
{
    qsort(seconds, n, sizeof *seconds, by_size);
    return seconds[(size_t)(share * (double)(n - 1))];
}

static double median(row *r)
{
    return quantile(r->seconds, ROUNDS, 0.5);
}

static double time_peak(size_t threads, float *a, float *b, float *c)
{
    double start;

    blas_threads(threads);
    start = now();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, PEAK, PEAK, PEAK, 1.0f, a, PEAK, b, PEAK,
                0.0f, c, PEAK);
    return now() - start;
}

static double time_products(const product_list *l, size_t threads, size_t repeats)
{
    double start;

    blas_threads(threads);
    start = now();
    for (size_t i = 0; i < repeats; i++) run_products(l);
    return (now() - start) / (double)repeats;
}

/* OpenBLAS's own threads go on spinning for a while after their last product, on CPUs that are
 * wanted for other work by then. */
static void settle(void)
{
    const struct timespec t = {0, 80000000};

    nanosleep(&t, NULL);
}

static double time_steps(run *r, size_t repeats)
{
    double start;

    MUST(gan_train_step(r->t, &r->batch, NULL));
    start = now();

    for (size_t i = 0; i < repeats; i++) MUST(gan_train_step(r->t, &r->batch, NULL));
    return (now() - start) / (double)repeats;
}

typedef struct neighbour {
    run run;
    size_t repeats;
    pthread_t thread;
} neighbour;

static void *step_alone(void *argument)
{
    neighbour *n = argument;

    time_steps(&n->run, n->repeats);
    return NULL;
}

/* So many trainers of one thread each at once, which share nothing: seconds a step, as if they had
 * worked on one.  What threads would reach if exchanging data between cores cost nothing. */
static double time_side_by_side(neighbour *n, size_t threads, size_t repeats)
{
    const double start = now();

    for (size_t i = 0; i < threads; i++) {
        n[i].repeats = repeats;
        if (pthread_create(&n[i].thread, NULL, step_alone, &n[i]) != 0) die("pthread_create");
    }
    for (size_t i = 0; i < threads; i++) pthread_join(n[i].thread, NULL);
    return (now() - start) / (double)((repeats + 1) * threads);
}

static double time_samples(run *r, size_t n, size_t repeats, const float *z, float *out)
{
    const double start = now();

    for (size_t i = 0; i < repeats; i++) MUST(gan_trainer_sample(r->t, z, n, out));
    return (now() - start) / (double)repeats;
}

static double peak_memory_mb(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024.0;
}

/* ---- the tables ---- */

static json_t *report; /* everything that is printed, for --json */

static void put(json_t *object, const char *name, double value)
{
    json_object_set_new(object, name, json_real(value));
}

/* One size of networks and batch: its products by the BLAS's own threads against steps. */
typedef struct experiment {
    double gflop;
    double products1, products; /* seconds, on one thread and on all */
    double step1, step;
} experiment;

static experiment measure(size_t hidden, size_t batch, size_t threads)
{
    product_list l;
    run one = begin_run(hidden, batch, 1);
    run all = begin_run(hidden, batch, threads);
    row products1, products, step1, step;
    size_t repeats;
    experiment e;

    list_products(&l, hidden, batch);
    repeats = (size_t)(3e9 / l.flops) + 1; /* some tens of milliseconds a round */
    time_steps(&one, repeats);
    time_steps(&all, repeats);
    for (size_t i = 0; i < ROUNDS; i++) {
        products1.seconds[i] = time_products(&l, 1, repeats);
        products.seconds[i] = time_products(&l, threads, repeats);
        settle();
        step1.seconds[i] = time_steps(&one, repeats);
        step.seconds[i] = time_steps(&all, repeats);
    }
    e = (experiment){1e-9 * l.flops, median(&products1), median(&products), median(&step1),
                     median(&step)};
    free(l.a), free(l.b), free(l.c);
    end_run(&one);
    end_run(&all);
    return e;
}

static double measure_peak(size_t threads)
{
    float *a = numbers(PEAK * PEAK), *b = numbers(PEAK * PEAK), *c = numbers(PEAK * PEAK);
    row r;

    for (size_t i = 0; i < ROUNDS; i++) r.seconds[i] = time_peak(threads, a, b, c);
    free(a), free(b), free(c);
    return 2e-9 * PEAK * PEAK * PEAK / median(&r);
}

static double measure_side_by_side(size_t threads)
{
    neighbour *n = calloc(threads, sizeof *n);
    row r;

    if (!n) die("calloc");
    for (size_t i = 0; i < threads; i++) n[i].run = begin_run(256, BATCH, 1);
    settle();
    for (size_t i = 0; i < ROUNDS; i++) r.seconds[i] = time_side_by_side(n, threads, 20);
    for (size_t i = 0; i < threads; i++) end_run(&n[i].run);
    free(n);
    return median(&r);
}

static void print_experiment(size_t threads)
{
    const experiment e = measure(256, BATCH, threads);
    const double peak = measure_peak(threads);
    const double apart = measure_side_by_side(threads);
    json_t *out = json_object();

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
    printf("  %zu trainers that share nothing        %8.3f ms  %6.1f GFLOP/s   %.0f %% of peak, "
           "%.2f\n",
           threads, 1e3 * apart, e.gflop / apart, 100 * e.gflop / apart / peak, e.step1 / apart);
    printf("  epochs of %d images a minute      %8.1f\n", EPOCH, 60.0 / (e.step * EPOCH / BATCH));
    put(out, "peak_gflops", peak);
    put(out, "gflop", e.gflop);
    put(out, "products_1_thread_s", e.products1);
    put(out, "products_s", e.products);
    put(out, "step_1_thread_s", e.step1);
    put(out, "step_s", e.step);
    put(out, "step_side_by_side_s", apart);
    json_object_set_new(report, "experiment", out);
}

static void print_stages(size_t threads)
{
    static const char *const names[] = {
#define STAGE_NAME(name, text) text,
        GAN__STEP_STAGES(STAGE_NAME)
#undef STAGE_NAME
    };
    run r = begin_run(256, BATCH, threads);
    gan__step_profile profile = {{0}};
    json_t *out = json_object();
    const size_t steps = 200;
    double total = 0;

    time_steps(&r, 20);
    gan__trainer_set_profile(r.t, &profile);
    time_steps(&r, steps);
    printf("\nwhere a step's time goes, %zu threads:\n", threads);
    for (size_t i = 0; i < GAN__STEP_STAGE_COUNT; i++) total += profile.seconds[i];
    for (size_t i = 0; i < GAN__STEP_STAGE_COUNT; i++) {
        printf("  %-24s %8.3f ms  %5.1f %%\n", names[i], 1e3 * profile.seconds[i] / (double)steps,
               100 * profile.seconds[i] / total);
        put(out, names[i], profile.seconds[i] / (double)steps);
    }
    json_object_set_new(report, "stages_s", out);
    end_run(&r);
}

static void print_sampling(size_t threads)
{
    enum { CALLS = 2000, BATCHES = 50 };
    static double one[CALLS], many[BATCHES];
    run r = begin_run(256, BATCH, threads);
    float *z = numbers(SAMPLES * LATENT);
    float *out = numbers(SAMPLES * IMAGE);
    const double gflop = 2e-9 * SAMPLES * (LATENT * 256.0 + 256.0 * 256.0 + 256.0 * IMAGE);
    const double peak = measure_peak(threads);
    json_t *json = json_object();

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
    json_object_set_new(report, "sampling", json);
    free(z), free(out);
    end_run(&r);
}

static void print_grid(size_t threads)
{
    static const size_t widths[] = {64, 256, 1024};
    static const size_t batches[] = {16, 64, 100, 512};
    json_t *out = json_array();

    printf("\n%6s %6s %9s   %-27s   %-27s\n", "", "", "", "1 thread, ms", "all threads, ms");
    printf("%6s %6s %9s   %9s %9s %7s   %9s %9s %7s %9s\n", "hidden", "batch", "GFLOP", "products",
           "step", "ratio", "products", "step", "ratio", "GFLOP/s");
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 4; j++) {
            const experiment e = measure(widths[i], batches[j], threads);
            json_t *line = json_object();

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
            json_array_append_new(out, line);
        }
    json_object_set_new(report, "grid", out);
}

static void usage(FILE *to)
{
    fputs(
        "usage: bench_step [--grid] [--json FILE] [--threads N]\n"
        "\n"
        "Times a training step of the Fashion-MNIST experiment against the matrix products in it.\n"
        "  --grid        other widths and batch sizes, too: a minute more\n"
        "  --json FILE   write the figures there, too\n"
        "  --threads N   instead of all the BLAS uses\n",
        to);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"grid", no_argument, NULL, 'g'},
                                            {"json", required_argument, NULL, 'j'},
                                            {"threads", required_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    size_t threads = openblas_get_num_threads ? (size_t)openblas_get_num_threads() : 1;
    const char *json = NULL;
    int grid = 0;

    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'g')
            grid = 1;
        else if (c == 'j')
            json = optarg;
        else if (c == 't')
            threads = (size_t)strtoul(optarg, NULL, 10);
        else
            return usage(c == 'h' ? stdout : stderr), c == 'h' ? 0 : 2;
    }
    report = json_object();
    put(report, "threads", (double)threads);
    printf("libgan %s, BLAS %s, %zu threads; medians of %d rounds\n\n", gan_version_string(),
           gan_blas_name(), threads, ROUNDS);
    print_experiment(threads);
    print_stages(threads);
    print_sampling(threads);
    if (grid) print_grid(threads);
    printf("\npeak memory of this benchmark: %.0f MB\n", peak_memory_mb());
    if (json && json_dump_file(report, json, JSON_INDENT(1)) != 0) return perror(json), 1;
    json_decref(report);
    return 0;
}
