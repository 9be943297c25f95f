/* budget.h - an allocator that fails after a number of calls and counts live blocks. */
#ifndef BUDGET_H
#define BUDGET_H

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

/* No limit to the number of allocations. */
#define BUDGET_UNLIMITED SIZE_MAX

/* Must not be moved while the library uses its allocator.  Blocks are filled with garbage when
 * allocated, and checked and overwritten when freed; a call from another thread ends the test. */
typedef struct budget {
    gan_allocator allocator; /* give &b.allocator to the library */
    size_t left;             /* allocations still allowed; may be changed at any time */
    size_t live;             /* blocks allocated and not freed */
    size_t live_bytes;
    size_t peak_bytes;       /* peak of live_bytes */
    size_t taken;            /* allocations that succeeded so far */
    size_t refused;          /* allocations that failed so far */
    unsigned char owner[16]; /* the thread that created it */
} budget;

/* Allow `allowed` allocations. */
void budget_init(budget *b, size_t allowed);

/* Return how many blocks are live. */
size_t budget_live(const budget *b);

/* Create an object with the allocator and store it in `*out`, which holds garbage; on failure
 * destroy everything else that was created. */
typedef gan_status (*budget_attempt)(void **out, const gan_allocator *allocator, void *user);

/* Try with 0, 1, 2, ... allocations until it succeeds.  Each failure must be GAN_ERR_NOMEM with a
 * message, `*out` NULL and nothing live; nothing may be live after destroy() either.  At least one
 * attempt must fail. Return how many allocations the success took. */
size_t budget_sweep(budget_attempt attempt, void (*destroy)(void *made), void *user);

#endif
