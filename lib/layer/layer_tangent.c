/* layer_tangent.c - second derivatives of layers of any kind. */
#include "base/status_internal.h"
#include "layer/layer_internal.h"

gan_status gan__layer_check_tangent(const gan_layer *layer)
{
    if (!layer->class->linear && !layer->class->tangent)
        return gan__fail(GAN_ERR_INVALID, "layer %s (%s) has no second derivative", layer->name,
                         layer->class->name);
    return GAN_OK;
}

void gan__layer_slope(const gan__layer_run *run)
{
    gan__layer_run back = *run;

    back.dy = run->uy;
    back.dx = run->ux;
    back.dother = run->uother;
    run->layer->class->backward(&back);
}

void gan__layer_tangent(const gan__layer_run *run)
{
    gan__layer_run forward = *run;

    if (run->layer->class->tangent) {
        run->layer->class->tangent(run);
        return;
    }
    forward.x = run->tx;
    forward.y = run->ty;
    forward.other = run->tother;
    forward.tangents = run->rows;
    run->layer->class->forward(&forward);
}

void gan__layer_tangent_backward(const gan__layer_run *run)
{
    const gan__layer_class *class = run->layer->class;

    (class->tangent_backward ? class->tangent_backward : class->backward)(run);
}

/* For a product of x with weights it is a single product: tx lies behind x, and uy behind dy. */
double gan__layer_tangent_grad(const gan__layer_run *run, size_t part, size_t parts, float *grads)
{
    gan__layer_run all = *run;

    if (run->layer->class->linear) {
        all.tangents = run->rows;
        all.rows = 2 * run->rows;
    }
    return run->layer->class->grad(&all, part, parts, grads);
}
