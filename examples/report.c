/* report.c - shows the logs of runs: one as a page, several in one page and in one table. */
#include "common/cli.h"
#include "common/files.h"
#include "common/progress.h"
#include "common/runlog.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 64 };

typedef struct options {
    const char *out;
    int overwrite, compare;
} options;

/* A run, read from its directory. */
typedef struct run_found {
    gan_log *log;
    gan_image *picture; /* of its latest epoch; NULL: none */
} run_found;

static int open_run(run_found *run, const char *directory)
{
    char path[PATH_MAX], name[64];
    if (!files_join(path, sizeof path, directory, RUNLOG_JSON) ||
        !cli_ok(gan_log_open(&run->log, path, NULL)))
        return 0;
    snprintf(name, sizeof name, "fake_images-%03zu.png", (size_t)gan_log_epoch_count(run->log));
    if (!files_join(path, sizeof path, directory, name)) return 0;
    if (files_exists(path) && !cli_ok(gan_image_read(&run->picture, path, NULL))) return 0;
    return 1;
}

/* ---- The table ---- */

static const char *const shown[] = {"d_loss",    "g_loss",       "d_real",         "d_fake",
                                    "frechet",   "kid",          "precision",      "recall",
                                    "density",   "coverage",     "nn_ratio",       "duplicates",
                                    "agreement", "bins_missing", "classes_missing"};
static const char *const settings[] = {"program", "seed", "loss",   "penalty", "penalty-weight",
                                       "lr",      "d-lr", "batch",  "network", "hidden",
                                       "depth",   "base", "latent", "ema",     "limit"};
enum { SETTINGS = sizeof settings / sizeof *settings };
enum { SHOWN = sizeof shown / sizeof *shown, TITLE_WIDTH = 47, RUN_WIDTH = 14 };

static int is_known(const run_found *runs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!isnan(gan_log_number(runs[i].log, name))) return 1;
    return 0;
}

/* Continuation bytes of UTF-8. */
static int extra_bytes(const char *text)
{
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) == 0x80;
    return n;
}

/* The cell of a run in a row of the table. */
typedef struct cell {
    char text[RUN_WIDTH];
} cell;

static void print_line(const char *title, const cell *cells, size_t n)
{
    char line[GAN_REPORT_TITLE_BYTES + MOST_RUNS * (RUN_WIDTH + 1)];
    int used = snprintf(line, sizeof line, "%-*s", TITLE_WIDTH + extra_bytes(title), title);
    for (size_t i = 0; i < n; i++)
        used +=
            snprintf(line + used, sizeof line - (size_t)used, " %*s", RUN_WIDTH - 1, cells[i].text);
    cli_print("%s", line);
}

/* The end of a run's name is the most informative part. */
static cell name_cell(const char *name)
{
    cell out;
    size_t length = strlen(name), room = sizeof out.text - 1;
    snprintf(out.text, sizeof out.text, "%s", name + (length > room ? length - room : 0));
    return out;
}

static cell number_cell(double number)
{
    cell out = {"-"};
    if (!isnan(number)) snprintf(out.text, sizeof out.text, "%.4g", number);
    return out;
}

static cell text_cell(const char *text)
{
    cell out = {"-"};
    if (text) snprintf(out.text, sizeof out.text, "%s", text);
    return out;
}

/* A row of the notes of this name, where a run has one; of settings, where runs differ in it. */
static void print_notes(const run_found *runs, size_t n, const char *note, const char *title,
                        int if_different)
{
    cell cells[MOST_RUNS];
    int known = 0, different = 0;
    for (size_t i = 0; i < n; i++) {
        cells[i] = text_cell(gan_log_text(runs[i].log, note));
        known |= strcmp(cells[i].text, "-") != 0;
        different |= strcmp(cells[i].text, cells[0].text) != 0;
    }
    if (known && (different || !if_different)) print_line(title, cells, n);
}

/* The same numbers with the same titles as on the page, a column for each run. */
static void print_columns(const run_found *runs, const gan_report_run *names, size_t n)
{
    cell cells[MOST_RUNS];
    for (size_t i = 0; i < n; i++) cells[i] = name_cell(names[i].name);
    print_line("run", cells, n);
    for (size_t i = 0; i < n; i++) cells[i] = number_cell((double)gan_log_epoch_count(runs[i].log));
    print_line("epochs", cells, n);
    print_notes(runs, n, "verdict", "verdict", 0);
    for (size_t k = 0; k < SETTINGS; k++) {
        char note[64];
        snprintf(note, sizeof note, "settings.%s", settings[k]);
        print_notes(runs, n, note, settings[k], 1);
    }
    for (size_t k = 0; k < SHOWN; k++) {
        char title[GAN_REPORT_TITLE_BYTES];
        if (!is_known(runs, n, shown[k])) continue;
        gan_report_title(shown[k], title);
        for (size_t i = 0; i < n; i++)
            cells[i] = number_cell(gan_log_number(runs[i].log, shown[k]));
        print_line(title, cells, n);
    }
}

/* Where a terminal is too narrow for all runs, some of them at a time. */
static void print_table(const run_found *runs, const gan_report_run *names, size_t n)
{
    size_t columns = progress_columns(), at_once = n;
    if (columns < TITLE_WIDTH + n * RUN_WIDTH)
        at_once = columns > TITLE_WIDTH + RUN_WIDTH ? (columns - TITLE_WIDTH) / RUN_WIDTH : 1;
    for (size_t first = 0; first < n; first += at_once) {
        if (first > 0) putchar('\n');
        print_columns(runs + first, names + first, n - first < at_once ? n - first : at_once);
    }
}

/* ---- Pages ---- */

static int write_one(const char *directory, const run_found *run, const char *out)
{
    gan_report *report = NULL;
    int good = cli_ok(gan_report_create(&report, NULL));
    if (good && run->picture)
        good = cli_ok(gan_report_set_picture(report, "Latest samples", directory, run->picture));
    good = good && cli_ok(gan_report_write(report, run->log, out));
    gan_report_destroy(report);
    return good;
}

static int show(char **directories, size_t n, const options *o)
{
    run_found runs[MOST_RUNS] = {{0}};
    gan_report_run pages[MOST_RUNS] = {{0}};
    int good = 1;
    for (size_t i = 0; good && i < n; i++) {
        good = open_run(&runs[i], directories[i]);
        pages[i] = (gan_report_run){directories[i], runs[i].log, runs[i].picture};
    }
    if (good) print_table(runs, pages, n);
    good = good && (n == 1 ? write_one(directories[0], &runs[0], o->out)
                           : cli_ok(gan_report_compare(pages, n, o->out, NULL)));
    if (good) cli_print("Look at %s", o->out);
    for (size_t i = 0; i < n; i++) {
        gan_log_destroy(runs[i].log);
        gan_image_destroy(runs[i].picture);
    }
    return good;
}

/* Directories follow --compare or are given alone: cli_parse() handles only options. */
static size_t take_directories(int *argc, char **argv, char **directories)
{
    size_t n = 0;
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        int is_value = i > 1 && strcmp(argv[i - 1], "--out") == 0;
        if (argv[i][0] == '-' || is_value)
            argv[kept++] = argv[i];
        else if (n < MOST_RUNS)
            directories[n++] = argv[i];
        else
            return MOST_RUNS + 1;
    }
    *argc = kept;
    return n;
}

int main(int argc, char **argv)
{
    options o = {.out = "report.html"};
    cli_option table[] = {
        {.name = "compare",
         .on = &o.compare,
         .help = "several runs in one page; implied by more than one directory"},
        {"out", "FILE", .text = &o.out, .help = "the page to be written"},
        {.name = "overwrite", .on = &o.overwrite, .help = "replace it"},
        {0}};
    const cli_program program = {
        "report",
        "Shows what training programs have logged: the latest numbers of each run as a\n"
        "table, and an HTML page with curves and samples.\n"
        "\n"
        "  report RUN                       one run\n"
        "  report --compare RUN RUN ...     several runs, 2 to 64, in one page\n"
        "\n"
        "Each RUN is the directory that a program was given as --out.\n",
        "report --compare seed-1 seed-2 seed-3 --out seeds.html\n", table};
    char *directories[MOST_RUNS];
    size_t n = take_directories(&argc, argv, directories);
    cli_parse(&program, argc, argv);
    if (n == 0) cli_usage_error("the directory of a run expected, such as out");
    if (n > MOST_RUNS) cli_usage_error("at most %d runs expected", MOST_RUNS);
    if (o.compare && n < 2) cli_usage_error("--compare: two runs or more expected, got %zu", n);
    if (!files_may_write(o.out, o.overwrite)) return cli_end(CLI_EXIT_FAILURE);
    return cli_end(show(directories, n, &o) ? CLI_EXIT_OK : CLI_EXIT_FAILURE);
}
