/* test_example_clusters.c - clusters of similar images that the example programs use as classes. */
#include "common/clusters.h"
#include "expect.h"

#include <stdlib.h>
#include <string.h>

enum { PER_KIND = 30, KINDS = 4, COUNT = KINDS * PER_KIND, SIDE = 6, PIXELS = SIDE * SIDE };

/* Image i is of kind i % 4: one quarter of it is bright, and there is noise everywhere. */
static gan_dataset *quarters(void)
{
    static uint8_t bytes[COUNT * PIXELS];
    uint32_t random = 1;
    gan_dataset *data;

    for (size_t i = 0; i < COUNT; i++)
        for (size_t p = 0; p < PIXELS; p++) {
            const size_t quarter = p / SIDE / 3 * 2 + p % SIDE / 3;

            random = random * 1664525 + 1013904223;
            bytes[i * PIXELS + p] = (uint8_t)((i % KINDS == quarter ? 180 : 20) + (random >> 27));
        }
    expect_ok(
        gan_dataset_create_bytes(&data, bytes, NULL, COUNT, gan_shape_3d(1, SIDE, SIDE), NULL));
    return data;
}

static uint8_t label_of(const gan_dataset *data, size_t i)
{
    uint8_t label;

    expect_ok(gan_dataset_read(data, i, NULL, &label));
    return label;
}

TEST(similar_images_are_in_one_cluster)
{
    gan_dataset *images = quarters(), *data;

    ck_assert_int_eq(clusters_open(&data, images, KINDS, 1, 1), 1);
    gan_dataset_destroy(images);
    ck_assert_uint_eq(gan_dataset_class_count(data), KINDS);
    ck_assert_str_eq(gan_dataset_class_name(data, 0), "cluster 1");
    for (size_t i = KINDS; i < COUNT; i++)
        ck_assert_uint_eq(label_of(data, i), label_of(data, i % KINDS));
    for (size_t i = 0; i < KINDS; i++)
        for (size_t k = 0; k < i; k++) ck_assert_uint_ne(label_of(data, i), label_of(data, k));
    gan_dataset_destroy(data);
}

/* Where there are no clusters of equal size, the prices of centres make some. */
TEST_EACH(clusters_have_about_the_same_size, 2, 9)
{
    const size_t n = (size_t)_i, wanted = 2000 / n;
    gan_dataset *images, *data, *again;
    double sizes[CLUSTERS_MOST];

    expect_ok(gan_dataset_create_shapes(&images, 2000, 3, NULL));
    ck_assert_int_eq(clusters_open(&data, images, n, 1, 1), 1);
    expect_ok(gan_dataset_class_sizes(data, sizes, n));
    for (size_t i = 0; i < n; i++)
        ck_assert_double_eq_tol(sizes[i], (double)wanted, 0.02 * (double)wanted);
    ck_assert_int_eq(clusters_open(&again, images, n, 1, 1), 1);
    for (size_t i = 0; i < 2000; i++) ck_assert_uint_eq(label_of(data, i), label_of(again, i));
    gan_dataset_destroy(again);
    gan_dataset_destroy(data);
    gan_dataset_destroy(images);
}

TEST(more_clusters_than_images_are_refused)
{
    gan_dataset *images = quarters(), *data;

    ck_assert_int_eq(clusters_open(&data, images, COUNT + 1, 1, 1), 0);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(clusters_open(&data, images, COUNT, 1, 1), 1);
    gan_dataset_destroy(data);
    gan_dataset_destroy(images);
}

/* What tells clusters from classes. */
TEST(a_generator_knows_that_its_classes_are_clusters)
{
    static const char *const garments[] = {"shirt", "shoe"};
    gan_network *net = gan_network_create(gan_shape_1d(3), NULL);

    gan_network_add(net, gan_layer_label_embedding(2, 1));
    expect_ok(gan_network_initialize(net, 1));
    ck_assert_int_eq(clusters_are_classes_of(net), 0);
    expect_ok(gan_network_set_class_names(net, garments, 2));
    ck_assert_int_eq(clusters_are_classes_of(net), 0);
    expect_ok(gan_network_set_class_names(net, clusters_names(2), 2));
    ck_assert_int_eq(clusters_are_classes_of(net), 1);
    gan_network_destroy(net);
}
