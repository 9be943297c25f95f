/* series.c - time series: a GAN of 1-D convolutions, on damped oscillations, such as those of a
 * plucked string.
 *
 * The program synthesises the real series, so it can measure how well a generator has learnt the
 * distribution of their parameters. */
#include "common/program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LENGTH = 128, LATENT = 16, COUNT = 10000, BATCH = 50, JUDGED = 1000, SHOWN = 6 };

static const char *const files[] = {"series.png", "series.safetensors", NULL};

typedef struct options {
    long epochs;
    double weight;
    loop loop;
} options;

static void read_options(options *o, int argc, char **argv)
{
    *o = (options){.epochs = 12, .weight = 1, .loop.out = "."};
    /* clang-format off */
    cli_option table[] = {
        LOOP_EPOCHS_OPTION(&o->epochs),
        {"penalty-weight", "W", .real = &o->weight, .min = 0, .max = 1000,
         .help = "weight of the gradient penalty R1; 0: none"},
        LOOP_FILES_OPTIONS(&o->loop),
        {.name = NULL},
    };
    /* clang-format on */
    const cli_program program = {
        .name = "series",
        .options = table,
        .summary =
            "Trains a GAN on oscillations of 128 values that die away, which it makes itself.\n"
            "Prints after each epoch how far generated ones are from real ones in three figures,\n"
            "the period (14 to 40 values), the height (0.3 to 0.8) and the share of the energy\n"
            "in the first quarter: Wasserstein distances, as the mean difference of sorted\n"
            "values.  The floor is the distance of real ones from other real ones.\n"
            "\n"
            "Writes the generator, series.safetensors, and series.png: real series and, below\n"
            "them, generated ones.\n",
        .examples = "  series --out oscillations\n"
                    "  series --penalty-weight 0 --out without    # few periods are learnt\n",
    };
    cli_parse(&program, argc, argv);
}

/* x(t) = height exp(-t / fade) (sin wt + 0.4 sin 2wt). */
static void make_series(gan_rng *rng, size_t n, float *x)
{
    for (float u[3]; n > 0; n--, x += LENGTH) {
        gan_rng_uniform(rng, 3, u);
        const float w = 6.2832f / (14 + 26 * u[0]), height = 0.3f + 0.4f * u[1];
        for (int t = 0; t < LENGTH; t++)
            x[t] = height * expf(-(float)t / (30 + 50 * u[2])) *
                   (sinf(w * (float)t) + 0.4f * sinf(2 * w * (float)t));
    }
}

/* Each convolution halves or doubles the length, from 8 values to 128. */
static const gan_conv1d_desc by_two = {GAN_CONV1D_DESC_INIT, .stride = 2, .padding = 3};

static gan_network *make_generator(void)
{
    gan_network *g = gan_network_create(gan_shape_1d(LATENT),
                                        &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 1});

    gan_network_add(g, gan_layer_linear(LATENT, 64 * 8));
    gan_network_add(g, gan_layer_reshape(gan_shape_2d(64, 8)));
    for (size_t channels = 64; channels >= 8; channels /= 2) {
        const size_t out = channels > 8 ? channels / 2 : 1;
        gan_network_add(g, gan_layer_batch_norm(channels, NULL));
        gan_network_add(g, gan_layer_relu());
        gan_network_add(g, gan_layer_conv_transpose1d(channels, out, 8, &by_two));
    }
    gan_network_add(g, gan_layer_tanh());
    return g;
}

static gan_network *make_discriminator(void)
{
    gan_network *d = gan_network_create(gan_shape_2d(1, LENGTH),
                                        &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 2});

    for (size_t channels = 8; channels <= 64; channels *= 2) {
        const size_t in = channels > 8 ? channels / 2 : 1;
        gan_network_add(d, gan_layer_conv1d(in, channels, 8, &by_two));
        gan_network_add(d, gan_layer_leaky_relu(0.2f));
    }
    gan_network_add(d, gan_layer_flatten());
    gan_network_add(d, gan_layer_linear(64 * 8, 1));
    return d;
}

/* ---- figures ---- */

static double energy(const float *x, int n)
{
    double sum = 1e-12; /* it is a divisor */
    for (int t = 0; t < n; t++) sum += (double)x[t] * (double)x[t];
    return sum;
}

/* The period: the shift with the largest autocorrelation. */
static double period(const float *x)
{
    double like, most = -INFINITY;
    int best = 0;

    for (int lag = 10; lag < 50; lag++) {
        like = 0;
        for (int t = lag; t < LENGTH; t++) like += (double)x[t] * (double)x[t - lag];
        if (like <= most) continue;
        most = like;
        best = lag;
    }
    return best;
}

static double height(const float *x)
{
    float most = 0;
    for (int t = 0; t < LENGTH; t++) most = fmaxf(most, fabsf(x[t]));
    return (double)most;
}

static double early(const float *x)
{
    return energy(x, LENGTH / 4) / energy(x, LENGTH);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The distance between what `measure` finds in JUDGED series and in as many others. */
static double distance(double (*measure)(const float *), const float *a, const float *b)
{
    static double of_a[JUDGED], of_b[JUDGED];
    double sum = 0;

    for (size_t i = 0; i < JUDGED; i++) {
        of_a[i] = measure(a + i * LENGTH);
        of_b[i] = measure(b + i * LENGTH);
    }
    qsort(of_a, JUDGED, sizeof *of_a, ascending);
    qsort(of_b, JUDGED, sizeof *of_b, ascending);
    for (size_t i = 0; i < JUDGED; i++) sum += fabs(of_a[i] - of_b[i]) / JUDGED;
    return sum;
}

static void compare(const char *name, const float *a, const float *real)
{
    cli_print("%s: off by %.2f in period, %.4f in height, %.4f in early energy", name,
              distance(period, a, real), distance(height, a, real), distance(early, a, real));
}

/* Plot the series as lines of dots, real ones above and generated ones below. */
static void draw(const char *path, const float *real, const float *made)
{
    enum { EACH = 25, DOTS = EACH * (LENGTH - 1) };
    static float xy[2 * SHOWN][2 * DOTS];
    plot_square squares[2 * SHOWN];

    for (size_t s = 0; s < 2 * SHOWN; s++) {
        const float *x = s < SHOWN ? real + s * LENGTH : made + (s - SHOWN) * LENGTH;
        for (size_t i = 0; i < DOTS; i++) {
            const float way = (float)(i % EACH) / EACH;
            xy[s][2 * i] = 2 * (float)i / DOTS - 1;
            xy[s][2 * i + 1] = (1 - way) * x[i / EACH] + way * x[i / EACH + 1];
        }
        squares[s] = (plot_square){s < SHOWN ? "real" : "generated",
                                   {{xy[s], DOTS, s < SHOWN ? PLOT_BLUE : PLOT_ORANGE}},
                                   1};
    }
    cli_must(plot_scatter(path, squares, 2 * SHOWN, SHOWN));
}

/* ---- training ---- */

static gan_optimizer *make_adam(void)
{
    gan_adam_desc desc = {GAN_ADAM_DESC_INIT};
    gan_optimizer *adam;

    desc.lr = 0.001;
    desc.beta1 = 0.5;
    desc.beta2 = 0.99;
    cli_must(gan_optimizer_create_adam(&adam, &desc));
    return adam;
}

static void train(options *o, gan_rng *rng, const float *real, const float *others)
{
    static float z[JUDGED * LATENT], made[JUDGED * LENGTH];
    const gan_penalty_desc r1 = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1,
                                 .weight = o->weight};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH,
                                   .average_decay = 0.99, .penalty = o->weight > 0 ? &r1 : NULL};
    gan_network *g = make_generator(), *d = make_discriminator();
    gan_optimizer *g_adam = make_adam(), *d_adam = make_adam();
    gan_trainer *trainer;

    cli_must(gan_trainer_create(&trainer, g, d, g_adam, d_adam, &desc));
    compare("floor", real, others);
    for (long epoch = 1; epoch <= o->epochs; epoch++) {
        char name[32];
        for (const gan_batch *b; (b = loop_next(&o->loop)) != NULL;)
            cli_must(gan_train_step(trainer, b, NULL));
        gan_rng_normal(rng, JUDGED * LATENT, z);
        cli_must(gan_network_forward(gan_trainer_average(trainer), z, JUDGED, made));
        snprintf(name, sizeof name, "epoch %ld", epoch);
        compare(name, made, others);
    }
    cli_must(gan_network_save(gan_trainer_average(trainer), loop_file(&o->loop, files[1]).text));
    draw(loop_file(&o->loop, files[0]).text, others, made);
    gan_trainer_destroy(trainer);
    gan_optimizer_destroy(d_adam);
    gan_optimizer_destroy(g_adam);
    gan_network_destroy(d);
    gan_network_destroy(g);
}

int main(int argc, char **argv)
{
    static float real[COUNT * LENGTH], others[JUDGED * LENGTH];
    options o;
    gan_rng *rng;
    gan_dataset *data;

    read_options(&o, argc, argv);
    cli_must(gan_rng_create(&rng, 1, 0, NULL));
    make_series(rng, COUNT, real);
    make_series(rng, JUDGED, others);
    cli_must(gan_dataset_create_floats(&data, real, NULL, COUNT, gan_shape_2d(1, LENGTH), NULL));
    const int good = loop_begin_with(&o.loop, data, BATCH, files);
    if (good) train(&o, rng, real, others);
    loop_end(&o.loop);
    gan_rng_destroy(rng);
    return cli_end(good ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
