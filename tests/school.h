/* school.h - a classifier with its network, optimizer and data. */
#ifndef SCHOOL_H
#define SCHOOL_H

#include "game.h"

#include <gan/gan.h>
#include <stddef.h>
#include <stdint.h>

enum { SAMPLE = 12, CLASSES = 5, FEATURES = 9 };

/* Two hidden layers; one, and dropout. */
extern const net_layer pupil[], random_pupil[];

typedef struct school {
    gan_network *net;
    gan_optimizer *opt;
    gan_classifier *c;
} school;

/* Without an optimizer when make_opt is NULL. */
school school_begin(const net_layer *layers, opt_maker make_opt, const gan_classifier_desc *desc);
void school_end(school *s);

gan_batch lesson(const float *samples, const uint8_t *labels, size_t n);

/* n labels, to be freed: 0, 1, ..., CLASSES-1, 0, ... */
uint8_t *labels_of(size_t n);

/* One step on n samples seeded by `which`. */
void study(const school *s, size_t n, uint64_t which, gan_classifier_stats *stats);

/* An iterator over n samples seeded by `which`, in order. */
gan_iterator *quiz(gan_dataset **data, size_t n, uint64_t which, size_t batch, int labelled);

#endif
