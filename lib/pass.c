/* pass.c - activations and gradients of a batch.
 *
 * Boundary i lies between layer i-1 and layer i: boundary 0 is the input, boundary n_layers the output.
 * Layers that work in place have the same memory on both sides; the first never does, because
 * its input may be another pass's output, which is still needed. */
#include "pass_internal.h"

#include "alloc_internal.h"
#include "kernels_internal.h"
#include "pool_internal.h"
#include "status_internal.h"

#include <string.h>

enum {
    TILE_ROWS = 128, /* the most rows in a tile */
    WORTH_TWO = 16,  /* from so many rows on, a batch is at least two tiles */
    MAX_TILE_NUMBERS = 1 << 22, /* in all activations of a tile in evaluation */
};

typedef struct boundary {
    size_t size;  /* numbers a row */
    float *value; /* row 0; rows follow one another */
    float *grad;
} boundary;

typedef struct part {
    size_t layer;
    size_t index; /* among the layer's own parts */
    double squares;
} part;

struct gan__pass {
    gan_allocator allocator;
    gan__pass_desc desc;
    boundary *at; /* n_layers + 1 */
    float *memory;
    float *grads;
    part *parts;
    size_t n_parts;
    uint64_t position;
    uint64_t *random; /* where each layer's random numbers begin, after `position` */
    uint64_t n_random;
};

/* ---- making one ---- */

static const gan_layer *layer_of(const gan__pass *pass, size_t i)
{
    return &pass->desc.net->layers[i];
}

static int shares_memory(const gan__pass *pass, size_t i)
{
    return i > 0 && layer_of(pass, i)->class->in_place;
}

/* Lay the boundaries out in `memory`, or only count when it is NULL; return how many numbers it takes. */
static size_t lay_out(gan__pass *pass, float *memory)
{
    const size_t rows = pass->desc.rows;
    const size_t copies = pass->desc.training ? 2 : 1;
    size_t used = 0;

    for (size_t i = 0; i <= pass->desc.n_layers; i++) {
        boundary *b = &pass->at[i];
        const size_t n = rows * b->size;
        const size_t step = (n + 15) / 16 * 16; /* each block on a cache line of its own */

        if (i == 0 && pass->desc.source) continue;
        if (i > 0 && shares_memory(pass, i - 1)) {
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

static void set_sizes(gan__pass *pass)
{
    const gan_network *net = pass->desc.net;
    const gan__pass *source = pass->desc.source;

    pass->at[0].size = gan_shape_size(net->input);
    for (size_t i = 0; i < pass->desc.n_layers; i++) {
        pass->at[i + 1].size = gan_shape_size(net->layers[i].out);
        pass->random[i] = pass->n_random;
        if (net->layers[i].class->random) pass->n_random += pass->desc.rows * pass->at[i + 1].size;
    }
    if (source) {
        pass->at[0].value = source->at[source->desc.n_layers].value;
        pass->at[0].grad = source->at[source->desc.n_layers].grad;
    }
}

static size_t parts_of(const gan_layer *layer)
{
    return layer->class->grad_parts ? layer->class->grad_parts(layer) : 0;
}

static gan_status make_parts(gan__pass *pass)
{
    gan_status status = GAN_OK;
    size_t n = 0;

    for (size_t i = 0; i < pass->desc.n_layers; i++) n += parts_of(layer_of(pass, i));
    GAN_TRY(gan__alloc(&pass->parts, &pass->allocator, n, sizeof *pass->parts));
    for (size_t i = 0; i < pass->desc.n_layers; i++)
        for (size_t j = 0; j < parts_of(layer_of(pass, i)); j++) pass->parts[pass->n_parts++] = (part){i, j, 0};
    GAN_TRY(gan__alloc(&pass->grads, &pass->allocator, pass->desc.net->n_params, sizeof *pass->grads));

cleanup:
    return status;
}

gan_status gan__pass_create(gan__pass **out, const gan__pass_desc *desc, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan__pass *pass = NULL;

    *out = NULL;
    GAN_TRY(gan__alloc(&pass, allocator, 1, sizeof *pass));
    pass->allocator = *allocator;
    pass->desc = *desc;
    GAN_TRY(gan__alloc(&pass->at, allocator, desc->n_layers + 1, sizeof *pass->at));
    GAN_TRY(gan__alloc(&pass->random, allocator, desc->n_layers, sizeof *pass->random));
    set_sizes(pass);
    GAN_TRY(gan__alloc(&pass->memory, allocator, lay_out(pass, NULL), sizeof *pass->memory));
    lay_out(pass, pass->memory);
    if (desc->training) GAN_TRY(make_parts(pass));
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
    gan__free(&a, pass->parts);
    gan__free(&a, pass->memory);
    gan__free(&a, pass->random);
    gan__free(&a, pass->at);
    gan__free(&a, pass);
}

/* ---- running it ---- */

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

/* Layer i's work on some rows, as its class wants to see it. */
static gan__layer_run run_of(const gan__pass *pass, size_t i, size_t first, size_t rows)
{
    const boundary *in = &pass->at[i];
    const boundary *out = &pass->at[i + 1];

    return (gan__layer_run){
        .layer = layer_of(pass, i),
        .rows = rows,
        .params = pass->desc.net->params + pass->desc.net->offsets[i],
        .x = row_of(in->value, in, first),
        .y = row_of(out->value, out, first),
        .dx = row_of(in->grad, in, first),
        .dy = row_of(out->grad, out, first),
        .training = pass->desc.training,
        .seed = pass->desc.seed,
        .stream = pass->desc.stream,
        .position = pass->position + pass->random[i] + first * out->size,
    };
}

void gan__pass_forward(gan__pass *pass, size_t first, size_t rows)
{
    for (size_t i = 0; i < pass->desc.n_layers; i++) {
        const gan__layer_run run = run_of(pass, i, first, rows);

        run.layer->class->forward(&run);
    }
}

void gan__pass_backward(gan__pass *pass, size_t first, size_t rows, int want_input)
{
    for (size_t i = pass->desc.n_layers; i-- > 0;) {
        const gan__layer_run run = run_of(pass, i, first, rows);

        if (i == 0 && !want_input) return;
        run.layer->class->backward(&run);
    }
}

size_t gan__pass_grad_parts(const gan__pass *pass)
{
    return pass->n_parts;
}

void gan__pass_grad_part(gan__pass *pass, size_t rows, size_t index)
{
    part *p = &pass->parts[index];
    const gan__layer_run run = run_of(pass, p->layer, 0, rows);

    p->squares = run.layer->class->grad(&run, p->index, pass->grads + pass->desc.net->offsets[p->layer]);
}

const float *gan__pass_grads(const gan__pass *pass)
{
    return pass->grads;
}

double gan__pass_grad_squares(const gan__pass *pass)
{
    double sum = 0;

    for (size_t i = 0; i < pass->n_parts; i++) sum += pass->parts[i].squares;
    return sum;
}

uint64_t gan__pass_position(const gan__pass *pass)
{
    return pass->position;
}

void gan__pass_seek(gan__pass *pass, uint64_t position)
{
    pass->position = position;
}

void gan__pass_advance(gan__pass *pass)
{
    pass->position += pass->n_random;
}

/* ---- the cut ---- */

static size_t tiles_of(size_t rows, size_t most)
{
    const size_t tiles = (rows + most - 1) / most;

    return tiles == 1 && rows >= WORTH_TWO ? 2 : tiles;
}

size_t gan__pass_tiles(size_t rows)
{
    return tiles_of(rows, TILE_ROWS);
}

/* Rows of a tile in evaluation: fewer where samples are so large that a tile would leave the cache. */
static size_t eval_tile_rows(const gan_network *net)
{
    size_t numbers = gan_shape_size(net->input);

    for (size_t i = 0; i < net->n_layers; i++) numbers += gan_shape_size(net->layers[i].out);
    return numbers < MAX_TILE_NUMBERS / TILE_ROWS ? TILE_ROWS : MAX_TILE_NUMBERS / numbers + 1;
}

size_t gan__pass_eval_rows(const gan_network *net, const gan_pool *pool)
{
    return eval_tile_rows(net) * gan_pool_thread_count(pool);
}

typedef struct evaluation {
    gan__pass *pass;
    const float *in;
    float *out;
    size_t n;
    size_t tile_rows; /* the most in a tile */
    size_t tiles;
    size_t begin; /* the first tile of this round */
} evaluation;

static void evaluate_tile(void *context, size_t task, size_t worker)
{
    const evaluation *e = context;
    gan__pass *pass = e->pass;
    const size_t tile = e->begin + task;
    const size_t begin = e->n * tile / e->tiles;
    const size_t rows = e->n * (tile + 1) / e->tiles - begin;
    const size_t first = worker * e->tile_rows;
    const boundary *in = &pass->at[0];
    const boundary *out = &pass->at[pass->desc.n_layers];

    memcpy(row_of(in->value, in, first), e->in + begin * in->size, rows * in->size * sizeof *e->in);
    gan__pass_forward(pass, first, rows);
    memcpy(e->out + begin * out->size, row_of(out->value, out, first), rows * out->size * sizeof *e->out);
}

void gan__pass_evaluate(gan__pass *pass, gan_pool *pool, const float *in, size_t n, float *out)
{
    const size_t tile_rows = eval_tile_rows(pass->desc.net);
    evaluation e = {pass, in, out, n, tile_rows, tiles_of(n, tile_rows), 0};

    gan__blas_enter();
    for (; e.begin < e.tiles; e.begin += GAN__POOL_MAX_TASKS) {
        const size_t left = e.tiles - e.begin;

        gan__pool_run(pool, evaluate_tile, &e, left < GAN__POOL_MAX_TASKS ? left : GAN__POOL_MAX_TASKS);
    }
    gan__blas_leave();
}
