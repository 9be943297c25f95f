/* alloc_internal.h - memory for the library's own objects. */
#ifndef GAN_ALLOC_INTERNAL_H
#define GAN_ALLOC_INTERNAL_H

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

/* The alignment of every block: a cache line, and the widest vector. */
enum { GAN__ALIGNMENT = 64 };

/* Sizes of memory are computed by these: a result that overflows becomes SIZE_MAX, and stays that
 * in all further operations, until gan__alloc() refuses it. */
static inline size_t gan__size_add(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static inline size_t gan__size_mul(size_t a, size_t b)
{
    return b > 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

/* The next multiple of `unit`. */
static inline size_t gan__size_round_up(size_t n, size_t unit)
{
    const size_t more = n % unit > 0 ? unit - n % unit : 0;

    return gan__size_add(n, more);
}

static inline size_t gan__size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t gan__size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Copy a host's allocator, or malloc's when `from` is NULL, after checking it. */
gan_status gan__alloc_init(gan_allocator *out, const gan_allocator *from);

/* Allocate n * size zeroed, aligned bytes; at least one byte, so that success is never NULL.
 * GAN_ERR_NOMEM when memory is lacking or the product is too large; `*out` is then NULL.
 * `out` is the address of any object pointer. */
gan_status gan__alloc(void *out, const gan_allocator *allocator, size_t n, size_t size);

/* Move a block with `used` of its `*room` bytes to one of twice the size, at most `most` bytes.  So
 * memory grows with the data that was read, not with what a file's header claims.  The first size
 * is `first` to twice that, such that doubling ends exactly at `most`: then at most 1.5 times
 * `most` is allocated at once.  GAN_ERR_NOMEM leaves block and room as they were.  `block` is the
 * address of any object pointer, NULL at first. */
gan_status gan__alloc_grow(void *block, size_t *room, size_t used, size_t first, size_t most,
                           const gan_allocator *allocator);

/* An allocator that counts the bytes requested, and returns addresses that take no memory until
 * they are written: for functions that measure how much memory an object would take.  It must not
 * be moved while it is used.  gan__measures() tells whether an allocator is one:
 * then no threads are started, and other libraries' memory isn't allocated. */
typedef struct gan__measure {
    gan_allocator allocator;
    size_t bytes; /* requested and not freed */
} gan__measure;
void gan__measure_begin(gan__measure *measure);
int gan__measures(const gan_allocator *allocator);

/* Free what gan__alloc() allocated.  NULL is allowed. */
void gan__free(const gan_allocator *allocator, void *memory);

#endif
