/* test_optimizer_schedule.c - learning rate schedules and clipping, as in PyTorch. */
#include "expect.h"
#include "golden.h"

#include <gan/optimizer.h>
#include <math.h>
#include <string.h>

enum { STEPS = 40, N = 11 };

static gan_optimizer *optimizer_of(double lr)
{
    gan_adam_desc desc = {GAN_ADAM_DESC_INIT};
    gan_optimizer *opt;

    desc.lr = lr;
    expect_ok(gan_optimizer_create_adam(&opt, &desc));
    expect_ok(gan_optimizer_bind(opt, N));
    return opt;
}

/* ---- schedules ---- */

static const struct {
    const char *name;
    gan_schedule_desc desc;
} schedules[] = {
    {"linear",
     {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_LINEAR, .period = 16, .factor = 0.125}},
    {"cosine",
     {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_COSINE, .period = STEPS - 1, .factor = 0.05}},
    {"step", {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_STEP, .period = 7, .factor = 0.3}},
    {"exponential", {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_EXPONENTIAL, .factor = 0.9}},
    {"warmup",
     {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_STEP, .warmup = 6, .period = 7, .factor = 0.3}},
};
enum { SCHEDULES = sizeof schedules / sizeof *schedules };

TEST_EACH(rates_are_pytorchs, 0, SCHEDULES)
{
    golden *g = golden_open("schedules.bin");
    const float *wanted = golden_get(g, schedules[_i].name, STEPS);
    float w[N] = {0}, grads[N] = {0};
    gan_optimizer *opt = optimizer_of(0.5);

    expect_ok(gan_optimizer_set_schedule(opt, &schedules[_i].desc));
    for (size_t s = 0; s < STEPS; s++) {
        expect_near(gan_optimizer_next_lr(opt), (double)wanted[s], 1e-6, 0);
        ck_assert(gan_optimizer_lr(opt) == 0.5);
        expect_ok(gan_optimizer_step(opt, w, grads, N));
    }
    gan_optimizer_destroy(opt);
    golden_close(g);
}

/* Each rule's step uses the learning rate of next_lr(). */
TEST(a_step_with_a_schedule_is_one_with_its_rate)
{
    float w[4][N], twin[4][N], grads[N];
    gan_optimizer *opts[2][4];

    for (size_t k = 0; k < 2; k++) {
        expect_ok(gan_optimizer_create_adam(&opts[k][0], NULL));
        expect_ok(gan_optimizer_create_adamw(&opts[k][1], NULL));
        expect_ok(gan_optimizer_create_sgd(&opts[k][2], NULL));
        expect_ok(gan_optimizer_create_rmsprop(&opts[k][3], NULL));
    }
    for (size_t i = 0; i < 4; i++) {
        const double lr = gan_optimizer_lr(opts[1][i]);

        for (size_t j = 0; j < N; j++) w[i][j] = twin[i][j] = sinf(1.7f * (float)j);
        expect_ok(gan_optimizer_bind(opts[0][i], N));
        expect_ok(gan_optimizer_bind(opts[1][i], N));
        expect_ok(gan_optimizer_set_schedule(opts[0][i], &schedules[4].desc));
        for (size_t s = 0; s < 20; s++) {
            for (size_t j = 0; j < N; j++) grads[j] = cosf((float)(s * N + j));
            expect_ok(gan_optimizer_set_lr(opts[1][i], gan_optimizer_next_lr(opts[0][i])));
            expect_ok(gan_optimizer_step(opts[0][i], w[i], grads, N));
            expect_ok(gan_optimizer_step(opts[1][i], twin[i], grads, N));
            expect_same_bits(w[i], twin[i], sizeof w[i]);
        }
        ck_assert(gan_optimizer_lr(opts[1][i]) != lr && gan_optimizer_lr(opts[0][i]) == lr);
        expect_ok(gan_optimizer_set_schedule(opts[0][i], NULL));
        ck_assert(gan_optimizer_next_lr(opts[0][i]) == lr);
        gan_optimizer_destroy(opts[0][i]);
        gan_optimizer_destroy(opts[1][i]);
    }
}

TEST(a_schedule_ends_where_it_should)
{
    gan_optimizer *opt = optimizer_of(2);
    float w[N] = {0}, grads[N] = {0};
    gan_schedule_desc desc = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_COSINE, .period = 3};

    expect_ok(gan_optimizer_set_schedule(opt, &desc));
    for (int s = 0; s < 5; s++) expect_ok(gan_optimizer_step(opt, w, grads, N));
    expect_near(gan_optimizer_next_lr(opt), 0, 0, 1e-15);
    desc.kind = GAN_SCHEDULE_LINEAR;
    desc.factor = 3;
    expect_ok(gan_optimizer_set_schedule(opt, &desc));
    ck_assert(gan_optimizer_next_lr(opt) == 6);
    desc.kind = GAN_SCHEDULE_EXPONENTIAL;
    desc.factor = 0.5;
    desc.period = 0; /* is 1 */
    expect_ok(gan_optimizer_set_schedule(opt, &desc));
    ck_assert(gan_optimizer_next_lr(opt) == 2.0 / 32);
    gan_optimizer_destroy(opt);
}

TEST(bad_schedules_are_refused)
{
    gan_optimizer *opt = optimizer_of(0.5);
    gan_schedule_desc good = schedules[2].desc, bad = good;

    expect_fails(gan_optimizer_set_schedule(NULL, &good), GAN_ERR_INVALID, "NULL");
    expect_ok(gan_optimizer_set_schedule(opt, &good));
    bad.factor = 0;
    expect_fails(gan_optimizer_set_schedule(opt, &bad), GAN_ERR_INVALID,
                 "schedule: step without a factor");
    bad.kind = GAN_SCHEDULE_EXPONENTIAL;
    expect_fails(gan_optimizer_set_schedule(opt, &bad), GAN_ERR_INVALID,
                 "schedule: exponential without a factor");
    bad = (gan_schedule_desc){GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_LINEAR};
    expect_fails(gan_optimizer_set_schedule(opt, &bad), GAN_ERR_INVALID,
                 "schedule: linear without a period");
    bad = (gan_schedule_desc){GAN_SCHEDULE_DESC_INIT, .factor = 0.5};
    expect_fails(gan_optimizer_set_schedule(opt, &bad), GAN_ERR_INVALID,
                 "schedule: period 0 and factor 0.5 without a kind");
    bad = (gan_schedule_desc){GAN_SCHEDULE_DESC_INIT, .period = 10};
    expect_fails(gan_optimizer_set_schedule(opt, &bad), GAN_ERR_INVALID,
                 "schedule: period 10 and factor 0 without a kind");
    bad.kind = (gan_schedule)5;
    expect_fails(gan_optimizer_set_schedule(opt, &bad), GAN_ERR_INVALID, "unknown kind 5");
    bad = good;
    bad.factor = -0.5;
    expect_fails(gan_optimizer_set_schedule(opt, &bad), GAN_ERR_INVALID, "factor");
    bad.factor = INFINITY;
    expect_fails(gan_optimizer_set_schedule(opt, &bad), GAN_ERR_INVALID, "factor");
    bad.struct_size = 4;
    expect_fails(gan_optimizer_set_schedule(opt, &bad), GAN_ERR_INVALID, "struct_size");
    for (int s = 0; s < 7; s++) {
        float w[N] = {0}, grads[N] = {0};

        ck_assert(gan_optimizer_next_lr(opt) == 0.5);
        expect_ok(gan_optimizer_step(opt, w, grads, N));
    }
    ck_assert(gan_optimizer_next_lr(opt) == 0.15); /* the good one is still there */
    ck_assert(gan_optimizer_next_lr(NULL) == 0);
    gan_optimizer_destroy(opt);
}

/* ---- rising, and other settings ---- */

TEST_EACH(a_rising_schedule_is_the_falling_one_backwards, GAN_SCHEDULE_LINEAR,
          GAN_SCHEDULE_COSINE + 1)
{
    enum { PERIOD = 12 };
    gan_schedule_desc desc = {GAN_SCHEDULE_DESC_INIT, .kind = (gan_schedule)_i, .period = PERIOD,
                              .factor = 0.25};
    double falling[PERIOD + 1], most = 0;
    float w[N] = {0}, grads[N] = {0};
    gan_optimizer *opt = optimizer_of(0.5);

    expect_ok(gan_optimizer_set_schedule(opt, &desc));
    for (size_t s = 0; s <= PERIOD; s++) {
        falling[s] = gan_optimizer_next_lr(opt);
        expect_ok(gan_optimizer_step(opt, w, grads, N));
    }
    gan_optimizer_destroy(opt);
    desc.rising = 1;
    opt = optimizer_of(0.5);
    expect_ok(gan_optimizer_set_schedule(opt, &desc));
    for (size_t s = 0; s <= PERIOD + 3; s++) {
        const double wanted = s < PERIOD ? falling[PERIOD - s] : 0.5;

        expect_near(gan_optimizer_next_lr(opt), wanted, 1e-12, 0);
        ck_assert(gan_optimizer_next_lr(opt) >= most);
        most = gan_optimizer_next_lr(opt);
        expect_ok(gan_optimizer_step(opt, w, grads, N));
    }
    gan_optimizer_destroy(opt);
}

/* Settings that can be scheduled, and ones that can't. */
TEST(settings_are_scheduled_by_name)
{
    const gan_schedule_desc half = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_LINEAR,
                                    .period = 5, .factor = 0.5};
    const gan_schedule_desc more = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_COSINE,
                                    .period = 5, .factor = 1.2};
    const gan_schedule_desc endless = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_EXPONENTIAL,
                                       .factor = 1.0001};
    const gan_schedule_desc odd[] = {
        {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_STEP, .period = 5, .factor = 0.5,
         .rising = 1},
        {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_LINEAR, .period = 5, .rising = 1,
         .warmup = 2},
        {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_LINEAR, .period = 5, .rising = 2},
        {GAN_SCHEDULE_DESC_INIT, .rising = 1}};
    gan_sgd_desc sgd_desc = {GAN_SGD_DESC_INIT};
    gan_optimizer *opt = optimizer_of(0.5), *sgd;

    sgd_desc.momentum = 0.9;
    expect_ok(gan_optimizer_create_sgd(&sgd, &sgd_desc));
    expect_ok(gan_optimizer_schedule_setting(opt, "lr", &half));
    expect_ok(gan_optimizer_schedule_setting(opt, "eps", &half));
    expect_ok(gan_optimizer_schedule_setting(opt, "beta1", &half));
    expect_ok(gan_optimizer_schedule_setting(opt, "beta2", NULL));
    expect_ok(gan_optimizer_schedule_setting(sgd, "momentum", &half));
    expect_fails(gan_optimizer_schedule_setting(opt, "beta2", &more), GAN_ERR_INVALID,
                 "adam: beta2 must stay below 1, its schedule leads to 1.1988");
    expect_fails(gan_optimizer_schedule_setting(opt, "beta1", &endless), GAN_ERR_INVALID,
                 "its schedule leads to inf");
    expect_fails(gan_optimizer_schedule_setting(opt, "momentum", &half), GAN_ERR_INVALID,
                 "adam: unknown setting \"momentum\"");
    expect_fails(gan_optimizer_schedule_setting(sgd, "nesterov", &half), GAN_ERR_INVALID,
                 "sgd: unknown setting \"nesterov\"");
    expect_fails(gan_optimizer_schedule_setting(NULL, "lr", &half), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_optimizer_schedule_setting(opt, NULL, &half), GAN_ERR_INVALID,
                 "setting is NULL");
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        expect_fails(gan_optimizer_schedule_setting(opt, "lr", &odd[i]), GAN_ERR_INVALID,
                     "only linear and cosine");
    gan_optimizer_destroy(opt);
    gan_optimizer_destroy(sgd);
}

/* A step uses the scheduled setting's current value. */
TEST(a_scheduled_setting_is_that_of_the_step)
{
    const gan_schedule_desc half = {GAN_SCHEDULE_DESC_INIT, .kind = GAN_SCHEDULE_STEP, .period = 1,
                                    .factor = 0.5};
    gan_sgd_desc desc = {GAN_SGD_DESC_INIT};
    float w[N], twin[N], grads[N], same[N];
    gan_optimizer *opt;

    desc.weight_decay = 0.5;
    expect_ok(gan_optimizer_create_sgd(&opt, &desc));
    expect_ok(gan_optimizer_bind(opt, N));
    expect_ok(gan_optimizer_schedule_setting(opt, "weight_decay", &half));
    for (size_t i = 0; i < N; i++) {
        w[i] = same[i] = (float)i - 4;
        grads[i] = 0.25f * (float)i;
    }
    for (size_t s = 0; s < 3; s++) {
        const float decay = 0.5f / (float)(1 << s);

        memcpy(twin, w, sizeof w);
        expect_ok(gan_optimizer_step(opt, w, grads, N));
        for (size_t i = 0; i < N; i++)
            expect_near((double)w[i],
                        (double)twin[i] - 0.01 * ((double)grads[i] + (double)(decay * twin[i])), 0,
                        1e-6);
    }
    ck_assert(memcmp(w, same, sizeof w) != 0);
    gan_optimizer_destroy(opt);
}

/* ---- clipping ---- */

static const struct {
    const char *name;
    gan_limits_desc desc;
} limits[] = {
    {"by_norm", {GAN_LIMITS_DESC_INIT, .grad_norm = 0.75}},
    {"by_value", {GAN_LIMITS_DESC_INIT, .grad_value = 0.25}},
    {"by_weight", {GAN_LIMITS_DESC_INIT, .weight = 0.5}},
    {"by_all", {GAN_LIMITS_DESC_INIT, .grad_norm = 1.5, .grad_value = 0.25, .weight = 0.625}},
};
enum { LIMITS = sizeof limits / sizeof *limits };

TEST_EACH(limited_steps_are_pytorchs, 0, LIMITS)
{
    golden *g = golden_open("schedules.bin");
    const float *grads = golden_get(g, "grads", STEPS * N);
    float w[N];
    gan_optimizer *opt = optimizer_of(0.02);

    memcpy(w, golden_get(g, "first", N), sizeof w);
    expect_ok(gan_optimizer_set_limits(opt, &limits[_i].desc));
    for (size_t s = 0; s < STEPS; s++) expect_ok(gan_optimizer_step(opt, w, grads + s * N, N));
    expect_close(w, golden_get(g, limits[_i].name, N), N, 1e-5, 1e-6);
    gan_optimizer_destroy(opt);
    golden_close(g);
}

enum { MANY = 1000 };

static void run_limited(float *w, const gan_limits_desc *desc, double lr, size_t steps)
{
    gan_sgd_desc sgd = {GAN_SGD_DESC_INIT};
    gan_optimizer *opt;
    float grads[MANY];

    sgd.lr = lr;
    sgd.momentum = 0.5;
    expect_ok(gan_optimizer_create_sgd(&opt, &sgd));
    expect_ok(gan_optimizer_bind(opt, MANY));
    expect_ok(gan_optimizer_set_limits(opt, desc));
    for (size_t s = 0; s < steps; s++) {
        for (size_t i = 0; i < MANY; i++) grads[i] = sinf((float)(i + s));
        expect_ok(gan_optimizer_step(opt, w, grads, MANY));
    }
    gan_optimizer_destroy(opt);
}

TEST(limits_that_are_not_reached_change_nothing)
{
    const gan_limits_desc wide = {GAN_LIMITS_DESC_INIT, .grad_norm = 1e6, .grad_value = 2,
                                  .weight = 1e6};
    static float a[MANY], b[MANY];

    run_limited(a, &wide, 0.1, 20);
    run_limited(b, NULL, 0.1, 20);
    expect_same_bits(a, b, sizeof a);
}

/* A learning rate so high that steps are tried out first. */
TEST(limits_hold_when_steps_are_tried_out)
{
    const gan_limits_desc tight = {GAN_LIMITS_DESC_INIT, .grad_value = 0.5, .weight = 0.01};
    static float w[MANY];

    run_limited(w, &tight, 1e31, 3);
    for (size_t i = 0; i < MANY; i++) ck_assert(fabsf(w[i]) <= 0.01f);
}

TEST(a_gradient_that_is_no_number_is_refused_within_limits)
{
    const gan_limits_desc desc = {GAN_LIMITS_DESC_INIT, .grad_norm = 1, .grad_value = 1,
                                  .weight = 1};
    const float bad[] = {NAN, INFINITY, -INFINITY};
    gan_optimizer *opt = optimizer_of(0.1);

    expect_ok(gan_optimizer_set_limits(opt, &desc));
    for (size_t i = 0; i < 3; i++) {
        float w[N] = {0}, zeros[N] = {0}, grads[N] = {0};

        grads[4] = bad[i];
        expect_fails(gan_optimizer_step(opt, w, grads, N), GAN_ERR_NONFINITE, "not finite");
        expect_same_bits(w, zeros, sizeof w);
    }
    gan_optimizer_destroy(opt);
}

TEST(bad_limits_are_refused)
{
    gan_optimizer *opt = optimizer_of(0.5);
    const gan_limits_desc bad[] = {{GAN_LIMITS_DESC_INIT, .grad_norm = -1},
                                   {GAN_LIMITS_DESC_INIT, .grad_value = NAN},
                                   {GAN_LIMITS_DESC_INIT, .weight = INFINITY}};

    expect_fails(gan_optimizer_set_limits(NULL, &bad[0]), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_optimizer_set_limits(opt, &bad[0]), GAN_ERR_INVALID, "grad_norm");
    expect_fails(gan_optimizer_set_limits(opt, &bad[1]), GAN_ERR_INVALID, "grad_value");
    expect_fails(gan_optimizer_set_limits(opt, &bad[2]), GAN_ERR_INVALID, "weight");
    expect_fails(gan_optimizer_set_limits(opt, &(gan_limits_desc){.struct_size = 8}),
                 GAN_ERR_INVALID, "struct_size");
    gan_optimizer_destroy(opt);
}
