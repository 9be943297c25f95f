/* test_pass_fold.c - upsampling that a pass folds into the convolution which reads it, beside the two
 * layers one after the other. */
#include "expect.h"
#include "game.h"

#include <gan/gan.h>
#include <stdlib.h>
#include <string.h>

typedef struct size {
    size_t in, out, side, rows;
} size;

static const gan_conv2d_desc same = {GAN_CONV2D_DESC_INIT, .padding = GAN_BOTH(1)};

/* A layer between the two prevents folding, and changes nothing. */
static gan_network *network(const size *s, int apart)
{
    gan_network *net = gan_network_create(gan_shape_3d(s->in, s->side, s->side + 1),
                                          &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 5});

    gan_network_add(net, gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0));
    if (apart) gan_network_add(net, gan_layer_leaky_relu(1));
    gan_network_add(net, gan_layer_conv2d(s->in, s->out, 3, &same));
    gan_network_add(net, gan_layer_tanh());
    expect_ok(gan_network_build(net));
    return net;
}

/* A layer's initial weights depend on its position. */
static void give_weights(gan_network *to, gan_network *from)
{
    for (size_t i = 0; i < gan_network_tensor_count(from); i++) {
        gan_tensor source, target;

        expect_ok(gan_network_tensor(&source, from, i));
        expect_ok(gan_network_tensor(&target, to, i));
        memcpy(target.data, source.data, gan_shape_size(source.shape) * sizeof(float));
    }
}

typedef struct results {
    float *y, *dx, *dw;
    size_t n_y, n_x, n_w, bytes;
} results;

static float *copy(const float *from, size_t n)
{
    float *out = malloc(n * sizeof *out);

    ck_assert_ptr_nonnull(out);
    memcpy(out, from, n * sizeof *out);
    return out;
}

static results run(const size *s, gan_network *net, size_t threads)
{
    const size_t small = s->in * s->side * (s->side + 1), large = 4 * s->out * s->side * (s->side + 1);
    results r = {.n_y = s->rows * large, .n_x = s->rows * small, .n_w = gan_network_param_count(net)};
    float *x = normals(r.n_x, 1), *dy = normals(r.n_y, 2);
    gan_pool *pool;
    gan_pass *pass;

    r.dx = malloc(r.n_x * sizeof *r.dx);
    ck_assert_ptr_nonnull(r.dx);
    expect_ok(gan_pool_create(&pool, threads, NULL));
    const gan_pass_desc desc = {GAN_PASS_DESC_INIT, .rows = s->rows, .pool = pool};
    expect_ok(gan_pass_memory(&r.bytes, net, &desc));
    expect_ok(gan_pass_create(&pass, net, &desc));
    expect_ok(gan_pass_forward(pass, x, s->rows, NULL));
    expect_ok(gan_pass_backward(pass, dy, GAN_PASS_REPLACE, r.dx));
    r.y = copy(gan_pass_output(pass), r.n_y);
    r.dw = copy(gan_pass_gradients(pass), r.n_w);
    gan_pass_destroy(pass);
    gan_pool_destroy(pool);
    free(dy);
    free(x);
    return r;
}

static void end(results *r)
{
    free(r->y);
    free(r->dx);
    free(r->dw);
}

/* Few channels use direct convolution, many minimal filtering (Winograd). */
static const size sizes[] = {{1, 1, 1, 1},  {3, 5, 4, 3},    {5, 3, 7, 1},
                             {7, 2, 2, 40}, {32, 48, 8, 12}, {64, 16, 7, 33}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

TEST(values_and_gradients_are_those_of_the_two_layers)
{
    for (size_t i = 0; i < N_SIZES; i++) {
        gan_network *one = network(&sizes[i], 0), *two = network(&sizes[i], 1);
        results folded, apart;

        give_weights(two, one);
        folded = run(&sizes[i], one, 1);
        apart = run(&sizes[i], two, 1);
        expect_norm_close(folded.y, apart.y, apart.n_y, 5e-6);
        expect_norm_close(folded.dx, apart.dx, apart.n_x, 5e-6);
        expect_norm_close(folded.dw, apart.dw, apart.n_w, 5e-6);
        end(&apart);
        end(&folded);
        gan_network_destroy(two);
        gan_network_destroy(one);
    }
}

/* The upsampled image takes most of the memory. */
TEST(a_folded_pass_takes_less_memory)
{
    const size s = {32, 4, 16, 20};
    gan_network *one = network(&s, 0), *two = network(&s, 1);
    results folded = run(&s, one, 1), apart = run(&s, two, 1);

    ck_assert_uint_lt(folded.bytes + 4 * apart.n_x * sizeof(float), apart.bytes);
    end(&apart);
    end(&folded);
    gan_network_destroy(two);
    gan_network_destroy(one);
}

TEST(bits_are_those_of_one_thread)
{
    for (size_t i = 0; i < N_SIZES; i++) {
        gan_network *net = network(&sizes[i], 0);
        results one = run(&sizes[i], net, 1), more = run(&sizes[i], net, 5);

        expect_same_bits(more.y, one.y, one.n_y * sizeof(float));
        expect_same_bits(more.dx, one.dx, one.n_x * sizeof(float));
        expect_same_bits(more.dw, one.dw, one.n_w * sizeof(float));
        end(&more);
        end(&one);
        gan_network_destroy(net);
    }
}

/* If a residual block's shortcut begins at the upsampled image, it is computed. */
TEST(what_another_layer_reads_is_made)
{
    const size s = {3, 3, 4, 6};
    gan_network *nets[2];
    results r[2];

    for (int apart = 0; apart < 2; apart++) {
        gan_network *net = gan_network_create(gan_shape_3d(s.in, s.side, s.side + 1),
                                              &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 5});
        gan_network *body = gan_network_create(gan_shape_3d(s.in, 2 * s.side, 2 * s.side + 2), NULL);

        gan_network_add(net, gan_layer_upsample(2, GAN_UPSAMPLE_NEAREST, 0));
        if (apart) gan_network_add(net, gan_layer_leaky_relu(1));
        gan_network_add(body, gan_layer_conv2d(s.in, s.out, 3, &same));
        gan_network_add(net, gan_layer_residual(body, NULL));
        expect_ok(gan_network_build(net));
        nets[apart] = net;
        give_weights(net, nets[0]);
        r[apart] = run(&s, net, 2);
    }
    expect_norm_close(r[0].y, r[1].y, r[1].n_y, 1e-6);
    expect_norm_close(r[0].dx, r[1].dx, r[1].n_x, 1e-6);
    expect_norm_close(r[0].dw, r[1].dw, r[1].n_w, 1e-6);
    for (int i = 0; i < 2; i++) {
        end(&r[i]);
        gan_network_destroy(nets[i]);
    }
}
