/* failing.h - a stream over bytes in memory that fails at one of them. */
#ifndef FAILING_H
#define FAILING_H

#include <gan/stream.h>
#include <stddef.h>

typedef struct failing_stream {
    const unsigned char *bytes;
    size_t n;
    size_t fails_at; /* index of the byte that can't be read; n: none */
    size_t at;
} failing_stream;

/* A reader of `n` bytes that fails at byte `fails_at`.  It lives as long as the stream. */
gan_reader failing_reader(failing_stream *s, const unsigned char *bytes, size_t n, size_t fails_at);

#endif
