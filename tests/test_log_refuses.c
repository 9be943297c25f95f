/* test_log_refuses.c - what logs refuse, and out of memory. */
#include "budget.h"
#include "expect.h"
#include "logs.h"
#include "report/log_internal.h"
#include "scratch.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What is refused ---- */

TEST(arguments_that_make_no_sense_are_refused)
{
    gan_log_desc desc = {GAN_LOG_DESC_INIT};
    gan_train_stats small = {.struct_size = sizeof(size_t)};
    gan_log *log = log_at("log.jsonl", NULL), *other;
    char name[GAN_LOG_NAME_BYTES + 1];

    expect_fails(gan_log_create(NULL, "x", NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_log_create(&other, NULL, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_log_open(NULL, "x", NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_log_open(&other, NULL, NULL), GAN_ERR_INVALID, "path is NULL");
    desc.events = "events";
    expect_fails(gan_log_create(&other, scratch_path("x"), &desc), GAN_ERR_INVALID, "tfevents");
    desc = (gan_log_desc){0};
    expect_fails(gan_log_create(&other, scratch_path("x"), &desc), GAN_ERR_INVALID, "struct_size");
    memset(name, 'x', sizeof name);
    name[GAN_LOG_NAME_BYTES] = '\0';
    expect_fails(gan_log_value(log, name, 1), GAN_ERR_INVALID, "got 64 bytes");
    expect_fails(gan_log_value(log, "", 1), GAN_ERR_INVALID, "got 0 bytes");
    expect_fails(gan_log_value(log, NULL, 1), GAN_ERR_INVALID, "name is NULL");
    expect_fails(gan_log_value(log, "\xff", 1), GAN_ERR_INVALID, "UTF-8");
    expect_fails(gan_log_value(log, "epoch", 1), GAN_ERR_INVALID, "\"epoch\"");
    expect_fails(gan_log_metric(log, "time", 1), GAN_ERR_INVALID, "\"time\"");
    expect_fails(gan_log_note(log, "", "x"), GAN_ERR_INVALID, "got 0 bytes");
    expect_fails(gan_log_note(log, "x", NULL), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_log_step(log, &small), GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_log_epoch(log, 0), GAN_ERR_INVALID, "epoch 0 ends after epoch 0");
    ck_assert_uint_eq(gan_log_step_count(log), 0);
    expect_ok(gan_log_epoch(log, 1));
    gan_log_destroy(log);
}

TEST(a_log_that_is_read_is_not_written)
{
    gan_log *logs[2] = {NULL, NULL};

    gan_log_destroy(log_at("log.jsonl", NULL));
    expect_ok(gan_log_open(&logs[1], scratch_path("log.jsonl"), NULL));
    for (int i = 0; i < 2; i++) {
        const char *says = i == 0 ? "is NULL" : "opened to be read";

        expect_fails(gan_log_note(logs[i], "a", "b"), GAN_ERR_INVALID, says);
        expect_fails(gan_log_value(logs[i], "a", 1), GAN_ERR_INVALID, says);
        expect_fails(gan_log_metric(logs[i], "a", 1), GAN_ERR_INVALID, says);
        expect_fails(gan_log_step(logs[i], NULL), GAN_ERR_INVALID, says);
        expect_fails(gan_log_epoch(logs[i], 1), GAN_ERR_INVALID, says);
        expect_fails(gan_log_save(logs[i]), GAN_ERR_INVALID, says);
    }
    ck_assert_uint_eq(gan_log_step_count(NULL) + gan_log_epoch_count(NULL), 0);
    ck_assert_ptr_null(gan_log_text(NULL, "a"));
    gan_log_destroy(logs[1]);
    gan_log_destroy(NULL);
}

/* ---- Memory ---- */

static gan_status create(void **out, const gan_allocator *allocator, void *path)
{
    gan_log_desc desc = {GAN_LOG_DESC_INIT, .steps = 20, .events = scratch_path("x.tfevents"),
                         .csv = scratch_path("log.csv"), .allocator = allocator};
    gan_log *log;
    const gan_status status = gan_log_create(&log, path, &desc);

    *out = log;
    return status;
}

static gan_status open_log(void **out, const gan_allocator *allocator, void *path)
{
    gan_log *log;
    const gan_status status = gan_log_open(&log, path, allocator);

    *out = log;
    return status;
}

static void destroy(void *log)
{
    gan_log_destroy(log);
}

TEST(each_allocation_may_fail)
{
    gan_log_desc desc = every(3);
    char path[600];

    snprintf(path, sizeof path, "%s", scratch_path("log.jsonl"));
    log_interrupted("log.jsonl", desc, 18, 19, 20);
    budget_sweep(create, destroy, path);
    budget_sweep(open_log, destroy, path);
}

TEST(calls_without_memory_fail_and_the_log_goes_on)
{
    budget b;
    gan_log_desc desc = every(1);
    gan_log *log;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    desc.csv = scratch_path("log.csv");
    log = log_at("log.jsonl", &desc);
    for (uint64_t i = 0; i < 400; i++) {
        char name[32], text[64];
        gan_status status[4];

        snprintf(name, sizeof name, "name %llu", (unsigned long long)i / 4);
        snprintf(text, sizeof text, "text %llu", (unsigned long long)i);
        b.left = i % 7;
        status[0] = gan_log_value(log, name, 1);
        status[1] = gan_log_note(log, name, text);
        status[2] = gan_log_step(log, NULL);
        status[3] = gan_log_epoch(log, i + 1);
        b.left = BUDGET_UNLIMITED;
        for (int k = 0; k < 4; k++) ck_assert(status[k] == GAN_OK || status[k] == GAN_ERR_NOMEM);
        ck_assert_uint_eq(gan_log_step_count(log), i + 1);
    }
    ck_assert_uint_gt(b.refused, 0);
    gan_log_destroy(log);
    ck_assert_uint_eq(b.live, 0);
    expect_ok(gan_log_open(&log, scratch_path("log.jsonl"), NULL)); /* what was written is whole */
    gan_log_destroy(log);
}

TEST(a_step_without_a_record_takes_no_memory)
{
    const gan_train_stats stats = {GAN_TRAIN_STATS_INIT, .d_loss = 1};
    budget b;
    gan_log_desc desc = every(1000);
    gan_log *log;

    budget_init(&b, BUDGET_UNLIMITED);
    desc.allocator = &b.allocator;
    log = log_at("log.jsonl", &desc);
    expect_ok(gan_log_step(log, &stats));
    b.left = 0;
    for (int i = 1; i < 999; i++) expect_ok(gan_log_step(log, &stats));
    b.left = BUDGET_UNLIMITED;
    gan_log_destroy(log);
}
