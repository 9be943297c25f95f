/* test_network_statistics.c - re-estimating running statistics. */
#include "budget.h"
#include "expect.h"
#include "gradcheck.h"
#include "sequence.h"

#include <gan/gan.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IN = 3, WIDE = 5, OUT = 4, N = 23, BATCHES = 3 };

/* linear, batch_norm, leaky_relu, linear, batch_norm: the second one's statistics depend on how the
 * first normalises. */
static gan_network *two_norms(const gan_network_desc *desc)
{
    gan_network *net = gan_network_create(gan_shape_1d(IN), desc);
    const gan_norm_desc slow = {GAN_NORM_DESC_INIT, .momentum = 0.01};

    gan_network_add(net, gan_layer_linear(IN, WIDE));
    gan_network_add(net, gan_layer_batch_norm(WIDE, &slow));
    gan_network_add(net, gan_layer_leaky_relu(0.2f));
    gan_network_add(net, gan_layer_linear(WIDE, OUT));
    gan_network_add(net, gan_layer_batch_norm(OUT, NULL));
    return net;
}

static float *drawn(size_t n, uint64_t stream)
{
    float *out = malloc(n * sizeof *out);
    gan_rng *rng;

    expect_ok(gan_rng_create(&rng, 1, stream, NULL));
    gan_rng_normal(rng, n, out);
    gan_rng_destroy(rng);
    return out;
}

/* ---- the same in double precision ---- */

/* y = W x + b for n rows. */
static void linear(const gan_tensor *w, const gan_tensor *b, size_t n, const double *x, double *y)
{
    const size_t out = w->shape.dim[0], in = w->shape.dim[1];

    for (size_t r = 0; r < n; r++)
        for (size_t o = 0; o < out; o++) {
            y[r * out + o] = (double)b->data[o];
            for (size_t i = 0; i < in; i++)
                y[r * out + o] += (double)w->data[o * in + i] * x[r * in + i];
        }
}

/* Normalise n rows and add a share of their mean and unbiased variance to `mean` and `var`. */
static void normalise(size_t n, size_t width, double *x, double share, double *mean, double *var)
{
    for (size_t c = 0; c < width; c++) {
        double m = 0, v = 0;

        for (size_t r = 0; r < n; r++) m += x[r * width + c] / (double)n;
        for (size_t r = 0; r < n; r++) v += pow(x[r * width + c] - m, 2) / (double)n;
        for (size_t r = 0; r < n; r++) x[r * width + c] = (x[r * width + c] - m) / sqrt(v + 1e-5);
        mean[c] += share * m;
        var[c] += share * v * (double)n / (double)(n - 1);
    }
}

static void expect_numbers(gan_network *net, const char *name, const double *wanted)
{
    const gan_tensor t = tensor_of(net, name);

    for (size_t i = 0; i < t.size; i++) expect_near((double)t.data[i], wanted[i], 1e-5, 1e-6);
}

/* 23 inputs by at most 8 are batches of 7, 8 and 8, each of which counts for a third. */
TEST(running_statistics_are_the_mean_of_those_of_the_batches)
{
    gan_network *net = two_norms(&(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = 3});
    const gan_statistics_desc desc = {GAN_STATISTICS_DESC_INIT, .batch_size = 8};
    const size_t begins[BATCHES + 1] = {0, 7, 15, N};
    double mean1[WIDE] = {0}, var1[WIDE] = {0}, mean2[OUT] = {0}, var2[OUT] = {0};
    float *in = drawn(N * IN, 1);
    const gan_tensor w0 = tensor_of(net, "0.weight"), b0 = tensor_of(net, "0.bias"),
                     w3 = tensor_of(net, "3.weight"), b3 = tensor_of(net, "3.bias");

    for (size_t i = 0; i < BATCHES; i++) {
        const size_t rows = begins[i + 1] - begins[i];
        double x[8 * IN], h[8 * WIDE], y[8 * OUT];

        for (size_t j = 0; j < rows * IN; j++) x[j] = (double)in[begins[i] * IN + j];
        linear(&w0, &b0, rows, x, h);
        normalise(rows, WIDE, h, 1.0 / BATCHES, mean1, var1);
        for (size_t j = 0; j < rows * WIDE; j++) h[j] *= h[j] < 0 ? (double)0.2f : 1;
        linear(&w3, &b3, rows, h, y);
        normalise(rows, OUT, y, 1.0 / BATCHES, mean2, var2);
    }
    expect_ok(gan_network_estimate_statistics(net, in, NULL, N, &desc));
    expect_numbers(net, "1.running_mean", mean1);
    expect_numbers(net, "1.running_var", var1);
    expect_numbers(net, "4.running_mean", mean2);
    expect_numbers(net, "4.running_var", var2);
    free(in);
    gan_network_destroy(net);
}

/* Their previous values don't matter, nor does the number of threads. */
TEST(what_was_there_is_forgotten)
{
    gan_pool *pool;
    gan_network_desc desc = {GAN_NETWORK_DESC_INIT, .seed = 3};
    gan_network *a = two_norms(&desc), *b;
    float *in = drawn(300 * IN, 1), *other = drawn(300 * IN, 2);
    gan_tensor x, y;

    expect_ok(gan_pool_create(&pool, 3, NULL));
    desc.pool = pool;
    b = two_norms(&desc);
    expect_ok(gan_network_estimate_statistics(b, other, NULL, 300, NULL));
    expect_ok(gan_network_estimate_statistics(a, in, NULL, 300, NULL));
    expect_ok(gan_network_estimate_statistics(b, in, NULL, 300, NULL));
    for (size_t i = 0; i < gan_network_tensor_count(a); i++) {
        expect_ok(gan_network_tensor(&x, a, i));
        expect_ok(gan_network_tensor(&y, b, i));
        expect_same_bits(x.data, y.data, x.size * sizeof *x.data);
    }
    free(in);
    free(other);
    gan_network_destroy(a);
    gan_network_destroy(b);
    gan_pool_destroy(pool);
}

/* For a matrix slightly different from the one that u and v belong to. */
TEST(singular_vectors_are_those_of_the_weights)
{
    enum { ROWS = 9, COLUMNS = 12, INPUTS = 400 };
    gan_network *net = gan_network_create(gan_shape_1d(COLUMNS), NULL);
    float *in = drawn(INPUTS * COLUMNS, 1), *more;
    double v[COLUMNS], u[ROWS], sigma = 0, found = 0;
    const gan_statistics_desc desc = {GAN_STATISTICS_DESC_INIT, .batch_size = 10};
    gan_tensor w, left, right;

    gan_network_add(net, gan_layer_spectral_norm(gan_layer_linear(COLUMNS, ROWS)));
    w = tensor_of(net, "0.weight_orig");
    more = drawn(w.size, 2);
    for (size_t i = 0; i < w.size; i++) w.data[i] += 0.1f * more[i];
    expect_ok(gan_network_estimate_statistics(net, in, NULL, INPUTS, &desc));
    for (size_t i = 0; i < COLUMNS; i++) v[i] = (double)in[i];
    for (int round = 0; round < 5000; round++) { /* the power iteration */
        double norm = 0;

        for (size_t r = 0; r < ROWS; r++) {
            u[r] = 0;
            for (size_t c = 0; c < COLUMNS; c++) u[r] += (double)w.data[r * COLUMNS + c] * v[c];
        }
        sigma = 0;
        for (size_t r = 0; r < ROWS; r++) sigma += u[r] * u[r];
        sigma = sqrt(sigma);
        for (size_t c = 0; c < COLUMNS; c++) {
            v[c] = 0;
            for (size_t r = 0; r < ROWS; r++)
                v[c] += (double)w.data[r * COLUMNS + c] * u[r] / sigma;
            norm += v[c] * v[c];
        }
        for (size_t c = 0; c < COLUMNS; c++) v[c] /= sqrt(norm);
    }
    left = tensor_of(net, "0.weight_u");
    right = tensor_of(net, "0.weight_v");
    for (size_t r = 0; r < ROWS; r++)
        for (size_t c = 0; c < COLUMNS; c++)
            found += (double)left.data[r] * (double)w.data[r * COLUMNS + c] * (double)right.data[c];
    expect_near(found, sigma, 1e-4, 0);
    free(in);
    free(more);
    gan_network_destroy(net);
}

TEST(conditional_networks_are_given_labels)
{
    gan_network *net =
        NETWORK(gan_shape_1d(2), gan_layer_label_embedding(3, 4), gan_layer_batch_norm(6, NULL));
    float *in = drawn(30 * 2, 1);
    uint8_t labels[30] = {0};
    gan_tensor table, mean;

    expect_fails(gan_network_estimate_statistics(net, in, NULL, 30, NULL), GAN_ERR_INVALID,
                 "statistics: no labels");
    for (size_t i = 0; i < 30; i++) labels[i] = (uint8_t)(i % 3);
    expect_ok(gan_network_estimate_statistics(net, in, labels, 30, NULL));
    table = tensor_of(net, "0.weight");
    mean = tensor_of(net, "1.running_mean");
    for (size_t c = 0; c < 4; c++)
        expect_near(
            (double)mean.data[2 + c],
            ((double)table.data[c] + (double)table.data[4 + c] + (double)table.data[8 + c]) / 3,
            1e-5, 1e-6);
    labels[7] = 3;
    expect_fails(gan_network_estimate_statistics(net, in, labels, 30, NULL), GAN_ERR_INVALID,
                 "statistics: label 7 of 30 is 3");
    free(in);
    gan_network_destroy(net);
}

/* ---- failures ---- */

TEST(what_is_wrong_is_named)
{
    gan_network *net = two_norms(NULL), *bad = gan_network_create(gan_shape_1d(IN), NULL);
    float *in = drawn(N * IN, 1), before[2 * WIDE];
    const uint8_t label = 0;
    gan_statistics_desc desc = {GAN_STATISTICS_DESC_INIT, .batch_size = 2};
    gan_tensor mean;

    expect_ok(gan_network_build(net));
    mean = tensor_of(net, "1.running_mean");
    memcpy(before, mean.data, sizeof before);
    expect_fails(gan_network_estimate_statistics(NULL, in, NULL, N, NULL), GAN_ERR_INVALID, "NULL");
    expect_fails(gan_network_estimate_statistics(net, NULL, NULL, N, NULL), GAN_ERR_INVALID,
                 "statistics: in is NULL");
    expect_fails(gan_network_estimate_statistics(net, in, NULL, 0, NULL), GAN_ERR_INVALID,
                 "statistics: of 0 inputs");
    expect_fails(gan_network_estimate_statistics(net, in, &label, 1, NULL), GAN_ERR_INVALID,
                 "statistics: labels, but no layer uses");
    expect_fails(gan_network_estimate_statistics(net, in, NULL, N, &desc), GAN_ERR_SHAPE,
                 "statistics: layer 1 (batch_norm) trains on batches of at least 2");
    desc.batch_size = SIZE_MAX;
    expect_fails(gan_network_estimate_statistics(net, in, NULL, N, &desc), GAN_ERR_INVALID,
                 "statistics: batch_size is");
    desc.struct_size = 3;
    expect_fails(gan_network_estimate_statistics(net, in, NULL, N, &desc), GAN_ERR_INVALID,
                 "statistics desc: struct_size is 3");
    in[4] = 1e30f;
    expect_fails(gan_network_estimate_statistics(net, in, NULL, N, NULL), GAN_ERR_NONFINITE,
                 "statistics: value 0 of 5 of 1.running_var is inf");
    expect_same_bits(mean.data, before, sizeof before);
    gan_network_add(bad, gan_layer_linear(IN + 1, 2));
    gan_network_add(bad, gan_layer_batch_norm(3, NULL));
    expect_fails(gan_network_estimate_statistics(bad, in, NULL, N, NULL), GAN_ERR_SHAPE,
                 "layer 0 (linear)");
    free(in);
    gan_network_destroy(net);
    gan_network_destroy(bad);
}

TEST(a_lack_of_memory_changes_nothing)
{
    budget b;
    gan_network *net;
    float *in = drawn(N * IN, 1);
    gan_status status = GAN_ERR_NOMEM;
    gan_tensor mean;

    budget_init(&b, BUDGET_UNLIMITED);
    net = two_norms(&(gan_network_desc){GAN_NETWORK_DESC_INIT, .allocator = &b.allocator});
    expect_ok(gan_network_build(net));
    mean = tensor_of(net, "1.running_mean");
    for (size_t allowed = 0; status != GAN_OK; allowed++) {
        const size_t live = budget_live(&b);

        ck_assert_uint_lt(allowed, 50);
        b.left = allowed;
        status = gan_network_estimate_statistics(net, in, NULL, N, NULL);
        ck_assert_uint_eq(budget_live(&b), live);
        if (status == GAN_OK) break;
        expect_status(status, GAN_ERR_NOMEM);
        ck_assert(mean.data[0] == 0);
    }
    ck_assert(mean.data[0] != 0);
    free(in);
    gan_network_destroy(net);
}
