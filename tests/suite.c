/* suite.c - runs the tests of the one test file it is linked with. */
#include "suite.h"

#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *program_path = "";

static suite_entry *entries; /* sorted by line */
static SFun before, after;
static double timeout;

void suite_add(suite_entry *entry, int first, int end, const char *variable)
{
    suite_entry **at = &entries;

    while (*at && (*at)->test.line < entry->test.line) at = &(*at)->next;
    entry->first = first;
    entry->end = end;
    entry->variable = variable;
    entry->next = *at;
    *at = entry;
}

void suite_set_fixture(SFun begin, SFun end)
{
    before = begin;
    after = end;
}

void suite_set_timeout(double seconds)
{
    timeout = seconds;
}

/* The variable that is set and makes this a process for one test; else NULL. */
static const char *variable_of_process(void)
{
    for (const suite_entry *e = entries; e; e = e->next)
        if (e->variable && getenv(e->variable)) return e->variable;
    return NULL;
}

static int is_run(const suite_entry *e, const char *variable)
{
    return variable ? e->variable && strcmp(e->variable, variable) == 0 : !e->variable;
}

static Suite *suite_of_entries(void)
{
    const char *slash = strrchr(program_path, '/'), *variable = variable_of_process();
    Suite *suite = suite_create(slash ? slash + 1 : program_path);
    TCase *tests = tcase_create("tests");

    /* Teardowns run in reverse order of their addition. */
    tcase_add_checked_fixture(tests, NULL, scratch_end);
    tcase_add_checked_fixture(tests, before, after);
    if (timeout > 0) tcase_set_timeout(tests, timeout);
    for (const suite_entry *e = entries; e; e = e->next)
        if (is_run(e, variable)) tcase_add_loop_test(tests, &e->test, e->first, e->end);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(int argc, char **argv)
{
    SRunner *runner;
    int run, failed;

    if (argc > 0) program_path = argv[0];
    /* Check's own limit of 4 seconds is too short under sanitizers and valgrind. */
    if (setenv("CK_DEFAULT_TIMEOUT", "120", 0) != 0) return EXIT_FAILURE;
    runner = srunner_create(suite_of_entries());
    srunner_run_all(runner, CK_ENV);
    run = srunner_ntests_run(runner);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    printf("%d passed, %d failed\n", run - failed, failed);
    return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
