/* image_exif.c - the orientation in EXIF data.
 *
 * EXIF data is a TIFF file without pixels (EXIF 2.3, 4.6): 8 bytes that say the order of bytes and
 * where the first directory is, and there a count of entries of 12 bytes,
 *
 *     tag (2)  type (2)  count (4)  value (4, a short in the first two)
 *
 * of which one, tag 0x0112, is the orientation of the camera. */
#include "data/image_internal.h"

#include <string.h>

enum { HEAD = 8, ENTRY = 12, ORIENTATION = 0x0112, SHORT = 3 };

typedef struct exif_data {
    const unsigned char *bytes;
    size_t n;
    int is_little; /* the order of bytes */
} exif_data;

/* The 2-byte number at an offset; 0 beyond the end. */
static unsigned short_at(const exif_data *e, size_t at)
{
    const unsigned char *b = e->bytes + at;

    if (at > e->n || e->n - at < 2) return 0;
    return e->is_little ? (unsigned)b[1] << 8 | b[0] : (unsigned)b[0] << 8 | b[1];
}

static size_t long_at(const exif_data *e, size_t at)
{
    const size_t first = short_at(e, at), second = short_at(e, at + 2);

    return e->is_little ? second << 16 | first : first << 16 | second;
}

int gan__exif_orientation(const unsigned char *exif, size_t n)
{
    exif_data e = {exif, n, 1};
    size_t directory, count;

    if (n < HEAD || (memcmp(exif, "II*\0", 4) != 0 && memcmp(exif, "MM\0*", 4) != 0)) return 1;
    e.is_little = exif[0] == 'I';
    directory = long_at(&e, 4);
    if (directory > n) return 1;
    count = short_at(&e, directory);
    for (size_t i = 0, at = directory + 2; i < count && at < n; i++, at += ENTRY) {
        const unsigned value = short_at(&e, at + 8);

        if (short_at(&e, at) != ORIENTATION || short_at(&e, at + 2) != SHORT) continue;
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
