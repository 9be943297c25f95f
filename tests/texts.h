/* texts.h - text files that are written through the library's file functions. */
#ifndef TEXTS_H
#define TEXTS_H

#include "file/file_internal.h"

#include <stddef.h>
#include <sys/stat.h>

/* Write a text through a gan__file, keeping the last n_keep; on failure the file is abandoned. */
gan_status commit_text(const char *path, const char *text, size_t n_keep);

void expect_text(const char *path, const char *wanted);
void expect_nothing_held(const gan__file *file);

/* The permissions of a file. */
mode_t mode_of(const char *path);

#endif
