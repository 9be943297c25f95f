/* iterator_internal.h - an iterator as part of a checkpoint, and what readers of batches share. */
#ifndef GAN_ITERATOR_INTERNAL_H
#define GAN_ITERATOR_INTERNAL_H

#include "base/labels_internal.h"
#include "file/state_internal.h"

#include <gan/iterator.h>
#include <stdint.h>

/* Add the settings that the order and the values of the batches depend on.  The position is read
 * and set by the public functions. */
void gan__iterator_state(const gan_iterator *it, gan__state *s);

/* A digest of some samples, which are read for it; their indices depend on the size of the dataset
 * alone. */
gan_status gan__iterator_digest(const gan_iterator *it, uint64_t *digest);

/* GAN_ERR_INVALID when no batch begins at `position`. */
gan_status gan__iterator_check_place(const gan_iterator *it, uint64_t position);

/* The last position up to `position` where a batch begins, or the end. */
uint64_t gan__iterator_place_before(const gan_iterator *it, uint64_t position);

/* ---- Random changes of samples (iterator_jitter.c) ---- */

enum { GAN__JITTER_DRAWS = 9 }; /* numbers that are drawn for a sample */

/* The settings of gan_iterator_desc, and what a sample is. */
typedef struct gan__jitter {
    float crop, shift, rotation;
    float brightness, contrast, saturation;
    size_t channels, height, width;
    float mean[4], std[4]; /* of the channels, where colours change */
} gan__jitter;

int gan__jitter_is_on(const gan__jitter *j);

/* GAN_ERR_INVALID, GAN_ERR_SHAPE. */
gan_status gan__jitter_check(const gan__jitter *j, gan_shape shape, int of_bytes);

/* Add the settings, where there are some. */
void gan__jitter_state(const gan__jitter *j, gan__state *s);

/* Change a normalised sample; `drawn` is uniform from 0 to 1, `aside` is a buffer for a sample. */
void gan__jitter_apply(const gan__jitter *j, const float drawn[GAN__JITTER_DRAWS], float *sample,
                       float *aside);

/* A batch's labels; the batch may come from a host that was built without 16-bit labels. */
static inline gan__label_list gan__batch_labels(const gan_batch *batch)
{
    const int wide = batch->struct_size >= sizeof *batch;

    return (gan__label_list){batch->labels, wide ? batch->labels16 : NULL};
}

#endif
