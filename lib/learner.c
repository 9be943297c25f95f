/* learner.c - giving gradients to an optimizer, and saying why they can't be given. */
#include "learner_internal.h"

#include "optimizer_internal.h"
#include "pool_internal.h"
#include "status_internal.h"

#include <math.h>
#include <stdio.h>

static void update_slice(void *context, size_t task, size_t worker)
{
    const gan__learner *l = context;
    size_t begin;
    size_t end;

    (void)worker;
    gan__pass_slice(l->pass, task, &begin, &end);
    gan__optimizer_apply(l->opt, l->net->params, gan__pass_grads(l->pass), begin, end);
}

gan_status gan__learner_update(const gan__learner *l, gan_pool *pool, double norm)
{
    gan_status status = GAN_OK;
    gan__learner copy = *l;

    status = gan__optimizer_begin(l->opt, l->net->params, gan__pass_grads(l->pass), norm);
    if (status != GAN_OK) GAN_FAIL(status, "%s: %s", l->name, gan_last_error());
    gan__pool_run(pool, update_slice, &copy, gan__pass_slices(l->pass));
    gan__optimizer_end(l->opt);
    gan__pass_settle(l->pass);

cleanup:
    return status;
}

gan_status gan__learner_not_finite(const gan__learner *l, const gan__learner_data *data,
                                   double loss)
{
    const unsigned long long step = l->opt->steps + 1;
    char who[96];

    for (size_t i = 0; i < data->n * data->size; i++)
        if (!isfinite(data->samples[i]))
            return gan__fail(GAN_ERR_NONFINITE, "%s, step %llu: number %zu of %s %zu is %g",
                             l->name, step, i % data->size, data->what, i / data->size,
                             (double)data->samples[i]);
    if (!isfinite(loss))
        return gan__fail(GAN_ERR_NONFINITE, "%s, step %llu: the loss is %g", l->name, step, loss);
    snprintf(who, sizeof who, "%s, step %llu: gradient", l->name, step);
    return gan__network_check_finite(l->net, gan__pass_grads(l->pass), who);
}
