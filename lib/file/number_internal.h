/* number_internal.h - numbers as texts, the same in every locale and every rounding mode. */
#ifndef GAN_NUMBER_INTERNAL_H
#define GAN_NUMBER_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <stddef.h>
#include <stdint.h>

enum {
    GAN__NUMBER_BYTES = 32,  /* any number as a text, with the zero byte */
    GAN__NUMBER_DIGITS = 17, /* digits from which every double is read back exactly */
};

/* Write a number with at most `digits` significant digits, 1 to 17, as printf's %g does in the C
 * locale; and with the fewest digits, 15 or more, from which the same bits are read again. */
void gan__number_print(char text[GAN__NUMBER_BYTES], double value, int digits);
void gan__number_print_exact(char text[GAN__NUMBER_BYTES], double value);
/* The same for a float, with the fewest digits that identify it among all floats: 0.1 for 0.1f. */
void gan__number_print_float(char text[GAN__NUMBER_BYTES], float value);

/* Read all n bytes of a text as the nearest double; 0, with `*out` unchanged, when they are not a
 * decimal number, or one that is too large. */
int gan__number_parse(double *out, const char *text, size_t n);

/* Read digits without sign and leading zeros as an integer; 0 when it isn't one of 64 bits. */
int gan__number_parse_whole(uint64_t *out, const char *text, size_t n);

#endif
