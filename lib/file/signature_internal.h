/* signature_internal.h - what a file is, told from its first bytes. */
#ifndef GAN_SIGNATURE_INTERNAL_H
#define GAN_SIGNATURE_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <stddef.h>

/* As many bytes of a file's beginning are enough; fewer are good. */
enum { GAN__SIGNATURE_BYTES = 512 };

/* Say what the file is that begins with `n` bytes, for a reader that expected something else:
 * "a JPEG picture", "a zip archive (...)".  NULL when they are not known.  The text is constant. */
const char *gan__signature_name(const void *bytes, size_t n);

/* The same as the end of a message: ": it is a JPEG picture", or "" when they are not known. */
typedef struct gan__signature_text {
    char text[128];
} gan__signature_text;

/* Return it; use `.text` within the same expression. */
gan__signature_text gan__signature_text_of(const void *bytes, size_t n);

#endif
