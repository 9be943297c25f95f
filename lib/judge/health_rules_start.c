/* health_rules_start.c - rules about a run before its first step, a record each. */
#include "judge/health_internal.h"

#include <math.h>

static gan_finding_level note_if(int found)
{
    return found ? GAN_FINDING_NOTE : GAN_FINDING_NONE;
}

/* ---- RATE_ZERO ---- */

static gan_finding_level judge_rate_zero(const gan_health *h, const gan__health_start *s,
                                         double *evidence)
{
    (void)h;
    evidence[0] = s->g_rate > 0;
    evidence[1] = s->g_rate;
    evidence[2] = s->d_rate;
    return s->g_rate > 0 && s->d_rate > 0 ? GAN_FINDING_NONE : GAN_FINDING_VERDICT;
}

const gan__health_rule gan__health_rate_zero = {
    .verdict = GAN_VERDICT_RATE_ZERO,
    .moment = GAN__HEALTH_AT_START,
    .sentence = "the {0:generator|discriminator} will not change: the learning rate is $1 for "
                "the generator, $2 for the discriminator",
    .advice = "set a rate above 0, or unfreeze its layers with gan_network_set_rate()",
    .judge = judge_rate_zero,
};

/* ---- GENERATOR_RANGE ---- */

static gan_finding_level judge_generator_range(const gan_health *h, const gan__health_start *s,
                                               double *evidence)
{
    (void)h;
    evidence[0] = s->beyond;
    evidence[1] = s->least;
    evidence[2] = s->most;
    evidence[3] = s->reach_low;
    evidence[4] = s->reach_high;
    return s->beyond > 0.01 ? GAN_FINDING_VERDICT : note_if(s->beyond > 0);
}

const gan__health_rule gan__health_generator_range = {
    .verdict = GAN_VERDICT_GENERATOR_RANGE,
    .moment = GAN__HEALTH_AT_START,
    .sentence = "the generator can't reach %0 of the data's values: these are from $1 to $2, its "
                "last layer's outputs from $3 to $4",
    .advice =
        "normalise the data to the last layer's range (mean and std of gan_iterator_desc), or "
        "use another last layer in the generator",
    .judge = judge_generator_range,
};

/* ---- DATA_RANGE ---- */

/* Values that are a small part of the generator's range, are large, or are all the same. */
static gan_finding_level judge_data_range(const gan_health *h, const gan__health_start *s,
                                          double *evidence)
{
    const double width = s->most - s->least, reach = s->reach_high - s->reach_low;
    const int constant = !(width > 0);
    const int large = fmax(fabs(s->least), fabs(s->most)) > h->desc.large_data;
    const int narrow = isfinite(reach) && width < h->desc.narrow_data * reach;

    evidence[0] = constant ? 0 : large ? 1 : 2;
    evidence[1] = s->least;
    evidence[2] = s->most;
    evidence[3] = s->reach_low;
    evidence[4] = s->reach_high;
    return note_if(constant || large || narrow);
}

const gan__health_rule gan__health_data_range = {
    .verdict = GAN_VERDICT_DATA_RANGE,
    .moment = GAN__HEALTH_AT_START,
    .sentence = "the data's values {0:are all $1|are large, from $1 to $2|are from $1 to $2, a "
                "small part of the generator's range of $3 to $4}",
    .advice = "normalise the data: mean and std of gan_iterator_desc, 0.5 and 0.5 for values from "
              "0 to 1 and a last tanh",
    .judge = judge_data_range,
};

/* ---- FEW_SAMPLES, SHORT_EPOCH, RATES_APART ---- */

static gan_finding_level judge_few_samples(const gan_health *h, const gan__health_start *s,
                                           double *evidence)
{
    evidence[0] = s->n_samples;
    evidence[1] = (double)h->desc.few_samples;
    return note_if(s->n_samples < (double)h->desc.few_samples && !(s->augment_probability > 0));
}

const gan__health_rule gan__health_few_samples = {
    .verdict = GAN_VERDICT_FEW_SAMPLES,
    .moment = GAN__HEALTH_AT_START,
    .sentence = "there are $0 training samples; with fewer than $1 a discriminator memorises them "
                "before the generator has learnt",
    .advice = "more samples, or augmentation of the discriminator's input",
    .judge = judge_few_samples,
};

static gan_finding_level judge_short_epoch(const gan_health *h, const gan__health_start *s,
                                           double *evidence)
{
    evidence[0] = s->n_steps;
    evidence[1] = s->n_samples;
    evidence[2] = (double)h->desc.short_epoch;
    return note_if(s->n_steps < (double)h->desc.short_epoch);
}

const gan__health_rule gan__health_short_epoch = {
    .verdict = GAN_VERDICT_SHORT_EPOCH,
    .moment = GAN__HEALTH_AT_START,
    .sentence =
        "an epoch of $1 samples is $0 steps, fewer than $2: a run takes thousands of steps, "
        "whatever their data",
    .advice = "plan the run in steps instead of epochs, or use a smaller batch size",
    .judge = judge_short_epoch,
};

static gan_finding_level judge_rates_apart(const gan_health *h, const gan__health_start *s,
                                           double *evidence)
{
    const double low = fmin(s->g_rate, s->d_rate), high = fmax(s->g_rate, s->d_rate);

    evidence[0] = s->g_rate;
    evidence[1] = s->d_rate;
    evidence[2] = high / low;
    return note_if(low > 0 && high > h->desc.rates_apart * low);
}

const gan__health_rule gan__health_rates_apart = {
    .verdict = GAN_VERDICT_RATES_APART,
    .moment = GAN__HEALTH_AT_START,
    .sentence =
        "the learning rates are $0 for the generator and $1 for the discriminator, $2 times "
        "apart",
    .advice = "rates within a factor of 4 (Heusel et al., 2017), unless intended",
    .judge = judge_rates_apart,
};
