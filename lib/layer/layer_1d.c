/* layer_1d.c - convolutions and pools of lines: sound, time series.
 *
 * A line [channels, length] is an image [channels, 1, length], and each kind here is the kind for
 * images with a height of 1: its functions show the layer that way, as a copy on the stack, and
 * call the other's.
 *
 *     conv1d   settings  in out  k     s     p     d     o    groups bias
 *     conv2d   settings  in out  1 k   1 s   0 p   1 d   0 o  groups bias
 *              weight    [out, in, k]  as  [out, in, 1, k]
 *
 * Files and state dicts have PyTorch's shapes of Conv1d. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_internal.h"

#include <string.h>

/* The values that pairs have for a height of 1, in the order of their settings. */
enum { MOST_PAIRS = 5 };
static const double of_height[MOST_PAIRS] = {1, 1, 0, 1, 0}; /* of kernel, stride, padding ... */

/* How settings are written as those of the kind for images: some plain ones, one of each pair, and
 * plain ones again. */
typedef struct face {
    const gan__layer_class *class;
    const gan__layer_class *image;
    size_t n_plain, n_pairs;
} face;

static const face faces[] = {
    {&gan__layer_conv1d, &gan__layer_conv2d, 2, 5},
    {&gan__layer_conv_transpose1d, &gan__layer_conv_transpose2d, 2, 5},
    {&gan__layer_max_pool1d, &gan__layer_max_pool2d, 0, 3},
    {&gan__layer_avg_pool1d, &gan__layer_avg_pool2d, 0, 3},
};

static const face *face_of(const gan_layer *layer)
{
    size_t i = 0;

    while (faces[i].class != layer->class) i++;
    return &faces[i];
}

/* ---- there and back ---- */

/* A height of 1 before the last dimension, and without it again. */
static gan_shape with_height(gan_shape shape, size_t rank)
{
    if (shape.rank != rank) return shape;
    shape.dim[rank] = shape.dim[rank - 1];
    shape.dim[rank - 1] = 1;
    shape.rank++;
    return shape;
}

static gan_shape without_height(gan_shape shape, size_t rank)
{
    if (shape.rank != rank) return shape;
    shape.dim[rank - 2] = shape.dim[rank - 1];
    shape.dim[rank - 1] = 0;
    shape.rank--;
    return shape;
}

/* The layer as one for images; its class stays, for messages to name it. */
static gan_layer image_of(const gan_layer *layer)
{
    const face *f = face_of(layer);
    gan_layer image = *layer;
    const size_t n_rest = layer->class->n_settings - f->n_plain - f->n_pairs;

    for (size_t i = 0; i < f->n_pairs; i++) {
        image.settings[f->n_plain + 2 * i] = of_height[i];
        image.settings[f->n_plain + 2 * i + 1] = layer->settings[f->n_plain + i];
    }
    for (size_t i = 0; i < n_rest; i++)
        image.settings[f->n_plain + 2 * f->n_pairs + i] =
            layer->settings[f->n_plain + f->n_pairs + i];
    image.in = with_height(layer->in, 2);
    image.out = with_height(layer->out, 2);
    for (size_t i = 0; i < image.n_params; i++)
        image.params[i].shape = with_height(layer->params[i].shape, 3);
    return image;
}

/* A run of that layer. */
static gan__layer_run run_of(const gan__layer_run *run, gan_layer *image)
{
    gan__layer_run r = *run;

    *image = image_of(run->layer);
    r.layer = image;
    return r;
}

/* ---- what the other kind does ---- */

static gan_status check(const gan_layer *layer)
{
    const gan_layer image = image_of(layer);

    return face_of(layer)->image->check(&image);
}

static gan_status shape(gan_layer *layer)
{
    const face *f = face_of(layer);
    gan_layer image = image_of(layer);
    gan_status status;

    if (layer->in.rank != 2)
        return gan__fail(GAN_ERR_SHAPE, "needs a line [channels, length], gets %s",
                         gan__shape_text_of(layer->in).text);
    if (f->n_plain > 0 && (double)layer->in.dim[0] != layer->settings[0])
        return gan__fail(GAN_ERR_SHAPE, "needs a line of %.0f channels, gets %s",
                         layer->settings[0], gan__shape_text_of(layer->in).text);
    status = f->image->shape(&image);
    if (status != GAN_OK) return status;
    layer->out = without_height(image.out, 3);
    layer->n_params = image.n_params;
    for (size_t i = 0; i < image.n_params; i++)
        layer->params[i] =
            (gan__layer_param){image.params[i].name, without_height(image.params[i].shape, 4)};
    return GAN_OK;
}

static void init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                 uint64_t position)
{
    const gan_layer image = image_of(layer);

    face_of(layer)->image->init(&image, params, seed, stream, position);
}

static size_t scratch(const gan_layer *layer)
{
    const gan_layer image = image_of(layer);

    return face_of(layer)->image->scratch(&image);
}

static size_t largest_product(const gan_layer *layer, size_t rows)
{
    const gan_layer image = image_of(layer);

    return face_of(layer)->image->largest_product(&image, rows);
}

static gan__cut forward_cut(const gan_layer *layer, size_t rows)
{
    const gan_layer image = image_of(layer);

    return face_of(layer)->image->forward_cut(&image, rows);
}

static gan__cut backward_cut(const gan_layer *layer, size_t rows)
{
    const gan_layer image = image_of(layer);

    return face_of(layer)->image->backward_cut(&image, rows);
}

static size_t grad_parts(const gan_layer *layer, size_t rows)
{
    const gan_layer image = image_of(layer);

    return face_of(layer)->image->grad_parts(&image, rows);
}

static void forward(const gan__layer_run *run)
{
    gan_layer image;
    const gan__layer_run r = run_of(run, &image);

    face_of(run->layer)->image->forward(&r);
}

static void backward(const gan__layer_run *run)
{
    gan_layer image;
    const gan__layer_run r = run_of(run, &image);

    face_of(run->layer)->image->backward(&r);
}

static void tangent(const gan__layer_run *run)
{
    gan_layer image;
    const gan__layer_run r = run_of(run, &image);

    face_of(run->layer)->image->tangent(&r);
}

static double grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    gan_layer image;
    const gan__layer_run r = run_of(run, &image);

    return face_of(run->layer)->image->grad(&r, part, parts, grads);
}

/* ---- the kinds ---- */

enum { IN, OUT, KERNEL, STRIDE, PADDING, DILATION, OUTPUT_PADDING, GROUPS, BIAS, CONV_SETTINGS };
enum {
    POOL_KERNEL,
    POOL_STRIDE,
    POOL_PADDING,
    MAX_SETTINGS,
    COUNT_PAD = MAX_SETTINGS,
    AVG_SETTINGS
};

const gan__layer_class gan__layer_conv1d = {
    .name = "conv1d",
    .n_settings = CONV_SETTINGS,
    .product = 1,
    .linear = 1,
    .check = check,
    .shape = shape,
    .init = init,
    .scratch = scratch,
    .largest_product = largest_product,
    .forward = forward,
    .backward = backward,
    .forward_cut = forward_cut,
    .backward_cut = backward_cut,
    .grad_parts = grad_parts,
    .grad = grad,
};

const gan__layer_class gan__layer_conv_transpose1d = {
    .name = "conv_transpose1d",
    .n_settings = CONV_SETTINGS,
    .product = 1,
    .transposed = 1,
    .linear = 1,
    .check = check,
    .shape = shape,
    .init = init,
    .scratch = scratch,
    .largest_product = largest_product,
    .forward = forward,
    .backward = backward,
    .forward_cut = forward_cut,
    .backward_cut = backward_cut,
    .grad_parts = grad_parts,
    .grad = grad,
};

const gan__layer_class gan__layer_max_pool1d = {
    .name = "max_pool1d",
    .n_settings = MAX_SETTINGS,
    .check = check,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tangent = tangent,
};

const gan__layer_class gan__layer_avg_pool1d = {
    .name = "avg_pool1d",
    .n_settings = AVG_SETTINGS,
    .linear = 1,
    .check = check,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};

/* ---- constructors ---- */

static double or_one(size_t n)
{
    return n > 0 ? (double)n : 1;
}

/* As in gan_conv2d_desc, GAN_PADDING_NONE is the same as 0. */
static double padding_of(size_t n)
{
    return n == GAN_PADDING_NONE ? 0 : (double)n;
}

static gan_layer *make_conv(const gan__layer_class *class, size_t in, size_t out, size_t kernel,
                            const gan_conv1d_desc *desc)
{
    gan_conv1d_desc d = {GAN_CONV1D_DESC_INIT};

    if (gan__desc_read(&d, sizeof d, sizeof d, desc, "conv1d desc") != GAN_OK) return NULL;
    if (d.output_padding > 0 && d.output_padding != GAN_PADDING_NONE && !class->transposed) {
        gan__fail(GAN_ERR_INVALID, "conv1d: output_padding is for conv_transpose1d");
        return NULL;
    }
    return gan__layer_create(class, (const double[CONV_SETTINGS]){
                                        [IN] = (double)in,
                                        [OUT] = (double)out,
                                        [KERNEL] = (double)kernel,
                                        [STRIDE] = or_one(d.stride),
                                        [PADDING] = padding_of(d.padding),
                                        [DILATION] = or_one(d.dilation),
                                        [OUTPUT_PADDING] = padding_of(d.output_padding),
                                        [GROUPS] = or_one(d.groups),
                                        [BIAS] = !d.no_bias,
                                    });
}

gan_layer *gan_layer_conv1d(size_t in_channels, size_t out_channels, size_t kernel_size,
                            const gan_conv1d_desc *desc)
{
    return make_conv(&gan__layer_conv1d, in_channels, out_channels, kernel_size, desc);
}

gan_layer *gan_layer_conv_transpose1d(size_t in_channels, size_t out_channels, size_t kernel_size,
                                      const gan_conv1d_desc *desc)
{
    return make_conv(&gan__layer_conv_transpose1d, in_channels, out_channels, kernel_size, desc);
}

static gan_layer *make_pool(const gan__layer_class *class, size_t kernel,
                            const gan_pool1d_desc *desc)
{
    gan_pool1d_desc d = {GAN_POOL1D_DESC_INIT};

    if (gan__desc_read(&d, sizeof d, sizeof d, desc, "pool1d desc") != GAN_OK) return NULL;
    if (d.exclude_pad && class == &gan__layer_max_pool1d) {
        gan__fail(GAN_ERR_INVALID, "max_pool1d: exclude_pad is for avg_pool1d");
        return NULL;
    }
    return gan__layer_create(class, (const double[AVG_SETTINGS]){
                                        [POOL_KERNEL] = (double)kernel,
                                        [POOL_STRIDE] = (double)(d.stride > 0 ? d.stride : kernel),
                                        [POOL_PADDING] = padding_of(d.padding),
                                        [COUNT_PAD] = !d.exclude_pad,
                                    });
}

gan_layer *gan_layer_max_pool1d(size_t kernel_size, const gan_pool1d_desc *desc)
{
    return make_pool(&gan__layer_max_pool1d, kernel_size, desc);
}

gan_layer *gan_layer_avg_pool1d(size_t kernel_size, const gan_pool1d_desc *desc)
{
    return make_pool(&gan__layer_avg_pool1d, kernel_size, desc);
}

GAN__DEFINE_INIT(gan_conv1d_desc_init, gan_conv1d_desc, GAN_CONV1D_DESC_INIT)
GAN__DEFINE_INIT(gan_pool1d_desc_init, gan_pool1d_desc, GAN_POOL1D_DESC_INIT)
