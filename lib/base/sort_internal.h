/* sort_internal.h - sorting that takes no memory and whose time nobody else can choose. */
#ifndef GAN_SORT_INTERNAL_H
#define GAN_SORT_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <stddef.h>

/* As for the C library's qsort(), whose memory may come from malloc() and whose time may be
 * quadratic. */
typedef int gan__sort_compare(const void *a, const void *b);

/* Sort n records of `size` bytes, in n log n comparisons; equal ones end in any order. */
void gan__sort(void *records, size_t n, size_t size, gan__sort_compare *compare);

/* Compares two `const char *`. */
int gan__sort_by_name(const void *a, const void *b);

#endif
