/* fuzz_cifar.c - any bytes, repeated to the size of two images, as a CIFAR file. */
#include "dataset.h"

static void try(const uint8_t *bytes, size_t n, int coarse)
{
    const gan_cifar_desc desc = {GAN_CIFAR_DESC_INIT, .coarse = coarse};
    const gan_reader any = gan_reader_memory(bytes, n);
    gan_dataset *data;
    uint8_t label;
    const gan_status status = gan_dataset_open_cifar_from(&data, &any, &desc);

    try_dataset(status, data);
    for (size_t i = 0; i < gan_dataset_count(data); i++)
        demand(gan_dataset_read(data, i, NULL, &label) == GAN_OK && label < 100,
               "a label is below the number of classes");
    gan_dataset_destroy(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static uint8_t images[2 * 3074];

    for (size_t i = 0; n > 0 && i < sizeof images; i++) images[i] = bytes[i % n];
    for (int coarse = 0; coarse < 2; coarse++) {
        try(bytes, n, coarse);
        try(images, 2 * 3073, coarse);
        try(images, 2 * 3074, coarse);
    }
    return 0;
}
