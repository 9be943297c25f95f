/* kernels.c - matrix products (GEMM): by the library's own loops, or by CBLAS.
 *
 * A linear layer y = x w^T + b needs three products, of which a task computes a part:
 *
 *                         m      k      n     a               b             part
 *     forward             rows   in     out   x[rows, in]     w^T           columns of y
 *     input gradient      rows   out    in    dy[rows, out]   w[out, in]    columns of dx
 *     weight gradient     out    rows   in    dy^T            x[rows, in]   rows of dw
 *
 * "Transposed" is read with the two strides exchanged.  What computes a product depends on shapes
 * and the processor, not on the number of threads, for equal bits:
 *
 *     one row or one output             dot products, memory-bound: each weight is read once
 *     processors with FMA that kernels_gemm.c has instructions for: its loops
 *     others, and `make PRODUCTS=blas`  cblas_sgemm(), on one thread
 *
 * Samplers use kernels_gemm.c on any processor (GAN__BY_ROWS), except for a single output: then a
 * row has the same bits in any batch.  So do trainers in bfloat16, and builds without a BLAS. */
#include "math/kernels_internal.h"

#include "base/alloc_internal.h"
#include "base/build_internal.h"

#ifndef GAN__NO_BLAS
#include <cblas.h>
#endif
#include <stddef.h>
#include <string.h>

/* Whether kernels_gemm.c computes a product: where it is faster, where a row's bits must not depend
 * on the other rows, and in builds without a BLAS. */
static int is_own(gan__by by)
{
#if defined(GAN__NO_BLAS)
    (void)by;
    return 1;
#elif defined(GAN__BLAS_PRODUCTS)
    return by != GAN__BY_SPEED;
#else
    return by != GAN__BY_SPEED || gan__simd_best()->products->fused;
#endif
}

int gan__kernels_need_blas(void)
{
    return !is_own(GAN__BY_SPEED);
}

/* ---- packed rows ---- */

enum {
    WIDE_WEIGHTS = 1 << 18, /* weights that take more memory than packed rows do */
    LARGE_ROWS = 1 << 18,   /* elements of a, 1 MiB: too large for the L2 cache */
    WAYS_APART = 1024,      /* strides that are multiples of this map to one cache set */
    LEAST_ROWS = 16,
};

size_t gan__kernels_scratch(size_t stride, size_t out)
{
    return GAN__GEMM_SCRATCH + (gan__size_mul(stride, out) < WIDE_WEIGHTS ? 0 : GAN__GEMM_ROWS);
}

/* Where to pack rows of a, or NULL.  Packing makes a product faster where a doesn't fit into the L2
 * cache, or where rows that are read together evict each other from the L1 cache. */
static float *rows_scratch(const gan__gemm_args *g, size_t stride, size_t out)
{
    const int large = gan__size_mul(g->m, g->k) >= LARGE_ROWS;
    const size_t apart = g->a_row == 1 ? g->a_column : g->a_row;
    const int in_one_set = apart % WAYS_APART == 0 && g->m >= LEAST_ROWS;

    if (gan__kernels_scratch(stride, out) == GAN__GEMM_SCRATCH) return NULL;
    return large || in_one_set ? g->scratch + GAN__GEMM_SCRATCH : NULL;
}

/* ---- the loops ---- */

#ifdef GAN__NO_BLAS
void gan__kernels_gemm_blas(const gan__gemm_args *g)
{
    gan__simd_best()->products->gemm(g);
}

const gan__panels *gan__kernels_panels(gan__by by)
{
    (void)by;
    return &gan__simd_best()->products->panels;
}
#else
/* Shapes hold at most 2^31 - 1 numbers, so every dimension fits an int. */
void gan__kernels_gemm_blas(const gan__gemm_args *g)
{
    const int a_transposed = g->a_row == 1 && g->k > 1;

    /* The result starts as the bias, which saves a pass that would add it afterwards. */
    for (size_t i = 0; i < g->m && g->bias; i++)
        memcpy(g->c + i * g->c_stride, g->bias, g->n * sizeof *g->c);
    cblas_sgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans,
                g->b_transposed ? CblasTrans : CblasNoTrans, (int)g->m, (int)g->n, (int)g->k, 1.0f,
                g->a, (int)(a_transposed ? g->a_column : g->a_row), g->b, (int)g->b_stride,
                g->bias || g->accumulate ? 1.0f : 0.0f, g->c, (int)g->c_stride);
}

enum { BLAS_PANEL = 256 };

static void multiply_blas_panel(const gan__gemm_args *g, const float *panel)
{
    const int a_transposed = g->a_row == 1 && g->k > 1;

    for (size_t i = 0; i < g->m && g->row_bias && !g->accumulate; i++)
        for (size_t j = 0; j < g->n; j++) g->c[i * g->c_stride + j] = g->row_bias[i];
    cblas_sgemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans, CblasNoTrans, (int)g->m,
                (int)g->n, (int)g->k, 1.0f, g->a, (int)(a_transposed ? g->a_column : g->a_row),
                panel, BLAS_PANEL, g->row_bias || g->accumulate ? 1.0f : 0.0f, g->c,
                (int)g->c_stride);
}

const gan__panels *gan__kernels_panels(gan__by by)
{
    static const gan__panels by_blas = {BLAS_PANEL, multiply_blas_panel};

    return is_own(by) ? &gan__simd_best()->products->panels : &by_blas;
}
#endif

/* With weights of `out` rows and leading dimension `stride`. */
static void gemm(gan__by by, size_t stride, size_t out, const gan__gemm_args *args)
{
    gan__gemm_args g = *args;

    if (by == GAN__BY_BFLOAT16)
        g.pairs = g.scratch;
    else
        g.rows = rows_scratch(args, stride, out);
    if (is_own(by))
        gan__simd_best()->products->gemm(&g);
    else
        gan__kernels_gemm_blas(&g);
}

/* For one sample or one output. */
static void linear_by_dots(const gan__gemm_args *g)
{
    const gan__simd *simd = gan__simd_best();

    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->n; j++) {
            float *c = g->c + i * g->c_stride + j;
            const float from = g->accumulate ? *c : g->bias ? g->bias[j] : 0;

            *c = from + simd->dot(g->k, g->a + i * g->a_row, g->b + j * g->b_stride);
        }
}

static void linear(gan__by by, size_t rows, size_t in, size_t out, size_t begin, size_t end,
                   const float *x, const float *w, size_t stride, const float *b, int add, float *y,
                   float *scratch)
{
    const gan__gemm_args args = {.m = rows,
                                 .n = end - begin,
                                 .k = in,
                                 .a = x,
                                 .a_row = in,
                                 .a_column = 1,
                                 .b = w + begin * stride,
                                 .b_stride = stride,
                                 .b_transposed = 1,
                                 .c = y + begin,
                                 .c_stride = out,
                                 .bias = b ? b + begin : NULL,
                                 .accumulate = add,
                                 .scratch = scratch};

    if (out == 1 || (rows == 1 && by == GAN__BY_SPEED))
        linear_by_dots(&args);
    else
        gemm(by, stride, out, &args);
}

void gan__kernels_linear(gan__by by, size_t rows, size_t in, size_t out, size_t begin, size_t end,
                         const float *x, const float *w, size_t stride, const float *b, float *y,
                         float *scratch)
{
    linear(by, rows, in, out, begin, end, x, w, stride, b, 0, y, scratch);
}

void gan__kernels_linear_add(gan__by by, size_t rows, size_t in, size_t out, size_t begin,
                             size_t end, const float *x, const float *w, size_t stride, float *y,
                             float *scratch)
{
    linear(by, rows, in, out, begin, end, x, w, stride, NULL, 1, y, scratch);
}

/* ---- packed weights ---- */

static gan__gemm_args packed_args(size_t in, size_t out)
{
    return (gan__gemm_args){.n = out,
                            .k = in,
                            .a_row = in,
                            .a_column = 1,
                            .b_stride = in,
                            .b_transposed = 1,
                            .c_stride = out};
}

size_t gan__kernels_packed_size(size_t in, size_t out)
{
    return gan__size_mul(gan__gemm_packed_columns(gan__simd_best()->products, out), in);
}

void gan__kernels_pack(size_t in, size_t out, const float *w, float *packed)
{
    gan__gemm_args args = packed_args(in, out);

    args.b = w;
    gan__simd_best()->products->pack(&args, packed);
}

void gan__kernels_linear_packed(size_t rows, size_t in, size_t out, const float *x,
                                const float *packed, const float *b, float *y)
{
    gan__gemm_args args = packed_args(in, out);

    args.m = rows;
    args.a = x;
    args.packed = packed;
    args.bias = b;
    args.c = y;
    gan__simd_best()->products->gemm(&args);
}

/* ---- gradients ---- */

void gan__kernels_linear_input_grad(gan__by by, size_t rows, size_t in, size_t out, size_t begin,
                                    size_t end, const float *dy, const float *w, size_t stride,
                                    float *dx, float *scratch)
{
    const size_t n = end - begin;

    if (out > 1) {
        gemm(by, stride, out,
             &(gan__gemm_args){.m = rows,
                               .n = n,
                               .k = out,
                               .a = dy,
                               .a_row = out,
                               .a_column = 1,
                               .b = w + begin,
                               .b_stride = stride,
                               .c = dx + begin,
                               .c_stride = in,
                               .scratch = scratch});
        return;
    }
    for (size_t r = 0; r < rows; r++)
        gan__simd_best()->scale(n, dy[r], w + begin, dx + r * in + begin);
}

/* Columns begin .. end-1 of dy, transposed, times x: those rows of dw, whose leading dimension is
 * `stride`. */
static gan__gemm_args weight_grad_args(size_t rows, size_t in, size_t out, size_t begin, size_t end,
                                       const float *x, const float *dy, size_t stride, float *dw,
                                       float *scratch)
{
    return (gan__gemm_args){.m = end - begin,
                            .n = in,
                            .k = rows,
                            .a = dy + begin,
                            .a_row = 1,
                            .a_column = out,
                            .b = x,
                            .b_stride = in,
                            .c = dw + begin * stride,
                            .c_stride = stride,
                            .scratch = scratch};
}

void gan__kernels_linear_weight_grad(gan__by by, size_t rows, size_t in, size_t out, size_t begin,
                                     size_t end, const float *x, const float *dy, size_t stride,
                                     float *dw, float *scratch)
{
    const gan__gemm_args args =
        weight_grad_args(rows, in, out, begin, end, x, dy, stride, dw, scratch);

    if (out > 1) {
        gemm(by, stride, out, &args);
        return;
    }
    memset(dw, 0, in * sizeof *dw);
    for (size_t r = 0; r < rows; r++) gan__simd_best()->axpy(in, dy[r], x + r * in, dw);
}

/* ---- weight gradients as a tree over shards ---- */

int gan__kernels_has_trees(void)
{
    return is_own(GAN__BY_SPEED);
}

size_t gan__kernels_tree_scratch(size_t rows)
{
    return gan__size_mul(rows, gan__simd_best()->products->panels.width);
}

void gan__tree_put(float *stack, size_t n, size_t i)
{
    float *top = gan__tree_at(stack, n, i);

    for (size_t merges = gan__tree_merges(i); merges > 0; merges--, top -= n)
        gan__simd_best()->axpy(n, 1, top, top - n);
}

enum { COLUMNS_AT_ONCE = 256 };

/* Some columns of the weight gradient of a layer with one output. */
static void add_rows_tree(const gan__shard_rows *shards, size_t in, size_t n, const float *x,
                          const float *dy, float *dw)
{
    float stack[GAN__TREE_SUMS * COLUMNS_AT_ONCE];
    size_t row = 0;

    for (size_t i = 0; i < shards->n; row = shards->ends[i++]) {
        float *sum = gan__tree_at(stack, n, i);

        memset(sum, 0, n * sizeof *sum);
        for (size_t r = row; r < shards->ends[i]; r++)
            gan__simd_best()->axpy(n, dy[r], x + r * in, sum);
        for (size_t r = row; r < shards->ends[i] && shards->again > 0; r++)
            gan__simd_best()->axpy(n, dy[shards->again + r], x + (shards->again + r) * in, sum);
        gan__tree_put(stack, n, i);
    }
    memcpy(dw, stack, n * sizeof *dw);
}

void gan__kernels_linear_weight_grad_tree(const gan__shard_rows *shards, size_t rows, size_t in,
                                          size_t out, size_t begin, size_t end, const float *x,
                                          const float *dy, size_t stride, float *dw, float *scratch)
{
    gan__gemm_args args = weight_grad_args(rows, in, out, begin, end, x, dy, stride, dw, scratch);

    args.shards = shards;
    if (out > 1) gan__simd_best()->products->gemm_tree(&args);
    for (size_t i = 0; i < in && out == 1; i += COLUMNS_AT_ONCE)
        add_rows_tree(shards, in, in - i < COLUMNS_AT_ONCE ? in - i : COLUMNS_AT_ONCE, x + i, dy,
                      dw + i);
}
