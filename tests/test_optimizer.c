/* test_optimizer.c - update rules against PyTorch, and what they refuse. */
#include "budget.h"
#include "expect.h"
#include "golden.h"

#include <gan/optimizer.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 11, STEPS = 50 };

/* Each begins with its size and its learning rate. */
typedef union any_desc {
    gan_adam_desc adam;
    gan_adabelief_desc adabelief;
    gan_lion_desc lion;
    gan_sgd_desc sgd;
    gan_rmsprop_desc rmsprop;
} any_desc;

#define ADAM_RULE(...)                                                                             \
    ADAM,                                                                                          \
    {                                                                                              \
        .adam = { sizeof(gan_adam_desc), __VA_ARGS__, NULL }                                       \
    }
#define ADAMW_RULE(...)                                                                            \
    ADAMW,                                                                                         \
    {                                                                                              \
        .adam = { sizeof(gan_adam_desc), __VA_ARGS__, NULL }                                       \
    }
#define ADABELIEF_RULE(...)                                                                        \
    ADABELIEF,                                                                                     \
    {                                                                                              \
        .adabelief = { sizeof(gan_adabelief_desc), __VA_ARGS__, NULL }                             \
    }
#define LION_RULE(...)                                                                             \
    LION,                                                                                          \
    {                                                                                              \
        .lion = { sizeof(gan_lion_desc), __VA_ARGS__, NULL }                                       \
    }
#define SGD_RULE(...)                                                                              \
    SGD,                                                                                           \
    {                                                                                              \
        .sgd = { sizeof(gan_sgd_desc), __VA_ARGS__, NULL }                                         \
    }
#define RMSPROP_RULE(...)                                                                          \
    RMSPROP,                                                                                       \
    {                                                                                              \
        .rmsprop = { sizeof(gan_rmsprop_desc), __VA_ARGS__, NULL }                                 \
    }

/* The rules of make_golden.py, with the same settings. */
static const struct {
    const char *name;
    enum { ADAM, ADAMW, ADABELIEF, LION, SGD, RMSPROP } kind;
    any_desc desc;
} rules[] = {{"adam", ADAM_RULE(0.01, 0.9, 0.999, 1e-8, 0, 0)},
             {"adam_decay", ADAM_RULE(0.02, 0.5, 0.9, 1e-3, 0.1, 0)},
             {"adamw", ADAMW_RULE(0.01, 0.9, 0.999, 1e-8, 0.01, 0)},
             {"adamw_decay", ADAMW_RULE(0.02, 0.0, 0.99, 1e-8, 0.3, 0)},
             {"adam_no_momentum", ADAM_RULE(0.01, 0.0, 0.9, 1e-8, 0, 0)},
             {"adam_amsgrad", ADAM_RULE(0.01, 0.9, 0.999, 1e-8, 0.1, 1)},
             {"adamw_amsgrad", ADAMW_RULE(0.02, 0.5, 0.9, 1e-8, 0.3, 1)},
             {"adabelief", ADABELIEF_RULE(0.01, 0.9, 0.999, 1e-16, 0)},
             {"adabelief_decay", ADABELIEF_RULE(0.02, 0.5, 0.9, 1e-8, 0.3)},
             {"lion", LION_RULE(0.001, 0.9, 0.99, 0)},
             {"lion_decay", LION_RULE(0.01, 0.5, 0.9, 0.3)},
             {"sgd", SGD_RULE(0.01, 0, 0, 0, 0)},
             {"sgd_momentum", SGD_RULE(0.01, 0.9, 0, 0, 0)},
             {"sgd_dampening", SGD_RULE(0.02, 0.8, 0.3, 0, 0)},
             {"sgd_nesterov", SGD_RULE(0.01, 0.7, 0, 0, 1)},
             {"sgd_nesterov_decay", SGD_RULE(0.01, 0.7, 0, 0.3, 1)},
             {"sgd_decay", SGD_RULE(0.05, 0.5, 0, 0.2, 0)},
             {"rmsprop", RMSPROP_RULE(0.01, 0.99, 1e-8, 0, 0, 0)},
             {"rmsprop_momentum", RMSPROP_RULE(0.01, 0.9, 1e-8, 0.6, 0.05, 0)},
             {"rmsprop_centered", RMSPROP_RULE(0.01, 0.95, 1e-4, 0, 0, 1)},
             {"rmsprop_all", RMSPROP_RULE(0.02, 0.99, 1e-8, 0.5, 0.1, 1)}};
enum { N_RULES = sizeof rules / sizeof rules[0] };

static gan_status make_rule(gan_optimizer **out, int i, const gan_allocator *allocator)
{
    any_desc d = rules[i].desc;

#define CREATE(member, rule)                                                                       \
    (d.member.allocator = allocator, gan_optimizer_create_##rule(out, &d.member))
    switch (rules[i].kind) {
    case ADAM: return CREATE(adam, adam);
    case ADAMW: return CREATE(adam, adamw);
    case ADABELIEF: return CREATE(adabelief, adabelief);
    case LION: return CREATE(lion, lion);
    case SGD: return CREATE(sgd, sgd);
    case RMSPROP: return CREATE(rmsprop, rmsprop);
    }
#undef CREATE
    return GAN_ERR_INVALID;
}

static gan_optimizer *rule(int i, size_t n)
{
    gan_optimizer *opt = NULL;

    expect_ok(make_rule(&opt, i, NULL));
    if (n > 0) expect_ok(gan_optimizer_bind(opt, n));
    return opt;
}

/* The change from `first` is right to a part in 10^5, which is stricter than for the weights; the
 * rounding of weights and of 50 sums is permitted on top. */
static void expect_same_path(const float *found, const float *wanted, const float *first)
{
    for (size_t i = 0; i < N; i++)
        expect_near(found[i], wanted[i], 0,
                    1e-5 * fabs((double)wanted[i] - (double)first[i]) +
                        1e-6 * fabs((double)wanted[i]) + 1e-7);
}

TEST_EACH(fifty_steps_are_pytorchs, 0, N_RULES)
{
    golden *g = golden_open("optimizers.bin");
    const float *first = golden_get(g, "first", N), *grads = golden_get(g, "grads", N * STEPS);
    gan_optimizer *opt = rule(_i, N);
    char after_one[64];
    float w[N];

    memcpy(w, first, sizeof w);
    snprintf(after_one, sizeof after_one, "%s_1", rules[_i].name);
    for (size_t s = 0; s < STEPS; s++) {
        ck_assert_uint_eq(gan_optimizer_steps(opt), s);
        expect_ok(gan_optimizer_step(opt, w, grads + s * N, N));
        if (s == 0) expect_same_path(w, golden_get(g, after_one, N), first);
    }
    ck_assert_uint_eq(gan_optimizer_steps(opt), STEPS);
    expect_same_path(w, golden_get(g, rules[_i].name, N), first);
    gan_optimizer_destroy(opt);
    golden_close(g);
}

static void make_numbers(float *w, float *g, size_t n, size_t step)
{
    for (size_t i = 0; i < n; i++) {
        if (w) w[i] = sinf(1.7f * (float)i);
        g[i] = cosf(0.3f * (float)(i + 7 * step)) * 2.385f;
    }
}

TEST_EACH(a_number_does_not_depend_on_its_place, 0, N_RULES)
{
    enum { LONG = 1037 };
    static float w[LONG], g[LONG];
    gan_optimizer *opt = rule(_i, LONG), *single = rule(_i, 1);
    float one[3], one_g;

    make_numbers(w, g, LONG, 0);
    one[0] = w[1035];
    for (size_t s = 0; s < 5; s++) {
        make_numbers(NULL, g, LONG, s);
        one_g = g[1035];
        expect_ok(gan_optimizer_step(opt, w, g, LONG));
        expect_ok(gan_optimizer_step(single, one, &one_g, 1));
        expect_same_bits(&w[1035], &one[0], sizeof one[0]);
    }
    gan_optimizer_destroy(opt);
    gan_optimizer_destroy(single);
}

TEST_EACH(a_bad_gradient_changes_nothing, 0, N_RULES)
{
    enum { LONG = 70 };
    const float bad[] = {NAN, INFINITY, -INFINITY};
    gan_optimizer *opt = rule(_i, LONG), *twin = rule(_i, LONG);
    float w[LONG], w_twin[LONG], g[LONG];

    make_numbers(w, g, LONG, 0);
    memcpy(w_twin, w, sizeof w);
    for (size_t s = 0; s < 12; s++) {
        make_numbers(NULL, g, LONG, s);
        expect_ok(gan_optimizer_step(opt, w, g, LONG));
        expect_ok(gan_optimizer_step(twin, w_twin, g, LONG));
        expect_same_bits(w, w_twin, sizeof w);
        g[(s * 23) % LONG] = bad[s % 3];
        expect_status(gan_optimizer_step(opt, w, g, LONG), GAN_ERR_NONFINITE);
        expect_same_bits(w, w_twin, sizeof w);
        ck_assert_uint_eq(gan_optimizer_steps(opt), s + 1);
    }
    expect_error_says("gradient");
    gan_optimizer_destroy(opt);
    gan_optimizer_destroy(twin);
}

static int is_kind(int i, const char *kind)
{
    return strncmp(rules[i].name, kind, strlen(kind)) == 0;
}

TEST_EACH(an_update_that_would_overflow_changes_nothing, 0, N_RULES)
{
    enum { LONG = 70 };
    gan_optimizer *opt = rule(_i, LONG), *twin = rule(_i, LONG);
    float w[LONG], w_twin[LONG], g[LONG];
    double keep;

    make_numbers(w, g, LONG, 0);
    memcpy(w_twin, w, sizeof w);
    for (size_t s = 0; s < 4; s++) {
        make_numbers(NULL, g, LONG, s);
        expect_ok(gan_optimizer_step(opt, w, g, LONG));
        expect_ok(gan_optimizer_step(twin, w_twin, g, LONG));
        expect_same_bits(w, w_twin, sizeof w);
        /* A step so long that the weight overflows; Adam's first steps, and Lion's, never exceed
         * the learning rate. */
        keep = gan_optimizer_lr(opt);
        expect_ok(gan_optimizer_set_lr(opt, 3e38));
        g[LONG - 1] = 1e4f;
        if (!is_kind(_i, "adam") && !is_kind(_i, "lion"))
            expect_status(gan_optimizer_step(opt, w, g, LONG), GAN_ERR_NONFINITE);
        expect_ok(gan_optimizer_set_lr(opt, keep));
        expect_same_bits(w, w_twin, sizeof w);
        ck_assert_uint_eq(gan_optimizer_steps(opt), s + 1);
        /* A gradient whose square overflows, for rules with squares. */
        g[LONG - 1] = 2e38f;
        if (!is_kind(_i, "sgd") && !is_kind(_i, "lion"))
            expect_status(gan_optimizer_step(opt, w, g, LONG), GAN_ERR_NONFINITE);
        expect_same_bits(w, w_twin, sizeof w);
        ck_assert_uint_eq(gan_optimizer_steps(opt), s + 1);
    }
    gan_optimizer_destroy(opt);
    gan_optimizer_destroy(twin);
}

TEST_EACH(a_constant_gradient_never_ends_in_nan, 0, N_RULES)
{
    gan_optimizer *opt = rule(_i, 5);
    const float g[5] = {0.1f, 2.385f, -0.7f, 0, 3e-20f};
    float w[5] = {1, 2, 3, 4, 5};

    for (int s = 0; s < 4000; s++) expect_ok(gan_optimizer_step(opt, w, g, 5));
    for (int i = 0; i < 5; i++) ck_assert(isfinite(w[i]));
    gan_optimizer_destroy(opt);
}

TEST_EACH(each_minimizes_a_bowl, 0, N_RULES)
{
    gan_optimizer *opt = rule(_i, 2);
    float w[2] = {1.5f, -2.385f}, g[2];

    for (int s = 0; s < 3000; s++) {
        g[0] = w[0];
        g[1] = 3 * w[1];
        expect_ok(gan_optimizer_step(opt, w, g, 2));
    }
    ck_assert_msg(fabsf(w[0]) < 0.05f && fabsf(w[1]) < 0.05f, "ends at %g, %g", w[0], w[1]);
    gan_optimizer_destroy(opt);
}

TEST_EACH(the_learning_rate_can_be_read_and_set, 0, N_RULES)
{
    gan_optimizer *opt = rule(_i, 1);
    const float g = 2.385f;
    float w = 1, before;

    ck_assert(gan_optimizer_lr(opt) == rules[_i].desc.adam.lr);
    expect_fails(gan_optimizer_set_lr(opt, -0.5), GAN_ERR_INVALID, "-0.5");
    expect_status(gan_optimizer_set_lr(opt, NAN), GAN_ERR_INVALID);
    expect_status(gan_optimizer_set_lr(opt, INFINITY), GAN_ERR_INVALID);
    ck_assert(gan_optimizer_lr(opt) == rules[_i].desc.adam.lr);
    expect_ok(gan_optimizer_step(opt, &w, &g, 1));
    ck_assert(w != 1);
    expect_ok(gan_optimizer_set_lr(opt, 0));
    ck_assert(gan_optimizer_lr(opt) == 0);
    before = w;
    expect_ok(gan_optimizer_step(opt, &w, &g, 1));
    ck_assert(w == before);
    expect_ok(gan_optimizer_set_lr(opt, 0.125));
    expect_ok(gan_optimizer_step(opt, &w, &g, 1));
    ck_assert(w != before);
    gan_optimizer_destroy(opt);
}

/* Rounded up to whole cache lines, or times two moments, these would wrap around; an SGD has the
 * same limit though it allocates nothing. */
TEST_EACH(parameters_that_have_no_room_are_refused, 0, N_RULES)
{
    const size_t half = SIZE_MAX / 2;
    const size_t n[] = {SIZE_MAX, SIZE_MAX - 14, half + 1, half + 5, half / 4 + 1};

    for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
        gan_optimizer *opt = rule(_i, 0);

        expect_fails(gan_optimizer_bind(opt, n[i]), GAN_ERR_NOMEM, "parameters, at most");
        expect_ok(gan_optimizer_bind(opt, 3));
        gan_optimizer_destroy(opt);
    }
}

TEST_EACH(binding_happens_once, 0, N_RULES)
{
    gan_optimizer *opt = rule(_i, 0), *twin = rule(_i, 3);
    float w[3] = {1, 2, 3}, w_twin[3] = {1, 2, 3};
    const float g[3] = {0.5f, -0.25f, 2.385f};

    expect_fails(gan_optimizer_step(opt, w, g, 3), GAN_ERR_INVALID, "bound");
    expect_status(gan_optimizer_bind(opt, 0), GAN_ERR_INVALID);
    expect_ok(gan_optimizer_bind(opt, 3));
    expect_ok(gan_optimizer_step(opt, w, g, 3));
    expect_ok(gan_optimizer_step(twin, w_twin, g, 3));
    /* The moments stay. */
    expect_ok(gan_optimizer_bind(opt, 3));
    expect_ok(gan_optimizer_step(opt, w, g, 3));
    expect_ok(gan_optimizer_step(twin, w_twin, g, 3));
    expect_same_bits(w, w_twin, sizeof w);
    ck_assert_uint_eq(gan_optimizer_steps(opt), 2);
    expect_fails(gan_optimizer_bind(opt, 4), GAN_ERR_SHAPE, "4");
    expect_error_says("3");
    expect_fails(gan_optimizer_step(opt, w, g, 2), GAN_ERR_SHAPE, "2");
    expect_status(gan_optimizer_step(opt, NULL, g, 3), GAN_ERR_INVALID);
    expect_status(gan_optimizer_step(opt, w, NULL, 3), GAN_ERR_INVALID);
    expect_same_bits(w, w_twin, sizeof w);
    ck_assert_uint_eq(gan_optimizer_steps(opt), 2);
    gan_optimizer_destroy(opt);
    gan_optimizer_destroy(twin);
}

TEST(null_is_reported)
{
    float w = 1;

    gan_optimizer_destroy(NULL);
    ck_assert(gan_optimizer_lr(NULL) == 0);
    ck_assert_uint_eq(gan_optimizer_steps(NULL), 0);
    expect_status(gan_optimizer_set_lr(NULL, 0.1f), GAN_ERR_INVALID);
    expect_status(gan_optimizer_bind(NULL, 3), GAN_ERR_INVALID);
    expect_status(gan_optimizer_step(NULL, &w, &w, 1), GAN_ERR_INVALID);
    expect_fails(gan_optimizer_create_adam(NULL, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_optimizer_create_adamw(NULL, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_optimizer_create_adabelief(NULL, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_optimizer_create_lion(NULL, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_optimizer_create_sgd(NULL, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_optimizer_create_rmsprop(NULL, NULL), GAN_ERR_INVALID, "out is NULL");
}

/* Two optimizers do the same when they give the same bits for three steps. */
static void expect_same_rule(gan_optimizer *a, gan_optimizer *b)
{
    float w_a[4] = {1, -2, 3, 0.01f}, w_b[4] = {1, -2, 3, 0.01f};
    const float g[4] = {0.5f, -0.25f, 2.385f, 1e-4f};

    ck_assert(gan_optimizer_lr(a) == gan_optimizer_lr(b));
    expect_ok(gan_optimizer_bind(a, 4));
    expect_ok(gan_optimizer_bind(b, 4));
    for (int s = 0; s < 3; s++) {
        expect_ok(gan_optimizer_step(a, w_a, g, 4));
        expect_ok(gan_optimizer_step(b, w_b, g, 4));
    }
    expect_same_bits(w_a, w_b, sizeof w_a);
    gan_optimizer_destroy(a);
    gan_optimizer_destroy(b);
}

#define EXPECT_DEFAULTS(rule, type, ...)                                                           \
    do {                                                                                           \
        gan_optimizer *a, *b;                                                                      \
        expect_ok(gan_optimizer_create_##rule(&a, NULL));                                          \
        expect_ok(gan_optimizer_create_##rule(&b, &(type){sizeof(type), __VA_ARGS__, NULL}));      \
        expect_same_rule(a, b);                                                                    \
    } while (0)

TEST(no_settings_are_the_defaults)
{
    EXPECT_DEFAULTS(adam, gan_adam_desc, 0.001, 0.9, 0.999, 1e-8, 0, 0);
    EXPECT_DEFAULTS(adamw, gan_adam_desc, 0.001, 0.9, 0.999, 1e-8, 0.01, 0);
    EXPECT_DEFAULTS(adabelief, gan_adabelief_desc, 0.001, 0.9, 0.999, 1e-16, 0);
    EXPECT_DEFAULTS(lion, gan_lion_desc, 0.0001, 0.9, 0.99, 0);
    EXPECT_DEFAULTS(sgd, gan_sgd_desc, 0.01, 0, 0, 0, 0);
    EXPECT_DEFAULTS(rmsprop, gan_rmsprop_desc, 0.01, 0.99, 1e-8, 0, 0, 0);
}

/* Set one field out of range, and expect its name in the message. */
#define REFUSES(create, type, init, field, value)                                                  \
    do {                                                                                           \
        type d = {init};                                                                           \
        gan_optimizer *opt = (gan_optimizer *)&d;                                                  \
        d.field = value;                                                                           \
        expect_fails(create(&opt, &d), GAN_ERR_INVALID, #field);                                   \
        ck_assert_ptr_null(opt);                                                                   \
    } while (0)
#define ADAM_REFUSES(field, value)                                                                 \
    REFUSES(gan_optimizer_create_adam, gan_adam_desc, GAN_ADAM_DESC_INIT, field, value);           \
    REFUSES(gan_optimizer_create_adamw, gan_adam_desc, GAN_ADAMW_DESC_INIT, field, value)
#define ADABELIEF_REFUSES(field, value)                                                            \
    REFUSES(gan_optimizer_create_adabelief, gan_adabelief_desc, GAN_ADABELIEF_DESC_INIT, field,    \
            value)
#define LION_REFUSES(field, value)                                                                 \
    REFUSES(gan_optimizer_create_lion, gan_lion_desc, GAN_LION_DESC_INIT, field, value)
#define SGD_REFUSES(field, value)                                                                  \
    REFUSES(gan_optimizer_create_sgd, gan_sgd_desc, GAN_SGD_DESC_INIT, field, value)
#define RMSPROP_REFUSES(field, value)                                                              \
    REFUSES(gan_optimizer_create_rmsprop, gan_rmsprop_desc, GAN_RMSPROP_DESC_INIT, field, value)

TEST(settings_out_of_range_are_named)
{
    const double bad[] = {-0.5, NAN, INFINITY, -INFINITY};
    static const gan_allocator half = {0};

    for (size_t i = 0; i < 4; i++) {
        ADAM_REFUSES(lr, bad[i]);
        ADAM_REFUSES(beta1, bad[i]);
        ADAM_REFUSES(beta2, bad[i]);
        ADAM_REFUSES(eps, bad[i]);
        ADAM_REFUSES(weight_decay, bad[i]);
        ADABELIEF_REFUSES(lr, bad[i]);
        ADABELIEF_REFUSES(beta1, bad[i]);
        ADABELIEF_REFUSES(beta2, bad[i]);
        ADABELIEF_REFUSES(eps, bad[i]);
        ADABELIEF_REFUSES(weight_decay, bad[i]);
        LION_REFUSES(lr, bad[i]);
        LION_REFUSES(beta1, bad[i]);
        LION_REFUSES(beta2, bad[i]);
        LION_REFUSES(weight_decay, bad[i]);
        SGD_REFUSES(lr, bad[i]);
        SGD_REFUSES(momentum, bad[i]);
        SGD_REFUSES(dampening, bad[i]);
        SGD_REFUSES(weight_decay, bad[i]);
        RMSPROP_REFUSES(lr, bad[i]);
        RMSPROP_REFUSES(alpha, bad[i]);
        RMSPROP_REFUSES(eps, bad[i]);
        RMSPROP_REFUSES(momentum, bad[i]);
        RMSPROP_REFUSES(weight_decay, bad[i]);
    }
    ADAM_REFUSES(beta1, 1.0);
    ADAM_REFUSES(beta2, 1.0);
    ADABELIEF_REFUSES(beta1, 1.0);
    ADABELIEF_REFUSES(struct_size, 4);
    ADABELIEF_REFUSES(allocator, &half);
    LION_REFUSES(beta2, 1.0);
    LION_REFUSES(struct_size, 4);
    LION_REFUSES(allocator, &half);
    SGD_REFUSES(momentum, 1.0);
    SGD_REFUSES(dampening, 1.25);
    RMSPROP_REFUSES(alpha, 1.0);
    RMSPROP_REFUSES(momentum, 1.0);
    ADAM_REFUSES(struct_size, 4);
    SGD_REFUSES(struct_size, sizeof(gan_sgd_desc) - 1);
    RMSPROP_REFUSES(struct_size, 0);
    ADAM_REFUSES(allocator, &half);
    SGD_REFUSES(allocator, &half);
    RMSPROP_REFUSES(allocator, &half);
}

TEST(nesterov_wants_momentum_and_no_dampening)
{
    gan_sgd_desc d = {GAN_SGD_DESC_INIT};
    gan_optimizer *opt = (gan_optimizer *)&d;

    d.nesterov = 1;
    expect_fails(gan_optimizer_create_sgd(&opt, &d), GAN_ERR_INVALID, "momentum");
    ck_assert_ptr_null(opt);
    d.momentum = 0.5;
    d.dampening = 0.25;
    expect_fails(gan_optimizer_create_sgd(&opt, &d), GAN_ERR_INVALID, "dampening");
    d.dampening = 0;
    expect_ok(gan_optimizer_create_sgd(&opt, &d));
    gan_optimizer_destroy(opt);
}

TEST(a_longer_descriptor_is_read_as_far_as_known)
{
    struct {
        gan_sgd_desc known;
        double later;
    } d = {{GAN_SGD_DESC_INIT}, 0};
    gan_optimizer *opt = NULL;

    d.known.struct_size = sizeof d;
    d.known.lr = 0.25;
    expect_ok(gan_optimizer_create_sgd(&opt, &d.known));
    ck_assert(gan_optimizer_lr(opt) == 0.25);
    gan_optimizer_destroy(opt);
    d.later = 1;
    expect_status(gan_optimizer_create_sgd(&opt, &d.known), GAN_ERR_INVALID);
    ck_assert_ptr_null(opt);
}

static gan_status make_bound(void **out, const gan_allocator *allocator, void *user)
{
    gan_optimizer *opt = user;
    gan_status status = make_rule(&opt, *(int *)user, allocator);

    *out = opt;
    if (status == GAN_OK) status = gan_optimizer_bind(opt, 100);
    if (status != GAN_OK) {
        gan_optimizer_destroy(opt);
        *out = NULL;
    }
    return status;
}

static void end_optimizer(void *made)
{
    gan_optimizer_destroy(made);
}

TEST_EACH(creating_and_binding_survive_a_lack_of_memory, 0, N_RULES)
{
    int which = _i;

    ck_assert_uint_ge(budget_sweep(make_bound, end_optimizer, &which), 1);
}

TEST(a_failed_binding_can_be_repeated_and_a_step_takes_no_memory)
{
    gan_optimizer *opt = NULL;
    budget b;
    size_t taken;
    float w[3] = {1, 2, 3};
    const float g[3] = {0.5f, -0.25f, 2.385f};

    budget_init(&b, BUDGET_UNLIMITED);
    expect_ok(make_rule(&opt, ADAM, &b.allocator));
    b.left = 0;
    expect_status(gan_optimizer_bind(opt, 3), GAN_ERR_NOMEM);
    expect_status(gan_optimizer_step(opt, w, g, 3), GAN_ERR_INVALID);
    b.left = BUDGET_UNLIMITED;
    expect_ok(gan_optimizer_bind(opt, 3));
    taken = b.taken;
    b.left = 0;
    for (int s = 0; s < 10; s++) expect_ok(gan_optimizer_step(opt, w, g, 3));
    ck_assert_uint_eq(b.taken, taken);
    gan_optimizer_destroy(opt);
    ck_assert_uint_eq(budget_live(&b), 0);
}
