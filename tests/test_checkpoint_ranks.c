/* test_checkpoint_ranks.c - checkpoints of several ranks: one file, which any number of ranks can
 * resume; differences between ranks are named; a failure of one is reported on all. */
#include "expect.h"
#include "game.h"
#include "ranks.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 70, SIZE = 6, MOST = 8, MOST_BYTES = 60000 };

static float samples[SAMPLES * SIZE];

static void make_samples(void)
{
    float *x = normals(SAMPLES * SIZE, 4);

    memcpy(samples, x, sizeof samples);
    free(x);
}
TEST_FIXTURE(make_samples, NULL)

/* A rank's run, with data. */
typedef struct ours {
    game game;
    gan_dataset *data;
    gan_iterator *it;
} ours;

/* How one rank differs from the others. */
typedef struct difference {
    uint64_t seed; /* of the trainer */
    double lr;
    size_t batch; /* of the iterator */
    float weight; /* the generator's first */
    float sample; /* the last number of the data */
} difference;

static ours begin(const gan_communicator *ranks, const difference *own)
{
    static const difference usual = {5, 0.002, 16, 0, 0};
    const difference *d = own ? own : &usual;
    gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .batch_size = d->batch, .shuffle = 1};
    gan_trainer_desc desc = plain_desc;
    float *numbers = malloc(sizeof samples);
    ours o;

    memcpy(numbers, samples, sizeof samples);
    numbers[SAMPLES * SIZE - 1] += d->sample;
    desc.seed = d->seed;
    desc.n_threads = 1;
    desc.shards = MOST;
    desc.communicator = ranks;
    desc.average_decay = 0.9;
    o.game = plain_game(&desc);
    expect_ok(gan_optimizer_set_lr(o.game.d_opt, d->lr));
    if (d->weight > 0) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, o.game.g, 0));
        t.data[0] = d->weight;
    }
    if (ranks) {
        walk.rank = ranks->rank;
        walk.n_ranks = ranks->size;
    }
    expect_ok(gan_dataset_create_floats(&o.data, numbers, NULL, SAMPLES, gan_shape_1d(SIZE), NULL));
    free(numbers);
    expect_ok(gan_iterator_create(&o.it, o.data, &walk));
    return o;
}

static void end(ours *o)
{
    gan_iterator_destroy(o->it);
    gan_dataset_destroy(o->data);
    game_end(&o->game);
}

/* An epoch's last batch has six samples, too few for eight shards. */
static void train(ours *o, size_t steps)
{
    const gan_batch *batch;

    while (steps > 0) {
        const gan_status status = gan_iterator_next(o->it, &batch);

        if (status == GAN_END || batch->count < MOST) continue;
        expect_ok(status);
        expect_ok(gan_train_step(o->game.trainer, batch, NULL));
        steps--;
    }
}

/* ---- resuming with another number of ranks ---- */

typedef struct part {
    const char *from, *to; /* NULL: from the beginning; nowhere */
    size_t steps;
} part;

static int play_part(const gan_communicator *ranks, void *context)
{
    const part *p = context;
    ours o = begin(ranks, NULL);

    if (p->from) expect_ok(gan_checkpoint_load(o.game.trainer, o.it, p->from));
    train(&o, p->steps);
    /* only the first rank's path is written to */
    expect_ok(gan_checkpoint_save(o.game.trainer, o.it,
                                  !ranks || ranks->rank == 0 ? p->to : "/none/of/it"));
    end(&o);
    return 1;
}

static void expect_same_files(const char *a, const char *b)
{
    static unsigned char bytes[2][MOST_BYTES];
    const size_t n = scratch_read(a, bytes[0], MOST_BYTES);

    ck_assert_uint_eq(scratch_read(b, bytes[1], MOST_BYTES), n);
    expect_same_bits(bytes[0], bytes[1], n);
}

TEST(any_number_of_ranks_goes_on_with_a_run)
{
    part whole = {NULL, scratch_path("whole.gan"), 12};
    part parts[] = {{NULL, scratch_path("a.gan"), 3},
                    {scratch_path("a.gan"), scratch_path("b.gan"), 4},
                    {scratch_path("b.gan"), scratch_path("c.gan"), 2},
                    {scratch_path("c.gan"), scratch_path("d.gan"), 3}};

    play_part(NULL, &whole);
    ranks_run(4, play_part, &parts[0]);
    play_part(NULL, &parts[1]);
    ranks_run(8, play_part, &parts[2]);
    ranks_run(2, play_part, &parts[3]);
    expect_same_files(whole.to, parts[3].to);
    ck_assert_uint_eq(scratch_count(), 5);
}

/* ---- what differs ---- */

typedef struct odd_one {
    difference own;
    const char *says;
} odd_one;

static const odd_one odd_ones[] = {
    {{6, 0.002, 16, 0, 0}, "rank 2 has \"seed = 6\", rank 0 \"seed = 5\""},
    {{5, 0.25, 16, 0, 0},
     "rank 2 has \"discriminator_optimizer.current_lr = 0.25\", rank 0 "
     "\"discriminator_optimizer.current_lr = 0.002\""},
    {{5, 0.002, 17, 0, 0},
     "rank 2 has \"iterator.batch_size = 17\", rank 0 "
     "\"iterator.batch_size = 16\""},
    {{5, 0.002, 16, 3, 0}, "rank 2 has \"generator.0.weight = numbers with the digest "},
    {{5, 0.002, 16, 0, 1}, "rank 2 has \"samples = numbers with the digest "},
};

static int compare(const gan_communicator *ranks, void *context)
{
    const odd_one *odd = context;
    ours o = begin(ranks, ranks->rank == 2 ? &odd->own : NULL);

    expect_fails(gan_checkpoint_compare(o.game.trainer, o.it), GAN_ERR_INVALID, odd->says);
    expect_fails(gan_checkpoint_save(o.game.trainer, o.it, scratch_path("odd.gan")),
                 GAN_ERR_INVALID, odd->says);
    end(&o);
    return 1;
}

TEST_EACH(what_differs_between_ranks_is_named_on_all, 0, sizeof odd_ones / sizeof *odd_ones)
{
    (void)scratch_directory();
    (void)scratch_path("odd.gan");
    ranks_run(4, compare, (void *)(size_t)&odd_ones[_i]);
    ck_assert_uint_eq(scratch_count(), 0);
}

static int compare_equals(const gan_communicator *ranks, void *context)
{
    ours o = begin(ranks, NULL);

    (void)context;
    expect_ok(gan_checkpoint_compare(o.game.trainer, o.it));
    expect_ok(gan_checkpoint_compare(o.game.trainer, NULL));
    end(&o);
    return 1;
}

TEST(ranks_that_are_alike_may_go_on)
{
    ranks_run(2, compare_equals, NULL);
    ranks_run(1, compare_equals, NULL);
    expect_fails(gan_checkpoint_compare(NULL, NULL), GAN_ERR_INVALID, "the trainer is NULL");
}

/* ---- failures ---- */

static int fail_to_save(const gan_communicator *ranks, void *context)
{
    ours o = begin(ranks, NULL);

    (void)context;
    expect_fails(gan_checkpoint_save(o.game.trainer, o.it, "/none/of/it"), GAN_ERR_IO,
                 "/none/of/it");
    train(&o, 1);
    end(&o);
    return 1;
}

TEST(a_file_that_cannot_be_written_is_an_error_of_all)
{
    ranks_run(4, fail_to_save, NULL);
}

static int fail_to_load(const gan_communicator *ranks, void *context)
{
    const part *p = context;
    ours o = begin(ranks, NULL), twin = begin(ranks, NULL);

    expect_fails(
        gan_checkpoint_load(o.game.trainer, o.it, ranks->rank == 1 ? "/none/of/it" : p->to),
        GAN_ERR_IO, "/none/of/it");
    expect_same_game(&o.game, &twin.game);
    ck_assert_uint_eq(gan_iterator_position(o.it), 0);
    end(&o);
    end(&twin);
    return 1;
}

TEST(a_file_that_one_rank_cannot_read_changes_none)
{
    part p = {NULL, scratch_path("run.gan"), 3};

    play_part(NULL, &p);
    ranks_run(4, fail_to_load, &p);
}
