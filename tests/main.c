/* main.c - runs the suite of the one test file it is linked with. */
#include "expect.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

const char *program_path;

int main(int argc, char **argv)
{
    SRunner *runner;
    int run, failed;

    if (argc > 0) program_path = argv[0];
    /* Check's own limit of 4 seconds is too short under sanitizers and valgrind. */
    if (setenv("CK_DEFAULT_TIMEOUT", "120", 0) != 0) return EXIT_FAILURE;
    runner = srunner_create(suite());
    srunner_run_all(runner, CK_ENV);
    run = srunner_ntests_run(runner);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    printf("%d passed, %d failed\n", run - failed, failed);
    return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
