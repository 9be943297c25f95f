/* desc_internal.h - reading descriptors, whose settings have ranges, and filling records of other
 * releases. */
#ifndef GAN_DESC_INTERNAL_H
#define GAN_DESC_INTERNAL_H

#include <gan/status.h>
#include <stddef.h>

/* Copy a host's descriptor onto the defaults in `out`, which has `size` bytes; `first_size` is the
 * size of the first release's.  NULL leaves the defaults.  Both begin with a size_t struct_size.  A
 * longer one is accepted when its tail is zero.  GAN_ERR_INVALID otherwise; `name` is for the
 * message. */
gan_status gan__desc_read(void *out, size_t size, size_t first_size, const void *desc,
                          const char *name);

/* Check the struct_size of a record that is to be filled: any that has room for another field.
 * NULL is allowed. */
gan_status gan__record_check(const void *record, const char *name);

/* Copy as much of `from` (`size` bytes) to a host's record as its struct_size has room for, leaving
 * struct_size itself.  NULL is allowed. */
void gan__record_write(void *record, const void *from, size_t size);

/* Check a setting: GAN_ERR_INVALID outside of its range, and for NaN.  `whose` and `name` are for the
 * message. */
gan_status gan__desc_check_range(const char *whose, const char *name, double value, double least,
                                 double most);

/* Fill a host's struct of `struct_size` bytes with `defaults` (`size` bytes), truncated or
 * continued with zeros to its own size, which becomes its struct_size.  Does nothing for NULL or
 * without room for struct_size. */
void gan__desc_init(void *desc, size_t struct_size, const void *defaults, size_t size);

/* The function beside an _INIT macro. */
#define GAN__DEFINE_INIT(function, type, init)                                                     \
    void function(type *desc, size_t struct_size)                                                  \
    {                                                                                              \
        static const type defaults = {init};                                                       \
                                                                                                   \
        gan__desc_init(desc, struct_size, &defaults, sizeof defaults);                             \
    }

#endif
