/* train_judge.c - what a trainer's discriminator says of samples that it isn't trained on. */
#include "train/train_half_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "data/iterator_internal.h"
#include "math/pool_internal.h"
#include "network/network_internal.h"
#include "network/pass_internal.h"

#include <math.h>

/* Labels belong to a batch where the discriminator looks at them. */
static gan__label_list labels_of(const gan_trainer *t, const gan_batch *batch)
{
    const gan__label_list none = {0};

    return gan_network_class_count(t->discriminator.net) > 0 ? gan__batch_labels(batch) : none;
}

static gan_status check_samples(const gan_trainer *t, const gan_batch *batch, const char *whose)
{
    gan_status status = GAN_OK;

    if (!batch || !batch->samples || batch->count == 0)
        return gan__fail(GAN_ERR_INVALID, "trainer: 1 or more %s samples expected, got %s", whose,
                         batch && batch->samples ? "0" : "NULL");
    if (gan_shape_size(batch->shape) != t->sample)
        GAN_FAIL(GAN_ERR_SHAPE, "trainer: %s samples are %s, the discriminator expects %s", whose,
                 gan__shape_text_of(batch->shape).text,
                 gan__shape_text_of(t->discriminator.net->input).text);
    GAN_TRY(gan__network_check_labels(t->discriminator.net, labels_of(t, batch), batch->count,
                                      "trainer"));

cleanup:
    return status;
}

/* A pass of the discriminator's in evaluation mode, up to the layer where training ends. */
static gan_status make_pass(gan__pass **out, gan_trainer *t)
{
    gan_network *net = t->discriminator.net;
    const gan__pass_desc desc = {.net = net,
                                 .n_layers = gan__pass_desc_of(t->discriminator.pass)->n_layers,
                                 .rows = gan__pass_eval_rows(net, t->pool),
                                 .threads = gan_pool_thread_count(t->pool)};

    return gan__pass_create(out, &desc, &t->allocator);
}

/* What the discriminator puts out for the samples, gan__half_outputs() numbers each; the caller's to
 * free. */
static gan_status put_out(gan_trainer *t, const gan_batch *batch, float **out)
{
    gan_status status = GAN_OK;
    gan__pass *pass = NULL;

    GAN_TRY(make_pass(&pass, t));
    GAN_TRY(gan__alloc(out, &t->allocator, gan__size_mul(batch->count, gan__half_outputs(t)),
                       sizeof **out));
    GAN_TRY(gan__pass_evaluate(pass, t->pool, batch->samples,
                               (gan__labels){.of = labels_of(t, batch)}, batch->count, *out));

cleanup:
    gan__pass_destroy(pass);
    return status;
}

/* The mean output, which those of a relative objective are taken relative to. */
static gan_status find_origin(gan_trainer *t, const gan_batch *fake, double *origin)
{
    gan_status status = GAN_OK;
    float *outputs = NULL;
    double sum = 0;

    *origin = 0;
    if (!t->objective.relative) return GAN_OK;
    GAN_TRY(put_out(t, fake, &outputs));
    for (size_t i = 0; i < fake->count; i++) sum += (double)outputs[i * gan__half_outputs(t)];
    *origin = sum / (double)fake->count;

cleanup:
    gan__free(&t->allocator, outputs);
    return status;
}

static gan_status count(gan_trainer *t, const gan_batch *real, const gan_batch *fake,
                        double boundary, uint64_t *accepted)
{
    gan_status status = GAN_OK;
    float *outputs = NULL;
    double origin;
    uint64_t n = 0;

    GAN_TRY(find_origin(t, fake, &origin));
    GAN_TRY(put_out(t, real, &outputs));
    for (size_t i = 0; i < real->count; i++)
        n += (double)outputs[i * gan__half_outputs(t)] - origin > boundary;
    *accepted = n;

cleanup:
    gan__free(&t->allocator, outputs);
    return status;
}

gan_status gan_trainer_count_accepted(gan_trainer *t, const gan_batch *real, const gan_batch *fake,
                                      uint64_t *accepted)
{
    gan_status status = GAN_OK;

    if (!t || !accepted)
        return gan__fail(GAN_ERR_INVALID, "trainer: %s is NULL", t ? "accepted" : "it");
    const double boundary =
        gan__loss_boundary(t->objective.boundary, t->desc.real_target, t->desc.fake_target);

    GAN_TRY(check_samples(t, real, "real"));
    if (t->objective.relative) GAN_TRY(check_samples(t, fake, "generated"));
    if (isnan(boundary)) return GAN_END;
    GAN_TRY(gan__trainer_enter(t, "trainer"));
    status = count(t, real, fake, boundary, accepted);
    gan__trainer_leave(t);

cleanup:
    return status;
}
