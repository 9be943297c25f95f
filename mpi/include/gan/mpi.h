/* mpi.h - MPI as the transport of processes that train together: libgan_mpi. */
#ifndef GAN_MPI_H
#define GAN_MPI_H

#include <gan/api.h>
#include <gan/communicator.h>
#include <gan/status.h>
#include <mpi.h>

GAN_BEGIN_DECLS

/**
 * Make a communicator of libgan of one of MPI, for gan_trainer_desc.communicator.
 *
 * It works on a duplicate (MPI_Comm_dup()), so its messages never meet others, and failures of MPI
 * are GAN_ERR_IO there instead of the end of the process.  While it waits it lets other threads
 * have the processor.  What is summed is the library's business, so results are the same with every
 * MPI.  This library is linked to the MPI it was built with, which the host has to use, too.
 *
 * @param[in,out] out  Begins with GAN_COMMUNICATOR_INIT, whose size says how much of the record this
 *                   host knows.  Receives it, to be ended with gan_mpi_communicator_end(); one of a
 *                   single rank on failure.
 * @param[in]  comm  Whose ranks are to train together; their number has to divide the shards.
 *
 * @retval GAN_OK           `*out` is filled.
 * @retval GAN_ERR_INVALID  `out` is NULL or its struct_size too small for the record's first
 *                          release, and then unchanged; or MPI is not initialised, or finalised.
 * @retval GAN_ERR_IO       MPI could not duplicate `comm`.
 * @retval GAN_ERR_NOMEM    No memory for its state.
 *
 * gan_last_error() knows nothing of this library.  Called by all ranks of `comm`, as MPI_Comm_dup()
 * is.
 *
 * Threads: MPI_THREAD_FUNNELED is enough when the thread that trains is the one that initialised MPI.
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_mpi_communicator(gan_communicator *out, MPI_Comm comm);

/**
 * Make one of all processes that mpirun has started, and begin with MPI, unless that has been done:
 * for a host that calls nothing else of MPI, such as one that opens this library by dlopen().
 * Otherwise gan_mpi_communicator() of MPI_COMM_WORLD; it is ended in the same way, which ends MPI, too,
 * if this began it.
 *
 * @param[in,out] out  As gan_mpi_communicator()'s.
 *
 * @retval GAN_OK           `*out` is filled.
 * @retval GAN_ERR_INVALID  As gan_mpi_communicator(), except that MPI need not be initialised.
 * @retval GAN_ERR_IO       MPI could not be started, or not duplicate MPI_COMM_WORLD.
 * @retval GAN_ERR_NOMEM    No memory for its state.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_mpi_world(gan_communicator *out);

/**
 * End a communicator, by all of its ranks, before MPI_Finalize() and after the trainers that use it.
 * NULL and one of a single rank that has failed are allowed.
 *
 * @since 0.1
 */
GAN_API void gan_mpi_communicator_end(gan_communicator *communicator);

GAN_END_DECLS

#endif
