/* pool_internal.h - giving work to the workers. */
#ifndef GAN_POOL_INTERNAL_H
#define GAN_POOL_INTERNAL_H

#include <gan/pool.h>
#include <stddef.h>

/* One piece of work.  `worker` is below gan_pool_thread_count() and is no other running piece's. */
typedef void gan__pool_fn(void *context, size_t task, size_t worker);

enum { GAN__POOL_MAX_TASKS = 1 << 16 };

/* Do tasks 0 .. n_tasks-1, at most GAN__POOL_MAX_TASKS, each once, in any order and on any thread
 * of the team; return when all are done, with what they wrote visible.  NULL is a team of one. */
void gan__pool_run(gan_pool *pool, gan__pool_fn *fn, void *context, size_t n_tasks);

/* The two halves of that, for the owner of a pool that nobody else has: the workers begin, the
 * caller does something else, then helps with what is left.  Each begin wants its end. */
void gan__pool_begin(gan_pool *pool, gan__pool_fn *fn, void *context, size_t n_tasks);
void gan__pool_end(gan_pool *pool);

#endif
