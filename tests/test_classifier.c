/* test_classifier.c - the supervised step, and predictions of a trained network. */
#include "expect.h"
#include "game.h"
#include "golden.h"
#include "school.h"
#include "sequence.h"

#include <gan/classifier.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the step ---- */

TEST(ten_steps_are_pytorchs)
{
    enum { STEPS = 10, BATCH = 13, FIGURES = 3 };
    golden *g = golden_open("classifier.bin");
    const float *samples = golden_get(g, "samples", STEPS * BATCH * SAMPLE),
                *stored = golden_get(g, "labels", STEPS * BATCH),
                *figures = golden_get(g, "figures", STEPS * FIGURES), *last;
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .batch_size = BATCH,
                                      .label_smoothing = 0.125, .n_threads = 2};
    school s = school_begin(pupil, adam, &desc);
    gan_network *wanted = net_seeded(SAMPLE, pupil, 2);
    uint8_t labels[BATCH];
    float features[BATCH * FEATURES];
    size_t n;
    float *a, *b;

    expect_ok(gan_network_load(s.net, golden_path("classifier_first.safetensors"), NULL));
    expect_ok(gan_network_load(wanted, golden_path("classifier_last.safetensors"), NULL));
    for (size_t i = 0; i < STEPS; i++) {
        gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT};
        gan_batch batch = lesson(samples + i * BATCH * SAMPLE, labels, BATCH);

        for (size_t k = 0; k < BATCH; k++) labels[k] = (uint8_t)stored[i * BATCH + k];
        expect_ok(gan_classifier_step(s.c, &batch, &stats));
        ck_assert(stats.steps == i + 1 && stats.count == BATCH);
        expect_near(stats.loss, figures[FIGURES * i], 1e-5, 0);
        expect_near(stats.accuracy, figures[FIGURES * i + 1], 1e-6, 0);
        expect_near(stats.grad_norm, figures[FIGURES * i + 2], 1e-5, 0);
    }
    a = net_weights(s.net, &n);
    b = net_weights(wanted, NULL);
    expect_close(a, b, n, 1e-5, 1e-7);
    last = samples + (STEPS - 1) * BATCH * SAMPLE;
    ck_assert_uint_eq(gan_classifier_feature_count(s.c), FEATURES);
    expect_ok(gan_classifier_features(s.c, last, BATCH, features));
    expect_close(features, golden_get(g, "features", BATCH * FEATURES), BATCH * FEATURES, 1e-5,
                 1e-6);
    free(a);
    free(b);
    gan_network_destroy(wanted);
    school_end(&s);
    golden_close(g);
}

/* The loss of the reference network in double precision. */
static double reference_loss(const reference *ref, const float *samples, const uint8_t *labels,
                             size_t n)
{
    double *in = malloc(n * ref->in * sizeof *in), *logits = malloc(n * ref->out * sizeof *in),
           loss = 0;

    for (size_t i = 0; i < n * ref->in; i++) in[i] = (double)samples[i];
    reference_forward(ref, in, n, 1, logits);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t j = 0; j < ref->out; j++) sum += exp(logits[i * ref->out + j]);
        loss += log(sum) - logits[i * ref->out + labels[i]];
    }
    free(in);
    free(logits);
    return loss / (double)n;
}

TEST(a_step_follows_the_derivative)
{
    enum { N = 11 };
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = 2};
    school s = school_begin(pupil, gradient_taker, &desc);
    reference *ref = reference_of(s.net, pupil);
    float *samples = normals(N * SAMPLE, 3), *before = net_weights(s.net, NULL), *after;
    uint8_t *labels = labels_of(N);
    const gan_batch batch = lesson(samples, labels, N);
    gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT};
    double squares = 0;

    expect_ok(gan_classifier_step(s.c, &batch, &stats));
    expect_near(stats.loss, reference_loss(ref, samples, labels, N), 1e-6, 0);
    after = net_weights(s.net, NULL);
    for (size_t i = 0; i < ref->n_weights; i++) {
        const double gradient = (double)(before[i] - after[i]) / GRADIENT_SCALE;
        const double weight = ref->weights[i];
        double up, down;

        ref->weights[i] = weight + 1e-5;
        up = reference_loss(ref, samples, labels, N);
        ref->weights[i] = weight - 1e-5;
        down = reference_loss(ref, samples, labels, N);
        ref->weights[i] = weight;
        expect_near(gradient, (up - down) / 2e-5, 1e-4, 1e-6);
        squares += gradient * gradient;
    }
    expect_near(stats.grad_norm, sqrt(squares), 1e-5, 0);
    ck_assert(squares > 0);
    reference_free(ref);
    free(samples);
    free(labels);
    free(before);
    free(after);
    school_end(&s);
}

TEST(the_number_of_threads_does_not_show)
{
    static const net_layer wide[] = {
        LINEAR(SAMPLE, 400),  LEAKY, DROPOUT(0.3f), LINEAR(400, 380), RELU,
        LINEAR(380, CLASSES), END};
    const size_t threads[] = {1, 2, 3, 8};
    float *samples = normals(90 * SAMPLE, 1), *features = malloc(90 * 380 * sizeof *features),
          *first_features = malloc(90 * 380 * sizeof *features);
    school first = {0};
    gan_pool *pool;

    expect_ok(gan_pool_create(&pool, 5, NULL));
    for (size_t i = 0; i < 5; i++) {
        const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .batch_size = 37, .seed = 3,
                                          .n_threads = i < 4 ? threads[i] : 1025,
                                          .pool = i < 4 ? NULL : pool};
        school s = school_begin(wide, adam, &desc);

        for (uint64_t k = 0; k < 8; k++) study(&s, k % 3 == 2 ? 30 : 37, k, NULL);
        expect_ok(gan_classifier_features(s.c, samples, 90, i ? features : first_features));
        if (i == 0)
            first = s;
        else {
            expect_same_weights(s.net, first.net);
            expect_same_bits(features, first_features, 90 * 380 * sizeof *features);
            school_end(&s);
        }
    }
    school_end(&first);
    gan_pool_destroy(pool);
    free(samples);
    free(features);
    free(first_features);
}

TEST(dropout_follows_the_seed_and_is_fresh_in_each_step)
{
    double losses[3][2];

    for (size_t i = 0; i < 3; i++) {
        const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .seed = i / 2};
        school s = school_begin(random_pupil, adam, &desc);
        gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT};

        expect_ok(gan_optimizer_set_lr(s.opt, 0)); /* so that only the dropout masks differ */
        for (size_t k = 0; k < 2; k++) {
            study(&s, 20, 1, &stats);
            losses[i][k] = stats.loss;
        }
        school_end(&s);
    }
    ck_assert(losses[0][0] == losses[1][0] && losses[0][1] == losses[1][1]);
    ck_assert(losses[0][0] != losses[0][1]);
    ck_assert(losses[0][0] != losses[2][0]);
}

/* Five clusters in twelve dimensions. */
TEST(it_learns)
{
    enum { N = 500 };
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = 2};
    school s = school_begin(random_pupil, adam, &desc);
    float *samples = normals(2 * N * SAMPLE, 1), *centres = normals(CLASSES * SAMPLE, 2);
    uint8_t *labels = labels_of(2 * N), predicted[N];
    gan_dataset *data[2];
    gan_iterator *it[2];
    const gan_batch *batch;
    gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT};
    size_t confusion[CLASSES * CLASSES], right = 0, sum = 0, diagonal = 0;

    for (size_t i = 0; i < 2 * N * SAMPLE; i++)
        samples[i] += 2 * centres[labels[i / SAMPLE] * SAMPLE + i % SAMPLE];
    for (size_t i = 0; i < 2; i++) {
        expect_ok(gan_dataset_create_floats(&data[i], samples + i * N * SAMPLE, labels, N,
                                            gan_shape_1d(SAMPLE), NULL));
        expect_ok(gan_iterator_create(
            &it[i], data[i],
            &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = 50, .shuffle = 1}));
    }
    for (size_t epoch = 0; epoch < 30; epoch++)
        while (gan_iterator_next(it[0], &batch) == GAN_OK)
            expect_ok(gan_classifier_step(s.c, batch, &stats));
    expect_ok(gan_classifier_evaluate(s.c, it[1], &stats, confusion));
    ck_assert(stats.accuracy > 0.97 && stats.loss < 0.15 && stats.loss > 0);
    ck_assert(stats.count == N && stats.steps == 300 && stats.grad_norm == 0);
    expect_ok(gan_classifier_predict(s.c, samples + N * SAMPLE, N, predicted));
    for (size_t i = 0; i < N; i++) right += predicted[i] == labels[i];
    expect_near(stats.accuracy, (double)right / N, 1e-12, 0);
    for (size_t i = 0; i < CLASSES * CLASSES; i++) {
        sum += confusion[i];
        if (i % (CLASSES + 1) == 0) diagonal += confusion[i];
    }
    ck_assert(sum == N && diagonal == right);
    for (size_t i = 0; i < 2; i++) {
        gan_iterator_destroy(it[i]);
        gan_dataset_destroy(data[i]);
    }
    free(samples);
    free(centres);
    free(labels);
    school_end(&s);
}

/* Images of 3x4 through a convolution whose outputs are normalised over the batch. */
static gan_network *convolutions(void)
{
    gan_network *net = NETWORK(gan_shape_3d(1, 3, 4), gan_layer_conv2d(1, 3, 2, NULL),
                               gan_layer_batch_norm(3, NULL), gan_layer_relu(), gan_layer_flatten(),
                               gan_layer_linear(18, CLASSES));

    return net;
}

TEST(running_statistics_follow_steps_that_count)
{
    school s = {convolutions(), adam(), NULL};
    float *samples = normals(20 * SAMPLE, 1), before[3], features[20 * 18];
    uint8_t *labels = labels_of(20), predicted[20];
    gan_batch batch = lesson(samples, labels, 20);
    gan_tensor mean;

    expect_ok(gan_classifier_create(&s.c, s.net, s.opt, NULL));
    ck_assert_uint_eq(gan_classifier_feature_count(s.c), 18);
    expect_ok(gan_network_find(&mean, s.net, "1.running_mean"));
    for (size_t i = 0; i < 3; i++) ck_assert(mean.data[i] == 0);
    expect_ok(gan_classifier_step(s.c, &batch, NULL));
    for (size_t i = 0; i < 3; i++) ck_assert(mean.data[i] != 0);
    memcpy(before, mean.data, sizeof before);
    expect_ok(gan_classifier_features(s.c, samples, 20, features));
    expect_ok(gan_classifier_predict(s.c, samples, 20, predicted));
    expect_ok(gan_optimizer_set_lr(s.opt, 1e38));
    expect_status(gan_classifier_step(s.c, &batch, NULL), GAN_ERR_NONFINITE);
    expect_same_bits(mean.data, before, sizeof before);
    free(samples);
    free(labels);
    school_end(&s);
}

/* ---- predictions ---- */

/* More samples than the classifier processes at once. */
TEST(an_evaluation_is_the_networks_own)
{
    enum { N = 1300 };
    school s = school_begin(random_pupil, NULL, NULL);
    gan_dataset *data;
    gan_iterator *it = quiz(&data, N, 1, 1200, 1);
    float *samples = normals(N * SAMPLE, 1), *logits = malloc(N * CLASSES * sizeof *logits);
    uint8_t *labels = labels_of(N), *predicted = malloc(N);
    size_t confusion[CLASSES * CLASSES], wanted[CLASSES * CLASSES] = {0};
    gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT, .grad_norm = 7};
    double loss, right = 0;

    memset(confusion, 0xff, sizeof confusion);
    expect_ok(gan_classifier_evaluate(s.c, it, &stats, confusion));
    expect_ok(gan_network_forward(s.net, samples, N, logits));
    expect_ok(gan_loss_cross_entropy(logits, N, CLASSES, labels, 0, &loss, NULL));
    expect_ok(gan_classifier_predict(s.c, samples, N, predicted));
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < CLASSES; j++)
            ck_assert(logits[i * CLASSES + j] <= logits[i * CLASSES + predicted[i]]);
        right += predicted[i] == labels[i];
        wanted[labels[i] * CLASSES + predicted[i]]++;
    }
    expect_near(stats.loss, loss, 1e-6, 0);
    expect_near(stats.accuracy, right / N, 1e-12, 0);
    ck_assert(stats.count == N && stats.steps == 0 && stats.grad_norm == 0);
    expect_same_bits(confusion, wanted, sizeof wanted);
    ck_assert(gan_iterator_epoch(it) == 1 && gan_iterator_position(it) == 0);
    expect_ok(gan_classifier_evaluate(s.c, it, NULL, NULL));
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    free(samples);
    free(logits);
    free(labels);
    free(predicted);
    school_end(&s);
}

TEST(the_first_of_equal_logits_wins)
{
    static const net_layer same[] = {LINEAR(SAMPLE, CLASSES), END};
    school s = school_begin(same, NULL, NULL);
    float *zero = calloc(gan_network_param_count(s.net), sizeof *zero);
    float *x = normals(SAMPLE, 1);
    uint8_t label = 7;

    net_set_weights(s.net, zero);
    expect_ok(gan_classifier_predict(s.c, x, 1, &label));
    ck_assert_int_eq(label, 0);
    free(zero);
    free(x);
    school_end(&s);
}

/* A linear layer alone, with the weights of the first layer of another network. */
static gan_network *first_layer_of(gan_network *net)
{
    static const net_layer head[] = {LINEAR(SAMPLE, 17), END};
    const char *const names[] = {"0.weight", "0.bias"};
    gan_network *first = net_seeded(SAMPLE, head, 9);

    for (size_t i = 0; i < 2; i++) {
        gan_tensor from, to;

        expect_ok(gan_network_find(&from, net, names[i]));
        expect_ok(gan_network_find(&to, first, names[i]));
        memcpy(to.data, from.data, to.size * sizeof *to.data);
    }
    return first;
}

TEST(features_are_what_the_chosen_layer_gives)
{
    enum { N = 70 };
    static const net_layer one[] = {LINEAR(SAMPLE, CLASSES), END};
    const gan_classifier_desc after_first = {GAN_CLASSIFIER_DESC_INIT, .feature_layers = 1},
                              after_all = {GAN_CLASSIFIER_DESC_INIT, .feature_layers = 5};
    school first = school_begin(pupil, NULL, &after_first),
           all = school_begin(pupil, NULL, &after_all), none = school_begin(one, NULL, NULL);
    gan_network *layer = first_layer_of(first.net);
    float *x = normals(N * SAMPLE, 1), *features = malloc(N * 17 * sizeof *x),
          *wanted = malloc(N * 17 * sizeof *x);

    ck_assert_uint_eq(gan_classifier_feature_count(first.c), 17);
    expect_ok(gan_classifier_features(first.c, x, N, features));
    expect_ok(gan_network_forward(layer, x, N, wanted));
    expect_close(features, wanted, N * 17, 1e-6, 1e-6);
    ck_assert_uint_eq(gan_classifier_feature_count(all.c), CLASSES);
    expect_ok(gan_classifier_features(all.c, x, N, features));
    expect_ok(gan_network_forward(all.net, x, N, wanted));
    expect_close(features, wanted, N * CLASSES, 1e-6, 1e-6);
    /* Without a layer before the last one with weights, the features are the sample. */
    ck_assert_uint_eq(gan_classifier_feature_count(none.c), SAMPLE);
    expect_ok(gan_classifier_features(none.c, x, N, features));
    expect_same_bits(features, x, N * SAMPLE * sizeof *x);
    free(x);
    free(features);
    free(wanted);
    gan_network_destroy(layer);
    school_end(&first);
    school_end(&all);
    school_end(&none);
}

TEST(answers_leave_training_as_it_was)
{
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = 2};
    school s = school_begin(random_pupil, adam, &desc),
           twin = school_begin(random_pupil, adam, &desc);
    float *x = normals(40 * SAMPLE, 1), features[40 * 17];
    uint8_t labels[40];
    gan_dataset *data;
    gan_iterator *it = quiz(&data, 40, 2, 15, 1);

    for (uint64_t k = 0; k < 4; k++) {
        study(&s, 20, k, NULL);
        study(&twin, 20, k, NULL);
        expect_ok(gan_classifier_predict(s.c, x, 40, labels));
        expect_ok(gan_classifier_features(s.c, x, 40, features));
        expect_ok(gan_classifier_evaluate(s.c, it, NULL, NULL));
        expect_same_weights(s.net, twin.net);
    }
    expect_ok(gan_classifier_predict(s.c, NULL, 0, NULL));
    expect_ok(gan_classifier_features(s.c, NULL, 0, NULL));
    free(x);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    school_end(&s);
    school_end(&twin);
}
