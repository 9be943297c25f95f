/* layer_conv.c - convolutions and transposed convolutions.
 *
 * The two differ only in which side is the input: see kernels_conv_internal.h. */
#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_image_internal.h"
#include "math/kernels_conv_internal.h"
#include "math/kernels_internal.h"
#include "math/kernels_winograd_internal.h"

#include <math.h>

/* A tile of rows is worth its copies of the weights from TILE_FLOPS operations on, and no longer
 * fits into the cache with TILE_NUMBERS. */
enum { TILE_FLOPS = 1 << 26, TILE_NUMBERS = 1 << 17, WORTH_TWO = 1 << 20, MAX_TILES = 64 };

static int is_transposed(const gan_layer *layer)
{
    return layer->class->transposed;
}

/* ---- settings ---- */

static gan_status check(const gan_layer *layer)
{
    const gan__conv_settings s = gan__conv_settings_of(layer);
    const double weights =
        (double)s.in * (double)s.out / (double)s.groups * (double)s.kernel[0] * (double)s.kernel[1];

    if (s.in % s.groups != 0 || s.out % s.groups != 0)
        return gan__fail(GAN_ERR_INVALID,
                         "%s: %zu groups don't divide %zu in_channels and %zu out_channels",
                         layer->class->name, s.groups, s.in, s.out);
    if (weights > INT32_MAX)
        return gan__fail(GAN_ERR_INVALID, "%s: %.0f weights, at most %d", layer->class->name,
                         weights, INT32_MAX);
    for (size_t i = 0; i < 2; i++)
        if (s.output_padding[i] > 0 && s.output_padding[i] >= s.stride[i] &&
            s.output_padding[i] >= s.dilation[i])
            return gan__fail(
                GAN_ERR_INVALID,
                "%s: output_padding %zu is not smaller than stride %zu or dilation %zu",
                layer->class->name, s.output_padding[i], s.stride[i], s.dilation[i]);
    return GAN_OK;
}

/* ---- shapes ---- */

/* How long the output is where the input is `n` long; 0 when there would be none. */
static double output_size(const gan_layer *layer, double n, size_t side)
{
    const gan__conv_settings s = gan__conv_settings_of(layer);
    const double reach = (double)s.dilation[side] * (double)(s.kernel[side] - 1) + 1;
    const double stride = (double)s.stride[side], padding = (double)s.padding[side];
    double out;

    if (is_transposed(layer))
        out = (n - 1) * stride - 2 * padding + reach + (double)s.output_padding[side];
    else
        out = floor((n + 2 * padding - reach) / stride) + 1;
    return out > 0 ? out : 0;
}

/* Images are copied between their padding. */
static gan_status check_padded(const gan_layer *layer)
{
    const gan_shape image = is_transposed(layer) ? layer->out : layer->in;
    const gan__conv_settings s = gan__conv_settings_of(layer);
    const double n = (double)image.dim[0] * ((double)image.dim[1] + 2 * (double)s.padding[0]) *
                     ((double)image.dim[2] + 2 * (double)s.padding[1]);

    if (n > INT32_MAX)
        return gan__fail(GAN_ERR_SHAPE, "%s with a padding of %zu and %zu has more than %d numbers",
                         gan__shape_text_of(image).text, s.padding[0], s.padding[1], INT32_MAX);
    return GAN_OK;
}

static gan_status shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const gan__conv_settings s = gan__conv_settings_of(layer);
    const size_t in = s.in, out = s.out, groups = s.groups;
    const int transposed = is_transposed(layer);
    double size[2];

    if (layer->in.rank != 3 || layer->in.dim[0] != in)
        return gan__fail(GAN_ERR_SHAPE, "needs an image of %zu channels, gets %s", in,
                         gan__shape_text_of(layer->in).text);
    for (size_t i = 0; i < 2; i++) size[i] = output_size(layer, (double)layer->in.dim[i + 1], i);
    if (!(size[0] * size[1] >= 1 && (double)out * size[0] * size[1] <= INT32_MAX))
        return gan__fail(GAN_ERR_SHAPE, "makes an image of %zux%.0fx%.0f from %s", out, size[0],
                         size[1], gan__shape_text_of(layer->in).text);
    layer->out = gan_shape_3d(out, (size_t)size[0], (size_t)size[1]);
    GAN_TRY(check_padded(layer));
    layer->params[0] = (gan__layer_param){
        "weight",
        {4, {transposed ? in : out, (transposed ? out : in) / groups, s.kernel[0], s.kernel[1]}}};
    layer->params[1] = (gan__layer_param){"bias", gan_shape_1d(out)};
    layer->n_params = s.bias ? 2 : 1;

cleanup:
    return status;
}

static gan__conv conv_of(const gan_layer *layer)
{
    const int transposed = is_transposed(layer);
    const gan_shape image = transposed ? layer->out : layer->in;
    const gan_shape map = transposed ? layer->in : layer->out;
    const gan__conv_settings s = gan__conv_settings_of(layer);
    gan__conv c = {.groups = s.groups, .in = image.dim[0] / s.groups, .out = map.dim[0] / s.groups};

    for (size_t i = 0; i < 2; i++) {
        c.image[i] = image.dim[i + 1];
        c.map[i] = map.dim[i + 1];
        c.kernel[i] = s.kernel[i];
        c.stride[i] = s.stride[i];
        c.padding[i] = s.padding[i];
        c.dilation[i] = s.dilation[i];
    }
    return c;
}

/* Whether the kernel is as large as the image, which makes it a linear layer: map = w * image. */
static int is_linear(const gan__conv *c)
{
    int is = c->groups == 1;

    for (size_t i = 0; i < 2; i++)
        is &= c->map[i] == 1 && c->kernel[i] == c->image[i] && c->padding[i] == 0 &&
              (c->dilation[i] == 1 || c->kernel[i] == 1);
    return is;
}

static void init(const gan_layer *layer, float *params, uint64_t seed, uint64_t stream,
                 uint64_t position)
{
    /* PyTorch calls this the fan-in of transposed weights too. */
    const gan_shape w = layer->params[0].shape;

    gan__layer_init_uniform(layer, 1.0 / sqrt((double)(w.dim[1] * w.dim[2] * w.dim[3])), params,
                            seed, stream, position);
}

static size_t scratch(const gan_layer *layer)
{
    const gan__conv c = conv_of(layer);

    const size_t direct = is_linear(&c) ? gan__kernels_scratch(gan__conv_image_size(&c), c.out)
                                        : gan__conv_scratch(&c);
    const size_t fewer = gan__winograd_pays(&c, SIZE_MAX) ? gan__winograd_scratch(&c) : 0;

    return direct > fewer ? direct : fewer;
}

static size_t transformed_size(const gan_layer *layer, gan__by by, size_t rows)
{
    gan__conv c = conv_of(layer);

    c.by = by;
    return gan__winograd_pays(&c, rows) ? gan__winograd_weights_size(&c) : 0;
}

static void transform(const gan_layer *layer, gan__by by, const float *params, size_t part,
                      size_t parts, float *transformed, float *room)
{
    gan__conv c = conv_of(layer);
    size_t n;

    c.by = by;
    n = gan__winograd_weights_units(&c);
    gan__winograd_transform(&c, n * part / parts, n * (part + 1) / parts, params, transformed,
                            room);
}

/* ---- the cut ---- */

static double flops_of(const gan_layer *layer, size_t rows)
{
    const gan__conv c = conv_of(layer);

    return 2.0 * (double)rows * (double)gan__conv_map_size(&c) * (double)c.in *
           (double)gan__conv_kernel_size(&c);
}

/* By samples; as in a linear layer where it is one, whose time with a single output goes into
 * reading numbers, not into multiplying. */
static gan__cut cut_for(const gan_layer *layer, size_t rows, size_t columns)
{
    const gan__conv c = conv_of(layer);
    const double flops = flops_of(layer, rows);
    const double numbers =
        (double)rows * (double)(gan_shape_size(layer->in) + gan_shape_size(layer->out));
    size_t tiles =
        (size_t)fmin(fmax(flops / (double)TILE_FLOPS, numbers / (double)TILE_NUMBERS), MAX_TILES);

    if (is_linear(&c)) return gan__layer_product_cut(fmax(flops, 16 * numbers), rows, columns);
    if (gan__winograd_pays(&c, rows) && tiles > rows / gan__winograd_least_rows(&c))
        tiles = rows / gan__winograd_least_rows(&c);
    if (tiles < 2) tiles = flops < (double)WORTH_TWO ? 1 : 2;
    return (gan__cut){tiles < rows ? tiles : rows, 1, 0};
}

static gan__cut forward_cut(const gan_layer *layer, size_t rows)
{
    return cut_for(layer, rows, gan_shape_size(layer->out));
}

static gan__cut backward_cut(const gan_layer *layer, size_t rows)
{
    return cut_for(layer, rows, gan_shape_size(layer->in));
}

/* ---- forward and backward ---- */

static const float *bias_of(const gan__layer_run *run)
{
    const gan_layer *layer = run->layer;

    if (layer->n_params < 2 || run->tangents > 0) return NULL;
    return run->params + gan_shape_size(layer->params[0].shape);
}

static gan__conv conv_for(const gan__layer_run *run)
{
    gan__conv c = conv_of(run->layer);

    c.by = run->by;
    c.pairs = run->pairs;
    return c;
}

static void make_map(const gan__layer_run *run, const float *image, const float *bias, float *map)
{
    const gan__conv c = conv_for(run);
    const size_t size = gan__conv_image_size(&c);

    if (is_linear(&c))
        gan__kernels_linear(c.by, run->rows, size, c.out, run->begin, run->end, image, run->params,
                            size, bias, map, gan__layer_products_scratch(run));
    else if (run->transformed)
        gan__winograd_map(&c, run->rows, image, run->transformed, bias, map, run->scratch);
    else
        gan__conv_map(&c, run->rows, image, run->params, bias, map, run->scratch);
}

/* Add each channel's bias to the columns of a tile. */
static void add_bias(const gan__layer_run *run, const gan__conv *c, const float *bias, float *image)
{
    const size_t size = c->image[0] * c->image[1];
    const size_t width = gan__conv_image_size(c);

    for (size_t r = 0; r < run->rows; r++)
        for (size_t i = run->begin, end; i < run->end; i = end) {
            const float b = bias[i / size];

            end = (i / size + 1) * size < run->end ? (i / size + 1) * size : run->end;
            for (size_t j = i; j < end; j++) image[r * width + j] += b;
        }
}

static void make_image(const gan__layer_run *run, const float *map, const float *bias, float *image)
{
    const gan__conv c = conv_for(run);
    const size_t size = gan__conv_image_size(&c);

    if (run->transformed) {
        gan__winograd_image(&c, run->rows, map, run->transformed, bias, image, run->scratch);
        return;
    }
    if (!is_linear(&c)) {
        gan__conv_image(&c, run->rows, map, run->params, bias, image, run->scratch);
        return;
    }
    gan__kernels_linear_input_grad(c.by, run->rows, size, c.out, run->begin, run->end, map,
                                   run->params, size, image, gan__layer_products_scratch(run));
    if (bias) add_bias(run, &c, bias, image);
}

static void conv_forward(const gan__layer_run *run)
{
    make_map(run, run->x, bias_of(run), run->y);
}

static void conv_backward(const gan__layer_run *run)
{
    make_image(run, run->dy, NULL, run->dx);
}

static void transposed_forward(const gan__layer_run *run)
{
    make_image(run, run->x, bias_of(run), run->y);
}

static void transposed_backward(const gan__layer_run *run)
{
    make_map(run, run->dy, NULL, run->dx);
}

/* ---- the weights' gradient ---- */

/* By channels of the image, so that each part gathers other patches; of the map where there are too
 * few.  No sum over the batch is divided. */
static gan__conv_part part_of(const gan__conv *c, size_t part, size_t parts)
{
    if (c->in >= parts)
        return (gan__conv_part){c->in * part / parts, c->in * (part + 1) / parts, 0, c->out};
    return (gan__conv_part){0, c->in, c->out * part / parts, c->out * (part + 1) / parts};
}

static size_t grad_parts(const gan_layer *layer, size_t rows)
{
    const gan__conv c = conv_of(layer);
    const double flops = flops_of(layer, rows);

    if (is_linear(&c)) return gan__layer_tiles(flops, c.out);
    if (gan__winograd_pays(&c, rows)) {
        const size_t most = c.in / gan__winograd_least_channels(&c);

        return most < 2 ? 2 : most < MAX_TILES ? most : MAX_TILES;
    }
    return gan__layer_tiles(flops, 16 * (c.in > c.out ? c.in : c.out));
}

/* The sum over samples and places of one channel of dy. */
static float channel_sum(const gan__layer_run *run, size_t channel)
{
    const size_t n = run->layer->out.dim[1] * run->layer->out.dim[2];
    const size_t width = gan_shape_size(run->layer->out);
    enum { AT_ONCE = 128 };
    double sums[AT_ONCE];
    double sum = 0;

    for (size_t i = 0; i < n; i += AT_ONCE) {
        const size_t m = n - i < AT_ONCE ? n - i : AT_ONCE;

        memset(sums, 0, m * sizeof *sums);
        gan__simd_best()->column_sums(run->rows - run->tangents, m, width,
                                      run->dy + channel * n + i, sums);
        for (size_t j = 0; j < m; j++) sum += sums[j];
    }
    return (float)sum;
}

static double bias_grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const size_t channels = run->layer->out.dim[0];
    double squares = 0;

    for (size_t i = channels * part / parts; i < channels * (part + 1) / parts; i++) {
        grads[i] = channel_sum(run, i);
        squares += (double)grads[i] * (double)grads[i];
    }
    return squares;
}

static double weight_squares(const gan__conv *c, gan__conv_part part, const float *dw)
{
    const size_t size = gan__conv_kernel_size(c);
    const size_t n = (part.in_end - part.in_begin) * size;
    double squares = 0;

    for (size_t g = 0; g < c->groups; g++)
        for (size_t o = part.out_begin; o < part.out_end; o++)
            squares += gan__simd_best()->sum_squares(
                n, dw + ((g * c->out + o) * c->in + part.in_begin) * size);
    return squares;
}

/* One part of it, which is returned. */
static gan__conv_part kernel_grad(const gan__layer_run *run, size_t part, size_t parts, float *dw)
{
    const gan__conv c = conv_for(run);
    const int transposed = is_transposed(run->layer);
    const float *image = transposed ? run->dy : run->x;
    const float *map = transposed ? run->x : run->dy;
    const size_t size = gan__conv_image_size(&c);
    gan__conv_part p = part_of(&c, part, parts);

    if (is_linear(&c)) {
        p = (gan__conv_part){0, c.in, c.out * part / parts, c.out * (part + 1) / parts};
        gan__kernels_linear_weight_grad(c.by, run->rows, size, c.out, p.out_begin, p.out_end, image,
                                        map, size, dw, gan__layer_products_scratch(run));
    } else if (run->transformed) {
        gan__winograd_weights(&c, run->rows, p, image, map, dw, run->scratch);
    } else {
        gan__conv_weights(&c, run->rows, p, image, map, dw, run->scratch);
    }
    return p;
}

static double bias_grad_of(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const gan_layer *layer = run->layer;

    if (layer->n_params < 2) return 0;
    return bias_grad(run, part, parts, grads + gan_shape_size(layer->params[0].shape));
}

static double grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const gan__conv c = conv_for(run);
    const gan__conv_part p = kernel_grad(run, part, parts, grads);
    const double squares = bias_grad_of(run, part, parts, grads);

    return squares + weight_squares(&c, p, grads);
}

/* ---- nearest upsampling and the convolution that reads it ---- */

/* Where each pixel was repeated, a kernel of 3 sees two different pixels on a side, and weights of
 * the same pixel can be added up beforehand: 4 products for 9, and the large image is never made.
 * On one side, of the small image a b c:
 *
 *     upsampled       a   a   b   b   c   c
 *     at the first b      w0  w1  w2            w0 a + (w1 + w2) b
 *     at the second           w0  w1  w2        (w0 + w1) b + w2 c
 *
 * This is a transposed convolution with a stride of 2 and a padding of 1, in which pixel i adds its
 * product with weight k to place 2 i - 1 + k, of the weights
 *
 *     w2     w1 + w2     w0 + w1     w0
 *
 * These, [in, out, 4, 4], are computed for each run from those of the layer, [out, in, 3, 3], and
 * stored before the transformed ones.  Their gradient takes the adjoint way back.  In both
 * directions one side follows the other. */
enum { SMALL = 3, FOLDED = 4 };

static void fold_side(const float *w, size_t step, float *folded, size_t folded_step)
{
    folded[0] = w[2 * step];
    folded[folded_step] = w[step] + w[2 * step];
    folded[2 * folded_step] = w[0] + w[step];
    folded[3 * folded_step] = w[0];
}

static void unfold_side(const float *folded, size_t folded_step, float *w, size_t step)
{
    w[0] = folded[2 * folded_step] + folded[3 * folded_step];
    w[step] = folded[folded_step] + folded[2 * folded_step];
    w[2 * step] = folded[0] + folded[folded_step];
}

static void fold_kernel(const float *w, float *folded)
{
    float down[FOLDED * SMALL];

    for (size_t x = 0; x < SMALL; x++) fold_side(w + x, SMALL, down + x, SMALL);
    for (size_t y = 0; y < FOLDED; y++) fold_side(down + y * SMALL, 1, folded + y * FOLDED, 1);
}

static void unfold_kernel(const float *folded, float *w)
{
    float down[SMALL * FOLDED];

    for (size_t x = 0; x < FOLDED; x++) unfold_side(folded + x, FOLDED, down + x, FOLDED);
    for (size_t y = 0; y < SMALL; y++) unfold_side(down + y * FOLDED, 1, w + y * SMALL, 1);
}

static size_t folded_size(const gan_layer *layer)
{
    const gan__conv c = conv_of(layer);

    return gan__size_round_up(gan__size_mul(c.out * c.in, FOLDED * FOLDED), 16);
}

static size_t folded_saved(const gan_layer *layer, size_t rows, size_t batches)
{
    (void)rows, (void)batches;
    return folded_size(layer); /* for the gradient */
}

static size_t folded_transformed_size(const gan_layer *layer, gan__by by, size_t rows)
{
    (void)rows; /* a task has fewer, and has to know what there is */
    return gan__size_add(folded_size(layer), transformed_size(layer, by, SIZE_MAX));
}

static void folded_transform(const gan_layer *layer, gan__by by, const float *params, size_t part,
                             size_t parts, float *transformed, float *room)
{
    gan__conv c = conv_of(layer);
    size_t units, each, end;

    c.by = by;
    units = gan__winograd_weights_units(&c);
    each = (c.out + units - 1) / units;
    end = units * (part + 1) / parts * each;
    for (size_t o = units * part / parts * each; o < end && o < c.out; o++)
        for (size_t i = 0; i < c.in; i++)
            fold_kernel(params + (i * c.out + o) * SMALL * SMALL,
                        transformed + (o * c.in + i) * FOLDED * FOLDED);
    if (transformed_size(layer, by, SIZE_MAX) > 0)
        transform(layer, by, transformed, part, parts, transformed + folded_size(layer), room);
}

/* The transposed convolution's. */
static gan__layer_run folded_run(const gan__layer_run *run)
{
    gan__layer_run r = *run;

    r.params = run->transformed;
    r.transformed = transformed_size(run->layer, run->by, SIZE_MAX) > 0
                        ? run->transformed + folded_size(run->layer)
                        : NULL;
    return r;
}

static void folded_forward(const gan__layer_run *run)
{
    const gan__layer_run r = folded_run(run);

    make_image(&r, run->x, bias_of(run), run->y);
}

static void folded_backward(const gan__layer_run *run)
{
    const gan__layer_run r = folded_run(run);

    transposed_backward(&r);
}

static double folded_grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    const gan__layer_run r = folded_run(run);
    const gan__conv c = conv_for(run);
    const gan__conv_part p = kernel_grad(&r, part, parts, run->saved);
    const size_t n = (p.out_end - p.out_begin) * SMALL * SMALL;
    double squares = bias_grad_of(run, part, parts, grads);

    for (size_t i = p.in_begin; i < p.in_end; i++) {
        float *dw = grads + (i * c.out + p.out_begin) * SMALL * SMALL;

        for (size_t o = p.out_begin; o < p.out_end; o++)
            unfold_kernel(run->saved + (o * c.in + i) * FOLDED * FOLDED,
                          dw + (o - p.out_begin) * SMALL * SMALL);
        squares += gan__simd_best()->sum_squares(n, dw);
    }
    return squares;
}

/* In a pass only: networks and files have the two layers. */
static const gan__layer_class folded_class = {
    .name = "conv2d",
    .product = 1,
    .transposed = 1,
    .linear = 1,
    .scratch = scratch,
    .saved = folded_saved,
    .transformed_size = folded_transformed_size,
    .transform = folded_transform,
    .forward = folded_forward,
    .backward = folded_backward,
    .forward_cut = forward_cut,
    .backward_cut = backward_cut,
    .grad_parts = grad_parts,
    .grad = folded_grad,
};

static int is_plain_3x3(const gan_layer *layer)
{
    gan__conv_settings s;
    int is = layer->class == &gan__layer_conv2d && !layer->spectral;

    if (!is) return 0;
    s = gan__conv_settings_of(layer);
    for (size_t i = 0; i < 2; i++)
        is &= s.kernel[i] == SMALL && s.stride[i] == 1 && s.padding[i] == 1 && s.dilation[i] == 1;
    return is && s.groups == 1;
}

int gan__layer_fold_upsample(gan_layer *out, const gan_layer *upsample, const gan_layer *conv)
{
    gan__conv_settings s;

    if (!gan__layer_repeats_twice(upsample) || !is_plain_3x3(conv)) return 0;
    s = gan__conv_settings_of(conv);
    for (size_t i = 0; i < 2; i++) s.kernel[i] = FOLDED, s.stride[i] = 2;
    *out = *conv;
    out->class = &folded_class;
    out->in = upsample->in;
    memcpy(out->settings, &s, sizeof s);
    return 1;
}

/* ---- the kinds ---- */

static const gan__layer_setting settings[] = {
    GAN__SIZE("in_channels", gan__conv_settings, in, 1, INT32_MAX),
    GAN__SIZE("out_channels", gan__conv_settings, out, 1, INT32_MAX),
    GAN__SIZE("kernel_size", gan__conv_settings, kernel, 1, INT32_MAX),
    GAN__SIZE("stride", gan__conv_settings, stride, 1, INT32_MAX),
    GAN__SIZE("padding", gan__conv_settings, padding, 0, INT32_MAX),
    GAN__SIZE("dilation", gan__conv_settings, dilation, 1, INT32_MAX),
    GAN__SIZE("output_padding", gan__conv_settings, output_padding, 0, INT32_MAX),
    GAN__SIZE("groups", gan__conv_settings, groups, 1, INT32_MAX),
    GAN__INT("bias", gan__conv_settings, bias, 0, 1),
};

const gan__layer_class gan__layer_conv2d = {
    .name = "conv2d",
    GAN__SETTINGS(gan__conv_settings, settings),
    .product = 1,
    .linear = 1,
    .check = check,
    .shape = shape,
    .init = init,
    .scratch = scratch,
    .transformed_size = transformed_size,
    .transform = transform,
    .forward = conv_forward,
    .backward = conv_backward,
    .forward_cut = forward_cut,
    .backward_cut = backward_cut,
    .grad_parts = grad_parts,
    .grad = grad,
};

const gan__layer_class gan__layer_conv_transpose2d = {
    .name = "conv_transpose2d",
    GAN__SETTINGS(gan__conv_settings, settings),
    .product = 1,
    .transposed = 1,
    .linear = 1,
    .check = check,
    .shape = shape,
    .init = init,
    .scratch = scratch,
    .transformed_size = transformed_size,
    .transform = transform,
    .forward = transposed_forward,
    .backward = transposed_backward,
    .forward_cut = forward_cut,
    .backward_cut = backward_cut,
    .grad_parts = grad_parts,
    .grad = grad,
};

static gan_status read_desc(gan__conv_settings *out, const gan__layer_class *class, size_t kernel,
                            const gan_conv2d_desc *desc)
{
    gan_status status = GAN_OK;
    gan_conv2d_desc d = {GAN_CONV2D_DESC_INIT};
    const size_t kernels[2] = {kernel, kernel}, ones[2] = {1, 1};

    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "conv2d desc"));
    GAN_TRY(gan__layer_read_pair(out->kernel, d.kernel_size, kernels, class, "kernel_size"));
    GAN_TRY(gan__layer_read_pair(out->stride, d.stride, ones, class, "stride"));
    GAN_TRY(gan__layer_read_pair(out->dilation, d.dilation, ones, class, "dilation"));
    for (size_t i = 0; i < 2; i++) {
        out->padding[i] = gan__layer_padding(d.padding[i]);
        out->output_padding[i] = gan__layer_padding(d.output_padding[i]);
        if (out->output_padding[i] > 0 && !class->transposed)
            GAN_FAIL(GAN_ERR_INVALID, "conv2d: output_padding is for conv_transpose2d");
    }
    out->groups = d.groups > 0 ? d.groups : 1;
    out->bias = !d.no_bias;

cleanup:
    return status;
}

static gan_layer *make(const gan__layer_class *class, size_t in, size_t out, size_t kernel,
                       const gan_conv2d_desc *desc)
{
    gan__conv_settings s = {.in = in, .out = out};

    if (read_desc(&s, class, kernel, desc) != GAN_OK) return NULL;
    return gan__layer_create(class, &s);
}

gan_layer *gan_layer_conv2d(size_t in_channels, size_t out_channels, size_t kernel_size,
                            const gan_conv2d_desc *desc)
{
    return make(&gan__layer_conv2d, in_channels, out_channels, kernel_size, desc);
}

gan_layer *gan_layer_conv_transpose2d(size_t in_channels, size_t out_channels, size_t kernel_size,
                                      const gan_conv2d_desc *desc)
{
    return make(&gan__layer_conv_transpose2d, in_channels, out_channels, kernel_size, desc);
}

GAN__DEFINE_INIT(gan_conv2d_desc_init, gan_conv2d_desc, GAN_CONV2D_DESC_INIT)
