/* expect.h - assertions that Check lacks; each names its line. */
#ifndef EXPECT_H
#define EXPECT_H

#include "scratch.h"
#include "suite.h"

#include <gan/status.h>
#include <stddef.h>

/* |a[i] - b[i]| <= atol + rtol * |b[i]| for all i; NaN is close to nothing, infinity to itself. */
#define expect_close(a, b, n, rtol, atol) expect_close_at(__FILE__, __LINE__, a, b, n, rtol, atol)

/* The same for one pair of doubles. */
#define expect_near(a, b, rtol, atol) expect_near_at(__FILE__, __LINE__, #a, a, b, rtol, atol)

/* The Euclidean norm of a - b is at most tol times that of b, which must not be zero. */
#define expect_norm_close(a, b, n, tol) expect_norm_close_at(__FILE__, __LINE__, a, b, n, tol)

#define expect_same_bits(a, b, bytes) expect_bits_at(__FILE__, __LINE__, a, b, bytes, 1)
#define expect_other_bits(a, b, bytes) expect_bits_at(__FILE__, __LINE__, a, b, bytes, 0)

/* The call returns the expected status; else its name and gan_last_error() are shown. */
#define expect_status(call, wanted) expect_status_at(__FILE__, __LINE__, #call, call, wanted)
#define expect_ok(call) expect_status(call, GAN_OK)

/* gan_last_error() contains `part`, and is one sentence: not empty, no newline. */
#define expect_error_says(part) expect_error_at(__FILE__, __LINE__, part)

/* The call fails with a status and a message that contains `part`. */
#define expect_fails(call, wanted, part)                                                           \
    do {                                                                                           \
        expect_status(call, wanted);                                                               \
        expect_error_says(part);                                                                   \
    } while (0)

/* Convert numbers of `width` bytes to little-endian, as in files, or back. */
void little_endian(void *numbers, size_t width, size_t n);

/* Return the path of a file in tests/golden, relative to the working directory, or from
 * GAN_GOLDEN_DIR when that is set.  The string is valid until the 8th call after this one. */
const char *golden_path(const char *name);

/* Whether this program runs under a sanitizer, which needs terabytes of address space; and whether
 * it is TSan, which cannot start threads after a fork. */
int under_sanitizer(void);
int under_thread_sanitizer(void);

/* Whether an emulator runs it (scripts/check-ports), which has no limit of the address space. */
int under_emulator(void);

void expect_close_at(const char *file, int line, const float *a, const float *b, size_t n,
                     double rtol, double atol);
void expect_near_at(const char *file, int line, const char *text, double a, double b, double rtol,
                    double atol);
void expect_norm_close_at(const char *file, int line, const float *a, const float *b, size_t n,
                          double tol);
void expect_bits_at(const char *file, int line, const void *a, const void *b, size_t bytes,
                    int same);
void expect_status_at(const char *file, int line, const char *text, gan_status found,
                      gan_status wanted);
void expect_error_at(const char *file, int line, const char *part);

#endif
