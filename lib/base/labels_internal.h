/* labels_internal.h - the classes of samples: labels, and names. */
#ifndef GAN_LABELS_INTERNAL_H
#define GAN_LABELS_INTERNAL_H

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GAN__MOST_CLASSES = UINT16_MAX + 1, /* a label has 16 bits */
    GAN__BYTE_CLASSES = UINT8_MAX + 1,  /* or 8 where a host gives bytes */
    GAN__CLASS_NAME_BYTES = 256,        /* with the zero byte: names of directories fit */
};

/* GAN_ERR_INVALID, in a sentence that begins with `who`, when a label is not below n_classes. */
gan_status gan__labels_check(const uint8_t *labels, size_t n, size_t n_classes, const char *who);

/* Copy n names, each to GAN__CLASS_NAME_BYTES of a new block; NULL for n = 0.  GAN_ERR_NOMEM, and
 * GAN_ERR_INVALID, in a sentence that begins with `who`, when one is NULL, empty, too long or there
 * twice. */
gan_status gan__labels_copy_names(char **out, const gan_allocator *allocator,
                                  const char *const *names, size_t n, const char *who);

#endif
