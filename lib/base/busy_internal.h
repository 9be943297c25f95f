/* busy_internal.h - objects that one thread uses at a time.
 *
 * Such an object has memory that its calls work in; two of them at once would silently compute with
 * each other's numbers.  The second is told instead. */
#ifndef GAN_BUSY_INTERNAL_H
#define GAN_BUSY_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <gan/status.h>
#include <stdatomic.h>

/* All zero: no thread is in a call. */
typedef struct gan__busy {
    atomic_int taken;
} gan__busy;

/* A call begins, and ends.  Entering is GAN_ERR_BUSY, in a sentence that begins with `who`, and
 * nothing is to be left, while another call is under way: on another thread, or in a callback of
 * the host's that it has called. */
gan_status gan__busy_enter(gan__busy *busy, const char *who);
void gan__busy_leave(gan__busy *busy);

#endif
