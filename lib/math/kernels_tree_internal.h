/* kernels_tree_internal.h - a product as a tree reduction over shards: a part of kernels_gemm.c,
 * made of its blocks and panels.
 *
 * The inner index is the rows of a batch.  A panel has all of them.  For each block of c, a shard's
 * chains are computed in registers and merged with those before on a stack of blocks that stays in
 * the L1 cache:
 *
 *                       shard 0   shard 1   shard 2   shard 3
 *     rows of the       |=======| |=======| |=======| |=======|
 *     panel             chain of  chain of  chain of  chain of
 *     sums in registers zeros on  zeros on  zeros on  zeros on
 *                           |        |          |        |
 *     stack                 +---(+)--+          +---(+)--+
 *                                `------(+)----------'    -> c */
#ifndef GAN_KERNELS_TREE_INTERNAL_H
#define GAN_KERNELS_TREE_INTERNAL_H

enum { TREE_VALUES = 1 << 17 }; /* elements of a at a time: half of the L2 cache */


/* A shard's chains, plus the topmost `merges` sums below `stack`. */
static inline __attribute__((always_inline)) void
tree_block(size_t rows, const gan__gemm_args *g, const float *a, const float *panel,
           const size_t begin[2], size_t n, const float *stack, size_t merges, float *c,
           size_t c_stride)
{
    vector sum[BLOCK_ROWS][2] = {{{0}}};

    for (size_t half = 0; half < (g->shards->again > 0 ? 2 : 1); half++) {
        const float *x = a + begin[half] * g->a_column;
        const float *p = panel + begin[half] * PANEL;

        for (size_t l = 0; l < n; l++, x += g->a_column, p += PANEL)
            UNROLLED for (size_t i = 0; i < rows; i++) UNROLLED for (size_t j = 0; j < 2; j++)
                sum[i][j] = add_product(sum[i][j], x[i], load(p + j * LANES));
    }
    for (size_t l = 0; l < merges; l++) {
        stack -= BLOCK_ROWS * PANEL;
        UNROLLED for (size_t i = 0; i < rows; i++) UNROLLED for (size_t j = 0; j < 2; j++)
            sum[i][j] += load(stack + i * PANEL + j * LANES);
    }
    UNROLLED for (size_t i = 0; i < rows; i++) UNROLLED for (size_t j = 0; j < 2; j++)
        store(c + i * c_stride + j * LANES, sum[i][j]);
}

typedef void tree_fn(const gan__gemm_args *g, const float *a, const float *panel,
                     const size_t begin[2], size_t n, const float *stack, size_t merges, float *c,
                     size_t c_stride);
#define TREE(rows)                                                                                 \
    static void tree_##rows(const gan__gemm_args *g, const float *a, const float *panel,           \
                            const size_t begin[2], size_t n, const float *stack, size_t merges,    \
                            float *c, size_t c_stride)                                             \
    {                                                                                              \
        tree_block(rows, g, a, panel, begin, n, stack, merges, c, c_stride);                       \
    }
#define TREE_ENTRY(rows) tree_##rows,
/* clang-format off */
UP_TO(BLOCK_ROWS)(TREE)
static tree_fn *const trees[BLOCK_ROWS + 1] = {NULL, UP_TO(BLOCK_ROWS)(TREE_ENTRY)};
/* clang-format on */

/* Some rows of c, of which a panel has `columns` columns. */
static void add_tree(const gan__gemm_args *g, size_t rows, size_t columns, const float *a,
                     const float *panel, float *c)
{
    enum { SLOT = BLOCK_ROWS * PANEL, SLOTS = 6 };
    _Static_assert(1 << SLOTS == GAN__TREE_SHARDS, "a stack has to have room");
    float stack[SLOTS * SLOT] __attribute__((aligned(64)));
    const gan__shard_rows *shards = g->shards;
    tree_fn *const add_block = trees[rows];
    size_t begin[2] = {0, shards->again};
    float *top = stack; /* at gan__tree_depth(i) */

    for (size_t i = 0; i < shards->n; i++) {
        const size_t n = shards->ends[i] - begin[0];
        const size_t merges = gan__tree_merges(i);
        const int last = i + 1 == shards->n && columns == PANEL;

        add_block(g, a, panel, begin, n, top, merges, last ? c : top - merges * SLOT,
                  last ? g->c_stride : PANEL);
        top = top - merges * SLOT + SLOT;
        begin[0] += n;
        begin[1] += n;
    }
    for (size_t i = 0; i < rows && columns < PANEL; i++)
        memcpy(c + i * g->c_stride, stack + i * PANEL, columns * sizeof *c);
}

/* Rows of c, so few that their part of a stays in the L2 cache. */
static void multiply_tree_rows(const gan__gemm_args *g)
{
    const size_t n_blocks = n_blocks_of(g->m);

    for (size_t j = 0; j < g->n; j += PANEL) {
        const size_t columns = g->n - j < PANEL ? g->n - j : PANEL;

        copy_panel(g->k, columns, g->b + j, g->b_stride, g->scratch);
        for (size_t i = 0; i < n_blocks; i++) {
            const size_t row = g->m * i / n_blocks;

            add_tree(g, g->m * (i + 1) / n_blocks - row, columns, g->a + row, g->scratch,
                     g->c + row * g->c_stride + j);
        }
    }
}

static void multiply_tree(const gan__gemm_args *args)
{
    const size_t n = (args->m * args->k + TREE_VALUES - 1) / TREE_VALUES;
    const size_t n_chunks = n < args->m ? n : args->m;
    gan__gemm_args g = *args;

    for (size_t i = 0; i < n_chunks; i++) {
        const size_t row = args->m * i / n_chunks;

        g.m = args->m * (i + 1) / n_chunks - row;
        g.a = args->a + row;
        g.c = args->c + row * args->c_stride;
        multiply_tree_rows(&g);
    }
}

#endif
