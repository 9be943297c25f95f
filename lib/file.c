/* file.c - files replaced atomically: written beside, flushed to the disk, renamed. */
#include "alloc_internal.h"
#include "file_internal.h"
#include "status_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Tries for a temporary name that nobody has; those taken were left by processes that were
 * killed. */
enum { MAX_TRIES = 10000 };

/* Room for ".tmp-", the process and the try. */
enum { SUFFIX_BYTES = 48 };

gan__errno_text gan__errno_text_of(int error)
{
    gan__errno_text out = {""};

    if (strerror_r(error, out.text, sizeof out.text) != 0 && !out.text[0])
        snprintf(out.text, sizeof out.text, "error %d", error);
    return out;
}

static gan_status fail_io(const char *path, const char *what, int error)
{
    return gan__fail(GAN_ERR_IO, "%s: %s: %s", path, what, gan__errno_text_of(error).text);
}

/* Tell the permissions of the file to be replaced, 0 when there is none.  Renaming over a device
 * such as /dev/null would remove it for everyone, so only files are replaced. */
static gan_status look_at_target(mode_t *mode, const char *path)
{
    struct stat info;

    *mode = 0;
    if (!*path) return gan__fail(GAN_ERR_IO, "file: a name expected, found \"\"");
    if (stat(path, &info) != 0)
        return GAN_OK; /* opening the temporary file tells what is wrong, if anything */
    if (!S_ISREG(info.st_mode))
        return gan__fail(GAN_ERR_IO, "%s: cannot be written: it is a %s, not a file", path,
                         S_ISDIR(info.st_mode) ? "folder" : "device, pipe or socket");
    *mode = info.st_mode & 0777;
    return GAN_OK;
}

/* Make a file that nobody else has.  Not mkstemp(), which takes all permissions from the group and
 * others. */
static int open_new(char *name, size_t room, const char *path)
{
    int fd = -1;

    for (unsigned attempt = 0; fd < 0 && attempt < MAX_TRIES; attempt++) {
        snprintf(name, room, "%s.tmp-%ld-%u", path, (long)getpid(), attempt);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST && errno != EINTR) break;
    }
    return fd;
}

gan_status gan__file_create(gan__file *file, const char *path, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    char *name = NULL;
    size_t length = strlen(path);
    mode_t mode;
    int fd = -1;

    memset(file, 0, sizeof *file);
    GAN_TRY(gan__alloc_init(&file->allocator, allocator));
    GAN_TRY(look_at_target(&mode, path));
    GAN_TRY(gan__alloc(&file->path, &file->allocator, length + 1, 1));
    memcpy(file->path, path, length);
    GAN_TRY(gan__alloc(&name, &file->allocator, length + SUFFIX_BYTES, 1));
    fd = open_new(name, length + SUFFIX_BYTES, path);
    if (fd < 0) {
        status = fail_io(path, "cannot write beside it", errno);
        goto cleanup;
    }
    file->temporary = name; /* from here on abandoning removes it */
    name = NULL;
    /* A failure only leaves the usual permissions. */
    if (mode != 0 && fchmod(fd, mode) != 0) errno = 0;
    file->stream = fdopen(fd, "wb");
    if (!file->stream) {
        status = fail_io(path, "cannot be written", errno);
        close(fd);
    }

cleanup:
    gan__free(&file->allocator, name);
    if (status != GAN_OK) gan__file_abandon(file);
    return status;
}

static int sync_descriptor(int fd)
{
    int result;

    do result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result != 0 && errno == EINVAL ? 0 : result; /* EINVAL: there is nothing to flush here */
}

/* Make the renaming itself last.  A failure is let go: old or new, a whole file stands at the path.
 * The name's end is cut off. */
static void sync_folder(char *name)
{
    char *slash = strrchr(name, '/');
    int fd;

    if (!slash)
        strcpy(name, ".");
    else
        slash[slash == name] = '\0'; /* keep the slash that is the root */
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)sync_descriptor(fd);
    close(fd);
}

static gan_status flush_to_disk(gan__file *file)
{
    FILE *stream = file->stream;
    int error = 0;

    file->stream = NULL;
    if (fflush(stream) != 0 || sync_descriptor(fileno(stream)) != 0) error = errno;
    if (fclose(stream) != 0 && !error) error = errno;
    return error ? fail_io(file->path, "cannot be written to the disk", error) : GAN_OK;
}

gan_status gan__file_commit(gan__file *file)
{
    gan_status status = GAN_OK;

    GAN_TRY(flush_to_disk(file));
    if (rename(file->temporary, file->path) != 0) {
        status = fail_io(file->path, "cannot be replaced", errno);
        goto cleanup;
    }
    sync_folder(file->temporary);
    gan__free(&file->allocator, file->temporary);
    file->temporary = NULL;

cleanup:
    gan__file_abandon(file);
    return status;
}

void gan__file_abandon(gan__file *file)
{
    if (file->stream) fclose(file->stream);
    if (file->temporary) unlink(file->temporary);
    gan__free(&file->allocator, file->temporary);
    gan__free(&file->allocator, file->path);
    memset(file, 0, sizeof *file);
}

gan_status gan__file_write(gan__file *file, const void *bytes, size_t n)
{
    if (n > 0 && fwrite(bytes, 1, n, file->stream) != n)
        return fail_io(file->path, "cannot be written", errno);
    return GAN_OK;
}

gan_status gan__file_open(FILE **out, uint64_t *n_bytes, const char *path)
{
    gan_status status = GAN_OK;
    struct stat info;
    /* Not blocking, so that a pipe nobody writes to is an error and not a wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    *out = NULL;
    if (fd < 0) return fail_io(path, "cannot be opened", errno);
    if (fstat(fd, &info) != 0) {
        status = fail_io(path, "cannot be examined", errno);
        goto cleanup;
    }
    if (!S_ISREG(info.st_mode))
        GAN_FAIL(GAN_ERR_IO, "%s: cannot be read: it is a %s, not a file", path,
                 S_ISDIR(info.st_mode) ? "folder" : "device, pipe or socket");
    *n_bytes = (uint64_t)info.st_size;
    *out = fdopen(fd, "rb");
    if (!*out) status = fail_io(path, "cannot be opened", errno);

cleanup:
    if (status != GAN_OK) close(fd);
    return status;
}
