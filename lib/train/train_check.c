/* train_check.c - checks of a step's arguments, before it begins. */
#include "train/train_half_internal.h"

#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "data/iterator_internal.h"

static gan_status check_count(const gan_trainer *t, size_t n)
{
    if (n == 0) return gan__fail(GAN_ERR_INVALID, "trainer: a batch of 0 samples");
    if (n > t->desc.batch_size)
        return gan__fail(GAN_ERR_SHAPE, "trainer: a batch of %zu samples, created for at most %zu",
                         n, t->desc.batch_size);
    return gan__trainer_check_rows(t, n);
}

gan_status gan__trainer_check_batch(const gan_trainer *t, const gan_batch *batch)
{
    gan_status status = GAN_OK;

    if (!batch || !batch->samples)
        return gan__fail(GAN_ERR_INVALID, "trainer: %s is NULL",
                         batch ? "batch->samples" : "the batch");
    GAN_TRY(check_count(t, batch->count));
    if (gan_shape_size(batch->shape) != t->sample)
        return gan__fail(GAN_ERR_SHAPE, "trainer: samples are %s, the discriminator expects %s",
                         gan__shape_text_of(batch->shape).text,
                         gan__shape_text_of(t->discriminator.net->input).text);

cleanup:
    return status;
}

static gan_status check_real_labels(const gan_trainer *t, const gan_batch *batch)
{
    const gan__rank_rows own = gan__shards_rows(t->shards, batch->count);

    if (t->n_classes == 0) return GAN_OK;
    if (!gan__labels_given(gan__batch_labels(batch)))
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: a batch of %zu samples without labels, of which there are %zu "
                         "classes",
                         batch->count, t->n_classes);
    return gan__labels_check(gan__label_list_from(gan__batch_labels(batch), own.begin),
                             own.end - own.begin, t->n_classes, "trainer, batch");
}

static gan_status check_labels(const gan_trainer *t, gan__label_list labels, size_t n)
{
    if (!gan__labels_given(labels)) return GAN_OK;
    if (t->n_classes == 0)
        return gan__fail(GAN_ERR_INVALID,
                         "trainer: labels of %zu generated samples, but neither network uses them",
                         n);
    return gan__labels_check(labels, n, t->n_classes, "trainer, generated samples");
}

/* A relative loss in the generator's step needs real samples. */
static gan_status check_real(const gan_trainer *t)
{
    if (!t->objective.relative || t->n_real > 0) return GAN_OK;
    if (t->shards)
        return gan__fail(
            GAN_ERR_INVALID,
            "trainer: the loss %s compares with real samples, which are not kept where "
            "batches are cut into shards: use gan_train_step() or "
            "gan_train_generator_step_beside()",
            t->objective.name);
    return gan__fail(GAN_ERR_INVALID,
                     "trainer: the loss %s compares with the real samples of the latest "
                     "discriminator's step, and there is none",
                     t->objective.name);
}

gan_status gan__trainer_check_discriminator(const gan_trainer *t, const gan_batch *batch,
                                            gan__label_list labels)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__trainer_check_batch(t, batch));
    GAN_TRY(check_real_labels(t, batch));
    GAN_TRY(check_labels(t, labels, batch->count));

cleanup:
    return status;
}

gan_status gan__trainer_check_generator(const gan_trainer *t, size_t n, const gan_batch *batch,
                                        gan__label_list labels)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_count(t, n));
    GAN_TRY(check_labels(t, labels, n));
    if (batch && t->objective.relative)
        GAN_TRY(check_real_labels(t, batch));
    else
        GAN_TRY(check_real(t));

cleanup:
    return status;
}
