/* text.c - texts that grow while they are written. */
#include "file/text_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Reserve n more bytes and the zero byte. */
static gan_status reserve(gan__text *t, size_t n)
{
    const size_t wanted = gan__size_add(gan__size_add(t->used, n), 1);

    while (t->status == GAN_OK && wanted > t->room)
        t->status = gan__alloc_grow(&t->bytes, &t->room, t->used, wanted > 64 ? wanted : 64,
                                    SIZE_MAX, t->allocator);
    return t->status;
}

void gan__text_put_bytes(gan__text *t, const char *bytes, size_t n)
{
    if (reserve(t, n) != GAN_OK) return;
    if (n > 0) memcpy(t->bytes + t->used, bytes, n);
    t->used += n;
    t->bytes[t->used] = '\0';
}

void gan__text_put(gan__text *t, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 && t->status == GAN_OK)
        t->status = gan__fail(GAN_ERR_INVALID, "\"%s\" cannot be printed", format);
    if (n < 0 || reserve(t, (size_t)n) != GAN_OK) return;
    va_start(args, format);
    vsnprintf(t->bytes + t->used, (size_t)n + 1, format, args);
    va_end(args);
    t->used += (size_t)n;
}

void gan__text_end(gan__text *t)
{
    if (t->allocator) gan__free(t->allocator, t->bytes);
    *t = (gan__text){.allocator = t->allocator};
}
