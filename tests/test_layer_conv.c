/* test_layer_conv.c - convolutions: against PyTorch, as adjoints, and for sizes where work is
 * divided. */
#include "convolution.h"
#include "expect.h"
#include "golden.h"
#include "onelayer.h"

#include "math/kernels_conv_internal.h"

#include <gan/layer.h>
#include <gan/network.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef gan_layer *constructor(size_t in, size_t out, size_t kernel, const gan_conv2d_desc *desc);

/* The cases of make_layers_conv.py. */
static const struct {
    const char *name;
    constructor *make;
    gan_shape shape;
    size_t rows;
    size_t in, out, kernel;
    gan_conv2d_desc desc;
} cases[] = {
#define SHAPE(c, h, w)                                                                             \
    {                                                                                              \
        3,                                                                                         \
        {                                                                                          \
            c, h, w, 0                                                                             \
        }                                                                                          \
    }
#define DESC(...)                                                                                  \
    {                                                                                              \
        sizeof(gan_conv2d_desc), __VA_ARGS__                                                       \
    }
    {"plain", gan_layer_conv2d, SHAPE(2, 5, 6), 3, 2, 3, 3, DESC({0}, {0}, {0}, {0}, {0}, 0, 0)},
    {"strided", gan_layer_conv2d, SHAPE(3, 8, 7), 2, 3, 4, 4,
     DESC({0}, GAN_BOTH(2), GAN_BOTH(1), {0}, {0}, 0, 0)},
    {"pairs", gan_layer_conv2d, SHAPE(2, 9, 7), 2, 2, 3, 1,
     DESC({3, 2}, {2, 1}, {0, 1}, {1, 2}, {0}, 0, 0)},
    {"dilated", gan_layer_conv2d, SHAPE(1, 11, 10), 2, 1, 2, 3,
     DESC({0}, GAN_BOTH(3), GAN_BOTH(2), GAN_BOTH(2), {0}, 0, 0)},
    {"grouped", gan_layer_conv2d, SHAPE(6, 5, 5), 2, 6, 9, 3,
     DESC({0}, {0}, GAN_BOTH(1), {0}, {0}, 3, 0)},
    {"depthwise", gan_layer_conv2d, SHAPE(5, 6, 6), 2, 5, 5, 3,
     DESC({0}, GAN_BOTH(2), GAN_BOTH(1), {0}, {0}, 5, 1)},
    {"one", gan_layer_conv2d, SHAPE(4, 5, 3), 3, 4, 6, 1, DESC({0}, {0}, {0}, {0}, {0}, 0, 0)},
    {"one_strided", gan_layer_conv2d, SHAPE(3, 5, 6), 2, 3, 2, 1,
     DESC({0}, GAN_BOTH(2), {0}, {0}, {0}, 0, 0)},
    {"full", gan_layer_conv2d, SHAPE(3, 4, 5), 5, 3, 7, 1, DESC({4, 5}, {0}, {0}, {0}, {0}, 0, 0)},
    {"full_one", gan_layer_conv2d, SHAPE(2, 7, 7), 3, 2, 1, 7, DESC({0}, {0}, {0}, {0}, {0}, 0, 1)},
    {"padded_one", gan_layer_conv2d, SHAPE(2, 1, 1), 3, 2, 2, 3,
     DESC({0}, {0}, GAN_BOTH(1), {0}, {0}, 0, 0)},
    {"large_kernel", gan_layer_conv2d, SHAPE(1, 13, 12), 2, 1, 2, 9,
     DESC({0}, {0}, GAN_BOTH(3), {0}, {0}, 0, 0)},
    {"rows_left_over", gan_layer_conv2d, SHAPE(2, 6, 8), 2, 2, 2, 3,
     DESC({0}, GAN_BOTH(4), {0}, {0}, {0}, 0, 0)},
    {"t_plain", gan_layer_conv_transpose2d, SHAPE(2, 4, 5), 3, 2, 3, 3,
     DESC({0}, {0}, {0}, {0}, {0}, 0, 0)},
    {"t_strided", gan_layer_conv_transpose2d, SHAPE(4, 4, 3), 2, 4, 3, 4,
     DESC({0}, GAN_BOTH(2), GAN_BOTH(1), {0}, {0}, 0, 0)},
    {"t_pairs", gan_layer_conv_transpose2d, SHAPE(2, 4, 3), 2, 2, 3, 1,
     DESC({3, 2}, {2, 3}, {1, 0}, {0}, {1, 2}, 0, 0)},
    {"t_dilated", gan_layer_conv_transpose2d, SHAPE(1, 4, 5), 2, 1, 2, 3,
     DESC({0}, GAN_BOTH(2), GAN_BOTH(1), GAN_BOTH(2), GAN_BOTH(1), 0, 0)},
    {"t_grouped", gan_layer_conv_transpose2d, SHAPE(6, 4, 4), 2, 6, 4, 3,
     DESC({0}, GAN_BOTH(2), {0}, {0}, {0}, 2, 1)},
    {"t_one", gan_layer_conv_transpose2d, SHAPE(4, 3, 5), 3, 4, 6, 1,
     DESC({0}, {0}, {0}, {0}, {0}, 0, 0)},
    {"t_full", gan_layer_conv_transpose2d, SHAPE(5, 1, 1), 6, 5, 3, 1,
     DESC({4, 5}, {0}, {0}, {0}, {0}, 0, 0)},
    {"t_full_plain", gan_layer_conv_transpose2d, SHAPE(5, 1, 1), 2, 5, 3, 3,
     DESC({0}, {0}, {0}, {0}, {0}, 0, 1)},
};
enum { N_CASES = sizeof cases / sizeof *cases };

TEST_EACH(convolutions_are_pytorchs, 0, N_CASES)
{
    golden *g = golden_open("layers_conv.bin");
    const size_t i = (size_t)_i;

    expect_layer_golden(g, cases[i].name, cases[i].shape,
                        cases[i].make(cases[i].in, cases[i].out, cases[i].kernel, &cases[i].desc),
                        cases[i].rows, cases[i].rows);
    golden_close(g);
}

/* ---- large ones: edges of panels and chunks, and cuts ---- */

static const gan__conv large[] = {
    {1, 64, 128, {14, 14}, {7, 7}, {4, 4}, {2, 2}, {1, 1}, {1, 1}, GAN__BY_SPEED, NULL},
    {1, 1, 64, {28, 28}, {14, 14}, {4, 4}, {2, 2}, {1, 1}, {1, 1}, GAN__BY_SPEED, NULL},
    {2, 17, 19, {20, 21}, {20, 21}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, GAN__BY_SPEED, NULL},
    {1, 3, 5, {40, 33}, {18, 15}, {5, 5}, {2, 2}, {0, 0}, {1, 1}, GAN__BY_SPEED, NULL},
    {1, 260, 300, {4, 4}, {4, 4}, {5, 5}, {1, 1}, {2, 2}, {1, 1}, GAN__BY_SPEED, NULL},
    {1, 2, 3, {70, 70}, {68, 68}, {3, 3}, {1, 1}, {0, 0}, {1, 1}, GAN__BY_SPEED, NULL},
    {1, 4, 6, {15, 16}, {13, 12}, {3, 4}, {1, 1}, {1, 1}, {2, 2}, GAN__BY_SPEED, NULL},
    {2, 3, 5, {12, 13}, {16, 13}, {3, 3}, {1, 1}, {3, 1}, {1, 1}, GAN__BY_SPEED, NULL},
};
enum { N_LARGE = sizeof large / sizeof *large, ROWS = 11 };

/* The map's value at a pixel, by the definition, and the sum of the terms' absolute values. */
static double map_at(const gan__conv *c, const float *image, const float *w, size_t o, size_t y,
                     size_t x, double *scale)
{
    const size_t group = o / c->out;
    double sum = 0;

    *scale = 0;
    for (size_t i = 0; i < c->in; i++)
        for (size_t ky = 0; ky < c->kernel[0]; ky++)
            for (size_t kx = 0; kx < c->kernel[1]; kx++) {
                const size_t iy = y * c->stride[0] + ky * c->dilation[0] - c->padding[0];
                const size_t ix = x * c->stride[1] + kx * c->dilation[1] - c->padding[1];
                double term;

                if (iy >= c->image[0] || ix >= c->image[1]) continue;
                term = (double)image[((group * c->in + i) * c->image[0] + iy) * c->image[1] + ix] *
                       (double)w[((o * c->in + i) * c->kernel[0] + ky) * c->kernel[1] + kx];
                sum += term;
                *scale += fabs(term);
            }
    return sum;
}

TEST_EACH(maps_are_sums_of_products, 0, N_LARGE)
{
    const gan__conv *c = &large[_i];
    const size_t size = gan__conv_map_size(c);
    float *image = conv_numbers(ROWS * gan__conv_image_size(c), 1);
    float *w = conv_numbers(conv_weight_count(c), 2);
    float *bias = conv_numbers(c->groups * c->out, 3);
    float *map = malloc(ROWS * size * sizeof *map);
    float *scratch = calloc(gan__conv_scratch(c), sizeof *scratch);
    double worst = 0;

    gan__conv_map(c, ROWS, image, w, bias, map, scratch);
    for (size_t i = 0; i < ROWS * size; i += 97) {
        const size_t o = i % size / (c->map[0] * c->map[1]);
        double scale;
        const double wanted =
            (double)bias[o] + map_at(c, image + i / size * gan__conv_image_size(c), w, o,
                                     i / c->map[1] % c->map[0], i % c->map[1], &scale);

        worst = fmax(worst, fabs((double)map[i] - wanted) / (1 + scale));
    }
    ck_assert_msg(worst <= 1e-6, "a value is off by %g of its terms' size", worst);
    free(image);
    free(w);
    free(bias);
    free(map);
    free(scratch);
}

static double inner(size_t n, const float *a, const float *b, double *scale)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
        *scale += fabs((double)a[i] * (double)b[i]);
    }
    return sum;
}

/* <map of image, m> = <image, image of m> = <w, weights of both> */
TEST_EACH(the_three_products_are_adjoint, 0, N_LARGE)
{
    const gan__conv *c = &large[_i];
    const size_t image_size = ROWS * gan__conv_image_size(c);
    const size_t map_size = ROWS * gan__conv_map_size(c);
    const gan__conv_part all = {0, c->in, 0, c->out};
    float *image = conv_numbers(image_size, 4);
    float *w = conv_numbers(conv_weight_count(c), 5);
    float *m = conv_numbers(map_size, 6);
    float *map = malloc(map_size * sizeof *map);
    float *back = malloc(image_size * sizeof *back);
    float *dw = malloc(conv_weight_count(c) * sizeof *dw);
    float *scratch = calloc(gan__conv_scratch(c), sizeof *scratch);
    double scale = 0;
    double by_map;

    gan__conv_map(c, ROWS, image, w, NULL, map, scratch);
    gan__conv_image(c, ROWS, m, w, NULL, back, scratch);
    gan__conv_weights(c, ROWS, all, image, m, dw, scratch);
    by_map = inner(map_size, map, m, &scale);
    expect_near(inner(image_size, image, back, &scale), by_map, 0, 1e-7 * scale);
    expect_near(inner(conv_weight_count(c), w, dw, &scale), by_map, 0, 1e-7 * scale);
    ck_assert(fabs(by_map) > 1e-5 * scale);
    free(image);
    free(w);
    free(m);
    free(map);
    free(back);
    free(dw);
    free(scratch);
}

TEST_EACH(bits_dont_depend_on_the_cut, 0, N_LARGE)
{
    const gan__conv *c = &large[_i];
    gan_conv2d_desc d = {GAN_CONV2D_DESC_INIT};

    memcpy(d.kernel_size, c->kernel, sizeof d.kernel_size);
    memcpy(d.stride, c->stride, sizeof d.stride);
    memcpy(d.padding, c->padding, sizeof d.padding);
    memcpy(d.dilation, c->dilation, sizeof d.dilation);
    d.groups = c->groups;
    expect_layer_same_bits(gan_shape_3d(c->groups * c->in, c->image[0], c->image[1]),
                           gan_layer_conv2d(c->groups * c->in, c->groups * c->out, 1, &d), ROWS,
                           ROWS);
    for (size_t i = 0; i < 2; i++) {
        const size_t reach = c->dilation[i] * (c->kernel[i] - 1) + 1;
        const size_t rest =
            c->image[i] + 2 * c->padding[i] - reach - (c->map[i] - 1) * c->stride[i];

        d.output_padding[i] = rest;
    }
    expect_layer_same_bits(gan_shape_3d(c->groups * c->out, c->map[0], c->map[1]),
                           gan_layer_conv_transpose2d(c->groups * c->out, c->groups * c->in, 1, &d),
                           ROWS, ROWS);
}

/* ---- settings and shapes ---- */

static void expect_no_layer(gan_layer *layer, const char *part)
{
    ck_assert_ptr_null(layer);
    expect_error_says(part);
}

static gan_layer *with(constructor *make, gan_conv2d_desc d)
{
    d.struct_size = sizeof d;
    return make(4, 6, 3, &d);
}

TEST(wrong_settings_are_refused)
{
    const gan_conv2d_desc ok = {GAN_CONV2D_DESC_INIT};
    gan_conv2d_desc d;
    constructor *const kinds[2] = {gan_layer_conv2d, gan_layer_conv_transpose2d};

    for (size_t i = 0; i < 2; i++) {
        expect_no_layer(kinds[i](0, 1, 3, NULL), "in_channels is 0, a whole number from 1 to");
        expect_no_layer(kinds[i](1, 0, 3, NULL), "out_channels is 0");
        expect_no_layer(kinds[i](1, 1, 0, NULL), "kernel_size is 0");
        expect_no_layer(kinds[i](1 << 20, 1 << 20, 3, NULL), "weights, at most");
        d = ok;
        d.groups = 3;
        expect_no_layer(with(kinds[i], d), "3 groups don't divide 4 in_channels");
        d = ok;
        d.stride[0] = d.stride[1] = SIZE_MAX / 2 + 1;
        expect_no_layer(with(kinds[i], d), "stride is ");
        d = ok;
        d.struct_size = 1;
        expect_no_layer(kinds[i](4, 6, 3, &d), "conv2d desc");
    }
    d = ok;
    d.output_padding[0] = 1;
    expect_no_layer(with(gan_layer_conv2d, d), "output_padding is for conv_transpose2d");
    expect_no_layer(with(gan_layer_conv_transpose2d, d), "output_padding 1 is not smaller");
}

/* Pairs are taken literally: PyTorch's padding of (1, 0) is not (1, 1). */
TEST(pairs_are_height_and_width)
{
    const struct {
        gan_conv2d_desc desc;
        size_t height, width, up, across; /* of both kinds' output for 8x6 and kernels of 3 */
    } pairs[] = {
        {DESC({0}, {0}, {0}, {0}, {0}, 0, 0), 6, 4, 10, 8},
        {DESC({0}, {0}, {1, 0}, {0}, {0}, 0, 0), 8, 4, 8, 8},
        {DESC({0}, {0}, {0, 1}, {0}, {0}, 0, 0), 6, 6, 10, 6},
        {DESC({0}, {0}, {1, GAN_PADDING_NONE}, {0}, {0}, 0, 0), 8, 4, 8, 8},
        {DESC({0}, {0}, GAN_BOTH(1), {0}, {0}, 0, 0), 8, 6, 8, 6},
        {DESC({3, 1}, {2, 1}, {1, 0}, {0}, {0}, 0, 0), 4, 6, 15, 6},
        {DESC({0}, {0}, {0}, {2, 1}, {0}, 0, 0), 4, 4, 12, 8},
    };
    gan_conv2d_desc rest = DESC({0}, GAN_BOTH(2), {0}, {0}, {1, 0}, 0, 0);

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        gan_network *down = gan_network_create(gan_shape_3d(4, 8, 6), NULL);
        gan_network *up = gan_network_create(gan_shape_3d(4, 8, 6), NULL);

        expect_ok(gan_network_add(down, with(gan_layer_conv2d, pairs[i].desc)));
        expect_ok(gan_network_add(up, with(gan_layer_conv_transpose2d, pairs[i].desc)));
        ck_assert(gan_shape_equal(gan_network_output_shape(down),
                                  gan_shape_3d(6, pairs[i].height, pairs[i].width)));
        ck_assert(gan_shape_equal(gan_network_output_shape(up),
                                  gan_shape_3d(6, pairs[i].up, pairs[i].across)));
        if (i == 0) {
            gan_network *more = gan_network_create(gan_shape_3d(4, 8, 6), NULL);

            expect_ok(gan_network_add(more, with(gan_layer_conv_transpose2d, rest)));
            ck_assert(gan_shape_equal(gan_network_output_shape(more), gan_shape_3d(6, 18, 13)));
            gan_network_destroy(more);
        }
        gan_network_destroy(down);
        gan_network_destroy(up);
    }
}

TEST(half_a_pair_of_sizes_is_refused)
{
    constructor *const kinds[2] = {gan_layer_conv2d, gan_layer_conv_transpose2d};
    const gan_conv2d_desc kernel = DESC({3}, {0}, {0}, {0}, {0}, 0, 0),
                          stride = DESC({0}, {2}, {0}, {0}, {0}, 0, 0),
                          dilation = DESC({0}, {0}, {0}, {0, 2}, {0}, 0, 0);

    for (size_t i = 0; i < 2; i++) {
        expect_no_layer(with(kinds[i], kernel), "2d: kernel_size is {3, 0}: height and width");
        expect_no_layer(with(kinds[i], stride),
                        "2d: stride is {2, 0}: height and width expected, both of them or "
                        "neither; GAN_BOTH(2) is {2, 2}");
        expect_no_layer(with(kinds[i], dilation), "2d: dilation is {0, 2}");
    }
}

static void expect_misfit(gan_shape in, gan_layer *layer, const char *part)
{
    gan_network *net = gan_network_create(in, NULL);

    expect_fails(gan_network_add(net, layer), GAN_ERR_SHAPE, part);
    gan_network_destroy(net);
}

TEST(images_have_to_fit)
{
    gan_conv2d_desc d = {GAN_CONV2D_DESC_INIT};

    expect_misfit(gan_shape_3d(3, 8, 8), gan_layer_conv2d(4, 1, 3, NULL),
                  "needs an image of 4 channels, gets [3, 8, 8]");
    expect_misfit(gan_shape_1d(4), gan_layer_conv2d(4, 1, 3, NULL), "needs an image of 4 channels");
    expect_misfit(gan_shape_3d(4, 8, 2), gan_layer_conv2d(4, 1, 3, NULL),
                  "makes an image of 1x6x0");
    expect_misfit(gan_shape_3d(4, 1 << 12, 1 << 12),
                  gan_layer_conv_transpose2d(4, 1 << 12, 1, NULL), "makes an image of 4096x");
    d.padding[0] = d.padding[1] = 1 << 20;
    d.stride[0] = d.stride[1] = 1 << 20;
    expect_misfit(gan_shape_3d(4, 8, 8), gan_layer_conv2d(4, 1, 3, &d),
                  "[4, 8, 8] with a padding of 1048576 and 1048576 has more than");
    d.stride[0] = d.stride[1] = 1;
    d.padding[0] = 4;
    expect_misfit(gan_shape_3d(4, 2, 2), gan_layer_conv_transpose2d(4, 1, 3, &d),
                  "makes an image of 1x0x0");
}
