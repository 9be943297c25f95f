/* status_internal.h - how the library's own functions report a failure. */
#ifndef GAN_STATUS_INTERNAL_H
#define GAN_STATUS_INTERNAL_H

#include <gan/status.h>

/* Keep one sentence for gan_last_error() and return `status`.  Takes no memory. */
gan_status gan__fail(gan_status status, const char *format, ...) GAN_PRINTF(2, 3);

/* Leave by the label `cleanup` when a call fails.  Wants a local `gan_status status`. */
#define GAN_TRY(call)                                                                              \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != GAN_OK) goto cleanup;                                                        \
    } while (0)

/* Fail and leave by the label `cleanup`. */
#define GAN_FAIL(...)                                                                              \
    do {                                                                                           \
        status = gan__fail(__VA_ARGS__);                                                           \
        goto cleanup;                                                                              \
    } while (0)

#endif
