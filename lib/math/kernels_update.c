/* kernels_update.c - the update rules of optimizers; compiled once for each instruction set.
 *
 * One iteration of a loop is one parameter: p is its weight, g its gradient, m, v and so on its
 * moments.  What is the same for all parameters is in gan__update: factors that the optimizer's
 * file has computed in double for this step, bias corrections included.
 *
 *     first moment    m = decay1 m + gain1 g         a moving average of the gradient
 *     second moment   v = decay2 v + gain2 g^2       and of its square
 *     update          p = shrink p - lr m / (sqrt(v) root_scale + eps)
 *
 * The struct is copied into a local variable first: otherwise the compiler has to assume that a
 * write to p may change it. */
#include "math/kernels_loop_internal.h"

/* Kingma and Ba, 2014; with shrink below 1 AdamW: Loshchilov and Hutter, 2017. */
void LOOP(adam)(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];
    float *restrict v = moments[1];

    APART for (size_t i = 0; i < n; i++)
    {
        const float grad = g[i] + c.weight_decay * p[i];

        m[i] = c.decay1 * m[i] + c.gain1 * grad;
        v[i] = c.decay2 * v[i] + c.gain2 * (grad * grad);
        p[i] = c.shrink * p[i] - c.lr * (m[i] / (sqrtf(v[i]) * c.root_scale + c.eps));
    }
}

/* Reddi et al., "On the convergence of Adam and beyond", 2018: the third block holds the largest
 * value that the second moment has had. */
void LOOP(amsgrad)(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];
    float *restrict v = moments[1];
    float *restrict most = moments[2];

    APART for (size_t i = 0; i < n; i++)
    {
        const float grad = g[i] + c.weight_decay * p[i];

        m[i] = c.decay1 * m[i] + c.gain1 * grad;
        v[i] = c.decay2 * v[i] + c.gain2 * (grad * grad);
        most[i] = most[i] < v[i] ? v[i] : most[i];
        p[i] = c.shrink * p[i] - c.lr * (m[i] / (sqrtf(most[i]) * c.root_scale + c.eps));
    }
}

/* Zhuang et al., 2020: the second moment is that of the gradient's deviation from its average. */
void LOOP(adabelief)(const gan__update *u, size_t n, float *p, const float *g,
                      float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];
    float *restrict v = moments[1];

    APART for (size_t i = 0; i < n; i++)
    {
        float surprise;

        m[i] = c.decay1 * m[i] + c.gain1 * g[i];
        surprise = g[i] - m[i];
        v[i] = c.decay2 * v[i] + c.gain2 * (surprise * surprise) + c.eps;
        p[i] = c.shrink * p[i] - c.lr * (m[i] / (sqrtf(v[i]) * c.root_scale + c.eps));
    }
}

/* Chen et al., "Symbolic discovery of optimization algorithms", 2023: every update has size lr. */
void LOOP(lion)(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];

    APART for (size_t i = 0; i < n; i++)
    {
        const float way = c.decay1 * m[i] + c.gain1 * g[i];
        const float sign = way > 0 ? 1.0f : way < 0 ? -1.0f : way; /* NaN stays */

        p[i] = c.shrink * p[i] - c.lr * sign;
        m[i] = c.decay2 * m[i] + c.gain2 * g[i];
    }
}

/* With momentum (m is not NULL) and Nesterov's variant of it, as PyTorch defines them. */
void LOOP(sgd)(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict m = moments[0];

    if (!m) {
        APART for (size_t i = 0; i < n; i++) p[i] -= c.lr * (g[i] + c.weight_decay * p[i]);
        return;
    }
    APART for (size_t i = 0; i < n; i++)
    {
        const float grad = g[i] + c.weight_decay * p[i];

        m[i] = c.decay1 * m[i] + c.gain1 * grad;
        p[i] -= c.lr * (c.nesterov ? grad + c.decay1 * m[i] : m[i]);
    }
}

/* Tieleman and Hinton, 2012; as PyTorch defines it.  The moments are: mean of squares, velocity
 * (NULL without momentum), mean (NULL unless centered). */
void LOOP(rmsprop)(const gan__update *u, size_t n, float *p, const float *g, float *const *moments)
{
    const gan__update c = *u;
    float *restrict v = moments[0];
    float *restrict velocity = moments[1];
    float *restrict mean = moments[2];

    APART for (size_t i = 0; i < n; i++)
    {
        const float grad = g[i] + c.weight_decay * p[i];
        float variance;
        float step;

        v[i] = c.decay2 * v[i] + c.gain2 * (grad * grad);
        variance = v[i];
        if (mean) {
            mean[i] = c.decay2 * mean[i] + c.gain2 * grad;
            variance -= mean[i] * mean[i];
            variance = variance < 0.0f ? 0.0f : variance; /* rounding; PyTorch gets NaN here */
        }
        step = grad / (sqrtf(variance) + c.eps);
        if (velocity) step = velocity[i] = c.decay1 * velocity[i] + step;
        p[i] -= c.lr * step;
    }
}
