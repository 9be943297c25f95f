/* cli.h - the command line of the example programs: options, messages, exit codes. */
#ifndef CLI_H
#define CLI_H

#include <gan/gan.h>

/* Exit codes of all the programs.  A run that a signal ended has 128 and the signal's number. */
enum { CLI_EXIT_OK = 0, CLI_EXIT_FAILURE = 1, CLI_EXIT_USAGE = 2 };

/* How an option is treated when a run is continued; see settings.h. */
typedef enum cli_keep {
    CLI_FIXED, /* a setting of the run, the same for its whole length */
    CLI_FREE,  /* a setting that may change from one process to the next */
    CLI_LOCAL  /* of this process alone */
} cli_keep;

/* One option.  Exactly one of the five pointers is set; what it points to holds the default, which
 * --help shows, and receives the value given.  A row without help is a setting that is only found
 * in the file of a run.  A table ends with an entry without a name. */
typedef struct cli_option {
    const char *name;     /* without the two dashes */
    const char *argument; /* name of the value in --help; NULL for a switch */
    const char *help;
    const char **text;
    long *whole;  /* a whole number from min to max */
    double *real; /* a number from min to max */
    int *on;      /* a switch: set to 1, and to 0 by --name=no */
    int *choice;  /* the index of one of `choices`, which end with NULL */
    const char *const *choices;
    double min, max;
    cli_keep keep;
    int is_path; /* 1: the name of a file or directory, which a run keeps in full */
    int chosen;  /* 1: where it is not given, the program chooses its value, as --help then says */
    int given;   /* 1: it was on the command line, or in a file of settings */
    size_t line; /* of the file of settings that it was found in; 0: none */
} cli_option;

/* A program as --help describes it. */
typedef struct cli_program {
    const char *name;
    const char *summary;  /* what it does, in whole lines */
    const char *examples; /* shown after the options, in whole lines */
    cli_option *options;
} cli_program;

/* Return the option with this name, which must be in the table. */
cli_option *cli_find(cli_option *table, const char *name);

/* Return the name in the table that is most similar to a misspelt `name`: the one with the smallest
 * edit distance, at most a third of the letters.  NULL: none is similar. */
const char *cli_nearest(const cli_option *table, const char *name);

/* Read the command line; the first thing that a program does.  Ends the program after --help and
 * --version (code 0), and with a message and code 2 after any error. */
void cli_parse(const cli_program *program, int argc, char **argv);

/* Return the program's exit code: `code`, or CLI_EXIT_FAILURE where that is CLI_EXIT_OK but some of
 * its output was lost, because the disk is full, say. */
int cli_end(int code);

/* ---- Messages: one line each; control characters, which names may hold, are shown as \x1b ---- */

/* Print a line on standard output. */
void cli_print(const char *format, ...) GAN_PRINTF(1, 2);

/* Print a message on standard error, after the program's name. */
void cli_say(const char *format, ...) GAN_PRINTF(1, 2);

/* Print an error about the options on standard error, and end with code 2. */
void cli_usage_error(const char *format, ...) GAN_PRINTF(1, 2);

/* Return 1 when a call of the library succeeded, else print gan_last_error() and return 0. */
int cli_ok(gan_status status);

/* The same, but a failure ends the program with code 1. */
void cli_must(gan_status status);

/* The same as cli_ok() for memory: return 1 unless `memory` is NULL. */
int cli_have(void *memory);

/* Return zeroed memory for `n` things of `size` bytes, the caller's to free; without memory, print
 * an error and end the program with code 1. */
void *cli_memory(size_t n, size_t size);

/* The ending of a noun that is counted: "" for 1, else "s". */
const char *cli_plural(size_t n);

/* ---- Values as text ---- */

/* A number in the fewest digits that read back as the same number. */
typedef struct cli_number {
    char text[32];
} cli_number;
cli_number cli_shortest(double value);

/* Write an option's value as the command line has it ("yes" or "no" for a switch). */
void cli_write_value(char *out, size_t capacity, const cli_option *o);

/* Set an option.  Return 1, or 0 and a message in `why` that says what was expected. */
int cli_set_value(const cli_option *o, const char *text, char *why, size_t capacity);

#endif
