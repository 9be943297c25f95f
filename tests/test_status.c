/* test_status.c - statuses and the per-thread message. */
#include "expect.h"
#include "status_internal.h"

#include <pthread.h>
#include <string.h>

START_TEST(values_are_frozen)
{
    ck_assert_int_eq(GAN_OK, 0);
    ck_assert_int_eq(GAN_END, 1);
    ck_assert_int_eq(GAN_ERR_INVALID, -1);
    ck_assert_int_eq(GAN_ERR_SHAPE, -2);
    ck_assert_int_eq(GAN_ERR_NOMEM, -3);
    ck_assert_int_eq(GAN_ERR_IO, -4);
    ck_assert_int_eq(GAN_ERR_FORMAT, -5);
    ck_assert_int_eq(GAN_ERR_NONFINITE, -6);
}
END_TEST

START_TEST(every_status_has_its_name_and_a_text)
{
    static const struct {
        gan_status status;
        const char *name;
    } all[] = {{GAN_OK, "GAN_OK"},
               {GAN_END, "GAN_END"},
               {GAN_ERR_INVALID, "GAN_ERR_INVALID"},
               {GAN_ERR_SHAPE, "GAN_ERR_SHAPE"},
               {GAN_ERR_NOMEM, "GAN_ERR_NOMEM"},
               {GAN_ERR_IO, "GAN_ERR_IO"},
               {GAN_ERR_FORMAT, "GAN_ERR_FORMAT"},
               {GAN_ERR_NONFINITE, "GAN_ERR_NONFINITE"}};
    enum { N = sizeof all / sizeof all[0] };

    for (int i = 0; i < N; i++) {
        ck_assert_str_eq(gan_status_name(all[i].status), all[i].name);
        ck_assert_uint_gt(strlen(gan_status_text(all[i].status)), 5);
        ck_assert_str_ne(gan_status_text(all[i].status), "unknown status");
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(gan_status_text(all[i].status), gan_status_text(all[k].status));
    }
    ck_assert_str_eq(gan_status_text(GAN_ERR_SHAPE), "shapes do not agree");
}
END_TEST

START_TEST(other_values_are_unknown)
{
    ck_assert_str_eq(gan_status_name((gan_status)-7), "unknown status");
    ck_assert_str_eq(gan_status_name((gan_status)2), "unknown status");
    ck_assert_str_eq(gan_status_text((gan_status)-1000), "unknown status");
}
END_TEST

START_TEST(the_first_message_is_empty)
{
    ck_assert_str_eq(gan_last_error(), "");
}
END_TEST

START_TEST(a_failure_leaves_its_sentence_and_status)
{
    ck_assert_int_eq(gan__fail(GAN_ERR_SHAPE, "needs %d, gets %s", 64, "128"), GAN_ERR_SHAPE);
    ck_assert_str_eq(gan_last_error(), "needs 64, gets 128");
    ck_assert_int_eq(gan__fail(GAN_ERR_IO, "second"), GAN_ERR_IO);
    ck_assert_str_eq(gan_last_error(), "second");
}
END_TEST

START_TEST(a_message_may_contain_the_one_before)
{
    ck_assert_int_eq(gan__fail(GAN_ERR_SHAPE, "inner %d", 7), GAN_ERR_SHAPE);
    ck_assert_int_eq(gan__fail(GAN_ERR_SHAPE, "outer: %s", gan_last_error()), GAN_ERR_SHAPE);
    ck_assert_str_eq(gan_last_error(), "outer: inner 7");
}
END_TEST

START_TEST(an_endless_message_is_cut)
{
    char text[5000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    ck_assert_int_eq(gan__fail(GAN_ERR_INVALID, "begin %s", text), GAN_ERR_INVALID);
    ck_assert_uint_ge(strlen(gan_last_error()), 255);
    ck_assert_uint_lt(strlen(gan_last_error()), 5000);
    ck_assert_int_eq(strncmp(gan_last_error(), "begin xxx", 9), 0);
}
END_TEST

static void *fail_elsewhere(void *seen)
{
    *(size_t *)seen = strlen(gan_last_error());
    gan__fail(GAN_ERR_IO, "the other thread's");
    return NULL;
}

START_TEST(each_thread_has_its_own_message)
{
    pthread_t thread;
    size_t seen = 1234;

    gan__fail(GAN_ERR_SHAPE, "this thread's");
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &seen), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(seen, 0);
    ck_assert_str_eq(gan_last_error(), "this thread's");
}
END_TEST

Suite *suite(void)
{
    const TTest *const tests[] = {values_are_frozen,
                                  every_status_has_its_name_and_a_text,
                                  other_values_are_unknown,
                                  the_first_message_is_empty,
                                  a_failure_leaves_its_sentence_and_status,
                                  a_message_may_contain_the_one_before,
                                  an_endless_message_is_cut,
                                  each_thread_has_its_own_message,
                                  NULL};
    Suite *s = suite_create("status");

    add_tests(s, "status", tests);
    return s;
}
