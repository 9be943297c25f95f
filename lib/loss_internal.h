/* loss_internal.h - losses over slices of a batch. */
#ifndef GAN_LOSS_INTERNAL_H
#define GAN_LOSS_INTERNAL_H

#include <gan/loss.h>
#include <stddef.h>

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

#endif
