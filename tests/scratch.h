/* scratch.h - files that a test writes.
 *
 * Each test has a directory of its own, in GAN_TEST_DIR or else in /tmp.  It is made when the test
 * first asks for a path, and removed after the test with all that is in it; that of a test that
 * fails stays. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>

/* Return the directory, or the path of something in it; the texts live as long as the test, and are
 * the same for the same name. */
const char *scratch_directory(void);
const char *scratch_path(const char *name);

/* The path of a file that stays, in GAN_TEST_DIR itself, for another program to read. */
const char *scratch_kept(const char *name);

/* Make a file of n bytes; read one of at most `room` and return its size. */
void scratch_write(const char *path, const void *bytes, size_t n);
size_t scratch_read(const char *path, void *bytes, size_t room);

/* Return how many entries the directory has, hidden ones too. */
size_t scratch_count(void);

/* Remove them, too. */
size_t scratch_clear(void);

/* What suite.c calls after each test. */
void scratch_end(void);

#endif
