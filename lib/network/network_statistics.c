/* network_statistics.c - buffers that depend on the weights, re-estimated for weights that came
 * about in another way than by steps. */
#include "network/network_internal.h"

#include "base/alloc_internal.h"
#include "base/desc_internal.h"
#include "base/status_internal.h"
#include "math/pool_internal.h"
#include "math/rng_internal.h"
#include "network/pass_internal.h"

#include <string.h>

enum { USUAL_BATCH = 100, MOST_BATCH = 1 << 24 };

/* Inputs, cut into batches of almost the same size. */
typedef struct inputs {
    const float *in;
    gan__label_list labels;
    size_t n_samples, size; /* values per sample */
    size_t batches;
} inputs;

static size_t begin_of(const inputs *all, size_t batch)
{
    return all->n_samples * batch / all->batches;
}

static gan_status cut(inputs *all, const gan_network *net, size_t batch_size)
{
    if (batch_size == 0) batch_size = USUAL_BATCH;
    if (batch_size > MOST_BATCH)
        return gan__fail(GAN_ERR_INVALID, "statistics: batch_size is %zu, at most %d", batch_size,
                         MOST_BATCH);
    all->batches = (all->n_samples - 1) / batch_size + 1;
    return gan__network_check_rows(net, net->n_layers, all->n_samples / all->batches, "statistics");
}

static void lay(gan__pass *pass, const inputs *all, size_t begin, size_t rows)
{
    memcpy(gan__pass_input(pass, 0), all->in + begin * all->size,
           rows * all->size * sizeof *all->in);
    gan__labels_copy(gan__pass_labels(pass, 0), gan__label_list_from(all->labels, begin), rows);
}

static gan_status estimate(gan__pass *pass, gan_pool *pool, const inputs *all)
{
    gan_status status = GAN_OK;
    gan__visit visit;

    GAN_TRY(gan__pool_enter(pool, &visit));
    for (size_t i = 0; i < all->batches; i++) {
        const size_t begin = begin_of(all, i), rows = begin_of(all, i + 1) - begin;

        lay(pass, all, begin, rows);
        gan__pass_forward(pass, pool, 0, rows, rows);
        gan__pass_settle(pass, 1 / ((double)i + 1));
        gan__pass_advance(pass);
    }
    gan__pool_leave(&visit);

cleanup:
    return status;
}

static gan_status check(gan_network *net, const inputs *all)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan_network_build(net));
    GAN_TRY(gan__network_check_trainable(net, "network"));
    if (!all->in || all->n_samples == 0)
        GAN_FAIL(GAN_ERR_INVALID, "statistics: %s", all->in ? "of 0 inputs" : "in is NULL");
    GAN_TRY(gan__network_check_labels(net, all->labels, all->n_samples, "statistics"));

cleanup:
    return status;
}

static gan_status estimate_from(gan_network *net, const float *in, gan__label_list labels, size_t n,
                                const gan_statistics_desc *desc)
{
    gan_status status = GAN_OK;
    gan_statistics_desc d = {GAN_STATISTICS_DESC_INIT};
    inputs all = {in, labels, n, gan_shape_size(gan_network_input_shape(net)), 0};
    gan__pass *pass = NULL;
    float *before = NULL;
    int entered = 0;

    GAN_TRY(check(net, &all));
    GAN_TRY(gan__network_enter(net));
    entered = 1;
    GAN_TRY(gan__desc_read(&d, sizeof d, sizeof d, desc, "statistics desc"));
    GAN_TRY(cut(&all, net, d.batch_size));
    GAN_TRY(gan__alloc(&before, &net->allocator, net->n_buffers, sizeof *before));
    GAN_TRY(gan__pass_create(&pass,
                             &(gan__pass_desc){.net = net,
                                               .n_layers = net->n_layers,
                                               .rows = (n - 1) / all.batches + 1,
                                               .threads = gan_pool_thread_count(net->pool),
                                               .training = 1,
                                               .seed = d.seed,
                                               .stream = GAN__STREAM_STATISTICS},
                             &net->allocator));
    memcpy(before, net->buffers, net->n_buffers * sizeof *before);
    GAN_TRY(estimate(pass, net->pool, &all));
    status = gan__network_check_buffers(net, "statistics");
    if (status != GAN_OK) memcpy(net->buffers, before, net->n_buffers * sizeof *before);

cleanup:
    if (entered) gan__network_leave(net);
    gan__pass_destroy(pass);
    if (net) gan__free(&net->allocator, before);
    return status;
}

gan_status gan_network_estimate_statistics(gan_network *net, const float *in, const uint8_t *labels,
                                           size_t n, const gan_statistics_desc *desc)
{
    return estimate_from(net, in, gan__label_bytes(labels), n, desc);
}

gan_status gan_network_estimate_statistics_labels16(gan_network *net, const float *in,
                                                    const uint16_t *labels, size_t n,
                                                    const gan_statistics_desc *desc)
{
    return estimate_from(net, in, gan__label_words(labels), n, desc);
}

GAN__DEFINE_INIT(gan_statistics_desc_init, gan_statistics_desc, GAN_STATISTICS_DESC_INIT)
