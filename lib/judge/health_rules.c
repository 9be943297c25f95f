/* health_rules.c - the table of all rules. */
#include "judge/health_internal.h"

/* Every rule there is, in the order of the verdicts' values: a new one is a record in a file of its
 * kind, a value at the end of gan_verdict and a line here.  (Causes come before what they lead to:
 * a generator that gets no gradient also collapses.) */
const gan__health_rule *const gan__health_rules[] = {
    &gan__health_diverged,        &gan__health_d_dead,         &gan__health_d_wins,
    &gan__health_d_overfit,       &gan__health_collapsed,      &gan__health_memorised,
    &gan__health_modes_missing,   &gan__health_labels_ignored, &gan__health_noisy,
    &gan__health_blurred,         &gan__health_no_progress,    &gan__health_rate_zero,
    &gan__health_generator_range, &gan__health_data_range,     &gan__health_few_samples,
    &gan__health_short_epoch,     &gan__health_rates_apart,
};
const size_t gan__health_rule_count = sizeof gan__health_rules / sizeof *gan__health_rules;

_Static_assert(sizeof gan__health_rules / sizeof *gan__health_rules < GAN__HEALTH_RULES,
               "the state has room for every rule");
