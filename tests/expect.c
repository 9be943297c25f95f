/* expect.c - assertions that Check lacks. */
#include "expect.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Equal values are close at any tolerance, so that infinities and a tolerance of 0 work. */
static int is_close(double a, double b, double rtol, double atol)
{
    return a == b || fabs(a - b) <= atol + rtol * fabs(b);
}

void expect_close_at(const char *file, int line, const float *a, const float *b, size_t n,
                     double rtol, double atol)
{
    for (size_t i = 0; i < n; i++)
        if (!is_close((double)a[i], (double)b[i], rtol, atol))
            ck_abort_msg(
                "%s:%d: value %zu of %zu is %.9g, expected %.9g (off by %.3g; rtol %g, atol %g)",
                file, line, i, n, (double)a[i], (double)b[i], fabs((double)a[i] - (double)b[i]),
                rtol, atol);
}

void expect_near_at(const char *file, int line, const char *text, double a, double b, double rtol,
                    double atol)
{
    if (!is_close(a, b, rtol, atol))
        ck_abort_msg("%s:%d: %s is %.12g, expected %.12g (off by %.3g; rtol %g, atol %g)", file,
                     line, text, a, b, fabs(a - b), rtol, atol);
}

void expect_norm_close_at(const char *file, int line, const float *a, const float *b, size_t n,
                          double tol)
{
    double off = 0, norm = 0;

    for (size_t i = 0; i < n; i++) {
        off += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        norm += (double)b[i] * (double)b[i];
    }
    if (!(norm > 0)) ck_abort_msg("%s:%d: the %zu expected values are all zero", file, line, n);
    if (!(sqrt(off / norm) <= tol))
        ck_abort_msg("%s:%d: %zu values differ by %.3g of their norm, at most %g expected", file,
                     line, n, sqrt(off / norm), tol);
}

void expect_bits_at(const char *file, int line, const void *a, const void *b, size_t bytes,
                    int same)
{
    const unsigned char *left = a, *right = b;
    size_t i = 0;

    while (i < bytes && left[i] == right[i]) i++;
    if (same && i < bytes)
        ck_abort_msg("%s:%d: byte %zu of %zu (float %zu) is %02x, expected %02x", file, line, i,
                     bytes, i / sizeof(float), left[i], right[i]);
    if (!same && i == bytes) ck_abort_msg("%s:%d: all %zu bytes are the same", file, line, bytes);
}

void expect_status_at(const char *file, int line, const char *text, gan_status found,
                      gan_status wanted)
{
    if (found != wanted)
        ck_abort_msg("%s:%d: %s is %s, expected %s; the last error is \"%s\"", file, line, text,
                     gan_status_name(found), gan_status_name(wanted), gan_last_error());
}

void expect_error_at(const char *file, int line, const char *part)
{
    const char *error = gan_last_error();

    if (!strstr(error, part))
        ck_abort_msg("%s:%d: the last error is \"%s\", without \"%s\"", file, line, error, part);
    if (!*error || strchr(error, '\n'))
        ck_abort_msg("%s:%d: the last error is not a sentence: \"%s\"", file, line, error);
}

void little_endian(void *numbers, size_t width, size_t n)
{
    const uint16_t one = 1;
    uint8_t *const bytes = numbers;

    if (*(const uint8_t *)&one == 1) return;
    for (size_t i = 0; i < n * width; i++)
        if (i % width < width / 2) {
            const size_t other = i - i % width + width - 1 - i % width;
            const uint8_t byte = bytes[i];

            bytes[i] = bytes[other];
            bytes[other] = byte;
        }
}

const char *golden_path(const char *name)
{
    static char paths[8][1024];
    static unsigned next;
    const char *directory = getenv("GAN_GOLDEN_DIR");
    char *path = paths[next++ % 8];

    if (!directory || !*directory) directory = "tests/golden";
    if (snprintf(path, sizeof paths[0], "%s/%s", directory, name) >= (int)sizeof paths[0])
        ck_abort_msg("the path of %s is too long", name);
    return path;
}

#ifndef __has_feature
#define __has_feature(name) 0
#endif

int under_thread_sanitizer(void)
{
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
    return 1;
#else
    return 0;
#endif
}

int under_sanitizer(void)
{
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) ||                           \
    __has_feature(memory_sanitizer)
    return 1;
#else
    return under_thread_sanitizer();
#endif
}

int under_emulator(void)
{
    return getenv("GAN_TEST_RUNNER") != NULL;
}
