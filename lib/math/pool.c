/* pool.c - a thread pool, whose workers take tasks from one atomic counter.
 *
 * A job is published by storing `state`: its number of tasks and the next task to take, together in
 * one word with the job's serial number.
 *
 *     bits 63 ... 40   39 ... 20   19 ... 0
 *     | serial number | n_tasks   | next    |     atomic_fetch_add(&state, 1) takes task `next`
 *
 * A thread takes a task by adding one to it; the thread that gets an index below the job's count
 * owns that task, and the job cannot end before the task is done, so the job's function may then be
 * read without a lock.  A worker that comes late gets an index that is too high and touches
 * nothing, or, when the next job has begun, a task of that one; `next` has room for one late taker
 * per thread.
 *
 *     caller                                 workers
 *     ------                                 -------
 *     fn, context, n_left = n
 *     state = serial+1 | n | 0  ---------->  spin on `state`, 1 to 2 ms; then sleep on `work`
 *     wake those who sleep                   take tasks until none is left
 *     take tasks, too                        each task done: n_left - 1
 *     wait for n_left == 0      <----------  the last one signals `done`, if the caller sleeps
 *
 * Both atomics are sequentially consistent, so what tasks wrote is visible to the caller.  Waiting
 * spins first because the gaps between the jobs of a step are shorter than it takes to wake a
 * thread, most of all in a virtual machine; after a while it yields the CPU between two looks, so
 * that other programs lose nothing.  Where there are more threads than CPUs no thread spins, as
 * that would keep the CPU from the thread that is waited for. */
#define _GNU_SOURCE /* sched_getaffinity, pthread_setaffinity_np, CPU_COUNT */
#include "math/pool_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "math/kernels_internal.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_THREADS = 1024,
    PAUSES = 4000,   /* 40 to 200 microseconds, by the processor: longer than most gaps in a step */
    YIELDS = 1500,   /* then 0.5 to 2 milliseconds, in which other threads may have the CPU */
    INDEX_BITS = 20, /* room for MAX_TASKS and one late taker per thread */
};
#define INDEX_MASK (((uint64_t)1 << INDEX_BITS) - 1)

typedef struct worker {
    gan_pool *pool;
    size_t index;
    pthread_t thread;
} worker;

struct gan_pool {
    gan_allocator allocator;
    pid_t process; /* whose threads the workers are */
    size_t n_threads;
    size_t n_started;
    size_t n_ready; /* workers that are initialised; under `lock` */
    int pinned;
    worker *workers; /* n_threads - 1 of them; the caller is worker 0 */
    int spins;       /* how often a thread looks for what it waits for before it sleeps */

    pthread_mutex_t turn; /* held by the caller whose job it is */

    _Atomic uint64_t state; /* serial, number of tasks, next task */
    gan__pool_fn *fn;
    void *context;
    atomic_size_t n_left; /* tasks of the job not yet done */

    pthread_mutex_t lock; /* for sleeping only */
    pthread_cond_t work;
    pthread_cond_t done;
    atomic_size_t n_sleeping;
    atomic_int caller_waits;
    atomic_int stop;
};

/* ---- processes ---- */

/* Whether the workers are in this process: after fork() the child has a copy of the pool, but of
 * its threads only the one that forked. */
static int is_own(const gan_pool *pool)
{
    return pool->n_started == 0 || pool->process == getpid();
}

gan_status gan__pool_check(const gan_pool *pool)
{
    if (!pool || is_own(pool)) return GAN_OK;
    return gan__fail(GAN_ERR_INVALID,
                     "pool: its %zu threads are those of process %ld, and this is process %ld: "
                     "after fork() a child has to create handles of its own",
                     pool->n_threads, (long)pool->process, (long)getpid());
}

gan_status gan__pool_enter(const gan_pool *pool, gan__visit *visit)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__pool_check(pool));
    gan__numeric_enter(&visit->numeric);
    visit->blas = gan__blas_enter();

cleanup:
    return status;
}

void gan__pool_leave(const gan__visit *visit)
{
    gan__blas_leave(visit->blas);
    gan__numeric_leave(&visit->numeric);
}

/* ---- jobs ---- */

static uint64_t state_of(uint64_t serial, size_t n_tasks)
{
    return serial << (2 * INDEX_BITS) | (uint64_t)n_tasks << INDEX_BITS;
}

static int has_task(uint64_t state)
{
    return (state & INDEX_MASK) < (state >> INDEX_BITS & INDEX_MASK);
}

static void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Take and do tasks until there are none. */
static void work_on(gan_pool *pool, size_t index)
{
    while (has_task(atomic_load_explicit(&pool->state, memory_order_relaxed))) {
        const uint64_t taken = atomic_fetch_add(&pool->state, 1);

        if (!has_task(taken)) return;
        pool->fn(pool->context, (size_t)(taken & INDEX_MASK), index);
        if (atomic_fetch_sub(&pool->n_left, 1) == 1 && atomic_load(&pool->caller_waits)) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

static int is_wanted(gan_pool *pool)
{
    return has_task(atomic_load(&pool->state)) || atomic_load(&pool->stop);
}

static int is_done(gan_pool *pool)
{
    return atomic_load(&pool->n_left) == 0;
}

/* Wait without sleeping.  Return whether the condition was met in that time. */
static int spin_until(gan_pool *pool, int (*is_met)(gan_pool *))
{
    for (int i = 0; i < pool->spins; i++) {
        if (is_met(pool)) return 1;
        if (i < PAUSES)
            pause_cpu();
        else
            sched_yield();
    }
    return 0;
}

static void wait_for_work(gan_pool *pool)
{
    if (spin_until(pool, is_wanted)) return;
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->n_sleeping, 1);
    while (!is_wanted(pool)) pthread_cond_wait(&pool->work, &pool->lock);
    atomic_fetch_sub(&pool->n_sleeping, 1);
    pthread_mutex_unlock(&pool->lock);
}

/* Pin worker i to the i-th CPU that the process may use; the caller's thread is the host's and is
 * left alone.  Where the system refuses, the worker isn't pinned. */
static void pin(size_t index)
{
#ifdef __linux__
    cpu_set_t usable, own;
    size_t left;

    if (sched_getaffinity(0, sizeof usable, &usable) != 0 || CPU_COUNT(&usable) == 0) return;
    left = index % (size_t)CPU_COUNT(&usable);
    CPU_ZERO(&own);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&own) == 0; i++)
        if (CPU_ISSET(i, &usable) && left-- == 0) CPU_SET(i, &own);
    (void)pthread_setaffinity_np(pthread_self(), sizeof own, &own);
#else
    (void)index;
#endif
}

/* Initialising a thread may allocate memory, in the BLAS too: the pool's creation waits for it. */
static void begin_worker(gan_pool *pool, size_t index)
{
    if (pool->pinned) pin(index);
    gan__numeric_begin_thread();
    gan__blas_enter_worker();
    pthread_mutex_lock(&pool->lock);
    pool->n_ready++;
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->lock);
}

static void wait_until_ready(gan_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->n_ready < pool->n_started) pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *argument)
{
    const worker *self = argument;

    begin_worker(self->pool, self->index);
    while (!atomic_load(&self->pool->stop)) {
        wait_for_work(self->pool);
        work_on(self->pool, self->index);
    }
    return NULL;
}

static void wait_until_done(gan_pool *pool)
{
    if (spin_until(pool, is_done)) return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->caller_waits, 1);
    while (!is_done(pool)) pthread_cond_wait(&pool->done, &pool->lock);
    atomic_store(&pool->caller_waits, 0);
    pthread_mutex_unlock(&pool->lock);
}

static void wake(gan_pool *pool)
{
    if (atomic_load(&pool->n_sleeping) == 0) return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

void gan__pool_begin(gan_pool *pool, gan__pool_fn *fn, void *context, size_t n_tasks)
{
    const uint64_t serial = (atomic_load(&pool->state) >> (2 * INDEX_BITS)) + 1;

    pool->fn = fn;
    pool->context = context;
    atomic_store(&pool->n_left, n_tasks);
    atomic_store(&pool->state, state_of(serial, n_tasks));
    wake(pool);
}

static void finish(gan_pool *pool)
{
    work_on(pool, 0);
    wait_until_done(pool);
}

void gan__pool_end(gan_pool *pool)
{
    if (is_own(pool)) finish(pool);
}

void gan__pool_run(gan_pool *pool, gan__pool_fn *fn, void *context, size_t n_tasks)
{
    if (!pool || pool->n_threads == 1 || n_tasks <= 1) {
        for (size_t i = 0; i < n_tasks; i++) fn(context, i, 0);
        return;
    }
    pthread_mutex_lock(&pool->turn);
    gan__pool_begin(pool, fn, context, n_tasks);
    finish(pool);
    pthread_mutex_unlock(&pool->turn);
}

/* ---- creating and destroying a pool ---- */

static size_t usable_cpus(void)
{
#ifdef __linux__
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (size_t)CPU_COUNT(&set);
#endif
    const long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (size_t)n : 1;
}

static size_t default_thread_count(void)
{
    const char *text = getenv("GAN_NUM_THREADS");
    char *end = NULL;
    const unsigned long n = text ? strtoul(text, &end, 10) : 0;
    const size_t cpus = usable_cpus();

    if (text && *text >= '0' && *text <= '9' && !*end && n > 0 && n <= MAX_THREADS) return n;
    return cpus < MAX_THREADS ? cpus : MAX_THREADS;
}

static int is_asked_to_pin(void)
{
    const char *text = getenv("GAN_PIN_THREADS");

    return text && strcmp(text, "1") == 0;
}

/* Threads have the process's default stack size, unless that is too small. */
static void init_attributes(pthread_attr_t *attributes)
{
    size_t usual = 0;

    pthread_attr_init(attributes);
    pthread_attr_getstacksize(attributes, &usual);
    if (usual < GAN_STACK_BYTES) pthread_attr_setstacksize(attributes, GAN_STACK_BYTES);
}

/* Start the workers with all signals blocked: those are for the host's own threads. */
static gan_status start_workers(gan_pool *pool)
{
    gan_status status = GAN_OK;
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;

    init_attributes(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; pool->n_started + 1 < pool->n_threads; pool->n_started++) {
        worker *w = &pool->workers[pool->n_started];

        *w = (worker){.pool = pool, .index = pool->n_started + 1};
        if (pthread_create(&w->thread, &attributes, worker_main, w) != 0) {
            status = gan__fail(GAN_ERR_NOMEM, "pool: %zu threads requested, %zu could be started",
                               pool->n_threads, pool->n_started + 1);
            break;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return status;
}

gan_status gan_pool_create(gan_pool **out, size_t n_threads, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_pool *pool = NULL;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "pool: out is NULL");
    *out = NULL;
    if (n_threads > MAX_THREADS)
        return gan__fail(GAN_ERR_INVALID, "pool: %zu threads requested, at most %d", n_threads,
                         MAX_THREADS);
    GAN_TRY(gan__alloc_init(&a, allocator));
    GAN_TRY(gan__alloc(&pool, &a, 1, sizeof *pool));
    pool->allocator = a;
    pool->process = getpid();
    pool->n_threads = n_threads > 0 ? n_threads : default_thread_count();
    pool->pinned = is_asked_to_pin();
    pool->spins = pool->n_threads <= usable_cpus() ? PAUSES + YIELDS : 0;
    pthread_mutex_init(&pool->turn, NULL);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    GAN_TRY(gan__alloc(&pool->workers, &a, pool->n_threads, sizeof *pool->workers));
    if (!gan__measures(&a)) GAN_TRY(start_workers(pool));
    wait_until_ready(pool);
    *out = pool;
    pool = NULL;

cleanup:
    gan_pool_destroy(pool);
    return status;
}

static void stop_workers(gan_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stop, 1);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n_started; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    pthread_mutex_destroy(&pool->turn);
}

/* In a child process the locks may be held, and conditions waited for, by threads that don't exist
 * there: they are left alone. */
void gan_pool_destroy(gan_pool *pool)
{
    if (!pool) return;
    const gan_allocator a = pool->allocator;

    if (is_own(pool)) stop_workers(pool);
    gan__free(&a, pool->workers);
    gan__free(&a, pool);
}

size_t gan_pool_thread_count(const gan_pool *pool)
{
    return pool ? pool->n_threads : 1;
}
