/* files.c - see files.h. */
#define _XOPEN_SOURCE 700 /* realpath() */

#include "files.h"

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char PART[] =
    ".part"; /* suffix of the name of an unfinished file, which begins with a dot */

static int failed(const char *path)
{
    cli_say("%s: %s", path, strerror(errno));
    return 0;
}

/* ---- Names and directories ---- */

int files_join(char *path, size_t capacity, const char *directory, const char *name)
{
    int length = snprintf(path, capacity, "%s/%s", directory, name);
    if (length >= 0 && (size_t)length < capacity) return 1;
    cli_say("%s/%s: the name is too long", directory, name);
    return 0;
}

int files_make_directory(const char *path)
{
    char part[PATH_MAX];
    struct stat info;

    if (strlen(path) >= sizeof part) {
        cli_say("%s: the name is too long", path);
        return 0;
    }
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            cli_say("%s: the directory cannot be created: %s", part, strerror(errno));
            return 0;
        }
    }
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return 1;
    cli_say("%s: is not a directory", path);
    return 0;
}

int files_resolve(const char *path, char whole[PATH_MAX])
{
    return realpath(path, whole) != NULL;
}

int files_exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

/* Go from the directory `place` to `name`, of `length` bytes; a missing name is treated as a
 * directory that will be created.  Return 0 when the path is too long. */
static int step_into(char place[PATH_MAX], const char *name, size_t length)
{
    char next[PATH_MAX], found[PATH_MAX];
    if (length == 0 || (length == 1 && *name == '.')) return 1;
    if (length == 2 && strncmp(name, "..", 2) == 0) {
        char *slash = strrchr(place, '/');
        if (slash) *slash = '\0';
        return 1;
    }
    if ((size_t)snprintf(next, sizeof next, "%s/%.*s", place, (int)length, name) >= sizeof next)
        return 0;
    strcpy(place, files_resolve(next, found) ? found : next);
    return 1;
}

/* Write the absolute path that `path` will have, with existing links followed; the root itself as
 * "", because each name adds a slash. */
static int find_place(const char *path, char place[PATH_MAX])
{
    if (!files_resolve(*path == '/' ? "/" : ".", place)) return 0;
    if (strcmp(place, "/") == 0) place[0] = '\0';
    for (size_t length; *path; path += length + (path[length] == '/')) {
        length = strcspn(path, "/");
        if (!step_into(place, path, length)) return 0;
        if (strcmp(place, "/") == 0) place[0] = '\0'; /* a link to it */
    }
    return 1;
}

int files_is_inside(const char *path, const char *directory)
{
    char place[PATH_MAX], whole[PATH_MAX];
    if (!files_resolve(directory, whole) || !find_place(path, place)) return 0;
    size_t length = strcmp(whole, "/") == 0 ? 0 : strlen(whole);
    return strncmp(place, whole, length) == 0 && (place[length] == '/' || !place[length]);
}

int files_may_write(const char *path, int overwrite)
{
    struct stat info;
    if (overwrite || stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return 1;
    cli_say("%s: exists already; choose another name, or replace it with --overwrite", path);
    return 0;
}

/* ---- Reading ---- */

/* Open a regular file of at most `most` bytes. */
static FILE *open_regular(const char *path, size_t most, size_t *size, const char **why)
{
    struct stat info;
    FILE *file = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *why = NULL;
    if (fd >= 0 && fstat(fd, &info) == 0) {
        *size = (size_t)info.st_size;
        if (!S_ISREG(info.st_mode))
            *why = "is not a regular file";
        else if ((uintmax_t)info.st_size > most)
            *why = "is too large";
        else
            file = fdopen(fd, "r");
    }
    if (!file && !*why) *why = strerror(errno);
    if (!file && fd >= 0) close(fd);
    return file;
}

char *files_read_text(const char *path, size_t most, const char **why)
{
    size_t size;
    FILE *file = open_regular(path, most, &size, why);
    if (!file) return NULL;
    char *text = malloc(size + 1);
    if (text) text[fread(text, 1, size, file)] = '\0';
    if (!text || ferror(file)) {
        *why = strerror(text ? errno : ENOMEM);
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

/* ---- Writing ---- */

void files_name_part(files_output *out, const char *path)
{
    /* A symbolic link is kept, and leads to the new file. */
    if (!files_resolve(path, out->path)) snprintf(out->path, sizeof out->path, "%s", path);
    const char *slash = strrchr(out->path, '/');
    int directory = slash ? (int)(slash - out->path) + 1 : 0;
    snprintf(out->part, sizeof out->part, "%.*s.%.200s.%ld%s", directory, out->path,
             out->path + directory, (long)getpid(), PART);
}

int files_is_part(const char *name)
{
    size_t length = strlen(name), end = sizeof PART - 1;
    return name[0] == '.' && length > end && strcmp(name + length - end, PART) == 0;
}

int files_create(files_output *out, const char *path)
{
    files_name_part(out, path);
    unlink(out->part);
    int fd = open(out->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    out->stream = fd >= 0 ? fdopen(fd, "wb") : NULL;
    return out->stream || failed(path);
}

int files_create_or_open(files_output *out, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))
        return files_create(out, path);
    snprintf(out->path, sizeof out->path, "%s", path);
    out->part[0] = '\0';
    out->stream = fopen(path, "wb");
    return out->stream || failed(path);
}

/* The new name is on the disk only when the directory was flushed; without that the file is the old
 * or the new one, complete. */
static void flush_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    int fd = open(directory, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

int files_commit(files_output *out)
{
    int beside = out->part[0] != '\0';
    int good = !ferror(out->stream) && fflush(out->stream) == 0 &&
               (!beside || fsync(fileno(out->stream)) == 0);
    if (good && beside) {
        good = rename(out->part, out->path) == 0;
        if (good) flush_directory(out->path);
    }
    if (!good) failed(out->path);
    if (good) out->part[0] = '\0';
    files_abandon(out);
    return good;
}

void files_abandon(files_output *out)
{
    if (out->stream) fclose(out->stream);
    out->stream = NULL;
    if (out->part[0] != '\0') unlink(out->part);
    out->part[0] = '\0';
}

int files_write_text(const char *path, const char *text)
{
    files_output out;
    if (!files_create(&out, path)) return 0;
    fputs(text, out.stream);
    return files_commit(&out);
}
