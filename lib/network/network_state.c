/* network_state.c - networks, and the moments of what trains them, in checkpoints. */
#include "network/network_internal.h"

#include "file/state_internal.h"
#include "optim/optimizer_internal.h"

#include <stdio.h>

/* Add a text that was written apart, if there is one. */
static void add_text(gan__state *s, const char *name, gan__text *text)
{
    if (s->status == GAN_OK) s->status = text->status;
    if (text->bytes) gan__state_text(s, name, "%s", text->bytes);
    gan__text_end(text);
}

static void describe_layers(const gan_network *net, const char *name, gan__state *s)
{
    gan__text layers = {.allocator = &s->allocator};

    gan__network_describe(&layers, net);
    add_text(s, name, &layers);
}

/* They may change in a run, too. */
static void describe_notes(const gan_network *net, const char *name, gan__state *s)
{
    gan__network_note notes[GAN__NETWORK_NOTES];
    const size_t n = gan__network_notes(notes, net, name);
    gan__text scaler = {.allocator = &s->allocator};

    for (size_t i = 0; i < n; i++) gan__state_text(s, notes[i].name, "%s", notes[i].text);
    gan__network_describe_scaler(&scaler, notes, net, name);
    add_text(s, notes->name, &scaler);
}

void gan__network_state(const gan_network *net, const char *name, gan__state *s)
{
    char text[64];

    describe_notes(net, name, s);
    snprintf(text, sizeof text, "%s_layer_count", name);
    gan__state_text(s, text, "%zu", gan_network_layer_count(net));
    describe_layers(net, name, s);
    snprintf(text, sizeof text, "%s.", name);
    gan__state_prefix(s, text);
    for (size_t i = 0; i < net->n_tensors; i++) gan__state_tensor(s, &net->tensors[i]);
    gan__state_prefix(s, "");
}

void gan__network_optimizer_state(const gan_network *net, gan_optimizer *opt, const char *name,
                                  gan__state *s)
{
    char prefix[64];

    snprintf(prefix, sizeof prefix, "%s.", name);
    gan__state_prefix(s, prefix);
    gan__optimizer_state(opt, s);
    for (size_t i = 0; i < net->n_tensors; i++) {
        const gan_tensor *t = &net->tensors[i];

        if (t->trainable) gan__optimizer_moments_state(opt, s, t, (size_t)(t->data - net->params));
    }
    gan__state_prefix(s, "");
}
