/* test_kernels_winograd.c - convolutions by minimal filtering (Winograd): against sums in double
 * precision and against the direct loops' errors, as adjoints, and in their order of summation. */
#include "convolution.h"
#include "expect.h"
#include "onelayer.h"

#include "math/kernels_winograd_internal.h"

#include <gan/layer.h>
#include <gan/network.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHAPE(groups, in, out, ih, iw, mh, mw, k, s, ph, pw)                                       \
    {                                                                                              \
        groups, in, out, {ih, iw}, {mh, mw}, {k, k}, {s, s}, {ph, pw}, {1, 1}, GAN__BY_SPEED, NULL \
    }

/* Odd sizes, images with rows that no tile reaches, single channels, groups, every padding; tiles of
 * every size at the borders, and many weights for few tiles. */
static const struct {
    gan__conv c;
    size_t rows;
} cases[] = {
    {SHAPE(1, 64, 40, 14, 14, 7, 7, 4, 2, 1, 1), 11},
    {SHAPE(1, 8, 8, 8, 8, 4, 4, 4, 2, 1, 1), 65},
    {SHAPE(1, 65, 33, 12, 12, 6, 6, 4, 2, 1, 1), 6},
    {SHAPE(1, 70, 9, 32, 16, 16, 8, 4, 2, 1, 1), 2},
    {SHAPE(1, 1, 5, 28, 28, 14, 14, 4, 2, 1, 1), 3},
    {SHAPE(1, 5, 1, 9, 12, 4, 5, 4, 2, 1, 1), 3},
    {SHAPE(2, 3, 7, 15, 17, 6, 7, 4, 2, 0, 0), 4},
    {SHAPE(3, 2, 2, 10, 11, 6, 6, 4, 2, 2, 2), 2},
    {SHAPE(1, 4, 6, 11, 10, 7, 5, 4, 2, 3, 1), 1},
    {SHAPE(1, 6, 5, 5, 4, 2, 1, 4, 2, 1, 0), 7},
    {SHAPE(1, 2, 3, 4, 5, 1, 1, 4, 2, 0, 0), 40},
    {SHAPE(1, 40, 33, 16, 16, 16, 16, 3, 1, 1, 1), 5},
    {SHAPE(1, 300, 20, 6, 6, 6, 6, 3, 1, 1, 1), 2},
    {SHAPE(1, 7, 8, 7, 7, 7, 7, 3, 1, 1, 1), 65},
    {SHAPE(1, 1, 1, 13, 40, 11, 38, 3, 1, 0, 0), 2},
    {SHAPE(2, 5, 3, 9, 6, 11, 6, 3, 1, 2, 1), 3},
    {SHAPE(1, 3, 4, 3, 3, 1, 1, 3, 1, 0, 0), 9},
    {SHAPE(1, 2, 2, 1, 70, 1, 70, 3, 1, 1, 1), 2},
    {SHAPE(1, 64, 48, 7, 7, 3, 3, 4, 2, 1, 1), 33},
    {SHAPE(1, 1, 2, 70, 70, 35, 35, 4, 2, 1, 1), 2},
    {SHAPE(1, 2, 2, 35, 37, 35, 37, 3, 1, 1, 1), 2},
    {SHAPE(1, 256, 170, 7, 8, 3, 4, 4, 2, 1, 1), 2},
    {SHAPE(1, 344, 340, 5, 4, 5, 4, 3, 1, 1, 1), 2},
};
enum { N_CASES = sizeof cases / sizeof *cases };

/* Scratch filled so that a read before a write shows. */
static float *scratch_of(size_t n)
{
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);

    for (size_t i = 0; i < n; i++) x[i] = NAN;
    return x;
}

/* A convolution's arguments, and the results of one algorithm. */
typedef struct operands {
    const gan__conv *c;
    size_t rows;
    float *image, *w, *m, *image_bias, *map_bias;
} operands;

typedef struct results {
    float *map, *image, *w;
} results;

static operands operands_of(size_t i, size_t rows)
{
    const gan__conv *c = &cases[i].c;

    return (operands){c,
                      rows,
                      conv_numbers(rows * gan__conv_image_size(c), 1),
                      conv_numbers(conv_weight_count(c), 2),
                      conv_numbers(rows * gan__conv_map_size(c), 3),
                      conv_numbers(c->groups * c->in, 4),
                      conv_numbers(c->groups * c->out, 5)};
}

static void end_operands(operands *g)
{
    free(g->image);
    free(g->w);
    free(g->m);
    free(g->image_bias);
    free(g->map_bias);
}

static results results_of(const operands *g)
{
    return (results){malloc(g->rows * gan__conv_map_size(g->c) * sizeof(float)),
                     malloc(g->rows * gan__conv_image_size(g->c) * sizeof(float)),
                     malloc(conv_weight_count(g->c) * sizeof(float))};
}

static void end_results(results *r)
{
    free(r->map);
    free(r->image);
    free(r->w);
}

static results direct(const operands *g)
{
    const gan__conv_part all = {0, g->c->in, 0, g->c->out};
    results r = results_of(g);
    float *scratch = scratch_of(gan__conv_scratch(g->c));

    gan__conv_map(g->c, g->rows, g->image, g->w, g->map_bias, r.map, scratch);
    gan__conv_image(g->c, g->rows, g->m, g->w, g->image_bias, r.image, scratch);
    gan__conv_weights(g->c, g->rows, all, g->image, g->m, r.w, scratch);
    free(scratch);
    return r;
}

static results winograd(const operands *g)
{
    const size_t channels = g->c->groups * g->c->out;
    const gan__conv_part all = {0, g->c->in, 0, g->c->out};
    results r = results_of(g);
    float *scratch = scratch_of(gan__winograd_scratch(g->c));
    float *u = scratch_of(gan__winograd_weights_size(g->c));

    gan__winograd_transform(g->c, 0, channels / 2, g->w, u, scratch);
    gan__winograd_transform(g->c, channels / 2, channels, g->w, u, scratch);
    gan__winograd_map(g->c, g->rows, g->image, u, g->map_bias, r.map, scratch);
    gan__winograd_image(g->c, g->rows, g->m, u, g->image_bias, r.image, scratch);
    gan__winograd_weights(g->c, g->rows, all, g->image, g->m, r.w, scratch);
    free(u);
    free(scratch);
    return r;
}

/* The same by the definition, in double precision. */
typedef struct sums {
    double *map, *image, *w;
} sums;

static void add_terms(const operands *g, size_t row, size_t o, size_t i, const sums *s)
{
    const gan__conv *c = g->c;
    const size_t map_size = c->map[0] * c->map[1], image_size = c->image[0] * c->image[1];
    const size_t group = o / c->out;
    const size_t map = row * gan__conv_map_size(c) + o * map_size;
    const size_t image = row * gan__conv_image_size(c) + (group * c->in + i) * image_size;
    const size_t w = (o * c->in + i) * gan__conv_kernel_size(c);

    for (size_t p = 0; p < map_size; p++)
        for (size_t t = 0; t < gan__conv_kernel_size(c); t++) {
            const size_t y = p / c->map[1] * c->stride[0] + t / c->kernel[1] - c->padding[0];
            const size_t x = p % c->map[1] * c->stride[1] + t % c->kernel[1] - c->padding[1];
            const size_t at = image + y * c->image[1] + x;

            if (y >= c->image[0] || x >= c->image[1]) continue;
            s->map[map + p] += (double)g->image[at] * (double)g->w[w + t];
            s->image[at] += (double)g->m[map + p] * (double)g->w[w + t];
            s->w[w + t] += (double)g->m[map + p] * (double)g->image[at];
        }
}

static sums exact(const operands *g)
{
    const gan__conv *c = g->c;
    const size_t n_map = g->rows * gan__conv_map_size(c);
    const size_t n_image = g->rows * gan__conv_image_size(c);
    const sums s = {malloc(n_map * sizeof(double)), malloc(n_image * sizeof(double)),
                    calloc(conv_weight_count(c), sizeof(double))};

    for (size_t i = 0; i < n_map; i++)
        s.map[i] = (double)g->map_bias[i / (c->map[0] * c->map[1]) % (c->groups * c->out)];
    for (size_t i = 0; i < n_image; i++)
        s.image[i] = (double)g->image_bias[i / (c->image[0] * c->image[1]) % (c->groups * c->in)];
    for (size_t r = 0; r < g->rows; r++)
        for (size_t o = 0; o < c->groups * c->out; o++)
            for (size_t i = 0; i < c->in; i++) add_terms(g, r, o, i, &s);
    return s;
}

/* The root mean square error, and the largest error, relative to the largest value. */
typedef struct error {
    double typical, largest;
} error;

static error error_of(size_t n, const float *x, const double *wanted)
{
    double squares = 0, most = 0, scale = 0;

    for (size_t i = 0; i < n; i++) {
        const double d = (double)x[i] - wanted[i];

        squares += d * d;
        most = fmax(most, fabs(d)); /* which would ignore NaN; the squares don't */
        scale = fmax(scale, fabs(wanted[i]));
    }
    return (error){sqrt(squares / (double)n) / scale, most / scale};
}

/* At most twice the direct error with tiles of 2, four times with tiles of 4; plus half a rounding, for sums of few
 * terms. */
static void expect_as_exact(const char *what, size_t tile, size_t n, const float *x,
                            const float *by_direct, const double *wanted)
{
    const error own = error_of(n, x, wanted), other = error_of(n, by_direct, wanted);

    ck_assert_msg(own.typical <= (double)tile * (other.typical + 0x1p-25),
                  "%s: errors are %g, the direct ones' %g", what, own.typical, other.typical);
    ck_assert_msg(own.largest <= (double)tile * 1e-6,
                  "%s: the largest error is %g, the direct one's %g", what, own.largest,
                  other.largest);
}

TEST_EACH(the_three_products_are_as_exact_as_direct_ones, 0, N_CASES)
{
    operands g = operands_of((size_t)_i, cases[_i].rows);
    const size_t tile = gan__winograd_tile(g.c);
    sums wanted = exact(&g);
    results a = winograd(&g), b = direct(&g);

    expect_as_exact("map", tile, g.rows * gan__conv_map_size(g.c), a.map, b.map, wanted.map);
    expect_as_exact("image", tile, g.rows * gan__conv_image_size(g.c), a.image, b.image,
                    wanted.image);
    expect_as_exact("weights", tile, conv_weight_count(g.c), a.w, b.w, wanted.w);
    free(wanted.map);
    free(wanted.image);
    free(wanted.w);
    end_results(&a);
    end_results(&b);
    end_operands(&g);
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

/* <map of image, m> = <image, image of m> = <w, weights of both>, without a bias */
TEST_EACH(the_three_products_are_adjoint, 0, N_CASES)
{
    operands g = operands_of((size_t)_i, cases[_i].rows);
    results r;
    double scale = 0, by_map;

    memset(g.image_bias, 0, g.c->groups * g.c->in * sizeof(float));
    memset(g.map_bias, 0, g.c->groups * g.c->out * sizeof(float));
    r = winograd(&g);
    by_map = inner(g.rows * gan__conv_map_size(g.c), r.map, g.m, &scale);
    expect_near(inner(g.rows * gan__conv_image_size(g.c), g.image, r.image, &scale), by_map, 0,
                2e-7 * scale);
    expect_near(inner(conv_weight_count(g.c), g.w, r.w, &scale), by_map, 0, 2e-7 * scale);
    ck_assert(fabs(by_map) > 1e-5 * scale);
    end_results(&r);
    end_operands(&g);
}

/* By the library's own products: a BLAS may sum in another order for more samples. */
TEST_EACH(a_sample_has_the_same_bits_in_any_batch, 0, N_CASES)
{
    const size_t rows = cases[_i].rows < 12 ? cases[_i].rows : 12;
    operands g = operands_of((size_t)_i, rows);
    results all = winograd(&g);
    operands one = g;

    for (size_t i = 0; i < rows && gan__simd_best()->products->fused; i++) {
        results r;

        one.rows = 1;
        one.image = g.image + i * gan__conv_image_size(g.c);
        one.m = g.m + i * gan__conv_map_size(g.c);
        r = winograd(&one);
        expect_same_bits(r.map, all.map + i * gan__conv_map_size(g.c),
                         gan__conv_map_size(g.c) * sizeof *r.map);
        expect_same_bits(r.image, all.image + i * gan__conv_image_size(g.c),
                         gan__conv_image_size(g.c) * sizeof *r.image);
        end_results(&r);
    }
    end_results(&all);
    end_operands(&g);
}

/* Bit by bit, by the library's own products. */
TEST_EACH(parts_of_the_weights_gradient_are_the_whole, 0, N_CASES)
{
    operands g = operands_of((size_t)_i, 2);
    const size_t in = g.c->in, out = g.c->out;
    results all = winograd(&g), parts = results_of(&g);
    float *scratch = scratch_of(gan__winograd_scratch(g.c));
    const gan__conv_part four[4] = {{0, in / 3, 0, out / 2},
                                    {in / 3, in, 0, out / 2},
                                    {0, in / 3, out / 2, out},
                                    {in / 3, in, out / 2, out}};
    double largest = 0;

    for (size_t i = 0; i < 4; i++)
        gan__winograd_weights(g.c, g.rows, four[i], g.image, g.m, parts.w, scratch);
    if (gan__simd_best()->products->fused)
        expect_same_bits(parts.w, all.w, conv_weight_count(g.c) * sizeof(float));
    for (size_t i = 0; i < conv_weight_count(g.c); i++)
        largest = fmax(largest, fabs((double)all.w[i]));
    for (size_t i = 0; i < conv_weight_count(g.c); i++)
        expect_near((double)parts.w[i], (double)all.w[i], 0, 4e-6 * largest);
    free(scratch);
    end_results(&all);
    end_results(&parts);
    end_operands(&g);
}

/* ---- the loops of each instruction set ---- */

static void expect_same_tiles(const gan__tile_loops *a, const gan__tile_loops *b,
                              const gan__tile_rows *r, const float *x)
{
    enum { VALUES = 1 << 16 };
    float *z[2] = {calloc(VALUES, sizeof(float)), calloc(VALUES, sizeof(float))};
    float *y[2] = {conv_numbers(VALUES, 8), conv_numbers(VALUES, 8)};
    float bias[2] = {0.25f, -1.5f};
    const gan__tile_loops *const loops[2] = {a, b};

    for (size_t i = 0; i < 2; i++) {
        loops[i]->image_in(r, x, z[i]);
        loops[i]->image_out(r, x, bias, y[i]);
        loops[i]->map_in(r, x, z[i] + VALUES / 2);
        loops[i]->map_out(r, x, NULL, y[i] + VALUES / 2);
    }
    expect_same_bits(z[0], z[1], VALUES * sizeof(float));
    expect_same_bits(y[0], y[1], VALUES * sizeof(float));
    for (size_t i = 0; i < 2; i++) {
        loops[i]->weights(7, x, z[i], 48);
        loops[i]->gradient(7, x, 48, y[i]);
    }
    expect_same_bits(z[0], z[1], VALUES * sizeof(float));
    expect_same_bits(y[0], y[1], VALUES * sizeof(float));
    for (size_t i = 0; i < 2; i++) {
        free(z[i]);
        free(y[i]);
    }
}

/* Few rows and many, of whole tiles and of small ones, down and across. */
TEST(tiles_have_the_same_bits_with_every_instruction_set)
{
    enum { STRIDE = 96, COEFFICIENT = 8 * STRIDE + 16 };
    const size_t sides[GAN__N_TILINGS] = {2, 4, 2, 4};
    const struct {
        size_t height, width, padding, begin, end, down, across, less[2];
    } shapes[] = {
        {14, 37, 1, 0, 3, 4, 10, {0, 0}}, {14, 37, 1, 3, 5, 4, 10, {1, 0}},
        {9, 8, 2, 1, 3, 3, 3, {0, 1}},    {14, 9, 1, 3, 43, 4, 2, {1, 1}},
        {5, 30, 0, 0, 20, 1, 3, {1, 1}},  {15, 7, 1, 0, 40, 2, 1, {3, 2}},
    };
    float *x = conv_numbers(1 << 16, 9);
    float *lines = scratch_of(1 << 15);

    for (size_t i = 1; gan__simd_variant(i); i++)
        for (size_t k = 0; k < GAN__N_TILINGS; k++)
            for (size_t j = 0; j < sizeof shapes / sizeof *shapes; j++) {
                const size_t side = sides[k];
                const gan__tile_rows rows = {
                    .size = {shapes[j].height, shapes[j].width},
                    .padding = {shapes[j].padding, shapes[j].padding},
                    .begin = shapes[j].begin,
                    .end = shapes[j].end,
                    .down = shapes[j].down,
                    .across = shapes[j].across,
                    .side = side,
                    .last = {side - shapes[j].less[0] % side, side - shapes[j].less[1] % side},
                    .channels = 2,
                    .sample = 1100,
                    .stride = STRIDE,
                    .coefficient = COEFFICIENT,
                    .lines = lines};

                expect_same_tiles(&gan__simd_variant(0)->tiles[k], &gan__simd_variant(i)->tiles[k],
                                  &rows, x);
            }
    free(x);
    free(lines);
}

/* ---- in layers ---- */

static gan_conv2d_desc desc_of(const gan__conv *c)
{
    gan_conv2d_desc d = {GAN_CONV2D_DESC_INIT};

    memcpy(d.kernel_size, c->kernel, sizeof d.kernel_size);
    memcpy(d.stride, c->stride, sizeof d.stride);
    memcpy(d.padding, c->padding, sizeof d.padding);
    d.groups = c->groups;
    return d;
}

static const gan__conv layers[] = {
    SHAPE(1, 32, 48, 16, 16, 8, 8, 4, 2, 1, 1),
    SHAPE(1, 64, 32, 17, 16, 8, 8, 4, 2, 1, 1),
    SHAPE(2, 32, 32, 16, 12, 16, 12, 3, 1, 1, 1),
    SHAPE(1, 64, 64, 12, 12, 10, 10, 3, 1, 0, 0),
};
enum { N_LAYERS = sizeof layers / sizeof *layers, LAYER_ROWS = 19 };

static gan_layer *layer_of(const gan__conv *c, int transposed)
{
    gan_conv2d_desc d = desc_of(c);
    const size_t image = c->groups * c->in, map = c->groups * c->out;

    if (!transposed) return gan_layer_conv2d(image, map, 1, &d);
    for (size_t i = 0; i < 2; i++)
        d.output_padding[i] =
            c->image[i] + 2 * c->padding[i] - c->kernel[i] - (c->map[i] - 1) * c->stride[i];
    return gan_layer_conv_transpose2d(map, image, 1, &d);
}

TEST_EACH(layers_have_the_same_bits_on_any_number_of_threads, 0, N_LAYERS)
{
    const gan__conv *c = &layers[_i];

    ck_assert(gan__winograd_pays(c, LAYER_ROWS));
    expect_layer_same_bits(gan_shape_3d(c->groups * c->in, c->image[0], c->image[1]),
                           layer_of(c, 0), LAYER_ROWS, LAYER_ROWS);
    expect_layer_same_bits(gan_shape_3d(c->groups * c->out, c->map[0], c->map[1]), layer_of(c, 1),
                           LAYER_ROWS, LAYER_ROWS);
}

/* The output of a network of one layer, with weights from its seed. */
static float *output_of(const gan__conv *c, const float *image)
{
    const size_t n = LAYER_ROWS * gan__conv_map_size(c);
    float *out = malloc(n * sizeof *out);
    gan_network *net =
        gan_network_create(gan_shape_3d(c->groups * c->in, c->image[0], c->image[1]), NULL);

    expect_ok(gan_network_add(net, layer_of(c, 0)));
    expect_ok(gan_network_initialize(net, 3));
    expect_ok(gan_network_forward(net, image, LAYER_ROWS, out));
    gan_network_destroy(net);
    return out;
}

/* And that GAN_CONV=direct asks for the others. */
TEST_EACH(layers_take_it_unless_the_environment_says_direct, 0, N_LAYERS)
{
    const gan__conv *c = &layers[_i];
    const size_t n = LAYER_ROWS * gan__conv_map_size(c);
    float *image = conv_numbers(LAYER_ROWS * gan__conv_image_size(c), 6);
    float *by_default, *by_direct;
    error e;
    double *wanted = malloc(n * sizeof *wanted);

    ck_assert_int_eq(unsetenv("GAN_CONV"), 0);
    by_default = output_of(c, image);
    ck_assert_int_eq(setenv("GAN_CONV", "direct", 1), 0);
    by_direct = output_of(c, image);
    for (size_t i = 0; i < n; i++) wanted[i] = (double)by_direct[i];
    e = error_of(n, by_default, wanted);
    ck_assert_msg(e.typical > 0 && e.largest < 4e-6, "%g, %g", e.typical, e.largest);
    free(image);
    free(by_default);
    free(by_direct);
    free(wanted);
}
