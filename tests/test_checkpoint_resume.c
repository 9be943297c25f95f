/* test_checkpoint_resume.c - 2n steps, or n, save, load in another process, n: the same bits. */
#include "expect.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The variable with the arguments of a process that resumes: "seed threads steps directory". */
static const char ORDERS[] = "GAN_TEST_RESUME";

typedef struct orders {
    unsigned long seed;
    size_t n_threads;
    size_t n;
    char folder[512];
} orders;

static const char *file_in(const orders *o, const char *name, size_t optimizer)
{
    static char paths[4][640];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s-%zu", o->folder, name, optimizer);
    return path;
}

/* Write the outcome: the state as a checkpoint, and the next batch. */
static void write_outcome(run *r, const orders *o, const char *name, size_t optimizer)
{
    char batch_name[32];
    const gan_batch *batch;

    expect_ok(gan_checkpoint_save(r->game.trainer, r->it, file_in(o, name, optimizer)));
    snprintf(batch_name, sizeof batch_name, "%s-batch", name);
    while (gan_iterator_next(r->it, &batch) != GAN_OK) {
    }
    scratch_write(file_in(o, batch_name, optimizer), batch->samples,
                  batch->count * r->game.sample * sizeof *batch->samples);
}

TEST_OF_PROCESS(the_other_process, ORDERS)
{
    orders o;

    ck_assert_int_eq(
        sscanf(getenv(ORDERS), "%lu %zu %zu %511s", &o.seed, &o.n_threads, &o.n, o.folder), 4);
    for (size_t i = 0; i < RUN_OPTIMIZERS; i++) {
        run r = run_begin(o.seed, run_optimizers[i], o.n_threads);

        /* The state before loading must not matter. */
        expect_ok(gan_network_initialize(r.game.g, 999));
        expect_ok(gan_network_initialize(r.game.d, 998));
        run_steps(&r, 3);
        expect_ok(gan_checkpoint_load(r.game.trainer, r.it, file_in(&o, "half", i)));
        run_steps(&r, o.n);
        write_outcome(&r, &o, "resumed", i);
        run_end(&r);
    }
}

static void expect_same_files(const char *a, const char *b)
{
    static unsigned char x[40000], y[40000];
    const size_t n = scratch_read(a, x, sizeof x);

    ck_assert_uint_gt(n, 0);
    ck_assert_uint_lt(n, sizeof x);
    ck_assert_uint_eq(scratch_read(b, y, sizeof y), n);
    expect_same_bits(x, y, n);
}

static void remove_outcome(const orders *o, size_t optimizer)
{
    static const char *const names[] = {"half", "whole", "resumed", "whole-batch", "resumed-batch"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_int_eq(remove(file_in(o, names[i], optimizer)), 0);
}

/* One run is uninterrupted, another is resumed half way, with another number of threads. */
static void begin_both(const orders *o, size_t optimizer, int at_end_of_epoch)
{
    run whole = run_begin(o->seed, run_optimizers[optimizer], o->n_threads);
    run half = run_begin(o->seed, run_optimizers[optimizer], 5 - o->n_threads);

    run_steps(&whole, 2 * o->n);
    write_outcome(&whole, o, "whole", optimizer);
    run_steps(&half, o->n);
    ck_assert_int_eq(gan_iterator_position(half.it) == RUN_COUNT, at_end_of_epoch);
    expect_ok(gan_checkpoint_save(half.game.trainer, half.it, file_in(o, "half", optimizer)));
    run_end(&whole);
    run_end(&half);
}

static void stop_and_resume(size_t n, int at_end_of_epoch)
{
    char text[640];
    orders o = {.n = n};

    snprintf(o.folder, sizeof o.folder, "%s", scratch_directory());
    for (o.seed = 1; o.seed <= 3; o.seed++)
        for (o.n_threads = 1; o.n_threads <= 4; o.n_threads++) {
            for (size_t i = 0; i < RUN_OPTIMIZERS; i++) begin_both(&o, i, at_end_of_epoch);
            snprintf(text, sizeof text, "%lu %zu %zu %s", o.seed, o.n_threads, o.n, o.folder);
            ck_assert_int_eq(run_again(ORDERS, text), 0);
            for (size_t i = 0; i < RUN_OPTIMIZERS; i++) {
                expect_same_files(file_in(&o, "whole", i), file_in(&o, "resumed", i));
                expect_same_files(file_in(&o, "whole-batch", i), file_in(&o, "resumed-batch", i));
                remove_outcome(&o, i);
            }
        }
    ck_assert_uint_eq(scratch_count(), 0);
}

TEST(a_run_that_stops_within_an_epoch_goes_on_with_the_same_bits)
{
    stop_and_resume(RUN_EPOCH + 3, 0);
}

TEST(a_run_that_stops_at_the_end_of_an_epoch_goes_on_with_the_same_bits)
{
    stop_and_resume(RUN_EPOCH, 1);
}

TEST(a_run_that_stops_before_its_first_step_goes_on_with_the_same_bits)
{
    stop_and_resume(0, 0);
}
