/* replay.c - a replay buffer: half of the generated samples that the discriminator sees are from
 * earlier steps, so that it doesn't forget what the generator has stopped making (Shrivastava et
 * al., Learning from simulated and unsupervised images through adversarial training, 2017).
 *
 *     replay [IMAGES [EPOCHS]]    IMAGES: an IDX file; silhouettes without one or with -
 *
 * A training loop of the host's: passes over two networks and an array.  It says how well the
 * discriminator still knows the buffer's samples, and writes the generator,
 * replay.safetensors, with some of its samples, replay.png. */
#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 50,
    HALF = BATCH / 2,
    PIXELS = 28 * 28,
    LATENT = 32,
    HIDDEN = 128,
    KEPT = 40 * BATCH
};

static void check(gan_status status)
{
    if (status == GAN_OK || status == GAN_END) return;
    fprintf(stderr, "replay: %s\n", gan_last_error());
    exit(EXIT_FAILURE);
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

/* A network with what trains it. */
typedef struct player {
    gan_network *net;
    gan_pass *pass;
    gan_optimizer *adam;
} player;

static player begin(gan_network *net)
{
    player p = {.net = net};
    gan_adam_desc desc = {GAN_ADAM_DESC_INIT};

    desc.lr = 0.0005;
    desc.beta1 = 0.5;
    check(gan_pass_create(&p.pass, net, &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = BATCH}));
    check(gan_optimizer_create_adam(&p.adam, &desc));
    check(gan_optimizer_bind(p.adam, gan_network_param_count(net)));
    return p;
}

static void end(player *p)
{
    gan_pass_destroy(p->pass);
    gan_optimizer_destroy(p->adam);
    gan_network_destroy(p->net);
}

/* The samples of earlier steps. */
static float buffer[KEPT * PIXELS];
static size_t kept;

/* Replace the second half of new samples by old ones, which some of the new ones take the place
 * of. */
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

static double judge(player *d, const float *x, float target, gan_pass_gradients_kind kind,
                    float *dx)
{
    float y[BATCH];
    double loss;

    check(gan_pass_forward(d->pass, x, BATCH, y));
    check(gan_loss_bce_with_logits(y, BATCH, target, &loss, y));
    check(gan_pass_backward(d->pass, y, kind, dx));
    return loss;
}

static void step(player *g, player *d, gan_rng *rng, const float *real, double losses[2])
{
    static float z[BATCH * LATENT], fake[BATCH * PIXELS];

    gan_rng_normal(rng, BATCH * LATENT, z);
    check(gan_pass_forward(g->pass, z, BATCH, fake));
    replay(rng, fake);
    losses[0] += judge(d, real, 0.9f, GAN_PASS_REPLACE, NULL);
    losses[0] += judge(d, fake, 0, GAN_PASS_ACCUMULATE, NULL);
    check(gan_pass_step(d->pass, d->adam, NULL));

    gan_rng_normal(rng, BATCH * LATENT, z);
    check(gan_pass_forward(g->pass, z, BATCH, fake));
    losses[1] += judge(d, fake, 1, GAN_PASS_KEEP, fake); /* fake is now the gradient by it */
    check(gan_pass_backward(g->pass, fake, GAN_PASS_REPLACE, NULL));
    check(gan_pass_step(g->pass, g->adam, NULL));
}

/* The share of the buffer's samples that the discriminator takes for generated. */
static double known(player *d)
{
    static float y[KEPT];
    size_t right = 0;

    check(gan_network_forward(d->net, buffer, kept, y));
    for (size_t i = 0; i < kept; i++) right += y[i] < 0;
    return kept > 0 ? (double)right / (double)kept : 0;
}

int main(int argc, char **argv)
{
    const uint64_t epochs = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;
    player g, d;
    static float z[64 * LATENT], samples[64 * PIXELS];
    double losses[2] = {0, 0}, n = 0;
    gan_dataset *data;
    gan_iterator *it;
    gan_rng *rng;

    if (argc > 3 || epochs == 0) return fprintf(stderr, "usage: replay [IMAGES [EPOCHS]]\n"), 2;
    g = begin(make(LATENT, PIXELS, 1));
    d = begin(make(PIXELS, 1, 2));
    check(argc > 1 && strcmp(argv[1], "-") != 0 ? gan_dataset_open_idx(&data, argv[1], NULL, NULL)
                                                : gan_dataset_create_shapes(&data, 2000, 1, NULL));
    check(gan_iterator_create(&it, data,
                              &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .shuffle = 1,
                                                   .batch_size = BATCH, .drop_last = 1}));
    check(gan_rng_create(&rng, 1, 0, NULL));
    while (gan_iterator_epoch(it) < epochs) {
        const gan_batch *batch;
        const gan_status status = gan_iterator_next(it, &batch);

        check(status);
        if (status == GAN_OK) {
            step(&g, &d, rng, batch->samples, losses);
            n++;
        } else {
            printf("epoch %llu: D loss %.4f, G loss %.4f, %.0f %% of the buffer known\n",
                   (unsigned long long)gan_iterator_epoch(it), losses[0] / n, losses[1] / n,
                   100 * known(&d));
            losses[0] = losses[1] = n = 0;
        }
    }
    gan_rng_normal(rng, 64 * LATENT, z);
    check(gan_network_forward(g.net, z, 64, samples));
    check(gan_network_set_picture_shape(g.net, gan_shape_3d(1, 28, 28)));
    check(gan_network_save(g.net, "replay.safetensors"));
    check(gan_image_write_grid("replay.png", samples, 64, gan_shape_2d(28, 28), NULL));
    gan_rng_destroy(rng);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    end(&g), end(&d);
    return 0;
}
