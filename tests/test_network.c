/* test_network.c - building, inspecting and running networks. */
#include "budget.h"
#include "expect.h"
#include "gradcheck.h"
#include "sequence.h"

#include <gan/network.h>
#include <gan/rng.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const net_layer small[] = {{NET_LINEAR, 5, 7, 0},     {NET_LEAKY_RELU, 0, 0, 0.2f},
                                  {NET_DROPOUT, 0, 0, 0.3f}, {NET_LINEAR, 7, 4, 0},
                                  {NET_TANH, 0, 0, 0},       {NET_END, 0, 0, 0}};
enum { SMALL_PARAMS = 5 * 7 + 7 + 7 * 4 + 4 };

static gan_network *small_net(uint64_t seed)
{
    return net_seeded(5, small, seed);
}

static void fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = sinf(1.7f * (float)i) * 1.5f;
}

/* ---- making one ---- */

TEST(a_network_tells_what_it_is)
{
    gan_network *net = small_net(1);
    static const char *const names[] = {"0.weight", "0.bias", "3.weight", "3.bias"};
    const gan_shape shapes[] = {gan_shape_2d(7, 5), gan_shape_1d(7), gan_shape_2d(4, 7),
                                gan_shape_1d(4)};

    ck_assert_uint_eq(gan_network_layer_count(net), 5);
    ck_assert_uint_eq(gan_network_param_count(net), SMALL_PARAMS);
    ck_assert_int_eq(gan_shape_equal(gan_network_input_shape(net), gan_shape_1d(5)), 1);
    ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), gan_shape_1d(4)), 1);
    ck_assert_uint_eq(gan_network_tensor_count(net), 4);
    for (size_t i = 0; i < 4; i++) {
        gan_tensor t, found;

        expect_ok(gan_network_tensor(&t, net, i));
        ck_assert_str_eq(t.name, names[i]);
        ck_assert_int_eq(gan_shape_equal(t.shape, shapes[i]), 1);
        ck_assert_uint_eq(t.size, gan_shape_size(shapes[i]));
        expect_ok(gan_network_find(&found, net, names[i]));
        ck_assert(found.data == t.data && found.size == t.size && strcmp(found.name, t.name) == 0);
    }
    gan_network_destroy(net);
}

TEST(an_unfinished_network_tells_what_it_has)
{
    gan_network *net = gan_network_create(gan_shape_3d(1, 2, 3), NULL);

    ck_assert_uint_eq(gan_network_layer_count(net), 0);
    ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), gan_shape_3d(1, 2, 3)), 1);
    expect_ok(gan_network_add(net, gan_layer_linear(6, 9)));
    ck_assert_uint_eq(gan_network_layer_count(net), 1);
    ck_assert_uint_eq(gan_network_param_count(net), 63);
    ck_assert_uint_eq(gan_network_tensor_count(net), 2);
    ck_assert_int_eq(gan_shape_equal(gan_network_output_shape(net), gan_shape_1d(9)), 1);
    gan_network_destroy(net);
}

TEST(a_long_network_can_be_made)
{
    gan_network *net = gan_network_create(gan_shape_1d(3), NULL);
    const float x[3] = {1.5f, -2.385f, 0.25f};
    gan_tensor t;
    float y[3];

    for (int i = 0; i < 100; i++) {
        expect_ok(gan_network_add(net, gan_layer_linear(3, 3)));
        expect_ok(gan_network_add(net, gan_layer_leaky_relu(0.2f)));
    }
    ck_assert_uint_eq(gan_network_layer_count(net), 200);
    ck_assert_uint_eq(gan_network_param_count(net), 1200);
    expect_ok(gan_network_find(&t, net, "198.bias"));
    expect_ok(gan_network_forward(net, x, 1, y));
    gan_network_destroy(net);
}

/* All can be in place; that takes linear time. */
TEST(a_long_row_of_layers_in_place_can_be_made)
{
    gan_network *net = gan_network_create(gan_shape_1d(3), NULL);
    const float x[3] = {1.5f, -2.385f, 0.25f};
    float y[3];

    for (int i = 0; i < 1000; i++) gan_network_add(net, gan_layer_dropout(0.5f));
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_same_bits(x, y, sizeof y);
    gan_network_destroy(net);
}

TEST(a_layer_that_does_not_fit_is_remembered)
{
    gan_network *net = NETWORK(gan_shape_1d(32), gan_layer_linear(32, 128), gan_layer_relu());
    gan_network *clone = net;
    gan_tensor t;
    float x[64] = {0};

    expect_fails(gan_network_add(net, gan_layer_linear(64, 10)), GAN_ERR_SHAPE,
                 "layer 2 (linear): needs 64 inputs, gets 128");
    /* Later errors and successful calls do not hide it. */
    expect_fails(gan_network_add(net, gan_layer_linear(0, 10)), GAN_ERR_SHAPE, "layer 2 (linear)");
    expect_fails(gan_network_add(net, gan_layer_linear(128, 10)), GAN_ERR_SHAPE,
                 "needs 64 inputs, gets 128");
    ck_assert_uint_eq(gan_network_layer_count(net), 2);
    ck_assert_ptr_null(gan_layer_linear(0, 1));
    expect_fails(gan_network_build(net), GAN_ERR_SHAPE,
                 "layer 2 (linear): needs 64 inputs, gets 128");
    expect_fails(gan_network_initialize(net, 2), GAN_ERR_SHAPE, "layer 2");
    expect_fails(gan_network_clone(&clone, net), GAN_ERR_SHAPE, "layer 2");
    ck_assert_ptr_null(clone);
    expect_fails(gan_network_tensor(&t, net, 0), GAN_ERR_SHAPE, "layer 2");
    expect_fails(gan_network_find(&t, net, "0.weight"), GAN_ERR_SHAPE, "layer 2");
    expect_fails(gan_network_forward(net, x, 1, x + 32), GAN_ERR_SHAPE, "layer 2");
    expect_fails(gan_network_save(net, scratch_path("never.safetensors")), GAN_ERR_SHAPE,
                 "layer 2");
    ck_assert_int_ne(access(scratch_path("never.safetensors"), F_OK), 0);
    expect_fails(gan_network_load(net, scratch_path("never.safetensors"), NULL), GAN_ERR_SHAPE,
                 "layer 2");
    gan_network_destroy(net);
}

TEST(a_reshape_that_does_not_fit_says_so)
{
    gan_network *net = gan_network_create(gan_shape_1d(30), NULL);

    expect_fails(gan_network_add(net, gan_layer_reshape(gan_shape_3d(1, 4, 7))), GAN_ERR_SHAPE,
                 "layer 0 (reshape)");
    expect_error_says("28");
    expect_error_says("30");
    gan_network_destroy(net);
}

TEST(a_null_layer_keeps_its_constructors_sentence)
{
    gan_network *net = NETWORK(gan_shape_1d(3), gan_layer_linear(3, 4), gan_layer_leaky_relu(-0.5f),
                               gan_layer_linear(4, 2));

    expect_fails(gan_network_build(net), GAN_ERR_INVALID, "leaky_relu");
    expect_error_says("-0.5");
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_1d(3), NULL);
    expect_status(gan_network_add(net, NULL), GAN_ERR_INVALID);
    expect_status(gan_network_build(net), GAN_ERR_INVALID);
    gan_network_destroy(net);
}

TEST(nothing_can_be_added_to_a_complete_network)
{
    gan_network *net = small_net(1), *twin = small_net(1);
    float x[5], y[4];

    fill(x, 5);
    expect_fails(gan_network_add(net, gan_layer_relu()), GAN_ERR_INVALID, "complete");
    expect_status(gan_network_add(net, NULL), GAN_ERR_INVALID);
    ck_assert_uint_eq(gan_network_layer_count(net), 5);
    /* It remains valid. */
    expect_ok(gan_network_build(net));
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_same_weights(net, twin);
    gan_network_destroy(net);
    gan_network_destroy(twin);
}

TEST(a_network_without_layers_is_none)
{
    gan_network *net = gan_network_create(gan_shape_1d(3), NULL), *clone = net;
    float x[3] = {0};

    expect_fails(gan_network_build(net), GAN_ERR_INVALID, "no layer");
    expect_status(gan_network_forward(net, x, 1, x), GAN_ERR_INVALID);
    expect_status(gan_network_clone(&clone, net), GAN_ERR_INVALID);
    ck_assert_ptr_null(clone);
    /* It can still be completed. */
    expect_ok(gan_network_add(net, gan_layer_relu()));
    expect_ok(gan_network_build(net));
    gan_network_destroy(net);
}

TEST(creation_refuses_bad_shapes_and_settings)
{
    const gan_shape none = {0, {0}};
    const gan_allocator half = {0};
    gan_network_desc d = {GAN_NETWORK_DESC_INIT};
    struct {
        gan_network_desc known;
        double later;
    } longer = {{GAN_NETWORK_DESC_INIT}, 0};
    gan_network *net;

    ck_assert_ptr_null(gan_network_create(none, NULL));
    expect_error_says("shape");
    ck_assert_ptr_null(gan_network_create(gan_shape_2d(3, 0), NULL));
    ck_assert_ptr_null(gan_network_create(gan_shape_2d(65536, 65536), NULL));
    expect_error_says("65536");
    d.struct_size = 3;
    ck_assert_ptr_null(gan_network_create(gan_shape_1d(3), &d));
    expect_error_says("struct_size");
    d.struct_size = sizeof d;
    d.allocator = &half;
    ck_assert_ptr_null(gan_network_create(gan_shape_1d(3), &d));
    expect_error_says("allocator");
    longer.known.struct_size = sizeof longer;
    net = gan_network_create(gan_shape_1d(3), &longer.known);
    ck_assert_ptr_nonnull(net);
    gan_network_destroy(net);
    longer.later = 1;
    ck_assert_ptr_null(gan_network_create(gan_shape_1d(3), &longer.known));
}

TEST(null_is_reported)
{
    gan_network *net = small_net(1), *out = net;
    gan_tensor t;
    char text[4] = "abc";
    float x[5] = {0};

    gan_network_destroy(NULL);
    expect_status(gan_network_add(NULL, gan_layer_relu()), GAN_ERR_INVALID);
    expect_status(gan_network_add(NULL, NULL), GAN_ERR_INVALID);
    expect_status(gan_network_build(NULL), GAN_ERR_INVALID);
    expect_status(gan_network_initialize(NULL, 1), GAN_ERR_INVALID);
    expect_status(gan_network_clone(NULL, net), GAN_ERR_INVALID);
    expect_status(gan_network_clone(&out, NULL), GAN_ERR_INVALID);
    ck_assert_ptr_null(out);
    ck_assert_uint_eq(gan_network_input_shape(NULL).rank, 0);
    ck_assert_uint_eq(gan_network_output_shape(NULL).rank, 0);
    ck_assert_uint_eq(gan_network_layer_count(NULL), 0);
    ck_assert_uint_eq(gan_network_param_count(NULL), 0);
    ck_assert_uint_eq(gan_network_tensor_count(NULL), 0);
    expect_status(gan_network_tensor(NULL, net, 0), GAN_ERR_INVALID);
    expect_status(gan_network_tensor(&t, NULL, 0), GAN_ERR_INVALID);
    expect_fails(gan_network_tensor(&t, net, 4), GAN_ERR_INVALID, "4");
    expect_status(gan_network_find(NULL, net, "0.weight"), GAN_ERR_INVALID);
    expect_status(gan_network_find(&t, NULL, "0.weight"), GAN_ERR_INVALID);
    expect_status(gan_network_find(&t, net, NULL), GAN_ERR_INVALID);
    expect_fails(gan_network_find(&t, net, "0.wait"), GAN_ERR_INVALID, "0.wait");
    ck_assert_uint_eq(gan_network_summary(NULL, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
    expect_status(gan_network_forward(NULL, x, 1, x), GAN_ERR_INVALID);
    expect_status(gan_network_forward(net, NULL, 1, x), GAN_ERR_INVALID);
    expect_status(gan_network_forward(net, x, 1, NULL), GAN_ERR_INVALID);
    expect_ok(gan_network_forward(net, NULL, 0, NULL));
    expect_status(gan_network_save(NULL, "x"), GAN_ERR_INVALID);
    expect_status(gan_network_save(net, NULL), GAN_ERR_INVALID);
    expect_status(gan_network_load(NULL, "x", NULL), GAN_ERR_INVALID);
    expect_status(gan_network_load(net, NULL, NULL), GAN_ERR_INVALID);
    expect_status(gan_network_open(NULL, "x", NULL), GAN_ERR_INVALID);
    out = net;
    expect_status(gan_network_open(&out, NULL, NULL), GAN_ERR_INVALID);
    ck_assert_ptr_null(out);
    gan_network_destroy(net);
}

/* ---- the summary ---- */

TEST(the_summary_names_layers_shapes_and_counts)
{
    gan_network *net =
        NETWORK(gan_shape_1d(64), gan_layer_linear(64, 2352), gan_layer_leaky_relu(0.2f),
                gan_layer_reshape(gan_shape_3d(3, 28, 28)));
    char text[2000];
    size_t n;

    n = gan_network_summary(net, text, sizeof text);
    ck_assert_uint_eq(n, strlen(text));
    ck_assert_ptr_nonnull(strstr(text, "linear"));
    ck_assert_ptr_nonnull(strstr(text, "leaky_relu"));
    ck_assert_ptr_nonnull(strstr(text, "reshape"));
    ck_assert_ptr_nonnull(strstr(text, "2352"));
    ck_assert_ptr_nonnull(strstr(text, "3, 28, 28"));
    ck_assert_ptr_nonnull(strstr(text, "152880"));
    /* The same once it is complete. */
    expect_ok(gan_network_build(net));
    ck_assert_uint_eq(gan_network_summary(net, NULL, 0), n);
    gan_network_destroy(net);
}

TEST(the_summary_is_cut_to_fit)
{
    gan_network *net = small_net(1);
    char whole[2000], text[2000];
    const size_t n = gan_network_summary(net, whole, sizeof whole);

    ck_assert_uint_lt(n, sizeof whole);
    for (size_t capacity = 1; capacity < n + 3; capacity++) {
        memset(text, 'x', sizeof text);
        ck_assert_uint_eq(gan_network_summary(net, text, capacity), n);
        ck_assert_uint_eq(strlen(text), capacity <= n ? capacity - 1 : n);
        ck_assert_int_eq(memcmp(text, whole, strlen(text)), 0);
        ck_assert_int_eq(text[capacity], 'x');
    }
    gan_network_destroy(net);
}

/* ---- weights ---- */

TEST(weights_are_a_function_of_the_seed)
{
    gan_network *a = small_net(11), *b = small_net(11), *c = small_net(12);
    size_t n;
    float *first = net_weights(a, &n), *other = net_weights(c, NULL), *again;

    expect_same_weights(a, b);
    expect_other_bits(first, other, n * sizeof *first);
    for (size_t i = 0; i < n; i++) ck_assert(first[i] != other[i]);
    expect_ok(gan_network_initialize(a, 12));
    expect_same_weights(a, c);
    expect_ok(gan_network_initialize(a, 11));
    again = net_weights(a, NULL);
    expect_same_bits(again, first, n * sizeof *first);
    gan_network_destroy(a);
    gan_network_destroy(b);
    gan_network_destroy(c);
    free(first);
    free(other);
    free(again);
}

TEST(no_two_layers_begin_alike)
{
    static const net_layer twins[] = {{NET_LINEAR, 20, 20, 0},
                                      {NET_LINEAR, 20, 20, 0},
                                      {NET_LINEAR, 20, 20, 0},
                                      {NET_END, 0, 0, 0}};
    gan_network *net = net_seeded(20, twins, 5);
    gan_tensor t[3];
    char name[24];

    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%d.weight", i);
        expect_ok(gan_network_find(&t[i], net, name));
    }
    for (size_t i = 0; i < t[0].size; i++)
        ck_assert(t[0].data[i] != t[1].data[i] && t[1].data[i] != t[2].data[i] &&
                  t[0].data[i] != t[2].data[i]);
    gan_network_destroy(net);
}

TEST(initializing_completes_a_network)
{
    gan_network *net = net_make(5, small, NULL), *twin = small_net(77);

    expect_ok(gan_network_initialize(net, 77));
    expect_same_weights(net, twin);
    gan_network_destroy(net);
    gan_network_destroy(twin);
}

TEST(a_clone_shares_nothing)
{
    gan_network *net = small_net(3), *copy = NULL;
    float x[5], before[4], y[4], *weights;
    gan_tensor t, u;
    size_t n;

    fill(x, 5);
    expect_ok(gan_network_find(&t, net, "0.weight"));
    t.data[3] = 2.385f;
    expect_ok(gan_network_forward(net, x, 1, before));
    expect_ok(gan_network_clone(&copy, net));
    expect_same_weights(net, copy);
    ck_assert_uint_eq(gan_network_layer_count(copy), 5);
    expect_ok(gan_network_find(&u, copy, "0.weight"));
    ck_assert(t.data != u.data && t.name != u.name);
    weights = net_weights(copy, &n);
    expect_ok(gan_network_initialize(net, 99));
    gan_network_destroy(net);
    net = copy;
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_same_bits(y, before, sizeof y);
    free(weights);
    gan_network_destroy(copy);
}

TEST(cloning_completes_a_network)
{
    gan_network *net = net_make(5, small, NULL), *copy;

    expect_ok(gan_network_clone(&copy, net));
    expect_same_weights(copy, net);
    gan_network_destroy(net);
    gan_network_destroy(copy);
}

/* ---- forward ---- */

static const net_layer all_kinds[] = {
    {NET_FLATTEN, 0, 0, 0},  {NET_LINEAR, 9, 23, 0}, {NET_LEAKY_RELU, 0, 0, 0.2f},
    {NET_LINEAR, 23, 17, 0}, {NET_TANH, 0, 0, 0},    {NET_DROPOUT, 0, 0, 0.5f},
    {NET_LINEAR, 17, 33, 0}, {NET_RELU, 0, 0, 0},    {NET_LINEAR, 33, 3, 0},
    {NET_SIGMOID, 0, 0, 0},  {NET_END, 0, 0, 0}};

TEST(forward_is_the_reference)
{
    const size_t counts[] = {0, 1, 2, 7, 15, 16, 17, 64, 127, 128, 129, 255, 257, 600};
    gan_network *net = net_seeded(9, all_kinds, 21);
    reference *ref = reference_of(net, all_kinds);
    float *x = malloc(600 * 9 * sizeof *x), *y = malloc(601 * 3 * sizeof *y);
    double *wide = malloc(600 * 9 * sizeof *wide), *wanted = malloc(600 * 3 * sizeof *wanted);

    fill(x, 600 * 9);
    for (size_t i = 0; i < 600 * 9; i++) wide[i] = (double)x[i];
    reference_forward(ref, wide, 600, 0, wanted);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        const size_t n = counts[c];

        for (size_t i = 0; i < 601 * 3; i++) y[i] = 2.385f;
        expect_ok(gan_network_forward(net, x, n, y));
        for (size_t i = 0; i < n * 3; i++) expect_near(y[i], wanted[i], 2e-6, 1e-7);
        for (size_t i = n * 3; i < 601 * 3; i++) ck_assert(y[i] == 2.385f);
    }
    reference_free(ref);
    gan_network_destroy(net);
    free(x);
    free(y);
    free(wide);
    free(wanted);
}

TEST(forward_sees_weights_that_the_host_changed)
{
    static const net_layer line[] = {{NET_LINEAR, 2, 1, 0}, {NET_END, 0, 0, 0}};
    gan_network *net = net_seeded(2, line, 1);
    const float x[4] = {3, 5, -1, 2};
    gan_tensor w, b;
    float y[2];

    expect_ok(gan_network_find(&w, net, "0.weight"));
    expect_ok(gan_network_find(&b, net, "0.bias"));
    w.data[0] = 2;
    w.data[1] = -0.5f;
    b.data[0] = 0.25f;
    expect_ok(gan_network_forward(net, x, 2, y));
    ck_assert(y[0] == 3.75f && y[1] == -2.75f);
    gan_network_destroy(net);
}

TEST(forward_gives_the_same_bits_on_any_pool)
{
    enum { N = 700 };
    const size_t threads[] = {1, 2, 3, 5};
    float *x = malloc(N * 9 * sizeof *x), *y = malloc(N * 3 * sizeof *y),
          *z = malloc(N * 3 * sizeof *z);
    gan_network *alone = net_seeded(9, all_kinds, 21);

    fill(x, N * 9);
    expect_ok(gan_network_forward(alone, x, N, y));
    for (size_t i = 0; i < 4; i++) {
        gan_pool *pool;
        gan_network *net;

        expect_ok(gan_pool_create(&pool, threads[i], NULL));
        net = net_make(9, all_kinds,
                       &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 21, .pool = pool});
        expect_ok(gan_network_forward(net, x, N, z));
        expect_same_bits(z, y, N * 3 * sizeof *z);
        expect_ok(gan_network_forward(net, x, 33, z));
        gan_network_destroy(net);
        gan_pool_destroy(pool);
    }
    gan_network_destroy(alone);
    free(x);
    free(y);
    free(z);
}

TEST(forward_takes_no_memory_and_leaves_the_weights)
{
    budget b;
    gan_network *net;
    float x[300 * 5], y[300 * 4], *before, *after;
    size_t n, taken;

    budget_init(&b, BUDGET_UNLIMITED);
    net = net_make(
        5, small, &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 4, .allocator = &b.allocator});
    expect_ok(gan_network_build(net));
    before = net_weights(net, &n);
    fill(x, 300 * 5);
    taken = b.taken;
    b.left = 0;
    expect_ok(gan_network_forward(net, x, 300, y));
    expect_ok(gan_network_forward(net, x, 1, y));
    ck_assert_uint_eq(b.taken, taken);
    ck_assert_uint_eq(b.refused, 0);
    after = net_weights(net, NULL);
    expect_same_bits(after, before, n * sizeof *after);
    gan_network_destroy(net);
    ck_assert_uint_eq(budget_live(&b), 0);
    free(before);
    free(after);
}

/* ---- memory ---- */

static gan_status make_built(void **out, const gan_allocator *allocator, void *user)
{
    gan_network *net =
        net_make(5, small, &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});
    gan_status status = net ? gan_network_build(net) : GAN_ERR_NOMEM;

    (void)user;
    if (status != GAN_OK) {
        gan_network_destroy(net);
        net = NULL;
    }
    *out = net;
    return status;
}

TEST(making_survives_a_lack_of_memory)
{
    budget_sweep(make_built, end_network, NULL);
}

TEST(a_build_that_lacked_memory_can_be_repeated)
{
    gan_network *twin = small_net(8);

    for (size_t allowed = 0; allowed < 100; allowed++) {
        budget b;
        gan_network *net;
        gan_status status;

        budget_init(&b, BUDGET_UNLIMITED);
        net = net_make(
            5, small,
            &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 8, .allocator = &b.allocator});
        b.left = allowed;
        status = gan_network_build(net);
        b.left = BUDGET_UNLIMITED;
        if (status != GAN_OK) expect_ok(gan_network_build(net));
        expect_same_weights(net, twin);
        gan_network_destroy(net);
        ck_assert_uint_eq(budget_live(&b), 0);
        if (status == GAN_OK) {
            ck_assert_uint_gt(allowed, 0);
            gan_network_destroy(twin);
            return;
        }
    }
    ck_abort_msg("a build takes over 100 allocations");
}

TEST(cloning_survives_a_lack_of_memory)
{
    for (size_t allowed = 0; allowed < 200; allowed++) {
        budget b;
        gan_network *net, *copy;
        size_t live;
        gan_status status;

        budget_init(&b, BUDGET_UNLIMITED);
        net = net_make(
            5, small,
            &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 8, .allocator = &b.allocator});
        expect_ok(gan_network_build(net));
        live = budget_live(&b);
        b.left = allowed;
        copy = net;
        status = gan_network_clone(&copy, net);
        if (status != GAN_OK) {
            expect_status(status, GAN_ERR_NOMEM);
            ck_assert_ptr_null(copy);
            ck_assert_uint_eq(budget_live(&b), live);
        }
        gan_network_destroy(copy);
        gan_network_destroy(net);
        ck_assert_uint_eq(budget_live(&b), 0);
        if (status == GAN_OK) {
            ck_assert_uint_gt(allowed, 0);
            return;
        }
    }
    ck_abort_msg("a clone takes over 200 allocations");
}
