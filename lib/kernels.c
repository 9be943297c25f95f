/* kernels.c - the only file that knows CBLAS. */
#include "kernels_internal.h"

#include <cblas.h>
#include <pthread.h>
#include <string.h>

/* ---- the BLAS's threads ---- */

/* Known at build time to be OpenBLAS: plain references, so that a static archive brings them along.
 *  Else weak ones, because the library that the loader finds for "blas" may still be OpenBLAS. */
#ifdef GAN__BLAS_OPENBLAS
#define MAYBE
#else
#define MAYBE __attribute__((weak))
#endif
extern void openblas_set_num_threads(int n) MAYBE;
extern int openblas_get_num_threads(void) MAYBE;
extern int openblas_get_parallel(void) MAYBE;

enum { PARALLEL_NONE = 0, PARALLEL_OPENMP = 2 }; /* what openblas_get_parallel() returns */

/* The setting is the process's own, so its keeper has to be one too. */
static struct {
    pthread_mutex_t lock;
    size_t users;
    int threads_before;
} blas = {PTHREAD_MUTEX_INITIALIZER, 0, 0};

static int blas_parallel(void)
{
#ifndef GAN__BLAS_OPENBLAS
    if (!openblas_get_parallel || !openblas_set_num_threads || !openblas_get_num_threads)
        return PARALLEL_NONE;
#endif
    return openblas_get_parallel();
}

void gan__blas_enter(void)
{
    if (blas_parallel() == PARALLEL_NONE) return;
    pthread_mutex_lock(&blas.lock);
    if (blas.users++ == 0) {
        blas.threads_before = openblas_get_num_threads();
        if (blas.threads_before != 1) openblas_set_num_threads(1);
    }
    pthread_mutex_unlock(&blas.lock);
}

void gan__blas_leave(void)
{
    if (blas_parallel() == PARALLEL_NONE) return;
    pthread_mutex_lock(&blas.lock);
    if (--blas.users == 0 && blas.threads_before != 1)
        openblas_set_num_threads(blas.threads_before);
    pthread_mutex_unlock(&blas.lock);
}

void gan__blas_enter_worker(void)
{
    if (blas_parallel() == PARALLEL_OPENMP) openblas_set_num_threads(1);
}

/* ---- products ---- */

/* Shapes hold at most 2^31 - 1 numbers, so every dimension fits an int. */
static void gemm(int a_turned, int b_turned, size_t m, size_t n, size_t k, const float *a,
                 size_t a_stride, const float *b, size_t b_stride, float beta, float *c,
                 size_t c_stride)
{
    cblas_sgemm(CblasRowMajor, a_turned ? CblasTrans : CblasNoTrans,
                b_turned ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, 1.0f, a,
                (int)a_stride, b, (int)b_stride, beta, c, (int)c_stride);
}

/* One sample, or one output: the weight is read once, and that is all the time there is. */
static void linear_by_dots(size_t rows, size_t in, size_t out, size_t begin, size_t end,
                           const float *x, const float *w, const float *b, float *y)
{
    const gan__simd *simd = gan__simd_best();

    for (size_t r = 0; r < rows; r++)
        for (size_t o = begin; o < end; o++)
            y[r * out + o] = b[o] + simd->dot(in, x + r * in, w + o * in);
}

void gan__kernels_linear(size_t rows, size_t in, size_t out, size_t begin, size_t end,
                         const float *x, const float *w, const float *b, float *y)
{
    const size_t n = end - begin;

    if (rows == 1 || out == 1) {
        linear_by_dots(rows, in, out, begin, end, x, w, b, y);
        return;
    }
    /* The bias is laid down first and the product added to it: a pass less than adding it
     * afterwards. */
    for (size_t r = 0; r < rows; r++) memcpy(y + r * out + begin, b + begin, n * sizeof *y);
    gemm(0, 1, rows, n, in, x, in, w + begin * in, in, 1.0f, y + begin, out);
}

void gan__kernels_linear_input_grad(size_t rows, size_t in, size_t out, size_t begin, size_t end,
                                    const float *dy, const float *w, float *dx)
{
    const size_t n = end - begin;

    if (out > 1) {
        gemm(0, 0, rows, n, out, dy, out, w + begin, in, 0.0f, dx + begin, in);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        gan__simd_best()->scale(n, dy[r], w + begin, dx + r * in + begin);
}

void gan__kernels_linear_weight_grad(size_t rows, size_t in, size_t out, size_t begin, size_t end,
                                     const float *x, const float *dy, float *dw, float *db)
{
    const gan__simd *simd = gan__simd_best();

    simd->column_sums(rows, end - begin, out, dy + begin, db + begin);
    if (out > 1) {
        gemm(1, 0, end - begin, in, rows, dy + begin, out, x, in, 0.0f, dw + begin * in, in);
        return;
    }
    memset(dw, 0, in * sizeof *dw);
    for (size_t r = 0; r < rows; r++) simd->axpy(in, dy[r], x + r * in, dw);
}

/* ---- which table of loops ---- */

extern const gan__simd gan__simd_base;
#ifdef GAN__HAVE_X86_ISAS
extern const gan__simd gan__simd_v3;
extern const gan__simd gan__simd_v4;

static int cpu_has_v3(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
}

static int cpu_has_v4(void)
{
    return cpu_has_v3() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

const gan__simd *gan__simd_best(void)
{
    return cpu_has_v4() ? &gan__simd_v4 : cpu_has_v3() ? &gan__simd_v3 : &gan__simd_base;
}

const gan__simd *gan__simd_variant(size_t i)
{
    if (i == 1 && cpu_has_v3()) return &gan__simd_v3;
    if (i == 2 && cpu_has_v4()) return &gan__simd_v4;
    return i == 0 ? &gan__simd_base : NULL;
}
#else
const gan__simd *gan__simd_best(void)
{
    return &gan__simd_base;
}

const gan__simd *gan__simd_variant(size_t i)
{
    return i == 0 ? &gan__simd_base : NULL;
}
#endif
