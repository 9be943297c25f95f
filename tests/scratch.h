/* scratch.h - files that a test writes.
 *
 * Each test has a directory of its own, in GAN_TEST_DIR or else in /tmp.  It is created when the
 * test first requests a path, and removed with its contents after the test, unless it failed. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>

/* Return the directory, or the path of something in it; the strings live as long as the test, and
 * are the same for the same name. */
const char *scratch_directory(void);
const char *scratch_path(const char *name);

/* The path of a file that stays, in GAN_TEST_DIR itself, for another program to read. */
const char *scratch_kept(const char *name);

/* Write a file of n bytes; read one of at most `room` and return its size. */
void scratch_write(const char *path, const void *bytes, size_t n);
size_t scratch_read(const char *path, void *bytes, size_t room);

/* Return the number of entries in the directory, including hidden ones. */
size_t scratch_count(void);

/* The same, and remove them. */
size_t scratch_clear(void);

/* What suite.c calls after each test. */
void scratch_end(void);

#endif
