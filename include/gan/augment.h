/* augment.h - differentiable augmentation of images, for training on few samples. */
#ifndef GAN_AUGMENT_H
#define GAN_AUGMENT_H

#include <gan/api.h>
#include <gan/status.h>
#include <gan/tensor.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * The operations of an augmentation, bits of gan_augment_desc.operations.  The chosen ones are
 * applied to an image of C channels and H x W pixels in the order of this list; each draws its
 * random numbers anew for each image.  U(a, b) is a number drawn uniformly from a to b.
 *
 * All but the first are those of DiffAugment (Zhao et al., 2020, "Differentiable Augmentation for
 * Data-Efficient GAN Training"), whose three policies are GAN_AUGMENT_COLOR, translation and cutout.
 * Each is an affine function of the image, so gradients and penalties go through all of them.
 */
typedef enum gan_augment_operation {
    /** Mirror the image left to right, or not, with the same probability. */
    GAN_AUGMENT_FLIP = 1,
    /** Add U(-0.5, 0.5) to all values. */
    GAN_AUGMENT_BRIGHTNESS = 2,
    /** (x - m) U(0, 2) + m, m being the mean of a pixel's channels.  One channel stays as it is. */
    GAN_AUGMENT_SATURATION = 4,
    /** (x - m) U(0.5, 1.5) + m, m being the mean of the image. */
    GAN_AUGMENT_CONTRAST = 8,
    /** Shift by whole pixels, up to H / 8 vertically and W / 8 horizontally, rounded, all distances
     * equally likely; the uncovered pixels are set to `fill`. */
    GAN_AUGMENT_TRANSLATION = 16,
    /** Set a rectangle of H / 2 x W / 2 pixels, rounded, to `fill`.  Its centre is anywhere on the
     * image, so a part of it may lie outside. */
    GAN_AUGMENT_CUTOUT = 32,
    /** Brightness, saturation and contrast. */
    GAN_AUGMENT_COLOR = 14
} gan_augment_operation;

/** Settings of an augmentation; start from GAN_AUGMENT_DESC_INIT. */
typedef struct gan_augment_desc {
    size_t struct_size;  /**< set by GAN_AUGMENT_DESC_INIT */
    uint32_t operations; /**< gan_augment_operation values, or'ed.  0: none, then the other fields
                              must be 0 */
    double probability;  /**< probability that an operation is applied to an image, independently
                              for each; 0 to 1.  0: 1, or with `target` an initial probability of
                              0 */
    double fill;         /**< the value that translation and cutout fill in, finite, such as -1 for
                              a black background of images from -1 to 1.  0: DiffAugment's, mid-grey
                              there */
    /**
     * Adaptive discriminator augmentation (Karras et al., 2020), in a trainer: above 0 and below 1,
     * such as the paper's 0.6.  After each `interval` discriminator steps the mean sign of the real
     * samples' logits in them, which tends to 1 as a discriminator overfits, is compared with it,
     * and the probability moves up or down by the number of real samples in them / `images`, from 0
     * to `most`.  The sign is that of gan_train_stats.d_real_accuracy, which for a relativistic
     * loss is that of the difference to generated samples.  0: constant probability
     */
    double target;
    uint64_t images; /**< number of real samples over which the probability changes by 1; 0: 500000.
                          Short runs need fewer */
    size_t interval; /**< discriminator steps; 0: 4 */
    double most; /**< upper limit of the probability, up to 1; 0: 0.8.  Operations that are nearly
                      always applied leak into the generated samples */
} gan_augment_desc;
#define GAN_AUGMENT_DESC_INIT GAN_SIZED_INIT(gan_augment_desc, 0, 0, 0, 0, 0, 0, 0)

/** GAN_AUGMENT_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_augment_desc_init(gan_augment_desc *desc, size_t struct_size);

/**
 * Augment samples in place, for the host's own training loops; a trainer does it by itself (see
 * gan_trainer_desc.augment).
 *
 * The random numbers of a sample are a function of seed and index alone: sample i of the call has
 * the index first + i.  `target` and its settings are ignored.
 *
 * @param[in]     desc     Settings.
 * @param[in]     shape    Of a sample, [channels, height, width].
 * @param[in]     seed     Of the random numbers.
 * @param[in]     first    The index of the first sample.
 * @param[in]     n        How many samples; 0 does nothing.
 * @param[in,out] samples  The samples, one after the other.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `desc` is NULL, `samples` is NULL while n > 0, or a setting is out of
 *                          range; the message names it.
 * @retval GAN_ERR_SHAPE    `shape` does not have three dimensions.
 *
 * Threads: any.
 * Memory:  allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_augment_samples(const gan_augment_desc *desc, gan_shape shape,
                                                      uint64_t seed, uint64_t first, size_t n,
                                                      float *samples);

/**
 * Back-propagate through gan_augment_samples(), in place: from gradients with respect to the
 * augmented samples to gradients with respect to the samples.  This is the adjoint of the
 * augmentation's linear part.
 *
 * Arguments, results, threads and memory are those of gan_augment_samples(), with the same indices.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_augment_gradients(const gan_augment_desc *desc,
                                                        gan_shape shape, uint64_t seed,
                                                        uint64_t first, size_t n, float *gradients);

GAN_END_DECLS

#endif
