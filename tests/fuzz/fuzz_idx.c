/* fuzz_idx.c - any bytes as an IDX file: as pictures alone, and as labels beside good pictures. */
#include "input.h"

#include <gan/gan.h>

/* Two pictures of 1x3. */
static uint8_t pictures[] = {0, 0, 8, 3, 0, 0,  0,  2,  0,  0,  0,
                             1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60};

/* Whatever was accepted must be readable to its last sample. */
static void read_all(const gan_dataset *data)
{
    const size_t size = gan_shape_size(gan_dataset_shape(data));
    float *out = malloc(size * sizeof *out);
    uint16_t label;

    for (size_t i = 0; out && i < gan_dataset_count(data); i++)
        demand(gan_dataset_read_labels16(data, i, out, &label) == GAN_OK,
               "what was accepted can be read");
    free(out);
}

/* So little that -rss_limit_mb can be small, too, which shows that memory follows what a file
 * holds. */
enum { MAX_BYTES = 4 << 20 };

static void try(gan_reader images, const gan_reader *labels)
{
    const gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_bytes = MAX_BYTES};
    gan_dataset *data;

    if (gan_dataset_open_idx_from(&data, &images, labels, &desc) == GAN_OK)
        read_all(data);
    else
        demand(data == NULL, "a failure leaves no dataset");
    gan_dataset_destroy(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const gan_reader any = gan_reader_memory(bytes, n);

    try(any, NULL);
    try(gan_reader_memory(pictures, sizeof pictures), &any);
    return 0;
}
