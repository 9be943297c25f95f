/* sort_internal.h - sorting without memory, and in n log n time for any input. */
#ifndef GAN_SORT_INTERNAL_H
#define GAN_SORT_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <stddef.h>

/* A comparison as for qsort(), which isn't used because it may call malloc() and take quadratic
 * time. */
typedef int gan__sort_compare(const void *a, const void *b);

/* Sort n records of `size` bytes, with n log n comparisons; not stable. */
void gan__sort(void *records, size_t n, size_t size, gan__sort_compare *compare);

/* Compares two `const char *`. */
int gan__sort_by_name(const void *a, const void *b);

#endif
