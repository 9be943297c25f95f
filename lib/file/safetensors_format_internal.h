/* safetensors_format_internal.h - declarations that reading and writing safetensors files share. */
#ifndef GAN_SAFETENSORS_FORMAT_INTERNAL_H
#define GAN_SAFETENSORS_FORMAT_INTERNAL_H

#include "file/safetensors_internal.h"

#include <stddef.h>
#include <stdint.h>

#define METADATA "__metadata__"

/* The tensor that ends a sealed file: gan__file_sum() of all bytes before it, little-endian. */
#define CHECKSUM "libgan.checksum"

enum {
    LENGTH_BYTES = 8,           /* of the header's length */
    MAX_HEADER_BYTES = 4 << 20, /* room for 30 000 tensors; parsed, it takes up to 20 times that */
    CHECKSUM_BYTES = 4
};

typedef struct gan__dtype_record {
    char name[8];
    unsigned char bytes;
    gan__dtype dtype;
    /* n numbers of a file as floats, rounded to the nearest.  NULL: F32, or no numbers to read. */
    void (*to_floats)(const unsigned char *bytes, size_t n, float *out);
} gan__dtype_record;

const gan__dtype_record *gan__dtype_find(const char *name); /* or NULL */

/* Swap the bytes of each number if the host's byte order is not the file's. */
void gan__swap_on_big_endian(float *numbers, size_t n);
int gan__host_is_little_endian(void);

/* The first n bytes, at most 8, as an integer, little-endian; and the reverse. */
uint64_t gan__little_endian(const unsigned char *bytes, size_t n);
void gan__put_little_endian(unsigned char *bytes, size_t n, uint64_t value);

/* Return the index of the first number that is NaN or infinite, or `n`. */
size_t gan__find_nonfinite(const float *numbers, size_t n);

#endif
