/* report_compare.c - a page of several runs. */
#include "report/report_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The name of a run, which may have none. */
static void put_name(gan__text *out, const gan_report_run *runs, size_t i)
{
    gan__text_put(out, "<bdi>");
    if (runs[i].name)
        gan__report_put_text(out, runs[i].name);
    else
        gan__text_put(out, "run %zu", i + 1);
    gan__text_put(out, "</bdi>");
}

static void put_heads(gan__text *out, const gan_report_run *runs, size_t n)
{
    gan__text_put(out, "<div class=\"wide\" tabindex=\"0\"><table><thead><tr>"
                       "<th scope=\"col\">name</th>");
    for (size_t i = 0; i < n; i++) {
        gan__text_put(out, "<th scope=\"col\">");
        put_name(out, runs, i);
        gan__text_put(out, "</th>");
    }
    gan__text_put(out, "</tr></thead><tbody>\n");
}

static void put_row_head(gan__text *out, const char *name)
{
    gan__text_put(out, "<tr><th scope=\"row\"><bdi>");
    gan__report_put_text(out, name);
    gan__text_put(out, "</bdi></th>");
}

/* ---- Numbers ---- */

/* The lowest value of a name in all epochs, and its epoch; 0 when no epoch has one. */
static uint64_t find_lowest(const gan_log *log, const char *name, double *lowest)
{
    uint64_t epoch = 0;

    for (size_t i = 0; i < log->of_epochs.rows.n; i++) {
        const gan__log_row *row = gan__log_row_at(&log->of_epochs, i);
        const gan__log_cell *cells = gan__log_cells(&log->of_epochs, row);

        for (size_t k = 0; k < row->n; k++) {
            if (strcmp(gan__log_names(log)[cells[k].name].text, name) != 0 ||
                !isfinite(cells[k].value) || (epoch > 0 && cells[k].value >= *lowest))
                continue;
            *lowest = cells[k].value;
            epoch = row->epoch;
        }
    }
    return epoch;
}

static double relative_of(const gan_log *log, const char *name, const char *ending)
{
    char whole[GAN_LOG_NAME_BYTES + 8];

    snprintf(whole, sizeof whole, "%s%s", name, ending);
    return gan_log_number(log, whole);
}

/* The interval and the floor of a number, where they are known. */
static void put_relatives(gan__text *out, const gan_log *log, const char *name)
{
    const double low = relative_of(log, name, ".low"), high = relative_of(log, name, ".high"),
                 floor = relative_of(log, name, ".floor");

    if (isfinite(low) && isfinite(high)) {
        gan__text_put(out, "<br/><span class=\"soft\">");
        gan__report_put_number(out, low);
        gan__text_put(out, " to ");
        gan__report_put_number(out, high);
        gan__text_put(out, "</span>");
    }
    if (isfinite(floor)) {
        gan__text_put(out, "<br/><span class=\"soft\">floor ");
        gan__report_put_number(out, floor);
        gan__text_put(out, "</span>");
    }
}

static void put_numbers_of(gan__text *out, const gan_report_run *runs, size_t n, const char *name)
{
    char title[GAN_REPORT_TITLE_BYTES];

    gan_report_title(name, title);
    put_row_head(out, title);
    for (size_t i = 0; i < n; i++) {
        double lowest = 0;
        const uint64_t epoch = find_lowest(runs[i].log, name, &lowest);

        gan__text_put(out, "<td>");
        if (epoch > 0) {
            gan__report_put_number(out, gan_log_number(runs[i].log, name));
            put_relatives(out, runs[i].log, name);
            gan__text_put(out, "<br/><span class=\"soft\">lowest ");
            gan__report_put_number(out, lowest);
            gan__text_put(out, ", epoch %llu</span>", (unsigned long long)epoch);
        }
        gan__text_put(out, "</td>");
    }
    gan__text_put(out, "</tr>\n");
}

static int has_number(const gan_log *log, const char *name)
{
    for (size_t i = 0; i < log->names.n; i++)
        if (strcmp(gan__log_names(log)[i].text, name) == 0) return gan__log_names(log)[i].in_epochs;
    return 0;
}

static void put_numbers(gan__text *out, const gan_report_run *runs, size_t n)
{
    enum { MOST_ROWS = 100 };
    size_t rows = 0;

    gan__text_put(out, "<h2>Numbers of the latest epoch</h2>\n");
    put_heads(out, runs, n);
    put_row_head(out, "epochs");
    for (size_t i = 0; i < n; i++)
        gan__text_put(out, "<td>%llu</td>", (unsigned long long)runs[i].log->epochs);
    gan__text_put(out, "</tr>\n");
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < runs[r].log->names.n && rows < MOST_ROWS; i++) {
            const gan__log_name *name = &gan__log_names(runs[r].log)[i];
            int earlier = !name->in_epochs || gan__report_is_relative(runs[r].log, name->text);

            for (size_t k = 0; k < r; k++) earlier = earlier || has_number(runs[k].log, name->text);
            if (!earlier) put_numbers_of(out, runs, n, name->text), rows++;
        }
    gan__text_put(out, "</tbody></table></div>\n");
}

/* ---- Settings ---- */

static const char *text_or_nothing(const gan_log *log, const char *name)
{
    const char *text = gan_log_text(log, name);

    return text ? text : "";
}

static int differs(const gan_report_run *runs, size_t n, const char *name)
{
    const char *first = text_or_nothing(runs[0].log, name);
    int same = 1;

    for (size_t i = 1; i < n; i++)
        same = same && !strcmp(text_or_nothing(runs[i].log, name), first);
    return !same;
}

/* Is a note shown?  It is if it is a verdict, or a setting in which runs differ, and no earlier run
 * has it. */
static int is_shown(const gan_report_run *runs, size_t n, size_t run, const char *name)
{
    if (strncmp(name, "settings.", 9) == 0 ? !differs(runs, n, name) : strcmp(name, "verdict") != 0)
        return 0;
    for (size_t k = 0; k < run; k++)
        if (gan_log_text(runs[k].log, name)) return 0;
    return 1;
}

static void put_settings(gan__text *out, const gan_report_run *runs, size_t n)
{
    gan__text_put(out, "<h2>What differs</h2>\n");
    put_heads(out, runs, n);
    for (size_t r = 0; r < n; r++) {
        const gan__log_note *notes = runs[r].log->notes.items;

        for (size_t i = 0; i < runs[r].log->notes.n; i++) {
            const char *name = notes[i].name;

            if (!is_shown(runs, n, r, name)) continue;
            put_row_head(out, strncmp(name, "settings.", 9) == 0 ? name + 9 : name);
            for (size_t k = 0; k < n; k++) {
                gan__text_put(out, "<td><bdi>");
                gan__report_put_text(out, text_or_nothing(runs[k].log, name));
                gan__text_put(out, "</bdi></td>");
            }
            gan__text_put(out, "</tr>\n");
        }
    }
    gan__text_put(out, "</tbody></table></div>\n");
}

/* ---- Samples ---- */

static void put_sample(gan__text *out, const gan_report_run *runs, size_t i, size_t room)
{
    gan__text png = {.allocator = out->allocator};

    if (!runs[i].picture) return;
    if (gan__image_put(&png, runs[i].picture) != GAN_OK) out->status = GAN_ERR_NOMEM;
    gan__text_put(out, "<figure>");
    if (gan__report_image_bytes(png.used) <= room)
        gan__report_put_image(out, &png, "Generated samples", gan_image_width(runs[i].picture),
                              gan_image_height(runs[i].picture));
    else
        gan__text_put(out, "<p>Left out: the page would be too large.</p>");
    gan__text_put(out, "<figcaption>");
    put_name(out, runs, i);
    gan__text_put(out, "</figcaption></figure>\n");
    gan__text_end(&png);
}

void gan__report_put_comparison(gan__text *out, const gan_report_run *runs, size_t n,
                                size_t max_bytes)
{
    char title[64];
    size_t with_picture = 0;

    for (size_t i = 0; i < n; i++) with_picture += runs[i].picture != NULL;
    snprintf(title, sizeof title, "Comparison of %zu runs", n);
    gan__report_put_head(out, title);
    put_numbers(out, runs, n);
    put_settings(out, runs, n);
    gan__report_put_curves(out, runs, n);
    if (with_picture > 0) {
        const size_t left = out->used + 20000 < max_bytes ? max_bytes - out->used - 20000 : 0;

        gan__text_put(out, "<h2>Latest samples</h2>\n<div class=\"charts\">\n");
        for (size_t i = 0; i < n; i++) put_sample(out, runs, i, left / with_picture);
        gan__text_put(out, "</div>\n");
    }
    gan__report_put_tail(out);
}
