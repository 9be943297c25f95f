/* test_train_dcgan.c - convolutional networks with batch norm in training: against PyTorch, on any
 * number of threads, and each network alone. */
#include "expect.h"
#include "golden.h"
#include "gradcheck.h"
#include "sequence.h"

#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 10, BATCH = 6, LATENT = 5, PIXELS = 64, FIGURES = 6 };

static gan_layer *bare(gan_layer *(*make)(size_t, size_t, size_t, const gan_conv2d_desc *),
                       size_t in, size_t out, size_t kernel, size_t stride, int bias)
{
    gan_conv2d_desc d = {GAN_CONV2D_DESC_INIT};

    d.stride[0] = d.stride[1] = stride;
    d.padding[0] = d.padding[1] = stride == 2;
    d.no_bias = !bias;
    return make(in, out, kernel, &d);
}

/* The generator of make_dcgan.py, `width` times as wide. */
static gan_network *make_g(size_t width)
{
    return NETWORK(gan_shape_3d(LATENT, 1, 1),
                   bare(gan_layer_conv_transpose2d, LATENT, 8 * width, 2, 1, 0),
                   gan_layer_batch_norm(8 * width, NULL), gan_layer_relu(),
                   bare(gan_layer_conv_transpose2d, 8 * width, 4 * width, 4, 2, 0),
                   gan_layer_batch_norm(4 * width, NULL), gan_layer_relu(),
                   bare(gan_layer_conv_transpose2d, 4 * width, 1, 4, 2, 1), gan_layer_tanh());
}

static gan_network *make_d(size_t width)
{
    return NETWORK(gan_shape_3d(1, 8, 8), bare(gan_layer_conv2d, 1, 4 * width, 4, 2, 1),
                   gan_layer_leaky_relu(0.2f),
                   bare(gan_layer_conv2d, 4 * width, 8 * width, 4, 2, 0),
                   gan_layer_batch_norm(8 * width, NULL), gan_layer_leaky_relu(0.2f),
                   bare(gan_layer_conv2d, 8 * width, 1, 2, 1, 1), gan_layer_sigmoid());
}

typedef struct dcgan {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *trainer;
} dcgan;

static dcgan begin_lean(size_t width, size_t batch, size_t threads, gan_activations activations)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    dcgan x = {make_g(width), make_d(width), NULL, NULL, NULL};

    adam.lr = 2e-3;
    adam.beta1 = 0.5;
    expect_ok(gan_optimizer_create_adam(&x.g_opt, &adam));
    expect_ok(gan_optimizer_create_adam(&x.d_opt, &adam));
    expect_ok(gan_trainer_create(
        &x.trainer, x.g, x.d, x.g_opt, x.d_opt,
        &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = batch, .n_threads = threads,
                            .activations = activations}));
    return x;
}

static dcgan begin(size_t width, size_t batch, size_t threads)
{
    return begin_lean(width, batch, threads, GAN_ACTIVATIONS_KEEP);
}

static void end(dcgan *x)
{
    gan_trainer_destroy(x->trainer);
    gan_optimizer_destroy(x->g_opt);
    gan_optimizer_destroy(x->d_opt);
    gan_network_destroy(x->g);
    gan_network_destroy(x->d);
}

static gan_batch batch_of(const float *samples, size_t n)
{
    return (gan_batch){GAN_BATCH_INIT, .count = n, .shape = gan_shape_3d(1, 8, 8),
                       .samples = samples};
}

/* ---- against PyTorch ---- */

static void load(gan_network *net, const char *name)
{
    expect_ok(gan_network_load(net, golden_path(name), NULL));
}

/* Each tensor to 1e-4 of its norm, buffers too. */
static void expect_tensors(gan_network *found, gan_network *wanted)
{
    for (size_t i = 0; i < gan_network_tensor_count(wanted); i++) {
        gan_tensor t, u;

        expect_ok(gan_network_tensor(&t, found, i));
        expect_ok(gan_network_tensor(&u, wanted, i));
        ck_assert_str_eq(t.name, u.name);
        expect_norm_close(t.data, u.data, t.size, 1e-4);
    }
}

TEST(ten_steps_are_pytorchs)
{
    dcgan x = begin(1, BATCH, 2);
    gan_network *g = make_g(1), *d = make_d(1);
    golden *v = golden_open("dcgan.bin");
    const float *real = golden_get(v, "real", STEPS * BATCH * PIXELS);
    const float *z_d = golden_get(v, "z_d", STEPS * BATCH * LATENT);
    const float *z_g = golden_get(v, "z_g", STEPS * BATCH * LATENT);
    const float *figures = golden_get(v, "figures", STEPS * FIGURES);
    float samples[BATCH * PIXELS];

    load(x.g, "dcgan_g_first.safetensors");
    load(x.d, "dcgan_d_first.safetensors");
    for (size_t s = 0; s < STEPS; s++, figures += FIGURES) {
        const gan_batch b = batch_of(real + s * BATCH * PIXELS, BATCH);
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

        expect_ok(
            gan_train_discriminator_step(x.trainer, &b, z_d + s * BATCH * LATENT, NULL, &stats));
        expect_ok(
            gan_train_generator_step(x.trainer, BATCH, z_g + s * BATCH * LATENT, NULL, &stats));
        expect_near(stats.d_loss, figures[0], 1e-4, 0);
        expect_near(stats.g_loss, figures[1], 1e-4, 0);
        expect_near(stats.d_real, figures[2], 1e-4, 0);
        expect_near(stats.d_fake, figures[3], 1e-4, 0);
        expect_near(stats.d_grad_norm, figures[4], 1e-4, 0);
        expect_near(stats.g_grad_norm, figures[5], 1e-4, 0);
    }
    load(g, "dcgan_g_last.safetensors");
    load(d, "dcgan_d_last.safetensors");
    expect_tensors(x.g, g);
    expect_tensors(x.d, d);
    expect_ok(gan_trainer_sample(x.trainer, z_g, BATCH, samples));
    expect_norm_close(samples, golden_get(v, "samples", BATCH * PIXELS), BATCH * PIXELS, 1e-4);
    gan_network_destroy(g);
    gan_network_destroy(d);
    end(&x);
    golden_close(v);
}

/* ---- guarantees ---- */

static void draw(float *out, size_t n, uint64_t seed)
{
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    gan_rng_normal(rng, n, out);
    gan_rng_destroy(rng);
}

/* Wide enough that every product is divided, with a smaller last batch. */
TEST(bits_are_the_same_on_any_number_of_threads)
{
    enum { N = 40, WIDTH = 12 };
    const size_t threads[] = {1, 2, 3, 8};
    dcgan x[4];
    float *real = malloc(N * PIXELS * sizeof *real);

    draw(real, N * PIXELS, 3);
    for (size_t i = 0; i < 4; i++) {
        x[i] = begin(WIDTH, N, threads[i]);
        for (size_t s = 0; s < 4; s++) {
            const gan_batch b = batch_of(real, s == 3 ? 17 : N);

            expect_ok(gan_train_step(x[i].trainer, &b, NULL));
        }
        expect_same_weights(x[i].g, x[0].g);
        expect_same_weights(x[i].d, x[0].d);
    }
    for (size_t i = 0; i < 4; i++) end(&x[i]);
    free(real);
}

/* Batches whose convolutions use transformed weights, which a full step computes once for both
 * halves; but again if sampling in between uses the same memory. */
TEST_EACH(a_step_is_its_halves, GAN_ACTIVATIONS_KEEP, GAN_ACTIVATIONS_RECOMPUTE + 1)
{
    enum { N = 70, WIDTH = 12 };
    dcgan whole = begin_lean(WIDTH, N, 2, (gan_activations)_i);
    dcgan halves = begin_lean(WIDTH, N, 2, (gan_activations)_i);
    float *real = malloc(N * PIXELS * sizeof *real), *samples = malloc(N * PIXELS * sizeof *real);
    float z[N * LATENT];

    draw(real, N * PIXELS, 6);
    draw(z, N * LATENT, 7);
    for (size_t s = 0; s < 3; s++) {
        const gan_batch b = batch_of(real, s == 1 ? 30 : N);

        expect_ok(gan_train_step(whole.trainer, &b, NULL));
        expect_ok(gan_train_discriminator_step(halves.trainer, &b, NULL, NULL, NULL));
        expect_ok(gan_trainer_sample(halves.trainer, z, N, samples));
        expect_ok(gan_train_generator_step(halves.trainer, b.count, NULL, NULL, NULL));
    }
    expect_same_weights(whole.g, halves.g);
    expect_same_weights(whole.d, halves.d);
    end(&whole);
    end(&halves);
    free(samples);
    free(real);
}

TEST(a_half_step_leaves_the_other_network_alone)
{
    dcgan x = begin(2, BATCH, 2);
    gan_network *g, *d;
    float real[BATCH * PIXELS], z[BATCH * LATENT], samples[BATCH * PIXELS];
    const gan_batch b = batch_of(real, BATCH);

    draw(real, BATCH * PIXELS, 4);
    draw(z, BATCH * LATENT, 5);
    expect_ok(gan_train_step(x.trainer, &b, NULL));
    expect_ok(gan_network_clone(&g, x.g));
    expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL));
    expect_ok(gan_trainer_sample(x.trainer, z, BATCH, samples));
    expect_same_weights(x.g, g);
    expect_ok(gan_network_clone(&d, x.d));
    expect_ok(gan_train_generator_step(x.trainer, BATCH, NULL, NULL, NULL));
    expect_same_weights(x.d, d);
    gan_network_destroy(g);
    gan_network_destroy(d);
    end(&x);
}
