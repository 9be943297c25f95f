/* loss.c - binary cross-entropy and softmax cross-entropy on logits. */
#include "optim/loss_internal.h"

#include "base/status_internal.h"

#include <math.h>

static gan_status check_finite(const float *logits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(logits[i]))
            return gan__fail(GAN_ERR_NONFINITE, "loss: logit %zu of %zu is %g", i, n,
                             (double)logits[i]);
    return GAN_OK;
}

/* ---- binary cross-entropy ---- */

gan__loss_term gan__loss_bce(double x, double target)
{
    const double e = exp(-fabs(x)); /* never overflows */
    const double p = (x < 0 ? e : 1) / (1 + e);

    return (gan__loss_term){(x < 0 ? 0 : x) - x * target + log1p(e), p - target, p};
}

gan_status gan_loss_bce_with_logits(const float *logits, size_t n, float target, double *loss,
                                    float *grad)
{
    gan_status status = GAN_OK;
    double sum = 0;

    if (!logits || !loss)
        return gan__fail(GAN_ERR_INVALID, "loss: %s is NULL", logits ? "loss" : "logits");
    if (n == 0) return gan__fail(GAN_ERR_INVALID, "loss: the mean of 0 logits is undefined");
    if (!(target >= 0 && target <= 1))
        return gan__fail(GAN_ERR_INVALID, "loss: a target of 0 to 1 expected, got %g",
                         (double)target);
    GAN_TRY(check_finite(logits, n));
    for (size_t i = 0; i < n; i++) {
        const gan__loss_term t = gan__loss_bce((double)logits[i], (double)target);

        sum += t.loss;
        if (grad) grad[i] = (float)(t.slope * (1.0 / (double)n));
    }
    *loss = sum / (double)n;

cleanup:
    return status;
}

/* ---- softmax cross-entropy ---- */

size_t gan__loss_argmax(const float *x, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

/* The loss of one row.  The largest logit is subtracted from all, so that no exp() overflows; an
 * infinite one makes infinity - infinity, NaN, of the sum. */
static double row_loss(const gan__loss_rows *r, const float *x, size_t label, double weight,
                       float *grad)
{
    const double largest = (double)x[gan__loss_argmax(x, r->n_classes)];
    const double uniform = r->label_smoothing / (double)r->n_classes;
    const double at_label = (double)x[label] - largest;
    double sum = 0;
    double exps = 0;

    for (size_t j = 0; j < r->n_classes; j++) {
        sum += (double)x[j] - largest;
        exps += exp((double)x[j] - largest);
    }
    for (size_t j = 0; grad && j < r->n_classes; j++) {
        const double target = uniform + (j == label ? 1 - r->label_smoothing : 0);

        grad[j] = (float)((exp((double)x[j] - largest) / exps - target) * weight);
    }
    return log(exps) - (1 - r->label_smoothing) * at_label - uniform * sum;
}

gan__loss_class_sums gan__loss_cross_entropy(const gan__loss_rows *r, double weight, float *grad)
{
    gan__loss_class_sums sums = {0, 0};

    for (size_t i = 0; i < r->n_rows; i++) {
        const float *x = r->logits + i * r->stride;

        const size_t label = gan__label_at(r->labels, i);

        sums.correct += gan__loss_argmax(x, r->n_classes) == label;
        sums.loss += row_loss(r, x, label, weight, grad ? grad + i * r->stride : NULL);
    }
    return sums;
}

static gan_status cross_entropy(const float *logits, size_t n, size_t n_classes,
                                gan__label_list labels, float label_smoothing, double *loss,
                                float *grad)
{
    gan_status status = GAN_OK;
    const gan__loss_rows rows = {logits, labels, n, n_classes, n_classes, (double)label_smoothing};

    if (!logits || !gan__labels_given(labels) || !loss)
        return gan__fail(GAN_ERR_INVALID, "loss: %s is NULL",
                         !logits ? "logits"
                         : !loss ? "loss"
                                 : "labels");
    if (n == 0 || n_classes == 0)
        return gan__fail(GAN_ERR_INVALID, "loss: the mean of %zu rows of %zu logits is undefined",
                         n, n_classes);
    if (!(label_smoothing >= 0 && label_smoothing <= 1))
        return gan__fail(GAN_ERR_INVALID, "loss: a label_smoothing of 0 to 1 expected, got %g",
                         (double)label_smoothing);
    GAN_TRY(gan__labels_check(labels, n, n_classes, "loss"));
    GAN_TRY(check_finite(logits, n * n_classes));
    *loss = gan__loss_cross_entropy(&rows, 1.0 / (double)n, grad).loss / (double)n;

cleanup:
    return status;
}

gan_status gan_loss_cross_entropy(const float *logits, size_t n, size_t n_classes,
                                  const uint8_t *labels, float label_smoothing, double *loss,
                                  float *grad)
{
    return cross_entropy(logits, n, n_classes, gan__label_bytes(labels), label_smoothing, loss,
                         grad);
}

gan_status gan_loss_cross_entropy_labels16(const float *logits, size_t n, size_t n_classes,
                                           const uint16_t *labels, float label_smoothing,
                                           double *loss, float *grad)
{
    return cross_entropy(logits, n, n_classes, gan__label_words(labels), label_smoothing, loss,
                         grad);
}
