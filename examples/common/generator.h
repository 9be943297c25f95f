/* generator.h - a trained generator from a file, and samples of it. */
#ifndef GENERATOR_H
#define GENERATOR_H

#include "cli.h"

/* At most this many samples are drawn by one call. */
enum { GENERATOR_CHUNK = 500 };

/* A generator that was opened. */
typedef struct generator {
    gan_network *net;
    gan_shape picture; /* [c, h, w] of a sample, c is 1 or 3 */
    size_t size;       /* numbers of a sample */
    size_t latent;     /* latent dimension: numbers of a latent vector */
    size_t n_classes;  /* of a conditional generator; 0: it is unconditional */
    int only;          /* draw this class only; -1, as it is opened: all of them in turn */
    double truncation; /* draw no latent number beyond it; 0, as it is opened: no limit */
    gan_rng *rng;
    float *given; /* latent vectors of generator_read_latent(); NULL: they are drawn */
    size_t n_given;
    float *z;                        /* latent vectors of the latest chunk */
    uint8_t labels[GENERATOR_CHUNK]; /* and their classes */
} generator;

/* Read a network's file, or a checkpoint's generator.  Return 0 after saying what is wrong. */
int generator_read(gan_network **out, const char *path);

/* Open a generator's file, or a checkpoint, and find out what pictures it makes: those that the
 * file tells of, else [c, h, w] with 1 or 3 channels as it is, and [h, w] and n * n numbers as
 * grey.  Its latent vectors follow from `seed`.  Return 0 after saying what is wrong.
 * generator_close() in any case. */
int generator_open(generator *g, const char *path, uint64_t seed);
void generator_close(generator *g);

/* The row for the truncation in a program's table of options. */
#define GENERATOR_TRUNCATION_OPTION(place)                                                         \
    {                                                                                              \
        "truncation", "X", .real = (place), .min = 0, .max = 100,                                  \
                           .help = "draw the numbers of the latent vectors from -X to X only: "    \
                                   "samples become more typical and more alike; 0: no limit"       \
    }

/* Read latent vectors from a file of NumPy, [count, latent dimension], in whose place samples of
 * their numbers are drawn from then on.  Return 0 after saying what is wrong. */
int generator_read_latent(generator *g, const char *path);

/* Go to the latent vector of sample `number` of the seed: it is the next one to be drawn. */
void generator_seek(generator *g, size_t number);

/* Draw `n` latent vectors from the distribution that the generator was trained with. */
void generator_draw_latent(generator *g, size_t n, float *z);

/* Write the latent vector that lies the share `t` (0 to 1) of the way from a to b: on a great
 * circle, on which every vector is as long as those of the training, or with `linear` straight. */
void generator_mix_latent(const generator *g, const float *a, const float *b, double t, int linear,
                          float *out);

/* Draw the samples `first` to `first` + `n` - 1 of the seed, or those of some numbers, at most a
 * chunk: a sample of a number is the same whatever else is drawn.  Sample i of a conditional
 * generator is of class i modulo their number, which g->labels tells.  g->z has the latent vectors.
 * Return 0 after saying what is wrong. */
int generator_draw(generator *g, size_t first, size_t n, float *samples);
int generator_draw_numbered(generator *g, const size_t *numbers, size_t n, float *samples);

/* Find the class that is called `text`, or has it as its number.  Return 0 after saying what is
 * wrong with it, as the value of --`option`. */
int generator_find_class(uint8_t *label, const generator *g, const char *option, const char *text);

/* The same among n names, at most 256; NULL: there are none from here on. */
int generator_find_name(uint8_t *label, const char *const *names, size_t n, const char *option,
                        const char *text);

/* A class's name, or what it is called without one. */
typedef struct generator_class {
    char text[64];
} generator_class;
generator_class generator_class_name(const generator *g, size_t label);

#endif
