/* test_health_looks.c - findings in looks at samples: real pictures altered as by failing
 * generators, the best look, and when to stop. */
#include "budget.h"
#include "expect.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST_TIMEOUT(300)

/* Silhouettes of 8 kinds stand for pictures with classes. */
enum { SIDE = 16, PIXELS = SIDE * SIDE, N = 400, CLASSES = 8, ALL = 3 * N };

static float pictures[ALL][PIXELS];
static uint16_t kinds[ALL];

/* Blobs in one of eight places, of varying size and brightness: classes that a nearest neighbour
 * separates, each a continuum. */
static void draw(gan_rng *rng, float *x, unsigned kind)
{
    float u[4];

    gan_rng_uniform(rng, 4, u);
    const float width = 2.5f + 2 * u[0], height = 2.5f + 2 * u[1], bright = 0.4f + 1.2f * u[2];
    const float cx = 3.5f + 9 * (float)(kind % 4) / 3, cy = kind < 4 ? 4 : 11 + u[3];

    for (int r = 0; r < SIDE; r++)
        for (int c = 0; c < SIDE; c++) {
            const float dx = ((float)c - cx) / width, dy = ((float)r - cy) / height;

            x[r * SIDE + c] = -1 + bright * expf(-dx * dx - dy * dy);
        }
}

/* `n` pictures, of all kinds in turn but for `left_out`. */
static void draw_many(float (*x)[PIXELS], uint16_t *labels, size_t n, uint64_t seed,
                      unsigned left_out)
{
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, seed, 0, NULL));
    for (size_t i = 0, kind = 0; i < n; i++, kind++) {
        if (kind % CLASSES == left_out) kind++;
        labels[i] = (uint16_t)(kind % CLASSES);
        draw(rng, x[i], labels[i]);
    }
    gan_rng_destroy(rng);
}

static gan_reference *reference_of(void)
{
    gan_reference_desc desc = {
        GAN_REFERENCE_DESC_INIT, .held_out = pictures[N],      .n_held_out = N, .labels = kinds,
        .n_classes = CLASSES,    .held_out_labels = kinds + N, .n_threads = 1};
    gan_reference *ref;

    draw_many(pictures, kinds, 2 * N, 1, CLASSES);
    expect_ok(gan_reference_create(&ref, pictures[0], N, PIXELS, &desc));
    return ref;
}

static const char *const class_names[CLASSES] = {"trouser", "pullover", "dress",   "coat",
                                                 "sandal",  "shirt",    "sneaker", "bag"};

static gan_health *make(void)
{
    gan_health_desc desc = {GAN_HEALTH_DESC_INIT, .class_names = class_names, .n_classes = CLASSES};
    gan_train_stats s = {GAN_TRAIN_STATS_INIT,    .d_steps = 5000,  .d_loss = 1,
                         .d_real = 0.7,           .d_fake = 0.3,    .d_real_accuracy = 0.75,
                         .d_fake_accuracy = 0.75, .d_grad_norm = 1, .g_grad_norm = 1};
    gan_health *h;

    expect_ok(gan_health_create(&h, &desc));
    for (int i = 0; i < 48; i++) expect_ok(gan_health_step(h, GAN_OK, &s)); /* past the start */
    return h;
}

static gan_finding verdict_of(const gan_health *h)
{
    gan_finding f = {GAN_FINDING_INIT};

    expect_ok(gan_health_verdict(h, &f));
    return f;
}

static gan_finding_level level_of(const gan_health *h, gan_verdict which)
{
    gan_finding f = {GAN_FINDING_INIT};

    for (size_t i = 0; i < gan_health_finding_count(h); i++) {
        expect_ok(gan_health_finding(h, i, &f));
        if (f.verdict == which) return f.level;
    }
    return GAN_FINDING_NONE;
}

/* ---- pictures altered as generators fail ---- */

static float samples[N][PIXELS];
static uint16_t asked[N];

static void add_noise(float *x, size_t n, float deviation, uint64_t seed)
{
    float *noise = malloc(n * sizeof *noise);
    gan_rng *rng;

    ck_assert_ptr_nonnull(noise);
    expect_ok(gan_rng_create(&rng, seed, 1, NULL));
    gan_rng_normal(rng, n, noise);
    for (size_t i = 0; i < n; i++) x[i] += deviation * noise[i];
    gan_rng_destroy(rng);
    free(noise);
}

static void fresh(uint64_t seed)
{
    draw_many(samples, asked, N, seed, CLASSES);
}

static void without_one_class(uint64_t seed)
{
    draw_many(samples, asked, N, seed, 6);
}

static void repeated(uint64_t seed)
{
    fresh(seed);
    for (size_t i = 16; i < N; i++) {
        memcpy(samples[i], samples[i % 16], sizeof samples[i]);
        asked[i] = asked[i % 16];
    }
    add_noise(samples[0], N * PIXELS, 0.001f, seed);
}

static void copied(uint64_t seed)
{
    memcpy(samples, pictures, sizeof samples);
    memcpy(asked, kinds, sizeof asked);
    add_noise(samples[0], N * PIXELS, 0.002f, seed);
}

static void noisy(uint64_t seed)
{
    fresh(seed);
    add_noise(samples[0], N * PIXELS, 0.15f, seed);
}

/* Each moved half way to the mean of its kind. */
static void washed_out(uint64_t seed)
{
    static float mean[CLASSES][PIXELS];

    fresh(seed);
    memset(mean, 0, sizeof mean);
    for (size_t i = 0; i < N; i++)
        for (size_t p = 0; p < PIXELS; p++) mean[asked[i]][p] += samples[i][p] / (N / CLASSES);
    for (size_t i = 0; i < N; i++)
        for (size_t p = 0; p < PIXELS; p++)
            samples[i][p] = 0.5f * samples[i][p] + 0.5f * mean[asked[i]][p];
}

static void of_other_classes(uint64_t seed)
{
    fresh(seed);
    for (size_t i = 0; i < N; i++) asked[i] = (uint16_t)((asked[i] + i / CLASSES) % CLASSES);
}

/* A look at the samples as by a host. */
static void look_at(gan_health *h, gan_reference *ref)
{
    gan_comparison c = {GAN_COMPARISON_INIT};
    gan_look look = {GAN_LOOK_INIT, .comparison = &c, .held_out = N,
                     .held_out_accepted = 7 * N / 10};

    expect_ok(gan_reference_compare(ref, samples[0], asked, N, &c));
    look.modes = gan_reference_classes(ref, &look.n_modes);
    expect_ok(gan_health_look(h, &look));
}

static const struct {
    void (*make)(uint64_t seed);
    gan_verdict wanted;
    int looks; /* the last of which brings the verdict */
    const char *part;
} failures[] = {
    {fresh, GAN_VERDICT_HEALTHY, 2, "after 48 steps and 2 looks"},
    {without_one_class, GAN_VERDICT_MODES_MISSING, 4, "1 of 8 modes are hardly generated: sneaker"},
    {repeated, GAN_VERDICT_COLLAPSED, 2, "100 % of them nearly repeat another"},
    {copied, GAN_VERDICT_MEMORISED, 2, "copies of training samples"},
    {of_other_classes, GAN_VERDICT_LABELS_IGNORED, 2, "of the classes that were asked for: 14 %"},
};

TEST_EACH(each_failure_gets_its_verdict_at_its_look, 0, sizeof failures / sizeof *failures)
{
    gan_reference *ref = reference_of();
    gan_health *h = make();

    for (int i = 1; i < failures[_i].looks; i++) {
        failures[_i].make(10 + (uint64_t)i);
        look_at(h, ref);
        ck_assert_int_eq(verdict_of(h).verdict, GAN_VERDICT_HEALTHY);
        if (failures[_i].wanted != GAN_VERDICT_HEALTHY)
            ck_assert_int_eq(level_of(h, failures[_i].wanted), GAN_FINDING_NOTE);
    }
    failures[_i].make(10 + (uint64_t)failures[_i].looks);
    look_at(h, ref);
    const gan_finding f = verdict_of(h);
    ck_assert_msg(f.verdict == failures[_i].wanted, "%s expected, got %s: %s",
                  gan_verdict_name(failures[_i].wanted), gan_verdict_name(f.verdict), f.sentence);
    ck_assert_msg(strstr(f.sentence, failures[_i].part) != NULL, "\"%s\" is not in: %s",
                  failures[_i].part, f.sentence);
    ck_assert_int_eq(gan_health_should_stop(h), failures[_i].wanted == GAN_VERDICT_COLLAPSED);
    if (f.verdict == GAN_VERDICT_HEALTHY) ck_assert_uint_eq(gan_health_finding_count(h), 0);
    gan_health_destroy(h);
    gan_reference_destroy(ref);
}

/* Findings that a generator also has while it learns are verdicts only without improvement. */
TEST_EACH(noise_and_blur_are_notes_until_nothing_gets_better, 0, 2)
{
    static void (*const makers[])(uint64_t) = {noisy, washed_out};
    static const gan_verdict wanted[] = {GAN_VERDICT_NOISY, GAN_VERDICT_BLURRED};
    gan_reference *ref = reference_of();
    gan_health *h = make();

    for (uint64_t look = 0; look < 4; look++) {
        makers[_i](7);
        look_at(h, ref);
        const gan_finding f = verdict_of(h);
        ck_assert_msg((f.verdict == wanted[_i]) == (look == 3), "look %d: %s", (int)look,
                      f.sentence);
        ck_assert_int_ne(level_of(h, wanted[_i]), GAN_FINDING_NONE);
    }
    gan_health_destroy(h);
    gan_reference_destroy(ref);
}

static void look_at_repeated(gan_health *h, gan_reference *ref, size_t distinct)
{
    fresh(5);
    for (size_t i = distinct; i < N; i++)
        memcpy(samples[i], samples[i % distinct], sizeof samples[i]);
    look_at(h, ref);
}

/* Samples that recently spread may do so again, unless they contract. */
TEST_EACH(a_generator_whose_samples_spread_has_not_collapsed, 0, 2)
{
    const size_t then = _i == 0 ? 64 : 8, notes = _i == 0 ? 4 : 1;
    gan_reference *ref = reference_of();
    gan_health *h = make();

    for (size_t distinct = 8; distinct <= 64; distinct *= 2) {
        look_at_repeated(h, ref, distinct);
        ck_assert_int_eq(level_of(h, GAN_VERDICT_COLLAPSED), GAN_FINDING_NOTE);
    }
    for (size_t i = 0; i < notes; i++) {
        look_at_repeated(h, ref, then);
        ck_assert_int_eq(level_of(h, GAN_VERDICT_COLLAPSED), GAN_FINDING_NOTE);
    }
    look_at_repeated(h, ref, then);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_COLLAPSED), GAN_FINDING_VERDICT);
    gan_health_destroy(h);
    gan_reference_destroy(ref);
}

/* ---- numbers of the host's ---- */

static void expect_look(gan_health *h, gan_look look)
{
    expect_ok(gan_health_look(h, &look));
}

TEST(labels_that_say_nothing_about_the_data_are_told_from_a_generator_that_ignores_them)
{
    gan_comparison c = {GAN_COMPARISON_INIT, .n_generated = 1000, .n_reference = 1000};
    const gan_look look = {GAN_LOOK_INIT, .comparison = &c, .chance = 0.1};
    gan_health *h = make();

    c.agreement = (gan_estimate){.value = 0.11, .floor = 0.105};
    expect_look(h, look);
    expect_look(h, look);
    ck_assert_int_eq(verdict_of(h).verdict, GAN_VERDICT_LABELS_IGNORED);
    ck_assert_ptr_nonnull(strstr(verdict_of(h).sentence, "the labels say nothing about the data"));
    gan_health_destroy(h);
}

TEST(a_discriminator_that_memorises_its_samples_is_found_by_held_out_ones)
{
    gan_health *h = make();
    const gan_look good = {GAN_LOOK_INIT, .held_out = 500, .held_out_accepted = 350};
    const gan_look bad = {GAN_LOOK_INIT, .held_out = 500, .held_out_accepted = 200};
    const gan_look few = {GAN_LOOK_INIT, .held_out = 5, .held_out_accepted = 2};

    for (int i = 0; i < 3; i++) expect_look(h, good);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_OVERFIT), GAN_FINDING_NONE);
    for (int i = 0; i < 3; i++) expect_look(h, few); /* 5 samples are not significant */
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_OVERFIT), GAN_FINDING_NONE);
    expect_look(h, bad);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_OVERFIT), GAN_FINDING_NOTE);
    expect_look(h, bad);
    ck_assert_ptr_nonnull(strstr(verdict_of(h).sentence,
                                 "classifies 75 % of them as real, but 40 % of 500 held-out"));
    gan_health_destroy(h);
}

/* Outputs for training samples begin at `from`, for held-out ones `way` lower, for generated ones 1
 * lower; each spreads over one unit. */
static gan_look look_of_outputs(float outputs[3][400], float from, float way)
{
    for (size_t i = 0; i < 400; i++) {
        const float within = (float)(i * 7919 % 400) / 400;

        outputs[0][i] = from + within;
        outputs[1][i] = from + within - way;
        outputs[2][i] = from + within - 1;
    }
    return (gan_look){GAN_LOOK_INIT,
                      .d_trained = outputs[0],
                      .d_held_out = outputs[1],
                      .d_generated = outputs[2],
                      .n_d_trained = 400,
                      .n_d_held_out = 400,
                      .n_d_generated = 400};
}

/* A discriminator oscillates: accuracies of earlier steps are not evidence about held-out samples
 * now, nor is the zero of its outputs. */
TEST(outputs_show_a_discriminator_that_memorises_its_samples_wherever_its_zero_is)
{
    static float outputs[3][400];
    static const struct {
        float from, way;
        gan_finding_level wanted;
    } cases[] = {{0.5f, 0, GAN_FINDING_NONE},       {-300, 0, GAN_FINDING_NONE},
                 {0.5f, 0.1f, GAN_FINDING_NONE},    {0.5f, 0.9f, GAN_FINDING_VERDICT},
                 {-300, 0.9f, GAN_FINDING_VERDICT}, {300, 0.9f, GAN_FINDING_VERDICT},
                 {-0.5f, -0.9f, GAN_FINDING_NONE}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gan_health *h = make();
        gan_look look = look_of_outputs(outputs, cases[i].from, cases[i].way);

        look.held_out = 500; /* not read */
        for (int k = 0; k < 2; k++) expect_look(h, look);
        ck_assert_int_eq(level_of(h, GAN_VERDICT_D_OVERFIT), cases[i].wanted);
        if (cases[i].wanted == GAN_FINDING_VERDICT)
            ck_assert_ptr_nonnull(strstr(verdict_of(h).sentence, "in 99.5 % of pairs"));
        look.n_d_trained = look.n_d_held_out = 5; /* so few are not significant */
        for (int k = 0; k < 2; k++) expect_look(h, look);
        ck_assert_int_eq(level_of(h, GAN_VERDICT_D_OVERFIT), GAN_FINDING_NONE);
        gan_health_destroy(h);
    }
}

TEST(modes_that_are_still_being_found_are_a_note)
{
    gan_reference_share modes[4] = {{100, 100, 0}, {100, 0, 0}, {100, 0, 0}, {100, 100, 0}};
    const gan_look look = {GAN_LOOK_INIT, .modes = modes, .n_modes = 4};
    gan_health *h = make();

    expect_look(h, look);
    modes[1].generated = 100; /* half of the missing ones */
    expect_look(h, look);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_MODES_MISSING), GAN_FINDING_NOTE);
    expect_look(h, look);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_MODES_MISSING), GAN_FINDING_NOTE);
    expect_look(h, look);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_MODES_MISSING), GAN_FINDING_VERDICT);
    gan_health_destroy(h);
}

/* While samples still spread a class may appear late: the verdict takes twice as many looks, also in the first looks,
 * which can't detect spreading.  It doesn't if most classes are missing, or if one disappears later. */
TEST_EACH(a_class_that_is_missing_while_samples_spread_takes_longer_to_be_a_verdict, 0, 4)
{
    gan_reference_share modes[4] = {{100, 100, 0}, {100, 100, 0}, {100, 100, 0}, {100, 0, 0}};
    gan_comparison c = {GAN_COMPARISON_INIT, .n_generated = 400, .n_reference = 400};
    const gan_look look = {GAN_LOOK_INIT, .comparison = &c, .modes = modes, .n_modes = 4};
    const int spreads = _i < 2, most = _i == 1, late = _i == 3, wanted = most || late ? 2 : 4;
    gan_health *h = make();

    for (size_t i = 1; most && i < 3; i++) modes[i].generated = 0;
    for (int i = 1; late && i <= 4; i++) {
        modes[3].generated = 100;
        c.coverage = (gan_estimate){.value = 0.4, .floor = 0.97};
        expect_look(h, look);
    }
    modes[3].generated = 0;
    for (int i = 1; i <= 5; i++) {
        c.coverage = (gan_estimate){.value = spreads ? 0.1 * i : 0.4, .floor = 0.97};
        expect_look(h, look);
        ck_assert_int_eq(level_of(h, GAN_VERDICT_MODES_MISSING),
                         i < wanted ? GAN_FINDING_NOTE : GAN_FINDING_VERDICT);
    }
    gan_health_destroy(h);
}

TEST(without_held_out_samples_the_sign_of_logits_is_a_note)
{
    gan_train_stats s = {GAN_TRAIN_STATS_INIT, .d_steps = 5000,        .d_loss = 1,
                         .d_real = 0.7,        .d_real_accuracy = 0.9, .d_fake_accuracy = 0.9,
                         .d_grad_norm = 1,     .g_grad_norm = 1};
    const gan_look look = {GAN_LOOK_INIT};
    gan_health *h = make();

    for (int i = 0; i < 256; i++) expect_ok(gan_health_step(h, GAN_OK, &s));
    for (int i = 0; i < 5; i++) expect_look(h, look);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_OVERFIT), GAN_FINDING_NOTE);
    ck_assert_int_eq(verdict_of(h).verdict, GAN_VERDICT_HEALTHY);
    gan_health_destroy(h);
}

/* A critic's outputs have no decision boundary: their sign is not evidence, in any look. */
TEST(the_sign_of_a_critic_without_a_boundary_says_nothing)
{
    gan_train_stats s = {GAN_TRAIN_STATS_INIT, .d_steps = 5000,      .d_loss = 1,
                         .d_real = 0.7,        .d_real_accuracy = 1, .d_fake_accuracy = 1,
                         .d_grad_norm = 1,     .g_grad_norm = 1,     .boundary = GAN_BOUNDARY_NONE};
    const gan_look looks[] = {
        {GAN_LOOK_INIT},
        {GAN_LOOK_INIT, .held_out = 500, .held_out_accepted = 200},
    };
    gan_health *h = make();

    for (int i = 0; i < 256; i++) expect_ok(gan_health_step(h, GAN_OK, &s));
    for (size_t i = 0; i < 10; i++) expect_look(h, looks[i % 2]);
    ck_assert_uint_eq(gan_health_finding_count(h), 0);
    s.boundary = GAN_BOUNDARY_ZERO; /* the same statistics of another objective */
    for (int i = 0; i < 256; i++) expect_ok(gan_health_step(h, GAN_OK, &s));
    for (size_t i = 0; i < 2; i++) expect_look(h, looks[1]);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_OVERFIT), GAN_FINDING_VERDICT);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_WINS), GAN_FINDING_NOTE);
    gan_health_destroy(h);
}

TEST(findings_of_a_young_run_are_notes)
{
    gan_health *h;
    gan_comparison c = {GAN_COMPARISON_INIT, .n_generated = 1000, .n_reference = 1000};
    const gan_look look = {GAN_LOOK_INIT, .comparison = &c};

    expect_ok(gan_health_create(&h, NULL));
    c.nn_ratio = (gan_estimate){.value = 0.1, .floor = 1};
    c.copying = (gan_estimate){.value = -30};
    for (int i = 0; i < 4; i++) expect_look(h, look);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_MEMORISED), GAN_FINDING_NOTE);
    gan_health_destroy(h);
}

TEST(more_missing_classes_than_a_sentence_holds_are_counted)
{
    enum { MODES = 20 };
    gan_reference_share modes[MODES] = {{0}};
    const gan_look look = {GAN_LOOK_INIT, .modes = modes, .n_modes = MODES};
    gan_health *h = make();

    for (size_t i = 0; i < MODES; i++) modes[i].reference = 50;
    modes[0].generated = 1000;
    expect_look(h, look);
    expect_look(h, look);
    ck_assert_str_eq(verdict_of(h).sentence,
                     "19 of 20 modes are hardly generated: 1, 2, 3, 4, 5, 6 ...");
    for (size_t i = 0; i < MODES; i++) modes[i].generated = 50;
    modes[19] = (gan_reference_share){.reference = 1}; /* too few to tell */
    expect_look(h, look);
    ck_assert_int_eq(verdict_of(h).verdict, GAN_VERDICT_HEALTHY);
    gan_health_destroy(h);
}

TEST(modes_that_come_and_go_are_a_note)
{
    gan_reference_share modes[CLASSES];
    const gan_look look = {GAN_LOOK_INIT, .modes = modes, .n_modes = CLASSES};
    gan_health *h = make();

    for (size_t i = 0; i < 2 * CLASSES; i++) {
        for (size_t k = 0; k < CLASSES; k++)
            modes[k] =
                (gan_reference_share){.reference = 100, .generated = k == i % CLASSES ? 0 : 100};
        expect_look(h, look);
        ck_assert_int_eq(level_of(h, GAN_VERDICT_MODES_MISSING), GAN_FINDING_NOTE);
    }
    expect_look(h, look);
    expect_look(h, look);
    ck_assert_str_eq(verdict_of(h).sentence, "1 of 8 modes are hardly generated: bag");
    gan_health_destroy(h);
}

/* ---- the best look, and the end ---- */

TEST(the_best_look_is_known_and_the_last_progress_long_ago_ends_the_run)
{
    gan_health *h = make();
    double score;
    uint64_t step;

    ck_assert_int_eq(gan_health_is_best(h), 0);
    expect_look(h, (gan_look){GAN_LOOK_INIT, .score = 50, .score_error = 1});
    ck_assert_int_eq(gan_health_is_best(h), 1);
    expect_look(h, (gan_look){GAN_LOOK_INIT, .score = 30, .score_error = 1});
    ck_assert_int_eq(gan_health_is_best(h), 1);
    expect_look(h, (gan_look){GAN_LOOK_INIT, .score = 35, .score_error = 1});
    ck_assert_int_eq(gan_health_is_best(h), 0);
    for (int i = 0; i < 8; i++)
        expect_look(h, (gan_look){GAN_LOOK_INIT, .score = 29.9 - 0.01 * i, .score_error = 1});
    ck_assert_int_eq(gan_health_is_best(h), 1); /* better, but not by more than its error */
    ck_assert_int_eq(gan_health_should_stop(h), 0);
    expect_look(h, (gan_look){GAN_LOOK_INIT, .score = 40, .score_error = 1});
    expect_look(h, (gan_look){GAN_LOOK_INIT, .score = 40, .score_error = 1});
    ck_assert_int_eq(gan_health_should_stop(h), 1);
    ck_assert_ptr_nonnull(
        strstr(verdict_of(h).sentence, "in 11 looks: the best score is 29.8, of look 11"));
    expect_ok(gan_health_best(h, &score, &step));
    ck_assert(score > 29.8 && score < 29.9);
    ck_assert_uint_eq(step, 5000);
    expect_look(h, (gan_look){GAN_LOOK_INIT, .score = 20, .score_error = 1});
    ck_assert_int_eq(gan_health_should_stop(h), 0);
    gan_health_destroy(h);
}

TEST(a_discriminator_that_is_always_right_wins_when_looks_get_no_better)
{
    gan_train_stats s = {GAN_TRAIN_STATS_INIT, .d_steps = 5000,      .d_loss = 0.01,
                         .d_real = 1,          .d_real_accuracy = 1, .d_fake_accuracy = 1,
                         .d_grad_norm = 1,     .g_grad_norm = 1};
    gan_health *h = make();

    for (int i = 0; i < 304; i++) expect_ok(gan_health_step(h, GAN_OK, &s));
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_WINS), GAN_FINDING_NOTE);
    for (int i = 0; i < 4; i++) expect_look(h, (gan_look){GAN_LOOK_INIT, .score = 5});
    for (int i = 0; i < 16; i++) expect_ok(gan_health_step(h, GAN_OK, &s));
    ck_assert_int_eq(verdict_of(h).verdict, GAN_VERDICT_D_WINS);
    gan_health_destroy(h);
}

TEST(a_discriminator_that_is_always_right_wins_when_samples_stay_far_from_all_real_ones)
{
    gan_train_stats s = {GAN_TRAIN_STATS_INIT, .d_steps = 5000,      .d_loss = 0.01,
                         .d_real = 1,          .d_real_accuracy = 1, .d_fake_accuracy = 1,
                         .d_grad_norm = 1,     .g_grad_norm = 1};
    gan_comparison c = {GAN_COMPARISON_INIT, .n_generated = 1000, .n_reference = 1000};
    const gan_look look = {GAN_LOOK_INIT, .comparison = &c};
    gan_health *h = make();

    for (int i = 0; i < 304; i++) expect_ok(gan_health_step(h, GAN_OK, &s));
    c.coverage = (gan_estimate){.value = 0.05, .floor = 0.97};
    c.kid.value = 0.5; /* which falls */
    expect_look(h, look);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_WINS), GAN_FINDING_NOTE);
    c.kid.value = 0.3;
    expect_look(h, look);
    ck_assert_int_eq(verdict_of(h).verdict, GAN_VERDICT_D_WINS);
    ck_assert_ptr_nonnull(strstr(verdict_of(h).sentence, "coverage is 0.05 (real 0.97)"));
    c.coverage.value = 0.2;
    expect_look(h, look);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_WINS), GAN_FINDING_NOTE);
    c.recall = (gan_estimate){.value = 0.01, .floor = 0.9}; /* few samples, repeated */
    c.kid.value = 0.2;
    expect_look(h, look);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_WINS), GAN_FINDING_NOTE);
    c.kid.value = 0.1;
    expect_look(h, look);
    ck_assert_int_eq(verdict_of(h).verdict, GAN_VERDICT_D_WINS);
    ck_assert_ptr_nonnull(strstr(verdict_of(h).sentence, "and recall is 0.01 (real 0.9)"));
    c.recall.value = 0.5;
    expect_look(h, look);
    ck_assert_int_eq(level_of(h, GAN_VERDICT_D_WINS), GAN_FINDING_NOTE);
    gan_health_destroy(h);
}

TEST(without_a_score_the_kernel_distance_tells_the_best_look)
{
    gan_comparison c = {GAN_COMPARISON_INIT, .n_generated = 1000, .n_reference = 1000};
    const gan_look look = {GAN_LOOK_INIT, .comparison = &c};
    gan_health *h = make();
    double score;

    c.kid.value = 0.5;
    expect_look(h, look);
    c.kid.value = -0.001;
    expect_look(h, look);
    ck_assert_int_eq(gan_health_is_best(h), 1);
    expect_ok(gan_health_best(h, &score, NULL));
    expect_near(score, -0.001, 0, 0);
    gan_health_destroy(h);
}

/* ---- refusals ---- */

TEST(looks_that_make_no_sense_are_refused_and_change_nothing)
{
    const gan_reference_share mode = {1, 1, 0};
    const float x = 0;
    const gan_comparison no_room = {.struct_size = sizeof(size_t)};
    const struct {
        gan_look look;
        gan_status status;
        const char *part;
    } cases[] = {
        {{GAN_LOOK_INIT, .score = (double)NAN}, GAN_ERR_NONFINITE, "finite score"},
        {{GAN_LOOK_INIT, .score = 1, .score_error = (double)INFINITY}, GAN_ERR_NONFINITE, "error"},
        {{GAN_LOOK_INIT, .n_modes = 2}, GAN_ERR_INVALID, "2 in NULL"},
        {{GAN_LOOK_INIT, .modes = &mode}, GAN_ERR_INVALID, "got 0"},
        {{GAN_LOOK_INIT, .comparison = &no_room}, GAN_ERR_INVALID, "comparison: struct_size"},
        {{GAN_LOOK_INIT, .held_out = 3, .held_out_accepted = 4}, GAN_ERR_INVALID, "4 of 3"},
        {{GAN_LOOK_INIT, .chance = 2}, GAN_ERR_INVALID, "chance of 0 to 1"},
        {{GAN_LOOK_INIT, .d_trained = &x, .n_d_trained = 1},
         GAN_ERR_INVALID,
         "each with an address"},
        {{GAN_LOOK_INIT, .d_trained = &x, .d_held_out = &x, .d_generated = &x, .n_d_trained = 1},
         GAN_ERR_INVALID,
         "got 1, 0 and 0"},
        {{GAN_LOOK_INIT, .n_d_trained = 1, .n_d_held_out = 1, .n_d_generated = 1},
         GAN_ERR_INVALID,
         "got 1, 1 and 1"},
        {{.struct_size = 8}, GAN_ERR_INVALID, "struct_size"},
    };
    gan_health *h = make();
    const size_t n = gan_health_state_size(h);
    void *before = malloc(n), *after = malloc(n);

    expect_ok(gan_health_save(h, before));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_fails(gan_health_look(h, &cases[i].look), cases[i].status, cases[i].part);
    expect_ok(gan_health_save(h, after));
    expect_same_bits(before, after, n);
    free(before);
    free(after);
    gan_health_destroy(h);
}
