/* idx.c - see idx.h. */
#include "idx.h"

#include <math.h>

static void write_size(FILE *file, size_t size)
{
    for (int shift = 24; shift >= 0; shift -= 8) putc((int)(size >> shift & 255), file);
}

/* A file begins with its type, 8 for unsigned bytes, and its rank, followed by the dimensions,
 * big-endian. */
void idx_write_header(FILE *file, size_t count, gan_shape picture)
{
    size_t skip = picture.dim[0] == 1 ? 1 : 0;
    write_size(file, 0x0800 + 4 - skip);
    write_size(file, count);
    for (size_t i = skip; i < 3; i++) write_size(file, picture.dim[i]);
}

void idx_write_numbers(FILE *file, const float *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        putc((int)(fminf(fmaxf(0.5f * numbers[i] + 0.5f, 0), 1) * 255 + 0.5f), file);
}
