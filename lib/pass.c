/* pass.c - activations and gradients of a batch.
 *
 * Boundary i lies between layer i-1 and layer i: boundary 0 is the input, boundary n_layers the
 * output. Layers that work in place have the same memory on both sides; the first never does,
 * because its input may be another pass's output, which is still needed.
 *
 * Forward, a stage's tiles are tiles of its output.  Backward, they are tiles of the gradient by
 * its input, which go on through the in-place layers of the stage before.
 *
 * For second derivatives each boundary has memory of its own, and twice the rows: behind the values
 * the direction in which they move, behind the gradients the weights of that.  Layers still work in
 * the same stages. */
#include "pass_internal.h"

#include "alloc_internal.h"
#include "kernels_internal.h"
#include "pool_internal.h"
#include "status_internal.h"

#include <math.h>
#include <string.h>

enum { MAX_PARTS = 64 }; /* of a layer's weight gradient */

typedef struct boundary {
    size_t size;  /* numbers a row */
    int shared;   /* the layer before it works in place: its memory is that of the one before */
    int needed;   /* its numbers are read later on: nothing may change them */
    float *value; /* row 0; rows follow one another */
    float *grad;
} boundary;

typedef struct stage {
    size_t begin, end; /* its layers; all but the first work in place */
    size_t n_parts;    /* of the weight gradient, in the latest backward run */
    double squares[MAX_PARTS];
} stage;

struct gan__pass {
    gan_allocator allocator;
    gan__pass_desc desc;
    boundary *at; /* n_layers + 1 */
    stage *stages;
    size_t n_stages;
    size_t lowest; /* the first stage behind one with weights */
    float *memory;
    float *grads;
    uint8_t *labels; /* of the rows; NULL: no layer looks at them, or the caller has them */
    float *saved;
    size_t *saved_at; /* where each layer's part of `saved` begins */
    float *scratch;
    size_t n_scratch; /* numbers for each thread */
    float *prepared;  /* what layers with spectral norm have in place of their parameters */
    size_t *prepared_at;
    size_t *spectral; /* those layers */
    size_t n_spectral;
    uint64_t position;
    uint64_t *random; /* where each layer's random numbers begin, after `position` */
    uint64_t n_random;
    size_t first, rows, group; /* of the latest forward run */
};

/* ---- making one ---- */

static const gan_layer *layer_of(const gan__pass *pass, size_t i)
{
    return &pass->desc.net->layers[i];
}

/* Blocks begin on cache lines of their own. */
static size_t whole_lines(size_t n)
{
    return (n + 15) / 16 * 16;
}

/* Lay the boundaries out in `memory`, or only count when it is NULL; return how many numbers it
 * takes. */
static size_t lay_out(gan__pass *pass, float *memory)
{
    const size_t rows = pass->desc.rows * (pass->desc.tangents ? 2 : 1);
    const size_t copies = pass->desc.training ? 2 : 1;
    size_t used = 0;

    for (size_t i = 0; i <= pass->desc.n_layers; i++) {
        boundary *b = &pass->at[i];
        const size_t step = whole_lines(rows * b->size);

        if (i == 0 && pass->desc.source) continue;
        if (b->shared && !pass->desc.tangents) {
            b->value = pass->at[i - 1].value;
            b->grad = pass->at[i - 1].grad;
            continue;
        }
        if (memory) b->value = memory + used;
        if (memory && copies == 2) b->grad = memory + used + step;
        used += copies * step;
    }
    return used;
}

/* Find out what the layers want to keep and to scribble on. */
static gan_status make_workspace(gan__pass *pass)
{
    gan_status status = GAN_OK;
    const gan_allocator *a = &pass->allocator;
    const gan__pass_desc *desc = &pass->desc;
    size_t n_saved = 0;
    size_t n_prepared = 0;

    GAN_TRY(gan__alloc(&pass->saved_at, a, desc->n_layers, sizeof *pass->saved_at));
    GAN_TRY(gan__alloc(&pass->prepared_at, a, desc->n_layers, sizeof *pass->prepared_at));
    GAN_TRY(gan__alloc(&pass->spectral, a, desc->n_layers, sizeof *pass->spectral));
    for (size_t i = 0; i < desc->n_layers; i++) {
        const gan_layer *layer = layer_of(pass, i);
        const size_t scratch = layer->class->scratch ? layer->class->scratch(layer) : 0;

        pass->saved_at[i] = n_saved;
        pass->prepared_at[i] = n_prepared;
        if (layer->spectral) {
            n_prepared += whole_lines(gan__spectral_count(layer));
            pass->spectral[pass->n_spectral++] = i;
        }
        if (desc->training && layer->class->saved)
            n_saved += whole_lines(layer->class->saved(layer, desc->rows));
        if (whole_lines(scratch) > pass->n_scratch) pass->n_scratch = whole_lines(scratch);
    }
    GAN_TRY(gan__alloc(&pass->saved, a, n_saved, sizeof *pass->saved));
    GAN_TRY(gan__alloc(&pass->prepared, a, n_prepared, sizeof *pass->prepared));
    GAN_TRY(gan__alloc(&pass->scratch, a, desc->threads * pass->n_scratch, sizeof *pass->scratch));

cleanup:
    return status;
}

static void set_sizes(gan__pass *pass)
{
    const gan_network *net = pass->desc.net;
    const gan__pass *source = pass->desc.source;

    pass->at[0].size = gan_shape_size(net->input);
    for (size_t i = 0; i < pass->desc.n_layers; i++) {
        const gan__layer_class *class = net->layers[i].class;
        const boundary *in = &pass->at[i];
        boundary *out = &pass->at[i + 1];

        out->size = gan_shape_size(net->layers[i].out);
        out->shared = i > 0 && class->in_place && !(class->changes && in->needed);
        out->needed = class->needs_y || (out->shared && in->needed);
        pass->random[i] = pass->n_random;
        if (class->random) pass->n_random += pass->desc.rows * out->size;
        if (!out->shared) pass->stages[pass->n_stages++].begin = i;
        pass->stages[pass->n_stages - 1].end = i + 1;
        if (pass->lowest == 0 && net->layers[i].n_params > 0) pass->lowest = pass->n_stages;
    }
    if (source) {
        pass->at[0].value = source->at[source->desc.n_layers].value;
        pass->at[0].grad = source->at[source->desc.n_layers].grad;
    }
}

gan_status gan__pass_create(gan__pass **out, const gan__pass_desc *desc,
                            const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan__pass *pass = NULL;

    *out = NULL;
    GAN_TRY(gan__alloc(&pass, allocator, 1, sizeof *pass));
    pass->allocator = *allocator;
    pass->desc = *desc;
    GAN_TRY(gan__alloc(&pass->at, allocator, desc->n_layers + 1, sizeof *pass->at));
    GAN_TRY(gan__alloc(&pass->random, allocator, desc->n_layers, sizeof *pass->random));
    GAN_TRY(gan__alloc(&pass->stages, allocator, desc->n_layers, sizeof *pass->stages));
    GAN_TRY(make_workspace(pass));
    set_sizes(pass);
    GAN_TRY(gan__alloc(&pass->memory, allocator, lay_out(pass, NULL), sizeof *pass->memory));
    lay_out(pass, pass->memory);
    if (desc->training && desc->net->n_classes > 0)
        GAN_TRY(gan__alloc(&pass->labels, allocator, desc->rows, sizeof *pass->labels));
    if (desc->training)
        GAN_TRY(gan__alloc(&pass->grads, allocator, desc->net->n_params, sizeof *pass->grads));
    *out = pass;
    pass = NULL;

cleanup:
    gan__pass_destroy(pass);
    return status;
}

void gan__pass_destroy(gan__pass *pass)
{
    if (!pass) return;
    const gan_allocator a = pass->allocator;

    gan__free(&a, pass->grads);
    gan__free(&a, pass->labels);
    gan__free(&a, pass->memory);
    gan__free(&a, pass->scratch);
    gan__free(&a, pass->saved);
    gan__free(&a, pass->saved_at);
    gan__free(&a, pass->prepared);
    gan__free(&a, pass->prepared_at);
    gan__free(&a, pass->spectral);
    gan__free(&a, pass->stages);
    gan__free(&a, pass->random);
    gan__free(&a, pass->at);
    gan__free(&a, pass);
}

const gan__pass_desc *gan__pass_desc_of(const gan__pass *pass)
{
    return &pass->desc;
}

/* ---- tiles ---- */

static float *row_of(float *block, const boundary *b, size_t row)
{
    return block ? block + row * b->size : NULL;
}

float *gan__pass_input(gan__pass *pass, size_t first)
{
    return row_of(pass->at[0].value, &pass->at[0], first);
}

float *gan__pass_output(gan__pass *pass, size_t first)
{
    const boundary *b = &pass->at[pass->desc.n_layers];

    return row_of(b->value, b, first);
}

float *gan__pass_output_grad(gan__pass *pass, size_t first)
{
    const boundary *b = &pass->at[pass->desc.n_layers];

    return row_of(b->grad, b, first);
}

float *gan__pass_input_grad(gan__pass *pass, size_t first)
{
    return row_of(pass->at[0].grad, &pass->at[0], first);
}

uint8_t *gan__pass_labels(gan__pass *pass, size_t first)
{
    return pass->labels ? pass->labels + first : NULL;
}

/* Some rows and columns of a boundary. */
typedef struct tile {
    size_t first, rows;
    size_t begin, end;
    gan__labels labels; /* of these rows, when the pass has none */
} tile;

/* Where the i-th of n tiles begins: by default with whole vectors of the product's loops, as far as
 * possible. */
static size_t column_of(size_t columns, gan__cut cut, size_t i)
{
    const size_t unit = cut.unit > 0 ? cut.unit : 16;

    return i == cut.columns ? columns : columns * i / cut.columns / unit * unit;
}

static tile tile_of(gan__cut cut, size_t index, size_t first, size_t rows, size_t columns)
{
    const size_t r = index / cut.columns;
    const size_t c = index % cut.columns;

    return (tile){.first = first + rows * r / cut.rows,
                  .rows = rows * (r + 1) / cut.rows - rows * r / cut.rows,
                  .begin = column_of(columns, cut, c),
                  .end = column_of(columns, cut, c + 1)};
}

/* Add what second derivatives need: the rows behind those of the latest forward run. */
static void add_tangents(const gan__pass *pass, size_t i, gan__layer_run *run)
{
    const gan_layer *layer = layer_of(pass, i);
    const size_t in = pass->rows * pass->at[i].size;
    const size_t out = pass->rows * pass->at[i + 1].size;

    run->tx = run->x + in;
    run->ty = run->y + out;
    run->ux = run->dx + in;
    run->uy = run->dy + out;
    if (run->other) run->tother = run->other + pass->rows * pass->at[layer->value_from].size;
    if (run->dother) run->uother = run->dother + pass->rows * pass->at[layer->grad_from].size;
}

/* Layer i's work on a tile, as its class wants to see it. */
static gan__layer_run run_of(const gan__pass *pass, size_t i, const tile *t, size_t worker)
{
    const gan_network *net = pass->desc.net;
    const gan_layer *layer = layer_of(pass, i);
    const boundary *in = &pass->at[i];
    const boundary *out = &pass->at[i + 1];
    const boundary *value_from = &pass->at[layer->value_from];
    const boundary *grad_from = &pass->at[layer->grad_from];
    gan__layer_run run = {
        .layer = layer,
        .first = t->first,
        .rows = t->rows,
        .group = pass->group,
        .begin = t->begin,
        .end = t->end,
        .labels = pass->labels ? (gan__labels){.of = pass->labels + t->first} : t->labels,
        .params =
            layer->spectral ? pass->prepared + pass->prepared_at[i] : net->params + net->offsets[i],
        .buffers = net->buffers + net->buffer_offsets[i],
        .saved = pass->saved + pass->saved_at[i],
        .scratch = pass->scratch + worker * pass->n_scratch,
        .x = row_of(in->value, in, t->first),
        .y = row_of(out->value, out, t->first),
        .dx = row_of(in->grad, in, t->first),
        .dy = row_of(out->grad, out, t->first),
        .other = layer->value_from ? row_of(value_from->value, value_from, t->first) : NULL,
        .dother = layer->grad_from ? row_of(grad_from->grad, grad_from, t->first) : NULL,
        .training = pass->desc.training,
        .seed = pass->desc.seed,
        .stream = pass->desc.stream,
        .position = pass->position + pass->random[i] + t->first * out->size,
    };

    if (pass->desc.tangents) add_tangents(pass, i, &run);
    return run;
}

/* ---- the cut ---- */

/* What is done with a layer, and what with a part of its weights. */
typedef void work_fn(const gan__layer_run *run);
typedef double grad_fn(const gan__layer_run *run, size_t part, size_t parts, float *grads);

/* A stage's work, for each tile of its cut. */
typedef struct job {
    gan__pass *pass;
    const stage *stage;
    work_fn *work;
    gan__cut cut;
    size_t first, rows;
    size_t column; /* where the columns begin */
} job;

typedef gan__cut cut_fn(const gan_layer *layer, size_t rows);

static gan__cut cut_of(const gan_layer *layer, cut_fn *own, size_t rows, size_t columns)
{
    return own ? own(layer, rows) : gan__layer_cut(rows, columns);
}

/* ---- spectral norm: a layer computes with weights made for each run ---- */

static void prepare_task(void *context, size_t task, size_t worker)
{
    const gan__pass *pass = context;
    const gan_network *net = pass->desc.net;
    const size_t i = pass->spectral[task];

    (void)worker;
    gan__spectral_prepare(layer_of(pass, i), net->params + net->offsets[i],
                          net->buffers + net->buffer_offsets[i], pass->desc.training,
                          pass->prepared + pass->prepared_at[i]);
}

void gan__pass_prepare(gan__pass *pass, gan_pool *pool)
{
    if (pass->n_spectral > 0) gan__pool_run(pool, prepare_task, pass, pass->n_spectral);
}

/* The gradient by these weights becomes that by the parameters, in which all parts meet. */
static void chain_task(void *context, size_t task, size_t worker)
{
    gan__pass *pass = context;
    const size_t i = pass->spectral[task];
    stage *s = pass->stages;

    (void)worker;
    while (s->begin != i) s++; /* it never works in place */
    memset(s->squares, 0, sizeof s->squares);
    s->squares[0] = gan__spectral_grad(layer_of(pass, i), pass->prepared + pass->prepared_at[i],
                                       pass->grads + pass->desc.net->offsets[i]);
}

static void chain_grads(gan__pass *pass, gan_pool *pool)
{
    if (pass->n_spectral > 0) gan__pool_run(pool, chain_task, pass, pass->n_spectral);
}

/* ---- forward ---- */

static void forward_layer(const gan__layer_run *run)
{
    run->layer->class->forward(run);
}

static void forward_tile(const gan__pass *pass, const stage *s, work_fn *work, const tile *t,
                         size_t worker)
{
    for (size_t i = s->begin; i < s->end; i++) {
        const gan__layer_run run = run_of(pass, i, t, worker);

        work(&run);
    }
}

static void forward_task(void *context, size_t task, size_t worker)
{
    const job *j = context;
    const tile t = tile_of(j->cut, task, j->first, j->rows, j->pass->at[j->stage->end].size);

    forward_tile(j->pass, j->stage, j->work, &t, worker);
}

static void forward_stages(gan__pass *pass, gan_pool *pool, work_fn *work)
{
    for (size_t i = 0; i < pass->n_stages; i++) {
        const stage *s = &pass->stages[i];
        const gan_layer *layer = layer_of(pass, s->begin);
        job j = {pass, s, work, {1, 1, 0}, pass->first, pass->rows, 0};

        j.cut = cut_of(layer, layer->class->forward_cut, j.rows, pass->at[s->end].size);
        gan__pool_run(pool, forward_task, &j, j.cut.rows * j.cut.columns);
    }
}

void gan__pass_forward_alone(gan__pass *pass, size_t first, size_t rows, size_t worker,
                             gan__labels labels)
{
    for (size_t i = 0; i < pass->n_stages; i++) {
        const stage *s = &pass->stages[i];
        const tile t = {first, rows, 0, pass->at[s->end].size, labels};

        forward_tile(pass, s, forward_layer, &t, worker);
    }
}

void gan__pass_forward(gan__pass *pass, gan_pool *pool, size_t first, size_t rows, size_t group)
{
    pass->first = first;
    pass->rows = rows;
    pass->group = group;
    gan__pass_prepare(pass, pool);
    forward_stages(pass, pool, forward_layer);
}

/* ---- backward ---- */

static void backward_layer(const gan__layer_run *run)
{
    run->layer->class->backward(run);
}

/* The gradient by the output of a stage's in-place layers becomes that by the output of its
 * first. */
static void backward_in_place(const gan__pass *pass, const stage *s, work_fn *work, const tile *t,
                              size_t worker)
{
    for (size_t i = s->end; i-- > s->begin + 1;) {
        const gan__layer_run run = run_of(pass, i, t, worker);

        work(&run);
    }
}

static void backward_tile(const gan__pass *pass, const stage *s, work_fn *work, const tile *t,
                          size_t worker)
{
    const gan__pass *source = pass->desc.source;
    const gan__layer_run run = run_of(pass, s->begin, t, worker);

    work(&run);
    if (s > pass->stages)
        backward_in_place(pass, s - 1, work, t, worker);
    else if (source)
        backward_in_place(source, &source->stages[source->n_stages - 1], work, t, worker);
}

static void backward_task(void *context, size_t task, size_t worker)
{
    const job *j = context;
    const size_t columns = j->pass->at[j->stage->begin].size - j->column;
    tile t = tile_of(j->cut, task, j->first, j->rows, columns);

    t.begin += j->column;
    t.end += j->column;
    backward_tile(j->pass, j->stage, j->work, &t, worker);
}

/* The first column that is wanted of the gradient by a stage's input.  Of the lowest's no more is
 * read than the layer before looks at for its weights. */
static size_t wanted_from(const gan__pass *pass, size_t i, size_t lowest)
{
    const gan_layer *layer = layer_of(pass, pass->stages[i].begin);
    const gan_layer *before = i > 0 ? layer_of(pass, pass->stages[i].begin - 1) : NULL;

    if (i > lowest || !before || !before->class->grad_from || !layer->class->columns) return 0;
    return before->class->grad_from(before);
}

/* As many tiles, where columns are too few to be divided. */
static gan__cut by_rows(gan__cut cut, size_t rows)
{
    const size_t tiles = cut.rows * cut.columns;

    return (gan__cut){tiles < rows ? tiles : rows, 1, 0};
}

/* From the gradient by the output of the last stage's first layer, those by the inputs of all stages
 * from `lowest` on. */
static void backward_stages(gan__pass *pass, gan_pool *pool, work_fn *work, size_t lowest)
{
    for (size_t i = pass->n_stages; i-- > lowest;) {
        const stage *s = &pass->stages[i];
        const gan_layer *layer = layer_of(pass, s->begin);
        job j = {pass, s, work, {1, 1, 0}, pass->first, pass->rows, 0};

        j.cut = cut_of(layer, layer->class->backward_cut, pass->rows, pass->at[s->begin].size);
        j.column = wanted_from(pass, i, lowest);
        if (j.column > 0) j.cut = by_rows(j.cut, pass->rows);
        gan__pool_run(pool, backward_task, &j, j.cut.rows * j.cut.columns);
    }
}

/* The first step back, which is none where the last layer doesn't work in place. */
static void backward_last(gan__pass *pass, work_fn *work)
{
    const tile all = {
        pass->first, pass->rows, 0, pass->at[pass->desc.n_layers].size, {NULL, NULL, NULL}};

    backward_in_place(pass, &pass->stages[pass->n_stages - 1], work, &all, 0);
}

/* The stage that a part of the weight gradient belongs to, and which of the stage's it is. */
static stage *stage_of(const gan__pass *pass, size_t *part)
{
    stage *s = pass->stages;

    while (*part >= s->n_parts) *part -= s++->n_parts;
    return s;
}

typedef struct weights_job {
    gan__pass *pass;
    grad_fn *grad;
} weights_job;

static double layer_grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    return run->layer->class->grad(run, part, parts, grads);
}

static void weights_task(void *context, size_t task, size_t worker)
{
    const weights_job *j = context;
    const tile all = {j->pass->first, j->pass->rows, 0, 0, {NULL, NULL, NULL}};
    size_t part = task;
    stage *s = stage_of(j->pass, &part);
    const gan__layer_run run = run_of(j->pass, s->begin, &all, worker);

    s->squares[part] =
        j->grad(&run, part, s->n_parts, j->pass->grads + j->pass->desc.net->offsets[s->begin]);
}

static void backward_weights(gan__pass *pass, gan_pool *pool, grad_fn *grad)
{
    weights_job j = {pass, grad};

    for (size_t i = 0; i < pass->n_stages; i++) {
        stage *s = &pass->stages[i];
        const gan_layer *layer = layer_of(pass, s->begin);

        s->n_parts = layer->class->grad_parts ? layer->class->grad_parts(layer, pass->rows) : 0;
        if (s->n_parts > MAX_PARTS) s->n_parts = MAX_PARTS;
    }
    gan__pool_run(pool, weights_task, &j, gan__pass_slices(pass));
    chain_grads(pass, pool);
}

void gan__pass_backward(gan__pass *pass, gan_pool *pool, unsigned what)
{
    if (!(what & GAN__PASS_GO_ON)) backward_last(pass, backward_layer);
    backward_stages(pass, pool, backward_layer, what & GAN__PASS_INPUT ? 0 : pass->lowest);
    if (what & GAN__PASS_WEIGHTS) backward_weights(pass, pool, layer_grad);
}

/* ---- second derivatives ---- */

gan_status gan__pass_check_tangents(const gan_network *net, size_t n_layers)
{
    gan_status status = GAN_OK;

    for (size_t i = 0; i < n_layers; i++) GAN_TRY(gan__layer_check_tangent(&net->layers[i]));

cleanup:
    return status;
}

float *gan__pass_slope(gan__pass *pass, gan_pool *pool)
{
    const boundary *in = &pass->at[0];
    const boundary *out = &pass->at[pass->desc.n_layers];
    float *weights = row_of(out->grad, out, pass->rows);

    for (size_t i = 0; i < pass->rows * out->size; i++) weights[i] = i % out->size == 0;
    backward_last(pass, gan__layer_slope);
    backward_stages(pass, pool, gan__layer_slope, 0);
    return row_of(in->grad, in, pass->rows);
}

float *gan__pass_direction(gan__pass *pass)
{
    return row_of(pass->at[0].value, &pass->at[0], pass->rows);
}

void gan__pass_curve(gan__pass *pass, gan_pool *pool)
{
    const boundary *out = &pass->at[pass->desc.n_layers];

    forward_stages(pass, pool, gan__layer_tangent);
    memset(out->grad, 0, pass->rows * out->size * sizeof *out->grad);
    backward_last(pass, gan__layer_tangent_backward);
    backward_stages(pass, pool, gan__layer_tangent_backward, pass->lowest);
    backward_weights(pass, pool, gan__layer_tangent_grad);
}

/* ---- the weights' gradient ---- */

size_t gan__pass_slices(const gan__pass *pass)
{
    size_t n = 0;

    for (size_t i = 0; i < pass->n_stages; i++) n += pass->stages[i].n_parts;
    return n;
}

void gan__pass_slice(const gan__pass *pass, size_t index, size_t *begin, size_t *end)
{
    const stage *s = stage_of(pass, &index);
    const size_t offset = pass->desc.net->offsets[s->begin];
    const size_t n = gan__layer_param_count(layer_of(pass, s->begin));

    *begin = offset + n * index / s->n_parts;
    *end = offset + n * (index + 1) / s->n_parts;
}

const float *gan__pass_grads(const gan__pass *pass)
{
    return pass->grads;
}

double gan__pass_grad_squares(const gan__pass *pass)
{
    double sum = 0;

    for (size_t i = 0; i < pass->n_stages; i++)
        for (size_t j = 0; j < pass->stages[i].n_parts; j++) sum += pass->stages[i].squares[j];
    return sum;
}

/* Layers that work in place are told together, by the last of them. */
const gan_layer *gan__pass_first_bad(const gan__pass *pass)
{
    for (size_t i = 0; i < pass->desc.n_layers; i++) {
        const boundary *b = &pass->at[i + 1];
        const float *value = row_of(b->value, b, pass->first);

        if (i + 1 < pass->desc.n_layers && pass->at[i + 2].shared) continue;
        for (size_t j = 0; j < pass->rows * b->size; j++)
            if (!isfinite(value[j])) return layer_of(pass, i);
    }
    return NULL;
}

typedef struct sum_job {
    gan__pass *pass;
    const float *more;
} sum_job;

static void add_slice(void *context, size_t task, size_t worker)
{
    const sum_job *j = context;
    size_t part = task;
    stage *s = stage_of(j->pass, &part);
    size_t begin;
    size_t end;

    (void)worker;
    gan__pass_slice(j->pass, task, &begin, &end);
    gan__simd_best()->axpy(end - begin, 1, j->more + begin, j->pass->grads + begin);
    s->squares[part] = gan__simd_best()->sum_squares(end - begin, j->pass->grads + begin);
}

void gan__pass_add_grads(gan__pass *pass, gan_pool *pool, const float *more)
{
    sum_job j = {pass, more};

    gan__pool_run(pool, add_slice, &j, gan__pass_slices(pass));
}

void gan__pass_advance(gan__pass *pass)
{
    pass->position += pass->n_random;
}

uint64_t *gan__pass_position(gan__pass *pass)
{
    return &pass->position;
}

void gan__pass_settle(gan__pass *pass)
{
    const gan_network *net = pass->desc.net;

    for (size_t i = 0; i < pass->desc.n_layers; i++) {
        const tile all = {pass->first, pass->rows, 0, pass->at[i + 1].size, {NULL, NULL, NULL}};
        const gan__layer_run run = run_of(pass, i, &all, 0);

        if (run.layer->class->settle)
            run.layer->class->settle(&run, net->buffers + net->buffer_offsets[i]);
        if (run.layer->spectral)
            gan__spectral_settle(run.layer, pass->prepared + pass->prepared_at[i],
                                 net->buffers + net->buffer_offsets[i]);
    }
}
