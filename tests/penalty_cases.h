/* penalty_cases.h - the networks of make_penalties.py. */
#ifndef PENALTY_CASES_H
#define PENALTY_CASES_H

#include <gan/network.h>
#include <stddef.h>

enum { N_CASES = 38, ROWS = 6 };

/* A network; or the activation of a linear network. */
typedef struct penalty_case {
    const char *file, *name;
    gan_layer *(*activation)(void);
    gan_network *(*make)(void);
} penalty_case;

extern const penalty_case penalty_cases[N_CASES];
gan_network *make_case(const penalty_case *c);

gan_layer *leaky(void);
gan_layer *linear(size_t in, size_t out);

/* A convolution with these numbers of inputs and outputs, kernel, stride and padding. */
gan_layer *conv(size_t in, size_t out, size_t kernel, size_t stride, size_t padding);

gan_network *dcgan(void);

#endif
