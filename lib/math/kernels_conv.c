/* kernels_conv.c - convolutions as matrix products, by im2col a panel at a time.
 *
 * With zero-padded image x[in, height, width], map y[out, position] and weights w[out, tap], where
 * a position is one of the kernel on the image and a tap an element of the kernel, counted over the
 * input channels, the convolution is a matrix product
 *
 *     y[o, p] = sum over t of w[o, t] P[t, p],     P[t, p] = x at the pixel of tap t at position p
 *
 *       padded image                    P, the im2col matrix
 *     +---------------+                      position p = 0   1   2 ...
 *     | 0  0  0  0  0 |                 tap 0   +---+---+---+
 *     | 0 [a  b] c  0 |   position 5    tap 1   |   |   |   |      2x2 kernel, stride 1:
 *     | 0 [d  e] f  0 |   of a kernel   tap 2   |   |   |   |      column 5 holds a b d e,
 *     | 0  g  h  i  0 |   of 2x2        tap 3   +---+---+---+      column 6 holds b c e f
 *     | 0  0  0  0  0 |
 *     +---------------+                 "patch": a column of P; "taps": its rows
 *
 * Training needs two more products, both adjoints of the first:
 *
 *     image from map      x[pixel] = sum of w[o, t] y[o, p] over all t, p that fall on that pixel
 *     weight gradient     dw[o, t] = sum over p (and samples) of dy[o, p] P[t, p]
 *
 * They are the input and weight gradients of conv2d, and the forward pass and weight gradient of
 * conv_transpose2d, whose input gradient is the first product.
 *
 * P is kernel height times width as large as the image, so it is never stored as a whole.  A panel
 * of it is gathered from padded images and multiplied while it is in the L1 cache:
 *
 *     gan__conv_map      for each chunk of images, group, PANEL columns (positions): gather all
 *                        taps, DEPTH at a time -> panel; multiply by the weights, into the map
 *     gan__conv_image    for each chunk, group, PANEL columns (taps): the panel is columns of the
 *                        weights; multiply the transposed map by it; scatter-add the product into
 *                        the padded images (col2im); copy these out last
 *     gan__conv_weights  for each stretch of DEPTH positions: pack the map's rows; gather PANEL
 *                        taps of these positions -> panel; multiply, accumulating into dw
 *
 * With a stride of 1 and no more padding than the kernel reaches, the image is in turn a
 * convolution of the map by the flipped kernel, and is computed as one (see flips()), as a scatter
 * costs more than a gather.
 *
 * Sums are over taps, or positions, in an order that depends on shapes alone.  Padding is stored as
 * zeros, so no inner loop checks for the border. */
#include "math/kernels_conv_internal.h"

#include "base/alloc_internal.h"
#include "math/kernels_internal.h"

#include <string.h>

enum {
    DEPTH = GAN__CONV_DEPTH,
    MAX_WIDTH = 256,         /* columns of a panel */
    PANELS_AT_ONCE = 4,      /* narrow ones, when weights are packed */
    CHUNK_NUMBERS = 1 << 17, /* in padded images at a time, so that they stay in the L2 cache */
    SLACK = 64,              /* floats that vectors may touch beyond an array */
};

/* The working set of a call, in the scratch. */
typedef struct work {
    const gan__conv *c;
    const gan__panels *panels;
    size_t padded[2]; /* height and width of an image with its padding */
    size_t chunk;     /* images at a time */
    float *images;    /* `chunk` padded images, of some channels */
    float *panel;
    float *block; /* of the product, or a packed matrix */
} work;

static size_t taps(const gan__conv *c)
{
    return c->in * c->kernel[0] * c->kernel[1];
}

static size_t positions(const gan__conv *c)
{
    return c->map[0] * c->map[1];
}

/* Height or width of a padded image. */
static size_t padded_size(const gan__conv *c, size_t side)
{
    return c->image[side] + 2 * c->padding[side];
}

static size_t chunk_of(const gan__conv *c)
{
    const size_t n = c->in * padded_size(c, 0) * padded_size(c, 1);

    return n < CHUNK_NUMBERS ? CHUNK_NUMBERS / n : 1;
}

static size_t images_size(const gan__conv *c)
{
    const size_t image = gan__size_mul(c->in, gan__size_mul(padded_size(c, 0), padded_size(c, 1)));

    /* Of fewer channels a chunk may hold more images, but not more numbers. */
    return gan__size_add(gan__size_mul(gan__size_max(chunk_of(c), DEPTH / positions(c)), image),
                         SLACK);
}

static size_t panel_size(const gan__conv *c)
{
    return gan__size_add(gan__size_mul(gan__size_max(DEPTH, c->out), MAX_WIDTH), SLACK);
}

size_t gan__conv_image_size(const gan__conv *c)
{
    return c->groups * c->in * c->image[0] * c->image[1];
}

size_t gan__conv_map_size(const gan__conv *c)
{
    return c->groups * c->out * positions(c);
}

size_t gan__conv_kernel_size(const gan__conv *c)
{
    return c->kernel[0] * c->kernel[1];
}

static size_t weights_size(const gan__conv *c)
{
    return c->groups * c->out * taps(c);
}

/* ---- flipped kernels ---- */

/* With a stride of 1 the image is in turn a convolution of the map: image[i] is the sum over taps t
 * of w[t] map[i + padding - t], a convolution by the flipped kernel with the channels of image and
 * map exchanged, and with a padding of dilation * (kernel - 1) - padding:
 *
 *     kernel   w0 w1 w2, padding 1          map[p] = w0 x[p-1] + w1 x[p] + w2 x[p+1]
 *     flipped  w2 w1 w0, padding 2 - 1      x[i]   = w2 m[i-1] + w1 m[i] + w0 m[i+1] */
static gan__conv flipped(const gan__conv *c)
{
    gan__conv back = *c;

    back.in = c->out;
    back.out = c->in;
    for (size_t i = 0; i < 2; i++) {
        back.image[i] = c->map[i];
        back.map[i] = c->image[i];
        back.padding[i] = c->dilation[i] * (c->kernel[i] - 1) - c->padding[i];
    }
    return back;
}

/* Whether that is possible, and faster.  Flipping the weights costs out * taps copies per call;
 * what it saves, the scatter, grows with the positions. */
static int flips(const gan__conv *c)
{
    int does = c->out <= 4 * positions(c);

    for (size_t i = 0; i < 2; i++) {
        const size_t reach = c->dilation[i] * (c->kernel[i] - 1);

        does &= c->stride[i] == 1 && c->padding[i] <= reach &&
                c->image[i] + 2 * c->padding[i] == c->map[i] + reach;
    }
    return does;
}

static void turn_weights(const gan__conv *c, const float *weights, float *to)
{
    const size_t n = gan__conv_kernel_size(c);

    for (size_t g = 0; g < c->groups; g++, to += c->out * taps(c))
        for (size_t o = 0; o < c->out; o++)
            for (size_t i = 0; i < c->in; i++, weights += n)
                for (size_t t = 0; t < n; t++) to[(i * c->out + o) * n + n - 1 - t] = weights[t];
}

/* ---- scratch ---- */

/* Blocks of the product are out, or DEPTH positions, by a panel's width; packed maps are out by
 * DEPTH positions. */
static size_t work_size(const gan__conv *c)
{
    const size_t block = gan__size_mul(gan__size_max(DEPTH, c->out), MAX_WIDTH + 16);

    return gan__size_add(gan__size_add(images_size(c), panel_size(c)), block);
}

size_t gan__conv_scratch(const gan__conv *c)
{
    const gan__conv back = flipped(c);

    return flips(c) ? gan__size_max(work_size(c), gan__size_add(weights_size(c), work_size(&back)))
                    : work_size(c);
}

static work work_of(const gan__conv *c, const gan__panels *panels, float *scratch)
{
    return (work){.c = c,
                  .panels = panels,
                  .padded = {padded_size(c, 0), padded_size(c, 1)},
                  .chunk = chunk_of(c),
                  .images = scratch,
                  .panel = scratch + images_size(c),
                  .block = scratch + images_size(c) + panel_size(c)};
}

/* ---- padded images ---- */

static size_t plane(const work *w)
{
    return w->padded[0] * w->padded[1];
}

/* Copy some channels of n images, `stride` apart, into zero-padded ones. */
static void pad(const work *w, size_t n, size_t channels, const float *image, size_t stride)
{
    const gan__conv *c = w->c;
    float *to = w->images;

    memset(to, 0, n * channels * plane(w) * sizeof *to);
    to += c->padding[0] * w->padded[1] + c->padding[1];
    for (size_t i = 0; i < n * channels; i++, to += plane(w)) {
        const float *from =
            image + i / channels * stride + i % channels * c->image[0] * c->image[1];

        gan__simd_best()->copy_rows(c->image[0], c->image[1], from, c->image[1], to, w->padded[1]);
    }
}

/* Copy n images of one group out of their padding, adding the bias. */
static void unpad(const work *w, size_t n, const float *bias, float *image, size_t stride)
{
    const gan__conv *c = w->c;
    const float *from = w->images + c->padding[0] * w->padded[1] + c->padding[1];

    for (size_t i = 0; i < n * c->in; i++, from += plane(w)) {
        const size_t channel = i % c->in;

        gan__simd_best()->shift_rows(
            c->image[0], c->image[1], from, w->padded[1], bias ? bias[channel] : 0,
            image + i / c->in * stride + channel * c->image[0] * c->image[1], c->image[1]);
    }
}

/* ---- offsets of positions and taps ---- */

/* Contiguous numbers of a panel's row, whose pixels have a fixed stride in an image. */
typedef gan__segment segment;

/* The offset of the patch of position p, in images of `channels` channels. */
static size_t patch_at(const work *w, size_t channels, size_t p)
{
    const gan__conv *c = w->c;
    const size_t l = p % positions(c);
    const size_t y = l / c->map[1];
    const size_t x = l % c->map[1];

    return p / positions(c) * channels * plane(w) + y * c->stride[0] * w->padded[1] +
           x * c->stride[1];
}

/* The offset of a tap in a patch. */
static size_t tap_at(const work *w, size_t tap)
{
    const gan__conv *c = w->c;
    const size_t channel = tap / gan__conv_kernel_size(c);
    const size_t y = tap % gan__conv_kernel_size(c) / c->kernel[1];
    const size_t x = tap % c->kernel[1];

    return channel * plane(w) + y * c->dilation[0] * w->padded[1] + x * c->dilation[1];
}

/* The same for n consecutive positions, or taps: incremental, because a division costs as much as a
 * dozen multiplications. */
static void patches_at(const work *w, size_t channels, size_t begin, size_t n, size_t *at)
{
    const gan__conv *c = w->c;
    size_t y = begin % positions(c) / c->map[1];
    size_t x = begin % c->map[1];
    size_t place = patch_at(w, channels, begin);

    for (size_t i = 0; i < n; i++) {
        at[i] = place;
        place += c->stride[1];
        if (++x < c->map[1]) continue;
        x = 0;
        place += c->stride[0] * w->padded[1] - c->map[1] * c->stride[1];
        if (++y < c->map[0]) continue;
        y = 0;
        place += channels * plane(w) - c->map[0] * c->stride[0] * w->padded[1];
    }
}

static void taps_at(const work *w, size_t begin, size_t n, size_t *at)
{
    const gan__conv *c = w->c;
    size_t y = begin % gan__conv_kernel_size(c) / c->kernel[1];
    size_t x = begin % c->kernel[1];
    size_t place = tap_at(w, begin);

    for (size_t i = 0; i < n; i++) {
        at[i] = place;
        place += c->dilation[1];
        if (++x < c->kernel[1]) continue;
        x = 0;
        place += c->dilation[0] * w->padded[1] - c->kernel[1] * c->dilation[1];
        if (++y < c->kernel[0]) continue;
        y = 0;
        place += plane(w) - c->kernel[0] * c->dilation[0] * w->padded[1];
    }
}

/* Positions begin .. begin+n-1 as columns of a panel. */
static size_t position_segments(const work *w, size_t begin, size_t n, segment *out)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i += out[count++].length) {
        const size_t left = w->c->map[1] - (begin + i) % w->c->map[1];

        out[count] = (segment){patch_at(w, w->c->in, begin + i), i, left < n - i ? left : n - i};
    }
    return count;
}

/* Taps begin .. begin+n-1 as columns of a panel. */
static size_t tap_segments(const work *w, size_t begin, size_t n, segment *out)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i += out[count++].length) {
        const size_t left = w->c->kernel[1] - (begin + i) % w->c->kernel[1];

        out[count] = (segment){tap_at(w, begin + i), i, left < n - i ? left : n - i};
    }
    return count;
}

/* ---- image to map ---- */

/* Columns begin .. begin+n-1 of the map, out rows by all positions of the chunk. */
static void map_panel(const work *w, const float *weights, const float *bias, size_t begin,
                      size_t n, float *to, size_t to_stride)
{
    segment segments[MAX_WIDTH];
    const size_t n_segments = position_segments(w, begin, n, segments);
    const size_t n_taps = taps(w->c);
    size_t at[DEPTH];

    for (size_t t = 0; t < n_taps; t += DEPTH) {
        const size_t k = gan__size_min(DEPTH, n_taps - t);

        taps_at(w, t, k, at);
        gan__simd_best()->gather(k, at, n_segments, segments, w->c->stride[1], w->images, w->panel,
                                 w->panels->width);
        w->panels->multiply(&(gan__gemm_args){.m = w->c->out,
                                              .n = n,
                                              .k = k,
                                              .a = weights + t,
                                              .a_row = n_taps,
                                              .a_column = 1,
                                              .c = to,
                                              .c_stride = to_stride,
                                              .row_bias = bias,
                                              .accumulate = t > 0,
                                              .pairs = w->c->pairs},
                            w->panel);
    }
}

/* Copy a block of the product, whose columns are in several samples, into the map. */
static void spread(const work *w, size_t begin, size_t n, float *map, size_t stride)
{
    const size_t l = positions(w->c);

    for (size_t i = 0, length; i < n; i += length) {
        const size_t p = begin + i;
        float *to = map + p / l * stride + p % l;

        length = gan__size_min(l - p % l, n - i);
        gan__simd_best()->copy_rows(w->c->out, length, w->block + i, w->panels->width, to, l);
    }
}

/* n images of one group. */
static void map_chunk(const work *w, size_t n, const float *weights, const float *bias, float *map,
                      size_t stride)
{
    const size_t l = positions(w->c);

    for (size_t begin = 0; begin < n * l; begin += w->panels->width) {
        const size_t columns = gan__size_min(w->panels->width, n * l - begin);

        if (begin / l == (begin + columns - 1) / l) {
            map_panel(w, weights, bias, begin, columns, map + begin / l * stride + begin % l, l);
            continue;
        }
        map_panel(w, weights, bias, begin, columns, w->block, w->panels->width);
        spread(w, begin, columns, map, stride);
    }
}

void gan__conv_map(const gan__conv *c, size_t rows, const float *image, const float *weights,
                   const float *bias, float *map, float *scratch)
{
    const work w = work_of(c, gan__kernels_panels(c->by), scratch);
    const size_t image_size = gan__conv_image_size(c);
    const size_t map_size = gan__conv_map_size(c);

    for (size_t i = 0; i < rows; i += w.chunk) {
        const size_t n = gan__size_min(w.chunk, rows - i);

        for (size_t g = 0; g < c->groups; g++) {
            pad(&w, n, c->in, image + i * image_size + g * (image_size / c->groups), image_size);
            map_chunk(&w, n, weights + g * c->out * taps(c), bias ? bias + g * c->out : NULL,
                      map + i * map_size + g * (map_size / c->groups), map_size);
        }
    }
}

/* ---- map to image ---- */

/* Add the contribution of some taps and one sample's map to its padded image. */
static void add_taps(const work *w, const float *panel, const segment *segments, size_t n_segments,
                     size_t n, const float *map, float *image)
{
    const size_t l = positions(w->c);
    const size_t width = w->c->map[1];
    /* Whole rows of the map, whose overlapping patches the lag of scatter_add() keeps apart. */
    const size_t piece = width < DEPTH ? DEPTH / width * width : DEPTH;
    size_t at[DEPTH];

    for (size_t p = 0; p < l; p += piece) {
        const size_t m = gan__size_min(piece, l - p);

        patches_at(w, w->c->in, p, m, at);
        w->panels->multiply(&(gan__gemm_args){.m = m,
                                              .n = n,
                                              .k = w->c->out,
                                              .a = map + p,
                                              .a_row = 1,
                                              .a_column = l,
                                              .c = w->block,
                                              .c_stride = w->panels->width,
                                              .pairs = w->c->pairs},
                            panel);
        gan__simd_best()->scatter_add(m, gan__size_min(width, m), at, n_segments, segments,
                                      w->c->dilation[1], w->block, w->panels->width, image);
    }
}

/* Pack some columns of the weights into consecutive panels.  The weights' rows are far apart, so a
 * few panels are filled at a time. */
static void load_panels(const work *w, const float *weights, size_t columns)
{
    const size_t width = w->panels->width;
    segment segments[PANELS_AT_ONCE];
    size_t at[DEPTH];
    size_t n = 0;

    for (size_t i = 0; i < columns; i += width, n++)
        segments[n] = (segment){i, i * w->c->out, gan__size_min(width, columns - i)};
    for (size_t o = 0; o < w->c->out; o += DEPTH) {
        const size_t rows = gan__size_min(DEPTH, w->c->out - o);

        for (size_t i = 0; i < rows; i++) at[i] = (o + i) * taps(w->c);
        gan__simd_best()->copy_segments(rows, at, n, segments, weights, w->panel + o * width,
                                        width);
    }
}

/* n images of one group. */
static void image_chunk(const work *w, size_t n, const float *map, size_t stride,
                        const float *weights)
{
    const size_t width = w->panels->width;
    const size_t at_once = width < MAX_WIDTH ? PANELS_AT_ONCE * width : width;
    const size_t n_taps = taps(w->c);
    const size_t image = w->c->in * plane(w);
    segment segments[MAX_WIDTH];

    memset(w->images, 0, n * image * sizeof *w->images);
    for (size_t t = 0; t < n_taps; t += width) {
        const size_t columns = gan__size_min(width, n_taps - t);
        const size_t n_segments = tap_segments(w, t, columns, segments);

        if (t % at_once == 0) load_panels(w, weights + t, gan__size_min(at_once, n_taps - t));
        for (size_t i = 0; i < n; i++)
            add_taps(w, w->panel + t % at_once * w->c->out, segments, n_segments, columns,
                     map + i * stride, w->images + i * image);
    }
}

/* The images by scatter-add. */
static void add_images(const gan__conv *c, size_t rows, const float *map, const float *weights,
                       const float *bias, float *image, float *scratch)
{
    const work w = work_of(c, gan__kernels_panels(c->by), scratch);
    const size_t image_size = gan__conv_image_size(c);
    const size_t map_size = gan__conv_map_size(c);

    for (size_t i = 0; i < rows; i += w.chunk) {
        const size_t n = gan__size_min(w.chunk, rows - i);

        for (size_t g = 0; g < c->groups; g++) {
            image_chunk(&w, n, map + i * map_size + g * (map_size / c->groups), map_size,
                        weights + g * c->out * taps(c));
            unpad(&w, n, bias ? bias + g * c->in : NULL,
                  image + i * image_size + g * (image_size / c->groups), image_size);
        }
    }
}

void gan__conv_image(const gan__conv *c, size_t rows, const float *map, const float *weights,
                     const float *bias, float *image, float *scratch)
{
    const gan__conv back = flipped(c);

    if (!flips(c)) {
        add_images(c, rows, map, weights, bias, image, scratch);
        return;
    }
    turn_weights(c, weights, scratch);
    gan__conv_map(&back, rows, map, scratch, bias, image, scratch + weights_size(c));
}

/* ---- the weight gradient ---- */

/* Consecutive positions of a sample, or all positions of several. */
typedef struct stretch {
    size_t sample, samples;
    size_t begin, end; /* positions, counted from the first of `sample` */
} stretch;

static stretch next_stretch(const gan__conv *c, size_t rows, const stretch *s)
{
    const size_t l = positions(c);
    const size_t samples = DEPTH / l;

    if (samples > 0) {
        const size_t sample = s->sample + s->samples;
        const size_t n = gan__size_min(samples, rows - sample);

        return (stretch){sample, n, 0, n * l};
    }
    if (s->samples == 0) return (stretch){0, 1, 0, DEPTH};
    if (s->end == l) return (stretch){s->sample + 1, 1, 0, DEPTH};
    return (stretch){s->sample, 1, s->end, gan__size_min(s->end + DEPTH, l)};
}

enum { PACKED = DEPTH + 16 }; /* not a power of two: rows would evict each other from the cache */

/* Pack the part's rows of the map at these positions. */
static void pack_map(const work *w, gan__conv_part part, const stretch *s, const float *map,
                     size_t stride)
{
    const size_t l = positions(w->c);
    const size_t length = s->samples > 1 ? l : s->end - s->begin;

    for (size_t i = 0; i < s->samples; i++)
        gan__simd_best()->copy_rows(part.out_end - part.out_begin, length,
                                    map + (s->sample + i) * stride + part.out_begin * l + s->begin,
                                    l, w->block + i * l, PACKED);
}

/* One group's sums over a stretch. */
static void weights_stretch(const work *w, gan__conv_part part, const stretch *s, int accumulate,
                            float *dw)
{
    const size_t channels = part.in_end - part.in_begin;
    const size_t n_taps = channels * gan__conv_kernel_size(w->c);
    const size_t n = s->end - s->begin;
    segment segments[MAX_WIDTH];
    size_t at[DEPTH];

    patches_at(w, channels, s->begin, n, at);
    for (size_t t = 0; t < n_taps; t += w->panels->width) {
        const size_t columns = gan__size_min(w->panels->width, n_taps - t);
        const size_t n_segments = tap_segments(w, t, columns, segments);

        gan__simd_best()->gather(n, at, n_segments, segments, w->c->dilation[1], w->images,
                                 w->panel, w->panels->width);
        w->panels->multiply(&(gan__gemm_args){.m = part.out_end - part.out_begin,
                                              .n = columns,
                                              .k = n,
                                              .a = w->block,
                                              .a_row = PACKED,
                                              .a_column = 1,
                                              .c = dw + t,
                                              .c_stride = taps(w->c),
                                              .accumulate = accumulate,
                                              .pairs = w->c->pairs},
                            w->panel);
    }
}

void gan__conv_weights(const gan__conv *c, size_t rows, gan__conv_part part, const float *image,
                       const float *map, float *dw, float *scratch)
{
    const work w = work_of(c, gan__kernels_panels(c->by), scratch);
    const size_t image_size = gan__conv_image_size(c);
    const size_t map_size = gan__conv_map_size(c);
    const size_t channel = c->image[0] * c->image[1];

    for (size_t g = 0; g < c->groups; g++) {
        const float *from = image + g * (image_size / c->groups) + part.in_begin * channel;
        float *to =
            dw + (g * c->out + part.out_begin) * taps(c) + part.in_begin * gan__conv_kernel_size(c);
        stretch s = {0, 0, 0, 0};

        for (s = next_stretch(c, rows, &s); s.sample < rows; s = next_stretch(c, rows, &s)) {
            if (s.begin == 0)
                pad(&w, s.samples, part.in_end - part.in_begin, from + s.sample * image_size,
                    image_size);
            pack_map(&w, part, &s, map + g * (map_size / c->groups), map_size);
            weights_stretch(&w, part, &s, s.sample > 0 || s.begin > 0, to);
        }
    }
}
