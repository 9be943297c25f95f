/* network_file.c - networks as safetensors files.
 *
 * Beside the tensors, the metadata entry "libgan.network" holds the layers as JSON text:
 * {"input": [64], "layers": [["linear", 64, 256], ["leaky_relu", 0.2], ...]} */
#include "network_internal.h"

#include "alloc_internal.h"
#include "safetensors_internal.h"
#include "status_internal.h"
#include "tensor_internal.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char ARCHITECTURE[] = "libgan.network";

enum {
    MAX_SAMPLE = 1 << 22
}; /* numbers in the input of a network from a file: no file is to ask for the machine's memory */

/* ---- writing ---- */

static json_t *number(double x)
{
    return x == floor(x) ? json_integer((json_int_t)x) : json_real(x);
}

static json_t *layer_to_json(const gan_layer *layer)
{
    json_t *out = json_array();
    int failed = json_array_append_new(out, json_string(layer->class->name));

    for (size_t i = 0; i < layer->class->n_settings; i++)
        failed |= json_array_append_new(out, number(layer->settings[i]));
    if (!failed) return out;
    json_decref(out);
    return NULL;
}

/* Return the layers as text, to be freed with free(); NULL without memory. */
static char *architecture_of(const gan_network *net)
{
    json_t *input = json_array();
    json_t *layers = json_array();
    json_t *root = json_pack("{s:o, s:o}", "input", input, "layers", layers);
    char *text = NULL;
    int failed = !root;

    for (size_t i = 0; i < net->input.rank && !failed; i++)
        failed = json_array_append_new(input, json_integer((json_int_t)net->input.dim[i]));
    for (size_t i = 0; i < net->n_layers && !failed; i++)
        failed = json_array_append_new(layers, layer_to_json(&net->layers[i]));
    if (!failed) text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(root);
    return text;
}

gan_status gan_network_save(gan_network *net, const char *path)
{
    gan_status status = GAN_OK;
    char *architecture = NULL;

    if (!path) return gan__fail(GAN_ERR_INVALID, "network: path is NULL");
    GAN_TRY(gan_network_build(net));
    architecture = architecture_of(net);
    if (!architecture)
        GAN_FAIL(GAN_ERR_NOMEM, "%s: out of memory while describing the network", path);
    GAN_TRY(gan__safetensors_write(path, net->tensors, net->n_tensors,
                                   (const char *const[]){ARCHITECTURE, architecture}, 1,
                                   &net->allocator));

cleanup:
    free(architecture);
    return status;
}

/* ---- reading weights ---- */

static gan_status check_tensor(const gan__safetensors *file, const gan_tensor *wanted)
{
    const gan__safetensor *found = gan__safetensors_find(file, wanted->name);

    if (!found)
        return gan__fail(GAN_ERR_SHAPE, "%s: tensor %s %s is missing", gan__safetensors_path(file),
                         wanted->name, gan__shape_text_of(wanted->shape).text);
    if (!gan_shape_equal(found->shape, wanted->shape))
        return gan__fail(GAN_ERR_SHAPE, "%s: tensor %s is %s, the network wants %s",
                         gan__safetensors_path(file), wanted->name,
                         gan__shape_text_of(found->shape).text,
                         gan__shape_text_of(wanted->shape).text);
    return GAN_OK;
}

static int has_tensor(const gan_network *net, const char *name)
{
    for (size_t i = 0; i < net->n_tensors; i++)
        if (strcmp(net->tensors[i].name, name) == 0) return 1;
    return 0;
}

static gan_status check_tensors(const gan_network *net, const gan__safetensors *file)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < net->n_tensors; i++) GAN_TRY(check_tensor(file, &net->tensors[i]));
    for (size_t i = 0; i < gan__safetensors_count(file); i++) {
        const char *name = gan__safetensors_tensor(file, i)->name;

        if (!has_tensor(net, name))
            GAN_FAIL(GAN_ERR_SHAPE, "%s: tensor %s is not in the network, which has %zu",
                     gan__safetensors_path(file), name, net->n_tensors);
    }

cleanup:
    return status;
}

/* All are read before any is taken over. */
static gan_status load(gan_network *net, gan__safetensors *file)
{
    gan_status status = GAN_OK;
    float *numbers = NULL;

    GAN_TRY(check_tensors(net, file));
    GAN_TRY(gan__alloc(&numbers, &net->allocator, net->n_params, sizeof *numbers));
    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];

        GAN_TRY(gan__safetensors_read(file, gan__safetensors_find(file, t->name),
                                      numbers + (t->data - net->params)));
    }
    memcpy(net->params, numbers, net->n_params * sizeof *numbers);

cleanup:
    gan__free(&net->allocator, numbers);
    return status;
}

gan_status gan_network_load(gan_network *net, const char *path)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;

    if (!path) return gan__fail(GAN_ERR_INVALID, "network: path is NULL");
    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan__safetensors_open(&file, path, &net->allocator));
    GAN_TRY(load(net, file));

cleanup:
    gan__safetensors_close(file);
    return status;
}

/* ---- reading layers ---- */

static gan_status shape_from_json(gan_shape *out, const json_t *json, const char *path)
{
    const size_t rank = json_array_size(json);

    *out = (gan_shape){0, {0, 0, 0, 0}};
    for (size_t i = 0; i < rank && rank <= GAN_SHAPE_MAX_RANK; i++) {
        const json_int_t dim = json_integer_value(json_array_get(json, i));

        out->dim[i] = dim > 0 ? (size_t)dim : 0;
        out->rank = rank;
    }
    if (gan_shape_size(*out) == 0 || gan_shape_size(*out) > MAX_SAMPLE)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s: the input is no shape of 1 to %d numbers", path,
                         ARCHITECTURE, MAX_SAMPLE);
    return GAN_OK;
}

static gan_status layer_from_json(gan_layer **out, const json_t *json, size_t index,
                                  const char *path)
{
    const char *name = json_string_value(json_array_get(json, 0));
    const gan__layer_class *class = name ? gan__layer_class_find(name) : NULL;
    double settings[GAN__LAYER_MAX_SETTINGS];

    if (!class)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s: layer %zu is of no known kind: %s", path,
                         ARCHITECTURE, index, name ? name : "it has no name");
    if (json_array_size(json) != class->n_settings + 1)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s: layer %zu (%s): %zu settings expected, found %zu",
                         path, ARCHITECTURE, index, name, class->n_settings,
                         json_array_size(json) - 1);
    for (size_t i = 0; i < class->n_settings; i++) {
        const json_t *setting = json_array_get(json, i + 1);

        if (!json_is_number(setting))
            return gan__fail(GAN_ERR_FORMAT, "%s: %s: layer %zu (%s): setting %zu is no number",
                             path, ARCHITECTURE, index, name, i);
        settings[i] = json_number_value(setting);
    }
    *out = gan__layer_create(class, settings);
    if (!*out)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s: layer %zu: %s", path, ARCHITECTURE, index,
                         gan_last_error());
    return GAN_OK;
}

static gan_status network_from_json(gan_network **out, const json_t *root, const char *path,
                                    const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    const json_t *layers = json_object_get(root, "layers");
    gan_shape input;

    GAN_TRY(shape_from_json(&input, json_object_get(root, "input"), path));
    *out = gan_network_create(input, desc);
    if (!*out) return GAN_ERR_NOMEM; /* the descriptor and the shape are good */
    for (size_t i = 0; i < json_array_size(layers); i++) {
        gan_layer *layer = NULL;

        GAN_TRY(layer_from_json(&layer, json_array_get(layers, i), i, path));
        status = gan_network_add(*out, layer);
        if (status == GAN_ERR_SHAPE)
            GAN_FAIL(GAN_ERR_FORMAT, "%s: %s: %s", path, ARCHITECTURE, gan_last_error());
        GAN_TRY(status);
    }
    if (json_array_size(layers) == 0)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: %s: no layers in it", path, ARCHITECTURE);

cleanup:
    return status;
}

static gan_status parse(json_t **out, const gan__safetensors *file)
{
    const char *path = gan__safetensors_path(file);
    const char *text = gan__safetensors_metadata(file, ARCHITECTURE);
    json_error_t error;

    if (!text)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: no metadata \"%s\": it holds weights without their layers; "
                         "build the network and use gan_network_load()",
                         path, ARCHITECTURE);
    *out = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!*out) return gan__fail(GAN_ERR_FORMAT, "%s: %s: %s", path, ARCHITECTURE, error.text);
    return GAN_OK;
}

/* Before memory is taken for the layers: they want no more than the file holds. */
static gan_status check_size(const gan_network *net, const gan__safetensors *file)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < gan__safetensors_count(file); i++)
        bytes += gan__safetensors_tensor(file, i)->bytes;
    if (bytes / sizeof(float) != net->n_params)
        return gan__fail(GAN_ERR_SHAPE,
                         "%s: its layers have %zu parameters, its tensors %llu bytes",
                         gan__safetensors_path(file), net->n_params, (unsigned long long)bytes);
    return GAN_OK;
}

gan_status gan_network_open(gan_network **out, const char *path, const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    gan_network *net = NULL;
    json_t *root = NULL;
    gan_network_desc d;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "network: out is NULL");
    *out = NULL;
    if (!path) return gan__fail(GAN_ERR_INVALID, "network: path is NULL");
    GAN_TRY(gan__network_read_desc(&d, &a, desc));
    GAN_TRY(gan__safetensors_open(&file, path, &a));
    GAN_TRY(parse(&root, file));
    GAN_TRY(network_from_json(&net, root, path, desc));
    GAN_TRY(check_size(net, file));
    GAN_TRY(gan_network_build(net));
    GAN_TRY(load(net, file));
    *out = net;
    net = NULL;

cleanup:
    json_decref(root);
    gan_network_destroy(net);
    gan__safetensors_close(file);
    return status;
}
