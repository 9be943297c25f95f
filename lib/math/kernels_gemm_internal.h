/* kernels_gemm_internal.h - matrix products by the library's own loops.
 *
 * kernels_gemm.c is compiled once for each instruction set: with fused multiply-add (FMA) for those
 * that have it, with a product and a sum for the portable one.  Every value of a result is one
 * chain of those, in the order of the inner index: its bits don't depend on how work is divided. */
#ifndef GAN_KERNELS_GEMM_INTERNAL_H
#define GAN_KERNELS_GEMM_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <stddef.h>

/* The scratch of products, in floats. */
enum {
    GAN__GEMM_SCRATCH = 8192,                         /* the largest panel */
    GAN__GEMM_ROWS = (28 * 16 + 32) * 512, /* packed rows of a, and a deeper panel */
    GAN__GEMM_PAIRS = (28 * 16 + 32 + 18) * 256, /* the same in bfloat16, and to transpose in */
};

/* The rows of a batch in 1, 2, 4, 8 ... shards: shard i has rows ends[i - 1], or 0, to ends[i] - 1
 * and, where `again` is above 0, the same rows `again` further on.  A sum over rows is computed for
 * each shard, and these are added as a tree. */
typedef struct gan__shard_rows {
    size_t n;
    const size_t *ends;
    size_t again;
} gan__shard_rows;

/* Such a tree on a stack: sum i is pushed at depth gan__tree_depth(i), and then the topmost two are
 * merged gan__tree_merges(i) times, as often as incrementing the binary counter i carries:
 *
 *     sum          0      1       2        3            4 ...
 *     on the       0     0-1     0-1      0-1 2-3       0-3
 *     stack                       2    -> 0-3            4
 *
 * The stack of n sums has at most gan__tree_room() of them, and in the end one. */
static inline size_t gan__tree_depth(size_t i)
{
    size_t n = 0;

    for (; i > 0; i &= i - 1) n++;
    return n;
}

static inline size_t gan__tree_merges(size_t i)
{
    size_t n = 0;

    for (; i & 1; i >>= 1) n++;
    return n;
}

static inline size_t gan__tree_room(size_t n)
{
    size_t depth = 1;

    while (n >> (depth + 1) > 0) depth++;
    return depth;
}

/* c[m, n] = bias[n] + a[m, k] b[k, n]; without a bias (NULL) the product alone; with `accumulate`
 * the product is added to c.  Strides are in floats:
 *
 *     a  element (i, l) is a[i * a_row + l * a_column]
 *     b  row-major with the leading dimension b_stride; column-major if b_transposed
 *     c  row-major with the leading dimension c_stride */
typedef struct gan__gemm_args {
    size_t m, n, k;
    const float *a;
    size_t a_row, a_column;
    const float *b;
    size_t b_stride;
    int b_transposed;
    const float *packed; /* b as gan__products.pack() has written it; NULL: it is in b */
    float *c;
    size_t c_stride;
    const float *bias;
    const float *row_bias; /* one per row instead; with a panel only */
    int accumulate;
    float *scratch; /* GAN__GEMM_SCRATCH floats aligned to a cache line */
    float *rows;    /* GAN__GEMM_ROWS of them, to pack a, too: faster from some size on,
                       with the same bits; NULL: a is read in place */
    float *pairs;   /* GAN__GEMM_PAIRS of them: a and b are rounded to bfloat16, which
                       kernels_pairs_internal.h describes; NULL: float32 */
    const float *pair_rows; /* with `pairs`: a as put_pair_rows() has packed it; NULL: it is in a */
    const gan__shard_rows *shards; /* of the inner index: for gan__products.gemm_tree */
} gan__gemm_args;

/* A piece of an a that is packed once for many products in bfloat16: rows `row` .. `row` + m - 1,
 * inner indices `at` .. `at` + k - 1, the first of which is even. */
typedef struct gan__pair_piece {
    size_t row, m, at, k;
    const float *from;
    size_t stride; /* from one row to the next; if `transposed`, from one inner index to the next */
    int transposed;
    size_t all_rows, all_k; /* of a */
} gan__pair_piece;

typedef void gan__gemm_fn(const gan__gemm_args *args);

/* The same with a panel that the caller has packed: k rows of gan__panels.width floats, all of
 * which are read; the first n are used. */
typedef void gan__panel_fn(const gan__gemm_args *args, const float *panel);

typedef struct gan__panels {
    size_t width;
    gan__panel_fn *multiply;
} gan__panels;

/* The products of one instruction set: gan__products_base, gan__products_v3, gan__products_v4.
 *
 * Where b stays the same for many products of few rows, as the weights of a sampler do, packing it
 * takes longer than multiplying: pack() does it once, into k times gan__gemm_packed_columns()
 * floats aligned to a cache line.  Of `args` it reads n, k and what describes b.
 *
 * In bfloat16 it is a that put_pair_rows() packs, piece by piece, into pair_rows_size() floats;
 * threads may pack different pieces at the same time. */
typedef struct gan__products {
    int fused; /* multiply-adds are rounded once; else twice */
    gan__gemm_fn *gemm;
    gan__gemm_fn *gemm_tree; /* the same as a tree of sums over at most GAN__TREE_SHARDS shards: a
                                is column-major (a_row is 1), b row-major, without a bias;
                                scratch is a panel's width times k floats */
    void (*pack)(const gan__gemm_args *args, float *packed);
    size_t (*pair_rows_size)(size_t m, size_t k);
    void (*put_pair_rows)(const gan__pair_piece *piece, float *pair_rows);
    gan__panels panels;
} gan__products;

enum {
    GAN__TREE_SHARDS = 64,
    GAN__TREE_SUMS = 7 /* their stack, and the sum that is pushed */
};

/* Columns of b, rounded up to whole panels. */
static inline size_t gan__gemm_packed_columns(const gan__products *products, size_t n)
{
    const size_t width = products->panels.width;

    return (n + width - 1) / width * width;
}

#endif
