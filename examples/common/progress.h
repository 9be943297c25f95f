/* progress.h - a progress line at the bottom of a terminal. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

typedef struct progress {
    int live;     /* standard output is a terminal that can go back to the start of a line */
    double drawn; /* when it was last drawn */
} progress;

/* Find out whether standard output can show a progress line. */
void progress_begin(progress *p);

/* Draw `head`, a bar filled by `done` (0 to 1) and `tail` in one line, but at most ten times per
 * second. */
void progress_draw(progress *p, const char *head, double done, const char *tail);

/* Wipe the line, so that ordinary text can follow. */
void progress_clear(progress *p);

/* The same for whichever line is drawn: before a message to standard error, which would follow it. */
void progress_wipe(void);

/* The width of the terminal; unlimited if it isn't one. */
size_t progress_columns(void);

/* Seconds on the monotonic clock. */
double progress_seconds(void);

/* Write a time such as 75 s as "1:15" into `text`. */
void progress_format_time(char *text, size_t capacity, double seconds);

#endif
