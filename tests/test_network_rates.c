/* test_network_rates.c - tensors with a learning rate of their own, or frozen. */
#include "expect.h"
#include "game.h"
#include "suite.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a run with every option that moves weights ---- */

enum { IN = 6, OUT = 12, N = 24, STEPS = 100 };

static gan_network *generator(void)
{
    gan_network *net = gan_network_create(gan_shape_1d(IN), NULL);

    expect_ok(gan_network_add(net, gan_layer_linear(IN, 20)));
    expect_ok(gan_network_add(net, gan_layer_batch_norm(20, NULL)));
    expect_ok(gan_network_add(net, gan_layer_relu()));
    expect_ok(gan_network_add(net, gan_layer_linear(20, 33)));
    expect_ok(gan_network_add(net, gan_layer_prelu(1, 0.25f)));
    expect_ok(gan_network_add(net, gan_layer_linear(33, OUT)));
    return net;
}

static gan_network *discriminator(void)
{
    gan_network *net = gan_network_create(gan_shape_1d(OUT), NULL);

    expect_ok(gan_network_add(net, gan_layer_spectral_norm(gan_layer_linear(OUT, 21))));
    expect_ok(gan_network_add(net, gan_layer_leaky_relu(0.2f)));
    expect_ok(gan_network_add(net, gan_layer_linear(21, 17)));
    expect_ok(gan_network_add(net, gan_layer_leaky_relu(0.2f)));
    expect_ok(gan_network_add(net, gan_layer_linear(17, 1)));
    return net;
}

typedef struct setting {
    gan_network *g, *d;
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *t;
    float *samples;
    gan_batch batch;
} setting;

static gan_optimizer *optimizer(void)
{
    gan_optimizer *opt = NULL;
    gan_adam_desc desc = {GAN_ADAMW_DESC_INIT};

    desc.weight_decay = 0.1;
    expect_ok(gan_optimizer_create_adamw(&opt, &desc));
    expect_ok(gan_optimizer_set_limits(
        opt, &(gan_limits_desc){GAN_LIMITS_DESC_INIT, .grad_norm = 0.5, .weight = 0.3}));
    return opt;
}

static setting begin(size_t micro_batch, size_t threads)
{
    const gan_penalty_desc penalty = {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 1};
    setting s = {.g = generator(), .d = discriminator(), .g_opt = optimizer(), .d_opt = optimizer()};

    expect_ok(gan_network_initialize(s.g, 1));
    expect_ok(gan_network_initialize(s.d, 2));
    expect_ok(gan_trainer_create(&s.t, s.g, s.d, s.g_opt, s.d_opt,
                                 &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = N,
                                                     .micro_batch = micro_batch,
                                                     .n_threads = threads, .average_decay = 0.99,
                                                     .penalty = &penalty}));
    s.samples = normals(N * OUT, 5);
    s.batch = (gan_batch){GAN_BATCH_INIT, .count = N, .shape = gan_shape_1d(OUT),
                          .samples = s.samples};
    return s;
}

static void end(setting *s)
{
    gan_trainer_destroy(s->t);
    gan_optimizer_destroy(s->g_opt);
    gan_optimizer_destroy(s->d_opt);
    gan_network_destroy(s->g);
    gan_network_destroy(s->d);
    free(s->samples);
}

static void step(setting *s, size_t n)
{
    for (size_t i = 0; i < n; i++) expect_ok(gan_train_step(s->t, &s->batch, NULL));
}

/* A copy of all tensors, to be freed. */
static float *copy_of(gan_network *net)
{
    float *copy = NULL;
    size_t n = 0;

    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, net, i));
        copy = realloc(copy, (n + t.size) * sizeof *copy);
        memcpy(copy + n, t.data, t.size * sizeof *copy);
        n += t.size;
    }
    return copy;
}

/* Tensors with names that begin with `prefix` are unchanged, all others not. */
static void expect_frozen(gan_network *net, const float *before, const char *prefix)
{
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, net, i));
        if (strncmp(t.name, prefix, strlen(prefix)) == 0)
            expect_same_bits(t.data, before, t.size * sizeof *before);
        else
            expect_other_bits(t.data, before, t.size * sizeof *before);
        before += t.size;
    }
}

/* ---- frozen ---- */

static const char *const g_prefixes[] = {"0.", "1.", "3.", "3.bias", "4.", "5.weight", "1.weight"};
static const char *const d_prefixes[] = {"0.", "2.", "4.", "2.weight", "0.bias"};
enum { N_G = sizeof g_prefixes / sizeof *g_prefixes, N_D = sizeof d_prefixes / sizeof *d_prefixes };

TEST_EACH(frozen_tensors_of_a_generator_keep_their_bits, 0, N_G)
{
    setting s = begin(_i % 2 ? N / 3 : 0, 2);
    float *before, *average;

    step(&s, 3);
    expect_ok(gan_network_set_rate(s.g, g_prefixes[_i], 0));
    before = copy_of(s.g);
    average = copy_of(gan_trainer_average(s.t));
    step(&s, STEPS);
    expect_frozen(s.g, before, g_prefixes[_i]);
    if (g_prefixes[_i][0] != '1') /* buffers of the average are estimated for the other weights */
        expect_frozen(gan_trainer_average(s.t), average, g_prefixes[_i]);
    free(before), free(average);
    end(&s);
}

TEST_EACH(frozen_tensors_of_a_discriminator_keep_their_bits, 0, N_D)
{
    setting s = begin(_i % 2 ? N / 3 : 0, 2);
    float *before;

    step(&s, 3);
    expect_ok(gan_network_set_rate(s.d, d_prefixes[_i], 0));
    before = copy_of(s.d);
    step(&s, STEPS);
    expect_frozen(s.d, before, d_prefixes[_i]);
    free(before);
    end(&s);
}

TEST(all_of_a_network_may_be_frozen_and_trained_again)
{
    setting s = begin(0, 1);
    float *before = copy_of(s.d);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    expect_ok(gan_network_set_rate(s.d, "", 0));
    expect_ok(gan_train_step(s.t, &s.batch, &stats));
    expect_frozen(s.d, before, "");
    ck_assert(stats.d_grad_norm == 0);
    expect_ok(gan_network_set_rate(s.d, "", 1));
    expect_ok(gan_train_step(s.t, &s.batch, &stats));
    ck_assert(stats.d_grad_norm > 0);
    expect_frozen(s.d, before, "none");
    free(before);
    end(&s);
}

/* With rates of 1 the steps are those of a network without any set. */
TEST(a_scale_of_1_changes_no_bit)
{
    setting a = begin(0, 2), b = begin(0, 1);
    float *after;

    expect_ok(gan_network_set_rate(b.g, "", 1));
    expect_ok(gan_network_set_rate(b.d, "2.", 1));
    step(&a, 20);
    step(&b, 20);
    after = copy_of(a.g);
    expect_frozen(b.g, after, "");
    free(after);
    after = copy_of(a.d);
    expect_frozen(b.d, after, "");
    free(after);
    end(&a);
    end(&b);
}

/* The same bits on any number of threads, and after a save and a load. */
TEST(runs_with_frozen_tensors_are_repeated)
{
    setting a = begin(0, 1), b = begin(0, 3);
    const char *path = scratch_path("rates.gan");
    float *after;

    for (int i = 0; i < 2; i++) {
        gan_network *g = i == 0 ? a.g : b.g, *d = i == 0 ? a.d : b.d;

        expect_ok(gan_network_set_rate(g, "0.", 0));
        expect_ok(gan_network_set_rate(g, "5.", 0.5));
        expect_ok(gan_network_set_rate(d, "2.bias", 0));
    }
    step(&a, 10);
    expect_ok(gan_checkpoint_save(a.t, NULL, path));
    step(&a, 10);
    step(&b, 3);
    expect_ok(gan_checkpoint_load(b.t, NULL, path));
    step(&b, 10);
    after = copy_of(a.g);
    expect_frozen(b.g, after, "");
    free(after);
    after = copy_of(a.d);
    expect_frozen(b.d, after, "");
    free(after);
    expect_ok(gan_network_set_rate(b.d, "2.bias", 1));
    expect_fails(gan_checkpoint_load(b.t, NULL, path), GAN_ERR_INVALID, "discriminator_rate.2.bias");
    end(&a);
    end(&b);
}

/* ---- gradients and moves ---- */

/* Plain gradient descent: a tensor moves by scale times its gradient, and the norm is that of the
 * trained tensors' gradients. */
static setting plain(const char *prefix, double scale)
{
    setting s = {.g = generator(), .d = discriminator()};

    s.g_opt = gradient_taker();
    s.d_opt = gradient_taker();
    expect_ok(gan_network_initialize(s.g, 1));
    expect_ok(gan_network_initialize(s.d, 2));
    expect_ok(gan_network_set_rate(s.d, prefix, scale));
    expect_ok(gan_trainer_create(&s.t, s.g, s.d, s.g_opt, s.d_opt,
                                 &(gan_trainer_desc){GAN_TRAINER_DESC_INIT, .batch_size = N}));
    s.samples = normals(N * OUT, 5);
    s.batch = (gan_batch){GAN_BATCH_INIT, .count = N, .shape = gan_shape_1d(OUT),
                          .samples = s.samples};
    return s;
}

TEST(a_tensor_moves_at_its_scale)
{
    static const double scales[] = {0.25, 0, 3};

    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
        setting whole = plain("", 1), part = plain("2.", scales[k]);
        float *start = copy_of(whole.d), *before = start;
        gan_train_stats a = {GAN_TRAIN_STATS_INIT}, b = {GAN_TRAIN_STATS_INIT};
        double squares = 0;

        expect_ok(gan_train_discriminator_step(whole.t, &whole.batch, NULL, NULL, &a));
        expect_ok(gan_train_discriminator_step(part.t, &part.batch, NULL, NULL, &b));
        for (size_t i = 0; i < gan_network_tensor_count(whole.d); i++) {
            const double scale = gan_network_rate(part.d, i);
            gan_tensor x, y;

            expect_ok(gan_network_tensor(&x, whole.d, i));
            expect_ok(gan_network_tensor(&y, part.d, i));
            ck_assert(scale == (x.name[0] == '2' ? scales[k] : 1));
            for (size_t j = 0; j < x.size && x.trainable; j++) {
                const double by = (double)x.data[j] - (double)before[j];

                expect_near((double)y.data[j] - (double)before[j], scale * by, 1e-4, 1e-5);
                if (scale > 0) squares += by * by;
            }
            before += x.size;
        }
        expect_near(b.d_grad_norm * GRADIENT_SCALE, sqrt(squares), 1e-3, 0);
        if (scales[k] > 0) ck_assert(a.d_grad_norm == b.d_grad_norm);
        free(start);
        end(&whole);
        end(&part);
    }
}

/* Moments of frozen tensors stay 0: a file has them. */
TEST(moments_of_frozen_tensors_do_not_move)
{
    setting s = begin(0, 1);
    const char *path = scratch_path("moments.gan");
    size_t n;
    char *bytes = malloc(1 << 20);
    gan_network *moments = gan_network_create(gan_shape_1d(OUT), NULL);
    gan_tensor t;

    expect_ok(gan_network_set_rate(s.d, "2.", 0));
    step(&s, 5);
    expect_ok(gan_checkpoint_save(s.t, NULL, path));
    n = scratch_read(path, bytes, 1 << 20);
    ck_assert_uint_gt(n, 1000);
    /* A network whose tensors are named like the moments in the file. */
    expect_ok(gan_network_add(moments, gan_layer_linear(OUT, 21)));
    expect_ok(gan_network_add(moments, gan_layer_relu()));
    expect_ok(gan_network_add(moments, gan_layer_linear(21, 17)));
    expect_ok(gan_network_load(moments, path,
                               &(gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .lenient = 1,
                                                        .prefix = "discriminator_optimizer.exp_avg."}));
    expect_ok(gan_network_find(&t, moments, "2.weight"));
    for (size_t i = 0; i < t.size; i++) ck_assert(!(t.data[i] < 0 || t.data[i] > 0));
    gan_network_destroy(moments);
    free(bytes);
    end(&s);
}

/* ---- what is refused ---- */

TEST(what_makes_no_sense_is_refused)
{
    gan_network *net = discriminator();

    expect_ok(gan_network_set_rate(net, "2.", 0.5));
    expect_fails(gan_network_set_rate(NULL, "2.", 1), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_network_set_rate(net, NULL, 1), GAN_ERR_INVALID, "prefix is NULL");
    expect_fails(gan_network_set_rate(net, "2.", -1), GAN_ERR_INVALID, "at least 0 expected, got -1");
    expect_fails(gan_network_set_rate(net, "2.", (double)NAN), GAN_ERR_INVALID, "at least 0");
    expect_fails(gan_network_set_rate(net, "2.", (double)INFINITY), GAN_ERR_INVALID, "at least 0");
    expect_fails(gan_network_set_rate(net, "7.", 1), GAN_ERR_INVALID, "begins with \"7.\"");
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, net, i));
        ck_assert(gan_network_rate(net, i) == (t.name[0] == '2' ? 0.5 : 1));
    }
    ck_assert(gan_network_rate(NULL, 0) == 1);
    gan_network_destroy(net);
}
