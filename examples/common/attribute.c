/* attribute.c - see attribute.h. */
#include "attribute.h"

#include "fashion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN = 4000, LEAST = 20, GARMENT_NUMBERS = 784 };

static int open_classifier(attribute *a, const generator *g, const char *path)
{
    const gan_classifier_desc desc = {GAN_CLASSIFIER_DESC_INIT};
    if (!cli_ok(gan_network_open(&a->net, path, NULL)) ||
        !cli_ok(gan_classifier_create(&a->classifier, a->net, NULL, &desc)))
        return 0;
    size_t expected = gan_shape_size(gan_network_input_shape(a->net));
    if (expected == g->size) return 1;
    cli_say("%s expects pictures of %zu numbers, the generator's have %zu", path, expected,
            g->size);
    return 0;
}

/* Files of classifiers have no class names; those of garments are known. */
static int find_classes(attribute *a, const char *classes)
{
    const char *names[256] = {NULL}, *comma = strchr(classes, ',');
    size_t n = gan_classifier_class_count(a->classifier);
    size_t size = gan_shape_size(gan_network_input_shape(a->net));
    char first[128];
    for (size_t i = 0; n == FASHION_GARMENTS && size == GARMENT_NUMBERS && i < n; i++)
        names[i] = fashion_garments[i];
    if (n > sizeof names / sizeof *names || !comma) {
        cli_say("--classes: two of at most 256 classes, such as 7,9, expected, got \"%s\"",
                classes);
        return 0;
    }
    snprintf(first, sizeof first, "%.*s", (int)(comma - classes), classes);
    if (!generator_find_name(&a->end[0], names, n, "classes", first) ||
        !generator_find_name(&a->end[1], names, n, "classes", comma + 1))
        return 0;
    for (int i = 0; i < 2; i++) a->name[i] = names[a->end[i]];
    return 1;
}

/* Classify samples 0 to SEEN - 1 of the seed, and add up the latent vectors of both classes. */
static int add_up(attribute *a, generator *g, double *sums, size_t points)
{
    float *samples = cli_memory(GENERATOR_CHUNK * g->size, sizeof *samples);
    uint16_t labels[GENERATOR_CHUNK];
    int good = 1;
    for (; good && a->seen < SEEN; a->seen += GENERATOR_CHUNK) {
        good = generator_draw(g, a->seen, GENERATOR_CHUNK, samples) &&
               cli_ok(gan_classifier_predict_labels16(a->classifier, samples, GENERATOR_CHUNK,
                                                      labels));
        for (size_t i = 0; good && i < GENERATOR_CHUNK; i++)
            for (size_t k = 0; k < 2; k++) {
                if (labels[i] != a->end[k]) continue;
                if (k == 0 && a->found[0] < points) a->starts[a->found[0]] = a->seen + i;
                a->found[k]++;
                for (size_t j = 0; j < g->latent; j++)
                    sums[k * g->latent + j] += (double)g->z[i * g->latent + j];
            }
    }
    free(samples);
    return good;
}

static int find_direction(attribute *a, generator *g, size_t points)
{
    double *sums = cli_memory(2 * g->latent, sizeof *sums);
    size_t needed = points > LEAST ? points : LEAST;
    int good = add_up(a, g, sums, points);
    for (size_t k = 0; good && k < 2; k++) {
        if (a->found[k] >= (k == 0 ? needed : LEAST)) continue;
        cli_say("%zu of %zu samples are classified as class %d, at least %zu expected", a->found[k],
                a->seen, a->end[k], k == 0 ? needed : (size_t)LEAST);
        good = 0;
    }
    for (size_t j = 0; good && j < g->latent; j++)
        a->direction[j] =
            (float)(sums[g->latent + j] / (double)a->found[1] - sums[j] / (double)a->found[0]);
    free(sums);
    return good;
}

int attribute_open(attribute *a, generator *g, const char *classifier, const char *classes,
                   size_t points)
{
    *a = (attribute){.starts = cli_memory(points, sizeof *a->starts),
                     .direction = cli_memory(g->latent, sizeof *a->direction)};
    return open_classifier(a, g, classifier) && find_classes(a, classes) &&
           find_direction(a, g, points);
}

void attribute_close(attribute *a)
{
    free(a->starts);
    free(a->direction);
    gan_classifier_destroy(a->classifier);
    gan_network_destroy(a->net);
    *a = (attribute){0};
}

static double length_of(const float *z, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)z[i] * (double)z[i];
    return sqrt(sum);
}

void attribute_go(const attribute *a, const generator *g, const float *z, double share,
                  double strength, float *out)
{
    for (size_t i = 0; i < g->latent; i++)
        out[i] = z[i] + (float)(share * strength * (double)a->direction[i]);
    if (gan_network_latent(g->net) == GAN_LATENT_UNIFORM) {
        for (size_t i = 0; i < g->latent; i++) out[i] = fminf(fmaxf(out[i], -1), 1);
        return;
    }
    double scale = length_of(z, g->latent) / length_of(out, g->latent);
    for (size_t i = 0; i < g->latent; i++) out[i] = (float)(scale * (double)out[i]);
}

int attribute_count(const attribute *a, const float *samples, size_t n, size_t *reached)
{
    uint16_t *labels = cli_memory(n, sizeof *labels);
    int good = cli_ok(gan_classifier_predict_labels16(a->classifier, samples, n, labels));
    *reached = 0;
    for (size_t i = 0; good && i < n; i++) *reached += labels[i] == a->end[1];
    free(labels);
    return good;
}
