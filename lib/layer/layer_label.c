/* layer_label.c - layers that look at a sample's label.
 *
 * Each has a table with a row for every class.  All are linear in the sample, the label being
 * given, so they have second derivatives; and in the table, so a sample may lie between classes. */
#include "base/alloc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_internal.h"
#include "math/kernels_internal.h"
#include "math/rng_internal.h"

#include <math.h>
#include <string.h>

/* ---- what they share ---- */

gan__mix gan__layer_label(const gan__layer_run *run, size_t r)
{
    const size_t samples = run->rows - run->tangents;
    const size_t i = r < samples ? r : r - samples;
    const gan__labels *l = &run->labels;
    const float way = l->way ? l->way[i] : 0;
    const size_t from = gan__label_at(way == 1 ? l->to : l->of, i);

    if (way == 0 || way == 1) return (gan__mix){from, from, 0};
    return (gan__mix){from, gan__label_at(l->to, i), way};
}

/* The row of a table, n numbers, that belongs to a class; one between two is made in `room`. */
static const float *row_at(const float *table, size_t n, gan__mix at, float *room)
{
    if (at.way == 0) return table + at.from * n;
    gan__simd_best()->scale(n, 1 - at.way, table + at.from * n, room);
    gan__simd_best()->axpy(n, at.way, table + at.to * n, room);
    return room;
}

static size_t size_in(const gan_layer *layer)
{
    return gan_shape_size(layer->in);
}

static size_t size_out(const gan_layer *layer)
{
    return gan_shape_size(layer->out);
}

typedef struct label_settings {
    size_t classes;
    size_t width; /* of what is appended, or of the input; not one_hot's */
} label_settings;
GAN__LAYER_SETTINGS_OF(label_settings)

static size_t classes_of(const gan_layer *layer)
{
    return label_settings_of(layer).classes;
}

static size_t width_of(const gan_layer *layer)
{
    return label_settings_of(layer).width;
}

#define CLASSES GAN__SIZE("num_classes", label_settings, classes, 1, GAN__MOST_CLASSES)
#define WIDTH(name) GAN__SIZE(name, label_settings, width, 1, INT32_MAX)

static gan_status check_size(gan_shape shape, const char *what)
{
    if (gan_shape_size(shape) > 0) return GAN_OK;
    return gan__fail(GAN_ERR_SHAPE, "%s of %s has more than %d numbers", what,
                     gan__shape_text_of(shape).text, INT32_MAX);
}

static gan_status add_table(gan_layer *layer, const char *name, gan_shape shape)
{
    layer->params[layer->n_params++] = (gan__layer_param){name, shape};
    return check_size(shape, name);
}

/* ---- appending: y = [x, the class's row] ---- */

/* The shape of a sample with `more` numbers appended; an image for convolutions stays one. */
static gan_status lengthen(gan_layer *layer, size_t more)
{
    const gan_shape in = layer->in;
    const int pixel = in.rank == 3 && in.dim[1] == 1 && in.dim[2] == 1;
    const size_t n = size_in(layer) + more;

    layer->out = pixel ? gan_shape_3d(n, 1, 1) : gan_shape_1d(n);
    layer->n_classes = classes_of(layer);
    return check_size(layer->out, "an output");
}

/* The same for channels of an image. */
static gan_status add_channels(gan_layer *layer, size_t more)
{
    const gan_shape in = layer->in;

    layer->out = gan_shape_3d(in.dim[0] + more, in.dim[1], in.dim[2]);
    layer->n_classes = classes_of(layer);
    return check_size(layer->out, "an output");
}

/* Write what is appended to the sample of a class. */
typedef void appended_fn(const gan__layer_run *run, gan__mix at, float *out);

/* Tangents get zeros: what is appended does not change with x. */
static void append(const gan__layer_run *run, appended_fn *appended)
{
    const size_t in = size_in(run->layer), out = size_out(run->layer);

    for (size_t r = 0; r < run->rows; r++) {
        float *y = run->y + r * out;

        memcpy(y, run->x + r * in, in * sizeof *y);
        if (run->tangents > 0)
            memset(y + in, 0, (out - in) * sizeof *y);
        else
            appended(run, gan__layer_label(run, r), y + in);
    }
}

static void append_backward(const gan__layer_run *run)
{
    const size_t in = size_in(run->layer), out = size_out(run->layer);

    gan__simd_best()->copy_rows(run->rows, in, run->dy, out, run->dx, in);
}

/* ---- from a table: label_embedding and label_map ---- */

static void table_init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                       uint64_t position)
{
    gan__rng_normal(seed, stream, position, gan__layer_param_count(layer), params);
}

static void table_row(const gan__layer_run *run, gan__mix at, float *out)
{
    const size_t n = size_out(run->layer) - size_in(run->layer);
    const float *row = row_at(run->params, n, at, out);

    if (row != out) memcpy(out, row, n * sizeof *out);
}

/* A tail in memory of its own belongs to samples only: tangents have none. */
static void table_forward(const gan__layer_run *run)
{
    const size_t n = run->tail.width;

    if (n == 0) append(run, table_row);
    for (size_t r = 0; n > 0 && r < run->rows - run->tangents; r++)
        table_row(run, gan__layer_label(run, r), run->tail.values + r * n);
}

/* It is small work: a row of the table for each sample. */
static size_t table_grad_parts(const gan_layer *layer, size_t rows)
{
    (void)layer, (void)rows;
    return 1;
}

static double table_grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const size_t in = size_in(run->layer), out = size_out(run->layer), n = out - in;
    const size_t all = gan__layer_param_count(run->layer);
    const gan__simd *simd = gan__simd_best();

    (void)part, (void)parts;
    if (run->tail.width > 0) return simd->sum_squares(all, grads); /* the next layer made it */
    memset(grads, 0, all * sizeof *grads);
    for (size_t r = 0; r < run->rows - run->tangents; r++)
        simd->axpy(n, 1, run->dy + r * out + in, grads + gan__layer_label(run, r).from * n);
    return simd->sum_squares(all, grads);
}

static const gan__layer_setting embedding_settings[] = {CLASSES, WIDTH("embedding_dim")};

static gan_status embedding_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const size_t n = width_of(layer);

    GAN_TRY(lengthen(layer, n));
    GAN_TRY(add_table(layer, "weight", gan_shape_2d(layer->n_classes, n)));

cleanup:
    return status;
}

const gan__layer_class gan__layer_label_embedding = {
    .name = "label_embedding",
    GAN__SETTINGS(label_settings, embedding_settings),
    .linear = 1,
    .shape = embedding_shape,
    .init = table_init,
    .appends = 1,
    .forward = table_forward,
    .backward = append_backward,
    .grad_parts = table_grad_parts,
    .grad = table_grad,
};

gan_layer *gan_layer_label_embedding(size_t num_classes, size_t embedding_dim)
{
    return gan__layer_create(&gan__layer_label_embedding,
                             &(label_settings){num_classes, embedding_dim});
}

static const gan__layer_setting map_settings[] = {CLASSES, WIDTH("num_maps")};

static gan_status map_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const size_t maps = width_of(layer);
    const size_t *in = layer->in.dim;

    GAN_TRY(gan__layer_check_image(layer));
    GAN_TRY(add_channels(layer, maps));
    GAN_TRY(add_table(layer, "weight", (gan_shape){4, {layer->n_classes, maps, in[1], in[2]}}));

cleanup:
    return status;
}

const gan__layer_class gan__layer_label_map = {
    .name = "label_map",
    GAN__SETTINGS(label_settings, map_settings),
    .linear = 1,
    .shape = map_shape,
    .init = table_init,
    .forward = table_forward,
    .backward = append_backward,
    .grad_parts = table_grad_parts,
    .grad = table_grad,
};

gan_layer *gan_layer_label_map(size_t num_classes, size_t num_maps)
{
    return gan__layer_create(&gan__layer_label_map, &(label_settings){num_classes, num_maps});
}

/* ---- one_hot, whose table would be the unit matrix ---- */

static const gan__layer_setting one_hot_settings[] = {CLASSES};

static gan_status one_hot_shape(gan_layer *layer)
{
    const size_t n = classes_of(layer);

    return layer->in.rank == 3 ? add_channels(layer, n) : lengthen(layer, n);
}

static void one_hot_row(const gan__layer_run *run, gan__mix at, float *out)
{
    const size_t n = size_out(run->layer) - size_in(run->layer);
    const size_t area = n / run->layer->n_classes;

    memset(out, 0, n * sizeof *out);
    for (size_t i = 0; i < area; i++) {
        out[at.from * area + i] += 1 - at.way;
        out[at.to * area + i] += at.way;
    }
}

static void one_hot_forward(const gan__layer_run *run)
{
    append(run, one_hot_row);
}

const gan__layer_class gan__layer_one_hot = {
    .name = "one_hot",
    GAN__SETTINGS(label_settings, one_hot_settings),
    .linear = 1,
    .shape = one_hot_shape,
    .forward = one_hot_forward,
    .backward = append_backward,
};

gan_layer *gan_layer_one_hot(size_t num_classes)
{
    return gan__layer_create(&gan__layer_one_hot, &(label_settings){num_classes, 0});
}

/* ---- class_affine: a table of factors and one of terms ---- */

static const gan__layer_setting affine_settings[] = {WIDTH("num_features"), CLASSES};

static gan_status affine_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const size_t n = width_of(layer);

    if (layer->in.dim[0] != n)
        return gan__fail(GAN_ERR_SHAPE, "needs %zu channels, gets %s", n,
                         gan__shape_text_of(layer->in).text);
    layer->out = layer->in;
    layer->n_classes = classes_of(layer);
    GAN_TRY(add_table(layer, "weight", gan_shape_2d(layer->n_classes, n)));
    GAN_TRY(add_table(layer, "bias", gan_shape_2d(layer->n_classes, n)));

cleanup:
    return status;
}

static void affine_init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                        uint64_t position)
{
    const size_t n = gan__layer_param_count(layer);

    (void)seed, (void)stream, (void)position; /* nothing is drawn */
    for (size_t i = 0; i < n; i++) params[i] = i < n / 2 ? 1 : 0;
}

/* For two rows of the tables, or as many ones as a channel has numbers. */
static size_t affine_scratch(const gan_layer *layer)
{
    const size_t n = width_of(layer), area = size_in(layer) / n;

    return gan__size_mul(2, n) > area ? gan__size_mul(2, n) : area;
}

/* y = a x for each channel of each row, and with `terms` + b. */
static void scale_channels(const gan__layer_run *run, int terms, const float *x, float *y)
{
    const size_t n = width_of(run->layer), area = size_in(run->layer) / n;
    const float *table = run->params, *other = table + n * run->layer->n_classes;
    const gan__simd *simd = gan__simd_best();

    for (size_t r = 0; r < run->rows; r++) {
        const gan__mix at = gan__layer_label(run, r);
        const float *a = row_at(table, n, at, run->scratch);
        const float *b = row_at(other, n, at, run->scratch + n);

        for (size_t c = 0; c < n; c++, x += area, y += area) {
            simd->scale(area, a[c], x, y);
            if (terms) simd->shift_rows(1, area, y, area, b[c], y, area);
        }
    }
}

static void affine_forward(const gan__layer_run *run)
{
    scale_channels(run, run->tangents == 0, run->x, run->y);
}

static void affine_backward(const gan__layer_run *run)
{
    scale_channels(run, 0, run->dy, run->dx);
}

/* A part is some channels, which lie side by side in a row; many, as the next row is far away. */
static size_t affine_grad_parts(const gan_layer *layer, size_t rows)
{
    const size_t tiles = gan__layer_cut(rows, size_in(layer)).rows / 8 + 1;

    return tiles < width_of(layer) ? tiles : width_of(layer);
}

/* By channels, so that no sum is split. */
static double affine_grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const size_t n = width_of(run->layer), area = size_in(run->layer) / n;
    const size_t begin = n * part / parts, end = n * (part + 1) / parts;
    const size_t n_classes = run->layer->n_classes;
    const gan__simd *simd = gan__simd_best();
    float *ones = run->scratch;
    double squares = 0;

    for (size_t i = 0; i < area; i++) ones[i] = 1;
    for (size_t k = 0; k < 2 * n_classes; k++)
        memset(grads + k * n + begin, 0, (end - begin) * sizeof *grads);
    for (size_t r = 0; r < run->rows; r++) {
        float *a = grads + gan__layer_label(run, r).from * n, *b = a + n_classes * n;

        for (size_t c = begin; c < end; c++) {
            const size_t at = (r * n + c) * area;

            a[c] += simd->dot(area, run->x + at, run->dy + at);
            if (r < run->rows - run->tangents) b[c] += simd->dot(area, ones, run->dy + at);
        }
    }
    for (size_t k = 0; k < 2 * n_classes; k++)
        squares += simd->sum_squares(end - begin, grads + k * n + begin);
    return squares;
}

const gan__layer_class gan__layer_class_affine = {
    .name = "class_affine",
    GAN__SETTINGS(label_settings, affine_settings),
    .linear = 1,
    .shape = affine_shape,
    .init = affine_init,
    .scratch = affine_scratch,
    .forward = affine_forward,
    .backward = affine_backward,
    .grad_parts = affine_grad_parts,
    .grad = affine_grad,
};

gan_layer *gan_layer_class_affine(size_t num_features, size_t num_classes)
{
    return gan__layer_create(&gan__layer_class_affine,
                             &(label_settings){num_classes, num_features});
}

/* ---- projection: weight, bias, embedding ---- */

static const gan__layer_setting projection_settings[] = {WIDTH("in"), CLASSES};

static gan_status projection_shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const size_t in = width_of(layer);

    if (size_in(layer) != in)
        return gan__fail(GAN_ERR_SHAPE, "needs %zu inputs, gets %zu", in, size_in(layer));
    layer->out = gan_shape_1d(1);
    layer->n_classes = classes_of(layer);
    GAN_TRY(add_table(layer, "weight", gan_shape_2d(1, in)));
    GAN_TRY(add_table(layer, "bias", gan_shape_1d(1)));
    GAN_TRY(add_table(layer, "embedding.weight", gan_shape_2d(layer->n_classes, in)));

cleanup:
    return status;
}

static void projection_init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                            uint64_t position)
{
    const size_t n = width_of(layer) + 1;
    const float bound = (float)(1 / sqrt((double)width_of(layer)));

    gan__rng_uniform(seed, stream, position, n, params);
    for (size_t i = 0; i < n; i++) params[i] = (2 * params[i] - 1) * bound;
    gan__rng_normal(seed, stream, position + n, layer->n_classes * width_of(layer), params + n);
}

static gan__cut projection_forward_cut(const gan_layer *layer, size_t rows)
{
    return (gan__cut){gan__layer_tiles(gan__layer_read_flops(rows, width_of(layer)), rows), 1, 0};
}

static void projection_forward(const gan__layer_run *run)
{
    const size_t in = width_of(run->layer);
    const float *table = run->params + in + 1;
    const float bias = run->tangents > 0 ? 0 : run->params[in];
    const gan__simd *simd = gan__simd_best();

    for (size_t r = 0; r < run->rows; r++) {
        const float *x = run->x + r * in;
        const float *row = row_at(table, in, gan__layer_label(run, r), run->scratch);

        run->y[r] = simd->dot(in, run->params, x) + simd->dot(in, row, x) + bias;
    }
}

static void projection_backward(const gan__layer_run *run)
{
    enum { BLOCK = 1024 }; /* columns: those of all three tables stay in the L1 cache */
    const size_t in = width_of(run->layer);
    const float *table = run->params + in + 1;
    const gan__simd *simd = gan__simd_best();

    for (size_t r = 0; r < run->rows; r++) {
        const float *row = table + gan__layer_label(run, r).from * in;

        for (size_t i = 0; i < in; i += BLOCK) {
            const size_t n = in - i < BLOCK ? in - i : BLOCK;

            simd->scale(n, run->dy[r], run->params + i, run->dx + r * in + i);
            simd->axpy(n, run->dy[r], row + i, run->dx + r * in + i);
        }
    }
}

static size_t projection_grad_parts(const gan_layer *layer, size_t rows)
{
    return gan__layer_tiles(4.0 * (double)rows * (double)width_of(layer), width_of(layer));
}

/* In double: with a hinge loss it is often 0, and Adam would make a step of its rounding. */
static double sum_of(size_t n, const float *x)
{
    double sum[4] = {0};

    for (size_t i = 0; i < n; i++) sum[i % 4] += (double)x[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* By inputs, so that no sum over the batch is split. */
static double projection_grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const size_t in = width_of(run->layer), n_classes = run->layer->n_classes;
    const size_t begin = in * part / parts, n = in * (part + 1) / parts - begin;
    const gan__simd *simd = gan__simd_best();
    float *weight = grads + begin, *table = grads + in + 1 + begin;
    double squares = 0;

    memset(weight, 0, n * sizeof *weight);
    for (size_t k = 0; k < n_classes; k++) memset(table + k * in, 0, n * sizeof *table);
    for (size_t r = 0; r < run->rows; r++) {
        const float *x = run->x + r * in + begin;

        simd->axpy(n, run->dy[r], x, weight);
        simd->axpy(n, run->dy[r], x, table + gan__layer_label(run, r).from * in);
    }
    if (part == 0) {
        grads[in] = (float)sum_of(run->rows - run->tangents, run->dy);
        squares = (double)grads[in] * (double)grads[in];
    }
    squares += simd->sum_squares(n, weight);
    for (size_t k = 0; k < n_classes; k++) squares += simd->sum_squares(n, table + k * in);
    return squares;
}

const gan__layer_class gan__layer_projection = {
    .name = "projection",
    GAN__SETTINGS(label_settings, projection_settings),
    .linear = 1,
    .shape = projection_shape,
    .init = projection_init,
    .scratch = width_of,
    .forward = projection_forward,
    .backward = projection_backward,
    .forward_cut = projection_forward_cut,
    .grad_parts = projection_grad_parts,
    .grad = projection_grad,
};

gan_layer *gan_layer_projection(size_t in, size_t num_classes)
{
    return gan__layer_create(&gan__layer_projection, &(label_settings){num_classes, in});
}
