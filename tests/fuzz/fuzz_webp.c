/* fuzz_webp.c - any bytes as a WebP file. */
#include "picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (gan__image_webp.missing) return 0;
    try_picture(&gan__image_webp, 0, bytes, n);
    try_picture(&gan__image_webp, 1, bytes, n);
    return 0;
}
