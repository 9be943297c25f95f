/* layer_attention.c - self-attention over the positions of an image.
 *
 * The channels of the input are queries q, keys k and values v; for a position i
 *
 *     s_ij = scale q_i . k_j      p_i = softmax(s_i)      y_i = sum over j of p_ij v_j
 *
 * Memory is channel by channel, so a row of s is a sum of rows of the keys, and y_i consists of dot
 * products with rows of the values.  Only one row of p exists at a time; backward recomputes it.
 *
 *     dp_ij = dy_i . v_j          dv_j = sum over i of p_ij dy_i
 *     ds_ij = p_ij (dp_ij - sum over l of p_il dp_il)
 *     dq_i = scale sum over j of ds_ij k_j           dk_j = scale sum over i of ds_ij q_i
 *
 * Along a tangent (tq, tk, tv) p moves by tp_ij = p_ij (ts_ij - m_i) with m_i the mean of ts_i under
 * p_i, and what is differentiated for second derivatives is the sum of p_ij a_ij + tp_ij b_ij with
 * a_ij = dy_i . v_j + uy_i . tv_j and b_ij = uy_i . v_j.  With the mean n_i of b_i its gradients
 * are
 *
 *     w.r.t. ts_ij   d_ij = p_ij (b_ij - n_i)
 *     w.r.t. p_ij    e_ij = a_ij + ts_ij (b_ij - n_i) - m_i b_ij
 *     w.r.t. s_ij    f_ij = p_ij (e_ij - sum over l of p_il e_il) */
#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "layer/layer_internal.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct attention_settings {
    size_t keys, values; /* channels */
    double scale;
} attention_settings;
GAN__LAYER_SETTINGS_OF(attention_settings)

static const gan__layer_setting settings[] = {
    GAN__SIZE("key_channels", attention_settings, keys, 1, INT32_MAX),
    GAN__SIZE("value_channels", attention_settings, values, 1, INT32_MAX),
    GAN__REAL_ABOVE("scale", attention_settings, scale, 0, (double)FLT_MAX),
};

static gan_status shape(gan_layer *layer)
{
    gan_status status = GAN_OK;
    const attention_settings s = attention_settings_of(layer);
    const uint64_t channels = 2 * (uint64_t)s.keys + s.values;

    GAN_TRY(gan__layer_check_image(layer));
    if (layer->in.dim[0] != channels)
        GAN_FAIL(GAN_ERR_SHAPE, "needs %llu channels, gets %s", (unsigned long long)channels,
                 gan__shape_text_of(layer->in).text);
    layer->out = gan_shape_3d(s.values, layer->in.dim[1], layer->in.dim[2]);

cleanup:
    return status;
}

/* ---- one sample ---- */

/* The three parts of a sample, of its tangent, or of the gradient with respect to it. */
typedef struct part {
    float *q, *k, *v;
} part;

/* A sample and what belongs to it. */
typedef struct sample {
    size_t n, keys, values; /* places, and channels */
    float scale;
    const gan__simd *simd;
} sample;

static sample sample_of(const gan_layer *layer)
{
    const attention_settings s = attention_settings_of(layer);

    return (sample){layer->in.dim[1] * layer->in.dim[2], s.keys, s.values, (float)s.scale,
                    gan__simd_best()};
}

/* Row r of an array like the input; only gradients are written to. */
static part part_of(const sample *s, const float *rows, size_t r)
{
    float *q = (float *)(uintptr_t)rows + r * (2 * s->keys + s->values) * s->n;

    return (part){q, q + s->keys * s->n, q + 2 * s->keys * s->n};
}

static const float *output_of(const sample *s, const float *rows, size_t r)
{
    return rows + r * s->values * s->n;
}

/* row += the numbers of place i in `channels` channels of `of`, times those of all places in `by`,
 * times a factor. */
static void add_products(const sample *s, size_t i, size_t channels, float factor, const float *of,
                         const float *by, float *row)
{
    for (size_t c = 0; c < channels; c++)
        s->simd->axpy(s->n, factor * of[c * s->n + i], by + c * s->n, row);
}

/* to, at place i in each channel, += factor times the product of a row with `by`. */
static void add_sums(const sample *s, size_t i, size_t channels, float factor, const float *row,
                     const float *by, float *to)
{
    for (size_t c = 0; c < channels; c++)
        to[c * s->n + i] += factor * s->simd->dot(s->n, row, by + c * s->n);
}

/* to += factor times the numbers of place i in `of`, times a row. */
static void add_outer(const sample *s, size_t i, size_t channels, float factor, const float *of,
                      const float *row, float *to)
{
    for (size_t c = 0; c < channels; c++)
        s->simd->axpy(s->n, factor * of[c * s->n + i], row, to + c * s->n);
}

static void clear(const sample *s, float *row)
{
    memset(row, 0, s->n * sizeof *row);
}

/* p_i */
static void attend(const sample *s, size_t i, part x, float *p)
{
    float most;
    double sum = 0;

    clear(s, p);
    add_products(s, i, s->keys, s->scale, x.q, x.k, p);
    most = p[0];
    for (size_t j = 1; j < s->n; j++) most = p[j] > most ? p[j] : most;
    for (size_t j = 0; j < s->n; j++) {
        p[j] = expf(p[j] - most);
        sum += (double)p[j];
    }
    s->simd->scale(s->n, (float)(1 / sum), p, p);
}

/* ts_i */
static void move(const sample *s, size_t i, part x, part tx, float *ts)
{
    clear(s, ts);
    add_products(s, i, s->keys, s->scale, tx.q, x.k, ts);
    add_products(s, i, s->keys, s->scale, x.q, tx.k, ts);
}

/* d_j = p_j (d_j - their mean under p): turns dL/dp_i into dL/ds_i. */
static void through_softmax(const sample *s, const float *p, float *d)
{
    const float mean = s->simd->dot(s->n, p, d);

    for (size_t j = 0; j < s->n; j++) d[j] = p[j] * (d[j] - mean);
}

/* Add to dx what d = dL/ds_i gives the queries and keys, those of x being the other factor. */
static void add_key_grads(const sample *s, size_t i, const float *d, part x, part dx)
{
    add_sums(s, i, s->keys, s->scale, d, x.k, dx.q);
    add_outer(s, i, s->keys, s->scale, x.q, d, dx.k);
}

/* ---- the layer ---- */

enum { LINES = 4 };

static size_t scratch(const gan_layer *layer)
{
    return gan__size_mul(layer->in.dim[1] * layer->in.dim[2], LINES);
}

static void forward(const gan__layer_run *run)
{
    const sample s = sample_of(run->layer);

    for (size_t r = 0; r < run->rows; r++) {
        const part x = part_of(&s, run->x, r);
        float *y = run->y + r * s.values * s.n;

        for (size_t i = 0; i < s.n; i++) {
            attend(&s, i, x, run->scratch);
            for (size_t c = 0; c < s.values; c++)
                y[c * s.n + i] = s.simd->dot(s.n, run->scratch, x.v + c * s.n);
        }
    }
}

static part begin_grads(const sample *s, const gan__layer_run *run, size_t r)
{
    const part dx = part_of(s, run->dx, r);

    memset(dx.q, 0, (2 * s->keys + s->values) * s->n * sizeof *dx.q);
    return dx;
}

static void backward(const gan__layer_run *run)
{
    const sample s = sample_of(run->layer);
    float *p = run->scratch, *d = p + s.n;

    for (size_t r = 0; r < run->rows; r++) {
        const part x = part_of(&s, run->x, r), dx = begin_grads(&s, run, r);
        const float *dy = output_of(&s, run->dy, r);

        for (size_t i = 0; i < s.n; i++) {
            attend(&s, i, x, p);
            clear(&s, d);
            add_products(&s, i, s.values, 1, dy, x.v, d);
            through_softmax(&s, p, d);
            add_key_grads(&s, i, d, x, dx);
            add_outer(&s, i, s.values, 1, dy, p, dx.v);
        }
    }
}

/* tp_i from ts_i. */
static void tangent(const gan__layer_run *run)
{
    const sample s = sample_of(run->layer);
    float *p = run->scratch, *tp = p + s.n;

    for (size_t r = 0; r < run->rows; r++) {
        const part x = part_of(&s, run->x, r), tx = part_of(&s, run->tx, r);
        float *ty = run->ty + r * s.values * s.n;

        for (size_t i = 0; i < s.n; i++) {
            attend(&s, i, x, p);
            move(&s, i, x, tx, tp);
            through_softmax(&s, p, tp);
            for (size_t c = 0; c < s.values; c++)
                ty[c * s.n + i] =
                    s.simd->dot(s.n, p, tx.v + c * s.n) + s.simd->dot(s.n, tp, x.v + c * s.n);
        }
    }
}

/* From p_i, ts_i, a_i in e and b_i: e becomes f_i, b d_i and ts tp_i. */
static void curve(const sample *s, const float *p, float *ts, float *e, float *b)
{
    const float m = s->simd->dot(s->n, p, ts), n = s->simd->dot(s->n, p, b);

    for (size_t j = 0; j < s->n; j++) {
        e[j] += ts[j] * (b[j] - n) - m * b[j];
        b[j] = p[j] * (b[j] - n);
        ts[j] = p[j] * (ts[j] - m);
    }
    through_softmax(s, p, e);
}

static void tangent_backward(const gan__layer_run *run)
{
    const sample s = sample_of(run->layer);
    float *p = run->scratch, *ts = p + s.n, *e = ts + s.n, *b = e + s.n;

    for (size_t r = 0; r < run->rows; r++) {
        const part x = part_of(&s, run->x, r), tx = part_of(&s, run->tx, r);
        const part dx = begin_grads(&s, run, r);
        const float *dy = output_of(&s, run->dy, r), *uy = output_of(&s, run->uy, r);

        for (size_t i = 0; i < s.n; i++) {
            attend(&s, i, x, p);
            move(&s, i, x, tx, ts);
            clear(&s, e);
            add_products(&s, i, s.values, 1, dy, x.v, e);
            add_products(&s, i, s.values, 1, uy, tx.v, e);
            clear(&s, b);
            add_products(&s, i, s.values, 1, uy, x.v, b);
            curve(&s, p, ts, e, b);
            add_key_grads(&s, i, e, x, dx);
            add_key_grads(&s, i, b, tx, dx);
            add_outer(&s, i, s.values, 1, dy, p, dx.v);
            add_outer(&s, i, s.values, 1, uy, ts, dx.v);
        }
    }
}

const gan__layer_class gan__layer_attention = {
    .name = "attention",
    GAN__SETTINGS(attention_settings, settings),
    .shape = shape,
    .scratch = scratch,
    .forward = forward,
    .backward = backward,
    .tangent = tangent,
    .tangent_backward = tangent_backward,
};

gan_layer *gan_layer_attention(size_t key_channels, size_t value_channels, double scale)
{
    return gan__layer_create(&gan__layer_attention,
                             &(attention_settings){key_channels, value_channels, scale});
}
