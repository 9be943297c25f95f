/* school.c - a classifier with its network, optimizer and data. */
#include "school.h"

#include "expect.h"

#include <stdlib.h>

const net_layer pupil[] = {LINEAR(SAMPLE, 17),        LEAKY, LINEAR(17, FEATURES), TANH,
                           LINEAR(FEATURES, CLASSES), END};
const net_layer random_pupil[] = {LINEAR(SAMPLE, 17), LEAKY, DROPOUT(0.5f), LINEAR(17, CLASSES),
                                  END};

school school_begin(const net_layer *layers, opt_maker make_opt, const gan_classifier_desc *desc)
{
    school s = {net_seeded(SAMPLE, layers, 1), make_opt ? make_opt() : NULL, NULL};

    expect_ok(gan_classifier_create(&s.c, s.net, s.opt, desc));
    return s;
}

void school_end(school *s)
{
    gan_classifier_destroy(s->c);
    gan_optimizer_destroy(s->opt);
    gan_network_destroy(s->net);
}

gan_batch lesson(const float *samples, const uint8_t *labels, size_t n)
{
    return (gan_batch){GAN_BATCH_INIT, .count = n, .shape = gan_shape_1d(SAMPLE),
                       .samples = samples, .labels = labels};
}

/* n labels, to be freed: 0, 1, ..., CLASSES-1, 0, ... */
uint8_t *labels_of(size_t n)
{
    uint8_t *labels = malloc(n);

    for (size_t i = 0; i < n; i++) labels[i] = (uint8_t)(i % CLASSES);
    return labels;
}

/* One step on n samples seeded by `which`. */
void study(const school *s, size_t n, uint64_t which, gan_classifier_stats *stats)
{
    float *samples = normals(n * SAMPLE, which);
    uint8_t *labels = labels_of(n);
    const gan_batch batch = lesson(samples, labels, n);

    expect_ok(gan_classifier_step(s->c, &batch, stats));
    free(samples);
    free(labels);
}

/* An iterator over n samples seeded by `which`, in order. */
gan_iterator *quiz(gan_dataset **data, size_t n, uint64_t which, size_t batch, int labelled)
{
    float *samples = normals(n * SAMPLE, which);
    uint8_t *labels = labels_of(n);
    gan_iterator *it;

    expect_ok(gan_dataset_create_floats(data, samples, labelled ? labels : NULL, n,
                                        gan_shape_1d(SAMPLE), NULL));
    expect_ok(gan_iterator_create(
        &it, *data, &(gan_iterator_desc){GAN_ITERATOR_DESC_INIT, .batch_size = batch}));
    free(samples);
    free(labels);
    return it;
}
