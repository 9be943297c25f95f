/* layer.c - what all kinds of layer share. */
#include "layer/layer_internal.h"

#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/rng_internal.h"

#include <stdlib.h>

enum { MAX_TILES = 64 };

void gan_layer_destroy(gan_layer *layer)
{
    if (layer && layer->class->destroy) layer->class->destroy(layer);
    free(layer);
}

/* ---- what a layer has ---- */

int gan__layer_same(const gan_layer *a, const gan_layer *b)
{
    return a->class == b->class && a->spectral == b->spectral && gan_shape_equal(a->in, b->in) &&
           gan_shape_equal(a->out, b->out) && a->n_classes == b->n_classes &&
           a->value_from == b->value_from && gan__layer_same_settings(a, b);
}

static size_t count(const gan__layer_param *blocks, size_t n_blocks)
{
    size_t n = 0;

    for (size_t i = 0; i < n_blocks; i++) n += gan_shape_size(blocks[i].shape);
    return n;
}

size_t gan__layer_param_count(const gan_layer *layer)
{
    return count(layer->params, layer->n_params);
}

size_t gan__layer_buffer_count(const gan_layer *layer)
{
    return count(layer->buffers, layer->n_buffers);
}

gan_status gan__layer_keep_shape(gan_layer *layer)
{
    layer->out = layer->in;
    return GAN_OK;
}

gan_status gan__layer_check_image(const gan_layer *layer)
{
    if (layer->in.rank != 3)
        return gan__fail(GAN_ERR_SHAPE, "needs an image [channels, height, width], gets %s",
                         gan__shape_text_of(layer->in).text);
    return GAN_OK;
}

/* From WORTH_TWO operations on, a product is cut into two tiles, and into more as long as each
 * keeps TILE_FLOPS; smaller tiles would spend their time copying matrices. */
enum { WORTH_TWO = 1 << 20, TILE_FLOPS = 1 << 29, LEAST_TILE = 32 };

gan__cut gan__layer_cut(size_t rows, size_t columns)
{
    const size_t worth_a_tile = 1 << 14; /* numbers */
    size_t tiles = rows * columns / worth_a_tile;

    if (tiles > MAX_TILES) tiles = MAX_TILES;
    if (tiles > rows) tiles = rows;
    return (gan__cut){tiles > 0 ? tiles : 1, 1, 0};
}

size_t gan__layer_tiles(double flops, size_t side)
{
    size_t tiles = flops < (double)WORTH_TWO ? 1 : 2;

    while (tiles < MAX_TILES && flops >= 2.0 * (double)tiles * (double)TILE_FLOPS) tiles *= 2;
    if (tiles > side / LEAST_TILE) tiles = side / LEAST_TILE;
    return tiles > 0 ? tiles : 1;
}

double gan__layer_read_flops(size_t rows, size_t columns)
{
    const double time_of_a_number = 32; /* as operations of a product */

    return time_of_a_number * (double)rows * (double)columns;
}

/* Along the longer side of the result where that is the columns: the small matrix of samples is
 * then packed for every tile, and not the large one of weights. */
gan__cut gan__layer_product_cut(double flops, size_t rows, size_t columns)
{
    return rows > 2 * columns ? (gan__cut){gan__layer_tiles(flops, rows), 1, 0}
                              : (gan__cut){1, gan__layer_tiles(flops, columns), 0};
}

void gan__layer_init_uniform(const gan_layer *layer, double bound, float *params, uint64_t seed,
                             uint64_t stream, uint64_t position)
{
    const size_t n = gan__layer_param_count(layer);

    gan__rng_uniform(seed, stream, position, n, params);
    for (size_t i = 0; i < n; i++) params[i] = (2.0f * params[i] - 1.0f) * (float)bound;
}

void gan__layer_for_stretches(const gan__layer_run *run,
                              void (*each)(const gan__layer_run *run, size_t at, size_t n))
{
    const size_t width = gan_shape_size(run->layer->out);

    if (run->end - run->begin == width) {
        each(run, 0, run->rows * width);
        return;
    }
    for (size_t r = 0; r < run->rows; r++) each(run, r * width + run->begin, run->end - run->begin);
}
