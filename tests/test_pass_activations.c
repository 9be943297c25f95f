/* test_pass_activations.c - a host's passes that reuse memory or recompute. */
#include "budget.h"
#include "expect.h"
#include "game.h"
#include "sequence.h"

#include <gan/gan.h>
#include <stddef.h>
#include <stdlib.h>

enum { IN = 3, WIDE = 5, OUT = 4, N = 6 };

static gan_layer *block(void)
{
    return gan_layer_residual(
        NETWORK(gan_shape_1d(WIDE), gan_layer_linear(WIDE, WIDE), gan_layer_tanh()), NULL);
}

/* Forks whose branches have activations to recompute; and layers that depend on the mode. */
static gan_network *forks(void)
{
    return BUILT(gan_shape_1d(IN), gan_layer_linear(IN, WIDE), block(),
                 gan_layer_batch_norm(WIDE, NULL), gan_layer_gelu(0), gan_layer_dropout(0.25f),
                 gan_layer_linear(WIDE, WIDE), block(),
                 gan_layer_layer_norm(gan_shape_1d(WIDE), NULL), gan_layer_silu(),
                 gan_layer_linear(WIDE, OUT), gan_layer_tanh());
}

/* A pass over a network of its own. */
typedef struct trial {
    gan_network *net;
    gan_pass *pass;
} trial;

static trial begin(const gan_pass_desc *desc, gan_activations activations)
{
    gan_pass_desc d = *desc;
    trial t = {.net = forks()};

    d.activations = activations;
    expect_ok(gan_pass_create(&t.pass, t.net, &d));
    return t;
}

static void end(trial *t)
{
    gan_pass_destroy(t->pass);
    gan_network_destroy(t->net);
}

static void expect_same_gradients(const trial *a, const trial *b)
{
    expect_same_bits(gan_pass_gradients(a->pass), gan_pass_gradients(b->pass),
                     gan_network_param_count(a->net) * sizeof(float));
}

/* Three forward and backward runs, the second with fewer samples. */
static void expect_same_runs(const trial *a, const trial *b, gan_pass_gradients_kind weights)
{
    const size_t n = gan_shape_size(gan_pass_output_shape(a->pass));
    float y[N * WIDE], z[N * WIDE], dx[N * IN], dz[N * IN];
    float *x = normals(N * IN, 1), *dy = normals(N * WIDE, 4);

    for (size_t s = 0; s < 3; s++) {
        const size_t rows = s == 1 ? N - 2 : N;

        expect_ok(gan_pass_forward(a->pass, x, rows, y));
        expect_ok(gan_pass_forward(b->pass, x, rows, z));
        expect_same_bits(y, z, rows * n * sizeof *y);
        expect_same_bits(gan_pass_output(b->pass), z, rows * n * sizeof *y);
        expect_ok(gan_pass_backward(a->pass, dy, weights, dx));
        expect_ok(gan_pass_backward(b->pass, dy, weights, s == 1 ? NULL : dz));
        if (s != 1) expect_same_bits(dx, dz, rows * IN * sizeof *dx);
        if (weights != GAN_PASS_KEEP) expect_same_gradients(a, b);
    }
    free(x);
    free(dy);
}

/* In both modes, up to a layer, and without gradients with respect to the weights. */
TEST_EACH(less_memory_has_the_same_bits, 0, 6)
{
    const int by_input = _i / 2 == 2;
    const gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = N, .mode = (gan_pass_mode)(_i % 2),
                                .last_layer = _i / 2 == 1 ? "6" : NULL,
                                .no_weight_gradients = by_input};

    for (int kind = 1; kind <= GAN_ACTIVATIONS_RECOMPUTE; kind++) {
        trial kept = begin(&desc, GAN_ACTIVATIONS_KEEP);
        trial t = begin(&desc, (gan_activations)kind);

        expect_same_runs(&kept, &t, by_input ? GAN_PASS_KEEP : GAN_PASS_ACCUMULATE);
        end(&t);
        end(&kept);
    }
}

TEST_EACH(they_serve_one_backward_run, 1, GAN_ACTIVATIONS_RECOMPUTE + 1)
{
    const gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = N};
    trial t = begin(&desc, (gan_activations)_i), kept = begin(&desc, GAN_ACTIVATIONS_KEEP);
    float *x = normals(N * IN, 1), *dy = normals(N * OUT, 2);

    expect_ok(gan_pass_forward(t.pass, x, N, NULL));
    expect_ok(gan_pass_forward(kept.pass, x, N, NULL));
    for (size_t s = 0; s < 2; s++)
        expect_ok(gan_pass_backward(kept.pass, dy, GAN_PASS_REPLACE, NULL));
    expect_ok(gan_pass_backward(t.pass, dy, GAN_PASS_REPLACE, NULL));
    expect_fails(gan_pass_backward(t.pass, dy, GAN_PASS_REPLACE, NULL), GAN_ERR_INVALID,
                 "activations of forward run 1 are used up");
    expect_same_gradients(&t, &kept);
    expect_ok(gan_pass_update_buffers(t.pass));
    expect_ok(gan_pass_forward(t.pass, x, N, NULL));
    expect_ok(gan_pass_backward(t.pass, dy, GAN_PASS_ACCUMULATE, NULL));
    free(x);
    free(dy);
    end(&kept);
    end(&t);
}

/* Older hosts have shorter descriptors. */
TEST(a_descriptor_without_them_keeps_all)
{
    gan_network *net = forks();
    gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = N, .activations = 3};
    gan_pass *pass;
    float *x = normals(N * IN, 1), *dy = normals(N * OUT, 2);

    desc.struct_size = offsetof(gan_pass_desc, activations);
    expect_ok(gan_pass_create(&pass, net, &desc));
    expect_ok(gan_pass_forward(pass, x, N, NULL));
    for (size_t s = 0; s < 2; s++)
        expect_ok(gan_pass_backward(pass, dy, GAN_PASS_REPLACE, NULL));
    gan_pass_destroy(pass);
    gan_network_destroy(net);
    free(x);
    free(dy);
}

TEST(there_are_three_kinds)
{
    gan_network *net = forks();
    gan_pass *pass;

    expect_fails(
        gan_pass_create(&pass, net, &(gan_pass_desc){GAN_PASS_DESC_INIT, .activations = 3}),
        GAN_ERR_INVALID, "activations 3");
    ck_assert_ptr_null(pass);
    gan_network_destroy(net);
}

TEST(they_take_less_and_exactly_what_is_said)
{
    gan_network *net = gan_network_create(gan_shape_1d(64), NULL);
    size_t bytes[GAN_ACTIVATIONS_RECOMPUTE + 1];
    budget b;

    budget_init(&b, BUDGET_UNLIMITED);
    for (size_t i = 0; i < 8; i++) {
        expect_ok(gan_network_add(net, gan_layer_linear(64, 64)));
        expect_ok(gan_network_add(net, gan_layer_gelu(1)));
    }
    for (int kind = 0; kind <= GAN_ACTIVATIONS_RECOMPUTE; kind++) {
        const gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = 1000, .allocator = &b.allocator,
                                    .activations = (gan_activations)kind};
        gan_pass *pass;

        expect_ok(gan_pass_memory(&bytes[kind], net, &desc));
        expect_ok(gan_pass_create(&pass, net, &desc));
        ck_assert_uint_eq(b.live_bytes, bytes[kind]);
        gan_pass_destroy(pass);
    }
    ck_assert_uint_lt(3 * bytes[GAN_ACTIVATIONS_REUSE], 2 * bytes[GAN_ACTIVATIONS_KEEP]);
    ck_assert_uint_lt(5 * bytes[GAN_ACTIVATIONS_RECOMPUTE], 4 * bytes[GAN_ACTIVATIONS_REUSE]);
    gan_network_destroy(net);
}

static gan_status make_pass(void **out, const gan_allocator *allocator, void *user)
{
    gan_pass *pass;
    const gan_status status =
        gan_pass_create(&pass, user,
                        &(gan_pass_desc){GAN_PASS_DESC_INIT, .rows = N, .allocator = allocator,
                                         .activations = GAN_ACTIVATIONS_RECOMPUTE});

    *out = pass;
    return status;
}

static void end_pass(void *made)
{
    gan_pass_destroy(made);
}

TEST(a_lack_of_memory_leaves_nothing)
{
    gan_network *net = forks();

    budget_sweep(make_pass, end_pass, net);
    gan_network_destroy(net);
}
