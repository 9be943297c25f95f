/* loss.h - what a discriminator's or a classifier's verdicts cost. */
#ifndef GAN_LOSS_H
#define GAN_LOSS_H

#include <gan/export.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * The losses that a trainer can use.  All of them work on logits, the discriminator's output
 * before a last sigmoid.
 */
typedef enum gan_loss {
    /**
     * Binary cross-entropy (Goodfellow et al., 2014, with the non-saturating generator loss).  The
     * discriminator's is -log D(x) - log(1 - D(G(z))), the generator's -log D(G(z)), each a mean
     * over its batch.
     */
    GAN_LOSS_BCE = 0
} gan_loss;

/**
 * Compute the mean binary cross-entropy of logits against one target, and its gradient
 * (torch.nn.BCEWithLogitsLoss).
 *
 * For a logit x and target y it is max(x, 0) - x y + log(1 + exp(-|x|)), finite for every finite x.
 *
 * @param[in]  logits  `n` logits.
 * @param[in]  n       How many, at least 1.
 * @param[in]  target  0 (fake) to 1 (real).
 * @param[out] loss    Receives the mean.
 * @param[out] grad    Receives `n` gradients of the mean by each logit, (sigmoid(x) - y) / n; may
 *                     be `logits`.  NULL if not wanted.
 *
 * @retval GAN_OK             Done.
 * @retval GAN_ERR_INVALID    `logits` or `loss` is NULL, `n` is 0, or `target` is outside 0 to 1.
 * @retval GAN_ERR_NONFINITE  A logit is NaN or infinite.  `*loss` and `grad` are as they were.
 *
 * Threads: any.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_loss_bce_with_logits(const float *logits, size_t n,
                                                           float target, double *loss, float *grad);

/**
 * Compute the mean cross-entropy of rows of logits against a label each, and its gradient
 * (torch.nn.CrossEntropyLoss).
 *
 * For a row x with label y it is log(sum of exp(x[j])) - sum of t[j] x[j], finite for all finite x.
 * The target t is 1 - label_smoothing for y, and label_smoothing / n_classes more for every class.
 *
 * @param[in]  logits           `n` rows of `n_classes` logits.
 * @param[in]  n                How many rows, at least 1.
 * @param[in]  n_classes        At least 1.
 * @param[in]  labels           `n` labels, each below `n_classes`.
 * @param[in]  label_smoothing  0 to 1.
 * @param[out] loss             Receives the mean over the rows.
 * @param[out] grad             Receives the gradients of the mean by each logit, (softmax(x) - t) /
 *                              n; may be `logits`.  NULL if not wanted.
 *
 * @retval GAN_OK             Done.
 * @retval GAN_ERR_INVALID    `logits`, `labels` or `loss` is NULL, `n` or `n_classes` is 0,
 *                            `label_smoothing` is outside 0 to 1, or a label is not below
 *                            `n_classes`; it is named.
 * @retval GAN_ERR_NONFINITE  A logit is NaN or infinite.  `*loss` and `grad` are as they were.
 *
 * Threads: any.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_loss_cross_entropy(const float *logits, size_t n,
                                                         size_t n_classes, const uint8_t *labels,
                                                         float label_smoothing, double *loss,
                                                         float *grad);

GAN_END_DECLS

#endif
