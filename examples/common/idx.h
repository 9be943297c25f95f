/* idx.h - pictures as bytes in the IDX format, the one of MNIST's files. */
#ifndef IDX_H
#define IDX_H

#include <gan/gan.h>
#include <stdio.h>

/* Begin a file of `count` pictures [c, h, w]: count x h x w, or with colours count x c x h x w. */
void idx_write_header(FILE *file, size_t count, gan_shape picture);

/* Write `n` numbers from -1 to 1 as the bytes that a picture of the library has for them.
 * files_commit() tells whether writing worked. */
void idx_write_numbers(FILE *file, const float *numbers, size_t n);

#endif
