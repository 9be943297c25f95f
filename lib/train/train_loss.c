/* train_loss.c - the loss functions of a half of a step, on the discriminator's outputs. */
#include "train/train_half_internal.h"

#include "base/status_internal.h"
#include "math/rng_internal.h"
#include "network/pass_internal.h"

#include <math.h>
#include <string.h>

size_t gan__half_outputs(const gan_trainer *t)
{
    return gan_shape_size(gan_network_output_shape(t->discriminator.net));
}

/* The discriminator's on n rows from `first` on, with the target `target`, or `other` where a label
 * is flipped; flips are drawn for the samples from `index` on. */
gan_objective_rows gan__half_rows(const gan__half_step *half, size_t first, size_t n, size_t index,
                                  double target, double other)
{
    const gan_trainer *t = half->trainer;
    const gan_trainer_desc *d = &t->desc;
    const double flip = gan__half_is_d(half) ? d->label_flip : 0;
    const size_t outputs = gan__half_outputs(t);

    for (size_t i = 0; i < n; i++) {
        const uint64_t at = t->flip_position + index + i;
        float u = 1;

        if (flip > 0) gan__rng_uniform(d->seed, GAN__STREAM_LABEL, at, 1, &u);
        t->targets[first + i] = (double)u < flip ? other : target;
    }
    return (gan_objective_rows){.struct_size = sizeof(gan_objective_rows),
                                .outputs = gan__pass_output(t->discriminator.pass, first),
                                .targets = t->targets + first,
                                .labels = t->byte_labels ? t->byte_labels + first : NULL,
                                .n_rows = n,
                                .n_outputs = d->auxiliary_weight > 0 ? 1 : outputs,
                                .stride = outputs,
                                .grads = gan__pass_output_grad(t->discriminator.pass, first),
                                .labels16 = t->labels ? t->labels + first : NULL};
}

static void clear_grads(const gan_objective_rows *r)
{
    for (size_t i = 0; i < r->n_rows; i++)
        memset(r->grads + i * r->stride, 0, r->n_outputs * sizeof *r->grads);
}

/* gan_divergence deals with a loss that isn't finite; figures needn't be finite then. */
static gan_status check_figures(const gan_trainer *t, const gan_objective_rows *r,
                                const char *whose)
{
    if (!isfinite(r->loss)) return GAN_OK;
    if (isfinite(r->shown) && r->accuracy >= 0 && r->accuracy <= 1) return GAN_OK;
    return gan__fail(
        GAN_ERR_INVALID,
        "trainer: the objective \"%s\" shows %g and an accuracy of %g for %s samples; a "
        "finite number and 0 to 1 expected",
        t->objective.name, r->shown, r->accuracy, whose);
}

static double part_of(double mean, const gan_objective_step *step, const gan_objective_rows *r)
{
    return r->n_rows > 0 ? mean * step->share : 0;
}

/* How many of n generated samples the generator learns from. */
static size_t top_of(const gan_trainer *t, size_t n)
{
    const double share =
        t->desc.top_k * gan__schedule_factor(&t->schedules.top_k, t->stats.g_steps);
    const double k = floor(share * (double)n + 0.5);

    return k < 1 ? 1 : k < (double)n ? (size_t)k : n;
}

gan_status gan__half_loss(gan__half_step *half, gan_objective_rows *real, gan_objective_rows *fake)
{
    gan_status status = GAN_OK;
    const gan_trainer *t = half->trainer;
    const gan_objective_step step = {.struct_size = sizeof step,
                                     .half = half->which,
                                     .step =
                                         gan__half_is_d(half) ? t->stats.d_steps : t->stats.g_steps,
                                     .share = (double)half->rows / (double)half->count,
                                     .real_target = t->desc.real_target,
                                     .fake_target = t->desc.fake_target};

    clear_grads(real);
    clear_grads(fake);
    status = gan__half_is_d(half)
                 ? t->objective.discriminator(t->objective.user, &step, real, fake)
                 : gan__top_run(t->top, &t->objective, &step, top_of(t, fake->n_rows), real, fake);
    if (status != GAN_OK)
        GAN_FAIL(status, "%s, step %llu: the objective \"%s\" returned %s (%d)", half->player->name,
                 (unsigned long long)step.step + 1, t->objective.name, gan_status_name(status),
                 (int)status);
    GAN_TRY(check_figures(t, real, "real"));
    GAN_TRY(check_figures(t, fake, "generated"));
    half->loss += part_of(real->loss, &step, real) + part_of(fake->loss, &step, fake);
    half->d_real += part_of(real->shown, &step, real);
    half->d_fake += part_of(fake->shown, &step, fake);
    half->real_right += part_of(real->accuracy, &step, real);
    half->fake_right += part_of(fake->accuracy, &step, fake);
    gan__half_book(half, GAN__STEP_LOSS);

cleanup:
    return status;
}

/* Outputs for the rows from `first` on, which are augmented copies of others. */
static gan_objective_rows augmented_rows(const gan__half_step *half, const gan_objective_rows *of,
                                         size_t first)
{
    const gan_trainer *t = half->trainer;
    gan_objective_rows out = *of;

    out.outputs = gan__pass_output(t->discriminator.pass, first);
    out.grads = gan__pass_output_grad(t->discriminator.pass, first);
    memset(out.grads, 0, out.n_rows * out.stride * sizeof *out.grads);
    return out;
}

void gan__half_regularize(gan__half_step *half, gan_objective_rows *real, gan_objective_rows *fake)
{
    gan_trainer *t = half->trainer;
    const gan_consistency_desc *c = &t->consistency.desc;
    const double share = (double)half->rows / (double)half->count;
    const double weights[] = {c->real_weight, c->fake_weight};
    gan_objective_rows *const of[] = {real, fake};

    gan__lecam_add(&t->lecam, t->stats.d_steps, share, real, fake);
    for (size_t i = 0; i < gan__consistency_rows(&t->consistency); i++) {
        gan_objective_rows again = augmented_rows(half, of[i], (2 + i) * half->rows);

        gan__consistency_add(&t->consistency, weights[i], share, of[i], &again);
    }
    gan__half_book(half, GAN__STEP_LOSS);
}

/* The auxiliary classifier's on the rows of the micro-batch from `first` on, times `share` of its
 * weight; return the fraction of the batch that is classified correctly. */
double gan__half_class_loss(gan__half_step *half, size_t first, double share)
{
    const gan_trainer *t = half->trainer;
    const uint16_t *labels = t->labels ? t->labels + first : NULL;
    const gan__loss_rows rows = {.logits = gan__pass_output(t->discriminator.pass, first) + 1,
                                 .labels = gan__label_words(labels),
                                 .n_rows = half->rows,
                                 .n_classes = t->n_classes,
                                 .stride = gan__half_outputs(t)};
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
