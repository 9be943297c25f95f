/* kernels_tile_weights_internal.h - the transforms of weights, and their adjoints for gradients: of
 * as many channels of the image at a time as a vector has lanes.
 *
 * A kernel is transformed down and across, as patches are.  In the transformed weights the phases of
 * a channel are neighbours, so vectors of one phase are transposed, four by four. */
#ifndef GAN_KERNELS_TILE_WEIGHTS_INTERNAL_H
#define GAN_KERNELS_TILE_WEIGHTS_INTERNAL_H

#include "math/kernels_tile_rows_internal.h"

enum { KERNEL = 4 }; /* the largest */

/* Where the four weights begin that hold a row of a kernel, and how many of them come before it. */
INLINE size_t row_at(size_t kernel, size_t i)
{
    return i + 1 < kernel ? i * kernel : kernel * kernel - 4;
}

INLINE size_t before_row(size_t kernel, size_t i)
{
    return i * kernel - row_at(kernel, i);
}

#define WEIGHTS_OF(n, of)                                                                          \
    INLINE void weights_in_##n(side s, size_t kernel, transform t, const float *w, float *values,  \
                               size_t coefficient)                                                 \
    {                                                                                              \
        vector_##n taps[KERNEL][4], down[PATCH][KERNEL], a[PATCH], z[2][PATCH];                    \
                                                                                                   \
        for (size_t i = 0; i < kernel; i++)                                                        \
            load_rows_##n(w + row_at(kernel, i), kernel * kernel, taps[i]);                        \
        for (size_t j = 0; j < kernel; j++) {                                                      \
            for (size_t i = 0; i < kernel; i++) a[i] = taps[i][before_row(kernel, i) + j];         \
            t.of(a, z[0]);                                                                         \
            for (size_t i = 0; i < s.values; i++) down[i][j] = z[0][i];                            \
        }                                                                                          \
        for (size_t i = 0; i < s.values; i += s.phases) {                                          \
            for (size_t k = 0; k < s.phases; k++) t.of(down[i + k], z[k]);                         \
            for (size_t j = 0; j < s.values; j += s.phases, values += coefficient) {               \
                if (s.phases == 1)                                                                 \
                    *(vector_##n *)values = z[0][j];                                               \
                else                                                                               \
                    store_rows_##n(                                                                \
                        (const vector_##n[4]){z[0][j], z[0][j + 1], z[1][j], z[1][j + 1]}, values, \
                        4);                                                                        \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    INLINE void weights_out_##n(side s, size_t kernel, transform t, const float *values,           \
                                size_t coefficient, float *w)                                      \
    {                                                                                              \
        vector_##n across[KERNEL][PATCH], a[2][PATCH], z[PATCH], taps[KERNEL * KERNEL + 3];        \
                                                                                                   \
        for (size_t i = 0; i < s.values; i += s.phases) {                                          \
            for (size_t j = 0; j < s.values; j += s.phases, values += coefficient) {               \
                vector_##n phases[4];                                                              \
                                                                                                   \
                if (s.phases == 1) {                                                               \
                    a[0][j] = *(const vector_##n *)values;                                         \
                    continue;                                                                      \
                }                                                                                  \
                load_rows_##n(values, 4, phases);                                                  \
                for (size_t k = 0; k < 4; k++) a[k / 2][j + k % 2] = phases[k];                    \
            }                                                                                      \
            for (size_t k = 0; k < s.phases; k++) {                                                \
                t.of(a[k], z);                                                                     \
                for (size_t j = 0; j < kernel; j++) across[j][i + k] = z[j];                       \
            }                                                                                      \
        }                                                                                          \
        for (size_t j = 0; j < kernel; j++) {                                                      \
            t.of(across[j], z);                                                                    \
            for (size_t i = 0; i < kernel; i++) taps[i * kernel + j] = z[i];                       \
        }                                                                                          \
        for (size_t i = 0; i < kernel; i++)                                                        \
            store_rows_##n(taps + row_at(kernel, i), w + row_at(kernel, i), kernel * kernel);      \
    }
WEIGHTS_OF(4, four)
#if WIDE == 8
WEIGHTS_OF(8, eight)
#elif WIDE == 16
WEIGHTS_OF(16, sixteen)
#endif
#undef WEIGHTS_OF

/* Of n channels. */
INLINE void weights_in(side s, size_t kernel, transform t, size_t n, const float *w, float *values,
                       size_t coefficient)
{
    const size_t size = kernel * kernel, of = s.phases * s.phases;
    float last[4 * KERNEL * KERNEL] = {0};
    size_t i = 0;

    for (; i + WIDE <= n; i += WIDE)
        WIDE_NAME(weights_in, WIDE)(s, kernel, t, w + i * size, values + i * of, coefficient);
    for (; i + 4 <= n; i += 4)
        weights_in_4(s, kernel, t, w + i * size, values + i * of, coefficient);
    if (i == n) return;
    memcpy(last, w + i * size, (n - i) * size * sizeof *w);
    weights_in_4(s, kernel, t, last, values + i * of, coefficient);
}

INLINE void weights_out(side s, size_t kernel, transform t, size_t n, const float *values,
                        size_t coefficient, float *w)
{
    const size_t size = kernel * kernel, of = s.phases * s.phases;
    float last[4 * KERNEL * KERNEL];
    size_t i = 0;

    for (; i + WIDE <= n; i += WIDE)
        WIDE_NAME(weights_out, WIDE)(s, kernel, t, values + i * of, coefficient, w + i * size);
    for (; i + 4 <= n; i += 4)
        weights_out_4(s, kernel, t, values + i * of, coefficient, w + i * size);
    if (i == n) return;
    weights_out_4(s, kernel, t, values + i * of, coefficient, last);
    memcpy(w + i * size, last, (n - i) * size * sizeof *w);
}

#endif
