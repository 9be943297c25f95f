/* loss_internal.h - losses over slices of a batch. */
#ifndef GAN_LOSS_INTERNAL_H
#define GAN_LOSS_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <gan/loss.h>
#include <stddef.h>
#include <stdint.h>

/* Of one logit: its loss against a target, the derivative, and what statistics show of it, which is
 * a probability or the raw output. */
typedef struct gan__loss_term {
    double loss, slope, shown;
} gan__loss_term;

typedef gan__loss_term gan__loss_term_fn(double x, double target);

gan__loss_term gan__loss_bce(double x, double target);

/* One of gan_loss; see loss_adversarial.c. */
typedef struct gan__loss_class {
    const char *name; /* in checkpoints */
    /* The term of each player's loss; a target is 1 for a sample that the player wants to be taken
     * for real. */
    gan__loss_term_fn *discriminator, *generator;
    int raw;       /* the discriminator must not end with a sigmoid */
    int relative;  /* logits are taken relative to the mean of the other side's */
    int at_target; /* a logit is best at its target, not beyond it */
    double least_target, most_target; /* 0 and 0: there are only 1 and 0 */
} gan__loss_class;

/* NULL when there is none. */
const gan__loss_class *gan__loss_find(gan_loss loss);

/* The discriminator's logits of real samples, or of generated ones. */
typedef struct gan__loss_side {
    const float *logits; /* one every `stride` values */
    const double *targets;
    float *grad; /* of the mean loss by each logit, times `share`; laid out as these are */
    size_t n_logits, stride;
    double boundary; /* between what is taken for real and for generated */
    double share;    /* of the gradient that is wanted */
    double loss;     /* from here on filled: sums over the logits */
    double shown, above, below;
} gan__loss_side;

/* Judge both sides by one of a class's terms, filling sums and gradients.  Only a relative class
 * needs both; the other side of one may have no logits.  A logit that isn't finite makes a loss NaN or
 * infinite. */
void gan__loss_judge(const gan__loss_class *class, gan__loss_term_fn *term, gan__loss_side *real,
                     gan__loss_side *fake);

/* Rows of logits that are to be judged against labels, all of which are below n_classes. */
typedef struct gan__loss_rows {
    const float *logits;
    const uint8_t *labels;
    size_t n_rows, n_classes;
    size_t stride; /* values from one row to the next */
    double label_smoothing;
} gan__loss_rows;

typedef struct gan__loss_class_sums {
    double loss;
    double correct; /* how many rows have their largest logit at the label, the first of equals */
} gan__loss_class_sums;

/* The sums over all rows, and the gradients of loss * weight by each logit, laid out as these are.
 * A logit that isn't finite makes the loss NaN or infinite.  `grad` may be the logits, or NULL. */
gan__loss_class_sums gan__loss_cross_entropy(const gan__loss_rows *rows, double weight,
                                             float *grad);

/* The index of the largest of n values; the first of equals. */
size_t gan__loss_argmax(const float *x, size_t n);

#endif
