/* checkpoint_internal.h - going on with other settings, for everything that is a checkpoint. */
#ifndef GAN_CHECKPOINT_INTERNAL_H
#define GAN_CHECKPOINT_INTERNAL_H

#include "file/state_internal.h"
#include "math/communicator_internal.h"

#include <gan/checkpoint.h>

/* Read a host's descriptor, or NULL, and what may differ by it.  GAN_ERR_INVALID, in a sentence that
 * begins with `who`. */
gan_status gan__checkpoint_read_resume(gan_checkpoint_resume_desc *out, gan__state_adopt *adopt,
                                       const gan_checkpoint_resume_desc *desc, const char *who);

/* Write what did differ to where the host wants it, if anywhere. */
void gan__checkpoint_report(gan_checkpoint_resume_report *out, const gan__state_adopt *adopt);

/* Every rank has called this with how its list was made, and a digest of its data: return GAN_OK when
 * all have the same, else GAN_ERR_INVALID with the first entry that differs, or what a rank has
 * failed with.  Alone it is `own`. */
gan_status gan__checkpoint_compare(const gan_communicator *ranks, gan_status own,
                                   const gan__state *s, uint64_t data);

#endif
