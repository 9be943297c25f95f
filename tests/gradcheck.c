/* gradcheck.c - networks in double precision and finite differences on them. */
#include "expect.h"
#include "gradcheck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gan_layer *layer_make(const net_layer *l)
{
    switch (l->kind) {
    case NET_LINEAR:
        return l->value > 0 ? gan_layer_spectral_norm(gan_layer_linear(l->in, l->out))
                            : gan_layer_linear(l->in, l->out);
    case NET_LEAKY_RELU: return gan_layer_leaky_relu(l->value);
    case NET_RELU: return gan_layer_relu();
    case NET_TANH: return gan_layer_tanh();
    case NET_SIGMOID: return gan_layer_sigmoid();
    case NET_DROPOUT: return gan_layer_dropout(l->value);
    case NET_FLATTEN: return gan_layer_flatten();
    case NET_EMBEDDING: return gan_layer_label_embedding(l->in, l->out);
    case NET_END: break;
    }
    return NULL;
}

gan_network *net_make(size_t in, const net_layer *layers, const gan_network_desc *desc)
{
    gan_network *net = gan_network_create(gan_shape_1d(in), desc);

    for (; net && layers->kind != NET_END; layers++) gan_network_add(net, layer_make(layers));
    return net;
}

gan_network *net_seeded(size_t in, const net_layer *layers, uint64_t seed)
{
    gan_network *net =
        net_make(in, layers, &(gan_network_desc){GAN_NETWORK_DESC_INIT, .seed = seed});

    ck_assert_msg(net != NULL, "%s", gan_last_error());
    expect_ok(gan_network_build(net));
    return net;
}

gan_tensor tensor_of(gan_network *net, const char *name)
{
    gan_tensor t;

    expect_ok(gan_network_find(&t, net, name));
    return t;
}

float *net_weights(gan_network *net, size_t *n)
{
    float *weights = NULL;
    size_t used = 0;

    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, net, i));
        weights = realloc(weights, (used + t.size) * sizeof *weights);
        ck_assert_ptr_nonnull(weights);
        memcpy(weights + used, t.data, t.size * sizeof *weights);
        used += t.size;
    }
    if (n) *n = used;
    return weights;
}

void net_set_weights(gan_network *net, const float *weights)
{
    for (size_t i = 0; i < gan_network_tensor_count(net); i++) {
        gan_tensor t;

        expect_ok(gan_network_tensor(&t, net, i));
        memcpy(t.data, weights, t.size * sizeof *weights);
        weights += t.size;
    }
}

void expect_same_weights(gan_network *a, gan_network *b)
{
    size_t n, m;
    float *x = net_weights(a, &n), *y = net_weights(b, &m);

    ck_assert_uint_eq(n, m);
    expect_same_bits(x, y, n * sizeof *x);
    free(x);
    free(y);
}

reference *reference_of(gan_network *net, const net_layer *layers)
{
    reference *ref = calloc(1, sizeof *ref);
    float *weights = net_weights(net, &ref->n_weights);

    ref->layers = layers;
    ref->in = gan_shape_size(gan_network_input_shape(net));
    ref->out = gan_shape_size(gan_network_output_shape(net));
    ref->weights = malloc((ref->n_weights + 1) * sizeof(double));
    for (size_t i = 0; i < ref->n_weights; i++) ref->weights[i] = (double)weights[i];
    free(weights);
    return ref;
}

void reference_free(reference *ref)
{
    if (ref) free(ref->weights);
    free(ref);
}

static double activate(const net_layer *l, double x)
{
    switch (l->kind) {
    case NET_LEAKY_RELU: return x >= 0 ? x : (double)l->value * x;
    case NET_RELU: return x > 0 ? x : 0;
    case NET_TANH: return tanh(x);
    case NET_SIGMOID: return 1 / (1 + exp(-x));
    case NET_END:
    case NET_LINEAR:
    case NET_DROPOUT:
    case NET_FLATTEN:
    case NET_EMBEDDING: break;
    }
    return x;
}

/* y[o] = sum of w[o][i] x[i] + b[o]; returns where the next layer's weights are. */
static const double *apply_linear(const net_layer *l, const double *w, const double *x, double *y)
{
    const double *b = w + l->out * l->in;

    for (size_t o = 0; o < l->out; o++) {
        y[o] = b[o];
        for (size_t i = 0; i < l->in; i++) y[o] += w[o * l->in + i] * x[i];
    }
    return b + l->out;
}

static size_t widest(const reference *ref)
{
    size_t width = ref->in;

    for (const net_layer *l = ref->layers; l->kind != NET_END; l++)
        if (l->kind == NET_LINEAR && l->out > width) width = l->out;
    return width;
}

void reference_forward(const reference *ref, const double *in, size_t n, int logits, double *out)
{
    double *x = malloc(widest(ref) * sizeof *x);
    double *y = malloc(widest(ref) * sizeof *y);

    for (size_t s = 0; s < n; s++) {
        const double *w = ref->weights;
        size_t width = ref->in;

        memcpy(x, in + s * ref->in, width * sizeof *x);
        for (const net_layer *l = ref->layers; l->kind != NET_END; l++) {
            if (l->kind == NET_LINEAR) {
                w = apply_linear(l, w, x, y);
                width = l->out;
                memcpy(x, y, width * sizeof *x);
            } else if (!(logits && l->kind == NET_SIGMOID && l[1].kind == NET_END)) {
                for (size_t i = 0; i < width; i++) x[i] = activate(l, x[i]);
            }
        }
        memcpy(out + s * ref->out, x, width * sizeof *x);
    }
    free(x);
    free(y);
}

static double slope(const net_layer *l, double x)
{
    const double y = activate(l, x);

    switch (l->kind) {
    case NET_LEAKY_RELU: return x >= 0 ? 1 : (double)l->value;
    case NET_RELU: return x > 0;
    case NET_TANH: return 1 - y * y;
    case NET_SIGMOID: return y * (1 - y);
    case NET_END:
    case NET_LINEAR:
    case NET_DROPOUT:
    case NET_FLATTEN:
    case NET_EMBEDDING: break;
    }
    return 1;
}

/* Replace x, the `width` inputs of a layer, by the logit's gradient with respect to them. */
static void slope_from(const net_layer *l, const double *w, double *x, size_t width)
{
    double *y, *dy;

    if (l->kind == NET_END || (l->kind == NET_SIGMOID && l[1].kind == NET_END)) {
        ck_assert_uint_eq(width, 1);
        *x = 1;
        return;
    }
    if (l->kind != NET_LINEAR) {
        dy = malloc(width * sizeof *dy);
        for (size_t i = 0; i < width; i++) dy[i] = activate(l, x[i]);
        slope_from(l + 1, w, dy, width);
        for (size_t i = 0; i < width; i++) x[i] = dy[i] * slope(l, x[i]);
        free(dy);
        return;
    }
    y = malloc(l->out * sizeof *y);
    slope_from(l + 1, apply_linear(l, w, x, y), y, l->out);
    for (size_t i = 0; i < width; i++) {
        x[i] = 0;
        for (size_t o = 0; o < l->out; o++) x[i] += y[o] * w[o * l->in + i];
    }
    free(y);
}

void reference_slopes(const reference *ref, const double *in, size_t n, double *norms)
{
    double *x = malloc(ref->in * sizeof *x);

    for (size_t s = 0; s < n; s++) {
        double squares = 0;

        memcpy(x, in + s * ref->in, ref->in * sizeof *x);
        slope_from(ref->layers, ref->weights, x, ref->in);
        for (size_t i = 0; i < ref->in; i++) squares += x[i] * x[i];
        norms[s] = sqrt(squares);
    }
    free(x);
}

double reference_bce(const double *logits, size_t n, double target)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (logits[i] > 0 ? logits[i] : 0) - logits[i] * target + log1p(exp(-fabs(logits[i])));
    return sum / (double)n;
}

static double *widen(const float *x, size_t n)
{
    double *out = malloc(n * sizeof *out);

    for (size_t i = 0; i < n; i++) out[i] = (double)x[i];
    return out;
}

static void real_logits(const adversaries *a, double *out)
{
    double *x = widen(a->real, a->n * a->d->in);

    reference_forward(a->d, x, a->n, 1, out);
    free(x);
}

static void fake_logits(const adversaries *a, double *out)
{
    double *z = widen(a->z, a->n * a->g->in);
    double *x = malloc(a->n * a->g->out * sizeof *x);

    reference_forward(a->g, z, a->n, 0, x);
    reference_forward(a->d, x, a->n, 1, out);
    free(z);
    free(x);
}

void adversaries_logits(const adversaries *a, double *real, double *fake)
{
    real_logits(a, real);
    fake_logits(a, fake);
}

double adversaries_d_loss(const adversaries *a)
{
    double *logits = malloc(a->n * sizeof *logits);
    double loss;

    real_logits(a, logits);
    loss = reference_bce(logits, a->n, 1);
    fake_logits(a, logits);
    loss += reference_bce(logits, a->n, 0);
    free(logits);
    return loss;
}

double adversaries_g_loss(const adversaries *a)
{
    double *logits = malloc(a->n * sizeof *logits);
    double loss;

    fake_logits(a, logits);
    loss = reference_bce(logits, a->n, 1);
    free(logits);
    return loss;
}

/* Far above double's rounding errors and far below the distance to most kinks. */
static const double STEP = 1e-6;

double gradcheck_weight(adversaries_loss loss, const adversaries *a, double *weights, size_t i)
{
    const double at = weights[i];
    double up, down;

    weights[i] = at + STEP;
    up = loss(a);
    weights[i] = at - STEP;
    down = loss(a);
    weights[i] = at;
    return (up - down) / (2 * STEP);
}

static double loss_along(adversaries_loss loss, const adversaries *a, double *weights,
                         const double *direction, size_t n, double step)
{
    double *saved = malloc(n * sizeof *saved);
    double value;

    memcpy(saved, weights, n * sizeof *saved);
    for (size_t i = 0; i < n; i++) weights[i] += step * direction[i];
    value = loss(a);
    memcpy(weights, saved, n * sizeof *saved);
    free(saved);
    return value;
}

double gradcheck_direction(adversaries_loss loss, const adversaries *a, double *weights,
                           const double *direction, size_t n)
{
    return (loss_along(loss, a, weights, direction, n, STEP) -
            loss_along(loss, a, weights, direction, n, -STEP)) /
           (2 * STEP);
}

void gradcheck(adversaries_loss loss, const adversaries *a, reference *by, const float *grad)
{
    double largest = 0;
    double *wanted = malloc(by->n_weights * sizeof *wanted);

    for (size_t i = 0; i < by->n_weights; i++) {
        wanted[i] = gradcheck_weight(loss, a, by->weights, i);
        if (fabs(wanted[i]) > largest) largest = fabs(wanted[i]);
    }
    ck_assert_msg(largest > 1e-4, "the gradient is zero everywhere: nothing is tested");
    for (size_t i = 0; i < by->n_weights; i++)
        if (!(fabs((double)grad[i] - wanted[i]) <= 2e-5 * largest))
            ck_abort_msg("gradient %zu of %zu is %.9g, by finite differences %.9g (largest %.3g)",
                         i, by->n_weights, (double)grad[i], wanted[i], largest);
    free(wanted);
}
