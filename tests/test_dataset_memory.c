/* test_dataset_memory.c - each allocation fails in turn while data is read: those of libpng, zlib
 * and the C library, too, which bypass the host's allocator. */
#include "expect.h"
#include "pictures.h"

#include <errno.h>
#include <gan/dataset.h>
#include <gan/image.h>
#include <gan/iterator.h>
#include <png.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- the heap of the whole process, where the C library lets it be replaced ---- */

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define OWN_HEAP 1
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) &&                     \
    !__has_feature(memory_sanitizer)
#define OWN_HEAP 1
#endif
#endif
#ifndef OWN_HEAP
#define OWN_HEAP 0 /* nothing fails then */
#endif

/* Blocks allocated and not freed; and, while armed, how many more succeed and whether only one
 * fails after that. */
static atomic_long live, allowed;
static atomic_int armed, one_only, refused;

#if OWN_HEAP
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t n);
void __libc_free(void *memory);

static int is_refused(void)
{
    long left;

    if (!armed) return 0;
    left = atomic_fetch_sub(&allowed, 1);
    if (left > 0 || (left < 0 && one_only)) return 0;
    refused = 1;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t n)
{
    void *memory = is_refused() ? NULL : __libc_malloc(n);

    live += memory != NULL;
    return memory;
}

void *calloc(size_t n, size_t size)
{
    void *memory = is_refused() ? NULL : __libc_calloc(n, size);

    live += memory != NULL;
    return memory;
}

void *realloc(void *memory, size_t n)
{
    void *moved = is_refused() ? NULL : __libc_realloc(memory, n);

    live += !memory && moved;
    return moved;
}

void free(void *memory)
{
    live -= memory != NULL;
    __libc_free(memory);
}
#endif

/* ---- readers: none leaks, and each reads what is there ---- */

static const uint8_t idx[] = {0, 0, 8, 3, 0, 0,  0,  2,  0,  0,  0,
                              1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60};

static gan_status read_idx(const char *path)
{
    gan_dataset *data = (gan_dataset *)&data;
    gan_status status = gan_dataset_open_idx(&data, path, NULL, NULL);

    armed = 0;
    ck_assert((status == GAN_OK) == (data != NULL));
    if (data) ck_assert_uint_eq(gan_dataset_count(data), 2);
    gan_dataset_destroy(data);
    return status;
}

static gan_status read_image(const char *path)
{
    gan_image *image = (gan_image *)&image;
    gan_status status = gan_image_read(&image, path, NULL);

    armed = 0;
    ck_assert((status == GAN_OK) == (image != NULL));
    if (image) ck_assert_uint_eq(gan_image_width(image), WIDTH);
    gan_image_destroy(image);
    return status;
}

/* In memory, and decoded by an iterator, which has only this thread. */
static gan_status read_directory(const char *path, size_t memory_limit)
{
    const gan_png_desc desc = {GAN_PNG_DESC_INIT, .skip_bad = 1, .memory_limit = memory_limit,
                               .n_threads = 1};
    const gan_iterator_desc walk = {GAN_ITERATOR_DESC_INIT, .n_threads = 1};
    gan_dataset *data;
    gan_iterator *it = NULL;
    const gan_batch *batch;
    gan_status status = gan_dataset_open_png(&data, path, &desc);
    size_t n_skipped;

    if (status == GAN_OK) status = gan_iterator_create(&it, data, &walk);
    if (status == GAN_OK) status = gan_iterator_next(it, &batch);
    armed = 0;
    n_skipped = gan_dataset_skipped_count(data);
    if (status == GAN_OK) ck_assert_uint_eq(batch->count, 3);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
    if (status == GAN_OK) ck_assert_uint_eq(n_skipped, 1); /* the bad file, no other */
    return status;
}

static gan_status read_to_memory(const char *path)
{
    return read_directory(path, 0);
}

static gan_status read_from_disk(const char *path)
{
    return read_directory(path, 1);
}

static gan_status write_image(const char *path)
{
    gan_image *image;
    gan_status status = gan_image_create(&image, 4, 4, 1, NULL);

    if (status == GAN_OK) status = gan_image_write(image, path);
    armed = 0;
    gan_image_destroy(image);
    return status;
}

/* All from the k-th on fail, or the k-th alone, which only a retry may overcome. */
static void sweep(gan_status (*reader)(const char *path), const char *path)
{
    for (int alone = 0; alone < 2; alone++) {
        long k = 0;

        do {
            const long before = live;
            gan_status status;

            allowed = k++;
            one_only = alone;
            refused = 0;
            armed = 1;
            status = reader(path);
            armed = 0;
            ck_assert_msg(status == GAN_OK || (refused && status == GAN_ERR_NOMEM),
                          "allocation %ld fails: %s: %s", k - 1, gan_status_name(status),
                          gan_last_error());
            ck_assert_msg(live == before, "allocation %ld fails: %ld blocks leak", k - 1,
                          live - before);
        } while (refused);
        if (OWN_HEAP) ck_assert_int_gt(k, 3);
    }
}

TEST(every_reader_survives_each_lack_of_memory)
{
    gzFile packed = gzopen(scratch_path("packed"), "wb");

    ck_assert_int_eq(gzwrite(packed, idx, sizeof idx), sizeof idx);
    ck_assert_int_eq(gzclose(packed), Z_OK);
    scratch_write(scratch_path("plain"), idx, sizeof idx);
    sweep(read_idx, scratch_path("plain"));
    sweep(read_idx, scratch_path("packed"));
    make_folder("a");
    make_folder("b");
    write_rgb("a/1.png", 0);
    write_png("a/2.png", 1, WIDTH, HEIGHT, PNG_COLOR_TYPE_PALETTE, 8);
    write_png("b/1.png", 2, WIDTH, HEIGHT, PNG_COLOR_TYPE_RGBA, 16);
    write_text("b/2.png", "no picture");
    sweep(read_image, scratch_path("a/1.png"));
    sweep(read_image, scratch_path("a/2.png"));
    sweep(read_image, scratch_path("b/1.png"));
    sweep(write_image, scratch_path("new"));
    sweep(read_to_memory, scratch_directory());
    sweep(read_from_disk, scratch_directory());
}
