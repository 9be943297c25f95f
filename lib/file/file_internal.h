/* file_internal.h - files that are written whole or not at all, and opening them again. */
#ifndef GAN_FILE_INTERNAL_H
#define GAN_FILE_INTERNAL_H

#include "file/stream_internal.h"

#include <gan/alloc.h>
#include <gan/status.h>
#include <stdint.h>
#include <stdio.h>

/* A file that is being written to `path`: the bytes go to a temporary file in the same
 * directory. */
typedef struct gan__file {
    FILE *stream;    /* write here */
    uint32_t sum;    /* gan__file_sum() of the bytes that gan__file_write() has written */
    char *path;      /* of the file to be replaced: the target of links */
    char *temporary; /* in the same directory */
    gan_allocator allocator;
    gan_writer *writer; /* the host's writer, to which the bytes go instead; NULL: to the path */
} gan__file;

/* Begin to write `path`.  On failure `file` holds nothing and needn't be abandoned.  Symbolic links
 * are followed: the target is replaced, or created where it is missing.  The new file gets the
 * permissions of the old one; anything at the path but a file (a directory, a pipe, a device) is an
 * error.  Temporary files in the directory whose writers were killed are removed.  `allocator` may
 * be NULL for malloc's.  GAN_ERR_IO, GAN_ERR_NOMEM. */
gan_status gan__file_create(gan__file *file, const char *path, const gan_allocator *allocator);

/* Begin to write to a host's writer: committing and abandoning don't affect it, and bytes that were
 * written stay written.  Allocates nothing. */
void gan__file_create_to(gan__file *file, gan_writer *writer);

/* One or the other, by `to`. */
gan_status gan__file_begin(gan__file *file, gan__target to, const gan_allocator *allocator);

/* Flush, fsync, rename to `path`, fsync the directory; ends `file` also when it fails, and then
 * `path` is as it was and the temporary file is gone.  The last `n_keep` previous files are kept as
 * path.1 (the newest), path.2, ..., also when several processes write at the same time.
 * GAN_ERR_IO; GAN_ERR_NOMEM with n_keep > 0. */
gan_status gan__file_commit(gan__file *file, size_t n_keep);

/* Remove the temporary file.  Does nothing for a file that was committed or never begun (all
 * zero). */
void gan__file_abandon(gan__file *file);

/* Write all bytes, or return GAN_ERR_IO. */
gan_status gan__file_write(gan__file *file, const void *bytes, size_t n);

/* Write a file of these bytes, from its beginning to its end. */
gan_status gan__file_write_whole(gan__target to, const void *bytes, size_t n,
                                 const gan_allocator *allocator);

/* Continue a checksum, zlib's CRC-32, from `sum` of the bytes before, at first 0.  It detects any
 * change of up to 32 consecutive bits. */
uint32_t gan__file_sum(uint32_t sum, const void *bytes, size_t n);

/* Append n bytes to the file that `path` or the links there lead to, which is created if it is
 * missing; with `flush` they are on the disk afterwards.  After a failure the file has its former
 * size.  GAN_ERR_IO. */
gan_status gan__file_append(const char *path, const void *bytes, size_t n, int flush);

/* Open a regular file for reading and tell how many bytes it has; the caller ends it with fclose().
 *  Directories, pipes, sockets and devices are GAN_ERR_IO, without blocking, and `*out` is NULL
 then.  Every reader of the library that takes a path opens it here. */
gan_status gan__file_open(FILE **out, uint64_t *n_bytes, const char *path);

/* GAN_ERR_NOMEM for an errno that says so, else GAN_ERR_IO. */
gan_status gan__errno_status(int error);

/* Fail with "path: what: the system's text", and the status of an errno. */
gan_status gan__file_fail(const char *path, const char *what, int error);

/* The system's text for an errno. */
typedef struct gan__errno_text {
    char text[96];
} gan__errno_text;

/* Return the text for messages; use `.text` within the same expression. */
gan__errno_text gan__errno_text_of(int error);

#endif
