/* pass_grads.c - the weights' gradient of a pass: its slices, its norm, sums of several. */
#include "network/pass_layout_internal.h"

#include "math/kernels_internal.h"
#include "math/pool_internal.h"

size_t gan__pass_slices(const gan__pass *pass)
{
    size_t n = 0;

    for (size_t i = 0; i < pass->n_stages; i++) n += pass->stages[i].n_parts;
    return n;
}

void gan__pass_slice(const gan__pass *pass, size_t index, size_t *begin, size_t *end)
{
    const gan__stage *s = gan__stage_of(pass->stages, &index);
    const size_t offset = pass->desc.net->offsets[s->begin];
    const size_t n = gan__layer_param_count(gan__pass_layer(pass, s->begin));

    *begin = offset + n * index / s->n_parts;
    *end = offset + n * (index + 1) / s->n_parts;
}

float *gan__pass_grads(const gan__pass *pass)
{
    return pass->grads;
}

void gan__pass_set_grads(gan__pass *pass, float *grads)
{
    pass->grads = grads;
}

double gan__pass_grad_squares(const gan__pass *pass)
{
    double sum = 0;

    for (size_t i = 0; i < pass->n_stages; i++)
        for (size_t j = 0; j < pass->stages[i].n_parts; j++) sum += pass->stages[i].squares[j];
    return sum;
}

typedef struct sum_job {
    gan__pass *pass;
    const float *more;
} sum_job;

static void add_slice(void *context, size_t task, size_t worker)
{
    const sum_job *j = context;
    size_t part = task;
    gan__stage *s = gan__stage_of(j->pass->stages, &part);
    size_t begin;
    size_t end;

    (void)worker;
    gan__pass_slice(j->pass, task, &begin, &end);
    gan__simd_best()->axpy(end - begin, 1, j->more + begin, j->pass->grads + begin);
    s->squares[part] = gan__simd_best()->sum_squares(end - begin, j->pass->grads + begin);
}

void gan__pass_add_grads(gan__pass *pass, gan_pool *pool, const float *more)
{
    sum_job j = {pass, more};

    gan__pool_run(pool, add_slice, &j, gan__pass_slices(pass));
}
