/* test_dataset_png_ahead.c - pictures that are decoded ahead, while the previous batch is used. */
#include "budget.h"
#include "expect.h"
#include "pictures.h"

#include <gan/dataset.h>
#include <gan/iterator.h>
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 23 };

static gan_dataset *open_numbered(size_t memory_limit, size_t n_threads)
{
    gan_png_desc desc = {GAN_PNG_DESC_INIT, .memory_limit = memory_limit, .n_threads = n_threads};

    return open_png(&desc);
}

static gan_iterator *walk_through(const gan_dataset *data, size_t batch_size, int drop_last,
                                  size_t n_threads)
{
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT,
                              .batch_size = batch_size,
                              .shuffle = 1,
                              .drop_last = drop_last,
                              .seed = 5,
                              .horizontal_flip = 1,
                              .n_threads = n_threads};
    gan_iterator *it;

    expect_ok(gan_iterator_create(&it, data, &desc));
    return it;
}

static void expect_same_next(gan_iterator *it, gan_iterator *wanted)
{
    const gan_batch *a, *b;
    gan_status status = gan_iterator_next(wanted, &b);

    expect_status(gan_iterator_next(it, &a), status);
    ck_assert_uint_eq(gan_iterator_epoch(it), gan_iterator_epoch(wanted));
    ck_assert_uint_eq(gan_iterator_position(it), gan_iterator_position(wanted));
    if (status == GAN_END) return;
    ck_assert_uint_eq(a->count, b->count);
    expect_same_bits(a->samples, b->samples, a->count * SIZE * sizeof(float));
    ck_assert_int_eq(a->labels == NULL, b->labels == NULL);
    if (a->labels) expect_same_bits(a->labels, b->labels, a->count);
}

TEST(batches_are_the_same_in_memory_and_decoded_ahead_on_any_number_of_threads)
{
    const size_t threads[] = {1, 2, 3, 8}, sizes[] = {5, 1, 23, 40};

    make_folder("a");
    make_folder("b");
    for (size_t k = 0; k < COUNT; k++) {
        char name[32];

        snprintf(name, sizeof name, "%c/%03zu.png", k < 9 ? 'a' : 'b', k);
        write_rgb(name, k);
    }
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            gan_dataset *kept = open_numbered(0, threads[i]);
            gan_dataset *decoded = open_numbered(1, threads[i]);
            gan_iterator *a = walk_through(decoded, sizes[k], k == 0, threads[i]);
            gan_iterator *b = walk_through(kept, sizes[k], k == 0, 0);

            while (gan_iterator_epoch(b) < 3) expect_same_next(a, b);
            expect_ok(gan_iterator_seek(a, 7, 0));
            expect_ok(gan_iterator_seek(b, 7, 0));
            while (gan_iterator_epoch(b) < 9) expect_same_next(a, b);
            gan_iterator_destroy(a); /* while a batch is read ahead */
            gan_iterator_destroy(b);
            gan_dataset_destroy(decoded);
            gan_dataset_destroy(kept);
        }
}

/* A batch that is read ahead before a seek is not the one returned after it. */
TEST(seeking_equals_walking_while_a_batch_is_on_its_way)
{
    gan_dataset *data;
    gan_iterator *walker, *seeker;

    write_numbered(COUNT);
    data = open_numbered(1, 1);
    walker = walk_through(data, 4, 0, 2);
    seeker = walk_through(data, 4, 0, 2);
    while (gan_iterator_epoch(walker) < 3) {
        const gan_batch *batch;

        expect_ok(gan_iterator_seek(seeker, 5, 8)); /* sets another order */
        expect_ok(gan_iterator_next(seeker, &batch));
        expect_ok(
            gan_iterator_seek(seeker, gan_iterator_epoch(walker), gan_iterator_position(walker)));
        expect_same_next(seeker, walker);
    }
    gan_iterator_destroy(walker);
    gan_iterator_destroy(seeker);
    gan_dataset_destroy(data);
}

/* Iterate until an error, with the next epoch read ahead from the current files. */
static size_t walk_to_failure(gan_iterator *it, gan_status wanted, const char *part)
{
    const gan_batch *batch;
    gan_status status;
    size_t position;

    while ((status = gan_iterator_next(it, &batch)) >= GAN_OK) continue;
    expect_status(status, wanted);
    expect_error_says(part);
    ck_assert_ptr_null(batch);
    position = gan_iterator_position(it);
    expect_fails(gan_iterator_next(it, &batch), wanted, part);
    ck_assert_uint_eq(gan_iterator_position(it), position);
    return position;
}

TEST(a_file_that_changes_leaves_the_iterator_where_it_stood)
{
    gan_dataset *data;
    float out[SIZE];

    write_numbered(COUNT);
    data = open_numbered(1, 1);
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        gan_iterator *it = walk_through(data, 4, 0, n_threads), *same;
        size_t position;

        write_text("011.png", "not a picture any more");
        position = walk_to_failure(it, GAN_ERR_FORMAT, scratch_path("011.png: byte 0: not a PNG"));
        expect_status(gan_dataset_read(data, 11, out, NULL), GAN_ERR_FORMAT);
        remove(scratch_path("011.png"));
        ck_assert_uint_eq(
            walk_to_failure(it, GAN_ERR_IO, scratch_path("011.png: cannot be opened")), position);
        expect_status(gan_dataset_read(data, 11, out, NULL), GAN_ERR_IO);
        write_png("011.png", 11, WIDTH, HEIGHT + 1, PNG_COLOR_TYPE_RGB, 8);
        ck_assert_uint_eq(walk_to_failure(it, GAN_ERR_SHAPE, scratch_path("011.png: 6 x 5 pixels")),
                          position);
        expect_status(gan_dataset_read(data, 11, out, NULL), GAN_ERR_SHAPE);
        write_rgb("011.png", 11);
        same = walk_through(data, 4, 0, 1);
        expect_ok(gan_iterator_seek(same, gan_iterator_epoch(it), position));
        for (int i = 0; i < 10; i++) expect_same_next(it, same);
        gan_iterator_destroy(same);
        gan_iterator_destroy(it);
    }
    gan_dataset_destroy(data);
}

static gan_status attempt_walk(void **out, const gan_allocator *allocator, void *user)
{
    gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .shuffle = 1, .batch_size = 4, .n_threads = 2,
                              .allocator = allocator};
    const gan_batch *batch;
    gan_iterator *it;
    gan_status status;

    status = gan_iterator_create(&it, user, &desc);
    for (int i = 0; status == GAN_OK && i < 5; i++) expect_ok(gan_iterator_next(it, &batch));
    *out = it;
    return status;
}

static void destroy_walk(void *made)
{
    gan_iterator_destroy(made);
}

TEST(making_an_iterator_survives_each_lack_of_memory)
{
    gan_dataset *data;

    write_numbered(COUNT);
    data = open_numbered(1, 1);
    ck_assert_uint_eq(budget_sweep(attempt_walk, destroy_walk, data), 7);
    gan_dataset_destroy(data);
}
