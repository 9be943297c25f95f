/* health_rules_looks.c - rules about looks at generated samples, a record each.
 *
 * Unknown numbers are NaN, and comparisons with NaN are false.  Conditions describe what is wrong,
 * so that unknown numbers lead to no finding. */
#include "judge/health_internal.h"

#include <math.h>

static gan_finding_level verdict_if(int found)
{
    return found ? GAN_FINDING_VERDICT : GAN_FINDING_NONE;
}

/* Standard error of a share of n. */
static double share_error(double share, double n)
{
    return sqrt(share * (1 - share) / n);
}

/* A number and its floor as evidence `i` and `i` + 1. */
static void put(double *evidence, size_t i, const gan_estimate *e)
{
    evidence[i] = e->value;
    evidence[i + 1] = e->floor;
}

/* ---- COLLAPSED ---- */

/* Samples near each other and no real one among them.  Pairwise distances don't show it, as a few
 * repeated samples may be far apart; recall and duplicates do.  At the beginning of a run it looks
 * the same, but then samples spread from look to look. */
static gan_finding_level judge_collapsed(const gan_health *h, const gan__health_start *start,
                                         double *evidence)
{
    const gan__health_sight *s = &h->state.sight;
    const double limit =
        fmin(fmax(h->desc.duplicate_factor * s->duplicates.floor, h->desc.duplicate_share), 0.95);

    (void)start;
    put(evidence, 0, &s->duplicates);
    put(evidence, 2, &s->recall);
    put(evidence, 4, &s->coverage);
    if (!(s->duplicates.value > limit &&
          s->recall.value < h->desc.collapse_recall * s->recall.floor))
        return GAN_FINDING_NONE;
    return s->spreads > 0 ? GAN_FINDING_NOTE : GAN_FINDING_VERDICT;
}

const gan__health_rule gan__health_collapsed = {
    .verdict = GAN_VERDICT_COLLAPSED,
    .moment = GAN__HEALTH_AT_LOOKS,
    .stops = 1,
    .sentence = "the generator repeats a few samples: %0 of them nearly repeat another "
                "(real ones %1), recall is $2 (real $3), coverage $4 (real $5)",
    .advice =
        "check whether the generator uses its latent vector; resume from the last "
        "good checkpoint, a gradient penalty (R1), minibatch stddev, more discriminator steps",
    .judge = judge_collapsed,
};

/* ---- MEMORISED ---- */

static gan_finding_level judge_memorised(const gan_health *h, const gan__health_start *start,
                                         double *evidence)
{
    const gan__health_sight *s = &h->state.sight;

    (void)start;
    put(evidence, 0, &s->nn_ratio);
    evidence[2] = s->copying.value;
    return verdict_if(s->nn_ratio.value < h->desc.copy_ratio * s->nn_ratio.floor &&
                      s->copying.value < -h->desc.copy_z);
}

const gan__health_rule gan__health_memorised = {
    .verdict = GAN_VERDICT_MEMORISED,
    .moment = GAN__HEALTH_AT_LOOKS,
    .sentence = "generated samples are copies of training samples: they are nearer to them than "
                "held-out real ones, in the median $0 times as far (real $1), z = $2",
    .advice = "more training samples or augmentation, a smaller discriminator, an earlier "
              "checkpoint",
    .judge = judge_memorised,
};

/* ---- D_OVERFIT ---- */

/* Indices of the sentence's alternatives. */
enum { BY_OUTPUTS, BY_SHARES, BY_SIGN };

/* If the look has outputs, they decide.  Every discriminator ranks training samples a little
 * higher, so the gap is compared with that to generated samples. */
static gan_finding_level judge_outputs(const gan_health *h, double *evidence)
{
    const gan__health_outputs *o = &h->outputs;

    evidence[0] = o->known;
    evidence[1] = o->known_z;
    evidence[2] = o->n_held_out;
    evidence[3] = o->of_way;
    evidence[4] = BY_OUTPUTS;
    return verdict_if(o->known_z > h->desc.overfit_z && o->of_way > h->desc.overfit_share);
}

/* Otherwise the shares classified as real decide: in the latest steps, and of held-out samples. */
static gan_finding_level judge_d_overfit(const gan_health *h, const gan__health_start *start,
                                         double *evidence)
{
    const gan__health_sight *s = &h->state.sight;
    const double trained = h->state.series[GAN__SERIES_REAL_ACCURACY].mean;
    const double gap = trained - s->held_out_accuracy;
    const double error =
        hypot(share_error(trained, s->held_out), share_error(s->held_out_accuracy, s->held_out));

    (void)start;
    if (!isnan(h->outputs.known)) return judge_outputs(h, evidence);
    evidence[0] = trained;
    evidence[1] = s->held_out_accuracy;
    evidence[2] = s->held_out;
    evidence[3] = 2 * trained - 1;
    evidence[4] = isnan(s->held_out_accuracy) ? BY_SIGN : BY_SHARES;
    if (isnan(s->held_out_accuracy))
        return h->state.n_steps > 0 && evidence[3] > h->desc.overfit_sign ? GAN_FINDING_NOTE
                                                                          : GAN_FINDING_NONE;
    return verdict_if(gap > h->desc.overfit_gap && gap > 3 * error);
}

const gan__health_rule gan__health_d_overfit = {
    .verdict = GAN_VERDICT_D_OVERFIT,
    .moment = GAN__HEALTH_AT_LOOKS,
    .sentence =
        "the discriminator {4:has memorised its training samples: it ranks them above held-out "
        "ones in %0 of pairs (50 % by chance, z = $1), and $2 held-out ones are %3 of the way "
        "to generated ones|has memorised its training samples: it classifies %0 of them as real, "
        "but %1 of $2 held-out ones|may have memorised its training samples: the mean sign of "
        "their logits is $3; held-out samples would tell}",
    .advice = "augmentation of the discriminator's input, more training samples, a smaller "
              "discriminator, a gradient penalty (R1)",
    .judge = judge_d_overfit,
};

/* ---- MODES_MISSING ---- */

static gan_finding_level judge_modes_missing(const gan_health *h, const gan__health_start *start,
                                             double *evidence)
{
    const gan__health_sight *s = &h->state.sight;

    (void)start;
    evidence[0] = s->n_missing;
    evidence[1] = s->n_modes;
    for (size_t i = 2; i < GAN__HEALTH_EVIDENCE; i++) evidence[i] = s->missing[i - 2];
    if (s->n_missing > 0 && s->in_flux > 0) return GAN_FINDING_NOTE;
    return verdict_if(s->n_missing > 0);
}

/* A generator whose samples still spread learns one mode after the other, and the last ones late: a
 * class that is hardly generated in two looks often is in the next.  The first looks can't show yet
 * whether samples spread. */
static int modes_may_come(const gan_health *h)
{
    const gan__health_sight *s = &h->state.sight;
    const int early = h->state.n_looks < 2 * h->desc.confirm_looks;

    return (early || s->spreads > 0) && 2 * s->n_missing <= s->n_modes;
}

const gan__health_rule gan__health_modes_missing = {
    .verdict = GAN_VERDICT_MODES_MISSING,
    .moment = GAN__HEALTH_AT_LOOKS,
    .sentence = "$0 of $1 modes are hardly generated: @2",
    .advice = "check whether the training data has them; a gradient penalty (R1), spectral "
              "normalisation, a conditional generator",
    .judge = judge_modes_missing,
    .may_pass = modes_may_come,
};

/* ---- LABELS_IGNORED ---- */

/* Agreement is between that of chance and that of held-out real samples.  Where that is chance
 * itself the labels say nothing about the data. */
static gan_finding_level judge_labels_ignored(const gan_health *h, const gan__health_start *start,
                                              double *evidence)
{
    const gan__health_sight *s = &h->state.sight;
    const double chance = s->chance, value = s->agreement.value;
    const double floor = s->agreement.floor;
    const double error = share_error(chance, s->n_generated);
    const int says_nothing = floor < chance + 3 * error;

    (void)start;
    put(evidence, 0, &s->agreement);
    evidence[2] = chance;
    evidence[3] = says_nothing;
    return verdict_if(!isnan(value) &&
                      (says_nothing || value < chance + h->desc.label_share * (floor - chance)));
}

const gan__health_rule gan__health_labels_ignored = {
    .verdict = GAN_VERDICT_LABELS_IGNORED,
    .moment = GAN__HEALTH_AT_LOOKS,
    .sentence =
        "{3:samples are not of the classes that were asked for|the labels say nothing about "
        "the data}: %0 agree, of held-out real ones %1, by chance %2",
    .advice = "check whether labels belong to their samples and both networks see them; a "
              "projection discriminator or an auxiliary classifier",
    .judge = judge_labels_ignored,
};

/* ---- NOISY, BLURRED ---- */

/* A run that still improves may be noisy for a while: that is only a note. */
static gan_finding_level judge_noisy(const gan_health *h, const gan__health_start *start,
                                     double *evidence)
{
    const gan__health_sight *s = &h->state.sight;

    (void)start;
    put(evidence, 0, &s->precision);
    put(evidence, 2, &s->density);
    if (!(s->precision.value < h->desc.noisy_precision * s->precision.floor &&
          s->density.value < h->desc.noisy_density * s->density.floor))
        return GAN_FINDING_NONE;
    return h->state.stale_looks >= h->desc.confirm_looks ? GAN_FINDING_VERDICT : GAN_FINDING_NOTE;
}

const gan__health_rule gan__health_noisy = {
    .verdict = GAN_VERDICT_NOISY,
    .moment = GAN__HEALTH_AT_LOOKS,
    .sentence =
        "samples are far from the real ones: precision is $0 (real $1), density $2 (real $3), "
        "as with noise or artefacts",
    .advice = "train on while the score falls; a lower learning rate, an average of the weights, "
              "more capacity",
    .judge = judge_noisy,
};

static gan_finding_level judge_blurred(const gan_health *h, const gan__health_start *start,
                                       double *evidence)
{
    const gan__health_sight *s = &h->state.sight;

    (void)start;
    put(evidence, 0, &s->recall);
    put(evidence, 2, &s->density);
    if (!(s->recall.value < h->desc.blurred_recall * s->recall.floor &&
          s->density.value > h->desc.blurred_density * s->density.floor))
        return GAN_FINDING_NONE;
    return h->state.stale_looks >= h->desc.confirm_looks ? GAN_FINDING_VERDICT : GAN_FINDING_NOTE;
}

const gan__health_rule gan__health_blurred = {
    .verdict = GAN_VERDICT_BLURRED,
    .moment = GAN__HEALTH_AT_LOOKS,
    .sentence = "samples are averages of real ones, blurred or washed out: recall is $0 (real $1), "
                "density $2 (real $3)",
    .advice =
        "train on while the score falls; more capacity, estimate batch norm's statistics anew "
        "for averaged weights",
    .judge = judge_blurred,
};

/* ---- NO_PROGRESS ---- */

static gan_finding_level judge_no_progress(const gan_health *h, const gan__health_start *start,
                                           double *evidence)
{
    (void)start;
    evidence[0] = (double)h->state.stale_looks;
    evidence[1] = h->state.best_score;
    evidence[2] = (double)h->state.best_look;
    evidence[3] = (double)h->state.best_step;
    return verdict_if(h->state.stale_looks >= h->desc.patience);
}

const gan__health_rule gan__health_no_progress = {
    .verdict = GAN_VERDICT_NO_PROGRESS,
    .moment = GAN__HEALTH_AT_LOOKS,
    .stops = 1,
    .sentence = "nothing improved in $0 looks: the best score is $1, of look $2 after $3 steps",
    .advice = "stop and keep the best look's checkpoint, or lower the learning rate",
    .judge = judge_no_progress,
};
