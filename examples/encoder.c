/* encoder.c - put an encoder in front of a trained generator: a network from pictures to latent
 * vectors, trained so that the generator gives the pictures back.
 *
 *     encoder GENERATOR.safetensors [IMAGES [EPOCHS]]    IMAGES: an IDX file; silhouettes without
 *                                                        one or with -
 *
 * The loss is the mean squared error of G(E(x)) against x, and a little of |z|^2, which keeps the
 * vectors where the generator was trained.  Gradients go through the generator, which stays as it
 * is, into the encoder.  Unlike invert.c, which descends anew for each picture, a trained encoder
 * needs one forward run.  Writes encoder.safetensors and encoder.png. */
#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 100, HIDDEN = 256, SHOWN = 10 };
static const float pull = 0.01f; /* of |z|^2 */

static void check(gan_status status)
{
    if (status == GAN_OK || status == GAN_END) return;
    fprintf(stderr, "encoder: %s\n", gan_last_error());
    exit(EXIT_FAILURE);
}

static gan_network *make_encoder(size_t pixels, gan_shape latent)
{
    gan_network *e = gan_network_create(gan_shape_1d(pixels), NULL);

    gan_network_add(e, gan_layer_linear(pixels, HIDDEN));
    gan_network_add(e, gan_layer_batch_norm(HIDDEN, NULL));
    gan_network_add(e, gan_layer_leaky_relu(0.2f));
    gan_network_add(e, gan_layer_linear(HIDDEN, gan_shape_size(latent)));
    gan_network_add(e, gan_layer_reshape(latent));
    return e;
}

typedef struct autoencoder {
    gan_network *g, *e;
    gan_pass *g_pass, *e_pass;
    gan_optimizer *adam;
    size_t pixels, latent;
    float *z, *dz, *made, *grad;
} autoencoder;

static autoencoder begin(const char *path)
{
    autoencoder a = {0};

    check(gan_network_open(&a.g, path, NULL));
    a.latent = gan_shape_size(gan_network_input_shape(a.g));
    a.pixels = gan_shape_size(gan_network_output_shape(a.g));
    a.e = make_encoder(a.pixels, gan_network_input_shape(a.g));
    check(gan_pass_create(&a.e_pass, a.e, NULL)); /* 100 rows, training mode */
    check(gan_pass_create(&a.g_pass, a.g,
                          &(gan_pass_desc){GAN_PASS_DESC_INIT, .mode = GAN_PASS_EVALUATION,
                                           .no_weight_gradients = 1}));
    check(gan_optimizer_create_adam(&a.adam, NULL));
    check(gan_optimizer_bind(a.adam, gan_network_param_count(a.e)));
    a.z = calloc(2 * BATCH * (a.latent + a.pixels), sizeof *a.z);
    if (!a.z) exit(EXIT_FAILURE);
    a.dz = a.z + BATCH * a.latent;
    a.made = a.dz + BATCH * a.latent;
    a.grad = a.made + BATCH * a.pixels;
    return a;
}

static void end(autoencoder *a)
{
    gan_pass_destroy(a->e_pass), gan_pass_destroy(a->g_pass);
    gan_optimizer_destroy(a->adam);
    gan_network_destroy(a->e), gan_network_destroy(a->g);
    free(a->z);
}

/* x -> z -> picture, and all the way back; return the mean squared error. */
static double step(autoencoder *a, const float *x, size_t n)
{
    double error = 0;

    check(gan_pass_forward(a->e_pass, x, n, a->z));
    check(gan_pass_forward(a->g_pass, a->z, n, a->made));
    for (size_t i = 0; i < n * a->pixels; i++) {
        const float off = a->made[i] - x[i];
        error += (double)(off * off) / (double)(n * a->pixels);
        a->grad[i] = 2 * off / (float)(n * a->pixels);
    }
    check(gan_pass_backward(a->g_pass, a->grad, GAN_PASS_KEEP, a->dz));
    for (size_t i = 0; i < n * a->latent; i++)
        a->dz[i] += 2 * pull * a->z[i] / (float)(n * a->latent);
    check(gan_pass_backward(a->e_pass, a->dz, GAN_PASS_REPLACE, NULL));
    check(gan_pass_update_buffers(a->e_pass));
    check(gan_pass_step(a->e_pass, a->adam, NULL));
    return error;
}

/* Pictures and, below each, what comes back in evaluation mode. */
static void draw(autoencoder *a, const float *x)
{
    check(gan_network_forward(a->e, x, SHOWN, a->z));
    check(gan_network_forward(a->g, a->z, SHOWN, a->made + SHOWN * a->pixels));
    memcpy(a->made, x, SHOWN * a->pixels * sizeof *x);
    check(
        gan_image_write_grid("encoder.png", a->made, 2 * SHOWN, gan_network_picture_shape(a->g),
                             &(gan_grid_desc){GAN_GRID_DESC_INIT, .columns = SHOWN, .padding = 2}));
}

int main(int argc, char **argv)
{
    const uint64_t epochs = argc > 3 ? strtoul(argv[3], NULL, 10) : 3;
    gan_dataset *data;
    gan_iterator *it;

    if (argc < 2 || argc > 4 || epochs == 0) {
        fprintf(stderr, "usage: encoder GENERATOR.safetensors [IMAGES [EPOCHS]]\n");
        return 2;
    }
    autoencoder a = begin(argv[1]);
    check(argc > 2 && strcmp(argv[2], "-") != 0 ? gan_dataset_open_idx(&data, argv[2], NULL, NULL)
                                                : gan_dataset_create_shapes(&data, 2000, 1, NULL));
    check(gan_iterator_create(
        &it, data,
        &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = BATCH, .shuffle = 1}));
    for (double error = 0, n = 0; gan_iterator_epoch(it) < epochs;) {
        const gan_batch *batch;
        const gan_status status = gan_iterator_next(it, &batch);

        check(status);
        if (status == GAN_OK) error += step(&a, batch->samples, batch->count), n++;
        if (status == GAN_OK) continue;
        printf("epoch %llu: mean squared error %.4f\n", (unsigned long long)gan_iterator_epoch(it),
               error / n);
        error = n = 0;
    }
    const gan_batch *batch;
    check(gan_iterator_next(it, &batch));
    draw(&a, batch->samples);
    check(gan_network_save(a.e, "encoder.safetensors"));
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    end(&a);
    return 0;
}
