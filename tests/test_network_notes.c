/* test_network_notes.c - a generator's notes: the shape of its pictures and the distribution of its
 * latent vectors; in clones, files and checkpoints. */
#include "expect.h"
#include "file/safetensors_internal.h"
#include "game.h"

#include <gan/gan.h>
#include <stdio.h>
#include <string.h>

static const gan_shape none = {0, {0, 0, 0, 0}};

/* A generator whose output is a vector of 6 numbers. */
static gan_network *vectors(void)
{
    gan_network *net = gan_network_create(gan_shape_1d(4), NULL);

    expect_ok(gan_network_add(net, gan_layer_linear(4, 6)));
    return net;
}

static void expect_shape(const gan_network *net, gan_shape wanted)
{
    const gan_shape found = gan_network_picture_shape(net);

    ck_assert_uint_eq(found.rank, wanted.rank);
    ck_assert(wanted.rank == 0 || gan_shape_equal(found, wanted));
}

/* ---- in memory ---- */

TEST(a_picture_is_the_output_or_what_was_said)
{
    gan_network *net = vectors(), *clone = NULL;

    expect_shape(NULL, none);
    expect_shape(net, none);
    expect_ok(gan_network_set_picture_shape(net, gan_shape_3d(1, 2, 3)));
    expect_shape(net, gan_shape_3d(1, 2, 3));
    expect_ok(gan_network_clone(&clone, net));
    expect_shape(clone, gan_shape_3d(1, 2, 3));
    expect_ok(gan_network_set_picture_shape(net, none)); /* complete or not */
    expect_shape(net, none);
    gan_network_destroy(clone);
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_3d(2, 3, 4), NULL);
    expect_ok(gan_network_add(net, gan_layer_tanh()));
    expect_shape(net, gan_shape_3d(2, 3, 4));
    expect_ok(gan_network_set_picture_shape(net, gan_shape_3d(1, 6, 4)));
    expect_shape(net, gan_shape_3d(1, 6, 4));
    gan_network_destroy(net);
}

TEST(a_layer_of_another_size_takes_the_picture_back)
{
    gan_network *net = vectors();

    expect_ok(gan_network_set_picture_shape(net, gan_shape_3d(1, 2, 3)));
    expect_ok(gan_network_add(net, gan_layer_tanh()));
    expect_shape(net, gan_shape_3d(1, 2, 3));
    expect_ok(gan_network_add(net, gan_layer_linear(6, 8)));
    expect_shape(net, none);
    gan_network_destroy(net);
}

TEST(wrong_notes_change_nothing)
{
    gan_network *net = vectors(), *broken = vectors();

    expect_ok(gan_network_set_picture_shape(net, gan_shape_3d(1, 2, 3)));
    expect_ok(gan_network_set_latent(net, GAN_LATENT_UNIFORM));
    expect_fails(gan_network_set_picture_shape(net, gan_shape_3d(1, 2, 2)), GAN_ERR_SHAPE,
                 "[1, 2, 2]; [channels, height, width] with as many numbers as an output of shape "
                 "[6] expected");
    expect_fails(gan_network_set_picture_shape(net, gan_shape_2d(2, 3)), GAN_ERR_SHAPE, "[2, 3]");
    expect_fails(gan_network_set_picture_shape(net, (gan_shape){9, {1, 2, 3, 1}}), GAN_ERR_SHAPE,
                 "[1, 2, 3, 1, ...]");
    expect_fails(gan_network_set_picture_shape(NULL, none), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_network_set_latent(net, (gan_latent)2), GAN_ERR_INVALID, "distribution 2");
    expect_fails(gan_network_set_latent(net, (gan_latent)-1), GAN_ERR_INVALID, "distribution -1");
    expect_fails(gan_network_set_latent(NULL, GAN_LATENT_NORMAL), GAN_ERR_INVALID, "NULL");
    (void)gan_network_add(broken, gan_layer_linear(5, 1));
    expect_fails(gan_network_set_picture_shape(broken, none), GAN_ERR_SHAPE, "needs");
    expect_fails(gan_network_set_latent(broken, GAN_LATENT_NORMAL), GAN_ERR_SHAPE, "needs");
    expect_shape(net, gan_shape_3d(1, 2, 3));
    ck_assert_int_eq(gan_network_latent(net), GAN_LATENT_UNIFORM);
    ck_assert_int_eq(gan_network_latent(NULL), GAN_LATENT_NORMAL);
    gan_network_destroy(broken);
    gan_network_destroy(net);
}

/* ---- in files ---- */

static gan_network *opened_from(const char *path)
{
    gan_network *net = NULL;

    expect_ok(gan_network_open(&net, path, NULL));
    return net;
}

TEST(files_have_notes)
{
    const char *path = scratch_path("notes.safetensors");
    gan_network *net = vectors(), *plain, *noted;

    expect_ok(gan_network_save(net, path));
    plain = opened_from(path);
    expect_shape(plain, none);
    ck_assert_int_eq(gan_network_latent(plain), GAN_LATENT_NORMAL);
    expect_ok(gan_network_set_picture_shape(net, gan_shape_3d(1, 2, 3)));
    expect_ok(gan_network_set_latent(net, GAN_LATENT_UNIFORM));
    expect_ok(gan_network_save(net, path));
    noted = opened_from(path);
    expect_shape(noted, gan_shape_3d(1, 2, 3));
    ck_assert_int_eq(gan_network_latent(noted), GAN_LATENT_UNIFORM);
    expect_ok(gan_network_load(plain, path, NULL)); /* the weights alone */
    expect_shape(plain, none);
    ck_assert_int_eq(gan_network_latent(plain), GAN_LATENT_NORMAL);
    gan_network_destroy(noted);
    gan_network_destroy(plain);
    gan_network_destroy(net);
}

static void write_forged(gan_network *net, const char *path, const char *name, const char *note)
{
    const char *const metadata[] = {
        "libgan.network", "{\"input\": [4], \"layers\": [[\"linear\", 4, 6]]}", name, note};
    gan_tensor tensors[2];

    for (size_t i = 0; i < 2; i++) expect_ok(gan_network_tensor(&tensors[i], net, i));
    expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, 2, metadata, 2, NULL));
}

TEST(forged_notes_are_only_an_error)
{
    static const char *const forged[][3] = {
        {"libgan.network.picture", "[1, 2, 2]", "picture: network: a picture of shape [1, 2, 2]"},
        {"libgan.network.picture", "[6]", "a picture of shape [6]"},
        {"libgan.network.picture", "[1, 1, 2, 3]", "[1, 1, 2, 3]"},
        {"libgan.network.picture", "[0, 2, 3]", "[0, 2, 3]"},
        {"libgan.network.picture", "[-1, -2, 3]",
         "it is [-1, -2, 3], [channels, height, width] expected"},
        {"libgan.network.picture", "[9223372036854775807, 2, 3]", "[9223372036854775807, 2, 3]"},
        {"libgan.network.picture", "[99999999999999999999, 2, 3]", "expected"},
        {"libgan.network.picture", "[1, \"2\", 3]", "[channels, height, width] expected"},
        {"libgan.network.picture", "[[[[[", "[channels, height, width] expected"},
        {"libgan.network.picture", "", "[channels, height, width] expected"},
        {"libgan.network.latent", "gamma", "latent: it is gamma, normal or uniform expected"},
        {"libgan.network.latent", "", "normal or uniform expected"}};
    const char *path = scratch_path("forged-notes.safetensors");
    gan_network *net = vectors(), *opened = NULL;

    write_forged(net, path, "libgan.network.latent", "normal");
    gan_network_destroy(opened_from(path));
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        write_forged(net, path, forged[i][0], forged[i][1]);
        expect_fails(gan_network_open(&opened, path, NULL), GAN_ERR_FORMAT, forged[i][2]);
        ck_assert_ptr_null(opened);
    }
    gan_network_destroy(net);
}

/* ---- in training ---- */

static game noted_game(const gan_trainer_desc *desc)
{
    game x = {.latent = 4,
              .sample = 6,
              .g_opt = adam(),
              .d_opt = adam(),
              .g = vectors(),
              .d = gan_network_create(gan_shape_1d(6), NULL)};

    expect_ok(gan_network_add(x.d, gan_layer_linear(6, 1)));
    expect_ok(gan_network_set_picture_shape(x.g, gan_shape_3d(1, 2, 3)));
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, desc));
    return x;
}

static void expect_notes_in(const char *path, gan_shape picture, gan_latent latent)
{
    gan_network *nets[3] = {NULL, NULL, NULL};

    expect_ok(gan_checkpoint_networks(&nets[0], &nets[2], path, NULL));
    expect_ok(gan_checkpoint_average(&nets[1], path, NULL));
    for (size_t i = 0; i < 3; i++) {
        expect_shape(nets[i], i < 2 ? picture : none);
        ck_assert_int_eq(gan_network_latent(nets[i]), i < 2 ? latent : GAN_LATENT_NORMAL);
        gan_network_destroy(nets[i]);
    }
}

TEST(trainers_tell_the_generator_and_checkpoints_keep_it)
{
    const char *path = scratch_path("notes.gan");
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .n_threads = 1, .average_decay = 0.5,
                                   .latent = GAN_LATENT_UNIFORM};
    game x = noted_game(&desc);

    ck_assert_int_eq(gan_network_latent(x.g), GAN_LATENT_UNIFORM);
    ck_assert_int_eq(gan_network_latent(x.d), GAN_LATENT_NORMAL);
    ck_assert_int_eq(gan_network_latent(gan_trainer_average(x.trainer)), GAN_LATENT_UNIFORM);
    expect_shape(gan_trainer_average(x.trainer), gan_shape_3d(1, 2, 3));
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_notes_in(path, gan_shape_3d(1, 2, 3), GAN_LATENT_UNIFORM);
    expect_ok(gan_network_set_picture_shape(x.g, none)); /* a note may change in a run */
    expect_ok(gan_checkpoint_load(x.trainer, NULL, path));
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    expect_notes_in(path, none, GAN_LATENT_UNIFORM);
    expect_ok(gan_network_set_picture_shape(x.g, gan_shape_3d(1, 3, 2)));
    expect_ok(gan_checkpoint_load(x.trainer, NULL, path)); /* nor does the file need to have it */
    game_end(&x);
}

TEST(a_trainer_that_is_not_made_tells_nothing)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .latent = GAN_LATENT_UNIFORM};
    gan_network *g = vectors(), *d = vectors();
    gan_optimizer *g_opt = adam(), *d_opt = adam();
    gan_trainer *trainer = NULL;

    expect_status(gan_trainer_create(&trainer, g, d, g_opt, d_opt, &desc), GAN_ERR_SHAPE);
    ck_assert_int_eq(gan_network_latent(g), GAN_LATENT_NORMAL);
    gan_network_destroy(g);
    gan_network_destroy(d);
    gan_optimizer_destroy(g_opt);
    gan_optimizer_destroy(d_opt);
}
