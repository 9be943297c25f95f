/* test_train_judge.c - which real samples a trainer's discriminator takes for real. */
#include "budget.h"
#include "conditional.h"
#include "expect.h"
#include "game.h"

#include <gan/gan.h>
#include <math.h>
#include <stdlib.h>

enum { BATCH = 20, N = 60, CASES = 6 };

static const struct {
    const char *name;
    gan_loss loss;
    double real_target, fake_target;
    double boundary; /* NaN: there is none */
} cases[CASES] = {
    {"bce", GAN_LOSS_BCE, 0, 0, 0},
    {"minimax", GAN_LOSS_MINIMAX, 0, 0, 0},
    {"relativistic", GAN_LOSS_RELATIVISTIC, 0, 0, 0},
    {"least squares", GAN_LOSS_LEAST_SQUARES, 1.25, -1, 0.125},
    {"hinge", GAN_LOSS_HINGE, 0, 0, 0},
    {"Wasserstein", GAN_LOSS_WASSERSTEIN, 0, 0, (double)NAN},
};

static const net_layer raw_d[] = {LINEAR(6, 13), LEAKY, DROPOUT(0.3f), LINEAR(13, 1), END};
static const net_layer last_sigmoid_d[] = {LINEAR(6, 13), LEAKY,   DROPOUT(0.3f),
                                           LINEAR(13, 1), SIGMOID, END};

static gan_trainer_desc desc_of_case(int i)
{
    return (gan_trainer_desc){GAN_TRAINER_DESC_INIT,
                              .batch_size = BATCH,
                              .seed = 5,
                              .n_threads = 2,
                              .loss = cases[i].loss,
                              .real_target = cases[i].real_target,
                              .fake_target = cases[i].fake_target};
}

static game game_of_case(int i, const net_layer *d)
{
    const gan_trainer_desc desc = desc_of_case(i);
    game x = game_begin(small_g, d, adam, &desc);

    for (uint64_t step = 0; step < 5; step++) play(&x, BATCH, step);
    return x;
}

/* Of more samples than a batch of training has, in plain arithmetic. */
static uint64_t count_above(gan_network *d, const float *real, const float *fake, double boundary)
{
    float outputs[N];
    double mean = 0;
    uint64_t n = 0;

    expect_ok(gan_network_forward(d, fake ? fake : real, N, outputs));
    for (size_t i = 0; fake && i < N; i++) mean += (double)outputs[i] / N;
    expect_ok(gan_network_forward(d, real, N, outputs));
    for (size_t i = 0; i < N; i++) n += (double)outputs[i] - mean > boundary;
    return n;
}

TEST_EACH(samples_are_taken_for_real_above_the_boundary_of_the_objective, 0, CASES)
{
    game x = game_of_case(_i, raw_d);
    float *real = normals(N * x.sample, 70), *fake = normals(N * x.sample, 71);
    const gan_batch a = batch_of(&x, real, N), b = batch_of(&x, fake, N);
    const int relative = cases[_i].loss == GAN_LOSS_RELATIVISTIC;
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};
    uint64_t accepted = 7;

    expect_ok(gan_trainer_stats(x.trainer, &stats));
    if (isnan(cases[_i].boundary)) {
        ck_assert_int_eq(gan_trainer_count_accepted(x.trainer, &a, &b, &accepted), GAN_END);
        ck_assert_uint_eq(accepted, 7);
        ck_assert_int_eq(stats.boundary, GAN_BOUNDARY_NONE);
    } else {
        expect_ok(gan_trainer_count_accepted(x.trainer, &a, relative ? &b : NULL, &accepted));
        ck_assert_uint_eq(accepted,
                          count_above(x.d, real, relative ? fake : NULL, cases[_i].boundary));
        ck_assert(accepted > 0 && accepted < N);
        ck_assert_int_ne(stats.boundary, GAN_BOUNDARY_NONE);
    }
    free(fake);
    free(real);
    game_end(&x);
}

TEST(a_last_sigmoid_is_left_out)
{
    game x = game_of_case(2, last_sigmoid_d), raw = game_of_case(2, raw_d);
    float *real = normals(N * x.sample, 70), *fake = normals(N * x.sample, 71);
    const gan_batch a = batch_of(&x, real, N), b = batch_of(&x, fake, N);
    uint64_t with, without;

    expect_ok(gan_trainer_count_accepted(x.trainer, &a, &b, &with));
    expect_ok(gan_trainer_count_accepted(raw.trainer, &a, &b, &without));
    ck_assert_uint_eq(with, without);
    free(fake);
    free(real);
    game_end(&raw);
    game_end(&x);
}

TEST(the_run_is_left_as_it_was)
{
    game x = game_of_case(0, raw_d), twin = game_of_case(0, raw_d);
    float *real = normals(N * x.sample, 70);
    const gan_batch a = batch_of(&x, real, N);
    uint64_t accepted;

    expect_ok(gan_trainer_count_accepted(x.trainer, &a, NULL, &accepted));
    for (uint64_t step = 5; step < 8; step++) {
        play(&x, BATCH, step);
        play(&twin, BATCH, step);
    }
    expect_same_game(&x, &twin);
    free(real);
    game_end(&twin);
    game_end(&x);
}

/* An auxiliary classifier's logits lie behind the output; labels are read where the discriminator
 * looks at them. */
TEST_EACH(labels_are_read_where_the_discriminator_looks_at_them, 0, RUNS)
{
    const gan_trainer_desc desc = desc_of(_i);
    game x = conditional_game(_i, 1, adam, &desc);
    real_batch b;
    uint64_t accepted;

    make_batch(&b, &x, MOST_ROWS);
    expect_ok(gan_trainer_count_accepted(x.trainer, &b.batch, &b.batch, &accepted));
    ck_assert_uint_le(accepted, MOST_ROWS);
    b.batch.labels = NULL;
    if (gan_network_class_count(x.d) > 0)
        expect_fails(gan_trainer_count_accepted(x.trainer, &b.batch, &b.batch, &accepted),
                     GAN_ERR_INVALID, "label");
    else
        expect_ok(gan_trainer_count_accepted(x.trainer, &b.batch, &b.batch, &accepted));
    free(b.samples);
    game_end(&x);
}

/* ---- what is refused ---- */

TEST(what_is_missing_or_of_another_size_is_refused)
{
    game x = game_of_case(2, raw_d); /* relativistic */
    float *real = normals(N * x.sample, 70);
    const gan_batch good = batch_of(&x, real, N);
    gan_batch empty = good, none = good, other = good;
    uint64_t accepted = 7;

    empty.count = 0;
    none.samples = NULL;
    other.shape = gan_shape_1d(x.sample + 1);
    expect_fails(gan_trainer_count_accepted(NULL, &good, &good, &accepted), GAN_ERR_INVALID,
                 "it is NULL");
    expect_fails(gan_trainer_count_accepted(x.trainer, &good, &good, NULL), GAN_ERR_INVALID,
                 "accepted is NULL");
    expect_fails(gan_trainer_count_accepted(x.trainer, NULL, &good, &accepted), GAN_ERR_INVALID,
                 "real samples expected, got NULL");
    expect_fails(gan_trainer_count_accepted(x.trainer, &empty, &good, &accepted), GAN_ERR_INVALID,
                 "real samples expected, got 0");
    expect_fails(gan_trainer_count_accepted(x.trainer, &good, NULL, &accepted), GAN_ERR_INVALID,
                 "generated samples expected, got NULL");
    expect_fails(gan_trainer_count_accepted(x.trainer, &good, &none, &accepted), GAN_ERR_INVALID,
                 "generated samples expected, got NULL");
    expect_fails(gan_trainer_count_accepted(x.trainer, &other, &good, &accepted), GAN_ERR_SHAPE,
                 "real samples are");
    ck_assert_uint_eq(accepted, 7);
    free(real);
    game_end(&x);
}

/* A host that asks in the middle of a step. */
typedef struct asker {
    gan_trainer **trainer;
    const gan_batch *real;
    gan_status said;
} asker;

static gan_status ask(void *user, const gan_objective_step *step, gan_objective_rows *real,
                      gan_objective_rows *fake)
{
    asker *a = user;
    uint64_t accepted;

    (void)step;
    (void)real;
    (void)fake;
    a->said = gan_trainer_count_accepted(*a->trainer, a->real, NULL, &accepted);
    return GAN_OK;
}

TEST(in_the_middle_of_a_step_it_is_busy)
{
    game x;
    asker a = {.trainer = &x.trainer};
    const gan_objective objective = {GAN_OBJECTIVE_INIT, .name = "asks", .discriminator = ask,
                                     .generator = ask, .user = &a};
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .objective = &objective};

    x = game_begin(small_g, raw_d, adam, &desc);
    float *real = normals(N * x.sample, 70);
    const gan_batch batch = batch_of(&x, real, N);

    a.real = &batch;
    play(&x, BATCH, 0);
    ck_assert_int_eq(a.said, GAN_ERR_BUSY);
    free(real);
    game_end(&x);
}

TEST(an_objective_has_one_of_the_boundaries_or_is_of_a_release_without)
{
    asker a = {0};
    gan_objective objective = {GAN_OBJECTIVE_INIT, .name = "asks", .discriminator = ask,
                               .generator = ask,   .user = &a,     .boundary = (gan_boundary)3};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH,
                                   .objective = &objective};
    game x = small_game();
    gan_trainer *trainer;

    expect_fails(gan_trainer_create(&trainer, x.g, x.d, x.g_opt, x.d_opt, &desc), GAN_ERR_INVALID,
                 "the boundary 3");
    objective.struct_size = offsetof(gan_objective, boundary);
    expect_ok(gan_trainer_create(&trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    gan_trainer_destroy(trainer);
    game_end(&x);
}

TEST(without_memory_nothing_is_counted)
{
    budget b;
    uint64_t accepted = 7;

    budget_init(&b, BUDGET_UNLIMITED);
    gan_trainer_desc desc = desc_of_case(2);
    desc.allocator = &b.allocator;
    desc.n_threads = 1;
    game x = game_begin(small_g, raw_d, adam, &desc);
    float *real = normals(N * x.sample, 70);
    const gan_batch batch = batch_of(&x, real, N);
    const size_t live = budget_live(&b);
    size_t allowed = 0;

    for (;; allowed++) {
        b.left = allowed;
        const gan_status status = gan_trainer_count_accepted(x.trainer, &batch, &batch, &accepted);

        ck_assert_uint_eq(budget_live(&b), live);
        if (status == GAN_OK) break;
        ck_assert_int_eq(status, GAN_ERR_NOMEM);
        ck_assert_uint_eq(accepted, 7);
    }
    ck_assert_uint_gt(allowed, 2);
    b.left = BUDGET_UNLIMITED;
    free(real);
    game_end(&x);
}
