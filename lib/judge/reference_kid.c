/* reference_kid.c - the kernel distance.
 *
 * The squared maximum mean discrepancy of two sets X (real) and Y is estimated without bias by
 *
 *     mean k(x, x')  +  mean k(y, y')  -  2 mean k(x, y),     x other than x', y other than y'
 *
 * over all pairs (Gretton et al., 2012; with this kernel Binkowski et al., 2018).  It is the limit
 * of the mean over random subsets, without drawing any.  Its standard error is the jackknife's: Y
 * is cut into blocks, each of which is left out once.  A pair is in the sums of both its members'
 * blocks, so:
 *
 *           block 0   b    ...
 *         +--------+-----+------+
 *         |        |     |      |        what is left without block b is all
 *       b |  row   | b,b | of b |        less row and column b, plus b,b
 *         |        | col |      |
 *         +--------+-----+------+ */
#include "judge/reference_internal.h"

#include <math.h>

/* Sums over pairs, and how many samples they are of. */
typedef struct sums {
    double own, cross, n;
} sums;

static double kid(const gan_reference *ref, const sums *s)
{
    return ref->kernel + s->own / (s->n * (s->n - 1)) - 2 * s->cross / (s->n * (double)ref->real.n);
}

/* The sums of the pairs that one block takes part in. */
static sums of_block(const gan__view *view, size_t b)
{
    const size_t n = view->set.n, blocks = view->blocks;
    const size_t begin = b * n / blocks, end = (b + 1) * n / blocks;
    sums s = {.n = (double)(end - begin)};

    for (size_t i = begin; i < end; i++) {
        s.cross += view->sight.kernel[i];
        for (size_t c = 0; c < blocks; c++)
            s.own += view->kernel[i * blocks + c] * (c != b ? 2 : 1);
    }
    return s;
}

static sums of_all(const gan__view *view)
{
    sums s = {.n = (double)view->set.n};

    for (size_t i = 0; i < view->set.n; i++) {
        s.cross += view->sight.kernel[i];
        for (size_t c = 0; c < view->blocks; c++) s.own += view->kernel[i * view->blocks + c];
    }
    return s;
}

void gan__reference_judge_kid(const gan_reference *ref, const gan__view *view, gan_estimate *of)
{
    const sums all = of_all(view);
    const double blocks = (double)view->blocks;
    double without[GAN__KID_BLOCKS], mean = 0, squares = 0;

    for (size_t b = 0; b < view->blocks; b++) {
        const sums s = of_block(view, b);
        const sums left = {all.own - s.own, all.cross - s.cross, all.n - s.n};

        without[b] = kid(ref, &left);
        mean += without[b] / blocks;
    }
    for (size_t b = 0; b < view->blocks; b++) squares += (without[b] - mean) * (without[b] - mean);
    of[GAN__METRIC_kid] =
        gan__estimate_mean(kid(ref, &all), sqrt(squares * (blocks - 1) / blocks), ref->quantile);
}
