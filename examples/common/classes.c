/* classes.c - see classes.h.
 *
 * With P(i | j) the share of labelled images of class j that are taken for i, and w(j) the shares
 * that are looked for, images are taken for i with probability  p(i) = sum over j of P(i | j) w(j).
 * Each round divides the images that were taken for i among the classes as w says, and takes what
 * each class has got for its new w: the likelihood never falls, and no share is ever negative. */
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

/* One round: from shares to better ones.  `known` is how many labelled images each class has. */
static void improve(const classes *c, const double *known, double *shares, double *better)
{
    size_t n = c->n;
    double seen = sum_of(c->taken, n);
    clear(better, n);
    for (size_t i = 0; i < n; i++) {
        double p = 0;
        for (size_t j = 0; j < n; j++)
            if (known[j] > 0) p += c->mistake[j * n + i] / known[j] * shares[j];
        if (!(p > 0)) continue; /* taken for what no labelled image is ever taken for */
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
