/* rng_internal.h - streams without a handle: values as a function of (seed, stream, position). */
#ifndef GAN_RNG_INTERNAL_H
#define GAN_RNG_INTERNAL_H

#include <gan/rng.h>
#include <stddef.h>
#include <stdint.h>

/* The library's own streams; hosts have the numbers below. */
#define GAN__STREAM_INIT ((uint64_t)1 << 63)     /* initial weights; position: the weight's index */
#define GAN__STREAM_NOISE (GAN__STREAM_INIT + 1) /* latent vectors of training */
#define GAN__STREAM_DROPOUT (GAN__STREAM_INIT + 2) /* the generator's masks; see layer_dropout.c */
#define GAN__STREAM_SHUFFLE (GAN__STREAM_INIT + 3) /* an iterator's shuffling */
#define GAN__STREAM_SHAPES (GAN__STREAM_INIT + 4)  /* the synthetic set; position: 256 a sample */
#define GAN__STREAM_DROPOUT_D (GAN__STREAM_INIT + 5)  /* the discriminator's masks */
#define GAN__STREAM_FLIP (GAN__STREAM_INIT + 6)       /* an iterator's mirrored samples */
#define GAN__STREAM_LABEL (GAN__STREAM_INIT + 7)      /* a trainer's flipped labels */
#define GAN__STREAM_INSTANCE (GAN__STREAM_INIT + 8)   /* and its instance noise */
#define GAN__STREAM_SPECTRAL (GAN__STREAM_INIT + 9)   /* initial singular vectors */
#define GAN__STREAM_PENALTY (GAN__STREAM_INIT + 10)   /* a penalty's points between samples */
#define GAN__STREAM_CLASS (GAN__STREAM_INIT + 12)     /* labels of a trainer's generated samples */
#define GAN__STREAM_DROPOUT_P (GAN__STREAM_INIT + 11) /* the discriminator's masks in a penalty */
#define GAN__STREAM_STATISTICS (GAN__STREAM_INIT + 13) /* masks where statistics are estimated, */
#define GAN__STREAM_AVERAGE (GAN__STREAM_INIT + 14)    /* those of an average: latent vectors */
#define GAN__STREAM_AVERAGE_CLASS (GAN__STREAM_INIT + 15) /* and their labels */
#define GAN__STREAM_PASS (GAN__STREAM_INIT + 16)          /* masks of passes that a host runs */
#define GAN__STREAM_SPLIT (GAN__STREAM_INIT + 18)         /* random splits of a dataset */
#define GAN__STREAM_BINS (GAN__STREAM_INIT + 19)          /* initial centres of k-means */
#define GAN__STREAM_PATCHES (GAN__STREAM_INIT + 20)       /* positions of patches */
#define GAN__STREAM_SLICES (GAN__STREAM_INIT + 21)        /* and directions of their projections */
#define GAN__STREAM_JITTER (GAN__STREAM_INIT + 40)        /* an iterator's jitter; 16 a sample */
#define GAN__STREAM_AUGMENT (GAN__STREAM_INIT + 24)       /* augmentation; 32 values a sample */
#define GAN__STREAM_CONSISTENCY (GAN__STREAM_INIT + 25)   /* the same, for consistency */

struct gan_rng {
    uint64_t seed;
    uint64_t stream;
    uint64_t position;
    gan_allocator allocator;
};

/* Write values `position` .. `position + n - 1` of a stream, as gan_rng_uniform() and
 * gan_rng_normal() do.  Safe on any thread; slices of a stream filled apart are the same as filled
 * at once. */
void gan__rng_uniform(uint64_t seed, uint64_t stream, uint64_t position, size_t n, float *out);
void gan__rng_normal(uint64_t seed, uint64_t stream, uint64_t position, size_t n, float *out);

/* The same for raw bits. */
void gan__rng_fill_bits(uint64_t seed, uint64_t stream, uint64_t position, size_t n, uint32_t *out);

/* Return 32 random bits: value `position` of a stream. */
uint32_t gan__rng_bits(uint64_t seed, uint64_t stream, uint64_t position);

/* Write values `position` .. `position + n - 1` as labels: see gan_rng_labels(). */
void gan__rng_labels(uint64_t seed, uint64_t stream, uint64_t position, size_t n_classes,
                     const double *weights, size_t n, uint16_t *labels);

/* Whether that can draw from these. */
int gan__rng_check_weights(size_t n_classes, const double *weights);

/* Return value `position` as a whole number in 0 .. bound-1; 0 for bound 0. */
uint32_t gan__rng_below(uint64_t seed, uint64_t stream, uint64_t position, uint32_t bound);

#endif
