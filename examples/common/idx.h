/* idx.h - pictures as bytes in the IDX format, the one of MNIST's files. */
#ifndef IDX_H
#define IDX_H

#include <gan/gan.h>
#include <stdio.h>

/* Begin a file of `count` pictures [c, h, w]: count x h x w, or with colours count x c x h x w. */
void idx_write_header(FILE *file, size_t count, gan_shape picture);

/* Write `n` values from -1 to 1 as bytes, rounded as in the library's pictures.  files_commit()
 * reports errors. */
void idx_write_numbers(FILE *file, const float *numbers, size_t n);

#endif
