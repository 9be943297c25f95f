/* test_example_networks.c - the example programs' architectures: every size, with and without
 * classes, trains a step, and has the initial weights of its paper. */
#include "common/networks.h"
#include "expect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 4, LATENT = 6, CLASSES = 3 };

/* A generator, a discriminator, and their trainer. */
typedef struct game {
    gan_network *g, *d;
    gan_optimizer *g_adam, *d_adam;
    gan_trainer *trainer;
} game;

static game play(const networks_kind *kind, const networks_plan *plan)
{
    game x = {.g = networks_make_generator(kind, plan, 1),
              .d = networks_make_discriminator(kind, plan, 2)};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = ROWS, .n_threads = 1};

    ck_assert(x.g && x.d);
    expect_ok(gan_optimizer_create_adam(&x.g_adam, NULL));
    expect_ok(gan_optimizer_create_adam(&x.d_adam, NULL));
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_adam, x.d_adam, &desc));
    return x;
}

static void end(game *x)
{
    gan_trainer_destroy(x->trainer);
    gan_optimizer_destroy(x->g_adam);
    gan_optimizer_destroy(x->d_adam);
    gan_network_destroy(x->g);
    gan_network_destroy(x->d);
}

static void step(game *x, gan_shape picture)
{
    const uint8_t labels[ROWS] = {0, 1, 2, 0};
    size_t numbers = gan_shape_size(picture);
    float *samples = malloc(ROWS * numbers * sizeof *samples);
    gan_batch batch = {.struct_size = sizeof batch,
                       .samples = samples,
                       .shape = picture,
                       .labels = labels,
                       .count = ROWS};
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    for (size_t i = 0; i < ROWS * numbers; i++) samples[i] = sinf(0.37f * (float)i);
    expect_ok(gan_train_step(x->trainer, &batch, &stats));
    ck_assert(isfinite(stats.d_loss) && isfinite(stats.g_loss) && stats.g_grad_norm > 0);
    free(samples);
}

static networks_plan plan_of(size_t channels, size_t height, size_t width, int conditional)
{
    return (networks_plan){.picture = gan_shape_3d(channels, height, width),
                           .latent = LATENT,
                           .base = 4,
                           .embedding = 2,
                           .classes = conditional ? CLASSES : 0,
                           .shown = conditional ? CLASSES : 0,
                           .outputs = 1};
}

static const size_t sides[] = {28, 32, 64, 128};
enum { N_KINDS = 4, N_SIDES = 4 };

TEST_EACH(every_size_trains, 0, N_KINDS *N_SIDES * 2)
{
    const networks_kind *kind = networks_kinds[_i % N_KINDS];
    size_t side = sides[_i / N_KINDS % N_SIDES];
    int conditional = _i / N_KINDS / N_SIDES;
    networks_plan plan = plan_of(side == 28 ? 1 : 3, side, side, conditional);
    game x = play(kind, &plan);

    ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(x.g), plan.picture), 1);
    ck_assert_uint_eq(gan_shape_size(gan_network_output_shape(x.d)), 1);
    ck_assert_uint_eq(gan_network_class_count(x.g), conditional ? CLASSES : 0);
    ck_assert_uint_eq(gan_network_class_count(x.d), conditional ? CLASSES : 0);
    step(&x, plan.picture);
    end(&x);
}

/* Sides that don't halve evenly are for the kind that restores the lost pixel. */
TEST(a_dcgan_takes_any_sides)
{
    networks_plan plan = plan_of(3, 45, 30, 0);
    game x;

    for (size_t i = 0; i < N_KINDS; i++) {
        if (networks_kinds[i]->doubles) continue;
        x = play(networks_kinds[i], &plan);
        ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(x.g), plan.picture), 1);
        step(&x, plan.picture);
        end(&x);
    }
    plan = plan_of(1, 16, 56, 1);
    for (size_t i = 0; i < N_KINDS; i++) {
        x = play(networks_kinds[i], &plan);
        ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(x.g), plan.picture), 1);
        step(&x, plan.picture);
        end(&x);
    }
}

static size_t count_kind(const gan_network *net, const char *kind)
{
    gan_layer_info info = {GAN_LAYER_INFO_INIT};
    size_t n = 0;

    for (size_t i = 0; gan_network_layer_info(&info, net, i) == GAN_OK; i++)
        n += strcmp(info.kind, kind) == 0;
    return n;
}

TEST(only_the_generator_of_a_resnet_is_normalised)
{
    networks_plan plan = plan_of(1, 28, 28, 0);
    game x = play(&networks_resnet, &plan);

    ck_assert_uint_eq(count_kind(x.g, "batch_norm"), 5);
    ck_assert_uint_eq(count_kind(x.d, "batch_norm"), 0);
    end(&x);
    x = play(&networks_r3gan, &plan);
    ck_assert_uint_eq(count_kind(x.g, "batch_norm"), 0);
    ck_assert_uint_eq(count_kind(x.d, "batch_norm"), 0);
    ck_assert_uint_eq(count_kind(x.g, "blur_upsample2d"), 2);
    ck_assert_uint_eq(count_kind(x.d, "blur_pool2d"), 2);
    end(&x);
    x = play(&networks_dcgan, &plan);
    ck_assert_uint_eq(count_kind(x.d, "batch_norm"), 1);
    end(&x);
    plan.plain = 1;
    x = play(&networks_dcgan, &plan);
    ck_assert_uint_eq(count_kind(x.d, "batch_norm"), 0);
    end(&x);
}

TEST(a_deep_dcgan_has_one_more_convolution_in_each_network)
{
    networks_plan plan = plan_of(1, 28, 28, 0);
    game plain = play(&networks_dcgan, &plan), deep = play(&networks_deep, &plan);

    ck_assert_uint_eq(count_kind(plain.g, "conv2d"), 0);
    ck_assert_uint_eq(count_kind(deep.g, "conv2d"), 1);
    ck_assert_uint_eq(count_kind(deep.g, "batch_norm"), count_kind(plain.g, "batch_norm") + 1);
    ck_assert_uint_eq(count_kind(deep.d, "conv2d"), count_kind(plain.d, "conv2d") + 1);
    ck_assert_uint_eq(count_kind(deep.d, "batch_norm"), 2);
    end(&deep);
    end(&plain);
}

TEST(minibatch_stddev_is_in_front_of_the_last_layer)
{
    for (size_t i = 0; networks_kinds[i]; i++)
        for (int conditional = 0; conditional < 2; conditional++) {
            networks_plan plan = plan_of(1, 28, 28, conditional);
            game x;

            plan.stddev = 1;
            x = play(networks_kinds[i], &plan);
            ck_assert_uint_eq(count_kind(x.g, "minibatch_stddev"), 0);
            ck_assert_uint_eq(count_kind(x.d, "minibatch_stddev"), 1);
            step(&x, plan.picture);
            end(&x);
        }
}

TEST(attention_is_at_maps_of_middle_size)
{
    for (size_t i = 0; i < N_SIDES; i++) {
        networks_plan plan = plan_of(3, sides[i], sides[i], 0);
        game x;

        plan.attention = 1;
        plan.spectral_norm = i % 2 == 1;
        x = play(&networks_resnet, &plan);
        ck_assert_uint_eq(count_kind(x.g, "attention"), 1);
        ck_assert_uint_eq(count_kind(x.d, "attention"), 1);
        step(&x, plan.picture);
        end(&x);
    }
}

static gan_tensor tensor_of(gan_network *net, const char *name)
{
    gan_tensor t = {0};

    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        expect_ok(gan_network_tensor(&t, net, i));
        if (strcmp(t.name, name) == 0) return t;
    }
    ck_abort_msg("there is no %s", name);
    return t;
}

/* An R3GAN's blocks are initially the identity; grouped convolutions have 16 channels per group. */
TEST(an_r3gan_is_drawn_as_its_paper_says)
{
    networks_plan plan = plan_of(1, 28, 28, 0);
    gan_network *d;
    gan_tensor t;
    double groups, squares = 0;

    plan.base = 32;
    d = networks_make_discriminator(&networks_r3gan, &plan, 3);
    t = tensor_of(d, "1.body.4.weight");
    for (size_t i = 0; i < t.size; i++) ck_assert(fabsf(t.data[i]) <= 0);
    expect_ok(gan_network_find_setting(&groups, 1, d, "1.body.2", "groups"));
    ck_assert((int)groups == 2); /* 32 channels, twice those at full size */
    t = tensor_of(d, "1.body.2.weight");
    for (size_t i = 0; i < t.size; i++) squares += (double)t.data[i] * (double)t.data[i];
    /* sqrt(2 / 1.04 / fan_in) times 6 blocks^(-1/4) */
    expect_near(sqrt(squares / (double)t.size), sqrt(2 / 1.04 / (16 * 9)) * pow(6, -0.25), 0.05, 0);
    gan_network_destroy(d);
}

TEST(sides_are_halved_down_to_four_to_seven)
{
    networks_plan plan = plan_of(1, 128, 100, 0);

    ck_assert_uint_eq(networks_count(&plan), 4);
    ck_assert(networks_halved(&plan, 4).height == 8 && networks_halved(&plan, 4).width == 6);
    ck_assert(networks_width(&plan, 0) == 2 && networks_width(&plan, 1) == 4);
    ck_assert(networks_width(&plan, 3) == 16 && networks_width(&plan, 9) == 32);
}
