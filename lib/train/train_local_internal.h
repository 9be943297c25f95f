/* train_local_internal.h - ranks that train by themselves for some steps and then meet. */
#ifndef GAN_TRAIN_LOCAL_INTERNAL_H
#define GAN_TRAIN_LOCAL_INTERNAL_H

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>

struct gan_trainer;

/* Room for what ranks exchange. */
typedef struct gan__local {
    size_t steps; /* of the generator between two meetings */
    float *numbers, *room;
    double *figures; /* the packets of all ranks */
} gan__local;

/* For a trainer that is complete but for this; checked settings. */
gan_status gan__local_create(gan__local **out, const struct gan_trainer *trainer);
void gan__local_destroy(gan__local *local, const gan_allocator *allocator);

/* By all ranks: weights, buffers, moments and figures become the means over all.  Alone, or where ranks
 * exchange gradients in each step (NULL), nothing.  The same if it is time, after a step of the
 * generator's. */
gan_status gan__local_meet(struct gan_trainer *trainer);
gan_status gan__local_follow(struct gan_trainer *trainer);

#endif
