/* test_inspect.c - what networks, runs and the library tell about themselves. */
#include "expect.h"
#include "game.h"

#include <gan/gan.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

TEST(a_run_tells_what_it_trains_and_its_latest_figures)
{
    game x = small_game();
    float *samples = normals(20 * 6, 1);
    const gan_batch batch = batch_of(&x, samples, 20);
    gan_train_stats of_step = {GAN_TRAIN_STATS_INIT}, read = {GAN_TRAIN_STATS_INIT};

    ck_assert_ptr_eq(gan_trainer_generator(x.trainer), x.g);
    ck_assert_ptr_eq(gan_trainer_discriminator(x.trainer), x.d);
    ck_assert_ptr_eq(gan_trainer_generator_optimizer(x.trainer), x.g_opt);
    ck_assert_ptr_eq(gan_trainer_discriminator_optimizer(x.trainer), x.d_opt);
    ck_assert_uint_eq(gan_trainer_batch_size(x.trainer), small_desc.batch_size);
    read.d_loss = 7;
    expect_ok(gan_trainer_stats(x.trainer, &read));
    ck_assert(read.d_steps == 0 && read.d_loss == 0);
    expect_ok(gan_train_step(x.trainer, &batch, &of_step));
    expect_ok(gan_trainer_stats(x.trainer, &read));
    ck_assert_uint_eq(read.g_steps, 1);
    expect_same_bits(&read, &of_step, sizeof read);
    free(samples);
    game_end(&x);
}

TEST(figures_are_cut_to_the_hosts_record)
{
    game x = small_game();
    struct {
        size_t struct_size;
        uint64_t d_steps, untouched;
    } first = {2 * sizeof(size_t), 7, 7};
    gan_train_stats bad = {.struct_size = sizeof(size_t)};

    play(&x, 20, 1);
    expect_ok(gan_trainer_stats(x.trainer, (gan_train_stats *)(void *)&first));
    ck_assert(first.d_steps == 1 && first.untouched == 7);
    expect_fails(gan_trainer_stats(x.trainer, &bad), GAN_ERR_INVALID, "struct_size is");
    expect_fails(gan_trainer_stats(x.trainer, NULL), GAN_ERR_INVALID, "stats is NULL");
    expect_fails(gan_trainer_stats(NULL, &bad), GAN_ERR_INVALID, "trainer");
    game_end(&x);
}

TEST(layers_tell_their_kind_and_a_block_is_one)
{
    gan_network *body = gan_network_create(gan_shape_1d(4), NULL);
    gan_network *net = gan_network_create(gan_shape_1d(4), NULL);

    gan_network_add(body, gan_layer_linear(4, 4));
    gan_network_add(body, gan_layer_tanh());
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_residual(body, NULL));
    gan_network_add(net, gan_layer_spectral_norm(gan_layer_linear(4, 2)));
    ck_assert_uint_eq(gan_network_layer_count(net), 3);
    ck_assert_str_eq(gan_network_layer_kind(net, 0), "leaky_relu");
    ck_assert_str_eq(gan_network_layer_kind(net, 1), "residual");
    ck_assert_str_eq(gan_network_layer_kind(net, 2), "linear");
    ck_assert_ptr_null(gan_network_layer_kind(net, 3));
    gan_network_destroy(net);
}

TEST(layers_tell_their_settings)
{
    static const struct {
        const char *name;
        double value;
    } wanted[] = {{"in_channels", 1}, {"out_channels", 2}, {"kernel_size", 3}, {"kernel_size", 3},
                  {"stride", 2},      {"stride", 1},       {"padding", 0},     {"padding", 1}};
    const gan_conv2d_desc d = {GAN_CONV2D_DESC_INIT, .stride = {2, 1}, .padding = {0, 1}};
    gan_network *net = gan_network_create(gan_shape_3d(1, 8, 8), NULL);
    gan_layer_setting s = {"untouched", 7};

    gan_network_add(net, gan_layer_conv2d(1, 2, 3, &d));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_dropout(0.25f));
    ck_assert_uint_eq(gan_network_layer_setting_count(net, 0), 14);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        expect_ok(gan_network_layer_setting(&s, net, 0, i));
        ck_assert_str_eq(s.name, wanted[i].name);
        ck_assert_double_eq(s.value, wanted[i].value);
    }
    ck_assert_uint_eq(gan_network_layer_setting_count(net, 1), 0);
    expect_ok(gan_network_layer_setting(&s, net, 2, 0));
    ck_assert_str_eq(s.name, "p");
    ck_assert_double_eq(s.value, 0.25);
    expect_fails(gan_network_layer_setting(&s, net, 2, 1), GAN_ERR_INVALID,
                 "setting 1 of a dropout layer, which has 1");
    expect_fails(gan_network_layer_setting(&s, net, 3, 0), GAN_ERR_INVALID, "layer 3 of 3");
    expect_fails(gan_network_layer_setting(&s, NULL, 0, 0), GAN_ERR_INVALID, "net is NULL");
    expect_fails(gan_network_layer_setting(NULL, net, 0, 0), GAN_ERR_INVALID, "out is NULL");
    ck_assert_double_eq(s.value, 0.25);
    gan_network_destroy(net);
}

TEST(nothing_tells_nothing)
{
    ck_assert_uint_eq(gan_network_layer_setting_count(NULL, 0), 0);
    ck_assert_ptr_null(gan_trainer_generator(NULL));
    ck_assert_ptr_null(gan_trainer_discriminator(NULL));
    ck_assert_ptr_null(gan_trainer_generator_optimizer(NULL));
    ck_assert_ptr_null(gan_trainer_discriminator_optimizer(NULL));
    ck_assert_uint_eq(gan_trainer_batch_size(NULL), 0);
    ck_assert_ptr_null(gan_network_layer_kind(NULL, 0));
}

/* Which one it is depends on the processor; that each gives the same bits is test_kernels'
 * business. */
TEST(the_library_names_its_instruction_set)
{
    const char *const known[] = {"v4", "v3", "base"};
    int found = 0;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found += strcmp(gan_instruction_set(), known[i]) == 0;
    ck_assert_msg(found == 1, "\"%s\" is a new one", gan_instruction_set());
}

/* Fields behind a host's struct are not read: its memory may hold anything there. */
TEST(a_trainer_takes_the_descriptor_of_an_older_host)
{
    game x = small_game();
    gan_trainer_desc old;
    gan_trainer *trainer;

    memset(&old, 0xff, sizeof old);
    gan_trainer_desc_init(&old, offsetof(gan_trainer_desc, objective));
    expect_ok(gan_trainer_create(&trainer, x.g, x.d, x.g_opt, x.d_opt, &old));
    gan_trainer_destroy(trainer);
    game_end(&x);
}
