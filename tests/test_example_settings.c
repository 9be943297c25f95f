/* test_example_settings.c - options of the example programs: their values as text, and the settings
 * of a resumed run. */
#include "common/cli.h"
#include "common/settings.h"
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A program with an option of each kind. */
typedef struct values {
    long batch, threads;
    double lr;
    int average, loss, resume;
    const char *data, *fingerprint;
} values;

static const char *const losses[] = {"bce", "hinge", NULL};
static values now;
static cli_option table[] = {
    {"batch", "N", .whole = &now.batch, .min = 1, .max = 100, .help = "batch size"},
    {"threads", "N", .whole = &now.threads, .min = 0, .max = 8, .keep = CLI_FREE,
     .help = "threads"},
    {"lr", "X", .real = &now.lr, .min = 0, .max = 10, .help = "learning rate"},
    {.name = "average", .on = &now.average, .help = "average the weights"},
    {"loss", "NAME", .choice = &now.loss, .choices = losses, .help = "loss function"},
    {"data", "DIR", .text = &now.data, .keep = CLI_FREE, .help = "directory"},
    {.name = "resume", .on = &now.resume, .keep = CLI_LOCAL, .help = "continue"},
    {.name = "fingerprint", .text = &now.fingerprint},
    {.name = NULL},
};
static const cli_program program = {.name = "trial", .options = table};

static cli_option *option(const char *name)
{
    cli_option *o = table;
    while (strcmp(o->name, name) != 0) o++;
    return o;
}

static void begin(void)
{
    now = (values){.batch = 64, .threads = 2, .lr = 0.0002, .data = "here"};
    for (cli_option *o = table; o->name; o++) o->given = 0;
}

/* Read a text as settings.txt; `said` receives the output on standard error. */
typedef int read_settings(const cli_program *program, char *text, const char *path);

static int reads(read_settings *read, const char *settings, char said[512])
{
    static char text[8][512]; /* options point into it */
    static size_t n;
    char *mine = text[n++ % 8];
    int saved = dup(STDERR_FILENO);
    FILE *file = tmpfile();
    snprintf(mine, sizeof text[0], "%s", settings);
    ck_assert(file && saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    int good = read(&program, mine, "settings.txt");
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    said[fread(said, 1, 511, file)] = '\0';
    fclose(file);
    return good;
}

TEST_FIXTURE(begin, NULL)

TEST(numbers_are_written_in_the_fewest_digits_that_read_the_same)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.0002, "0.0002"},
                 {0.1, "0.1"},
                 {1e-9, "1e-09"},
                 {0, "0"},
                 {1 / 3.0, "0.3333333333333333"},
                 {100000, "100000"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(cli_shortest(cases[i].value).text, cases[i].text);
}

TEST(a_value_that_does_not_fit_says_what_was_expected_and_changes_nothing)
{
    static const struct {
        const char *name, *text, *why;
    } cases[] = {
        {"batch", "0", "a whole number from 1 to 100 expected, got \"0\""},
        {"batch", "101", "got \"101\""},
        {"batch", "12x", "got \"12x\""},
        {"batch", "", "got \"\""},
        {"batch", "99999999999999999999", "got \"99999999999999999999\""},
        {"lr", "-1", "a number from 0 to 10 expected, got \"-1\""},
        {"lr", "nan", "got \"nan\""},
        {"lr", "inf", "got \"inf\""},
        {"loss", "wgan", "one of bce, hinge expected, got \"wgan\""},
        {"average", "maybe", "yes or no expected, got \"maybe\""},
        {"data", "", "a name expected, got \"\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[512] = "";
        int set = cli_set_value(option(cases[i].name), cases[i].text, why, sizeof why);
        ck_assert_msg(!set && strstr(why, cases[i].why), "--%s %s: %s", cases[i].name,
                      cases[i].text, why);
    }
    ck_assert_int_eq(now.batch, 64);
    ck_assert_double_eq(now.lr, 0.0002);
    ck_assert_int_eq(now.loss, 0);
}

TEST(settings_hold_what_belongs_to_a_run_and_nothing_else)
{
    char *text = settings_write(&program);
    ck_assert_str_eq(
        text, "# The settings of this run.  --resume reads them; a copy, changed or not, begins\n"
              "# another run with --settings FILE.  --help explains each of them.\n"
              "program = trial\nbatch = 64\nthreads = 2\nlr = 0.0002\naverage = no\n"
              "loss = bce\ndata = here\n");
    free(text);
}

TEST(settings_that_are_read_back_are_the_same)
{
    now =
        (values){.batch = 7, .threads = 1, .lr = 1 / 3.0, .average = 1, .loss = 1, .data = "there"};
    char *text = settings_write(&program);
    begin();
    ck_assert(settings_read(&program, text, "settings.txt"));
    ck_assert_int_eq(now.batch, 7);
    ck_assert_int_eq(now.threads, 1);
    ck_assert_double_eq(now.lr, 1 / 3.0);
    ck_assert_int_eq(now.average, 1);
    ck_assert_int_eq(now.loss, 1);
    ck_assert_str_eq(now.data, "there");
    free(text);
}

TEST(names_with_newlines_and_backslashes_stay_on_their_line)
{
    static const char name[] = "a\nb\\c\033d = e";
    now.data = name;
    char *text = settings_write(&program);
    ck_assert_ptr_nonnull(strstr(text, "data = a\\x0ab\\x5cc\\x1bd = e\n"));
    begin();
    ck_assert(settings_read(&program, text, "settings.txt"));
    ck_assert_str_eq(now.data, name);
    free(text);
}

TEST(an_option_that_is_given_has_to_agree_unless_it_is_free)
{
    char free_one[] = "threads = 5\n", same[] = "batch = 64\n", other[] = "batch = 32\n";
    option("threads")->given = option("batch")->given = 1;
    ck_assert(settings_read(&program, free_one, "settings.txt"));
    ck_assert_int_eq(now.threads, 2);
    ck_assert(settings_read(&program, same, "settings.txt"));
    ck_assert(!settings_read(&program, other, "settings.txt"));
}

TEST(a_setting_without_help_is_read_but_no_local_one)
{
    char hidden[] = "fingerprint = 12\n", local[] = "resume = yes\n";
    ck_assert(settings_read(&program, hidden, "settings.txt"));
    ck_assert_str_eq(now.fingerprint, "12");
    ck_assert(!settings_read(&program, local, "settings.txt"));
}

TEST(settings_that_make_no_sense_are_refused_with_their_line_and_what_would_be_right)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"program = other\n", "settings.txt:1: the run is one of other, not of trial"},
        {"# mine\n\nbatch 3\n", "settings.txt:3: name = value expected, found \"batch 3\""},
        {"lr = 1\nbatch = 0", "settings.txt:2: batch: a whole number from 1 to 100 expected, got"},
        {"rate = 3\n", "settings.txt:1: trial has no setting \"rate\"\n"},
        {"bacth = 3\n", "settings.txt:1: trial has no setting \"bacth\"; is it \"batch\"?"},
        {"loss = gan\n", "settings.txt:1: loss: one of bce, hinge expected, got \"gan\""},
        {"resume = yes\n", "settings.txt:1: resume belongs to the command line, where --resume is"},
        {"lr = 1\nbatch = 5\nlr = 2\n", "settings.txt:3: lr is in line 1 already"},
    };
    static read_settings *const ways[] = {settings_read, settings_give};
    char said[512];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < 2; k++) {
            ck_assert_msg(!reads(ways[k], cases[i].text, said), "%s", cases[i].text);
            ck_assert_msg(strstr(said, cases[i].why), "%s: %s", cases[i].text, said);
            begin();
        }
}

TEST(settings_written_by_hand_may_have_comments_and_spaces)
{
    char said[512];
    ck_assert(reads(settings_give,
                    "# mine\r\n\r\n  batch=7\r\n\tlr = 0.5 \n # loss = hinge\ndata = a = b #",
                    said));
    ck_assert_str_eq(said, "");
    ck_assert_int_eq(now.batch, 7);
    ck_assert_double_eq(now.lr, 0.5);
    ck_assert_int_eq(now.loss, 0);
    ck_assert_str_eq(now.data, "a = b #");
}

TEST(spaces_at_the_ends_of_a_name_are_kept)
{
    now.data = " a b ";
    char *text = settings_write(&program);
    begin();
    ck_assert(settings_read(&program, text, "settings.txt"));
    ck_assert_str_eq(now.data, " a b ");
    free(text);
}

TEST(settings_that_are_given_count_as_given_after_the_command_line)
{
    char said[512];
    option("batch")->given = 1;
    ck_assert(reads(settings_give,
                    "batch = 7\naverage = yes\nthreads = 1\ndata =\nfingerprint = 12\n", said));
    ck_assert_int_eq(now.batch, 64);
    ck_assert_int_eq(now.average, 1);
    ck_assert(option("average")->given && option("threads")->given);
    ck_assert_ptr_null(now.data);
    ck_assert(!option("data")->given && !option("fingerprint")->given && !option("lr")->given);
    /* For a resumed run they act as options of its command line. */
    ck_assert(!reads(settings_read, "average = no\n", said));
    ck_assert_ptr_nonnull(strstr(said, "--average is yes, but the run was started with no"));
    /* A value is validated even if the command line overrides it. */
    ck_assert(!reads(settings_give, "batch = 0\n", said));
}

TEST(a_name_is_taken_for_the_nearest_one_unless_it_is_far_from_all)
{
    static const struct {
        const char *name, *nearest;
    } cases[] = {{"bacth", "batch"},
                 {"batches", "batch"},
                 {"thread", "threads"},
                 {"avrage", "average"},
                 {"rate", NULL},
                 {"x", NULL},
                 {"", NULL},
                 {"fingerprin", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = cli_nearest(table, cases[i].name);
        ck_assert_msg(found == cases[i].nearest ||
                          (found && cases[i].nearest && strcmp(found, cases[i].nearest) == 0),
                      "%s: %s", cases[i].name, found ? found : "none");
    }
}
