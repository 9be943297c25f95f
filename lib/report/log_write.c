/* log_write.c - the lines of a log, and its CSV file. */
#include "report/log_internal.h"

#include "file/file_internal.h"
#include "file/json_internal.h"
#include "file/number_internal.h"

#include <gan/version.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void gan__log_put_number(gan__text *out, double value)
{
    char text[GAN__NUMBER_BYTES];

    if (isfinite(value))
        gan__number_print_exact(text, value);
    else
        snprintf(text, sizeof text, "\"%s\"",
                 isnan(value) ? "NaN"
                 : value > 0  ? "Infinity"
                              : "-Infinity");
    gan__text_put(out, "%s", text);
}

/* ---- JSON Lines ---- */

/* ,"name":value */
static void put_member(gan__text *out, const char *name, double value)
{
    gan__text_put_bytes(out, ",", 1);
    gan__json_put_string(out, name);
    gan__text_put_bytes(out, ":", 1);
    gan__log_put_number(out, value);
}

void gan__log_put_run(gan_log *log)
{
    gan__text *out = &log->json.pending;

    gan__text_put(out, "{\"record\":\"run\",\"format\":%d,\"libgan\":\"%s\"", GAN__LOG_FORMAT,
                  gan_version_string());
    put_member(out, "time", gan__log_time());
    gan__text_put(out, "}\n");
}

void gan__log_put_note(gan_log *log, const char *name, const char *text)
{
    gan__text *out = &log->json.pending;

    gan__text_put(out, "{\"record\":\"note\",\"epoch\":%" PRIu64 ",\"step\":%" PRIu64 ",\"name\":",
                  log->epochs, log->steps);
    gan__json_put_string(out, name);
    gan__text_put(out, ",\"text\":");
    gan__json_put_string(out, text);
    gan__text_put(out, "}\n");
}

void gan__log_put_row(gan_log *log, const gan__log_rows *rows, const gan__log_row *row)
{
    gan__text *out = &log->json.pending;
    const gan__log_cell *cells = gan__log_cells(rows, row);

    gan__text_put(
        out, "{\"record\":\"%s\",\"epoch\":%" PRIu64 ",\"step\":%" PRIu64 ",\"steps\":%" PRIu64,
        rows == &log->of_epochs ? "epoch" : "steps", row->epoch, row->step, row->steps);
    put_member(out, "seconds", row->seconds);
    put_member(out, "time", row->time);
    for (size_t i = 0; i < row->n; i++)
        put_member(out, gan__log_names(log)[cells[i].name].text, cells[i].value);
    gan__text_put(out, "}\n");
}

/* {"name":[sum,count],...} */
static void put_sums(gan__text *out, const gan_log *log, int of_epoch)
{
    const char *comma = "";

    gan__text_put(out, "{");
    for (size_t i = 0; i < log->names.n; i++) {
        const gan__log_name *name = &gan__log_names(log)[i];
        const gan__log_sum *sum = of_epoch ? &name->epoch : &name->interval;

        if (sum->n == 0) continue;
        gan__text_put(out, "%s", comma);
        gan__json_put_string(out, name->text);
        gan__text_put(out, ":[");
        gan__log_put_number(out, sum->sum);
        gan__text_put(out, ",%" PRIu64 "]", sum->n);
        comma = ",";
    }
    gan__text_put(out, "}");
}

void gan__log_put_sums(gan_log *log)
{
    gan__text *out = &log->json.pending;

    gan__text_put(out,
                  "{\"record\":\"saved\",\"epoch\":%" PRIu64 ",\"step\":%" PRIu64
                  ",\"interval_steps\":%" PRIu64 ",\"epoch_steps\":%" PRIu64,
                  log->epochs, log->steps, log->interval_steps, log->epoch_steps);
    put_member(out, "seconds", log->seconds_before);
    gan__text_put(out, ",\"interval_sums\":");
    put_sums(out, log, 0);
    gan__text_put(out, ",\"epoch_sums\":");
    put_sums(out, log, 1);
    gan__text_put(out, "}\n");
}

/* ---- CSV, as in RFC 4180 except for the line endings ---- */

static void put_heading(gan__text *out, const char *name)
{
    gan__text_put(out, ",");
    if (!strpbrk(name, ",\"\r\n")) {
        gan__text_put(out, "%s", name);
        return;
    }
    gan__text_put(out, "\"");
    for (; *name; name++) gan__text_put(out, *name == '"' ? "\"\"" : "%c", *name);
    gan__text_put(out, "\"");
}

static void put_cell(gan__text *out, double value)
{
    char text[GAN__NUMBER_BYTES] = "nan";

    if (isinf(value)) snprintf(text, sizeof text, value > 0 ? "inf" : "-inf");
    if (isfinite(value)) gan__number_print_exact(text, value);
    gan__text_put(out, "%s", text);
}

static const gan__log_cell *find_cell(const gan__log_rows *rows, const gan__log_row *row,
                                      size_t name)
{
    const gan__log_cell *cells = gan__log_cells(rows, row);

    for (size_t i = 0; i < row->n; i++)
        if (cells[i].name == name) return &cells[i];
    return NULL;
}

static void put_epoch(gan__text *out, const gan_log *log, const gan__log_row *row)
{
    gan__text_put(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", row->epoch, row->step, row->steps);
    put_cell(out, row->seconds);
    for (size_t i = 0; i < log->names.n; i++) {
        const gan__log_cell *cell = find_cell(&log->of_epochs, row, i);

        if (!gan__log_names(log)[i].in_epochs) continue;
        gan__text_put(out, ",");
        if (cell) put_cell(out, cell->value);
    }
    gan__text_put(out, "\n");
}

gan_status gan__log_write_csv(const gan_log *log)
{
    gan__text text = {.allocator = &log->allocator};
    gan__file file = {0};
    gan_status status;

    gan__text_put(&text, "epoch,step,steps,seconds");
    for (size_t i = 0; i < log->names.n; i++)
        if (gan__log_names(log)[i].in_epochs) put_heading(&text, gan__log_names(log)[i].text);
    gan__text_put(&text, "\n");
    for (size_t i = 0; i < log->of_epochs.rows.n; i++)
        put_epoch(&text, log, gan__log_row_at(&log->of_epochs, i));
    status = text.status;
    if (status == GAN_OK) status = gan__file_create(&file, log->csv, &log->allocator);
    if (status == GAN_OK) status = gan__file_write(&file, text.bytes, text.used);
    if (status == GAN_OK) status = gan__file_commit(&file, 0);
    if (status != GAN_OK) gan__file_abandon(&file);
    gan__text_end(&text);
    return status;
}
