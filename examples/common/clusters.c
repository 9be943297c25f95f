/* clusters.c - see clusters.h.
 *
 * k-means in means of pixels: images join the nearest centre, centres move to the mean of their
 * images, and so on.  So that all clusters become about as large, each centre has a price that is
 * added to its distance from every image, and rises while the cluster is larger than the average:
 *
 *     round     measure all distances
 *               sweep     each image joins the centre with the least distance + price;
 *                         price += step * (size / average - 1)
 *               each centre moves to the mean of its images */
#include "clusters.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20, SWEEPS = 20, CHUNK = 500, NAME = 16 };

typedef struct clusters {
    size_t n, k, dimension;
    float *x;        /* [n, dimension]: the images */
    float *centre;   /* [dimension, k]: columns, as distances to all are summed up at a time */
    float *distance; /* [n, k]: squared */
    double *price;   /* [k] */
    size_t *size;    /* [k] */
    uint16_t *label; /* [n] */
} clusters;

/* ---- Images ---- */

static int read_images(const gan_dataset *data, gan_features *features, clusters *c)
{
    size_t numbers = gan_shape_size(gan_dataset_shape(data));
    float *images = cli_memory(CHUNK * numbers, sizeof *images);
    int good = 1;
    for (size_t done = 0, now; good && done < c->n; done += now) {
        now = c->n - done < CHUNK ? c->n - done : CHUNK;
        for (size_t i = 0; good && i < now; i++)
            good = cli_ok(gan_dataset_read_labels16(data, done + i, images + i * numbers, NULL));
        good =
            good && cli_ok(gan_features_compute(features, images, now, c->x + done * c->dimension));
    }
    free(images);
    return good;
}

/* ---- k-means ---- */

/* The squared distances of an image to all centres, in the order of memory. */
static void measure(const clusters *c, size_t i)
{
    const float *x = c->x + i * c->dimension;
    float *to = c->distance + i * c->k;
    memset(to, 0, c->k * sizeof *to);
    for (size_t d = 0; d < c->dimension; d++)
        for (size_t j = 0; j < c->k; j++) {
            float difference = x[d] - c->centre[d * c->k + j];
            to[j] += difference * difference;
        }
}

static void place_centre(clusters *c, size_t j, size_t image)
{
    for (size_t d = 0; d < c->dimension; d++)
        c->centre[d * c->k + j] = c->x[image * c->dimension + d];
}

/* Draw an image with a probability that is proportional to its weight. */
static size_t draw(gan_rng *rng, const float *weight, size_t n)
{
    double sum = 0;
    float u;
    for (size_t i = 0; i < n; i++) sum += (double)weight[i];
    gan_rng_uniform(rng, 1, &u);
    double rest = sum * (double)u;
    for (size_t i = 0; i < n; i++)
        if ((rest -= (double)weight[i]) < 0) return i;
    return n - 1;
}

static float squared_distance(const clusters *c, size_t image, size_t j)
{
    float sum = 0;
    for (size_t d = 0; d < c->dimension; d++) {
        float difference = c->x[image * c->dimension + d] - c->centre[d * c->k + j];
        sum += difference * difference;
    }
    return sum;
}

/* Centres are initially images that are far apart (k-means++: Arthur and Vassilvitskii, 2007): each
 * is drawn by its squared distance from the nearest one so far. */
static void place_centres(clusters *c, gan_rng *rng)
{
    float *nearest = cli_memory(c->n, sizeof *nearest);
    for (size_t i = 0; i < c->n; i++) nearest[i] = 1;
    for (size_t j = 0; j < c->k; j++) {
        place_centre(c, j, draw(rng, nearest, c->n));
        for (size_t i = 0; i < c->n; i++) {
            float square = squared_distance(c, i, j);
            if (j == 0 || square < nearest[i]) nearest[i] = square;
        }
    }
    free(nearest);
}

/* Let each image join a centre.  Return the mean squared distance. */
static double join(clusters *c)
{
    double sum = 0;
    memset(c->size, 0, c->k * sizeof *c->size);
    for (size_t i = 0; i < c->n; i++) {
        const float *distance = c->distance + i * c->k;
        size_t best = 0;
        for (size_t j = 1; j < c->k; j++)
            if ((double)distance[j] + c->price[j] < (double)distance[best] + c->price[best])
                best = j;
        c->label[i] = (uint16_t)best;
        c->size[best]++;
        sum += (double)distance[best];
    }
    return sum / (double)c->n;
}

static void sweep(clusters *c)
{
    double step = 0.3 * join(c), average = (double)c->n / (double)c->k;
    for (size_t j = 0; j < c->k; j++)
        c->price[j] += step * fmax(-1, fmin(1, (double)c->size[j] / average - 1));
}

/* A centre without images stays where it is. */
static void move_centres(clusters *c)
{
    double *sum = cli_memory(c->k * c->dimension, sizeof *sum);
    for (size_t i = 0; i < c->n; i++)
        for (size_t d = 0; d < c->dimension; d++)
            sum[d * c->k + c->label[i]] += (double)c->x[i * c->dimension + d];
    for (size_t j = 0; j < c->k; j++)
        for (size_t d = 0; d < c->dimension && c->size[j] > 0; d++)
            c->centre[d * c->k + j] = (float)(sum[d * c->k + j] / (double)c->size[j]);
    free(sum);
}

static void find_clusters(clusters *c, uint64_t seed)
{
    gan_rng *rng;
    cli_must(gan_rng_create(&rng, seed, 0, NULL));
    place_centres(c, rng);
    gan_rng_destroy(rng);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < c->n; i++) measure(c, i);
        for (int k = 0; k < SWEEPS; k++) sweep(c);
        join(c);
        move_centres(c);
    }
}

static void report(const clusters *c)
{
    size_t least = c->size[0], most = c->size[0];
    for (size_t j = 1; j < c->k; j++) {
        if (c->size[j] < least) least = c->size[j];
        if (c->size[j] > most) most = c->size[j];
    }
    cli_print("Clusters: %zu of similar images, %zu to %zu in each", c->k, least, most);
}

/* ---- The dataset ---- */

const char *const *clusters_names(size_t n)
{
    static char text[CLUSTERS_MOST][NAME];
    static const char *names[CLUSTERS_MOST];
    for (size_t i = 0; i < n && i < CLUSTERS_MOST; i++) {
        snprintf(text[i], sizeof text[i], "cluster %zu", i + 1);
        names[i] = text[i];
    }
    return names;
}

int clusters_are_classes_of(const gan_network *generator)
{
    const char *name = gan_network_class_name(generator, 0);
    return name && strcmp(name, clusters_names(1)[0]) == 0;
}

static int label_images(gan_dataset **out, const gan_dataset *data, clusters *c, uint64_t seed,
                        int quiet)
{
    gan_features *features;
    gan_features_desc one = {GAN_FEATURES_DESC_INIT, .n_threads = 1};
    gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .class_names = clusters_names(c->k),
                             .n_class_names = c->k};
    if (!cli_ok(gan_features_create_pixels(&features, gan_dataset_shape(data), &one))) return 0;
    c->dimension = gan_features_count(features);
    c->x = cli_memory(c->n * c->dimension, sizeof *c->x);
    c->centre = cli_memory(c->k * c->dimension, sizeof *c->centre);
    int good = read_images(data, features, c);
    gan_features_destroy(features);
    if (!good) return 0;
    find_clusters(c, seed);
    if (!quiet) report(c);
    return cli_ok(gan_dataset_create_labelled(out, data, c->label, &desc));
}

int clusters_open(gan_dataset **out, const gan_dataset *data, size_t n, uint64_t seed, int quiet)
{
    clusters c = {.n = gan_dataset_count(data), .k = n};
    *out = NULL;
    if (c.n < n) {
        cli_say("%zu clusters: at least as many images are needed, there are %zu", n, c.n);
        return 0;
    }
    c.distance = cli_memory(c.n * n, sizeof *c.distance);
    c.price = cli_memory(n, sizeof *c.price);
    c.size = cli_memory(n, sizeof *c.size);
    c.label = cli_memory(c.n, sizeof *c.label);
    int good = label_images(out, data, &c, seed, quiet);
    free(c.x);
    free(c.centre);
    free(c.distance);
    free(c.price);
    free(c.size);
    free(c.label);
    return good;
}
