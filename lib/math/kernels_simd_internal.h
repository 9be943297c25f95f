/* kernels_simd_internal.h - loops over numbers, one table of them for each instruction set.
 *
 * kernels_simd.c is compiled once for each set.  All tables give the same bits: the loops fix the
 * order of every sum, and no multiplication is fused with an addition (-ffp-contract=off). */
#ifndef GAN_KERNELS_SIMD_INTERNAL_H
#define GAN_KERNELS_SIMD_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <stddef.h>
#include <stdint.h>

/* The numbers of one optimizer step; see optimizer.c for who means what. */
typedef struct gan__update {
    float lr;           /* step size, bias correction included */
    float decay1;       /* of the first moment: beta1, momentum */
    float gain1;        /* of the gradient in it: 1 - beta1, 1 - dampening */
    float decay2;       /* of the second moment: beta2, alpha */
    float gain2;        /* 1 - decay2 */
    float root_scale;   /* times the square root: bias correction of the second moment */
    float eps;          /* added to the root */
    float weight_decay; /* added to the gradient, times the weight */
    float shrink;       /* times the weight before an Adam step: 1 without decoupled decay */
    int nesterov;
} gan__update;

/* Update n parameters p by gradients g; m[i] is the optimizer's i-th block of moments at the same
 * place. */
typedef void gan__update_fn(const gan__update *u, size_t n, float *p, const float *g,
                            float *const *m);

/* `length` numbers side by side in a panel's row, from place `to` on, whose places in an image are a
 * fixed step apart, from place `from` on. */
typedef struct gan__segment {
    size_t from, to, length;
} gan__segment;

/* The functions of one number f(x) that layers apply to each of theirs. */
#define GAN__FUNCTIONS(X)                                                                          \
    X(relu)                                                                                        \
    X(leaky_relu) /* settings: slope */                                                            \
    X(tanh)                                                                                        \
    X(sigmoid)                                                                                     \
    X(elu) /* alpha */                                                                             \
    X(selu)                                                                                        \
    X(softplus) /* beta, threshold */                                                              \
    X(gelu)                                                                                        \
    X(gelu_tanh)                                                                                   \
    X(silu)

typedef enum gan__function {
#define GAN__FUNCTION_ENUM(name) GAN__FUNCTION_##name,
    GAN__FUNCTIONS(GAN__FUNCTION_ENUM)
#undef GAN__FUNCTION_ENUM
        GAN__N_FUNCTIONS
} gan__function;

/* Loops of a function with up to two settings; the output may be one of the inputs. */
typedef struct gan__function_loops {
    /* y = f(x) */
    void (*value)(size_t n, const float *settings, const float *x, float *y);
    /* dx = dy f'(x), with v = y = f(x) up to selu and v = x from softplus on */
    void (*slope_times)(size_t n, const float *settings, const float *v, const float *dy,
                        float *dx);
    /* dx = dy f'(x) + tx uy f''(x) */
    void (*curve_times)(size_t n, const float *settings, const float *v, const float *dy,
                        const float *tx, const float *uy, float *dx);
} gan__function_loops;

/* Patches of images; see kernels_conv.c.  Row i of the panel, `stride` numbers long, is gathered from
 * image + at[i]; or added there.  Gathering reads and writes up to 63 numbers too many, segments and
 * rows being in rising order.  Adding goes through the rows 0, lag, 2 lag ..., then 1, lag + 1 ... */
typedef void gan__gather_fn(size_t rows, const size_t *at, size_t n, const gan__segment *segments,
                            size_t step, const float *image, float *panel, size_t stride);
typedef void gan__scatter_add_fn(size_t rows, size_t lag, const size_t *at, size_t n,
                                 const gan__segment *segments, size_t step, const float *panel,
                                 size_t stride, float *image);

/* Copy rows of n numbers; or add to each; or copy segments, like gather, but exactly so many
 * numbers. */
typedef void gan__copy_rows_fn(size_t rows, size_t n, const float *from, size_t from_stride,
                               float *to, size_t to_stride);
typedef void gan__shift_rows_fn(size_t rows, size_t n, const float *from, size_t from_stride,
                                float shift, float *to, size_t to_stride);
typedef void gan__copy_segments_fn(size_t rows, const size_t *at, size_t n,
                                   const gan__segment *segments, const float *from, float *to,
                                   size_t stride);

typedef struct gan__simd {
    const char *name;

    /* Random numbers: words 4 * block .. of the Philox stream; see rng.c. */
    void (*philox)(uint64_t seed, uint64_t stream, uint64_t block, size_t n_blocks, uint32_t *out);
    void (*uniform)(size_t n, const uint32_t *bits, float *out);
    void (*normal)(size_t n, const uint32_t *bits, float *out); /* n even */

    gan__function_loops functions[GAN__N_FUNCTIONS];

    /* Keep and scale what has bits at or above the threshold; y may be x. */
    void (*dropout)(size_t n, uint32_t threshold, float scale, const uint32_t *bits, const float *x,
                    float *y);

    /* Linear algebra that is faster without BLAS. */
    float (*dot)(size_t n, const float *x, const float *y);
    void (*axpy)(size_t n, float a, const float *x, float *y);  /* y += a x */
    void (*scale)(size_t n, float a, const float *x, float *y); /* y = a x */
    void (*column_sums)(size_t rows, size_t columns, size_t stride, const float *x, double *sum);
    double (*sum_squares)(size_t n, const float *x);
    double (*dot_below)(size_t n, const float *x, const float *y); /* where x is not above 0 */

    gan__gather_fn *gather;
    gan__scatter_add_fn *scatter_add;
    gan__copy_rows_fn *copy_rows;
    gan__shift_rows_fn *shift_rows;
    gan__copy_segments_fn *copy_segments;

    /* Normalising: n columns of a matrix whose rows are `stride` apart; the other arrays have a
     * number a column.  Sums join in double what they add to.  y may be x, dx may be dy. */
    void (*column_moments)(size_t rows, size_t n, size_t stride, const float *x,
                           const float *center, double *sum, double *squares); /* of x - center */
    void (*column_products)(size_t rows, size_t n, size_t stride, const float *x, const float *dy,
                            const float *center, double *sum, /* of dy */
                            double *products);                /* of dy * (x - center) */
    void (*column_affine)(size_t rows, size_t n, size_t stride, const float *x, const float *center,
                          const float *a, const float *b, float *y); /* (x - center) a + b */
    void (*column_affine_grad)(size_t rows, size_t n, size_t stride, const float *x,
                               const float *dy, const float *center, const float *a, const float *b,
                               const float *c, float *dx); /* dy a + (x - center) b + c */

    /* Bytes to numbers: (b / 255 - mean) / std. */
    void (*normalize)(size_t n, float mean, float std, const uint8_t *bytes, float *out);

    gan__update_fn *adam;
    gan__update_fn *amsgrad;
    gan__update_fn *adabelief;
    gan__update_fn *lion;
    gan__update_fn *sgd;
    gan__update_fn *rmsprop;
} gan__simd;

/* The table that suits this CPU best. */
const gan__simd *gan__simd_best(void);

/* The i-th table this CPU can run, from the portable one on; NULL past the last.  For tests. */
const gan__simd *gan__simd_variant(size_t i);

#endif
