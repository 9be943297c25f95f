/* npy_archive.c - arrays in .npz files, which are zip archives.  The only file that uses libzip. */
#include "file/npy_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <string.h>

int gan__npy_is_archive(const unsigned char *bytes, size_t n)
{
    return n >= 4 && (memcmp(bytes, "PK\3\4", 4) == 0 || memcmp(bytes, "PK\5\6", 4) == 0);
}

#ifndef GAN__HAVE_ZIP

gan_status gan__npy_open_member(gan__input *archive, const char *array, size_t most)
{
    (void)array;
    (void)most;
    return gan__fail(GAN_ERR_FORMAT,
                     "%s: a zip archive, which this libgan was built without; install libzip "
                     "(Debian: libzip-dev) and build libgan again, or unpack the .npy files",
                     archive->name);
}

#else

#include <stdio.h>
#include <zip.h>

enum { FIRST_ROOM = 64 << 10, NAME_BYTES = 256 };

/* Open the archive in an input, and take ownership of its stream. */
static gan_status open_archive(zip_t **out, gan__input *in)
{
    zip_error_t error;
    zip_source_t *source = NULL;

    *out = NULL;
    zip_error_init(&error);
    if (in->n_bytes <= SIZE_MAX)
        source = in->stream ? zip_source_filep_create(in->stream, 0, -1, &error)
                            : zip_source_buffer_create(in->bytes, (size_t)in->n_bytes, 0, &error);
    if (source && in->stream) in->stream = NULL; /* closed with the source */
    if (source) *out = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (source && !*out) zip_source_free(source);
    if (!*out) {
        const int code = zip_error_code_zip(&error);
        gan_status status =
            gan__fail(code == ZIP_ER_MEMORY ? GAN_ERR_NOMEM : GAN_ERR_FORMAT,
                      "%s: damaged zip archive: %s", in->name, zip_error_strerror(&error));

        zip_error_fini(&error);
        return status;
    }
    zip_error_fini(&error);
    return GAN_OK;
}

/* The member with a name, or the only one; SIZE_MAX with a message when there is none. */
static gan_status find_member(zip_uint64_t *out, zip_t *zip, const char *file, const char *array)
{
    const zip_int64_t n = zip_get_num_entries(zip, 0);
    const char *first = n > 0 ? zip_get_name(zip, 0, ZIP_FL_ENC_RAW) : NULL;
    char name[NAME_BYTES + 4];
    zip_int64_t i = 0;

    if (array && strlen(array) >= NAME_BYTES)
        return gan__fail(GAN_ERR_INVALID, "%s: names of arrays have at most %d bytes", file,
                         NAME_BYTES - 1);
    (void)snprintf(name, sizeof name, "%s.npy", array ? array : "");
    if (array) i = zip_name_locate(zip, name, ZIP_FL_ENC_RAW);
    if (array ? i < 0 : n != 1)
        return gan__fail(GAN_ERR_FORMAT,
                         "%s: %lld arrays, %s%s%s; name one of them, the first is %.100s", file,
                         (long long)n, array ? "none is " : "one expected", array ? array : "",
                         array ? ".npy" : "", first ? first : "(none)");
    *out = (zip_uint64_t)i;
    return GAN_OK;
}

/* Read a member's bytes into memory that grows with them: the size in the archive is not
 * trusted. */
static gan_status read_member(unsigned char **out, size_t *n, zip_file_t *member, size_t most,
                              const gan__input *in)
{
    gan_status status = GAN_OK;
    size_t room = 0;

    for (*n = 0;;) {
        zip_int64_t got;

        if (*n > most)
            return gan__fail(GAN_ERR_FORMAT,
                             "%s: an array of more than %zu bytes; unpack its .npy file, which is "
                             "read as it is wanted, or raise memory_limit",
                             in->name, most);
        if (*n == room)
            status =
                gan__alloc_grow(out, &room, *n, FIRST_ROOM, gan__size_add(most, 1), &in->allocator);
        if (status != GAN_OK) return status;
        got = zip_fread(member, *out + *n, room - *n);
        if (got < 0)
            return gan__fail(GAN_ERR_FORMAT, "%s: damaged zip archive: %s", in->name,
                             zip_file_strerror(member));
        if (got == 0) return GAN_OK;
        *n += (size_t)got;
    }
}

gan_status gan__npy_open_member(gan__input *archive, const char *array, size_t most)
{
    gan_status status = GAN_OK;
    zip_t *zip = NULL;
    zip_file_t *member = NULL;
    zip_uint64_t index = 0;
    unsigned char *block = NULL;
    size_t n = 0;

    GAN_TRY(open_archive(&zip, archive));
    GAN_TRY(find_member(&index, zip, archive->name, array));
    member = zip_fopen_index(zip, index, 0);
    if (!member)
        GAN_FAIL(GAN_ERR_FORMAT, "%s: damaged zip archive: %s", archive->name, zip_strerror(zip));
    GAN_TRY(read_member(&block, &n, member, most, archive));

cleanup:
    if (member) zip_fclose(member);
    if (zip) zip_discard(zip);
    if (status != GAN_OK) {
        gan__free(&archive->allocator, block);
        return status;
    }
    if (archive->own) gan__free(&archive->allocator, archive->own);
    archive->bytes = archive->own = block;
    archive->n_bytes = n;
    archive->at = 0;
    return GAN_OK;
}

#endif
