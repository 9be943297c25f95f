/* communicator_internal.h - exchanges between the ranks of a run, and sums over them.
 *
 * Sums are a fixed binary tree over the shards of a batch; a rank has an aligned part of these, so
 * its own sum is a node of the tree, and what remains is the tree over the ranks:
 *
 *     shards   0   1   2   3   4   5   6   7
 *              `-+-'   `-+-'   `-+-'   `-+-'
 *                `---+---'       `---+---'          two ranks: each adds up its own four ...
 *                    `-------+-------'              ... and these two are added on both
 */
#ifndef GAN_COMMUNICATOR_INTERNAL_H
#define GAN_COMMUNICATOR_INTERNAL_H

#include <gan/communicator.h>
#include <gan/status.h>
#include <stddef.h>

enum { GAN__MOST_RANKS = 1024 };

/* Read and check a host's record; NULL is a run of one rank.  GAN_ERR_INVALID. */
gan_status gan__communicator_read(gan_communicator *out, const gan_communicator *given);

/* Call the host's functions; an error's message names the function.  A single rank only copies. */
gan_status gan__communicator_all_gather(const gan_communicator *c, const void *send, void *receive,
                                        size_t bytes);
gan_status gan__communicator_broadcast(const gan_communicator *c, void *buffer, size_t bytes,
                                       size_t root);

/* Collective: each rank passes its own status.  Return GAN_OK if all of them are; else the status
 * of the first rank that failed, whose message all ranks then have. */
gan_status gan__communicator_agree(const gan_communicator *c, gan_status status);

/* The same where every rank already knows that `first` failed with `status`. */
gan_status gan__communicator_blame(const gan_communicator *c, size_t first, gan_status status);

/* All-reduce: replace the n numbers at x on each rank by their sum over all ranks.  x and the
 * scratch `room` have gan__communicator_padded() numbers. */
gan_status gan__communicator_sum(const gan_communicator *c, size_t n, float *x, float *room);
size_t gan__communicator_padded(const gan_communicator *c, size_t n);

/* The same without blocking, while the caller computes: begin; any number of calls of _proceed(),
 * which can be given to gan__pass_meanwhile(); and _end(), which waits and returns the status.  x
 * and `room` are in use until then.  With blocking functions only, _end() does everything. */
typedef struct gan__rank_sum {
    const gan_communicator *ranks;
    float *x, *room;
    size_t piece;     /* numbers in each rank's part */
    size_t exchanges; /* still to be made: all to all, and all gather */
    gan_status status;
} gan__rank_sum;
void gan__communicator_sum_begin(gan__rank_sum *sum, const gan_communicator *c, size_t n, float *x,
                                 float *room);
int gan__communicator_sum_in_progress(const gan__rank_sum *sum);
void gan__communicator_sum_proceed(void *sum);
gan_status gan__communicator_sum_end(gan__rank_sum *sum);

/* Sum `rows` rows of n numbers into the first, by a pairwise tree; the others are overwritten. */
void gan__communicator_tree(size_t rows, size_t n, double *x);

#endif
