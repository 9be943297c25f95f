/* rng.c - Philox streams.
 *
 * Value p of a stream is word p % 4 of block p / 4; a block's counter is (block, stream), its key
 * the seed.  Normal numbers come in pairs: values 2i and 2i+1 from the words at the same two
 * places. */
#include "math/rng_internal.h"

#include "base/alloc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "math/kernels_simd_internal.h"
#include "math/numeric_internal.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = 256, /* values made at a time; a multiple of 4 */
    BLOCK = 256, /* classes between stored sums; within a block they are added up for each label */
};

/* Generate values [position, position + n) by chunks of whole blocks, of which the requested part
 * is copied: floats by `make`, or the bits themselves when it is NULL. */
static void fill(uint64_t seed, uint64_t stream, uint64_t position, size_t n, void *out,
                 void (*make)(size_t n, const uint32_t *bits, float *out))
{
    unsigned char *to = out;
    uint32_t bits[CHUNK];
    float values[CHUNK];

    while (n > 0) {
        const size_t skip = (size_t)(position % 4);
        const size_t take = n < CHUNK - skip ? n : CHUNK - skip;
        const size_t n_blocks = (skip + take + 3) / 4;

        gan__simd_best()->philox(seed, stream, position / 4, n_blocks, bits);
        if (make) make(4 * n_blocks, bits, values);
        memcpy(to, make ? (const void *)(values + skip) : (const void *)(bits + skip), take * 4);
        to += take * 4;
        position += take;
        n -= take;
    }
}

void gan__rng_fill_bits(uint64_t seed, uint64_t stream, uint64_t position, size_t n, uint32_t *out)
{
    fill(seed, stream, position, n, out, NULL);
}

void gan__rng_uniform(uint64_t seed, uint64_t stream, uint64_t position, size_t n, float *out)
{
    fill(seed, stream, position, n, out, gan__simd_best()->uniform);
}

void gan__rng_normal(uint64_t seed, uint64_t stream, uint64_t position, size_t n, float *out)
{
    fill(seed, stream, position, n, out, gan__simd_best()->normal);
}

uint32_t gan__rng_bits(uint64_t seed, uint64_t stream, uint64_t position)
{
    uint32_t block[4];

    gan__simd_best()->philox(seed, stream, position / 4, 1, block);
    return block[position % 4];
}

/* Lemire's method: the upper half of bits * bound.  A draw that would be biased is replaced by one
 * from a separate stream, keyed by the position, so that a value takes exactly one place. */
uint32_t gan__rng_below(uint64_t seed, uint64_t stream, uint64_t position, uint32_t bound)
{
    const uint32_t unfair = bound ? (0u - bound) % bound : 0;
    uint64_t product = (uint64_t)gan__rng_bits(seed, stream, position) * bound;

    for (uint64_t retry = 0; (uint32_t)product < unfair; retry++)
        product =
            (uint64_t)gan__rng_bits(seed ^ 0x9E3779B97F4A7C15u, stream, (position << 8) + retry) *
            bound;
    return (uint32_t)(product >> 32);
}

/* ---- labels ---- */

static double weight_of(const double *weights, size_t label)
{
    return weights ? weights[label] : 1;
}

static double largest_of(size_t n, const double *weights)
{
    double largest = weight_of(weights, 0);

    for (size_t i = 1; i < n; i++) largest = fmax(largest, weight_of(weights, i));
    return largest;
}

int gan__rng_check_weights(size_t n_classes, const double *weights)
{
    if (n_classes == 0 || n_classes > GAN__MOST_CLASSES) return 0;
    for (size_t i = 0; i < n_classes; i++)
        if (!(weight_of(weights, i) >= 0 && isfinite(weight_of(weights, i)))) return 0;
    return largest_of(n_classes, weights) > 0;
}

/* The cumulative distribution: each class has its share of the interval from 0 to `sum`, after
 * those of the classes before it.  Weights are relative to the largest, so that no sum overflows.
 * Only the beginnings of blocks are stored, as all ends may be more than a stack has room for. */
typedef struct shares {
    const double *weights;
    double largest, sum;
    size_t n_blocks;
    double begins[GAN__MOST_CLASSES / BLOCK];
} shares;

static void cut_into_shares(shares *s, size_t n_classes, const double *weights)
{
    s->weights = weights;
    s->largest = largest_of(n_classes, weights);
    s->sum = 0;
    s->n_blocks = 0;
    for (size_t k = 0; k < n_classes; k++) {
        if (k % BLOCK == 0) s->begins[s->n_blocks++] = s->sum;
        s->sum += weight_of(weights, k) / s->largest;
    }
}

/* The first label whose share ends after `at`, which is below the sum. */
static uint16_t label_at(const shares *s, double at)
{
    size_t block = 0, label;
    double end;

    while (block + 1 < s->n_blocks && s->begins[block + 1] <= at) block++;
    label = block * BLOCK;
    end = s->begins[block] + weight_of(s->weights, label) / s->largest;
    while (end <= at) end += weight_of(s->weights, ++label) / s->largest;
    return (uint16_t)label;
}

void gan__rng_labels(uint64_t seed, uint64_t stream, uint64_t position, size_t n_classes,
                     const double *weights, size_t n, uint16_t *labels)
{
    shares s;

    cut_into_shares(&s, n_classes, weights);
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t take = n - i < CHUNK ? n - i : CHUNK;
        uint32_t bits[CHUNK];

        gan__rng_fill_bits(seed, stream, position + i, take, bits);
        for (size_t j = 0; j < take; j++) labels[i + j] = label_at(&s, s.sum * 0x1p-32 * bits[j]);
    }
}

/* ---- handles ---- */

/* Check the arguments of a draw. */
static gan_status check(const gan_rng *rng, size_t n, const void *out, const char *out_name)
{
    if (!rng) return gan__fail(GAN_ERR_INVALID, "rng: is NULL");
    if (!out && n > 0)
        return gan__fail(GAN_ERR_INVALID, "rng: %s is NULL for %zu values", out_name, n);
    return GAN_OK;
}

gan_status gan_rng_create(gan_rng **out, uint64_t seed, uint64_t stream,
                          const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "rng: out is NULL");
    *out = NULL;
    GAN_TRY(gan__alloc_init(&a, allocator));
    GAN_TRY(gan__alloc(out, &a, 1, sizeof **out));
    **out = (gan_rng){seed, stream, 0, a};

cleanup:
    return status;
}

void gan_rng_destroy(gan_rng *rng)
{
    if (!rng) return;
    const gan_allocator a = rng->allocator;
    gan__free(&a, rng);
}

/* Fill by one of the functions of a position, and advance the stream past what was drawn. */
static gan_status draw(gan_rng *rng, size_t n, float *out,
                       void (*fill_from)(uint64_t seed, uint64_t stream, uint64_t position,
                                         size_t n, float *out))
{
    gan_status status = GAN_OK;
    gan__numeric numeric;

    GAN_TRY(check(rng, n, out, "out"));
    gan__numeric_enter(&numeric);
    fill_from(rng->seed, rng->stream, rng->position, n, out);
    gan__numeric_leave(&numeric);
    rng->position += n;

cleanup:
    return status;
}

gan_status gan_rng_uniform(gan_rng *rng, size_t n, float *out)
{
    return draw(rng, n, out, gan__rng_uniform);
}

gan_status gan_rng_normal(gan_rng *rng, size_t n, float *out)
{
    return draw(rng, n, out, gan__rng_normal);
}

static gan_status check_labels(const gan_rng *rng, size_t n_classes, int most,
                               const double *weights, size_t n, const void *labels)
{
    gan_status status = GAN_OK;

    GAN_TRY(check(rng, n, labels, "labels"));
    if (n_classes > (size_t)most || !gan__rng_check_weights(n_classes, weights))
        GAN_FAIL(GAN_ERR_INVALID,
                 "rng: weights of 1 to %d classes expected, finite, not negative, not all 0; got "
                 "%zu classes",
                 most, n_classes);

cleanup:
    return status;
}

gan_status gan_rng_labels(gan_rng *rng, size_t n_classes, const double *weights, size_t n,
                          uint8_t *labels)
{
    gan_status status = GAN_OK;
    uint16_t wide[CHUNK];

    GAN_TRY(check_labels(rng, n_classes, GAN__BYTE_CLASSES, weights, n, labels));
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t take = n - i < CHUNK ? n - i : CHUNK;

        gan__rng_labels(rng->seed, rng->stream, rng->position, n_classes, weights, take, wide);
        for (size_t j = 0; j < take; j++) labels[i + j] = (uint8_t)wide[j];
        rng->position += take;
    }

cleanup:
    return status;
}

gan_status gan_rng_labels16(gan_rng *rng, size_t n_classes, const double *weights, size_t n,
                            uint16_t *labels)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_labels(rng, n_classes, GAN__MOST_CLASSES, weights, n, labels));
    gan__rng_labels(rng->seed, rng->stream, rng->position, n_classes, weights, n, labels);
    rng->position += n;

cleanup:
    return status;
}

/* The inverse of erf(): Winitzki's approximation, to within 0.002, and three steps of Halley's
 * method, each of which triples the number of correct digits. */
static double inverse_erf(double y)
{
    const double a = 0.147, root_pi = 1.7724538509055160273;
    const double log_rest = log((1 - y) * (1 + y));
    const double b = 2 / (3.14159265358979323846 * a) + log_rest / 2;
    double x = copysign(sqrt(sqrt(b * b - log_rest / a) - b), y);

    for (int i = 0; i < 3; i++) {
        const double error = (erf(x) - y) * exp(x * x) * root_pi / 2;

        x -= error / (1 + x * error);
    }
    return x;
}

/* By inversion, of the middle of each uniform number's interval: neither end is reached. */
gan_status gan_rng_truncated_normal(gan_rng *rng, double bound, size_t n, float *out)
{
    gan_status status = GAN_OK;
    const double root_2 = 1.41421356237309504880, half = 1.0 / (1 << 25);
    gan__numeric numeric;

    if (!(bound > 0)) GAN_FAIL(GAN_ERR_INVALID, "rng: a bound above 0 expected, got %g", bound);
    GAN_TRY(gan_rng_uniform(rng, n, out));
    gan__numeric_enter(&numeric);
    for (size_t i = 0; i < n; i++)
        out[i] =
            (float)(root_2 * inverse_erf((2 * ((double)out[i] + half) - 1) * erf(bound / root_2)));
    gan__numeric_leave(&numeric);

cleanup:
    return status;
}

uint32_t gan_rng_below(gan_rng *rng, uint32_t bound)
{
    return rng ? gan__rng_below(rng->seed, rng->stream, rng->position++, bound) : 0;
}

uint64_t gan_rng_position(const gan_rng *rng)
{
    return rng ? rng->position : 0;
}

gan_status gan_rng_seek(gan_rng *rng, uint64_t position)
{
    gan_status status = GAN_OK;

    GAN_TRY(check(rng, 0, NULL, ""));
    rng->position = position;

cleanup:
    return status;
}
