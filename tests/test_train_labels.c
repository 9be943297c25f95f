/* test_train_labels.c - labels of samples, invalid ones, and resumed runs. */
#include "conditional.h"
#include "expect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- sampling ---- */

TEST_EACH(samples_are_those_of_the_network_or_of_its_average, 0, RUNS)
{
    gan_trainer_desc desc = desc_of(_i);
    float *z = normals(40 * LATENT, 2), *found, *wanted;
    uint8_t labels[40];
    real_batch b;
    game x;

    draw_labels(labels, 40, 9);
    for (int kept = 0; kept < 2; kept++) {
        desc.average_decay = kept ? 0.7 : 0;
        x = conditional_game(_i, 1, adam, &desc);
        found = malloc(40 * x.sample * sizeof *found);
        wanted = malloc(40 * x.sample * sizeof *wanted);
        make_batch(&b, &x, 40);
        for (int s = 0; s < 3; s++) expect_ok(gan_train_step(x.trainer, &b.batch, NULL));
        expect_ok(gan_trainer_sample_labels(x.trainer, z, labels, 40, found));
        expect_ok(gan_network_forward_labels(kept ? gan_trainer_average(x.trainer) : x.g, z, labels,
                                             40, wanted));
        expect_same_bits(found, wanted, 40 * x.sample * sizeof *found);
        draw_labels(b.labels, 40, 10);
        expect_ok(gan_trainer_sample_labels(x.trainer, z, b.labels, 40, found));
        expect_other_bits(found, wanted, 40 * x.sample * sizeof *found);
        free(found);
        free(wanted);
        free(b.samples);
        game_end(&x);
    }
    free(z);
}

TEST(sampling_wants_good_labels)
{
    const gan_trainer_desc desc = desc_of(LINEAR_RUN);
    game x = conditional_game(LINEAR_RUN, 1, adam, &desc), plain = small_game();
    float z[2 * LATENT] = {0}, out[40];
    const uint8_t good[2] = {0, 3}, bad[2] = {0, 4};

    memset(out, 1, sizeof out);
    expect_fails(gan_trainer_sample(x.trainer, z, 2, out), GAN_ERR_INVALID, "4 classes");
    expect_fails(gan_trainer_sample_labels(x.trainer, z, NULL, 2, out), GAN_ERR_INVALID, "trainer");
    expect_fails(gan_trainer_sample_labels(x.trainer, z, bad, 2, out), GAN_ERR_INVALID,
                 "label 1 of 2 is 4, there are 4 classes");
    expect_fails(gan_trainer_sample_labels(plain.trainer, z, good, 2, out), GAN_ERR_INVALID,
                 "labels");
    expect_fails(gan_trainer_sample_labels(NULL, z, good, 2, out), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_trainer_sample_labels(x.trainer, NULL, good, 2, out), GAN_ERR_INVALID, "z is");
    expect_fails(gan_trainer_sample_labels(x.trainer, z, good, 2, NULL), GAN_ERR_INVALID, "out is");
    expect_same_bits(out, memset((float[40]){0}, 1, sizeof out), sizeof out);
    expect_ok(gan_trainer_sample_labels(x.trainer, NULL, NULL, 0, NULL));
    expect_ok(gan_trainer_sample_labels(plain.trainer, z, NULL, 2, out));
    expect_ok(gan_trainer_sample_labels(x.trainer, z, good, 2, out));
    game_end(&x);
    game_end(&plain);
}

/* ---- what steps refuse ---- */

TEST_EACH(steps_want_good_labels, 0, RUNS)
{
    const gan_trainer_desc desc = desc_of(_i);
    game x = conditional_game(_i, 1, adam, &desc), twin = conditional_game(_i, 1, adam, &desc);
    uint8_t bad[40] = {0};
    real_batch b;
    gan_batch without;

    bad[38] = CLASSES;
    make_batch(&b, &x, 40);
    without = b.batch;
    without.labels = NULL;
    expect_fails(gan_train_step(x.trainer, &without, NULL), GAN_ERR_INVALID,
                 "a batch of 40 samples without labels, of which there are 4 classes");
    without.labels = bad;
    expect_fails(gan_train_step(x.trainer, &without, NULL), GAN_ERR_INVALID,
                 "trainer, batch: label 38 of 40 is 4, there are 4 classes");
    expect_fails(gan_train_discriminator_step(x.trainer, &b.batch, NULL, bad, NULL),
                 GAN_ERR_INVALID, "generated samples: label 38 of 40 is 4");
    expect_fails(gan_train_generator_step(x.trainer, 40, NULL, bad, NULL), GAN_ERR_INVALID,
                 "generated samples: label 38 of 40 is 4");
    for (int s = 0; s < 2; s++) {
        expect_ok(gan_train_step(x.trainer, &b.batch, NULL));
        expect_ok(gan_train_step(twin.trainer, &b.batch, NULL));
    }
    expect_same_game(&x, &twin);
    free(b.samples);
    game_end(&x);
    game_end(&twin);
}

TEST(labels_that_nobody_looks_at_are_left_alone_or_refused)
{
    game x = small_game(), twin = small_game();
    float *real = normals(20 * x.sample, 1);
    const uint8_t wild[20] = {255, 7};
    gan_batch b = batch_of(&x, real, 20);

    expect_ok(gan_train_step(twin.trainer, &b, NULL));
    b.labels = wild;
    expect_fails(gan_train_discriminator_step(x.trainer, &b, NULL, wild, NULL), GAN_ERR_INVALID,
                 "labels of 20 generated samples, but neither network uses them");
    expect_fails(gan_train_generator_step(x.trainer, 20, NULL, wild, NULL), GAN_ERR_INVALID,
                 "labels of 20 generated samples");
    expect_ok(gan_train_step(x.trainer, &b, NULL));
    expect_same_game(&x, &twin);
    free(real);
    game_end(&x);
    game_end(&twin);
}

/* The other network uses no labels, but batches may have them. */
TEST_EACH(one_network_alone_may_look_at_labels, 0, 2)
{
    static const net_layer blind_g[] = {LINEAR(LATENT, 9), LEAKY, LINEAR(9, 20), END};
    static const net_layer blind_d[] = {LINEAR(20, 9), LEAKY, LINEAR(9, 1), END};
    const gan_trainer_desc desc = desc_of(LINEAR_RUN);
    game x = {.latent = LATENT, .sample = 20};
    real_batch b;

    x.g = _i ? linear_g(1) : net_seeded(LATENT, blind_g, 1);
    x.d = _i ? net_seeded(20, blind_d, 1) : linear_d(1);
    x.g_opt = adam();
    x.d_opt = adam();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    make_batch(&b, &x, 40);
    expect_ok(gan_train_step(x.trainer, &b.batch, NULL));
    b.batch.labels = NULL;
    expect_fails(gan_train_step(x.trainer, &b.batch, NULL), GAN_ERR_INVALID, "4 classes");
    free(b.samples);
    game_end(&x);
}

/* ---- what creation refuses ---- */

static void refused(gan_network *g, gan_network *d, const gan_trainer_desc *desc, gan_status status,
                    const char *says)
{
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *t = (gan_trainer *)&t;

    expect_fails(gan_trainer_create(&t, g, d, g_opt, d_opt, desc), status, says);
    ck_assert_ptr_null(t);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
}

static gan_network *of_classes(size_t in, size_t classes, size_t out, int squash)
{
    gan_network *net = gan_network_create(gan_shape_1d(in), NULL);

    if (classes > 0) gan_network_add(net, gan_layer_one_hot(classes));
    gan_network_add(net, gan_layer_linear(in + classes, out));
    if (squash) gan_network_add(net, gan_layer_sigmoid());
    return net;
}

TEST(networks_agree_on_the_classes)
{
    const gan_trainer_desc plain = {GAN_TRAINER_DESC_INIT},
                           aux = {GAN_TRAINER_DESC_INIT, .auxiliary_weight = 1};

    refused(of_classes(2, 3, 6, 0), of_classes(6, 4, 1, 0), &plain, GAN_ERR_SHAPE,
            "the generator uses labels of 3 classes, the discriminator of 4");
    refused(of_classes(2, 3, 6, 0), of_classes(6, 0, 5, 0), &aux, GAN_ERR_SHAPE,
            "of 3 classes, the discriminator of 0, the auxiliary classifier of 4");
    refused(of_classes(2, 3, 6, 0), of_classes(6, 4, 4, 0), &aux, GAN_ERR_SHAPE,
            "the discriminator of 4, the auxiliary classifier of 3");
    refused(of_classes(2, 0, 6, 0), of_classes(6, 0, 4, 0), &aux, GAN_ERR_SHAPE,
            "the generator uses labels of 0 classes");
    refused(of_classes(2, 3, 6, 0), of_classes(6, 0, 4, 0), &plain, GAN_ERR_SHAPE,
            "must be one number, is [4]");
    refused(of_classes(2, 3, 6, 0), of_classes(6, 0, 1, 0), &aux, GAN_ERR_SHAPE,
            "a logit for real and 1 to 65536 class logits, is [1]");
    refused(of_classes(2, 3, 6, 0), of_classes(6, 0, 65538, 0), &aux, GAN_ERR_SHAPE,
            "is [65538]");
    refused(of_classes(2, 3, 6, 0), of_classes(6, 0, 4, 1), &aux, GAN_ERR_INVALID,
            "the auxiliary classifier needs the discriminator's raw output");
}

TEST(settings_about_classes_are_checked)
{
    static const double bad[][3] = {{1, -1, 1}, {0, 0, 0}, {1, INFINITY, 1}, {1, NAN, 1}};
    const double good[3] = {1, 2, 3};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT};

    for (size_t i = 0; i < 4; i++) {
        desc.class_weights = bad[i];
        desc.n_class_weights = 3;
        refused(of_classes(2, 3, 6, 0), of_classes(6, 3, 1, 0), &desc, GAN_ERR_INVALID,
                "class_weights");
    }
    desc.class_weights = good;
    refused(of_classes(2, 4, 6, 0), of_classes(6, 4, 1, 0), &desc, GAN_ERR_SHAPE,
            "class_weights of 3 classes, labels have 4");
    refused(of_classes(2, 0, 6, 0), of_classes(6, 0, 1, 0), &desc, GAN_ERR_SHAPE, "labels have 0");
    desc.n_class_weights = 0;
    refused(of_classes(2, 3, 6, 0), of_classes(6, 3, 1, 0), &desc, GAN_ERR_INVALID, "got 0");
    desc = (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .n_class_weights = 3};
    refused(of_classes(2, 3, 6, 0), of_classes(6, 3, 1, 0), &desc, GAN_ERR_INVALID,
            "class_weights is NULL for 3 classes");
    desc = (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .auxiliary_weight = -0.5};
    refused(of_classes(2, 3, 6, 0), of_classes(6, 3, 1, 0), &desc, GAN_ERR_INVALID,
            "auxiliary_weight of 0 to 1e+06 expected, got -0.5");
    desc.auxiliary_weight = NAN;
    refused(of_classes(2, 3, 6, 0), of_classes(6, 3, 1, 0), &desc, GAN_ERR_INVALID,
            "auxiliary_weight");
    desc = (gan_trainer_desc){GAN_TRAINER_DESC_INIT, .auxiliary_real_only = 2};
    refused(of_classes(2, 3, 6, 0), of_classes(6, 3, 1, 0), &desc, GAN_ERR_INVALID,
            "auxiliary_real_only of 0 or 1 expected, got 2");
}

/* ---- checkpoints; see choose_every_option() in run.c, too ---- */

/* Between the halves, where a relativistic generator uses real samples and their labels. */
TEST_EACH(a_run_is_resumed_between_its_halves, 0, RUNS)
{
    const char *path = scratch_path("conditional.gan");
    gan_trainer_desc desc = every_option(_i);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT}, again = {GAN_TRAIN_STATS_INIT};
    game x = conditional_game(_i, 1, adam, &desc), saved = conditional_game(_i, 1, adam, &desc);
    game resumed;
    real_batch b;

    desc.n_threads = 3;
    resumed = conditional_game(_i, 1, adam, &desc);
    make_batch(&b, &x, 40);
    expect_ok(gan_train_step(x.trainer, &b.batch, NULL));
    expect_ok(gan_train_step(saved.trainer, &b.batch, NULL));
    b.batch.count = 23;
    expect_ok(gan_train_discriminator_step(x.trainer, &b.batch, NULL, NULL, NULL));
    expect_ok(gan_train_discriminator_step(saved.trainer, &b.batch, NULL, NULL, NULL));
    expect_ok(gan_checkpoint_save(saved.trainer, NULL, path));
    expect_ok(gan_checkpoint_load(resumed.trainer, NULL, path));
    for (int s = 0; s < 3; s++) {
        expect_ok(gan_train_generator_step(x.trainer, 11, NULL, NULL, &stats));
        expect_ok(gan_train_generator_step(resumed.trainer, 11, NULL, NULL, &again));
        expect_same_bits(&stats, &again, sizeof stats);
        expect_same_game(&x, &resumed);
        expect_ok(gan_train_step(x.trainer, &b.batch, NULL));
        expect_ok(gan_train_step(resumed.trainer, &b.batch, NULL));
        expect_same_game(&x, &resumed);
    }
    expect_same_weights(gan_trainer_average(x.trainer), gan_trainer_average(resumed.trainer));
    free(b.samples);
    game_end(&x);
    game_end(&saved);
    game_end(&resumed);
}

static void expect_no_resume(const char *path, const gan_trainer_desc *desc, const char *says)
{
    game x = conditional_game(AUXILIARY_RUN, 1, adam, desc);

    expect_fails(gan_checkpoint_load(x.trainer, NULL, path), GAN_ERR_INVALID, says);
    game_end(&x);
}

TEST(a_run_does_not_go_on_with_other_classes)
{
    static const double others[CLASSES] = {3, 0, 1.5, 2.5};
    const char *path = scratch_path("conditional.gan");
    gan_trainer_desc desc = every_option(AUXILIARY_RUN);
    game x = conditional_game(AUXILIARY_RUN, 1, adam, &desc);

    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    desc.class_weights = others;
    expect_no_resume(path, &desc, "class_weights.2 is 1 in the file, 1.5 here");
    desc = every_option(AUXILIARY_RUN);
    desc.auxiliary_weight = 0.5;
    expect_no_resume(path, &desc, "auxiliary_weight is 0.75 in the file, 0.5 here");
    desc = every_option(AUXILIARY_RUN);
    desc.class_weights = NULL;
    desc.n_class_weights = 0;
    expect_no_resume(path, &desc, "class_weights.0 is 3 in the file, not here");
    game_end(&x);
}
