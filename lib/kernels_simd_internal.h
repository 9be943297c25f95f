/* kernels_simd_internal.h - loops over numbers, one table of them for each instruction set.
 *
 * kernels_simd.c is compiled once for each set.  All tables give the same bits: the loops fix the
 * order of every sum, and no multiplication is fused with an addition (-ffp-contract=off). */
#ifndef GAN_KERNELS_SIMD_INTERNAL_H
#define GAN_KERNELS_SIMD_INTERNAL_H

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

typedef struct gan__simd {
    const char *name;

    /* Random numbers: words 4 * block .. of the Philox stream; see rng.c. */
    void (*philox)(uint64_t seed, uint64_t stream, uint64_t block, size_t n_blocks, uint32_t *out);
    void (*uniform)(size_t n, const uint32_t *bits, float *out);
    void (*normal)(size_t n, const uint32_t *bits, float *out); /* n even */

    /* y = f(x); y may be x. */
    void (*leaky_relu)(size_t n, float slope, const float *x, float *y);
    void (*relu)(size_t n, const float *x, float *y);
    void (*tanh)(size_t n, const float *x, float *y);
    void (*sigmoid)(size_t n, const float *x, float *y);
    void (*dropout)(size_t n, uint32_t threshold, float scale, const uint32_t *bits, const float *x,
                    float *y);

    /* dx = dy * f'(x), from y = f(x); dx may be dy. */
    void (*leaky_relu_grad)(size_t n, float slope, const float *y, const float *dy, float *dx);
    void (*relu_grad)(size_t n, const float *y, const float *dy, float *dx);
    void (*tanh_grad)(size_t n, const float *y, const float *dy, float *dx);
    void (*sigmoid_grad)(size_t n, const float *y, const float *dy, float *dx);

    /* Linear algebra that is faster without BLAS. */
    float (*dot)(size_t n, const float *x, const float *y);
    void (*axpy)(size_t n, float a, const float *x, float *y);  /* y += a x */
    void (*scale)(size_t n, float a, const float *x, float *y); /* y = a x */
    void (*column_sums)(size_t rows, size_t columns, size_t stride, const float *x, float *y);
    double (*sum_squares)(size_t n, const float *x);

    /* Bytes to numbers: (b / 255 - mean) / std. */
    void (*normalize)(size_t n, float mean, float std, const uint8_t *bytes, float *out);

    gan__update_fn *adam;
    gan__update_fn *sgd;
    gan__update_fn *rmsprop;
} gan__simd;

/* The table that suits this CPU best. */
const gan__simd *gan__simd_best(void);

/* The i-th table this CPU can run, from the portable one on; NULL past the last.  For tests. */
const gan__simd *gan__simd_variant(size_t i);

#endif
