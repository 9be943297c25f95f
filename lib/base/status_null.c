/* status_null.c - why a handle is NULL.
 *
 * A host may create all objects and check once, at the call that needs the handles; by then other
 * failures may have replaced the message of the constructor that failed. */
#include "base/status_internal.h"

#include <stdio.h>
#include <string.h>

enum { KEPT = 6, SENTENCE_BYTES = 512, MOST_REASONS = 2 };

/* The latest failures of constructors, the last one first. */
typedef struct loss {
    gan__handle kind;
    char sentence[SENTENCE_BYTES]; /* empty: no failure */
} loss;
static _Thread_local loss losses[KEPT];

gan_status gan__lost(gan__handle kind, gan_status status)
{
    if (status == GAN_OK) return status;
    memmove(losses + 1, losses, (KEPT - 1) * sizeof *losses);
    losses[0].kind = kind;
    snprintf(losses[0].sentence, SENTENCE_BYTES, "%s", gan_last_error());
    return status;
}

void gan__forget_lost(void)
{
    memset(losses, 0, sizeof losses);
}

/* The n-th latest message of a kind, from 0; empty when there is none. */
static const char *reason(gan__handle kind, size_t n)
{
    for (size_t i = 0; i < KEPT; i++)
        if (*losses[i].sentence && losses[i].kind == kind && n-- == 0) return losses[i].sentence;
    return "";
}

gan_status gan__fail_null(gan__handle kind, size_t n, const char *sentence)
{
    const char *latest = reason(kind, 0), *before = n == MOST_REASONS ? reason(kind, 1) : "";

    return gan__fail(GAN_ERR_INVALID, "%s%s%s%s%s", sentence, *latest || *before ? ": " : "", before,
                     *before ? "; " : "", latest);
}
