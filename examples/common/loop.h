/* loop.h - for programs with a custom training loop: samples in batches, and a directory for output
 * files. */
#ifndef LOOP_H
#define LOOP_H

#include "fashion.h"

#include <limits.h>

typedef struct loop {
    fashion_source images;
    const char *set; /* the images of "train" or "t10k"; NULL: train */
    size_t limit;    /* only the first ones, this many; 0: all */
    const char *out;
    int overwrite;

    /* Set by loop_begin(). */
    gan_dataset *data;
    gan_iterator *batches;
} loop;

/* clang-format off */
/* The rows of its options; without images those of its files alone. */
#define LOOP_OPTIONS(l) FASHION_OPTIONS(&(l)->images), LOOP_FILES_OPTIONS(l)
#define LOOP_FILES_OPTIONS(l)                                                                      \
    {"out", "DIR", .text = &(l)->out, .help = "directory of the files, created if need be"},       \
    {.name = "overwrite", .on = &(l)->overwrite, .help = "replace files that exist already"}

/* The row of the number of epochs, a long. */
#define LOOP_EPOCHS_OPTION(n)                                                                      \
    {"epochs", "N", .whole = (n), .min = 1, .max = 100000, .help = "passes over the data"}
/* clang-format on */

/* Open the images of `pixels` values each, shuffled, in full batches of `batch_size`, and check
 * before the work that `files` can be written; the list ends with NULL.  Return 0 after saying what
 * is wrong; loop_end() in any case. */
int loop_begin(loop *l, size_t batch_size, size_t pixels, const char *const *files);
void loop_end(loop *l);

/* The same with samples of the program's own, which loop_end() destroys in any case. */
int loop_begin_with(loop *l, gan_dataset *data, size_t batch_size, const char *const *files);

/* Return the next batch, valid until the next call; NULL when the epoch is over.  A failure ends
 * the program. */
const gan_batch *loop_next(loop *l);

/* The path of a file that the program writes. */
typedef struct loop_path {
    char text[PATH_MAX];
} loop_path;
loop_path loop_file(const loop *l, const char *name);

#endif
