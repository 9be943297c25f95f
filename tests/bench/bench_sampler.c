/* bench_sampler.c - latency and throughput of a network, of a sampler, of several threads at once.
 *
 * Single samples are timed thousands of times; batches and threads for half a second. */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { SINGLES = 20000, MOST_BATCH = 1000, MOST_THREADS = 8 };
static size_t singles = SINGLES;
static double seconds = 0.5; /* for each rate */

/* ---- the generators ---- */

/* Of 28x28, as in bench_dcgan.c; without batch norm it shows what folding that could save. */
static gan_network *convolutions(int normalised)
{
    enum { NOISE = 100, BASE = 64 };
    const gan_conv2d_desc plain = {GAN_CONV2D_DESC_INIT, .no_bias = normalised};
    const gan_conv2d_desc half = {
        GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}, .no_bias = normalised};
    const gan_conv2d_desc last = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};
    gan_network *net = gan_network_create(gan_shape_3d(NOISE, 1, 1), NULL);

    gan_network_add(net, gan_layer_conv_transpose2d(NOISE, 2 * BASE, 7, &plain));
    if (normalised) gan_network_add(net, gan_layer_batch_norm(2 * BASE, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(2 * BASE, BASE, 4, &half));
    if (normalised) gan_network_add(net, gan_layer_batch_norm(BASE, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(BASE, 1, 4, &last));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *dcgan(void)
{
    return convolutions(1);
}

static gan_network *dcgan_without_batch_norm(void)
{
    return convolutions(0);
}

/* ---- network or sampler ---- */

typedef struct subject {
    gan_network *net; /* NULL: the workspace draws */
    gan_sampler_workspace *workspace;
    const float *z;
    float *out;
} subject;

static void draw(const subject *s, size_t n)
{
    if (s->net)
        MUST(gan_network_forward(s->net, s->z, n, s->out));
    else
        MUST(gan_sampler_draw(s->workspace, s->z, NULL, n, s->out));
}

/* Median and 99th percentile of single samples, in microseconds. */
static void time_singles(const subject *s, double *p50, double *p99)
{
    double *times = malloc(singles * sizeof *times);

    if (!times) die("malloc");
    for (size_t i = 0; i < 100; i++) draw(s, 1);
    for (size_t i = 0; i < singles; i++) {
        const double start = now();

        draw(s, 1);
        times[i] = 1e6 * (now() - start);
    }
    *p50 = quantile(times, singles, 0.5);
    *p99 = quantile(times, singles, 0.99);
    free(times);
}

/* Samples per second in batches of n. */
static double rate(const subject *s, size_t n)
{
    const double start = now();
    double end;
    size_t drawn = 0;

    draw(s, n);
    do {
        draw(s, n);
        drawn += n;
        end = now();
    } while (end < start + seconds);
    return (double)drawn / (end - start);
}

static void print_subject(const char *name, const char *how, const subject *s, figures *report)
{
    static const size_t batches[] = {1, 14, 100, MOST_BATCH};
    figures *out = figures_begin();
    char key[64];
    double p50, p99;

    time_singles(s, &p50, &p99);
    printf("%-26s %-8s one sample: p50 %7.1f us, p99 %7.1f us; a second, in batches", name, how, p50,
           p99);
    put(out, "p50_us", p50);
    put(out, "p99_us", p99);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        const double r = rate(s, batches[i]);

        printf(" of %zu: %.0f%s", batches[i], r, i < 3 ? "," : "\n");
        snprintf(key, sizeof key, "rate_%zu", batches[i]);
        put(out, key, r);
    }
    snprintf(key, sizeof key, "%s, %s", name, how);
    figures_add(report, key, out);
}

/* ---- threads ---- */

typedef struct thread_of {
    pthread_t thread;
    gan_sampler *sampler;
    const float *z;
    size_t out_size, drawn;
    atomic_int *stop;
} thread_of;

static void *draw_singles(void *argument)
{
    thread_of *me = argument;
    gan_sampler_workspace *w = NULL;
    float *out = malloc(me->out_size * sizeof *out);

    if (!out) die("malloc");
    MUST(gan_sampler_workspace_create(&w, me->sampler, NULL));
    for (; !atomic_load(me->stop); me->drawn++) MUST(gan_sampler_draw(w, me->z, NULL, 1, out));
    gan_sampler_workspace_destroy(w);
    free(out);
    return NULL;
}

static double threads_rate(gan_sampler *sampler, const float *z, size_t n)
{
    thread_of threads[MOST_THREADS];
    atomic_int stop = 0;
    size_t drawn = 0;
    double start = now();

    for (size_t i = 0; i < n; i++) {
        threads[i] = (thread_of){.sampler = sampler,
                                 .z = z,
                                 .out_size = gan_shape_size(gan_sampler_output_shape(sampler)),
                                 .stop = &stop};
        if (pthread_create(&threads[i].thread, NULL, draw_singles, &threads[i]) != 0)
            die("pthread_create");
    }
    while (now() < start + seconds) settle();
    atomic_store(&stop, 1);
    for (size_t i = 0; i < n; i++) {
        pthread_join(threads[i].thread, NULL);
        drawn += threads[i].drawn;
    }
    return (double)drawn / (now() - start);
}

static void print_threads(const char *name, gan_sampler *sampler, const float *z, figures *report)
{
    static const size_t counts[] = {1, 2, MOST_THREADS};
    figures *out = figures_begin();
    char key[64];

    printf("%-26s single samples a second:", name);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const double r = threads_rate(sampler, z, counts[i]);

        printf(" %zu thread%s %.0f%s", counts[i], counts[i] == 1 ? "" : "s", r, i < 2 ? "," : "\n");
        snprintf(key, sizeof key, "threads_%zu", counts[i]);
        put(out, key, r);
    }
    snprintf(key, sizeof key, "%s, threads", name);
    figures_add(report, key, out);
}

/* ---- memory ---- */

static void *count_alloc(size_t bytes, void *user)
{
    *(size_t *)user += bytes;
    return malloc(bytes);
}

static void count_free(void *memory, void *user)
{
    (void)user;
    free(memory);
}

static size_t workspace_bytes(gan_sampler *sampler)
{
    size_t bytes = 0;
    const gan_allocator counting = {count_alloc, count_free, &bytes};
    gan_sampler_workspace *w = NULL;

    MUST(gan_sampler_workspace_create(
        &w, sampler,
        &(gan_sampler_workspace_desc){GAN_SAMPLER_WORKSPACE_DESC_INIT, .allocator = &counting}));
    gan_sampler_workspace_destroy(w);
    return bytes;
}

static double publish_microseconds(gan_sampler *sampler, gan_network *net)
{
    double times[101];

    for (size_t i = 0; i < 101; i++) {
        const double start = now();

        MUST(gan_sampler_publish(sampler, net));
        times[i] = 1e6 * (now() - start);
    }
    return median(times, 101);
}

/* ---- a generator ---- */

static void measure(const char *name, gan_network *net, figures *report)
{
    gan_sampler *sampler = NULL;
    gan_sampler_workspace *w = NULL;
    figures *out = figures_begin();
    float *z, *pixels;

    MUST(gan_sampler_create(&sampler, net, NULL));
    MUST(gan_sampler_workspace_create(&w, sampler, NULL));
    z = numbers(MOST_BATCH * gan_shape_size(gan_sampler_input_shape(sampler)));
    pixels = numbers(MOST_BATCH * gan_shape_size(gan_sampler_output_shape(sampler)));
    print_subject(name, "network", &(subject){.net = net, .z = z, .out = pixels}, report);
    print_subject(name, "sampler", &(subject){.workspace = w, .z = z, .out = pixels}, report);
    print_threads(name, sampler, z, report);
    put(out, "workspace_bytes", (double)workspace_bytes(sampler));
    put(out, "publish_us", publish_microseconds(sampler, net));
    printf("%-26s a workspace: %zu bytes; publishing %zu weights: %.0f us\n\n", name,
           workspace_bytes(sampler), gan_network_param_count(net), publish_microseconds(sampler, net));
    figures_add(report, name, out);
    gan_sampler_workspace_destroy(w);
    gan_sampler_destroy(sampler);
    gan_network_destroy(net);
    free(z), free(pixels);
}

static const char usage[] = "usage: bench_sampler [--json FILE] [--threads N] [--quick]\n"
                            "\n"
                            "Times samples of a generator, by a network and by a sampler.\n"
                            "  --json FILE   also write the figures there\n"
                            "  --threads N   has no effect\n"
                            "  --quick       a smoke test\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(options.threads);

    if (rounds == 1) {
        singles = 100;
        seconds = 0.01;
    }
    measure("linear", linear_generator(HIDDEN), report);
    measure("DCGAN, 28x28, base 64", dcgan(), report);
    measure("DCGAN without batch norm", dcgan_without_batch_norm(), report);
    end_report(report, &options);
    return 0;
}
