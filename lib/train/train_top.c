/* train_top.c - top-k training: samples that the discriminator is sure are generated pull a generator
 * away from what it does well elsewhere, and don't count.
 *
 * An objective is shown the rows that do as if there were no others; so it needs to know nothing of
 * this. */
#include "train/train_top_internal.h"

#include "base/alloc_internal.h"
#include "base/sort_internal.h"
#include "base/status_internal.h"

#include <stdint.h>
#include <string.h>

typedef struct ranked {
    double output; /* the mean of a row's */
    size_t row;
} ranked;

struct gan__top {
    ranked *ranks;
    float *outputs, *grads;
    double *targets;
    uint16_t *labels16;
    uint8_t *labels;
};

gan_status gan__top_create(gan__top **out, size_t n, size_t n_outputs,
                           const gan_allocator *allocator)
{
    gan_status status = GAN_OK;
    gan__top *t = NULL;

    *out = NULL;
    GAN_TRY(gan__alloc(&t, allocator, 1, sizeof *t));
    GAN_TRY(gan__alloc(&t->ranks, allocator, n, sizeof *t->ranks));
    GAN_TRY(gan__alloc(&t->outputs, allocator, gan__size_mul(n, n_outputs), sizeof *t->outputs));
    GAN_TRY(gan__alloc(&t->grads, allocator, gan__size_mul(n, n_outputs), sizeof *t->grads));
    GAN_TRY(gan__alloc(&t->targets, allocator, n, sizeof *t->targets));
    GAN_TRY(gan__alloc(&t->labels16, allocator, n, sizeof *t->labels16));
    GAN_TRY(gan__alloc(&t->labels, allocator, n, sizeof *t->labels));
    *out = t;
    t = NULL;

cleanup:
    gan__top_destroy(t, allocator);
    return status;
}

void gan__top_destroy(gan__top *t, const gan_allocator *allocator)
{
    if (!t) return;
    gan__free(allocator, t->labels);
    gan__free(allocator, t->labels16);
    gan__free(allocator, t->targets);
    gan__free(allocator, t->grads);
    gan__free(allocator, t->outputs);
    gan__free(allocator, t->ranks);
    gan__free(allocator, t);
}

/* The greatest first; of equal ones the first. */
static int compare(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->output > y->output) return -1;
    if (x->output < y->output) return 1;
    return x->row < y->row ? -1 : 1;
}

static void rank(gan__top *t, const gan_objective_rows *rows)
{
    for (size_t i = 0; i < rows->n_rows; i++) {
        double sum = 0;

        for (size_t k = 0; k < rows->n_outputs; k++)
            sum += (double)rows->outputs[i * rows->stride + k];
        t->ranks[i] = (ranked){sum / (double)rows->n_outputs, i};
    }
    gan__sort(t->ranks, rows->n_rows, sizeof *t->ranks, compare);
}

/* The first k of them as rows of their own. */
static gan_objective_rows choose(gan__top *t, const gan_objective_rows *rows, size_t k)
{
    gan_objective_rows out = *rows;
    const size_t n = rows->n_outputs;

    for (size_t i = 0; i < k; i++) {
        const size_t row = t->ranks[i].row;

        memcpy(t->outputs + i * n, rows->outputs + row * rows->stride, n * sizeof *t->outputs);
        t->targets[i] = rows->targets[row];
        if (rows->labels) t->labels[i] = rows->labels[row];
        if (rows->labels16) t->labels16[i] = rows->labels16[row];
    }
    memset(t->grads, 0, k * n * sizeof *t->grads);
    out.n_rows = k;
    out.stride = n;
    out.outputs = t->outputs;
    out.targets = t->targets;
    out.grads = t->grads;
    out.labels = rows->labels ? t->labels : NULL;
    out.labels16 = rows->labels16 ? t->labels16 : NULL;
    return out;
}

gan_status gan__top_run(gan__top *t, const gan_objective *objective, const gan_objective_step *step,
                        size_t k, gan_objective_rows *real, gan_objective_rows *fake)
{
    gan_status status = GAN_OK;
    gan_objective_rows top;

    if (k >= fake->n_rows) return objective->generator(objective->user, step, real, fake);
    rank(t, fake);
    top = choose(t, fake, k);
    status = objective->generator(objective->user, step, real, &top);
    for (size_t i = 0; i < k; i++)
        memcpy(fake->grads + t->ranks[i].row * fake->stride, t->grads + i * fake->n_outputs,
               fake->n_outputs * sizeof *t->grads);
    fake->loss = top.loss;
    fake->shown = top.shown;
    fake->accuracy = top.accuracy;
    return status;
}
