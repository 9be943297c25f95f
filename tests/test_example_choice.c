/* test_example_choice.c - the settings that are chosen by the number of pictures. */
#include "common/choice.h"
#include "expect.h"

#include <string.h>

static choice_facts pictures(size_t count, size_t side, size_t channels)
{
    return (choice_facts){.count = count, .side = side, .channels = channels, .border = 0.5};
}

TEST(pictures_are_never_made_larger_than_they_are_nor_than_can_be_learnt_in_an_hour)
{
    static const struct {
        size_t count, side, size;
    } cases[] = {{400, 240, 64},  {400, 28, 28},     {400, 17, 17},
                 {400, 5, 8},     {5000, 240, 64},   {20000, 178, 64},
                 {20000, 28, 28}, {200000, 300, 64}, {60000, 28, 28}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const choice_facts facts = pictures(cases[i].count, cases[i].side, 3);
        ck_assert_uint_eq(choice_make(&facts).size, cases[i].size);
    }
}

TEST(the_fewer_pictures_the_stronger_the_augmentation)
{
    static const struct {
        size_t count, channels;
        const char *augment;
        int adaptive;
    } cases[] = {{1, 3, "translation,color,cutout", 0},
                 {1999, 1, "translation,brightness,cutout", 0},
                 {2000, 3, "translation,color", 1},
                 {10000, 1, "translation", 1},
                 {50000, 3, "none", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const choice_facts facts = pictures(cases[i].count, 64, cases[i].channels);
        const choice c = choice_make(&facts);
        ck_assert_str_eq(c.augment, cases[i].augment);
        ck_assert_int_eq(c.adaptive, cases[i].adaptive);
    }
}

TEST(augmentation_fills_in_what_the_edges_are)
{
    static const double cases[][2] = {{0, -1}, {0.05, -1}, {0.3, 0}, {0.5, 0}, {0.95, 1}, {1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        choice_facts facts = pictures(400, 64, 3);
        facts.border = cases[i][0];
        ck_assert_double_eq(choice_make(&facts).fill, cases[i][1]);
    }
}

TEST(an_epoch_has_2000_pictures_and_more_pictures_are_seen_fewer_times)
{
    size_t seen = SIZE_MAX, images = 0;
    for (size_t count = 1; count <= 1000000; count *= 10) {
        const choice_facts facts = pictures(count, 64, 3);
        size_t repeat = choice_repeat(&facts), epochs = choice_epochs(&facts, repeat);
        ck_assert_uint_ge(count * repeat, 2000);
        ck_assert(repeat == 1 || count * (repeat - 1) < 2000);
        ck_assert_uint_ge(epochs, 1);
        ck_assert_uint_le(epochs * repeat, seen);
        ck_assert_uint_ge(epochs * repeat * count, images);
        seen = epochs * repeat;
        images = 200000;
    }
}

/* Read a number with commas in it. */
static size_t read_number(const char **text)
{
    size_t n = 0;
    *text += strcspn(*text, "0123456789");
    for (; (**text >= '0' && **text <= '9') || **text == ','; ++*text)
        if (**text != ',') n = 10 * n + (size_t)(**text - '0');
    return n;
}

TEST(the_table_for_help_says_what_is_chosen)
{
    char table[CHOICE_ROOM];
    size_t lines = 0;
    choice_describe(table);
    for (const char *at = strchr(table, '\n') + 1; *at; lines++) {
        const choice_facts facts = pictures(read_number(&at), 1000, 3);
        size_t size = read_number(&at), images, seen;
        ck_assert_uint_eq(size, choice_make(&facts).size);
        ck_assert_uint_eq(read_number(&at), size); /* squares */
        images = read_number(&at);
        seen = facts.count * choice_repeat(&facts);
        seen *= choice_epochs(&facts, choice_repeat(&facts));
        ck_assert_uint_ge(seen, images);
        ck_assert_uint_lt(seen, images + facts.count * choice_repeat(&facts));
        ck_assert_uint_gt(read_number(&at), 0); /* minutes */
        ck_assert_int_eq(*at++, '\n');
    }
    ck_assert_uint_eq(lines, 4);
}
