/* export_page_internal.h - the parts of a page. */
#ifndef GAN_EXPORT_PAGE_INTERNAL_H
#define GAN_EXPORT_PAGE_INTERNAL_H

#include "export/export_internal.h"

/* A direction of the latent space, of length 1, and its share of all changes. */
typedef struct gan__export_direction {
    float *vector;
    double share;
} gan__export_direction;

/* Find the first `*count` directions; `*count` becomes how many there are: 0 if no layer has a
 * matrix for z itself.  GAN_ERR_NOMEM. */
gan_status gan__export_find_directions(gan__export_direction *out, size_t *count,
                                       const gan__export *e);

#endif
