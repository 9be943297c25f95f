/* alloc_internal.h - memory for the library's own objects. */
#ifndef GAN_ALLOC_INTERNAL_H
#define GAN_ALLOC_INTERNAL_H

#include <gan/alloc.h>
#include <gan/status.h>
#include <stddef.h>
#include <stdint.h>

/* The alignment of every block: a cache line, and the widest vector. */
enum { GAN__ALIGNMENT = 64 };

/* Sizes of memory are computed by these: what has no room in a size_t becomes SIZE_MAX, and stays
 * so whatever is done with it, until gan__alloc() refuses it. */
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

/* An allocator that counts what is asked for, and gives addresses that take no memory until they
 * are written: for functions that say how much something would take.  Must stay where it is while
 * it is used.  And whether an allocator is one: then neither threads nor other libraries' memory
 * are wanted. */
typedef struct gan__measure {
    gan_allocator allocator;
    size_t bytes; /* asked for and not given back */
} gan__measure;
void gan__measure_begin(gan__measure *measure);
int gan__measures(const gan_allocator *allocator);

/* Give back what gan__alloc() took.  NULL is allowed. */
void gan__free(const gan_allocator *allocator, void *memory);

#endif
