/* kernels_gemm.c - the matrix product (GEMM), compiled once for each instruction set.
 *
 * c[m, n] = a[m, k] b[k, n], where one matrix, a, is small, as a batch is, and the other, b, is
 * large, as the weights of a layer are.  A BLAS packs both into panels that suit its registers and
 * caches; here only b is packed, and each of its values once.  The loops, from the outermost in:
 *
 *     rows of a     MAX_ROWS at a time: they are read again for each panel, from the L2 cache
 *     columns of b  PANEL at a time    \  a panel of DEPTH rows and PANEL columns is packed into
 *     inner index   DEPTH at a time    /  scratch memory, 32 KiB: it stays in the L1 cache
 *     rows of a     BLOCK_ROWS at a time: a block of c, the register tile of the micro-kernel
 *     inner index   one by one: a column of the block of a times a row of the panel
 *
 *                  k                      n                         PANEL = two vectors
 *            +-----------+     +-----+-----+-----+--          +-----------+-----------+
 *        m   |  block of |     |panel|     |     |     row l  | b[l, j..] |           |
 *            |- - a  - - |  x  |DEPTH|     |     |     of the +-----------+-----------+
 *            |           |     +-----+     |     |     panel       x a[i, l], broadcast
 *            +-----------+     |     |     |     |                 v           v
 *                              +-----+-----+-----+--   sum[i] += +-----------+-----------+
 *
 * Where a is large, or its leading dimension is a power of two, so that the rows of a block evict
 * each other from the L1 cache, it is packed, too (Goto and van de Geijn, 2008), and the loops are
 *
 *     rows of a     CHUNK_BLOCKS blocks at a time        \  packed, column by column of each block:
 *     inner index   PACKED_DEPTH at a time               /  they stay in the L2 cache
 *     columns of b  PANEL at a time: packed, as above, but deeper
 *     rows of a     BLOCK_ROWS at a time, and the inner index one by one
 *
 * Every worker packs for itself.  With layers of 1024 by 1024 and batches of 512, packing a
 * takes 3 % of a step and packing b 5 %; shared panels would save at most half of that on two cores,
 * and cost each product another barrier.
 *
 * A block is BLOCK_ROWS rows of two vectors: 14 x 2 of AVX-512's 32 registers, 8 x 2 of NEON's 32,
 * 6 x 2 of AVX2's 16.  The remaining registers hold the row of the panel and an element of a.  Each
 * step of the inner index is two loads from the panel and BLOCK_ROWS times two FMAs, which hide the
 * latency of the loads.
 *
 * An element of c is a single chain of FMAs in the order of the inner index: it begins with the
 * bias, or with c itself where the inner index continues in a further panel.  Neither the rows nor
 * the columns that are computed at once change that chain, so the bits of the result are the same
 * however a product is divided into tasks, on any number of threads.
 *
 * docs/performance.md has the measurements behind the sizes. */
#include "math/kernels_gemm_internal.h"

#include "base/build_internal.h"
#include "math/kernels_vector_internal.h"

#include <stdint.h>
#include <string.h>

enum {
    PANEL = 2 * LANES,               /* columns of a panel */
    DEPTH = 256,                     /* its rows: 32 KiB at the most */
    MAX_ROWS = 64 * 14,              /* of a at a time, so that they stay in the L2 cache */
    STEP = (BLOCK_ROWS + 3) / 4 * 4, /* leading dimension of a packed block, column-major */
    CHUNK_BLOCKS = 28,               /* packed at a time, so that they stay in the L2 cache */
    PACKED_DEPTH = 512,              /* inner indices packed at a time */
    AHEAD = 12,                      /* prefetch distance, in rows of b */
    TRANSPOSED = DEPTH + 16,         /* row stride, in words, of pairs that are to be transposed */
};

_Static_assert(DEPTH *PANEL <= GAN__GEMM_SCRATCH, "a panel has to fit");
_Static_assert((CHUNK_BLOCKS * STEP + PANEL) * PACKED_DEPTH <= GAN__GEMM_ROWS,
               "a chunk has to fit");
_Static_assert(PANEL *DEPTH + LANES * TRANSPOSED + CHUNK_BLOCKS * STEP * DEPTH <= GAN__GEMM_PAIRS,
               "a chunk of pairs has to fit");

#include "math/kernels_pairs_internal.h"

/* ---- the innermost block ---- */

/* The block's loops have to be unrolled completely, so that its sums are registers. */
#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

/* The micro-kernel: `rows` rows by `vectors` vectors of c, whose sums begin with the values in
 * `from`.  Both are constants wherever this is inlined, as is `pairs`, whether a and the panel hold
 * pairs of bfloat16.  The cache lines of c are prefetched while the sums are computed. */
static inline __attribute__((always_inline)) void
block(size_t rows, size_t vectors, int pairs, size_t k, const float *a, size_t a_row,
      size_t a_column, const float *panel, const float *from, size_t from_stride, float *c,
      size_t c_stride)
{
    vector sum[BLOCK_ROWS][2];

    UNROLLED for (size_t i = 0; i < rows; i++) UNROLLED for (size_t j = 0; j < vectors; j++)
    {
        sum[i][j] = load(from + i * from_stride + j * LANES);
        __builtin_prefetch(c + i * c_stride + j * LANES, 1);
    }
    for (size_t l = 0; l < k; l++, a += a_column, panel += PANEL)
        UNROLLED for (size_t i = 0; i < rows; i++) UNROLLED for (size_t j = 0; j < vectors; j++)
            sum[i][j] = pairs ? add_pair(sum[i][j], &a[i * a_row], load(panel + j * LANES))
                              : add_product(sum[i][j], a[i * a_row], load(panel + j * LANES));
    UNROLLED for (size_t i = 0; i < rows; i++) UNROLLED for (size_t j = 0; j < vectors; j++)
        store(c + i * c_stride + j * LANES, sum[i][j]);
}

typedef void block_fn(size_t k, const float *a, size_t a_row, size_t a_column, const float *panel,
                      const float *from, size_t from_stride, float *c, size_t c_stride);

#define BLOCK(name, rows, vectors, pairs, row, column)                                             \
    static void name(size_t k, const float *a, size_t a_row, size_t a_column, const float *panel,  \
                     const float *from, size_t from_stride, float *c, size_t c_stride)             \
    {                                                                                              \
        (void)a_row, (void)a_column;                                                               \
        block(rows, vectors, pairs, k, a, row, column, panel, from, from_stride, c, c_stride);     \
    }
#define BLOCKS(rows)                                                                               \
    BLOCK(block_##rows##_1, rows, 1, 0, a_row, a_column)                                           \
    BLOCK(block_##rows##_2, rows, 2, 0, a_row, a_column)                                           \
    BLOCK(packed_##rows##_1, rows, 1, 0, 1, STEP)                                                  \
    BLOCK(packed_##rows##_2, rows, 2, 0, 1, STEP)                                                  \
    BLOCK(pairs_##rows##_1, rows, 1, 1, 1, STEP)                                                   \
    BLOCK(pairs_##rows##_2, rows, 2, 1, 1, STEP)
#define ENTRY(rows)                                                                                \
    {{block_##rows##_1, block_##rows##_2},                                                         \
     {packed_##rows##_1, packed_##rows##_2},                                                       \
     {pairs_##rows##_1, pairs_##rows##_2}},

/* clang-format off */
#define UP_TO_6(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define UP_TO_8(X) UP_TO_6(X) X(7) X(8)
#define UP_TO_14(X) UP_TO_8(X) X(9) X(10) X(11) X(12) X(13) X(14)
#define UP_TO_OF(n) UP_TO_##n
#define UP_TO(n) UP_TO_OF(n)

UP_TO(BLOCK_ROWS)(BLOCKS)

/* By the number of rows; with a in place, packed, or packed as pairs; of one vector or two. */
enum { UNPACKED, PACKED, PAIRS };
static block_fn *const blocks[BLOCK_ROWS + 1][3][2] = {{{NULL}}, UP_TO(BLOCK_ROWS)(ENTRY)};
/* clang-format on */

/* ---- panels ---- */

/* The shuffles that transpose 4 by 4 values in each 128-bit lane of four vectors.  In one lane of
 * the rows a, b, c, d:
 *
 *     a0 a1 a2 a3    LOW(a, b)  a0 b0 a1 b1    FRONT of the lows    a0 b0 c0 d0
 *     b0 b1 b2 b3    LOW(c, d)  c0 d0 c1 d1    BACK of the lows     a1 b1 c1 d1
 *     c0 c1 c2 c3    HIGH(a, b) a2 b2 a3 b3    FRONT of the highs   a2 b2 c2 d2
 *     d0 d1 d2 d3    HIGH(c, d) c2 d2 c3 d3    BACK of the highs    a3 b3 c3 d3 */
#if LANES == 16
#define LOW(a, b) PICK(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH(a, b) PICK(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define FRONT(a, b) PICK(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define BACK(a, b) PICK(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#elif LANES == 8
#define LOW(a, b) PICK(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH(a, b) PICK(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define FRONT(a, b) PICK(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define BACK(a, b) PICK(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#else
#define LOW(a, b) PICK(a, b, 0, 4, 1, 5)
#define HIGH(a, b) PICK(a, b, 2, 6, 3, 7)
#define FRONT(a, b) PICK(a, b, 0, 1, 4, 5)
#define BACK(a, b) PICK(a, b, 2, 3, 6, 7)
#endif

/* The first four values of rows 0, 4, 8 ... */
static inline vector quads(const float *from, size_t stride)
{
#if LANES == 4
    (void)stride;
    return load(from);
#elif defined(__clang__) || __GNUC__ >= 12
    typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));
    const quad a = *(const quad *)from;
    const quad b = *(const quad *)(from + 4 * stride);
#if LANES == 16
    const quad c = *(const quad *)(from + 8 * stride);
    const quad d = *(const quad *)(from + 12 * stride);

    return PICK(PICK(a, b, 0, 1, 2, 3, 4, 5, 6, 7), PICK(c, d, 0, 1, 2, 3, 4, 5, 6, 7), 0, 1, 2, 3,
                4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#else
    return PICK(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
#endif
#else
    vector v;

    for (size_t i = 0; i < LANES; i += 4)
        memcpy((float *)&v + i, from + i * stride, 4 * sizeof *from);
    return v;
#endif
}

/* Transpose four values of each of LANES rows in memory: columns of b become four rows of a panel,
 * rows of a four columns of a packed block.  quads() gathers the rows in such an order that the
 * transposed lanes are in place. */
static inline void turn(const float *from, size_t stride, float *to, size_t to_stride)
{
    const vector a = quads(from, stride);
    const vector b = quads(from + stride, stride);
    const vector c = quads(from + 2 * stride, stride);
    const vector d = quads(from + 3 * stride, stride);
    const vector ab_low = LOW(a, b);
    const vector ab_high = HIGH(a, b);
    const vector cd_low = LOW(c, d);
    const vector cd_high = HIGH(c, d);

    store(to, FRONT(ab_low, cd_low));
    store(to + to_stride, BACK(ab_low, cd_low));
    store(to + 2 * to_stride, FRONT(ab_high, cd_high));
    store(to + 3 * to_stride, BACK(ab_high, cd_high));
}

/* Pack `columns` columns of k rows of b, which is row-major, into a panel; a partial panel is
 * padded with zeros. */
static void copy_panel(size_t k, size_t columns, const float *b, size_t stride, float *panel)
{
    if (columns == PANEL) {
        for (size_t l = 0; l < k; l++, b += stride) {
            fetch(b + AHEAD * stride, 0, 1, PANEL);
            memcpy(panel + l * PANEL, b, PANEL * sizeof *b);
        }
        return;
    }
    for (size_t l = 0; l < k; l++) {
        memcpy(panel + l * PANEL, b + l * stride, columns * sizeof *b);
        memset(panel + l * PANEL + columns, 0, (PANEL - columns) * sizeof *b);
    }
}

/* The same where b is column-major. */
static void turn_panel(size_t k, size_t columns, const float *b, size_t stride, float *panel)
{
    const size_t whole_k = k / 4 * 4;
    const size_t whole = columns / LANES * LANES;

    if (columns < PANEL) memset(panel, 0, k * PANEL * sizeof *panel);
    for (size_t j = 0; j < whole; j += LANES)
        for (size_t l = 0; l < whole_k; l += 4)
            turn(b + j * stride + l, stride, panel + l * PANEL + j, PANEL);
    for (size_t j = 0; j < columns; j++)
        for (size_t l = j < whole ? whole_k : 0; l < k; l++)
            panel[l * PANEL + j] = b[j * stride + l];
}

/* ---- packing rows of a ---- */

/* Rows are cut into blocks of about equal size: 15 rows are 8 + 7, not 14 + 1. */
static size_t n_blocks_of(size_t rows)
{
    return (rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
}

/* Pack k columns of some rows of a into a column-major block.  Vectors load STEP rows where a has
 * that many left; results of rows beyond the block's are not used. */
static void pack_block(size_t rows, size_t readable, size_t k, const float *a, size_t stride,
                       float *to)
{
    const size_t whole = readable >= STEP ? k / 4 * 4 : 0;

    for (size_t l = 0; l < whole; l += 4)
        for (size_t i = 0; i < STEP; i += LANES)
            turn(a + i * stride + l, stride, to + l * STEP + i, STEP);
    for (size_t l = whole; l < k; l++)
        for (size_t i = 0; i < rows; i++) to[l * STEP + i] = a[i * stride + l];
}

/* The same where a is column-major. */
static void pack_transposed_block(size_t rows, size_t readable, size_t k, const float *a,
                                  size_t stride, float *to)
{
    if (readable >= STEP) rows = STEP; /* a compile-time constant */
    for (size_t l = 0; l < k; l++, a += stride, to += STEP) {
        if (l + 16 < k) __builtin_prefetch(a + 16 * stride);
        if (rows == STEP)
            memcpy(to, a, STEP * sizeof *a);
        else
            memcpy(to, a, rows * sizeof *a);
    }
}

/* Pack all rows of g, k inner indices from `begin` on, block after block. */
static void pack_rows(const gan__gemm_args *g, size_t begin, size_t k, float *to)
{
    const size_t n_blocks = n_blocks_of(g->m);
    const float *a = g->a + begin * g->a_column;

    for (size_t i = 0; i < n_blocks; i++, to += k * STEP) {
        const size_t row = g->m * i / n_blocks;
        const size_t rows = g->m * (i + 1) / n_blocks - row;

        if (g->a_column == 1)
            pack_block(rows, g->m - row, k, a + row * g->a_row, g->a_row, to);
        else
            pack_transposed_block(rows, g->m - row, k, a + row * g->a_row, g->a_column, to);
    }
}

/* ---- pairs of bfloat16 ---- */

/* Pack k inner indices of n rows of a, or columns of b, padded with zeros to the `width` of a block
 * or panel.  In memory the numbers of one inner index are contiguous or, if `transposed`, those of one
 * row or column:
 *
 *     from      x00 x01 x02 ...      pairs  (x00, x10) (x01, x11) ...
 *               x10 x11 x12 ...
 *     transposed    x00 x10 x20 x30 ...  first along the rows, (x00, x10) (x20, x30) ..., then transposed
 *               x01 x11 x21 x31 ... */
static void pack_pairs(size_t n, size_t width, size_t k, const float *from, size_t stride,
                       int transposed, float *rows, float *to)
{
    if (!transposed) {
        join_rows(n, width, k, from, stride, to);
        return;
    }
    for (size_t i = 0; i < width; i += LANES) {
        const size_t own = i < n ? (n - i < LANES ? n - i : LANES) : 0;

        join_along_rows(own, k, from + i * stride, stride, rows);
        for (size_t l = 0; l < (k + 1) / 2; l += 4)
            turn(rows + l, TRANSPOSED, to + l * width + i, width);
    }
}

/* Pack all rows of g, k inner indices from `begin` on, block after block. */
static void pack_pairs_of_rows(const gan__gemm_args *g, size_t begin, size_t k, float *transposed,
                               float *to)
{
    const size_t n_blocks = n_blocks_of(g->m);
    const float *a = g->a + begin * g->a_column;
    const int rows_follow = g->a_column == 1;

    for (size_t i = 0; i < n_blocks; i++, to += (k + 1) / 2 * STEP) {
        const size_t row = g->m * i / n_blocks;
        const size_t readable = g->m - row < STEP ? g->m - row : STEP;

        pack_pairs(readable, STEP, k, a + row * g->a_row, rows_follow ? g->a_row : g->a_column,
                   rows_follow, transposed, to);
    }
}

/* ---- the product ---- */

/* One panel's part of a product: k inner indices from `begin` on, some columns from j on. */
typedef struct part {
    const gan__gemm_args *g;
    size_t j, columns;
    size_t begin, k;
    const float *rows; /* of a, packed; NULL: they are read in place */
    size_t block;      /* stride of their blocks */
} part;

/* The part that comes after this one; its k is 0 at the end. */
static part next_part(const part *p)
{
    const gan__gemm_args *g = p->g;
    part next = {g, p->j, p->columns, p->begin + p->k, 0, NULL, 0};

    if (next.begin == g->k) {
        next.begin = 0;
        next.j += PANEL;
    }
    if (next.j >= g->n) return next;
    next.columns = g->n - next.j < PANEL ? g->n - next.j : PANEL;
    next.k = g->k - next.begin < DEPTH ? g->k - next.begin : DEPTH;
    return next;
}

static const float *b_of(const part *p)
{
    const gan__gemm_args *g = p->g;

    return g->b + (g->b_transposed ? p->j * g->b_stride + p->begin : p->begin * g->b_stride + p->j);
}

/* Prefetch a part's piece of b. */
static void fetch_b(const part *p)
{
    const gan__gemm_args *g = p->g;

    fetch(b_of(p), g->b_stride, g->b_transposed ? p->columns : p->k,
          g->b_transposed ? p->k : p->columns);
}

/* Prefetch rows begin .. end-1 of a part's piece of a. */
static void fetch_a(const part *p, size_t begin, size_t end)
{
    const gan__gemm_args *g = p->g;
    const float *a = g->a + p->begin * g->a_column + begin * g->a_row;

    if (g->a_column == 1)
        fetch(a, g->a_row, end - begin, p->k);
    else
        fetch(a, g->a_column, p->k, end - begin);
}

static void fill_rows(size_t rows, const float *numbers, float *to)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < PANEL; j++) to[i * PANEL + j] = numbers[i];
}

/* All rows of a times a panel.  The remainder, a block narrower than its vectors, is computed in
 * `rest`, of which only its own columns are copied into c. */
static void multiply_panel(const part *p, const float *panel)
{
    static const float zeros[PANEL];
    const gan__gemm_args *g = p->g;
    const size_t n_blocks = n_blocks_of(g->m);
    const int kind = !p->rows ? UNPACKED : g->pairs ? PAIRS : PACKED;
    const int partial = p->columns != PANEL && p->columns != LANES;
    const float *start = g->bias ? g->bias + p->j : zeros;
    const int continues = p->begin > 0 || g->accumulate;
    float rest[BLOCK_ROWS * PANEL] = {0};

    if (p->j == 0 && !p->rows) fetch_a(p, 0, g->m / n_blocks);
    for (size_t i = 0; i < n_blocks; i++) {
        const size_t begin = g->m * i / n_blocks;
        const size_t end = g->m * (i + 1) / n_blocks;
        const size_t rows = end - begin;
        const float *a =
            p->rows ? p->rows + i * p->block : g->a + p->begin * g->a_column + begin * g->a_row;
        block_fn *const add_block = blocks[rows][kind][p->columns > LANES];
        float *c = g->c + begin * g->c_stride + p->j;
        const float *from = continues ? c : start;
        size_t from_stride = continues ? g->c_stride : 0;

        if (!continues && g->row_bias) {
            fill_rows(rows, g->row_bias + begin, rest);
            from = rest;
            from_stride = PANEL;
        }
        if (p->j == 0 && !p->rows && end < g->m) fetch_a(p, end, g->m * (i + 2) / n_blocks);
        if (!partial) {
            add_block(p->k, a, g->a_row, g->a_column, panel, from, from_stride, c, g->c_stride);
            continue;
        }
        for (size_t r = 0; r < rows && from != rest; r++)
            memcpy(rest + r * PANEL, from + r * from_stride, p->columns * sizeof *rest);
        add_block(p->k, a, g->a_row, g->a_column, panel, rest, PANEL, rest, PANEL);
        for (size_t r = 0; r < rows; r++)
            memcpy(c + r * g->c_stride, rest + r * PANEL, p->columns * sizeof *rest);
    }
}

/* Pack a part's piece of b into a panel. */
static void fill_panel(const part *p, float *panel)
{
    if (p->g->b_transposed)
        turn_panel(p->k, p->columns, b_of(p), p->g->b_stride, panel);
    else
        copy_panel(p->k, p->columns, b_of(p), p->g->b_stride, panel);
}

static part first_part(const gan__gemm_args *g)
{
    return (part){g, 0, g->n < PANEL ? g->n : PANEL, 0, g->k < DEPTH ? g->k : DEPTH, NULL, 0};
}

static void multiply_rows(const gan__gemm_args *g)
{
    const float *packed = g->packed;
    part p = first_part(g);

    if (!packed) fetch_b(&p);
    while (p.k > 0) {
        if (!packed) fill_panel(&p, g->scratch);
        multiply_panel(&p, packed ? packed : g->scratch);
        if (packed) packed += p.k * PANEL;
        p = next_part(&p);
    }
}

/* A chunk of rows, packed for a range of inner indices, times all panels of that range.  Ranges are
 * deep, for each reads and writes all of c, and of about equal size. */
static void multiply_packed_rows(const gan__gemm_args *g)
{
    const size_t n = (g->k + PACKED_DEPTH - 1) / PACKED_DEPTH;
    float *panel = g->rows;
    float *rows = g->rows + PANEL * PACKED_DEPTH;

    for (size_t i = 0; i < n; i++) {
        part p = {g, 0, 0, g->k * i / n, g->k * (i + 1) / n - g->k * i / n, rows, 0};

        p.block = p.k * STEP;
        pack_rows(g, p.begin, p.k, rows);
        for (; p.j < g->n; p.j += PANEL) {
            p.columns = g->n - p.j < PANEL ? g->n - p.j : PANEL;
            fill_panel(&p, panel);
            multiply_panel(&p, panel);
        }
    }
}

/* The same in pairs of bfloat16; a part counts its inner indices in pairs. */
static void multiply_pairs(const gan__gemm_args *g)
{
    const size_t n_pairs = (g->k + 1) / 2;
    const size_t n = (n_pairs + DEPTH - 1) / DEPTH;
    float *panel = g->pairs;
    float *transposed = panel + PANEL * DEPTH;
    float *rows = transposed + LANES * TRANSPOSED;

    for (size_t i = 0; i < n; i++) {
        part p = {g, 0, 0, n_pairs * i / n, n_pairs * (i + 1) / n - n_pairs * i / n, rows, 0};
        const size_t k = 2 * (p.begin + p.k) < g->k ? 2 * p.k : g->k - 2 * p.begin;

        p.block = p.k * STEP;
        if (g->pair_rows) {
            p.rows = g->pair_rows + p.begin * STEP;
            p.block = n_pairs * STEP;
        } else {
            pack_pairs_of_rows(g, 2 * p.begin, k, transposed, rows);
        }
        for (; p.j < g->n; p.j += PANEL) {
            const size_t at =
                g->b_transposed ? p.j * g->b_stride + 2 * p.begin : 2 * p.begin * g->b_stride + p.j;

            p.columns = g->n - p.j < PANEL ? g->n - p.j : PANEL;
            pack_pairs(p.columns, PANEL, k, g->b + at, g->b_stride, g->b_transposed, transposed,
                       panel);
            multiply_panel(&p, panel);
        }
    }
}

static size_t pair_rows_size(size_t m, size_t k)
{
    return n_blocks_of(m) * STEP * ((k + 1) / 2);
}

/* Blocks are contiguous, in the order in which multiply_pairs() reads them. */
static float *pair_block(const gan__pair_piece *p, size_t block, float *rows)
{
    return rows + (block * ((p->all_k + 1) / 2) + p->at / 2) * STEP;
}

/* A row-major piece: each row is written with stride STEP into its block. */
static void put_single_rows(const gan__pair_piece *p, float *rows)
{
    const size_t n_blocks = n_blocks_of(p->all_rows);
    const float *from = p->from;

    for (size_t r = p->row; r < p->row + p->m; r++, from += p->stride) {
        const size_t block = ((r + 1) * n_blocks - 1) / p->all_rows;
        float *to = pair_block(p, block, rows) + r - p->all_rows * block / n_blocks;

        for (size_t l = 0; l < p->k; l += 2 * LANES) {
            float line[2 * LANES], pairs[LANES];
            const size_t left = p->k - l < 2 * LANES ? p->k - l : 2 * LANES;

            store(pairs, join_row(filled_up(left, 2 * LANES, from + l, line)));
            for (size_t i = 0; i < (left + 1) / 2; i++) memcpy(to + (l / 2 + i) * STEP, pairs + i, 4);
        }
    }
}

static void put_pair_rows(const gan__pair_piece *p, float *rows)
{
    const size_t n_blocks = n_blocks_of(p->all_rows);

    if (!p->transposed) {
        put_single_rows(p, rows);
        return;
    }
    for (size_t i = 0; i < n_blocks; i++) { /* a transposed piece has all rows */
        const size_t row = p->all_rows * i / n_blocks, left = p->all_rows - row;

        join_rows(left < STEP ? left : STEP, STEP, p->k, p->from + row, p->stride,
                  pair_block(p, i, rows));
    }
}

static void multiply_rows_in_turn(const gan__gemm_args *args)
{
    const size_t most = args->pair_rows                 ? args->m
                        : args->rows || args->pairs ? CHUNK_BLOCKS * BLOCK_ROWS
                                                    : MAX_ROWS;
    const size_t n = (args->m + most - 1) / most;
    gan__gemm_args g = *args;

    for (size_t i = 0; i < n; i++) {
        const size_t row = args->m * i / n;

        g.m = args->m * (i + 1) / n - row;
        if (args->a) g.a = args->a + row * args->a_row; /* pair_rows replaces it, undivided */
        g.c = args->c + row * args->c_stride;
        if (g.pairs)
            multiply_pairs(&g);
        else if (g.rows)
            multiply_packed_rows(&g);
        else
            multiply_rows(&g);
    }
}

static void multiply(const gan__gemm_args *args)
{
    const unsigned before = args->pairs ? begin_pairs() : 0;

    multiply_rows_in_turn(args);
    if (args->pairs) end_pairs(before);
}

#include "math/kernels_tree_internal.h"

/* ---- the interface ---- */

/* Pack all panels, contiguous and in the order in which a product reads them. */
static void pack(const gan__gemm_args *args, float *packed)
{
    for (part p = first_part(args); p.k > 0; p = next_part(&p)) {
        fill_panel(&p, packed);
        packed += p.k * PANEL;
    }
}

static void multiply_own_panel(const gan__gemm_args *args, const float *panel)
{
    gan__gemm_args g = *args;

    if (args->pairs) {
        g.b = panel;
        g.b_stride = PANEL;
        g.b_transposed = 0;
        multiply(&g);
        return;
    }
    multiply_panel(&(part){args, 0, args->n, 0, args->k, NULL, 0}, panel);
}

#define NAME_OF(isa) gan__products_##isa
#define NAME(isa) NAME_OF(isa)
extern const gan__products NAME(GAN__ISA);
const gan__products NAME(GAN__ISA) = {
    .fused = FUSED,
    .gemm = multiply,
    .gemm_tree = multiply_tree,
    .pack = pack,
    .pair_rows_size = pair_rows_size,
    .put_pair_rows = put_pair_rows,
    .panels = {PANEL, multiply_own_panel}};
