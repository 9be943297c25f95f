/* test_train_files.c - a run's files have the same bytes on every machine.
 *
 * The run's numbers have so few digits that every product and sum is exact in a float: BLAS,
 * instruction set and order of summation can't make a difference.  The files stay in GAN_TEST_DIR,
 * where scripts/check-ports compares those of each port with those of the machine it runs on. */
#include "expect.h"
#include "game.h"
#include "sequence.h"

#include <gan/gan.h>
#include <math.h>

enum { LATENT = 3, PIXELS = 8, BATCH = 4, SAMPLES = 12 };

static size_t n_params; /* that count_digits() has seen */

/* Whole numbers from -1 to 1, or zeros. */
static void fill(gan_network *net, const char *name, int zero)
{
    gan_tensor tensor;

    expect_ok(gan_network_find(&tensor, net, name));
    for (size_t i = 0; i < tensor.size; i++)
        tensor.data[i] = zero ? 0.0f : (float)(int)(i * 7 % 3) - 1.0f;
}

static void each(gan_network *net, void (*look)(const gan_tensor *tensor))
{
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor tensor;

        expect_ok(gan_network_tensor(&tensor, net, i));
        look(&tensor);
    }
}

/* Fails where a number was rounded. */
static void count_digits(const gan_tensor *tensor)
{
    for (size_t i = 0; i < tensor->size; i++) {
        const double scaled = (double)tensor->data[i] * 65536.0;

        ck_assert_msg(scaled == rint(scaled), "%s[%zu] is %.9g: more digits than an exact run has",
                      tensor->name, i, (double)tensor->data[i]);
    }
    n_params += tensor->size;
}

static gan_network *perceptron(size_t in, size_t out, uint64_t seed)
{
    const gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = seed};
    gan_network *net = NETWORK_WITH(&desc, gan_shape_1d(in), gan_layer_linear(in, 5),
                                    gan_layer_leaky_relu(0.5f), gan_layer_linear(5, out));

    expect_ok(gan_network_build(net));
    return net;
}

static OPTIMIZER(sgd, sgd, d.lr = d.momentum = 0.5);

/* One step.  The generator's weights are 0, so that its noise, which has all digits, does not
 * matter: its samples are its biases. */
TEST(a_run)
{
    static float samples[SAMPLES][PIXELS];
    gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = BATCH, .shuffle = 1};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .average_decay = 0.5,
                             .loss = GAN_LOSS_WASSERSTEIN, .seed = 5, .n_threads = 1};
    gan_network *g = perceptron(LATENT, PIXELS, 1), *d = perceptron(PIXELS, 1, 2);
    gan_optimizer *g_opt = sgd(), *d_opt = sgd();
    gan_dataset *data;
    gan_iterator *it;
    gan_trainer *trainer;
    const gan_batch *batch;

    for (size_t i = 0; i < SAMPLES * PIXELS; i++)
        samples[i / PIXELS][i % PIXELS] = (float)(int)(i * i % 5) - 2.0f;
    fill(g, "0.weight", 1), fill(g, "2.weight", 1), fill(g, "0.bias", 0), fill(g, "2.bias", 0);
    fill(d, "0.weight", 0), fill(d, "2.weight", 0), fill(d, "0.bias", 0), fill(d, "2.bias", 0);
    expect_ok(gan_dataset_create_floats(&data, samples[0], NULL, SAMPLES, gan_shape_1d(PIXELS),
                                        NULL));
    expect_ok(gan_iterator_create(&it, data, &walk));
    expect_ok(gan_trainer_create(&trainer, g, d, g_opt, d_opt, &desc));
    expect_ok(gan_iterator_next(it, &batch));
    expect_ok(gan_train_step(trainer, batch, NULL));

    each(g, count_digits), each(d, count_digits);
    ck_assert_uint_eq(n_params, 3 * 5 + 5 + 5 * 8 + 8 + 8 * 5 + 5 + 5 + 1);
    expect_ok(gan_network_save(g, scratch_kept("run-generator.safetensors")));
    expect_ok(gan_checkpoint_save(trainer, it, scratch_kept("run-checkpoint.safetensors")));

    gan_trainer_destroy(trainer);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    gan_optimizer_destroy(g_opt), gan_optimizer_destroy(d_opt);
    gan_network_destroy(g), gan_network_destroy(d);
}

/* Uniform weights come from random bits without a function of the mathematical library, whose last
 * digits differ between systems; normal ones take a logarithm. */
TEST(a_seeded_network)
{
    const gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = 2385};
    gan_network *net = gan_network_create(gan_shape_3d(3, 8, 8), &desc), *again;
    gan_conv2d_desc conv = {GAN_CONV2D_DESC_INIT};

    gan_network_add(net, gan_layer_conv2d(3, 8, 3, &conv));
    gan_network_add(net, gan_layer_batch_norm(8, NULL));
    gan_network_add(net, gan_layer_prelu(8, 0.25f));
    gan_network_add(net, gan_layer_flatten());
    gan_network_add(net, gan_layer_linear(8 * 6 * 6, 10));
    expect_ok(gan_network_save(net, scratch_kept("seeded-network.safetensors")));
    expect_ok(gan_network_open(&again, scratch_kept("seeded-network.safetensors"), NULL));
    ck_assert_uint_eq(gan_network_param_count(again), 8 * 27 + 8 + 16 + 8 + 288 * 10 + 10);
    gan_network_destroy(again);
    gan_network_destroy(net);
}

TEST(a_picture_of_drawn_data)
{
    gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = 25, .shuffle = 1};
    gan_dataset *data;
    gan_iterator *it;
    const gan_batch *batch;
    gan_image *image;

    expect_ok(gan_dataset_create_shapes(&data, 100, 7, NULL));
    expect_ok(gan_iterator_create(&it, data, &walk));
    expect_ok(gan_iterator_next(it, &batch));
    expect_ok(gan_image_write_grid(scratch_kept("picture.png"), batch->samples, batch->count,
                                   batch->shape, NULL));
    expect_ok(gan_image_read(&image, scratch_kept("picture.png"), NULL));
    ck_assert_uint_eq(gan_image_width(image), 28 * 5);
    gan_image_destroy(image);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}
