/* pass_host.c - passes that a host runs: gan/pass.h.
 *
 * The pass and its gradients are the library's own; here the host's calls are checked. */
#include "network/learner_internal.h"
#include "network/pass_layout_internal.h"

#include "base/alloc_internal.h"
#include "base/busy_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "math/pool_internal.h"
#include "math/rng_internal.h"
#include "optim/optimizer_internal.h"

#include <gan/pass.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { USUAL_ROWS = 100, MOST_ROWS = 1 << 24 };

/* Bytes of the first descriptor that hosts were built with. */
enum { DESC_FIRST = offsetof(gan_pass_desc, activations) };

struct gan_pass {
    gan_allocator allocator;
    gan__busy busy;
    gan__learner learner; /* its sum is what backward runs accumulate */
    gan_pool *pool;
    size_t rows;               /* of the latest forward run; 0: there was none */
    uint64_t n_forwards;       /* forward runs so far */
    uint64_t weights, buffers; /* changes of the network's before it */
    int returned;              /* a backward run has used it */
    int settled;               /* the buffers were updated after it */
    int unused;                /* there are gradients that no step has used */
};

GAN__DEFINE_INIT(gan_pass_desc_init, gan_pass_desc, GAN_PASS_DESC_INIT)

/* ---- making one ---- */

static gan_status read_desc(gan_pass_desc *out, gan_allocator *allocator, const gan_pass_desc *desc)
{
    gan_status status = GAN_OK;

    *out = (gan_pass_desc){GAN_PASS_DESC_INIT};
    GAN_TRY(gan__desc_read(out, sizeof *out, DESC_FIRST, desc, "pass desc"));
    GAN_TRY(gan__alloc_init(allocator, out->allocator));
    if (out->rows == 0) out->rows = USUAL_ROWS;
    if (out->rows > MOST_ROWS)
        GAN_FAIL(GAN_ERR_INVALID, "pass: rows is %zu, at most %d", out->rows, MOST_ROWS);
    if ((size_t)out->mode > GAN_PASS_EVALUATION)
        GAN_FAIL(GAN_ERR_INVALID, "pass: unknown mode %d", (int)out->mode);
    if ((size_t)out->activations > GAN_ACTIVATIONS_RECOMPUTE)
        GAN_FAIL(GAN_ERR_INVALID, "pass: unknown kind of activations %d",
                 (int)out->activations);
    if (out->no_weight_gradients != 0 && out->no_weight_gradients != 1)
        GAN_FAIL(GAN_ERR_INVALID, "pass: no_weight_gradients of 0 or 1 expected, got %d",
                 out->no_weight_gradients);

cleanup:
    return status;
}

/* How many layers there are up to the one that a host counts as `last`, including all that it
 * consists of. */
static gan_status find_end(size_t *out, const gan_network *net, const char *last)
{
    size_t i = 0;

    *out = net->n_layers;
    if (!last) return GAN_OK;
    for (size_t n = 0; n < net->n_added; n++) {
        char name[24];

        snprintf(name, sizeof name, "%zu", n);
        i = gan__network_next(net, i);
        *out = i;
        if (strcmp(name, last) == 0) return GAN_OK;
    }
    return gan__fail(GAN_ERR_INVALID, "pass: there is no layer \"%.40s\", the network has 0 to %zu",
                     last, net->n_added - 1);
}

static gan_status make_engine(gan_pass *p, const gan_pass_desc *d)
{
    gan_status status = GAN_OK;
    gan__pass_desc desc = {.net = p->learner.net,
                           .rows = d->rows,
                           .threads = gan_pool_thread_count(p->pool),
                           .training = d->mode == GAN_PASS_TRAINING,
                           .gradients = 1,
                           .no_weight_gradients = d->no_weight_gradients,
                           .activations = d->activations,
                           .seed = d->seed,
                           .stream = GAN__STREAM_PASS};

    GAN_TRY(find_end(&desc.n_layers, desc.net, d->last_layer));
    GAN_TRY(gan__pass_create(&p->learner.pass, &desc, &p->allocator));
    GAN_TRY(gan__learner_take_memory(&p->learner, !d->no_weight_gradients, &p->allocator));

cleanup:
    return status;
}

gan_status gan_pass_create(gan_pass **out, gan_network *net, const gan_pass_desc *desc)
{
    gan_status status = GAN_OK;
    gan_pass *p = NULL;
    gan_pass_desc d;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "pass: out is NULL");
    *out = NULL;
    GAN_TRY(read_desc(&d, &a, desc));
    if (!net) {
        status = gan__fail_null(GAN__NETWORK, 1, "pass: the network is NULL");
        goto cleanup;
    }
    GAN_TRY(gan_network_build(net));
    if (!d.no_weight_gradients) GAN_TRY(gan__network_check_trainable(net, "pass"));
    GAN_TRY(gan__alloc(&p, &a, 1, sizeof *p));
    p->allocator = a;
    p->learner.name = "pass";
    p->learner.net = net;
    p->pool = d.pool ? d.pool : net->pool;
    p->n_forwards = d.n_forwards;
    GAN_TRY(make_engine(p, &d));
    *out = p;
    p = NULL;

cleanup:
    gan_pass_destroy(p);
    return gan__lost(GAN__PASS, status);
}

gan_status gan_pass_memory(size_t *bytes, gan_network *net, const gan_pass_desc *desc)
{
    gan_status status = GAN_OK;
    gan_pass *p = NULL;
    gan_pass_desc d;
    gan_allocator a;
    gan__measure measure;

    if (!bytes) return gan__fail(GAN_ERR_INVALID, "pass: bytes is NULL");
    gan__measure_begin(&measure);
    GAN_TRY(read_desc(&d, &a, desc));
    d.allocator = &measure.allocator;
    GAN_TRY(gan_pass_create(&p, net, &d));
    *bytes = measure.bytes;
    gan_pass_destroy(p);

cleanup:
    return status;
}

void gan_pass_destroy(gan_pass *p)
{
    if (!p) return;
    const gan_allocator a = p->allocator;

    gan__learner_free_memory(&p->learner, &a);
    gan__pass_destroy(p->learner.pass);
    gan__free(&a, p);
}

/* ---- forward ---- */

static int trains(const gan_pass *p)
{
    return gan__pass_desc_of(p->learner.pass)->training;
}

static size_t input_size(const gan_pass *p)
{
    return gan_shape_size(p->learner.net->input);
}

static gan_status check_forward(const gan_pass *p, const float *in, gan__label_list labels,
                                size_t n)
{
    gan_status status = GAN_OK;
    const size_t rows = p ? gan__pass_desc_of(p->learner.pass)->rows : 0;

    if (!p) return gan__fail_null(GAN__PASS, 1, "pass: is NULL");
    if (!in) return gan__fail(GAN_ERR_INVALID, "pass: in is NULL");
    if (n == 0) return gan__fail(GAN_ERR_INVALID, "pass: a batch of 0 samples");
    if (n > rows)
        return gan__fail(GAN_ERR_SHAPE, "pass: a batch of %zu samples, created for at most %zu", n,
                         rows);
    if (trains(p))
        GAN_TRY(gan__network_check_rows(p->learner.net,
                                        gan__pass_desc_of(p->learner.pass)->n_layers, n, "pass"));
    GAN_TRY(gan__network_check_labels(p->learner.net, labels, n, "pass"));
    GAN_TRY(gan__network_refresh(p->learner.net));

cleanup:
    return status;
}

/* The k-th forward run has its own random numbers, whatever came before it. */
static void note_forward(gan_pass *p, size_t n)
{
    gan__pass *pass = p->learner.pass;

    pass->position = p->n_forwards++ * pass->n_random;
    p->rows = n;
    p->weights = p->learner.net->weight_changes;
    p->buffers = p->learner.net->buffer_changes;
    p->returned = p->settled = 0;
}

static gan_status forward(gan_pass *p, const float *in, gan__label_list labels, size_t n,
                          float *out)
{
    gan_status status = GAN_OK;
    gan__pass *pass = p ? p->learner.pass : NULL;
    gan__visit visit;

    GAN_TRY(check_forward(p, in, labels, n));
    GAN_TRY(gan__pool_enter(p->pool, &visit));
    note_forward(p, n);
    memcpy(gan__pass_input(pass, 0), in, n * input_size(p) * sizeof *in);
    gan__labels_copy(gan__pass_labels(pass, 0), labels, n);
    gan__pass_forward(pass, p->pool, 0, n, n);
    gan__pool_leave(&visit);
    if (out)
        memcpy(out, gan__pass_output(pass, 0),
               n * gan_shape_size(gan_pass_output_shape(p)) * sizeof *out);

cleanup:
    return status;
}

static gan_status forward_unless_busy(gan_pass *p, const float *in, gan__label_list labels,
                                      size_t n, float *out)
{
    gan_status status = GAN_OK;

    if (!p) return forward(p, in, labels, n, out); /* which says so */
    GAN_TRY(gan__busy_enter(&p->busy, "pass"));
    status = forward(p, in, labels, n, out);
    gan__busy_leave(&p->busy);

cleanup:
    return status;
}

gan_status gan_pass_forward(gan_pass *p, const float *in, size_t n, float *out)
{
    return forward_unless_busy(p, in, (gan__label_list){0}, n, out);
}

gan_status gan_pass_forward_labels(gan_pass *p, const float *in, const uint8_t *labels, size_t n,
                                   float *out)
{
    return forward_unless_busy(p, in, gan__label_bytes(labels), n, out);
}

gan_status gan_pass_forward_labels16(gan_pass *p, const float *in, const uint16_t *labels, size_t n,
                                     float *out)
{
    return forward_unless_busy(p, in, gan__label_words(labels), n, out);
}

/* ---- backward ---- */

static gan_status check_backward(const gan_pass *p, const float *out_grad,
                                 gan_pass_gradients_kind weights)
{
    if (!p) return gan__fail_null(GAN__PASS, 1, "pass: is NULL");
    if (!out_grad) return gan__fail(GAN_ERR_INVALID, "pass: out_grad is NULL");
    if ((size_t)weights > GAN_PASS_KEEP)
        return gan__fail(GAN_ERR_INVALID, "pass: there are no weight gradients of kind %d",
                         (int)weights);
    if (weights != GAN_PASS_KEEP && !p->learner.sum)
        return gan__fail(GAN_ERR_INVALID,
                         "pass: created with no_weight_gradients; GAN_PASS_KEEP expected");
    if (p->rows == 0)
        return gan__fail(GAN_ERR_INVALID, "pass: backward without a forward run before it");
    if (p->returned && p->learner.pass->desc.activations != GAN_ACTIVATIONS_KEEP)
        return gan__fail(GAN_ERR_INVALID,
                         "pass: the activations of forward run %llu are used up by a backward run; "
                         "run forward again, or make it with GAN_ACTIVATIONS_KEEP",
                         (unsigned long long)p->n_forwards);
    if (p->weights != p->learner.net->weight_changes)
        return gan__fail(GAN_ERR_INVALID,
                         "pass: the network's weights have changed since forward "
                         "run %llu; run forward again before backward",
                         (unsigned long long)p->n_forwards);
    if (!trains(p) && p->buffers != p->learner.net->buffer_changes)
        return gan__fail(GAN_ERR_INVALID,
                         "pass: the network's buffers have changed since forward "
                         "run %llu; run forward again before backward",
                         (unsigned long long)p->n_forwards);
    return GAN_OK;
}

/* The layers that a first run skips because it doesn't need the gradient with respect to their
 * input may have measured the output's gradient in it; the next one would find that and not its
 * own. */
static unsigned parts_of(const gan_pass *p, gan_pass_gradients_kind weights, const float *in_grad)
{
    const unsigned by_input = in_grad || p->returned ? GAN__PASS_INPUT : 0;

    return by_input | (weights == GAN_PASS_KEEP ? 0 : GAN__PASS_WEIGHTS);
}

static gan_status backward(gan_pass *p, const float *out_grad, gan_pass_gradients_kind weights,
                             float *in_grad)
{
    gan_status status = GAN_OK;
    gan__pass *pass = p ? p->learner.pass : NULL;
    gan__visit visit;

    GAN_TRY(check_backward(p, out_grad, weights));
    GAN_TRY(gan__pool_enter(p->pool, &visit));
    memcpy(gan__pass_output_grad(pass, 0), out_grad,
           p->rows * gan_shape_size(gan_pass_output_shape(p)) * sizeof *out_grad);
    gan__pass_backward(pass, p->pool, parts_of(p, weights, in_grad));
    p->returned = 1;
    if (weights != GAN_PASS_KEEP) {
        gan__learner_gather(&p->learner, p->pool, weights != GAN_PASS_REPLACE && p->unused);
        p->unused = 1;
    }
    gan__pool_leave(&visit);
    if (in_grad)
        memcpy(in_grad, gan__pass_input_grad(pass, 0), p->rows * input_size(p) * sizeof *in_grad);

cleanup:
    return status;
}

gan_status gan_pass_backward(gan_pass *p, const float *out_grad, gan_pass_gradients_kind weights,
                             float *in_grad)
{
    gan_status status = GAN_OK;

    if (!p) return backward(p, out_grad, weights, in_grad); /* which says so */
    GAN_TRY(gan__busy_enter(&p->busy, "pass"));
    status = backward(p, out_grad, weights, in_grad);
    gan__busy_leave(&p->busy);

cleanup:
    return status;
}

/* ---- what changes the network ---- */

/* Such a call has the pass and its network to itself. */
static gan_status enter_both(gan_pass *p)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__busy_enter(&p->busy, "pass"));
    status = gan__network_enter(p->learner.net);
    if (status != GAN_OK) gan__busy_leave(&p->busy);

cleanup:
    return status;
}

static void leave_both(gan_pass *p)
{
    gan__network_leave(p->learner.net);
    gan__busy_leave(&p->busy);
}

static gan_status update_buffers(gan_pass *p)
{
    gan_status status = GAN_OK;
    gan__numeric numeric;

    if (!p) return gan__fail_null(GAN__PASS, 1, "pass: is NULL");
    GAN_TRY(gan__network_check_trainable(p->learner.net, "pass"));
    if (!trains(p))
        return gan__fail(
            GAN_ERR_INVALID,
            "pass: in evaluation mode buffers are not updated; training mode expected");
    if (p->rows == 0 || p->settled)
        return gan__fail(GAN_ERR_INVALID, "pass: the buffers %s",
                         p->settled ? "were already updated after the latest forward run"
                                    : "can't be updated before a forward run");
    gan__learner_keep(&p->learner);
    gan__numeric_enter(&numeric);
    gan__pass_settle(p->learner.pass, 0);
    gan__numeric_leave(&numeric);
    status = gan__network_check_buffers(p->learner.net, "pass: new buffers");
    if (status != GAN_OK)
        gan__learner_put_back(&p->learner);
    else
        p->settled = 1;

cleanup:
    return status;
}

gan_status gan_pass_update_buffers(gan_pass *p)
{
    gan_status status = GAN_OK;

    if (!p) return update_buffers(p); /* which says so */
    GAN_TRY(enter_both(p));
    status = update_buffers(p);
    leave_both(p);

cleanup:
    return status;
}

static gan_status check_step(const gan_pass *p, const gan_optimizer *opt)
{
    if (!p) return gan__fail_null(GAN__PASS, 1, "pass: is NULL");
    if (!opt) return gan__fail_null(GAN__OPTIMIZER, 1, "pass: the optimizer is NULL");
    if (!p->learner.sum)
        return gan__fail(GAN_ERR_INVALID, "pass: created with no_weight_gradients, there is no step");
    if (!p->unused)
        return gan__fail(GAN_ERR_INVALID, "pass: no backward run has left gradients since the "
                                          "latest step");
    return gan__optimizer_check_bound(opt, p->learner.net->n_params);
}

static gan_status not_finite(const gan_pass *p)
{
    gan_status status = GAN_OK;
    const gan__learner *const chain[] = {NULL};
    const gan__learner_data none = {.what = ""};

    GAN_TRY(gan__network_check_finite(p->learner.net, p->learner.net->params,
                                      "pass: weights of the network"));
    status = gan__learner_not_finite(&p->learner, chain, &none, 0);

cleanup:
    return status;
}

static gan_status step(gan_pass *p, double *norm)
{
    gan_status status = GAN_OK;

    *norm = gan__learner_measure(&p->learner, p->pool);
    if (!isfinite(*norm)) GAN_TRY(not_finite(p));
    GAN_TRY(gan__learner_update(&p->learner, p->pool, *norm));
    p->unused = 0;

cleanup:
    return status;
}

static gan_status checked_step(gan_pass *p, gan_optimizer *optimizer, double *norm)
{
    gan_status status = GAN_OK;
    double measured = 0;
    gan__visit visit;

    GAN_TRY(check_step(p, optimizer));
    GAN_TRY(gan__pool_enter(p->pool, &visit));
    p->learner.opt = optimizer;
    status = step(p, &measured);
    gan__pool_leave(&visit);
    if (status == GAN_OK && norm) *norm = measured;

cleanup:
    return status;
}

gan_status gan_pass_step(gan_pass *p, gan_optimizer *optimizer, double *norm)
{
    gan_status status = GAN_OK;

    if (!p) return checked_step(p, optimizer, norm); /* which says so */
    GAN_TRY(enter_both(p));
    status = checked_step(p, optimizer, norm);
    leave_both(p);

cleanup:
    return status;
}

/* ---- looking at it ---- */

gan_status gan_pass_gradient(gan_tensor *out, gan_pass *p, const char *name)
{
    gan_status status = GAN_OK;
    gan_tensor t;

    if (!out || !name) return gan__fail(GAN_ERR_INVALID, "pass: %s is NULL", out ? "name" : "out");
    if (!p) return gan__fail_null(GAN__PASS, 1, "pass: is NULL");
    if (!p->learner.sum) return gan__fail(GAN_ERR_INVALID, "pass: created with no_weight_gradients");
    GAN_TRY(gan_network_find(&t, p->learner.net, name));
    if (!t.trainable)
        GAN_FAIL(GAN_ERR_INVALID, "pass: \"%s\" is a buffer and has no gradient", name);
    t.data = p->learner.sum + (t.data - p->learner.net->params);
    *out = t;

cleanup:
    return status;
}

float *gan_pass_gradients(gan_pass *p)
{
    return p ? p->learner.sum : NULL;
}

const float *gan_pass_output(const gan_pass *p)
{
    return p && p->rows > 0 ? gan__pass_output(p->learner.pass, 0) : NULL;
}

gan_shape gan_pass_output_shape(const gan_pass *p)
{
    const gan__pass *pass = p ? p->learner.pass : NULL;

    return p ? gan__pass_layer(pass, pass->desc.n_layers - 1)->out : (gan_shape){0, {0, 0, 0, 0}};
}

uint64_t gan_pass_forward_count(const gan_pass *p)
{
    return p ? p->n_forwards : 0;
}
