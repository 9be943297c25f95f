/* metrics_singular.c - the sum of a matrix's singular values, in three steps:
 *
 *     x x x x x        x x . . .
 *     x x x x x   ->   . x x . .   ->   singular values  ->  their sum
 *     x x x x x        . . x . .
 *     a matrix         bidiagonal
 *
 * Householder reflections from both sides leave the singular values unchanged and clear one row and
 * one column after the other (Golub and Kahan, 1965).  Those of a bidiagonal matrix with the
 * diagonal d and e above it are, with both signs, the eigenvalues of the symmetric tridiagonal
 * matrix of twice the size with a diagonal of 0 and d0 e0 d1 e1 ... beside it, which are found by
 * the QL algorithm with implicit shifts (Dubrulle, Martin and Wilkinson, 1968).  No singular value
 * is squared, so the error of each is of the order of the largest one's rounding. */
#include "judge/metrics_internal.h"

#include "base/arithmetic_internal.h"

#include <float.h>
#include <math.h>

enum { MOST_STEPS = 60 /* of QL for one eigenvalue; two suffice usually */ };

#define SHORTEST 1.5e-154 /* a length whose square is no smaller than DBL_MIN */

double gan__metrics_dot(const double *a, const double *b, size_t n)
{
    /* Four sums side by side, which a CPU adds in parallel. */
    double sums[4] = {0, 0, 0, 0};
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++) sums[k] += a[i + k] * b[i + k];
    for (; i < n; i++) sums[0] += a[i] * b[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static void add_scaled(double *y, double factor, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

/* Reflect a vector with first component `first` and norm `length` onto the first axis, and return
 * its component there.  *first becomes the first component of the reflection's normal, whose others
 * are the vector's; *factor becomes 2 / the normal's squared norm.  A vector of zeros is
 * unchanged. */
static double reflect(double *first, double length, double *factor)
{
    const double onto = *first > 0 ? -length : length;

    if (!(length > SHORTEST)) {
        *factor = 0;
        return 0;
    }
    *factor = 1 / (length * (length + fabs(*first)));
    *first -= onto;
    return onto;
}

/* Clear row k beyond its diagonal, from all later rows; the diagonal is returned. */
static double clear_row(double *matrix, size_t rows, size_t columns, size_t k)
{
    double *v = matrix + k * columns + k;
    const size_t n = columns - k;
    double factor;
    const double diagonal = reflect(v, sqrt(gan__metrics_dot(v, v, n)), &factor);

    for (size_t i = k + 1; i < rows; i++) {
        double *row = matrix + i * columns + k;

        add_scaled(row, -factor * gan__metrics_dot(v, row, n), v, n);
    }
    return diagonal;
}

/* Clear column k two below its diagonal; the number just below it is returned.  `sum` has room for a
 * row.  The component of the reflection's normal for a row is in column k of that row. */
static double clear_column(double *matrix, size_t rows, size_t columns, size_t k, double *sum)
{
    double *normal = matrix + (k + 1) * columns + k;
    const size_t n = columns - k - 1;
    double factor, length = 0, below;

    for (size_t i = 0; i + k + 1 < rows; i++) length += normal[i * columns] * normal[i * columns];
    below = reflect(normal, sqrt(length), &factor);
    for (size_t c = 0; c < n; c++) sum[c] = 0;
    for (size_t i = 0; i + k + 1 < rows; i++)
        add_scaled(sum, normal[i * columns], normal + i * columns + 1, n);
    for (size_t i = 0; i + k + 1 < rows; i++)
        add_scaled(normal + i * columns + 1, -factor * normal[i * columns], sum, n);
    return below;
}

/* One step of QL on the rows first to last of a symmetric tridiagonal matrix, shifted towards its
 * eigenvalue at `first`.  beside[i] lies between i and i + 1. */
static void step(double *diagonal, double *beside, size_t first, size_t last)
{
    double g = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first]);
    double s = 1, c = 1, p = 0;

    g = diagonal[last] - diagonal[first] + beside[first] / (g + copysign(hypot(g, 1), g));
    for (size_t i = last; i-- > first;) {
        const double f = s * beside[i], b = c * beside[i], r = hypot(f, g);

        beside[i + 1] = r;
        if (!(r > 0)) { /* the matrix splits here */
            diagonal[i + 1] -= p;
            beside[last] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = diagonal[i + 1] - p;
        const double turned = (diagonal[i] - g) * s + 2 * c * b;

        p = s * turned;
        diagonal[i + 1] = g + p;
        g = c * turned - b;
    }
    diagonal[first] -= p;
    beside[first] = g;
    beside[last] = 0;
}

/* Turn the diagonal into the eigenvalues.  beside[n - 1] is 0. */
static void find_eigenvalues(double *diagonal, double *beside, size_t n)
{
    double least = 0;

    for (size_t i = 0; i < n; i++) least = fmax(least, fabs(beside[i]));
    least *= DBL_EPSILON;
    for (size_t first = 0; first < n; first++)
        for (int steps = 0; steps < MOST_STEPS; steps++) {
            size_t last = first;

            while (last + 1 < n && fabs(beside[last]) > least) last++;
            if (last == first) break;
            step(diagonal, beside, first, last);
        }
}

double gan__metrics_singular_sum(double *matrix, size_t rows, size_t columns, double *memory)
{
    double *diagonal = memory, *beside = diagonal + 2 * rows, *row = beside + 2 * rows;
    double sum = 0;

    for (size_t k = 0; k < rows; k++) {
        beside[2 * k] = clear_row(matrix, rows, columns, k);
        beside[2 * k + 1] = k + 1 < rows ? clear_column(matrix, rows, columns, k, row) : 0;
    }
    for (size_t i = 0; i < 2 * rows; i++) diagonal[i] = 0;
    find_eigenvalues(diagonal, beside, 2 * rows);
    for (size_t i = 0; i < 2 * rows; i++) sum += fabs(diagonal[i]) / 2;
    return sum;
}
