/* fuzz_jpeg.c - any bytes as a JPEG file. */
#include "picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (gan__image_jpeg.missing) return 0;
    try_picture(&gan__image_jpeg, 0, bytes, n);
    try_picture(&gan__image_jpeg, 1, bytes, n);
    return 0;
}
