/* test_train_precision.c - training with products in bfloat16: results near those of floats; the
 * same bits on any number of threads, with any activation memory setting, and after a resume. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "penalty_cases.h"
#include "sequence.h"

#include <gan/checkpoint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 24, LATENT = 6, SIDE = 16, STEPS = 3 };

/* ---- the networks: linear layers, direct convolutions and both sizes of tiles ---- */

static gan_layer *up(size_t in, size_t out)
{
    const gan_conv2d_desc by_two = {GAN_CONV2D_DESC_INIT, .stride = {2, 2}, .padding = {1, 1}};

    return gan_layer_conv_transpose2d(in, out, 4, &by_two);
}

static gan_network *generator(void)
{
    return BUILT(gan_shape_1d(LATENT), linear(LATENT, 20 * 16),
                 gan_layer_reshape(gan_shape_3d(20, 4, 4)), up(20, 18),
                 gan_layer_batch_norm(18, NULL), gan_layer_relu(), up(18, 16), leaky(),
                 conv(16, 3, 3, 1, 1), gan_layer_tanh());
}

static gan_network *discriminator(void)
{
    return BUILT(gan_shape_3d(3, SIDE, SIDE), conv(3, 16, 3, 1, 1), leaky(), conv(16, 20, 4, 2, 1),
                 leaky(), gan_layer_spectral_norm(conv(20, 17, 3, 1, 1)), leaky(),
                 conv(17, 8, 5, 2, 2), leaky(), gan_layer_flatten(), linear(8 * 16, 30), leaky(),
                 linear(30, 1));
}

static const gan_penalty_desc r1 = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 1};

static gan_trainer_desc desc_of(gan_precision precision)
{
    return (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = BATCH,       .seed = 5,
                              .n_threads = 1,        .penalty = &r1,
                              .precision = precision};
}

static game begin(const gan_trainer_desc *desc)
{
    game x = {.g = generator(), .d = discriminator(), .latent = LATENT, .sample = 3 * SIDE * SIDE};

    x.g_opt = adam();
    x.d_opt = adam();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

/* Full batches and smaller ones. */
static void play_some(game *x)
{
    for (size_t s = 0; s < STEPS; s++) play(x, s == 1 ? BATCH - 5 : BATCH, s);
}

/* ---- tests ---- */

TEST(the_number_of_threads_does_not_show)
{
    static const size_t threads[] = {1, 2, 3, 5, 8};
    game first = {0};

    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        gan_trainer_desc desc = desc_of(GAN_PRECISION_BFLOAT16);
        game x;

        desc.n_threads = threads[i];
        x = begin(&desc);
        play_some(&x);
        if (i == 0) {
            first = x;
            continue;
        }
        expect_same_game(&x, &first);
        game_end(&x);
    }
    game_end(&first);
}

TEST(activations_that_are_not_kept_change_no_bit)
{
    game first = {0};

    for (int kind = GAN_ACTIVATIONS_KEEP; kind <= GAN_ACTIVATIONS_RECOMPUTE; kind++) {
        gan_trainer_desc desc = desc_of(GAN_PRECISION_BFLOAT16);
        game x;

        desc.activations = (gan_activations)kind;
        x = begin(&desc);
        play_some(&x);
        if (kind == GAN_ACTIVATIONS_KEEP) {
            first = x;
            continue;
        }
        expect_same_game(&x, &first);
        game_end(&x);
    }
    game_end(&first);
}

/* The change of either network's weights by one step: with this optimizer, its gradient. */
static float *first_gradient(gan_precision precision, int of_generator, size_t *n)
{
    const gan_trainer_desc desc = desc_of(precision);
    game x = {.g = generator(), .d = discriminator(), .latent = LATENT, .sample = 3 * SIDE * SIDE};
    float *before, *gradient;

    x.g_opt = gradient_taker();
    x.d_opt = gradient_taker();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    before = net_weights(of_generator ? x.g : x.d, n);
    if (of_generator) {
        expect_ok(gan_train_generator_step(x.trainer, BATCH, NULL, NULL, NULL));
    } else {
        float *real = normals(BATCH * x.sample, 1);
        const gan_batch b = batch_of(&x, real, BATCH);

        expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL));
        free(real);
    }
    gradient = gradient_of(before, of_generator ? x.g : x.d);
    free(before);
    game_end(&x);
    return gradient;
}

/* With the same weights, samples and latent vectors; the discriminator's with the gradient of R1.  They are off by 4
 * and 6 %, through four and nine products, most of which use tiles of 4 by 4 pixels. */
TEST_EACH(gradients_are_near_those_in_floats, 0, 2)
{
    size_t n;
    float *floats = first_gradient(GAN_PRECISION_FLOAT32, _i, &n);
    float *pairs = first_gradient(GAN_PRECISION_BFLOAT16, _i, &n);
    double squares = 0, size = 0;

    for (size_t i = 0; i < n; i++) {
        squares += pow((double)pairs[i] - (double)floats[i], 2);
        size += pow((double)floats[i], 2);
    }
    ck_assert_msg(squares > 1e-8 * size && squares < 1e-2 * size, "an error of %g",
                  sqrt(squares / size));
    free(floats);
    free(pairs);
}

/* ---- memory ---- */

TEST(it_takes_the_memory_that_it_said_and_no_more_in_steps)
{
    budget b;
    gan_trainer_desc desc = desc_of(GAN_PRECISION_BFLOAT16);
    game x = {.g = generator(), .d = discriminator(), .latent = LATENT, .sample = 3 * SIDE * SIDE};
    size_t bytes, taken;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    x.g_opt = adam();
    x.d_opt = adam();
    expect_ok(gan_optimizer_bind(x.g_opt, gan_network_param_count(x.g)));
    expect_ok(gan_optimizer_bind(x.d_opt, gan_network_param_count(x.d)));
    expect_ok(gan_trainer_memory(&bytes, x.g, x.d, x.g_opt, x.d_opt, &desc));
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    ck_assert_uint_eq(b.live_bytes, bytes);
    taken = b.taken;
    play_some(&x);
    ck_assert_uint_eq(b.taken, taken);
    game_end(&x);
}

/* ---- checkpoints ---- */

TEST(a_run_goes_on_with_the_same_bits)
{
    const gan_trainer_desc desc = desc_of(GAN_PRECISION_BFLOAT16);
    const char *path = scratch_path("run.gan");
    game a = begin(&desc), b = begin(&desc);

    play_some(&a);
    expect_ok(gan_checkpoint_save(a.trainer, NULL, path));
    expect_ok(gan_checkpoint_load(b.trainer, NULL, path));
    play(&a, BATCH, 8);
    play(&b, BATCH, 8);
    expect_same_game(&a, &b);
    game_end(&a);
    game_end(&b);
}

TEST_EACH(a_run_in_another_precision_is_refused, 0, 2)
{
    const gan_trainer_desc own = desc_of((gan_precision)_i), other = desc_of((gan_precision)(1 - _i));
    const char *path = scratch_path("run.gan");
    game a = begin(&own), b = begin(&other), as_before = begin(&other);

    play_some(&a);
    expect_ok(gan_checkpoint_save(a.trainer, NULL, path));
    expect_fails(gan_checkpoint_load(b.trainer, NULL, path), GAN_ERR_INVALID, "precision");
    expect_same_game(&b, &as_before);
    game_end(&a);
    game_end(&b);
    game_end(&as_before);
}

TEST(there_are_two_precisions)
{
    gan_trainer_desc desc = desc_of((gan_precision)2);
    gan_network *g = generator(), *d = discriminator();
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *t;

    expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc), GAN_ERR_INVALID, "precision 2");
    ck_assert_ptr_null(t);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
}
