/* files.h - directories, and files that are replaced whole or not at all. */
#ifndef FILES_H
#define FILES_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

/* Write `directory`/`name` into `path`.  Return 0 after saying so when it does not fit. */
int files_join(char *path, size_t capacity, const char *directory, const char *name);

/* Make a directory, and those above it, unless it is there.  Return 0 after saying why it could not
 * be. */
int files_make_directory(const char *path);

/* Write the path from the root, links followed.  Return 0 when there is nothing of this name. */
int files_resolve(const char *path, char whole[PATH_MAX]);

/* Is there something of this name? */
int files_exists(const char *path);

/* Is `path`, which need not exist yet, this directory or something in it? */
int files_is_inside(const char *path, const char *directory);

/* May a program's output go to `path`?  Return 0 after saying that a file is there already, which
 * only --overwrite replaces.  Devices and pipes are there to be written to. */
int files_may_write(const char *path, int overwrite);

/* Read a whole text of at most `most` bytes.  Return it, the caller's to free; else NULL, and `why`
 * receives a reason.  Never waits: what is not a regular file is an error. */
char *files_read_text(const char *path, size_t most, const char **why);

/* A file that is being written: beside its name until files_commit(). */
typedef struct files_output {
    FILE *stream;
    char path[PATH_MAX];      /* where it is to be, links followed */
    char part[PATH_MAX + 64]; /* where it is written; "" for a device or a pipe */
} files_output;

/* Begin to write what is to take the place of whatever stands at `path`.  Return 0 after saying why
 * it could not be done. */
int files_create(files_output *out, const char *path);

/* The same for a name that the user gave, which may be a device or a pipe: that is written to as it
 * is, and waits for a reader. */
int files_create_or_open(files_output *out, const char *path);

/* Flush it to the disk and give it its name.  Return 0 after saying why that failed; then what
 * stood there before still does. */
int files_commit(files_output *out);

/* Give it up. */
void files_abandon(files_output *out);

/* Write a text into a file.  Return 0 after saying why it could not be done. */
int files_write_text(const char *path, const char *text);

/* Is `name` what a file is called before files_commit()? */
int files_is_part(const char *name);

/* Name the file that `path` is to replace, links followed, and the one to write meanwhile.  For
 * writers that want a name; rename() does the rest. */
void files_name_part(files_output *out, const char *path);

#endif
