/* export_onnx_fold.c - batch normalisations as part of the products before them.
 *
 *     y = (W x + b - mean) s + shift = (s W) x + (b - mean) s + shift,  s = scale / sqrt(var + eps)
 *
 * There is an s for each output, so each row of W has its own.  Computed in double precision. */
#include "base/alloc_internal.h"
#include "base/tensor_internal.h"
#include "export/export_onnx_internal.h"

#include <math.h>
#include <string.h>

static size_t weight_count(const gan__export_step *product)
{
    return gan_shape_size(product->layer->params[0].shape);
}

static size_t channel_count(const gan__export_step *product)
{
    return product->layer->out.dim[0];
}

/* Whether step i is a product whose only reader is a following batch normalisation. */
static int is_foldable(const gan__export *e, size_t i)
{
    const gan__export_step *product = &e->steps[i], *norm = product + 1;

    if (i + 1 == e->n_steps || !product->layer->class->product) return 0;
    if (strcmp(norm->layer->class->name, "batch_norm") != 0 || norm->x != product->y) return 0;
    for (size_t k = i + 2; k < e->n_steps; k++)
        if (e->steps[k].x == product->y || e->steps[k].other == product->y) return 0;
    return 1;
}

/* The output channel that number k of a product's weights belongs to: of transposed ones, whose
 * shape is [in, out / groups, ...], the group is that of the input. */
static size_t channel_of(const gan__export_step *product, size_t k)
{
    const gan_shape shape = product->layer->params[0].shape;
    const size_t each = weight_count(product) / shape.dim[0], first = k / each;
    size_t groups;

    if (!product->layer->class->transposed) return first;
    groups = gan__export_size(product, "groups", 0);
    return first / (shape.dim[0] / groups) * shape.dim[1] + k % each / (each / shape.dim[1]);
}

/* s and the new bias of a channel. */
static double scale_of(const gan__export_step *norm, size_t channel)
{
    const double eps = gan__export_setting(norm, "eps", 0);
    const double scale = norm->params[0] ? (double)norm->params[0][channel] : 1;

    return scale / sqrt((double)norm->buffers[1][channel] + eps);
}

static double bias_of(const gan__export_step *product, const gan__export_step *norm, size_t channel)
{
    const double bias = product->params[1] ? (double)product->params[1][channel] : 0;
    const double shift = norm->params[1] ? (double)norm->params[1][channel] : 0;

    return (bias - (double)norm->buffers[0][channel]) * scale_of(norm, channel) + shift;
}

/* Return where the numbers end. */
static float *fold(gan__export_step *product, const gan__export_step *norm, float *made)
{
    const size_t n = weight_count(product), channels = channel_count(product);
    float *bias = made + n;

    for (size_t k = 0; k < n; k++)
        made[k] = (float)((double)product->params[0][k] * scale_of(norm, channel_of(product, k)));
    for (size_t c = 0; c < channels; c++) bias[c] = (float)bias_of(product, norm, c);
    product->params[0] = made;
    product->params[1] = bias;
    return bias + channels;
}

/* Remove step i, whose value is now computed by the step before it. */
static void drop_step(gan__export *e, size_t i)
{
    const size_t value = e->steps[i].y;

    for (size_t k = i; k + 1 < e->n_steps; k++) {
        gan__export_step *step = &e->steps[k];

        *step = e->steps[k + 1];
        step->x -= step->x >= value;
        step->other -= step->other >= value;
        step->y--;
    }
    e->n_steps--;
    e->output -= e->output >= value;
}

gan_status gan__onnx_fold_batch_norm(float **made, gan__export *e)
{
    size_t n = 0;
    float *at;
    gan_status status;

    *made = NULL;
    for (size_t i = 0; i < e->n_steps; i++)
        if (is_foldable(e, i))
            n = gan__size_add(n, weight_count(&e->steps[i]) + channel_count(&e->steps[i]));
    status = gan__alloc(made, &e->allocator, n, sizeof **made);
    if (status != GAN_OK) return status;
    at = *made;
    for (size_t i = 0; i < e->n_steps; i++) {
        if (!is_foldable(e, i)) continue;
        at = fold(&e->steps[i], &e->steps[i + 1], at);
        drop_step(e, i + 1);
    }
    return GAN_OK;
}
