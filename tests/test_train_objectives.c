/* test_train_objectives.c - training with each objective: PyTorch's steps, same bits, resumed. */
#include "expect.h"
#include "game.h"
#include "golden.h"
#include "sequence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 3, BATCH = 5, CASES = 9 };

static const struct {
    const char *name;
    gan_loss loss;
    double real_target, fake_target;
} cases[CASES] = {
    {"bce", GAN_LOSS_BCE, 0, 0},
    {"minimax", GAN_LOSS_MINIMAX, 1, 0},
    {"relativistic", GAN_LOSS_RELATIVISTIC, 0, 0},
    {"least_squares", GAN_LOSS_LEAST_SQUARES, 1, 0},
    {"hinge", GAN_LOSS_HINGE, 0, 0},
    {"wasserstein", GAN_LOSS_WASSERSTEIN, 0, 0},
    {"bce_smooth", GAN_LOSS_BCE, 0.9, 0},
    {"least_squares_coded", GAN_LOSS_LEAST_SQUARES, 1.5, -1},
    {"relativistic_paired", GAN_LOSS_RELATIVISTIC_PAIRED, 0, 0},
};

static const net_layer raw_g[] = {LINEAR(3, 7), LEAKY, LINEAR(7, 6), TANH, END};
static const net_layer raw_d[] = {LINEAR(6, 7), LEAKY, LINEAR(7, 1), END};
static const net_layer last_sigmoid_d[] = {LINEAR(6, 7), LEAKY, LINEAR(7, 1), SIGMOID, END};

static OPTIMIZER(quarter_sgd, sgd, d.lr = 0.25);

static gan_trainer_desc desc_of(int which)
{
    return (gan_trainer_desc){GAN_TRAINER_DESC_INIT,
                              .batch_size = 20,
                              .seed = 5,
                              .n_threads = 2,
                              .loss = cases[which].loss,
                              .real_target = cases[which].real_target,
                              .fake_target = cases[which].fake_target};
}

static game game_with(int which)
{
    const gan_trainer_desc desc = desc_of(which);

    return game_begin(raw_g, raw_d, quarter_sgd, &desc);
}

static void expect_weights(golden *g, const char *key, const char *end, gan_network *net,
                           const float *first)
{
    char name[64];
    size_t n;
    float *found = net_weights(net, &n), *wanted = malloc(n * sizeof *wanted);

    snprintf(name, sizeof name, "%s_%s", key, end);
    memcpy(wanted, golden_get(g, name, n), n * sizeof *wanted);
    expect_close(found, wanted, n, 1e-5, 1e-7);
    for (size_t i = 0; i < n; i++) {
        found[i] -= first[i];
        wanted[i] -= first[i];
    }
    expect_norm_close(found, wanted, n, 1e-5); /* the change of the weights */
    free(found);
    free(wanted);
}

TEST_EACH(steps_are_pytorchs, 0, CASES)
{
    golden *g = golden_open("objectives.bin");
    game x = game_with(_i);
    const float *first_g = golden_get(g, "first_g", gan_network_param_count(x.g)),
                *first_d = golden_get(g, "first_d", gan_network_param_count(x.d)),
                *real = golden_get(g, "real", STEPS * BATCH * 6),
                *z_d = golden_get(g, "z_d", STEPS * BATCH * 3),
                *z_g = golden_get(g, "z_g", STEPS * BATCH * 3), *losses;
    char name[64];

    snprintf(name, sizeof name, "%s_losses", cases[_i].name);
    losses = golden_get(g, name, 2 * STEPS);
    net_set_weights(x.g, first_g);
    net_set_weights(x.d, first_d);
    for (size_t s = 0; s < STEPS; s++) {
        const gan_batch b = batch_of(&x, real + s * BATCH * 6, BATCH);
        gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

        expect_ok(gan_train_discriminator_step(x.trainer, &b, z_d + s * BATCH * 3, NULL, &stats));
        expect_ok(gan_train_generator_step(x.trainer, BATCH, z_g + s * BATCH * 3, NULL, &stats));
        expect_near(stats.d_loss, (double)losses[2 * s], 1e-5, 1e-6);
        expect_near(stats.g_loss, (double)losses[2 * s + 1], 1e-5, 1e-6);
    }
    expect_weights(g, cases[_i].name, "g", x.g, first_g);
    expect_weights(g, cases[_i].name, "d", x.d, first_d);
    game_end(&x);
    golden_close(g);
}

TEST_EACH(the_number_of_threads_does_not_show, 0, CASES)
{
    gan_trainer_desc desc = desc_of(_i);
    game first = game_begin(raw_g, raw_d, adam, &desc);

    for (size_t threads = 1; threads < 5; threads += 2) {
        game x;

        desc.n_threads = threads;
        x = game_begin(raw_g, raw_d, adam, &desc);
        for (uint64_t s = 0; s < 5; s++) {
            if (threads == 1) play(&first, 7 + s, s);
            play(&x, 7 + s, s);
        }
        expect_same_game(&x, &first);
        game_end(&x);
    }
    game_end(&first);
}

/* Between the halves, where a relativistic generator still needs the real batch. */
TEST_EACH(a_run_is_resumed_between_its_halves, 0, CASES)
{
    const char *path = scratch_path("objective.gan");
    gan_trainer_desc desc = desc_of(_i);
    game x, resumed;
    float *real = normals(9 * 6, 77);
    gan_batch b;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT}, again = {GAN_TRAIN_STATS_INIT};

    desc.label_flip = 0.25;
    x = game_begin(raw_g, raw_d, adam, &desc);
    resumed = game_begin(raw_g, raw_d, adam, &desc);
    b = batch_of(&x, real, 9);
    for (uint64_t s = 0; s < 3; s++) play(&x, 20, s);
    expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL));
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_ok(gan_checkpoint_load(resumed.trainer, NULL, path));
    for (uint64_t s = 0; s < 3; s++) {
        expect_ok(gan_train_generator_step(x.trainer, 11, NULL, NULL, &stats));
        expect_ok(gan_train_generator_step(resumed.trainer, 11, NULL, NULL, &again));
        expect_same_bits(&stats, &again, sizeof stats);
        play(&x, 20, 9 + s);
        play(&resumed, 20, 9 + s);
        expect_same_game(&x, &resumed);
    }
    free(real);
    game_end(&x);
    game_end(&resumed);
}

TEST(a_relativistic_generator_wants_real_samples)
{
    game x = game_with(2), twin = game_with(2);
    float *real = normals(20 * 6, 1), kept = real[3];
    const gan_batch b = batch_of(&x, real, 20);

    expect_fails(gan_train_generator_step(x.trainer, 20, NULL, NULL, NULL), GAN_ERR_INVALID,
                 "relativistic");
    expect_same_game(&x, &twin);
    expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL));
    expect_ok(gan_train_generator_step(x.trainer, 20, NULL, NULL, NULL));
    expect_ok(gan_train_generator_step(x.trainer, 7, NULL, NULL, NULL));
    real[3] = NAN;
    expect_status(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL), GAN_ERR_NONFINITE);
    expect_fails(gan_train_generator_step(x.trainer, 20, NULL, NULL, NULL), GAN_ERR_INVALID,
                 "none");
    real[3] = kept;
    expect_ok(gan_train_step(x.trainer, &b, NULL));
    free(real);
    game_end(&x);
    game_end(&twin);
}

static double first_d_loss(const gan_trainer_desc *desc, float label_sign)
{
    game x = game_begin(raw_g, raw_d, quarter_sgd, desc);
    float *real = normals(20 * 6, 1), *z = normals(20 * 3, 2);
    const gan_batch b = batch_of(&x, real, 20);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    gan_tensor t;

    /* Negating the last layer negates the logit. */
    for (int i = 0; i < 2; i++) {
        expect_ok(gan_network_find(&t, x.d, i ? "2.bias" : "2.weight"));
        for (size_t j = 0; j < t.size; j++) t.data[j] *= label_sign;
    }
    expect_ok(gan_train_discriminator_step(x.trainer, &b, z, NULL, &stats));
    free(real);
    free(z);
    game_end(&x);
    return stats.d_loss;
}

/* With every label flipped, training is the same with negated logits. */
TEST_EACH(flipping_all_labels_turns_the_game_round, 0, CASES)
{
    gan_trainer_desc desc = desc_of(_i);
    double plain, turned;

    if (cases[_i].loss == GAN_LOSS_LEAST_SQUARES || cases[_i].real_target == 0.9) return;
    turned = first_d_loss(&desc, -1);
    desc.label_flip = 1;
    plain = first_d_loss(&desc, 1);
    expect_near(plain, turned, 1e-6, 1e-7);
}

TEST(so_many_labels_are_flipped)
{
    gan_trainer_desc desc = {
        GAN_TRAINER_DESC_INIT,        .batch_size = 500, .seed = 11, .n_threads = 1,
        .loss = GAN_LOSS_WASSERSTEIN, .label_flip = 0.2};
    game x = game_begin(raw_g, raw_d, adam, &desc);
    double sums[2] = {0, 0}, first = 0;
    float *real = normals(500 * 6, 1), *d = net_weights(x.d, NULL);
    const gan_batch b = batch_of(&x, real, 500);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    gan_tensor t;

    /* A critic with constant output 1: the loss per row is -1 as real, +1 as generated. */
    expect_ok(gan_network_find(&t, x.d, "2.weight"));
    for (size_t i = 0; i < t.size; i++) t.data[i] = 0;
    expect_ok(gan_network_find(&t, x.d, "2.bias"));
    t.data[0] = 1;
    free(d);
    d = net_weights(x.d, NULL);
    for (int s = 0; s < 20; s++) {
        expect_ok(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, &stats));
        net_set_weights(x.d, d);
        ck_assert(s == 0 || stats.d_loss != first || sums[1] > 0);
        if (s == 0) first = stats.d_loss;
        sums[0] += stats.d_loss;
        sums[1] += stats.d_loss != first;
    }
    expect_near(sums[0] / 20, 0, 0, 0.02); /* as many of either kind */
    ck_assert(sums[1] > 10);               /* other ones in each step */
    free(d);
    free(real);
    game_end(&x);
}

#define REFUSED(d_layers, says, ...)                                                               \
    do {                                                                                           \
        const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, __VA_ARGS__};                        \
        gan_network *net = net_seeded(6, d_layers, 2);                                             \
        gan_trainer *made = (gan_trainer *)&made;                                                  \
                                                                                                   \
        expect_fails(gan_trainer_create(&made, x.g, net, x.g_opt, x.d_opt, &desc),                 \
                     GAN_ERR_INVALID, says);                                                       \
        ck_assert_ptr_null(made);                                                                  \
        gan_network_destroy(net);                                                                  \
    } while (0)

TEST(what_an_objective_has_no_use_for_is_refused)
{
    game x = game_with(0);

    REFUSED(last_sigmoid_d, "sigmoid", .loss = GAN_LOSS_WASSERSTEIN);
    REFUSED(last_sigmoid_d, "hinge", .loss = GAN_LOSS_HINGE);
    REFUSED(last_sigmoid_d, "least_squares", .loss = GAN_LOSS_LEAST_SQUARES);
    REFUSED(raw_d, "no targets", .loss = GAN_LOSS_WASSERSTEIN, .real_target = 0.9);
    REFUSED(raw_d, "no targets", .loss = GAN_LOSS_HINGE, .fake_target = 0.1);
    REFUSED(raw_d, "real_target of 0 to 1", .real_target = 1.2);
    REFUSED(raw_d, "fake_target of 0 to 1", .loss = GAN_LOSS_RELATIVISTIC, .fake_target = -0.1);
    REFUSED(raw_d, "real_target", .loss = GAN_LOSS_LEAST_SQUARES, .real_target = INFINITY);
    REFUSED(raw_d, "fake_target", .loss = GAN_LOSS_MINIMAX, .fake_target = NAN);
    REFUSED(raw_d, "label_flip of 0 to 1 expected, got 1.5", .label_flip = 1.5);
    REFUSED(raw_d, "label_flip", .label_flip = NAN);
    REFUSED(raw_d, "loss 7", .loss = (gan_loss)7);
    game_end(&x);
}

/* The loss is computed on the logit before a final sigmoid. */
TEST(a_last_sigmoid_changes_nothing)
{
    for (int which = 0; which < 3; which++) {
        const gan_trainer_desc desc = desc_of(which);
        game x = game_begin(raw_g, raw_d, adam, &desc),
             twin = game_begin(raw_g, last_sigmoid_d, adam, &desc);

        for (uint64_t s = 0; s < 3; s++) {
            play(&x, 20, s);
            play(&twin, 20, s);
        }
        expect_same_game(&x, &twin);
        game_end(&x);
        game_end(&twin);
    }
}

TEST(a_checkpoint_of_another_objective_is_refused)
{
    const char *path = scratch_path("other-objective.gan");
    game x = game_with(0), hinge = game_with(4), smooth = game_with(6);

    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_fails(gan_checkpoint_load(hinge.trainer, NULL, path), GAN_ERR_INVALID,
                 "loss is bce in the file, hinge here");
    expect_fails(gan_checkpoint_load(smooth.trainer, NULL, path), GAN_ERR_INVALID, "real_target");
    expect_ok(gan_checkpoint_save(smooth.trainer, NULL, path));
    expect_fails(gan_checkpoint_load(x.trainer, NULL, path), GAN_ERR_INVALID, "real_target is 0.9");
    game_end(&x);
    game_end(&hinge);
    game_end(&smooth);
}

/* ---- what cancels ---- */

static OPTIMIZER(rmsprop, rmsprop, (void)d);
static OPTIMIZER(lion, lion, (void)d);
static OPTIMIZER(adabelief, adabelief, (void)d);

/* A critic whose last layer is a convolution. */
static gan_network *conv_critic(void)
{
    gan_network *net = NETWORK(gan_shape_1d(6), gan_layer_reshape(gan_shape_3d(1, 2, 3)),
                               gan_layer_conv2d(1, 5, 2, NULL), gan_layer_leaky_relu(0.2f));

    expect_ok(gan_network_add(
        net,
        gan_layer_conv2d(5, 1, 1, &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .stride = {1, 2}})));
    return net;
}

static float last_number(gan_network *net)
{
    gan_tensor t;

    expect_ok(gan_network_tensor(&t, net, gan_network_tensor_count(net) - 1));
    return t.data[t.size - 1];
}

/* A critic's last bias shifts real and generated outputs alike: its gradient is exactly 0, not a
 * rounding error, which rules that normalise gradients would amplify to full steps. */
static void expect_still_bias(gan_network *d, opt_maker make, size_t n, size_t micro_batch)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = n,
                                   .micro_batch = micro_batch, .n_threads = 2,
                                   .loss = GAN_LOSS_WASSERSTEIN};
    gan_network *g = net_seeded(3, raw_g, 1);
    gan_optimizer *g_opt = adam(), *d_opt = make();
    float *samples = normals(n * 6, 1);
    const gan_batch batch = {GAN_BATCH_INIT, .count = n, .shape = gan_shape_1d(6),
                             .samples = samples};
    gan_trainer *t;
    float before;

    expect_ok(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc));
    before = last_number(d);
    for (int i = 0; i < 20; i++) expect_ok(gan_train_step(t, &batch, NULL));
    ck_assert_msg(last_number(d) == before, "n %zu: %.9g, was %.9g", n, (double)last_number(d),
                  (double)before);
    gan_trainer_destroy(t);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
    free(samples);
}

TEST(a_critics_last_bias_stays)
{
    const opt_maker makers[] = {adam, rmsprop, lion, adabelief};

    for (size_t i = 0; i < 4; i++)
        for (size_t n = 1; n <= 100; n += n < 8 ? 1 : 23) {
            expect_still_bias(net_seeded(6, raw_d, 2), makers[i], n, 0);
            expect_still_bias(net_seeded(6, raw_d, 2), makers[i], n, (n + 2) / 3);
            if (n < 50) expect_still_bias(conv_critic(), makers[i], n, 0);
        }
}
