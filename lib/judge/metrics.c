/* metrics.c - moments of sets of vectors, and the distance of two.
 *
 * For covariances written as A = F^T F and B = G^T G the trace of (A B)^(1/2) is the sum of the
 * singular values of F G^T, because A B has the squares of these as eigenvalues.  So neither a
 * matrix square root nor eigenvalues of a product are computed: their square roots would amplify
 * rounding errors where a covariance is singular. */
#include "judge/metrics_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    MOST_DIMENSIONS = 65535,
    BLOCK = 32 /* vectors that are added while a row of products is in the L1 cache */
};

/* Sums are of differences from the first vector, which is as near to the mean as any, so that
 * little is lost to cancellation when the mean is subtracted at the end. */
struct gan_moments {
    gan_allocator allocator;
    size_t dimension;
    uint64_t count;
    int around;     /* the origin was given; the first vector doesn't set it */
    double *origin; /* the first vector */
    double *sum;
    double *products; /* the lower triangle: row i has i + 1 numbers */
    double *block;    /* BLOCK vectors, relative to the origin */
};

/* ---- collecting ---- */

gan_status gan_moments_create(gan_moments **out, size_t dimension, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_moments *m = NULL;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "moments: out is NULL");
    *out = NULL;
    if (dimension == 0 || dimension > MOST_DIMENSIONS)
        return gan__fail(GAN_ERR_INVALID, "moments: a dimension of 1 to %d expected, got %zu",
                         MOST_DIMENSIONS, dimension);
    GAN_TRY(gan__alloc_init(&a, allocator));
    GAN_TRY(gan__alloc(&m, &a, 1, sizeof *m));
    m->allocator = a;
    m->dimension = dimension;
    GAN_TRY(gan__alloc(&m->origin, &a, dimension, sizeof *m->origin));
    GAN_TRY(gan__alloc(&m->sum, &a, dimension, sizeof *m->sum));
    GAN_TRY(gan__alloc(&m->block, &a, BLOCK * dimension, sizeof *m->block));
    GAN_TRY(gan__alloc(&m->products, &a, dimension * (dimension + 1) / 2, sizeof *m->products));
    *out = m;
    m = NULL;

cleanup:
    gan_moments_destroy(m);
    return status;
}

void gan_moments_destroy(gan_moments *m)
{
    if (!m) return;
    const gan_allocator a = m->allocator;

    gan__free(&a, m->products);
    gan__free(&a, m->block);
    gan__free(&a, m->sum);
    gan__free(&a, m->origin);
    gan__free(&a, m);
}

static void add_block(gan_moments *m, const float *vectors, size_t n)
{
    const size_t d = m->dimension;

    for (size_t r = 0; r < n; r++)
        for (size_t j = 0; j < d; j++) {
            m->block[r * d + j] = (double)vectors[r * d + j] - m->origin[j];
            m->sum[j] += m->block[r * d + j];
        }
    for (size_t i = 0; i < d; i++) {
        double *row = m->products + i * (i + 1) / 2;

        for (size_t r = 0; r < n; r++) {
            const double *x = m->block + r * d;

            for (size_t j = 0; j <= i; j++) row[j] += x[i] * x[j];
        }
    }
    m->count += n;
}

gan_status gan_moments_add(gan_moments *m, const float *vectors, size_t n)
{
    if (!m) return gan__fail(GAN_ERR_INVALID, "moments: is NULL");
    if (n > 0 && !vectors)
        return gan__fail(GAN_ERR_INVALID, "moments: vectors is NULL for %zu of them", n);
    for (size_t i = 0; i < n * m->dimension; i++)
        if (!isfinite(vectors[i]))
            return gan__fail(GAN_ERR_NONFINITE, "moments: value %zu of vector %zu is %g",
                             i % m->dimension, i / m->dimension, (double)vectors[i]);
    if (m->count == 0 && !m->around && n > 0)
        for (size_t j = 0; j < m->dimension; j++) m->origin[j] = (double)vectors[j];
    for (size_t done = 0; done < n; done += BLOCK)
        add_block(m, vectors + done * m->dimension, n - done < BLOCK ? n - done : BLOCK);
    return GAN_OK;
}

void gan__moments_begin(gan_moments *m, const float *origin)
{
    m->around = 1;
    for (size_t j = 0; j < m->dimension; j++) m->origin[j] = (double)origin[j];
}

void gan__moments_combine(gan_moments *out, const gan_moments *a, const gan_moments *b, int sign)
{
    const size_t d = a->dimension;

    out->count = sign < 0 ? a->count - b->count : a->count + b->count;
    out->around = 1;
    memcpy(out->origin, b->origin, d * sizeof *out->origin);
    for (size_t i = 0; i < d; i++) out->sum[i] = a->sum[i] + sign * b->sum[i];
    for (size_t i = 0; i < d * (d + 1) / 2; i++)
        out->products[i] = a->products[i] + sign * b->products[i];
}

uint64_t gan_moments_count(const gan_moments *m)
{
    return m ? m->count : 0;
}

size_t gan_moments_dimension(const gan_moments *m)
{
    return m ? m->dimension : 0;
}

/* ---- keeping ---- */

/* Dimension and count, then origin, sum and products; the block is empty between calls. */
enum { STATE_DIMENSION, STATE_COUNT, STATE_SUMS };

/* Counts up to this are exact in a double. */
#define MOST_COUNT 9007199254740992.0

static size_t product_count(const gan_moments *m)
{
    return m->dimension * (m->dimension + 1) / 2;
}

size_t gan_moments_state_size(const gan_moments *m)
{
    return m ? STATE_SUMS + 2 * m->dimension + product_count(m) : 0;
}

gan_status gan_moments_save(const gan_moments *m, double *state)
{
    if (!m || !state) return gan__fail(GAN_ERR_INVALID, "moments: %s is NULL", m ? "state" : "it");
    state[STATE_DIMENSION] = (double)m->dimension;
    state[STATE_COUNT] = (double)m->count;
    state += STATE_SUMS;
    memcpy(state, m->origin, m->dimension * sizeof *state);
    memcpy(state + m->dimension, m->sum, m->dimension * sizeof *state);
    memcpy(state + 2 * m->dimension, m->products, product_count(m) * sizeof *state);
    return GAN_OK;
}

/* Check a state that has the right count of numbers. */
static gan_status check_state(const gan_moments *m, const double *state)
{
    const double count = state[STATE_COUNT];
    const double *products = state + STATE_SUMS + 2 * m->dimension;
    const size_t n = gan_moments_state_size(m);

    if (state[STATE_DIMENSION] != (double)m->dimension)
        return gan__fail(GAN_ERR_SHAPE, "moments: a state of dimension %g, of %zu expected",
                         state[STATE_DIMENSION], m->dimension);
    if (!(count >= 0 && count <= MOST_COUNT && count == floor(count)))
        return gan__fail(GAN_ERR_INVALID, "moments: a count of 0 to %g expected, the state has %g",
                         MOST_COUNT, count);
    for (size_t i = STATE_SUMS; i < n; i++)
        if (!isfinite(state[i]))
            return gan__fail(GAN_ERR_NONFINITE, "moments: value %zu of the state is %g", i,
                             state[i]);
    for (size_t i = 0; i < m->dimension; i++)
        if (products[i * (i + 1) / 2 + i] < 0)
            return gan__fail(GAN_ERR_NONFINITE,
                             "moments: the squares of dimension %zu have the sum %g", i,
                             products[i * (i + 1) / 2 + i]);
    return GAN_OK;
}

gan_status gan_moments_restore(gan_moments *m, const double *state, size_t n)
{
    gan_status status;

    if (!m || !state) return gan__fail(GAN_ERR_INVALID, "moments: %s is NULL", m ? "state" : "it");
    if (n != gan_moments_state_size(m))
        return gan__fail(GAN_ERR_SHAPE, "moments: a state of %zu numbers expected, got %zu",
                         gan_moments_state_size(m), n);
    status = check_state(m, state);
    if (status != GAN_OK) return status;
    m->count = (uint64_t)state[STATE_COUNT];
    state += STATE_SUMS;
    memcpy(m->origin, state, m->dimension * sizeof *state);
    memcpy(m->sum, state + m->dimension, m->dimension * sizeof *state);
    memcpy(m->products, state + 2 * m->dimension, product_count(m) * sizeof *state);
    return GAN_OK;
}

/* ---- reading ---- */

static double mean_of(const gan_moments *m, size_t i)
{
    return m->origin[i] + m->sum[i] / (double)m->count;
}

static double covariance_of(const gan_moments *m, size_t i, size_t j)
{
    const double n = (double)m->count;
    const double products =
        i < j ? m->products[j * (j + 1) / 2 + i] : m->products[i * (i + 1) / 2 + j];

    return (products - m->sum[i] * m->sum[j] / n) / (n - 1);
}

static gan_status check_filled(const gan_moments *m)
{
    if (!m) return gan__fail(GAN_ERR_INVALID, "moments: is NULL");
    if (m->count < 2)
        return gan__fail(GAN_ERR_INVALID, "moments: at least 2 vectors expected, found %d",
                         (int)m->count);
    return GAN_OK;
}

gan_status gan_moments_read(const gan_moments *m, double *mean, double *covariance)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_filled(m));
    for (size_t i = 0; mean && i < m->dimension; i++) mean[i] = mean_of(m, i);
    for (size_t i = 0; covariance && i < m->dimension; i++)
        for (size_t j = 0; j < m->dimension; j++)
            covariance[i * m->dimension + j] = covariance_of(m, i, j);

cleanup:
    return status;
}

/* ---- the distance ---- */

static size_t largest_of(const double *x, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

/* Write a covariance as F^T F (Cholesky, largest pivot first), and return the number of rows of F,
 * the numerical rank.  `left` holds what the rows so far leave of the diagonal. */
static size_t factorize(const gan_moments *m, double *rows, double *left)
{
    const size_t d = m->dimension;
    double smallest = 0;

    for (size_t i = 0; i < d; i++) left[i] = covariance_of(m, i, i);
    smallest = (double)d * DBL_EPSILON * left[largest_of(left, d)];
    for (size_t k = 0; k < d; k++) {
        double *row = rows + k * d;
        const size_t pivot = largest_of(left, d);
        const double root = sqrt(left[pivot]);

        if (!(left[pivot] > smallest)) return k;
        for (size_t i = 0; i < d; i++) row[i] = covariance_of(m, i, pivot);
        for (size_t l = 0; l < k; l++) {
            const double *above = rows + l * d;
            const double factor = above[pivot];

            for (size_t i = 0; i < d; i++) row[i] -= factor * above[i];
        }
        for (size_t i = 0; i < d; i++) {
            row[i] /= root;
            left[i] -= row[i] * row[i];
        }
        left[pivot] = 0;
    }
    return d;
}

/* The trace of the square root of the product of both covariances.  `memory` is that of
 * gan__metrics_frechet(). */
static double trace_of_root(const gan_moments *a, const gan_moments *b, double *memory)
{
    const size_t d = a->dimension;
    double *of_a = memory;
    double *of_b = memory + d * d;
    double *product = memory + 2 * d * d;
    const size_t a_rows = factorize(a, of_a, product);
    const size_t b_rows = factorize(b, of_b, product);
    /* The matrix must not have more rows than columns. */
    const int turned = a_rows > b_rows;
    const double *f = turned ? of_b : of_a;
    const double *g = turned ? of_a : of_b;
    const size_t f_rows = turned ? b_rows : a_rows;
    const size_t g_rows = turned ? a_rows : b_rows;

    for (size_t i = 0; i < f_rows; i++)
        for (size_t j = 0; j < g_rows; j++)
            product[i * g_rows + j] = gan__metrics_dot(f + i * d, g + j * d, d);
    return gan__metrics_singular_sum(product, f_rows, g_rows, memory + 3 * d * d);
}

size_t gan__metrics_frechet_numbers(size_t d)
{
    return gan__size_mul(d, gan__size_add(gan__size_mul(3, d), 5));
}

double gan__metrics_frechet(const gan_moments *a, const gan_moments *b, double *memory)
{
    double sum = 0;

    for (size_t i = 0; i < a->dimension; i++) {
        const double way = mean_of(a, i) - mean_of(b, i);

        sum += way * way + covariance_of(a, i, i) + covariance_of(b, i, i);
    }
    /* Where the exact distance is 0, rounding must not make it negative. */
    return fmax(0, sum - 2 * trace_of_root(a, b, memory));
}

gan_status gan_metrics_frechet(double *distance, const gan_moments *a, const gan_moments *b)
{
    gan_status status = GAN_OK;
    double *memory = NULL;

    if (!distance) return gan__fail(GAN_ERR_INVALID, "metrics: distance is NULL");
    GAN_TRY(check_filled(a));
    GAN_TRY(check_filled(b));
    if (a->dimension != b->dimension)
        GAN_FAIL(GAN_ERR_SHAPE, "metrics: vectors of %zu and of %zu numbers", a->dimension,
                 b->dimension);
    GAN_TRY(gan__alloc(&memory, &a->allocator, gan__metrics_frechet_numbers(a->dimension),
                       sizeof *memory));
    *distance = gan__metrics_frechet(a, b, memory);

cleanup:
    if (memory) gan__free(&a->allocator, memory);
    return status;
}
