/* pass_evaluate.c - running the host's samples through a network, tile by tile. */
#include "network/pass_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "math/pool_internal.h"

#include <string.h>

enum {
    EVAL_ROWS = 128,           /* the most rows of a tile */
    EVAL_WORTH_TWO = 16,       /* samples from which on there are at least two tiles */
    MAX_EVAL_VALUES = 1 << 22, /* in all activations of a tile */
};

/* Fewer rows where samples are so large that a tile would leave the cache. */
static size_t eval_tile_rows(const gan_network *net)
{
    size_t numbers = gan_shape_size(net->input);
    size_t rows = EVAL_ROWS;

    for (size_t i = 0; i < net->n_layers; i++)
        numbers = gan__size_add(numbers, gan_shape_size(net->layers[i].out));
    if (numbers > MAX_EVAL_VALUES / EVAL_ROWS) rows = MAX_EVAL_VALUES / numbers + 1;
    return gan__size_round_up(rows, net->together);
}

size_t gan__pass_eval_rows(const gan_network *net, const gan_pool *pool)
{
    return gan__size_mul(eval_tile_rows(net), gan_pool_thread_count(pool));
}

typedef struct evaluation {
    gan__pass *pass;
    const float *in;
    gan__labels labels;
    float *out;
    size_t n_samples;
    size_t in_size, out_size; /* values per sample */
    size_t tile_rows;         /* the most in a tile */
    size_t together;          /* rows of a group, which stay in one tile */
    size_t groups;            /* the last may be smaller */
    size_t tiles;
    size_t begin; /* the first tile of this round */
} evaluation;

/* The number of tiles that groups are divided into: none is empty, none larger than the memory
 * allows. */
static size_t tiles_of(const evaluation *e)
{
    const size_t most = e->tile_rows / e->together;
    const size_t tiles = e->groups / most + (e->groups % most > 0);

    return tiles == 1 && e->n_samples >= EVAL_WORTH_TWO && e->groups > 1 ? 2 : tiles;
}

/* Where the i-th tile begins. */
static size_t eval_row_of(const evaluation *e, size_t i)
{
    const size_t group = e->groups / e->tiles * i + e->groups % e->tiles * i / e->tiles;

    return i == e->tiles ? e->n_samples : group * e->together;
}

static void evaluate_tile(void *context, size_t task, size_t worker)
{
    const evaluation *e = context;
    const size_t index = e->begin + task;
    const size_t begin = eval_row_of(e, index);
    const size_t rows = eval_row_of(e, index + 1) - begin;
    const size_t first = worker * e->tile_rows;

    memcpy(gan__pass_input(e->pass, first), e->in + begin * e->in_size,
           rows * e->in_size * sizeof *e->in);
    gan__pass_forward_alone(e->pass, first, rows, worker, gan__labels_from(e->labels, begin));
    memcpy(e->out + begin * e->out_size, gan__pass_output(e->pass, first),
           rows * e->out_size * sizeof *e->out);
}

static gan_status evaluate(gan__pass *pass, gan_pool *pool, const float *in, gan__labels labels,
                           size_t n, float *out)
{
    gan_status status = GAN_OK;
    const gan__pass_desc *desc = gan__pass_desc_of(pass);
    const size_t together = desc->net->together;
    evaluation e = {.pass = pass,
                    .in = in,
                    .labels = labels,
                    .out = out,
                    .n_samples = n,
                    .in_size = gan_shape_size(desc->net->input),
                    .out_size = gan_shape_size(desc->net->layers[desc->n_layers - 1].out),
                    .tile_rows = eval_tile_rows(desc->net),
                    .together = together,
                    .groups = n / together + (n % together > 0)};
    gan__visit visit;

    GAN_TRY(gan__pool_enter(pool, &visit));
    e.tiles = tiles_of(&e);
    gan__pass_prepare(pass, pool, n);
    for (; e.begin < e.tiles; e.begin += GAN__POOL_MAX_TASKS) {
        const size_t left = e.tiles - e.begin;

        gan__pool_run(pool, evaluate_tile, &e,
                      left < GAN__POOL_MAX_TASKS ? left : GAN__POOL_MAX_TASKS);
    }
    gan__pool_leave(&visit);

cleanup:
    return status;
}

gan_status gan__pass_evaluate(gan__pass *pass, gan_pool *pool, const float *in, gan__labels labels,
                              size_t n, float *out)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__pass_enter(pass));
    status = evaluate(pass, pool, in, labels, n, out);
    gan__pass_leave(pass);

cleanup:
    return status;
}
