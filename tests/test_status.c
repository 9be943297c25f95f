/* test_status.c - statuses and the per-thread message. */
#include "base/status_internal.h"
#include "expect.h"

#include <gan/gan.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

TEST(values_are_frozen)
{
    ck_assert_int_eq(GAN_OK, 0);
    ck_assert_int_eq(GAN_END, 1);
    ck_assert_int_eq(GAN_ERR_INVALID, -1);
    ck_assert_int_eq(GAN_ERR_SHAPE, -2);
    ck_assert_int_eq(GAN_ERR_NOMEM, -3);
    ck_assert_int_eq(GAN_ERR_IO, -4);
    ck_assert_int_eq(GAN_ERR_FORMAT, -5);
    ck_assert_int_eq(GAN_ERR_NONFINITE, -6);
    ck_assert_int_eq(GAN_ERR_BUSY, -7);
    ck_assert_int_eq(GAN_ERR_CANCELLED, -8);
}

TEST(every_status_has_its_name_and_a_text)
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
               {GAN_ERR_NONFINITE, "GAN_ERR_NONFINITE"},
               {GAN_ERR_BUSY, "GAN_ERR_BUSY"},
               {GAN_ERR_CANCELLED, "GAN_ERR_CANCELLED"}};
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

TEST(other_values_are_unknown)
{
    ck_assert_str_eq(gan_status_name((gan_status)-9), "unknown status");
    ck_assert_str_eq(gan_status_name((gan_status)2), "unknown status");
    ck_assert_str_eq(gan_status_text((gan_status)-1000), "unknown status");
}

TEST(the_first_message_is_empty)
{
    ck_assert_str_eq(gan_last_error(), "");
}

TEST(a_failure_leaves_its_sentence_and_status)
{
    ck_assert_int_eq(gan__fail(GAN_ERR_SHAPE, "needs %d, gets %s", 64, "128"), GAN_ERR_SHAPE);
    ck_assert_str_eq(gan_last_error(), "needs 64, gets 128");
    ck_assert_int_eq(gan__fail(GAN_ERR_IO, "second"), GAN_ERR_IO);
    ck_assert_str_eq(gan_last_error(), "second");
}

TEST(a_message_may_contain_the_one_before)
{
    ck_assert_int_eq(gan__fail(GAN_ERR_SHAPE, "inner %d", 7), GAN_ERR_SHAPE);
    ck_assert_int_eq(gan__fail(GAN_ERR_SHAPE, "outer: %s", gan_last_error()), GAN_ERR_SHAPE);
    ck_assert_str_eq(gan_last_error(), "outer: inner 7");
}

TEST(an_endless_message_is_cut)
{
    char text[5000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    ck_assert_int_eq(gan__fail(GAN_ERR_INVALID, "begin %s", text), GAN_ERR_INVALID);
    ck_assert_uint_ge(strlen(gan_last_error()), 255);
    ck_assert_uint_lt(strlen(gan_last_error()), 5000);
    ck_assert_int_eq(strncmp(gan_last_error(), "begin xxx", 9), 0);
}

TEST(of_a_long_path_the_middle_goes_and_the_reason_stays)
{
    char path[4096];

    for (size_t at = 0; at + 2 < sizeof path; at += 2)
        memcpy(path + at, "\xc3\xa9", 3); /* e acute */
    for (size_t n = 300; n < sizeof path; n += 37) {
        char odd[4096];
        const char *c = odd;

        snprintf(odd, sizeof odd, "%s%.*s/name", n % 2 ? "x" : "", (int)(n / 2 * 2), path);
        gan__fail(GAN_ERR_IO, "%s: cannot be opened: %s", odd, "Permission denied");
        ck_assert_int_eq(strncmp(gan_last_error(), odd, 150), 0);
        ck_assert_ptr_nonnull(
            strstr(gan_last_error(), "/name: cannot be opened: Permission denied"));
        for (c = gan_last_error(); *c; c++) /* whole UTF-8 characters only */
            if (*c == '\xc3')
                ck_assert_int_eq(c[1], '\xa9');
            else if (*c == '\xa9')
                ck_assert_int_eq(c[-1], '\xc3');
    }
}

TEST(two_paths_of_the_greatest_length_leave_room_for_the_reason)
{
    char path[4096];

    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    gan__fail(GAN_ERR_SHAPE, "%s has 3 labels, %s has 4 pictures", path, path);
    ck_assert_ptr_nonnull(strstr(gan_last_error(), " has 4 pictures"));
}

static void *fail_elsewhere(void *seen)
{
    *(size_t *)seen = strlen(gan_last_error());
    gan__fail(GAN_ERR_IO, "the other thread's");
    return NULL;
}

TEST(each_thread_has_its_own_message)
{
    pthread_t thread;
    size_t seen = 1234;

    gan__fail(GAN_ERR_SHAPE, "this thread's");
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_elsewhere, &seen), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(seen, 0);
    ck_assert_str_eq(gan_last_error(), "this thread's");
}

/* ---- handles that are NULL ---- */

/* A host that checks errors only once, after a mistake in `latent`. */
static gan_status play_with(size_t latent, size_t picture, double lr)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    gan_network *g = gan_network_create(gan_shape_1d(latent), NULL);
    gan_network *d = gan_network_create(gan_shape_1d(picture), NULL);
    gan_optimizer *g_opt, *d_opt;
    gan_trainer *t;
    gan_status status;

    gan_network_add(g, gan_layer_linear(latent, 6));
    gan_network_add(d, gan_layer_linear(picture, 1));
    expect_ok(gan_optimizer_create_adam(&g_opt, NULL));
    adam.lr = lr;
    status = gan_optimizer_create_adam(&d_opt, &adam);
    gan_network_add(g, gan_layer_linear(6, 0)); /* another error in between */
    status = gan_trainer_create(&t, g, d, g_opt, d_opt, NULL);
    gan_trainer_destroy(t);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
    gan_network_destroy(g);
    gan_network_destroy(d);
    return status;
}

TEST(the_reason_for_a_null_network_reaches_the_trainer)
{
    expect_fails(play_with(0, 6, 0.1), GAN_ERR_INVALID,
                 "trainer: the generator is NULL: network: input [0] is not a shape of 1 to");
    expect_fails(play_with(0, 0, 0.1), GAN_ERR_INVALID,
                 "trainer: generator and discriminator are NULL: network: input [0] is not a shape "
                 "of 1 to 2147483647 numbers; network: input [0] is not a shape");
}

TEST(the_reason_for_a_null_discriminator_is_its_own)
{
    gan_network_desc forgotten = {0};
    gan_network *net = gan_network_create(gan_shape_1d(3), &forgotten);

    ck_assert_ptr_null(net);
    expect_fails(play_with(3, 0, 0.1), GAN_ERR_INVALID,
                 "trainer: the discriminator is NULL: network: input [0] is not a shape");
    net = gan_network_create(gan_shape_1d(3), &forgotten);
    expect_fails(gan_network_build(net), GAN_ERR_INVALID,
                 "network: is NULL: network desc: struct_size is 0, needs at least");
    expect_fails(gan_network_add(net, NULL), GAN_ERR_INVALID,
                 "a layer is added to NULL: network desc: struct_size is 0");
}

TEST(other_handles_have_their_reasons_too)
{
    gan_adam_desc adam = {GAN_ADAM_DESC_INIT};
    gan_optimizer *opt;
    gan_dataset *data;
    gan_iterator *it;
    gan_trainer *t;
    const gan_batch *batch;

    adam.lr = -1;
    expect_status(gan_optimizer_create_adam(&opt, &adam), GAN_ERR_INVALID);
    expect_status(gan_dataset_open_idx(&data, "/nowhere/images", NULL, NULL), GAN_ERR_IO);
    expect_status(gan_trainer_create(&t, NULL, NULL, NULL, NULL, NULL), GAN_ERR_INVALID);
    gan__fail(GAN_ERR_IO, "another failure");
    expect_fails(gan_optimizer_set_lr(opt, 1), GAN_ERR_INVALID,
                 "optimizer: is NULL: adam: lr must be finite and at least 0, is -1");
    expect_fails(gan_iterator_create(&it, data, NULL), GAN_ERR_INVALID,
                 "iterator: data is NULL: /nowhere/images: cannot be opened");
    gan__fail(GAN_ERR_IO, "another failure");
    expect_fails(gan_iterator_next(it, &batch), GAN_ERR_INVALID,
                 "iterator: it is NULL: iterator: data is NULL: /nowhere/images");
    expect_fails(gan_train_step(t, batch, NULL), GAN_ERR_INVALID,
                 "trainer: is NULL: trainer: generator and discriminator are NULL");
}

/* Errors before the start of a run are forgotten. */
TEST(old_reasons_are_forgotten)
{
    expect_status(play_with(0, 6, 0.1), GAN_ERR_INVALID);
    expect_status(play_with(3, 6, -1), GAN_ERR_INVALID); /* the layer in between */
    expect_fails(gan_network_build(NULL), GAN_ERR_INVALID, "network: is NULL: network: input [0]");
    gan__forget_lost();
    expect_status(gan_network_build(NULL), GAN_ERR_INVALID);
    ck_assert_str_eq(gan_last_error(), "network: is NULL");
}

static void *fail_with_null(void *unused)
{
    (void)unused;
    expect_status(gan_network_build(NULL), GAN_ERR_INVALID);
    ck_assert_str_eq(gan_last_error(), "network: is NULL");
    return NULL;
}

TEST(reasons_belong_to_their_thread)
{
    pthread_t thread;

    ck_assert_ptr_null(gan_network_create(gan_shape_1d(0), NULL));
    ck_assert_int_eq(pthread_create(&thread, NULL, fail_with_null, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void *status_of_another_thread(void *unused)
{
    static gan_status found[2];

    (void)unused;
    found[0] = gan_last_status();
    (void)gan__fail(GAN_ERR_IO, "another thread's");
    found[1] = gan_last_status();
    return found;
}

TEST(the_latest_status_is_that_of_the_message)
{
    pthread_t thread;
    void *found;

    ck_assert_ptr_null(gan_layer_linear(0, 3));
    ck_assert_int_eq(gan_last_status(), GAN_ERR_INVALID);
    (void)gan__fail(GAN_ERR_NOMEM, "none");
    ck_assert_int_eq(gan_last_status(), GAN_ERR_NOMEM);
    ck_assert_int_eq(pthread_create(&thread, NULL, status_of_another_thread, NULL), 0);
    pthread_join(thread, &found);
    ck_assert_int_eq(((gan_status *)found)[0], GAN_OK);
    ck_assert_int_eq(((gan_status *)found)[1], GAN_ERR_IO);
    ck_assert_int_eq(gan_last_status(), GAN_ERR_NOMEM);
}
