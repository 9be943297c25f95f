/* test_inspect.c - descriptions of networks, runs and the library. */
#include "expect.h"
#include "game.h"
#include "sequence.h"

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

/* A block with a shortcut between two layers, one of them with spectral norm. */
static gan_network *with_block(void)
{
    return NETWORK(
        gan_shape_3d(2, 8, 8), gan_layer_spectral_norm(gan_layer_conv2d(2, 4, 3, NULL)),
        gan_layer_residual(NETWORK(gan_shape_3d(4, 6, 6), gan_layer_leaky_relu(0.25f),
                                   gan_layer_max_pool2d(3, &(gan_pool2d_desc){GAN_POOL2D_DESC_INIT,
                                                                              .stride = {2, 1},
                                                                              .padding = {1, 0}})),
                           NETWORK(gan_shape_3d(4, 6, 6), gan_layer_reshape(gan_shape_2d(12, 12)),
                                   gan_layer_flatten(), gan_layer_linear(144, 48),
                                   gan_layer_reshape(gan_shape_3d(4, 3, 4)))),
        gan_layer_batch_norm(4, NULL));
}

TEST(all_layers_tell_what_they_are_those_in_blocks_too)
{
    static const struct {
        const char *name, *kind;
        size_t n_settings, n_params;
    } wanted[] = {{"0", "conv2d", 14, 76},           {"1", "residual", 0, 0},
                  {"1.body.0", "leaky_relu", 1, 0},  {"1.body.1", "max_pool2d", 6, 0},
                  {"1.shortcut", "shortcut", 0, 0},  {"1.shortcut.0", "reshape", 4, 0},
                  {"1.shortcut.1", "flatten", 0, 0}, {"1.shortcut.2", "linear", 2, 6960},
                  {"1.shortcut.3", "reshape", 4, 0}, {"1.add", "add", 0, 0},
                  {"2", "batch_norm", 4, 8}};
    enum { LAYERS = sizeof wanted / sizeof *wanted };
    gan_network *net = with_block();
    gan_layer_info info = {GAN_LAYER_INFO_INIT};

    for (size_t i = 0; i < LAYERS; i++) {
        expect_ok(gan_network_layer_info(&info, net, i));
        ck_assert_str_eq(info.name, wanted[i].name);
        ck_assert_str_eq(info.kind, wanted[i].kind);
        ck_assert_uint_eq(info.n_settings, wanted[i].n_settings);
        ck_assert_uint_eq(info.n_params, wanted[i].n_params);
        ck_assert_int_eq(info.spectral_norm, i == 0);
    }
    ck_assert_str_eq(info.settings[3].name, "num_features");
    ck_assert_double_eq(info.settings[3].value, 4);
    ck_assert(gan_shape_equal(info.input, gan_shape_3d(4, 3, 4)));
    ck_assert(gan_shape_equal(info.output, gan_shape_3d(4, 3, 4)));
    ck_assert_int_eq(gan_network_layer_info(&info, net, LAYERS), GAN_END);
    ck_assert_str_eq(info.name, "2");
    gan_network_destroy(net);
}

TEST(a_layers_record_is_cut_to_the_hosts)
{
    gan_network *net = NETWORK(gan_shape_1d(3), gan_layer_linear(3, 2));
    struct {
        size_t struct_size;
        const char *name, *untouched;
    } first = {2 * sizeof(size_t), NULL, "untouched"};
    gan_layer_info info = {.struct_size = sizeof(size_t), .name = "untouched"};

    expect_ok(gan_network_layer_info((gan_layer_info *)(void *)&first, net, 0));
    ck_assert_str_eq(first.name, "0");
    ck_assert_str_eq(first.untouched, "untouched");
    expect_fails(gan_network_layer_info(&info, net, 0), GAN_ERR_INVALID, "struct_size is");
    info.struct_size = sizeof info;
    expect_fails(gan_network_layer_info(&info, NULL, 0), GAN_ERR_INVALID, "net is NULL");
    expect_fails(gan_network_layer_info(NULL, net, 0), GAN_ERR_INVALID, "out is NULL");
    ck_assert_str_eq(info.name, "untouched");
    gan_network_destroy(net);
}

TEST(settings_are_found_by_name)
{
    gan_network *net = with_block();
    double v[4] = {7, 7, 7, 7};

    expect_ok(gan_network_find_setting(v, 1, net, "1.body.0", "slope"));
    ck_assert_double_eq(v[0], 0.25);
    expect_ok(gan_network_find_setting(v, 2, net, "1.body.1", "stride"));
    ck_assert(v[0] == 2 && v[1] == 1);
    expect_ok(gan_network_find_setting(v, 2, net, "1.body.1", "padding"));
    ck_assert(v[0] == 1 && v[1] == 0 && v[2] == 7);
    expect_ok(gan_network_find_setting(v, 4, net, "1.shortcut.0", "shape"));
    ck_assert(v[0] == 12 && v[1] == 12 && v[2] == 0 && v[3] == 0);
    expect_ok(gan_network_find_setting(v, 1, net, "2", "momentum"));
    ck_assert_double_eq(v[0], 0.1);

    expect_fails(gan_network_find_setting(v, 1, net, "0", "stride"), GAN_ERR_SHAPE,
                 "layer 0, conv2d: stride is 2 numbers, room for 1");
    expect_fails(gan_network_find_setting(v, 1, net, "3", "stride"), GAN_ERR_INVALID,
                 "there is no layer \"3\"");
    expect_fails(gan_network_find_setting(v, 1, net, "1.shortcut.2", "stride"), GAN_ERR_INVALID,
                 "layer 1.shortcut.2, linear: unknown setting \"stride\"; it has in, out");
    expect_fails(gan_network_find_setting(v, 1, net, "1", "in"), GAN_ERR_INVALID, "it has none");
    expect_fails(gan_network_find_setting(NULL, 1, net, "0", "in"), GAN_ERR_INVALID, "values is");
    expect_fails(gan_network_find_setting(v, 1, NULL, "0", "in"), GAN_ERR_INVALID, "net is");
    expect_fails(gan_network_find_setting(v, 1, net, NULL, "in"), GAN_ERR_INVALID, "layer is");
    expect_fails(gan_network_find_setting(v, 1, net, "0", NULL), GAN_ERR_INVALID, "setting is");
    ck_assert_double_eq(v[0], 0.1);
    gan_network_destroy(net);
}

TEST(nothing_tells_nothing)
{
    ck_assert_ptr_null(gan_trainer_generator(NULL));
    ck_assert_ptr_null(gan_trainer_discriminator(NULL));
    ck_assert_ptr_null(gan_trainer_generator_optimizer(NULL));
    ck_assert_ptr_null(gan_trainer_discriminator_optimizer(NULL));
    ck_assert_uint_eq(gan_trainer_batch_size(NULL), 0);
    ck_assert_ptr_null(gan_network_layer_kind(NULL, 0));
}

/* Which one it is depends on the processor; test_kernels.c tests that all give the same bits. */
TEST(the_library_names_its_instruction_set)
{
    const char *const known[] = {"v4", "v3", "base"};
    int found = 0;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found += strcmp(gan_instruction_set(), known[i]) == 0;
    ck_assert_msg(found == 1, "\"%s\" is a new one", gan_instruction_set());
}

/* Memory after a host's shorter struct is not read: it may hold anything. */
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
