/* kernels_winograd_internal.h - the three products of kernels_conv_internal.h with fewer
 * multiplications: Winograd's minimal filtering.
 *
 * They take transformed weights, which are computed once for map and image, as long as the weights
 * stay the same.  Every value of a result is a sum whose order depends on shapes alone, and differs
 * from that of the direct loops. */
#ifndef GAN_KERNELS_WINOGRAD_INTERNAL_H
#define GAN_KERNELS_WINOGRAD_INTERNAL_H

#include "math/kernels_conv_internal.h"

#include <stddef.h>

/* Whether there is such an algorithm for these shapes, and it is faster for `rows` samples, weight
 * transforms included.  The rule comes from measured times and depends on shapes alone. */
int gan__winograd_pays(const gan__conv *c, size_t rows);

/* The side of its tiles in the map: 2; or 4, for fewer products and about twice the rounding. */
size_t gan__winograd_tile(const gan__conv *c);

/* Whether the environment asks for the direct loops: GAN_CONV=direct, for comparisons. */
int gan__winograd_is_off(void);

/* The size of the transformed weights, in floats; the number of units that they are computed in:
 * the map's channels over all groups, in bfloat16 pairs of them; and the units begin .. end-1. */
size_t gan__winograd_weights_size(const gan__conv *c);
size_t gan__winograd_weights_units(const gan__conv *c);
void gan__winograd_transform(const gan__conv *c, size_t begin, size_t end, const float *w,
                             float *transformed, float *scratch);

/* The scratch, in floats, that the functions need, aligned to a cache line. */
size_t gan__winograd_scratch(const gan__conv *c);

/* As gan__conv_map() and the related functions. */
void gan__winograd_map(const gan__conv *c, size_t rows, const float *image,
                       const float *transformed, const float *bias, float *map, float *scratch);
void gan__winograd_image(const gan__conv *c, size_t rows, const float *map,
                         const float *transformed, const float *bias, float *image, float *scratch);
void gan__winograd_weights(const gan__conv *c, size_t rows, gan__conv_part part, const float *image,
                           const float *map, float *dw, float *scratch);

/* How many samples a task should have at the least, and how many of the image's channels a part of
 * the weight gradient. */
size_t gan__winograd_least_rows(const gan__conv *c);
size_t gan__winograd_least_channels(const gan__conv *c);

#endif
