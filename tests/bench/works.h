/* works.h - the steps of `make compare`: pairs of networks of five sizes. */
#ifndef WORKS_H
#define WORKS_H

#include "bench.h"

typedef struct work {
    const char *name; /* as in compare_pytorch.py */
    size_t batch;
    size_t steps; /* a round */
    gan_network *(*generator)(void);
    gan_network *(*discriminator)(void);
    double lr, beta1;
} work;

enum { N_WORKS = 5 };
extern const work works[N_WORKS];

/* A training run of one of them, in the given precision. */
run begin_work(const work *w, gan_precision precision, size_t threads);

#endif
