/* main.c - runs the suite of the one test file it is linked with. */
#include "expect.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    SRunner *runner;
    int run, failed;

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
