/* image_fit.c - pictures scaled and cut, or padded, to one size.
 *
 * A pixel of the scaled picture is a mean of pixels weighted by a triangle around its centre, whose
 * half width is one pixel of the coarser of the two pictures: bilinear interpolation when
 * enlarging, antialiasing when reducing.  First rows are mixed, then the pixels of the mixed row,
 * in float; only the result is rounded. */
#include "data/image_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <math.h>
#include <string.h>

/* One direction, across or down. */
typedef struct axis {
    size_t in;     /* pixels of the picture */
    uint64_t full; /* of the scaled picture */
    size_t out;    /* of what is cut out of that, */
    uint64_t cut;  /* from here on */
    size_t n_taps; /* pixels that are mixed into one, including those of weight 0 */
} axis;

/* Half the width of the triangle, in pixels of the picture. */
static double reach_of(const axis *a)
{
    const double scale = (double)a->in / (double)a->full;

    return scale > 1.0 ? scale : 1.0;
}

/* The middle is rounded to even, as Python does. */
static axis make_axis(size_t in, uint64_t full, size_t out)
{
    const uint64_t spare = full - out;
    axis a = {in, full, out, spare / 2 + (spare % 4 == 3), 0};
    const size_t n_taps = 2 * (size_t)ceil(reach_of(&a)) + 1;

    a.n_taps = n_taps < in ? n_taps : in;
    return a;
}

/* The position of pixel `i` of the cut, in pixels of the picture. */
static double center_of(const axis *a, size_t i)
{
    return (double)a->in / (double)a->full * ((double)(a->cut + i) + 0.5);
}

/* The first pixel of the picture that is mixed into pixel `i` of the cut. */
static size_t first_of(const axis *a, size_t i)
{
    const double first = center_of(a, i) - reach_of(a) + 0.5;
    const size_t last = a->in - a->n_taps;

    if (!(first > 0)) return 0;
    return (size_t)first < last ? (size_t)first : last;
}

/* The weights of the pixels from first_of() on; their sum is 1. */
static void weigh(const axis *a, size_t i, float *weights)
{
    const double from = (double)first_of(a, i) + 0.5 - center_of(a, i), reach = reach_of(a);
    double sum = 0;

    for (size_t k = 0; k < a->n_taps; k++) sum += fmax(0, 1 - fabs(from + (double)k) / reach);
    for (size_t k = 0; k < a->n_taps; k++)
        weights[k] = (float)(fmax(0, 1 - fabs(from + (double)k) / reach) / sum);
}

/* Mix numbers [begin, end) of the picture's rows for row `y` of the cut. */
static void mix_rows(const gan_image *image, const axis *down, size_t y, const float *weights,
                     size_t begin, size_t end, float *row)
{
    const size_t stride = image->width * image->channels;
    const uint8_t *from = image->pixels + first_of(down, y) * stride;

    memset(row + begin, 0, (end - begin) * sizeof *row);
    for (size_t k = 0; k < down->n_taps; k++, from += stride) {
        if (!(weights[k] > 0)) continue;
        for (size_t x = begin; x < end; x++) row[x] += weights[k] * (float)from[x];
    }
}

/* Mix the values of a row, `n_channels` for each pixel, into one row of each plane. */
static void mix_pixels(const axis *across, const float *row, size_t n_channels,
                       const float *weights, uint8_t *to, size_t plane_size)
{
    for (size_t x = 0; x < across->out; x++, weights += across->n_taps) {
        const float *from = row + first_of(across, x) * n_channels;

        for (size_t c = 0; c < n_channels; c++) {
            float sum = 0.5f;

            for (size_t k = 0; k < across->n_taps; k++)
                sum += weights[k] * from[k * n_channels + c];
            to[c * plane_size + x] = (uint8_t)sum;
        }
    }
}

/* The weights are those of ITU-R BT.601, in 1/65536. */
static void make_grey(gan_image *image)
{
    const size_t n = image->width * image->height;
    const uint8_t *p = image->pixels;

    for (size_t i = 0; i < n; i++, p += 3)
        image->pixels[i] = (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 32768u) >> 16);
    image->channels = 1;
}

/* How a picture becomes planes: what is mixed, and where it is put. */
typedef struct plan {
    axis across, down;
    size_t left, top; /* of the scaled picture in the frame */
} plan;

/* The size to which the other side is scaled when one side of `in` pixels becomes `to`. */
static uint64_t scaled(uint64_t in, uint64_t to, uint64_t from)
{
    return in * to / from > 0 ? in * to / from : 1;
}

static plan make_plan(const gan_image *image, const gan__image_frame *frame)
{
    const uint64_t width = image->width, height = image->height;
    const int wider = width * frame->height > height * frame->width;
    const int width_decides = frame->pads ? wider : !wider;
    const uint64_t full_width = width_decides ? frame->width : scaled(width, frame->height, height);
    const uint64_t full_height =
        width_decides ? scaled(height, frame->width, width) : frame->height;
    const size_t shown_width = frame->pads ? (size_t)full_width : frame->width;
    const size_t shown_height = frame->pads ? (size_t)full_height : frame->height;

    return (plan){make_axis(image->width, full_width, shown_width),
                  make_axis(image->height, full_height, shown_height),
                  (frame->width - shown_width) / 2, (frame->height - shown_height) / 2};
}

/* Fill the planes with the colour around a picture that does not cover the frame. */
static void fill_background(const gan__image_frame *frame, uint8_t *planes)
{
    const size_t size = frame->width * frame->height;
    const uint8_t *b = frame->background;
    const uint8_t grey = (uint8_t)((b[0] * 19595u + b[1] * 38470u + b[2] * 7471u + 32768u) >> 16);

    for (size_t c = 0; c < frame->channels; c++)
        memset(planes + c * size, frame->channels == 1 ? grey : c < 3 ? b[c] : 0, size);
}

/* Fill the channels that a picture lacks, in one row of the scaled picture: the colours of a grey
 * one, or alpha. */
static void complete_row(size_t has, size_t wanted, uint8_t *to, size_t width, size_t plane_size)
{
    if (has == wanted) return;
    if (wanted == 4 && has == 2) memmove(to + 3 * plane_size, to + plane_size, width);
    if (wanted == 4 && has != 2) memset(to + 3 * plane_size, 255, width);
    for (size_t c = 1; c < 3 && has < 3; c++) memcpy(to + c * plane_size, to, width);
}

gan_status gan__image_fit(gan_image *image, const gan__image_frame *frame, uint8_t *planes)
{
    const plan p = make_plan(image, frame);
    const size_t first = first_of(&p.across, 0), plane_size = frame->width * frame->height;
    const size_t end = first_of(&p.across, p.across.out - 1) + p.across.n_taps;
    gan_status status = GAN_OK;
    float *row = NULL, *row_weights = NULL, *pixel_weights = NULL;

    if (frame->channels == 1 && image->channels == 3) make_grey(image);
    if (frame->pads) fill_background(frame, planes);
    GAN_TRY(gan__alloc(&row, &image->allocator, gan__size_mul(image->width, image->channels),
                       sizeof *row));
    GAN_TRY(gan__alloc(&row_weights, &image->allocator, p.down.n_taps, sizeof *row_weights));
    GAN_TRY(gan__alloc(&pixel_weights, &image->allocator,
                       gan__size_mul(p.across.out, p.across.n_taps), sizeof *pixel_weights));
    for (size_t x = 0; x < p.across.out; x++)
        weigh(&p.across, x, pixel_weights + x * p.across.n_taps);
    for (size_t y = 0; y < p.down.out; y++) {
        uint8_t *to = planes + (p.top + y) * frame->width + p.left;

        weigh(&p.down, y, row_weights);
        mix_rows(image, &p.down, y, row_weights, first * image->channels, end * image->channels,
                 row);
        mix_pixels(&p.across, row, image->channels, pixel_weights, to, plane_size);
        complete_row(image->channels, frame->channels, to, p.across.out, plane_size);
    }

cleanup:
    gan__free(&image->allocator, pixel_weights);
    gan__free(&image->allocator, row_weights);
    gan__free(&image->allocator, row);
    return status;
}
