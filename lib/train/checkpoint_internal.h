/* checkpoint_internal.h - resuming with other settings, for all kinds of checkpoint. */
#ifndef GAN_CHECKPOINT_INTERNAL_H
#define GAN_CHECKPOINT_INTERNAL_H

#include "file/state_internal.h"
#include "math/communicator_internal.h"

#include <gan/checkpoint.h>

/* Read a host's descriptor, or NULL: the entries that it lets differ.  GAN_ERR_INVALID, with a
 * message that begins with `who`. */
gan_status gan__checkpoint_read_resume(gan_checkpoint_resume_desc *out, gan__state_adopt *adopt,
                                       const gan_checkpoint_resume_desc *desc, const char *who);

/* Report the entries that did differ to the host, if it asked for them. */
void gan__checkpoint_report(gan_checkpoint_resume_report *out, const gan__state_adopt *adopt);

/* Called on every rank with `own`, the status of making its list, and a digest of its data: return
 * GAN_OK when all have the same, else GAN_ERR_INVALID with the first entry that differs, or the
 * status with which a rank failed.  With one rank it returns `own`. */
gan_status gan__checkpoint_compare(const gan_communicator *ranks, gan_status own,
                                   const gan__state *s, uint64_t data);

#endif
