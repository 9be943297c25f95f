/* dcgan.h - a deep convolutional GAN (Radford et al., 2016) for pictures of any size and shape. */
#ifndef DCGAN_H
#define DCGAN_H

#include "run.h"

/* Return how often a side of at least 8 pixels is halved, each time rounded down, until 4 to 7 are
 * left: 28 twice (14, 7), 64 four times, 30 twice (15, 7).  0 for a shorter one. */
size_t dcgan_halvings(size_t side);

/* The program's options for the networks. */
typedef struct dcgan_options {
    long latent; /* numbers of noise */
    long base;   /* channels of the maps half as large as the picture; each further halving doubles
                    them, up to 8 * base */
    long embedding; /* in a conditional run numbers that the generator learns for each class */
} dcgan_options;

/* clang-format off */
#define DCGAN_OPTIONS(o)                                                                           \
    RUN_LATENT_OPTION(&(o)->latent),                                                               \
    {"base", "N", .whole = &(o)->base, .min = 1, .max = 1024,                                      \
     .help = "channels of the maps that are half as large as a picture"}
#define DCGAN_EMBEDDING_OPTION(o)                                                                  \
    {"embedding", "N", .whole = &(o)->embedding, .min = 1, .max = 4096,                            \
     .help = "size of the embedding learnt for each class, which is appended to the latent "       \
             "vector, and to the picture of a linear discriminator"}
/* clang-format on */

/* Make the networks for the pictures of `parts`, which has all but them, train as run_train() does
 * and return its code. */
int dcgan_train(const dcgan_options *networks, const run_parts *parts);

#endif
