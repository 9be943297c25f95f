/* test_example_generator.c - the example programs' samples of a generator, interpolation of latent
 * vectors, networks for pictures, and counting modes of mixtures. */
#include "common/program.h"
#include "expect.h"
#include "scratch.h"

#include <math.h>
#include <string.h>

/* Save a generator of latent dimension 4 and pictures of 2 x 2, and open it. */
static generator open_generator(int n_classes, uint64_t seed)
{
    generator g;
    const char *path = scratch_path("generator.safetensors");
    const char *const names[3] = {"boot", "bag", "coat"};
    gan_network *net = gan_network_create(gan_shape_1d(4), NULL);
    if (n_classes > 0) gan_network_add(net, gan_layer_one_hot((size_t)n_classes));
    gan_network_add(net, gan_layer_linear(4 + (size_t)n_classes, 4));
    if (n_classes > 0) expect_ok(gan_network_set_class_names(net, names, (size_t)n_classes));
    expect_ok(gan_network_save(net, path));
    gan_network_destroy(net);
    ck_assert(generator_open(&g, path, seed));
    return g;
}

TEST(a_square_number_of_outputs_is_a_grey_picture)
{
    generator g = open_generator(0, 1);
    ck_assert_uint_eq(g.picture.rank, 3);
    ck_assert(g.picture.dim[0] == 1 && g.picture.dim[1] == 2 && g.picture.dim[2] == 2);
    ck_assert(g.size == 4 && g.latent == 4 && g.n_classes == 0);
    generator_close(&g);
}

TEST(classes_come_in_turn_unless_one_is_wanted)
{
    generator g = open_generator(3, 1);
    float samples[5 * 4];
    ck_assert(generator_draw(&g, 4, 5, samples));
    for (size_t i = 0; i < 5; i++) ck_assert_uint_eq(g.labels[i], (4 + i) % 3);
    g.only = 2;
    ck_assert(generator_draw(&g, 9, 5, samples));
    for (size_t i = 0; i < 5; i++) ck_assert_uint_eq(g.labels[i], 2);
    generator_close(&g);
}

/* Latent vectors of dimension 3 begin at any position of the stream. */
TEST(a_sample_of_a_number_is_the_same_whatever_else_is_drawn)
{
    generator g;
    const char *path = scratch_path("generator.safetensors");
    gan_network *net = gan_network_create(gan_shape_1d(3), NULL);
    const size_t numbers[5] = {7, 2, 2, 0, 11};
    float all[12 * 4], some[5 * 4];
    gan_network_add(net, gan_layer_linear(3, 4));
    expect_ok(gan_network_save(net, path));
    gan_network_destroy(net);
    ck_assert(generator_open(&g, path, 5));
    for (int truncated = 0; truncated < 2; truncated++) {
        g.truncation = truncated;
        ck_assert(generator_draw(&g, 0, 12, all));
        ck_assert(generator_draw_numbered(&g, numbers, 5, some));
        for (size_t i = 0; i < 5; i++)
            expect_same_bits(some + i * 4, all + numbers[i] * 4, 4 * sizeof *some);
    }
    generator_close(&g);
}

TEST(the_nearest_picture_is_found_the_first_of_equals)
{
    const uint8_t bytes[4][2] = {{0, 0}, {255, 0}, {255, 0}, {200, 100}};
    const float samples[3][2] = {{1, -1}, {-0.9f, -0.8f}, {0.6f, -0.3f}};
    float found[3][2];
    size_t which[3];
    gan_dataset *data;
    expect_ok(gan_dataset_create_bytes(&data, bytes[0], NULL, 4, gan_shape_1d(2), NULL));
    ck_assert(nearest_find(data, samples[0], 3, 2, found[0], which));
    ck_assert(which[0] == 1 && which[1] == 0 && which[2] == 3);
    ck_assert(found[0][0] >= 1 && found[0][1] <= -1 && found[1][0] <= -1);
    gan_dataset_destroy(data);
}

/* Without titles a sheet is the library's grid; enlarged, each of its pixels is a square. */
TEST(a_sheet_without_titles_is_a_grid)
{
    enum { N = 5, H = 3, W = 4, SCALE = 3 };
    const gan_grid_desc grid = {GAN_GRID_DESC_INIT, .columns = 2, .padding = 2};
    sheet s = {.picture = gan_shape_3d(3, H, W), .columns = 2};
    float samples[N * 3 * H * W];
    gan_image *wanted, *plain, *large;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        samples[i] = sinf(1.7f * (float)i);
    expect_ok(gan_image_create_grid(&wanted, samples, N, s.picture, &grid));
    ck_assert(sheet_make(&plain, &s, samples, N));
    s.scale = SCALE;
    ck_assert(sheet_make(&large, &s, samples, N));
    const size_t width = gan_image_width(wanted), height = gan_image_height(wanted);
    ck_assert(gan_image_width(plain) == width && gan_image_height(plain) == height);
    expect_same_bits(gan_image_pixels(plain), gan_image_pixels(wanted), 3 * width * height);
    ck_assert(gan_image_width(large) == SCALE * width && gan_image_height(large) == SCALE * height);
    for (size_t y = 0; y < SCALE * height; y++)
        for (size_t x = 0; x < SCALE * width; x++)
            expect_same_bits(gan_image_pixels(large) + 3 * (y * SCALE * width + x),
                             gan_image_pixels(wanted) + 3 * (y / SCALE * width + x / SCALE), 3);
    gan_image_destroy(large);
    gan_image_destroy(plain);
    gan_image_destroy(wanted);
}

/* Suppressions for LeakSanitizer: Cairo's fonts are kept until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}

TEST(titles_are_written_beside_samples_not_over_them)
{
    const sheet_text titles[4] = {{"first"}, {"second"}, {"a long title"}, {"4"}};
    sheet s = {.picture = gan_shape_3d(1, 8, 8), .columns = 2, .scale = 8, .heads = titles};
    static float samples[4 * 64];
    gan_image *image;
    if (!plot_available()) return;
    s.rows = titles + 2;
    s.captions = titles;
    for (size_t i = 0; i < 4 * 64; i++) samples[i] = -1;
    ck_assert(sheet_make(&image, &s, samples, 4));
    /* Black but for the titles: left of the samples, above and below them. */
    const size_t width = gan_image_width(image), height = gan_image_height(image);
    const size_t left = width - 2 * (64 + 16) - 16, top = height - 2 * (64 + 16 + 18) - 16;
    size_t bright[2][2] = {{0}};
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            if (gan_image_pixels(image)[y * width + x] > 100) bright[y < top][x < left]++;
    ck_assert_uint_gt(bright[1][0], 20); /* heads */
    ck_assert_uint_gt(bright[0][1], 20); /* rows */
    ck_assert_uint_gt(bright[0][0], 20); /* captions, */
    ck_assert_uint_eq(bright[1][1], 0);
    for (size_t y = 0; y < 64; y++) /* none over the first sample */
        for (size_t x = 0; x < 64; x++)
            ck_assert_uint_eq(gan_image_pixels(image)[(top + 16 + y) * width + left + 16 + x], 0);
    gan_image_destroy(image);
}

TEST(adding_a_direction_keeps_a_normal_vector_on_its_shell)
{
    generator g = open_generator(0, 3);
    float direction[4] = {1, -2, 0.5f, 0}, z[4] = {0.5f, 1, -1, 2}, out[4];
    const attribute a = {.direction = direction};
    double length = 0, along = 0;
    attribute_go(&a, &g, z, 0, 2, out);
    expect_close(out, z, 4, 1e-6f, 0);
    attribute_go(&a, &g, z, 0.5, 2, out);
    for (size_t i = 0; i < 4; i++) {
        length += (double)out[i] * (double)out[i];
        along += (double)(out[i] - z[i]) * (double)direction[i];
    }
    ck_assert_double_lt(fabs(length - 6.25), 1e-5);
    ck_assert_double_gt(along, 1);
    generator_close(&g);
}

TEST(the_same_seed_draws_the_same_samples_in_any_chunks)
{
    generator a = open_generator(3, 7), b = open_generator(3, 7), c = open_generator(3, 8);
    float once[6 * 4], twice[6 * 4], other[6 * 4];
    ck_assert(generator_draw(&a, 0, 6, once));
    ck_assert(generator_draw(&b, 0, 4, twice) && generator_draw(&b, 4, 2, twice + 4 * 4));
    ck_assert(generator_draw(&c, 0, 6, other));
    expect_same_bits(once, twice, sizeof once);
    expect_other_bits(once, other, sizeof once);
    generator_close(&a);
    generator_close(&b);
    generator_close(&c);
}

TEST(truncated_latent_numbers_stay_below_the_limit)
{
    generator g = open_generator(0, 1);
    float z[4 * 100];
    g.truncation = 0.5;
    generator_draw_latent(&g, 100, z);
    for (size_t i = 0; i < 400; i++) ck_assert_msg(fabsf(z[i]) <= 0.5f, "%g", (double)z[i]);
    generator_close(&g);
}

TEST(a_class_is_found_by_its_name_or_number)
{
    generator g = open_generator(3, 1), plain = open_generator(0, 1);
    uint8_t label = 9;
    ck_assert(generator_find_class(&label, &g, "class", "BAG") && label == 1);
    ck_assert(generator_find_class(&label, &g, "class", "2") && label == 2);
    ck_assert_str_eq(generator_class_name(&g, 2).text, "coat");
    static const char *const wrong[] = {"3", "-1", "hat", "", "1x"};
    for (size_t i = 0; i < 5; i++)
        ck_assert_msg(!generator_find_class(&label, &g, "class", wrong[i]), "%s", wrong[i]);
    ck_assert(!generator_find_class(&label, &plain, "class", "1"));
    generator_close(&g);
    generator_close(&plain);
}

TEST(a_great_circle_keeps_the_length_and_a_straight_way_does_not)
{
    generator g = open_generator(0, 1);
    const float a[4] = {3, 0, 0, 0}, b[4] = {0, 3, 0, 0}, opposite[4] = {-3, 0, 0, 0};
    const float round[4] = {2.1213203f, 2.1213203f, 0, 0}, straight[4] = {1.5f, 1.5f, 0, 0};
    float out[4], zero[4] = {0};
    generator_mix_latent(&g, a, b, 0.5, 0, out);
    expect_close(out, round, 4, 1e-6, 1e-6);
    generator_mix_latent(&g, a, b, 0.5, 1, out);
    expect_close(out, straight, 4, 1e-6, 1e-6);
    generator_mix_latent(&g, a, opposite, 0.5, 0, out);
    expect_close(out, zero, 4, 0, 1e-6);
    generator_mix_latent(&g, a, b, 0, 0, out);
    expect_close(out, a, 4, 0, 1e-6);
    generator_mix_latent(&g, a, b, 1, 0, out);
    expect_close(out, b, 4, 0, 1e-6);
    generator_close(&g);
}

TEST(sides_are_halved_until_4_to_7_pixels_are_left)
{
    static const struct {
        size_t side, halvings;
    } cases[] = {{28, 2}, {64, 4}, {8, 1}, {56, 3}, {30, 2},
                 {63, 3}, {15, 1}, {4, 0}, {7, 0},  {0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(networks_halvings(cases[i].side) == cases[i].halvings, "%zu", cases[i].side);
}

TEST_EACH(points_of_a_mixture_cover_it, 0, MIXTURES)
{
    enum { N = 5000 };
    static float xy[2 * N];
    const mixture *m = &mixtures[_i];
    gan_rng *rng;
    expect_ok(gan_rng_create(&rng, 1, 0, NULL));
    mixture_draw(m, rng, N, xy);
    gan_rng_destroy(rng);
    mixture_score real = mixture_count(m, xy, N);
    ck_assert_int_eq(real.covered, m->modes);
    expect_near(real.good, 1 - exp(-4.5), 0, 0.006); /* within 3 sigma, to 4 standard errors */
    for (size_t i = 0; i < N; i++) m->find_center(0, xy + 2 * i);
    mixture_score collapsed = mixture_count(m, xy, N);
    ck_assert_int_eq(collapsed.covered, 1);
    ck_assert_double_eq(collapsed.good, 1);
    for (size_t i = 0; i < 2 * N; i++) xy[i] = 100;
    mixture_score lost = mixture_count(m, xy, N);
    ck_assert(lost.covered == 0 && lost.good == 0);
}
