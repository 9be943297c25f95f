/* kernels_gemm.c - the matrix product, compiled once for each instruction set.
 *
 * c[m, n] = a[m, k] b[k, n], where one matrix, a, is small, as a batch is, and the other, b, is
 * large, as the weights of a layer are.  A BLAS copies both into blocks that suit its registers and
 * caches; here only b is copied, and each of its values once.  The loops, from the outermost in:
 *
 *     rows of a     MAX_ROWS at a time: they are read again for each panel, from the second cache
 *     columns of b  PANEL at a time    \  a panel of DEPTH rows and PANEL columns is copied into
 *     inner index   DEPTH at a time    /  scratch memory, 32 KiB: it stays in the nearest cache
 *     rows of a     BLOCK_ROWS at a time: a block of c, whose sums stay in registers
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
 * A block is BLOCK_ROWS rows of two vectors: 14 x 2 of AVX-512's 32 registers, 6 x 2 of AVX2's 16.
 * What is left holds the row of the panel and a value of a.  Each step of the inner index is two
 * loads from the panel and BLOCK_ROWS times two fused multiply-adds, so the loads hide behind them.
 *
 * A value of c is a single chain of fused multiply-adds in the order of the inner index: it begins
 * with the bias, or with c itself where the inner index goes on in a further panel.  Neither the
 * rows nor the columns that are computed at once change that chain, so the bits of the result are
 * the same however a product is cut into tiles, on any number of threads.
 *
 * docs/performance.md has the measurements behind the sizes. */
#include "math/kernels_gemm_internal.h"

#include <string.h>

/* An instruction set is what the compiler was told to use: see the Makefile. */
#if defined(__AVX512F__) && defined(__FMA__)
#include <immintrin.h>
#define LANES 16
enum { BLOCK_ROWS = 14 }; /* 28 of 32 registers for the block */
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define LANES 8
enum { BLOCK_ROWS = 6 }; /* 12 of 16 */
#else
#define LANES 4 /* in vectors of the compiler's, which makes them of what there is */
enum { BLOCK_ROWS = 6 };
#endif
enum {
    PANEL = 2 * LANES,  /* columns of a panel */
    DEPTH = 256,        /* its rows: 32 KiB at the most */
    MAX_ROWS = 64 * 14, /* of the small matrix in turn, so that they stay in the second cache */
};

_Static_assert(DEPTH *PANEL <= GAN__GEMM_SCRATCH, "a panel has to fit");

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));
typedef float anywhere
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias)); /* in memory */

static inline vector load(const float *x)
{
    return *(const anywhere *)x;
}

static inline void store(float *x, vector v)
{
    *(anywhere *)x = v;
}

/* sum + a b, rounded once where the instruction set can.  By name, because compilers that may
 * choose split some fused sums again, where their tables say that a chain of them is slow. */
static inline vector add_product(vector sum, float a, vector b)
{
#if LANES == 16
    return _mm512_fmadd_ps(_mm512_set1_ps(a), b, sum);
#elif LANES == 8
    return _mm256_fmadd_ps(_mm256_set1_ps(a), b, sum);
#else
    return sum + (vector){a, a, a, a} * b;
#endif
}

/* ---- the innermost block ---- */

/* The block's loops have to vanish, so that its sums are registers. */
#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

/* `rows` rows by `vectors` vectors of the result, which begins with what stands in `from`; both are
 * constants wherever this is inlined.  The result's lines are fetched while the sums are made. */
static inline __attribute__((always_inline)) void
block(size_t rows, size_t vectors, size_t k, const float *a, size_t a_row, size_t a_column,
      const float *panel, const float *from, size_t from_stride, float *c, size_t c_stride)
{
    vector sum[BLOCK_ROWS][2];

    UNROLLED for (size_t i = 0; i < rows; i++) UNROLLED for (size_t j = 0; j < vectors; j++)
    {
        sum[i][j] = load(from + i * from_stride + j * LANES);
        __builtin_prefetch(c + i * c_stride + j * LANES, 1);
    }
    for (size_t l = 0; l < k; l++, a += a_column, panel += PANEL)
        UNROLLED for (size_t i = 0; i < rows; i++) UNROLLED for (size_t j = 0; j < vectors; j++)
            sum[i][j] = add_product(sum[i][j], a[i * a_row], load(panel + j * LANES));
    UNROLLED for (size_t i = 0; i < rows; i++) UNROLLED for (size_t j = 0; j < vectors; j++)
        store(c + i * c_stride + j * LANES, sum[i][j]);
}

typedef void block_fn(size_t k, const float *a, size_t a_row, size_t a_column, const float *panel,
                      const float *from, size_t from_stride, float *c, size_t c_stride);

#define BLOCK(rows, vectors)                                                                       \
    static void block_##rows##_##vectors(size_t k, const float *a, size_t a_row, size_t a_column,  \
                                         const float *panel, const float *from,                    \
                                         size_t from_stride, float *c, size_t c_stride)            \
    {                                                                                              \
        block(rows, vectors, k, a, a_row, a_column, panel, from, from_stride, c, c_stride);        \
    }
#define BLOCKS(rows) BLOCK(rows, 1) BLOCK(rows, 2)
#define ENTRY(rows)                                                                                \
    {                                                                                              \
        block_##rows##_1, block_##rows##_2                                                         \
    }

BLOCKS(1)
BLOCKS(2)
BLOCKS(3)
BLOCKS(4)
BLOCKS(5)
BLOCKS(6)
#if LANES == 16
BLOCKS(7)
BLOCKS(8)
BLOCKS(9)
BLOCKS(10)
BLOCKS(11)
BLOCKS(12)
BLOCKS(13) BLOCKS(14)
#endif

    static block_fn *const blocks[BLOCK_ROWS + 1][2] = {
        {NULL, NULL}, ENTRY(1), ENTRY(2), ENTRY(3),  ENTRY(4),  ENTRY(5),  ENTRY(6),
#if LANES == 16
        ENTRY(7),     ENTRY(8), ENTRY(9), ENTRY(10), ENTRY(11), ENTRY(12), ENTRY(13), ENTRY(14),
#endif
};

/* ---- panels ---- */

/* The vector of the elements with these indices, those of b counted on from those of a. */
#if defined(__clang__) || __GNUC__ >= 12
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int places __attribute__((vector_size(LANES * sizeof(int))));
#define PICK(a, b, ...) __builtin_shuffle(a, b, (places){__VA_ARGS__})
#endif

/* The steps that transpose four by four values in each quarter or half of four vectors.  With one
 * quarter of a, b, c, d, which are rows:
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

/* Transpose: four values of each of LANES rows of memory, which are columns of b, become four rows
 * of a panel.  quads() gathers the rows in such an order that the transposed quarters are in
 * place. */
static inline void turn(const float *from, size_t stride, float *to)
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
    store(to + PANEL, BACK(ab_low, cd_low));
    store(to + 2 * PANEL, FRONT(ab_high, cd_high));
    store(to + 3 * PANEL, BACK(ab_high, cd_high));
}

/* Copy `columns` columns of k rows of b, whose rows lie one after the other, into a panel; a panel
 * that is not full is filled up with zeros. */
static void copy_panel(size_t k, size_t columns, const float *b, size_t stride, float *panel)
{
    if (columns == PANEL) {
        for (size_t l = 0; l < k; l++) memcpy(panel + l * PANEL, b + l * stride, PANEL * sizeof *b);
        return;
    }
    for (size_t l = 0; l < k; l++) {
        memcpy(panel + l * PANEL, b + l * stride, columns * sizeof *b);
        memset(panel + l * PANEL + columns, 0, (PANEL - columns) * sizeof *b);
    }
}

/* The same where the columns lie one after the other. */
static void turn_panel(size_t k, size_t columns, const float *b, size_t stride, float *panel)
{
    const size_t whole_k = k / 4 * 4;
    const size_t whole = columns / LANES * LANES;

    if (columns < PANEL) memset(panel, 0, k * PANEL * sizeof *panel);
    for (size_t j = 0; j < whole; j += LANES)
        for (size_t l = 0; l < whole_k; l += 4)
            turn(b + j * stride + l, stride, panel + l * PANEL + j);
    for (size_t j = 0; j < columns; j++)
        for (size_t l = j < whole ? whole_k : 0; l < k; l++)
            panel[l * PANEL + j] = b[j * stride + l];
}

/* ---- the product ---- */

/* One panel's part of a product: k inner indices from `begin` on, some columns from j on. */
typedef struct part {
    const gan__gemm_args *g;
    size_t j, columns;
    size_t begin, k;
} part;

/* The part that comes after this one; its k is 0 at the end. */
static part next_part(const part *p)
{
    const gan__gemm_args *g = p->g;
    part next = {g, p->j, p->columns, p->begin + p->k, 0};

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

    return g->b + (g->b_turned ? p->j * g->b_stride + p->begin : p->begin * g->b_stride + p->j);
}

/* What is read next was often written by another core a moment ago and is still in its cache, from
 * where a line takes long; prefetching many at once and ahead of time hides that. */
static void fetch(const float *x, size_t stride, size_t rows, size_t width)
{
    enum { LINE = 16 };

    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < width; i += LINE) __builtin_prefetch(x + r * stride + i);
}

/* Fetch a part's piece of b. */
static void fetch_b(const part *p)
{
    const gan__gemm_args *g = p->g;

    fetch(b_of(p), g->b_stride, g->b_turned ? p->columns : p->k, g->b_turned ? p->k : p->columns);
}

/* Fetch rows begin .. end-1 of a part's piece of a. */
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

/* All rows of a times a panel, in blocks of about equal size: 15 rows are 8 + 7, not 14 + 1.  A
 * block narrower than its vectors is computed in `rest`, whose unused columns are multiplied by
 * zeros. */
static void multiply_panel(const part *p, const float *panel)
{
    static const float zeros[PANEL];
    const gan__gemm_args *g = p->g;
    const size_t n_blocks = (g->m + BLOCK_ROWS - 1) / BLOCK_ROWS;
    const int partial = p->columns != PANEL && p->columns != LANES;
    const float *a = g->a + p->begin * g->a_column;
    const float *start = g->bias ? g->bias + p->j : zeros;
    const int goes_on = p->begin > 0 || g->accumulate;
    float rest[BLOCK_ROWS * PANEL] = {0};

    if (p->j == 0) fetch_a(p, 0, g->m / n_blocks);
    for (size_t i = 0; i < n_blocks; i++) {
        const size_t begin = g->m * i / n_blocks;
        const size_t end = g->m * (i + 1) / n_blocks;
        const size_t rows = end - begin;
        block_fn *const add_block = blocks[rows][p->columns > LANES];
        float *c = g->c + begin * g->c_stride + p->j;
        const float *from = goes_on ? c : start;
        size_t from_stride = goes_on ? g->c_stride : 0;

        if (!goes_on && g->row_bias) {
            fill_rows(rows, g->row_bias + begin, rest);
            from = rest;
            from_stride = PANEL;
        }
        if (p->j == 0 && end < g->m) fetch_a(p, end, g->m * (i + 2) / n_blocks);
        if (!partial) {
            add_block(p->k, a + begin * g->a_row, g->a_row, g->a_column, panel, from, from_stride, c,
                      g->c_stride);
            continue;
        }
        for (size_t r = 0; r < rows && from != rest; r++)
            memcpy(rest + r * PANEL, from + r * from_stride, p->columns * sizeof *rest);
        add_block(p->k, a + begin * g->a_row, g->a_row, g->a_column, panel, rest, PANEL, rest,
                  PANEL);
        for (size_t r = 0; r < rows; r++)
            memcpy(c + r * g->c_stride, rest + r * PANEL, p->columns * sizeof *rest);
    }
}

/* Copy a part's piece of b into a panel. */
static void fill_panel(const part *p, float *panel)
{
    if (p->g->b_turned)
        turn_panel(p->k, p->columns, b_of(p), p->g->b_stride, panel);
    else
        copy_panel(p->k, p->columns, b_of(p), p->g->b_stride, panel);
}

static part first_part(const gan__gemm_args *g)
{
    return (part){g, 0, g->n < PANEL ? g->n : PANEL, 0, g->k < DEPTH ? g->k : DEPTH};
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

static void multiply(const gan__gemm_args *args)
{
    gan__gemm_args rows = *args;

    for (size_t i = 0; i < args->m; i += MAX_ROWS) {
        rows.m = args->m - i < MAX_ROWS ? args->m - i : MAX_ROWS;
        rows.a = args->a + i * args->a_row;
        rows.c = args->c + i * args->c_stride;
        multiply_rows(&rows);
    }
}

/* All panels, one behind the other in the order in which a product comes to them. */
static void pack(const gan__gemm_args *args, float *packed)
{
    for (part p = first_part(args); p.k > 0; p = next_part(&p)) {
        fill_panel(&p, packed);
        packed += p.k * PANEL;
    }
}

static void multiply_own_panel(const gan__gemm_args *args, const float *panel)
{
    multiply_panel(&(part){args, 0, args->n, 0, args->k}, panel);
}

#define NAME_OF(isa) gan__products_##isa
#define NAME(isa) NAME_OF(isa)
extern const gan__products NAME(GAN__ISA);
const gan__products NAME(GAN__ISA) = {
    .fused = LANES > 4, .gemm = multiply, .pack = pack, .panels = {PANEL, multiply_own_panel}};
