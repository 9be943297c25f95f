/* files.h - directories, and files that are replaced atomically. */
#ifndef FILES_H
#define FILES_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

/* Write `directory`/`name` into `path`.  Return 0 after saying so when it does not fit. */
int files_join(char *path, size_t capacity, const char *directory, const char *name);

/* Create a directory and its parents, unless it exists.  Return 0 after saying why it could not
 * be. */
int files_make_directory(const char *path);

/* Write the absolute path, with links followed.  Return 0 when it does not exist. */
int files_resolve(const char *path, char whole[PATH_MAX]);

/* Whether the path exists. */
int files_exists(const char *path);

/* Whether `path`, which need not exist yet, is this directory or in it. */
int files_is_inside(const char *path, const char *directory);

/* Whether a program may write to `path`.  Return 0 after printing an error if it is an existing
 * file, which only --overwrite replaces.  Devices and pipes are allowed. */
int files_may_write(const char *path, int overwrite);

/* Read a whole text of at most `most` bytes.  Return it, the caller's to free; else NULL, and `why`
 * receives a reason.  Never blocks: anything but a regular file is an error. */
char *files_read_text(const char *path, size_t most, const char **why);

/* A file that is being written: under a temporary name until files_commit(). */
typedef struct files_output {
    FILE *stream;
    char path[PATH_MAX];      /* the final path, with links followed */
    char part[PATH_MAX + 64]; /* the temporary path; "" for a device or a pipe */
} files_output;

/* Begin to write a file that will replace `path`.  Return 0 after saying why
 * it could not be done. */
int files_create(files_output *out, const char *path);

/* The same for a name that the user gave, which may be a device or a pipe: that is written to
 * directly, and may block until it has a reader. */
int files_create_or_open(files_output *out, const char *path);

/* Flush it to the disk and rename it.  Return 0 after printing an error; then the old file is still
 * there. */
int files_commit(files_output *out);

/* Remove the unfinished file. */
void files_abandon(files_output *out);

/* Write a text into a file.  Return 0 after saying why it could not be done. */
int files_write_text(const char *path, const char *text);

/* Whether `name` is a temporary name of files_commit(). */
int files_is_part(const char *name);

/* Return the path to replace, with links followed, and the temporary one.  For writers that need a
 * name; rename() does the rest. */
void files_name_part(files_output *out, const char *path);

#endif
