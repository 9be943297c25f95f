/* fuzz_idx.c - any bytes as an IDX file: as pictures alone, and as labels of valid pictures. */
#include "dataset.h"

/* Two pictures of 1x3. */
static uint8_t pictures[] = {0, 0, 8, 3, 0, 0,  0,  2,  0,  0,  0,
                             1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60};

static void try(gan_reader images, const gan_reader *labels)
{
    const gan_dataset_desc desc = {GAN_DATASET_DESC_INIT, .max_bytes = MAX_BYTES};
    gan_dataset *data;
    const gan_status status = gan_dataset_open_idx_from(&data, &images, labels, &desc);

    try_dataset(status, data);
    gan_dataset_destroy(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const gan_reader any = gan_reader_memory(bytes, n);

    try(any, NULL);
    try(gan_reader_memory(pictures, sizeof pictures), &any);
    return 0;
}
