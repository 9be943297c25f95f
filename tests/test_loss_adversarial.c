/* test_loss_adversarial.c - the losses of discriminator and generator, for each objective. */
#include "expect.h"
#include "golden.h"
#include "optim/loss_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 7, CASES = 9 };

static const struct {
    const char *name;
    gan_loss loss;
    double real_target, fake_target;
} cases[CASES] = {
    {"bce", GAN_LOSS_BCE, 1, 0},
    {"minimax", GAN_LOSS_MINIMAX, 1, 0},
    {"relativistic", GAN_LOSS_RELATIVISTIC, 1, 0},
    {"least_squares", GAN_LOSS_LEAST_SQUARES, 1, 0},
    {"hinge", GAN_LOSS_HINGE, 1, 0},
    {"wasserstein", GAN_LOSS_WASSERSTEIN, 1, 0},
    {"relativistic_paired", GAN_LOSS_RELATIVISTIC_PAIRED, 1, 0},
    {"bce_smooth", GAN_LOSS_BCE, 0.9, 0},
    {"least_squares_coded", GAN_LOSS_LEAST_SQUARES, 1.5, -1},
};

/* Logits of both sides, and buffers for the results. */
typedef struct verdicts {
    float real[MOST], fake[MOST], d_real[MOST], d_fake[MOST];
    double real_targets[MOST], fake_targets[MOST];
    gan_objective_rows a, b;
} verdicts;

static gan_objective_rows rows_of(const float *outputs, const double *targets, float *grads,
                                  size_t n)
{
    return (gan_objective_rows){.struct_size = sizeof(gan_objective_rows),
                                .outputs = outputs,
                                .targets = targets,
                                .n_rows = n,
                                .n_outputs = 1,
                                .stride = 1,
                                .grads = grads};
}

static void judge_rows(int which, int generator, gan_objective_rows *real, gan_objective_rows *fake)
{
    const gan_objective *o = gan__loss_find(cases[which].loss);
    const gan_objective_step step = {.struct_size = sizeof step,
                                     .half =
                                         generator ? GAN_HALF_GENERATOR : GAN_HALF_DISCRIMINATOR,
                                     .share = 1,
                                     .real_target = cases[which].real_target,
                                     .fake_target = cases[which].fake_target};

    expect_ok((generator ? o->generator : o->discriminator)(o->user, &step, real, fake));
}

/* Compute the objective in one half of a step; return the loss. */
static double judge(verdicts *v, size_t n_real, size_t n_fake, int which, int generator)
{
    for (size_t i = 0; i < MOST; i++) {
        v->real_targets[i] = generator ? 0 : cases[which].real_target;
        v->fake_targets[i] = generator ? 1 : cases[which].fake_target;
    }
    if (generator && !gan__loss_find(cases[which].loss)->relative) n_real = 0;
    v->a = rows_of(v->real, v->real_targets, v->d_real, n_real);
    v->b = rows_of(v->fake, v->fake_targets, v->d_fake, n_fake);
    judge_rows(which, generator, &v->a, &v->b);
    return v->a.loss + v->b.loss;
}

static const float *vector(golden *g, const char *key, const char *form, const char *what, size_t n)
{
    char name[64];

    snprintf(name, sizeof name, "%s_%s_%s", key, form, what);
    return golden_get(g, name, n);
}

TEST_EACH(values_and_gradients_are_pytorchs, 0, CASES)
{
    static const struct {
        const char *name;
        size_t n_real, n_fake;
    } forms[] = {{"small", 7, 5}, {"large", 4, 3}};
    const char *key = cases[_i].name;
    golden *g = golden_open("objectives.bin");

    for (size_t f = 0; f < 2; f++) {
        const char *form = forms[f].name;
        const size_t n_real = forms[f].n_real, n_fake = forms[f].n_fake;
        char name[32];
        verdicts v;
        double loss;

        snprintf(name, sizeof name, "%s_real", form);
        memcpy(v.real, golden_get(g, name, n_real), n_real * sizeof *v.real);
        snprintf(name, sizeof name, "%s_fake", form);
        memcpy(v.fake, golden_get(g, name, n_fake), n_fake * sizeof *v.fake);
        loss = judge(&v, n_real, n_fake, _i, 0);
        expect_near(loss, (double)vector(g, key, form, "d_loss", 1)[0], 1e-6, 1e-9);
        expect_close(v.d_real, vector(g, key, form, "d_real", n_real), n_real, 1e-6, 1e-8);
        expect_close(v.d_fake, vector(g, key, form, "d_fake", n_fake), n_fake, 1e-6, 1e-8);
        loss = judge(&v, n_real, n_fake, _i, 1);
        expect_near(loss, (double)vector(g, key, form, "g_loss", 1)[0], 1e-6, 1e-9);
        expect_close(v.d_fake, vector(g, key, form, "g_fake", n_fake), n_fake, 1e-6, 1e-8);
    }
    golden_close(g);
}

static const verdicts usual = {.real = {2.385f, -0.71f, 0.013f, -6.2f, 9.1f},
                               .fake = {0.4f, -2.1f, 1.7f, -0.3f}};

/* Finite differences with respect to each logit of both sides. */
TEST_EACH(gradients_are_derivatives, 0, CASES)
{
    for (int generator = 0; generator < 2; generator++)
        for (size_t i = 0; i < 9; i++) {
            const double step = 1.0 / 64; /* rounded in these logits to 1e-6 of itself */
            verdicts v = usual, up = usual, down = usual;
            float *at = i < 5 ? &v.d_real[i] : &v.d_fake[i - 5];
            double slope, room = 2e-4;

            if (generator && !gan__loss_find(cases[_i].loss)->relative && i < 5) continue;
            (i < 5 ? up.real : up.fake)[i % 5] += (float)step;
            (i < 5 ? down.real : down.fake)[i % 5] -= (float)step;
            slope =
                (judge(&up, 5, 4, _i, generator) - judge(&down, 5, 4, _i, generator)) / (2 * step);
            judge(&v, 5, 4, _i, generator);
            expect_near((double)*at, slope, 0, room);
        }
}

TEST(shares_are_counted_at_the_boundary)
{
    verdicts v = usual;

    judge(&v, 5, 4, 0, 0);
    expect_near(v.a.accuracy, 0.6, 1e-12, 0);
    expect_near(v.b.accuracy, 0.5, 1e-12, 0);
    expect_near(v.a.shown,
                (1 / (1 + exp(-2.385)) + 1 / (1 + exp(0.71)) + 1 / (1 + exp(-0.013)) +
                 1 / (1 + exp(6.2)) + 1 / (1 + exp(-9.1))) /
                    5,
                1e-7, 0);
    judge(&v, 5, 4, 4, 0);
    expect_near(v.a.shown, (2.385 - 0.71 + 0.013 - 6.2 + 9.1) / 5, 1e-6, 0);
    judge(&v, 5, 4, 3, 0); /* least squares: the boundary is between the targets, at 0.5 */
    expect_near(v.a.accuracy, 0.4, 1e-12, 0);
    expect_near(v.b.accuracy, 0.75, 1e-12, 0);
}

TEST_EACH(a_logit_that_is_no_number_shows_in_the_loss, 0, CASES)
{
    const float bad[] = {NAN, INFINITY, -INFINITY};

    for (int generator = 0; generator < 2; generator++)
        for (size_t i = 0; i < 3; i++) {
            verdicts v = usual;

            v.fake[2] = bad[i];
            ck_assert(!isfinite(judge(&v, 5, 4, _i, generator)));
        }
}

/* An output and two class logits per row, as from a discriminator with an auxiliary classifier. */
TEST_EACH(logits_may_have_others_between_them, 0, CASES)
{
    verdicts v = usual;
    const uint8_t labels[5] = {1, 0, 0, 1, 1};
    float rows[2][3 * 5], grads[2][3 * 5] = {{0}}, pairs[2 * 5], pair_grads[2 * 5];
    const gan__loss_rows apart = {pairs, gan__label_bytes(labels), 5, 2, 2, 0},
                         joint = {rows[0] + 1, gan__label_bytes(labels), 5, 2, 3, 0};
    gan__loss_class_sums a, b;
    const double loss = judge(&v, 5, 5, _i, 1);
    gan_objective_rows sides[2] = {v.a, v.b};

    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 3; j++) {
            rows[0][3 * i + j] = j == 0 ? v.real[i] : v.fake[i] * (float)j;
            rows[1][3 * i + j] = j == 0 ? v.fake[i] : NAN;
            if (j > 0) pairs[2 * i + j - 1] = rows[0][3 * i + j];
        }
    for (size_t k = 0; k < 2; k++) {
        sides[k].outputs = rows[k];
        sides[k].grads = grads[k];
        sides[k].stride = 3;
    }
    judge_rows(_i, 1, &sides[0], &sides[1]);
    a = gan__loss_cross_entropy(&apart, 0.5, pair_grads);
    b = gan__loss_cross_entropy(&joint, 0.5, grads[0] + 1);
    ck_assert(sides[0].loss == v.a.loss && sides[1].loss == v.b.loss && isfinite(loss));
    ck_assert(a.loss == b.loss && a.correct == b.correct);
    for (size_t i = 0; i < 5; i++) {
        ck_assert(sides[0].n_rows == 0 || grads[0][3 * i] == v.d_real[i]);
        ck_assert(grads[1][3 * i] == v.d_fake[i] && grads[1][3 * i + 2] == 0);
        expect_same_bits(grads[0] + 3 * i + 1, pair_grads + 2 * i, 2 * sizeof(float));
    }
}

TEST(the_table_ends)
{
    ck_assert_ptr_null(gan__loss_find((gan_loss)(GAN_LOSS_RELATIVISTIC_PAIRED + 1)));
    ck_assert_ptr_null(gan__loss_find((gan_loss)-1));
    ck_assert_str_eq(gan__loss_find(GAN_LOSS_BCE)->name, "bce"); /* in files since 0.1 */
}
