/* failing.c - see failing.h. */
#include "failing.h"

#include <string.h>

static size_t read_some(void *user, void *to, size_t n)
{
    failing_stream *s = user;

    if (s->at == s->fails_at) return s->at < s->n ? GAN_READ_FAILED : 0;
    if (n > s->fails_at - s->at) n = s->fails_at - s->at;
    memcpy(to, s->bytes + s->at, n);
    s->at += n;
    return n;
}

gan_reader failing_reader(failing_stream *s, const unsigned char *bytes, size_t n, size_t fails_at)
{
    *s = (failing_stream){.bytes = bytes, .n = n, .fails_at = fails_at};
    return gan_reader_callback(read_some, s);
}
