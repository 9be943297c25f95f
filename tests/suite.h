/* suite.h - how a test is written: it adds itself to the suite of its program.
 *
 *     TEST(a_sentence_that_can_fail) { ... }
 *
 * Check runs each test in a process of its own, in the order of their lines; the name of a suite is
 * that of its program. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

/* A test that is made by these would never run. */
#undef START_TEST
#undef END_TEST

/* One test. */
#define TEST(name) TEST_OF(name, 0, 1, NULL)

/* The same test for each `_i` from `first` to `end` - 1; a failure shows `_i` after the name. */
#define TEST_EACH(name, first, end) TEST_OF(name, first, end, NULL)

/* What a process does that a test starts by run_beside(): it runs only where the environment
 * variable is set, and where one is set nothing else does. */
#define TEST_OF_PROCESS(name, variable) TEST_OF(name, 0, 1, variable)

/* What is called before and after each test of the file; NULL for nothing. */
#define TEST_FIXTURE(begin, end)                                                                   \
    __attribute__((constructor)) static void set_fixture(void)                                     \
    {                                                                                              \
        suite_set_fixture(begin, end);                                                             \
    }

/* How many seconds a test may take; 0 leaves it at CK_DEFAULT_TIMEOUT, or 120. */
#define TEST_TIMEOUT(seconds)                                                                      \
    __attribute__((constructor)) static void set_timeout(void)                                     \
    {                                                                                              \
        suite_set_timeout(seconds);                                                                \
    }

/* The name that this program was started by. */
extern const char *program_path;

/* ---- what the macros are made of ---- */

typedef struct suite_entry {
    TTest test;
    int first, end;
    const char *variable;
    struct suite_entry *next;
} suite_entry;

/* Constructors run in whatever order the compiler chose; the line decides. */
void suite_add(suite_entry *entry, int first, int end, const char *variable);
void suite_set_fixture(SFun begin, SFun end);
void suite_set_timeout(double seconds);

#define TEST_OF(name, first, end, variable)                                                        \
    static void name(int _i);                                                                      \
    __attribute__((constructor)) static void name##_is_added(void)                                 \
    {                                                                                              \
        static suite_entry entry = {{#name, name, __FILE__, __LINE__}, 0, 0, NULL, NULL};          \
                                                                                                   \
        suite_add(&entry, first, end, variable);                                                   \
    }                                                                                              \
    static void name(int _i CK_ATTRIBUTE_UNUSED)

#endif
