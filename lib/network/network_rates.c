/* network_rates.c - scales of the learning rate, tensor by tensor. */
#include "network/network_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <math.h>
#include <string.h>

static int begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static gan_status check(const gan_network *net, const char *prefix, double scale)
{
    size_t n = 0;

    if (!prefix) return gan__fail(GAN_ERR_INVALID, "network: the prefix is NULL");
    if (!(scale >= 0 && isfinite(scale)))
        return gan__fail(GAN_ERR_INVALID,
                         "network: a finite scale of at least 0 expected, got %g", scale);
    for (size_t i = 0; i < net->n_tensors; i++) n += begins_with(net->tensors[i].name, prefix);
    if (n == 0)
        return gan__fail(GAN_ERR_INVALID, "network: no name of its %zu tensors begins with \"%s\"",
                         net->n_tensors, prefix);
    return GAN_OK;
}

/* Neighbours with the same scale are one stretch of the flat block. */
static void cut_stretches(gan_network *net)
{
    gan__stretch *last = NULL;

    net->n_stretches = 0;
    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];
        const size_t end = (size_t)(t->data - net->params) + t->size;

        if (!t->trainable) continue;
        if (!last || last->scale < net->rates[i] || last->scale > net->rates[i])
            last = &net->stretches[net->n_stretches++];
        *last = (gan__stretch){end, net->rates[i]};
    }
}

/* All scales are 1 at first. */
static gan_status take_memory(gan_network *net)
{
    gan_status status = GAN_OK;
    double *rates = NULL;

    if (net->rates) return GAN_OK;
    GAN_TRY(gan__alloc(&rates, &net->allocator, net->n_tensors, sizeof *rates));
    GAN_TRY(gan__alloc(&net->stretches, &net->allocator, net->n_tensors, sizeof *net->stretches));
    for (size_t i = 0; i < net->n_tensors; i++) rates[i] = 1;
    net->rates = rates;
    rates = NULL;

cleanup:
    gan__free(&net->allocator, rates);
    return status;
}

gan_status gan_network_set_rate(gan_network *net, const char *prefix, double scale)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan__network_check_trainable(net, "network"));
    GAN_TRY(check(net, prefix, scale));
    GAN_TRY(take_memory(net));
    for (size_t i = 0; i < net->n_tensors; i++)
        if (begins_with(net->tensors[i].name, prefix)) net->rates[i] = scale;
    cut_stretches(net);

cleanup:
    return status;
}

double gan_network_rate(const gan_network *net, size_t index)
{
    return net && net->rates && index < net->n_tensors ? net->rates[index] : 1;
}
