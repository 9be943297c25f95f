/* export.c - see export_internal.h: from layers to steps. */
#include "export/export_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <string.h>

/* ---- weights ---- */

/* The weights of layers whose weights are divided by their singular value. */
static size_t folded_count(const gan_network *net)
{
    size_t n = 0;

    for (size_t i = 0; i < net->n_layers; i++)
        if (net->layers[i].spectral) n += gan__spectral_count(&net->layers[i]);
    return n;
}

/* A layer's parameters as it computes with them; `*folded` advances if they are written there. */
static const float *params_of(const gan_network *net, size_t i, float **folded)
{
    const gan_layer *layer = &net->layers[i];
    const float *params = net->params + net->offsets[i];
    float *made = *folded;

    if (!layer->spectral) return params;
    gan__spectral_prepare(layer, params, net->buffers + net->buffer_offsets[i], 0, made);
    *folded += gan__spectral_count(layer);
    return made;
}

static void point(const float **out, const gan__layer_param *params, size_t n, const float *first)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = first;
        first += gan_shape_size(params[i].shape);
    }
}

/* ---- steps ---- */

static int is_kind(const gan_layer *layer, const char *kind)
{
    return strcmp(layer->class->name, kind) == 0;
}

/* Layers that have no step: they pass a value on. */
static int hands_on(const gan_layer *layer)
{
    return layer->class->random || is_kind(layer, "residual") || is_kind(layer, "shortcut");
}

/* Boundary i of the network, the input of layer i, is the value at[i]. */
static void list_steps(gan__export *e, size_t *at)
{
    const gan_network *net = e->net;
    float *folded = e->folded;

    at[0] = 0;
    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];
        const size_t from = layer->value_from > 0 ? at[layer->value_from] : at[i];
        gan__export_step *step = &e->steps[e->n_steps];

        if (hands_on(layer)) {
            at[i + 1] = from;
            continue;
        }
        step->layer = layer;
        step->x = at[i];
        step->other = from;
        step->y = at[i + 1] = ++e->n_steps;
        point(step->params, layer->params, layer->n_params, params_of(net, i, &folded));
        point(step->buffers, layer->buffers, layer->n_buffers,
              net->buffers + net->buffer_offsets[i]);
    }
    e->output = at[net->n_layers];
}

static gan_status check(const gan_network *net, const char *who)
{
    gan_status status = GAN_OK;

    if (!net) return gan__fail_null(GAN__NETWORK, 1, "export: the network is NULL");
    if (net->status != GAN_OK) return gan__fail(net->status, "%s", net->message);
    if (!net->params)
        return gan__fail(GAN_ERR_INVALID,
                         "%s: the network is not complete, its weights would be random: "
                         "gan_network_build(), gan_network_load() or gan_network_open() expected",
                         who);
    GAN_TRY(gan__network_check_finite(net, net->params, who));
    GAN_TRY(gan__network_check_buffers(net, who));

cleanup:
    return status;
}

gan_status gan__export_begin(gan__export *out, gan_network *net, const gan_allocator *allocator,
                             const char *who)
{
    gan_status status = GAN_OK;
    size_t *at = NULL;
    int entered = 0;

    memset(out, 0, sizeof *out);
    GAN_TRY(check(net, who));
    GAN_TRY(gan__network_enter(net));
    entered = 1;
    gan__numeric_enter(&out->numeric);
    GAN_TRY(gan__alloc_init(&out->allocator, allocator));
    GAN_TRY(gan__network_refresh(net));
    out->net = net;
    GAN_TRY(gan__alloc(&at, &out->allocator, net->n_layers + 1, sizeof *at));
    GAN_TRY(gan__alloc(&out->steps, &out->allocator, net->n_layers, sizeof *out->steps));
    GAN_TRY(gan__alloc(&out->folded, &out->allocator, folded_count(net), sizeof *out->folded));
    list_steps(out, at);

cleanup:
    if (at) gan__free(&out->allocator, at);
    if (status != GAN_OK && entered) {
        out->net = net;
        gan__export_end(out);
    }
    return status;
}

void gan__export_end(gan__export *e)
{
    if (!e->net) return;
    gan__free(&e->allocator, e->steps);
    gan__free(&e->allocator, e->folded);
    gan__numeric_leave(&e->numeric);
    gan__network_leave(e->net);
    memset(e, 0, sizeof *e);
}

/* ---- reading them ---- */

gan_shape gan__export_shape(const gan__export *e, size_t value)
{
    return value == 0 ? e->net->input : e->steps[value - 1].layer->out;
}

double gan__export_setting(const gan__export_step *step, const char *name, size_t i)
{
    const gan_layer *layer = step->layer;
    size_t at = 0;

    while (strcmp(gan__layer_number_name(layer->class, at), name) != 0) at++;
    return gan__layer_number(layer, at + i);
}

size_t gan__export_size(const gan__export_step *step, const char *name, size_t i)
{
    return (size_t)gan__export_setting(step, name, i);
}

int gan__export_reshapes(const gan__export_step *step)
{
    return step->layer->class->in_place && !step->layer->class->changes;
}

gan_status gan__export_refuse(const gan__export_step *step, const char *why)
{
    return gan__fail(GAN_ERR_INVALID, "layer %s (%s): %s", step->layer->name,
                     step->layer->class->name, why);
}
