/* budget.h - an allocator that fails after a number of calls and counts live blocks. */
#ifndef BUDGET_H
#define BUDGET_H

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

/* As many allocations as are wanted. */
#define BUDGET_UNLIMITED SIZE_MAX

/* Must stay where it is while the library uses its allocator.  What it gives out is full of
 * rubbish, what it takes back is checked and spoilt; it is for one thread and ends the test when
 * another calls. */
typedef struct budget {
    gan_allocator allocator; /* give &b.allocator to the library */
    size_t left;             /* allocations still allowed; may be changed at any time */
    size_t live;             /* blocks given out and not taken back */
    size_t live_bytes;
    size_t peak_bytes;       /* the most that was live at once */
    size_t taken;            /* allocations that succeeded so far */
    size_t refused;          /* allocations that failed so far */
    unsigned char owner[16]; /* the thread that made it */
} budget;

/* Allow `allowed` allocations. */
void budget_init(budget *b, size_t allowed);

/* Return how many blocks are live. */
size_t budget_live(const budget *b);

/* Make something with the allocator that is given and put it into `*out`, which holds rubbish; on
 * failure end everything else that was made on the way. */
typedef gan_status (*budget_attempt)(void **out, const gan_allocator *allocator, void *user);

/* Try with 0, 1, 2, ... allocations until it succeeds.  Each failure must be GAN_ERR_NOMEM with a
 * message, `*out` NULL and nothing live; nothing may be live after destroy() either.  At least one
 * attempt must fail. Return how many allocations the success took. */
size_t budget_sweep(budget_attempt attempt, void (*destroy)(void *made), void *user);

#endif
