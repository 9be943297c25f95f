/* status_null.c - why a handle is NULL.
 *
 * A host may make all it needs and check once, at the call that needs the handles; by then other
 * failures have replaced the sentence that said why a constructor left one NULL. */
#include "status_internal.h"

#include <stdio.h>
#include <string.h>

enum { KEPT = 2, REASON_BYTES = 256 }; /* two networks may fail before a trainer is made */

static _Thread_local char reasons[GAN__HANDLES][KEPT][REASON_BYTES]; /* the latest first */

gan_status gan__lost(gan__handle kind, gan_status status)
{
    if (status == GAN_OK) return status;
    memmove(reasons[kind][1], reasons[kind][0], (KEPT - 1) * REASON_BYTES);
    snprintf(reasons[kind][0], REASON_BYTES, "%s", gan_last_error());
    return status;
}

void gan__forget_lost(void)
{
    memset(reasons, 0, sizeof reasons);
}

gan_status gan__fail_null(gan__handle kind, size_t n, const char *sentence)
{
    char why[KEPT * (REASON_BYTES + 2)] = "";
    size_t used = 0;

    for (size_t i = n < KEPT ? n : KEPT; i-- > 0;)
        if (*reasons[kind][i])
            used += (size_t)snprintf(why + used, sizeof why - used, "%s%s", used > 0 ? "; " : ": ",
                                     reasons[kind][i]);
    return gan__fail(GAN_ERR_INVALID, "%s%s", sentence, why);
}
