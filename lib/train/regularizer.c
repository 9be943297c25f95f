/* regularizer.c - LeCam's and consistency regularisation: gradients with respect to a
 * discriminator's outputs, which are added to those of its loss. */
#include "train/regularizer_internal.h"

#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "math/rng_internal.h"

#include <math.h>

static float *grad_at(const gan_objective_rows *r, size_t row, size_t output)
{
    return r->grads + row * r->stride + output;
}

static double output_at(const gan_objective_rows *r, size_t row, size_t output)
{
    return (double)r->outputs[row * r->stride + output];
}

/* ---- LeCam ---- */

gan_status gan__lecam_init(gan__lecam *l, const gan_lecam_desc *desc)
{
    gan_status status = GAN_OK;
    gan_lecam_desc d = {GAN_LECAM_DESC_INIT};

    *l = (gan__lecam){.value = 0};
    if (!desc) return GAN_OK;
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "lecam desc"));
    if (d.weight == 0) d.weight = 0.3;
    if (d.decay == 0) d.decay = 0.99;
    GAN_TRY(gan__desc_check_range("lecam", "weight", d.weight, 0, 1e6));
    if (!(d.decay > 0 && d.decay < 1))
        GAN_FAIL(GAN_ERR_INVALID, "lecam: decay above 0 and below 1 expected, got %g", d.decay);
    l->desc = d;

cleanup:
    return status;
}

void gan__lecam_begin(gan__lecam *l)
{
    l->sums[0] = l->sums[1] = 0;
    l->value = 0;
}

static double mean_of(const gan_objective_rows *r)
{
    double sum = 0;

    for (size_t i = 0; i < r->n_rows; i++)
        for (size_t k = 0; k < r->n_outputs; k++) sum += output_at(r, i, k);
    return sum / ((double)r->n_rows * (double)r->n_outputs);
}

/* Add the squared distance of outputs on one side of an anchor (1: above, -1: below) from it to the
 * loss, which is returned, and its gradients to theirs. */
static double penalise(const gan_objective_rows *r, double anchor, double side, double weight)
{
    const double each = weight / ((double)r->n_rows * (double)r->n_outputs);
    double sum = 0;

    for (size_t i = 0; i < r->n_rows; i++)
        for (size_t k = 0; k < r->n_outputs; k++) {
            const double off = output_at(r, i, k) - anchor;

            if (!(side * off > 0)) continue;
            sum += each * off * off;
            *grad_at(r, i, k) += (float)(2 * each * off);
        }
    return sum;
}

void gan__lecam_add(gan__lecam *l, uint64_t step, double share, gan_objective_rows *real,
                    gan_objective_rows *fake)
{
    if (!(l->desc.weight > 0)) return;
    l->sums[0] += share * mean_of(real);
    l->sums[1] += share * mean_of(fake);
    if (step == 0 || step < l->desc.start) return;
    l->value += penalise(real, l->fake, 1, l->desc.weight * share);
    l->value += penalise(fake, l->real, -1, l->desc.weight * share);
}

void gan__lecam_update(gan__lecam *l, uint64_t step)
{
    const double keep = step == 0 || step < l->desc.start ? 0 : l->desc.decay;

    l->real = keep * l->real + (1 - keep) * l->sums[0];
    l->fake = keep * l->fake + (1 - keep) * l->sums[1];
}

void gan__lecam_state(gan__lecam *l, gan__state *s)
{
    if (!(l->desc.weight > 0)) return;
    gan__state_setting(s, "lecam", l->desc.weight);
    gan__state_setting(s, "lecam_decay", l->desc.decay);
    gan__state_setting(s, "lecam_start", (double)l->desc.start);
    gan__state_real(s, "lecam_real", &l->real, -HUGE_VAL);
    gan__state_real(s, "lecam_fake", &l->fake, -HUGE_VAL);
}

GAN__DEFINE_INIT(gan_lecam_desc_init, gan_lecam_desc, GAN_LECAM_DESC_INIT)

/* ---- consistency ---- */

gan_status gan__consistency_init(gan__consistency *c, const gan_consistency_desc *desc,
                                 gan_shape shape, uint64_t seed)
{
    static const gan_augment_desc usual = {GAN_AUGMENT_DESC_INIT,
                                           .operations = GAN_AUGMENT_TRANSLATION};
    gan_status status = GAN_OK;
    gan_consistency_desc d = {GAN_CONSISTENCY_DESC_INIT};

    *c = (gan__consistency){.value = 0};
    if (!desc) return GAN_OK;
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "consistency desc"));
    if (d.real_weight == 0) d.real_weight = 10;
    GAN_TRY(gan__desc_check_range("consistency", "real_weight", d.real_weight, 0, 1e6));
    GAN_TRY(gan__desc_check_range("consistency", "fake_weight", d.fake_weight, 0, 1e6));
    GAN_TRY(gan__augment_init(&c->augment, d.augment ? d.augment : &usual, shape, seed,
                              GAN__STREAM_CONSISTENCY));
    if (!gan__augment_is_on(&c->augment) || c->augment.desc.target > 0)
        GAN_FAIL(GAN_ERR_INVALID, "consistency: an augmentation with operations and without a "
                                  "target expected");
    d.augment = NULL; /* it belongs to the host */
    c->desc = d;

cleanup:
    return status;
}

size_t gan__consistency_rows(const gan__consistency *c)
{
    return (size_t)(c->desc.real_weight > 0) + (size_t)(c->desc.fake_weight > 0);
}

void gan__consistency_add(gan__consistency *c, double weight, double share,
                          gan_objective_rows *rows, gan_objective_rows *augmented)
{
    const double each = weight * share / ((double)rows->n_rows * (double)rows->n_outputs);

    for (size_t i = 0; i < rows->n_rows; i++)
        for (size_t k = 0; k < rows->n_outputs; k++) {
            const double off = output_at(rows, i, k) - output_at(augmented, i, k);

            c->value += each * off * off;
            *grad_at(rows, i, k) += (float)(2 * each * off);
            *grad_at(augmented, i, k) = (float)(-2 * each * off);
        }
}

void gan__consistency_state(gan__consistency *c, gan__state *s)
{
    if (gan__consistency_rows(c) == 0) return;
    gan__state_setting(s, "consistency", c->desc.real_weight);
    gan__state_setting(s, "consistency_fake", c->desc.fake_weight);
    gan__augment_state(&c->augment, s, "consistency_augment");
}

GAN__DEFINE_INIT(gan_consistency_desc_init, gan_consistency_desc, GAN_CONSISTENCY_DESC_INIT)
