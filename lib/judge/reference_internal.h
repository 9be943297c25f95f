/* reference_internal.h - declarations that the files of a comparison share. */
#ifndef GAN_REFERENCE_INTERNAL_H
#define GAN_REFERENCE_INTERNAL_H

#include "base/busy_internal.h"

#include <gan/metrics.h>
#include <gan/reference.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GAN__SCAN_ROWS = 64,     /* rows of a scan that one task processes */
    GAN__SCAN_COLUMNS = 512, /* columns that are packed at a time, so that they stay in the cache */
    GAN__KID_BLOCKS = 20,    /* of a set, for the jackknife; with fewer vectors, one each */
};

/* The numbers of a comparison, in the order of the record. */
#define GAN__METRICS(X)                                                                            \
    X(precision)                                                                                   \
    X(recall)                                                                                      \
    X(density)                                                                                     \
    X(coverage)                                                                                    \
    X(agreement)                                                                                   \
    X(kid)                                                                                         \
    X(nn_ratio)                                                                                    \
    X(copying)                                                                                     \
    X(nn_real)                                                                                     \
    X(nn_generated)                                                                                \
    X(duplicates)                                                                                  \
    X(bins_different)                                                                              \
    X(bins_missing)                                                                                \
    X(classes_missing)                                                                             \
    X(frechet)                                                                                     \
    X(frechet_limit)

typedef enum gan__metric {
#define GAN__METRIC_ENUM(name) GAN__METRIC_##name,
    GAN__METRICS(GAN__METRIC_ENUM)
#undef GAN__METRIC_ENUM
        GAN__N_METRICS
} gan__metric;

/* Vectors and what scanning them needs. */
typedef struct gan__set {
    const float *x; /* n vectors */
    size_t n;
    size_t dimension;
    float *length2;         /* squared lengths */
    const uint16_t *labels; /* NULL: not known */
} gan__set;

/* A scan: compare each vector of a set with all of another set, or with the others of its own.  It
 * finds the k nearest, and how many balls around the other set's vectors each is inside. */
typedef struct gan__scan {
    const gan__set *from, *to;
    size_t k;
    double *nearest;       /* squared distances of the k nearest, ascending: n * k */
    const double *radius2; /* of the balls, `stride` numbers apart; NULL: balls are not counted */
    size_t stride;
    uint32_t *inside; /* balls that each is inside: n */
    uint32_t *first;  /* the index of the nearest, the first in ties: n.  NULL: not needed */
    double *kernel;   /* sums of the kernel with each of `blocks` equal parts of `to`: n * blocks */
    size_t blocks;
} gan__scan;

/* The results of scanning a set's vectors against the real ones. */
typedef struct gan__sight {
    double *near;      /* squared distance of the nearest: n */
    uint32_t *nearest; /* its index: n */
    uint32_t *inside;  /* real balls that each is inside: n */
    double *kernel;    /* sums of the kernel with all real ones: n */
} gan__sight;

/* A set of samples, generated or held out, as compared with the reference. */
typedef struct gan__view {
    gan__set set;
    int held_out; /* it is the reference's held-out set, from which floors are computed */
    gan__sight sight;
    double *own;    /* squared distances of the k nearest within the set: n * k */
    double *kernel; /* sums of the kernel with each block of the set: n * blocks */
    size_t blocks;
    double *real_near;     /* for each real one, the nearest of the set */
    uint32_t *real_inside; /* and the number of the set's balls that it is inside */
} gan__view;

struct gan_reference {
    gan_allocator allocator;
    gan_reference_desc desc; /* zeros replaced by their defaults */
    gan_pool *pool, *own_pool;
    gan__busy busy;
    size_t dimension;
    double quantile;  /* of the normal distribution, for the intervals */
    float *vectors;   /* the real samples, followed by those held out */
    uint16_t *labels; /* of these; NULL */
    float *lengths;   /* squared, of these */
    gan__set real, held_out;
    gan__sight held_sight; /* of all held out */
    double *own;           /* squared distances from each real sample to its k nearest real ones */
    double own_median;     /* of the distances of real samples from their nearest */
    double *held_near; /* distances of held-out samples from the nearest real one, sorted, for both
                          halves */
    double kernel;     /* the mean of the kernel over pairs of real samples */
    gan_moments *moments; /* of the real samples; NULL: not computed */
    float *centre_vectors;
    gan__set centres;                   /* of the bins */
    gan_reference_share *shares;        /* in bins, then in classes, of the latest comparison */
    gan_estimate floor[GAN__N_METRICS]; /* of the first n_floor held-out samples; 0: not computed
                                           yet */
    size_t n_floor;
    float *packed;          /* GAN__SCAN_COLUMNS vectors in panels */
    float *tiles;           /* for each thread the products of GAN__SCAN_ROWS with these */
    float *limits;          /* for each of these an upper bound of a ball's radius */
    double work, work_done; /* pairs of vectors that a call has to scan, and that are done */
};

/* reference_scan.c */
gan_status gan__reference_measure_lengths(const gan__set *set, const char *name);
gan_status gan__reference_scan(gan_reference *ref, const gan__scan *scan);

/* reference_look.c: the scans, and the number of pairs in each: within the real samples, once; a
 * set against the real samples; and the set within itself, the real samples against the set, and
 * the set against the bins. */
double gan__reference_look_work(const gan_reference *ref, size_t n);
gan_status gan__reference_look_real(gan_reference *ref);
gan_status gan__reference_look_at_real(gan_reference *ref, const gan__set *set, gan__sight *sight);
gan_status gan__reference_look_back(gan_reference *ref, gan__view *view);

/* reference_neighbors.c, reference_kid.c: the metrics of a view. */
void gan__reference_judge_neighbors(const gan_reference *ref, const gan__view *view,
                                    gan_estimate *of);
void gan__reference_judge_kid(const gan_reference *ref, const gan__view *view, gan_estimate *of);

/* reference_copies.c: the medians and sorted distances that copies are measured by, and the
 * metrics. */
gan_status gan__reference_sort_real(gan_reference *ref);
gan_status gan__reference_judge_copies(const gan_reference *ref, const gan__view *view,
                                       gan_estimate *of);

/* reference_bins.c: bins of the real samples, the number of pairs that finding them scans, and the
 * shares in bins, then in classes, with the metrics. */
double gan__reference_bins_work(const gan_reference *ref);
gan_status gan__reference_make_bins(gan_reference *ref);
gan_status gan__reference_judge_shares(gan_reference *ref, const gan__view *view,
                                       gan_reference_share *shares, gan_estimate *of);

/* reference_frechet.c: the moments of the real samples, and the distance of a view. */
gan_status gan__reference_measure_moments(gan_reference *ref);
gan_status gan__reference_judge_frechet(const gan_reference *ref, const gan__view *view,
                                        gan_estimate *of);

/* reference_estimate.c: a mean with its standard error and interval; a share of n independent
 * samples, by Wilson's formula; an unknown value. */
double gan__estimate_quantile(double confidence);
gan_estimate gan__estimate_share(double sum, double n, double quantile);
gan_estimate gan__estimate_mean(double value, double error, double quantile);
gan_estimate gan__estimate_unknown(void);

#endif
