/* ranks.h - ranks that train together, as threads of one process. */
#ifndef RANKS_H
#define RANKS_H

#include <gan/gan.h>
#include <stddef.h>

/* What a rank does; false ends it before its time: calls of the others that wait for it fail then. */
typedef int rank_fn(const gan_communicator *communicator, void *context);

/* Call `fn` for `size` ranks at once, each on a thread of its own. */
void ranks_run(size_t size, rank_fn *fn, void *context);

/* A communicator of `size` ranks whose others can't be reached: every call fails. */
gan_communicator ranks_unreachable(size_t size);

/* The same without what begins an exchange and returns. */
gan_communicator ranks_blocking(const gan_communicator *communicator);

/* How often ranks of the latest group went on with an exchange without waiting for it. */
size_t ranks_between(void);

/* How many bytes a rank of the latest group has received from others. */
size_t ranks_bytes(void);

#endif
