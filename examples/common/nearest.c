/* nearest.c - see nearest.h. */
#include "nearest.h"

#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The squared distance of two images, or any value not below `least`: most sums end early. */
static float distance_below(float least, const float *a, const float *b, size_t size)
{
    enum { LANES = 8, STRETCH = 12 * LANES };
    float distance = 0;
    for (size_t begin = 0; begin < size && distance < least; begin += STRETCH) {
        size_t end = begin + STRETCH < size ? begin + STRETCH : size, p = begin;
        float sums[LANES] = {0};
        for (; p + LANES <= end; p += LANES)
            for (size_t k = 0; k < LANES; k++)
                sums[k] += (a[p + k] - b[p + k]) * (a[p + k] - b[p + k]);
        for (; p < end; p++) sums[0] += (a[p] - b[p]) * (a[p] - b[p]);
        for (size_t k = 0; k < LANES; k++) distance += sums[k];
    }
    return distance;
}

int nearest_find(const gan_dataset *data, const float *samples, size_t n, size_t size,
                 float *pictures, size_t *which)
{
    float *least = cli_memory(n, sizeof *least), *picture = cli_memory(size, sizeof *picture);
    int good = 1;
    for (size_t i = 0; i < n; i++) least[i] = INFINITY;
    for (size_t k = 0; good && k < gan_dataset_count(data); k++) {
        good = cli_ok(gan_dataset_read(data, k, picture, NULL));
        for (size_t p = 0; p < size; p++) picture[p] = 2 * picture[p] - 1;
        for (size_t i = 0; good && i < n; i++) {
            float distance = distance_below(least[i], samples + i * size, picture, size);
            if (!(distance < least[i])) continue;
            least[i] = distance;
            memcpy(pictures + i * size, picture, size * sizeof *picture);
            if (which) which[i] = k;
        }
    }
    free(picture);
    free(least);
    return good;
}
