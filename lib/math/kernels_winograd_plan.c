/* kernels_winograd_plan.c - which tiles a convolution is computed by, whether that pays, and sizes. */
#include "math/kernels_winograd_plan_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    FEW_TILES = 4,          /* of a sample */
    MANY_WEIGHTS = 1 << 22, /* transformed ones: 16 MiB */
    LEAST_TILES = 64,       /* of a task: fewer don't amortise reading the transformed weights */
    LEAST_SAMPLES = 16,     /* of a task whose samples have few tiles */
    LEAST_IN_ALL = 32,      /* tiles: fewer don't amortise transforming the weights */
    AT_ONCE = 1 << 19,      /* transformed values at a time: about what the L2 cache holds */
    LEAST_CHANNELS = 16,    /* fewer don't amortise the transforms */
    UNIT = GAN__TILE_ROWS_UNIT,
    MOST_TILES = GAN__TILE_MOST_ROWS, /* at a time; wide images: more */
};

static const double LEAST_SAVED = 1.5; /* times fewer multiplications; see saved_by() */

static const gan__winograd_tiling tilings[] = {
    {GAN__TILES_2_2, 4, 2, 2, 9, 4},
    {GAN__TILES_4_2, 4, 2, 4, 25, 4},
    {GAN__TILES_2_3, 3, 1, 2, 16, 1},
    {GAN__TILES_4_3, 3, 1, 4, 36, 1},
};
enum { N_TILINGS = sizeof tilings / sizeof *tilings };

static int is_for(const gan__winograd_tiling *t, const gan__conv *c)
{
    int is = 1;

    for (size_t i = 0; i < 2; i++)
        is &= c->kernel[i] == t->kernel && c->stride[i] == t->stride && c->dilation[i] == 1 &&
              c->padding[i] < t->kernel;
    return is;
}

static size_t tiles_along(const gan__winograd_tiling *t, size_t places)
{
    return (places + t->outputs - 1) / t->outputs;
}

static size_t tiles_of(const gan__winograd_tiling *t, const gan__conv *c)
{
    return tiles_along(t, c->map[0]) * tiles_along(t, c->map[1]);
}

/* The side of the last tile, which may be smaller. */
static size_t last_along(const gan__winograd_tiling *t, size_t places)
{
    return places - (tiles_along(t, places) - 1) * t->outputs;
}

/* Coefficients of all tiles in one dimension: a tile has as many as it has places, and a tap less
 * one. */
static size_t coefficients_along(const gan__winograd_tiling *t, size_t places)
{
    return places + tiles_along(t, places) * (t->kernel / t->stride - 1);
}

/* How many times fewer multiplications it takes. */
static double saved_by(const gan__winograd_tiling *t, const gan__conv *c)
{
    return (double)(c->map[0] * c->map[1] * t->kernel * t->kernel) /
           (double)(coefficients_along(t, c->map[0]) * coefficients_along(t, c->map[1]) *
                    t->phases);
}

/* Large tiles have several times as many transformed weights, which is too many for images of few
 * tiles unless a cache holds them. */
static int is_too_large(const gan__winograd_tiling *t, const gan__conv *c)
{
    return t->outputs > 2 && tiles_of(t, c) < FEW_TILES &&
           t->coefficients * t->phases * c->in > MANY_WEIGHTS / c->out;
}

/* The one that saves most. */
static const gan__winograd_tiling *tiling_for(const gan__conv *c)
{
    const gan__winograd_tiling *best = NULL;

    for (const gan__winograd_tiling *t = tilings; t < tilings + N_TILINGS; t++) {
        if (!is_for(t, c) || is_too_large(t, c)) continue;
        if (!best || saved_by(t, c) > saved_by(best, c)) best = t;
    }
    return best;
}

/* ---- sizes ---- */

/* A multiple of the rows that are transformed at a time, where there are as many; else of UNIT. */
static size_t round_rows(size_t n)
{
    const size_t most = GAN__TILE_ROWS;

    return n >= most ? n / most * most : gan__size_max(n / UNIT * UNIT, UNIT);
}

/* As many rows at a time as have about this many tiles: of whole samples, so that there are as many
 * small rows as samples.  Where that would be fewer than UNIT samples, no row is small: what would
 * be saved is little. */
static void set_rows(gan__winograd_plan *p, size_t tiles)
{
    const size_t samples = tiles / (p->across * p->down);

    if (samples < UNIT) p->last[0] = p->t->outputs;
    if (p->last[0] < p->t->outputs)
        p->rows_at_once = round_rows(samples) * p->down;
    else
        p->rows_at_once = round_rows(tiles / p->across);
    p->tiles = gan__winograd_pitch(p->rows_at_once * p->across);
}

gan__winograd_plan gan__winograd_plan_of(const gan__conv *c)
{
    gan__winograd_plan p = {.c = c, .t = tiling_for(c)};
    size_t tiles;

    p.across = tiles_along(p.t, c->map[1]);
    p.down = tiles_along(p.t, c->map[0]);
    for (size_t i = 0; i < 2; i++) p.last[i] = last_along(p.t, c->map[i]);
    p.columns = c->in * p.t->phases;
    p.pitch = gan__winograd_pitch(p.columns);
    tiles =
        AT_ONCE / (p.t->coefficients * (gan__size_min(p.columns, GAN__WINOGRAD_COLUMNS) + c->out));
    set_rows(&p, tiles > MOST_TILES ? MOST_TILES : tiles < LEAST_TILES ? LEAST_TILES : tiles);
    return p;
}

/* Of bfloat16 weights, for some columns: both forms. */
static size_t pairs_of_columns(const gan__winograd_plan *p, size_t columns)
{
    const gan__products *by = gan__simd_best()->products;

    return gan__size_add(by->pair_rows_size(p->c->out, columns),
                         by->pair_rows_size(columns, p->c->out));
}

size_t gan__winograd_coefficient_size(const gan__winograd_plan *p)
{
    size_t n = 0;

    if (p->c->by != GAN__BY_BFLOAT16) return gan__winograd_matrix_size(p->c->out, p->pitch);
    for (size_t i = 0; i < p->columns; i += GAN__WINOGRAD_COLUMNS)
        n = gan__size_add(
            n, pairs_of_columns(p, gan__size_min(GAN__WINOGRAD_COLUMNS, p->columns - i)));
    return n;
}

size_t gan__winograd_pairs_at(const gan__winograd_plan *p, size_t begin, size_t n, int second)
{
    const size_t at =
        begin > 0 ? begin / GAN__WINOGRAD_COLUMNS * pairs_of_columns(p, GAN__WINOGRAD_COLUMNS) : 0;

    return at + (second ? gan__simd_best()->products->pair_rows_size(p->c->out, n) : 0);
}

size_t gan__winograd_weights_size(const gan__conv *c)
{
    const gan__winograd_plan p = gan__winograd_plan_of(c);

    return gan__size_mul(gan__size_mul(p.t->coefficients, c->groups),
                         gan__winograd_coefficient_size(&p));
}

size_t gan__winograd_weights_units(const gan__conv *c)
{
    return c->groups * (c->by == GAN__BY_BFLOAT16 ? (c->out + 1) / 2 : c->out);
}

size_t gan__winograd_least_rows(const gan__conv *c)
{
    const gan__winograd_plan p = gan__winograd_plan_of(c);

    return gan__size_min(gan__size_max(LEAST_TILES / (p.across * p.down), 1), LEAST_SAMPLES);
}

size_t gan__winograd_least_channels(const gan__conv *c)
{
    return GAN__WINOGRAD_GRADIENT_COLUMNS / tiling_for(c)->phases;
}

size_t gan__winograd_tile(const gan__conv *c)
{
    return tiling_for(c)->outputs;
}

int gan__winograd_is_off(void)
{
    const char *text = getenv("GAN_CONV");

    return text && strcmp(text, "direct") == 0;
}

/* Measured: docs/performance.md has the table. */
int gan__winograd_pays(const gan__conv *c, size_t rows)
{
    const gan__winograd_tiling *t = tiling_for(c);

    return t && c->in >= LEAST_CHANNELS && c->out >= LEAST_CHANNELS &&
           tiles_along(t, c->map[1]) <= MOST_TILES && saved_by(t, c) >= LEAST_SAVED &&
           rows >= (LEAST_IN_ALL + tiles_of(t, c) - 1) / tiles_of(t, c);
}
