/* schedule.h - schedules: settings that change with the training steps. */
#ifndef GAN_SCHEDULE_H
#define GAN_SCHEDULE_H

#include <gan/api.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * Schedules of a setting over training steps, which are counted from 0: its value in step t is the
 * setting times a factor; u is t - warmup, once a warm-up has ended.  Learning rates and other
 * settings of an optimizer can have one (gan_optimizer_set_schedule(),
 * gan_optimizer_schedule_setting()), and in a trainer the weight of a penalty, instance noise,
 * augmentation, top_k and the average's half-life.
 */
typedef enum gan_schedule {
    GAN_SCHEDULE_CONSTANT = 0, /**< 1 */
    GAN_SCHEDULE_LINEAR,       /**< from 1 to `factor` in `period` steps, then constant
                                    (torch.optim.lr_scheduler.LinearLR) */
    GAN_SCHEDULE_COSINE,       /**< the same along half a cosine, then constant (CosineAnnealingLR,
                                    which would rise again) */
    GAN_SCHEDULE_STEP,         /**< factor^k after k whole periods (StepLR) */
    GAN_SCHEDULE_EXPONENTIAL   /**< factor^(u / period) (ExponentialLR) */
} gan_schedule;

/** Settings of a schedule; start from GAN_SCHEDULE_DESC_INIT. */
typedef struct gan_schedule_desc {
    size_t struct_size; /**< set by GAN_SCHEDULE_DESC_INIT */
    gan_schedule kind;  /**< GAN_SCHEDULE_CONSTANT */
    uint64_t warmup;    /**< linear warm-up: over this many steps the factor is (t + 1) / warmup;
                             the schedule begins after them.  0 */
    uint64_t period;    /**< steps, at least 1.  Exponential: 0: 1; constant: 0 */
    double factor;      /**< finite, not negative; step and exponential: above 0; constant: 0 */
    int rising; /**< 1, linear and cosine: from `factor` to 1, without a warm-up; with factor 0 a
                     setting rises from 0.  0 */
} gan_schedule_desc;
#define GAN_SCHEDULE_DESC_INIT                                                                     \
    GAN_SIZED_INIT(gan_schedule_desc, GAN_SCHEDULE_CONSTANT, 0, 0, 0.0, 0)

/** GAN_SCHEDULE_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_schedule_desc_init(gan_schedule_desc *desc, size_t struct_size);

GAN_END_DECLS

#endif
