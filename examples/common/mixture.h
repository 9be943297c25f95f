/* mixture.h - equally likely Gaussians in the plane, whose modes can be counted, as in papers on
 * mode collapse. */
#ifndef MIXTURE_H
#define MIXTURE_H

#include <gan/gan.h>

typedef struct mixture {
    const char *name;
    int modes;
    float spread;                               /* standard deviation of each */
    void (*find_center)(int mode, float xy[2]); /* their centres */
    float extent;                               /* all are inside -extent to extent */
} mixture;

/* Eight on a ring, and 25 on a grid. */
enum { MIXTURES = 2 };
extern const mixture mixtures[MIXTURES];

/* Draw `n` points x, y. */
void mixture_draw(const mixture *m, gan_rng *rng, size_t n, float *xy);

/* How well points cover a mixture. */
typedef struct mixture_score {
    int covered; /* modes near which there is at least a quarter of their share of the points */
    double good; /* share of the points within 3 standard deviations of a center */
} mixture_score;
mixture_score mixture_count(const mixture *m, const float *xy, size_t n);

#endif
