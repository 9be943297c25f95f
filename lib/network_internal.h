/* network_internal.h - the inside of a network, for those that run and train it. */
#ifndef GAN_NETWORK_INTERNAL_H
#define GAN_NETWORK_INTERNAL_H

#include "layer_internal.h"

#include <gan/network.h>
#include <stddef.h>
#include <stdint.h>

struct gan__pass;
struct gan__safetensors;

struct gan_network {
    gan_allocator allocator;
    uint64_t seed;
    gan_pool *pool; /* borrowed, or NULL */
    gan_shape input;

    gan_layer *layers;
    size_t *offsets;        /* of each layer's numbers in the flat block */
    size_t *buffer_offsets; /* and in that of buffers */
    size_t n_layers;
    size_t n_added;  /* by the host, who counts a layer that holds others as one */
    size_t capacity; /* of the three arrays */
    size_t n_params;
    size_t n_buffers;

    /* The first failure, returned by every later call. */
    gan_status status;
    char message[256];

    /* From gan_network_build() on. */
    float *params;
    float *buffers;
    gan_tensor *tensors;
    char *names;
    size_t n_tensors;
    struct gan__pass *pass; /* for gan_network_forward() */
};

/* Read a host's descriptor, or the defaults for NULL, and the allocator that it asks for. */
gan_status gan__network_read_desc(gan_network_desc *out, gan_allocator *allocator,
                                  const gan_network_desc *desc);

/* Return GAN_OK, or fail with a sentence that begins with `who` and says which number of which
 * tensor in the flat block `numbers` is the first that is not finite. */
gan_status gan__network_check_finite(const gan_network *net, const float *numbers, const char *who);

/* Return the layers as text, to be freed with free(); NULL without memory. */
char *gan__network_describe(const gan_network *net);

/* Make a network from its description, in the metadata of a file under `key`, and the tensors whose
 * names begin with `prefix`.  Statuses are those of gan_network_open(). */
gan_status gan__network_open(gan_network **out, struct gan__safetensors *file, const char *key,
                             const char *prefix, const gan_network_desc *desc);

#endif
