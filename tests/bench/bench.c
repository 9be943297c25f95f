#include "bench.h"
#include "fastest.h"

#include "math/kernels_internal.h"
#include "train/train_internal.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

size_t rounds = ROUNDS;

extern void openblas_set_num_threads(int n) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));

void die(const char *what)
{
    fprintf(stderr, "benchmark: %s: %s\n", what, gan_last_error());
    exit(1);
}

double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

float *numbers(size_t n)
{
    float *x = malloc(n * sizeof *x);
    gan_rng *rng = NULL;

    if (!x) die("malloc");
    MUST(gan_rng_create(&rng, 1, n, NULL));
    gan_rng_normal(rng, n, x);
    gan_rng_destroy(rng);
    return x;
}

double peak_megabytes(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024.0;
}

/* ---- statistics ---- */

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

double quantile(double *values, size_t n, double share)
{
    qsort(values, n, sizeof *values, by_size);
    return values[(size_t)(share * (double)(n - 1))];
}

double median(double *values, size_t n)
{
    return quantile(values, n, 0.5);
}

/* ---- the BLAS ---- */

void blas_threads(size_t n)
{
    if (openblas_set_num_threads) openblas_set_num_threads((int)n);
}

size_t blas_thread_count(void)
{
    return openblas_get_num_threads ? (size_t)openblas_get_num_threads() : 1;
}

void settle(void)
{
    const struct timespec t = {0, 80000000};

    nanosleep(&t, NULL);
}

double time_peak(size_t threads)
{
    static float *a, *b, *c, *scratch; /* kept for the next call */
    double start;

    if (!a) {
        a = numbers(PEAK * PEAK);
        b = numbers(PEAK * PEAK);
        c = numbers(PEAK * PEAK);
        scratch = numbers(GAN__GEMM_SCRATCH);
    }
    blas_threads(threads);
    start = now();
    gan__kernels_gemm_blas(&(gan__gemm_args){.m = PEAK,
                                             .n = PEAK,
                                             .k = PEAK,
                                             .a = a,
                                             .a_row = PEAK,
                                             .a_column = 1,
                                             .b = b,
                                             .b_stride = PEAK,
                                             .c = c,
                                             .c_stride = PEAK,
                                             .scratch = scratch});
    return now() - start;
}

double peak_rate(double seconds)
{
    return 2e-9 * PEAK * PEAK * PEAK / seconds;
}

double measure_peak(size_t threads)
{
    double seconds[ROUNDS];

    for (size_t i = 0; i < rounds; i++) seconds[i] = time_peak(threads);
    return peak_rate(median(seconds, rounds));
}

/* ---- training runs ---- */

run begin_run_as(gan_network *g, gan_network *d, const gan_adam_desc *adam,
                 const gan_trainer_desc *desc)
{
    run r = {.g = g, .d = d, .batch = {GAN_BATCH_INIT}};

    MUST(gan_optimizer_create_adam(&r.g_opt, adam));
    MUST(gan_optimizer_create_adam(&r.d_opt, adam));
    MUST(gan_trainer_create(&r.t, r.g, r.d, r.g_opt, r.d_opt, desc));
    r.batch.count = desc->batch_size;
    r.batch.shape = gan_network_input_shape(d);
    r.batch.samples = numbers(r.batch.count * gan_shape_size(r.batch.shape));
    return r;
}

run begin_run(gan_network *g, gan_network *d, const gan_adam_desc *adam, size_t batch,
              size_t threads)
{
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT};

    desc.batch_size = batch;
    desc.n_threads = threads;
    return begin_run_as(g, d, adam, &desc);
}

void end_run(run *r)
{
    gan_trainer_destroy(r->t);
    gan_optimizer_destroy(r->g_opt);
    gan_optimizer_destroy(r->d_opt);
    gan_network_destroy(r->g);
    gan_network_destroy(r->d);
    free((void *)(uintptr_t)r->batch.samples);
}

static gan_network *linear_network(const size_t *widths, gan_layer *last)
{
    gan_network *net = gan_network_create(gan_shape_1d(widths[0]), NULL);

    for (size_t i = 0; i < 3; i++) {
        gan_network_add(net, gan_layer_linear(widths[i], widths[i + 1]));
        gan_network_add(net, i < 2 ? gan_layer_leaky_relu(0.2f) : last);
    }
    return net;
}

gan_network *linear_generator(size_t hidden)
{
    return linear_network((const size_t[]){LATENT, hidden, hidden, IMAGE}, gan_layer_tanh());
}

run begin_linear_run(size_t hidden, size_t batch, size_t threads)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};

    adam.lr = 0.0001;
    return begin_run(
        linear_generator(hidden),
        linear_network((const size_t[]){IMAGE, hidden, hidden, 1}, gan_layer_sigmoid()), &adam,
        batch, threads);
}

double time_steps(run *r, size_t repeats)
{
    double start;

    MUST(gan_train_step(r->t, &r->batch, NULL));
    start = now();
    for (size_t i = 0; i < repeats; i++) MUST(gan_train_step(r->t, &r->batch, NULL));
    return (now() - start) / (double)repeats;
}

void print_stages(run *r, size_t steps, figures *report)
{
    static const char *const names[] = {
#define STAGE_NAME(name, text) text,
        GAN__STEP_STAGES(STAGE_NAME)
#undef STAGE_NAME
    };
    gan__step_profile profile = {{0}};
    figures *out = figures_begin();
    double total = 0;

    time_steps(r, steps / 10);
    gan__trainer_set_profile(r->t, &profile);
    for (size_t i = 0; i < steps; i++) MUST(gan_train_step(r->t, &r->batch, NULL));
    gan__trainer_set_profile(r->t, NULL);
    for (size_t i = 0; i < GAN__STEP_STAGE_COUNT; i++) total += profile.seconds[i];
    for (size_t i = 0; i < GAN__STEP_STAGE_COUNT; i++) {
        const double seconds = profile.seconds[i] / (double)steps;

        printf("  %-24s %8.3f ms  %5.1f %%\n", names[i], 1e3 * seconds,
               100 * profile.seconds[i] / total);
        put(out, names[i], seconds);
    }
    figures_add(report, "stages_s", out);
}

/* ---- the report ---- */

figures *begin_report(size_t threads)
{
    figures *report = figures_begin();

    printf("%s; libgan %s with loops for %s; BLAS %s, kernels %s; %zu threads; medians of %zu "
           "rounds\n\n",
           processor(), gan_version_string(), gan_instruction_set(), gan_blas_name(),
           blas_kernels(), threads, rounds);
    put(report, "threads", (double)threads);
    put_text(report, "processor", processor());
    put_text(report, "instruction_set", gan_instruction_set());
    put_text(report, "blas", gan_blas_name());
    put_text(report, "blas_kernels", blas_kernels());
    return report;
}

bench_options read_options(int argc, char **argv, const char *more, const char *usage)
{
    const struct option options[] = {
        {"json", required_argument, NULL, 'j'}, {"threads", required_argument, NULL, 't'},
        {"quick", no_argument, NULL, 'q'},      {"help", no_argument, NULL, 'h'},
        {more, no_argument, NULL, 'm'},         {NULL, 0, NULL, 0}};
    bench_options o = {.threads = 0};

    choose_fastest_blas(argv);
    o.threads = blas_thread_count();
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'm')
            o.more = 1;
        else if (c == 'q')
            rounds = 1;
        else if (c == 'j')
            o.json = optarg;
        else if (c == 't')
            o.threads = (size_t)strtoul(optarg, NULL, 10);
        else {
            fputs(usage, c == 'h' ? stdout : stderr);
            exit(c == 'h' ? 0 : 2);
        }
    }
    return o;
}

void end_report(figures *report, const bench_options *options)
{
    if (options->json && !figures_write(report, options->json)) {
        perror(options->json);
        exit(1);
    }
    figures_end(report);
}
