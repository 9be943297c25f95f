/* layer_linear.c - the fully connected layer. */
#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "layer/layer_internal.h"
#include "math/kernels_internal.h"

#include <math.h>
#include <string.h>

typedef struct linear_settings {
    size_t in, out;
} linear_settings;
GAN__LAYER_SETTINGS_OF(linear_settings)

static const gan__layer_setting settings[] = {
    GAN__SIZE("in", linear_settings, in, 1, INT32_MAX),
    GAN__SIZE("out", linear_settings, out, 1, INT32_MAX),
};

static size_t in_of(const gan_layer *layer)
{
    return linear_settings_of(layer).in;
}

static size_t out_of(const gan_layer *layer)
{
    return linear_settings_of(layer).out;
}

static gan_status check(const gan_layer *layer)
{
    const size_t in = in_of(layer), out = out_of(layer);

    if ((double)in * (double)out > INT32_MAX)
        return gan__fail(GAN_ERR_INVALID, "linear: %zu * %zu weights, at most %d expected", in, out,
                         INT32_MAX);
    return GAN_OK;
}

static gan_status shape(gan_layer *layer)
{
    const size_t in = in_of(layer);
    const size_t out = out_of(layer);

    if (gan_shape_size(layer->in) != in)
        return gan__fail(GAN_ERR_SHAPE, "needs %zu inputs, gets %zu", in,
                         gan_shape_size(layer->in));
    layer->out = gan_shape_1d(out);
    layer->params[0] = (gan__layer_param){"weight", gan_shape_2d(out, in)};
    layer->params[1] = (gan__layer_param){"bias", gan_shape_1d(out)};
    layer->n_params = 2;
    return GAN_OK;
}

static void init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                 uint64_t position)
{
    gan__layer_init_uniform(layer, 1.0 / sqrt((double)in_of(layer)), params, seed, stream,
                            position);
}

static double flops_of(const gan_layer *layer, size_t rows)
{
    if (out_of(layer) == 1) return gan__layer_read_flops(rows, in_of(layer));
    return 2.0 * (double)rows * (double)in_of(layer) * (double)out_of(layer);
}

static gan__cut forward_cut(const gan_layer *layer, size_t rows)
{
    return gan__layer_product_cut(flops_of(layer, rows), rows, out_of(layer));
}

/* With one output it is elementwise work on the inputs. */
static gan__cut backward_cut(const gan_layer *layer, size_t rows)
{
    if (out_of(layer) == 1) return gan__layer_cut(rows, in_of(layer));
    return gan__layer_product_cut(flops_of(layer, rows), rows, in_of(layer));
}

static size_t scratch(const gan_layer *layer)
{
    return gan__kernels_scratch(in_of(layer), out_of(layer));
}

/* With one output packing gains nothing: see gan__kernels_linear().  The bias lies behind. */
static size_t packed_size(const gan_layer *layer)
{
    const size_t in = in_of(layer), out = out_of(layer);

    return out > 1 ? gan__size_add(gan__kernels_packed_size(in, out), out) : 0;
}

static void pack(const gan_layer *layer, const float *params, float *packed)
{
    const size_t in = in_of(layer), out = out_of(layer);

    gan__kernels_pack(in, out, params, packed);
    memcpy(packed + gan__kernels_packed_size(in, out), params + in * out, out * sizeof *params);
}

static void forward(const gan__layer_run *run)
{
    const size_t in = in_of(run->layer), n = in - run->tail.width;
    const size_t out = out_of(run->layer);

    if (run->packed) {
        gan__kernels_linear_packed(run->rows, in, out, run->x, run->packed,
                                   run->packed + gan__kernels_packed_size(in, out), run->y);
        return;
    }
    gan__kernels_linear(run->by, run->rows, n, out, run->begin, run->end, run->x, run->params, in,
                        run->tangents > 0 ? NULL : run->params + in * out, run->y,
                        gan__layer_products_scratch(run));
    if (run->tail.width > 0 && run->tangents == 0) /* it has no tangent */
        gan__kernels_linear_add(run->by, run->rows, run->tail.width, out, run->begin, run->end,
                                run->tail.values, run->params + n, in, run->y,
                                gan__layer_products_scratch(run));
}

static void backward(const gan__layer_run *run)
{
    const size_t in = in_of(run->layer);

    gan__kernels_linear_input_grad(run->by, run->rows, in - run->tail.width, out_of(run->layer),
                                   run->begin, run->end, run->dy, run->params, in, run->dx,
                                   gan__layer_products_scratch(run));
}

/* ---- what an embedding has appended ----
 *
 * Samples of a class have the same tail, so that the sum of their gradients is enough.  A batch has
 * few of many classes: products have a row for each that it has, in the order of classes, and the
 * rest of the table only costs the zeros of its gradient.
 *
 *     labels of the samples    7   2   7   40
 *     classes                  2          7                40
 *     sums                     dy[1]      dy[0] + dy[2]    dy[3]
 *     rows                     table[2]   table[7]         table[40]  or their gradients */
typedef struct tail_classes {
    size_t n;
    uint32_t *list; /* ascending */
    float *sums;    /* of columns begin .. end-1 of dy */
    float *rows;
} tail_classes;

enum { WORD = 32 };

static size_t words_of(size_t classes)
{
    return (classes + WORD - 1) / WORD;
}

static size_t tail_scratch(const gan_layer *layer, size_t rows, size_t width, size_t classes)
{
    const size_t most = rows < classes ? rows : classes;

    return gan__size_add(gan__size_mul(most, out_of(layer) + width + 1), words_of(classes));
}

/* List the classes of the samples, each once and in order: `bits` is the set of them. */
static size_t list_classes(const gan__layer_run *run, uint32_t *bits, uint32_t *list)
{
    const size_t words = words_of(run->tail.classes);
    size_t n = 0;

    memset(bits, 0, words * sizeof *bits);
    for (size_t r = 0; r < run->rows - run->tangents; r++) {
        const size_t class = gan__layer_label(run, r).from;

        bits[class / WORD] |= (uint32_t)1 << class % WORD;
    }
    for (size_t w = 0; w < words; w++) {
        uint32_t class = (uint32_t)w * WORD;

        for (uint32_t left = bits[w]; left; left >>= 1, class++)
            if (left & 1) list[n++] = class;
    }
    return n;
}

/* The place of a class in the list, which has it. */
static size_t place_of(const tail_classes *t, size_t class)
{
    size_t low = 0, high = t->n;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (t->list[middle] <= class)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static tail_classes tail_classes_of(const gan__layer_run *run, size_t begin, size_t end)
{
    const size_t out = out_of(run->layer), n = end - begin, samples = run->rows - run->tangents;
    const size_t most = samples < run->tail.classes ? samples : run->tail.classes;
    tail_classes t = {.sums = run->scratch + scratch(run->layer)};

    t.rows = t.sums + most * n;
    t.list = (uint32_t *)(void *)(t.rows + most * run->tail.width);
    t.n = list_classes(run, t.list + most, t.list);
    memset(t.sums, 0, t.n * n * sizeof *t.sums);
    for (size_t r = 0; r < samples; r++)
        gan__simd_best()->axpy(n, 1, run->dy + r * out + begin,
                               t.sums + place_of(&t, gan__layer_label(run, r).from) * n);
    return t;
}

static void tail_grad(const gan__layer_run *run)
{
    const size_t in = in_of(run->layer), n = run->tail.width;
    const size_t out = out_of(run->layer);
    const tail_classes t = tail_classes_of(run, 0, out);

    gan__kernels_linear_input_grad(run->by, t.n, n, out, 0, n, t.sums, run->params + in - n, in,
                                   t.rows, gan__layer_products_scratch(run));
    memset(run->tail.grad, 0, run->tail.classes * n * sizeof *t.rows);
    for (size_t i = 0; i < t.n; i++)
        memcpy(run->tail.grad + t.list[i] * n, t.rows + i * n, n * sizeof *t.rows);
}

/* The gradient with respect to the weights of the tail, those of outputs begin .. end-1; `dw` is
 * the first. */
static void tail_weight_grad(const gan__layer_run *run, size_t begin, size_t end, float *dw)
{
    const size_t n = run->tail.width;
    const tail_classes t = tail_classes_of(run, begin, end);

    for (size_t i = 0; i < t.n; i++)
        memcpy(t.rows + i * n, run->tail.table + t.list[i] * n, n * sizeof *t.rows);
    gan__kernels_linear_weight_grad(run->by, t.n, n, end - begin, 0, end - begin, t.rows, t.sums,
                                    in_of(run->layer), dw, gan__layer_products_scratch(run));
}

/* ---- the gradient with respect to the weights ---- */

/* By outputs, so that no sum over the batch is split. */
static size_t grad_parts(const gan_layer *layer, size_t rows)
{
    return gan__layer_tiles(flops_of(layer, rows), out_of(layer));
}

enum { AT_ONCE = 128 }; /* columns of dy */

/* Add rows of n columns from i on to a shard's sum, or else to that of all. */
static void add_rows(const gan__layer_run *run, size_t i, size_t n, size_t row, size_t rows,
                     double *sums)
{
    const size_t out = out_of(run->layer);

    gan__simd_best()->column_sums(rows, n, out, run->dy + row * out + i, sums);
}

static void round_sums(size_t n, const double *sums, float *db)
{
    for (size_t j = 0; j < n; j++) db[j] = (float)sums[j];
}

/* As a tree of the shards' sums. */
static void sum_shards(const gan__layer_run *run, size_t i, size_t n, float *db)
{
    const gan__shard_rows *s = run->shards;
    float stack[GAN__TREE_SUMS * AT_ONCE];
    size_t row = 0;

    for (size_t j = 0; j < s->n; row = s->ends[j++]) {
        double sums[AT_ONCE] = {0};

        add_rows(run, i, n, row, s->ends[j] - row, sums);
        if (s->again > 0) add_rows(run, i, n, s->again + row, s->ends[j] - row, sums);
        round_sums(n, sums, gan__tree_at(stack, n, j));
        gan__tree_put(stack, n, j);
    }
    memcpy(db, stack, n * sizeof *db);
}

/* The bias's gradient. */
static void sum_columns(const gan__layer_run *run, size_t begin, size_t end, float *db)
{
    for (size_t i = begin; i < end; i += AT_ONCE) {
        const size_t n = end - i < AT_ONCE ? end - i : AT_ONCE;
        double sums[AT_ONCE] = {0};

        if (run->shards) {
            sum_shards(run, i, n, db + i);
            continue;
        }
        add_rows(run, i, n, 0, run->rows - run->tangents, sums);
        round_sums(n, sums, db + i);
    }
}

static double grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const size_t in = in_of(run->layer), n = in - run->tail.width;
    const size_t out = out_of(run->layer);
    const size_t begin = out * part / parts;
    const size_t end = out * (part + 1) / parts;
    const gan__simd *simd = gan__simd_best();
    float *db = grads + in * out;

    sum_columns(run, begin, end, db);
    if (run->shards)
        gan__kernels_linear_weight_grad_tree(run->shards, run->rows, n, out, begin, end, run->x,
                                             run->dy, in, grads, run->scratch);
    else
        gan__kernels_linear_weight_grad(run->by, run->rows, n, out, begin, end, run->x, run->dy, in,
                                        grads, gan__layer_products_scratch(run));
    if (run->tail.width > 0) tail_weight_grad(run, begin, end, grads + begin * in + n);
    if (run->shards) return 0; /* the sum over all ranks is measured */
    return simd->sum_squares((end - begin) * in, grads + begin * in) +
           simd->sum_squares(end - begin, db + begin);
}

const gan__layer_class gan__layer_linear = {
    .name = "linear",
    GAN__SETTINGS(linear_settings, settings),
    .product = 1,
    .linear = 1,
    .apart = 1,
    .check = check,
    .shape = shape,
    .init = init,
    .scratch = scratch,
    .packed_size = packed_size,
    .pack = pack,
    .forward = forward,
    .backward = backward,
    .forward_cut = forward_cut,
    .backward_cut = backward_cut,
    .grad_parts = grad_parts,
    .grad = grad,
    .tail_scratch = tail_scratch,
    .tail_grad = tail_grad,
};

gan_layer *gan_layer_linear(size_t in, size_t out)
{
    return gan__layer_create(&gan__layer_linear, &(linear_settings){in, out});
}
