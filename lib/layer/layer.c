/* layer.c - what all kinds of layer share. */
#include "layer/layer_internal.h"

#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TILES = 64 };

gan_status gan__layer_make(gan_layer **out, const gan__layer_class *class, const double *settings)
{
    gan_status status = GAN_OK;
    gan_layer layer = {.class = class};

    *out = NULL;
    if (class->n_settings > 0)
        memcpy(layer.settings, settings, class->n_settings * sizeof *settings);
    if (class->check) GAN_TRY(class->check(&layer));
    *out = malloc(sizeof **out);
    if (!*out)
        return gan__fail(GAN_ERR_NOMEM, "%s: out of memory: %zu bytes wanted", class->name,
                         sizeof **out);
    **out = layer;

cleanup:
    return status;
}

gan_layer *gan__layer_create(const gan__layer_class *class, const double *settings)
{
    gan_layer *out;

    (void)gan__layer_make(&out, class,
                          settings); /* the result says it, gan_last_error() says why */
    return out;
}

void gan_layer_destroy(gan_layer *layer)
{
    if (layer && layer->class->destroy) layer->class->destroy(layer);
    free(layer);
}

/* ---- settings that are a shape: its dimensions, ended by zeros ---- */

void gan__layer_set_shape(double *settings, gan_shape shape)
{
    const int good = gan_shape_size(shape) > 0; /* else zeros, which the check refuses */

    for (size_t i = 0; i < GAN_SHAPE_MAX_RANK; i++)
        settings[i] = good && i < shape.rank ? (double)shape.dim[i] : 0;
}

gan_shape gan__layer_shape_setting(const gan_layer *layer, size_t first)
{
    gan_shape shape = {0, {0, 0, 0, 0}};

    while (shape.rank < GAN_SHAPE_MAX_RANK && layer->settings[first + shape.rank] >= 1) {
        shape.dim[shape.rank] = (size_t)layer->settings[first + shape.rank];
        shape.rank++;
    }
    return shape;
}

gan_status gan__layer_check_shape(const gan_layer *layer, size_t first)
{
    gan_shape shape;
    int ended = 0;

    for (size_t i = 0; i < GAN_SHAPE_MAX_RANK; i++) {
        const double dim = layer->settings[first + i];

        if (!(dim >= 0 && dim <= INT32_MAX && dim == floor(dim)) || (ended && dim > 0))
            return gan__fail(GAN_ERR_INVALID, "%s: dimension %zu is %g", layer->class->name, i,
                             dim);
        ended = dim == 0;
    }
    shape = gan__layer_shape_setting(layer, first);
    if (gan_shape_size(shape) == 0)
        return gan__fail(GAN_ERR_INVALID, "%s: %s is no shape of 1 to %d numbers",
                         layer->class->name, gan__shape_text_of(shape).text, INT32_MAX);
    return GAN_OK;
}

/* ---- what a layer has ---- */

int gan__layer_same(const gan_layer *a, const gan_layer *b)
{
    return a->class == b->class && a->spectral == b->spectral && gan_shape_equal(a->in, b->in) &&
           gan_shape_equal(a->out, b->out) && a->n_classes == b->n_classes &&
           a->value_from == b->value_from &&
           memcmp(a->settings, b->settings, sizeof a->settings) == 0;
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

gan_status gan__layer_check_whole(const gan_layer *layer, size_t i, const char *what, size_t least)
{
    const double v = layer->settings[i];

    if (!(v >= (double)least && v <= INT32_MAX && v == floor(v)))
        return gan__fail(GAN_ERR_INVALID, "%s: %s of %zu to %d wanted, got %g", layer->class->name,
                         what, least, INT32_MAX, v);
    return GAN_OK;
}

gan_status gan__layer_read_pair(double settings[2], const size_t pair[2], const double usual[2],
                                const gan__layer_class *class, const char *what)
{
    const int given = pair[0] > 0 || pair[1] > 0;

    if (given && (pair[0] == 0 || pair[1] == 0))
        return gan__fail(GAN_ERR_INVALID,
                         "%s: %s is {%zu, %zu}: height and width expected, both of them or neither; "
                         "GAN_BOTH(%zu) is {%zu, %zu}",
                         class->name, what, pair[0], pair[1], pair[0] + pair[1], pair[0] + pair[1],
                         pair[0] + pair[1]);
    for (size_t i = 0; i < 2; i++) settings[i] = given ? (double)pair[i] : usual[i];
    return GAN_OK;
}

void gan__layer_read_padding(double settings[2], const size_t pair[2])
{
    for (size_t i = 0; i < 2; i++) settings[i] = pair[i] == GAN_PADDING_NONE ? 0 : (double)pair[i];
}

/* A product of so many operations is worth two tiles, and more when each has so many; smaller ones
 * waste time on copying their matrices. */
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
    const double time_of_a_number = 32; /* in operations of a product */

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
