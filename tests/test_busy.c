/* test_busy.c - objects for one thread at a time: a concurrent call gets an error, and results are
 * correct. */
#include "base/busy_internal.h"
#include "expect.h"
#include "game.h"
#include "suite.h"

#include <gan/gan.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST(a_second_call_is_refused_until_the_first_has_ended)
{
    gan__busy busy = {0};

    expect_ok(gan__busy_enter(&busy, "kettle"));
    expect_fails(gan__busy_enter(&busy, "kettle"), GAN_ERR_BUSY, "kettle: is in another call");
    gan__busy_leave(&busy);
    expect_ok(gan__busy_enter(&busy, "kettle"));
    gan__busy_leave(&busy);
}

/* ---- two threads, with one object ---- */

enum { N = 32, MOST = 6 * N };

typedef struct stage {
    game x;
    gan_network *classes;
    gan_optimizer *classes_opt;
    gan_classifier *classifier;
    gan_iterator *it;
    gan_dataset *data;
    float *z, *samples;
    uint8_t labels[N];
    gan_batch batch;
    float wanted[MOST]; /* samples of the generator */
    gan_pass *pass;
    float pass_wanted[MOST];
    const char *path;
    unsigned char saved[30000]; /* what is at the path */
    size_t n_saved;
} stage;

/* One call; its result is correct if it returns GAN_OK. */
typedef gan_status call(stage *s, int *right);

static gan_status forward(stage *s, int *right)
{
    float out[MOST];
    const gan_status status = gan_network_forward(s->x.g, s->z, N, out);

    *right &= status != GAN_OK || memcmp(out, s->wanted, N * s->x.sample * sizeof *out) == 0;
    return status;
}

/* While another thread changes the weights. */
static gan_status forward_of(gan_network *net, const float *in)
{
    float out[MOST];

    return gan_network_forward(net, in, N, out);
}

static gan_status generator_forward(stage *s, int *right)
{
    (void)right;
    return forward_of(s->x.g, s->z);
}

static gan_status discriminator_forward(stage *s, int *right)
{
    (void)right;
    return forward_of(s->x.d, s->samples);
}

static gan_status average_forward(stage *s, int *right)
{
    (void)right;
    return forward_of(gan_trainer_average(s->x.trainer), s->z);
}

static gan_status classes_forward(stage *s, int *right)
{
    (void)right;
    return forward_of(s->classes, s->samples);
}

static gan_status estimate(stage *s, int *right)
{
    (void)right;
    return gan_network_estimate_statistics(s->x.g, s->z, NULL, N, NULL);
}

static gan_status step(stage *s, int *right)
{
    (void)right;
    return gan_train_step(s->x.trainer, &s->batch, NULL);
}

static gan_status discriminator_step(stage *s, int *right)
{
    (void)right;
    return gan_train_discriminator_step(s->x.trainer, &s->batch, NULL, NULL, NULL);
}

static gan_status generator_step(stage *s, int *right)
{
    (void)right;
    return gan_train_generator_step(s->x.trainer, N, NULL, NULL, NULL);
}

static gan_status sample(stage *s, int *right)
{
    float out[MOST];

    (void)right;
    return gan_trainer_sample(s->x.trainer, s->z, N, out);
}

static gan_status save(stage *s, int *right)
{
    (void)right;
    return gan_checkpoint_save(s->x.trainer, NULL, s->path);
}

static gan_status load(stage *s, int *right)
{
    (void)right;
    return gan_checkpoint_load(s->x.trainer, NULL, s->path);
}

static gan_status save_to(stage *s, int *right)
{
    static unsigned char bytes[30000];
    gan_writer to = gan_writer_memory(bytes, sizeof bytes);

    (void)right;
    return gan_checkpoint_save_to(s->x.trainer, NULL, &to);
}

static gan_status load_from(stage *s, int *right)
{
    const gan_reader from = gan_reader_memory(s->saved, s->n_saved);

    (void)right;
    return gan_checkpoint_load_from(s->x.trainer, NULL, &from);
}

static gan_status resume(stage *s, int *right)
{
    (void)right;
    return gan_checkpoint_resume(s->x.trainer, NULL, s->path, NULL);
}

static gan_status resume_from(stage *s, int *right)
{
    const gan_reader from = gan_reader_memory(s->saved, s->n_saved);

    (void)right;
    return gan_checkpoint_resume_from(s->x.trainer, NULL, &from, NULL);
}

static gan_status set_extra_state(stage *s, int *right)
{
    (void)right;
    return gan_trainer_set_extra_state(s->x.trainer, s->labels, N);
}

static gan_status classifier_step(stage *s, int *right)
{
    (void)right;
    return gan_classifier_step(s->classifier, &s->batch, NULL);
}

static gan_status predict(stage *s, int *right)
{
    uint8_t found[N];

    (void)right;
    return gan_classifier_predict(s->classifier, s->samples, N, found);
}

static gan_status features(stage *s, int *right)
{
    float found[N * 8];

    (void)right;
    return gan_classifier_features(s->classifier, s->samples, N, found);
}

static gan_status pass_forward(stage *s, int *right)
{
    float out[MOST];
    const gan_status status = gan_pass_forward(s->pass, s->z, N, out);

    *right &= status != GAN_OK || memcmp(out, s->pass_wanted, N * s->x.sample * sizeof *out) == 0;
    return status;
}

static gan_status pass_forward_labels(stage *s, int *right)
{
    (void)right;
    return gan_pass_forward_labels(s->pass, s->z, NULL, N, NULL); /* it uses no labels */
}

static gan_status pass_backward(stage *s, int *right)
{
    (void)right;
    return gan_pass_backward(s->pass, s->samples, GAN_PASS_REPLACE, NULL);
}

/* In evaluation mode there are no buffers to update nor, before a backward run, a step: all that
 * matters is GAN_ERR_BUSY for a second call. */
static gan_status unless_busy(gan_status status)
{
    return status == GAN_ERR_INVALID ? GAN_OK : status;
}

static gan_status pass_update(stage *s, int *right)
{
    (void)right;
    return unless_busy(gan_pass_update_buffers(s->pass));
}

static gan_status pass_step(stage *s, int *right)
{
    (void)right;
    return unless_busy(gan_pass_step(s->pass, s->x.g_opt, NULL));
}

static gan_status evaluate(stage *s, int *right)
{
    (void)right;
    expect_ok(gan_iterator_seek(s->it, 0, 0));
    return gan_classifier_evaluate(s->classifier, s->it, NULL, NULL);
}

/* What one thread does, and what the other is refused meanwhile. */
static const struct {
    const char *name;
    call *one, *other;
} pairs[] = {
    {"forward and forward", forward, forward},
    {"estimate and forward", estimate, forward},
    {"forward and estimate", forward, estimate},
    {"step and step", step, step},
    {"step and its halves", step, discriminator_step},
    {"step and its halves", step, generator_step},
    {"step and sample", step, sample},
    {"step and save", step, save},
    {"step and load", step, load},
    {"step and save to memory", step, save_to},
    {"step and load from memory", step, load_from},
    {"step and resume", step, resume},
    {"step and resume from memory", step, resume_from},
    {"step and extra state", step, set_extra_state},
    {"step and its generator's forward", step, generator_forward},
    {"step and its discriminator's forward", step, discriminator_forward},
    {"step and its average's forward", step, average_forward},
    {"a network's forward and its trainer's step", generator_forward, step},
    {"the average's forward and its trainer's step", average_forward, step},
    {"load and the generator's forward", load_from, generator_forward},
    {"classifier's step and its network's forward", classifier_step, classes_forward},
    {"a network's forward and its classifier's step", classes_forward, classifier_step},
    {"forward and a pass's step", forward, pass_step},
    {"forward and a pass's buffers", forward, pass_update},
    {"classifier's step and step", classifier_step, classifier_step},
    {"predict and predict", predict, predict},
    {"predict and evaluate", predict, evaluate},
    {"features and features", features, features},
    {"a pass forward and forward", pass_forward, pass_forward},
    {"a pass backward and forward", pass_backward, pass_forward},
    {"a pass forward and forward with labels", pass_forward, pass_forward_labels},
    {"a pass forward and backward", pass_forward, pass_backward},
    {"a pass forward and its buffers", pass_forward, pass_update},
    {"a pass forward and a step", pass_forward, pass_step},
};
enum { N_PAIRS = sizeof pairs / sizeof *pairs };

static void begin(stage *s)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = N, .average_decay = 0.9,
                                   .n_threads = 1};

    s->x = game_begin(small_g, small_d, adam, &desc);
    s->z = normals(N * s->x.latent, 1);
    s->samples = normals(N * s->x.sample, 2);
    for (size_t i = 0; i < N; i++) s->labels[i] = (uint8_t)(i % 3);
    s->batch = batch_of(&s->x, s->samples, N);
    s->batch.labels = s->labels;
    s->path = scratch_path("busy.gan");
    expect_ok(gan_network_forward(s->x.g, s->z, N, s->wanted));
    expect_ok(gan_checkpoint_save(s->x.trainer, NULL, s->path));
    s->n_saved = scratch_read(s->path, s->saved, sizeof s->saved);
    s->classes = gan_network_create(gan_shape_1d(s->x.sample), NULL);
    expect_ok(gan_network_add(s->classes, gan_layer_linear(s->x.sample, 8)));
    expect_ok(gan_network_add(s->classes, gan_layer_relu()));
    expect_ok(gan_network_add(s->classes, gan_layer_linear(8, 3)));
    s->classes_opt = adam();
    expect_ok(gan_classifier_create(
        &s->classifier, s->classes, s->classes_opt,
        &(gan_classifier_desc){GAN_CLASSIFIER_DESC_INIT, .batch_size = N, .n_threads = 1}));
    expect_ok(gan_dataset_create_floats(&s->data, s->samples, s->labels, N,
                                        gan_shape_1d(s->x.sample), NULL));
    expect_ok(gan_iterator_create(&s->it, s->data,
                                  &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = N}));
}

static void begin_pass(stage *s)
{
    expect_ok(gan_pass_create(
        &s->pass, s->x.g,
        &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = N, .mode = GAN_PASS_EVALUATION}));
    expect_ok(gan_pass_forward(s->pass, s->z, N, s->pass_wanted));
}

static void end(stage *s)
{
    gan_pass_destroy(s->pass);
    gan_iterator_destroy(s->it);
    gan_dataset_destroy(s->data);
    gan_classifier_destroy(s->classifier);
    gan_optimizer_destroy(s->classes_opt);
    gan_network_destroy(s->classes);
    free(s->z), free(s->samples);
    game_end(&s->x);
}

/* On one thread the time of this call is deterministic. */
static gan_status run_networks(void *user, gan_train_gradients *gradients)
{
    const stage *s = user;

    (void)gradients;
    expect_fails(forward_of(s->x.g, s->z), GAN_ERR_BUSY, "network: is in another call");
    expect_fails(forward_of(s->x.d, s->samples), GAN_ERR_BUSY, "network: is in another call");
    expect_fails(forward_of(gan_trainer_average(s->x.trainer), s->z), GAN_ERR_BUSY, "another call");
    return GAN_OK;
}

TEST(networks_are_not_run_while_their_trainer_takes_a_step)
{
    stage s = {0};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = N, .average_decay = 0.9,
                                   .on_gradients = run_networks, .on_gradients_user = &s};

    s.x = game_begin(small_g, small_d, adam, &desc);
    s.z = normals(N * s.x.latent, 1);
    s.samples = normals(N * s.x.sample, 2);
    s.batch = batch_of(&s.x, s.samples, N);
    for (int i = 0; i < 2; i++) {
        expect_ok(gan_train_step(s.x.trainer, &s.batch, NULL));
        expect_ok(forward_of(s.x.g, s.z));
        expect_ok(forward_of(s.x.d, s.samples));
        expect_ok(forward_of(gan_trainer_average(s.x.trainer), s.z));
    }
    free(s.z), free(s.samples);
    game_end(&s.x);
}

typedef struct caller {
    stage *s;
    call *one;
    atomic_int stop;
    int right;
} caller;

static int fits(gan_status status)
{
    return status == GAN_OK || status == GAN_ERR_BUSY;
}

static void *call_often(void *argument)
{
    caller *c = argument;

    while (c->right && !atomic_load(&c->stop)) c->right &= fits(c->one(c->s, &c->right));
    return NULL;
}

TEST_EACH(two_threads_are_told_or_both_are_right, 0, N_PAIRS)
{
    stage s = {0};
    caller c = {.s = &s, .one = pairs[_i].one, .right = 1};
    gan_status status = GAN_OK;
    pthread_t thread;
    int right = 1;

    begin(&s);
    begin_pass(&s);
    ck_assert_int_eq(pthread_create(&thread, NULL, call_often, &c), 0);
    for (size_t i = 0; i < 4000000 && status != GAN_ERR_BUSY; i++) {
        status = pairs[_i].other(&s, &right);
        ck_assert_msg(right && fits(status), "%s: %s", pairs[_i].name, gan_last_error());
    }
    ck_assert_msg(status == GAN_ERR_BUSY, "%s: never at once", pairs[_i].name);
    expect_error_says("is in another call");
    atomic_store(&c.stop, 1);
    pthread_join(thread, NULL);
    ck_assert_msg(c.right, "%s", pairs[_i].name);
    expect_ok(pairs[_i].other(&s, &right));
    end(&s);
}
