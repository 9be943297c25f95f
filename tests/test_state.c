/* test_state.c - lists of settings, positions and tensors: round trips through a file. */
#include "budget.h"
#include "expect.h"
#include "file/state_internal.h"

#include <fenv.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *path;

static void make_path(void)
{
    path = scratch_path("a.gan");
}

TEST_FIXTURE(make_path, NULL)

/* Something with state. */
typedef struct thing {
    double size;
    uint64_t count;
    double level;
    float numbers[6];
} thing;

static void list_thing(gan__state *s, thing *x, const gan_allocator *allocator)
{
    const gan_tensor t = {"numbers", {2, {2, 3}}, 6, x->numbers, 1};

    gan__state_init(s, allocator);
    gan__state_text(s, "libgan.note", "%p", (void *)x);
    gan__state_prefix(s, "thing.");
    gan__state_setting(s, "size", x->size);
    gan__state_whole(s, "count", &x->count);
    gan__state_real(s, "level", &x->level, -1);
    gan__state_tensor(s, &t);
}

static gan_status save(thing *x)
{
    gan__state s;
    gan_status status;

    list_thing(&s, x, NULL);
    status = gan__state_save(&s, (gan__target){.path = path});
    gan__state_end(&s);
    return status;
}

static gan_status load(thing *x)
{
    gan__safetensors *file;
    gan__state s;
    gan_status status;

    expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
    list_thing(&s, x, NULL);
    status = gan__state_check(&s, file, NULL);
    if (status == GAN_OK) expect_ok(gan__state_restore(&s, file));
    gan__state_end(&s);
    gan__safetensors_close(file);
    return status;
}

TEST(places_come_back_to_the_last_bit)
{
    static const double reals[] = {0,
                                   0.1,
                                   1.0 / 3,
                                   DBL_MAX,
                                   -1,
                                   DBL_MIN,
                                   5e-324,
                                   1e-8,
                                   0.0001,
                                   123456789.123456789,
                                   0.1 + 0.2,
                                   3.14159265358979e30,
                                   1e22,
                                   2.5,
                                   (1ull << 53) + 2.0};

    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        thing a = {3.5, UINT64_MAX - i, reals[i], {1, 2, 3, 4, 5, 6.1f}};
        thing b = {3.5, 0, 0, {0}};

        expect_ok(save(&a));
        expect_ok(load(&b));
        expect_same_bits(&b.level, &a.level, sizeof a.level);
        ck_assert_uint_eq(b.count, a.count);
        expect_same_bits(b.numbers, a.numbers, sizeof a.numbers);
        a.size = b.size = reals[i];
        expect_ok(save(&a));
        expect_ok(load(&b)); /* and settings compare bit for bit */
        b.size = nextafter(b.size, 1);
        expect_fails(load(&b), GAN_ERR_INVALID, "thing.size is ");
    }
}

TEST(numbers_are_written_short)
{
    thing x = {0.0001, 7, -0.5, {0}};
    gan__state s;

    list_thing(&s, &x, NULL);
    expect_ok(s.status);
    ck_assert_uint_eq(s.n_entries, 4);
    ck_assert_str_eq(s.entries[1].name, "thing.size");
    ck_assert_str_eq(s.entries[1].text, "0.0001");
    ck_assert_str_eq(s.entries[2].text, "7");
    ck_assert_str_eq(s.entries[3].text, "-0.5");
    ck_assert_str_eq(s.tensors[0].name, "thing.numbers");
    gan__state_end(&s);
    gan__state_end(&s);
}

TEST(a_locale_with_a_comma_writes_and_reads_points)
{
    /* The last one's decimal point has two bytes. */
    static const char *const names[] = {"C", "de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8"};
    thing a = {0.0001, 7, -0.1, {0}};

    for (size_t i = 0; i < 16; i++) {
        thing b = {0.0001, 0, 0, {0}};

        (void)setlocale(LC_ALL, names[i / 4]); /* which may not be installed */
        expect_ok(save(&a));
        (void)setlocale(LC_ALL, names[i % 4]);
        expect_ok(load(&b));
        ck_assert(b.level == a.level);
    }
}

TEST(any_rounding_mode_writes_and_reads_the_same_bits)
{
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    thing a = {0.1, 7, 1.0 / 3, {0}};

    for (size_t i = 0; i < 16; i++) {
        thing b = {0.1, 0, 0, {0}};
        gan_status saved, loaded;

        fesetround(modes[i / 4]);
        saved = save(&a);
        fesetround(modes[i % 4]);
        loaded = load(&b);
        fesetround(FE_TONEAREST);
        expect_ok(saved);
        expect_ok(loaded);
        expect_same_bits(&b.level, &a.level, sizeof a.level);
    }
}

/* A file with the thing's tensor and these strings. */
static void write_texts(const char *const *pairs, size_t n)
{
    float numbers[6] = {0};
    const gan_tensor t = {"thing.numbers", {2, {2, 3}}, 6, numbers, 1};

    expect_ok(
        gan__safetensors_write_sealed((gan__target){.path = path}, &t, 1, NULL, pairs, n, NULL));
}

TEST(reals_that_are_none_or_too_small_are_refused)
{
    static const char *const bad[] = {"",   "x",   "nan",  "inf",  "-inf", "1e999", "1 ",
                                      " 1", "1,5", "0x10", "-1.1", "1e",   "--1",   "1.2.3"};
    thing x = {0, 0, 7, {0}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_texts((const char *[]){"thing.size", "0", "thing.count", "1", "thing.level", bad[i]},
                    3);
        expect_fails(load(&x), GAN_ERR_FORMAT, "a number of at least -1 expected");
        expect_error_says("thing.level is");
        ck_assert(x.level == 7);
    }
    write_texts((const char *[]){"thing.size", "0", "thing.count", "-1", "thing.level", "1"}, 3);
    expect_fails(load(&x), GAN_ERR_FORMAT, "thing.count is -1, a whole number expected");
}

TEST(a_count_has_a_limit)
{
    thing x = {0};

    for (int most = 4; most < 6; most++) {
        gan__safetensors *file;
        gan__state s;

        write_texts(
            (const char *[]){"thing.size", "0", "thing.count", "1", "thing.level", "1", "of", "5"},
            4);
        list_thing(&s, &x, NULL);
        gan__state_prefix(&s, "");
        gan__state_count(&s, "of", &x.count, (uint64_t)most);
        expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
        if (most == 4)
            expect_fails(gan__state_check(&s, file, NULL), GAN_ERR_FORMAT, "of is 5, at most 4");
        else {
            expect_ok(gan__state_check(&s, file, NULL));
            expect_ok(gan__state_restore(&s, file));
        }
        ck_assert_uint_eq(x.count, most == 4 ? 0 : 5);
        gan__safetensors_close(file);
        gan__state_end(&s);
    }
}

TEST(labels_are_two_digits_each)
{
    static const char *const bad[] = {"",         "00030f",   "00030f09aa", "00030f1f",
                                      "00030f0A", "00030f0x", "00030f 9",   "00030f-9"};
    uint16_t labels[4] = {0, 3, 15, 9};
    gan__safetensors *file;
    gan__state s;

    for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
        gan__state_init(&s, NULL);
        gan__state_labels(&s, "labels", labels, 4, 15);
        if (i == 0)
            expect_ok(gan__state_save(&s, (gan__target){.path = path}));
        else
            write_texts((const char *[]){"labels", bad[i - 1]}, 1);
        expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
        if (i == 0) {
            ck_assert_str_eq(gan__safetensors_metadata(file, "labels"), "00030f09");
            memset(labels, 1, sizeof labels);
            expect_ok(gan__state_check(&s, file, NULL));
            ck_assert_int_eq(labels[1], 0x101);
            expect_ok(gan__state_restore(&s, file));
        } else
            expect_fails(gan__state_check(&s, file, NULL), GAN_ERR_FORMAT,
                         "4 labels of at most 15 expected, two digits each");
        expect_same_bits(labels, ((const uint16_t[]){0, 3, 15, 9}), sizeof labels);
        gan__safetensors_close(file);
        gan__state_end(&s);
    }
}

TEST(labels_of_more_classes_are_four_digits_each)
{
    uint16_t labels[3] = {999, 0, 256};
    gan__safetensors *file;
    gan__state s;

    for (int good = 1; good >= 0; good--) {
        gan__state_init(&s, NULL);
        gan__state_labels(&s, "labels", labels, 3, 999);
        if (good)
            expect_ok(gan__state_save(&s, (gan__target){.path = path}));
        else
            write_texts((const char *[]){"labels", "03e800000100"}, 1);
        expect_ok(gan__safetensors_open(&file, (gan__source){.path = path}, NULL));
        if (good) {
            ck_assert_str_eq(gan__safetensors_metadata(file, "labels"), "03e700000100");
            memset(labels, 1, sizeof labels);
            expect_ok(gan__state_check(&s, file, NULL));
            expect_ok(gan__state_restore(&s, file));
        } else
            expect_fails(gan__state_check(&s, file, NULL), GAN_ERR_FORMAT,
                         "3 labels of at most 999 expected, four digits each");
        expect_same_bits(labels, ((const uint16_t[]){999, 0, 256}), sizeof labels);
        gan__safetensors_close(file);
        gan__state_end(&s);
    }
}

TEST(what_differs_is_told_with_both_values)
{
    thing x = {0, 0, 7, {0}};

    write_texts((const char *[]){"thing.count", "1", "thing.level", "1"}, 2);
    expect_fails(load(&x), GAN_ERR_INVALID, ": thing.size is not in the file, 0 here");
    write_texts((const char *[]){"thing.size", "0.5", "thing.count", "1", "thing.level", "1"}, 3);
    expect_fails(load(&x), GAN_ERR_INVALID, ": thing.size is 0.5 in the file, 0 here");
    write_texts((const char *[]){"thing.size", "0", "thing.count", "1", "thing.level", "1",
                                 "thing.else", "9"},
                4);
    expect_fails(load(&x), GAN_ERR_INVALID, ": thing.else is 9 in the file, not here");
    write_texts((const char *[]){"thing.size", "0", "thing.count", "1", "thing.level", "1",
                                 "libgan.else", "9"},
                4);
    expect_ok(load(&x));
}

static gan_status try_list(void **out, const gan_allocator *allocator, void *user)
{
    static thing x;
    static gan__state s;
    gan_status status;

    (void)user;
    list_thing(&s, &x, allocator);
    for (size_t i = 0; i < 100; i++) { /* so that both lists are reallocated */
        const gan_tensor t = {"more", {1, {6}}, 6, x.numbers, 1};

        gan__state_whole(&s, "more", &x.count);
        gan__state_tensor(&s, &t);
    }
    status = s.status;
    *out = status == GAN_OK ? &s : NULL;
    if (status != GAN_OK) gan__state_end(&s);
    return status;
}

static void end_list(void *s)
{
    gan__state_end(s);
}

TEST(without_memory_a_list_remembers_it)
{
    ck_assert_uint_gt(budget_sweep(try_list, end_list, NULL), 200);
}

/* A host's 0.1f isn't shown as 0.10000000149011612, and distinct floats have distinct texts. */
TEST(floats_have_as_few_digits_as_they_need)
{
    const struct {
        float value;
        const char *text;
    } cases[] = {{0.1f, "0.1"}, {0.2f, "0.2"},       {-0.5f, "-0.5"},
                 {0, "0"},      {0.4914f, "0.4914"}, {1e-4f, "0.0001"},
                 {3, "3"},      {1234.5f, "1234.5"}, {16777216, "16777216"}};
    uint32_t bits = 12345;
    gan__state s;

    gan__state_init(&s, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gan__state_float(&s, "f", cases[i].value);
        ck_assert_str_eq(s.entries[s.n_entries - 1].text, cases[i].text);
    }
    for (int i = 0; i < 2000; i++) {
        float value;

        bits = bits * 1664525u + 1013904223u;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        gan__state_float(&s, "f", value);
        ck_assert(strtof(s.entries[s.n_entries - 1].text, NULL) == value);
    }
    gan__state_end(&s);
}
