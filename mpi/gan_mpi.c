/* gan_mpi.c - the functions of a communicator, by MPI: they exchange bytes, and compute nothing.
 *
 * It calls no function of libgan, so it works with a static and a shared libgan. */
#include <gan/mpi.h>

#include <limits.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct member {
    MPI_Comm comm;
    int began; /* with MPI, which has to be finalised here */
    MPI_Request request; /* the exchange in progress */
} member;

/* A host may have more threads than processors, and an MPI that waits by polling would take their
 * time: so waiting yields the processor, and after about a millisecond polls less often. */
static gan_status wait_for(MPI_Request *request)
{
    enum { TRIES = 2000 };
    const struct timespec pause = {0, 20000};
    int done = 0;

    for (size_t i = 0;; i++) {
        if (MPI_Test(request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return GAN_ERR_IO;
        if (done) return GAN_OK;
        if (i < TRIES)
            sched_yield();
        else
            nanosleep(&pause, NULL);
    }
}

/* MPI counts in int: a piece has up to 2 GiB. */
static gan_status begin_all_to_all(void *user, const void *send, void *receive, size_t bytes)
{
    member *m = user;
    const int n = (int)bytes;

    if (bytes > INT_MAX) return GAN_ERR_INVALID;
    return MPI_Ialltoall(send, n, MPI_BYTE, receive, n, MPI_BYTE, m->comm, &m->request) ==
                   MPI_SUCCESS
               ? GAN_OK
               : GAN_ERR_IO;
}

static gan_status begin_all_gather(void *user, const void *send, void *receive, size_t bytes)
{
    member *m = user;
    const int n = (int)bytes;

    if (bytes > INT_MAX) return GAN_ERR_INVALID;
    return MPI_Iallgather(send, n, MPI_BYTE, receive, n, MPI_BYTE, m->comm, &m->request) ==
                   MPI_SUCCESS
               ? GAN_OK
               : GAN_ERR_IO;
}

static gan_status proceed(void *user, int wait, int *done)
{
    member *m = user;

    *done = wait;
    if (wait) return wait_for(&m->request);
    return MPI_Test(&m->request, done, MPI_STATUS_IGNORE) == MPI_SUCCESS ? GAN_OK : GAN_ERR_IO;
}

static gan_status all_to_all(void *user, const void *send, void *receive, size_t bytes)
{
    member *m = user;
    const gan_status status = begin_all_to_all(user, send, receive, bytes);

    return status == GAN_OK ? wait_for(&m->request) : status;
}

static gan_status all_gather(void *user, const void *send, void *receive, size_t bytes)
{
    member *m = user;
    const gan_status status = begin_all_gather(user, send, receive, bytes);

    return status == GAN_OK ? wait_for(&m->request) : status;
}

static gan_status broadcast(void *user, void *buffer, size_t bytes, size_t root)
{
    member *m = user;

    if (bytes > INT_MAX) return GAN_ERR_INVALID;
    if (MPI_Ibcast(buffer, (int)bytes, MPI_BYTE, (int)root, m->comm, &m->request) != MPI_SUCCESS)
        return GAN_ERR_IO;
    return wait_for(&m->request);
}

/* As much of the record as the host's release has, which begins with its size. */
static void fill(gan_communicator *out, gan_communicator record)
{
    const size_t size = out->struct_size;

    record.struct_size = size;
    memset(out, 0, size);
    memcpy(out, &record, size < sizeof record ? size : sizeof record);
}

static void set_alone(gan_communicator *out)
{
    fill(out, (gan_communicator){GAN_COMMUNICATOR_INIT});
}

/* Whether the host has room for what every release's record has. */
static int is_begun(const gan_communicator *out)
{
    return out && out->struct_size >= offsetof(gan_communicator, begin_all_to_all);
}

static gan_status make(gan_communicator *out, MPI_Comm comm, int began)
{
    int rank = 0, size = 1;
    member *own = malloc(sizeof *own);

    if (!own) return GAN_ERR_NOMEM;
    own->began = began;
    if (MPI_Comm_dup(comm, &own->comm) != MPI_SUCCESS) {
        free(own);
        return GAN_ERR_IO;
    }
    MPI_Comm_set_errhandler(own->comm, MPI_ERRORS_RETURN);
    MPI_Comm_rank(own->comm, &rank);
    MPI_Comm_size(own->comm, &size);
    fill(out, (gan_communicator){.rank = (size_t)rank,
                                 .size = (size_t)size,
                                 .user = own,
                                 .all_to_all = all_to_all,
                                 .all_gather = all_gather,
                                 .broadcast = broadcast,
                                 .begin_all_to_all = begin_all_to_all,
                                 .begin_all_gather = begin_all_gather,
                                 .proceed = proceed});
    return GAN_OK;
}

gan_status gan_mpi_communicator(gan_communicator *out, MPI_Comm comm)
{
    int begun = 0, ended = 0;

    if (!is_begun(out)) return GAN_ERR_INVALID;
    set_alone(out);
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    if (!begun || ended) return GAN_ERR_INVALID;
    return make(out, comm, 0);
}

gan_status gan_mpi_world(gan_communicator *out)
{
    int begun = 0, ended = 0, level;

    if (!is_begun(out)) return GAN_ERR_INVALID;
    set_alone(out);
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    if (ended) return GAN_ERR_INVALID;
    if (!begun && MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS)
        return GAN_ERR_IO;
    return make(out, MPI_COMM_WORLD, !begun);
}

void gan_mpi_communicator_end(gan_communicator *communicator)
{
    member *own = communicator ? communicator->user : NULL;

    if (!own) return;
    MPI_Comm_free(&own->comm);
    if (own->began) MPI_Finalize();
    free(own);
    set_alone(communicator);
}
