/* kernels_tile_internal.h - the transforms of kernels_tile.c in one dimension. */
#ifndef GAN_KERNELS_TILE_INTERNAL_H
#define GAN_KERNELS_TILE_INTERNAL_H

#include "math/kernels_loop_internal.h"

#define INLINE static inline __attribute__((always_inline))

enum { PATCH = GAN__MOST_PATCH };

/* Each from an array x to an array z, of numbers or vectors; s is the stride within a phase.  _BACK
 * is the adjoint, not the inverse: the transposed matrix.  The last number is the tile's side;
 * small tiles have fewer coefficients, without gaps here.  See kernels_winograd.c. */
#define IMAGE_2_2_1(x, z, s)                                                                       \
    z[0] = x[0];                                                                                   \
    z[s] = x[s];
#define IMAGE_2_2_1_BACK(x, z, s) IMAGE_2_2_1(x, z, s)
#define MAP_2_2_1(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    z[1] = x[0];
#define MAP_2_2_1_BACK(x, z, s) z[0] = x[0] + x[1];
#define IMAGE_2_2_2(x, z, s)                                                                       \
    z[0] = x[0] - x[s];                                                                            \
    z[s] = x[s];                                                                                   \
    z[2 * s] = x[s] - x[2 * s];
#define IMAGE_2_2_2_BACK(x, z, s)                                                                  \
    z[0] = x[0];                                                                                   \
    z[s] = x[s] - x[0] + x[2 * s];                                                                 \
    z[2 * s] = -x[2 * s];
#define MAP_2_2_2(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    z[1] = x[0] + x[1];                                                                            \
    z[2] = -x[1];
#define MAP_2_2_2_BACK(x, z, s)                                                                    \
    z[0] = x[0] + x[1];                                                                            \
    z[1] = x[1] - x[2];
#define WEIGHTS_2_2(x, z, s)                                                                       \
    z[0] = x[0];                                                                                   \
    z[s] = x[0] + x[s];                                                                            \
    z[2 * s] = x[s];
#define WEIGHTS_2_2_BACK(x, z, s)                                                                  \
    z[0] = x[0] + x[s];                                                                            \
    z[s] = x[s] + x[2 * s];

#define IMAGE_2_3_1(x, z, s)                                                                       \
    z[0] = x[0] - x[1];                                                                            \
    z[1] = 2 * x[1];                                                                               \
    z[2] = x[2] - x[1];
#define IMAGE_2_3_1_BACK(x, z, s)                                                                  \
    z[0] = x[0];                                                                                   \
    z[1] = 2 * x[1] - x[0] - x[2];                                                                 \
    z[2] = x[2];
#define MAP_2_3_1(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    z[1] = x[0];                                                                                   \
    z[2] = x[0];
#define MAP_2_3_1_BACK(x, z, s) z[0] = x[0] + x[1] + x[2];

#define IMAGE_2_3_2(x, z, s)                                                                       \
    z[0] = x[0] - x[2];                                                                            \
    z[1] = x[1] + x[2];                                                                            \
    z[2] = x[2] - x[1];                                                                            \
    z[3] = x[1] - x[3];
#define IMAGE_2_3_2_BACK(x, z, s)                                                                  \
    z[0] = x[0];                                                                                   \
    z[1] = x[1] - x[2] + x[3];                                                                     \
    z[2] = x[1] + x[2] - x[0];                                                                     \
    z[3] = -x[3];
#define MAP_2_3_2(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    z[1] = x[0] + x[1];                                                                            \
    z[2] = x[0] - x[1];                                                                            \
    z[3] = -x[1];
#define MAP_2_3_2_BACK(x, z, s)                                                                    \
    z[0] = x[0] + x[1] + x[2];                                                                     \
    z[1] = x[1] - x[2] - x[3];
#define WEIGHTS_2_3(x, z, s)                                                                       \
    z[0] = x[0];                                                                                   \
    z[1] = (x[0] + x[2] + x[1]) * 0.5f;                                                            \
    z[2] = (x[0] + x[2] - x[1]) * 0.5f;                                                            \
    z[3] = x[2];
#define WEIGHTS_2_3_BACK(x, z, s)                                                                  \
    z[0] = x[0] + (x[1] + x[2]) * 0.5f;                                                            \
    z[1] = (x[1] - x[2]) * 0.5f;                                                                   \
    z[2] = x[3] + (x[1] + x[2]) * 0.5f;

#define IMAGE_4_2_1(x, z, s)                                                                       \
    z[0] = 2 * x[0];                                                                               \
    z[s] = 2 * x[s];
#define IMAGE_4_2_1_BACK(x, z, s) IMAGE_4_2_1(x, z, s)
#define MAP_4_2_1(x, z, s) MAP_2_2_1(x, z, s)
#define MAP_4_2_1_BACK(x, z, s) MAP_2_2_1_BACK(x, z, s)
#define IMAGE_4_2_2(x, z, s)                                                                       \
    z[0] = 2 * (x[0] - x[s]);                                                                      \
    z[s] = 9 * x[s];                                                                               \
    z[2 * s] = 2 * (x[2 * s] - x[s]);
#define IMAGE_4_2_2_BACK(x, z, s)                                                                  \
    z[0] = 2 * x[0];                                                                               \
    z[s] = 9 * x[s] - 2 * (x[0] + x[2 * s]);                                                       \
    z[2 * s] = 2 * x[2 * s];
#define MAP_4_2_2(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    z[1] = x[0] + x[1];                                                                            \
    z[2] = x[1];
#define MAP_4_2_2_BACK(x, z, s)                                                                    \
    z[0] = x[0] + x[1];                                                                            \
    z[1] = x[1] + x[2];
#define IMAGE_4_2_3(x, z, s)                                                                       \
    z[0] = 2 * x[0] - x[s] - x[2 * s];                                                             \
    z[s] = 6 * x[s] + 3 * x[2 * s];                                                                \
    z[2 * s] = 3 * (x[2 * s] - x[s]);                                                              \
    z[3 * s] = 2 * (x[3 * s] + x[2 * s]) - 4 * x[s];
#define IMAGE_4_2_3_BACK(x, z, s)                                                                  \
    z[0] = 2 * x[0];                                                                               \
    z[s] = 6 * x[s] - x[0] - 3 * x[2 * s] - 4 * x[3 * s];                                          \
    z[2 * s] = 3 * (x[s] + x[2 * s]) - x[0] + 2 * x[3 * s];                                        \
    z[3 * s] = 2 * x[3 * s];
#define MAP_4_2_3(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    z[1] = x[0] + x[1] + x[2];                                                                     \
    z[2] = x[0] - 2 * x[1] + 4 * x[2];                                                             \
    z[3] = x[2];
#define MAP_4_2_3_BACK(x, z, s)                                                                    \
    z[0] = x[0] + x[1] + x[2];                                                                     \
    z[1] = x[1] - 2 * x[2];                                                                        \
    z[2] = x[1] + 4 * x[2] + x[3];

#define IMAGE_4_2_4(x, z, s)                                                                       \
    z[0] = 2 * (x[0] - x[3 * s]) + 3 * (x[s] - x[2 * s]);                                          \
    z[s] = 2 * (x[s] + x[3 * s]) + 5 * x[2 * s];                                                   \
    z[2 * s] = x[s] + x[2 * s] - 2 * x[3 * s];                                                     \
    z[3 * s] = x[2 * s] + x[3 * s] - 2 * x[s];                                                     \
    z[4 * s] = 2 * (x[4 * s] - x[s]) + 3 * (x[3 * s] - x[2 * s]);
#define IMAGE_4_2_4_BACK(x, z, s)                                                                  \
    z[0] = 2 * x[0];                                                                               \
    z[s] = 3 * x[0] + x[2 * s] + 2 * (x[s] - x[3 * s] - x[4 * s]);                                 \
    z[2 * s] = 5 * x[s] + x[2 * s] + x[3 * s] - 3 * (x[0] + x[4 * s]);                             \
    z[3 * s] = 3 * x[4 * s] + x[3 * s] + 2 * (x[s] - x[2 * s] - x[0]);                             \
    z[4 * s] = 2 * x[4 * s];
#define MAP_4_2_4(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    z[1] = (x[0] + x[2]) + (x[1] + x[3]);                                                          \
    z[2] = (x[0] + 4 * x[2]) - (2 * x[1] + 8 * x[3]);                                              \
    z[3] = (x[0] + 0.25f * x[2]) - (0.5f * x[1] + 0.125f * x[3]);                                  \
    z[4] = x[3];
#define MAP_4_2_4_BACK(x, z, s)                                                                    \
    z[0] = x[0] + x[1] + x[2] + x[3];                                                              \
    z[1] = x[1] - (2 * x[2] + 0.5f * x[3]);                                                        \
    z[2] = x[1] + (4 * x[2] + 0.25f * x[3]);                                                       \
    z[3] = x[1] - (8 * x[2] + 0.125f * x[3]) + x[4];
#define WEIGHTS_4_2(x, z, s)                                                                       \
    z[0] = 0.5f * x[0];                                                                            \
    z[s] = (x[0] + x[s]) * (1 / 9.0f);                                                             \
    z[2 * s] = (x[0] - 2 * x[s]) * (1 / 18.0f);                                                    \
    z[3 * s] = (2 * x[0] - x[s]) * (4 / 9.0f);                                                     \
    z[4 * s] = 0.5f * x[s];
#define WEIGHTS_4_2_BACK(x, z, s)                                                                  \
    z[0] = 0.5f * x[0] + (x[s] + 0.5f * x[2 * s] + 8 * x[3 * s]) * (1 / 9.0f);                     \
    z[s] = 0.5f * x[4 * s] + (x[s] - x[2 * s] - 4 * x[3 * s]) * (1 / 9.0f);

/* Two rows of a matrix that differ in the signs of every second column. */
#define BOTH(z, i, even, odd)                                                                      \
    {                                                                                              \
        const __typeof__(z[0]) e = even, o = odd;                                                  \
                                                                                                   \
        z[i] = e + o;                                                                              \
        z[i + 1] = e - o;                                                                          \
    }
#define SUMS(x)                                                                                    \
    const __typeof__(x[0]) s1 = x[1] + x[2], d1 = x[1] - x[2];                                     \
    const __typeof__(x[0]) s2 = x[3] + x[4], d2 = x[3] - x[4];
#define IMAGE_4_3_1(x, z, s)                                                                       \
    z[0] = 81 / 64.0f * x[0] - 27 / 16.0f * x[1];                                                  \
    z[1] = 81 / 32.0f * x[1];                                                                      \
    z[2] = x[2] - 3 / 4.0f * x[1];
#define IMAGE_4_3_1_BACK(x, z, s)                                                                  \
    z[0] = 81 / 64.0f * x[0];                                                                      \
    z[1] = 81 / 32.0f * x[1] - 27 / 16.0f * x[0] - 3 / 4.0f * x[2];                                \
    z[2] = x[2];
#define MAP_4_3_1(x, z, s) MAP_2_3_1(x, z, s)
#define MAP_4_3_1_BACK(x, z, s) MAP_2_3_1_BACK(x, z, s)
#define IMAGE_4_3_2(x, z, s)                                                                       \
    z[0] = 81 / 64.0f * x[0] - 9 / 4.0f * x[2];                                                    \
    BOTH(z, 1, 27 / 16.0f * x[2], 81 / 64.0f * x[1])                                               \
    z[3] = x[3] - 9 / 16.0f * x[1];
#define IMAGE_4_3_2_BACK(x, z, s)                                                                  \
    z[0] = 81 / 64.0f * x[0];                                                                      \
    z[1] = 81 / 64.0f * (x[1] - x[2]) - 9 / 16.0f * x[3];                                          \
    z[2] = 27 / 16.0f * (x[1] + x[2]) - 9 / 4.0f * x[0];                                           \
    z[3] = x[3];
#define MAP_4_3_2(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    BOTH(z, 1, x[0], 3 / 4.0f * x[1])                                                              \
    z[3] = x[1];
#define MAP_4_3_2_BACK(x, z, s)                                                                    \
    z[0] = x[0] + x[1] + x[2];                                                                     \
    z[1] = 3 / 4.0f * (x[1] - x[2]) + x[3];
#define IMAGE_4_3_3(x, z, s)                                                                       \
    z[0] = 81 / 64.0f * x[0] - 27 / 32.0f * x[1] - 9 / 4.0f * x[2] + 3 / 2.0f * x[3];              \
    z[1] = 81 / 32.0f * x[1] + 27 / 16.0f * x[2] - 9 / 4.0f * x[3];                                \
    z[2] = 27 / 16.0f * x[2] - 27 / 32.0f * x[1] - 3 / 4.0f * x[3];                                \
    z[3] = 3 * x[3] - 27 / 16.0f * x[1];                                                           \
    z[4] = 27 / 32.0f * x[1] - 9 / 16.0f * x[2] - 3 / 2.0f * x[3] + x[4];
#define IMAGE_4_3_3_BACK(x, z, s)                                                                  \
    z[0] = 81 / 64.0f * x[0];                                                                      \
    z[1] = 81 / 32.0f * x[1] - 27 / 32.0f * (x[0] + x[2] - x[4]) - 27 / 16.0f * x[3];              \
    z[2] = 27 / 16.0f * (x[1] + x[2]) - 9 / 4.0f * x[0] - 9 / 16.0f * x[4];                        \
    z[3] = 3 / 2.0f * (x[0] - x[4]) - 9 / 4.0f * x[1] - 3 / 4.0f * x[2] + 3 * x[3];                \
    z[4] = x[4];
#define MAP_4_3_3(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    BOTH(z, 1, x[0] + 9 / 16.0f * x[2], 3 / 4.0f * x[1])                                           \
    z[3] = x[0] + 3 / 2.0f * x[1] + 9 / 4.0f * x[2];                                               \
    z[4] = x[2];
#define MAP_4_3_3_BACK(x, z, s)                                                                    \
    z[0] = x[0] + x[1] + x[2] + x[3];                                                              \
    z[1] = 3 / 4.0f * (x[1] - x[2]) + 3 / 2.0f * x[3];                                             \
    z[2] = 9 / 16.0f * (x[1] + x[2]) + 9 / 4.0f * x[3] + x[4];

#define IMAGE_4_3_4(x, z, s)                                                                       \
    z[0] = 81 / 64.0f * x[0] - 45 / 16.0f * x[2] + x[4];                                           \
    BOTH(z, 1, 9 / 4.0f * x[2] - x[4], 27 / 16.0f * x[1] - 3 / 4.0f * x[3])                        \
    BOTH(z, 3, x[4] - 9 / 16.0f * x[2], 3 / 2.0f * x[3] - 27 / 32.0f * x[1])                       \
    z[5] = 81 / 64.0f * x[1] - 45 / 16.0f * x[3] + x[5];
#define IMAGE_4_3_4_BACK(x, z, s)                                                                  \
    SUMS(x)                                                                                        \
    z[0] = 81 / 64.0f * x[0];                                                                      \
    z[1] = 27 / 16.0f * d1 - 27 / 32.0f * d2 + 81 / 64.0f * x[5];                                  \
    z[2] = 9 / 4.0f * s1 - 9 / 16.0f * s2 - 45 / 16.0f * x[0];                                     \
    z[3] = 3 / 2.0f * d2 - 3 / 4.0f * d1 - 45 / 16.0f * x[5];                                      \
    z[4] = x[0] - s1 + s2;                                                                         \
    z[5] = x[5];
#define MAP_4_3_4(x, z, s)                                                                         \
    z[0] = x[0];                                                                                   \
    BOTH(z, 1, x[0] + 9 / 16.0f * x[2], 3 / 4.0f * x[1] + 27 / 64.0f * x[3])                       \
    BOTH(z, 3, x[0] + 9 / 4.0f * x[2], 3 / 2.0f * x[1] + 27 / 8.0f * x[3])                         \
    z[5] = x[3];
#define MAP_4_3_4_BACK(x, z, s)                                                                    \
    SUMS(x)                                                                                        \
    z[0] = x[0] + s1 + s2;                                                                         \
    z[1] = 3 / 4.0f * d1 + 3 / 2.0f * d2;                                                          \
    z[2] = 9 / 16.0f * s1 + 9 / 4.0f * s2;                                                         \
    z[3] = 27 / 64.0f * d1 + 27 / 8.0f * d2 + x[5];
#define WEIGHTS_4_3(x, z, s)                                                                       \
    z[0] = 64 / 81.0f * x[0];                                                                      \
    BOTH(z, 1, 128 / 243.0f * x[0] + 8 / 27.0f * x[2], 32 / 81.0f * x[1])                          \
    BOTH(z, 3, 32 / 243.0f * x[0] + 8 / 27.0f * x[2], 16 / 81.0f * x[1])                           \
    z[5] = x[2];
#define WEIGHTS_4_3_BACK(x, z, s)                                                                  \
    SUMS(x)                                                                                        \
    z[0] = 64 / 81.0f * x[0] + 128 / 243.0f * s1 + 32 / 243.0f * s2;                               \
    z[1] = 32 / 81.0f * d1 + 16 / 81.0f * d2;                                                      \
    z[2] = 8 / 27.0f * (s1 + s2) + x[5];

/* The image's or the map's side of an algorithm, in one dimension, for tiles of one size: the
 * pixels of a tile's patch, the step from one patch to the next, the pixels that patches share, the
 * values of a transformed patch, and the phases, the number of values of a coefficient; and how
 * many coefficients a whole tile has.  All are constants wherever a function of them is inlined. */
typedef struct side {
    size_t patch, step, overlap, values, phases, coefficients;
} side;

typedef struct transform {
    void (*one)(const float *x, float *z);
    void (*four)(const vector_4 *x, vector_4 *z);
    void (*eight)(const vector_8 *x, vector_8 *z);
    void (*sixteen)(const vector_16 *x, vector_16 *z);
} transform;

/* With one or two phases. */
#define TRANSFORM_OF_TYPE(name, phases, type, suffix)                                              \
    INLINE void name##_of_##suffix(const type *x, type *z)                                         \
    {                                                                                              \
        for (size_t i = 0; i < phases; i++, x++, z++) {                                            \
            name(x, z, phases)                                                                     \
        }                                                                                          \
    }
#define TRANSFORM(name, phases)                                                                    \
    TRANSFORM_OF_TYPE(name, phases, float, 1)                                                      \
    TRANSFORM_OF_TYPE(name, phases, vector_4, 4)                                                   \
    TRANSFORM_OF_TYPE(name, phases, vector_8, 8)                                                   \
    TRANSFORM_OF_TYPE(name, phases, vector_16, 16)
#define TRANSFORMS(name, side, phases)                                                             \
    TRANSFORM(IMAGE_##name##_##side, phases)                                                       \
    TRANSFORM(IMAGE_##name##_##side##_BACK, phases)                                                \
    TRANSFORM(MAP_##name##_##side, 1)                                                              \
    TRANSFORM(MAP_##name##_##side##_BACK, 1)
#define WEIGHT_TRANSFORMS(name, phases)                                                            \
    TRANSFORM(WEIGHTS_##name, phases)                                                              \
    TRANSFORM(WEIGHTS_##name##_BACK, phases)
#define TRANSFORM_OF(name) ((transform){name##_of_1, name##_of_4, name##_of_8, name##_of_16})
TRANSFORMS(2_2, 1, 2)
TRANSFORMS(2_2, 2, 2)
TRANSFORMS(4_2, 1, 2)
TRANSFORMS(4_2, 2, 2)
TRANSFORMS(4_2, 3, 2)
TRANSFORMS(4_2, 4, 2)
TRANSFORMS(2_3, 1, 1)
TRANSFORMS(2_3, 2, 1)
TRANSFORMS(4_3, 1, 1)
TRANSFORMS(4_3, 2, 1)
TRANSFORMS(4_3, 3, 1)
TRANSFORMS(4_3, 4, 1)
WEIGHT_TRANSFORMS(2_2, 2)
WEIGHT_TRANSFORMS(4_2, 2)
WEIGHT_TRANSFORMS(2_3, 1)
WEIGHT_TRANSFORMS(4_3, 1)

#endif
