/* test_layer_label.c - the layers that use labels. */
#include "expect.h"
#include "golden.h"
#include "gradcheck.h"
#include "layer/layer_internal.h"
#include "onelayer.h"

#include <gan/gan.h>
#include <math.h>
#include <string.h>

static gan_shape vector(size_t n)
{
    return gan_shape_1d(n);
}

static gan_shape image(size_t channels, size_t height, size_t width)
{
    return gan_shape_3d(channels, height, width);
}

/* ---- values ---- */

TEST(label_embedding_is_pytorchs)
{
    golden *g = golden_open("layers_label.bin");

    expect_layer_golden(g, "embedding", vector(5), gan_layer_label_embedding(3, 4), 7, 7);
    expect_layer_golden(g, "embedding_one", vector(1), gan_layer_label_embedding(1, 1), 1, 1);
    expect_layer_golden(g, "embedding_pixel", image(6, 1, 1), gan_layer_label_embedding(10, 10), 4,
                        4);
    expect_layer_golden(g, "embedding_image", image(2, 3, 2), gan_layer_label_embedding(4, 3), 5,
                        5);
    expect_layer_golden(g, "embedding_many", vector(3), gan_layer_label_embedding(256, 2), 40, 40);
    golden_close(g);
}

TEST(label_map_is_pytorchs)
{
    golden *g = golden_open("layers_label.bin");

    expect_layer_golden(g, "map", image(1, 4, 3), gan_layer_label_map(3, 1), 5, 5);
    expect_layer_golden(g, "maps", image(3, 2, 5), gan_layer_label_map(10, 2), 6, 6);
    expect_layer_golden(g, "map_pixel", image(4, 1, 1), gan_layer_label_map(2, 3), 3, 3);
    golden_close(g);
}

TEST(one_hot_is_pytorchs)
{
    golden *g = golden_open("layers_label.bin");

    expect_layer_golden(g, "hot", vector(5), gan_layer_one_hot(3), 4, 4);
    expect_layer_golden(g, "hot_matrix", gan_shape_2d(3, 2), gan_layer_one_hot(2), 3, 3);
    expect_layer_golden(g, "hot_image", image(2, 3, 2), gan_layer_one_hot(4), 6, 6);
    expect_layer_golden(g, "hot_pixel", image(2, 1, 1), gan_layer_one_hot(5), 6, 6);
    golden_close(g);
}

TEST(class_affine_is_pytorchs)
{
    golden *g = golden_open("layers_label.bin");

    expect_layer_golden(g, "affine", vector(9), gan_layer_class_affine(9, 4), 8, 8);
    expect_layer_golden(g, "affine_image", image(3, 4, 5), gan_layer_class_affine(3, 10), 7, 7);
    expect_layer_golden(g, "affine_pixel", image(6, 1, 1), gan_layer_class_affine(6, 2), 5, 5);
    expect_layer_golden(g, "affine_matrix", gan_shape_2d(4, 7), gan_layer_class_affine(4, 3), 4, 4);
    expect_layer_golden(g, "affine_many", image(3, 2, 2), gan_layer_class_affine(3, 256), 30, 30);
    golden_close(g);
}

TEST(projection_is_pytorchs)
{
    golden *g = golden_open("layers_label.bin");

    expect_layer_golden(g, "projection", vector(11), gan_layer_projection(11, 4), 9, 9);
    expect_layer_golden(g, "projection_image", image(3, 2, 2), gan_layer_projection(12, 3), 5, 5);
    expect_layer_golden(g, "projection_one", vector(1), gan_layer_projection(1, 1), 3, 3);
    expect_layer_golden(g, "projection_many", vector(5), gan_layer_projection(5, 256), 30, 30);
    golden_close(g);
}

TEST(gradients_are_finite_differences)
{
    expect_layer_gradients(vector(3), gan_layer_label_embedding(3, 2), 5, 5, NULL);
    expect_layer_gradients(image(2, 3, 2), gan_layer_label_map(2, 2), 4, 4, NULL);
    expect_layer_gradients(image(2, 3, 2), gan_layer_one_hot(3), 4, 4, NULL);
    expect_layer_gradients(vector(6), gan_layer_class_affine(6, 3), 5, 5, NULL);
    expect_layer_gradients(image(2, 3, 4), gan_layer_class_affine(2, 4), 4, 2, NULL);
    expect_layer_gradients(image(2, 2, 3), gan_layer_projection(12, 3), 5, 5, NULL);
}

/* More than one tile, and part of the weights. */
TEST(large_shapes_have_the_same_bits)
{
    expect_layer_same_bits(vector(700), gan_layer_label_embedding(10, 50), 130, 130);
    expect_layer_same_bits(image(3, 28, 28), gan_layer_label_map(10, 2), 100, 50);
    expect_layer_same_bits(image(3, 28, 28), gan_layer_one_hot(10), 100, 100);
    expect_layer_same_bits(vector(600), gan_layer_class_affine(600, 10), 130, 130);
    expect_layer_same_bits(image(24, 13, 13), gan_layer_class_affine(24, 10), 90, 45);
    expect_layer_same_bits(image(64, 7, 7), gan_layer_projection(64 * 49, 10), 200, 100);
}

/* ---- initial weights ---- */

static gan_network *alone(gan_shape in, gan_layer *layer)
{
    gan_network *net =
        gan_network_create(in, &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 4});

    expect_ok(gan_network_add(net, layer));
    expect_ok(gan_network_build(net));
    return net;
}

/* Mean, standard deviation and maximum fit a distribution; destroys the network. */
static void expect_spread(gan_network *net, const char *name, double deviation, double most)
{
    const gan_tensor t = tensor_of(net, name);
    double mean = 0, squares = 0, largest = 0;

    for (size_t i = 0; i < t.size; i++) {
        mean += (double)t.data[i] / (double)t.size;
        squares += (double)t.data[i] * (double)t.data[i] / (double)t.size;
        largest = fmax(largest, fabs((double)t.data[i]));
    }
    expect_near(mean, 0, 0, 0.03 * deviation);
    expect_near(sqrt(squares), deviation, 0.03, 0);
    ck_assert(largest < most);
}

TEST(first_weights_are_pytorchs)
{
    const double bound = 1 / sqrt(20000);
    gan_network *net = alone(vector(3), gan_layer_label_embedding(200, 100));
    gan_tensor t = tensor_of(net, "0.weight");

    ck_assert(gan_shape_equal(t.shape, gan_shape_2d(200, 100)));
    expect_spread(net, "0.weight", 1, 6);
    gan_network_destroy(net);
    net = alone(image(1, 28, 28), gan_layer_label_map(10, 2));
    t = tensor_of(net, "0.weight");
    ck_assert(gan_shape_equal(t.shape, (gan_shape){4, {10, 2, 28, 28}}));
    expect_spread(net, "0.weight", 1, 6);
    gan_network_destroy(net);
    net = alone(vector(20000), gan_layer_projection(20000, 3));
    expect_spread(net, "0.weight", bound / sqrt(3), bound * 1.000001);
    expect_spread(net, "0.embedding.weight", 1, 6);
    ck_assert(fabs((double)tensor_of(net, "0.bias").data[0]) <= bound);
    gan_network_destroy(net);
    net = alone(image(5, 2, 2), gan_layer_class_affine(5, 3));
    for (size_t i = 0; i < 15; i++) {
        ck_assert(tensor_of(net, "0.weight").data[i] == 1);
        ck_assert(tensor_of(net, "0.bias").data[i] == 0);
    }
    gan_network_destroy(net);
}

/* ---- shapes ---- */

static void expect_shape(gan_shape in, gan_layer *layer, gan_shape out)
{
    gan_network *net = alone(in, layer);

    ck_assert(gan_shape_equal(gan_network_output_shape(net), out));
    ck_assert_uint_eq(gan_network_class_count(net), 4);
    gan_network_destroy(net);
}

TEST(shapes_are_as_the_header_says)
{
    expect_shape(vector(5), gan_layer_label_embedding(4, 3), vector(8));
    expect_shape(gan_shape_2d(2, 3), gan_layer_label_embedding(4, 3), vector(9));
    expect_shape(image(2, 3, 2), gan_layer_label_embedding(4, 3), vector(15));
    expect_shape(image(5, 1, 1), gan_layer_label_embedding(4, 3), image(8, 1, 1));
    expect_shape(image(2, 3, 2), gan_layer_label_map(4, 3), image(5, 3, 2));
    expect_shape(vector(5), gan_layer_one_hot(4), vector(9));
    expect_shape(gan_shape_2d(2, 3), gan_layer_one_hot(4), vector(10));
    expect_shape(image(2, 3, 2), gan_layer_one_hot(4), image(6, 3, 2));
    expect_shape(image(5, 1, 1), gan_layer_one_hot(4), image(9, 1, 1));
    expect_shape(gan_shape_2d(5, 3), gan_layer_class_affine(5, 4), gan_shape_2d(5, 3));
    expect_shape(image(5, 3, 2), gan_layer_projection(30, 4), vector(1));
}

/* ---- what is refused ---- */

static void expect_refused(gan_layer *layer, const char *says)
{
    ck_assert_ptr_null(layer);
    expect_error_says(says);
}

TEST(settings_out_of_range_give_null_and_a_sentence)
{

    expect_refused(gan_layer_label_embedding(0, 4), "label_embedding: num_classes");
    expect_refused(gan_layer_label_embedding(65537, 4),
                   "label_embedding: num_classes is 65537, a whole number from 1 to 65536");
    expect_refused(gan_layer_label_embedding(4, 0), "embedding_dim");
    expect_refused(gan_layer_label_embedding(4, SIZE_MAX), "embedding_dim");
    expect_refused(gan_layer_label_map(0, 1), "label_map: num_classes");
    expect_refused(gan_layer_label_map(SIZE_MAX, 1), "label_map: num_classes");
    expect_refused(gan_layer_label_map(4, 0), "num_maps");
    expect_refused(gan_layer_one_hot(0), "one_hot: num_classes");
    expect_refused(gan_layer_one_hot(65537), "num_classes is 65537");
    expect_refused(gan_layer_class_affine(0, 4), "class_affine: num_features");
    expect_refused(gan_layer_class_affine(3, 0), "num_classes");
    expect_refused(gan_layer_class_affine(3, 65537), "num_classes is 65537");
    expect_refused(gan_layer_projection(0, 4), "projection: in ");
    expect_refused(gan_layer_projection(3, 0), "num_classes");
    expect_refused(gan_layer_projection(3, 65537), "num_classes is 65537");
    expect_refused(gan_layer_spectral_norm(gan_layer_projection(3, 2)), "no weights");
}

static void expect_misfit(gan_shape input, gan_layer *layer, const char *says)
{
    gan_network *net = gan_network_create(input, NULL);

    ck_assert_ptr_nonnull(layer);
    expect_fails(gan_network_add(net, layer), GAN_ERR_SHAPE, says);
    ck_assert_uint_eq(gan_network_class_count(net), 0);
    gan_network_destroy(net);
}

TEST(shapes_that_do_not_fit_are_refused)
{
    expect_misfit(vector(5), gan_layer_label_map(4, 1), "needs an image");
    expect_misfit(gan_shape_2d(5, 5), gan_layer_label_map(4, 1), "needs an image");
    expect_misfit(image(4, 3, 3), gan_layer_class_affine(3, 2), "needs 3 channels, gets [4, 3, 3]");
    expect_misfit(vector(5), gan_layer_projection(4, 2), "needs 4 inputs, gets 5");
    expect_misfit(vector(5), gan_layer_label_embedding(2, INT32_MAX),
                  "an output of [2147483652] has more than");
    expect_misfit(vector(5), gan_layer_label_embedding(256, 1 << 23),
                  "weight of [256, 8388608] has more than");
    expect_misfit(image(1, 1024, 1024), gan_layer_label_map(2, 2048), "an output of");
    expect_misfit(image(1, 4096, 4096), gan_layer_one_hot(128), "an output of");
    expect_misfit(image(1, 1024, 1024), gan_layer_label_map(200, 100), "weight of");
    expect_misfit(vector(1 << 24), gan_layer_class_affine(1 << 24, 128), "weight of");
    expect_misfit(vector(1 << 24), gan_layer_projection(1 << 24, 128), "embedding.weight of");
}
