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
    int only;          /* draw this class only; -1, the default: all of them in turn */
    double truncation; /* draw latent vectors with no element beyond it; 0, the default: no limit */
    gan_rng *rng;
    float *given; /* latent vectors of generator_read_latent(); NULL: they are drawn */
    size_t n_given;
    float *z;                        /* latent vectors of the latest chunk */
    uint8_t labels[GENERATOR_CHUNK]; /* and their classes */
} generator;

/* Read a network's file, or a checkpoint's generator.  Return 0 after saying what is wrong. */
int generator_read(gan_network **out, const char *path);

/* Open a generator's file, or a checkpoint, and determine its picture shape: that of the file, else
 * an output of [c, h, w] with 1 or 3 channels as it is, and [h, w] or n * n numbers as grey.  Its
 * latent vectors follow from `seed`.  Return 0 after saying what is wrong.  generator_close() in
 * any case. */
int generator_open(generator *g, const char *path, uint64_t seed);
void generator_close(generator *g);

/* The row for the truncation in a program's table of options. */
#define GENERATOR_TRUNCATION_OPTION(place)                                                         \
    {                                                                                              \
        "truncation", "X", .real = (place), .min = 0, .max = 100,                                  \
                           .help = "draw the elements of latent vectors from -X to X only: "    \
                                   "samples become more typical and more alike; 0: no limit"       \
    }

/* Read latent vectors from a NumPy file, [count, latent dimension]; from then on sample i has
 * latent vector i of the file.  Return 0 after saying what is wrong. */
int generator_read_latent(generator *g, const char *path);

/* Set the random stream to the latent vector of sample `number` of the seed, which is drawn
 * next. */
void generator_seek(generator *g, size_t number);

/* Draw `n` latent vectors from the distribution that the generator was trained with. */
void generator_draw_latent(generator *g, size_t n, float *z);

/* Interpolate between the latent vectors a and b, `t` from 0 to 1: spherically (slerp), so that
 * norms are as in training, or with `linear` on a straight line. */
void generator_mix_latent(const generator *g, const float *a, const float *b, double t, int linear,
                          float *out);

/* Draw the samples `first` to `first` + `n` - 1 of the seed, or those with given indices, at most a
 * chunk: a sample depends on its index alone.  Sample i of a conditional generator is of class i
 * modulo their number, which g->labels has.  g->z has the latent vectors.  Return 0 after saying
 * what is wrong. */
int generator_draw(generator *g, size_t first, size_t n, float *samples);
int generator_draw_numbered(generator *g, const size_t *numbers, size_t n, float *samples);

/* Find the class whose name or number is `text`.  Return 0 after saying what is
 * wrong with it, as the value of --`option`. */
int generator_find_class(uint8_t *label, const generator *g, const char *option, const char *text);

/* The same among n names, at most 256; NULL: there are none from here on. */
int generator_find_name(uint8_t *label, const char *const *names, size_t n, const char *option,
                        const char *text);

/* A class's name, or "class N" without one. */
typedef struct generator_class {
    char text[64];
} generator_class;
generator_class generator_class_name(const generator *g, size_t label);

#endif
