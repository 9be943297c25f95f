/* test_dataset_cifar.c - CIFAR-10 and CIFAR-100 in their binary versions, with synthetic files. */
#include "budget.h"
#include "expect.h"
#include "failing.h"
#include "pictures.h"

#include <gan/dataset.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE = 3072 };

/* Byte i of image k. */
static uint8_t byte_of(size_t k, size_t i)
{
    return (uint8_t)(11 * k + 3 * i + i / 256);
}

/* Images `first` to `end` - 1, whose labels are k % 10, or k % 20 and k % 100. */
static size_t make(uint8_t *out, size_t first, size_t end, int is_100)
{
    uint8_t *to = out;

    for (size_t k = first; k < end; k++) {
        if (is_100) *to++ = (uint8_t)(k % 20);
        *to++ = (uint8_t)(k % (is_100 ? 100 : 10));
        for (size_t i = 0; i < IMAGE; i++) *to++ = byte_of(k, i);
    }
    return (size_t)(to - out);
}

static uint8_t bytes[8 * (IMAGE + 2)];

static void write_images(const char *name, size_t first, size_t end, int is_100)
{
    scratch_write(scratch_path(name), bytes, make(bytes, first, end, is_100));
}

static void write_cifar_10(void)
{
    char name[32];

    for (size_t i = 1; i <= 5; i++) {
        snprintf(name, sizeof name, "data_batch_%zu.bin", i);
        write_images(name, 3 * (i - 1), 3 * i, 0);
    }
    write_images("test_batch.bin", 100, 102, 0);
    write_text("batches.meta.txt",
               "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
}

static void expect_images(const gan_dataset *data, size_t first, size_t count, size_t n_classes)
{
    float out[IMAGE];

    ck_assert(gan_shape_equal(gan_dataset_shape(data), gan_shape_3d(3, 32, 32)));
    ck_assert_uint_eq(gan_dataset_count(data), count);
    for (size_t k = 0; k < count; k++) {
        uint8_t label;

        expect_ok(gan_dataset_read(data, k, out, &label));
        ck_assert_uint_eq(label, (first + k) % n_classes);
        for (size_t i = 0; i < IMAGE; i++)
            ck_assert(out[i] == (float)byte_of(first + k, i) / 255.0f);
    }
}

TEST(a_directory_of_cifar_10_is_read)
{
    gan_cifar_desc desc = {GAN_CIFAR_DESC_INIT};
    gan_dataset *data;

    write_cifar_10();
    expect_ok(gan_dataset_open_cifar(&data, scratch_directory(), NULL));
    expect_images(data, 0, 15, 10);
    ck_assert_uint_eq(gan_dataset_class_count(data), 10);
    ck_assert_str_eq(gan_dataset_class_name(data, 9), "truck");
    gan_dataset_destroy(data);
    desc.test = 1;
    expect_ok(gan_dataset_open_cifar(&data, scratch_directory(), &desc));
    expect_images(data, 100, 2, 10);
    gan_dataset_destroy(data);
    desc.test = 0;
    desc.max_count = 7;
    expect_ok(gan_dataset_open_cifar(&data, scratch_directory(), &desc));
    expect_images(data, 0, 7, 10);
    gan_dataset_destroy(data);
    remove(scratch_path("batches.meta.txt"));
    expect_ok(gan_dataset_open_cifar(&data, scratch_directory(), NULL));
    ck_assert_uint_eq(gan_dataset_class_count(data), 0);
    gan_dataset_destroy(data);
}

TEST(a_directory_of_cifar_100_is_read)
{
    gan_cifar_desc desc = {GAN_CIFAR_DESC_INIT};
    char names[2000] = "";
    gan_dataset *data;

    for (size_t i = 0; i < 20; i++) snprintf(names + strlen(names), 16, "super%zu\r\n", i);
    write_text("coarse_label_names.txt", names);
    write_images("train.bin", 95, 102, 1);
    expect_ok(gan_dataset_open_cifar(&data, scratch_directory(), &desc));
    expect_images(data, 95, 7, 100);
    ck_assert_uint_eq(gan_dataset_class_count(data), 0);
    gan_dataset_destroy(data);
    desc.coarse = 1;
    expect_ok(gan_dataset_open_cifar(&data, scratch_directory(), &desc));
    expect_images(data, 95, 7, 20);
    ck_assert_str_eq(gan_dataset_class_name(data, 19), "super19");
    gan_dataset_destroy(data);
}

TEST(a_file_tells_by_its_size_which_it_is)
{
    for (int is_100 = 0; is_100 < 2; is_100++) {
        gan_reader from;
        gan_dataset *data;

        write_images("some.bin", 4, 8, is_100);
        expect_ok(gan_dataset_open_cifar(&data, scratch_path("some.bin"), NULL));
        expect_images(data, 4, 4, is_100 ? 100 : 10);
        gan_dataset_destroy(data);
        from = gan_reader_memory(bytes, make(bytes, 4, 8, is_100));
        expect_ok(gan_dataset_open_cifar_from(&data, &from, NULL));
        expect_images(data, 4, 4, is_100 ? 100 : 10);
        gan_dataset_destroy(data);
    }
}

TEST(bad_files_are_refused)
{
    gan_reader from = gan_reader_memory(bytes, make(bytes, 0, 2, 0));
    const gan_cifar_desc small = {.struct_size = 8};
    gan_dataset *data = (gan_dataset *)&data;

    expect_fails(gan_dataset_open_cifar(&data, scratch_directory(), NULL), GAN_ERR_FORMAT,
                 "neither data_batch_1.bin nor train.bin is in it");
    ck_assert_ptr_null(data);
    write_cifar_10();
    remove(scratch_path("data_batch_3.bin"));
    expect_fails(gan_dataset_open_cifar(&data, scratch_directory(), NULL), GAN_ERR_IO,
                 "data_batch_3.bin: cannot be opened");
    write_text("data_batch_3.bin", "text");
    expect_fails(gan_dataset_open_cifar(&data, scratch_directory(), NULL), GAN_ERR_FORMAT,
                 "data_batch_3.bin: a multiple of 3073 bytes (CIFAR-10) expected, found 4");
    write_images("data_batch_3.bin", 6, 9, 0);
    write_text("batches.meta.txt", "airplane\nautomobile\n");
    expect_fails(gan_dataset_open_cifar(&data, scratch_directory(), NULL), GAN_ERR_FORMAT,
                 "batches.meta.txt: 10 names of classes expected, found 2");
    write_text("batches.meta.txt", "a\na\na\na\na\na\na\na\na\na\n");
    expect_fails(gan_dataset_open_cifar(&data, scratch_directory(), NULL), GAN_ERR_FORMAT,
                 "are both called a");
    for (size_t cut = 1; cut < from.n_bytes; cut += cut < 3070 ? 500 : 1) {
        const gan_reader part = gan_reader_memory(bytes, cut);

        if (cut != 3073 && cut != 3074)
            expect_fails(gan_dataset_open_cifar_from(&data, &part, NULL), GAN_ERR_FORMAT,
                         "a multiple of 3073 bytes (CIFAR-10) or 3074 (CIFAR-100) expected");
    }
    expect_fails(gan_dataset_open_cifar_from(&data, &(gan_reader){.bytes = bytes}, NULL),
                 GAN_ERR_FORMAT, "found 0");
    make(bytes, 0, 2, 0);
    bytes[3073] = 10;
    expect_fails(gan_dataset_open_cifar_from(&data, &from, NULL), GAN_ERR_FORMAT,
                 "a label of 0 to 9 expected, that of image 1 is 10");
    ck_assert_ptr_null(data);
    expect_fails(gan_dataset_open_cifar(&data, scratch_path("nowhere"), NULL), GAN_ERR_IO,
                 "nowhere");
    expect_fails(gan_dataset_open_cifar(NULL, "a", NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_dataset_open_cifar(&data, NULL, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_dataset_open_cifar_from(&data, &from, &small), GAN_ERR_INVALID,
                 "struct_size is 8");
}

TEST(a_reader_that_fails_is_an_error)
{
    const size_t n = make(bytes, 0, 2, 0);
    failing_stream stream;
    const gan_reader from = failing_reader(&stream, bytes, n, 4000);
    gan_dataset *data;

    expect_status(gan_dataset_open_cifar_from(&data, &from, NULL), GAN_ERR_IO);
    ck_assert_ptr_null(data);
}

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    const gan_cifar_desc desc = {GAN_CIFAR_DESC_INIT, .allocator = allocator};
    gan_dataset *data;
    gan_status status = gan_dataset_open_cifar(&data, user, &desc);

    *out = data;
    return status;
}

static void destroy(void *made)
{
    gan_dataset_destroy(made);
}

TEST(opening_survives_each_lack_of_memory)
{
    char path[1024];

    write_cifar_10();
    snprintf(path, sizeof path, "%s", scratch_directory());
    budget_sweep(attempt, destroy, path);
}
