/* layer_1d.c - 1D convolutions and pooling, for audio and time series.
 *
 * A 1D signal [channels, length] is an image [channels, 1, length], and each kind here is the kind
 * for images with a height of 1: it has the same struct of settings, of which its table leaves out
 * what belongs to the height, and its functions show the layer as one for images, a copy on the
 * stack, and call the other's.
 *
 *     conv1d   settings  in out  k     s     p     d     o    groups bias
 *     conv2d   settings  in out  1 k   1 s   0 p   1 d   0 o  groups bias
 *              weight    [out, in, k]  as  [out, in, 1, k]
 *
 * Files and state dicts have PyTorch's shapes of Conv1d. */
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_image_internal.h"

/* The kind that does the work of another. */
static const gan__layer_class *const faces[][2] = {
    {&gan__layer_conv1d, &gan__layer_conv2d},
    {&gan__layer_conv_transpose1d, &gan__layer_conv_transpose2d},
    {&gan__layer_max_pool1d, &gan__layer_max_pool2d},
    {&gan__layer_avg_pool1d, &gan__layer_avg_pool2d},
};

static const gan__layer_class *image_class(const gan_layer *layer)
{
    size_t i = 0;

    while (faces[i][0] != layer->class) i++;
    return faces[i][1];
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
    gan_layer image = *layer;

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
    return image_class(layer)->check(layer);
}

static gan_status shape(gan_layer *layer)
{
    gan_layer image = image_of(layer);
    gan_status status;

    if (layer->in.rank != 2)
        return gan__fail(GAN_ERR_SHAPE, "needs a sequence [channels, length], gets %s",
                         gan__shape_text_of(layer->in).text);
    if (layer->class->product && layer->in.dim[0] != gan__conv_settings_of(layer).in)
        return gan__fail(GAN_ERR_SHAPE, "needs a sequence of %zu channels, gets %s",
                         gan__conv_settings_of(layer).in, gan__shape_text_of(layer->in).text);
    status = image_class(layer)->shape(&image);
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

    image_class(layer)->init(&image, params, seed, stream, position);
}

static size_t scratch(const gan_layer *layer)
{
    const gan_layer image = image_of(layer);

    return image_class(layer)->scratch(&image);
}

static gan__cut forward_cut(const gan_layer *layer, size_t rows)
{
    const gan_layer image = image_of(layer);

    return image_class(layer)->forward_cut(&image, rows);
}

static gan__cut backward_cut(const gan_layer *layer, size_t rows)
{
    const gan_layer image = image_of(layer);

    return image_class(layer)->backward_cut(&image, rows);
}

static size_t grad_parts(const gan_layer *layer, size_t rows)
{
    const gan_layer image = image_of(layer);

    return image_class(layer)->grad_parts(&image, rows);
}

static void forward(const gan__layer_run *run)
{
    gan_layer image;
    const gan__layer_run r = run_of(run, &image);

    image_class(run->layer)->forward(&r);
}

static void backward(const gan__layer_run *run)
{
    gan_layer image;
    const gan__layer_run r = run_of(run, &image);

    image_class(run->layer)->backward(&r);
}

static void tangent(const gan__layer_run *run)
{
    gan_layer image;
    const gan__layer_run r = run_of(run, &image);

    image_class(run->layer)->tangent(&r);
}

static double grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    gan_layer image;
    const gan__layer_run r = run_of(run, &image);

    return image_class(run->layer)->grad(&r, part, parts, grads);
}

/* ---- the kinds ---- */

/* The width of a pair. */
#define WIDTH(text, struct_, pair, least_)                                                         \
    {                                                                                              \
        .name = text, .type = GAN__SETTING_SIZE,                                                   \
        .offset = offsetof(struct_, pair) + sizeof(size_t), .numbers = 1, .least = least_,         \
        .most = INT32_MAX                                                                          \
    }

static const gan__conv_settings conv_height = {.kernel = {1}, .stride = {1}, .dilation = {1}};
static const gan__layer_setting conv_settings[] = {
    GAN__SIZE("in_channels", gan__conv_settings, in, 1, INT32_MAX),
    GAN__SIZE("out_channels", gan__conv_settings, out, 1, INT32_MAX),
    WIDTH("kernel_size", gan__conv_settings, kernel, 1),
    WIDTH("stride", gan__conv_settings, stride, 1),
    WIDTH("padding", gan__conv_settings, padding, 0),
    WIDTH("dilation", gan__conv_settings, dilation, 1),
    WIDTH("output_padding", gan__conv_settings, output_padding, 0),
    GAN__SIZE("groups", gan__conv_settings, groups, 1, INT32_MAX),
    GAN__INT("bias", gan__conv_settings, bias, 0, 1),
};

static const gan__pool_settings pool_height = {.kernel = {1}, .stride = {1}};
static const gan__layer_setting pool_settings[] = {
    WIDTH("kernel_size", gan__pool_settings, kernel, 1),
    WIDTH("stride", gan__pool_settings, stride, 1),
    WIDTH("padding", gan__pool_settings, padding, 0),
    /* not max_pool1d; as in avg_pool2d */
    GAN__INT("count_include_pad", gan__pool_settings, count_include_pad, 0, INT32_MAX),
};

const gan__layer_class gan__layer_conv1d = {
    .name = "conv1d",
    GAN__SETTINGS(gan__conv_settings, conv_settings),
    .unnumbered = &conv_height,
    .product = 1,
    .linear = 1,
    .check = check,
    .shape = shape,
    .init = init,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .forward_cut = forward_cut,
    .backward_cut = backward_cut,
    .grad_parts = grad_parts,
    .grad = grad,
};

const gan__layer_class gan__layer_conv_transpose1d = {
    .name = "conv_transpose1d",
    GAN__SETTINGS(gan__conv_settings, conv_settings),
    .unnumbered = &conv_height,
    .product = 1,
    .transposed = 1,
    .linear = 1,
    .check = check,
    .shape = shape,
    .init = init,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .forward_cut = forward_cut,
    .backward_cut = backward_cut,
    .grad_parts = grad_parts,
    .grad = grad,
};

const gan__layer_class gan__layer_max_pool1d = {
    .name = "max_pool1d",
    .settings = pool_settings,
    .n_settings = 3,
    .settings_size = sizeof(gan__pool_settings),
    .unnumbered = &pool_height,
    .check = check,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .tangent = tangent,
};

const gan__layer_class gan__layer_avg_pool1d = {
    .name = "avg_pool1d",
    GAN__SETTINGS(gan__pool_settings, pool_settings),
    .unnumbered = &pool_height,
    .linear = 1,
    .check = check,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};

/* ---- constructors ---- */

static size_t or_one(size_t n)
{
    return n > 0 ? n : 1;
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
    return gan__layer_create(
        class, &(gan__conv_settings){.in = in,
                                     .out = out,
                                     .kernel = {1, kernel},
                                     .stride = {1, or_one(d.stride)},
                                     .padding = {0, gan__layer_padding(d.padding)},
                                     .dilation = {1, or_one(d.dilation)},
                                     .output_padding = {0, gan__layer_padding(d.output_padding)},
                                     .groups = or_one(d.groups),
                                     .bias = !d.no_bias});
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
    return gan__layer_create(class,
                             &(gan__pool_settings){.kernel = {1, kernel},
                                                   .stride = {1, d.stride > 0 ? d.stride : kernel},
                                                   .padding = {0, gan__layer_padding(d.padding)},
                                                   .count_include_pad = !d.exclude_pad});
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
