/* losses.c - see losses.h. */
#include "losses.h"

#include "cli.h"
#include "files.h"
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CSV_DIGITS = 6, ALL_DIGITS = 17, MOST_BYTES = 64 << 20 };

static const char HEADER[] = "epoch,d_loss,g_loss,d_real,d_fake,seconds,steps\n";

void losses_scale(losses_row *row, double factor)
{
    row->d_loss *= factor;
    row->g_loss *= factor;
    row->d_real *= factor;
    row->d_fake *= factor;
}

void losses_round(losses_row *row)
{
    double *const figures[] = {&row->d_loss, &row->g_loss, &row->d_real, &row->d_fake};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        char text[512];
        snprintf(text, sizeof text, "%.*f", CSV_DIGITS, *figures[i]);
        *figures[i] = strtod(text, NULL);
    }
}

/* ---- The CSV ---- */

static void print_row(FILE *out, size_t epoch, const losses_row *row, int digits)
{
    fprintf(out, "%zu,%.*f,%.*f,%.*f,%.*f,%.3f,%zu\n", epoch, digits, row->d_loss, digits,
            row->g_loss, digits, row->d_real, digits, row->d_fake, row->seconds, row->steps);
}

/* Read a row from a line; return its epoch, 0 when the line is not a row. */
static size_t parse_row(const char *line, losses_row *row)
{
    size_t epoch;
    losses_row found;
    if (sscanf(line, "%zu,%lf,%lf,%lf,%lf,%lf,%zu", &epoch, &found.d_loss, &found.g_loss,
               &found.d_real, &found.d_fake, &found.seconds, &found.steps) != 7)
        return 0;
    *row = found;
    return epoch;
}

/* Write the row of an incomplete epoch, or all known rows of complete ones. */
static int write_rows(const char *directory, const char *name, const losses_row *rows, size_t first,
                      size_t n, int digits)
{
    char path[PATH_MAX];
    files_output out;
    if (!files_join(path, sizeof path, directory, name) || !files_create(&out, path)) return 0;
    fputs(HEADER, out.stream);
    for (size_t i = 0; i < n; i++)
        if (rows[i].steps > 0) print_row(out.stream, first + i, &rows[i], digits);
    return files_commit(&out);
}

int losses_write(const char *directory, const losses_row *rows, size_t n)
{
    return write_rows(directory, LOSSES_CSV, rows, 1, n, CSV_DIGITS);
}

int losses_write_begun(const char *directory, size_t epoch, const losses_row *row)
{
    return write_rows(directory, LOSSES_BEGUN, row, epoch, 1, ALL_DIGITS);
}

/* Keep a file that this program did not write. */
static void set_aside(const char *path)
{
    char aside[PATH_MAX + 16];
    snprintf(aside, sizeof aside, "%s.unread", path);
    if (rename(path, aside) == 0)
        cli_say("%s: begins otherwise than one of this program; it is %s now", path, aside);
    else
        cli_say("%s: begins otherwise than one of this program", path);
}

/* Read the rows of epochs `first` to `first` + n - 1 from a text. */
static void take_rows(const char *text, losses_row *rows, size_t first, size_t n)
{
    for (const char *line = strchr(text, '\n'); line && *++line; line = strchr(line, '\n')) {
        losses_row row;
        if (!strchr(line, '\n')) return; /* cut short */
        size_t epoch = parse_row(line, &row);
        if (epoch >= first && epoch - first < n) rows[epoch - first] = row;
    }
}

void losses_read(const char *directory, losses_row *rows, size_t n)
{
    char path[PATH_MAX];
    size_t missing = 0;
    const char *why;
    if (!files_join(path, sizeof path, directory, LOSSES_CSV)) return;
    char *text = files_read_text(path, MOST_BYTES, &why);
    if (!text && n > 0) cli_say("%s: %s", path, why);
    if (text && strncmp(text, HEADER, strlen(HEADER)) != 0)
        set_aside(path);
    else if (text)
        take_rows(text, rows, 1, n);
    free(text);
    for (size_t i = 0; i < n; i++) missing += rows[i].steps == 0;
    if (missing > 0)
        cli_say("%s: the row%s of %zu of %zu epoch%s %s not there; the run continues without", path,
                cli_plural(missing), missing, n, cli_plural(n), missing == 1 ? "is" : "are");
}

int losses_read_begun(const char *directory, size_t epoch, size_t steps, losses_row *row)
{
    char path[PATH_MAX];
    losses_row found = {0};
    const char *why;
    if (!files_join(path, sizeof path, directory, LOSSES_BEGUN)) return 0;
    char *text = files_read_text(path, MOST_BYTES, &why);
    if (text) take_rows(text, &found, epoch, 1);
    free(text);
    if (steps == 0 || found.steps != steps) return 0;
    *row = found;
    return 1;
}

void losses_forget_begun(const char *directory)
{
    char path[PATH_MAX];
    if (files_join(path, sizeof path, directory, LOSSES_BEGUN)) remove(path);
}

/* ---- The chart ---- */

/* The columns of the CSV, each a curve; unknown values leave a gap. */
enum { D_LOSS, G_LOSS, D_REAL, D_FAKE, COLUMNS };

static double *make_columns(const losses_row *rows, size_t n)
{
    double *columns = malloc(COLUMNS * n * sizeof *columns);
    if (!columns) return NULL;
    for (size_t i = 0; i < n; i++) {
        int known = rows[i].steps > 0;
        columns[D_LOSS * n + i] = known ? rows[i].d_loss : NAN;
        columns[G_LOSS * n + i] = known ? rows[i].g_loss : NAN;
        columns[D_REAL * n + i] = known ? rows[i].d_real : NAN;
        columns[D_FAKE * n + i] = known ? rows[i].d_fake : NAN;
    }
    return columns;
}

const char *losses_draw(const char *directory, const losses_row *rows, size_t n, int bounded)
{
    char path[PATH_MAX];
    if (n == 0) return NULL;
    if (!files_join(path, sizeof path, directory, LOSSES_PNG)) return "its name is too long";
    double *columns = make_columns(rows, n);
    if (!columns) return "out of memory";
    const plot_panel panels[] = {
        {.title = "Loss, mean of each epoch",
         .lines = {{"discriminator", columns + D_LOSS * n, PLOT_BLUE},
                   {"generator", columns + G_LOSS * n, PLOT_ORANGE}}},
        {.title = bounded ? "Discriminator's mean output: 1 real, 0 generated"
                          : "Discriminator's mean output",
         .low = 0,
         .high = bounded,
         .lines = {{"D(x)", columns + D_REAL * n, PLOT_BLUE},
                   {"D(G(z))", columns + D_FAKE * n, PLOT_ORANGE}}},
    };
    const char *why = plot_chart(path, panels, 2, "epoch", 1, n);
    free(columns);
    return why;
}
