/* stream_internal.h - a common way to read files, with or without a path.
 *
 * The bytes of a host's function are read into memory first, so there are two kinds of input: a
 * stream of stdio, and bytes in memory. */
#ifndef GAN_STREAM_INTERNAL_H
#define GAN_STREAM_INTERNAL_H

#include "base/arithmetic_internal.h"

#include <gan/alloc.h>
#include <gan/status.h>
#include <gan/stream.h>
#include <stdint.h>
#include <stdio.h>

/* Where to read: one of the two is set. */
typedef struct gan__source {
    const char *path;
    const gan_reader *reader;
} gan__source;

/* Where to write: likewise; the last n_keep files at the path are kept. */
typedef struct gan__target {
    const char *path;
    gan_writer *writer;
    size_t n_keep;
} gan__target;

/* GAN_ERR_INVALID, with a message that begins with `who`, when neither is set, or a reader or
 * writer is incomplete. */
gan_status gan__source_check(gan__source from, const char *who);
gan_status gan__target_check(gan__target to, const char *who);

/* The path, or the text that replaces it in messages. */
const char *gan__source_name(gan__source from);
const char *gan__target_name(gan__target to);

typedef struct gan__input {
    const char *name; /* for messages: the source's */
    uint64_t n_bytes;
    FILE *stream;               /* NULL: the bytes are in memory */
    const unsigned char *bytes; /* in memory */
    uint64_t at;                /* in memory: how many were read */
    unsigned char *own;         /* the bytes of a host's function */
    gan_allocator allocator;
    int error; /* errno of the latest read that failed; 0: it ended with the file */
} gan__input;

/* Open a source that was checked.  On failure nothing needs closing.  GAN_ERR_IO, GAN_ERR_NOMEM;
 * GAN_ERR_FORMAT for a function that gives more than its reader allows.  An input of zeros is
 * closed already. */
gan_status gan__input_open(gan__input *out, gan__source from, const gan_allocator *allocator);
void gan__input_close(gan__input *in);

/* Read up to n bytes; fewer only at the end or after a failure. */
size_t gan__input_read(gan__input *in, void *to, size_t n);

/* Read n bytes that begin at `offset`, whatever was read before; any number of threads may.  Return
 * how many there were, and in `*error` 0 or an errno. */
size_t gan__input_read_at(const gan__input *in, uint64_t offset, void *to, size_t n, int *error);

/* Go to a byte of the file, 0 to n_bytes.  Return 0 when that failed, with errno. */
int gan__input_seek(gan__input *in, uint64_t offset);

#endif
