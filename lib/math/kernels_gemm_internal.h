/* kernels_gemm_internal.h - matrix products by the library's own loops.
 *
 * kernels_gemm.c is compiled once for each instruction set: for those that have it with fused
 * multiply-add, for the portable one with a product and a sum.  Every value of a result is one
 * chain of those, in the order of the inner index: how the work is cut doesn't show in the bits. */
#ifndef GAN_KERNELS_GEMM_INTERNAL_H
#define GAN_KERNELS_GEMM_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <stddef.h>

/* c[m, n] = bias[n] + a[m, k] b[k, n]; without a bias (NULL) plainly the product; with `accumulate`
 * added to the values in c.
 * Strides are in floats.
 * a: element (i, l) is a[i * a_row + l * a_column].
 * b: its rows lie k-th after k-th, b_stride apart; or, when it is turned, its columns do.
 * c: its rows are c_stride apart. */
enum {
    GAN__GEMM_SCRATCH = 8192,                         /* floats: the largest panel */
    GAN__GEMM_ROWS = (28 * 16 + 32) * 512, /* packed rows of a, and a deeper panel */
    GAN__GEMM_PAIRS = (28 * 16 + 32 + 18) * 256, /* the same in bfloat16, and what is transposed */
};

/* Rows of a batch that is cut into shards, of which there are 1, 2, 4, 8 ...: shard i has the rows
 * from ends[i - 1], or 0, to ends[i] - 1, and where `again` is above 0 as many from row again +
 * ends[i - 1] on.  What is a sum over rows is one for each shard, and these are added as a tree. */
typedef struct gan__shard_rows {
    size_t n;
    const size_t *ends;
    size_t again;
} gan__shard_rows;

/* Such a tree on a stack: sum i is pushed at depth gan__tree_depth(i), and then the topmost two are
 * added into one gan__tree_merges(i) times, as the carry of i + 1 runs through the ones of i:
 *
 *     sum          0      1       2        3            4 ...
 *     on the       0     0-1     0-1      0-1 2-3       0-3
 *     stack                       2    -> 0-3            4
 *
 * For n sums it takes room for gan__tree_room() of them, and in the end they are one. */
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

typedef struct gan__gemm_args {
    size_t m, n, k;
    const float *a;
    size_t a_row, a_column;
    const float *b;
    size_t b_stride;
    int b_turned;
    const float *packed; /* b as gan__products.pack() has written it; NULL: it is in b */
    float *c;
    size_t c_stride;
    const float *bias;
    const float *row_bias; /* a value for each row instead: with a panel only */
    int accumulate;
    float *scratch; /* GAN__GEMM_SCRATCH floats on a cache line's beginning, until the call ends */
    float *rows;    /* GAN__GEMM_ROWS of them instead, to pack a, too: faster from some size on,
                       with the same bits; NULL: a is read in place */
    float *pairs;   /* GAN__GEMM_PAIRS of them: a and b are rounded to bfloat16, which
                       kernels_pairs_internal.h describes; NULL: they aren't */
    const float *pair_rows; /* then: a as gan__products has put it there; NULL: it is in a */
    const gan__shard_rows *shards; /* of the inner index: for gan__products.gemm_tree */
} gan__gemm_args;

/* Numbers of an a that stays the same for many products in bfloat16, in memory order: of rows
 * `row` .. `row` + m - 1 and inner indices `at` .. `at` + k - 1, of which the first is even. */
typedef struct gan__pair_piece {
    size_t row, m, at, k;
    const float *from;
    size_t stride; /* from one row to the next; or, when they are `turned`, from one inner index */
    int turned;
    size_t all_rows, all_k; /* of a */
} gan__pair_piece;

typedef void gan__gemm_fn(const gan__gemm_args *args);

/* The same with a b of the caller's making: a panel of k rows, gan__panels.width floats apart, of
 * which the first n are used; the others are read, too. */
typedef void gan__panel_fn(const gan__gemm_args *args, const float *panel);

typedef struct gan__panels {
    size_t width;
    gan__panel_fn *multiply;
} gan__panels;

/* The products of one instruction set: gan__products_base, gan__products_v3, gan__products_v4.
 *
 * Where b stays the same for many products of few rows, as the weights of a sampler do, copying it
 * into panels takes longer than multiplying: pack() does it once, into k times
 * gan__gemm_packed_columns() numbers on a cache line's beginning.  Of `args` it reads n, k and what
 * describes b.
 *
 * In bfloat16 it is a that put_pair_rows() puts piece by piece into pair_rows_size() numbers; pieces
 * of different threads don't touch. */
typedef struct gan__products {
    int fused; /* rounded once for each product and its sum; else twice */
    gan__gemm_fn *gemm;
    gan__gemm_fn *gemm_tree; /* the same as a tree of sums over shards, at most GAN__TREE_SHARDS: a is
                                turned (a_row is 1), b isn't, and there is no bias; scratch is a panel's width times k floats */
    void (*pack)(const gan__gemm_args *args, float *packed);
    size_t (*pair_rows_size)(size_t m, size_t k);
    void (*put_pair_rows)(const gan__pair_piece *piece, float *pair_rows);
    gan__panels panels;
} gan__products;

enum {
    GAN__TREE_SHARDS = 64,
    GAN__TREE_SUMS = 7 /* a stack of as many sums, and the one that is put on it */
};

/* Columns of b with those that fill up its last panel. */
static inline size_t gan__gemm_packed_columns(const gan__products *products, size_t n)
{
    const size_t width = products->panels.width;

    return (n + width - 1) / width * width;
}

#endif
