/* signature_internal.h - the format of a file, recognised by its first bytes. */
#ifndef GAN_SIGNATURE_INTERNAL_H
#define GAN_SIGNATURE_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <stddef.h>

/* Bytes of a file's beginning that are enough; fewer are allowed. */
enum { GAN__SIGNATURE_BYTES = 512 };

/* Name the format of a file by its first `n` bytes, for a reader that expected another:
 * "a JPEG picture", "a zip archive (...)".  NULL when it is unknown.  The text is constant. */
const char *gan__signature_name(const void *bytes, size_t n);

/* The same as the end of a message: ": it is a JPEG picture", or "" when it is unknown. */
typedef struct gan__signature_text {
    char text[128];
} gan__signature_text;

/* Return it; use `.text` within the same expression. */
gan__signature_text gan__signature_text_of(const void *bytes, size_t n);

#endif
