/* fashion.h - finding Fashion-MNIST, or silhouettes in its place. */
#ifndef FASHION_H
#define FASHION_H

#include "cli.h"

/* The names of its ten classes, by label. */
enum { FASHION_GARMENTS = 10 };
extern const char *const fashion_garments[FASHION_GARMENTS];

/* The text of --help about its location. */
#define FASHION_SUMMARY                                                                            \
    "The images are those of --data, else of $GAN_DATA_DIR, else of data/fashion-mnist,\n"         \
    "where scripts/fetch-data puts them.  If none of the three exists,\n"                          \
    "synthetic silhouettes of garments are used instead, with a warning; they never\n"             \
    "replace the files of an earlier run unless --silhouettes asks for them.\n"

/* Where the images come from. */
typedef struct fashion_source {
    const char *directory; /* --data; after fashion_find() the directory, NULL for silhouettes */
    int silhouettes;       /* --silhouettes; after fashion_find() 1 if silhouettes are used */
    int missing;  /* set by fashion_find(): 1, silhouettes only because nothing was found */
    int stand_in; /* the run that is resumed used them for that reason when it began */
} fashion_source;

/* The setting of a run on silhouettes that were not requested; "yes" or missing. */
#define FASHION_STAND_IN "silhouettes-stand-in"

/* clang-format off */
/* Their rows in a program's table of options. */
#define FASHION_OPTIONS(s)                                                                         \
    {"data", "DIR", .text = &(s)->directory, .keep = CLI_FREE, .is_path = 1,                       \
     .help = "directory of Fashion-MNIST's files, such as train-images-idx3-ubyte, plain or .gz"}, \
    {.name = "silhouettes", .on = &(s)->silhouettes,                                               \
     .help = "use synthetic silhouettes of garments, drawn by the library, instead"},              \
    {.name = FASHION_STAND_IN, .on = &(s)->stand_in}
/* clang-format on */

/* Find the images.  Return 0 after printing an error if they are not where --data or $GAN_DATA_DIR
 * says. */
int fashion_find(fashion_source *source);

/* Return 0, after printing an error, when silhouettes that were not requested would replace
 * `path`. */
int fashion_may_replace(const fashion_source *source, const char *path);

/* Print a warning when silhouettes are used because nothing was found: at the beginning and the
 * end. */
void fashion_warn(const fashion_source *source);

/* The images that a program needs. */
typedef struct fashion_selection {
    const char *set; /* "train" or "t10k" */
    size_t limit;    /* only the first ones, this many; 0: all */
    size_t drawn;    /* the number of silhouettes in their place */
    uint64_t seed;   /* of these */
    int labels;      /* 1: with their labels */
    int quiet;       /* 1: don't print what is read */
} fashion_selection;

/* Return 1 when they exist: a directory may have only the training set. */
int fashion_has(const fashion_source *source, const fashion_selection *what);

/* Open them.  Return 0 after saying what is wrong; `*out` is yours in any case. */
int fashion_open(gan_dataset **out, const fashion_source *source, const fashion_selection *what);

#endif
