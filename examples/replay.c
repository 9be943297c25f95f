/* replay.c - a replay buffer: half of the discriminator's generated samples are from earlier steps,
 * so that it doesn't forget those that the generator no longer draws (Shrivastava et al., Learning
 * from simulated and unsupervised images through adversarial training, 2017).
 *
 * A custom training loop: passes over two networks, and an array. */
#include "common/program.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 50,
    HALF = BATCH / 2,
    PIXELS = 28 * 28,
    LATENT = 32,
    HIDDEN = 128,
    KEPT = 40 * BATCH,
    SHOWN = 64
};

static const double LR = 0.0005;
static const char *const files[] = {"replay.png", "replay.safetensors", NULL};

static void read_options(loop *l, long *epochs, int argc, char **argv)
{
    /* clang-format off */
    cli_option table[] = {
        LOOP_EPOCHS_OPTION(epochs),
        LOOP_OPTIONS(l),
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "replay",
        .options = table,
        .summary =
            "Trains a GAN with a replay buffer: the discriminator also gets samples of earlier\n"
            "steps.  Prints the share of these that it still classifies as generated.  Writes\n"
            "the generator, replay.safetensors, and samples of it, replay.png.\n"
            "\n" FASHION_SUMMARY,
        .examples = "  replay --epochs 20 --out buffered\n",
    };
    cli_parse(&program, argc, argv);
}

static gan_network *make(size_t in, size_t out, uint64_t seed)
{
    gan_network *net = gan_network_create(gan_shape_1d(in),
                                          &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = seed});

    gan_network_add(net, gan_layer_linear(in, HIDDEN));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_linear(HIDDEN, HIDDEN));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_linear(HIDDEN, out));
    if (out > 1) gan_network_add(net, gan_layer_tanh());
    return net;
}

/* The samples of earlier steps. */
static float buffer[KEPT * PIXELS];
static size_t kept;

/* Replace the second half of new samples by old ones, and those by some of the new ones. */
static void replay(gan_rng *rng, float *fake)
{
    for (size_t i = 0; i < HALF; i++) {
        const int full = kept == KEPT;
        const size_t at = full ? (size_t)gan_rng_below(rng, KEPT) : kept++;
        float *old = buffer + at * PIXELS, *mine = fake + (HALF + i) * PIXELS, swap[PIXELS];

        memcpy(swap, old, sizeof swap);
        memcpy(old, mine, sizeof swap);
        if (full) memcpy(mine, swap, sizeof swap);
    }
}

static void step(player *g, player *d, gan_rng *rng, const float *real, double losses[2])
{
    static float z[BATCH * LATENT], fake[BATCH * PIXELS];

    gan_rng_normal(rng, BATCH * LATENT, z);
    cli_must(gan_pass_forward(g->pass, z, BATCH, fake));
    replay(rng, fake);
    losses[0] += player_judge(d, real, BATCH, 0.9f, GAN_PASS_REPLACE, NULL);
    losses[0] += player_judge(d, fake, BATCH, 0, GAN_PASS_ACCUMULATE, NULL);
    player_step(d);

    gan_rng_normal(rng, BATCH * LATENT, z);
    cli_must(gan_pass_forward(g->pass, z, BATCH, fake));
    /* From here on `fake` is the gradient with respect to the generated batch. */
    losses[1] += player_judge(d, fake, BATCH, 1, GAN_PASS_KEEP, fake);
    cli_must(gan_pass_backward(g->pass, fake, GAN_PASS_REPLACE, NULL));
    player_step(g);
}

/* The share of the buffer's samples that the discriminator classifies as generated. */
static double known(player *d)
{
    static float y[KEPT];
    size_t right = 0;

    cli_must(gan_network_forward(d->net, buffer, kept, y));
    for (size_t i = 0; i < kept; i++) right += y[i] < 0;
    return kept > 0 ? (double)right / (double)kept : 0;
}

/* Write the generator and samples of it. */
static void save(const loop *l, gan_network *g, gan_rng *rng)
{
    static float z[SHOWN * LATENT], samples[SHOWN * PIXELS];

    gan_rng_normal(rng, SHOWN * LATENT, z);
    cli_must(gan_network_forward(g, z, SHOWN, samples));
    cli_must(gan_network_set_picture_shape(g, gan_shape_3d(1, 28, 28)));
    cli_must(gan_network_save(g, loop_file(l, files[1]).text));
    cli_must(gan_image_write_grid(loop_file(l, files[0]).text, samples, SHOWN, gan_shape_2d(28, 28),
                                  NULL));
}

static void train(loop *l, long epochs)
{
    player g = player_begin(make(LATENT, PIXELS, 1), BATCH, LR);
    player d = player_begin(make(PIXELS, 1, 2), BATCH, LR);
    gan_rng *rng;

    cli_must(gan_rng_create(&rng, 1, 0, NULL));
    for (long epoch = 1; epoch <= epochs; epoch++) {
        double losses[2] = {0, 0}, n = 0;
        for (const gan_batch *b; (b = loop_next(l)) != NULL; n++)
            step(&g, &d, rng, b->samples, losses);
        cli_print("epoch %ld: D loss %.4f, G loss %.4f, %.0f %% of the buffer known", epoch,
                  losses[0] / n, losses[1] / n, 100 * known(&d));
    }
    save(l, g.net, rng);
    gan_rng_destroy(rng);
    player_end(&d);
    player_end(&g);
}

int main(int argc, char **argv)
{
    loop l = {.out = "."};
    long epochs = 5;

    read_options(&l, &epochs, argc, argv);
    const int good = loop_begin(&l, BATCH, PIXELS, files);
    if (good) train(&l, epochs);
    loop_end(&l);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
