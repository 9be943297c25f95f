/* features_classifier.c - a host's classifier as features. */
#include "judge/features_internal.h"

#include "base/status_internal.h"
#include "train/classifier_internal.h"

#include <gan/network.h>
#include <stdio.h>

typedef struct seen {
    gan_classifier *by;
} seen;

static gan_status compute_all(const gan_features *f, const float *samples, size_t n, float *out)
{
    const seen *s = f->state;

    return gan_classifier_features(s->by, samples, n, out);
}

static void end(gan_features *f)
{
    (void)f; /* it was borrowed */
}

static const gan__features_kind kind = {.compute_all = compute_all, .end = end};

gan_status gan_features_create_classifier(gan_features **out, gan_classifier *classifier,
                                          const gan_features_desc *desc)
{
    gan_status status = GAN_OK;
    gan_network *net = gan__classifier_network(classifier);
    gan_features *f;

    if (!out) return gan__fail(GAN_ERR_INVALID, "features: out is NULL");
    *out = NULL;
    if (!net) return gan__fail(GAN_ERR_INVALID, "features: the classifier is NULL");
    GAN_TRY(gan__features_begin(out, &kind,
                                gan_shape_1d(gan_shape_size(gan_network_input_shape(net))),
                                sizeof(seen), desc));
    f = *out;
    ((seen *)f->state)->by = classifier;
    f->count = gan_classifier_feature_count(classifier);
    snprintf(f->name, sizeof f->name, "classifier of %zu features", f->count);
    f->hash = gan__features_hash_text(f->name);
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor tensor;

        GAN_TRY(gan_network_tensor(&tensor, net, i));
        f->hash = gan__features_hash_numbers(f->hash, tensor.data, gan_shape_size(tensor.shape));
    }

    return GAN_OK;

cleanup:
    gan_features_destroy(*out);
    *out = NULL;
    return status;
}
