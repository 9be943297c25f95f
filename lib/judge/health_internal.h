/* health_internal.h - declarations that the files of the health monitor share.
 *
 *     figures of steps --> windows --+
 *                                    +--> rules --> findings --> sentences
 *     looks at samples --> numbers --+
 *
 * A rule is a record in a file of its kind; the base calls it through the table of health_rules.c
 * and knows none. */
#ifndef GAN_HEALTH_INTERNAL_H
#define GAN_HEALTH_INTERNAL_H

#include "base/alloc_internal.h"
#include "base/arithmetic_internal.h"

#include <gan/health.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GAN__HEALTH_EVIDENCE = 8, /* numbers that a sentence may contain */
    GAN__HEALTH_RULES = 24,   /* capacity of the state: more than there are rules */
    GAN__HEALTH_EARLY = 32,   /* steps of the early median */
};

/* The figures of a step that have windows. */
typedef enum gan__health_series {
    GAN__SERIES_D_LOSS,
    GAN__SERIES_D_REAL,
    GAN__SERIES_D_FAKE,
    GAN__SERIES_REAL_ACCURACY,
    GAN__SERIES_FAKE_ACCURACY,
    GAN__SERIES_D_GRADIENT,
    GAN__SERIES_G_GRADIENT,
    GAN__N_SERIES
} gan__health_series;

/* The latest `window` values of a series, and statistics that are computed from them every few
 * steps. */
typedef struct gan__health_window {
    double of[GAN_HEALTH_MAX_WINDOW]; /* number i of the run lies at i % window */
    double mean, deviation;           /* of all of them */
    double median;                    /* of losses and gradients */
    double spread; /* the median distance from the median, times 1.4826: a deviation that single
                            jumps don't move; of the loss */
    double first, early_median; /* of the first step, of the first GAN__HEALTH_EARLY */
} gan__health_window;

/* The numbers of a look that rules use; NaN where they are not known. */
typedef struct gan__health_sight {
    gan_estimate precision, recall, density, coverage, agreement, nn_ratio, copying, duplicates;
    double n_generated, n_real;
    double chance;
    double held_out, held_out_accuracy;
    double real_accuracy; /* in steps, by then */
    double n_modes, n_missing;
    double missing[GAN__HEALTH_EVIDENCE - 2]; /* the first of them */
    double in_flux; /* 1: they differ from those of the previous look, which missed some too, or are
                       at most half as many: modes come and go, or are still being learnt */
    double spreads; /* above 0: coverage grew or duplicates fell significantly in a recent look; for
                       how many more looks that is taken to continue */
} gan__health_sight;

/* The discriminator's outputs in a look, compared as shares of pairs; NaN without outputs.  They
 * are used at once, and are not part of the state. */
typedef struct gan__health_outputs {
    double known;   /* training samples ranked above held-out ones: 1/2 without memorisation */
    double known_z; /* z of the Mann-Whitney test that both have the same distribution */
    double of_way;  /* the position of held-out samples between training (0) and generated (1)
                       ones */
    double n_held_out;
} gan__health_outputs;

/* The state of a rule's finding. */
typedef struct gan__health_found {
    uint64_t level;  /* a gan_finding_level */
    uint64_t streak; /* consecutive looks in which it was found */
    uint64_t step, look;
    double evidence[GAN__HEALTH_EVIDENCE];
} gan__health_found;

/* Everything a handle remembers: only 8-byte numbers, so that saving it is a loop
 * (health_state.c). */
typedef struct gan__health_state {
    uint64_t window;  /* the setting */
    uint64_t n_steps; /* that were recorded */
    uint64_t d_steps; /* of the run */
    uint64_t skipped; /* steps that the trainer skipped, of both networks */
    gan__health_window series[GAN__N_SERIES];
    uint64_t preferred_fake; /* steps of the window in which generated samples were preferred */
    uint64_t loss_streak, gradient_streak; /* consecutive steps that were outliers */
    /* The latest divergence: its step, counted from 1, 0 for none; its kind; the value and the
     * usual one. */
    uint64_t diverged_at, divergence;
    double diverged_value, diverged_usual;
    uint64_t n_looks;
    gan__health_sight sight;
    /* Coverage and its standard error in the latest look in which it grew, or in the first. */
    double most_coverage, most_coverage_error;
    uint64_t poor_looks; /* in a row, with hardly any coverage or recall */
    double least_duplicates, least_duplicates_error;
    uint64_t best_look, best_step; /* 0: no look had a score */
    double best_score;
    uint64_t scored;       /* looks with a score */
    double progress_score; /* of the latest look that was better than this by more than its error */
    uint64_t stale_looks;  /* scored looks since then without an improvement */
    gan__health_found found[GAN__HEALTH_RULES];
    /* Later additions: states of earlier builds end here. */
    gan__health_window g_loss;
    uint64_t g_loss_streak;
} gan__health_state;

struct gan_health {
    gan_allocator allocator;
    gan_health_desc desc; /* zeros replaced by their defaults */
    char **class_names;   /* copies */
    gan__health_state state;
    gan__health_outputs outputs;
    double numbers[GAN_HEALTH_MAX_WINDOW]; /* scratch */
};

/* When a rule is evaluated. */
typedef enum gan__health_moment {
    GAN__HEALTH_AT_START,
    GAN__HEALTH_AT_STEPS,
    GAN__HEALTH_AT_LOOKS
} gan__health_moment;

/* The numbers of gan_health_preflight()'s arguments. */
typedef struct gan__health_start {
    double g_rate, d_rate;        /* learning rates, times the largest factor of any tensor */
    double n_samples, n_steps;    /* in an epoch */
    double augment_probability;   /* in the first step: 0 where it is adaptive, too */
    double least, most;           /* of the data's values */
    double beyond;                /* share of them that the generator can't reach */
    double reach_low, reach_high; /* the range of its last layer's outputs; infinite where
                                     unbounded */
} gan__health_start;

typedef struct gan__health_rule {
    gan_verdict verdict;
    gan__health_moment moment;
    int stops; /* as a verdict it means that training on is useless */
    /* A sentence with placeholders for numbers: see health_sentence.c. */
    const char *sentence;
    const char *advice;
    /* Evaluate the rule now, and write its evidence. */
    gan_finding_level (*judge)(const gan_health *health, const gan__health_start *start,
                               double *evidence);
    /* Of a rule about looks: whether the finding may still disappear by itself, so that twice as
     * many looks are needed for a verdict.  NULL: no. */
    int (*may_pass)(const gan_health *health);
} gan__health_rule;

/* The table: the rule of verdict v is number v - 1, the gravest first.  health_rules.c */
extern const gan__health_rule *const gan__health_rules[];
extern const size_t gan__health_rule_count;

/* health_rules_steps.c, health_rules_looks.c, health_rules_start.c */
extern const gan__health_rule gan__health_diverged, gan__health_d_wins, gan__health_d_dead;
extern const gan__health_rule gan__health_collapsed, gan__health_memorised, gan__health_d_overfit,
    gan__health_modes_missing, gan__health_labels_ignored, gan__health_noisy, gan__health_blurred,
    gan__health_no_progress;
extern const gan__health_rule gan__health_rate_zero, gan__health_generator_range,
    gan__health_data_range, gan__health_few_samples, gan__health_short_epoch,
    gan__health_rates_apart;

/* health_window.c: record a step's figures, and return whether rules are to be evaluated; whether
 * the window is full. */
int gan__health_take_step(gan_health *health, const gan_train_stats *stats);
int gan__health_window_full(const gan_health *health);

/* How a run diverged; numbers of gan__health_state.divergence. */
typedef enum gan__health_divergence {
    GAN__DIVERGED_NONFINITE = 1, /* a step was not finite */
    GAN__DIVERGED_LOSS,          /* the discriminator's loss jumped up */
    GAN__DIVERGED_D_GRADIENT,
    GAN__DIVERGED_G_GRADIENT,
    GAN__DIVERGED_G_LOSS
} gan__health_divergence;
void gan__health_diverge(gan_health *health, gan__health_divergence how, double value,
                         double usual);

/* health_start.c: a run before its first step as numbers.  GAN_ERR_INVALID. */
gan_status gan__health_find_start(gan__health_start *start, const gan_trainer *trainer,
                                  const gan_batch *batch, uint64_t n_samples);

/* health_sight.c: a look as numbers. */
void gan__health_take_look(gan_health *health, const gan_look *look);
/* Coverage or recall, if hardly any real sample has a generated one near it; NULL: neither is that
 * low. */
const gan_estimate *gan__health_poor_number(const gan_health *health);

/* health_sentence.c: write a rule's sentence with numbers. */
void gan__health_sentence(const gan_health *health, const char *sentence, const double *evidence,
                          char text[GAN_SENTENCE_BYTES]);

#endif
