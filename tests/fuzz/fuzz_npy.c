/* fuzz_npy.c - any bytes as a NumPy array: as samples alone, and as labels of valid samples.
 * Archives of arrays are left to fuzz_npz.c. */
#include "dataset.h"

static void try(const gan_reader *samples, const gan_reader *labels, int channels_last)
{
    const gan_npy_desc desc = {GAN_NPY_DESC_INIT, .memory_limit = MAX_BYTES,
                               .channels_last = channels_last};
    gan_dataset *data;
    const gan_status status = gan_dataset_open_npy_from(&data, samples, labels, &desc);

    try_dataset(status, data);
    gan_dataset_destroy(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const gan_reader any = gan_reader_memory(bytes, n);
    const uint8_t values[5] = {1, 2, 3, 4, 5};
    const size_t dims[] = {5};
    uint8_t file[256];
    gan_writer to = gan_writer_memory(file, sizeof file);
    gan_reader good;

    demand(gan_npy_write_to(&to, values, GAN_NPY_UINT8, dims, 1) == GAN_OK, "arrays are written");
    good = gan_reader_memory(file, to.n_bytes);
    try(&any, NULL, 0);
    try(&any, NULL, 1);
    try(&good, &any, 0);
    return 0;
}
