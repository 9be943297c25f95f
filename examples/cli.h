/* cli.h - what the example programs share: options, messages, a progress line, reading a
 * generator. */
#ifndef CLI_H
#define CLI_H

#include <gan/gan.h>

/* Exit codes of all the programs. */
enum { CLI_EXIT_OK = 0, CLI_EXIT_FAILURE = 1, CLI_EXIT_USAGE = 2 };

/* One option.  Exactly one of the five pointers is set; what it points to holds the default, which
 * --help shows, and receives the value given.  A table ends with an entry without a name. */
typedef struct cli_option {
    const char *name;     /* without the two dashes */
    const char *argument; /* what --help calls the value; NULL for a switch */
    const char *help;
    const char **text;
    long *whole;  /* a whole number from min to max */
    double *real; /* a number from min to max */
    int *on;      /* a switch: set to 1 */
    int *choice;  /* the index of one of `choices`, which end with NULL */
    const char *const *choices;
    double min, max;
} cli_option;

/* A program as --help describes it. */
typedef struct cli_program {
    const char *name;
    const char *summary;  /* what it does, in whole lines */
    const char *examples; /* shown after the options, in whole lines */
    const cli_option *options;
} cli_program;

/* Read the command line.  Ends the program after --help and --version (code 0), and with one
 * sentence and code 2 after anything that is not right. */
void cli_parse(const cli_program *program, int argc, char **argv);

/* Say on standard error, after the program's name, what is wrong with the options, and end with
 * code 2. */
void cli_usage_error(const char *format, ...) GAN_PRINTF(1, 2);

/* Say something on standard error, after the program's name. */
void cli_say(const char *format, ...) GAN_PRINTF(1, 2);

/* Return 1 when a call of the library worked, else say gan_last_error() and return 0. */
int cli_ok(gan_status status);

/* The same for memory: return 1 unless `memory` is NULL. */
int cli_have(void *memory);

/* Seconds since some moment in the past, on a clock that nobody sets. */
double cli_seconds(void);

/* Make a folder, and those above it, unless it is there.  Return 0 after saying why it could not
 * be. */
int cli_make_folder(const char *path);

/* Write `folder`/`name` into `path`.  Return 0 after saying so when it does not fit. */
int cli_join(char *path, size_t capacity, const char *folder, const char *name);

/* Fashion-MNIST has ten kinds of garment; a label is an index here. */
enum { CLI_GARMENTS = 10 };
extern const char *const cli_garments[CLI_GARMENTS];

/* What --help says about where it is. */
#define CLI_DATA_SUMMARY                                                                           \
    "The data is looked for in --data, else in $GAN_DATA_DIR and data/fashion-mnist;\n"            \
    "when it is in neither, silhouettes drawn by the library take its place.\n"

/* Which images of Fashion-MNIST a program wants. */
typedef struct cli_data {
    const char *folder; /* NULL: the one that $GAN_DATA_DIR names, else data/fashion-mnist */
    const char *set;    /* "train" or "t10k" */
    size_t limit;       /* only the first so many; 0: all */
    size_t drawn;       /* how many silhouettes take their place when they are in neither */
    uint64_t seed;      /* of these */
    int labels;         /* 1: with their labels */
    int quiet;          /* 1: don't say what was found */
} cli_data;

/* Open them, packed or not.  Return 0 after saying what is wrong; `*out` is yours in any case. */
int cli_open_data(gan_dataset **out, const cli_data *what);

/* One line at the bottom of a terminal that is drawn again and again. */
typedef struct cli_progress {
    int live;     /* standard output is a terminal that can go back to the start of a line */
    double drawn; /* when it was last drawn */
} cli_progress;

/* Find out whether standard output takes a live line. */
void cli_progress_begin(cli_progress *progress);

/* Draw `head`, a bar filled by `done` (0 to 1) and `tail` in one line, but at most ten times a
 * second. */
void cli_progress_draw(cli_progress *progress, const char *head, double done, const char *tail);

/* Wipe the line, so that ordinary text can follow. */
void cli_progress_clear(cli_progress *progress);

/* Write a time such as 75 s as "1:15" into `text`. */
void cli_format_time(char *text, size_t capacity, double seconds);

/* The row for it in a program's table of options, and such noise: normal numbers, none of them, where
 * `truncation` is above 0, beyond that. */
#define CLI_TRUNCATION_OPTION(place)                                                               \
    {                                                                                              \
        "truncation", "X", .real = (place), .min = 0, .max = 100,                                  \
                           .help = "no number of the noise is beyond it: smaller ones make "       \
                                   "samples more alike and more "                                  \
                                   "typical; 0: none"                                              \
    }
void cli_draw_noise(gan_rng *rng, double truncation, size_t n, float *z);

/* Open a generator's file, or a checkpoint, and find out what picture its output is: [c, h, w] with
 * 1 or 3 channels as it is, [h, w] and a vector of n * n numbers as grey.  Return 0 after saying
 * what is wrong.  `*out` is yours in any case. */
int cli_open_generator(gan_network **out, gan_shape *picture, const char *path);

/* Find the class of a generator that is called `text`, or has it for a number.  Return 0 after
 * saying what is wrong with it, as the value of --`option`. */
int cli_find_class(uint8_t *label, const gan_network *g, const char *option, const char *text);

/* A class's name, or what it is called without one. */
typedef struct cli_class_text {
    char text[64];
} cli_class_text;
cli_class_text cli_class_name(const gan_network *g, size_t label);

#endif
