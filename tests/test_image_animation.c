/* test_image_animation.c - animated PNG files. */
#include "budget.h"
#include "expect.h"
#include "file/file_internal.h"
#include "pictures.h"
#include "scratch.h"

#include <gan/image.h>
#include <string.h>

enum { FRAMES = 3, W = 9, H = 5, ROOM = 1 << 16 };

static gan_image *frames[FRAMES];

static void make_frames(void)
{
    for (size_t i = 0; i < FRAMES; i++) {
        frames[i] = patterned(W, H, 3);
        memset(gan_image_pixels(frames[i]), (int)(80 * i), 3 * W);
    }
}

static void end_frames(void)
{
    for (size_t i = 0; i < FRAMES; i++) gan_image_destroy(frames[i]);
}

TEST_FIXTURE(make_frames, end_frames)

static size_t number_at(const unsigned char *b)
{
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

/* The contents of a PNG file's chunks: the compressed pixels of each frame, concatenated. */
typedef struct contents {
    size_t n_frames, promised;
    size_t n[FRAMES + 1];
    unsigned char data[FRAMES + 1][ROOM];
    size_t control[FRAMES + 1][4]; /* width, height, numerator and denominator of the seconds */
} contents;

static void add_data(contents *c, size_t frame, const unsigned char *data, size_t n)
{
    ck_assert_uint_lt(frame, FRAMES + 1);
    memcpy(c->data[frame] + c->n[frame], data, n);
    c->n[frame] += n;
}

/* Chunks in order: the sequence numbers of fcTL and fdAT count from 0. */
static void take_apart(contents *c, const unsigned char *bytes, size_t size)
{
    size_t next = 0, ends = 0;

    memset(c, 0, sizeof *c);
    for (size_t at = 8; at + 12 <= size;) {
        const unsigned char *type = bytes + at + 4, *data = type + 4;
        const size_t n = number_at(bytes + at);

        ck_assert_uint_le(at + 12 + n, size);
        ck_assert_uint_eq(number_at(data + n), gan__file_sum(0, type, 4 + n));
        if (memcmp(type, "acTL", 4) == 0) c->promised = number_at(data);
        if (memcmp(type, "fcTL", 4) == 0) {
            ck_assert_uint_eq(number_at(data), next++);
            ck_assert_uint_lt(c->n_frames, FRAMES + 1);
            c->control[c->n_frames][0] = number_at(data + 4);
            c->control[c->n_frames][1] = number_at(data + 8);
            c->control[c->n_frames][2] = number_at(data + 20) >> 16;
            c->control[c->n_frames++][3] = number_at(data + 20) & 0xffff;
        }
        if (memcmp(type, "IDAT", 4) == 0) add_data(c, 0, data, n);
        if (memcmp(type, "fdAT", 4) == 0) {
            ck_assert_uint_eq(number_at(data), next++);
            add_data(c, c->n_frames - 1, data + 4, n - 4);
        }
        ends += memcmp(type, "IEND", 4) == 0;
        at += 12 + n;
    }
    ck_assert_uint_eq(ends, 1);
}

/* Each frame has the bytes of the picture's own file, and the first one is shown by programs
 * without animation. */
TEST(each_frame_is_the_data_of_its_own_picture)
{
    static unsigned char bytes[ROOM], memory[ROOM], one[ROOM];
    static contents animation, single;
    gan_writer to = gan_writer_memory(memory, sizeof memory);
    gan_image *first;

    expect_ok(gan_image_write_animation(frames, FRAMES, 125, scratch_path("a.png")));
    const size_t n = scratch_read(scratch_path("a.png"), bytes, sizeof bytes);
    take_apart(&animation, bytes, n);
    ck_assert_uint_eq(animation.n_frames, FRAMES);
    ck_assert_uint_eq(animation.promised, FRAMES);
    for (size_t i = 0; i < FRAMES; i++) {
        gan_writer own = gan_writer_memory(one, sizeof one);

        expect_ok(gan_image_write_to(frames[i], &own));
        take_apart(&single, one, (size_t)own.n_bytes);
        ck_assert_uint_eq(animation.n[i], single.n[0]);
        expect_same_bits(animation.data[i], single.data[0], single.n[0]);
        ck_assert_uint_eq(animation.control[i][0], W);
        ck_assert_uint_eq(animation.control[i][1], H);
        ck_assert_uint_eq(animation.control[i][2], 125);
        ck_assert_uint_eq(animation.control[i][3], 1000);
    }
    expect_ok(gan_image_read(&first, scratch_path("a.png"), NULL));
    expect_picture_is(first, W, H, 3, gan_image_pixels(frames[0]));
    gan_image_destroy(first);
    expect_ok(gan_image_write_animation_to(frames, FRAMES, 125, &to));
    ck_assert_uint_eq(to.n_bytes, n);
    expect_same_bits(memory, bytes, n);
}

TEST(what_makes_no_animation_is_refused)
{
    const char *path = scratch_path("a.png");
    gan_image *other[FRAMES] = {frames[0], patterned(W + 1, H, 3), NULL};
    char byte;
    gan_writer small = gan_writer_memory(&byte, 1), none = gan_writer_memory(NULL, 5);

    expect_fails(gan_image_write_animation(NULL, 1, 1, path), GAN_ERR_INVALID, "frames is NULL");
    expect_fails(gan_image_write_animation(frames, 0, 1, path), GAN_ERR_INVALID, "got 0");
    expect_fails(gan_image_write_animation(frames, 65537, 1, path), GAN_ERR_INVALID, "got 65537");
    expect_fails(gan_image_write_animation(frames, 1, 0, path), GAN_ERR_INVALID, "got 0");
    expect_fails(gan_image_write_animation(frames, 1, 65536, path), GAN_ERR_INVALID, "got 65536");
    expect_fails(gan_image_write_animation(frames, 1, 1, NULL), GAN_ERR_INVALID, "path");
    expect_fails(gan_image_write_animation(other, 2, 1, path), GAN_ERR_SHAPE,
                 "frame 1 is 10 x 5 with 3 channels, the first one 9 x 5");
    expect_fails(gan_image_write_animation(other + 1, 2, 1, path), GAN_ERR_INVALID,
                 "frame 1 is NULL");
    expect_fails(gan_image_write_animation(frames, 1, 1, "/none/a.png"), GAN_ERR_IO, "/none/a.png");
    expect_fails(gan_image_write_animation_to(frames, 1, 1, NULL), GAN_ERR_INVALID, "image");
    expect_fails(gan_image_write_animation_to(frames, 1, 1, &none), GAN_ERR_INVALID, "");
    expect_fails(gan_image_write_animation_to(frames, 1, 1, &small), GAN_ERR_IO, "");
    ck_assert_uint_eq(scratch_count(), 0);
    gan_image_destroy(other[1]);
}

TEST(a_lack_of_memory_leaves_nothing)
{
    gan_image *pair[2];
    budget b;
    size_t failed = 0;

    budget_init(&b, BUDGET_UNLIMITED);
    for (size_t i = 0; i < 2; i++) expect_ok(gan_image_create(&pair[i], W, H, 3, &b.allocator));
    const size_t live = budget_live(&b);
    for (;; failed++) {
        b.left = failed;
        const gan_status status = gan_image_write_animation(pair, 2, 40, scratch_path("a.png"));

        ck_assert_uint_eq(budget_live(&b), live);
        if (status == GAN_OK) break;
        expect_fails(status, GAN_ERR_NOMEM, "memory");
        ck_assert_uint_eq(scratch_count(), 0);
    }
    ck_assert_uint_gt(failed, 4);
    for (size_t i = 0; i < 2; i++) gan_image_destroy(pair[i]);
}
