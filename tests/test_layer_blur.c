/* test_layer_blur.c - resampling with the blur filter [1, 2, 1]. */
#include "expect.h"
#include "golden.h"
#include "onelayer.h"

#include <gan/network.h>
#include <stdio.h>

static gan_layer *blur(void)
{
    return gan_layer_blur_pool2d(1);
}

static gan_layer *half(void)
{
    return gan_layer_blur_pool2d(2);
}

static const struct {
    const char *name;
    gan_layer *(*make)(void);
} kinds[] = {{"blur", blur}, {"half", half}, {"twice", gan_layer_blur_upsample2d}};
enum { KINDS = 3 };

TEST(they_are_pytorchs)
{
    golden *g = golden_open("layers_blur.bin");
    static const struct {
        const char *suffix;
        gan_shape in;
    } shapes[] = {{"", {3, {3, 6, 8}}},
                  {"_odd", {3, {2, 5, 7}}},
                  {"_thin", {3, {1, 1, 4}}},
                  {"_point", {3, {1, 1, 1}}}};

    for (size_t i = 0; i < KINDS; i++)
        for (size_t k = 0; k < 4; k++) {
            char name[32];

            snprintf(name, sizeof name, "%s%s", kinds[i].name, shapes[k].suffix);
            expect_layer_golden(g, name, shapes[k].in, kinds[i].make(), 2, 2);
        }
    golden_close(g);
}

TEST(gradients_are_adjoint)
{
    for (size_t i = 0; i < KINDS; i++) {
        expect_layer_adjoint(gan_shape_3d(36, 5, 8), kinds[i].make(), 3);
        expect_layer_gradients(gan_shape_3d(2, 4, 3), kinds[i].make(), 2, 2, NULL);
    }
}

TEST(bits_dont_depend_on_the_cut)
{
    for (size_t i = 0; i < KINDS; i++)
        expect_layer_same_bits(gan_shape_3d(5, 19, 18), kinds[i].make(), 33, 33);
}

/* Away from the border a constant area is unchanged. */
TEST(an_even_area_keeps_its_value)
{
    enum { SIDE = 8 };
    float x[SIDE * SIDE], y[4 * SIDE * SIDE];

    for (size_t i = 0; i < SIDE * SIDE; i++) x[i] = 3;
    for (size_t i = 0; i < KINDS; i++) {
        gan_network *net = gan_network_create(gan_shape_3d(1, SIDE, SIDE), NULL);
        size_t side;

        expect_ok(gan_network_add(net, kinds[i].make()));
        expect_ok(gan_network_forward(net, x, 1, y));
        side = gan_network_output_shape(net).dim[1];
        for (size_t r = 1; r + 1 < side; r++)
            for (size_t c = 1; c + 1 < side; c++) expect_close(&y[r * side + c], x, 1, 1e-6, 0);
        gan_network_destroy(net);
    }
}

TEST(what_is_no_image_is_refused)
{
    for (size_t i = 0; i < KINDS; i++) {
        gan_network *net = gan_network_create(gan_shape_1d(9), NULL);

        expect_status(gan_network_add(net, kinds[i].make()), GAN_ERR_SHAPE);
        gan_network_destroy(net);
    }
}

TEST(an_image_too_large_to_double_is_refused)
{
    gan_network *net = gan_network_create(gan_shape_3d(1, 32768, 32768), NULL);

    expect_fails(gan_network_add(net, gan_layer_blur_upsample2d()), GAN_ERR_SHAPE,
                 "makes 4294967296 numbers");
    gan_network_destroy(net);
}
