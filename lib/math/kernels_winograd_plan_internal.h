/* kernels_winograd_plan_internal.h - the tiles that a convolution is computed by, and the sizes and
 * layouts that follow; what kernels_winograd.c computes with. */
#ifndef GAN_KERNELS_WINOGRAD_PLAN_INTERNAL_H
#define GAN_KERNELS_WINOGRAD_PLAN_INTERNAL_H

#include "base/alloc_internal.h"
#include "math/kernels_winograd_internal.h"

enum {
    GAN__WINOGRAD_COLUMNS = 256,          /* of the image's side, at a time */
    GAN__WINOGRAD_GRADIENT_COLUMNS = 128, /* the same for the weight gradient */
    GAN__WINOGRAD_SLACK = 12,             /* floats: three channels of four phases */
    GAN__WINOGRAD_LINE = 16,              /* floats of a cache line */
};

/* An algorithm; its transforms are in kernels_tile.c. */
typedef struct gan__winograd_tiling {
    gan__tiling kind;
    size_t kernel, stride;
    size_t outputs;      /* a tile's side in the map; in the image it is `stride` times that */
    size_t coefficients; /* in two dimensions */
    size_t phases;
} gan__winograd_tiling;

typedef struct gan__winograd_plan {
    const gan__conv *c; /* the caller's */
    const gan__winograd_tiling *t;
    size_t across, down; /* tiles of a sample */
    size_t last[2];      /* the side of the last ones down and across */
    size_t columns;      /* of the transformed weights' rows: phases of channels of the image */
    size_t pitch;        /* their leading dimension */
    size_t rows_at_once; /* rows of tiles at a time */
    size_t tiles;        /* the most at a time, with what pads them: a stride of rows */
} gan__winograd_plan;

/* That of a convolution for which there is a tiling; see gan__winograd_pays(). */
gan__winograd_plan gan__winograd_plan_of(const gan__conv *c);

/* The size of a coefficient's transformed weights, in floats.
 *
 * In bfloat16 they are packed as products read them, once in pairs along the image's channels and
 * once along the map's:
 *
 *     a coefficient:  | map from image, pairs along i | image from map, pairs along o | ...
 *
 * for the first GAN__WINOGRAD_COLUMNS columns i of U, then for the next ones. */
size_t gan__winograd_coefficient_size(const gan__winograd_plan *p);

/* The offset, within a coefficient, of the pairs for columns `begin` .. `begin` + n - 1 in the
 * first or the second form. */
size_t gan__winograd_pairs_at(const gan__winograd_plan *p, size_t begin, size_t n, int second);

/* The leading dimension of rows of n numbers, with slack for what is written beyond them: an odd
 * number of cache lines.  Matrices are one more cache line apart.  With powers of two, what is read
 * or written together would be in the same few sets of the cache. */
static inline size_t gan__winograd_pitch(size_t n)
{
    const size_t line = GAN__WINOGRAD_LINE;

    return gan__size_mul(gan__size_add(n, GAN__WINOGRAD_SLACK + line - 1) / line | 1, line);
}

/* The size of `rows` such rows, in floats, up to where the next matrix begins. */
static inline size_t gan__winograd_matrix_size(size_t rows, size_t pitch)
{
    return gan__size_add(gan__size_mul(rows, pitch), GAN__WINOGRAD_LINE);
}

#endif
