/* file_append.c - bytes at the end of a file, all of them or none. */
#include "file/file_internal.h"

#include "base/status_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Write all n bytes; return 0, with errno, when that failed. */
static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        const ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return 0;
        bytes += done;
        n -= (size_t)done;
    }
    return 1;
}

/* After a failure the file is truncated to its former size. */
static gan_status append(int fd, const char *path, const char *bytes, size_t n, int flush)
{
    struct stat info;
    gan_status status;

    if (fstat(fd, &info) != 0) return gan__file_fail(path, "cannot be examined", errno);
    if (!S_ISREG(info.st_mode))
        return gan__fail(GAN_ERR_IO, "%s: cannot be written: it is not a file", path);
    if (write_all(fd, bytes, n) &&
        (!flush || fsync(fd) == 0 || errno == EINVAL)) /* EINVAL: this file can't be flushed */
        return GAN_OK;
    status = gan__file_fail(path, "cannot be written", errno);
    if (ftruncate(fd, info.st_size) != 0) errno = 0; /* readers ignore half a line */
    return status;
}

gan_status gan__file_append(const char *path, const void *bytes, size_t n, int flush)
{
    /* Non-blocking, in case it is a pipe. */
    const int fd =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    gan_status status;

    if (fd < 0) return gan__file_fail(path, "cannot be written", errno);
    status = append(fd, path, bytes, n, flush);
    if (close(fd) != 0 && status == GAN_OK)
        status = gan__file_fail(path, "cannot be written", errno);
    return status;
}
