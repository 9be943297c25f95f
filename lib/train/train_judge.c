/* train_judge.c - the outputs of a trainer's discriminator for samples that it isn't trained on. */
#include "train/train_half_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "data/iterator_internal.h"
#include "math/pool_internal.h"
#include "network/network_internal.h"
#include "network/pass_internal.h"

/* A batch needs labels if the discriminator uses them. */
static gan__label_list labels_of(const gan_trainer *t, const gan_batch *batch)
{
    const gan__label_list none = {0};

    return gan_network_class_count(t->discriminator.net) > 0 ? gan__batch_labels(batch) : none;
}

static gan_status check_samples(const gan_trainer *t, const gan_batch *batch)
{
    if (!batch || !batch->samples || batch->count == 0)
        return gan__fail(GAN_ERR_INVALID, "trainer: 1 or more samples expected, got %s",
                         batch && batch->samples ? "0" : "NULL");
    if (gan_shape_size(batch->shape) != t->sample)
        return gan__fail(GAN_ERR_SHAPE, "trainer: samples are %s, the discriminator expects %s",
                         gan__shape_text_of(batch->shape).text,
                         gan__shape_text_of(t->discriminator.net->input).text);
    return gan__network_check_labels(t->discriminator.net, labels_of(t, batch), batch->count,
                                     "trainer");
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

/* Copy the first output of each sample: the others are an auxiliary classifier's. */
static gan_status put_out(gan_trainer *t, const gan_batch *batch, float *outputs)
{
    gan_status status = GAN_OK;
    gan__pass *pass = NULL;
    float *all = NULL;
    const size_t stride = gan__half_outputs(t);
    const gan__labels labels = {.of = labels_of(t, batch)};

    GAN_TRY(make_pass(&pass, t));
    GAN_TRY(gan__alloc(&all, &t->allocator, gan__size_mul(batch->count, stride), sizeof *all));
    GAN_TRY(gan__pass_evaluate(pass, t->pool, batch->samples, labels, batch->count, all));
    for (size_t i = 0; i < batch->count; i++) outputs[i] = all[i * stride];

cleanup:
    gan__free(&t->allocator, all);
    gan__pass_destroy(pass);
    return status;
}

gan_status gan_trainer_outputs(gan_trainer *t, const gan_batch *samples, float *outputs)
{
    gan_status status = GAN_OK;

    if (!t || !outputs)
        return gan__fail(GAN_ERR_INVALID, "trainer: %s is NULL", t ? "outputs" : "it");
    GAN_TRY(check_samples(t, samples));
    GAN_TRY(gan__trainer_enter(t, "trainer"));
    status = put_out(t, samples, outputs);
    gan__trainer_leave(t);

cleanup:
    return status;
}
