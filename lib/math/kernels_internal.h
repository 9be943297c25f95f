/* kernels_internal.h - matrix products, and the BLAS's threads. */
#ifndef GAN_KERNELS_INTERNAL_H
#define GAN_KERNELS_INTERNAL_H

#include "math/kernels_gemm_internal.h"
#include "math/kernels_simd_internal.h"

#include <gan/status.h>
#include <stddef.h>

/* Products of row-major matrices, on the calling thread.  Rows follow one another without gaps, but
 * those of w and dw are `stride` floats apart.  `scratch` is gan__kernels_scratch() floats that begin
 * on a cache line, so that the stack needn't hold a panel.  A BLAS call takes place between
 * gan__blas_enter() and gan__blas_leave(), which the caller of the library's work does once. */

/* Which loops do a product: the fastest, whose sums may be ordered otherwise where there are more
 * rows; the own ones, with which a row has the same bits whatever rows it is among; or these in
 * bfloat16, as kernels_pairs_internal.h describes, for which `scratch` is GAN__GEMM_PAIRS floats.
 * Products with a single output stay in floats: they take no longer than reading. */
typedef enum gan__by { GAN__BY_SPEED = 0, GAN__BY_ROWS, GAN__BY_BFLOAT16 } gan__by;

/* For products in floats with weights of `out` rows that are `stride` floats apart.  For wide layers
 * it is much more, as packing pays there. */
size_t gan__kernels_scratch(size_t stride, size_t out);

/* Columns begin .. end-1 of y[rows, out] = x[rows, in] w[out, in]^T + b[out]; b may be NULL.  And
 * the same product added to y. */
void gan__kernels_linear(gan__by by, size_t rows, size_t in, size_t out, size_t begin, size_t end,
                         const float *x, const float *w, size_t stride, const float *b, float *y,
                         float *scratch);
void gan__kernels_linear_add(gan__by by, size_t rows, size_t in, size_t out, size_t begin,
                             size_t end, const float *x, const float *w, size_t stride, float *y,
                             float *scratch);

/* The whole product with weights that gan__kernels_pack() has copied into panels, packed_size()
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

/* The same as a tree of sums over shards, where gan__kernels_has_trees() says so: with the bits that
 * the gradients of the shards have, each as a separate product, when they are added up.  `scratch`
 * is gan__kernels_tree_scratch(rows) floats. */
void gan__kernels_linear_weight_grad_tree(const gan__shard_rows *shards, size_t rows, size_t in,
                                          size_t out, size_t begin, size_t end, const float *x,
                                          const float *dy, size_t stride, float *dw,
                                          float *scratch);
int gan__kernels_has_trees(void);
size_t gan__kernels_tree_scratch(size_t rows);

/* Put sum i of n numbers, which its shard has written to gan__tree_at(), on a stack. */
static inline float *gan__tree_at(float *stack, size_t n, size_t i)
{
    return stack + gan__tree_depth(i) * n;
}
void gan__tree_put(float *stack, size_t n, size_t i);

/* Panels for products. */
const gan__panels *gan__kernels_panels(gan__by by);

/* A product by CBLAS; by the own loops in a build without one.  For tests. */
void gan__kernels_gemm_blas(const gan__gemm_args *args);

/* Set an OpenBLAS to one thread for all callers until the last of them has left, then put it back
 * as it was.  What enter() returns, the calling thread's own number in builds on OpenMP, is for
 * leave().  A BLAS without such a setting is left alone. */
int gan__blas_enter(void);
void gan__blas_leave(int own_before);

/* Write what the BLAS says about itself, "openblas, OpenBLAS 0.3.21 ... Haswell", and which of the
 * own loops run here: results can only be expected to be the same bits where both are. */
void gan__blas_describe(char *text, size_t capacity);

/* Have an OpenBLAS take the memory now that n threads at a time will need: its first product would,
 * and would never return where there is none.  GAN_ERR_NOMEM.  Whether products go to the BLAS at
 * all here. */
gan_status gan__blas_reserve(size_t n_threads);
int gan__kernels_need_blas(void);

/* For a new thread of the library's own: in OpenBLAS builds on OpenMP the setting is each thread's
 * own. */
void gan__blas_enter_worker(void);

#endif
