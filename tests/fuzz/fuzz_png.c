/* fuzz_png.c - any bytes as a PNG file, as they are and with correct checksums. */
#include "file/file_internal.h"
#include "picture.h"

static uint32_t read_32(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Correct the CRC at the end of each chunk: length, name, that many bytes, CRC. */
static void seal(uint8_t *bytes, size_t n)
{
    for (size_t at = 8; n - at >= 12;) {
        const size_t length = read_32(bytes + at);
        uint32_t sum;

        if (length > n - at - 12) return;
        sum = gan__file_sum(0, bytes + at + 4, length + 4);
        for (size_t i = 0; i < 4; i++) bytes[at + 8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
        at += length + 12;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint8_t *sealed = malloc(n > 0 ? n : 1);

    try_picture(&gan__image_png, 0, bytes, n);
    try_picture(&gan__image_png, 1, bytes, n);
    if (sealed && n >= 8) {
        memcpy(sealed, bytes, n);
        seal(sealed, n);
        if (memcmp(sealed, bytes, n) != 0) try_picture(&gan__image_png, 1, sealed, n);
    }
    free(sealed);
    return 0;
}
