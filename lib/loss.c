/* loss.c - binary cross-entropy on logits. */
#include "loss_internal.h"

#include "status_internal.h"

#include <math.h>

gan__loss_sums gan__loss_bce(const float *logits, size_t n, double target, double weight,
                             float *grad)
{
    gan__loss_sums sums = {0, 0, 0, 0};

    for (size_t i = 0; i < n; i++) {
        const double x = (double)logits[i];
        const double e = exp(-fabs(x)); /* never overflows */
        const double p = (x < 0 ? e : 1) / (1 + e);

        sums.loss += (x < 0 ? 0 : x) - x * target + log1p(e);
        sums.probability += p;
        sums.positive += x > 0;
        sums.negative += x < 0;
        if (grad) grad[i] = (float)((p - target) * weight);
    }
    return sums;
}

gan_status gan_loss_bce_with_logits(const float *logits, size_t n, float target, double *loss,
                                    float *grad)
{
    if (!logits || !loss)
        return gan__fail(GAN_ERR_INVALID, "loss: %s is NULL", logits ? "loss" : "logits");
    if (n == 0) return gan__fail(GAN_ERR_INVALID, "loss: the mean of 0 logits is wanted");
    if (!(target >= 0 && target <= 1))
        return gan__fail(GAN_ERR_INVALID, "loss: a target of 0 to 1 wanted, got %g",
                         (double)target);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(logits[i]))
            return gan__fail(GAN_ERR_NONFINITE, "loss: logit %zu of %zu is %g", i, n,
                             (double)logits[i]);
    *loss = gan__loss_bce(logits, n, (double)target, 1.0 / (double)n, grad).loss / (double)n;
    return GAN_OK;
}
