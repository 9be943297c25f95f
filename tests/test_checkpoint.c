/* test_checkpoint.c - saving, loading, earlier checkpoints, and which settings may differ. */
#include "expect.h"
#include "file/state_internal.h"
#include "network/network_internal.h"
#include "optim/optimizer_internal.h"
#include "run.h"
#include "train/train_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Replaces the C library's fsync(): hundreds of small files need not wait for the disk. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

/* ---- What is saved ---- */

TEST_FIXTURE(run_folder_begin, run_folder_end)

TEST(a_loaded_run_is_the_one_that_was_saved)
{
    static run_bytes a, b;
    run saved = plain_run(), loaded = plain_run();

    run_steps(&saved, 10);
    expect_ok(save_run(&saved));
    expect_ok(load_run(&loaded));
    expect_same_game(&saved.game, &loaded.game);
    ck_assert_uint_eq(gan_iterator_epoch(loaded.it), 1);
    ck_assert_uint_eq(gan_iterator_position(loaded.it), 3 * RUN_BATCH);
    read_run(&a, &saved);
    read_run(&b, &loaded);
    expect_same_bytes(&a, &b);
    run_end(&saved);
    run_end(&loaded);
}

static game make_game_with_buffers(void)
{
    game x = {.latent = 3, .sample = 6, .g_opt = adam(), .d_opt = adam()};

    x.g = gan_network_create(gan_shape_1d(3), NULL);
    gan_network_add(x.g, gan_layer_linear(3, 9));
    gan_network_add(x.g, gan_layer_batch_norm(9, NULL));
    gan_network_add(x.g, gan_layer_relu());
    gan_network_add(x.g, gan_layer_linear(9, 6));
    x.d = net_seeded(6, small_d, 4);
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &small_desc));
    return x;
}

TEST(buffers_are_saved_and_loaded)
{
    game saved = make_game_with_buffers(), loaded = make_game_with_buffers();
    gan_tensor a, b;
    gan_network *g;

    for (uint64_t i = 0; i < 4; i++) play(&saved, 8, i);
    expect_ok(gan_checkpoint_save(saved.trainer, NULL, run_path));
    play(&loaded, 8, 9);
    expect_ok(gan_checkpoint_load(loaded.trainer, NULL, run_path));
    expect_ok(gan_network_find(&a, saved.g, "1.running_mean"));
    expect_ok(gan_network_find(&b, loaded.g, "1.running_mean"));
    expect_same_bits(a.data, b.data, a.size * sizeof *a.data);
    ck_assert_int_eq(a.trainable, 0);
    play(&saved, 8, 5);
    play(&loaded, 8, 5);
    expect_same_game(&saved, &loaded);
    expect_same_bits(a.data, b.data, a.size * sizeof *a.data);
    expect_ok(gan_checkpoint_save(saved.trainer, NULL, run_path));
    expect_ok(gan_checkpoint_networks(&g, NULL, run_path, NULL));
    expect_ok(gan_network_find(&b, g, "1.running_mean"));
    expect_same_bits(a.data, b.data, a.size * sizeof *a.data);
    gan_network_destroy(g);
    game_end(&saved);
    game_end(&loaded);
}

TEST(saving_leaves_the_run_as_it_was)
{
    static run_bytes a, b;
    run r = plain_run(), other = plain_run();

    run_steps(&r, 3);
    expect_ok(save_run(&r));
    expect_ok(save_run(&r));
    run_steps(&r, 4);
    run_steps(&other, 7);
    read_run(&a, &r);
    read_run(&b, &other);
    expect_same_bytes(&a, &b);
    run_end(&r);
    run_end(&other);
}

TEST(a_host_with_its_own_data_needs_no_iterator)
{
    game a = small_game(), b = small_game();

    play(&a, 8, 1);
    expect_ok(gan_checkpoint_save(a.trainer, NULL, run_path));
    play(&b, 8, 2);
    expect_ok(gan_checkpoint_load(b.trainer, NULL, run_path));
    play(&a, 8, 3);
    play(&b, 8, 3);
    expect_same_game(&a, &b);
    game_end(&a);
    game_end(&b);
}

TEST(figures_of_a_half_that_did_not_run_yet_are_the_saved_ones)
{
    gan_train_stats a = {GAN_TRAIN_STATS_INIT}, b = {GAN_TRAIN_STATS_INIT};
    run saved = plain_run(), loaded = plain_run();

    run_steps(&saved, 2);
    expect_ok(save_run(&saved));
    expect_ok(load_run(&loaded));
    expect_ok(gan_train_generator_step(saved.game.trainer, 4, NULL, NULL, &a));
    expect_ok(gan_train_generator_step(loaded.game.trainer, 4, NULL, NULL, &b));
    expect_same_bits(&a, &b, sizeof a);
    ck_assert(b.d_loss > 0);
    run_end(&saved);
    run_end(&loaded);
}

TEST(a_learning_rate_that_was_set_comes_from_the_file)
{
    run saved = plain_run(), loaded = plain_run();

    expect_ok(gan_optimizer_set_lr(saved.game.g_opt, 0.1 / 3));
    run_steps(&saved, 1);
    expect_ok(save_run(&saved));
    expect_ok(load_run(&loaded));
    expect_same_bits(&(double){gan_optimizer_lr(loaded.game.g_opt)}, &(double){0.1 / 3},
                     sizeof(double));
    ck_assert(gan_optimizer_lr(loaded.game.d_opt) == gan_optimizer_lr(saved.game.d_opt));
    run_end(&saved);
    run_end(&loaded);
}

TEST(numbers_of_64_bits_are_kept_whole)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 8, .seed = UINT64_MAX - 1};
    game a = game_begin(small_g, small_d, adam, &desc),
         b = game_begin(small_g, small_d, adam, &desc);
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    gan__state s;

    gan__state_init(&s, NULL);
    gan__trainer_state(a.trainer, &s);
    expect_ok(s.status);
    for (size_t i = 0; i < s.n_entries; i++)
        if (s.entries[i].whole) *s.entries[i].whole = UINT64_MAX - 10 - i;
    expect_ok(gan_checkpoint_save(a.trainer, NULL, run_path));
    expect_ok(gan_checkpoint_load(b.trainer, NULL, run_path));
    for (size_t i = 0; i < s.n_entries; i++)
        if (s.entries[i].whole) *s.entries[i].whole = 0;
    gan__state_end(&s);
    gan__state_init(&s, NULL);
    gan__trainer_state(b.trainer, &s);
    for (size_t i = 0; i < s.n_entries; i++)
        if (s.entries[i].whole) ck_assert_uint_eq(*s.entries[i].whole, UINT64_MAX - 10 - i);
    gan__state_end(&s);
    expect_ok(gan_checkpoint_read_info(&info, run_path));
    ck_assert_uint_eq(info.seed, UINT64_MAX - 1);
    ck_assert_uint_gt(info.d_steps, UINT64_MAX - 100);
    game_end(&a);
    game_end(&b);
}

/* ---- Information, and networks alone ---- */

TEST(info_tells_where_the_run_stands)
{
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    run r = plain_run();

    run_steps(&r, RUN_EPOCH + 2);
    expect_ok(gan_train_generator_step(r.game.trainer, 3, NULL, NULL, NULL));
    expect_ok(save_run(&r));
    expect_ok(gan_checkpoint_read_info(&info, run_path));
    ck_assert_uint_eq(info.format, GAN_CHECKPOINT_FORMAT);
    ck_assert_uint_eq(info.d_steps, RUN_EPOCH + 2);
    ck_assert_uint_eq(info.g_steps, RUN_EPOCH + 3);
    ck_assert_uint_eq(info.batch_size, RUN_BATCH);
    ck_assert_uint_eq(info.seed, 5);
    ck_assert_int_eq(info.has_iterator, 1);
    ck_assert_uint_eq(info.epoch, 1);
    ck_assert_uint_eq(info.position, 2 * RUN_BATCH);
    ck_assert_uint_eq(info.dataset_count, RUN_COUNT);
    ck_assert_int_eq(info.same_bits, 1);
    ck_assert_str_eq(info.version, gan_version_string());
    ck_assert_ptr_eq(strstr(info.blas, gan_blas_name()), info.blas);
    ck_assert_uint_gt(strlen(info.processor), 0);
    expect_ok(gan_checkpoint_save(r.game.trainer, NULL, run_path));
    expect_ok(gan_checkpoint_read_info(&info, run_path));
    ck_assert_int_eq(info.has_iterator, 0);
    ck_assert_uint_eq(info.epoch + info.position + info.dataset_count, 0);
    run_end(&r);
}

TEST(networks_are_made_from_the_file_alone)
{
    gan_network *g, *d;
    run r = plain_run();

    run_steps(&r, 3);
    expect_ok(save_run(&r));
    expect_ok(gan_checkpoint_networks(&g, &d, run_path, NULL));
    expect_same_weights(g, r.game.g);
    expect_same_weights(d, r.game.d);
    gan_network_destroy(g);
    gan_network_destroy(d);
    expect_ok(gan_checkpoint_networks(&g, NULL, run_path, NULL));
    expect_same_weights(g, r.game.g);
    ck_assert_uint_eq(gan_network_layer_count(g), gan_network_layer_count(r.game.g));
    gan_network_destroy(g);
    expect_ok(gan_checkpoint_networks(NULL, &d, run_path, NULL));
    expect_same_weights(d, r.game.d);
    gan_network_destroy(d);
    expect_ok(gan_network_initialize(r.game.g, 12));
    expect_ok(gan_network_load(
        r.game.g, run_path,
        &(gan_network_load_desc){GAN_NETWORK_LOAD_DESC_INIT, .prefix = "generator."}));
    expect_ok(gan_checkpoint_networks(&g, NULL, run_path, NULL));
    expect_same_weights(g, r.game.g);
    gan_network_destroy(g);
    run_end(&r);
}

/* ---- What is refused ---- */

TEST(arguments_that_are_null_are_named)
{
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT}, small = {.struct_size = sizeof(size_t)};
    gan_network *g = (gan_network *)&g, *d = g;
    run r = plain_run();
    gan_network_desc bad = {.struct_size = 1};

    expect_fails(gan_checkpoint_save(NULL, r.it, run_path), GAN_ERR_INVALID, "trainer is NULL");
    expect_fails(gan_checkpoint_save(r.game.trainer, r.it, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_checkpoint_save_keep(NULL, r.it, run_path, 1), GAN_ERR_INVALID, "trainer is");
    expect_fails(gan_checkpoint_save_keep(r.game.trainer, r.it, run_path, 1001), GAN_ERR_INVALID,
                 "n_keep is 1001, at most 1000");
    expect_fails(gan_checkpoint_load(NULL, r.it, run_path), GAN_ERR_INVALID, "trainer is NULL");
    expect_fails(gan_checkpoint_load(r.game.trainer, r.it, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_checkpoint_networks(&g, &d, NULL, NULL), GAN_ERR_INVALID, "path is NULL");
    ck_assert_ptr_null(g);
    ck_assert_ptr_null(d);
    expect_fails(gan_checkpoint_networks(NULL, NULL, run_path, NULL), GAN_ERR_INVALID,
                 "both networks");
    expect_fails(gan_checkpoint_networks(&g, NULL, run_path, &bad), GAN_ERR_INVALID, "struct_size");
    expect_fails(gan_checkpoint_read_info(NULL, run_path), GAN_ERR_INVALID, "info is NULL");
    expect_fails(gan_checkpoint_read_info(&info, NULL), GAN_ERR_INVALID, "path is NULL");
    expect_fails(gan_checkpoint_read_info(&small, run_path), GAN_ERR_INVALID,
                 "leaves no room for a figure");
    run_end(&r);
}

/* ---- Other settings ---- */

static const net_layer wider_g[] = {LINEAR(3, 12), LEAKY, DROPOUT(0.2f), LINEAR(12, 6), TANH, END},
                       longer_d[] = {LINEAR(6, 13), LEAKY, DROPOUT(0.3f), LINEAR(13, 1), END},
                       other_slope_d[] = {LINEAR(6, 13), RELU,    DROPOUT(0.3f),
                                          LINEAR(13, 1), SIGMOID, END};

static OPTIMIZER(slower_adam, adam, d.lr = 0.0001);
static OPTIMIZER(nervous_adam, adam, d.lr = 0.002, d.beta1 = 0.5);

static void expect_difference(const run_choice *c, const char *message)
{
    static run_bytes before, after;
    run r = run_of(c);

    read_run(&before, &r);
    expect_fails(load_run(&r), GAN_ERR_INVALID, message);
    expect_error_says(run_path);
    read_run(&after, &r);
    expect_same_bytes(&before, &after);
    run_end(&r);
}

TEST(a_run_with_other_settings_is_refused_with_the_first_difference)
{
    run_choice c = usual_choice();
    run r = run_of(&c);

    run_steps(&r, 5);
    expect_ok(save_run(&r));
    run_end(&r);
#define DIFFERENT(change, message)                                                                 \
    do {                                                                                           \
        c = usual_choice();                                                                        \
        change;                                                                                    \
        expect_difference(&c, message);                                                            \
    } while (0)
    DIFFERENT(c.trainer.batch_size = 100, ": batch_size is 8 in the file, 100 here");
    DIFFERENT(c.trainer.seed = 600, ": seed is 6 in the file, 600 here");
    DIFFERENT(c.g = wider_g, ": generator is ...[\"linear\",3,11] in the file, "
                             "...[\"linear\",3,12] here");
    DIFFERENT(c.d = longer_d, ": discriminator_layer_count is 5 in the file, 4 here");
    DIFFERENT(c.d = other_slope_d, ": discriminator is ...[\"leaky_relu\",");
    DIFFERENT(c.make_opt = run_optimizers[1], ": generator_optimizer.kind is adam in the file, "
                                              "adamw here");
    DIFFERENT(c.make_opt = slower_adam,
              ": generator_optimizer.lr is 0.002 in the file, 0.0001 here");
    DIFFERENT(c.make_opt = nervous_adam,
              ": generator_optimizer.beta1 is 0.9 in the file, 0.5 here");
    DIFFERENT(c.iterator.batch_size = 7, ": iterator.batch_size is 8 in the file, 7 here");
    DIFFERENT(c.iterator.shuffle = 0, ": iterator.shuffle is 1 in the file, 0 here");
    DIFFERENT(c.iterator.drop_last = 1, ": iterator.drop_last is 0 in the file, 1 here");
    DIFFERENT(c.iterator.horizontal_flip = 1,
              ": iterator.horizontal_flip is 0 in the file, 1 here");
    DIFFERENT(c.iterator.shift = 0.25f, ": iterator.");
    DIFFERENT(c.iterator.seed = 8, ": iterator.seed is 7 in the file, 8 here");
    DIFFERENT(c.iterator.std[0] = 2, ": iterator.std.0 is 1 in the file, 2 here");
    DIFFERENT(c.count = 51, ": iterator.dataset_count is 50 in the file, 51 here");
    DIFFERENT(c.shape = gan_shape_1d(6),
              ": iterator.dataset_shape is [2, 3] in the file, [6] here");
#undef DIFFERENT
}

TEST(other_threads_are_no_difference_but_a_missing_iterator_is)
{
    run_choice c = usual_choice();
    run r = run_of(&c), other;

    expect_ok(save_run(&r));
    c.trainer.n_threads = 3;
    other = run_of(&c);
    expect_ok(load_run(&other));
    expect_fails(gan_checkpoint_load(other.game.trainer, NULL, run_path), GAN_ERR_INVALID,
                 "saved with an iterator, and is loaded without one");
    expect_ok(gan_checkpoint_save(r.game.trainer, NULL, run_path));
    expect_fails(load_run(&other), GAN_ERR_INVALID,
                 "saved without an iterator, and is loaded with one");
    expect_ok(gan_checkpoint_load(other.game.trainer, NULL, run_path));
    run_end(&other);
    run_end(&r);
}

/* ---- Earlier checkpoints ---- */

TEST(earlier_checkpoints_are_kept_in_order)
{
    run r = plain_run();

    for (uint64_t i = 1; i <= 5; i++) {
        run_steps(&r, 1);
        expect_ok(gan_checkpoint_save_keep(r.game.trainer, r.it, run_path, 2));
        expect_steps(run_path, i);
        if (i > 1) expect_steps(path_beside(".1"), i - 1);
        if (i > 2) expect_steps(path_beside(".2"), i - 2);
        ck_assert_int_eq(access(path_beside(".3"), F_OK), -1);
    }
    run_steps(&r, 1);
    expect_ok(gan_checkpoint_save_keep(r.game.trainer, r.it, run_path, 1));
    expect_steps(run_path, 6);
    expect_steps(path_beside(".1"), 5);
    expect_steps(path_beside(".2"), 3); /* not touched with n_keep 1 */
    run_steps(&r, 1);
    expect_ok(save_run(&r));
    expect_steps(run_path, 7);
    expect_steps(path_beside(".1"), 5);
    run_end(&r);
}

/* ---- Files of every format stay readable ---- */

/* Exact numbers, which training doesn't produce portably, different for each element. */
static void fill(run *r)
{
    gan__state s;

    gan__state_init(&s, NULL);
    gan__trainer_state(r->game.trainer, &s);
    for (size_t i = 0; i < 2; i++) {
        const gan__trainer_player p = gan__trainer_player_of(r->game.trainer, i);

        gan__optimizer_state(p.opt, &s);
        for (size_t j = 0; j < gan_network_tensor_count(p.net); j++) {
            gan_tensor t;

            expect_ok(gan_network_tensor(&t, p.net, j));
            gan__state_tensor(&s, &t);
            gan__optimizer_moments_state(p.opt, &s, &t, (size_t)(t.data - p.net->params));
        }
    }
    expect_ok(s.status);
    for (size_t i = 0; i < s.n_entries; i++) {
        if (s.entries[i].whole) *s.entries[i].whole = UINT64_MAX / (i + 2);
        if (s.entries[i].real) *s.entries[i].real = (double)(i + 1) / 7;
    }
    for (size_t i = 0; i < s.n_tensors; i++)
        for (size_t j = 0; j < s.tensors[i].size; j++)
            s.tensors[i].data[j] = (float)(1 + i * 1000 + j) / 1024;
    gan__state_end(&s);
    expect_ok(gan_iterator_seek(r->it, UINT64_MAX / 3, 3 * RUN_BATCH));
}

/* GAN_TEST_WRITE_GOLDEN=FILE writes one. */
TEST(a_checkpoint_of_format_1_is_read)
{
    static run_bytes a, b;
    gan_checkpoint_info info = {GAN_CHECKPOINT_INFO_INIT};
    run filled = run_begin(1, run_optimizers[4], 1), loaded = run_begin(1, run_optimizers[4], 1);

    fill(&filled);
    if (getenv("GAN_TEST_WRITE_GOLDEN"))
        expect_ok(
            gan_checkpoint_save(filled.game.trainer, filled.it, getenv("GAN_TEST_WRITE_GOLDEN")));
    expect_ok(gan_checkpoint_read_info(&info, golden_path("checkpoint_1.gan")));
    ck_assert_uint_eq(info.format, 1);
    ck_assert_uint_eq(info.epoch, UINT64_MAX / 3);
    expect_ok(gan_checkpoint_load(loaded.game.trainer, loaded.it, golden_path("checkpoint_1.gan")));
    read_run(&a, &filled);
    read_run(&b, &loaded);
    expect_same_bytes(&a, &b);
    run_end(&filled);
    run_end(&loaded);
}
