/* ward.h - runs that are seeded with a failure or with none, watched over as a host does it. */
#ifndef WARD_H
#define WARD_H

#include <gan/gan.h>
#include <stddef.h>
#include <stdint.h>

/* Pictures of 28x28 are halved: 14x14 numbers from -1 to 1; points have two.  These numbers are also
 * the features of looks. */
enum {
    WARD_PIXELS = 14 * 14,
    WARD_LATENT = 16,
    WARD_HIDDEN = 64,
    WARD_BATCH = 64,
    WARD_SEEN = 500
};

/* A run: networks of two hidden layers, linear or convolutions with batch norm, Adam.  Zero is what is
 * usual. */
typedef struct ward_run {
    const char *name;
    gan_loss loss;
    gan_penalty_kind penalty;
    double weight;   /* of the penalty.  0: 10, or 1 for DRAGAN and the Wasserstein's */
    double lr, d_lr; /* 0: 0.0005, and the same */
    int spectral;    /* the discriminator's layers are normalised */
    int ignores_z;   /* the generator's first weights are 0 and stay it */
    int frozen_d;
    size_t one_class;    /* 1: only trousers are trained on */
    size_t n_training;   /* 0: all */
    int conditional;     /* both networks see labels */
    int convolutional;   /* of pictures */
    int shuffled;        /* labels belong to other samples */
    size_t steps, looks; /* from look to look, 0: 1000; how many, 0: 2 */
    gan_verdict wanted;
} ward_run;

/* What came of it. */
typedef struct ward_end {
    gan_verdict verdict; /* of the first look that had one, else HEALTHY */
    size_t look;         /* and which it was, from 1 */
    gan_finding finding;
    double coverage, coverage_floor, kid; /* of the last look */
} ward_end;

/* Samples to train on, to compare with and to hold out. */
typedef struct ward_data {
    size_t n; /* to train on; behind these there are WARD_SEEN to hold out */
    size_t size, n_classes;
    const char *const *class_names;
    float *x;
    uint8_t *labels;
} ward_data;

/* Pictures are read from `data`; or eight Gaussians on a ring are drawn. */
ward_data ward_open(const gan_dataset *data, size_t n);
ward_data ward_draw_ring(size_t n);
void ward_close(ward_data *p);

/* Do a run.  Each look is printed when `talk` is 1. */
ward_end ward_watch(const ward_data *p, const ward_run *r, uint64_t seed, int talk);

/* The failures that have to be found, and the runs in which nothing is to be found: of pictures, and
 * on the ring. */
extern const ward_run ward_failures[], ward_healthy[], ward_on_ring[];
extern const size_t ward_n_failures, ward_n_healthy, ward_n_on_ring;

#endif
