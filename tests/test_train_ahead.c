/* test_train_ahead.c - the generator runs while the discriminator's gradients are exchanged between ranks: when it
 * does, the same bits as in one process, other transports, and failures meanwhile.  Runs of every kind are in
 * test_train_shards.c. */
#include "expect.h"
#include "game.h"
#include "ranks.h"

#include <stdlib.h>
#include <string.h>

enum { RANKS = 2, SHARDS = 4, BATCH = 20, STEPS = 3, SAMPLE = 6 };

/* The variants of a rank's communicator. */
typedef enum transport { WHOLE, BLOCKING, OLDER } transport;

/* A run, and its result. */
typedef struct run {
    const net_layer *g, *d;
    void (*choose)(gan_trainer_desc *desc);
    int apart; /* the halves are separate calls */
    transport transport;
    float *weights;
    size_t n;
} run;

/* ---- a run ---- */

/* As from a host built when the record was shorter. */
typedef struct older_communicator {
    size_t struct_size, rank, size;
    void *user;
    gan_exchange_fn all_to_all, all_gather;
    gan_broadcast_fn broadcast;
} older_communicator;

typedef union record {
    gan_communicator c;
    older_communicator older;
} record;

/* Memory after an older record must not be read. */
static void make_record(record *out, const gan_communicator *ranks, transport kind)
{
    const gan_communicator c = kind == BLOCKING ? ranks_blocking(ranks) : *ranks;

    memset(out, 0xff, sizeof *out);
    if (kind == OLDER)
        out->older = (older_communicator){sizeof out->older, c.rank,       c.size,     c.user,
                                          c.all_to_all,      c.all_gather, c.broadcast};
    else
        out->c = c;
}

static game begin(const run *r, const gan_communicator *ranks)
{
    gan_trainer_desc desc = plain_desc;

    desc.shards = SHARDS;
    desc.n_threads = 1;
    desc.communicator = ranks;
    if (r->choose) r->choose(&desc);
    return game_begin(r->g ? r->g : plain_g, r->d ? r->d : plain_d, adam, &desc);
}

static void play_apart(const game *x, uint64_t which)
{
    float *samples = normals(BATCH * SAMPLE, which);
    const gan_batch b = batch_of(x, samples, BATCH);

    expect_ok(gan_train_discriminator_step(x->trainer, &b, NULL, NULL, NULL));
    expect_ok(gan_train_generator_step(x->trainer, BATCH, NULL, NULL, NULL));
    free(samples);
}

static float *weights_of(const game *x, size_t *n)
{
    size_t n_g, n_d;
    float *g = net_weights(x->g, &n_g), *d = net_weights(x->d, &n_d);

    g = realloc(g, (n_g + n_d) * sizeof *g);
    memcpy(g + n_g, d, n_d * sizeof *g);
    free(d);
    *n = n_g + n_d;
    return g;
}

static int play_run(const gan_communicator *ranks, void *context)
{
    run *r = context;
    record c;
    game x;

    if (ranks) make_record(&c, ranks, r->transport);
    x = begin(r, ranks ? &c.c : NULL);
    for (size_t i = 0; i < STEPS; i++) {
        if (r->apart)
            play_apart(&x, i);
        else
            play(&x, BATCH, i);
    }
    if (!ranks || ranks->rank == 0) r->weights = weights_of(&x, &r->n);
    game_end(&x);
    return 1;
}

/* Train on ranks, and alone; return how often the ranks called proceed() meanwhile. */
static size_t play_both(const run *wanted)
{
    run alone = *wanted, together = *wanted;

    play_run(NULL, &alone);
    ranks_run(RANKS, play_run, &together);
    expect_same_bits(alone.weights, together.weights, alone.n * sizeof(float));
    free(alone.weights);
    free(together.weights);
    return ranks_between();
}

/* ---- when it does ---- */

static void choose_two_threads(gan_trainer_desc *desc)
{
    desc->n_threads = 2;
}

static void choose_two_steps(gan_trainer_desc *desc)
{
    desc->d_steps_per_g = 2;
}

static void choose_relative(gan_trainer_desc *desc)
{
    desc->loss = GAN_LOSS_RELATIVISTIC;
}

static void choose_noise(gan_trainer_desc *desc)
{
    desc->instance_noise = 0.1;
}

static gan_status look_at(void *user, gan_train_gradients *g)
{
    (void)user;
    (void)g;
    return GAN_OK;
}

static void choose_host(gan_trainer_desc *desc)
{
    desc->on_gradients = look_at;
}

TEST(the_generator_runs_while_gradients_are_on_their_way)
{
    const run at_once = {.choose = NULL}, in_turn = {.g = small_g, .d = small_d};
    const run threads = {.choose = choose_two_threads}, relative = {.choose = choose_relative};

    ck_assert_uint_gt(play_both(&at_once), 0);
    ck_assert_uint_gt(play_both(&in_turn), 0);
    ck_assert_uint_gt(play_both(&threads), 0);
    ck_assert_uint_gt(play_both(&relative), 0);
}

/* Of three discriminator steps one is followed by the generator's. */
TEST(only_the_step_before_the_generators_is_made_use_of)
{
    const run one = {.choose = NULL}, two = {.choose = choose_two_steps};
    const size_t of_all = play_both(&one);

    ck_assert_uint_eq(play_both(&two) * STEPS, of_all);
}

TEST(the_generator_waits_where_it_depends_on_the_update_or_on_the_host)
{
    const run apart = {.apart = 1}, noise = {.choose = choose_noise};
    const run host = {.choose = choose_host};

    ck_assert_uint_eq(play_both(&apart), 0);
    ck_assert_uint_eq(play_both(&noise), 0);
    ck_assert_uint_eq(play_both(&host), 0);
}

/* ---- transports ---- */

TEST(a_transport_that_only_waits_is_as_good)
{
    const run blocking = {.transport = BLOCKING}, older = {.transport = OLDER};

    ck_assert_uint_eq(play_both(&blocking), 0);
    ck_assert_uint_eq(play_both(&older), 0);
}

static gan_status never(void *user, int wait, int *done)
{
    (void)user, (void)wait, (void)done;
    return GAN_ERR_IO;
}

TEST(a_transport_has_all_three_or_none)
{
    static const char *const says[] = {"begin_all_to_all is NULL", "begin_all_gather is NULL",
                                       "proceed is NULL"};

    for (size_t i = 0; i < 3; i++) {
        gan_communicator c = ranks_unreachable(RANKS);
        gan_trainer_desc desc = plain_desc;
        game x = plain_game(&desc);
        gan_trainer *t = NULL;

        if (i != 0) c.begin_all_to_all = c.all_to_all;
        if (i != 1) c.begin_all_gather = c.all_gather;
        if (i != 2) c.proceed = never;
        desc.communicator = &c;
        expect_fails(gan_trainer_create(&t, x.g, x.d, x.g_opt, x.d_opt, &desc), GAN_ERR_INVALID,
                     says[i]);
        game_end(&x);
    }
}

/* ---- failures meanwhile ---- */

/* A transport that fails once, on all ranks or one, and must not be called after that. */
typedef struct faulty {
    gan_communicator inner;
    const char *fails; /* which function */
    size_t calls;      /* the number of calls that succeed */
    int failed;
} faulty;

static int is_now(faulty *f, const char *function)
{
    ck_assert_msg(!f->failed, "%s is called after a failure", function);
    f->failed = strcmp(f->fails, function) == 0 && f->calls-- == 0;
    return f->failed;
}

static gan_status faulty_gather(void *user, const void *send, void *receive, size_t bytes)
{
    faulty *f = user;

    ck_assert(!f->failed);
    return f->inner.all_gather(f->inner.user, send, receive, bytes);
}

static gan_status faulty_begin(void *user, const void *send, void *receive, size_t bytes)
{
    faulty *f = user;

    if (is_now(f, "begin_all_to_all")) return GAN_ERR_IO;
    return f->inner.begin_all_to_all(f->inner.user, send, receive, bytes);
}

static gan_status faulty_begin_gather(void *user, const void *send, void *receive, size_t bytes)
{
    faulty *f = user;

    if (is_now(f, "begin_all_gather")) return GAN_ERR_IO;
    return f->inner.begin_all_gather(f->inner.user, send, receive, bytes);
}

static gan_status faulty_proceed(void *user, int wait, int *done)
{
    faulty *f = user;

    if (is_now(f, "proceed")) return GAN_ERR_IO;
    return f->inner.proceed(f->inner.user, wait, done);
}

typedef struct fault {
    const char *function;
    size_t calls;
    int by_one; /* the first rank alone gets it; the others see that it has ended */
} fault;

/* The first rank is the last to begin, and others would read its memory. */
static const fault faults[] = {
    {"begin_all_to_all", 0, 0},
    {"proceed", 0, 0},
    {"begin_all_gather", 0, 0},
    {"begin_all_to_all", 0, 1},
};

static int fail_in_first_step(const gan_communicator *ranks, void *context)
{
    const fault *what = context;
    const int mine = !what->by_one || ranks->rank == 0;
    const run r = {.choose = NULL};
    faulty f = {*ranks, mine ? what->function : "", what->calls, 0};
    gan_communicator c = *ranks;
    float *samples, *before, *after;
    gan_batch b;
    size_t n;
    game x;

    c.user = &f;
    c.all_gather = faulty_gather;
    c.begin_all_to_all = faulty_begin;
    c.begin_all_gather = faulty_begin_gather;
    c.proceed = faulty_proceed;
    x = begin(&r, &c);
    samples = normals(BATCH * SAMPLE, 1);
    b = batch_of(&x, samples, BATCH);
    before = weights_of(&x, &n);
    expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_IO,
                 mine ? what->function : "proceed");
    after = weights_of(&x, &n);
    expect_same_bits(before, after, n * sizeof *before);
    ck_assert_uint_eq(gan_optimizer_steps(x.d_opt), 0);
    ck_assert_int_eq(f.failed, mine);
    free(before);
    free(after);
    free(samples);
    game_end(&x);
    return 0;
}

TEST_EACH(a_transport_that_fails_is_an_error_of_the_step, 0, sizeof faults / sizeof *faults)
{
    ranks_run(RANKS, fail_in_first_step, (void *)(size_t)&faults[_i]);
}

/* With that learning rate the update is refused, and the generated samples are discarded. */
static int refuse_an_update(const gan_communicator *ranks, void *context)
{
    run *r = context;
    game x = begin(r, ranks);
    float *samples = normals(BATCH * SAMPLE, 7);
    const gan_batch b = batch_of(&x, samples, BATCH);

    play(&x, BATCH, 0);
    expect_ok(gan_optimizer_set_lr(x.d_opt, 1e39));
    expect_fails(gan_train_step(x.trainer, &b, NULL), GAN_ERR_NONFINITE, "would not stay finite");
    expect_ok(gan_optimizer_set_lr(x.d_opt, 0.002));
    expect_ok(gan_train_generator_step(x.trainer, BATCH, NULL, NULL, NULL));
    for (size_t i = 1; i < STEPS; i++) play(&x, BATCH, i);
    if (!ranks || ranks->rank == 0) r->weights = weights_of(&x, &r->n);
    free(samples);
    game_end(&x);
    return 1;
}

TEST_EACH(an_update_that_is_refused_leaves_no_trace, 0, 2)
{
    static const struct {
        const net_layer *g, *d;
    } networks[] = {{plain_g, plain_d}, {small_g, small_d}};
    run alone = {.g = networks[_i].g, .d = networks[_i].d}, together = alone;

    refuse_an_update(NULL, &alone);
    ranks_run(RANKS, refuse_an_update, &together);
    ck_assert_uint_gt(ranks_between(), 0);
    expect_same_bits(alone.weights, together.weights, alone.n * sizeof(float));
    free(alone.weights);
    free(together.weights);
}
