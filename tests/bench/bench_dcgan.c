/* bench_dcgan.c - the time of a DCGAN's training step, compared with the matrix products in it.
 *
 * The networks are like those of examples/fashion_dcgan.c: 28x28 pixels, 64 channels at 14x14,
 * batches of 64.  Every step is timed by itself, on one thread and on all in turns, between
 * measurements of the peak. */
#include "bench.h"

#include <stdio.h>

enum { NOISE = 100, BASE = 64, SIDE = 28, DCGAN_BATCH = 64, STEPS = 5 /* per round */ };

/* ---- the networks ---- */

static const gan_conv2d_desc plain = {GAN_CONV2D_DESC_INIT, .no_bias = 1};
static const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1},
                                     .no_bias = 1};
static const gan_conv2d_desc half_biased = {GAN_CONV2D_DESC_INIT, .stride = {2, 2},
                                            .padding = {1, 1}};

static gan_network *generator(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(NOISE, 1, 1), NULL);

    gan_network_add(net, gan_layer_conv_transpose2d(NOISE, 2 * BASE, SIDE / 4, &plain));
    gan_network_add(net, gan_layer_batch_norm(2 * BASE, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(2 * BASE, BASE, 4, &half));
    gan_network_add(net, gan_layer_batch_norm(BASE, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(BASE, 1, 4, &half_biased));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *discriminator(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(1, SIDE, SIDE), NULL);

    gan_network_add(net, gan_layer_conv2d(1, BASE, 4, &half_biased));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(BASE, 2 * BASE, 4, &half));
    gan_network_add(net, gan_layer_batch_norm(2 * BASE, NULL));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(2 * BASE, 1, SIDE / 4, NULL));
    return net;
}

static run begin_dcgan(size_t threads)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};

    adam.lr = 2e-4;
    adam.beta1 = 0.5;
    return begin_run(generator(), discriminator(), &adam, DCGAN_BATCH, threads);
}

/* ---- its products ---- */

/* Operations of each convolution for one sample: two per weight and pixel of the smaller image,
 * including padding. */
static const double g_layers[] = {
    2.0 * NOISE * 2 * BASE * (SIDE / 4) * (SIDE / 4),       /* a full-size kernel at one pixel */
    2.0 * 2 * BASE *BASE * 4 * 4 * (SIDE / 4) * (SIDE / 4), /* 7x7 pixels */
    2.0 * BASE * 4 * 4 * (SIDE / 2) * (SIDE / 2)};          /* 14x14 pixels */
static const double d_layers[] = {2.0 * BASE * 4 * 4 * (SIDE / 2) * (SIDE / 2),
                                  2.0 * BASE * 2 * BASE * 4 * 4 * (SIDE / 4) * (SIDE / 4),
                                  2.0 * 2 * BASE *(SIDE / 4) * (SIDE / 4)};
enum { LAYERS = 3 };

/* Forward; gradients with respect to layers' inputs from layer `lowest` on; gradients with respect
 * to weights on request. */
static double flops_of(const double *layers, size_t rows, size_t lowest, int weights)
{
    double flops = 0;

    for (size_t i = 0; i < LAYERS; i++) flops += layers[i] * (1 + (i >= lowest) + (weights != 0));
    return (double)rows * flops;
}

static double step_gflop(void)
{
    return 1e-9 * (flops_of(g_layers, DCGAN_BATCH, LAYERS, 0) + /* fakes for the discriminator */
                   flops_of(d_layers, 2 * DCGAN_BATCH, 1, 1) +  /* its step, real and fake */
                   flops_of(g_layers, DCGAN_BATCH, 1, 1) +      /* the generator's step */
                   flops_of(d_layers, DCGAN_BATCH, 0, 0));      /* through the discriminator */
}

/* ---- timing ---- */

typedef struct side {
    size_t threads;
    run run;
    double steps[ROUNDS * STEPS], peaks[ROUNDS];
} side;

static double time_step(run *r)
{
    const double start = now();

    MUST(gan_train_step(r->t, &r->batch, NULL));
    return now() - start;
}

static void time_round(side *s, size_t round)
{
    s->peaks[round] = time_peak(s->threads);
    settle();
    MUST(gan_train_step(s->run.t, &s->run.batch, NULL));
    for (size_t i = 0; i < STEPS; i++) s->steps[round * STEPS + i] = time_step(&s->run);
}

static void print_side(side *s, const char *name, figures *report)
{
    const double gflop = step_gflop();
    const double peak = peak_rate(median(s->peaks, rounds));
    const double step = median(s->steps, rounds * STEPS);
    const double p10 = quantile(s->steps, rounds * STEPS, 0.1);
    figures *out = figures_begin();

    printf("%zu thread%s: sgemm peak %6.1f GFLOP/s; step %7.2f ms (p10 %7.2f), %6.1f GFLOP/s, "
           "%.0f %% of peak, %.2f of its products at the peak\n",
           s->threads, s->threads == 1 ? " " : "s", peak, 1e3 * step, 1e3 * p10, gflop / step,
           100 * gflop / step / peak, step * peak / gflop);
    put(out, "peak_gflops", peak);
    put(out, "step_s", step);
    put(out, "step_p10_s", p10);
    put(out, "step_of_products_at_peak", step * peak / gflop);
    figures_add(report, name, out);
}

static const char usage[] = "usage: bench_dcgan [--json FILE] [--threads N] [--quick]\n"
                            "\n"
                            "Times a training step of a DCGAN against the matrix products in it.\n"
                            BENCH_OPTIONS BENCH_QUICK;

int main(int argc, char **argv)
{
    static side one, all;
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(options.threads);

    one.threads = 1;
    all.threads = options.threads;
    one.run = begin_dcgan(1);
    all.run = begin_dcgan(all.threads);
    for (size_t i = 0; i < rounds; i++) {
        time_round(&one, i);
        time_round(&all, i);
    }
    printf("DCGAN step, %dx%d, base %d, batch %d: %.3f GFLOP; medians of %zu steps\n", SIDE, SIDE,
           BASE, DCGAN_BATCH, step_gflop(), rounds * STEPS);
    put(report, "gflop", step_gflop());
    print_side(&one, "one_thread", report);
    print_side(&all, "all_threads", report);
    printf("1 thread / %zu threads: %.2f\n", all.threads,
           median(one.steps, rounds * STEPS) / median(all.steps, rounds * STEPS));
    printf("where a step's time goes, %zu threads:\n", all.threads);
    print_stages(&all.run, 30, report);
    end_run(&one.run);
    end_run(&all.run);
    end_report(report, &options);
    return 0;
}
