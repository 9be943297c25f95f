/* dryrun.h - the time and memory of a run, estimated from some of its steps. */
#ifndef DRYRUN_H
#define DRYRUN_H

#include <gan/gan.h>

/* Train for about two seconds, and print how long a step, an epoch and the whole run would take, and
 * the memory in bytes.  Return 0 after saying what went wrong. */
int dryrun_time(gan_trainer *trainer, gan_iterator *iterator, size_t memory, long epochs);

#endif
