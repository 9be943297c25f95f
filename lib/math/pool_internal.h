/* pool_internal.h - running jobs on a thread pool. */
#ifndef GAN_POOL_INTERNAL_H
#define GAN_POOL_INTERNAL_H

#include "math/numeric_internal.h"

#include <gan/pool.h>
#include <stddef.h>

/* A call that computes does so between these two: in the default floating-point environment, with
 * an OpenBLAS that uses no threads of its own.  A pool of NULL is the calling thread alone.
 *
 * Entering is GAN_ERR_INVALID, and there is nothing to leave, in a child of the process that
 * created the pool: fork() doesn't copy the workers. */
typedef struct gan__visit {
    gan__numeric numeric;
    int blas;
} gan__visit;
gan_status gan__pool_enter(const gan_pool *pool, gan__visit *visit);
void gan__pool_leave(const gan__visit *visit);

/* The check alone. */
gan_status gan__pool_check(const gan_pool *pool);

/* One task.  `worker` is below gan_pool_thread_count() and differs between tasks that run at the
 * same time; 0 is the calling thread. */
typedef void gan__pool_fn(void *context, size_t task, size_t worker);

enum { GAN__POOL_MAX_TASKS = 1 << 16 };

/* Do tasks 0 .. n_tasks-1, at most GAN__POOL_MAX_TASKS, each once, in any order and on any thread
 * of the pool; return when all are done, with what they wrote visible.  NULL: the calling thread. */
void gan__pool_run(gan_pool *pool, gan__pool_fn *fn, void *context, size_t n_tasks);

/* The two halves of that, for a pool with a single user: the workers begin, the caller does
 * something else, then helps with the remaining tasks.  Each begin needs its end, which returns at
 * once in a child process, with the tasks undone. */
void gan__pool_begin(gan_pool *pool, gan__pool_fn *fn, void *context, size_t n_tasks);
void gan__pool_end(gan_pool *pool);

#endif
