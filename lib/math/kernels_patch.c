/* kernels_patch.c - gathering patches of images (im2col) and adding them back (col2im); compiled
 * once for each instruction set.
 *
 * A row of a panel is the values of one tap at the positions of the panel, or of all taps at one
 * position (see kernels_conv.c): short segments of contiguous or evenly spaced values, of length 4
 * with a kernel of 4x4.  Calling memcpy() for such a length takes longer than the copy.  So a
 * segment is copied in pieces of a fixed size, one vector each, and the excess is overwritten by
 * the next segment:
 *
 *     image    ... a b c d e f g h ...      segment 0: a b c, segment 1: p q r, pieces of 4
 *     panel    |a b c d|. . . . .           piece of segment 0: d is excess
 *               a b c|p q r s|. .           piece of segment 1 overwrites it
 *
 * The last one writes beyond the row: into the next row, which is copied later, or into the panel's
 * slack (SLACK in kernels_conv.c, which is why that is 64 floats).  With a step of 2, as of strided
 * convolutions, a piece is every second value of two vectors.
 *
 * The scatter adds, so it must not touch values beyond a segment: it takes pieces of 4 only if all
 * segments are that long.  Neighbouring rows often add to the same pixels, and a load that overlaps
 * a recent store has to wait for it; with a lag of one row of the map, consecutive rows don't
 * overlap. */
#include "math/kernels_loop_internal.h"

static inline void copy_1(const float *from, size_t step, float *to)
{
    (void)step;
    *to = *from;
}

#define COPY(n)                                                                                    \
    static inline void copy_##n(const float *from, size_t step, float *to)                         \
    {                                                                                              \
        (void)step;                                                                                \
        *(vector_##n *)to = *(const vector_##n *)from;                                             \
    }
COPY(4)
COPY(8)
COPY(16)

/* Every second value. */
#define COPY_EVEN(n, ...)                                                                          \
    static inline void copy_even_##n(const float *from, size_t step, float *to)                    \
    {                                                                                              \
        const vector_##n a = *(const vector_##n *)from;                                            \
        const vector_##n b = *(const vector_##n *)(from + n);                                      \
                                                                                                   \
        (void)step;                                                                                \
        *(vector_##n *)to = PICK(n, a, b, __VA_ARGS__);                                            \
    }
COPY_EVEN(4, 0, 2, 4, 6)
COPY_EVEN(8, 0, 2, 4, 6, 8, 10, 12, 14)
COPY_EVEN(16, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)

static inline void copy_far_4(const float *from, size_t step, float *to)
{
    for (size_t i = 0; i < 4; i++) to[i] = from[i * step];
}

/* ---- gather ---- */

/* For segments that fit into one piece: a loop over segments without a loop inside. */
#define GATHER(copy)                                                                               \
    static void gather_##copy(size_t rows, const size_t *at, size_t n,                             \
                              const gan__segment *segments, size_t step, const float *image,       \
                              float *panel, size_t stride)                                         \
    {                                                                                              \
        for (size_t r = 0; r < rows; r++, panel += stride)                                         \
            for (size_t s = 0; s < n; s++)                                                         \
                copy(image + at[r] + segments[s].from, step, panel + segments[s].to);              \
    }

/* For longer segments. */
#define GATHER_LONG(copy, piece)                                                                   \
    static void gather_long_##copy(size_t rows, const size_t *at, size_t n,                        \
                                   const gan__segment *segments, size_t step, const float *image,  \
                                   float *panel, size_t stride)                                    \
    {                                                                                              \
        for (size_t r = 0; r < rows; r++, panel += stride)                                         \
            for (size_t s = 0; s < n; s++) {                                                       \
                const float *from = image + at[r] + segments[s].from;                              \
                                                                                                   \
                for (size_t i = 0; i < segments[s].length; i += piece)                             \
                    copy(from + i * step, step, panel + segments[s].to + i);                       \
            }                                                                                      \
    }

GATHER(copy_1)
GATHER(copy_4)
GATHER(copy_8)
GATHER(copy_16)
GATHER(copy_even_4)
GATHER(copy_even_8)
GATHER(copy_even_16)
GATHER_LONG(copy_16, 16)
GATHER_LONG(copy_even_16, 16)
GATHER_LONG(copy_far_4, 4)

static size_t longest_of(size_t n, const gan__segment *segments)
{
    size_t most = 0;

    for (size_t i = 0; i < n; i++) most = segments[i].length > most ? segments[i].length : most;
    return most;
}

/* By the longest segment, of at most 1, 4, 8 or 16 values or more, and by the step: 1, 2 or any. */
static gan__gather_fn *gather_of(size_t longest, size_t step)
{
    static gan__gather_fn *const near[5] = {gather_copy_1, gather_copy_4, gather_copy_8,
                                            gather_copy_16, gather_long_copy_16};
    static gan__gather_fn *const even[5] = {gather_copy_1, gather_copy_even_4, gather_copy_even_8,
                                            gather_copy_even_16, gather_long_copy_even_16};
    const size_t size = (size_t)((longest > 1) + (longest > 4) + (longest > 8) + (longest > 16));

    return step == 1   ? near[size]
           : step == 2 ? even[size]
           : size == 0 ? gather_copy_1
                       : gather_long_copy_far_4;
}

void LOOP(gather)(size_t rows, const size_t *at, size_t n, const gan__segment *segments,
                  size_t step, const float *image, float *panel, size_t stride)
{
    gather_of(longest_of(n, segments), step)(rows, at, n, segments, step, image, panel, stride);
}

/* ---- scatter ---- */

static void add_4(const float *from, float *to)
{
    *(vector_4 *)to += *(const vector_4 *)from;
}

static void add_row_of_fours(size_t n, const gan__segment *segments, const float *panel,
                             float *image)
{
    for (size_t s = 0; s < n; s++) add_4(panel + segments[s].to, image + segments[s].from);
}

static void add_row(size_t n, const gan__segment *segments, size_t step, const float *panel,
                    float *image)
{
    for (size_t s = 0; s < n; s++) {
        const float *from = panel + segments[s].to;
        float *to = image + segments[s].from;

        for (size_t i = 0; i < segments[s].length; i++) to[i * step] += from[i];
    }
}

void LOOP(scatter_add)(size_t rows, size_t lag, const size_t *at, size_t n,
                       const gan__segment *segments, size_t step, const float *panel, size_t stride,
                       float *image)
{
    size_t fours = 0;

    while (fours < n && segments[fours].length == 4) fours++;
    for (size_t begin = 0; begin < lag; begin++)
        for (size_t r = begin; r < rows; r += lag)
            if (fours == n && step == 1)
                add_row_of_fours(n, segments, panel + r * stride, image + at[r]);
            else
                add_row(n, segments, step, panel + r * stride, image + at[r]);
}

/* ---- rows ---- */

/* Short ones, for which a call of memcpy() takes longer than the copy. */
static inline void copy(size_t n, const float *from, float *to)
{
    size_t i = 0;

    for (; i + 16 <= n; i += 16) copy_16(from + i, 1, to + i);
    if (i + 8 <= n) {
        copy_8(from + i, 1, to + i);
        i += 8;
    }
    if (i + 4 <= n) {
        copy_4(from + i, 1, to + i);
        i += 4;
    }
    for (; i < n; i++) to[i] = from[i];
}

void LOOP(copy_rows)(size_t rows, size_t n, const float *from, size_t from_stride, float *to,
                     size_t to_stride)
{
    for (size_t r = 0; r < rows; r++) copy(n, from + r * from_stride, to + r * to_stride);
}

void LOOP(shift_rows)(size_t rows, size_t n, const float *from, size_t from_stride, float shift,
                      float *restrict to, size_t to_stride)
{
    for (size_t r = 0; r < rows; r++, from += from_stride, to += to_stride) {
        size_t i = 0;

        for (; i + 8 <= n; i += 8) *(vector_8 *)(to + i) = *(const vector_8 *)(from + i) + shift;
        for (; i < n; i++) to[i] = from[i] + shift;
    }
}

void LOOP(copy_segments)(size_t rows, const size_t *at, size_t n, const gan__segment *segments,
                         const float *from, float *to, size_t stride)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t s = 0; s < n; s++)
            copy(segments[s].length, from + at[r] + segments[s].from,
                 to + r * stride + segments[s].to);
}
