/* bench_products.c - matrix products of many shapes on one thread: the library's loops for each instruction set, with
 * packed and unpacked rows, against the BLAS's fastest kernels. */
#include "bench.h"
#include "math/kernels_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* A layer's three products, as its tiles compute them: see kernels.c. */
typedef enum kind { FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT } kind;

static const char *const kind_names[] = {"forward", "input gradient", "weight gradient"};

typedef struct shape {
    kind kind;
    size_t m, n, k;
} shape;

static const shape shapes[] = {
    {FORWARD, 100, 128, 256},          {FORWARD, 200, 128, 784},
    {FORWARD, 512, 512, 1024},         {FORWARD, 1024, 256, 1024},
    {FORWARD, 64, 1024, 1024},         {FORWARD, 512, 1024, 4096},
    {INPUT_GRADIENT, 200, 392, 256},   {INPUT_GRADIENT, 512, 512, 1024},
    {INPUT_GRADIENT, 1024, 392, 1024}, {INPUT_GRADIENT, 512, 2048, 1000},
    {WEIGHT_GRADIENT, 128, 784, 200},  {WEIGHT_GRADIENT, 512, 1024, 512},
    {WEIGHT_GRADIENT, 256, 784, 1024}, {WEIGHT_GRADIENT, 1024, 1024, 1024},
};

enum { N_SHAPES = sizeof shapes / sizeof *shapes, MOST_WAYS = 7 };

/* A way to compute a product. */
typedef struct way {
    char name[32];
    gan__gemm_fn *multiply;
    int packed;
} way;

static way ways[MOST_WAYS];
static size_t n_ways;

static void add_way(gan__gemm_fn *multiply, const char *name, const char *what, int packed)
{
    way *w = &ways[n_ways++];

    snprintf(w->name, sizeof w->name, "%s%s", name, what);
    w->multiply = multiply;
    w->packed = packed;
}

static void list_ways(void)
{
    add_way(gan__kernels_gemm_blas, "BLAS", "", 0);
    for (size_t i = 0; gan__simd_variant(i); i++) {
        const gan__simd *simd = gan__simd_variant(i);

        if (!simd->products->fused) continue;
        add_way(simd->products->gemm, simd->name, "", 0);
        add_way(simd->products->gemm, simd->name, " packed", 1);
    }
}

static float *aligned_numbers(size_t n)
{
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);

    if (!x) die("aligned_alloc");
    return x;
}

static double time_product(const gan__gemm_args *args, const way *w, float *rows, size_t repeats)
{
    gan__gemm_args g = *args;
    const double start = now();

    g.rows = w->packed ? rows : NULL;
    for (size_t i = 0; i < repeats; i++) w->multiply(&g);
    return (now() - start) / (double)repeats;
}

static void measure(const shape *s, figures *report)
{
    static double seconds[MOST_WAYS][ROUNDS];
    const double flops = 2.0 * (double)s->m * (double)s->n * (double)s->k;
    const size_t repeats = rounds == 1 ? 1 : (size_t)(2e9 / flops) + 1;
    float *a = numbers(s->m * s->k), *b = numbers(s->n * s->k), *c = numbers(s->m * s->n);
    float *panel = aligned_numbers(GAN__GEMM_SCRATCH), *rows = aligned_numbers(GAN__GEMM_ROWS);
    const gan__gemm_args args = {.m = s->m,
                                 .n = s->n,
                                 .k = s->k,
                                 .a = a,
                                 .a_row = s->kind == WEIGHT_GRADIENT ? 1 : s->k,
                                 .a_column = s->kind == WEIGHT_GRADIENT ? s->m : 1,
                                 .b = b,
                                 .b_stride = s->kind == FORWARD ? s->k : s->n,
                                 .b_transposed = s->kind == FORWARD,
                                 .c = c,
                                 .c_stride = s->n,
                                 .scratch = panel};
    figures *line = figures_begin();

    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < n_ways; i++)
            seconds[i][r] = time_product(&args, &ways[i], rows, repeats);
    printf("%-16s %5zu %5zu %5zu", kind_names[s->kind], s->m, s->n, s->k);
    put_text(line, "kind", kind_names[s->kind]);
    put(line, "m", (double)s->m);
    put(line, "n", (double)s->n);
    put(line, "k", (double)s->k);
    for (size_t i = 0; i < n_ways; i++) {
        const double rate = 1e-9 * flops / median(seconds[i], rounds);

        printf(" %10.1f", rate);
        put(line, ways[i].name, rate);
    }
    printf("\n");
    fflush(stdout);
    figures_add(report, NULL, line);
    free(a), free(b), free(c), free(panel), free(rows);
}

static const char usage[] =
    "usage: bench_products [--json FILE] [--quick]\n"
    "\n"
    "Times matrix products on one thread, by the library's own loops and by the BLAS.\n"
    "  --json FILE   also write the figures there\n"
    "  --quick       one round instead of many, as a smoke test\n";

int main(int argc, char **argv)
{
    const bench_options options = read_options(argc, argv, NULL, usage);
    figures *report = begin_report(1), *table = figures_begin();

    list_ways();
    blas_threads(1);
    printf("GFLOP/s\n%-16s %5s %5s %5s", "product", "m", "n", "k");
    for (size_t i = 0; i < n_ways; i++) printf(" %10s", ways[i].name);
    printf("\n");
    for (size_t i = 0; i < N_SHAPES; i++) measure(&shapes[i], table);
    figures_add(report, "products", table);
    end_report(report, &options);
    return 0;
}
