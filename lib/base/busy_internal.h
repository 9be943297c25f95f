/* busy_internal.h - objects that one thread uses at a time.
 *
 * Such an object has scratch memory for its calls; two at once would silently overwrite each
 * other's numbers.  Instead, the second returns GAN_ERR_BUSY. */
#ifndef GAN_BUSY_INTERNAL_H
#define GAN_BUSY_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <gan/status.h>
#include <stdatomic.h>

/* All zero: no thread is in a call. */
typedef struct gan__busy {
    atomic_int taken;
} gan__busy;

/* Begin and end a call.  gan__busy_enter() is GAN_ERR_BUSY, with a message that begins with `who`,
 * while another call is in progress: on another thread, or around a callback of the host's from
 * which this one is made; gan__busy_leave() must not be called then. */
gan_status gan__busy_enter(gan__busy *busy, const char *who);
void gan__busy_leave(gan__busy *busy);

#endif
