/* conditional.h - the games of make_conditional.py: networks that use labels, and a trainer. */
#ifndef CONDITIONAL_H
#define CONDITIONAL_H

#include "game.h"

#include <gan/gan.h>
#include <stddef.h>
#include <stdint.h>

enum { CLASSES = 4, LATENT = 5, MOST_ROWS = 40 };

/* An embedding at both inputs; conditional batch norm with a projection discriminator; an auxiliary
 * classifier; the first again, with a relativistic loss; the third again, real samples' classes
 * only. */
enum { LINEAR_RUN, IMAGES_RUN, AUXILIARY_RUN, RELATIVISTIC_RUN, REAL_ONLY_RUN, RUNS };

typedef struct conditional_run {
    const char *name;
    gan_network *(*g)(size_t width), *(*d)(size_t width); /* `width` times as wide */
    size_t sample;
    gan_loss loss;
    double auxiliary_weight;
    opt_maker make_opt; /* in Python */
} conditional_run;

extern const conditional_run runs[RUNS];
extern const double class_weights[CLASSES];

gan_network *linear_g(size_t width);
gan_network *linear_d(size_t width);

/* A run's trainer for batches of up to MOST_ROWS samples; with every option that labels affect. */
gan_trainer_desc desc_of(int run);
gan_trainer_desc every_option(int run);

game conditional_game(int run, size_t width, opt_maker make_opt, const gan_trainer_desc *desc);

void draw_labels(uint8_t *labels, size_t n, uint64_t stream);

/* A batch of n samples that lives as long as the test. */
typedef struct real_batch {
    float *samples; /* to be freed */
    uint8_t labels[MOST_ROWS];
    gan_batch batch;
} real_batch;
void make_batch(real_batch *b, const game *x, size_t n);

#endif
