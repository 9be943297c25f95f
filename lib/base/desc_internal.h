/* desc_internal.h - reading descriptors and filling records of other releases. */
#ifndef GAN_DESC_INTERNAL_H
#define GAN_DESC_INTERNAL_H

#include <gan/status.h>
#include <stddef.h>

/* Copy a host's descriptor onto the defaults in `out`, which has `size` bytes; `first_size` is what
 * the first release's had.  NULL leaves the defaults.  Both begin with a size_t struct_size.  A
 * longer one is good when its tail is zero.  GAN_ERR_INVALID otherwise; `name` is for the
 * message. */
gan_status gan__desc_read(void *out, size_t size, size_t first_size, const void *desc,
                          const char *name);

/* Check the struct_size of a record that is to be filled.  NULL is good. */
gan_status gan__record_check(const void *record, size_t first_size, const char *name);

/* Copy as much of `from` (`size` bytes) to a host's record as its struct_size has room for, leaving
 * struct_size itself.  NULL is good. */
void gan__record_write(void *record, const void *from, size_t size);

#endif
