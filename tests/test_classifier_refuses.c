/* test_classifier_refuses.c - what classifiers refuse: batches, values, settings; out of memory. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "school.h"

#include <gan/classifier.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP_FAILS(status, says)                                                                   \
    do {                                                                                           \
        expect_fails(gan_classifier_step(s.c, &batch, &stats), status, says);                      \
        expect_same_weights(s.net, twin.net);                                                      \
        ck_assert(gan_optimizer_steps(s.opt) == 0 && stats.loss == 2.385);                         \
    } while (0)

TEST(a_wrong_batch_changes_nothing)
{
    enum { N = 20 };
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .batch_size = N};
    school s = school_begin(random_pupil, adam, &desc),
           twin = school_begin(random_pupil, adam, &desc), idle = school_begin(pupil, NULL, &desc);
    float *samples = normals((N + 1) * SAMPLE, 1);
    uint8_t *labels = labels_of(N + 1);
    const gan_batch good = lesson(samples, labels, N);
    gan_batch batch = good;
    gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT, .loss = 2.385}, wrong = {0};

    expect_fails(gan_classifier_step(NULL, &good, &stats), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_classifier_step(s.c, NULL, &stats), GAN_ERR_INVALID, "batch is NULL");
    expect_fails(gan_classifier_step(s.c, &good, &wrong), GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_classifier_step(idle.c, &good, &stats), GAN_ERR_INVALID, "optimizer");
    batch.samples = NULL;
    STEP_FAILS(GAN_ERR_INVALID, "no samples");
    batch = good;
    batch.labels = NULL;
    STEP_FAILS(GAN_ERR_INVALID, "no labels");
    batch = good;
    batch.count = 0;
    STEP_FAILS(GAN_ERR_INVALID, "0 samples");
    batch.count = N + 1;
    STEP_FAILS(GAN_ERR_SHAPE, "21 samples, created for at most 20");
    batch = good;
    batch.shape = gan_shape_1d(SAMPLE + 1);
    STEP_FAILS(GAN_ERR_SHAPE, "[13]");
    batch = good;
    labels[17] = CLASSES;
    STEP_FAILS(GAN_ERR_INVALID, "label 17 of 20 is 5, there are 5 classes");
    labels[17] = 2;
    /* None of these has an effect on what follows. */
    batch.shape = gan_shape_3d(1, 3, 4);
    expect_ok(gan_classifier_step(s.c, &batch, &stats));
    expect_ok(gan_classifier_step(twin.c, &good, NULL));
    expect_same_weights(s.net, twin.net);
    free(samples);
    free(labels);
    school_end(&s);
    school_end(&twin);
    school_end(&idle);
}

TEST(numbers_that_are_none_change_nothing)
{
    enum { N = 20 };
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .batch_size = N};
    school s = school_begin(random_pupil, adam, &desc),
           twin = school_begin(random_pupil, adam, &desc);
    float *samples = normals(N * SAMPLE, 1);
    uint8_t *labels = labels_of(N);
    const gan_batch batch = lesson(samples, labels, N);
    gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT, .loss = 2.385};
    gan_tensor weight;
    float kept = samples[3 * SAMPLE + 5];

    samples[3 * SAMPLE + 5] = NAN;
    STEP_FAILS(GAN_ERR_NONFINITE, "value 5 of sample 3");
    samples[3 * SAMPLE + 5] = INFINITY;
    STEP_FAILS(GAN_ERR_NONFINITE, "value 5 of sample 3");
    samples[3 * SAMPLE + 5] = kept;
    expect_ok(gan_network_find(&weight, s.net, "3.weight"));
    kept = weight.data[7];
    weight.data[7] = NAN;
    expect_fails(gan_classifier_step(s.c, &batch, &stats), GAN_ERR_NONFINITE, "value 7");
    expect_error_says("3.weight");
    weight.data[7] = 3e38f; /* a loss that is finite, and gradients that aren't */
    samples[0] = 3e38f;
    expect_status(gan_classifier_step(s.c, &batch, &stats), GAN_ERR_NONFINITE);
    weight.data[7] = kept;
    samples[0] = 1;
    expect_ok(gan_optimizer_set_lr(s.opt, 1e38));
    STEP_FAILS(GAN_ERR_NONFINITE, "learning rate");
    expect_ok(gan_optimizer_set_lr(s.opt, 0.002));
    expect_ok(gan_classifier_step(s.c, &batch, &stats));
    expect_ok(gan_classifier_step(twin.c, &batch, NULL));
    expect_same_weights(s.net, twin.net);
    free(samples);
    free(labels);
    school_end(&s);
    school_end(&twin);
}

static int broken_source(void *user, size_t index, float *out, uint8_t *label)
{
    (void)user;
    for (size_t i = 0; i < SAMPLE; i++) out[i] = (float)index;
    *label = 1;
    return index < 25 ? 0 : 42;
}

TEST(an_evaluation_names_what_is_wrong)
{
    enum { N = 40 };
    const gan_batch *batch;
    school s = school_begin(pupil, adam, NULL);
    static const net_layer two[] = {LINEAR(SAMPLE, 2), END}, longer[] = {LINEAR(13, 5), END};
    school pair = school_begin(two, NULL, NULL);
    gan_network *other = net_seeded(13, longer, 1);
    gan_classifier *wider;
    gan_dataset *data[3];
    gan_iterator *it[3] = {quiz(&data[0], N, 1, 10, 1), quiz(&data[1], N, 1, 10, 0)};
    gan_classifier_stats stats = {GAN_CLASSIFIER_STATS_INIT, .loss = 2.385}, wrong = {0};
    gan_tensor weight;

    expect_ok(gan_dataset_create_callbacks(&data[2], broken_source, NULL, N, gan_shape_1d(SAMPLE),
                                           1, NULL));
    expect_ok(gan_iterator_create(&it[2], data[2], NULL));
    expect_ok(gan_classifier_create(&wider, other, NULL, NULL));
    expect_fails(gan_classifier_evaluate(NULL, it[0], &stats, NULL), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_classifier_evaluate(s.c, NULL, &stats, NULL), GAN_ERR_INVALID, "iterator");
    expect_fails(gan_classifier_evaluate(s.c, it[0], &wrong, NULL), GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_classifier_evaluate(s.c, it[1], &stats, NULL), GAN_ERR_INVALID, "no labels");
    expect_fails(gan_classifier_evaluate(pair.c, it[0], &stats, NULL), GAN_ERR_INVALID,
                 "label 2 of 10 is 2, there are 2 classes");
    expect_fails(gan_classifier_evaluate(wider, it[0], &stats, NULL), GAN_ERR_SHAPE, "[13]");
    expect_fails(gan_classifier_evaluate(s.c, it[2], &stats, NULL), GAN_ERR_IO, "42");
    for (size_t i = 0; i < 2; i++) expect_ok(gan_iterator_next(it[0], &batch));
    expect_fails(gan_classifier_evaluate(s.c, it[0], &stats, NULL), GAN_ERR_INVALID, "no batch");
    expect_ok(gan_network_find(&weight, s.net, "4.bias"));
    weight.data[2] = NAN;
    expect_fails(gan_classifier_evaluate(s.c, it[0], &stats, NULL), GAN_ERR_NONFINITE,
                 "samples 0 to 9");
    weight.data[2] = INFINITY;
    expect_status(gan_classifier_evaluate(s.c, it[0], &stats, NULL), GAN_ERR_NONFINITE);
    ck_assert(stats.loss == 2.385);
    for (size_t i = 0; i < 3; i++) {
        gan_iterator_destroy(it[i]);
        gan_dataset_destroy(data[i]);
    }
    gan_classifier_destroy(wider);
    gan_network_destroy(other);
    school_end(&s);
    school_end(&pair);
}

TEST(answers_name_what_is_wrong)
{
    school s = school_begin(pupil, NULL, NULL);
    const float x[SAMPLE] = {0};
    float features[FEATURES];
    uint8_t label;

    expect_fails(gan_classifier_predict(NULL, x, 1, &label), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_classifier_predict(s.c, NULL, 1, &label), GAN_ERR_INVALID, "samples is NULL");
    expect_fails(gan_classifier_predict(s.c, x, 1, NULL), GAN_ERR_INVALID, "labels is NULL");
    expect_fails(gan_classifier_features(NULL, x, 1, features), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_classifier_features(s.c, NULL, 1, features), GAN_ERR_INVALID,
                 "samples is NULL");
    expect_fails(gan_classifier_features(s.c, x, 1, NULL), GAN_ERR_INVALID, "features is NULL");
    ck_assert(gan_classifier_class_count(NULL) == 0 && gan_classifier_feature_count(NULL) == 0);
    ck_assert_uint_eq(gan_classifier_class_count(s.c), CLASSES);
    school_end(&s);
}

#define CREATE_FAILS(net, opt, desc, status, says)                                                 \
    do {                                                                                           \
        gan_classifier *made = (gan_classifier *)&made;                                            \
        expect_fails(gan_classifier_create(&made, net, opt, desc), status, says);                  \
        ck_assert_ptr_null(made);                                                                  \
    } while (0)

TEST(creation_names_what_is_wrong)
{
    static const net_layer one[] = {LINEAR(SAMPLE, 1), END}, many[] = {LINEAR(SAMPLE, 65537), END},
                           most[] = {LINEAR(SAMPLE, 256), END}, weightless[] = {FLATTEN, END};
    const gan_allocator half = {0};
    gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT};
    gan_network *net = net_seeded(SAMPLE, pupil, 1), *nets[4], *bad;
    gan_optimizer *opt = adam();
    gan_classifier *c;

    nets[0] = net_seeded(SAMPLE, one, 1);
    nets[1] = net_seeded(SAMPLE, many, 1);
    nets[2] = net_seeded(SAMPLE, weightless, 1);
    nets[3] = net_seeded(SAMPLE, most, 1);
    expect_fails(gan_classifier_create(NULL, net, opt, NULL), GAN_ERR_INVALID, "out is NULL");
    CREATE_FAILS(NULL, opt, NULL, GAN_ERR_INVALID, "network is NULL");
    CREATE_FAILS(nets[0], opt, NULL, GAN_ERR_SHAPE, "[1]");
    CREATE_FAILS(nets[1], opt, NULL, GAN_ERR_SHAPE, "[65537]");
    CREATE_FAILS(nets[2], opt, NULL, GAN_ERR_INVALID, "no weights");
    expect_ok(gan_classifier_create(&c, nets[3], NULL, NULL));
    ck_assert_uint_eq(gan_classifier_class_count(c), 256);
    gan_classifier_destroy(c);
    desc.feature_layers = 6;
    CREATE_FAILS(net, opt, &desc, GAN_ERR_INVALID, "feature_layers is 6, the network has 5");
    desc = (gan_classifier_desc){GAN_CLASSIFIER_DESC_INIT, .batch_size = SIZE_MAX / 2};
    CREATE_FAILS(net, opt, &desc, GAN_ERR_INVALID, "batch_size");
    desc = (gan_classifier_desc){GAN_CLASSIFIER_DESC_INIT, .label_smoothing = 1.5};
    CREATE_FAILS(net, opt, &desc, GAN_ERR_INVALID, "1.5");
    desc.label_smoothing = (double)NAN;
    CREATE_FAILS(net, opt, &desc, GAN_ERR_INVALID, "label_smoothing");
    desc = (gan_classifier_desc){GAN_CLASSIFIER_DESC_INIT, .n_threads = 1025};
    CREATE_FAILS(net, opt, &desc, GAN_ERR_INVALID, "1025");
    desc = (gan_classifier_desc){GAN_CLASSIFIER_DESC_INIT, .allocator = &half};
    CREATE_FAILS(net, opt, &desc, GAN_ERR_INVALID, "allocator");
    desc = (gan_classifier_desc){.struct_size = 8};
    CREATE_FAILS(net, opt, &desc, GAN_ERR_INVALID, "struct_size");
    bad = gan_network_create(gan_shape_1d(3), NULL);
    gan_network_add(bad, gan_layer_linear(4, 8));
    CREATE_FAILS(bad, opt, NULL, GAN_ERR_SHAPE, "needs 4 inputs, gets 3");
    gan_network_destroy(bad);
    bad = gan_network_create(gan_shape_1d(3), NULL);
    gan_network_add(bad, gan_layer_label_embedding(8, 2));
    CREATE_FAILS(bad, opt, NULL, GAN_ERR_INVALID, "the network uses labels of 8 classes");
    expect_ok(gan_optimizer_bind(opt, 5)); /* no failed call has bound it */
    CREATE_FAILS(net, opt, NULL, GAN_ERR_SHAPE, "5");
    gan_classifier_destroy(NULL);
    for (size_t i = 0; i < 4; i++) gan_network_destroy(nets[i]);
    gan_network_destroy(bad);
    gan_network_destroy(net);
    gan_optimizer_destroy(opt);
}

static gan_status make_classifier(void **out, const gan_allocator *allocator, void *user)
{
    school *s = user;
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = 2,
                                      .allocator = allocator};
    gan_classifier *c = user;
    gan_status status = gan_classifier_create(&c, s->net, s->opt, &desc);

    *out = c;
    return status;
}

static void end_classifier(void *made)
{
    const school s = {.c = made};

    study(&s, 20, 1, NULL);
    gan_classifier_destroy(made);
}

TEST(creation_survives_a_lack_of_memory)
{
    school s = {net_seeded(SAMPLE, pupil, 1), adam(), NULL};

    budget_sweep(make_classifier, end_classifier, &s);
    school_end(&s);
}

TEST(without_an_optimizer_less_memory_is_taken)
{
    size_t bytes[2];

    for (size_t i = 0; i < 2; i++) {
        budget b;
        gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = 1};
        school s;

        budget_init(&b, BUDGET_UNLIMITED);
        desc.allocator = &b.allocator;
        s = school_begin(pupil, i ? adam : NULL, &desc);
        bytes[i] = b.live_bytes;
        school_end(&s);
        ck_assert_uint_eq(budget_live(&b), 0);
    }
    ck_assert_uint_lt(bytes[0], bytes[1]);
}
