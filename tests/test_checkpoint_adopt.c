/* test_checkpoint_adopt.c - runs that are resumed with other settings: the named ones may differ
 * and are reported, any other difference is refused. */
#include "budget.h"
#include "expect.h"
#include "failing.h"
#include "optim/optimizer_internal.h"
#include "run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Replaces the C library's fsync(): many small files need not wait for the disk. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

TEST_FIXTURE(run_folder_begin, run_folder_end)

/* Resume with a NULL-terminated list of names. */
static gan_status resume(run *r, const char *const *names, gan_checkpoint_resume_report *report)
{
    gan_checkpoint_resume_desc desc = {GAN_CHECKPOINT_RESUME_DESC_INIT, .adopt = names,
                                       .report = report};

    while (names[desc.n_adopt]) desc.n_adopt++;
    return gan_checkpoint_resume(r->game.trainer, r->it, run_path, &desc);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Save a run with these settings after n steps. */
static void save_run_of(const run_choice *c, size_t n)
{
    run r = run_of(c);

    run_steps(&r, n);
    expect_ok(save_run(&r));
    run_end(&r);
}

static void expect_refused(run *r, const char *const *names, const char *message)
{
    static run_bytes before, after;
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT, .n_changes = 77};

    read_run(&before, r);
    expect_fails(resume(r, names, &report), GAN_ERR_INVALID, message);
    read_run(&after, r);
    expect_same_bytes(&before, &after);
    ck_assert_uint_eq(report.n_changes, 77);
}

/* It has the file's weights, its own settings, and continues. */
static void expect_resumed(run *r, const run_choice *c)
{
    gan_network *g, *d;
    run again = run_of(c);

    expect_ok(gan_checkpoint_networks(&g, &d, run_path, NULL));
    expect_same_weights(g, r->game.g);
    expect_same_weights(d, r->game.d);
    gan_network_destroy(g);
    gan_network_destroy(d);
    run_steps(r, 3);
    expect_ok(gan_checkpoint_save(r->game.trainer, r->it, path_beside(".other")));
    expect_ok(gan_checkpoint_load(again.game.trainer, again.it, path_beside(".other")));
    run_end(&again);
}

/* ---- one setting at a time ---- */

static const net_layer other_slope_d[] = {LINEAR(6, 13), RELU,    DROPOUT(0.3f),
                                          LINEAR(13, 1), SIGMOID, END};

static OPTIMIZER(nervous_adam, adam, d.lr = 0.002, d.beta1 = 0.5);

/* Without the name it is refused, with the message that is the report with it. */
static void expect_adopted(const run_choice *c, const char *const *names, const char *change)
{
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT};
    run r = run_of(c);

    expect_refused(&r, NAMES("loss"), strstr(change, "; ") ? "in the file" : change);
    expect_ok(resume(&r, names, &report));
    ck_assert_str_eq(report.changes, change);
    ck_assert_uint_eq(report.n_changes, strstr(change, "; ") ? 2 : 1);
    expect_resumed(&r, c);
    run_end(&r);
}

TEST(a_setting_that_is_named_may_differ_and_is_told)
{
    run_choice c = usual_choice();

    save_run_of(&c, 5);
#define ADOPT(change, sentence, ...)                                                               \
    do {                                                                                           \
        c = usual_choice();                                                                        \
        change;                                                                                    \
        expect_adopted(&c, NAMES(__VA_ARGS__), sentence);                                          \
    } while (0)
    ADOPT(c.trainer.batch_size = 100, "batch_size is 8 in the file, 100 here", "batch_size");
    ADOPT(c.trainer.seed = 600, "seed is 6 in the file, 600 here", "seed");
    ADOPT(c.trainer.micro_batch = 4, "micro_batch is not in the file, 4 here", "micro_batch");
    ADOPT(c.trainer.label_flip = 0.25, "label_flip is not in the file, 0.25 here", "label_flip");
    ADOPT(c.trainer.instance_noise = 0.5, "instance_noise is not in the file, 0.5 here",
          "instance_noise");
    ADOPT(c.trainer.on_divergence = GAN_DIVERGENCE_SKIP, "on_divergence is not in the file, 1 here",
          "on_divergence");
    ADOPT(c.d = other_slope_d,
          "discriminator is ...[\"leaky_relu\",0.20000000298023224] in the file, "
          "...[\"relu\"] here",
          "discriminator");
    ADOPT(c.make_opt = nervous_adam,
          "generator_optimizer.beta1 is 0.9 in the file, 0.5 here; "
          "discriminator_optimizer.beta1 is 0.9 in the file, 0.5 here",
          "generator_optimizer.beta1", "discriminator_optimizer.beta*");
    ADOPT(c.iterator.batch_size = 7, "iterator.batch_size is 8 in the file, 7 here",
          "iterator.batch_size");
    ADOPT(c.iterator.drop_last = 1, "iterator.drop_last is 0 in the file, 1 here", "iterator.*");
    ADOPT(c.iterator.seed = 8, "iterator.seed is 7 in the file, 8 here", "iterator.*");
    ADOPT(c.iterator.std[0] = 2, "iterator.std.0 is 1 in the file, 2 here", "iterator.std.0");
    ADOPT(c.count = 51, "iterator.dataset_count is 50 in the file, 51 here",
          "iterator.dataset_count");
#undef ADOPT
}

TEST(a_name_that_does_not_differ_changes_nothing_else)
{
    static run_bytes a, b;
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT, .n_changes = 77};
    run saved = plain_run(), loaded = plain_run();

    run_steps(&saved, 10);
    expect_ok(save_run(&saved));
    expect_ok(resume(&loaded, NAMES("batch_size", "*"), &report));
    ck_assert_uint_eq(report.n_changes, 0);
    ck_assert_str_eq(report.changes, "");
    read_run(&a, &saved);
    read_run(&b, &loaded);
    expect_same_bytes(&a, &b);
    run_end(&saved);
    run_end(&loaded);
}

/* ---- what goes with a setting ---- */

static OPTIMIZER(slower_adam, adam, d.lr = 0.0001);
static OPTIMIZER(plain_sgd, sgd, (void)d);
static OPTIMIZER(heavy_sgd, sgd, d.momentum = 0.9);

static run run_with(opt_maker make_opt)
{
    run_choice c = usual_choice();

    c.make_opt = make_opt;
    return run_of(&c);
}

static void expect_same_moments(const gan_optimizer *a, const gan_optimizer *b)
{
    ck_assert_uint_eq(gan_optimizer_steps(a), gan_optimizer_steps(b));
    for (size_t i = 0; i < 2; i++)
        expect_same_bits(a->moments[i], b->moments[i], a->n_params * sizeof(float));
}

TEST(an_adopted_learning_rate_takes_the_place_of_one_that_was_set)
{
    run saved = run_with(adam), r = run_with(slower_adam);

    expect_ok(gan_optimizer_set_lr(saved.game.g_opt, 0.05));
    run_steps(&saved, 5);
    expect_ok(save_run(&saved));
    expect_refused(&r, NAMES("generator_optimizer.lr"),
                   "discriminator_optimizer.lr is 0.002 in the file, 0.0001 here");
    expect_ok(resume(&r, NAMES("generator_optimizer.lr", "discriminator_optimizer.lr"), NULL));
    expect_same_bits(&(double){gan_optimizer_lr(r.game.g_opt)}, &(double){0.0001}, sizeof(double));
    expect_same_moments(r.game.g_opt, saved.game.g_opt);
    expect_same_moments(r.game.d_opt, saved.game.d_opt);
    expect_same_game(&r.game, &saved.game);
    run_end(&saved);
    run_end(&r);
}

/* The same weights and batches, and an optimizer in its initial state. */
TEST(another_kind_of_optimizer_begins_anew)
{
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT};
    run saved = run_with(adam), r = run_with(heavy_sgd);

    run_steps(&saved, 5);
    expect_ok(save_run(&saved));
    expect_ok(
        resume(&r, NAMES("generator_optimizer.kind", "discriminator_optimizer.kind"), &report));
    ck_assert_str_eq(report.changes, "generator_optimizer.kind is adam in the file, sgd here; "
                                     "discriminator_optimizer.kind is adam in the file, sgd here");
    expect_same_weights(r.game.g, saved.game.g);
    ck_assert_uint_eq(gan_optimizer_steps(r.game.g_opt), 0);
    ck_assert(r.game.g_opt->settings[0] == 0.01);
    for (size_t i = 0; i < r.game.g_opt->n_params; i++) ck_assert(r.game.g_opt->moments[0][i] == 0);
    run_steps(&r, 1);
    ck_assert_uint_eq(gan_optimizer_steps(r.game.g_opt), 1);
    run_end(&saved);
    run_end(&r);
}

TEST(momentum_comes_and_goes)
{
    const char *const *names =
        NAMES("generator_optimizer.momentum", "discriminator_optimizer.momentum");
    run plain = run_with(plain_sgd), heavy = run_with(heavy_sgd);

    run_steps(&heavy, 5);
    expect_ok(save_run(&heavy));
    expect_refused(&plain, NAMES("loss"), "momentum is 0.9 in the file, 0 here");
    expect_ok(resume(&plain, names, NULL));
    expect_same_game(&plain.game, &heavy.game);
    run_steps(&plain, 2);
    expect_ok(save_run(&plain));
    expect_ok(resume(&heavy, names, NULL));
    expect_same_game(&plain.game, &heavy.game);
    run_steps(&heavy, 2);
    run_end(&plain);
    run_end(&heavy);
}

/* A game with raw outputs and its run, which is resumed with another loss, penalty or average, both
 * ways. */
static const net_layer raw_d[] = {LINEAR(6, 13), LEAKY, DROPOUT(0.3f), LINEAR(13, 1), END};

static run_choice raw_choice(gan_loss loss, gan_penalty_kind penalty, double decay)
{
    static gan_penalty_desc penalties[] = {
        {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_NONE},
        {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_WGAN_GP, .weight = 3},
        {GAN_PENALTY_DESC_INIT, .kind = GAN_PENALTY_R1, .weight = 2}};
    run_choice c = usual_choice();

    c.d = raw_d;
    c.trainer.loss = loss;
    c.trainer.penalty = penalty == GAN_PENALTY_NONE ? NULL : &penalties[penalty];
    c.trainer.average_decay = decay;
    return c;
}

TEST(losses_penalties_and_averages_change_both_ways)
{
    static const gan_loss losses[] = {GAN_LOSS_BCE, GAN_LOSS_RELATIVISTIC, GAN_LOSS_WASSERSTEIN};
    static const gan_penalty_kind penalties[] = {GAN_PENALTY_NONE, GAN_PENALTY_WGAN_GP,
                                                 GAN_PENALTY_R1};
    static const double decays[] = {0, 0.9, 0.5};

    for (size_t from = 0; from < 3; from++)
        for (size_t to = 0; to < 3; to++) {
            const run_choice old = raw_choice(losses[from], penalties[from], decays[from]);
            const run_choice new = raw_choice(losses[to], penalties[to], decays[to]);
            gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT};
            run r = run_of(&new);

            save_run_of(&old, 4);
            if (from != to) expect_refused(&r, NAMES("loss", "penalty"), "average_decay is ");
            if (from != to) expect_refused(&r, NAMES("penalty", "average_decay"), "loss is ");
            expect_ok(resume(&r,
                             from == to ? NAMES("loss") : NAMES("loss", "penalty", "average_decay"),
                             &report));
            ck_assert_uint_eq(report.n_changes, from == to ? 0 : 3);
            expect_resumed(&r, &new);
            run_end(&r);
        }
}

TEST(an_average_that_is_new_begins_with_the_weights_of_the_file)
{
    const run_choice without = raw_choice(GAN_LOSS_BCE, GAN_PENALTY_NONE, 0),
                     with = raw_choice(GAN_LOSS_BCE, GAN_PENALTY_NONE, 0.9),
                     slower = raw_choice(GAN_LOSS_BCE, GAN_PENALTY_NONE, 0.99);
    run r = run_of(&with), other = run_of(&slower);

    save_run_of(&without, 4);
    expect_ok(resume(&r, NAMES("average_decay"), NULL));
    expect_same_weights(gan_trainer_average(r.game.trainer), r.game.g);
    run_steps(&r, 4);
    expect_ok(save_run(&r));
    expect_ok(resume(&other, NAMES("average_decay"), NULL)); /* there is one already */
    expect_same_weights(gan_trainer_average(r.game.trainer),
                        gan_trainer_average(other.game.trainer));
    run_end(&other);
    run_end(&r);
}

TEST(a_run_with_every_option_becomes_a_plain_one)
{
    run rich = run_begin(RUN_EVERY_OPTION, adam, 1), plain;
    const char *const *names = NAMES(
        "loss", "seed", "generator*", "discriminator*", "average*", "auxiliary*", "class*",
        "real_target", "label_flip", "d_steps_per_g", "micro_batch", "latent", "on_divergence",
        "instance_noise", "instance_noise_steps", "iterator.seed", "libgan.checksum");
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT};

    run_steps(&rich, 5);
    expect_ok(save_run(&rich));
    plain = plain_run();
    expect_refused(&plain, names, "\"libgan.checksum\" names nothing in the file");
    expect_ok(resume(&plain, NAMES("*"), &report));
    ck_assert_uint_gt(report.n_changes, 20);
    ck_assert_uint_lt(strlen(report.changes), sizeof report.changes);
    ck_assert_str_eq(report.changes + strlen(report.changes) - 3, "...");
    run_steps(&plain, 5);
    run_end(&plain);
    run_end(&rich);
}

/* ---- batches ---- */

TEST(with_other_batches_an_epoch_goes_on_where_one_begins)
{
    static const struct {
        size_t steps, batch, count, position;
    } cases[] = {{3, 7, 50, 21},  {3, 16, 50, 16}, {3, 12, 50, 24}, {7, 7, 50, 50},
                 {6, 49, 50, 48}, {5, 30, 50, 30}, {3, 8, 20, 20},  {7, 16, 90, 48}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_choice c = usual_choice();
        run r;

        save_run_of(&c, cases[i].steps);
        c.trainer.batch_size = 64;
        c.iterator.batch_size = cases[i].batch;
        c.count = cases[i].count;
        r = run_of(&c);
        expect_ok(
            resume(&r, NAMES("batch_size", "iterator.batch_size", "iterator.dataset_count"), NULL));
        ck_assert_msg(gan_iterator_position(r.it) == cases[i].position, "case %zu: %zu", i,
                      gan_iterator_position(r.it));
        ck_assert_uint_eq(gan_iterator_epoch(r.it), 0);
        run_steps(&r, 12);
        run_end(&r);
    }
}

/* ---- what is refused ---- */

TEST(names_that_nothing_has_are_mistakes)
{
    run_choice c = usual_choice();
    gan_checkpoint_resume_report bad_report = {.struct_size = 8};
    gan_checkpoint_resume_desc bad = {.struct_size = 8};
    run r;

    save_run_of(&c, 2);
    c.trainer.batch_size = 100;
    r = run_of(&c);
    expect_refused(&r, NAMES("batch_size", "learning_rate"),
                   "adopt: \"learning_rate\" names nothing in the file and nothing here");
    expect_refused(&r, NAMES("batch_size*", "batch_sizes"), "\"batch_sizes\" names nothing");
    expect_refused(&r, NAMES("batch_size", "libgan.version"), "\"libgan.version\" names nothing");
    expect_refused(&r, NAMES("batch_size", ""), "name 1 of 2 is empty");
    expect_fails(gan_checkpoint_resume(r.game.trainer, r.it, run_path,
                                       &(gan_checkpoint_resume_desc){
                                           GAN_CHECKPOINT_RESUME_DESC_INIT,
                                           .adopt = (const char *const[]){NULL}, .n_adopt = 1}),
                 GAN_ERR_INVALID, "name 0 of 1 is NULL");
    expect_fails(gan_checkpoint_resume(
                     r.game.trainer, r.it, run_path,
                     &(gan_checkpoint_resume_desc){GAN_CHECKPOINT_RESUME_DESC_INIT, .n_adopt = 1}),
                 GAN_ERR_INVALID, "adopt is NULL, n_adopt is 1");
    expect_fails(gan_checkpoint_resume(r.game.trainer, r.it, run_path, &bad), GAN_ERR_INVALID,
                 "struct_size is 8");
    expect_fails(resume(&r, NAMES("batch_size"), &bad_report), GAN_ERR_INVALID, "struct_size is 8");
    expect_fails(gan_checkpoint_resume(NULL, r.it, run_path, NULL), GAN_ERR_INVALID, "trainer is");
    expect_fails(gan_checkpoint_resume(r.game.trainer, r.it, NULL, NULL), GAN_ERR_INVALID, "path");
    expect_fails(gan_checkpoint_resume_from(r.game.trainer, r.it, NULL, NULL), GAN_ERR_INVALID,
                 "the reader");
    expect_fails(gan_checkpoint_resume(r.game.trainer, NULL, run_path, NULL), GAN_ERR_INVALID,
                 "saved with an iterator, and is loaded without one");
    run_end(&r);
}

TEST(tensors_of_another_shape_are_still_refused)
{
    static const net_layer wider_g[] = {LINEAR(3, 12), LEAKY, DROPOUT(0.2f),
                                        LINEAR(12, 6), TANH,  END};
    run_choice c = usual_choice();
    run r;

    save_run_of(&c, 2);
    c.g = wider_g;
    r = run_of(&c);
    expect_status(resume(&r, NAMES("generator"), NULL), GAN_ERR_FORMAT);
    expect_error_says("\"generator.0.weight\" is F32 [11, 3], F32 [12, 3] expected");
    run_end(&r);
}

/* ---- from memory, and without ---- */

TEST(a_reader_that_fails_after_any_byte_changes_nothing)
{
    static run_bytes file, before, after;
    const char *const names[] = {"batch_size"};
    const gan_checkpoint_resume_desc desc = {GAN_CHECKPOINT_RESUME_DESC_INIT, .adopt = names,
                                             .n_adopt = 1};
    run saved = small_run(), r = small_run();
    gan_trainer_desc settings = usual_choice().trainer;

    run_steps(&saved, 2);
    expect_ok(save_run(&saved));
    read_bytes(&file, run_path);
    gan_trainer_destroy(r.game.trainer);
    settings.batch_size = 9;
    expect_ok(gan_trainer_create(&r.game.trainer, r.game.g, r.game.d, r.game.g_opt, r.game.d_opt,
                                 &settings));
    read_run(&before, &r);
    for (size_t k = 0; k < file.n; k++) {
        failing_stream x;
        const gan_reader from = failing_reader(&x, file.at, file.n, k),
                         cut = gan_reader_memory(file.at, k);

        expect_status(gan_checkpoint_resume_from(r.game.trainer, r.it, &from, &desc), GAN_ERR_IO);
        expect_status(gan_checkpoint_resume_from(r.game.trainer, r.it, &cut, &desc),
                      GAN_ERR_FORMAT);
    }
    read_run(&after, &r);
    expect_same_bytes(&before, &after);
    expect_ok(gan_checkpoint_resume_from(
        r.game.trainer, r.it, &(gan_reader){.bytes = file.at, .n_bytes = file.n}, &desc));
    expect_same_game(&r.game, &saved.game);
    run_end(&saved);
    run_end(&r);
}

TEST(without_memory_nothing_is_adopted)
{
    static run_bytes before, after;
    run_choice c = usual_choice();
    size_t allowed = 0;
    budget b;
    run r;

    save_run_of(&c, 2);
    budget_init(&b, BUDGET_UNLIMITED);
    c.trainer.allocator = &b.allocator;
    c.trainer.batch_size = 9;
    r = run_of(&c);
    read_run(&before, &r);
    for (;; allowed++) {
        gan_status status;

        b.left = allowed;
        status = resume(&r, NAMES("batch_size"), NULL);
        b.left = BUDGET_UNLIMITED;
        if (status == GAN_OK) break;
        expect_fails(status, GAN_ERR_NOMEM, "memory");
        read_run(&after, &r);
        expect_same_bytes(&before, &after);
    }
    ck_assert_uint_gt(allowed, 10);
    run_end(&r);
    ck_assert_uint_eq(budget_live(&b), 0);
}
