/* test_example_settings.c - options of the example programs: their values as text, and the settings
 * of a run that is continued. */
#include "common/cli.h"
#include "common/settings.h"
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    ck_assert_str_eq(text, "# The settings of this run, as --resume reads them.\n"
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

TEST(settings_that_make_no_sense_are_refused)
{
    static const char *const cases[] = {"program = other\n", "batch 3\n", "batch = 0\n",
                                        "rate = 3\n", "loss = gan\n"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", cases[i]);
        ck_assert_msg(!settings_read(&program, text, "settings.txt"), "%s", cases[i]);
    }
}
