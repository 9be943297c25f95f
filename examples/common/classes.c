/* classes.c - see classes.h.
 *
 * P(i | j) is the share of labelled images of class j that are classified as i, and w(j) are the
 * unknown shares: an image is classified as i with probability p(i) = sum over j of P(i | j) w(j).
 * Each iteration distributes the images classified as i over the classes by the current w, and the
 * resulting shares are the new w: the likelihood never decreases, and no share is negative. */
#include "classes.h"

#include "cli.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 300 };

void classes_begin(classes *c, size_t n)
{
    c->n = n;
    c->mistake = cli_memory(n * n, sizeof *c->mistake);
    c->taken = cli_memory(n, sizeof *c->taken);
    classes_forget_labelled(c);
    classes_forget(c);
}

void classes_end(classes *c)
{
    free(c->mistake);
    free(c->taken);
    *c = (classes){0};
}

static void clear(double *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) numbers[i] = 0;
}

void classes_forget_labelled(classes *c)
{
    clear(c->mistake, c->n * c->n);
}

void classes_forget(classes *c)
{
    clear(c->taken, c->n);
}

void classes_learn(classes *c, uint16_t label, uint16_t taken_for)
{
    c->mistake[label * c->n + taken_for]++;
}

void classes_count(classes *c, uint16_t taken_for)
{
    c->taken[taken_for]++;
}

static double sum_of(const double *numbers, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += numbers[i];
    return sum;
}

double classes_labelled(const classes *c, size_t label)
{
    return sum_of(c->mistake + label * c->n, c->n);
}

/* One iteration: improve the shares.  `known` is how many labelled images each class has. */
static void improve(const classes *c, const double *known, double *shares, double *better)
{
    size_t n = c->n;
    double seen = sum_of(c->taken, n);
    clear(better, n);
    for (size_t i = 0; i < n; i++) {
        double p = 0;
        for (size_t j = 0; j < n; j++)
            if (known[j] > 0) p += c->mistake[j * n + i] / known[j] * shares[j];
        if (!(p > 0)) continue; /* classified as a class that no labelled image is classified as */
        for (size_t j = 0; j < n; j++)
            if (known[j] > 0)
                better[j] += c->taken[i] / seen * c->mistake[j * n + i] / known[j] * shares[j] / p;
    }
    memcpy(shares, better, n * sizeof *shares);
}

void classes_estimate(const classes *c, double *shares)
{
    size_t n = c->n;
    double *known = cli_memory(2 * n, sizeof *known);
    for (size_t j = 0; j < n; j++) {
        known[j] = classes_labelled(c, j);
        shares[j] = 1 / (double)n;
    }
    for (int round = 0; round < ROUNDS && sum_of(c->taken, n) > 0; round++)
        improve(c, known, shares, known + n);
    free(known);
}
