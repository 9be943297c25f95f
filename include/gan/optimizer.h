/* optimizer.h - update rules that turn gradients into new weights. */
#ifndef GAN_OPTIMIZER_H
#define GAN_OPTIMIZER_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/schedule.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * An update rule with its moments for one flat block of parameters.
 *
 * Created by gan_optimizer_create_*(), bound to a number of parameters by gan_trainer_create() or
 * gan_optimizer_bind(), destroyed by gan_optimizer_destroy().  Formulas and defaults are those of
 * torch.optim.
 *
 * Threads: one at a time; different optimizers are independent.
 */
typedef struct gan_optimizer gan_optimizer;

/**
 * Settings of Adam (Kingma and Ba, 2014; torch.optim.Adam).  Zero is a valid setting of an
 * optimizer, so start from the defaults and change what differs:
 *
 *     gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
 *     adam.lr = 0.0001;
 */
typedef struct gan_adam_desc {
    size_t struct_size;  /**< set by GAN_ADAM_DESC_INIT */
    double lr;           /**< learning rate, finite, not negative.  0.001 */
    double beta1;        /**< decay of the first moment, 0 <= beta1 < 1.  0.9 */
    double beta2;        /**< decay of the second moment, 0 <= beta2 < 1.  0.999 */
    double eps;          /**< added to the denominator, finite, not negative; with 0 a weight whose
                              gradient was always 0 becomes 0 / 0, and the step is refused.  1e-8 */
    double weight_decay; /**< finite, not negative; see each create function.  0 */
    int amsgrad;         /**< 1: use the maximum of the second moments so far (Reddi et al., 2018).
                              0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_adam_desc;
#define GAN_ADAM_DESC_INIT sizeof(gan_adam_desc), 0.001, 0.9, 0.999, 1e-8, 0.0, 0, NULL

/** GAN_ADAM_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_adam_desc_init(gan_adam_desc *desc, size_t struct_size);

/** Settings of AdamW: those of Adam, with weight_decay 0.01. */
#define GAN_ADAMW_DESC_INIT sizeof(gan_adam_desc), 0.001, 0.9, 0.999, 1e-8, 0.01, 0, NULL

/** GAN_ADAMW_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_adamw_desc_init(gan_adam_desc *desc, size_t struct_size);

/** Settings of AdaBelief (Zhuang et al., 2020); start from GAN_ADABELIEF_DESC_INIT. */
typedef struct gan_adabelief_desc {
    size_t struct_size; /**< set by GAN_ADABELIEF_DESC_INIT */
    double lr;          /**< learning rate, finite, not negative.  0.001 */
    double beta1;       /**< decay of the first moment, 0 <= beta1 < 1.  0.9 */
    double beta2;       /**< decay of the second moment, 0 <= beta2 < 1.  0.999 */
    double eps; /**< added to the variance in each step and to the denominator, finite, not
                              negative. 1e-16 */
    double weight_decay;            /**< decoupled weight decay: weights shrink by lr times this per
                                         step.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_adabelief_desc;
#define GAN_ADABELIEF_DESC_INIT sizeof(gan_adabelief_desc), 0.001, 0.9, 0.999, 1e-16, 0.0, NULL

/** GAN_ADABELIEF_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_adabelief_desc_init(gan_adabelief_desc *desc, size_t struct_size);

/** Settings of Lion (Chen et al., 2023); start from GAN_LION_DESC_INIT. */
typedef struct gan_lion_desc {
    size_t struct_size; /**< set by GAN_LION_DESC_INIT */
    double lr;    /**< learning rate, finite, not negative: the size of each weight's step.
                       0.0001 */
    double beta1; /**< share of the momentum in the step's direction, 0 <= beta1 < 1.  0.9 */
    double beta2; /**< decay of the momentum, 0 <= beta2 < 1.  0.99 */
    double weight_decay;            /**< decoupled weight decay: weights shrink by lr times this per
                                         step.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_lion_desc;
#define GAN_LION_DESC_INIT sizeof(gan_lion_desc), 0.0001, 0.9, 0.99, 0.0, NULL

/** GAN_LION_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_lion_desc_init(gan_lion_desc *desc, size_t struct_size);

/** Settings of SGD (torch.optim.SGD); start from GAN_SGD_DESC_INIT. */
typedef struct gan_sgd_desc {
    size_t struct_size;  /**< set by GAN_SGD_DESC_INIT */
    double lr;           /**< learning rate, finite, not negative.  0.01 */
    double momentum;     /**< 0 <= momentum < 1.  0 */
    double dampening;    /**< of the momentum, 0 <= dampening <= 1.  0 */
    double weight_decay; /**< L2 penalty: this times the weight is added to the gradient.  0 */
    int nesterov;        /**< 1: Nesterov's momentum; requires momentum > 0, dampening 0.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_sgd_desc;
#define GAN_SGD_DESC_INIT sizeof(gan_sgd_desc), 0.01, 0.0, 0.0, 0.0, 0, NULL

/** GAN_SGD_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_sgd_desc_init(gan_sgd_desc *desc, size_t struct_size);

/** Settings of RMSprop (Hinton's lecture 6e; torch.optim.RMSprop); start from
 * GAN_RMSPROP_DESC_INIT. */
typedef struct gan_rmsprop_desc {
    size_t struct_size;             /**< set by GAN_RMSPROP_DESC_INIT */
    double lr;                      /**< learning rate, finite, not negative.  0.01 */
    double alpha;                   /**< decay of the squares, 0 <= alpha < 1.  0.99 */
    double eps;                     /**< added to the denominator, finite, not negative.  1e-8 */
    double momentum;                /**< 0 <= momentum < 1.  0 */
    double weight_decay;            /**< L2 penalty: this times the weight is added to the gradient.
                                         0 */
    int centered;                   /**< 1: divide by an estimate of the variance.  0 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
} gan_rmsprop_desc;
#define GAN_RMSPROP_DESC_INIT sizeof(gan_rmsprop_desc), 0.01, 0.99, 1e-8, 0.0, 0.0, 0, NULL

/** GAN_RMSPROP_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_rmsprop_desc_init(gan_rmsprop_desc *desc, size_t struct_size);

/**
 * Create an Adam optimizer; weight decay is an L2 penalty, added to the gradient.
 *
 * @param[out] out   Receives the optimizer, yours to destroy; NULL on failure.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is an optimizer, not yet bound.
 * @retval GAN_ERR_INVALID  `out` is NULL or a setting is out of range; the message names it.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_create_adam(gan_optimizer **out,
                                                            const gan_adam_desc *desc);

/**
 * Create an AdamW optimizer (Loshchilov and Hutter, 2017; torch.optim.AdamW): Adam with decoupled
 * weight decay, which shrinks the weights by lr * weight_decay per step.
 *
 * `desc` NULL means GAN_ADAMW_DESC_INIT.  Otherwise as gan_optimizer_create_adam().
 *
 * @retval GAN_OK           `*out` is an optimizer, not yet bound.
 * @retval GAN_ERR_INVALID  `out` is NULL or a setting is out of range; the message names it.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_create_adamw(gan_optimizer **out,
                                                             const gan_adam_desc *desc);

/**
 * Create an AdaBelief optimizer: Adam that divides by the deviation of gradients from their mean
 * instead of their magnitude.
 *
 * @retval GAN_OK           `*out` is an optimizer, not yet bound.
 * @retval GAN_ERR_INVALID  `out` is NULL or a setting is out of range; the message names it.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_create_adabelief(gan_optimizer **out,
                                                                 const gan_adabelief_desc *desc);

/**
 * Create a Lion optimizer: every weight moves by the learning rate in the direction of the sign of
 * its update.  A weight whose update is 0 stays.
 *
 * @retval GAN_OK           `*out` is an optimizer, not yet bound.
 * @retval GAN_ERR_INVALID  `out` is NULL or a setting is out of range; the message names it.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_create_lion(gan_optimizer **out,
                                                            const gan_lion_desc *desc);

/**
 * Create an SGD optimizer, with momentum as in torch.optim.SGD (the first step's momentum is the
 * gradient itself, without dampening).
 *
 * @retval GAN_OK           `*out` is an optimizer, not yet bound.
 * @retval GAN_ERR_INVALID  `out` is NULL or a setting is out of range; the message names it.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_create_sgd(gan_optimizer **out,
                                                           const gan_sgd_desc *desc);

/**
 * Create an RMSprop optimizer.
 *
 * @retval GAN_OK           `*out` is an optimizer, not yet bound.
 * @retval GAN_ERR_INVALID  `out` is NULL or a setting is out of range; the message names it.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_create_rmsprop(gan_optimizer **out,
                                                               const gan_rmsprop_desc *desc);

/** Destroy an optimizer.  NULL is allowed.  @since 0.1 */
GAN_API void gan_optimizer_destroy(gan_optimizer *opt);

/**
 * Allocate the moments of `n_params` parameters, all zero.
 *
 * gan_trainer_create() does this for its networks.  An optimizer that is already bound to that
 * number is unchanged, moments included.
 *
 * @retval GAN_OK           The optimizer is bound.
 * @retval GAN_ERR_INVALID  `opt` is NULL or `n_params` is 0.
 * @retval GAN_ERR_SHAPE    It is bound to another number.
 * @retval GAN_ERR_NOMEM    No memory, or more parameters than memory could hold; it is as it was.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_bind(gan_optimizer *opt, size_t n_params);

/**
 * Apply one update to the host's own parameters.
 *
 * @param[in,out] opt     The optimizer, bound to `n`.
 * @param[in,out] params  `n` parameters.
 * @param[in]     grads   Their gradients.
 * @param[in]     n       How many.
 *
 * @retval GAN_OK             `params` and the moments were updated.
 * @retval GAN_ERR_INVALID    An argument is NULL, or the optimizer is not bound.
 * @retval GAN_ERR_SHAPE      It is bound to another number than `n`.
 * @retval GAN_ERR_NONFINITE  A gradient is NaN or infinite, or a parameter or moment would become
 *                            so.  Nothing changed.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_step(gan_optimizer *opt, float *params,
                                                     const float *grads, size_t n);

/** Return the learning rate, before any schedule; 0 for NULL.  @since 0.1 */
GAN_API double gan_optimizer_lr(const gan_optimizer *opt);

/**
 * Set the learning rate from the next step on; a schedule multiplies it.
 *
 * @retval GAN_OK           Set.
 * @retval GAN_ERR_INVALID  `opt` is NULL, or `lr` is negative or not finite.  Nothing changed.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_set_lr(gan_optimizer *opt, double lr);

/**
 * Set a learning rate schedule.  It depends on gan_optimizer_steps() alone, so a resumed run
 * continues it.
 *
 * @param[in,out] opt   The optimizer.
 * @param[in]     desc  The schedule, copied; NULL: constant.
 *
 * @retval GAN_OK           Set, from the next step on.
 * @retval GAN_ERR_INVALID  `opt` is NULL, or a setting is out of range, missing, or does not belong
 *                          to the schedule's kind; the message names it.  Nothing changed.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_set_schedule(gan_optimizer *opt,
                                                             const gan_schedule_desc *desc);

/**
 * Set a schedule of any setting of the rule, such as "beta2" of Adam, by the same steps as the
 * learning rate.  Bias corrections take the value of the step, as PyTorch's do when a parameter
 * group's setting is changed.
 *
 * @param[in,out] opt      The optimizer.
 * @param[in]     setting  The setting's name in its descriptor, including "lr".
 * @param[in]     desc     The schedule, copied; NULL: constant.
 *
 * @retval GAN_OK           Set, from the next step on.
 * @retval GAN_ERR_INVALID  `opt` or `setting` is NULL, the rule has no such setting, the schedule
 *                          is invalid as for gan_optimizer_set_schedule(), or it would take the
 *                          setting out of its range, which the message names.  Nothing changed.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_schedule_setting(gan_optimizer *opt,
                                                                 const char *setting,
                                                                 const gan_schedule_desc *desc);

/** Return the learning rate of the next step, schedule included; 0 for NULL.  @since 0.1 */
GAN_API double gan_optimizer_next_lr(const gan_optimizer *opt);

/** Gradient and weight clipping; start from GAN_LIMITS_DESC_INIT.  Each is finite and not negative;
 * 0: no limit. */
typedef struct gan_limits_desc {
    size_t struct_size; /**< set by GAN_LIMITS_DESC_INIT */
    double grad_norm;   /**< gradient clipping by norm: the whole gradient is scaled by grad_norm /
                             (norm + 1e-6) where that is below 1 (torch.nn.utils.clip_grad_norm_).
                             0 */
    double grad_value;  /**< gradient clipping by value: of each element, after that
                             (clip_grad_value_).  0 */
    double weight;      /**< weight clipping after the step (Arjovsky et al., 2017).  0 */
} gan_limits_desc;
#define GAN_LIMITS_DESC_INIT GAN_SIZED_INIT(gan_limits_desc, 0.0, 0.0, 0.0)

/** GAN_LIMITS_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_limits_desc_init(gan_limits_desc *desc, size_t struct_size);

/**
 * Clip gradients and weights from the next step on.
 *
 * @param[in,out] opt   The optimizer.
 * @param[in]     desc  The limits, copied; NULL: none.
 *
 * @retval GAN_OK           Set.
 * @retval GAN_ERR_INVALID  `opt` is NULL, or a limit is out of range; the message names it.
 *                          Nothing changed.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_optimizer_set_limits(gan_optimizer *opt,
                                                           const gan_limits_desc *desc);

/** Return how many steps were applied; 0 for NULL.  @since 0.1 */
GAN_API uint64_t gan_optimizer_steps(const gan_optimizer *opt);

GAN_END_DECLS

#endif
