/* logs.h - logs of runs of five steps an epoch, whose numbers have many digits. */
#ifndef LOGS_H
#define LOGS_H

#include <gan/gan.h>
#include <stdint.h>

/* The most bytes of a file that is read. */
enum { LOG_ROOM = 1 << 20 };

/* A file's text, in memory that the next two calls leave alone. */
const char *text_of(const char *path);

/* The same, with times of day and of training as 0; to be freed. */
char *timeless(const char *path);

/* Settings with a record every `interval` steps; a log in the test's directory. */
gan_log_desc every(uint64_t interval);
gan_log *log_at(const char *name, const gan_log_desc *desc);

/* A number that has many digits, of step `i`. */
double log_number(uint64_t i);

/* Steps `first` to `end` - 1 of a run. */
void log_steps(gan_log *log, uint64_t first, uint64_t end);

/* Begin, stop at step `at` as a program does that saves a checkpoint there, write on to step
 * `lost` without one, and continue from the checkpoint to the end. */
void log_interrupted(const char *name, gan_log_desc desc, uint64_t at, uint64_t lost, uint64_t end);

#endif
