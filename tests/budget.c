/* budget.c - an allocator that fails on purpose. */
#include "budget.h"
#include "expect.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Precedes each block; exactly as long as malloc's alignment, so that the library gets no more than
 * its contract says. */
typedef union header {
    struct {
        size_t bytes;
        size_t magic;
    } block;
    max_align_t align;
} header;

enum { LIVE = 0x6c697665, DEAD = 0x64656164, SWEEP_MAX = 2000 };

static void check_owner(const budget *b)
{
    pthread_t self = pthread_self();

    if (memcmp(b->owner, &self, sizeof self) != 0)
        ck_abort_msg("the allocator was called by another thread");
}

static void *budget_alloc(size_t bytes, void *user)
{
    budget *b = user;
    header *h;

    check_owner(b);
    if (bytes == 0) ck_abort_msg("the allocator was requested 0 bytes");
    if (b->left == 0 || !(h = malloc(sizeof *h + bytes))) {
        b->refused++;
        return NULL;
    }
    if (b->left != BUDGET_UNLIMITED) b->left--;
    h->block.bytes = bytes;
    h->block.magic = LIVE;
    b->live++;
    b->live_bytes += bytes;
    if (b->live_bytes > b->peak_bytes) b->peak_bytes = b->live_bytes;
    b->taken++;
    return memset(h + 1, 0xa5, bytes);
}

static void budget_free(void *memory, void *user)
{
    budget *b = user;
    header *h;

    check_owner(b);
    if (!memory) ck_abort_msg("the allocator was asked to free NULL");
    h = (header *)memory - 1;
    if (h->block.magic != LIVE) ck_abort_msg("a block was freed twice, or not allocated here");
    h->block.magic = DEAD;
    b->live--;
    b->live_bytes -= h->block.bytes;
    memset(memory, 0x5a, h->block.bytes);
    free(h);
}

void budget_init(budget *b, size_t allowed)
{
    pthread_t self = pthread_self();

    _Static_assert(sizeof self <= sizeof b->owner, "room for a thread's name");
    memset(b, 0, sizeof *b);
    b->allocator.alloc = budget_alloc;
    b->allocator.free = budget_free;
    b->allocator.user = b;
    b->left = allowed;
    memcpy(b->owner, &self, sizeof self);
}

size_t budget_live(const budget *b)
{
    return b->live;
}

size_t budget_sweep(budget_attempt attempt, void (*destroy)(void *made), void *user)
{
    for (size_t allowed = 0; allowed < SWEEP_MAX; allowed++) {
        budget b;
        void *made = &b;
        gan_status status;

        budget_init(&b, allowed);
        status = attempt(&made, &b.allocator, user);
        if (status == GAN_OK) {
            ck_assert_msg(made != NULL, "%zu allocations: success without an object", allowed);
            ck_assert_msg(b.refused == 0, "%zu allocations: success though one failed",
                          allowed);
            ck_assert_msg(allowed > 0, "success without an allocation: the allocator is not used");
            destroy(made);
            ck_assert_msg(b.live == 0, "%zu blocks live after destroy()", b.live);
            return b.taken;
        }
        ck_assert_msg(status == GAN_ERR_NOMEM, "%zu allocations: %s (%s)", allowed,
                      gan_status_name(status), gan_last_error());
        expect_error_says("memory");
        ck_assert_msg(made == NULL, "%zu allocations: the object is not NULL", allowed);
        ck_assert_msg(b.live == 0, "%zu allocations: %zu blocks live after the failure", allowed,
                      b.live);
    }
    ck_abort_msg("no success with %d allocations", SWEEP_MAX);
    return 0;
}
