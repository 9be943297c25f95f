/* collection.h - a user's pictures, a directory or a file of any known kind, as samples of bytes of
 * the same size. */
#ifndef COLLECTION_H
#define COLLECTION_H

#include "cli.h"

/* The program's options for them. */
typedef struct collection_options {
    const char *data, *labels;        /* paths */
    const char *array, *labels_array; /* names in an .npz archive; of a table's column */
    const char *class_names;          /* separated by commas */
    long channels, limit;             /* 0: as in the data; 0: all */
    int fit;                          /* COLLECTION_CROP ... */
    int alpha;                        /* COLLECTION_DROP ... */
} collection_options;

enum { COLLECTION_CROP, COLLECTION_PAD };
enum { COLLECTION_DROP, COLLECTION_BLACK, COLLECTION_WHITE };
extern const char *const collection_fits[], *const collection_alphas[];

/* clang-format off */
/* Options for reading pictures of any kind. */
#define COLLECTION_READING_OPTIONS(o)                                                              \
    {"labels", "FILE", .text = &(o)->labels, .is_path = 1, .keep = CLI_FREE,                       \
     .help = "class labels of an .npy or IDX file: a file of the same kind"},                      \
    {"array", "NAME", .text = &(o)->array,                                                         \
     .help = "name of the pictures' array in an .npz file with several"},                          \
    {"labels-array", "NAME", .text = &(o)->labels_array,                                           \
     .help = "name of the array of class labels in an .npz file, or of their column in a CSV "     \
             "table, where \"label\" need not be named"},                                          \
    {"class-names", "LIST", .text = &(o)->class_names,                                             \
     .help = "comma-separated names of the classes 0, 1 ...: class directories in this order, "    \
             "without those that are not listed, or names for the labels of a file"},              \
    {"fit", "NAME", .choice = &(o)->fit, .choices = collection_fits,                               \
     .help = "how a picture with another aspect ratio is fitted: scaled to cover the size and "    \
             "cropped at the centre, or scaled to fit inside, padded with black"},                 \
    {"alpha", "NAME", .choice = &(o)->alpha, .choices = collection_alphas,                         \
     .help = "alpha channel (transparency): it is dropped, or the pictures are " \
             "blended with black or white"}
#define COLLECTION_OPTIONS(o)                                                                      \
    {"data", "PATH", .text = &(o)->data, .is_path = 1, .keep = CLI_FREE,                           \
     .help = "a directory of PNG, JPEG or WebP files; CIFAR's binary files or their directory; "   \
             "an .npy, .npz or IDX file; a CSV table with the pixels of a picture in each row"},   \
    COLLECTION_READING_OPTIONS(o),                                                                 \
    {"channels", "N", .whole = &(o)->channels, .min = 0, .max = 3,                                 \
     .help = "1: grey, 3: colour, 0: grey when all pictures are"},                                 \
    {"limit", "N", .whole = &(o)->limit, .min = 0, .max = 2147483647,                              \
     .help = "use only N pictures; of class directories as many of each; 0: all"}
/* clang-format on */

/* Widths or heights, in pixels. */
typedef struct collection_range {
    size_t least, middle, most;
} collection_range;

typedef struct collection_kind collection_kind;

typedef struct collection {
    const collection_options *opt;
    const collection_kind *kind;
    const char **class_names; /* of the options, and how many; NULL, 0 */
    size_t n_class_names;
    gan_dataset *source;   /* the data of a file; NULL for a directory */
    float least, most;     /* the range of its pixels */
    gan_dataset *first;    /* pictures for the survey, of any shape: see survey.h */
    gan_dataset *data;     /* samples of one size, after collection_fit() */
    collection_range side; /* of the pictures: the shorter side, with COLLECTION_PAD the longer */
    collection_range width, height;
    size_t n_measured; /* pictures whose size was read */
    size_t n_threads;
} collection;

/* End the program with code 2 where options make no sense. */
void collection_check(const collection_options *o);

/* Open pictures for a survey, and name the files that cannot be used.  Return 0 after saying
 * what is wrong; collection_close() in any case. */
int collection_open(collection *c, const collection_options *o, size_t n_threads);
void collection_close(collection *c);

/* Make c->data: all pictures, scaled to this size.  Return 0 after saying what is wrong. */
int collection_fit(collection *c, size_t height, size_t width);

/* Both in one call, for pictures that are compared with others: `shape` is [channels, height, width],
 * or of rank 0 for their own channels and their median size.  Sets o->channels. */
int collection_open_as(collection *c, collection_options *o, size_t n_threads, gan_shape shape);

/* The name of the kind: "directory of pictures", "NumPy array" ... */
const char *collection_kind_name(const collection *c);

#endif
