/* kernels_internal.h - matrix products, and the BLAS's threads. */
#ifndef GAN_KERNELS_INTERNAL_H
#define GAN_KERNELS_INTERNAL_H

#include "math/kernels_gemm_internal.h"
#include "math/kernels_simd_internal.h"

#include <gan/status.h>
#include <stddef.h>

/* Products of row-major matrices, on the calling thread.  Matrices are contiguous, but w and dw
 * have the leading dimension `stride`.  `scratch` is gan__kernels_scratch() floats aligned to a
 * cache line, so that no panel is on the stack.  BLAS calls are made between gan__blas_enter() and
 * gan__blas_leave(), which an entry point of the library calls once. */

/* What computes a product: the fastest loops, whose order of additions may depend on the number of
 * rows; those of kernels_gemm.c, with which a row has the same bits in any batch; or these in
 * bfloat16, as kernels_pairs_internal.h describes, for which `scratch` is GAN__GEMM_PAIRS floats.
 * Products with a single output stay in float32, as they are memory-bound. */
typedef enum gan__by { GAN__BY_SPEED = 0, GAN__BY_ROWS, GAN__BY_BFLOAT16 } gan__by;

/* The scratch, in floats, for float32 products with weights of `out` rows and leading dimension
 * `stride`.  It is much larger for wide layers, where packing pays. */
size_t gan__kernels_scratch(size_t stride, size_t out);

/* Columns begin .. end-1 of y[rows, out] = x[rows, in] w[out, in]^T + b[out]; b may be NULL.  And
 * the same product added to y. */
void gan__kernels_linear(gan__by by, size_t rows, size_t in, size_t out, size_t begin, size_t end,
                         const float *x, const float *w, size_t stride, const float *b, float *y,
                         float *scratch);
void gan__kernels_linear_add(gan__by by, size_t rows, size_t in, size_t out, size_t begin,
                             size_t end, const float *x, const float *w, size_t stride, float *y,
                             float *scratch);

/* The whole product with weights that gan__kernels_pack() has packed into panels, packed_size()
 * floats aligned to a cache line: faster for a few rows, with the same bits as GAN__BY_ROWS. */
size_t gan__kernels_packed_size(size_t in, size_t out);
void gan__kernels_pack(size_t in, size_t out, const float *w, float *packed);
void gan__kernels_linear_packed(size_t rows, size_t in, size_t out, const float *x,
                                const float *packed, const float *b, float *y);

/* Columns begin .. end-1 of dx[rows, in] = dy[rows, out] w[out, in] */
void gan__kernels_linear_input_grad(gan__by by, size_t rows, size_t in, size_t out, size_t begin, size_t end,
                                    const float *dy, const float *w, size_t stride, float *dx,
                                    float *scratch);

/* Rows begin .. end-1 of dw[out, in] = dy[rows, out]^T x[rows, in] */
void gan__kernels_linear_weight_grad(gan__by by, size_t rows, size_t in, size_t out, size_t begin,
                                     size_t end, const float *x, const float *dy, size_t stride,
                                     float *dw, float *scratch);

/* The same as a tree reduction over shards, if gan__kernels_has_trees(): the bits are those of a
 * separate product for each shard, added up as a tree.  `scratch` is
 * gan__kernels_tree_scratch(rows) floats. */
void gan__kernels_linear_weight_grad_tree(const gan__shard_rows *shards, size_t rows, size_t in,
                                          size_t out, size_t begin, size_t end, const float *x,
                                          const float *dy, size_t stride, float *dw,
                                          float *scratch);
int gan__kernels_has_trees(void);
size_t gan__kernels_tree_scratch(size_t rows);

/* Push sum i of n numbers, which its shard has written to gan__tree_at(), on a stack. */
static inline float *gan__tree_at(float *stack, size_t n, size_t i)
{
    return stack + gan__tree_depth(i) * n;
}
void gan__tree_put(float *stack, size_t n, size_t i);

/* Panels for products. */
const gan__panels *gan__kernels_panels(gan__by by);

/* A product by CBLAS; by kernels_gemm.c in a build without one. */
void gan__kernels_gemm_blas(const gan__gemm_args *args);

/* Set an OpenBLAS to one thread until the last caller has left, then restore its thread count.
 * What enter() returns, the calling thread's own count in builds on OpenMP, is for leave().  A BLAS
 * without such a setting is left alone. */
int gan__blas_enter(void);
void gan__blas_leave(int own_before);

/* Write the BLAS's name and configuration, "openblas, OpenBLAS 0.3.21 ... Haswell": results can
 * have the same bits only where this and gan_instruction_set() are the same. */
void gan__blas_describe(char *text, size_t capacity);

/* Let an OpenBLAS allocate now what n concurrent threads will need: else its first product does,
 * and never returns when memory is short.  GAN_ERR_NOMEM.  And whether products go to the BLAS at
 * all on this processor. */
gan_status gan__blas_reserve(size_t n_threads);
int gan__kernels_need_blas(void);

/* For a new worker: in OpenBLAS builds on OpenMP each thread has a thread count of its own. */
void gan__blas_enter_worker(void);

#endif
