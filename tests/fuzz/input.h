/* input.h - shared by all fuzz targets. */
#ifndef INPUT_H
#define INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Abort, which both a fuzzer and a replay notice. */
static inline void demand(int condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "check failed: %s\n", what);
    abort();
}

#endif
