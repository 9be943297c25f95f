/* loss_internal.h - losses over slices of a batch. */
#ifndef GAN_LOSS_INTERNAL_H
#define GAN_LOSS_INTERNAL_H

#include "base/arithmetic_internal.h"
#include "base/labels_internal.h"

#include <gan/loss.h>
#include <stddef.h>
#include <stdint.h>

/* For one logit: its loss against a target, the derivative, and the value for statistics, which is
 * a probability or the raw output. */
typedef struct gan__loss_term {
    double loss, slope, shown;
} gan__loss_term;

typedef gan__loss_term gan__loss_term_fn(double x, double target);

gan__loss_term gan__loss_bce(double x, double target);

/* The objective of a gan_loss; see loss_adversarial.c.  NULL when it is unknown.  Its name is the
 * one in checkpoints. An output that isn't finite makes the loss NaN or infinite. */
const gan_objective *gan__loss_find(gan_loss loss);

/* The output above which a sample counts as real; NaN where there is none. */
double gan__loss_boundary(gan_boundary boundary, double real_target, double fake_target);

/* Rows of logits and their labels, all of which are below n_classes. */
typedef struct gan__loss_rows {
    const float *logits;
    gan__label_list labels;
    size_t n_rows, n_classes;
    size_t stride; /* values from one row to the next */
    double label_smoothing;
} gan__loss_rows;

typedef struct gan__loss_class_sums {
    double loss;
    double correct; /* rows whose largest logit, the first in ties, is the label's */
} gan__loss_class_sums;

/* The sums over all rows, and the gradients of loss * weight with respect to each logit, in the
 * same layout.  A logit that isn't finite makes the loss NaN or infinite.  `grad` may be the
 * logits, or NULL. */
gan__loss_class_sums gan__loss_cross_entropy(const gan__loss_rows *rows, double weight,
                                             float *grad);

/* The index of the largest of n values, the first in ties. */
size_t gan__loss_argmax(const float *x, size_t n);

#endif
