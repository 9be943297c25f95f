/* choice.h - the settings that are chosen by the number of pictures.  Pure functions:
 * docs/examples.md has them as a table, with the minutes they take. */
#ifndef CHOICE_H
#define CHOICE_H

#include <stddef.h>

/* Properties of the pictures. */
typedef struct choice_facts {
    size_t count;
    size_t side;      /* of the median picture, in pixels */
    size_t channels;  /* 1 or 3 */
    size_t n_classes; /* of a conditional run; 0: an unconditional one */
    double border;    /* mean of the pixels at the edges: 0 is black, 1 white */
} choice_facts;

typedef struct choice {
    size_t size, base, batch;
    const char *augment; /* names of operations; "none" */
    int adaptive;
    double fill; /* of augmentation, -1 to 1 */
    double ema;
    const char *why_size, *why_base, *why_batch, *why_augment, *why_fill; /* the reasons */
} choice;

choice choice_make(const choice_facts *facts);

/* Write what is chosen for which number of pictures as a table for --help: sizes at most, and the
 * minutes that it takes for colour pictures of that size on two cores. */
enum { CHOICE_ROOM = 512 };
void choice_describe(char out[CHOICE_ROOM]);

/* How many times an epoch repeats the pictures: until it has 2,000. */
size_t choice_repeat(const choice_facts *facts);

/* How many pictures are held out for looks at samples: a tenth, where there are enough to spare. */
size_t choice_held_out(size_t count);

/* The number of epochs, each of `repeat` passes, by the number of pictures. */
size_t choice_epochs(const choice_facts *facts, size_t repeat);

#endif
