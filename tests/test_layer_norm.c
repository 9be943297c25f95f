/* test_layer_norm.c - batch_norm, layer_norm, group_norm, instance_norm. */
#include "expect.h"
#include "golden.h"
#include "gradcheck.h"
#include "network/network_internal.h"
#include "network/pass_internal.h"
#include "onelayer.h"

#include <gan/gan.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gan_norm_desc plain = {GAN_NORM_DESC_INIT, .no_affine = 1};

/* The defaults with another eps. */
static gan_norm_desc eps(double value)
{
    return (gan_norm_desc){GAN_NORM_DESC_INIT, .eps = value};
}

static gan_layer *batch_norm(size_t n)
{
    return gan_layer_batch_norm(n, NULL);
}

static gan_shape image(size_t channels, size_t height, size_t width)
{
    return gan_shape_3d(channels, height, width);
}

/* A network of one layer. */
static gan_network *alone(gan_shape input, gan_layer *layer)
{
    gan_network *net = gan_network_create(input, NULL);

    ck_assert_ptr_nonnull(net);
    expect_ok(gan_network_add(net, layer));
    expect_ok(gan_network_build(net));
    return net;
}

/* ---- values ---- */

TEST(batch_norm_is_pytorchs)
{
    golden *g = golden_open("layers_norm.bin");
    const gan_norm_desc other = {sizeof other, 1e-3, 0.25, 1};

    expect_layer_golden(g, "bn1d", gan_shape_1d(5), batch_norm(5), 7, 7);
    expect_layer_golden(g, "bn1d_groups", gan_shape_1d(19), batch_norm(19), 12, 4);
    expect_layer_golden(g, "bn1d_seq", gan_shape_2d(4, 9), batch_norm(4), 3, 3);
    expect_layer_golden(g, "bn2d", image(3, 5, 4), batch_norm(3), 6, 6);
    expect_layer_golden(g, "bn2d_groups", image(5, 3, 3), batch_norm(5), 6, 3);
    expect_layer_golden(g, "bn2d_one", image(2, 4, 4), batch_norm(2), 1, 1);
    expect_layer_golden(g, "bn2d_plain", image(3, 3, 2), gan_layer_batch_norm(3, &other), 4, 2);
    expect_layer_golden(g, "bn2d_far", image(2, 4, 4), batch_norm(2), 3, 3);
    expect_layer_golden(g, "bn2d_farther", image(2, 4, 4), batch_norm(2), 3, 3);
    golden_close(g);
}

TEST(layer_norm_is_pytorchs)
{
    golden *g = golden_open("layers_norm.bin");
    const gan_norm_desc other = eps(1e-3);

    expect_layer_golden(g, "ln", gan_shape_1d(7), gan_layer_layer_norm(gan_shape_1d(7), NULL), 5,
                        5);
    expect_layer_golden(g, "ln_last", image(4, 3, 6), gan_layer_layer_norm(gan_shape_1d(6), &other),
                        3, 3);
    expect_layer_golden(g, "ln_all", image(3, 4, 5), gan_layer_layer_norm(image(3, 4, 5), NULL), 2,
                        1);
    expect_layer_golden(g, "ln_plain", image(3, 4, 5),
                        gan_layer_layer_norm(gan_shape_2d(4, 5), &plain), 3, 3);
    expect_layer_golden(g, "ln_far", gan_shape_1d(33), gan_layer_layer_norm(gan_shape_1d(33), NULL),
                        3, 3);
    expect_layer_golden(g, "ln_farther", gan_shape_1d(33),
                        gan_layer_layer_norm(gan_shape_1d(33), NULL), 3, 3);
    golden_close(g);
}

TEST(group_norm_and_instance_norm_are_pytorchs)
{
    golden *g = golden_open("layers_norm.bin");
    const gan_norm_desc other = {GAN_NORM_DESC_INIT, .eps = 1e-4, .no_affine = 1};
    const gan_norm_desc wide = eps(1e-2);

    expect_layer_golden(g, "gn", image(6, 3, 5), gan_layer_group_norm(2, 6, NULL), 3, 3);
    expect_layer_golden(g, "gn_one", image(4, 4, 4), gan_layer_group_norm(1, 4, NULL), 2, 1);
    expect_layer_golden(g, "gn_plain", gan_shape_2d(6, 4), gan_layer_group_norm(3, 6, &other), 3,
                        3);
    expect_layer_golden(g, "gn_vector", gan_shape_1d(12), gan_layer_group_norm(3, 12, NULL), 4, 4);
    expect_layer_golden(g, "in2d", image(4, 5, 3), gan_layer_instance_norm(4, 0, NULL), 3, 3);
    expect_layer_golden(g, "in2d_affine", image(3, 7, 5), gan_layer_instance_norm(3, 1, NULL), 2,
                        2);
    expect_layer_golden(g, "in1d_affine", gan_shape_2d(5, 11), gan_layer_instance_norm(5, 1, &wide),
                        3, 3);
    golden_close(g);
}

TEST(gradients_are_finite_differences)
{
    expect_layer_gradients(gan_shape_1d(3), batch_norm(3), 8, 8, NULL);
    expect_layer_gradients(image(2, 3, 5), batch_norm(2), 4, 2, NULL);
    expect_layer_gradients(image(2, 3, 5), gan_layer_batch_norm(2, &plain), 4, 4, NULL);
    expect_layer_gradients(gan_shape_1d(67), gan_layer_layer_norm(gan_shape_1d(67), NULL), 2, 2,
                           NULL);
    expect_layer_gradients(image(2, 2, 9), gan_layer_layer_norm(gan_shape_1d(9), NULL), 2, 2, NULL);
    expect_layer_gradients(image(4, 5, 7), gan_layer_group_norm(2, 4, NULL), 2, 2, NULL);
    expect_layer_gradients(image(3, 3, 4), gan_layer_instance_norm(3, 1, NULL), 2, 2, NULL);
}

/* More than one block of columns, and tile, and part of the weights. */
TEST(large_shapes_have_the_same_bits)
{
    expect_layer_same_bits(gan_shape_1d(600), batch_norm(600), 240, 80);
    expect_layer_same_bits(image(24, 7, 7), batch_norm(24), 128, 32);
    expect_layer_same_bits(image(3, 23, 24), batch_norm(3), 120, 60);
    expect_layer_same_bits(gan_shape_2d(9, 41), gan_layer_layer_norm(gan_shape_1d(41), NULL), 100,
                           100);
    expect_layer_same_bits(image(3, 13, 41), gan_layer_layer_norm(image(3, 13, 41), NULL), 24, 8);
    expect_layer_same_bits(image(6, 19, 31), gan_layer_group_norm(3, 6, NULL), 12, 12);
    expect_layer_same_bits(image(150, 5, 3), gan_layer_instance_norm(150, 1, NULL), 16, 16);
}

/* Output of a training pass over one batch. */
static void train_forward(gan_network *net, const float *x, size_t rows, float *y)
{
    const size_t size = gan_shape_size(gan_network_input_shape(net));
    gan__pass *pass = NULL;

    expect_ok(gan__pass_create(
        &pass,
        &(gan__pass_desc){
            .net = net, .n_layers = net->n_layers, .rows = rows, .threads = 1, .training = 1},
        &net->allocator));
    memcpy(gan__pass_input(pass, 0), x, rows * size * sizeof *x);
    gan__pass_forward(pass, NULL, 0, rows, rows);
    memcpy(y, gan__pass_output(pass, 0), rows * size * sizeof *y);
    gan__pass_destroy(pass);
}

enum { ROWS = 150, COLUMNS = 5 };

/* Each column's mean and standard deviation in double, by the definition. */
static void expect_standard(const float *x, const float *y)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        double mean = 0, var = 0;

        for (size_t r = 0; r < ROWS; r++) mean += (double)x[r * COLUMNS + c] / ROWS;
        for (size_t r = 0; r < ROWS; r++) var += pow((double)x[r * COLUMNS + c] - mean, 2) / ROWS;
        for (size_t r = 0; r < ROWS; r++)
            expect_near((double)y[r * COLUMNS + c],
                        ((double)x[r * COLUMNS + c] - mean) / sqrt(var + 1e-5), 2e-6, 1e-6);
    }
}

/* At a million a float has 4 bits left for the deviations; none of them is lost. */
TEST(large_means_and_outliers_do_no_harm)
{
    const float means[COLUMNS] = {0, 1e3f, -1e6f, 1e-3f, 3};
    gan_network *batch = alone(gan_shape_1d(COLUMNS), batch_norm(COLUMNS));
    gan_network *layer =
        alone(gan_shape_2d(COLUMNS, ROWS), gan_layer_layer_norm(gan_shape_1d(ROWS), NULL));
    float x[ROWS * COLUMNS], turned[ROWS * COLUMNS], y[ROWS * COLUMNS], out[ROWS * COLUMNS];

    for (size_t i = 0; i < ROWS * COLUMNS; i++) x[i] = means[i % COLUMNS] + sinf(1.7f * (float)i);
    x[4] = 1e3f; /* the first of its column */
    train_forward(batch, x, ROWS, y);
    expect_standard(x, y);
    for (size_t i = 0; i < ROWS * COLUMNS; i++) turned[i % COLUMNS * ROWS + i / COLUMNS] = x[i];
    expect_ok(gan_network_forward(layer, turned, 1, out));
    for (size_t i = 0; i < ROWS * COLUMNS; i++) y[i] = out[i % COLUMNS * ROWS + i / COLUMNS];
    expect_standard(x, y);
    gan_network_destroy(batch);
    gan_network_destroy(layer);
}

TEST(equal_numbers_give_the_bias)
{
    const float x[8] = {3e5f, 3e5f, 3e5f, 3e5f, -7, -7, -7, -7};
    gan_network *nets[] = {alone(gan_shape_2d(2, 4), gan_layer_group_norm(2, 2, NULL)),
                           alone(gan_shape_2d(2, 4), batch_norm(2))};
    float y[8];

    for (size_t n = 0; n < 2; n++) {
        const gan_tensor bias = tensor_of(nets[n], "0.bias");

        bias.data[0] = 0.25f;
        bias.data[1] = -4;
        train_forward(nets[n], x, 1, y);
        for (size_t i = 0; i < 8; i++) ck_assert(y[i] == bias.data[i / 4]);
        gan_network_destroy(nets[n]);
    }
}

/* A batch of one value a channel, which PyTorch refuses. */
TEST(a_batch_of_one_value_gives_the_bias)
{
    const float x[2] = {3e5f, -7};
    gan_network *net = alone(gan_shape_1d(2), batch_norm(2));
    float y[2];

    train_forward(net, x, 1, y);
    ck_assert(y[0] == 0 && y[1] == 0);
    gan_network_destroy(net);
}

/* ---- running statistics ---- */

enum { LATENT = 3, WIDTH = 4, BATCH = 6 };

typedef struct players {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *trainer;
    float real[BATCH * WIDTH], z[BATCH * LATENT];
    gan_batch batch;
} players;

/* The discriminator's first layer is a batch_norm, the generator may have one. */
static void begin(players *p, int g_norm)
{
    p->g = gan_network_create(gan_shape_1d(LATENT), NULL);
    p->d = gan_network_create(gan_shape_1d(WIDTH), NULL);
    gan_network_add(p->g, gan_layer_linear(LATENT, WIDTH));
    if (g_norm) gan_network_add(p->g, batch_norm(WIDTH));
    gan_network_add(p->d, batch_norm(WIDTH));
    gan_network_add(p->d, gan_layer_linear(WIDTH, 1));
    expect_ok(gan_optimizer_create_adam(&p->g_opt, NULL));
    expect_ok(gan_optimizer_create_adam(&p->d_opt, NULL));
    expect_ok(gan_trainer_create(
        &p->trainer, p->g, p->d, p->g_opt, p->d_opt,
        &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .n_threads = 2}));
    for (size_t i = 0; i < BATCH * WIDTH; i++) p->real[i] = 2 + sinf(2.385f * (float)i);
    for (size_t i = 0; i < BATCH * LATENT; i++) p->z[i] = cosf(1.7f * (float)i);
    p->batch =
        (gan_batch){.samples = p->real, .count = BATCH, .shape = gan_network_input_shape(p->d)};
}

static void end(players *p)
{
    gan_trainer_destroy(p->trainer);
    gan_optimizer_destroy(p->g_opt);
    gan_optimizer_destroy(p->d_opt);
    gan_network_destroy(p->g);
    gan_network_destroy(p->d);
}

/* Update running statistics from a batch, as in PyTorch. */
static void follow(double *mean, double *var, const float *x, size_t c)
{
    double m = 0, v = 0;

    for (size_t r = 0; r < BATCH; r++) m += (double)x[r * WIDTH + c] / BATCH;
    for (size_t r = 0; r < BATCH; r++) v += pow((double)x[r * WIDTH + c] - m, 2) / (BATCH - 1);
    *mean = 0.9 * *mean + 0.1 * m;
    *var = 0.9 * *var + 0.1 * v;
}

TEST(running_statistics_follow_real_and_then_generated_samples)
{
    players p;
    float fake[BATCH * WIDTH];
    gan_tensor mean, var;

    begin(&p, 0);
    mean = tensor_of(p.d, "0.running_mean");
    var = tensor_of(p.d, "0.running_var");
    ck_assert_int_eq(mean.trainable, 0);
    for (size_t c = 0; c < WIDTH; c++) ck_assert(mean.data[c] == 0 && var.data[c] == 1);
    expect_ok(gan_trainer_sample(p.trainer, p.z, BATCH, fake));
    expect_ok(gan_train_discriminator_step(p.trainer, &p.batch, p.z, NULL, NULL));
    for (size_t c = 0; c < WIDTH; c++) {
        double m = 0, v = 1;

        follow(&m, &v, p.real, c);
        follow(&m, &v, fake, c);
        expect_near((double)mean.data[c], m, 1e-6, 0);
        expect_near((double)var.data[c], v, 1e-6, 0);
    }
    end(&p);
}

TEST(a_step_leaves_the_other_networks_statistics_alone)
{
    players p;
    gan_network *g = NULL, *d = NULL;

    begin(&p, 1);
    expect_ok(gan_network_clone(&g, p.g));
    expect_ok(gan_train_discriminator_step(p.trainer, &p.batch, NULL, NULL, NULL));
    expect_same_weights(g, p.g);
    expect_ok(gan_network_clone(&d, p.d));
    expect_ok(gan_train_generator_step(p.trainer, BATCH, NULL, NULL, NULL));
    expect_same_weights(d, p.d);
    for (size_t c = 0; c < WIDTH; c++) {
        ck_assert(tensor_of(p.g, "1.running_mean").data[c] != 0);
        ck_assert(tensor_of(p.g, "1.running_var").data[c] != 1);
    }
    gan_network_destroy(g);
    gan_network_destroy(d);
    end(&p);
}

TEST(a_step_that_fails_leaves_the_statistics_alone)
{
    players p;
    gan_network *d = NULL;

    begin(&p, 1);
    expect_ok(gan_network_clone(&d, p.d));
    p.real[7] = NAN;
    expect_status(gan_train_discriminator_step(p.trainer, &p.batch, NULL, NULL, NULL),
                  GAN_ERR_NONFINITE);
    expect_same_weights(d, p.d);
    gan_network_destroy(d);
    end(&p);
}

TEST(evaluation_uses_running_statistics)
{
    const float x[4] = {1, -2, 3, 5}, wanted[4] = {0.5f, -2.5f, 23, 35};
    gan_network *net = alone(gan_shape_2d(2, 2), batch_norm(2));
    float y[4];

    memcpy(tensor_of(net, "0.running_mean").data, (const float[]){1, -1}, 8);
    memcpy(tensor_of(net, "0.running_var").data, (const float[]){4, 0.25f}, 8);
    memcpy(tensor_of(net, "0.weight").data, (const float[]){2, 3}, 8);
    memcpy(tensor_of(net, "0.bias").data, (const float[]){0.5f, -1}, 8);
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_close(y, wanted, 4, 3e-5, 0); /* eps is 4e-5 of a variance */
    gan_network_destroy(net);
}

TEST(settings_and_statistics_survive_a_file)
{
    const gan_norm_desc other = {sizeof other, 1e-3, 0.3, 0}, within = {sizeof within, 1e-3, 0, 0};
    const char *path = scratch_path("norm.safetensors");
    gan_network *net = gan_network_create(image(4, 3, 2), NULL), *again = NULL;
    float x[48], y[48], z[48];

    gan_network_add(net, gan_layer_batch_norm(4, &other));
    gan_network_add(net, gan_layer_group_norm(2, 4, &within));
    gan_network_add(net, gan_layer_layer_norm(gan_shape_2d(3, 2), &within));
    gan_network_add(net, gan_layer_instance_norm(4, 1, &within));
    expect_ok(gan_network_build(net));
    ck_assert_uint_eq(gan_network_param_count(net), 8 + 8 + 12 + 8);
    ck_assert_uint_eq(gan_network_tensor_count(net), 10);
    tensor_of(net, "0.running_mean").data[1] = 0.5f;
    tensor_of(net, "0.running_var").data[2] = 2;
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_open(&again, path, NULL));
    expect_same_weights(again, net);
    for (size_t i = 0; i < 48; i++) x[i] = sinf(1.7f * (float)i);
    expect_ok(gan_network_forward(net, x, 2, y));
    expect_ok(gan_network_forward(again, x, 2, z));
    expect_same_bits(y, z, sizeof y);
    expect_ok(gan_network_initialize(again, 3));
    ck_assert(tensor_of(again, "0.running_mean").data[1] == 0);
    ck_assert(tensor_of(again, "0.running_var").data[2] == 1);
    ck_assert(tensor_of(again, "3.weight").data[2] == 1);
    ck_assert(tensor_of(again, "3.bias").data[2] == 0);
    gan_network_destroy(net);
    gan_network_destroy(again);
}

/* ---- what is refused ---- */

static void expect_refused(gan_layer *layer, const char *says)
{
    ck_assert_ptr_null(layer);
    expect_error_says(says);
}

TEST(settings_out_of_range_give_null_and_a_sentence)
{
    const double bad[] = {-1e-5, -INFINITY, NAN, INFINITY};
    gan_norm_desc d = {GAN_NORM_DESC_INIT};

    for (size_t i = 0; i < 4; i++) {
        d.eps = bad[i];
        expect_refused(gan_layer_batch_norm(3, &d), "batch_norm: eps is ");
        expect_refused(gan_layer_layer_norm(gan_shape_1d(3), &d), "layer_norm: eps is ");
        expect_refused(gan_layer_group_norm(1, 3, &d), "group_norm: eps is ");
        expect_refused(gan_layer_instance_norm(3, 1, &d), "instance_norm: eps is ");
    }
    d.eps = 1e-5;
    d.momentum = 1.25;
    expect_refused(gan_layer_batch_norm(3, &d), "1.25");
    expect_refused(gan_layer_layer_norm(gan_shape_1d(3), &d),
                   "layer_norm: momentum 1.25 is for batch_norm");
    expect_refused(gan_layer_group_norm(1, 3, &d), "momentum 1.25 is for batch_norm");
    expect_refused(gan_layer_instance_norm(3, 1, &d), "momentum 1.25 is for batch_norm");
    d.momentum = NAN;
    expect_refused(gan_layer_batch_norm(3, &d), "momentum");
    d.momentum = -0.5;
    expect_refused(gan_layer_batch_norm(3, &d), "momentum");
    d.struct_size = 5;
    expect_refused(gan_layer_instance_norm(3, 1, &d), "norm desc");
    expect_refused(gan_layer_batch_norm(0, NULL), "num_features");
    expect_refused(gan_layer_instance_norm(SIZE_MAX, 0, NULL), "num_features");
    expect_refused(gan_layer_group_norm(0, 4, NULL), "num_groups");
    expect_refused(gan_layer_group_norm(2, 0, NULL), "num_channels");
    expect_refused(gan_layer_group_norm(3, 4, NULL), "4 channels can't be cut into 3 groups");
    expect_refused(gan_layer_layer_norm(gan_shape_2d(3, 0), NULL), "layer_norm");
}

static void expect_misfit(gan_shape input, gan_layer *layer, const char *says)
{
    gan_network *net = gan_network_create(input, NULL);

    ck_assert_ptr_nonnull(layer);
    expect_fails(gan_network_add(net, layer), GAN_ERR_SHAPE, says);
    gan_network_destroy(net);
}

TEST(shapes_that_do_not_fit_are_refused)
{
    const gan_shape square = gan_shape_2d(3, 3);

    expect_misfit(image(4, 3, 3), batch_norm(3), "needs 3 channels, gets [4, 3, 3]");
    expect_misfit(gan_shape_1d(4), gan_layer_instance_norm(3, 0, NULL), "needs 3 channels");
    expect_misfit(gan_shape_1d(4), gan_layer_group_norm(2, 6, NULL), "needs 6 channels");
    expect_misfit(image(3, 3, 4), gan_layer_layer_norm(square, NULL),
                  "needs a shape that ends as [3, 3], gets [3, 3, 4]");
    expect_misfit(gan_shape_1d(9), gan_layer_layer_norm(square, NULL), "[9]");
    expect_misfit(gan_shape_1d(4), gan_layer_instance_norm(4, 0, NULL), "gets 1");
    expect_misfit(gan_shape_2d(4, 1), gan_layer_group_norm(4, 4, NULL), "gets 1");
    expect_misfit(gan_shape_2d(4, 1), gan_layer_layer_norm(gan_shape_1d(1), NULL), "gets 1");
}
