/* network_file.c - networks as safetensors files.
 *
 * Beside the tensors, the metadata entry "libgan.network" holds the layers as JSON text:
 * {"input": [64], "layers": [["linear", 64, 256], ["leaky_relu", 0.2], ...]}
 *
 * A residual block holds such lists: ["residual", [layers of the body], [of the shortcut] or null].
 * Names of classes are a list in an entry of their own. */
#include "network/network_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "file/json_internal.h"
#include "file/safetensors_format_internal.h"
#include "file/safetensors_internal.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char ARCHITECTURE[] = "libgan.network";
static const char SPECTRAL[] = "spectral_norm"; /* in place of a kind, before the layer */

/* No file is to ask for the machine's memory. */
enum {
    MAX_SAMPLE = 1 << 22,            /* numbers in the input of a network from a file */
    MAX_WORKSPACE = 1 << 26,         /* and between all of its layers, of a group of samples */
    MAX_DESCRIPTION_BYTES = 1 << 20, /* of its layers as JSON, which takes many times as much */
};

/* ---- writing ---- */

static void put_layer(gan__text *out, const gan_layer *layer)
{
    if (layer->spectral) gan__text_put(out, "[\"%s\",", SPECTRAL);
    gan__text_put(out, "[\"%s\"", layer->class->name);
    for (size_t i = 0; i < gan__layer_number_count(layer->class); i++) {
        gan__text_put(out, ",");
        gan__json_put_number(out, gan__layer_number(layer, i));
    }
    gan__text_put(out, layer->spectral ? "]]" : "]");
}

static void put_layers(gan__text *out, const gan_network *net, size_t begin, size_t end);

static void put_block(gan__text *out, const gan_network *net, size_t begin, const gan__block *b)
{
    gan__text_put(out, "[\"%s\",", gan__layer_residual.name);
    put_layers(out, net, begin + 1, b->body_end);
    gan__text_put(out, ",");
    if (b->shortcut)
        put_layers(out, net, b->shortcut, b->junction);
    else
        gan__text_put(out, "null");
    gan__text_put(out, "]");
}

static void put_layers(gan__text *out, const gan_network *net, size_t begin, size_t end)
{
    gan__text_put(out, "[");
    for (size_t i = begin; i < end; i = gan__network_next(net, i)) {
        gan__block block;

        if (i > begin) gan__text_put(out, ",");
        if (gan__network_block(net, i, &block))
            put_block(out, net, i, &block);
        else
            put_layer(out, &net->layers[i]);
    }
    gan__text_put(out, "]");
}

void gan__network_describe(gan__text *out, const gan_network *net)
{
    gan__text_put(out, "{\"input\":[");
    for (size_t i = 0; i < net->input.rank; i++)
        gan__text_put(out, i ? ",%zu" : "%zu", net->input.dim[i]);
    gan__text_put(out, "],\"layers\":");
    put_layers(out, net, 0, net->n_layers);
    gan__text_put(out, "}");
}

void gan__network_describe_classes(gan__text *out, const gan_network *net)
{
    for (size_t i = 0; i < net->n_classes && net->class_names; i++) {
        gan__text_put(out, i ? "," : "[");
        gan__json_put_string(out, gan_network_class_name(net, i));
    }
    if (net->class_names) gan__text_put(out, "]");
}

/* Add one to n pairs of name and text, if there is a text. */
static size_t put_pair(const char **pairs, size_t n, const char *name, const char *text)
{
    if (!text) return n;
    pairs[2 * n] = name;
    pairs[2 * n + 1] = text;
    return n + 1;
}

static gan_status save(gan_network *net, gan__target to)
{
    gan_status status = GAN_OK;
    gan__text layers = {.allocator = NULL}, classes = layers, scaler = layers;
    gan__network_note notes[GAN__NETWORK_NOTES], of_scaler;
    const char *pairs[2 * (3 + GAN__NETWORK_NOTES)];
    size_t n = 0, n_notes;

    GAN_TRY(gan__target_check(to, "network"));
    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan__network_refresh(net));
    layers.allocator = classes.allocator = scaler.allocator = &net->allocator;
    gan__network_describe(&layers, net);
    gan__network_describe_classes(&classes, net);
    GAN_TRY(layers.status);
    gan__network_describe_scaler(&scaler, &of_scaler, net, ARCHITECTURE);
    GAN_TRY(classes.status);
    GAN_TRY(scaler.status);
    n = put_pair(pairs, n, ARCHITECTURE, layers.bytes);
    n = put_pair(pairs, n, GAN__NETWORK_CLASSES, classes.bytes);
    n = put_pair(pairs, n, of_scaler.name, scaler.bytes);
    n_notes = gan__network_notes(notes, net, ARCHITECTURE);
    for (size_t i = 0; i < n_notes; i++) n = put_pair(pairs, n, notes[i].name, notes[i].text);
    GAN_TRY(gan__safetensors_write(to, net->tensors, net->n_tensors, pairs, n, &net->allocator));

cleanup:
    gan__text_end(&scaler);
    gan__text_end(&classes);
    gan__text_end(&layers);
    return status;
}

gan_status gan_network_save(gan_network *net, const char *path)
{
    return save(net, (gan__target){.path = path});
}

gan_status gan_network_save_to(gan_network *net, gan_writer *to)
{
    return save(net, (gan__target){.writer = to});
}

/* ---- reading layers ---- */

/* Where a description comes from, for messages. */
typedef struct origin {
    const char *path;
    const char *key;
} origin;

static gan_status read_input(gan_shape *out, const gan__json *json, const origin *at)
{
    *out = gan__json_shape(json);
    if (gan_shape_size(*out) == 0 || gan_shape_size(*out) > MAX_SAMPLE)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s: the input is not a shape of 1 to %d numbers",
                         at->path, at->key, MAX_SAMPLE);
    return GAN_OK;
}

/* The functions down to read_layers() leave it to their caller to name the file.  A layer is a list
 * of its kind and, behind that, its settings. */

static gan_status read_settings(double *out, const gan__layer_class *class, const gan__json *list)
{
    const gan__json *setting = gan__json_at(list, 1);
    const size_t n = gan__layer_number_count(class);
    const size_t found = gan__json_count(list) - 1;

    if (found < n)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s is missing: %zu settings expected, found %zu",
                         class->name, gan__layer_number_name(class, found), n, found);
    if (found > n)
        return gan__fail(GAN_ERR_FORMAT, "%s: %zu settings expected, found %zu", class->name, n,
                         found);
    for (size_t i = 0; i < n; i++, setting = setting->next)
        if (!gan__json_number(&out[i], setting))
            return gan__fail(GAN_ERR_FORMAT, "%s: %s is not a number", class->name,
                             gan__layer_number_name(class, i));
    return GAN_OK;
}

static gan_status read_layers(gan_network *net, const gan__json *list, size_t depth);

/* One side of a block that follows `net`. */
static gan_status read_branch(gan_network **out, const gan_network *net, const char *what,
                              const gan__json *list, size_t depth)
{
    gan_status status = GAN_OK;

    *out = gan_network_create(
        gan_network_output_shape(net),
        &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = &net->allocator});
    if (!*out) return GAN_ERR_NOMEM;
    status = read_layers(*out, list, depth);
    if (status != GAN_OK) return gan__fail(status, "%s: %s", what, gan_last_error());
    return GAN_OK;
}

static gan_status read_block(gan_layer **out, const gan_network *net, const gan__json *list,
                             size_t depth)
{
    gan_status status = GAN_OK;
    const gan__json *projection = gan__json_at(list, 2);
    gan_network *body = NULL, *shortcut = NULL;

    if (depth == GAN__BLOCK_DEPTH)
        return gan__fail(GAN_ERR_FORMAT, "more than %d blocks in each other", GAN__BLOCK_DEPTH);
    if (gan__json_count(list) != 3)
        return gan__fail(GAN_ERR_FORMAT, "body and shortcut expected, found %zu settings",
                         gan__json_count(list) - 1);
    GAN_TRY(read_branch(&body, net, "body", gan__json_at(list, 1), depth + 1));
    if (!gan__json_is(projection, GAN__JSON_NULL))
        GAN_TRY(read_branch(&shortcut, net, "shortcut", projection, depth + 1));
    *out = gan_layer_residual(body, shortcut);
    return *out ? GAN_OK : GAN_ERR_NOMEM;

cleanup:
    gan_network_destroy(shortcut);
    gan_network_destroy(body);
    return status;
}

static gan_status read_layer(gan_layer **out, const gan_network *net, const gan__json *json,
                             size_t depth)
{
    gan_status status = GAN_OK;
    const char *first = gan__json_string(gan__json_at(json, 0));
    const int spectral = first && strcmp(first, SPECTRAL) == 0;
    const gan__json *list = spectral ? gan__json_at(json, 1) : json;
    const char *name = gan__json_string(gan__json_at(list, 0));
    const gan__layer_class *class = name ? gan__layer_class_find(name) : NULL;
    double settings[GAN__LAYER_MAX_NUMBERS];

    if (first && strcmp(first, gan__layer_residual.name) == 0)
        return read_block(out, net, json, depth);
    if (!class)
        return gan__fail(GAN_ERR_FORMAT, "is of no known kind: %s", name ? name : "it has no name");
    GAN_TRY(read_settings(settings, class, list));
    status = gan__layer_make_of_numbers(out, class, settings);
    if (status == GAN_ERR_NOMEM) return status;
    if (spectral) *out = gan_layer_spectral_norm(*out);
    if (!*out) return GAN_ERR_FORMAT;

cleanup:
    return status;
}

/* Add the layers of a list to a network that has none yet. */
static gan_status read_layers(gan_network *net, const gan__json *list, size_t depth)
{
    gan_status status = GAN_OK;
    size_t i = 0;

    for (const gan__json *x = gan__json_at(list, 0); x; x = x->next, i++) {
        gan_layer *layer = NULL;

        status = read_layer(&layer, net, x, depth);
        if (status != GAN_OK) GAN_FAIL(status, "layer %zu: %s", i, gan_last_error());
        GAN_TRY(gan_network_add(net, layer));
    }
    if (i == 0) GAN_FAIL(GAN_ERR_FORMAT, "no layers in it");

cleanup:
    return status;
}

/* A few words can ask for a lot: large images, samples that stay together, wide padding.  The last
 * takes scratch, which all layers share. */
static gan_status check_workspace(const gan_network *net, const origin *at)
{
    size_t n = 0, scratch = 0;

    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];
        const size_t own = layer->class->scratch ? layer->class->scratch(layer) : 0;

        n = gan__size_add(n, gan_shape_size(layer->out));
        if (own > scratch) scratch = own;
        if (gan__size_add(gan__size_mul(n, net->together), scratch) > MAX_WORKSPACE)
            return gan__fail(GAN_ERR_FORMAT,
                             "%s: %s: up to layer %s there are %zu numbers for a sample, times %zu "
                             "for those of a group, and %zu of scratch; at most %d expected",
                             at->path, at->key, layer->name, n, net->together, scratch,
                             MAX_WORKSPACE);
    }
    return GAN_OK;
}

gan_status gan__network_read(gan_network **out, const gan__json *root, const char *path,
                             const char *key, const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    const origin at = {path, key};
    gan_network *net = NULL;
    gan_shape input;

    *out = NULL;
    GAN_TRY(read_input(&input, gan__json_find(root, "input"), &at));
    net = gan_network_create(input, desc);
    if (!net) return GAN_ERR_NOMEM; /* the descriptor and the shape are good */
    status = read_layers(net, gan__json_find(root, "layers"), 0);
    if (status == GAN_ERR_FORMAT || status == GAN_ERR_SHAPE)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: %s: %s", path, key, gan_last_error());
    GAN_TRY(status);
    GAN_TRY(check_workspace(net, &at));
    *out = net;
    net = NULL;

cleanup:
    gan_network_destroy(net);
    return status;
}

/* Read an entry; `*out` is NULL when the file has none. */
static gan_status parse(const gan__json **out, const gan__safetensors *file, const origin *at,
                        const gan_allocator *allocator)
{
    const char *text = gan__safetensors_metadata(file, at->key);
    gan_status status;

    *out = NULL;
    if (!text) return GAN_OK;
    if (strlen(text) > MAX_DESCRIPTION_BYTES)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s: %zu bytes, at most %d expected", at->path,
                         at->key, strlen(text), MAX_DESCRIPTION_BYTES);
    status = gan__json_parse(out, text, strlen(text), allocator);
    if (status == GAN_ERR_FORMAT)
        return gan__fail(status, "%s: %s: %s", at->path, at->key, gan_last_error());
    return status;
}

/* A checkpoint's are those of both networks, one of which may look at no labels. */
static gan_status read_class_names(gan_network *net, const gan__safetensors *file)
{
    gan_status status = GAN_OK;
    const origin at = {gan__safetensors_path(file), GAN__NETWORK_CLASSES};
    const char **names = NULL;
    const gan__json *list = NULL, *name;

    if (net->n_classes == 0) return GAN_OK;
    GAN_TRY(parse(&list, file, &at, &net->allocator));
    if (!list) return GAN_OK;
    if (!gan__json_is(list, GAN__JSON_LIST) || gan__json_count(list) != net->n_classes)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: %s: %zu names for %zu classes", at.path, at.key,
                 gan__json_is(list, GAN__JSON_LIST) ? gan__json_count(list) : 0, net->n_classes);
    GAN_TRY(gan__alloc(&names, &net->allocator, net->n_classes, sizeof *names));
    name = gan__json_first(list);
    for (size_t i = 0; i < net->n_classes; i++, name = name->next)
        names[i] = gan__json_string(name);
    status = gan_network_set_class_names(net, names, net->n_classes);
    if (status == GAN_ERR_INVALID)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: %s: %s", at.path, at.key, gan_last_error());

cleanup:
    gan__free(&net->allocator, names);
    gan__json_free(list, &net->allocator);
    return status;
}

/* ---- in place ---- */

static gan_status check_alignment(const gan__safetensors *file, const unsigned char *bytes,
                                  const gan__safetensor *tensor)
{
    const size_t beyond = (uintptr_t)(bytes + tensor->offset) % sizeof(float);

    if (beyond == 0) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "%s: tensor %.80s lies %zu bytes behind a multiple of %zu, where floats can't "
                     "be read: align the file's first byte to 64",
                     gan__safetensors_path(file), tensor->name, beyond, sizeof(float));
}

/* Where the numbers of a tensor lie in the host's memory. */
static gan_status find_in_place(const float **out, const gan__safetensors *file,
                                const unsigned char *bytes, const gan_layer *layer, size_t i)
{
    const char *path = gan__safetensors_path(file);
    const gan_shape shape = layer->params[i].shape;
    const gan__safetensor *found;
    char name[GAN__LAYER_NAME_BYTES + 64];
    gan_status status;
    size_t bad;

    snprintf(name, sizeof name, "%s.%s", layer->name, layer->params[i].name);
    found = gan__safetensors_find(file, name);
    if (!found || !gan_shape_equal(found->shape, shape))
        return gan__fail(GAN_ERR_SHAPE, "%s: tensor %s %s expected, found %s", path, name,
                         gan__shape_text_of(shape).text,
                         found ? gan__shape_text_of(found->shape).text : "none");
    if (found->dtype != GAN__DTYPE_F32)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: tensor %s is of type %s; only F32 is read where it lies", path, name,
                         found->dtype_name);
    status = check_alignment(file, bytes, found);
    if (status != GAN_OK) return status;
    *out = (const float *)(const void *)(bytes + found->offset);
    bad = gan__find_nonfinite(*out, gan_shape_size(shape));
    if (bad < gan_shape_size(shape))
        return gan__fail(GAN_ERR_NONFINITE, "%s: value %zu of tensor %s is %g", path, bad, name,
                         (double)(*out)[bad]);
    return GAN_OK;
}

/* Let the layers read their weights from the host's memory.  Those of a layer have to follow one
 * another, as gan_network_save() writes them. */
static gan_status place_weights(gan_network *net, const gan__safetensors *file,
                                const unsigned char *bytes)
{
    gan_status status = GAN_OK;
    const gan__safetensor *first = gan__safetensors_tensor(file, 0);

    if (!first || net->n_params == 0) return GAN_OK;
    GAN_TRY(check_alignment(file, bytes, first));
    net->lent = (const float *)(const void *)(bytes + first->offset);
    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];
        const float *at = NULL, *end = NULL;

        for (size_t j = 0; j < layer->n_params; j++) {
            GAN_TRY(find_in_place(&at, file, bytes, layer, j));
            if (j == 0) net->offsets[i] = (size_t)(at - net->lent);
            if (j > 0 && at != end)
                GAN_FAIL(GAN_ERR_FORMAT,
                         "%s: the tensors of layer %s do not follow one another as "
                         "gan_network_save() writes them",
                         gan__safetensors_path(file), layer->name);
            end = at + gan_shape_size(layer->params[j].shape);
        }
    }

cleanup:
    return status;
}

/* Before memory is taken for the layers: they need no more values than the file has. */
static gan_status check_size(const gan_network *net, const gan__safetensors *file)
{
    uint64_t n = 0;

    for (size_t i = 0; i < gan__safetensors_count(file); i++)
        n += gan__safetensors_tensor(file, i)->n_numbers;
    if (n < net->n_params + net->n_buffers)
        return gan__fail(GAN_ERR_SHAPE, "%s: its layers have %zu numbers, its tensors %llu",
                         gan__safetensors_path(file), net->n_params + net->n_buffers,
                         (unsigned long long)n);
    return GAN_OK;
}

gan_status gan__network_open(gan_network **out, gan__safetensors *file, const char *key,
                             const char *prefix, const void *in_place, const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    const gan_network_load_desc all = {GAN_NETWORK_LOAD_DESC_INIT, .prefix = prefix};
    const origin at = {gan__safetensors_path(file), key};
    gan_network *net = NULL;
    const gan__json *root = NULL;
    gan_network_desc d;
    gan_allocator a;

    *out = NULL;
    GAN_TRY(gan__network_read_desc(&d, &a, desc));
    GAN_TRY(parse(&root, file, &at, &a));
    if (!root)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: no metadata \"%s\": it holds weights without their layers; build the "
                 "network and use gan_network_load()",
                 at.path, at.key);
    GAN_TRY(gan__network_read(&net, root, at.path, at.key, desc));
    GAN_TRY(read_class_names(net, file));
    GAN_TRY(gan__network_read_notes(net, file, key));
    GAN_TRY(check_size(net, file));
    if (in_place) GAN_TRY(place_weights(net, file, in_place));
    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan__network_read_tensors(net, file, &all));
    *out = net;

cleanup:
    if (root) gan__json_free(root, &a);
    if (status != GAN_OK) gan_network_destroy(net);
    return status;
}

static gan_status open_from(gan_network **out, gan__source from, const void *in_place,
                            const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    gan_network_desc d;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "network: out is NULL");
    *out = NULL;
    status = gan__source_check(from, "network");
    if (status != GAN_OK) return status;
    GAN_TRY(gan__network_read_desc(&d, &a, desc));
    GAN_TRY(gan__safetensors_open(&file, from, &a));
    GAN_TRY(gan__network_open(out, file, ARCHITECTURE, "", in_place, desc));

cleanup:
    gan__safetensors_close(file);
    return gan__lost(GAN__NETWORK, status);
}

gan_status gan_network_open(gan_network **out, const char *path, const gan_network_desc *desc)
{
    return open_from(out, (gan__source){.path = path}, NULL, desc);
}

gan_status gan_network_open_from(gan_network **out, const gan_reader *from,
                                 const gan_network_desc *desc)
{
    return open_from(out, (gan__source){.reader = from}, NULL, desc);
}

/* Where the host's order of bytes is not the file's, the weights are a copy after all. */
gan_status gan_network_open_in_place(gan_network **out, const void *bytes, size_t n,
                                     const gan_network_desc *desc)
{
    const gan_reader from = gan_reader_memory(bytes, n);
    const gan_status status = open_from(out, (gan__source){.reader = &from},
                                        gan__host_is_little_endian() ? bytes : NULL, desc);

    if (status == GAN_OK) (*out)->read_only = 1;
    return status;
}
