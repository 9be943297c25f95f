/* pix2pix.c - a generator from picture to picture: it completes pictures of which only the upper
 * half is shown (Isola et al., Image-to-image translation with conditional adversarial networks,
 * 2017).
 *
 *     pix2pix [IMAGES [EPOCHS]]    IMAGES: an IDX file of 28x28 pictures; silhouettes without
 *                                 one or with -
 *
 * The generator's loss is no trainer's: the cross-entropy of a discriminator that sees pairs and
 * judges patches, plus WEIGHT times the mean absolute error (L1).  Writes pix2pix.png: what is
 * shown, what is made of it, and what it was. */
#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 50, SIDE = 28, PIXELS = SIDE * SIDE, PATCHES = 7 * 7, WEIGHT = 50, SHOWN = 10 };

static void check(gan_status status)
{
    if (status == GAN_OK || status == GAN_END) return;
    fprintf(stderr, "pix2pix: %s\n", gan_last_error());
    exit(EXIT_FAILURE);
}

static const gan_conv2d_desc halve = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};
static const gan_conv2d_desc keep = {GAN_CONV2D_DESC_INIT, .padding = {1, 1}};

/* Down to maps of 7x7, where one number sees the whole width, and up again. */
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

/* What is shown and what is made of it are two channels; one output for each of 49 patches. */
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

static gan_optimizer *adam_for(gan_network *net)
{
    gan_optimizer *adam;
    gan_adam_desc desc = {GAN_ADAM_DESC_INIT};

    desc.lr = 0.0005;
    desc.beta1 = 0.5;
    check(gan_optimizer_create_adam(&adam, &desc));
    check(gan_optimizer_bind(adam, gan_network_param_count(net)));
    return adam;
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

/* Forward, the mean cross-entropy of all patches, and back. */
static double judge(gan_pass *d, const float *pairs, size_t n, float target,
                    gan_pass_gradients_kind kind, float *pairs_grad)
{
    float y[BATCH * PATCHES];
    double loss;

    check(gan_pass_forward(d, pairs, n, y));
    check(gan_loss_bce_with_logits(y, n * PATCHES, target, &loss, y));
    check(gan_pass_backward(d, y, kind, pairs_grad));
    return loss;
}

static float shown[BATCH * PIXELS], made[BATCH * PIXELS], grad[BATCH * PIXELS],
    pairs[2 * BATCH * PIXELS];

/* One step of both networks; return the mean absolute error. */
static double step(gan_pass *g, gan_pass *d, gan_optimizer *g_adam, gan_optimizer *d_adam,
                   const float *whole, size_t n)
{
    double error = 0;

    hide(whole, n, shown);
    check(gan_pass_forward(g, shown, n, made));
    check(gan_pass_update_buffers(g));
    pair_up(shown, whole, n, pairs);
    judge(d, pairs, n, 1, GAN_PASS_REPLACE, NULL);
    pair_up(shown, made, n, pairs);
    judge(d, pairs, n, 0, GAN_PASS_ACCUMULATE, NULL);
    check(gan_pass_step(d, d_adam, NULL));

    judge(d, pairs, n, 1, GAN_PASS_KEEP, pairs); /* now by the pairs, not by the weights */
    for (size_t i = 0; i < n * PIXELS; i++) {
        const float off = made[i] - whole[i], slope = (float)WEIGHT / (float)(n * PIXELS);
        error += fabs((double)off) / (double)(n * PIXELS);
        grad[i] = pairs[(2 * (i / PIXELS) + 1) * PIXELS + i % PIXELS] + (off > 0 ? slope : -slope);
    }
    check(gan_pass_backward(g, grad, GAN_PASS_REPLACE, NULL));
    check(gan_pass_step(g, g_adam, NULL));
    return error;
}

static void draw(gan_network *g, const float *whole)
{
    hide(whole, SHOWN, pairs);
    check(gan_network_forward(g, pairs, SHOWN, pairs + SHOWN * PIXELS));
    memcpy(pairs + 2 * SHOWN * PIXELS, whole, SHOWN * PIXELS * sizeof *whole);
    check(
        gan_image_write_grid("pix2pix.png", pairs, 3 * SHOWN, gan_shape_2d(SIDE, SIDE),
                             &(gan_grid_desc){GAN_GRID_DESC_INIT, .columns = SHOWN, .padding = 2}));
}

int main(int argc, char **argv)
{
    const uint64_t epochs = argc > 2 ? strtoul(argv[2], NULL, 10) : 3;
    gan_network *g, *d;
    const gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = BATCH};
    gan_pass *g_pass, *d_pass;
    gan_dataset *data;
    gan_iterator *it;
    const gan_batch *batch;

    if (argc > 3 || epochs == 0) return fprintf(stderr, "usage: pix2pix [IMAGES [EPOCHS]]\n"), 2;
    g = make_generator();
    d = make_discriminator();
    check(argc > 1 && strcmp(argv[1], "-") != 0 ? gan_dataset_open_idx(&data, argv[1], NULL, NULL)
                                                : gan_dataset_create_shapes(&data, 2000, 1, NULL));
    check(gan_iterator_create(
        &it, data,
        &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = BATCH, .shuffle = 1}));
    check(gan_pass_create(&g_pass, g, &desc));
    check(gan_pass_create(&d_pass, d, &desc));
    gan_optimizer *g_adam = adam_for(g), *d_adam = adam_for(d);
    for (double error = 0, n = 0; gan_iterator_epoch(it) < epochs;) {
        const gan_status status = gan_iterator_next(it, &batch);

        check(status);
        if (status == GAN_OK) {
            error += step(g_pass, d_pass, g_adam, d_adam, batch->samples, batch->count);
            n++;
        } else {
            printf("epoch %llu: mean absolute error %.4f\n",
                   (unsigned long long)gan_iterator_epoch(it), error / n);
            error = n = 0;
        }
    }
    check(gan_iterator_next(it, &batch));
    draw(g, batch->samples);
    gan_pass_destroy(g_pass), gan_pass_destroy(d_pass);
    gan_optimizer_destroy(g_adam), gan_optimizer_destroy(d_adam);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    gan_network_destroy(g), gan_network_destroy(d);
    return 0;
}
