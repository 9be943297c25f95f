/* penalty.h - gradient penalties of a discriminator. */
#ifndef GAN_PENALTY_H
#define GAN_PENALTY_H

#include <gan/api.h>
#include <gan/schedule.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * Kinds of gradient penalty: the mean over rows of a function of r, the norm of the gradient of the
 * discriminator's logit with respect to a sample, at points that depend on the kind.
 *
 * A conditional discriminator gets the real samples' labels there, and those of the fake ones with
 * GAN_PENALTY_R2.  An auxiliary classifier's logits are not penalised.
 */
typedef enum gan_penalty_kind {
    /** None. */
    GAN_PENALTY_NONE = 0,
    /**
     * weight (r - 1)^2 at e real + (1 - e) fake, with e drawn for each row from 0 to 1 (Gulrajani
     * et al., 2017, "Improved Training of Wasserstein GANs").
     */
    GAN_PENALTY_WGAN_GP = 1,
    /** weight / 2 r^2 at the real samples (Mescheder et al., 2018). */
    GAN_PENALTY_R1 = 2,
    /** weight / 2 r^2 at the fake samples (the same paper). */
    GAN_PENALTY_R2 = 3,
    /**
     * weight (r - 1)^2 near the real samples (Kodali et al., 2017): as GAN_PENALTY_WGAN_GP, with
     * real + 0.5 s u for the fake ones, s being the standard deviation of all values of the batch,
     * or of each of its parts with `micro_batch`, and u drawn for each element from 0 to 1, as in
     * its authors' program.
     */
    GAN_PENALTY_DRAGAN = 4
} gan_penalty_kind;

/** Settings of a penalty; start from GAN_PENALTY_DESC_INIT. */
typedef struct gan_penalty_desc {
    size_t struct_size;    /**< set by GAN_PENALTY_DESC_INIT */
    gan_penalty_kind kind; /**< GAN_PENALTY_NONE, then the other fields must be 0 */
    double weight;         /**< above 0, finite; 0: 10 */
    size_t interval;   /**< lazy regularisation: computed in the first and every interval-th
                                discriminator step, and multiplied by it there (Karras et al.,
                                2020); 0: 1 */
    int zero_centered; /**< 1: weight r^2 instead of weight (r - 1)^2 (Thanh-Tung et al., 2019).
                            0 */
    const gan_schedule_desc *schedule; /**< of the weight, by the discriminator's steps; copied.
                                            NULL: constant */
} gan_penalty_desc;
#define GAN_PENALTY_DESC_INIT GAN_SIZED_INIT(gan_penalty_desc, GAN_PENALTY_NONE, 0, 0, 0, 0)

/** GAN_PENALTY_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_penalty_desc_init(gan_penalty_desc *desc, size_t struct_size);

GAN_END_DECLS

#endif
