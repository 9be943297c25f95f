/* labels_internal.h - the classes of samples: labels, and names. */
#ifndef GAN_LABELS_INTERNAL_H
#define GAN_LABELS_INTERNAL_H

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GAN__MOST_CLASSES = UINT16_MAX + 1, /* a label has 16 bits */
    GAN__BYTE_CLASSES = UINT8_MAX + 1,  /* or 8 where a host passes or expects bytes */
    GAN__CLASS_NAME_BYTES = 256,        /* with the zero byte: names of directories fit */
};

/* A host's labels, of 8 or 16 bits, or neither; if both are given, the 8-bit ones are used.  The
 * library's own labels have 16 bits. */
typedef struct gan__label_list {
    const uint8_t *bytes;
    const uint16_t *words;
} gan__label_list;

static inline gan__label_list gan__label_bytes(const uint8_t *labels)
{
    return (gan__label_list){labels, NULL};
}

static inline gan__label_list gan__label_words(const uint16_t *labels)
{
    return (gan__label_list){NULL, labels};
}

static inline int gan__labels_given(gan__label_list labels)
{
    return labels.bytes || labels.words;
}

static inline size_t gan__label_at(gan__label_list labels, size_t i)
{
    return labels.bytes ? labels.bytes[i] : labels.words[i];
}

/* The labels from `begin` on. */
static inline gan__label_list gan__label_list_from(gan__label_list labels, size_t begin)
{
    return (gan__label_list){labels.bytes ? labels.bytes + begin : NULL,
                             labels.words ? labels.words + begin : NULL};
}

/* Copy n of them, where there are any. */
void gan__labels_copy(uint16_t *to, gan__label_list labels, size_t n);

/* GAN_ERR_INVALID, with a message that begins with `who`, when a label is not below n_classes. */
gan_status gan__labels_check(gan__label_list labels, size_t n, size_t n_classes, const char *who);

/* Copy n names, each to GAN__CLASS_NAME_BYTES of a new block; NULL for n = 0.  GAN_ERR_NOMEM, and
 * GAN_ERR_INVALID, with a message that begins with `who`, when one is NULL, empty, too long or
 * occurs twice. */
gan_status gan__labels_copy_names(char **out, const gan_allocator *allocator,
                                  const char *const *names, size_t n, const char *who);

#endif
