/* health.h - what goes wrong in a run, in words with numbers. */
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
 * Watches over a training run: it is shown the figures of each step and, now and then, how
 * generated samples compare with real ones, and says what is wrong, with numbers and what may help.
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
 * A finding is a note as long as it may pass, and a verdict when it has lasted: a finding about
 * samples in `confirm_looks` looks one after the other, one about steps over a whole window.  It
 * goes when what it says is no longer so.
 *
 * Made by gan_health_create(), ended by gan_health_destroy().
 *
 * Threads: one at a time; different ones are independent.
 */
typedef struct gan_health gan_health;

/** What may be wrong with a run, the gravest first; values are frozen once released. */
typedef enum gan_verdict {
    GAN_VERDICT_HEALTHY = 0, /**< nothing was found */
    /** Steps are not finite, or the discriminator's loss or a gradient jumps far out of the range
     * that it had before. */
    GAN_VERDICT_DIVERGED = 1,
    GAN_VERDICT_D_DEAD = 2, /**< the discriminator doesn't learn */
    /** The discriminator tells all samples apart, and the generator no longer learns from it. */
    GAN_VERDICT_D_WINS = 3,
    /** The discriminator knows the training samples by heart: it takes held-out real ones for
     * generated. */
    GAN_VERDICT_D_OVERFIT = 4,
    GAN_VERDICT_COLLAPSED = 5,      /**< the generator draws few samples again and again */
    GAN_VERDICT_MEMORISED = 6,      /**< generated samples are copies of training samples */
    GAN_VERDICT_MODES_MISSING = 7,  /**< classes or bins of real samples are hardly generated */
    GAN_VERDICT_LABELS_IGNORED = 8, /**< generated samples are not what was asked for */
    GAN_VERDICT_NOISY = 9,          /**< samples lie beside the real ones, and it gets no better */
    GAN_VERDICT_BLURRED = 10,       /**< samples lie in the middle of the real ones: washed out */
    GAN_VERDICT_NO_PROGRESS = 11,   /**< the best look was long ago */
    /* What gan_health_preflight() warns of. */
    GAN_VERDICT_RATE_ZERO = 12,       /**< a network's weights stay as they are */
    GAN_VERDICT_GENERATOR_RANGE = 13, /**< the generator's last layer can't reach the data */
    GAN_VERDICT_DATA_RANGE = 14,      /**< the data's numbers are far from what networks expect */
    GAN_VERDICT_FEW_SAMPLES = 15,     /**< too few training samples to learn a distribution from */
    GAN_VERDICT_SHORT_EPOCH = 16,     /**< an epoch is a handful of steps */
    GAN_VERDICT_RATES_APART = 17      /**< one network's learning rate is many times the other's */
} gan_verdict;

/** Return the name of a verdict without its prefix, such as "D_WINS"; "unknown verdict" for a value
 * that is none.  The string is constant.  Threads: any.  @since 0.1 */
GAN_API const char *gan_verdict_name(gan_verdict verdict);

/** How grave a finding is. */
typedef enum gan_finding_level {
    GAN_FINDING_NONE = 0,
    GAN_FINDING_NOTE = 1,   /**< worth knowing; may pass */
    GAN_FINDING_VERDICT = 2 /**< it has lasted */
} gan_finding_level;

/** Bytes of a sentence with its zero byte; a longer one is cut. */
#define GAN_SENTENCE_BYTES 320

/** Something that was found; start from GAN_FINDING_INIT. */
typedef struct gan_finding {
    size_t struct_size;      /**< set by GAN_FINDING_INIT */
    gan_verdict verdict;     /**< what */
    gan_finding_level level; /**< a note or a verdict; NONE with GAN_VERDICT_HEALTHY */
    uint64_t step;           /**< discriminator's steps when it was first found, in a row */
    uint64_t look;           /**< looks by then */
    const char *advice;      /**< what may help, a constant text; empty when healthy */
    char sentence[GAN_SENTENCE_BYTES]; /**< what was found, with numbers beside those it is judged
                                            by; one line without a newline */
} gan_finding;
#define GAN_FINDING_INIT                                                                           \
    GAN_SIZED_INIT(gan_finding, GAN_VERDICT_HEALTHY, GAN_FINDING_NONE, 0, 0, 0, "")

/** GAN_FINDING_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_finding_init(gan_finding *finding, size_t struct_size);

/** The most steps of a window. */
#define GAN_HEALTH_MAX_WINDOW 512

/**
 * Settings: where a note becomes a verdict, most of them factors of what was measured on this data
 * or early in this run.  Start from GAN_HEALTH_DESC_INIT; zero is each one's default.
 */
typedef struct gan_health_desc {
    size_t struct_size;   /**< set by GAN_HEALTH_DESC_INIT */
    size_t window;        /**< steps that findings about steps are about, 32 to
                             GAN_HEALTH_MAX_WINDOW.  0: 256 */
    size_t confirm_looks; /**< looks in a row after which a finding about samples is a verdict.
                               0: 2 */
    uint64_t warmup;      /**< discriminator's steps before which findings about samples are notes:
                               a generator begins with samples that are all alike.  0: 2000 */
    /** Class names for sentences, copied; or NULL, and they have numbers. */
    const char *const *class_names;
    size_t n_classes;       /**< how many; 0 with NULL */
    double jump;            /**< DIVERGED: deviations of the window's that the discriminator's loss
                                  jumps up by, and times the first step's loss, in 3 steps one
                                  after the other.  0: 20 */
    double gradient_factor; /**< DIVERGED: times its running median that a gradient's norm is, in 3
                                  steps one after the other.  0: 100 */
    double win_accuracy; /**< D_WINS: both accuracies are at least this over a window; those of an
                                  objective with GAN_BOUNDARY_NONE are not known.  0: 0.99 */
    double win_gradient; /**< D_WINS: the generator's gradient fell to this share of its early
                                  median.  0: 0.1 */
    double win_coverage; /**< D_WINS: or coverage is below this share of its floor in
                                  confirm_looks looks.  0: 0.1 */
    size_t win_looks;    /**< D_WINS: or so many looks brought nothing better.  0: 3 */
    double dead_margin;  /**< D_DEAD: how near 1/2 both accuracies' mean is.  0: 0.02 */
    double dead_spread;  /**< D_DEAD: how little the discriminator's mean output varies over a
                                  window, and differs between real and generated, as a share of
                                  that difference in the first step.  0: 0.01 */
    double dead_share;   /**< D_DEAD: share of the window's steps in which the discriminator
                                  prefers generated samples.  0: 0.95 */
    double overfit_sign; /**< D_OVERFIT: a note from this mean sign of real samples' logits on
                                  (r_t of Karras et al., 2020).  0: 0.6 */
    double overfit_gap;  /**< D_OVERFIT: accuracy on training samples minus that on held-out
                                  ones.  0: 0.2 */
    double duplicate_factor; /**< COLLAPSED: times their floor that duplicates are.  0: 10 */
    double duplicate_share;  /**< COLLAPSED: and the share that they are at least.  0: 0.9 */
    double collapse_recall;  /**< COLLAPSED: share of its floor that recall is below, and coverage
                                  has not grown since the look before.  0: 0.1 */
    double missing_share;    /**< MODES_MISSING: share of the real samples' that a mode's is below.
                                  0: 0.15 */
    double missing_alpha;    /**< MODES_MISSING: level of the test, divided by the number of
                                  modes.  0: 0.001 */
    double copy_ratio;       /**< MEMORISED: share of its floor that nn_ratio is below.  0: 0.5 */
    double copy_z;           /**< MEMORISED: `copying` is below minus this, too.  0: 5 */
    double noisy_precision;  /**< NOISY: share of its floor that precision is below.  0: 0.5 */
    double noisy_density;    /**< NOISY: the same for density.  0: 0.5 */
    double blurred_recall;   /**< BLURRED: share of its floor that recall is below.  0: 0.5 */
    double blurred_density;  /**< BLURRED: times its floor that density is above.  0: 1.5 */
    double label_share;      /**< LABELS_IGNORED: how far agreement is from chance, as a share of
                                  the way from chance to its floor.  0: 0.25 */
    size_t patience;         /**< NO_PROGRESS: looks without a better one.  0: 10 */
    size_t few_samples;      /**< FEW_SAMPLES: fewer than this.  0: 1000 */
    size_t short_epoch;      /**< SHORT_EPOCH: fewer steps than this.  0: 10 */
    double large_data;       /**< DATA_RANGE: the data has numbers beyond this.  0: 10 */
    double narrow_data; /**< DATA_RANGE: share of the generator's range that the data's is below.
                                  0: 0.75 */
    double rates_apart; /**< RATES_APART: one rate is more than this times the other.  0: 10 */
    const gan_allocator *allocator; /**< copied.  NULL: malloc */
    double overfit_z;     /**< D_OVERFIT, by the outputs of a look: z of the Mann-Whitney test that
                               those of training samples and of held-out ones are alike.  0: 5 */
    double overfit_share; /**< D_OVERFIT: and how far on the way from training samples to generated
                               ones held-out ones are, by shares of pairs (as r_v of Karras et
                               al., 2020, by means).  0: 0.4 */
} gan_health_desc;
#define GAN_HEALTH_DESC_INIT                                                                       \
    GAN_SIZED_INIT(gan_health_desc, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
                   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

/** GAN_HEALTH_DESC_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_health_desc_init(gan_health_desc *desc, size_t struct_size);

/**
 * Make a handle that has seen nothing yet.
 *
 * @param[out] out   Receives it, yours to destroy; NULL on failure.
 * @param[in]  desc  Settings, or NULL for the defaults.
 *
 * @retval GAN_OK           `*out` is a handle.
 * @retval GAN_ERR_INVALID  `out` is NULL, or a setting is out of range; it is named.
 * @retval GAN_ERR_NOMEM    No memory.
 *
 * Memory: all that it ever takes, about 40 KiB.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_create(gan_health **out, const gan_health_desc *desc);

/** End a handle.  NULL is allowed.  @since 0.1 */
GAN_API void gan_health_destroy(gan_health *health);

/**
 * Look at a run before its first step: learning rates, the data's numbers, and what the generator's
 * last layer can put out.  What it warns of is found by gan_health_finding() from now on.
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
 * Memory: none is taken.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_preflight(gan_health *health,
                                                       const gan_trainer *trainer,
                                                       const gan_batch *batch, uint64_t n_samples);

/**
 * Show what a step said, right after it.
 *
 * @param[in,out] health  The handle.
 * @param[in]     status  What gan_train_step() returned, or one of its halves.  GAN_ERR_NONFINITE
 *                        is a divergence; other failures are no steps, and nothing is taken in.
 * @param[in]     stats   The figures it filled; of an earlier release they may be shorter.
 *
 * @retval GAN_OK           Taken in.
 * @retval GAN_ERR_INVALID  `health` or `stats` is NULL, or `stats` has no valid struct_size.
 *
 * Time:   under 2 microseconds a step.
 * Memory: none is taken.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_step(gan_health *health, gan_status status,
                                                  const gan_train_stats *stats);

/** What a look at generated samples has seen; start from GAN_LOOK_INIT.  What is not known stays
 * zero, and what needs it is not judged. */
typedef struct gan_look {
    size_t struct_size; /**< set by GAN_LOOK_INIT */
    /** How samples compare with real ones, with floors: the reference has held-out samples.  NULL:
     * not known. */
    const gan_comparison *comparison;
    /** What tells which look is the best, smaller is better, such as a Frechet distance.  0: the
     * comparison's kernel distance. */
    double score;
    double score_error; /**< its standard error: a look is better when it is by more than this */
    /** How many generated and how many real samples there are of each mode: a class, as
     * gan_reference_classes() or a classifier sees them, or one of gan_reference_bins().  Its z is
     * not read.  By nearest neighbours in pixels a class that is missing keeps up to half of its
     * share, from those it looks like; by a classifier's features hardly any.  NULL: not known. */
    const gan_reference_share *modes;
    size_t n_modes;    /**< how many; 0 with NULL */
    uint64_t held_out; /**< held-out real samples that the discriminator was shown, in evaluation
                            mode.  Not read with the outputs below, which say more: these are
                            compared with the steps' accuracies, while a discriminator sways */
    uint64_t held_out_accepted; /**< those of them that it took for real: with a logit above 0.  A
                                     critic whose outputs have no zero, such as a Wasserstein
                                     critic, has none to give: 0 */
    double chance; /**< agreement of samples whose labels say nothing: 1 / classes where all are
                        equally likely.  0: 1 / n_classes of gan_health_desc, or not known */
    /** What gan_trainer_outputs() says, at the time of the look, of samples that are trained on;
     * any objective's.  These three come together.  NULL: not known. */
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
 * Show what a look at generated samples has seen.
 *
 * @param[in,out] health  The handle.
 * @param[in]     look    The numbers; not read after the call.
 *
 * @retval GAN_OK             Taken in.
 * @retval GAN_ERR_INVALID    `health` or `look` is NULL, its struct_size is not valid, there
 *                            are `modes` or `n_modes` only, more held-out samples are accepted than
 *                            there are, or `chance` is none.
 * @retval GAN_ERR_NONFINITE  The score or its error is NaN or infinite.
 *
 * After an error the handle is as it was.
 *
 * Memory: none is taken.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_look(gan_health *health, const gan_look *look);

/**
 * Read the gravest verdict; notes and warnings don't count.
 *
 * @param[in]     health   The handle.
 * @param[in,out] finding  Receives it, as much as its struct_size has room for: GAN_VERDICT_HEALTHY
 *                         and a sentence that says after how many steps and looks when there is
 *                         none.
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
 * @param[in]     index    Below gan_health_finding_count(); verdicts come before notes, the gravest
 *                         first.
 * @param[in,out] finding  Receives it, as much as its struct_size has room for.
 *
 * @retval GAN_OK           `finding` is filled.
 * @retval GAN_ERR_INVALID  `health` or `finding` is NULL, it has no valid struct_size, or there are
 *                          no more findings.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_finding(const gan_health *health, size_t index,
                                                     gan_finding *finding);

/** Return 1 when more training of this kind is of no use: there is a verdict that training does not
 * recover from, such as DIVERGED, COLLAPSED, D_WINS, D_DEAD or NO_PROGRESS; 0 for NULL.
 * @since 0.1 */
GAN_API int gan_health_should_stop(const gan_health *health);

/** Return 1 when the latest look is the best so far: then is the time to keep its checkpoint.  0
 * before the first one with a score, and for NULL.  @since 0.1 */
GAN_API int gan_health_is_best(const gan_health *health);

/**
 * Read which look was the best.
 *
 * @param[in]  health  The handle.
 * @param[out] score   Its score.  NULL if not wanted.
 * @param[out] step    The discriminator's steps by then.  NULL if not wanted.
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
 * Write down all that a handle has seen, to be kept with the run: with
 * gan_trainer_set_extra_state() a checkpoint has it.
 *
 * @param[in]  health  The handle.
 * @param[out] bytes   Room for gan_health_state_size() bytes; the same on every machine.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `health` or `bytes` is NULL.
 *
 * Memory: none is taken.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_save(const gan_health *health, void *bytes);

/**
 * Make a handle what another was when gan_health_save() wrote it: it goes on as if it had never
 * stopped.  Settings are not saved and may differ, but for the window.
 *
 * @param[in,out] health  The handle; what it had seen is gone.
 * @param[in]     bytes   From gan_health_save().
 * @param[in]     n       How many.
 *
 * @retval GAN_OK           Done.
 * @retval GAN_ERR_INVALID  `health` or `bytes` is NULL, or the window is another.
 * @retval GAN_ERR_FORMAT   These are no such bytes, of another release, or damaged.
 *
 * After an error the handle is as it was.
 *
 * Memory: none is taken.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_health_load(gan_health *health, const void *bytes, size_t n);

GAN_END_DECLS

#endif
