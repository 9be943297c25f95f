/* communicator.h - communication between the processes of a distributed training run. */
#ifndef GAN_COMMUNICATOR_H
#define GAN_COMMUNICATOR_H

#include <gan/api.h>
#include <gan/status.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * Exchange memory with all ranks, including this one.
 *
 * @param[in]  user     That of the communicator.
 * @param[in]  send     As all_to_all: `bytes` for each rank, one piece after the other.  As
 *                      all_gather: `bytes` in all, the same for every rank.
 * @param[out] receive  Receives `bytes` of each rank, one piece after the other; it does not overlap
 *                      with `send`.
 * @param[in]  bytes    Of a piece; the same on all ranks, above 0.
 * @return GAN_OK; anything else, such as GAN_ERR_IO, fails the library call that exchanged; the
 * ranks can't continue together then.
 */
typedef gan_status (*gan_exchange_fn)(void *user, const void *send, void *receive, size_t bytes);

/** Copy `bytes` at `buffer` from the rank `root` to that of every other.  Returns as
 * gan_exchange_fn. */
typedef gan_status (*gan_broadcast_fn)(void *user, void *buffer, size_t bytes, size_t root);

/**
 * Continue the exchange that begin_all_to_all or begin_all_gather has begun.
 *
 * @param[in]  user  That of the communicator.
 * @param[in]  wait  0: make progress and return at once.  1: return when the exchange is complete.
 * @param[out] done  Receives 1 when it is complete: `receive` has what other ranks have sent, and both
 *                   pieces of memory are the caller's again.  Else 0.
 * @return GAN_OK; anything else as gan_exchange_fn, and the exchange is over.
 */
typedef gan_status (*gan_proceed_fn)(void *user, int wait, int *done);

/**
 * A group of processes (or threads with objects of their own), of which this one is `rank`, that
 * communicate by functions of the host: MPI (see gan/mpi.h), sockets, shared memory.
 *
 * All ranks call the same functions of the library in the same order, and each of those calls these
 * functions in the same order on all ranks: exchanges have no tags, and none begins before the
 * previous one has returned.  They only move bytes; sums are computed by the library, in a fixed
 * order, so that results don't depend on the transport.
 *
 * When a rank has ended, or one of its functions has failed, the functions of the others must return
 * an error, or end their processes.
 *
 * The last three are for transports that work while the library computes: gan_train_step()
 * then runs the generator while the discriminator's gradients are exchanged, with the same results.  All three are NULL or none is, on all ranks alike.  A begin function has the arguments of
 * the function that it begins, and returns at once.  From then on, until `proceed` has said that the
 * exchange is done,
 *
 *     - no other of these functions is called: one exchange at a time is in progress;
 *     - the library doesn't write to the memory at `send`, nor use that at `receive`;
 *     - `proceed` is called with a `wait` of 0, any number of times, none included, which need not be
 *       the same on all ranks; then, unless it is done, with 1.
 *
 * When a begin function fails nothing has begun; when `proceed` fails nothing is in progress any more.
 * A step during which any of these functions fails calls none of them again, and returns that error;
 * the half of it that was exchanging changes nothing.
 *
 * Threads: called by the thread that calls the library.
 */
typedef struct gan_communicator {
    size_t struct_size;         /**< set by GAN_COMMUNICATOR_INIT */
    size_t rank;                /**< 0 to size - 1 */
    size_t size;                /**< how many ranks there are: 1, 2, 4, 8 ... */
    void *user;                 /**< passed to the functions */
    gan_exchange_fn all_to_all; /**< each rank is sent its own piece (MPI_Alltoall); like the others
                                     not called where size is 1 */
    gan_exchange_fn all_gather; /**< all ranks are sent the same (MPI_Allgather) */
    gan_broadcast_fn broadcast; /**< MPI_Bcast */
    gan_exchange_fn begin_all_to_all; /**< MPI_Ialltoall; NULL: as the next two, not there */
    gan_exchange_fn begin_all_gather; /**< MPI_Iallgather */
    gan_proceed_fn proceed;           /**< MPI_Test, or MPI_Wait */
} gan_communicator;
#define GAN_COMMUNICATOR_INIT GAN_SIZED_INIT(gan_communicator, 0, 1, 0, 0, 0, 0, 0, 0, 0)

/** GAN_COMMUNICATOR_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_communicator_init(gan_communicator *communicator, size_t struct_size);

GAN_END_DECLS

#endif
