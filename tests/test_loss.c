/* test_loss.c - binary cross-entropy and softmax cross-entropy of logits. */
#include "expect.h"
#include "golden.h"
#include "gradcheck.h"

#include <gan/loss.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 15 };

TEST(values_and_gradients_are_pytorchs)
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
            /* PyTorch uses log(1 + e), which is accurate to 1e-16 only. */
            expect_near(loss, each[i], 1e-6, 2e-16);
        }
    }
    golden_close(g);
}

TEST(the_gradient_is_the_derivative)
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

TEST(saturated_logits_cost_what_they_should)
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

TEST(swapping_sign_and_target_changes_nothing)
{
    const float x[4] = {0.3f, -2.385f, 5, -0.01f}, minus_x[4] = {-0.3f, 2.385f, -5, 0.01f};
    double a, b;
    float grad_a[4], grad_b[4];

    expect_ok(gan_loss_bce_with_logits(x, 4, 0.25f, &a, grad_a));
    expect_ok(gan_loss_bce_with_logits(minus_x, 4, 0.75f, &b, grad_b));
    expect_near(a, b, 1e-7, 0);
    for (size_t i = 0; i < 4; i++) expect_near(grad_a[i], -grad_b[i], 1e-6, 1e-8);
}

TEST(the_gradient_may_replace_the_logits)
{
    float x[7], apart[7];
    double a, b;

    for (size_t i = 0; i < 7; i++) x[i] = sinf(1.7f * (float)i) * 3;
    expect_ok(gan_loss_bce_with_logits(x, 7, 1, &a, apart));
    expect_ok(gan_loss_bce_with_logits(x, 7, 1, &b, x));
    ck_assert(a == b);
    expect_same_bits(x, apart, sizeof x);
}

TEST(a_long_sum_stays_exact)
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

TEST(bad_arguments_are_refused)
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

TEST(a_logit_that_is_no_number_changes_nothing)
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

/* ---- softmax cross-entropy ---- */

enum { ROWS = 11, CLASSES = 5 };

static void read_labels(const golden *g, uint8_t labels[ROWS])
{
    const float *stored = golden_get(g, "labels", ROWS);

    for (size_t i = 0; i < ROWS; i++) labels[i] = (uint8_t)stored[i];
}

TEST(cross_entropy_is_pytorchs)
{
    static const struct {
        const char *name;
        float smoothing;
    } cases[] = {{"0.0", 0}, {"0.1", 0.1f}, {"1.0", 1}};
    golden *g = golden_open("cross_entropy.bin");
    const float *logits = golden_get(g, "logits", ROWS * CLASSES);
    uint8_t labels[ROWS];

    read_labels(g, labels);
    for (size_t c = 0; c < 3; c++) {
        const float smoothing = cases[c].smoothing;
        char name[32];
        const float *each;
        double loss;
        float grad[ROWS * CLASSES];

        snprintf(name, sizeof name, "loss_%s", cases[c].name);
        expect_ok(gan_loss_cross_entropy(logits, ROWS, CLASSES, labels, smoothing, &loss, grad));
        expect_near(loss, golden_get(g, name, 1)[0], 1e-6, 0);
        snprintf(name, sizeof name, "grad_%s", cases[c].name);
        expect_close(grad, golden_get(g, name, ROWS * CLASSES), ROWS * CLASSES, 1e-6, 1e-9);
        snprintf(name, sizeof name, "each_%s", cases[c].name);
        each = golden_get(g, name, ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            expect_ok(gan_loss_cross_entropy(logits + i * CLASSES, 1, CLASSES, labels + i,
                                             smoothing, &loss, NULL));
            expect_near(loss, each[i], 1e-6, 1e-12);
        }
    }
    golden_close(g);
}

TEST(the_gradient_of_cross_entropy_is_the_derivative)
{
    enum { N_LOGITS = 12 };
    const float x[N_LOGITS] = {2.385f, -0.71f, 0.013f, -6.2f, 9.1f, 1.7f, -1, 0, 0.5f, 3, 3, -2};
    const uint8_t labels[3] = {2, 0, 3};

    for (int smoothed = 0; smoothed < 2; smoothed++) {
        float grad[N_LOGITS], moved[N_LOGITS];
        double loss, up, down, sum = 0;

        expect_ok(gan_loss_cross_entropy(x, 3, 4, labels, smoothed ? 0.25f : 0, &loss, grad));
        for (size_t i = 0; i < N_LOGITS; i++) {
            const float step = 0x1p-8f;

            memcpy(moved, x, sizeof x);
            moved[i] = x[i] + step;
            expect_ok(gan_loss_cross_entropy(moved, 3, 4, labels, smoothed ? 0.25f : 0, &up, NULL));
            moved[i] = x[i] - step;
            expect_ok(
                gan_loss_cross_entropy(moved, 3, 4, labels, smoothed ? 0.25f : 0, &down, NULL));
            expect_near(grad[i], (up - down) / (2 * (double)step), 1e-4, 1e-6);
            ck_assert(grad[i] != 0);
            sum += (double)grad[i];
        }
        expect_near(sum, 0, 0, 1e-7);
    }
}

TEST(a_shift_of_all_logits_costs_nothing)
{
    const float x[4] = {0.5f, -2, 3, 0.25f};
    const uint8_t label = 1;

    for (int k = -2; k <= 2; k++) {
        float shifted[4], grad[4], wanted[4];
        double loss, wanted_loss;

        for (size_t i = 0; i < 4; i++) shifted[i] = x[i] + (float)k * 65536;
        expect_ok(gan_loss_cross_entropy(x, 1, 4, &label, 0.125f, &wanted_loss, wanted));
        expect_ok(gan_loss_cross_entropy(shifted, 1, 4, &label, 0.125f, &loss, grad));
        expect_near(loss, wanted_loss, 1e-15, 0);
        expect_same_bits(grad, wanted, sizeof grad);
    }
}

TEST(two_classes_are_binary_cross_entropy)
{
    const uint8_t labels[2] = {0, 1};

    for (float x = -30; x < 30; x += 0.7f) {
        for (size_t y = 0; y < 2; y++) {
            const float row[2] = {0, x};
            double binary, softmax;
            float grad, grads[2];

            expect_ok(gan_loss_bce_with_logits(&x, 1, (float)y, &binary, &grad));
            expect_ok(gan_loss_cross_entropy(row, 1, 2, &labels[y], 0, &softmax, grads));
            expect_near(softmax, binary, 1e-12, 1e-15);
            expect_near(grads[1], grad, 1e-6, 2e-16);
            expect_near(grads[0], -grad, 1e-6, 2e-16);
        }
    }
}

TEST(huge_logits_cost_what_they_should)
{
    const float x[3] = {10000, -10000, 3e38f};
    const uint8_t labels[2] = {1, 0};
    double loss;
    float grad[3];

    expect_ok(gan_loss_cross_entropy(x, 1, 2, labels, 0, &loss, grad));
    ck_assert(loss == 20000 && grad[0] == 1 && grad[1] == -1);
    expect_ok(gan_loss_cross_entropy(x, 1, 2, labels + 1, 0, &loss, grad));
    ck_assert(loss == 0 && grad[0] == 0 && grad[1] == 0);
    expect_ok(gan_loss_cross_entropy(x, 1, 3, labels, 0.5f, &loss, grad));
    expect_near(loss, 3e38 * (0.5 + 1.0 / 3), 1e-6, 0);
    expect_ok(gan_loss_cross_entropy(x, 1, 1, labels + 1, 0, &loss, grad)); /* one class only */
    ck_assert(loss == 0 && grad[0] == 0);
}

TEST(cross_entropys_gradient_may_replace_the_logits)
{
    float x[15], apart[15];
    const uint8_t labels[3] = {4, 0, 2};
    double a, b;

    for (size_t i = 0; i < 15; i++) x[i] = sinf(1.7f * (float)i) * 3;
    expect_ok(gan_loss_cross_entropy(x, 3, 5, labels, 0.1f, &a, apart));
    expect_ok(gan_loss_cross_entropy(x, 3, 5, labels, 0.1f, &b, x));
    ck_assert(a == b);
    expect_same_bits(x, apart, sizeof x);
}

TEST(cross_entropy_refuses_bad_arguments)
{
    const float x[6] = {1.5f, -2, 3, 0, 1, 2};
    const uint8_t labels[2] = {0, 2};
    double loss = 2.385;
    float grad[6] = {7, 8};

    expect_fails(gan_loss_cross_entropy(NULL, 2, 3, labels, 0, &loss, grad), GAN_ERR_INVALID,
                 "logits");
    expect_fails(gan_loss_cross_entropy(x, 2, 3, NULL, 0, &loss, grad), GAN_ERR_INVALID, "labels");
    expect_fails(gan_loss_cross_entropy(x, 2, 3, labels, 0, NULL, grad), GAN_ERR_INVALID,
                 "loss is NULL");
    expect_fails(gan_loss_cross_entropy(x, 0, 3, labels, 0, &loss, grad), GAN_ERR_INVALID,
                 "0 rows");
    expect_fails(gan_loss_cross_entropy(x, 2, 0, labels, 0, &loss, grad), GAN_ERR_INVALID,
                 "0 logits");
    expect_fails(gan_loss_cross_entropy(x, 2, 3, labels, 1.5f, &loss, grad), GAN_ERR_INVALID,
                 "1.5");
    expect_fails(gan_loss_cross_entropy(x, 2, 3, labels, -0.5f, &loss, grad), GAN_ERR_INVALID,
                 "-0.5");
    expect_status(gan_loss_cross_entropy(x, 2, 3, labels, NAN, &loss, grad), GAN_ERR_INVALID);
    expect_fails(gan_loss_cross_entropy(x, 3, 2, labels, 0, &loss, grad), GAN_ERR_INVALID,
                 "label 1 of 3 is 2, there are 2 classes");
    ck_assert(loss == 2.385 && grad[0] == 7 && grad[1] == 8);
    for (size_t at = 0; at < 6; at++) {
        const float bad[3] = {NAN, INFINITY, -INFINITY};

        for (size_t i = 0; i < 3; i++) {
            float y[6] = {1.5f, -2, 3, 0, 1, 2}, before[6];

            y[at] = bad[i];
            memcpy(before, y, sizeof y);
            expect_status(gan_loss_cross_entropy(y, 2, 3, labels, 0, &loss, y), GAN_ERR_NONFINITE);
            expect_error_says("logit");
            expect_same_bits(y, before, sizeof y);
            ck_assert(loss == 2.385);
        }
    }
}
