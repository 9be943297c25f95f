/* log.c - see log.h: means over steps and epochs, and writing them to files.
 *
 *     gan_log_value, _step    each name has two sums: since the latest record of steps and of an
 *                             epoch
 *     a record is due         row in memory -> line (log_write.c) and event (log_events.c) in
 *                             `pending` -> appended to the files
 *     continuing              log_read.c reads the lines up to a step into the same rows and sums,
 *                             and what comes after them is cut off */
#include "report/log_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"
#include "file/json_internal.h"
#include "file/number_internal.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { DEFAULT_INTERVAL = 100 };

/* ---- Time ---- */

static double clock_seconds(void)
{
    struct timespec now = {0, 0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double trained_for(const gan_log *log)
{
    return round((log->seconds_before + clock_seconds() - log->began) * 1000) / 1000;
}

/* ---- Making ---- */

static gan_status make(gan_log **out, const gan_allocator *allocator)
{
    gan_status status;
    gan_allocator a;

    status = gan__alloc_init(&a, allocator);
    if (status == GAN_OK) status = gan__alloc(out, &a, 1, sizeof **out);
    if (status != GAN_OK) return status;
    (*out)->allocator = a;
    (*out)->json.pending.allocator = &(*out)->allocator;
    (*out)->events.pending.allocator = &(*out)->allocator;
    return GAN_OK;
}

void gan_log_destroy(gan_log *log)
{
    if (!log) return;
    const gan_allocator a = log->allocator;
    gan__log_note *notes = log->notes.items;

    for (size_t i = 0; i < log->notes.n; i++) gan__free(&a, notes[i].text);
    gan__free(&a, log->notes.items);
    gan__free(&a, log->names.items);
    gan__free(&a, log->of_steps.rows.items);
    gan__free(&a, log->of_steps.cells.items);
    gan__free(&a, log->of_epochs.rows.items);
    gan__free(&a, log->of_epochs.cells.items);
    gan__text_end(&log->json.pending);
    gan__text_end(&log->events.pending);
    gan__free(&a, log->json.path);
    gan__free(&a, log->events.path);
    gan__free(&a, log->csv);
    gan__free(&a, log);
}

/* Read a whole file into memory. */
static gan_status read_text(const gan_log *log, char **out, size_t *n, const char *path)
{
    gan_status status = GAN_OK;
    gan__input in = {0};
    size_t room;

    *out = NULL;
    GAN_TRY(gan__input_open(&in, (gan__source){.path = path}, &log->allocator));
    room = in.n_bytes < SIZE_MAX ? (size_t)in.n_bytes : SIZE_MAX;
    GAN_TRY(gan__alloc(out, &log->allocator, room, 1));
    *n = gan__input_read(&in, *out, room); /* a run that continues may have appended more */
    if (*n < room && in.error) status = gan__file_fail(path, "cannot be read", in.error);

cleanup:
    gan__input_close(&in);
    return status;
}

gan_status gan_log_open(gan_log **out, const char *path, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_log *log = NULL;
    char *text = NULL;
    size_t n = 0, kept;

    if (!out) return gan__fail(GAN_ERR_INVALID, "log: out is NULL");
    *out = NULL;
    if (!path) return gan__fail(GAN_ERR_INVALID, "log: path is NULL");
    GAN_TRY(make(&log, allocator));
    log->only_read = 1;
    GAN_TRY(read_text(log, &text, &n, path));
    GAN_TRY(gan__log_parse(log, path, text, n, UINT64_MAX, &kept));
    gan__text_end(&log->json.pending); /* unfinished sums have no use here */
    *out = log;

cleanup:
    if (log) gan__free(&log->allocator, text);
    if (status != GAN_OK) gan_log_destroy(log);
    return status;
}

/* Write `head` and what is pending as the whole file, in place of the one that is there. */
static gan_status replace(gan_log *log, gan__log_sink *sink, const char *head, size_t n)
{
    gan__file file = {0};
    gan_status status = sink->pending.status;

    if (status == GAN_OK) status = gan__file_create(&file, sink->path, &log->allocator);
    if (status == GAN_OK) status = gan__file_write(&file, head, n);
    if (status == GAN_OK) status = gan__file_write(&file, sink->pending.bytes, sink->pending.used);
    if (status == GAN_OK) status = gan__file_commit(&file, 0);
    if (status != GAN_OK) gan__file_abandon(&file);
    sink->pending.used = 0;
    return status;
}

/* Read the existing log of a resumed run, and how many of its bytes are kept: 0 where there is none. */
static gan_status take_lines(gan_log *log, char **text, size_t *kept, const gan_log_desc *d)
{
    gan_status status;
    struct stat info;
    size_t n = 0;

    *kept = 0;
    if (d->steps == 0 || stat(log->json.path, &info) != 0) return GAN_OK;
    status = read_text(log, text, &n, log->json.path);
    if (status == GAN_OK) status = gan__log_parse(log, log->json.path, *text, n, d->steps, kept);
    log->steps = d->steps;
    return status;
}

static gan_status begin(gan_log *log, const char *path, const gan_log_desc *d)
{
    gan_status status = GAN_OK;
    char *text = NULL;
    size_t kept = 0;

    log->interval = d->interval > 0 ? d->interval : DEFAULT_INTERVAL;
    GAN_TRY(gan__log_copy(log, &log->json.path, path));
    GAN_TRY(gan__log_copy(log, &log->events.path, d->events));
    GAN_TRY(gan__log_copy(log, &log->csv, d->csv));
    if (d->events) gan__log_put_head_event(&log->events.pending, gan__log_time());
    GAN_TRY(take_lines(log, &text, &kept, d));
    log->steps = d->steps;
    log->began = clock_seconds();
    if (kept == 0) gan__log_put_run(log);
    GAN_TRY(replace(log, &log->json, text, kept));
    if (d->events) GAN_TRY(replace(log, &log->events, NULL, 0));
    if (d->csv) GAN_TRY(gan__log_write_csv(log));

cleanup:
    gan__free(&log->allocator, text);
    return status;
}

gan_status gan_log_create(gan_log **out, const char *path, const gan_log_desc *desc)
{
    const size_t first_size = offsetof(gan_log_desc, allocator) + sizeof desc->allocator;
    gan_log_desc d = {GAN_LOG_DESC_INIT};
    gan_status status = GAN_OK;
    gan_log *log = NULL;

    if (!out) return gan__fail(GAN_ERR_INVALID, "log: out is NULL");
    *out = NULL;
    if (!path) return gan__fail(GAN_ERR_INVALID, "log: path is NULL");
    GAN_TRY(gan__desc_read(&d, sizeof d, first_size, desc, "gan_log_desc"));
    if (d.events && !strstr(d.events, "tfevents"))
        GAN_FAIL(GAN_ERR_INVALID,
                 "log: events is %s; TensorBoard reads files with \"tfevents\" in their names",
                 d.events);
    GAN_TRY(make(&log, d.allocator));
    GAN_TRY(begin(log, path, &d));
    *out = log;
    log = NULL;

cleanup:
    gan_log_destroy(log);
    return status;
}

/* ---- Writing ---- */

static gan_status check_writable(const gan_log *log)
{
    if (!log) return gan__fail(GAN_ERR_INVALID, "log: is NULL");
    if (log->only_read) return gan__fail(GAN_ERR_INVALID, "log: was opened to be read");
    return GAN_OK;
}

/* Append what is pending; after a failure it stays pending. */
static gan_status flush(gan__log_sink *sink, int to_disk)
{
    gan_status status;

    if (!sink->path || sink->pending.used == 0) return GAN_OK;
    status = gan__file_append(sink->path, sink->pending.bytes, sink->pending.used, to_disk);
    if (status == GAN_OK) sink->pending.used = 0;
    return status;
}

static gan_status flush_both(gan_log *log, int to_disk)
{
    const gan_status json = flush(&log->json, to_disk), events = flush(&log->events, to_disk);

    return json != GAN_OK ? json : events;
}

/* Out of memory, half a line may have been written to `pending`: remove it. */
static gan_status take_back(gan__text *pending, size_t used)
{
    const gan_status status = pending->status;

    if (status != GAN_OK) pending->used = used;
    pending->status = GAN_OK;
    return status;
}

static gan_status put_row(gan_log *log, const gan__log_rows *rows)
{
    const size_t json = log->json.pending.used, events = log->events.pending.used;
    const gan__log_row *row = gan__log_row_at(rows, rows->rows.n - 1);
    gan_status status, other;

    gan__log_put_row(log, rows, row);
    gan__log_put_event(log, rows, row);
    status = take_back(&log->json.pending, json);
    other = take_back(&log->events.pending, events);
    return status != GAN_OK ? status : other;
}

static gan__log_row make_row(const gan_log *log, uint64_t epoch, uint64_t steps)
{
    return (gan__log_row){.epoch = epoch,
                          .step = log->steps,
                          .steps = steps,
                          .seconds = trained_for(log),
                          .time = gan__log_time()};
}

/* Twelve digits are more than a mean of floats has, and 0.0001 is written as that. */
static double rounded(double mean)
{
    char text[GAN__NUMBER_BYTES];

    if (!isfinite(mean)) return mean;
    gan__number_print(text, mean, 12);
    gan__number_parse(&mean, text, strlen(text));
    return mean;
}

/* Return the value for a record of steps or of an epoch, and begin a new mean. */
static int take_number(gan__log_name *name, int of_epoch, double *out)
{
    gan__log_sum *sum = of_epoch ? &name->epoch : &name->interval;
    const int is_metric = of_epoch && name->has_metric, known = is_metric || sum->n > 0;

    if (known) *out = is_metric ? name->metric : rounded(sum->sum / (double)sum->n);
    *sum = (gan__log_sum){0, 0};
    if (of_epoch) name->has_metric = 0;
    return known;
}

/* Make a row of all means, which are reset in any case. */
static gan_status add_row(gan_log *log, gan__log_rows *rows, const gan__log_row *row)
{
    gan_status status = gan__log_add_row(log, rows, row);
    double number = 0;

    for (size_t i = 0; i < log->names.n; i++)
        if (take_number(&gan__log_names(log)[i], rows == &log->of_epochs, &number) &&
            status == GAN_OK)
            status = gan__log_add_cell(log, rows, i, number);
    return status;
}

static gan_status record_steps(gan_log *log, uint64_t epoch)
{
    const gan__log_row row = make_row(log, epoch, log->interval_steps);
    gan_status status = add_row(log, &log->of_steps, &row);

    log->interval_steps = 0;
    if (status == GAN_OK) status = put_row(log, &log->of_steps);
    gan__log_thin(&log->of_steps);
    return status;
}

static gan_status check_name(const char *name)
{
    if (!name) return gan__fail(GAN_ERR_INVALID, "log: name is NULL");
    if (!*name || strlen(name) >= GAN_LOG_NAME_BYTES || !gan__json_is_utf8(name))
        return gan__fail(GAN_ERR_INVALID,
                         "log: a name of 1 to %d bytes of UTF-8 expected, got %zu bytes",
                         GAN_LOG_NAME_BYTES - 1, strlen(name));
    return GAN_OK;
}

/* Check a number's name, which must not be one that all records have. */
static gan_status find_number(gan_log *log, size_t *out, const char *name)
{
    static const char *const taken[] = {"record", "epoch", "step", "steps", "seconds", "time"};
    gan_status status = check_writable(log);

    if (status == GAN_OK) status = check_name(name);
    if (status != GAN_OK) return status;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return gan__fail(GAN_ERR_INVALID, "log: \"%s\" is reserved: every record has it", name);
    return gan__log_find(log, out, name, 1);
}

/* ---- What hosts call ---- */

static gan_status add_value(gan_log *log, const char *name, double value)
{
    size_t at;
    const gan_status status = find_number(log, &at, name);

    if (status != GAN_OK) return status;
    gan__log_name *to = &gan__log_names(log)[at];

    to->interval.sum += value;
    to->interval.n++;
    to->epoch.sum += value;
    to->epoch.n++;
    return GAN_OK;
}

gan_status gan_log_value(gan_log *log, const char *name, double value)
{
    return add_value(log, name, value);
}

gan_status gan_log_metric(gan_log *log, const char *name, double value)
{
    size_t at;
    const gan_status status = find_number(log, &at, name);

    if (status != GAN_OK) return status;
    gan__log_names(log)[at].metric = value;
    gan__log_names(log)[at].has_metric = 1;
    return GAN_OK;
}

/* The figures that every step has, and those of features that may not be in use. */
static gan_status add_stats(gan_log *log, const gan_train_stats *s)
{
    const struct {
        const char *name;
        double value;
        int always;
    } figures[] = {
        {"d_loss", s->d_loss, 1},
        {"g_loss", s->g_loss, 1},
        {"d_real", s->d_real, 1},
        {"d_fake", s->d_fake, 1},
        {"d_real_accuracy", s->d_real_accuracy, 1},
        {"d_fake_accuracy", s->d_fake_accuracy, 1},
        {"d_grad_norm", s->d_grad_norm, 1},
        {"g_grad_norm", s->g_grad_norm, 1},
        {"penalty", s->penalty, 0},
        {"penalty_norm", s->penalty_norm, 0},
        {"d_class_loss", s->d_class_loss, 0},
        {"g_class_loss", s->g_class_loss, 0},
        {"d_real_class_accuracy", s->d_real_class_accuracy, 0},
        {"d_fake_class_accuracy", s->d_fake_class_accuracy, 0},
        {"augment_probability", s->augment_probability < 1 ? s->augment_probability : 0, 0},
        {"augment_sign", s->augment_sign, 0},
        {"second_penalty", s->second_penalty, 0},
        {"second_penalty_norm", s->second_penalty_norm, 0},
        {"lecam", s->lecam, 0},
        {"consistency", s->consistency, 0},
    };
    gan_status status = GAN_OK;

    for (size_t i = 0; status == GAN_OK && i < sizeof figures / sizeof *figures; i++)
        if (figures[i].always || figures[i].value != 0)
            status = add_value(log, figures[i].name, figures[i].value);
    return status;
}

/* A host built with another release may have more figures or fewer. */
static gan_status take_stats(gan_log *log, const gan_train_stats *stats)
{
    gan_train_stats s = {GAN_TRAIN_STATS_INIT};

    memcpy(&s, stats, stats->struct_size < sizeof s ? stats->struct_size : sizeof s);
    return add_stats(log, &s);
}

gan_status gan_log_step(gan_log *log, const gan_train_stats *stats)
{
    gan_status status = check_writable(log);

    if (status == GAN_OK) status = gan__record_check(stats, "gan_train_stats");
    if (status != GAN_OK) return status;
    if (stats) status = take_stats(log, stats);
    log->steps++;
    log->interval_steps++;
    log->epoch_steps++;
    if (log->interval_steps < log->interval || status != GAN_OK) return status;
    status = record_steps(log, log->epochs + 1);
    return status == GAN_OK ? flush_both(log, 0) : status;
}

gan_status gan_log_epoch(gan_log *log, uint64_t epoch)
{
    gan_status status = check_writable(log), written;

    if (status != GAN_OK) return status;
    if (epoch <= log->epochs)
        return gan__fail(GAN_ERR_INVALID, "log: epoch %llu ends after epoch %llu",
                         (unsigned long long)epoch, (unsigned long long)log->epochs);
    if (log->interval_steps > 0) status = record_steps(log, epoch);
    const gan__log_row row = make_row(log, epoch, log->epoch_steps);

    if (add_row(log, &log->of_epochs, &row) != GAN_OK || put_row(log, &log->of_epochs) != GAN_OK)
        status = GAN_ERR_NOMEM;
    log->epoch_steps = 0;
    log->epochs = epoch;
    written = flush_both(log, 1);
    if (status == GAN_OK) status = written;
    if (status == GAN_OK && log->csv) status = gan__log_write_csv(log);
    return status;
}

gan_status gan_log_save(gan_log *log)
{
    gan_status status = check_writable(log);

    if (status != GAN_OK) return status;
    const size_t used = log->json.pending.used;
    const double before = log->seconds_before;

    log->seconds_before = trained_for(log);
    gan__log_put_sums(log);
    log->seconds_before = before;
    status = take_back(&log->json.pending, used);
    return status == GAN_OK ? flush_both(log, 1) : status;
}

/* Replace bytes that are not valid UTF-8, each by itself. */
static void make_utf8(char *text)
{
    while (*text) {
        size_t n = 1;
        char character[5] = {text[0], 0, 0, 0, 0};

        while (n < 4 && !gan__json_is_utf8(character) && text[n]) {
            character[n] = text[n];
            n++;
        }
        if (!gan__json_is_utf8(character)) *text = '?', n = 1;
        text += n;
    }
}

gan_status gan_log_note(gan_log *log, const char *name, const char *text)
{
    gan_status status = check_writable(log);
    char *copy = NULL;
    const char *old;

    if (status == GAN_OK) status = check_name(name);
    if (status != GAN_OK) return status;
    if (!text) return gan__fail(GAN_ERR_INVALID, "log: the text of \"%s\" is NULL", name);
    status = gan__log_copy(log, &copy, text);
    if (status != GAN_OK) return status;
    make_utf8(copy);
    old = gan_log_text(log, name);
    if (!old || strcmp(old, copy) != 0) {
        const size_t used = log->json.pending.used;

        gan__log_put_note(log, name, copy);
        status = take_back(&log->json.pending, used);
        if (status == GAN_OK) status = gan__log_remember(log, name, copy);
        if (status != GAN_OK) log->json.pending.used = used;
        if (status == GAN_OK) status = flush_both(log, 0);
    }
    gan__free(&log->allocator, copy);
    return status;
}

uint64_t gan_log_step_count(const gan_log *log)
{
    return log ? log->steps : 0;
}

uint64_t gan_log_epoch_count(const gan_log *log)
{
    return log ? log->epochs : 0;
}

double gan_log_number(const gan_log *log, const char *name)
{
    const gan__log_rows *rows = log ? &log->of_epochs : NULL;

    for (size_t i = rows && name ? rows->rows.n : 0; i-- > 0;) {
        const gan__log_row *row = gan__log_row_at(rows, i);
        const gan__log_cell *cells = gan__log_cells(rows, row);

        for (size_t k = 0; k < row->n; k++)
            if (strcmp(gan__log_names(log)[cells[k].name].text, name) == 0) return cells[k].value;
    }
    return (double)NAN;
}

const char *gan_log_text(const gan_log *log, const char *name)
{
    const gan__log_note *note = log && name ? gan__log_find_note(log, name) : NULL;

    return note ? note->text : NULL;
}

GAN__DEFINE_INIT(gan_log_desc_init, gan_log_desc, GAN_LOG_DESC_INIT)
