/* pool.h - the workers that share a call's work. */
#ifndef GAN_POOL_H
#define GAN_POOL_H

#include <gan/alloc.h>
#include <gan/api.h>
#include <gan/status.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * How many bytes of stack a thread must have that calls the library, whatever it calls: what
 * pthread_attr_setstacksize() is to be given, or more.  The library's calls take up to 32 KiB of
 * it, those to other libraries included.  The rest is for the thread-local memory of all libraries
 * of the process, which glibc takes from the stack (Debian's OpenBLAS has 60 KiB of it), and for a
 * host's callbacks.  The library's own workers have at least as much.
 *
 * @since 0.1
 */
#define GAN_STACK_BYTES (128 * 1024)

/**
 * A team of worker threads.  The thread that calls the library is one of the team, so a pool of
 * one has no thread of its own.
 *
 * How many there are changes the time of a call, never its result: work is cut by shapes alone.
 * Workers sleep between calls.  They block all signals, so that a host's handlers run on its own
 * threads.
 *
 * Made by gan_pool_create(), ended by gan_pool_destroy(), shared by any number of handles that
 * borrow it.  Calls that need it at the same time take turns.
 *
 * After fork() a child has a copy of its parent's pools and of the handles that borrow or hold one,
 * but not of their threads.  It may destroy them, and makes its own to go on; a call that would use
 * them is GAN_ERR_INVALID and changes nothing.  Only what has no more than the calling thread is
 * usable there as before.  No other thread may be in a call of the library while a process forks.
 *
 * Floating point:  networks, trainers, classifiers, iterators, optimizers and random numbers are
 *                  computed in the default environment on every thread: rounded to nearest, with
 *                  subnormal numbers, without traps.  The host's is as it was when a call returns,
 *                  and never shows in a result.  Losses, metrics and pictures use the calling
 *                  thread alone, and its own environment.
 *
 * The BLAS's memory:  an OpenBLAS maps a buffer for each thread that multiplies large matrices, 128
 *                  MiB of addresses on most machines, keeps it as long as the process runs, and
 *                  without room for one its product never returns.  So the functions that make or
 *                  complete a network, a trainer or a classifier with products of that size have it
 *                  take a buffer for each of 32 threads at the most, or are GAN_ERR_NOMEM.  That
 *                  doesn't help where other threads take the room in that moment, where more
 *                  threads multiply at once than any handle has, or with a BLAS that hides its
 *                  buffers.
 */
typedef struct gan_pool gan_pool;

/**
 * Start a team.
 *
 * @param[out] out        Receives the pool, yours to destroy; NULL on failure.
 * @param[in]  n_threads  Team size with the caller, 1 to 1024.  0 means: the number in the
 *                        environment variable GAN_NUM_THREADS when that is one, else as many as
 *                        this process may use CPUs.
 * @param[in]  allocator  Memory functions, or NULL for malloc's.
 *
 * @retval GAN_OK           `*out` is a pool.
 * @retval GAN_ERR_INVALID  `out` is NULL, `n_threads` is over 1024, or `allocator` lacks a
 *                          function.
 * @retval GAN_ERR_NOMEM    No memory, or the system gave no thread.
 *
 * All threads are there when it returns, and have taken what a BLAS or its OpenMP gives each.
 *
 * @since 0.1
 */
GAN_API GAN_MUST_CHECK gan_status gan_pool_create(gan_pool **out, size_t n_threads,
                                                  const gan_allocator *allocator);

/** Stop the workers and end the pool; no call may be using it.  In a child process there are none
 * to stop.  NULL is allowed.  @since 0.1 */
GAN_API void gan_pool_destroy(gan_pool *pool);

/** Return the team's size with the caller; 1 for NULL.  @since 0.1 */
GAN_API size_t gan_pool_thread_count(const gan_pool *pool);

GAN_END_DECLS

#endif
