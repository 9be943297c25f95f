/* network_labels.c - networks whose layers look at labels. */
#include "network/network_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "file/json_internal.h"
#include "network/pass_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

size_t gan_network_class_count(const gan_network *net)
{
    return net ? net->n_classes : 0;
}

gan_status gan_network_add_conditional_batch_norm(gan_network *net, size_t num_features,
                                                  size_t num_classes, const gan_norm_desc *desc)
{
    gan_status status = GAN_OK;
    gan_norm_desc plain = {GAN_NORM_DESC_INIT};

    status = gan__desc_read(&plain, sizeof plain, sizeof plain, desc, "norm desc");
    if (status != GAN_OK) return gan_network_add(net, NULL); /* which remembers it */
    plain.no_affine = 1;
    GAN_TRY(gan_network_add(net, gan_layer_batch_norm(num_features, &plain)));
    GAN_TRY(gan_network_add(net, gan_layer_class_affine(num_features, num_classes)));

cleanup:
    return status;
}

/* ---- names ---- */

/* Files have them as JSON. */
static gan_status check_utf8(const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!gan__json_is_utf8(names[i]))
            return gan__fail(GAN_ERR_INVALID, "network: the name of class %zu is not UTF-8", i);
    return GAN_OK;
}

gan_status gan_network_set_class_names(gan_network *net, const char *const *names, size_t n)
{
    gan_status status = GAN_OK;
    const size_t wanted = net && names ? net->n_classes : 0;
    char *copy = NULL;

    if (!net) return gan__fail_null(GAN__NETWORK, 1, "network: is NULL");
    if (net->status != GAN_OK) return gan__fail(net->status, "%s", net->message);
    if (n != wanted || (names && n == 0))
        return gan__fail(GAN_ERR_INVALID, "network: %zu names for %zu classes%s", n, net->n_classes,
                         names ? "" : ", names being NULL");
    GAN_TRY(gan__labels_copy_names(&copy, &net->allocator, names, n, "network"));
    GAN_TRY(check_utf8(names, n));
    gan__free(&net->allocator, net->class_names);
    net->class_names = copy;
    copy = NULL;

cleanup:
    gan__free(&net->allocator, copy);
    return status;
}

const char *gan_network_class_name(const gan_network *net, size_t label)
{
    if (!net || !net->class_names || label >= net->n_classes) return NULL;
    return net->class_names + label * GAN__CLASS_NAME_BYTES;
}

size_t gan_network_class_index(const gan_network *net, const char *name)
{
    const size_t n = net && net->class_names && name ? net->n_classes : 0;

    for (size_t i = 0; i < n; i++)
        if (strcmp(gan_network_class_name(net, i), name) == 0) return i;
    return SIZE_MAX;
}

/* ---- running it ---- */

gan_status gan__network_check_labels(const gan_network *net, gan__label_list labels, size_t n,
                                     const char *who)
{
    if (net->n_classes == 0 && gan__labels_given(labels))
        return gan__fail(GAN_ERR_INVALID, "%s: labels, but no layer uses them", who);
    if (net->n_classes > 0 && !gan__labels_given(labels) && n > 0)
        return gan__fail(GAN_ERR_INVALID, "%s: no labels, but its layers use them: %zu classes",
                         who, net->n_classes);
    return gan__labels_check(labels, n, net->n_classes, who);
}

static gan_status check_way(const float *way, size_t n, const char *who)
{
    for (size_t i = 0; i < n; i++)
        if (!way || !isfinite(way[i]))
            return gan__fail(GAN_ERR_INVALID, "%s: way %s", who, way ? "is not finite" : "is NULL");
    return GAN_OK;
}

gan_status gan__network_check_between(const gan_network *net, gan__labels labels, size_t n,
                                      const char *who)
{
    gan_status status = GAN_OK;
    char what[32];

    if (net->n_classes == 0)
        GAN_FAIL(GAN_ERR_INVALID, "%s: no layer uses labels, so there is nothing to interpolate",
                 who);
    for (int i = 0; i < 2; i++) {
        snprintf(what, sizeof what, "%s, %s", who, i == 0 ? "from" : "to");
        GAN_TRY(gan__network_check_labels(net, i == 0 ? labels.of : labels.to, n, what));
    }
    GAN_TRY(check_way(labels.way, n, who));

cleanup:
    return status;
}

static gan_status check_samples(gan_network *net, const float *in, size_t n, const float *out)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan_network_build(net));
    if (n > 0 && (!in || !out))
        return gan__fail(GAN_ERR_INVALID, "network: %s is NULL for %zu samples", in ? "out" : "in",
                         n);

cleanup:
    return status;
}

static gan_status evaluate(gan_network *net, const float *in, gan__labels labels, size_t n,
                           float *out)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__network_refresh(net));
    if (n > 0) GAN_TRY(gan__pass_evaluate(net->pass, net->pool, in, labels, n, out));

cleanup:
    return status;
}

static gan_status forward(gan_network *net, const float *in, gan__label_list labels, size_t n,
                          float *out)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_samples(net, in, n, out));
    GAN_TRY(gan__network_check_labels(net, labels, n, "network"));
    GAN_TRY(evaluate(net, in, (gan__labels){.of = labels}, n, out));

cleanup:
    return status;
}

gan_status gan_network_forward(gan_network *net, const float *in, size_t n, float *out)
{
    return forward(net, in, (gan__label_list){0}, n, out);
}

gan_status gan_network_forward_labels(gan_network *net, const float *in, const uint8_t *labels,
                                      size_t n, float *out)
{
    return forward(net, in, gan__label_bytes(labels), n, out);
}

gan_status gan_network_forward_labels16(gan_network *net, const float *in, const uint16_t *labels,
                                        size_t n, float *out)
{
    return forward(net, in, gan__label_words(labels), n, out);
}

static gan_status forward_between(gan_network *net, const float *in, gan__labels labels, size_t n,
                                  float *out)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_samples(net, in, n, out));
    GAN_TRY(gan__network_check_between(net, labels, n, "network"));
    GAN_TRY(evaluate(net, in, labels, n, out));

cleanup:
    return status;
}

gan_status gan_network_forward_between(gan_network *net, const float *in, const uint8_t *from,
                                       const uint8_t *to, const float *way, size_t n, float *out)
{
    const gan__labels labels = {gan__label_bytes(from), gan__label_bytes(to), way};

    return forward_between(net, in, labels, n, out);
}

gan_status gan_network_forward_between_labels16(gan_network *net, const float *in,
                                                const uint16_t *from, const uint16_t *to,
                                                const float *way, size_t n, float *out)
{
    const gan__labels labels = {gan__label_words(from), gan__label_words(to), way};

    return forward_between(net, in, labels, n, out);
}
