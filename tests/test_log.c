/* test_log.c - logs of runs: their lines and CSV, written, continued and read; damaged files. */
#include "expect.h"
#include "game.h"
#include "logs.h"
#include "report/log_internal.h"
#include "texts.h"

#include <gan/gan.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The variable with the path of the process that logs until it is killed. */
static const char ORDERS[] = "GAN_TEST_LOG";

TEST(a_line_for_each_interval_and_epoch)
{
    gan_log_desc desc = every(2);
    gan_log *log;
    char *text;

    desc.csv = scratch_path("log.csv");
    log = log_at("log.jsonl", &desc);
    for (int i = 0; i < 3; i++) {
        expect_ok(gan_log_value(log, "loss", i + 0.5));
        expect_ok(gan_log_step(log, NULL));
    }
    expect_ok(gan_log_metric(log, "frechet", 0.1));
    expect_ok(gan_log_note(log, "settings.lr", "0.1"));
    expect_ok(gan_log_epoch(log, 1));
    ck_assert_uint_eq(gan_log_step_count(log), 3);
    ck_assert_uint_eq(gan_log_epoch_count(log), 1);
    ck_assert(gan_log_number(log, "frechet") == 0.1 && gan_log_number(log, "loss") == 1.5);
    ck_assert(isnan(gan_log_number(log, "none")) && isnan(gan_log_number(NULL, "loss")));
    ck_assert_str_eq(gan_log_text(log, "settings.lr"), "0.1");
    ck_assert_ptr_null(gan_log_text(log, "none"));
    gan_log_destroy(log);

    text = timeless(scratch_path("log.jsonl"));
    ck_assert_int_eq(strncmp(text, "{\"record\":\"run\",\"format\":1,\"libgan\":\"", 37), 0);
    ck_assert_ptr_nonnull(strstr(text, gan_version_string()));
    ck_assert_str_eq(
        strchr(text, '\n') + 1,
        "{\"record\":\"steps\",\"epoch\":1,\"step\":2,\"steps\":2,\"seconds\":0,\"time\":0,"
        "\"loss\":1}\n"
        "{\"record\":\"note\",\"epoch\":0,\"step\":3,\"name\":\"settings.lr\",\"text\":\"0.1\"}\n"
        "{\"record\":\"steps\",\"epoch\":1,\"step\":3,\"steps\":1,\"seconds\":0,\"time\":0,"
        "\"loss\":2.5}\n"
        "{\"record\":\"epoch\",\"epoch\":1,\"step\":3,\"steps\":3,\"seconds\":0,\"time\":0,"
        "\"loss\":1.5,\"frechet\":0.1}\n");
    free(text);
    ck_assert_ptr_nonnull(
        strstr(text_of(scratch_path("log.csv")), "epoch,step,steps,seconds,loss,frechet\n1,3,3,"));
    ck_assert_ptr_nonnull(strstr(text_of(scratch_path("log.csv")), ",1.5,0.1\n"));
}

TEST(what_is_not_finite_is_a_string_in_json_and_a_word_in_csv)
{
    gan_log_desc desc = every(1);
    gan_log *log;

    desc.csv = scratch_path("log.csv");
    log = log_at("log.jsonl", &desc);
    expect_ok(gan_log_value(log, "a", (double)NAN));
    expect_ok(gan_log_value(log, "b", (double)INFINITY));
    expect_ok(gan_log_value(log, "c", -(double)INFINITY));
    expect_ok(gan_log_step(log, NULL));
    expect_ok(gan_log_epoch(log, 1));
    gan_log_destroy(log);
    ck_assert_ptr_nonnull(strstr(text_of(scratch_path("log.jsonl")),
                                 "\"a\":\"NaN\",\"b\":\"Infinity\",\"c\":\"-Infinity\"}"));
    ck_assert_ptr_nonnull(strstr(text_of(scratch_path("log.csv")), ",nan,inf,-inf\n"));
    expect_ok(gan_log_open(&log, scratch_path("log.jsonl"), NULL));
    ck_assert(isnan(gan_log_number(log, "a")) && gan_log_number(log, "b") > 1e308 &&
              gan_log_number(log, "c") < -1e308);
    gan_log_destroy(log);
}

TEST(hostile_names_and_texts_are_quoted)
{
    static const char name[] = "a\"b,\n</script>\\";
    gan_log_desc desc = every(1);
    gan_log *log, *again;

    desc.csv = scratch_path("log.csv");
    log = log_at("log.jsonl", &desc);
    expect_ok(gan_log_value(log, name, 2.5));
    expect_ok(gan_log_step(log, NULL));
    expect_ok(gan_log_note(log, name, "line\none \x1b[31m \"two\" \xff\xc3 \xe2\x82\xac"));
    expect_ok(gan_log_epoch(log, 1));
    gan_log_destroy(log);
    ck_assert_ptr_nonnull(strstr(text_of(scratch_path("log.csv")), ",\"a\"\"b,\n</script>\\\"\n1"));
    expect_ok(gan_log_open(&again, scratch_path("log.jsonl"), NULL));
    ck_assert(gan_log_number(again, name) == 2.5);
    ck_assert_str_eq(gan_log_text(again, name), "line\none \x1b[31m \"two\" ?? \xe2\x82\xac");
    gan_log_destroy(again);
}

TEST(the_latest_text_of_a_note_counts_and_is_written_once)
{
    gan_log *log = log_at("log.jsonl", NULL);
    const char *text;

    for (int i = 0; i < 3; i++) expect_ok(gan_log_note(log, "verdict", "HEALTHY"));
    text = text_of(scratch_path("log.jsonl"));
    ck_assert_ptr_nonnull(strstr(text, "HEALTHY"));
    ck_assert_ptr_null(strstr(strstr(text, "HEALTHY") + 1, "HEALTHY"));
    expect_ok(gan_log_note(log, "verdict", "COLLAPSED"));
    ck_assert_str_eq(gan_log_text(log, "verdict"), "COLLAPSED");
    gan_log_destroy(log);
}

/* Drop the records of gan_log_save(), which an uninterrupted run doesn't have. */
static void drop_saved(char *text)
{
    for (char *line = text; line && *line;) {
        char *next = strchr(line, '\n') + 1;

        if (strncmp(line, "{\"record\":\"saved\"", 17) == 0)
            memmove(line, next, strlen(next) + 1);
        else
            line = next;
    }
}

/* At the end of an epoch, in its middle, in the middle of an interval. */
TEST_EACH(a_continued_log_is_that_of_a_run_without_an_interruption, 0, 12)
{
    gan_log_desc desc = every(3);
    const uint64_t at = 2 + (uint64_t)_i;
    gan_log *log;
    char *whole, *parts;

    desc.csv = scratch_path("whole.csv");
    log = log_at("whole.jsonl", &desc);
    expect_ok(gan_log_note(log, "settings.lr", "0.1"));
    log_steps(log, 0, 20);
    gan_log_destroy(log);
    desc.csv = scratch_path("parts.csv");
    log_interrupted("parts.jsonl", desc, at, at + (uint64_t)_i % 5, 20);

    whole = timeless(scratch_path("whole.jsonl"));
    parts = timeless(scratch_path("parts.jsonl"));
    drop_saved(parts);
    ck_assert_str_eq(parts, whole);
    free(whole);
    free(parts);
}

TEST(a_checkpoint_without_saved_sums_has_means_over_the_steps_since)
{
    gan_log_desc desc = every(100);
    gan_log *log = log_at("log.jsonl", &desc);

    log_steps(log, 0, 8);
    gan_log_destroy(log);
    desc.steps = 7;
    log = log_at("log.jsonl", &desc);
    log_steps(log, 7, 10);
    ck_assert_uint_eq(gan_log_epoch_count(log), 2);
    expect_near(gan_log_number(log, "d_loss"), (log_number(7) + log_number(8) + log_number(9)) / 3,
                1e-11, 0);
    gan_log_destroy(log);
    ck_assert_ptr_nonnull(strstr(text_of(scratch_path("log.jsonl")),
                                 "{\"record\":\"epoch\",\"epoch\":2,\"step\":10,\"steps\":3,"));
}

TEST(a_missing_log_is_begun_when_a_run_continues)
{
    gan_log_desc desc = every(1);
    gan_log *log;

    desc.steps = 30;
    log = log_at("log.jsonl", &desc);
    expect_ok(gan_log_epoch(log, 7));
    ck_assert_uint_eq(gan_log_step_count(log), 30);
    gan_log_destroy(log);
}

/* ---- Files ---- */

TEST(half_a_line_at_the_end_is_no_line)
{
    gan_log_desc desc = every(1);
    gan_log *log = log_at("log.jsonl", &desc);
    const char *path = scratch_path("log.jsonl");
    const char *text;

    log_steps(log, 0, 5);
    gan_log_destroy(log);
    text = text_of(path);
    for (size_t cut = 1; cut < 60; cut++) {
        scratch_write(path, text, strlen(text) - cut); /* the last record is one of an epoch */
        expect_ok(gan_log_open(&log, path, NULL));
        ck_assert_uint_eq(gan_log_epoch_count(log), 0);
        ck_assert_uint_eq(gan_log_step_count(log), 5);
        gan_log_destroy(log);
    }
    desc.steps = 5;
    log = log_at("log.jsonl", &desc);
    log_steps(log, 5, 10);
    gan_log_destroy(log);
    expect_ok(gan_log_open(&log, path, NULL));
    ck_assert_uint_eq(gan_log_step_count(log), 10);
    gan_log_destroy(log);
}

static const char RUN[] = "{\"record\":\"run\",\"format\":1}\n";

TEST(damaged_logs_are_refused_by_their_line_and_left_alone)
{
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"no json\n", "line 2: byte 0"},
        {"{\"record\":\"other\"}\n", "it is not a log record"},
        {"{\"record\":7}\n", "it is not a log record"},
        {"[]\n", "it is not a log record"},
        {"{\"record\":\"steps\",\"epoch\":1}\n", "it lacks its epoch or its step"},
        {"{\"record\":\"steps\",\"epoch\":1,\"step\":2}\n", "it lacks steps, seconds or time"},
        {"{\"record\":\"steps\",\"epoch\":1,\"step\":2,\"steps\":2,\"seconds\":1,\"time\":1,"
         "\"x\":\"7\"}\n",
         "\"x\" is not a number"},
        {"{\"record\":\"steps\",\"epoch\":1,\"step\":2,\"steps\":2,\"seconds\":1,\"time\":1,"
         "\"a-name-of-64-bytes-is-one-byte-longer-than-any-that-is-written-00\":1}\n",
         "empty or too long"},
        {"{\"record\":\"epoch\",\"epoch\":0,\"step\":2,\"steps\":2,\"seconds\":1,\"time\":1}\n",
         "it is of epoch 0, after epoch 0"},
        {"{\"record\":\"note\",\"epoch\":0,\"step\":5,\"name\":\"a\",\"text\":\"b\"}\n"
         "{\"record\":\"note\",\"epoch\":0,\"step\":4,\"name\":\"a\",\"text\":\"b\"}\n",
         "line 3: it is of step 4, after step 5"},
        {"{\"record\":\"note\",\"epoch\":0,\"step\":5,\"name\":\"a\"}\n", "a name or a text"},
        {"{\"record\":\"saved\",\"epoch\":0,\"step\":5}\n", "a part of what was saved"},
        {"{\"record\":\"saved\",\"epoch\":0,\"step\":5,\"interval_steps\":1,\"epoch_steps\":1,"
         "\"seconds\":1,\"interval_sums\":{\"x\":7},\"epoch_sums\":{}}\n",
         "a sum and a count expected"},
    };
    const char *path = scratch_path("log.jsonl");
    gan_log_desc desc = every(1);
    char text[1024];
    gan_log *log;

    desc.steps = 100;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s%s", RUN, cases[i].line);
        scratch_write(path, text, strlen(text));
        expect_fails(gan_log_open(&log, path, NULL), GAN_ERR_FORMAT, cases[i].says);
        expect_fails(gan_log_create(&log, path, &desc), GAN_ERR_FORMAT, cases[i].says);
        ck_assert_ptr_null(log);
        ck_assert_str_eq(text_of(path), text);
    }
}

TEST(what_is_no_log_is_refused)
{
    const char *path = scratch_path("log.jsonl");
    gan_log *log;

    scratch_write(path, "epoch,loss\n1,2\n", 15);
    expect_fails(gan_log_open(&log, path, NULL), GAN_ERR_FORMAT, "line 1");
    scratch_write(path, "{\"a\":1}\n", 8);
    expect_fails(gan_log_open(&log, path, NULL), GAN_ERR_FORMAT, "begins with a record \"run\"");
    scratch_write(path, "{\"record\":\"run\",\"format\":2}\n", 28);
    expect_fails(gan_log_open(&log, path, NULL), GAN_ERR_FORMAT, "format 2, this release reads");
    scratch_write(path, "{\"record\":\"run\"}\n", 17);
    expect_fails(gan_log_open(&log, path, NULL), GAN_ERR_FORMAT, "it lacks its format");
    expect_fails(gan_log_open(&log, scratch_path("none"), NULL), GAN_ERR_IO, "none");
    expect_fails(gan_log_create(&log, scratch_path("no/directory"), NULL), GAN_ERR_IO, "no");
    expect_fails(gan_log_create(&log, scratch_directory(), NULL), GAN_ERR_IO, "directory");
}

TEST(links_stay_and_what_they_lead_to_is_written)
{
    gan_log_desc desc = every(1);
    gan_log *log;

    ck_assert_int_eq(symlink("target.jsonl", scratch_path("link.jsonl")), 0);
    log = log_at("link.jsonl", &desc);
    log_steps(log, 0, 5);
    gan_log_destroy(log);
    expect_ok(gan_log_open(&log, scratch_path("target.jsonl"), NULL));
    ck_assert_uint_eq(gan_log_step_count(log), 5);
    gan_log_destroy(log);
}

/* Files may have at most `most` bytes, as on a full disk.  No partial record is ever left. */
static void limit_files(size_t most)
{
    const struct rlimit limit = {most, RLIM_INFINITY};

    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST(a_full_disk_loses_no_line_and_leaves_no_half)
{
    const char *path = scratch_path("log.jsonl");
    gan_log_desc desc = every(1);
    gan_log *log = log_at("log.jsonl", &desc), *read;
    size_t n;

    signal(SIGXFSZ, SIG_IGN);
    log_steps(log, 0, 3);
    n = strlen(text_of(path));
    limit_files(n + 50);
    for (int i = 0; i < 2; i++) {
        expect_ok(gan_log_value(log, "d_loss", 1));
        expect_fails(gan_log_step(log, NULL), GAN_ERR_IO, "log.jsonl: cannot be written");
        ck_assert_uint_eq(strlen(text_of(path)), n);
    }
    limit_files(RLIM_INFINITY);
    expect_ok(gan_log_epoch(log, 1));
    gan_log_destroy(log);
    expect_ok(gan_log_open(&read, path, NULL));
    ck_assert_uint_eq(gan_log_step_count(read), 5);
    ck_assert_uint_eq(read->of_steps.rows.n, 5);
    gan_log_destroy(read);
}

TEST_OF_PROCESS(the_process_that_logs, ORDERS)
{
    gan_log_desc desc = every(1);
    gan_log *log;

    expect_ok(gan_log_create(&log, getenv(ORDERS), &desc));
    for (uint64_t i = 0;; i += 5) log_steps(log, i, i + 5);
}

/* A write() to a file ends at once for SIGKILL, but only between two pages: a line that crosses a page boundary may be
 * cut there, and is skipped when the log is read. */
TEST(a_process_that_is_killed_leaves_whole_lines)
{
    const char *path = scratch_path("log.jsonl");
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    for (int i = 0; i < 10; i++) {
        const pid_t child = fork();
        gan_log *log;
        const char *text;

        ck_assert_int_ge(child, 0);
        if (child == 0) {
            setenv(ORDERS, path, 1);
            setenv("CK_FORK", "no", 1);
            execl(program_path, program_path, (char *)NULL);
            _exit(127);
        }
        do nanosleep(&(struct timespec){0, 10000000 + 3000000 * i}, NULL);
        while (access(path, F_OK) != 0);
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        text = text_of(path);
        ck_assert_msg(text[strlen(text) - 1] == '\n' || strlen(text) % page == 0,
                      "a line is cut off after %zu bytes", strlen(text));
        expect_ok(gan_log_open(&log, path, NULL));
        gan_log_destroy(log);
        unlink(path);
    }
}

TEST(few_records_of_steps_stay_in_memory_and_all_in_the_file)
{
    gan_log_desc desc = every(1);
    gan_log *log = log_at("log.jsonl", &desc);
    const gan__log_row *last;

    for (int i = 0; i < 5000; i++) {
        expect_ok(gan_log_value(log, "x", i));
        expect_ok(gan_log_step(log, NULL));
    }
    ck_assert_uint_le(log->of_steps.rows.n, 4096);
    ck_assert_uint_ge(log->of_steps.rows.n, 2048);
    ck_assert_uint_eq(log->of_steps.cells.n, log->of_steps.rows.n);
    last = gan__log_row_at(&log->of_steps, log->of_steps.rows.n - 1);
    ck_assert_uint_eq(last->step, 5000);
    ck_assert(gan__log_cells(&log->of_steps, last)->value == 4999);
    gan_log_destroy(log);
}

/* ---- Training ---- */

TEST(training_has_the_same_bits_with_a_log)
{
    gan_log_desc desc = every(1);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    game logged = small_game(), twin = small_game();
    gan_log *log = log_at("log.jsonl", &desc);

    for (uint64_t i = 0; i < 20; i++) {
        play(&logged, 20, i);
        expect_ok(gan_trainer_stats(logged.trainer, &stats));
        expect_ok(gan_log_step(log, &stats));
        play(&twin, 20, i);
    }
    expect_same_game(&logged, &twin);
    ck_assert(gan_log_number(log, "d_loss") != gan_log_number(log, "d_loss")); /* no epoch yet */
    expect_ok(gan_log_epoch(log, 1));
    ck_assert(gan_log_number(log, "d_loss") > 0 && gan_log_number(log, "g_grad_norm") > 0);
    gan_log_destroy(log);
    game_end(&logged);
    game_end(&twin);
}
