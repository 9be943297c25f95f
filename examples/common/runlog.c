/* runlog.c - see runlog.h. */
#include "runlog.h"

#include "cli.h"
#include "fashion.h"
#include "files.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The size of a frame, small enough for two dozen on a page; frames that are read again on
 * resuming. */
enum { FRAME_BYTES = 48000, MOST_FRAMES_READ = 200 };

/* ---- The frames of the page ---- */

gan_image *runlog_crop(const runlog *r, gan_image *picture, size_t columns, size_t rows)
{
    size_t width = columns * (r->tile_width + r->padding) + r->padding;
    size_t height = rows * (r->tile_height + r->padding) + r->padding;
    size_t channels = gan_image_channels(picture), from_width = gan_image_width(picture);
    gan_image *out;
    if (width > from_width) width = from_width;
    if (height > gan_image_height(picture)) height = gan_image_height(picture);
    if (!cli_ok(gan_image_create(&out, width, height, channels, NULL))) return NULL;
    for (size_t y = 0; y < height; y++)
        memcpy(gan_image_pixels(out) + y * width * channels,
               gan_image_pixels(picture) + y * from_width * channels, width * channels);
    return out;
}

static size_t clamp(size_t value, size_t most)
{
    return value < 1 ? 1 : value < most ? value : most;
}

/* A frame has some columns of classes, else some rows. */
static void lay_out(runlog *r, const runlog_layout *layout)
{
    size_t numbers = gan_shape_size(layout->shape), rank = layout->shape.rank;
    r->padding = layout->padding;
    r->tile_width = layout->shape.dim[rank - 1];
    r->tile_height = layout->shape.dim[rank - 2];
    r->columns = layout->columns;
    r->rows = layout->rows;
    if (layout->by_class)
        r->columns = clamp(FRAME_BYTES / (numbers * layout->rows), layout->columns);
    else
        r->rows = clamp(FRAME_BYTES / (numbers * layout->columns), layout->rows);
}

static int add_frame(runlog *r, size_t epoch, gan_image *picture)
{
    gan_image *frame = runlog_crop(r, picture, r->columns, r->rows);
    int good = frame && cli_ok(gan_report_add_frame(r->report, epoch, frame));
    gan_image_destroy(frame);
    return good;
}

/* Read the pictures of a run that continues; those that are missing or of another size are
 * skipped. */
static int read_frames(runlog *r, size_t epochs)
{
    size_t every = epochs / MOST_FRAMES_READ + 1;
    for (size_t epoch = 1; epoch <= epochs; epoch += every) {
        char name[64], path[PATH_MAX];
        gan_image *picture;
        snprintf(name, sizeof name, "fake_images-%03zu.png", epoch);
        if (!rundir_file(r->dir, path, name)) return 0;
        if (gan_image_read(&picture, path, NULL) != GAN_OK) continue;
        gan_image *frame = runlog_crop(r, picture, r->columns, r->rows);
        gan_image_destroy(picture);
        if (!frame) return 0;
        gan_status status = gan_report_add_frame(r->report, epoch, frame);
        gan_image_destroy(frame);
        if (status != GAN_ERR_SHAPE && !cli_ok(status)) return 0;
    }
    return 1;
}

/* ---- Opening ---- */

/* Rename a log that can't be continued. */
static int set_aside(const char *path)
{
    char aside[PATH_MAX + 16];
    cli_say("%s", gan_last_error());
    snprintf(aside, sizeof aside, "%s.unread", path);
    if (rename(path, aside) != 0) return 0;
    cli_say("%s: a new one is begun; it is %s now", path, aside);
    return 1;
}

static int open_log(runlog *r, size_t steps, int events)
{
    char path[PATH_MAX], csv[PATH_MAX], events_path[PATH_MAX];
    gan_log_desc desc = {GAN_LOG_DESC_INIT, .steps = steps, .csv = csv};
    if (!rundir_file(r->dir, path, RUNLOG_JSON) || !rundir_file(r->dir, csv, RUNLOG_CSV) ||
        !rundir_file(r->dir, events_path, RUNLOG_EVENTS))
        return 0;
    if (events) desc.events = events_path;
    gan_status status = gan_log_create(&r->log, path, &desc);
    if (status == GAN_ERR_FORMAT && set_aside(path)) status = gan_log_create(&r->log, path, &desc);
    return cli_ok(status);
}

int runlog_open(runlog *r, const rundir *dir, const runlog_layout *layout, size_t steps,
                size_t epochs, int events)
{
    *r = (runlog){.dir = dir};
    lay_out(r, layout);
    return open_log(r, steps, events) && cli_ok(gan_report_create(&r->report, NULL)) &&
           read_frames(r, epochs);
}

void runlog_close(runlog *r)
{
    gan_report_destroy(r->report);
    gan_log_destroy(r->log);
    r->report = NULL;
    r->log = NULL;
}

/* ---- Writing ---- */

/* The command that repeats the run: its program, and each setting as an option. */
typedef struct command {
    char *text;
    size_t used, capacity;
} command;

static int add_word(command *c, const char *before, const char *word)
{
    size_t needed = strlen(before) + 4 * strlen(word) + 3; /* ' becomes '\'' */
    if (c->used + needed + 1 > c->capacity) {
        char *more = realloc(c->text, c->capacity = 2 * (c->used + needed) + 64);
        if (!cli_have(more)) return 0;
        c->text = more;
    }
    int plain = *word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789-_./+:,@%=") == strlen(word);
    char *to = c->text + c->used;
    to += sprintf(to, "%s%s", before, plain ? "" : "'");
    for (; *word; word++) to += *word == '\'' ? sprintf(to, "'\\''") : sprintf(to, "%c", *word);
    to += sprintf(to, "%s", plain ? "" : "'");
    c->used = (size_t)(to - c->text);
    return 1;
}

/* Switches are "yes" or "no" in settings, and some settings are no options. */
static int add_option(command *c, const char *name, const char *value)
{
    if (strcmp(name, "program") == 0) return add_word(c, "", value);
    if (strcmp(name, "fingerprint") == 0 || strcmp(name, FASHION_STAND_IN) == 0 ||
        strcmp(value, "no") == 0 || !*value)
        return 1;
    return add_word(c, " --", name) && (strcmp(value, "yes") == 0 || add_word(c, " ", value));
}

static int note_line(runlog *r, command *c, char *line)
{
    char *value = strstr(line, " = "), name[GAN_LOG_NAME_BYTES];
    if (*line == '#' || !value) return 1;
    *value = '\0';
    value += 3;
    if ((size_t)snprintf(name, sizeof name, "settings.%s", line) >= sizeof name) return 1;
    return cli_ok(gan_log_note(r->log, name, value)) && add_option(c, line, value);
}

int runlog_note_settings(runlog *r, const char *settings)
{
    char *copy = malloc(strlen(settings) + 1), title[2 * PATH_MAX];
    command c = {0};
    int good = cli_have(copy);
    if (good) strcpy(copy, settings);
    for (char *line = copy, *end; good && line && *line; line = end) {
        end = strchr(line, '\n');
        if (end) *end++ = '\0';
        good = note_line(r, &c, line);
    }
    good = good && (!c.text || cli_ok(gan_log_note(r->log, "command", c.text)));
    snprintf(title, sizeof title, "%s: %s", gan_log_text(r->log, "settings.program"), r->dir->path);
    good = good && cli_ok(gan_log_note(r->log, "title", title));
    free(c.text);
    free(copy);
    return good;
}

int runlog_step(runlog *r, const gan_train_stats *stats, double g_lr, double d_lr)
{
    return cli_ok(gan_log_value(r->log, "g_lr", g_lr)) &&
           cli_ok(gan_log_value(r->log, "d_lr", d_lr)) && cli_ok(gan_log_step(r->log, stats));
}

int runlog_epoch(runlog *r, size_t epoch, gan_image *picture)
{
    return cli_ok(gan_log_epoch(r->log, epoch)) && add_frame(r, epoch, picture);
}

int runlog_pause(runlog *r)
{
    return cli_ok(gan_log_save(r->log));
}

int runlog_page(runlog *r, int last)
{
    char path[PATH_MAX];
    if (!r->report || (!last && progress_seconds() - r->paged < 1)) return 1;
    if (!rundir_file(r->dir, path, RUNLOG_PAGE)) return 0;
    int good = cli_ok(gan_report_write(r->report, r->log, path));
    r->paged = progress_seconds();
    return good;
}
