/* test_layer_dropout.c - dropout of whole channels.  Plain dropout is in test_layer.c and
 * test_train.c. */
#include "expect.h"
#include "math/rng_internal.h"
#include "network/pass_internal.h"
#include "onelayer.h"

#include <gan/gan.h>
#include <math.h>

enum { ROWS = 50, CHANNELS = 40, PLANE = 6, SIZE = CHANNELS * PLANE };

/* A network of the layer and a pass that trains it, fed with ones. */
typedef struct fixture {
    gan_network *net;
    gan__pass *pass;
} fixture;

static fixture begin(float p)
{
    fixture f = {gan_network_create(gan_shape_3d(CHANNELS, 2, 3), NULL), NULL};

    expect_ok(gan_network_add(f.net, gan_layer_dropout2d(p)));
    expect_ok(gan_network_build(f.net));
    expect_ok(gan__pass_create(&f.pass,
                               &(gan__pass_desc){.net = f.net,
                                                 .n_layers = 1,
                                                 .rows = ROWS,
                                                 .threads = 1,
                                                 .training = 1,
                                                 .seed = 4,
                                                 .stream = GAN__STREAM_DROPOUT},
                               &f.net->allocator));
    for (size_t i = 0; i < ROWS * SIZE; i++) gan__pass_input(f.pass, 0)[i] = 1;
    gan__pass_forward(f.pass, NULL, 0, ROWS, ROWS);
    return f;
}

static void end(fixture *f)
{
    gan__pass_destroy(f->pass);
    gan_network_destroy(f->net);
}

TEST(channels_are_dropped_as_a_whole)
{
    fixture f = begin(0.25f);
    const float *y = gan__pass_output(f.pass, 0);
    size_t kept = 0;

    for (size_t i = 0; i < ROWS * CHANNELS; i++) {
        const float first = y[i * PLANE];

        ck_assert(first == 0 || first == 1.0f / 0.75f);
        for (size_t j = 1; j < PLANE; j++) ck_assert(y[i * PLANE + j] == first);
        kept += first > 0;
    }
    expect_near((double)kept / (ROWS * CHANNELS), 0.75, 0, 4 * sqrt(0.1875 / (ROWS * CHANNELS)));
    end(&f);
}

TEST(the_gradient_has_the_same_mask)
{
    fixture f = begin(0.5f);
    float *dy = gan__pass_output_grad(f.pass, 0);
    const float *y = gan__pass_output(f.pass, 0), *dx = gan__pass_input_grad(f.pass, 0);

    for (size_t i = 0; i < ROWS * SIZE; i++) dy[i] = (float)(i % 7 + 1);
    gan__pass_backward(f.pass, NULL, GAN__PASS_INPUT);
    for (size_t i = 0; i < ROWS * SIZE; i++) ck_assert(dx[i] == y[i] * (float)(i % 7 + 1));
    end(&f);
}

TEST(each_step_has_another_mask)
{
    fixture f = begin(0.5f);
    float before[SIZE];

    for (size_t i = 0; i < SIZE; i++) before[i] = gan__pass_output(f.pass, 0)[i];
    gan__pass_forward(f.pass, NULL, 0, ROWS, ROWS);
    expect_same_bits(gan__pass_output(f.pass, 0), before, sizeof before);
    gan__pass_advance(f.pass);
    gan__pass_forward(f.pass, NULL, 0, ROWS, ROWS);
    expect_other_bits(gan__pass_output(f.pass, 0), before, sizeof before);
    end(&f);
}

/* As an in-place layer it is divided as its neighbours are. */
TEST(bits_dont_depend_on_the_cut)
{
    expect_layer_same_bits(gan_shape_3d(5, 7, 3), gan_layer_dropout2d(0.5f), 40, 40);
    expect_layer_same_bits(gan_shape_3d(300, 1, 1), gan_layer_dropout2d(0.5f), 150, 150);
}

TEST(nothing_happens_in_evaluation)
{
    fixture f = begin(0.5f);
    float x[2 * SIZE], y[2 * SIZE];

    for (size_t i = 0; i < 2 * SIZE; i++) x[i] = sinf(1.7f * (float)i);
    expect_ok(gan_network_forward(f.net, x, 2, y));
    expect_same_bits(y, x, sizeof x);
    end(&f);
}

TEST(settings_and_shapes_are_checked)
{
    const float wrong[] = {-0.25f, 1, NAN};
    gan_network *net = gan_network_create(gan_shape_1d(8), NULL);

    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(gan_layer_dropout2d(wrong[i]));
        expect_error_says("dropout2d: p is ");
    }
    expect_fails(gan_network_add(net, gan_layer_dropout2d(0.5f)), GAN_ERR_SHAPE, "needs an image");
    gan_network_destroy(net);
}
