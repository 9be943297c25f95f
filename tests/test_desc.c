/* test_desc.c - descriptors and records of other releases. */
#include "base/desc_internal.h"
#include "expect.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What this release knows; the first release had no `later`. */
typedef struct settings {
    size_t struct_size;
    double rate;
    double later;
} settings;

/* What a coming release may know. */
typedef struct longer {
    size_t struct_size;
    double rate;
    double later;
    double unknown;
    char more[13];
} longer;

enum { FIRST = offsetof(settings, later) };

static settings defaults(void)
{
    return (settings){sizeof(settings), 0.25, 2.385};
}

START_TEST(null_leaves_the_defaults)
{
    settings out = defaults();

    expect_ok(gan__desc_read(&out, sizeof out, FIRST, NULL, "settings"));
    ck_assert(out.rate == 0.25 && out.later == 2.385 && out.struct_size == sizeof out);
}
END_TEST

START_TEST(one_of_this_release_is_copied_whole)
{
    settings out = defaults(), given = {sizeof given, 7.5, -1.25};

    expect_ok(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"));
    ck_assert(out.rate == 7.5 && out.later == -1.25 && out.struct_size == sizeof out);
}
END_TEST

START_TEST(one_of_the_first_release_keeps_later_defaults)
{
    settings out = defaults();
    struct {
        size_t struct_size;
        double rate;
    } given = {sizeof given, 7.5};

    expect_ok(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"));
    ck_assert(out.rate == 7.5 && out.later == 2.385 && out.struct_size == sizeof out);
}
END_TEST

START_TEST(a_longer_one_is_good_when_its_tail_is_zero)
{
    settings out = defaults();
    longer given;

    memset(&given, 0, sizeof given);
    given.struct_size = sizeof given;
    given.rate = 7.5;
    given.later = -1.25;
    expect_ok(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"));
    ck_assert(out.rate == 7.5 && out.later == -1.25 && out.struct_size == sizeof out);
    given.more[12] = 1;
    out = defaults();
    expect_fails(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"), GAN_ERR_INVALID,
                 "settings");
    ck_assert(out.rate == 0.25);
    given.more[12] = 0;
    given.unknown = 3;
    expect_status(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"), GAN_ERR_INVALID);
    ck_assert(out.rate == 0.25);
}
END_TEST

START_TEST(one_that_is_too_short_is_refused)
{
    settings out = defaults(), given = {FIRST - 1, 7.5, -1.25};
    char found[32];

    snprintf(found, sizeof found, "is %d, needs", FIRST - 1);
    expect_fails(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"), GAN_ERR_INVALID,
                 "settings");
    expect_error_says(found);
    given.struct_size = 0;
    expect_status(gan__desc_read(&out, sizeof out, FIRST, &given, "settings"), GAN_ERR_INVALID);
    ck_assert(out.rate == 0.25 && out.later == 2.385);
}
END_TEST

START_TEST(records_are_checked_and_filled_as_far_as_they_reach)
{
    const settings from = {sizeof from, 7.5, -1.25};
    settings out = {FIRST, 0.25, 2.385};
    longer wide;

    expect_ok(gan__record_check(NULL, FIRST, "stats"));
    expect_ok(gan__record_check(&out, FIRST, "stats"));
    gan__record_write(NULL, &from, sizeof from);
    gan__record_write(&out, &from, sizeof from);
    ck_assert(out.struct_size == FIRST && out.rate == 7.5 && out.later == 2.385);
    memset(&wide, 0x11, sizeof wide);
    wide.struct_size = sizeof wide;
    gan__record_write(&wide, &from, sizeof from);
    ck_assert(wide.struct_size == sizeof wide && wide.rate == 7.5 && wide.later == -1.25);
    ck_assert_int_eq(wide.more[12], 0x11);
    out.struct_size = FIRST - 8;
    expect_fails(gan__record_check(&out, FIRST, "stats"), GAN_ERR_INVALID, "stats");
}
END_TEST

Suite *suite(void)
{
    const TTest *const tests[] = {null_leaves_the_defaults,
                                  one_of_this_release_is_copied_whole,
                                  one_of_the_first_release_keeps_later_defaults,
                                  a_longer_one_is_good_when_its_tail_is_zero,
                                  one_that_is_too_short_is_refused,
                                  records_are_checked_and_filled_as_far_as_they_reach,
                                  NULL};
    Suite *s = suite_create("desc");

    add_tests(s, "desc", tests);
    return s;
}
