/* kernels_simd.c - the table of loops of each instruction set, and which of them runs here.
 *
 * All object files of the library but those of the loops are compiled for the baseline of the
 * architecture; code that only some CPUs can run is called through a table. */
#include "math/kernels_simd_internal.h"

#include <gan/version.h>
#include <stddef.h>

#define ENTRY(name, isa) .name = gan__##name##_##isa,
#define TABLE(isa)                                                                                 \
    GAN__LOOPS(GAN__LOOP_OF, isa)                                                                  \
    extern const gan__products gan__products_##isa;                                                \
    extern const gan__function_loops gan__functions_##isa[GAN__N_FUNCTIONS];                       \
    extern const gan__tile_loops gan__tiles_##isa[GAN__N_TILINGS];                                 \
    static const gan__simd table_##isa = {.name = #isa,                                            \
                                          .functions = gan__functions_##isa,                       \
                                          .products = &gan__products_##isa,                        \
                                          .tiles = gan__tiles_##isa,                               \
                                          GAN__LOOPS(ENTRY, isa)};

TABLE(base)
#ifdef GAN__HAVE_v3
TABLE(v3)
#endif
#ifdef GAN__HAVE_v4 /* only beside v3 */
TABLE(v4)
#endif

/* The loops of v4, with products by the bfloat16 instruction. */
#ifdef GAN__HAVE_bf16 /* only beside v4 */
extern const gan__products gan__products_bf16;
static const gan__simd table_bf16 = {.name = "v4",
                                     .functions = gan__functions_v4,
                                     .products = &gan__products_bf16,
                                     .tiles = gan__tiles_v4,
                                     GAN__LOOPS(ENTRY, v4)};
#endif

/* The levels x86-64-v3 and -v4 of the psABI, as far as compilers make use of them here; NULL where
 * the library is built without them, or the CPU doesn't support them. */
static const gan__simd *find_v3(void)
{
#ifdef GAN__HAVE_v3
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma"))
        return &table_v3;
#endif
    return NULL;
}

static const gan__simd *find_v4(void)
{
#ifdef GAN__HAVE_v4
    if (find_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return &table_v4;
#endif
    return NULL;
}

static const gan__simd *find_bf16(void)
{
#ifdef GAN__HAVE_bf16
    if (find_v4() && __builtin_cpu_supports("avx512bf16")) return &table_bf16;
#endif
    return NULL;
}

const gan__simd *gan__simd_variant(size_t i)
{
    return i == 0   ? &table_base
           : i == 1 ? find_v3()
           : i == 2 ? find_v4()
           : i == 3 ? find_bf16()
                    : NULL;
}

const gan__simd *gan__simd_best(void)
{
    const gan__simd *best = find_bf16();

    if (!best) best = find_v4();
    if (!best) best = find_v3();
    return best ? best : &table_base;
}

const char *gan_instruction_set(void)
{
    return gan__simd_best()->name;
}
