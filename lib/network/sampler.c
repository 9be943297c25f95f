/* sampler.c - a network run by many threads at once, while another gives it new weights.
 *
 * The weights are in slots, one version in each, and `latest` says which is to be read.  A slot
 * counts its readers: calls that sample with it.
 *
 *      latest -----------.
 *                        v
 *      slot        0           1           2
 *              +--------+  +--------+  +--------+
 *     version  |   5    |  |   7    |  |   6    |
 *     readers  |   0    |  |   2    |  |   1    |   a slow call that began before 7 came
 *              +--------+  +--------+  +--------+
 *                  ^
 *                  the next publication writes here: not the latest, and without readers
 *
 *     a call                                  a publication
 *     1  i = latest                           1  find a slot j that is not the latest and has
 *     2  readers[i] += 1                         no readers; none: GAN_ERR_BUSY
 *     3  latest still i?  else               2  write the weights into it
 *        readers[i] -= 1, again from 1        3  latest = j
 *     4  sample with slot i
 *     5  readers[i] -= 1
 *
 * No call reads what is being written.  A call that got to step 4 counted itself before it saw that
 * i was the latest.  All of these atomic operations are in one order that all threads agree on, so
 * that a publication that is to write slot i, and looks at its readers after another one has become
 * the latest, either finds the call counted and leaves the slot alone, or looked before the call
 * counted itself: then the call finds another latest in step 3, unless i has been written to its
 * end and become the latest again, which is as good.  A call goes round only when a publication
 * came between its steps 1 and 3, so it never waits, and neither does a publication.
 *
 * Each row of a sampler has the bits that it has alone: products are those of kernels_gemm.c, whose
 * numbers are sums in the order of the inner index whatever is computed beside them, and everything
 * else is done number by number or sample by sample.  Linear layers read their weights from panels
 * that were packed when these were published; packing them for each sample would cost more than the
 * product.  Spectral norm divides its weights then, too, which changes no bit.  Batch norm stays a
 * layer of its own: within its convolution it would round otherwise. */
#include "network/network_internal.h"
#include "network/pass_internal.h"

#include "base/alloc_internal.h"
#include "base/busy_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/numeric_internal.h"

#include <gan/sampler.h>
#include <stdatomic.h>
#include <string.h>

enum {
    USUAL_VERSIONS = 3,
    LEAST_VERSIONS = 2,
    MOST_VERSIONS = 64,
    MOST_ROWS = 1024,
    USUAL_ROWS = 14,         /* the most that a product keeps in its registers */
    USUAL_BYTES = 64 * 1024, /* of the values between the layers */
    LINE = 64,
};

/* A version of the weights.  Each has its readers on a cache line of its own. */
typedef struct slot {
    _Alignas(LINE) atomic_size_t readers;
    uint64_t version;
    float *numbers; /* of all layers, and behind them the buffers */
} slot;

struct gan_sampler {
    gan_allocator allocator;
    gan_network *net;  /* the layers, without weights */
    size_t *at;        /* offsets of each layer's in a slot */
    size_t n_params;   /* all of them there */
    float *scratch;    /* for the largest layer with spectral norm */
    slot *slots;
    size_t n_slots;
    atomic_size_t latest;
    _Atomic uint64_t version; /* that of the latest */
    gan__busy publishing;
};

struct gan_sampler_workspace {
    gan_allocator allocator;
    gan_sampler *sampler;
    gan__pass *pass;
    size_t rows;
    uint64_t version; /* that the latest call had */
    gan__busy busy;
};

/* ---- versions ---- */

/* Write the weights of a layer in the order in which its forward pass reads them. */
static void write_layer(gan_sampler *s, const gan_network *net, size_t i, float *to)
{
    const gan_layer *layer = &net->layers[i];
    const float *params = net->params + net->offsets[i];

    if (layer->spectral) {
        gan__spectral_prepare(layer, params, net->buffers + net->buffer_offsets[i], 0, s->scratch);
        params = s->scratch;
    }
    if (gan__pass_weights_packed(layer))
        layer->class->pack(layer, params, to);
    else
        memcpy(to, params, gan__layer_param_count(layer) * sizeof *to);
}

static void write_slot(gan_sampler *s, const gan_network *net, size_t index)
{
    slot *at = &s->slots[index];
    const uint64_t version = atomic_load(&s->version) + 1;
    gan__numeric numeric;

    gan__numeric_enter(&numeric);
    for (size_t i = 0; i < net->n_layers; i++) write_layer(s, net, i, at->numbers + s->at[i]);
    memcpy(at->numbers + s->n_params, net->buffers, net->n_buffers * sizeof *net->buffers);
    gan__numeric_leave(&numeric);
    at->version = version;
    atomic_store(&s->latest, index);
    atomic_store(&s->version, version);
}

/* A slot that may be written; n_slots when there is none. */
static size_t free_slot(gan_sampler *s)
{
    const size_t latest = atomic_load(&s->latest);
    size_t i = 0;

    while (i < s->n_slots && (i == latest || atomic_load(&s->slots[i].readers) > 0)) i++;
    return i;
}

/* Steps 1 to 3 of a call, and 5. */
static slot *begin_reading(gan_sampler *s)
{
    for (;;) {
        const size_t latest = atomic_load(&s->latest);
        slot *at = &s->slots[latest];

        atomic_fetch_add(&at->readers, 1);
        if (atomic_load(&s->latest) == latest) return at;
        atomic_fetch_sub(&at->readers, 1);
    }
}

static void end_reading(slot *at)
{
    atomic_fetch_sub(&at->readers, 1);
}

/* ---- making one ---- */

GAN__DEFINE_INIT(gan_sampler_desc_init, gan_sampler_desc, GAN_SAMPLER_DESC_INIT)

static gan_status read_desc(gan_sampler_desc *d, gan_allocator *allocator,
                            const gan_sampler_desc *desc)
{
    gan_status status = GAN_OK;

    *d = (gan_sampler_desc){GAN_SAMPLER_DESC_INIT};
    GAN_TRY(gan__desc_read(d, sizeof *d, sizeof *d, desc, "sampler desc"));
    GAN_TRY(gan__alloc_init(allocator, d->allocator));
    if (d->versions == 0) d->versions = USUAL_VERSIONS;
    if (d->versions < LEAST_VERSIONS || d->versions > MOST_VERSIONS)
        GAN_FAIL(GAN_ERR_INVALID, "sampler: versions of %d to %d expected, got %zu", LEAST_VERSIONS,
                 MOST_VERSIONS, d->versions);

cleanup:
    return status;
}

/* Each sample must have its own output, independent of others. */
static gan_status check_layers(const gan_network *net)
{
    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];

        if (layer->class->together)
            return gan__fail(
                GAN_ERR_INVALID,
                "sampler: layer %s (%s) looks at %zu samples at once; a sampler computes "
                "each sample by itself",
                layer->name, layer->class->name, layer->class->together(layer));
    }
    return GAN_OK;
}

static gan_status copy_layers(gan_sampler *s, const gan_network *net)
{
    gan_status status = GAN_OK;
    size_t scratch = 0;

    s->net = gan_network_create(net->input,
                                &(gan_network_desc){.struct_size = sizeof(gan_network_desc),
                                                    .allocator = &s->allocator});
    if (!s->net) return GAN_ERR_NOMEM;
    GAN_TRY(gan__network_reserve(s->net, net->n_layers));
    GAN_TRY(gan__alloc(&s->at, &s->allocator, net->n_layers, sizeof *s->at));
    for (size_t i = 0; i < net->n_layers; i++) {
        const gan_layer *layer = &net->layers[i];
        const size_t more = layer->spectral ? gan__spectral_count(layer) : 0;

        gan__network_append(s->net, layer);
        s->at[i] = s->n_params;
        s->n_params = gan__size_round_up(
            gan__size_add(s->n_params, gan__pass_weights_count(layer)), LINE / sizeof(float));
        if (more > scratch) scratch = more;
    }
    GAN_TRY(gan__alloc(&s->scratch, &s->allocator, scratch, sizeof *s->scratch));

cleanup:
    return status;
}

static gan_status make_slots(gan_sampler *s, size_t n)
{
    gan_status status = GAN_OK;
    const size_t numbers = gan__size_add(s->n_params, s->net->n_buffers);

    GAN_TRY(gan__alloc(&s->slots, &s->allocator, n, sizeof *s->slots));
    for (; s->n_slots < n; s->n_slots++)
        GAN_TRY(gan__alloc(&s->slots[s->n_slots].numbers, &s->allocator, numbers, sizeof(float)));

cleanup:
    return status;
}

gan_status gan_sampler_create(gan_sampler **out, gan_network *net, const gan_sampler_desc *desc)
{
    gan_status status = GAN_OK;
    gan_sampler *s = NULL;
    gan_sampler_desc d;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "sampler: out is NULL");
    *out = NULL;
    GAN_TRY(read_desc(&d, &a, desc));
    GAN_TRY(gan_network_build(net));
    GAN_TRY(check_layers(net));
    GAN_TRY(gan__network_refresh(net));
    GAN_TRY(gan__alloc(&s, &a, 1, sizeof *s));
    s->allocator = a;
    GAN_TRY(copy_layers(s, net));
    GAN_TRY(make_slots(s, d.versions));
    write_slot(s, net, 0);
    *out = s;
    s = NULL;

cleanup:
    gan_sampler_destroy(s);
    return status;
}

gan_status gan_sampler_memory(size_t *bytes, gan_network *net, const gan_sampler_desc *desc)
{
    gan_status status = GAN_OK;
    gan_sampler *s = NULL;
    gan_sampler_desc d;
    gan_allocator a;
    gan__measure measure;

    if (!bytes) return gan__fail(GAN_ERR_INVALID, "sampler: bytes is NULL");
    gan__measure_begin(&measure);
    GAN_TRY(read_desc(&d, &a, desc));
    d.allocator = &measure.allocator;
    GAN_TRY(gan_sampler_create(&s, net, &d));
    *bytes = measure.bytes;
    gan_sampler_destroy(s);

cleanup:
    return status;
}

void gan_sampler_destroy(gan_sampler *s)
{
    if (!s) return;
    const gan_allocator a = s->allocator;

    for (size_t i = 0; i < s->n_slots; i++) gan__free(&a, s->slots[i].numbers);
    gan__free(&a, s->slots);
    gan__free(&a, s->scratch);
    gan__free(&a, s->at);
    gan_network_destroy(s->net);
    gan__free(&a, s);
}

/* ---- new weights ---- */

static gan_status check_same(const gan_sampler *s, const gan_network *net)
{
    const gan_network *own = s->net;

    if (net->n_layers != own->n_layers)
        return gan__fail(GAN_ERR_SHAPE, "sampler: has %zu layers, the network %zu", own->n_layers,
                         net->n_layers);
    for (size_t i = 0; i < net->n_layers; i++)
        if (!gan__layer_same(&net->layers[i], &own->layers[i]))
            return gan__fail(GAN_ERR_SHAPE,
                             "sampler: layer %s is %s %s, the network's is %s %s, or has other "
                             "settings",
                             own->layers[i].name, own->layers[i].class->name,
                             gan__shape_text_of(own->layers[i].out).text,
                             net->layers[i].class->name,
                             gan__shape_text_of(net->layers[i].out).text);
    return GAN_OK;
}

static gan_status publish(gan_sampler *s, gan_network *net)
{
    gan_status status = GAN_OK;
    const size_t index = free_slot(s);

    if (index == s->n_slots)
        return gan__fail(GAN_ERR_BUSY,
                         "sampler: calls are still sampling with all older ones of its %zu versions; "
                         "publish later, or make it with more",
                         s->n_slots);
    GAN_TRY(gan__network_refresh(net));
    write_slot(s, net, index);

cleanup:
    return status;
}

gan_status gan_sampler_publish(gan_sampler *s, gan_network *net)
{
    gan_status status = GAN_OK;

    if (!s) return gan__fail(GAN_ERR_INVALID, "sampler: is NULL");
    GAN_TRY(gan_network_build(net));
    GAN_TRY(check_same(s, net));
    GAN_TRY(gan__busy_enter(&s->publishing, "sampler, publishing"));
    status = publish(s, net);
    gan__busy_leave(&s->publishing);

cleanup:
    return status;
}

/* ---- looking at it ---- */

uint64_t gan_sampler_version(const gan_sampler *s)
{
    return s ? atomic_load(&s->version) : 0;
}

gan_shape gan_sampler_input_shape(const gan_sampler *s)
{
    return gan_network_input_shape(s ? s->net : NULL);
}

gan_shape gan_sampler_output_shape(const gan_sampler *s)
{
    return gan_network_output_shape(s ? s->net : NULL);
}

size_t gan_sampler_class_count(const gan_sampler *s)
{
    return gan_network_class_count(s ? s->net : NULL);
}

/* ---- workspaces ---- */

GAN__DEFINE_INIT(gan_sampler_workspace_desc_init, gan_sampler_workspace_desc,
                 GAN_SAMPLER_WORKSPACE_DESC_INIT)

static size_t usual_rows(const gan_network *net)
{
    size_t numbers = gan_shape_size(net->input);
    size_t rows;

    for (size_t i = 0; i < net->n_layers; i++)
        if (i == 0 || !net->layers[i].class->in_place)
            numbers = gan__size_add(numbers, gan_shape_size(net->layers[i].out));
    rows = USUAL_BYTES / sizeof(float) / numbers;
    return rows == 0 ? 1 : rows < USUAL_ROWS ? rows : USUAL_ROWS;
}

static gan_status read_workspace_desc(gan_sampler_workspace_desc *d, gan_allocator *allocator,
                                      const gan_sampler_workspace_desc *desc)
{
    gan_status status = GAN_OK;

    *d = (gan_sampler_workspace_desc){GAN_SAMPLER_WORKSPACE_DESC_INIT};
    GAN_TRY(gan__desc_read(d, sizeof *d, sizeof *d, desc, "sampler workspace desc"));
    GAN_TRY(gan__alloc_init(allocator, d->allocator));
    if (d->rows > MOST_ROWS)
        GAN_FAIL(GAN_ERR_INVALID, "sampler workspace: rows of 1 to %d expected, got %zu", MOST_ROWS,
                 d->rows);

cleanup:
    return status;
}

/* One that has no sampler to read from yet. */
static gan_status make_workspace(gan_sampler_workspace **out, const gan_sampler *sampler,
                                 const gan_sampler_workspace_desc *desc)
{
    gan_status status = GAN_OK;
    gan_sampler_workspace *w = NULL;
    gan_sampler_workspace_desc d;
    gan_allocator a;

    if (!out || !sampler)
        return gan__fail(GAN_ERR_INVALID, "sampler workspace: %s is NULL", out ? "sampler" : "out");
    *out = NULL;
    GAN_TRY(read_workspace_desc(&d, &a, desc));
    GAN_TRY(gan__alloc(&w, &a, 1, sizeof *w));
    w->allocator = a;
    w->rows = d.rows > 0 ? d.rows : usual_rows(sampler->net);
    GAN_TRY(gan__pass_create(&w->pass,
                             &(gan__pass_desc){.net = sampler->net,
                                               .n_layers = sampler->net->n_layers,
                                               .rows = w->rows,
                                               .threads = 1,
                                               .by_rows = 1},
                             &a));
    *out = w;
    w = NULL;

cleanup:
    gan_sampler_workspace_destroy(w);
    return status;
}

gan_status gan_sampler_workspace_create(gan_sampler_workspace **out, gan_sampler *sampler,
                                        const gan_sampler_workspace_desc *desc)
{
    gan_status status = make_workspace(out, sampler, desc);

    if (status == GAN_OK) (*out)->sampler = sampler;
    return status;
}

gan_status gan_sampler_workspace_memory(size_t *bytes, const gan_sampler *sampler,
                                        const gan_sampler_workspace_desc *desc)
{
    gan_status status = GAN_OK;
    gan_sampler_workspace *w = NULL;
    gan_sampler_workspace_desc d;
    gan_allocator a;
    gan__measure measure;

    if (!bytes) return gan__fail(GAN_ERR_INVALID, "sampler workspace: bytes is NULL");
    gan__measure_begin(&measure);
    GAN_TRY(read_workspace_desc(&d, &a, desc));
    d.allocator = &measure.allocator;
    GAN_TRY(make_workspace(&w, sampler, &d));
    *bytes = measure.bytes;
    gan_sampler_workspace_destroy(w);

cleanup:
    return status;
}

void gan_sampler_workspace_destroy(gan_sampler_workspace *w)
{
    if (!w) return;
    const gan_allocator a = w->allocator;

    gan__pass_destroy(w->pass);
    gan__free(&a, w);
}

uint64_t gan_sampler_workspace_version(const gan_sampler_workspace *w)
{
    return w ? w->version : 0;
}

/* ---- samples ---- */

static void draw_rows(gan_sampler_workspace *w, const float *in, gan__labels labels, size_t n,
                      float *out)
{
    const size_t in_size = gan_shape_size(gan_sampler_input_shape(w->sampler));
    const size_t out_size = gan_shape_size(gan_sampler_output_shape(w->sampler));

    for (size_t i = 0, rows; i < n; i += rows) {
        rows = n - i < w->rows ? n - i : w->rows;
        memcpy(gan__pass_input(w->pass, 0), in + i * in_size, rows * in_size * sizeof *in);
        gan__pass_forward_alone(w->pass, 0, rows, 0, gan__labels_from(labels, i));
        memcpy(out + i * out_size, gan__pass_output(w->pass, 0), rows * out_size * sizeof *out);
    }
}

static void draw(gan_sampler_workspace *w, const float *in, gan__labels labels, size_t n, float *out)
{
    gan_sampler *s = w->sampler;
    slot *at = begin_reading(s);
    gan__numeric numeric;

    gan__numeric_enter(&numeric);
    gan__pass_use(w->pass, &(gan__pass_weights){at->numbers, s->at, at->numbers + s->n_params});
    draw_rows(w, in, labels, n, out);
    w->version = at->version;
    gan__numeric_leave(&numeric);
    end_reading(at);
}

static gan_status check_draw(const gan_sampler_workspace *w, const float *in, size_t n,
                             const float *out)
{
    if (!w) return gan__fail(GAN_ERR_INVALID, "sampler: the workspace is NULL");
    if (n > 0 && (!in || !out))
        return gan__fail(GAN_ERR_INVALID, "sampler: %s is NULL for %zu samples", in ? "out" : "in",
                         n);
    return GAN_OK;
}

static gan_status draw_unless_busy(gan_sampler_workspace *w, const float *in, gan__labels labels,
                                   size_t n, float *out)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__busy_enter(&w->busy, "sampler workspace"));
    if (n > 0) draw(w, in, labels, n, out);
    gan__busy_leave(&w->busy);

cleanup:
    return status;
}

static gan_status draw_labels(gan_sampler_workspace *w, const float *in, gan__label_list labels,
                              size_t n, float *out)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_draw(w, in, n, out));
    GAN_TRY(gan__network_check_labels(w->sampler->net, labels, n, "sampler"));
    status = draw_unless_busy(w, in, (gan__labels){.of = labels}, n, out);

cleanup:
    return status;
}

gan_status gan_sampler_draw(gan_sampler_workspace *w, const float *in, const uint8_t *labels,
                            size_t n, float *out)
{
    return draw_labels(w, in, gan__label_bytes(labels), n, out);
}

gan_status gan_sampler_draw_labels16(gan_sampler_workspace *w, const float *in,
                                     const uint16_t *labels, size_t n, float *out)
{
    return draw_labels(w, in, gan__label_words(labels), n, out);
}

static gan_status draw_between(gan_sampler_workspace *w, const float *in, gan__labels labels,
                               size_t n, float *out)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_draw(w, in, n, out));
    GAN_TRY(gan__network_check_between(w->sampler->net, labels, n, "sampler"));
    status = draw_unless_busy(w, in, labels, n, out);

cleanup:
    return status;
}

gan_status gan_sampler_draw_between(gan_sampler_workspace *w, const float *in, const uint8_t *from,
                                    const uint8_t *to, const float *way, size_t n, float *out)
{
    const gan__labels labels = {gan__label_bytes(from), gan__label_bytes(to), way};

    return draw_between(w, in, labels, n, out);
}

gan_status gan_sampler_draw_between_labels16(gan_sampler_workspace *w, const float *in,
                                             const uint16_t *from, const uint16_t *to,
                                             const float *way, size_t n, float *out)
{
    const gan__labels labels = {gan__label_words(from), gan__label_words(to), way};

    return draw_between(w, in, labels, n, out);
}
