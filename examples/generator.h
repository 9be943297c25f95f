/* generator.h - a generator's file: what its pictures are, what it is fed with, what its classes
 * are called. */
#ifndef GENERATOR_H
#define GENERATOR_H

#include "cli.h"

/* Open a generator's file, or a checkpoint, and find out what pictures it makes: those that the
 * file tells of, else [c, h, w] with 1 or 3 channels as it is, and [h, w] and n * n numbers as
 * grey. Return 0 after saying what is wrong.  `*out` is yours in any case. */
int generator_open(gan_network **out, gan_shape *picture, const char *path);

/* The row for it in a program's table of options. */
#define GENERATOR_TRUNCATION_OPTION(place)                                                         \
    {                                                                                              \
        "truncation", "X", .real = (place), .min = 0, .max = 100,                                  \
                           .help = "draw the numbers of the latent vectors from -X to X only: "    \
                                   "samples become more typical and more alike; 0: no limit"       \
    }

/* Draw `n` numbers of latent vectors from the distribution that the generator was trained with;
 * with `truncation` above 0 none beyond it. */
void generator_draw_latent(const gan_network *g, gan_rng *rng, double truncation, size_t n,
                           float *z);

/* Find the class that is called `text`, or has it as its number.  Return 0 after saying what is
 * wrong with it, as the value of --`option`. */
int generator_find_class(uint8_t *label, const gan_network *g, const char *option,
                         const char *text);

/* A class's name, or what it is called without one. */
typedef struct generator_class {
    char text[64];
} generator_class;
generator_class generator_class_name(const gan_network *g, size_t label);

#endif
