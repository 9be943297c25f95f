/* gan_mpi.c - the functions of a communicator, by MPI: they move bytes, and add nothing up. */
#include <gan/mpi.h>

#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

/* A host may have many threads on few processors, and an MPI that waits by asking again and again
 * would keep them from working. */
static gan_status wait_for(MPI_Request *request)
{
    int done = 0;

    for (;;) {
        if (MPI_Test(request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return GAN_ERR_IO;
        if (done) return GAN_OK;
        sched_yield();
    }
}

/* MPI counts in int: a piece has up to 2 GiB. */
static gan_status all_to_all(void *user, const void *send, void *receive, size_t bytes)
{
    MPI_Comm *comm = user;
    const int n = (int)bytes;
    MPI_Request request;

    if (bytes > INT_MAX) return GAN_ERR_INVALID;
    if (MPI_Ialltoall(send, n, MPI_BYTE, receive, n, MPI_BYTE, *comm, &request) != MPI_SUCCESS)
        return GAN_ERR_IO;
    return wait_for(&request);
}

static gan_status all_gather(void *user, const void *send, void *receive, size_t bytes)
{
    MPI_Comm *comm = user;
    const int n = (int)bytes;
    MPI_Request request;

    if (bytes > INT_MAX) return GAN_ERR_INVALID;
    if (MPI_Iallgather(send, n, MPI_BYTE, receive, n, MPI_BYTE, *comm, &request) != MPI_SUCCESS)
        return GAN_ERR_IO;
    return wait_for(&request);
}

static gan_status broadcast(void *user, void *buffer, size_t bytes, size_t root)
{
    MPI_Comm *comm = user;
    MPI_Request request;

    if (bytes > INT_MAX) return GAN_ERR_INVALID;
    if (MPI_Ibcast(buffer, (int)bytes, MPI_BYTE, (int)root, *comm, &request) != MPI_SUCCESS)
        return GAN_ERR_IO;
    return wait_for(&request);
}

gan_status gan_mpi_communicator(gan_communicator *out, MPI_Comm comm)
{
    int begun = 0, ended = 0, rank = 0, size = 1;
    MPI_Comm *own;

    if (!out) return GAN_ERR_INVALID;
    *out = (gan_communicator){GAN_COMMUNICATOR_INIT, .size = 1};
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    if (!begun || ended) return GAN_ERR_INVALID;
    own = malloc(sizeof *own);
    if (!own || MPI_Comm_dup(comm, own) != MPI_SUCCESS) {
        free(own);
        return GAN_ERR_IO;
    }
    MPI_Comm_set_errhandler(*own, MPI_ERRORS_RETURN);
    MPI_Comm_rank(*own, &rank);
    MPI_Comm_size(*own, &size);
    *out = (gan_communicator){
        GAN_COMMUNICATOR_INIT,    .rank = (size_t)rank,     .size = (size_t)size,  .user = own,
        .all_to_all = all_to_all, .all_gather = all_gather, .broadcast = broadcast};
    return GAN_OK;
}

void gan_mpi_communicator_end(gan_communicator *communicator)
{
    if (!communicator || !communicator->user) return;
    MPI_Comm_free(communicator->user);
    free(communicator->user);
    *communicator = (gan_communicator){GAN_COMMUNICATOR_INIT, .size = 1};
}
