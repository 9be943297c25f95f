/* test_train_buffers.c - running statistics: those that overflow, batches too small for them, and
 * statistics for averaged weights. */
#include "budget.h"
#include "expect.h"
#include "game.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LATENT = 3, WIDTH = 6, SAMPLE = 6 };

static const gan_trainer_desc base = {GAN_TRAINER_DESC_INIT, .batch_size = 12, .seed = 5,
                                      .n_threads = 2};

/* A network with batch_norm between two linear layers. */
static gan_network *normalised(size_t in, size_t out, uint64_t seed)
{
    gan_network *net = gan_network_create(gan_shape_1d(in),
                                          &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = seed});

    gan_network_add(net, gan_layer_linear(in, WIDTH));
    gan_network_add(net, gan_layer_batch_norm(WIDTH, NULL));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_linear(WIDTH, out));
    return net;
}

/* Both networks have batch_norm. */
static game game_of(gan_network *g, gan_network *d, const gan_trainer_desc *desc)
{
    game x = {.latent = LATENT, .sample = SAMPLE, .g = g, .d = d, .g_opt = adam(), .d_opt = adam()};

    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

static game normalised_game(const gan_trainer_desc *desc)
{
    return game_of(normalised(LATENT, SAMPLE, 1), normalised(SAMPLE, 1, 2), desc);
}

static void scale(gan_network *net, const char *name, float factor)
{
    gan_tensor t = tensor_of(net, name);

    for (size_t i = 0; i < t.size; i++) t.data[i] *= factor;
}

/* ---- statistics that overflow ---- */

/* A value so large that only its square overflows: the normalised values don't show it. */
TEST(a_step_whose_running_statistics_overflow_changes_nothing)
{
    const size_t parts[] = {0, 6};

    for (size_t i = 0; i < 2; i++) {
        gan_trainer_desc desc = base;
        game x, twin;
        float *real = normals(12 * SAMPLE, 1), kept = real[50];
        const gan_batch b = {GAN_BATCH_INIT, .count = 12, .shape = gan_shape_1d(SAMPLE),
                             .samples = real};

        desc.micro_batch = parts[i];
        x = normalised_game(&desc);
        twin = normalised_game(&desc);
        real[50] = 1e30f;
        expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_NONFINITE,
                     "discriminator, step 1: new buffers: value 0 of 6 of 1.running_var is inf");
        expect_same_game(&x, &twin);
        real[50] = kept;
        expect_ok(gan_train_step(x.trainer, &b, NULL));
        expect_ok(gan_train_step(twin.trainer, &b, NULL));
        expect_same_game(&x, &twin);
        expect_ok(gan_checkpoint_save(x.trainer, NULL, scratch_path("buffers.ckpt")));
        free(real);
        game_end(&x);
        game_end(&twin);
    }
}

TEST(the_generators_statistics_are_looked_at_too)
{
    game x = normalised_game(&base), twin = normalised_game(&base);

    scale(x.g, "0.weight", 3e20f);
    scale(twin.g, "0.weight", 3e20f);
    expect_fails(gan_train_generator_step(x.trainer, 12, NULL, NULL, NULL), GAN_ERR_NONFINITE,
                 "generator, step 1: new buffers:");
    expect_same_game(&x, &twin);
    game_end(&x);
    game_end(&twin);
}

TEST(a_step_whose_statistics_overflow_is_skipped)
{
    gan_trainer_desc desc = base;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    float *real = normals(12 * SAMPLE, 1);
    const gan_batch b = {GAN_BATCH_INIT, .count = 12, .shape = gan_shape_1d(SAMPLE),
                         .samples = real};
    gan_tensor variance;
    game x;

    desc.on_divergence = GAN_DIVERGENCE_SKIP;
    x = normalised_game(&desc);
    real[50] = 1e30f;
    expect_ok(gan_train_step(x.trainer, &b, &stats));
    ck_assert_uint_eq(stats.d_skipped, 1);
    ck_assert_uint_eq(stats.d_steps, 0);
    variance = tensor_of(x.d, "1.running_var");
    for (size_t i = 0; i < variance.size; i++) ck_assert(variance.data[i] == 1.0f);
    free(real);
    game_end(&x);
}

TEST(a_classifier_is_guarded_too)
{
    gan_network *net = normalised(SAMPLE, 3, 1);
    gan_optimizer *opt = adam();
    gan_classifier *c;
    float *samples = normals(4 * SAMPLE, 1), *before, *after;
    const uint8_t labels[] = {0, 1, 2, 0};
    const gan_batch b = {GAN_BATCH_INIT, .count = 4, .shape = gan_shape_1d(SAMPLE),
                         .samples = samples, .labels = labels};
    size_t n;

    expect_ok(gan_classifier_create(&c, net, opt, NULL));
    before = net_weights(net, &n);
    samples[3] = 1e30f;
    expect_fails(gan_classifier_step(c, &b, NULL), GAN_ERR_NONFINITE,
                 "classifier, step 1: new buffers: value 0 of 6 of 1.running_var is inf");
    after = net_weights(net, &n);
    expect_same_bits(before, after, n * sizeof *before);
    samples[3] = 1;
    expect_ok(gan_classifier_step(c, &b, NULL));
    ck_assert_uint_eq(gan_optimizer_steps(opt), 1);
    free(before);
    free(after);
    free(samples);
    gan_classifier_destroy(c);
    gan_optimizer_destroy(opt);
    gan_network_destroy(net);
}

/* ---- batches of one ---- */

/* A channel with one value has no variance; an image has enough. */
TEST(a_batch_of_one_is_refused)
{
    game x = normalised_game(&base), twin = normalised_game(&base);
    float *real = normals(SAMPLE, 1);
    const gan_batch b = {GAN_BATCH_INIT, .count = 1, .shape = gan_shape_1d(SAMPLE),
                         .samples = real};

    expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_SHAPE,
                 "trainer, generator: layer 1 (batch_norm) trains on batches of at least 2 samples "
                 "of [6], gets 1");
    expect_status(gan_train_discriminator_step(x.trainer, &b, NULL, NULL, NULL), GAN_ERR_SHAPE);
    expect_status(gan_train_generator_step(x.trainer, 1, NULL, NULL, NULL), GAN_ERR_SHAPE);
    expect_same_game(&x, &twin);
    free(real);
    game_end(&x);
    game_end(&twin);
}

static gan_status make_trainer(gan_network *g, gan_network *d, const gan_trainer_desc *desc)
{
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *t;
    const gan_status status = gan_trainer_create(&t, g, d, g_opt, d_opt, desc);

    gan_trainer_destroy(t);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
    return status;
}

/* Of a full batch of 5 in micro-batches of 2 one has a single sample. */
TEST(batches_that_always_fail_are_refused_at_once)
{
    static const net_layer plain[] = {LINEAR(LATENT, SAMPLE), END};
    gan_trainer_desc desc = base;

    desc.batch_size = 1;
    expect_status(make_trainer(normalised(LATENT, SAMPLE, 1), normalised(SAMPLE, 1, 2), &desc),
                  GAN_ERR_SHAPE);
    expect_status(make_trainer(net_seeded(LATENT, plain, 1), normalised(SAMPLE, 1, 2), &desc),
                  GAN_ERR_SHAPE);
    expect_error_says("trainer, discriminator: layer 1 (batch_norm)");
    desc.batch_size = 5;
    desc.micro_batch = 2;
    expect_status(make_trainer(normalised(LATENT, SAMPLE, 1), normalised(SAMPLE, 1, 2), &desc),
                  GAN_ERR_SHAPE);
    expect_error_says("trainer, generator, micro-batch: layer 1 (batch_norm)");
    desc.micro_batch = 3;
    expect_ok(make_trainer(normalised(LATENT, SAMPLE, 1), normalised(SAMPLE, 1, 2), &desc));
}

TEST(an_image_is_enough_for_a_batch)
{
    gan_network *g = gan_network_create(gan_shape_3d(2, 1, 2), NULL);
    static const net_layer plain[] = {LINEAR(4, 1), END};
    gan_trainer_desc desc = base;

    gan_network_add(g, gan_layer_batch_norm(2, NULL));
    desc.batch_size = 1;
    expect_ok(make_trainer(g, net_seeded(4, plain, 2), &desc));
}

TEST(a_classifier_refuses_a_batch_of_one)
{
    gan_network *net = normalised(SAMPLE, 3, 1);
    gan_optimizer *opt = adam();
    gan_classifier *c;
    const float samples[SAMPLE] = {0};
    const uint8_t label = 0;
    const gan_batch b = {GAN_BATCH_INIT, .count = 1, .shape = gan_shape_1d(SAMPLE),
                         .samples = samples, .labels = &label};
    gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .batch_size = 1};

    expect_fails(gan_classifier_create(&c, net, opt, &desc), GAN_ERR_SHAPE,
                 "classifier: layer 1 (batch_norm) trains on batches of at least 2");
    expect_ok(gan_classifier_create(&c, net, NULL, &desc)); /* it isn't trained */
    gan_classifier_destroy(c);
    expect_ok(gan_classifier_create(&c, net, opt, NULL));
    expect_fails(gan_classifier_step(c, &b, NULL), GAN_ERR_SHAPE, "gets 1");
    gan_classifier_destroy(c);
    gan_optimizer_destroy(opt);
    gan_network_destroy(net);
}

/* 13 samples by batches of 4: the last batch would have one. */
TEST(a_stray_last_sample_ends_no_run)
{
    gan_trainer_desc desc = base;
    float *samples = normals(13 * SAMPLE, 1);
    gan_dataset *data;
    gan_iterator *it;
    game x;

    desc.batch_size = 4;
    x = normalised_game(&desc);
    expect_ok(gan_dataset_create_floats(&data, samples, NULL, 13, gan_shape_1d(SAMPLE), NULL));
    expect_ok(gan_iterator_create(
        &it, data, &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = 4, .shuffle = 1}));
    while (gan_iterator_epoch(it) < 3) {
        const gan_batch *b;

        if (gan_iterator_next(it, &b) == GAN_OK) expect_ok(gan_train_step(x.trainer, b, NULL));
    }
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    free(samples);
    game_end(&x);
}

/* ---- those of the average ---- */

/* A network's running statistics fit its weights, to the accuracy of some thousand samples. */
static void expect_own_statistics(gan_network *net)
{
    enum { MANY = 20000 };
    gan_network *copy;
    float *z = normals(MANY * LATENT, 77);
    gan_tensor mean, variance, true_mean, true_variance;

    for (size_t i = 0; i < MANY * LATENT && gan_network_latent(net) == GAN_LATENT_UNIFORM; i++)
        z[i] = (float)erf((double)z[i] / sqrt(2));
    expect_ok(gan_network_clone(&copy, net));
    expect_ok(gan_network_estimate_statistics(copy, z, NULL, MANY, NULL));
    mean = tensor_of(net, "1.running_mean");
    variance = tensor_of(net, "1.running_var");
    true_mean = tensor_of(copy, "1.running_mean");
    true_variance = tensor_of(copy, "1.running_var");
    for (size_t i = 0; i < WIDTH; i++) {
        const double v = (double)true_variance.data[i];

        expect_near((double)mean.data[i], (double)true_mean.data[i], 0, 0.15 * sqrt(v));
        expect_near((double)variance.data[i], v, 0.2, 0);
    }
    free(z);
    gan_network_destroy(copy);
}

/* Initial weights, those of the latest step, and some between; with so large a learning rate the
 * generator's own statistics lag far behind. */
TEST(statistics_of_the_average_are_those_of_its_weights)
{
    const double decays[] = {1e-9, 0.7, 0.9999};

    for (size_t i = 0; i < 3; i++) {
        gan_trainer_desc desc = base;
        game x;
        gan_tensor its, of_g;

        desc.average_decay = decays[i];
        x = normalised_game(&desc);
        expect_ok(gan_optimizer_set_lr(x.g_opt, 0.05));
        for (uint64_t s = 0; s < 12; s++) play(&x, 12, s);
        expect_own_statistics(gan_trainer_average(x.trainer));
        its = tensor_of(gan_trainer_average(x.trainer), "1.running_var");
        of_g = tensor_of(x.g, "1.running_var");
        expect_other_bits(its.data, of_g.data, its.size * sizeof *its.data);
        game_end(&x);
    }
}

/* Also if the singular value has changed. */
TEST(the_average_is_divided_by_its_own_singular_value)
{
    gan_network *g = gan_network_create(gan_shape_1d(LATENT), NULL), *copy;
    gan_trainer_desc desc = base;
    float *z = normals(4000 * LATENT, 5);
    float y[4 * SAMPLE], wanted[4 * SAMPLE];
    game x;

    desc.average_decay = 0.9;
    gan_network_add(g, gan_layer_spectral_norm(gan_layer_linear(LATENT, WIDTH)));
    gan_network_add(g, gan_layer_tanh());
    gan_network_add(g, gan_layer_linear(WIDTH, SAMPLE));
    x = game_of(g, normalised(SAMPLE, 1, 2), &desc);
    expect_ok(gan_optimizer_set_lr(x.g_opt, 0.05));
    for (uint64_t s = 0; s < 12; s++) play(&x, 12, s);
    expect_ok(gan_trainer_sample(x.trainer, z, 4, y));
    expect_ok(gan_network_clone(&copy, gan_trainer_average(x.trainer)));
    expect_ok(gan_network_estimate_statistics(copy, z, NULL, 4000, NULL));
    expect_ok(gan_network_forward(copy, z, 4, wanted));
    expect_close(y, wanted, 4 * SAMPLE, 1e-3, 1e-4);
    free(z);
    gan_network_destroy(copy);
    game_end(&x);
}

static game averaged_game(size_t threads)
{
    gan_trainer_desc desc = base;

    desc.average_decay = 0.9;
    desc.loss = GAN_LOSS_RELATIVISTIC;
    desc.micro_batch = 5;
    desc.latent = GAN_LATENT_UNIFORM;
    desc.n_threads = threads;
    return normalised_game(&desc);
}

/* However the network is used, and whenever its address was requested. */
TEST(every_use_of_the_average_finds_its_statistics)
{
    gan_network *average, *copy, *loaded;
    game x = averaged_game(1);
    float *z = normals(4 * LATENT, 3), a[4 * SAMPLE], b[4 * SAMPLE];

    average = gan_trainer_average(x.trainer);
    play(&x, 12, 1);
    play(&x, 12, 2);
    expect_ok(gan_network_clone(&copy, average));
    expect_own_statistics(copy);
    gan_network_destroy(copy);
    play(&x, 12, 3);
    expect_ok(gan_network_save(average, scratch_path("average.safetensors")));
    expect_ok(gan_network_open(&loaded, scratch_path("average.safetensors"), NULL));
    expect_own_statistics(loaded);
    gan_network_destroy(loaded);
    play(&x, 12, 4);
    expect_ok(gan_network_forward(average, z, 4, a));
    expect_ok(gan_trainer_sample(x.trainer, z, 4, b));
    expect_close(a, b, 4 * SAMPLE, 1e-5, 1e-6);
    expect_own_statistics(average);
    free(z);
    game_end(&x);
}

/* A relativistic generator's step uses the previous step's real samples, which share memory with
 * generated ones. */
TEST(asking_for_the_average_leaves_training_as_it_was)
{
    game x = averaged_game(1), twin = averaged_game(2);
    float *z = normals(4 * LATENT, 3), *real = normals(12 * SAMPLE, 4);
    float a[4 * SAMPLE], b[4 * SAMPLE];
    const gan_batch batch = batch_of(&x, real, 12);

    for (int s = 0; s < 4; s++) {
        expect_ok(gan_train_discriminator_step(x.trainer, &batch, NULL, NULL, NULL));
        expect_ok(gan_train_discriminator_step(twin.trainer, &batch, NULL, NULL, NULL));
        if (s % 2 == 1) expect_ok(gan_trainer_sample(x.trainer, z, 4, a));
        expect_ok(gan_train_generator_step(x.trainer, 12, NULL, NULL, NULL));
        expect_ok(gan_train_generator_step(twin.trainer, 12, NULL, NULL, NULL));
        expect_ok(gan_network_forward(gan_trainer_average(x.trainer), z, 4, b));
        expect_same_game(&x, &twin);
    }
    expect_ok(gan_trainer_sample(x.trainer, z, 4, a));
    expect_ok(gan_network_forward(gan_trainer_average(twin.trainer), z, 4, b));
    expect_same_weights(gan_trainer_average(x.trainer), gan_trainer_average(twin.trainer));
    expect_ok(gan_trainer_sample(twin.trainer, z, 4, b));
    expect_same_bits(a, b, sizeof a);
    free(z);
    free(real);
    game_end(&x);
    game_end(&twin);
}

static size_t file_of(const game *x, const char *name, unsigned char *bytes, size_t room)
{
    expect_ok(gan_checkpoint_save(x->trainer, NULL, scratch_path(name)));
    return scratch_read(scratch_path(name), bytes, room);
}

TEST(the_averages_statistics_are_in_the_checkpoint)
{
    enum { ROOM = 1 << 16 };
    static unsigned char a[ROOM], b[ROOM];
    game x = averaged_game(2), y = averaged_game(1);
    gan_network *alone;
    size_t n;

    for (uint64_t s = 0; s < 3; s++) play(&x, 12, s);
    file_of(&x, "average.ckpt", a, ROOM);
    expect_ok(gan_checkpoint_average(&alone, scratch_path("average.ckpt"), NULL));
    expect_own_statistics(alone);
    expect_same_weights(gan_trainer_average(x.trainer), alone);
    expect_ok(gan_checkpoint_load(y.trainer, NULL, scratch_path("average.ckpt")));
    expect_same_weights(gan_trainer_average(y.trainer), alone);
    for (uint64_t s = 3; s < 6; s++) play(&x, 12, s);
    for (uint64_t s = 3; s < 6; s++) play(&y, 12, s);
    n = file_of(&x, "x.ckpt", a, ROOM);
    ck_assert_uint_eq(file_of(&y, "y.ckpt", b, ROOM), n);
    expect_same_bits(a, b, n);
    gan_network_destroy(alone);
    game_end(&x);
    game_end(&y);
}

TEST(the_average_takes_no_memory)
{
    budget b;
    gan_trainer_desc desc = base;
    game x = normalised_game(&base);
    gan_trainer *t;
    float *z = normals(4 * LATENT, 3), *real = normals(12 * SAMPLE, 4), out[4 * SAMPLE];
    const gan_batch batch = batch_of(&x, real, 12);

    budget_init(&b, BUDGET_UNLIMITED);
    desc.average_decay = 0.9;
    desc.allocator = &b.allocator;
    expect_ok(gan_trainer_create(&t, x.g, x.d, x.g_opt, x.d_opt, &desc));
    b.left = 0;
    expect_ok(gan_train_step(t, &batch, NULL));
    expect_ok(gan_trainer_sample(t, z, 4, out));
    expect_ok(gan_train_step(t, &batch, NULL));
    ck_assert_uint_eq(b.refused, 0);
    gan_trainer_destroy(t);
    free(z);
    free(real);
    game_end(&x);
}

/* Before the generator's first step the average is the generator. */
TEST(an_average_of_nothing_is_the_generator)
{
    game x = averaged_game(1);

    expect_same_weights(gan_trainer_average(x.trainer), x.g);
    game_end(&x);
}

/* The average's statistics may still overflow: it then has the generator's. */
TEST(statistics_of_the_average_are_finite)
{
    gan_trainer_desc desc = base;
    gan_network *average;
    gan_tensor its, of_g, w;
    game x;

    desc.average_decay = 0.9;
    x = normalised_game(&desc);
    play(&x, 12, 1);
    average = gan_trainer_average(x.trainer);
    w = tensor_of(average, "0.weight");
    for (size_t i = 0; i < w.size; i++) w.data[i] = 3e30f;
    expect_ok(gan_network_save(average, scratch_path("average.safetensors")));
    its = tensor_of(average, "1.running_var");
    of_g = tensor_of(x.g, "1.running_var");
    expect_same_bits(its.data, of_g.data, its.size * sizeof *its.data);
    game_end(&x);
}

/* Labels of generated samples are as likely as in training. */
TEST(the_average_sees_the_classes_of_training)
{
    const double only[] = {0, 0, 1};
    gan_network *g = gan_network_create(gan_shape_1d(LATENT), NULL);
    gan_trainer_desc desc = base;
    gan_tensor table, mean;
    game x;
    float *real = normals(12 * SAMPLE, 1), out[SAMPLE];
    uint8_t labels[12] = {0};
    gan_batch b = {GAN_BATCH_INIT, .count = 12, .shape = gan_shape_1d(SAMPLE), .samples = real,
                   .labels = labels};

    desc.average_decay = 0.5;
    desc.class_weights = only;
    desc.n_class_weights = 3;
    gan_network_add(g, gan_layer_label_embedding(3, 2));
    gan_network_add(g, gan_layer_batch_norm(LATENT + 2, NULL));
    gan_network_add(g, gan_layer_linear(LATENT + 2, SAMPLE));
    x = game_of(g, normalised(SAMPLE, 1, 2), &desc);
    expect_ok(gan_train_step(x.trainer, &b, NULL));
    expect_ok(gan_train_step(x.trainer, &b, NULL));
    expect_ok(gan_trainer_sample_labels(x.trainer, real, labels, 1, out));
    table = tensor_of(gan_trainer_average(x.trainer), "0.weight");
    mean = tensor_of(gan_trainer_average(x.trainer), "1.running_mean");
    expect_close(mean.data + LATENT, table.data + 4, 2, 1e-5, 1e-6);
    free(real);
    game_end(&x);
}
