/* network_file.c - networks as safetensors files.
 *
 * Beside the tensors, the metadata entry "libgan.network" holds the layers as JSON text:
 * {"input": [64], "layers": [["linear", 64, 256], ["leaky_relu", 0.2], ...]}
 *
 * A residual block holds such lists: ["residual", [layers of the body], [of the shortcut] or null].
 * Names of classes are a list in an entry of their own. */
#include "network_internal.h"

#include "alloc_internal.h"
#include "desc_internal.h"
#include "safetensors_internal.h"
#include "status_internal.h"
#include "tensor_internal.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ARCHITECTURE[] = "libgan.network";
static const char SPECTRAL[] = "spectral_norm"; /* in place of a kind, before the layer */

/* No file is to ask for the machine's memory. */
enum {
    MAX_SAMPLE = 1 << 22,            /* numbers in the input of a network from a file */
    MAX_WORKSPACE = 1 << 26,         /* and between all of its layers, a sample */
    MAX_DESCRIPTION_BYTES = 1 << 20, /* of its layers as JSON, which takes many times as much */
};

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
    if (layer->spectral && !failed) return json_pack("[s, o]", SPECTRAL, out);
    if (!failed) return out;
    json_decref(out);
    return NULL;
}

static json_t *layers_to_json(const gan_network *net, size_t begin, size_t end);

static json_t *block_to_json(const gan_network *net, size_t begin, const gan__block *b)
{
    json_t *shortcut = b->shortcut ? layers_to_json(net, b->shortcut, b->junction) : json_null();

    return json_pack("[s, o, o]", gan__layer_residual.name,
                     layers_to_json(net, begin + 1, b->body_end), shortcut);
}

static json_t *layers_to_json(const gan_network *net, size_t begin, size_t end)
{
    json_t *out = json_array();
    int failed = 0;

    for (size_t i = begin; i < end && !failed; i = gan__network_next(net, i)) {
        gan__block block;

        failed = json_array_append_new(out, gan__network_block(net, i, &block)
                                                ? block_to_json(net, i, &block)
                                                : layer_to_json(&net->layers[i]));
    }
    if (!failed) return out;
    json_decref(out);
    return NULL;
}

char *gan__network_describe(const gan_network *net)
{
    json_t *input = json_array();
    json_t *root =
        json_pack("{s:o, s:o}", "input", input, "layers", layers_to_json(net, 0, net->n_layers));
    char *text = NULL;
    int failed = !root;

    for (size_t i = 0; i < net->input.rank && !failed; i++)
        failed = json_array_append_new(input, json_integer((json_int_t)net->input.dim[i]));
    if (!failed) text = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(root);
    return text;
}

char *gan__network_describe_classes(const gan_network *net)
{
    json_t *names = json_array();
    char *text = NULL;
    int failed = !names;

    for (size_t i = 0; i < net->n_classes && !failed; i++)
        failed = json_array_append_new(names, json_string(gan_network_class_name(net, i)));
    if (!failed) text = json_dumps(names, JSON_COMPACT);
    json_decref(names);
    return text;
}

/* Add one to n pairs of name and text, if there is a text. */
static size_t put_pair(const char **pairs, size_t n, const char *name, const char *text)
{
    if (!text) return n;
    pairs[2 * n] = name;
    pairs[2 * n + 1] = text;
    return n + 1;
}

gan_status gan_network_save(gan_network *net, const char *path)
{
    gan_status status = GAN_OK;
    char *architecture = NULL;
    char *classes = NULL;
    gan__network_note notes[GAN__NETWORK_NOTES];
    const char *pairs[2 * (2 + GAN__NETWORK_NOTES)];
    size_t n = 0, n_notes;

    if (!path) return gan__fail(GAN_ERR_INVALID, "network: path is NULL");
    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan__network_refresh(net));
    architecture = gan__network_describe(net);
    if (net->class_names) classes = gan__network_describe_classes(net);
    if (!architecture || (net->class_names && !classes))
        GAN_FAIL(GAN_ERR_NOMEM, "%s: out of memory while describing the network", path);
    n = put_pair(pairs, n, ARCHITECTURE, architecture);
    n = put_pair(pairs, n, GAN__NETWORK_CLASSES, classes);
    n_notes = gan__network_notes(notes, net, ARCHITECTURE);
    for (size_t i = 0; i < n_notes; i++) n = put_pair(pairs, n, notes[i].name, notes[i].text);
    GAN_TRY(gan__safetensors_write(path, net->tensors, net->n_tensors, pairs, n, &net->allocator));

cleanup:
    free(classes);
    free(architecture);
    return status;
}

/* ---- reading weights ---- */

/* What is read: the tensors of a file under a prefix. */
typedef struct source {
    gan__safetensors *file;
    const char *prefix;
    const gan__safetensor **fitting; /* one for each tensor of the network, NULL where none fits */
} source;

/* Return the rest of a name that begins with the prefix, else NULL. */
static const char *name_under(const char *prefix, const char *name)
{
    const size_t n = strlen(prefix);

    return strncmp(name, prefix, n) == 0 ? name + n : NULL;
}

static const gan__safetensor *find_in_file(const source *from, const char *name)
{
    for (size_t i = 0; i < gan__safetensors_count(from->file); i++) {
        const gan__safetensor *t = gan__safetensors_tensor(from->file, i);
        const char *rest = name_under(from->prefix, t->name);

        if (rest && strcmp(rest, name) == 0) return t;
    }
    return NULL;
}

static int has_tensor(const gan_network *net, const char *name)
{
    for (size_t i = 0; i < net->n_tensors; i++)
        if (strcmp(net->tensors[i].name, name) == 0) return 1;
    return 0;
}

/* Does a name end in `last`, as the whole of it or after a dot? */
static int ends_in(const char *name, const char *last)
{
    const size_t n = strlen(name), n_last = strlen(last);

    return n >= n_last && strcmp(name + n - n_last, last) == 0 &&
           (n == n_last || name[n - n_last - 1] == '.');
}

enum { LIST_BYTES = sizeof((gan_network_load_report *)0)->missing };

/* Count a tensor and add it to a list, which ends in "..." once it is full. */
static void GAN_PRINTF(3, 4) list(size_t *n, char names[LIST_BYTES], const char *format, ...)
{
    static const char more[] = "...";
    const size_t used = strlen(names), room = LIST_BYTES - used;
    va_list args;
    int length;

    ++*n;
    if (used >= strlen(more) && strcmp(names + used - strlen(more), more) == 0) return;
    if (used) strcpy(names + used, ", ");
    va_start(args, format);
    length = vsnprintf(names + strlen(names), LIST_BYTES - strlen(names), format, args);
    va_end(args);
    if (length < 0 || (size_t)length + 2 * sizeof ", ..." > room)
        snprintf(names + used, room, "%s%s", used ? ", " : "", more);
    for (char *c = names + used; *c; c++) /* a name from a file may hold anything */
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
}

/* Find what fits each tensor of the network, and list those that have nothing. */
static void match(gan_network_load_report *out, const gan_network *net, const source *from)
{
    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *wanted = &net->tensors[i];
        const gan__safetensor *found = find_in_file(from, wanted->name);

        if (!found) {
            list(&out->n_missing, out->missing, "%s %s", wanted->name,
                 gan__shape_text_of(wanted->shape).text);
        } else if (!gan_shape_equal(found->shape, wanted->shape)) {
            list(&out->n_misshaped, out->misshaped, "%s %s for %s", wanted->name,
                 gan__shape_text_of(found->shape).text, gan__shape_text_of(wanted->shape).text);
        } else {
            from->fitting[i] = found;
            out->n_loaded++;
        }
    }
}

/* List the tensors of the file that the network has not. */
static void list_unexpected(gan_network_load_report *out, const gan_network *net,
                            const source *from)
{
    for (size_t i = 0; i < gan__safetensors_count(from->file); i++) {
        const gan__safetensor *t = gan__safetensors_tensor(from->file, i);
        const char *name = name_under(from->prefix, t->name);

        /* PyTorch's batch normalisation counts its batches, for a kind of average not had here. */
        if (name && !has_tensor(net, name) && !ends_in(name, "num_batches_tracked"))
            list(&out->n_unexpected, out->unexpected, "%s %s", name,
                 gan__shape_text_of(t->shape).text);
    }
}

/* Add "; 2 missing: 0.weight [3, 2], 0.bias [3]" to a sentence, the names cut to their share. */
static void put_problem(char *text, size_t capacity, const char *what, size_t n, const char *names)
{
    const size_t used = strlen(text), share = 120;

    if (n == 0) return;
    snprintf(text + used, capacity - used, "%s%zu %s: %.*s%s", used ? "; " : "", n, what,
             (int)share, names, strlen(names) > share ? "..." : "");
}

/* Where no name fits, find what to put before the network's names to make them those of the file:
 * "module." or "generator.".  Writes a hint, or nothing. */
static void put_hint(char *hint, size_t capacity, const gan_network *net, const source *from)
{
    const char *first = net->tensors[0].name;

    for (size_t i = 0; i < gan__safetensors_count(from->file); i++) {
        const char *name = gan__safetensors_tensor(from->file, i)->name;
        const size_t n = strlen(name) - (ends_in(name, first) ? strlen(first) : strlen(name));

        if (n == 0) continue;
        snprintf(hint, capacity, "; does the prefix \"%.*s\" help?", n < 60 ? (int)n : 60, name);
        return;
    }
}

static gan_status refuse(const gan_network_load_report *found, const gan_network *net,
                         const source *from)
{
    char text[480] = "", hint[100] = "";

    put_problem(text, sizeof text, "missing", found->n_missing, found->missing);
    put_problem(text, sizeof text, "of another shape", found->n_misshaped, found->misshaped);
    put_problem(text, sizeof text, "not in the network", found->n_unexpected, found->unexpected);
    if (found->n_loaded + found->n_misshaped == 0 && net->n_tensors > 0)
        put_hint(hint, sizeof hint, net, from);
    return gan__fail(GAN_ERR_SHAPE, "%s: tensors do not fit: %s%s",
                     gan__safetensors_path(from->file), text, hint);
}

/* Find what is to be read, and refuse what does not fit. */
static gan_status prepare(source *from, const gan_network *net, const gan_network_load_desc *d)
{
    gan_status status = GAN_OK;
    gan_network_load_report found = {GAN_NETWORK_LOAD_REPORT_INIT};

    if (d->prefix) from->prefix = d->prefix;
    GAN_TRY(gan__alloc(&from->fitting, &net->allocator, net->n_tensors, sizeof *from->fitting));
    match(&found, net, from);
    list_unexpected(&found, net, from);
    gan__record_write(d->report, &found, sizeof found);
    if (found.n_missing + found.n_misshaped + found.n_unexpected == 0) return GAN_OK;
    if (!d->lenient || (found.n_loaded == 0 && net->n_tensors > 0))
        return refuse(&found, net, from);

cleanup:
    return status;
}

/* Read the tensors that fit, to where they belong or one after the other to `staging`. */
static gan_status read_tensors(const gan_network *net, const source *from, float *staging)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];

        if (!from->fitting[i]) continue;
        GAN_TRY(gan__safetensors_read(from->file, from->fitting[i], staging ? staging : t->data));
        if (staging) staging += t->size;
    }

cleanup:
    return status;
}

/* All are read before any is taken over. */
static gan_status read_all_or_none(const gan_network *net, const source *from)
{
    gan_status status = GAN_OK;
    float *staging = NULL;
    size_t n = 0;

    for (size_t i = 0; i < net->n_tensors; i++)
        if (from->fitting[i]) n += net->tensors[i].size;
    GAN_TRY(gan__alloc(&staging, &net->allocator, n, sizeof *staging));
    GAN_TRY(read_tensors(net, from, staging));
    n = 0;
    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];

        if (!from->fitting[i]) continue;
        memcpy(t->data, staging + n, t->size * sizeof *staging);
        n += t->size;
    }

cleanup:
    gan__free(&net->allocator, staging);
    return status;
}

gan_status gan_network_load(gan_network *net, const char *path, const gan_network_load_desc *desc)
{
    gan_status status = GAN_OK;
    gan_network_load_desc d = {GAN_NETWORK_LOAD_DESC_INIT};
    source from = {NULL, "", NULL};

    if (!path) return gan__fail(GAN_ERR_INVALID, "network: path is NULL");
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "network load desc"));
    GAN_TRY(gan__record_check(d.report, sizeof *d.report, "network load report"));
    status = gan_network_build(net);
    if (status != GAN_OK) return status;
    GAN_TRY(gan__safetensors_open(&from.file, path, &net->allocator));
    GAN_TRY(prepare(&from, net, &d));
    GAN_TRY(read_all_or_none(net, &from));

cleanup:
    if (from.fitting) gan__free(&net->allocator, from.fitting);
    gan__safetensors_close(from.file);
    return status;
}

/* ---- reading layers ---- */

/* Where a description comes from, for messages. */
typedef struct origin {
    const char *path;
    const char *key;
} origin;

static gan_status shape_from_json(gan_shape *out, const json_t *json, const origin *at)
{
    const size_t rank = json_array_size(json);

    *out = (gan_shape){0, {0, 0, 0, 0}};
    for (size_t i = 0; i < rank && rank <= GAN_SHAPE_MAX_RANK; i++) {
        const json_int_t dim = json_integer_value(json_array_get(json, i));

        out->dim[i] = dim > 0 ? (size_t)dim : 0;
        out->rank = rank;
    }
    if (gan_shape_size(*out) == 0 || gan_shape_size(*out) > MAX_SAMPLE)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s: the input is no shape of 1 to %d numbers",
                         at->path, at->key, MAX_SAMPLE);
    return GAN_OK;
}

/* The functions down to layers_from_json() leave it to their caller to name the file. */

static gan_status settings_from_json(double *out, const gan__layer_class *class, const json_t *json)
{
    if (json_array_size(json) != class->n_settings + 1)
        return gan__fail(GAN_ERR_FORMAT, "%zu settings expected, found %zu", class->n_settings,
                         json_array_size(json) - 1);
    for (size_t i = 0; i < class->n_settings; i++) {
        const json_t *setting = json_array_get(json, i + 1);

        if (!json_is_number(setting))
            return gan__fail(GAN_ERR_FORMAT, "setting %zu is no number", i);
        out[i] = json_number_value(setting);
    }
    return GAN_OK;
}

static gan_status layers_from_json(gan_network *net, const json_t *json, size_t depth);

/* One side of a block that follows `net`. */
static gan_status branch_from_json(gan_network **out, const gan_network *net, const char *what,
                                   const json_t *json, size_t depth)
{
    gan_status status = GAN_OK;

    *out = gan_network_create(
        gan_network_output_shape(net),
        &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = &net->allocator});
    if (!*out) return GAN_ERR_NOMEM;
    status = layers_from_json(*out, json, depth);
    if (status != GAN_OK) return gan__fail(status, "%s: %s", what, gan_last_error());
    return GAN_OK;
}

static gan_status block_from_json(gan_layer **out, const gan_network *net, const json_t *json,
                                  size_t depth)
{
    gan_status status = GAN_OK;
    gan_network *body = NULL, *shortcut = NULL;

    if (depth == GAN__BLOCK_DEPTH)
        return gan__fail(GAN_ERR_FORMAT, "more than %d blocks in each other", GAN__BLOCK_DEPTH);
    if (json_array_size(json) != 3)
        return gan__fail(GAN_ERR_FORMAT, "body and shortcut expected, found %zu settings",
                         json_array_size(json) - 1);
    GAN_TRY(branch_from_json(&body, net, "body", json_array_get(json, 1), depth + 1));
    if (!json_is_null(json_array_get(json, 2)))
        GAN_TRY(branch_from_json(&shortcut, net, "shortcut", json_array_get(json, 2), depth + 1));
    *out = gan_layer_residual(body, shortcut);
    return *out ? GAN_OK : GAN_ERR_NOMEM;

cleanup:
    gan_network_destroy(shortcut);
    gan_network_destroy(body);
    return status;
}

static gan_status layer_from_json(gan_layer **out, const gan_network *net, const json_t *json,
                                  size_t depth)
{
    gan_status status = GAN_OK;
    const char *first = json_string_value(json_array_get(json, 0));
    const int spectral = first && strcmp(first, SPECTRAL) == 0;
    const json_t *list = spectral ? json_array_get(json, 1) : json;
    const char *name = json_string_value(json_array_get(list, 0));
    const gan__layer_class *class = name ? gan__layer_class_find(name) : NULL;
    double settings[GAN__LAYER_MAX_SETTINGS];

    if (first && strcmp(first, gan__layer_residual.name) == 0)
        return block_from_json(out, net, json, depth);
    if (!class)
        return gan__fail(GAN_ERR_FORMAT, "is of no known kind: %s", name ? name : "it has no name");
    GAN_TRY(settings_from_json(settings, class, list));
    *out = gan__layer_create(class, settings);
    if (spectral) *out = gan_layer_spectral_norm(*out);
    if (!*out) return GAN_ERR_FORMAT;

cleanup:
    return status;
}

/* Add the layers of a list to a network that has none yet. */
static gan_status layers_from_json(gan_network *net, const json_t *json, size_t depth)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < json_array_size(json); i++) {
        gan_layer *layer = NULL;

        status = layer_from_json(&layer, net, json_array_get(json, i), depth);
        if (status != GAN_OK) GAN_FAIL(status, "layer %zu: %s", i, gan_last_error());
        GAN_TRY(gan_network_add(net, layer));
    }
    if (json_array_size(json) == 0) GAN_FAIL(GAN_ERR_FORMAT, "no layers in it");

cleanup:
    return status;
}

/* A few words can ask for a lot: large images, wide padding. */
static gan_status check_workspace(const gan_network *net, const origin *at)
{
    size_t n = 0;

    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];

        n +=
            gan_shape_size(layer->out) + (layer->class->scratch ? layer->class->scratch(layer) : 0);
        if (n > MAX_WORKSPACE)
            return gan__fail(GAN_ERR_FORMAT,
                             "%s: %s: up to layer %s there are %zu numbers a "
                             "sample, at most %d expected",
                             at->path, at->key, layer->name, n, MAX_WORKSPACE);
    }
    return GAN_OK;
}

static gan_status network_from_json(gan_network **out, const json_t *root, const origin *at,
                                    const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    gan_shape input;

    GAN_TRY(shape_from_json(&input, json_object_get(root, "input"), at));
    *out = gan_network_create(input, desc);
    if (!*out) return GAN_ERR_NOMEM; /* the descriptor and the shape are good */
    status = layers_from_json(*out, json_object_get(root, "layers"), 0);
    if (status == GAN_ERR_FORMAT || status == GAN_ERR_SHAPE)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: %s: %s", at->path, at->key, gan_last_error());
    GAN_TRY(status);
    GAN_TRY(check_workspace(*out, at));

cleanup:
    return status;
}

/* Read an entry; `*out` is NULL when the file has none. */
static gan_status parse(json_t **out, const gan__safetensors *file, const origin *at)
{
    const char *text = gan__safetensors_metadata(file, at->key);
    json_error_t error;

    *out = NULL;
    if (!text) return GAN_OK;
    if (strlen(text) > MAX_DESCRIPTION_BYTES)
        return gan__fail(GAN_ERR_FORMAT, "%s: %s: %zu bytes, at most %d expected", at->path,
                         at->key, strlen(text), MAX_DESCRIPTION_BYTES);
    *out = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!*out) return gan__fail(GAN_ERR_FORMAT, "%s: %s: %s", at->path, at->key, error.text);
    return GAN_OK;
}

/* A checkpoint's are those of both networks, one of which may look at no labels. */
static gan_status read_class_names(gan_network *net, const gan__safetensors *file)
{
    gan_status status = GAN_OK;
    const origin at = {gan__safetensors_path(file), GAN__NETWORK_CLASSES};
    const char *names[GAN__MOST_CLASSES];
    json_t *list = NULL;

    if (net->n_classes == 0) return GAN_OK;
    GAN_TRY(parse(&list, file, &at));
    if (!list) return GAN_OK;
    if (json_array_size(list) != net->n_classes)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: %s: %zu names for %zu classes", at.path, at.key,
                 json_array_size(list), net->n_classes);
    for (size_t i = 0; i < net->n_classes; i++)
        names[i] = json_string_value(json_array_get(list, i));
    status = gan_network_set_class_names(net, names, net->n_classes);
    if (status == GAN_ERR_INVALID)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: %s: %s", at.path, at.key, gan_last_error());

cleanup:
    json_decref(list);
    return status;
}

/* Before memory is taken for the layers: they want no more numbers than the file has. */
static gan_status check_size(const gan_network *net, const gan__safetensors *file)
{
    uint64_t n = 0;

    for (size_t i = 0; i < gan__safetensors_count(file); i++)
        n += gan_shape_size(gan__safetensors_tensor(file, i)->shape);
    if (n < net->n_params + net->n_buffers)
        return gan__fail(GAN_ERR_SHAPE, "%s: its layers have %zu numbers, its tensors %llu",
                         gan__safetensors_path(file), net->n_params + net->n_buffers,
                         (unsigned long long)n);
    return GAN_OK;
}

gan_status gan__network_open(gan_network **out, gan__safetensors *file, const char *key,
                             const char *prefix, const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    const gan_network_load_desc all = {GAN_NETWORK_LOAD_DESC_INIT, .prefix = prefix};
    const origin at = {gan__safetensors_path(file), key};
    source from = {file, "", NULL};
    gan_network *net = NULL;
    json_t *root = NULL;

    *out = NULL;
    GAN_TRY(parse(&root, file, &at));
    if (!root)
        GAN_FAIL(GAN_ERR_FORMAT,
                 "%s: no metadata \"%s\": it holds weights without their layers; build the "
                 "network and use gan_network_load()",
                 at.path, at.key);
    GAN_TRY(network_from_json(&net, root, &at, desc));
    GAN_TRY(read_class_names(net, file));
    GAN_TRY(gan__network_read_notes(net, file, key));
    GAN_TRY(check_size(net, file));
    GAN_TRY(gan_network_build(net));
    GAN_TRY(prepare(&from, net, &all));
    GAN_TRY(read_tensors(net, &from, NULL));
    *out = net;

cleanup:
    if (from.fitting) gan__free(&net->allocator, from.fitting);
    if (status != GAN_OK) gan_network_destroy(net);
    json_decref(root);
    return status;
}

gan_status gan_network_open(gan_network **out, const char *path, const gan_network_desc *desc)
{
    gan_status status = GAN_OK;
    gan__safetensors *file = NULL;
    gan_network_desc d;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "network: out is NULL");
    *out = NULL;
    if (!path) return gan__fail(GAN_ERR_INVALID, "network: path is NULL");
    GAN_TRY(gan__network_read_desc(&d, &a, desc));
    GAN_TRY(gan__safetensors_open(&file, path, &a));
    GAN_TRY(gan__network_open(out, file, ARCHITECTURE, "", desc));

cleanup:
    gan__safetensors_close(file);
    return gan__lost(GAN__NETWORK, status);
}
