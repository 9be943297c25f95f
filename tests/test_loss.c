/* test_loss.c - binary cross-entropy of logits. */
#include "expect.h"
#include "golden.h"
#include "gradcheck.h"

#include <gan/loss.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 15 };

START_TEST(values_and_gradients_are_pytorchs)
{
    static const struct {
        const char *name;
        float target;
    } targets[] = {{"0.0", 0}, {"1.0", 1}, {"0.3", 0.3f}, {"0.9", 0.9f}};
    golden *g = golden_open("loss.bin");
    const float *logits = golden_get(g, "logits", N);

    for (size_t t = 0; t < 4; t++) {
        char name[32];
        const float *each;
        double loss;
        float grad[N];

        snprintf(name, sizeof name, "loss_%s", targets[t].name);
        expect_ok(gan_loss_bce_with_logits(logits, N, targets[t].target, &loss, grad));
        expect_near(loss, golden_get(g, name, 1)[0], 1e-6, 0);
        snprintf(name, sizeof name, "grad_%s", targets[t].name);
        expect_close(grad, golden_get(g, name, N), N, 1e-6, 1e-9);
        snprintf(name, sizeof name, "each_%s", targets[t].name);
        each = golden_get(g, name, N);
        for (size_t i = 0; i < N; i++) {
            expect_ok(gan_loss_bce_with_logits(logits + i, 1, targets[t].target, &loss, NULL));
            /* PyTorch takes log(1 + e), which is good to 1e-16 only. */
            expect_near(loss, each[i], 1e-6, 2e-16);
        }
    }
    golden_close(g);
}
END_TEST

START_TEST(the_gradient_is_the_derivative)
{
    const float logits[5] = {2.385f, -0.71f, 0.013f, -6.2f, 9.1f}, targets[3] = {0, 1, 0.37f};

    for (size_t t = 0; t < 3; t++) {
        float grad[5];
        double loss, wide[5];

        for (size_t i = 0; i < 5; i++) wide[i] = logits[i];
        expect_ok(gan_loss_bce_with_logits(logits, 5, targets[t], &loss, grad));
        expect_near(loss, reference_bce(wide, 5, targets[t]), 1e-6, 0);
        for (size_t i = 0; i < 5; i++) {
            double up, down;

            wide[i] += 1e-5;
            up = reference_bce(wide, 5, targets[t]);
            wide[i] -= 2e-5;
            down = reference_bce(wide, 5, targets[t]);
            wide[i] += 1e-5;
            expect_near(grad[i], (up - down) / 2e-5, 1e-5, 1e-7);
            ck_assert(grad[i] != 0);
        }
    }
}
END_TEST

START_TEST(saturated_logits_cost_what_they_should)
{
    const float huge[2] = {3e38f, -3e38f};
    double loss;
    float grad[2];

    expect_ok(gan_loss_bce_with_logits(&huge[0], 1, 1, &loss, grad));
    ck_assert(loss == 0 && grad[0] == 0);
    expect_ok(gan_loss_bce_with_logits(&huge[1], 1, 0, &loss, grad));
    ck_assert(loss == 0 && grad[0] == 0);
    expect_ok(gan_loss_bce_with_logits(&huge[0], 1, 0, &loss, grad));
    expect_near(loss, 3e38, 1e-6, 0);
    expect_near(grad[0], 1, 1e-7, 0);
    expect_ok(gan_loss_bce_with_logits(&huge[1], 1, 1, &loss, grad));
    expect_near(loss, 3e38, 1e-6, 0);
    expect_near(grad[0], -1, 1e-7, 0);
    expect_ok(gan_loss_bce_with_logits(huge, 2, 0, &loss, grad));
    expect_near(loss, 1.5e38, 1e-6, 0);
}
END_TEST

START_TEST(swapping_sign_and_target_changes_nothing)
{
    const float x[4] = {0.3f, -2.385f, 5, -0.01f}, minus_x[4] = {-0.3f, 2.385f, -5, 0.01f};
    double a, b;
    float grad_a[4], grad_b[4];

    expect_ok(gan_loss_bce_with_logits(x, 4, 0.25f, &a, grad_a));
    expect_ok(gan_loss_bce_with_logits(minus_x, 4, 0.75f, &b, grad_b));
    expect_near(a, b, 1e-7, 0);
    for (size_t i = 0; i < 4; i++) expect_near(grad_a[i], -grad_b[i], 1e-6, 1e-8);
}
END_TEST

START_TEST(the_gradient_may_replace_the_logits)
{
    float x[7], apart[7];
    double a, b;

    for (size_t i = 0; i < 7; i++) x[i] = sinf(1.7f * (float)i) * 3;
    expect_ok(gan_loss_bce_with_logits(x, 7, 1, &a, apart));
    expect_ok(gan_loss_bce_with_logits(x, 7, 1, &b, x));
    ck_assert(a == b);
    expect_same_bits(x, apart, sizeof x);
}
END_TEST

START_TEST(a_long_sum_stays_exact)
{
    enum { LONG = 1000003 };
    float *x = malloc(LONG * sizeof *x);
    double loss, sum = 0;

    for (size_t i = 0; i < LONG; i++) {
        x[i] = sinf(0.37f * (float)(i % 1000));
        sum += log1p(exp(-(double)x[i]));
    }
    expect_ok(gan_loss_bce_with_logits(x, LONG, 1, &loss, x));
    expect_near(loss, sum / LONG, 1e-7, 0);
    free(x);
}
END_TEST

START_TEST(bad_arguments_are_refused)
{
    const float x[2] = {1.5f, -2};
    double loss = 2.385;
    float grad[2] = {7, 8};

    expect_fails(gan_loss_bce_with_logits(NULL, 2, 1, &loss, grad), GAN_ERR_INVALID, "logits");
    expect_fails(gan_loss_bce_with_logits(x, 2, 1, NULL, grad), GAN_ERR_INVALID, "loss");
    expect_status(gan_loss_bce_with_logits(x, 0, 1, &loss, grad), GAN_ERR_INVALID);
    expect_fails(gan_loss_bce_with_logits(x, 2, 1.5f, &loss, grad), GAN_ERR_INVALID, "1.5");
    expect_fails(gan_loss_bce_with_logits(x, 2, -0.25f, &loss, grad), GAN_ERR_INVALID, "-0.25");
    expect_status(gan_loss_bce_with_logits(x, 2, NAN, &loss, grad), GAN_ERR_INVALID);
    ck_assert(loss == 2.385 && grad[0] == 7 && grad[1] == 8);
}
END_TEST

START_TEST(a_logit_that_is_no_number_changes_nothing)
{
    const float bad[3] = {NAN, INFINITY, -INFINITY};

    for (size_t i = 0; i < 3; i++)
        for (size_t at = 0; at < 3; at++) {
            float x[3] = {1.5f, -2, 0.25f}, before[3], grad[3] = {7, 8, 9};
            double loss = 2.385;

            x[at] = bad[i];
            memcpy(before, x, sizeof x);
            expect_status(gan_loss_bce_with_logits(x, 3, 1, &loss, grad), GAN_ERR_NONFINITE);
            expect_error_says("logit");
            ck_assert(loss == 2.385 && grad[0] == 7 && grad[1] == 8 && grad[2] == 9);
            expect_status(gan_loss_bce_with_logits(x, 3, 0, &loss, x), GAN_ERR_NONFINITE);
            expect_same_bits(x, before, sizeof x);
        }
}
END_TEST

Suite *suite(void)
{
    const TTest *const tests[] = {values_and_gradients_are_pytorchs,
                                  the_gradient_is_the_derivative,
                                  saturated_logits_cost_what_they_should,
                                  swapping_sign_and_target_changes_nothing,
                                  the_gradient_may_replace_the_logits,
                                  a_long_sum_stays_exact,
                                  bad_arguments_are_refused,
                                  a_logit_that_is_no_number_changes_nothing,
                                  NULL};
    Suite *s = suite_create("loss");

    add_tests(s, "loss", tests);
    return s;
}
