/* ward.h - runs with a seeded failure or none, monitored as by a host. */
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

/* A run: networks of two hidden layers, linear or convolutions with batch norm, Adam.  Zero is the default. */
typedef struct ward_run {
    const char *name;
    gan_loss loss;
    gan_penalty_kind penalty;
    double weight;   /* of the penalty.  0: 10, or 1 for DRAGAN and the Wasserstein loss */
    double lr, d_lr; /* 0: 0.0005, and the same */
    int spectral;    /* spectral normalisation in the discriminator */
    int ignores_z;   /* the generator's first layer is frozen at 0 */
    int frozen_d;
    size_t one_class;    /* 1: trained on trousers only */
    size_t n_training;   /* 0: all */
    int conditional;     /* both networks see labels */
    int convolutional;   /* of pictures */
    int shuffled;        /* labels are permuted */
    size_t steps, looks; /* per look, 0: 1000; number, 0: 2 */
    gan_verdict wanted;
} ward_run;

/* The result. */
typedef struct ward_end {
    gan_verdict verdict; /* of the first look with one, else HEALTHY */
    size_t look;         /* its number, from 1 */
    gan_finding finding;
    double coverage, coverage_floor, kid; /* of the last look */
} ward_end;

/* Samples to train on, to compare with and to hold out. */
typedef struct ward_data {
    size_t n; /* to train on; WARD_SEEN held-out ones follow */
    size_t size, n_classes;
    const char *const *class_names;
    float *x;
    uint8_t *labels;
} ward_data;

/* Pictures are read from `data`; or eight Gaussians on a ring are drawn. */
ward_data ward_open(const gan_dataset *data, size_t n);
ward_data ward_draw_ring(size_t n);
void ward_close(ward_data *p);

/* Run it.  Each look is printed when `talk` is 1. */
ward_end ward_watch(const ward_data *p, const ward_run *r, uint64_t seed, int talk);

/* The runs with failures, and those without: on pictures, and on the ring. */
extern const ward_run ward_failures[], ward_healthy[], ward_on_ring[];
extern const size_t ward_n_failures, ward_n_healthy, ward_n_on_ring;

#endif
