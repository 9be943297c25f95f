/* kernels_simd.c - the table of loops of each instruction set, and which of them runs here.
 *
 * Every object file of the library but those of the loops is made for any CPU of its architecture;
 * what only some CPUs have is reached through a table. */
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

#ifdef GAN__HAVE_X86_ISAS
TABLE(v3)
TABLE(v4)

/* The levels x86-64-v3 and -v4 of the psABI, as far as compilers make use of them here. */
static int has_v3(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
}

static int has_v4(void)
{
    return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

const gan__simd *gan__simd_variant(size_t i)
{
    if (i == 1 && has_v3()) return &table_v3;
    if (i == 2 && has_v4()) return &table_v4;
    return i == 0 ? &table_base : NULL;
}

const gan__simd *gan__simd_best(void)
{
    return has_v4() ? &table_v4 : has_v3() ? &table_v3 : &table_base;
}
#else
const gan__simd *gan__simd_variant(size_t i)
{
    return i == 0 ? &table_base : NULL;
}

const gan__simd *gan__simd_best(void)
{
    return &table_base;
}
#endif

const char *gan_instruction_set(void)
{
    return gan__simd_best()->name;
}
