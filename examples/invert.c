/* invert.c - find the latent vectors of pictures: descend the pixel error's gradient by z, through
 * a trained generator that stays as it is.
 *
 *     invert GENERATOR.safetensors [IMAGES]    IMAGES: an IDX file such as
 *                                              t10k-images-idx3-ubyte.gz; silhouettes drawn by the
 *                                              library without one
 *
 * It says how far the error falls and writes invert.png: pictures, and below each what the
 * generator makes of the vector that was found. */
#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 100, STEPS = 300, STARTS = 4, SHOWN = 20 };

static void check(gan_status status)
{
    if (status == GAN_OK) return;
    fprintf(stderr, "invert: %s\n", gan_last_error());
    exit(EXIT_FAILURE);
}

static float *numbers(size_t n)
{
    float *out = calloc(n, sizeof *out);
    if (out) return out;
    fprintf(stderr, "invert: no memory\n");
    exit(EXIT_FAILURE);
}

/* The first pictures of the file, from -1 to 1 as the generator's. */
static void read_pictures(const char *path, size_t pixels, float *out)
{
    gan_dataset *data;
    gan_iterator *it;
    const gan_batch *batch;

    check(path ? gan_dataset_open_idx(&data, path, NULL, NULL)
               : gan_dataset_create_shapes(&data, N, 1, NULL));
    check(gan_iterator_create(&it, data,
                              &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = N}));
    check(gan_iterator_next(it, &batch));
    if (gan_shape_size(batch->shape) != pixels || batch->count != N) {
        fprintf(stderr, "invert: %d pictures of %zu pixels expected\n", N, pixels);
        exit(EXIT_FAILURE);
    }
    memcpy(out, batch->samples, N * pixels * sizeof *out);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

/* Each picture's mean squared error, and the gradient of their sum by the generator's output. */
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

/* The error of showing the mean of the pictures for each: what needs no generator. */
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

/* From random vectors down, all pictures at once: the vectors are what Adam calls weights.  An
 * error has valleys that lead nowhere, so the best of several starts counts. */
static double descend(gan_pass *pass, gan_rng *rng, const float *wanted, size_t latent,
                      size_t pixels, float *best_z, double *best)
{
    float *z = numbers(N * latent), *dz = numbers(N * latent);
    float *made = numbers(N * pixels), *grad = numbers(N * pixels);
    double errors[N], first = 0;
    gan_optimizer *adam;
    gan_adam_desc desc = {GAN_ADAM_DESC_INIT};

    desc.lr = 0.05;
    check(gan_optimizer_create_adam(&adam, &desc));
    check(gan_optimizer_bind(adam, N * latent));
    gan_rng_normal(rng, N * latent, z);
    for (int step = 0; step <= STEPS; step++) {
        check(gan_pass_forward(pass, z, N, made));
        compare(made, wanted, pixels, errors, grad);
        if (step == 0) first = mean(errors);
        if (step == STEPS) break;
        check(gan_pass_backward(pass, grad, GAN_PASS_KEEP, dz));
        check(gan_optimizer_step(adam, z, dz, N * latent));
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

/* Rows of pictures and what was found for them, one below the other. */
static void draw(const float *wanted, const float *made, size_t pixels, gan_shape shape)
{
    float *all = numbers(4 * SHOWN / 2 * pixels);
    const size_t row = SHOWN / 2 * pixels;

    for (size_t r = 0; r < 2; r++) {
        memcpy(all + 2 * r * row, wanted + r * row, row * sizeof *all);
        memcpy(all + (2 * r + 1) * row, made + r * row, row * sizeof *all);
    }
    check(gan_image_write_grid(
        "invert.png", all, 2 * SHOWN, shape,
        &(gan_grid_desc){GAN_GRID_DESC_INIT, .columns = SHOWN / 2, .padding = 2}));
    free(all);
}

int main(int argc, char **argv)
{
    gan_network *g;
    gan_pass *pass;
    gan_rng *rng;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: invert GENERATOR.safetensors [IMAGES]\n");
        return 2;
    }
    check(gan_network_open(&g, argv[1], NULL));
    const size_t latent = gan_shape_size(gan_network_input_shape(g));
    const size_t pixels = gan_shape_size(gan_network_output_shape(g));
    float *wanted = numbers(N * pixels), *made = numbers(N * pixels), *z = numbers(N * latent);
    double best[N], first = 0;

    read_pictures(argc > 2 ? argv[2] : NULL, pixels, wanted);
    check(gan_pass_create(&pass, g,
                          &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = N,
                                           .mode = GAN_PASS_EVALUATION, .no_weight_gradients = 1}));
    check(gan_rng_create(&rng, 1, 0, NULL));
    for (size_t i = 0; i < N; i++) best[i] = INFINITY;
    for (int start = 0; start < STARTS; start++)
        first += descend(pass, rng, wanted, latent, pixels, z, best) / STARTS;
    check(gan_pass_forward(pass, z, N, made));
    draw(wanted, made, pixels, gan_network_picture_shape(g));
    printf(
        "mean squared error of %d pictures: %.4f at random vectors, %.4f after %d steps from the "
        "best of %d starts; %.4f for the mean of the pictures\n",
        N, first, mean(best), STEPS, STARTS, floor_of(wanted, pixels));
    gan_rng_destroy(rng);
    gan_pass_destroy(pass);
    gan_network_destroy(g);
    free(wanted), free(made), free(z);
    return 0;
}
