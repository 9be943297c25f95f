/* text_internal.h - texts that grow while they are written. */
#ifndef GAN_TEXT_INTERNAL_H
#define GAN_TEXT_INTERNAL_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/status.h>
#include <stddef.h>

/* A text and its zero byte.  Begin with {.allocator = ...}; the functions below do nothing after
 * the first failure, which stays in `status`. */
typedef struct gan__text {
    const gan_allocator *allocator;
    char *bytes; /* NULL as long as the text is empty */
    size_t used; /* without the zero byte */
    size_t room;
    gan_status status;
} gan__text;

void gan__text_put(gan__text *text, const char *format, ...) GAN_PRINTF(2, 3);
void gan__text_put_bytes(gan__text *text, const char *bytes, size_t n);
void gan__text_end(gan__text *text); /* frees its memory */

#endif
