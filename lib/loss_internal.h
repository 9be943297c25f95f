/* loss_internal.h - losses over slices of a batch. */
#ifndef GAN_LOSS_INTERNAL_H
#define GAN_LOSS_INTERNAL_H

#include <gan/loss.h>
#include <stddef.h>
#include <stdint.h>

/* Sums over some logits; those of slices are added in a fixed order. */
typedef struct gan__loss_sums {
    double loss;
    double probability; /* of sigmoid(logit) */
    double positive;    /* how many logits are above 0 */
    double negative;    /* how many are below */
} gan__loss_sums;

/* The sums of n logits against one target, and the gradients of loss * weight by each logit.  A
 * logit that isn't finite makes the loss NaN or infinite.  `grad` may be `logits`, or NULL. */
gan__loss_sums gan__loss_bce(const float *logits, size_t n, double target, double weight,
                             float *grad);

/* Rows of logits that are to be judged against labels, all of which are below n_classes. */
typedef struct gan__loss_rows {
    const float *logits;
    const uint8_t *labels;
    size_t n, n_classes;
    double label_smoothing;
} gan__loss_rows;

typedef struct gan__loss_class_sums {
    double loss;
    double correct; /* how many rows have their largest logit at the label, the first of equals */
} gan__loss_class_sums;

/* The sums over all rows, and the gradients of loss * weight by each logit.  A logit that isn't
 * finite makes the loss NaN or infinite.  `grad` may be the logits, or NULL. */
gan__loss_class_sums gan__loss_cross_entropy(const gan__loss_rows *rows, double weight,
                                             float *grad);

/* Which of n numbers is the largest; the first of equals. */
size_t gan__loss_argmax(const float *x, size_t n);

/* GAN_ERR_INVALID, beginning with `who`, when a label is not below n_classes. */
gan_status gan__loss_check_labels(const uint8_t *labels, size_t n, size_t n_classes,
                                  const char *who);

#endif
