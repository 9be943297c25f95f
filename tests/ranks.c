/* ranks.c - ranks as threads: each exchange is a barrier at which all provide what they send. */
#include "ranks.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

typedef struct group {
    pthread_mutex_t mutex;
    pthread_cond_t met;
    size_t size, waiting;
    unsigned long meetings;
    int gone; /* a rank has left before its time */
    const void *shown[MOST];
    size_t bytes[MOST];
    size_t received;
} group;

typedef struct member {
    group *group;
    gan_communicator communicator;
    rank_fn *fn;
    void *context;
    pthread_t thread;
} member;

static size_t latest_bytes;

/* Wait for all; return 0 when one is gone. */
static int meet(group *g)
{
    pthread_mutex_lock(&g->mutex);
    const unsigned long meeting = g->meetings;

    if (++g->waiting == g->size) {
        g->waiting = 0;
        g->meetings++;
        pthread_cond_broadcast(&g->met);
    }
    while (g->meetings == meeting && !g->gone) pthread_cond_wait(&g->met, &g->mutex);
    const int all_here = g->meetings != meeting;

    pthread_mutex_unlock(&g->mutex);
    return all_here;
}

/* Show `send`, take `bytes` from each rank's, `step` times its own rank behind the beginning. */
static gan_status exchange(member *m, const void *send, void *receive, size_t bytes, size_t step)
{
    group *g = m->group;
    const size_t rank = m->communicator.rank;

    g->shown[rank] = send;
    g->bytes[rank] = bytes;
    if (!meet(g)) return GAN_ERR_IO;
    for (size_t i = 0; i < g->size; i++) {
        ck_assert_uint_eq(g->bytes[i], bytes);
        memcpy((char *)receive + i * bytes, (const char *)g->shown[i] + rank * step, bytes);
    }
    if (rank == 0) g->received += (g->size - 1) * bytes;
    return meet(g) ? GAN_OK : GAN_ERR_IO;
}

static gan_status all_to_all(void *user, const void *send, void *receive, size_t bytes)
{
    return exchange(user, send, receive, bytes, bytes);
}

static gan_status all_gather(void *user, const void *send, void *receive, size_t bytes)
{
    return exchange(user, send, receive, bytes, 0);
}

static gan_status broadcast(void *user, void *buffer, size_t bytes, size_t root)
{
    member *m = user;
    group *g = m->group;

    g->shown[m->communicator.rank] = buffer;
    if (!meet(g)) return GAN_ERR_IO;
    if (m->communicator.rank != root) memcpy(buffer, g->shown[root], bytes);
    return meet(g) ? GAN_OK : GAN_ERR_IO;
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
        members[i] = (member){.group = &g, .fn = fn, .context = context};
        members[i].communicator = (gan_communicator){GAN_COMMUNICATOR_INIT,
                                                     .rank = i,
                                                     .size = size,
                                                     .user = &members[i],
                                                     .all_to_all = all_to_all,
                                                     .all_gather = all_gather,
                                                     .broadcast = broadcast};
        ck_assert_int_eq(pthread_create(&members[i].thread, NULL, run_member, &members[i]), 0);
    }
    for (size_t i = 0; i < size; i++) pthread_join(members[i].thread, NULL);
    latest_bytes = g.received;
}

size_t ranks_bytes(void)
{
    return latest_bytes;
}

/* ---- ranks that are alone ---- */

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
