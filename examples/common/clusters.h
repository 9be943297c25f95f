/* clusters.h - labels for images without any: clusters of similar images, all about as large.
 *
 * A GAN that is conditional on such clusters draws better samples than an unconditional one, as its
 * generator has fewer kinds of images to keep apart at a time (self-conditioned GANs: Liu et al.,
 * 2020, who find clusters in the discriminator's features; here they are found in pixels, before
 * training).  All are about as large, so that drawing them in turn, as programs draw classes, draws
 * from the distribution of the images. */
#ifndef CLUSTERS_H
#define CLUSTERS_H

#include "cli.h"

enum { CLUSTERS_MOST = 256 };

/* The names of the first `n` clusters, "cluster 1" and so on, which tell them from classes. */
const char *const *clusters_names(size_t n);

/* Whether the classes of a generator are clusters, which don't correspond to labels of images. */
int clusters_are_classes_of(const gan_network *generator);

/* Make a dataset of the same images whose labels are `n` clusters, of 2 to CLUSTERS_MOST, found
 * with this seed.  Return 0 after saying what is wrong; `*out` is yours in any case. */
int clusters_open(gan_dataset **out, const gan_dataset *data, size_t n, uint64_t seed, int quiet);

#endif
