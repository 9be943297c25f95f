/* file.c - files replaced atomically: written to a temporary file, flushed to the disk, renamed.
 *
 *     create    sweep: remove temporary files that nobody has locked (their writers were killed)
 *               open  dir/.libgan-<random>.tmp  exclusively, and lock it
 *     write     through stdio, with a running checksum
 *     commit    fflush, fsync                          now the bytes are on the disk
 *               keep_old, where old ones are kept:
 *                   link    dir/run.gan -> dir/.libgan-<random>.tmp
 *                   rename  run.gan.2 -> run.gan.3, run.gan.1 -> run.gan.2, as far as n_keep
 *       rename  that link -> run.gan.1     run.gan itself exists at all times
 *       rename  .libgan-<random>.tmp -> run.gan     from here on it is the new file
 *               fsync the directory                    now the renaming is on the disk, too
 *
 * A process that is killed at any point leaves at run.gan either the whole old file or the whole
 * new one, and perhaps a temporary file without a lock, which the next writer removes.  Locks are
 * flock()'s: they belong to the open file and end with the process, however it ends. */
#define _DEFAULT_SOURCE /* getentropy() */
#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "file/file_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

enum {
    PATH_BYTES = 4096,      /* of the longest path that systems accept, with its terminating 0 */
    MAX_LINKS = 40,         /* symbolic links followed in a row, as in the kernel */
    MAX_TRIES = 10000,      /* to find an unused temporary name */
    MAX_WAIT_MS = 2000,     /* while another process renames files of the directory */
    HEX_DIGITS = 16,        /* of a temporary name */
    NUMBER_BYTES = 24,      /* for ".1" and other suffixes */
    CHUNK_BYTES = 256 << 10 /* summed and written at a time, while they are in cache */
};

/* A temporary name is as long as ".libgan-0123456789abcdef.tmp", however long the file's own is. */
static const char PREFIX[] = ".libgan-", SUFFIX[] = ".tmp";
enum { NAME_BYTES = sizeof PREFIX + sizeof SUFFIX + HEX_DIGITS };

gan__errno_text gan__errno_text_of(int error)
{
    gan__errno_text out = {""};

    if (strerror_r(error, out.text, sizeof out.text) != 0 && !out.text[0])
        snprintf(out.text, sizeof out.text, "error %d", error);
    return out;
}

gan_status gan__errno_status(int error)
{
    return error == ENOMEM ? GAN_ERR_NOMEM : GAN_ERR_IO;
}

/* A path longer than any system accepts is truncated, so that the reason fits into the message. */
gan_status gan__file_fail(const char *path, const char *what, int error)
{
    return gan__fail(gan__errno_status(error), "%.*s: %s: %s", PATH_BYTES - 1, path, what,
                     gan__errno_text_of(error).text);
}

/* Only regular files are written and read: not what may block, has no end or cannot be renamed. */
static gan_status expect_file(const struct stat *info, const char *path, const char *what)
{
    const char *kind = S_ISDIR(info->st_mode)    ? "directory"
                       : S_ISFIFO(info->st_mode) ? "pipe"
                       : S_ISSOCK(info->st_mode) ? "socket"
                                                 : "device";

    if (S_ISREG(info->st_mode)) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%s: %s: it is a %s, not a file", path, what, kind);
}

/* ---- Where to write ---- */

/* The length of a path's directory part, including the slash. */
static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Follow a symbolic link, and those that it leads to, to the name of the target, which may not
 * exist yet. */
static gan_status follow_links(char target[PATH_BYTES], const char *path)
{
    char text[PATH_BYTES];
    const size_t length = strlen(path);

    if (length >= PATH_BYTES) return gan__file_fail(path, "cannot be written", ENAMETOOLONG);
    memcpy(target, path, length + 1);
    for (int i = 0; i < MAX_LINKS; i++) {
        const ssize_t n = readlink(target, text, sizeof text - 1);
        size_t kept;

        if (n < 0) return GAN_OK; /* not a link; other errors show when it is opened */
        kept = text[0] == '/' ? 0 : directory_length(target);
        if (kept + (size_t)n >= PATH_BYTES)
            return gan__file_fail(path, "cannot be written", ENAMETOOLONG);
        memcpy(target + kept, text, (size_t)n);
        target[kept + (size_t)n] = '\0';
    }
    return gan__file_fail(path, "cannot be written", ELOOP);
}

/* Find the file to be replaced and its permissions, 0 when there is none.  Renaming over a
 * device such as /dev/null would remove it for everyone.  The kernel is asked to follow the links,
 * too: it may refuse another user's link in a world-writable directory, and it knows of files
 * without a name. */
static gan_status find_target(char target[PATH_BYTES], mode_t *mode, const char *path)
{
    struct stat info, found;
    gan_status status;

    *mode = 0;
    if (!*path) return gan__fail(GAN_ERR_IO, "file: a name expected, found \"\"");
    status = follow_links(target, path);
    if (status != GAN_OK) return status;
    if (stat(path, &info) != 0)
        return errno == ENOENT ? GAN_OK : gan__file_fail(path, "cannot be written", errno);
    status = expect_file(&info, path, "cannot be written");
    if (status != GAN_OK) return status;
    if (strcmp(target, path) != 0 && lstat(target, &found) != 0)
        return gan__fail(GAN_ERR_IO, "%s: cannot be written: it leads to a file without a name",
                         path);
    *mode = info.st_mode & 0777;
    return GAN_OK;
}

/* ---- Temporary files: each is locked by its writer, so one that is not was left behind ---- */

/* A random number that no other process on any machine draws.  If a name were used twice, the file
 * of a running writer could be removed in place of one that was left behind. */
static uint64_t draw_number(void)
{
    struct timespec now = {0, 0};
    uint64_t number;

    if (getentropy(&number, sizeof number) == 0) return number;
    clock_gettime(CLOCK_REALTIME, &now); /* a kernel without random numbers */
    return ((uint64_t)now.tv_sec << 30 | (uint64_t)now.tv_nsec) ^ (uint64_t)getpid() << 44;
}

/* Write a new name in the directory of `path`; `name` has room for gan__file's temporary. */
static void make_name(char *name, const char *path)
{
    const size_t n = directory_length(path);

    memcpy(name, path, n);
    snprintf(name + n, NAME_BYTES, "%s%016" PRIx64 "%s", PREFIX, draw_number(), SUFFIX);
}

/* Whether `name` has the form of make_name()'s. */
static int is_temporary(const char *name)
{
    const size_t n = sizeof PREFIX - 1;

    return strncmp(name, PREFIX, n) == 0 && strspn(name + n, "0123456789abcdef") == HEX_DIGITS &&
           strcmp(name + n + HEX_DIGITS, SUFFIX) == 0;
}

/* Lock a new file.  Where the file system has no locks, no process removes unlocked files either.
 * Return 0 when another process did so before the lock was there. */
static int claim(int fd)
{
    struct stat info;

    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return 0;
    return fstat(fd, &info) == 0 && info.st_nlink > 0;
}

/* Create a file under an unused name.  Not with mkstemp(), which allows only the owner to read
 * it. */
static int open_new(char *name, const char *path)
{
    for (unsigned attempt = 0; attempt < MAX_TRIES; attempt++) {
        int fd;

        make_name(name, path);
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 && claim(fd)) return fd;
        if (fd < 0 && errno != EEXIST && errno != EINTR) return -1;
        if (fd >= 0) close(fd);
    }
    errno = EEXIST;
    return -1;
}

/* Remove a file unless its writer still runs.  Between opening and locking it the writer may have
 * renamed it; then the name no longer exists. */
static void remove_left_behind(int directory, const char *name)
{
    int fd = openat(directory, name, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

    if (fd < 0) return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) unlinkat(directory, name, 0);
    close(fd);
}

/* Open the directory of a temporary file; a negative number when that is not allowed. */
static int open_directory(const char *temporary)
{
    char path[PATH_BYTES + NAME_BYTES] = ".";
    const size_t n = directory_length(temporary);

    memcpy(path, temporary, n); /* with the slash, which may be the root */
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Remove what killed writers have left in a directory. */
static void sweep(const char *temporary)
{
    const int fd = open_directory(temporary);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;

    if (!directory) {
        if (fd >= 0) close(fd);
        return;
    }
    for (struct dirent *e; (e = readdir(directory)) != NULL;)
        if (is_temporary(e->d_name)) remove_left_behind(fd, e->d_name);
    closedir(directory);
}

/* ---- Writing ---- */

/* Allocate the target's name and a temporary one in the same directory. */
static gan_status take_names(gan__file *file, char **temporary, const char *target)
{
    const size_t length = strlen(target);
    gan_status status = gan__alloc(&file->path, &file->allocator, length + 1, 1);

    if (status != GAN_OK) return status;
    memcpy(file->path, target, length);
    return gan__alloc(temporary, &file->allocator, directory_length(target) + NAME_BYTES, 1);
}

gan_status gan__file_create(gan__file *file, const char *path, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    char target[PATH_BYTES], *name = NULL;
    mode_t mode;
    int fd = -1;

    memset(file, 0, sizeof *file);
    GAN_TRY(gan__alloc_init(&file->allocator, allocator));
    GAN_TRY(find_target(target, &mode, path));
    GAN_TRY(take_names(file, &name, target));
    make_name(name, target);
    sweep(name);
    fd = open_new(name, target);
    if (fd < 0) {
        status = gan__file_fail(target, "cannot write beside it", errno);
        goto cleanup;
    }
    file->temporary = name; /* from here on gan__file_abandon() removes it */
    name = NULL;
    /* After a failure it has the usual permissions. */
    if (mode != 0 && fchmod(fd, mode) != 0) errno = 0;
    file->stream = fdopen(fd, "wb");
    if (!file->stream) {
        status = gan__file_fail(target, "cannot be written", errno);
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
    return result != 0 && errno == EINVAL ? 0 : result; /* EINVAL: this file can't be flushed */
}

/* Flush everything to the disk; the descriptor stays open, since its lock protects the temporary
 * name. */
static gan_status flush_to_disk(const gan__file *file)
{
    if (fflush(file->stream) == 0 && sync_descriptor(fileno(file->stream)) == 0) return GAN_OK;
    return gan__file_fail(file->path, "cannot be written to the disk", errno);
}

static int are_one_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int is_at(int fd, const char *path)
{
    struct stat mine, found;

    return fstat(fd, &mine) == 0 && stat(path, &found) == 0 && are_one_file(&mine, &found);
}

/* Lock the file at `path`, so that one process at a time gives it a second name, and none removes
 * that name as left behind.  Another process may replace the file meanwhile: then the new one is
 * locked.  The wait for a process that was stopped ends after MAX_WAIT_MS; then, and where there
 * are no locks, two processes that keep old files at the same time may lose one of those, but
 * neither fails. */
static int lock_old(const char *path)
{
    const struct timespec moment = {0, 1000000};

    for (int ms = 0; ms < MAX_WAIT_MS; ms++) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0) return -1;
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 ? errno != EWOULDBLOCK : is_at(fd, path)) return fd;
        close(fd);
        nanosleep(&moment, NULL);
    }
    return -1;
}

/* Rename, unless another process that keeps the same files has done so already. */
static gan_status move(const char *from, const char *to)
{
    if (rename(from, to) == 0 || errno == ENOENT) return GAN_OK;
    return gan__file_fail(from, "cannot be renamed", errno);
}

/* Free the name path.1: that file becomes path.2, and so on up to path.`n_keep` or to the first
 * number that is free. */
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

/* Whether path.1 is the file at `path`, as a process that was killed in between leaves it. */
static int is_kept_already(const char *path, const char *first)
{
    struct stat mine, kept;

    return stat(path, &mine) == 0 && stat(first, &kept) == 0 && are_one_file(&mine, &kept);
}

/* Link the file at `path` as path.1, so that `path` is never without a file.  The link gets a
 * temporary name first: if links aren't supported, nothing was renamed. */
static gan_status keep_old(const gan__file *file, size_t n_keep)
{
    const size_t room = strlen(file->path) + NUMBER_BYTES;
    gan_status status = GAN_OK;
    char *names = NULL, *first, *second_name = NULL;

    GAN_TRY(gan__alloc(&names, &file->allocator, 3, room));
    GAN_TRY(gan__alloc(&second_name, &file->allocator, strlen(file->temporary) + 1, 1));
    first = names + 2 * room;
    snprintf(first, room, "%s.1", file->path);
    if (is_kept_already(file->path, first)) goto cleanup;
    make_name(second_name, file->path);
    if (link(file->path, second_name) != 0) {
        if (errno != ENOENT) status = gan__file_fail(file->path, "cannot be kept by a link", errno);
        goto cleanup;
    }
    status = shift(file->path, n_keep, names, names + room, room);
    if (status == GAN_OK) status = move(second_name, first);
    unlink(second_name); /* it is still there after a failure */

cleanup:
    gan__free(&file->allocator, second_name);
    gan__free(&file->allocator, names);
    return status;
}

/* Flush the directory.  A failure is ignored: old or new, a complete file is at the path. */
static void sync_directory(const char *temporary)
{
    const int fd = open_directory(temporary);

    if (fd < 0) return;
    (void)sync_descriptor(fd);
    close(fd);
}

/* The bytes that did not fit were counted, so that the host learns how many are needed. */
static gan_status finish_writer(gan__file *file)
{
    const gan_writer *w = file->writer;
    const int fits = w->write || w->n_bytes <= w->capacity;

    memset(file, 0, sizeof *file);
    if (fits) return GAN_OK;
    return gan__fail(GAN_ERR_IO, "%s: cannot be written: %zu bytes expected, there is room for %zu",
                     w->name ? w->name : "memory", w->n_bytes, w->capacity);
}

gan_status gan__file_commit(gan__file *file, size_t n_keep)
{
    gan_status status = GAN_OK;
    int old = -1;

    if (file->writer) return finish_writer(file);
    GAN_TRY(flush_to_disk(file));
    if (n_keep > 0) {
        old = lock_old(file->path);
        GAN_TRY(keep_old(file, n_keep));
    }
    if (rename(file->temporary, file->path) != 0) {
        status = gan__file_fail(file->path, "cannot be replaced", errno);
        goto cleanup;
    }
    sync_directory(file->temporary);
    gan__free(&file->allocator, file->temporary);
    file->temporary = NULL;

cleanup:
    if (old >= 0) close(old);
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

gan_status gan__file_write_whole(gan__target to, const void *bytes, size_t n,
                                 const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan__file file = {0};

    GAN_TRY(gan__file_begin(&file, to, allocator));
    GAN_TRY(gan__file_write(&file, bytes, n));
    GAN_TRY(gan__file_commit(&file, 0));

cleanup:
    gan__file_abandon(&file);
    return status;
}

uint32_t gan__file_sum(uint32_t sum, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    for (size_t chunk; n > 0; n -= chunk, at += chunk) {
        chunk = n < CHUNK_BYTES ? n : CHUNK_BYTES; /* zlib takes lengths of 32 bits */
        sum = (uint32_t)crc32(sum, at, (uInt)chunk);
    }
    return sum;
}

void gan__file_create_to(gan__file *file, gan_writer *writer)
{
    memset(file, 0, sizeof *file);
    file->writer = writer;
    writer->n_bytes = 0;
}

gan_status gan__file_begin(gan__file *file, gan__target to, const gan_allocator *allocator)
{
    if (!to.writer) return gan__file_create(file, to.path, allocator);
    gan__file_create_to(file, to.writer);
    return GAN_OK;
}

/* To memory, as much as fits; the rest is only counted. */
static gan_status write_to(gan_writer *w, const void *bytes, size_t n)
{
    const size_t room = w->n_bytes < w->capacity ? w->capacity - w->n_bytes : 0;

    if (w->write && !w->write(w->user, bytes, n))
        return gan__fail(GAN_ERR_IO,
                         "%s: byte %zu: cannot be written: the function of its writer failed",
                         w->name ? w->name : "stream", w->n_bytes);
    if (!w->write && room > 0)
        memcpy((unsigned char *)w->bytes + w->n_bytes, bytes, n < room ? n : room);
    w->n_bytes += n;
    return GAN_OK;
}

gan_status gan__file_write(gan__file *file, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    for (size_t chunk; n > 0; n -= chunk, at += chunk) {
        chunk = n < CHUNK_BYTES ? n : CHUNK_BYTES;
        file->sum = gan__file_sum(file->sum, at, chunk);
        if (file->writer) {
            const gan_status status = write_to(file->writer, at, chunk);

            if (status != GAN_OK) return status;
        } else if (fwrite(at, 1, chunk, file->stream) != chunk)
            return gan__file_fail(file->path, "cannot be written", errno);
    }
    return GAN_OK;
}

/* ---- Reading ---- */

gan_status gan__file_open(FILE **out, uint64_t *n_bytes, const char *path)
{
    gan_status status = GAN_OK;
    struct stat info;
    int fd = -1;

    *out = NULL;
    if (stat(path, &info) != 0) return gan__file_fail(path, "cannot be opened", errno);
    GAN_TRY(expect_file(&info, path, "cannot be read")); /* opening a device may have side
                                                            effects */
    /* Non-blocking, in case it was replaced by a pipe since. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return gan__file_fail(path, "cannot be opened", errno);
    if (fstat(fd, &info) != 0) {
        status = gan__file_fail(path, "cannot be examined", errno);
        goto cleanup;
    }
    GAN_TRY(expect_file(&info, path, "cannot be read"));
    *n_bytes = (uint64_t)info.st_size;
    *out = fdopen(fd, "rb");
    if (!*out) status = gan__file_fail(path, "cannot be opened", errno);

cleanup:
    if (status != GAN_OK && fd >= 0) close(fd);
    return status;
}
