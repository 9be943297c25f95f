/* digest_internal.h - a 64-bit digest for comparing numbers and texts (FNV-1a, Fowler, Noll and Vo,
 * here over words of any size).  It is not cryptographic. */
#ifndef GAN_DIGEST_INTERNAL_H
#define GAN_DIGEST_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The digest of nothing. */
static const uint64_t GAN__DIGEST_EMPTY = 14695981039346656037u;

static inline uint64_t gan__digest_add(uint64_t digest, uint64_t word)
{
    return (digest ^ word) * 1099511628211u;
}

/* By the bits of each float. */
static inline uint64_t gan__digest_add_floats(uint64_t digest, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, &x[i], sizeof bits);
        digest = gan__digest_add(digest, bits);
    }
    return digest;
}

#endif
