/* train_shards_internal.h - a batch cut into shards, each of which a rank of the run works on. */
#ifndef GAN_TRAIN_SHARDS_INTERNAL_H
#define GAN_TRAIN_SHARDS_INTERNAL_H

#include "math/communicator_internal.h"
#include "math/kernels_gemm_internal.h"

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

enum { GAN__MOST_SHARDS = GAN__MOST_RANKS, GAN__MOST_FIGURES = 16 };

/* The shards of a rank, and the figures of a half of a step, which are sums over all. */
typedef struct gan__shards {
    gan_communicator ranks;            /* that add up their shards in each step */
    size_t count;                      /* of all shards */
    size_t first, end;                 /* those of this rank */
    double *figures;                   /* of those: what is sent ... */
    double *all;                       /* ... and what is received: the packets of all ranks */
    double *places[GAN__MOST_FIGURES]; /* the addresses of a step's figures */
    size_t n_places;
    gan__shard_rows rows; /* of shards that run at once; n is 0 where that isn't possible */
    size_t *ends;
} gan__shards;

/* Checked settings; 1 to GAN__MOST_SHARDS shards, a power of two that the ranks divide.
 * `step_ranks` are the ranks that add up their shards in each step: all, or this one alone.  With
 * `at_once` the shards of a rank run as one batch where networks and losses allow it: see
 * gan__pass_rows_apart(). */
gan_status gan__shards_create(gan__shards **out, size_t count, const gan_communicator *ranks,
                              const gan_communicator *step_ranks, int at_once,
                              const gan_allocator *allocator);
void gan__shards_destroy(gan__shards *shards, const gan_allocator *allocator);

/* Begin a half of a step, whose n figures are added up at `places`.  `shards` may be NULL, here and
 * below. */
void gan__shards_begin(gan__shards *shards, double *const *places, size_t n);

/* The number of shards of a batch of n samples that run at once; whether a shard is this rank's. */
size_t gan__shards_at_once(const gan__shards *shards, size_t n);
int gan__shards_own(const gan__shards *shards, size_t shard);

/* The rows of those that run at once, for gan__pass_cut(); NULL when that is one. */
const gan__shard_rows *gan__shards_cut(gan__shards *shards, size_t n, size_t again);

/* Around a shard of this rank's: set the figures to 0, and store them at the end. */
void gan__shards_open(gan__shards *shards);
void gan__shards_close(gan__shards *shards, size_t shard);

/* After the last shard, or in place of a step that can't begin on this rank: fail on all ranks when
 * one has failed, or when `digest` differs between them; else set the figures to those of all
 * shards. */
gan_status gan__shards_join(gan__shards *shards, gan_status status, uint64_t digest);

/* The factor from sums over the shards that a step adds up to sums over a batch of n samples: above
 * 1 where only this rank's shards are added up. */
double gan__shards_factor(const gan__shards *shards, size_t n);

/* The samples of a batch of n that this rank looks at. */
typedef struct gan__rank_rows {
    size_t begin, end;
} gan__rank_rows;
gan__rank_rows gan__shards_rows(const gan__shards *shards, size_t n);

#endif
