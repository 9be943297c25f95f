/* log_read.c - reading the lines of a log. */
#include "report/log_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "file/json_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A line after it was parsed as JSON. */
typedef struct line {
    gan_log *log;
    const gan__json *object;
    const char *record;
    uint64_t epoch, step;
} line;

/* Parse a number as gan__log_put_number() writes it; 0 when it is not a number. */
static int read_number(double *out, const gan__json *x)
{
    const char *text = gan__json_string(x);

    if (!text) return gan__json_number(out, x);
    if (strcmp(text, "NaN") == 0)
        *out = (double)NAN;
    else if (strcmp(text, "Infinity") == 0)
        *out = (double)INFINITY;
    else if (strcmp(text, "-Infinity") == 0)
        *out = -(double)INFINITY;
    else
        return 0;
    return 1;
}

static int read_whole(uint64_t *out, const line *l, const char *name)
{
    return gan__json_whole(out, gan__json_find(l->object, name));
}

static int is_name(const char *name)
{
    return name && *name && strlen(name) < GAN_LOG_NAME_BYTES;
}

/* These are fixed members of a row, all others its numbers. */
static int is_own(const char *key)
{
    static const char *const own[] = {"record", "epoch", "step", "steps", "seconds", "time"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(key, own[i]) == 0) return 1;
    return 0;
}

/* The name of a number in the file. */
static gan_status find(gan_log *log, size_t *out, const char *key)
{
    if (!is_name(key)) return gan__fail(GAN_ERR_FORMAT, "it has a name that is empty or too long");
    return gan__log_find(log, out, key, 1);
}

static gan_status take_row(const line *l, gan__log_rows *rows)
{
    gan__log_row row = {.epoch = l->epoch, .step = l->step};
    gan_log *log = l->log;
    gan_status status;

    if (!read_whole(&row.steps, l, "steps") ||
        !read_number(&row.seconds, gan__json_find(l->object, "seconds")) ||
        !read_number(&row.time, gan__json_find(l->object, "time")))
        return gan__fail(GAN_ERR_FORMAT, "it lacks steps, seconds or time");
    status = gan__log_add_row(log, rows, &row);
    for (const gan__json *x = gan__json_first(l->object); x && status == GAN_OK; x = x->next) {
        size_t name;
        double value;

        if (is_own(x->key)) continue;
        status = find(log, &name, x->key);
        if (status == GAN_OK && !read_number(&value, x))
            status = gan__fail(GAN_ERR_FORMAT, "\"%.64s\" is not a number", x->key);
        if (status == GAN_OK) status = gan__log_add_cell(log, rows, name, value);
    }
    if (status != GAN_OK) return status;
    log->seconds_before = row.seconds;
    gan__log_put_event(log, rows, gan__log_row_at(rows, rows->rows.n - 1));
    return log->events.pending.status;
}

static void forget_sums(gan_log *log, int of_epoch)
{
    for (size_t i = 0; i < log->names.n; i++) {
        gan__log_names(log)[i].interval = (gan__log_sum){0, 0};
        if (of_epoch) gan__log_names(log)[i].epoch = (gan__log_sum){0, 0};
    }
    log->interval_steps = 0;
    if (of_epoch) log->epoch_steps = 0;
}

static gan_status take_steps(const line *l)
{
    const gan_status status = take_row(l, &l->log->of_steps);

    gan__log_thin(&l->log->of_steps);
    forget_sums(l->log, 0);
    return status;
}

static gan_status take_epoch(const line *l)
{
    forget_sums(l->log, 1);
    if (l->epoch <= l->log->epochs)
        return gan__fail(GAN_ERR_FORMAT, "it is of epoch %llu, after epoch %llu",
                         (unsigned long long)l->epoch, (unsigned long long)l->log->epochs);
    l->log->epochs = l->epoch;
    return take_row(l, &l->log->of_epochs);
}

static gan_status take_note(const line *l)
{
    const char *name = gan__json_string(gan__json_find(l->object, "name"));
    const char *text = gan__json_string(gan__json_find(l->object, "text"));

    if (!is_name(name) || !text) return gan__fail(GAN_ERR_FORMAT, "it lacks a name or a text");
    return gan__log_remember(l->log, name, text);
}

static gan_status take_run(const line *l)
{
    uint64_t format;

    if (!read_whole(&format, l, "format") || format == 0)
        return gan__fail(GAN_ERR_FORMAT, "it lacks its format");
    if (format > GAN__LOG_FORMAT)
        return gan__fail(GAN_ERR_FORMAT, "it is of format %llu, this release reads up to %d",
                         (unsigned long long)format, GAN__LOG_FORMAT);
    return GAN_OK;
}

/* Sums as put_sums() of log_write.c writes them. */
static gan_status take_sums(const line *l, const char *which, int of_epoch)
{
    const gan__json *sums = gan__json_find(l->object, which);
    gan_status status = GAN_OK;

    for (const gan__json *x = gan__json_first(sums); x && status == GAN_OK; x = x->next) {
        gan__log_sum sum;
        size_t name;

        if (!read_number(&sum.sum, gan__json_at(x, 0)) ||
            !gan__json_whole(&sum.n, gan__json_at(x, 1)))
            return gan__fail(GAN_ERR_FORMAT, "a sum and a count expected in \"%s\"", which);
        status = find(l->log, &name, x->key);
        if (status != GAN_OK) return status;
        if (of_epoch)
            gan__log_names(l->log)[name].epoch = sum;
        else
            gan__log_names(l->log)[name].interval = sum;
    }
    return status;
}

static gan_status take_saved(const line *l)
{
    gan_log *log = l->log;
    gan_status status;

    forget_sums(log, 1);
    if (!read_whole(&log->interval_steps, l, "interval_steps") ||
        !read_whole(&log->epoch_steps, l, "epoch_steps") ||
        !read_number(&log->seconds_before, gan__json_find(l->object, "seconds")) ||
        !gan__json_is(gan__json_find(l->object, "interval_sums"), GAN__JSON_OBJECT) ||
        !gan__json_is(gan__json_find(l->object, "epoch_sums"), GAN__JSON_OBJECT))
        return gan__fail(GAN_ERR_FORMAT, "it lacks a part of what was saved");
    status = take_sums(l, "interval_sums", 0);
    return status == GAN_OK ? take_sums(l, "epoch_sums", 1) : status;
}

static const struct {
    const char *record;
    gan_status (*take)(const line *l);
    int has_place; /* 1: it has an epoch and a step */
} kinds[] = {{"run", take_run, 0},
             {"note", take_note, 1},
             {"steps", take_steps, 1},
             {"epoch", take_epoch, 1},
             {"saved", take_saved, 1}};

/* Store a line unless it is beyond `step`, which sets `*beyond`. */
static gan_status take_line(line *l, uint64_t step, int *beyond)
{
    const size_t n = sizeof kinds / sizeof *kinds;
    size_t kind = 0;

    l->record = gan__json_string(gan__json_find(l->object, "record"));
    while (kind < n && (!l->record || strcmp(kinds[kind].record, l->record) != 0)) kind++;
    if (kind == n) return gan__fail(GAN_ERR_FORMAT, "it is not a log record");
    if (kinds[kind].has_place &&
        (!read_whole(&l->epoch, l, "epoch") || !read_whole(&l->step, l, "step")))
        return gan__fail(GAN_ERR_FORMAT, "it lacks its epoch or its step");
    *beyond = kinds[kind].has_place && l->step > step;
    if (*beyond) return GAN_OK;
    if (kinds[kind].has_place && l->step < l->log->steps)
        return gan__fail(GAN_ERR_FORMAT, "it is of step %llu, after step %llu",
                         (unsigned long long)l->step, (unsigned long long)l->log->steps);
    if (kinds[kind].has_place) l->log->steps = l->step;
    return kinds[kind].take(l);
}

/* Complete a message by its line in the file. */
static gan_status fail_at(const char *name, size_t number, gan_status status)
{
    if (status != GAN_ERR_FORMAT) return status;
    return gan__fail(status, "%s: line %zu: %s", name, number, gan_last_error());
}

gan_status gan__log_parse(gan_log *log, const char *name, const char *text, size_t n, uint64_t step,
                          size_t *kept)
{
    size_t number = 0;
    gan_status status = GAN_OK;

    for (*kept = 0; *kept < n;) {
        const char *begin = text + *kept, *end = memchr(begin, '\n', n - *kept);
        line l = {.log = log};
        int beyond = 0;

        if (!end) break; /* cut short */
        number++;
        status = gan__json_parse(&l.object, begin, (size_t)(end - begin), &log->allocator);
        if (status == GAN_OK && number == 1 && strncmp(begin, "{\"record\":\"run\"", 15) != 0)
            status = gan__fail(GAN_ERR_FORMAT, "a log begins with a record \"run\"");
        if (status == GAN_OK) status = take_line(&l, step, &beyond);
        gan__json_free(l.object, &log->allocator);
        if (status != GAN_OK) return fail_at(name, number, status);
        if (beyond) break;
        *kept += (size_t)(end - begin) + 1;
    }
    /* Only the sums of the checkpoint's step are used. */
    if (log->steps != step) forget_sums(log, 1);
    return GAN_OK;
}
