/* mixture.c - see mixture.h. */
#include "mixture.h"

#include <math.h>

static void find_on_ring(int mode, float xy[2])
{
    xy[0] = 2 * cosf(6.2831853f * (float)mode / 8);
    xy[1] = 2 * sinf(6.2831853f * (float)mode / 8);
}

static void find_on_grid(int mode, float xy[2])
{
    xy[0] = 2 * (float)(mode % 5 - 2);
    xy[1] = 2 * (float)(mode / 5 - 2);
}

const mixture mixtures[MIXTURES] = {
    {"ring", 8, 0.02f, find_on_ring, 2.6f},
    {"grid", 25, 0.05f, find_on_grid, 5.2f},
};

void mixture_draw(const mixture *m, gan_rng *rng, size_t n, float *xy)
{
    gan_rng_normal(rng, 2 * n, xy);
    for (size_t i = 0; i < n; i++) {
        float center[2];
        m->find_center((int)gan_rng_below(rng, (uint32_t)m->modes), center);
        for (size_t axis = 0; axis < 2; axis++)
            xy[2 * i + axis] = center[axis] + m->spread * xy[2 * i + axis];
    }
}

mixture_score mixture_count(const mixture *m, const float *xy, size_t n)
{
    mixture_score score = {0};
    size_t good = 0;
    for (int mode = 0; mode < m->modes; mode++) {
        float center[2];
        size_t near = 0;
        m->find_center(mode, center);
        for (size_t i = 0; i < n; i++)
            near += hypotf(xy[2 * i] - center[0], xy[2 * i + 1] - center[1]) < 3 * m->spread;
        good += near;
        score.covered += 4 * near * (size_t)m->modes >= n;
    }
    score.good = (double)good / (double)n;
    return score;
}
