/* report_page.c - the page of one run, from its top to its end. */
#include "report/report_internal.h"

#include <gan/version.h>
#include <math.h>
#include <string.h>

enum { TABLE_ROWS = 50, STRIP_FRAMES = 8, ANIMATION_MS = 400, ROOM_FOR_THE_REST = 60000 };

/* ---- The top ---- */

static void put_paragraph(gan__text *out, const char *class, const char *text)
{
    if (!text || !*text) return;
    gan__text_put(out, "<p%s><bdi>", class);
    gan__report_put_text(out, text);
    gan__text_put(out, "</bdi></p>\n");
}

static void put_verdict(gan__text *out, const gan_log *log)
{
    const char *verdict = gan_log_text(log, "verdict");

    if (!verdict) return;
    gan__text_put(out, "<section class=\"card %s\">\n",
                  strcmp(verdict, "HEALTHY") == 0 ? "good" : "bad");
    put_paragraph(out, " class=\"verdict\"", verdict);
    put_paragraph(out, "", gan_log_text(log, "verdict.text"));
    put_paragraph(out, "", gan_log_text(log, "advice"));
    gan__text_put(out, "</section>\n");
}

static double trained_seconds(const gan_log *log)
{
    const gan__log_rows *rows = log->of_steps.rows.n > 0 ? &log->of_steps : &log->of_epochs;

    return rows->rows.n > 0 ? gan__log_row_at(rows, rows->rows.n - 1)->seconds : 0;
}

static void put_progress(gan__text *out, const gan_log *log)
{
    gan__text_put(out, "<p class=\"soft\">%llu epoch%s, %llu steps, trained for ",
                  (unsigned long long)log->epochs, log->epochs == 1 ? "" : "s",
                  (unsigned long long)log->steps);
    gan__report_put_time(out, trained_seconds(log));
    gan__text_put(out, " by libgan %s</p>\n", gan_version_string());
}

/* ---- Frames ---- */

/* The i-th of n frames that are chosen from all, including the first and the last. */
static const gan__report_picture *frame_of(const gan_report *report, size_t i, size_t n)
{
    return &report->frames[n > 1 ? i * (report->n_frames - 1) / (n - 1) : report->n_frames - 1];
}

static size_t bytes_of(const gan_report *report, size_t n)
{
    size_t bytes = 0;

    for (size_t i = 0; i < n; i++)
        bytes += gan__report_image_bytes(frame_of(report, i, n)->png.used);
    return bytes;
}

static size_t strip_of(size_t n)
{
    return n < STRIP_FRAMES ? n : STRIP_FRAMES;
}

static void put_animation(gan__text *out, const gan_report *report, size_t n)
{
    gan__png frames[GAN__REPORT_FRAMES + 1];
    gan__text png = {.allocator = out->allocator};

    for (size_t i = 0; i < n; i++) {
        const gan__report_picture *frame = frame_of(report, i, n);

        frames[i] = (gan__png){frame->png.bytes, frame->png.used};
    }
    if (gan__image_put_animation(&png, frames, n, ANIMATION_MS) != GAN_OK) out->status = png.status;
    gan__text_put(out, "<figure>");
    gan__report_put_image(out, &png,
                          "Animation of the samples below, from the first epoch to the "
                          "last",
                          2 * report->frames[0].width, 2 * report->frames[0].height);
    gan__text_put(out, "</figure>\n");
    gan__text_end(&png);
}

static void put_strip(gan__text *out, const gan_report *report, size_t n)
{
    /* tabindex: what scrolls must be reachable by keyboard. */
    gan__text_put(out, "<div class=\"strip\" tabindex=\"0\">\n");
    for (size_t i = 0; i < n; i++) {
        const gan__report_picture *frame = frame_of(report, i, n);

        gan__text_put(out, "<figure>");
        gan__report_put_image(out, &frame->png, "Generated samples", frame->width, frame->height);
        gan__text_put(out, "<figcaption>epoch %llu</figcaption></figure>\n",
                      (unsigned long long)frame->epoch);
    }
    gan__text_put(out, "</div>\n");
}

/* The film strip of as many frames as `room` bytes allow, and their animation, if there are two or
 * more. */
static void put_frames(gan__text *out, const gan_report *report, size_t room)
{
    size_t n = report->n_frames;

    if (n == 0) return;
    while (n > 0 && bytes_of(report, n) + bytes_of(report, strip_of(n)) > room)
        n = n > 2 ? n - 1 : n / 2;
    gan__text_put(out, "<h2>Samples of the same latent vectors</h2>\n");
    if (n == 0) gan__text_put(out, "<p>Left out: the page would be too large.</p>\n");
    if (n > 1) put_animation(out, report, n);
    if (n > 0) put_strip(out, report, strip_of(n));
}

/* ---- Counts and pictures ---- */

static void put_bar(gan__text *out, double value, double most)
{
    gan__text_put(out,
                  "<td style=\"min-width:12em;text-align:left\"><span class=\"bar\" "
                  "style=\"width:%ld%%\"></span></td>",
                  most > 0 ? lrint(100 * value / most) : 0);
}

static void put_counts(gan__text *out, const gan_report *report)
{
    double most = 0;

    if (report->n_counts == 0) return;
    for (size_t i = 0; i < report->n_counts; i++) most = fmax(most, report->counts[i].found);
    gan__text_put(out, "<h2><bdi>");
    gan__report_put_text(out, report->counts_title);
    gan__text_put(out,
                  "</bdi></h2>\n<div class=\"wide\" tabindex=\"0\"><table>"
                  "<thead><tr><th scope=\"col\">name</th><th scope=\"col\">found</th>"
                  "<th scope=\"col\">expected</th><th scope=\"col\"></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < report->n_counts; i++) {
        const gan_report_count *c = &report->counts[i];

        gan__text_put(out, "<tr><th scope=\"row\"><bdi>");
        gan__report_put_text(out, c->name);
        gan__text_put(out, "</bdi></th><td>");
        gan__report_put_number(out, c->found);
        gan__text_put(out, "</td><td>");
        if (c->expected > 0) gan__report_put_number(out, c->expected);
        gan__text_put(out, "</td>");
        put_bar(out, c->found, most);
        gan__text_put(out, "</tr>\n");
    }
    gan__text_put(out, "</tbody></table></div>\n");
}

static void put_pictures(gan__text *out, const gan_report *report)
{
    for (size_t i = 0; i < report->n_pictures; i++) {
        const gan__report_picture *p = &report->pictures[i];
        const size_t bytes = out->used + gan__report_image_bytes(p->png.used);

        gan__text_put(out, "<h2><bdi>");
        gan__report_put_text(out, p->title);
        gan__text_put(out, "</bdi></h2>\n<figure>");
        if (bytes + ROOM_FOR_THE_REST <= report->max_bytes)
            gan__report_put_image(out, &p->png, p->caption, p->width, p->height);
        else
            gan__text_put(out, "<p>Left out: the page would be too large.</p>");
        gan__text_put(out, "<figcaption><bdi>");
        gan__report_put_text(out, p->caption);
        gan__text_put(out, "</bdi></figcaption></figure>\n");
    }
}

/* ---- Tables ---- */

static void put_cell(gan__text *out, const gan_log *log, const gan__log_row *row, size_t name)
{
    const gan__log_cell *cells = gan__log_cells(&log->of_epochs, row);

    gan__text_put(out, "<td>");
    for (size_t i = 0; i < row->n; i++)
        if (cells[i].name == name) gan__report_put_number(out, cells[i].value);
    gan__text_put(out, "</td>");
}

static void put_table(gan__text *out, const gan_log *log)
{
    const size_t n = log->of_epochs.rows.n, shown = n < TABLE_ROWS ? n : TABLE_ROWS;
    size_t columns = 0;

    if (n == 0) return;
    gan__text_put(out, "<h2>Numbers by epoch</h2>\n<div class=\"wide\" tabindex=\"0\"><table>"
                       "<thead><tr><th scope=\"col\">epoch</th><th scope=\"col\">time</th>");
    for (size_t i = 0; i < log->names.n && columns < TABLE_ROWS; i++) {
        if (!gan__log_names(log)[i].in_epochs) continue;
        gan__text_put(out, "<th scope=\"col\"><bdi>");
        gan__report_put_text(out, gan__log_names(log)[i].text);
        gan__text_put(out, "</bdi></th>");
        columns++;
    }
    gan__text_put(out, "</tr></thead><tbody>\n");
    for (size_t r = 0; r < shown; r++) {
        const gan__log_row *row =
            gan__log_row_at(&log->of_epochs, shown > 1 ? r * (n - 1) / (shown - 1) : n - 1);

        gan__text_put(out, "<tr><th scope=\"row\">%llu</th><td>", (unsigned long long)row->epoch);
        gan__report_put_time(out, row->seconds);
        gan__text_put(out, "</td>");
        columns = 0;
        for (size_t i = 0; i < log->names.n && columns < TABLE_ROWS; i++) {
            if (!gan__log_names(log)[i].in_epochs) continue;
            put_cell(out, log, row, i);
            columns++;
        }
        gan__text_put(out, "</tr>\n");
    }
    gan__text_put(out, "</tbody></table></div>\n");
}

static void put_settings(gan__text *out, const gan_log *log)
{
    static const char prefix[] = "settings.";
    const gan__log_note *notes = log->notes.items;

    gan__text_put(out, "<h2>Settings</h2>\n<table class=\"left\"><tbody>\n");
    for (size_t i = 0; i < log->notes.n; i++) {
        if (strncmp(notes[i].name, prefix, sizeof prefix - 1) != 0) continue;
        gan__text_put(out, "<tr><th scope=\"row\"><bdi>");
        gan__report_put_text(out, notes[i].name + sizeof prefix - 1);
        gan__text_put(out, "</bdi></th><td><bdi>");
        gan__report_put_text(out, notes[i].text);
        gan__text_put(out, "</bdi></td></tr>\n");
    }
    gan__text_put(out, "<tr><th scope=\"row\">libgan</th><td>%s</td></tr>\n</tbody></table>\n",
                  gan_version_string());
    if (!gan_log_text(log, "command")) return;
    gan__text_put(out, "<h2>To reproduce it</h2>\n<pre><code>");
    gan__report_put_text(out, gan_log_text(log, "command"));
    gan__text_put(out, "</code></pre>\n");
}

/* ---- The whole ---- */

void gan__report_put_page(gan__text *out, const gan_report *report, const gan_log *log)
{
    const gan_report_run run = {NULL, log, NULL};
    gan__text rest = {.allocator = out->allocator};
    const char *title = gan_log_text(log, "title");
    size_t others;

    /* The part after the frames is written first: the frames get the bytes that it leaves. */
    gan__report_put_curves(&rest, &run, 1);
    put_counts(&rest, report);
    put_pictures(&rest, report);
    put_table(&rest, log);
    put_settings(&rest, log);

    gan__report_put_head(out, title ? title : "Training run");
    put_verdict(out, log);
    put_progress(out, log);
    others = out->used + rest.used + 1000;
    put_frames(out, report, others < report->max_bytes ? report->max_bytes - others : 0);
    if (out->status == GAN_OK) out->status = rest.status;
    gan__text_put_bytes(out, rest.bytes, rest.used);
    gan__report_put_tail(out);
    gan__text_end(&rest);
}
