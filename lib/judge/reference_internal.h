/* reference_internal.h - what the files of a comparison share. */
#ifndef GAN_REFERENCE_INTERNAL_H
#define GAN_REFERENCE_INTERNAL_H

#include "base/busy_internal.h"

#include <gan/metrics.h>
#include <gan/reference.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GAN__SCAN_ROWS = 64,     /* vectors that one task looks from */
    GAN__SCAN_COLUMNS = 512, /* vectors that all look at, whose packed form stays in the cache */
    GAN__KID_BLOCKS = 20,    /* of a set, of which one is left out; of fewer vectors each is one */
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

/* Vectors and what looking at them needs. */
typedef struct gan__set {
    const float *x; /* n vectors */
    size_t n;
    size_t dimension;
    float *length2;         /* squared lengths */
    const uint16_t *labels; /* NULL: not known */
} gan__set;

/* One look from each vector of a set at all of another, or at the others of its own: which are the
 * k nearest, and how many balls around those it is inside. */
typedef struct gan__scan {
    const gan__set *from, *to;
    size_t k;
    double *nearest;       /* squared distances of the k nearest, ascending: n * k */
    const double *radius2; /* of the balls, `stride` numbers apart; NULL: none is looked at */
    size_t stride;
    uint32_t *inside; /* balls that each is inside: n */
    uint32_t *first;  /* which is the nearest, the first of equals: n.  NULL: not wanted */
    double *kernel;   /* sums of the kernel with each of `blocks` equal parts of `to`: n * blocks */
    size_t blocks;
} gan__scan;

/* What a set's vectors see when they look at the real ones. */
typedef struct gan__sight {
    double *near;      /* squared distance of the nearest: n */
    uint32_t *nearest; /* which that is: n */
    uint32_t *inside;  /* real balls that each is inside: n */
    double *kernel;    /* sums of the kernel with all real ones: n */
} gan__sight;

/* What is known of a set of samples, generated or real, against the reference. */
typedef struct gan__view {
    gan__set set;
    int held_out; /* it is the reference's own, which stands in for a generated one */
    gan__sight sight;
    double *own;    /* squared distances of the k nearest within the set: n * k */
    double *kernel; /* sums of the kernel with each block of the set: n * blocks */
    size_t blocks;
    double *real_near;     /* for each real one, the nearest of the set */
    uint32_t *real_inside; /* and the balls of the set that it is inside */
} gan__view;

struct gan_reference {
    gan_allocator allocator;
    gan_reference_desc desc; /* with the numbers that its zeros stand for */
    gan_pool *pool, *own_pool;
    gan__busy busy;
    size_t dimension;
    double quantile;  /* of the normal distribution, for the intervals */
    float *vectors;   /* the real ones, and behind them those held out */
    uint16_t *labels; /* of these; NULL */
    float *lengths;   /* squared, of these */
    gan__set real, held_out;
    gan__sight held_sight; /* of all held out */
    double *own;           /* squared distances of the k nearest real of each real */
    double own_median;     /* of the distances of real ones from their nearest */
    double *held_near; /* distances of held-out ones from the nearest real, sorted; both halves */
    double kernel;     /* the mean of the kernel of two real ones */
    gan_moments *moments; /* of the real ones; NULL: not wanted */
    float *centre_vectors;
    gan__set centres;                   /* of the bins */
    gan_reference_share *shares;        /* in bins, then in classes, of the latest comparison */
    gan_estimate floor[GAN__N_METRICS]; /* of the first n_floor held out; 0: not known yet */
    size_t n_floor;
    float *packed;          /* GAN__SCAN_COLUMNS vectors in panels */
    float *tiles;           /* for each thread the products of GAN__SCAN_ROWS with these */
    float *limits;          /* for each of these what a ball's radius must be below */
    double work, work_done; /* pairs of vectors that a call looks at, and has */
};

/* reference_scan.c */
gan_status gan__reference_measure_lengths(const gan__set *set, const char *name);
gan_status gan__reference_scan(gan_reference *ref, const gan__scan *scan);

/* reference_look.c: the looks, and how many pairs each is at: of the real ones, which the kernel
 * sums are for as long as the call takes; of a set at them; and of that set within itself, from
 * the real ones, and at the bins, which is what the pairs are of. */
double gan__reference_look_work(const gan_reference *ref, size_t n);
gan_status gan__reference_look_real(gan_reference *ref);
gan_status gan__reference_look_at_real(gan_reference *ref, const gan__set *set, gan__sight *sight);
gan_status gan__reference_look_back(gan_reference *ref, gan__view *view);

/* reference_neighbors.c, reference_kid.c: numbers of a view. */
void gan__reference_judge_neighbors(const gan_reference *ref, const gan__view *view,
                                    gan_estimate *of);
void gan__reference_judge_kid(const gan_reference *ref, const gan__view *view, gan_estimate *of);

/* reference_copies.c: the medians and orders that copies are measured by, and their numbers. */
gan_status gan__reference_sort_real(gan_reference *ref);
gan_status gan__reference_judge_copies(const gan_reference *ref, const gan__view *view,
                                       gan_estimate *of);

/* reference_bins.c: bins of the real samples, how many pairs finding them looks at, and the shares
 * in bins, then in classes, with their numbers. */
double gan__reference_bins_work(const gan_reference *ref);
gan_status gan__reference_make_bins(gan_reference *ref);
gan_status gan__reference_judge_shares(gan_reference *ref, const gan__view *view,
                                       gan_reference_share *shares, gan_estimate *of);

/* reference_frechet.c: the moments of the real samples, and the distance of a view. */
gan_status gan__reference_measure_moments(gan_reference *ref);
gan_status gan__reference_judge_frechet(const gan_reference *ref, const gan__view *view,
                                        gan_estimate *of);

/* reference_estimate.c: a mean with its standard error and interval; that of a share of n samples
 * that know nothing of each other, by Wilson's formula; what nobody knows. */
double gan__estimate_quantile(double confidence);
gan_estimate gan__estimate_share(double sum, double n, double quantile);
gan_estimate gan__estimate_mean(double value, double error, double quantile);
gan_estimate gan__estimate_unknown(void);

#endif
