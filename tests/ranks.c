/* ranks.c - ranks as threads: each exchange is a barrier at which all provide what they send. */
#include "ranks.h"

#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

typedef struct group {
    pthread_mutex_t mutex;
    pthread_cond_t met;
    size_t size, waiting;
    unsigned long meetings;
    int gone; /* a rank has ended early */
    const void *shown[MOST];
    size_t bytes[MOST];
    size_t received;
    atomic_size_t between; /* calls of proceed() that did not wait */
} group;

/* An exchange is two barriers: all have published what they send, and all have copied theirs. */
typedef enum stage { SHOWING, TAKING, DONE } stage;

typedef struct member {
    group *group;
    gan_communicator communicator;
    rank_fn *fn;
    void *context;
    pthread_t thread;
    stage stage; /* of the exchange in progress */
    unsigned long meeting;
    char *receive;
    size_t bytes, step;
} member;

static size_t latest_bytes, latest_between;

/* Arrive at the next barrier; return its number. */
static unsigned long arrive(group *g)
{
    pthread_mutex_lock(&g->mutex);
    const unsigned long meeting = g->meetings;

    if (++g->waiting == g->size) {
        g->waiting = 0;
        g->meetings++;
        pthread_cond_broadcast(&g->met);
    }
    pthread_mutex_unlock(&g->mutex);
    return meeting;
}

/* Test whether all have arrived, or wait for them; fail if one has ended. */
static gan_status look(group *g, unsigned long meeting, int wait, int *all_here)
{
    pthread_mutex_lock(&g->mutex);
    while (wait && g->meetings == meeting && !g->gone) pthread_cond_wait(&g->met, &g->mutex);
    *all_here = g->meetings != meeting;
    const int gone = !*all_here && g->gone;

    pthread_mutex_unlock(&g->mutex);
    return gone ? GAN_ERR_IO : GAN_OK;
}

static gan_status meet(group *g)
{
    int all_here;

    return look(g, arrive(g), 1, &all_here);
}

/* Publish `send`, receive `bytes` from each rank's, at an offset of `step` times its own rank. */
static gan_status begin(member *m, const void *send, void *receive, size_t bytes, size_t step)
{
    group *g = m->group;

    ck_assert_int_eq(m->stage, DONE);
    m->receive = receive;
    m->bytes = bytes;
    m->step = step * m->communicator.rank;
    g->shown[m->communicator.rank] = send;
    g->bytes[m->communicator.rank] = bytes;
    m->meeting = arrive(g);
    m->stage = SHOWING;
    return GAN_OK;
}

static void take(member *m)
{
    group *g = m->group;

    for (size_t i = 0; i < g->size; i++) {
        ck_assert_uint_eq(g->bytes[i], m->bytes);
        memcpy(m->receive + i * m->bytes, (const char *)g->shown[i] + m->step, m->bytes);
    }
    if (m->communicator.rank == 0) g->received += (g->size - 1) * m->bytes;
    m->meeting = arrive(g);
}

static gan_status proceed(void *user, int wait, int *done)
{
    member *m = user;
    int all_here = 1;

    ck_assert_int_ne(m->stage, DONE);
    if (!wait) atomic_fetch_add(&m->group->between, 1);
    while (m->stage != DONE) {
        const gan_status status = look(m->group, m->meeting, wait, &all_here);

        *done = 0;
        if (status != GAN_OK) m->stage = DONE;
        if (status != GAN_OK || !all_here) return status;
        if (m->stage == SHOWING) take(m);
        m->stage++;
    }
    *done = 1;
    return GAN_OK;
}

static gan_status begin_all_to_all(void *user, const void *send, void *receive, size_t bytes)
{
    return begin(user, send, receive, bytes, bytes);
}

static gan_status begin_all_gather(void *user, const void *send, void *receive, size_t bytes)
{
    return begin(user, send, receive, bytes, 0);
}

static gan_status all_to_all(void *user, const void *send, void *receive, size_t bytes)
{
    int done;

    begin_all_to_all(user, send, receive, bytes);
    return proceed(user, 1, &done);
}

static gan_status all_gather(void *user, const void *send, void *receive, size_t bytes)
{
    int done;

    begin_all_gather(user, send, receive, bytes);
    return proceed(user, 1, &done);
}

static gan_status broadcast(void *user, void *buffer, size_t bytes, size_t root)
{
    member *m = user;
    group *g = m->group;

    g->shown[m->communicator.rank] = buffer;
    if (meet(g) != GAN_OK) return GAN_ERR_IO;
    if (m->communicator.rank != root) memcpy(buffer, g->shown[root], bytes);
    return meet(g);
}

static void *run_member(void *user)
{
    member *m = user;

    if (m->fn(&m->communicator, m->context)) return NULL;
    pthread_mutex_lock(&m->group->mutex);
    m->group->gone = 1;
    pthread_cond_broadcast(&m->group->met);
    pthread_mutex_unlock(&m->group->mutex);
    return NULL;
}

void ranks_run(size_t size, rank_fn *fn, void *context)
{
    group g = {.mutex = PTHREAD_MUTEX_INITIALIZER, .met = PTHREAD_COND_INITIALIZER, .size = size};
    member members[MOST];

    for (size_t i = 0; i < size; i++) {
        members[i] = (member){.group = &g, .fn = fn, .context = context, .stage = DONE};
        members[i].communicator = (gan_communicator){GAN_COMMUNICATOR_INIT,
                                                     .rank = i,
                                                     .size = size,
                                                     .user = &members[i],
                                                     .all_to_all = all_to_all,
                                                     .all_gather = all_gather,
                                                     .broadcast = broadcast,
                                                     .begin_all_to_all = begin_all_to_all,
                                                     .begin_all_gather = begin_all_gather,
                                                     .proceed = proceed};
        ck_assert_int_eq(pthread_create(&members[i].thread, NULL, run_member, &members[i]), 0);
    }
    for (size_t i = 0; i < size; i++) pthread_join(members[i].thread, NULL);
    latest_bytes = g.received;
    latest_between = g.between;
}

size_t ranks_bytes(void)
{
    return latest_bytes;
}

size_t ranks_between(void)
{
    return latest_between;
}

gan_communicator ranks_blocking(const gan_communicator *communicator)
{
    gan_communicator c = *communicator;

    c.begin_all_to_all = c.begin_all_gather = NULL;
    c.proceed = NULL;
    return c;
}

/* ---- unreachable ranks ---- */

static gan_status exchange_nothing(void *user, const void *send, void *receive, size_t bytes)
{
    (void)user, (void)send, (void)receive, (void)bytes;
    return GAN_ERR_IO;
}

static gan_status broadcast_nothing(void *user, void *buffer, size_t bytes, size_t root)
{
    (void)user, (void)buffer, (void)bytes, (void)root;
    return GAN_ERR_IO;
}

gan_communicator ranks_unreachable(size_t size)
{
    return (gan_communicator){GAN_COMMUNICATOR_INIT, .size = size, .all_to_all = exchange_nothing,
                              .all_gather = exchange_nothing, .broadcast = broadcast_nothing};
}
