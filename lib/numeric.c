/* numeric.c - see numeric_internal.h. */
#include "numeric_internal.h"

void gan__numeric_enter(gan__numeric *host)
{
    fegetenv(host);
    fesetenv(FE_DFL_ENV);
}

void gan__numeric_leave(const gan__numeric *host)
{
    fesetenv(host);
}

void gan__numeric_begin_thread(void)
{
    fesetenv(FE_DFL_ENV);
}
