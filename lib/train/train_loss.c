/* train_loss.c - the loss functions of a half of a step, on what the discriminator puts out. */
#include "train/train_half_internal.h"

#include "math/rng_internal.h"
#include "network/pass_internal.h"

/* Values of the discriminator's output for a sample: logit for real and perhaps class logits. */
static size_t outputs_of(const gan_trainer *t)
{
    return t->desc.auxiliary_weight > 0 ? 1 + t->n_classes : 1;
}

/* The discriminator's on n rows from `first` on, which are to be `target`, or `other` where a label
 * is flipped; for that the samples count from `index` on. */
gan__loss_side gan__half_side(const gan__half_step *half, size_t first, size_t n, size_t index,
                              double target, double other)
{
    const gan_trainer *t = half->trainer;
    const gan_trainer_desc *d = &t->desc;
    const double flip = half->real ? d->label_flip : 0;

    for (size_t i = 0; i < n; i++) {
        const uint64_t at = t->flip_position + index + i;
        float u = 1;

        if (flip > 0) gan__rng_uniform(d->seed, GAN__STREAM_LABEL, at, 1, &u);
        t->targets[first + i] = (double)u < flip ? other : target;
    }
    return (gan__loss_side){.logits = gan__pass_output(t->discriminator.pass, first),
                            .targets = t->targets + first,
                            .grad = gan__pass_output_grad(t->discriminator.pass, first),
                            .n_logits = n,
                            .stride = outputs_of(t),
                            .share = (double)half->rows / (double)half->count,
                            .boundary =
                                t->loss->at_target ? 0.5 * (d->real_target + d->fake_target) : 0};
}

static double mean(double sum, const gan__loss_side *side)
{
    return side->n_logits > 0 ? sum / (double)side->n_logits * side->share : 0;
}

void gan__half_loss(gan__half_step *half, gan__loss_term_fn *term, gan__loss_side *real,
                    gan__loss_side *fake)
{
    gan__loss_judge(half->trainer->loss, term, real, fake);
    half->loss += mean(real->loss, real) + mean(fake->loss, fake);
    half->d_real += mean(real->shown, real);
    half->d_fake += mean(fake->shown, fake);
    half->real_right += mean(real->above, real);
    half->fake_right += mean(fake->below, fake);
    gan__half_book(half, GAN__STEP_LOSS);
}

/* The auxiliary classifier's on the rows of the micro-batch that begin with `first`, which cost
 * `share` of its weight; return which share of the batch is right. */
double gan__half_class_loss(gan__half_step *half, size_t first, double share)
{
    const gan_trainer *t = half->trainer;
    const uint8_t *labels = t->labels ? t->labels + first : NULL;
    const gan__loss_rows rows = {.logits = gan__pass_output(t->discriminator.pass, first) + 1,
                                 .labels = labels,
                                 .n_rows = half->rows,
                                 .n_classes = t->n_classes,
                                 .stride = outputs_of(t)};
    const double weight = share * t->desc.auxiliary_weight / (double)half->count;
    gan__loss_class_sums sums;

    if (!(t->desc.auxiliary_weight > 0)) return 0;
    sums = gan__loss_cross_entropy(&rows, weight,
                                   gan__pass_output_grad(t->discriminator.pass, first) + 1);
    half->class_loss += sums.loss * weight;
    half->loss += sums.loss * weight;
    gan__half_book(half, GAN__STEP_LOSS);
    return sums.correct / (double)half->count;
}
