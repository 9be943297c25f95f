/* test_network_labels.c - conditional networks: outputs, classes, names, files. */
#include "budget.h"
#include "expect.h"
#include "file/safetensors_internal.h"
#include "game.h"
#include "golden.h"
#include "onelayer.h"
#include "sequence.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- networks ---- */

static void add_norm(gan_network *net, size_t num_features, size_t num_classes)
{
    expect_ok(gan_network_add_conditional_batch_norm(net, num_features, num_classes, NULL));
}

static gan_layer *conv(size_t in, size_t out, size_t kernel, size_t stride)
{
    return gan_layer_conv2d(in, out, kernel,
                            &(gan_conv2d_desc){GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(stride),
                                               .padding = GAN_BOTH(kernel / 2)});
}

static gan_network *generator(size_t latent, size_t maps, size_t classes)
{
    const gan_conv2d_desc plain = {GAN_CONV2D_DESC_INIT, .no_bias = 1};
    const gan_conv2d_desc twice = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                   .padding = GAN_BOTH(1)};
    gan_network *net = NETWORK(gan_shape_3d(latent, 1, 1), gan_layer_label_embedding(classes, 3),
                               gan_layer_conv_transpose2d(latent + 3, maps, 3, &plain));

    add_norm(net, maps, classes);
    expect_ok(gan_network_add(net, gan_layer_relu()));
    expect_ok(gan_network_add(net, gan_layer_conv_transpose2d(maps, 2, 4, &twice)));
    expect_ok(gan_network_add(net, gan_layer_tanh()));
    return net;
}

static gan_network *discriminator(size_t maps, size_t classes)
{
    const gan_conv2d_desc half = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                  .padding = GAN_BOTH(1)};

    return NETWORK(gan_shape_3d(2, 6, 6), gan_layer_label_map(classes, 1),
                   gan_layer_one_hot(classes), gan_layer_conv2d(3 + classes, maps, 4, &half),
                   gan_layer_leaky_relu(0.2f), gan_layer_flatten(),
                   gan_layer_projection(9 * maps, classes));
}

static gan_network *blocks(size_t a, size_t b, size_t classes)
{
    const gan_shape in = gan_shape_3d(a, 4, 4);
    gan_network *body = gan_network_create(in, NULL);

    add_norm(body, a, classes);
    expect_ok(gan_network_add(body, gan_layer_relu()));
    expect_ok(gan_network_add(body, conv(a, b, 3, 1)));
    return NETWORK(in,
                   gan_layer_residual(
                       body, NETWORK(in, gan_layer_label_map(classes, 2), conv(a + 2, b, 1, 1))),
                   gan_layer_tanh(),
                   gan_layer_residual(NETWORK(gan_shape_3d(b, 4, 4), gan_layer_one_hot(classes),
                                              conv(b + classes, b, 3, 1)),
                                      NULL));
}

static gan_network *norm_of(gan_shape in, size_t classes)
{
    gan_network *net = gan_network_create(in, NULL);

    add_norm(net, in.dim[0], classes);
    return net;
}

/* A small conditional network for simple tests. */
static gan_network *small(void)
{
    return NETWORK(gan_shape_1d(4), gan_layer_label_embedding(3, 2), gan_layer_linear(6, 5));
}

/* ---- values ---- */

TEST(networks_are_pytorchs)
{
    golden *g = golden_open("layers_label.bin");

    expect_network_golden(g, "norm", norm_of(gan_shape_1d(7), 3), 9, 9);
    expect_network_golden(g, "norm_image", norm_of(gan_shape_3d(3, 4, 3), 4), 6, 6);
    expect_network_golden(g, "generator", generator(5, 6, 4), 6, 6);
    expect_network_golden(g, "discriminator", discriminator(5, 4), 6, 6);
    expect_network_golden(g, "blocks", blocks(3, 5, 4), 6, 6);
    golden_close(g);
}

/* Without layers that have kinks. */
TEST(gradients_are_finite_differences)
{
    expect_network_gradients(norm_of(gan_shape_3d(2, 3, 3), 3), 6, 6);
    expect_network_gradients(NETWORK(gan_shape_1d(4), gan_layer_label_embedding(3, 2),
                                     gan_layer_linear(6, 5), gan_layer_tanh(),
                                     gan_layer_class_affine(5, 3), gan_layer_one_hot(3),
                                     gan_layer_projection(8, 3)),
                             6, 6);
}

TEST(large_networks_have_the_same_bits)
{
    expect_network_same_bits(generator(40, 64, 10), 120, 60);
    expect_network_same_bits(discriminator(40, 10), 200, 100);
    expect_network_same_bits(blocks(24, 40, 10), 100, 50);
}

/* ---- forward_labels ---- */

enum { MANY = 300, IN = 4, OUT = 5 };

static void fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = sinf(1.7f * (float)i) * 1.5f;
}

/* At once on several threads, and sample by sample. */
TEST(labels_stay_with_their_samples)
{
    float x[MANY * IN], y[MANY * OUT], one[OUT], first[MANY * OUT];
    uint8_t labels[MANY];

    fill(x, MANY * IN);
    for (size_t i = 0; i < MANY; i++) labels[i] = (uint8_t)((i + i / 7) % 3);
    for (size_t threads = 1; threads < 9; threads += threads < 3 ? 1 : 5) {
        gan_pool *pool = NULL;
        gan_network *net;

        expect_ok(gan_pool_create(&pool, threads, NULL));
        net = gan_network_create(gan_shape_1d(IN),
                                 &(gan_network_desc){GAN_NETWORK_DESC_INIT, .pool = pool});
        gan_network_add(net, gan_layer_label_embedding(3, 2));
        gan_network_add(net, gan_layer_linear(6, OUT));
        expect_ok(gan_network_forward_labels(net, x, labels, MANY, y));
        if (threads == 1) memcpy(first, y, sizeof y);
        expect_same_bits(y, first, sizeof y);
        for (size_t i = 0; i < MANY; i += 13) {
            expect_ok(gan_network_forward_labels(net, x + i * IN, labels + i, 1, one));
            expect_close(one, y + i * OUT, OUT, 1e-5, 1e-6);
        }
        gan_network_destroy(net);
        gan_pool_destroy(pool);
    }
}

TEST(labels_make_a_difference_and_nothing_is_allocated)
{
    budget b;
    float x[2 * IN] = {1, 2, 3, 4, 1, 2, 3, 4}, y[2 * OUT];
    gan_network *net;
    size_t taken;

    budget_init(&b, BUDGET_UNLIMITED);
    net = gan_network_create(gan_shape_1d(IN),
                             &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = &b.allocator});
    gan_network_add(net, gan_layer_class_affine(IN, 2));
    gan_network_add(net, gan_layer_label_embedding(2, 2));
    gan_network_add(net, gan_layer_linear(6, OUT));
    expect_ok(gan_network_build(net));
    taken = b.taken;
    expect_ok(gan_network_forward_labels(net, x, (const uint8_t[]){1, 1}, 2, y));
    expect_same_bits(y, y + OUT, OUT * sizeof *y);
    expect_ok(gan_network_forward_labels(net, x, (const uint8_t[]){0, 1}, 2, y));
    expect_other_bits(y, y + OUT, OUT * sizeof *y);
    expect_ok(gan_network_forward_between(net, x, (const uint8_t[]){0, 0}, (const uint8_t[]){1, 1},
                                          (const float[]){0.25f, 0.5f}, 2, y));
    expect_other_bits(y, y + OUT, OUT * sizeof *y);
    ck_assert_uint_eq(b.taken, taken);
    gan_network_destroy(net);
    ck_assert_uint_eq(budget_live(&b), 0);
}

TEST(a_network_without_labels_takes_none)
{
    gan_network *net = NETWORK(gan_shape_1d(IN), gan_layer_linear(IN, OUT));
    float x[IN], y[OUT], z[OUT];

    fill(x, IN);
    expect_ok(gan_network_forward(net, x, 1, y));
    expect_ok(gan_network_forward_labels(net, x, NULL, 1, z));
    expect_same_bits(y, z, sizeof y);
    expect_fails(gan_network_forward_labels(net, x, (const uint8_t[]){0}, 1, z), GAN_ERR_INVALID,
                 "labels, but no layer uses them");
    expect_fails(gan_network_forward_between(net, x, NULL, NULL, NULL, 1, z), GAN_ERR_INVALID,
                 "no layer uses labels");
    ck_assert_uint_eq(gan_network_class_count(net), 0);
    ck_assert_uint_eq(gan_network_class_count(NULL), 0);
    gan_network_destroy(net);
}

static void expect_untouched(const float *y)
{
    for (size_t i = 0; i < 2 * OUT; i++) ck_assert(y[i] == 7);
}

TEST(labels_are_checked)
{
    const uint8_t good[] = {2, 1}, bad[] = {2, 3};
    const float way[] = {0.5f, 0.5f}, wrong[] = {0, NAN}, endless[] = {INFINITY, 0};
    gan_network *net = small(), *broken = gan_network_create(gan_shape_1d(4), NULL);
    float x[2 * IN], y[2 * OUT];

    fill(x, 2 * IN);
    for (size_t i = 0; i < 2 * OUT; i++) y[i] = 7;
    expect_fails(gan_network_forward(net, x, 2, y), GAN_ERR_INVALID, "no labels");
    expect_fails(gan_network_forward_labels(net, x, NULL, 2, y), GAN_ERR_INVALID, "3 classes");
    expect_fails(gan_network_forward_labels(net, x, bad, 2, y), GAN_ERR_INVALID,
                 "label 1 of 2 is 3, there are 3 classes");
    expect_fails(gan_network_forward_labels(net, NULL, good, 2, y), GAN_ERR_INVALID, "in is NULL");
    expect_fails(gan_network_forward_labels(net, x, good, 2, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_network_forward_labels(NULL, x, good, 2, y), GAN_ERR_INVALID, "is NULL");
    expect_fails(gan_network_forward_between(net, x, bad, good, way, 2, y), GAN_ERR_INVALID,
                 "from: label 1 of 2");
    expect_fails(gan_network_forward_between(net, x, good, bad, way, 2, y), GAN_ERR_INVALID,
                 "to: label 1 of 2");
    expect_fails(gan_network_forward_between(net, x, NULL, good, way, 2, y), GAN_ERR_INVALID,
                 "from: no labels");
    expect_fails(gan_network_forward_between(net, x, good, NULL, way, 2, y), GAN_ERR_INVALID,
                 "to: no labels");
    expect_fails(gan_network_forward_between(net, x, good, good, NULL, 2, y), GAN_ERR_INVALID,
                 "way is NULL");
    expect_fails(gan_network_forward_between(net, x, good, good, wrong, 2, y), GAN_ERR_INVALID,
                 "way is not finite");
    expect_fails(gan_network_forward_between(net, x, good, good, endless, 2, y), GAN_ERR_INVALID,
                 "way is not finite");
    expect_fails(gan_network_forward_between(net, NULL, good, good, way, 2, y), GAN_ERR_INVALID,
                 "in is NULL");
    expect_fails(gan_network_forward_between(NULL, x, good, good, way, 2, y), GAN_ERR_INVALID,
                 "is NULL");
    (void)gan_network_add(broken, gan_layer_projection(3, 2));
    expect_fails(gan_network_forward_labels(broken, x, good, 2, y), GAN_ERR_SHAPE, "needs 3");
    expect_fails(gan_network_forward_between(broken, x, good, good, way, 2, y), GAN_ERR_SHAPE,
                 "needs 3");
    expect_untouched(y);
    expect_ok(gan_network_forward_labels(net, NULL, NULL, 0, NULL));
    expect_ok(gan_network_forward_between(net, NULL, NULL, NULL, NULL, 0, NULL));
    gan_network_destroy(net);
    gan_network_destroy(broken);
}

/* ---- forward_between ---- */

static gan_network *one_of_each(size_t which)
{
    const gan_shape in = gan_shape_3d(IN, 2, 2);

    switch (which) {
    case 0: return NETWORK(in, gan_layer_label_embedding(3, 2), gan_layer_linear(18, OUT));
    case 1: return NETWORK(in, gan_layer_one_hot(3), gan_layer_linear(28, OUT));
    case 2: return NETWORK(in, gan_layer_label_map(3, 2), gan_layer_linear(24, OUT));
    case 3: return NETWORK(in, gan_layer_class_affine(4, 3), gan_layer_linear(16, OUT));
    case 4: return NETWORK(in, gan_layer_projection(16, 3));
    default: return NETWORK(in, gan_layer_label_embedding(3, 2));
    }
}
enum { N_EACH = 6, SIZE = 16, MOST_OUT = 18 };

/* All are linear in the class's weights. */
TEST_EACH(between_two_classes_lies_the_mean, 0, N_EACH)
{
    const float quarter[] = {0.25f, 0.25f}, ends[] = {0, 1};
    const uint8_t from[] = {2, 0}, to[] = {1, 2}, mixed[] = {2, 2};
    gan_network *net = one_of_each((size_t)_i);
    const size_t out = gan_shape_size(gan_network_output_shape(net));
    float x[2 * SIZE], a[2 * MOST_OUT], b[2 * MOST_OUT], y[2 * MOST_OUT];

    fill(x, 2 * SIZE);
    expect_ok(gan_network_build(net));
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, net, i));
        for (size_t j = 0; j < t.size; j++) t.data[j] += 0.2f * cosf((float)j);
        t.data[t.size - 1] = -0.0f;
    }
    expect_ok(gan_network_forward_labels(net, x, from, 2, a));
    expect_ok(gan_network_forward_labels(net, x, to, 2, b));
    expect_other_bits(a, b, 2 * out * sizeof *a);
    expect_ok(gan_network_forward_between(net, x, from, to, quarter, 2, y));
    for (size_t i = 0; i < 2 * out; i++)
        expect_near((double)y[i], 0.75 * (double)a[i] + 0.25 * (double)b[i], 1e-5, 1e-5);
    expect_ok(gan_network_forward_labels(net, x, mixed, 2, a));
    expect_ok(gan_network_forward_between(net, x, from, to, ends, 2, y));
    expect_same_bits(y, a, 2 * out * sizeof *a);
    gan_network_destroy(net);
}

/* ---- how many classes ---- */

static void expect_other_classes(gan_network *net, gan_layer *layer, const char *says)
{
    expect_fails(gan_network_add(net, layer), GAN_ERR_SHAPE, says);
    expect_fails(gan_network_build(net), GAN_ERR_SHAPE, says);
    gan_network_destroy(net);
}

TEST(all_layers_have_the_same_classes)
{
    const gan_shape in = gan_shape_1d(6);
    gan_network *net = small(), *body;

    ck_assert_uint_eq(gan_network_class_count(net), 3);
    expect_ok(gan_network_add(net, gan_layer_one_hot(3)));
    expect_other_classes(net, gan_layer_one_hot(4),
                         "labels of 4 classes, those of the layers before have 3");
    body = NETWORK(in, gan_layer_class_affine(6, 5));
    net = NETWORK(in, gan_layer_residual(body, NULL));
    ck_assert_uint_eq(gan_network_class_count(net), 5);
    expect_other_classes(net, gan_layer_projection(6, 4), "labels of 4 classes");
    body = NETWORK(in, gan_layer_class_affine(6, 5));
    expect_other_classes(NETWORK(in, gan_layer_class_affine(6, 2)), gan_layer_residual(body, NULL),
                         "labels of 5 classes, those of the layers before have 2");
    body = NETWORK(in, gan_layer_tanh());
    expect_other_classes(NETWORK(in, gan_layer_class_affine(6, 2)),
                         gan_layer_residual(body, NETWORK(in, gan_layer_class_affine(6, 3))),
                         "labels of 3 classes");
    body = NETWORK(in, gan_layer_class_affine(6, 5));
    expect_other_classes(gan_network_create(in, NULL),
                         gan_layer_residual(body, NETWORK(in, gan_layer_class_affine(6, 3))),
                         "labels of 3 classes, those of the layers before have 5");
}

TEST(conditional_batch_norm_is_two_layers)
{
    const gan_norm_desc desc = {GAN_NORM_DESC_INIT, .eps = 1e-3, .momentum = 0.25};
    gan_norm_desc bad = {GAN_NORM_DESC_INIT};
    gan_network *net = gan_network_create(gan_shape_1d(6), NULL);
    char text[1000];

    expect_ok(gan_network_add_conditional_batch_norm(net, 6, 3, &desc));
    expect_ok(gan_network_build(net));
    ck_assert_uint_eq(gan_network_layer_count(net), 2);
    ck_assert_uint_eq(gan_network_param_count(net), 2 * 18);
    ck_assert_uint_eq(gan_network_class_count(net), 3);
    gan_network_summary(net, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "class_affine"));
    expect_fails(gan_network_add_conditional_batch_norm(net, 6, 3, NULL), GAN_ERR_INVALID,
                 "comes too late");
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_1d(6), NULL);
    bad.struct_size = 3;
    expect_fails(gan_network_add_conditional_batch_norm(net, 6, 3, &bad), GAN_ERR_INVALID,
                 "norm desc");
    expect_fails(gan_network_build(net), GAN_ERR_INVALID, "norm desc");
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_1d(6), NULL);
    expect_fails(gan_network_add_conditional_batch_norm(net, 5, 3, NULL), GAN_ERR_SHAPE, "needs 5");
    gan_network_destroy(net);
    net = gan_network_create(gan_shape_1d(6), NULL);
    expect_fails(gan_network_add_conditional_batch_norm(net, 6, 65537, NULL), GAN_ERR_INVALID,
                 "num_classes is 65537");
    expect_fails(gan_network_build(net), GAN_ERR_INVALID, "num_classes is 65537");
    gan_network_destroy(net);
    expect_fails(gan_network_add_conditional_batch_norm(NULL, 6, 3, NULL), GAN_ERR_INVALID, "NULL");
}

/* ---- names ---- */

static const char *const names[] = {"T-shirt", "\xc3\xa9t\xc3\xa9", "a \"quoted\\ name\n"};
static const char *const others[] = {"a", "b", "c"};

static void expect_names(const gan_network *net, const char *const *wanted)
{
    for (size_t i = 0; i < 3; i++) {
        const char *found = gan_network_class_name(net, i);

        ck_assert(wanted ? found && strcmp(found, wanted[i]) == 0 : !found);
        if (wanted) ck_assert_uint_eq(gan_network_class_index(net, wanted[i]), i);
    }
    ck_assert_ptr_null(gan_network_class_name(net, 3));
    ck_assert_uint_eq(gan_network_class_index(net, "no such class"), SIZE_MAX);
    ck_assert_uint_eq(gan_network_class_index(net, NULL), SIZE_MAX);
    ck_assert_uint_eq(gan_network_class_index(NULL, "a"), SIZE_MAX);
}

TEST(classes_have_names)
{
    gan_network *net = small(), *clone = NULL;

    expect_names(net, NULL);
    expect_ok(gan_network_set_class_names(net, names, 3)); /* before it is complete */
    expect_names(net, names);
    expect_ok(gan_network_clone(&clone, net));
    expect_ok(gan_network_set_class_names(net, others, 3));
    expect_names(net, others);
    expect_names(clone, names);
    expect_ok(gan_network_set_class_names(net, NULL, 0));
    expect_names(net, NULL);
    gan_network_destroy(net);
    gan_network_destroy(clone);
    expect_names(NULL, NULL);
}

TEST(wrong_names_change_nothing)
{
    char longest[257];
    const char *wrong[] = {"a", "b", "b"}, *fitting[] = {"a", "b", longest};
    gan_network *net = small(), *plain = NETWORK(gan_shape_1d(3), gan_layer_tanh());
    gan_network *broken = gan_network_create(gan_shape_1d(4), NULL);

    expect_ok(gan_network_set_class_names(net, names, 3));
    expect_fails(gan_network_set_class_names(net, wrong, 3), GAN_ERR_INVALID,
                 "classes 1 and 2 are both called b");
    wrong[2] = NULL;
    expect_fails(gan_network_set_class_names(net, wrong, 3), GAN_ERR_INVALID, "class 2 has 0");
    wrong[2] = "";
    expect_fails(gan_network_set_class_names(net, wrong, 3), GAN_ERR_INVALID, "class 2 has 0");
    wrong[2] = "caf\xe9";
    expect_fails(gan_network_set_class_names(net, wrong, 3), GAN_ERR_INVALID,
                 "the name of class 2 is not UTF-8");
    memset(longest, 'x', sizeof longest);
    longest[256] = 0;
    expect_fails(gan_network_set_class_names(net, fitting, 3), GAN_ERR_INVALID,
                 "class 2 has 256 bytes, 1 to 255 expected");
    expect_fails(gan_network_set_class_names(net, names, 2), GAN_ERR_INVALID, "2 names for 3");
    expect_fails(gan_network_set_class_names(net, names, 0), GAN_ERR_INVALID, "0 names for 3");
    expect_fails(gan_network_set_class_names(net, NULL, 3), GAN_ERR_INVALID, "being NULL");
    expect_fails(gan_network_set_class_names(plain, names, 3), GAN_ERR_INVALID, "3 names for 0");
    expect_fails(gan_network_set_class_names(plain, names, 0), GAN_ERR_INVALID, "0 names for 0");
    expect_fails(gan_network_set_class_names(NULL, names, 3), GAN_ERR_INVALID, "is NULL");
    (void)gan_network_add(broken, gan_layer_projection(3, 3));
    expect_fails(gan_network_set_class_names(broken, names, 3), GAN_ERR_SHAPE, "needs 3");
    expect_names(net, names);
    longest[255] = 0;
    expect_ok(gan_network_set_class_names(net, fitting, 3));
    expect_names(net, fitting);
    gan_network_destroy(broken);
    gan_network_destroy(plain);
    gan_network_destroy(net);
}

/* A conditional network with names, which was copied. */
static gan_status make_named(void **out, const gan_allocator *allocator, void *user)
{
    gan_network *net = gan_network_create(
        gan_shape_1d(4), &(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = allocator});
    gan_network *copy = NULL;
    gan_status status = GAN_ERR_NOMEM;

    (void)user;
    *out = NULL;
    if (!net) return status;
    (void)gan_network_add_conditional_batch_norm(net, 4, 3, NULL);
    status = gan_network_add(net, gan_layer_projection(4, 3));
    if (status == GAN_OK) status = gan_network_set_class_names(net, names, 3);
    if (status == GAN_OK) status = gan_network_clone(&copy, net);
    if (status == GAN_OK) expect_names(copy, names);
    gan_network_destroy(net);
    *out = copy;
    return status;
}

TEST(names_survive_a_lack_of_memory)
{
    gan_network *net = small();

    budget_sweep(make_named, end_network, NULL);
    expect_ok(gan_network_set_class_names(net, names, 3));
    expect_opening_survives(net);
}

/* ---- files ---- */

TEST(files_keep_layers_and_names)
{
    const char *path = scratch_path("labels.safetensors");
    gan_network *nets[] = {generator(5, 6, 3), discriminator(5, 3), blocks(3, 5, 3)};
    float x[6 * 72], y[6 * 80], z[6 * 80];
    const uint8_t labels[] = {2, 0, 1, 1, 2, 0};

    fill(x, 6 * 72);
    for (size_t i = 0; i < 3; i++) {
        gan_network *opened = NULL, *unnamed = NULL;
        const size_t out = gan_shape_size(gan_network_output_shape(nets[i]));

        expect_ok(gan_network_save(nets[i], path));
        expect_ok(gan_network_open(&unnamed, path, NULL));
        expect_names(unnamed, NULL);
        expect_ok(gan_network_set_class_names(nets[i], names, 3));
        expect_ok(gan_network_save(nets[i], path));
        expect_ok(gan_network_open(&opened, path, NULL));
        expect_names(opened, names);
        ck_assert_uint_eq(gan_network_class_count(opened), 3);
        expect_ok(gan_network_forward_labels(nets[i], x, labels, 6, y));
        expect_ok(gan_network_forward_labels(opened, x, labels, 6, z));
        expect_same_bits(y, z, 6 * out * sizeof *y);
        expect_ok(gan_network_load(unnamed, path, NULL)); /* the weights alone */
        expect_names(unnamed, NULL);
        gan_network_destroy(unnamed);
        gan_network_destroy(opened);
        gan_network_destroy(nets[i]);
    }
}

/* The tensors of small() with these layers and names. */
static void write_described(gan_network *net, const char *path, const char *layers,
                            const char *classes)
{
    const char *const metadata[] = {"libgan.network", layers, "libgan.classes", classes};
    gan_tensor tensors[3];

    for (size_t i = 0; i < 3; i++) expect_ok(gan_network_tensor(&tensors[i], net, i));
    expect_ok(gan__safetensors_write((gan__target){.path = path}, tensors, 3, metadata, 2, NULL));
}

static const char small_layers[] =
    "{\"input\": [4], \"layers\": [[\"label_embedding\", 3, 2], [\"linear\", 6, 5]]}";

TEST(forged_layers_are_only_an_error)
{
    static const char *const forged[][2] = {
        {"[\"label_embedding\", 3]", "2 settings expected, found 1"},
        {"[\"label_embedding\", 3, 2, 1]", "2 settings expected, found 3"},
        {"[\"label_embedding\", 0, 2]", "num_classes"},
        {"[\"label_embedding\", 65537, 2]", "num_classes is 65537"},
        {"[\"label_embedding\", 3, 2.5]", "embedding_dim"},
        {"[\"label_embedding\", 3, 2147483647]", "an output of"},
        {"[\"label_embedding\", 256, 16777216]", "weight of [256, 16777216] has more"},
        {"[\"one_hot\", \"3\"]", "num_classes is not a number"},
        {"[\"one_hot\", 1e300]", "num_classes"},
        {"[\"label_map\", 3, 1]", "needs an image"},
        {"[\"class_affine\", 4, -1]", "num_classes"},
        {"[\"projection\", 5, 3]", "needs 5 inputs, gets 4"},
        {"[\"one_hot\", 3], [\"one_hot\", 4]", "labels of 4 classes"},
        {"[\"spectral_norm\", [\"projection\", 4, 3]]", "no weights"},
        {"[\"residual\", [[\"class_affine\", 4, 3]], [[\"class_affine\", 4, 2]]]",
         "labels of 2 classes"}};
    const char *path = scratch_path("forged-layers.safetensors");
    gan_network *net = small(), *opened = NULL;
    char text[300];

    expect_ok(gan_network_build(net));
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        snprintf(text, sizeof text, "{\"input\": [4], \"layers\": [%s]}", forged[i][0]);
        write_described(net, path, text, "[]");
        expect_fails(gan_network_open(&opened, path, NULL), GAN_ERR_FORMAT, forged[i][1]);
        ck_assert_ptr_null(opened);
    }
    gan_network_destroy(net);
}

TEST(forged_names_are_only_an_error)
{
    static const char *const forged[][2] = {
        {"[\"a\", \"b\"]", "libgan.classes: 2 names for 3 classes"},
        {"[\"a\", \"b\", \"c\", \"d\"]", "4 names for 3 classes"},
        {"[]", "0 names for 3"},
        {"{\"a\": 1, \"b\": 2, \"c\": 3}", "0 names for 3"},
        {"[\"a\", \"b\", 3]", "class 2 has 0 bytes"},
        {"[\"a\", null, \"c\"]", "class 1 has 0 bytes"},
        {"[[\"a\"], \"b\", \"c\"]", "class 0 has 0 bytes"},
        {"[\"a\", \"\", \"c\"]", "class 1 has 0 bytes"},
        {"[\"a\", \"b\", \"a\"]", "classes 0 and 2 are both called a"},
        {"[\"a\", \"b\\u0000\", \"c\"]", "libgan.classes"},
        {"[\"a\", \"b\", \"\\ud800\"]", "libgan.classes"},
        {"[\"a\", \"b\"", "libgan.classes"},
        {"\"abc\"", "libgan.classes"},
        {"", "libgan.classes"}};
    const char *path = scratch_path("forged-names.safetensors");
    gan_network *net = small(), *opened = NULL;
    char *text = malloc((1 << 20) + 300);

    expect_ok(gan_network_build(net));
    write_described(net, path, small_layers, "[\"a\", \"b\", \"c\"]");
    expect_ok(gan_network_open(&opened, path, NULL));
    expect_names(opened, others);
    gan_network_destroy(opened);
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        write_described(net, path, small_layers, forged[i][0]);
        expect_fails(gan_network_open(&opened, path, NULL), GAN_ERR_FORMAT, forged[i][1]);
        ck_assert_ptr_null(opened);
    }
    sprintf(text, "[\"a\", \"b\", \"%0256d\"]", 1);
    write_described(net, path, small_layers, text);
    expect_fails(gan_network_open(&opened, path, NULL), GAN_ERR_FORMAT, "class 2 has 256 bytes");
    sprintf(text, "[\"a\", \"b\", \"c\"%*s]", 1 << 20, "");
    write_described(net, path, small_layers, text);
    expect_fails(gan_network_open(&opened, path, NULL), GAN_ERR_FORMAT, "at most 1048576");
    free(text);
    gan_network_destroy(net);
}

/* ---- checkpoints ---- */

enum { BATCH = 6, LATENT = 4, SAMPLE = 5 };

/* A game whose generator uses labels, and whose discriminator may. */
static game conditional_game(int d_looks)
{
    const gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .batch_size = BATCH, .n_threads = 1,
                                   .average_decay = 0.5};
    game x = {.latent = LATENT, .sample = SAMPLE, .g_opt = adam(), .d_opt = adam(), .g = small()};

    x.d = d_looks ? NETWORK(gan_shape_1d(SAMPLE), gan_layer_projection(SAMPLE, 3))
                  : NETWORK(gan_shape_1d(SAMPLE), gan_layer_linear(SAMPLE, 1));
    expect_ok(gan_trainer_create(&x.trainer, x.g, x.d, x.g_opt, x.d_opt, &desc));
    return x;
}

static void train_once(const game *x)
{
    static const uint8_t labels[BATCH] = {0, 1, 2, 2, 1, 0};
    float samples[BATCH * SAMPLE];
    gan_batch batch;

    fill(samples, BATCH * SAMPLE);
    batch = batch_of(x, samples, BATCH);
    batch.labels = labels;
    expect_ok(gan_train_step(x->trainer, &batch, NULL));
}

static void expect_names_in(const char *path, const char *const *g_names,
                            const char *const *d_names)
{
    gan_network *g = NULL, *d = NULL, *average = NULL;

    expect_ok(gan_checkpoint_networks(&g, &d, path, NULL));
    expect_ok(gan_checkpoint_average(&average, path, NULL));
    expect_names(g, g_names);
    expect_names(d, d_names);
    expect_names(average, g_names);
    gan_network_destroy(g);
    gan_network_destroy(d);
    gan_network_destroy(average);
}

TEST_EACH(checkpoints_have_names_and_load_under_others, 0, 2)
{
    const char *path = scratch_path("names.gan");
    const int d_looks = _i;
    game named = conditional_game(d_looks), other = conditional_game(d_looks);

    expect_ok(gan_checkpoint_save(named.trainer, NULL, path));
    expect_names_in(path, NULL, NULL);
    expect_ok(gan_network_set_class_names(named.g, names, 3));
    train_once(&named);
    expect_ok(gan_checkpoint_save(named.trainer, NULL, path));
    expect_names_in(path, names, d_looks ? names : NULL);
    expect_ok(gan_checkpoint_load(other.trainer, NULL, path));
    expect_same_game(&named, &other);
    expect_names(other.g, NULL);
    expect_ok(gan_network_set_class_names(other.g, others, 3));
    expect_ok(gan_checkpoint_load(other.trainer, NULL, path));
    expect_names(other.g, others);
    expect_ok(gan_network_set_class_names(named.g, NULL, 0));
    if (d_looks) expect_ok(gan_network_set_class_names(named.d, others, 3));
    expect_ok(gan_checkpoint_save(named.trainer, NULL, path));
    expect_names_in(path, d_looks ? others : NULL, d_looks ? others : NULL);
    expect_ok(gan_checkpoint_load(other.trainer, NULL, path));
    game_end(&named);
    game_end(&other);
}
