/* regularizer.h - regularisation of a discriminator's outputs, for training on few samples. */
#ifndef GAN_REGULARIZER_H
#define GAN_REGULARIZER_H

#include <gan/api.h>
#include <gan/augment.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * LeCam regularisation (Tseng et al., 2021, "Regularizing Generative Adversarial Networks under
 * Limited Data"): outputs for real samples are pulled towards the moving average of those for
 * generated ones, and vice versa, which keeps the two from drifting apart.  The discriminator's
 * loss gets
 *
 *     weight (E max(0, D(x) - a_fake)^2 + E max(0, a_real - D(G(z)))^2)
 *
 * where a_real and a_fake are exponential moving averages of the mean outputs of previous steps,
 * and E is the mean over the batch.  The maxima are as in the authors' program.  It is meant for
 * losses on raw outputs.  Start from GAN_LECAM_DESC_INIT.
 */
typedef struct gan_lecam_desc {
    size_t struct_size; /**< set by GAN_LECAM_DESC_INIT */
    double weight;      /**< above 0, to 1e6; 0: 0.3, the paper's for its largest networks; losses
                             of other scales need other weights */
    double decay;       /**< decay of the moving averages, above 0 and below 1; 0: 0.99 */
    uint64_t start;     /**< first discriminator step, counted from 0, that it is added in; never in
                             the very first one.  Up to there the averages are the means of the
                             previous step.  0 */
} gan_lecam_desc;
#define GAN_LECAM_DESC_INIT GAN_SIZED_INIT(gan_lecam_desc, 0, 0, 0)

/** GAN_LECAM_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_lecam_desc_init(gan_lecam_desc *desc, size_t struct_size);

/**
 * Consistency regularisation: the discriminator's output should not change when its input is
 * augmented.  The discriminator's loss gets
 *
 *     real_weight E (D(x) - D(T(x)))^2 + fake_weight E (D(G(z)) - D(T(G(z))))^2
 *
 * the first part of which is CR-GAN's (Zhang et al., 2020), and both bCR-GAN's (Zhao et al., 2020,
 * "Improved Consistency Regularization for GANs").  T is drawn anew for each sample.  Beside
 * gan_trainer_desc.augment it comes on top: x then is what the discriminator sees.  The
 * discriminator runs on 1.5 times as many samples, or twice as many with fake_weight.  Start from
 * GAN_CONSISTENCY_DESC_INIT.
 */
typedef struct gan_consistency_desc {
    size_t struct_size; /**< set by GAN_CONSISTENCY_DESC_INIT */
    double real_weight; /**< above 0, to 1e6; 0: 10 */
    double fake_weight; /**< 0 to 1e6; bCR-GAN's is 10.  0 */
    const gan_augment_desc
        *augment; /**< T; copied, without a target.  NULL: translation, with fill 0 and probability
                                          1.  The papers also use GAN_AUGMENT_FLIP, for images that
                                          may be mirrored */
} gan_consistency_desc;
#define GAN_CONSISTENCY_DESC_INIT GAN_SIZED_INIT(gan_consistency_desc, 0, 0, 0)

/** GAN_CONSISTENCY_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_consistency_desc_init(gan_consistency_desc *desc, size_t struct_size);

GAN_END_DECLS

#endif
