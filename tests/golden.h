/* golden.h - reading the reference vectors of tests/golden. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stddef.h>

typedef struct golden golden;

/* Read a .bin file of tests/golden whole; the test fails if that fails. */
golden *golden_open(const char *name);
void golden_close(golden *g);

/* Return the values of a vector; the test fails if it is missing or doesn't have `count` values. */
const float *golden_get(const golden *g, const char *name, size_t count);

/* The same, but NULL when it is missing. */
const float *golden_find(const golden *g, const char *name, size_t count);

#endif
