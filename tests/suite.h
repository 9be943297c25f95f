/* suite.h - how a test is written: it adds itself to the suite of its program.
 *
 *     TEST(a_sentence_that_can_fail) { ... }
 *
 * Check runs each test in a process of its own, in the order of their lines; the name of a suite is
 * that of its program. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

/* A test defined with these would never run. */
#undef START_TEST
#undef END_TEST

/* Check's own macros write a mark to a pipe for each assertion that holds, which is a system call:
 * in loops over values that is most of a test's time.  These call Check for a failure only. */
#undef ck_assert
#undef ck_assert_msg
#define ck_assert(expr)          ck_assert_msg(expr, "Assertion '%s' failed", #expr)
#define ck_assert_msg(expr, ...) ((expr) ? (void)0 : ck_abort_msg(__VA_ARGS__))

/* One test. */
#define TEST(name) TEST_OF(name, 0, 1, NULL)

/* The same test for each `_i` from `first` to `end` - 1; a failure shows `_i` after the name. */
#define TEST_EACH(name, first, end) TEST_OF(name, first, end, NULL)

/* What a process does that a test starts with run_beside(): it runs only if the environment
 * variable is set, and then no other test does. */
#define TEST_OF_PROCESS(name, variable) TEST_OF(name, 0, 1, variable)

/* What is called before and after each test of the file; NULL for nothing. */
#define TEST_FIXTURE(begin, end)                                                                   \
    __attribute__((constructor)) static void set_fixture(void)                                     \
    {                                                                                              \
        suite_set_fixture(begin, end);                                                             \
    }

/* Time limit of a test in seconds; 0 leaves it at CK_DEFAULT_TIMEOUT, or 120. */
#define TEST_TIMEOUT(seconds)                                                                      \
    __attribute__((constructor)) static void set_timeout(void)                                     \
    {                                                                                              \
        suite_set_timeout(seconds);                                                                \
    }

/* The name that this program was started by. */
extern const char *program_path;

/* ---- internals of the macros ---- */

typedef struct suite_entry {
    TTest test;
    int first, end;
    const char *variable;
    struct suite_entry *next;
} suite_entry;

/* Constructors run in any order; the line determines the tests' order. */
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
