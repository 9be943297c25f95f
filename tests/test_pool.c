/* test_pool.c - every task is done once, on any thread. */
#define _GNU_SOURCE /* pthread_getattr_np */
#include "budget.h"
#include "expect.h"
#include "math/pool_internal.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TASKS_MAX = 2000 };

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

/* Non-atomic on purpose: two threads on one task would be a data race for the sanitizer. */
typedef struct tally {
    int done[TASKS_MAX];
    size_t n_workers;
    atomic_int busy[16]; /* of each worker number */
    atomic_int faults;
} tally;

static void count_task(void *context, size_t task, size_t worker)
{
    tally *t = context;

    if (worker >= t->n_workers || task >= TASKS_MAX) {
        atomic_fetch_add(&t->faults, 1);
        return;
    }
    if (worker < 16 && atomic_fetch_add(&t->busy[worker], 1) != 0) atomic_fetch_add(&t->faults, 1);
    t->done[task]++;
    if (worker < 16) atomic_fetch_sub(&t->busy[worker], 1);
}

static void run_and_check(gan_pool *pool, size_t n_tasks)
{
    tally *t = calloc(1, sizeof *t);

    t->n_workers = gan_pool_thread_count(pool);
    gan__pool_run(pool, count_task, t, n_tasks);
    for (size_t i = 0; i < TASKS_MAX; i++) ck_assert_int_eq(t->done[i], i < n_tasks);
    ck_assert_int_eq(atomic_load(&t->faults), 0);
    free(t);
}

static gan_pool *pool_of(size_t n)
{
    gan_pool *pool = NULL;

    expect_ok(gan_pool_create(&pool, n, NULL));
    ck_assert_ptr_nonnull(pool);
    ck_assert_uint_eq(gan_pool_thread_count(pool), n);
    return pool;
}

TEST(every_task_is_done_once)
{
    const size_t threads[] = {1, 2, 3, 5, 8};
    const size_t tasks[] = {0, 1, 2, 3, 4, 7, 8, 9, 64, 1999};

    for (size_t i = 0; i < 5; i++) {
        gan_pool *pool = pool_of(threads[i]);

        for (size_t k = 0; k < 10; k++) run_and_check(pool, tasks[k]);
        gan_pool_destroy(pool);
    }
}

/* ---- pinned ---- */

/* Replaces the C library's function: it fails on demand. */
static int refuses;
static atomic_size_t n_pinned;

int pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set)
{
    ck_assert_int_eq(CPU_COUNT_S(size, set), 1);
    atomic_fetch_add(&n_pinned, 1);
    if (refuses) return EPERM;
    ck_assert(pthread_equal(thread, pthread_self()));
    return sched_setaffinity(0, size, set) == 0 ? 0 : errno; /* of this thread */
}

typedef struct sight {
    pthread_barrier_t all; /* so that each worker has one task */
    cpu_set_t cpus[8];     /* each worker's */
} sight;

static void look(void *context, size_t task, size_t worker)
{
    sight *s = context;

    (void)task;
    if (sched_getaffinity(0, sizeof *s->cpus, &s->cpus[worker]) != 0) CPU_ZERO(&s->cpus[worker]);
    pthread_barrier_wait(&s->all);
}

static sight look_at(size_t threads)
{
    gan_pool *pool = pool_of(threads);
    sight s;

    pthread_barrier_init(&s.all, NULL, (unsigned)threads);
    gan__pool_run(pool, look, &s, threads);
    pthread_barrier_destroy(&s.all);
    gan_pool_destroy(pool);
    return s;
}

/* The i-th CPU of a set, cyclically. */
static size_t cpu_of(const cpu_set_t *set, size_t i)
{
    size_t left = i % (size_t)CPU_COUNT(set), cpu = 0;

    for (; !CPU_ISSET(cpu, set) || left > 0; cpu++)
        if (CPU_ISSET(cpu, set)) left--;
    return cpu;
}

enum { PINNED = 5 };

/* With CK_FORK=no all tests are in one process. */
static void forget_affinity(void)
{
    atomic_store(&n_pinned, 0);
    refuses = 0;
    unsetenv("GAN_PIN_THREADS");
}

TEST_FIXTURE(forget_affinity, NULL)

TEST(workers_are_pinned_on_request_and_the_caller_is_not)
{
    cpu_set_t all;
    sight s;

    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    ck_assert_int_eq(setenv("GAN_PIN_THREADS", "1", 1), 0);
    s = look_at(PINNED);
    ck_assert_uint_eq(atomic_load(&n_pinned), PINNED - 1);
    ck_assert(CPU_EQUAL(&s.cpus[0], &all));
    for (size_t i = 1; i < PINNED; i++) {
        ck_assert_int_eq(CPU_COUNT(&s.cpus[i]), 1);
        ck_assert(CPU_ISSET(cpu_of(&all, i), &s.cpus[i]));
    }
}

TEST(workers_are_not_pinned_without_being_asked)
{
    static const char *const values[] = {NULL, "", "0", "yes"};
    cpu_set_t all;

    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        sight s;

        if (values[i])
            ck_assert_int_eq(setenv("GAN_PIN_THREADS", values[i], 1), 0);
        else
            ck_assert_int_eq(unsetenv("GAN_PIN_THREADS"), 0);
        s = look_at(PINNED);
        for (size_t k = 0; k < PINNED; k++) ck_assert(CPU_EQUAL(&s.cpus[k], &all));
    }
    ck_assert_uint_eq(atomic_load(&n_pinned), 0);
}

TEST(a_refused_affinity_is_no_error)
{
    gan_pool *pool;

    refuses = 1;
    ck_assert_int_eq(setenv("GAN_PIN_THREADS", "1", 1), 0);
    pool = pool_of(PINNED);
    ck_assert_uint_eq(atomic_load(&n_pinned), PINNED - 1);
    run_and_check(pool, 100);
    gan_pool_destroy(pool);
}

TEST(no_pool_is_a_team_of_one)
{
    ck_assert_uint_eq(gan_pool_thread_count(NULL), 1);
    run_and_check(NULL, 0);
    run_and_check(NULL, 17);
    gan_pool_destroy(NULL);
}

static void add_one(void *context, size_t task, size_t worker)
{
    (void)worker;
    ((int *)context)[task]++;
}

TEST(many_short_jobs_in_a_row)
{
    enum { JOBS = 20000 };
    gan_pool *pool = pool_of(4);
    int done[5] = {0};

    for (int i = 0; i < JOBS; i++) gan__pool_run(pool, add_one, done, 1 + (size_t)i % 5);
    for (int i = 0; i < 5; i++) ck_assert_int_eq(done[i], JOBS - i * (JOBS / 5));
    gan_pool_destroy(pool);
}

TEST(a_job_may_be_begun_and_ended_apart)
{
    for (size_t n = 1; n <= 3; n++) {
        gan_pool *pool = pool_of(n);
        int done[50] = {0};

        for (int i = 0; i < 200; i++) {
            gan__pool_begin(pool, add_one, done, 1 + (size_t)i % 50);
            if (i % 20 == 0) sleep_ms(1); /* all may have left by the end */
            gan__pool_end(pool);
        }
        for (int i = 0; i < 50; i++) ck_assert_int_eq(done[i], 4 * (50 - i));
        gan_pool_destroy(pool);
    }
}

/* Much longer than a thread looks for what it waits for before it sleeps. */
enum { LONG_MS = 30 };

/* Two threads look where there are two CPUs, three sleep at once. */
TEST_EACH(workers_that_fell_asleep_wake_up, 2, 4)
{
    gan_pool *pool = pool_of((size_t)_i);

    for (int i = 0; i < 5; i++) {
        sleep_ms(LONG_MS);
        run_and_check(pool, 50);
    }
    gan_pool_destroy(pool);
}

/* Each task waits until `n` tasks run at once, so it ends only if there are n threads. */
typedef struct meeting {
    pthread_barrier_t barrier;
    atomic_int met;
} meeting;

static void meet(void *context, size_t task, size_t worker)
{
    meeting *m = context;

    (void)task;
    (void)worker;
    pthread_barrier_wait(&m->barrier);
    atomic_fetch_add(&m->met, 1);
}

TEST(as_many_tasks_run_at_once_as_there_are_threads)
{
    gan_pool *pool = pool_of(4);
    meeting m;

    ck_assert_int_eq(pthread_barrier_init(&m.barrier, NULL, 4), 0);
    atomic_init(&m.met, 0);
    gan__pool_run(pool, meet, &m, 4);
    gan__pool_run(pool, meet, &m, 4);
    ck_assert_int_eq(atomic_load(&m.met), 8);
    gan_pool_destroy(pool);
    pthread_barrier_destroy(&m.barrier);
}

/* All meet, and the workers finish long after the caller. */
static void meet_and_linger(void *context, size_t task, size_t worker)
{
    meeting *m = context;

    (void)task;
    pthread_barrier_wait(&m->barrier);
    if (worker > 0) sleep_ms(LONG_MS);
    atomic_fetch_add(&m->met, 1);
}

TEST_EACH(a_caller_that_fell_asleep_wakes_up, 2, 4)
{
    gan_pool *pool = pool_of((size_t)_i);
    meeting m;

    ck_assert_int_eq(pthread_barrier_init(&m.barrier, NULL, (unsigned)_i), 0);
    atomic_init(&m.met, 0);
    for (int i = 1; i <= 5; i++) {
        gan__pool_run(pool, meet_and_linger, &m, (size_t)_i);
        ck_assert_int_eq(atomic_load(&m.met), _i * i);
    }
    gan_pool_destroy(pool);
    pthread_barrier_destroy(&m.barrier);
}

static void *use_shared_pool(void *pool)
{
    for (int i = 0; i < 200; i++) run_and_check(pool, 1 + (size_t)i % 40);
    return NULL;
}

TEST(two_host_threads_share_one_pool)
{
    gan_pool *pool = pool_of(3);
    pthread_t a, b;

    ck_assert_int_eq(pthread_create(&a, NULL, use_shared_pool, pool), 0);
    ck_assert_int_eq(pthread_create(&b, NULL, use_shared_pool, pool), 0);
    ck_assert_int_eq(pthread_join(a, NULL), 0);
    ck_assert_int_eq(pthread_join(b, NULL), 0);
    gan_pool_destroy(pool);
}

static size_t default_count(const char *setting)
{
    gan_pool *pool = NULL;
    size_t n;

    ck_assert_int_eq(setting ? setenv("GAN_NUM_THREADS", setting, 1) : unsetenv("GAN_NUM_THREADS"),
                     0);
    expect_ok(gan_pool_create(&pool, 0, NULL));
    n = gan_pool_thread_count(pool);
    gan_pool_destroy(pool);
    return n;
}

TEST(zero_threads_asks_the_environment_then_the_machine)
{
    const size_t machine = default_count(NULL);
    const char *const no_numbers[] = {
        "", "x", "0", "-3", "2x", " 4 2", "1025", "99999999999999999999999", "1e2", "2.385"};
    gan_pool *pool;

    ck_assert_uint_ge(machine, 1);
    ck_assert_uint_le(machine, (size_t)sysconf(_SC_NPROCESSORS_CONF));
    ck_assert_uint_eq(default_count("3"), 3);
    ck_assert_uint_eq(default_count("7"), 7);
    for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++)
        ck_assert_msg(default_count(no_numbers[i]) == machine, "GAN_NUM_THREADS=\"%s\" counts",
                      no_numbers[i]);
    /* A requested number of threads isn't looked up. */
    ck_assert_int_eq(setenv("GAN_NUM_THREADS", "5", 1), 0);
    pool = pool_of(2);
    gan_pool_destroy(pool);
}

TEST(settings_out_of_range_are_named)
{
    gan_pool *pool = (gan_pool *)&pool;
    gan_allocator half = {0};

    expect_fails(gan_pool_create(NULL, 2, NULL), GAN_ERR_INVALID, "out is NULL");
    expect_fails(gan_pool_create(&pool, 1025, NULL), GAN_ERR_INVALID, "1025");
    expect_error_says("1024");
    ck_assert_ptr_null(pool);
    pool = (gan_pool *)&pool;
    expect_fails(gan_pool_create(&pool, 2, &half), GAN_ERR_INVALID, "allocator");
    ck_assert_ptr_null(pool);
}

static gan_status make_pool(void **out, const gan_allocator *allocator, void *user)
{
    gan_pool *pool = user;
    gan_status status = gan_pool_create(&pool, 3, allocator);

    *out = pool;
    return status;
}

static void end_pool(void *made)
{
    run_and_check(made, 33);
    gan_pool_destroy(made);
}

TEST(creation_survives_a_lack_of_memory)
{
    int rubbish;

    budget_sweep(make_pool, end_pool, &rubbish);
}

TEST(creation_survives_a_lack_of_threads)
{
    /* The stacks of 1024 threads don't fit into a gigabyte. */
    const struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
    gan_pool *pool = (gan_pool *)&pool;
    budget b;

    if (under_sanitizer()) return;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    budget_init(&b, BUDGET_UNLIMITED);
    expect_fails(gan_pool_create(&pool, 1024, &b.allocator), GAN_ERR_NOMEM, "1024");
    ck_assert_ptr_null(pool);
    ck_assert_uint_eq(budget_live(&b), 0);
}

#ifdef __GLIBC__
static void measure_stack(void *context, size_t task, size_t worker)
{
    pthread_attr_t attributes;

    (void)worker;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &((size_t *)context)[task]);
    pthread_attr_destroy(&attributes);
    sleep_ms(1); /* the others should get theirs */
}

TEST(workers_have_stack_enough_where_threads_have_little)
{
    size_t bytes[100] = {0};
    pthread_attr_t little;
    gan_pool *pool;

    pthread_attr_init(&little);
    pthread_attr_setstacksize(&little, 96 * 1024);
    ck_assert_int_eq(pthread_setattr_default_np(&little), 0);
    pool = pool_of(3);
    gan__pool_run(pool, measure_stack, bytes, 100);
    for (size_t i = 0; i < 100; i++) ck_assert_uint_ge(bytes[i], GAN_STACK_BYTES);
    gan_pool_destroy(pool);
    pthread_attr_destroy(&little);
}
#endif

TEST(a_forked_child_makes_its_own_pool)
{
    gan_pool *pool = pool_of(3);
    int result = -1;
    pid_t child;

    if (under_thread_sanitizer()) {
        gan_pool_destroy(pool);
        return;
    }
    run_and_check(pool, 100);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int done[7] = {0};
        gan_pool *own;

        alarm(20);
        if (gan_pool_create(&own, 3, NULL) != GAN_OK) _exit(1);
        for (int i = 0; i < 100; i++) gan__pool_run(own, add_one, done, 7);
        gan_pool_destroy(own);
        _exit(done[0] == 100 && done[6] == 100 ? 0 : 2);
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_msg(WIFEXITED(result) && WEXITSTATUS(result) == 0, "the child ended with %d", result);
    run_and_check(pool, 100);
    gan_pool_destroy(pool);
}

static atomic_int signals_elsewhere, signals_here;
static pthread_t host;

static void on_signal(int number)
{
    (void)number;
    atomic_fetch_add(pthread_equal(pthread_self(), host) ? &signals_here : &signals_elsewhere, 1);
}

static void block_here(void *context, size_t task, size_t worker)
{
    (void)context;
    (void)task;
    (void)worker;
}

TEST(signals_are_left_to_the_hosts_threads)
{
    struct sigaction action;
    gan_pool *pool = pool_of(4);
    sigset_t usr1, before, after;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    host = pthread_self();
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    gan__pool_run(pool, block_here, NULL, 8);
    /* While the host's thread blocks the signal, only a worker could receive it. */
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, &before);
    kill(getpid(), SIGUSR1);
    sleep_ms(5);
    ck_assert_int_eq(atomic_load(&signals_elsewhere), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sleep_ms(1);
    ck_assert_int_eq(atomic_load(&signals_here), 1);
    ck_assert_int_eq(atomic_load(&signals_elsewhere), 0);
    gan_pool_destroy(pool);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    ck_assert_int_eq(sigismember(&after, SIGUSR1), 0);
    ck_assert_int_eq(sigismember(&after, SIGTERM), 0);
}
