/* features_internal.h - what kinds of features have in common. */
#ifndef GAN_FEATURES_INTERNAL_H
#define GAN_FEATURES_INTERNAL_H

#include "base/busy_internal.h"

#include <gan/features.h>
#include <stddef.h>
#include <stdint.h>

/* A kind computes the features of a few samples on one of the pool's threads; or, where that is
 * NULL, those of all at once.  Its data is in `state`, which end() frees. */
typedef struct gan__features_kind {
    gan_status (*compute)(const gan_features *f, const float *samples, size_t n, float *out,
                          size_t worker);
    gan_status (*compute_all)(const gan_features *f, const float *samples, size_t n, float *out);
    void (*end)(gan_features *f);
} gan__features_kind;

struct gan_features {
    gan_allocator allocator;
    const gan__features_kind *kind;
    gan_pool *pool, *own_pool;
    gan__busy busy;
    gan_shape sample;
    size_t size;  /* numbers of a sample */
    size_t count; /* features of one */
    uint64_t hash;
    char name[128];
    void *state;
};

/* Make the common part of features of samples of this shape; `bytes` of state are zero.  The kind
 * then sets name, count and hash. */
gan_status gan__features_begin(gan_features **out, const gan__features_kind *kind, gan_shape sample,
                               size_t bytes, const gan_features_desc *desc);

/* FNV-1a of text and of numbers, independent of the machine's byte order. */
uint64_t gan__features_hash_text(const char *text);
uint64_t gan__features_hash_numbers(uint64_t hash, const float *x, size_t n);

/* Channels, height and width of the shape of a picture; a plain vector is one row of pixels. */
void gan__features_sides(gan_shape shape, size_t sides[3]);

#endif
