/* network_residual.c - residual blocks.
 *
 * y = body(x) + shortcut(x), or body(x) + x.  A network is a list of layers without branches, and a
 * block is flattened into it when it is added.  Three kinds of layer mark where branches begin and
 * end; besides its neighbours, a marker reads one other boundary, value_from forward and grad_from
 * backward:
 *
 *            ,------------------------ value_from -----------------------.
 *            |                                                            v
 *     x -> [residual] -> body layers ------------------------------->  [add] -> y
 *              ^             |
 *              `- grad_from: the gradient with respect to `residual`'s output that `add` hands back
 *
 * and with layers on the shortcut, whose branch lies behind the body in the list:
 *
 *              ,-------- value_from --------.      ,----- value_from: end of body ------.
 *              |                             v     |                                     v
 *     x -> [residual] -> body layers ->|  [shortcut] -> layers of the shortcut ->|    [add] -> y
 *
 * Forward, "shortcut" starts again from the output of "residual", and "add" adds the end of the
 * other branch.  Backward, "add" passes its gradient to the branch before it; "shortcut" copies it
 * to the end of the body, as the gradient of a sum by either term is the same; and "residual" adds
 * the gradient that arrived at the beginning of the other branch.
 *
 * A block in a body is flattened in the same way, its boundaries shifted by where the body begins.
 * Files describe blocks as blocks: gan__network_block() finds them again by the markers. */
#include "network/network_internal.h"

#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/kernels_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- the three kinds ---- */

/* y = a, plus b where there is one, for a run's part of `width` values per row. */
static void sum(const gan__layer_run *run, size_t width, const float *a, const float *b, float *y)
{
    const int whole = run->end - run->begin == width;
    const size_t rows = whole ? 1 : run->rows;
    const size_t n = whole ? run->rows * width : run->end - run->begin;

    for (size_t r = 0; r < rows; r++) {
        const size_t at = r * width + run->begin;

        if (y != a) memcpy(y + at, a + at, n * sizeof *y);
        if (b) gan__simd_best()->axpy(n, 1, b + at, y + at);
    }
}

static size_t width_in(const gan__layer_run *run)
{
    return gan_shape_size(run->layer->in);
}

static size_t width_out(const gan__layer_run *run)
{
    return gan_shape_size(run->layer->out);
}

static void residual_forward(const gan__layer_run *run)
{
    sum(run, width_out(run), run->x, NULL, run->y);
}

static void residual_backward(const gan__layer_run *run)
{
    sum(run, width_in(run), run->dy, run->dother, run->dx);
}

static void residual_destroy(gan_layer *layer)
{
    gan_network_destroy(layer->body);
    gan_network_destroy(layer->shortcut);
}

static gan_status join(gan_network *net, const gan_layer *layer);

/* The other branch reads its output, so nothing may change that in place. */
const gan__layer_class gan__layer_residual = {
    .name = "residual",
    .linear = 1,
    .in_place = 1,
    .needs_y = 1,
    .forward = residual_forward,
    .backward = residual_backward,
    .join = join,
    .destroy = residual_destroy,
};

static void shortcut_forward(const gan__layer_run *run)
{
    sum(run, width_out(run), run->other, NULL, run->y);
}

/* The layer before it in the list is the end of the body, whose gradient is its dx. */
static void shortcut_backward(const gan__layer_run *run)
{
    sum(run, width_in(run), run->dother, NULL, run->dx);
}

static const gan__layer_class shortcut_class = {
    .name = "shortcut",
    .linear = 1,
    .forward = shortcut_forward,
    .backward = shortcut_backward,
};

static void add_forward(const gan__layer_run *run)
{
    sum(run, width_out(run), run->x, run->other, run->y);
}

static void add_backward(const gan__layer_run *run)
{
    sum(run, width_in(run), run->dy, NULL, run->dx);
}

/* Not in place: the other branch still reads the gradient with respect to its output. */
static const gan__layer_class add_class = {
    .name = "add",
    .linear = 1,
    .forward = add_forward,
    .backward = add_backward,
};

/* ---- making one ---- */

gan_layer *gan_layer_residual(gan_network *body, gan_network *shortcut)
{
    gan_layer *out = NULL;

    if (!body)
        gan__fail_null(GAN__NETWORK, 1, "residual: body is NULL");
    else if (body == shortcut)
        gan__fail(GAN_ERR_INVALID, "residual: body and shortcut are the same network");
    else
        out = gan__layer_create(&gan__layer_residual, NULL);
    if (out) {
        out->body = body;
        out->shortcut = shortcut;
        return out;
    }
    if (shortcut != body) gan_network_destroy(shortcut);
    gan_network_destroy(body);
    return NULL;
}

/* ---- joining a network ---- */

static gan_status check_branch(const gan_network *branch, const char *what, const gan_network *net)
{
    const gan_shape in = gan_network_output_shape(net);

    if (branch == net) return gan__fail(GAN_ERR_INVALID, "%s: a network can't hold itself", what);
    if (branch->status != GAN_OK) return gan__fail(branch->status, "%s: %s", what, branch->message);
    if (branch->params)
        return gan__fail(GAN_ERR_INVALID, "%s: is complete already, its weights would be lost",
                         what);
    if (branch->n_layers == 0) return gan__fail(GAN_ERR_INVALID, "%s: has no layer", what);
    if (!gan_shape_equal(branch->input, in))
        return gan__fail(GAN_ERR_SHAPE, "%s: needs %s, gets %s", what,
                         gan__shape_text_of(branch->input).text, gan__shape_text_of(in).text);
    return GAN_OK;
}

static gan_status check_block(const gan_layer *layer, const gan_network *net)
{
    gan_status status = GAN_OK;
    const gan_network *shortcut = layer->shortcut;
    gan_shape out, added = gan_network_output_shape(net);
    size_t together = net->together;

    GAN_TRY(check_branch(layer->body, "body", net));
    GAN_TRY(gan__network_check_classes(net, layer->body->n_classes));
    GAN_TRY(gan__network_join_groups(&together, layer->body->together));
    if (shortcut) {
        GAN_TRY(check_branch(shortcut, "shortcut", net));
        GAN_TRY(gan__network_check_classes(net, shortcut->n_classes));
        GAN_TRY(gan__network_check_classes(layer->body, shortcut->n_classes));
        GAN_TRY(gan__network_join_groups(&together, shortcut->together));
        added = gan_network_output_shape(shortcut);
    }
    out = gan_network_output_shape(layer->body);
    if (!gan_shape_equal(out, added))
        return gan__fail(GAN_ERR_SHAPE, "the body makes %s, %s %s", gan__shape_text_of(out).text,
                         shortcut ? "the shortcut" : "the input is",
                         gan__shape_text_of(added).text);

cleanup:
    return status;
}

static size_t depth_of(const gan_layer *layer)
{
    const size_t body = layer->body->depth;
    const size_t shortcut = layer->shortcut ? layer->shortcut->depth : 0;

    return 1 + (body > shortcut ? body : shortcut);
}

/* Add one of the three kinds, called "3", "3.shortcut" or "3.add". */
static void append_kind(gan_network *net, const gan__layer_class *class, const char *suffix,
                        gan_shape out, size_t value_from, size_t grad_from)
{
    gan_layer layer = {.class = class,
                       .in = gan_network_output_shape(net),
                       .out = out,
                       .value_from = value_from,
                       .grad_from = grad_from};

    snprintf(layer.name, sizeof layer.name, "%zu%s", net->n_added, suffix);
    gan__network_append(net, &layer);
}

/* Add the layers of a branch, called "3.body.0" and so on. */
static void append_branch(gan_network *net, const gan_network *branch, const char *what)
{
    const size_t begin = net->n_layers;

    for (size_t i = 0; i < branch->n_layers; i++) {
        gan_layer layer = branch->layers[i];

        /* 80: all of it, unless there are layers with numbers of six digits on every level. */
        snprintf(layer.name, sizeof layer.name, "%zu.%s.%.80s", net->n_added, what,
                 branch->layers[i].name);
        if (layer.value_from > 0) layer.value_from += begin;
        if (layer.grad_from > 0) layer.grad_from += begin;
        gan__network_append(net, &layer);
    }
}

/* Boundary i is the input of layer i: the one behind layer i is i + 1. */
static gan_status join(gan_network *net, const gan_layer *layer)
{
    gan_status status = GAN_OK;
    const gan_network *body = layer->body, *shortcut = layer->shortcut;
    const gan_shape in = gan_network_output_shape(net);
    const size_t fork = net->n_layers;
    const size_t body_end = fork + 1 + body->n_layers;
    const size_t junction = body_end + (shortcut ? 1 + shortcut->n_layers : 0);

    GAN_TRY(check_block(layer, net));
    if (depth_of(layer) > GAN__BLOCK_DEPTH)
        return gan__fail(GAN_ERR_INVALID, "more than %d blocks in each other", GAN__BLOCK_DEPTH);
    GAN_TRY(gan__network_reserve(net, junction + 1 - fork));
    append_kind(net, &gan__layer_residual, "", in, 0, body_end + 1);
    append_branch(net, body, "body");
    if (shortcut) {
        append_kind(net, &shortcut_class, ".shortcut", in, fork + 1, junction + 1);
        append_branch(net, shortcut, "shortcut");
    }
    append_kind(net, &add_class, ".add", gan_network_output_shape(body),
                shortcut ? body_end : fork + 1, 0);
    if (depth_of(layer) > net->depth) net->depth = depth_of(layer);

cleanup:
    return status;
}

/* ---- finding one ---- */

int gan__network_block(const gan_network *net, size_t i, gan__block *out)
{
    const gan_layer *layer = &net->layers[i];
    const gan_layer *end;

    if (layer->class != &gan__layer_residual) return 0;
    out->body_end = layer->grad_from - 1;
    end = &net->layers[out->body_end];
    out->shortcut = end->class == &shortcut_class ? out->body_end + 1 : 0;
    out->junction = out->shortcut ? end->grad_from - 1 : out->body_end;
    return 1;
}

size_t gan__network_next(const gan_network *net, size_t i)
{
    gan__block block;

    return gan__network_block(net, i, &block) ? block.junction + 1 : i + 1;
}
