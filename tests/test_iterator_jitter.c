/* test_iterator_jitter.c - an iterator's random augmentation: geometry and colours of pictures. */
#include "budget.h"
#include "expect.h"

#include <gan/gan.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COUNT = 40, HEIGHT = 9, WIDTH = 12, PLANE = HEIGHT * WIDTH };

/* Ramps that rise by 1 per pixel to the right, or downwards: pixel values are coordinates. */
static gan_dataset *make_ramp(int down)
{
    static float samples[COUNT * PLANE];
    gan_dataset *data;

    for (size_t i = 0; i < COUNT * PLANE; i++)
        samples[i] = (float)(down ? i % PLANE / WIDTH : i % WIDTH);
    expect_ok(
        gan_dataset_create_floats(&data, samples, NULL, COUNT, gan_shape_2d(HEIGHT, WIDTH), NULL));
    return data;
}

/* Colours far from 0 and 255. */
static gan_dataset *make_pictures(size_t channels)
{
    static uint8_t samples[COUNT * 3 * PLANE], labels[COUNT];
    gan_dataset *data;

    for (size_t i = 0; i < COUNT * channels * PLANE; i++)
        samples[i] = (uint8_t)(90 + (i * i + 7 * i) % 60);
    for (size_t i = 0; i < COUNT; i++) labels[i] = (uint8_t)(i % 7);
    expect_ok(gan_dataset_create_bytes(&data, samples, labels, COUNT,
                                       gan_shape_3d(channels, HEIGHT, WIDTH), NULL));
    return data;
}

/* All samples of some epochs, one after the other. */
static void walk(const gan_dataset *data, gan_iterator_desc desc, size_t n_epochs, float *out)
{
    const size_t size = gan_shape_size(gan_dataset_shape(data));
    const gan_batch *batch;
    gan_iterator *it;

    desc.batch_size = 7;
    expect_ok(gan_iterator_create(&it, data, &desc));
    for (size_t epoch = 0; epoch < n_epochs; epoch++)
        while (gan_iterator_next(it, &batch) == GAN_OK) {
            memcpy(out, batch->samples, batch->count * size * sizeof *out);
            out += batch->count * size;
        }
    gan_iterator_destroy(it);
}

static float across[2 * COUNT * PLANE], down[2 * COUNT * PLANE];

/* The mapping of a sample, read from both ramps around the middle, away from the edges. */
typedef struct mapping {
    double a, b; /* a step to the right */
    double c, d; /* a step down */
    double x, y; /* of the middle, from the middle */
} mapping;

static mapping mapping_of(size_t k)
{
    const size_t i = k * PLANE + HEIGHT / 2 * WIDTH + WIDTH / 2 - 1; /* left of the middle */
    const double x = ((double)across[i] + across[i + 1]) / 2;
    const double y = ((double)down[i] + down[i + 1]) / 2;

    return (mapping){(double)across[i + 1] - across[i],
                     (double)down[i + 1] - down[i],
                     (double)across[i + WIDTH] - across[i],
                     (double)down[i + WIDTH] - down[i],
                     x - (WIDTH - 1) / 2.0,
                     y - (HEIGHT - 1) / 2.0};
}

static void walk_ramps(const gan_iterator_desc *desc)
{
    gan_dataset *data[2] = {make_ramp(0), make_ramp(1)};

    walk(data[0], *desc, 2, across);
    walk(data[1], *desc, 2, down);
    gan_dataset_destroy(data[0]);
    gan_dataset_destroy(data[1]);
}

/* ---- Geometry ---- */

TEST(a_rotation_turns_by_up_to_its_degrees)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .rotation = 30, .seed = 3};
    double least = 0, most = 0;

    walk_ramps(&desc);
    for (size_t k = 0; k < 2 * COUNT; k++) {
        const mapping m = mapping_of(k);
        const double angle = atan2(m.b, m.a) * 180 / acos(-1);

        expect_near(hypot(m.a, m.b), 1, 0, 1e-5); /* the scale never exceeds 1 */
        expect_near(m.c, -m.b, 0, 1e-5);
        expect_near(m.d, m.a, 0, 1e-5);
        expect_near(m.x, 0, 0, 1e-5);
        expect_near(m.y, 0, 0, 1e-5);
        least = fmin(least, angle);
        most = fmax(most, angle);
    }
    ck_assert_msg(least >= -30 && least < -25 && most <= 30 && most > 25, "%g to %g degrees", least,
                  most);
}

TEST(a_shift_moves_by_up_to_its_part)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .shift = 0.25f, .seed = 3};
    double most_x = 0, most_y = 0, least_x = 0, least_y = 0;

    walk_ramps(&desc);
    for (size_t k = 0; k < 2 * COUNT; k++) {
        const mapping m = mapping_of(k);

        expect_near(m.a, 1, 0, 1e-5);
        expect_near(m.b, 0, 0, 1e-5);
        most_x = fmax(most_x, m.x), least_x = fmin(least_x, m.x);
        most_y = fmax(most_y, m.y), least_y = fmin(least_y, m.y);
    }
    ck_assert(most_x <= 3.0001 && most_x > 2.5 && least_x >= -3.0001 && least_x < -2.5);
    ck_assert(most_y <= 2.2501 && most_y > 1.9 && least_y >= -2.2501 && least_y < -1.9);
}

/* The crop lies within the picture: no pixel comes from beyond an edge. */
TEST(a_crop_is_a_part_of_the_picture_scaled_up)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .crop = 0.5f, .seed = 3};
    double least = 1, most = 0;

    walk_ramps(&desc);
    for (size_t k = 0; k < 2 * COUNT; k++) {
        const mapping m = mapping_of(k);

        expect_near(m.b, 0, 0, 1e-5);
        expect_near(m.d, m.a, 0, 1e-5);
        ck_assert(fabs(m.x) <= WIDTH * (1 - m.a) / 2 + 1e-4);
        ck_assert(fabs(m.y) <= HEIGHT * (1 - m.a) / 2 + 1e-4);
        least = fmin(least, m.a);
        most = fmax(most, m.a);
    }
    ck_assert_msg(least >= 0.5 && least < 0.55 && most <= 1 && most > 0.95, "%g to %g", least,
                  most);
}

TEST(beyond_its_edges_a_picture_goes_on_as_its_outermost_pixels)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .shift = 1, .rotation = 180,
                                    .crop = 0.3f};

    walk_ramps(&desc);
    for (size_t i = 0; i < 2 * COUNT * PLANE; i++) {
        ck_assert(across[i] >= 0 && across[i] <= WIDTH - 1);
        ck_assert(down[i] >= 0 && down[i] <= HEIGHT - 1);
    }
}

/* ---- Colours ---- */

static float changed[COUNT * 3 * PLANE], plain[COUNT * 3 * PLANE];

/* One epoch with and without, as values from 0 to 1. */
static void walk_colours(gan_iterator_desc desc, size_t channels)
{
    const gan_iterator_desc none = {GAN_ITERATOR_DESC_INIT};
    gan_dataset *data = make_pictures(channels);

    walk(data, desc, 1, changed);
    walk(data, none, 1, plain);
    for (size_t i = 0; i < COUNT * channels * PLANE; i++) {
        changed[i] = changed[i] / 2 + 0.5f;
        plain[i] = plain[i] / 2 + 0.5f;
    }
    gan_dataset_destroy(data);
}

static double grey(const float *pixel)
{
    return 0.299 * (double)pixel[0] + 0.587 * (double)pixel[PLANE] +
           0.114 * (double)pixel[2 * PLANE];
}

/* Each sample's values are scaled by one factor around its centre of grey. */
static void expect_factors(double bound, int from_mean, int from_grey)
{
    double least = 9, most = 0;

    for (size_t k = 0; k < COUNT; k++) {
        const float *before = plain + k * 3 * PLANE, *after = changed + k * 3 * PLANE;
        double mean = 0, factor = 0, weight = 0;

        for (size_t i = 0; i < PLANE; i++) mean += grey(before + i) / PLANE;
        for (int pass = 0; pass < 2; pass++)
            for (size_t i = 0; i < 3 * PLANE; i++) {
                const double centre = from_mean ? mean : from_grey ? grey(before + i % PLANE) : 0;
                const double was = (double)before[i] - centre, is = (double)after[i] - centre;

                if (pass == 0) factor += was * is, weight += was * was;
                if (pass == 1) expect_near(is, factor / weight * was, 0, 2e-6);
            }
        least = fmin(least, factor / weight);
        most = fmax(most, factor / weight);
    }
    ck_assert_msg(least >= 1 - bound - 1e-6 && least < 1 - 0.8 * bound &&
                      most <= 1 + bound + 1e-6 && most > 1 + 0.8 * bound,
                  "%g to %g", least, most);
}

TEST(brightness_contrast_and_saturation_are_factors)
{
    walk_colours((gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .brightness = 0.3f}, 3);
    expect_factors(0.3, 0, 0);
    walk_colours((gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .contrast = 0.6f}, 3);
    expect_factors(0.6, 1, 0);
    walk_colours((gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .saturation = 0.8f}, 3);
    expect_factors(0.8, 0, 1);
}

TEST(colours_stay_within_what_a_byte_holds)
{
    walk_colours((gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .brightness = 1, .contrast = 1,
                                     .saturation = 1},
                 3);
    for (size_t i = 0; i < COUNT * 3 * PLANE; i++) ck_assert(changed[i] >= 0 && changed[i] <= 1);
    walk_colours((gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .brightness = 1, .contrast = 1}, 1);
    for (size_t i = 0; i < COUNT * PLANE; i++) ck_assert(changed[i] >= 0 && changed[i] <= 1);
}

/* ---- Bits ---- */

static const gan_iterator_desc all = {GAN_ITERATOR_DESC_INIT, .shuffle = 1,       .seed = 5,
                                      .horizontal_flip = 1,   .crop = 0.2f,       .shift = 0.1f,
                                      .rotation = 10,         .brightness = 0.2f, .contrast = 0.2f,
                                      .saturation = 0.2f};

TEST(changes_are_the_same_bits_on_any_number_of_threads_and_from_the_disk)
{
    static float one[2 * COUNT * 3 * PLANE], other[2 * COUNT * 3 * PLANE];
    const gan_npy_desc disk = {GAN_NPY_DESC_INIT, .memory_limit = 1};
    const size_t dims[] = {COUNT, 3, HEIGHT, WIDTH};
    static uint8_t bytes[COUNT * 3 * PLANE];
    gan_dataset *data = make_pictures(3), *file;
    gan_iterator_desc desc = all;

    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(90 + (i * i + 7 * i) % 60);
    expect_ok(gan_npy_write(scratch_path("a.npy"), bytes, GAN_NPY_UINT8, dims, 4));
    expect_ok(gan_dataset_open_npy(&file, scratch_path("a.npy"), NULL, &disk));
    desc.n_threads = 1;
    walk(data, desc, 2, one);
    expect_other_bits(one, one + COUNT * 3 * PLANE, sizeof one / 2); /* drawn again */
    for (desc.n_threads = 1; desc.n_threads <= 3; desc.n_threads++) {
        walk(data, desc, 2, other);
        expect_same_bits(one, other, sizeof one);
        walk(file, desc, 2, other);
        expect_same_bits(one, other, sizeof one);
    }
    desc.seed++;
    walk(data, desc, 2, other);
    expect_other_bits(one, other, sizeof one);
    gan_dataset_destroy(file);
    gan_dataset_destroy(data);
}

TEST(a_walk_that_is_put_back_gives_the_same_batch)
{
    gan_dataset *data = make_pictures(3);
    float wanted[7 * 3 * PLANE];
    const gan_batch *batch;
    gan_iterator_desc desc = all;
    gan_iterator *it;
    uint8_t label;

    desc.batch_size = 7;
    expect_ok(gan_iterator_create(&it, data, &desc));
    for (size_t i = 0; i < 9; i++) /* six batches, the end, and two of the next epoch */
        expect_status(gan_iterator_next(it, &batch), i == 6 ? GAN_END : GAN_OK);
    ck_assert_uint_eq(gan_iterator_epoch(it), 1);
    memcpy(wanted, batch->samples, sizeof wanted);
    label = batch->labels[3];
    expect_ok(gan_iterator_seek(it, 0, 0));
    expect_ok(gan_iterator_next(it, &batch));
    expect_other_bits(batch->samples, wanted, sizeof wanted);
    expect_ok(gan_iterator_seek(it, 1, 7));
    expect_ok(gan_iterator_next(it, &batch));
    expect_same_bits(batch->samples, wanted, sizeof wanted);
    ck_assert_uint_eq(batch->labels[3], label);
    gan_iterator_destroy(it);
    gan_dataset_destroy(data);
}

/* A host's function is called by the thread that requests the batch; its samples are augmented, too. */
static int read_ramp(void *user, size_t index, float *out, uint8_t *label)
{
    (void)index;
    (void)label;
    *(size_t *)user += 1;
    for (size_t i = 0; i < PLANE; i++) out[i] = (float)(i % WIDTH);
    return 0;
}

TEST(samples_of_a_host_are_changed_too)
{
    const gan_iterator_desc desc = {GAN_ITERATOR_DESC_INIT, .rotation = 30, .seed = 3};
    gan_dataset *data;
    size_t n_calls = 0;

    walk_ramps(&desc);
    expect_ok(gan_dataset_create_callbacks(&data, read_ramp, &n_calls, COUNT,
                                           gan_shape_2d(HEIGHT, WIDTH), 0, NULL));
    walk(data, desc, 2, down);
    ck_assert_uint_eq(n_calls, 2 * COUNT);
    expect_same_bits(down, across, sizeof down);
    gan_dataset_destroy(data);
}

/* ---- Settings ---- */

TEST(wrong_settings_are_refused_and_named)
{
    const gan_iterator_desc good = {GAN_ITERATOR_DESC_INIT};
    gan_dataset *rgb = make_pictures(3), *grey_ones = make_pictures(1), *floats = make_ramp(0);
    gan_dataset *vectors;
    gan_iterator_desc desc;
    gan_iterator *it;

    expect_ok(gan_dataset_create_bytes(&vectors, (const uint8_t[]){1, 2}, NULL, 1, gan_shape_1d(2),
                                       NULL));
#define REFUSED(data, status, part, setting)                                                       \
    do {                                                                                           \
        desc = good;                                                                               \
        setting;                                                                                   \
        expect_fails(gan_iterator_create(&it, data, &desc), status, part);                         \
        ck_assert_ptr_null(it);                                                                    \
    } while (0)
    REFUSED(rgb, GAN_ERR_INVALID, "crop is 1, 0 to 0.99 expected", desc.crop = 1);
    REFUSED(rgb, GAN_ERR_INVALID, "shift is -0.5, 0 to 1 expected", desc.shift = -0.5f);
    REFUSED(rgb, GAN_ERR_INVALID, "rotation is 181, 0 to 180 expected", desc.rotation = 181);
    REFUSED(rgb, GAN_ERR_INVALID, "brightness is nan", desc.brightness = (float)NAN);
    REFUSED(rgb, GAN_ERR_INVALID, "contrast is 2", desc.contrast = 2);
    REFUSED(rgb, GAN_ERR_INVALID, "saturation is inf", desc.saturation = (float)INFINITY);
    REFUSED(vectors, GAN_ERR_SHAPE, "need images, of rank 2 or 3", desc.shift = 0.1f);
    REFUSED(floats, GAN_ERR_SHAPE, "need images of bytes", desc.brightness = 0.1f);
    REFUSED(grey_ones, GAN_ERR_SHAPE, "saturation needs RGB", desc.saturation = 0.1f);
#undef REFUSED
    gan_dataset_destroy(vectors);
    gan_dataset_destroy(floats);
    gan_dataset_destroy(grey_ones);
    gan_dataset_destroy(rgb);
}

static gan_status attempt(void **out, const gan_allocator *allocator, void *user)
{
    gan_iterator_desc desc = all;
    gan_iterator *it;
    gan_status status;

    desc.n_threads = 2;
    desc.allocator = allocator;
    status = gan_iterator_create(&it, user, &desc);
    *out = it;
    return status;
}

static void destroy(void *made)
{
    gan_iterator_destroy(made);
}

TEST(making_survives_each_lack_of_memory)
{
    gan_dataset *data = make_pictures(3);

    budget_sweep(attempt, destroy, data);
    gan_dataset_destroy(data);
}
