/* test_network_residual.c - residual blocks. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "golden.h"
#include "onelayer.h"
#include "sequence.h"

#include <gan/gan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- networks ---- */

#define VECTOR(n, ...) NETWORK(gan_shape_1d(n), __VA_ARGS__)
#define IMAGE(c, h, w, ...) NETWORK(gan_shape_3d(c, h, w), __VA_ARGS__)

static gan_layer *block(size_t width)
{
    return gan_layer_residual(VECTOR(width, gan_layer_linear(width, width), gan_layer_tanh(),
                                     gan_layer_linear(width, width)),
                              NULL);
}

/* Without a bias, whose gradient would be zero before a batch_norm. */
static gan_layer *conv(size_t in, size_t out, size_t kernel, size_t stride)
{
    const gan_conv2d_desc desc = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(stride),
                                  .padding = GAN_BOTH(kernel / 2), .no_bias = 1};

    return gan_layer_conv2d(in, out, kernel, &desc);
}

static gan_layer *norm(size_t channels)
{
    return gan_layer_batch_norm(channels, NULL);
}

static gan_layer *projected(void)
{
    return gan_layer_residual(
        VECTOR(7, gan_layer_linear(7, 5), gan_layer_tanh(), gan_layer_linear(5, 4)),
        VECTOR(7, gan_layer_linear(7, 4)));
}

static gan_network *in_place(void)
{
    return VECTOR(
        6, gan_layer_linear(6, 9), gan_layer_tanh(),
        gan_layer_residual(VECTOR(9, gan_layer_tanh(), gan_layer_linear(9, 9), gan_layer_sigmoid()),
                           NULL),
        gan_layer_relu(),
        gan_layer_residual(
            VECTOR(9, gan_layer_leaky_relu(0.2f), gan_layer_linear(9, 4), gan_layer_tanh()),
            VECTOR(9, gan_layer_tanh(), gan_layer_linear(9, 4), gan_layer_tanh())),
        gan_layer_tanh(), gan_layer_linear(4, 3));
}

static gan_network *only_in_place(void)
{
    return VECTOR(6, gan_layer_residual(VECTOR(6, gan_layer_tanh()), NULL),
                  gan_layer_residual(VECTOR(6, gan_layer_dropout(0)), VECTOR(6, gan_layer_tanh())),
                  gan_layer_residual(
                      VECTOR(6, gan_layer_reshape(gan_shape_2d(2, 3)), gan_layer_flatten()), NULL));
}

static gan_network *nested(const gan_network_desc *desc)
{
    return NETWORK_WITH(
        desc, gan_shape_1d(5), gan_layer_linear(5, 6),
        gan_layer_residual(
            VECTOR(6, block(6), gan_layer_tanh(),
                   gan_layer_residual(VECTOR(6, gan_layer_linear(6, 4)),
                                      VECTOR(6, gan_layer_residual(VECTOR(6, block(6)), NULL),
                                             gan_layer_linear(6, 4)))),
            VECTOR(6, gan_layer_residual(VECTOR(6, gan_layer_tanh(), gan_layer_linear(6, 6)), NULL),
                   gan_layer_linear(6, 4))));
}

static gan_network *resnet(size_t a, size_t b, size_t height, size_t width)
{
    const size_t h = (height + 1) / 2, w = (width + 1) / 2;

    return IMAGE(
        2, height, width, conv(2, a, 3, 1), gan_layer_relu(),
        gan_layer_residual(IMAGE(a, height, width, conv(a, b, 3, 2), norm(b), gan_layer_relu(),
                                 conv(b, b, 3, 1), norm(b)),
                           IMAGE(a, height, width, conv(a, b, 1, 2), norm(b))),
        gan_layer_relu(),
        gan_layer_residual(IMAGE(b, h, w, norm(b), gan_layer_relu(), conv(b, b, 3, 1)), NULL));
}

static gan_layer *upsampling(void)
{
    const gan_upsample_mode nearest = GAN_UPSAMPLE_NEAREST;

    return gan_layer_residual(IMAGE(4, 3, 3, norm(4), gan_layer_relu(),
                                    gan_layer_upsample(2, nearest, 0), conv(4, 3, 3, 1)),
                              IMAGE(4, 3, 3, gan_layer_upsample(2, nearest, 0), conv(4, 3, 1, 1)));
}

/* ---- values ---- */

TEST(blocks_are_pytorchs)
{
    golden *g = golden_open("layers_residual.bin");

    expect_layer_golden(g, "identity", gan_shape_1d(7), block(7), 5, 5);
    expect_layer_golden(g, "projected", gan_shape_1d(7), projected(), 5, 5);
    expect_network_golden(g, "in_place", in_place(), 6, 6);
    expect_network_golden(g, "only_in_place", only_in_place(), 6, 6);
    expect_network_golden(g, "nested", nested(NULL), 6, 6);
    expect_network_golden(g, "resnet", resnet(3, 5, 6, 4), 6, 3);
    expect_layer_golden(g, "upsampling", gan_shape_3d(4, 3, 3), upsampling(), 4, 4);
    golden_close(g);
}

TEST(gradients_are_finite_differences)
{
    expect_layer_gradients(gan_shape_1d(7), projected(), 3, 3, NULL);
    expect_network_gradients(only_in_place(), 3, 3);
    expect_network_gradients(nested(NULL), 4, 4);
    expect_network_gradients(
        IMAGE(2, 4, 3,
              gan_layer_residual(IMAGE(2, 4, 3, norm(2), gan_layer_tanh(), gan_layer_dropout(0.4f),
                                       conv(2, 3, 3, 2), gan_layer_dropout2d(0.3f)),
                                 IMAGE(2, 4, 3, gan_layer_dropout(0.3f), conv(2, 3, 1, 2))),
              gan_layer_tanh()),
        4, 4);
}

/* Large enough for many tiles, by rows next to products that are cut by columns. */
TEST(bits_dont_depend_on_the_cut)
{
    expect_network_same_bits(resnet(12, 20, 17, 14), 10, 5);
    expect_network_same_bits(
        VECTOR(160,
               gan_layer_residual(VECTOR(160, gan_layer_linear(160, 300), gan_layer_dropout(0.2f),
                                         gan_layer_linear(300, 210)),
                                  VECTOR(160, gan_layer_tanh(), gan_layer_linear(160, 210))),
               gan_layer_tanh(), block(210), block(210), gan_layer_dropout(0.1f)),
        100, 100);
}

TEST(evaluation_is_the_same_on_any_pool)
{
    enum { N = 700 };
    gan_pool *pool = NULL;
    gan_network *net = nested(NULL), *shared;
    float *x = normals(N * 5, 1), *y = malloc(N * 4 * sizeof *y), *z = malloc(N * 4 * sizeof *z);

    expect_ok(gan_pool_create(&pool, 3, NULL));
    shared = nested(&(gan_network_desc){GAN_NETWORK_DESC_INIT, .pool = pool});
    expect_ok(gan_network_forward(net, x, N, y));
    expect_ok(gan_network_forward(shared, x, N, z));
    expect_same_bits(z, y, N * 4 * sizeof *y);
    free(x);
    free(y);
    free(z);
    gan_network_destroy(net);
    gan_network_destroy(shared);
    gan_pool_destroy(pool);
}

/* A generator that ends in a block, before a discriminator that begins with one; or, the same to
 * the last bit, with an identity layer in between. */
static game seam(size_t n_threads, int apart)
{
    game x = {.latent = 5, .sample = 6};
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = 20, .seed = 5,
                                   .n_threads = n_threads};

    x.g =
        gan_network_create(gan_shape_1d(5), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 1});
    x.d =
        gan_network_create(gan_shape_1d(6), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 2});
    gan_network_add(x.g, gan_layer_linear(5, 6));
    gan_network_add(x.g, gan_layer_residual(VECTOR(6, gan_layer_tanh(), gan_layer_linear(6, 6)),
                                            VECTOR(6, gan_layer_dropout(0.2f), block(6))));
    if (apart) gan_network_add(x.d, gan_layer_flatten());
    gan_network_add(x.d, block(6));
    gan_network_add(x.d, gan_layer_linear(6, 1));
    gan_network_add(x.d, gan_layer_sigmoid());
    x.g_opt = adam();
    x.d_opt = adam();
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    return x;
}

static void expect_same_numbers(gan_network *a, gan_network *b)
{
    size_t n;
    float *x = net_weights(a, &n), *y = net_weights(b, NULL);

    expect_same_bits(x, y, n * sizeof *x);
    free(x);
    free(y);
}

TEST(blocks_meet_where_the_networks_do)
{
    game x = seam(1, 0), y = seam(3, 1);

    for (uint64_t i = 0; i < 5; i++) {
        play(&x, 17, i);
        play(&y, 17, i);
        expect_same_numbers(x.g, y.g);
        expect_same_numbers(x.d, y.d);
    }
    game_end(&x);
    game_end(&y);
}

/* ---- what a network says about its blocks ---- */

TEST(names_are_pytorchs)
{
    static const char *const names[] = {"0.weight",
                                        "0.bias",
                                        "1.body.0.body.0.weight",
                                        "1.body.0.body.0.bias",
                                        "1.body.0.body.2.weight",
                                        "1.body.0.body.2.bias",
                                        "1.body.2.body.0.weight",
                                        "1.body.2.body.0.bias",
                                        "1.body.2.shortcut.0.body.0.body.0.weight",
                                        "1.body.2.shortcut.0.body.0.body.0.bias",
                                        "1.body.2.shortcut.0.body.0.body.2.weight",
                                        "1.body.2.shortcut.0.body.0.body.2.bias",
                                        "1.body.2.shortcut.1.weight",
                                        "1.body.2.shortcut.1.bias",
                                        "1.shortcut.0.body.1.weight",
                                        "1.shortcut.0.body.1.bias",
                                        "1.shortcut.1.weight",
                                        "1.shortcut.1.bias"};
    gan_network *net = nested(NULL);
    gan_tensor t;

    ck_assert_uint_eq(gan_network_layer_count(net), 2);
    ck_assert_uint_eq(gan_network_tensor_count(net), sizeof names / sizeof *names);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect_ok(gan_network_tensor(&t, net, i));
        ck_assert_str_eq(t.name, names[i]);
    }
    ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), gan_shape_1d(4)), 1);
    gan_network_destroy(net);
}

TEST(the_summary_shows_branches)
{
    static const char wanted[] =
        "layer         kind              output                  parameters\n"
        "              input             [7]                               \n"
        "0             residual          [7]                              0\n"
        "0.body.0      linear            [5]                             40\n"
        "0.body.1      tanh              [5]                              0\n"
        "0.body.2      linear            [4]                             24\n"
        "0.shortcut    shortcut          [7]                              0\n"
        "0.shortcut.0  linear            [4]                             32\n"
        "0.add         add               [4]                              0\n"
        "              total                                             96\n";
    gan_network *net = VECTOR(7, projected());
    char text[2000];

    ck_assert_uint_eq(gan_network_summary(net, text, sizeof text), strlen(wanted));
    ck_assert_str_eq(text, wanted);
    gan_network_destroy(net);
}

TEST(first_weights_are_those_of_the_layers_in_a_row)
{
    const gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = 9};
    gan_network *net = NETWORK_WITH(&desc, gan_shape_1d(4), gan_layer_linear(4, 4), block(4));
    gan_network *row = NETWORK_WITH(&desc, gan_shape_1d(4), gan_layer_linear(4, 4),
                                    gan_layer_linear(4, 4), gan_layer_linear(4, 4));

    expect_same_numbers(net, row);
    expect_ok(gan_network_initialize_as(net, 3, NULL));
    expect_ok(gan_network_initialize_as(row, 3, NULL));
    expect_same_numbers(net, row);
    gan_network_destroy(net);
    gan_network_destroy(row);
}

/* A classifier's feature layer is counted in the host's layers. */
TEST(features_stand_before_or_behind_a_block)
{
    const float x[12] = {0.5f, -1, 2, 0.25f, 3, -2, 1, 0, -0.5f, 1.5f, -3, 0.75f};
    const size_t wanted[] = {7, 5, 7, 4};
    gan_network *net = VECTOR(6, gan_layer_linear(6, 5), gan_layer_linear(5, 7), projected());
    float y[14], z[14];

    for (size_t i = 0; i < 4; i++) {
        const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .feature_layers = i};
        gan_classifier *c;

        expect_ok(gan_classifier_create(&c, net, NULL, &desc));
        ck_assert_uint_eq(gan_classifier_feature_count(c), wanted[i]);
        if (i == 3) {
            expect_ok(gan_classifier_features(c, x, 2, y));
            expect_ok(gan_network_forward(net, x, 2, z));
            expect_same_bits(y, z, 8 * sizeof *y);
        }
        gan_classifier_destroy(c);
    }
    gan_network_destroy(net);
}

/* ---- what is refused ---- */

static budget kept;

/* A branch whose memory is counted. */
static gan_network *branch(size_t in, gan_layer *layer)
{
    return NETWORK_WITH(&((gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = &kept.allocator}),
                        gan_shape_1d(in), layer);
}

static void expect_refused(gan_layer *layer, gan_status status, const char *says)
{
    gan_network *net = VECTOR(4, gan_layer_tanh());

    expect_fails(gan_network_add(net, layer), status, says);
    expect_fails(gan_network_build(net), status, says);
    ck_assert_uint_eq(gan_network_layer_count(net), 1);
    ck_assert_uint_eq(budget_live(&kept), 0);
    gan_network_destroy(net);
}

static gan_layer *lin(size_t in, size_t out)
{
    return gan_layer_linear(in, out);
}

TEST(blocks_that_do_not_fit_are_refused)
{
    gan_network *complete;

    budget_init(&kept, BUDGET_UNLIMITED);
    expect_refused(gan_layer_residual(branch(4, lin(4, 3)), NULL), GAN_ERR_SHAPE,
                   "layer 1 (residual): the body makes [3], the input is [4]");
    expect_refused(gan_layer_residual(branch(4, lin(4, 3)), branch(4, lin(4, 5))), GAN_ERR_SHAPE,
                   "layer 1 (residual): the body makes [3], the shortcut [5]");
    expect_refused(gan_layer_residual(branch(5, lin(5, 4)), NULL), GAN_ERR_SHAPE,
                   "layer 1 (residual): body: needs [5], gets [4]");
    expect_refused(gan_layer_residual(branch(4, lin(4, 3)), branch(5, lin(5, 3))), GAN_ERR_SHAPE,
                   "layer 1 (residual): shortcut: needs [5], gets [4]");
    expect_refused(gan_layer_residual(branch(4, lin(3, 4)), NULL), GAN_ERR_SHAPE,
                   "layer 1 (residual): body: layer 0 (linear): needs 3 inputs, gets 4");
    expect_refused(gan_layer_residual(branch(4, lin(0, 4)), NULL), GAN_ERR_INVALID,
                   "layer 1 (residual): body: layer 0: linear");
    expect_refused(
        gan_layer_residual(branch(4, lin(4, 4)), gan_network_create(gan_shape_1d(4), NULL)),
        GAN_ERR_INVALID, "layer 1 (residual): shortcut: has no layer");
    complete = branch(4, lin(4, 4));
    expect_ok(gan_network_build(complete));
    expect_refused(gan_layer_residual(complete, NULL), GAN_ERR_INVALID,
                   "layer 1 (residual): body: is complete already");
}

/* The networks passed to it are destroyed. */
TEST(constructors_refuse_what_is_no_network)
{
    gan_network *both;

    budget_init(&kept, BUDGET_UNLIMITED);
    both = branch(4, lin(4, 4));
    ck_assert_ptr_null(gan_layer_residual(both, both));
    expect_error_says("residual: body and shortcut are the same network");
    ck_assert_ptr_null(gan_network_create(gan_shape_1d(0), NULL));
    ck_assert_ptr_null(gan_layer_residual(NULL, branch(4, lin(4, 4))));
    expect_error_says("residual: body is NULL: network: input [0] is not a shape");
    gan_layer_destroy(gan_layer_residual(branch(4, lin(4, 4)), branch(4, lin(4, 4))));
    ck_assert_uint_eq(budget_live(&kept), 0);
}

TEST(a_network_cannot_hold_itself)
{
    gan_network *net;

    budget_init(&kept, BUDGET_UNLIMITED);
    net = branch(4, lin(4, 4));
    expect_fails(gan_network_add(net, gan_layer_residual(net, NULL)), GAN_ERR_INVALID,
                 "body: a network can't hold itself");
    ck_assert_uint_eq(budget_live(&kept), 0); /* its ownership was passed */
}

/* Blocks nested `height` deep. */
static gan_layer *tower(size_t height)
{
    gan_layer *layer = gan_layer_linear(2, 2);

    for (size_t i = 0; i < height; i++)
        layer = gan_layer_residual(VECTOR(2, gan_layer_tanh(), layer), VECTOR(2, lin(2, 2)));
    return layer;
}

TEST(there_is_a_limit_to_depth)
{
    gan_network *net = VECTOR(2, tower(6)), *copy = NULL;
    const float x[2] = {1, -2};
    float y[2];
    gan_tensor t;

    expect_ok(gan_network_find(&t, net, "0.body.1.body.1.body.1.body.1.body.1.body.1.weight"));
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_ok(gan_network_clone(&copy, net));
    gan_network_destroy(net);
    gan_network_destroy(copy);
    net = VECTOR(2, gan_layer_tanh());
    expect_fails(gan_network_add(net, tower(7)), GAN_ERR_INVALID,
                 "layer 1 (residual): more than 6 blocks in each other");
    gan_network_destroy(net);
}

/* ---- memory ---- */

/* On allocation failure parts are NULL, and a NULL shortcut means no shortcut. */
static gan_status make_block(void **out, const gan_allocator *allocator, void *user)
{
    const gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .allocator = allocator};
    gan_network *shortcut = NETWORK_WITH(&desc, gan_shape_1d(7), gan_layer_linear(7, 4));
    gan_network *body, *net;
    gan_status status;

    (void)user;
    *out = NULL;
    if (!shortcut) return GAN_ERR_NOMEM;
    body = NETWORK_WITH(&desc, gan_shape_1d(7), gan_layer_linear(7, 7), block(7), block(7),
                        block(7), gan_layer_linear(7, 4));
    net = gan_network_create(gan_shape_1d(7), &desc);
    if (!body || !net) {
        gan_network_destroy(body);
        gan_network_destroy(shortcut);
        gan_network_destroy(net);
        return GAN_ERR_NOMEM;
    }
    gan_network_add(net, gan_layer_residual(body, shortcut));
    status = gan_network_build(net);
    if (status == GAN_OK)
        *out = net;
    else
        gan_network_destroy(net);
    return status;
}

TEST(making_survives_a_lack_of_memory)
{
    budget_sweep(make_block, end_network, NULL);
}

static gan_status make_clone(void **out, const gan_allocator *allocator, void *user)
{
    budget *b = allocator->user;
    const size_t left = b->left;
    gan_network *net, *copy;
    gan_status status;

    (void)user;
    b->left = BUDGET_UNLIMITED;
    net = nested(&(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});
    expect_ok(gan_network_build(net));
    b->left = left;
    status = gan_network_clone(&copy, net);
    gan_network_destroy(net);
    *out = copy;
    return status;
}

TEST(cloning_survives_a_lack_of_memory)
{
    budget_sweep(make_clone, end_network, NULL);
}

TEST(opening_survives_a_lack_of_memory)
{
    expect_opening_survives(nested(NULL));
}

/* ---- files ---- */

static void expect_round_trips(gan_network *net)
{
    const char *path = scratch_path("residual-trip.safetensors");
    float *x = normals(3 * gan_shape_size(gan_network_input_shape(net)), 1);
    gan_network *opened = NULL, *copy = NULL, *copy_of_opened = NULL;

    expect_ok(gan_network_clone(&copy, net));
    expect_same_network(net, copy, x, 3);
    expect_ok(gan_network_save(net, path));
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_same_network(net, opened, x, 3);
    expect_ok(gan_network_initialize(copy, 77));
    expect_ok(gan_network_load(copy, path, NULL));
    expect_same_network(net, copy, x, 3);
    /* An opened file can be saved again. */
    expect_ok(gan_network_save(opened, path));
    expect_ok(gan_network_clone(&copy_of_opened, opened));
    gan_network_destroy(opened);
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_same_network(opened, copy_of_opened, x, 3);
    free(x);
    gan_network_destroy(net);
    gan_network_destroy(copy);
    gan_network_destroy(opened);
    gan_network_destroy(copy_of_opened);
}

TEST(copies_and_files_keep_everything)
{
    expect_round_trips(VECTOR(7, block(7)));
    expect_round_trips(in_place());
    expect_round_trips(nested(NULL));
    expect_round_trips(resnet(3, 5, 6, 4));
    expect_round_trips(VECTOR(2, gan_layer_tanh(), tower(6)));
}

TEST(checkpoints_keep_everything)
{
    const char *path = scratch_path("residual-checkpoint.gan");
    game x = seam(2, 0), y = seam(2, 0), apart = seam(2, 1);
    gan_network *g, *d;

    for (uint64_t i = 0; i < 3; i++) play(&x, 9, i);
    expect_ok(gan_checkpoint_save(x.trainer, NULL, path));
    for (uint64_t i = 3; i < 6; i++) play(&x, 9, i);
    expect_ok(gan_checkpoint_load(y.trainer, NULL, path));
    for (uint64_t i = 3; i < 6; i++) play(&y, 9, i);
    expect_same_weights(x.g, y.g);
    expect_same_weights(x.d, y.d);
    expect_fails(gan_checkpoint_load(apart.trainer, NULL, path), GAN_ERR_INVALID,
                 "discriminator_layer_count is 3 in the file, 4 here");
    expect_ok(gan_checkpoint_load(x.trainer, NULL, path));
    expect_ok(gan_checkpoint_networks(&g, &d, path, NULL));
    expect_same_weights(x.g, g);
    expect_same_weights(x.d, d);
    gan_network_destroy(g);
    gan_network_destroy(d);
    game_end(&x);
    game_end(&y);
    game_end(&apart);
}

/* The weights of a linear layer as 0.body.0, under a description. */
#define DESCRIPTION_BEGINS "{'__metadata__':{'libgan.network':'{`input`:[2],`layers`:["
#define DESCRIPTION_ENDS                                                                           \
    "]}'}," TENSOR("0.body.0.weight", "[2,2]", 0, 16) "," TENSOR("0.body.0.bias", "[2]", 16, 24) "}"
#define FORGED(layers) DESCRIPTION_BEGINS layers DESCRIPTION_ENDS
#define LINEAR22 "[[`linear`,2,2]]"

TEST(forged_blocks_are_only_an_error)
{
    static const struct {
        const char *header;
        gan_status status;
        const char *says;
    } cases[] = {
        {FORGED("[`residual`," LINEAR22 ",null]"), GAN_OK, ""},
        {FORGED("[`residual`]"), GAN_ERR_FORMAT, "layer 0: body and shortcut expected, found 0"},
        {FORGED("[`residual`," LINEAR22 "]"), GAN_ERR_FORMAT, "found 1 settings"},
        {FORGED("[`residual`," LINEAR22 ",null,1]"), GAN_ERR_FORMAT, "found 3 settings"},
        {FORGED("[`residual`,null,null]"), GAN_ERR_FORMAT, "layer 0: body: no layers in it"},
        {FORGED("[`residual`,[],null]"), GAN_ERR_FORMAT, "layer 0: body: no layers in it"},
        {FORGED("[`residual`," LINEAR22 ",[]]"), GAN_ERR_FORMAT, "shortcut: no layers in it"},
        {FORGED("[`residual`," LINEAR22 ",0]"), GAN_ERR_FORMAT, "shortcut: no layers in it"},
        {FORGED("[`residual`,7,null]"), GAN_ERR_FORMAT, "body: no layers in it"},
        {FORGED("[`residual`,`linear`,null]"), GAN_ERR_FORMAT, "body: no layers in it"},
        {FORGED("[`residual`,[`linear`,2,2],null]"), GAN_ERR_FORMAT,
         "body: layer 0: is of no known kind"},
        {FORGED("[`residual`,{`layers`:" LINEAR22 "},null]"), GAN_ERR_FORMAT, "no layers in it"},
        {FORGED("[`residual`,[[`linear`,3,2]],null]"), GAN_ERR_FORMAT,
         "layer 0: body: layer 0 (linear): needs 3 inputs, gets 2"},
        {FORGED("[`residual`,[[`linear`,2,3]],null]"), GAN_ERR_FORMAT,
         "the body makes [3], the input is [2]"},
        {FORGED("[`residual`," LINEAR22 ",[[`linear`,2,3]]]"), GAN_ERR_FORMAT,
         "the body makes [2], the shortcut [3]"},
        {FORGED("[`residual`," LINEAR22 ",[[`cubic`]]]"), GAN_ERR_FORMAT,
         "layer 0: shortcut: layer 0: is of no known kind: cubic"},
        {FORGED("[`residual`," LINEAR22 ",[[`dropout`,2]]]"), GAN_ERR_FORMAT,
         "layer 0: shortcut: layer 0: dropout: "},
        /* The kinds that a block consists of internally are not kinds of their own. */
        {FORGED("[`add`]"), GAN_ERR_FORMAT, "no known kind: add"},
        {FORGED("[`shortcut`]"), GAN_ERR_FORMAT, "no known kind: shortcut"},
        {FORGED("[`residual`,[[`tanh`],[`add`]],null]"), GAN_ERR_FORMAT, "no known kind: add"},
        {FORGED("[`residual`," LINEAR22 "," LINEAR22 "]"), GAN_ERR_SHAPE, "12 numbers"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_forged(cases[i].header, 6, cases[i].status, cases[i].says);
}

TEST(a_description_of_any_depth_is_refused)
{
    const size_t depths[] = {7, 100, 500};
    const char *path = scratch_path("residual-deep.safetensors");

    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        gan_network *net = (gan_network *)&net;
        char text[12000] = DESCRIPTION_BEGINS;
        budget b;

        budget_init(&b, BUDGET_UNLIMITED);
        for (size_t j = 0; j < depths[i]; j++) strcat(text, "[`residual`,[");
        strcat(text, "[`tanh`]");
        for (size_t j = 0; j < depths[i]; j++) strcat(text, "],null]");
        strcat(text, DESCRIPTION_ENDS);
        write_forged(path, text, 6);
        expect_fails(
            gan_network_open(&net, path,
                             &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = &b.allocator}),
            GAN_ERR_FORMAT, "body: layer 0: more than 6 blocks in each other");
        ck_assert_ptr_null(net);
        ck_assert_uint_eq(budget_live(&b), 0);
        ck_assert_msg(b.peak_bytes < 1000000, "%zu levels made the library take %zu bytes",
                      depths[i], b.peak_bytes);
    }
}
