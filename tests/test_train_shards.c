/* test_train_shards.c - batches cut into shards: the same bits on any number of ranks and threads, what is computed per
 * shard and what per batch, and ranks that fail. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "ranks.h"
#include "sequence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHARDS = 8, BATCH = 37, STEPS = 3, CLASSES = 3, LATENT = 5, SIDE = 8, MOST_BYTES = 200000 };

/* ---- runs of every kind ---- */

typedef struct settings {
    gan_trainer_desc trainer;
    gan_penalty_desc penalty, second;
    gan_lecam_desc lecam;
    gan_consistency_desc consistency;
    gan_augment_desc augment;
} settings;

/* A kind of run: its networks, and settings other than the defaults. */
typedef struct kind {
    const char *name;
    gan_network *(*g)(void), *(*d)(void);
    gan_shape sample;
    int labels;
    void (*choose)(settings *s);
} kind;

static gan_network *vectors_g(void)
{
    return NETWORK(gan_shape_1d(LATENT), gan_layer_linear(LATENT, 11), gan_layer_leaky_relu(0.2f),
                   gan_layer_dropout(0.2f), gan_layer_linear(11, 6), gan_layer_tanh());
}

static gan_network *vectors_d(void)
{
    return NETWORK(gan_shape_1d(6), gan_layer_linear(6, 13), gan_layer_leaky_relu(0.2f),
                   gan_layer_dropout(0.3f), gan_layer_linear(13, 1));
}

/* Their shards may run at once. */
static gan_network *rows_g(void)
{
    return NETWORK(gan_shape_1d(LATENT), gan_layer_linear(LATENT, 11), gan_layer_leaky_relu(0.2f),
                   gan_layer_linear(11, 6), gan_layer_tanh());
}

static gan_network *rows_d(void)
{
    return NETWORK(gan_shape_1d(6), gan_layer_linear(6, 13), gan_layer_leaky_relu(0.2f),
                   gan_layer_linear(13, 1));
}

static gan_network *images_g(void)
{
    const gan_conv2d_desc twice = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                   .padding = GAN_BOTH(1)};

    return NETWORK(gan_shape_1d(LATENT), gan_layer_linear(LATENT, 4 * 4 * 4),
                   gan_layer_reshape(gan_shape_3d(4, 4, 4)), gan_layer_batch_norm(4, NULL),
                   gan_layer_relu(), gan_layer_conv_transpose2d(4, 2, 4, &twice), gan_layer_tanh());
}

static gan_network *images_d(void)
{
    const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                  .padding = GAN_BOTH(1)};

    return NETWORK(gan_shape_3d(2, SIDE, SIDE), gan_layer_conv2d(2, 4, 4, &half),
                   gan_layer_batch_norm(4, NULL), gan_layer_leaky_relu(0.2f), gan_layer_flatten(),
                   gan_layer_spectral_norm(gan_layer_linear(4 * 4 * 4, 1)));
}

/* Layers without second derivatives left out. */
static gan_network *plain_images_d(void)
{
    const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                  .padding = GAN_BOTH(1)};

    return NETWORK(gan_shape_3d(2, SIDE, SIDE),
                   gan_layer_spectral_norm(gan_layer_conv2d(2, 4, 4, &half)),
                   gan_layer_leaky_relu(0.2f), gan_layer_dropout(0.3f), gan_layer_flatten(),
                   gan_layer_linear(4 * 4 * 4, 1));
}

static gan_network *classes_g(void)
{
    return NETWORK(gan_shape_1d(LATENT), gan_layer_label_embedding(CLASSES, 4),
                   gan_layer_linear(LATENT + 4, 11), gan_layer_leaky_relu(0.2f),
                   gan_layer_linear(11, 6), gan_layer_tanh());
}

static gan_network *classes_d(void)
{
    return NETWORK(gan_shape_1d(6), gan_layer_label_embedding(CLASSES, 3),
                   gan_layer_linear(6 + 3, 13), gan_layer_leaky_relu(0.2f), gan_layer_dropout(0.2f),
                   gan_layer_linear(13, 1));
}

static gan_network *telling_d(void)
{
    return NETWORK(gan_shape_1d(6), gan_layer_linear(6, 13), gan_layer_leaky_relu(0.2f),
                   gan_layer_linear(13, 1 + CLASSES));
}

static void choose_nothing(settings *s)
{
    (void)s;
}

static void choose_penalty(settings *s)
{
    s->penalty = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, GAN_PENALTY_WGAN_GP, 3};
    s->trainer.penalty = &s->penalty;
    s->trainer.loss = GAN_LOSS_WASSERSTEIN;
    s->trainer.average_decay = 0.9;
    s->trainer.d_steps_per_g = 2;
}

static void choose_everything(settings *s)
{
    s->penalty = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, GAN_PENALTY_DRAGAN, 3};
    s->second = (gan_penalty_desc){GAN_PENALTY_DESC_INIT, GAN_PENALTY_R2, 2, .interval = 2};
    s->lecam = (gan_lecam_desc){GAN_LECAM_DESC_INIT, 0.75, 0.9, 1};
    s->consistency = (gan_consistency_desc){GAN_CONSISTENCY_DESC_INIT, 2, 1};
    s->augment = (gan_augment_desc){GAN_AUGMENT_DESC_INIT, 63,           0.55, .target = 0.6,
                                    .images = 300,         .interval = 1};
    s->trainer.loss = GAN_LOSS_RELATIVISTIC;
    s->trainer.penalty = &s->penalty;
    s->trainer.second_penalty = &s->second;
    s->trainer.lecam = &s->lecam;
    s->trainer.consistency = &s->consistency;
    s->trainer.augment = &s->augment;
    s->trainer.instance_noise = 0.1;
    s->trainer.average_half_life = 100;
}

static void choose_top(settings *s)
{
    s->trainer.top_k = 0.5;
    s->trainer.real_target = 0.9;
    s->trainer.label_flip = 0.1;
}

static void choose_classes(settings *s)
{
    s->trainer.auxiliary_weight = 0.7;
}

static void choose_bfloat16(settings *s)
{
    s->trainer.precision = GAN_PRECISION_BFLOAT16;
}

static const kind kinds[] = {
    {"vectors", vectors_g, vectors_d, {1, {6}}, 0, choose_top},
    {"images", images_g, images_d, {3, {2, SIDE, SIDE}}, 0, choose_nothing},
    {"classes", classes_g, classes_d, {1, {6}}, 1, choose_penalty},
    {"told", classes_g, telling_d, {1, {6}}, 1, choose_classes},
    {"everything", images_g, plain_images_d, {3, {2, SIDE, SIDE}}, 0, choose_everything},
    {"numbers", rows_g, rows_d, {1, {6}}, 0, choose_nothing},
    {"numbers in bfloat16", rows_g, rows_d, {1, {6}}, 0, choose_bfloat16},
    {"images in bfloat16", images_g, images_d, {3, {2, SIDE, SIDE}}, 0, choose_bfloat16},
};
enum { KINDS = sizeof kinds / sizeof *kinds, VECTORS = 0, IMAGES = 1, CONDITIONAL = 2 };

/* A game of that kind, one for each of its ranks. */
static game begin(const kind *k, size_t shards, size_t threads, const gan_communicator *ranks,
                  gan_train_gradients_fn on_gradients)
{
    game x = {.latent = LATENT, .sample = gan_shape_size(k->sample)};
    settings s = {.trainer = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .seed = 5}};

    k->choose(&s);
    s.trainer.shards = shards;
    s.trainer.n_threads = threads;
    s.trainer.communicator = ranks;
    s.trainer.on_gradients = on_gradients;
    x.g = built(k->g());
    x.d = built(k->d());
    x.g_opt = adam();
    x.d_opt = adam();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &s.trainer));
    return x;
}

/* n samples for step `which`, with labels, to be freed. */
typedef struct real_samples {
    float *numbers;
    uint8_t labels[BATCH];
    gan_batch batch;
} real_samples;

static void take_samples(real_samples *r, const kind *k, size_t n, uint64_t which)
{
    const size_t size = gan_shape_size(k->sample);

    r->numbers = normals(n * size, which);
    for (size_t i = 0; i < n; i++) r->labels[i] = (uint8_t)((i + which) % CLASSES);
    r->batch = (gan_batch){GAN_BATCH_INIT, .count = n, .shape = k->sample, .samples = r->numbers,
                           .labels = k->labels ? r->labels : NULL};
}

static void step(const kind *k, game *x, size_t n, uint64_t which)
{
    real_samples r;

    take_samples(&r, k, n, which);
    expect_ok(gan_train_step(x->trainer, &r.batch, NULL));
    free(r.numbers);
}

/* ---- the same bits on any number of ranks ---- */

typedef struct played {
    const kind *kind;
    size_t threads;
    unsigned char
        bytes[MOST_BYTES]; /* the first rank's checkpoint: saving compares the ranks */
    size_t n_bytes;
} played;

static void save(const game *x, const gan_communicator *ranks, played *p)
{
    unsigned char *bytes = !ranks || ranks->rank == 0 ? p->bytes : NULL;
    gan_writer to = gan_writer_memory(bytes, bytes ? MOST_BYTES : 0);

    expect_ok(gan_checkpoint_save_to(x->trainer, NULL, &to));
    if (bytes) p->n_bytes = to.n_bytes;
}

static int play_steps(const gan_communicator *ranks, void *context)
{
    played *p = context;
    game x = begin(p->kind, SHARDS, p->threads, ranks, NULL);

    for (size_t i = 0; i < STEPS; i++) step(p->kind, &x, i == 1 ? 2 * SHARDS + 3 : BATCH, i);
    save(&x, ranks, p);
    game_end(&x);
    return 1;
}

TEST_EACH(any_number_of_ranks_and_threads_has_the_bits_of_one_process, 0, KINDS)
{
    played *alone = calloc(1, sizeof *alone), *p = calloc(1, sizeof *p);

    alone->kind = p->kind = &kinds[_i];
    alone->threads = 1;
    play_steps(NULL, alone);
    for (size_t ranks = 1; ranks <= SHARDS; ranks *= 2)
        for (p->threads = 1; p->threads <= 2; p->threads++) {
            ranks_run(ranks, play_steps, p);
            ck_assert_msg(p->n_bytes == alone->n_bytes &&
                              memcmp(p->bytes, alone->bytes, p->n_bytes) == 0,
                          "%s: %zu ranks with %zu threads have other bits", kinds[_i].name, ranks,
                          p->threads);
        }
    free(alone);
    free(p);
}

/* ---- shards that run at once ---- */

enum { WIDE = 45 };

/* Nothing couples rows here, so that the shards of a rank are one run.  A dropout that drops nothing changes no value,
 * but makes each shard a separate run. */
static gan_network *wide_g(int apart)
{
    gan_network *net = NETWORK(gan_shape_1d(LATENT), gan_layer_linear(LATENT, WIDE), gan_layer_selu(),
                               gan_layer_linear(WIDE, 70), gan_layer_tanh());

    if (apart) gan_network_add(net, gan_layer_dropout(0));
    return built(net);
}

static gan_network *wide_d(void)
{
    return BUILT(gan_shape_1d(70), gan_layer_linear(70, WIDE), gan_layer_silu(), gan_layer_reshape(gan_shape_3d(5, 3, 3)),
                 gan_layer_flatten(), gan_layer_linear(WIDE, 33), gan_layer_leaky_relu(0.2f),
                 gan_layer_linear(33, 1));
}

typedef struct wide {
    int apart;
    gan_activations activations;
    size_t threads;
    float *weights;
} wide;

/* The last batch has one sample per shard. */
static int play_wide(const gan_communicator *ranks, void *context)
{
    static const size_t counts[] = {BATCH, 2 * SHARDS + 3, BATCH, SHARDS + 2};
    wide *w = context;
    const kind k = {.sample = {1, {70}}};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT,
                                   .batch_size = BATCH,
                                   .seed = 5,
                                   .loss = GAN_LOSS_LEAST_SQUARES,
                                   .label_flip = 0.1,
                                   .top_k = 0.7,
                                   .instance_noise = w->threads == 2 ? 0.1 : 0,
                                   .lecam = &(gan_lecam_desc){GAN_LECAM_DESC_INIT, 0.75, 0.9, 1},
                                   .activations = w->activations,
                                   .n_threads = w->threads,
                                   .shards = SHARDS,
                                   .communicator = ranks};
    game x = {.g = wide_g(w->apart), .d = wide_d(), .g_opt = adam(), .d_opt = adam()};
    size_t n_g, n_d;

    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) step(&k, &x, counts[i], i);
    if (!ranks || ranks->rank == 0) {
        float *g = net_weights(x.g, &n_g), *d = net_weights(x.d, &n_d);

        w->weights = malloc((n_g + n_d) * sizeof *g);
        memcpy(w->weights, g, n_g * sizeof *g);
        memcpy(w->weights + n_g, d, n_d * sizeof *d);
        free(g);
        free(d);
    }
    game_end(&x);
    return 1;
}

static void expect_same_wide(const wide *a, wide *b)
{
    const size_t n_g = LATENT * WIDE + WIDE + WIDE * 70 + 70;
    const size_t n_d = 70 * WIDE + WIDE + WIDE * 33 + 33 + 33 + 1;

    expect_same_bits(a->weights, b->weights, (n_g + n_d) * sizeof *a->weights);
    free(b->weights);
}

TEST_EACH(shards_that_run_at_once_have_the_bits_of_each_alone, 1, 3)
{
    wide apart = {.apart = 1, .threads = (size_t)_i};
    wide at_once = {.threads = (size_t)_i};

    play_wide(NULL, &apart);
    for (int i = GAN_ACTIVATIONS_KEEP; i <= GAN_ACTIVATIONS_RECOMPUTE; i++) {
        at_once.activations = (gan_activations)i;
        play_wide(NULL, &at_once);
        expect_same_wide(&apart, &at_once);
        for (size_t ranks = 2; ranks <= SHARDS; ranks *= 2) {
            ranks_run(ranks, play_wide, &at_once);
            expect_same_wide(&apart, &at_once);
        }
    }
    free(apart.weights);
}

/* Two all-to-alls of pieces, as in a ring all-reduce, and some statistics. */
TEST(a_step_sends_no_more_than_a_ring_does)
{
    played *p = calloc(1, sizeof *p);
    game x = begin(&kinds[VECTORS], SHARDS, 1, NULL, NULL);
    const size_t numbers = gan_network_param_count(x.g) + gan_network_param_count(x.d);
    const size_t figures = SHARDS / 4 * 16 * sizeof(double) + 64;

    p->kind = &kinds[VECTORS];
    p->threads = 1;
    ranks_run(4, play_steps, p);
    ck_assert_uint_le(ranks_bytes(),
                      STEPS * (2 * (numbers + 4 * 32) * sizeof(float) * 3 / 4 + 2 * 3 * figures));
    game_end(&x);
    free(p);
}

/* ---- per shard or per batch ---- */

/* Nothing couples samples here: the sum of the shards' gradients is that of the batch, rounded in
 * another order. */
TEST(shards_have_the_gradients_of_the_batch)
{
    gan_trainer_desc desc = plain_desc;
    game whole, shards;
    float *a, *b;
    size_t n;

    whole = game_begin(plain_g, plain_d, gradient_taker, &desc);
    desc.shards = 4;
    shards = game_begin(plain_g, plain_d, gradient_taker, &desc);
    play(&whole, 19, 1);
    play(&shards, 19, 1);
    a = net_weights(whole.d, &n);
    b = net_weights(shards.d, &n);
    expect_norm_close(b, a, n, 1e-5);
    expect_other_bits(a, b, n * sizeof *a);
    free(a);
    free(b);
    game_end(&whole);
    game_end(&shards);
}

TEST_EACH(one_shard_is_the_whole_batch, 0, KINDS)
{
    const kind *k = &kinds[_i];
    game whole = begin(k, 0, 1, NULL, NULL), one = begin(k, 1, 2, NULL, NULL);

    if (strcmp(k->name, "everything") != 0) /* whose loss compares with fresh augmentations */
        for (size_t i = 0; i < STEPS; i++) {
            step(k, &whole, BATCH, i);
            step(k, &one, BATCH, i);
            expect_same_game(&whole, &one);
        }
    game_end(&whole);
    game_end(&one);
}

/* Each of the four shards in a run of its own, from the same initial state. */
TEST(buffers_are_the_mean_of_what_the_shards_make_of_them)
{
    enum { N = 20, EACH = N / 4, BUFFERS = 8 + 4 };
    const kind *k = &kinds[IMAGES];
    const size_t size = gan_shape_size(k->sample);
    float *z = normals(N * LATENT, 9), *sums[4], *wanted;
    real_samples r;
    size_t n = 0;
    game x = begin(k, 4, 1, NULL, NULL);

    take_samples(&r, k, N, 1);
    expect_ok(gan_train_discriminator_step(x.trainer, &r.batch, z, NULL, NULL));
    for (size_t i = 0; i < 4; i++) {
        game one = begin(k, 1, 1, NULL, NULL);
        gan_batch part = r.batch;

        part.count = EACH;
        part.samples += i * EACH * size;
        expect_ok(
            gan_train_discriminator_step(one.trainer, &part, z + i * EACH * LATENT, NULL, NULL));
        sums[i] = net_weights(one.d, &n);
        game_end(&one);
    }
    wanted = net_weights(x.d, &n);
    for (size_t t = 0, at = 0; t < gan_network_tensor_count(x.d); t++) {
        gan_tensor tensor;

        expect_ok(gan_network_tensor(&tensor, x.d, t));
        for (size_t i = at; i < at + tensor.size && !tensor.trainable; i++) {
            const float mean = ((sums[0][i] + sums[1][i]) + (sums[2][i] + sums[3][i])) * 0.25f;

            ck_assert_msg(memcmp(&mean, &wanted[i], sizeof mean) == 0, "%s: %.9g, expected %.9g",
                          tensor.name, (double)wanted[i], (double)mean);
        }
        at += tensor.size;
    }
    for (size_t i = 0; i < 4; i++) free(sums[i]);
    free(wanted);
    free(z);
    free(r.numbers);
    game_end(&x);
}

static size_t calls;

static gan_status count_rows(void *user, const gan_objective_step *s, gan_objective_rows *real,
                             gan_objective_rows *fake)
{
    const size_t *rows = user;

    ck_assert_uint_eq(fake->n_rows, rows[calls % 4]);
    expect_near(s->share, (double)fake->n_rows / 11, 1e-15, 0);
    real->shown = fake->shown = 0;
    calls++;
    return GAN_OK;
}

TEST(an_objective_is_asked_for_each_shard)
{
    static size_t rows[] = {2, 3, 3, 3};
    const gan_objective objective = {GAN_OBJECTIVE_INIT, .name = "count", .user = rows,
                                     .discriminator = count_rows, .generator = count_rows};
    gan_trainer_desc desc = plain_desc;
    game x;

    desc.objective = &objective;
    desc.shards = 4;
    x = game_begin(plain_g, plain_d, adam, &desc);
    play(&x, 11, 1);
    ck_assert_uint_eq(calls, 8);
    game_end(&x);
}

/* ---- ranks that fail ---- */

typedef struct failure {
    const char *name;
    int who; /* the faulty rank */
    gan_status wanted;
    const char *says;
    gan_train_gradients_fn on_gradients;
} failure;

static gan_status refuse_second(void *user, gan_train_gradients *g)
{
    (void)user;
    return g->step == 1 ? GAN_ERR_CANCELLED : GAN_OK;
}

static gan_status take_gradients(void *user, gan_train_gradients *g)
{
    (void)user;
    (void)g;
    return GAN_OK;
}

/* What makes a rank fail, or differ. */
static const failure failures[] = {
    {"label", 2, GAN_ERR_INVALID, "rank 2: trainer, batch: label 1 of 8 is 3, there are 3 classes",
     NULL},
    {"host", 1, GAN_ERR_CANCELLED,
     "rank 1: discriminator, step 2: on_gradients returned "
     "GAN_ERR_CANCELLED (-8)",
     take_gradients},
    {"empty", 3, GAN_ERR_INVALID, "rank 3: trainer: a batch of 0 samples", NULL},
    {"count", 1, GAN_ERR_INVALID, "ranks 0 and 1 of 4 do not train the same run", NULL},
    {"lr", 3, GAN_ERR_INVALID, "ranks 0 and 3 of 4 do not train the same run", NULL},
    {"number", 2, GAN_ERR_NONFINITE, "discriminator, step 2: ", NULL},
};

static int fail_in_second_step(const gan_communicator *ranks, void *context)
{
    const failure *f = context;
    const kind *k = &kinds[CONDITIONAL];
    const int it_is_me = (int)ranks->rank == f->who;
    game x = begin(k, 4, 1, ranks, it_is_me && f->on_gradients ? refuse_second : f->on_gradients);
    float *before, *after;
    real_samples r;
    size_t n;

    step(k, &x, 32, 0);
    before = net_weights(x.d, &n);
    take_samples(&r, k, 32, 1);
    if (it_is_me && strcmp(f->name, "label") == 0) r.labels[17] = 3;
    if (it_is_me && strcmp(f->name, "empty") == 0) r.batch.count = 0;
    if (it_is_me && strcmp(f->name, "count") == 0) r.batch.count = 31;
    if (it_is_me && strcmp(f->name, "number") == 0) r.numbers[17 * 6 + 2] = NAN;
    if (it_is_me && strcmp(f->name, "lr") == 0) expect_ok(gan_optimizer_set_lr(x.d_opt, 0.1));
    expect_status(gan_train_step(x.trainer, &r.batch, NULL), f->wanted);
    if (!(it_is_me && strstr(f->says, "rank ") == f->says && f->says[5] != 's'))
        expect_error_says(f->says);
    after = net_weights(x.d, &n);
    expect_same_bits(before, after, n * sizeof *before);
    free(before);
    free(after);
    free(r.numbers);
    game_end(&x);
    return 1;
}

TEST_EACH(a_rank_that_cannot_go_on_stops_all, 0, sizeof failures / sizeof *failures)
{
    ranks_run(4, fail_in_second_step, (void *)(size_t)&failures[_i]);
}

static int leave_early(const gan_communicator *ranks, void *context)
{
    const kind *k = &kinds[VECTORS];
    game x = begin(k, SHARDS, 1, ranks, NULL);
    real_samples r;

    (void)context;
    step(k, &x, 32, 0);
    take_samples(&r, k, 32, 1);
    if (ranks->rank != 1)
        expect_fails(gan_train_step(x.trainer, &r.batch, NULL), GAN_ERR_IO,
                     "communicator: all_gather on rank ");
    free(r.numbers);
    game_end(&x);
    return ranks->rank != 1;
}

TEST(a_rank_that_is_gone_is_an_error_of_the_others)
{
    ranks_run(4, leave_early, NULL);
}

/* Half a batch of values around 1e20 overflows: all ranks skip the step and stay in agreement. */
static int skip_one(const gan_communicator *ranks, void *context)
{
    played *p = context;
    const kind *k = &kinds[CONDITIONAL];
    game x = begin(k, SHARDS, 1, ranks, NULL);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    real_samples r;
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT,
                             .batch_size = BATCH,
                             .seed = 5,
                             .on_divergence = GAN_DIVERGENCE_SKIP,
                             .shards = SHARDS,
                             .n_threads = 1,
                             .communicator = ranks};
    gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, GAN_PENALTY_WGAN_GP, 3};

    gan_trainer_destroy(x.trainer);
    desc.penalty = &penalty;
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    take_samples(&r, k, BATCH, 1);
    r.numbers[20 * 6] = INFINITY;
    expect_ok(gan_train_step(x.trainer, &r.batch, &stats));
    ck_assert_uint_eq(stats.d_skipped, 1);
    for (size_t i = 2; i < 4; i++) step(k, &x, BATCH, i);
    save(&x, ranks, p);
    free(r.numbers);
    game_end(&x);
    return 1;
}

TEST(a_step_that_is_skipped_is_skipped_by_all)
{
    played *alone = calloc(1, sizeof *alone), *p = calloc(1, sizeof *p);

    skip_one(NULL, alone);
    ranks_run(4, skip_one, p);
    ck_assert_uint_eq(p->n_bytes, alone->n_bytes);
    expect_same_bits(alone->bytes, p->bytes, p->n_bytes);
    free(alone);
    free(p);
}

/* ---- settings, memory, files ---- */

TEST(settings_that_make_no_sense_are_refused)
{
    const gan_communicator whole = ranks_unreachable(4);
    static const struct {
        size_t shards, micro_batch, batch, rank, size;
        int missing; /* which function of the communicator is NULL; 0: none */
        gan_status wanted;
        const char *says;
    } cases[] = {
        {6, 0, 20, 0, 0, 0, GAN_ERR_INVALID, "1, 2, 4, ... 1024 shards expected, got 6"},
        {2048, 0, 4096, 0, 0, 0, GAN_ERR_INVALID, "got 2048"},
        {4, 5, 20, 0, 0, 0, GAN_ERR_INVALID, "4 shards with a micro_batch of 5"},
        {32, 0, 20, 0, 0, 0, GAN_ERR_SHAPE, "a batch of 20 samples can't be cut into 32 shards"},
        {0, 0, 4, 0, 1, 0, GAN_ERR_SHAPE, "a batch of 4 samples can't be cut into 8 shards"},
        {0, 0, 20, 0, 16, 0, GAN_ERR_INVALID, "8 shards for 16 ranks"},
        {0, 0, 20, 0, 3, 0, GAN_ERR_INVALID, "1, 2, 4, ... 1024 ranks expected, got 3"},
        {0, 0, 20, 2, 2, 0, GAN_ERR_INVALID, "rank 2 of 2"},
        {0, 0, 20, 0, 2, 1, GAN_ERR_INVALID, "all_to_all is NULL for 2 ranks"},
        {0, 0, 20, 0, 2, 2, GAN_ERR_INVALID, "all_gather is NULL"},
        {0, 0, 20, 0, 2, 3, GAN_ERR_INVALID, "broadcast is NULL"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        game x = plain_game(&plain_desc);
        gan_communicator c = whole;
        gan_trainer_desc desc = plain_desc;
        gan_trainer *t = x.trainer;

        c.rank = cases[i].rank;
        c.size = cases[i].size;
        if (cases[i].missing == 1) c.all_to_all = NULL;
        if (cases[i].missing == 2) c.all_gather = NULL;
        if (cases[i].missing == 3) c.broadcast = NULL;
        desc.shards = cases[i].shards;
        desc.micro_batch = cases[i].micro_batch;
        desc.batch_size = cases[i].batch;
        if (c.size > 0) desc.communicator = &c;
        expect_fails(gan_trainer_create(&t, x.g, x.d, x.g_opt, x.d_opt, &desc), cases[i].wanted,
                     cases[i].says);
        ck_assert_ptr_null(t);
        game_end(&x);
    }
}

TEST(a_batch_that_is_too_small_for_the_shards_is_refused)
{
    gan_trainer_desc desc = plain_desc;
    float *samples = normals(6 * 7, 1);
    gan_batch b;
    game x;

    desc.shards = 8;
    x = plain_game(&desc);
    b = batch_of(&x, samples, 7);
    expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_SHAPE,
                 "a batch of 7 samples can't be cut into 8 shards");
    free(samples);
    game_end(&x);
}

TEST(a_relativistic_generator_step_of_shards_needs_real_samples)
{
    gan_trainer_desc desc = plain_desc;
    float *samples = normals(6 * 16, 1);
    gan_batch b;
    game x;

    desc.shards = 4;
    desc.loss = GAN_LOSS_RELATIVISTIC;
    x = plain_game(&desc);
    b = batch_of(&x, samples, 16);
    expect_ok(gan_train_step(x.trainer, &b, NULL));
    expect_fails(gan_train_generator_step(x.trainer, 16, NULL, NULL, NULL), GAN_ERR_INVALID,
                 "gan_train_generator_step_beside()");
    expect_ok(gan_train_generator_step_beside(x.trainer, &b, NULL, NULL, NULL));
    free(samples);
    game_end(&x);
}

TEST(a_step_on_shards_takes_no_memory)
{
    budget b;
    gan_trainer_desc desc = plain_desc;
    size_t told, taken;
    game x = plain_game(&plain_desc);

    gan_trainer_destroy(x.trainer);
    budget_init(&b, BUDGET_UNLIMITED);
    desc.shards = 4;
    desc.allocator = &b.allocator;
    expect_ok(gan_trainer_memory(&told, x.g, x.d, x.g_opt, x.d_opt, &desc));
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    ck_assert_uint_eq(b.live_bytes, told);
    taken = b.taken;
    for (uint64_t i = 0; i < 3; i++) play(&x, 20, i);
    ck_assert_uint_eq(b.taken, taken);
    game_end(&x);
    ck_assert_uint_eq(budget_live(&b), 0);
}

TEST(a_run_goes_on_with_as_many_shards_as_it_had)
{
    const char *path = scratch_path("run.gan");
    gan_trainer_desc desc = plain_desc;
    game x, other;

    desc.shards = 4;
    x = plain_game(&desc);
    play(&x, 20, 1);
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    desc.shards = 8;
    other = plain_game(&desc);
    expect_fails(gan_checkpoint_load(other.trainer, NULL, path), GAN_ERR_INVALID, "shards");
    game_end(&other);
    other = plain_game(&plain_desc);
    expect_fails(gan_checkpoint_load(other.trainer, NULL, path), GAN_ERR_INVALID, "shards");
    game_end(&other);
    desc.shards = 4;
    other = plain_game(&desc);
    expect_ok(gan_checkpoint_load(other.trainer, NULL, path));
    play(&x, 20, 2);
    play(&other, 20, 2);
    expect_same_game(&x, &other);
    game_end(&other);
    game_end(&x);
}
