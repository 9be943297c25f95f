/* log_internal.h - the data structures of a log. */
#ifndef GAN_LOG_INTERNAL_H
#define GAN_LOG_INTERNAL_H

#include "base/arithmetic_internal.h"
#include "file/text_internal.h"

#include <gan/log.h>

enum { GAN__LOG_FORMAT = 1 };

/* An array that grows. */
typedef struct gan__log_array {
    void *items;
    size_t n;
    size_t room; /* in bytes */
} gan__log_array;

/* A mean in progress. */
typedef struct gan__log_sum {
    double sum;
    uint64_t n;
} gan__log_sum;

/* A name, and the sums of its numbers. */
typedef struct gan__log_name {
    char text[GAN_LOG_NAME_BYTES];
    gan__log_sum interval, epoch; /* since the latest record of each kind */
    double metric;                /* of the current epoch */
    int has_metric;
    int in_epochs; /* 1: a record of an epoch has it */
} gan__log_name;

/* A number in a record. */
typedef struct gan__log_cell {
    size_t name;
    double value;
} gan__log_cell;

/* A record of steps or of an epoch. */
typedef struct gan__log_row {
    uint64_t epoch, step, steps;
    double seconds, time;
    size_t first, n; /* its cells */
} gan__log_row;

typedef struct gan__log_rows {
    gan__log_array rows, cells;
} gan__log_rows;

typedef struct gan__log_note {
    char name[GAN_LOG_NAME_BYTES];
    char *text;
} gan__log_note;

/* A file that is appended to, and what is still to be appended. */
typedef struct gan__log_sink {
    char *path; /* NULL: none */
    gan__text pending;
} gan__log_sink;

struct gan_log {
    gan_allocator allocator;
    int only_read;
    uint64_t interval;
    uint64_t steps, epochs;               /* of the run: steps, and number of the latest epoch */
    uint64_t interval_steps, epoch_steps; /* since the latest record of each kind */
    double seconds_before, began;         /* of the run before this process; the clock then */
    gan__log_array names, notes;
    gan__log_rows of_steps, of_epochs;
    gan__log_sink json, events;
    char *csv;
};

/* One more item of `size` bytes at the array's end, zeroed; NULL without memory. */
void *gan__log_append(gan_log *log, gan__log_array *array, size_t size);

static inline gan__log_name *gan__log_names(const gan_log *log)
{
    return log->names.items;
}

static inline const gan__log_row *gan__log_row_at(const gan__log_rows *rows, size_t i)
{
    return (const gan__log_row *)rows->rows.items + i;
}

static inline const gan__log_cell *gan__log_cells(const gan__log_rows *rows,
                                                  const gan__log_row *row)
{
    const gan__log_cell *cells = rows->cells.items;

    return cells ? cells + row->first : NULL; /* no cell yet, and none needed */
}

/* The index of a name, added when it is new and `add` is 1; SIZE_MAX when it is not there.
 * GAN_ERR_NOMEM. */
gan_status gan__log_find(gan_log *log, size_t *out, const char *name, int add);

/* Add a row, or a number to the latest row.  GAN_ERR_NOMEM. */
gan_status gan__log_add_row(gan_log *log, gan__log_rows *rows, const gan__log_row *row);
gan_status gan__log_add_cell(gan_log *log, gan__log_rows *rows, size_t name, double value);

/* Drop every second row when there are too many. */
void gan__log_thin(gan__log_rows *rows);

/* Find a note, or return NULL; and store one.  GAN_ERR_NOMEM. */
gan__log_note *gan__log_find_note(const gan_log *log, const char *name);
gan_status gan__log_remember(gan_log *log, const char *name, const char *text);

/* Copy a text; NULL stays NULL.  GAN_ERR_NOMEM. */
gan_status gan__log_copy(const gan_log *log, char **out, const char *text);

/* Read the lines of a file up to a step; `*kept` receives how many bytes these are.  Each of them
 * is also written as an event.  GAN_ERR_FORMAT. */
gan_status gan__log_parse(gan_log *log, const char *name, const char *text, size_t n, uint64_t step,
                          size_t *kept);

/* Append lines to what is still to be written. */
void gan__log_put_run(gan_log *log);
void gan__log_put_note(gan_log *log, const char *name, const char *text);
void gan__log_put_row(gan_log *log, const gan__log_rows *rows, const gan__log_row *row);
void gan__log_put_sums(gan_log *log);

/* The events of a row, and what an event file begins with. */
void gan__log_put_head_event(gan__text *out, double time);
void gan__log_put_event(gan_log *log, const gan__log_rows *rows, const gan__log_row *row);

/* CRC-32C (Castagnoli), as TFRecord has it before it is masked. */
uint32_t gan__log_crc32c(const void *bytes, size_t n);

/* Write the CSV file. */
gan_status gan__log_write_csv(const gan_log *log);

/* Write a number as JSON, and NaN and infinities, which JSON lacks, as strings. */
void gan__log_put_number(gan__text *out, double value);

/* Seconds since 1970. */
double gan__log_time(void);

#endif
