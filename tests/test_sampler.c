/* test_sampler.c - samplers: a row has the same bits in any batch, concurrent threads, versions of
 * the weights. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "suite.h"

#include <gan/gan.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- networks ---- */

static void add_all(gan_network *net, gan_layer *const *layers, size_t n)
{
    for (size_t i = 0; i < n; i++) expect_ok(gan_network_add(net, layers[i]));
}
#define ADD(net, ...)                                                                              \
    add_all(net, (gan_layer *const[]){__VA_ARGS__},                                                \
            sizeof((gan_layer *const[]){__VA_ARGS__}) / sizeof(gan_layer *))

/* The generator of the experiment. */
static gan_network *linear_generator(void)
{
    gan_network *net = gan_network_create(gan_shape_1d(64), NULL);

    ADD(net, gan_layer_linear(64, 256), gan_layer_leaky_relu(0.2f), gan_layer_linear(256, 256),
        gan_layer_leaky_relu(0.2f), gan_layer_linear(256, 784), gan_layer_tanh());
    return net;
}

static gan_layer *conv(size_t in, size_t out, size_t kernel, size_t stride, size_t padding)
{
    return gan_layer_conv2d(in, out, kernel,
                            &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(stride),
                                               .padding = GAN_BOTH(padding)});
}

static gan_layer *transposed(size_t in, size_t out, size_t kernel, size_t stride, size_t padding)
{
    return gan_layer_conv_transpose2d(in, out, kernel,
                                      &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT,
                                                         .stride = GAN_BOTH(stride),
                                                         .padding = GAN_BOTH(padding)});
}

/* A DCGAN of 16x16, with products of each layout, some large enough for a BLAS. */
static gan_network *image_generator(void)
{
    gan_network *net = gan_network_create(gan_shape_3d(100, 1, 1), NULL);
    gan_network *body = gan_network_create(gan_shape_3d(32, 8, 8), NULL);

    ADD(body, conv(32, 32, 3, 1, 1), gan_layer_group_norm(4, 32, NULL), gan_layer_silu(),
        gan_layer_spectral_norm(conv(32, 32, 3, 1, 1)));
    ADD(net, transposed(100, 300, 4, 1, 0), gan_layer_batch_norm(300, NULL), gan_layer_relu(),
        gan_layer_spectral_norm(transposed(300, 32, 4, 2, 1)), gan_layer_residual(body, NULL),
        gan_layer_instance_norm(32, 1, NULL), gan_layer_prelu(32, 0.25f), conv(32, 48, 3, 1, 1),
        gan_layer_pixel_shuffle(2), gan_layer_gelu(0), gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0),
        gan_layer_avg_pool2d(2, NULL), conv(12, 3, 3, 1, 1), gan_layer_tanh());
    return net;
}

enum { N_CLASSES = 5 };

static gan_network *conditional_generator(void)
{
    gan_network *net = gan_network_create(gan_shape_1d(12), NULL);
    gan_network *body = gan_network_create(gan_shape_1d(40), NULL);

    ADD(body, gan_layer_linear(40, 40), gan_layer_elu(1), gan_layer_linear(40, 40));
    ADD(net, gan_layer_label_embedding(N_CLASSES, 7),
        gan_layer_spectral_norm(gan_layer_linear(19, 40)));
    expect_ok(gan_network_add_conditional_batch_norm(net, 40, N_CLASSES, NULL));
    ADD(net, gan_layer_relu(), gan_layer_residual(body, NULL), gan_layer_layer_norm(gan_shape_1d(40), NULL),
        gan_layer_one_hot(N_CLASSES), gan_layer_linear(40 + N_CLASSES, 30), gan_layer_dropout(0.5f),
        gan_layer_sigmoid(), gan_layer_linear(30, 1));
    return net;
}

/* Networks with labels and all kinds of layers; with estimated statistics. */
typedef gan_network *maker(void);
static maker *const makers[] = {linear_generator, image_generator, conditional_generator};
enum { N_MAKERS = sizeof makers / sizeof *makers, MOST = 1000 };

static gan_network *make(int which)
{
    gan_network *net = makers[which]();
    const size_t in = gan_shape_size(gan_network_input_shape(net));
    const size_t n = 64;
    uint8_t labels[64];
    float *x = normals(n * in, 91);

    for (size_t i = 0; i < n; i++) labels[i] = (uint8_t)(i % N_CLASSES);
    expect_ok(gan_network_estimate_statistics(
        net, x, gan_network_class_count(net) > 0 ? labels : NULL, n, NULL));
    free(x);
    return net;
}

/* ---- a sampler with its network and reference outputs ---- */

typedef struct scene {
    gan_network *net;
    gan_sampler *sampler;
    gan_sampler_workspace *workspace;
    size_t in, out; /* values per sample */
    float *z;       /* MOST inputs */
    uint8_t *labels;
    float *wanted; /* their outputs, computed one by one */
} scene;

static gan_sampler_workspace *workspace_of(gan_sampler *sampler, size_t rows)
{
    gan_sampler_workspace *w = NULL;

    expect_ok(gan_sampler_workspace_create(
        &w, sampler,
        &(gan_sampler_workspace_desc){GAN_SAMPLER_WORKSPACE_DESC_INIT, .rows = rows}));
    return w;
}

static const uint8_t *labels_at(const scene *s, size_t i)
{
    return s->labels ? s->labels + i : NULL;
}

static scene begin(int which, size_t n)
{
    scene s = {.net = make(which)};

    expect_ok(gan_sampler_create(&s.sampler, s.net, NULL));
    s.workspace = workspace_of(s.sampler, 0);
    s.in = gan_shape_size(gan_sampler_input_shape(s.sampler));
    s.out = gan_shape_size(gan_sampler_output_shape(s.sampler));
    s.z = normals(n * s.in, 92);
    if (gan_sampler_class_count(s.sampler) > 0) s.labels = malloc(n);
    for (size_t i = 0; i < n && s.labels; i++) s.labels[i] = (uint8_t)(i * 7 % N_CLASSES);
    s.wanted = malloc(n * s.out * sizeof *s.wanted);
    for (size_t i = 0; i < n; i++)
        expect_ok(gan_sampler_draw(s.workspace, s.z + i * s.in, labels_at(&s, i), 1,
                                   s.wanted + i * s.out));
    return s;
}

static void end(scene *s)
{
    gan_sampler_workspace_destroy(s->workspace);
    gan_sampler_destroy(s->sampler);
    gan_network_destroy(s->net);
    free(s->z), free(s->labels), free(s->wanted);
}

/* ---- the bits ---- */

static void expect_same_samples(const scene *s, gan_sampler_workspace *w, size_t first, size_t n)
{
    float *found = malloc(n * s->out * sizeof *found);

    expect_ok(gan_sampler_draw(w, s->z + first * s->in, labels_at(s, first), n, found));
    expect_same_bits(found, s->wanted + first * s->out, n * s->out * sizeof *found);
    free(found);
}

TEST_EACH(a_sample_has_the_same_bits_in_any_batch_and_workspace, 0, N_MAKERS)
{
    static const size_t batches[] = {2, 3, 7, 14, 15, 16, 31, 100}, rows[] = {0, 1, 2, 5, 14, 33};
    const size_t most = under_sanitizer() ? 200 : MOST;
    scene s = begin(_i, most);

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        gan_sampler_workspace *w = workspace_of(s.sampler, rows[r]);

        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++)
            expect_same_samples(&s, w, 11 * b, batches[b]);
        gan_sampler_workspace_destroy(w);
    }
    expect_same_samples(&s, s.workspace, 0, most);
    end(&s);
}

/* Only the order of sums differs. */
TEST_EACH(samples_are_those_of_the_network, 0, N_MAKERS)
{
    enum { N = 20 };
    scene s = begin(_i, N);
    float *found = malloc(N * s.out * sizeof *found);

    expect_ok(gan_network_forward_labels(s.net, s.z, s.labels, N, found));
    expect_close(s.wanted, found, N * s.out, 1e-5, 1e-5);
    free(found);
    end(&s);
}

TEST(samples_between_classes_are_those_of_the_network)
{
    enum { N = 20 };
    scene s = begin(2, N);
    uint8_t to[N];
    float way[N], *found = malloc(N * s.out * sizeof *found), *wanted = malloc(N * s.out * sizeof *wanted);

    for (size_t i = 0; i < N; i++) {
        to[i] = (uint8_t)(i % N_CLASSES);
        way[i] = 0.05f * (float)i;
    }
    expect_ok(gan_sampler_draw_between(s.workspace, s.z, s.labels, to, way, N, found));
    expect_ok(gan_network_forward_between(s.net, s.z, s.labels, to, way, N, wanted));
    expect_close(found, wanted, N * s.out, 1e-5, 1e-5);
    for (size_t i = 0; i < N; i++) {
        expect_ok(gan_sampler_draw_between(s.workspace, s.z + i * s.in, s.labels + i, to + i, way + i,
                                           1, wanted));
        expect_same_bits(wanted, found + i * s.out, s.out * sizeof *found);
    }
    free(found), free(wanted);
    end(&s);
}

/* ---- threads ---- */

enum { THREADS = 8 };

typedef struct sampling {
    const scene *s;
    pthread_t thread;
    size_t first; /* index of its first sample */
    int right;
} sampling;

static void *sample_often(void *argument)
{
    sampling *me = argument;
    const scene *s = me->s;
    float *found = malloc(5 * s->out * sizeof *found);
    gan_sampler_workspace *w = NULL;

    me->right = gan_sampler_workspace_create(&w, s->sampler, NULL) == GAN_OK;
    for (size_t i = 0; i < 20; i++) {
        const size_t at = (me->first + 3 * i) % 40, n = 1 + i % 5;

        me->right &= gan_sampler_draw(w, s->z + at * s->in, labels_at(s, at), n, found) == GAN_OK &&
                     memcmp(found, s->wanted + at * s->out, n * s->out * sizeof *found) == 0;
    }
    gan_sampler_workspace_destroy(w);
    free(found);
    return NULL;
}

TEST_EACH(a_sample_has_the_same_bits_on_any_thread, 0, N_MAKERS)
{
    scene s = begin(_i, 48);
    sampling samplings[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        samplings[i] = (sampling){.s = &s, .first = i};
        ck_assert_int_eq(pthread_create(&samplings[i].thread, NULL, sample_often, &samplings[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(samplings[i].thread, NULL);
        ck_assert(samplings[i].right);
    }
    end(&s);
}

/* ---- new weights ---- */

TEST_EACH(published_weights_are_those_of_a_new_sampler, 0, N_MAKERS)
{
    scene s = begin(_i, 10);
    gan_sampler_workspace *w;
    gan_sampler *fresh = NULL;

    ck_assert_uint_eq(gan_sampler_workspace_version(s.workspace), 1);
    for (uint64_t version = 2; version < 7; version++) {
        expect_ok(gan_network_initialize(s.net, 100 + version));
        expect_same_samples(&s, s.workspace, 0, 10); /* which doesn't have it yet */
        expect_ok(gan_sampler_create(&fresh, s.net, NULL));
        w = workspace_of(fresh, 0);
        expect_ok(gan_sampler_draw(w, s.z, s.labels, 10, s.wanted));
        expect_ok(gan_sampler_publish(s.sampler, s.net));
        ck_assert_uint_eq(gan_sampler_version(s.sampler), version);
        expect_same_samples(&s, s.workspace, 0, 10);
        ck_assert_uint_eq(gan_sampler_workspace_version(s.workspace), version);
        gan_sampler_workspace_destroy(w);
        gan_sampler_destroy(fresh);
    }
    end(&s);
}

TEST(a_sampler_outlives_its_network)
{
    scene s = begin(1, 3);

    gan_network_destroy(s.net);
    s.net = NULL;
    expect_same_samples(&s, s.workspace, 0, 3);
    end(&s);
}

/* A run publishes every 100 steps while eight threads keep drawing the same three samples. */
enum { PUBLICATIONS = 12, STEPS = 100, Z = 3, MOST_OUT = 6 };

typedef struct watcher {
    pthread_t thread;
    gan_sampler *sampler;
    const float *z;
    atomic_int *stop;
    float found[PUBLICATIONS + 2][Z * MOST_OUT]; /* by version */
    size_t drawn[PUBLICATIONS + 2];
    int right; /* all draws of a version were equal */
} watcher;

static void *watch(void *argument)
{
    watcher *me = argument;
    gan_sampler_workspace *w = NULL;
    float out[Z * MOST_OUT];

    me->right = gan_sampler_workspace_create(&w, me->sampler, NULL) == GAN_OK;
    while (me->right && !atomic_load(me->stop)) {
        uint64_t version;

        me->right = gan_sampler_draw(w, me->z, NULL, Z, out) == GAN_OK;
        version = gan_sampler_workspace_version(w);
        if (me->drawn[version]++ == 0) memcpy(me->found[version], out, sizeof out);
        me->right &= memcmp(me->found[version], out, sizeof out) == 0;
    }
    gan_sampler_workspace_destroy(w);
    return NULL;
}

TEST(no_thread_sees_torn_weights_while_another_trains_and_publishes)
{
    static watcher watchers[THREADS];
    static float wanted[PUBLICATIONS + 2][Z * MOST_OUT];
    game x = small_game();
    float *z = normals(Z * x.latent, 93);
    gan_sampler_workspace *w;
    gan_sampler *sampler = NULL;
    atomic_int stop = 0;
    size_t seen = 0;

    ck_assert_uint_eq(x.sample, MOST_OUT);
    expect_ok(gan_sampler_create(&sampler, x.g, &(gan_sampler_desc){GAN_SAMPLER_DESC_INIT,
                                                                    .versions = THREADS + 3}));
    w = workspace_of(sampler, 0);
    expect_ok(gan_sampler_draw(w, z, NULL, Z, wanted[1]));
    for (size_t i = 0; i < THREADS; i++) {
        watchers[i].sampler = sampler;
        watchers[i].z = z;
        watchers[i].stop = &stop;
        ck_assert_int_eq(pthread_create(&watchers[i].thread, NULL, watch, &watchers[i]), 0);
    }
    for (uint64_t version = 2; version < PUBLICATIONS + 2; version++) {
        for (size_t i = 0; i < STEPS; i++) play(&x, 8, version * STEPS + i);
        expect_ok(gan_sampler_publish(sampler, x.g)); /* there are more versions than threads */
        expect_ok(gan_sampler_draw(w, z, NULL, Z, wanted[version]));
        ck_assert_uint_eq(gan_sampler_workspace_version(w), version);
    }
    atomic_store(&stop, 1);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(watchers[i].thread, NULL);
        ck_assert(watchers[i].right);
        for (size_t v = 1; v < PUBLICATIONS + 2; v++) {
            if (watchers[i].drawn[v] == 0) continue;
            expect_same_bits(watchers[i].found[v], wanted[v], sizeof wanted[v]);
            seen += v > 1;
        }
    }
    ck_assert_uint_gt(seen, THREADS); /* they did get published versions */
    for (size_t v = 2; v < PUBLICATIONS + 2; v++)
        expect_other_bits(wanted[v], wanted[v - 1], sizeof wanted[v]);
    gan_sampler_workspace_destroy(w);
    gan_sampler_destroy(sampler);
    free(z);
    game_end(&x);
}

TEST(the_average_of_a_run_is_published)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 20, .average_decay = 0.9};
    game x = game_begin(small_g, small_d, adam, &desc);
    gan_sampler *sampler = NULL;
    gan_sampler_workspace *w;
    float *z = normals(4 * x.latent, 94), found[4 * MOST_OUT], wanted[4 * MOST_OUT];

    play(&x, 20, 1);
    expect_ok(gan_sampler_create(&sampler, x.g, NULL));
    for (uint64_t i = 2; i < 9; i++) play(&x, 20, i);
    expect_ok(gan_sampler_publish(sampler, gan_trainer_average(x.trainer)));
    w = workspace_of(sampler, 0);
    expect_ok(gan_sampler_draw(w, z, NULL, 4, found));
    expect_ok(gan_trainer_sample(x.trainer, z, 4, wanted));
    expect_close(found, wanted, 4 * x.sample, 1e-5, 1e-5);
    gan_sampler_workspace_destroy(w);
    gan_sampler_destroy(sampler);
    free(z);
    game_end(&x);
}

/* ---- busy versions and workspaces ---- */

enum { LONG = 4000 };

typedef struct long_call {
    scene *s;
    gan_sampler_workspace *w;
    float *z, *out;
    atomic_int began;
    gan_status status;
} long_call;

static void *draw_long(void *argument)
{
    long_call *c = argument;

    atomic_store(&c->began, 1);
    c->status = gan_sampler_draw(c->w, c->z, NULL, LONG, c->out);
    atomic_store(&c->began, 2);
    return NULL;
}

/* Repeat `call` during a long call until it is GAN_ERR_BUSY; the long call is OK or busy itself. */
static gan_status provoke(scene *s, gan_status (*call)(scene *s, gan_sampler_workspace *w))
{
    const struct timespec pause = {0, 100 * 1000};
    long_call c = {.s = s, .w = workspace_of(s->sampler, 0)};
    gan_status status = GAN_OK;

    c.z = normals(LONG * s->in, 95);
    c.out = malloc(LONG * s->out * sizeof *c.out);
    for (int i = 0; i < 50 && status != GAN_ERR_BUSY; i++) {
        pthread_t thread;

        atomic_store(&c.began, 0);
        ck_assert_int_eq(pthread_create(&thread, NULL, draw_long, &c), 0);
        while (status != GAN_ERR_BUSY && atomic_load(&c.began) < 2) {
            nanosleep(&pause, NULL); /* otherwise these calls may starve the long one */
            status = call(s, c.w);
        }
        pthread_join(thread, NULL);
        if (c.status != GAN_ERR_BUSY) expect_status(c.status, GAN_OK);
    }
    gan_sampler_workspace_destroy(c.w);
    free(c.z), free(c.out);
    return status;
}

static gan_status publish_it(scene *s, gan_sampler_workspace *w)
{
    (void)w;
    return gan_sampler_publish(s->sampler, s->net);
}

static gan_status draw_one(scene *s, gan_sampler_workspace *w)
{
    float out[3 * 16 * 16];

    ck_assert_uint_le(s->out, sizeof out / sizeof *out);
    return gan_sampler_draw(w, s->z, NULL, 1, out);
}

TEST(publishing_does_not_wait_for_a_long_call)
{
    scene s = begin(1, 3);

    gan_sampler_workspace_destroy(s.workspace);
    gan_sampler_destroy(s.sampler);
    expect_ok(gan_sampler_create(&s.sampler, s.net,
                                 &(gan_sampler_desc){GAN_SAMPLER_DESC_INIT, .versions = 2}));
    s.workspace = workspace_of(s.sampler, 0);
    expect_status(provoke(&s, publish_it), GAN_ERR_BUSY);
    expect_error_says("all older ones of its 2 versions");
    expect_same_samples(&s, s.workspace, 0, 3);
    expect_ok(gan_sampler_publish(s.sampler, s.net)); /* now it succeeds */
    end(&s);
}

TEST(a_workspace_is_one_threads_at_a_time)
{
    scene s = begin(1, 3);

    expect_status(provoke(&s, draw_one), GAN_ERR_BUSY);
    expect_error_says("sampler workspace: is in another call");
    end(&s);
}

/* ---- memory ---- */

TEST(a_workspace_of_the_linear_generator_is_small_and_draws_take_nothing)
{
    scene s = begin(0, 40);
    gan_sampler_workspace *w = NULL;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan_sampler_workspace_create(
        &w, s.sampler,
        &(gan_sampler_workspace_desc){GAN_SAMPLER_WORKSPACE_DESC_INIT, .allocator = &b.allocator}));
    ck_assert_uint_lt(b.live_bytes, 100 * 1000);
    b.left = 0;
    expect_same_samples(&s, w, 0, 40);
    ck_assert_uint_eq(b.refused, 0);
    gan_sampler_workspace_destroy(w);
    ck_assert_uint_eq(budget_live(&b), 0);
    end(&s);
}

TEST(publishing_takes_nothing)
{
    gan_network *net = make(1);
    gan_sampler *sampler = NULL;
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan_sampler_create(&sampler, net,
                                 &(gan_sampler_desc){GAN_SAMPLER_DESC_INIT, .allocator = &b.allocator}));
    b.left = 0;
    expect_ok(gan_sampler_publish(sampler, net));
    ck_assert_uint_eq(b.refused, 0);
    gan_sampler_destroy(sampler);
    ck_assert_uint_eq(budget_live(&b), 0);
    gan_network_destroy(net);
}

static gan_status try_sampler(void **out, const gan_allocator *allocator, void *user)
{
    return gan_sampler_create((gan_sampler **)out, user,
                              &(gan_sampler_desc){GAN_SAMPLER_DESC_INIT, .allocator = allocator});
}

static void destroy_sampler(void *made)
{
    gan_sampler_destroy(made);
}

static gan_status try_workspace(void **out, const gan_allocator *allocator, void *user)
{
    return gan_sampler_workspace_create(
        (gan_sampler_workspace **)out, user,
        &(gan_sampler_workspace_desc){GAN_SAMPLER_WORKSPACE_DESC_INIT, .allocator = allocator});
}

static void destroy_workspace(void *made)
{
    gan_sampler_workspace_destroy(made);
}

TEST_EACH(every_allocation_may_fail, 0, N_MAKERS)
{
    scene s = begin(_i, 1);

    (void)budget_sweep(try_sampler, destroy_sampler, s.net);
    (void)budget_sweep(try_workspace, destroy_workspace, s.sampler);
    end(&s);
}

/* ---- what is refused ---- */

TEST(a_layer_that_couples_samples_is_refused)
{
    gan_network *net = gan_network_create(gan_shape_3d(2, 4, 4), NULL);
    gan_sampler *sampler = (gan_sampler *)&net;

    ADD(net, conv(2, 4, 3, 1, 1), gan_layer_minibatch_stddev(4));
    expect_fails(gan_sampler_create(&sampler, net, NULL), GAN_ERR_INVALID,
                 "layer 1 (minibatch_stddev) looks at 4 samples at once");
    ck_assert_ptr_null(sampler);
    gan_network_destroy(net);
}

TEST(what_makes_no_sense_is_refused)
{
    scene s = begin(2, 2);
    gan_sampler *none = NULL;
    gan_sampler_workspace *no_workspace = NULL;
    const uint8_t wrong[2] = {0, N_CLASSES};
    const float way[2] = {0, 0.5f}, bad[2] = {0, (float)NAN};
    float out[2] = {7, 7};

    expect_fails(gan_sampler_create(NULL, s.net, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_sampler_create(&none, NULL, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_sampler_create(&none, s.net, &(gan_sampler_desc){0}), GAN_ERR_INVALID,
                 "struct_size");
    expect_fails(gan_sampler_create(
                     &none, s.net, &(gan_sampler_desc){GAN_SAMPLER_DESC_INIT, .versions = 1}),
                 GAN_ERR_INVALID, "versions of 2 to 64 expected, got 1");
    expect_fails(gan_sampler_workspace_create(NULL, s.sampler, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_sampler_workspace_create(&no_workspace, NULL, NULL), GAN_ERR_INVALID,
                 "sampler is NULL");
    expect_fails(gan_sampler_workspace_create(
                     &no_workspace, s.sampler,
                     &(gan_sampler_workspace_desc){GAN_SAMPLER_WORKSPACE_DESC_INIT, .rows = 1025}),
                 GAN_ERR_INVALID, "rows of 1 to 1024 expected, got 1025");
    expect_fails(gan_sampler_draw(NULL, s.z, s.labels, 2, out), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_sampler_draw(s.workspace, NULL, s.labels, 2, out), GAN_ERR_INVALID, "in is NULL");
    expect_fails(gan_sampler_draw(s.workspace, s.z, s.labels, 2, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_sampler_draw(s.workspace, s.z, NULL, 2, out), GAN_ERR_INVALID, "no labels");
    expect_fails(gan_sampler_draw(s.workspace, s.z, wrong, 2, out), GAN_ERR_INVALID, "5");
    expect_fails(gan_sampler_draw_between(s.workspace, s.z, s.labels, wrong, way, 2, out),
                 GAN_ERR_INVALID, "to");
    expect_fails(gan_sampler_draw_between(s.workspace, s.z, s.labels, s.labels, bad, 2, out),
                 GAN_ERR_INVALID, "way is not finite");
    ck_assert(out[0] == 7 && out[1] == 7);
    expect_ok(gan_sampler_draw(s.workspace, NULL, NULL, 0, NULL));
    expect_fails(gan_sampler_publish(NULL, s.net), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_sampler_publish(s.sampler, NULL), GAN_ERR_INVALID, "NULL");
    ck_assert_uint_eq(gan_sampler_version(s.sampler), 1);
    ck_assert_uint_eq(gan_sampler_version(NULL), 0);
    ck_assert_uint_eq(gan_sampler_class_count(NULL), 0);
    ck_assert_uint_eq(gan_sampler_input_shape(NULL).rank, 0);
    ck_assert_uint_eq(gan_sampler_output_shape(NULL).rank, 0);
    ck_assert_uint_eq(gan_sampler_workspace_version(NULL), 0);
    gan_sampler_destroy(NULL);
    gan_sampler_workspace_destroy(NULL);
    end(&s);
}

TEST(there_is_nothing_between_classes_where_there_are_none)
{
    scene s = begin(0, 1);
    const uint8_t labels[1] = {0};
    const float way[1] = {0};

    expect_fails(gan_sampler_draw_between(s.workspace, s.z, labels, labels, way, 1, s.wanted),
                 GAN_ERR_INVALID, "no layer uses labels");
    expect_fails(gan_sampler_draw(s.workspace, s.z, labels, 1, s.wanted), GAN_ERR_INVALID, "labels");
    end(&s);
}

TEST(other_layers_cannot_be_published)
{
    scene s = begin(0, 1);
    gan_network *other = gan_network_create(gan_shape_1d(64), NULL), *fewer = make(2);

    ADD(other, gan_layer_linear(64, 256), gan_layer_leaky_relu(0.1f), gan_layer_linear(256, 256),
        gan_layer_leaky_relu(0.2f), gan_layer_linear(256, 784), gan_layer_tanh());
    expect_fails(gan_sampler_publish(s.sampler, other), GAN_ERR_SHAPE, "layer 1 is leaky_relu");
    expect_fails(gan_sampler_publish(s.sampler, fewer), GAN_ERR_SHAPE, "has 6 layers");
    expect_same_samples(&s, s.workspace, 0, 1);
    gan_network_destroy(other);
    gan_network_destroy(fewer);
    end(&s);
}
