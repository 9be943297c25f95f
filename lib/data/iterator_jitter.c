/* iterator_jitter.c - random changes of samples: crops, shifts, rotations, colours.
 *
 * The first three are one mapping, from a pixel of the new picture back to a point of the old one,
 * where bilinear interpolation mixes the four pixels around it:
 *
 *     old = middle + offset + size * rotation(new - middle)
 *
 * Beyond its edges the old picture is continued by its outermost pixels. */
#include "data/iterator_internal.h"

#include "base/status_internal.h"
#include "base/tensor_internal.h"

#include <math.h>
#include <string.h>

/* ---- Settings ---- */

static const struct {
    const char *name;
    size_t offset;
    float most;
    int is_colour;
} settings[] = {{"crop", offsetof(gan__jitter, crop), 0.99f, 0},
                {"shift", offsetof(gan__jitter, shift), 1, 0},
                {"rotation", offsetof(gan__jitter, rotation), 180, 0},
                {"brightness", offsetof(gan__jitter, brightness), 1, 1},
                {"contrast", offsetof(gan__jitter, contrast), 1, 1},
                {"saturation", offsetof(gan__jitter, saturation), 1, 1}};

enum { N_SETTINGS = sizeof settings / sizeof *settings };

static float setting_of(const gan__jitter *j, size_t i)
{
    float value;

    memcpy(&value, (const char *)j + settings[i].offset, sizeof value);
    return value;
}

static int changes_colours(const gan__jitter *j)
{
    return j->brightness > 0 || j->contrast > 0 || j->saturation > 0;
}

static int moves(const gan__jitter *j)
{
    return j->crop > 0 || j->shift > 0 || j->rotation > 0;
}

int gan__jitter_is_on(const gan__jitter *j)
{
    return moves(j) || changes_colours(j);
}

gan_status gan__jitter_check(const gan__jitter *j, gan_shape shape, int of_bytes)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const float value = setting_of(j, i);

        if (!(value >= 0 && value <= settings[i].most))
            return gan__fail(GAN_ERR_INVALID, "iterator: %s is %g, 0 to %g expected",
                             settings[i].name, (double)value, (double)settings[i].most);
    }
    if (gan__jitter_is_on(j) && (shape.rank < 2 || shape.rank > 3))
        return gan__fail(GAN_ERR_SHAPE,
                         "iterator: crop, shift, rotation and colours need "
                         "images, of rank 2 or 3; samples are %s",
                         gan__shape_text_of(shape).text);
    if (changes_colours(j) && (!of_bytes || j->channels > 3 || j->channels == 2))
        return gan__fail(GAN_ERR_SHAPE,
                         "iterator: brightness, contrast and saturation need images of bytes, "
                         "grey or RGB; samples are %s of %s",
                         of_bytes ? "bytes" : "floats", gan__shape_text_of(shape).text);
    if (j->saturation > 0 && j->channels != 3)
        return gan__fail(GAN_ERR_SHAPE, "iterator: saturation needs RGB, samples are %s",
                         gan__shape_text_of(shape).text);
    return GAN_OK;
}

void gan__jitter_state(const gan__jitter *j, gan__state *s)
{
    for (size_t i = 0; i < N_SETTINGS && gan__jitter_is_on(j); i++)
        gan__state_float(s, settings[i].name, setting_of(j, i));
}

/* ---- Places ---- */

/* From a pixel of the new picture to a point of the old one: (a, b) is a step to the right, (-b, a)
 * one down, in pixels. */
typedef struct mapping {
    float x, y; /* of the first pixel */
    float a, b;
} mapping;

/* A number drawn from 0 to 1, as one from -1 to 1. */
static float both_ways(float drawn)
{
    return 2 * drawn - 1;
}

static mapping map_places(const gan__jitter *j, const float *drawn)
{
    const float size = 1 - j->crop * drawn[0];
    const float angle = j->rotation * both_ways(drawn[1]) * 0.017453292519943295f;
    const float width = (float)j->width, height = (float)j->height;
    const float x = width * (both_ways(drawn[2]) * (1 - size) / 2 + both_ways(drawn[3]) * j->shift);
    const float y =
        height * (both_ways(drawn[4]) * (1 - size) / 2 + both_ways(drawn[5]) * j->shift);
    const float left = (width - 1) / 2, top = (height - 1) / 2;
    mapping m = {0, 0, size * cosf(angle), size * sinf(angle)};

    m.x = left + x - m.a * left + m.b * top;
    m.y = top + y - m.b * left - m.a * top;
    return m;
}

/* The two pixels around a point, and the second's weight. */
typedef struct between {
    size_t first, second;
    float share;
} between;

static between find_between(float at, size_t n)
{
    const float last = (float)(n - 1), inside = at < 0 ? 0 : at > last ? last : at;
    const size_t first = (size_t)inside;

    return (between){first, first + 1 < n ? first + 1 : first, inside - (float)first};
}

static float mix(float a, float b, float share)
{
    return a + share * (b - a);
}

static void move(const gan__jitter *j, const mapping *m, float *sample, float *aside)
{
    const size_t plane = j->width * j->height, n = j->channels * plane;

    memcpy(aside, sample, n * sizeof *aside);
    for (size_t i = 0; i < plane; i++) {
        const float x = (float)(i % j->width), y = (float)(i / j->width);
        const between across = find_between(m->x + m->a * x - m->b * y, j->width);
        const between down = find_between(m->y + m->b * x + m->a * y, j->height);
        const float *above = aside + down.first * j->width, *below = aside + down.second * j->width;

        for (size_t at = i; at < n; at += plane, above += plane, below += plane)
            sample[at] =
                mix(mix(above[across.first], above[across.second], across.share),
                    mix(below[across.first], below[across.second], across.share), down.share);
    }
}

/* ---- Colours ---- */

/* The grey value of a pixel, as everywhere in the library. */
static float grey_of(const gan__jitter *j, const float *pixel, size_t plane)
{
    if (j->channels == 1) return pixel[0];
    return 0.299f * pixel[0] + 0.587f * pixel[plane] + 0.114f * pixel[2 * plane];
}

static float bounded(float x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* ColorJitter's brightness, contrast and saturation, in this order, on numbers from 0 to 1. */
static void change_colours(const gan__jitter *j, const float *drawn, float *sample)
{
    const size_t plane = j->width * j->height, n = j->channels * plane;
    const float brightness = 1 + j->brightness * both_ways(drawn[0]);
    const float contrast = 1 + j->contrast * both_ways(drawn[1]);
    const float saturation = 1 + j->saturation * both_ways(drawn[2]);
    double sum = 0;
    float mean;

    for (size_t i = 0; i < n; i++) sample[i] = bounded(sample[i] * brightness);
    for (size_t i = 0; i < plane; i++) sum += (double)grey_of(j, sample + i, plane);
    mean = (float)(sum / (double)plane);
    for (size_t i = 0; i < n; i++) sample[i] = bounded(mix(mean, sample[i], contrast));
    if (j->channels < 3) return;
    for (size_t i = 0; i < plane; i++) {
        const float grey = grey_of(j, sample + i, plane);

        for (size_t at = i; at < n; at += plane)
            sample[at] = bounded(mix(grey, sample[at], saturation));
    }
}

void gan__jitter_apply(const gan__jitter *j, const float drawn[GAN__JITTER_DRAWS], float *sample,
                       float *aside)
{
    const size_t plane = j->width * j->height;
    const mapping m = map_places(j, drawn);

    if (moves(j)) move(j, &m, sample, aside);
    if (!changes_colours(j)) return;
    for (size_t c = 0; c < j->channels; c++)
        for (size_t i = c * plane; i < (c + 1) * plane; i++)
            sample[i] = sample[i] * j->std[c] + j->mean[c];
    change_colours(j, drawn + 6, sample);
    for (size_t c = 0; c < j->channels; c++)
        for (size_t i = c * plane; i < (c + 1) * plane; i++)
            sample[i] = (sample[i] - j->mean[c]) / j->std[c];
}
