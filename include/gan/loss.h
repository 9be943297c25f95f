/* loss.h - loss functions of a discriminator's or a classifier's logits. */
#ifndef GAN_LOSS_H
#define GAN_LOSS_H

#include <gan/export.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * What discriminator and generator play for, in a trainer.
 *
 * In the formulas x is the discriminator's output without a last sigmoid, the logit, of a real
 * sample (x_r) or a generated one (x_f); E is the mean over a batch, bce(x, y) the cross-entropy
 * of gan_loss_bce_with_logits(), and r and f are the trainer's real_target and fake_target, usually
 * 1 and 0.
 * All are finite for logits of any size.
 *
 * The first three leave a last sigmoid out.  The others are made for raw outputs, which a sigmoid
 * would bound, so they refuse a discriminator that ends in one; they allow no targets but 1 and 0,
 * except least squares.
 */
typedef enum gan_loss {
    /**
     * Binary cross-entropy with the non-saturating generator loss (Goodfellow et al., 2014): for D
     * E bce(x_r, r) + E bce(x_f, f), for G E bce(x_f, 1), which is -log D(G(z)).
     */
    GAN_LOSS_BCE = 0,
    /**
     * The minimax game of the same paper: for D the same, for G E log(1 - D(G(z))), which is
     * -E bce(x_f, 0).  G hardly learns while D is sure of itself.
     */
    GAN_LOSS_MINIMAX,
    /**
     * The relativistic average GAN (Jolicoeur-Martineau, 2018): for D E bce(x_r - E x_f, r) +
     * E bce(x_f - E x_r, f), for G E bce(x_f - E x_r, 1) + E bce(x_r - E x_f, 0).  A generator's
     * step looks at the real samples of the latest discriminator's step.
     */
    GAN_LOSS_RELATIVISTIC,
    /**
     * Least squares (Mao et al., 2017): for D E (x_r - r)^2 / 2 + E (x_f - f)^2 / 2, for G
     * E (x_f - 1)^2 / 2.
     */
    GAN_LOSS_LEAST_SQUARES,
    /**
     * Hinge (Lim and Ye, 2017; Miyato et al., 2018): for D E max(0, 1 - x_r) + E max(0, 1 + x_f),
     * for G -E x_f.
     */
    GAN_LOSS_HINGE,
    /**
     * Wasserstein (Arjovsky et al., 2017): for D E x_f - E x_r, for G -E x_f.  D must be kept
     * Lipschitz by something else.
     */
    GAN_LOSS_WASSERSTEIN
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
