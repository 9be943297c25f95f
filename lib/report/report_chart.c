/* report_chart.c - curves as SVG.
 *
 *        LEFT                         RIGHT
 *     +---+------------------------------+
 *     |   |    .--.        /             |  TOP
 *     | 1 |---/----\------/--------------|
 *     |   |  /      '----'               |
 *     | 0 +------------------------------|  BOTTOM
 *     |   0        50        100  epoch  |
 *     +----------------------------------+
 *
 * Coordinates are whole numbers, ten to a pixel, so that they don't depend on the locale. */
#include "report/report_internal.h"

#include "file/number_internal.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 5200, HEIGHT = 2300, LEFT = 620, RIGHT = 5040, TOP = 120, BOTTOM = 2000 };

/* The values from `low` to `high` are mapped between two coordinates, with a tick at each multiple
 * of `step`; on a logarithmic axis these are powers of ten. */
typedef struct axis {
    double low, high, step;
    double at_low, at_high;
    int logarithmic;
} axis;

static double scaled(const axis *a, double value)
{
    return a->logarithmic ? log10(value) : value;
}

static long place(const axis *a, double value)
{
    const double share = (scaled(a, value) - a->low) / (a->high - a->low);

    return lrint(a->at_low + share * (a->at_high - a->at_low));
}

/* 1, 2 or 5 times a power of ten, such that `range` has about `wanted` ticks. */
static double nice_step(double range, int wanted)
{
    const double raw = range / wanted, power = pow(10, floor(log10(raw))), lead = raw / power;

    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

/* ---- Ranges ---- */

typedef struct range {
    double low, high, least; /* least: the smallest above 0 */
    size_t n;
} range;

static void widen(range *r, double value)
{
    if (!isfinite(value) || fabs(value) > 1e300) return;
    if (r->n++ == 0) r->low = r->high = value;
    r->low = fmin(r->low, value);
    r->high = fmax(r->high, value);
    if (value > 0 && (r->least == 0 || value < r->least)) r->least = value;
}

static void find_ranges(const gan__report_chart *c, range *x, range *y)
{
    for (size_t s = 0; s < c->n; s++)
        for (size_t i = 0; i < c->series[s].n; i++) {
            const gan__report_point *p = &c->series[s].points[i];

            widen(x, p->x);
            widen(y, p->y);
            widen(y, p->low);
            widen(y, p->high);
        }
}

static axis make_x_axis(const range *x)
{
    axis a = {x->low, x->high, 1, LEFT, RIGHT, 0};

    if (x->low > 0 && x->low <= 1) a.low = 0;
    if (!(a.high > a.low)) a.high = a.low + 1;
    a.step = fmax(nice_step(a.high - a.low, 6), 1);
    return a;
}

/* Values that are all above 0 and of very different size, such as norms and losses that explode,
 * need a logarithmic axis. */
static axis make_y_axis(const gan__report_chart *c, const range *y)
{
    axis a = {y->low, y->high, 1, BOTTOM, TOP, 0};

    a.logarithmic = c->from_zero < 2 && y->low > 0 && y->high > 100 * y->least;
    if (a.logarithmic) {
        a.low = floor(log10(y->low));
        a.high = ceil(log10(y->high));
        a.step = fmax(1, ceil((a.high - a.low) / 6));
        return a;
    }
    if (c->from_zero) a.low = fmin(a.low, 0);
    if (c->from_zero == 2) a.high = fmax(a.high, 1);
    if (!(a.high > a.low)) a.high = a.low + fmax(fabs(a.low), 1);
    a.step = nice_step(a.high - a.low, 4);
    a.low = a.step * floor(a.low / a.step);
    a.high = a.step * ceil(a.high / a.step);
    return a;
}

/* ---- Drawing ---- */

static void put_tick(gan__text *out, const axis *a, double value)
{
    char text[GAN__NUMBER_BYTES];

    gan__number_print(text, a->logarithmic ? pow(10, value) : value, 5);
    gan__text_put(out, "%s</text>\n", text);
}

static void put_axes(gan__text *out, const gan__report_chart *c, const axis *x, const axis *y)
{
    gan__text_put(out, "<path class=\"g\" d=\"");
    for (double i = ceil(y->low / y->step); i * y->step <= y->high + y->step / 1000; i++) {
        const double share = (i * y->step - y->low) / (y->high - y->low);

        gan__text_put(out, "M%d %ldH%d", LEFT, lrint(BOTTOM - share * (BOTTOM - TOP)), RIGHT);
    }
    gan__text_put(out, "\"/>\n");
    for (double i = ceil(y->low / y->step); i * y->step <= y->high + y->step / 1000; i++) {
        const double share = (i * y->step - y->low) / (y->high - y->low);

        gan__text_put(out, "<text x=\"%d\" y=\"%ld\" text-anchor=\"end\">", LEFT - 50,
                      lrint(BOTTOM - share * (BOTTOM - TOP)) + 40);
        put_tick(out, y, i * y->step);
    }
    for (double i = ceil(x->low / x->step); i * x->step <= x->high; i++) {
        gan__text_put(out, "<text x=\"%ld\" y=\"%d\" text-anchor=\"middle\">",
                      place(x, i * x->step), BOTTOM + 140);
        put_tick(out, x, i * x->step);
    }
    gan__text_put(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", RIGHT,
                  HEIGHT - 20, c->x_label);
}

static int is_drawn(const axis *y, double value)
{
    return isfinite(value) && fabs(value) <= 1e300 && (!y->logarithmic || value > 0);
}

/* The area between low and high, as one closed path; only where all of it is known. */
static void put_band(gan__text *out, const gan__report_series *s, size_t color, const axis *x,
                     const axis *y)
{
    size_t known = 0;

    for (size_t i = 0; i < s->n; i++)
        known += is_drawn(y, s->points[i].low) && is_drawn(y, s->points[i].high);
    if (known < 2 || s->dashed) return;
    gan__text_put(out, "<path class=\"b\" style=\"fill:var(--c%zu)\" d=\"", color);
    for (size_t k = 0, drawn = 0; k < 2 * s->n; k++) {
        const gan__report_point *p = &s->points[k < s->n ? k : 2 * s->n - 1 - k];

        if (!is_drawn(y, p->low) || !is_drawn(y, p->high)) continue;
        gan__text_put(out, "%c%ld %ld", drawn++ ? 'L' : 'M', place(x, p->x),
                      place(y, k < s->n ? p->high : p->low));
    }
    gan__text_put(out, "Z\"/>\n");
}

/* A line through the known points, with gaps; an isolated point is a dot, as the line's caps are
 * round. */
static void put_curve(gan__text *out, const gan__report_series *s, size_t color, const axis *x,
                      const axis *y)
{
    int open = 0;

    gan__text_put(out, "<path class=\"l%s\" style=\"stroke:var(--c%zu)\" d=\"",
                  s->dashed ? " d" : "", color);
    for (size_t i = 0; i < s->n; i++) {
        const gan__report_point *p = &s->points[i];
        const int drawn = is_drawn(y, p->y);

        if (drawn)
            gan__text_put(out, "%c%ld %ld", open ? 'L' : 'M', place(x, p->x), place(y, p->y));
        if (drawn && !open) gan__text_put(out, "h0");
        open = drawn;
    }
    gan__text_put(out, "\"/>\n");
}

/* ---- Words ---- */

static void put_description_of(gan__text *out, const gan__report_series *s, const char *x_label)
{
    range y = {0};
    const gan__report_point *first = NULL, *last = NULL;

    for (size_t i = 0; i < s->n; i++) {
        if (!isfinite(s->points[i].y)) continue;
        if (!first) first = &s->points[i];
        last = &s->points[i];
        widen(&y, last->y);
    }
    gan__report_put_text(out, s->label);
    if (!first) {
        gan__text_put(out, ": not finite. ");
        return;
    }
    gan__text_put(out, ": from ");
    gan__report_put_number(out, first->y);
    gan__text_put(out, " to ");
    gan__report_put_number(out, last->y);
    gan__text_put(out, " at %s ", x_label);
    gan__report_put_number(out, last->x);
    gan__text_put(out, ", lowest ");
    gan__report_put_number(out, y.low);
    gan__text_put(out, ", highest ");
    gan__report_put_number(out, y.high);
    gan__text_put(out, ". ");
}

static void put_legend(gan__text *out, const gan__report_chart *c)
{
    size_t color = 0;

    gan__text_put(out, "<div class=\"legend\" aria-hidden=\"true\">");
    for (size_t s = 0; s < c->n; s++) {
        color += s > 0 && !c->series[s].dashed;
        gan__text_put(out, "<span><i style=\"border-color:var(--c%zu)%s\"></i><bdi>",
                      color % GAN__REPORT_SERIES,
                      c->series[s].dashed ? ";border-top-style:dashed" : "");
        gan__report_put_text(out, c->series[s].label);
        gan__text_put(out, "</bdi></span>");
    }
    gan__text_put(out, "</div>\n");
}

void gan__report_put_chart(gan__text *out, const gan__report_chart *c)
{
    range x = {0}, y = {0};
    size_t color = 0;

    find_ranges(c, &x, &y);
    if (y.n == 0) return;
    const axis across = make_x_axis(&x), up = make_y_axis(c, &y);

    gan__text_put(out, "<figure><h3>");
    gan__report_put_text(out, c->title);
    gan__text_put(out,
                  "</h3>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"t%zu d%zu\">"
                  "<title id=\"t%zu\">",
                  WIDTH, HEIGHT, c->number, c->number, c->number);
    gan__report_put_text(out, c->title);
    gan__text_put(out, "</title><desc id=\"d%zu\">", c->number);
    for (size_t s = 0; s < c->n; s++) put_description_of(out, &c->series[s], c->x_label);
    gan__text_put(out, "</desc>\n");
    put_axes(out, c, &across, &up);
    for (size_t s = 0; s < c->n; s++) {
        color += s > 0 && !c->series[s].dashed;
        put_band(out, &c->series[s], color % GAN__REPORT_SERIES, &across, &up);
        put_curve(out, &c->series[s], color % GAN__REPORT_SERIES, &across, &up);
    }
    gan__text_put(out, "</svg>\n");
    put_legend(out, c);
    gan__text_put(out, "</figure>\n");
}
