/* scaler_internal.h - a scaler as a text in files. */
#ifndef GAN_SCALER_INTERNAL_H
#define GAN_SCALER_INTERNAL_H

#include "base/arithmetic_internal.h"
#include "file/text_internal.h"

#include <gan/scaler.h>

/* Write it as {"shift":[...],"scale":[...]}, with all digits. */
void gan__scaler_describe(gan__text *out, const gan_scaler *scaler);

/* Make a scaler of such a text.  GAN_ERR_FORMAT, with a message without a subject, and
 * GAN_ERR_NOMEM. */
gan_status gan__scaler_parse(gan_scaler **out, const char *text, const gan_allocator *allocator);

#endif
