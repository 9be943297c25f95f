/* numeric_internal.h - the floating-point environment of a call. */
#ifndef GAN_NUMERIC_INTERNAL_H
#define GAN_NUMERIC_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <fenv.h>

/* A host may round in another direction, flush subnormal numbers to zero or trap on exceptions.
 * Results must not depend on that, and workers have environments of their own anyway: so a call
 * computes in the default one, between these two, and restores the host's. */
typedef struct gan__numeric {
    int changed;
    fenv_t host;
} gan__numeric;
void gan__numeric_enter(gan__numeric *numeric);
void gan__numeric_leave(const gan__numeric *numeric);

/* For a new thread, which begins with the environment of the one that started it. */
void gan__numeric_begin_thread(void);

#endif
