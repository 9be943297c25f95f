/* pass_weights.c - the weights that a pass computes with, and what is made of them for a run. */
#include "network/pass_layout_internal.h"

#include "math/pool_internal.h"

#include <string.h>

int gan__pass_weights_packed(const gan_layer *layer)
{
    return layer->class->packed_size && layer->class->packed_size(layer) > 0;
}

size_t gan__pass_weights_count(const gan_layer *layer)
{
    return gan__pass_weights_packed(layer) ? layer->class->packed_size(layer)
                                           : gan__layer_param_count(layer);
}

void gan__pass_use(gan__pass *pass, const gan__pass_weights *weights)
{
    pass->weights = *weights;
}

const float *gan__pass_params(const gan__pass *pass, size_t i)
{
    const gan_network *net = pass->desc.net;

    if (pass->desc.by_rows) return pass->weights.params + pass->weights.at[i];
    return net->layers[i].spectral ? pass->prepared + pass->prepared_at[i]
                                   : net->params + net->offsets[i];
}

const float *gan__pass_transformed(const gan__pass *pass, size_t i)
{
    const gan_layer *layer = gan__pass_layer(pass, i);

    if (pass->n_transforms == 0 || !layer->class->transformed_size) return NULL;
    if (layer->class->transformed_size(layer, gan__pass_by(&pass->desc), pass->transformed_rows) == 0)
        return NULL;
    return pass->transformed + pass->transformed_at[i];
}

/* ---- made for each run: divided by their norm, and transformed ---- */

static void normalize_task(void *context, size_t task, size_t worker)
{
    const gan__pass *pass = context;
    const gan_network *net = pass->desc.net;
    const size_t i = pass->spectral[task];

    (void)worker;
    gan__spectral_prepare(gan__pass_layer(pass, i), net->params + net->offsets[i],
                          net->buffers + net->buffer_offsets[i], pass->desc.training,
                          pass->prepared + pass->prepared_at[i]);
}

enum { TRANSFORM_PARTS = 8 }; /* of a layer */

static void transform_task(void *context, size_t task, size_t worker)
{
    const gan__pass *pass = context;
    const size_t i = pass->transforms[task / TRANSFORM_PARTS];
    const gan_layer *layer = gan__pass_layer(pass, i);

    if (!gan__pass_transformed(pass, i)) return;
    layer->class->transform(layer, gan__pass_by(&pass->desc), gan__pass_params(pass, i),
                            task % TRANSFORM_PARTS, TRANSFORM_PARTS,
                            pass->transformed + pass->transformed_at[i],
                            pass->scratch + worker * pass->n_scratch);
}

void gan__pass_transform(gan__pass *pass, gan_pool *pool)
{
    if (pass->n_transforms > 0)
        gan__pool_run(pool, transform_task, pass, pass->n_transforms * TRANSFORM_PARTS);
}

int gan__pass_loses_transformed(const gan__pass *pass)
{
    return pass->desc.interrupted && pass->desc.activations == GAN_ACTIVATIONS_RECOMPUTE;
}

void gan__pass_prepare(gan__pass *pass, gan_pool *pool, size_t rows)
{
    const int held = pass->held && pass->transformed_rows == rows && !gan__pass_loses_transformed(pass);

    pass->held = 0;
    pass->transformed_rows = rows;
    if (pass->n_spectral > 0) gan__pool_run(pool, normalize_task, pass, pass->n_spectral);
    if (!held) gan__pass_transform(pass, pool);
}

void gan__pass_hold(gan__pass *pass, int held)
{
    pass->held = held;
    if (!held) pass->transformed_rows = 0;
}

static void chain_task(void *context, size_t task, size_t worker)
{
    gan__pass *pass = context;
    const size_t i = pass->spectral[task];
    gan__stage *s = pass->stages;

    (void)worker;
    while (s->begin != i) s++; /* it never works in place */
    memset(s->squares, 0, sizeof s->squares);
    s->squares[0] =
        gan__spectral_grad(gan__pass_layer(pass, i), pass->prepared + pass->prepared_at[i],
                           pass->grads + pass->desc.net->offsets[i]);
}

void gan__pass_chain_grads(gan__pass *pass, gan_pool *pool)
{
    if (pass->n_spectral > 0) gan__pool_run(pool, chain_task, pass, pass->n_spectral);
}
