/* test_train_judge.c - the outputs of a trainer's discriminator for samples that it isn't trained
 * on. */
#include "budget.h"
#include "conditional.h"
#include "expect.h"
#include "game.h"

#include <gan/gan.h>
#include <stdlib.h>

enum { BATCH = 20, N = 60 };

static const net_layer raw_d[] = {LINEAR(6, 13), LEAKY, DROPOUT(0.3f), LINEAR(13, 1), END};
static const net_layer last_sigmoid_d[] = {LINEAR(6, 13), LEAKY,   DROPOUT(0.3f),
                                           LINEAR(13, 1), SIGMOID, END};

static game trained_game(const net_layer *d, const gan_allocator *allocator)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .seed = 5,
                                   .n_threads = allocator ? 1 : 2, .allocator = allocator};
    game x = game_begin(small_g, d, adam, &desc);

    for (uint64_t step = 0; step < 5; step++) play(&x, BATCH, step);
    return x;
}

TEST(outputs_are_those_of_the_network_for_more_samples_than_a_batch)
{
    game x = trained_game(raw_d, NULL);
    float *samples = normals(N * x.sample, 70), found[N], wanted[N];
    const gan_batch batch = batch_of(&x, samples, N);

    expect_ok(gan_trainer_outputs(x.trainer, &batch, found));
    expect_ok(gan_network_forward(x.d, samples, N, wanted));
    expect_same_bits(found, wanted, sizeof found);
    free(samples);
    game_end(&x);
}

TEST(a_last_sigmoid_is_left_out)
{
    game x = trained_game(last_sigmoid_d, NULL), raw = trained_game(raw_d, NULL);
    float *samples = normals(N * x.sample, 70), with[N], without[N];
    const gan_batch batch = batch_of(&x, samples, N);

    expect_ok(gan_trainer_outputs(x.trainer, &batch, with));
    expect_ok(gan_trainer_outputs(raw.trainer, &batch, without));
    expect_same_bits(with, without, sizeof with);
    free(samples);
    game_end(&raw);
    game_end(&x);
}

TEST(the_run_is_left_as_it_was)
{
    game x = trained_game(raw_d, NULL), twin = trained_game(raw_d, NULL);
    float *samples = normals(N * x.sample, 70), outputs[N];
    const gan_batch batch = batch_of(&x, samples, N);

    expect_ok(gan_trainer_outputs(x.trainer, &batch, outputs));
    for (uint64_t step = 5; step < 8; step++) {
        play(&x, BATCH, step);
        play(&twin, BATCH, step);
    }
    expect_same_game(&x, &twin);
    free(samples);
    game_end(&twin);
    game_end(&x);
}

/* An auxiliary classifier's logits follow the output; labels are read if the discriminator uses
 * them. */
TEST_EACH(labels_are_read_where_the_discriminator_looks_at_them, 0, RUNS)
{
    const gan_trainer_desc desc = desc_of(_i);
    game x = conditional_game(_i, 1, adam, &desc);
    const size_t stride = gan_shape_size(gan_network_output_shape(x.d));
    const int reads = gan_network_class_count(x.d) > 0;
    float found[MOST_ROWS], *wanted = malloc(MOST_ROWS * stride * sizeof *wanted);
    real_batch b;

    make_batch(&b, &x, MOST_ROWS);
    expect_ok(gan_trainer_outputs(x.trainer, &b.batch, found));
    expect_ok(
        gan_network_forward_labels(x.d, b.samples, reads ? b.labels : NULL, MOST_ROWS, wanted));
    for (size_t i = 0; i < MOST_ROWS; i++)
        expect_same_bits(&found[i], &wanted[i * stride], sizeof *found);
    b.batch.labels = NULL;
    if (reads)
        expect_fails(gan_trainer_outputs(x.trainer, &b.batch, found), GAN_ERR_INVALID, "label");
    else
        expect_ok(gan_trainer_outputs(x.trainer, &b.batch, found));
    free(wanted);
    free(b.samples);
    game_end(&x);
}

/* ---- boundaries ---- */

TEST_EACH(figures_say_whether_the_objective_has_a_boundary, 0, 6)
{
    static const gan_boundary wanted[] = {[GAN_LOSS_BCE] = GAN_BOUNDARY_ZERO,
                                          [GAN_LOSS_MINIMAX] = GAN_BOUNDARY_ZERO,
                                          [GAN_LOSS_RELATIVISTIC] = GAN_BOUNDARY_ZERO,
                                          [GAN_LOSS_LEAST_SQUARES] = GAN_BOUNDARY_TARGETS,
                                          [GAN_LOSS_HINGE] = GAN_BOUNDARY_ZERO,
                                          [GAN_LOSS_WASSERSTEIN] = GAN_BOUNDARY_NONE};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH,
                                   .loss = (gan_loss)_i};
    game x = game_begin(small_g, raw_d, adam, &desc);
    gan_train_stats stats = {GAN_TRAIN_STATS_INIT};

    play(&x, BATCH, 0);
    expect_ok(gan_trainer_stats(x.trainer, &stats));
    ck_assert_int_eq(stats.boundary, wanted[_i]);
    game_end(&x);
}

/* ---- what is refused ---- */

TEST(what_is_missing_or_of_another_size_is_refused)
{
    game x = trained_game(raw_d, NULL);
    float *samples = normals(N * x.sample, 70), outputs[N];
    const gan_batch good = batch_of(&x, samples, N);
    gan_batch empty = good, none = good, other = good;

    empty.count = 0;
    none.samples = NULL;
    other.shape = gan_shape_1d(x.sample + 1);
    expect_fails(gan_trainer_outputs(NULL, &good, outputs), GAN_ERR_INVALID, "it is NULL");
    expect_fails(gan_trainer_outputs(x.trainer, &good, NULL), GAN_ERR_INVALID, "outputs is NULL");
    expect_fails(gan_trainer_outputs(x.trainer, NULL, outputs), GAN_ERR_INVALID,
                 "samples expected, got NULL");
    expect_fails(gan_trainer_outputs(x.trainer, &none, outputs), GAN_ERR_INVALID,
                 "samples expected, got NULL");
    expect_fails(gan_trainer_outputs(x.trainer, &empty, outputs), GAN_ERR_INVALID,
                 "samples expected, got 0");
    expect_fails(gan_trainer_outputs(x.trainer, &other, outputs), GAN_ERR_SHAPE, "samples are");
    free(samples);
    game_end(&x);
}

/* A host that calls it in the middle of a step. */
typedef struct asker {
    gan_trainer **trainer;
    const gan_batch *samples;
    gan_status said;
} asker;

static gan_status ask(void *user, const gan_objective_step *step, gan_objective_rows *real,
                      gan_objective_rows *fake)
{
    asker *a = user;
    float outputs[N];

    (void)step;
    (void)real;
    (void)fake;
    a->said = gan_trainer_outputs(*a->trainer, a->samples, outputs);
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

    a.samples = &batch;
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

TEST(without_memory_nothing_is_put_out)
{
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    game x = trained_game(raw_d, &b.allocator);
    float *samples = normals(N * x.sample, 70), outputs[N] = {7};
    const gan_batch batch = batch_of(&x, samples, N);
    const size_t live = budget_live(&b);
    size_t allowed = 0;

    for (;; allowed++) {
        b.left = allowed;
        const gan_status status = gan_trainer_outputs(x.trainer, &batch, outputs);

        ck_assert_uint_eq(budget_live(&b), live);
        if (status == GAN_OK) break;
        ck_assert_int_eq(status, GAN_ERR_NOMEM);
        ck_assert(outputs[0] == 7);
    }
    ck_assert_uint_gt(allowed, 2);
    b.left = BUDGET_UNLIMITED;
    free(samples);
    game_end(&x);
}
