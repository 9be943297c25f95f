/* numeric.c - see numeric_internal.h. */
#include "math/numeric_internal.h"

#ifdef __x86_64__
#include <xmmintrin.h>
#endif

/* Nearly always it is, and reading it costs little, where setting it takes as long as a small
 * matrix product. */
static int is_default(void)
{
#ifdef __x86_64__
    enum { SSE_FLAGS = 0x3f, SSE_DEFAULT = 0x1f80, X87_DEFAULT = 0x37f };
    unsigned short x87;

    __asm__ volatile("fnstcw %0" : "=m"(x87));
    return (_mm_getcsr() & ~(unsigned)SSE_FLAGS) == SSE_DEFAULT && x87 == X87_DEFAULT;
#else
    return 0;
#endif
}

void gan__numeric_enter(gan__numeric *numeric)
{
    numeric->changed = !is_default();
    if (!numeric->changed) return;
    fegetenv(&numeric->host);
    fesetenv(FE_DFL_ENV);
}

void gan__numeric_leave(const gan__numeric *numeric)
{
    if (numeric->changed) fesetenv(&numeric->host);
}

void gan__numeric_begin_thread(void)
{
    fesetenv(FE_DFL_ENV);
}
