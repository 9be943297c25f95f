/* file_internal.h - files that are written whole or not at all, and opening them again. */
#ifndef GAN_FILE_INTERNAL_H
#define GAN_FILE_INTERNAL_H

#include "file/stream_internal.h"

#include <gan/alloc.h>
#include <gan/status.h>
#include <stdint.h>
#include <stdio.h>

/* A file on its way to `path`: the bytes go to a temporary file beside it. */
typedef struct gan__file {
    FILE *stream;    /* write here */
    uint32_t sum;    /* gan__file_sum() of what gan__file_write() has written */
    char *path;      /* of the file to be replaced: where links lead to */
    char *temporary; /* beside it */
    gan_allocator allocator;
    gan_writer *writer; /* where the bytes go in place of all that; NULL: to the path */
} gan__file;

/* Begin to write `path`.  On failure `file` holds nothing and needs no ending.  Symbolic links are
 * followed: the file that they lead to is replaced, and made where it is missing.  Where a file
 * stands, the new one gets its permissions; where anything but a file does (a directory, a pipe, a
 * device), that is an error.  Temporary files in the directory whose writers were killed are
 * removed.  `allocator` may be NULL for malloc's.  GAN_ERR_IO, GAN_ERR_NOMEM. */
gan_status gan__file_create(gan__file *file, const char *path, const gan_allocator *allocator);

/* Begin to write where a host wants it: committing and abandoning leave that alone, and bytes that
 * were written stay written.  Takes no memory. */
void gan__file_create_to(gan__file *file, gan_writer *writer);

/* One or the other. */
gan_status gan__file_begin(gan__file *file, gan__target to, const gan_allocator *allocator);

/* Flush, fsync, rename to `path`, fsync the directory; ends `file` also when it fails, and then
 * `path` is as it was and the temporary file is gone.  Of the files that stood at `path`, the last
 * `n_keep` stay as path.1 (the youngest), path.2, ..., however many processes do so at a time.
 * GAN_ERR_IO; GAN_ERR_NOMEM with n_keep > 0. */
gan_status gan__file_commit(gan__file *file, size_t n_keep);

/* Give up: remove the temporary file.  A file that was committed or never begun (all zero) is left
 * alone. */
void gan__file_abandon(gan__file *file);

/* Write all bytes, or return GAN_ERR_IO. */
gan_status gan__file_write(gan__file *file, const void *bytes, size_t n);

/* Write a file of these bytes, from its beginning to its end. */
gan_status gan__file_write_whole(gan__target to, const void *bytes, size_t n,
                                 const gan_allocator *allocator);

/* Go on with a checksum, zlib's CRC-32, from `sum` of the bytes before; 0 begins.  No change of up
 * to 32 bits in a row leaves it the same. */
uint32_t gan__file_sum(uint32_t sum, const void *bytes, size_t n);

/* Append n bytes to the file that `path` or the links there lead to, which is made when it isn't
 * there; with `flush` they are on the disk afterwards.  What was written before a failure is cut off
 * again.  GAN_ERR_IO. */
gan_status gan__file_append(const char *path, const void *bytes, size_t n, int flush);

/* Open a regular file for reading and tell how many bytes it has; the caller ends it with fclose().
 *  Directories, pipes, sockets and devices are GAN_ERR_IO, without waiting for anybody, and `*out`
 * is NULL then.  Every reader of the library that takes a path opens it here. */
gan_status gan__file_open(FILE **out, uint64_t *n_bytes, const char *path);

/* GAN_ERR_NOMEM for an errno that says so, else GAN_ERR_IO. */
gan_status gan__errno_status(int error);

/* Fail with "path: what: the system's text", and the status of an errno. */
gan_status gan__file_fail(const char *path, const char *what, int error);

/* The system's text for an errno. */
typedef struct gan__errno_text {
    char text[96];
} gan__errno_text;

/* Return it for messages; use `.text` within the same expression. */
gan__errno_text gan__errno_text_of(int error);

#endif
