/* test_checkpoint_extra.c - the host's bytes in a checkpoint are restored, or nothing changes. */
#include "budget.h"
#include "expect.h"
#include "failing.h"
#include "file/safetensors_internal.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TEST_FIXTURE(run_folder_begin, run_folder_end)

static const unsigned char mine[] = "epoch\0of\xff mine";

static void expect_extra(const run *r, const void *bytes, size_t n)
{
    size_t found = 77;
    const void *at = gan_trainer_extra_state(r->game.trainer, &found);

    ck_assert_uint_eq(found, n);
    ck_assert(!at == (n == 0));
    ck_assert_ptr_eq(at, gan_trainer_extra_state(r->game.trainer, NULL));
    if (n > 0) expect_same_bits(at, bytes, n);
}

TEST(bytes_of_the_host_come_back_with_the_run)
{
    unsigned char copy[sizeof mine], found[sizeof mine + 1] = {0};
    run saved = plain_run(), loaded = plain_run();
    size_t n = 77;

    expect_extra(&saved, NULL, 0);
    memcpy(copy, mine, sizeof mine);
    expect_ok(gan_trainer_set_extra_state(saved.game.trainer, copy, sizeof copy));
    memset(copy, 0, sizeof copy); /* they were copied */
    run_steps(&saved, 3);
    expect_ok(save_run(&saved));
    expect_extra(&saved, mine, sizeof mine);
    expect_ok(gan_trainer_set_extra_state(loaded.game.trainer, "other", 5));
    expect_ok(load_run(&loaded));
    expect_extra(&loaded, mine, sizeof mine);
    expect_same_game(&saved.game, &loaded.game);
    expect_ok(gan_checkpoint_read_extra_state(found, sizeof mine + 1, &n, run_path));
    ck_assert_uint_eq(n, sizeof mine);
    expect_same_bits(found, mine, sizeof mine);
    run_end(&saved);
    run_end(&loaded);
}

/* As in every file from before there was extra state. */
TEST(a_checkpoint_without_such_bytes_leaves_none)
{
    static run_bytes with, without;
    unsigned char found[4];
    run r = plain_run();
    size_t n = 77;

    read_run(&without, &r);
    expect_ok(save_run(&r));
    expect_ok(gan_trainer_set_extra_state(r.game.trainer, mine, sizeof mine));
    read_run(&with, &r);
    ck_assert_uint_ge(with.n, without.n + sizeof mine);
    expect_ok(load_run(&r));
    expect_extra(&r, NULL, 0);
    read_run(&with, &r);
    expect_same_bytes(&with, &without);
    expect_ok(gan_checkpoint_read_extra_state(found, sizeof found, &n, run_path));
    ck_assert_uint_eq(n, 0);
    expect_ok(gan_trainer_set_extra_state(r.game.trainer, mine, sizeof mine));
    expect_ok(gan_trainer_set_extra_state(r.game.trainer, NULL, 0));
    expect_extra(&r, NULL, 0);
    run_end(&r);
}

TEST(sizes_and_arguments_are_checked)
{
    unsigned char *many = calloc(GAN_EXTRA_STATE_MAX + 1, 1), few[3] = {9, 9, 9};
    run r = plain_run();
    size_t n = 77;

    expect_fails(gan_trainer_set_extra_state(NULL, mine, 1), GAN_ERR_INVALID, "is NULL");
    expect_ok(gan_trainer_set_extra_state(r.game.trainer, mine, sizeof mine));
    expect_fails(gan_trainer_set_extra_state(r.game.trainer, NULL, 1), GAN_ERR_INVALID,
                 "extra state is NULL, 1 bytes announced");
    expect_fails(gan_trainer_set_extra_state(r.game.trainer, many, GAN_EXTRA_STATE_MAX + 1),
                 GAN_ERR_INVALID, "has 16777217 bytes, at most 16777216");
    expect_extra(&r, mine, sizeof mine);
    expect_ok(save_run(&r));
    expect_ok(gan_checkpoint_read_extra_state(NULL, 0, &n, run_path));
    ck_assert_uint_eq(n, sizeof mine);
    n = 77;
    expect_fails(gan_checkpoint_read_extra_state(few, sizeof few, &n, run_path), GAN_ERR_SHAPE,
                 "extra state has 15 bytes, there is room for 3");
    ck_assert_uint_eq(n, sizeof mine);
    ck_assert_int_eq(few[0], 9);
    expect_fails(gan_checkpoint_read_extra_state(NULL, 3, &n, run_path), GAN_ERR_INVALID, "bytes");
    expect_fails(gan_checkpoint_read_extra_state(few, 3, NULL, run_path), GAN_ERR_INVALID, "n is");
    expect_fails(gan_checkpoint_read_extra_state(few, 3, &n, NULL), GAN_ERR_INVALID, "path is");
    expect_fails(gan_checkpoint_read_extra_state_from(few, 3, &n, NULL), GAN_ERR_INVALID, "reader");
    expect_fails(gan_checkpoint_read_extra_state(few, 3, &n, scratch_path("none")), GAN_ERR_IO, "");
    many[GAN_EXTRA_STATE_MAX - 1] = 5;
    expect_ok(gan_trainer_set_extra_state(r.game.trainer, many, GAN_EXTRA_STATE_MAX));
    expect_ok(save_run(&r));
    expect_ok(gan_trainer_set_extra_state(r.game.trainer, NULL, 0));
    expect_ok(load_run(&r));
    expect_extra(&r, many, GAN_EXTRA_STATE_MAX);
    free(many);
    ck_assert_ptr_null(gan_trainer_extra_state(NULL, &n));
    ck_assert_uint_eq(n, 0);
    run_end(&r);
}

/* A valid file with a tensor of that name and of the given bytes. */
static void write_forged(const char *name, const gan__blob *blob)
{
    float number = 1;
    const gan_tensor one = {name, {1, {1}}, 1, &number, 1};
    const char *format[] = {"libgan.checkpoint", "1"};

    expect_ok(gan__safetensors_write_sealed((gan__target){.path = run_path}, &one, 1, blob, format,
                                            1, NULL));
}

TEST(forged_ones_are_refused)
{
    unsigned char *many = calloc(GAN_EXTRA_STATE_MAX + 1, 1);
    size_t n = 77;

    write_forged("x", &(gan__blob){"extra_state", many, GAN_EXTRA_STATE_MAX + 1});
    expect_fails(
        gan_checkpoint_read_extra_state(NULL, 0, &n, run_path), GAN_ERR_FORMAT,
        "tensor \"extra_state\" has 16777217 bytes of U8, at most 16777216 of U8 expected");
    write_forged("extra_state", NULL);
    expect_fails(gan_checkpoint_read_extra_state(NULL, 0, &n, run_path), GAN_ERR_FORMAT,
                 "has 4 bytes of F32");
    ck_assert_uint_eq(n, 77);
    free(many);
}

/* ---- without a path ---- */

TEST(a_reader_that_fails_after_any_byte_gives_none)
{
    static run_bytes file;
    unsigned char found[sizeof mine] = {9};
    run r = small_run();
    gan_reader whole;
    size_t n = 77;

    expect_ok(gan_trainer_set_extra_state(r.game.trainer, mine, sizeof mine));
    read_run(&file, &r);
    for (size_t k = 0; k <= file.n; k++) {
        failing_stream x;
        const gan_reader from = failing_reader(&x, file.at, file.n, k),
                         cut = gan_reader_memory(file.at, k);
        const gan_status a = gan_checkpoint_read_extra_state_from(found, sizeof found, &n, &from);

        if (k == file.n) expect_ok(a);
        if (k == file.n) break;
        ck_assert_int_eq(a, GAN_ERR_IO);
        expect_status(gan_checkpoint_read_extra_state_from(found, sizeof found, &n, &cut),
                      GAN_ERR_FORMAT);
        ck_assert(n == 77 && found[0] == 9);
    }
    expect_same_bits(found, mine, sizeof mine);
    whole = gan_reader_memory(file.at, file.n);
    expect_fails(gan_checkpoint_read_extra_state_from(found, 3, &n, &whole), GAN_ERR_SHAPE,
                 "extra state has 15 bytes, there is room for 3");
    run_end(&r);
}

TEST(without_memory_they_stay_as_they_were)
{
    run_choice c = usual_choice();
    gan_status status = GAN_ERR_NOMEM;
    size_t allowed = 0;
    budget b;
    run r;

    budget_init(&b, BUDGET_UNLIMITED);
    c.trainer.allocator = &b.allocator;
    r = run_of(&c);
    expect_ok(gan_trainer_set_extra_state(r.game.trainer, mine, sizeof mine));
    expect_ok(save_run(&r));
    b.left = 0;
    expect_fails(gan_trainer_set_extra_state(r.game.trainer, "abc", 3), GAN_ERR_NOMEM, "memory");
    expect_extra(&r, mine, sizeof mine);
    b.left = BUDGET_UNLIMITED;
    expect_ok(gan_trainer_set_extra_state(r.game.trainer, "abc", 3));
    for (; status == GAN_ERR_NOMEM; allowed++) {
        expect_extra(&r, "abc", 3);
        b.left = allowed;
        status = load_run(&r);
        b.left = BUDGET_UNLIMITED;
    }
    expect_ok(status);
    ck_assert_uint_gt(allowed, 10);
    expect_extra(&r, mine, sizeof mine);
    run_end(&r);
    ck_assert_uint_eq(budget_live(&b), 0);
}
