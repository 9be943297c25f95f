/* dataset.h - any bytes as a dataset: an error, or samples that can all be read. */
#ifndef DATASET_H
#define DATASET_H

#include "input.h"

#include <gan/gan.h>

/* Small, so that -rss_limit_mb can be, too: memory must be proportional to the file's contents. */
enum { MAX_BYTES = 4 << 20 };

/* After opening: an accepted dataset must be readable to its last sample. */
static void try_dataset(gan_status status, gan_dataset *data)
{
    const size_t size = gan_shape_size(gan_dataset_shape(data));
    float *out = malloc((size + 1) * sizeof *out);
    uint16_t label;

    demand((status == GAN_OK) == (data != NULL), "a dataset is returned on success only");
    for (size_t i = 0; out && i < gan_dataset_count(data); i++)
        demand(gan_dataset_read_labels16(data, i, out, &label) == GAN_OK,
               "an accepted dataset can be read");
    free(out);
}

#endif
