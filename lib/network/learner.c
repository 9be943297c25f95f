/* learner.c - giving gradients to an optimizer, and saying why they can't be given. */
#include "network/learner_internal.h"

#include "base/alloc_internal.h"
#include "base/status_internal.h"
#include "math/kernels_simd_internal.h"
#include "math/pool_internal.h"
#include "optim/optimizer_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- its memory ---- */

gan_status gan__learner_take_memory(gan__learner *l, int several, const gan_allocator *allocator)
{
    gan_status status = GAN_OK;

    GAN_TRY(gan__alloc(&l->buffers, allocator, l->net->n_buffers, sizeof *l->buffers));
    if (several) GAN_TRY(gan__alloc(&l->sum, allocator, l->net->n_params, sizeof *l->sum));

cleanup:
    return status;
}

/* A stack of sums is as deep as the tree over the shards, and has room for one that is added. */
gan_status gan__learner_take_shards(gan__learner *l, size_t shards, const gan_communicator *ranks,
                                    const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    const size_t n = gan__size_add(l->net->n_params, l->net->n_buffers);
    const size_t room = shards > 1 ? gan__tree_room(shards) + 1 : 1;

    l->shards = shards;
    l->stride = gan__communicator_padded(ranks, n);
    GAN_TRY(gan__alloc(&l->buffers, allocator, l->net->n_buffers, sizeof *l->buffers));
    GAN_TRY(gan__alloc(&l->sum, allocator, gan__size_mul(room, l->stride), sizeof *l->sum));
    if (ranks->size > 1) GAN_TRY(gan__alloc(&l->room, allocator, l->stride, sizeof *l->room));

cleanup:
    return status;
}

void gan__learner_free_memory(gan__learner *l, const gan_allocator *allocator)
{
    gan__free(allocator, l->room);
    gan__free(allocator, l->sum);
    gan__free(allocator, l->buffers);
}

/* ---- buffers, and several micro-batches ---- */

void gan__learner_keep(gan__learner *l)
{
    memcpy(l->buffers, l->net->buffers, l->net->n_buffers * sizeof *l->buffers);
}

void gan__learner_put_back(gan__learner *l)
{
    memcpy(l->net->buffers, l->buffers, l->net->n_buffers * sizeof *l->buffers);
}

float *gan__learner_grads(const gan__learner *l)
{
    return l->sum ? l->sum : gan__pass_grads(l->pass);
}

static void measure_slice(void *context, size_t task, size_t worker)
{
    gan__learner *l = context;
    const size_t begin = l->net->n_params * task / GAN__LEARNER_SLICES;
    const size_t n = l->net->n_params * (task + 1) / GAN__LEARNER_SLICES - begin;

    (void)worker;
    l->squares[task] = gan__simd_best()->sum_squares(n, gan__learner_grads(l) + begin);
}

/* Gradients of micro-batches are added to the first in turn.  Those of shards are a tree, on a stack:
 * see gan__tree_depth(), onto which the pass writes. */
typedef struct gathering {
    gan__learner *learner;
    size_t i;
} gathering;

/* Of micro-batches. */
static void add_slice(void *context, size_t task, size_t worker)
{
    const gathering *g = context;
    gan__learner *l = g->learner;
    const size_t begin = l->net->n_params * task / GAN__LEARNER_SLICES;
    const size_t n = l->net->n_params * (task + 1) / GAN__LEARNER_SLICES - begin;
    const float *grads = gan__pass_grads(l->pass) + begin;

    if (g->i == 0)
        memcpy(l->sum + begin, grads, n * sizeof *grads);
    else
        gan__simd_best()->axpy(n, 1, grads, l->sum + begin);
    measure_slice(l, task, worker);
}

/* Where the i-th shard's numbers are put, gradients and behind them buffers. */
static float *top_of(const gan__learner *l, size_t i)
{
    return l->sum + gan__tree_depth(i) * l->stride;
}

static void merge_slice(void *context, size_t task, size_t worker)
{
    const gathering *g = context;
    const gan__learner *l = g->learner;
    const size_t all = l->net->n_params + l->net->n_buffers;
    const size_t begin = all * task / GAN__LEARNER_SLICES;
    const size_t n = all * (task + 1) / GAN__LEARNER_SLICES - begin;
    float *top = top_of(l, g->i) + begin;

    (void)worker;
    for (size_t i = gan__tree_merges(g->i); i > 0; i--, top -= l->stride)
        gan__simd_best()->axpy(n, 1, top, top - l->stride);
}

void gan__learner_begin_part(gan__learner *l, size_t i)
{
    if (l->shards > 0) gan__pass_set_grads(l->pass, top_of(l, i));
}

void gan__learner_gather(gan__learner *l, gan_pool *pool, size_t i)
{
    gathering g = {l, i};

    if (!l->sum) return;
    if (l->shards == 0) {
        gan__pool_run(pool, add_slice, &g, GAN__LEARNER_SLICES);
        return;
    }
    memcpy(top_of(l, i) + l->net->n_params, l->net->buffers,
           l->net->n_buffers * sizeof *l->net->buffers);
    if (gan__tree_merges(i) > 0) gan__pool_run(pool, merge_slice, &g, GAN__LEARNER_SLICES);
    gan__learner_put_back(l);
}

void gan__learner_begin_join(gan__learner *l, const gan_communicator *ranks)
{
    if (l->shards == 0) return;
    gan__communicator_sum_begin(&l->joining, ranks, l->net->n_params + l->net->n_buffers, l->sum,
                                l->room);
}

gan_status gan__learner_join(gan__learner *l, gan_pool *pool, double factor)
{
    gan_status status = GAN_OK;
    const size_t n = l->net->n_params;

    if (l->shards == 0) return GAN_OK;
    GAN_TRY(gan__communicator_sum_end(&l->joining));
    gan__simd_best()->scale(l->net->n_buffers, 1 / (float)(l->shards * l->joining.ranks->size),
                            l->sum + n, l->net->buffers);
    if (factor > 1) gan__simd_best()->scale(n, (float)factor, l->sum, l->sum);
    (void)gan__learner_measure(l, pool);

cleanup:
    return status;
}

static double root_of_squares(const gan__learner *l)
{
    double sum = 0;

    for (size_t i = 0; i < GAN__LEARNER_SLICES; i++) sum += l->squares[i];
    return sqrt(sum);
}

double gan__learner_norm(const gan__learner *l)
{
    return l->sum ? root_of_squares(l) : sqrt(gan__pass_grad_squares(l->pass));
}

double gan__learner_measure(gan__learner *l, gan_pool *pool)
{
    gan__pool_run(pool, measure_slice, l, GAN__LEARNER_SLICES);
    return root_of_squares(l);
}

/* ---- the update ---- */

/* A slice's bounds on cache lines, where loops are fastest; all slices are moved alike.  Not so
 * where some layers are frozen, which have no slices. */
static size_t on_line(const gan__learner *l, size_t at)
{
    const size_t line = l->net->rates ? at : (at + 15) / 16 * 16;

    return line < l->net->n_params ? line : l->net->n_params;
}

static void update_slice(void *context, size_t task, size_t worker)
{
    const gan__learner *l = context;
    size_t begin;
    size_t end;

    (void)worker;
    if (l->sum) {
        begin = l->net->n_params * task / GAN__LEARNER_SLICES;
        end = l->net->n_params * (task + 1) / GAN__LEARNER_SLICES;
    } else {
        gan__pass_slice(l->pass, task, &begin, &end);
    }
    gan__optimizer_apply(l->opt, l->net->params, gan__learner_grads(l), on_line(l, begin),
                         on_line(l, end));
}

/* Running statistics overflow where the loss and its gradients, made of normalised numbers,
 * don't. */
static gan_status check_buffers(const gan__learner *l)
{
    char who[96];

    snprintf(who, sizeof who, "%s, step %llu: new buffers", l->name,
             (unsigned long long)l->opt->steps + 1);
    return gan__network_check_buffers(l->net, who);
}

gan_status gan__learner_update(const gan__learner *l, gan_pool *pool, double norm)
{
    gan_status status = GAN_OK;
    gan__learner copy = *l;

    GAN_TRY(check_buffers(l));
    gan__optimizer_set_stretches(l->opt, l->net->stretches, l->net->n_stretches);
    status = gan__optimizer_begin(l->opt, l->net->params, gan__learner_grads(l), norm);
    if (status != GAN_OK)
        GAN_FAIL(status, "%s, %s: %s", l->name,
                 gan__network_tensor_at(l->net, l->opt->refused)->name, gan_last_error());
    gan__pool_run(pool, update_slice, &copy,
                  l->sum ? GAN__LEARNER_SLICES : gan__pass_slices(l->pass));
    gan__optimizer_end(l->opt);
    l->net->weight_changes++;

cleanup:
    return status;
}

static gan_status bad_loss(const gan__learner *l, const gan__learner *const *chain, double loss)
{
    const unsigned long long step = l->opt->steps + 1;

    for (; *chain; chain++) {
        const gan_layer *bad = gan__pass_first_bad((*chain)->pass);

        if (bad)
            return gan__fail(GAN_ERR_NONFINITE,
                             "%s, step %llu: the loss is %g; the first output to go wrong is that "
                             "of the %s's layer %s (%s)",
                             l->name, step, loss, (*chain)->name, bad->name, bad->class->name);
    }
    return gan__fail(GAN_ERR_NONFINITE, "%s, step %llu: the loss is %g", l->name, step, loss);
}

gan_status gan__learner_not_finite(const gan__learner *l, const gan__learner *const *chain,
                                   const gan__learner_data *data, double loss)
{
    const unsigned long long step = l->opt->steps + 1;
    char who[96];

    for (size_t i = 0; i < data->n_samples * data->size; i++)
        if (!isfinite(data->samples[i]))
            return gan__fail(GAN_ERR_NONFINITE, "%s, step %llu: value %zu of %s %zu is %g", l->name,
                             step, i % data->size, data->what, data->first + i / data->size,
                             (double)data->samples[i]);
    if (!isfinite(loss)) return bad_loss(l, chain, loss);
    snprintf(who, sizeof who, "%s, step %llu: gradient", l->name, step);
    return gan__network_check_finite(l->net, gan__learner_grads(l), who);
}
