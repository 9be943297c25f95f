/* encoder.c - train an encoder for a trained generator: a network from pictures to latent vectors,
 * from which the generator reconstructs the pictures.
 *
 * The loss is the mean squared error of G(E(x)) against x, plus a small multiple of |z|^2, which
 * keeps the vectors near those of training.  Gradients flow through the generator, which is frozen,
 * into the encoder.  Unlike invert.c, which runs gradient descent for each picture, a trained
 * encoder needs one forward run. */
#include "common/program.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 100, HIDDEN = 256, SHOWN = 10 };
static const float pull = 0.01f; /* weight of |z|^2 */
static const char *const files[] = {"encoder.safetensors", "encoder.png", NULL};

typedef struct options {
    const char *model;
    long epochs;
    loop loop;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.model = "out/generator.safetensors", .epochs = 3, .loop.out = "."};
    /* clang-format off */
    cli_option table[] = {
        {"model", "FILE", .text = &o->model, .help = "the generator's weights"},
        LOOP_EPOCHS_OPTION(&o->epochs),
        LOOP_OPTIONS(&o->loop),
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "encoder",
        .options = table,
        .summary =
            "Trains an encoder: a network from pictures to latent vectors, from which a generator\n"
            "reconstructs the pictures.  Writes encoder.safetensors, and encoder.png: pictures\n"
            "and, below each, the reconstruction.\n"
            "\n" FASHION_SUMMARY,
        .examples = "  encoder --model out/generator.safetensors --epochs 10\n",
    };
    cli_parse(&program, argc, argv);
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
    gan_network *g;
    gan_pass *g_pass;
    player e;
    size_t pixels, latent;
    float *z, *dz, *made, *grad;
} autoencoder;

static autoencoder begin(const char *path)
{
    autoencoder a = {0};

    cli_must(gan_network_open(&a.g, path, NULL));
    a.latent = gan_shape_size(gan_network_input_shape(a.g));
    a.pixels = gan_shape_size(gan_network_output_shape(a.g));
    a.e = player_begin(make_encoder(a.pixels, gan_network_input_shape(a.g)), BATCH, 0.001);
    cli_must(gan_pass_create(&a.g_pass, a.g,
                             &(gan_pass_desc){GAN_PASS_DESC_INIT, .mode = GAN_PASS_EVALUATION,
                                              .no_weight_gradients = 1}));
    a.z = cli_memory(2 * BATCH * (a.latent + a.pixels), sizeof *a.z);
    a.dz = a.z + BATCH * a.latent;
    a.made = a.dz + BATCH * a.latent;
    a.grad = a.made + BATCH * a.pixels;
    return a;
}

static void end(autoencoder *a)
{
    player_end(&a->e);
    gan_pass_destroy(a->g_pass);
    gan_network_destroy(a->g);
    free(a->z);
}

/* Forward x -> z -> picture, and backward; return the mean squared error. */
static double step(autoencoder *a, const float *x, size_t n)
{
    double error = 0;

    cli_must(gan_pass_forward(a->e.pass, x, n, a->z));
    cli_must(gan_pass_forward(a->g_pass, a->z, n, a->made));
    for (size_t i = 0; i < n * a->pixels; i++) {
        const float off = a->made[i] - x[i];
        error += (double)(off * off) / (double)(n * a->pixels);
        a->grad[i] = 2 * off / (float)(n * a->pixels);
    }
    cli_must(gan_pass_backward(a->g_pass, a->grad, GAN_PASS_KEEP, a->dz));
    for (size_t i = 0; i < n * a->latent; i++)
        a->dz[i] += 2 * pull * a->z[i] / (float)(n * a->latent);
    cli_must(gan_pass_backward(a->e.pass, a->dz, GAN_PASS_REPLACE, NULL));
    cli_must(gan_pass_update_buffers(a->e.pass));
    player_step(&a->e);
    return error;
}

/* Pictures and, below each, its reconstruction in evaluation mode. */
static void draw(const char *path, autoencoder *a, const float *x)
{
    cli_must(gan_network_forward(a->e.net, x, SHOWN, a->z));
    cli_must(gan_network_forward(a->g, a->z, SHOWN, a->made + SHOWN * a->pixels));
    memcpy(a->made, x, SHOWN * a->pixels * sizeof *x);
    cli_must(
        gan_image_write_grid(path, a->made, 2 * SHOWN, gan_network_picture_shape(a->g),
                             &(gan_grid_desc){GAN_GRID_DESC_INIT, .columns = SHOWN, .padding = 2}));
}

static void train(autoencoder *a, loop *l, long epochs)
{
    const gan_batch *b;

    for (long epoch = 1; epoch <= epochs; epoch++) {
        double error = 0, n = 0;
        for (; (b = loop_next(l)) != NULL; n++) error += step(a, b->samples, b->count);
        cli_print("epoch %ld: mean squared error %.4f", epoch, error / n);
    }
    cli_must(gan_network_save(a->e.net, loop_file(l, files[0]).text));
    if ((b = loop_next(l)) != NULL) draw(loop_file(l, files[1]).text, a, b->samples);
}

int main(int argc, char **argv)
{
    options o;

    read_options(&o, argc, argv);
    autoencoder a = begin(o.model);
    const int good = loop_begin(&o.loop, BATCH, a.pixels, files);
    if (good) train(&a, &o.loop, o.epochs);
    loop_end(&o.loop);
    end(&a);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
