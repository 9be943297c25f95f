/* networks.h - convolutional networks for pictures: a table of architectures, each of which builds
 * a generator and a discriminator of any suitable size, with or without classes.
 *
 *     dcgan     a convolution per resolution, batch normalisation (Radford et al., 2016)
 *     deep      a dcgan with one more convolution in each network
 *     resnet    residual blocks, no normalisation in the discriminator (Miyato et al., 2018), and if wanted
 *               self-attention (SAGAN: Zhang et al., 2019)
 *     r3gan     residual bottlenecks of grouped convolutions without any normalisation, resampling by
 *               a filter (Huang et al., 2024)
 *
 * They share the resolutions: feature maps of 4 to 7 pixels are doubled until they have the size of
 * the picture, and the discriminator halves them in reverse order, down to one number. */
#ifndef NETWORKS_H
#define NETWORKS_H

#include "run.h"

#include <stdint.h>

/* The description of the networks to build. */
typedef struct networks_plan {
    gan_shape picture; /* [channels, height, width] */
    size_t latent;     /* latent dimension */
    size_t base;       /* channels of the feature maps at half the picture's size: see
                          networks_width() */
    size_t embedding;  /* size of a conditional generator's class embedding */
    size_t classes;    /* of a conditional generator; 0: unconditional */
    size_t shown;      /* classes of a projection discriminator; 0: none */
    size_t outputs;    /* of the discriminator's output without a projection */
    int plain;         /* 1: no batch normalisation in the discriminator of dcgan and deep */
    int spectral_norm; /* 1: spectral normalisation of the discriminator's weights */
    int attention;     /* 1: self-attention at maps of 14 to 27 pixels, in a resnet */
    int stddev;        /* 1: minibatch standard deviation before the discriminator's last layer */
    int sigmoid;       /* 1: the discriminator ends in one */
} networks_plan;

/* An architecture.  Its functions add the layers to a network whose input is the latent vector as
 * [latent, 1, 1], followed by the embedding of a class, or the picture. */
typedef struct networks_kind {
    const char *name;
    int doubles; /* 1: sizes are doubled exactly, so halving must have no remainder */
    void (*add_generator)(gan_network *net, const networks_plan *plan);
    void (*add_discriminator)(gan_network *net, const networks_plan *plan);
    gan_init_desc init;
} networks_kind;

extern const networks_kind networks_dcgan, networks_deep, networks_resnet, networks_r3gan;

/* The names of all, for an option, and the kinds in the same order; both end with NULL.  The indices
 * of those that a program names. */
extern const char *const networks_names[];
extern const networks_kind *const networks_kinds[];
enum { NETWORKS_DCGAN, NETWORKS_DEEP };

/* Return how many times a side of at least 8 pixels is halved, rounding down, until it has 4 to 7:
 * 28 twice (14, 7), 64 four times, 30 twice (15, 7).  0 for a shorter one. */
size_t networks_halvings(size_t side);

/* The size of a map. */
typedef struct networks_map {
    size_t height, width;
} networks_map;

/* Return how many times both sides of the picture are halved; the size of the feature maps after n
 * times. */
size_t networks_count(const networks_plan *plan);
networks_map networks_halved(const networks_plan *plan, size_t n);

/* Return the channels of the feature maps after n halvings: base for n = 1, twice as many
 * for each further halving, up to 8 * base; half of them for n = 0. */
size_t networks_width(const networks_plan *plan, size_t n);

/* Return the number of inputs of a generator's first layer. */
size_t networks_inputs(const networks_plan *plan);

/* For the architectures: a batch_norm layer, conditional in a conditional generator; the
 * generator's first layer, from a vector to the smallest feature maps; a layer of a discriminator;
 * its last one, on feature maps of this many channels and size. */
void networks_add_norm(gan_network *net, const networks_plan *plan, size_t channels);
void networks_add_first(gan_network *net, const networks_plan *plan, int no_bias);
void networks_add_weights(gan_network *net, const networks_plan *plan, gan_layer *layer);
void networks_add_head(gan_network *net, const networks_plan *plan, size_t channels,
                       networks_map size);

/* Return a convolution whose kernel is as large as a map. */
gan_conv2d_desc networks_whole(networks_map size);

/* Make a network with weights drawn from `seed`; NULL after saying what is wrong. */
gan_network *networks_make_generator(const networks_kind *kind, const networks_plan *plan,
                                     uint64_t seed);
gan_network *networks_make_discriminator(const networks_kind *kind, const networks_plan *plan,
                                         uint64_t seed);

/* The program's options for the networks. */
typedef struct networks_options {
    int network; /* index in networks_names */
    long latent; /* latent dimension */
    long base;   /* channels of the feature maps at half the picture's size; each further halving
                    doubles them, up to 8 * base */
    long d_base; /* those of the discriminator; 0: base */
    int d_no_batch_norm; /* 1: no batch normalisation in the discriminator of dcgan and deep */
    int stddev;          /* 1: minibatch standard deviation in the discriminator */
    long embedding;      /* in a conditional run the size of the class embedding */
    int attention;       /* 1: self-attention, in a resnet */
} networks_options;

/* clang-format off */
#define NETWORKS_OPTIONS(o)                                                                        \
    {"network", "NAME", .choice = &(o)->network, .choices = networks_names,                        \
     .help = "architecture of both networks; deep: a dcgan with one more convolution in each; "     \
             "resnet: residual blocks, without batch normalisation in the discriminator; r3gan: "  \
             "residual bottlenecks without any"},                                                  \
    RUN_LATENT_OPTION(&(o)->latent),                                                               \
    {"base", "N", .whole = &(o)->base, .min = 1, .max = 1024,                                      \
     .help = "channels of the maps that are half as large as a picture"},                          \
    {"d-base", "N", .whole = &(o)->d_base, .min = 0, .max = 1024,                                  \
     .help = "the same for the discriminator; 0: as --base"},                                      \
    {.name = "d-no-batch-norm", .on = &(o)->d_no_batch_norm,                                       \
     .help = "no batch normalisation in the discriminator of --network dcgan and deep, as with a " \
             "gradient penalty or spectral normalisation"},                                        \
    {.name = "minibatch-stddev", .on = &(o)->stddev,                                               \
     .help = "minibatch standard deviation before the discriminator's last layer, which lets it "  \
             "see how varied the images of a batch are (Karras et al., 2018)"},                    \
    {.name = "attention", .on = &(o)->attention,                                                   \
     .help = "self-attention (SAGAN) at maps of 14 to 27 pixels, for --network resnet"}
#define NETWORKS_EMBEDDING_OPTION(o)                                                               \
    {"embedding", "N", .whole = &(o)->embedding, .min = 1, .max = 4096,                            \
     .help = "size of the embedding learnt for each class, which is appended to the latent "       \
             "vector, and to the picture of a linear discriminator"}
/* clang-format on */

/* Make the networks for the pictures of `parts`, which is complete except for them, train as
 * run_train() does and return its code. */
int networks_train(const networks_options *networks, const run_parts *parts);

#endif
