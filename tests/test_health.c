/* test_health.c - findings from the statistics of steps and before the first step; states;
 * errors. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "judge/health_internal.h"
#include "run.h"
#include "sequence.h"

#include <gan/gan.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 64 };

static gan_health *make(void)
{
    gan_health_desc desc = {GAN_HEALTH_DESC_INIT, .window = WINDOW};
    gan_health *h;

    expect_ok(gan_health_create(&h, &desc));
    return h;
}

/* The statistics of step i of a healthy run. */
static gan_train_stats usual(uint64_t i)
{
    const double wave = 0.1 * sin((double)i);
    gan_train_stats s = {GAN_TRAIN_STATS_INIT,
                         .d_steps = i + 1,
                         .g_steps = i + 1,
                         .d_loss = 1 + wave,
                         .g_loss = 1.2 - wave,
                         .d_real = 0.7 + wave,
                         .d_fake = 0.35 + wave,
                         .d_real_accuracy = 0.8 + wave,
                         .d_fake_accuracy = 0.85 + wave,
                         .d_grad_norm = 2 + wave,
                         .g_grad_norm = 1 + wave};
    return s;
}

/* Report `n` steps from step `first` on, each modified by `change`, unless that is NULL. */
static void show(gan_health *h, uint64_t first, uint64_t n, void (*change)(gan_train_stats *))
{
    for (uint64_t i = first; i < first + n; i++) {
        gan_train_stats s = usual(i);

        if (change) change(&s);
        expect_ok(gan_health_step(h, GAN_OK, &s));
    }
}

static gan_finding verdict_of(const gan_health *h)
{
    gan_finding f = {GAN_FINDING_INIT};

    expect_ok(gan_health_verdict(h, &f));
    return f;
}

/* Whether there is a finding of a kind. */
static int find(const gan_health *h, gan_verdict which, gan_finding *out)
{
    gan_finding f = {GAN_FINDING_INIT};

    for (size_t i = 0; i < gan_health_finding_count(h); i++) {
        expect_ok(gan_health_finding(h, i, &f));
        if (f.verdict != which) continue;
        if (out) *out = f;
        return 1;
    }
    return 0;
}

static void expect_verdict(const gan_health *h, gan_verdict wanted, const char *part)
{
    const gan_finding f = verdict_of(h);

    ck_assert_msg(f.verdict == wanted, "%s expected, got %s: %s", gan_verdict_name(wanted),
                  gan_verdict_name(f.verdict), f.sentence);
    ck_assert_msg(strstr(f.sentence, part) != NULL, "\"%s\" is not in: %s", part, f.sentence);
    ck_assert_int_eq(f.level,
                     wanted == GAN_VERDICT_HEALTHY ? GAN_FINDING_NONE : GAN_FINDING_VERDICT);
    ck_assert_ptr_null(strpbrk(f.sentence, "\n{}@"));
    ck_assert_int_eq(strlen(f.advice) > 0, wanted != GAN_VERDICT_HEALTHY);
}

/* ---- steps ---- */

TEST(a_run_in_which_nothing_is_wrong_is_healthy)
{
    gan_health *h = make();

    expect_verdict(h, GAN_VERDICT_HEALTHY, "after 0 steps and 0 looks");
    show(h, 0, 1000, NULL);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "after 1000 steps and 0 looks");
    ck_assert_uint_eq(gan_health_finding_count(h), 0);
    ck_assert_int_eq(gan_health_should_stop(h), 0);
    gan_health_destroy(h);
}

static void huge_loss(gan_train_stats *s)
{
    s->d_loss *= 33;
}

static void huge_g_loss(gan_train_stats *s)
{
    s->g_loss += 33;
}

static void huge_d_gradient(gan_train_stats *s)
{
    s->d_grad_norm *= 500;
}

static void huge_g_gradient(gan_train_stats *s)
{
    s->g_grad_norm *= 500;
}

TEST_EACH(jumps_in_three_steps_are_a_divergence_that_is_forgotten, 0, 4)
{
    static void (*const changes[])(gan_train_stats *) = {huge_loss, huge_d_gradient,
                                                         huge_g_gradient, huge_g_loss};
    static const char *const parts[] = {"discriminator's loss jumped to",
                                        "discriminator's gradient", "generator's gradient",
                                        "generator's loss jumped to 3"};
    gan_health *h = make();

    show(h, 0, 100, NULL);
    show(h, 100, 2, changes[_i]);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "");
    show(h, 102, 1, NULL);
    show(h, 103, 3, changes[_i]);
    expect_verdict(h, GAN_VERDICT_DIVERGED, parts[_i]);
    ck_assert_uint_eq(verdict_of(h).step, 106);
    ck_assert_int_eq(gan_health_should_stop(h), 1);
    show(h, 106, 3 * WINDOW, NULL);
    expect_verdict(h, GAN_VERDICT_DIVERGED, parts[_i]);
    show(h, 106 + 3 * WINDOW, 2 * WINDOW, NULL);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "");
    gan_health_destroy(h);
}

TEST(a_run_that_diverges_at_once_is_found)
{
    gan_health *h = make();

    show(h, 0, 1, NULL);
    show(h, 1, 3, huge_loss);
    expect_verdict(h, GAN_VERDICT_DIVERGED, ", usual is 1, after 3 steps");
    gan_health_destroy(h);
}

TEST(steps_that_are_not_finite_or_are_skipped_are_a_divergence)
{
    gan_health *h = make();
    gan_train_stats s = usual(7);

    show(h, 0, 7, NULL);
    s.g_skipped = 1;
    expect_ok(gan_health_step(h, GAN_OK, &s));
    expect_verdict(h, GAN_VERDICT_DIVERGED, "a step was not finite");
    gan_health_destroy(h);

    h = make();
    show(h, 0, 7, NULL);
    expect_ok(gan_health_step(h, GAN_ERR_NONFINITE, &s));
    expect_verdict(h, GAN_VERDICT_DIVERGED, "a step was not finite");
    gan_health_destroy(h);
}

TEST(figures_that_are_not_finite_stay_out_of_the_windows)
{
    gan_health *h = make();
    gan_train_stats s = usual(100);

    show(h, 0, 100, NULL);
    s.d_loss = (double)NAN;
    expect_ok(gan_health_step(h, GAN_OK, &s));
    s.d_loss = (double)INFINITY;
    expect_ok(gan_health_step(h, GAN_OK, &s));
    show(h, 100, 200, NULL);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "after 300 steps");
    gan_health_destroy(h);
}

TEST(other_failures_are_no_steps)
{
    gan_health *h = make();
    gan_train_stats s = usual(0);

    s.d_loss = 1e9;
    for (int i = 0; i < 100; i++) expect_ok(gan_health_step(h, GAN_ERR_BUSY, &s));
    expect_verdict(h, GAN_VERDICT_HEALTHY, "after 0 steps");
    gan_health_destroy(h);
}

static void won(gan_train_stats *s)
{
    s->d_real_accuracy = s->d_fake_accuracy = 1;
}

static void won_for_good(gan_train_stats *s)
{
    won(s);
    s->g_grad_norm *= 0.01;
}

TEST(a_discriminator_that_is_always_right_is_a_note_and_wins_when_no_gradient_is_left)
{
    gan_health *h = make();
    gan_finding f = {GAN_FINDING_INIT};

    show(h, 0, 96, NULL);
    show(h, 96, WINDOW, won);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "");
    ck_assert_int_eq(find(h, GAN_VERDICT_D_WINS, &f), 1);
    ck_assert_int_eq(f.level, GAN_FINDING_NOTE);
    ck_assert_int_eq(gan_health_should_stop(h), 0);
    show(h, 160, WINDOW, won_for_good);
    expect_verdict(h, GAN_VERDICT_D_WINS, "classifies 100 % of real");
    ck_assert_int_eq(gan_health_should_stop(h), 1);
    show(h, 224, WINDOW, NULL);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "");
    ck_assert_int_eq(find(h, GAN_VERDICT_D_WINS, NULL), 0);
    gan_health_destroy(h);
}

static void still(gan_train_stats *s)
{
    s->d_grad_norm = 0;
}

static void flat(gan_train_stats *s)
{
    s->d_real = s->d_fake = 0.5;
    s->d_real_accuracy = 1;
    s->d_fake_accuracy = 0;
}

static void backwards(gan_train_stats *s)
{
    s->d_real = 0.4;
    s->d_fake = 0.6;
}

/* The end of a good run: accuracies of 0.5 for real and generated samples. */
static double swing = 0.05;
static void even(gan_train_stats *s)
{
    s->d_real = 0.5 + swing * sin((double)s->d_steps);
    s->d_fake = 0.5 + swing * cos((double)s->d_steps);
    s->d_real_accuracy = s->d_fake_accuracy = 0.5;
}

TEST_EACH(a_discriminator_that_does_not_learn_is_dead, 0, 3)
{
    static void (*const changes[])(gan_train_stats *) = {still, flat, backwards};
    static const char *const parts[] = {"its gradient was 0", "hardly varied",
                                        "preferred generated samples in 100 %"};
    gan_health *h = make();

    show(h, 0, WINDOW - 1, changes[_i]);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "");
    show(h, WINDOW - 1, 1, changes[_i]);
    expect_verdict(h, GAN_VERDICT_D_DEAD, parts[_i]);
    gan_health_destroy(h);
}

TEST(a_discriminator_that_can_only_guess_at_the_end_is_not_dead)
{
    gan_health *h = make();

    show(h, 0, 500, even);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "");
    gan_health_destroy(h);
}

/* With a penalty, outputs vary little at the end: flat is a hundredth of an untrained
 * discriminator's variation. */
TEST(outputs_are_flat_beside_those_of_the_first_step)
{
    gan_health *h = make();

    swing = 0.01;
    show(h, 0, 1, NULL); /* 0.35 apart */
    show(h, 1, 500, even);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "");
    swing = 0.001;
    show(h, 501, 500, even);
    expect_verdict(h, GAN_VERDICT_D_DEAD, "hardly varied");
    gan_health_destroy(h);
}

TEST(sentences_are_the_same_in_every_locale)
{
    gan_health *h = make();

    show(h, 0, 100, NULL);
    show(h, 100, 3, huge_loss);
    const gan_finding plain = verdict_of(h);
    expect_verdict(h, GAN_VERDICT_DIVERGED, "jumped to 36.3, usual is 1, after 102 steps");
    if (setlocale(LC_ALL, "de_DE.UTF-8")) ck_assert_str_eq(verdict_of(h).sentence, plain.sentence);
    gan_health_destroy(h);
}

/* ---- the run is not touched ---- */

TEST(training_has_the_same_bits_with_and_without)
{
    game with = small_game(), without = small_game();
    gan_health *h = make();
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    for (uint64_t i = 0; i < 40; i++) {
        float *x = normals(20 * with.sample, i);
        const gan_batch batch = batch_of(&with, x, 20);

        if (i == 0) expect_ok(gan_health_preflight(h, with.trainer, &batch, 1000));
        expect_ok(gan_health_step(h, gan_train_step(with.trainer, &batch, &stats), &stats));
        expect_ok(gan_train_step(without.trainer, &batch, NULL));
        free(x);
    }
    expect_same_game(&with, &without);
    gan_health_destroy(h);
    game_end(&with);
    game_end(&without);
}

TEST(a_step_takes_no_memory)
{
    budget b;
    gan_health_desc desc = {GAN_HEALTH_DESC_INIT, .window = WINDOW, .allocator = &b.allocator};
    gan_look look = {GAN_LOOK_INIT, .score = 1};
    gan_health *h;

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(gan_health_create(&h, &desc));
    b.left = 0;
    show(h, 0, 300, NULL);
    expect_ok(gan_health_look(h, &look));
    verdict_of(h);
    ck_assert_uint_eq(b.refused, 0);
    gan_health_destroy(h);
    ck_assert_uint_eq(budget_live(&b), 0);
}

/* ---- before the first step ---- */

/* A run of one sigmoid or tanh generator, and the warnings about such data. */
static gan_health *preflight(gan_layer *last, double g_lr, double d_lr, const float *x, size_t n,
                             uint64_t n_samples)
{
    gan_adam_desc g_desc = {GAN_ADAM_DESC_INIT}, d_desc = {GAN_ADAM_DESC_INIT};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .n_threads = 1};
    gan_network *g = gan_network_create(gan_shape_1d(2), NULL);
    gan_network *d = gan_network_create(gan_shape_1d(4), NULL);
    gan_batch batch = {GAN_BATCH_INIT, .samples = x, .count = n};
    gan_optimizer *g_opt, *d_opt;
    gan_health *h = make();
    gan_trainer *t;

    gan_network_add(g, gan_layer_linear(2, 4));
    if (last) gan_network_add(g, last);
    gan_network_add(g, gan_layer_reshape(gan_shape_3d(1, 2, 2)));
    gan_network_add(d, gan_layer_linear(4, 1));
    g_desc.lr = g_lr;
    d_desc.lr = d_lr;
    expect_ok(gan_optimizer_create_adam(&g_opt, &g_desc));
    expect_ok(gan_optimizer_create_adam(&d_opt, &d_desc));
    expect_ok(gan_trainer_create(&t, g, d, g_opt, d_opt, &desc));
    if (n_samples == 0) { /* frozen */
        n_samples = 60000;
        expect_ok(gan_network_set_rate(d, "", 0));
    }
    expect_ok(gan_health_preflight(h, t, &batch, n_samples));
    gan_trainer_destroy(t);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
    return h;
}

static const float good_data[8] = {-1, -0.5f, 0, 1, 1, 0.25f, -0.75f, -1};
static const float unit_data[8] = {0, 0.5f, 0, 1, 1, 0.25f, 0.75f, 0};
static const float byte_data[8] = {0, 128, 255, 1, 1, 7, 99, 200};
static const float same_data[8] = {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f};

typedef gan_layer *(*last_maker)(void);

static const struct {
    last_maker last;
    double g_lr, d_lr;
    const float *data;
    uint64_t n_samples;
    gan_verdict wanted; /* HEALTHY: no finding at all */
    gan_finding_level level;
    const char *part;
} starts[] = {
    {gan_layer_tanh, 1e-4, 1e-4, good_data, 60000, GAN_VERDICT_HEALTHY, GAN_FINDING_NONE, ""},
    {gan_layer_sigmoid, 1e-4, 1e-4, unit_data, 60000, GAN_VERDICT_HEALTHY, GAN_FINDING_NONE, ""},
    {NULL, 1e-4, 4e-4, good_data, 60000, GAN_VERDICT_HEALTHY, GAN_FINDING_NONE, ""},
    {gan_layer_tanh, 0, 1e-4, good_data, 60000, GAN_VERDICT_RATE_ZERO, GAN_FINDING_VERDICT,
     "the generator will not change"},
    {gan_layer_tanh, 1e-4, 1e-4, good_data, 0, GAN_VERDICT_RATE_ZERO, GAN_FINDING_VERDICT,
     "the discriminator will not change"},
    {gan_layer_sigmoid, 1e-4, 1e-4, good_data, 60000, GAN_VERDICT_GENERATOR_RANGE,
     GAN_FINDING_VERDICT, "can't reach 50 % of the data's values: these are from -1 to 1"},
    {gan_layer_relu, 1e-4, 1e-4, good_data, 60000, GAN_VERDICT_GENERATOR_RANGE, GAN_FINDING_VERDICT,
     "outputs from 0 to inf"},
    {gan_layer_tanh, 1e-4, 1e-4, unit_data, 60000, GAN_VERDICT_DATA_RANGE, GAN_FINDING_NOTE,
     "are from 0 to 1, a small part of the generator's range of -1 to 1"},
    {NULL, 1e-4, 1e-4, byte_data, 60000, GAN_VERDICT_DATA_RANGE, GAN_FINDING_NOTE,
     "are large, from 0 to 255"},
    {NULL, 1e-4, 1e-4, same_data, 60000, GAN_VERDICT_DATA_RANGE, GAN_FINDING_NOTE, "are all 0.5"},
    {gan_layer_tanh, 1e-4, 1e-4, good_data, 5, GAN_VERDICT_FEW_SAMPLES, GAN_FINDING_NOTE,
     "there are 5 training samples"},
    {gan_layer_tanh, 1e-4, 1e-4, good_data, 14, GAN_VERDICT_SHORT_EPOCH, GAN_FINDING_NOTE,
     "an epoch of 14 samples is 7 steps"},
    {gan_layer_tanh, 1e-4, 2e-3, good_data, 60000, GAN_VERDICT_RATES_APART, GAN_FINDING_NOTE,
     "20 times apart"},
};

TEST_EACH(data_and_settings_are_warned_of_before_training, 0, sizeof starts / sizeof *starts)
{
    gan_health *h = preflight(starts[_i].last ? starts[_i].last() : NULL, starts[_i].g_lr,
                              starts[_i].d_lr, starts[_i].data, 2, starts[_i].n_samples);
    gan_finding f = {GAN_FINDING_INIT};

    if (starts[_i].wanted == GAN_VERDICT_HEALTHY) {
        ck_assert_uint_eq(gan_health_finding_count(h), 0);
    } else {
        ck_assert_int_eq(find(h, starts[_i].wanted, &f), 1);
        ck_assert_int_eq(f.level, starts[_i].level);
        ck_assert_msg(strstr(f.sentence, starts[_i].part) != NULL, "\"%s\" is not in: %s",
                      starts[_i].part, f.sentence);
    }
    gan_health_destroy(h);
}

/* Whether a trainer with this augmentation is warned of five samples. */
static int warned_of_few(const gan_augment_desc *augment)
{
    static const net_layer g_layers[] = {LINEAR(2, 16), TANH, END};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .n_threads = 1, .augment = augment};
    const float samples[16] = {-1, 0.5f, 1, 0, -0.5f};
    const gan_batch batch = {GAN_BATCH_INIT, .samples = samples, .count = 1};
    gan_health *h = make();
    game x = {.g = net_seeded(2, g_layers, 1), .g_opt = adam(), .d_opt = adam()};
    int warned;

    x.d = BUILT(gan_shape_3d(1, 4, 4), gan_layer_flatten(), gan_layer_linear(16, 1));
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    expect_ok(gan_health_preflight(h, x.trainer, &batch, 5));
    warned = find(h, GAN_VERDICT_FEW_SAMPLES, NULL);
    gan_health_destroy(h);
    game_end(&x);
    return warned;
}

TEST(few_samples_are_no_warning_where_they_are_augmented)
{
    const gan_augment_desc augment = {GAN_AUGMENT_DESC_INIT, GAN_AUGMENT_TRANSLATION};

    ck_assert_int_eq(warned_of_few(NULL), 1);
    ck_assert_int_eq(warned_of_few(&augment), 0);
}

TEST(warnings_end_when_they_are_heeded)
{
    gan_health *h = make();
    game x = plain_game(&plain_desc);
    float *samples = normals(8 * x.sample, 1);
    const gan_batch batch = batch_of(&x, samples, 8);

    expect_ok(gan_health_preflight(h, x.trainer, &batch, 5));
    ck_assert_int_eq(find(h, GAN_VERDICT_FEW_SAMPLES, NULL), 1);
    expect_ok(gan_health_preflight(h, x.trainer, &batch, 5000));
    ck_assert_int_eq(find(h, GAN_VERDICT_FEW_SAMPLES, NULL), 0);
    free(samples);
    gan_health_destroy(h);
    game_end(&x);
}

/* A critic's outputs have no scale, so a generator's loss on them may grow without bound. */
TEST(a_generators_loss_jumps_only_where_there_is_a_boundary)
{
    gan_health *h = make();
    gan_train_stats s = {GAN_TRAIN_STATS_INIT, .d_loss = 1, .d_grad_norm = 1, .g_grad_norm = 1,
                         .boundary = GAN_BOUNDARY_NONE};

    for (s.d_steps = 1; s.d_steps < 40; s.d_steps++) expect_ok(gan_health_step(h, GAN_OK, &s));
    s.g_loss = 1e4;
    for (int i = 0; i < 10; i++) expect_ok(gan_health_step(h, GAN_OK, &s));
    expect_verdict(h, GAN_VERDICT_HEALTHY, "");
    s.boundary = GAN_BOUNDARY_ZERO;
    for (int i = 0; i < 3; i++) expect_ok(gan_health_step(h, GAN_OK, &s));
    expect_verdict(h, GAN_VERDICT_DIVERGED, "the generator's loss jumped to 10000, usual is 0");
    gan_health_destroy(h);
}

TEST(a_generators_loss_that_is_not_finite_stays_out_of_the_windows)
{
    gan_health *h = make();
    gan_train_stats s = {GAN_TRAIN_STATS_INIT, .d_loss = 1, .g_loss = NAN};

    const uint64_t before = h->state.n_steps;
    expect_ok(gan_health_step(h, GAN_OK, &s));
    ck_assert_uint_eq(h->state.n_steps, before);
    gan_health_destroy(h);
}

/* ---- states ---- */

static void *state_of(const gan_health *h)
{
    void *bytes = malloc(gan_health_state_size(h));

    ck_assert_ptr_nonnull(bytes);
    expect_ok(gan_health_save(h, bytes));
    return bytes;
}

TEST(a_handle_goes_on_from_its_state_as_if_it_had_never_stopped)
{
    gan_health *whole = make(), *first = make(), *second = make();
    const size_t n = gan_health_state_size(whole);
    gan_look look = {GAN_LOOK_INIT, .score = 3};

    show(whole, 0, 150, NULL);
    expect_ok(gan_health_look(whole, &look));
    show(first, 0, 150, NULL);
    expect_ok(gan_health_look(first, &look));
    void *saved = state_of(first);
    show(second, 0, 9, huge_loss); /* its history is gone */
    expect_ok(gan_health_load(second, saved, n));
    show(whole, 150, 102, NULL);
    show(whole, 252, 3, huge_loss);
    show(second, 150, 102, NULL);
    show(second, 252, 3, huge_loss);
    void *a = state_of(whole), *b = state_of(second);
    expect_same_bits(a, b, n);
    ck_assert_str_eq(verdict_of(whole).sentence, verdict_of(second).sentence);
    ck_assert_int_eq(verdict_of(second).verdict, GAN_VERDICT_DIVERGED);
    free(a);
    free(b);
    free(saved);
    gan_health_destroy(whole);
    gan_health_destroy(first);
    gan_health_destroy(second);
}

/* An earlier build's state ends before fields added later. */
TEST(a_shorter_state_of_an_earlier_build_is_read)
{
    const size_t first = offsetof(gan__health_state, g_loss);
    gan_health *old = make(), *h = make();

    show(old, 0, 150, NULL);
    unsigned char *bytes = state_of(old);
    bytes[8] = (unsigned char)(first / 8);
    bytes[9] = (unsigned char)(first / 8 >> 8);
    show(h, 0, 3, NULL);
    expect_ok(gan_health_load(h, bytes, 16 + first));
    expect_same_bits(&h->state, &old->state, first);
    ck_assert_uint_eq(h->state.g_loss_streak, 0);
    show(h, 150, 100, NULL);
    expect_verdict(h, GAN_VERDICT_HEALTHY, "");
    show(h, 250, 3, huge_g_loss);
    expect_verdict(h, GAN_VERDICT_DIVERGED, "generator's loss jumped to 3");
    free(bytes);
    gan_health_destroy(old);
    gan_health_destroy(h);
}

TEST(a_checkpoint_has_the_state_among_the_bytes_of_the_host)
{
    run_folder_begin();
    run saved = plain_run(), loaded = plain_run();
    gan_health *h = make(), *again = make();
    size_t n;

    show(h, 0, 100, NULL);
    show(h, 100, 3, huge_loss);
    void *bytes = state_of(h);
    expect_ok(gan_trainer_set_extra_state(saved.game.trainer, bytes, gan_health_state_size(h)));
    expect_ok(save_run(&saved));
    expect_ok(load_run(&loaded));
    const void *found = gan_trainer_extra_state(loaded.game.trainer, &n);
    expect_ok(gan_health_load(again, found, n));
    expect_verdict(again, GAN_VERDICT_DIVERGED, "loss jumped to");
    free(bytes);
    gan_health_destroy(h);
    gan_health_destroy(again);
    run_end(&saved);
    run_end(&loaded);
    run_folder_end();
}

TEST(damaged_states_are_refused_and_change_nothing)
{
    gan_health *h = make(), *other;
    gan_health_desc desc = {GAN_HEALTH_DESC_INIT, .window = WINDOW + 1};
    const size_t n = gan_health_state_size(h);

    show(h, 0, 100, NULL);
    unsigned char *bytes = state_of(h), *before = state_of(h);
    expect_fails(gan_health_load(h, bytes, n - 1), GAN_ERR_FORMAT, "bytes of state expected");
    bytes[0]++;
    expect_fails(gan_health_load(h, bytes, n), GAN_ERR_FORMAT, "not a state");
    memcpy(bytes, before, n);
    bytes[8]++;
    expect_fails(gan_health_load(h, bytes, n), GAN_ERR_FORMAT, "not a state");
    memcpy(bytes, before, n);
    expect_ok(gan_health_create(&other, &desc));
    expect_fails(gan_health_load(other, bytes, n), GAN_ERR_INVALID,
                 "the window is 64 steps in the state, 65 here");
    void *after = state_of(h);
    expect_same_bits(before, after, n);
    free(bytes);
    free(before);
    free(after);
    gan_health_destroy(other);
    gan_health_destroy(h);
}

/* A state with any bytes is refused, or the handle continues with it. */
TEST(no_byte_of_a_state_does_harm)
{
    gan_health *h = make();
    const size_t n = gan_health_state_size(h);
    size_t refused = 0;

    show(h, 0, 100, NULL);
    show(h, 100, 3, huge_loss);
    unsigned char *bytes = state_of(h);
    for (size_t i = 0; i < n; i += i < 4096 || n - i < 8192 ? 1 : 509) {
        const unsigned char byte = bytes[i];

        bytes[i] ^= 0xff;
        if (gan_health_load(h, bytes, n) == GAN_OK) {
            gan_finding f = {GAN_FINDING_INIT};

            for (size_t k = 0; k < gan_health_finding_count(h); k++)
                expect_ok(gan_health_finding(h, k, &f));
            if (i % 64 == 0) show(h, 103, 20, NULL);
        } else {
            refused++;
        }
        bytes[i] = byte;
    }
    ck_assert_uint_gt(refused, 16);
    free(bytes);
    gan_health_destroy(h);
}

/* ---- refusals ---- */

TEST(settings_out_of_range_are_refused)
{
    static const char *const names[] = {"a", NULL};
    static const struct {
        gan_health_desc desc;
        const char *part;
    } cases[] = {
        {{GAN_HEALTH_DESC_INIT, .window = 31}, "window of 32 to 512"},
        {{GAN_HEALTH_DESC_INIT, .window = 513}, "window of 32 to 512"},
        {{GAN_HEALTH_DESC_INIT, .win_accuracy = 1.5}, "win_accuracy of 0 to 1"},
        {{GAN_HEALTH_DESC_INIT, .jump = -1}, "jump of 0"},
        {{GAN_HEALTH_DESC_INIT, .copy_ratio = (double)NAN}, "copy_ratio"},
        {{GAN_HEALTH_DESC_INIT, .n_classes = 3}, "3 names in NULL"},
        {{GAN_HEALTH_DESC_INIT, .class_names = names}, "0 names"},
        {{GAN_HEALTH_DESC_INIT, .class_names = names, .n_classes = 2}, "class_names[1] is NULL"},
        {{.struct_size = 8}, "struct_size"},
    };
    gan_health *h;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        h = make();
        gan_health_destroy(h); /* so that it is not NULL */
        expect_fails(gan_health_create(&h, &cases[i].desc), GAN_ERR_INVALID, cases[i].part);
        ck_assert_ptr_null(h);
    }
    expect_fails(gan_health_create(NULL, NULL), GAN_ERR_INVALID, "out is NULL");
}

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    static const char *const names[] = {"trouser", "bag"};
    const gan_health_desc desc = {GAN_HEALTH_DESC_INIT, .class_names = names, .n_classes = 2,
                                  .allocator = allocator};
    gan_health *h;
    const gan_status status = gan_health_create(&h, &desc);

    (void)user;
    *out = h;
    return status;
}

static void destroy(void *made)
{
    gan_health_destroy(made);
}

TEST(a_lack_of_memory_is_refused)
{
    budget_sweep(attempt, destroy, NULL);
}

TEST(calls_without_what_they_need_are_refused)
{
    gan_health *h = make();
    game x = plain_game(&plain_desc);
    float *samples = normals(8 * x.sample, 1);
    gan_batch batch = batch_of(&x, samples, 8);
    gan_train_stats s = usual(0), small = {.struct_size = sizeof(size_t)};
    gan_look look = {GAN_LOOK_INIT};
    gan_finding f = {GAN_FINDING_INIT}, no_room = {.struct_size = sizeof(size_t)};
    double score;

    expect_fails(gan_health_step(NULL, GAN_OK, &s), GAN_ERR_INVALID, "it is NULL");
    expect_fails(gan_health_step(h, GAN_OK, NULL), GAN_ERR_INVALID, "stats is NULL");
    expect_fails(gan_health_step(h, GAN_OK, &small), GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_health_look(NULL, &look), GAN_ERR_INVALID, "it is NULL");
    expect_fails(gan_health_look(h, NULL), GAN_ERR_INVALID, "look is NULL");
    expect_fails(gan_health_verdict(NULL, &f), GAN_ERR_INVALID, "it is NULL");
    expect_fails(gan_health_verdict(h, NULL), GAN_ERR_INVALID, "finding is NULL");
    expect_fails(gan_health_verdict(h, &no_room), GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_health_finding(h, 0, &f), GAN_ERR_INVALID, "finding 0 of 0");
    expect_fails(gan_health_finding(NULL, 0, &f), GAN_ERR_INVALID, "it is NULL");
    expect_fails(gan_health_finding(h, 0, &no_room), GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_health_preflight(NULL, x.trainer, &batch, 9), GAN_ERR_INVALID, "it is NULL");
    expect_fails(gan_health_preflight(h, NULL, &batch, 9), GAN_ERR_INVALID, "trainer is NULL");
    expect_fails(gan_health_preflight(h, x.trainer, NULL, 9), GAN_ERR_INVALID, "batch is NULL");
    batch.count = 0;
    expect_fails(gan_health_preflight(h, x.trainer, &batch, 9), GAN_ERR_INVALID, "got 0");
    batch.samples = NULL;
    expect_fails(gan_health_preflight(h, x.trainer, &batch, 9), GAN_ERR_INVALID, "samples is NULL");
    expect_fails(gan_health_save(NULL, &score), GAN_ERR_INVALID, "it is NULL");
    expect_fails(gan_health_save(h, NULL), GAN_ERR_INVALID, "bytes is NULL");
    expect_fails(gan_health_load(NULL, &score, 8), GAN_ERR_INVALID, "it is NULL");
    expect_fails(gan_health_load(h, NULL, 8), GAN_ERR_INVALID, "bytes is NULL");
    expect_fails(gan_health_best(NULL, NULL, NULL), GAN_ERR_INVALID, "it is NULL");
    expect_status(gan_health_best(h, &score, NULL), GAN_END);
    ck_assert_uint_eq(gan_health_state_size(NULL), 0);
    ck_assert_uint_eq(gan_health_finding_count(NULL), 0);
    ck_assert_int_eq(gan_health_should_stop(NULL) + gan_health_is_best(NULL), 0);
    gan_health_destroy(NULL);
    free(samples);
    gan_health_destroy(h);
    game_end(&x);
}

TEST(verdicts_have_names)
{
    for (int v = GAN_VERDICT_HEALTHY; v <= GAN_VERDICT_RATES_APART; v++)
        ck_assert_str_ne(gan_verdict_name((gan_verdict)v), "unknown verdict");
    ck_assert_str_eq(gan_verdict_name(GAN_VERDICT_D_WINS), "D_WINS");
    ck_assert_str_eq(gan_verdict_name((gan_verdict)99), "unknown verdict");
}
