/* test_example_classes.c - the share of each class, from a classifier's predictions. */
#include "common/classes.h"
#include "expect.h"

enum { N = 4, LABELLED = 200, IMAGES = 10000 };

/* The confusion matrix, in percent: the third class is often confused with the others. */
static const int taken_for[N][N] = {{80, 2, 18, 0}, {1, 98, 1, 0}, {20, 0, 65, 15}, {2, 0, 13, 85}};

/* Classify images with these shares of classes, in percent. */
static void look_at(classes *c, const int *shares)
{
    for (uint16_t j = 0; j < N; j++)
        for (uint16_t i = 0; i < N; i++) {
            for (int k = 0; k < LABELLED / 100 * taken_for[j][i]; k++) classes_learn(c, j, i);
            for (int k = 0; k < IMAGES / 10000 * shares[j] * taken_for[j][i]; k++)
                classes_count(c, i);
        }
}

static void expect_shares(const int *shares, double tolerance)
{
    classes c = {0};
    double found[N];

    classes_begin(&c, N);
    look_at(&c, shares);
    classes_estimate(&c, found);
    for (size_t i = 0; i < N; i++) {
        expect_near(classes_labelled(&c, i), LABELLED, 0, 0);
        expect_near(found[i], shares[i] / 100.0, 0, tolerance);
    }
    classes_end(&c);
}

TEST(what_a_classifier_errs_is_taken_out_of_the_shares)
{
    expect_shares((const int[]){25, 25, 25, 25}, 1e-3);
    expect_shares((const int[]){10, 60, 20, 10}, 1e-3);
}

/* A third as many predictions name the missing class. */
TEST(a_class_that_is_missing_has_no_share_though_others_are_taken_for_it)
{
    expect_shares((const int[]){34, 33, 0, 33}, 5e-3);
    expect_shares((const int[]){0, 100, 0, 0}, 5e-3);
}

TEST(a_class_without_labelled_images_has_no_share)
{
    classes c = {0};
    double found[2];

    classes_begin(&c, 2);
    classes_learn(&c, 0, 0);
    classes_learn(&c, 0, 1);
    classes_count(&c, 1);
    classes_estimate(&c, found);
    expect_near(found[0], 1, 1e-12, 0);
    expect_near(found[1], 0, 0, 0);
    classes_forget(&c);
    classes_forget_labelled(&c);
    classes_learn(&c, 1, 1);
    classes_count(&c, 1);
    classes_estimate(&c, found);
    expect_near(found[1], 1, 1e-12, 0);
    classes_end(&c);
}
