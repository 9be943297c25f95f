/* iterator_internal.h - an iterator as part of a checkpoint, and what readers of batches share. */
#ifndef GAN_ITERATOR_INTERNAL_H
#define GAN_ITERATOR_INTERNAL_H

#include "base/labels_internal.h"
#include "file/state_internal.h"

#include <gan/iterator.h>
#include <stdint.h>

/* Add the settings that the order and the numbers of the batches depend on.  Where the walk stands
 * is told and set by the public functions. */
void gan__iterator_state(const gan_iterator *it, gan__state *s);

/* GAN_ERR_INVALID when no batch begins at `position`. */
gan_status gan__iterator_check_place(const gan_iterator *it, uint64_t position);

/* The last place up to `position` where a batch begins, or the end. */
uint64_t gan__iterator_place_before(const gan_iterator *it, uint64_t position);

/* A batch's labels, of a batch that may be a host's who knows none of 16 bits. */
static inline gan__label_list gan__batch_labels(const gan_batch *batch)
{
    const int wide = batch->struct_size >= sizeof *batch;

    return (gan__label_list){batch->labels, wide ? batch->labels16 : NULL};
}

#endif
