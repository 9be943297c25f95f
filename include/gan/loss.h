/* loss.h - loss functions of a discriminator's or a classifier's logits. */
#ifndef GAN_LOSS_H
#define GAN_LOSS_H

#include <gan/api.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * The loss functions of a trainer; for others see gan_objective.
 *
 * In the formulas x is the discriminator's output without a last sigmoid, the logit, of a real
 * sample (x_r) or a generated one (x_f); E is the mean over a batch, bce(x, y) the cross-entropy of
 * gan_loss_bce_with_logits(), and r and f are the trainer's real_target and fake_target, usually 1
 * and 0. All are numerically stable: finite for logits of any size.
 *
 * The first three and the last skip a final sigmoid and work on its input.  The others are defined
 * on raw outputs, which a sigmoid would bound, so they refuse a discriminator that ends in one;
 * they allow no targets other than 1 and 0, except least squares.
 */
typedef enum gan_loss {
    /**
     * Binary cross-entropy with the non-saturating generator loss (Goodfellow et al., 2014): for D
     * E bce(x_r, r) + E bce(x_f, f), for G E bce(x_f, 1), which is -log D(G(z)).
     */
    GAN_LOSS_BCE = 0,
    /**
     * The minimax game of the same paper: for D the same, for G E log(1 - D(G(z))), which is -E
     * bce(x_f, 0).  Its gradient vanishes while D is confident.
     */
    GAN_LOSS_MINIMAX,
    /**
     * The relativistic average GAN (Jolicoeur-Martineau, 2018): for D E bce(x_r - E x_f, r) + E
     * bce(x_f - E x_r, f), for G E bce(x_f - E x_r, 1) + E bce(x_r - E x_f, 0).  A generator step
     * uses the real samples of the latest discriminator step.
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
     * Lipschitz by other means: a gradient penalty, spectral normalisation or weight clipping.
     */
    GAN_LOSS_WASSERSTEIN,
    /**
     * The paired relativistic GAN, RpGAN (Jolicoeur-Martineau, 2018; R3GAN: Huang et al., 2024):
     * for D E bce(x_r - x_f, r), each real sample being paired with one generated sample, for G E
     * bce(x_f - x_r, 1).  A generator step uses the real samples of the latest discriminator step,
     * cycling through them where there are fewer, or those of gan_train_generator_step_beside().
     * fake_target and flipped labels of generated samples are ignored.
     */
    GAN_LOSS_RELATIVISTIC_PAIRED
} gan_loss;

/** Decision boundary of the discriminator, which accuracies are measured against. */
typedef enum gan_boundary {
    GAN_BOUNDARY_ZERO = 0, /**< real is an output above 0; with a relative objective, one above the
                                mean of the other side's */
    GAN_BOUNDARY_TARGETS,  /**< real is an output above the mean of the real and the fake target */
    GAN_BOUNDARY_NONE      /**< none: only differences of outputs are meaningful, as with a
                                Wasserstein critic.  Accuracies are meaningless */
} gan_boundary;

/** The two halves of a training step. */
typedef enum gan_half {
    GAN_HALF_DISCRIMINATOR = 0, /**< the discriminator learns */
    GAN_HALF_GENERATOR          /**< the generator learns */
} gan_half;

/** The half of a step that an objective is called for. */
typedef struct gan_objective_step {
    size_t struct_size; /**< of the library's record */
    gan_half half;      /**< whose loss to compute */
    uint64_t step;      /**< of this half, counted from 0 */
    double share;       /**< the micro-batch's fraction of the batch; 1 when the batch is not
                             split */
    double real_target; /**< the trainer's setting of this name */
    double fake_target; /**< likewise */
} gan_objective_step;

/**
 * The discriminator's outputs for the real samples of a micro-batch, or for the generated ones, and
 * the results of an objective for them.  Row i begins at element i * stride of `outputs` and
 * `grads`.
 */
typedef struct gan_objective_rows {
    size_t struct_size;    /**< of the library's record */
    const float *outputs;  /**< without a last sigmoid */
    const double *targets; /**< of each row: the trainer's target, or the other one where it is
                                flipped, in the discriminator's half; 1 in the generator's for
                                generated rows and 0 for real ones */
    const uint8_t *labels; /**< of each row; NULL: training is not conditional, or there are more
                                than 256 classes: then see labels16 */
    size_t n_rows;    /**< 0: unused, as the real rows in the generator's half without `relative` */
    size_t n_outputs; /**< per row; an auxiliary classifier's logits, which follow them, are not
                           part of the objective */
    size_t stride;    /**< elements from one row to the next */
    float *grads;     /**< out: the gradient of `share` times the loss with respect to each output;
                           initially 0 */
    double loss;      /**< out: these rows' part of the loss, which is the sum of both sides' parts;
                           not multiplied by `share`; initially 0 */
    double shown;     /**< out, optional: d_real or d_fake of gan_train_stats, a mean over the rows;
                           finite; initially 0 */
    double accuracy;  /**< out, optional: the fraction of these rows that is classified correctly, 0
                           to 1; initially 0 */
    const uint16_t *labels16; /**< as `labels`, in 16 bits, however many classes there are */
} gan_objective_rows;

/**
 * Compute the loss of one network and its gradients.
 *
 * It is called by the thread that trains, in the default floating-point environment, for each
 * micro-batch.  It must not call the library with a handle that the trainer uses or with its pool.
 *
 * @param[in]     user  That of the objective.
 * @param[in]     step  Which half, and its settings.
 * @param[in,out] real  The real rows.
 * @param[in,out] fake  The generated rows.
 * @return GAN_OK; any other value, including the host's own, stops the step, which then changes
 *         nothing and returns that value.  GAN_ERR_NONFINITE is treated as gan_divergence says, and
 *         so is a loss that is not finite.
 */
typedef gan_status (*gan_objective_fn)(void *user, const gan_objective_step *step,
                                       gan_objective_rows *real, gan_objective_rows *fake);

/**
 * The loss functions of both networks as callbacks: a custom objective in place of a gan_loss (the
 * built-in ones use the same record).  Start from GAN_OBJECTIVE_INIT.
 */
typedef struct gan_objective {
    size_t struct_size; /**< set by GAN_OBJECTIVE_INIT */
    const char *name; /**< stored in checkpoints, which only a trainer with an objective of this
                           name resumes: 1 to 63 bytes of printable ASCII.  The functions themselves
                           are not compared */
    gan_objective_fn discriminator; /**< the discriminator's loss */
    gan_objective_fn generator;     /**< the generator's loss */
    void *user;                     /**< passed to both */
    int raw_outputs; /**< 1: a discriminator that ends in a sigmoid is refused; 0: the final sigmoid
                          is skipped */
    int relative;    /**< 1: the generator's half also gets the real samples of the latest
                          discriminator step.  No gradient flows back through their outputs */
    double
        least_target; /**< the range of targets that a trainer may set.  0 and 0: only the usual */
    double most_target;    /**< targets, 1 and 0 */
    gan_boundary boundary; /**< decision boundary of the rows' accuracies.  GAN_BOUNDARY_ZERO */
} gan_objective;
#define GAN_OBJECTIVE_INIT                                                                         \
    GAN_SIZED_INIT(gan_objective, 0, 0, 0, 0, 0, 0, 0.0, 0.0, GAN_BOUNDARY_ZERO)

/** GAN_OBJECTIVE_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_objective_init(gan_objective *objective, size_t struct_size);

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
 * @param[out] grad    Receives `n` gradients of the mean with respect to each logit, (sigmoid(x) -
 *                     y) / n; may be `logits`.  NULL if not wanted.
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
 * Compute the mean softmax cross-entropy of rows of logits against one label per row, and its
 * gradient (torch.nn.CrossEntropyLoss).
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
 * @param[out] grad             Receives the gradients of the mean with respect to each logit,
 *                              (softmax(x) - t) / n; may be `logits`.  NULL if not wanted.
 *
 * @retval GAN_OK             Done.
 * @retval GAN_ERR_INVALID    `logits`, `labels` or `loss` is NULL, `n` or `n_classes` is 0,
 *                            `label_smoothing` is outside 0 to 1, or a label is not below
 *                            `n_classes`; the message names it.
 * @retval GAN_ERR_NONFINITE  A logit is NaN or infinite.  `*loss` and `grad` are as they were.
 *
 * Threads: any.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_loss_cross_entropy(const float *logits, size_t n,
                                                         size_t n_classes, const uint8_t *labels,
                                                         float label_smoothing, double *loss,
                                                         float *grad);

/**
 * Compute the mean cross-entropy as gan_loss_cross_entropy() does, with labels of 16 bits: for more
 * than 256 classes.
 *
 * Arguments, results, threads and memory are those of gan_loss_cross_entropy().
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_loss_cross_entropy_labels16(const float *logits, size_t n,
                                                                  size_t n_classes,
                                                                  const uint16_t *labels,
                                                                  float label_smoothing,
                                                                  double *loss, float *grad);

GAN_END_DECLS

#endif
