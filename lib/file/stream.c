/* stream.c - reading files from a path, from memory or from a function of the host. */
#include "file/stream_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    FIRST_ROOM = 64 << 10, /* bytes that are allocated before a function has returned any */
    MAX_BYTES = 1 << 30,   /* from a function, by default */
};

/* ---- The host's side ---- */

gan_reader gan_reader_memory(const void *bytes, size_t n)
{
    return (gan_reader){NULL, NULL, bytes, n, NULL};
}

gan_reader gan_reader_callback(gan_read_fn read, void *user)
{
    return (gan_reader){read, user, NULL, 0, NULL};
}

gan_writer gan_writer_memory(void *bytes, size_t capacity)
{
    return (gan_writer){NULL, NULL, bytes, capacity, 0, NULL};
}

gan_writer gan_writer_callback(gan_write_fn write, void *user)
{
    return (gan_writer){write, user, NULL, 0, 0, NULL};
}

/* ---- Sources and targets ---- */

gan_status gan__source_check(gan__source from, const char *who)
{
    const gan_reader *r = from.reader;

    if (!from.path && !r)
        return gan__fail(GAN_ERR_INVALID, "%s: the reader or the path is NULL", who);
    if (r && !r->read && !r->bytes && r->n_bytes > 0)
        return gan__fail(GAN_ERR_INVALID, "%s: the reader has no bytes and no function", who);
    return GAN_OK;
}

gan_status gan__target_check(gan__target to, const char *who)
{
    const gan_writer *w = to.writer;

    if (!to.path && !w)
        return gan__fail(GAN_ERR_INVALID, "%s: the writer or the path is NULL", who);
    if (w && !w->write && !w->bytes && w->capacity > 0)
        return gan__fail(GAN_ERR_INVALID, "%s: the writer has no bytes and no function", who);
    return GAN_OK;
}

const char *gan__source_name(gan__source from)
{
    if (from.path) return from.path;
    if (from.reader->name) return from.reader->name;
    return from.reader->read ? "stream" : "memory";
}

const char *gan__target_name(gan__target to)
{
    if (to.path) return to.path;
    if (to.writer->name) return to.writer->name;
    return to.writer->write ? "stream" : "memory";
}

/* ---- Inputs ---- */

/* Read everything that a function returns into memory, and one byte more than is allowed, to detect
 * that there is more. */
static gan_status take_all(gan__input *in, const gan_reader *r)
{
    const size_t most = r->n_bytes > 0 ? r->n_bytes : MAX_BYTES;
    const size_t limit = gan__size_add(most, 1);
    gan_status status = GAN_OK;
    size_t room = 0, used = 0;

    for (;;) {
        size_t got;

        if (used == room)
            GAN_TRY(gan__alloc_grow(&in->own, &room, used, FIRST_ROOM, limit, &in->allocator));
        got = r->read(r->user, in->own + used, room - used);
        if (got > room - used)
            GAN_FAIL(GAN_ERR_IO, "%s: byte %zu: cannot be read: the function of its reader %s",
                     in->name, used, got == GAN_READ_FAILED ? "failed" : "returned too much");
        if (got == 0) break;
        used += got;
        if (used > most)
            GAN_FAIL(GAN_ERR_FORMAT,
                     "%s: more than %zu bytes, the most that are read; raise n_bytes of gan_reader",
                     in->name, most);
    }
    in->bytes = in->own;
    in->n_bytes = used;

cleanup:
    return status;
}

gan_status gan__input_open(gan__input *out, gan__source from, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;

    memset(out, 0, sizeof *out);
    out->name = gan__source_name(from);
    GAN_TRY(gan__alloc_init(&out->allocator, allocator));
    if (from.path) return gan__file_open(&out->stream, &out->n_bytes, from.path);
    if (from.reader->read) {
        GAN_TRY(take_all(out, from.reader));
    } else {
        out->bytes = from.reader->bytes;
        out->n_bytes = from.reader->n_bytes;
    }

cleanup:
    if (status != GAN_OK) gan__input_close(out);
    return status;
}

void gan__input_close(gan__input *in)
{
    if (in->stream) fclose(in->stream);
    if (in->own) gan__free(&in->allocator, in->own);
    memset(in, 0, sizeof *in);
}

size_t gan__input_read(gan__input *in, void *to, size_t n)
{
    size_t got;

    in->error = 0;
    if (in->stream) {
        errno = 0;
        got = fread(to, 1, n, in->stream);
        if (got < n && ferror(in->stream)) in->error = errno ? errno : EIO;
        return got;
    }
    got = n < in->n_bytes - in->at ? n : (size_t)(in->n_bytes - in->at);
    if (got > 0) memcpy(to, in->bytes + in->at, got);
    in->at += got;
    return got;
}

size_t gan__input_read_at(const gan__input *in, uint64_t offset, void *to, size_t n, int *error)
{
    size_t got = 0;

    *error = 0;
    if (!in->stream) {
        const uint64_t left = offset < in->n_bytes ? in->n_bytes - offset : 0;

        got = n < left ? n : (size_t)left;
        if (got > 0) memcpy(to, in->bytes + offset, got);
        return got;
    }
    while (got < n) {
        const ssize_t some =
            pread(fileno(in->stream), (char *)to + got, n - got, (off_t)(offset + got));

        if (some < 0 && errno == EINTR) continue;
        if (some < 0) *error = errno;
        if (some <= 0) break;
        got += (size_t)some;
    }
    return got;
}

int gan__input_seek(gan__input *in, uint64_t offset)
{
    if (in->stream) return fseeko(in->stream, (off_t)offset, SEEK_SET) == 0;
    in->at = offset;
    return 1;
}
