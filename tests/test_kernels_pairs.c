/* test_kernels_pairs.c - products in bfloat16: the arithmetic in single cases and against a model,
 * the same bits with every instruction set and division of work, convolutions. */
#include "convolution.h"
#include "expect.h"

#include "math/kernels_winograd_internal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VARIANTS = 4 };

static float room[GAN__GEMM_PAIRS] __attribute__((aligned(64)));
static float panel[GAN__GEMM_SCRATCH] __attribute__((aligned(64)));

static uint32_t bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static const gan__products *products_of(size_t i)
{
    const gan__simd *simd = gan__simd_variant(i);

    return simd ? simd->products : NULL;
}

/* ---- single sums ---- */

/* start + a[0] b[0] + a[1] b[1] with one number of each. */
static float sum_of_two(const gan__products *by, float start, const float *a, const float *b)
{
    float c = start;

    by->gemm(&(gan__gemm_args){.m = 1,
                               .n = 1,
                               .k = 2,
                               .a = a,
                               .a_row = 2,
                               .a_column = 1,
                               .b = b,
                               .b_stride = 1,
                               .c = &c,
                               .c_stride = 1,
                               .accumulate = 1,
                               .scratch = panel,
                               .pairs = room});
    return c;
}

/* Computed by hand.  0x1.01p0 lies half way between two bfloat16. */
static const struct {
    const char *what;
    float start, a[2], b[2], wanted;
} sums[] = {
    {"a plain sum", 1, {2, 3}, {5, 7}, 32},
    {"half way is rounded to the even one", 0, {0x1.01p0f, 0}, {1, 0}, 1},
    {"half way, the other way", 0, {0x1.03p0f, 0}, {1, 0}, 0x1.04p0f},
    {"more than half way", 0, {0x1.010002p0f, 0}, {1, 0}, 0x1.02p0f},
    {"a negative one", 0, {-0x1.03p0f, 0}, {1, 0}, -0x1.04p0f},
    {"both factors are rounded", 0, {0x1.00fp0f, 0}, {0x1.00fp1f, 0}, 2},
    {"the second of a pair is added first", 0x1p24f, {-0x1p24f, 1}, {1, 1}, 0},
    {"and the first is lost behind a larger sum", 0, {1, 0x1p24f}, {1, 1}, 0x1p24f},
    {"rounded once for each product", 0x1p24f, {1, 1}, {1, 1}, 0x1p24f},
    {"a product isn't rounded", -1, {0x1.02p0f, 0}, {0x1.02p0f, 0}, 0x1.01p-6f},
    {"what is too large is infinite", 0, {FLT_MAX, 0}, {1, 0}, INFINITY},
    {"infinity times a number", 0, {INFINITY, 0}, {-2, 0}, -INFINITY},
    {"factors below the normal floats are zeros", 0, {0x1p-127f, 0}, {0x1p100f, 0}, 0},
    {"and not rounded up", 0, {0x1.fffffcp-127f, 0}, {0x1p100f, 0}, 0},
    {"a sum below them is zero", -0x1p-126f, {0x1p-64f, 0}, {0x1p-63f, 0}, -0.0f},
    {"the start, too", 0x1p-127f, {0x1p-64f, 0}, {0x1p-63f, 0}, 0},
    {"between the products, too", 0x1p-126f, {0x1p-64f, -0x1p-64f}, {0x1p-63f, 0x1p-63f}, 0},
    {"and it is so before it is rounded up", 0x1p-126f, {-0x1p-75f, 0}, {0x1p-75f, 0}, 0},
    {"but not half way to the smallest", 0x1p-126f, {-0x1p-75f, 0}, {0x1p-76f, 0}, 0x1p-126f},
    {"a little below that", 0x1p-126f, {-0x1.02p-76f, 0}, {0x1p-75f, 0}, 0},
};
enum { N_SUMS = sizeof sums / sizeof *sums };

TEST_EACH(single_sums_are_those_of_the_definition, 0, N_SUMS)
{
    for (size_t v = 0; v < VARIANTS; v++) {
        float found;

        if (!products_of(v)) continue;
        found = sum_of_two(products_of(v), sums[_i].start, sums[_i].a, sums[_i].b);
        ck_assert_msg(bits_of(found) == bits_of(sums[_i].wanted),
                      "%s, instruction set %zu: %a, expected %a", sums[_i].what, v, (double)found,
                      (double)sums[_i].wanted);
    }
}

TEST(what_is_no_number_remains_none)
{
    const float none[] = {NAN, -NAN, float_of(0x7fffffff), float_of(0x7f800001)};

    for (size_t v = 0; v < VARIANTS; v++)
        for (size_t i = 0; i < 4 && products_of(v); i++) {
            const float a[2] = {none[i], 0}, one[2] = {1, 1};
            const float infinite[2] = {INFINITY, INFINITY}, both[2] = {1, -1};

            ck_assert(isnan(sum_of_two(products_of(v), 0, a, one)));
            ck_assert(isnan(sum_of_two(products_of(v), 0, one, a)));
            ck_assert(isnan(sum_of_two(products_of(v), 0, infinite, both)));
        }
}

/* ---- whole products ---- */

/* Of all magnitudes; or with exponents so small that sums are flushed; or with any bits. */
typedef enum kind { PLAIN, SMALL, ANY, N_KINDS } kind;

static float *numbers_of(size_t n, kind k, uint64_t seed)
{
    float *x = malloc((n + 1) * sizeof *x);
    uint32_t *words = malloc((n / 4 + 1) * 16);

    gan__simd_variant(0)->philox(seed, 1, 0, n / 4 + 1, words);
    for (size_t i = 0; i < n; i++) {
        const uint32_t exponent = k == PLAIN ? 120 + words[i] % 12 : 60 + words[i] % 12;

        x[i] = float_of(k == ANY ? words[i] : (words[i] & 0x807fffff) | exponent << 23);
    }
    free(words);
    return x;
}

typedef struct product {
    size_t m, n, k;
    int a_transposed, b_transposed, added;
    float *a, *b, *bias, *c;
} product;

static const size_t shapes[][3] = {{1, 1, 1},    {1, 5, 3},     {7, 3, 2},    {13, 17, 11},
                                   {14, 32, 64}, {15, 70, 49},  {29, 33, 31}, {300, 16, 2},
                                   {34, 5, 550}, {420, 40, 37}, {16, 65, 1100}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes, WAYS = 8 };

static product product_of(size_t shape, int how, kind k)
{
    product p = {shapes[shape][0], shapes[shape][1], shapes[shape][2], how & 1, how & 2, how & 4,
                 NULL,             NULL,             NULL,             NULL};

    p.a = numbers_of(p.m * p.k, k, 1);
    p.b = numbers_of(p.k * p.n, k, 2);
    p.bias = numbers_of(p.n, k, 3);
    p.c = numbers_of(p.m * p.n, k, 4);
    return p;
}

static void end_product(product *p)
{
    free(p->a);
    free(p->b);
    free(p->bias);
    free(p->c);
}

static gan__gemm_args args_of(const product *p, float *c)
{
    memcpy(c, p->c, p->m * p->n * sizeof *c);
    return (gan__gemm_args){.m = p->m,
                            .n = p->n,
                            .k = p->k,
                            .a = p->a,
                            .a_row = p->a_transposed ? 1 : p->k,
                            .a_column = p->a_transposed ? p->m : 1,
                            .b = p->b,
                            .b_stride = p->b_transposed ? p->k : p->n,
                            .b_transposed = p->b_transposed,
                            .c = c,
                            .c_stride = p->n,
                            .bias = p->added ? NULL : p->bias,
                            .accumulate = p->added,
                            .scratch = panel,
                            .pairs = room};
}

/* The nearest bfloat16, by comparing its neighbours. */
static double nearest(float x)
{
    const float low = float_of(bits_of(x) & 0xffff0000), high = float_of(bits_of(low) + 0x10000);
    const double below = fabs((double)x - (double)low), above = fabs((double)high - (double)x);

    if (below < above) return (double)low;
    if (above < below) return (double)high;
    return (double)((bits_of(low) & 0x10000) ? high : low);
}

static float model(const product *p, size_t i, size_t j)
{
    float sum = p->added ? p->c[i * p->n + j] : p->bias[j];

    for (size_t l = 0; l < (p->k + 1) / 2 * 2; l++) {
        const size_t at = l ^ 1; /* the second of each pair first */
        const float a = at < p->k ? p->a[p->a_transposed ? at * p->m + i : i * p->k + at] : 0;
        const float b = at < p->k ? p->b[p->b_transposed ? j * p->k + at : at * p->n + j] : 0;

        sum = fmaf((float)nearest(a), (float)nearest(b), sum);
    }
    return sum;
}

TEST_EACH(products_are_a_models, 0, N_SHAPES)
{
    for (int how = 0; how < WAYS; how++) {
        product p = product_of((size_t)_i, how, PLAIN);
        float *found = malloc(p.m * p.n * sizeof *found), *wanted = malloc(p.m * p.n * sizeof *wanted);

        for (size_t i = 0; i < p.m; i++)
            for (size_t j = 0; j < p.n; j++) wanted[i * p.n + j] = model(&p, i, j);
        for (size_t v = 0; v < VARIANTS; v++) {
            const gan__gemm_args args = args_of(&p, found);

            if (!products_of(v)) continue;
            products_of(v)->gemm(&args);
            expect_same_bits(found, wanted, p.m * p.n * sizeof *found);
        }
        free(found);
        free(wanted);
        end_product(&p);
    }
}

/* A NaN's sign and payload are not guaranteed. */
static void settle(size_t n, float *x)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i])) x[i] = NAN;
}

TEST_EACH(every_instruction_set_has_the_same_bits, 0, N_SHAPES)
{
    for (int how = 0; how < WAYS * N_KINDS; how++) {
        product p = product_of((size_t)_i, how % WAYS, (kind)(how / WAYS));
        const size_t n = p.m * p.n;
        float *found = malloc(n * sizeof *found), *first = malloc(n * sizeof *first);
        gan__gemm_args args = args_of(&p, first);

        products_of(0)->gemm(&args);
        settle(n, first);
        for (size_t v = 1; v < VARIANTS; v++) {
            args = args_of(&p, found);
            if (!products_of(v)) continue;
            products_of(v)->gemm(&args);
            settle(n, found);
            expect_same_bits(found, first, n * sizeof *found);
        }
        free(found);
        free(first);
        end_product(&p);
    }
}

TEST_EACH(rows_and_columns_have_the_bits_that_they_have_alone, 0, N_SHAPES)
{
    for (int how = 0; how < WAYS; how++) {
        product p = product_of((size_t)_i, how, PLAIN);
        float *all = malloc(p.m * p.n * sizeof *all), *part = malloc(p.m * p.n * sizeof *part);
        const gan__gemm_args whole = args_of(&p, all), cut = args_of(&p, part);
        const size_t row = p.m / 3, column = p.n / 2;

        gan__simd_best()->products->gemm(&whole);
        for (size_t i = 0; i < 4; i++) {
            gan__gemm_args a = cut;
            const size_t r = i / 2 * row, c = i % 2 * column;

            a.m = i / 2 ? p.m - row : row;
            a.n = i % 2 ? p.n - column : column;
            a.a += r * a.a_row;
            a.b += c * (a.b_transposed ? a.b_stride : 1);
            a.c += r * a.c_stride + c;
            if (a.bias) a.bias += c;
            if (a.m > 0 && a.n > 0) gan__simd_best()->products->gemm(&a);
        }
        expect_same_bits(part, all, p.m * p.n * sizeof *all);
        free(all);
        free(part);
        end_product(&p);
    }
}

/* Packed in two pieces, by rows or by inner indices, which are cut at an even one. */
static float *pair_rows_of(const gan__products *by, const product *p)
{
    float *rows = calloc(by->pair_rows_size(p->m, p->k), sizeof *rows);
    const size_t row = p->a_transposed ? 0 : p->m / 2, at = p->a_transposed ? p->k / 4 * 2 : 0;

    for (size_t i = 0; i < 2; i++) {
        const gan__pair_piece piece = {.row = i ? row : 0,
                                       .m = p->a_transposed ? p->m
                                            : i             ? p->m - row
                                                            : row,
                                       .at = i ? at : 0,
                                       .k = !p->a_transposed ? p->k
                                            : i              ? p->k - at
                                                             : at,
                                       .from = p->a +
                                               (i ? (p->a_transposed ? at * p->m : row * p->k) : 0),
                                       .stride = p->a_transposed ? p->m : p->k,
                                       .transposed = p->a_transposed,
                                       .all_rows = p->m,
                                       .all_k = p->k};

        if (piece.m > 0 && piece.k > 0) by->put_pair_rows(&piece, rows);
    }
    return rows;
}

TEST_EACH(rows_that_were_put_there_before_change_no_bit, 0, N_SHAPES)
{
    for (int how = 0; how < WAYS; how++) {
        product p = product_of((size_t)_i, how, PLAIN);
        float *found = malloc(p.m * p.n * sizeof *found), *wanted = malloc(p.m * p.n * sizeof *wanted);

        for (size_t v = 0; v < VARIANTS; v++) {
            gan__gemm_args args = args_of(&p, wanted);
            float *rows;

            if (!products_of(v)) continue;
            products_of(v)->gemm(&args);
            args = args_of(&p, found);
            args.a = NULL;
            args.pair_rows = rows = pair_rows_of(products_of(v), &p);
            products_of(v)->gemm(&args);
            expect_same_bits(found, wanted, p.m * p.n * sizeof *found);
            free(rows);
        }
        free(found);
        free(wanted);
        end_product(&p);
    }
}

/* ---- convolutions ---- */

#define SHAPE(groups, in, out, ih, iw, mh, mw, k, s, p)                                            \
    {                                                                                              \
        groups, in, out, {ih, iw}, {mh, mw}, {k, k}, {s, s}, {p, p}, {1, 1}, GAN__BY_BFLOAT16, room \
    }
static const gan__conv convs[] = {
    SHAPE(1, 32, 20, 14, 14, 7, 7, 4, 2, 1), SHAPE(1, 24, 17, 16, 16, 8, 8, 4, 2, 1),
    SHAPE(1, 20, 33, 8, 8, 8, 8, 3, 1, 1),   SHAPE(1, 300, 20, 6, 6, 6, 6, 3, 1, 1),
    SHAPE(2, 3, 5, 9, 12, 9, 12, 3, 1, 1),   SHAPE(1, 3, 7, 15, 13, 6, 5, 4, 2, 0),
    SHAPE(1, 17, 9, 10, 10, 10, 10, 5, 1, 2),
};
enum { N_CONVS = sizeof convs / sizeof *convs, ROWS = 5 };

typedef struct results {
    float *map, *image, *w;
} results;

typedef struct operands {
    const gan__conv *c;
    float *image, *w, *m;
} operands;

static results results_of(const gan__conv *c)
{
    return (results){malloc(ROWS * gan__conv_map_size(c) * sizeof(float)),
                     malloc(ROWS * gan__conv_image_size(c) * sizeof(float)),
                     malloc(conv_weight_count(c) * sizeof(float))};
}

static void end_results(results *r)
{
    free(r->map);
    free(r->image);
    free(r->w);
}

static results direct(const operands *g, const gan__conv *c)
{
    const gan__conv_part all = {0, c->in, 0, c->out};
    results r = results_of(c);
    float *scratch = aligned_alloc(64, (gan__conv_scratch(c) + 15) / 16 * 64);

    gan__conv_map(c, ROWS, g->image, g->w, NULL, r.map, scratch);
    gan__conv_image(c, ROWS, g->m, g->w, NULL, r.image, scratch);
    gan__conv_weights(c, ROWS, all, g->image, g->m, r.w, scratch);
    free(scratch);
    return r;
}

static results winograd(const operands *g, const gan__conv *c)
{
    const size_t units = gan__winograd_weights_units(c);
    const gan__conv_part all = {0, c->in, 0, c->out};
    results r = results_of(c);
    float *scratch = aligned_alloc(64, (gan__winograd_scratch(c) + 15) / 16 * 64);
    float *u = aligned_alloc(64, (gan__winograd_weights_size(c) + 15) / 16 * 64);

    gan__winograd_transform(c, 0, units / 2, g->w, u, scratch);
    gan__winograd_transform(c, units / 2, units, g->w, u, scratch);
    gan__winograd_map(c, ROWS, g->image, u, NULL, r.map, scratch);
    gan__winograd_image(c, ROWS, g->m, u, NULL, r.image, scratch);
    gan__winograd_weights(c, ROWS, all, g->image, g->m, r.w, scratch);
    free(u);
    free(scratch);
    return r;
}

static double error_of(size_t n, const float *x, const float *wanted)
{
    double squares = 0, size = 0;

    for (size_t i = 0; i < n; i++) {
        squares += pow((double)x[i] - (double)wanted[i], 2);
        size += pow((double)wanted[i], 2);
    }
    return sqrt(squares / size);
}

/* Against floats.  Direct convolutions are off by 2.1e-3, the rounding of two factors; minimal
 * filtering (Winograd) rounds intermediate sums that are larger than the result: 2 times the error
 * with tiles of 2 by 2 pixels and 4 to 6 times with tiles of 4 by 4. */
static void expect_near_floats(const gan__conv *c, const results *r, const results *floats,
                               double most)
{
    const size_t sizes[] = {ROWS * gan__conv_map_size(c), ROWS * gan__conv_image_size(c),
                            conv_weight_count(c)};
    const float *const found[] = {r->map, r->image, r->w};
    const float *const wanted[] = {floats->map, floats->image, floats->w};

    for (size_t i = 0; i < 3; i++) {
        const double error = error_of(sizes[i], found[i], wanted[i]);

        ck_assert_msg(error > 5e-4 && error < most, "product %zu: an error of %g, at most %g", i,
                      error, most);
    }
}

TEST_EACH(convolutions_are_near_those_in_floats, 0, N_CONVS)
{
    const gan__conv *c = &convs[_i];
    gan__conv in_floats = *c;
    operands g = {c, conv_numbers(ROWS * gan__conv_image_size(c), 1),
                  conv_numbers(conv_weight_count(c), 2),
                  conv_numbers(ROWS * gan__conv_map_size(c), 3)};
    results floats, pairs;

    in_floats.by = GAN__BY_SPEED;
    in_floats.pairs = NULL;
    floats = direct(&g, &in_floats);
    pairs = direct(&g, c);
    expect_near_floats(c, &pairs, &floats, 3e-3);
    end_results(&pairs);
    if (gan__winograd_pays(c, 64)) {
        pairs = winograd(&g, c);
        expect_near_floats(c, &pairs, &floats, gan__winograd_tile(c) == 2 ? 5e-3 : 1.5e-2);
        end_results(&pairs);
    }
    end_results(&floats);
    free(g.image);
    free(g.w);
    free(g.m);
}
