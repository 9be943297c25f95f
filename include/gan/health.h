/* health.h - monitoring a run: what goes wrong, in words with numbers. */
#ifndef GAN_HEALTH_H
#define GAN_HEALTH_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/iterator.h>
#include <gan/reference.h>
#include <gan/status.h>
#include <gan/train.h>
#include <stddef.h>
#include <stdint.h>

GAN_BEGIN_DECLS

/**
 * Monitors a training run: the host passes it the statistics of each step and, now and then, how
 * generated samples compare with real ones (a look), and it reports what is wrong, with numbers and
 * advice.
 *
 *     gan_health_create(&health, NULL);
 *     for (...) {
 *         status = gan_train_step(trainer, batch, &stats);
 *         gan_health_step(health, status, &stats);
 *         ...
 *         gan_reference_compare(real, features, NULL, n, &comparison);      at the end of an epoch
 *         look.comparison = &comparison;
 *         gan_health_look(health, &look);
 *         if (gan_health_is_best(health)) gan_checkpoint_save_keep(trainer, it, "best.gan", 0);
 *         gan_health_verdict(health, &finding);
 *         puts(finding.sentence);
 *         if (gan_health_should_stop(health)) break;
 *     }
 *
 * It never touches the run: the bits of training are the same with and without it.  It prints
 * nothing.
 *
 * A finding is a note as long as it may be temporary, and a verdict once it has lasted: a finding
 * about samples for `confirm_looks` consecutive looks, one about steps over a whole window.  It is
 * withdrawn when it no longer holds.
 *
 * Created by gan_health_create(), destroyed by gan_health_destroy().
 *
 * Threads: one at a time; different ones are independent.
 */
typedef struct gan_health gan_health;

/** What may be wrong with a run, the most severe first; values are frozen once released. */
typedef enum gan_verdict {
    GAN_VERDICT_HEALTHY = 0, /**< nothing was found */
    /** Losses are NaN or infinite, or a loss or a gradient norm jumps far out of its previous
     * range. */
    GAN_VERDICT_DIVERGED = 1,
    GAN_VERDICT_D_DEAD = 2, /**< the discriminator does not learn */
    /** The discriminator separates all real from all generated samples, and the generator no longer
     * learns from it. */
    GAN_VERDICT_D_WINS = 3,
    /** The discriminator overfits: it has memorised the training samples and classifies held-out
     * real samples as generated. */
    GAN_VERDICT_D_OVERFIT = 4,
    GAN_VERDICT_COLLAPSED = 5,      /**< mode collapse: the generator repeats a few samples */
    GAN_VERDICT_MEMORISED = 6,      /**< generated samples are copies of training samples */
    GAN_VERDICT_MODES_MISSING = 7,  /**< classes or bins of real samples that are hardly
                                         generated; while samples still spread, and in the first
                                         looks, at most half of them are a note for
                                         twice as many */
    GAN_VERDICT_LABELS_IGNORED = 8, /**< generated samples do not match their labels */
    GAN_VERDICT_NOISY = 9,          /**< samples are far from the real ones and do not improve */
    GAN_VERDICT_BLURRED = 10,       /**< samples are averages of real ones: washed out */
    GAN_VERDICT_NO_PROGRESS = 11,   /**< no look has improved for a long time */
    /* What gan_health_preflight() warns of. */
    GAN_VERDICT_RATE_ZERO = 12,       /**< a learning rate is 0: the network's weights do not
                                           change */
    GAN_VERDICT_GENERATOR_RANGE = 13, /**< the generator's last layer can't reach the data */
    GAN_VERDICT_DATA_RANGE = 14,      /**< the data's values are far from what networks expect */
    GAN_VERDICT_FEW_SAMPLES = 15,     /**< too few training samples to learn a distribution from */
    GAN_VERDICT_SHORT_EPOCH = 16,     /**< an epoch has only a few steps */
    GAN_VERDICT_RATES_APART = 17      /**< one network's learning rate is many times the other's */
} gan_verdict;

/** Return the name of a verdict without its prefix, such as "D_WINS"; "unknown verdict" for a value
 * that is none.  The string is constant.  Threads: any.  @since 0.1 */
GAN_API const char *gan_verdict_name(gan_verdict verdict);

/** How severe a finding is. */
typedef enum gan_finding_level {
    GAN_FINDING_NONE = 0,
    GAN_FINDING_NOTE = 1,   /**< worth knowing; may pass */
    GAN_FINDING_VERDICT = 2 /**< it has lasted */
} gan_finding_level;

/** Bytes of a sentence with its terminating zero; a longer one is truncated. */
#define GAN_SENTENCE_BYTES 320

/** Something that was found; start from GAN_FINDING_INIT. */
typedef struct gan_finding {
    size_t struct_size;      /**< set by GAN_FINDING_INIT */
    gan_verdict verdict;     /**< what */
    gan_finding_level level; /**< a note or a verdict; NONE with GAN_VERDICT_HEALTHY */
    uint64_t step;           /**< discriminator steps when its current uninterrupted run began */
    uint64_t look;           /**< number of looks by then */
    const char *advice;      /**< what may help, a constant text; empty when healthy */
    char sentence[GAN_SENTENCE_BYTES]; /**< what was found, with the measured values and the
                                            thresholds; one line without a newline */
} gan_finding;
#define GAN_FINDING_INIT                                                                           \
    GAN_SIZED_INIT(gan_finding, GAN_VERDICT_HEALTHY, GAN_FINDING_NONE, 0, 0, 0, "")

/** GAN_FINDING_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_finding_init(gan_finding *finding, size_t struct_size);

/** The most steps of a window. */
#define GAN_HEALTH_MAX_WINDOW 512

/**
 * Settings: the thresholds of findings, most of them relative to what was measured on this data or
 *           early in this run.  Start from GAN_HEALTH_DESC_INIT; zero is each one's default.
 */
typedef struct gan_health_desc {
    size_t struct_size;   /**< set by GAN_HEALTH_DESC_INIT */
    size_t window;        /**< steps in the window of findings about steps, 32 to
                             GAN_HEALTH_MAX_WINDOW.  0: 256 */
    size_t confirm_looks; /**< consecutive looks after which a finding about samples is a verdict.
                               0: 2 */
    uint64_t warmup;      /**< discriminator steps before which findings about samples are only
                               notes: a generator begins with samples that are all alike.  0:
                               2000 */
    /** Class names for sentences, copied; or NULL, and they have numbers. */
    const char *const *class_names;
    size_t n_classes;       /**< how many; 0 with NULL */
    double jump;            /**< DIVERGED: how many standard deviations of its window a network's
                                 loss jumps up by, and how many times the discriminator's first
                                 loss, in 3 consecutive steps; the generator's only where the
                                 objective has a boundary.  0: 20 */
    double gradient_factor; /**< DIVERGED: how many times its running median a gradient norm is, in
                                 3 consecutive steps.  0: 100 */
    double win_accuracy; /**< D_WINS: both accuracies are at least this over a window; those of an
                              objective with GAN_BOUNDARY_NONE are unknown.  0: 0.99 */
    double win_gradient; /**< D_WINS: the generator's gradient norm fell to this fraction of its
                              early median.  0: 0.1 */
    double win_coverage; /**< D_WINS: or coverage or recall is below this share of its floor in
                              confirm_looks looks.  0: 0.1 */
    size_t win_looks;    /**< D_WINS: or this many looks brought no improvement.  0: 3 */
    double dead_margin;  /**< D_DEAD: how close to 1/2 the mean of both accuracies is.  0: 0.02 */
    double dead_spread;  /**< D_DEAD: how little the discriminator's mean output varies over a
                              window, and differs between real and generated, as a fraction of that
                              difference in the first step.  0: 0.01 */
    double dead_share;   /**< D_DEAD: fraction of the window's steps in which the discriminator
                              prefers generated samples.  0: 0.95 */
    double overfit_sign; /**< D_OVERFIT: a note when the mean sign of real samples' logits is at
                                  least this (r_t of Karras et al., 2020).  0: 0.6 */
    double overfit_gap;  /**< D_OVERFIT: accuracy on training samples minus that on held-out
                                  ones.  0: 0.2 */
    double duplicate_factor; /**< COLLAPSED: duplicates are this many times their floor.  0: 10 */
    double duplicate_share;  /**< COLLAPSED: and at least this share of the samples.  0: 0.9 */
    double collapse_recall;  /**< COLLAPSED: recall is below this fraction of its floor, and
                                  coverage has not grown since the previous look.  0: 0.1 */
    double missing_share;    /**< MODES_MISSING: a mode's share is below this fraction of the real
                                  samples'. 0: 0.15 */
    double missing_alpha;    /**< MODES_MISSING: significance level of the test, divided by the
                                  number of modes.  0: 0.001 */
    double copy_ratio;       /**< MEMORISED: nn_ratio is below this fraction of its floor.  0:
                                  0.5 */
    double copy_z;           /**< MEMORISED: and `copying` is below minus this.  0: 5 */
    double noisy_precision;  /**< NOISY: precision is below this fraction of its floor.  0: 0.5 */
    double noisy_density;    /**< NOISY: the same for density.  0: 0.5 */
    double blurred_recall;   /**< BLURRED: recall is below this fraction of its floor.  0: 0.5 */
    double blurred_density;  /**< BLURRED: density is above this multiple of its floor.  0: 1.5 */
    double label_share;      /**< LABELS_IGNORED: how far agreement is above chance, as a fraction
                                  of the distance from chance to its floor.  0: 0.25 */
    size_t patience;         /**< NO_PROGRESS: looks without improvement.  0: 10 */
    size_t few_samples;      /**< FEW_SAMPLES: fewer training samples than this, and no
                                  augmentation in the first step.  0: 1000 */
    size_t short_epoch;      /**< SHORT_EPOCH: fewer steps than this.  0: 10 */
    double large_data;       /**< DATA_RANGE: the data has absolute values above this.  0: 10 */
    double narrow_data; /**< DATA_RANGE: the data's range is below this fraction of the generator's.
                                  0: 0.75 */
    double rates_apart; /**< RATES_APART: one learning rate is more than this many times the other.
                             0: 10 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    double overfit_z;     /**< D_OVERFIT, by the outputs of a look: z of the Mann-Whitney test that
                               training and held-out samples have the same distribution.  0: 3 */
    double overfit_share; /**< D_OVERFIT: and the position of held-out samples between training
                               samples (0) and generated ones (1), by fractions of pairs (r_v of
                               Karras et al., 2020, uses means).  0: 0.4 */
} gan_health_desc;
#define GAN_HEALTH_DESC_INIT                                                                       \
    GAN_SIZED_INIT(gan_health_desc, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
                   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_HEALTH_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_health_desc_init(gan_health_desc *desc, size_t struct_size);

/**
 * Create a monitor that has seen no step yet.
 *
 * @param[out] out   Receives it, yours to destroy; NULL on failure.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is a handle.
 * @retval GAN_ERR_INVALID  `out` is NULL, or a setting is out of range; the message names it.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: all that it ever takes, about 40 KiB.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_create(gan_health **out, const gan_health_desc *desc);

/** Destroy a handle.  NULL is allowed.  @since 0.1 */
GAN_API void gan_health_destroy(gan_health *health);

/**
 * Check a run before its first step: learning rates, the range of the data, and the output range of
 * the generator's last layer.  Its warnings are read by gan_health_finding() from now on.
 *
 * @param[in,out] health     The handle.
 * @param[in]     trainer    The run; its networks are only read.
 * @param[in]     batch      Real samples as the trainer is given them, such as the first batch.
 * @param[in]     n_samples  Training samples in an epoch.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `health`, `trainer`, `batch` or its samples is NULL, or the batch is
 *                          empty.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_preflight(gan_health *health,
                                                       const gan_trainer *trainer,
                                                       const gan_batch *batch, uint64_t n_samples);

/**
 * Record the result of a training step, right after it.
 *
 * @param[in,out] health  The handle.
 * @param[in]     status  What gan_train_step() returned, or one of its halves.  GAN_ERR_NONFINITE
 *                        is a divergence; other failures are not steps, and are ignored.
 * @param[in]     stats   The statistics it filled; the record of an earlier release may be shorter.
 *
 * @retval GAN_OK           Recorded.
 * @retval GAN_ERR_INVALID  `health` or `stats` is NULL, or `stats` has no valid struct_size.
 *
 * Time:   under 2 microseconds a step.
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_step(gan_health *health, gan_status status,
                                                  const gan_train_stats *stats);

/** The measurements of one look at generated samples; start from GAN_LOOK_INIT.  What is unknown
 * stays zero, and findings that need it are not made. */
typedef struct gan_look {
    size_t struct_size; /**< set by GAN_LOOK_INIT */
    /** How samples compare with real ones, with floors: the reference has held-out samples.  NULL:
     * unknown. */
    const gan_comparison *comparison;
    /** The score that decides which look is the best, smaller is better, such as a Fréchet
     * distance.  0: the comparison's kernel distance. */
    double score;
    double score_error; /**< its standard error: a look is better only when it improves by more than
                             this */
    /** How many generated and how many real samples there are of each mode: a class, as
     * gan_reference_classes() or a classifier sees them, or one of gan_reference_bins().  Its z is
     * not read.  By nearest neighbours in pixels a class that is missing keeps up to half of its
     * share, from those it looks like; by a classifier's features hardly any.  NULL: unknown. */
    const gan_reference_share *modes;
    size_t n_modes;    /**< how many; 0 with NULL */
    uint64_t held_out; /**< held-out real samples that the discriminator was shown, in evaluation
                            mode.  Not read with the outputs below, which say more: these are
                            compared with the steps' accuracies, which fluctuate */
    uint64_t held_out_accepted; /**< those of them that it classified as real: with a logit above 0.
                                     0 for a critic whose outputs have no decision boundary, such as
                                     a Wasserstein critic */
    double chance; /**< agreement at chance level: 1 / classes where all are equally likely.  0: 1 /
                        n_classes of gan_health_desc, or unknown */
    /** The results of gan_trainer_outputs(), at the time of the look, for training samples; any
     * objective's.  All three are set, or none.  NULL: unknown. */
    const float *d_trained;
    const float *d_held_out;  /**< the same of held-out real samples */
    const float *d_generated; /**< and of generated ones */
    size_t n_d_trained;       /**< how many; 0 with NULL */
    size_t n_d_held_out;      /**< the same */
    size_t n_d_generated;     /**< the same */
} gan_look;
#define GAN_LOOK_INIT GAN_SIZED_INIT(gan_look, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_LOOK_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_look_init(gan_look *look, size_t struct_size);

/**
 * Record the measurements of a look at generated samples.
 *
 * @param[in,out] health  The handle.
 * @param[in]     look    The measurements; not read after the call.
 *
 * @retval GAN_OK             Recorded.
 * @retval GAN_ERR_INVALID    `health` or `look` is NULL, its struct_size is not valid, only one of
 *                            `modes` and `n_modes` is set, more held-out samples are accepted than
 *                            there are, or `chance` is out of range.
 * @retval GAN_ERR_NONFINITE  The score or its error is NaN or infinite.
 *
 * After an error the handle is as it was.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_look(gan_health *health, const gan_look *look);

/**
 * Read the most severe verdict; notes and warnings are not verdicts.
 *
 * @param[in]     health   The handle.
 * @param[in,out] finding  Receives it, as far as its struct_size has room: GAN_VERDICT_HEALTHY when
 *                         there is none, and a sentence that says after how many steps and looks.
 *
 * @retval GAN_OK           `finding` is filled.
 * @retval GAN_ERR_INVALID  `health` or `finding` is NULL, or it has no valid struct_size.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_verdict(const gan_health *health,
                                                     gan_finding *finding);

/** Return how many findings there are now, notes and warnings included; 0 for NULL.  @since 0.1 */
GAN_API size_t gan_health_finding_count(const gan_health *health);

/**
 * Read a finding.
 *
 * @param[in]     health   The handle.
 * @param[in]     index    Below gan_health_finding_count(); verdicts come before notes, the most
 *                         severe first.
 * @param[in,out] finding  Receives it, as far as its struct_size has room.
 *
 * @retval GAN_OK           `finding` is filled.
 * @retval GAN_ERR_INVALID  `health` or `finding` is NULL, it has no valid struct_size, or there are
 *                          no more findings.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_finding(const gan_health *health, size_t index,
                                                     gan_finding *finding);

/** Return 1 when further training is useless: there is a verdict that training does not recover
 * from, such as DIVERGED, COLLAPSED, D_WINS, D_DEAD or NO_PROGRESS; 0 for NULL. @since 0.1 */
GAN_API int gan_health_should_stop(const gan_health *health);

/** Return 1 when the latest look is the best so far, which is the time to keep a checkpoint.  0
 * before the first one with a score, and for NULL.  @since 0.1 */
GAN_API int gan_health_is_best(const gan_health *health);

/**
 * Read which look was the best.
 *
 * @param[in]  health  The handle.
 * @param[out] score   Its score.  NULL if not wanted.
 * @param[out] step    The discriminator steps by then.  NULL if not wanted.
 *
 * @retval GAN_OK           Filled.
 * @retval GAN_END          No look had a score yet; nothing is filled.
 * @retval GAN_ERR_INVALID  `health` is NULL.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_best(const gan_health *health, double *score,
                                                  uint64_t *step);

/** Return how many bytes gan_health_save() writes, the same for every handle of this release; 0 for
 * NULL.  @since 0.1 */
GAN_API size_t gan_health_state_size(const gan_health *health);

/**
 * Save the state of a handle, to be kept with the run: a checkpoint stores it through
 * gan_trainer_set_extra_state().
 *
 * @param[in]  health  The handle.
 * @param[out] bytes   Room for gan_health_state_size() bytes; the same on every machine.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `health` or `bytes` is NULL.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_save(const gan_health *health, void *bytes);

/**
 * Restore the state that gan_health_save() wrote: the handle continues as if it had never stopped.
 * Settings are not saved and may differ, except the window.
 *
 * @param[in,out] health  The handle; its previous state is lost.
 * @param[in]     bytes   From gan_health_save().
 * @param[in]     n       How many.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `health` or `bytes` is NULL, or the window is another.
 * @retval GAN_ERR_FORMAT   The bytes are not such a state, are of another release, or damaged.
 *
 * After an error the handle is as it was.
 *
 * Memory: allocates nothing.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_load(gan_health *health, const void *bytes, size_t n);

GAN_END_DECLS

#endif
