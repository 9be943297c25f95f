/* report_internal.h - the parts that pages are made of.
 *
 * Pages are HTML that is also well-formed XML, so that they can be checked strictly.  All numbers
 * in them are integers or written by number.c, independent of the locale. */
#ifndef GAN_REPORT_INTERNAL_H
#define GAN_REPORT_INTERNAL_H

#include "data/image_internal.h"
#include "file/text_internal.h"
#include "report/log_internal.h"

#include <gan/report.h>

enum {
    GAN__REPORT_MOST_BYTES = 2000000,
    GAN__REPORT_LEAST_BYTES = 200000,
    GAN__REPORT_SERIES = 8, /* curves in a chart */
    GAN__REPORT_POINTS = 240,
    GAN__REPORT_TITLE = 121, /* bytes of a title, with its end */
    GAN__REPORT_FRAMES = 24,
    GAN__REPORT_COUNTS = 1000
};

/* A picture, as a PNG file. */
typedef struct gan__report_picture {
    gan__text png;
    char title[GAN__REPORT_TITLE];
    char *caption;
    uint64_t epoch; /* of a frame */
    size_t width, height, channels;
} gan__report_picture;

struct gan_report {
    gan_allocator allocator;
    size_t max_bytes;
    gan__report_picture frames[GAN__REPORT_FRAMES + 1];
    size_t n_frames;
    size_t stride, seen; /* every stride-th frame is kept; frames added */
    gan__report_picture *pictures;
    size_t n_pictures;
    char counts_title[GAN__REPORT_TITLE];
    gan_report_count *counts; /* names and all in one block */
    size_t n_counts;
};

/* ---- report_html.c ---- */

/* Write a host's text: characters of HTML's markup are escaped, and control characters are
 * replaced. */
void gan__report_put_text(gan__text *out, const char *text);
/* A number with a few digits. */
void gan__report_put_number(gan__text *out, double value);
/* Seconds as 1:02:03. */
void gan__report_put_time(gan__text *out, double seconds);
/* The page up to its first heading, whose text is `title`; and its end. */
void gan__report_put_head(gan__text *out, const char *title);
void gan__report_put_tail(gan__text *out);
/* The number of bytes that gan__report_put_image() writes for a PNG file. */
size_t gan__report_image_bytes(size_t png_bytes);
/* <img> with the file embedded, shown at most `width` by `height` pixels large. */
void gan__report_put_image(gan__text *out, const gan__text *png, const char *text, size_t width,
                           size_t height);

/* ---- report_chart.c ---- */

/* A point of a curve, and the band around it; NaN leaves a gap. */
typedef struct gan__report_point {
    double x, y, low, high;
} gan__report_point;

typedef struct gan__report_series {
    const char *label;
    gan__report_point *points;
    size_t n;
    int dashed;
} gan__report_series;

typedef struct gan__report_chart {
    const char *title;
    const char *x_label;
    gan__report_series series[2 * GAN__REPORT_SERIES]; /* curves and their floors */
    size_t n;
    size_t number; /* of the chart in its page */
    int from_zero; /* 1: the y axis has 0 on it; 2: 0 and 1 */
} gan__report_chart;

/* Writes nothing when no point is finite. */
void gan__report_put_chart(gan__text *out, const gan__report_chart *chart);

/* ---- report_curves.c ---- */

/* The position of a step on the x axis of a run: in epochs, or in steps while the first epoch isn't
 * complete. */
double gan__report_place(const gan_log *log, uint64_t step);
const char *gan__report_x_label(const gan_log *log);

/* The curve of a name of the log, from the records of steps, or of epochs if those lack it.
 * `points` has room for GAN__REPORT_POINTS points; returns how many were written. */
size_t gan__report_curve(const gan_log *log, const char *name, gan__report_point *points);

/* All curves of a run; of `n` runs, in common charts.  GAN_ERR_NOMEM becomes out's status. */
void gan__report_put_curves(gan__text *out, const gan_report_run *runs, size_t n);

/* ---- pages ---- */

void gan__report_put_page(gan__text *out, const gan_report *report, const gan_log *log);
void gan__report_put_comparison(gan__text *out, const gan_report_run *runs, size_t n,
                                size_t max_bytes);

/* Is a log's name the band or the floor of another: NAME.low, NAME.high, NAME.floor? */
int gan__report_is_relative(const gan_log *log, const char *name);

#endif
