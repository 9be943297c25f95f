/* numeric_internal.h - the floating-point environment of a call. */
#ifndef GAN_NUMERIC_INTERNAL_H
#define GAN_NUMERIC_INTERNAL_H

#include <fenv.h>

/* A host may round in another direction, flush small numbers to zero or trap on exceptions.  Results
 * must not depend on that, and a worker has an environment of its own: so a call computes in the
 * default one, between these two, and leaves the host's as it was, with its sticky flags. */
typedef fenv_t gan__numeric;
void gan__numeric_enter(gan__numeric *host);
void gan__numeric_leave(const gan__numeric *host);

/* For a new thread, which begins with the environment of the one that started it. */
void gan__numeric_begin_thread(void);

#endif
