/* train_shards_internal.h - a batch cut into shards, each of which a rank of the run works on. */
#ifndef GAN_TRAIN_SHARDS_INTERNAL_H
#define GAN_TRAIN_SHARDS_INTERNAL_H

#include "math/communicator_internal.h"

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

enum { GAN__MOST_SHARDS = GAN__MOST_RANKS, GAN__MOST_FIGURES = 16 };

/* The shards of a rank, and the figures of a half of a step, which are sums over all. */
typedef struct gan__shards {
    gan_communicator ranks;
    size_t count;                      /* of all shards */
    size_t first, end;                 /* those of this rank */
    double *figures;                   /* of those: what is sent ... */
    double *all;                       /* ... and what is received: the packets of all ranks */
    double *places[GAN__MOST_FIGURES]; /* where a step adds its figures up */
    size_t n_places;
} gan__shards;

/* Checked settings; 1 to GAN__MOST_SHARDS shards, a power of two that the ranks divide. */
gan_status gan__shards_create(gan__shards **out, size_t count, const gan_communicator *ranks,
                              const gan_allocator *allocator);
void gan__shards_destroy(gan__shards *shards, const gan_allocator *allocator);

/* Where figures are added up in the half of a step that begins; NULL is no shards, as below. */
void gan__shards_begin(gan__shards *shards, double *const *places, size_t n);

/* Whether this rank works on a shard; then its figures begin with 0, and are kept at its end. */
int gan__shards_open(gan__shards *shards, size_t shard);
void gan__shards_close(gan__shards *shards, size_t shard);

/* After the last one, or in place of a step that can't begin on this rank: fail on all ranks when
 * one has failed, or when they do not train the same, as `digest` says; else let the figures
 * be those of all shards. */
gan_status gan__shards_join(gan__shards *shards, gan_status status, uint64_t digest);

/* The samples of a batch of n that this rank looks at. */
typedef struct gan__rank_rows {
    size_t begin, end;
} gan__rank_rows;
gan__rank_rows gan__shards_rows(const gan__shards *shards, size_t n);

#endif
