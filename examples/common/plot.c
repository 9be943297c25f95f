/* plot.c - scatters of points, line charts, and texts in pictures. */
#include "plot.h"

#include "files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Scatter: small soft discs on white ---- */

enum { SQUARE = 256, GAP = 8, TITLE = 28 };
static const float DISC_RADIUS = 1.8f;

/* The position of a square in a picture. */
typedef struct canvas {
    unsigned char *pixels; /* RGB, of its upper left corner */
    size_t stride;         /* bytes from a row to the next */
} canvas;

/* Mix a colour into a pixel, `share` of it (0 to 1). */
static void blend(unsigned char *pixel, plot_color color, float share)
{
    const unsigned char rgb[3] = {color.r, color.g, color.b};
    for (int c = 0; c < 3; c++)
        pixel[c] = (unsigned char)lrintf(pixel[c] + share * (rgb[c] - pixel[c]));
}

static void draw_disc(const canvas *at, float x, float y, plot_color color)
{
    if (!(x >= 0 && x < SQUARE && y >= 0 && y < SQUARE)) return; /* NaN too */
    int reach = (int)ceilf(DISC_RADIUS);
    for (int row = (int)y - reach; row <= (int)y + reach; row++)
        for (int column = (int)x - reach; column <= (int)x + reach; column++) {
            float distance = hypotf((float)column + 0.5f - x, (float)row + 0.5f - y);
            float cover = fminf(fmaxf(DISC_RADIUS - distance, 0), 1); /* an edge one pixel wide */
            if (row < 0 || row >= SQUARE || column < 0 || column >= SQUARE) continue;
            blend(at->pixels + (size_t)row * at->stride + 3 * (size_t)column, color, 0.5f * cover);
        }
}

static void draw_square(const canvas *at, const plot_square *square)
{
    float scale = SQUARE / (2 * square->extent);
    for (size_t row = 0; row < SQUARE; row++)
        memset(at->pixels + row * at->stride, 255, 3 * (size_t)SQUARE);
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < square->sets[s].n; i++)
            draw_disc(at, (square->sets[s].xy[2 * i] + square->extent) * scale,
                      (square->extent - square->sets[s].xy[2 * i + 1]) * scale,
                      square->sets[s].color);
}

gan_status plot_scatter(const char *path, const plot_square *squares, size_t n_squares,
                        size_t columns)
{
    gan_image *image;
    size_t width = columns * (SQUARE + GAP) + GAP;
    size_t height = (n_squares + columns - 1) / columns * (TITLE + SQUARE) + GAP;
    gan_status status = gan_image_create(&image, width, height, 3, NULL);
    if (status != GAN_OK) return status;

    memset(gan_image_pixels(image), 232, 3 * width * height);
    for (size_t i = 0; i < n_squares; i++) {
        size_t x = i % columns * (SQUARE + GAP) + GAP, y = i / columns * (TITLE + SQUARE);
        plot_box title = {.x = x,
                          .y = y,
                          .width = SQUARE,
                          .height = TITLE,
                          .size = 16,
                          .align = 0.5,
                          .level = 25};
        canvas square = {gan_image_pixels(image) + 3 * ((y + TITLE) * width + x), 3 * width};
        plot_text(image, &title, squares[i].title);
        draw_square(&square, &squares[i]);
    }

    status = gan_image_write(image, path);
    gan_image_destroy(image);
    return status;
}

/* ---- Texts and line charts ---- */

#ifndef HAVE_CAIRO

void plot_text(gan_image *image, const plot_box *box, const char *text)
{
    (void)image, (void)box, (void)text;
}

size_t plot_text_width(const char *text, double size)
{
    (void)text, (void)size;
    return 0;
}

int plot_available(void)
{
    return 0;
}

const char *plot_chart(const char *path, const plot_panel *panels, size_t n_panels,
                       const char *x_label, double x_first, size_t n)
{
    (void)path, (void)panels, (void)n_panels, (void)x_label, (void)x_first, (void)n;
    return "this program was built without Cairo, which draws the charts";
}

#else

#include <cairo.h>

enum { CHART_WIDTH = 1000, PANEL_HEIGHT = 350, LEFT = 74, RIGHT = 24, TOP = 44, BOTTOM = 52 };

int plot_available(void)
{
    return 1;
}

/* An axis: the values from `low` to `high` are mapped between two pixels, with a tick at each
 * multiple of `step`. */
typedef struct axis {
    double low, high, step;
    double at_low, at_high;
} axis;

static double place(const axis *a, double value)
{
    return a->at_low + (value - a->low) / (a->high - a->low) * (a->at_high - a->at_low);
}

/* Return 1, 2 or 5 times a power of ten, such that `range` has about `wanted` ticks. */
static double nice_step(double range, int wanted)
{
    double raw = range / wanted, power = pow(10, floor(log10(raw))), lead = raw / power;
    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

static axis make_x_axis(double first, size_t n)
{
    axis a = {first, first + (double)(n > 1 ? n - 1 : 1), 1, LEFT, CHART_WIDTH - RIGHT};
    a.step = fmax(nice_step(a.high - a.low, 10), 1);
    return a;
}

static axis make_y_axis(const plot_panel *panel, size_t n, double top)
{
    axis a = {panel->low, panel->high, 0, top + PANEL_HEIGHT - BOTTOM, top + TOP};
    if (a.low == a.high) {
        for (int l = 0; l < 2; l++)
            for (size_t i = 0; panel->lines[l].name && i < n; i++) {
                double y = panel->lines[l].y[i];
                if (!isfinite(y)) continue;
                a.high = fmax(a.high, y);
                a.low = fmin(a.low, y);
            }
        if (!(a.high > a.low)) a.high = a.low + 1;
        double step = nice_step(a.high - a.low, 5);
        a.high = step * ceil(a.high / step);
        a.low = step * floor(a.low / step);
    }
    a.step = nice_step(a.high - a.low, 5);
    return a;
}

static void set_color(cairo_t *cr, plot_color color)
{
    cairo_set_source_rgb(cr, color.r / 255.0, color.g / 255.0, color.b / 255.0);
}

/* Write text with its anchor at x: `align` is 0 for left, 0.5 for centred, 1 for right. */
static void draw_text(cairo_t *cr, double x, double y, double align, const char *text)
{
    cairo_text_extents_t size;
    cairo_text_extents(cr, text, &size);
    cairo_move_to(cr, x - align * size.x_advance, y);
    cairo_show_text(cr, text);
}

static void choose_font(cairo_t *cr, double size)
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

static double measure(cairo_t *cr, const char *text)
{
    cairo_text_extents_t size;
    cairo_text_extents(cr, text, &size);
    return size.x_advance;
}

size_t plot_text_width(const char *text, double size)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cr = cairo_create(surface);
    choose_font(cr, size);
    size_t width = (size_t)ceil(measure(cr, text));
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return width;
}

/* Cairo makes a mask of the text, */
static cairo_surface_t *make_mask(const plot_box *box, const char *text)
{
    cairo_surface_t *mask =
        cairo_image_surface_create(CAIRO_FORMAT_A8, (int)box->width, (int)box->height);
    cairo_t *cr = cairo_create(mask);
    double size = box->size, room = (double)box->width;
    choose_font(cr, size);
    double width = measure(cr, text);
    if (width > room) choose_font(cr, size *= room / width);
    draw_text(cr, box->align * room, (double)box->height / 2 + 0.36 * size, box->align, text);
    cairo_surface_flush(mask);
    cairo_destroy(cr);
    return mask;
}

/* through which its level is mixed into the picture. */
void plot_text(gan_image *image, const plot_box *box, const char *text)
{
    size_t channels = gan_image_channels(image), row = gan_image_width(image) * channels;
    cairo_surface_t *mask = make_mask(box, text);
    const unsigned char *cover = cairo_image_surface_get_data(mask); /* NULL without memory */
    size_t stride = (size_t)cairo_image_surface_get_stride(mask);
    unsigned char *pixels = gan_image_pixels(image) + box->y * row + box->x * channels;
    for (size_t y = 0; cover && y < box->height; y++)
        for (size_t x = 0; x < box->width * channels; x++) {
            unsigned char *value = &pixels[y * row + x];
            double share = cover[y * stride + x / channels] / 255.0;
            *value = (unsigned char)lrint(*value + share * (box->level - *value));
        }
    cairo_surface_destroy(mask);
}

static void draw_stroke(cairo_t *cr, double x0, double y0, double x1, double y1)
{
    /* The middle of a pixel, so that a line of width 1 is sharp. */
    cairo_move_to(cr, floor(x0) + 0.5, floor(y0) + 0.5);
    cairo_line_to(cr, floor(x1) + 0.5, floor(y1) + 0.5);
    cairo_stroke(cr);
}

static void draw_x_ticks(cairo_t *cr, const axis *x, const axis *y)
{
    for (double value = x->step * ceil(x->low / x->step); value <= x->high + 1e-9;
         value += x->step) {
        char text[32];
        snprintf(text, sizeof text, "%g", value);
        cairo_set_source_rgb(cr, 0.92, 0.92, 0.92);
        draw_stroke(cr, place(x, value), y->at_low, place(x, value), y->at_high);
        cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
        draw_text(cr, place(x, value), y->at_low + 19, 0.5, text);
    }
}

static void draw_y_ticks(cairo_t *cr, const axis *x, const axis *y)
{
    for (long i = lround(ceil(y->low / y->step)); (double)i * y->step <= y->high * (1 + 1e-9);
         i++) {
        char text[32];
        double value = (double)i * y->step;
        snprintf(text, sizeof text, "%g", value);
        cairo_set_source_rgb(cr, 0.92, 0.92, 0.92);
        draw_stroke(cr, x->at_low, place(y, value), x->at_high, place(y, value));
        cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
        draw_text(cr, x->at_low - 9, place(y, value) + 5, 1, text);
    }
}

static void draw_curve(cairo_t *cr, const plot_line *line, const axis *x, const axis *y, size_t n)
{
    set_color(cr, line->color);
    cairo_set_line_width(cr, 2);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < n; i++)
        if (isfinite(line->y[i]))
            cairo_line_to(cr, place(x, x->low + (double)i), place(y, line->y[i]));
        else
            cairo_new_sub_path(cr); /* a gap */
    cairo_stroke(cr);
    for (size_t i = 0; n <= 60 && i < n; i++) { /* with few points, mark them */
        if (!isfinite(line->y[i])) continue;
        cairo_arc(cr, place(x, x->low + (double)i), place(y, line->y[i]), 3, 0, 6.2832);
        cairo_fill(cr);
    }
}

/* Names of the lines at the right above the panel, each after a sample of its colour. */
static void draw_legend(cairo_t *cr, const plot_panel *panel, double y)
{
    double x = CHART_WIDTH - RIGHT;
    for (int l = 1; l >= 0; l--) {
        cairo_text_extents_t size;
        if (!panel->lines[l].name) continue;
        cairo_text_extents(cr, panel->lines[l].name, &size);
        cairo_set_source_rgb(cr, 0.15, 0.15, 0.15);
        draw_text(cr, x, y, 1, panel->lines[l].name);
        x -= size.x_advance + 8;
        set_color(cr, panel->lines[l].color);
        cairo_set_line_width(cr, 3);
        cairo_move_to(cr, x - 24, y - 4.5);
        cairo_line_to(cr, x, y - 4.5);
        cairo_stroke(cr);
        x -= 24 + 22;
    }
}

static void draw_panel(cairo_t *cr, const plot_panel *panel, const axis *x, size_t n, double top)
{
    axis y = make_y_axis(panel, n, top);
    cairo_set_font_size(cr, 13);
    cairo_set_line_width(cr, 1);
    draw_x_ticks(cr, x, &y);
    draw_y_ticks(cr, x, &y);
    cairo_set_source_rgb(cr, 0.45, 0.45, 0.45);
    draw_stroke(cr, x->at_low, y.at_low, x->at_high, y.at_low);
    draw_stroke(cr, x->at_low, y.at_low, x->at_low, y.at_high);
    for (int l = 0; l < 2; l++)
        if (panel->lines[l].name) draw_curve(cr, &panel->lines[l], x, &y, n);
    draw_legend(cr, panel, top + TOP - 16);
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    cairo_set_font_size(cr, 15);
    draw_text(cr, LEFT, top + TOP - 16, 0, panel->title);
}

const char *plot_chart(const char *path, const plot_panel *panels, size_t n_panels,
                       const char *x_label, double x_first, size_t n)
{
    int height = (int)n_panels * PANEL_HEIGHT;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, CHART_WIDTH, height);
    cairo_t *cr = cairo_create(surface);
    axis x = make_x_axis(x_first, n);

    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    for (size_t p = 0; p < n_panels; p++)
        draw_panel(cr, &panels[p], &x, n, (double)(p * PANEL_HEIGHT));
    cairo_set_font_size(cr, 13);
    cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
    draw_text(cr, (LEFT + CHART_WIDTH - RIGHT) / 2.0, height - 12, 0.5, x_label);

    cairo_status_t status = cairo_status(cr);
    files_output out;
    files_name_part(&out, path);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_write_to_png(surface, out.part);
    if (status == CAIRO_STATUS_SUCCESS && rename(out.part, out.path) != 0)
        status = CAIRO_STATUS_WRITE_ERROR;
    if (status != CAIRO_STATUS_SUCCESS) remove(out.part);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return status == CAIRO_STATUS_SUCCESS ? NULL : cairo_status_to_string(status);
}

#endif
