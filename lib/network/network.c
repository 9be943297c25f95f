/* network.c - layers in a row and their flat block of weights. */
#include "network/network_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/numeric_internal.h"
#include "math/rng_internal.h"
#include "network/pass_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = GAN__LAYER_NAME_BYTES + 16 };

/* ---- making one ---- */

gan_status gan__network_read_desc(gan_network_desc *out, gan_allocator *allocator,
                                  const gan_network_desc *desc)
{
    gan_status status = GAN_OK;

    *out = (gan_network_desc){GAN_NETWORK_DESC_INIT};
    GAN_TRY(gan__desc_read(out, sizeof *out, sizeof *out, desc, "network desc"));
    GAN_TRY(gan__alloc_init(allocator, out->allocator));

cleanup:
    return status;
}

gan_network *gan_network_create(gan_shape input, const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    gan_network *net = NULL;
    gan_network_desc d;
    gan_allocator a;

    GAN_TRY(gan__network_read_desc(&d, &a, desc));
    if (gan_shape_size(input) == 0)
        GAN_FAIL(GAN_ERR_INVALID, "network: input %s is not a shape of 1 to %d numbers",
                 gan__shape_text_of(input).text, INT32_MAX);
    GAN_TRY(gan__alloc(&net, &a, 1, sizeof *net));
    net->allocator = a;
    net->seed = d.seed;
    net->pool = d.pool;
    net->input = input;
    net->together = 1;

cleanup:
    (void)gan__lost(GAN__NETWORK, status); /* the result says it, gan_last_error() says why */
    return net;
}

static void free_memory(gan_network *net);

void gan_network_destroy(gan_network *net)
{
    if (!net) return;
    const gan_allocator a = net->allocator;

    free_memory(net);
    gan__free(&a, net->stretches);
    gan__free(&a, net->rates);
    gan__free(&a, net->class_names);
    gan_scaler_destroy(net->scaler);
    gan__free(&a, net->buffer_offsets);
    gan__free(&a, net->offsets);
    gan__free(&a, net->layers);
    gan__free(&a, net);
}

/* Return the failure that the network remembers, with its sentence. */
static gan_status remembered(const gan_network *net)
{
    return net->status == GAN_OK ? GAN_OK : gan__fail(net->status, "%s", net->message);
}

static gan_status remember(gan_network *net, gan_status status)
{
    if (status != GAN_OK && net->status == GAN_OK) {
        net->status = status;
        snprintf(net->message, sizeof net->message, "%s", gan_last_error());
    }
    return status;
}

gan_status gan__network_reserve(gan_network *net, size_t n)
{
    gan_status status = GAN_OK;
    size_t capacity = net->capacity > 0 ? net->capacity : 8;
    gan_layer *layers = NULL;
    size_t *offsets = NULL;
    size_t *buffer_offsets = NULL;

    while (capacity - net->n_layers < n) capacity = gan__size_mul(2, capacity);
    if (capacity == net->capacity) return GAN_OK;
    GAN_TRY(gan__alloc(&layers, &net->allocator, capacity, sizeof *layers));
    GAN_TRY(gan__alloc(&offsets, &net->allocator, capacity, sizeof *offsets));
    GAN_TRY(gan__alloc(&buffer_offsets, &net->allocator, capacity, sizeof *buffer_offsets));
    if (net->n_layers > 0) {
        memcpy(layers, net->layers, net->n_layers * sizeof *layers);
        memcpy(offsets, net->offsets, net->n_layers * sizeof *offsets);
        memcpy(buffer_offsets, net->buffer_offsets, net->n_layers * sizeof *buffer_offsets);
    }
    gan__free(&net->allocator, net->layers);
    gan__free(&net->allocator, net->offsets);
    gan__free(&net->allocator, net->buffer_offsets);
    net->layers = layers;
    net->offsets = offsets;
    net->buffer_offsets = buffer_offsets;
    net->capacity = capacity;
    return GAN_OK;

cleanup:
    gan__free(&net->allocator, offsets);
    gan__free(&net->allocator, layers);
    return status;
}

static size_t common_divisor(size_t a, size_t b)
{
    return b == 0 ? a : common_divisor(b, a % b);
}

gan_status gan__network_join_groups(size_t *together, size_t rows)
{
    const size_t all = gan__size_mul(*together, rows / common_divisor(*together, rows));

    if (all > GAN__NETWORK_MOST_TOGETHER)
        return gan__fail(GAN_ERR_SHAPE,
                         "groups of %zu samples, those of the layers before have %zu: the least "
                         "common multiple may be at most %d",
                         rows, *together, GAN__NETWORK_MOST_TOGETHER);
    *together = all;
    return GAN_OK;
}

/* What gan__network_append() can take. */
static gan_status check_groups(const gan_network *net, const gan_layer *layer)
{
    size_t together = net->together;

    if (!layer->class->together) return GAN_OK;
    return gan__network_join_groups(&together, layer->class->together(layer));
}

void gan__network_append(gan_network *net, const gan_layer *layer)
{
    net->layers[net->n_layers] = *layer;
    net->offsets[net->n_layers] = net->n_params;
    net->buffer_offsets[net->n_layers] = net->n_buffers;
    net->n_params = gan__size_add(net->n_params, gan__layer_param_count(layer));
    net->n_buffers = gan__size_add(net->n_buffers, gan__layer_buffer_count(layer));
    net->n_tensors += layer->n_params + layer->n_buffers;
    if (layer->n_classes > 0) net->n_classes = layer->n_classes;
    if (layer->class->together)
        (void)gan__network_join_groups(&net->together, layer->class->together(layer));
    net->n_layers++;
}

gan_status gan__network_check_classes(const gan_network *net, size_t n_classes)
{
    if (n_classes == 0 || net->n_classes == 0 || n_classes == net->n_classes) return GAN_OK;
    return gan__fail(GAN_ERR_SHAPE, "labels of %zu classes, those of the layers before have %zu",
                     n_classes, net->n_classes);
}

static gan_status add_one(gan_network *net, const gan_layer *layer)
{
    gan_status status = GAN_OK;
    gan_layer last = *layer;

    last.in = gan_network_output_shape(net);
    snprintf(last.name, sizeof last.name, "%zu", net->n_added);
    GAN_TRY(layer->class->shape(&last));
    if (layer->spectral) gan__spectral_shape(&last);
    GAN_TRY(gan__network_check_classes(net, last.n_classes));
    GAN_TRY(check_groups(net, &last));
    GAN_TRY(gan__network_reserve(net, 1));
    gan__network_append(net, &last);

cleanup:
    return status;
}

static gan_status add(gan_network *net, const gan_layer *layer)
{
    gan_status status;

    if (!layer) /* its constructor has said why */
        return gan__fail(GAN_ERR_INVALID, "layer %zu: %s", net->n_added,
                         *gan_last_error() ? gan_last_error() : "is NULL");
    status = layer->class->join ? layer->class->join(net, layer) : add_one(net, layer);
    if (status != GAN_OK)
        return gan__fail(status, "layer %zu (%s): %s", net->n_added, layer->class->name,
                         gan_last_error());
    net->n_added++;
    return GAN_OK;
}

gan_status gan_network_add(gan_network *net, gan_layer *layer)
{
    gan_status status;

    if (!net)
        status = gan__fail_null(GAN__NETWORK, 1, "network: a layer is added to NULL");
    else if (net->status != GAN_OK)
        status = remembered(net);
    else if (net->params) /* too late to do harm, so nothing to remember */
        status = gan__fail(GAN_ERR_INVALID,
                           "network: a layer comes too late, the network is complete with %zu",
                           net->n_added);
    else
        status = remember(net, add(net, layer));
    gan_layer_destroy(layer);
    return status;
}

/* ---- completing it ---- */

static void draw_weights(gan_network *net, uint64_t seed)
{
    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];
        const size_t offset = net->offsets[i];

        if (layer->class->init && !net->lent)
            layer->class->init(layer, net->params + offset, seed, GAN__STREAM_INIT, offset);
        if (layer->class->init_buffers)
            layer->class->init_buffers(layer, net->buffers + net->buffer_offsets[i]);
        if (layer->spectral) gan__spectral_init(layer, net->buffers + net->buffer_offsets[i]);
    }
}

/* Name some blocks of a layer, which lie one after the other; return how many tensors there are
 * now. */
static size_t name_blocks(gan_network *net, size_t n, const gan_layer *layer,
                          const gan__layer_param *blocks, size_t n_blocks, float *data,
                          int trainable)
{
    for (size_t i = 0; i < n_blocks; i++, n++) {
        const gan_shape shape = blocks[i].shape;
        char *name = net->names + n * NAME_BYTES;

        snprintf(name, NAME_BYTES, "%s.%s", layer->name, blocks[i].name);
        net->tensors[n] = (gan_tensor){name, shape, gan_shape_size(shape), data, trainable};
        data += gan_shape_size(shape);
    }
    return n;
}

static void name_tensors(gan_network *net)
{
    size_t n = 0;

    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *l = &net->layers[i];

        n = name_blocks(net, n, l, l->params, l->n_params, net->params + net->offsets[i], 1);
        n = name_blocks(net, n, l, l->buffers, l->n_buffers, net->buffers + net->buffer_offsets[i],
                        0);
    }
}

/* The same weights however the host rounds. */
static void draw_alike(gan_network *net, uint64_t seed)
{
    gan__numeric numeric;

    gan__numeric_enter(&numeric);
    net->weight_changes++;
    net->buffer_changes++;
    draw_weights(net, seed);
    gan__numeric_leave(&numeric);
}

static gan_status take_memory(gan_network *net)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &net->allocator;
    float *params = NULL;
    float *buffers = NULL;
    gan_tensor *tensors = NULL;
    char *names = NULL;

    if (!net->lent) GAN_TRY(gan__alloc(&params, a, net->n_params, sizeof *params));
    GAN_TRY(gan__alloc(&buffers, a, net->n_buffers, sizeof *buffers));
    GAN_TRY(gan__alloc(&tensors, a, net->n_tensors, sizeof *tensors));
    GAN_TRY(gan__alloc(&names, a, net->n_tensors, NAME_BYTES));
    GAN_TRY(gan__pass_create(&net->pass,
                             &(gan__pass_desc){.net = net,
                                               .n_layers = net->n_layers,
                                               .rows = gan__pass_eval_rows(net, net->pool),
                                               .threads = gan_pool_thread_count(net->pool)},
                             a));
    net->params = net->lent ? (float *)(uintptr_t)net->lent : params;
    net->buffers = buffers;
    net->tensors = tensors;
    net->names = names;
    return GAN_OK;

cleanup:
    gan__free(a, names);
    gan__free(a, tensors);
    gan__free(a, buffers);
    gan__free(a, params);
    return status;
}

/* What take_memory() took. */
static void free_memory(gan_network *net)
{
    const gan_allocator *a = &net->allocator;

    gan__pass_destroy(net->pass);
    gan__free(a, net->names);
    gan__free(a, net->tensors);
    gan__free(a, net->buffers);
    if (!net->lent) gan__free(a, net->params);
}

static gan_status build(gan_network *net)
{
    gan_status status = GAN_OK;

    GAN_TRY(take_memory(net));
    name_tensors(net);
    draw_alike(net, net->seed);

cleanup:
    return status;
}

gan_status gan_network_build(gan_network *net)
{
    if (!net) return gan__fail_null(GAN__NETWORK, 1, "network: is NULL");
    if (net->status != GAN_OK) return remembered(net);
    if (net->params) return GAN_OK;
    if (net->n_layers == 0) return gan__fail(GAN_ERR_INVALID, "network: has no layer");
    return build(net);
}

/* By a copy of the network that has no memory yet. */
gan_status gan_network_memory(size_t *bytes, const gan_network *net)
{
    gan_status status = GAN_OK;
    gan__measure measure;
    gan_network copy;

    if (!bytes) return gan__fail(GAN_ERR_INVALID, "network: bytes is NULL");
    if (!net) return gan__fail_null(GAN__NETWORK, 1, "network: is NULL");
    if (net->status != GAN_OK) return remembered(net);
    if (net->n_layers == 0) return gan__fail(GAN_ERR_INVALID, "network: has no layer");
    gan__measure_begin(&measure);
    copy = *net;
    copy.allocator = measure.allocator;
    GAN_TRY(take_memory(&copy));
    *bytes = measure.bytes;
    free_memory(&copy);

cleanup:
    return status;
}

gan_status gan__network_check_trainable(const gan_network *net, const char *who)
{
    if (!net->read_only) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "%s: the network's weights are the host's and only read; a copy of it can be "
                     "trained, see gan_network_clone()",
                     who);
}

gan_status gan_network_initialize(gan_network *net, uint64_t seed)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan__network_check_trainable(net, "network"));
    draw_alike(net, seed);

cleanup:
    return status;
}

gan_status gan__network_enter(gan_network *net)
{
    return gan__pass_enter(net->pass);
}

void gan__network_leave(gan_network *net)
{
    gan__pass_leave(net->pass);
}

gan_status gan__network_refresh(gan_network *net)
{
    return net->refresh ? net->refresh(net->owner) : GAN_OK;
}

gan_status gan_network_clone(gan_network **out, gan_network *net)
{
    gan_status status = GAN_OK;
    gan_network *copy = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "network: out is NULL");
    *out = NULL;
    GAN_TRY(gan_network_build(net));
    copy =
        gan_network_create(net->input, &(gan_network_desc){.struct_size = sizeof(gan_network_desc),
                                                           .seed = net->seed,
                                                           .pool = net->pool,
                                                           .allocator = &net->allocator});
    if (!copy) return GAN_ERR_NOMEM;
    GAN_TRY(gan__network_reserve(copy, net->n_layers));
    for (size_t i = 0; i < net->n_layers; i++) gan__network_append(copy, &net->layers[i]);
    copy->n_added = net->n_added;
    copy->depth = net->depth;
    copy->picture = net->picture;
    copy->latent = net->latent;
    GAN_TRY(gan_network_build(copy));
    if (net->scaler)
        GAN_TRY(gan_scaler_create(&copy->scaler, gan_scaler_column_count(net->scaler),
                                  gan_scaler_shift(net->scaler), gan_scaler_scale(net->scaler),
                                  &copy->allocator));
    if (net->class_names) {
        const size_t bytes = net->n_classes * GAN__CLASS_NAME_BYTES;

        GAN_TRY(gan__alloc(&copy->class_names, &copy->allocator, bytes, 1));
        memcpy(copy->class_names, net->class_names, bytes);
    }
    GAN_TRY(gan__network_refresh(net));
    for (size_t i = 0; i < net->n_layers; i++)
        memcpy(copy->params + copy->offsets[i], net->params + net->offsets[i],
               gan__layer_param_count(&net->layers[i]) * sizeof *net->params);
    memcpy(copy->buffers, net->buffers, net->n_buffers * sizeof *net->buffers);
    *out = copy;
    copy = NULL;

cleanup:
    gan_network_destroy(copy);
    return gan__lost(GAN__NETWORK, status);
}

/* ---- looking at it ---- */

gan_shape gan_network_input_shape(const gan_network *net)
{
    return net ? net->input : (gan_shape){0, {0, 0, 0, 0}};
}

gan_shape gan_network_output_shape(const gan_network *net)
{
    return net && net->n_layers > 0 ? net->layers[net->n_layers - 1].out
                                    : gan_network_input_shape(net);
}

size_t gan_network_layer_count(const gan_network *net)
{
    return net ? net->n_added : 0;
}

size_t gan_network_param_count(const gan_network *net)
{
    return net ? net->n_params : 0;
}

size_t gan_network_tensor_count(const gan_network *net)
{
    return net ? net->n_tensors : 0;
}

gan_status gan_network_tensor(gan_tensor *out, gan_network *net, size_t index)
{
    gan_status status = GAN_OK;

    if (!out) return gan__fail(GAN_ERR_INVALID, "network: out is NULL");
    GAN_TRY(gan_network_build(net));
    if (index >= net->n_tensors)
        return gan__fail(GAN_ERR_INVALID, "network: tensor %zu requested, there are %zu", index,
                         net->n_tensors);
    *out = net->tensors[index];

cleanup:
    return status;
}

gan_status gan_network_find(gan_tensor *out, gan_network *net, const char *name)
{
    gan_status status = GAN_OK;

    if (!out || !name)
        return gan__fail(GAN_ERR_INVALID, "network: %s is NULL", out ? "name" : "out");
    GAN_TRY(gan_network_build(net));
    for (size_t i = 0; i < net->n_tensors; i++) {
        if (strcmp(net->tensors[i].name, name) != 0) continue;
        *out = net->tensors[i];
        return GAN_OK;
    }
    status =
        gan__fail(GAN_ERR_INVALID, "network: no tensor \"%s\" among its %zu", name, net->n_tensors);

cleanup:
    return status;
}

const gan_tensor *gan__network_tensor_at(const gan_network *net, size_t index)
{
    const float *at = net->params + index;
    const gan_tensor *t = net->tensors;

    while (!t->trainable || at < t->data || at >= t->data + t->size) t++;
    return t;
}

/* Of the trainable tensors or of the others; `numbers` are laid out like their own flat block. */
static gan_status check_finite(const gan_network *net, int trainable, const float *own,
                               const float *numbers, const char *who)
{
    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];
        const float *at;

        if (t->trainable != trainable) continue;
        at = numbers + (t->data - own);
        for (size_t j = 0; j < t->size; j++)
            if (!isfinite(at[j]))
                return gan__fail(GAN_ERR_NONFINITE, "%s: value %zu of %zu of %s is %g", who, j,
                                 t->size, t->name, (double)at[j]);
    }
    return GAN_OK;
}

gan_status gan__network_check_finite(const gan_network *net, const float *numbers, const char *who)
{
    return check_finite(net, 1, net->params, numbers, who);
}

gan_status gan__network_check_buffers(const gan_network *net, const char *who)
{
    return check_finite(net, 0, net->buffers, net->buffers, who);
}

gan_status gan__network_check_rows(const gan_network *net, size_t n_layers, size_t rows,
                                   const char *who)
{
    for (size_t i = 0; i < n_layers; i++) {
        const gan_layer *layer = &net->layers[i];
        const size_t least = layer->class->least_rows ? layer->class->least_rows(layer) : 1;

        if (rows < least)
            return gan__fail(GAN_ERR_SHAPE,
                             "%s: layer %s (%s) trains on batches of at least %zu samples of %s, "
                             "gets %zu",
                             who, layer->name, layer->class->name, least,
                             gan__shape_text_of(layer->in).text, rows);
    }
    return GAN_OK;
}

GAN__DEFINE_INIT(gan_network_desc_init, gan_network_desc, GAN_NETWORK_DESC_INIT)
