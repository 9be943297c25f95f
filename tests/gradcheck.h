/* gradcheck.h - a reference implementation of networks in double precision, and finite differences
 * on it.
 *
 * A network is described by a list of net_layer that ends with NET_END; net_make() makes the
 * library's network of it and reference_of() a copy of its weights for the functions here. */
#ifndef GRADCHECK_H
#define GRADCHECK_H

#include <gan/network.h>
#include <stddef.h>
#include <stdint.h>

typedef enum net_kind {
    NET_END,
    NET_LINEAR,
    NET_LEAKY_RELU,
    NET_RELU,
    NET_TANH,
    NET_SIGMOID,
    NET_DROPOUT, /* the identity in the reference: evaluation mode */
    NET_FLATTEN,
    NET_EMBEDDING /* not in the reference */
} net_kind;

typedef struct net_layer {
    net_kind kind;
    size_t in, out; /* of NET_LINEAR; classes and width of NET_EMBEDDING */
    float value;    /* slope of NET_LEAKY_RELU, p of NET_DROPOUT; 1 for NET_LINEAR: with spectral
                       * norm, not in the reference */
} net_layer;

/* Make the library's network with vectors of `in` numbers as input; NULL when that fails at
 * once. */
gan_network *net_make(size_t in, const net_layer *layers, const gan_network_desc *desc);

/* The same with default settings and a seed. */
gan_network *net_seeded(size_t in, const net_layer *layers, uint64_t seed);

/* A tensor that the network has. */
gan_tensor tensor_of(gan_network *net, const char *name);

/* Copy all weights and buffers of a network, tensor after tensor, into a new block (free() it); `n`
 * receives their number. */
float *net_weights(gan_network *net, size_t *n);

/* Restore such a copy. */
void net_set_weights(gan_network *net, const float *weights);

/* Two networks of the same layers have bit-identical weights. */
void expect_same_weights(gan_network *a, gan_network *b);

typedef struct reference {
    const net_layer *layers;
    size_t in, out;
    size_t n_weights;
    double *weights; /* in the order of net_weights() */
} reference;

reference *reference_of(gan_network *net, const net_layer *layers);
void reference_free(reference *ref);

/* Run `n` samples.  With `logits` a final sigmoid is left out. */
void reference_forward(const reference *ref, const double *in, size_t n, int logits, double *out);

/* The Euclidean norm of the gradient of each sample's logit with respect to the sample. */
void reference_slopes(const reference *ref, const double *in, size_t n, double *norms);

/* Mean binary cross-entropy of logits. */
double reference_bce(const double *logits, size_t n, double target);

/* The operands of one training step; `real` and `z` have n samples. */
typedef struct adversaries {
    reference *g, *d;
    size_t n;
    const float *real;
    const float *z;
} adversaries;

double adversaries_d_loss(const adversaries *a);
double adversaries_g_loss(const adversaries *a);

/* The logits of the real samples and of the generated ones. */
void adversaries_logits(const adversaries *a, double *real, double *fake);

typedef double (*adversaries_loss)(const adversaries *a);

/* The derivative of a loss with respect to weights[i], by central differences. */
double gradcheck_weight(adversaries_loss loss, const adversaries *a, double *weights, size_t i);

/* The derivative of a loss along a direction in the space of n weights. */
double gradcheck_direction(adversaries_loss loss, const adversaries *a, double *weights,
                           const double *direction, size_t n);

/* Compare a gradient of the library, value by value, with finite differences; it must not be all
 * zero. */
void gradcheck(adversaries_loss loss, const adversaries *a, reference *by, const float *grad);

#endif
