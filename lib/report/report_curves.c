/* report_curves.c - the numbers of a log as curves: of one run in groups that belong together, of
 * several runs in a chart for each number. */
#include "report/report_internal.h"

#include "base/alloc_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Numbers of one chart. */
enum { MOST_NAMES = 4, MOST_CHARTS = 80 };
static const struct {
    const char *title;
    const char *names[MOST_NAMES];
    const char *labels[MOST_NAMES];
    int from_zero;
} groups[] = {
    {"Losses",
     {"d_loss", "g_loss", "d_class_loss", "g_class_loss"},
     {"discriminator", "generator", "discriminator, of classes", "generator, of classes"},
     0},
    {"Discriminator's mean output", {"d_real", "d_fake"}, {"D(x), real", "D(G(z)), generated"}, 1},
    {"Discriminator's accuracy",
     {"d_real_accuracy", "d_fake_accuracy", "d_real_class_accuracy", "d_fake_class_accuracy"},
     {"real", "generated", "classes of real", "classes of generated"},
     2},
    {"Gradient norms",
     {"d_grad_norm", "g_grad_norm", "penalty_norm", "second_penalty_norm"},
     {"discriminator", "generator", "of the logit with respect to a sample",
      "the same, second penalty"},
     1},
    {"Penalties",
     {"penalty", "second_penalty", "lecam", "consistency"},
     {"gradient penalty", "second one", "LeCam", "consistency"},
     1},
    {"Adaptive augmentation",
     {"augment_probability", "augment_sign"},
     {"probability", "mean sign of D(x)"},
     1},
    {"Learning rates", {"d_lr", "g_lr"}, {"discriminator", "generator"}, 1},
};
enum { GROUPS = sizeof groups / sizeof *groups };

/* The full names of a comparison's numbers; a log has the short ones. */
static const char *const titles[][2] = {
    {"frechet", "Fr\303\251chet distance"},
    {"kid", "Kernel distance (KID)"},
    {"precision", "Precision"},
    {"recall", "Recall"},
    {"density", "Density"},
    {"coverage", "Coverage"},
    {"agreement", "Agreement with the requested class"},
    {"nn_ratio", "Nearest-neighbour distance ratio"},
    {"duplicates", "Share of near duplicates"},
    {"bins_missing", "Missing bins"},
    {"classes_missing", "Missing classes"},
};

/* ---- Names ---- */

/* The position of a number in the groups, as g * MOST_NAMES + i; beyond the last when it is in
 * none. */
static size_t place_in_groups(const char *name)
{
    for (size_t k = 0; k < GROUPS * MOST_NAMES; k++) {
        const char *other = groups[k / MOST_NAMES].names[k % MOST_NAMES];

        if (other && strcmp(other, name) == 0) return k;
    }
    return GROUPS * MOST_NAMES;
}

static int is_in_group(const char *name)
{
    return place_in_groups(name) < GROUPS * MOST_NAMES;
}

void gan_report_title(const char *name, char title[GAN_REPORT_TITLE_BYTES])
{
    const char *known = name ? name : "";
    const size_t k = place_in_groups(known);

    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i][0], known) == 0) known = titles[i][1];
    if (k < GROUPS * MOST_NAMES)
        snprintf(title, GAN_REPORT_TITLE_BYTES, "%s: %s", groups[k / MOST_NAMES].title,
                 groups[k / MOST_NAMES].labels[k % MOST_NAMES]);
    else
        snprintf(title, GAN_REPORT_TITLE_BYTES, "%s", known);
}

/* ---- The x axis ---- */

/* The number of epochs complete at a step. */
static size_t epochs_before(const gan__log_rows *epochs, uint64_t step)
{
    size_t low = 0, high = epochs->rows.n;

    while (low < high) {
        const size_t middle = (low + high) / 2;

        if (gan__log_row_at(epochs, middle)->step <= step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Linear between the ends of two epochs; after the last, at the rate of that one. */
double gan__report_place(const gan_log *log, uint64_t step)
{
    const gan__log_rows *epochs = &log->of_epochs;
    const size_t n = epochs->rows.n, over = epochs_before(epochs, step);
    const size_t next = over < n ? over : n - 1;
    const gan__log_row *to = n > 0 ? gan__log_row_at(epochs, next) : NULL;
    const gan__log_row *from = next > 0 && n > 0 ? gan__log_row_at(epochs, next - 1) : NULL;
    const double first = from ? (double)from->step : 0, begun = from ? (double)from->epoch : 0;

    if (!to) return (double)step;
    if (!((double)to->step > first)) return (double)to->epoch;
    return begun +
           ((double)step - first) / ((double)to->step - first) * ((double)to->epoch - begun);
}

const char *gan__report_x_label(const gan_log *log)
{
    return log->of_epochs.rows.n > 0 ? "epoch" : "step";
}

/* ---- Curves ---- */

static size_t name_of(const gan_log *log, const char *name)
{
    size_t i = 0;

    while (i < log->names.n && strcmp(gan__log_names(log)[i].text, name) != 0) i++;
    return i;
}

/* The index of NAME.low, NAME.high or NAME.floor. */
static size_t relative_of(const gan_log *log, const char *name, const char *ending)
{
    char whole[GAN_LOG_NAME_BYTES + 8];

    snprintf(whole, sizeof whole, "%s%s", name, ending);
    return name_of(log, whole);
}

static int find_value(double *out, const gan__log_rows *rows, size_t i, size_t name)
{
    const gan__log_row *row = gan__log_row_at(rows, i);
    const gan__log_cell *cells = gan__log_cells(rows, row);

    for (size_t k = 0; k < row->n; k++)
        if (cells[k].name == name) {
            *out = cells[k].value;
            return 1;
        }
    return 0;
}

static size_t count_values(const gan__log_rows *rows, size_t name)
{
    double value;
    size_t n = 0;

    for (size_t i = 0; i < rows->rows.n; i++) n += (size_t)find_value(&value, rows, i, name);
    return n;
}

/* Add a value to a point, which is the mean of several; its band is the range from the smallest to
 * the largest. */
static void merge(gan__report_point *p, size_t n, double x, double y)
{
    if (n == 0) *p = (gan__report_point){0, 0, y, y};
    p->x += (x - p->x) / (double)(n + 1);
    p->y += (y - p->y) / (double)(n + 1);
    p->low = fmin(p->low, y);
    p->high = fmax(p->high, y);
}

size_t gan__report_curve(const gan_log *log, const char *name, gan__report_point *points)
{
    const size_t which = name_of(log, name), low = relative_of(log, name, ".low"),
                 high = relative_of(log, name, ".high");
    const size_t of_steps = count_values(&log->of_steps, which);
    const gan__log_rows *rows = of_steps > 0 ? &log->of_steps : &log->of_epochs;
    const size_t n = of_steps > 0 ? of_steps : count_values(rows, which);
    const size_t merged = n / (GAN__REPORT_POINTS + 1) + 1;
    size_t seen = 0;

    for (size_t i = 0; i < rows->rows.n; i++) {
        gan__report_point *p = &points[seen / merged];
        double y;

        if (!find_value(&y, rows, i, which)) continue;
        merge(p, seen % merged, gan__report_place(log, gan__log_row_at(rows, i)->step), y);
        if (merged == 1 &&
            !(find_value(&p->low, rows, i, low) && find_value(&p->high, rows, i, high)))
            p->low = p->high = (double)NAN;
        seen++;
    }
    return (seen + merged - 1) / merged;
}

/* ---- Charts ---- */

/* What writing curves needs. */
typedef struct sheet {
    gan__text *out;
    const gan_report_run *runs;
    size_t n_runs;
    gan__report_point *points; /* of all curves of a chart */
    gan__report_chart chart;
    size_t n_charts;
} sheet;

static void begin_chart(sheet *s, const char *title, int from_zero)
{
    s->chart = (gan__report_chart){
        .title = title, .from_zero = from_zero, .x_label = gan__report_x_label(s->runs[0].log)};
    s->chart.number = s->n_charts;
}

static void add_curve(sheet *s, const gan_log *log, const char *name, const char *label, int dashed)
{
    gan__report_series *series = &s->chart.series[s->chart.n];

    if (s->chart.n == sizeof s->chart.series / sizeof *s->chart.series) return;
    series->points = s->points + s->chart.n * GAN__REPORT_POINTS;
    series->label = label;
    series->dashed = dashed;
    series->n = gan__report_curve(log, name, series->points);
    s->chart.n += series->n > 0;
}

static void end_chart(sheet *s)
{
    if (s->chart.n == 0 || s->n_charts == MOST_CHARTS) return;
    gan__report_put_chart(s->out, &s->chart);
    s->n_charts++;
}

static const char *label_of(const sheet *s, size_t run, const char *name)
{
    static const char *const numbers[GAN__REPORT_SERIES] = {"run 1", "run 2", "run 3", "run 4",
                                                            "run 5", "run 6", "run 7", "run 8"};

    if (s->n_runs == 1) return name;
    return s->runs[run].name ? s->runs[run].name : numbers[run];
}

/* The same number of all runs, or of the one. */
static void put_number(sheet *s, const char *name)
{
    char floor_name[GAN_LOG_NAME_BYTES + 8];
    char title[GAN_REPORT_TITLE_BYTES];

    gan_report_title(name, title);
    snprintf(floor_name, sizeof floor_name, "%s.floor", name);
    begin_chart(s, title, 0);
    for (size_t r = 0; r < s->n_runs && r < GAN__REPORT_SERIES; r++)
        add_curve(s, s->runs[r].log, name, label_of(s, r, title), 0);
    if (s->n_runs == 1)
        add_curve(s, s->runs[0].log, floor_name, "floor: real samples against others", 1);
    end_chart(s);
}

static void put_group(sheet *s, size_t g)
{
    if (s->n_runs > 1) {
        for (size_t i = 0; i < MOST_NAMES && groups[g].names[i]; i++)
            put_number(s, groups[g].names[i]);
        return;
    }
    begin_chart(s, groups[g].title, groups[g].from_zero);
    for (size_t i = 0; i < MOST_NAMES && groups[g].names[i]; i++)
        add_curve(s, s->runs[0].log, groups[g].names[i], groups[g].labels[i], 0);
    end_chart(s);
}

int gan__report_is_relative(const gan_log *log, const char *name)
{
    static const char *const endings[] = {".low", ".high", ".floor"};
    const char *dot = strrchr(name, '.');
    char base[GAN_LOG_NAME_BYTES];

    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++) {
        if (strcmp(dot, endings[i]) != 0) continue;
        snprintf(base, sizeof base, "%.*s", (int)(dot - name), name);
        if (name_of(log, base) < log->names.n) return 1;
    }
    return 0;
}

static int is_in_earlier_run(const sheet *s, size_t run, const char *name)
{
    for (size_t r = 0; r < run; r++)
        if (name_of(s->runs[r].log, name) < s->runs[r].log->names.n) return 1;
    return 0;
}

static void put_others(sheet *s)
{
    for (size_t r = 0; r < s->n_runs; r++) {
        const gan_log *log = s->runs[r].log;

        for (size_t i = 0; i < log->names.n; i++) {
            const char *name = gan__log_names(log)[i].text;

            if (!is_in_group(name) && !gan__report_is_relative(log, name) &&
                !is_in_earlier_run(s, r, name))
                put_number(s, name);
        }
    }
}

void gan__report_put_curves(gan__text *out, const gan_report_run *runs, size_t n)
{
    sheet s = {.out = out, .runs = runs, .n_runs = n};
    const size_t room = sizeof s.chart.series / sizeof *s.chart.series * GAN__REPORT_POINTS;

    if (out->status == GAN_OK)
        out->status = gan__alloc(&s.points, out->allocator, room, sizeof *s.points);
    if (out->status != GAN_OK) return;
    gan__text_put(out, "<h2>Curves</h2>\n<div class=\"charts\">\n");
    for (size_t g = 0; g < GROUPS; g++) put_group(&s, g);
    put_others(&s);
    if (s.n_charts == 0) gan__text_put(out, "<p>No numbers yet.</p>\n");
    gan__text_put(out, "</div>\n");
    gan__free(out->allocator, s.points);
}
