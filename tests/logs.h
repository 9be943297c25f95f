/* logs.h - logs of runs with five steps per epoch, whose numbers have many digits. */
#ifndef LOGS_H
#define LOGS_H

#include <gan/gan.h>
#include <stdint.h>

/* Maximal size of a file that is read. */
enum { LOG_ROOM = 1 << 20 };

/* A file's text, valid until the third call after this one. */
const char *text_of(const char *path);

/* The same with all times set to 0; to be freed. */
char *timeless(const char *path);

/* Settings with a record every `interval` steps; a log in the test's directory. */
gan_log_desc every(uint64_t interval);
gan_log *log_at(const char *name, const gan_log_desc *desc);

/* A number that has many digits, of step `i`. */
double log_number(uint64_t i);

/* Steps `first` to `end` - 1 of a run. */
void log_steps(gan_log *log, uint64_t first, uint64_t end);

/* Begin, save a checkpoint at step `at`, continue to step `lost`, then resume from the checkpoint
 * and continue to the end. */
void log_interrupted(const char *name, gan_log_desc desc, uint64_t at, uint64_t lost, uint64_t end);

#endif
