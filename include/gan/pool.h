/* pool.h - the thread pool that shares a call's work. */
#ifndef GAN_POOL_H
#define GAN_POOL_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/status.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * Minimum stack size in bytes of a thread that calls the library, for any call: pass it, or more,
 * to pthread_attr_setstacksize().  The library's calls take up to 32 KiB of it, those to other
 * libraries included.  The rest is for the thread-local memory of all libraries of the process,
 * which glibc takes from the stack (Debian's OpenBLAS has 60 KiB of it), and for a host's
 * callbacks.  The library's own workers have at least as much.
 *
 * @since 0.1
 */
#define GAN_STACK_BYTES (128 * 1024)

/**
 * A pool of worker threads.  The thread that calls the library is one of them, so a pool of size 1
 * starts no thread.
 *
 * The number of threads changes the time of a call, never its result: work is split by shapes
 * alone. Workers sleep between calls.  They block all signals, so that a host's handlers run on its
 * own threads.
 *
 * Created by gan_pool_create(), destroyed by gan_pool_destroy(), shared by any number of handles
 * that borrow it.  Calls that need it at the same time take turns.
 *
 * After fork() a child has a copy of its parent's pools and of the handles that borrow or hold one,
 * but not of their threads.  It may destroy them, and must create its own; a call that would use
 * them is GAN_ERR_INVALID and changes nothing.  Only handles without worker threads remain usable
 * there.  No other thread may be in a call of the library while a process forks.
 *
 * Floating point:  networks, trainers, classifiers, iterators, optimizers and random numbers are
 *                  computed in the default environment on every thread: rounded to nearest, with
 *                  subnormal numbers, without traps.  The host's environment is restored when a
 *                  call returns, and never affects a result.  Losses, metrics and images use the
 *                  calling thread alone, and its own environment.
 *
 * The BLAS's memory:  an OpenBLAS maps a buffer for each thread that multiplies large matrices, 128
 *                  MiB of addresses on most machines, keeps it as long as the process runs, and
 *                  without room for one its product never returns.  So the functions that make or
 *                  complete a network, a trainer or a classifier with products of that size have it
 *                  take a buffer for each of 32 threads at the most, or are GAN_ERR_NOMEM.  That
 *                  doesn't help where other threads take the addresses in that moment, where more
 *                  threads multiply at once than any handle has, or with a BLAS that hides its
 *                  buffers.
 */
typedef struct gan_pool gan_pool;

/**
 * Create a thread pool.
 *
 * @param[out] out        Receives the pool, yours to destroy; NULL on failure.
 * @param[in]  n_threads  Number of threads including the caller, 1 to 1024.  0: the value of the
 *                        environment variable GAN_NUM_THREADS if it is a valid number, else the
 *                        number of CPUs that this process may use.
 * @param[in]  allocator  Memory functions, or NULL for malloc's.
 *
 * @retval GAN_OK           `*out` is a pool.
 * @retval GAN_ERR_INVALID  `out` is NULL, `n_threads` is over 1024, or `allocator` lacks a
 *                          function.
 * @retval GAN_ERR_NOMEM    No memory, or a thread could not be started.
 *
 * All threads are running when it returns, and have initialised the per-thread state of the BLAS or
 * its OpenMP.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pool_create(gan_pool **out, size_t n_threads,
                                                  const gan_allocator *allocator);

/*
 * Pinning and first touch.  With GAN_PIN_THREADS=1 in the environment when a pool is created, Linux
 * keeps its i-th worker on the i-th CPU that the process may use, beginning again at the first
 * where there are more workers than CPUs.  The calling thread, which is worker 0, is the host's and
 * remains where it may run: pin it yourself.  Where the system refuses, workers are not pinned,
 * which is not an error.
 *
 * On a machine with several NUMA nodes a page is placed near the CPU that writes it first.
 * Large blocks of malloc() are not written before the tasks of the first step, which is where
 * pinning makes a difference: pages are then near the thread that is likely to use them.  A host's
 * own allocator decides by itself, as its blocks are filled with zeros by the thread that creates a
 * handle.  Results are the same bits in all cases.
 */

/** Stop the workers and destroy the pool; no call may be using it.  In a forked child there are
 * none to stop.  NULL is allowed.  @since 0.1 */
GAN_API void gan_pool_destroy(gan_pool *pool);

/** Return the number of threads including the caller; 1 for NULL.  @since 0.1 */
GAN_API size_t gan_pool_thread_count(const gan_pool *pool);

GAN_END_DECLS

#endif
