/* kernels_tile.c - the transforms of Winograd convolutions, for tiles of images and maps and for
 * weights; compiled once for each instruction set.
 *
 * kernels_winograd.c describes the transforms.  Each is separable: first down the columns, then
 * across the rows.  With patches of 4 by 4 pixels, 2 pixels apart, a row of tiles is read as:
 *
 *     pixels of 4 rows               lines, zero-padded          values
 *     +-------------------+          +---------------------+     coefficient (0, 0): t0 t1 t2 t3 ...
 *     | a b c d e f g ... |  down    | 0 . . . . . . . . 0 |     coefficient (0, 1): t0 t1 t2 t3 ...
 *     | . . . . . . . ... |  ----->  | 0 . . . . . . . . 0 |     ...
 *     | . . . . . . . ... |  each    | 0 . . . . . . . . 0 |  across: the i-th pixel of each of
 *     | . . . . . . . ... |  column  | 0 . . . . . . . . 0 |  four tiles is a vector
 *     +-------------------+          +---------------------+
 *      [tile 0]
 *          [tile 1]                   tile t begins at pixel 2 t
 *
 * and written by the same steps in reverse, where overlapping patches are added up: across, what a
 * tile has beyond its own pixels is added to the next tile's vector; down, the first rows are added
 * to what the row of tiles above has written.  Every pixel is a sum in one order, wherever its
 * sample is in the batch. */
#include "math/kernels_tile_internal.h"

/* The image's or the map's side of an algorithm, in each dimension: the pixels of a tile's patch,
 * the step from one patch to the next, the values of a transformed patch, and the phases, the
 * number of values of a coefficient.  All are constants wherever a function of them is inlined. */
typedef struct side {
    size_t patch, step, values, phases;
} side;

/* The index of value (i, j) of a channel. */
INLINE size_t value_at(const gan__tile_rows *r, side s, size_t channel, size_t i, size_t j)
{
    const size_t n = s.values / s.phases;

    return (i / s.phases * n + j / s.phases) * r->coefficient +
           ((channel * s.phases + i % s.phases) * s.phases + j % s.phases) * r->stride;
}

/* ---- contiguous pixels and vectors of tiles ---- */

INLINE vector_4 load(const float *x)
{
    return *(const vector_4 *)x;
}

INLINE void store(float *x, vector_4 v)
{
    *(vector_4 *)x = v;
}

/* Transpose 4 by 4 numbers. */
INLINE void transpose(const vector_4 *x, vector_4 *z)
{
    const vector_4 ab_low = PICK(4, x[0], x[1], 0, 4, 1, 5),
                   cd_low = PICK(4, x[2], x[3], 0, 4, 1, 5);
    const vector_4 ab_high = PICK(4, x[0], x[1], 2, 6, 3, 7),
                   cd_high = PICK(4, x[2], x[3], 2, 6, 3, 7);

    z[0] = PICK(4, ab_low, cd_low, 0, 1, 4, 5);
    z[1] = PICK(4, ab_low, cd_low, 2, 3, 6, 7);
    z[2] = PICK(4, ab_high, cd_high, 0, 1, 4, 5);
    z[3] = PICK(4, ab_high, cd_high, 2, 3, 6, 7);
}

/* Where four tiles begin in the lines: in one row, or, where that has one or two tiles, in several,
 * each of which has lines of its own. */
typedef struct quad {
    size_t corner[4];
    size_t rows;
    size_t set; /* size of a row's lines */
} quad;

INLINE quad quad_of(const gan__tile_rows *r, side s, int narrow, size_t line)
{
    quad q = {{0, s.step, 2 * s.step, 3 * s.step}, 1, s.values * line};

    if (!narrow) return q;
    q.rows = 4 / r->across;
    for (size_t i = 0; i < 4; i++) q.corner[i] = i / r->across * q.set + i % r->across * s.step;
    return q;
}

/* Deinterleave the first `step` pixels of each of four tiles, 2 or a multiple of 4: e[i] has the
 * i-th ones. */
INLINE void split(const quad *q, size_t step, int narrow, const float *line, vector_4 *e)
{
    if (step == 2 && !narrow) {
        const vector_4 a = load(line), b = load(line + 4);

        e[0] = PICK(4, a, b, 0, 2, 4, 6);
        e[1] = PICK(4, a, b, 1, 3, 5, 7);
        return;
    }
    for (size_t i = 0; i < step; i += 4) {
        vector_4 x[4], z[4];

        for (size_t j = 0; j < 4; j++) x[j] = load(line + q->corner[j] + i);
        transpose(x, z);
        for (size_t j = 0; j < 4 && i + j < step; j++) e[i + j] = z[j];
    }
}

/* The reverse. */
INLINE void join(const quad *q, size_t step, int narrow, const vector_4 *e, float *line)
{
    if (step == 2 && !narrow) {
        store(line, PICK(4, e[0], e[1], 0, 4, 1, 5));
        store(line + 4, PICK(4, e[0], e[1], 2, 6, 3, 7));
        return;
    }
    if (step == 2) {
        for (size_t i = 0; i < 2; i++)
            for (size_t j = 0; j < 4; j++) line[q->corner[j] + i] = e[i][j];
        return;
    }
    for (size_t i = 0; i < step; i += 4) {
        vector_4 x[4];

        transpose(e + i, x);
        for (size_t j = 0; j < 4; j++) store(line + q->corner[j] + i, x[j]);
    }
}

/* A row of tiles of a sample's channel. */
typedef struct place {
    const gan__tile_rows *r;
    size_t row; /* in the sample */
} place;

/* The image's row that is the i-th one of a patch; it may be out of bounds, on either side. */
INLINE size_t pixel_row(const place *p, side s, size_t i)
{
    return p->row * s.step + i - p->r->padding[0];
}

/* The first row of tiles, and where a channel of its sample begins. */
INLINE place first_place(const gan__tile_rows *r)
{
    return (place){r, r->begin % r->down};
}

INLINE size_t first_pixel(const gan__tile_rows *r, size_t channel)
{
    return r->begin / r->down * r->sample + channel * r->size[0] * r->size[1];
}

/* Advance to the next row of tiles; return the distance to where its sample's channel begins. */
INLINE size_t next_place(place *p)
{
    if (++p->row < p->r->down) return 0;
    p->row = 0;
    return p->r->sample;
}

/* ---- prefetching ---- */

/* A row of tiles that comes later: often of the next sample, which is far from what is read or
 * written now, so that hardware prefetchers miss it. */
typedef struct later {
    place p;
    size_t row; /* as r->begin counts them */
    size_t channel;
    size_t at;
} later;

enum { ROWS_AHEAD = 12 };

INLINE later first_row(const gan__tile_rows *r, size_t channel)
{
    return (later){first_place(r), r->begin, channel, first_pixel(r, channel)};
}

INLINE void go_on(later *l)
{
    const gan__tile_rows *r = l->p.r;

    l->at += next_place(&l->p);
    if (++l->row == r->end) *l = first_row(r, l->channel + 1);
}

INLINE later rows_ahead(const gan__tile_rows *r)
{
    later l = first_row(r, 0);

    for (size_t i = 0; i < ROWS_AHEAD; i++) go_on(&l);
    return l;
}

/* Prefetch the rows of pixels in which its tiles begin, for writing or reading. */
INLINE void fetch(later *l, side s, int written, const float *x)
{
    enum { LINE = 16 };
    const gan__tile_rows *r = l->p.r;
    const size_t row = s.step * r->size[1];
    const size_t all = r->size[0] * r->size[1];
    const size_t begin = l->p.row * row;
    const size_t end = begin + row < all ? begin + row : all;

    for (size_t i = begin; i < end && l->channel < r->channels; i += LINE)
        if (written)
            __builtin_prefetch(x + l->at + i, 1);
        else
            __builtin_prefetch(x + l->at + i, 0);
    go_on(l);
}

/* ---- pixels to values ---- */

INLINE void down_in(const place *p, side s, transform t, const float *x, size_t line,
                    const float *zeros, float *lines)
{
    const gan__tile_rows *r = p->r;
    const size_t width = r->size[1];
    const float *from[PATCH];
    float *to = lines + r->padding[1];
    size_t j = 0;

    for (size_t i = 0; i < s.patch; i++) {
        const size_t y = pixel_row(p, s, i);

        from[i] = y < r->size[0] ? x + y * width : zeros;
    }
/* The last vector overlaps the one before it, but not with vectors of 4: across_in() loads such
 * ones next, which would wait for two overlapping stores. */
#define COLUMNS(n, of, more)                                                                       \
    for (; more; j += n) {                                                                         \
        const size_t at = j + n > width ? width - n : j;                                           \
        vector_##n a[PATCH], z[PATCH];                                                             \
                                                                                                   \
        for (size_t i = 0; i < s.patch; i++) a[i] = *(const vector_##n *)(from[i] + at);           \
        t.of(a, z);                                                                                \
        for (size_t i = 0; i < s.values; i++) *(vector_##n *)(to + i * line + at) = z[i];          \
    }
    COLUMNS(16, sixteen, 16 <= width && j < width)
    COLUMNS(8, eight, 8 <= width && j < width)
    COLUMNS(4, four, j + 4 <= width)
#undef COLUMNS
    for (; j < width; j++) {
        float a[PATCH], z[PATCH];

        for (size_t i = 0; i < s.patch; i++) a[i] = from[i][j];
        t.one(a, z);
        for (size_t i = 0; i < s.values; i++) to[i * line + j] = z[i];
    }
}

/* Of all rows that the lines hold. */
INLINE void across_in(const gan__tile_rows *r, side s, transform t, int narrow, const quad *q,
                      size_t line, float *values)
{
    for (size_t i = 0; i < s.values; i++)
        for (size_t j = 0; j < r->across; j += 4) {
            const float *from = r->lines + i * line + j * s.step;
            vector_4 a[2 * PATCH], z[PATCH];

            split(q, s.step, narrow, from, a);
            if (s.patch > s.step) split(q, s.step, narrow, from + s.step, a + s.step);
            t.four(a, z);
            for (size_t k = 0; k < s.values; k++) store(values + value_at(r, s, 0, i, k) + j, z[k]);
        }
}

INLINE void rows_in(const gan__tile_rows *r, side s, transform t, int narrow, const float *x,
                    float *values)
{
    const size_t line = gan__tile_line(r, s.step);
    const quad q = quad_of(r, s, narrow, line);
    const float *zeros = r->lines + q.rows * q.set;
    later ahead = rows_ahead(r);

    memset(r->lines, 0, (q.rows * q.set + line) * sizeof *r->lines);
    for (size_t i = 0; i < r->channels; i++) {
        place p = first_place(r);

        for (size_t j = r->begin, at = first_pixel(r, i); j < r->end;) {
            const size_t tile = (j - r->begin) * r->across;

            for (size_t k = 0; k < q.rows && j < r->end; k++, j++) {
                fetch(&ahead, s, 0, x);
                down_in(&p, s, t, x + at, line, zeros, r->lines + k * q.set);
                at += next_place(&p);
            }
            across_in(r, s, t, narrow, &q, line, values + value_at(r, s, i, 0, 0) + tile);
        }
    }
}

INLINE void tiles_in(const gan__tile_rows *rows, side s, transform t, const float *x, float *values)
{
    const gan__tile_rows r = *rows; /* a copy stays in registers: no store can change it */

    if (r.across <= GAN__NARROW)
        rows_in(&r, s, t, 1, x, values);
    else
        rows_in(&r, s, t, 0, x, values);
}

/* ---- values to pixels ---- */

/* Read from element 16 - k on: a mask of the first k elements. */
static const int first_16[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

/* Copy the first k elements of a to b. */
#define TAKE_FIRST(n)                                                                              \
    INLINE void take_first_##n(size_t k, const vector_##n *a, vector_##n *b)                       \
    {                                                                                              \
        places_##n mask;                                                                           \
                                                                                                   \
        memcpy(&mask, first_16 + 16 - k, sizeof mask);                                             \
        *b = (vector_##n)(((places_##n) * a & mask) | ((places_##n) * b & ~mask));                 \
    }
TAKE_FIRST(4)
TAKE_FIRST(8)
TAKE_FIRST(16)

/* The first n values, and zeros after the last tile. */
INLINE vector_4 only(size_t n, vector_4 v)
{
    vector_4 out = {0};

    if (n >= 4) return v;
    take_first_4(n, &v, &out);
    return out;
}

/* v for tiles that have a predecessor in their row, 0 for the first ones. */
INLINE vector_4 behind(const gan__tile_rows *r, int narrow, vector_4 v)
{
    const vector_4 zero = {0};

    if (!narrow) return v;
    if (r->across == 1) return zero;
    return PICK(4, v, zero, 4, 1, 4, 3);
}

INLINE void across_out(const gan__tile_rows *r, side s, transform t, int narrow, const quad *q,
                       size_t tiles, const float *values, size_t line)
{
    for (size_t i = 0; i < s.values; i++) {
        vector_4 before[PATCH] = {{0}}; /* what overlaps the next tile */
        float *to = r->lines + i * line;

        for (size_t j = 0; j < tiles; j += 4, to += 4 * s.step) {
            vector_4 a[PATCH], z[PATCH];

            for (size_t k = 0; k < s.values; k++)
                a[k] = only(tiles - j, load(values + value_at(r, s, 0, i, k) + j));
            t.four(a, z);
            for (size_t k = s.step; k < s.patch; k++) {
                z[k - s.step] += behind(r, narrow, PICK(4, before[k - s.step], z[k], 3, 4, 5, 6));
                before[k - s.step] = z[k];
            }
            join(q, s.step, narrow, z, to);
        }
        for (size_t k = s.step; k < s.patch; k++) {
            if (!narrow) to[k - s.step] = before[k - s.step][3];
            for (size_t j = r->across - 1; narrow && j < 4; j += r->across)
                r->lines[i * line + q->corner[j] + k] = before[k - s.step][j];
        }
    }
}

INLINE void down_out(const place *p, side s, transform t, size_t line, const float *lines,
                     float bias, float *x)
{
    const gan__tile_rows *r = p->r;
    const size_t width = r->size[1];
    const float *from = lines + r->padding[1];
    const size_t left = p->row > 0 ? s.patch - s.step : 0; /* rows that have their bias already */
    size_t j = 0;

/* Write rows of z at column `at`, where each of the first `left` is added to what is there. */
#define ROWS(type, repair)                                                                         \
    for (size_t i = 0; i < s.patch; i++) {                                                         \
        const size_t y = pixel_row(p, s, i);                                                       \
                                                                                                   \
        if (y < r->size[0]) {                                                                      \
            type *to = (type *)(x + y * width + at), sum = z[i] + bias;                            \
                                                                                                   \
            if (i < left) {                                                                        \
                sum = *to + z[i];                                                                  \
                repair;                                                                            \
            }                                                                                      \
            *to = sum;                                                                             \
        }                                                                                          \
    }
/* The last vector overlaps the one before it, and keeps the columns that they share. */
#define COLUMNS(n, of)                                                                             \
    for (; n <= width && j < width; j += n) {                                                      \
        const size_t at = j + n > width ? width - n : j;                                           \
        vector_##n a[PATCH], z[PATCH];                                                             \
                                                                                                   \
        for (size_t i = 0; i < s.values; i++) a[i] = *(const vector_##n *)(from + i * line + at);  \
        t.of(a, z);                                                                                \
        ROWS(vector_##n, if (at < j) take_first_##n(j - at, to, &sum))                             \
    }
    COLUMNS(16, sixteen)
    COLUMNS(8, eight)
    COLUMNS(4, four)
#undef COLUMNS
    for (; j < width; j++) {
        const size_t at = j;
        float a[PATCH], z[PATCH];

        for (size_t i = 0; i < s.values; i++) a[i] = from[i * line + j];
        t.one(a, z);
        ROWS(float, )
    }
#undef ROWS
}

/* Rows of pixels below the last tiles. */
INLINE void fill_rest(const gan__tile_rows *r, side s, float bias, float *x)
{
    const size_t end = r->down * s.step + s.patch - s.step;
    const size_t begin = end > r->padding[0] ? end - r->padding[0] : 0;

    for (size_t i = begin * r->size[1]; i < r->size[0] * r->size[1]; i++) x[i] = bias;
}

INLINE void rows_out(const gan__tile_rows *r, side s, transform t, int narrow, const float *values,
                     const float *bias, float *x)
{
    const size_t line = gan__tile_line(r, s.step);
    const quad q = quad_of(r, s, narrow, line);
    later ahead = rows_ahead(r);

    memset(r->lines, 0, q.rows * q.set * sizeof *r->lines);
    for (size_t i = 0; i < r->channels; i++) {
        const float b = bias ? bias[i] : 0;
        place p = first_place(r);

        for (size_t j = r->begin, at = first_pixel(r, i); j < r->end;) {
            const size_t rows = r->end - j < q.rows ? r->end - j : q.rows;
            const size_t tile = (j - r->begin) * r->across;

            across_out(r, s, t, narrow, &q, rows * r->across,
                       values + value_at(r, s, i, 0, 0) + tile, line);
            for (size_t k = 0; k < rows; k++, j++) {
                fetch(&ahead, s, 1, x);
                down_out(&p, s, t, line, r->lines + k * q.set, b, x + at);
                if (p.row + 1 == r->down) fill_rest(r, s, b, x + at);
                at += next_place(&p);
            }
        }
    }
}

INLINE void tiles_out(const gan__tile_rows *rows, side s, transform t, const float *values,
                      const float *bias, float *x)
{
    const gan__tile_rows r = *rows;

    if (r.across <= GAN__NARROW)
        rows_out(&r, s, t, 1, values, bias, x);
    else
        rows_out(&r, s, t, 0, values, bias, x);
}

/* ---- weights ---- */

/* Four channels at a time: a vector has the same weight of each. */
INLINE void weights_in(side s, size_t kernel, transform t, size_t n, const float *w, float *values,
                       size_t coefficient)
{
    const gan__tile_rows r = {.stride = 4, .coefficient = 4 * s.phases * s.phases};

    for (size_t c = 0; c < n; c += 4, w += 4 * kernel * kernel, values += r.coefficient) {
        vector_4 a[PATCH], z[PATCH], down[PATCH][PATCH];
        float all[PATCH * PATCH * 4];

        for (size_t j = 0; j < kernel; j++) {
            for (size_t i = 0; i < kernel; i++) {
                float taps[4] = {0};

                for (size_t l = 0; l < 4 && c + l < n; l++)
                    taps[l] = w[(l * kernel + i) * kernel + j];
                a[i] = load(taps);
            }
            t.four(a, z);
            for (size_t i = 0; i < s.values; i++) down[i][j] = z[i];
        }
        for (size_t i = 0; i < s.values; i++) {
            t.four(down[i], z);
            for (size_t j = 0; j < s.values; j++) store(all + value_at(&r, s, 0, i, j), z[j]);
        }
        for (size_t i = 0; i < s.values * s.values / (s.phases * s.phases); i++) {
            const float *from = all + i * r.coefficient;

            if (s.phases == 1) {
                store(values + i * coefficient, load(from));
                continue;
            }
            for (size_t k = 0; k < 4; k++) a[k] = load(from + 4 * k);
            transpose(a, z);
            for (size_t k = 0; k < 4; k++) store(values + i * coefficient + 4 * k, z[k]);
        }
    }
}

INLINE void weights_out(side s, size_t kernel, transform t, size_t n, const float *values,
                        size_t coefficient, float *w)
{
    const gan__tile_rows r = {.stride = 4, .coefficient = 4 * s.phases * s.phases};

    for (size_t c = 0; c < n; c += 4, w += 4 * kernel * kernel, values += r.coefficient) {
        vector_4 a[PATCH], z[PATCH], across[PATCH][PATCH];
        float all[PATCH * PATCH * 4];

        for (size_t i = 0; i < s.values * s.values / (s.phases * s.phases); i++) {
            float *to = all + i * r.coefficient;

            if (s.phases == 1) {
                store(to, load(values + i * coefficient));
                continue;
            }
            for (size_t k = 0; k < 4; k++) a[k] = load(values + i * coefficient + 4 * k);
            transpose(a, z);
            for (size_t k = 0; k < 4; k++) store(to + 4 * k, z[k]);
        }
        for (size_t i = 0; i < s.values; i++) {
            for (size_t j = 0; j < s.values; j++) a[j] = load(all + value_at(&r, s, 0, i, j));
            t.four(a, z);
            for (size_t j = 0; j < kernel; j++) across[j][i] = z[j];
        }
        for (size_t j = 0; j < kernel; j++) {
            t.four(across[j], z);
            for (size_t i = 0; i < kernel; i++)
                for (size_t l = 0; l < 4 && c + l < n; l++)
                    w[(l * kernel + i) * kernel + j] = z[i][l];
        }
    }
}

/* ---- the table ---- */

/* An algorithm's name, a tile's side in the map, and the kernel's side and stride, which is the
 * number of phases, too. */
#define PATCH_OF(outputs, kernel, stride) ((outputs - 1) * stride + kernel)
#define IMAGE_OF(outputs, kernel, stride)                                                          \
    ((side){PATCH_OF(outputs, kernel, stride), outputs * stride,                                   \
            PATCH_OF(outputs, kernel, stride), stride})
#define MAP_OF(outputs, kernel, stride)                                                            \
    ((side){outputs, outputs, PATCH_OF(outputs, kernel, stride) / stride, 1})
#define LOOPS(name, outputs, kernel, stride)                                                       \
    static void image_in_##name(const gan__tile_rows *r, const float *x, float *z)                 \
    {                                                                                              \
        tiles_in(r, IMAGE_OF(outputs, kernel, stride), TRANSFORM_OF(IMAGE_##name), x, z);          \
    }                                                                                              \
    static void image_out_##name(const gan__tile_rows *r, const float *z, const float *bias,       \
                                 float *x)                                                         \
    {                                                                                              \
        tiles_out(r, IMAGE_OF(outputs, kernel, stride), TRANSFORM_OF(IMAGE_##name##_BACK), z,      \
                  bias, x);                                                                        \
    }                                                                                              \
    static void map_in_##name(const gan__tile_rows *r, const float *x, float *z)                   \
    {                                                                                              \
        tiles_in(r, MAP_OF(outputs, kernel, stride), TRANSFORM_OF(MAP_##name), x, z);              \
    }                                                                                              \
    static void map_out_##name(const gan__tile_rows *r, const float *z, const float *bias,         \
                               float *x)                                                           \
    {                                                                                              \
        tiles_out(r, MAP_OF(outputs, kernel, stride), TRANSFORM_OF(MAP_##name##_BACK), z, bias,    \
                  x);                                                                              \
    }                                                                                              \
    static void weights_##name(size_t n, const float *w, float *z, size_t coefficient)             \
    {                                                                                              \
        weights_in(IMAGE_OF(outputs, kernel, stride), kernel, TRANSFORM_OF(WEIGHTS_##name), n, w,  \
                   z, coefficient);                                                                \
    }                                                                                              \
    static void gradient_##name(size_t n, const float *z, size_t coefficient, float *w)            \
    {                                                                                              \
        weights_out(IMAGE_OF(outputs, kernel, stride), kernel,                                     \
                    TRANSFORM_OF(WEIGHTS_##name##_BACK), n, z, coefficient, w);                    \
    }
LOOPS(2_2, 2, 4, 2)
LOOPS(4_2, 4, 4, 2)
LOOPS(2_3, 2, 3, 1)
LOOPS(4_3, 4, 3, 1)

#define ENTRY(name)                                                                                \
    [GAN__TILES_##name] = {image_in_##name, map_in_##name,  image_out_##name,                      \
                           map_out_##name,  weights_##name, gradient_##name}
const gan__tile_loops LOOP(tiles)[GAN__N_TILINGS] = {ENTRY(2_2), ENTRY(4_2), ENTRY(2_3),
                                                     ENTRY(4_3)};
