/* alloc.h - where the library's memory comes from. */
#ifndef GAN_ALLOC_H
#define GAN_ALLOC_H

#include <gan/api.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * A host's own memory functions, given in a descriptor.
 *
 * The record is copied into the object that is made and serves everything under it.  NULL instead
 * of a record means malloc and free.  Both functions must be set, else GAN_ERR_INVALID.  They are
 * called by the thread that calls the library, never by its workers, and only while objects are
 * made, loaded and ended: a training step allocates nothing.
 *
 * Three things do not go through it: layer handles on their way into a network, the inside of
 * libpng and zlib while a file is read or written (and the pictures of a dataset while its files
 * are decoded), and what the C library takes for a FILE, a directory or a thread.
 */
typedef struct gan_allocator {
    /** Return `bytes` (never 0) of memory aligned as malloc's is, or NULL. */
    void *(*alloc)(size_t bytes, void *user);
    /** Take back what `alloc` gave; never called with NULL. */
    void (*free)(void *memory, void *user);
    /** Handed to both functions. */
    void *user;
} gan_allocator;

GAN_END_DECLS

#endif
