/* log_record.c - a log in memory: names, rows of numbers, notes. */
#include "report/log_internal.h"

#include "base/alloc_internal.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { MOST_ROWS = 4096 };

void *gan__log_append(gan_log *log, gan__log_array *array, size_t size)
{
    const size_t used = array->n * size;
    char *item;

    if (gan__size_add(used, size) > array->room &&
        gan__alloc_grow(&array->items, &array->room, used, 16 * size, SIZE_MAX, &log->allocator) !=
            GAN_OK)
        return NULL;
    item = (char *)array->items + used;
    memset(item, 0, size);
    array->n++;
    return item;
}

gan_status gan__log_find(gan_log *log, size_t *out, const char *name, int add)
{
    gan__log_name *made;

    for (*out = 0; *out < log->names.n; ++*out)
        if (strcmp(gan__log_names(log)[*out].text, name) == 0) return GAN_OK;
    if (!add) {
        *out = SIZE_MAX;
        return GAN_OK;
    }
    made = gan__log_append(log, &log->names, sizeof *made);
    if (!made) return GAN_ERR_NOMEM;
    memcpy(made->text, name, strlen(name));
    return GAN_OK;
}

gan_status gan__log_add_row(gan_log *log, gan__log_rows *rows, const gan__log_row *row)
{
    gan__log_row *made = gan__log_append(log, &rows->rows, sizeof *made);

    if (!made) return GAN_ERR_NOMEM;
    *made = *row;
    made->first = rows->cells.n;
    made->n = 0;
    return GAN_OK;
}

gan_status gan__log_add_cell(gan_log *log, gan__log_rows *rows, size_t name, double value)
{
    gan__log_cell *cell = gan__log_append(log, &rows->cells, sizeof *cell);

    if (!cell) return GAN_ERR_NOMEM;
    *cell = (gan__log_cell){name, value};
    ((gan__log_row *)rows->rows.items)[rows->rows.n - 1].n++;
    if (rows == &log->of_epochs) gan__log_names(log)[name].in_epochs = 1;
    return GAN_OK;
}

/* The last row is kept, so that curves end where the run does. */
void gan__log_thin(gan__log_rows *rows)
{
    gan__log_row *row = rows->rows.items;
    gan__log_cell *cells = rows->cells.items;
    size_t n = 0, n_cells = 0;

    if (rows->rows.n <= MOST_ROWS) return;
    for (size_t i = 1 - rows->rows.n % 2; i < rows->rows.n; i += 2, n++) {
        row[n] = row[i];
        memmove(cells + n_cells, cells + row[i].first, row[i].n * sizeof *cells);
        row[n].first = n_cells;
        n_cells += row[n].n;
    }
    rows->rows.n = n;
    rows->cells.n = n_cells;
}

gan_status gan__log_copy(const gan_log *log, char **out, const char *text)
{
    const size_t size = text ? strlen(text) + 1 : 0;

    *out = NULL;
    if (!text) return GAN_OK;
    if (gan__alloc(out, &log->allocator, size, 1) != GAN_OK) return GAN_ERR_NOMEM;
    memcpy(*out, text, size);
    return GAN_OK;
}

gan__log_note *gan__log_find_note(const gan_log *log, const char *name)
{
    gan__log_note *notes = log->notes.items;

    for (size_t i = 0; i < log->notes.n; i++)
        if (strcmp(notes[i].name, name) == 0) return &notes[i];
    return NULL;
}

gan_status gan__log_remember(gan_log *log, const char *name, const char *text)
{
    gan__log_note *note = gan__log_find_note(log, name);
    char *copy;
    gan_status status = gan__log_copy(log, &copy, text);

    if (status != GAN_OK) return status;
    if (!note) note = gan__log_append(log, &log->notes, sizeof *note);
    if (!note) {
        gan__free(&log->allocator, copy);
        return GAN_ERR_NOMEM;
    }
    gan__free(&log->allocator, note->text);
    memcpy(note->name, name, strlen(name) + 1);
    note->text = copy;
    return GAN_OK;
}

/* Milliseconds are enough to read. */
double gan__log_time(void)
{
    struct timespec now = {0, 0};

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + round((double)now.tv_nsec / 1e6) / 1000;
}
