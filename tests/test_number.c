/* test_number.c - numbers as texts: as with printf and strtod, in any locale and rounding
 * mode. */
#include "expect.h"
#include "file/number_internal.h"

#include <fenv.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252;

static uint64_t next_bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static double double_of(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Numbers of every magnitude, round ones, and the limits. */
static double sample(size_t i)
{
    static const double special[] = {0,
                                     -0.0,
                                     1,
                                     DBL_MAX,
                                     DBL_MIN,
                                     5e-324,
                                     DBL_EPSILON,
                                     0.1,
                                     1.0 / 3,
                                     2.5,
                                     0x1p-1022,
                                     1e-5,
                                     0.0001,
                                     0.00009999,
                                     123456789012345680.0,
                                     1e22,
                                     1e23,
                                     9007199254740993.0,
                                     -1e15,
                                     999999999999999.5};
    const uint64_t bits = next_bits();
    char text[40];

    if (i < sizeof special / sizeof *special) return special[i];
    switch (i % 4) {
    case 0: return double_of(bits);
    case 1: return (double)(float)((double)(bits >> 40) / 1000);
    case 2: return double_of(bits & 0x800fffffffffffff); /* subnormal */
    default:
        snprintf(text, sizeof text, "%de%d", (int)(bits % 100000), (int)(bits >> 32) % 300);
        return strtod(text, NULL);
    }
}

TEST(texts_are_those_of_printf)
{
    for (size_t i = 0; i < 20000; i++) {
        const double x = sample(i);
        const int digits = (int)(next_bits() % 17) + 1;
        char found[GAN__NUMBER_BYTES], wanted[64];

        if (isnan(x)) continue;
        gan__number_print(found, x, digits);
        snprintf(wanted, sizeof wanted, "%.*g", digits, x);
        ck_assert_str_eq(found, wanted);
    }
}

TEST(every_number_comes_back)
{
    for (size_t i = 0; i < 20000; i++) {
        const double x = sample(i);
        char text[GAN__NUMBER_BYTES];
        double y = 7;

        if (!isfinite(x)) continue;
        gan__number_print_exact(text, x);
        ck_assert_msg(gan__number_parse(&y, text, strlen(text)), "%s", text);
        expect_same_bits(&y, &x, sizeof x);
        gan__number_print(text, x, 17);
        ck_assert(gan__number_parse(&y, text, strlen(text)));
        expect_same_bits(&y, &x, sizeof x);
    }
}

TEST(floats_need_fewer_digits)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {{0.1f, "0.1"},    {-0.5f, "-0.5"},     {0, "0"}, {0.4914f, "0.4914"},
                 {1e-5f, "1e-05"}, {1234.5f, "1234.5"}, {3, "3"}, {16777216, "16777216"}};
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    char text[GAN__NUMBER_BYTES], first[GAN__NUMBER_BYTES] = "";

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gan__number_print_float(text, cases[i].value);
        ck_assert_str_eq(text, cases[i].text);
    }
    for (size_t i = 0; i < 20000; i++) {
        const uint32_t bits = (uint32_t)next_bits();
        float x, y;

        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x)) continue;
        for (size_t mode = 0; mode < 4; mode++) {
            fesetround(modes[mode]);
            gan__number_print_float(text, x);
            fesetround(FE_TONEAREST);
            if (mode == 0) strcpy(first, text);
            ck_assert_str_eq(text, first);
        }
        y = strtof(text, NULL);
        expect_same_bits(&y, &x, sizeof x);
    }
}

/* Texts of random digits, some with hundreds of them, and some halfway between two doubles. */
TEST(texts_are_read_as_strtod_does)
{
    static char text[1400];

    for (size_t i = 0; i < 20000; i++) {
        const size_t n = next_bits() % (i % 10 == 0 ? 1000 : 25) + 1;
        double x = 7, wanted;
        size_t used = 0;

        if (i % 3 == 0) { /* exactly between two doubles */
            const double low = double_of((next_bits() & 0x7fffffffffffffff) % 0x7fe0000000000000);

            if (fabs(low) < 1e-290 || fabs(low) > 1e290) continue;
            used = (size_t)snprintf(text, sizeof text, "%.*Lf", 1000,
                                    ((long double)low + (long double)nextafter(low, INFINITY)) / 2);
        } else {
            for (size_t j = 0; j < n; j++) text[used++] = (char)('0' + next_bits() % 10);
            text[next_bits() % n] = '.';
            if (n == 1) text[0] = '7';
            used += (size_t)sprintf(text + used, "e%d", (int)(next_bits() % 700) - 350);
        }
        wanted = strtod(text, NULL);
        if (isinf(wanted)) {
            ck_assert_msg(!gan__number_parse(&x, text, used), "%s", text);
            ck_assert(x == 7);
        } else {
            ck_assert_msg(gan__number_parse(&x, text, used), "%s", text);
            ck_assert_msg(memcmp(&x, &wanted, sizeof x) == 0, "%s: %a, expected %a", text, x,
                          wanted);
        }
    }
}

TEST(what_is_no_number_is_not_read)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      ".",
                                      "e5",
                                      "1e",
                                      "1e+",
                                      "nan",
                                      "inf",
                                      "1 ",
                                      " 1",
                                      "1,5",
                                      "0x10",
                                      "--1",
                                      "1.2.3",
                                      "1e5.5",
                                      "1e400",
                                      "-1e309",
                                      "1.7976931348623159e308"};
    double x = 7;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!gan__number_parse(&x, bad[i], strlen(bad[i])), "%s", bad[i]);
        ck_assert(x == 7);
    }
    ck_assert(gan__number_parse(&x, "1e99999999999999999999", 22) == 0);
    ck_assert(gan__number_parse(&x, "1e-99999999999999999999", 23) && x == 0);
    ck_assert(gan__number_parse(&x, "2.5e", 3) && x == 2.5); /* no byte past n is read */
}

/* Whatever rounding mode and locale the host has set. */
TEST(rounding_modes_do_not_matter)
{
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    char first[GAN__NUMBER_BYTES], text[GAN__NUMBER_BYTES];

    for (size_t i = 0; i < 400; i++) {
        const double x = sample(i);

        if (!isfinite(x)) continue;
        for (size_t mode = 0; mode < 4; mode++) {
            double y = 7;

            ck_assert_int_eq(fesetround(modes[mode]), 0);
            gan__number_print_exact(text, x);
            ck_assert(gan__number_parse(&y, text, strlen(text)));
            ck_assert_int_eq(fesetround(FE_TONEAREST), 0);
            if (mode == 0) strcpy(first, text);
            ck_assert_str_eq(text, first);
            expect_same_bits(&y, &x, sizeof x);
        }
    }
}

TEST(locales_do_not_matter)
{
    static const char *const locales[] = {"de_DE.UTF-8", "ps_AF.UTF-8", "fa_IR.UTF-8"};
    char text[GAN__NUMBER_BYTES];

    for (size_t i = 0; i < 3; i++) {
        double x = 7;

        if (!setlocale(LC_ALL, locales[i])) continue; /* it is not installed */
        gan__number_print_exact(text, -1234.5);
        ck_assert_str_eq(text, "-1234.5");
        gan__number_print_exact(text, 1.5e-7);
        ck_assert_str_eq(text, "1.5e-07");
        ck_assert(gan__number_parse(&x, "2.25e-1", 7) && x == 0.225);
    }
}

TEST(what_is_not_finite_is_told)
{
    char text[GAN__NUMBER_BYTES];

    gan__number_print_exact(text, INFINITY);
    ck_assert_str_eq(text, "inf");
    gan__number_print_exact(text, -INFINITY);
    ck_assert_str_eq(text, "-inf");
    gan__number_print(text, (double)NAN, 3);
    ck_assert_str_eq(text, signbit(NAN) ? "-nan" : "nan");
}

TEST(whole_numbers_are_digits_and_nothing_else)
{
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "01",
                                      "0x1",
                                      "1.0",
                                      "1e3",
                                      "a",
                                      "18446744073709551616",
                                      "99999999999999999999",
                                      "184467440737095516150",
                                      "\xb2"};
    uint64_t x = 77;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!gan__number_parse_whole(&x, bad[i], strlen(bad[i])), "%s", bad[i]);
        ck_assert_uint_eq(x, 77);
    }
    ck_assert(gan__number_parse_whole(&x, "0", 1) && x == 0);
    ck_assert(gan__number_parse_whole(&x, "18446744073709551615", 20) && x == UINT64_MAX);
}
