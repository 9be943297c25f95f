/* train_local_internal.h - ranks that train separately for some steps and then take their mean. */
#ifndef GAN_TRAIN_LOCAL_INTERNAL_H
#define GAN_TRAIN_LOCAL_INTERNAL_H

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>

struct gan_trainer;

/* Memory for what ranks exchange. */
typedef struct gan__local {
    size_t steps; /* of the generator between two means */
    float *numbers, *room;
    double *figures; /* the packets of all ranks */
} gan__local;

/* For a trainer that is complete but for this; checked settings. */
gan_status gan__local_create(gan__local **out, const struct gan_trainer *trainer);
void gan__local_destroy(gan__local *local, const gan_allocator *allocator);

/* Called on all ranks: set weights, buffers, moments and figures to the means over all.  With one
 * rank, or where ranks exchange gradients in each step (NULL), do nothing.  gan__local_follow()
 * does the same after every `local_steps`-th generator step. */
gan_status gan__local_meet(struct gan_trainer *trainer);
gan_status gan__local_follow(struct gan_trainer *trainer);

#endif
