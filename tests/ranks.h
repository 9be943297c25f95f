/* ranks.h - ranks that train together, as threads of one process. */
#ifndef RANKS_H
#define RANKS_H

#include <gan/gan.h>
#include <stddef.h>

/* A rank's function; false ends it early: calls of the others that wait for it then fail. */
typedef int rank_fn(const gan_communicator *communicator, void *context);

/* Call `fn` for `size` ranks at once, each on a thread of its own. */
void ranks_run(size_t size, rank_fn *fn, void *context);

/* A communicator of `size` ranks whose others can't be reached: every call fails. */
gan_communicator ranks_unreachable(size_t size);

/* The same without the non-blocking functions. */
gan_communicator ranks_blocking(const gan_communicator *communicator);

/* How often ranks of the latest group called proceed() without waiting. */
size_t ranks_between(void);

/* How many bytes a rank of the latest group has received from others. */
size_t ranks_bytes(void);

#endif
