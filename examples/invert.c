/* invert.c - GAN inversion: find the latent vectors of pictures by gradient descent on the pixel
 * error with respect to z, through a trained, frozen generator. */
#include "common/program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 100, STEPS = 300, STARTS = 4, SHOWN = 20 };
static const char *const files[] = {"invert.png", NULL};

static void read_options(loop *l, const char **model, int argc, char **argv)
{
    /* clang-format off */
    cli_option table[] = {
        {"model", "FILE", .text = model, .help = "the generator's weights"},
        LOOP_OPTIONS(l),
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "invert",
        .options = table,
        .summary =
            "Finds latent vectors from which a generator reconstructs the first 100 test images,\n"
            "and prints the remaining pixel error.  Writes invert.png: pictures and, below each,\n"
            "the reconstruction.\n"
            "\n" FASHION_SUMMARY,
        .examples = "  invert --model out/generator.safetensors --out inverted\n",
    };
    cli_parse(&program, argc, argv);
}

/* Each picture's mean squared error, and the gradient of their sum with respect to the generator's
 * output. */
static void compare(const float *made, const float *wanted, size_t pixels, double *errors,
                    float *grad)
{
    for (size_t i = 0; i < N; i++) {
        errors[i] = 0;
        for (size_t j = i * pixels; j < (i + 1) * pixels; j++) {
            const float off = made[j] - wanted[j];
            errors[i] += (double)(off * off) / (double)pixels;
            grad[j] = 2 * off / (float)pixels;
        }
    }
}

static double mean(const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++) sum += x[i] / N;
    return sum;
}

/* The error of the pictures' mean, as a baseline without a generator. */
static double floor_of(const float *wanted, size_t pixels)
{
    double error = 0;

    for (size_t j = 0; j < pixels; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < N; i++) {
            const double x = (double)wanted[i * pixels + j];
            sum += x / N;
            squares += x * x / N;
        }
        error += (squares - sum * sum) / (double)pixels;
    }
    return error;
}

/* Gradient descent from random vectors, for all pictures at once: Adam updates the vectors.  The
 * error has local minima, so the best of several starts is used. */
static double descend(gan_pass *pass, gan_rng *rng, const float *wanted, size_t latent,
                      size_t pixels, float *best_z, double *best)
{
    float *z = cli_memory(N * latent, sizeof(float)), *dz = cli_memory(N * latent, sizeof(float));
    float *made = cli_memory(N * pixels, sizeof(float)),
          *grad = cli_memory(N * pixels, sizeof(float));
    double errors[N], first = 0;
    gan_optimizer *adam;
    gan_adam_desc desc = {GAN_ADAM_DESC_INIT};

    desc.lr = 0.05;
    cli_must(gan_optimizer_create_adam(&adam, &desc));
    cli_must(gan_optimizer_bind(adam, N * latent));
    gan_rng_normal(rng, N * latent, z);
    for (int step = 0; step <= STEPS; step++) {
        cli_must(gan_pass_forward(pass, z, N, made));
        compare(made, wanted, pixels, errors, grad);
        if (step == 0) first = mean(errors);
        if (step == STEPS) break;
        cli_must(gan_pass_backward(pass, grad, GAN_PASS_KEEP, dz));
        cli_must(gan_optimizer_step(adam, z, dz, N * latent));
    }
    for (size_t i = 0; i < N; i++) {
        if (errors[i] >= best[i]) continue;
        best[i] = errors[i];
        memcpy(best_z + i * latent, z + i * latent, latent * sizeof *z);
    }
    gan_optimizer_destroy(adam);
    free(z), free(dz), free(made), free(grad);
    return first;
}

/* Rows of pictures, each above its reconstructions. */
static void draw(const char *path, const float *wanted, const float *made, size_t pixels,
                 gan_shape shape)
{
    float *all = cli_memory(4 * SHOWN / 2 * pixels, sizeof(float));
    const size_t row = SHOWN / 2 * pixels;

    for (size_t r = 0; r < 2; r++) {
        memcpy(all + 2 * r * row, wanted + r * row, row * sizeof *all);
        memcpy(all + (2 * r + 1) * row, made + r * row, row * sizeof *all);
    }
    cli_must(gan_image_write_grid(
        path, all, 2 * SHOWN, shape,
        &(gan_grid_desc){GAN_GRID_DESC_INIT, .columns = SHOWN / 2, .padding = 2}));
    free(all);
}

/* Find the vectors of N pictures, draw the reconstructions, and print the errors. */
static void invert(gan_network *g, const float *wanted, const char *path)
{
    const size_t latent = gan_shape_size(gan_network_input_shape(g));
    const size_t pixels = gan_shape_size(gan_network_output_shape(g));
    const gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = N, .mode = GAN_PASS_EVALUATION,
                                .no_weight_gradients = 1};
    float *made = cli_memory(N * pixels, sizeof(float)), *z = cli_memory(N * latent, sizeof(float));
    double best[N], first = 0;
    gan_pass *pass;
    gan_rng *rng;

    cli_must(gan_pass_create(&pass, g, &desc));
    cli_must(gan_rng_create(&rng, 1, 0, NULL));
    for (size_t i = 0; i < N; i++) best[i] = INFINITY;
    for (int start = 0; start < STARTS; start++)
        first += descend(pass, rng, wanted, latent, pixels, z, best) / STARTS;
    cli_must(gan_pass_forward(pass, z, N, made));
    draw(path, wanted, made, pixels, gan_network_picture_shape(g));
    cli_print("mean squared error of %d pictures: %.4f at random vectors, %.4f after %d steps from "
              "the best of %d starts; %.4f for the mean of the pictures",
              N, first, mean(best), STEPS, STARTS, floor_of(wanted, pixels));
    gan_rng_destroy(rng);
    gan_pass_destroy(pass);
    free(made), free(z);
}

int main(int argc, char **argv)
{
    loop l = {.set = "t10k", .limit = N, .out = "."};
    const char *model = "out/generator.safetensors";
    gan_network *g;

    read_options(&l, &model, argc, argv);
    cli_must(gan_network_open(&g, model, NULL));
    const int good = loop_begin(&l, N, gan_shape_size(gan_network_output_shape(g)), files);
    if (good) invert(g, loop_next(&l)->samples, loop_file(&l, files[0]).text);
    loop_end(&l);
    gan_network_destroy(g);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
