/* garments.h - small DCGANs on Fashion-MNIST, and a classifier's features of their samples: for the
 * benchmarks of quality, not speed. */
#ifndef GARMENTS_H
#define GARMENTS_H

#include <gan/gan.h>
#include <stddef.h>
#include <stdint.h>

enum { GARMENT_PIXELS = 784, GARMENT_LATENT = 100, GARMENT_CLASSES = 10 };

/* Open the images of a set, "train" or "t10k", with their labels, from GAN_DATA_DIR. */
gan_dataset *garments_open(const char *set);

/* The first n images of a dataset, scaled to -1 to 1, to be freed. */
float *garments_read(const gan_dataset *data, size_t n);

/* Networks for images of `channels` channels, with `base` feature maps at 14x14 and initial weights
 * from `seed`. The discriminator has no batch normalisation and outputs a logit. */
gan_network *garments_generator(size_t channels, size_t base, uint64_t seed);
gan_network *garments_discriminator(size_t channels, size_t base, uint64_t seed);

/* The classifier of GAN_CLASSIFIER, a file of fashion_classifier. */
typedef struct garments_judge {
    gan_network *net;
    gan_classifier *classifier;
    gan_features *features;
} garments_judge;

/* Print the usage and end the program if GAN_DATA_DIR or GAN_CLASSIFIER is not set. */
garments_judge garments_judge_open(size_t threads, const char *usage);
void garments_judge_close(garments_judge *judge);

/* Features of n images, to be freed. */
float *garments_features(const garments_judge *judge, const float *images, size_t n);

/* Return GAN_FIRST_SEED, or 1. */
uint64_t garments_first_seed(void);

#endif
