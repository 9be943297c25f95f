/* file.c - files replaced atomically: written beside, flushed to the disk, renamed. */
#include "alloc_internal.h"
#include "file_internal.h"
#include "status_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    MAX_TRIES = 10000,      /* for a temporary name that nobody has */
    SUFFIX_BYTES = 48,      /* room for ".tmp-", the process and the try, or for a number */
    CHUNK_BYTES = 256 << 10 /* summed and written at a time, while they are in cache */
};

static const char TEMPORARY[] = ".tmp-";

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

/* ---- Temporary files: each is locked by its writer, so one that is not was left behind ---- */

/* Lock a new file.  Where the file system has no locks, nobody will take it for one left behind
 * either.  Return 0 when another process did so before the lock was there. */
static int claim(int fd)
{
    struct stat info;

    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return 0;
    return fstat(fd, &info) == 0 && info.st_nlink > 0;
}

/* Make a file that nobody else has.  Not mkstemp(), which takes all permissions from the group and
 * others. */
static int open_new(char *name, size_t room, const char *path)
{
    for (unsigned attempt = 0; attempt < MAX_TRIES; attempt++) {
        int fd;

        snprintf(name, room, "%s%s%ld-%u", path, TEMPORARY, (long)getpid(), attempt);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 && claim(fd)) return fd;
        if (fd < 0 && errno != EEXIST && errno != EINTR) return -1;
        if (fd >= 0) close(fd);
    }
    errno = EEXIST;
    return -1;
}

/* Is `name` what open_new() makes of `base`? */
static int is_temporary(const char *name, const char *base)
{
    const size_t n = strlen(base);
    size_t digits;

    if (strncmp(name, base, n) != 0 || strncmp(name + n, TEMPORARY, strlen(TEMPORARY)) != 0)
        return 0;
    name += n + strlen(TEMPORARY);
    digits = strspn(name, "0123456789");
    if (digits == 0 || name[digits] != '-') return 0;
    name += digits + 1;
    digits = strspn(name, "0123456789");
    return digits > 0 && name[digits] == '\0';
}

/* Remove a file unless its writer lives.  The lock is held meanwhile: see claim(). */
static void remove_left_behind(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

    if (fd < 0) return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) unlinkat(folder, name, 0);
    close(fd);
}

/* Cut the last part off a path, which leaves its folder. */
static void cut_to_folder(char *path)
{
    char *slash = strrchr(path, '/');

    if (!slash)
        strcpy(path, ".");
    else
        slash[slash == path] = '\0'; /* keep the slash that is the root */
}

/* Remove what writers of `path` that were killed have left.  `room` has room for the path. */
static void sweep(const char *path, char *room)
{
    const char *slash = strrchr(path, '/');
    DIR *folder;

    strcpy(room, path);
    cut_to_folder(room);
    folder = opendir(room);
    if (!folder) return;
    for (struct dirent *e; (e = readdir(folder)) != NULL;)
        if (is_temporary(e->d_name, slash ? slash + 1 : path))
            remove_left_behind(dirfd(folder), e->d_name);
    closedir(folder);
}

/* ---- Writing ---- */

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
    sweep(path, name);
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
    int fd;

    cut_to_folder(name);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)sync_descriptor(fd);
    close(fd);
}

/* Everything is on the disk, but the descriptor stays open, since its lock guards the name. */
static gan_status flush_to_disk(const gan__file *file)
{
    if (fflush(file->stream) == 0 && sync_descriptor(fileno(file->stream)) == 0) return GAN_OK;
    return fail_io(file->path, "cannot be written to the disk", errno);
}

static int are_one_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Rename, where another process that keeps the same files may have been faster. */
static gan_status move(const char *from, const char *to)
{
    if (rename(from, to) == 0 || errno == ENOENT) return GAN_OK;
    return fail_io(from, "cannot be renamed", errno);
}

/* Make room at path.1: what stands there becomes path.2, and so on up to path.`n_keep` or to the
 * first number that is free. */
static gan_status shift(const char *path, size_t n_keep, char *from, char *to, size_t room)
{
    gan_status status = GAN_OK;
    size_t last = 1;

    for (; last < n_keep; last++) {
        snprintf(to, room, "%s.%zu", path, last);
        if (access(to, F_OK) != 0) break;
    }
    for (; last > 1; last--) {
        snprintf(from, room, "%s.%zu", path, last - 1);
        snprintf(to, room, "%s.%zu", path, last);
        GAN_TRY(move(from, to));
    }

cleanup:
    return status;
}

/* Give the file at `path` the name path.1 as well, so that `path` is never without a file.  The
 * link comes first: where there are no links, nothing is moved. */
static gan_status keep_old(const gan__file *file, size_t n_keep)
{
    const size_t room = strlen(file->path) + SUFFIX_BYTES;
    gan_status status = GAN_OK;
    char *names = NULL, *first = NULL, *link_name = NULL;

    GAN_TRY(gan__alloc(&names, &file->allocator, 4 * room, 1));
    first = names + 2 * room;
    link_name = first + room;
    snprintf(first, room, "%s.1", file->path);
    snprintf(link_name, room, "%s.1.new", file->path);
    if (are_one_file(file->path, first)) goto cleanup; /* by a process that was killed here */
    unlink(link_name);
    if (link(file->path, link_name) != 0) {
        if (errno != ENOENT) status = fail_io(file->path, "cannot be kept by a link", errno);
        goto cleanup;
    }
    GAN_TRY(shift(file->path, n_keep, names, names + room, room));
    GAN_TRY(move(link_name, first));

cleanup:
    if (status != GAN_OK && link_name) unlink(link_name);
    gan__free(&file->allocator, names);
    return status;
}

gan_status gan__file_commit(gan__file *file, size_t n_keep)
{
    gan_status status = GAN_OK;

    GAN_TRY(flush_to_disk(file));
    if (n_keep > 0) GAN_TRY(keep_old(file, n_keep));
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
    if (file->temporary) unlink(file->temporary);
    if (file->stream) fclose(file->stream);
    gan__free(&file->allocator, file->temporary);
    gan__free(&file->allocator, file->path);
    memset(file, 0, sizeof *file);
}

uint32_t gan__file_sum(uint32_t sum, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    for (size_t chunk; n > 0; n -= chunk, at += chunk) {
        chunk = n < CHUNK_BYTES ? n : CHUNK_BYTES; /* zlib counts in int */
        sum = (uint32_t)crc32(sum, at, (uInt)chunk);
    }
    return sum;
}

gan_status gan__file_write(gan__file *file, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    for (size_t chunk; n > 0; n -= chunk, at += chunk) {
        chunk = n < CHUNK_BYTES ? n : CHUNK_BYTES;
        file->sum = gan__file_sum(file->sum, at, chunk);
        if (fwrite(at, 1, chunk, file->stream) != chunk)
            return fail_io(file->path, "cannot be written", errno);
    }
    return GAN_OK;
}

/* ---- Reading ---- */

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
