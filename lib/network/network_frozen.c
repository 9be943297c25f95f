/* network_frozen.c - what of a layer isn't trained: see network_rates.c. */
#include "network/network_internal.h"

#include <string.h>

/* The scale of a layer's n-th tensor: its parameters come first. */
static double rate_of(const gan_network *net, size_t layer, size_t n)
{
    for (size_t i = 0; i < layer; i++) n += net->layers[i].n_params + net->layers[i].n_buffers;
    return net->rates[n];
}

size_t gan__network_frozen(const gan_network *net, size_t layer)
{
    size_t n = 0;

    for (size_t i = 0; i < net->layers[layer].n_params && net->rates; i++)
        n += rate_of(net, layer, i) <= 0;
    return n;
}

int gan__network_trains(const gan_network *net, size_t layer)
{
    return net->layers[layer].n_params > gan__network_frozen(net, layer);
}

int gan__network_keeps_buffers(const gan_network *net, size_t layer)
{
    const gan_layer *l = &net->layers[layer];

    return net->rates && l->n_buffers > 0 && rate_of(net, layer, l->n_params) <= 0;
}

void gan__network_clear_frozen(const gan_network *net, size_t layer, float *grads)
{
    const gan_layer *l = &net->layers[layer];

    for (size_t i = 0; i < l->n_params && net->rates; i++) {
        const size_t n = gan_shape_size(l->params[i].shape);

        if (rate_of(net, layer, i) <= 0) memset(grads, 0, n * sizeof *grads);
        grads += n;
    }
}
