/* safetensors_format.c - numbers as the bytes of a file, which are little-endian. */
#include "file/safetensors_format_internal.h"

#include <math.h>
#include <string.h>

/* ---- byte order ---- */

int gan__host_is_little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 1;
}

void gan__swap_on_big_endian(float *numbers, size_t n)
{
    unsigned char *b = (unsigned char *)numbers;

    if (gan__host_is_little_endian()) return;
    for (size_t i = 0; i < n; i++, b += 4) {
        const unsigned char swapped[4] = {b[3], b[2], b[1], b[0]};

        memcpy(b, swapped, 4);
    }
}

uint64_t gan__little_endian(const unsigned char *bytes, size_t n)
{
    uint64_t value = 0;

    while (n-- > 0) value = value << 8 | bytes[n];
    return value;
}

void gan__put_little_endian(unsigned char *bytes, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)(value >> (8 * i));
}

/* ---- types ---- */

static float float_of(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static void from_f64(const unsigned char *bytes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = gan__little_endian(bytes + 8 * i, 8);
        double x;

        memcpy(&x, &bits, sizeof x);
        out[i] = (float)x;
    }
}

/* Subnormal ones are multiples of 2^-24. */
static void from_f16(const unsigned char *bytes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)gan__little_endian(bytes + 2 * i, 2);
        const uint32_t exponent = bits >> 10 & 31, mantissa = bits & 1023;
        const uint32_t whole = exponent == 31 ? 255 : exponent + 127 - 15;

        out[i] =
            exponent == 0 ? (float)mantissa * 0x1p-24f : float_of(whole << 23 | mantissa << 13);
        if (bits >> 15) out[i] = -out[i];
    }
}

static void from_bf16(const unsigned char *bytes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = float_of((uint32_t)gan__little_endian(bytes + 2 * i, 2) << 16);
}

const gan__dtype_record *gan__dtype_find(const char *name)
{
    static const gan__dtype_record dtypes[] = {
        {"F32", 4, GAN__DTYPE_F32, NULL},       {"F64", 8, GAN__DTYPE_F64, from_f64},
        {"F16", 2, GAN__DTYPE_F16, from_f16},   {"BF16", 2, GAN__DTYPE_BF16, from_bf16},
        {"I64", 8, GAN__DTYPE_OTHER, NULL},     {"I32", 4, GAN__DTYPE_OTHER, NULL},
        {"I16", 2, GAN__DTYPE_OTHER, NULL},     {"I8", 1, GAN__DTYPE_OTHER, NULL},
        {"U64", 8, GAN__DTYPE_OTHER, NULL},     {"U32", 4, GAN__DTYPE_OTHER, NULL},
        {"U16", 2, GAN__DTYPE_OTHER, NULL},     {"U8", 1, GAN__DTYPE_OTHER, NULL},
        {"BOOL", 1, GAN__DTYPE_OTHER, NULL},    {"F8_E4M3", 1, GAN__DTYPE_OTHER, NULL},
        {"F8_E5M2", 1, GAN__DTYPE_OTHER, NULL}, {"F8_E8M0", 1, GAN__DTYPE_OTHER, NULL},
        {"C64", 8, GAN__DTYPE_OTHER, NULL},
    };

    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(dtypes[i].name, name) == 0) return &dtypes[i];
    return NULL;
}

/* The first loop has no early exit, so that it is vectorised and runs at memory speed. */
size_t gan__find_nonfinite(const float *numbers, size_t n)
{
    const uint32_t exponent = 0x7f800000;
    uint32_t found = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, numbers + i, sizeof bits);
        found |= (bits & exponent) == exponent;
    }
    for (size_t i = 0; found && i < n; i++)
        if (!isfinite(numbers[i])) return i;
    return n;
}
