/* kernels_tile.c - the transforms of Winograd convolutions, for tiles of images and maps and for
 * weights; compiled once for each instruction set.
 *
 * kernels_winograd.c describes the transforms.  Each is separable: first down the columns, then
 * across the rows.  Rows of tiles are transformed several at a time, mostly of several samples, each
 * in lines of its own.  With patches of 4 by 4 pixels, 2 pixels apart:
 *
 *     4 rows of pixels             lines, zero-padded         values of a coefficient
 *     +-----------------+          +-------------------+      row of tiles: 0  1  2  3 ...
 *     | a b c d e f ... |  down    | 0 . . . . . . . 0 |            tile 0  .  .  .  .
 *     | . . . . . . ... |  ----->  | 0 . . . . . . . 0 |            tile 1  .  .  .  .
 *     | . . . . . . ... |  each    | 0 . . . . . . . 0 |            ...
 *     | . . . . . . ... |  column  | 0 . . . . . . . 0 |      across: the i-th pixel of a tile in
 *     +-----------------+          +-------------------+      each of the rows is a vector
 *      [tile 0]
 *          [tile 1]                tile t begins at pixel 2 t
 *
 * and written by the same steps in reverse, where overlapping patches are added up: across, what a
 * tile has beyond its own pixels is added to the next tile's; down, the first rows are added to
 * what the row of tiles above has written.  Every pixel is a sum in one order, wherever its sample
 * is in the batch. */
#include "math/kernels_tile_internal.h"
#include "math/kernels_tile_rows_internal.h"
#include "math/kernels_tile_weights_internal.h"

/* The coefficient of the i-th value.  Small tiles lack those before the last. */
INLINE size_t coefficient_of(side s, size_t i)
{
    return i / s.phases + 1 == s.values / s.phases ? s.coefficients - 1 : i / s.phases;
}

/* The offset of value (i, j) of a channel is the sum of that of the i-th ones down, and that of the
 * j-th ones across. */
INLINE size_t value_down(side s, size_t i, size_t coefficient, size_t stride)
{
    return coefficient_of(s, i) * s.coefficients * coefficient + i % s.phases * s.phases * stride;
}

INLINE size_t value_across(side s, size_t j, size_t coefficient, size_t stride)
{
    return coefficient_of(s, j) * coefficient + j % s.phases * stride;
}

/* ---- rows of tiles ---- */

enum { MOST_ROWS = GAN__TILE_MOST_ROWS, MOST_GROUPS = MOST_ROWS / WIDE + 2 };

/* Rows of tiles of one height that are transformed at a time. */
typedef struct group {
    size_t n;
    int small;
    size_t first;     /* the index of the first among those of this height */
    const size_t *at; /* where each one's sample begins, in the first channel */
    const size_t *row;
} group;

/* The groups of a channel, in the order of work: the whole rows, then small ones, which are added
 * to them; and behind the last the first one again, in the next channel. */
typedef struct groups {
    group of[MOST_GROUPS + 1];
    size_t n;
    size_t at[MOST_ROWS + WIDE], row[MOST_ROWS];
} groups;

/* The rows of one height. */
static void add_rows(groups *g, const gan__tile_rows *r, int small, size_t begin)
{
    size_t n = begin, at = r->begin / r->down * r->sample, row = r->begin % r->down;

    for (size_t i = r->begin; i < r->end; i++) {
        if (gan__tile_is_small(r, row) == small) {
            g->at[n] = at;
            g->row[n++] = row;
        }
        if (++row < r->down) continue;
        row = 0;
        at += r->sample;
    }
    for (size_t i = begin; i < n; i += WIDE)
        g->of[g->n++] =
            (group){n - i < WIDE ? n - i : WIDE, small, i - begin, g->at + i, g->row + i};
}

static void find_groups(groups *g, const gan__tile_rows *r)
{
    size_t *next = g->at + (r->end - r->begin);

    g->n = 0;
    add_rows(g, r, 0, 0);
    add_rows(g, r, 1, gan__tile_rows_of(r, 0));
    g->of[g->n] = g->of[0];
    g->of[g->n].at = next;
    for (size_t i = 0; i < g->of[0].n; i++) next[i] = g->at[i] + r->size[0] * r->size[1];
}

/* What all groups have. */
typedef struct frame {
    size_t height, width, padding[2], down;
    size_t line, set; /* the size of a line, and of a row's lines */
    float *lines;
    const float *zeros; /* a line */
} frame;

INLINE frame frame_of(const gan__tile_rows *r, side s)
{
    const size_t line = gan__tile_line(r, s.step), set = s.values * line;

    return (frame){r->size[0], r->size[1], {r->padding[0], r->padding[1]}, r->down, line,
                   set,        r->lines,   r->lines + WIDE * set};
}

/* The image's row that is the i-th one of a patch; it may be out of bounds, on either side. */
INLINE size_t pixel_row(const frame *f, side s, size_t row, size_t i)
{
    return row * s.step + i - f->padding[0];
}

/* Prefetch the pixels in which the i-th row's tiles begin, of the rows that come next, for writing
 * or reading: it is often of the next sample, which is far from what is read or written now, so
 * that hardware prefetchers miss it.  After the last channel that is beyond the images, which does
 * no harm. */
INLINE void fetch(const frame *f, side s, const group *next, size_t i, int written, const float *x)
{
    enum { LINE = 16 };
    const size_t row = s.step * f->width, all = f->height * f->width;
    const size_t begin = i < next->n ? next->row[i] * row : all;
    const size_t end = begin + row < all ? begin + row : all;

    for (size_t j = begin; j < end; j += LINE)
        if (written)
            __builtin_prefetch(x + next->at[i] + j, 1);
        else
            __builtin_prefetch(x + next->at[i] + j, 0);
}

/* ---- down ---- */

INLINE void row_in(const frame *f, side s, transform t, size_t row, const float *x, float *lines)
{
    const size_t width = f->width, line = f->line;
    const float *from[PATCH];
    float *to = lines + f->padding[1];
    size_t j = 0;

    for (size_t i = 0; i < s.patch; i++) {
        const size_t y = pixel_row(f, s, row, i);

        from[i] = y < f->height ? x + y * width : f->zeros;
    }
/* The last vector overlaps the one before it. */
#define COLUMNS(n, of)                                                                             \
    for (; n <= width && j < width; j += n) {                                                      \
        const size_t at = j + n > width ? width - n : j;                                           \
        vector_##n a[PATCH], z[PATCH];                                                             \
                                                                                                   \
        for (size_t i = 0; i < s.patch; i++) a[i] = *(const vector_##n *)(from[i] + at);           \
        t.of(a, z);                                                                                \
        for (size_t i = 0; i < s.values; i++) *(vector_##n *)(to + i * line + at) = z[i];          \
    }
    COLUMNS(16, sixteen)
    COLUMNS(8, eight)
    COLUMNS(4, four)
#undef COLUMNS
    for (; j < width; j++) {
        float a[PATCH], z[PATCH];

        for (size_t i = 0; i < s.patch; i++) a[i] = from[i][j];
        t.one(a, z);
        for (size_t i = 0; i < s.values; i++) to[i * line + j] = z[i];
    }
}

/* A group's rows, which others follow. */
INLINE void down_in(const frame *frame_, side s, transform t, const group *g, const float *x)
{
    const frame f = *frame_; /* a copy stays in registers: no store can change it */

    for (size_t i = 0; i < g->n; i++) {
        fetch(&f, s, g + 1, i, 0, x);
        row_in(&f, s, t, g->row[i], x + g->at[i], f.lines + i * f.set);
    }
    for (size_t i = g->n; i % 4 != 0; i++) memset(f.lines + i * f.set, 0, f.set * sizeof *f.lines);
}

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

INLINE void row_out(const frame *f, side s, transform t, size_t row, const float *lines, float bias,
                    float *x)
{
    const size_t width = f->width, line = f->line;
    const float *from = lines + f->padding[1];
    const size_t left = row > 0 ? s.overlap : 0; /* rows that have their bias already */
    size_t j = 0;

/* Write rows of z at column `at`, where each of the first `left` is added to what is there. */
#define ROWS(type, repair)                                                                         \
    for (size_t i = 0; i < s.patch; i++) {                                                         \
        const size_t y = pixel_row(f, s, row, i);                                                  \
                                                                                                   \
        if (y < f->height) {                                                                       \
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
INLINE void fill_rest(const frame *f, side s, size_t row, float bias, float *x)
{
    const size_t end = row * s.step + s.patch;
    const size_t begin = end > f->padding[0] ? end - f->padding[0] : 0;

    for (size_t i = begin * f->width; row + 1 == f->down && i < f->height * f->width; i++)
        x[i] = bias;
}

INLINE void down_out(const frame *frame_, side s, transform t, const group *g, float bias, float *x)
{
    const frame f = *frame_;

    for (size_t i = 0; i < g->n; i++) {
        fetch(&f, s, g + 1, i, 1, x);
        row_out(&f, s, t, g->row[i], f.lines + i * f.set, bias, x + g->at[i]);
        fill_rest(&f, s, g->row[i], bias, x + g->at[i]);
    }
}

/* ---- across ---- */

/* Tiles of one size, in several rows. */
typedef struct band {
    size_t down[PATCH]; /* offsets of the values down */
    size_t n_down;
    size_t stride, coefficient; /* as in gan__tile_rows */
    size_t line, set;
    size_t first, tiles;
    size_t column, rows; /* of the first tile; from there to the next tile's */
    size_t channel;      /* from a channel's values to the next one's */
} band;

enum { FOURS = (PATCH + 3) / 4 * 4 }; /* a patch in vectors of four pixels */

/* From a tile's k-th value across to the next one. */
INLINE size_t next_value(const band *b, side s, size_t k)
{
    if (k + 1 == s.values) return 0;
    return value_across(s, k + 1, b->coefficient, b->stride) -
           value_across(s, k, b->coefficient, b->stride);
}

#define ACROSS_OF(n, of)                                                                           \
    INLINE void across_in_##n(const band *band_, side s, transform t, const float *lines,          \
                              float *values)                                                       \
    {                                                                                              \
        const band b = *band_;                                                                     \
                                                                                                   \
        for (size_t i = 0; i < b.n_down; i++) {                                                    \
            const float *from = lines + i * b.line + b.first * s.step;                             \
            float *to = values + band_->down[i];                                                   \
            vector_##n a[FOURS], z[PATCH];                                                         \
                                                                                                   \
            for (size_t j = 0; j < b.tiles; j++, from += s.step, to += b.rows) {                   \
                float *value = to;                                                                 \
                                                                                                   \
                if (j > 0 && s.patch > s.step && s.step % 4 == 0)                                  \
                    for (size_t k = 0; k < 4; k++) a[k] = a[s.step + k];                           \
                else                                                                               \
                    load_rows_##n(from, b.set, a);                                                 \
                for (size_t k = 4; k < s.patch; k += 4) load_rows_##n(from + k, b.set, a + k);     \
                t.of(a, z);                                                                        \
                for (size_t k = 0; k < s.values; value += next_value(&b, s, k++))                  \
                    *(vector_##n *)value = z[k];                                                   \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    INLINE void across_out_##n(const band *band_, side s, transform t, const float *values,        \
                               float *lines)                                                       \
    {                                                                                              \
        const band b = *band_;                                                                     \
                                                                                                   \
        for (size_t i = 0; i < b.n_down; i++) {                                                    \
            const float *from = values + band_->down[i];                                           \
            float *to = lines + i * b.line + b.first * s.step;                                     \
            vector_##n a[PATCH], z[FOURS] = {{0}}, before[4] = {{0}};                              \
                                                                                                   \
            if (s.overlap > 0 && b.first > 0) load_rows_##n(to, b.set, before);                    \
            for (size_t j = 0; j < b.tiles; j++, from += b.rows, to += s.step) {                   \
                const float *value = from;                                                         \
                                                                                                   \
                for (size_t k = 0; k < s.values; value += next_value(&b, s, k++)) {                \
                    a[k] = *(const vector_##n *)value;                                             \
                    __builtin_prefetch(value + b.channel);                                         \
                }                                                                                  \
                t.of(a, z);                                                                        \
                for (size_t k = 0; k < s.overlap; k++) {                                           \
                    z[k] += before[k];                                                             \
                    before[k] = s.step + k < s.patch ? z[s.step + k] : (vector_##n){0};            \
                }                                                                                  \
                for (size_t k = 0; k < s.patch && k < s.step; k += 4)                              \
                    store_rows_##n(z + k, to + k, b.set);                                          \
            }                                                                                      \
            if (s.patch > s.step) store_rows_##n(before, to, b.set);                               \
        }                                                                                          \
    }
ACROSS_OF(4, four)
#if WIDE == 8
ACROSS_OF(8, eight)
#elif WIDE == 16
ACROSS_OF(16, sixteen)
#endif
#undef ACROSS_OF

/* ---- the loops ---- */

/* What depends on the size of a row's or a column's tiles. */
typedef struct cut {
    side s;
    void (*down_in)(const frame *f, const group *g, const float *x);
    void (*down_out)(const frame *f, const group *g, float bias, float *x);
    void (*across_in)(const band *b, const float *lines, float *values);
    void (*across_in_wide)(const band *b, const float *lines, float *values);
    void (*across_out)(const band *b, const float *values, float *lines);
    void (*across_out_wide)(const band *b, const float *values, float *lines);
} cut;

/* All that is the same for each channel. */
typedef struct work {
    const gan__tile_rows *r;
    frame f;
    groups all;
    const cut *cuts[2][2]; /* of whole and small tiles, down and across */
    band bands[2][2];      /* of whole and small rows, whole and small tiles */
    size_t pixels, values; /* from one channel to the next */
} work;

static void set_band(work *w, int small_row, int small_tile)
{
    const gan__tile_rows *r = w->r;
    const gan__tile_columns columns = gan__tile_columns_of(r);
    const side s = w->cuts[small_row][0]->s;
    band *b = &w->bands[small_row][small_tile];

    *b = (band){.n_down = s.values,
                .stride = r->stride,
                .coefficient = r->coefficient,
                .line = w->f.line,
                .set = w->f.set,
                .first = small_tile ? columns.tiles[0] : 0,
                .tiles = columns.tiles[small_tile],
                .column = gan__tile_column(&columns, small_row, small_tile),
                .rows = columns.rows[small_row],
                .channel = w->values};
    for (size_t i = 0; i < s.values; i++) b->down[i] = value_down(s, i, r->coefficient, r->stride);
}

static void prepare(work *w, const gan__tile_rows *r, const cut *cuts)
{
    const side s = cuts[r->side - 1].s;

    w->r = r;
    w->f = frame_of(r, s);
    w->pixels = r->size[0] * r->size[1];
    w->values = s.phases * s.phases * r->stride;
    for (size_t i = 0; i < 2; i++) {
        w->cuts[0][i] = &cuts[r->side - 1];
        w->cuts[1][i] = &cuts[r->last[i] - 1];
    }
    for (int i = 0; i < 4; i++) set_band(w, i / 2, i % 2);
    find_groups(&w->all, r);
    memset(r->lines, 0, (WIDE * w->f.set + w->f.line) * sizeof *r->lines);
}

static void rows_in(const work *w, const group *g, float *values)
{
    for (int small = 0; small < 2; small++) {
        const band *b = &w->bands[g->small][small];
        const cut *c = w->cuts[small][1];
        float *to = values + b->column + g->first;

        if (b->tiles == 0) continue;
        if (g->n == WIDE)
            c->across_in_wide(b, w->f.lines, to);
        else
            for (size_t i = 0; i < g->n; i += 4) c->across_in(b, w->f.lines + i * b->set, to + i);
    }
}

static void rows_out(const work *w, const group *g, const float *values)
{
    for (int small = 0; small < 2; small++) {
        const band *b = &w->bands[g->small][small];
        const cut *c = w->cuts[small][1];
        const float *from = values + b->column + g->first;

        if (b->tiles == 0) continue;
        if (g->n == WIDE)
            c->across_out_wide(b, from, w->f.lines);
        else
            for (size_t i = 0; i < g->n; i += 4)
                c->across_out(b, from + i, w->f.lines + i * b->set);
    }
}

static void tiles_in(const gan__tile_rows *r, const cut *cuts, const float *x, float *values)
{
    work w;

    prepare(&w, r, cuts);
    for (size_t i = 0; i < r->channels; i++, x += w.pixels, values += w.values)
        for (const group *g = w.all.of; g < w.all.of + w.all.n; g++) {
            w.cuts[g->small][0]->down_in(&w.f, g, x);
            rows_in(&w, g, values);
        }
}

static void tiles_out(const gan__tile_rows *r, const cut *cuts, const float *values,
                      const float *bias, float *x)
{
    work w;

    prepare(&w, r, cuts);
    for (size_t i = 0; i < r->channels; i++, x += w.pixels, values += w.values)
        for (const group *g = w.all.of; g < w.all.of + w.all.n; g++) {
            rows_out(&w, g, values);
            w.cuts[g->small][0]->down_out(&w.f, g, bias ? bias[i] : 0, x);
        }
}

/* ---- the table ---- */

/* An algorithm's name, the side of whole tiles in the map, and the kernel's side and stride, which
 * is the number of phases, too; n is the side of the tiles. */
#define PATCH_OF(n, kernel, stride) (((n)-1) * (stride) + (kernel))
#define IMAGE_SIDE(n, outputs, kernel, stride)                                                     \
    {                                                                                              \
        PATCH_OF(n, kernel, stride), (outputs) * (stride), (kernel) - (stride),                    \
            PATCH_OF(n, kernel, stride), stride, PATCH_OF(outputs, kernel, stride) / (stride)      \
    }
#define MAP_SIDE(n, outputs, kernel, stride)                                                       \
    {                                                                                              \
        n, outputs, 0, PATCH_OF(n, kernel, stride) / (stride), 1,                                  \
            PATCH_OF(outputs, kernel, stride) / (stride)                                           \
    }

#define CUT_LOOPS(name, side, in, out)                                                             \
    static void down_in_##name(const frame *f, const group *g, const float *x)                     \
    {                                                                                              \
        down_in(f, side, in, g, x);                                                                \
    }                                                                                              \
    static void down_out_##name(const frame *f, const group *g, float bias, float *x)              \
    {                                                                                              \
        down_out(f, side, out, g, bias, x);                                                        \
    }                                                                                              \
    static void across_in_##name(const band *b, const float *lines, float *values)                 \
    {                                                                                              \
        across_in_4(b, side, in, lines, values);                                                   \
    }                                                                                              \
    static void across_out_##name(const band *b, const float *values, float *lines)                \
    {                                                                                              \
        across_out_4(b, side, out, values, lines);                                                 \
    }                                                                                              \
    static void across_in_wide_##name(const band *b, const float *lines, float *values)            \
    {                                                                                              \
        WIDE_NAME(across_in, WIDE)(b, side, in, lines, values);                                    \
    }                                                                                              \
    static void across_out_wide_##name(const band *b, const float *values, float *lines)           \
    {                                                                                              \
        WIDE_NAME(across_out, WIDE)(b, side, out, values, lines);                                  \
    }
#define CUT_ENTRY(name, side)                                                                      \
    {                                                                                              \
        side, down_in_##name, down_out_##name, across_in_##name, across_in_wide_##name,            \
            across_out_##name, across_out_wide_##name                                              \
    }
#define CUT(way, name, n, ...)                                                                     \
    CUT_LOOPS(way##_##name##_##n, ((side)way##_SIDE(n, __VA_ARGS__)),                              \
              TRANSFORM_OF(way##_##name##_##n), TRANSFORM_OF(way##_##name##_##n##_BACK))
#define ENTRY_OF(way, name, n, ...) CUT_ENTRY(way##_##name##_##n, way##_SIDE(n, __VA_ARGS__))
#define CUTS_2(way, name, ...)                                                                     \
    CUT(way, name, 1, __VA_ARGS__)                                                                 \
    CUT(way, name, 2, __VA_ARGS__)                                                                 \
    static const cut way##_cuts_##name[] = {ENTRY_OF(way, name, 1, __VA_ARGS__),                   \
                                            ENTRY_OF(way, name, 2, __VA_ARGS__)};
#define CUTS_4(way, name, ...)                                                                     \
    CUT(way, name, 1, __VA_ARGS__)                                                                 \
    CUT(way, name, 2, __VA_ARGS__)                                                                 \
    CUT(way, name, 3, __VA_ARGS__)                                                                 \
    CUT(way, name, 4, __VA_ARGS__)                                                                 \
    static const cut way##_cuts_##name[] = {                                                       \
        ENTRY_OF(way, name, 1, __VA_ARGS__), ENTRY_OF(way, name, 2, __VA_ARGS__),                  \
        ENTRY_OF(way, name, 3, __VA_ARGS__), ENTRY_OF(way, name, 4, __VA_ARGS__)};
CUTS_2(IMAGE, 2_2, 2, 4, 2)
CUTS_2(MAP, 2_2, 2, 4, 2)
CUTS_4(IMAGE, 4_2, 4, 4, 2)
CUTS_4(MAP, 4_2, 4, 4, 2)
CUTS_2(IMAGE, 2_3, 2, 3, 1)
CUTS_2(MAP, 2_3, 2, 3, 1)
CUTS_4(IMAGE, 4_3, 4, 3, 1)
CUTS_4(MAP, 4_3, 4, 3, 1)

#define LOOPS(name, outputs, kernel, stride)                                                       \
    static void image_in_##name(const gan__tile_rows *r, const float *x, float *z)                 \
    {                                                                                              \
        tiles_in(r, IMAGE_cuts_##name, x, z);                                                      \
    }                                                                                              \
    static void image_out_##name(const gan__tile_rows *r, const float *z, const float *bias,       \
                                 float *x)                                                         \
    {                                                                                              \
        tiles_out(r, IMAGE_cuts_##name, z, bias, x);                                               \
    }                                                                                              \
    static void map_in_##name(const gan__tile_rows *r, const float *x, float *z)                   \
    {                                                                                              \
        tiles_in(r, MAP_cuts_##name, x, z);                                                        \
    }                                                                                              \
    static void map_out_##name(const gan__tile_rows *r, const float *z, const float *bias,         \
                               float *x)                                                           \
    {                                                                                              \
        tiles_out(r, MAP_cuts_##name, z, bias, x);                                                 \
    }                                                                                              \
    static void weights_##name(size_t n, const float *w, float *z, size_t coefficient)             \
    {                                                                                              \
        weights_in((side)IMAGE_SIDE(outputs, outputs, kernel, stride), kernel,                     \
                   TRANSFORM_OF(WEIGHTS_##name), n, w, z, coefficient);                            \
    }                                                                                              \
    static void gradient_##name(size_t n, const float *z, size_t coefficient, float *w)            \
    {                                                                                              \
        weights_out((side)IMAGE_SIDE(outputs, outputs, kernel, stride), kernel,                    \
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
