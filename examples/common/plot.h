/* plot.h - scatters of points, line charts, and texts in pictures. */
#ifndef PLOT_H
#define PLOT_H

#include <gan/gan.h>

/* Colours that colour-blind people can tell apart (Okabe and Ito). */
typedef struct plot_color {
    unsigned char r, g, b;
} plot_color;
#define PLOT_BLUE ((plot_color){0, 114, 178})
#define PLOT_ORANGE ((plot_color){230, 120, 0})

/* Points of one colour. */
typedef struct plot_points {
    const float *xy; /* x0, y0, x1, y1 ... */
    size_t n;
    plot_color color;
} plot_points;

/* A square of the plane, from -extent to extent, later sets over earlier ones. */
typedef struct plot_square {
    const char *title; /* written above it when the program was built with Cairo */
    plot_points sets[2];
    float extent;
} plot_square;

/* Write a PNG of squares, `columns` a row. */
gan_status plot_scatter(const char *path, const plot_square *squares, size_t n_squares,
                        size_t columns);

/* A curve: one number for each x of its chart. */
typedef struct plot_line {
    const char *name;
    const double *y;
    plot_color color;
} plot_line;

/* A panel of a chart, with axes of its own. */
typedef struct plot_panel {
    const char *title;
    plot_line lines[2];
    double low, high; /* range of the y axis; both 0: chosen to include 0 and the lines */
} plot_panel;

/* Return 1 when the program was built with Cairo, which plot_chart() and texts need. */
int plot_available(void);

/* Position and style of a text in a picture, which it doesn't leave. */
typedef struct plot_box {
    size_t x, y, width, height;
    double size;         /* of the font, in pixels; smaller where the text would be too wide */
    double align;        /* 0 left, 0.5 in the middle, 1 right */
    unsigned char level; /* its colour: a grey level */
} plot_box;

/* Write a text into a picture; nothing without Cairo. */
void plot_text(gan_image *image, const plot_box *box, const char *text);

/* Return how many pixels wide a text is; 0 without Cairo. */
size_t plot_text_width(const char *text, double size);

/* Write a PNG of panels one below the other over the same x: x_first, x_first + 1 ...  Return NULL,
 * or why it could not be done. */
const char *plot_chart(const char *path, const plot_panel *panels, size_t n_panels,
                       const char *x_label, double x_first, size_t n);

#endif
