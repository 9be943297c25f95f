/* alloc.h - the host's allocator. */
#ifndef GAN_ALLOC_H
#define GAN_ALLOC_H

#include <gan/api.h>
#include <stddef.h>

GAN_BEGIN_DECLS

/**
 * A host's own memory functions, given in a descriptor.
 *
 * The record is copied into the created object and used for everything it owns.  NULL instead of a
 * record means malloc and free.  Both functions must be set, else GAN_ERR_INVALID.  They are called
 * by the thread that calls the library, never by its workers, and only while objects are created,
 * loaded and destroyed: a training step allocates nothing.
 *
 * Three things do not use it: layer handles until they are added to a network, the internals of
 * libpng and zlib while a file is read or written (and the images of a dataset while its files are
 * decoded), and the C library's memory for a FILE, a directory or a thread.
 */
typedef struct gan_allocator {
    /** Return `bytes` (never 0) of memory aligned as malloc's is, or NULL. */
    void *(*alloc)(size_t bytes, void *user);
    /** Free what `alloc` returned; never called with NULL. */
    void (*free)(void *memory, void *user);
    /** Passed to both functions. */
    void *user;
} gan_allocator;

GAN_END_DECLS

#endif
