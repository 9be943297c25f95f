/* kernels_blas.c - the BLAS's global state: its number of threads, its memory, its name.
 *
 * The library calls the BLAS from its own workers, with which the BLAS's threads would compete for
 * the CPUs.  Other BLAS libraries are single-threaded or have no such setting; an OpenBLAS is set
 * to one thread while any call of the library runs:
 *
 *     host      8 threads | gan_train_step() in thread A                    | 8 threads again
 *                         |     gan_network_forward() in thread B           |
 *     users     0           1   2                          1                  0
 *     setting   8           1   1                          1                  8
 *
 * The first to enter remembers the setting and the last to leave restores it; in between the host's
 * own products run on one thread.  An OpenBLAS on OpenMP (PARALLEL_OPENMP) takes the thread count
 * of the calling thread, omp_set_num_threads(), so each worker sets its own once, and the callers
 * set and restore theirs. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "math/kernels_internal.h"

#include "base/build_internal.h"
#include "base/status_internal.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>

#ifdef GAN__NO_BLAS
int gan__blas_enter(void)
{
    return 0;
}

void gan__blas_leave(int own_before)
{
    (void)own_before;
}

void gan__blas_enter_worker(void)
{
}

gan_status gan__blas_reserve(size_t n_threads)
{
    (void)n_threads;
    return GAN_OK;
}

void gan__blas_describe(char *text, size_t capacity)
{
    snprintf(text, capacity, "%s", GAN__BLAS_NAME);
}
#else

/* If the BLAS is known at build time to be OpenBLAS the references are strong, so that linking a
 * static archive includes them; else weak, because the library that the loader finds for "blas" may
 * still be an OpenBLAS. */
#ifdef GAN__BLAS_OPENBLAS
#define MAYBE
#else
#define MAYBE __attribute__((weak))
#endif
extern void openblas_set_num_threads(int n) MAYBE;
extern int openblas_get_num_threads(void) MAYBE;
extern int openblas_get_parallel(void) MAYBE;
extern char *openblas_get_config(void) MAYBE;

/* An OpenBLAS built on OpenMP takes the thread count of the calling thread, and makes it global. */
extern void omp_set_num_threads(int n) __attribute__((weak));
extern int omp_get_max_threads(void) __attribute__((weak));

/* How an OpenBLAS product gets the buffer that it packs matrices into.  They are not in its
 * headers, but have been exported under these names since its first release. */
extern void *blas_memory_alloc(int unused) __attribute__((weak));
extern void blas_memory_free(void *buffer) __attribute__((weak));

enum { PARALLEL_NONE = 0, PARALLEL_OPENMP = 2 }; /* what openblas_get_parallel() returns */

/* Global, since these are settings of the process and not of an object. */
static struct {
    pthread_mutex_t lock;
    size_t users;
    int threads_before;
    size_t reserved; /* buffers */
} blas = {PTHREAD_MUTEX_INITIALIZER, 0, 0, 0};

/* ---- its threads ---- */

static int blas_parallel(void)
{
#ifndef GAN__BLAS_OPENBLAS
    if (!openblas_get_parallel || !openblas_set_num_threads || !openblas_get_num_threads)
        return PARALLEL_NONE;
#endif
    return openblas_get_parallel();
}

/* Set the calling thread's OpenMP thread count where there is one; return the previous count. */
static int set_own_threads(int n)
{
    int before;

    if (blas_parallel() != PARALLEL_OPENMP || !omp_set_num_threads || !omp_get_max_threads)
        return 0;
    before = omp_get_max_threads();
    if (n > 0) omp_set_num_threads(n);
    return before;
}

int gan__blas_enter(void)
{
    const int own_before = set_own_threads(1);

    if (blas_parallel() == PARALLEL_NONE) return 0;
    pthread_mutex_lock(&blas.lock);
    if (blas.users++ == 0) {
        blas.threads_before = openblas_get_num_threads();
        if (blas.threads_before != 1) openblas_set_num_threads(1);
    }
    pthread_mutex_unlock(&blas.lock);
    return own_before;
}

void gan__blas_leave(int own_before)
{
    if (blas_parallel() == PARALLEL_NONE) return;
    pthread_mutex_lock(&blas.lock);
    if (--blas.users == 0 && blas.threads_before != openblas_get_num_threads())
        openblas_set_num_threads(blas.threads_before);
    pthread_mutex_unlock(&blas.lock);
    set_own_threads(own_before);
}

void gan__blas_enter_worker(void)
{
    set_own_threads(1);
}

/* ---- its memory ---- */

/* The largest buffer that any OpenBLAS maps; the size in a build can't be queried. */
static const size_t BUFFER_BYTES = sizeof(void *) > 4 ? (size_t)128 << 20 : (size_t)32 << 20;

enum { MOST_BUFFERS = 32 }; /* OpenBLAS has at least 50, and the host may need some */

/* An OpenBLAS that can't map its buffer retries for ever, and the product never returns.  So try
 * first whether such a mapping succeeds. */
static int can_map_buffer(void)
{
    const size_t bytes = BUFFER_BYTES + ((size_t)1 << 20);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory != MAP_FAILED && munmap(memory, bytes) == 0;
}

/* OpenBLAS keeps a released buffer for the next product.  So n are allocated together and released:
 * from then on n concurrent products find theirs. */
static size_t take_buffers(size_t n)
{
    void *buffers[MOST_BUFFERS];
    size_t taken = 0;

    while (taken < n && (taken < blas.reserved || can_map_buffer()))
        buffers[taken++] = blas_memory_alloc(0);
    for (size_t i = 0; i < taken; i++) blas_memory_free(buffers[i]);
    return taken;
}

gan_status gan__blas_reserve(size_t n_threads)
{
    const size_t n = n_threads < MOST_BUFFERS ? n_threads : MOST_BUFFERS;
    size_t found;

    if (!blas_memory_alloc || !blas_memory_free) return GAN_OK;
    pthread_mutex_lock(&blas.lock);
    if (n > blas.reserved) blas.reserved = take_buffers(n);
    found = blas.reserved;
    pthread_mutex_unlock(&blas.lock);
    if (found >= n) return GAN_OK;
    return gan__fail(GAN_ERR_NOMEM,
                     "BLAS: OpenBLAS maps a buffer of up to %zu MiB for each of %zu threads; the "
                     "system has memory for %zu",
                     BUFFER_BYTES >> 20, n, found);
}

/* ---- its name ---- */

/* OpenBLAS writes it into a buffer that all threads share, so it is queried once. */
static char description[256];
static pthread_once_t described = PTHREAD_ONCE_INIT;

static void describe(void)
{
    const char *config = "";

#ifndef GAN__BLAS_OPENBLAS
    if (openblas_get_config)
#endif
        config = openblas_get_config();
    snprintf(description, sizeof description, "%s%s%s", GAN__BLAS_NAME, *config ? ", " : "",
             config);
}

void gan__blas_describe(char *text, size_t capacity)
{
    pthread_once(&described, describe);
    snprintf(text, capacity, "%s", description);
}
#endif
