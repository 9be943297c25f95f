/* network_layers.c - descriptions of a network's layers.
 *
 * Layers have two orders.  Those that a host added are numbered as it added them, a block as one;
 * and all of them are in a list, in which a block is flattened (see network_residual.c): the lines
 * of gan_network_summary(), which have names as "3.body.0". */
#include "network/network_internal.h"

#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)GAN_LAYER_MAX_SETTINGS >= (int)GAN__LAYER_MAX_NUMBERS, "no room in a record");

/* ---- those that were added ---- */

/* The layer, or block, that was added as number `index`; NULL when there is none. */
static const gan_layer *added(const gan_network *net, size_t index)
{
    size_t i = 0;

    if (!net || index >= net->n_added) return NULL;
    for (size_t n = 0; n < index; n++) i = gan__network_next(net, i);
    return &net->layers[i];
}

const char *gan_network_layer_kind(const gan_network *net, size_t index)
{
    const gan_layer *layer = added(net, index);

    return layer ? layer->class->name : NULL;
}

static gan_layer_setting setting_of(const gan_layer *layer, size_t i)
{
    return (gan_layer_setting){gan__layer_number_name(layer->class, i),
                               gan__layer_number(layer, i)};
}

/* ---- all of them ---- */

gan_status gan_network_layer_info(gan_layer_info *out, const gan_network *net, size_t i)
{
    gan_status status = GAN_OK;
    gan_layer_info info = {GAN_LAYER_INFO_INIT};
    const gan_layer *layer;

    if (!out || !net) return gan__fail(GAN_ERR_INVALID, "%s is NULL", out ? "net" : "out");
    GAN_TRY(gan__record_check(out, "layer info"));
    if (i >= net->n_layers) return GAN_END;
    layer = &net->layers[i];
    info.name = layer->name;
    info.kind = layer->class->name;
    info.input = layer->in;
    info.output = layer->out;
    info.n_params = gan__layer_param_count(layer);
    info.spectral_norm = layer->spectral;
    info.n_settings = gan__layer_number_count(layer->class);
    for (size_t k = 0; k < info.n_settings; k++) info.settings[k] = setting_of(layer, k);
    gan__record_write(out, &info, sizeof info);

cleanup:
    return status;
}

static const gan_layer *named(const gan_network *net, const char *name)
{
    for (size_t i = 0; i < net->n_layers; i++)
        if (strcmp(net->layers[i].name, name) == 0) return &net->layers[i];
    return NULL;
}

/* The first number of a setting and how many it has; 0: the kind has no such setting. */
static size_t numbers_of(const gan__layer_class *class, const char *setting, size_t *first)
{
    const size_t all = gan__layer_number_count(class);
    size_t n = 0;

    for (size_t i = 0; i < all; i++) {
        if (strcmp(gan__layer_number_name(class, i), setting) != 0) continue;
        if (n++ == 0) *first = i;
    }
    return n;
}

/* "; it has kernel_size, stride, padding", for a message. */
static void put_names(char *text, size_t capacity, const gan__layer_class *class)
{
    size_t used = 0;

    snprintf(text, capacity, "; it has none");
    for (size_t i = 0; i < class->n_settings && used < capacity; i++)
        used += (size_t)snprintf(text + used, capacity - used, "%s%s", i ? ", " : "; it has ",
                                 class->settings[i].name);
}

gan_status gan_network_find_setting(double *values, size_t n, const gan_network *net,
                                    const char *layer, const char *setting)
{
    const gan_layer *found;
    size_t first = 0, count;
    char names[160];

    if (!values || !net || !layer || !setting)
        return gan__fail(GAN_ERR_INVALID, "%s is NULL",
                         !values  ? "values"
                         : !net   ? "net"
                         : !layer ? "layer"
                                  : "setting");
    found = named(net, layer);
    if (!found) return gan__fail(GAN_ERR_INVALID, "there is no layer \"%.80s\"", layer);
    count = numbers_of(found->class, setting, &first);
    put_names(names, sizeof names, found->class);
    if (count == 0)
        return gan__fail(GAN_ERR_INVALID, "layer %s, %s: unknown setting \"%.40s\"%s", layer,
                         found->class->name, setting, names);
    if (count != n)
        return gan__fail(GAN_ERR_SHAPE, "layer %s, %s: %s is %zu numbers, room for %zu given",
                         layer, found->class->name, setting, count, n);
    for (size_t i = 0; i < n; i++) values[i] = gan__layer_number(found, first + i);
    return GAN_OK;
}

/* ---- as a table ---- */

typedef struct text {
    char *bytes;
    size_t capacity;
    size_t used; /* what all of it takes, without the zero byte */
} text;

static void print(text *t, const char *format, ...) GAN_PRINTF(2, 3);

static void print(text *t, const char *format, ...)
{
    const size_t left = t->used < t->capacity ? t->capacity - t->used : 0;
    va_list args;

    va_start(args, format);
    t->used += (size_t)vsnprintf(left ? t->bytes + t->used : NULL, left, format, args);
    va_end(args);
}

static int longest_name(const gan_network *net)
{
    size_t longest = strlen("layer");

    for (size_t i = 0; i < net->n_layers; i++)
        if (strlen(net->layers[i].name) > longest) longest = strlen(net->layers[i].name);
    return (int)longest;
}

size_t gan_network_summary(const gan_network *net, char *bytes, size_t capacity)
{
    text t = {bytes, bytes ? capacity : 0, 0};
    const int width = net ? longest_name(net) : 0;

    if (t.capacity > 0) t.bytes[0] = '\0';
    if (!net) return 0;
    print(&t, "%-*s  %-16s  %-20s  %12s\n", width, "layer", "kind", "output", "parameters");
    print(&t, "%-*s  %-16s  %-20s  %12s\n", width, "", "input", gan__shape_text_of(net->input).text,
          "");
    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];

        print(&t, "%-*s  %-16s  %-20s  %12zu\n", width, layer->name, layer->class->name,
              gan__shape_text_of(layer->out).text, gan__layer_param_count(layer));
    }
    print(&t, "%-*s  %-16s  %-20s  %12zu\n", width, "", "total", "", net->n_params);
    return t.used;
}

GAN__DEFINE_INIT(gan_layer_info_init, gan_layer_info, GAN_LAYER_INFO_INIT)
