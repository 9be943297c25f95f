/* kernels_simd_internal.h - loops over arrays, one table of them for each instruction set.
 *
 * The sources of the loops are compiled once for each set; kernels_loop_internal.h says which they
 * are and why all tables give the same bits. */
#ifndef GAN_KERNELS_SIMD_INTERNAL_H
#define GAN_KERNELS_SIMD_INTERNAL_H

#include "base/arithmetic_internal.h"
#include "math/kernels_gemm_internal.h"

#include <stddef.h>
#include <stdint.h>

/* The factors of one optimizer step; the file of each optimizer says how it sets them. */
typedef struct gan__update {
    float lr;           /* step size, bias correction included */
    float decay1;       /* of the first moment: beta1, momentum */
    float gain1;        /* of the gradient in it: 1 - beta1, 1 - dampening */
    float decay2;       /* of the second moment: beta2, alpha */
    float gain2;        /* 1 - decay2 */
    float root_scale;   /* scale of the square root: bias correction of the second moment */
    float eps;          /* added to the root */
    float weight_decay; /* added to the gradient, times the weight */
    float shrink;       /* times the weight before an Adam step: 1 without decoupled decay */
    int nesterov;
} gan__update;

/* `length` contiguous floats of a panel's row, from index `to` on, which have a fixed stride in an
 * image, from index `from` on. */
typedef struct gan__segment {
    size_t from, to, length;
} gan__segment;

/* The functions f(x) that activation layers apply to each element. */
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

/* ---- the loops: the type of each, gan__dot_fn of dot ---- */

/* Words 4 * block .. 4 * (block + n_blocks) - 1 of a Philox stream; see rng.c. */
typedef void gan__philox_fn(uint64_t seed, uint64_t stream, uint64_t block, size_t n_blocks,
                            uint32_t *out);

/* Values of n words: uniform ones in [0, 1), normal ones for an even n. */
typedef void gan__uniform_fn(size_t n, const uint32_t *bits, float *out);
typedef void gan__normal_fn(size_t n, const uint32_t *bits, float *out);

/* Keep and scale the values whose bits are at or above the threshold; y may be x. */
typedef void gan__dropout_fn(size_t n, uint32_t threshold, float scale, const uint32_t *bits,
                             const float *x, float *y);

/* Linear algebra that is faster without a BLAS; dot_below takes min(x, 0) for x. */
typedef float gan__dot_fn(size_t n, const float *x, const float *y);
typedef double gan__dot_below_fn(size_t n, const float *x, const float *y);
typedef double gan__sum_squares_fn(size_t n, const float *x);
typedef void gan__axpy_fn(size_t n, float a, const float *x, float *y);  /* y += a x */
typedef void gan__scale_fn(size_t n, float a, const float *x, float *y); /* y = a x */

/* Columns of a matrix whose rows are `stride` apart; the other arrays have a value per column.
 *
 *     column_sums         sum += sums of x
 *     column_moments      sum += sums of x - center, squares += sums of its square
 *     column_products     sum += sums of dy, products += sums of dy (x - center)
 *     column_affine       y = (x - center) a + b; y may be x
 *     column_affine_grad  dx = dy a + (x - center) b + c; dx may be dy */
typedef void gan__column_sums_fn(size_t rows, size_t columns, size_t stride, const float *x,
                                 double *sum);
typedef void gan__column_moments_fn(size_t rows, size_t n, size_t stride, const float *x,
                                    const float *center, double *sum, double *squares);
typedef void gan__column_products_fn(size_t rows, size_t n, size_t stride, const float *x,
                                     const float *dy, const float *center, double *sum,
                                     double *products);
typedef void gan__column_affine_fn(size_t rows, size_t n, size_t stride, const float *x,
                                   const float *center, const float *a, const float *b, float *y);
typedef void gan__column_affine_grad_fn(size_t rows, size_t n, size_t stride, const float *x,
                                        const float *dy, const float *center, const float *a,
                                        const float *b, const float *c, float *dx);

/* Bytes to values: (byte / 255 - mean) / std. */
typedef void gan__normalize_fn(size_t n, float mean, float std, const uint8_t *bytes, float *out);

/* Patches of images; see kernels_patch.c.  Row i of the panel, rows being `stride` apart, is
 * gathered from image + at[i], or added there.  Gathering reads and writes up to 63 floats beyond a
 * segment, which works because segments and rows are in ascending order.  Adding visits the rows 0,
 * lag, 2 lag ..., then 1, lag + 1 ...  Copying segments writes nothing beyond them. */
typedef void gan__gather_fn(size_t rows, const size_t *at, size_t n, const gan__segment *segments,
                            size_t step, const float *image, float *panel, size_t stride);
typedef void gan__scatter_add_fn(size_t rows, size_t lag, const size_t *at, size_t n,
                                 const gan__segment *segments, size_t step, const float *panel,
                                 size_t stride, float *image);
typedef void gan__copy_segments_fn(size_t rows, const size_t *at, size_t n,
                                   const gan__segment *segments, const float *from, float *to,
                                   size_t stride);

/* Consecutive rows of tiles of some channels of images or maps, and their transformed values; see
 * kernels_tile.c. */
typedef struct gan__tile_rows {
    size_t size[2]; /* height and width of the image or map */
    size_t padding[2];
    size_t begin, end; /* these rows, counted over the samples */
    size_t down;       /* rows of a sample */
    size_t across;     /* tiles of a row */
    size_t side;       /* of a tile in the map */
    size_t last[2];    /* of the last row of a sample, and of the last tile of a row */
    size_t channels;
    size_t sample;      /* floats from one sample to the next */
    size_t stride;      /* floats from the values of one phase of a channel to those of the next */
    size_t coefficient; /* and from those of one coefficient to those of the next */
    float *lines;       /* scratch of gan__tile_lines() floats */
} gan__tile_rows;

enum {
    GAN__MOST_PATCH = 10,      /* the largest side of a patch, and its values */
    GAN__TILE_MOST_ROWS = 256, /* of a call */
    GAN__TILE_ROWS = 16,       /* the most that are transformed at a time */
    GAN__TILE_ROWS_UNIT = 4,   /* the number of rows of each height is rounded up to a multiple */
};

/* Where tiles are among the columns of a coefficient.  Those at a sample's lower and right borders
 * may be smaller, and have fewer coefficients.  The tiles of a coefficient are contiguous:
 *
 *       tiles of a sample          columns:  small rows | whole rows | whole rows | small rows
 *       +-----+-----+--+                    whole tiles | whole tiles| small ones | small ones
 *       |     |     |  |
 *       +-----+-----+--+   coefficients that small rows don't have:
 *       |     |     |  |                                |<----------------------->|
 *       +-----+-----+--+   that small tiles don't have:
 *       |     |     |  |                    |<----------------------->|
 *       +-----+-----+--+
 *
 * Within each of the four, a column for each row, then those of the next tile to the right. */
typedef struct gan__tile_columns {
    size_t rows[2];  /* whole and small ones, with the padding */
    size_t tiles[2]; /* whole and small ones of a row */
} gan__tile_columns;

static inline int gan__tile_is_small(const gan__tile_rows *r, size_t row)
{
    return row + 1 == r->down && r->last[0] < r->side;
}

/* The number of rows, whole or small ones. */
static inline size_t gan__tile_rows_of(const gan__tile_rows *r, int small)
{
    const size_t n = r->last[0] < r->side ? r->end / r->down - r->begin / r->down : 0;

    return small ? n : r->end - r->begin - n;
}

static inline gan__tile_columns gan__tile_columns_of(const gan__tile_rows *r)
{
    const size_t unit = GAN__TILE_ROWS_UNIT, small = r->last[1] < r->side;

    return (gan__tile_columns){{(gan__tile_rows_of(r, 0) + unit - 1) / unit * unit,
                                (gan__tile_rows_of(r, 1) + unit - 1) / unit * unit},
                               {r->across - small, small}};
}

/* The first column of these tiles. */
static inline size_t gan__tile_column(const gan__tile_columns *c, int small_row, int small_tile)
{
    if (!small_tile) return small_row ? 0 : c->tiles[0] * c->rows[1];
    return c->tiles[0] * (c->rows[0] + c->rows[1]) + (small_row ? c->tiles[1] * c->rows[0] : 0);
}

/* The end of the columns of a coefficient that small rows or small tiles may not have. */
static inline size_t gan__tile_columns_end(const gan__tile_columns *c, int small_rows,
                                           int small_tiles)
{
    const size_t all = (c->tiles[0] + c->tiles[1]) * (c->rows[0] + c->rows[1]);

    if (!small_tiles) return c->tiles[0] * (c->rows[0] + c->rows[1]);
    return small_rows ? all : all - c->tiles[1] * c->rows[1];
}

/* The size of a line of pixels: whole vectors of 4 may be read or written from a tile's last pixels
 * on. */
static inline size_t gan__tile_line(const gan__tile_rows *r, size_t step)
{
    const size_t tiles = step * r->across + GAN__MOST_PATCH;
    const size_t pixels = r->padding[1] + r->size[1];

    return ((tiles > pixels ? tiles : pixels) + 6) / 4 * 4;
}

static inline size_t gan__tile_lines(const gan__tile_rows *r, size_t step)
{
    return (GAN__TILE_ROWS * GAN__MOST_PATCH + 1) * gan__tile_line(r, step);
}

/* Transform x, the first channel of sample 0, to values; and values to x, with a bias for each
 * channel, which may be NULL. */
typedef void gan__tile_in_fn(const gan__tile_rows *r, const float *x, float *values);
typedef void gan__tile_out_fn(const gan__tile_rows *r, const float *values, const float *bias,
                              float *x);

/* Transform the weights of n channels of the image and one of the map; coefficients are
 * `coefficient` floats apart; and the adjoint, for gradients.  There is slack of 3 channels. */
typedef void gan__tile_weights_fn(size_t n, const float *w, float *values, size_t coefficient);
typedef void gan__tile_gradient_fn(size_t n, const float *values, size_t coefficient, float *w);

/* The ways to compute a convolution with fewer multiplications; see kernels_winograd.c. */
typedef enum gan__tiling {
    GAN__TILES_2_2, /* F(2x2, 2x2), with phases */
    GAN__TILES_4_2,
    GAN__TILES_2_3,
    GAN__TILES_4_3,
    GAN__N_TILINGS
} gan__tiling;

typedef struct gan__tile_loops {
    gan__tile_in_fn *image_in, *map_in;
    gan__tile_out_fn *image_out, *map_out;
    gan__tile_weights_fn *weights;
    gan__tile_gradient_fn *gradient;
} gan__tile_loops;

/* Copy rows of n floats; the same with `shift` added to each. */
typedef void gan__copy_rows_fn(size_t rows, size_t n, const float *from, size_t from_stride,
                               float *to, size_t to_stride);
typedef void gan__shift_rows_fn(size_t rows, size_t n, const float *from, size_t from_stride,
                                float shift, float *to, size_t to_stride);

/* Update n parameters p by gradients g; m[i] is the optimizer's i-th block of moments at the same
 * offset. */
typedef void gan__update_fn(const gan__update *u, size_t n, float *p, const float *g,
                            float *const *m);
typedef gan__update_fn gan__adam_fn, gan__amsgrad_fn, gan__adabelief_fn, gan__lion_fn, gan__sgd_fn,
    gan__rmsprop_fn;

/* ---- the table ---- */

/* X(name, isa) for each loop. */
/* clang-format off */
#define GAN__LOOPS(X, isa)                                                                         \
    X(philox, isa) X(uniform, isa) X(normal, isa) X(dropout, isa)                                  \
    X(dot, isa) X(dot_below, isa) X(sum_squares, isa) X(axpy, isa) X(scale, isa)                   \
    X(column_sums, isa) X(column_moments, isa) X(column_products, isa)                             \
    X(column_affine, isa) X(column_affine_grad, isa) X(normalize, isa)                             \
    X(gather, isa) X(scatter_add, isa) X(copy_segments, isa) X(copy_rows, isa) X(shift_rows, isa)  \
    X(adam, isa) X(amsgrad, isa) X(adabelief, isa) X(lion, isa) X(sgd, isa) X(rmsprop, isa)
/* clang-format on */

#define GAN__LOOP_MEMBER(name, isa) gan__##name##_fn *name;
#define GAN__LOOP_OF(name, isa) gan__##name##_fn gan__##name##_##isa;

typedef struct gan__simd {
    const char *name; /* of the instruction set */
    GAN__LOOPS(GAN__LOOP_MEMBER, any)
    const gan__function_loops *functions; /* by gan__function */
    const gan__products *products;
    const gan__tile_loops *tiles; /* by gan__tiling */
} gan__simd;

/* The fastest table that this CPU can run. */
const gan__simd *gan__simd_best(void);

/* The i-th table that this CPU can run, the portable one being the 0th; NULL after the last.  For
 * tests. */
const gan__simd *gan__simd_variant(size_t i);

#endif
