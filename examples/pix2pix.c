/* pix2pix.c - image-to-image translation: a generator that completes pictures from their upper half
 * (Isola et al., Image-to-image translation with conditional adversarial networks, 2017).
 *
 * The generator's loss is a custom one: the cross-entropy of a PatchGAN discriminator of pairs,
 * plus WEIGHT times the mean absolute error (L1). */
#include "common/program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 50, SIDE = 28, PIXELS = SIDE * SIDE, PATCHES = 7 * 7, WEIGHT = 50, SHOWN = 10 };

static const double LR = 0.0005;
static const char *const files[] = {"pix2pix.png", NULL};

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
        .name = "pix2pix",
        .options = table,
        .summary =
            "Trains a generator that completes pictures of which only the upper half is shown.\n"
            "Writes pix2pix.png: the input, the completed picture, and the original.\n"
            "\n" FASHION_SUMMARY,
        .examples = "  pix2pix --epochs 10\n",
    };
    cli_parse(&program, argc, argv);
}

static const gan_conv2d_desc halve = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};
static const gan_conv2d_desc keep = {GAN_CONV2D_DESC_INIT, .padding = {1, 1}};

/* Down to feature maps of 7x7, whose receptive field is the whole width, and up again. */
static gan_network *make_generator(void)
{
    gan_network *g = gan_network_create(gan_shape_3d(1, SIDE, SIDE), NULL);

    gan_network_add(g, gan_layer_conv2d(1, 16, 4, &halve));
    gan_network_add(g, gan_layer_leaky_relu(0.2f));
    gan_network_add(g, gan_layer_conv2d(16, 32, 4, &halve));
    gan_network_add(g, gan_layer_flatten());
    gan_network_add(g, gan_layer_linear(32 * 7 * 7, 32 * 7 * 7));
    gan_network_add(g, gan_layer_batch_norm(32 * 7 * 7, NULL));
    gan_network_add(g, gan_layer_relu());
    gan_network_add(g, gan_layer_reshape(gan_shape_3d(32, 7, 7)));
    gan_network_add(g, gan_layer_conv_transpose2d(32, 16, 4, &halve));
    gan_network_add(g, gan_layer_relu());
    gan_network_add(g, gan_layer_conv_transpose2d(16, 1, 4, &halve));
    gan_network_add(g, gan_layer_tanh());
    return g;
}

/* The input and the completed picture are two channels; one output for each of 49 patches. */
static gan_network *make_discriminator(void)
{
    gan_network *d = gan_network_create(gan_shape_3d(2, SIDE, SIDE), NULL);

    gan_network_add(d, gan_layer_conv2d(2, 16, 4, &halve));
    gan_network_add(d, gan_layer_leaky_relu(0.2f));
    gan_network_add(d, gan_layer_conv2d(16, 32, 4, &halve));
    gan_network_add(d, gan_layer_leaky_relu(0.2f));
    gan_network_add(d, gan_layer_conv2d(32, 1, 3, &keep));
    return d;
}

static void hide(const float *whole, size_t n, float *shown)
{
    for (size_t i = 0; i < n * PIXELS; i++) shown[i] = i % PIXELS < PIXELS / 2 ? whole[i] : -1;
}

static void pair_up(const float *shown, const float *other, size_t n, float *pairs)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(pairs + 2 * i * PIXELS, shown + i * PIXELS, PIXELS * sizeof *shown);
        memcpy(pairs + (2 * i + 1) * PIXELS, other + i * PIXELS, PIXELS * sizeof *other);
    }
}

static float shown[BATCH * PIXELS], made[BATCH * PIXELS], grad[BATCH * PIXELS],
    pairs[2 * BATCH * PIXELS];

/* One step of both networks; return the mean absolute error. */
static double step(player *g, player *d, const float *whole, size_t n)
{
    double error = 0;

    hide(whole, n, shown);
    cli_must(gan_pass_forward(g->pass, shown, n, made));
    cli_must(gan_pass_update_buffers(g->pass));
    pair_up(shown, whole, n, pairs);
    player_judge(d, pairs, n, 1, GAN_PASS_REPLACE, NULL);
    pair_up(shown, made, n, pairs);
    player_judge(d, pairs, n, 0, GAN_PASS_ACCUMULATE, NULL);
    player_step(d);

    player_judge(d, pairs, n, 1, GAN_PASS_KEEP, pairs); /* with respect to the pairs, not the
                                                           weights */
    for (size_t i = 0; i < n * PIXELS; i++) {
        const float off = made[i] - whole[i], slope = (float)WEIGHT / (float)(n * PIXELS);
        error += fabs((double)off) / (double)(n * PIXELS);
        grad[i] = pairs[(2 * (i / PIXELS) + 1) * PIXELS + i % PIXELS] + (off > 0 ? slope : -slope);
    }
    cli_must(gan_pass_backward(g->pass, grad, GAN_PASS_REPLACE, NULL));
    player_step(g);
    return error;
}

static void draw(const char *path, gan_network *g, const float *whole)
{
    hide(whole, SHOWN, pairs);
    cli_must(gan_network_forward(g, pairs, SHOWN, pairs + SHOWN * PIXELS));
    memcpy(pairs + 2 * SHOWN * PIXELS, whole, SHOWN * PIXELS * sizeof *whole);
    cli_must(
        gan_image_write_grid(path, pairs, 3 * SHOWN, gan_shape_2d(SIDE, SIDE),
                             &(gan_grid_desc){GAN_GRID_DESC_INIT, .columns = SHOWN, .padding = 2}));
}

static void train(loop *l, long epochs)
{
    player g = player_begin(make_generator(), BATCH, LR);
    player d = player_begin(make_discriminator(), BATCH, LR);
    const gan_batch *b;

    for (long epoch = 1; epoch <= epochs; epoch++) {
        double error = 0, n = 0;
        for (; (b = loop_next(l)) != NULL; n++) error += step(&g, &d, b->samples, b->count);
        cli_print("epoch %ld: mean absolute error %.4f", epoch, error / n);
    }
    if ((b = loop_next(l)) != NULL) draw(loop_file(l, files[0]).text, g.net, b->samples);
    player_end(&d);
    player_end(&g);
}

int main(int argc, char **argv)
{
    loop l = {.out = "."};
    long epochs = 3;

    read_options(&l, &epochs, argc, argv);
    const int good = loop_begin(&l, BATCH, PIXELS, files);
    if (good) train(&l, epochs);
    loop_end(&l);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
