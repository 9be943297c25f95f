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
 * A group of processes (or threads with objects of their own), of which this one is `rank`, that
 * communicate by functions of the host: MPI (see gan/mpi.h), sockets, shared memory.
 *
 * All ranks call the same functions of the library in the same order, and each of those calls these
 * functions in the same order on all ranks: exchanges have no tags, and none begins before the
 * previous one has returned.  They only move bytes; sums are computed by the library, in a fixed
 * order, so that results don't depend on the transport.
 *
 * When a rank has ended, the functions of the others must return an error, or end their processes.
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
} gan_communicator;
#define GAN_COMMUNICATOR_INIT GAN_SIZED_INIT(gan_communicator, 0, 1, 0, 0, 0, 0)

/** GAN_COMMUNICATOR_INIT as a function: see GAN_SIZED_INIT.  @since 0.1 */
GAN_API void gan_communicator_init(gan_communicator *communicator, size_t struct_size);

GAN_END_DECLS

#endif
