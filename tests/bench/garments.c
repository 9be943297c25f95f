/* garments.c - see garments.h. */
#include "garments.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- images ---- */

gan_dataset *garments_open(const char *set)
{
    char images[4096], labels[4096];
    gan_dataset *data;

    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", getenv("GAN_DATA_DIR"), set);
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", getenv("GAN_DATA_DIR"), set);
    MUST(gan_dataset_open_idx(&data, images, labels, NULL));
    return data;
}

float *garments_read(const gan_dataset *data, size_t n)
{
    float *images = malloc(n * GARMENT_PIXELS * sizeof *images);
    uint8_t label;

    if (!images) die("memory");
    for (size_t i = 0; i < n; i++)
        MUST(gan_dataset_read(data, i, images + i * GARMENT_PIXELS, &label));
    for (size_t i = 0; i < n * GARMENT_PIXELS; i++) images[i] = 2 * images[i] - 1;
    return images;
}

/* ---- networks ---- */

static const gan_conv2d_desc by_two = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                       .padding = GAN_BOTH(1)};
static const gan_conv2d_desc bare_by_two = {GAN_CONV2D_DESC_INIT, .stride = GAN_BOTH(2),
                                            .padding = GAN_BOTH(1), .no_bias = 1};
static const gan_conv2d_desc bare = {GAN_CONV2D_DESC_INIT, .no_bias = 1};

gan_network *garments_generator(size_t channels, size_t base, uint64_t seed)
{
    gan_network *net = gan_network_create(gan_shape_3d(GARMENT_LATENT, 1, 1), NULL);

    gan_network_add(net, gan_layer_conv_transpose2d(GARMENT_LATENT, 2 * base, 7, &bare));
    gan_network_add(net, gan_layer_batch_norm(2 * base, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(2 * base, base, 4, &bare_by_two));
    gan_network_add(net, gan_layer_batch_norm(base, NULL));
    gan_network_add(net, gan_layer_relu());
    gan_network_add(net, gan_layer_conv_transpose2d(base, channels, 4, &by_two));
    gan_network_add(net, gan_layer_tanh());
    MUST(gan_network_initialize_as(net, seed, NULL));
    return net;
}

gan_network *garments_discriminator(size_t channels, size_t base, uint64_t seed)
{
    gan_network *net = gan_network_create(gan_shape_3d(channels, 28, 28), NULL);

    gan_network_add(net, gan_layer_conv2d(channels, base, 4, &by_two));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(base, 2 * base, 4, &by_two));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_conv2d(2 * base, 1, 7, NULL));
    MUST(gan_network_initialize_as(net, seed, NULL));
    return net;
}

/* ---- the classifier and its features ---- */

garments_judge garments_judge_open(size_t threads, const char *usage)
{
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT, .n_threads = threads};
    const char *path = getenv("GAN_CLASSIFIER");
    garments_judge j = {0};

    if (!path || !getenv("GAN_DATA_DIR")) {
        fputs(usage, stderr);
        exit(2);
    }
    MUST(gan_network_open(&j.net, path, NULL));
    MUST(gan_classifier_create(&j.classifier, j.net, NULL, &desc));
    MUST(gan_features_create_classifier(&j.features, j.classifier, NULL));
    return j;
}

void garments_judge_close(garments_judge *j)
{
    gan_features_destroy(j->features);
    gan_classifier_destroy(j->classifier);
    gan_network_destroy(j->net);
}

float *garments_features(const garments_judge *j, const float *images, size_t n)
{
    float *out = malloc(n * gan_features_count(j->features) * sizeof *out);

    if (!out) die("memory");
    MUST(gan_features_compute(j->features, images, n, out));
    return out;
}

uint64_t garments_first_seed(void)
{
    const char *first = getenv("GAN_FIRST_SEED");

    return first ? strtoull(first, NULL, 10) : 1;
}
