/* schedule_internal.h - schedules of settings, of any object. */
#ifndef GAN_SCHEDULE_INTERNAL_H
#define GAN_SCHEDULE_INTERNAL_H

#include "file/state_internal.h"

#include <gan/schedule.h>
#include <gan/status.h>

/* Read a host's schedule of the setting that messages name, or one that changes nothing for NULL.
 * GAN_ERR_INVALID when a number is out of range or the settings contradict each other. */
gan_status gan__schedule_read(gan_schedule_desc *out, const gan_schedule_desc *desc,
                              const char *setting);

/* The factor in step `step`, counted from 0; and the largest factor of all steps, which may be
 * infinite. */
double gan__schedule_factor(const gan_schedule_desc *schedule, uint64_t step);
double gan__schedule_most(const gan_schedule_desc *schedule);

/* Whether it ever changes the setting. */
int gan__schedule_is_on(const gan_schedule_desc *schedule);

/* Add it to a checkpoint's list, unless it changes nothing, under names that begin with `name`. */
void gan__schedule_state(const gan_schedule_desc *schedule, gan__state *s, const char *name);

#endif
