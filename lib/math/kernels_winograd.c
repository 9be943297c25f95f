/* kernels_winograd.c - convolutions with fewer multiplications: Winograd's minimal filtering.
 *
 * Two outputs of a filter of two taps, on numbers x0 x1 x2, take four multiplications directly, and
 * three by the algorithm F(2, 2) (Winograd, 1980; for networks: Lavin and Gray, 2016):
 *
 *     y0 = x0 g0 + x1 g1 = m0 + m1        m0 = (x0 - x1) g0
 *     y1 = x1 g0 + x2 g1 = m1 - m2        m1 = x1 (g0 + g1)
 *                                         m2 = (x1 - x2) g1
 *
 * which is y = A [(G g) . (B x)], "." being elementwise, with the input transform B, the filter
 * transform G and the output transform A (B^T and A^T in that paper):
 *
 *         | 1 -1  0 |         | 1 0 |        | 1 1  0 |
 *     B = | 0  1  0 |     G = | 1 1 |    A = | 0 1 -1 |       F(2, 2): 3 instead of 4
 *         | 0  1 -1 |         | 0 1 |
 *
 *         | 1  0 -1  0 |      |  1   0   0  |       | 1 1  1  0 |
 *     B = | 0  1  1  0 |  G = | 1/2  1/2 1/2|   A = | 0 1 -1 -1 |    F(2, 3): 4 instead of 6
 *         | 0 -1  1  0 |      | 1/2 -1/2 1/2|
 *         | 0  1  0 -1 |      |  0   0   1  |
 *
 * In two dimensions the transforms are nested, down and across: F(2x2, 2x2) takes 9 multiplications
 * instead of 16, F(2x2, 3x3) 16 instead of 36.  A map is divided into tiles of 2 by 2 places; what
 * one reads of the image is its patch.  A convolution sums over the image's channels, and as A is
 * linear, it can be applied to the sum of the products:
 *
 *     coefficient c of the map's channel o, tile t  =  sum over the image's channels i of
 *                                                      (G w[o, i] G^T)[c] (B x[i, t] B^T)[c]
 *
 * So there is a matrix product for each coefficient: M, which A transforms to the map, is the
 * product of the transformed weights U and the transformed patches V:
 *
 *      image --B--> V[c]                                   M[c] --A--> map
 *                  i |............|           o |............|
 *                       tiles            =         tiles          for each c:  M = U V
 *      weights --G--> U[c]  o |......|
 *                                 i
 *
 * A 4x4 kernel with stride 2, as most GANs have, is four 2x2 kernels with stride 1 on the image's
 * even and odd rows and columns (polyphase decomposition).  Their results are summed as channels
 * are: to the algorithm, each channel of the image has four phases.
 *
 *     w00 w01 w02 w03        phase 0  w00 w02   phase 1  w01 w03      A tile of 2 by 2 places has
 *     w10 w11 w12 w13                 w20 w22            w21 w23      a patch of 6 by 6 pixels, in
 *     w20 w21 w22 w23        phase 2  w10 w12   phase 3  w11 w13      steps of 4, and 9 values of
 *     w30 w31 w32 w33                 w30 w32            w31 w33      each phase.
 *
 * The other two products are the adjoints of the first: the transposed matrices, in reverse order.
 *
 *     image from map        map --A^T--> M,   V = U^T M,   V --B^T--> patches, added up
 *     weight gradient       map --A^T--> M,   image --B--> V,   U = M V^T,   U --G^T--> dw
 *
 * Tiles of 4 by 4 places, F(4x4, 2x2) and F(4x4, 3x3), take 25 multiplications instead of 64 and 36
 * instead of 144.  The algorithm interpolates polynomials, at more points for more outputs: F(2, 2)
 * has 0, 1 and infinity, F(2, 3) also -1.  The rounding error depends on the points; of those that
 * were tried, the ones below have errors of about twice the direct loops' (three and four times
 * with the usual 0, 1, -1, 2 and -2):
 *
 *     F(4, 2), 0 1 -2 -1/2 inf
 *          | 2  3 -3 -2  0 |        | 1/2   0  |
 *          | 0  2  5  2  0 |        | 1/9  1/9 |        | 1  1  1   1   0 |
 *     B =  | 0  1  1 -2  0 |    G = | 1/18 -1/9|    A = | 0  1 -2 -1/2  0 |
 *          | 0 -2  1  1  0 |        | 8/9 -4/9 |        | 0  1  4  1/4  0 |
 *          | 0 -2 -3  3  2 |        |  0   1/2 |        | 0  1 -8 -1/8  1 |
 *
 *     F(4, 3), 0 3/4 -3/4 3/2 -3/2 inf, rows scaled by powers of 2
 *          | 81/64    0    -45/16    0    1  0 |
 *          |   0    27/16    9/4   -3/4  -1  0 |        | 1   1      1    1     1   0 |
 *     B =  |   0   -27/16    9/4    3/4  -1  0 |    A = | 0  3/4   -3/4  3/2  -3/2  0 |
 *          |   0   -27/32   -9/16   3/2   1  0 |        | 0  9/16  9/16  9/4   9/4  0 |
 *          |   0    27/32   -9/16  -3/2   1  0 |        | 0 27/64 -27/64 27/8 -27/8 1 |
 *          |   0    81/64    0   -45/16   0  1 |
 *
 * and G follows from the same points.  There are 6.25 and 4 times as many transformed weights as
 * weights then, instead of 2.25 and 1.78 times, so small images keep tiles of 2 where weights are
 * many.
 *
 * Where a map's side is no multiple of a tile's, its last tiles are smaller: n places instead of 4.
 * They take the first points of the same list, and infinity: n + 1 points for two taps, n + 2 for
 * three.  A row of G depends on its point alone, but for a factor, which B can have instead; so all
 * tiles share the transformed weights, and small ones just don't have the coefficients of the points
 * that they leave out.  F(3, 2), 0 1 -2 inf, for the last places of 7 = 4 + 3:
 *
 *         | 2 -1 -1 0 |                                     4       3
 *     B = | 0  6  3 0 |      A = | 1 1  1 0 |          4 | 25  |  20  |   multiplications for each
 *         | 0 -3  3 0 |          | 0 1 -2 0 |            +-----+------+   phase: 81 for 7 by 7
 *         | 0 -4  2 2 |          | 0 1  4 1 |          3 | 20  |  16  |   places instead of 100
 *
 * A few rows of tiles are computed at a time, whose V and M stay in the caches.  U is computed once
 * for all samples and tasks, forward and backward, until the weights change.
 *
 * The order of additions is fixed, whatever the batch and its cut: over the image's channels, the
 * map's, or the tiles, as in the products; overlapping patches are added from left to right and
 * from top to bottom. */
#include "math/kernels_winograd_plan_internal.h"

#include <string.h>

enum { AT_ONCE_OF_MAP = 16 }; /* channels whose weights are transformed at a time in bfloat16 */

/* ---- scratch ---- */

typedef struct work {
    gan__winograd_plan plan;
    const gan__tile_loops *loops;
    gan__gemm_fn *gemm;
    float *panel; /* scratch of the products */
    float *lines; /* scratch of the transforms */
    float *image; /* transformed, of some of its channels */
    float *map;
    float *weights; /* gradients with respect to transformed ones */
} work;

static gan__tile_rows image_rows(const gan__winograd_plan *p)
{
    return (gan__tile_rows){.size = {p->c->image[0], p->c->image[1]},
                            .padding = {p->c->padding[0], p->c->padding[1]},
                            .down = p->down,
                            .across = p->across,
                            .side = p->t->outputs,
                            .last = {p->last[0], p->last[1]},
                            .sample = gan__conv_image_size(p->c),
                            .stride = p->tiles};
}

static gan__tile_rows map_rows(const gan__winograd_plan *p)
{
    return (gan__tile_rows){.size = {p->c->map[0], p->c->map[1]},
                            .down = p->down,
                            .across = p->across,
                            .side = p->t->outputs,
                            .last = {p->last[0], p->last[1]},
                            .sample = gan__conv_map_size(p->c),
                            .stride = p->tiles};
}

static size_t lines_size(const gan__winograd_plan *p)
{
    const gan__tile_rows r = image_rows(p);

    return gan__size_round_up(gan__tile_lines(&r, p->t->outputs * p->t->stride), 16);
}

static size_t image_size(const gan__winograd_plan *p)
{
    return gan__size_mul(
        p->t->coefficients,
        gan__winograd_matrix_size(gan__size_min(p->columns, GAN__WINOGRAD_COLUMNS), p->tiles));
}

static size_t map_size(const gan__winograd_plan *p)
{
    return gan__size_mul(p->t->coefficients, gan__winograd_matrix_size(p->c->out, p->tiles));
}

static size_t gradient_size(const gan__winograd_plan *p)
{
    return gan__size_mul(
        p->t->coefficients,
        gan__winograd_matrix_size(p->c->out, gan__winograd_pitch(GAN__WINOGRAD_GRADIENT_COLUMNS)));
}

size_t gan__winograd_scratch(const gan__conv *c)
{
    const gan__winograd_plan p = gan__winograd_plan_of(c);
    size_t n = gan__size_add(GAN__GEMM_SCRATCH, lines_size(&p));

    n = gan__size_add(n, gan__size_add(image_size(&p), map_size(&p)));
    return gan__size_add(n, gradient_size(&p));
}

static work work_of(const gan__conv *c, float *scratch)
{
    work w = {.plan = gan__winograd_plan_of(c), .loops = gan__simd_best()->tiles};

    w.loops += w.plan.t->kind;
    w.gemm = gan__simd_best()->products->fused || c->pairs ? gan__simd_best()->products->gemm
                                                           : gan__kernels_gemm_blas;
    w.panel = scratch;
    w.lines = w.panel + GAN__GEMM_SCRATCH;
    w.image = w.lines + lines_size(&w.plan);
    w.map = w.image + image_size(&w.plan);
    w.weights = w.map + map_size(&w.plan);
    return w;
}

/* ---- transforms of several rows of tiles ---- */

/* Consecutive rows of tiles that are computed at a time; they may be of several samples. */
typedef struct block {
    size_t begin, end; /* counted over the samples */
    gan__tile_columns columns;
} block;

static block next_block(const work *w, size_t rows, size_t begin)
{
    gan__tile_rows r = map_rows(&w->plan);

    r.begin = begin;
    r.end = gan__size_min(begin + w->plan.rows_at_once, rows * w->plan.down);
    return (block){begin, r.end, gan__tile_columns_of(&r)};
}

/* The tiles that have a coefficient, as columns. */
typedef struct range {
    size_t begin, n;
} range;

/* Whether tiles of this side have the coefficient in one dimension: small ones lack those before
 * the last. */
static int has_coefficient(const gan__winograd_plan *p, size_t side, size_t i)
{
    const size_t taps = p->t->kernel / p->t->stride;

    return i + 2 < side + taps || i + 2 == p->t->outputs + taps;
}

static range tiles_with(const work *w, const block *b, size_t coefficient)
{
    const gan__winograd_plan *p = &w->plan;
    const size_t n = p->t->outputs + p->t->kernel / p->t->stride - 1;
    const int small_rows = has_coefficient(p, p->last[0], coefficient / n);
    const int small_tiles = has_coefficient(p, p->last[1], coefficient % n);
    const size_t begin = small_rows ? 0 : gan__tile_column(&b->columns, 0, 0);

    return (range){begin, gan__tile_columns_end(&b->columns, small_rows, small_tiles) - begin};
}

/* Some channels of a group's images or maps, from the group's first in sample 0 on. */
typedef struct channels {
    const float *x;
    size_t begin, end;
} channels;

static gan__tile_rows image_of(const work *w, const block *b, const channels *ch)
{
    gan__tile_rows r = image_rows(&w->plan);

    r.begin = b->begin;
    r.end = b->end;
    r.channels = ch->end - ch->begin;
    r.coefficient = gan__winograd_matrix_size(r.channels * w->plan.t->phases, r.stride);
    r.lines = w->lines;
    return r;
}

static gan__tile_rows map_of(const work *w, const block *b, const channels *ch)
{
    gan__tile_rows r = map_rows(&w->plan);

    r.begin = b->begin;
    r.end = b->end;
    r.channels = ch->end - ch->begin;
    r.coefficient = gan__winograd_matrix_size(r.channels, r.stride);
    r.lines = w->lines;
    return r;
}

static size_t first_of(const gan__tile_rows *r, const channels *ch)
{
    return ch->begin * r->size[0] * r->size[1];
}

static void image_in(const work *w, const block *b, const channels *ch)
{
    const gan__tile_rows r = image_of(w, b, ch);

    w->loops->image_in(&r, ch->x + first_of(&r, ch), w->image);
}

static void map_in(const work *w, const block *b, const channels *ch)
{
    const gan__tile_rows r = map_of(w, b, ch);

    w->loops->map_in(&r, ch->x + first_of(&r, ch), w->map);
}

static void image_out(const work *w, const block *b, const channels *ch, const float *bias,
                      float *image)
{
    const gan__tile_rows r = image_of(w, b, ch);

    w->loops->image_out(&r, w->image, bias ? bias + ch->begin : NULL, image + first_of(&r, ch));
}

static void map_out(const work *w, const block *b, const channels *ch, const float *bias,
                    float *map)
{
    const gan__tile_rows r = map_of(w, b, ch);

    w->loops->map_out(&r, w->map, bias, map + first_of(&r, ch));
}

/* ---- the products ---- */

/* A coefficient's weights for some channels of the image in bfloat16; NULL with floats. */
static const float *pairs_for(const gan__winograd_plan *p, const float *weights, size_t coefficient,
                              const channels *ch, int second)
{
    const size_t begin = ch->begin * p->t->phases, n = (ch->end - ch->begin) * p->t->phases;

    if (p->c->by != GAN__BY_BFLOAT16) return NULL;
    return weights + coefficient * gan__winograd_coefficient_size(p) +
           gan__winograd_pairs_at(p, begin, n, second);
}

/* M = U V for all coefficients, over some channels of the image. */
static void multiply_map(const work *w, const block *b, const channels *ch, const float *weights)
{
    const gan__winograd_plan *p = &w->plan;
    const size_t k = (ch->end - ch->begin) * p->t->phases;

    for (size_t i = 0; i < p->t->coefficients; i++) {
        const range r = tiles_with(w, b, i);
        const float *image = w->image + i * gan__winograd_matrix_size(k, p->tiles);
        float *map = w->map + i * gan__winograd_matrix_size(p->c->out, p->tiles);

        if (r.n == 0) continue;
        w->gemm(&(gan__gemm_args){.m = p->c->out,
                                  .n = r.n,
                                  .k = k,
                                  .a = weights + i * gan__winograd_coefficient_size(p) +
                                       ch->begin * p->t->phases,
                                  .a_row = p->pitch,
                                  .a_column = 1,
                                  .pair_rows = pairs_for(p, weights, i, ch, 0),
                                  .b = image + r.begin,
                                  .b_stride = p->tiles,
                                  .c = map + r.begin,
                                  .c_stride = p->tiles,
                                  .accumulate = ch->begin > 0,
                                  .scratch = w->panel,
                                  .pairs = p->c->pairs});
    }
}

/* V = U^T M. */
static void multiply_image(const work *w, const block *b, const channels *ch, const float *weights)
{
    const gan__winograd_plan *p = &w->plan;
    const size_t m = (ch->end - ch->begin) * p->t->phases;

    for (size_t i = 0; i < p->t->coefficients; i++) {
        const range r = tiles_with(w, b, i);
        const float *map = w->map + i * gan__winograd_matrix_size(p->c->out, p->tiles);
        float *image = w->image + i * gan__winograd_matrix_size(m, p->tiles);

        if (r.n == 0) continue;
        w->gemm(&(gan__gemm_args){.m = m,
                                  .n = r.n,
                                  .k = p->c->out,
                                  .a = weights + i * gan__winograd_coefficient_size(p) +
                                       ch->begin * p->t->phases,
                                  .a_row = 1,
                                  .a_column = p->pitch,
                                  .pair_rows = pairs_for(p, weights, i, ch, 1),
                                  .b = map + r.begin,
                                  .b_stride = p->tiles,
                                  .c = image + r.begin,
                                  .c_stride = p->tiles,
                                  .scratch = w->panel,
                                  .pairs = p->c->pairs});
    }
}

/* U = M V^T; 0 for coefficients that no tile has. */
static void multiply_gradient(const work *w, const block *b, size_t n_out, size_t columns)
{
    const gan__winograd_plan *p = &w->plan;
    const size_t pitch = gan__winograd_pitch(columns);

    for (size_t i = 0; i < p->t->coefficients; i++) {
        const range r = tiles_with(w, b, i);
        const float *map = w->map + i * gan__winograd_matrix_size(n_out, p->tiles);
        const float *image = w->image + i * gan__winograd_matrix_size(columns, p->tiles);
        float *to = w->weights + i * gan__winograd_matrix_size(n_out, pitch);

        if (r.n == 0) {
            if (b->begin == 0) memset(to, 0, n_out * pitch * sizeof *to);
            continue;
        }
        w->gemm(&(gan__gemm_args){.m = n_out,
                                  .n = columns,
                                  .k = r.n,
                                  .a = map + r.begin,
                                  .a_row = p->tiles,
                                  .a_column = 1,
                                  .b = image + r.begin,
                                  .b_stride = p->tiles,
                                  .b_transposed = 1,
                                  .c = to,
                                  .c_stride = pitch,
                                  .accumulate = b->begin > 0,
                                  .scratch = w->panel,
                                  .pairs = p->c->pairs});
    }
}

/* ---- a group ---- */

typedef struct group {
    channels image, map; /* all of its channels */
    const float *weights;
    const float *bias;
} group;

static group group_of(const work *w, size_t g, const float *image, const float *map,
                      const float *weights, const float *bias, size_t bias_channels)
{
    const gan__conv *c = w->plan.c;
    const size_t image_all = gan__conv_image_size(c);
    const size_t map_all = gan__conv_map_size(c);

    return (group){.image = {image ? image + g * (image_all / c->groups) : NULL, 0, c->in},
                   .map = {map ? map + g * (map_all / c->groups) : NULL, 0, c->out},
                   .weights = weights ? weights + g * w->plan.t->coefficients *
                                                      gan__winograd_coefficient_size(&w->plan)
                                      : NULL,
                   .bias = bias ? bias + g * bias_channels : NULL};
}

/* At most n of these channels, from `begin` on. */
static channels some(const channels *all, size_t begin, size_t n)
{
    channels ch = *all;

    ch.begin = begin;
    ch.end = gan__size_min(begin + n, all->end);
    return ch;
}

static void map_group(const work *w, const group *g, size_t rows, float *map)
{
    const size_t at_once = GAN__WINOGRAD_COLUMNS / w->plan.t->phases;

    for (block b = next_block(w, rows, 0); b.begin < b.end; b = next_block(w, rows, b.end)) {
        for (size_t i = 0; i < w->plan.c->in; i += at_once) {
            const channels ch = some(&g->image, i, at_once);

            image_in(w, &b, &ch);
            multiply_map(w, &b, &ch, g->weights);
        }
        map_out(w, &b, &g->map, g->bias, map);
    }
}

static void image_group(const work *w, const group *g, size_t rows, float *image)
{
    const size_t at_once = GAN__WINOGRAD_COLUMNS / w->plan.t->phases;

    for (block b = next_block(w, rows, 0); b.begin < b.end; b = next_block(w, rows, b.end)) {
        map_in(w, &b, &g->map);
        for (size_t i = 0; i < w->plan.c->in; i += at_once) {
            const channels ch = some(&g->image, i, at_once);

            multiply_image(w, &b, &ch, g->weights);
            image_out(w, &b, &ch, g->bias, image);
        }
    }
}

/* The weight gradient for some channels of the image and some of the map. */
static void gradient_group(const work *w, const channels *image, const channels *map, size_t rows,
                           float *dw)
{
    const gan__conv *c = w->plan.c;
    const size_t n_in = image->end - image->begin;
    const size_t n_out = map->end - map->begin;
    const size_t columns = n_in * w->plan.t->phases;
    const size_t kernel = gan__conv_kernel_size(c);

    for (block b = next_block(w, rows, 0); b.begin < b.end; b = next_block(w, rows, b.end)) {
        image_in(w, &b, image);
        map_in(w, &b, map);
        multiply_gradient(w, &b, n_out, columns);
    }
    for (size_t o = 0; o < n_out; o++)
        w->loops->gradient(n_in, w->weights + o * gan__winograd_pitch(columns),
                           gan__winograd_matrix_size(n_out, gan__winograd_pitch(columns)),
                           dw + ((map->begin + o) * c->in + image->begin) * kernel);
}

/* ---- the functions ---- */

/* Weights of a group, of map channels o .. o + n - 1, the first of which is even: transformed in
 * the scratch, for some columns at a time, and packed as pairs. */
static void transform_pairs(const gan__winograd_plan *p, size_t o, size_t n, const float *w,
                            float *pairs, float *scratch)
{
    const gan__conv *c = p->c;
    const gan__products *products = gan__simd_best()->products;
    const size_t kernel = gan__conv_kernel_size(c), at_once = GAN__WINOGRAD_COLUMNS / p->t->phases;

    for (size_t i = 0; i < c->in; i += at_once) {
        const size_t n_in = gan__size_min(at_once, c->in - i), columns = n_in * p->t->phases;
        const size_t pitch = gan__winograd_pitch(columns),
                     step = gan__winograd_matrix_size(AT_ONCE_OF_MAP, pitch);

        for (size_t j = 0; j < n; j++)
            gan__simd_best()->tiles[p->t->kind].weights(n_in, w + ((o + j) * c->in + i) * kernel,
                                                        scratch + j * pitch, step);
        for (size_t k = 0; k < p->t->coefficients; k++) {
            float *to = pairs + k * gan__winograd_coefficient_size(p) +
                        gan__winograd_pairs_at(p, i * p->t->phases, columns, 0);
            gan__pair_piece piece = {.row = o,
                                     .m = n,
                                     .k = columns,
                                     .from = scratch + k * step,
                                     .stride = pitch,
                                     .all_rows = c->out,
                                     .all_k = columns};

            products->put_pair_rows(&piece, to);
            piece = (gan__pair_piece){.m = columns,
                                      .at = o,
                                      .k = n,
                                      .from = piece.from,
                                      .stride = pitch,
                                      .transposed = 1,
                                      .all_rows = columns,
                                      .all_k = c->out};
            products->put_pair_rows(&piece, to + products->pair_rows_size(c->out, columns));
        }
    }
}

/* Units are pairs of the map's channels. */
static void transform_units(const gan__winograd_plan *p, size_t begin, size_t end, const float *w,
                            float *transformed, float *scratch)
{
    const gan__conv *c = p->c;
    const size_t units = (c->out + 1) / 2, weights = c->out * c->in * gan__conv_kernel_size(c);

    for (size_t i = begin, n; i < end; i += n) {
        const size_t g = i / units, o = 2 * (i % units);

        n = gan__size_min(gan__size_min(AT_ONCE_OF_MAP / 2, end - i), units - i % units);
        transform_pairs(p, o, gan__size_min(2 * n, c->out - o), w + g * weights,
                        transformed + g * p->t->coefficients * gan__winograd_coefficient_size(p),
                        scratch);
    }
}

void gan__winograd_transform(const gan__conv *c, size_t begin, size_t end, const float *w,
                             float *transformed, float *scratch)
{
    const gan__winograd_plan p = gan__winograd_plan_of(c);
    const gan__tile_loops *loops = &gan__simd_best()->tiles[p.t->kind];
    const size_t n = c->in * gan__conv_kernel_size(c);

    if (c->by == GAN__BY_BFLOAT16) {
        transform_units(&p, begin, end, w, transformed, scratch);
        return;
    }
    for (size_t o = begin; o < end; o++)
        loops->weights(c->in, w + o * n,
                       transformed +
                           o / c->out * p.t->coefficients *
                               gan__winograd_matrix_size(c->out, p.pitch) +
                           o % c->out * p.pitch,
                       gan__winograd_matrix_size(c->out, p.pitch));
}

void gan__winograd_map(const gan__conv *c, size_t rows, const float *image,
                       const float *transformed, const float *bias, float *map, float *scratch)
{
    const work w = work_of(c, scratch);

    for (size_t i = 0; i < c->groups; i++) {
        const group g = group_of(&w, i, image, NULL, transformed, bias, c->out);

        map_group(&w, &g, rows, map + i * (gan__conv_map_size(c) / c->groups));
    }
}

void gan__winograd_image(const gan__conv *c, size_t rows, const float *map,
                         const float *transformed, const float *bias, float *image, float *scratch)
{
    const work w = work_of(c, scratch);

    for (size_t i = 0; i < c->groups; i++) {
        const group g = group_of(&w, i, NULL, map, transformed, bias, c->in);

        image_group(&w, &g, rows, image + i * (gan__conv_image_size(c) / c->groups));
    }
}

void gan__winograd_weights(const gan__conv *c, size_t rows, gan__conv_part part, const float *image,
                           const float *map, float *dw, float *scratch)
{
    const work w = work_of(c, scratch);
    const size_t at_once = GAN__WINOGRAD_GRADIENT_COLUMNS / w.plan.t->phases;

    for (size_t i = 0; i < c->groups; i++) {
        group g = group_of(&w, i, image, map, NULL, NULL, 0);

        g.map.begin = part.out_begin;
        g.map.end = part.out_end;
        g.image.end = part.in_end;
        for (size_t j = part.in_begin; j < part.in_end; j += at_once) {
            const channels ch = some(&g.image, j, at_once);

            gradient_group(&w, &ch, &g.map, rows,
                           dw + i * c->out * c->in * gan__conv_kernel_size(c));
        }
    }
}
