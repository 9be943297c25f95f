/* test_example_loop.c - the common code of the example programs' custom training loops: batches by
 * epoch, existing files, and a network with its pass and optimizer. */
#include "common/loop.h"
#include "common/player.h"
#include "expect.h"
#include "scratch.h"

#include <stdio.h>
#include <string.h>

enum { PIXELS = 28 * 28, SILHOUETTES = 2000 };

static const char *const files[] = {"a.png", "b.png", NULL};

static loop silhouettes(void)
{
    return (loop){.images.silhouettes = 1, .out = scratch_directory()};
}

TEST(each_epoch_has_its_whole_batches)
{
    loop l = silhouettes();
    const gan_batch *batch;

    ck_assert(loop_begin(&l, 300, PIXELS, files));
    for (int epoch = 0; epoch < 2; epoch++) {
        size_t batches = 0;
        for (; (batch = loop_next(&l)) != NULL; batches++) ck_assert_uint_eq(batch->count, 300);
        ck_assert_uint_eq(batches, SILHOUETTES / 300);
    }
    ck_assert_ptr_nonnull(loop_next(&l));
    loop_end(&l);
}

TEST(a_loop_has_the_images_that_its_network_takes)
{
    loop wide = silhouettes(), few = silhouettes();

    ck_assert(!loop_begin(&wide, 10, PIXELS + 1, files));
    loop_end(&wide);
    few.limit = 10;
    ck_assert(!loop_begin(&few, 11, PIXELS, files));
    loop_end(&few);
}

TEST(a_loop_replaces_files_only_when_asked)
{
    loop refused = silhouettes(), asked = silhouettes();
    const char *path = scratch_path("b.png");
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_str_eq(loop_file(&refused, "b.png").text, path);
    ck_assert(!loop_begin(&refused, 10, PIXELS, files));
    ck_assert_ptr_null(refused.data);
    loop_end(&refused);
    asked.overwrite = 1;
    ck_assert(loop_begin(&asked, 10, PIXELS, files));
    loop_end(&asked);
}

TEST(a_loop_takes_samples_of_the_programs_own)
{
    static const float samples[] = {0, 1, 2, 3, 4};
    loop good = {.out = scratch_directory()}, refused = good;
    gan_dataset *data;
    float sum = 0;

    expect_ok(gan_dataset_create_floats(&data, samples, NULL, 5, gan_shape_1d(1), NULL));
    ck_assert(loop_begin_with(&good, data, 1, files));
    for (const gan_batch *b; (b = loop_next(&good)) != NULL;) sum += b->samples[0];
    ck_assert_float_eq(sum, 10);
    loop_end(&good);
    scratch_write(scratch_path("a.png"), "old", 3);
    expect_ok(gan_dataset_create_floats(&data, samples, NULL, 5, gan_shape_1d(1), NULL));
    ck_assert(!loop_begin_with(&refused, data, 1, files));
    loop_end(&refused);
}

/* A discriminator of one number, trained to output 1 at 1 and 0 at -1. */
TEST(a_player_learns_what_it_is_to_say)
{
    gan_network *net = gan_network_create(gan_shape_1d(1), NULL);
    float x[2] = {1, -1}, grad[2];
    double first = 0, loss = 0;

    gan_network_add(net, gan_layer_linear(1, 1));
    player d = player_begin(net, 2, 0.1);
    for (int step = 0; step < 100; step++) {
        loss = player_judge(&d, x, 1, 1, GAN_PASS_REPLACE, NULL);
        loss += player_judge(&d, x + 1, 1, 0, GAN_PASS_ACCUMULATE, grad);
        if (step == 0) first = loss;
        player_step(&d);
    }
    ck_assert_double_lt(loss, first / 4);
    ck_assert_float_gt(grad[0], 0); /* a larger number would be more wrong */
    player_end(&d);
}
