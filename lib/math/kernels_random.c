/* kernels_random.c - random bits, and what is drawn from them: uniform and normal values, dropout;
 * compiled once for each instruction set. */
#include "math/kernels_loop_internal.h"

/* ---- Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011) ---- */

enum { BLOCKS = 64 }; /* at a time: compilers unroll a loop over fewer instead of vectorising it */

/* A counter of four words is scrambled by ten rounds; there is no state, so block 1000 costs what
 * block 0 does, and each SIMD lane computes a block of its own.  A round:
 *
 *     c0      c1      c2      c3
 *     |       |       |       |       c0 and c2 are multiplied into 64 bits each;
 *     x M0    |       x M1    |       their high words, with c1 or c3 and a key mixed in,
 *     |hi |lo |       |hi |lo |       and their low words swapped:
 *
 *     c0' = hi(c2 M1) ^ c1 ^ key0      c1' = lo(c2 M1)
 *     c2' = hi(c0 M0) ^ c3 ^ key1      c3' = lo(c0 M0) */
static inline void philox_round(uint32_t *c0, uint32_t *c1, uint32_t *c2, uint32_t *c3,
                                uint32_t key0, uint32_t key1)
{
    const uint64_t a = (uint64_t)0xD2511F53u * *c0;
    const uint64_t b = (uint64_t)0xCD9E8D57u * *c2;

    *c0 = (uint32_t)(b >> 32) ^ *c1 ^ key0;
    *c1 = (uint32_t)b;
    *c2 = (uint32_t)(a >> 32) ^ *c3 ^ key1;
    *c3 = (uint32_t)a;
}

/* Scramble the counters of consecutive blocks, word by word: c[j][i] is word j of block i.  The
 * counter is (block, stream), the key the seed, which grows by a constant each round. */
static void philox_blocks(uint64_t seed, uint64_t stream, uint64_t block, size_t n_blocks,
                          uint32_t c[4][BLOCKS])
{
    uint32_t key0 = (uint32_t)seed;
    uint32_t key1 = (uint32_t)(seed >> 32);

    for (size_t i = 0; i < n_blocks; i++) {
        c[0][i] = (uint32_t)(block + i);
        c[1][i] = (uint32_t)((block + i) >> 32);
        c[2][i] = (uint32_t)stream;
        c[3][i] = (uint32_t)(stream >> 32);
    }
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < n_blocks; i++)
            philox_round(&c[0][i], &c[1][i], &c[2][i], &c[3][i], key0, key1);
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
}

void LOOP(philox)(uint64_t seed, uint64_t stream, uint64_t block, size_t n_blocks, uint32_t *out)
{
    uint32_t c[4][BLOCKS];

    for (size_t done = 0; done < n_blocks; done += BLOCKS) {
        const size_t n = n_blocks - done < BLOCKS ? n_blocks - done : BLOCKS;

        philox_blocks(seed, stream, block + done, n, c);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < 4; j++) out[4 * (done + i) + j] = c[j][i];
    }
}

/* ---- values ---- */

/* The upper 24 bits, as many as a float holds, make one of 2^24 values in [0, 1). */
void LOOP(uniform)(size_t n, const uint32_t *bits, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)(int32_t)(bits[i] >> 8) * 0x1p-24f;
}

/* log x for positive normal x = 2^k m with sqrt(1/2) <= m < sqrt(2):
 *
 *     log x = k ln 2 + log m,  log m = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...),  s = (m-1)/(m+1)
 *
 * |s| < 0.172, so five terms are enough.  With the bits of sqrt(1/2) subtracted, the exponent
 * field holds k and the mantissa field how far m is above sqrt(1/2). */
static inline float log_of(float x)
{
    const uint32_t shifted = bits_of(x) - 0x3f3504f3u; /* the bits of sqrt(1/2) */
    const float k = (float)((int32_t)shifted >> 23);
    const float m = float_of((shifted & 0x007fffffu) + 0x3f3504f3u);
    const float s = (m - 1.0f) / (m + 1.0f);
    const float z = s * s;
    const float p = ((z * (2.0f / 9) + 2.0f / 7) * z + 2.0f / 5) * z + 2.0f / 3;

    return k * 0.693147181f + (s * z * p + 2.0f * s);
}

/* Box and Muller, "A note on the generation of random normal deviates", 1958: words 2i and 2i+1
 * give values 2i and 2i+1, the coordinates of a point at a random angle:
 *
 *     radius = sqrt(-2 log u),  angle = 2 pi turns,    out = radius (cos angle, sin angle)
 *
 * The angle is split into the nearest quarter turn and r, at most an eighth of a turn from it:
 *
 *                quarter 1            (cos, sin) of the angle is
 *              \     |     /             quarter 0:  ( cos r,  sin r)
 *                \   |   /               quarter 1:  (-sin r,  cos r)
 *     quarter 2   --+--   quarter 0      quarter 2:  (-cos r, -sin r)
 *                /   |   \               quarter 3:  ( sin r, -cos r)
 *              /     |     \
 *                quarter 3            sin r and cos r by their series: |r| <= pi/4
 *
 * Bit 0 of the quarter swaps sine and cosine; bit 1 gives the sign of the second
 * coordinate and, of the next quarter, that of the first. */
void LOOP(normal)(size_t n, const uint32_t *bits, float *out)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        const float u = (float)(int32_t)((bits[i] >> 8) + 1) * 0x1p-24f; /* (0, 1] */
        const float turns = (float)(int32_t)(bits[i + 1] >> 8) * 0x1p-24f;
        const float radius = sqrtf(-2.0f * log_of(u));
        const float t = turns * 4.0f + ROUNDER;
        const uint32_t quarter = bits_of(t);
        const float r = (turns * 4.0f - (t - ROUNDER)) * 1.57079633f; /* times pi/2 */
        const float z = r * r;
        const float sine =
            r + r * z * (-1.0f / 6 + z * (1.0f / 120 + z * (-1.0f / 5040 + z * (1.0f / 362880))));
        const float cosine =
            1.0f + z * (-0.5f + z * (1.0f / 24 + z * (-1.0f / 720 + z * (1.0f / 40320))));
        const float a = quarter & 1 ? sine : cosine;
        const float b = quarter & 1 ? cosine : sine;
        const uint32_t sign_a = ((quarter + 1) & 2) << 30;
        const uint32_t sign_b = (quarter & 2) << 30;

        out[i] = radius * float_of(bits_of(a) ^ sign_a);
        out[i + 1] = radius * float_of(bits_of(b) ^ sign_b);
    }
}

/* The forward pass and, with dy for x, the backward pass: keep and scale the values whose random
 * bits are at or above the threshold. */
void LOOP(dropout)(size_t n, uint32_t threshold, float scale, const uint32_t *bits, const float *x,
                    float *y)
{
    APART for (size_t i = 0; i < n; i++)
    {
        const float keep = bits[i] >> 8 >= threshold ? scale : 0.0f;

        y[i] = x[i] * keep;
    }
}
