/* status_internal.h - how the library's own functions report a failure. */
#ifndef GAN_STATUS_INTERNAL_H
#define GAN_STATUS_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <gan/status.h>
#include <stddef.h>

/* Store the message for gan_last_error() and return `status`.  Allocates nothing. */
gan_status gan__fail(gan_status status, const char *format, ...) GAN_PRINTF(2, 3);

/* Why a handle is NULL: see status_null.c. */
typedef enum gan__handle {
    GAN__NETWORK,
    GAN__OPTIMIZER,
    GAN__DATASET,
    GAN__ITERATOR,
    GAN__TRAINER,
    GAN__CLASSIFIER,
    GAN__PASS
} gan__handle;

/* To be called at the end of a constructor: when it has failed, store its message on this thread,
 * for the call that will get its NULL.  Return `status`. */
gan_status gan__lost(gan__handle kind, gan_status status);

/* Drop these messages: the host has a complete object. */
void gan__forget_lost(void);

/* Fail with GAN_ERR_INVALID and a message such as "trainer: the generator is NULL", followed by
 * why the latest one or two, n, of that kind could not be made, as far as is known. */
gan_status gan__fail_null(gan__handle kind, size_t n, const char *sentence);

/* Jump to the label `cleanup` when a call fails.  Needs a local `gan_status status`. */
#define GAN_TRY(call)                                                                              \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != GAN_OK) goto cleanup;                                                        \
    } while (0)

/* Fail and jump to the label `cleanup`. */
#define GAN_FAIL(...)                                                                              \
    do {                                                                                           \
        status = gan__fail(__VA_ARGS__);                                                           \
        goto cleanup;                                                                              \
    } while (0)

#endif
