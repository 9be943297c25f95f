/* number.c - numbers as texts, computed with integers only.
 *
 * Both directions use a decimal number of many digits, which is doubled and halved exactly: a
 * double is an integer times a power of two.  That is slow, but fast enough for some hundred
 * settings. */
#include "file/number_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    MOST_DIGITS = 800,      /* a double has at most 767 */
    MOST_SHIFT = 50,        /* bits at a time: ten times 2^50 fits into 64 bits */
    MANTISSA_BITS = 52,     /* of a double */
    LEAST_EXPONENT = -1023, /* of 1.mantissa, when the exponent's bits are 0 */
    MOST_EXPONENT = 1024,   /* infinity's */
};

/* 0.DIGITS * 10^point, the first digit not 0; no digits: 0. */
typedef struct decimal {
    unsigned char digit[MOST_DIGITS];
    int n;
    int point;
    int more; /* nonzero digits after the last one were dropped */
} decimal;

static void trim(decimal *d)
{
    while (d->n > 0 && d->digit[d->n - 1] == 0) d->n--;
    if (d->n == 0) d->point = 0;
}

static void decimal_of_whole(decimal *d, uint64_t value)
{
    unsigned char backwards[20];
    int n = 0;

    for (; value > 0; value /= 10) backwards[n++] = (unsigned char)(value % 10);
    *d = (decimal){.n = n, .point = n};
    for (int i = 0; i < n; i++) d->digit[i] = backwards[n - 1 - i];
    trim(d);
}

/* Multiply by 2^bits: from the last digit on; the carry becomes digits before the first. */
static void shift_left(decimal *d, int bits)
{
    unsigned char product[MOST_DIGITS + 20];
    const int room = (int)sizeof product;
    int at = room;
    uint64_t carry = 0;

    for (int i = d->n - 1; i >= 0 || carry > 0; i--) {
        if (i >= 0) carry += (uint64_t)d->digit[i] << bits;
        product[--at] = (unsigned char)(carry % 10);
        carry /= 10;
    }
    d->point += room - at - d->n;
    d->n = room - at < MOST_DIGITS ? room - at : MOST_DIGITS;
    memcpy(d->digit, product + at, (size_t)d->n);
    for (at += d->n; at < room; at++) d->more |= product[at] > 0;
    trim(d);
}

/* Divide by 2^bits: from the first digit on, as one does by hand. */
static void shift_right(decimal *d, int bits)
{
    const uint64_t mask = ((uint64_t)1 << bits) - 1;
    uint64_t rest = 0;
    int n = 0;
    int read = 0;

    for (; rest >> bits == 0 && (read < d->n || rest > 0); read++)
        rest = 10 * rest + (read < d->n ? d->digit[read] : 0);
    d->point -= read - 1;
    for (; rest > 0 || read < d->n; read++) {
        if (n < MOST_DIGITS)
            d->digit[n++] = (unsigned char)(rest >> bits);
        else
            d->more |= rest >> bits > 0;
        rest = 10 * (rest & mask) + (read < d->n ? d->digit[read] : 0);
    }
    d->n = n;
    trim(d);
}

/* Multiply by 2^bits, in as many steps as it takes. */
static void shift(decimal *d, int bits)
{
    for (; bits > MOST_SHIFT; bits -= MOST_SHIFT) shift_left(d, MOST_SHIFT);
    for (; bits < -MOST_SHIFT; bits += MOST_SHIFT) shift_right(d, MOST_SHIFT);
    if (bits > 0) shift_left(d, bits);
    if (bits < 0) shift_right(d, -bits);
}

/* Whether rounding to the first n digits rounds up, ties to even. */
static int rounds_up(const decimal *d, int n)
{
    if (n < 0 || n >= d->n) return 0;
    if (d->digit[n] == 5 && n + 1 == d->n && !d->more) return n > 0 && d->digit[n - 1] % 2 == 1;
    return d->digit[n] >= 5;
}

static void round_to(decimal *d, int n)
{
    const int up = rounds_up(d, n);

    if (n >= d->n) return;
    d->n = n;
    if (up) {
        while (d->n > 0 && d->digit[d->n - 1] == 9) d->n--;
        if (d->n == 0) {
            d->digit[d->n++] = 0;
            d->point++;
        }
        d->digit[d->n - 1]++;
    }
    trim(d);
}

/* Return it, rounded, as an integer of less than 64 bits. */
static uint64_t nearest_whole(const decimal *d)
{
    uint64_t value = 0;

    for (int i = 0; i < d->point; i++) value = 10 * value + (i < d->n ? d->digit[i] : 0);
    return value + (uint64_t)rounds_up(d, d->point);
}

/* ---- to a text ---- */

static void decimal_of(decimal *d, double value)
{
    uint64_t bits, mantissa;
    int exponent;

    memcpy(&bits, &value, sizeof bits);
    mantissa = bits & (((uint64_t)1 << MANTISSA_BITS) - 1);
    exponent = (int)(bits >> MANTISSA_BITS & 2047);
    if (exponent > 0)
        mantissa |= (uint64_t)1 << MANTISSA_BITS;
    else
        exponent = 1;
    decimal_of_whole(d, mantissa);
    shift(d, exponent + LEAST_EXPONENT - MANTISSA_BITS);
}

/* Digit i after the point, or the one before it for -1, and so on. */
static char digit_at(const decimal *d, int i)
{
    i += d->point;
    return (char)('0' + (i >= 0 && i < d->n ? d->digit[i] : 0));
}

static char *put_fixed(char *at, const decimal *d)
{
    for (int i = d->point > 0 ? -d->point : -1; i < 0; i++) *at++ = digit_at(d, i);
    if (d->n > d->point) *at++ = '.';
    for (int i = 0; i < d->n - d->point; i++) *at++ = digit_at(d, i);
    return at;
}

static char *put_with_exponent(char *at, const decimal *d)
{
    *at++ = (char)('0' + d->digit[0]);
    if (d->n > 1) *at++ = '.';
    for (int i = 1; i < d->n; i++) *at++ = (char)('0' + d->digit[i]);
    return at + snprintf(at, 8, "e%+03d", d->point - 1);
}

void gan__number_print(char text[GAN__NUMBER_BYTES], double value, int digits)
{
    char *at = text;
    decimal d;

    if (!isfinite(value)) {
        snprintf(text, GAN__NUMBER_BYTES, "%s%s", signbit(value) ? "-" : "",
                 isnan(value) ? "nan" : "inf");
        return;
    }
    if (signbit(value)) *at++ = '-';
    decimal_of(&d, value);
    round_to(&d, digits);
    if (d.n > 0 && (d.point - 1 < -4 || d.point - 1 >= digits))
        at = put_with_exponent(at, &d);
    else
        at = put_fixed(at, &d);
    *at = '\0';
}

void gan__number_print_exact(char text[GAN__NUMBER_BYTES], double value)
{
    for (int digits = 15; digits <= GAN__NUMBER_DIGITS; digits++) {
        double again;

        gan__number_print(text, value, digits);
        if (!isfinite(value)) return;
        if (gan__number_parse(&again, text, strlen(text)) &&
            memcmp(&again, &value, sizeof value) == 0)
            return;
    }
}

/* Whether a number is nearer to a float than half the distance to the next one on either
 * side; all of this is exact, as the two are close. */
static int is_near(double other, float value)
{
    const double size = fabs((double)value);
    const double below = (double)nextafterf((float)size, 0);

    return fabs(other - (double)value) < (size - below) / 2;
}

void gan__number_print_float(char text[GAN__NUMBER_BYTES], float value)
{
    for (int digits = 6; digits <= 9; digits++) {
        double again;

        gan__number_print(text, (double)value, digits);
        if (gan__number_parse(&again, text, strlen(text)) && is_near(again, value)) return;
    }
}

/* ---- from a text ---- */

/* What is left of a text. */
typedef struct rest {
    const char *at, *end;
} rest;

static int is_digit(const rest *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static int skip(rest *r, char c)
{
    if (r->at == r->end || *r->at != c) return 0;
    r->at++;
    return 1;
}

/* Add digits to a decimal; return how many there were. */
static int read_digits(decimal *d, rest *r)
{
    int n = 0;

    for (; is_digit(r) && n < 1 << 30; r->at++, n++) {
        const int digit = *r->at - '0';

        if (d->n == 0 && digit == 0)
            d->point--; /* zeros before the first digit */
        else if (d->n < MOST_DIGITS)
            d->digit[d->n++] = (unsigned char)digit;
        else
            d->more |= digit > 0;
    }
    return n;
}

/* Larger exponents, which make any number infinite or 0, are cut off. */
static int read_exponent(int *out, rest *r)
{
    const int most = 1 << 20;
    int negative = 0;

    *out = 0;
    if (!skip(r, 'e') && !skip(r, 'E')) return 1;
    if (!skip(r, '+')) negative = skip(r, '-');
    if (!is_digit(r)) return 0;
    for (; is_digit(r); r->at++)
        if (*out < most) *out = 10 * *out + (*r->at - '0');
    if (negative) *out = -*out;
    return 1;
}

static int read_decimal(decimal *d, rest *r)
{
    int whole, fraction = 0, exponent;

    *d = (decimal){.n = 0};
    whole = read_digits(d, r);
    if (skip(r, '.')) fraction = read_digits(d, r);
    if (whole + fraction == 0 || !read_exponent(&exponent, r) || r->at < r->end) return 0;
    d->point += whole + exponent;
    trim(d);
    return 1;
}

/* Scale it into [0.5, 1) by halving and doubling; return how many times it was halved. */
static int normalize(decimal *d)
{
    int halved = 0;

    for (int bits; d->point > 0; halved += bits) {
        bits = d->point < MOST_SHIFT / 3 ? 3 * d->point : MOST_SHIFT;
        shift_right(d, bits);
    }
    for (int bits; d->point < 0 || d->digit[0] < 5; halved -= bits) {
        bits = d->point > -MOST_SHIFT / 3 ? -3 * d->point : MOST_SHIFT / 3 * 3;
        if (bits == 0) bits = 1;
        shift_left(d, bits);
    }
    return halved;
}

/* Return the bits of the nearest double, those of infinity for what is larger than all. */
static uint64_t bits_of(decimal *d)
{
    const uint64_t one = (uint64_t)1 << MANTISSA_BITS;
    uint64_t mantissa;
    int exponent;

    if (d->n == 0 || d->point < -330) return 0;
    if (d->point > 310) return (uint64_t)2047 << MANTISSA_BITS;
    exponent = normalize(d) - 1;
    if (exponent < LEAST_EXPONENT + 1) { /* it is subnormal, and has fewer bits */
        shift(d, exponent - (LEAST_EXPONENT + 1));
        exponent = LEAST_EXPONENT + 1;
    }
    shift(d, MANTISSA_BITS + 1);
    mantissa = nearest_whole(d);
    if (mantissa == 2 * one) {
        mantissa = one;
        exponent++;
    }
    if (exponent >= MOST_EXPONENT) return (uint64_t)2047 << MANTISSA_BITS;
    if (mantissa < one) return mantissa;
    return (uint64_t)(exponent - LEAST_EXPONENT) << MANTISSA_BITS | (mantissa - one);
}

int gan__number_parse(double *out, const char *text, size_t n)
{
    rest r = {text, text + n};
    uint64_t bits, sign = 0;
    double value;
    decimal d;

    if (!skip(&r, '+')) sign = (uint64_t)skip(&r, '-');
    if (!read_decimal(&d, &r)) return 0;
    bits = bits_of(&d) | sign << 63;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) return 0;
    *out = value;
    return 1;
}

int gan__number_parse_whole(uint64_t *out, const char *text, size_t n)
{
    uint64_t value = 0;

    if (n == 0 || (text[0] == '0' && n > 1)) return 0;
    for (size_t i = 0; i < n; i++) {
        const unsigned digit = (unsigned)(unsigned char)text[i] - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10) return 0;
        value = 10 * value + digit;
    }
    *out = value;
    return 1;
}
