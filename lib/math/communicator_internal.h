/* communicator_internal.h - exchanges between the ranks of a run, and sums over them.
 *
 * Sums are a fixed binary tree over the shards of a batch; a rank has an aligned part of these, so
 * its own sum is a node of the tree, and what is left is the tree over the ranks:
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

/* Read a host's record; NULL is a rank of its own.  GAN_ERR_INVALID. */
gan_status gan__communicator_read(gan_communicator *out, const gan_communicator *given);

/* The host's functions; failures say which.  Of one rank they copy. */
gan_status gan__communicator_all_gather(const gan_communicator *c, const void *send, void *receive,
                                        size_t bytes);
gan_status gan__communicator_broadcast(const gan_communicator *c, void *buffer, size_t bytes,
                                       size_t root);

/* Every rank has called this with its own status: return GAN_OK when all were, else that of the
 * first rank which failed, whose sentence all have then. */
gan_status gan__communicator_agree(const gan_communicator *c, gan_status status);

/* The same when it is known already that `first` failed with `status`. */
gan_status gan__communicator_blame(const gan_communicator *c, size_t first, gan_status status);

/* Replace the n numbers at x on each rank by their sum over all; x and `room` have as many as
 * gan__communicator_padded() says. */
gan_status gan__communicator_sum(const gan_communicator *c, size_t n, float *x, float *room);
size_t gan__communicator_padded(const gan_communicator *c, size_t n);

/* The same in pieces, while the caller does something else: begin, any number of calls that go on
 * with it (it has the form of gan__pass_meanwhile()), and the end, which says how it went.  x and
 * `room` belong to it until then.  Where the host's functions can't do that the end does it all. */
typedef struct gan__rank_sum {
    const gan_communicator *ranks;
    float *x, *room;
    size_t piece;     /* numbers of each rank's part */
    size_t exchanges; /* still to be made: all to all, and all gather */
    gan_status status;
} gan__rank_sum;
void gan__communicator_sum_begin(gan__rank_sum *sum, const gan_communicator *c, size_t n, float *x,
                                 float *room);
int gan__communicator_sum_in_progress(const gan__rank_sum *sum);
void gan__communicator_sum_proceed(void *sum);
gan_status gan__communicator_sum_end(gan__rank_sum *sum);

/* Let the first of `rows` rows of n numbers be the sum of all, as a tree; the others are lost. */
void gan__communicator_tree(size_t rows, size_t n, double *x);

#endif
