/* sheet.c - see sheet.h.
 *
 *                 head     head
 *           +---------------------        without titles this is the grid of
 *           |   ......   ......           gan_image_create_grid(), enlarged
 *      row  |   sample   sample
 *           |   ......   ......
 *           |   caption  caption   */
#include "sheet.h"

#include "cli.h"
#include "plot.h"

#include <math.h>
#include <string.h>

enum { GAP = 2, FONT = 13, LINE = 18, EDGE = 6, READABLE = 64, LIGHT = 225 };

/* In pixels of the picture. */
typedef struct layout {
    size_t columns, rows, scale;
    size_t left, top;     /* space for titles */
    size_t width, height; /* of a sample */
    size_t across, down;  /* from a sample to the next one */
} layout;

static size_t widest(const sheet_text *texts, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        size_t width = plot_text_width(texts[i].text, FONT);
        if (width > most) most = width;
    }
    return most;
}

/* Titles need space: samples with titles are at least wide enough for a readable word. */
static size_t choose_scale(const sheet *s, int titled)
{
    if (s->scale > 0) return s->scale;
    size_t width = s->picture.dim[2];
    return titled && width < READABLE ? (READABLE + width - 1) / width : 1;
}

static layout lay_out(const sheet *s, size_t n)
{
    int titles = plot_available(), titled = titles && (s->heads || s->captions);
    layout l = {.columns = s->columns > 0 ? s->columns : (size_t)ceil(sqrt((double)n))};
    if (l.columns > n) l.columns = n;
    l.rows = (n + l.columns - 1) / l.columns;
    l.scale = choose_scale(s, titled);
    l.height = s->picture.dim[1] * l.scale;
    l.width = s->picture.dim[2] * l.scale;
    l.left = titles && s->rows ? widest(s->rows, l.rows) + 2 * EDGE : 0;
    l.top = titles && s->heads ? LINE + EDGE : 0;
    l.across = l.width + GAP * l.scale;
    l.down = l.height + GAP * l.scale + (titles && s->captions ? LINE : 0);
    return l;
}

/* Copy a picture to a position, each of its pixels as scale x scale pixels. */
static void put_enlarged(gan_image *to, size_t x0, size_t y0, gan_image *from, size_t scale)
{
    size_t channels = gan_image_channels(to), row = gan_image_width(to) * channels;
    size_t from_row = gan_image_width(from) * channels;
    for (size_t y = 0; y < gan_image_height(from) * scale; y++) {
        const unsigned char *line = gan_image_pixels(from) + y / scale * from_row;
        unsigned char *out = gan_image_pixels(to) + (y0 + y) * row + x0 * channels;
        for (size_t x = 0; x < gan_image_width(from) * scale; x++)
            memcpy(out + x * channels, line + x / scale * channels, channels);
    }
}

int sheet_enlarge(gan_image **out, gan_image *small, size_t scale)
{
    if (!cli_ok(gan_image_create(out, gan_image_width(small) * scale,
                                 gan_image_height(small) * scale, gan_image_channels(small), NULL)))
        return 0;
    put_enlarged(*out, 0, 0, small, scale);
    return 1;
}

static void put_titles(gan_image *to, const layout *l, const sheet *s, size_t n)
{
    size_t gap = GAP * l->scale;
    for (size_t i = 0; s->heads && i < l->columns; i++) {
        plot_box box = {.x = l->left + gap + i * l->across,
                        .y = EDGE,
                        .width = l->width,
                        .height = LINE,
                        .size = FONT,
                        .align = 0.5,
                        .level = LIGHT};
        plot_text(to, &box, s->heads[i].text);
    }
    for (size_t i = 0; s->rows && i < l->rows; i++) {
        plot_box box = {.x = EDGE,
                        .y = l->top + gap + i * l->down,
                        .width = l->left - 2 * EDGE,
                        .height = l->height,
                        .size = FONT,
                        .align = 1,
                        .level = LIGHT};
        plot_text(to, &box, s->rows[i].text);
    }
    for (size_t i = 0; s->captions && i < n; i++) {
        plot_box box = {.x = l->left + gap + i % l->columns * l->across,
                        .y = l->top + gap + i / l->columns * l->down + l->height,
                        .width = l->width,
                        .height = LINE,
                        .size = FONT,
                        .align = 0.5,
                        .level = LIGHT};
        plot_text(to, &box, s->captions[i].text);
    }
}

int sheet_make(gan_image **out, const sheet *s, const float *samples, size_t n)
{
    size_t size = gan_shape_size(s->picture);
    const layout l = lay_out(s, n);
    int good =
        cli_ok(gan_image_create(out, l.left + l.columns * l.across + GAP * l.scale,
                                l.top + l.rows * l.down + GAP * l.scale, s->picture.dim[0], NULL));
    for (size_t i = 0; good && i < n; i++) {
        gan_image *sample;
        good = cli_ok(gan_image_create_grid(&sample, samples + i * size, 1, s->picture, NULL));
        if (good)
            put_enlarged(*out, l.left + GAP * l.scale + i % l.columns * l.across,
                         l.top + GAP * l.scale + i / l.columns * l.down, sample, l.scale);
        gan_image_destroy(sample);
    }
    if (good && plot_available()) put_titles(*out, &l, s, n);
    return good;
}

int sheet_write(const sheet *s, const float *samples, size_t n, const char *path)
{
    gan_image *image = NULL;
    int good = sheet_make(&image, s, samples, n) && cli_ok(gan_image_write(image, path));
    gan_image_destroy(image);
    return good;
}
