/* features_pixels.c - features that are the means of square blocks of pixels. */
#include "judge/features_internal.h"

#include "base/status_internal.h"

#include <stdio.h>

enum { MOST = 256 }; /* features at most, as far as a picture can be reduced */

typedef struct pixels {
    size_t sides[3];
    size_t square; /* side of a block, in pixels */
    size_t height, width;
} pixels;

/* Blocks at the lower and right edge may be smaller. */
static float mean_of(const pixels *p, const float *channel, size_t y, size_t x)
{
    const size_t begin_y = y * p->square, begin_x = x * p->square;
    const size_t end_y = begin_y + p->square < p->sides[1] ? begin_y + p->square : p->sides[1];
    const size_t end_x = begin_x + p->square < p->sides[2] ? begin_x + p->square : p->sides[2];
    double sum = 0;

    for (size_t v = begin_y; v < end_y; v++)
        for (size_t u = begin_x; u < end_x; u++) sum += (double)channel[v * p->sides[2] + u];
    return (float)(sum / (double)((end_y - begin_y) * (end_x - begin_x)));
}

static gan_status compute(const gan_features *f, const float *samples, size_t n, float *out,
                          size_t worker)
{
    const pixels *p = f->state;
    const size_t area = p->sides[1] * p->sides[2];

    (void)worker;
    for (size_t c = 0; c < n * p->sides[0]; c++)
        for (size_t y = 0; y < p->height; y++)
            for (size_t x = 0; x < p->width; x++) *out++ = mean_of(p, samples + c * area, y, x);
    return GAN_OK;
}

static void end(gan_features *f)
{
    (void)f;
}

static const gan__features_kind kind = {.compute = compute, .end = end};

gan_status gan_features_create_pixels(gan_features **out, gan_shape sample,
                                      const gan_features_desc *desc)
{
    gan_features *f;
    pixels *p;
    gan_status status = gan__features_begin(out, &kind, sample, sizeof *p, desc);

    if (status != GAN_OK) return status;
    f = *out;
    p = f->state;
    gan__features_sides(sample, p->sides);
    do {
        p->square++;
        p->height = (p->sides[1] + p->square - 1) / p->square;
        p->width = (p->sides[2] + p->square - 1) / p->square;
    } while (sample.rank > 1 && p->height * p->width > 1 &&
             p->sides[0] * p->height * p->width > MOST);
    f->count = p->sides[0] * p->height * p->width;
    snprintf(f->name, sizeof f->name, "pixels %zux%zux%zu by %zu", p->sides[0], p->sides[1],
             p->sides[2], p->square);
    f->hash = gan__features_hash_text(f->name);
    return GAN_OK;
}
