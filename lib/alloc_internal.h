/* alloc_internal.h - memory for the library's own objects. */
#ifndef GAN_ALLOC_INTERNAL_H
#define GAN_ALLOC_INTERNAL_H

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>

/* The alignment of every block: a cache line, and the widest vector. */
enum { GAN__ALIGNMENT = 64 };

/* Copy a host's allocator, or malloc's when `from` is NULL, after checking it. */
gan_status gan__alloc_init(gan_allocator *out, const gan_allocator *from);

/* Take n * size zeroed, aligned bytes; at least one byte, so that success is never NULL.
 * GAN_ERR_NOMEM when there are none or the product is too large; `*out` is then NULL.
 * `out` is the address of any object pointer. */
gan_status gan__alloc(void *out, const gan_allocator *allocator, size_t n, size_t size);

/* Move a block with `used` of its `*room` bytes to one of twice that room, of at most `most` bytes.
 * So memory follows what has come, not what a file promises.  The first room is `first` to twice
 * that, such that doubling leads to `most`: then 1.5 times of it is held at once.  GAN_ERR_NOMEM
 * leaves block and room as they were.  `block` is the address of any object pointer, NULL at
 * first. */
gan_status gan__alloc_grow(void *block, size_t *room, size_t used, size_t first, size_t most,
                           const gan_allocator *allocator);

/* Give back what gan__alloc() took.  NULL is allowed. */
void gan__free(const gan_allocator *allocator, void *memory);

#endif
