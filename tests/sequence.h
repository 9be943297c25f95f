/* sequence.h - networks made of a list of layers; their files: saved, opened, forged. */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include <gan/network.h>
#include <stddef.h>

/* Make a network of layers created in the call; it is not built yet. */
#define NETWORK_WITH(desc, in, ...)                                                                \
    sequence(in, desc, (gan_layer *const[]){__VA_ARGS__},                                          \
             sizeof((gan_layer *const[]){__VA_ARGS__}) / sizeof(gan_layer *))
#define NETWORK(in, ...) NETWORK_WITH(NULL, in, __VA_ARGS__)
#define BUILT(in, ...) built(NETWORK(in, __VA_ARGS__))
gan_network *built(gan_network *net);
gan_network *sequence(gan_shape in, const gan_network_desc *desc, gan_layer *const *layers,
                      size_t n);

/* A destroy() for budget_sweep(). */
void end_network(void *net);

/* Opening the network's file with each allocation failing in turn.  The network is destroyed. */
void expect_opening_survives(gan_network *net);

/* Same weights, same layers, and the same outputs for n samples. */
void expect_same_network(gan_network *a, gan_network *b, const float *x, size_t n);

/* Write a safetensors file with the values i + 0.5.  In the header ' stands for " and ` for \", the
 * " of a description in the metadata. */
void write_forged(const char *path, const char *header, size_t n_numbers);

/* Correct the checksum of a file of n bytes that was changed. */
void seal_again(unsigned char *file, size_t n);

/* The parts of such a header. */
#define TENSOR(name, shape, from, to)                                                              \
    "'" name "':{'dtype':'F32','shape':" shape ",'data_offsets':[" #from "," #to "]}"
#define DESCRIBED(text) "{'__metadata__':{'libgan.network':'" text "'},"

/* Opening such a file gives a status and, when that is an error, a message with its path and
 * `says`; a failure shows the header. */
#define expect_forged(header, n_numbers, wanted, says)                                             \
    expect_forged_at(__FILE__, __LINE__, header, n_numbers, wanted, says)
void expect_forged_at(const char *file, int line, const char *header, size_t n_numbers,
                      gan_status wanted, const char *says);

#endif
