/* test_example_generator.c - samples of a generator, ways between latent vectors, the networks of
 * pictures, and mixtures whose modes are counted, as the example programs have them. */
#include "common/program.h"
#include "expect.h"
#include "scratch.h"

#include <math.h>
#include <string.h>

/* Save a generator of 4 latent numbers, which makes pictures of 2 x 2, and open it. */
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
    expect_near(real.good, 1 - exp(-4.5), 0, 0.006); /* within 3 deviations, 4 of its errors */
    for (size_t i = 0; i < N; i++) m->find_center(0, xy + 2 * i);
    mixture_score collapsed = mixture_count(m, xy, N);
    ck_assert_int_eq(collapsed.covered, 1);
    ck_assert_double_eq(collapsed.good, 1);
    for (size_t i = 0; i < 2 * N; i++) xy[i] = 100;
    mixture_score lost = mixture_count(m, xy, N);
    ck_assert(lost.covered == 0 && lost.good == 0);
}
