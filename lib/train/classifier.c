/* classifier.c - the supervised step, and a network's answers chunk by chunk. */
#include "train/classifier_internal.h"

#include "base/alloc_internal.h"
#include "base/busy_internal.h"
#include "base/desc_internal.h"
#include "base/labels_internal.h"
#include "base/status_internal.h"
#include "base/tensor_internal.h"
#include "data/iterator_internal.h"
#include "math/pool_internal.h"
#include "math/rng_internal.h"
#include "network/network_internal.h"
#include "network/pass_internal.h"
#include "optim/loss_internal.h"
#include "network/learner_internal.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = 512, /* samples whose logits are held at a time */
};

struct gan_classifier {
    gan_allocator allocator;
    gan_classifier_desc desc;
    gan_pool *own_pool;
    gan_pool *pool;
    gan__busy busy;
    gan__learner learner; /* its pass is NULL without an optimizer */
    gan__pass *eval;
    gan__pass *features; /* NULL: they are the samples themselves */
    size_t sample;       /* numbers in a sample */
    size_t n_classes;
    size_t n_features;
    float *logits; /* of CHUNK samples */
};

/* ---- making one ---- */

static gan_status read_desc(gan_classifier_desc *out, gan_allocator *allocator,
                            const gan_classifier_desc *desc)
{
    gan_status status = GAN_OK;
    const size_t most = (size_t)1 << 24;

    *out = (gan_classifier_desc){GAN_CLASSIFIER_DESC_INIT};
    GAN_TRY(gan__desc_read(out, sizeof *out, sizeof *out, desc, "classifier desc"));
    GAN_TRY(gan__alloc_init(allocator, out->allocator));
    if (out->batch_size == 0) out->batch_size = 100;
    if (out->batch_size > most)
        GAN_FAIL(GAN_ERR_INVALID, "classifier: batch_size is %zu, at most %zu", out->batch_size,
                 most);
    if (!(out->label_smoothing >= 0 && out->label_smoothing <= 1))
        GAN_FAIL(GAN_ERR_INVALID, "classifier: label_smoothing must be from 0 to 1, is %g",
                 out->label_smoothing);

cleanup:
    return status;
}

/* The number of layers in the list that are the host's first n, a residual block being one of
 * these; for n = 0 those before the last layer with weights. */
static size_t layers_to_features(const gan_network *net, size_t n)
{
    size_t last = 0, i = 0;

    for (size_t count = 0; i < net->n_layers && (n == 0 || count < n); count++) {
        const size_t next = gan__network_next(net, i);
        const size_t end = next < net->n_layers ? net->offsets[next] : net->n_params;

        if (end > net->offsets[i]) last = i;
        i = next;
    }
    return n == 0 ? last : i;
}

static gan_status check_network(gan_network *net, gan_classifier_desc *desc)
{
    gan_status status = GAN_OK;
    size_t n_classes;

    if (!net) return gan__fail_null(GAN__NETWORK, 1, "classifier: the network is NULL");
    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan__network_check_trainable(net, "classifier"));
    if (net->n_classes > 0)
        GAN_FAIL(GAN_ERR_INVALID,
                 "classifier: the network uses labels of %zu classes, which it is to predict",
                 net->n_classes);
    n_classes = gan_shape_size(gan_network_output_shape(net));
    if (n_classes < 2 || n_classes > GAN__MOST_CLASSES)
        GAN_FAIL(GAN_ERR_SHAPE, "classifier: 2 to %d classes expected, the network's output is %s",
                 GAN__MOST_CLASSES, gan__shape_text_of(gan_network_output_shape(net)).text);
    if (net->n_params == 0)
        GAN_FAIL(GAN_ERR_INVALID, "classifier: the network has no weights to train");
    if (desc->feature_layers > net->n_added)
        GAN_FAIL(GAN_ERR_INVALID, "classifier: feature_layers is %zu, the network has %zu layers",
                 desc->feature_layers, net->n_added);
    desc->feature_layers = layers_to_features(net, desc->feature_layers);

cleanup:
    return status;
}

static gan_status make_pass(gan__pass **out, const gan_classifier *c, size_t n_layers, int training)
{
    gan_network *net = c->learner.net;
    const gan__pass_desc desc = {.net = net,
                                 .n_layers = n_layers,
                                 .rows = training ? c->desc.batch_size
                                                  : gan__pass_eval_rows(net, c->pool),
                                 .threads = gan_pool_thread_count(c->pool),
                                 .training = training,
                                 .seed = c->desc.seed,
                                 .stream = GAN__STREAM_DROPOUT};

    return gan__pass_create(out, &desc, &c->allocator);
}

static gan_status take_memory(gan_classifier *c)
{
    gan_status status = GAN_OK;
    const gan_network *net = c->learner.net;
    const size_t feature_layers = c->desc.feature_layers;

    c->sample = gan_shape_size(net->input);
    c->n_classes = gan_shape_size(gan_network_output_shape(net));
    c->n_features =
        feature_layers ? gan_shape_size(net->layers[feature_layers - 1].out) : c->sample;
    if (!c->desc.pool) GAN_TRY(gan_pool_create(&c->own_pool, c->desc.n_threads, &c->allocator));
    c->pool = c->desc.pool ? c->desc.pool : c->own_pool;
    GAN_TRY(gan__alloc(&c->logits, &c->allocator, gan__size_mul(CHUNK, c->n_classes),
                       sizeof *c->logits));
    GAN_TRY(make_pass(&c->eval, c, net->n_layers, 0));
    if (feature_layers) GAN_TRY(make_pass(&c->features, c, feature_layers, 0));
    if (!c->learner.opt) return GAN_OK;
    GAN_TRY(make_pass(&c->learner.pass, c, net->n_layers, 1));
    GAN_TRY(gan__learner_take_memory(&c->learner, 0, &c->allocator));

cleanup:
    return status;
}

gan_status gan_classifier_create(gan_classifier **out, gan_network *net, gan_optimizer *opt,
                                 const gan_classifier_desc *desc)
{
    gan_status status = GAN_OK;
    gan_classifier *c = NULL;
    gan_classifier_desc settings;
    gan_allocator a;

    if (!out) return gan__fail(GAN_ERR_INVALID, "classifier: out is NULL");
    *out = NULL;
    GAN_TRY(read_desc(&settings, &a, desc));
    GAN_TRY(check_network(net, &settings));
    if (opt)
        GAN_TRY(gan__network_check_rows(net, net->n_layers, settings.batch_size, "classifier"));
    GAN_TRY(gan__alloc(&c, &a, 1, sizeof *c));
    c->allocator = a;
    c->desc = settings;
    c->learner = (gan__learner){.name = "classifier", .net = net, .opt = opt};
    GAN_TRY(take_memory(c));
    if (opt) GAN_TRY(gan_optimizer_bind(opt, net->n_params));
    *out = c;
    c = NULL;
    gan__forget_lost();

cleanup:
    gan_classifier_destroy(c);
    return gan__lost(GAN__CLASSIFIER, status);
}

/* Measured with a copy of the optimizer, so that the memory it takes when it is bound is
 * included. */
static gan_status measure(size_t *bytes, gan_network *net, const gan_optimizer *opt,
                          gan_classifier_desc *desc)
{
    gan_status status;
    gan__measure m;
    gan_optimizer copy = {0};
    gan_classifier *c = NULL;

    gan__measure_begin(&m);
    desc->allocator = &m.allocator;
    if (opt) copy = *opt;
    copy.allocator = m.allocator;
    status = gan_classifier_create(&c, net, opt ? &copy : NULL, desc);
    if (status == GAN_OK) *bytes = m.bytes;
    gan_classifier_destroy(c);
    if (opt && copy.memory != opt->memory) gan__free(&m.allocator, copy.memory);
    return status;
}

gan_status gan_classifier_memory(size_t *bytes, gan_network *net, const gan_optimizer *opt,
                                 const gan_classifier_desc *desc)
{
    gan_status status = GAN_OK;
    gan_classifier_desc settings;
    gan_allocator a;

    if (!bytes) return gan__fail(GAN_ERR_INVALID, "classifier: bytes is NULL");
    GAN_TRY(read_desc(&settings, &a, desc));
    status = measure(bytes, net, opt, &settings);

cleanup:
    return status;
}

void gan_classifier_destroy(gan_classifier *c)
{
    if (!c) return;
    const gan_allocator a = c->allocator;

    gan__learner_free_memory(&c->learner, &a);
    gan__pass_destroy(c->learner.pass);
    gan__pass_destroy(c->features);
    gan__pass_destroy(c->eval);
    gan__free(&a, c->logits);
    gan_pool_destroy(c->own_pool);
    gan__free(&a, c);
}

gan_network *gan__classifier_network(const gan_classifier *c)
{
    return c ? c->learner.net : NULL;
}

size_t gan_classifier_class_count(const gan_classifier *c)
{
    return c ? c->n_classes : 0;
}

size_t gan_classifier_feature_count(const gan_classifier *c)
{
    return c ? c->n_features : 0;
}

/* ---- the step ---- */

static gan_status check_call(const gan_classifier *c, const gan_classifier_stats *stats)
{
    if (!c) return gan__fail_null(GAN__CLASSIFIER, 1, "classifier: is NULL");
    return gan__record_check(stats, "classifier stats");
}

static gan_status check_batch(const gan_classifier *c, const gan_batch *batch)
{
    gan_status status = GAN_OK;

    const gan__label_list labels = gan__batch_labels(batch);

    if (!batch->samples || !gan__labels_given(labels))
        GAN_FAIL(GAN_ERR_INVALID, "classifier: the batch has no %s",
                 batch->samples ? "labels" : "samples");
    if (gan_shape_size(batch->shape) != c->sample)
        GAN_FAIL(GAN_ERR_SHAPE, "classifier: samples are %s, the network expects %s",
                 gan__shape_text_of(batch->shape).text,
                 gan__shape_text_of(c->learner.net->input).text);
    GAN_TRY(gan__labels_check(labels, batch->count, c->n_classes, "classifier"));

cleanup:
    return status;
}

/* Checks of a batch that only a step needs. */
static gan_status check_step(const gan_classifier *c, const gan_batch *batch)
{
    gan_status status = GAN_OK;

    if (!c->learner.opt)
        return gan__fail(GAN_ERR_INVALID, "classifier: was made without an optimizer");
    if (!batch) return gan__fail(GAN_ERR_INVALID, "classifier: the batch is NULL");
    if (batch->count == 0) return gan__fail(GAN_ERR_INVALID, "classifier: a batch of 0 samples");
    if (batch->count > c->desc.batch_size)
        return gan__fail(GAN_ERR_SHAPE, "classifier: a batch of %zu samples, created for at most %zu",
                         batch->count, c->desc.batch_size);
    GAN_TRY(gan__network_check_rows(c->learner.net, c->learner.net->n_layers, batch->count,
                                    "classifier"));
    GAN_TRY(check_batch(c, batch));

cleanup:
    return status;
}

static gan_status not_finite(const gan_classifier *c, const gan_batch *batch, double loss)
{
    gan_status status = GAN_OK;
    const gan_network *net = c->learner.net;
    const gan__learner_data data = {"sample", batch->samples, batch->count, c->sample, 0};
    const gan__learner *const chain[] = {&c->learner, NULL};

    GAN_TRY(gan__network_check_finite(net, net->params, "weights of the classifier"));
    status = gan__learner_not_finite(&c->learner, chain, &data, loss);

cleanup:
    return status;
}

static gan_status step(gan_classifier *c, const gan_batch *batch, gan_classifier_stats *stats)
{
    gan_status status = GAN_OK;
    gan__pass *pass = c->learner.pass;
    const double n = (double)batch->count;
    const gan__loss_rows rows = {.logits = gan__pass_output(pass, 0),
                                 .labels = gan__batch_labels(batch),
                                 .n_rows = batch->count,
                                 .n_classes = c->n_classes,
                                 .stride = c->n_classes,
                                 .label_smoothing = c->desc.label_smoothing};
    gan__loss_class_sums sums;
    double norm;

    memcpy(gan__pass_input(pass, 0), batch->samples,
           batch->count * c->sample * sizeof *batch->samples);
    gan__learner_keep(&c->learner);
    gan__pass_forward(pass, c->pool, 0, batch->count, batch->count);
    sums = gan__loss_cross_entropy(&rows, 1 / n, gan__pass_output_grad(pass, 0));
    gan__pass_backward(pass, c->pool, GAN__PASS_WEIGHTS);
    gan__pass_settle(pass, 0);
    norm = sqrt(gan__pass_grad_squares(pass));
    if (!isfinite(sums.loss) || !isfinite(norm)) GAN_TRY(not_finite(c, batch, sums.loss));
    GAN_TRY(gan__learner_update(&c->learner, c->pool, norm));
    gan__pass_advance(pass);
    *stats = (gan_classifier_stats){.struct_size = sizeof *stats,
                                    .steps = gan_optimizer_steps(c->learner.opt),
                                    .count = batch->count,
                                    .loss = sums.loss / n,
                                    .accuracy = sums.correct / n,
                                    .grad_norm = norm};

cleanup:
    return status;
}

gan_status gan_classifier_step(gan_classifier *c, const gan_batch *batch,
                               gan_classifier_stats *stats)
{
    gan_status status = GAN_OK;
    gan_classifier_stats figures;
    gan__visit visit;
    int entered = 0;

    GAN_TRY(check_call(c, stats));
    GAN_TRY(check_step(c, batch));
    GAN_TRY(gan__busy_enter(&c->busy, "classifier"));
    entered = 1;
    GAN_TRY(gan__network_enter(c->learner.net));
    entered = 2;
    GAN_TRY(gan__pool_enter(c->pool, &visit));
    status = step(c, batch, &figures);
    if (status != GAN_OK) gan__learner_put_back(&c->learner);
    gan__pool_leave(&visit);
    if (status == GAN_OK) gan__record_write(stats, &figures, sizeof figures);

cleanup:
    if (entered > 1) gan__network_leave(c->learner.net);
    if (entered > 0) gan__busy_leave(&c->busy);
    return status;
}

/* ---- answers ---- */

static size_t chunk_of(size_t left)
{
    return left < CHUNK ? left : CHUNK;
}

/* Add the figures of a batch to sums, which are divided at the end. */
static gan_status evaluate_batch(gan_classifier *c, const gan_batch *batch,
                                 gan_classifier_stats *sums, size_t *confusion)
{
    gan_status status = GAN_OK;
    size_t n;

    GAN_TRY(check_batch(c, batch));
    for (size_t done = 0; done < batch->count; done += n) {
        const gan__label_list labels = gan__label_list_from(gan__batch_labels(batch), done);
        gan__loss_class_sums s;

        n = chunk_of(batch->count - done);
        GAN_TRY(gan__pass_evaluate(c->eval, c->pool, batch->samples + done * c->sample,
                                   (gan__labels){0}, n, c->logits));
        s = gan__loss_cross_entropy(
            &(gan__loss_rows){c->logits, labels, n, c->n_classes, c->n_classes, 0}, 0, NULL);
        if (!isfinite(s.loss))
            GAN_FAIL(GAN_ERR_NONFINITE, "classifier: a logit of samples %zu to %zu is not finite",
                     sums->count, sums->count + n - 1);
        sums->loss += s.loss;
        sums->accuracy += s.correct;
        sums->count += n;
        for (size_t i = 0; confusion && i < n; i++)
            confusion[gan__label_at(labels, i) * c->n_classes +
                      gan__loss_argmax(c->logits + i * c->n_classes, c->n_classes)]++;
    }

cleanup:
    return status;
}

gan_status gan_classifier_evaluate(gan_classifier *c, gan_iterator *it, gan_classifier_stats *stats,
                                   size_t *confusion)
{
    gan_status status = GAN_OK;
    gan_classifier_stats sums = {GAN_CLASSIFIER_STATS_INIT};
    const gan_batch *batch;
    int entered = 0;

    GAN_TRY(check_call(c, stats));
    if (!it) return gan__fail_null(GAN__ITERATOR, 1, "classifier: the iterator is NULL");
    GAN_TRY(gan__pool_check(c->pool));
    GAN_TRY(gan__busy_enter(&c->busy, "classifier"));
    entered = 1;
    if (confusion) memset(confusion, 0, c->n_classes * c->n_classes * sizeof *confusion);
    while ((status = gan_iterator_next(it, &batch)) == GAN_OK)
        GAN_TRY(evaluate_batch(c, batch, &sums, confusion));
    if (status != GAN_END) goto cleanup;
    if (sums.count == 0)
        GAN_FAIL(GAN_ERR_INVALID, "classifier: the iterator had no batch left in its epoch");
    status = GAN_OK;
    sums.loss /= (double)sums.count;
    sums.accuracy /= (double)sums.count;
    sums.steps = gan_optimizer_steps(c->learner.opt);
    gan__record_write(stats, &sums, sizeof sums);

cleanup:
    if (entered) gan__busy_leave(&c->busy);
    return status;
}

static gan_status check_answer(const gan_classifier *c, const void *in, size_t n, const void *out,
                               const char *out_name)
{
    if (!c) return gan__fail_null(GAN__CLASSIFIER, 1, "classifier: is NULL");
    if (n > 0 && (!in || !out))
        return gan__fail(GAN_ERR_INVALID, "classifier: %s is NULL for %zu samples",
                         in ? out_name : "samples", n);
    return GAN_OK;
}

/* Into one of both widths. */
static gan_status predict(gan_classifier *c, const float *samples, size_t n, uint8_t *bytes,
                          uint16_t *words)
{
    gan_status status = GAN_OK;
    size_t rows;
    int entered = 0;

    GAN_TRY(check_answer(c, samples, n, bytes ? (void *)bytes : (void *)words, "labels"));
    GAN_TRY(gan__busy_enter(&c->busy, "classifier")); /* whose logits are one block */
    entered = 1;
    for (size_t done = 0; done < n; done += rows) {
        rows = chunk_of(n - done);
        GAN_TRY(gan__pass_evaluate(c->eval, c->pool, samples + done * c->sample, (gan__labels){0},
                                   rows, c->logits));
        for (size_t i = 0; i < rows; i++) {
            const size_t label = gan__loss_argmax(c->logits + i * c->n_classes, c->n_classes);

            if (bytes) bytes[done + i] = (uint8_t)label;
            if (words) words[done + i] = (uint16_t)label;
        }
    }

cleanup:
    if (entered) gan__busy_leave(&c->busy);
    return status;
}

gan_status gan_classifier_predict(gan_classifier *c, const float *samples, size_t n,
                                  uint8_t *labels)
{
    if (c && c->n_classes > GAN__BYTE_CLASSES)
        return gan__fail(GAN_ERR_INVALID,
                         "classifier: there are %zu classes, gan_classifier_predict() has room for "
                         "%d: use gan_classifier_predict_labels16()",
                         c->n_classes, GAN__BYTE_CLASSES);
    return predict(c, samples, n, labels, NULL);
}

gan_status gan_classifier_predict_labels16(gan_classifier *c, const float *samples, size_t n,
                                           uint16_t *labels)
{
    return predict(c, samples, n, NULL, labels);
}

gan_status gan_classifier_features(gan_classifier *c, const float *samples, size_t n,
                                   float *features)
{
    gan_status status = GAN_OK;

    GAN_TRY(check_answer(c, samples, n, features, "features"));
    if (n == 0) return GAN_OK;
    if (c->features)
        GAN_TRY(gan__pass_evaluate(c->features, c->pool, samples, (gan__labels){0}, n, features));
    else
        memcpy(features, samples, n * c->sample * sizeof *features);

cleanup:
    return status;
}

GAN__DEFINE_INIT(gan_classifier_desc_init, gan_classifier_desc, GAN_CLASSIFIER_DESC_INIT)
GAN__DEFINE_INIT(gan_classifier_stats_init, gan_classifier_stats, GAN_CLASSIFIER_STATS_INIT)
