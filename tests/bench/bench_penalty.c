/* bench_penalty.c - what a gradient penalty adds to a training step, compared with the matrix
 * products that it adds. */
#include "bench.h"

#include "network/network_internal.h"

#include <stdio.h>

/* ---- networks ---- */

static gan_network *linear(const size_t *widths, int generator)
{
    gan_network *net = gan_network_create(gan_shape_1d(widths[0]), NULL);

    for (size_t i = 0; i < 3; i++) {
        gan_network_add(net, gan_layer_linear(widths[i], widths[i + 1]));
        if (i < 2) gan_network_add(net, gan_layer_leaky_relu(0.2f));
    }
    if (generator) gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *linear_g(void)
{
    return linear((const size_t[]){64, 256, 256, 784}, 1);
}

static gan_network *linear_d(void)
{
    return linear((const size_t[]){784, 256, 256, 1}, 0);
}

static const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                     .padding = GAN_BOTH(1)};

static gan_network *dcgan_g(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(64, 1, 1), NULL);

    gan_network_add(net, gan_layer_conv_transpose2d(64, 128, 7, NULL));
    gan_network_add(net, gan_layer_batch_norm(128, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(128, 64, 4, &half));
    gan_network_add(net, gan_layer_batch_norm(64, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(64, 1, 4, &half));
    gan_network_add(net, gan_layer_tanh());
    return net;
}

static gan_network *dcgan_d(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(1, 28, 28), NULL);

    gan_network_add(net, gan_layer_conv2d(1, 64, 4, &half));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(64, 128, 4, &half));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(128, 1, 7, NULL));
    return net;
}

/* ---- products ---- */

/* Multiplications per sample: each weight once per pixel of the smaller image. */
static double layer_products(const gan_layer *layer)
{
    const gan_shape *image = layer->class == &gan__layer_conv2d ? &layer->out : &layer->in;
    const double places =
        layer->class == &gan__layer_linear ? 1 : (double)(image->dim[1] * image->dim[2]);

    return layer->class->product ? places * (double)gan_shape_size(layer->params[0].shape) : 0;
}

static double products(const gan_network *net)
{
    double sum = 0;

    for (size_t i = 0; i < net->n_layers; i++) sum += layer_products(&net->layers[i]);
    return sum;
}

/* Of a whole step, for each row of the batch; and of the penalty: forward, input gradient, tangent,
 * their gradients with respect to inputs, and to weights of twice the rows. */
static void count_products(const gan_network *g, const gan_network *d, double *step,
                           double *penalty)
{
    const double in_g = products(g) - layer_products(&g->layers[0]);
    const double in_d = products(d) - layer_products(&d->layers[0]);

    *step = products(g) + 4 * products(d) + 2 * in_d + 2 * products(g) + in_g + 2 * products(d);
    *penalty = 5 * products(d) + in_d;
}

/* ---- the table ---- */

static gan_trainer *make_trainer(const run *r, size_t threads, gan_penalty_kind kind)
{
    const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = kind};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = r->batch.count,
                                   .n_threads = threads, .penalty = &penalty};
    gan_trainer *t;

    MUST(gan_trainer_create(&t, r->g, r->d, r->g_opt, r->d_opt, &desc));
    return t;
}

typedef gan_network *network_fn(void);

static void compare(const char *name, network_fn *g, network_fn *d, size_t batch, size_t threads,
                    size_t steps, figures *report)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    run plain = begin_run(g(), d(), &adam, batch, threads);
    run paying = begin_run(g(), d(), &adam, batch, threads);
    double seconds[2][ROUNDS], of_step, of_penalty, cost, wanted;
    char key[64];

    gan_trainer_destroy(paying.t);
    paying.t = make_trainer(&paying, threads, GAN_PENALTY_WGAN_GP);
    for (size_t i = 0; i < rounds; i++) {
        seconds[0][i] = time_steps(&plain, steps);
        seconds[1][i] = time_steps(&paying, steps);
    }
    count_products(plain.g, plain.d, &of_step, &of_penalty);
    cost = median(seconds[1], rounds) / median(seconds[0], rounds);
    wanted = (of_step + of_penalty) / of_step;
    printf("%-8s %5zu %8zu %9.2f %9.2f %7.2f %9.2f %9.2f\n", name, batch, threads,
           1e3 * median(seconds[0], rounds), 1e3 * median(seconds[1], rounds), cost, wanted,
           cost / wanted);
    snprintf(key, sizeof key, "%s_%zu_ratio", name, batch);
    put(report, key, cost);
    snprintf(key, sizeof key, "%s_%zu_products", name, batch);
    put(report, key, wanted);
    end_run(&plain);
    end_run(&paying);
}

static const char usage[] = "usage: bench_penalty [--json FILE] [--threads N] [--quick]\n"
                            "\n"
                            "Times training steps with a gradient penalty and without one.\n"
                            BENCH_OPTIONS BENCH_QUICK;

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    const size_t threads = options.threads;
    figures *report = begin_report(threads);

    printf("A whole step in ms, without and with WGAN-GP; the ratio of these, of the products in\n"
           "them, and of both.  batch_norm, where there is any, is in generators only.\n\n"
           "networks batch  threads     plain   penalty   ratio  products  quotient\n");
    compare("linear", linear_g, linear_d, 100, threads, 40, report);
    compare("linear", linear_g, linear_d, 32, threads, 80, report);
    compare("dcgan", dcgan_g, dcgan_d, 64, threads, 2, report);
    end_report(report, &options);
    return 0;
}
