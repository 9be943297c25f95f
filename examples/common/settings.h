/* settings.h - the options of a run as a readable text, "name = value" in each line. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "cli.h"

/* Write the program's name and the options that belong to a run: those that are not CLI_LOCAL, and
 * not those without help, which the caller adds.  Return the text, the caller's to free; NULL after
 * saying that there is no memory. */
char *settings_write(const cli_program *program);

/* Give each option that was not on the command line the value that `text` has for it.  `text` comes
 * from the file `path`, which messages name with the line; it is changed and must outlive the
 * options.  An option that was given keeps its value if it is CLI_FREE, and otherwise must have the
 * value in the text.  Return 0 after saying what is wrong.
 *
 * A line is "name = value", empty, or a comment, which begins with #. */
int settings_read(const cli_program *program, char *text, const char *path);

/* The same for settings that begin a run, another one's or written by hand: they are treated as
 * given on the command line, which overrides them. */
int settings_give(const cli_program *program, char *text, const char *path);

#endif
