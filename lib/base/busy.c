/* busy.c - see busy_internal.h. */
#include "base/busy_internal.h"

#include "base/status_internal.h"

gan_status gan__busy_enter(gan__busy *busy, const char *who)
{
    int expected = 0;

    if (atomic_compare_exchange_strong(&busy->taken, &expected, 1)) return GAN_OK;
    return gan__fail(GAN_ERR_BUSY,
                     "%s: is in another call, and runs one at a time; give each thread its own, or "
                     "see gan_sampler",
                     who);
}

void gan__busy_leave(gan__busy *busy)
{
    atomic_store(&busy->taken, 0);
}
