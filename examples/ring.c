/* ring.c - the smallest whole GAN: learn eight Gaussians on a ring and draw what was learnt.
 * Takes no options and no data; writes ring.png, real points blue, generated ones orange. */
#include "plot.h"
#include <gan/gan.h>
#include <math.h>
#include <stdio.h>

enum { MODES = 8, LATENT = 8, HIDDEN = 128, BATCH = 100, STEPS = 4000, DRAWN = 2000 };
static const float SPREAD = 0.1f; /* standard deviation of each mode; the ring's radius is 1 */

static float center(int mode, int axis)
{
    return (axis ? sinf : cosf)(6.2831853f * mode / MODES);
}

/* Draw `n` points of the distribution that is to be learnt. */
static void draw_real(gan_rng *rng, int n, float *xy)
{
    gan_rng_normal(rng, 2 * (size_t)n, xy);
    for (int i = 0; i < n; i++) {
        int mode = (int)gan_rng_below(rng, MODES);
        xy[2 * i] = center(mode, 0) + SPREAD * xy[2 * i];
        xy[2 * i + 1] = center(mode, 1) + SPREAD * xy[2 * i + 1];
    }
}

/* A network of two hidden layers with `out` numbers as its output. */
static gan_network *make_network(size_t in, size_t out, uint64_t seed)
{
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = seed};
    gan_network *net = gan_network_create(gan_shape_1d(in), &desc);
    gan_network_add(net, gan_layer_linear(in, HIDDEN));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_linear(HIDDEN, HIDDEN));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_linear(HIDDEN, out));
    return net; /* anything that went wrong is remembered, and reported by gan_trainer_create() */
}

/* How many modes have a quarter of their share of the points within 3 standard deviations? */
static int count_modes(const float *xy)
{
    int covered = 0;
    for (int mode = 0, near = 0; mode < MODES; mode++, near = 0) {
        for (int i = 0; i < DRAWN; i++)
            near +=
                hypotf(xy[2 * i] - center(mode, 0), xy[2 * i + 1] - center(mode, 1)) < 3 * SPREAD;
        covered += 4 * near * MODES >= DRAWN;
    }
    return covered;
}

/* Train on fresh points at each step; one call updates the discriminator, then the generator. */
static gan_status train(gan_trainer *trainer, gan_rng *rng)
{
    float real[2 * BATCH];
    gan_batch batch = {GAN_BATCH_INIT, .count = BATCH, .shape = gan_shape_1d(2), .samples = real};
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    gan_status status = GAN_OK;
    for (int step = 1; step <= STEPS && status == GAN_OK; step++) {
        draw_real(rng, BATCH, real);
        status = gan_train_step(trainer, &batch, &stats);
        if (step % 500 != 0) continue;
        printf("step %d: D loss %.3f, G loss %.3f\n", step, stats.d_loss, stats.g_loss);
    }
    return status;
}

int main(int argc, char **argv)
{
    static float real[2 * DRAWN], z[LATENT * DRAWN], fake[2 * DRAWN];
    if (argc > 1) return fprintf(stderr, "ring: takes no options, got \"%s\"\n", argv[1]), 2;
    gan_network *g = make_network(LATENT, 2, 1), *d = make_network(2, 1, 2);
    gan_optimizer *g_adam = NULL, *d_adam = NULL;
    gan_trainer *trainer = NULL;
    gan_rng *rng = NULL;
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    adam.beta1 = 0.5f;
    gan_status status = gan_rng_create(&rng, 1, 0, NULL);
    if (status == GAN_OK) status = gan_optimizer_create_adam(&g_adam, &adam);
    if (status == GAN_OK) status = gan_optimizer_create_adam(&d_adam, &adam);
    if (status == GAN_OK) status = gan_trainer_create(&trainer, g, d, g_adam, d_adam, NULL);
    if (status == GAN_OK) status = train(trainer, rng);
    draw_real(rng, DRAWN, real);
    gan_rng_normal(rng, LATENT * DRAWN, z);
    if (status == GAN_OK) status = gan_trainer_sample(trainer, z, DRAWN, fake);
    plot_points sets[] = {{real, DRAWN, PLOT_BLUE}, {fake, DRAWN, PLOT_ORANGE}};
    if (status == GAN_OK) status = plot_scatter("ring.png", sets, 2, 1.6f);
    if (status == GAN_OK)
        printf("%d of %d modes covered; see ring.png\n", count_modes(fake), MODES);
    if (status != GAN_OK) fprintf(stderr, "ring: %s\n", gan_last_error());
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(d_adam);
    gan_optimizer_destroy(g_adam);
    gan_network_destroy(d);
    gan_network_destroy(g);
    gan_rng_destroy(rng);
    return status == GAN_OK ? 0 : 1;
}
